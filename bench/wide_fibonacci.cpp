// Times a proof of the wide Fibonacci AIR, the statement of `oracle-prove --bench --comps 0:LOG_SIZE:COLUMNS`
// (no proof of work, blow-up 2, 70 queries, fold step 3). Rows are not timed. The proof is verified.
//   bench_wide_fibonacci LOG_SIZE COLUMNS REPEAT     the least time, as a line of JSON
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "bench/wide_fibonacci_kernels.hpp"
#include "components/prover/prove_components.hpp"
#include "tests/golden/golden_files.hpp"
#include "tests/golden/test_air_prover.hpp"

namespace circlet {
namespace {

class WideFibonacciProver : public ComponentProver {
 public:
  explicit WideFibonacciProver(std::shared_ptr<const test::TestComponent> component)
      : component_(std::move(component)) {}
  [[nodiscard]] const Component& component() const override { return *component_; }
  void accumulate(const DomainEvaluations& trace, std::uint32_t begin, std::uint32_t end,
                  std::span<const QM31> coefficients,
                  const std::array<std::uint32_t*, 4>& out) const override {
    wide_fibonacci_kernels().accumulate(trace, begin, end, coefficients, out);
  }

 private:
  std::shared_ptr<const test::TestComponent> component_;
};

double prove_once(const test::TestStatement& statement, const std::vector<BaseColumn>& structure,
                  const std::vector<BaseColumn>& main, bool check) {
  using MC = Blake2sMerkleChannel;
  const std::uint32_t log_blowup = statement.config.fri.log_blowup_factor;
  const auto& shape = statement.components[0];
  ColumnSet structure_set = test::column_set(structure), main_set = test::column_set(main);
  const auto start = std::chrono::steady_clock::now();
  Blake2sChannel channel;
  mix_config(statement.config, channel);
  CommitmentSchemeProver<MC> scheme(statement.config);
  scheme.commit(CommittedTree<MC>::from_evaluations(std::move(structure_set), log_blowup), channel);
  channel.mix_u32s(std::array{shape.kind, shape.log_size, shape.columns});
  scheme.commit(CommittedTree<MC>::from_evaluations(std::move(main_set), log_blowup), channel);
  const WideFibonacciProver prover(test::test_components(statement, {})[0]);
  const std::array<const ComponentProver*, 1> provers = {&prover};
  const auto proof = prove_components<MC>(provers, channel, scheme);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (check) test::verify_test_proof(statement, proof);
  return seconds;
}

int run(std::uint32_t log_size, std::uint32_t columns, int repeat) {
  test::TestStatement statement;
  statement.components = {{0, log_size, columns}};
  statement.preprocessed = {{"u_" + std::to_string(log_size), log_size}};
  statement.claimed_sums.resize(1);
  statement.config = {
      .pow_bits = 0,
      .fri = {.log_blowup_factor = 1, .log_last_layer_degree_bound = 0, .n_queries = 70, .fold_step = 3}};
  std::vector<BaseColumn> structure, main;
  for (const auto& [id, k] : statement.preprocessed) {
    structure.push_back(test::to_storage(test::test_preprocessed_rows(id, k)));
  }
  for (const auto& rows : test::test_main_rows(statement.components[0]))
    main.push_back(test::to_storage(rows));
  double least = prove_once(statement, structure, main, true);
  for (int i = 1; i < repeat; ++i) {
    least = std::min(least, prove_once(statement, structure, main, false));
  }
  std::cout << nlohmann::ordered_json({{"prove_seconds", least},
                                       {"cells", std::uint64_t{columns} << log_size},
                                       {"proofs", repeat}})
                   .dump()
            << "\n";
  return 0;
}

}  // namespace
}  // namespace circlet

int main(int argc, char** argv) {
  const auto number = [&](int i) { return argc > i ? std::strtoul(argv[i], nullptr, 10) : 0; };
  if (argc != 4 || number(1) < 4 || number(1) > 22 || number(2) < 3 || number(2) > 1000 || number(3) < 1) {
    std::cerr << "usage: bench_wide_fibonacci LOG_SIZE COLUMNS REPEAT\n";
    return 2;
  }
  return circlet::run(static_cast<std::uint32_t>(number(1)), static_cast<std::uint32_t>(number(2)),
                      static_cast<int>(number(3)));
}
