#include "compute/csprng.hpp"

#include <sodium.h>

#include <algorithm>

#include "compute/parallel.hpp"
#include "core/error.hpp"

namespace circlet {
namespace {

constexpr std::size_t block = 64;    // bytes of a ChaCha20 block
constexpr std::size_t chunk = 4096;  // elements a task
constexpr std::size_t words_in_block = block / 4;
using Nonce = std::array<std::uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES>;

/// Bytes of the stream from block `counter` on.
void stream(std::span<std::uint32_t> out, const Nonce& nonce, std::uint32_t counter,
            const std::uint8_t* key) {
  std::ranges::fill(out, 0U);
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  crypto_stream_chacha20_ietf_xor_ic(bytes, bytes, out.size_bytes(), nonce.data(), counter, key);
}

}  // namespace

Csprng::Csprng() : key_{} {
  require(sodium_init() >= 0, ErrorKind::internal, "libsodium cannot reach the system's random numbers");
  randombytes_buf(key_.data(), key_.size());
}

Csprng Csprng::insecure(std::uint64_t seed) {
  Key key{};
  for (std::size_t i = 0; i < 8; ++i) key[i] = static_cast<std::uint8_t>(seed >> (8 * i));
  return Csprng(key);
}

Csprng::~Csprng() { sodium_memzero(key_.data(), key_.size()); }

void Csprng::fill(std::span<M31> out) {
  // The first 8 bytes of the nonce are the call, the last 4 are 0, or 1 for the replacements below.
  Nonce nonce{};
  const std::uint64_t call = calls_++;
  for (std::size_t i = 0; i < 8; ++i) nonce[i] = static_cast<std::uint8_t>(call >> (8 * i));
  require(out.size() / words_in_block < UINT32_MAX, ErrorKind::internal, "too many random values at once");
  parallel_for(0, (out.size() + chunk - 1) / chunk, [&](std::size_t i) {
    const auto part = out.subspan(i * chunk, std::min(chunk, out.size() - i * chunk));
    const std::span words(reinterpret_cast<std::uint32_t*>(part.data()), part.size());
    stream(words, nonce, static_cast<std::uint32_t>(i * (chunk / words_in_block)), key_.data());
    bool complete = true;
    for (std::uint32_t& word : words) {
      word &= M31::modulus;  // 31 uniform bits
      complete = complete && word != M31::modulus;
    }
    if (complete) return;
    // 2^31 - 1 is not an element: draw again, from a stream that belongs to the cell.
    Nonce again = nonce;
    again.back() = 1;
    for (std::size_t j = 0; j < words.size(); ++j) {
      std::uint32_t attempt = 0;
      while (words[j] == M31::modulus) {
        std::array<std::uint32_t, words_in_block> fresh{};
        again[8] = static_cast<std::uint8_t>(attempt++);
        stream(fresh, again, static_cast<std::uint32_t>(i * chunk + j), key_.data());
        words[j] = fresh[0] & M31::modulus;
      }
    }
  });
}

M31 Csprng::next() {
  std::array<M31, 1> value;
  fill(value);
  return value[0];
}

}  // namespace circlet
