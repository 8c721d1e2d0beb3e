// Statements and committed values in words.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "program/program.hpp"
#include "stark/prover/data_commitment.hpp"
#include "stark/prover/proof_budget.hpp"
#include "stark/statement.hpp"

namespace circlet::cli {

/// The first index of the greatest value; `values` is not empty.
std::size_t greatest_index(const std::vector<double>& values);

/// "12 (0.31), -4 (-0.10); greatest: 0", at most a few dozen values.
std::string values_text(const std::vector<std::int32_t>& integers, const std::vector<double>& reals);

/// The commitment's root and values: what whoever holds it knows.
nlohmann::ordered_json data_json(const DataCommitment& data);
std::string data_text(const DataCommitment& data);

/// For the owner of a new budget, where a copy of its folder is hard to notice; else nothing.
std::string place_note(const BudgetPlace& place);

/// What a key's proofs hide, and what of the model they show.
std::string hidden_text(const VerificationKey& key);

/// The predicate, with what is printable of its class's name.
std::string predicate_text(Predicate predicate);

/// One sample's output: values_text, "argmax = 7" or ">= 0.5: yes".
std::string output_text(const Predicate& predicate, const std::vector<std::int32_t>& integers,
                        const std::vector<double>& reals);

/// What a key's outputs mean, as far as its structure is known.
struct OutputMeaning {
  std::optional<Predicate> comparison;  // of scores with a threshold
  AuditPart audit;
};

/// What is stated of each tensor: of one input and one output beside the rest, of others in a list.
/// `id` is that of the model, by default the key's.
nlohmann::ordered_json statement_json(const VerificationKey& key, const Statement& statement,
                                      const OutputMeaning& meaning,
                                      const std::optional<std::string>& id = {});
std::string statement_text(const VerificationKey& key, const Statement& statement,
                           const OutputMeaning& meaning, const std::optional<std::string>& id = {});

}  // namespace circlet::cli
