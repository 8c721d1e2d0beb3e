// The Fiat-Shamir channel (docs/stark.md, "Channel"): a digest and a count of draws since it last changed.
// Instances are Blake2s today; the code above is generic over `MerkleChannel` (hash/merkle_channel.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "core/fields/qm31.hpp"
#include "hash/blake2s.hpp"

namespace circlet {

class Blake2sChannel {
 public:
  using Hash = Blake2sHash;
  /// Called after every operation that changes the digest, with the operation's name: "mix_root",
  /// "mix_felts", "mix_u32s", "mix_u64". Verifiers in other languages print the same lines. The digest is the
  /// channel's own, which tests of the transcript rely on.
  using Observer = std::function<void(std::string_view operation, const Hash& digest)>;

  void observe(Observer observer) { observer_ = std::move(observer); }
  [[nodiscard]] const Hash& digest() const { return digest_; }

  void mix_root(const Hash& root);
  void mix_felts(std::span<const QM31> felts);
  void mix_u32s(std::span<const std::uint32_t> words);
  void mix_u64(std::uint64_t value);

  std::array<std::uint32_t, 8> draw_u32s();
  QM31 draw_secure_felt();
  std::vector<QM31> draw_secure_felts(std::size_t count);

  /// Whether `nonce` solves the proof of work at this digest. Does not change the channel.
  [[nodiscard]] bool verify_pow(std::uint32_t bits, std::uint64_t nonce) const;
  /// The hash that every nonce of a search shares: H(0x12345678, 0, 0, 0, digest, bits).
  [[nodiscard]] Hash pow_prefix(std::uint32_t bits) const;

 private:
  void update(std::string_view operation, const Hash& digest);
  std::array<M31, 8> draw_base_felts();

  Hash digest_{};
  std::uint32_t n_draws_ = 0;
  Observer observer_;
};

}  // namespace circlet
