#include "tests/zk/laboratory.hpp"

#include <algorithm>

#include "air/prover/blinder.hpp"
#include "air/prover/component_provers.hpp"
#include "air/prover/mask_rows.hpp"
#include "fri/prover/storage_order.hpp"
#include "fri/verifier/commitment_scheme_verifier.hpp"
#include "stark/shape.hpp"
#include "tests/support/setup_any.hpp"
// For prove_components under FixedMerkleChannel: the library instantiates it for Blake2s alone.
#include "src/components/prover/prove_components.cpp"

namespace circlet::testing {
namespace {

using Scheme = CommitmentSchemeProver<FixedMerkleChannel>;

/// An honest execution whose mask rows are written by a function, stage by stage.
class ChosenMasks : public HonestTrace {
 public:
  using Choose = std::function<void(Tree, TableColumns&)>;
  ChosenMasks(const Arithmetisation& arithmetisation, const ModelColumns& model, const Trace& execution,
              const CommittedValues& data, const std::vector<QM31>& rhos, Choose choose)
      : HonestTrace(arithmetisation, model, execution, nullptr, data), choose_(std::move(choose)) {
    rhos_ = rhos;
  }
  TableColumns witness() override {
    HonestTrace::witness();
    choose_(Tree::witness, witness_);
    return witness_;
  }
  TableColumns fingerprints(const Challenges& challenges) override {
    HonestTrace::fingerprints(challenges);
    choose_(Tree::fingerprints, fingerprints_);
    return fingerprints_;
  }
  std::vector<LogUpTrace> logup(const Challenges& challenges) override {
    auto traces = HonestTrace::logup(challenges);
    TableColumns columns;
    for (const LogUpTrace& trace : traces) columns.push_back(trace.columns);
    columns.emplace_back();  // the blinder's
    choose_(Tree::logup, columns);
    for (std::size_t table = 0; table < traces.size(); ++table) traces[table].columns = columns[table];
    return traces;
  }

