// Support vector machines: sums and votes against a count by hand, and files that no exporter writes.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "tests/support/refusal.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;

namespace {

/// Three vectors of two features.
struct MachineMaker {
  bool classifies = true;
  std::string kernel = "LINEAR";
  std::vector<float> parameters = {0.5F, 1, 2};
  std::vector<float> vectors = {1, 0, 0, 1, -1, -1};
  std::vector<float> coefficients = {1, -2, 0.5F, 0.25F, 1, -1};  // of each of the other classes in turn
  std::vector<float> rho = {0.1F, -0.2F, 0.3F};
  std::vector<std::int64_t> per_class = {1, 1, 1};
  std::vector<float> a, b;
  std::int64_t supports = 3, one_class = 0;
  std::vector<std::int64_t> labels = {0, 1, 2};
  std::string transform = "NONE";

  [[nodiscard]] ModelMaker model() const {
    ModelMaker maker;
    maker.input("x", {-1, 2}).output("y");
    ::onnx::NodeProto& node = maker.node(classifies ? "SVMClassifier" : "SVMRegressor", {"x"}, "y");
    node.set_domain("ai.onnx.ml");
    const auto floats = [&](const char* name, const std::vector<float>& values) {
      if (values.empty()) return;
      auto* attribute = node.add_attribute();
      attribute->set_name(name);
      attribute->set_type(::onnx::AttributeProto::FLOATS);
      for (const float value : values) attribute->add_floats(value);
    };
    const auto ints = [&](const char* name, const std::vector<std::int64_t>& values) {
      auto* attribute = node.add_attribute();
      attribute->set_name(name);
      attribute->set_type(::onnx::AttributeProto::INTS);
      for (const std::int64_t value : values) attribute->add_ints(value);
    };
    set_text(node, "kernel_type", kernel);
    set_text(node, "post_transform", transform);
    floats("kernel_params", parameters);
    floats("support_vectors", vectors);
    floats("coefficients", coefficients);
    floats("rho", rho);
    if (classifies) {
      ints("vectors_per_class", per_class);
      ints("classlabels_ints", labels);
      floats("prob_a", a);
      floats("prob_b", b);
    } else {
      set_int(node, "n_supports", supports);
      set_int(node, "one_class", one_class);
    }
    return maker;
  }

  [[nodiscard]] double kernel_of(std::size_t vector, double p, double q) const {
    const double v = vectors[2 * vector], w = vectors[2 * vector + 1], dot = p * v + q * w;
    if (kernel == "LINEAR") return dot;
    if (kernel == "POLY") return std::pow(0.5 * dot + 1, 2);
    if (kernel == "SIGMOID") return std::tanh(0.5 * dot + 1);
    return std::exp(-0.5 * ((p - v) * (p - v) + (q - w) * (q - w)));
  }
};

std::vector<double> outputs(const Graph& graph, double p, double q) {
  return evaluate(graph, std::vector<double>{p, q}).back().y;
}

std::string refusal_of(const MachineMaker& maker, ErrorKind kind) {
  return circlet::testing::refusal(kind, [&] { (void)maker.model().import(); });
}

}  // namespace

TEST_CASE("classes_get_a_vote_for_every_other_one_that_they_beat") {
  for (const char* kernel : {"LINEAR", "POLY", "RBF", "SIGMOID"}) {
    MachineMaker maker;
    maker.kernel = kernel;
    const Graph graph = maker.model().import();
    for (const double p : {-2.0, -0.5, 0.3, 1.7}) {
      for (const double q : {-1.0, 0.4, 2.0}) {
        double k[3];
        for (std::size_t i = 0; i < 3; ++i) k[i] = maker.kernel_of(i, p, q);
        // (0, 1), (0, 2), (1, 2): the coefficients of a vector are of the other classes in their order.
        const auto c = [&](std::size_t other, std::size_t vector) {
          return double{maker.coefficients[3 * other + vector]};
        };
        const double sums[] = {c(0, 0) * k[0] + c(0, 1) * k[1] + maker.rho[0],
                               c(1, 0) * k[0] + c(0, 2) * k[2] + maker.rho[1],
                               c(1, 1) * k[1] + c(1, 2) * k[2] + maker.rho[2]};
        std::vector<double> votes(3, 0.0);
        votes[sums[0] > 0 ? 0 : 1] += 1;
        votes[sums[1] > 0 ? 0 : 2] += 1;
        votes[sums[2] > 0 ? 1 : 2] += 1;
        CHECK(outputs(graph, p, q) == votes);
      }
    }
  }
}

TEST_CASE("a_regressor_is_the_sum_of_its_kernels_or_its_side") {
  MachineMaker maker;
  maker.classifies = false;
  maker.kernel = "RBF";
  maker.coefficients = {1, -2, 0.5F};
  maker.rho = {0.1F};
  const auto sum = [&](double p, double q) {
    return maker.kernel_of(0, p, q) - 2 * maker.kernel_of(1, p, q) + 0.5 * maker.kernel_of(2, p, q) + 0.1F;
  };
  for (const bool one_class : {false, true}) {
    maker.one_class = one_class ? 1 : 0;
    const Graph graph = maker.model().import();
    for (const double p : {-2.0, 0.1, 1.0}) {
      const double expected = one_class ? (sum(p, 0.5) > 0 ? 1 : -1) : sum(p, 0.5);
      CHECK(outputs(graph, p, 0.5)[0] == doctest::Approx(expected).epsilon(1e-6));
    }
  }
}

TEST_CASE("machines_that_no_valid_file_holds_are_refused") {
  const auto refused = [](ErrorKind kind, const std::function<void(MachineMaker&)>& change) {
    MachineMaker maker;
    change(maker);
    return refusal_of(maker, kind);
  };
  CHECK(refused(ErrorKind::bad_input, [](MachineMaker&) {}) == "accepted");
  const auto bad = [&](const std::function<void(MachineMaker&)>& change) {
    return refused(ErrorKind::bad_input, change);
  };
  CHECK(contains(bad([](MachineMaker& m) { m.kernel = "CUBIC"; }), "kernel_type"));
  CHECK(contains(bad([](MachineMaker& m) { m.parameters.pop_back(); }), "kernel_params"));
  CHECK(contains(bad([](MachineMaker& m) { m.vectors.pop_back(); }), "support vectors"));
  CHECK(contains(bad([](MachineMaker& m) { m.vectors[0] = NAN; }), "no finite number"));
  CHECK(contains(bad([](MachineMaker& m) { m.coefficients.pop_back(); }), "coefficient"));
  CHECK(contains(bad([](MachineMaker& m) { m.rho.pop_back(); }), "rho"));
  CHECK(contains(bad([](MachineMaker& m) { m.a = {1, 1, 1}; }), "prob_a"));
  for (const std::vector<std::int64_t>& counts :
       std::vector<std::vector<std::int64_t>>{{1, 1}, {1, 1, 2}, {1, 1, 0}, {-1, 3, 1}, {3, 1, -1}})
    CHECK(contains(bad([&](MachineMaker& m) { m.per_class = counts; }), "vectors_per_class"));
  const auto unsupported = [&](const std::function<void(MachineMaker&)>& change) {
    return refused(ErrorKind::unsupported, change);
  };
  CHECK(contains(unsupported([](MachineMaker& m) { m.transform = "LOGISTIC"; }), "post_transform"));
  CHECK(contains(unsupported([](MachineMaker& m) {
                   m.kernel = "POLY";
                   m.parameters[2] = 1.5F;
                 }),
                 "no whole number"));
  CHECK(contains(unsupported([](MachineMaker& m) { m.labels = {0}; }), "two classes"));
}
