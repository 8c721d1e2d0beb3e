#include "fri/proof_io.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "fri/canonical.hpp"

namespace circlet {
namespace {

using Json = nlohmann::ordered_json;
using Proof = StarkProof<Blake2sHash>;
using Decommitment = MerkleDecommitment<Blake2sHash>;
using LayerProof = FriLayerProof<Blake2sHash>;

constexpr std::size_t max_json_bytes = std::size_t{1} << 26;
constexpr int max_json_depth = 16;

Json to_json(M31 x) { return x.value(); }
Json to_json(const QM31& x) {
  return Json::array({Json::array({to_json(x.first.real), to_json(x.first.imag)}),
                      Json::array({to_json(x.second.real), to_json(x.second.imag)})});
}
Json to_json(const Blake2sHash& hash) { return hash.to_bytes(); }
Json to_json(const Decommitment& decommitment);
Json to_json(const LayerProof& layer);
template <class T>
Json to_json(const std::vector<T>& values) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(to_json(value));
  return array;
}
Json to_json(const Decommitment& decommitment) {
  return {{"hash_witness", to_json(decommitment.hash_witness)}};
}
Json to_json(const LayerProof& layer) {
  return {{"fri_witness", to_json(layer.fri_witness)},
          {"decommitment", to_json(layer.decommitment)},
          {"commitment", to_json(layer.commitment)}};
}
Json to_json(const PcsConfig& config) {
  return {{"pow_bits", config.pow_bits},
          {"fri_config",
           {{"log_blowup_factor", config.fri.log_blowup_factor},
            {"log_last_layer_degree_bound", config.fri.log_last_layer_degree_bound},
            {"n_queries", config.fri.n_queries},
            {"fold_step", config.fri.fold_step}}},
          {"lifting_log_size", nullptr}};
}

/// A value inside the document. It knows its path, for messages, through the reader it came from, which
/// outlives it.
class JsonReader {
 public:
  JsonReader(const Json& json, const char* name) : json_(json), key_(name) {}

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ErrorKind::bad_input, path() + ": " + why);
  }
  void expect_keys(std::size_t count) const {
    if (!json_.is_object()) fail("expected an object");
    if (json_.size() != count) {
      fail(std::to_string(json_.size()) + " keys, expected " + std::to_string(count));
    }
  }
  [[nodiscard]] JsonReader operator[](const char* key) const {
    if (!json_.is_object()) fail("expected an object");
    const auto found = json_.find(key);
    if (found == json_.end()) fail(std::string("no key '") + key + "'");
    return {*found, this, key, 0};
  }
  [[nodiscard]] std::size_t array_size() const {
    if (!json_.is_array()) fail("expected an array");
    return json_.size();
  }
  [[nodiscard]] JsonReader operator[](std::size_t i) const { return {json_[i], this, nullptr, i}; }
  void expect_array(std::size_t size) const {
    if (array_size() != size) {
      fail(std::to_string(array_size()) + " items, expected " + std::to_string(size));
    }
  }
  void expect_null() const {
    if (!json_.is_null()) fail("expected null");
  }

  void read(std::uint64_t& value) const {
    if (!json_.is_number_unsigned()) fail("expected a non-negative integer");
    value = json_.get<std::uint64_t>();
  }
  void read(std::uint32_t& value) const { value = static_cast<std::uint32_t>(below(std::uint64_t{1} << 32)); }
  void read(M31& value) const { value = M31(static_cast<std::uint32_t>(below(M31::modulus))); }
  void read(CM31& value) const {
    expect_array(2);
    (*this)[std::size_t{0}].read(value.real);
    (*this)[1].read(value.imag);
  }
  void read(QM31& value) const {
    expect_array(2);
    (*this)[std::size_t{0}].read(value.first);
    (*this)[1].read(value.second);
  }
  void read(Blake2sHash& hash) const {
    std::array<std::uint8_t, 32> bytes;
    expect_array(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>((*this)[i].below(256));
    }
    hash = Blake2sHash::from_bytes(bytes);
  }
  template <class T>
  void read(std::vector<T>& values) const {
    values.resize(array_size());
    for (std::size_t i = 0; i < values.size(); ++i) (*this)[i].read(values[i]);
  }
  void read(Decommitment& decommitment) const {
    expect_keys(1);
    (*this)["hash_witness"].read(decommitment.hash_witness);
  }
  void read(LayerProof& layer) const {
    expect_keys(3);
    (*this)["fri_witness"].read(layer.fri_witness);
    (*this)["decommitment"].read(layer.decommitment);
    (*this)["commitment"].read(layer.commitment);
  }
  void read(PcsConfig& config) const {
    expect_keys(3);
    (*this)["pow_bits"].read(config.pow_bits);
    const JsonReader fri = (*this)["fri_config"];
    fri.expect_keys(4);
    fri["log_blowup_factor"].read(config.fri.log_blowup_factor);
    fri["log_last_layer_degree_bound"].read(config.fri.log_last_layer_degree_bound);
    fri["n_queries"].read(config.fri.n_queries);
    fri["fold_step"].read(config.fri.fold_step);
    (*this)["lifting_log_size"].expect_null();
  }

 private:
  JsonReader(const Json& json, const JsonReader* parent, const char* key, std::size_t index)
      : json_(json), parent_(parent), key_(key), index_(index) {}

  [[nodiscard]] std::string path() const {
    if (parent_ == nullptr) return key_;
    return parent_->path() + (key_ != nullptr ? "." + std::string(key_) : "[" + std::to_string(index_) + "]");
  }
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) const {
    std::uint64_t value = 0;
    read(value);
    if (value >= bound) fail(std::to_string(value) + " is not below " + std::to_string(bound));
    return value;
  }

  const Json& json_;
  const JsonReader* parent_ = nullptr;
  const char* key_ = nullptr;  // or a place in an array:
  std::size_t index_ = 0;
};

