// Writes calldata of proofs whose tables come in every order of size, ties included: the order of the columns
// in a Merkle leaf depends on it.
//   circlet-make-orders FOLDER
// One small model is proved again and again, its tables filled up with rows that do nothing: FOLDER/<log
// sizes>.json, 75 of them. The fold step and the blow-up vary as well.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/artefact.hpp"
#include "stark/commit.hpp"
#include "stark/prover.hpp"
#include "stark/shape.hpp"
#include "stark/verifier.hpp"
#include "starknet/calldata.hpp"
#include "tests/support/random_program.hpp"

namespace {

using namespace circlet;

using Sizes = std::array<std::uint32_t, table_count>;

/// Rows of zeros at the end of every column; of ones in the first, `live`, of a structure tree.
void fill_up(TableColumns& tables, const Sizes& sizes, bool structure) {
  for (std::size_t table = 0; table < table_count; ++table) {
    auto& columns = tables[table];
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].resize(std::size_t{1} << sizes[table], M31(structure && i == 0 ? 1 : 0));
    }
  }
}

class FilledTrace : public TraceSource {
 public:
  FilledTrace(TraceSource& source, const Sizes& sizes) : source_(source), sizes_(sizes) {}
  TableColumns witness() override { return filled(source_.witness()); }
  TableColumns fingerprints(const Challenges& challenges) override {
    return filled(source_.fingerprints(challenges));
  }
  std::array<LogUpTrace, table_count> logup(const Challenges& challenges) override {
    auto traces = source_.logup(challenges);
    TableColumns columns;
    for (std::size_t table = 0; table < table_count; ++table)
      columns[table] = std::move(traces[table].columns);
    fill_up(columns, sizes_, false);
    for (std::size_t table = 0; table < table_count; ++table)
      traces[table].columns = std::move(columns[table]);
    return traces;
  }

 private:
  TableColumns filled(TableColumns columns) const {
    fill_up(columns, sizes_, false);
    return columns;
  }

  TraceSource& source_;
  Sizes sizes_;
};

/// Every way to rank four tables, equal ranks included, without gaps: 75.
std::set<Sizes> weak_orders() {
  std::set<Sizes> orders;
  for (std::uint32_t code = 0; code < 256; ++code) {
    const Sizes ranks = {code & 3, (code >> 2) & 3, (code >> 4) & 3, (code >> 6) & 3};
    const std::uint32_t highest = *std::ranges::max_element(ranks);
    const auto used = [&](std::uint32_t rank) { return std::ranges::count(ranks, rank) != 0; };
    bool gap = false;
    for (std::uint32_t rank = 0; rank < highest; ++rank) gap = gap || !used(rank);
    if (!gap) orders.insert(ranks);
  }
  return orders;
}

int run(const std::filesystem::path& folder) {
  const Program program = testing::random_residual(2, 1);
  const PcsConfig pcs{.pow_bits = 2, .fri = {.log_blowup_factor = 1, .n_queries = 3, .fold_step = 1}};
  const ProvingKey smallest = setup(program, {.target = Target::chain, .pcs = pcs});
  const auto input = testing::ProgramBuilder(1, 0, 0, 1).random_input(program.tensors[program.input], 1);
  const Trace execution = execute(program, input, 1);
  const Arithmetisation arithmetisation = arithmetise(program, {16, 1}, true);
  const auto least = smallest.key.log_sizes.pad;
  std::filesystem::create_directories(folder);
  std::uint32_t count = 0;
  for (const Sizes& ranks : weak_orders()) {
    ProvingKey proving_key = smallest;
    auto& key = proving_key.key;
    Sizes sizes{};
    for (std::size_t table = 0; table < table_count; ++table) sizes[table] = least + ranks[table];
    key.log_sizes = {sizes[0], sizes[1], sizes[2], sizes[3], *std::ranges::max_element(sizes)};
    key.pcs.fri.fold_step = 1 + count % 4;
    key.pcs.fri.log_blowup_factor = 1 + count / 4 % 4;
    ModelColumns model = model_columns(program, arithmetisation);
    HonestTrace honest(program, arithmetisation, model, execution);
    FilledTrace source(honest, sizes);
    ModelColumns filled = model;
    fill_up(filled.structure, sizes, true);
    fill_up(filled.weights, sizes, false);
    const AirShape shape = air_shape(key);
    proving_key.structure = commit_tables(shape, filled.structure, key.pcs.fri.log_blowup_factor);
    proving_key.weights = commit_tables(shape, filled.weights, key.pcs.fri.log_blowup_factor);
    key.structure_root = proving_key.structure->merkle().root();
    key.weights_root = proving_key.weights->merkle().root();
    const Statement statement{.context = {count}, .inputs = execution.input, .outputs = execution.output()};
    const Proof proof = prove_trace(proving_key, statement, source);
    verify(key, proof);
    const auto text = calldata_to_json(encode_calldata(key, proof)).dump();
    write_file(folder / fmt::format("order_{}.json", fmt::join(ranks, "")),
               {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    ++count;
  }
  fmt::print("{} orders\n", count);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw Error(ErrorKind::usage, "usage: circlet-make-orders FOLDER");
    return run(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "circlet-make-orders: " << error.what() << "\n";
    return 1;
  }
}
