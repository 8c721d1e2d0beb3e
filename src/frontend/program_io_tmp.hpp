#pragma once
#include "core/bytes.hpp"
#include "frontend/program.hpp"
namespace circlet {
inline void write_program(ByteWriter& w, const Program& p) {
  for (const auto& l : p.layers)
    for (const auto& d : l.dense) w.write_counted(std::span<const std::int32_t>(d.weights));
}
}  // namespace circlet
