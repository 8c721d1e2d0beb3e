#include "program/tile_ops.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "core/error.hpp"
#include "program/share_table.hpp"
#include "program/split.hpp"

namespace circlet {

TileOps::TileOps(Program& program, std::uint32_t records)
    : program_(program),
      records_(records),
      lanes_(std::min(max_tile, std::bit_ceil(records))),
      tiles_((records + lanes_ - 1) / lanes_) {}

TensorId TileOps::add_tensor(std::string name, std::uint32_t channels, std::int64_t min, std::int64_t max) {
  program_.tensors.push_back({.name = std::move(name),
                              .shape = {channels, 1, 1, places()},
                              .min = min,
                              .max = max,
                              .scales = {1.0},
                              .lanes = lanes_});
  return static_cast<TensorId>(program_.tensors.size() - 1);
}

void TileOps::add_op(OpKind kind, std::string name, std::vector<TensorId> inputs,
                     std::vector<ConstantId> constants, TensorId output,
                     std::vector<std::int64_t> attributes) {
  program_.ops.push_back({.kind = kind,
                          .name = std::move(name),
                          .inputs = std::move(inputs),
                          .constants = std::move(constants),
                          .outputs = {output},
                          .attributes = std::move(attributes)});
}

ConstantId TileOps::add_indices(const std::string& name, std::vector<std::uint32_t> shape,
                                std::vector<std::int32_t> values) {
  program_.constants.push_back({.kind = ConstantTensor::Kind::indices,
                                .name = name,
                                .shape = std::move(shape),
                                .values = std::move(values)});
  return static_cast<ConstantId>(program_.constants.size() - 1);
}

std::vector<std::int32_t> TileOps::tiles_of(const std::vector<std::int32_t>& channels,
                                            std::size_t terms) const {
  require(std::uint64_t{channels.size()} * tiles_ <= max_reads, ErrorKind::unsupported,
          "so many records of this model are too many for one proof");
  std::vector<std::int32_t> indices;
  indices.reserve(channels.size() * tiles_);
  for (std::size_t row = 0; row < channels.size(); row += terms) {
    for (std::uint32_t tile = 0; tile < tiles_; ++tile) {
      for (std::size_t k = 0; k < terms; ++k) {
        const std::int32_t channel = channels[row + k];
        indices.push_back(
            channel < 0 ? -1 : channel * static_cast<std::int32_t>(tiles_) + static_cast<std::int32_t>(tile));
      }
    }
  }
  return indices;
}

TensorId TileOps::choose(TensorId tensor, const std::vector<std::int32_t>& channels,
                         const std::string& name) {
  std::vector<std::int32_t> all(channels_of(tensor));
  std::iota(all.begin(), all.end(), 0);
  if (channels == all) return tensor;
  const auto count = static_cast<std::uint32_t>(channels.size());
  const ConstantId indices = add_indices(name, {count * tiles_}, tiles_of(channels, 1));
  const TensorId chosen = add_tensor(name, count, program_.tensors[tensor].min, program_.tensors[tensor].max);
  add_op(OpKind::gather, name, {tensor}, {indices}, chosen, {});
  return chosen;
}

TensorId TileOps::range(TensorId tensor, std::uint32_t first, std::uint32_t count, const std::string& name) {
  std::vector<std::int32_t> channels(count);
  std::iota(channels.begin(), channels.end(), static_cast<std::int32_t>(first));
  return choose(tensor, channels, name);
}

TensorId TileOps::add_sums(const std::vector<std::vector<Term>>& sums, const std::string& name) {
  // An input of the op for every tensor and sign, with as many terms as the longest of the sums has of it.
  std::map<std::pair<TensorId, bool>, std::vector<std::vector<std::int32_t>>> inputs;
  for (std::size_t j = 0; j < sums.size(); ++j) {
    for (const Term& term : sums[j]) {
      auto& rows = inputs[{term.of.tensor, term.is_subtracted}];
      rows.resize(sums.size());
      rows[j].push_back(static_cast<std::int32_t>(term.of.index));
    }
  }
  const auto count = static_cast<std::uint32_t>(sums.size());
  std::vector<TensorId> tensors;
  std::vector<ConstantId> constants;
  std::vector<std::int64_t> signs;
  for (auto& [key, rows] : inputs) {
    const std::size_t terms = std::ranges::max(rows, {}, &std::vector<std::int32_t>::size).size();
    std::vector<std::int32_t> channels;
    for (auto& row : rows) {
      row.resize(terms, -1);
      channels.insert(channels.end(), row.begin(), row.end());
    }
    tensors.push_back(key.first);
    signs.push_back(key.second ? -1 : 1);
    constants.push_back(
        add_indices(name, {count * tiles_, static_cast<std::uint32_t>(terms)}, tiles_of(channels, terms)));
  }
  const TensorId made = add_tensor(name, count, 0, 0);
  add_op(OpKind::sum, name, std::move(tensors), std::move(constants), made, std::move(signs));
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), greatest = -least;
  for (const auto& terms : sums) {
    std::int64_t min = 0, max = 0;
    for (const Term& term : terms) {
      const Tensor& of = program_.tensors[term.of.tensor];
      min += term.is_subtracted ? -of.max : of.min;
      max += term.is_subtracted ? -of.min : of.max;
    }
    least = std::min(least, min);
    greatest = std::max(greatest, max);
  }
  program_.tensors[made].min = least;
  program_.tensors[made].max = greatest;
  return made;
}

