// The evaluator that only looks: columns with their names, meanings and masks, constraints with their names
// and degrees.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "air/component.hpp"
#include "air/evaluator.hpp"

namespace circlet {

/// A column of M, or the four coordinate columns of a column of F.
struct LayoutColumn {
  std::string name;
  std::string meaning;
  std::uint32_t first = 0;  // index in the table's part of the tree
  bool secure = false;
  bool with_previous = false;
};

struct LayoutConstraint {
  std::string name;
  std::uint32_t degree = 0;
};

/// A table's columns and constraints, as its constraints ask for them.
struct TableLayout {
  std::string table;
  std::array<std::vector<LayoutColumn>, tree_count> columns;
  std::array<std::uint32_t, tree_count> widths{};  // columns of M
  std::vector<LayoutConstraint> constraints;

  [[nodiscard]] std::uint32_t width(Tree tree) const { return widths[static_cast<std::size_t>(tree)]; }
  /// Masks of the table's columns, which start at `first[tree]` in each tree.
  [[nodiscard]] ComponentMasks masks(const std::array<std::uint32_t, tree_count>& first) const;
};

class Inspector {
 public:
  /// The total degree of an expression in the columns.
  template <bool is_secure>
  struct Degree {
    std::uint32_t degree = 0;
    operator Degree<true>() const { return {degree}; }  // NOLINT(google-explicit-constructor): M embeds in F
  };
  using Base = Degree<false>;
  using Secure = Degree<true>;

  template <bool a, bool b>
  friend Degree<a || b> operator+(Degree<a> x, Degree<b> y) {
    return {std::max(x.degree, y.degree)};
  }
  template <bool a, bool b>
  friend Degree<a || b> operator-(Degree<a> x, Degree<b> y) {
    return {std::max(x.degree, y.degree)};
  }
  template <bool a, bool b>
  friend Degree<a || b> operator*(Degree<a> x, Degree<b> y) {
    return {x.degree + y.degree};
  }

  template <class T>
  struct Range {
    T operator[](std::uint32_t) const { return {1}; }
  };
  using BaseRange = Range<Base>;
  using SecureRange = Range<Secure>;

  explicit Inspector(std::string table) { layout_.table = std::move(table); }
  [[nodiscard]] TableLayout take_layout() { return std::move(layout_); }

  Base structure(ColumnName name, std::string_view meaning) { return base(Tree::structure, name, meaning); }
  Base witness(ColumnName name, std::string_view meaning) { return base(Tree::witness, name, meaning); }
  BaseRange weight_range(ColumnName name, std::uint32_t n, std::string_view meaning) {
    return base_range(Tree::weights, name, n, meaning);
  }
  BaseRange witness_range(ColumnName name, std::uint32_t n, std::string_view meaning) {
    return base_range(Tree::witness, name, n, meaning);
  }
  Secure fingerprint(ColumnName name, std::string_view meaning) {
    return secure(Tree::fingerprints, name, meaning, false);
  }
  WithPrevious<Secure> fingerprint_with_previous(ColumnName name, std::string_view meaning) {
    return {{1}, secure(Tree::fingerprints, name, meaning, true)};
  }
  Secure logup(ColumnName name, std::string_view meaning) {
    return secure(Tree::logup, name, meaning, false);
  }
  WithPrevious<Secure> logup_with_previous(ColumnName name, std::string_view meaning) {
    return {{1}, secure(Tree::logup, name, meaning, true)};
  }
  SecureRange logup_range(ColumnName name, std::uint32_t n, std::string_view meaning) {
    for (std::uint32_t i = 0; i < n; ++i) add(Tree::logup, indexed_name(name.stem, i), meaning, true, false);
    return {};
  }

  [[nodiscard]] Secure constant(Constant) const { return {0}; }
  [[nodiscard]] Secure combination() const { return {0}; }
  template <class Value, class... Rest>
  Secure combination(Constant, const Value& value, const Rest&... rest) const {
    return value + combination(rest...);
  }
  [[nodiscard]] Secure from_coordinates(Base a, Base b, Base c, Base d) const { return a + b + c + d; }
  template <class F>
  Secure horner(PowersOf, std::uint32_t n, F&& f) const {
    return sum(n, f);
  }
  template <class F>
  Secure sum(std::uint32_t n, F&& f) const {
    Secure result{0};
    for (std::uint32_t i = 0; i < n; ++i) result = result + f(i);
    return result;
  }
  template <class F>
  void each(std::uint32_t n, F&& f) const {
    for (std::uint32_t i = 0; i < n; ++i) f(i);
  }
  void constraint(std::string_view name, Secure value) { constraint(name, no_index, value); }
  void constraint(std::string_view stem, std::uint32_t index, Secure value) {
    layout_.constraints.push_back({indexed_name(stem, index), value.degree});
  }

 private:
  void add(Tree tree, std::string name, std::string_view meaning, bool secure, bool with_previous) {
    auto& width = layout_.widths[static_cast<std::size_t>(tree)];
    layout_.columns[static_cast<std::size_t>(tree)].push_back(
        {std::move(name), std::string(meaning), width, secure, with_previous});
    width += secure ? 4 : 1;
  }
  Base base(Tree tree, ColumnName name, std::string_view meaning) {
    add(tree, indexed_name(name.stem, name.index), meaning, false, false);
    return {1};
  }
  Secure secure(Tree tree, ColumnName name, std::string_view meaning, bool with_previous) {
    add(tree, indexed_name(name.stem, name.index), meaning, true, with_previous);
    return {1};
  }
  BaseRange base_range(Tree tree, ColumnName name, std::uint32_t n, std::string_view meaning) {
    for (std::uint32_t i = 0; i < n; ++i) add(tree, indexed_name(name.stem, i), meaning, false, false);
    return {};
  }

  TableLayout layout_;
};

}  // namespace circlet
