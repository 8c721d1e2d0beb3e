#include "program/audit.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "program/cells.hpp"
#include "program/class_threshold.hpp"
#include "program/meaning.hpp"
#include "program/predicate.hpp"
#include "program/share_table.hpp"
#include "program/side_by_side.hpp"
#include "program/tile_ops.hpp"

namespace circlet {
namespace {

constexpr std::string_view label_column = "label";

[[noreturn]] void refuse(ErrorKind kind, const std::string& why) { throw Error(kind, why); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number ? std::optional(number) : std::nullopt;
}

/// What post-processing leaves as the classes of a model: (1 - p, p) has two of one score.
bool has_complement(const Program& model) {
  return std::ranges::any_of(model.postprocessing,
                             [](const PostStep& step) { return step.kind == PostStep::Kind::complement; });
}

/// A bit of every record, or what it is not.
struct Bit {
  Channel of;
  bool is_negated = false;
};

class Counting {
 public:
  Counting(const Audit& audit, Program& program)
      : audit_(audit), model_(audit.model), program_(program), tiles_(program, audit.records) {}

  void run() {
    add_records();
    scores_ = SideBySide(program_, tiles_, model_, tiles_.range(records_, 0, rows(), "features")).run();
    std::vector<Bit> bits;
    for (const std::string& text : audit_.counts) bits.push_back(conjunction(text));
    const TensorId counts = tiles_.count(gathered(bits), "counts");
    program_.outputs = {{.name = "counts", .tensor = counts, .predicate = {}}};
    if (is_claim(program_, scores_)) share_sums();
  }

 private:
  [[nodiscard]] const Tensor& input() const { return model_.tensors[model_.inputs[0].tensor]; }
  [[nodiscard]] bool in_digits() const { return model_.inputs[0].in_digits; }
  /// Of a record that the model reads.
  [[nodiscard]] std::uint32_t rows() const { return input().rows(); }

  [[nodiscard]] const Tensor& model_scores() const { return model_.tensors[model_.outputs[0].tensor]; }
  /// Of (1 - p, p) there are two, and one score.
  [[nodiscard]] std::uint32_t classes() const { return has_complement(model_) ? 2 : model_scores().rows(); }

  /// The input: columns have the range of the model's numbers, a scale of 1 and no centre.
  void add_records() {
    const InputPort& port = model_.inputs[0];
    const auto columns = static_cast<std::uint32_t>(audit_.columns.size());
    const std::uint32_t width = rows() + columns * (in_digits() ? 2 : 1);
    Tensor tensor = input();
    tensor.name = "records";
    tensor.shape = {audit_.records, width};
    std::vector<double> scales;
    for (std::uint32_t row = 0; row < rows(); ++row) scales.push_back(tensor.scale(row));
    for (std::uint32_t column = 0; column < columns; ++column) {
      if (in_digits()) scales.push_back(static_cast<double>(tensor.max + 1));
      scales.push_back(1.0);
    }
    tensor.scales = std::move(scales);
    InputPort records{.name = "records",
                      .tensor = static_cast<TensorId>(program_.tensors.size()),
                      .centres = port.centres,
                      .in_digits = port.in_digits,
                      .records = audit_.records};
    if (!port.centres.empty()) {
      records.centres.clear();
      for (std::uint32_t row = 0; row < width; ++row)
        records.centres.push_back(row < rows() ? static_cast<std::int32_t>(centre(port, row)) : 0);
    }
    const std::int64_t min = tensor.min, max = tensor.max;
    program_.tensors.push_back(std::move(tensor));
    program_.inputs = {std::move(records)};

    std::vector<std::int32_t> places;
    places.reserve(std::size_t{width} * tiles_.places());
    for (std::uint32_t row = 0; row < width; ++row) {
      for (std::uint32_t place = 0; place < tiles_.places(); ++place)
        places.push_back(
            static_cast<std::int32_t>(std::min(place, audit_.records - 1) * std::size_t{width} + row));
    }
    const auto count = static_cast<std::uint32_t>(places.size());
    const ConstantId indices = tiles_.add_indices("records", {count}, std::move(places));
    records_ = tiles_.add_tensor("columns", width, min, max);
    tiles_.add_op(OpKind::tile, "records", {program_.inputs[0].tensor}, {indices}, records_, {});
  }

