#include "stark/prover/proof_budget.hpp"

#include <string>

#include "core/artefact.hpp"

namespace circlet {
namespace {

using std::filesystem::path;

constexpr std::uint32_t budget_version = 1;
constexpr std::uint64_t most_bytes = 1024;  // a whole file has 80

/// The file behind symbolic links, so that all its names share a lock.
path resolved(const path& file) {
  std::error_code missing;
  const path target = std::filesystem::canonical(file, missing);
  return missing ? file : target;
}

path lock_of(const path& file) { return file.string() + ".lock"; }

void write_budget(const path& file, const ProofBudget& budget) {
  ByteWriter writer;
  writer.write_array(std::span<const std::uint32_t>(budget.weights_root.words));
  writer.write(budget.total);
  writer.write(budget.spent);
  try {
    write_file(file, seal_artefact(ArtefactKind::proof_budget, budget_version, writer.bytes()), true);
  } catch (const Error& error) {
    throw Error(error.kind(), std::string(error.what()) +
                                  "; a proof that cannot be counted is not made: make the folder writable");
  }
}

/// With a second name, replacing the one would leave the old count under the other.
void check_single_name(const path& file) {
  std::error_code failure;
  const auto names = std::filesystem::hard_link_count(file, failure);
  require(!failure && names == 1, ErrorKind::io, [&] {
    return "'" + file.string() + "': " +
           (failure ? failure.message()
                    : "a proof budget is one file with one name, not with " + std::to_string(names));
  });
}

/// Spends `amount(budget)` units, which may throw instead, and returns the budget as it was.
template <class Amount>
ProofBudget spend(const path& name, const Blake2sHash& weights_root, const BudgetOwner& owner,
                  const Amount& amount) {
  const path file = resolved(name);
  read_budget(file, owner);  // no lock file beside a budget that does not exist
  const FileLock lock(lock_of(file));
  const ProofBudget before = require_budget(file, weights_root, owner);
  check_single_name(file);
  ProofBudget after = before;
  after.spent += amount(before);
  write_budget(file, after);
  return before;
}

}  // namespace

void create_budget(const path& name, const Blake2sHash& weights_root, std::uint64_t total) {
  require(total > 0, ErrorKind::usage, "a proof budget of no proofs");
  const path file = resolved(name);
  const FileLock lock(lock_of(file));
  bool counts_already = false;
  if (std::filesystem::exists(file)) {
    try {
      counts_already = read_budget(file).weights_root == weights_root;
    } catch (const Error& error) {
      // A damaged one grants nothing; one that cannot be read now may be this key's.
      if (error.kind() != ErrorKind::bad_input) throw;
    }
  }
  require(!counts_already, ErrorKind::usage, [&] {
    return "'" + file.string() + "' counts the proofs of this key already: for a new count, " +
           key_budget.remedy;
  });
  write_budget(file, {.weights_root = weights_root, .total = total, .spent = 0});
}

std::uint64_t spend_budget(const path& name, const Blake2sHash& weights_root, const BudgetOwner& owner) {
  return spend(name, weights_root, owner, [](const ProofBudget&) { return std::uint64_t{1}; }).remaining() -
         1;
}

ProofBudget require_budget(const path& file, const Blake2sHash& weights_root, const BudgetOwner& owner) {
  const ProofBudget budget = read_budget(file, owner);
  require(budget.weights_root == weights_root, ErrorKind::bad_input, [&] {
    return "'" + file.string() + "' is the proof budget of another " + owner.name + ": put back this " +
           owner.name + "'s own, or " + owner.remedy;
  });
  require(budget.remaining() > 0, ErrorKind::usage, [&] {
    return std::string("the proof budget of this ") + owner.name + " is spent: " + owner.remedy;
  });
  return budget;
}

ProofBudget read_budget(const path& file, const BudgetOwner& owner) {
  try {
    const Bytes bytes = read_file(file, most_bytes);
    ByteReader reader(open_artefact(ArtefactKind::proof_budget, budget_version, bytes, file.string()),
                      file.string());
    ProofBudget budget;
    for (auto& word : budget.weights_root.words) word = reader.read<std::uint32_t>("weights root");
    budget.total = reader.read<std::uint64_t>("total");
    budget.spent = reader.read<std::uint64_t>("spent");
    reader.expect_end();
    if (budget.spent > budget.total) reader.fail("spent", "more than the total");
    return budget;
  } catch (const Error& error) {
    throw Error(error.kind(), std::string(error.what()) + "; without its proof budget a " + owner.name +
                                  " makes no proof: " + owner.remedy);
  }
}

std::vector<std::uint64_t> split_budget(const path& name, const Blake2sHash& weights_root,
                                        std::uint64_t parts) {
  const ProofBudget before = spend(name, weights_root, key_budget, [&](const ProofBudget& budget) {
    require(parts > 0 && parts <= budget.remaining(), ErrorKind::usage, [&] {
      return "a budget with " + std::to_string(budget.remaining()) + " proofs left cannot be split into " +
             std::to_string(parts);
    });
    return budget.remaining();
  });
  std::vector<std::uint64_t> totals(parts, before.remaining() / parts);
  for (std::uint64_t i = 0; i < before.remaining() % parts; ++i) ++totals[i];
  return totals;
}

}  // namespace circlet
