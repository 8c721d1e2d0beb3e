// From an ONNX file to the float Graph: opsets 8 and newer, and the ai.onnx.ml operators of classic models.
// docs/operators.md lists what is supported.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "frontend/graph.hpp"
#include "frontend/onnx/input_shapes.hpp"

namespace circlet {

struct ImportChoices {
  InputShapes shapes;  // of inputs whose dimensions the file leaves open
  std::string output;  // that is proved; empty: all outputs, which come from one computed value or a label
  /// A batch of which the file leaves the size open is of one sample: then what works along the batch, or
  /// with its size, is no reason to refuse.
  bool one_sample = false;
};

/// The first dimension of an input of two or more dimensions counts samples, whether symbolic or fixed.
/// Several model inputs become one: flattened, one after the other, in the order of the graph.
///
/// Errors: usage for shapes that are not the file's; bad_input for a file that is no valid ONNX model (where,
/// and why); unsupported for a model that is valid but not provable, with all nodes concerned, each with its
/// name, type and reason.
Graph import_onnx(std::span<const std::uint8_t> model, const ImportChoices& choices = {});

/// Reads the file first, and the files of external data beside it; its name, without directories and suffix,
/// names a model that has no name of its own.
Graph import_onnx(const std::filesystem::path& path, const ImportChoices& choices = {});

}  // namespace circlet
