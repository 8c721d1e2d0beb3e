// What code says that must refuse: for tests that compare the reason.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "core/error.hpp"

namespace circlet::testing {

/// The text of the Error that `action` throws, which must be of this kind; "accepted" if it throws none.
template <class Action>
std::string refusal(ErrorKind kind, const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "accepted";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace circlet::testing
