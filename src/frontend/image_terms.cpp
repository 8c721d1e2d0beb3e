#include "frontend/image_terms.hpp"

#include <algorithm>

namespace circlet {
namespace {

/// Runs that are worth tiles.
constexpr std::size_t fewest_places = 16, fewest_channels = 4;

std::size_t plane_of(const ImageLayout& image) { return std::size_t{image.height} * image.width; }

bool is_image_of_lines(const LineView& view, const ImageLayout& whole, const ImageLayout& made) {
  return whole.width == std::uint64_t{made.width} * view.phases &&
         view.lines.size() == std::size_t{made.channels} * made.height;
}

}  // namespace

std::optional<LineView> view_of(const std::vector<std::uint32_t>& index, const ImageLayout& image) {
  if (index.size() < 2 || index[1] <= index[0]) return std::nullopt;
  LineView view{.phases = index[1] - index[0], .lines = {}};
  if (view.phases > most_phases || image.width % view.phases != 0) return std::nullopt;
  const std::size_t length = image.width / view.phases;
  if (index.size() % length != 0) return std::nullopt;
  for (std::size_t first = 0; first < index.size(); first += length) {
    const std::uint32_t line = index[first] / image.width, phase = index[first] % image.width;
    if (phase >= view.phases || line >= image.channels * image.height) return std::nullopt;
    for (std::size_t j = 1; j < length; ++j) {
      if (index[first + j] != index[first] + j * view.phases) return std::nullopt;
    }
    view.lines.push_back(line * view.phases + phase);
  }
  return view;
}

std::optional<TermKind> kind_of(const std::vector<std::uint32_t>& index, std::uint32_t rows_read,
                                const std::optional<ImageLayout>& whole, const ImageLayout& made) {
  const std::size_t plane = plane_of(made), rows = made.channels * plane;
  if (index.empty()) {
    if (rows_read != rows || !whole || !whole->is_of_size(made)) return std::nullopt;
    return TermKind::places;
  }
  if (index.size() != rows) return std::nullopt;
  const auto names = [&](auto row) {
    for (std::size_t j = 0; j < rows; ++j) {
      if (index[j] != row(j)) return false;
    }
    return true;
  };
  if (names([&](std::size_t j) { return index[j / plane * plane]; })) return TermKind::line;
  if (!whole) return std::nullopt;
  const auto view = view_of(index, *whole);
  if (view && is_image_of_lines(*view, *whole, made)) return TermKind::places;
  const bool is_one_channel = rows_read == plane && whole->channels == 1 && whole->height == made.height &&
                              whole->width == made.width;
  if (is_one_channel && names([&](std::size_t j) { return j % plane; })) return TermKind::channel;
  return std::nullopt;
}

std::optional<TermKind> kind_of(const GraphScaled& term, std::uint32_t rows_read,
                                const std::optional<ImageLayout>& whole, const ImageLayout& made) {
  const auto kind = kind_of(term.index, rows_read, whole, made);
  if (!kind) return std::nullopt;
  const bool is_taken = *kind == TermKind::line ? are_of_places(term.coefficients, made)
                                                : are_of_channels(term.coefficients, made);
  return is_taken ? kind : std::nullopt;
}

bool are_of_channels(std::span<const double> values, const ImageLayout& image) {
  if (values.size() < 2) return true;
  const std::size_t plane = plane_of(image);
  for (std::size_t j = 0; j < values.size(); ++j) {
    if (values[j] != values[j / plane * plane]) return false;
  }
  return true;
}

bool are_of_places(std::span<const double> values, const ImageLayout& image) {
  if (values.size() < 2) return true;
  const std::size_t plane = plane_of(image);
  for (std::size_t j = plane; j < values.size(); ++j) {
    if (values[j] != values[j - plane]) return false;
  }
  return true;
}

std::optional<ImageLayout> image_of_runs(const std::vector<std::uint32_t>& index) {
  if (index.size() < fewest_places * fewest_channels) return std::nullopt;
  std::size_t run = 1;
  while (run < index.size() && index[run] == index[0]) ++run;
  const std::size_t channels = index.size() / run;
  if (run < fewest_places || channels < fewest_channels || run * channels != index.size())
    return std::nullopt;
  for (std::size_t j = 0; j < index.size(); ++j) {
    if (index[j] != index[j / run * run]) return std::nullopt;
  }
  return ImageLayout{.channels = static_cast<std::uint32_t>(channels),
                     .width = static_cast<std::uint32_t>(run)};
}

}  // namespace circlet
