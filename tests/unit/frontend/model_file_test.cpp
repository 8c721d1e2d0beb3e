// model.circlet and model.structure: what is written is read, and nothing else is.
#include "program/model_file.hpp"

#include <doctest/doctest.h>

#include <set>

#include "core/error.hpp"
#include "program/predicate.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;

namespace {

std::vector<Predicate> predicates() {
  return {parse_predicate("public"), parse_predicate("argmax"), parse_predicate(">= 0.5"),
          parse_predicate("< 0.5")};
}

Model small_model() {
  Model model{.program = small_program(), .report = {}};
  model.program.postprocessing = {{.kind = PostStep::Kind::argmax, .node = "ArgMax"}};
  model.program.class_labels = {"cat", "dog"};
  model.program.centres = {3, -4};
  model.report.chosen_on = 30;
  model.report.samples = 7;
  model.report.unseen = true;
  model.report.refused = 2;
  model.report.weakest = "feature 3";
  model.report.max_error = 0.25;
  model.report.goal_met = true;
  model.report.layers.push_back({.name = "first", .function = "Relu", .rows = 2, .bound = 31});
  return model;
}

/// Reading fails with bad_input, or gives something that passes the checks and is written as the same bytes.
template <class Read, class Write>
void check_damaged(const Bytes& bytes, Read read, Write write) {
  try {
    const Bytes again = write(read(bytes));
    CHECK((again == bytes));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::bad_input);
  }
}

template <class Read, class Write>
void check_all_damages(const Bytes& good, Read read, Write write) {
  for (std::size_t length = 0; length < good.size(); ++length) {
    CAPTURE(length);
    CHECK_THROWS_AS(read(Bytes(good.begin(), good.begin() + static_cast<long>(length))), Error);
  }
  Bytes longer = good;
  longer.push_back(0);
  CHECK_THROWS_AS(read(longer), Error);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const std::uint8_t value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      Bytes damaged = good;
      damaged[at] = value;
      check_damaged(damaged, read, write);
    }
  }
}

}  // namespace

TEST_CASE("a_model_file_holds_the_program_and_its_report") {
  const Model model = small_model();
  const Model read = read_model(write_model(model));
  CHECK(read.program == model.program);
  CHECK(write_model(read) == write_model(model));
  CHECK(read.report.max_error == 0.25);
  CHECK(read.report.measured() == 5);
  CHECK(read.report.weakest == "feature 3");
  CHECK(read.report.layers[0].function == "Relu");
}

TEST_CASE("a_structure_file_depends_on_nothing_secret") {
  Program other = small_program();
  other.layers[0].dense[0].weights = {1, 1, 1, 1};
  other.layers[0].bias = {5, 5};
  other.layers[1].scaled[0].coefficients = {1};
  for (const Predicate& predicate : predicates()) {
    const Bytes file = write_structure(small_program(), predicate);
    CHECK(file == write_structure(other, predicate));
    CHECK(read_structure(file) == PublicModel{structure_of(small_program()), predicate});
  }
}

TEST_CASE("a_structure_file_holds_the_imported_program_alone") {
  const Program decided = with_predicate(small_program(), {.kind = Predicate::Kind::argmax, .threshold = 0});
  CHECK_THROWS_AS(write_structure(decided, decided.predicate), Error);
}

TEST_CASE("the_public_part_tells_every_predicate_apart") {
  std::set<std::string> parts;
  for (const Predicate& predicate : predicates()) {
    const Bytes part = write_public_part(with_predicate(small_program(), predicate));
    parts.emplace(part.begin(), part.end());
  }
  CHECK(parts.size() == predicates().size());
}

TEST_CASE("models_and_structures_are_not_mistaken_for_each_other") {
  CHECK_THROWS_AS(read_model(write_structure(small_program(), {})), Error);
  CHECK_THROWS_AS(read_structure(write_model(small_model())), Error);
}

TEST_CASE("damaged_model_files_are_refused_or_are_other_valid_models") {
  check_all_damages(
      write_model(small_model()), [](const Bytes& bytes) { return read_model(bytes); },
      [](const Model& model) { return write_model(model); });
}

TEST_CASE("damaged_structure_files_are_refused_or_are_other_valid_structures") {
  for (const Predicate& predicate : predicates()) {
    check_all_damages(
        write_structure(small_program(), predicate), [](const Bytes& bytes) { return read_structure(bytes); },
        [](const PublicModel& model) { return write_structure(model.imported, model.predicate); });
  }
}

TEST_CASE("saved_models_are_readable_by_their_owner_only") {
  const testing::ScratchFolder folder;
  const auto path = folder / "digits.model";
  save_model(small_model(), path);
  using std::filesystem::perms;
  CHECK(std::filesystem::status(path).permissions() == (perms::owner_read | perms::owner_write));
  CHECK(load_model(path).program == small_model().program);
  CHECK_THROWS_AS(load_structure(path), Error);
  save_structure(small_program(), predicates()[1], path);
  CHECK(load_structure(path) == PublicModel{structure_of(small_program()), predicates()[1]});
}
