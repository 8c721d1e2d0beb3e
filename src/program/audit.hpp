// Audits: what a model does to many records, and nothing of any one of them.
//
//   count_c = how many of the records meet all conditions of c
//
// A record is what the model reads and columns beside it: a label, a protected attribute. Accuracy, parity
// between groups, a histogram of scores are such counts; the records may be committed, and then the model is
// counted on exactly these.
//
// An audit is a Program made of the public part of the model and of the counts' texts alone, so that whoever
// has model.structure can make it again, and reads there what was counted. The weights that it commits are
// the model's, the integers that it computes are those of the model record by record, and all that is counted
// with is public.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "program/program.hpp"

namespace circlet {

struct Audit {
  Program model;  // of one record: one input, one output that is no predicate
  std::uint32_t records = 0;
  std::vector<std::string> columns;  // of a record, after what the model reads; whole numbers
  /// Conditions joined by '&', of which each is one of
  ///   predicted = CLASS     the class of the greatest score, the first of several
  ///   correct               that is the number in the column "label"
  ///   COLUMN = NUMBER       of the column "label" a class's label too
  ///   score >= T, score < T, P(CLASS) >= T, P(CLASS) < T     of program/predicate.hpp
  /// A class is named by its label or, if it has none, its number. In the column "label" a class whose label
  /// is a whole number has that, others have their place among the classes, from 0 on.
  std::vector<std::string> counts;
  friend bool operator==(const Audit&, const Audit&) = default;
};

inline constexpr std::uint32_t max_records = std::uint32_t{1} << 20;
inline constexpr std::size_t max_columns = 64, max_counts = 256;
/// Classes that an audit tells apart.
inline constexpr std::uint32_t max_audited_classes = 64;

/// The program that computes the counts, its only output, one row a count. Its input is the records, one
/// after the other. Throws Error(usage) for a count or a column that is none, and Error(unsupported) for a
/// model whose records cannot be put side by side (images on tiles, products of computed values).
Program with_audit(Audit audit);

}  // namespace circlet
