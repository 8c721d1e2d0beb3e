// Input files: the first byte chooses the form, the second the number of features.
#include "frontend/inputs.hpp"

#include <functional>
#include <numeric>

#include "tests/fuzz/json_mutator.hpp"
#include "tests/fuzz/target.hpp"

using namespace circlet;
using namespace circlet::fuzz;

namespace {

constexpr std::size_t prefix = 2;

void check_array(const NumpyArray& array) {
  const auto count =
      std::accumulate(array.shape.begin(), array.shape.end(), std::uint64_t{1}, std::multiplies<>());
  expect(array.values.size() == count, "an array has as many values as its shape says");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < prefix) return 0;
  const std::uint32_t features = data[1] % 8U + 1;
  const std::span bytes(data + prefix, size - prefix);
  const std::string text(bytes.begin(), bytes.end());
  if (data[0] == 'c' || data[0] % 3 == 0) {
    const auto values = attempt([&] {
      return data[0] == 'c' ? parse_csv_inputs(text, features, "input.csv")
                            : parse_json_inputs(text, features, "input.json");
    });
    if (values) expect(!values->empty() && values->size() % features == 0, "inputs are whole samples");
  } else {
    const auto array = attempt(
        [&] { return data[0] % 3 == 1 ? parse_npy(text, "input.npy") : parse_npz(bytes, "input.npz"); });
    if (array) check_array(*array);
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  if (size <= prefix || data[0] == 'c' || data[0] % 3 != 0 || seed % 8 == 0)
    return LLVMFuzzerMutate(data, size, most);
  return prefix + mutate_json(data + prefix, size - prefix, most - prefix, seed);
}
