#include "operators/correlation/meaning.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "core/floor_quotient.hpp"
#include "program/meaning.hpp"

namespace circlet::correlation {
namespace {

constexpr std::size_t fixed_attributes = 4, attributes_of_term = 6;
constexpr std::int64_t most_places = 1 << 22;  // of the polynomial
constexpr std::uint32_t most_lanes = 64, most_phases = 16;
/// Of lines that are shorter executing takes a vector of outputs, if there are as many, not of places.
constexpr std::size_t few_places = 64;

void check_term(OpCheck& check, std::size_t i, const std::vector<std::uint32_t>& made, std::int64_t pitch) {
  const Op& op = check.op;
  const Tensor& input = check.rows_of(op.inputs[i]);
  if (input.shape.size() != 4) check.fail("reads a tensor that is not of shape [channels, lines, phases, n]");
  if (input.shape[3] % input.lanes != 0) check.fail("its lines are not whole tiles");
  if (input.shape[3] > pitch) check.fail("its lines are longer than the pitch");
  const ConstantTensor& kernel = check.program.constants[op.constants[i]];
  const bool adds_windows = kernel.kind == ConstantTensor::Kind::indices;
  const auto& weights =
      adds_windows ? kernel.shape : check.constant(op.constants[i], ConstantTensor::Kind::weights).shape;
  if (weights.size() != 5) check.fail("its weights are not of shape [kh, kw, groups, inputs, outputs]");
  if (adds_windows && (weights[3] != 1 || weights[4] != 1 ||
                       std::ranges::any_of(kernel.values, [](std::int32_t one) { return one != 1; })))
    check.fail("its public weights are not ones of each channel alone");
  const std::int64_t* attributes = op.attributes.data() + fixed_attributes + attributes_of_term * i;
  const auto in = [&](std::int64_t value, std::int64_t least, std::int64_t most, const char* what) {
    if (value < least || value > most)
      check.fail(std::string(what) + " of " + std::to_string(value) + " is none");
  };
  in(attributes[0], 1, std::int64_t{input.shape[1]}, "a stride");
  in(attributes[1], 1, most_places, "a dilation");
  in(attributes[2], 1, most_places, "a dilation");
  in(attributes[3], -most_places, most_places, "padding");
  in(attributes[4], -most_places, most_places, "padding");
  const std::int64_t groups = attributes[5];
  if (groups != weights[2] || groups * weights[3] != input.shape[0] || groups * weights[4] != made[0])
    check.fail("its weights have the wrong shape");
  if (std::uint64_t{weights[0]} * weights[1] > std::uint64_t{most_places})
    check.fail("its kernel is too large");
  check.reads += std::uint64_t{input.rows()} +
                 std::uint64_t{weights[0]} * weights[1] * weights[2] * weights[3] * weights[4];
}

void check_readers(OpCheck& check) {
  const TensorId sums = check.op.outputs[0];
  const std::vector<const Op*>& readers = check.use_of(sums).readers;
  const auto splits = [](const Op* op) {
    return op->kind == OpKind::requantise || op->kind == OpKind::saturate;
  };
  if (!std::ranges::all_of(readers, splits))
    check.fail("its sums are read by another op than requantise or saturate");
  const bool is_output =
      std::ranges::find(check.program.outputs, sums, &OutputPort::tensor) != check.program.outputs.end();
  if (readers.size() != 1 || is_output) check.fail("its sums are not read by one op alone");
}

/// The place of the tap's line or column in X, counted in strides: the phase, and what is left.
struct Offset {
  std::uint32_t phase = 0;
  std::int64_t places = 0;
};
Offset offset_of(std::int64_t at, std::uint32_t stride) {
  const std::int64_t places = floor_quotient(at, stride);
  return {static_cast<std::uint32_t>(at - places * stride), places};
}

/// The geometry; the size is 0 where it passes `most_places`.
Geometry geometry(const Program& program, const Op& op, const std::vector<Term>& terms) {
  const auto& shape = program.tensors[op.outputs[0]].shape;
  Geometry result{.pitch = static_cast<std::uint32_t>(op.attributes[0]),
                  .outputs = shape[0],
                  .height = shape[1],
                  .phases = shape[2],
                  .width = shape[3],
                  .top_place = {},
                  .taps = {}};
  const std::int64_t pitch = result.pitch;
  std::int64_t origin =
      (std::int64_t{result.height} - 1) * pitch + std::int64_t{result.width} * result.phases - 1;
  std::vector<std::vector<std::int64_t>> shifts;
  std::int64_t above = 0;
  for (const Term& term : terms) {
    const std::int64_t place = (std::int64_t{term.lines_of(0)} - 1) * pitch + term.width - 1;
    if (place >= most_places) return result;
    result.top_place.push_back(static_cast<std::uint32_t>(place));
    result.taps.emplace_back();
    shifts.emplace_back();
    for (std::uint32_t p = 0; p < term.kernel_height; ++p) {
      for (std::uint32_t q = 0; q < term.kernel_width; ++q) {
        const Offset y = offset_of(std::int64_t{p} * term.dilation_y - term.top, term.stride),
                     x = offset_of(std::int64_t{q} * term.dilation_x - term.left, term.phases);
        if (std::max(std::abs(x.places), std::abs(y.places)) >= most_places) return result;
        const std::int64_t shift = y.places * pitch + x.places;
        const auto lines = std::int64_t{term.lines_of(y.phase)};
        const std::int64_t first = std::clamp<std::int64_t>(y.places, 0, lines),
                           end = std::clamp<std::int64_t>(y.places + result.height, first, lines);
        result.taps.back().push_back({.p = p,
                                      .q = q,
                                      .a = y.phase,
                                      .b = x.phase,
                                      .first = static_cast<std::uint32_t>(first),
                                      .end = static_cast<std::uint32_t>(end)});
        shifts.back().push_back(shift);
        origin = std::max(origin, place - shift);
      }
    }
  }
  // Fewer places below all outputs than a wide free tile has lanes are made as many.
  const std::int64_t lowest =
      origin - (std::int64_t{result.height} - 1) * pitch - (std::int64_t{result.width} * result.phases - 1);
  if (lowest > 0) origin += std::max<std::int64_t>(0, op.attributes[1] - lowest);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    for (std::size_t tap = 0; tap < shifts[i].size(); ++tap) {
      const std::int64_t shift = origin - result.top_place[i] + shifts[i][tap];
      above = std::max(above, shift + result.top_place[i]);
      if (origin >= most_places || above >= most_places) return result;
      result.taps[i][tap].shift = static_cast<std::uint32_t>(shift);
    }
  }
  result.origin = static_cast<std::uint32_t>(origin);
  result.size = static_cast<std::uint32_t>(std::max(origin, above) + 1);
  return result;
}

void check(OpCheck& check) {
  const Op& op = check.op;
  if (op.outputs.size() != 1) check.fail("makes one tensor");
  if (op.inputs.empty()) check.fail("computes nothing");
  if (op.constants.size() != op.inputs.size() && op.constants.size() != op.inputs.size() + 1)
    check.fail("has not one constant a term");
  if (op.attributes.size() != fixed_attributes + attributes_of_term * op.inputs.size())
    check.fail("has not four attributes and six a term");
  const Tensor& output = check.program.tensors[op.outputs[0]];
  if (output.shape.size() != 4) check.fail("makes a tensor that is not of shape [outputs, lines, phases, n]");
  if (output.shape[3] % output.lanes != 0) check.fail("the lines of its output are not whole tiles");
  const std::int64_t pitch = op.attributes[0];
  if (pitch < 1 || pitch >= most_places) check.fail("a pitch of " + std::to_string(pitch) + " is none");
  if (output.shape[1] > 1 && std::int64_t{output.shape[2]} * output.shape[3] > pitch)
    check.fail("the lines of its output are longer than the pitch");
  if (output.shape[2] > most_phases) check.fail("its output has more than 16 phases");
  for (const std::size_t width : {1, 2, 3}) {
    if (op.attributes[width] < 1 || op.attributes[width] > most_lanes)
      check.fail("free tiles of " + std::to_string(op.attributes[width]) + " values: 1 to 64");
  }
  for (std::size_t i = 0; i < op.inputs.size(); ++i) check_term(check, i, output.shape, pitch);
  if (const auto bias = bias_of(op)) {
    if (check.constant(*bias, ConstantTensor::Kind::weights).shape != std::vector{output.shape[0]})
      check.fail("the bias has the wrong size");
  }
  const Geometry places = geometry(check.program, op, terms_of(check.program, op));
  if (places.size == 0) check.fail("its images have more than 2^22 places");
  check_readers(check);
  // A kernel of a few bytes may have many places.
  check.reads += std::uint64_t{places.size} * output.shape[0];
  if (check.program.has_weights) check.expect_sums(range_of(check.program, op));
}

/// X_(c,a,b) as a list of coefficients.
void spread(const Term& term, std::uint32_t channel, std::uint32_t a, std::uint32_t b,
            std::uint32_t top_place, std::uint32_t pitch, const std::int32_t* x,
            std::vector<std::int32_t>& polynomial) {
  polynomial.assign(std::size_t{top_place} + 1, 0);
  for (std::uint32_t i = 0; i < term.lines_of(a); ++i) {
    const std::size_t line = std::size_t{term.stride} * i + a;
    const std::int32_t* from =
        x + ((std::size_t{channel} * term.lines + line) * term.phases + b) * term.width;
    std::int32_t* to = polynomial.data() + top_place - std::size_t{i} * pitch;
    for (std::uint32_t j = 0; j < term.width; ++j) *(to - j) = from[j];
  }
}

// Sanitizers do not take functions that are chosen as the program is loaded; other compilers name them
// otherwise.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define CIRCLET_FOR_EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CIRCLET_FOR_EACH_PROCESSOR
#endif

/// to[i] += weight from[i]: the inner loop of all that is executed, for the processor's widest vectors.
CIRCLET_FOR_EACH_PROCESSOR void multiply_add(std::int32_t weight, const std::int32_t* from, std::size_t count,
                                             std::int32_t* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] += weight * from[i];
}

