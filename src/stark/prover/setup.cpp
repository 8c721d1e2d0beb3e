#include "stark/prover/setup.hpp"

#include "air/prover/blinder.hpp"
#include "air/prover/mask_rows.hpp"
#include "core/artefact.hpp"
#include "lowering/degrees.hpp"
#include "program/model_file.hpp"
#include "program/predicate.hpp"
#include "stark/prover/commit.hpp"
#include "stark/prover/tree_file.hpp"
#include "stark/shape.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t proving_key_version = 5;

/// Draws what hides the weights.
void mask_weights(const VerificationKey& key, const StructureRows& structure, TableColumns& weights,
                  Csprng& random) {
  const auto& linear = structure[linear_table];
  draw_mask_rows(table_layout(TableKind::linear, key.lanes()), Tree::weights,
                 linear[index_of(linear::Structure::live)], linear[LinearShape::fin], weights[linear_table],
                 random);
  weights.back() = blinder_columns(Tree::weights, structure.blinder_structure(), &random);
}

/// Commits to the weights, masked if the key is zero-knowledge, and pins them.
void commit_weights(ProvingKey& proving_key, TableColumns columns, Csprng* masks) {
  auto& key = proving_key.key;
  Csprng system;
  while (true) {
    if (key.hides_weights())
      mask_weights(key, proving_key.structure_rows, columns, masks == nullptr ? system : *masks);
    proving_key.weights = commit_tables(air_shape(key), columns, key.pcs.fri.log_blowup_factor);
    key.weights_root = proving_key.weights->merkle().root();
    if (!is_special(pin_points(Pinned::weights, key.weights_root), table_sizes(key).linear, key.height()))
      break;
    require(key.hides_weights(), ErrorKind::unsupported,
            "the root of these weights gives no point to pin them at (one in 2^58 does); change a weight");
  }
  key.weights_pin = pinned_values(*proving_key.weights, Pinned::weights, key.lanes(), key.height());
}

/// Proofs over which the masks of `linear`, whose first `rows` rows are the model's, hide the weights.
std::uint64_t proofs_of_key(const VerificationKey& key, std::size_t rows) {
  if (!key.hides_weights()) return 0;
  return proofs_hidden_by((std::size_t{1} << table_sizes(key).linear) - rows - 1, key.pcs.fri.n_queries);
}

/// What the verifier knows of the inputs and outputs of `program`; their wires are those of `runs`, if it is
/// there.
std::vector<PublicTensor> public_tensors(const Program& program, const TableShape& shape,
                                         const Arithmetisation* runs) {
  std::vector<PublicTensor> tensors;
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    const std::uint32_t claim = runs == nullptr ? 0 : runs->inputs[i].claim;
    tensors.push_back(public_tensor(stated_input(program, program.inputs[i]), shape.input(i), claim));
  }
  for (std::size_t i = 0; i < program.outputs.size(); ++i) {
    const OutputPort& port = program.outputs[i];
    const std::uint32_t claim = runs == nullptr ? 0 : runs->outputs[i].claim;
    tensors.push_back(public_tensor(program.tensors[port.tensor], shape.output(i), claim));
    tensors.back().direction = Direction::output;
    tensors.back().form = port.predicate.kind;
  }
  for (PublicTensor& tensor : tensors) tensor.lanes = shape.batch;
  return tensors;
}

/// ONE, and ONES over all samples; where powers of alpha are made of it, 1 + alpha.
std::vector<ConstantWire> constant_wires(const Arithmetisation& arithmetisation) {
  std::vector<ConstantWire> constants = {{1, arithmetisation.reads[wires::one]},
                                         {arithmetisation.shape.batch, arithmetisation.reads[wires::ones]}};
  if (arithmetisation.reads[wires::pair] != 0) constants.push_back({2, arithmetisation.reads[wires::pair]});
  return constants;
}

