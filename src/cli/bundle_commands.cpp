#include "cli/bundle_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "cli/files.hpp"
#include "cli/key_text.hpp"
#include "cli/memory.hpp"
#include "cli/proof_checks.hpp"
#include "cli/statement_text.hpp"
#include "cli/structure_text.hpp"
#include "core/artefact.hpp"
#include "core/printable.hpp"
#include "frontend/published.hpp"
#include "lowering/structure.hpp"
#include "program/model_file.hpp"
#include "program/part.hpp"
#include "program/predicate.hpp"
#include "session/bundle_session.hpp"
#include "stark/bundle.hpp"
#include "stark/prover/plan_segments.hpp"
#include "stark/prover/proof_budget.hpp"
#include "stark/security.hpp"
#include "starknet/limits.hpp"
#include "starknet/model_id.hpp"

namespace circlet::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::uint64_t most_bundle_proof_bytes = std::uint64_t{1} << 32;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// "auto" is nothing.
std::optional<std::uint32_t> count_of(const std::string& text) {
  if (text == "auto") return {};
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  require(error == std::errc() && end == text.data() + text.size() && count >= 1 && count <= max_segments,
          ErrorKind::usage, [&] {
            return "--segments is " + in_quotes(text) + ": choose auto, or 1 to " +
                   std::to_string(max_segments);
          });
  return count;
}

/// A key that says of input and output what the bundle's statement says; its tables are the first segment's.
VerificationKey outer_key(const BundleKey& bundle) {
  VerificationKey key = bundle.segments.front();
  key.tensors = {bundle.input(), bundle.output()};
  return key;
}

Statement outer_statement(const BundleProof& proof) {
  return {proof.context,
          {proof.segments.front().statement.tensors.at(0), proof.segments.back().statement.tensors.at(1)}};
}

/// Ids of the commitments between the segments.
std::vector<std::string> joints_of(const BundleKey& bundle, const BundleProof& proof) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i + 1 < bundle.segments.size(); ++i) {
    const VerificationKey& key = bundle.segments[i];
    ids.push_back(
        key.committed(key.output(), *proof.segments[i].statement.tensors.at(1).commitment).to_hex());
  }
  return ids;
}

Json bundle_json(const BundleKey& bundle, const BundleProof& proof, const OutputMeaning& meaning) {
  Json json = statement_json(outer_key(bundle), outer_statement(proof), meaning, bundle.digest().to_hex());
  json["segments"] = bundle.segments.size();
  json["joints"] = joints_of(bundle, proof);
  return json;
}

std::string bundle_text(const BundleKey& bundle, const BundleProof& proof, const OutputMeaning& meaning) {
  return statement_text(outer_key(bundle), outer_statement(proof), meaning, bundle.digest().to_hex()) +
         fmt::format("segments {}, joined by the commitments {}\n", bundle.segments.size(),
                     fmt::join(joints_of(bundle, proof), " "));
}

/// A forger attacks the weakest segment.
Security weakest(const BundleKey& bundle) {
  std::vector<Security> all;
  for (const VerificationKey& segment : bundle.segments) all.push_back(security_of(segment));
  return *std::ranges::min_element(
      all, {}, [](const Security& security) { return std::pair(security.conjectured(), security.proven()); });
}

std::string place_of(const Program& imported, const std::vector<TensorId>& cuts, std::size_t index) {
  const auto name = [&](TensorId cut) {
    const Tensor& tensor = imported.tensors[cut];
    return fmt::format("{} ({} values)", in_quotes(tensor.name), tensor.rows());
  };
  return fmt::format("{} to {}", index == 0 ? "input" : name(cuts[index - 1]),
                     index == cuts.size() ? "output" : name(cuts[index]));
}

void save_bundle_key(const BundleKey& bundle, const ModelFolder& folder) {
  check_bundle_key(bundle);
  write_file(folder.verification_key(), encode_bundle_key(bundle));
}

/// What was set up of a segment, and what there is to say of it.
struct SegmentReport {
  Json json;
  std::string text;
  std::uint64_t proof_budget = 0;
};

