// Lies about tiles: the sums of a correlation, what is free beside them, their places, and the wire that
// powers of alpha are made of.
#include <functional>

#include "tests/adversary/bad_key.hpp"
#include "tests/adversary/catalogue/catalogue.hpp"
#include "tests/adversary/tile_lies.hpp"

namespace circlet::testing {
namespace {

constexpr std::uint32_t lanes = 3;

ForgedModel tiles() { return ForgedModel(random_tiles(7), {.target = Target::offchain, .lanes = lanes}); }

Attack refused_by_the_bus(const ForgedModel& model, LyingTrace& trace, const Trace& execution) {
  const Weakness weak{.any_balance = true};
  return {model.key(), forge(model.proving_key, model.statement(execution), trace, {.weak = weak}), bus,
          weak};
}
Attack from_lie(const ForgedModel& model, const TileLie& lie) {
  LyingTrace trace(model, lie.trace());
  return refused_by_the_bus(model, trace, lie.trace());
}

/// Of a channel, a sum that is above 0 and so counts in what follows.
std::size_t visible_sum(const TileLie& lie) {
  std::size_t at = 0;
  while (lie.sum(at) < 64) ++at;
  return at;
}

/// Such a sum is lower by 64, and all that follows from it follows.
TileLie lower_sum(const ForgedModel& model) {
  TileLie lie(model.program, model.honest());
  const std::size_t at = visible_sum(lie);
  lie.set_sum(at, lie.sum(at) - 64);
  lie.compute_anew();
  return lie;
}

Attack sum_of_a_tile() {
  const ForgedModel model = tiles();
  return from_lie(model, lower_sum(model));
}
Attack coefficient_of_a_free_tile() {
  const ForgedModel model = tiles();
  TileLie lie(model.program, model.honest());
  const auto at = lie.free_lanes().front();
  lie.set_free(at, lie.free_value(at) + 1);
  return from_lie(model, lie);
}
Attack moved_from_a_tile_to_a_free_one() {
  const ForgedModel model = tiles();
  TileLie lie(model.program, model.honest());
  const std::size_t at = visible_sum(lie);
  const auto free = lie.free_lanes().front();
  lie.set_sum(at, lie.sum(at) - 64);
  lie.set_free(free, lie.free_value(free) + 64);
  lie.compute_anew();
  return from_lie(model, lie);
}
/// The even places of a line as its odd ones.
Attack phases_exchanged() {
  const ForgedModel model = tiles();
  TileLie lie(model.program, model.honest());
  const std::uint32_t width = lie.places().width;
  for (std::size_t line = 0; line < lie.sums(); line += 2 * std::size_t{width}) {
    for (std::size_t j = line; j < line + width; ++j) {
      const std::int32_t even = lie.sum(j);
      lie.set_sum(j, lie.sum(j + width));
      lie.set_sum(j + width, even);
    }
  }
  lie.compute_anew();
  return from_lie(model, lie);
}
/// What is read of it is another value, from which the powers follow.
Attack false_one_plus_alpha() {
  const ForgedModel model = tiles();
  const TileLie lie = lower_sum(model);
  LyingTrace trace(model, lie.trace());
  trace.on_fingerprints = [&](TableColumns&, const Challenges& challenges) {
    const auto& ids =
        column_of(model.columns.structure[table_shape(model.key()).places().mac()], mac::Structure::idA);
    const auto row = std::ranges::find(ids, M31(wires::pair)) - ids.begin();
    trace.set_mac_operand(static_cast<std::size_t>(row), QM31(M31(7)), challenges);
  };
  return refused_by_the_bus(model, trace, lie.trace());
}

/// An honest proof for a key whose tiles have other phases.
Attack stale_step() {
  ForgedModel model = tiles();
  VerificationKey key = model.key();
  TableInstance& table = key.instances[table_shape(key).places().lut() - 1];
  TileWidth width = TileWidth::of(table.parameter);
  ++width.step;
  table.parameter = width.parameter();
  const Trace execution = model.honest();
  LyingTrace trace(model, execution);
  const Weakness weak{.deleted = {"activate.T"}, .unmixed = {Item::key}};
  return {key, forge(model.proving_key, model.statement(execution), trace, {.weak = weak}), bus, weak};
}

/// Squeeze and excitation, whose sums a change of these makes false; all that follows from them follows.
Attack from_sums(OpKind kind, const std::function<void(const Program&, const Op&, Trace&)>& change) {
  const ForgedModel model(random_squeezed(3), {.target = Target::offchain, .lanes = lanes});
  Trace lie = model.honest();
  const OpId op = op_of(model.program, kind, kind == OpKind::correlation ? 1 : 0);
  change(model.program, model.program.ops[op], lie);
  compute_anew(model.program, lie, op);
  LyingTrace trace(model, lie);
  return refused_by_the_bus(model, trace, lie);
}
/// One place of a tile times another factor than the rest of it.
Attack product_of_a_tile() {
  return from_sums(OpKind::product, [](const Program&, const Op& op, Trace& lie) {
    Buffer& products = lie.tensors[op.outputs[0]];
    *std::ranges::max_element(products) -= 32;
  });
}
/// A channel's tiles times another factor.
Attack product_with_another_factor() {
  return from_sums(OpKind::product, [](const Program& program, const Op& op, Trace& lie) {
    const Buffer& tiles = lie.tensors[op.inputs[0]];
    Buffer& products = lie.tensors[op.outputs[0]];
    const std::size_t channel = program.tensors[op.inputs[0]].rows() / 2;
    const std::int32_t other = lie.tensors[op.inputs[1]].front() + 1;
    for (std::size_t j = 0; j < channel; ++j) products[j] = tiles[j] * other;
  });
}
/// The average of a channel, which is the sum of its lines' tiles and of their places, is another.
Attack average_of_a_channel() {
  return from_sums(OpKind::correlation, [](const Program&, const Op& op, Trace& lie) {
    Buffer& sums = lie.tensors[op.outputs[0]];
    *std::ranges::max_element(sums) += 8;
  });
}

/// Two tiles of sums that saturate in cells of 64, and what reads them.
Program saturating_tiles() {
  ProgramBuilder builder(4, -8, 7, 2);
  const TensorId image = builder.add_tile(builder.input(), {0, 1, 2, 3}, {1, 1, 1, 4}, 2);
  const TensorId sums = builder.add_correlation({{.input = image, .kernel_width = 2}},
                                                {.width = 4, .lanes = 2, .pitch = 5}, 40);
  builder.change().tensors[sums].min = -2000;
  builder.change().tensors[sums].max = 2000;
  const TensorId h = builder.add_relu(
      builder.add_saturation(sums,
                             {.cell_shift = 6, .digit_shift = 6, .offset = 1 << 11, .first = 31, .last = 33}),
      2);
  builder.add_relu(builder.add_correlation({{.input = h}}, {.width = 4, .lanes = 1, .pitch = 4}, 5), 2);
  return builder.finish();
}
/// A sum that needs no move is moved by a cell, or one is that of its place and a cell more.
Attack from_saturation(bool changes_sum) {
  const ForgedModel model(saturating_tiles(), {.target = Target::offchain, .lanes = lanes});
  Trace lie = model.honest();
  const OpId op = op_of(model.program, OpKind::saturate, 0);
  Buffer &sums = lie.tensors[model.program.ops[op].inputs[0]],
         &clamped = lie.tensors[model.program.ops[op].outputs[0]];
  const auto at = static_cast<std::size_t>(std::ranges::max_element(clamped) - clamped.begin());
  if (changes_sum) {
    sums[at] -= 64;
    compute_anew(model.program, lie, op - 1);
  } else {
    clamped[at] -= 64;
    compute_anew(model.program, lie, op);
  }
  LyingTrace trace(model, lie);
  return refused_by_the_bus(model, trace, lie);
}
Attack tile_moved_by_a_cell() { return from_saturation(false); }
Attack claim_of_a_tile_read_elsewhere() { return from_saturation(true); }

/// y_x = w_0 x_x + w_1 x_(x+1), in tiles: one free tile of two values, of which the second is always 0.
Program pairs() {
  ProgramBuilder builder(4, -8, 7, 1);
  const TensorId image = builder.add_tile(builder.input(), {0, 1, 2, 3}, {1, 1, 1, 4}, 2);
  builder.add_relu(builder.add_correlation({{.input = image, .kernel_width = 2}},
                                           {.outputs = 1, .width = 4, .pitch = 5}, 9),
                   1);
  return builder.finish();
}

/// The rows of mac of its only assertion, the free tile last, and reads of its wires that follow.
struct Placing {
  ForgedModel& model;
  std::size_t mac = table_shape(model.key()).places().mac();
  std::size_t last = 0;