 private:
  Choose choose_;
};

/// Runs the stages of `source` and collects what they make.
void run_stages(TraceSource& source, const Challenges& challenges, Commitments& commitments) {
  commitments.tree(Tree::witness) = source.witness();
  commitments.tree(Tree::fingerprints) = source.fingerprints(challenges);
  auto logup = source.logup(challenges);
  commitments.claimed_sums.clear();
  for (std::size_t table = 0; table < logup.size(); ++table) {
    commitments.tree(Tree::logup)[table] = std::move(logup[table].columns);
    commitments.claimed_sums.push_back(logup[table].claimed_sum);
  }
}

const BaseColumn& fin_column(const AirShape& shape, const TableColumns& structure, std::size_t table) {
  const BaseColumn* found = nullptr;
  for_each_table([&]<class Shape>(auto kind, Shape) {
    if (kind == shape.instances[table].kind) found = &structure[table][Shape::fin];
  });
  return *found;
}

}  // namespace

Laboratory::Laboratory(const Program& program, const SetupOptions& options,
                       const std::function<void(TableColumns&)>& change) {
  const ProvingKey proving_key = setup_any(program, options);
  key_ = proving_key.key;
  arithmetisation_ = arithmetise(program, key_);
  arithmetisation_.first_blinder_row = proving_key.first_blinder_row;
  shape_ = air_shape(key_);
  layouts_ = table_layouts(shape_);
  pin_points_ = {pin_points(Pinned::weights, key_.weights_root), pin_points(Pinned::data, key_.weights_root)};
  std::array<std::uint32_t, tree_count> first{};
  for (const TableLayout& layout : layouts_) {
    ComponentMasks& masks = masks_.emplace_back();
    for (std::size_t tree = 0; tree < tree_count; ++tree) {
      masks.push_back(layout.masks(static_cast<Tree>(tree), first[tree]));
      if (static_cast<Tree>(tree) != Tree::data) first[tree] += layout.widths[tree];
    }
  }
  structure_ = model_columns(program, arithmetisation_).structure;
  if (change) change(structure_);
  FixedChannel channel(0);
  for (QM31* challenge : {&challenges_.alpha, &challenges_.t, &challenges_.z, &challenges_.lambda}) {
    *challenge = channel.draw_secure_felt();
  }
  redraw();
}

void Laboratory::redraw() {
  opened_at_.height = height();
  opened_at_.log_blowup = key_.pcs.fri.log_blowup_factor;
  do {
    // What prove_components draws, in its order.
    FixedChannel channel(++seed_);
    rho_ = channel.draw_secure_felt();
    const QM31 t = channel.draw_secure_felt(), one = M31(1);
    const QM31 inverse = (one + t.square()).inverse();
    opened_at_.point = {(one - t.square()) * inverse, (t + t) * inverse};
    gamma_ = channel.draw_secure_felt();
    opened_at_.positions = draw_query_positions(channel, height() + opened_at_.log_blowup, queries());
  } while (opened_at_.positions.size() < queries());
  units_.clear();
}

ModelColumns Laboratory::model(const Program& program) const {
  ModelColumns model = model_columns(program, arithmetisation_);
  model.structure = structure_;
  return model;
}

std::vector<std::uint32_t> Laboratory::adjacent_queries() const {
  const CanonicDomain domain{height() + opened_at_.log_blowup};
  const CirclePointIndex step = CirclePointIndex::subgroup_generator(height());
  const auto is_query = [&](CirclePointIndex index) {
    return std::ranges::any_of(opened_at_.positions, [&](std::uint32_t position) {
      return domain.index_at_slot(position) == index;
    });
  };
  std::vector<std::uint32_t> found;
  for (const std::uint32_t position : opened_at_.positions) {
    if (is_query(domain.index_at_slot(position) + step)) found.push_back(position);
  }
  return found;
}

std::uint32_t Laboratory::first_blinder_column(Tree tree) const {
  std::uint32_t first = 0;
  for (std::size_t table = 0; table < shape_.claims(); ++table) first += layouts_[table].width(tree);
  return first;
}

std::vector<std::size_t> Laboratory::free_rows(std::size_t table, Tree tree, std::uint32_t column) const {
  Columns columns = zero_columns(layouts_[table].width(tree), shape_.instances[table].log_size);
  Csprng random = Csprng::insecure(1);
  // A free cell is drawn as zero twice with probability 2^-62.
  std::vector<bool> drawn(columns[column].size());
  for (std::size_t round = 0; round < 2; ++round) {
    draw_mask_rows(layouts_[table], tree, structure_[table][0], fin_column(shape_, structure_, table),
                   columns, random);
    for (std::size_t row = 0; row < drawn.size(); ++row) {
      drawn[row] = drawn[row] || !columns[column][row].is_zero();
    }
  }
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < drawn.size(); ++row) {
    if (drawn[row]) rows.push_back(row);
  }
  return rows;
}

FixedTree Laboratory::make_tree(const TableColumns& columns) const {
  std::vector<std::uint32_t> log_sizes;
  std::vector<std::span<const M31>> all;
  for (const Columns& table : columns) {
    for (const BaseColumn& column : table) {
      log_sizes.push_back(log2_exact(column.size()));
      all.emplace_back(column);
    }
  }
  ColumnSet evaluations(log_sizes);
  for (std::size_t i = 0; i < all.size(); ++i) to_storage_order(all[i], evaluations.mutable_column(i));
  return CommittedTree<FixedMerkleChannel>::from_evaluations(std::move(evaluations),
                                                             key_.pcs.fri.log_blowup_factor);
}

std::vector<int> Laboratory::offsets(Tree tree, std::size_t column) const {
  for (const ComponentMasks& masks : masks_) {
    for (const ColumnMask& mask : masks[static_cast<std::size_t>(tree)]) {
      if (mask.column == column) return mask.offsets;
    }
  }
  throw Error(ErrorKind::internal, "no component has this column");
}

