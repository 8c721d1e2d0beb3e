// The Blake2s channel (docs/stark.md, "Channel"): every mix hashes the digest with the message, every draw
// hashes the digest with the count of draws.
#include "hash/channel.hpp"

#include <algorithm>

namespace circlet {

void Blake2sChannel::update(std::string_view operation, const Hash& digest) {
  digest_ = digest;
  n_draws_ = 0;
  if (observer_) observer_(operation, digest_);
}

void Blake2sChannel::mix_root(const Hash& root) {
  update("mix_root", Blake2s().update_words(digest_.words).update_words(root.words).finalize());
}

void Blake2sChannel::mix_felts(std::span<const QM31> felts) {
  Blake2s hasher;
  hasher.update_words(digest_.words);
  for (const QM31& felt : felts) {
    const auto x = felt.coordinates();
    hasher.update_words(std::array{x[0].value(), x[1].value(), x[2].value(), x[3].value()});
  }
  update("mix_felts", hasher.finalize());
}

void Blake2sChannel::mix_u32s(std::span<const std::uint32_t> words) {
  update("mix_u32s", Blake2s().update_words(digest_.words).update_words(words).finalize());
}

void Blake2sChannel::mix_u64(std::uint64_t value) {
  const std::array words = {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)};
  update("mix_u64", Blake2s().update_words(digest_.words).update_words(words).finalize());
}

std::array<std::uint32_t, 8> Blake2sChannel::draw_u32s() {
  const std::array<std::uint32_t, 1> count = {n_draws_++};
  const std::array<std::uint8_t, 1> end = {0};
  return Blake2s().update_words(digest_.words).update_words(count).update(end).finalize().words;
}

std::array<M31, 8> Blake2sChannel::draw_base_felts() {
  while (true) {
    const auto words = draw_u32s();
    // Words of 2p and above would favour the residues 0 and 1; one such word discards the whole draw.
    if (std::ranges::any_of(words, [](std::uint32_t word) { return word >= 2 * M31::modulus; })) continue;
    std::array<M31, 8> felts;
    std::ranges::transform(words, felts.begin(), [](std::uint32_t word) { return M31::reduce(word); });
    return felts;
  }
}

QM31 Blake2sChannel::draw_secure_felt() {
  const auto felts = draw_base_felts();
  return {felts[0], felts[1], felts[2], felts[3]};
}

std::vector<QM31> Blake2sChannel::draw_secure_felts(std::size_t count) {
  std::vector<QM31> result;
  result.reserve(count);
  while (result.size() < count) {
    const auto felts = draw_base_felts();
    result.emplace_back(felts[0], felts[1], felts[2], felts[3]);
    if (result.size() < count) result.emplace_back(felts[4], felts[5], felts[6], felts[7]);
  }
  return result;
}

Blake2sHash Blake2sChannel::pow_prefix(std::uint32_t bits) const {
  const std::array<std::uint32_t, 4> prefix = {0x12345678, 0, 0, 0};
  return Blake2s().update_words(prefix).update_words(digest_.words).update_words(std::array{bits}).finalize();
}

bool Blake2sChannel::verify_pow(std::uint32_t bits, std::uint64_t nonce) const {
  const std::array words = {static_cast<std::uint32_t>(nonce), static_cast<std::uint32_t>(nonce >> 32)};
  const Hash hash = Blake2s().update_words(pow_prefix(bits).words).update_words(words).finalize();
  // The low `bits` bits of the hash, read as one little-endian integer, are zero.
  for (std::size_t i = 0; i < hash.words.size() && bits > 0; ++i) {
    const std::uint32_t in_word = std::min(bits, 32U);
    const std::uint32_t mask = in_word == 32 ? ~0U : (1U << in_word) - 1;
    if ((hash.words[i] & mask) != 0) return false;
    bits -= in_word;
  }
  return bits == 0;
}

}  // namespace circlet
