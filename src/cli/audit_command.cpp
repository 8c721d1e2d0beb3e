// `circlet audit`: a model of many records and of what is counted of them. What it writes is a folder like
// that of an import: set up, committed to, proved and verified like any other.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"
#include "program/audit.hpp"
#include "program/model_file.hpp"

namespace circlet::cli {
namespace {

/// A name for counts that people ask for together.
void add_counts(const AuditCommand& command, Audit& audit) {
  const auto need_column = [&](const std::string& name) {
    if (std::ranges::find(audit.columns, name) == audit.columns.end()) audit.columns.push_back(name);
  };
  if (command.accuracy) {
    need_column("label");
    audit.counts.emplace_back("correct");
  }
  for (const std::string& group : command.parity) {
    need_column(group);
    for (const char* value : {"0", "1"}) {
      audit.counts.push_back(fmt::format("predicted={} & {}={}", command.positive, group, value));
      audit.counts.push_back(fmt::format("{}={}", group, value));
    }
  }
  for (const std::string& group : command.opportunity) {
    need_column("label");
    need_column(group);
    for (const char* value : {"0", "1"}) {
      audit.counts.push_back(
          fmt::format("predicted={} & label={} & {}={}", command.positive, command.positive, group, value));
      audit.counts.push_back(fmt::format("label={} & {}={}", command.positive, group, value));
    }
  }
  // Of a model of several scores, or of (1 - p, p), the probability.
  const bool has_classes =
      !audit.model.postprocessing.empty() || audit.model.tensors[only_output(audit.model).tensor].rows() > 1;
  const std::string score = has_classes ? fmt::format("P({})", command.positive) : "score";
  for (std::size_t i = 0; i <= command.histogram.size() && !command.histogram.empty(); ++i) {
    const auto at_least = [&] { return fmt::format("{} >= {}", score, command.histogram[i - 1]); };
    const auto below = [&] { return fmt::format("{} < {}", score, command.histogram[i]); };
    audit.counts.push_back(i == 0                          ? below()
                           : i == command.histogram.size() ? at_least()
                                                           : at_least() + " & " + below());
  }
}

}  // namespace

void audit_model(const AuditCommand& command, const Output& output) {
  const ModelFolder folder{command.folder}, audit_folder{command.audit};
  if (!command.force) require_no_model(audit_folder);
  require(std::ranges::is_sorted(command.histogram), ErrorKind::usage,
          "--histogram: the edges go from the least to the greatest");
  Audit audit{.model = folder.imported(),
              .records = command.records,
              .columns = command.columns,
              .counts = command.counts};
  add_counts(command, audit);
  require(!audit.counts.empty(), ErrorKind::usage,
          "audit: say what is counted: --accuracy, --parity, --opportunity, --histogram, or --count");
  const auto features = features_of(audit.model, only_input(audit.model));
  const std::vector<std::string> columns = audit.columns, counts = audit.counts;
  // The report is of the model: of these records nothing was measured.
  const Model made{.program = with_audit(std::move(audit)), .report = {}};
  std::filesystem::create_directories(command.audit);
  save_structure(made.program, {}, audit_folder.structure());
  save_model(made, audit_folder.model());
  remove_key(audit_folder);
  std::string beside, counted;
  for (const std::string& column : columns) beside += ", " + printable(column);
  for (const std::string& count : counts) counted += "  " + printable(count) + "\n";
  output.print({{"model", audit_folder.model().string()},
                {"structure", audit_folder.structure().string()},
                {"records", command.records},
                {"features", features},
                {"columns", columns},
                {"counts", counts}},
               fmt::format("of {} records, each the model's {} numbers{}, the number of those with\n{}"
                           "wrote {} (secret) and {} (public)\n"
                           "next: circlet setup {} --target offchain --input committed\n",
                           command.records, features, beside, counted, audit_folder.model().string(),
                           audit_folder.structure().string(), shell_quoted(command.audit.string())));
}

}  // namespace circlet::cli
