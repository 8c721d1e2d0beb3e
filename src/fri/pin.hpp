// A pin: the values of a tree's first columns at points that were fixed with the tree's root, before any
// proof. Prover and verifier take them from where they were fixed, never from a proof, and every proof
// samples the columns there too, before the samples that the constraints ask for. A word near several
// codewords then stands for the one that has these values (docs/soundness.md, "One key, one model").
#pragma once

#include <span>
#include <vector>

#include "core/circle.hpp"
#include "fri/proof.hpp"

namespace circlet {

struct Pin {
  std::vector<CirclePoint<QM31>> points;  // of the lifted columns
  std::vector<QM31> values;               // column after column, one a point

  /// The values of a column, one a point; none if it is not pinned.
  [[nodiscard]] std::span<const QM31> of(std::size_t column) const {
    const std::size_t first = column * points.size();
    if (first >= values.size()) return {};
    return std::span(values).subspan(first, points.size());
  }
};

/// What the transcript mixes: column after column its pinned values, then its samples. Trees without a pin,
/// and those beyond the last of `pins`, have samples alone.
inline std::vector<QM31> with_pinned(const PerTree<PerColumn<std::vector<QM31>>>& samples,
                                     std::span<const Pin> pins) {
  std::vector<QM31> all;
  for (std::size_t tree = 0; tree < samples.size(); ++tree) {
    for (std::size_t column = 0; column < samples[tree].size(); ++column) {
      if (tree < pins.size()) {
        const auto pinned = pins[tree].of(column);
        all.insert(all.end(), pinned.begin(), pinned.end());
      }
      all.insert(all.end(), samples[tree][column].begin(), samples[tree][column].end());
    }
  }
  return all;
}

}  // namespace circlet
