// oracle-export FOLDER: proves small random models and writes, a folder each, what the Rust oracle works on.
// oracle-export FOLDER MODEL INPUT: the same for one model folder that `circlet setup` wrote and the first
// samples of an input file, without proof of work, so that provers' times can be compared.
//   vk.json         words of the verification key
//   proof.json      the proof
//   columns.bin     the columns of the five trees (README.md)
//   transcript.txt  the verifier's transcript, "<operation> <digest>" a line
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/artefact.hpp"
#include "frontend/executor.hpp"
#include "frontend/inputs.hpp"
#include "frontend/model_file.hpp"
#include "stark/prover.hpp"
#include "stark/shape.hpp"
#include "stark/verifier.hpp"
#include "tests/support/random_program.hpp"

namespace circlet {
namespace {

/// The honest columns, kept.
class RecordedTrace : public HonestTrace {
 public:
  using HonestTrace::HonestTrace;
  std::array<TableColumns, 3> recorded;

  TableColumns witness() override { return recorded[0] = HonestTrace::witness(); }
  TableColumns fingerprints(const Challenges& challenges) override {
    return recorded[1] = HonestTrace::fingerprints(challenges);
  }
  std::array<LogUpTrace, table_count> logup(const Challenges& challenges) override {
    auto traces = HonestTrace::logup(challenges);
    for (std::size_t table = 0; table < table_count; ++table) recorded[2][table] = traces[table].columns;
    return traces;
  }
};

void write_column(ByteWriter& writer, std::uint32_t log_size, std::span<const M31> rows) {
  writer.write(log_size);
  std::vector<std::uint32_t> slots(std::size_t{1} << log_size);
  for (std::uint32_t row = 0; row < rows.size(); ++row) slots[slot_of_row(row, log_size)] = rows[row].value();
  for (const auto value : slots) writer.write(value);
}

Bytes encode_columns(const AirShape& shape, const std::array<const TableColumns*, trace_trees>& trees) {
  ByteWriter writer;
  for (const char c : std::string("CIRCCOLS")) writer.write(static_cast<std::uint8_t>(c));
  writer.write(static_cast<std::uint32_t>(trees.size()));
  for (std::size_t tree = 0; tree < trees.size(); ++tree) {
    writer.write(tree_width(shape, static_cast<Tree>(tree)));
    for (std::size_t table = 0; table < table_count; ++table) {
      for (const auto& column : (*trees[tree])[table]) write_column(writer, shape.log_sizes[table], column);
    }
    write_column(writer, shape.log_sizes[table_count], {});  // pad
  }
  return writer.bytes();
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  write_file(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void export_proof(const std::filesystem::path& folder, const Program& program, const SetupOptions& options,
                  std::span<const std::int32_t> inputs) {
  const ProvingKey proving_key = setup(program, options);
  const auto& key = proving_key.key;
  const AirShape shape = air_shape(key);
  const Trace execution = execute(program, inputs, key.batch);
  const Arithmetisation arithmetisation = arithmetise(program, {key.lanes, key.batch}, key.input_public);
  const ModelColumns model = model_columns(program, arithmetisation);
  RecordedTrace trace(program, arithmetisation, model, execution);
  const Statement statement{.context = parse_context("0x0123456789abcdef00112233445566778899aabbccddeeff"),
                            .inputs = key.input_public ? execution.input : std::vector<std::int32_t>(),
                            .outputs = execution.output()};
  const Proof proof = prove_trace(proving_key, statement, trace);
  std::string transcript;
  verify(key, proof, [&](std::string_view operation, const Blake2sHash& digest) {
    transcript += std::string(operation) + " " + digest.to_hex() + "\n";
  });

  std::filesystem::create_directories(folder);
  write_text(folder / "vk.json", nlohmann::json(key.to_words()).dump());
  write_text(folder / "proof.json", proof_to_json(proof).dump());
  write_text(folder / "transcript.txt", transcript);
  write_file(folder / "columns.bin",
             encode_columns(shape, {&model.structure, &model.weights, &trace.recorded[0], &trace.recorded[1],
                                    &trace.recorded[2]}));
}

void export_random(const std::filesystem::path& folder, const Program& program, const SetupOptions& options) {
  const auto inputs =
      testing::ProgramBuilder(1, 0, 0, 7).random_input(program.tensors[program.input], options.batch);
  export_proof(folder, program, options, inputs);
}

void export_model(const std::filesystem::path& folder, const std::filesystem::path& model,
                  const std::filesystem::path& input) {
  const Program program = load_model(model / "model.circlet").program;
  const VerificationKey key = load_verification_key(model / "model.vk");
  PcsConfig pcs = key.pcs;
  pcs.pow_bits = 0;
  const std::uint32_t rows = program.tensors[program.input].rows;
  auto inputs = quantise_input(program, read_inputs(input, rows));
  require(inputs.size() >= std::size_t{rows} * key.batch, ErrorKind::bad_input, "too few samples");
  inputs.resize(std::size_t{rows} * key.batch);
  export_proof(folder, program,
               {.target = Target::offchain,
                .input_public = key.input_public,
                .batch = key.batch,
                .lanes = key.lanes,
                .pcs = pcs},
               inputs);
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
  using testing::random_mlp, testing::random_residual;
  const auto mlp = random_mlp(9, 17, 3, 1);
  const auto residual = random_residual(6, 2);
  export_random(folder / "mlp", mlp, {.pcs = small_config(1, 9, 1, 0)});
  export_random(folder / "mlp-chain", mlp, {});
  export_random(folder / "mlp-batch-5", mlp,
                {.target = Target::offchain, .batch = 5, .lanes = 3, .pcs = small_config(2, 5, 3, 1)});
  export_random(folder / "residual-private", residual,
                {.input_public = false, .pcs = small_config(4, 3, 4, 0)});
  export_random(folder / "residual-batch-2", residual,
                {.target = Target::offchain, .batch = 2, .lanes = 40, .pcs = small_config(1, 12, 2, 2)});
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
