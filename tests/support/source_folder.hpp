// The checkout that the tests were built from.
#pragma once

#include <filesystem>

namespace circlet::testing {

std::filesystem::path source_folder();

}  // namespace circlet::testing