/// least[o] and greatest[o] grow by what weights[o] can make of a value in [min, max].
CIRCLET_FOR_EACH_PROCESSOR void extend_ranges(const std::int32_t* weights, std::size_t count, double min,
                                              double max, double* least, double* greatest) {
  for (std::size_t o = 0; o < count; ++o) {
    const double at_min = weights[o] * min, at_max = weights[o] * max;
    least[o] += at_min < at_max ? at_min : at_max;
    greatest[o] += at_min < at_max ? at_max : at_min;
  }
}

/// The polynomials of all channels of the output, one after another: partial sums are below 2^29, as in
/// `affine`.
std::vector<std::int32_t> coefficients(const Program& program, const Op& op, const Geometry& places,
                                       const Trace& trace, std::size_t sample) {
  std::vector<std::int32_t> sums(std::size_t{places.outputs} * places.size, 0);
  const std::vector<Term> terms = terms_of(program, op);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const Term& term = terms[i];
    const std::int32_t* x = trace.tensors[term.input].data() + sample * program.tensors[term.input].rows();
    const auto& weights = program.constants[term.weights].values;
    // By channel, a and b.
    std::vector<std::vector<std::int32_t>> polynomials(std::size_t{term.channels} * term.stride *
                                                       term.phases);
    const auto at = [&](std::uint32_t c, std::uint32_t a, std::uint32_t b) {
      return (std::size_t{c} * term.stride + a) * term.phases + b;
    };
    std::vector<bool> is_read(std::size_t{term.stride} * term.phases, false);
    for (const Tap& tap : places.taps[i]) is_read[at(0, tap.a, tap.b)] = true;
    for (std::uint32_t c = 0; c < term.channels; ++c) {
      for (std::uint32_t a = 0; a < term.stride; ++a) {
        for (std::uint32_t b = 0; b < term.phases; ++b) {
          if (is_read[at(0, a, b)])
            spread(term, c, a, b, places.top_place[i], places.pitch, x, polynomials[at(c, a, b)]);
        }
      }
    }
    // For each tap that reads something, where its lines lie.
    struct Span {
      std::size_t tap = 0, lowest = 0, count = 0;
    };
    std::vector<Span> spans;
    std::size_t longest = 0;
    for (std::size_t k = 0; k < places.taps[i].size(); ++k) {
      const Tap& tap = places.taps[i][k];
      if (tap.is_empty()) continue;
      const std::size_t highest = places.exponent_of(i, tap.first, 0),
                        lowest = places.exponent_of(i, tap.end - 1, term.width - 1);
      spans.push_back({k, lowest, highest - lowest + 1});
      longest = std::max(longest, spans.back().count);
    }
    const auto weights_at = [&](std::size_t k, std::size_t group, std::size_t c) {
      return weights.data() + ((k * term.groups + group) * term.group_inputs + c) * term.group_outputs;
    };
    if (longest < few_places && term.group_outputs >= few_places) {
      // Small images of many channels: place by place, over all outputs.
      std::vector<std::int32_t> by_place(sums.size(), 0);
      constexpr std::size_t block = 256;
      const std::size_t blocks = (term.group_outputs + block - 1) / block;
      trace.for_each(term.groups * blocks, [&](std::size_t task) {
        const std::size_t group = task / blocks, first = task % blocks * block,
                          count = std::min<std::size_t>(block, term.group_outputs - first);
        std::int32_t* const to = by_place.data() + group * term.group_outputs + first;
        for (const Span& span : spans) {
          const Tap& tap = places.taps[i][span.tap];
          for (std::uint32_t c = 0; c < term.group_inputs; ++c) {
            const auto channel = static_cast<std::uint32_t>(group) * term.group_inputs + c;
            const std::int32_t* from = polynomials[at(channel, tap.a, tap.b)].data();
            const std::int32_t* of_channel = weights_at(span.tap, group, c) + first;
            for (std::size_t e = span.lowest; e < span.lowest + span.count; ++e) {
              if (from[e] != 0)
                multiply_add(from[e], of_channel, count, to + (tap.shift + e) * places.outputs);
            }
          }
        }
      });
      for (std::size_t e = 0; e < places.size; ++e) {
        for (std::size_t o = 0; o < places.outputs; ++o)
          sums[o * places.size + e] += by_place[e * places.outputs + o];
      }
      continue;
    }
    trace.for_each(places.outputs, [&](std::size_t o) {
      std::int32_t* acc = sums.data() + o * places.size;
      const auto group = static_cast<std::uint32_t>(o / term.group_outputs);
      const std::size_t in_group = o % term.group_outputs;
      for (std::uint32_t c = 0; c < term.group_inputs; ++c) {
        for (const Span& span : spans) {
          const Tap& tap = places.taps[i][span.tap];
          const std::int32_t weight = weights_at(span.tap, group, c)[in_group];
          if (weight == 0) continue;
          const std::int32_t* from = polynomials[at(group * term.group_inputs + c, tap.a, tap.b)].data();
          multiply_add(weight, from + span.lowest, span.count, acc + tap.shift + span.lowest);
        }
      }
    });
  }
  return sums;
}

