#include "tests/support/setup_any.hpp"

namespace circlet::testing {

ProvingKey setup_any(const Program& program, SetupOptions options) {
  if (!options.meaning) options.meaning = Blake2sHash{};
  return setup(program, options);
}

}  // namespace circlet::testing
