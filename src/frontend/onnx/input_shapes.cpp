// Reads what `--shape` says.
#include "frontend/onnx/input_shapes.hpp"

#include <charconv>
#include <string_view>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "program/program.hpp"

namespace circlet {
namespace {

std::int64_t parse_dimension(std::string_view text, const std::string& whole) {
  std::int64_t value = 0;  // and stays 0 where there is no number, or too great a one
  const char* end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
  require(end == text.data() + text.size() && value >= 1 && static_cast<std::uint64_t>(value) <= max_rows,
          ErrorKind::usage, [&] {
            return "--shape " + printable(whole) + ": " + in_quotes(text) +
                   " is no size: give positive numbers, as in image=1,3,224,224";
          });
  return value;
}

}  // namespace

InputShapes parse_input_shapes(const std::vector<std::string>& texts) {
  InputShapes shapes;
  for (const std::string& text : texts) {
    const std::size_t at = text.rfind('=');
    require(at != std::string::npos && at != 0, ErrorKind::usage, [&] {
      return "--shape " + printable(text) + ": of which input? Give its name too, as in image=1,3,224,224";
    });
    std::vector<std::int64_t> dims;
    for (std::size_t first = at + 1, last = 0; last != std::string::npos; first = last + 1) {
      last = text.find(',', first);
      dims.push_back(parse_dimension(std::string_view(text).substr(first, last - first), text));
    }
    require(shapes.emplace(text.substr(0, at), std::move(dims)).second, ErrorKind::usage,
            [&] { return "--shape " + in_quotes(text.substr(0, at)) + " is given twice"; });
  }
  return shapes;
}

}  // namespace circlet
