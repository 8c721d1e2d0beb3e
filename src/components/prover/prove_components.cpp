#include "components/prover/prove_components.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "compute/parallel.hpp"
#include "core/error.hpp"
#include "fri/prover/codeword_kernels.hpp"

namespace circlet {
namespace {

constexpr std::size_t grain = 512;
constexpr std::size_t lanes = 16;

template <class MC>
using Trees = std::span<const std::shared_ptr<const CommittedTree<MC>>>;

// Where each column of each tree is sampled; the composition tree is last.
template <class MC>
typename CommitmentSchemeProver<MC>::Offsets sample_offsets(
    std::span<const ComponentProver* const> components, Trees<MC> trees) {
  typename CommitmentSchemeProver<MC>::Offsets offsets;
  for (const auto& tree : trees) offsets.emplace_back(tree->coefficients().size());
  for (const ComponentProver* prover : components) {
    const Component& component = prover->component();
    const auto expect = [&](bool condition, const char* what) {
      require(condition, ErrorKind::internal, [&] { return "component '" + component.name() + "' " + what; });
    };
    expect(component.masks().size() == trees.size(), "names another number of trees than are committed");
    for (std::size_t t = 0; t < trees.size(); ++t) {
      for (const ColumnMask& mask : component.masks()[t]) {
        expect(mask.column < offsets[t].size(), "reads a column that is not committed");
        auto& column = offsets[t][mask.column];
        expect(column.empty() || mask.offsets.empty() || column == mask.offsets,
               "reads a shared column at other offsets than another component");
        if (!mask.offsets.empty()) column = mask.offsets;
      }
    }
  }
  offsets.emplace_back(8, std::vector{0});
  return offsets;
}

// previous[s]: on the first 2^(k+1) slots of any canonic(k + b), b >= 1, the slot of the point one row of the
// trace domain of log size k earlier. In natural order these slots are a coset of the trace's step, of 2^k
// points, and the conjugates of its points.
std::vector<std::uint32_t> previous_slots(std::uint32_t k) {
  const std::uint32_t half = 1U << k;
  std::vector<std::uint32_t> previous(std::size_t{2} * half);
  for (std::uint32_t i = 0; i < half; ++i) {
    const std::uint32_t before = (i - 1) & (half - 1), after = (i + 1) & (half - 1);
    previous[bit_reverse(i, k + 1)] = bit_reverse(before, k + 1);
    previous[bit_reverse(half + i, k + 1)] = bit_reverse(half + after, k + 1);
  }
  return previous;
}

// The composition polynomial on the first 2^(m+1) slots of canonic(m + log_blowup): each component on the
// first 2^(k+1) slots of its columns' extensions, a coset on which its quotient is determined, lifted and
// added.
template <class MC>
SecureColumn composition_evaluations(std::span<const ComponentProver* const> components, Trees<MC> trees,
                                     std::uint32_t m, std::uint32_t log_blowup, const QM31& rho) {
  std::size_t constraint_count = 0;
  for (const ComponentProver* prover : components) constraint_count += prover->component().constraint_count();
  std::vector<QM31> powers(constraint_count);  // rho^(N-1), ..., rho, 1
  QM31 power = M31(1);
  for (std::size_t j = constraint_count; j-- > 0; power *= rho) powers[j] = power;

  std::map<std::uint32_t, SecureColumn> accumulators;  // by log size of the component
  std::map<std::uint32_t, std::vector<std::uint32_t>> previous;
  std::size_t first_constraint = 0;
  for (const ComponentProver* prover : components) {
    const Component& component = prover->component();
    const std::uint32_t k = component.log_size();
    const auto [entry, is_new] = accumulators.try_emplace(k, std::size_t{2} << k);
    SecureColumn& accumulator = entry->second;
    if (is_new) {
      for (auto& coordinate : accumulator.coordinates) std::ranges::fill(coordinate, M31());
      previous.emplace(k, previous_slots(k));
    }
    DomainEvaluations trace;
    trace.log_size = k + 1;
    for (std::size_t t = 0; t < trees.size(); ++t) {
      auto& columns = trace.columns.emplace_back();
      for (const ColumnMask& mask : component.masks()[t]) {
        columns.push_back(words(trees[t]->head()[mask.column]));
      }
    }
    trace.previous_slot = previous.at(k).data();
    for (std::uint32_t i = 0; i < 2; ++i) {
      const auto point = CanonicDomain{k + log_blowup}.index_at_slot(i << k).to_point();
      trace.vanishing_inverses[i] = canonic_vanishing(point.x, k).inverse();
    }
    const std::span<const QM31> coefficients =
        std::span(powers).subspan(first_constraint, component.constraint_count());
    first_constraint += component.constraint_count();
    parallel_for_ranges(0, std::size_t{2} << k, grain, [&](std::size_t begin, std::size_t end) {
      prover->accumulate(trace, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                         coefficients, words(accumulator));
    });
  }

  SecureColumn total = std::move(accumulators.at(m));
  accumulators.erase(m);
  for (const auto& [k, accumulator] : accumulators) {
    const std::uint32_t small = k + 1;
    for (std::size_t c = 0; c < 4; ++c) {
      const BaseColumn& column = accumulator.coordinates[c];
      BaseColumn& sum = total.coordinates[c];
      if (sum.size() < lanes) {
        for (std::uint32_t i = 0; i < sum.size(); ++i) sum[i] += column[lifted_slot(i, m + 1, small)];
        continue;
      }
      parallel_for_ranges(0, sum.size(), 4 * grain, [&](std::size_t begin, std::size_t end) {
        codeword_kernels().add_lifted(words(column), m + 1 - small, words(sum), begin, end);
      });
    }
  }
  return total;
}

// left + pi^(m-1)(x) right: the coordinates' coefficients, split in the middle.
template <class MC>
std::shared_ptr<const CommittedTree<MC>> composition_tree(SecureColumn evaluations, std::uint32_t m,
                                                          std::uint32_t log_blowup) {
  ColumnSet halves(std::vector<std::uint32_t>(8, m));
  parallel_for(0, 4, [&](std::size_t c) {
    const std::span<M31> coordinate = evaluations.coordinates[c];
    circle_ifft_prefix(coordinate, m + log_blowup);
    const std::size_t half = coordinate.size() / 2;
    std::ranges::copy(coordinate.first(half), halves.mutable_column(c).begin());
    std::ranges::copy(coordinate.last(half), halves.mutable_column(4 + c).begin());
  });
  return CommittedTree<MC>::from_coefficients(std::move(halves), log_blowup);
}

// Whether the sampled composition is the quotient of the sampled constraints: false for an invalid trace.
template <class Samples>
bool constraints_hold(std::span<const ComponentProver* const> components, const Samples& samples,
                      const CirclePoint<QM31>& point, std::uint32_t m, const QM31& rho) {
  PointAccumulator accumulator(rho);
  for (const ComponentProver* prover : components) {
    const ComponentMasks& masks = prover->component().masks();
    MaskValues values(masks.size());
    for (std::size_t t = 0; t < masks.size(); ++t) {
      for (const ColumnMask& mask : masks[t]) {
        values[t].push_back(mask.offsets.empty() ? std::vector<QM31>{} : samples[t][mask.column]);
      }
    }
    prover->component().evaluate_at_point(values, accumulator);
  }
  const auto half = [&](std::size_t first) {
    const auto& columns = samples.back();
    return QM31::from_partial_evals(
        {columns[first][0], columns[first + 1][0], columns[first + 2][0], columns[first + 3][0]});
  };
  const QM31 vanishing = canonic_vanishing(point.x, m);
  return (half(0) + vanishing * half(4)) * vanishing == accumulator.value();
}

}  // namespace

template <class MC>
StarkProof<typename MC::Hash> prove_components(std::span<const ComponentProver* const> components,
                                               typename MC::Channel& channel,
                                               CommitmentSchemeProver<MC>& scheme) {
  require(!components.empty(), ErrorKind::internal, "components: there are none");
  std::uint32_t m = 0;
  for (const ComponentProver* prover : components) m = std::max(m, prover->component().log_size());
  const std::uint32_t log_blowup = scheme.config().fri.log_blowup_factor;
  const auto offsets = sample_offsets<MC>(components, scheme.trees());

  scheme.timer().restart();
  const QM31 rho = channel.draw_secure_felt();
  scheme.check_blinds(rho);
  SecureColumn composition = composition_evaluations<MC>(components, scheme.trees(), m, log_blowup, rho);
  scheme.timer().end_phase("constraints");
  scheme.commit(composition_tree<MC>(std::move(composition), m, log_blowup), channel);
  scheme.timer().end_phase("composition commitment");
  const CirclePoint<QM31> point = circle_point_from(channel.draw_secure_felt());
  auto samples = scheme.sample(point, m, offsets);
  scheme.timer().end_phase("out-of-domain samples");
  require(constraints_hold(components, samples, point, m, rho), ErrorKind::internal,
          "components: the trace does not satisfy the constraints");
  return scheme.open(point, m, offsets, std::move(samples), channel);
}

template StarkProof<Blake2sHash> prove_components<Blake2sMerkleChannel>(
    std::span<const ComponentProver* const>, Blake2sChannel&, CommitmentSchemeProver<Blake2sMerkleChannel>&);

}  // namespace circlet
