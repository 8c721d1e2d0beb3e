// Blake2s-256, unkeyed (RFC 7693).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace circlet {

/// 32 bytes; word i is the little-endian u32 at byte 4i.
struct Blake2sHash {
  std::array<std::uint32_t, 8> words{};

  friend bool operator==(const Blake2sHash&, const Blake2sHash&) = default;
  static Blake2sHash from_bytes(std::span<const std::uint8_t, 32> bytes);
  [[nodiscard]] std::array<std::uint8_t, 32> to_bytes() const;
  [[nodiscard]] std::string to_hex() const;
  /// Throws Error(bad_input) unless `hex` is 64 hexadecimal digits, with or without 0x.
  static Blake2sHash from_hex(const std::string& hex);
};

/// Incremental hashing; every input of the protocol is a sequence of little-endian u32 words or of bytes.
class Blake2s {
 public:
  Blake2s();
  Blake2s& update(std::span<const std::uint8_t> bytes);
  Blake2s& update_words(std::span<const std::uint32_t> words);
  [[nodiscard]] Blake2sHash finalize();

  static Blake2sHash hash(std::span<const std::uint8_t> bytes);
  static Blake2sHash hash_words(std::span<const std::uint32_t> words);

 private:
  void compress(bool last);

  std::array<std::uint32_t, 8> state_;
  std::array<std::uint8_t, 64> buffer_{};
  std::size_t buffered_ = 0;
  std::uint64_t counted_ = 0;
};

}  // namespace circlet
