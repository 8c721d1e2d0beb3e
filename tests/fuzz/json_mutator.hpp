// Mutates a JSON text as a tree.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/fuzz/target.hpp"

namespace circlet::fuzz {

class JsonMutator {
 public:
  using Json = nlohmann::ordered_json;

  JsonMutator(Json& document, Random& random) : random_(random) { visit(document, 0); }

  void change_one() {
    Json& node = *nodes_[below(random_, nodes_.size())];
    switch (below(random_, 6)) {
      case 0:
        node = *nodes_[below(random_, nodes_.size())];
        return;
      case 1:
        node = any();
        return;
      case 2:
        node = Json::array({node});
        return;
      default:
        break;
    }
    if (node.is_array() && !node.empty()) {
      const std::size_t at = below(random_, node.size());
      if (below(random_, 2) == 0) {
        node.erase(at);
      } else {
        node.push_back(Json(node[at]));
      }
    } else if (node.is_object() && !node.empty()) {
      node.erase(node.begin());
    } else if (node.is_number_integer()) {
      node = mutate_number(node.get<std::uint64_t>(), random_);
    } else {
      node = any();
    }
  }

 private:
  /// Nodes near the root, and of long lists only a few items.
  void visit(Json& node, int depth) {
    nodes_.push_back(&node);
    if (!node.is_structured() || depth > 12) return;
    std::size_t seen = 0;
    for (auto& child : node) {
      if (++seen <= 8 || below(random_, node.size()) < 4) visit(child, depth + 1);
    }
  }
  Json any() {
    const Json values[] = {nullptr,    true,        -1,    0,      1e300,         -0.5,
                           2147483647, 2147483648U, ~0ULL, "text", Json::array(), Json::object()};
    return values[below(random_, std::size(values))];
  }

  Random& random_;
  std::vector<Json*> nodes_;
};

/// Changes a document's tree if the bytes are one, else the bytes.
inline std::size_t mutate_json(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  Random random(seed);
  using Json = JsonMutator::Json;
  // Copies of documents recurse.
  const auto limit_depth = [](int depth, Json::parse_event_t, const Json&) {
    require(depth < 100, ErrorKind::bad_input, "too deep for the mutator");
    return true;
  };
  auto json = attempt([&] { return Json::parse(data, data + size, limit_depth, false); });
  if (!json || json->is_discarded() || below(random, 8) == 0) return LLVMFuzzerMutate(data, size, most);
  for (std::size_t i = below(random, 3) + 1; i > 0; --i) JsonMutator(*json, random).change_one();
  const std::string text = json->dump(-1, ' ', false, Json::error_handler_t::replace);
  return replace(data, size, most, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace circlet::fuzz
