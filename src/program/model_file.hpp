// The files model.circlet (secret: the imported Program and its accuracy report) and model.structure (public:
// everything but the values of weights, and the predicate that setup chose for the output). Neither knows an
// operator by name: an op is written as it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/bytes.hpp"
#include "program/model.hpp"

namespace circlet {

inline constexpr std::uint32_t model_format_version = 6;
inline constexpr std::uint32_t structure_format_version = 7;
inline constexpr std::uint64_t most_structure_bytes = std::uint64_t{1} << 28;  // of model.structure

/// What model.structure says: a Program as it was imported, without weights, and what its output is made.
struct PublicModel {
  Program imported;
  Predicate predicate;
  friend bool operator==(const PublicModel&, const PublicModel&) = default;
};

/// Payloads, without the envelope of core/artefact.hpp. Readers throw Error(bad_input) for anything that is
/// not exactly what a writer writes, naming `what`; what they return has passed check_program.
Bytes write_model(const Model& model);
Model read_model(std::span<const std::uint8_t> payload, const std::string& what = "model");
/// `imported` with or without weights, before any predicate.
Bytes write_structure(const Program& imported, const Predicate& predicate);
/// Whether such a payload is of an audit, by its first byte alone.
bool holds_audit(std::span<const std::uint8_t> structure);
PublicModel read_structure(std::span<const std::uint8_t> payload, const std::string& what = "structure");

/// All of the public part of a Program that a proof depends on, a predicate's part of it too: for checksums.
Bytes write_public_part(const Program& program);

void save_model(const Model& model, const std::filesystem::path& path);  // mode 0600
Model load_model(const std::filesystem::path& path);
void save_structure(const Program& imported, const Predicate& predicate, const std::filesystem::path& path);
PublicModel load_structure(const std::filesystem::path& path);

}  // namespace circlet
