// correlation: polynomials in alpha. Channels of phases are put together in `mac`,
//
//   X_(c,a,b) = sum over its tiles of alpha^e F(tile);
//
// an op of `linear` a tap gives sum over c of X_(c,a,b) sum over o of t^(O-1-o) W[p][q][c][o], and `mac` adds
// these, each times alpha^shift. The sum is asserted to be the one over all tiles of the output and the free
// ones,
//
//   sum over o of t^(O-1-o) sum over tiles of alpha^e F_Q(acc).
//
// Where a group has one or two channels, an op of `linear` a group reads alpha^shift X of all taps instead.
// Public ones need no `linear`: sum over c of t^(C-1-c) X_(c,a,b) is multiplied by the sum of the
// alpha^shift.
#include "lowering/rows.hpp"

#include <map>

#include "operators/correlation/meaning.hpp"

namespace circlet::correlation {
namespace {

/// Below so many channels a group, their polynomials are shifted rather than the products.
constexpr std::uint32_t few_channels = 3;

TileWidth width_of(const FreeTile& tile) { return {tile.lanes, tile.lanes == 1 ? 1 : tile.step}; }

class Writer {
 public:
  Writer(Lowering& lowering, OpId id)
      : lowering_(lowering),
        id_(id),
        op_(lowering.program().ops[id]),
        terms_(terms_of(lowering.program(), op_)),
        places_(geometry_of(lowering.program(), op_)) {}

  void write() {
    std::vector<std::uint32_t> parts;
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const bool shifts_channels = terms_[i].groups > 1 && terms_[i].group_inputs < few_channels;
      parts.push_back(terms_[i].adds_windows ? add_windows(i)
                      : shifts_channels      ? add_shifted_channels(i)
                                             : add_taps(i));
    }
    if (const auto bias = bias_of(op_)) parts.push_back(add_bias(*bias));
    std::uint32_t sum = parts[0];
    if (parts.size() > 1) {
      lowering_.add_sum(parts);
      sum = lowering_.yield_sum();
    }
    assert_tiles(sum);
  }

 private:
  /// X_(c,a,b) of every channel, once for the taps that read them.
  const std::vector<std::uint32_t>& polynomials(std::size_t i, const Tap& tap) {
    const auto [found, is_new] = polynomials_.try_emplace({i, tap.a, tap.b});
    if (is_new) found->second = add_polynomials(i, tap.a, tap.b);
    return found->second;
  }

  std::vector<std::uint32_t> add_polynomials(std::size_t i, std::uint32_t a, std::uint32_t b) {
    const Term& term = terms_[i];
    const std::uint32_t lanes = lowering_.program().tensors[term.input].lanes;
    const std::uint32_t tiles = term.width / lanes, lines = term.lines_of(a);
    const WireList x = lowering_.rows_of(term.input);
    std::vector<std::uint32_t> powers;
    for (std::uint32_t line = 0; line < lines; ++line) {
      for (std::uint32_t k = 0; k < tiles; ++k) {
        powers.push_back(
            lowering_.power_of_alpha(places_.top_place[i] - line * places_.pitch - ((k + 1) * lanes - 1)));
      }
    }
    const WireList factors = wire_list(std::move(powers));
    std::vector<std::uint32_t> made;
    for (std::uint32_t c = 0; c < term.channels; ++c) {
      std::vector<std::uint32_t> of_channel;
      for (std::uint32_t line = 0; line < lines; ++line) {
        for (std::uint32_t k = 0; k < tiles; ++k)
          of_channel.push_back(x[((c * term.lines + line * term.stride + a) * term.phases + b) * tiles + k]);
      }
      if (of_channel.size() == 1 && factors[0] == wires::one) {
        made.push_back(of_channel[0]);
        continue;
      }
      lowering_.add_products(
          {.terms = {{wire_list(std::move(of_channel)), factors}}, .later = MacRun::Carry::same});
      made.push_back(lowering_.yield_sum());
    }
    return made;
  }

  /// An op of `linear` a tap and group.
  std::uint32_t add_taps(std::size_t i) {
    const Term& term = terms_[i];
    const std::vector<Tap>& taps = places_.taps[i];
    std::vector<std::uint32_t> powers;
    for (const Tap& tap : taps) {
      polynomials(i, tap);
      powers.push_back(lowering_.power_of_alpha(tap.shift));
    }
    const std::uint32_t next_group = lowering_.power_of_t(term.group_outputs);
    std::vector<std::vector<std::uint32_t>> claims(term.groups);
    for (std::uint32_t k = 0; k < taps.size(); ++k) {
      const std::vector<std::uint32_t>& x = polynomials(i, taps[k]);
      for (std::uint32_t g = 0; g < term.groups; ++g) {
        lowering_.add_weights(group_of(x, term, g), term.group_outputs, weights_of(term, k, g), true);
        claims[g].push_back(lowering_.add_claim());
      }
    }
    const WireList factors = wire_list(std::move(powers));
    std::uint32_t sum = 0;
    for (std::uint32_t g = 0; g < term.groups; ++g) {
      if (g != 0) lowering_.multiply(MacRun::Carry::none, sum, next_group);
      lowering_.add_products({.terms = {{wire_list(std::move(claims[g])), factors}},
                              .first = g == 0 ? MacRun::Carry::none : MacRun::Carry::same,
                              .later = MacRun::Carry::same});
      sum = lowering_.yield_sum();
    }
    return sum;
  }