void execute(const Program& program, OpId id, Trace& trace) {
  const Op& op = program.ops[id];
  const Geometry places = geometry_of(program, op);
  const auto tiles = free_tiles(program, op, places);
  const auto bias = bias_of(op);
  Buffer& acc = trace.tensors[op.outputs[0]];
  std::size_t at = 0;
  std::vector<bool> is_taken(places.size);
  std::vector<std::int32_t> sums;
  for (std::size_t i = 0; i < trace.lanes * std::size_t{places.outputs}; ++i) {
    const auto o = static_cast<std::uint32_t>(i % places.outputs);
    if (o == 0) sums = coefficients(program, op, places, trace, i / places.outputs);
    const std::int32_t* polynomial = sums.data() + std::size_t{o} * places.size;
    const std::int32_t b = bias ? program.constants[*bias].values[o] : 0;
    for (std::uint32_t y = 0; y < places.height; ++y) {
      for (std::uint32_t r = 0; r < places.phases; ++r) {
        for (std::uint32_t j = 0; j < places.width; ++j)
          acc[at++] = polynomial[places.exponent(y, places.phases * j + r)] + b;
      }
    }
    // Of free tiles that overlap, the first one has the coefficient.
    is_taken.assign(places.size, false);
    for (std::size_t width = 0; width < free_widths; ++width) {
      for (const FreeTile& tile : tiles[width]) {
        for (std::uint32_t lane = 0; lane < tile.lanes; ++lane) {
          const std::size_t exponent = tile.exponent(lane);
          const bool is_first = exponent < places.size && !is_taken[exponent];
          trace.buffers[id][width].push_back(is_first ? polynomial[exponent] : 0);
          if (is_first) is_taken[exponent] = true;
        }
      }
    }
  }
}

