// What `verify` asks beyond the proof itself: whether it is about a given commitment, and which threshold its
// key's model compares scores with.
#pragma once

#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/statement_text.hpp"
#include "stark/statement.hpp"

namespace circlet::cli {

/// Throws Error(rejected) unless the proof is about the commitment with the id `wanted`, in this direction.
void require_commitment(Direction direction, const VerificationKey& key, const Statement& statement,
                        const std::optional<std::string>& wanted);

/// The predicate, if it compares scores with a threshold.
std::optional<Predicate> comparison_of(const Predicate& predicate);

/// What the output of a program means.
OutputMeaning meaning_of_output(const Program& program);

/// A key tells that its model compares scores with a threshold; which one, and what an audit counts, its
/// structure tells.
struct MeaningBeside {
  OutputMeaning meaning;
  std::string unknown;  // why the key's threshold, or what it counts, is
};

/// From the file model.structure beside the key, unless that takes more than a look in passing.
MeaningBeside meaning_beside(const Path& key_file, const VerificationKey& key);

/// What the file model.structure beside the key says, if there is one. Error(bad_input) if it is another
/// key's.
std::optional<Program> structure_beside(const Path& key_file, const VerificationKey& key);

/// What `verify` says where it does not know the threshold, or the counts.
std::string unknown_text(const MeaningBeside& beside, const Path& key_file);

}  // namespace circlet::cli
