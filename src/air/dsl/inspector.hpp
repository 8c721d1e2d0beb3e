// The evaluator that only looks: columns with their names, meanings, masks and freedom on mask rows,
// constraints with their names and degrees.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "air/dsl/evaluator.hpp"
#include "components/component.hpp"

namespace circlet {

/// The mask rows, those after the fin row, on which a column's cells are free: on the live ones (live = 1,
/// where denominators are not zero), on the dead ones (live = 0, where all denominators are zero if the cells
/// in them are), or on all.
enum class FreeRows : std::uint8_t { none, live, dead, all };

/// A column of M, or the four coordinate columns of a column of F.
struct LayoutColumn {
  std::string name;
  std::string meaning;
  std::uint32_t first = 0;  // index in the table's part of the tree
  bool secure = false;
  bool with_previous = false;
  bool sampled = true;
  std::uint32_t request = 0;  // number of the request it comes from; a range is one request
  FreeRows free_rows = FreeRows::none;

  [[nodiscard]] std::uint32_t width() const { return secure ? 4 : 1; }
  /// Mask offsets.
  [[nodiscard]] std::uint32_t offsets() const { return sampled ? (with_previous ? 2 : 1) : 0; }
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
  /// Masks of the table's columns in a tree, of which the first is number `first` there.
  [[nodiscard]] std::vector<ColumnMask> masks(Tree tree, std::uint32_t first) const;
};

class Inspector {
 public:
  /// The total degree of an expression in the columns, and the requests of the columns in it as bits.
  template <bool is_secure>
  struct Degree {
    std::uint32_t degree = 0;
    std::uint64_t columns = 0;
    // NOLINTNEXTLINE(google-explicit-constructor): M embeds in F
    operator Degree<true>() const { return {degree, columns}; }
  };
  using Base = Degree<false>;
  using Secure = Degree<true>;

  template <bool a, bool b>
  friend Degree<a || b> operator+(Degree<a> x, Degree<b> y) {
    return {std::max(x.degree, y.degree), x.columns | y.columns};
  }
  template <bool a, bool b>
  friend Degree<a || b> operator-(Degree<a> x, Degree<b> y) {
    return {std::max(x.degree, y.degree), x.columns | y.columns};
  }
  template <bool a, bool b>
  friend Degree<a || b> operator*(Degree<a> x, Degree<b> y) {
    return {x.degree + y.degree, x.columns | y.columns};
  }

  template <class T>
  struct Range {
    T element;
    T operator[](std::uint32_t) const { return element; }
  };
  using BaseRange = Range<Base>;
  using SecureRange = Range<Secure>;

  explicit Inspector(std::string table) { layout_.table = std::move(table); }
  [[nodiscard]] TableLayout take_layout();

  Base structure(ColumnName name, std::string_view meaning) { return base(Tree::structure, name, meaning); }
  Base witness(ColumnName name, std::string_view meaning) { return base(Tree::witness, name, meaning); }
  WithPrevious<Base> witness_with_previous(ColumnName name, std::string_view meaning) {
    const std::uint64_t request = next_request();
    add(Tree::witness, indexed_name(name.stem, name.index), meaning, false, true);
    return {{1, request}, {1, request}};
  }
  void salts(Tree tree, std::uint32_t n) {
    next_request();
    for (std::uint32_t i = 0; i < n; ++i) {
      add(tree, indexed_name("salt", i), "random; never sampled", false, false);
      layout_.columns[static_cast<std::size_t>(tree)].back().sampled = false;
    }
  }
  BaseRange weight_range(ColumnName name, std::uint32_t n, std::string_view meaning) {
    return base_range(Tree::weights, name, n, meaning);
  }
  BaseRange witness_range(ColumnName name, std::uint32_t n, std::string_view meaning) {
    return base_range(Tree::witness, name, n, meaning);
  }
  BaseRange data_range(ColumnName name, std::uint32_t n, std::string_view meaning) {
    return base_range(Tree::data, name, n, meaning);
  }
  Secure fingerprint(ColumnName name, std::string_view meaning) {
    return secure(Tree::fingerprints, name, meaning, false);
  }
  WithPrevious<Secure> fingerprint_with_previous(ColumnName name, std::string_view meaning) {
    return with_previous(Tree::fingerprints, name, meaning);
  }
  Secure logup(ColumnName name, std::string_view meaning) {
    return secure(Tree::logup, name, meaning, false);
  }
  WithPrevious<Secure> logup_with_previous(ColumnName name, std::string_view meaning) {
    return with_previous(Tree::logup, name, meaning);
  }
  SecureRange logup_range(ColumnName name, std::uint32_t n, std::string_view meaning) {
    const std::uint64_t request = next_request();
    for (std::uint32_t i = 0; i < n; ++i) add(Tree::logup, indexed_name(name.stem, i), meaning, true, false);
    return {{1, request}};
  }

  [[nodiscard]] Secure constant(Constant) const { return {}; }
  [[nodiscard]] Secure combination() const { return {}; }
  /// Powers of lambda stand in denominators of the bus alone.
  template <class Value, class... Rest>
  Secure combination(Constant constant, const Value& value, const Rest&... rest) {
    if (constant == Constant::minus_lambda || constant == Constant::minus_lambda_2 ||
        constant == Constant::minus_lambda_3) {
      in_denominators_ |= value.columns;
    }
    return value + combination(rest...);
  }
  [[nodiscard]] Secure from_coordinates(Base a, Base b, Base c, Base d) const { return a + b + c + d; }
  template <class F>
  Secure horner(PowersOf, std::uint32_t n, F&& f) const {
    return sum(n, f);
  }
  template <class F>
  Secure sum(std::uint32_t n, F&& f) const {
    Secure result;
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
  /// The bit of the columns that are added next.
  std::uint64_t next_request() { return std::uint64_t{1} << requests_++; }
  void add(Tree tree, std::string name, std::string_view meaning, bool secure, bool with_previous) {
    auto& width = layout_.widths[static_cast<std::size_t>(tree)];
    auto& columns = layout_.columns[static_cast<std::size_t>(tree)];
    columns.push_back({.name = std::move(name),
                       .meaning = std::string(meaning),
                       .first = width,
                       .secure = secure,
                       .with_previous = with_previous,
                       .request = requests_ - 1});
    width += columns.back().width();
  }
  Base base(Tree tree, ColumnName name, std::string_view meaning) {
    const std::uint64_t request = next_request();
    add(tree, indexed_name(name.stem, name.index), meaning, false, false);
    return {1, request};
  }
  Secure secure(Tree tree, ColumnName name, std::string_view meaning, bool with_previous) {
    const std::uint64_t request = next_request();
    add(tree, indexed_name(name.stem, name.index), meaning, true, with_previous);
    return {1, request};
  }
  WithPrevious<Secure> with_previous(Tree tree, ColumnName name, std::string_view meaning) {
    const Secure column = secure(tree, name, meaning, true);
    return {column, column};
  }
  BaseRange base_range(Tree tree, ColumnName name, std::uint32_t n, std::string_view meaning) {
    const std::uint64_t request = next_request();
    for (std::uint32_t i = 0; i < n; ++i) add(tree, indexed_name(name.stem, i), meaning, false, false);
    return {{1, request}};
  }

  TableLayout layout_;
  std::uint32_t requests_ = 0;
  std::uint64_t in_denominators_ = 0;  // requests
};

}  // namespace circlet
