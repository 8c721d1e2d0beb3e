// docs/graph-operators.md, from the registry of operators and the heads of their headers.
#pragma once

#include <filesystem>
#include <string>

namespace circlet {

/// The page; Error(io) if a file is missing below `root`, the repository's.
std::string operators_page(const std::filesystem::path& root);

}  // namespace circlet
