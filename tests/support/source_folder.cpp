#include "tests/support/source_folder.hpp"

namespace circlet::testing {

std::filesystem::path source_folder() { return CIRCLET_SOURCE_DIR; }

}  // namespace circlet::testing
