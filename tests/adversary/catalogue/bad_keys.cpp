// Keys whose structure breaks a rule of check_structure: the verifier, which does not look at the columns,
// accepts a false output under them. This is why a structure that nobody rebuilt proves nothing
// (docs/soundness.md, section 8). To add one: a function, and a line in the list at the end.
#include <map>

#include "program/predicate.hpp"
#include "tests/adversary/catalogue/catalogue.hpp"
#include "tests/adversary/power_of_claim.hpp"

namespace circlet::testing {
namespace {

constexpr auto linear_A = index_of(linear::Fingerprint::A), linear_b = index_of(linear::Fingerprint::b),
               linear_S = index_of(linear::Fingerprint::S), linear_R = index_of(linear::LogUp::R),
               mac_S = index_of(mac::Fingerprint::S), mac_R = index_of(mac::LogUp::R),
               activate_T = index_of(activate::Fingerprint::T);

/// y = W x + b: three inputs, two outputs. With 16 weights a row linear has rows 0 to 2 for the inputs, 3 for
/// the bias, 4 for the claim, and fin on row 5.
Program regression() {
  ProgramBuilder builder(3, 1, 16, 1);
  return builder.finish(
      {.rows = 2, .dense = {builder.dense(builder.input(), 2, 20)}, .bias = builder.bias(2, 100)});
}
constexpr std::size_t bias_row = 3, claim_row = 4, linear_fin = 5, last_row = 15;

/// A cell of a structure column.
template <class Column>
M31& cell(ForgedModel& model, std::size_t table, Column column, std::size_t row) {
  return model.columns.structure[table][index_of(column)][row];
}

/// Counts the look-ups of activate in the entries of lut, whatever these are.
void recount(const ForgedModel& model, TableColumns& witness) {
  using lut::Structure;
  const std::span<const BaseColumn> table = model.columns.structure[lut_at];
  std::map<std::array<std::uint32_t, 3>, std::pair<std::size_t, std::size_t>> entries;
  for (std::size_t row = 0; row < model.real_rows(lut_at); ++row) {
    for (std::uint32_t i = 0; i < 4; ++i) {
      entries[{column_of(table, Structure::fn)[row].value(),
               (column_of(table, Structure::q)[row] + M31(i)).value(),
               table[index_of(Structure::y0) + i][row].value()}] = {row, i};
    }
  }
  for (auto& column : witness[lut_at]) std::ranges::fill(column, M31());
  const Columns& functions = model.columns.structure[activate_at];
  for (std::size_t row = 0; row < model.real_rows(activate_at); ++row) {
    const auto& cells = witness[activate_at];
    const auto fnq = column_of(functions, activate::Structure::fnq)[row].value();
    const auto fnr = column_of(functions, activate::Structure::fnr)[row].value();
    for (const auto& [row_of_lut, i] : {entries.at({fnq, cells[0][row].value(), cells[2][row].value()}),
                                        entries.at({fnr, cells[1][row].value(), 0})}) {
      witness[lut_at][i][row_of_lut] += M31(1);
    }
  }
}

Statement with_false_output(const ForgedModel& model) {
  auto statement = model.statement(model.honest());
  statement.tensors[1].values[0] += statement.tensors[1].values[0] < model.key().output().max ? 1 : -1;
  return statement;
}
/// What the attack relies on.
void demand(bool holds) { require(holds, ErrorKind::internal, "the bad key is made for another model"); }
QM31 claimed(const ForgedModel& model, const Statement& statement, const Challenges& challenges) {
  return claim_of(statement.tensors[1].values, model.key().output().rows, challenges);
}
void add_to(Columns& columns, std::uint32_t first, std::size_t row, const QM31& value) {
  set_secure(columns, first, row, secure_at(columns, first, row) + value);
}

/// Proves under the bad key; the columns may have been made for the honest structure, the hooks do the rest.
Proof lie(const ForgedModel& bad, const Statement& statement, LyingTrace& trace) {
  return prove_trace(bad.proving_key, statement, trace);
}

BadKey without_live_a_denominator_of_zeros_frees_its_sum() {
  // The idle row of mac reads the wire 0 with value 0: both denominators are 0, and P is whatever is lacking.
  const ForgedModel honest(random_mlp(3, 4, 2, 1));
  auto bad = honest;
  for (const auto* column : {"live", "idA", "idB"}) bad.structure(mac_at, column)[0] = M31();
  bad.key().constants[0].reads -= 2;
  bad.recommit();
  const auto execution = honest.honest();
  const auto statement = with_false_output(honest);
  LyingTrace trace(bad, execution);
  trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges&) {
    for (auto& column : fingerprints[mac_at]) column[0] = M31();
  };
  trace.on_logup = [&](auto& traces, const Challenges& challenges) {
    const QM31 missing = trace.missing(bad.key(), statement, challenges);
    auto& columns = traces[mac_at].columns;
    for (const auto column : {mac::LogUp::P, mac::LogUp::R}) {
      set_secure(columns, index_of(column), 0, missing);
    }
    traces[mac_at].claimed_sum = missing;
  };
  return {bad, lie(bad, statement, trace), "mac row 0: live is not 1"};
}

BadKey with_fin_on_a_later_row_the_claimed_sum_is_free() {
  const ForgedModel honest(regression());
  auto bad = honest;
  std::swap(bad.structure(linear_at, "fin")[linear_fin], bad.structure(linear_at, "fin")[linear_fin + 1]);
  bad.recommit();
  const auto execution = honest.honest();
  const auto statement = with_false_output(honest);
  LyingTrace trace(honest, execution);
  trace.on_logup = [&](auto& traces, const Challenges& challenges) {
    auto& forged = traces[linear_at];
    forged.claimed_sum += trace.missing(bad.key(), statement, challenges);
    set_secure(forged.columns, linear_R, linear_fin, forged.claimed_sum);
  };
  return {bad, lie(bad, statement, trace),
          "linear row 5: fin is not on the row after the last real row alone"};
}

BadKey an_empty_table_has_a_free_claimed_sum() {
  const ForgedModel honest(regression());
  auto bad = honest;
  for (auto& column : bad.columns.structure[mac_at]) std::ranges::fill(column, M31());
  std::ranges::fill(bad.structure(mac_at, "live"), M31(1));
  bad.structure(mac_at, "fin")[0] = M31(1);
  bad.key().constants[0].reads -= 2;
  bad.recommit();
  const auto execution = honest.honest();
  const auto statement = with_false_output(honest);
  LyingTrace trace(honest, execution);
  trace.on_fingerprints = [](TableColumns& fingerprints, const Challenges&) {
    for (auto& column : fingerprints[mac_at]) std::ranges::fill(column, M31());
  };
  trace.on_logup = [&](auto& traces, const Challenges& challenges) {
    auto& forged = traces[mac_at];
    const QM31 others = trace.missing(bad.key(), statement, challenges);
    for (auto& column : forged.columns) std::ranges::fill(column, M31());
    forged.claimed_sum += others;
    set_secure(forged.columns, mac_R, last_row, forged.claimed_sum);
  };
  return {bad, lie(bad, statement, trace), "mac row 0: the table has no real row"};
}

BadKey a_gap_in_keepr_drops_the_messages_before_it() {
  const ForgedModel honest(regression());
  auto bad = honest;
  bad.structure(linear_at, "keepr")[claim_row] = M31();
  // What the dropped rows read is yielded no more.
  for (std::size_t row = 0; row < 3; ++row) bad.structure(activate_at, "nY")[row] = M31();
  bad.key().constants[1].reads = 0;
  bad.recommit();
  const auto execution = honest.honest();
  const auto statement = with_false_output(honest);
  LyingTrace trace(bad, execution);
  trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges& challenges) {
    const auto& columns = fingerprints[linear_at];
    const QM31 error = claimed(honest, statement, challenges) - secure_at(columns, linear_S, claim_row);
    const QM31 operand = secure_at(columns, linear_A, 0) + error * secure_at(columns, linear_b, 0).inverse();
    trace.set_linear_operand(0, operand, challenges);
  };
  trace.on_logup = [](auto& traces, const Challenges&) {
    auto& forged = traces[linear_at];
    add_to(forged.columns, linear_R, claim_row, -secure_at(forged.columns, linear_R, bias_row));
    forged.claimed_sum = secure_at(forged.columns, linear_R, claim_row);
  };
  return {bad, lie(bad, statement, trace),
          "linear row 4: keepr is not on the real rows after the first alone"};
}

