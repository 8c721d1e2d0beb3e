// Checks where a tensor's data is said to lie, and copies it.
#include "frontend/onnx/external_data.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>

#include "core/artefact.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"
#include "frontend/onnx/constant.hpp"
#include "frontend/onnx/protobuf.hpp"

namespace circlet::onnx_import {
namespace {

using ::onnx::TensorProto;

/// As many floats as a model may have weights.
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 32;

[[noreturn]] void bad(const TensorProto& tensor, const std::string& why) {
  throw Error(ErrorKind::bad_input, label(tensor) + ": " + why);
}

/// What the tensor's entries say.
struct Location {
  std::string file;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;  // else to the end of the file
};

std::uint64_t number(const TensorProto& tensor, const std::string& key, const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    bad(tensor, "the " + key + " of its data is " + in_quotes(text) + ", which is no number");
  return value;
}

Location location_of(const TensorProto& tensor) {
  Location location;
  std::map<std::string, std::string> entries;
  for (const auto& entry : tensor.external_data()) {
    if (!entries.emplace(entry.key(), entry.value()).second)
      bad(tensor, "says twice what the " + in_quotes(entry.key()) + " of its data is");
  }
  for (const auto& [key, text] : entries) {
    if (key == "location") {
      location.file = text;
    } else if (key == "offset") {
      location.offset = number(tensor, key, text);
    } else if (key == "length") {
      location.length = number(tensor, key, text);
    } else if (key != "checksum") {  // a hint against damage, which few exporters write
      bad(tensor, "an entry of its data is called " + in_quotes(key) + ", which ONNX does not know");
    }
  }
  if (location.file.empty()) bad(tensor, "does not say in which file its data lies");
  return location;
}

class DataFiles {
 public:
  explicit DataFiles(const std::filesystem::path& folder) : folder_(folder.empty() ? "." : folder) {}

  void read(TensorProto& tensor) {
    if (tensor.data_location() != TensorProto::EXTERNAL) return;
    const Location location = location_of(tensor);
    File& file = open(tensor, location.file);
    const std::uint64_t size = file.bytes.size();
    if (location.offset > size || location.length.value_or(0) > size - location.offset) {
      bad(tensor, "its data ends behind the end of " + in_quotes(location.file) + ", which has " +
                      std::to_string(size) + " bytes");
    }
    const std::uint64_t length = location.length.value_or(size - location.offset);
    // Or a model of a few bytes could ask for the same ones any number of times.
    if (length > size - file.taken)
      bad(tensor, "the tensors in " + in_quotes(location.file) + " take more bytes than it has");
    file.taken += length;
    tensor.set_raw_data(file.bytes.data() + location.offset, length);
    tensor.clear_external_data();
    tensor.set_data_location(TensorProto::DEFAULT);
  }

 private:
  struct File {
    Bytes bytes;
    std::uint64_t taken = 0;
  };

  File& open(const TensorProto& tensor, const std::string& name) {
    if (const auto found = files_.find(name); found != files_.end()) return found->second;
    const std::filesystem::path path = folder_ / name;
    std::error_code error;
    const auto folder = std::filesystem::canonical(folder_, error),
               file = std::filesystem::canonical(path, error);
    if (error) {
      throw Error(ErrorKind::io, label(tensor) + ": its data lies in " + in_quotes(path.string()) + ": " +
                                     error.message() + ". Keep the file beside the model");
    }
    if (std::filesystem::path(name).is_absolute() ||
        std::ranges::mismatch(folder, file).in1 != folder.end()) {
      bad(tensor, "its data lies in " + in_quotes(name) + ", outside of the model's folder");
    }
    return files_[name] = {.bytes = read_file(file, most_bytes)};
  }

  std::filesystem::path folder_;
  std::map<std::string, File> files_;
};

}  // namespace

void read_external_data(::onnx::ModelProto& model, const std::filesystem::path& folder) {
  DataFiles files(folder);
  for (TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) files.read(tensor);
  for (auto& node : *model.mutable_graph()->mutable_node()) {
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_t()) files.read(*attribute.mutable_t());
    }
  }
}

}  // namespace circlet::onnx_import
