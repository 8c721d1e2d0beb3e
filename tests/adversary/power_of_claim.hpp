// A model of one dense layer whose output is not its claim but a power of it, by squares and products of
// `mac`.
#pragma once

#include <bitset>
#include <map>
#include <vector>

#include "tests/adversary/forge/forge.hpp"
#include "tests/support/table_rows.hpp"

namespace circlet::testing {

class PowerOfClaim {
 public:
  PowerOfClaim(Program program, const std::bitset<124>& exponent, const SetupOptions& options = {})
      : model(std::move(program), options) {
    auto& linear = model.columns.structure[linear_at];
    const auto& claims = linear[index_of(linear::Structure::claim)];
    claim_row_ = static_cast<std::size_t>(std::ranges::find(claims, M31(1)) - claims.begin());
    const std::uint32_t output = model.key().output().claim_wire;
    base_ = next_ = output + 1;
    std::size_t bit = 124;
    while (!exponent[--bit]) continue;
    std::uint32_t power = base_;
    while (bit-- > 0) {
      power = multiply(power, power);
      if (exponent[bit]) power = multiply(power, base_);
    }
    rows_.back()[mac::Structure::idY] = M31(output);
    reads_[output] = 1;
    for (auto& row : rows_) row[mac::Structure::nY] = M31(reads_.at(row[mac::Structure::idY].value()));
    linear[index_of(linear::Structure::id)][claim_row_] = M31(base_);
    linear[index_of(linear::Structure::n)][claim_row_] = -M31(reads_.at(base_));
    model.key().constants[0].reads = 0;
    model.replace(mac_at, with_rows(rows_, model.log_size(mac_at)));
  }

  /// With the values that the wires have.
  [[nodiscard]] Proof prove(const Statement& statement) const {
    const auto execution = model.honest();
    LyingTrace trace(model, execution);
    trace.on_fingerprints = [&](TableColumns& fingerprints, const Challenges&) {
      std::map<std::uint32_t, QM31> values = {
          {base_, secure_at(fingerprints[linear_at], index_of(linear::Fingerprint::S), claim_row_)}};
      for (std::size_t row = 0; row < rows_.size(); ++row) {
        const QM31 a = values.at(rows_[row][mac::Structure::idA].value());
        const QM31 b = values.at(rows_[row][mac::Structure::idB].value());
        set_secure(fingerprints[mac_at], index_of(mac::Fingerprint::A), row, a);
        set_secure(fingerprints[mac_at], index_of(mac::Fingerprint::B), row, b);
        set_secure(fingerprints[mac_at], index_of(mac::Fingerprint::S), row, a * b);
        values[rows_[row][mac::Structure::idY].value()] = a * b;
      }
    };
    return prove_trace(model.proving_key, statement, trace);
  }

  ForgedModel model;

 private:
  std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
    ++reads_[a];
    ++reads_[b];
    TableRow<mac::Structure>& row = rows_.emplace_back();
    row[mac::Structure::idA] = M31(a);
    row[mac::Structure::idB] = M31(b);
    row[mac::Structure::idY] = M31(++next_);
    return next_;
  }

  std::size_t claim_row_ = 0;
  std::uint32_t base_ = 0, next_ = 0;  // ids of wires
  std::vector<TableRow<mac::Structure>> rows_;
  std::map<std::uint32_t, std::uint32_t> reads_;
};

}  // namespace circlet::testing
