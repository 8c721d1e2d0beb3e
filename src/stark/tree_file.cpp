#include "stark/tree_file.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace circlet {
namespace {

std::size_t value_count(const std::vector<std::uint32_t>& log_sizes) {
  std::size_t count = 0;
  for (const auto k : log_sizes) count += std::max<std::size_t>(16, std::size_t{1} << k);
  return count;
}

}  // namespace

void write_tree(ByteWriter& writer, const StoredTree& tree) {
  writer.write_array(tree.coefficients().values());
  writer.write_array(tree.extension().values());
  writer.write_array(tree.merkle().nodes());
}

std::shared_ptr<const StoredTree> TreeReader::read(std::vector<std::uint32_t> log_sizes,
                                                   std::uint32_t log_blowup) {
  std::vector<std::uint32_t> extended = log_sizes;
  for (auto& k : extended) k += log_blowup;
  const std::uint32_t height = *std::ranges::max_element(extended);
  const auto coefficients = view<M31>(value_count(log_sizes));
  const auto extension = view<M31>(value_count(extended));
  const auto nodes = view<Blake2sHash>((std::size_t{2} << height) - 1);
  return StoredTree::from_parts(ColumnSet(std::move(log_sizes), coefficients, file_),
                                ColumnSet(std::move(extended), extension, file_),
                                MerkleTree<Blake2sMerkleChannel>(nodes, file_), log_blowup);
}

void TreeReader::expect_end() const {
  require(arrays_.empty(), ErrorKind::bad_input, "proving key: bytes left over: run `circlet setup` again");
}

template <class T>
std::span<const T> TreeReader::view(std::size_t count) {
  require(count <= arrays_.size() / sizeof(T), ErrorKind::bad_input,
          "proving key: truncated: run `circlet setup` again");
  const auto* first = reinterpret_cast<const T*>(arrays_.data());
  arrays_ = arrays_.subspan(count * sizeof(T));
  return {first, count};
}

}  // namespace circlet
