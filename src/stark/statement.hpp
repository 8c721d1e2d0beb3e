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

/// What a statement says of a tensor of the key: its values, a commitment to them, or nothing if they are
/// private.
struct Stated {
  std::vector<std::int32_t> values;      // sample after sample; of shown tensors, whose values are never none
  std::optional<Commitment> commitment;  // of committed ones
  friend bool operator==(const Stated&, const Stated&) = default;
  [[nodiscard]] Visibility visibility() const;
};

struct Statement {
  Context context{};
  std::vector<Stated> tensors;  // in the key's order
  friend bool operator==(const Statement&, const Statement&) = default;
  /// Those of committed tensors, in order.
  [[nodiscard]] std::vector<const Commitment*> commitments() const;
};

/// "input", or "output 2" where the key has several.
std::string tensor_name(const VerificationKey& key, std::size_t tensor);

/// Throws Error(rejected) unless the statement says of every tensor what the key says that it says, every
/// value lies in its range, and every pin has its values, below p.
void check_statement(const VerificationKey& key, const Statement& statement);

/// Transcript step 1 up to the two roots: the key's digest and its PCS configuration.
void mix_key(const VerificationKey& key, Blake2sChannel& channel);
/// Transcript step 2.
void mix_statement(const Statement& statement, Blake2sChannel& channel);

/// T = sum_j t^(N-1-j) F(Y_j), with F(Y_j) = sum_l alpha^(B-1-l) values[l * rows + j].
QM31 claim_of(std::span<const std::int32_t> values, std::uint32_t rows, const Challenges& challenges);

/// F(1, ..., 1) over B lanes.
QM31 ones_value(std::uint32_t batch, const Challenges& challenges);

/// The public messages of the bus (docs/protocol.md section 5): yields of the constant wires and of public
/// inputs' claims, and reads of public outputs'. Throws Error(rejected) if a denominator vanishes.
QM31 public_messages(const VerificationKey& key, const Statement& statement, const Challenges& challenges);

}  // namespace circlet
