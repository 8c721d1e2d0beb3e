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

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "operators/correlation/meaning.hpp"

namespace circlet::correlation {
namespace {

/// Below so many channels a group, their polynomials are shifted rather than the products.
constexpr std::uint32_t few_channels = 3;

TileWidth width_of(const FreeTile& tile) { return {tile.lanes, tile.lanes == 1 ? 1 : tile.step}; }

/// Phase and lines.
using LinesRead = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
LinesRead lines_read(const Tap& tap) { return {tap.a, tap.b, tap.first, tap.end}; }

/// Whether the polynomials of a tap's lines are best had from those of all lines, which another tap reads.
bool leaves_lines_out(const Term& term, const std::vector<Tap>& taps, const Tap& tap) {
  const std::uint32_t all = term.lines_of(tap.a), read = tap.end - tap.first;
  const bool has_all = std::ranges::any_of(taps, [&](const Tap& other) {
    return other.a == tap.a && other.b == tap.b && other.first == 0 && other.end == all;
  });
  return has_all && read != all && all - read + 1 < read;
}

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
      if (taps_of(i).empty()) continue;
      const bool shifts_channels = terms_[i].groups > 1 && terms_[i].group_inputs < few_channels;
      parts.push_back(terms_[i].adds_windows ? add_windows(i)
                      : shifts_channels      ? add_shifted_channels(i)
                                             : add_taps(i));
    }
    if (const auto bias = bias_of(op_)) parts.push_back(add_bias(*bias));
    std::uint32_t sum = parts.empty() ? lowering_.zero() : parts[0];
    if (parts.size() > 1) {
      lowering_.add_sum(parts);
      sum = lowering_.yield_sum();
    }
    assert_tiles(sum);
  }

 private:
  /// X_(c,a,b) of every channel, once for the taps that read the same lines.
  const std::vector<std::uint32_t>& polynomials(std::size_t i, const Tap& tap) {
    const auto [found, is_new] = polynomials_.try_emplace({i, tap.a, tap.b, tap.first, tap.end});
    if (is_new)
      found->second =
          leaves_lines_out(terms_[i], places_.taps[i], tap) ? add_all_but(i, tap) : add_polynomials(i, tap);
    return found->second;
  }

  /// Tile k of a line of a phase, of every channel.
  WireList tiles_of(std::size_t i, const Tap& tap, std::uint32_t line, std::uint32_t k) const {
    const Term& term = terms_[i];
    const std::uint32_t tiles = tiles_of_line(i);
    return part_of(lowering_.rows_of(term.input),
                   ((line * term.stride + tap.a) * term.phases + tap.b) * tiles + k, term.channels,
                   term.lines * term.phases * tiles);
  }
  [[nodiscard]] std::uint32_t tiles_of_line(std::size_t i) const {
    return terms_[i].width / lowering_.program().tensors[terms_[i].input].lanes;
  }
  std::uint32_t power_of_tile(std::size_t i, std::uint32_t line, std::uint32_t k) {
    const std::uint32_t lanes = lowering_.program().tensors[terms_[i].input].lanes;
    return lowering_.power_of_alpha(places_.exponent_of(i, line, (k + 1) * lanes - 1));
  }

  std::vector<std::uint32_t> add_polynomials(std::size_t i, const Tap& tap) {
    const Term& term = terms_[i];
    MacRun run{.terms = {}, .later = MacRun::Carry::none};
    for (std::uint32_t line = tap.first; line < tap.end; ++line) {
      for (std::uint32_t k = 0; k < tiles_of_line(i); ++k)
        run.terms.push_back({tiles_of(i, tap, line, k), {power_of_tile(i, line, k), term.channels, true}});
    }
    if (run.terms.size() == 1 && run.terms[0].b[0] == wires::one) return ids_of(run.terms[0].a);
    lowering_.add_products(std::move(run));
    return ids_of(lowering_.yield_sums());
  }

  /// The polynomials of all lines, less those of the lines that the tap leaves out.
  std::vector<std::uint32_t> add_all_but(std::size_t i, const Tap& tap) {
    const Term& term = terms_[i];
    Tap all = tap;
    all.first = 0;
    all.end = term.lines_of(tap.a);
    const WireList full = wire_list(polynomials(i, all));
    MacRun run{.terms = {{full, {wires::one, term.channels, true}}}, .later = MacRun::Carry::none};
    for (std::uint32_t line = 0; line < all.end; ++line) {
      if (line >= tap.first && line < tap.end) continue;
      for (std::uint32_t k = 0; k < tiles_of_line(i); ++k)
        run.terms.push_back(
            {tiles_of(i, tap, line, k), {negative(power_of_tile(i, line, k)), term.channels, true}});
    }
    lowering_.add_products(std::move(run));
    return ids_of(lowering_.yield_sums());
  }

  /// -1 times a power.
  std::uint32_t negative(std::uint32_t power) {
    const auto [found, is_new] = negatives_.try_emplace(power);
    if (is_new) {
      const std::uint32_t minus = lowering_.minus_one();
      lowering_.multiply(MacRun::Carry::none, minus, power);
      found->second = lowering_.yield_sum();
    }
    return found->second;
  }

  static std::vector<std::uint32_t> ids_of(const WireList& list) {
    std::vector<std::uint32_t> ids;
    for (std::uint32_t c = 0; c < list.count; ++c) ids.push_back(list[c]);
    return ids;
  }

  /// Those that read something.
  [[nodiscard]] std::vector<std::uint32_t> taps_of(std::size_t i) const {
    std::vector<std::uint32_t> read;
    for (std::uint32_t k = 0; k < places_.taps[i].size(); ++k) {
      if (!places_.taps[i][k].is_empty()) read.push_back(k);
    }
    return read;
  }

  /// An op of `linear` a tap and group.
  std::uint32_t add_taps(std::size_t i) {
    const Term& term = terms_[i];
    const std::vector<Tap>& taps = places_.taps[i];
    std::vector<std::uint32_t> powers;
    for (const std::uint32_t k : taps_of(i)) {
      polynomials(i, taps[k]);
      powers.push_back(lowering_.power_of_alpha(taps[k].shift));
    }
    const std::uint32_t next_group = lowering_.power_of_t(term.group_outputs);
    std::vector<std::vector<std::uint32_t>> claims(term.groups);
    for (const std::uint32_t k : taps_of(i)) {
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
    const std::vector<std::uint32_t> read = taps_of(i);
    std::vector<std::vector<std::uint32_t>> shifted;  // by tap that is read
    for (const std::uint32_t k : read) shifted.push_back(shift(polynomials(i, taps[k]), taps[k].shift));
    const std::uint32_t next_group = lowering_.power_of_t(term.group_outputs);
    std::vector<std::uint32_t> claims;
    for (std::uint32_t g = 0; g < term.groups; ++g) {
      for (std::size_t k = 0; k < read.size(); ++k) {
        lowering_.add_weights(group_of(shifted[k], term, g), term.group_outputs, weights_of(term, read[k], g),
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
    std::map<LinesRead, std::vector<std::uint32_t>> powers;
    for (const std::uint32_t k : taps_of(i)) {
      const Tap& tap = places_.taps[i][k];
      powers[lines_read(tap)].push_back(lowering_.power_of_alpha(tap.shift));
    }
    std::vector<std::uint32_t> images, factors;
    for (const auto& [lines, of_lines] : powers) {
      const auto& [a, b, first, end] = lines;
      const auto& x = polynomials(i, {.a = a, .b = b, .first = first, .end = end});
      const auto channels = static_cast<std::uint32_t>(x.size());
      lowering_.add_products({.terms = {{wire_list(x), {wires::one, channels, true}}}});
      images.push_back(lowering_.yield_sum());
      lowering_.add_sum(of_lines);
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
  std::map<std::tuple<std::size_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>,
           std::vector<std::uint32_t>>
      polynomials_;
  std::map<std::uint32_t, std::uint32_t> negatives_;  // by the wire of the power
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
    const std::uint64_t of_weights = (term.group_outputs + lanes - 1) / lanes,
                        of_line = term.width / input.lanes;
    std::set<LinesRead> polynomials;
    std::uint64_t taps = 0;
    for (const Tap& tap : places.taps[i]) {
      if (tap.is_empty()) continue;
      ++taps;
      power(tap.shift);
      polynomials.insert(lines_read(tap));
    }
    for (const auto& [a, b, first, end] : polynomials) {
      const Tap tap = {.a = a, .b = b, .first = first, .end = end};
      const std::uint64_t all = term.lines_of(a), read = end - first;
      const bool leaves_out = leaves_lines_out(term, places.taps[i], tap);
      counts.mac += term.channels * (leaves_out ? (all - read) * of_line + 1 : read * of_line);
      if (leaves_out) counts.mac += (all - read) * of_line;
      for (std::uint32_t line = 0; line < all; ++line) {
        if (!leaves_out && (line < first || line >= end)) continue;
        for (std::uint32_t k = 1; k <= of_line; ++k) power(places.exponent_of(i, line, k * input.lanes - 1));
      }
    }
    if (term.adds_windows) {
      counts.mac += polynomials.size() * (term.channels + 1) + taps;
    } else {
      counts.mac += taps * (term.groups + term.channels) + 2 * term.groups + 1;
      counts.linear += taps * term.groups * (term.group_inputs * of_weights + 1);
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
