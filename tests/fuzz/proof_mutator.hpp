// Changes one thing in a Proof: values, hashes, lengths and order, a field copied over another or out of a
// second honest proof, parallel lists together; and repairs of what a verifier looks at first, so that it
// looks further.
#pragma once

#include <algorithm>
#include <string_view>
#include <type_traits>

#include "stark/verifier.hpp"
#include "tests/fuzz/target.hpp"

namespace circlet::fuzz {

/// Calls `visit` with every list of a proof, outer ones before those in them.
template <class AnyProof, class Visitor>
void for_each_list(AnyProof& proof, const Visitor& visit) {
  auto& stark = proof.stark;
  visit(proof.statement.tensors);
  for (auto& stated : proof.statement.tensors) {
    visit(stated.values);
    if (stated.commitment) visit(stated.commitment->pin);
  }
  visit(proof.claimed_sums);
  visit(stark.commitments);
  const auto visit_columns = [&](auto& trees) {
    visit(trees);
    for (auto& tree : trees) {
      visit(tree);
      for (auto& column : tree) visit(column);
    }
  };
  visit_columns(stark.sampled_values);
  visit_columns(stark.queried_values);
  visit(stark.decommitments);
  for (auto& decommitment : stark.decommitments) visit(decommitment.hash_witness);
  const auto visit_layer = [&](auto& layer) {
    visit(layer.fri_witness);
    visit(layer.decommitment.hash_witness);
  };
  visit_layer(stark.fri_proof.first_layer);
  visit(stark.fri_proof.inner_layers);
  for (auto& layer : stark.fri_proof.inner_layers) visit_layer(layer);
  visit(stark.fri_proof.last_layer_coefficients);
}

/// Whether two proofs have the same lengths everywhere.
inline bool same_form(const Proof& a, const Proof& b) {
  const auto lengths = [](const Proof& proof) {
    std::vector<std::size_t> result;
    for (const Stated& stated : proof.statement.tensors) result.push_back(stated.commitment.has_value());
    for_each_list(proof, [&](const auto& list) { result.push_back(list.size()); });
    return result;
  };
  return lengths(a) == lengths(b);
}

/// Makes the claimed sums balance the bus for the statement and roots as they are. Without effect if a tree
/// is missing.
inline void rebalance(const VerificationKey& key, Proof& proof) {
  const auto& roots = proof.stark.commitments;
  if (roots.size() < 4 || proof.claimed_sums.empty()) return;
  try {
    check_statement(key, proof.statement);
    Blake2sChannel channel;
    mix_key(key, channel);
    channel.mix_root(roots[0]);
    channel.mix_root(roots[1]);
    mix_statement(proof.statement, channel);
    channel.mix_root(roots[2]);
    const auto first = channel.draw_secure_felts(2);
    channel.mix_root(roots[3]);
    const auto second = channel.draw_secure_felts(2);
    QM31 sum = public_messages(key, proof.statement,
                               {.alpha = first[0], .t = first[1], .z = second[0], .lambda = second[1]});
    for (const QM31& claimed : proof.claimed_sums) sum += claimed;
    proof.claimed_sums[0] -= sum;
  } catch (const Error&) {
    return;  // a statement that no sums can balance
  }
}

/// Finds a nonce with enough work, if the verifier gets as far as asking for one.
inline void regrind(const VerificationKey& key, Proof& proof) {
  const std::uint64_t nonce = proof.stark.proof_of_work;
  for (std::uint64_t tries = 0; tries < 256; ++tries) {
    try {
      verify(key, proof);
      return;
    } catch (const Error& error) {
      if (!std::string_view(error.what()).starts_with("proof of work")) return;
    }
    proof.stark.proof_of_work = tries;
  }
  proof.stark.proof_of_work = nonce;
}

/// What is said of a tensor made to fit a key's.
inline void fit(const PublicTensor& tensor, Stated& stated) {
  if (tensor.visibility != Visibility::committed) stated.commitment.reset();
  if (tensor.visibility == Visibility::committed) {
    if (!stated.commitment) stated.commitment.emplace();
    stated.commitment->pin.resize(data_pin_values);
  }
  const bool shown = tensor.visibility == Visibility::shown;
  stated.values.resize(shown ? std::size_t{tensor.rows} * tensor.lanes : 0, tensor.min);
  for (auto& value : stated.values) value = std::clamp(value, tensor.min, tensor.max);
}

/// The proof made to fit another key, as far as it can be without that key's trees.
inline Proof fitted(const VerificationKey& key, Proof proof) {
  proof.stark.config = key.pcs;
  proof.stark.commitments[0] = key.structure_root;
  proof.stark.commitments[1] = key.weights_root;
  proof.claimed_sums.resize(key.instances.size() - 1);
  proof.statement.tensors.resize(key.tensors.size());
  std::size_t values = 0;
  for (const PublicTensor& tensor : key.tensors) {
    if (tensor.visibility == Visibility::shown) values += std::size_t{tensor.rows} * tensor.lanes;
  }
  if (values < 10'000) {
    for (std::size_t i = 0; i < key.tensors.size(); ++i) fit(key.tensors[i], proof.statement.tensors[i]);
    rebalance(key, proof);
  }
  regrind(key, proof);
  return proof;
}

class ProofMutator {
 public:
  /// `other` is a proof of the same key.
  ProofMutator(const VerificationKey& key, Proof& proof, const Proof& other, Random& random)
      : key_(key), proof_(proof), other_(other), random_(random) {}

