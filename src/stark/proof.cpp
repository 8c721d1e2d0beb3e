#include "stark/proof.hpp"

#include <nlohmann/json.hpp>

#include "core/artefact.hpp"
#include "fri/canonical.hpp"
#include "fri/proof_io.hpp"

namespace circlet {

Bytes encode_proof(const Proof& proof) {
  ByteWriter writer;
  writer.write_array(std::span<const std::uint32_t>(proof.statement.context));
  writer.write_counted(std::span<const std::int32_t>(proof.statement.inputs));
  writer.write_counted(std::span<const std::int32_t>(proof.statement.outputs));
  for (const auto& sum : proof.claimed_sums) {
    for (const auto coordinate : sum.coordinates()) writer.write(coordinate.value());
  }
  write_stark_proof(writer, proof.stark);
  return seal_artefact(ArtefactKind::proof, Proof::format_version, writer.bytes());
}

Proof decode_proof(std::span<const std::uint8_t> file, const std::string& name) {
  ByteReader reader(open_artefact(ArtefactKind::proof, Proof::format_version, file, name), name);
  Proof proof;
  for (auto& word : proof.statement.context) word = reader.read<std::uint32_t>("context");
  proof.statement.inputs = reader.read_counted<std::int32_t>("public inputs");
  proof.statement.outputs = reader.read_counted<std::int32_t>("public outputs");
  for (auto& sum : proof.claimed_sums) {
    std::array<M31, 4> coordinates;
    for (auto& coordinate : coordinates) {
      coordinate = M31(reader.read<std::uint32_t>("claimed sums"));
      if (!is_canonical(coordinate)) reader.fail("claimed sums", "a value is not below 2^31 - 1");
    }
    sum = QM31::from_coordinates(coordinates);
  }
  proof.stark = read_stark_proof(reader);
  reader.expect_end();
  return proof;
}

nlohmann::ordered_json proof_to_json(const Proof& proof) {
  auto sums = nlohmann::ordered_json::array();
  for (const auto& sum : proof.claimed_sums) {
    const auto x = sum.coordinates();
    using Json = nlohmann::ordered_json;
    sums.push_back(
        Json::array({Json::array({x[0].value(), x[1].value()}), Json::array({x[2].value(), x[3].value()})}));
  }
  return {{"statement",
           {{"context", to_hex(proof.statement.context)},
            {"inputs", proof.statement.inputs},
            {"outputs", proof.statement.outputs}}},
          {"claimed_sums", sums},
          {"stark_proof", stark_proof_to_json(proof.stark)}};
}

}  // namespace circlet
