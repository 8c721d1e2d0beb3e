// The count of proofs that a key may make: what grants, what refuses, and that nothing is granted twice.
#include "stark/prover/proof_budget.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <thread>

#include "core/artefact.hpp"
#include "core/error.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/scratch_folder.hpp"

using namespace circlet;
using namespace circlet::testing;

namespace {

/// A folder with the name of a budget in it.
struct BudgetFolder : ScratchFolder {
  std::filesystem::path budget = path() / "model.budget";
};

const Blake2sHash ours{{1, 2, 3, 4, 5, 6, 7, 8}};
const Blake2sHash other{{1, 2, 3, 4, 5, 6, 7, 9}};

/// Whether the file counts so.
bool counts(const std::filesystem::path& file, const Blake2sHash& root, std::uint64_t total,
            std::uint64_t spent) {
  const ProofBudget budget = read_budget(file);
  return budget.weights_root == root && budget.total == total && budget.spent == spent;
}

/// What spending says of a budget that may be a copy; "granted" if it does not mind.
std::string spending_elsewhere(const std::filesystem::path& file) {
  try {
    spend_budget(file, ours);
  } catch (const BudgetElsewhere& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "granted";
}

}  // namespace

TEST_CASE("a_budget_grants_its_total_and_no_more") {
  const BudgetFolder folder;
  create_budget(folder.budget, ours, 3);
  CHECK(counts(folder.budget, ours, 3, 0));
  for (const std::uint64_t remaining : {2, 1, 0}) CHECK(spend_budget(folder.budget, ours) == remaining);
  for (int again = 0; again < 3; ++again) {
    const std::string text = refusal(ErrorKind::usage, [&] { spend_budget(folder.budget, ours); });
    CHECK(text == "the proof budget of this key is spent: run `circlet setup --renew`");
  }
  CHECK(counts(folder.budget, ours, 3, 3));
}

TEST_CASE("a_budget_and_its_lock_are_readable_by_their_owner_alone") {
  const BudgetFolder folder;
  create_budget(folder.budget, ours, 2);
  spend_budget(folder.budget, ours);
  using std::filesystem::perms;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    CAPTURE(entry.path().string());
    CHECK(entry.status().permissions() == (perms::owner_read | perms::owner_write));
  }
}

TEST_CASE("a_budget_of_another_key_grants_nothing_and_stays") {
  const BudgetFolder folder;
  create_budget(folder.budget, other, 3);
  const std::string text = refusal(ErrorKind::bad_input, [&] { spend_budget(folder.budget, ours); });
  CHECK(contains(text, "another key"));
  CHECK(contains(text, "circlet setup --renew"));
  CHECK(refusal(ErrorKind::bad_input, [&] { split_budget(folder.budget, ours, 1); }) != "accepted");
  CHECK(counts(folder.budget, other, 3, 0));
}

TEST_CASE("a_budget_cannot_be_started_again") {
  const BudgetFolder folder;
  create_budget(folder.budget, ours, 2);
  spend_budget(folder.budget, ours);
  CHECK(refusal(ErrorKind::usage, [&] { create_budget(folder.budget, ours, 2); }) != "accepted");
  CHECK(read_budget(folder.budget).spent == 1);
  CHECK(refusal(ErrorKind::usage, [&] { create_budget(folder / "none", ours, 0); }) != "accepted");
}

TEST_CASE("a_new_key_replaces_the_budget_of_the_old_one_or_a_damaged_one") {
  const BudgetFolder folder;
  create_budget(folder.budget, other, 2);
  create_budget(folder.budget, ours, 5);
  CHECK(counts(folder.budget, ours, 5, 0));
  write_file(folder.budget, Bytes(10), true);
  create_budget(folder.budget, other, 4);
  CHECK(counts(folder.budget, other, 4, 0));
}

TEST_CASE("a_missing_budget_grants_nothing_and_is_not_made") {
  const BudgetFolder folder;
  const std::string text = refusal(ErrorKind::io, [&] { spend_budget(folder.budget, ours); });
  CHECK(contains(text, "circlet setup --renew"));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a_budget_that_is_no_plain_file_grants_nothing") {
  const BudgetFolder folder;
  std::filesystem::create_directory(folder.budget);
  CHECK(refusal(ErrorKind::io, [&] { spend_budget(folder.budget, ours); }) != "accepted");
  CHECK(refusal(ErrorKind::io, [&] { create_budget(folder.budget, ours, 1); }) != "accepted");
}

TEST_CASE("any_truncated_or_changed_budget_grants_nothing_and_stays_as_it_is") {
  const BudgetFolder folder;
  create_budget(folder.budget, ours, 3);
  const Bytes whole = read_file(folder.budget);
  const auto refused = [&](const Bytes& file) {
    write_file(folder.budget, file, true);
    const std::string text = refusal(ErrorKind::bad_input, [&] { spend_budget(folder.budget, ours); });
    CHECK(contains(text, "circlet setup --renew"));
    CHECK(read_file(folder.budget) == file);
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CAPTURE(i);
    Bytes changed = whole;
    changed[i] ^= 1;
    refused(changed);
    refused(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i)));
  }
  Bytes longer = whole;
  longer.push_back(0);
  refused(longer);
  refused(Bytes(5000));
}

