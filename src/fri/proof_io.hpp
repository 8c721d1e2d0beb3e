// StarkProof as bytes: the stwo crate's serde form in JSON, and a compact binary form (docs/formats.md, "The
// STARK proof"). What is read is untrusted; reading checks form only, not whether the proof holds.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "fri/proof.hpp"
#include "hash/blake2s.hpp"

namespace circlet {

/// Keys in the crate's order; hashes are arrays of 32 bytes, F is [[a, b], [c, d]], lifting_log_size is null.
nlohmann::ordered_json stark_proof_to_json(const StarkProof<Blake2sHash>& proof);

/// Reads what stark_proof_to_json wrote. Throws Error(bad_input) with the path of the first value of a wrong
/// type, range or length, and for missing or unknown keys.
StarkProof<Blake2sHash> stark_proof_from_json(const nlohmann::ordered_json& json);

/// The text that serde_json writes for the crate's StarkProof, and its reader, which limits size and nesting.
std::string stark_proof_to_json_text(const StarkProof<Blake2sHash>& proof);
StarkProof<Blake2sHash> stark_proof_from_json_text(std::string_view text);

/// Integers in little-endian, every list after its u32 count. `read_stark_proof` throws Error of the reader's
/// kind if the bytes end too early or a field element is not below p; it leaves what follows the proof to the
/// caller.
void write_stark_proof(ByteWriter& writer, const StarkProof<Blake2sHash>& proof);
StarkProof<Blake2sHash> read_stark_proof(ByteReader& reader);

}  // namespace circlet
