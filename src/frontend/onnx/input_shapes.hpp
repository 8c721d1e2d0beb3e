// Sizes that the user gives for the dimensions that a file leaves open.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace circlet {

/// Dimensions by the name of an input, the first one counting samples if there are two or more.
using InputShapes = std::map<std::string, std::vector<std::int64_t>>;

/// Of texts like "image=1,3,224,224"; a name may hold "=". Error(usage) for anything else, and for a name
/// that comes twice.
InputShapes parse_input_shapes(const std::vector<std::string>& texts);

}  // namespace circlet
