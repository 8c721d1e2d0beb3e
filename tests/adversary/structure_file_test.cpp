// The public structure binds the model: whatever is changed in it, the rebuilt root or the key's public
// tensors are not the key's.
#include <doctest/doctest.h>

#include "lowering/arithmetise.hpp"
#include "lowering/structure.hpp"
#include "program/model_file.hpp"
#include "program/predicate.hpp"
#include "stark/prover/commit.hpp"
#include "stark/prover/setup.hpp"
#include "tests/adversary/forge/forge.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// What `circlet inspect --rebuild` compares with the key, but for the digest of the file: the tables tell,
/// too.
bool is_the_structure_of(const Program& imported, VerificationKey key, const std::string& output = "public") {
  try {
    const PublicModel shown{imported, parse_predicate(output)};
    key.meaning = meaning_of(shown.imported, shown.predicate);
    check_key_of(shown, key);
  } catch (const Error&) {
    return false;
  }
  return true;
}

struct Change {
  std::string name;
  std::function<void(Program&)> apply;
};

}  // namespace

TEST_CASE("a_structure_that_says_anything_else_is_not_the_keys") {
  const Program program = random_residual(4, 2);
  const auto key = setup(program, {.pcs = small_pcs}).key;
  const Program honest = structure_of(program);
  REQUIRE(is_the_structure_of(honest, key));
  const std::vector<Change> changes = {
      {"another offset", [](Program& p) { change_split(p, 0, [](Split& split) { split.offset += 1; }); }},
      {"another shift", [](Program& p) { change_split(p, 0, [](Split& split) { split.shift -= 1; }); }},
      {"another table",
       [](Program& p) {
         std::swap(look_up(p, 0).constants, look_up(p, 1).constants);
         std::swap(p.tensors[look_up(p, 0).outputs[0]].max, p.tensors[look_up(p, 1).outputs[0]].max);
       }},
      {"an entry of a table", [](Program& p) { table(p, 0).values[5] += 1; }},
      {"a table one entry longer",
       [](Program& p) {
         auto values = table(p, 0).values;
         values.push_back(0);
         set_values(table(p, 0), std::move(values));
       }},
      {"tables in another order",
       [](Program& p) {
         std::swap(table(p, 0), table(p, 1));
         std::swap(look_up(p, 0).constants, look_up(p, 1).constants);
       }},
      {"no bias",
       [](Program& p) {
         p.constants.erase(p.constants.begin() + sums(p, 0).constants.back());
         const ConstantId dropped = sums(p, 0).constants.back();
         sums(p, 0).constants.pop_back();
         for (Op& op : p.ops) {
           for (ConstantId& id : op.constants) id -= id > dropped ? 1 : 0;
         }
       }},
      {"a matrix on another tensor",
       [](Program& p) { std::swap(sums(p, 1).inputs[0], sums(p, 1).inputs[1]); }},
      {"scaled terms in another order",
       [](Program& p) { std::swap(sums(p, 0).constants[1], sums(p, 0).constants[2]); }},
      {"one coefficient a row", [](Program& p) { p.constants[sums(p, 1).constants[0]].shape = {4}; }},
      {"another input range", [](Program& p) { input_tensor(p).max -= 1; }},
      {"another input scale", [](Program& p) { input_tensor(p).scales = {2.0}; }},
      {"a scale for every input", [](Program& p) { input_tensor(p).scales.assign(4, 1.0); }},
      {"another output scale", [](Program& p) { output_tensor(p).scales = {0.5}; }},
      {"another output", [](Program& p) { p.outputs[0].tensor = look_up(p, 0).outputs[0]; }},
  };
  for (const auto& change : changes) {
    CAPTURE(change.name);
    Program changed = honest;
    change.apply(changed);
    CHECK_FALSE(is_the_structure_of(changed, key));
  }
}

