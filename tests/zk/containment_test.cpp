// Containment: whatever a verifier sees, under any challenges, could have come from every other witness of
// the statement, and from equally many masks of each.
#include <doctest/doctest.h>

#include <numeric>
#include <set>

#include "air/prover/blinder.hpp"
#include "air/tables/blinder/columns.hpp"
#include "fri/prover/circle_fft.hpp"
#include "fri/prover/storage_order.hpp"
#include "program/predicate.hpp"
#include "tests/zk/laboratory.hpp"
#include "tests/zk/models.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

SetupOptions planned(Target target) { return {.target = target, .input = Visibility::hidden, .proofs = 1}; }

SetupOptions with_queries(std::uint32_t queries, std::uint32_t log_blowup) {
  const PcsConfig pcs{.pow_bits = 0,
                      .fri = {.log_blowup_factor = log_blowup, .n_queries = queries, .fold_step = 3}};
  return {.target = Target::offchain, .input = Visibility::hidden, .lanes = 16, .pcs = pcs, .proofs = 1};
}

SetupOptions committing(SetupOptions options) {
  options.input = options.output = Visibility::committed;
  return options;
}

SetupOptions with_public_weights(SetupOptions options) {
  options.weights_public = true;
  return options;
}

struct Setting {
  Program program;
  SetupOptions options;
};

/// What setup plans, 76 queries at blow-up 2, an output of which the proof shows one index alone, values that
/// are committed, weights that are public, and tables of tiles; with CIRCLET_FULL numbers of queries that
/// fill the blinder too.
std::vector<Setting> settings() {
  const Program values = random_residual(3, 1);
  const Program index = with_predicate(values, parse_predicate("argmax"));
  std::vector<Setting> settings = {{values, planned(Target::chain)},
                                   {index, planned(Target::chain)},
                                   {values, with_queries(76, 1)},
                                   {values, committing(with_queries(12, 2))},
                                   {values, with_public_weights(with_queries(12, 2))},
                                   {tiny_tiles(), planned(Target::offchain)}};
  if (full_run()) {
    settings.push_back({values, planned(Target::offchain)});
    settings.push_back({values, with_queries(26, 2)});  // 4 * 26 + 23 = 2^7 - 1
    settings.push_back({values, with_queries(58, 1)});  // 4 * 58 + 23 = 2^8 - 1
    settings.push_back({index, committing(planned(Target::chain))});
    settings.push_back({tiny_tiles(), with_queries(76, 1)});
    settings.push_back({tiny_tiles(), committing(with_queries(12, 2))});
  }
  return settings;
}

/// Calls f(table, tree, column) for every column of the tables that a proof hides.
template <class F>
void for_each_hidden_column(const Laboratory& lab, F&& f) {
  for (std::size_t table = 0; table < lab.shape().claims(); ++table) {
    for (const Tree tree : {Tree::weights, Tree::witness, Tree::fingerprints, Tree::logup, Tree::data}) {
      for (const LayoutColumn& column : lab.layouts()[table].columns[static_cast<std::size_t>(tree)]) {
        const bool is_public = tree == Tree::weights && lab.key().weights_public;
        if (column.sampled && !is_public) f(table, tree, column);
      }
    }
  }
}

std::vector<int> offsets_of(const LayoutColumn& column) {
  return column.with_previous ? std::vector{-1, 0} : std::vector{0};
}

std::size_t rank_of(const Openings& units, std::span<const std::size_t> rows) {
  Span span(units[0].size());
  for (const std::size_t row : rows) span.add(units[row]);
  return span.rank();
}

std::vector<std::size_t> all_rows(std::size_t count) {
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

/// The cells that blinder_columns draws in the columns R and b.
std::vector<Cell> blinder_cells(const Laboratory& lab) {
  const std::uint32_t first = lab.first_blinder_column(Tree::witness);
  const BaseColumn& a = lab.structure().back()[0];
  std::vector<Cell> cells;
  for (std::uint32_t i = 0; i < index_of(blinder::Witness::count); ++i) {
    for (std::size_t row = 0; row < a.size(); ++row) {
      const bool is_b = i >= index_of(blinder::Witness::b);
      if (!is_b || a[(row + 1) % a.size()].is_zero()) cells.push_back({first + i, row});
    }
  }
  return cells;
}

}  // namespace

TEST_CASE("the_openings_of_every_column_are_independent_of_its_real_rows") {
  for (const auto& [program, options] : settings()) {
    Laboratory lab(program, options);
    std::set<std::tuple<std::uint32_t, std::vector<int>, std::optional<Pinned>, std::vector<std::size_t>>>
        seen;
    for_each_hidden_column(lab, [&](std::size_t table, Tree tree, const LayoutColumn& column) {
      const std::uint32_t log_size = lab.shape().instances[table].log_size;
      const auto free = lab.free_rows(table, tree, column.first);
      const auto pinned = lab.pinned(tree, column.first);
      if (!seen.insert({log_size, offsets_of(column), pinned, free}).second) return;
      const Openings& units = lab.units(log_size, offsets_of(column), pinned);
      if (pinned) REQUIRE(units[0].size() == lab.queries() + 12);
      const std::size_t rank = rank_of(units, all_rows(units.size()));
      MESSAGE(lab.queries() << " queries, " << lab.layouts()[table].table << "." << column.name << ": "
                            << units[0].size() << " openings of rank " << rank << " in " << units.size()
                            << " rows, " << free.size() << " of them free");
      CHECK(rank_of(units, free) == rank);
    });
  }
}

