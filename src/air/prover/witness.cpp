#include "air/prover/witness.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "air/prover/witness_kernels.hpp"
#include "compute/parallel.hpp"
#include "core/error.hpp"

namespace circlet {
namespace {

constexpr std::size_t grain = 512;  // rows a task, and rows inverted together

std::vector<const std::uint32_t*> pointers(const ColumnViews& columns) {
  std::vector<const std::uint32_t*> result;
  for (const std::span<const M31> column : columns) result.push_back(words(column));
  return result;
}
std::vector<std::uint32_t*> mutable_pointers(std::span<BaseColumn> columns) {
  std::vector<std::uint32_t*> result;
  for (BaseColumn& column : columns) result.push_back(words(column));
  return result;
}

/// Calls body(first, last) on ranges that cover [begin, end) and start where `starts(row)` holds (`begin`
/// does).
template <class Starts, class Body>
void parallel_chains(std::size_t begin, std::size_t end, const Starts& starts, const Body& body) {
  const auto next_start = [&](std::size_t row) {
    while (row < end && row != begin && !starts(row)) ++row;
    return row;
  };
  parallel_for_ranges(begin, end, grain, [&](std::size_t first, std::size_t last) {
    first = next_start(first);
    last = next_start(last);
    if (first < last) body(first, last);
  });
}

std::array<std::uint32_t*, 4> secure_words(std::span<BaseColumn> columns, std::uint32_t first) {
  return {words(columns[first]), words(columns[first + 1]), words(columns[first + 2]),
          words(columns[first + 3])};
}

void require_rows(const TableTrace& trace) {
  require(trace.log_size >= 4, ErrorKind::internal, "witness generation wants columns of at least 16 rows");
}

/// b = cont t^C b_ + sum_i t^(C-1-i) x_i, in the columns from `b` on, where the sums stand.
void continue_tiles(std::span<const M31> cont, std::size_t real_rows, const TableConstants& constants,
                    Columns& columns, std::uint32_t b) {
  const QM31 t_to_the_lanes = constants[Constant::t_to_the_lanes];
  parallel_chains(
      0, real_rows, [&](std::size_t row) { return cont[row].is_zero(); },
      [&](std::size_t first, std::size_t last) {
        for (std::size_t row = first; row < last; ++row) {
          if (cont[row].is_zero()) continue;
          set_secure(columns, b, row,
                     secure_at(columns, b, row) + t_to_the_lanes * secure_at(columns, b, row - 1));
        }
      });
}

void write_rho(Columns& columns, std::uint32_t first, std::span<const M31> fin, const QM31& rho) {
  set_secure(columns, first, fin_row(fin), rho);
}

}  // namespace

SecureColumn combine(const ColumnViews& columns, PowersOf powers, const Challenges& challenges) {
  const TableConstants constants(challenges, {}, static_cast<std::uint32_t>(columns.size()));
  const auto inputs = pointers(columns);
  SecureColumn result(columns[0].size());
  parallel_for_ranges(0, result.size(), grain, [&](std::size_t first, std::size_t last) {
    witness_kernels().combine_columns({constants, powers, inputs.data(),
                                       static_cast<std::uint32_t>(inputs.size()), first, last,
                                       words(result)});
  });
  return result;
}

Columns linear_tiles(const LinearShape& shape, const TableTrace& trace, SecureColumn combined,
                     const Challenges& challenges) {
  using namespace linear;
  require_rows(trace);
  const auto& structure = trace.tree(Tree::structure);
  const TableConstants constants(challenges, {}, shape.lanes);
  constexpr auto b = index_of(Fingerprint::b);
  Columns columns = zero_columns(index_of(Fingerprint::count), trace.log_size);
  std::ranges::move(combined.coordinates, columns.begin() + b);
  continue_tiles(column_of(structure, Structure::cont), fin_row(structure[LinearShape::fin]), constants,
                 columns, b);
  return columns;
}

/// S = keep S_ + f A b; the claim row's A is S.
void add_linear_sums(const TableTrace& trace, const SecureColumn& A, std::size_t begin, std::size_t end,
                     Columns& columns) {
  using namespace linear;
  const auto& structure = trace.tree(Tree::structure);
  const auto at = [&](Structure column, std::size_t row) { return column_of(structure, column)[row]; };
  constexpr auto a = index_of(Fingerprint::A), b = index_of(Fingerprint::b), s = index_of(Fingerprint::S);
  parallel_chains(
      begin, end, [&](std::size_t row) { return at(Structure::keep, row).is_zero(); },
      [&](std::size_t first, std::size_t last) {
        QM31 sum;
        for (std::size_t row = first; row < last; ++row) {
          if (at(Structure::keep, row).is_zero()) sum = QM31();
          if (!at(Structure::f, row).is_zero()) {
            set_secure(columns, a, row, A.at(row));
            sum += A.at(row) * secure_at(columns, b, row);
          }
          set_secure(columns, s, row, sum);
          if (!at(Structure::claim, row).is_zero()) set_secure(columns, a, row, sum);
        }
      });
}

Columns linear_fingerprints(const LinearShape& shape, const TableTrace& trace, SecureColumn combined,
                            const SecureColumn& A, const Challenges& challenges, const QM31& rho) {
  const auto& fin = trace.tree(Tree::structure)[LinearShape::fin];
  Columns columns = linear_tiles(shape, trace, std::move(combined), challenges);
  add_linear_sums(trace, A, 0, fin_row(fin), columns);
  write_rho(columns, index_of(linear::Fingerprint::S), fin, rho);
  return columns;
}

Columns activate_fingerprints(const TileWidth& width, const TableTrace& trace, const Challenges& challenges,
                              const QM31& rho) {
  using namespace activate;
  require_rows(trace);
  const auto& structure = trace.tree(Tree::structure);
  const TableConstants constants(challenges, {}, width.lanes, width.step);
  constexpr auto t = index_of(Fingerprint::T);
  Columns columns = zero_columns(index_of(Fingerprint::count), trace.log_size);
  const auto structure_words = pointers(structure), witness_words = pointers(trace.tree(Tree::witness));
  const RowJob rows{{structure_words.data(), nullptr, witness_words.data()}, constants, width.lanes};
  parallel_for_ranges(0, trace.rows(), grain, [&](std::size_t first, std::size_t last) {
    witness_kernels().fingerprint_accumulators(rows, first, last, secure_words(columns, t));
  });
  // T = kt t T_ + F(acc)
  const auto& kt = column_of(structure, Structure::kt);
  parallel_chains(
      0, fin_row(structure[ActivateShape::fin]), [&](std::size_t row) { return kt[row].is_zero(); },
      [&](std::size_t first, std::size_t last) {
        QM31 sum;
        for (std::size_t row = first; row < last; ++row) {
          sum = secure_at(columns, t, row) + (kt[row].is_zero() ? QM31() : challenges.t * sum);
          set_secure(columns, t, row, sum);
        }
      });
  write_rho(columns, t, structure[ActivateShape::fin], rho);
  return columns;
}

Columns mac_fingerprints(const TableTrace& trace, const SecureColumn& A, const SecureColumn& B,
                         const Challenges& challenges, const QM31& rho) {
  using namespace mac;
  require_rows(trace);
  const auto& structure = trace.tree(Tree::structure);
  const auto is_set = [&](Structure column, std::size_t row) {
    return !column_of(structure, column)[row].is_zero();
  };
  Columns columns = zero_columns(index_of(Fingerprint::count), trace.log_size);
  // S = S_ (k1 + kt t) + A B
  parallel_chains(
      0, fin_row(structure[MacShape::fin]),
      [&](std::size_t row) { return !is_set(Structure::k1, row) && !is_set(Structure::kt, row); },
      [&](std::size_t first, std::size_t last) {
        QM31 sum;
        for (std::size_t row = first; row < last; ++row) {
          if (is_set(Structure::kt, row)) {
            sum *= challenges.t;
          } else if (!is_set(Structure::k1, row)) {
            sum = QM31();
          }
          sum += A.at(row) * B.at(row);
          set_secure(columns, index_of(Fingerprint::A), row, A.at(row));
          set_secure(columns, index_of(Fingerprint::B), row, B.at(row));
          set_secure(columns, index_of(Fingerprint::S), row, sum);
        }
      });
  write_rho(columns, index_of(Fingerprint::S), structure[MacShape::fin], rho);
  return columns;
}

Columns data_fingerprints(const TableTrace& trace, const Challenges& challenges, const QM31& rho) {
  using namespace data;
  require_rows(trace);
  const auto& structure = trace.tree(Tree::structure);
  const auto& fin = column_of(structure, Structure::fin);
  const TableConstants constants(challenges, {}, row_values);
  Columns columns = zero_columns(index_of(Fingerprint::count), trace.log_size);
  // The salts, which follow the values, are in no constraint.
  const auto values = std::span(trace.tree(Tree::data)).first(row_values);
  constexpr auto b = index_of(Fingerprint::b);
  std::ranges::move(combine({values.begin(), values.end()}, PowersOf::t, challenges).coordinates,
                    columns.begin() + b);
  continue_tiles(column_of(structure, Structure::cont), fin_row(fin), constants, columns, b);
  write_rho(columns, index_of(Fingerprint::b), fin, rho);
  return columns;
}

LogUpTrace generate_logup(TableKind kind, std::uint32_t lanes, const TableTrace& trace,
                          const Challenges& challenges) {
  require_rows(trace);
  const std::uint32_t width = table_layout(kind, lanes).width(Tree::logup);
  const std::uint32_t r = width - 4;  // R is the last column
  LogUpTrace result{zero_columns(width, trace.log_size), {}};
  const TableConstants constants(challenges, {}, lanes);

  const auto logup = mutable_pointers(result.columns);
  const auto structure = pointers(trace.tree(Tree::structure));
  const auto witness = pointers(trace.tree(Tree::witness));
  const auto fingerprints = pointers(trace.tree(Tree::fingerprints));
  const RowJob rows{{structure.data(), nullptr, witness.data(), fingerprints.data()}, constants, lanes};
  std::atomic<bool> all_inverted = true;
  parallel_for_ranges(0, trace.rows(), grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t first = begin; first < end; first += grain) {
      bool inverted = true;
      witness_kernels().evaluate_fractions[kind_index(kind)](
          {rows, first, std::min(first + grain, end), r / 4, logup.data(), inverted});
      if (!inverted) all_inverted = false;
    }
  });
  require(all_inverted, ErrorKind::internal, "a denominator of the bus is zero");

  for_each_table([&]<class Shape>(auto k, Shape) {
    if (k != kind) return;
    const std::size_t fin = fin_row(trace.tree(Tree::structure)[Shape::fin]);
    QM31 sum;
    for (std::size_t row = 0; row < trace.rows(); ++row) {
      sum = row < fin ? sum + secure_at(result.columns, r, row) : QM31();
      set_secure(result.columns, r, row, sum);
      if (row + 1 == fin) result.claimed_sum = sum;
    }
    result.claimed_sum += secure_at(trace.tree(Shape::rho_tree), Shape::rho, fin);
  });
  return result;
}

}  // namespace circlet
