// Uniform field elements from a cryptographic generator: ChaCha20 under a key that the operating system
// draws.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/fields/m31.hpp"

namespace circlet {

class Csprng {
 public:
  /// Keyed by the operating system.
  Csprng();
  /// Keyed by a number that anyone can guess: for tests and measurements that must be repeatable. What is
  /// masked by it is not hidden.
  static Csprng insecure(std::uint64_t seed);
  ~Csprng();
  Csprng(const Csprng&) = delete;
  Csprng& operator=(const Csprng&) = delete;

  /// Independent uniform elements of M.
  void fill(std::span<M31> out);
  M31 next();

 private:
  using Key = std::array<std::uint8_t, 32>;
  explicit Csprng(const Key& key) : key_(key) {}

  Key key_;
  std::uint64_t calls_ = 0;  // the nonce: every call has a stream of its own
};

}  // namespace circlet