/// log2 of a list's length if that is a power of two, else its floor: the crate stores it beside the list.
std::uint32_t log_length(std::size_t length) {
  std::uint32_t log = 0;
  while ((length >> log) > 1) ++log;
  return log;
}

template <class T>
void write_lists(ByteWriter& writer, const std::vector<std::vector<T>>& lists) {
  writer.write(static_cast<std::uint32_t>(lists.size()));
  for (const auto& list : lists) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      writer.write_counted(std::span(list));
    } else {
      write_lists(writer, list);
    }
  }
}

constexpr std::size_t count_bytes = sizeof(std::uint32_t);

template <class T>
std::vector<T> read_felts(ByteReader& reader, std::string_view field) {
  auto felts = reader.read_counted<T>(field);
  if (!all_canonical(felts)) reader.fail(field, "a field element is not below p");
  return felts;
}

template <class T>
PerTree<PerColumn<std::vector<T>>> read_columns(ByteReader& reader, std::string_view field) {
  PerTree<PerColumn<std::vector<T>>> trees(reader.read_count(count_bytes, field));
  for (auto& tree : trees) {
    tree.resize(reader.read_count(count_bytes, field));
    for (auto& column : tree) column = read_felts<T>(reader, field);
  }
  return trees;
}

void write_layer(ByteWriter& writer, const LayerProof& layer) {
  writer.write_counted(std::span(layer.fri_witness));
  writer.write_counted(std::span(layer.decommitment.hash_witness));
  writer.write_array<std::uint32_t>(layer.commitment.words);
}

LayerProof read_layer(ByteReader& reader, const std::string& name) {
  LayerProof layer;
  layer.fri_witness = read_felts<QM31>(reader, name + " witness");
  layer.decommitment.hash_witness = reader.read_counted<Blake2sHash>(name + " hashes");
  layer.commitment = reader.read_array<Blake2sHash>(1, name + " commitment")[0];
  return layer;
}

}  // namespace

nlohmann::ordered_json stark_proof_to_json(const Proof& proof) {
  const auto& fri = proof.fri_proof;
  return {{"config", to_json(proof.config)},
          {"commitments", to_json(proof.commitments)},
          {"sampled_values", to_json(proof.sampled_values)},
          {"decommitments", to_json(proof.decommitments)},
          {"queried_values", to_json(proof.queried_values)},
          {"proof_of_work", proof.proof_of_work},
          {"fri_proof",
           {{"first_layer", to_json(fri.first_layer)},
            {"inner_layers", to_json(fri.inner_layers)},
            {"last_layer_poly",
             {{"coeffs", to_json(fri.last_layer_coefficients)},
              {"log_size", log_length(fri.last_layer_coefficients.size())}}}}}};
}