TEST_CASE("every_proof_of_one_witness_is_a_proof_of_another") {
  for (const auto& [program, options] : settings()) {
    const TwoWitnesses two = two_witnesses(program, 2, !options.weights_public);
    Laboratory lab(two.first, options);
    Csprng random = Csprng::insecure(3);
    const Commitments commitments = lab.commit(two.first, two.first_input, random);
    const auto components = lab.components(commitments.claimed_sums);
    const FixedProof proof = lab.prove(components, lab.make_trees(commitments));

    // Other weights, another input, and masks under which the tables open to the same values.
    Commitments other = lab.disguise(two.second, two.second_input, commitments);
    CHECK(other.claimed_sums == commitments.claimed_sums);
    // Then masks of the blinder under which all the rest is the same.
    const auto trees = lab.make_trees(other);
    const std::uint32_t first = lab.first_blinder_column(Tree::witness);
    const auto cells = blinder_cells(lab);
    const auto seen_in = [&](const FixedProof& of) { return lab.view(of, first); };
    const auto images = lab.images(components, trees, other.tree(Tree::witness), cells, seen_in);
    const Vector base = seen_in(lab.prove(components, trees));
    Vector missing = seen_in(proof);
    for (std::size_t i = 0; i < missing.size(); ++i) missing[i] -= base[i];
    const Solution masks(images, missing);
    REQUIRE(masks.x.has_value());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      other.tree(Tree::witness).back()[cells[i].column - first][cells[i].row] = (*masks.x)[i];
    }
    const FixedProof same = lab.prove(components, lab.make_trees(other));
    CHECK(same.stark == proof.stark);
    CHECK(same.codeword.coordinates == proof.codeword.coordinates);

    // The image is all that the verifier's own equations leave (docs/zero-knowledge.md, "The blinder").
    const std::size_t whole =
        4 * (std::size_t{1} << lab.height()) + 12 * lab.queries() + 52 - 4 * lab.adjacent_queries().size();
    MESSAGE(lab.queries() << " queries at blow-up " << (1U << lab.key().pcs.fri.log_blowup_factor) << ", 2^"
                          << lab.height() << " rows: " << cells.size() << " masks, image of dimension "
                          << masks.rank << " in " << missing.size() << " values");
    CHECK(masks.rank == whole);
  }
}

TEST_CASE("a_blinder_of_any_height_meets_the_conditions_of_the_proof") {
  // docs/zero-knowledge.md, "The blinder": rows enough, and a of full degree, with no zero where it is
  // opened.
  for (const auto& [queries, log_blowup] : {std::pair{18U, 4U}, {24U, 3U}, {26U, 2U}, {40U, 2U}, {76U, 1U}}) {
    for (std::uint32_t log_size = blinder_log_size(queries); log_size <= 13; ++log_size) {
      const std::size_t first = first_blinder_row(log_size, log_blowup, queries);
      const BaseColumn a = blinder_structure(log_size, first, queries);
      const auto constrained = static_cast<std::size_t>(std::ranges::count(a, M31(1)));
      CHECK(constrained >= queries + 6);
      CHECK(a.size() - constrained >= constrained + 2 * queries + 11);
      BaseColumn coefficients(a.size()), extension(a.size() << log_blowup);
      to_storage_order(a, coefficients);
      circle_ifft(coefficients);
      low_degree_extension(coefficients, extension);
      CHECK(std::ranges::none_of(extension, [](M31 x) { return x.is_zero(); }));
    }
  }
}

TEST_CASE("the_tables_of_two_witnesses_open_to_the_same_distribution") {
  // Few queries, so that the openings of all columns together can be compared: as the masks are uniform and
  // enter affinely, openings are uniform on a coset of a space. It is spanned by differences of openings.
  const TwoWitnesses two = two_witnesses(random_residual(3, 1), 2);
  Laboratory lab(two.first, with_queries(full_run() ? 6 : 2, 1));
  const auto openings = [&](const Program& program, std::span<const std::int32_t> input, std::uint64_t seed) {
    Csprng random = Csprng::insecure(seed);
    const Commitments commitments = lab.commit(program, input, random);
    Vector all;
    for (const Tree tree : {Tree::weights, Tree::witness, Tree::fingerprints, Tree::logup}) {
      const Openings columns = lab.open(tree, commitments.tree(tree));
      for (std::size_t i = 0; i < lab.first_blinder_column(tree); ++i) {
        all.insert(all.end(), columns[i].begin(), columns[i].end());
      }
    }
    for (const QM31& sum : commitments.claimed_sums) {
      for (const M31 coordinate : sum.coordinates()) all.push_back(coordinate);
    }
    return all;
  };
  std::size_t expected = 12;  // four claimed sums that add up to a public value
  for_each_hidden_column(lab, [&](std::size_t table, Tree tree, const LayoutColumn& column) {
    const Openings& units =
        lab.units(lab.shape().instances[table].log_size, offsets_of(column), lab.pinned(tree, column.first));
    expected += column.width() * rank_of(units, all_rows(units.size()));
  });
  const Vector origin = openings(two.first, two.first_input, 0);
  const auto difference = [&](const Vector& from) {
    Vector result = from;
    for (std::size_t i = 0; i < result.size(); ++i) result[i] -= origin[i];
    return result;
  };
  Span first(origin.size()), second(origin.size());
  const Vector other_origin = openings(two.second, two.second_input, 0);
  for (std::uint64_t seed = 1; seed <= expected + 5; ++seed) {
    first.add(difference(openings(two.first, two.first_input, seed)));
    Vector other = openings(two.second, two.second_input, seed);
    if (seed > expected + 2) CHECK(first.contains(difference(other)));  // one coset
    for (std::size_t i = 0; i < other.size(); ++i) other[i] -= other_origin[i];
    second.add(other);
  }
  MESSAGE(lab.queries() << " queries: " << origin.size() << " openings and claimed sums, uniform on "
                        << first.rank() << " dimensions");
  CHECK(first.rank() == expected);
  CHECK(second.rank() == expected);
}
