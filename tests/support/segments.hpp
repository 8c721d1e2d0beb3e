// A small model in three segments, set up for as many proofs as a test needs.
#pragma once

#include <vector>

#include "program/part.hpp"
#include "stark/bundle.hpp"
#include "stark/prover/plan_segments.hpp"
#include "stark/prover/setup.hpp"
#include "tests/support/random_program.hpp"

namespace circlet::testing {

inline constexpr PcsConfig segment_pcs{
    .pow_bits = 4,
    .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 5, .fold_step = 2}};

/// Three dense layers: a cut after each of the first two.
inline Program three_layers(std::uint32_t seed = 1) {
  ProgramBuilder builder(19, -8, 7, seed);
  const TensorId h = builder.add_relu({.rows = 6, .dense = {builder.dense(builder.input(), 6, 9)}}, 4);
  const TensorId g = builder.add_relu({.rows = 6, .dense = {builder.dense(h, 6, 9)}}, 4);
  return builder.finish({.rows = 3, .dense = {builder.dense(g, 3, 9)}});
}

struct Segments {
  Program imported;
  SegmentPlan plan;
  BundleKey key;
  std::vector<ProvingKey> proving_keys;
  std::vector<Program> programs;

  explicit Segments(SetupOptions options = {}, Program model = three_layers(), std::uint32_t count = 3)
      : imported(std::move(model)) {
    if (!options.pcs) options.pcs = segment_pcs;
    plan = plan_segments(imported, {}, options, count);
    key = {.meaning = meaning_of(imported, {}), .cuts = plan.cuts, .segments = {}};
    for (std::size_t i = 0; i < plan.segments.size(); ++i) {
      programs.push_back(segment_program(imported, {}, plan.cuts, i));
      proving_keys.push_back(setup(programs[i], plan.segments[i]));
      key.segments.push_back(proving_keys[i].key);
    }
    check_bundle_key(key);
  }
};

}  // namespace circlet::testing
