#include "stark/prover/tree_file.hpp"

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

void add_tree(std::vector<std::span<const std::uint8_t>>& parts, const StoredTree& tree) {
  parts.push_back(as_bytes_of(tree.coefficients().values()));
  parts.push_back(as_bytes_of(tree.head().values()));
  parts.push_back(as_bytes_of(tree.merkle().nodes()));
}

std::shared_ptr<const StoredTree> TreeReader::read(std::vector<std::uint32_t> log_sizes,
                                                   std::uint32_t log_blowup) {
  std::vector<std::uint32_t> head_log_sizes = log_sizes;
  for (auto& k : head_log_sizes) ++k;
  const std::uint32_t height = *std::ranges::max_element(log_sizes) + log_blowup;
  const auto coefficients = view<M31>(value_count(log_sizes));
  const auto head = view<M31>(value_count(head_log_sizes));
  const auto nodes = view<Blake2sHash>(MerkleTree<Blake2sMerkleChannel>::node_count(height));
  return StoredTree::from_parts(ColumnSet(std::move(log_sizes), coefficients, file_),
                                ColumnSet(std::move(head_log_sizes), head, file_),
                                MerkleTree<Blake2sMerkleChannel>(height, nodes, file_), log_blowup);
}

std::vector<std::span<const M31>> TreeReader::read_columns(std::span<const std::uint32_t> log_sizes) {
  std::vector<std::span<const M31>> columns;
  for (const std::uint32_t k : log_sizes) columns.push_back(view<M31>(std::size_t{1} << k));
  return columns;
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