BadKey a_row_that_is_not_real_frees_the_sum_of_products() {
  const ForgedModel honest(regression());
  auto bad = honest;
  for (auto& column : bad.columns.structure[linear_at]) column[bias_row] = M31();
  bad.structure(linear_at, "live")[bias_row] = M31(1);
  bad.key().constants[1].reads = 0;
  bad.recommit();
  const auto execution = honest.honest();
  const auto statement = with_false_output(honest);
  LyingTrace trace(bad, execution);
  trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges& challenges) {
    auto& columns = fingerprints[linear_at];
    const QM31 claim = claimed(honest, statement, challenges);
    set_secure(columns, linear_S, bias_row, claim);
    set_secure(columns, linear_S, claim_row, claim);
    set_secure(columns, linear_A, claim_row, claim);
  };
  return {bad, lie(bad, statement, trace),
          "linear row 3: fin is not on the row after the last real row alone"};
}

BadKey a_row_without_live_frees_the_running_sum() {
  // One weight a row: row 0 is a first tile, which sends no message.
  const ForgedModel honest(regression(), {.target = Target::offchain, .lanes = 1});
  auto bad = honest;
  bad.structure(linear_at, "live")[0] = M31();
  bad.recommit();
  const auto execution = honest.honest();
  const auto statement = with_false_output(honest);
  LyingTrace trace(honest, execution);
  trace.on_logup = [&](auto& traces, const Challenges& challenges) {
    auto& forged = traces[linear_at];
    const QM31 missing = trace.missing(bad.key(), statement, challenges);
    for (std::size_t row = 0; row < honest.real_rows(linear_at); ++row) {
      add_to(forged.columns, linear_R, row, missing);
    }
    forged.claimed_sum += missing;
  };
  return {bad, lie(bad, statement, trace), "linear row 0: live is not 1"};
}