/// Whether the key says of inputs, outputs, wires and their degrees what the rows of `program` say.
bool says_of_wires(const VerificationKey& key, const Program& program,
                   const Arithmetisation& arithmetisation) {
  return key.constants == constant_wires(arithmetisation) &&
         key.log_degree == log_degree(arithmetisation, key.lanes()) &&
         key.tensors == public_tensors(program, arithmetisation.shape, &arithmetisation);
}

/// The digest of model.structure as `options` have it; of a program without a predicate it follows.
Blake2sHash meaning_of(const Program& program, const SetupOptions& options) {
  if (options.meaning) return *options.meaning;
  require(!has_predicate(program), ErrorKind::usage,
          "setup: the meaning of a model with a predicate is missing");
  return meaning_of(program, Predicate{});
}

/// Whether setup makes tables of the key's sizes where these are the least: it makes others only for the
/// masks that many proofs need, and for commitments that serve several keys.
bool has_planned_sizes(const VerificationKey& key, const TableSizes& least) {
  const TableSizes named = table_sizes(key);
  const std::uint32_t most = most_log_size(least.blinder);
  const bool commits = table_shape(key).committed() != 0;
  return named.activate == least.activate && named.tiles == least.tiles && named.lut == least.lut &&
         named.mac == least.mac &&
         (named.linear == least.linear || (key.hides_weights() && named.linear <= most)) &&
         (named.blinder == std::max(least.blinder, named.linear) || (commits && named.blinder <= most));
}

/// Throws unless what stands beside the verification key in model.pk is what some model's setup writes there:
/// what indexes columns must lie in them.
void check_fields(const ProvingKey& proving_key, const std::string& name) {
  const auto& key = proving_key.key;
  const auto check = [&](bool holds, const char* what) {
    require(holds, ErrorKind::bad_input, [&] {
      return "'" + name + "': " + what + " is not one of a key of these sizes: run `circlet setup` again";
    });
  };
  const std::size_t queries = table_shape(key).hidden_queries, rows = std::size_t{1} << key.height();
  const std::size_t first = proving_key.first_blinder_row;
  check(queries == 0 ? first == 0
                     : first >= 1 && first < rows && blinder_constrained_rows(queries) <= rows - first,
        "the first row of the blinder");
  check(key.hides_weights()
            ? proving_key.proof_budget >= 1 && proving_key.proof_budget <= proofs_of_key(key, 0)
            : proving_key.proof_budget == 0,
        "the proof budget");
}

}  // namespace

PublicTensor public_tensor(const Tensor& tensor, Visibility visibility, std::uint32_t claim_wire) {
  return {.visibility = visibility,
          .claim_wire = visibility == Visibility::shown ? claim_wire : 0,
          .rows = tensor.rows(),
          .min = static_cast<std::int32_t>(tensor.min),
          .max = static_cast<std::int32_t>(tensor.max),
          .scales = tensor.scales};
}

ProvingKey setup(const Program& program, const SetupOptions& options) {
  const Plan chosen = plan(program, options);
  ProvingKey result;
  auto& key = result.key;
  key.instances = air_shape(chosen.shape, chosen.sizes).instances;
  key.pcs = chosen.pcs;
  key.tensors = public_tensors(program, chosen.shape, nullptr);
  key.zero_knowledge = options.zero_knowledge;
  key.weights_public = options.zero_knowledge && options.weights_public;
  result.first_blinder_row = static_cast<std::uint32_t>(
      first_blinder_row(key.height(), chosen.shape.log_blowup, chosen.shape.hidden_queries));
  Arithmetisation arithmetisation = arithmetise(program, key);
  arithmetisation.first_blinder_row = result.first_blinder_row;
  key.tensors = public_tensors(program, chosen.shape, &arithmetisation);
  key.constants = constant_wires(arithmetisation);
  key.log_degree = chosen.log_degree;
  key.meaning = meaning_of(program, options);
  ModelColumns columns = model_columns(program, arithmetisation);
  result.proof_budget = chosen.proof_budget;
  result.structure = commit_tables(air_shape(key), columns.structure, key.pcs.fri.log_blowup_factor);
  key.structure_root = result.structure->merkle().root();
  result.structure_rows = StructureRows(std::make_shared<const TableColumns>(std::move(columns.structure)));
  commit_weights(result, std::move(columns.weights), options.masks);
  result.model_checksum = model_checksum(program);
  // What a verifier would refuse, or read as another range, is refused here.
  require(VerificationKey::from_words(key.to_words()) == key, ErrorKind::bad_input,
          "the model's input or output has integers beyond 2^30, which are not told apart modulo 2^31 - 1");
  return result;
}

