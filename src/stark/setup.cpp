#include "stark/setup.hpp"

#include "core/artefact.hpp"
#include "frontend/model_file.hpp"
#include "stark/commit.hpp"
#include "stark/shape.hpp"
#include "stark/tree_file.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t proving_key_version = 2;

}  // namespace

PublicTensor public_tensor(const TensorInfo& tensor, std::uint32_t claim_wire) {
  return {.claim_wire = claim_wire,
          .rows = tensor.rows,
          .min = static_cast<std::int32_t>(tensor.min),
          .max = static_cast<std::int32_t>(tensor.max),
          .scales = tensor.scales};
}

ProvingKey setup(const Program& program, const SetupOptions& options) {
  const Plan chosen = plan(program, options);
  const Arithmetisation arithmetisation = arithmetise(program, chosen.shape, options.input_public);
  ProvingKey result;
  auto& key = result.key;
  key.lanes = chosen.shape.lanes;
  key.batch = chosen.shape.batch;
  key.log_sizes = chosen.sizes;
  key.pcs = chosen.pcs;
  key.input_public = options.input_public;
  key.input = public_tensor(program.tensors[program.input], arithmetisation.input_claim);
  key.output = public_tensor(program.tensors[program.output], arithmetisation.output_claim);
  key.one_reads = arithmetisation.one_reads;
  key.ones_reads = arithmetisation.ones_reads;
  const ModelColumns columns = model_columns(program, arithmetisation);
  const AirShape shape = air_shape(key);
  result.structure = commit_tables(shape, columns.structure, key.pcs.fri.log_blowup_factor);
  result.weights = commit_tables(shape, columns.weights, key.pcs.fri.log_blowup_factor);
  key.structure_root = result.structure->merkle().root();
  key.weights_root = result.weights->merkle().root();
  result.model_checksum = model_checksum(program);
  // What a verifier would refuse, or read as another range, is refused here.
  require(VerificationKey::from_words(key.to_words()) == key, ErrorKind::bad_input,
          "the model's input or output has integers beyond 2^30, which are not told apart modulo 2^31 - 1");
  return result;
}

Blake2sHash structure_root(const Program& structure, const VerificationKey& key) {
  const Arithmetisation arithmetisation = arithmetise(structure, {key.lanes, key.batch}, key.input_public);
  require(arithmetisation.log_sizes() == key.log_sizes, ErrorKind::rejected,
          "the key's table sizes are not those of this structure");
  TableColumns columns;
  Structure tables = build_structure(arithmetisation);
  for (std::size_t table = 0; table < table_count; ++table) columns[table] = std::move(tables[table].columns);
  return commit_tables(air_shape(key), columns, key.pcs.fri.log_blowup_factor)->merkle().root();
}

std::uint64_t model_checksum(const Program& program) {
  std::uint64_t sum = checksum(write_structure(program), 0);
  const auto add = [&](const std::vector<std::int32_t>& values) {
    sum = checksum({reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(values[0])},
                   sum);
  };
  for (const auto& layer : program.layers) {
    for (const auto& dense : layer.dense) add(dense.weights);
    for (const auto& scaled : layer.scaled) add(scaled.coefficients);
    add(layer.bias);
  }
  return sum;
}

Bytes encode_proving_key(const ProvingKey& proving_key) {
  ByteWriter writer;
  writer.write_counted(std::span<const std::uint32_t>(proving_key.key.to_words()));
  writer.write(proving_key.model_checksum);
  write_tree(writer, *proving_key.structure);
  write_tree(writer, *proving_key.weights);
  return seal_artefact(ArtefactKind::proving_key, proving_key_version, writer.bytes());
}

ProvingKey decode_proving_key(std::span<const std::uint8_t> file, std::shared_ptr<const void> owner,
                              const std::string& name) {
  const auto payload = open_artefact(ArtefactKind::proving_key, proving_key_version, file, name);
  ByteReader reader(payload, name);
  ProvingKey result;
  result.key = VerificationKey::from_words(reader.read_counted<std::uint32_t>("verification key"));
  result.model_checksum = reader.read<std::uint64_t>("model checksum");
  const AirShape shape = air_shape(result.key);
  const std::uint32_t log_blowup = result.key.pcs.fri.log_blowup_factor;
  TreeReader trees(std::move(owner), payload.subspan(reader.offset()));
  result.structure = trees.read(column_log_sizes(shape, Tree::structure), log_blowup);
  result.weights = trees.read(column_log_sizes(shape, Tree::weights), log_blowup);
  trees.expect_end();
  require(result.structure->merkle().root() == result.key.structure_root &&
              result.weights->merkle().root() == result.key.weights_root,
          ErrorKind::bad_input,
          "proving key: its trees are not those of its roots: run `circlet setup` again");
  return result;
}

void save_proving_key(const ProvingKey& proving_key, const std::filesystem::path& path) {
  write_file(path, encode_proving_key(proving_key), true);
}

ProvingKey load_proving_key(const std::filesystem::path& path) {
  const auto file = std::make_shared<const MappedFile>(path);
  return decode_proving_key(file->bytes(), file, path.string());
}

}  // namespace circlet