TEST_CASE("a_sealed_budget_with_more_spent_than_there_was_is_refused") {
  const BudgetFolder folder;
  ByteWriter writer;
  writer.write_array(std::span<const std::uint32_t>(ours.words));
  writer.write(std::uint64_t{3});
  writer.write(std::uint64_t{4});
  writer.write_array(std::span<const std::uint8_t>(Bytes(44)));  // a place
  write_file(folder.budget, seal_artefact(ArtefactKind::proof_budget, 2, writer.bytes()), true);
  CHECK(contains(refusal(ErrorKind::bad_input, [&] { spend_budget(folder.budget, ours); }),
                 "more than the total"));
}

TEST_CASE("a_budget_behind_symbolic_links_is_one_budget") {
  const BudgetFolder folder;
  std::filesystem::create_directory(folder / "elsewhere");
  create_budget(folder / "elsewhere" / "budget", ours, 4);
  std::filesystem::create_symlink("elsewhere/budget", folder.budget);
  CHECK(spend_budget(folder.budget, ours) == 3);
  CHECK(spend_budget(folder / "elsewhere" / "budget", ours) == 2);
  CHECK(spend_budget(folder.budget, ours) == 1);
  CHECK(std::filesystem::is_symlink(folder.budget));
}

TEST_CASE("a_budget_with_two_hard_links_grants_nothing") {
  const BudgetFolder folder;
  create_budget(folder.budget, ours, 4);
  std::filesystem::create_hard_link(folder.budget, folder / "second");
  const std::string text = refusal(ErrorKind::io, [&] { spend_budget(folder.budget, ours); });
  CHECK(contains(text, "one name"));
  CHECK(read_budget(folder.budget).spent == 0);
}

TEST_CASE("the_parts_of_a_split_budget_add_up_to_what_remained") {
  const BudgetFolder folder;
  for (const std::uint64_t parts : {1, 2, 3, 7, 9}) {
    CAPTURE(parts);
    const auto path = folder / std::to_string(parts);
    create_budget(path, ours, 11);
    for (int i = 0; i < 2; ++i) spend_budget(path, ours);
    const auto totals = split_budget(path, ours, parts);
    CHECK(totals.size() == parts);
    CHECK(std::accumulate(totals.begin(), totals.end(), std::uint64_t{0}) == 9);
    const auto [least, greatest] = std::ranges::minmax(totals);
    CHECK(least >= 1);
    CHECK(greatest - least <= 1);
    CHECK(counts(path, ours, 11, 11));
    CHECK(refusal(ErrorKind::usage, [&] { spend_budget(path, ours); }) != "accepted");
    CHECK(refusal(ErrorKind::usage, [&] { split_budget(path, ours, 1); }) != "accepted");
  }
}

TEST_CASE("a_budget_that_cannot_be_split_is_not_spent") {
  const BudgetFolder folder;
  create_budget(folder.budget, ours, 4);
  for (const std::uint64_t parts : {std::uint64_t{0}, std::uint64_t{5}, ~std::uint64_t{0}}) {
    CHECK(refusal(ErrorKind::usage, [&] { split_budget(folder.budget, ours, parts); }) != "accepted");
  }
  CHECK(counts(folder.budget, ours, 4, 0));
}

TEST_CASE("threads_that_spend_at_once_get_different_units") {
  const BudgetFolder folder;
  constexpr std::size_t threads = 4, each = 20;
  create_budget(folder.budget, ours, threads * each + 5);
  std::vector<std::vector<std::uint64_t>> granted(threads);
  {
    std::vector<std::jthread> running;
    for (auto& mine : granted) {
      running.emplace_back([&] {
        for (std::size_t i = 0; i < each; ++i) mine.push_back(spend_budget(folder.budget, ours));
      });
    }
  }
  std::set<std::uint64_t> all;
  for (const auto& mine : granted) all.insert(mine.begin(), mine.end());
  CHECK(all.size() == threads * each);
  CHECK(*all.begin() == 5);
  CHECK(read_budget(folder.budget).remaining() == 5);
}

TEST_CASE("a_budget_of_the_format_without_a_place_is_refused_with_what_to_do") {
  const BudgetFolder folder;
  ByteWriter writer;
  writer.write_array(std::span<const std::uint32_t>(ours.words));
  writer.write(std::uint64_t{3});
  writer.write(std::uint64_t{0});
  write_file(folder.budget, seal_artefact(ArtefactKind::proof_budget, 1, writer.bytes()), true);
  const std::string text = refusal(ErrorKind::bad_input, [&] { spend_budget(folder.budget, ours); });
  CHECK(contains(text, "format version 1"));
  CHECK(contains(text, "circlet setup --renew"));
}

