// A Circlet proof: the statement, the claimed sums of the tables, and the STARK proof. Untrusted until
// verified.
#pragma once

#include <array>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "fri/proof.hpp"
#include "stark/statement.hpp"

namespace circlet {

/// Tables with a claimed sum, in component order: linear, activate, lut, mac.
inline constexpr std::size_t claiming_tables = 4;
/// Trees before the composition: structure, weights, witness, fingerprints, LogUp.
inline constexpr std::size_t trace_trees = 5;

struct Proof {
  static constexpr std::uint32_t format_version = 1;

  Statement statement;
  std::array<QM31, claiming_tables> claimed_sums;
  StarkProof<Blake2sHash> stark;
  friend bool operator==(const Proof&, const Proof&) = default;
};

Bytes encode_proof(const Proof& proof);
/// Throws Error(bad_input) that names the damaged field.
Proof decode_proof(std::span<const std::uint8_t> file, const std::string& name);

/// {"statement": .., "claimed_sums": .., "stark_proof": ..}; the last is the stwo crate's serde form.
nlohmann::ordered_json proof_to_json(const Proof& proof);

}  // namespace circlet
