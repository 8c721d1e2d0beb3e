// Proofs of a small model in segments, each in whatever context a test wants, and counted by nobody.
#pragma once

#include <functional>
#include <optional>

#include "stark/prover/data_commitment.hpp"
#include "stark/prover/prover.hpp"
#include "tests/support/segments.hpp"

namespace circlet::testing {

inline Buffer some_input(const Segments& model, std::uint32_t seed) {
  return ProgramBuilder(1, 0, 0, seed).random_input(input_tensor(model.imported), 1);
}

/// Segment i in the context that `context_of` says; the statement's is `context`.
inline BundleProof prove_segments(const Segments& model, const Buffer& input, const Context& context,
                                  const std::function<Context(std::size_t)>& context_of,
                                  Csprng* masks = nullptr) {
  BundleProof proof{.context = context, .segments = {}};
  Buffer values = input;
  std::optional<DataCommitment> read;
  for (std::size_t i = 0; i < model.programs.size(); ++i) {
    const VerificationKey& key = model.key.segments[i];
    const Buffer made = execute(model.programs[i], values, 1).output();
    std::optional<DataCommitment> output;
    if (key.output().visibility == Visibility::committed)
      output = commit_data(key, key.output(), made, masks);
    CommittedValues data;
    if (read) data.push_back(&*read);
    if (output) data.push_back(&*output);
    proof.segments.push_back(
        prove(model.proving_keys[i], model.programs[i], values,
              {.context = context_of(i), .observer = {}, .phases = {}, .masks = masks, .data = data}));
    read = std::move(output);
    values = made;
  }
  return proof;
}

/// Each where it belongs.
inline BundleProof prove_segments(const Segments& model, const Buffer& input, const Context& context,
                                  Csprng* masks = nullptr) {
  const Blake2sHash bundle = model.key.digest();
  return prove_segments(
      model, input, context, [&](std::size_t i) { return segment_context(bundle, i, context); }, masks);
}

}  // namespace circlet::testing