  /// An op of `linear` a group, of all taps.
  std::uint32_t add_shifted_channels(std::size_t i) {
    const Term& term = terms_[i];
    const std::vector<Tap>& taps = places_.taps[i];
    std::vector<std::vector<std::uint32_t>> shifted;  // by tap
    for (const Tap& tap : taps) shifted.push_back(shift(polynomials(i, tap), tap.shift));
    const std::uint32_t next_group = lowering_.power_of_t(term.group_outputs);
    std::vector<std::uint32_t> claims;
    for (std::uint32_t g = 0; g < term.groups; ++g) {
      for (std::uint32_t k = 0; k < taps.size(); ++k) {
        lowering_.add_weights(group_of(shifted[k], term, g), term.group_outputs, weights_of(term, k, g),
                              k == 0);
      }
      claims.push_back(lowering_.add_claim());
    }
    if (term.group_outputs == 1) {
      const std::uint32_t count = term.groups;
      lowering_.add_products({.terms = {{wire_list(std::move(claims)), {wires::one, count, true}}}});
      return lowering_.yield_sum();
    }
    std::uint32_t sum = claims[0];
    for (std::uint32_t g = 1; g < term.groups; ++g) {
      lowering_.multiply(MacRun::Carry::none, sum, next_group);
      lowering_.add(MacRun::Carry::same, claims[g]);
      sum = lowering_.yield_sum();
    }
    return sum;
  }

  /// Rows of `mac` alone.
  std::uint32_t add_windows(std::size_t i) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::uint32_t>> powers;  // by phase
    for (const Tap& tap : places_.taps[i])
      powers[{tap.a, tap.b}].push_back(lowering_.power_of_alpha(tap.shift));
    std::vector<std::uint32_t> images, factors;
    for (const auto& [phase, of_phase] : powers) {
      const auto& x = polynomials(i, {.a = phase.first, .b = phase.second});
      const auto channels = static_cast<std::uint32_t>(x.size());
      lowering_.add_products({.terms = {{wire_list(x), {wires::one, channels, true}}}});
      images.push_back(lowering_.yield_sum());
      lowering_.add_sum(of_phase);
      factors.push_back(lowering_.yield_sum());
    }
    lowering_.add_products({.terms = {{wire_list(std::move(images)), wire_list(std::move(factors))}},
                            .later = MacRun::Carry::same});
    return lowering_.yield_sum();
  }

  std::vector<std::uint32_t> shift(const std::vector<std::uint32_t>& x, std::uint32_t places) {
    if (places == 0) return x;
    const auto count = static_cast<std::uint32_t>(x.size());
    const std::uint32_t power = lowering_.power_of_alpha(places);
    lowering_.add_products({.terms = {{wire_list(x), {power, count, true}}}, .later = MacRun::Carry::none});
    const WireList sums = lowering_.yield_sums();
    std::vector<std::uint32_t> made;
    for (std::uint32_t c = 0; c < count; ++c) made.push_back(sums[c]);
    return made;
  }

  static WireList group_of(const std::vector<std::uint32_t>& x, const Term& term, std::uint32_t g) {
    const auto first = x.begin() + static_cast<std::ptrdiff_t>(std::size_t{g} * term.group_inputs);
    return wire_list({first, first + term.group_inputs});
  }
  static WeightsView weights_of(const Term& term, std::uint32_t tap, std::uint32_t g) {
    return {.constant = term.weights,
            .first = (tap * term.groups + g) * term.group_inputs * term.group_outputs};
  }

  /// bias_o times the powers of all places of the output.
  std::uint32_t add_bias(ConstantId bias) {
    const std::uint32_t line = lowering_.sum_of_powers(Challenge::alpha, places_.width * places_.phases),
                        lines = lowering_.sum_of_powers(Challenge::alpha, places_.height, places_.pitch),
                        lowest = lowering_.power_of_alpha(
                            places_.exponent(places_.height - 1, places_.width * places_.phases - 1));
    lowering_.multiply(MacRun::Carry::none, line, lines);
    const std::uint32_t image = lowering_.yield_sum();
    lowering_.multiply(MacRun::Carry::none, image, lowest);
    const std::uint32_t everywhere = lowering_.yield_sum();
    lowering_.add_weights({everywhere}, places_.outputs, {.constant = bias, .first = 0}, true);
    return lowering_.add_claim();
  }

