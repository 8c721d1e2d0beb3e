// Setup: from a Program to the keys. Commits the structure and the weights once; no trusted setup: the only
// randomness masks the weights.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "compute/csprng.hpp"
#include "fri/prover/committed_tree.hpp"
#include "lowering/arithmetise.hpp"
#include "program/program.hpp"
#include "stark/prover/trace_source.hpp"
#include "stark/verification_key.hpp"

namespace circlet {

struct PublicModel;  // program/model_file.hpp

enum class Target : std::uint8_t { chain, offchain };

/// Bits that `security_of` must find in the key.
struct SecurityTarget {
  bool proven = false;  // the greater of the two proven figures, or the conjectured one
  std::uint32_t bits = 96;
};
/// "conjectured-96", "proven-100"; Error(usage) for anything else.
SecurityTarget parse_security(const std::string& text);

struct SetupOptions {
  Target target = Target::chain;
  Visibility input = Visibility::shown;
  Visibility output = Visibility::shown;  // of what the predicate leaves of it; never hidden
  /// Of inputs and outputs that differ from these, by their names in the model.
  std::map<std::string, Visibility> ports;
  std::uint32_t batch = 1;             // samples a proof; 1 on chain
  std::optional<std::uint32_t> lanes;  // weights a row of `linear`; planned if absent, 16 on chain
  SecurityTarget security;             // of what is planned
  std::optional<PcsConfig> pcs;        // planned if absent
  bool zero_knowledge = true;
  bool weights_public =
      false;  // with zero knowledge: the weights are not masked, and serve any number of proofs
  /// Of the tables of committed values, if there are any: at least so high, and of this blow-up, as a
  /// commitment serves keys of one height and blow-up.
  std::uint32_t height = 0;
  std::optional<std::uint32_t> log_blowup;
  std::uint32_t proofs = 10;  // that the weights stay hidden over, at least; without zero knowledge unused
  /// `meaning_of` the imported model and the predicate. It may be left out for a program without a predicate,
  /// of which it follows.
  std::optional<Blake2sHash> meaning;
  /// Where the masks of the weights are drawn from; a generator of its own by default.
  Csprng* masks = nullptr;
};

/// The visibility of every input and output. Error(usage) if the options name one that the model has not, or
/// if a model with several has two of one name.
TableShape shape_of(const Program& program, const SetupOptions& options);

/// What the planner chose, and why in words.
struct Plan {
  TableShape shape;
  PcsConfig pcs;
  TableSizes sizes;
  std::uint32_t least_height = 0;  // of the tables with the masks of one proof
  std::uint32_t log_degree = 0;    // as in a key
  std::size_t proof_budget = 0;    // proofs over which the weights stay hidden; 0 if they are not
  double cost = 0;                 // felts on chain, nanoseconds of a core off it, about
  double reachable = 0;            // bits that the steps of the protocol allow, as far as queries were tried
  std::string reason;
};

/// The parameters that reach the wanted security with the fewest felts on chain (C = 16, B = 1), in the least
/// time off it. Throws Error(usage) if the options contradict each other or ask for masks of too many rows,
/// Error(unsupported) if the security is out of reach.
Plan plan(const Program& program, const SetupOptions& options);
/// The same, or nothing where the security is out of reach.
std::optional<Plan> find_plan(const Program& program, const SetupOptions& options);
/// The blow-ups that a plan chooses from, as powers of two.
std::span<const std::uint32_t> log_blowups_of(Target target);

/// The secret half: the trees that every proof opens.
struct ProvingKey {
  VerificationKey key;
  std::uint64_t model_checksum = 0;  // of the Program that the trees commit to
  std::uint32_t first_blinder_row = 0;
  std::uint64_t proof_budget = 0;  // as in Plan
  std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> structure;
  std::shared_ptr<const CommittedTree<Blake2sMerkleChannel>> weights;
  StructureRows structure_rows;  // what the structure tree commits to
};

ProvingKey setup(const Program& program, const SetupOptions& options);

/// The same key with the weights masked anew: another weights root, and so another model id, and a whole
/// budget of proofs. Error(bad_input) if `program` is another model, Error(usage) if the key does not hide
/// its weights.
ProvingKey renew(const ProvingKey& proving_key, const Program& program, Csprng* masks = nullptr);

/// XXH3 of the Program: tells an owner that a proving key belongs to another model.
std::uint64_t model_checksum(const Program& program);

/// A tensor as the key describes it.
PublicTensor public_tensor(const Tensor& tensor, Visibility visibility, std::uint32_t claim_wire);

/// Throws Error(bad_input) unless the key is one that `setup` makes of `program`, as far as its fields tell.
/// That its trees hold what their roots say, and that nobody else knows its masks, is the word of whoever
/// made the file: a key from a stranger is not to be proved with (docs/zero-knowledge.md, section 9).
/// Returns the runs of `program` for this key.
Arithmetisation check_proving_key(const ProvingKey& proving_key, const Program& program);

/// model.pk in its envelope. The decoded key views the file's bytes and keeps their owner alive;
/// Error(bad_input) if the file is damaged, or a field is one that no key has.
Bytes encode_proving_key(const ProvingKey& proving_key);
ProvingKey decode_proving_key(std::span<const std::uint8_t> file, std::shared_ptr<const void> owner,
                              const std::string& name);

void save_proving_key(const ProvingKey& proving_key, const std::filesystem::path& path);
ProvingKey load_proving_key(const std::filesystem::path& path);

/// The weights tree alone, of a key whose weights are public, from the Program.
Blake2sHash weights_root(const Program& program, const VerificationKey& key);

/// The structure tree alone, from the public part of a Program: what `inspect --rebuild` compares with the
/// key.
Blake2sHash structure_root(const Program& structure, const VerificationKey& key);

/// Blake2s of what model.structure holds of a model as it was imported, and of the predicate of its output:
/// what a key says of thresholds, labels, scales and names.
Blake2sHash meaning_of(const Program& imported, const Predicate& predicate);

/// About the memory that rebuilding a tree which the key commits to takes: Tree::structure, or Tree::weights
/// if they are public. Sizes are the word of whoever made the key, so ask before `check_key_of`.
std::uint64_t rebuilding_bytes(const VerificationKey& key, Tree tree);

/// Throws Error(rejected) unless `shown` is what the key says that its model means.
void check_meaning(const PublicModel& shown, const VerificationKey& key);

/// Throws Error(rejected) unless the key's meaning, table sizes, inputs, outputs, constant wires, degrees and
/// structure root are those of `shown`.
void check_key_of(const PublicModel& shown, const VerificationKey& key);

}  // namespace circlet
