// --input and --output of `setup`.
#include "cli/port_modes.hpp"

#include <doctest/doctest.h>

#include "core/error.hpp"
#include "tests/support/random_program.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// Inputs "input" and "second"; outputs "hidden" and "score".
Program two_by_two() {
  ProgramBuilder builder(3, 0, 15, 5);
  const TensorId second = builder.add_input("second", 2, -4, 3);
  const TensorId h = builder.add_relu(
      {.rows = 4, .dense = {builder.dense(builder.input(), 4, 9), builder.dense(second, 4, 9)}}, 2);
  const TensorId last = builder.add_sums({.rows = 1, .dense = {builder.dense(h, 1, 9)}});
  builder.add_output("hidden", h);
  builder.add_output("score", last);
  return builder.finish();
}

using Texts = std::vector<std::string>;

std::string refused(const Program& program, const Texts& inputs, const Texts& outputs) {
  return refusal(ErrorKind::usage, [&] {
    SetupOptions options;
    static_cast<void>(cli::read_port_modes(program, inputs, outputs, options));
  });
}

}  // namespace

TEST_CASE("a_mode_is_of_all_inputs_or_of_the_one_that_is_named") {
  SetupOptions options;
  CHECK(cli::read_port_modes(two_by_two(), {"second=private", "committed"}, {"hidden=committed"}, options) ==
        Predicate{});
  CHECK(options.input == Visibility::committed);
  CHECK(options.output == Visibility::shown);
  CHECK(options.ports ==
        std::map<std::string, Visibility>{{"second", Visibility::hidden}, {"hidden", Visibility::committed}});
}

TEST_CASE("a_predicate_is_of_the_only_output_with_its_name_or_without") {
  const Program program = random_mlp(3, 4, 1, 1);
  for (const char* text : {">=0.5", "output=>=0.5", " >= 0.5"}) {
    CAPTURE(text);
    SetupOptions options;
    const Predicate predicate = cli::read_port_modes(program, {}, {text}, options);
    CHECK(predicate.kind == Predicate::Kind::at_least);
    CHECK(predicate.threshold == 0.5);
  }
  SetupOptions options;
  CHECK(cli::read_port_modes(program, {}, {"output=committed <2"}, options).kind == Predicate::Kind::below);
  CHECK(options.ports.at("output") == Visibility::committed);
  CHECK(contains(refused(two_by_two(), {}, {"score=argmax"}), "several outputs"));
  // What is said by name comes first, in any order.
  for (const std::vector<std::string>& texts :
       {Texts{">=3", "output=public"}, Texts{"output=public", ">=3"}}) {
    SetupOptions by_name;
    CHECK(cli::read_port_modes(program, {}, texts, by_name) == Predicate{});
  }
}

TEST_CASE("unknown_names_and_modes_and_repetitions_are_refused") {
  const Program program = two_by_two();
  CHECK(refused(program, {"third=private"}, {}) ==
        "--input third=private: the model has 'input', 'second' and no 'third'");
  CHECK(refused(program, {"second=hidden"}, {}) ==
        "--input is 'hidden': choose public, private or committed");
  CHECK(refused(program, {"private", "public"}, {}) == "--input is given twice");
  CHECK(refused(program, {"second=private", "second=private"}, {}) == "--input second is given twice");
  CHECK(contains(refused(program, {}, {"hidden=private"}), "would state nothing"));
}
