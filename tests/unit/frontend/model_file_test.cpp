// model.circlet and model.structure: what is written is read, and nothing else is.
#include "program/model_file.hpp"

#include <doctest/doctest.h>

#include <set>

#include "core/error.hpp"
#include "program/predicate.hpp"
#include "tests/support/program_parts.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/unit/frontend/frontend_support.hpp"

using namespace circlet;
using circlet::testing::contains;

namespace {

std::vector<Predicate> predicates() {
  return {parse_predicate("public"), parse_predicate("argmax"), parse_predicate(">= 0.5"),
          parse_predicate("< 0.5")};
}

Model small_model() {
  Model model{.program = small_program(), .report = {}};
  model.program.postprocessing = {{.kind = PostStep::Kind::argmax, .node = "ArgMax"}};
  model.program.class_labels = {"cat", "dog"};
  model.program.inputs[0].centres = {3, -4};
  model.report.chosen_on = 30;
  model.report.samples = 7;
  model.report.unseen = true;
  model.report.saturated = 2;
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

std::string refusal_of_model(const Bytes& bytes) {
  return testing::refusal(ErrorKind::bad_input, [&] { read_model(bytes); });
}
std::string refusal_of_structure(const Bytes& bytes) {
  return testing::refusal(ErrorKind::bad_input, [&] { read_structure(bytes); });
}

}  // namespace

TEST_CASE("a_model_file_holds_the_program_and_its_report") {
  const Model model = small_model();
  const Model read = read_model(write_model(model));
  CHECK(read.program == model.program);
  CHECK(write_model(read) == write_model(model));
  CHECK(read.report.max_error == 0.25);
  CHECK(read.report.saturated == 2);
  CHECK(read.report.weakest == "feature 3");
  CHECK(read.report.layers[0].function == "Relu");
}

TEST_CASE("a_structure_file_depends_on_nothing_secret") {
  Program other = small_program();
  testing::weights(other, 0) = {1, 1, 1, 1};
  testing::bias(other, 0) = {5, 5};
  testing::weights(other, 1) = {1};
  for (const Predicate& predicate : predicates()) {
    const Bytes file = write_structure(small_program(), predicate);
    CHECK(file == write_structure(other, predicate));
    CHECK(read_structure(file) == PublicModel{structure_of(small_program()), predicate});
  }
}

TEST_CASE("a_structure_file_holds_the_imported_program_alone") {
  const Program decided = with_predicate(small_program(), {.kind = Predicate::Kind::argmax, .threshold = 0});
  CHECK_THROWS_AS(write_structure(decided, decided.outputs[0].predicate), Error);
}

TEST_CASE("a_structure_file_of_a_program_with_its_predicate_is_an_internal_error") {
  Program program = small_program();
  program.outputs[0].predicate.kind = Predicate::Kind::argmax;
  CHECK(contains(testing::refusal(ErrorKind::internal, [&] { write_structure(program, {}); }),
                 "has its predicate already"));
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
  const std::string reason = "a model has weights and a structure has none";
  CHECK(contains(refusal_of_model(write_structure(small_program(), {})), reason));
  CHECK(contains(refusal_of_structure(write_model(small_model())), reason));
}

TEST_CASE("what_is_read_passes_the_checks_of_a_program") {
  Model model = small_model();
  model.program.outputs[0].tensor = 4;
  CHECK(contains(refusal_of_model(write_model(model)), "output 0 'y': is no tensor"));
  CHECK(contains(refusal_of_structure(write_structure(model.program, {})), "output 0 'y': is no tensor"));
}

TEST_CASE("kinds_that_are_none_are_refused") {
  Model model = small_model();
  model.program.postprocessing[0].kind = static_cast<PostStep::Kind>(8);
  CHECK(contains(refusal_of_model(write_model(model)), "unknown step"));
  const auto refusal_of = [](const Predicate& predicate) {
    return refusal_of_structure(write_structure(small_program(), predicate));
  };
  CHECK(contains(refusal_of({.kind = static_cast<Predicate::Kind>(4), .threshold = 0}), "unknown kind"));
  const std::string threshold = "not a number, or one that nothing is compared with";
  for (const double number : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    CHECK(contains(refusal_of({.kind = Predicate::Kind::at_least, .threshold = number}), threshold));
    CHECK(contains(refusal_of({.kind = Predicate::Kind::below, .threshold = number}), threshold));
  }
  CHECK(contains(refusal_of({.kind = Predicate::Kind::values, .threshold = 1}), threshold));
  CHECK(contains(refusal_of({.kind = Predicate::Kind::argmax, .threshold = 1}), threshold));
}

TEST_CASE("a_coefficient_a_row_and_tensors_of_any_rank_are_read") {
  Program program = small_program();
  program.constants[3].shape = {2};
  program.constants[3].values = {10, 9};
  program.tensors[0].shape = {1, 2, 1};
  CHECK(read_structure(write_structure(program, {})).imported == structure_of(program));
}

TEST_CASE("several_inputs_and_outputs_are_read") {
  Program program = small_program();
  program.outputs.push_back({.name = "hidden", .tensor = 2, .predicate = {}});
  program.inputs.push_back({.name = "x2", .tensor = 4, .centres = {}});
  program.tensors.push_back({.name = "x2", .shape = {2}, .min = 0, .max = 3, .scales = {1.0}});
  program.ops[2].inputs[1] = 4;
  CHECK(read_structure(write_structure(program, {})).imported == structure_of(program));
}

TEST_CASE("a_structure_says_no_sizes_beyond_those_of_a_model") {
  // Weights have a shape and no values, so nothing is allocated.
  Program program = small_program();
  program.tensors[0].shape = {~0U, ~0U};
  CHECK(contains(refusal_of_structure(write_structure(program, {})), "more than 16777216 tensor rows"));
  program = small_program();
  program.constants[1].shape = {~0U, ~0U};
  CHECK(contains(refusal_of_structure(write_structure(structure_of(program), {})), "weights in all"));
  CHECK(contains(refusal_of_model(write_model({.program = program, .report = {}})), "constant values"));
}

TEST_CASE("a_file_has_as_many_labels_and_steps_as_a_model_may") {
  Program program = small_program();
  program.class_labels.assign(max_labels, "");
  program.postprocessing.assign(max_steps, {});
  CHECK(refusal_of_structure(write_structure(program, {})) == "accepted");
}

TEST_CASE("what_a_file_has_too_many_of_is_refused_before_it_is_made") {
  // A check of the program would name no offset.
  const std::pair<const char*, std::function<void(Program&)>> changes[] = {
      {"tensors at offset", [](Program& p) { p.tensors.resize(max_tensors + 1); }},
      {"constants at offset", [](Program& p) { p.constants.resize(max_constants + 1); }},
      {"ops at offset", [](Program& p) { p.ops.resize(max_ops + 1); }},
      {"inputs at offset", [](Program& p) { p.inputs.resize(max_ports + 1); }},
      {"outputs at offset", [](Program& p) { p.outputs.resize(max_ports + 1); }},
      {"postprocessing at offset", [](Program& p) { p.postprocessing.resize(max_steps + 1); }},
      {"class label at offset", [](Program& p) { p.class_labels.resize(max_labels + 1); }},
  };
  for (const auto& [refusal, change] : changes) {
    Program program = small_program();
    change(program);
    CHECK(contains(refusal_of_structure(write_structure(program, {})), refusal));
  }
}

TEST_CASE("names_are_bounded_where_they_are_read_and_where_programs_are_checked") {
  const std::pair<const char*, std::function<std::string&(Program&)>> names[] = {
      {"name", [](Program& p) -> std::string& { return p.name; }},
      {"tensor name", [](Program& p) -> std::string& { return p.tensors[1].name; }},
      {"constant name", [](Program& p) -> std::string& { return p.constants[1].name; }},
      {"op name", [](Program& p) -> std::string& { return p.ops[1].name; }},
      {"input name", [](Program& p) -> std::string& { return p.inputs[0].name; }},
      {"output name", [](Program& p) -> std::string& { return p.outputs[0].name; }},
      {"postprocessing node", [](Program& p) -> std::string& { return p.postprocessing[0].node; }},
      {"class label", [](Program& p) -> std::string& { return p.class_labels[0]; }},
  };
  for (const auto& [field, name] : names) {
    Program program = small_program();
    program.postprocessing.resize(1);
    program.class_labels.resize(1);
    name(program) = std::string(max_name, 'x');
    CHECK(refusal_of_structure(write_structure(program, {})) == "accepted");
    name(program) += 'x';
    CHECK(contains(refusal_of_structure(write_structure(program, {})), field + std::string(" at offset")));
    CHECK(contains(testing::refusal(ErrorKind::bad_input, [&] { check_program(program); }),
                   "is a name of 4097 bytes"));
  }
}

TEST_CASE("what_is_wrong_with_a_file_comes_with_its_path") {
  const testing::ScratchFolder folder;
  const auto path = folder / "model.structure";
  Program program = small_program();
  program.ops.clear();
  save_structure(program, {}, path);
  CHECK(contains(testing::refusal(ErrorKind::bad_input, [&] { load_structure(path); }),
                 path.string() + ": model: has no ops"));
  program.name.assign(max_name + 1, 'x');
  save_structure(program, {}, path);
  CHECK(contains(testing::refusal(ErrorKind::bad_input, [&] { load_structure(path); }),
                 path.string() + ": name at offset"));
}

TEST_CASE("a_structure_that_could_not_be_read_is_not_written") {
  const testing::ScratchFolder folder;
  Program program = small_program();
  program.tensors[0].scales.resize(most_structure_bytes / sizeof(double));
  CHECK(contains(testing::refusal(ErrorKind::unsupported,
                                  [&] { save_structure(program, {}, folder / "model.structure"); }),
                 "may have 268435456 at most"));
  CHECK_FALSE(std::filesystem::exists(folder / "model.structure"));
}

TEST_CASE("a_report_counts_no_more_samples_than_it_was_made_of") {
  for (const auto part : {&AccuracyReport::clipped, &AccuracyReport::saturated}) {
    Model model = small_model();
    model.report.*part = model.report.samples;
    CHECK(refusal_of_model(write_model(model)) == "accepted");
    ++(model.report.*part);
    CHECK(contains(refusal_of_model(write_model(model)), "a part of them is more than all"));
  }
}

TEST_CASE("kinds_of_ops_and_constants_that_are_none_are_refused") {
  Program program = small_program();
  program.ops[0].kind = static_cast<OpKind>(200);
  CHECK(contains(refusal_of_structure(write_structure(program, {})), "unknown operator"));
  program = small_program();
  program.constants[0].kind = static_cast<ConstantTensor::Kind>(200);
  CHECK(contains(refusal_of_structure(write_structure(program, {})), "unknown kind"));
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
