// Input files, every length checked.
#include "frontend/inputs.hpp"

#include <zip.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/artefact.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"
#include "frontend/half.hpp"

namespace circlet {
namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 31;
constexpr std::uint64_t most_values = std::uint64_t{1} << 28;
constexpr int most_json_depth = 64;

[[noreturn]] void bad(const std::string& name, const std::string& why) {
  throw Error(ErrorKind::bad_input, name + ": " + why);
}

std::string example(std::uint32_t features) {
  return "expected {\"input_data\": [[...]]} with lists of " + std::to_string(features) + " numbers";
}

/// Flattens nested lists without recursion.
void flatten(const nlohmann::json& list, std::vector<double>& values, const std::string& name) {
  std::vector<const nlohmann::json*> open{&list};
  while (!open.empty()) {
    const nlohmann::json* item = open.back();
    open.pop_back();
    if (item->is_array()) {
      for (auto child = item->rbegin(); child != item->rend(); ++child) open.push_back(&*child);
    } else if (item->is_number()) {
      values.push_back(item->get<double>());
    } else if (item->is_boolean()) {
      values.push_back(item->get<bool>() ? 1.0 : 0.0);
    } else {
      bad(name, std::string("input_data holds a ") + item->type_name() + " where a number is expected");
    }
  }
}

/// The text after `key` in a .npy header, which is a Python dictionary: {'descr': '<f4', 'fortran_order':
/// False, 'shape': (3, 4), }
std::string header_value(const std::string& header, const std::string& key, const std::string& name) {
  const std::size_t at = header.find("'" + key + "':");
  if (at == std::string::npos) bad(name, "the .npy header has no " + key);
  std::size_t begin = at + key.size() + 3;
  while (begin < header.size() && header[begin] == ' ') ++begin;
  return header.substr(begin);
}

std::vector<std::uint64_t> parse_shape(const std::string& text, const std::string& name) {
  const std::size_t close = text.find(')');
  if (text.empty() || text[0] != '(' || close == std::string::npos)
    bad(name, "the .npy header has no valid shape");
  std::vector<std::uint64_t> shape;
  std::uint64_t total = 1;
  for (std::size_t i = 1; i < close;) {
    if (text[i] == ' ' || text[i] == ',' || text[i] == 'L') {
      ++i;
      continue;
    }
    std::uint64_t dim = 0;
    const std::size_t first = i;
    for (; i < close && text[i] >= '0' && text[i] <= '9' && dim <= most_values; ++i) {
      dim = dim * 10 + static_cast<std::uint64_t>(text[i] - '0');
    }
    if (i == first) bad(name, "the .npy header has no valid shape");
    if (dim != 0 && total > most_values / dim) bad(name, "more than 2^28 values");
    total *= dim;
    shape.push_back(dim);
    if (shape.size() > 32) bad(name, "more than 32 dimensions");
  }
  return shape;
}

template <class T>
double load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return static_cast<double>(value);
}

using Load = double (*)(const char*);

Load loader(char kind, std::size_t size) {
  if (kind == 'f' && size == 2) {
    return [](const char* bytes) {
      std::uint16_t bits;
      std::memcpy(&bits, bytes, 2);
      return from_half(bits);
    };
  }
  if (kind == 'f') return size == 4 ? load<float> : size == 8 ? load<double> : nullptr;
  if (kind == 'b') return size == 1 ? load<std::uint8_t> : nullptr;
  if (kind == 'i') {
    return size == 1   ? load<std::int8_t>
           : size == 2 ? load<std::int16_t>
           : size == 4 ? load<std::int32_t>
           : size == 8 ? load<std::int64_t>
                       : nullptr;
  }
  if (kind == 'u') {
    return size == 1   ? load<std::uint8_t>
           : size == 2 ? load<std::uint16_t>
           : size == 4 ? load<std::uint32_t>
           : size == 8 ? load<std::uint64_t>
                       : nullptr;
  }
  return nullptr;
}

std::vector<double> to_c_order(const std::vector<double>& values, const std::vector<std::uint64_t>& shape) {
  std::vector<double> result(values.size());
  for (std::size_t flat = 0; flat < values.size(); ++flat) {
    // `flat` counts in C order; the first index varies fastest in Fortran order.
    std::uint64_t rest = flat, from = 0;
    std::vector<std::uint64_t> strides(shape.size(), 1);
    for (std::size_t axis = 1; axis < shape.size(); ++axis)
      strides[axis] = strides[axis - 1] * shape[axis - 1];
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      from += (rest % shape[axis]) * strides[axis];
      rest /= shape[axis];
    }
    result[flat] = values[from];
  }
  return result;
}

