// Column storage and parallel loops.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "compute/column_set.hpp"
#include "compute/parallel.hpp"

using namespace circlet;

TEST_CASE("columns_of_a_set_are_aligned_and_a_view_shows_the_same_values") {
  auto owned = std::make_shared<ColumnSet>(std::vector<std::uint32_t>{3, 1, 5, 4});
  std::uint32_t next = 1;
  for (std::size_t i = 0; i < owned->size(); ++i) {
    CHECK((*owned)[i].size() == std::size_t{1} << owned->log_sizes()[i]);
    CHECK(reinterpret_cast<std::uintptr_t>((*owned)[i].data()) % 64 == 0);
    for (M31& value : owned->mutable_column(i)) value = M31(next++);
  }
  ColumnSet view(owned->log_sizes(), owned->values(), owned);
  for (std::size_t i = 0; i < view.size(); ++i) CHECK(view[i].data() == (*owned)[i].data());
  CHECK(view.largest_log_size() == 5);
  CHECK_THROWS_AS(static_cast<void>(view.mutable_column(0)), Error);
}

TEST_CASE("the_words_between_columns_are_zero") {
  const ColumnSet set(std::vector<std::uint32_t>{1, 1});
  REQUIRE(set.values().size() == 32);
  for (std::size_t i = 2; i < 16; ++i) CHECK(set.values()[i].is_zero());
}

TEST_CASE("a_view_of_another_length_is_refused") {
  const auto values = std::make_shared<BaseColumn>(48);
  CHECK_NOTHROW(ColumnSet({4, 5}, *values, values));
  CHECK_THROWS_AS(ColumnSet({4, 4}, *values, values), Error);
  CHECK_THROWS_AS(ColumnSet({0}, *values, values), Error);
  CHECK_THROWS_AS(ColumnSet({31}, *values, values), Error);
}

TEST_CASE("freed_column_memory_serves_the_next_columns") {
  release_kept_memory();
  constexpr std::size_t bytes = std::size_t{3} << 21;
  void* const first = allocate_aligned(bytes);
  free_aligned(first, bytes);
  void* const second = allocate_aligned(bytes);
  CHECK(first == second);
  free_aligned(second, bytes);
  release_kept_memory();
}

TEST_CASE("parallel_ranges_cover_every_index_once_and_start_at_multiples_of_the_grain") {
  const std::size_t threads = thread_count();
  for (const std::size_t count : {std::size_t{1}, std::size_t{4}}) {
    set_thread_count(count);
    CHECK(thread_count() == count);
    for (const std::size_t size : {0, 1, 15, 16, 17, 1000}) {
      std::vector<std::atomic<int>> visits(size + 3);
      parallel_for_ranges(3, size + 3, 16, [&](std::size_t begin, std::size_t end) {
        CHECK((begin - 3) % 16 == 0);
        for (std::size_t i = begin; i < end; ++i) ++visits[i];
      });
      for (std::size_t i = 0; i < visits.size(); ++i) REQUIRE(visits[i] == (i < 3 ? 0 : 1));
    }
  }
  set_thread_count(threads);
  CHECK_THROWS_AS(set_thread_count(0), Error);
}

TEST_CASE("an_exception_in_a_parallel_loop_reaches_the_caller") {
  CHECK_THROWS_AS(
      parallel_for(0, 100, [](std::size_t i) { require(i != 57, ErrorKind::internal, "index 57"); }), Error);
}