TEST_CASE("a_structure_that_says_another_predicate_is_not_the_keys") {
  for (const Program& program : {random_mlp(5, 7, 3, 1), random_residual(4, 2)}) {
    const Program model = structure_of(program);
    const std::vector<const char*> texts = {"public", "argmax", ">= 1", ">= 2", "< 1", "< 2"};
    for (const auto* text : texts) {
      const auto key = setup_any(with_predicate(program, parse_predicate(text)),
                                 {.pcs = small_pcs, .zero_knowledge = false})
                           .key;
      for (const auto* other : texts) {
        CAPTURE(text);
        CAPTURE(other);
        CHECK(is_the_structure_of(model, key, other) == (std::string(text) == other));
      }
      // The same comparison of integers in other units.
      if (std::string(text) != ">= 2") continue;
      Program rescaled = model;
      output_tensor(rescaled).scales = {0.5};
      CHECK_FALSE(is_the_structure_of(rescaled, key, ">= 1"));
      CHECK(is_the_structure_of(model, key, ">= 1.5"));
    }
  }
}

TEST_CASE("a_structure_is_not_that_of_a_key_with_another_layout") {
  const Program program = random_residual(4, 2);
  const SetupOptions options{.target = Target::offchain, .pcs = small_pcs};
  const auto key = setup(program, options).key;
  const Program structure = structure_of(program);
  REQUIRE(is_the_structure_of(structure, key));
  for (const auto& change : std::vector<std::function<void(VerificationKey&)>>{
           [](VerificationKey& k) { k.instances[linear_table].parameter = 3; },
           [](VerificationKey& k) { k.input().visibility = Visibility::hidden; },
           [](VerificationKey& k) { k.instances[mac_table].log_size += 1; },
           [](VerificationKey& k) { k.input().claim_wire += 1; },
           [](VerificationKey& k) { k.output().claim_wire += 1; },
           [](VerificationKey& k) { k.output().form = Predicate::Kind::argmax; },
           [](VerificationKey& k) { k.input().min -= 1; }, [](VerificationKey& k) { k.output().rows -= 1; },
           [](VerificationKey& k) { k.output().max += 1; },
           [](VerificationKey& k) { k.structure_root.words[0] ^= 1; },
           [](VerificationKey& k) { k.pcs.fri.log_blowup_factor += 1; }}) {
    auto changed = key;
    change(changed);
    CHECK_FALSE(is_the_structure_of(structure, changed));
  }
}

TEST_CASE("a_key_of_larger_tables_than_its_structure_needs_is_refused_before_they_are_made") {
  const Program program = random_residual(4, 2);
  const std::string of_sizes = "the key's table sizes are not those of this structure";
  const auto refused_with = [&](const SetupOptions& options, std::initializer_list<TableKind> kinds,
                                std::uint32_t log_size) {
    auto key = setup(program, options).key;
    for (TableInstance& table : key.instances) {
      if (std::ranges::find(kinds, table.kind) != kinds.end()) table.log_size = log_size;
    }
    return contains(refusal(ErrorKind::rejected,
                            [&] {
                              check_key_of({structure_of(program), {}}, key);
                            }),
                    of_sizes);
  };
  using enum TableKind;
  const SetupOptions hides = {.pcs = small_pcs};
  const SetupOptions commits = {.input = Visibility::committed, .pcs = small_pcs};
  const SetupOptions hides_nothing = {.pcs = small_pcs, .zero_knowledge = false};
  const SetupOptions commits_openly = {
      .input = Visibility::committed, .pcs = small_pcs, .zero_knowledge = false};
  const SetupOptions shows_weights = {.pcs = small_pcs, .weights_public = true};
  for (const TableKind kind : {activate, lut, mac}) {
    CHECK(refused_with(hides, {kind, linear, blinder}, 12));
  }
  // Masks of weights and of committed values take some, where there are any, and not all that a key can name.
  // Columns of gigabytes.
  CHECK(refused_with(hides, {linear, blinder}, most_masked_log_size + 1));
  CHECK(refused_with(hides, {blinder}, 12));
  CHECK(refused_with(hides_nothing, {linear, blinder}, 12));
  CHECK(refused_with(shows_weights, {linear, blinder}, 12));
  for (const SetupOptions& options : {commits, commits_openly})
    CHECK(refused_with(options, {data, blinder}, most_masked_log_size + 1));
  CHECK_FALSE(refused_with(hides, {linear, blinder}, 12));
  // Commitments serve keys of one height.
  for (const SetupOptions& options : {commits, commits_openly})
    CHECK_FALSE(refused_with(options, {data, blinder}, 12));
}