/// Which exponents a channel's polynomial may have a coefficient at that is not 0, its bias left out.
std::vector<bool> support(const std::vector<Term>& terms, const Geometry& places) {
  std::vector<std::int32_t> changes(std::size_t{places.size} + 1, 0);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    for (const Tap& tap : places.taps[i]) {
      for (std::uint32_t line = tap.first; line < tap.end; ++line) {
        const std::size_t most = places.exponent_of(i, line, 0) + tap.shift;
        ++changes[most + 1 - terms[i].width];
        --changes[most + 1];
      }
    }
  }
  std::vector<bool> result(places.size, false);
  std::int32_t count = 0;
  for (std::size_t e = 0; e < result.size(); ++e) result[e] = (count += changes[e]) != 0;
  return result;
}

}  // namespace

std::vector<Term> terms_of(const Program& program, const Op& op) {
  std::vector<Term> terms;
  for (std::size_t i = 0; i < op.inputs.size(); ++i) {
    const auto& x = program.tensors[op.inputs[i]].shape;
    const auto& weights = program.constants[op.constants[i]].shape;
    const std::int64_t* attributes = op.attributes.data() + fixed_attributes + attributes_of_term * i;
    terms.push_back(
        {.input = op.inputs[i],
         .weights = op.constants[i],
         .channels = x[0],
         .lines = x[1],
         .phases = x[2],
         .width = x[3],
         .kernel_height = weights[0],
         .kernel_width = weights[1],
         .groups = weights[2],
         .group_inputs = weights[3],
         .group_outputs = weights[4],
         .stride = static_cast<std::uint32_t>(attributes[0]),
         .dilation_y = static_cast<std::uint32_t>(attributes[1]),
         .dilation_x = static_cast<std::uint32_t>(attributes[2]),
         .top = static_cast<std::int32_t>(attributes[3]),
         .left = static_cast<std::int32_t>(attributes[4]),
         .adds_windows = program.constants[op.constants[i]].kind == ConstantTensor::Kind::indices});
  }
  return terms;
}