/// Writes a segment's keys and its budget, of which the place is noted in `note`.
SegmentReport save_segment(const ModelFolder& segment, const ProvingKey& proving_key,
                           const std::string& place, const std::string& plan, std::string& note) {
  const VerificationKey& key = proving_key.key;
  save_proving_key(proving_key, segment.proving_key());
  if (key.hides_weights())
    note = place_note(create_budget(segment.budget(), key.weights_root, proving_key.proof_budget));
  save_verification_key(key, segment.verification_key());
  return {.json = {{"folder", segment.folder.string()},
                   {"part", place},
                   {"model_id", model_id(key).to_hex()},
                   {"tables", tables_json(key)},
                   {"proof_budget", proving_key.proof_budget},
                   {"plan", plan}},
          .text = fmt::format("{}\n                {}\n                {}\n", place, tables_text(key), plan),
          .proof_budget = proving_key.proof_budget};
}

void print_setup(const ModelFolder& folder, const BundleKey& bundle,
                 const std::vector<SegmentReport>& reports, const Program& imported,
                 const Predicate& predicate, const std::string& note, const Output& output) {
  Json segments = Json::array();
  std::string text;
  std::uint64_t proofs = reports[0].proof_budget;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    segments.push_back(reports[i].json);
    text += fmt::format("segment {:<7} {}", i + 1, reports[i].text);
    proofs = std::min(proofs, reports[i].proof_budget);
  }
  const VerificationKey outer = outer_key(bundle);
  const std::string shown =
      predicate.kind == Predicate::Kind::values ? visibility_name(outer.output().visibility)
      : outer.output().visibility == Visibility::shown
          ? predicate_text(predicate)
          : std::string(visibility_name(outer.output().visibility)) + " " + predicate_text(predicate);
  const bool commits = outer.input().visibility == Visibility::committed;
  output.print(
      {{"model_id", bundle.digest().to_hex()},
       {"segments", segments},
       {"input", visibility_name(outer.input().visibility)},
       {"output", shown},
       {"zero_knowledge", outer.zero_knowledge},
       {"proof_budget", proofs},
       {"shows", disclosures(imported)},
       {"security", to_json(weakest(bundle))},
       {"verification_key", folder.verification_key().string()}},
      fmt::format("model id        {}\n{}statement       input {}, output {}\nhides           {}\n{}"
                  "security        {:.0f} bits conjectured, {:.0f} proven, of the weakest segment\n"
                  "wrote {} (public) and the keys of {} segments\n{}next: {}\n",
                  bundle.digest().to_hex(), text, visibility_name(outer.input().visibility), shown,
                  hidden_text(outer),
                  proofs == 0 ? ""
                              : fmt::format("proofs          {} before the weights must be committed "
                                            "anew\n",
                                            proofs),
                  std::floor(weakest(bundle).conjectured()), std::floor(weakest(bundle).proven()),
                  folder.verification_key().string(), bundle.segments.size(), note,
                  commits ? fmt::format("circlet commit {} input.json -o input.data",
                                        shell_quoted(folder.verification_key().string()))
                          : fmt::format("circlet prove {} input.json -o proof.bin",
                                        shell_quoted(folder.folder.string()))));
}

/// Throws Error(rejected) unless every segment's key is that of its part of the model in model.structure.
void rebuild(const BundleKey& bundle, const PublicModel& shown, const Path& folder) {
  for (std::size_t i = 0; i < bundle.segments.size(); ++i) {
    const VerificationKey& key = bundle.segments[i];
    require_memory_to_rebuild(folder, key, available_memory());
    const bool is_last = i + 1 == bundle.segments.size();
    try {
      const PublicModel part{segment_of(shown.imported, bundle.cuts, i),
                             is_last ? shown.predicate : Predicate{}};
      check_key_of(part, key);
      const Program structure = with_predicate(part.imported, part.predicate);
      check_structure(build_structure(arithmetise(structure, key)), public_wires(key),
                      table_shape(key).hidden_queries);
    } catch (const Error& error) {
      // Where the key is cut is its maker's word.
      const ErrorKind kind = error.kind() == ErrorKind::usage ? ErrorKind::rejected : error.kind();
      throw Error(kind, fmt::format("segment {}: {}", i + 1, error.what()));
    }
  }
}

}  // namespace