ProvingKey renew(const ProvingKey& proving_key, const Program& program, Csprng* masks) {
  require(proving_key.key.hides_weights(), ErrorKind::usage,
          "the key does not hide its weights, and has no budget of proofs to renew");
  const Arithmetisation arithmetisation = check_proving_key(proving_key, program);
  ProvingKey result = proving_key;
  commit_weights(result, weights_columns(program, arithmetisation, result.structure_rows), masks);
  return result;
}

Blake2sHash weights_root(const Program& program, const VerificationKey& key) {
  require(key.weights_public || !key.zero_knowledge, ErrorKind::usage, "the key's weights are masked");
  const ModelColumns columns = model_columns(program, arithmetise(program, key));
  return commit_tables(air_shape(key), columns.weights, key.pcs.fri.log_blowup_factor)->merkle().root();
}

namespace {

Blake2sHash root_of(const Arithmetisation& arithmetisation, const VerificationKey& key) {
  return commit_tables(air_shape(key), structure_columns(arithmetisation), key.pcs.fri.log_blowup_factor)
      ->merkle()
      .root();
}

}  // namespace

Blake2sHash structure_root(const Program& structure, const VerificationKey& key) {
  return root_of(arithmetise(structure, key), key);
}

Blake2sHash meaning_of(const Program& imported, const Predicate& predicate) {
  return Blake2s::hash(write_structure(imported, predicate));
}

std::uint64_t rebuilding_bytes(const VerificationKey& key, Tree tree) {
  constexpr std::uint64_t a_cell = 24, a_node = sizeof(Blake2sHash);
  std::uint64_t bytes = a_node * (std::uint64_t{2} << (key.height() + key.pcs.fri.log_blowup_factor));
  for (const std::uint32_t log_size : column_log_sizes(air_shape(key), index_of(tree)))
    bytes += a_cell << log_size;
  return bytes;
}

void check_meaning(const PublicModel& shown, const VerificationKey& key) {
  const Blake2sHash meaning = meaning_of(shown.imported, shown.predicate);
  require(meaning == key.meaning, ErrorKind::rejected, [&] {
    return "the key's model means something else: the digest of model.structure (threshold, labels, scales, "
           "names) is " +
           meaning.to_hex() + ", the key's is " + key.meaning.to_hex();
  });
}

void check_key_of(const PublicModel& shown, const VerificationKey& key) {
  check_meaning(shown, key);
  const Program structure = with_predicate(shown.imported, shown.predicate);
  const Arithmetisation arithmetisation = arithmetise(structure, key);
  // Before memory is taken for the tables.
  require(has_planned_sizes(key, least_log_sizes(arithmetisation.rows(), table_shape(key))),
          ErrorKind::rejected, "the key's table sizes are not those of this structure");
  require(says_of_wires(key, structure, arithmetisation), ErrorKind::rejected,
          "the key's input, output, wires or degrees are not those of model.structure");
  const Blake2sHash root = root_of(arithmetisation, key);
  require(root == key.structure_root, ErrorKind::rejected, [&] {
    return "the structure root of model.structure is " + root.to_hex() + ", the key's is " +
           key.structure_root.to_hex();
  });
}

