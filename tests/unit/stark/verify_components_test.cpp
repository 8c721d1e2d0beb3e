#include "components/verify_components.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <utility>

#include "core/error.hpp"
#include "tests/support/refusal.hpp"

using namespace circlet;

namespace {

using Scheme = CommitmentSchemeVerifier<Blake2sMerkleChannel>;

class EmptyComponent : public Component {
 public:
  EmptyComponent(std::uint32_t log_size, ComponentMasks masks)
      : log_size_(log_size), masks_(std::move(masks)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint32_t log_size() const override { return log_size_; }
  [[nodiscard]] std::uint32_t constraint_count() const override { return 0; }
  [[nodiscard]] const ComponentMasks& masks() const override { return masks_; }
  void evaluate_at_point(const MaskValues&, PointAccumulator&) const override {}

 private:
  std::uint32_t log_size_;
  ComponentMasks masks_;
  std::string name_ = "empty";
};

/// What the verifier says about a proof of these components over one column of each given log size a tree.
std::pair<ErrorKind, std::string> refusal(const std::vector<EmptyComponent>& components,
                                          const std::vector<std::vector<std::uint32_t>>& log_sizes,
                                          const StarkProof<Blake2sHash>& proof = {}) {
  Blake2sChannel channel;
  Scheme scheme(proof.config);
  for (const auto& tree : log_sizes) scheme.commit({}, tree, channel);
  std::vector<const Component*> pointers;
  for (const auto& component : components) pointers.push_back(&component);
  try {
    verify_components<Blake2sMerkleChannel>(pointers, channel, scheme, proof);
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  FAIL("accepted");
  return {};
}

TEST_CASE("an_empty_proof_is_rejected") {
  const auto [kind, reason] = refusal({{4, {{}, {{0, {0}}}}}}, {{}, {4}});
  CHECK(kind == ErrorKind::rejected);
  CHECK(reason == "proof: 0 commitments, expected 3");
}

TEST_CASE("components_that_do_not_fit_the_trees_are_an_internal_error") {
  const auto expect = [](const std::vector<EmptyComponent>& components, const std::string& message) {
    const auto [kind, reason] = refusal(components, {{4, 4}, {4, 4}});
    CHECK(kind == ErrorKind::internal);
    CHECK(reason.find(message) != std::string::npos);
  };
  expect({}, "the largest log size is 0");
  expect({{40, {{}, {}}}}, "the largest log size is 40");
  expect({{4, {{}}}}, "names another number of trees");
  expect({{4, {{}, {{2, {0}}}}}}, "reads a column that is not committed");
  for (const auto& offsets : {std::vector{-1}, {0, 1}, {0, -1}, {-1, 0, 1}, {0, 0}, {-2, 0}}) {
    expect({{4, {{}, {{0, offsets}}}}}, "has a mask other than");
  }
  expect({{4, {{}, {{0, {0}}}}}, {4, {{}, {{0, {0}}}}}}, "reads another component's column");
  expect({{4, {{{0, {0}}}, {}}}, {4, {{{0, {-1, 0}}}, {}}}}, "reads a shared column at other offsets");
}

StarkProof<Blake2sHash> proof_of_shape(const std::vector<std::size_t>& columns) {
  StarkProof<Blake2sHash> proof;
  proof.commitments.resize(columns.size());
  proof.decommitments.resize(columns.size());
  for (const std::size_t n : columns) {
    proof.sampled_values.emplace_back(n);
    proof.queried_values.emplace_back(n);
  }
  for (auto& column : proof.sampled_values.back()) column.resize(1);
  return proof;
}

TEST_CASE("trees_that_are_not_as_high_as_the_trace_are_rejected") {
  const auto proof = proof_of_shape({1, 1, 1, 8});
  const std::vector<EmptyComponent> components = {{5, {{}, {}, {}}}};
  CHECK(refusal(components, {{4}, {5}, {5}}, proof)
            .second.starts_with("tree 0: the preprocessed tree is lower"));
  CHECK(refusal(components, {{9}, {4}, {5}}, proof).second == "tree 1 has height 5, the trace 6");
  CHECK(refusal(components, {{9}, {5}, {6}}, proof).second == "tree 2 has height 7, the trace 6");
  CHECK(refusal(components, {{9}, {5}, {}}, proof).second == "tree 2 has height 0, the trace 6");
}

TEST_CASE("a_proof_of_other_roots_or_another_number_of_trees_is_rejected") {
  const std::vector<EmptyComponent> components = {{5, {{}, {}}}};
  auto proof = proof_of_shape({1, 1, 8});
  proof.commitments[1].words[0] = 1;
  CHECK(refusal(components, {{5}, {5}}, proof).second ==
        "tree 1: the proof's commitment differs from the one committed");
  proof = proof_of_shape({1, 1, 8});
  proof.sampled_values.push_back(proof.sampled_values.back());
  CHECK(refusal(components, {{5}, {5}}, proof).second == "sampled values: 4 trees, expected 3");
}

TEST_CASE("sample_offsets_of_other_trees_are_an_internal_error") {
  Blake2sChannel channel;
  const auto proof = proof_of_shape({1, 8});
  Scheme scheme(proof.config);
  scheme.commit({}, std::vector{5U}, channel);
  const auto refused = [&](const SampleOffsets& offsets) {
    return testing::refusal(ErrorKind::internal, [&] { scheme.check_shape(5, offsets, proof); });
  };
  using Columns = std::vector<std::vector<int>>;
  const Columns composition(8, std::vector{0});
  CHECK(refused({Columns(1), composition}) == "accepted");
  CHECK(refused({Columns(1)}) == "sample offsets do not name every tree");
  CHECK(refused({Columns(2), composition}) == "sample offsets do not name every column");
  CHECK(refused({Columns(1), Columns(7)}) == "sample offsets do not name every column");
}

TEST_CASE("a_sampled_column_taller_than_the_trace_is_rejected") {
  auto proof = proof_of_shape({1, 1, 8});
  proof.sampled_values[0][0].resize(1);
  const auto [kind, reason] = refusal({{5, {{{0, {0}}}, {}}}}, {{6}, {5}}, proof);
  CHECK(kind == ErrorKind::rejected);
  CHECK(reason == "tree 0, column 0: sampled, but taller than the trace");
}

TEST_CASE("samples_of_columns_that_nothing_reads_are_rejected") {
  auto proof = proof_of_shape({2, 1, 8});
  proof.sampled_values[0][1].resize(1);
  CHECK(refusal({{5, {{{1, {}}}, {}}}}, {{5, 5}, {5}}, proof).second ==
        "tree 0, column 1: 1 sampled values, expected 0");
}

TEST_CASE("a_constant_trace_whose_composition_is_not_zero_is_rejected") {
  auto proof = proof_of_shape({1, 1, 8});
  proof.sampled_values[2][3][0] = QM31(M31(1));
  CHECK(refusal({{5, {{}, {}}}}, {{5}, {5}}, proof).second ==
        "composition: the constraints do not hold at the out-of-domain point");
}

TEST_CASE("configurations_out_of_range_are_refused") {
  const auto expect_refused = [](const PcsConfig& config) { CHECK_THROWS_AS(Scheme scheme(config), Error); };
  expect_refused({33, {1, 0, 10, 1}});
  expect_refused({20, {0, 0, 10, 1}});
  expect_refused({20, {5, 0, 10, 1}});
  expect_refused({20, {1, 5, 10, 1}});
  expect_refused({20, {1, 0, 0, 1}});
  expect_refused({20, {1, 0, 1025, 1}});
  expect_refused({20, {1, 0, 10, 0}});
  expect_refused({20, {1, 0, 10, 5}});
  CHECK_NOTHROW(Scheme({32, {4, 4, 1024, 4}}));
}

TEST_CASE("columns_that_no_domain_can_hold_are_refused") {
  Blake2sChannel channel;
  Scheme scheme({20, {4, 0, 10, 1}});
  CHECK_THROWS_AS(scheme.commit({}, std::vector{27U}, channel), Error);
  CHECK_THROWS_AS(scheme.commit({}, std::vector{0U}, channel), Error);
  CHECK_THROWS_AS(scheme.commit({}, std::vector{~0U}, channel), Error);
  CHECK_NOTHROW(scheme.commit({}, std::vector{26U}, channel));
}

}  // namespace