bool setup_bundle(const SetupCommand& command, const Program& imported, const Predicate& predicate,
                  const SetupOptions& options, const Output& output) {
  const ModelFolder folder{command.folder};
  ProgressBar bar(!output.json);
  bar.update("planning", 0);
  const SegmentPlan plan = plan_segments(imported, predicate, options, count_of(*command.segments));
  const std::size_t count = plan.segments.size();
  if (count == 1) return false;
  remove_key(folder);
  BundleKey bundle{.meaning = meaning_of(imported, predicate), .cuts = plan.cuts, .segments = {}};
  std::vector<SegmentReport> reports;
  std::string note;
  for (std::size_t i = 0; i < count; ++i) {
    bar.update(fmt::format("segment {} of {}", i + 1, count),
               static_cast<double>(i) / static_cast<double>(count));
    const ModelFolder segment = folder.segment(i);
    std::filesystem::create_directories(segment.folder);
    const Program part = segment_of(imported, plan.cuts, i);
    const Predicate of_part = i + 1 == count ? predicate : Predicate{};
    save_structure(part, of_part, segment.structure());
    save_model({.program = part, .report = {}}, segment.model());
    const ProvingKey proving_key = setup(with_predicate(part, of_part), plan.segments[i]);
    std::string reason = plan.plans[i].reason;
    if (options.target == Target::chain) {
      for (const std::string& refusal : chain_limits(proving_key.key))
        reason += "; NOT FOR CHAIN: " + refusal;
    }
    reports.push_back(save_segment(segment, proving_key, place_of(imported, plan.cuts, i), reason, note));
    bundle.segments.push_back(proving_key.key);
  }
  save_structure(imported, predicate, folder.structure());
  save_bundle_key(bundle, folder);
  print_setup(folder, bundle, reports, imported, predicate, note, output);
  return true;
}

void renew_bundle(const ModelFolder& folder, const Output& output) {
  BundleKey bundle = load_bundle_key(folder.verification_key());
  const PublicModel shown = load_structure(folder.structure());
  std::vector<SegmentReport> reports;
  std::string note;
  for (std::size_t i = 0; i < bundle.segments.size(); ++i) {
    const ModelFolder segment = folder.segment(i);
    const ProvingKey proving_key = renew(proving_key_of(segment), segment.program());
    reports.push_back(save_segment(segment, proving_key, place_of(shown.imported, bundle.cuts, i),
                                   "as before, with the weights masked anew", note));
    bundle.segments[i] = proving_key.key;
  }
  save_bundle_key(bundle, folder);
  print_setup(folder, bundle, reports, shown.imported, shown.predicate, note, output);
}

