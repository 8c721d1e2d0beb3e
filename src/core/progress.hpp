// How long work tells its caller where it is.
#pragma once

#include <functional>
#include <string_view>

namespace circlet {

/// Called with the name of the current stage and the part of it that is done, 0 to 1. Called from one thread
/// at a time; may throw to cancel. An empty function reports nothing.
using Progress = std::function<void(std::string_view stage, double fraction)>;

}  // namespace circlet
