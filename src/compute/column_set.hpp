// Columns of 2^k values, of mixed sizes, in one flat array that is owned or a view of memory owned elsewhere
// (a mapped file).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "compute/column.hpp"
#include "core/error.hpp"

namespace circlet {

class ColumnSet {
 public:
  ColumnSet() : ColumnSet(std::vector<std::uint32_t>{}) {}

  /// Columns of these log sizes, uninitialised.
  explicit ColumnSet(std::vector<std::uint32_t> log_sizes) : log_sizes_(std::move(log_sizes)) {
    place();
    auto values = std::make_shared<BaseColumn>(value_count_);
    for (std::size_t i = 0; i < size(); ++i) {
      std::fill(values->begin() + static_cast<std::ptrdiff_t>(offsets_[i] + length(log_sizes_[i])),
                values->begin() + static_cast<std::ptrdiff_t>(offsets_[i] + room(log_sizes_[i])), M31());
    }
    values_ = *values;
    writable_ = values->data();
    owner_ = std::move(values);
  }

  /// A view of `values()` of another set with these log sizes; `owner` keeps the memory alive. Throws
  /// Error(bad_input) if the length is another.
  ColumnSet(std::vector<std::uint32_t> log_sizes, std::span<const M31> values,
            std::shared_ptr<const void> owner)
      : log_sizes_(std::move(log_sizes)), values_(values), owner_(std::move(owner)) {
    place();
    require(values.size() == value_count_, ErrorKind::bad_input,
            "columns: the array has another length than the columns need");
  }

  [[nodiscard]] std::size_t size() const { return log_sizes_.size(); }
  [[nodiscard]] const std::vector<std::uint32_t>& log_sizes() const { return log_sizes_; }
  /// 0 if there are no columns.
  [[nodiscard]] std::uint32_t largest_log_size() const {
    return log_sizes_.empty() ? 0 : *std::ranges::max_element(log_sizes_);
  }
  [[nodiscard]] std::span<const M31> operator[](std::size_t i) const {
    return values_.subspan(offsets_[i], length(log_sizes_[i]));
  }
  /// For a set that owns its columns and is not shared.
  [[nodiscard]] std::span<M31> mutable_column(std::size_t i) {
    require(writable_ != nullptr, ErrorKind::internal, "columns: a view cannot be written");
    return {writable_ + offsets_[i], length(log_sizes_[i])};
  }
  /// All columns one after another, each on its own cache lines (zeros between them).
  [[nodiscard]] std::span<const M31> values() const { return values_; }
  [[nodiscard]] std::vector<std::span<const M31>> columns() const {
    std::vector<std::span<const M31>> all;
    for (std::size_t i = 0; i < size(); ++i) all.push_back((*this)[i]);
    return all;
  }

 private:
  static std::size_t length(std::uint32_t log_size) { return std::size_t{1} << log_size; }
  static std::size_t room(std::uint32_t log_size) { return std::max<std::size_t>(16, length(log_size)); }
  void place() {
    for (const std::uint32_t k : log_sizes_) {
      require(k >= 1 && k <= 30, ErrorKind::bad_input, "columns: a log size is not from 1 to 30");
      offsets_.push_back(value_count_);
      value_count_ += room(k);
    }
  }

  std::vector<std::uint32_t> log_sizes_;
  std::vector<std::size_t> offsets_;
  std::size_t value_count_ = 0;
  std::span<const M31> values_;
  M31* writable_ = nullptr;
  std::shared_ptr<const void> owner_;
};

}  // namespace circlet
