#include "starknet/poseidon.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <string>
#include <vector>

namespace circlet {
namespace {

using Integer =
    boost::multiprecision::uint512_t;  // below the prime, but for products before they are reduced
using State = std::array<Integer, 3>;

constexpr std::size_t full_rounds = 8;  // half of them before the partial ones, half after
constexpr std::size_t partial_rounds = 83;
constexpr std::size_t rounds = full_rounds + partial_rounds;

const Integer& prime() {
  static const Integer value = (Integer(1) << 251) + 17 * (Integer(1) << 192) + 1;
  return value;
}

Integer to_integer(const Felt252& felt) {
  Integer value = 0;
  for (unsigned i = 8; i-- > 0;) value = (value << 32) | felt.digit(i, 32);
  return value;
}

Felt252 to_felt(Integer value) {
  std::array<std::uint32_t, 8> digits{};
  for (auto& digit : digits) {
    digit = static_cast<std::uint32_t>(value & 0xffffffffU);
    value >>= 32;
  }
  return Felt252::from_digits(digits, 32);
}

/// The i-th is SHA-256("Hades" i) modulo the prime, i in decimal and the hash read with its first byte on
/// top.
std::array<State, rounds> make_round_constants() {
  std::array<State, rounds> constants;
  for (std::size_t i = 0; i < 3 * rounds; ++i) {
    const std::string seed = "Hades" + std::to_string(i);
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(seed.data()), seed.size());
    Integer value = 0;
    for (const unsigned char byte : hash) value = (value << 8) | byte;
    constants[i / 3][i % 3] = value % prime();
  }
  return constants;
}

Integer cube(const Integer& x) { return x * x % prime() * x % prime(); }

void permute(State& state) {
  static const std::array<State, rounds> constants = make_round_constants();
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < 3; ++i) state[i] += constants[round][i];
    const bool full = round < full_rounds / 2 || round >= full_rounds / 2 + partial_rounds;
    if (full) {
      for (std::size_t i = 0; i < 2; ++i) state[i] = cube(state[i]);
    }
    state[2] = cube(state[2]);
    // The matrix (3 1 1; 1 -1 1; 1 1 -2).
    const Integer sum = state[0] + state[1] + state[2];
    const Integer& p = prime();
    state = {(sum + 2 * state[0]) % p, (sum + 4 * p - 2 * state[1]) % p, (sum + 6 * p - 3 * state[2]) % p};
  }
}

}  // namespace

Felt252 poseidon(std::span<const Felt252> felts) {
  // Padded with a one, and a zero if that makes them even.
  std::vector<Integer> padded;
  for (const auto& felt : felts) padded.push_back(to_integer(felt));
  padded.emplace_back(1);
  if (padded.size() % 2 != 0) padded.emplace_back(0);
  State state{};
  for (std::size_t at = 0; at < padded.size(); at += 2) {
    state[0] += padded[at];
    state[1] += padded[at + 1];
    permute(state);
  }
  return to_felt(state[0]);
}

}  // namespace circlet
