// A verification key in words: its tables, inputs and outputs, of whatever number and kind.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "program/program.hpp"
#include "stark/verification_key.hpp"

namespace circlet::cli {

/// "values", "argmax", "at_least" or "below".
const char* form_name(Predicate::Kind form);

/// The tables, their log sizes and committed columns, and what the key says of every input and output.
nlohmann::ordered_json tables_json(const VerificationKey& key);
nlohmann::ordered_json tensors_json(const VerificationKey& key);

/// "linear<16> 2^9, activate<1> 2^8, lut 2^9, mac 2^6, blinder 2^9"
std::string tables_text(const VerificationKey& key);

/// A line for each input and output: visibility, form, values, range. `predicate` is that of model.structure,
/// which knows the threshold.
std::string tensors_text(const VerificationKey& key, const Predicate& predicate);

}  // namespace circlet::cli