Arithmetisation check_proving_key(const ProvingKey& proving_key, const Program& program) {
  require(model_checksum(program) == proving_key.model_checksum, ErrorKind::bad_input,
          "the proving key belongs to another model: run `circlet setup` again");
  const auto& key = proving_key.key;
  const TableShape shape = table_shape(key);
  Arithmetisation arithmetisation = arithmetise(program, key);
  require(says_of_wires(key, program, arithmetisation) &&
              proving_key.proof_budget == proofs_of_key(key, arithmetisation.rows().linear) &&
              proving_key.first_blinder_row ==
                  first_blinder_row(key.height(), shape.log_blowup, shape.hidden_queries),
          ErrorKind::bad_input, "the proving key is not one of this model: run `circlet setup` again");
  return arithmetisation;
}

std::uint64_t model_checksum(const Program& program) {
  std::uint64_t sum = checksum(write_public_part(program), 0);
  const auto add = [&](const std::vector<std::int32_t>& values) {
    sum = checksum({reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(values[0])},
                   sum);
  };
  for (const ConstantId id : constants_of(program, ConstantTensor::Kind::weights)) {
    add(program.constants[id].values);
  }
  return sum;
}

namespace {

/// What stands before the arrays of model.pk.
Bytes fields_of(const ProvingKey& proving_key) {
  ByteWriter writer;
  writer.write_counted(std::span<const std::uint32_t>(proving_key.key.to_words()));
  writer.write(proving_key.model_checksum);
  writer.write(proving_key.first_blinder_row);
  writer.write(proving_key.proof_budget);
  return writer.take();
}

std::vector<std::span<const std::uint8_t>> payload_of(const ProvingKey& proving_key, const Bytes& fields) {
  std::vector<std::span<const std::uint8_t>> parts = {fields};
  add_tree(parts, *proving_key.structure);
  add_tree(parts, *proving_key.weights);
  for (std::size_t instance = 0; instance < proving_key.structure_rows.size(); ++instance) {
    for (const auto column : proving_key.structure_rows[instance]) parts.push_back(as_bytes_of(column));
  }
  return parts;
}

}  // namespace

Bytes encode_proving_key(const ProvingKey& proving_key) {
  const Bytes fields = fields_of(proving_key);
  ByteWriter writer;
  for (const auto part : payload_of(proving_key, fields)) writer.write_array(part);
  return seal_artefact(ArtefactKind::proving_key, proving_key_version, writer.bytes());
}

ProvingKey decode_proving_key(std::span<const std::uint8_t> file, std::shared_ptr<const void> owner,
                              const std::string& name) {
  const auto payload = open_artefact(ArtefactKind::proving_key, proving_key_version, file, name);
  ByteReader reader(payload, name);
  ProvingKey result;
  result.key = VerificationKey::from_words(reader.read_counted<std::uint32_t>("verification key"));
  result.model_checksum = reader.read<std::uint64_t>("model checksum");
  result.first_blinder_row = reader.read<std::uint32_t>("first row of the blinder");
  result.proof_budget = reader.read<std::uint64_t>("proof budget");
  const AirShape shape = air_shape(result.key);
  const std::uint32_t log_blowup = result.key.pcs.fri.log_blowup_factor;
  TreeReader trees(owner, payload.subspan(reader.offset()));
  result.structure = trees.read(column_log_sizes(shape, index_of(Tree::structure)), log_blowup);
  result.weights = trees.read(column_log_sizes(shape, index_of(Tree::weights)), log_blowup);
  result.structure_rows =
      StructureRows(shape, trees.read_columns(column_log_sizes(shape, index_of(Tree::structure))), owner);
  trees.expect_end();
  check_fields(result, name);
  require(result.structure->merkle().root() == result.key.structure_root &&
              result.weights->merkle().root() == result.key.weights_root,
          ErrorKind::bad_input,
          "proving key: its trees are not those of its roots: run `circlet setup` again");
  return result;
}

void save_proving_key(const ProvingKey& proving_key, const std::filesystem::path& path) {
  const Bytes fields = fields_of(proving_key);
  write_artefact(path, ArtefactKind::proving_key, proving_key_version, payload_of(proving_key, fields), true);
}

ProvingKey load_proving_key(const std::filesystem::path& path) {
  const auto file = std::make_shared<const MappedFile>(path);
  return decode_proving_key(file->bytes(), file, path.string());
}

}  // namespace circlet
