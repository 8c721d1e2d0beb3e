// A bad key: its structure breaks a rule, the verifier accepts a false output under it, and check_structure
// refuses it.
#pragma once

#include "tests/adversary/forge/forge.hpp"

namespace circlet::testing {

struct BadKey {
  ForgedModel model;  // with the structure that breaks the rule
  Proof proof;        // of another output than the model's
  std::string rule;   // part of what check_structure says
};

struct BadKeyEntry {
  std::string name;
  std::function<BadKey()> make;
};

/// Every bad key (catalogue/bad_keys.cpp).
std::vector<BadKeyEntry> bad_keys();

}  // namespace circlet::testing
