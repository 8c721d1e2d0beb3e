#include "cli/proof_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/artefact.hpp"
#include "core/printable.hpp"
#include "hash/blake2s.hpp"
#include "program/model_file.hpp"
#include "stark/prover/setup.hpp"

namespace circlet::cli {
namespace {

/// Of the file that is the key's.
PublicModel structure_of_key(const Path& path, std::span<const std::uint8_t> payload,
                             const VerificationKey& key, ErrorKind otherwise) {
  require(Blake2s::hash(payload) == key.meaning, otherwise,
          [&] { return path.string() + " is not the structure of the key beside it"; });
  return read_structure(payload, path.string());
}

std::span<const std::uint8_t> payload_of(const Bytes& file, const Path& path) {
  return open_artefact(ArtefactKind::structure, structure_format_version, file, path.string());
}

}  // namespace

void require_commitment(Direction direction, const VerificationKey& key, const Statement& statement,
                        const std::optional<std::string>& wanted) {
  if (!wanted) return;
  const std::string what = direction_name(direction);
  std::string ids;
  for (std::size_t i = 0; i < std::min(key.tensors.size(), statement.tensors.size()); ++i) {
    const auto& commitment = statement.tensors[i].commitment;
    if (key.tensors[i].direction != direction || !commitment) continue;
    const std::string id = key.committed(key.tensors[i], *commitment).to_hex();
    if (id == *wanted) return;
    ids += (ids.empty() ? "" : ", ") + id;
  }
  require(!ids.empty(), ErrorKind::rejected, [&] { return "the proof is not about a committed " + what; });
  throw Error(ErrorKind::rejected,
              "the proof is about the committed " + what + " " + ids + ", not " + *wanted);
}

std::optional<Predicate> comparison_of(const Predicate& predicate) {
  return has_threshold(predicate.kind) ? std::optional(predicate) : std::nullopt;
}

OutputMeaning meaning_of_output(const Program& program) {
  return {comparison_of(program.outputs.at(0).predicate), program.audit};
}

MeaningBeside meaning_beside(const Path& key_file, const VerificationKey& key) {
  constexpr std::uint64_t most_file_bytes = std::uint64_t{1} << 23, most_memory = std::uint64_t{1} << 28;
  const Path path = ModelFolder{key_file.parent_path()}.structure();
  bool asks = std::ranges::any_of(key.tensors, has_threshold, &PublicTensor::form);
  try {
    const Bytes file = read_file(path, most_file_bytes);
    const auto payload = payload_of(file, path);
    // Of other keys nothing is asked, and no time spent on them.
    asks = asks || holds_audit(payload);
    if (!asks) return {};
    const PublicModel shown = structure_of_key(path, payload, key, ErrorKind::rejected);
    const std::uint64_t memory = rebuilding_bytes(key, Tree::structure);
    require(memory <= most_memory, ErrorKind::unsupported,
            [&] { return fmt::format("to rebuild the key's tables takes about {} MB", memory >> 20); });
    check_key_of(shown, key);
    return {{comparison_of(shown.predicate), shown.imported.audit}, ""};
  } catch (const std::exception& error) {
    // Whatever the file does, also to memory and threads, the verdict on the proof stands.
    return {{}, asks ? error.what() : ""};
  }
}

std::optional<Program> structure_beside(const Path& key_file, const VerificationKey& key) {
  const Path path = ModelFolder{key_file.parent_path()}.structure();
  if (!std::filesystem::exists(path)) return std::nullopt;
  const Bytes file = read_file(path, most_structure_bytes);
  return structure_of_key(path, payload_of(file, path), key, ErrorKind::bad_input).imported;
}

std::string unknown_text(const MeaningBeside& beside, const Path& key_file) {
  if (beside.unknown.empty()) return "";
  const Path folder = key_file.has_parent_path() ? key_file.parent_path() : ".";
  return fmt::format(
      "what the output means is not known: {}\n         circlet inspect --rebuild {} tells it\n",
      printable_lines(beside.unknown), shell_quoted(folder.string()));
}

}  // namespace circlet::cli
