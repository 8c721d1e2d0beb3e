// circlet-vectors: writes docs/vectors.json, a value for each step of docs/stark.md, or checks that it is up
// to date. Inputs are drawn from a channel, so that nothing here is chosen.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/generated_files.hpp"
#include "fri/pcs_config.hpp"
#include "fri/prover/circle_fft.hpp"
#include "fri/query_positions.hpp"
#include "fri/verifier/deep_answers.hpp"
#include "fri/verifier/folding.hpp"
#include "merkle/merkle_tree.hpp"

namespace circlet {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(M31 x) { return x.value(); }
Json to_json(const QM31& x) {
  Json coordinates = Json::array();
  for (const M31 c : x.coordinates()) coordinates.push_back(c.value());
  return coordinates;
}
template <class K>
Json to_json(const CirclePoint<K>& point) {
  return Json::array({to_json(point.x), to_json(point.y)});
}
Json to_json(const Blake2sHash& hash) { return hash.to_hex(); }
template <class Values>
Json list(const Values& values) {
  Json json = Json::array();
  for (const auto& value : values) json.push_back(to_json(value));
  return json;
}

/// The inputs of one part of the file.
class Source {
 public:
  explicit Source(std::uint32_t part) { channel_.mix_u32s(std::array{part}); }
  QM31 secure() { return channel_.draw_secure_felt(); }
  std::vector<QM31> secures(std::size_t count) { return channel_.draw_secure_felts(count); }
  std::vector<M31> bases(std::size_t count) {
    std::vector<M31> values;
    while (values.size() < count) values.push_back(secure().first.real);
    return values;
  }

