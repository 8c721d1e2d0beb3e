// What a proof states: "the model of this key, in this context, maps the input to this output", and how a
// statement enters the transcript (docs/protocol.md section 5, steps 1 and 2). Shared by the prover and the
// verifier.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "air/dsl/challenges.hpp"
#include "hash/channel.hpp"
#include "stark/verification_key.hpp"

namespace circlet {

/// 256 bits of the caller's choice that bind a proof to its use, as little-endian words.
using Context = std::array<std::uint32_t, 8>;

/// Parses a decimal number, or a hexadecimal one after 0x, below 2^256. Throws Error(usage) for anything
/// else: digits mean the same here as to whoever wrote them.
Context parse_context(const std::string& text);
std::string to_hex(const Context& context);

struct Statement {
  Context context{};
  std::vector<std::int32_t> inputs;   // sample after sample; empty unless the input is public
  std::vector<std::int32_t> outputs;  // sample after sample; empty unless the output is public
  std::optional<Blake2sHash> input_root, output_root;  // of what is committed
  friend bool operator==(const Statement&, const Statement&) = default;
};

/// Throws Error(rejected) unless the statement has the key's shape, a root where values are committed, and
/// every value lies in its declared range.
void check_statement(const VerificationKey& key, const Statement& statement);

/// Transcript step 1 up to the two roots: the key's digest and its PCS configuration.
void mix_key(const VerificationKey& key, Blake2sChannel& channel);
/// Transcript step 2.
void mix_statement(const Statement& statement, Blake2sChannel& channel);

/// T = sum_j t^(N-1-j) F(Y_j), with F(Y_j) = sum_l alpha^(B-1-l) values[l * rows + j].
QM31 claim_of(std::span<const std::int32_t> values, std::uint32_t rows, const Challenges& challenges);

/// F(1, ..., 1) over B lanes.
QM31 ones_value(std::uint32_t batch, const Challenges& challenges);

/// The public messages of the bus (docs/protocol.md section 5): yields of ONE, ONES and of a public input's
/// claim, and the read of a public output's. Throws Error(rejected) if a denominator vanishes.
QM31 public_messages(const VerificationKey& key, const Statement& statement, const Challenges& challenges);

}  // namespace circlet