std::string only_array_of_npz(std::span<const std::uint8_t> bytes, const std::string& name) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* opened = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
  if (opened == nullptr) {
    if (source != nullptr) zip_source_free(source);
    zip_error_fini(&error);
    bad(name, "this is no .npz archive");
  }
  const std::unique_ptr<zip_t, decltype(&zip_discard)> archive(opened, zip_discard);
  if (zip_get_num_entries(archive.get(), 0) != 1) {
    bad(name, "the archive holds " + std::to_string(zip_get_num_entries(archive.get(), 0)) +
                  " arrays; save one array with one row a sample");
  }
  zip_stat_t stat;
  if (zip_stat_index(archive.get(), 0, 0, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0 ||
      stat.size > most_bytes) {
    bad(name, "the array in the archive is unreadable or larger than 2 GiB");
  }
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen_index(archive.get(), 0, 0),
                                                                zip_fclose);
  if (file == nullptr) bad(name, "the array in the archive cannot be read");
  // Grows with what is really there, whatever size the archive claims.
  std::string content;
  std::vector<char> buffer(std::size_t{1} << 16);
  for (zip_int64_t got = 1; got > 0;) {
    got = zip_fread(file.get(), buffer.data(), buffer.size());
    if (got < 0 || content.size() > stat.size) bad(name, "the array in the archive is damaged");
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return content;
}

/// As Python writes it: "(3, 4)", "(3,)".
std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    text += (axis == 0 ? "" : ", ") + std::to_string(shape[axis]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

/// The first axis counts samples; the others are one sample of `features` values. An array of one axis may
/// also be one sample. A transposed array has the right number of values and means nothing.
std::vector<double> samples_of(NumpyArray array, std::uint32_t features, const std::string& name) {
  std::uint64_t width = 1;
  for (std::size_t axis = 1; axis < array.shape.size(); ++axis) width *= array.shape[axis];
  const bool one_sample = array.shape.size() == 1 && array.shape[0] == features;
  if (array.shape.empty() || (width != features && !one_sample)) {
    bad(name, "an array of shape " + shape_text(array.shape) + "; the model takes " +
                  std::to_string(features) + " values a sample: save shape (samples, " +
                  std::to_string(features) + ")" +
                  (array.shape.size() == 2 && array.shape[0] == features ? ", the transpose of this" : ""));
  }
  if (array.values.empty()) bad(name, "an array of shape " + shape_text(array.shape) + " has no samples");
  return std::move(array.values);
}

}  // namespace

std::vector<double> parse_json_inputs(const std::string& text, std::uint32_t features,
                                      const std::string& name) {
  const auto limit_depth = [&](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
    if (depth > most_json_depth) bad(name, "lists nested too deeply");
    return true;
  };
  nlohmann::json json;
  try {
    json = nlohmann::json::parse(text, limit_depth);
  } catch (const nlohmann::json::parse_error& error) {
    // Its text quotes the input, which may be private.
    bad(name, "no valid JSON: a syntax error at byte " + std::to_string(error.byte));
  } catch (const nlohmann::json::exception&) {
    bad(name, "no valid JSON: a number is out of range");
  }
  if (!json.is_object() || !json.contains("input_data") || !json["input_data"].is_array())
    bad(name, example(features));
  std::vector<double> values;
  // A single list may hold several samples; of several lists each is a sample.
  const bool single = json["input_data"].size() == 1;
  bool whole_samples = true;
  std::string lengths;
  for (const nlohmann::json& list : json["input_data"]) {
    if (!list.is_array()) bad(name, example(features));
    const std::size_t before = values.size();
    flatten(list, values, name);
    const std::size_t length = values.size() - before;
    whole_samples = whole_samples && length > 0 && (single ? length % features == 0 : length == features);
    if (lengths.size() < 60) lengths += (lengths.empty() ? "" : ", ") + std::to_string(length);
  }
  if (!whole_samples && values.size() != features) {
    bad(name, "lists of " + lengths + " values; the model takes " + std::to_string(features) +
                  " a sample: write each sample as one list");
  }
  if (values.empty()) bad(name, "no samples");
  return values;
}

NumpyArray parse_npy(const std::string& bytes, const std::string& name) {
  if (bytes.size() < 12 || bytes.compare(0, 6, "\x93NUMPY") != 0) bad(name, "this is no .npy array");
  const auto version = static_cast<std::uint8_t>(bytes[6]);
  if (version < 1 || version > 3) bad(name, "version " + std::to_string(version) + " of the .npy format");
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  std::uint32_t header_length = 0;
  std::memcpy(&header_length, bytes.data() + 8, length_bytes);
  const std::size_t data = 8 + length_bytes + header_length;
  if (data > bytes.size()) bad(name, "truncated .npy header");
  const std::string header = bytes.substr(8 + length_bytes, header_length);

  const std::string type = header_value(header, "descr", name);
  if (type.size() < 5 || type[0] != '\'') bad(name, "an array of records");
  const char order = type[1];
  const auto size = static_cast<std::size_t>(type[3] - '0');
  const Load load_one = type[4] == '\'' ? loader(type[2], size) : nullptr;
  if (load_one == nullptr || (order != '<' && order != '|' && order != '>')) {
    bad(name, "element type " + type.substr(0, 6) + "; save integers or floats of at most 64 bits");
  }
  NumpyArray array{.shape = parse_shape(header_value(header, "shape", name), name), .values = {}};
  std::uint64_t count = 1;
  for (const std::uint64_t dim : array.shape) count *= dim;
  if (bytes.size() - data != count * size) {
    bad(name, std::to_string(bytes.size() - data) + " bytes of data for " + std::to_string(count) +
                  " values of " + std::to_string(size) + " bytes");
  }
  array.values.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    char element[8];
    std::memcpy(element, bytes.data() + data + i * size, size);
    if (order == '>') std::reverse(element, element + size);
    array.values[i] = load_one(element);
  }
  if (header_value(header, "fortran_order", name).starts_with("True")) {
    array.values = to_c_order(array.values, array.shape);
  }
  return array;
}