BadKey keep_on_the_first_row_starts_the_products_anywhere() {
  const ForgedModel honest(regression());
  auto bad = honest;
  bad.structure(linear_at, "keep")[0] = M31(1);
  bad.recommit();
  const auto execution = honest.honest();
  const auto statement = with_false_output(honest);
  LyingTrace trace(honest, execution);
  trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges& challenges) {
    auto& columns = fingerprints[linear_at];
    const QM31 error = claimed(honest, statement, challenges) - secure_at(columns, linear_S, claim_row);
    set_secure(columns, linear_S, last_row, error);
    for (std::size_t row = 0; row <= claim_row; ++row) add_to(columns, linear_S, row, error);
    add_to(columns, linear_A, claim_row, error);
  };
  return {bad, lie(bad, statement, trace),
          "linear row 0: keep is not on the rows of an op after its first alone"};
}

BadKey cont_on_the_first_row_starts_the_weights_anywhere() {
  const ForgedModel honest(regression());
  auto bad = honest;
  bad.structure(linear_at, "cont")[0] = M31(1);
  bad.recommit();
  const auto execution = honest.honest();
  const auto statement = with_false_output(honest);
  LyingTrace trace(honest, execution);
  trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges& challenges) {
    auto& columns = fingerprints[linear_at];
    const QM31 error = claimed(honest, statement, challenges) - secure_at(columns, linear_S, claim_row);
    const QM31 in_b = error * secure_at(columns, linear_A, 0).inverse();
    add_to(columns, linear_b, 0, in_b);
    set_secure(columns, linear_b, last_row, in_b * challenges.t.pow(16).inverse());
    for (std::size_t row = 0; row <= claim_row; ++row) add_to(columns, linear_S, row, error);
    add_to(columns, linear_A, claim_row, error);
  };
  return {bad, lie(bad, statement, trace),
          "linear row 0: cont is not on the tiles of an input row after its first alone"};
}

BadKey kt_on_the_first_row_of_activate_decouples_the_claim_from_the_values() {
  const ForgedModel honest(regression());
  auto bad = honest;
  bad.structure(activate_at, "kt")[0] = M31(1);
  bad.recommit();
  auto other_input = honest.random_input();
  other_input[1] ^= 2;
  const auto execution = execute(honest.program, other_input, 1);
  auto statement = honest.statement(execution);
  statement.tensors[0].values = honest.random_input();
  LyingTrace trace(honest, execution);
  trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges& challenges) {
    auto& columns = fingerprints[activate_at];
    const QM31 error =
        claim_of(statement.tensors[0].values, 3, challenges) - claim_of(other_input, 3, challenges);
    QM31 at_row = error * challenges.t.square().inverse();
    set_secure(columns, activate_T, last_row, at_row * challenges.t.inverse());
    for (std::size_t row = 0; row < 3; ++row, at_row *= challenges.t)
      add_to(columns, activate_T, row, at_row);
  };
  return {bad, lie(bad, statement, trace), "activate row 0: the first row continues a claim"};
}