Geometry geometry_of(const Program& program, const Op& op) {
  return geometry(program, op, terms_of(program, op));
}

std::array<std::uint32_t, free_widths> free_lanes(const Op& op) {
  return {static_cast<std::uint32_t>(op.attributes[1]), static_cast<std::uint32_t>(op.attributes[2]),
          static_cast<std::uint32_t>(op.attributes[3]), 1};
}

std::array<std::vector<FreeTile>, free_widths> free_tiles(const Program& program, const Op& op,
                                                          const Geometry& places) {
  enum : std::size_t { wide, narrow, upright, single };
  std::vector<bool> needed = support(terms_of(program, op), places);
  std::vector<bool> is_output(places.size, false);
  for (std::uint32_t y = 0; y < places.height; ++y) {
    for (std::uint32_t x = 0; x < places.width * places.phases; ++x) is_output[places.exponent(y, x)] = true;
  }
  for (std::size_t e = 0; e < needed.size(); ++e) {
    if (is_output[e]) needed[e] = false;
  }
  const auto lanes = free_lanes(op);
  std::array<std::vector<FreeTile>, free_widths> tiles;
  const auto is_free = [&](const FreeTile& tile) {
    for (std::uint32_t lane = 0; lane < tile.lanes; ++lane) {
      if (tile.exponent(lane) < places.size && is_output[tile.exponent(lane)]) return false;
    }
    return true;
  };
  // [first, end) is free, and `last` the last exponent in it that is needed; beyond the polynomial all is
  // free. Each exponent is looked at once: a structure of a few bytes can ask for millions.
  std::uint32_t first = 0, end = 0, last = 0;
  for (std::uint32_t e = 0; e < places.size; ++e) {
    if (is_output[e]) first = e + 1;
    if (!needed[e]) continue;
    if (e >= end) {
      for (end = e; end < places.size && !is_output[end]; ++end) {
        if (needed[end]) last = end;
      }
    }
    // Upright tiles may have taken it.
    while (!needed[last]) --last;
    const std::uint32_t room = end == places.size ? ~0U : end - first;
    const std::uint32_t wanted = last - e + 1;
    std::size_t width = wide;
    FreeTile tile{e, lanes[upright], places.pitch};
    if (room < lanes[wide] && lanes[upright] > 1 && is_free(tile)) {
      width = upright;
    } else {
      // The first width that fits, and is not mostly in vain.
      while (lanes[width] > room || (width != single && lanes[width] > 2 * wanted)) {
        width = width == wide ? std::size_t{narrow} : std::size_t{single};
      }
      tile = {end == places.size ? e : std::min(e, end - lanes[width]), lanes[width], 1};
    }
    tiles[width].push_back(tile);
    for (std::uint32_t lane = 0; lane < tile.lanes; ++lane) {
      if (tile.exponent(lane) < places.size) needed[tile.exponent(lane)] = false;
    }
  }
  return tiles;
}

