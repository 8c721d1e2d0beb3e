// Every field of a proof binds: changing it, or the length of its list, is rejected with a reason.
#include <doctest/doctest.h>

#include <functional>
#include <random>
#include <utility>

#include "tests/golden/golden_files.hpp"

using namespace circlet;
using namespace circlet::test;

namespace {

/// Visits a proof, changes one thing at a time, calls `check` with the place, and puts the thing back. Of a
/// long list of field elements a seeded sample is changed, as each costs a verification.
class Tamperer {
 public:
  Tamperer(StarkProof<Blake2sHash>& proof, std::function<void(const std::string&)> check)
      : proof_(proof), check_(std::move(check)) {}

  void change_everything() {
    change(proof_.config.pow_bits, "pow_bits");
    change(proof_.config.fri.log_blowup_factor, "log_blowup_factor");
    change(proof_.config.fri.log_last_layer_degree_bound, "log_last_layer_degree_bound");
    change(proof_.config.fri.n_queries, "n_queries");
    change(proof_.config.fri.fold_step, "fold_step");
    change(proof_.commitments, "commitment");
    change(proof_.sampled_values, "sampled value");
    change(proof_.decommitments, "decommitment");
    change(proof_.queried_values, "queried value");
    change(proof_.proof_of_work, "proof of work");
    change(proof_.fri_proof.first_layer, "first layer");
    change(proof_.fri_proof.inner_layers, "inner layer");
    change(proof_.fri_proof.last_layer_coefficients, "last layer coefficient");
  }

 private:
  template <class T>
  void replace(T& value, const T& other, const std::string& place) {
    const T honest = std::exchange(value, other);
    check_(place);
    value = honest;
  }

  void change(std::uint32_t& value, const std::string& place) {
    replace(value, value + 1, place);
    replace(value, value - 1, place);
  }
  void change(std::uint64_t& value, const std::string& place) {
    replace(value, value + 1, place);
    replace(value, value ^ (std::uint64_t{1} << 63), place);
    replace(value, ~std::uint64_t{0}, place);
  }
  void change(M31& value, const std::string& place) {
    replace(value, value + M31(1), place);
    replace(value, M31(value.value() + M31::modulus), place + ", the same residue above p");
  }
  void change(QM31& value, const std::string& place) {
    for (M31* coordinate : {&value.first.real, &value.first.imag, &value.second.real, &value.second.imag}) {
      change(*coordinate, place);
    }
  }
  void change(Blake2sHash& hash, const std::string& place) {
    Blake2sHash other = hash;
    other.words[random_() % 8] ^= 1U << (random_() % 32);
    replace(hash, other, place);
  }
  void change(MerkleDecommitment<Blake2sHash>& decommitment, const std::string& place) {
    change(decommitment.hash_witness, place + " hash");
  }
  void change(FriLayerProof<Blake2sHash>& layer, const std::string& place) {
    change(layer.fri_witness, place + " witness");
    change(layer.decommitment, place);
    change(layer.commitment, place + " commitment");
  }
  template <class T>
  void change(std::vector<T>& list, const std::string& place) {
    list.push_back(list.empty() ? T{} : list.back());
    check_(place + ", one more");
    list.pop_back();
    if (list.empty()) return;
    T last = std::move(list.back());
    list.pop_back();
    check_(place + ", one fewer");
    list.push_back(std::move(last));
    if (list.size() >= 2 && list.front() != list.back()) {
      std::swap(list.front(), list.back());
      check_(place + ", first and last swapped");
      std::swap(list.front(), list.back());
    }
    for (T& item : list) change(item, place);
  }

  StarkProof<Blake2sHash>& proof_;
  std::function<void(const std::string&)> check_;
  std::mt19937 random_{1};
};

TEST_CASE("changing_any_field_of_a_proof_is_rejected_with_a_reason") {
  std::size_t rejected = 0;
  for (const auto& name : accepted_fixtures()) {
    CAPTURE(name);
    Fixture fixture = load_fixture(name);
    const auto honest = fixture.proof;
    const auto check = [&](const std::string& place) {
      CAPTURE(place);
      std::string reason;
      try {
        verify_test_proof(fixture.statement, fixture.proof);
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::rejected);
        reason = error.what();
      }
      CHECK(reason != "");
      if (place.ends_with("above p")) CHECK(reason.ends_with("a value is not below p"));
      rejected += reason.empty() ? 0 : 1;
    };
    Tamperer(fixture.proof, check).change_everything();
    CHECK(fixture.proof == honest);
  }
  CHECK(rejected > 8000);
}

TEST_CASE("changing_any_byte_of_a_binary_proof_is_refused_when_read_or_rejected") {
  for (const auto* name : {"tiny_1", "blake_noinner"}) {
    CAPTURE(name);
    const Fixture fixture = load_fixture(name);
    ByteWriter writer;
    write_stark_proof(writer, fixture.proof);
    Bytes bytes = writer.take();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      CAPTURE(i);
      for (const std::uint8_t flip : {0x01, 0x80, 0xFF}) {
        bytes[i] ^= flip;
        const auto read_and_verify = [&] {
          ByteReader reader(bytes, "proof");
          const auto proof = read_stark_proof(reader);
          reader.expect_end();
          verify_test_proof(fixture.statement, proof);
        };
        CHECK_THROWS_AS(read_and_verify(), Error);
        bytes[i] ^= flip;
      }
    }
  }
}

}  // namespace
