// For every constraint a prover who lies about the output and breaks no other constraint, and whose bus
// balances: without that constraint a verifier would accept. The trees are made in the order of the protocol,
// so a whole proof can be made of them.
#pragma once

#include "tests/air/toy_model.hpp"

namespace circlet::testing {

/// Stems of the constraints of all tables. The blinder's bind no statement: without them a proof hides less,
/// and shows no less.
inline std::vector<std::string> constraint_stems() {
  std::vector<std::string> stems;
  for_each_table([&](auto kind, auto) {
    for (const LayoutConstraint& constraint : table_layout(kind, 1).constraints) {
      const bool of_a_lane = constraint.name == "activate.P_0";
      stems.push_back(of_a_lane ? "activate.P" : constraint.name);
    }
  });
  return stems;
}

/// Whether a stem is of the constraints on committed values, which are of one sample.
inline bool is_of_data(const std::string& stem) { return stem.starts_with("data."); }

/// A prover whose only violation is of `stem`, in the table of the committed output where it is of committed
/// values, or of the input. Call the steps in order, as a prover would: the witness trees
/// are there after construction, then make_fingerprints after alpha and t are drawn, then make_logup after z
/// and lambda.
class Liar {
 public:
  explicit Liar(std::string stem, std::uint32_t weights_per_row = 2, std::uint32_t samples = 1,
                bool of_input = false)
      : stem_(std::move(stem)),
        data_table_(of_input ? first_data_table : first_data_table + 1),
        model_(options(stem_, weights_per_row, samples, of_input)) {
    // Whoever may choose a term of the bus freely proves any output.
    if (!lies_about_values() && !model_.options().committed) model_.claimed_output()[0][0] += 1;
  }
  [[nodiscard]] ToyModel& model() { return model_; }
  [[nodiscard]] const std::string& stem() const { return stem_; }
  /// What the model really computes on the input.
  [[nodiscard]] Matrix true_output() const {
    auto honest = model_.options();
    honest.hidden_lie = honest.output_lie = 0;
    honest.committed_output_lie = 0;
    return ToyModel(honest).true_output();
  }

  void make_fingerprints(const QM31& alpha, const QM31& t) {
    model_.make_fingerprints(alpha, t);
    const auto& rows = model_.rows();
    ToyTable& linear = model_.table(linear_table);
    ToyTable& activate = model_.table(activate_table);
    Columns& products = linear.tree(Tree::fingerprints);
    Columns& claims = activate.tree(Tree::fingerprints);
    // The claim that the lying accumulators need, and the one that the weights give.
    const QM31 needed = secure_at(claims, index_of(activate::Fingerprint::T), rows.hidden_last);
    const QM31 computed = secure_at(products, index_of(linear::Fingerprint::S), rows.first_op_claim);
    constexpr auto A = index_of(linear::Fingerprint::A), b = index_of(linear::Fingerprint::b),
                   S = index_of(linear::Fingerprint::S);
    if (stem_ == "linear.b") {
      // b on the last input row such that the sum comes out as needed.
      const std::size_t last = rows.first_op_last_input;
      const QM31 factor = secure_at(products, A, last);
      set_secure(products, b, last, secure_at(products, b, last) + (needed - computed) * factor.inverse());
      for (std::size_t row = last; row <= rows.first_op_claim; ++row) {
        set_secure(products, S, row, secure_at(products, S, row) + needed - computed);
      }
      set_secure(products, A, rows.first_op_claim, needed);
    } else if (stem_ == "linear.S") {
      set_secure(products, S, rows.first_op_claim, needed);
      set_secure(products, A, rows.first_op_claim, needed);
    } else if (stem_ == "linear.claim") {
      set_secure(products, A, rows.first_op_claim, needed);
    } else if (stem_ == "activate.T") {
      set_secure(claims, index_of(activate::Fingerprint::T), rows.hidden_last, computed);
    } else if (stem_ == "mac.S") {
      const std::size_t last_of_output_layer = rows.real_rows[activate_table] - 1;
      set_secure(model_.table(mac_table).tree(Tree::fingerprints), index_of(mac::Fingerprint::S),
                 rows.output_layer_last,
                 secure_at(claims, index_of(activate::Fingerprint::T), last_of_output_layer));
    } else if (stem_ == "data.b") {
      // The claim of the values that were computed with, in place of that of the committed ones.
      const bool of_input = data_table_ == first_data_table;
      set_secure(model_.table(data_table_).tree(Tree::fingerprints), index_of(data::Fingerprint::b),
                 rows.real_rows[data_table_] - 1,
                 model_.claim(of_input ? model_.input() : model_.true_output()));
    }
  }

  void make_logup(const QM31& z, const QM31& lambda) {
    model_.make_logup(z, lambda);
    if (lies_about_values()) return;
    const QM31 missing = -model_.bus_sum();
    for_each_table([&]<class Shape>(auto kind, Shape) {
      const std::string name = Shape::table;
      if (!stem_.starts_with(name + ".")) return;
      const std::size_t index = is_of_data(stem_) ? data_table_ : kind_index(kind);
      ToyTable& table = model_.table(index);
      table.claimed_sum += missing;
      if (stem_ == name + ".fin") return;
      Columns& logup = table.tree(Tree::logup);
      const std::size_t last = model_.rows().real_rows[index] - 1;
      const auto add = [&](std::uint32_t first) {
        set_secure(logup, first, last, secure_at(logup, first, last) + missing);
      };
      const std::uint32_t lanes = model_.shape().instances[index].lanes();
      if (stem_ == "activate.P") add(activate::P(0, lanes));
      if (stem_ == "activate.W") add(activate::W(lanes));
      if (stem_ == "lut.P_0") add(index_of(lut::LogUp::P0));
      if (stem_ == "lut.P_1") add(index_of(lut::LogUp::P1));
      if (stem_ == "mac.P") add(index_of(mac::LogUp::P));
      add(static_cast<std::uint32_t>(logup.size()) - 4);  // R goes along, or is itself the lie
    });
  }

 private:
  [[nodiscard]] bool lies_about_values() const {
    return stem_ == "linear.b" || stem_ == "linear.S" || stem_ == "linear.claim" || stem_ == "activate.T" ||
           stem_ == "mac.S" || stem_ == "data.b";
  }
  static ToyModel::Options options(const std::string& stem, std::uint32_t weights_per_row,
                                   std::uint32_t samples, bool of_input) {
    ToyModel::Options options{.weights_per_row = weights_per_row, .samples = samples};
    // Their liar commits to another output than the model's, or to another input.
    if (is_of_data(stem)) {
      options.committed = true;
      options.committed_input_lie = of_input ? 1 : 0;
      options.committed_output_lie = of_input ? 0 : 1;
    } else if (stem == "mac.S") {
      options.output_lie = 64;
    } else if (stem == "linear.b" || stem == "linear.S" || stem == "linear.claim" || stem == "activate.T") {
      options.hidden_lie = 64;
    }
    return options;
  }

  std::string stem_;
  std::size_t data_table_;
  ToyModel model_;
};

}  // namespace circlet::testing
