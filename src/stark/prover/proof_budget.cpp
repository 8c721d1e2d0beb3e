#include "stark/prover/proof_budget.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "compute/csprng.hpp"
#include "core/artefact.hpp"

namespace circlet {
namespace {

using std::filesystem::path;

constexpr std::uint32_t budget_version = 2;
constexpr std::uint64_t most_bytes = 1024;  // a whole file has 124
constexpr const char* id_attribute = "user.circlet.folder";

/// The file behind symbolic links, so that all its names share a lock.
path resolved(const path& file) {
  std::error_code missing;
  const path target = std::filesystem::canonical(file, missing);
  return missing ? file : target;
}

path lock_of(const path& file) { return file.string() + ".lock"; }

std::optional<BudgetPlace::Id> id_of(const path& folder) {
  BudgetPlace::Id id;
  if (::getxattr(folder.c_str(), id_attribute, id.data(), sizeof(id)) != sizeof(id)) return {};
  return id;
}

/// The folder of a file. The device has no part in it: it may have another number after every start of the
/// system.
BudgetPlace place_of(const path& file) {
  const path folder = file.has_parent_path() ? file.parent_path() : ".";
  struct statx status {};
  require(::statx(AT_FDCWD, folder.c_str(), 0, STATX_INO | STATX_BTIME, &status) == 0, ErrorKind::io,
          [&] { return "cannot look at '" + folder.string() + "': " + std::strerror(errno); });
  BudgetPlace place{.inode = status.stx_ino, .birth = {}, .id = id_of(folder)};
  if ((status.stx_mask & STATX_BTIME) != 0) place.birth = {status.stx_btime.tv_sec, status.stx_btime.tv_nsec};
  return place;
}

/// The same, with a new id where there is none and the file system takes it.
BudgetPlace new_place_of(const path& file) {
  BudgetPlace place = place_of(file);
  if (place.id) return place;
  const path folder = file.has_parent_path() ? file.parent_path() : ".";
  Csprng random;
  BudgetPlace::Id id;
  for (auto& word : id) word = random.next().value();
  // Somebody else may have been faster.
  ::setxattr(folder.c_str(), id_attribute, id.data(), sizeof(id), XATTR_CREATE);
  place.id = id_of(folder);
  return place;
}

/// Whether `here` can be the folder that was noted: all that was known of it is the same.
bool is_place(const BudgetPlace& noted, const BudgetPlace& here) {
  return noted.inode == here.inode && (!noted.birth || noted.birth == here.birth) &&
         (!noted.id || noted.id == here.id);
}

void write_place(ByteWriter& writer, const BudgetPlace& place) {
  writer.write(place.inode);
  writer.write(std::uint32_t{place.birth.has_value()});
  const auto birth = place.birth.value_or(BudgetPlace::Time{});
  writer.write(birth.seconds);
  writer.write(birth.nanoseconds);
  writer.write(std::uint32_t{place.id.has_value()});
  writer.write_array(std::span<const std::uint32_t>(place.id.value_or(BudgetPlace::Id{})));
}

BudgetPlace read_place(ByteReader& reader) {
  BudgetPlace place;
  const auto flag = [&](const char* name) {
    const auto value = reader.read<std::uint32_t>(name);
    if (value > 1) reader.fail(name, "neither 0 nor 1");
    return value == 1;
  };
  place.inode = reader.read<std::uint64_t>("inode");
  const bool has_birth = flag("birth time");
  BudgetPlace::Time birth;
  birth.seconds = reader.read<std::int64_t>("birth time");
  birth.nanoseconds = reader.read<std::uint32_t>("birth time");
  if (has_birth) place.birth = birth;
  if (!has_birth && birth != BudgetPlace::Time{}) reader.fail("birth time", "there is none, and it is not 0");
  const bool has_id = flag("folder id");
  BudgetPlace::Id id;
  for (auto& word : id) word = reader.read<std::uint32_t>("folder id");
  if (has_id) place.id = id;
  if (!has_id && id != BudgetPlace::Id{}) reader.fail("folder id", "there is none, and it is not 0");
  return place;
}

void write_budget(const path& file, const ProofBudget& budget) {
  ByteWriter writer;
  writer.write_array(std::span<const std::uint32_t>(budget.weights_root.words));
  writer.write(budget.total);
  writer.write(budget.spent);
  write_place(writer, budget.place);
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

/// The budget in the file `name`, which must be this tree's.
ProofBudget own_budget(const path& name, const Blake2sHash& weights_root, const BudgetOwner& owner) {
  const ProofBudget budget = read_budget(name, owner);
  require(budget.weights_root == weights_root, ErrorKind::bad_input, [&] {
    return "'" + name.string() + "' is the proof budget of another " + owner.name + ": put back this " +
           owner.name + "'s own, or " + owner.remedy;
  });
  return budget;
}

/// Replaces the budget by what `change` makes of it, which may throw instead.
template <class Change>
void replace_budget(const path& name, const BudgetOwner& owner, const Change& change) {
  const path file = resolved(name);
  read_budget(file, owner);  // no lock file beside a budget that does not exist
  const FileLock lock(lock_of(file));
  const ProofBudget after = change(file);
  check_single_name(file);
  write_budget(file, after);
}

/// Spends `amount(budget)` units, which may throw instead, and returns the budget as it was.
template <class Amount>
ProofBudget spend(const path& name, const Blake2sHash& weights_root, const BudgetOwner& owner,
                  const Amount& amount) {
  ProofBudget before;
  replace_budget(name, owner, [&](const path& file) {
    before = require_budget(file, weights_root, owner);
    ProofBudget after = before;
    after.spent += amount(before);
    return after;
  });
  return before;
}

}  // namespace

BudgetPlace create_budget(const path& name, const Blake2sHash& weights_root, std::uint64_t total) {
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
  const BudgetPlace place = new_place_of(file);
  write_budget(file, {.weights_root = weights_root, .total = total, .spent = 0, .place = place});
  return place;
}

void record_place(const path& name, const Blake2sHash& weights_root, const BudgetOwner& owner) {
  replace_budget(name, owner, [&](const path& file) {
    ProofBudget budget = own_budget(file, weights_root, owner);
    budget.place = new_place_of(file);
    return budget;
  });
}

std::uint64_t spend_budget(const path& name, const Blake2sHash& weights_root, const BudgetOwner& owner) {
  return spend(name, weights_root, owner, [](const ProofBudget&) { return std::uint64_t{1}; }).remaining() -
         1;
}

ProofBudget require_budget(const path& name, const Blake2sHash& weights_root, const BudgetOwner& owner) {
  const path file = resolved(name);
  const ProofBudget budget = own_budget(file, weights_root, owner);
  if (!is_place(budget.place, place_of(file))) {
    throw BudgetElsewhere(
        "'" + file.string() +
        "' was made in another folder. If it is a copy, nothing is proved with it: the proofs "
        "of two copies together show what the budget of one hides; " +
        owner.instead_of_a_copy +
        ". If the folder was moved and no copy of it proves, say so once with --i-moved-it");
  }
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
    budget.place = read_place(reader);
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
