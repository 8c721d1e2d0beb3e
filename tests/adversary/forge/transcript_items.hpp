// What the transcript mixes, item by item, and channels that do not hear some of it.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "hash/channel.hpp"

namespace circlet::testing {

/// In the order of the transcript. From the context to the roots of committed values
/// all is mixed as one.
enum class Item : std::uint8_t {
  key,
  configuration,
  structure_root,
  weights_root,
  context,
  inputs,
  outputs,
  data_roots,
  witness_root,
  fingerprints_root,
  claimed_sums,
  logup_root,
  data_trees,
  composition_root,
  sampled_values,
  fri_roots,
  last_layer,
  nonce
};
inline constexpr std::array<const char*, 18> item_names = {"the key's digest",
                                                           "the configuration",
                                                           "the structure root",
                                                           "the weights root",
                                                           "the context",
                                                           "the inputs",
                                                           "the outputs",
                                                           "the roots of committed values",
                                                           "the witness root",
                                                           "the fingerprints root",
                                                           "the claimed sums",
                                                           "the LogUp root",
                                                           "the trees of committed values",
                                                           "the composition root",
                                                           "the sampled values",
                                                           "the roots of FRI",
                                                           "the last layer",
                                                           "the nonce"};
inline const char* name_of(Item item) { return item_names[static_cast<std::size_t>(item)]; }

/// Observer of a channel in which some items are not heard: the digest after one of them follows from the
/// digest before it alone. The channel hands out its own digest, which this replaces.
class Deaf {
 public:
  /// `data_trees` is how many trees of committed values there are.
  Deaf(std::set<Item> unheard, std::uint32_t data_trees, Blake2sChannel::Observer next = {})
      : unheard_(std::move(unheard)), data_trees_(data_trees), next_(std::move(next)) {}

  void operator()(std::string_view operation, const Blake2sHash& digest) {
    const auto item = item_of(operation);
    if (item && unheard_.contains(*item)) {
      const std::array<std::uint32_t, 1> label = {count_};
      const_cast<Blake2sHash&>(digest) = Blake2s().update_words(before_.words).update_words(label).finalize();
    }
    before_ = digest;
    ++count_;
    if (next_) next_(operation, digest);
  }

 private:
  [[nodiscard]] std::optional<Item> item_of(std::string_view operation) const {
    constexpr std::uint32_t statement = 4, logup = 8;
    const auto item_from = [this](Item first, std::uint32_t at) {
      return static_cast<Item>(static_cast<std::uint32_t>(first) + count_ - at);
    };
    if (count_ < statement) return item_from(Item::key, 0);
    if (count_ == statement) return std::nullopt;  // left out by parts
    if (count_ <= logup) return item_from(Item::witness_root, statement + 1);
    const std::uint32_t composition = logup + 1 + data_trees_;
    if (count_ < composition) return Item::data_trees;
    if (count_ <= composition + 1) return item_from(Item::composition_root, composition);
    if (operation == "mix_root") return Item::fri_roots;
    return operation == "mix_felts" ? Item::last_layer : Item::nonce;
  }

  std::set<Item> unheard_;
  std::uint32_t data_trees_;
  Blake2sChannel::Observer next_;
  Blake2sHash before_{};
  std::uint32_t count_ = 0;
};

}  // namespace circlet::testing
