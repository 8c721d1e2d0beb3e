#include "stark/verification_key.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/artefact.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t min_log_size = 4;
constexpr std::uint32_t max_weights_per_row = 1024;
constexpr std::uint32_t max_batch = 64;
constexpr std::uint32_t max_constants = 14;
constexpr std::uint32_t max_reads = 1U << 28;
constexpr std::uint32_t max_rows = 1U << 24;

void write_scales(std::vector<std::uint32_t>& words, const std::vector<double>& scales) {
  words.push_back(static_cast<std::uint32_t>(scales.size()));
  for (const double scale : scales) {
    const auto bits = std::bit_cast<std::uint64_t>(scale);
    words.push_back(static_cast<std::uint32_t>(bits));
    words.push_back(static_cast<std::uint32_t>(bits >> 32));
  }
}

void write_values(std::vector<std::uint32_t>& words, const std::vector<QM31>& values) {
  for (const QM31& value : values) {
    for (const M31 coordinate : value.coordinates()) words.push_back(coordinate.value());
  }
}

void write_tensor(std::vector<std::uint32_t>& words, const PublicTensor& tensor) {
  words.insert(words.end(),
               {static_cast<std::uint32_t>(tensor.direction), static_cast<std::uint32_t>(tensor.visibility),
                static_cast<std::uint32_t>(tensor.form), tensor.lanes, tensor.claim_wire, tensor.rows,
                M31::from_signed(tensor.min).value(), M31::from_signed(tensor.max).value()});
  write_scales(words, tensor.scales);
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::bad_input, "verification key: " + why);
}

/// Reads words in order; every value has a name and a range.
class WordReader {
 public:
  explicit WordReader(std::span<const std::uint32_t> words) : words_(words) {}

  std::uint32_t next(const char* name) {
    if (at_ >= words_.size()) refuse(std::string("truncated at ") + name);
    return words_[at_++];
  }
  std::uint32_t within(const char* name, std::uint32_t least, std::uint32_t greatest) {
    const auto value = next(name);
    if (value < least || value > greatest) {
      refuse(std::string(name) + " is " + std::to_string(value) + ", outside " + std::to_string(least) +
             ".." + std::to_string(greatest));
    }
    return value;
  }
  std::int32_t residue(const char* name) { return M31(within(name, 0, M31::modulus - 1)).centered(); }
  Blake2sHash hash(const char* name) {
    Blake2sHash result;
    for (auto& word : result.words) word = next(name);
    return result;
  }
  std::vector<double> scales(const char* name, std::uint32_t rows) {
    const auto count = next(name);
    if (count == 0 || rows % count != 0)
      refuse(std::string(name) + ": " + std::to_string(count) + " scales for " + std::to_string(rows) +
             " rows");
    if (count > (words_.size() - at_) / 2) refuse(std::string("truncated in ") + name);
    std::vector<double> result(count);
    for (auto& scale : result) {
      const std::uint64_t low = next(name);
      const std::uint64_t high = next(name);
      scale = std::bit_cast<double>(low | (high << 32));
      if (!std::isfinite(scale) || scale <= 0)
        refuse(std::string(name) + ": a scale is not a positive number");
    }
    return result;
  }
  void expect_end() const {
    if (at_ != words_.size()) refuse(std::to_string(words_.size() - at_) + " words left over");
  }

 private:
  std::span<const std::uint32_t> words_;
  std::size_t at_ = 0;
};

std::uint32_t read_tile_width(WordReader& reader) {
  const std::uint32_t parameter =
      reader.within("lanes of a row", 1, TileWidth{TileWidth::most_lanes, TileWidth::most_step}.parameter());
  const std::uint32_t lanes = TileWidth::of(parameter).lanes;
  if (lanes == 0 || lanes > TileWidth::most_lanes)
    refuse("lanes of a row is " + std::to_string(lanes) + ", outside 1..64");
  return parameter;
}

/// A kind's parameters: those of `linear` are weights a row, those of `activate` lanes and a step.
std::uint32_t read_parameter(WordReader& reader, TableKind kind) {
  switch (kind) {
    case TableKind::linear:
      return reader.within("weights of a row", 1, max_weights_per_row);
    case TableKind::activate:
      return read_tile_width(reader);
    default:
      return reader.within("parameter of a table", 0, 0);
  }
}

std::vector<TableInstance> read_instances(WordReader& reader) {
  std::vector<TableInstance> instances(reader.within("number of tables", 2, max_tables));
  std::uint32_t height = 0;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    TableInstance& table = instances[i];
    table.kind = kind_at(reader.within("kind of table", 1, kind_count) - 1);
    table.parameter = read_parameter(reader, table.kind);
    table.log_size = reader.within("log size", min_log_size, max_table_log_size);
    height = std::max(height, table.log_size);
    const bool is_last = i + 1 == instances.size();
    if ((table.kind == TableKind::blinder) != is_last)
      refuse("the blinder is not the last table, or not one");
    if (i == 0) continue;
    const TableInstance& before = instances[i - 1];
    // Committed values have a table each.
    const bool stands_after =
        std::pair(before.kind, before.parameter) < std::pair(table.kind, table.parameter);
    if (!stands_after && table.kind != TableKind::data)
      refuse("the tables are not in order, or one stands twice");
  }
  for (const TableInstance& table : instances) {
    if (table.kind >= TableKind::data && table.log_size != height)
      refuse("committed values and the blinder are not as high as the highest table");
  }
  return instances;
}

