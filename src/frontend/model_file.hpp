// The files model.circlet (secret: the whole Program and its accuracy report) and model.structure (public:
// everything but weights, coefficients and biases).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "core/bytes.hpp"
#include "frontend/calibrate.hpp"
#include "frontend/program.hpp"

namespace circlet {

inline constexpr std::uint32_t model_format_version = 1;

/// Payloads, without the envelope of core/artefact.hpp. Readers throw Error(bad_input) for anything that is
/// not exactly what a writer writes; what they return has passed check_program.
Bytes write_model(const Model& model);
Model read_model(std::span<const std::uint8_t> payload);
/// `program` with or without weights.
Bytes write_structure(const Program& program);
Program read_structure(std::span<const std::uint8_t> payload);

void save_model(const Model& model, const std::filesystem::path& path);  // mode 0600
Model load_model(const std::filesystem::path& path);
void save_structure(const Program& program, const std::filesystem::path& path);
Program load_structure(const std::filesystem::path& path);

}  // namespace circlet
