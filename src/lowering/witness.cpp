#include "lowering/witness.hpp"

#include <algorithm>

#include "air/prover/trace.hpp"
#include "air/tables/activate/columns.hpp"
#include "air/tables/lut/columns.hpp"
#include "compute/parallel.hpp"
#include "core/error.hpp"

namespace circlet {
namespace {

constexpr std::size_t weights_per_task = std::size_t{1} << 14;

/// The weights of all operands of a run, `outputs` each.
std::span<const std::int32_t> weights_of(const Program& program, const LinearRun& run) {
  return std::span(program.constants[run.weights.constant].values)
      .subspan(run.weights.first, std::size_t{run.operands.count} * run.outputs);
}

/// The cells of a view, by row and sample.
class Cells {
 public:
  Cells(const Trace& trace, const CellView& view) : view_(view) {
    if (view.from == CellView::From::tensor) buffer_ = &trace.tensors[view.of];
    if (view.from == CellView::From::buffer) buffer_ = &trace.buffers[view.of][view.index];
    if (buffer_ != nullptr) rows_ = buffer_->size() / trace.lanes;
  }
  [[nodiscard]] std::int64_t at(std::size_t row, std::size_t lane) const {
    return buffer_ == nullptr ? 0 : (*buffer_)[lane * rows_ + view_.first + row] + view_.add;
  }

 private:
  const CellView& view_;
  const Buffer* buffer_ = nullptr;
  std::size_t rows_ = 0;  // of a sample
};

}  // namespace

std::vector<BaseColumn> build_weights(const Program& program, const Arithmetisation& arithmetisation) {
  const std::size_t lanes = arithmetisation.shape.lanes;
  auto columns = zero_columns(lanes, arithmetisation.log_sizes.linear);
  std::size_t first = 0;
  for (const LinearRun& run : arithmetisation.linear) {
    const auto weights = weights_of(program, run);
    const std::size_t tiles = run.tiles(arithmetisation.shape.lanes);
    // The weights of an operand fill whole tiles: zeros stand before the first.
    const std::size_t padding = tiles * lanes - run.outputs;
    parallel_for_ranges(0, run.operands.count, std::max<std::size_t>(1, weights_per_task / run.outputs),
                        [&](std::size_t begin, std::size_t end) {
                          for (std::size_t lane = 0; lane < lanes; ++lane) {
                            for (std::size_t k = begin; k < end; ++k) {
                              const auto of_operand = weights.subspan(k * run.outputs, run.outputs);
                              for (std::size_t tile = 0; tile < tiles; ++tile) {
                                const std::size_t at = tile * lanes + lane;
                                if (at >= padding)
                                  columns[lane][first + k * tiles + tile] =
                                      M31::from_int32(of_operand[at - padding]);
                              }
                            }
                          }
                        });
    first += run.rows(arithmetisation.shape.lanes);
  }
  return columns;
}

std::vector<BaseColumn> build_activate_witness(const Arithmetisation& arithmetisation, const Trace& trace) {
  const std::size_t lanes = arithmetisation.shape.batch;
  auto columns = zero_columns(3 * lanes, arithmetisation.log_sizes.activate);
  std::size_t row = 0;
  for (const ActivateRun& run : arithmetisation.activate) {
    const LutRun& function = arithmetisation.lut[run.q_function - 1];
    const CellView outputs{.from = run.y ? CellView::From::tensor : CellView::From::nothing,
                           .of = run.y.value_or(0)};
    const Cells q_cells(trace, run.q), r_cells(trace, run.r), y_cells(trace, outputs);
    for (std::uint32_t j = 0; j < run.rows; ++j, ++row) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const auto q = static_cast<std::uint32_t>(q_cells.at(j, lane));
        columns[lane][row] = M31(q);
        columns[lanes + lane][row] = M31(static_cast<std::uint32_t>(r_cells.at(j, lane)));
        columns[2 * lanes + lane][row] =
            M31::from_signed(run.y ? y_cells.at(j, lane) : std::int64_t{function.values[q]});
      }
    }
  }
  return columns;
}

std::vector<BaseColumn> count_look_ups(const ColumnViews& activate, const ColumnViews& lut,
                                       const std::vector<BaseColumn>& activate_witness) {
  const std::size_t lanes = activate_witness.size() / 3;
  auto columns = zero_columns(lut_row_entries, log2_exact(lut[0].size()));
  const auto& functions = column_of(lut, lut::Structure::fn);
  std::vector<std::size_t> first_rows;  // by function
  for (std::size_t row = fin_row(column_of(lut, lut::Structure::fin)); row-- > 0;) {
    const std::uint32_t function = functions[row].value();
    if (function >= first_rows.size()) first_rows.resize(function + 1);
    first_rows[function] = row;
  }
  const std::size_t rows = fin_row(column_of(activate, activate::Structure::fin));
  for (std::size_t column = 0; column < 2 * lanes; ++column) {
    const auto& of_row =
        column_of(activate, column < lanes ? activate::Structure::fnq : activate::Structure::fnr);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::uint32_t argument = activate_witness[column][row].value();
      const std::size_t row_of_lut = first_rows[of_row[row].value()] + argument / lut_row_entries;
      columns[argument % lut_row_entries][row_of_lut] += M31(1);
    }
  }
  return columns;
}

}  // namespace circlet