  /// S = S t + the tiles of the next channel, each times its power.
  void assert_tiles(std::uint32_t sum) {
    const std::uint32_t lanes = lowering_.program().tensors[op_.outputs[0]].lanes;
    const std::uint32_t tiles = places_.width / lanes, outputs = places_.outputs;
    const WireList acc = lowering_.expect_rows(op_.outputs[0], places_.phases);
    MacRun run;
    const auto place = [&](const WireList& list, std::uint32_t exponent) {
      run.terms.push_back({list, {lowering_.power_of_alpha(exponent), outputs, true}});
    };
    const std::uint32_t of_channel = places_.height * places_.phases * tiles;
    for (std::uint32_t y = 0, at = 0; y < places_.height; ++y) {
      for (std::uint32_t r = 0; r < places_.phases; ++r) {
        for (std::uint32_t k = 0; k < tiles; ++k, ++at) {
          const std::uint32_t last = places_.phases * ((k + 1) * lanes - 1) + r;
          place(part_of(acc, at, outputs, of_channel), places_.exponent(y, last));
        }
      }
    }
    const auto free = free_tiles(lowering_.program(), op_, places_);
    for (std::uint32_t width = 0; width < free_widths; ++width) {
      const auto count = static_cast<std::uint32_t>(free[width].size());
      if (count == 0) continue;
      const CellView sums = {.from = CellView::From::buffer, .of = id_, .index = width};
      const WireList rows =
          lowering_.expect_free_rows(op_.outputs[0], sums, count * outputs, width_of(free[width][0]));
      for (std::uint32_t i = 0; i < count; ++i) place(part_of(rows, i, outputs, count), free[width][i].first);
    }
    lowering_.add_products(std::move(run));
    lowering_.assert_sum(sum);
  }

  Lowering& lowering_;
  const OpId id_;
  const Op& op_;
  const std::vector<Term> terms_;
  const Geometry places_;
  std::map<std::tuple<std::size_t, std::uint32_t, std::uint32_t>, std::vector<std::uint32_t>> polynomials_;
};

void write(Lowering& lowering, OpId id) { Writer(lowering, id).write(); }

/// What Writer adds, or more.
void count(const Program& program, const Op& op, std::uint32_t lanes, RowCounts& counts) {
  const Geometry places = geometry_of(program, op);
  const std::vector<Term> terms = terms_of(program, op);
  const Tensor& output = program.tensors[op.outputs[0]];
  std::uint64_t tiles = 0;
  const auto power = [&](std::uint32_t n) { Lowering::count_power(Challenge::alpha, n, counts); };
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const Term& term = terms[i];
    const Tensor& input = program.tensors[term.input];
    const std::uint64_t taps = places.taps[i].size();
    const std::uint64_t of_weights = (term.group_outputs + lanes - 1) / lanes;
    if (term.adds_windows) {
      const std::uint64_t phases = std::min<std::uint64_t>(taps, std::uint64_t{term.stride} * term.phases);
      counts.mac += input.wires() + phases * (term.channels + 1) + taps;
    } else {
      counts.mac += input.wires() + taps * (term.groups + term.channels) + 2 * term.groups + 1;
      counts.linear += taps * term.groups * (term.group_inputs * of_weights + 1);
    }
    for (const Tap& tap : places.taps[i]) power(tap.shift);
    for (std::uint32_t line = 0; line < term.lines_of(0); ++line) {
      for (std::uint32_t k = 1; k <= term.width / input.lanes; ++k)
        power(places.top_place[i] - line * places.pitch - (k * input.lanes - 1));
    }
    Lowering::count_power(Challenge::t, term.group_outputs, counts);
  }
  for (std::uint32_t y = 0; y < places.height; ++y) {
    for (std::uint32_t r = 0; r < places.phases; ++r) {
      for (std::uint32_t k = 1; k <= places.width / output.lanes; ++k, ++tiles)
        power(places.exponent(y, places.phases * (k * output.lanes - 1) + r));
    }
  }
  for (const auto& of_width : free_tiles(program, op, places)) {
    if (of_width.empty()) continue;
    tiles += of_width.size();
    counts.add_activate(width_of(of_width[0]), of_width.size() * places.outputs);
    for (const FreeTile& tile : of_width) power(tile.first);
  }
  Lowering::count_sum_of_powers(Challenge::alpha, places.width * places.phases, 1, counts);
  Lowering::count_sum_of_powers(Challenge::alpha, places.height, places.pitch, counts);
  power(places.exponent(places.height - 1, places.width * places.phases - 1));
  counts.linear += (places.outputs + lanes - 1) / lanes + 1;
  counts.mac += tiles * places.outputs + 3;
  counts.activate += 2;
}

}  // namespace

extern const Rows rows;
/// Lanes are places of one sample.
const Rows rows = {.count = count, .write = write, .of_one_sample = true};

}  // namespace circlet::correlation
