// Layers that saturate: whatever input in range a model is given, every sum has an entry in its look-up
// table.
#pragma once

#include "program/program.hpp"

namespace circlet {

/// Puts `saturate` before each look-up in a table that some sums may leave, as interval arithmetic over the
/// weights has it, and rearranges the table: the entries among which it changes, and one cell of its first
/// and its last value at its ends. Layers whose tables cover all sums stay as they are. Returns whether it
/// could: the cells may need more than 2^29.
bool saturate_layers(Program& program);

}  // namespace circlet
