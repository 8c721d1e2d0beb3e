#include "compute/simd/dispatch.hpp"

#include <atomic>
#include <cstdlib>
#include <string>

#include "core/error.hpp"

namespace circlet {
namespace {

SimdLevel initial_level() {
  const char* name = std::getenv("CIRCLET_SIMD");
  if (name == nullptr) return processor_has_avx512() ? SimdLevel::avx512 : SimdLevel::portable;
  const std::string wanted = name;
  require(wanted == "portable" || wanted == "avx512", ErrorKind::usage,
          [&] { return "CIRCLET_SIMD is '" + wanted + "'; known are portable and avx512"; });
  require(wanted == "portable" || processor_has_avx512(), ErrorKind::usage,
          "CIRCLET_SIMD is avx512, which this processor does not have");
  return wanted == "avx512" ? SimdLevel::avx512 : SimdLevel::portable;
}

std::atomic<SimdLevel>& current_level() {
  static std::atomic<SimdLevel> level = initial_level();
  return level;
}

}  // namespace

bool processor_has_avx512() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}

SimdLevel simd_level() { return current_level().load(std::memory_order_relaxed); }

ScopedSimdLevel::ScopedSimdLevel(SimdLevel level) : previous_(simd_level()) {
  require(level == SimdLevel::portable || processor_has_avx512(), ErrorKind::usage,
          "this processor does not have AVX-512");
  current_level().store(level);
}

ScopedSimdLevel::~ScopedSimdLevel() { current_level().store(previous_); }

}  // namespace circlet