TEST_CASE("a_key_with_smaller_tables_than_its_structure_needs_is_refused") {
  const Program program = random_residual(4, 2);
  const VerificationKey key = setup(program, {.pcs = small_pcs}).key;
  CHECK_NOTHROW(arithmetise(program, key));
  for (std::size_t table = 0; table < first_data_table; ++table) {
    VerificationKey smaller = key;
    smaller.instances[table].log_size = 3;  // the least is 4
    CAPTURE(table);
    CHECK(refusal(ErrorKind::rejected, [&] { arithmetise(program, smaller); }) ==
          "the key's tables are too small for this structure");
  }
}

TEST_CASE("the_memory_of_rebuilding_a_key_is_known_from_its_sizes") {
  const Program program = random_residual(4, 2);
  for (const std::uint32_t log_blowup : {1U, 4U}) {
    PcsConfig pcs = small_pcs;
    pcs.fri.log_blowup_factor = log_blowup;
    const VerificationKey key = setup(program, {.pcs = pcs}).key;
    TableColumns columns;
    for (StructureTable& table : build_structure(arithmetise(program, key)))
      columns.push_back(std::move(table.columns));
    const auto tree = commit_tables(air_shape(key), columns, log_blowup);
    const auto cells = [](const ColumnSet& set) {
      std::uint64_t sum = 0;
      for (const std::uint32_t log_size : set.log_sizes()) sum += std::uint64_t{1} << log_size;
      return sum;
    };
    // The columns, their coefficients, and two blocks of values: the one that stays, and those behind it.
    const std::uint64_t values = 2 * cells(tree->coefficients()) + 2 * cells(tree->head());
    const std::uint64_t leaves = std::uint64_t{1} << tree->merkle().height();
    const std::uint64_t bytes = sizeof(M31) * values + sizeof(Blake2sHash) * 2 * leaves;
    CHECK(rebuilding_bytes(key, Tree::structure) == bytes);
  }
}

TEST_CASE("setup_makes_no_more_masks_than_a_key_may_have") {
  const Program program = random_residual(4, 2);
  SetupOptions options = {.target = Target::offchain, .security = {.bits = 60}, .proofs = 20'000};
  const ProvingKey proving_key = setup(program, options);
  CHECK(proving_key.key.height() <= most_masked_log_size);
  CHECK_NOTHROW(check_key_of({structure_of(program), {}}, proving_key.key));
  options.proofs = 1'000'000;
  CHECK(contains(refusal(ErrorKind::usage, [&] { plan(program, options); }),
                 "the masks need tables of more than 2^22 rows"));
}

TEST_CASE("a_structure_far_larger_than_the_key_is_refused_before_its_tables_are_made") {
  const auto key = setup(random_residual(4, 2), {.pcs = small_pcs, .zero_knowledge = false}).key;
  ProgramBuilder builder(1, 0, 3, 1);
  // 2^20 outputs in a file of kilobytes; their tables would hold hundreds of megabytes.
  Program wide = builder.finish({.rows = 1U << 20, .dense = {builder.dense(builder.input(), 1U << 20, 1)}});
  CHECK(contains(refusal(ErrorKind::unsupported, [&] { structure_root(structure_of(wide), key); }),
                 "needs a table of more than"));
}
