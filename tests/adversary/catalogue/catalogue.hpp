// The parts of the catalogue.
#pragma once

#include "tests/adversary/attack.hpp"
#include "tests/adversary/bad_key.hpp"

namespace circlet::testing {

inline constexpr const char* bus = "the bus does not balance";
inline constexpr const char* composition = "composition: the constraints do not hold";

std::vector<AttackEntry> transcript_attacks();
std::vector<AttackEntry> commitment_attacks();
std::vector<AttackEntry> mask_attacks();
std::vector<AttackEntry> tile_attacks();

std::vector<BadKeyEntry> bad_keys_of_tiles();

}  // namespace circlet::testing
