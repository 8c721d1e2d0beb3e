// The commands setup, prove, verify and inspect of a model that is proved in segments: its folder holds a
// bundle's key in model.vk, and a folder for each segment below segments/.
#pragma once

#include "cli/commands.hpp"

namespace circlet::cli {

/// Sets the model up in segments as `options` have it, those of the whole model. False, with nothing written,
/// if one proof is enough.
bool setup_bundle(const SetupCommand& command, const Program& imported, const Predicate& predicate,
                  const SetupOptions& options, const Output& output);
/// Masks the weights of all segments anew.
void renew_bundle(const ModelFolder& folder, const Output& output);

void prove_bundle(const ProveCommand& command, const Output& output);
void verify_bundle(const VerifyCommand& command, const Output& output);
void inspect_bundle(const InspectCommand& command, const Output& output);

}  // namespace circlet::cli