TensorId TileOps::look_up(TensorId sums, const std::string& name, std::uint32_t shift, std::int64_t offset,
                          std::vector<std::int32_t> table) {
  const auto [least, greatest] = std::ranges::minmax(table);
  const ConstantId constant = share_table(program_, name, std::move(table));
  const TensorId made = add_tensor(name, channels_of(sums), least, greatest);
  add_op(OpKind::requantise, name, {sums}, {constant}, made,
         attributes_of({.shift = shift, .offset = offset, .digits = {}}));
  return made;
}

TensorId TileOps::map(TensorId sums, const std::string& name,
                      const std::function<std::int64_t(std::int64_t)>& f) {
  const std::int64_t least = program_.tensors[sums].min, greatest = program_.tensors[sums].max;
  std::vector<std::int32_t> table;
  for (std::int64_t x = least; x <= greatest; ++x) table.push_back(static_cast<std::int32_t>(f(x)));
  return look_up(sums, name, 0, -least, std::move(table));
}

TensorId TileOps::step(TensorId sums, std::int64_t n, const std::string& name) {
  StepLookUp step = step_at(n, program_.tensors[sums].min, program_.tensors[sums].max);
  return look_up(sums, name, step.split.shift, step.split.offset, std::move(step.table));
}

TensorId TileOps::greatest(TensorId tensor, const std::string& name) {
  for (std::uint32_t count = channels_of(tensor); count > 1; count = channels_of(tensor)) {
    // Two halves, which share a channel if there is an odd one.
    const std::uint32_t half = (count + 1) / 2;
    const TensorId a = range(tensor, 0, half, name), b = range(tensor, count - half, half, name);
    const std::int64_t min = program_.tensors[tensor].min, max = program_.tensors[tensor].max;
    std::vector<std::int32_t> table;  // of the differences
    for (std::int64_t d = min - max; d <= max - min; ++d)
      table.push_back(static_cast<std::int32_t>(std::max<std::int64_t>(d, 0)));
    const ConstantId constant = share_table(program_, name, std::move(table));
    tensor = add_tensor(name, half, min, max);
    add_op(OpKind::maximum, name, {a, b}, {constant}, tensor, {0});
  }
  return tensor;
}

TensorId TileOps::count(TensorId bits, const std::string& name) {
  const std::uint32_t channels = channels_of(bits), whole = records_ / lanes_, rest = records_ % lanes_;
  std::vector<TensorId> tiles;
  std::vector<ConstantId> windows;
  // Padding: none; then of each term that of lines and columns.
  std::vector<std::int64_t> attributes = {lanes_, lanes_, 1, 1};
  const auto add_term = [&](TensorId one_tile, std::uint32_t places) {
    tiles.push_back(one_tile);
    windows.push_back(add_indices(name, {1, places, channels, 1, 1},
                                  std::vector<std::int32_t>(std::size_t{places} * channels, 1)));
    attributes.insert(attributes.end(), {1, 1, 1, 0, 0, channels});
  };
  // The first `count` tiles from `first` on of every channel.
  const auto total = [&](std::uint32_t first, std::uint32_t count) {
    std::vector<std::int32_t> indices;
    for (std::uint32_t c = 0; c < channels; ++c) {
      for (std::uint32_t k = 0; k < count; ++k)
        indices.push_back(static_cast<std::int32_t>(c * tiles_ + first + k));
    }
    const ConstantId constant = add_indices(name, {channels, count}, std::move(indices));
    const TensorId made =
        add_tensor(name, channels, program_.tensors[bits].min * count, program_.tensors[bits].max * count);
    program_.tensors[made].shape = {channels, 1, 1, lanes_};
    add_op(OpKind::total, name, {bits}, {constant}, made, {});
    return made;
  };
  if (whole > 0) add_term(total(0, whole), lanes_);
  if (rest > 0) add_term(total(whole, 1), rest);
  const TensorId sums = add_tensor(name, channels, 0, records_);
  program_.tensors[sums].shape = {channels, 1, 1, 1};
  program_.tensors[sums].lanes = 1;
  add_op(OpKind::correlation, name, std::move(tiles), std::move(windows), sums, std::move(attributes));
  std::vector<std::int32_t> table(records_ + 1);
  std::iota(table.begin(), table.end(), 0);
  const TensorId made = look_up(sums, name, 0, 0, std::move(table));
  program_.tensors[made].shape = {channels};
  program_.tensors[made].lanes = 1;
  return made;
}

}  // namespace circlet
