// docs/formats.md says which version every kind of file has: those that this program writes.
#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <regex>
#include <string>

#include "core/artefact.hpp"
#include "program/executor.hpp"
#include "program/model_file.hpp"
#include "stark/prover/proof_budget.hpp"
#include "stark/prover/prover.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/segments.hpp"
#include "tests/support/source_folder.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

using Versions = std::map<std::uint32_t, std::uint32_t>;  // by kind

/// Kind and version from the header of a file.
std::pair<std::uint32_t, std::uint32_t> header(std::span<const std::uint8_t> file) {
  std::pair<std::uint32_t, std::uint32_t> kind_and_version;
  std::memcpy(&kind_and_version.first, file.data() + 8, 4);
  std::memcpy(&kind_and_version.second, file.data() + 12, 4);
  return kind_and_version;
}

/// The rows | kind | file | version | .. of the page.
Versions versions_of_the_page() {
  const Bytes page = read_file(circlet::testing::source_folder() / "docs" / "formats.md");
  const std::string text(page.begin(), page.end());
  const std::regex row("\n\\| ([0-9]+) \\| [^|]+ \\| ([0-9]+) \\|");
  Versions versions;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), row); it != std::sregex_iterator(); ++it) {
    versions[static_cast<std::uint32_t>(std::stoul((*it)[1]))] =
        static_cast<std::uint32_t>(std::stoul((*it)[2]));
  }
  return versions;
}

}  // namespace

TEST_CASE("the_page_of_formats_has_the_versions_of_all_files") {
  const Program program = random_mlp(19, 4, 3, 1);
  const ProvingKey proving_key = setup(program, {.input = Visibility::committed, .zero_knowledge = false});
  const auto input = ProgramBuilder(1, 0, 0, 1).random_input(input_tensor(program), 1);
  const DataCommitment data = commit_data(proving_key.key, proving_key.key.input(), input);
  const Proof proof = prove(proving_key, program, input, {.observer = {}, .phases = {}, .data = {&data}});
  const ScratchFolder folder;
  save_model({.program = program, .report = {}}, folder / "model");
  save_structure(program, {}, folder / "structure");
  save_verification_key(proving_key.key, folder / "key");
  create_budget(folder / "budget", proving_key.key.weights_root, 1);
  Versions written;
  for (const char* name : {"model", "structure", "key", "budget"}) {
    written.insert(header(read_file(folder / name)));
  }
  for (const Bytes& file : {encode_proving_key(proving_key), encode_proof(proof), encode_data(data)}) {
    written.insert(header(file));
  }
  const Segments segments;
  written.insert(header(encode_bundle_key(segments.key)));
  written.insert(header(encode_bundle_proof({})));
  Versions on_page = versions_of_the_page();
  CHECK(written.size() == 9);
  CHECK(on_page.size() == written.size());
  for (const auto& entry : written) {
    const std::uint32_t kind = entry.first;
    CAPTURE(kind);
    CHECK(on_page[kind] == entry.second);
  }
}
