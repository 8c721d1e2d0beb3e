#include "stark/prover/plan_segments.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <tuple>

#include "air/evaluate/components.hpp"
#include "lowering/rows.hpp"
#include "program/part.hpp"
#include "program/predicate.hpp"
#include "stark/bundle.hpp"

namespace circlet {
namespace {

/// Rows of every table that grows with the ops, by kind and parameter. `lut` holds what ops share, and every
/// segment has about as much of it.
using TableRows = std::map<std::pair<TableKind, std::uint32_t>, std::uint64_t>;

void add(TableRows& rows, const TableRows& more) {
  for (const auto& [table, count] : more) rows[table] += count;
}

double cells(const TableRows& rows) {
  double sum = 0;
  for (const auto& [table, count] : rows) {
    const AirShape shape{{{table.first, table.second, 4}, {TableKind::blinder, 0, 4}}};
    for (std::size_t tree = 0; tree < shape.tree_count(); ++tree)
      sum += static_cast<double>(count) * columns_in_tree(shape, 0, tree);
  }
  return sum;
}

std::uint64_t longest(const TableRows& rows) {
  std::uint64_t most = 0;
  for (const auto& [table, count] : rows) most = std::max(most, count);
  return most;
}

/// What a segment costs, as far as cuts decide it: the height of its highest table first, as all segments
/// have that of the highest one; then cells.
struct Cost {
  std::uint32_t log_rows = 0;
  double cells = 0;
  friend auto operator<=>(const Cost&, const Cost&) = default;
};
constexpr Cost never{std::numeric_limits<std::uint32_t>::max(), std::numeric_limits<double>::infinity()};

class Planner {
 public:
  Planner(const Program& imported, const Predicate& predicate, const SetupOptions& options)
      : program_(structure_of(imported)),
        predicate_(predicate),
        options_(options),
        cuts_(cut_tensors(program_)) {
    // One of a kind that setup allows: the widest makes the fewest rows.
    constexpr std::uint32_t most_lanes = 256, chain_lanes = 16;
    lanes_ = options.lanes.value_or(options.target == Target::chain ? chain_lanes : most_lanes);
    count_rows();
  }

  /// Says of the segment that was out of reach at last what `plan` says of it.
  [[noreturn]] void fail(const std::string& where) const {
    try {
      plan(failed_.value().first, failed_.value().second);
    } catch (const Error& error) {
      throw Error(error.kind(), where + error.what());
    }
    throw Error(ErrorKind::internal, "a segment that was out of reach has a plan");
  }

  [[nodiscard]] std::uint32_t most_segments() const {
    const auto with_weights = static_cast<std::size_t>(std::ranges::count(has_weights_, true));
    return static_cast<std::uint32_t>(std::min<std::size_t>(with_weights, max_segments));
  }

  /// The plan, or nothing where the security is out of reach.
  std::optional<SegmentPlan> plan_of(std::uint32_t count) {
    SegmentPlan result;
    const auto cuts = best_cuts(count);
    if (!cuts) return {};
    result.cuts = *cuts;
    for (std::uint32_t i = 0; i < count; ++i) result.segments.push_back(options_of(i, count, result.cuts));
    std::vector<Program> programs;
    for (std::uint32_t i = 0; i < count; ++i)
      programs.push_back(segment_program(program_, predicate_, result.cuts, i));
    if (count == 1) {
      if (!plan_all(programs, result)) return {};
      return result;
    }
    // Commitments serve keys of one blow-up.
    std::optional<SegmentPlan> best;
    double least = std::numeric_limits<double>::infinity();
    for (const std::uint32_t log_blowup : log_blowups_of(options_.target)) {
      SegmentPlan candidate = result;
      for (SetupOptions& segment : candidate.segments) segment.log_blowup = log_blowup;
      if (!plan_all(programs, candidate)) continue;
      double cost = 0;
      for (const Plan& plan : candidate.plans) cost += plan.cost;
      if (cost < least) std::tie(best, least) = std::pair(std::move(candidate), cost);
    }
    return best;
  }

 private:
  [[nodiscard]] TableRows rows_of_op(const Op& op) const {
    RowCounts counts;
    rows_of(op.kind).count(program_, op, lanes_, counts);
    TableRows rows;
    rows[{TableKind::linear, lanes_}] = counts.linear;
    rows[{TableKind::activate, 1}] = counts.activate;
    rows[{TableKind::mac, 0}] = counts.mac;
    for (const auto& [width, count] : counts.tiles) rows[{TableKind::activate, width.parameter()}] = count;
    return rows;
  }

  /// What a cut adds to the segments on both sides: values that one looks up and the other reads, and
  /// products that make values of tiles and tiles of values.
  [[nodiscard]] TableRows rows_of_cut(TensorId cut) const {
    const Tensor& tensor = program_.tensors[cut];
    TableRows rows;
    rows[{TableKind::activate, 1}] = tensor.rows();
    if (tensor.lanes != 1) rows[{TableKind::mac, 0}] = tensor.rows();
    return rows;
  }

  /// Between neighbouring places of cuts.
  void count_rows() {
    between_.assign(cuts_.size() + 1, {});
    has_weights_.assign(cuts_.size() + 1, false);
    std::size_t place = 0;
    for (const Op& op : program_.ops) {
      add(between_[place], rows_of_op(op));
      for (const ConstantId id : op.constants) {
        if (program_.constants[id].kind == ConstantTensor::Kind::weights) has_weights_[place] = true;
      }
      if (place < cuts_.size() && std::ranges::find(op.outputs, cuts_[place]) != op.outputs.end()) ++place;
    }
  }

