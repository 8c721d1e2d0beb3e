// Weights in files beside the model are read where ONNX says they lie, and nowhere else.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "core/artefact.hpp"
#include "frontend/onnx/import.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

void write(const std::filesystem::path& path, const std::vector<float>& values) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(values.data());
  write_file(path, {first, values.size() * sizeof(float)});
}

/// A folder with model/model.onnx, y = w x for three w that the entries tell where to find, and a file of
/// floats 0, 1, .. 7 in it, another one outside of it.
class Exported {
 public:
  Exported() {
    std::filesystem::create_directories(model_folder() / "deeper");
    write(model_folder() / "w.data", {0, 1, 2, 3, 4, 5, 6, 7});
    write(model_folder() / "deeper" / "w.data", {10, 11, 12});
    write(folder_ / "outside.data", {20, 21, 22});
    std::filesystem::create_symlink(folder_ / "outside.data", model_folder() / "link.data");
  }

  [[nodiscard]] std::filesystem::path model_folder() const { return folder_ / "model"; }

  /// The three weights; `times`: initializers that take the same data.
  [[nodiscard]] std::vector<double> weights(const Entries& entries, int times = 1) const {
    ModelMaker model;
    model.input("x", {-1, 3}).output("y");
    for (int i = 0; i < times; ++i) {
      model.constant("w" + std::to_string(i), {3, 1}, {});
      auto* tensor = model.graph().mutable_initializer(i);
      tensor->set_data_location(::onnx::TensorProto::EXTERNAL);
      for (const auto& [key, value] : entries) {
        auto* entry = tensor->add_external_data();
        entry->set_key(key);
        entry->set_value(value);
      }
    }
    model.node("MatMul", {"x", "w0"}, "y");
    write_file(model_folder() / "model.onnx", model.bytes());
    return import_onnx(model_folder() / "model.onnx").layers.at(0).dense.at(0).weights->values;
  }

  [[nodiscard]] std::string refusal_of(const Entries& entries, ErrorKind kind = ErrorKind::bad_input,
                                       int times = 1) const {
    return refusal(kind, [&] { (void)weights(entries, times); });
  }

 private:
  ScratchFolder folder_;
};

}  // namespace

TEST_CASE("weights_are_read_from_files_beside_the_model") {
  const Exported exported;
  CHECK(exported.weights({{"location", "w.data"}, {"offset", "8"}, {"length", "12"}}) ==
        std::vector<double>{2, 3, 4});
  CHECK(exported.weights({{"location", "w.data"}, {"offset", "20"}}) == std::vector<double>{5, 6, 7});
  CHECK(exported.weights({{"location", "deeper/w.data"}, {"checksum", "anything"}}) ==
        std::vector<double>{10, 11, 12});
  CHECK(exported.weights({{"location", "deeper/../w.data"}, {"length", "12"}}) ==
        std::vector<double>{0, 1, 2});
}

TEST_CASE("a_model_in_the_working_folder_has_its_data_there") {
  const Exported exported;
  (void)exported.weights({{"location", "w.data"}, {"length", "12"}});
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(exported.model_folder());
  const Graph graph = import_onnx(std::filesystem::path("model.onnx"));
  std::filesystem::current_path(before);
  CHECK(graph.layers.at(0).dense.at(0).weights->values == std::vector<double>{0, 1, 2});
}

TEST_CASE("data_outside_of_the_models_folder_is_not_read") {
  const Exported exported;
  const std::string outside = (exported.model_folder().parent_path() / "outside.data").string();
  const std::string inside = (exported.model_folder() / "w.data").string();
  for (const std::string& location :
       {std::string("../outside.data"), std::string("deeper/../../outside.data"), std::string("link.data"),
        outside, inside}) {
    CHECK(contains(exported.refusal_of({{"location", location}, {"length", "12"}}),
                   "outside of the model's folder"));
  }
  // A folder whose name goes on is another one.
  std::filesystem::create_directories(exported.model_folder().string() + "2");
  write(exported.model_folder().string() + "2/w.data", {1, 2, 3});
  CHECK(contains(exported.refusal_of({{"location", "../model2/w.data"}}), "outside of the model's folder"));
}

TEST_CASE("what_external_data_says_is_checked") {
  const Exported exported;
  const std::pair<const char*, Entries> refusals[] = {
      {"does not say in which file", {{"offset", "0"}}},
      {"ends behind the end of 'w.data', which has 32 bytes", {{"location", "w.data"}, {"offset", "33"}}},
      {"ends behind the end", {{"location", "w.data"}, {"offset", "24"}, {"length", "12"}}},
      {"ends behind the end", {{"location", "w.data"}, {"offset", "1"}, {"length", "18446744073709551615"}}},
      {"which is no number", {{"location", "w.data"}, {"length", "-12"}}},
      {"which is no number", {{"location", "w.data"}, {"length", "12 "}}},
      {"which is no number", {{"location", "w.data"}, {"offset", "18446744073709551616"}}},
      {"which is no number", {{"location", "w.data"}, {"offset", ""}}},
      {"which ONNX does not know", {{"location", "w.data"}, {"compression", "zip"}}},
      {"says twice", {{"location", "w.data"}, {"location", "w.data"}}},
      {"8 bytes of raw data for 3 elements", {{"location", "w.data"}, {"length", "8"}}},
  };
  for (const auto& [reason, entries] : refusals) {
    const std::string refused = exported.refusal_of(entries);
    CHECK_MESSAGE(contains(refused, reason), refused);
    CHECK(contains(refused, "tensor 'w0'"));
  }
  CHECK(contains(exported.refusal_of({{"location", "missing.data"}}, ErrorKind::io),
                 "Keep the file beside the model"));
  CHECK(contains(exported.refusal_of({{"location", "deeper"}}, ErrorKind::io), "deeper"));
}

TEST_CASE("tensors_take_no_more_of_a_file_than_it_has") {
  const Exported exported;
  const Entries entries = {{"location", "w.data"}, {"length", "12"}};
  CHECK(exported.weights(entries, 2) == std::vector<double>{0, 1, 2});
  CHECK(contains(exported.refusal_of(entries, ErrorKind::bad_input, 3), "take more bytes than it has"));
}
