// Ops over many records at once: a value of all records is a line of places, in tiles, which is called a
// channel here. Everything that these ops compute with is public, but for the weights of a correlation.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "program/program.hpp"

namespace circlet {

/// A channel of a tensor.
struct Channel {
  TensorId tensor = 0;
  std::uint32_t index = 0;
};

class TileOps {
 public:
  TileOps(Program& program, std::uint32_t records);

  [[nodiscard]] std::uint32_t lanes() const { return lanes_; }
  /// Places of a channel: those after the records are copies of the last one.
  [[nodiscard]] std::uint32_t places() const { return tiles_ * lanes_; }
  /// Tiles of a channel.
  [[nodiscard]] std::uint32_t tiles() const { return tiles_; }
  [[nodiscard]] std::uint32_t channels_of(TensorId tensor) const { return program_.tensors[tensor].shape[0]; }

  TensorId add_tensor(std::string name, std::uint32_t channels, std::int64_t min, std::int64_t max);
  void add_op(OpKind kind, std::string name, std::vector<TensorId> inputs, std::vector<ConstantId> constants,
              TensorId output, std::vector<std::int64_t> attributes);
  ConstantId add_indices(const std::string& name, std::vector<std::uint32_t> shape,
                         std::vector<std::int32_t> values);
  /// Rows of indices of channels, -1 for none, as those of their tiles, tile by tile: [row][tile][term].
  [[nodiscard]] std::vector<std::int32_t> tiles_of(const std::vector<std::int32_t>& channels,
                                                   std::size_t terms) const;

  /// Channels of a tensor by another name; the tensor itself, if it is all of them in order.
  TensorId choose(TensorId tensor, const std::vector<std::int32_t>& channels, const std::string& name);
  TensorId range(TensorId tensor, std::uint32_t first, std::uint32_t count, const std::string& name);

  /// One of the channels that a sum adds up or subtracts.
  struct Term {
    Channel of;
    bool is_subtracted = false;
  };
  /// Each of the sums is a channel.
  TensorId add_sums(const std::vector<std::vector<Term>>& sums, const std::string& name);

  /// table[(acc + offset) >> shift] of sums.
  TensorId look_up(TensorId sums, const std::string& name, std::uint32_t shift, std::int64_t offset,
                   std::vector<std::int32_t> table);
  /// f(acc) of sums, for all integers in their range.
  TensorId map(TensorId sums, const std::string& name, const std::function<std::int64_t(std::int64_t)>& f);
  /// [acc >= n] of sums; n is above the least of them, and not above the greatest.
  TensorId step(TensorId sums, std::int64_t n, const std::string& name);

  /// The greatest of the channels.
  TensorId greatest(TensorId tensor, const std::string& name);

  /// How many of the records have a 1 in each channel, of values 0 and 1: single values.
  TensorId count(TensorId bits, const std::string& name);

 private:
  Program& program_;
  std::uint32_t records_, lanes_, tiles_;
};

}  // namespace circlet