  /// Sums of a correlation have one reader: where scores have several, these read sums of which none is
  /// moved.
  void share_sums() {
    const auto reads = [&](const Op& op) { return std::ranges::count(op.inputs, scores_) != 0; };
    if (std::ranges::count_if(program_.ops, reads) == 1) return;
    const Tensor& sums = program_.tensors[scores_];
    const std::int64_t last = (sums.max + offset_of_limbs()) / limb;
    const TensorId kept = add_saturation(0, last, "scores");
    const auto first = std::ranges::find_if(program_.ops, reads);
    std::for_each(first, std::prev(program_.ops.end()),
                  [&](Op& op) { std::ranges::replace(op.inputs, scores_, kept); });
    std::rotate(first, std::prev(program_.ops.end()), program_.ops.end());
  }

  /// Of scores that are sums, acc + offset = 2^15 h + l.
  [[nodiscard]] std::int64_t offset_of_limbs() const {
    return (-program_.tensors[scores_].min + limb - 1) / limb * limb;
  }

  /// The scores' sums with all h brought to one from `first` to `last`.
  TensorId add_saturation(std::int64_t first, std::int64_t last, const std::string& name) {
    const Tensor sums = program_.tensors[scores_];
    const Cells cells = {.cell_shift = limb_bits,
                         .digit_shift = limb_bits,
                         .offset = offset_of_limbs(),
                         .first = first,
                         .last = last,
                         .least = sums.min,
                         .greatest = sums.max};
    const ConstantId table = share_table(program_, name, table_of(cells, sums.max));
    const TensorId made = tiles_.add_tensor(name, tiles_.channels_of(scores_), first * limb - cells.offset,
                                            (last + 1) * limb - 1 - cells.offset);
    tiles_.add_op(OpKind::saturate, name, {scores_}, {table}, made, attributes_of(cells));
    return made;
  }

  /// A channel as sums that a look-up takes.
  TensorId as_sums(const Channel& channel, const std::string& name) {
    return tiles_.add_sums({{{.of = channel}}}, name);
  }

  /// The bits as the channels of one tensor.
  TensorId gathered(const std::vector<Bit>& bits) {
    const auto whole = [&](const Bit& bit) { return !bit.is_negated && bit.of.tensor == bits[0].of.tensor; };
    if (std::ranges::all_of(bits, whole)) {
      std::vector<std::int32_t> channels;
      for (const Bit& bit : bits) channels.push_back(static_cast<std::int32_t>(bit.of.index));
      return tiles_.choose(bits[0].of.tensor, channels, "counted");
    }
    std::vector<std::vector<Bit>> each;
    for (const Bit& bit : bits) each.push_back({bit});
    return conjunctions(std::move(each), "counted");
  }

  /// One channel for each list of bits: whether all of them hold, that is, whether their sum is that of as
  /// many as are not negated. Lists of fewer of these have one of them several times.
  TensorId conjunctions(std::vector<std::vector<Bit>> lists, const std::string& name) {
    const auto count = [](const std::vector<Bit>& list) {
      return static_cast<std::size_t>(std::ranges::count(list, false, &Bit::is_negated));
    };
    std::size_t most = 0;
    for (const auto& list : lists) most = std::max(most, count(list));
    std::vector<std::vector<TileOps::Term>> sums;
    for (auto& list : lists) {
      if (most > 0 && count(list) == 0) list[0] = negation(list[0]);
      sums.emplace_back();
      for (const Bit& bit : list) sums.back().push_back({.of = bit.of, .is_subtracted = bit.is_negated});
      const auto again = std::ranges::find(list, false, &Bit::is_negated);
      for (std::size_t i = count(list); i < most; ++i) sums.back().push_back({.of = again->of});
    }
    return tiles_.map(tiles_.add_sums(sums, name), name,
                      [&](std::int64_t sum) { return sum == static_cast<std::int64_t>(most) ? 1 : 0; });
  }

  /// A negated bit as one that is not.
  Bit negation(const Bit& bit) {
    return {{tiles_.map(as_sums(bit.of, "not"), "not", [](std::int64_t b) { return b == 0 ? 1 : 0; }), 0},
            false};
  }

