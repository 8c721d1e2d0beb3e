// Arithmetisation: the rows of every table for a model, from the public part of its Program alone
// (docs/protocol.md section 3). The same rows serve setup (structure columns), the prover (where each row
// takes its values from) and inspection.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "program/program.hpp"
#include "stark/shape.hpp"
#include "stark/verification_key.hpp"

namespace circlet {

/// Where a wire's value comes from.
struct Operand {
  enum class Kind : std::uint8_t {
    one,         // the constant 1
    ones,        // F(1, ..., 1)
    tensor_row,  // F of row `row` of tensor `index`
    claim,       // S on row `index` of the table `linear`: what its op claims
    digits,      // T on row `index` of the table `activate`: what its op yields
    sum,         // S on row `index` of the table `mac`
  };
  Kind kind = Kind::one;
  std::uint32_t index = 0;
  std::uint32_t row = 0;
};

/// What a row of `linear` holds in its weight columns.
struct WeightsSource {
  enum class Kind : std::uint8_t { none, dense, bias, coefficient };
  Kind kind = Kind::none;
  std::uint32_t layer = 0;
  std::uint32_t term = 0;  // index in Layer::dense or Layer::scaled
  std::uint32_t row = 0;   // input row k of a dense term, entry of a scaled term
  std::uint32_t tile = 0;
};

struct LinearRow {
  bool continues = false;  // cont: not the first tile of its input row
  bool last_tile = false;  // f
  bool keep = false;       // not the first row of its op
  bool claims = false;
  std::uint32_t id = 0;    // wire read or yielded, 0 if none
  std::int32_t count = 0;  // n: 1 to read, -reads to yield
  Operand operand;         // A
  WeightsSource weights;
};

struct ActivateRow {
  /// What q and r are.
  enum class Source : std::uint8_t {
    input,              // an input value and 0
    layer,              // the split of a layer's accumulator
    remainder_digit,    // a digit of a layer's W - 1 - r
    argmax_mark,        // 0 and 1 - [row is the arg max]
    argmax_difference,  // a digit of ArgmaxTrace::differences
    argmax_headroom,    // a digit of ArgmaxTrace::headroom
    zero,               // 0 and 0
  };
  Source source = Source::input;
  std::uint32_t layer = 0;
  std::uint32_t row = 0;    // output row j
  std::uint32_t digit = 0;  // index in the number's digits
  bool keep = false;        // kt
  std::uint32_t two_s = 1;  // the step of q
  std::int64_t offset = 0;
  std::uint32_t q_function = 0, r_function = 0;
  std::uint32_t value_id = 0, value_reads = 0;  // idY, nY
  std::uint32_t claim_id = 0;                   // idT
  std::int32_t claim_count = 0;                 // nT: 1 to read, -reads to yield
};

struct LutRow {
  std::uint32_t function = 0;
  std::uint32_t first = 0;  // q of the first entry
  std::array<std::int32_t, 4> y{};
};

struct MacRow {
  enum class Carry : std::uint8_t { none, same, times_t };  // S starts anew; k1; kt
  Carry carry = Carry::none;
  std::uint32_t a_id = 0, b_id = 0, y_id = 0, y_reads = 0;
  Operand a, b;
};

struct Arithmetisation {
  TableShape shape;
  std::vector<LinearRow> linear;
  std::vector<ActivateRow> activate;
  std::vector<LutRow> lut;
  std::vector<MacRow> mac;
  std::vector<std::uint32_t> first_lut_row;         // of function fn at index fn - 1
  std::uint32_t input_claim = 0, output_claim = 0;  // wire ids; 0 for a hidden input
  std::size_t input_rows = 0, output_rows = 0;      // real rows of committed values
  std::uint32_t one_reads = 0, ones_reads = 0;

  std::optional<std::uint32_t> first_blinder_row;  // found anew if absent
  TableSizes log_sizes;  // the least that hold the rows, or the greater ones that a key names
};

/// The least that hold the rows that are there now, the fin rows and the mask rows.
TableSizes least_log_sizes(const Arithmetisation& arithmetisation);

/// Deterministic: the structure root is rebuilt from it. Throws Error(bad_input) if `check_program` would,
/// and Error(unsupported) before it makes more rows than a verification key allows.
Arithmetisation arithmetise(const Program& program, const TableShape& shape);

/// The same for the tables of a key. Error(rejected) if the key's are too small, Error(unsupported) before it
/// makes rows that are far too many.
Arithmetisation arithmetise(const Program& program, const VerificationKey& key);

}  // namespace circlet
