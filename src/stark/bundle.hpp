// A model that is proved in segments, as one statement: the model of the bundle's key maps this input to this
// output. Every segment has a key of its own, and what one hands to the next is a committed value that both
// proofs open (docs/parts.md).
//
// All that binds the segments together is the key's: which they are, their order, and where the model was
// cut. A proof says no more than the caller's context and one proof a segment, made for its place in this
// bundle.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "stark/proof.hpp"
#include "stark/verification_key.hpp"

namespace circlet {

inline constexpr std::uint32_t max_segments = 64;

struct BundleKey {
  static constexpr std::uint32_t format_version = 1;

  /// Blake2s of the payload of the whole model's model.structure, of which the segments are the parts.
  Blake2sHash meaning;
  /// Where that model is cut: tensors of its structure, one fewer than segments.
  std::vector<std::uint32_t> cuts;
  /// Each with one input and one output; the output of each but the last is committed, as is the input of
  /// each but the first.
  std::vector<VerificationKey> segments;
  friend bool operator==(const BundleKey&, const BundleKey&) = default;

  [[nodiscard]] const PublicTensor& input() const { return segments.front().input(); }
  [[nodiscard]] const PublicTensor& output() const { return segments.back().output(); }
  /// Blake2s of the payload of the key's file, so of every word of every segment's key, in order: the id of
  /// the model, which each segment's proof is bound to.
  [[nodiscard]] Blake2sHash digest() const;
};

/// Throws Error(bad_input) that names the segment unless the key is one of a bundle: 2 to 64 segments, each
/// with one input and one output, which join: both sides of a joint are committed, with as many values at the
/// same scales, in trees of one height and blow-up. All segments hide alike.
void check_bundle_key(const BundleKey& key);

/// model.vk of a bundle. Reading throws Error(bad_input) for anything but what writing makes of a key that
/// `check_bundle_key` takes.
Bytes encode_bundle_key(const BundleKey& key);
BundleKey decode_bundle_key(std::span<const std::uint8_t> file, const std::string& name);

struct BundleProof {
  static constexpr std::uint32_t format_version = 1;

  Context context{};            // of the caller's choice
  std::vector<Proof> segments;  // in the key's order
  friend bool operator==(const BundleProof&, const BundleProof&) = default;
};

Bytes encode_bundle_proof(const BundleProof& proof);
/// Error(bad_input) that names the damaged field, and the segment.
BundleProof decode_bundle_proof(std::span<const std::uint8_t> file, const std::string& name);

/// The context that segment `index` is proved in: it binds a segment's proof to the bundle, its place in it
/// and the caller's context. Below 2^251, so that a contract takes it.
Context segment_context(const Blake2sHash& bundle, std::size_t index, const Context& context);

/// Returns if the model of `key` maps the input that the first segment's statement has to the output of the
/// last one's; throws Error(rejected) that names the segment and the step that failed. Only `key`, which
/// `check_bundle_key` has taken, is trusted.
void verify(const BundleKey& key, const BundleProof& proof);

}  // namespace circlet
