// Files that commands read and what makes them, so that a missing one is an error that says what to run; and
// what commands would overwrite.
#pragma once

#include <string>

#include "cli/commands.hpp"
#include "stark/bundle.hpp"
#include "stark/prover/setup.hpp"

namespace circlet::cli {

/// `file`; Error(io) that names the command that makes it if it is not there.
const Path& made_by(const std::string& command, const Path& file);

/// The two keys of a model folder.
ProvingKey proving_key_of(const ModelFolder& folder);
VerificationKey verification_key_of(const ModelFolder& folder);

/// A key by itself; Error(io) if `file` is missing, or a folder.
VerificationKey load_key(const Path& file);

/// Whether `file` is the key of a model that is proved in segments; false too if it is not there, or no file.
/// Throws if it is there and cannot be read.
bool is_bundle(const Path& file);
/// That key; throws as `load_key` does.
BundleKey load_bundle_key(const Path& file);

/// Throws Error(usage) that says what would be lost if the folder has a key: a key is drawn once, and a
/// registered model is gone with it.
void require_no_key(const ModelFolder& folder);
/// The same for a model and its key: a key belongs to the model that it was made for.
void require_no_model(const ModelFolder& folder);
/// Removes a key and its budget, of a model that was replaced, and those of its segments.
void remove_key(const ModelFolder& folder);

}  // namespace circlet::cli
