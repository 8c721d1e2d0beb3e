#include "stark/verification_key.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/artefact.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t max_log_size = 26;
constexpr std::uint32_t max_lanes = 1024;
constexpr std::uint32_t max_batch = 64;
constexpr std::uint32_t max_rows = 1U << 24;

void write_tensor(std::vector<std::uint32_t>& words, const PublicTensor& tensor, bool claimed) {
  words.push_back(claimed ? tensor.claim_wire : 0);
  words.push_back(tensor.rows);
  words.push_back(M31::from_signed(tensor.min).value());
  words.push_back(M31::from_signed(tensor.max).value());
}

void write_scales(std::vector<std::uint32_t>& words, const std::vector<double>& scales) {
  words.push_back(static_cast<std::uint32_t>(scales.size()));
  for (const double scale : scales) {
    const auto bits = std::bit_cast<std::uint64_t>(scale);
    words.push_back(static_cast<std::uint32_t>(bits));
    words.push_back(static_cast<std::uint32_t>(bits >> 32));
  }
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
    if (count != 1 && count != rows)
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

/// A message that is used p times would balance with none that yields it. Uses a row: linear 1, activate 2 B
/// + 1, mac 3, output 1; and one by the verifier.
void check_uses(const VerificationKey& key) {
  const auto rows = [](std::uint32_t log_size) { return std::uint64_t{1} << log_size; };
  const std::uint64_t uses = rows(key.log_sizes.linear) + rows(key.log_sizes.activate) * (2 * key.batch + 1) +
                             rows(key.log_sizes.mac) * 3 + rows(key.log_sizes.blinder) + 1;
  if (uses >= M31::modulus) refuse("the tables are so large that a message could be used p times");
}

Visibility read_visibility(std::uint32_t bits) {
  if (bits > static_cast<std::uint32_t>(Visibility::committed))
    refuse("visibility: neither public, private nor committed");
  return static_cast<Visibility>(bits);
}

PublicTensor read_tensor(WordReader& reader, bool claimed) {
  PublicTensor tensor;
  tensor.claim_wire = claimed ? reader.within("claim wire", wires::first_of_model, M31::modulus - 1)
                              : reader.within("claim wire", 0, 0);
  tensor.rows = reader.within("rows", 1, max_rows);
  tensor.min = reader.residue("least value");
  tensor.max = reader.residue("greatest value");
  if (tensor.min > tensor.max) refuse("the least value exceeds the greatest");
  return tensor;
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

Blake2sHash commitment_id(const Blake2sHash& root, std::uint32_t rows, std::uint32_t log_size,
                          std::uint32_t log_blowup, const std::vector<double>& scales) {
  std::vector<std::uint32_t> words(root.words.begin(), root.words.end());
  words.insert(words.end(), {rows, log_size, log_blowup});
  write_scales(words, scales);
  return Blake2s::hash_words(words);
}

std::vector<std::uint32_t> VerificationKey::to_words() const {
  std::vector<std::uint32_t> words = {format_version, air_id, hash_id, lanes, batch};
  for (const auto size : log_sizes.all()) words.push_back(size);
  words.insert(words.end(), structure_root.words.begin(), structure_root.words.end());
  for (const auto word : {pcs.pow_bits, pcs.fri.log_blowup_factor, pcs.fri.log_last_layer_degree_bound,
                          pcs.fri.n_queries, pcs.fri.fold_step}) {
    words.push_back(word);
  }
  words.push_back(static_cast<std::uint32_t>(input_visibility) |
                  static_cast<std::uint32_t>(output_visibility) << 2 | (zero_knowledge ? 16U : 0U) |
                  (weights_public ? 32U : 0U) | static_cast<std::uint32_t>(output_form) << 8);
  write_tensor(words, input, input_visibility == Visibility::shown);
  write_tensor(words, output, output_visibility == Visibility::shown);
  words.push_back(one_reads);
  words.push_back(ones_reads);
  write_scales(words, input.scales);
  write_scales(words, output.scales);
  words.insert(words.end(), weights_root.words.begin(), weights_root.words.end());
  for (const QM31& value : weights_pin) {
    for (const M31 coordinate : value.coordinates()) words.push_back(coordinate.value());
  }
  return words;
}

VerificationKey VerificationKey::from_words(std::span<const std::uint32_t> words) {
  WordReader reader(words);
  VerificationKey key;
  reader.within("format version", format_version, format_version);
  reader.within("AIR id", air_id, air_id);
  reader.within("hash id", hash_id, hash_id);
  key.lanes = reader.within("lanes", 1, max_lanes);
  key.batch = reader.within("batch", 1, max_batch);
  for (auto* size :
       {&key.log_sizes.linear, &key.log_sizes.activate, &key.log_sizes.lut, &key.log_sizes.mac}) {
    *size = reader.within("log size", 4, max_log_size);
    key.log_sizes.blinder = std::max(key.log_sizes.blinder, *size);
  }
  key.log_sizes.blinder = reader.within("log size of blinder", key.log_sizes.blinder, max_log_size);
  check_uses(key);
  key.structure_root = reader.hash("structure root");
  key.pcs.pow_bits = reader.within("proof-of-work bits", 0, 32);
  key.pcs.fri.log_blowup_factor = reader.within("log blow-up", 1, 4);
  key.pcs.fri.log_last_layer_degree_bound = reader.within("log last layer degree bound", 0, 4);
  key.pcs.fri.n_queries = reader.within("queries", 1, 1024);
  key.pcs.fri.fold_step = reader.within("fold step", 1, 4);
  if (key.pcs.fri.log_last_layer_degree_bound + key.pcs.fri.fold_step > key.log_sizes.blinder) {
    refuse("the tables are too small for the fold step and the last layer");
  }
  const std::uint32_t visibility = reader.next("visibility");
  const std::uint32_t form = visibility >> 8;
  if (form > static_cast<std::uint32_t>(Predicate::Kind::below)) refuse("visibility: unknown form of output");
  if ((visibility & 0xffU) >= 64) refuse("visibility: unknown flags");
  key.output_form = static_cast<Predicate::Kind>(form);
  key.input_visibility = read_visibility(visibility & 3U);
  key.output_visibility = read_visibility(visibility >> 2 & 3U);
  if (key.output_visibility == Visibility::hidden) refuse("visibility: the output is hidden");
  const bool committed =
      key.input_visibility == Visibility::committed || key.output_visibility == Visibility::committed;
  if (committed && key.batch != 1) refuse("visibility: committed values of more than one sample");
  key.zero_knowledge = (visibility & 16U) != 0;
  key.weights_public = (visibility & 32U) != 0;
  if (key.weights_public && !key.zero_knowledge)
    refuse("visibility: public weights of a key that hides nothing");
  key.input = read_tensor(reader, key.input_visibility == Visibility::shown);
  key.output = read_tensor(reader, key.output_visibility == Visibility::shown);
  key.one_reads = reader.within("reads of ONE", 0, 1U << 28);
  key.ones_reads = reader.within("reads of ONES", 0, 1U << 28);
  key.input.scales = reader.scales("input scales", key.input.rows);
  key.output.scales = reader.scales("output scales", key.output.rows);
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

Blake2sHash VerificationKey::committed(const PublicTensor& tensor, const Blake2sHash& root) const {
  return commitment_id(root, tensor.rows, log_sizes.blinder, pcs.fri.log_blowup_factor, tensor.scales);
}

void save_verification_key(const VerificationKey& key, const std::filesystem::path& path) {
  ByteWriter writer;
  writer.write_counted(std::span<const std::uint32_t>(key.to_words()));
  write_file(path,
             seal_artefact(ArtefactKind::verification_key, VerificationKey::format_version, writer.bytes()));
}

VerificationKey load_verification_key(const std::filesystem::path& path) {
  const Bytes file = read_file(path, std::uint64_t{1} << 30);
  const auto payload =
      open_artefact(ArtefactKind::verification_key, VerificationKey::format_version, file, path.string());
  ByteReader reader(payload, path.string());
  const auto words = reader.read_counted<std::uint32_t>("words");
  reader.expect_end();
  return VerificationKey::from_words(words);
}

}  // namespace circlet
