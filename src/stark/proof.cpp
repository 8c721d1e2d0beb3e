#include "stark/proof.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "core/artefact.hpp"
#include "fri/canonical.hpp"
#include "fri/proof_io.hpp"

namespace circlet {
namespace {

using Json = nlohmann::ordered_json;

void write_felts(ByteWriter& writer, const std::vector<QM31>& values) {
  for (const QM31& value : values) {
    for (const M31 coordinate : value.coordinates()) writer.write(coordinate.value());
  }
}

std::vector<QM31> read_felts(ByteReader& reader, std::size_t count, const char* field) {
  std::vector<QM31> values;
  for (; count != 0; --count) {
    std::array<M31, 4> coordinates;
    for (auto& coordinate : coordinates) {
      coordinate = M31(reader.read<std::uint32_t>(field));
      if (!is_canonical(coordinate)) reader.fail(field, "a value is not below 2^31 - 1");
    }
    values.push_back(QM31::from_coordinates(coordinates));
  }
  return values;
}

void write_stated(ByteWriter& writer, const Stated& stated) {
  writer.write(static_cast<std::uint32_t>(stated.visibility()));
  if (stated.commitment) {
    writer.write_array(std::span<const std::uint32_t>(stated.commitment->root.words));
    write_felts(writer, stated.commitment->pin);
  } else if (!stated.values.empty()) {
    writer.write_counted(std::span<const std::int32_t>(stated.values));
  }
}

Stated read_stated(ByteReader& reader) {
  Stated stated;
  switch (reader.read<std::uint32_t>("visibility")) {
    case static_cast<std::uint32_t>(Visibility::shown):
      stated.values = reader.read_counted<std::int32_t>("public values");
      if (stated.values.empty()) reader.fail("public values", "there are none");
      break;
    case static_cast<std::uint32_t>(Visibility::hidden):
      break;
    case static_cast<std::uint32_t>(Visibility::committed): {
      Commitment& commitment = stated.commitment.emplace();
      for (auto& word : commitment.root.words) word = reader.read<std::uint32_t>("root of committed values");
      commitment.pin = read_felts(reader, data_pin_values, "pin of committed values");
      break;
    }
    default:
      reader.fail("visibility", "neither public, private nor committed");
  }
  return stated;
}

Json felts_json(const std::vector<QM31>& values) {
  Json list = Json::array();
  for (const auto& value : values) {
    const auto x = value.coordinates();
    list.push_back(
        Json::array({Json::array({x[0].value(), x[1].value()}), Json::array({x[2].value(), x[3].value()})}));
  }
  return list;
}

Json stated_json(const Stated& stated) {
  Json json = Json::object();
  if (stated.commitment) {
    json["root"] = stated.commitment->root.to_hex();
    json["pin"] = felts_json(stated.commitment->pin);
  } else if (!stated.values.empty()) {
    json["values"] = stated.values;
  }
  return json;
}

}  // namespace

Bytes encode_proof(const Proof& proof) {
  ByteWriter writer;
  writer.write_array(std::span<const std::uint32_t>(proof.statement.context));
  writer.write(static_cast<std::uint32_t>(proof.statement.tensors.size()));
  for (const Stated& stated : proof.statement.tensors) write_stated(writer, stated);
  writer.write(static_cast<std::uint32_t>(proof.claimed_sums.size()));
  write_felts(writer, proof.claimed_sums);
  write_stark_proof(writer, proof.stark);
  return seal_artefact(ArtefactKind::proof, Proof::format_version, writer.bytes());
}

Proof decode_proof(std::span<const std::uint8_t> file, const std::string& name) {
  ByteReader reader(open_artefact(ArtefactKind::proof, Proof::format_version, file, name), name);
  Proof proof;
  for (auto& word : proof.statement.context) word = reader.read<std::uint32_t>("context");
  const std::size_t tensors = reader.read_count(sizeof(std::uint32_t), "inputs and outputs");
  if (tensors > max_ports)
    reader.fail("inputs and outputs", "there are at most " + std::to_string(max_ports));
  proof.statement.tensors.resize(tensors);
  for (Stated& stated : proof.statement.tensors) stated = read_stated(reader);
  const std::size_t sums = reader.read_count(4 * sizeof(std::uint32_t), "claimed sums");
  proof.claimed_sums = read_felts(reader, sums, "claimed sums");
  proof.stark = read_stark_proof(reader);
  reader.expect_end();
  return proof;
}

Json proof_to_json(const Proof& proof) {
  Json tensors = Json::array();
  for (const Stated& stated : proof.statement.tensors) tensors.push_back(stated_json(stated));
  return {{"statement", {{"context", to_hex(proof.statement.context)}, {"tensors", tensors}}},
          {"claimed_sums", felts_json(proof.claimed_sums)},
          {"stark_proof", stark_proof_to_json(proof.stark)}};
}

}  // namespace circlet
