// The arrays of a proving key: how they are written, and mapped again without a copy.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fri/prover/committed_tree.hpp"
#include "hash/merkle_channel.hpp"

namespace circlet {

using StoredTree = CommittedTree<Blake2sMerkleChannel>;

template <class T>
std::span<const std::uint8_t> as_bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

/// Appends the tree's arrays, where they lie.
void add_tree(std::vector<std::span<const std::uint8_t>>& parts, const StoredTree& tree);

/// Walks the arrays of a key file without copying them; every tree keeps the file alive.
class TreeReader {
 public:
  TreeReader(std::shared_ptr<const void> file, std::span<const std::uint8_t> arrays)
      : file_(std::move(file)), arrays_(arrays) {}

  /// The next tree, of columns of these log sizes. Its nodes are trusted to belong to its columns. Throws
  /// Error(bad_input) if the file is too short.
  [[nodiscard]] std::shared_ptr<const StoredTree> read(std::vector<std::uint32_t> log_sizes,
                                                       std::uint32_t log_blowup);
  /// Columns of these log sizes, each of 16 values or more. Error(bad_input) as above.
  [[nodiscard]] std::vector<std::span<const M31>> read_columns(std::span<const std::uint32_t> log_sizes);
  /// Throws Error(bad_input) unless all bytes are read.
  void expect_end() const;

 private:
  template <class T>
  std::span<const T> view(std::size_t count);

  std::shared_ptr<const void> file_;
  std::span<const std::uint8_t> arrays_;
};

}  // namespace circlet
