// Writes calldata of proofs whose tables come in every order of size, ties included: the order of the columns
// in a Merkle leaf depends on it.
//   circlet-make-orders FOLDER
// One small model is proved again and again, its tables filled up with mask rows: FOLDER/order_<ranks>.json,
// 75 of them. The fold step and the blow-up vary as well; a third of the proofs hide nothing, three in seven
// have a blinder that is taller than every table, and half have a committed input, half a committed output.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "air/prover/blinder.hpp"
#include "air/prover/mask_rows.hpp"
#include "core/artefact.hpp"
#include "program/executor.hpp"
#include "stark/prover/commit.hpp"
#include "stark/prover/data_commitment.hpp"
#include "stark/prover/prover.hpp"
#include "stark/shape.hpp"
#include "stark/verifier.hpp"
#include "starknet/calldata.hpp"
#include "tests/support/random_program.hpp"

namespace {

using namespace circlet;

/// Of linear, activate, lut and mac.
using Sizes = std::array<std::uint32_t, 4>;

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
  const auto input = testing::ProgramBuilder(1, 0, 0, 1).random_input(testing::input_tensor(program), 1);
  const auto output = execute(program, input, 1).output();
  const auto setup_with = [&](Visibility of_input, Visibility of_output) {
    return setup(program, {.target = Target::chain, .input = of_input, .output = of_output, .pcs = pcs});
  };
  const std::array<ProvingKey, 4> smallest = {setup_with(Visibility::shown, Visibility::shown),
                                              setup_with(Visibility::committed, Visibility::shown),
                                              setup_with(Visibility::shown, Visibility::committed),
                                              setup_with(Visibility::committed, Visibility::committed)};
  const std::uint32_t least = smallest[3].key.height();
  std::filesystem::create_directories(folder);
  std::uint32_t count = 0;
  for (const Sizes& ranks : weak_orders()) {
    ProvingKey proving_key = smallest[count / 2 % 4];
    auto& key = proving_key.key;
    key.zero_knowledge = count % 3 != 0;
    Sizes sizes{};
    for (std::size_t table = 0; table < sizes.size(); ++table) sizes[table] = least + ranks[table];
    const std::uint32_t taller = count % 7 < 3 ? 1 : 0;
    const std::uint32_t height = *std::ranges::max_element(sizes) + taller;
    for (std::size_t i = 0; i < key.instances.size(); ++i) {
      key.instances[i].log_size = i < sizes.size() ? sizes[i] : height;
    }
    key.pcs.fri.fold_step = 1 + count % 4;
    key.pcs.fri.log_blowup_factor = 1 + count / 4 % 4;
    Arithmetisation arithmetisation = arithmetise(program, key);
    proving_key.first_blinder_row = static_cast<std::uint32_t>(
        first_blinder_row(height, key.pcs.fri.log_blowup_factor, arithmetisation.shape.hidden_queries));
    arithmetisation.first_blinder_row = proving_key.first_blinder_row;
    const std::size_t masks_of_weights = (std::size_t{1} << sizes[0]) - arithmetisation.rows().linear - 1;
    proving_key.proof_budget =
        key.hides_weights() ? proofs_hidden_by(masks_of_weights, key.pcs.fri.n_queries) : 0;
    ModelColumns model = model_columns(program, arithmetisation);
    model.weights.back() = blinder_columns(Tree::weights, model.structure.back()[0], nullptr);
    const AirShape shape = air_shape(key);
    proving_key.structure = commit_tables(shape, model.structure, key.pcs.fri.log_blowup_factor);
    proving_key.weights = commit_tables(shape, model.weights, key.pcs.fri.log_blowup_factor);
    proving_key.structure_rows = model.structure;
    key.structure_root = proving_key.structure->merkle().root();
    key.weights_root = proving_key.weights->merkle().root();
    key.weights_pin = pinned_values(*proving_key.weights, Pinned::weights, key.lanes(), height);
    Csprng masks = Csprng::insecure(count);
    const DataCommitment input_data = commit_data(key, key.input(), input, &masks);
    const DataCommitment output_data = commit_data(key, key.output(), output, &masks);
    CommittedValues data;
    if (key.input().visibility == Visibility::committed) data.push_back(&input_data);
    if (key.output().visibility == Visibility::committed) data.push_back(&output_data);
    const Proof proof =
        prove(proving_key, program, input, {.context = {count}, .masks = &masks, .data = data});
    verify(key, proof);
    const std::string text = calldata_to_json(encode_calldata(key, proof)).dump();
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
