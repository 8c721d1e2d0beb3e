#include "program/split.hpp"

#include <span>

namespace circlet {

Split split_of(const Op& look_up) {
  return {.shift = small_attribute(look_up.attributes.at(0)),
          .offset = look_up.attributes.at(1),
          .digits = read_digits(std::span(look_up.attributes).subspan(2))};
}

std::vector<std::int64_t> attributes_of(const Split& split) {
  std::vector<std::int64_t> attributes = {split.shift, split.offset};
  write_digits(split.digits, attributes);
  return attributes;
}

}  // namespace circlet
