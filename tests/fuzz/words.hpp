// Mutates a list of little-endian words: numbers change as numbers, so that ranges are met at their ends.
#pragma once

#include <cstring>

#include "tests/fuzz/target.hpp"

namespace circlet::fuzz {

inline void mutate_word(std::span<std::uint8_t> bytes, std::size_t offset, Random& random) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes.data() + offset, sizeof(word));
  word = static_cast<std::uint32_t>(below(random, 2) == 0 ? below(random, 32) : mutate_number(word, random));
  std::memcpy(bytes.data() + offset, &word, sizeof(word));
}

}  // namespace circlet::fuzz
