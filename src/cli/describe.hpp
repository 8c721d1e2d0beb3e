// What `inspect` prints of an op: one function an operator, `describe` in its namespace and folder.
#pragma once

#include <string>

#include "program/program.hpp"

namespace circlet {

/// What the op computes, on one line, from the public part of the program. Names are printable.
std::string describe(const Program& program, const Op& op);

}  // namespace circlet
