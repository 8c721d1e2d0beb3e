// What a table's constraints are written against. The constraints of a table are one template,
//     template <AirEvaluator E> void constraints(E& eval, const Shape& shape);
// run by: the domain evaluator of the prover (sixteen rows at once), the scalar evaluator (the verifier's
// point, a small domain, the rows of a trace), the inspector (layout and degrees) and the symbolic evaluator
// (generated code and documentation).
//
// The template first asks for its columns, in the order in which they are committed, then states its
// constraints, in the order in which the composition takes them.
//
// Base is a value of M (a column), Secure one of F; + - * work on both and mixed, the Secure operand first in
// + and -. A range holds columns stem_0 .. stem_{n-1}; it is indexed by the argument that sum, horner and
// each pass to their functions.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "air/dsl/challenges.hpp"

namespace circlet {

/// The trees that a table has columns in: five that every proof has, in commitment order, and one of its own
/// for each table of committed values, after these.
enum class Tree : std::uint32_t { structure, weights, witness, fingerprints, logup, data };
inline constexpr std::size_t tree_count = 6;
inline constexpr std::size_t common_tree_count = 5;
/// The place of each of a table's trees among those of a proof.
using TreePositions = std::array<std::uint32_t, tree_count>;

inline constexpr std::uint32_t no_index = ~0U;

/// "live", or {"y", 2} for y_2.
struct ColumnName {
  std::string_view stem;
  std::uint32_t index = no_index;

  constexpr ColumnName(const char* name) : stem(name) {}  // NOLINT(google-explicit-constructor): a name
  constexpr ColumnName(const char* name, std::uint32_t i) : stem(name), index(i) {}
};

inline std::string indexed_name(std::string_view stem, std::uint32_t index) {
  return index == no_index ? std::string(stem) : std::string(stem) + "_" + std::to_string(index);
}

/// A column at mask offsets -1 and 0.
template <class T>
struct WithPrevious {
  T previous, current;
};

/// What sum, horner and each take: a function of the index.
template <class T>
struct FunctionOfIndex {
  T value;
  template <class Index>
  T operator()(Index) const {
    return value;
  }
};

template <class E>
concept AirEvaluator =
    requires(E& eval, typename E::Base base, typename E::Secure secure, ColumnName name,
             std::string_view meaning, std::uint32_t n, FunctionOfIndex<typename E::Base> base_at,
             FunctionOfIndex<typename E::Secure> secure_at) {
      { eval.structure(name, meaning) } -> std::same_as<typename E::Base>;
      { eval.witness(name, meaning) } -> std::same_as<typename E::Base>;
      { eval.weight_range(name, n, meaning) } -> std::same_as<typename E::BaseRange>;
      { eval.witness_range(name, n, meaning) } -> std::same_as<typename E::BaseRange>;
      { eval.data_range(name, n, meaning) } -> std::same_as<typename E::BaseRange>;
      { eval.witness_with_previous(name, meaning) } -> std::same_as<WithPrevious<typename E::Base>>;
      // n columns that are committed and never sampled.
      eval.salts(Tree::witness, n);
      // Columns of F are four columns of coordinates.
      { eval.fingerprint(name, meaning) } -> std::same_as<typename E::Secure>;
      { eval.fingerprint_with_previous(name, meaning) } -> std::same_as<WithPrevious<typename E::Secure>>;
      { eval.logup(name, meaning) } -> std::same_as<typename E::Secure>;
      { eval.logup_with_previous(name, meaning) } -> std::same_as<WithPrevious<typename E::Secure>>;
      { eval.logup_range(name, n, meaning) } -> std::same_as<typename E::SecureRange>;

      { secure* eval.constant(Constant::t) } -> std::same_as<typename E::Secure>;
      { secure - eval.constant(Constant::t) } -> std::same_as<typename E::Secure>;
      /// constant * x + constant * x + ...
      { eval.combination(Constant::t, base, Constant::t, secure) } -> std::same_as<typename E::Secure>;
      /// The element of F with these coordinates.
      { eval.from_coordinates(base, base, base, base) } -> std::same_as<typename E::Secure>;
      /// sum_i c^(n-1-i) f(i)
      { eval.horner(PowersOf::t, n, base_at) } -> std::same_as<typename E::Secure>;
      /// sum_i f(i)
      { eval.sum(n, secure_at) } -> std::same_as<typename E::Secure>;
      /// f(0), ..., f(n-1), which state constraints `eval.constraint(stem, i, value)`
      eval.each(n, secure_at);
      eval.constraint("name", secure);
      eval.constraint("name", base);
    };

}  // namespace circlet
