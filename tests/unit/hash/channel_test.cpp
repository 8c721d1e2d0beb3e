#include "hash/channel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <utility>

using namespace circlet;

namespace {

TEST_CASE("observer_sees_every_mix_once_with_the_new_digest_and_no_draw") {
  Blake2sChannel channel;
  std::vector<std::pair<std::string, Blake2sHash>> seen;
  channel.observe(
      [&](std::string_view operation, const Blake2sHash& digest) { seen.emplace_back(operation, digest); });
  const auto expect_seen = [&](const char* operation) {
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].first == operation);
    CHECK(seen[0].second == channel.digest());
    seen.clear();
  };
  channel.mix_root({});
  expect_seen("mix_root");
  channel.mix_felts(std::vector<QM31>(3));
  expect_seen("mix_felts");
  channel.mix_u32s(std::array{1U});
  expect_seen("mix_u32s");
  channel.mix_u64(1);
  expect_seen("mix_u64");
  channel.draw_u32s();
  channel.draw_secure_felt();
  channel.draw_secure_felts(5);
  CHECK_NOTHROW((void)channel.verify_pow(3, 1));
  CHECK(seen.empty());
}

TEST_CASE("draws_differ_and_start_again_after_a_mix") {
  Blake2sChannel first, second;
  const auto draw = first.draw_u32s();
  CHECK(draw != first.draw_u32s());
  first.mix_u64(1);
  second.mix_u64(1);
  CHECK(first.draw_u32s() == second.draw_u32s());
}

TEST_CASE("mixing_nothing_changes_the_digest") {
  Blake2sChannel channel;
  channel.mix_felts({});
  const auto digest = channel.digest();
  CHECK(digest != Blake2sHash{});
  channel.mix_u32s({});
  CHECK(channel.digest() != digest);
}

TEST_CASE("mix_u64_is_mix_u32s_of_its_halves_low_first") {
  Blake2sChannel first, second;
  first.mix_u64(0x1122334455667788);
  second.mix_u32s(std::array{0x55667788U, 0x11223344U});
  CHECK(first.digest() == second.digest());
}

TEST_CASE("field_elements_are_the_drawn_words_modulo_p") {
  Blake2sChannel words, felts;
  for (int i = 0; i < 100; ++i) {
    const auto drawn = words.draw_u32s();
    const auto pair = felts.draw_secure_felts(2);
    for (std::size_t j = 0; j < 8; ++j) {
      CHECK(pair[j / 4].coordinates()[j % 4].value() == drawn[j] % M31::modulus);
    }
  }
}

// Words of 2p and above would favour the residues 0 and 1.
TEST_CASE("a_draw_with_a_word_of_2p_or_more_is_discarded_whole") {
  Blake2sChannel words, felts;
  words.mix_u64(431074083);  // found by search: one draw of 2^28 is like this
  felts.mix_u64(431074083);
  const auto discarded = words.draw_u32s();
  CHECK(std::ranges::count(discarded, 0xFFFFFFFFU) == 1);
  const auto next = words.draw_u32s();
  const QM31 felt = felts.draw_secure_felt();
  for (std::size_t i = 0; i < 4; ++i) CHECK(felt.coordinates()[i].value() == next[i] % M31::modulus);
  // From an independent implementation of the specification.
  CHECK(felt == QM31::from_u32(1837454068, 89471630, 236262151, 1645266521));
  CHECK(felts.draw_u32s() == words.draw_u32s());
}

TEST_CASE("proof_of_work_counts_the_low_zero_bits_of_the_hash") {
  Blake2sChannel channel;
  channel.mix_u64(7);
  const auto digest = channel.digest();
  for (std::uint64_t nonce = 0; nonce < 200; ++nonce) {
    for (const std::uint32_t bits : {0U, 1U, 5U}) {
      const auto hash = Blake2s()
                            .update_words(channel.pow_prefix(bits).words)
                            .update_words(std::array{static_cast<std::uint32_t>(nonce), 0U})
                            .finalize();
      const bool enough = static_cast<std::uint32_t>(std::countr_zero(hash.words[0])) >= bits;
      CHECK(channel.verify_pow(bits, nonce) == enough);
    }
  }
  CHECK_FALSE(channel.verify_pow(64, 0));
  CHECK_FALSE(channel.verify_pow(~0U, 0));
  CHECK(channel.digest() == digest);
}

}  // namespace
