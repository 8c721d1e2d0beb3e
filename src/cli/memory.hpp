// Whether this machine can rebuild what a stranger's key commits to.
#pragma once

#include <cstdint>
#include <filesystem>

#include "stark/verification_key.hpp"

namespace circlet::cli {

/// Bytes that this program may still take, as Linux and the limit of its control group (version 2) say in
/// these folders; all of the machine's where they say nothing.
std::uint64_t available_memory(const std::filesystem::path& proc = "/proc",
                               const std::filesystem::path& group = "/sys/fs/cgroup");

/// A key of a few kilobytes may ask for tables that no machine holds, and a model.circlet of zeros takes no
/// room on a disk. Throws Error(unsupported) unless `inspect --rebuild` of the key in this folder takes at
/// most `available` bytes.
void require_memory_to_rebuild(const std::filesystem::path& folder, const VerificationKey& key,
                               std::uint64_t available);

}  // namespace circlet::cli