  /// Changes one thing, and at times repairs what depends on it.
  void change_one() {
    switch (below(random_, 17)) {
      case 16:
        change_data_root();
        break;
      case 0:
        change_number();
        break;
      case 1:
        change_claimed_sums();
        break;
      case 2:
        change_layer_root();
        break;
      case 3:
        change_parallel_lists();
        break;
      case 4:
        change_lists<std::int32_t>();
        break;
      case 5:
        change_lists<std::vector<std::vector<QM31>>>();
        break;
      case 6:
        change_lists<std::vector<std::vector<M31>>>();
        break;
      case 7:
        change_lists<std::vector<QM31>>();
        break;
      case 8:
        change_lists<std::vector<M31>>();
        break;
      case 9:
        change_lists<MerkleDecommitment<Blake2sHash>>();
        break;
      case 10:
        change_lists<FriLayerProof<Blake2sHash>>();
        break;
      case 11:
        change_lists<M31>();
        break;
      case 12:
      case 13:
        change_lists<QM31>();
        break;
      default:
        change_lists<Blake2sHash>();
    }
    for (Stated& stated : proof_.statement.tensors) {
      if (stated.commitment) stated.values.clear();  // no file states both
    }
    if (below(random_, 4) == 0) rebalance(key_, proof_);
    if (below(random_, 4) == 0) regrind(key_, proof_);
  }

 private:
  template <class T>
  T& pick(std::vector<T>& items) {
    return items[below(random_, items.size())];
  }
  template <class T>
  const T& pick(const std::vector<T>& items) {
    return items[below(random_, items.size())];
  }

  void change(std::int32_t& value) {
    value = static_cast<std::int32_t>(mutate_number(static_cast<std::uint32_t>(value), random_));
  }
  void change(M31& value) {
    value = M31(static_cast<std::uint32_t>(mutate_number(value.value(), random_) % M31::modulus));
  }
  void change(QM31& value) {
    auto coordinates = value.coordinates();
    change(coordinates[below(random_, 4)]);
    value = QM31::from_coordinates(coordinates);
  }
  void change(Blake2sHash& hash) {
    auto& word = hash.words[below(random_, hash.words.size())];
    word = static_cast<std::uint32_t>(mutate_number(word, random_));
  }

  /// Those of the proof's lists that hold items of type T, and are not empty if `filled`.
  template <class T, class AnyProof>
  auto lists(AnyProof& proof, bool filled) {
    using List = std::conditional_t<std::is_const_v<AnyProof>, const std::vector<T>, std::vector<T>>;
    std::vector<List*> result;
    for_each_list(proof, [&](auto& list) {
      if constexpr (std::is_same_v<std::remove_reference_t<decltype(list)>, List>) {
        if (!filled || !list.empty()) result.push_back(&list);
      }
    });
    return result;
  }

  template <class T>
  void change_lists() {
    auto all = lists<T>(proof_, false);
    auto filled = lists<T>(proof_, true);
    const auto others = lists<T>(other_, true);
    if (all.empty()) return;
    if (filled.empty()) return pick(all)->resize(1);
    std::vector<T>& list = *pick(filled);
    T& item = pick(list);
    const auto at = list.begin() + (&item - list.data());
    switch (below(random_, 12)) {
      case 0:
        list.erase(at);
        return;
      case 1:
        list.insert(at, T(pick(*pick(filled))));
        return;
      case 2:
        list.emplace_back();
        return;
      case 3:
        list.resize(below(random_, list.size()));
        return;
      case 4:
        std::swap(item, pick(*pick(filled)));
        return;
      case 5:
        item = T(pick(*pick(filled)));
        return;
      case 6:
        if (!others.empty()) item = pick(*pick(others));
        return;
      case 7:
        if (!others.empty()) list = *pick(others);
        return;
      case 8:
        std::swap(list, *pick(all));
        return;
      case 9: {  // the number of items stays, as where a flat encoding joins the lists
        const T moved = item;
        list.erase(at);
        auto& target = *pick(all);
        target.insert(target.begin() + static_cast<std::ptrdiff_t>(below(random_, target.size() + 1)), moved);
        return;
      }
      case 10:
        std::rotate(list.begin(), at, list.end());
        return;
      default:
        if constexpr (requires { change(item); }) {
          change(item);
        } else {
          item = {};
        }
    }
  }