std::vector<ConstantWire> read_constants(WordReader& reader) {
  std::vector<ConstantWire> constants(reader.within("number of constant wires", 1, max_constants));
  for (std::size_t i = 0; i < constants.size(); ++i) {
    // ONE, then wires over ever more samples, of which the first may have one too.
    const std::uint32_t least = i == 0 ? 1 : constants[i - 1].lanes + (i == 1 ? 0 : 1);
    constants[i].lanes = reader.within("samples of a constant wire", least, i == 0 ? 1 : max_batch);
    constants[i].reads = reader.within("reads of a constant wire", 0, max_reads);
  }
  return constants;
}

PublicTensor read_tensor(WordReader& reader) {
  PublicTensor tensor;
  tensor.direction = static_cast<Direction>(reader.within("direction", 0, 1));
  tensor.visibility = static_cast<Visibility>(reader.within("visibility", 0, 2));
  const bool is_output = tensor.direction == Direction::output;
  if (is_output && tensor.visibility == Visibility::hidden) refuse("visibility: an output is private");
  tensor.form = static_cast<Predicate::Kind>(
      reader.within("form", 0, is_output ? static_cast<std::uint32_t>(Predicate::Kind::below) : 0));
  // Committed values are those of one sample.
  const bool committed = tensor.visibility == Visibility::committed;
  tensor.lanes = reader.within("samples", 1, committed ? 1 : max_batch);
  const bool shown = tensor.visibility == Visibility::shown;
  tensor.claim_wire = shown ? reader.within("claim wire", wires::first_of_model, M31::modulus - 1)
                            : reader.within("claim wire", 0, 0);
  tensor.rows = reader.within("rows", 1, max_rows);
  tensor.min = reader.residue("least value");
  tensor.max = reader.residue("greatest value");
  if (tensor.min > tensor.max) refuse("the least value exceeds the greatest");
  tensor.scales = reader.scales("scales", tensor.rows);
  return tensor;
}

std::vector<PublicTensor> read_tensors(WordReader& reader) {
  std::vector<PublicTensor> tensors;
  for (auto left = reader.within("number of tensors", 1, max_ports); left != 0; --left) {
    tensors.push_back(read_tensor(reader));
  }
  if (!std::ranges::is_sorted(tensors, {}, &PublicTensor::direction)) refuse("an input after an output");
  if (tensors.back().direction != Direction::output) refuse("there is no output");
  return tensors;
}

/// A message that is used p times would balance with none that yields it. The verifier uses each tensor's
/// claim once.
void check_uses(const VerificationKey& key) {
  std::uint64_t uses = key.tensors.size();
  for (const TableInstance& table : key.instances) {
    const RowMessages row = row_messages(table.kind);
    uses += (row.used + std::uint64_t{row.used_per_lane} * table.lanes()) << table.log_size;
  }
  if (uses >= M31::modulus) refuse("the tables are so large that a message could be used p times");
}

}  // namespace

const char* visibility_name(Visibility visibility) {
  switch (visibility) {
    case Visibility::shown:
      return "public";
    case Visibility::hidden:
      return "private";
    case Visibility::committed:
      return "committed";
  }
  return "unknown";
}

const char* direction_name(Direction direction) { return direction == Direction::input ? "input" : "output"; }

Blake2sHash commitment_id(const Commitment& commitment, std::uint32_t rows, std::uint32_t log_size,
                          std::uint32_t log_blowup, const std::vector<double>& scales) {
  std::vector<std::uint32_t> words(commitment.root.words.begin(), commitment.root.words.end());
  write_values(words, commitment.pin);
  words.insert(words.end(), {rows, log_size, log_blowup});
  write_scales(words, scales);
  return Blake2s::hash_words(words);
}

std::size_t VerificationKey::pinned_values() const {
  std::size_t columns = 0;
  for (const TableInstance& table : instances) {
    if (table.kind == TableKind::linear) columns += table.parameter;
  }
  return columns * pin_point_count;
}

const TableInstance& VerificationKey::only(TableKind kind) const {
  require(std::ranges::count(instances, kind, &TableInstance::kind) == 1, ErrorKind::unsupported,
          [&] { return std::string("the key has not one table `") + kind_name(kind) + "`"; });
  return *std::ranges::find(instances, kind, &TableInstance::kind);
}