  explicit Placing(ForgedModel& of) : model(of) {
    while (cell("nY", last) != -M31(1)) ++last;
  }
  M31& cell(std::string_view column, std::size_t row) { return model.structure(mac, column)[row]; }
  void count(M31 wire, int change) {
    auto& ids = model.structure(mac, "idY");
    for (std::size_t row = 0; row < ids.size(); ++row) {
      if (ids[row] != wire || row == last) continue;
      cell("nY", row) += M31::from_signed(change);
      if (cell("nY", row).is_zero()) ids[row] = M31();
    }
  }
};

/// The free tile stands one place further down, over the first sum: what is taken from that one is added to
/// it.
BadKey a_free_tile_over_one_that_is_read_takes_what_it_likes() {
  ForgedModel bad(pairs(), {.target = Target::offchain, .lanes = lanes});
  TileLie lie(bad.program, bad.honest());
  Placing placing(bad);
  // Sums in their order, and the free tile.
  M31& place = placing.cell("idB", placing.last);
  const M31 of_first_sum = placing.cell("idB", placing.last - lie.sums());
  placing.count(place, -1);
  placing.count(of_first_sum, 1);
  place = of_first_sum;
  bad.recommit();

  const auto lane = [](std::size_t i) { return TileLie::FreeLane{.width = 1, .tile = 0, .lane = i}; };
  const std::int32_t coefficient = lie.free_value(lane(1));
  const std::int32_t moved = lie.sum(0) > 0 ? 40 : -40;
  lie.set_sum(0, lie.sum(0) - moved);
  lie.set_free(lane(0), coefficient);
  lie.set_free(lane(1), moved);
  LyingTrace trace(bad, lie.trace());
  Proof proof = prove_trace(bad.proving_key, bad.statement(lie.trace()), trace);
  return {std::move(bad), std::move(proof), "two tiles share a place, and the values of one are read"};
}

/// The sums are asserted to be a digit, which is 0, whatever they are.
BadKey an_asserted_digit_leaves_the_tiles_free() {
  ForgedModel bad(pairs(), {.target = Target::offchain, .lanes = lanes});
  Placing placing(bad);
  const std::size_t table = activate_table, row = bad.real_rows(table);
  // A copy of a row that yields its claim, whose digits 0 and 0 are the value 0.
  const auto& claims = bad.structure(table, "nT");
  const auto like = static_cast<std::size_t>(std::ranges::find(claims, -M31(1)) - claims.begin());
  for (BaseColumn& column : bad.columns.structure[table]) column[row] = column[like];
  const auto set = [&](std::string_view column, std::size_t at, M31 value) {
    bad.structure(table, column)[at] = value;
  };
  const auto unused = static_cast<std::uint32_t>(bad.arithmetisation.reads.size());
  set("fin", row, M31(0));
  set("fin", row + 1, M31(1));
  set("keepr", row, M31(1));
  set("off", row, M31(0));
  set("idY", row, M31(unused));
  set("nY", row, M31(0));
  set("idT", row, M31(unused + 1));
  M31& asserted = placing.cell("idY", placing.last);
  placing.count(asserted, -1);
  asserted = M31(unused + 1);
  bad.take_sizes();
  bad.recommit();

  Program nothing = bad.program;
  for (ConstantTensor& constant : nothing.constants) {
    if (constant.kind == ConstantTensor::Kind::weights) std::ranges::fill(constant.values, 0);
  }
  const Trace lie = execute(nothing, bad.random_input(), 1);
  LyingTrace trace(bad, lie);
  trace.on_witness = [&](TableColumns& witness) {
    const auto& functions = bad.structure(table_shape(bad.key()).places().lut(), "fn");
    const M31 function = bad.structure(table, "fnq")[row];
    const auto first = static_cast<std::size_t>(std::ranges::find(functions, function) - functions.begin());
    witness[table][activate::y(0, 1)][row] =
        bad.structure(table_shape(bad.key()).places().lut(), "y_0")[first];
  };
  Proof proof = prove_trace(bad.proving_key, bad.statement(lie), trace);
  return {std::move(bad), std::move(proof), "digits are asserted"};
}

}  // namespace

std::vector<AttackEntry> tile_attacks() {
  return {
      {"sum_of_a_tile", Layer::bus, "a sum of a correlation, and all that follows from it", sum_of_a_tile},
      {"coefficient_of_a_free_tile", Layer::bus, "nothing: a value that nobody reads",
       coefficient_of_a_free_tile},
      {"moved_from_a_tile_to_a_free_one", Layer::bus, "the same sum, what it lacks being in a free tile",
       moved_from_a_tile_to_a_free_one},
      {"phases_exchanged", Layer::bus, "the even places of all lines as the odd ones", phases_exchanged},
      {"false_one_plus_alpha", Layer::bus, "a sum of a correlation, with another value of 1 + alpha",
       false_one_plus_alpha},
      {"product_of_a_tile", Layer::bus, "a product of a tile and a factor, and all that follows from it",
       product_of_a_tile},
      {"product_with_another_factor", Layer::bus, "the tiles of a channel times another factor than its own",
       product_with_another_factor},
      {"average_of_a_channel", Layer::bus, "an average of a channel's tiles, and all that follows from it",
       average_of_a_channel},
      {"tile_moved_by_a_cell", Layer::bus, "a sum of a tile that saturates where it need not",
       tile_moved_by_a_cell},
      {"claim_of_a_tile_read_elsewhere", Layer::bus,
       "another sum for the one at a tile's place, which its saturation reads too",
       claim_of_a_tile_read_elsewhere},
      {"stale_step", Layer::keys, "a proof for a key whose claims of tiles have another step", stale_step},
  };
}

std::vector<BadKeyEntry> bad_keys_of_tiles() {
  return {
      {"a_free_tile_over_one_that_is_read_takes_what_it_likes",
       a_free_tile_over_one_that_is_read_takes_what_it_likes},
      {"an_asserted_digit_leaves_the_tiles_free", an_asserted_digit_leaves_the_tiles_free},
  };
}

}  // namespace circlet::testing
