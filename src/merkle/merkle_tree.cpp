#include "merkle/merkle_tree.hpp"

#include "merkle/simd/blake2s_kernels.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t log_lanes = 4;
constexpr std::size_t block_words = 16;
constexpr std::size_t grain = 256;  // messages a task

using States = std::vector<std::uint32_t, AlignedAllocator<std::uint32_t>>;

}  // namespace

void MerkleHasher<Blake2sMerkleChannel>::leaves(std::span<const std::span<const M31>> columns,
                                                std::uint32_t height, Blake2sHash* out) {
  if (height < log_lanes) {
    for (std::uint32_t p = 0; p < 1U << height; ++p) {
      std::vector<M31> values;
      for (const auto& column : columns) {
        values.push_back(column[lifted_slot(p, height, log2_exact(column.size()))]);
      }
      out[p] = Blake2sMerkleChannel::leaf(values);
    }
    return;
  }
  std::vector<LiftedWords> words_of;
  for (const auto& column : columns) words_of.push_back({words(column), log2_exact(column.size())});

  // Blocks of sixteen columns whose largest has the same size make one run.
  const auto block_end = [&](std::size_t first) { return std::min(first + block_words, columns.size()); };
  const auto block_log_size = [&](std::size_t first) {
    return std::max(words_of[block_end(first) - 1].log_size, log_lanes);
  };
  States states;
  Blake2sRun run;
  for (std::size_t first = 0; first < columns.size();) {
    run.log_size = block_log_size(first);
    std::size_t end = block_end(first);
    while (end < columns.size() && block_log_size(end) == run.log_size) end = block_end(end);
    run.columns = std::span<const LiftedWords>(words_of).subspan(first, end - first);
    run.last = end == columns.size();
    if (run.last) run.log_size = height;
    States next(run.last ? 0 : std::size_t{8} << run.log_size);
    parallel_for_ranges(0, std::size_t{1} << run.log_size, grain, [&](std::size_t begin, std::size_t stop) {
      blake2s_kernels().absorb(run, begin, stop, next.data(), out);
    });
    run.bytes_before += 4 * (end - first);
    states = std::move(next);
    run.before = {states.data(), run.log_size};
    first = end;
  }
}

void MerkleHasher<Blake2sMerkleChannel>::parents(const Blake2sHash* children, Blake2sHash* out,
                                                 std::size_t count) {
  if (count < std::size_t{1} << log_lanes) {
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = Blake2sMerkleChannel::node(children[2 * i], children[2 * i + 1]);
    }
    return;
  }
  parallel_for_ranges(0, count, grain, [&](std::size_t begin, std::size_t end) {
    blake2s_kernels().nodes(children + 2 * begin, out + begin, end - begin);
  });
}

}  // namespace circlet
