// model.circlet: what reads as a model has one encoding, and executes.
#include <algorithm>

#include "program/executor.hpp"
#include "program/model_file.hpp"
#include "tests/fuzz/program_mutator.hpp"
#include "tests/fuzz/target.hpp"

using namespace circlet;
using namespace circlet::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  const auto model = attempt([&] { return read_model(bytes); });
  if (!model) return 0;
  expect(std::ranges::equal(write_model(*model), bytes), "a model has one encoding");
  const Program& program = model->program;
  std::size_t rows = 0;
  for (const auto& tensor : program.tensors) rows += tensor.rows();
  if (rows > 4096) return 0;
  for (const bool greatest : {false, true}) {
    std::vector<Buffer> inputs;
    for (const InputPort& port : program.inputs) {
      const Tensor& tensor = program.tensors[port.tensor];
      Buffer& values = inputs.emplace_back();
      for (std::size_t row = 0; row < tensor.rows(); ++row) {
        const std::int64_t end = greatest ? tensor.max : tensor.min;
        values.push_back(static_cast<std::int32_t>(end + centre(port, row)));
      }
    }
    const auto trace = attempt([&] { return execute(program, inputs, 1); });
    if (!trace) continue;
    for (std::size_t port = 0; port < program.outputs.size(); ++port) {
      const Tensor& output = program.tensors[program.outputs[port].tensor];
      expect(std::ranges::all_of(trace->output(port),
                                 [&](auto y) { return y >= output.min && y <= output.max; }),
             "outputs lie in their declared range");
    }
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  if (below(random, 4) == 0) return LLVMFuzzerMutate(data, size, most);
  auto model = attempt([&] { return read_model({data, size}); });
  if (!model) {
    model = Model{.program = any_program(random), .report = {}};
  }
  for (std::size_t i = below(random, 3) + 1; i > 0; --i) ProgramMutator(model->program, random).change_one();
  return replace(data, size, most, write_model(*model));
}
