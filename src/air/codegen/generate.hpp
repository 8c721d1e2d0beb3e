// The files that are generated from the constraints.
#pragma once

#include <map>
#include <string>

#include "air/codegen/symbolic.hpp"

namespace circlet {

/// A table's evaluator in Cairo for the shape that is verified on chain (C = 16, B = 1), in Rust for every
/// shape, and its part of the reference page. `index` is the table's place in the registry.
std::string cairo_evaluator(const SymbolicTable& table, std::uint32_t lanes);
std::string rust_evaluator(const SymbolicTable& table);
std::string reference(const SymbolicTable& table, std::size_t index);

/// What the Cairo evaluators share.
std::string cairo_helpers();

/// Every generated file by its path from the root of the repository.
std::map<std::string, std::string> generated_files();

}  // namespace circlet