BadKey a_carry_on_the_first_row_of_mac_starts_the_products_anywhere() {
  const ForgedModel honest(random_residual(4, 2));
  auto bad = honest;
  bad.structure(mac_at, "kt")[0] = M31(1);
  bad.recommit();
  const auto execution = execute(with_higher_bias(honest.program, 0, 0, 64), honest.random_input(), 1);
  const auto statement = honest.statement(execution);
  LyingTrace trace(honest, execution);
  trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges& challenges) {
    auto& columns = fingerprints[mac_at];
    QM31 error{M31(64)};
    set_secure(columns, mac_S, columns[0].size() - 1, error * challenges.t.inverse());
    for (std::size_t row = 0;; ++row) {
      const auto& mac = honest.columns.structure[mac_at];
      const bool same = !column_of(mac, mac::Structure::k1)[row].is_zero();
      const bool times_t = !column_of(mac, mac::Structure::kt)[row].is_zero();
      if (row != 0 && !same && !times_t) break;
      if (times_t) error *= challenges.t;
      add_to(columns, mac_S, row, error);
    }
  };
  return {bad, lie(bad, statement, trace), "mac row 0: the first row carries S from nowhere"};
}

/// Four entries of function 1 from q on, all y.
TableRow<lut::Structure> entries_of_one_value(std::uint32_t q, std::int32_t y) {
  TableRow<lut::Structure> row;
  row[lut::Structure::fn] = M31(1);
  row[lut::Structure::q] = M31(q);
  using enum lut::Structure;
  for (const auto column : {y0, y1, y2, y3}) row[column] = M31::from_signed(y);
  return row;
}

BadKey a_look_up_table_with_two_values_gives_either() {
  ForgedModel bad(random_mlp(3, 4, 2, 1));
  auto honest = bad.honest();
  const auto q = static_cast<std::uint32_t>(split_buffers(bad.program, honest, 0)[q_buffer][0]);
  Program other = bad.program;
  const auto y = ++table(other, 0).values[q];
  auto rows = real_rows<lut::Structure>(bad.columns.structure[lut_at]);
  rows.push_back(entries_of_one_value(q, y));
  bad.replace(lut_at, with_rows(rows, bad.log_size(lut_at)));
  const auto execution = execute(other, bad.random_input(), 1);
  LyingTrace trace(bad, execution);
  trace.on_witness = [&](TableColumns& witness) { recount(bad, witness); };
  return {bad, lie(bad, bad.statement(execution), trace),
          "function 1 has two values at q = " + std::to_string(q)};
}

BadKey a_remainder_range_that_is_too_wide_allows_a_second_split() {
  ProgramBuilder builder(3, 0, 15, 4);
  const auto h = builder.add_relu(
      {.rows = 4, .dense = {builder.dense(builder.input(), 4, 20)}, .bias = {9, 9, 9, 9}}, 4);
  auto layer = builder.dense(h, 2, 20);
  for (auto& weight : layer.weights) weight = std::abs(weight) + 1;
  builder.add_relu({.rows = 2, .dense = {layer}}, 2);
  ForgedModel bad(builder.finish());
  const std::size_t forged_row = 3 + 4;
  // [0, 16) instead of [0, 4)
  cell(bad, activate_at, activate::Structure::fnr, forged_row) =
      cell(bad, activate_at, activate::Structure::fnr, 3);
  bad.recommit();
  auto execution = bad.honest();
  auto& buffers = split_buffers(bad.program, execution, 1);
  const std::int32_t q = buffers[q_buffer][0] -= 1;
  buffers[r_buffer][0] += 4;
  looked_up(bad.program, execution, 1)[0] = table(bad.program, 1).values[static_cast<std::size_t>(q)];
  LyingTrace trace(bad, execution);
  return {bad, lie(bad, bad.statement(execution), trace),
          "activate row 7: the remainder range is not [0, two_s)"};
}

BadKey a_look_up_table_that_reaches_around_p_allows_a_second_split() {
  ForgedModel bad(random_mlp(3, 4, 2, 1));
  auto honest = bad.honest();
  const auto split = testing::split(bad.program, 0);
  const Buffer quotients = split_buffers(bad.program, honest, 0)[q_buffer];
  const std::int64_t wrapped =
      accumulators(bad.program, honest, 0)[0] + split.offset + std::int64_t{M31::modulus};
  const auto q = static_cast<std::uint32_t>(wrapped >> split.shift);
  const auto r = static_cast<std::uint32_t>(wrapped & ((std::int64_t{1} << split.shift) - 1));
  Program other = bad.program;
  const auto y = ++table(other, 0).values[static_cast<std::size_t>(quotients[0])];
  auto rows = real_rows<lut::Structure>(bad.columns.structure[lut_at]);
  rows[0] = entries_of_one_value(q, y);
  bad.replace(lut_at, with_rows(rows, bad.log_size(lut_at)));
  const auto execution = execute(other, bad.random_input(), 1);
  LyingTrace trace(bad, execution);
  trace.on_witness = [&](TableColumns& witness) {
    for (std::size_t row = 0; row < 4; ++row) {
      // Every neuron with that quotient has the false value.
      if (quotients[row] != quotients[0]) continue;
      demand(row == 0);
      witness[activate_at][0][3 + row] = M31(q);
      witness[activate_at][1][3 + row] = M31(r);
    }
    recount(bad, witness);
  };
  return {bad, lie(bad, bad.statement(execution), trace), "the split q * two_s + r is not unique modulo p"};
}

