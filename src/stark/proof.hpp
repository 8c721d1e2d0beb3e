// A Circlet proof: the statement, the claimed sums of the tables, and the STARK proof. Untrusted until
// verified.
#pragma once

#include <array>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "air/tables/registry.hpp"
#include "fri/proof.hpp"
#include "stark/statement.hpp"

namespace circlet {

struct Proof {
  static constexpr std::uint32_t format_version = 2;

  Statement statement;
  std::array<QM31, table_count> claimed_sums;  // 0 for a table that is not there
  StarkProof<Blake2sHash> stark;
  friend bool operator==(const Proof&, const Proof&) = default;
};

/// Whether a proof of this statement has the registry's table `table`.
bool has_table(const Statement& statement, std::size_t table);
/// The sums of the tables that a proof of this statement has, in component order.
std::vector<QM31> present_sums(const Statement& statement, const std::array<QM31, table_count>& sums);

Bytes encode_proof(const Proof& proof);
/// Throws Error(bad_input) that names the damaged field.
Proof decode_proof(std::span<const std::uint8_t> file, const std::string& name);

/// {"statement": .., "claimed_sums": .., "stark_proof": ..}; the last is the stwo crate's serde form.
nlohmann::ordered_json proof_to_json(const Proof& proof);

}  // namespace circlet