namespace {

/// The cells of a line, without spaces and quotes around them; numbers have no commas to keep apart.
std::vector<std::string_view> cells_of(std::string_view line) {
  constexpr std::string_view around = " \t\r\"";
  std::vector<std::string_view> cells;
  while (true) {
    const std::size_t comma = line.find(',');
    std::string_view cell = line.substr(0, comma);
    const std::size_t first = cell.find_first_not_of(around);
    cells.push_back(
        first == std::string_view::npos ? "" : cell.substr(first, cell.find_last_not_of(around) - first + 1));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

std::optional<double> number_of(std::string_view cell) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error == std::errc() && end == cell.data() + cell.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::vector<double> parse_csv_inputs(std::string_view text, std::uint32_t features, const std::string& name) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::vector<double> values;
  std::vector<std::string> columns;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    const std::vector<std::string_view> cells = cells_of(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (cells.size() == 1 && cells[0].empty()) continue;
    const std::string where = "line " + std::to_string(line);
    if (cells.size() != features) {
      bad(name, where + " has " + std::to_string(cells.size()) + " columns; the model takes " +
                    std::to_string(features));
    }
    const bool names_columns = line == 1 && std::ranges::none_of(cells, [](std::string_view cell) {
                                 return number_of(cell).has_value();
                               });
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (names_columns) {
        columns.emplace_back(cells[i]);
        continue;
      }
      const std::optional<double> value = number_of(cells[i]);
      if (!value) {
        bad(name, where + ", column " + std::to_string(i + 1) +
                      (columns.empty() ? "" : " (" + printable(columns[i]) + ")") +
                      (cells[i].empty() ? " is empty" : " is " + in_quotes(std::string(cells[i]))) +
                      ", where a number is expected");
      }
      values.push_back(*value);
      if (values.size() > most_values) bad(name, "more than 2^28 values");
    }
  }
  if (values.empty()) bad(name, "no rows of numbers");
  return values;
}

NumpyArray parse_npz(std::span<const std::uint8_t> bytes, const std::string& name) {
  return parse_npy(only_array_of_npz(bytes, name), name);
}

namespace {

std::vector<double> read_any(const std::filesystem::path& path, std::uint32_t features,
                             const std::string& name) {
  const std::string suffix = path.extension().string();
  const Bytes bytes = read_file(path, most_bytes);
  if (suffix == ".npz") return samples_of(parse_npz(bytes, name), features, name);
  const std::string text(bytes.begin(), bytes.end());
  if (suffix == ".npy") return samples_of(parse_npy(text, name), features, name);
  if (suffix == ".json") return parse_json_inputs(text, features, name);
  if (suffix == ".csv") return parse_csv_inputs(text, features, name);
  bad(name, "unknown kind of input file: save it as .json, .csv, .npy or .npz");
}

}  // namespace

std::vector<double> read_inputs(const std::filesystem::path& path, std::uint32_t features) {
  require(features > 0, ErrorKind::usage, "read_inputs: a model has at least one feature");
  const std::string name = path.string();
  std::vector<double> values = read_any(path, features, name);
  const auto wrong = std::ranges::find_if_not(values, [](double value) { return std::isfinite(value); });
  if (wrong != values.end()) {
    const auto at = static_cast<std::size_t>(wrong - values.begin());
    bad(name, "value " + std::to_string(at % features) + " of sample " + std::to_string(at / features) +
                  ", both counted from 0, is no finite number: leave out such samples");
  }
  return values;
}

std::vector<double> read_inputs(const std::filesystem::path& path, const Program& program,
                                const InputPort& port) {
  const std::uint32_t features = features_of(program, port) / port.records;
  std::vector<double> values = read_inputs(path, features);
  const std::size_t records = values.size() / features;
  if (records % port.records != 0) {
    bad(path.string(), std::to_string(records) + " records; the audit is of " + std::to_string(port.records));
  }
  return values;
}

}  // namespace circlet
