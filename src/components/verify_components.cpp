#include "components/verify_components.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace circlet {
namespace {

/// Two samples without -1 and 0, or more of them, would not be tied to one lifted polynomial
/// (docs/stark.md, "DEEP quotients").
bool is_allowed_mask(const std::vector<int>& offsets) {
  return offsets.empty() || offsets == std::vector{0} || offsets == std::vector{-1, 0};
}

/// Where each column of each tree is sampled, by what the components read; the composition tree is last.
template <class Tree>
SampleOffsets sample_offsets(std::span<const Component* const> components, std::span<const Tree> trees) {
  SampleOffsets offsets;
  std::vector<std::vector<bool>> read;
  for (const Tree& tree : trees) {
    offsets.emplace_back(tree.column_log_sizes.size());
    read.emplace_back(tree.column_log_sizes.size());
  }
  for (const Component* component : components) {
    const auto expect = [&](bool condition, const char* what) {
      require(condition, ErrorKind::internal,
              [&] { return "component '" + component->name() + "' " + what; });
    };
    const ComponentMasks& masks = component->masks();
    expect(masks.size() == trees.size(), "names another number of trees than are committed");
    for (std::size_t t = 0; t < masks.size(); ++t) {
      for (const ColumnMask& mask : masks[t]) {
        expect(mask.column < offsets[t].size(), "reads a column that is not committed");
        expect(is_allowed_mask(mask.offsets), "has a mask other than {}, {0} and {-1, 0}");
        expect(t == 0 || !read[t][mask.column], "reads another component's column");
        read[t][mask.column] = true;
        auto& column_offsets = offsets[t][mask.column];
        if (mask.offsets.empty()) continue;
        expect(column_offsets.empty() || column_offsets == mask.offsets,
               "reads a shared column at other offsets than another component");
        column_offsets = mask.offsets;
      }
    }
  }
  offsets.emplace_back(composition_columns, std::vector{0});
  return offsets;
}

template <class Channel>
CirclePoint<QM31> draw_out_of_domain_point(Channel& channel) {
  const QM31 t = channel.draw_secure_felt();
  require(!(QM31(M31(1)) + t.square()).is_zero(), ErrorKind::rejected,
          "out-of-domain point: the challenge has 1 + t^2 = 0");
  return circle_point_from(t);
}

/// sum_j rho^(N-1-j) C_j over the constraints of all components, from the sampled values.
template <class Hash>
QM31 combine_constraints(std::span<const Component* const> components, const QM31& rho,
                         const StarkProof<Hash>& proof) {
  PointAccumulator accumulator(rho);
  for (const Component* component : components) {
    const ComponentMasks& masks = component->masks();
    MaskValues values(masks.size());
    for (std::size_t t = 0; t < masks.size(); ++t) {
      for (const ColumnMask& mask : masks[t]) {
        values[t].push_back(mask.offsets.empty() ? std::vector<QM31>{}
                                                 : proof.sampled_values[t][mask.column]);
      }
    }
    component->evaluate_at_point(values, accumulator);
  }
  return accumulator.value();
}

/// Half of the composition polynomial at the point: four columns of coordinates from `first` on.
QM31 composition_half(const PerColumn<std::vector<QM31>>& columns, std::size_t first) {
  return QM31::from_partial_evals(
      {columns[first][0], columns[first + 1][0], columns[first + 2][0], columns[first + 3][0]});
}

}  // namespace

template <class MC>
void verify_components(std::span<const Component* const> components, typename MC::Channel& channel,
                       CommitmentSchemeVerifier<MC>& scheme, const StarkProof<typename MC::Hash>& proof) {
  std::uint32_t m = 0;  // the trace's log size
  for (const Component* component : components) m = std::max(m, component->log_size());
  const std::uint32_t most = max_log_domain_size - scheme.config().fri.log_blowup_factor;
  require(1 <= m && m <= most, ErrorKind::internal, [&] {
    return "components: the largest log size is " + std::to_string(m) + ", not in 1 to " +
           std::to_string(most);
  });
  using Tree = typename CommitmentSchemeVerifier<MC>::Tree;
  const SampleOffsets offsets = sample_offsets<Tree>(components, scheme.trees());
  scheme.check_shape(m, offsets, proof);

  const QM31 rho = channel.draw_secure_felt();
  scheme.commit(proof.commitments.back(), std::vector(composition_columns, m), channel);
  const CirclePoint<QM31> point = draw_out_of_domain_point(channel);

  // left + pi^(m-1)(x) right = sum / v, where v = pi^(m-1)(x) also vanishes on the trace domain.
  const QM31 vanishing = canonic_vanishing(point.x, m);
  require(!vanishing.is_zero(), ErrorKind::rejected, "out-of-domain point: it lies on the trace domain");
  const auto& composition = proof.sampled_values.back();
  const QM31 claimed = composition_half(composition, 0) + vanishing * composition_half(composition, 4);
  require(claimed * vanishing == combine_constraints(components, rho, proof), ErrorKind::rejected,
          "composition: the constraints do not hold at the out-of-domain point");

  scheme.check_openings(m, point, offsets, proof, channel);
}

template void verify_components<Blake2sMerkleChannel>(std::span<const Component* const>, Blake2sChannel&,
                                                      CommitmentSchemeVerifier<Blake2sMerkleChannel>&,
                                                      const StarkProof<Blake2sHash>&);

}  // namespace circlet
