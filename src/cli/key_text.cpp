#include "cli/key_text.hpp"

#include <fmt/format.h>

#include "cli/statement_text.hpp"
#include "stark/shape.hpp"
#include "stark/statement.hpp"

namespace circlet::cli {

const char* form_name(Predicate::Kind form) {
  switch (form) {
    case Predicate::Kind::values:
      return "values";
    case Predicate::Kind::argmax:
      return "argmax";
    case Predicate::Kind::at_least:
      return "at_least";
    case Predicate::Kind::below:
      return "below";
  }
  return "unknown";
}

nlohmann::ordered_json tables_json(const VerificationKey& key) {
  auto list = nlohmann::ordered_json::array();
  const AirShape shape = air_shape(key);
  for (std::size_t i = 0; i < shape.instances.size(); ++i) {
    const TableInstance& table = shape.instances[i];
    std::uint32_t columns = 0;
    for (std::size_t tree = 0; tree < shape.tree_count(); ++tree) columns += columns_in_tree(shape, i, tree);
    list.push_back({{"kind", kind_name(table.kind)},
                    {"parameter", table.parameter},
                    {"log_size", table.log_size},
                    {"columns", columns}});
  }
  return list;
}

nlohmann::ordered_json tensors_json(const VerificationKey& key) {
  auto list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < key.tensors.size(); ++i) {
    const PublicTensor& tensor = key.tensors[i];
    list.push_back({{"name", tensor_name(key, i)},
                    {"visibility", visibility_name(tensor.visibility)},
                    {"form", form_name(tensor.form)},
                    {"samples", tensor.lanes},
                    {"values", tensor.rows},
                    {"least", tensor.min},
                    {"greatest", tensor.max},
                    {"scales", tensor.scales}});
  }
  return list;
}

/// "<16>"; of a table whose claims have a step, that too.
std::string width_text(const TableInstance& table) {
  if (table.parameter == 0) return "";
  if (table.step() == 1) return fmt::format("<{}>", table.lanes());
  return fmt::format("<{}, step {}>", table.lanes(), table.step());
}

std::string tables_text(const VerificationKey& key) {
  std::string text;
  for (const TableInstance& table : key.instances) {
    text += fmt::format("{}{}{} 2^{}", text.empty() ? "" : ", ", kind_name(table.kind), width_text(table),
                        table.log_size);
  }
  return text;
}

std::string tensors_text(const VerificationKey& key, const Predicate& predicate) {
  std::string text;
  for (std::size_t i = 0; i < key.tensors.size(); ++i) {
    const PublicTensor& tensor = key.tensors[i];
    std::string form;
    if (tensor.form != Predicate::Kind::values) {
      form = std::string(", ") + (tensor.form == predicate.kind ? predicate_text(predicate)
                                                                : std::string(form_name(tensor.form)));
    }
    text += fmt::format("{:<15} {}{}, {} values{} in {}..{}\n", tensor_name(key, i),
                        visibility_name(tensor.visibility), form, tensor.rows,
                        tensor.lanes == 1 ? "" : fmt::format(" of each of {} samples", tensor.lanes),
                        tensor.min, tensor.max);
  }
  return text;
}

}  // namespace circlet::cli
