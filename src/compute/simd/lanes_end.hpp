// Closes the AVX-512 region that compute/simd/lanes.hpp opens; the last line of every *.kernels.cpp. No
// include guard: it ends a file.
#ifdef CIRCLET_AVX512
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC diagnostic pop
#pragma GCC pop_options
#endif
#endif