Proof stark_proof_from_json(const nlohmann::ordered_json& json) {
  const JsonReader document(json, "proof");
  document.expect_keys(7);
  Proof proof;
  document["config"].read(proof.config);
  document["commitments"].read(proof.commitments);
  document["sampled_values"].read(proof.sampled_values);
  document["decommitments"].read(proof.decommitments);
  document["queried_values"].read(proof.queried_values);
  document["proof_of_work"].read(proof.proof_of_work);
  const JsonReader fri = document["fri_proof"];
  fri.expect_keys(3);
  fri["first_layer"].read(proof.fri_proof.first_layer);
  fri["inner_layers"].read(proof.fri_proof.inner_layers);
  const JsonReader last = fri["last_layer_poly"];
  last.expect_keys(2);
  last["coeffs"].read(proof.fri_proof.last_layer_coefficients);
  std::uint64_t log_size = 0;
  last["log_size"].read(log_size);
  const std::size_t length = proof.fri_proof.last_layer_coefficients.size();
  if (log_size >= 32 || length != std::uint64_t{1} << log_size) {
    last["log_size"].fail("there are " + std::to_string(length) + " coefficients, not 2^" +
                          std::to_string(log_size));
  }
  return proof;
}

std::string stark_proof_to_json_text(const Proof& proof) { return stark_proof_to_json(proof).dump(); }

Proof stark_proof_from_json_text(std::string_view text) {
  require(text.size() <= max_json_bytes, ErrorKind::bad_input, [&] {
    return "proof: " + std::to_string(text.size()) + " bytes of JSON, at most " +
           std::to_string(max_json_bytes) + " are read";
  });
  const auto limit_depth = [](int depth, Json::parse_event_t, const Json&) {
    require(depth <= max_json_depth, ErrorKind::bad_input, "proof: JSON nested too deeply");
    return true;
  };
  const Json json = Json::parse(text, limit_depth, false);
  require(!json.is_discarded(), ErrorKind::bad_input, "proof: not valid JSON");
  return stark_proof_from_json(json);
}

void write_stark_proof(ByteWriter& writer, const Proof& proof) {
  const FriConfig& config = proof.config.fri;
  writer.write(proof.config.pow_bits);
  writer.write(config.log_blowup_factor);
  writer.write(config.log_last_layer_degree_bound);
  writer.write(config.n_queries);
  writer.write(config.fold_step);
  writer.write_counted(std::span(proof.commitments));
  write_lists(writer, proof.sampled_values);
  writer.write(static_cast<std::uint32_t>(proof.decommitments.size()));
  for (const auto& decommitment : proof.decommitments) {
    writer.write_counted(std::span(decommitment.hash_witness));
  }
  write_lists(writer, proof.queried_values);
  writer.write(proof.proof_of_work);
  write_layer(writer, proof.fri_proof.first_layer);
  writer.write(static_cast<std::uint32_t>(proof.fri_proof.inner_layers.size()));
  for (const auto& layer : proof.fri_proof.inner_layers) write_layer(writer, layer);
  writer.write_counted(std::span(proof.fri_proof.last_layer_coefficients));
}

Proof read_stark_proof(ByteReader& reader) {
  Proof proof;
  proof.config.pow_bits = reader.read<std::uint32_t>("pow_bits");
  proof.config.fri.log_blowup_factor = reader.read<std::uint32_t>("log_blowup_factor");
  proof.config.fri.log_last_layer_degree_bound = reader.read<std::uint32_t>("log_last_layer_degree_bound");
  proof.config.fri.n_queries = reader.read<std::uint32_t>("n_queries");
  proof.config.fri.fold_step = reader.read<std::uint32_t>("fold_step");
  proof.commitments = reader.read_counted<Blake2sHash>("commitments");
  proof.sampled_values = read_columns<QM31>(reader, "sampled values");
  proof.decommitments.resize(reader.read_count(count_bytes, "decommitments"));
  for (auto& decommitment : proof.decommitments) {
    decommitment.hash_witness = reader.read_counted<Blake2sHash>("decommitment hashes");
  }
  proof.queried_values = read_columns<M31>(reader, "queried values");
  proof.proof_of_work = reader.read<std::uint64_t>("proof_of_work");
  proof.fri_proof.first_layer = read_layer(reader, "FRI layer 0");
  // A layer takes two counts and a commitment at least.
  proof.fri_proof.inner_layers.resize(
      reader.read_count(2 * count_bytes + sizeof(Blake2sHash), "FRI inner layers"));
  for (std::size_t i = 0; i < proof.fri_proof.inner_layers.size(); ++i) {
    proof.fri_proof.inner_layers[i] = read_layer(reader, "FRI layer " + std::to_string(i + 1));
  }
  proof.fri_proof.last_layer_coefficients = read_felts<QM31>(reader, "FRI last layer");
  return proof;
}

}  // namespace circlet