const Openings& Laboratory::units(std::uint32_t log_size, const std::vector<int>& offsets,
                                  std::optional<Pinned> pinned) {
  Openings& cached = units_[{log_size, offsets, pinned}];
  if (!cached.empty()) return cached;
  cached = unit_openings(opened_at_, log_size, offsets);
  if (!pinned) return cached;
  const Openings of_pin = pin_units(*pinned, log_size);
  for (std::size_t row = 0; row < cached.size(); ++row) {
    cached[row].insert(cached[row].end(), of_pin[row].begin(), of_pin[row].end());
  }
  return cached;
}

Openings Laboratory::pin_units(Pinned what, std::uint32_t log_size) const {
  Openings units(std::size_t{1} << log_size);
  for (const auto& point : points_of(what)) {
    const OpenedAt at{
        .height = height(), .log_blowup = opened_at_.log_blowup, .point = point, .positions = {}};
    const Openings there = unit_openings(at, log_size, {0});
    for (std::size_t row = 0; row < units.size(); ++row) {
      units[row].insert(units[row].end(), there[row].begin(), there[row].end());
    }
  }
  return units;
}

Pin Laboratory::pin_of(Tree tree, const FixedTree& committed) const {
  const auto what = pinned(tree, 0);
  if (!what) return {};
  FixedChannel channel(seed_);
  Scheme scheme(key_.pcs);
  scheme.commit(committed, channel);
  const std::size_t columns = committed->coefficients().size();
  Scheme::Offsets where(1);
  for (std::size_t i = 0; i < columns; ++i) {
    where[0].push_back(pinned(tree, i) ? std::vector{0} : std::vector<int>());
  }
  Pin pin{points_of(*what), {}};
  std::vector<Scheme::Samples> at_points;
  for (const auto& point : pin.points) at_points.push_back(scheme.sample(point, height(), where));
  for (std::size_t i = 0; i < columns; ++i) {
    for (const auto& samples : at_points) {
      pin.values.insert(pin.values.end(), samples[0][i].begin(), samples[0][i].end());
    }
  }
  return pin;
}

Openings Laboratory::open(Tree tree, const TableColumns& columns) const {
  const FixedTree committed = make_tree(columns);
  FixedChannel channel(seed_);
  Scheme scheme(key_.pcs);
  scheme.commit(committed, channel);
  Openings openings = committed->open(opened_at_.positions).values;
  Scheme::Offsets where(1);
  for (std::size_t i = 0; i < openings.size(); ++i) where[0].push_back(offsets(tree, i));
  const auto samples = scheme.sample(opened_at_.point, height(), where);
  const Pin pin = pin_of(tree, committed);
  for (std::size_t i = 0; i < openings.size(); ++i) {
    append_coordinates(samples[0][i], openings[i]);
    if (pinned(tree, i)) append_coordinates(pin.of(i), openings[i]);
  }
  return openings;
}

Laboratory::Data Laboratory::commit_data_of(const Trace& execution, Csprng& random) const {
  Data data;
  for (const PublicTensor& tensor : key_.tensors) {
    if (tensor.visibility != Visibility::committed) continue;
    const bool is_input = tensor.direction == Direction::input;
    data.tensors.push_back(
        commit_data(key_, tensor, is_input ? execution.inputs[0] : execution.output(), &random));
  }
  return data;
}

void Laboratory::add_data(const Data& data, Commitments& commitments) const {
  for (std::size_t i = 0; i < data.tensors.size(); ++i) {
    commitments.tree(Tree::data)[shape_.first_data() + i] = data.tensors[i].columns;
  }
}

Commitments Laboratory::commit(const Program& program, std::span<const std::int32_t> input,
                               Csprng& random) const {
  Commitments commitments(shape_.instances.size());
  ModelColumns columns = model(program);
  if (key_.hides_weights()) {
    draw_mask_rows(layouts_[linear_table], Tree::weights, structure_[linear_table][0],
                   fin_column(shape_, structure_, linear_table), columns.weights[linear_table], random);
  }
  const Trace execution = execute(program, Buffer(input.begin(), input.end()), key_.batch());
  const Data data = commit_data_of(execution, random);
  HonestTrace source(arithmetisation_, columns, execution, &random, data.view());
  run_stages(source, challenges_, commitments);
  add_data(data, commitments);
  commitments.tree(Tree::structure) = columns.structure;
  commitments.tree(Tree::weights) = columns.weights;
  for (const Tree tree : {Tree::weights, Tree::witness, Tree::fingerprints, Tree::logup}) {
    if (tree == Tree::weights && key_.weights_public) continue;
    commitments.tree(tree).back() = blinder_columns(tree, structure_.back()[0], &random);
  }
  return commitments;
}

