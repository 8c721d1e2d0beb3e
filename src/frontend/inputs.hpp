// Reads samples from the files that people have: EZKL's JSON, NumPy's .npy and .npz, CSV.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "program/program.hpp"

namespace circlet {

/// Samples from a file, as [sample][feature] of `features` values each.
///   .json  {"input_data": [[...], ...]}: each list is one flattened sample; a single list may be several,
///   one
///          after the other; if the lists are shorter and together make one sample (several model inputs),
///          they are joined. Nested lists are flattened.
///   .npy   an array of numbers, in C or Fortran order, whose first axis counts samples and whose other axes
///          make `features`; or one axis of `features`, a single sample.
///   .npz   an archive with one such array.
///   .csv   a row a sample, numbers between commas; a first line without numbers names the columns.
/// All are finite. Throws Error(io) if the file cannot be read, Error(bad_input) naming the file and what is
/// wrong in it.
std::vector<double> read_inputs(const std::filesystem::path& path, std::uint32_t features);

/// Samples of an input of a model; where one is several records, each line, list or row is a record. Throws
/// Error(bad_input) if the records are not whole samples.
std::vector<double> read_inputs(const std::filesystem::path& path, const Program& program,
                                const InputPort& port);

/// The same from memory. `name` appears in errors.
std::vector<double> parse_csv_inputs(std::string_view text, std::uint32_t features, const std::string& name);
std::vector<double> parse_json_inputs(const std::string& text, std::uint32_t features,
                                      const std::string& name);

struct NumpyArray {
  std::vector<std::uint64_t> shape;
  std::vector<double> values;  // in C order
};
/// Versions 1 to 3 of the format; bool, integers and floats of 2 to 8 bytes, either byte order.
NumpyArray parse_npy(const std::string& bytes, const std::string& name);
/// The only array of a .npz archive.
NumpyArray parse_npz(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace circlet
