// oracle-export FOLDER: proves small random models and writes, a folder each, what the Rust oracle works on.
// oracle-export FOLDER MODEL INPUT: the same for one model folder that `circlet setup` wrote and the first
// samples of an input file, without proof of work, so that provers' times can be compared.
//   vk.json         words of the verification key
//   proof.json      the proof
//   other.json      a proof of another input (random models only)
//   columns.bin     the columns of the trees before the composition (README.md)
//   transcript.txt  the verifier's transcript, "<operation> <digest>" a line
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/artefact.hpp"
#include "fri/prover/circle_fft.hpp"
#include "frontend/inputs.hpp"
#include "program/executor.hpp"
#include "program/model_file.hpp"
#include "program/predicate.hpp"
#include "stark/prover/data_commitment.hpp"
#include "stark/prover/prover.hpp"
#include "stark/verifier.hpp"
#include "tests/support/random_program.hpp"

namespace circlet {
namespace {

/// The columns of a tree (README.md).
Bytes encode_tree(const CommittedTree<Blake2sMerkleChannel>& tree) {
  ByteWriter writer;
  const ColumnSet& coefficients = tree.coefficients();
  writer.write(static_cast<std::uint32_t>(coefficients.size()));
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    BaseColumn values(coefficients[i].begin(), coefficients[i].end());
    circle_fft(values);
    writer.write(coefficients.log_sizes()[i]);
    for (const M31 value : values) writer.write(value.value());
  }
  return writer.bytes();
}

Bytes encode_columns(const std::vector<Bytes>& trees) {
  ByteWriter writer;
  for (const char c : std::string("CIRCCOLS")) writer.write(static_cast<std::uint8_t>(c));
  writer.write(static_cast<std::uint32_t>(trees.size()));
  Bytes bytes = writer.bytes();
  for (const Bytes& tree : trees) bytes.insert(bytes.end(), tree.begin(), tree.end());
  return bytes;
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  write_file(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

const Context context = parse_context("0x0123456789abcdef00112233445566778899aabbccddeeff");

/// Commitments to what the key says is committed, in its order.
std::vector<DataCommitment> commit(const VerificationKey& key, const Program& program, const Buffer& inputs,
                                   Csprng* masks) {
  std::vector<DataCommitment> commitments;
  for (const PublicTensor& tensor : key.tensors) {
    if (tensor.visibility != Visibility::committed) continue;
    const bool is_input = tensor.direction == Direction::input;
    commitments.push_back(
        is_input ? commit_data(key, tensor, inputs, masks)
                 : commit_data(key, tensor, execute(program, inputs, tensor.lanes).output(), masks));
  }
  return commitments;
}

CommittedValues views(const std::vector<DataCommitment>& commitments) {
  CommittedValues values;
  for (const DataCommitment& commitment : commitments) values.push_back(&commitment);
  return values;
}

void export_proof(const std::filesystem::path& folder, const ProvingKey& proving_key, const Program& program,
                  const Buffer& inputs, Csprng* masks) {
  std::vector<Bytes> trees;
  const auto record = [&](const CommittedTree<Blake2sMerkleChannel>& tree) {
    if (&tree == proving_key.structure.get()) trees.clear();  // the prover starts, perhaps once more
    trees.push_back(encode_tree(tree));
  };
  const auto data = commit(proving_key.key, program, inputs, masks);
  const Proof proof = prove(proving_key, program, inputs,
                            {.context = context, .masks = masks, .data = views(data), .trees = record});
  std::string transcript;
  verify(proving_key.key, proof, [&](std::string_view operation, const Blake2sHash& digest) {
    transcript += std::string(operation) + " " + digest.to_hex() + "\n";
  });

  std::filesystem::create_directories(folder);
  write_text(folder / "vk.json", nlohmann::json(proving_key.key.to_words()).dump());
  write_text(folder / "proof.json", proof_to_json(proof).dump());
  write_text(folder / "transcript.txt", transcript);
  write_file(folder / "columns.bin", encode_columns(trees));
}

/// The masks are repeatable, so that every run sees the same proofs.
void export_random(const std::filesystem::path& folder, const Program& imported, SetupOptions options,
                   const char* output = "public") {
  const Predicate predicate = parse_predicate(output);
  const Program program = with_predicate(imported, predicate);
  options.meaning = meaning_of(imported, predicate);
  Csprng insecure = Csprng::insecure(1);
  Csprng* masks = options.zero_knowledge ? &insecure : nullptr;
  options.masks = masks;
  const ProvingKey proving_key = setup(program, options);
  testing::ProgramBuilder random(1, 0, 0, 7);
  const auto next_input = [&] {
    return random.random_input(program.tensors[program.inputs[0].tensor], options.batch);
  };
  export_proof(folder, proving_key, program, next_input(), masks);
  const auto other_input = next_input();
  const auto data = commit(proving_key.key, program, other_input, masks);
  const Proof other =
      prove(proving_key, program, other_input, {.context = context, .masks = masks, .data = views(data)});
  write_text(folder / "other.json", proof_to_json(other).dump());
}

void export_model(const std::filesystem::path& folder, const std::filesystem::path& model,
                  const std::filesystem::path& input) {
  const Program imported = load_model(model / "model.circlet").program;
  const Predicate predicate = load_structure(model / "model.structure").predicate;
  const Program program = with_predicate(imported, predicate);
  const VerificationKey key = load_verification_key(model / "model.vk");
  PcsConfig pcs = key.pcs;
  pcs.pow_bits = 0;
  const std::uint32_t rows = program.tensors[program.inputs[0].tensor].rows();
  auto inputs = quantise_input(program, read_inputs(input, rows));
  require(inputs.size() >= std::size_t{rows} * key.batch(), ErrorKind::bad_input, "too few samples");
  inputs.resize(std::size_t{rows} * key.batch());
  const ProvingKey proving_key = setup(program, {.target = Target::offchain,
                                                 .input = key.input().visibility,
                                                 .output = key.output().visibility,
                                                 .batch = key.batch(),
                                                 .lanes = key.lanes(),
                                                 .pcs = pcs,
                                                 .zero_knowledge = key.zero_knowledge,
                                                 .meaning = meaning_of(imported, predicate)});
  export_proof(folder, proving_key, program, inputs, nullptr);
}

PcsConfig small_config(std::uint32_t log_blowup, std::uint32_t queries, std::uint32_t fold_step,
                       std::uint32_t log_last) {
  return {.pow_bits = 8,
          .fri = {.log_blowup_factor = log_blowup,
                  .log_last_layer_degree_bound = log_last,
                  .n_queries = queries,
                  .fold_step = fold_step}};
}

void export_all(const std::filesystem::path& folder) {
  using testing::random_convolutions, testing::random_gated, testing::random_mlp, testing::random_residual,
      testing::random_squeezed, testing::random_tiles;
  const auto mlp = random_mlp(9, 17, 3, 1);
  const auto residual = random_residual(6, 2);
  export_random(folder / "mlp", mlp, {.pcs = small_config(1, 9, 1, 0)});
  export_random(folder / "mlp-no-zk", mlp, {.pcs = small_config(1, 9, 1, 0), .zero_knowledge = false});
  export_random(folder / "mlp-chain", mlp, {});
  export_random(folder / "mlp-chain-no-zk", mlp, {.zero_knowledge = false});
  export_random(folder / "mlp-batch-5", mlp,
                {.target = Target::offchain, .batch = 5, .lanes = 3, .pcs = small_config(2, 5, 3, 1)});
  // The blinder is higher than every table.
  export_random(folder / "mlp-once", random_mlp(3, 4, 2, 1), {.pcs = small_config(2, 20, 2, 0), .proofs = 1});
  export_random(folder / "mlp-argmax", random_mlp(5, 7, 4, 3), {.pcs = small_config(1, 9, 1, 0)}, "argmax");
  export_random(folder / "mlp-threshold-batch-2", random_mlp(5, 7, 4, 3),
                {.target = Target::offchain, .batch = 2, .pcs = small_config(2, 5, 2, 0)}, ">= 3");
  export_random(folder / "residual-private", residual,
                {.input = Visibility::hidden, .pcs = small_config(4, 3, 4, 0)});
  export_random(folder / "residual-batch-2", residual,
                {.target = Target::offchain, .batch = 2, .lanes = 40, .pcs = small_config(1, 12, 2, 2)});
  export_random(folder / "residual-no-zk", residual,
                {.target = Target::offchain,
                 .batch = 2,
                 .lanes = 40,
                 .pcs = small_config(1, 12, 2, 2),
                 .zero_knowledge = false});
  export_random(folder / "gated", random_gated(5, 7, 3, 4), {.pcs = small_config(1, 9, 1, 0)});
  export_random(folder / "gated-private-chain", random_gated(5, 7, 3, 4), {.input = Visibility::hidden});
  export_random(folder / "convolutions", random_convolutions(4), {.pcs = small_config(1, 9, 1, 0)});
  export_random(folder / "convolutions-private-chain", random_convolutions(5), {.input = Visibility::hidden});
  export_random(folder / "tiles", random_tiles(6),
                {.target = Target::offchain, .lanes = 5, .pcs = small_config(1, 9, 1, 0)});
  export_random(
      folder / "squeezed-private", random_squeezed(5),
      {.target = Target::offchain, .input = Visibility::hidden, .lanes = 3, .pcs = small_config(1, 9, 1, 0)});
  export_random(folder / "tiles-private-argmax", random_tiles(7),
                {.target = Target::offchain, .input = Visibility::hidden, .pcs = small_config(2, 5, 2, 0)},
                "argmax");
  export_random(folder / "tiles-input-committed-no-zk", random_tiles(8),
                {.target = Target::offchain,
                 .input = Visibility::committed,
                 .pcs = small_config(2, 5, 3, 1),
                 .zero_knowledge = false});
  export_random(folder / "mlp-input-committed", mlp,
                {.input = Visibility::committed, .pcs = small_config(1, 9, 1, 0)});
  export_random(folder / "mlp-output-committed", mlp,
                {.output = Visibility::committed, .pcs = small_config(2, 5, 3, 1)});
  export_random(
      folder / "residual-private-to-committed", residual,
      {.input = Visibility::hidden, .output = Visibility::committed, .pcs = small_config(1, 9, 2, 0)});
  export_random(folder / "residual-both-committed", residual,
                {.target = Target::offchain,
                 .input = Visibility::committed,
                 .output = Visibility::committed,
                 .lanes = 40,
                 .pcs = small_config(1, 12, 2, 2)});
  export_random(folder / "mlp-both-committed-no-zk", random_mlp(20, 7, 4, 3),
                {.input = Visibility::committed,
                 .output = Visibility::committed,
                 .pcs = small_config(2, 5, 2, 0),
                 .zero_knowledge = false},
                ">= 3");
}

}  // namespace
}  // namespace circlet

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    std::cerr << "usage: oracle-export FOLDER [MODEL INPUT]\n";
    return 2;
  }
  try {
    if (argc == 2) {
      circlet::export_all(argv[1]);
    } else {
      circlet::export_model(argv[1], argv[2], argv[3]);
    }
  } catch (const circlet::Error& error) {
    std::cerr << "oracle-export: " << error.what() << "\n";
    return 1;
  }
}