void Laboratory::disguise_tree(Tree tree, TableColumns& columns, const TableColumns& seen) {
  columns.back() = seen.back();
  for (std::size_t table = 0; table < shape_.claims(); ++table) {
    for (std::uint32_t c = 0; c < columns[table].size(); ++c) {
      for (const std::size_t row : free_rows(table, tree, c)) columns[table][c][row] = M31();
    }
  }
  const Openings wanted = open(tree, seen), without_masks = open(tree, columns);
  std::size_t i = 0;  // index in the tree
  for (std::size_t table = 0; table < shape_.claims(); ++table) {
    for (std::uint32_t c = 0; c < columns[table].size(); ++c, ++i) {
      const Openings& of_rows = units(shape_.instances[table].log_size, offsets(tree, i), pinned(tree, i));
      const auto rows = free_rows(table, tree, c);
      Openings free_units;
      for (const std::size_t row : rows) free_units.push_back(of_rows[row]);
      Vector missing = wanted[i];
      for (std::size_t j = 0; j < missing.size(); ++j) missing[j] -= without_masks[i][j];
      const auto masks = Solution(free_units, missing).x;
      require(masks.has_value(), ErrorKind::rejected, [&] {
        return "what was seen of a column of '" + layouts_[table].table + "' excludes a witness";
      });
      for (std::size_t j = 0; j < rows.size(); ++j) columns[table][c][rows[j]] = (*masks)[j];
    }
  }
}

Commitments Laboratory::disguise(const Program& program, std::span<const std::int32_t> input,
                                 const Commitments& seen) {
  Commitments commitments(shape_.instances.size());
  ModelColumns columns = model(program);
  if (key_.hides_weights()) disguise_tree(Tree::weights, columns.weights, seen.tree(Tree::weights));
  const Trace execution = execute(program, Buffer(input.begin(), input.end()), key_.batch());
  Csprng unused = Csprng::insecure(0);
  Data data = commit_data_of(execution, unused);
  for (std::size_t i = 0; i < data.tensors.size(); ++i) {
    const std::size_t table = shape_.first_data() + i;
    TableColumns made(shape_.instances.size()), seen_there(made);
    made[table] = std::move(data.tensors[i].columns);
    seen_there[table] = seen.tree(Tree::data)[table];
    disguise_tree(Tree::data, made, seen_there);
    data.tensors[i].columns = std::move(made[table]);
  }
  Commitments without_masks(shape_.instances.size());
  HonestTrace bare(arithmetisation_, columns, execution, nullptr, data.view());
  run_stages(bare, challenges_, without_masks);
  std::vector<QM31> rhos;
  for (std::size_t table = 0; table < shape_.claims(); ++table) {
    rhos.push_back(seen.claimed_sums[table] - without_masks.claimed_sums[table]);
  }
  ChosenMasks source(arithmetisation_, columns, execution, data.view(), rhos,
                     [&](Tree tree, TableColumns& made) { disguise_tree(tree, made, seen.tree(tree)); });
  run_stages(source, challenges_, commitments);
  commitments.tree(Tree::structure) = columns.structure;
  commitments.tree(Tree::weights) = columns.weights;
  add_data(data, commitments);
  commitments.tree(Tree::logup).back() = seen.tree(Tree::logup).back();
  Columns& blinder = commitments.tree(Tree::witness).back();
  for (std::size_t i = 0; i < index_of(blinder::Witness::count); ++i) std::ranges::fill(blinder[i], M31());
  return commitments;
}

