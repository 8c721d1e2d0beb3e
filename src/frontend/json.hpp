// Programs and accuracy reports as JSON, for --json and for programs in other languages.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "frontend/accuracy.hpp"
#include "program/program.hpp"

namespace circlet {

/// All of it; a structure has no "weights", "coefficients" and "bias" but their sizes.
nlohmann::json to_json(const Program& program);
nlohmann::json to_json(const AccuracyReport& report);

}  // namespace circlet
