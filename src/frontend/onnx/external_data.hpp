// Data of tensors that an exporter puts into files beside the model.
#pragma once

#include <filesystem>

namespace onnx {
class ModelProto;
}

namespace circlet::onnx_import {

/// Reads what the initializers and constants of `model` keep in other files into the tensors themselves, so
/// that nothing else knows of it. A file lies in `folder`, the model's, or below it, links followed; all
/// tensors together take no more bytes of it than it has.
///
/// Errors: bad_input for a path that leaves the folder, a range that the file does not have, an entry that is
/// none of ONNX's; io for a file that cannot be read. Both name the tensor.
void read_external_data(::onnx::ModelProto& model, const std::filesystem::path& folder);

}  // namespace circlet::onnx_import
