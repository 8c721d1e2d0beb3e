// correlation: what a convolutional layer computes, on images whose lines are tiles,
//
//   acc[o][y][x] = bias_o + sum over terms, channels c of o's group, taps (p, q) of
//                  W[p][q][g][c][o] X_c[s y + d p - top][S x + e q - left],
//
// where X_c[v][u] is 0 outside of the image. An image is a tensor [channels][lines][S][n], of which value
// [c][v][r][j] is X_c[v][S j + r]: the S *phases* of a line stand apart, so that a stride of S reads whole
// tiles. The output is [O][H][Q][m], its value [o][y][r][j] the sum of x = Q j + r.
//
// Lines lie `pitch` places apart among the coefficients of a polynomial in alpha (geometry below), and a
// place beside an image that is one of the line before or after means that line, as it does there, if it is
// s y + d p - top for a y of the output; of other lines the tap reads nothing. Whoever makes the op chooses a
// pitch that leaves no such place to an output that matters.
//
// Terms have an input and weights, of shape [kernel height, kernel width, groups, channels of a group,
// outputs of a group], and six attributes: s, d, e, top, left, groups. Of a term that adds up windows, each
// channel alone, the weights are public: a constant of indices, all 1. Then, perhaps, comes a bias, of shape
// [O]. Before the terms come four attributes: pitch; the lanes of wide, of narrow and of upright free tiles.
//
// The coefficients of the polynomial that are no sums of the output are *free*: the proof has tiles for them
// whose values nobody reads; the lanes of upright ones are a pitch apart, so that one tile takes a place
// between all lines. Where no upright ones are wanted their lanes are 1. The executor writes the honest ones
// into buffers. The output is known by claims, a tile each, that its only reader yields, `requantise` or
// `saturate`, which splits the free tiles too: its table covers the output's range, which holds all sums,
// with or without a bias.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "program/meaning.hpp"

namespace circlet::correlation {

struct Term {
  TensorId input = 0;
  ConstantId weights = 0;
  std::uint32_t channels = 0, lines = 0, phases = 0, width = 0;  // of the input; width is n
  std::uint32_t kernel_height = 0, kernel_width = 0;
  std::uint32_t groups = 1, group_inputs = 0, group_outputs = 0;
  std::uint32_t stride = 1, dilation_y = 1,
                dilation_x = 1;  // the stride of lines; that of columns is `phases`
  std::int32_t top = 0, left = 0;
  bool adds_windows = false;  // the weights are public ones

  /// Lines of X whose number is a modulo the stride.
  [[nodiscard]] std::uint32_t lines_of(std::uint32_t a) const { return (lines + stride - 1 - a) / stride; }
};

/// A tap reads phase (a, b) of every channel, times alpha^shift; of its lines those from `first` to before
/// `end`, from which outputs come. There may be none.
struct Tap {
  std::uint32_t p = 0, q = 0, a = 0, b = 0, shift = 0, first = 0, end = 0;
  [[nodiscard]] bool is_empty() const { return first == end; }
};

/// Where everything stands in the polynomial in alpha:
///
///   X_(c,a,b) = sum over i, j of x[c][s i + a][b][j] alpha^(top_place - i pitch - j), i the tap's lines,
///   sum over taps of alpha^shift w X  =  sum over y, x of acc[y][x] alpha^(origin - y pitch - x) + free
///   tiles.
struct Geometry {
  std::uint32_t pitch = 1;
  std::uint32_t outputs = 0, height = 0, phases = 1, width = 0;  // of the output: O, H, Q, m
  std::uint32_t origin = 0;                                      // exponent of acc[0][0]
  std::uint32_t size = 0;                                        // exponents of the polynomial: 0 .. size - 1
  std::vector<std::uint32_t> top_place;                          // by term
  std::vector<std::vector<Tap>> taps;                            // by term, p first

  [[nodiscard]] std::uint32_t exponent(std::uint32_t y, std::uint32_t x) const {
    return origin - y * pitch - x;
  }
  /// That of column j of line i of a phase of a term's input.
  [[nodiscard]] std::uint32_t exponent_of(std::size_t term, std::uint32_t i, std::uint32_t j) const {
    return top_place[term] - i * pitch - j;
  }
};

/// A free tile: lane i is the coefficient of alpha^(first + step (lanes - 1 - i)).
struct FreeTile {
  std::uint32_t first = 0, lanes = 1, step = 1;
  [[nodiscard]] std::size_t exponent(std::uint32_t lane) const {
    return first + std::size_t{step} * (lanes - 1 - lane);
  }
};

/// Wide, narrow, upright and single free tiles. Besides the output, executing writes a buffer of the values
/// of each, of channel after channel.
inline constexpr std::size_t free_widths = 4;

std::vector<Term> terms_of(const Program& program, const Op& op);
/// Of an op that has passed its check.
Geometry geometry_of(const Program& program, const Op& op);
/// What its sums can be with these weights, with or without a bias. Needs weights.
SumRange range_of(const Program& program, const Op& op);
/// The lanes of wide, narrow, upright and single free tiles.
std::array<std::uint32_t, free_widths> free_lanes(const Op& op);
/// The free tiles of one channel by width, which cover every coefficient that is no output and may differ
/// from 0.
std::array<std::vector<FreeTile>, free_widths> free_tiles(const Program& program, const Op& op,
                                                          const Geometry& geometry);

}  // namespace circlet::correlation
