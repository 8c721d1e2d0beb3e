#include "stark/proof.hpp"

#include <nlohmann/json.hpp>

#include "core/artefact.hpp"
#include "fri/canonical.hpp"
#include "fri/proof_io.hpp"

namespace circlet {
namespace {

void write_root(ByteWriter& writer, const std::optional<Blake2sHash>& root) {
  writer.write(std::uint32_t{root ? 1U : 0U});
  if (root) writer.write_array(std::span<const std::uint32_t>(root->words));
}
std::optional<Blake2sHash> read_root(ByteReader& reader, const char* field) {
  const auto count = reader.read<std::uint32_t>(field);
  if (count > 1) reader.fail(field, "there are more roots than one");
  if (count == 0) return {};
  Blake2sHash root;
  for (auto& word : root.words) word = reader.read<std::uint32_t>(field);
  return root;
}

}  // namespace

bool has_table(const Statement& statement, std::size_t table) {
  if (table == input_table) return statement.input_root.has_value();
  if (table == output_table) return statement.output_root.has_value();
  return true;
}

std::vector<QM31> present_sums(const Statement& statement, const std::array<QM31, table_count>& sums) {
  std::vector<QM31> present;
  for (std::size_t table = 0; table < table_count; ++table) {
    if (has_table(statement, table)) present.push_back(sums[table]);
  }
  return present;
}

Bytes encode_proof(const Proof& proof) {
  ByteWriter writer;
  writer.write_array(std::span<const std::uint32_t>(proof.statement.context));
  writer.write_counted(std::span<const std::int32_t>(proof.statement.inputs));
  writer.write_counted(std::span<const std::int32_t>(proof.statement.outputs));
  write_root(writer, proof.statement.input_root);
  write_root(writer, proof.statement.output_root);
  for (const auto& sum : present_sums(proof.statement, proof.claimed_sums)) {
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
  proof.statement.input_root = read_root(reader, "root of the input");
  proof.statement.output_root = read_root(reader, "root of the output");
  for (std::size_t table = 0; table < table_count; ++table) {
    if (!has_table(proof.statement, table)) continue;
    std::array<M31, 4> coordinates;
    for (auto& coordinate : coordinates) {
      coordinate = M31(reader.read<std::uint32_t>("claimed sums"));
      if (!is_canonical(coordinate)) reader.fail("claimed sums", "a value is not below 2^31 - 1");
    }
    proof.claimed_sums[table] = QM31::from_coordinates(coordinates);
  }
  proof.stark = read_stark_proof(reader);
  reader.expect_end();
  return proof;
}

nlohmann::ordered_json proof_to_json(const Proof& proof) {
  auto sums = nlohmann::ordered_json::array();
  for (const auto& sum : present_sums(proof.statement, proof.claimed_sums)) {
    const auto x = sum.coordinates();
    using Json = nlohmann::ordered_json;
    sums.push_back(
        Json::array({Json::array({x[0].value(), x[1].value()}), Json::array({x[2].value(), x[3].value()})}));
  }
  nlohmann::ordered_json statement = {{"context", to_hex(proof.statement.context)},
                                      {"inputs", proof.statement.inputs},
                                      {"outputs", proof.statement.outputs}};
  if (proof.statement.input_root) statement["input_root"] = proof.statement.input_root->to_hex();
  if (proof.statement.output_root) statement["output_root"] = proof.statement.output_root->to_hex();
  return {
      {"statement", statement}, {"claimed_sums", sums}, {"stark_proof", stark_proof_to_json(proof.stark)}};
}

}  // namespace circlet
