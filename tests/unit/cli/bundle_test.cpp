// `inspect --rebuild` of a model in segments: what its key says of a stranger's model.structure.
#include <doctest/doctest.h>

#include <iostream>
#include <sstream>

#include "cli/commands.hpp"
#include "core/artefact.hpp"
#include "program/model_file.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/segments.hpp"

using namespace circlet;
using namespace circlet::cli;
using namespace circlet::testing;

namespace {

/// What `inspect --rebuild` says of a key beside a structure.
std::string inspected(const BundleKey& key, const Program& structure) {
  const ScratchFolder folder;
  save_structure(structure, {}, folder / "model.structure");
  write_file(folder / "model.vk", encode_bundle_key(key));
  std::ostringstream text;
  std::streambuf* before = std::cout.rdbuf(text.rdbuf());
  const std::string why = refusal(ErrorKind::rejected, [&] {
    try {
      inspect({.folder = folder.path(), .rebuild = true}, Output{.json = true});
    } catch (...) {
      std::cout.rdbuf(before);
      throw;
    }
  });
  std::cout.rdbuf(before);
  return why == "accepted" ? text.str() : why;
}

}  // namespace

TEST_CASE("a_bundles_key_is_compared_with_the_parts_of_the_structure_that_it_is_cut_into") {
  const Segments model;
  CHECK(contains(inspected(model.key, model.imported), "\"rebuilt\":true"));
  CHECK(contains(inspected(model.key, three_layers(2)), "means something else"));

  BundleKey key = model.key;
  SUBCASE("cut elsewhere") {
    std::swap(key.cuts[0], key.cuts[1]);
    CHECK(contains(inspected(key, model.imported), "segment 1: the key's model means something else"));
  }
  SUBCASE("cut at the same tensor twice") {
    key.cuts[1] = key.cuts[0];
    CHECK(contains(inspected(key, model.imported), "segment 2: 'layer 0 relu' is not computed from"));
  }
  SUBCASE("cut at no tensor") {
    key.cuts[1] = 1000;
    CHECK(contains(inspected(key, model.imported), "cut at a tensor that model.structure has not"));
  }
  SUBCASE("a segment of another model, which joins") {
    key.segments[1].meaning.words[0] ^= 1;
    CHECK(contains(inspected(key, model.imported), "segment 2: the key's model means something else"));
  }
  SUBCASE("a segment of the same meaning and other tables") {
    key.segments[2].structure_root.words[0] ^= 1;
    CHECK(contains(inspected(key, model.imported), "segment 3: the structure root of model.structure is"));
  }
}