  /// The condition that several name is one bit.
  Bit conjunction(const std::string& text) {
    std::vector<Bit> bits;
    std::string_view rest = text;
    while (true) {
      const std::size_t end = rest.find('&');
      bits.push_back(condition(trimmed(rest.substr(0, end))));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
    if (bits.size() == 1) return bits[0];
    return {{conjunctions({std::move(bits)}, text), 0}, false};
  }

  Bit condition(std::string_view text) {
    const auto found = conditions_.find(text);
    if (found != conditions_.end()) return found->second;
    return conditions_[std::string(text)] = new_condition(text);
  }

  Bit new_condition(std::string_view text) {
    if (text == "correct") return {{correct(), 0}, false};
    if (text.starts_with("P(")) return score_condition(text);
    constexpr std::string_view score = "score";
    if (text.starts_with(score)) {
      const std::string_view comparison = trimmed(text.substr(score.size()));
      if (comparison.starts_with(">=") || comparison.starts_with("<")) return score_condition(comparison);
    }
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) unknown(text);
    const std::string_view name = trimmed(text.substr(0, equals)), value = trimmed(text.substr(equals + 1));
    if (name == "predicted") return class_bit(class_of(value));
    const std::optional<std::uint32_t> column = column_named(name);
    if (!column) {
      std::string known;
      for (const std::string& other : audit_.columns) known += (known.empty() ? "" : ", ") + in_quotes(other);
      refuse(ErrorKind::usage, "the records have no column " + in_quotes(std::string(name)) +
                                   (known.empty() ? ": name it with --columns" : "; they have " + known));
    }
    std::optional<std::int64_t> number = whole_number(value);
    if (!number && name == label_column) number = number_of_class(class_of(value));
    if (!number) {
      refuse(ErrorKind::usage, in_quotes(std::string(text)) + ": a column is compared with a whole number");
    }
    return column_bit(*column, *number);
  }

  [[noreturn]] static void unknown(std::string_view text) {
    refuse(ErrorKind::usage, in_quotes(std::string(text)) +
                                 " is no condition: predicted=CLASS, correct, COLUMN=NUMBER, score>=T, "
                                 "P(CLASS)>=T, or several joined by '&'");
  }

  // Columns

  [[nodiscard]] std::optional<std::uint32_t> column_named(std::string_view name) const {
    const auto found = std::ranges::find(audit_.columns, name);
    if (found == audit_.columns.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - audit_.columns.begin());
  }

  Bit column_bit(std::uint32_t column, std::int64_t number) {
    const std::string name = audit_.columns[column] + " = " + std::to_string(number);
    const std::int64_t base = input().max + 1, least = in_digits() ? 0 : input().min,
                       greatest = in_digits() ? base * base - 1 : input().max;
    if (number < least || number > greatest) {
      refuse(ErrorKind::usage, "column " + in_quotes(audit_.columns[column]) + " holds " +
                                   std::to_string(least) + " to " + std::to_string(greatest) +
                                   ", as the model's features do, and never " + std::to_string(number));
    }
    const auto is = [&](std::uint32_t channel, std::int64_t value) {
      return Bit{{tiles_.map(as_sums({records_, channel}, name), name,
                             [value](std::int64_t x) { return x == value ? 1 : 0; }),
                  0},
                 false};
    };
    if (!in_digits()) return is(rows() + column, number);
    const std::uint32_t high = rows() + 2 * column;
    return {{conjunctions({{is(high, number / base), is(high + 1, number % base)}}, name), 0}, false};
  }

  // Classes

  [[nodiscard]] std::uint32_t class_of(std::string_view name) const {
    const std::size_t index = class_named(model_, name);
    require(index < classes(), ErrorKind::usage,
            [&] { return "the model has no class " + in_quotes(std::string(name)); });
    return static_cast<std::uint32_t>(index);
  }

  /// What the column "label" says of a class.
  [[nodiscard]] std::int64_t number_of_class(std::uint32_t index) const {
    const auto& labels = model_.class_labels;
    const bool all_numbers =
        labels.size() == classes() &&
        std::ranges::all_of(labels, [](const std::string& label) { return whole_number(label).has_value(); });
    return all_numbers ? *whole_number(labels[index]) : index;
  }

