// Pages of docs that follow from the tests.
#pragma once

#include <string>

namespace circlet::testing {

/// Both throw Error(internal) if something is not tested that must be, or not as the catalogue says.
std::string coverage_page();
std::string attacks_page();

}  // namespace circlet::testing
