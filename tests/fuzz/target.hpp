// What the fuzz targets share. A target reads its bytes with the project's own readers and ends the process
// if a property fails. A reader may refuse its input with circlet::Error; every other exception is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>

#include "core/bytes.hpp"
#include "core/error.hpp"

extern "C" {
/// The target: runs on one input.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// A target's own mutator: changes `data` in place and returns its new size, at most `most`.
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed);
/// The mutator of the engine, for raw bytes.
std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
}

namespace circlet::fuzz {

/// Ends the process unless a property holds.
inline void expect(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "property violated: %s\n", property);
  std::abort();
}

/// What `read` returns, or nothing if it refuses. That one of our own invariants fails is a finding.
template <class Read>
auto attempt(const Read& read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) std::fprintf(stderr, "%s\n", error.what());
    expect(error.kind() != ErrorKind::internal, "a reader refuses its input by an error of another kind");
    return std::nullopt;
  }
}

using Random = std::minstd_rand;

inline std::size_t below(Random& random, std::size_t bound) { return random() % bound; }

/// A small change of a number: a neighbour, a flipped bit, an extreme value or any value.
inline std::uint64_t mutate_number(std::uint64_t value, Random& random) {
  constexpr std::uint64_t extremes[] = {
      0,          1,          (1U << 24), 0x3fffffff,         0x7fffffff,
      (1U << 31), 0xffffffff, ~0ULL,      0x7fffffffffffffff, 0x80000000ULL << 32};
  switch (below(random, 4)) {
    case 0:
      return below(random, 2) == 0 ? value + 1 : value - 1;
    case 1:
      return value ^ (std::uint64_t{1} << below(random, 64));
    case 2:
      return extremes[below(random, std::size(extremes))];
    default:
      return (std::uint64_t{random()} << 32) ^ random();
  }
}

/// Copies what a mutator made over its buffer; keeps the old input if it does not fit.
inline std::size_t replace(std::uint8_t* data, std::size_t size, std::size_t most,
                           std::span<const std::uint8_t> bytes) {
  if (bytes.size() > most) return size;
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}

/// The engine's mutation of a list of bytes.
inline Bytes mutate_bytes(Bytes bytes, std::size_t most) {
  const std::size_t size = bytes.size();
  bytes.resize(size + 64);
  bytes.resize(LLVMFuzzerMutate(bytes.data(), size, std::min(most, bytes.size())));
  return bytes;
}

}  // namespace circlet::fuzz