void prove_bundle(const ProveCommand& command, const Output& output) {
  const auto start = std::chrono::steady_clock::now();
  const ModelFolder folder{command.folder};
  BundleKey bundle = load_bundle_key(folder.verification_key());
  ProvingRules rules = command.rules;
  if (command.refusal_log)
    rules.on_refusal = [&](const std::string& text) { append_line(*command.refusal_log, text); };
  std::vector<Path> budgets;
  for (std::size_t i = 0; i < bundle.segments.size(); ++i) budgets.push_back(folder.segment(i).budget());
  const auto load = [&](std::size_t i) {
    return SegmentSecrets{proving_key_of(folder.segment(i)), folder.segment(i).program()};
  };
  const Context context = parse_context(command.context);
  ProgressBar bar(!output.json);
  double done = 0;
  const double step = 0.1 / static_cast<double>(bundle.segments.size());
  const auto on_phase = [&](std::string_view phase, double) {
    bar.update(phase, done = std::min(1.0, done + step));
  };
  const BundleSession session(std::move(bundle), load, budgets, folder.segments_lock(), std::move(rules));
  const CountedBundleProof counted = session.prove(
      {.input = command.input, .output_data = command.output_data, .context = context, .phases = on_phase});
  warn(to_text(counted.clipped));
  warn(counted.saturated);
  if (command.as_json) {
    Json segments = Json::array();
    for (const Proof& segment : counted.proof.segments) segments.push_back(proof_to_json(segment));
    const std::string text = Json{{"context", to_hex(context)}, {"segments", segments}}.dump();
    write_file(command.proof, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  } else {
    write_file(command.proof, counted.file);
  }
  const double seconds = seconds_since(start);
  const PublicModel shown = load_structure(folder.structure());
  const OutputMeaning meaning{comparison_of(shown.predicate), shown.imported.audit};
  Json object = bundle_json(session.key(), counted.proof, meaning);
  object["clipped"] = counted.clipped.values;
  object["proof"] = command.proof.string();
  object["proof_bytes"] = counted.file.size();
  object["seconds"] = seconds;
  if (counted.remaining) object["proofs_remaining"] = *counted.remaining;
  output.print(
      object,
      bundle_text(session.key(), counted.proof, meaning) +
          fmt::format("wrote {} ({}) in {}{}\n", command.proof.string(), human_size(counted.file.size()),
                      human_time(seconds),
                      counted.remaining ? fmt::format("; the key allows {} more", *counted.remaining) : ""));
}

void verify_bundle(const VerifyCommand& command, const Output& output) {
  require(!command.transcript, ErrorKind::usage,
          "--transcript: a proof in segments has a transcript a segment, and none of its own");
  const BundleKey bundle = load_bundle_key(command.key);
  const BundleProof proof =
      decode_bundle_proof(read_file(command.proof, most_bundle_proof_bytes), command.proof.string());
  if (command.context) {
    const Context wanted = parse_context(*command.context);
    require(proof.context == wanted, ErrorKind::rejected, [&] {
      return "the proof is bound to context " + to_hex(proof.context) + ", not to " + to_hex(wanted);
    });
  }
  const auto start = std::chrono::steady_clock::now();
  verify(bundle, proof);
  const double seconds = seconds_since(start);
  const VerificationKey outer = outer_key(bundle);
  const Statement statement = outer_statement(proof);
  require_commitment(Direction::input, outer, statement, command.input_commitment);
  require_commitment(Direction::output, outer, statement, command.output_commitment);
  const Path folder = command.key.has_parent_path() ? command.key.parent_path() : ".";
  const Path last_key = ModelFolder{folder}.segment(bundle.segments.size() - 1).verification_key();
  const MeaningBeside beside = meaning_beside(last_key, bundle.segments.back());
  Json object = bundle_json(bundle, proof, beside.meaning);
  if (!beside.unknown.empty()) object["meaning_unknown"] = beside.unknown;
  object["verified"] = true;
  object["security"] = to_json(weakest(bundle));
  object["seconds"] = seconds;
  output.print(object, bundle_text(bundle, proof, beside.meaning) + unknown_text(beside, command.key) +
                           to_text(weakest(bundle)) +
                           fmt::format("\nproof verified in {}\n", human_time(seconds)));
}

void inspect_bundle(const InspectCommand& command, const Output& output) {
  const ModelFolder folder{command.folder};
  const PublicModel shown = load_structure(made_by("circlet import", folder.structure()));
  const Program structure = with_predicate(shown.imported, shown.predicate);
  const BundleKey bundle = load_bundle_key(folder.verification_key());
  require(meaning_of(shown.imported, shown.predicate) == bundle.meaning, ErrorKind::rejected,
          "the key's model means something else: model.structure is another one");
  for (const TensorId cut : bundle.cuts) {
    require(cut < shown.imported.tensors.size(), ErrorKind::rejected,
            "the key's model is cut at a tensor that model.structure has not");
  }
  Json segments = Json::array();
  std::string text = fmt::format("model id        {}\n", bundle.digest().to_hex());
  for (std::size_t i = 0; i < bundle.segments.size(); ++i) {
    const VerificationKey& key = bundle.segments[i];
    const std::string place = place_of(shown.imported, bundle.cuts, i);
    segments.push_back({{"part", place},
                        {"model_id", model_id(key).to_hex()},
                        {"structure_root", key.structure_root.to_hex()},
                        {"weights_root", key.weights_root.to_hex()},
                        {"tensors", tensors_json(key)},
                        {"tables", tables_json(key)},
                        {"security", to_json(security_of(key))}});
    text += fmt::format("segment {:<7} {}\n{}{}\n", i + 1, place, tensors_text(key, shown.predicate),
                        tables_text(key));
  }
  const VerificationKey outer = outer_key(bundle);
  Json object = {{"model_id", bundle.digest().to_hex()},
                 {"segments", segments},
                 {"zero_knowledge", outer.zero_knowledge},
                 {"security", to_json(weakest(bundle))},
                 {"ops", ops_json(structure)},
                 {"warnings", warnings_of(structure)}};
  text += fmt::format("hides           {}\n{}\n{}", hidden_text(outer), to_text(weakest(bundle)),
                      structure_text(structure));
  if (command.rebuild) {
    rebuild(bundle, shown, folder.folder);
    object["rebuilt"] = true;
    text +=
        "rebuilt: every segment's structure root and meaning are those of its part of model.structure, and "
        "the structures are well formed\n";
  }
  output.print(object, text);
}

}  // namespace circlet::cli