  void change_number() {
    auto& stark = proof_.stark;
    const auto change_to = [&](auto& number) {
      number = static_cast<std::remove_reference_t<decltype(number)>>(mutate_number(number, random_));
    };
    switch (below(random_, 4)) {
      case 0:
        return change_to(proof_.statement.context[below(random_, proof_.statement.context.size())]);
      case 1:
        return change_to(stark.proof_of_work);
      case 2: {
        ++stark.proof_of_work;
        return regrind(key_, proof_);
      }
      default: {
        auto& fri = stark.config.fri;
        std::uint32_t* const fields[] = {&stark.config.pow_bits, &fri.log_blowup_factor,
                                         &fri.log_last_layer_degree_bound, &fri.n_queries, &fri.fold_step};
        return change_to(*fields[below(random_, std::size(fields))]);
      }
    }
  }

  void change_claimed_sums() {
    if (proof_.claimed_sums.empty()) return;
    QM31& sum = pick(proof_.claimed_sums);
    switch (below(random_, 4)) {
      case 0:
        return change(sum);
      case 1:
        sum = other_.claimed_sums[below(random_, other_.claimed_sums.size())];
        return;
      case 2:
        return std::swap(sum, pick(proof_.claimed_sums));
      default: {  // sums of the same total
        const QM31 before = sum;
        change(sum);
        pick(proof_.claimed_sums) += before - sum;
      }
    }
  }

  /// The commitments of a statement, and with them at times the roots that the trees have.
  void change_data_root() {
    auto& tensors = proof_.statement.tensors;
    if (tensors.empty()) return;
    auto& commitment = pick(tensors).commitment;
    const auto before = commitment;
    switch (below(random_, 6)) {
      case 0:
        return std::swap(commitment, pick(tensors).commitment);
      case 1:
        commitment = other_.statement.tensors[below(random_, other_.statement.tensors.size())].commitment;
        break;
      case 2:
        if (commitment && !proof_.stark.commitments.empty())
          commitment->root = pick(proof_.stark.commitments);
        break;
      case 3:
        commitment.reset();
        return;
      case 4:
        if (commitment && !commitment->pin.empty()) change(pick(commitment->pin));
        return;
      default:
        if (!commitment) commitment = Commitment{.root = {}, .pin = std::vector<QM31>(data_pin_values)};
        change(commitment->root);
    }
    if (below(random_, 2) == 0 || !before || !commitment) return;
    std::ranges::replace(proof_.stark.commitments, before->root, commitment->root);
  }

  void change_layer_root() {
    auto& fri = proof_.stark.fri_proof;
    std::vector<Blake2sHash*> roots = {&fri.first_layer.commitment};
    for (auto& layer : fri.inner_layers) roots.push_back(&layer.commitment);
    switch (below(random_, 4)) {
      case 0:
        return std::swap(*pick(roots), *pick(roots));
      case 1:
        if (!fri.inner_layers.empty()) std::swap(fri.first_layer, pick(fri.inner_layers));
        return;
      case 2:
        *pick(roots) = other_.stark.fri_proof.first_layer.commitment;
        return;
      default:
        change(*pick(roots));
    }
  }

  enum class Edit : std::uint8_t { erase, repeat, swap };

  template <class T>
  void apply(Edit edit, std::size_t from, std::size_t to, std::vector<T>& list) {
    if (list.empty()) return;
    const auto at = list.begin() + static_cast<std::ptrdiff_t>(from % list.size());
    if (edit == Edit::erase) {
      list.erase(at);
    } else if (edit == Edit::repeat) {
      list.insert(at, T(*at));
    } else {
      std::swap(*at, list[to % list.size()]);
    }
  }

  /// The same edit to all lists that have an item a tree, a column, a query, or a coefficient.
  void change_parallel_lists() {
    auto& stark = proof_.stark;
    const auto edit = static_cast<Edit>(below(random_, 3));
    const std::size_t from = random_(), to = random_();
    switch (below(random_, 4)) {
      case 0:
        apply(edit, from, to, stark.commitments);
        apply(edit, from, to, stark.sampled_values);
        apply(edit, from, to, stark.decommitments);
        apply(edit, from, to, stark.queried_values);
        return;
      case 1: {
        const std::size_t tree = random_();
        if (!stark.sampled_values.empty())
          apply(edit, from, to, stark.sampled_values[tree % stark.sampled_values.size()]);
        if (!stark.queried_values.empty())
          apply(edit, from, to, stark.queried_values[tree % stark.queried_values.size()]);
        return;
      }
      case 2:
        for (auto& tree : stark.queried_values) {
          for (auto& column : tree) apply(edit, from, to, column);
        }
        return;
      default: {  // another description of the same last layer
        auto& coefficients = stark.fri_proof.last_layer_coefficients;
        coefficients.resize(2 * coefficients.size());
      }
    }
  }

  const VerificationKey& key_;
  Proof& proof_;
  const Proof& other_;
  Random& random_;
};

}  // namespace circlet::fuzz
