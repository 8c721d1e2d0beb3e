// Proves plain AIRs that the stwo crate's prover has proved, and compares the proofs byte for byte:
//   oracle-compare FILE...      each FILE is what `oracle-prove --comps` prints

#include <iostream>

#include "tests/golden/golden_files.hpp"
#include "tests/golden/test_air_prover.hpp"

int main(int argc, char** argv) {
  using namespace circlet;
  int identical = 0;
  for (int i = 1; i < argc; ++i) {
    try {
      const auto json = nlohmann::ordered_json::parse(read_file(argv[i]));
      test::TestStatement statement = test::TestStatement::from_fixture(json);
      const auto expected_sums = statement.claimed_sums;
      const auto proof = test::prove_test_air(statement);
      if (stark_proof_to_json_text(proof) != json.at("proof").dump() ||
          statement.claimed_sums != expected_sums) {
        std::cerr << argv[i] << ": the proofs differ\n";
        continue;
      }
      test::verify_test_proof(statement, proof);
      ++identical;
    } catch (const std::exception& error) {
      std::cerr << argv[i] << ": " << error.what() << "\n";
    }
  }
  std::cout << "oracle-compare: " << identical << " of " << argc - 1 << " proofs are identical\n";
  return identical == argc - 1 && identical != 0 ? 0 : 1;
}
