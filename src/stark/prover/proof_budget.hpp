// How many proofs the masks of a proving key still allow: the file model.budget beside model.pk.
//
// A proof reveals up to s linear functionals of every column of the weights tree. With h mask rows a column
// hides its weights for floor((h - 1) / s) proofs, its budget; the openings of more proofs are equations that
// can be solved for the weights. So a prover spends a unit, durably, before a proof leaves it.
//
// Everything here fails closed: if the file is missing, damaged, another key's, or cannot be replaced,
// nothing is granted and Error says what to do. A prover that made a proof whenever it could not count would
// let anyone who can delete a file, fill a disk or pull a plug have as many proofs as it takes. The price is
// that a crash between the count and the proof loses a unit; none is ever granted twice.
//
// Commitments to data (stark/prover/data_commitment.hpp) are counted the same way, in a file beside theirs.
//
// The count holds for one file. A copy of it grants its units a second time, and what goes beyond one budget
// is equations about the weights, enough to solve for all of them (docs/zero-knowledge.md, section 9). So the
// file notes the folder that it was made in, and grants nothing in another until its owner says that the
// folder was moved. That is a notice to an honest owner, not a lock: a clone of a whole disk or container, or
// an older file put back in its place, looks the same. To prove on several machines, split the budget, or set
// up a key for each.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "hash/blake2s.hpp"

namespace circlet {

/// A folder as its file system knows it, whatever it is called and wherever it is mounted.
struct BudgetPlace {
  struct Time {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;
    friend bool operator==(const Time&, const Time&) = default;
  };
  /// A random name that stays with the folder as its attribute user.circlet.folder.
  using Id = std::array<std::uint32_t, 4>;

  std::uint64_t inode = 0;
  std::optional<Time> birth;  // nothing if the file system keeps none: a copy that gets the inode of a
                              // removed folder is then known by the id alone
  std::optional<Id> id;       // nothing if the file system keeps none
  friend bool operator==(const BudgetPlace&, const BudgetPlace&) = default;
};

struct ProofBudget {
  Blake2sHash weights_root;  // of the key, or the commitment, that it belongs to
  std::uint64_t total = 0;   // proofs
  std::uint64_t spent = 0;   // proofs, at most total
  BudgetPlace place;         // where it was made, or moved to
  [[nodiscard]] std::uint64_t remaining() const { return total - spent; }
  friend bool operator==(const ProofBudget&, const ProofBudget&) = default;
};

/// What a budget counts the proofs of, and what to do when it is spent, or was copied, for errors.
struct BudgetOwner {
  const char* name;
  const char* remedy;
  const char* instead_of_a_copy;
};
inline constexpr BudgetOwner key_budget{"key", "run `circlet setup --renew`",
                                        "divide the budget where it was made, with `circlet setup --split`, "
                                        "or mask this copy's weights anew with "
                                        "`circlet setup --renew`"};
inline constexpr BudgetOwner data_budget{"commitment", "commit again with `circlet commit`",
                                         "commit again with `circlet commit`, once for each prover"};

/// Error(usage): the budget lies in another folder than it was made in, and may be a copy.
class BudgetElsewhere : public Error {
 public:
  explicit BudgetElsewhere(const std::string& message) : Error(ErrorKind::usage, message) {}
};

/// Starts the count of `total` > 0 proofs for a tree that was just masked; a budget of another key at `path`,
/// or a damaged one, is replaced. Error(usage) if `path` counts for this key already, Error(io) if it cannot
/// be read or replaced. Returns the place, for a note to the owner if copies of it are hard to see.
BudgetPlace create_budget(const std::filesystem::path& path, const Blake2sHash& weights_root,
                          std::uint64_t total);

/// Spends a unit and returns how many remain, once the count is on the disk. Processes and threads take turns
/// by a lock on the file `path`.lock. Error(usage) if the budget is spent, BudgetElsewhere if it may be a
/// copy, Error(bad_input) if the file is damaged or another key's, Error(io) if it is missing or cannot be
/// replaced.
std::uint64_t spend_budget(const std::filesystem::path& path, const Blake2sHash& weights_root,
                           const BudgetOwner& owner = key_budget);

/// The count, if it grants a proof of the tree with this root now. Throws like `spend_budget`.
ProofBudget require_budget(const std::filesystem::path& path, const Blake2sHash& weights_root,
                           const BudgetOwner& owner = key_budget);

/// The count as it is now. Error(bad_input) if the file is damaged, Error(io) if it cannot be read.
ProofBudget read_budget(const std::filesystem::path& path, const BudgetOwner& owner = key_budget);

/// Notes that the budget belongs where it lies now: its owner says that it was moved, and that no copy of it
/// proves. Error(bad_input) if the file is damaged or another key's, Error(io) if it is missing or cannot be
/// replaced.
void record_place(const std::filesystem::path& path, const Blake2sHash& weights_root,
                  const BudgetOwner& owner = key_budget);

/// Totals of `parts` > 0 budgets that hold together what remained at `path`, as equal as can be, each at
/// least 1: for copies of the key, one file by `create_budget` each. `path` is spent, on the disk, before
/// they are returned: a crash loses them. Every proof draws its challenges anew, so the functionals that all
/// copies reveal are as many as one key's would have been. Throws like `spend_budget`; Error(usage) if fewer
/// than `parts` remain.
std::vector<std::uint64_t> split_budget(const std::filesystem::path& path, const Blake2sHash& weights_root,
                                        std::uint64_t parts);

}  // namespace circlet