BadKey digits_that_reach_beyond_their_split_allow_a_second_one() {
  ProgramBuilder builder(3, 1, 16, 1);
  const Program shown = builder.finish({.rows = 2, .dense = {builder.dense(builder.input(), 2, 1'000'000)}});
  const auto input = ProgramBuilder(1, 0, 0, 7).random_input(input_tensor(shown), 1);
  // The first score is just below the threshold: q = 1, and all digits are 0.
  const auto threshold = static_cast<double>(execute(shown, input, 1).output()[0] + 1);
  ForgedModel bad(with_predicate(shown, {.kind = Predicate::Kind::at_least, .threshold = threshold}));
  const std::vector<Digit> digits = split(bad.program, 0).digits;
  const std::size_t last = digits.size() - 1;
  demand(last > 0);
  const std::int64_t most = digit_arguments(bad.program, digits[last].function) - 1;
  const std::size_t row_of_digit = row_of_run(bad.arithmetisation, [&](const ActivateRun& run) {
    return run.q.from == CellView::From::buffer && run.q.index == first_digit_buffer + 2 * last;
  });
  for (const std::size_t row : {row_of_digit, row_of_digit + 1}) {
    cell(bad, activate_at, activate::Structure::two_s, row) += M31(1);
  }
  bad.recommit();
  auto execution = bad.honest();
  std::vector<Buffer>& buffers = split_buffers(bad.program, execution, 0);
  Buffer &q = buffers[q_buffer], &r = buffers[r_buffer];
  demand(q[0] == 1);
  demand(r[0] == width(bad.program, digits) - 1);
  // q = 2 and digits of W.
  const std::vector<Digit> lower(digits.begin(), digits.end() - 1);
  std::vector<Buffer> of_w(2 * lower.size());
  append_digits(bad.program, lower, width(bad.program, lower) - most, of_w);
  q[0] = 2;
  looked_up(bad.program, execution, 0)[0] = 1;
  const std::size_t first_digit = first_digit_buffer;
  for (std::size_t i = 0; i < of_w.size(); ++i) buffers[first_digit + i][0] = of_w[i][0];
  buffers[first_digit + 2 * last][0] = static_cast<std::int32_t>(most);
  // The second score's digits are those of the longer step.
  const std::int64_t number = width(bad.program, digits) - 1 - r[1];
  const std::int64_t top = std::min<std::int64_t>(number / (digits[last].step + 1), most);
  std::vector<Buffer> of_second(2 * lower.size());
  append_digits(bad.program, lower, number - top * (digits[last].step + 1), of_second);
  for (std::size_t i = 0; i < of_second.size(); ++i) buffers[first_digit + i][1] = of_second[i][0];
  buffers[first_digit + 2 * last][1] = static_cast<std::int32_t>(top);
  LyingTrace trace(bad, execution);
  return {bad, lie(bad, bad.statement(execution), trace),
          "the digits reach as far as the step of their split"};
}

BadKey a_wire_yielded_twice_carries_either_value() {
  ForgedModel bad(random_mlp(3, 4, 2, 1));
  const std::size_t first = claim_row + 1;  // of the second op, which reads the hidden values
  cell(bad, activate_at, activate::Structure::idY, 4) = cell(bad, activate_at, activate::Structure::idY, 3);
  cell(bad, linear_at, linear::Structure::id, first + 1) = cell(bad, linear_at, linear::Structure::id, first);
  bad.recommit();
  Program other = bad.program;
  auto& weights = testing::weights(other, 1);
  std::swap_ranges(weights.begin(), weights.begin() + 2, weights.begin() + 2);
  auto execution = execute(other, bad.random_input(), 1);
  LyingTrace trace(bad, execution);
  trace.on_fingerprints = [&](TableColumns&, const Challenges& challenges) {
    const auto& y = looked_up(other, execution, 0);
    trace.set_linear_operand(first, QM31(M31::from_signed(y[1])), challenges);
    trace.set_linear_operand(first + 1, QM31(M31::from_signed(y[0])), challenges);
  };
  return {bad, lie(bad, bad.statement(execution), trace), "is yielded twice"};
}