  /// Whether it is the first of the greatest scores.
  Bit class_bit(std::uint32_t index) {
    if (classes() < 2) {
      refuse(ErrorKind::usage,
             "the model has one score and no classes: compare it, 'score>=T', or count columns");
    }
    if (!has_complement(model_)) {
      if (!first_greatest_) first_greatest_ = add_first_greatest();
      return {{*first_greatest_, index}, false};
    }
    // p of the second class, which wins if it is above 1 - p.
    if (!second_class_) {
      Predicate above_half{.kind = Predicate::Kind::at_least,
                           .threshold = 0.5,
                           .class_name = model_.class_labels.empty() ? "1" : model_.class_labels.at(1)};
      const ScoreComparison score = score_comparison(model_, above_half);
      const double scale = scale_of_scores(model_);
      std::int64_t first = first_integer(score.threshold, scale);
      if (static_cast<double>(first) * scale <= score.threshold) ++first;
      second_class_ = score_bit(0, first, "second class");
    }
    return {second_class_->of, index == 0};
  }

  /// Of several channels the first greatest, one bit a channel.
  TensorId add_first_greatest() {
    const std::uint32_t count = classes();
    if (count > max_audited_classes) {
      refuse(ErrorKind::unsupported, "the model has " + std::to_string(count) + " classes: audits take " +
                                         std::to_string(max_audited_classes) + " at most");
    }
    static_cast<void>(scale_of_scores(model_));
    const TensorId values = comparable_scores();
    const TensorId is_greatest =
        tiles_.map(below_the_greatest(values), "is greatest", [](std::int64_t d) { return d == 0 ? 1 : 0; });
    std::vector<std::vector<TileOps::Term>> firsts;
    for (std::uint32_t k = 0; k < count; ++k) {
      firsts.push_back({{.of = {is_greatest, k}}});
      for (std::uint32_t j = 0; j < k; ++j)
        firsts.back().push_back({.of = {is_greatest, j}, .is_subtracted = true});
    }
    return tiles_.map(tiles_.add_sums(firsts, "first"), "first greatest",
                      [](std::int64_t sum) { return sum == 1 ? 1 : 0; });
  }

  /// Each channel less the greatest of them, as sums.
  TensorId below_the_greatest(TensorId values) {
    const TensorId greatest = tiles_.greatest(values, "greatest");
    std::vector<std::vector<TileOps::Term>> sums;
    for (std::uint32_t k = 0; k < tiles_.channels_of(values); ++k)
      sums.push_back({{.of = {values, k}}, {.of = {greatest, 0}, .is_subtracted = true}});
    return tiles_.add_sums(sums, "below the greatest");
  }

  /// Channels of which the greatest are those of the scores, of few enough integers for a table of
  /// differences. Of wide sums acc + offset = h W + l, they are l + 1 where h is the greatest h, and 0
  /// elsewhere.
  TensorId comparable_scores() {
    if (!is_claim(program_, scores_)) return scores_;
    const std::int64_t offset = offset_of_limbs();
    std::vector<std::int32_t> table;
    for (std::int64_t h = 0; h <= (program_.tensors[scores_].max + offset) >> limb_bits; ++h)
      table.push_back(static_cast<std::int32_t>(h));
    const TensorId high = tiles_.look_up(scores_, "upper half", limb_bits, offset, std::move(table));
    // The remainder: all is moved into the cell whose sums begin with 0.
    const TensorId low = tiles_.map(add_saturation(offset / limb, offset / limb, "lower half sums"),
                                    "lower half", [](std::int64_t l) { return l + 1; });
    const TensorId lowered = tiles_.map(below_the_greatest(high), "lowered",
                                        [](std::int64_t d) { return d == 0 ? 0 : -(limb + 1); });
    std::vector<std::vector<TileOps::Term>> kept;
    for (std::uint32_t k = 0; k < classes(); ++k) kept.push_back({{.of = {low, k}}, {.of = {lowered, k}}});
    return tiles_.map(tiles_.add_sums(kept, "kept"), "candidates",
                      [](std::int64_t sum) { return std::max<std::int64_t>(sum, 0); });
  }