 private:
  Blake2sChannel channel_;
};

Json fields() {
  Source source(1);
  Json products = Json::array(), inverses = Json::array(), combined = Json::array();
  for (int i = 0; i < 3; ++i) {
    const QM31 x = source.secure(), y = source.secure();
    products.push_back({to_json(x), to_json(y), to_json(x * y)});
    inverses.push_back({to_json(x), to_json(x.inverse())});
  }
  const auto e = source.secures(4);
  combined.push_back({list(e), to_json(QM31::from_partial_evals({e[0], e[1], e[2], e[3]}))});
  return {{"products [x, y, x y]", products},
          {"inverses [x, 1/x]", inverses},
          {"from_coordinates [[e_0 .. e_3], value]", combined}};
}

Json domains() {
  Json json = Json::array();
  for (std::uint32_t k = 1; k <= 4; ++k) {
    Json canonic = Json::array(), line = Json::array(), slots = Json::array();
    for (std::uint32_t i = 0; i < 1U << k; ++i) {
      canonic.push_back(to_json(CanonicDomain{k}.index_at_slot(i).to_point()));
      line.push_back(line_domain_x(k, i).value());
      slots.push_back(slot_of_row(i, k));
    }
    json.push_back({{"k", k}, {"D_k", canonic}, {"X_k", line}, {"slot of row", slots}});
  }
  return json;
}

Json fft() {
  Source source(2);
  Json json = Json::array();
  for (std::uint32_t k = 1; k <= 4; ++k) {
    const auto values = source.bases(std::size_t{1} << k);
    BaseColumn coefficients(values.begin(), values.end()), extension(std::size_t{2} << k);
    circle_ifft(coefficients);
    low_degree_extension(coefficients, extension);
    json.push_back({{"values on canonic(k)", list(values)},
                    {"coefficients", list(coefficients)},
                    {"extension on canonic(k + 1)", list(extension)}});
  }
  return json;
}

/// [operation, argument, digest or what is drawn], one after another in one channel.
Json channel() {
  Source source(3);
  Blake2sChannel channel;
  Json steps = Json::array({Json::array({"start", nullptr, to_json(channel.digest())})});
  const auto mixed = [&](const char* operation, Json argument) {
    steps.push_back({operation, std::move(argument), to_json(channel.digest())});
  };
  const auto drawn = [&](const char* operation, Json argument, Json result) {
    steps.push_back({operation, std::move(argument), std::move(result)});
  };
  const std::vector<std::uint32_t> words = {1, 2, 0xffffffff};
  channel.mix_u32s(words);
  mixed("mix_u32s", words);
  const PcsConfig config{
      .pow_bits = 24,
      .fri = {.log_blowup_factor = 4, .log_last_layer_degree_bound = 1, .n_queries = 18, .fold_step = 3}};
  mix_config(config, channel);
  mixed("mix configuration",
        {{"pow_bits", 24}, {"log_blowup_factor", 4}, {"log_last", 1}, {"n_queries", 18}, {"fold_step", 3}});
  channel.mix_root(Blake2s::hash_words(words));
  mixed("mix_root", to_json(Blake2s::hash_words(words)));
  drawn("draw_u32s", nullptr, channel.draw_u32s());
  drawn("draw_secure_felt", nullptr, to_json(channel.draw_secure_felt()));
  drawn("draw_secure_felts", 3, list(channel.draw_secure_felts(3)));
  const auto felts = source.secures(3);
  channel.mix_felts(felts);
  mixed("mix_felts", list(felts));
  drawn("draw_secure_felts", 2, list(channel.draw_secure_felts(2)));
  std::uint64_t nonce = 0;
  while (!channel.verify_pow(10, nonce)) ++nonce;
  drawn("least nonce of work, bits", 10, nonce);
  channel.mix_u64(nonce);
  mixed("mix_u64", nonce);
  for (const std::uint32_t count : {3U, 20U}) {
    drawn("queries [log domain size, n_queries]", {5, count}, draw_query_positions(channel, 5, count));
  }
  return steps;
}

Json merkle() {
  Source source(4);
  Json trees = Json::array();
  for (const auto& log_sizes :
       std::vector<std::vector<std::uint32_t>>{{3}, {2, 2}, {4, 2, 4, 1, 2}}) {  // after the extension
    std::vector<std::vector<M31>> columns;
    std::uint32_t height = 0;
    for (const std::uint32_t k : log_sizes) {
      columns.push_back(source.bases(std::size_t{1} << k));
      height = std::max(height, k);
    }
    const std::vector<std::span<const M31>> views(columns.begin(), columns.end());
    const auto tree = MerkleTree<Blake2sMerkleChannel>::commit(views);
    const std::vector<std::uint32_t> positions = {1, 2, (1U << height) - 1};
    Json values = Json::array(), leaves = Json::array();
    for (const auto& column : columns) values.push_back(list(column));
    for (const std::uint32_t position : positions) {
      std::vector<M31> leaf;
      for (const std::size_t c : leaf_order(log_sizes)) {
        leaf.push_back(columns[c][lifted_slot(position, height, log_sizes[c])]);
      }
      leaves.push_back({{"values", list(leaf)}, {"hash", to_json(Blake2sMerkleChannel::leaf(leaf))}});
    }
    trees.push_back({{"columns", values},
                     {"root", to_json(tree.root())},
                     {"positions", positions},
                     {"leaves", leaves},
                     {"witness", list(tree.decommit(positions, views))}});
  }
  return trees;
}

Json deep_quotients() {
  Source source(5);
  constexpr std::uint32_t m = 4, log_blowup = 1;
  const QM31 t = source.secure(), one = M31(1), inverse = (one + t.square()).inverse();
  const CirclePoint<QM31> z = {(one - t.square()) * inverse, (t + t) * inverse};
  const auto step = CirclePointIndex::subgroup_generator(m).to_point();
  const CirclePoint<QM31> previous = z - CirclePoint<QM31>{step.x, step.y};
  const std::vector<std::uint32_t> positions = {0, 5, 18, 31};
  const std::vector<std::uint32_t> log_sizes = {4, 2, 3, 4};
  const std::vector<std::vector<int>> offsets = {{-1, 0}, {-1, 0}, {0}, {}};
  const QM31 gamma = source.secure();
  std::vector<std::vector<QM31>> samples;
  std::vector<std::vector<M31>> queried;
  Json columns = Json::array();
  for (std::size_t c = 0; c < log_sizes.size(); ++c) {
    const std::uint32_t k = log_sizes[c];
    const auto coefficients = source.bases(std::size_t{1} << k);
    BaseColumn extension(std::size_t{1} << (k + log_blowup));
    low_degree_extension(coefficients, extension);
    samples.emplace_back();
    for (const int offset : offsets[c]) {
      const auto point = (offset == 0 ? z : previous).repeated_double(m - k);
      samples.back().push_back(PointEvaluator(point, k).evaluate(coefficients));
    }
    queried.emplace_back();
    for (const std::uint32_t position : positions) {
      queried.back().push_back(extension[lifted_slot(position, m + log_blowup, k + log_blowup)]);
    }
    columns.push_back({{"log_size", k},
                       {"coefficients", list(coefficients)},
                       {"offsets", offsets[c]},
                       {"samples", list(samples.back())},
                       {"queried", list(queried.back())}});
  }
  std::vector<OpenedColumn> opened;
  for (std::size_t c = 0; c < log_sizes.size(); ++c) {
    opened.push_back({log_sizes[c], offsets[c], samples[c], queried[c]});
  }
  return {{"m", m},
          {"log_blowup_factor", log_blowup},
          {"t", to_json(t)},
          {"z", to_json(z)},
          {"z - G_m", to_json(previous)},
          {"gamma", to_json(gamma)},
          {"columns", columns},
          {"positions", positions},
          {"phi", list(deep_answers(z, gamma, m, log_blowup, opened, positions))}};
}

Json folds() {
  Source source(6);
  Json json = Json::array();
  constexpr std::uint32_t log_size = 6, coset = 2;
  for (const bool circle : {true, false}) {
    for (std::uint32_t step = 1; step <= 4; ++step) {
      const auto values = source.secures(std::size_t{1} << step);
      const QM31 alpha = source.secure();
      const auto folded =
          (circle ? fold_circle_coset : fold_line_coset)(values, log_size, coset << step, alpha);
      json.push_back({{"layer", circle ? "circle" : "line"},
                      {"log_size", log_size},
                      {"start", coset << step},
                      {"alpha", to_json(alpha)},
                      {"values", list(values)},
                      {"folded", to_json(folded)}});
    }
  }
  return json;
}

Json line_polynomials() {
  Source source(7);
  Json json = Json::array();
  for (std::uint32_t log_last = 0; log_last <= 4; ++log_last) {
    const auto coefficients = source.secures(std::size_t{1} << log_last);
    constexpr std::uint32_t log_size = 5, slot = 11;
    json.push_back(
        {{"coefficients", list(coefficients)},
         {"x", line_domain_x(log_size, slot).value()},
         {"value", to_json(evaluate_line_polynomial(coefficients, line_domain_x(log_size, slot)))}});
  }
  return json;
}

/// One member of a part, or one of its elements, a line.
std::string vectors() {
  const Json parts = {
      {"about",
       {"Values of the steps of docs/stark.md, written by circlet-vectors. M is a number, F [a, b, c, d], a "
        "point [x, y], a hash its bytes in hexadecimal; values on domains are in storage order."}},
      {"fields", fields()},
      {"domains", domains()},
      {"circle FFT", fft()},
      {"channel", channel()},
      {"Merkle trees (log sizes are after the extension)", merkle()},
      {"DEEP quotients", deep_quotients()},
      {"folds", folds()},
      {"line polynomials", line_polynomials()}};
  std::string text = "{";
  const char* before_part = "\n";
  for (const auto& [name, part] : parts.items()) {
    text += before_part + Json(name).dump() + ": " + (part.is_object() ? "{" : "[");
    const char* before_item = "\n  ";
    for (const auto& [key, value] : part.items()) {
      text += before_item + (part.is_object() ? Json(key).dump() + ": " : "") + value.dump();
      before_item = ",\n  ";
    }
    text += part.is_object() ? "}" : "]";
    before_part = ",\n";
  }
  return text + "\n}\n";
}

}  // namespace
}  // namespace circlet

int main(int argc, char** argv) {
  CLI::App app("Writes docs/vectors.json, a value for each step of docs/stark.md");
  std::string root = ".";
  bool check = false;
  app.add_option("--root", root, "root of the repository");
  app.add_flag("--check", check, "write nothing; fail if the committed file differs");
  CLI11_PARSE(app, argc, argv);
  try {
    return circlet::write_or_check("circlet-vectors", root, {{"docs/vectors.json", circlet::vectors()}},
                                   check);
  } catch (const circlet::Error& error) {
    fmt::print(stderr, "circlet-vectors: {}\n", error.what());
    return 2;
  }
}
