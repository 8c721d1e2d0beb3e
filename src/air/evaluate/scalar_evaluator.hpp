// The evaluator of one row or one point: columns come from a source, constraints go to a sink.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "air/dsl/evaluator.hpp"

namespace circlet {

/// Source: `Base at(tree, column, previous)`, the value of a column of the component at offset 0 or -1; Base
/// is M31 on a trace row and QM31 at a point. Sink: called with the name's stem, its index and the value in F
/// of every constraint.
template <class BaseValue, class Source, class Sink>
class ScalarEvaluator {
 public:
  using Base = BaseValue;
  using Secure = QM31;

  struct BaseRange {
    const ScalarEvaluator* eval;
    Tree tree;
    std::uint32_t first;
    Base operator[](std::uint32_t i) const { return eval->source_.at(tree, first + i, false); }
  };
  struct SecureRange {
    const ScalarEvaluator* eval;
    Tree tree;
    std::uint32_t first;
    Secure operator[](std::uint32_t i) const { return eval->secure(tree, first + 4 * i, false); }
  };

  ScalarEvaluator(const Source& source, const TableConstants& constants, Sink& sink)
      : source_(source), constants_(constants), sink_(sink) {}

  Base structure(ColumnName, std::string_view) {
    return source_.at(Tree::structure, take(Tree::structure, 1), false);
  }
  Base witness(ColumnName, std::string_view) {
    return source_.at(Tree::witness, take(Tree::witness, 1), false);
  }
  WithPrevious<Base> witness_with_previous(ColumnName, std::string_view) {
    const std::uint32_t column = take(Tree::witness, 1);
    return {source_.at(Tree::witness, column, true), source_.at(Tree::witness, column, false)};
  }
  void salts(Tree tree, std::uint32_t n) { take(tree, n); }
  BaseRange weight_range(ColumnName, std::uint32_t n, std::string_view) {
    return {this, Tree::weights, take(Tree::weights, n)};
  }
  BaseRange witness_range(ColumnName, std::uint32_t n, std::string_view) {
    return {this, Tree::witness, take(Tree::witness, n)};
  }
  BaseRange data_range(ColumnName, std::uint32_t n, std::string_view) {
    return {this, Tree::data, take(Tree::data, n)};
  }
  Secure fingerprint(ColumnName, std::string_view) {
    return secure(Tree::fingerprints, take(Tree::fingerprints, 4), false);
  }
  WithPrevious<Secure> fingerprint_with_previous(ColumnName, std::string_view) {
    return with_previous(Tree::fingerprints);
  }
  Secure logup(ColumnName, std::string_view) { return secure(Tree::logup, take(Tree::logup, 4), false); }
  WithPrevious<Secure> logup_with_previous(ColumnName, std::string_view) {
    return with_previous(Tree::logup);
  }
  SecureRange logup_range(ColumnName, std::uint32_t n, std::string_view) {
    return {this, Tree::logup, take(Tree::logup, 4 * n)};
  }

  Secure constant(Constant c) const { return constants_[c]; }
  Secure combination() const { return {}; }
  template <class Value, class... Rest>
  Secure combination(Constant c, const Value& value, const Rest&... rest) const {
    return constants_[c] * value + combination(rest...);
  }
  Secure from_coordinates(const Base& a, const Base& b, const Base& c, const Base& d) const {
    if constexpr (std::is_same_v<Base, M31>) {
      return {a, b, c, d};
    } else {
      return QM31::from_partial_evals({a, b, c, d});
    }
  }
  template <class F>
  Secure horner(PowersOf base, std::uint32_t n, F&& f) const {
    const auto& powers = constants_[base];
    Secure result;
    for (std::uint32_t i = 0; i < n; ++i) result += powers[i] * f(i);
    return result;
  }
  template <class F>
  Secure sum(std::uint32_t n, F&& f) const {
    Secure result;
    for (std::uint32_t i = 0; i < n; ++i) result += f(i);
    return result;
  }
  template <class F>
  void each(std::uint32_t n, F&& f) const {
    for (std::uint32_t i = 0; i < n; ++i) f(i);
  }
  void constraint(std::string_view name, const Secure& value) { sink_(name, no_index, value); }
  void constraint(std::string_view stem, std::uint32_t index, const Secure& value) {
    sink_(stem, index, value);
  }

 private:
  std::uint32_t take(Tree tree, std::uint32_t n) {
    return std::exchange(next_[static_cast<std::size_t>(tree)], next_[static_cast<std::size_t>(tree)] + n);
  }
  Secure secure(Tree tree, std::uint32_t first, bool previous) const {
    return from_coordinates(source_.at(tree, first, previous), source_.at(tree, first + 1, previous),
                            source_.at(tree, first + 2, previous), source_.at(tree, first + 3, previous));
  }
  WithPrevious<Secure> with_previous(Tree tree) {
    const std::uint32_t first = take(tree, 4);
    return {secure(tree, first, true), secure(tree, first, false)};
  }

  const Source& source_;
  const TableConstants& constants_;
  Sink& sink_;
  std::array<std::uint32_t, tree_count> next_{};
};

}  // namespace circlet