  TensorId correct() {
    if (correct_) return *correct_;
    const std::optional<std::uint32_t> label = column_named(label_column);
    if (!label) refuse(ErrorKind::usage, "'correct' compares with a column 'label': name it with --columns");
    std::vector<std::vector<Bit>> each;
    for (std::uint32_t k = 0; k < classes(); ++k)
      each.push_back({class_bit(k), column_bit(*label, number_of_class(k))});
    const TensorId hits = conjunctions(std::move(each), "class and label");
    std::vector<TileOps::Term> any;
    for (std::uint32_t k = 0; k < classes(); ++k) any.push_back({.of = {hits, k}});
    correct_ = tiles_.map(tiles_.add_sums({any}, "correct"), "correct",
                          [](std::int64_t sum) { return sum >= 1 ? 1 : 0; });
    return *correct_;
  }

  // Scores

  Bit score_condition(std::string_view text) {
    const Predicate predicate = parse_predicate(text);
    const ScoreComparison score = score_comparison(model_, predicate);
    const std::uint32_t scores = model_scores().rows();
    if (!score.row && scores != 1) {
      refuse(ErrorKind::usage, "the model has " + std::to_string(scores) +
                                   " scores: say whose is compared, 'P(CLASS)" + std::string(text) + "'");
    }
    Bit bit = score_bit(score.row.value_or(0), first_integer(score.threshold, scale_of_scores(model_)),
                        std::string(text));
    bit.is_negated = !score.above;
    return bit;
  }

  /// [score >= n]
  Bit score_bit(std::uint32_t row, std::int64_t n, const std::string& name) {
    const Tensor& range = program_.tensors[scores_];
    if (n <= range.min || n > range.max)
      refuse(ErrorKind::usage, "'" + name + "' says the same of all scores");
    // Sums are read all together.
    const bool is_sums = is_claim(program_, scores_);
    const TensorId read = is_sums ? scores_ : as_sums({scores_, row}, name);
    return {{tiles_.step(read, n, name), is_sums ? row : 0}, false};
  }

  static constexpr std::uint32_t limb_bits = 15;
  static constexpr std::int64_t limb = std::int64_t{1} << limb_bits;

  const Audit& audit_;
  const Program& model_;
  Program& program_;
  TileOps tiles_;
  TensorId records_ = 0, scores_ = 0;
  std::map<std::string, Bit, std::less<>> conditions_;
  std::optional<TensorId> first_greatest_, correct_;
  std::optional<Bit> second_class_;
};

void check_audit(const Audit& audit) {
  const Program& model = audit.model;
  require(!model.audit, ErrorKind::usage, "the model is an audit already");
  require(model.inputs.size() == 1 && model.outputs.size() == 1, ErrorKind::unsupported,
          "an audit is of a model with one input and one output");
  require(!has_predicate(model), ErrorKind::usage,
          "the model's output is a predicate: audit the model itself");
  require(audit.records >= 2 && audit.records <= max_records, ErrorKind::usage,
          "an audit is of 2 to " + std::to_string(max_records) + " records");
  const auto columns = audit.columns.size() * (model.inputs[0].in_digits ? 2 : 1);
  const std::uint64_t width = model.tensors[model.inputs[0].tensor].rows() + columns;
  require(audit.columns.size() <= max_columns && audit.records * width <= max_rows, ErrorKind::unsupported,
          "an audit is of at most " + std::to_string(max_rows) + " numbers, and of " +
              std::to_string(max_columns) + " columns beside what the model reads");
  require(!audit.counts.empty() && audit.counts.size() <= max_counts, ErrorKind::usage,
          "an audit has 1 to " + std::to_string(max_counts) + " counts");
  std::set<std::string_view> names = {"", "predicted", "correct", "score"};
  for (const std::string& column : audit.columns) {
    require(names.insert(column).second && column.find_first_of("&=<>() ") == std::string::npos,
            ErrorKind::usage, "a column cannot be called " + in_quotes(column) + ", or is named twice");
  }
}

}  // namespace

Program with_audit(Audit audit) {
  check_audit(audit);
  Program program{.name = audit.model.name, .has_weights = audit.model.has_weights};
  Counting(audit, program).run();
  program.audit = AuditPart(std::move(audit));
  try {
    check_program(program);
  } catch (const Error& error) {
    throw Error(ErrorKind::unsupported, std::string("the model and so many records: ") + error.what());
  }
  return program;
}

}  // namespace circlet
