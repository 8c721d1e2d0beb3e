// proof.bin against one fixed key: the only proof that is accepted is the honest one. The mutator changes
// values, lengths and order inside a decoded proof, and seals the file again.
#include <algorithm>
#include <functional>

#include "core/artefact.hpp"
#include "stark/verifier.hpp"
#include "starknet/calldata.hpp"
#include "tests/fuzz/honest.hpp"
#include "tests/fuzz/target.hpp"

using namespace circlet;
using namespace circlet::fuzz;

namespace {

/// One thing in a proof that a mutation can change.
using Change = std::function<void(Random&)>;

class Changes {
 public:
  explicit Changes(Proof& proof) {
    auto& statement = proof.statement;
    for (auto& word : statement.context) number(word);
    list(statement.inputs);
    list(statement.outputs);
    for (auto& sum : proof.claimed_sums) value(sum);
    auto& stark = proof.stark;
    for (auto* field : {&stark.config.pow_bits, &stark.config.fri.log_blowup_factor,
                        &stark.config.fri.log_last_layer_degree_bound, &stark.config.fri.n_queries,
                        &stark.config.fri.fold_step}) {
      number(*field);
    }
    number(stark.proof_of_work);
    list(stark.commitments);
    list(stark.sampled_values);
    for (auto& decommitment : stark.decommitments) list(decommitment.hash_witness);
    list(stark.queried_values);
    layer(stark.fri_proof.first_layer);
    shape(stark.fri_proof.inner_layers);
    for (auto& inner : stark.fri_proof.inner_layers) layer(inner);
    list(stark.fri_proof.last_layer_coefficients);
  }

  void make_one(Random& random) const { changes_[below(random, changes_.size())](random); }

 private:
  template <class T>
  void number(T& value) {
    changes_.emplace_back([&value](Random& random) { value = static_cast<T>(mutate_number(value, random)); });
  }
  static void change(std::int32_t& value, Random& random) {
    value = static_cast<std::int32_t>(mutate_number(static_cast<std::uint32_t>(value), random));
  }
  static void change(M31& value, Random& random) {
    value = M31(static_cast<std::uint32_t>(mutate_number(value.value(), random) % M31::modulus));
  }
  static void change(QM31& value, Random& random) {
    auto coordinates = value.coordinates();
    change(coordinates[below(random, 4)], random);
    value = QM31::from_coordinates(coordinates);
  }
  static void change(Blake2sHash& hash, Random& random) {
    auto& word = hash.words[below(random, hash.words.size())];
    word = static_cast<std::uint32_t>(mutate_number(word, random));
  }
  template <class T>
  static void change(std::vector<T>& values, Random& random) {
    if (!values.empty()) change(values[below(random, values.size())], random);
  }
  template <class T>
  void value(T& x) {
    changes_.emplace_back([&x](Random& random) { change(x, random); });
  }
  /// Loses, repeats, swaps or gains an item.
  template <class T>
  void shape(std::vector<T>& values) {
    changes_.emplace_back([&values](Random& random) {
      if (values.empty()) return values.resize(1);
      const auto at = static_cast<std::ptrdiff_t>(below(random, values.size()));
      switch (below(random, 4)) {
        case 0:
          values.erase(values.begin() + at);
          return;
        case 1: {
          const T copy = values[static_cast<std::size_t>(at)];
          values.insert(values.begin() + at, copy);
          return;
        }
        case 2:
          std::swap(values[static_cast<std::size_t>(at)], values[below(random, values.size())]);
          return;
        default:
          values.emplace_back();
      }
    });
  }
  template <class T>
  void list(std::vector<T>& values) {
    shape(values);
    value(values);
  }
  template <class T>
  void list(std::vector<std::vector<T>>& lists) {
    shape(lists);
    for (auto& inner : lists) list(inner);
  }
  void layer(FriLayerProof<Blake2sHash>& layer) {
    list(layer.fri_witness);
    list(layer.decommitment.hash_witness);
    value(layer.commitment);
  }

  std::vector<Change> changes_;
};

/// Changes bytes behind the envelope.
Bytes mutate_payload(std::span<const std::uint8_t> file, std::size_t most) {
  constexpr std::size_t header = 24, trailer = 8;
  if (file.size() < header + trailer) return encode_proof(honest().proof);
  const Bytes payload(file.begin() + header, file.end() - trailer);
  return seal_artefact(ArtefactKind::proof, Proof::format_version,
                       mutate_bytes(payload, most - header - trailer));
}

bool accepted(const Proof& proof) {
  return attempt([&] {
           verify(honest().key(), proof);
           return true;
         })
      .has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span file(data, size);
  const auto proof = attempt([&] { return decode_proof(file, "input"); });
  if (!proof) return 0;
  expect(std::ranges::equal(encode_proof(*proof), file), "a proof has one encoding");
  expect(accepted(*proof) == (*proof == honest().proof), "the honest proof alone is accepted");
  attempt([&] { return encode_calldata(honest().key(), *proof); });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  const std::span file(data, size);
  if (below(random, 20) == 0) return LLVMFuzzerMutate(data, size, most);
  if (below(random, 5) == 0) return replace(data, size, most, mutate_payload(file, most));
  auto proof = attempt([&] { return decode_proof(file, "input"); });
  // What is already far from an honest proof seldom gets deeper into the verifier.
  if (!proof || below(random, 4) == 0) proof = honest().proof;
  for (std::size_t i = below(random, 3) + 1; i > 0; --i) Changes(*proof).make_one(random);
  return replace(data, size, most, encode_proof(*proof));
}
