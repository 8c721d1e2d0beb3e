#include "fri/prover/proof_of_work.hpp"
#include "tests/unit/fri/prover_support.hpp"

using namespace circlet;
using namespace circlet::test;

TEST_CASE("grinding_returns_the_smallest_nonce_with_a_low_word_below_2_to_20") {
  at_each_simd_level([] {
    for (const std::uint32_t bits : {0U, 1U, 8U, 12U}) {
      Blake2sChannel channel;
      channel.mix_u64(bits);
      const std::uint64_t nonce = grind(channel, bits);
      REQUIRE(nonce < 1U << 20);
      CHECK(channel.verify_pow(bits, nonce));
      for (std::uint64_t smaller = 0; smaller < nonce; ++smaller) REQUIRE(!channel.verify_pow(bits, smaller));
    }
  });
}

TEST_CASE("grinding_reproduces_the_nonces_of_the_crate") {
  // The chain of channel operations up to the nonces; draws do not change the digest.
  Blake2sChannel channel;
  int compared = 0;
  const auto steps = golden_vectors().at("channel").at("blake2s");
  for (const auto& step : steps) {
    const std::string operation = step[0].is_array() ? step[0][0] : step[0];
    const auto& argument = step[0].is_array() ? step[0][1] : step[0];
    if (operation == "mix_felts") {
      std::vector<QM31> felts;
      for (const auto& felt : argument) felts.push_back(secure_felt(felt));
      channel.mix_felts(felts);
    } else if (operation == "mix_config") {
      const std::uint32_t lifting = argument["lift"].is_null() ? 0 : argument["lift"].get<std::uint32_t>();
      const std::vector<QM31> felts = {
          QM31::from_u32(argument["pow"], argument["blow"], argument["nq"], argument["last"]),
          QM31::from_u32(argument["fold"], lifting)};
      channel.mix_felts(felts);
    } else if (operation == "mix_u64") {
      channel.mix_u64(std::stoull(argument.get<std::string>(), nullptr, 16));
    } else if (operation == "mix_u32s") {
      channel.mix_u32s(argument.get<std::vector<std::uint32_t>>());
    } else if (operation == "mix_root") {
      std::array<std::uint8_t, 32> root;
      for (std::uint8_t i = 0; i < 32; ++i) root[i] = i;
      channel.mix_root(Blake2sHash::from_bytes(root));
    } else if (operation == "smallest_nonce") {
      CHECK(grind(channel, argument) == step[1].get<std::uint64_t>());
      ++compared;
    } else if (operation == "nonce_cpu_vs_simd") {
      CHECK(grind(channel, argument) == std::stoull(step[1][1].get<std::string>(), nullptr, 16));
      ++compared;
    }
  }
  CHECK(compared > 10);
}
