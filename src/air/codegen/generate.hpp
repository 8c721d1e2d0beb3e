// The files that are generated from the constraints.
#pragma once

#include <map>
#include <string>

#include "air/codegen/symbolic.hpp"
#include "air/evaluate/components.hpp"

namespace circlet {

/// A table's evaluator in Cairo for the shape that is verified on chain (C = 16, B = 1), in Rust for every
/// shape, and its part of the reference page.
std::string cairo_evaluator(const SymbolicTable& table, std::uint32_t lanes);
std::string rust_evaluator(const SymbolicTable& table);
std::string reference(const SymbolicTable& table, TableKind kind);

/// What the Cairo evaluators share.
std::string cairo_helpers();

/// Kinds and columns for the verifier in Cairo; `on_chain` has an instance of every kind.
std::string cairo_layout(const AirShape& on_chain);
/// Kinds for the verifier in Rust.
std::string rust_layout();

/// Every generated file by its path from the root of the repository.
std::map<std::string, std::string> generated_files();

}  // namespace circlet
