// What operators write runs with: wires, functions of the table `lut`, and rows of `linear`, `activate` and
// `mac`. Every wire gets its id here, and every read of a wire is counted here.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "lowering/runs.hpp"
#include "program/digits.hpp"

namespace circlet {

/// The claims of rows that the reader of a tensor yields, one a row, in place of the tensor's maker: places
/// of these among the coefficients of a sum have been asserted already.
struct ExpectedRows {
  std::uint32_t first_claim = 0;
  TileWidth width;
  /// Rows of sums beside those of the tensor: nobody reads their values, but they are split like the others.
  struct Free {
    CellView sums;
    std::uint32_t rows = 0;
    TileWidth width;
    std::uint32_t first_claim = 0;
  };
  std::vector<Free> free = {};
};

class Lowering {
 public:
  using Carry = MacRun::Carry;

  Lowering(const Program& program, const TableShape& shape);
  /// All runs of the program.
  Arithmetisation build();

  [[nodiscard]] const Program& program() const { return program_; }

  // Tensors

  /// The wires of a tensor's rows; those of a tensor that is being made are new ones or known ones.
  [[nodiscard]] WireList rows_of(TensorId tensor) const { return rows_.at(tensor); }
  WireList make_rows(TensorId tensor);
  [[nodiscard]] bool has_rows(TensorId tensor) const { return rows_.contains(tensor); }
  void set_rows(TensorId tensor, WireList wires) { rows_[tensor] = std::move(wires); }
  /// The wire of a tensor's claim, S = S t + y_j over its rows; that of a tensor without wires a row is said
  /// by who makes it.
  std::uint32_t claim_of(TensorId tensor);
  void set_claim(TensorId tensor, std::uint32_t wire) { claims_[tensor] = wire; }

  /// Of a tensor whose claims its only reader yields: the wires of these, of its tiles with this step.
  WireList expect_rows(TensorId tensor, std::uint32_t step);
  /// Of `rows` tiles more, whose sums are in a buffer: the wires of their claims.
  WireList expect_free_rows(TensorId tensor, const CellView& sums, std::uint32_t rows,
                            const TileWidth& width);
  [[nodiscard]] std::optional<ExpectedRows> expected_rows(TensorId tensor) const;
  /// Rows of `activate` that yield such claims.
  void add_expected(const ActivateRun& run, const ExpectedRows& expected);

  // Functions: their numbers in the table `lut`

  [[nodiscard]] std::uint32_t table(ConstantId constant) const { return tables_.at(constant); }
  /// The remainder range [0, 2^shift).
  std::uint32_t remainders(std::uint32_t shift);
  /// The function of a digit's q: a table, an input's range or the unit.
  std::uint32_t function(std::int64_t digit_function);

  // Rows

  /// Rows of `linear`: `outputs` weights an operand, from the entry `first` of a constant on.
  void add_weights(const WireList& operands, std::uint32_t outputs, const WeightsView& weights,
                   bool first_of_op);
  /// Ends an op of `linear`: the wire of its claim.
  std::uint32_t add_claim();

  /// Rows of `activate`, the values being those of `wires`; nothing touches their claim yet.
  void add_split(ActivateRun run);
  /// The run added last reads its claim,
  void read_claim(std::uint32_t wire);
  /// or yields it: values that nothing but their ranges binds.
  std::uint32_t yield_claim();
  /// Rows whose q and r are one digit of their numbers; nothing looks at their y. The wire of their claim.
  std::uint32_t add_digit(const Digit& digit, const CellView& q, const CellView& r, std::uint32_t rows,
                          std::int64_t offset);

  /// Rows of `mac`.
  void add_products(MacRun run);
  /// S = S_ (carried) + a b
  void multiply(Carry carry, std::uint32_t a, std::uint32_t b) {
    add_products({.terms = {{{a}, {b}}}, .first = carry});
  }
  void add(Carry carry, std::uint32_t wire) { multiply(carry, wire, wires::one); }
  void add_sum(const std::vector<std::uint32_t>& terms);
  /// The wire of S on the last row of `mac`.
  std::uint32_t yield_sum() { return result_.mac.back().sum = new_wires(1); }
  /// The last row's S is the value of this wire.
  void assert_sum(std::uint32_t wire);
  /// The wires of S on the last rows of each index of the run that was added last.
  WireList yield_sums();

  // Public values, wires that depend on the challenges alone; of one sample a proof, as of several a constant
  // is a polynomial in alpha

  std::uint32_t zero();
  std::uint32_t minus_one();
  std::uint32_t power_of(Challenge challenge, std::uint32_t n);
  std::uint32_t power_of_t(std::uint32_t n) { return power_of(Challenge::t, n); }
  std::uint32_t power_of_alpha(std::uint32_t n) { return power_of(Challenge::alpha, n); }
  /// 1 + c^step + .. + c^((n-1) step)
  std::uint32_t sum_of_powers(Challenge challenge, std::uint32_t n, std::uint32_t step = 1);

  /// Rows of `mac` that these take, if nothing has counted them before. Both need one row of `activate` more,
  /// a constant that all powers of a challenge begin with.
  static void count_power(Challenge challenge, std::uint32_t n, RowCounts& counts);
  static void count_sum_of_powers(Challenge challenge, std::uint32_t n, std::uint32_t step,
                                  RowCounts& counts);
  /// A claim of one row whose value, an argument of the unit, is 0 in an honest proof.
  void assert_small(std::uint32_t claim);

  std::uint32_t new_wires(std::uint32_t count);

 private:
  void add_challenge(Challenge challenge);
  void read(const WireList& list);
  /// Counts the run of the table that was just added to its segment.
  void extend_segment(TableKind table, std::size_t run);
  std::uint32_t add_constant(std::uint32_t function, std::int64_t offset);
  std::uint32_t add_function(std::vector<std::int32_t> values, std::optional<std::int32_t> beyond = {});
  void add_functions();
  void add_input(std::size_t port);
  void add_tiles_of_input(std::size_t port, OpId tiling);
  /// The op that alone reads a hidden input, each value once, and makes tiles of it: these are the input's
  /// rows then.
  [[nodiscard]] std::optional<OpId> tiling_of_input(std::size_t port) const;
  [[nodiscard]] std::size_t data_rows(TensorId tensor) const;

  const Program& program_;
  Arithmetisation result_;
  std::uint32_t next_wire_ = wires::first_of_model;
  std::map<TensorId, WireList> rows_;
  std::map<TensorId, std::uint32_t> claims_;
  std::map<ConstantId, std::uint32_t> tables_;
  std::vector<std::uint32_t> inputs_;                  // functions of the inputs' ranges, by port
  std::map<std::uint32_t, std::uint32_t> remainders_;  // by shift
  std::optional<std::uint32_t> zero_, minus_one_;
  std::array<std::map<std::uint32_t, std::uint32_t>, 2> powers_;  // by challenge and n
  std::map<std::tuple<Challenge, std::uint32_t, std::uint32_t>, std::uint32_t> sums_of_powers_;  // and step
  std::map<TensorId, ExpectedRows> expected_;
};

}  // namespace circlet