BadKey a_wire_that_is_its_own_product_has_any_value() {
  ForgedModel bad(regression());
  const auto output = bad.key().output().claim_wire;
  // The claim of the product goes nowhere; the output is x = x * 1.
  cell(bad, linear_at, linear::Structure::id, claim_row) = M31(output + 1);
  cell(bad, linear_at, linear::Structure::n, claim_row) = M31();
  for (const auto& [column, value] : {std::pair(mac::Structure::idA, output),
                                      {mac::Structure::idB, wires::one},
                                      {mac::Structure::idY, output},
                                      {mac::Structure::nY, 2U}}) {
    cell(bad, mac_at, column, 0) = M31(value);
  }
  bad.key().constants[0].reads = 1;
  bad.take_sizes();
  bad.recommit();
  const auto execution = bad.honest();
  const auto statement = with_false_output(bad);
  LyingTrace trace(bad, execution);
  trace.on_fingerprints = [&](TableColumns&, const Challenges& challenges) {
    trace.set_mac_operand(0, claimed(bad, statement, challenges), challenges);
  };
  return {bad, lie(bad, statement, trace), "depends on itself"};
}

BadKey a_layer_that_reads_its_own_values_has_any_fixed_point() {
  ProgramBuilder builder(1, 0, 15, 1);
  auto identity = builder.dense(builder.input(), 1, 1);
  identity.weights = {1};
  const auto h = builder.add_relu({.rows = 1, .dense = {identity}}, 0);
  auto triple = identity;
  triple.input = h;
  triple.weights = {3};
  ForgedModel bad(builder.finish({.rows = 1, .dense = {triple}}));
  cell(bad, linear_at, linear::Structure::id, 0) = cell(bad, activate_at, activate::Structure::idY, 1);
  cell(bad, activate_at, activate::Structure::nY, 0) = M31();
  cell(bad, activate_at, activate::Structure::nY, 1) += M31(1);
  bad.recommit();
  auto execution = execute(bad.program, std::vector{bad.random_input()[0] ^ 1}, 1);
  execution.inputs[0] = execution.tensors[bad.program.inputs[0].tensor] = bad.random_input();
  LyingTrace trace(bad, execution);
  return {bad, lie(bad, bad.statement(execution), trace), "depends on itself"};
}

BadKey a_layer_whose_claim_is_not_read_has_any_values() {
  ForgedModel bad(random_mlp(3, 4, 2, 1));
  cell(bad, activate_at, activate::Structure::idT, 6) = M31();
  cell(bad, activate_at, activate::Structure::nT, 6) = M31();
  cell(bad, linear_at, linear::Structure::n, claim_row) = M31();
  bad.recommit();
  const auto execution = execute(with_higher_bias(bad.program, 0, 0, 64), bad.random_input(), 1);
  LyingTrace trace(bad, execution);
  return {bad, lie(bad, bad.statement(execution), trace), "activate has values that no claim binds"};
}

BadKey products_of_claims_reach_a_degree_at_which_two_outputs_are_proved(std::int32_t value) {
  // The output is the claim to the power (|F| - 1) / 2, which is 1 or -1 as t falls: a prover draws another
  // t, by the context, until it is what he wants.
  // (p^4 - 1) / 2 = 2^64 (2^59 - 2^30) + 3 2^62 - 2^32
  const PowerOfClaim bad(regression(), std::bitset<124>((1ULL << 59) - (1ULL << 30)) << 64 |
                                           std::bitset<124>((3ULL << 62) - (1ULL << 32)));
  Statement statement = bad.model.statement(bad.model.honest());
  statement.tensors[1].values = {0, value};
  while (true) {
    const Proof proof = bad.prove(statement);
    try {
      verify(bad.model.key(), proof);
      return {bad.model, proof, "the degrees of the claims add up to more than 2^26"};
    } catch (const Error&) {
      ++statement.context[0];  // another t
    }
  }
}

BadKey without_f_an_input_row_is_left_out() {
  const ForgedModel honest(regression());
  auto bad = honest;
  bad.structure(linear_at, "f")[0] = M31();
  bad.recommit();
  Program without = honest.program;
  std::fill_n(weights(without, 0).begin(), output_tensor(without).rows(), 0);
  const auto execution = execute(without, honest.random_input(), 1);
  LyingTrace trace(bad, execution);
  trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges&) {
    const QM31 input{M31::from_signed(execution.inputs[0][0])};
    set_secure(fingerprints[linear_at], linear_A, 0, input);  // it is read all the same
  };
  return {bad, lie(bad, honest.statement(execution), trace),
          "linear row 0: a wire is touched before the last tile"};
}