std::vector<FixedTree> Laboratory::make_trees(const Commitments& commitments) const {
  std::vector<FixedTree> trees;
  for (std::size_t tree = 0; tree < common_tree_count; ++tree) {
    trees.push_back(make_tree(commitments.trees[tree]));
  }
  for (std::size_t table = shape_.first_data(); table < shape_.blinder(); ++table) {
    trees.push_back(make_tree({commitments.tree(Tree::data)[table]}));
  }
  return trees;
}

Laboratory::Components Laboratory::components(const std::vector<QM31>& claimed_sums) const {
  return make_component_provers(shape_, challenges_, claimed_sums);
}

FixedProof Laboratory::prove(const Components& components, std::span<const FixedTree> trees) const {
  FixedChannel channel(seed_);
  Scheme scheme(key_.pcs);
  for (std::size_t t = 0; t < trees.size(); ++t) {
    scheme.commit(trees[t], channel);
    scheme.pin(pin_of(static_cast<Tree>(std::min(t, common_tree_count)), trees[t]));
  }
  std::vector<const ComponentProver*> views;
  for (const auto& component : components) views.push_back(component.get());
  FixedProof proof;
  proof.stark = prove_components<FixedMerkleChannel>(views, channel, scheme);
  proof.composition = scheme.trees().back();
  static constexpr std::array<int, 2> offsets = {-1, 0};
  std::vector<SampledColumn> columns;
  for (std::size_t t = 0; t < scheme.trees().size(); ++t) {
    for (std::size_t c = 0; c < proof.stark.sampled_values[t].size(); ++c) {
      const auto& samples = proof.stark.sampled_values[t][c];
      columns.push_back(
          {scheme.trees()[t]->coefficients()[c], std::span(offsets).last(samples.size()), samples});
      if (t >= scheme.pins().size()) continue;
      columns.back().pin_points = scheme.pins()[t].points;
      columns.back().pinned = scheme.pins()[t].of(c);
    }
  }
  proof.codeword = deep_codeword(opened_at_.point, gamma_, height(), key_.pcs.fri.log_blowup_factor, columns);
  return proof;
}

Vector Laboratory::view(const FixedProof& proof, std::uint32_t first) const {
  Vector view;
  const auto add_openings = [&](std::size_t tree, std::size_t column) {
    const Vector& values = proof.stark.queried_values[tree][column];
    view.insert(view.end(), values.begin(), values.end());
    append_coordinates(proof.stark.sampled_values[tree][column], view);
  };
  constexpr auto witness = static_cast<std::size_t>(Tree::witness);
  for (std::size_t i = first; i < proof.stark.queried_values[witness].size(); ++i) add_openings(witness, i);
  for (std::size_t i = 0; i < composition_columns; ++i) add_openings(shape_.tree_count(), i);
  for (BaseColumn coordinate : proof.codeword.coordinates) {
    circle_ifft(coordinate);
    const auto end = coordinate.begin() + (std::ptrdiff_t{1} << height());
    require(std::all_of(end, coordinate.end(), [](M31 x) { return x.is_zero(); }), ErrorKind::internal,
            "the codeword's degree is too high");
    view.insert(view.end(), coordinate.begin(), end);
  }
  return view;
}

std::vector<Vector> Laboratory::images(const Components& components, std::vector<FixedTree> trees,
                                       TableColumns witness, std::span<const Cell> cells,
                                       const std::function<Vector(const FixedProof&)>& seen) const {
  std::vector<BaseColumn*> columns;
  for (Columns& table : witness) {
    for (BaseColumn& column : table) columns.push_back(&column);
  }
  for (const Cell& cell : cells) (*columns[cell.column])[cell.row] = M31();
  const auto seen_now = [&] {
    trees[static_cast<std::size_t>(Tree::witness)] = make_tree(witness);
    return seen(prove(components, trees));
  };
  const Vector base = seen_now();
  std::vector<Vector> images;
  for (const Cell& cell : cells) {
    M31& value = (*columns[cell.column])[cell.row];
    value = M31(1);
    images.push_back(seen_now());
    value = M31();
    for (std::size_t i = 0; i < base.size(); ++i) images.back()[i] -= base[i];
  }
  return images;
}

}  // namespace circlet::testing
