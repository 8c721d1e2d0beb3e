// How layers that add or multiply values place by place read images: all of one, place by place; one number a
// channel at every place of it; or one channel's image in every channel.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "frontend/graph.hpp"
#include "frontend/tiles.hpp"

namespace circlet {

/// An image made of the lines of another one, each in the places that are one modulo the phases: line k is
/// line lines[k] among [channels][height][phases]. Phases of 1 leave lines whole.
struct LineView {
  std::uint32_t phases = 1;
  std::vector<std::uint32_t> lines;
};

/// The rows that the index names of an image, if they are such lines; `image`: as a whole, without tiles.
/// Nothing for an index that is empty.
std::optional<LineView> view_of(const std::vector<std::uint32_t>& index, const ImageLayout& image);

enum class TermKind : std::uint8_t {
  places,   // the image itself, or a view of another one, times a coefficient a channel
  line,     // a number a channel, times a coefficient, or times one a place that all channels share
  channel,  // an image of one channel in every channel, times a coefficient a channel
};

/// How rows [channel][place] read a tensor of so many rows by an index, empty for row j: `whole` is the
/// image that the tensor is on tiles, if it is one. Nothing if it is none of the three.
std::optional<TermKind> kind_of(const std::vector<std::uint32_t>& index, std::uint32_t rows_read,
                                const std::optional<ImageLayout>& whole, const ImageLayout& made);
/// The same of a scaled term, whose coefficients are as its kind wants them.
std::optional<TermKind> kind_of(const GraphScaled& term, std::uint32_t rows_read,
                                const std::optional<ImageLayout>& whole, const ImageLayout& made);

/// Whether values are the same at all places of a channel, or the same in all channels; so are none, and one.
bool are_of_channels(std::span<const double> values, const ImageLayout& image);
bool are_of_places(std::span<const double> values, const ImageLayout& image);

/// The image that a layer's rows are if it reads one number a channel: runs of rows that read the same.
std::optional<ImageLayout> image_of_runs(const std::vector<std::uint32_t>& index);

}  // namespace circlet