BadKey without_claim_an_op_yields_anything() {
  const ForgedModel honest(regression());
  auto bad = honest;
  bad.structure(linear_at, "claim")[claim_row] = M31();
  bad.recommit();
  const auto execution = honest.honest();
  const auto statement = with_false_output(honest);
  LyingTrace trace(bad, execution);
  trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges& challenges) {
    set_secure(fingerprints[linear_at], linear_A, claim_row, claimed(honest, statement, challenges));
  };
  return {bad, lie(bad, statement, trace), "linear row 4: a wire is touched before the last tile"};
}

/// Adds what the bus lacks to R from row `from` on to the last real one, and to the claimed sum.
void raise_sum(LogUpTrace& trace, std::size_t from, std::size_t fin, const QM31& missing) {
  for (std::size_t row = from; row < fin; ++row)
    add_to(trace.columns, running_sum(trace.columns), row, missing);
  trace.claimed_sum += missing;
}

/// An entry that is not used, with zeros and without live: P_0 is what the bus lacks.
BadKey without_live_an_empty_row_of_lut_has_any_sum() {
  const ForgedModel honest(regression());
  auto bad = honest;
  const auto execution = honest.honest();
  // Rows of the input's function hold four arguments each, from 0 on: three inputs leave one of the four rows
  // unused.
  std::size_t row = 0;
  const auto is_used = [&](std::int32_t x) { return static_cast<std::size_t>(x - 1) / 4 == row; };
  while (std::ranges::any_of(execution.inputs[0], is_used)) ++row;
  for (const auto* column : {"live", "fn", "q", "y_0", "y_1", "y_2", "y_3"}) {
    bad.structure(lut_at, column)[row] = M31();
  }
  bad.recommit();
  const auto statement = with_false_output(honest);
  LyingTrace trace(bad, execution);
  trace.on_logup = [&](auto& traces, const Challenges& challenges) {
    const QM31 missing = trace.missing(bad.key(), statement, challenges);
    set_secure(traces[lut_at].columns, index_of(lut::LogUp::P0), row, missing);
    raise_sum(traces[lut_at], row, honest.real_rows(lut_at), missing);
  };
  return {bad, lie(bad, statement, trace), "lut row " + std::to_string(row) + ": live is not 1"};
}

// The same in every table.

/// A false statement about a model that has the table, and its key to change. `program` fills two rows of
/// the tables of committed values.
struct TableKey {
  FalseStatement lie;
  ForgedModel bad = lie.model;

  TableKey(std::size_t table, const Program& program, const SetupOptions& options = {})
      : lie(program, is_data(table), options) {}

  BadKey proven(LyingTrace& trace, const std::string& rule) const {
    return {bad, prove_trace(bad.proving_key, lie.statement, trace, {.data = lie.data()}), rule};
  }
  QM31 missing(LyingTrace& trace, const Challenges& challenges) const {
    return trace.missing(bad.key(), lie.statement, challenges);
  }
};

BadKey without_fin(std::size_t table, const std::string& name) {
  TableKey key(table, regression());
  const std::size_t fin = key.lie.model.real_rows(table);
  key.bad.structure(table, "fin")[fin] = M31();
  key.bad.recommit();
  LyingTrace trace(key.lie.model, key.lie.execution, key.lie.data());
  trace.on_logup = [&](auto& traces, const Challenges& challenges) {
    traces[table].claimed_sum += key.missing(trace, challenges);
  };
  return key.proven(
      trace, name + " row " + std::to_string(fin) + ": fin is not on the row after the last real row alone");
}

BadKey with_keepr_on_the_first_row(std::size_t table, const std::string& name) {
  TableKey key(table, regression());
  key.bad.structure(table, "keepr")[0] = M31(1);
  key.bad.recommit();
  LyingTrace trace(key.lie.model, key.lie.execution, key.lie.data());
  trace.on_logup = [&](auto& traces, const Challenges& challenges) {
    auto& columns = traces[table].columns;
    const QM31 missing = key.missing(trace, challenges);
    raise_sum(traces[table], 0, key.lie.model.real_rows(table), missing);
    set_secure(columns, running_sum(columns), columns[0].size() - 1, missing);
  };
  return key.proven(trace, name + " row 0: keepr is not on the real rows after the first alone");
}

