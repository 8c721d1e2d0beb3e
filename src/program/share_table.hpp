// Tables of equal values are one table.
#pragma once

#include "program/program.hpp"

namespace circlet {

/// The table with these values, a new one of this name if there is none.
ConstantId share_table(Program& program, std::string name, std::vector<std::int32_t> values);

/// Drops a constant if no op reads it, before digits name any: the ids after it move down by one.
void drop_if_unread(Program& program, ConstantId constant);

}  // namespace circlet
