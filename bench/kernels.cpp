// Times of the engine's parts, as nanoseconds a trace cell or a value (items_per_second is the inverse).
#include <benchmark/benchmark.h>

#include <map>
#include <random>

#include "components/prover/prove_components.hpp"
#include "fri/prover/circle_fft.hpp"
#include "fri/prover/codeword_kernels.hpp"
#include "fri/prover/commitment_scheme_prover.hpp"
#include "merkle/simd/grinding_kernels.hpp"

using namespace circlet;

namespace {

using MC = Blake2sMerkleChannel;

ColumnSet random_columns(std::size_t count, std::uint32_t log_size) {
  std::mt19937 random(1);
  ColumnSet set(std::vector<std::uint32_t>(count, log_size));
  for (std::size_t i = 0; i < count; ++i) {
    for (M31& value : set.mutable_column(i)) value = M31::reduce(random());
  }
  return set;
}

void count_items(benchmark::State& state, std::size_t items) {
  state.SetItemsProcessed(static_cast<std::int64_t>(items) * static_cast<std::int64_t>(state.iterations()));
}

void ifft(benchmark::State& state) {
  const auto k = static_cast<std::uint32_t>(state.range(0));
  ColumnSet columns = random_columns(1, k);
  for (auto _ : state) circle_ifft(columns.mutable_column(0));
  count_items(state, std::size_t{1} << k);
}
BENCHMARK(ifft)->Arg(13)->Arg(16)->Arg(20);

void extension_to_twice_the_size(benchmark::State& state) {
  const auto k = static_cast<std::uint32_t>(state.range(0));
  const ColumnSet columns = random_columns(1, k);
  ColumnSet extension({k + 1});
  for (auto _ : state) low_degree_extension(columns[0], extension.mutable_column(0));
  count_items(state, std::size_t{1} << k);
}
BENCHMARK(extension_to_twice_the_size)->Arg(13)->Arg(16)->Arg(20);

void merkle_tree(benchmark::State& state) {
  const auto k = static_cast<std::uint32_t>(state.range(1));
  const ColumnSet columns = random_columns(static_cast<std::size_t>(state.range(0)), k);
  const auto views = columns.columns();
  for (auto _ : state) benchmark::DoNotOptimize(MerkleTree<MC>::commit(views).root());
  count_items(state, columns.size() << k);
}
BENCHMARK(merkle_tree)->Args({128, 14})->Args({16, 20});

void numerators(benchmark::State& state) {
  const auto k = static_cast<std::uint32_t>(state.range(1));
  const ColumnSet columns = random_columns(static_cast<std::size_t>(state.range(0)), k);
  std::vector<const std::uint32_t*> pointers;
  for (const auto& column : columns.columns()) pointers.push_back(words(column));
  const std::vector<QM31> weights(pointers.size(), QM31::from_u32(1, 2, 3, 4));
  SecureColumn out(std::size_t{1} << k);
  for (auto _ : state) {
    codeword_kernels().combine_columns(pointers.data(), weights.data(), pointers.size(), words(out), 0,
                                       out.size());
  }
  count_items(state, columns.size() << k);
}
BENCHMARK(numerators)->Args({128, 10})->Args({128, 14})->Args({16, 20});

void point_evaluation(benchmark::State& state) {
  const auto k = static_cast<std::uint32_t>(state.range(0));
  const ColumnSet columns = random_columns(1, k);
  const PointEvaluator evaluator({QM31::from_u32(1, 2, 3, 4), QM31::from_u32(5, 6, 7, 8)}, k);
  for (auto _ : state) benchmark::DoNotOptimize(evaluator.evaluate(columns[0]));
  count_items(state, std::size_t{1} << k);
}
BENCHMARK(point_evaluation)->Arg(13)->Arg(20);

void nonce_search(benchmark::State& state) {
  const Blake2sHash prefix = Blake2sChannel().pow_prefix(32);
  constexpr std::uint32_t nonces = 1U << 12;
  for (auto _ : state) benchmark::DoNotOptimize(grinding_kernels().find_nonce(prefix, 0, 0, nonces, 32));
  count_items(state, nonces);
}
BENCHMARK(nonce_search);

// Columns that no constraint ties: what proving costs before constraints.
class FreeColumns : public Component, public ComponentProver {
 public:
  FreeColumns(std::uint32_t log_size, std::uint32_t columns) : log_size_(log_size), masks_(2) {
    for (std::uint32_t c = 0; c < columns; ++c) masks_[1].push_back({c, {0}});
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint32_t log_size() const override { return log_size_; }
  [[nodiscard]] std::uint32_t constraint_count() const override { return 0; }
  [[nodiscard]] const ComponentMasks& masks() const override { return masks_; }
  void evaluate_at_point(const MaskValues&, PointAccumulator&) const override {}
  [[nodiscard]] const Component& component() const override { return *this; }
  void accumulate(const DomainEvaluations&, std::uint32_t, std::uint32_t, std::span<const QM31>,
                  const std::array<std::uint32_t*, 4>&) const override {}

 private:
  std::string name_ = "free columns";
  std::uint32_t log_size_;
  ComponentMasks masks_;
};

void whole_proof(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  const auto k = static_cast<std::uint32_t>(state.range(1));
  const ColumnSet columns = random_columns(count, k);
  const FreeColumns component(k, count);
  const ComponentProver* const components[] = {&component};
  const auto empty = CommittedTree<MC>::from_evaluations(ColumnSet(), 1);
  std::map<std::string, double> phases;
  for (auto _ : state) {
    state.PauseTiming();
    ColumnSet copy(columns.log_sizes());
    for (std::size_t i = 0; i < count; ++i) std::ranges::copy(columns[i], copy.mutable_column(i).begin());
    state.ResumeTiming();
    Blake2sChannel channel;
    const PcsConfig config{
        .pow_bits = 0,
        .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 70, .fold_step = 3}};
    CommitmentSchemeProver<MC> scheme(
        config, [&](std::string_view name, double seconds) { phases[std::string(name)] += seconds * 1e3; });
    scheme.commit(empty, channel);
    scheme.commit(CommittedTree<MC>::from_evaluations(std::move(copy), 1), channel);
    scheme.timer().end_phase("trace commitment");
    benchmark::DoNotOptimize(prove_components<MC>(components, channel, scheme));
  }
  for (const auto& [name, milliseconds] : phases) {
    state.counters[name + " ms"] = milliseconds / static_cast<double>(state.iterations());
  }
  count_items(state, columns.size() << k);
}
BENCHMARK(whole_proof)
    ->Args({130, 13})
    ->Args({130, 16})
    ->Args({16, 20})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