const PublicTensor& VerificationKey::only(Direction direction) const {
  require(std::ranges::count(tensors, direction, &PublicTensor::direction) == 1, ErrorKind::unsupported,
          [&] { return std::string("the key has not one ") + direction_name(direction); });
  return *std::ranges::find(tensors, direction, &PublicTensor::direction);
}

std::vector<std::uint32_t> VerificationKey::to_words() const {
  std::vector<std::uint32_t> words = {format_version, air_id, hash_id};
  words.push_back(static_cast<std::uint32_t>(instances.size()));
  for (const TableInstance& table : instances) {
    words.insert(words.end(), {static_cast<std::uint32_t>(table.kind), table.parameter, table.log_size});
  }
  words.insert(words.end(), {pcs.pow_bits, pcs.fri.log_blowup_factor, pcs.fri.log_last_layer_degree_bound,
                             pcs.fri.n_queries, pcs.fri.fold_step});
  words.push_back((zero_knowledge ? 1U : 0U) | (weights_public ? 2U : 0U));
  words.push_back(log_degree);
  words.push_back(static_cast<std::uint32_t>(constants.size()));
  for (const ConstantWire& wire : constants) words.insert(words.end(), {wire.lanes, wire.reads});
  words.push_back(static_cast<std::uint32_t>(tensors.size()));
  for (const PublicTensor& tensor : tensors) write_tensor(words, tensor);
  for (const Blake2sHash* hash : {&meaning, &structure_root, &weights_root}) {
    words.insert(words.end(), hash->words.begin(), hash->words.end());
  }
  write_values(words, weights_pin);
  return words;
}

VerificationKey VerificationKey::from_words(std::span<const std::uint32_t> words) {
  WordReader reader(words);
  VerificationKey key;
  if (const auto version = reader.next("format version"); version != format_version) {
    refuse("format version " + std::to_string(version) + ", this program reads " +
           std::to_string(format_version) + ": run `circlet setup` again");
  }
  reader.within("AIR id", air_id, air_id);
  reader.within("hash id", hash_id, hash_id);
  key.instances = read_instances(reader);
  key.pcs.pow_bits = reader.within("proof-of-work bits", 0, 32);
  key.pcs.fri.log_blowup_factor = reader.within("log blow-up", 1, 4);
  key.pcs.fri.log_last_layer_degree_bound = reader.within("log last layer degree bound", 0, 4);
  key.pcs.fri.n_queries = reader.within("queries", 1, 1024);
  key.pcs.fri.fold_step = reader.within("fold step", 1, 4);
  if (key.pcs.fri.log_last_layer_degree_bound + key.pcs.fri.fold_step > key.height()) {
    refuse("the tables are too small for the fold step and the last layer");
  }
  const std::uint32_t flags = reader.within("flags", 0, 3);
  key.zero_knowledge = (flags & 1U) != 0;
  key.weights_public = (flags & 2U) != 0;
  if (key.weights_public && !key.zero_knowledge) refuse("flags: public weights of a key that hides nothing");
  key.log_degree = reader.within("log degree of the claims", 0, max_log_degree);
  key.constants = read_constants(reader);
  key.tensors = read_tensors(reader);
  check_uses(key);
  if (std::ranges::count(key.instances, TableKind::data, &TableInstance::kind) !=
      std::ranges::count(key.tensors, Visibility::committed, &PublicTensor::visibility)) {
    refuse("there is not one table `data` a committed tensor");
  }
  key.meaning = reader.hash("meaning");
  key.structure_root = reader.hash("structure root");
  key.weights_root = reader.hash("weights root");
  for (std::size_t i = 0; i < key.pinned_values(); ++i) {
    std::array<M31, 4> coordinates;
    for (M31& coordinate : coordinates) coordinate = M31(reader.within("pin", 0, M31::modulus - 1));
    key.weights_pin.push_back(QM31::from_coordinates(coordinates));
  }
  reader.expect_end();
  return key;
}

Blake2sHash VerificationKey::digest() const { return Blake2s::hash_words(to_words()); }

Blake2sHash VerificationKey::committed(const PublicTensor& tensor, const Commitment& commitment) const {
  return commitment_id(commitment, tensor.rows, height(), pcs.fri.log_blowup_factor, tensor.scales);
}

void save_verification_key(const VerificationKey& key, const std::filesystem::path& path) {
  ByteWriter writer;
  writer.write_counted(std::span<const std::uint32_t>(key.to_words()));
  write_file(path,
             seal_artefact(ArtefactKind::verification_key, VerificationKey::format_version, writer.bytes()));
}

VerificationKey load_verification_key(const std::filesystem::path& path) {
  const Bytes file = read_file(path, std::uint64_t{1} << 27);
  const auto payload =
      open_artefact(ArtefactKind::verification_key, VerificationKey::format_version, file, path.string());
  ByteReader reader(payload, path.string());
  const auto words = reader.read_counted<std::uint32_t>("words");
  reader.expect_end();
  return VerificationKey::from_words(words);
}

}  // namespace circlet