  /// By first and last place, the end exclusive: piece i lies before cut i.
  [[nodiscard]] std::vector<std::vector<Cost>> costs() const {
    const std::size_t pieces = between_.size();
    std::vector<std::vector<Cost>> result(pieces, std::vector<Cost>(pieces + 1));
    for (std::size_t first = 0; first < pieces; ++first) {
      TableRows inside;
      if (first != 0) add(inside, rows_of_cut(cuts_[first - 1]));
      bool has_weights = false;  // without, a key would commit to nothing
      for (std::size_t last = first + 1; last <= pieces; ++last) {
        add(inside, between_[last - 1]);
        TableRows rows = inside;
        if (last != pieces) add(rows, rows_of_cut(cuts_[last - 1]));
        std::uint32_t log_rows = 0;
        while ((std::uint64_t{1} << log_rows) < longest(rows)) ++log_rows;
        has_weights = has_weights || has_weights_[last - 1];
        result[first][last] = has_weights ? Cost{log_rows, cells(rows)} : never;
      }
    }
    return result;
  }

  /// The cuts that make the dearest of `count` segments as cheap as can be; nothing where some segment would
  /// have no weights.
  [[nodiscard]] std::optional<std::vector<TensorId>> best_cuts(std::uint32_t count) const {
    const auto cost = costs();
    const std::size_t pieces = between_.size();
    const auto worse = [](const Cost& a, const Cost& b) {
      return Cost{std::max(a.log_rows, b.log_rows), std::max(a.cells, b.cells)};
    };
    // best[n][end]: of the pieces before `end` in n segments, the cost and where the last one begins.
    std::vector<std::vector<std::pair<Cost, std::size_t>>> best(count + 1);
    best[0].assign(pieces + 1, {never, 0});
    best[0][0] = {};
    for (std::uint32_t n = 1; n <= count; ++n) {
      best[n].assign(pieces + 1, {never, 0});
      for (std::size_t end = n; end <= pieces; ++end) {
        for (std::size_t begin = n - 1; begin < end; ++begin) {
          const Cost with = worse(best[n - 1][begin].first, cost[begin][end]);
          if (with < best[n][end].first) best[n][end] = {with, begin};
        }
      }
    }
    if (best[count][pieces].first == never) return {};
    std::vector<TensorId> cuts;
    std::size_t end = pieces;
    for (std::uint32_t n = count; n > 1; --n) {
      end = best[n][end].second;
      cuts.push_back(cuts_[end - 1]);
    }
    std::ranges::reverse(cuts);
    return cuts;
  }

  [[nodiscard]] SetupOptions options_of(std::uint32_t index, std::uint32_t count,
                                        const std::vector<TensorId>& cuts) const {
    constexpr std::uint32_t proofs_of_a_joint = 2;
    const TableShape whole = shape_of(program_, options_);
    SetupOptions options = options_;
    options.ports.clear();
    options.input = index == 0 ? whole.input(0) : Visibility::committed;
    options.output = index + 1 == count ? whole.output(0) : Visibility::committed;
    if (count > 1) options.proofs = std::max(options.proofs, proofs_of_a_joint);
    options.meaning =
        meaning_of(segment_of(program_, cuts, index), index + 1 == count ? predicate_ : Predicate{});
    return options;
  }

  /// All plans at one height: that of the highest. False if one is out of reach.
  bool plan_all(const std::vector<Program>& programs, SegmentPlan& result) {
    while (true) {
      result.plans.clear();
      std::uint32_t height = 0;
      for (std::size_t i = 0; i < programs.size(); ++i) {
        const auto found = find_plan(programs[i], result.segments[i]);
        if (!found) {
          failed_ = {programs[i], result.segments[i]};
          return false;
        }
        result.plans.push_back(*found);
        height = std::max(height, found->sizes.blinder);
      }
      const auto is_as_high = [&](const Plan& plan) { return plan.sizes.blinder == height; };
      if (programs.size() == 1 || std::ranges::all_of(result.plans, is_as_high)) return true;
      for (SetupOptions& segment : result.segments) segment.height = height;
    }
  }

  const Program program_;
  const Predicate predicate_;
  const SetupOptions options_;
  std::vector<TensorId> cuts_;
  std::uint32_t lanes_ = 16;
  std::vector<TableRows> between_;
  std::vector<bool> has_weights_;  // of the same pieces
  std::optional<std::pair<Program, SetupOptions>> failed_;
};

}  // namespace

Program segment_program(const Program& imported, const Predicate& predicate,
                        const std::vector<TensorId>& cuts, std::size_t index) {
  Program part = segment_of(imported, cuts, index);
  return index == cuts.size() ? with_predicate(std::move(part), predicate) : part;
}

SegmentPlan plan_segments(const Program& imported, const Predicate& predicate, const SetupOptions& options,
                          std::optional<std::uint32_t> count) {
  require(options.batch == 1, ErrorKind::usage,
          "segments are joined by committed values, which are those of one sample: leave out --batch");
  Planner planner(imported, predicate, options);
  const std::uint32_t most = planner.most_segments();
  require(count.value_or(1) >= 1 && count.value_or(1) <= most, ErrorKind::usage, [&] {
    return "--segments: this model can be cut into at most " + std::to_string(most) +
           ": all that it computes must pass through one tensor";
  });
  for (std::uint32_t wanted = count.value_or(1); wanted <= count.value_or(most); ++wanted) {
    if (auto plan = planner.plan_of(wanted)) return *std::move(plan);
  }
  planner.fail((count ? "in " + std::to_string(*count) : "in any number up to " + std::to_string(most)) +
               " segments: ");
}

}  // namespace circlet
