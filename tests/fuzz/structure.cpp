// model.structure: what reads as a structure has one encoding, and its arithmetisation is well formed.
#include "lowering/structure.hpp"

#include <algorithm>

#include "program/model_file.hpp"
#include "program/predicate.hpp"
#include "tests/fuzz/program_mutator.hpp"
#include "tests/fuzz/target.hpp"

using namespace circlet;
using namespace circlet::fuzz;

namespace {

/// Small enough that its tables take little time.
bool is_small(const Program& program) {
  std::size_t rows = lut_entries(program);
  for (const auto& tensor : program.tensors) rows += tensor.rows();
  for (const auto& op : program.ops) {
    for (const TensorId input : op.inputs) {
      for (const TensorId output : op.outputs) {
        const std::size_t inputs = program.tensors[input].rows();
        rows += inputs * (program.tensors[output].rows() / 16 + 1);
      }
    }
  }
  return rows <= 4096;
}

Predicate any_predicate(const Program& program, Random& random) {
  Predicate predicate{.kind = static_cast<Predicate::Kind>(below(random, 4)), .threshold = 0};
  if (predicate.kind == Predicate::Kind::values || predicate.kind == Predicate::Kind::argmax)
    return predicate;
  const auto greatest = static_cast<double>(program.tensors[program.outputs[0].tensor].max);
  predicate.threshold = greatest * (static_cast<double>(below(random, 2000)) / 1000 - 1);
  return predicate;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  const auto model = attempt([&] { return read_structure(bytes); });
  if (!model) return 0;
  expect(std::ranges::equal(write_structure(model->imported, model->predicate), bytes),
         "a structure has one encoding");
  if (!is_small(model->imported)) return 0;
  const auto program = attempt([&] { return with_predicate(model->imported, model->predicate); });
  if (!program) return 0;
  for (const Visibility input : {Visibility::shown, Visibility::hidden, Visibility::committed}) {
    const auto a =
        arithmetise(*program, {.lanes = 16,
                               .batch = 1,
                               .inputs = std::vector(program->inputs.size(), input),
                               .outputs = std::vector(program->outputs.size(), Visibility::shown)});
    check_structure(build_structure(a), public_wires(a, program->outputs[0].predicate.kind));
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  if (below(random, 4) == 0) return LLVMFuzzerMutate(data, size, most);
  auto model = attempt([&] { return read_structure({data, size}); });
  if (!model) {
    model = PublicModel{structure_of(any_program(random)), {}};
  }
  if (below(random, 3) == 0) model->predicate = any_predicate(model->imported, random);
  for (std::size_t i = below(random, 3); i > 0; --i) ProgramMutator(model->imported, random).change_one();
  return replace(data, size, most, write_structure(model->imported, model->predicate));
}
