// Element types by their ONNX numbers.
#pragma once

#include <cstdint>

namespace circlet::onnx_import {

/// Bits of an integer type, of one without a sign as a negative number; 1 for a truth value. Refuses others.
int bits_of(std::int64_t type);

/// Of floating-point numbers of 16 bits and more.
bool is_real_type(std::int64_t type);

}  // namespace circlet::onnx_import
