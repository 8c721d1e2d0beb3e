// Blake2s-256: the compression function of RFC 7693 and the buffering around it.
#include "hash/blake2s.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "core/bytes.hpp"
#include "core/hex.hpp"
#include "hash/blake2s_constants.hpp"

namespace circlet {
namespace {

using blake2s::initial_vector;
using blake2s::sigma;
using Words16 = std::array<std::uint32_t, 16>;

/// G of RFC 7693 3.1.
void mix(Words16& v, std::size_t a, std::size_t b, std::size_t c, std::size_t d, std::uint32_t x,
         std::uint32_t y) {
  v[a] = v[a] + v[b] + x;
  v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] = v[c] + v[d];
  v[b] = std::rotr(v[b] ^ v[c], 12);
  v[a] = v[a] + v[b] + y;
  v[d] = std::rotr(v[d] ^ v[a], 8);
  v[c] = v[c] + v[d];
  v[b] = std::rotr(v[b] ^ v[c], 7);
}

}  // namespace

Blake2sHash Blake2sHash::from_bytes(std::span<const std::uint8_t, 32> bytes) {
  Blake2sHash hash;
  std::memcpy(hash.words.data(), bytes.data(), bytes.size());
  return hash;
}

std::array<std::uint8_t, 32> Blake2sHash::to_bytes() const {
  std::array<std::uint8_t, 32> bytes;
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

std::string Blake2sHash::to_hex() const {
  std::string hex;
  hex.reserve(64);
  for (const std::uint8_t byte : to_bytes()) {
    hex.push_back(hex_digits[byte >> 4]);
    hex.push_back(hex_digits[byte & 15]);
  }
  return hex;
}

Blake2sHash Blake2sHash::from_hex(const std::string& hex) {
  const std::string_view digits = without_hex_prefix(hex);
  require(digits.size() == 64, ErrorKind::bad_input, [&] {
    return "hash: expected 64 hexadecimal digits, got " + std::to_string(digits.size()) + " characters";
  });
  const auto value_of = [](char c) { return hex_value(c, ErrorKind::bad_input, "a hash"); };
  std::array<std::uint8_t, 32> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(value_of(digits[2 * i]) << 4 | value_of(digits[2 * i + 1]));
  }
  return from_bytes(bytes);
}

Blake2s::Blake2s() : state_(initial_vector) { state_[0] ^= blake2s::parameters; }

void Blake2s::compress(bool last) {
  Words16 message;
  std::memcpy(message.data(), buffer_.data(), buffer_.size());
  Words16 v;
  std::copy(state_.begin(), state_.end(), v.begin());
  std::copy(initial_vector.begin(), initial_vector.end(), v.begin() + 8);
  v[12] ^= static_cast<std::uint32_t>(counted_);
  v[13] ^= static_cast<std::uint32_t>(counted_ >> 32);
  if (last) v[14] = ~v[14];
  for (const auto& s : sigma) {
    mix(v, 0, 4, 8, 12, message[s[0]], message[s[1]]);
    mix(v, 1, 5, 9, 13, message[s[2]], message[s[3]]);
    mix(v, 2, 6, 10, 14, message[s[4]], message[s[5]]);
    mix(v, 3, 7, 11, 15, message[s[6]], message[s[7]]);
    mix(v, 0, 5, 10, 15, message[s[8]], message[s[9]]);
    mix(v, 1, 6, 11, 12, message[s[10]], message[s[11]]);
    mix(v, 2, 7, 8, 13, message[s[12]], message[s[13]]);
    mix(v, 3, 4, 9, 14, message[s[14]], message[s[15]]);
  }
  for (std::size_t i = 0; i < 8; ++i) state_[i] ^= v[i] ^ v[i + 8];
}

Blake2s& Blake2s::update(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    // A full block is compressed only when more input follows: the last one is marked.
    if (buffered_ == buffer_.size()) {
      counted_ += buffer_.size();
      compress(false);
      buffered_ = 0;
    }
    const std::size_t taken = std::min(bytes.size(), buffer_.size() - buffered_);
    std::memcpy(buffer_.data() + buffered_, bytes.data(), taken);
    buffered_ += taken;
    bytes = bytes.subspan(taken);
  }
  return *this;
}

Blake2s& Blake2s::update_words(std::span<const std::uint32_t> words) {
  return update({reinterpret_cast<const std::uint8_t*>(words.data()), words.size_bytes()});
}

Blake2sHash Blake2s::finalize() {
  counted_ += buffered_;
  std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(buffered_), buffer_.end(), std::uint8_t{0});
  compress(true);
  return {state_};
}

Blake2sHash Blake2s::hash(std::span<const std::uint8_t> bytes) { return Blake2s().update(bytes).finalize(); }

Blake2sHash Blake2s::hash_words(std::span<const std::uint32_t> words) {
  return Blake2s().update_words(words).finalize();
}

}  // namespace circlet