SumRange range_of(const Program& program, const Op& op) {
  // Sums of fewer than 2^30 products of at most 2^31 and 2^31, in doubles once they pass 2^62.
  constexpr double most = 4e18;
  std::vector<double> least(program.tensors[op.outputs[0]].shape[0], 0.0), greatest = least;
  for (const Term& term : terms_of(program, op)) {
    const auto& weights = program.constants[term.weights].values;
    const Tensor& input = program.tensors[term.input];
    // Beside an image stands 0.
    const auto min = static_cast<double>(std::min<std::int64_t>(input.min, 0)),
               max = static_cast<double>(std::max<std::int64_t>(input.max, 0));
    const std::size_t rows = weights.size() / term.group_outputs;  // of a tap and an input channel
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t first = row / term.group_inputs % term.groups * term.group_outputs;
      extend_ranges(weights.data() + row * term.group_outputs, term.group_outputs, min, max,
                    least.data() + first, greatest.data() + first);
    }
  }
  SumRange range;
  const auto bias = bias_of(op);
  for (std::size_t o = 0; o < least.size(); ++o) {
    const double b = bias ? program.constants[*bias].values[o] : 0;
    range.min = std::min(range.min, static_cast<std::int64_t>(std::max(-most, least[o] + std::min(b, 0.0))));
    range.max =
        std::max(range.max, static_cast<std::int64_t>(std::min(most, greatest[o] + std::max(b, 0.0))));
  }
  return range;
}

extern const Meaning meaning;
const Meaning meaning = {.name = "correlation",
                         .makes_claims = true,
                         .check = check,
                         .takes_tiles = true,
                         .subtracts = [](const Op&) { return true; },
                         .buffers = [](const Op&) { return free_widths; },
                         .execute = execute,
                         .sums = range_of,
                         .reach =
                             [](const Program& program, const Op& op) {
                               const SumRange range = range_of(program, op);
                               return std::max(-range.min, range.max);
                             }};

}  // namespace circlet::correlation
