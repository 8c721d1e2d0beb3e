// import, setup, run and inspect: the commands about a model.

#include <fmt/format.h>

#include <numeric>

#include "cli/bundle_commands.hpp"
#include "cli/commands.hpp"
#include "cli/files.hpp"
#include "cli/key_text.hpp"
#include "cli/memory.hpp"
#include "cli/port_modes.hpp"
#include "cli/statement_text.hpp"
#include "cli/structure_text.hpp"
#include "core/artefact.hpp"
#include "core/printable.hpp"
#include "frontend/inputs.hpp"
#include "frontend/json.hpp"
#include "frontend/onnx/import.hpp"
#include "frontend/published.hpp"
#include "lowering/structure.hpp"
#include "program/executor.hpp"
#include "program/model_file.hpp"
#include "program/part.hpp"
#include "program/predicate.hpp"
#include "stark/prover/proof_budget.hpp"
#include "stark/security.hpp"
#include "starknet/limits.hpp"
#include "starknet/model_id.hpp"

namespace circlet::cli {
namespace {

nlohmann::ordered_json sizes_json(const TableSizes& sizes) {
  return {{"linear", sizes.linear}, {"activate", sizes.activate}, {"lut", sizes.lut}, {"mac", sizes.mac}};
}

/// `asked`: proofs that the user wanted at least.
std::string budget_text(const ProvingKey& proving_key, std::optional<std::uint32_t> asked) {
  if (!proving_key.key.hides_weights()) return "";
  return fmt::format("proofs          {} before the weights must be committed anew{}\n",
                     proving_key.proof_budget,
                     asked && *asked < proving_key.proof_budget
                         ? fmt::format(": {} were asked for, and the table has room for these", *asked)
                         : "");
}

/// A line for each reason why a key for the chain is of no use there.
std::string refusals_text(const std::vector<std::string>& refusals) {
  std::string text;
  for (const auto& refusal : refusals) text += fmt::format("\nNOT FOR CHAIN   {}", refusal);
  return text;
}

/// Copies of a folder, each with a share of what remains of its budget.
void split_keys(const ModelFolder& folder, std::uint32_t parts, bool moved, const Output& output) {
  const ProvingKey proving_key = proving_key_of(folder);
  require(proving_key.key.hides_weights(), ErrorKind::usage,
          "the key does not hide its weights, and has no budget of proofs to split");
  std::vector<ModelFolder> copies;
  for (std::uint32_t i = 1; i <= parts; ++i) {
    copies.push_back({folder.folder / std::to_string(i)});
    require(!std::filesystem::exists(copies.back().folder), ErrorKind::usage,
            copies.back().folder.string() + " exists: move it away first");
  }
  const Bytes model = read_file(folder.model()), structure = read_file(folder.structure());
  if (moved) record_place(folder.budget(), proving_key.key.weights_root);
  // From here on the folder itself proves nothing more, whatever happens.
  const auto shares = split_budget(folder.budget(), proving_key.key.weights_root, parts);
  auto list = nlohmann::ordered_json::array();
  std::string text;
  for (std::uint32_t i = 0; i < parts; ++i) {
    std::filesystem::create_directories(copies[i].folder);
    write_file(copies[i].model(), model, true);
    write_file(copies[i].structure(), structure);
    save_proving_key(proving_key, copies[i].proving_key());
    create_budget(copies[i].budget(), proving_key.key.weights_root, shares[i]);
    save_verification_key(proving_key.key, copies[i].verification_key());
    list.push_back({{"folder", copies[i].folder.string()}, {"proof_budget", shares[i]}});
    text += fmt::format("wrote {}: {} proofs\n", copies[i].folder.string(), shares[i]);
  }
  output.print({{"split", list}},
               text + fmt::format("{} itself proves nothing more until `circlet setup {} --renew`\n",
                                  folder.folder.string(), shell_quoted(folder.folder.string())));
}

/// "public", "argmax", "committed", "committed argmax".
std::string output_setting(const Predicate& predicate, Visibility visibility) {
  if (visibility == Visibility::shown) return predicate_text(predicate);
  const std::string name = visibility_name(visibility);
  return predicate.kind == Predicate::Kind::values ? name : name + " " + predicate_text(predicate);
}

/// Of a key with public weights: whether they are those of model.circlet, where that file is there.
std::string compare_weights(const ModelFolder& folder, const VerificationKey& key,
                            nlohmann::ordered_json& object) {
  if (!std::filesystem::exists(folder.model())) {
    object["weights_rebuilt"] = false;
    return "the weights root was not rebuilt: " + folder.model().string() + " is not here\n";
  }
  const Blake2sHash root = weights_root(folder.program(), key);
  require(root == key.weights_root, ErrorKind::rejected, [&] {
    return "the weights root of model.circlet is " + root.to_hex() + ", the key's is " +
           key.weights_root.to_hex();
  });
  object["weights_rebuilt"] = true;
  return "rebuilt: the weights root is that of model.circlet\n";
}

/// What the key and model.structure tell, before they are published.
std::string shown_text(const Program& program) {
  std::string text =
      "shows           shapes, look-up tables, and scales to a factor of 2^(1/4), ranges of 2 or 16: what "
      "the "
      "key's holder sees of\n                weights and calibration (docs/zero-knowledge.md, section 10)";
  if (std::ranges::find(program.ops, OpKind::correlation, &Op::kind) != program.ops.end())
    text += "\n                and both ends of the sums of every layer on tiles, to a factor of 2^(1/4)";
  for (const std::string& line : disclosures(program)) text += "\n                and " + line;
  return text + "\n";
}

std::string next_step(const ModelFolder& folder, const VerificationKey& key) {
  if (key.input().visibility == Visibility::committed) {
    return fmt::format("circlet commit {} input.json -o input.data",
                       shell_quoted(folder.verification_key().string()));
  }
  return fmt::format("circlet prove {} input.json -o proof.bin", shell_quoted(folder.folder.string()));
}

}  // namespace

Program ModelFolder::imported() const {
  return load_model(
             made_by("circlet import model.onnx -c data.json -o " + shell_quoted(folder.string()), model()))
      .program;
}

Program ModelFolder::program() const {
  Program imported = this->imported();
  const PublicModel shown = load_structure(structure());
  require(structure_of(imported) == shown.imported, ErrorKind::bad_input, [&] {
    return structure().string() + " is not the structure of " + model().string() +
           ": run `circlet setup` again";
  });
  return with_predicate(std::move(imported), shown.predicate);
}

namespace {

/// Some exports join samples, or make a value for each of them: as models of one sample they go through.
struct Imported {
  Graph graph;
  std::string note;
};
Imported import_file(const ImportOptions& options) {
  ImportChoices choices{.shapes = parse_input_shapes(options.shapes), .output = options.prove};
  try {
    return {import_onnx(options.onnx, choices), ""};
  } catch (const Error& refused) {
    if (refused.kind() != ErrorKind::unsupported) throw;
    std::optional<Graph> graph;
    choices.one_sample = true;
    try {
      graph = import_onnx(options.onnx, choices);
    } catch (const Error&) {  // the first says more
    }
    if (!graph) throw;
    return {
        std::move(*graph),
        fmt::format("note: the model works along its batch; proved is what it gives for a batch of one\n")};
  }
}

}  // namespace

void import_model(ImportOptions options, const Output& output) {
  const ModelFolder folder{options.folder};
  if (!options.force) require_no_model(folder);
  ProgressBar bar(!output.json);
  options.calibrate.progress = bar.callback();
  const auto [graph, note] = import_file(options);
  const auto inputs = read_inputs(options.calibration, graph.features());
  const Model model = calibrate(graph, inputs, options.calibrate);
  std::filesystem::create_directories(options.folder);
  // Where there is a model there is a structure.
  save_structure(model.program, {}, folder.structure());
  save_model(model, folder.model());
  remove_key(folder);
  nlohmann::ordered_json object = to_json(model.report);
  object["model"] = folder.model().string();
  object["structure"] = folder.structure().string();
  object["left_out"] = graph.left_out;
  object["of_one_sample"] = !note.empty();
  std::string left_out;
  for (const std::string& name : graph.left_out) {
    left_out +=
        fmt::format("not proved: the output {}, which is computed separately; --prove {} chooses it\n",
                    in_quotes(name), shell_quoted(name));
  }
  output.print(object, to_text(model.report) + left_out + note +
                           fmt::format("wrote {} (secret) and {} (public)\nnext: circlet setup {}\n",
                                       folder.model().string(), folder.structure().string(),
                                       shell_quoted(options.folder.string())));
}

void cut_model(const CutCommand& command, const Output& output) {
  require(command.from || command.to, ErrorKind::usage,
          "cut: say where the part begins, --from, or ends, --to");
  const ModelFolder folder{command.folder}, part_folder{command.part};
  if (!command.force) require_no_model(part_folder);
  const Model whole = load_model(made_by(
      "circlet import model.onnx -c data.json -o " + shell_quoted(command.folder.string()), folder.model()));
  // The report is of the whole model: of a part nothing was measured.
  const Model part{.program = part_of(whole.program, command.from, command.to), .report = {}};
  std::filesystem::create_directories(command.part);
  save_structure(part.program, {}, part_folder.structure());
  save_model(part, part_folder.model());
  remove_key(part_folder);
  const Tensor& input = part.program.tensors[part.program.inputs[0].tensor];
  const Tensor& result = part.program.tensors[only_output(part.program).tensor];
  output.print(
      {{"model", part_folder.model().string()},
       {"structure", part_folder.structure().string()},
       {"from", part.program.inputs[0].name},
       {"to", only_output(part.program).name},
       {"inputs", input.rows()},
       {"outputs", result.rows()},
       {"ops", part.program.ops.size()}},
      fmt::format("{} of {} ops, from {} ({} values) to {} ({} values)\n"
                  "wrote {} (secret) and {} (public)\nnext: circlet setup {}\n",
                  part.program.ops.size(), whole.program.ops.size(), printable(part.program.inputs[0].name),
                  input.rows(), printable(only_output(part.program).name), result.rows(),
                  part_folder.model().string(), part_folder.structure().string(),
                  shell_quoted(command.part.string())));
}

namespace {

/// The height and the blow-up of a key whose commitments another key is to prove about.
void join(const Path& file, SetupOptions& options) {
  const VerificationKey other = load_key(file);
  options.height = other.height();
  options.log_blowup = other.pcs.fri.log_blowup_factor;
}

/// Throws unless the key can prove about the other's commitments.
void require_joined(const VerificationKey& key, const SetupOptions& options, const Path& file) {
  require(key.height() == options.height, ErrorKind::usage, [&] {
    return fmt::format(
        "this model needs tables of 2^{} rows, and those of {} have 2^{}: set that one up again with "
        "--height {}",
        key.height(), file.string(), options.height, key.height());
  });
}

}  // namespace

void setup_keys(const SetupCommand& command, const Output& output) {
  const ModelFolder folder{command.folder};
  const bool has_segments = is_bundle(folder.verification_key());
  require(!has_segments || command.split == 0, ErrorKind::usage,
          "--split: the model is proved in segments; set up a copy of the model in each prover's folder");
  if (command.split != 0) return split_keys(folder, command.split, command.moved, output);
  if (has_segments && command.renew) return renew_bundle(folder, output);
  const Program imported = folder.imported();
  if (!command.renew && !command.force) require_no_key(folder);
  SetupOptions options = command.setup;
  Predicate predicate;
  if (command.renew) {
    const PublicModel shown = load_structure(folder.structure());
    predicate = shown.predicate;
    require(meaning_of(shown.imported, predicate) == verification_key_of(folder).meaning,
            ErrorKind::bad_input, [&] {
              return folder.structure().string() +
                     " is not the structure of this key: run `circlet setup` again";
            });
  } else {
    predicate = read_port_modes(imported, command.inputs, command.outputs, options);
    if (command.joins) join(*command.joins, options);
    if (command.segments && setup_bundle(command, imported, predicate, options, output)) return;
    if (has_segments) remove_key(folder);
  }
  const Program program = with_predicate(imported, predicate);
  std::string reason = "as before, with the weights masked anew";
  std::optional<std::uint32_t> asked;
  ProvingKey proving_key;
  if (command.renew) {
    proving_key = renew(proving_key_of(folder), program);
  } else {
    reason = plan(program, options).reason;
    asked = options.proofs;
    options.meaning = meaning_of(imported, predicate);
    proving_key = setup(program, options);
    if (command.joins) require_joined(proving_key.key, options, *command.joins);
  }
  save_proving_key(proving_key, folder.proving_key());
  std::string note;
  if (proving_key.key.hides_weights()) {
    note = place_note(create_budget(folder.budget(), proving_key.key.weights_root, proving_key.proof_budget));
  }
  save_verification_key(proving_key.key, folder.verification_key());
  save_structure(imported, predicate, folder.structure());
  const auto& key = proving_key.key;
  std::vector<std::string> refusals;
  if (!command.renew && options.target == Target::chain) refusals = chain_limits(key);
  const std::string planned = reason + refusals_text(refusals);
  output.print(
      {{"model_id", model_id(key).to_hex()},
       {"structure_root", key.structure_root.to_hex()},
       {"weights_root", key.weights_root.to_hex()},
       {"log_sizes", sizes_json(table_sizes(key))},
       {"input", visibility_name(key.input().visibility)},
       {"output", output_setting(predicate, key.output().visibility)},
       {"zero_knowledge", key.zero_knowledge},
       {"proof_budget", proving_key.proof_budget},
       {"shows", disclosures(imported)},
       {"plan", reason},
       {"chain_refuses", refusals},
       {"verification_key", folder.verification_key().string()},
       {"proving_key", folder.proving_key().string()}},
      fmt::format("model id        {}\nstructure root  {}\nweights root    {}\ntables          {}\n"
                  "statement       input {}, output {}\nhides           {}\n{}{}plan            {}\n"
                  "wrote {} (public) and {} (secret)\n{}next: {}\n",
                  model_id(key).to_hex(), key.structure_root.to_hex(), key.weights_root.to_hex(),
                  tables_text(key), visibility_name(key.input().visibility),
                  output_setting(predicate, key.output().visibility), hidden_text(key), shown_text(imported),
                  budget_text(proving_key, asked), planned, folder.verification_key().string(),
                  folder.proving_key().string(), note, next_step(folder, key)));
}

namespace {

/// In the format of inputs. The digits are those that give the same integers again.
void write_values(const Program& program, TensorId tensor, const Trace& trace, const Path& file) {
  const std::vector<double> reals = to_real(program.tensors[tensor], trace.tensors[tensor]);
  const std::size_t rows = reals.size() / trace.lanes;
  auto samples = nlohmann::ordered_json::array();
  for (std::size_t first = 0; first < reals.size(); first += rows) {
    samples.push_back(std::vector<double>(reals.begin() + static_cast<std::ptrdiff_t>(first),
                                          reals.begin() + static_cast<std::ptrdiff_t>(first + rows)));
  }
  const std::string text = nlohmann::ordered_json{{"input_data", samples}}.dump() + "\n";
  write_file(file, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), true);
}

}  // namespace

