// Works on a proof budget as a prover does, and logs what it is granted, so that a killed process leaves its
// record:
//   circlet-spend-loop create BUDGET ROOT TOTAL
//   circlet-spend-loop spend  BUDGET ROOT COUNT LOG     a line "begin" before, "granted REMAINING" after each
//   circlet-spend-loop split  BUDGET ROOT PARTS LOG     a line "begin" before, "granted TOTAL TOTAL .." after
//   circlet-spend-loop move   BUDGET ROOT 0             notes that the budget was moved to where it is
//   circlet-spend-loop status BUDGET                    prints TOTAL SPENT
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "core/artefact.hpp"
#include "core/error.hpp"
#include "stark/prover/proof_budget.hpp"

using namespace circlet;

namespace {

/// One write a line: of several processes, and of a killed one, only whole lines are in the file.
class Log {
 public:
  explicit Log(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)) {}
  void line(const std::string& text) {
    const std::string whole = std::to_string(::getpid()) + " " + text + "\n";
    const auto written = ::write(file_.get(), whole.data(), whole.size());
    require(written == static_cast<ssize_t>(whole.size()), ErrorKind::internal, "the log cannot be written");
  }

 private:
  FileDescriptor file_;
};

int work(const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments[0];
  if (command == "status" && arguments.size() == 2) {
    const ProofBudget budget = read_budget(arguments[1]);
    std::printf("%llu %llu\n", static_cast<unsigned long long>(budget.total),
                static_cast<unsigned long long>(budget.spent));
    return 0;
  }
  require(arguments.size() >= 4, ErrorKind::usage, "see the first lines of spend_loop.cpp");
  const std::string& budget = arguments[1];
  const Blake2sHash root = Blake2sHash::from_hex(arguments[2]);
  const std::uint64_t number = std::stoull(arguments[3]);
  if (command == "create") {
    create_budget(budget, root, number);
    return 0;
  }
  if (command == "move") {
    record_place(budget, root);
    return 0;
  }
  require(arguments.size() == 5, ErrorKind::usage, "see the first lines of spend_loop.cpp");
  Log log(arguments[4]);
  if (command == "split") {
    log.line("begin");
    std::string totals;
    for (const auto total : split_budget(budget, root, number)) totals += " " + std::to_string(total);
    log.line("granted" + totals);
    return 0;
  }
  require(command == "spend", ErrorKind::usage, "see the first lines of spend_loop.cpp");
  for (std::uint64_t i = 0; i < number; ++i) {
    log.line("begin");
    log.line("granted " + std::to_string(spend_budget(budget, root)));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return work({argv + 1, argv + argc});
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return error.kind() == ErrorKind::usage ? 2 : error.kind() == ErrorKind::internal ? 4 : 3;
  }
}
