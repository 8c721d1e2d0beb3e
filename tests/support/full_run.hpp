// Whether the long form of a sweep was asked for.
#pragma once

#include <cstdlib>
#include <string_view>

namespace circlet::testing {

/// CIRCLET_FULL=1, as `make test-full` sets it.
inline bool is_full_run() {
  const char* value = std::getenv("CIRCLET_FULL");
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace circlet::testing
