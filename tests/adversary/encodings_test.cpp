// Different keys and statements have different words, and so different digests: no two keys share an id, and
// no value can move from one field to another.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

#include "stark/shape.hpp"
#include "stark/statement.hpp"
#include "stark/verification_key.hpp"

using namespace circlet;

namespace {

class RandomKeys {
 public:
  VerificationKey next() {
    VerificationKey key;
    TableShape shape{.lanes = 1 + draw(16), .batch = 1 + draw(4)};
    shape.inputs = {std::array{Visibility::shown, Visibility::hidden, Visibility::committed}[draw(3)]};
    shape.outputs = {draw(2) == 0 ? Visibility::shown : Visibility::committed};
    if (shape.committed() != 0) shape.batch = 1;
    key.instances =
        air_shape(shape, {4 + draw(3), 4 + draw(3), 4 + draw(3), 4 + draw(3), 8 + draw(2)}).instances;
    // Several of a kind, or none.
    if (draw(2) == 0) key.instances.insert(key.instances.begin(), {TableKind::linear, shape.lanes + 1, 4});
    std::ranges::sort(key.instances, {},
                      [](const TableInstance& t) { return std::pair(t.kind, t.parameter); });
    if (draw(4) == 0) key.instances.erase(key.instances.begin());
    for (auto* root : {&key.meaning, &key.structure_root, &key.weights_root}) {
      for (auto& word : root->words) word = draw(2);
    }
    key.pcs = {.pow_bits = draw(4),
               .fri = {.log_blowup_factor = 1 + draw(2),
                       .log_last_layer_degree_bound = draw(2),
                       .n_queries = 1 + draw(3),
                       .fold_step = 1 + draw(3)}};
    key.zero_knowledge = draw(2) == 1;
    key.tensors.push_back(tensor(Direction::input, shape.input(0), shape.batch));
    if (draw(3) == 0) key.tensors.push_back(tensor(Direction::input, Visibility::shown, 1));
    key.tensors.push_back(tensor(Direction::output, shape.output(0), shape.batch));
    key.constants = {{1, draw(3)}, {1 + draw(2), draw(3)}};
    if (draw(2) == 0) key.constants.push_back({3 + draw(2), draw(3)});
    for (std::size_t i = 0; i < key.pinned_values(); ++i) {
      key.weights_pin.push_back(QM31::from_u32(draw(2), draw(2), draw(2), draw(2)));
    }
    return key;
  }

 private:
  std::uint32_t draw(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  PublicTensor tensor(Direction direction, Visibility visibility, std::uint32_t lanes) {
    PublicTensor tensor{.direction = direction, .visibility = visibility, .lanes = lanes};
    if (direction == Direction::output) tensor.form = static_cast<Predicate::Kind>(draw(4));
    if (visibility == Visibility::shown) tensor.claim_wire = wires::first_of_model + draw(2);
    tensor.rows = 1 + draw(3);
    tensor.min = static_cast<std::int32_t>(draw(3)) - 2;
    tensor.max = static_cast<std::int32_t>(draw(3));
    tensor.scales.resize(draw(2) == 0 ? 1 : tensor.rows);
    for (auto& scale : tensor.scales) scale = draw(2) == 0 ? 1.0 : 0.5;
    return tensor;
  }

  std::mt19937 random_{1};
};

}  // namespace

TEST_CASE("the_words_of_a_key_are_those_of_no_other_key") {
  // Reading is a function, and undoes writing: so writing is injective on keys that can be read.
  RandomKeys keys;
  std::set<std::vector<std::uint32_t>> words;
  std::set<std::array<std::uint32_t, 8>> digests;
  for (int i = 0; i < 2000; ++i) {
    const VerificationKey key = keys.next();
    CHECK(VerificationKey::from_words(key.to_words()) == key);
    words.insert(key.to_words());
    digests.insert(key.digest().words);
  }
  CHECK(words.size() > 1900);
  CHECK(digests.size() == words.size());
}

TEST_CASE("words_that_are_read_as_a_key_are_the_words_of_that_key") {
  RandomKeys keys;
  std::mt19937 random(2);
  std::size_t read = 0;
  for (int i = 0; i < 2000; ++i) {
    // Exchanging, dropping or repeating a word moves those after it into other fields.
    auto words = keys.next().to_words();
    const std::size_t at = random() % words.size(), other = random() % words.size();
    switch (random() % 4) {
      case 0:
        std::swap(words[at], words[other]);
        break;
      case 1:
        words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 2:
        words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), words[other]);
        break;
      default:
        words[at] = static_cast<std::uint32_t>(random() % 4);
    }
    try {
      const VerificationKey key = VerificationKey::from_words(words);
      ++read;
      CHECK(key.to_words() == words);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::bad_input);
    }
  }
  CHECK(read > 100);
}

TEST_CASE("statements_that_differ_are_mixed_differently") {
  const auto digest_of = [](const Statement& statement) {
    Blake2sChannel channel;
    mix_statement(statement, channel);
    return channel.digest().words;
  };
  // All statements of up to three values out of {-1, 0, 1}, divided among up to three tensors, one of which
  // may have a commitment to words that others have as values.
  std::set<std::array<std::uint32_t, 8>> digests;
  std::size_t statements = 0;
  const auto add = [&](const Statement& statement) {
    digests.insert(digest_of(statement));
    ++statements;
  };
  const Commitment commitment{.root = {}, .pin = std::vector<QM31>(data_pin_values)};
  for (std::size_t count = 0; count <= 3; ++count) {
    std::size_t combinations = 1;
    for (std::size_t i = 0; i < count; ++i) combinations *= 3;
    for (std::size_t code = 0; code < combinations; ++code) {
      std::vector<std::int32_t> values;
      for (std::size_t i = 0, rest = code; i < count; ++i, rest /= 3) {
        values.push_back(static_cast<std::int32_t>(rest % 3) - 1);
      }
      add({.context = {}, .tensors = {{values, {}}}});
      for (std::size_t inputs = 0; inputs <= count; ++inputs) {
        const auto middle = values.begin() + static_cast<std::ptrdiff_t>(inputs);
        const Stated first{{values.begin(), middle}, {}}, second{{middle, values.end()}, {}};
        for (const std::uint32_t context : {0U, 1U}) {
          add({.context = {context}, .tensors = {first, second}});
          add({.context = {context}, .tensors = {first, {}, second}});
          add({.context = {context}, .tensors = {first, {{}, commitment}, second}});
        }
      }
    }
  }
  CHECK(digests.size() == statements);
}
