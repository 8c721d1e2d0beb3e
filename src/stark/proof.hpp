// A Circlet proof: the statement, the claimed sums of the tables, and the STARK proof. Untrusted until
// verified.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "fri/proof.hpp"
#include "stark/statement.hpp"

namespace circlet {

struct Proof {
  static constexpr std::uint32_t format_version = 3;

  Statement statement;
  std::vector<QM31> claimed_sums;  // one an instance of the key but the blinder
  StarkProof<Blake2sHash> stark;
  friend bool operator==(const Proof&, const Proof&) = default;
};

Bytes encode_proof(const Proof& proof);
/// Throws Error(bad_input) that names the damaged field.
Proof decode_proof(std::span<const std::uint8_t> file, const std::string& name);

/// {"statement": .., "claimed_sums": .., "stark_proof": ..}; the last is the stwo crate's serde form.
nlohmann::ordered_json proof_to_json(const Proof& proof);

}  // namespace circlet