TEST_CASE("a_copied_folder_grants_nothing_until_its_owner_says_that_it_was_moved") {
  const BudgetFolder folder;
  std::filesystem::create_directory(folder / "first");
  create_budget(folder / "first" / "model.budget", ours, 4);
  std::filesystem::copy(folder / "first", folder / "second");
  const auto copy = folder / "second" / "model.budget";
  const std::string text = spending_elsewhere(copy);
  CHECK(contains(text, "circlet setup --split"));
  CHECK(contains(text, "--i-moved-it"));
  CHECK(refusal(ErrorKind::usage, [&] { require_budget(copy, ours); }) == text);
  CHECK(refusal(ErrorKind::usage, [&] { split_budget(copy, ours, 2); }) == text);
  CHECK(counts(copy, ours, 4, 0));
  CHECK(spend_budget(folder / "first" / "model.budget", ours) == 3);

  CHECK(refusal(ErrorKind::bad_input, [&] { record_place(copy, other); }) != "accepted");
  record_place(copy, ours);
  CHECK(counts(copy, ours, 4, 0));
  CHECK(spend_budget(copy, ours) == 3);
}

TEST_CASE("a_budget_that_is_copied_alone_grants_nothing_beside_its_data") {
  const BudgetFolder folder;
  create_budget(folder.budget, ours, 4);
  std::filesystem::create_directory(folder / "other");
  std::filesystem::copy(folder.budget, folder / "other" / "data.budget");
  const std::string text =
      refusal(ErrorKind::usage, [&] { spend_budget(folder / "other" / "data.budget", ours, data_budget); });
  CHECK(contains(text, "circlet commit"));
  CHECK(!contains(text, "--split"));
}

TEST_CASE("a_folder_that_is_renamed_or_linked_is_the_same_place") {
  const BudgetFolder folder;
  std::filesystem::create_directory(folder / "first");
  create_budget(folder / "first" / "model.budget", ours, 4);
  std::filesystem::rename(folder / "first", folder / "second");
  CHECK(spend_budget(folder / "second" / "model.budget", ours) == 3);
  std::filesystem::create_directory_symlink(folder / "second", folder / "link");
  CHECK(spend_budget(folder / "link" / "model.budget", ours) == 2);
}

TEST_CASE("a_restored_folder_is_another_place_even_with_the_inode_of_the_first") {
  const BudgetFolder folder;
  const auto backup = folder / "backup", lost = folder / "lost";
  std::filesystem::create_directory(lost);
  create_budget(lost / "model.budget", ours, 4);
  const BudgetPlace place = read_budget(lost / "model.budget").place;
  if (!place.birth && !place.id) {
    MESSAGE("this file system keeps neither birth times nor attributes");
    return;
  }
  std::filesystem::copy(lost, backup);
  spend_budget(lost / "model.budget", ours);
  std::filesystem::remove_all(lost);
  std::filesystem::copy(backup, lost);
  CHECK(spending_elsewhere(lost / "model.budget") != "granted");
}

TEST_CASE("each_thing_that_is_known_of_a_place_must_agree") {
  const BudgetFolder folder;
  create_budget(folder.budget, ours, 9);
  const ProofBudget honest = read_budget(folder.budget);
  // The payload, of the bytes that docs/formats.md says: root and counts, 48 bytes; inode; has a birth time,
  // seconds, nanoseconds; has an id, the id.
  const Bytes file = read_file(folder.budget);
  const Bytes payload(file.begin() + 24, file.end() - 8);
  REQUIRE(payload.size() == 92);
  const auto spend_with = [&](const Bytes& changed) {
    write_file(folder.budget, seal_artefact(ArtefactKind::proof_budget, 2, changed), true);
    return spending_elsewhere(folder.budget);
  };
  const auto with = [&](std::size_t at, std::uint8_t flip) {
    Bytes changed = payload;
    changed[at] ^= flip;
    return spend_with(changed);
  };
  // Of a file system that keeps no birth times, or no attributes: the flag, and what it is of.
  const auto without = [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    Bytes changed = payload;
    std::fill(changed.begin() + first, changed.begin() + last, std::uint8_t{0});
    return spend_with(changed);
  };
  const auto refused = [&](std::size_t at, std::uint8_t flip) {
    return refusal(ErrorKind::bad_input, [&] { static_cast<void>(with(at, flip)); });
  };
  CHECK(with(48, 1) != "granted");
  if (honest.place.birth) {
    CHECK(with(60, 1) != "granted");
    CHECK(with(68, 1) != "granted");
    CHECK(without(56, 72) == "granted");
    CHECK(contains(refused(56, 1), "there is none, and it is not 0"));
    CHECK(contains(refused(56, 2), "neither 0 nor 1"));
  }
  if (honest.place.id) {
    CHECK(with(76, 1) != "granted");
    CHECK(without(72, 92) == "granted");
    CHECK(contains(refused(72, 1), "there is none, and it is not 0"));
  }
  CHECK(with(0, 0) == "granted");
}