/// With one weight a row, row 0 of linear is a first tile, which sends no message; nor does the first of two
/// rows of committed values.
BadKey with_a_first_row_that_is_not_real(std::size_t table, const std::string& name) {
  const bool committed = is_data(table);
  TableKey key(table, committed ? random_mlp(17, 4, 17, 1) : regression(),
               {.target = Target::offchain, .lanes = 1});
  key.bad.structure(table, "real")[0] = M31();
  key.bad.recommit();
  LyingTrace trace(key.bad, key.lie.execution, key.lie.data());
  if (table == activate_at) {
    trace.on_witness = [&](TableColumns& witness) {
      witness[activate_at][0][0] =
          key.bad.structure(activate_at, "off")[0] * key.bad.structure(activate_at, "two_s")[0].inverse();
    };
  }
  trace.on_logup = [&](auto& traces, const Challenges& challenges) {
    raise_sum(traces[table], 0, key.lie.model.real_rows(table), key.missing(trace, challenges));
  };
  return key.proven(trace, name + " row 0: the table has no real row");
}

}  // namespace

std::vector<BadKeyEntry> bad_keys() {
  std::vector<BadKeyEntry> list = {
      {"without_live_a_denominator_of_zeros_frees_its_sum",
       without_live_a_denominator_of_zeros_frees_its_sum},
      {"with_fin_on_a_later_row_the_claimed_sum_is_free", with_fin_on_a_later_row_the_claimed_sum_is_free},
      {"an_empty_table_has_a_free_claimed_sum", an_empty_table_has_a_free_claimed_sum},
      {"a_gap_in_keepr_drops_the_messages_before_it", a_gap_in_keepr_drops_the_messages_before_it},
      {"a_row_that_is_not_real_frees_the_sum_of_products", a_row_that_is_not_real_frees_the_sum_of_products},
      {"a_row_without_live_frees_the_running_sum", a_row_without_live_frees_the_running_sum},
      {"keep_on_the_first_row_starts_the_products_anywhere",
       keep_on_the_first_row_starts_the_products_anywhere},
      {"cont_on_the_first_row_starts_the_weights_anywhere",
       cont_on_the_first_row_starts_the_weights_anywhere},
      {"kt_on_the_first_row_of_activate_decouples_the_claim_from_the_values",
       kt_on_the_first_row_of_activate_decouples_the_claim_from_the_values},
      {"a_carry_on_the_first_row_of_mac_starts_the_products_anywhere",
       a_carry_on_the_first_row_of_mac_starts_the_products_anywhere},
      {"without_f_an_input_row_is_left_out", without_f_an_input_row_is_left_out},
      {"without_claim_an_op_yields_anything", without_claim_an_op_yields_anything},
      {"without_live_an_empty_row_of_lut_has_any_sum", without_live_an_empty_row_of_lut_has_any_sum},
      {"a_look_up_table_with_two_values_gives_either", a_look_up_table_with_two_values_gives_either},
      {"a_remainder_range_that_is_too_wide_allows_a_second_split",
       a_remainder_range_that_is_too_wide_allows_a_second_split},
      {"a_look_up_table_that_reaches_around_p_allows_a_second_split",
       a_look_up_table_that_reaches_around_p_allows_a_second_split},
      {"digits_that_reach_beyond_their_split_allow_a_second_one",
       digits_that_reach_beyond_their_split_allow_a_second_one},
      {"a_wire_yielded_twice_carries_either_value", a_wire_yielded_twice_carries_either_value},
      {"a_wire_that_is_its_own_product_has_any_value", a_wire_that_is_its_own_product_has_any_value},
      {"a_layer_that_reads_its_own_values_has_any_fixed_point",
       a_layer_that_reads_its_own_values_has_any_fixed_point},
      {"a_layer_whose_claim_is_not_read_has_any_values", a_layer_whose_claim_is_not_read_has_any_values},
      {"products_of_claims_reach_a_degree_at_which_the_output_is_1",
       [] { return products_of_claims_reach_a_degree_at_which_two_outputs_are_proved(1); }},
      {"products_of_claims_reach_a_degree_at_which_the_output_is_minus_1",
       [] { return products_of_claims_reach_a_degree_at_which_two_outputs_are_proved(-1); }},
  };
  for_each_place([&](std::size_t index, auto, const std::string& table) {
    list.push_back(
        {"without_fin_the_claimed_sum_of_" + table + "_is_free", [=] { return without_fin(index, table); }});
    list.push_back({"keepr_on_the_first_row_of_" + table + "_starts_the_sum_anywhere",
                    [=] { return with_keepr_on_the_first_row(index, table); }});
    list.push_back({"a_first_row_of_" + table + "_that_is_not_real_starts_the_sum_anywhere",
                    [=] { return with_a_first_row_that_is_not_real(index, table); }});
  });
  std::ranges::copy(bad_keys_of_tiles(), std::back_inserter(list));
  return list;
}

}  // namespace circlet::testing
