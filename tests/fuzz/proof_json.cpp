// A proof in the crate's JSON form.
#include <algorithm>

#include "fri/proof_io.hpp"
#include "tests/fuzz/json_mutator.hpp"
#include "tests/fuzz/target.hpp"

using namespace circlet;
using namespace circlet::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto proof = attempt([&] { return stark_proof_from_json_text(text); });
  if (!proof) return 0;
  expect(stark_proof_from_json_text(stark_proof_to_json_text(*proof)) == *proof, "JSON keeps a proof");
  ByteWriter writer;
  write_stark_proof(writer, *proof);
  ByteReader reader(writer.bytes(), "proof");
  expect(read_stark_proof(reader) == *proof, "the binary form keeps a proof");
  reader.expect_end();
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  return mutate_json(data, size, most, seed);
}
