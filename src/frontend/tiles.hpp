// Which layers of a graph are computed on tiles, and how their images lie in them: lines of an image are cut
// into tiles of neighbouring places, the places of a line that are one modulo the stride of whoever reads it
// standing together (operators/correlation/meaning.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "frontend/graph.hpp"

namespace circlet {

/// What `correlation` takes of an image on tiles.
inline constexpr std::uint32_t most_phases = 16;

/// An image [channels][height][width] as a tensor [channels][height][phases][columns]: place x is column x /
/// phases of phase x mod phases. Where the phases do not divide the width, the last columns hold anything; so
/// do spare ones, which make lines whole tiles.
struct ImageLayout {
  std::uint32_t channels = 1, height = 1, width = 1, phases = 1, lanes = 1, spare = 0;
  [[nodiscard]] std::uint32_t columns() const { return (width + phases - 1) / phases + spare; }
  [[nodiscard]] std::vector<std::uint32_t> shape() const { return {channels, height, phases, columns()}; }
  [[nodiscard]] std::uint32_t tiles() const { return channels * height * phases * (columns() / lanes); }
  /// Of a value of the tensor: where it lies in the image; of a place beyond the width, the line's last one.
  [[nodiscard]] std::vector<std::uint32_t> places() const;
  /// Whether the tensor's value at `at` is one of the image.
  [[nodiscard]] bool is_value(std::size_t at) const {
    return at % columns() * phases + at / columns() % phases < width;
  }
  /// Whether another layout is of an image as large: a tensor may be read as images of several sizes.
  /// The image alone, in no tiles.
  [[nodiscard]] ImageLayout whole() const { return {.channels = channels, .height = height, .width = width}; }
  [[nodiscard]] bool is_of_size(const ImageLayout& other) const {
    return channels == other.channels && height == other.height && width == other.width;
  }
  /// Whether rows of the image, one after the other, are the tensor.
  [[nodiscard]] bool is_rows() const { return phases == 1 && lanes == 1; }
  friend bool operator==(const ImageLayout&, const ImageLayout&) = default;
};

/// A layer's input as an image, and the phases in which it is read; 0: in any.
struct ReadImage {
  TensorId tensor = 0;
  std::uint32_t phases = 1;
};

/// The layers on tiles, each with the layout of the image that it makes.
class TilePlan {
 public:
  /// No layer at all if `wanted` is false. With `saturates`, lines are made whole, and phases are copies of
  /// them: `saturate` takes no tiles in phases.
  TilePlan(const Graph& graph, bool wanted, bool saturates = false);

  [[nodiscard]] const ImageLayout* layout(std::size_t layer) const {
    const auto found = made_.find(layer);
    return found == made_.end() ? nullptr : &found->second;
  }
  /// The image that a tensor is, if a layer makes it on tiles.
  [[nodiscard]] std::optional<ImageLayout> whole(TensorId tensor) const {
    const auto found = images_.find(tensor);
    return found == images_.end() ? std::nullopt : std::optional(found->second);
  }
  /// That of the model's input, if it is read as an image on tiles.
  [[nodiscard]] const std::optional<ImageLayout>& input() const { return input_; }
  /// The image with other phases, in the widest tiles that some layer has too.
  [[nodiscard]] ImageLayout with_phases(ImageLayout image, std::uint32_t phases) const;
  /// Lanes of tiles of coefficients that are no sums, of all layers.
  [[nodiscard]] std::uint32_t wide_lanes() const { return wide_; }
  [[nodiscard]] std::uint32_t narrow_lanes() const { return narrow_; }
  /// Of those that take a place between all lines of an image so many exponents apart; 1: none.
  [[nodiscard]] std::uint32_t upright_lanes(const ImageLayout& made, std::uint32_t pitch) const;

 private:
  void find_images(const Graph& graph);
  [[nodiscard]] std::optional<ImageLayout> image_of_pooling(const Graph& graph,
                                                            const GraphPooling& pooling) const;
  [[nodiscard]] std::optional<ImageLayout> image_as_read(TensorId tensor,
                                                         const std::vector<std::uint32_t>& index) const;
  [[nodiscard]] std::optional<ImageLayout> image_of_product(const Graph& graph,
                                                            const GraphProduct& product) const;
  [[nodiscard]] std::optional<ImageLayout> image_of_sum(const Graph& graph, const GraphLayer& layer) const;
  [[nodiscard]] std::vector<ReadImage> images_read(const Graph& graph, std::size_t layer) const;
  void choose_layouts(const Graph& graph);
  void keep_tables_few();
  void choose_free_lanes(const Graph& graph);

  bool saturates_ = false;
  std::map<std::size_t, ImageLayout> made_;
  std::map<TensorId, ImageLayout> images_;  // that layers make, without tiles
  std::set<TensorId> looked_up_;            // of them, whose values a table gives
  std::vector<ImageLayout> copies_;         // in the phases that are read, where an image is made in none
  std::optional<ImageLayout> input_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> widths_;  // lanes and phases
  std::uint32_t wide_ = 8, narrow_ = 1;
  std::set<std::pair<std::uint32_t, std::uint32_t>> upright_;  // lanes and pitch
};

/// Whether it is of all places of each channel.
bool is_global_maximum(const GraphPooling& pooling);
/// Whether windows are whole runs of phases: their places are columns of one number.
bool is_aligned(const WindowAxis& x);

/// Whether the images of a graph are so large that tiles pay for the tables of their own.
bool has_large_images(const Graph& graph);

/// Exponents from one line of a correlation's output to the next: the least at which no place beside a line
/// that an output reads holds a value of another line. `inputs` are columns of the terms' tensors.
std::uint32_t pitch_of(const std::vector<WindowAxis>& axes, const std::vector<std::uint32_t>& inputs,
                       const ImageLayout& made);

}  // namespace circlet
