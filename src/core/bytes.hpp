// Little-endian encoding of integers, and a reader that checks every length against what remains.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace circlet {

static_assert(std::endian::native == std::endian::little,
              "the file formats are little-endian and read in place");

using Bytes = std::vector<std::uint8_t>;

class ByteWriter {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  void write(T value) {
    write_array(std::span<const T>(&value, 1));
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void write_array(std::span<const T> values) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(values.data());
    bytes_.insert(bytes_.end(), first, first + values.size_bytes());
  }
  /// A u32 count and then the items.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void write_counted(std::span<const T> values) {
    write(static_cast<std::uint32_t>(values.size()));
    write_array(values);
  }
  void write_string(std::string_view text) { write_counted(std::span<const char>(text)); }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

/// Reads what ByteWriter wrote. Every failure is Error(kind) naming the field and the offset.
class ByteReader {
 public:
  /// `what` names the thing being read in errors: "proof", "model.vk".
  ByteReader(std::span<const std::uint8_t> bytes, std::string what, ErrorKind kind = ErrorKind::bad_input)
      : bytes_(bytes), what_(std::move(what)), kind_(kind) {}

  template <class T>
    requires std::is_arithmetic_v<T>
  T read(std::string_view field) {
    need(sizeof(T), field);
    T value;
    std::memcpy(&value, bytes_.data() + offset_, sizeof(T));
    offset_ += sizeof(T);
    return value;
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  std::vector<T> read_array(std::size_t count, std::string_view field) {
    require(count <= remaining() / sizeof(T), kind_, [&] { return shortage(field); });
    std::vector<T> values(count);
    if (count != 0) std::memcpy(values.data(), bytes_.data() + offset_, count * sizeof(T));
    offset_ += count * sizeof(T);
    return values;
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  std::vector<T> read_counted(std::string_view field) {
    const auto count = read<std::uint32_t>(field);
    return read_array<T>(count, field);
  }
  std::string read_string(std::string_view field) {
    const auto text = read_counted<char>(field);
    return {text.begin(), text.end()};
  }
  /// A count of items that take at least `least_bytes_each` bytes: bounds allocations by what is there.
  std::uint32_t read_count(std::size_t least_bytes_each, std::string_view field) {
    const auto count = read<std::uint32_t>(field);
    require(count <= remaining() / (least_bytes_each == 0 ? 1 : least_bytes_each), kind_,
            [&] { return shortage(field); });
    return count;
  }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - offset_; }
  [[nodiscard]] std::size_t offset() const { return offset_; }
  void expect_end() const {
    require(remaining() == 0, kind_, [&] {
      return what_ + ": " + std::to_string(remaining()) + " bytes left over after offset " +
             std::to_string(offset_);
    });
  }
  [[noreturn]] void fail(std::string_view field, std::string_view why) const {
    throw Error(kind_, what_ + ": " + std::string(field) + " at offset " + std::to_string(offset_) + ": " +
                           std::string(why));
  }

 private:
  void need(std::size_t count, std::string_view field) const {
    require(count <= remaining(), kind_, [&] { return shortage(field); });
  }
  [[nodiscard]] std::string shortage(std::string_view field) const {
    return what_ + ": truncated in " + std::string(field) + " at offset " + std::to_string(offset_);
  }

  std::span<const std::uint8_t> bytes_;
  std::string what_;
  ErrorKind kind_;
  std::size_t offset_ = 0;
};

}  // namespace circlet