void run_model(const RunCommand& command, const Output& output) {
  const Program program = ModelFolder{command.folder}.program();
  const InputPort& input = only_input(program);
  const std::size_t rows = program.tensors[input.tensor].rows();
  const OutputPort& port = only_output(program);
  const Tensor& result = program.tensors[port.tensor];
  const std::size_t outputs = result.rows();
  Clipped clipped;
  const auto values = quantise_input(program, read_inputs(command.input, program, input),
                                     command.strict ? nullptr : &clipped);
  const auto samples = static_cast<std::uint32_t>(values.size() / rows);
  const Trace trace = execute(program, values, samples);
  if (command.tensor) write_values(program, tensor_named(program, *command.tensor), trace, command.values);
  const auto real = to_real(result, trace.output());
  auto list = nlohmann::ordered_json::array();
  std::string text;
  for (std::uint32_t sample = 0; sample < samples; ++sample) {
    const auto first = static_cast<std::ptrdiff_t>(std::size_t{sample} * outputs);
    const auto last = first + static_cast<std::ptrdiff_t>(outputs);
    const std::vector<std::int32_t> integers(trace.output().begin() + first, trace.output().begin() + last);
    const std::vector<double> reals(real.begin() + first, real.begin() + last);
    nlohmann::ordered_json entry = {{"outputs", integers}, {"output_form", form_name(port.predicate.kind)}};
    std::optional<std::size_t> decided;  // the class
    switch (port.predicate.kind) {
      case Predicate::Kind::values:
        decided = decide(program.postprocessing, reals);
        entry["real"] = reals;
        break;
      case Predicate::Kind::argmax:
        decided = static_cast<std::size_t>(integers[0]);
        break;
      case Predicate::Kind::at_least:
      case Predicate::Kind::below:
        entry["threshold"] = port.predicate.threshold;
        entry["holds"] = std::vector<bool>(integers.begin(), integers.end());
    }
    text += fmt::format("sample {}: {}\n", sample, output_text(port.predicate, integers, reals));
    if (decided) entry["class"] = *decided;
    if (!program.postprocessing.empty()) {
      const auto after = postprocess(program.postprocessing, reals);
      entry["postprocessed_outside_the_proof"] = after;
      text += fmt::format("  after post-processing, which no proof covers: {:.6g}\n", fmt::join(after, ", "));
    }
    if (decided && *decided < program.class_labels.size()) {
      entry["label"] = program.class_labels[*decided];
      text += fmt::format("  label: {}\n", printable(program.class_labels[*decided]));
    }
    list.push_back(std::move(entry));
  }
  warn(to_text(clipped));
  warn(saturated_text(program, trace));
  const auto saturated = std::accumulate(trace.saturated.begin(), trace.saturated.end(), std::uint64_t{0});
  output.print({{"clipped", clipped.values}, {"saturated", saturated}, {"samples", list}}, text);
}

