#include "program/share_table.hpp"

#include <algorithm>

namespace circlet {

ConstantId share_table(Program& program, std::string name, std::vector<std::int32_t> values) {
  for (const ConstantId table : constants_of(program, ConstantTensor::Kind::table)) {
    if (program.constants[table].values == values) return table;
  }
  program.constants.push_back({.kind = ConstantTensor::Kind::table,
                               .name = std::move(name),
                               .shape = {static_cast<std::uint32_t>(values.size())},
                               .values = std::move(values)});
  return static_cast<ConstantId>(program.constants.size() - 1);
}

void drop_if_unread(Program& program, ConstantId constant) {
  const auto reads = [&](const Op& op) { return std::ranges::count(op.constants, constant) != 0; };
  if (std::ranges::any_of(program.ops, reads)) return;
  program.constants.erase(program.constants.begin() + constant);
  for (Op& op : program.ops) {
    for (ConstantId& id : op.constants) id -= id > constant ? 1 : 0;
  }
}

}  // namespace circlet
