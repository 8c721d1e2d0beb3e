// Files of the repository that a program generates: written, or compared with what is committed.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace circlet {

/// Writes the files whose text differs, each under `root`, and prints their names; with `check` writes none,
/// and prints which ones `program` would write. Returns the exit code: 1 if such a file was left as it was.
int write_or_check(const std::string& program, const std::filesystem::path& root,
                   const std::map<std::string, std::string>& files, bool check);

}  // namespace circlet