void inspect(const InspectCommand& command, const Output& output) {
  const ModelFolder folder{command.folder};
  if (is_bundle(folder.verification_key())) return inspect_bundle(command, output);
  const PublicModel shown = load_structure(made_by("circlet import", folder.structure()));
  const Program structure = with_predicate(shown.imported, shown.predicate);
  const VerificationKey key = verification_key_of(folder);
  check_meaning(shown, key);
  nlohmann::ordered_json object = {
      {"model_id", model_id(key).to_hex()},        {"structure_root", key.structure_root.to_hex()},
      {"weights_root", key.weights_root.to_hex()}, {"tensors", tensors_json(key)},
      {"zero_knowledge", key.zero_knowledge},      {"tables", tables_json(key)},
      {"security", to_json(security_of(key))},     {"ops", ops_json(structure)},
      {"warnings", warnings_of(structure)},        {"structure", to_json(structure)}};
  std::string text = fmt::format(
      "model id        {}\nstructure root  {}\nweights root    {}\ntables          {}\n{}"
      "hides           {}\n{}\n{}",
      model_id(key).to_hex(), key.structure_root.to_hex(), key.weights_root.to_hex(), tables_text(key),
      tensors_text(key, shown.predicate), hidden_text(key), to_text(security_of(key)),
      structure_text(structure));
  if (command.rebuild) {
    require_memory_to_rebuild(folder.folder, key, available_memory());
    check_key_of(shown, key);
    check_structure(build_structure(arithmetise(structure, key)), public_wires(key),
                    table_shape(key).hidden_queries);
    object["rebuilt"] = true;
    text +=
        "rebuilt: the structure root and the meaning are those of model.structure, and the structure is well "
        "formed\n";
    if (key.weights_public) text += compare_weights(folder, key, object);
  }
  output.print(object, text);
}

}  // namespace circlet::cli
