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

/// The cells of a view, by row and lane.
class Cells {
 public:
  Cells(const Trace& trace, const CellView& view, const TileWidth& width) : view_(view), lanes_(width.lanes) {
    if (view.from == CellView::From::tensor) buffer_ = &trace.tensors[view.of];
    if (view.from == CellView::From::buffer) buffer_ = &trace.buffers[view.of][view.index];
    if (buffer_ != nullptr) rows_ = buffer_->size() / trace.lanes;
  }
  [[nodiscard]] std::int64_t at(std::size_t row, std::size_t lane) const {
    if (buffer_ == nullptr) return 0;
    const std::size_t at = lanes_ == 1 ? lane * rows_ + row : row * lanes_ + lane;
    return (*buffer_)[view_.first + at] + view_.add;
  }

 private:
  const CellView& view_;
  const Buffer* buffer_ = nullptr;
  std::size_t lanes_ = 1;  // of a tile
  std::size_t rows_ = 0;   // of a sample
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

std::vector<BaseColumn> build_activate_witness(const Arithmetisation& arithmetisation, const Trace& trace,
                                               std::size_t place) {
  const std::size_t lanes = arithmetisation.shape.of_activate(place).lanes;
  auto columns = zero_columns(3 * lanes, arithmetisation.log_sizes.of_activate(place));
  std::size_t row = 0;
  for (const ActivateRun& run : arithmetisation.activate) {
    if (!stands_in(run, arithmetisation.shape, place)) continue;
    const LutRun& function = arithmetisation.lut[run.q_function - 1];
    const CellView outputs{.from = run.y ? CellView::From::tensor : CellView::From::nothing,
                           .of = run.y.value_or(0)};
    const CellView split = run.sums.value_or(CellView{});
    const Cells sums(trace, split, run.width);
    const Cells q_cells(trace, run.q, run.width), r_cells(trace, run.r, run.width),
        y_cells(trace, outputs, run.width);
    for (std::uint32_t j = 0; j < run.rows; ++j, ++row) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::int64_t sum = run.sums ? sums.at(j, lane) + run.offset : 0;
        const auto q = static_cast<std::uint32_t>(run.sums ? sum / run.two_s : q_cells.at(j, lane));
        columns[lane][row] = M31(q);
        columns[lanes + lane][row] =
            M31(static_cast<std::uint32_t>(run.sums ? sum % run.two_s : r_cells.at(j, lane)));
        columns[2 * lanes + lane][row] =
            M31::from_signed(run.y ? y_cells.at(j, lane) : std::int64_t{function.values[q]});
      }
    }
  }
  return columns;
}

std::vector<BaseColumn> count_look_ups(std::span<const ColumnViews> activates, const ColumnViews& lut,
                                       std::span<const std::vector<BaseColumn>> witnesses) {
  auto columns = zero_columns(lut_row_entries, log2_exact(lut[0].size()));
  const auto& functions = column_of(lut, lut::Structure::fn);
  std::vector<std::size_t> first_rows;  // by function
  for (std::size_t row = fin_row(column_of(lut, lut::Structure::fin)); row-- > 0;) {
    const std::uint32_t function = functions[row].value();
    if (function >= first_rows.size()) first_rows.resize(function + 1);
    first_rows[function] = row;
  }
  for (std::size_t table = 0; table < activates.size(); ++table) {
    const ColumnViews& activate = activates[table];
    const std::size_t rows = fin_row(column_of(activate, activate::Structure::fin));
    const std::size_t lanes = witnesses[table].size() / 3;
    for (std::size_t column = 0; column < 2 * lanes; ++column) {
      const auto& of_row =
          column_of(activate, column < lanes ? activate::Structure::fnq : activate::Structure::fnr);
      for (std::size_t row = 0; row < rows; ++row) {
        const std::uint32_t argument = witnesses[table][column][row].value();
        const std::size_t row_of_lut = first_rows[of_row[row].value()] + argument / lut_row_entries;
        columns[argument % lut_row_entries][row_of_lut] += M31(1);
      }
    }
  }
  return columns;
}

}  // namespace circlet
