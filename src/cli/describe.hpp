// What `inspect` prints of an op: one function an operator, `describe` in its namespace and folder.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "program/program.hpp"

namespace circlet {

struct Description {
  std::string text;                      // on one line; names are in quotes, tensors and constants numbers
  nlohmann::ordered_json facts;          // what of it a program may ask for; null if nothing
  std::optional<std::int32_t> constant;  // the value of all its outputs, whatever it is given
};

/// What the op computes, from the public part of the program.
Description describe(const Program& program, const Op& op);

}  // namespace circlet
