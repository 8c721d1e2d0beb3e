// circlet: prove that a committed model gave an output. Parses the command line; the work is in the other
// files.

#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "core/error.hpp"
#include "program/audit.hpp"

namespace {

using namespace circlet;
using namespace circlet::cli;

/// For commands that hold weights or inputs: neither a core dump nor another process of the user shows them.
void keep_memory_private() {
  require(::prctl(PR_SET_DUMPABLE, 0) == 0, ErrorKind::io, "core dumps cannot be turned off");
}

/// Text or JSON: known before anything can fail, and to the last handler.
Output how_to_print;

/// An option that takes one of a few words, the first by default.
template <class Value>
void add_choice(CLI::App& command, const std::string& name, Value& value,
                const std::vector<std::pair<std::string, Value>>& choices, const std::string& help) {
  std::string names;
  for (const auto& [text, _] : choices) names += (names.empty() ? "" : "|") + text;
  command
      .add_option_function<std::string>(
          name, [=, &value](const std::string& text) { value = chosen(name, text, choices); }, help)
      ->option_text(names + " [" + choices.front().first + "]");
}

struct Commands {
  ImportOptions import;
  CutCommand cut;
  AuditCommand audit;
  SetupCommand setup;
  RunCommand run;
  CommitCommand commit;
  OpenCommand open;
  ProveCommand prove;
  VerifyCommand verify;
  CalldataCommand calldata;
  InspectCommand inspect;
  BenchCommand bench;
};

void add_import(CLI::App& app, ImportOptions& options, const Output& output) {
  auto* command = app.add_subcommand("import", "Turn an ONNX model into the integer model that is proved");
  command->add_option("model", options.onnx, "ONNX file")->required();
  command
      ->add_option("--calibration,-c", options.calibration,
                   "typical inputs: .json ({\"input_data\": [[..]]}), .csv, .npy or .npz")
      ->required();
  command->add_option("-o,--output", options.folder, "folder for model.circlet and model.structure")
      ->required();
  command
      ->add_option("--shape", options.shapes,
                   "sizes of an input's dimensions that the file leaves open, samples (1) first")
      ->option_text("NAME=1,3,224,224")
      ->allow_extra_args(false);
  command
      ->add_option(
          "--prove", options.prove,
          "the file's output that is proved (default: what all come from, or what decides the label)")
      ->option_text("OUTPUT");
  command
      ->add_option("--margin", options.calibrate.margin, "how far values may go beyond what calibration saw")
      ->capture_default_str();
  command
      ->add_option("--lut-bits", options.calibrate.lut_bits,
                   "fix the look-up tables' width (default: smallest that is accurate)")
      ->check(CLI::Range(3, 20));
  command
      ->add_option("--shift", options.calibrate.shift, "fix the number of bits rounded away before a look-up")
      ->check(CLI::Range(0, 20));
  command->add_option("--input-bits", options.calibrate.input_bits, "fix the width of the input")
      ->check(CLI::Range(2, 20));
  command->add_option_function<double>(
      "--agreement",
      [&options](double share) {
        options.calibrate.agreement = share;
        options.calibrate.goal_required = true;
      },
      "share of samples that must keep their class, or nothing is written (default: 0.999, else a warning)");
  command->add_option_function<double>(
      "--error",
      [&options](double error) {
        options.calibrate.relative_error = error;
        options.calibrate.goal_required = true;
      },
      "greatest error of the output, in parts of its deviation, or nothing is written (default: 0.005)");
  command
      ->add_option_function<std::string>(
          "--layout",
          [&options](const std::string& name) {
            options.calibrate.layout = name == "rows"    ? Layout::rows
                                       : name == "tiles" ? Layout::tiles
                                                         : Layout::automatic;
          },
          "a wire a value of an image (rows), as the chain needs, or a tile of values (tiles)")
      ->check(CLI::IsMember({"automatic", "rows", "tiles"}))
      ->option_text("automatic|rows|tiles");
  command->add_flag("--force", options.force,
                    "replace the folder's model, and remove its key, which no other model can use");
  command->callback([&] {
    keep_memory_private();
    import_model(options, output);
  });
}

void add_cut(CLI::App& app, CutCommand& options, const Output& output) {
  auto* command = app.add_subcommand(
      "cut", "Make a model of a part of one: its last layers, or a piece between two cuts");
  command->add_option("folder", options.folder, "folder that import wrote")->required();
  command->add_option(
      "--from", options.from,
      "tensor that the part reads, as `circlet inspect` names it (default: the model's input)");
  command->add_option("--to", options.to, "tensor that the part ends in (default: the model's output)");
  command->add_option("-o,--output", options.part, "folder for the part's model.circlet and model.structure")
      ->required();
  command->add_flag("--force", options.force,
                    "replace the folder's model, and remove its key, which no other model can use");
  command->callback([&] {
    keep_memory_private();
    cut_model(options, output);
  });
}

void add_audit(CLI::App& app, AuditCommand& options, const Output& output) {
  auto* command = app.add_subcommand(
      "audit", "Make a model that counts what a model does to many records: accuracy, parity, drift");
  command->add_option("folder", options.folder, "folder that import wrote")->required();
  command->add_option("--records", options.records, "how many there are")
      ->required()
      ->check(CLI::Range(2U, max_records));
  command
      ->add_option("--columns", options.columns,
                   "columns of whole numbers after what the model reads; 'label' is the class that is right")
      ->delimiter(',')
      ->option_text("NAME,..");
  command
      ->add_option("--count", options.counts,
                   "count the records of which all this holds: predicted=CLASS, correct, COLUMN=NUMBER, "
                   "score>=T, score<T, P(CLASS)>=T, joined by '&'")
      ->option_text("CONDITIONS")
      ->allow_extra_args(false);
  command->add_flag("--accuracy", options.accuracy, "count 'correct'");
  command
      ->add_option("--parity", options.parity,
                   "count, by this column of 0 and 1, who there is and who is predicted --positive")
      ->option_text("COLUMN")
      ->allow_extra_args(false);
  command
      ->add_option("--opportunity", options.opportunity, "the same of those whose label is --positive alone")
      ->option_text("COLUMN")
      ->allow_extra_args(false);
  command->add_option("--positive", options.positive, "the class that parity and opportunity are about")
      ->capture_default_str();
  command->add_option("--histogram", options.histogram, "count scores between these edges: drift")
      ->delimiter(',')
      ->option_text("EDGE,..");
  command
      ->add_option("-o,--output", options.audit, "folder for the audit's model.circlet and model.structure")
      ->required();
  command->add_flag("--force", options.force,
                    "replace the folder's model, and remove its key, which no other model can use");
  command->callback([&] {
    keep_memory_private();
    audit_model(options, output);
  });
}

void add_setup(CLI::App& app, SetupCommand& options, const Output& output) {
  auto* command = app.add_subcommand("setup", "Commit to the model: write its verification and proving keys");
  command->add_option("folder", options.folder, "folder that import wrote")->required();
  add_choice<Target>(*command, "--target", options.setup.target,
                     {{"chain", Target::chain}, {"offchain", Target::offchain}},
                     "chain: small proofs; offchain: fast proofs");
  auto* stated =
      command
          ->add_option("--input", options.inputs,
                       "what a statement has of the input: its values, nothing, or the root of a commitment "
                       "to it; with NAME= of the input of that name")
          ->option_text("[NAME=]public|private|committed [public]")
          ->allow_extra_args(false);
  auto* shown =
      command
          ->add_option(
              "--output", options.outputs,
              "what is shown of the scores: all of them, the index of the greatest, or "
              "whether each is at least, or below, t, or a class's probability is ('P(approve)>=0.7'); "
              "or the root of a commitment to one of these (committed, 'committed argmax' ..); with NAME= of "
              "the output of that name")
          ->option_text("[NAME=]public|argmax|'>=t'|'<t'|'P(class)>=t'|committed [public]")
          ->allow_extra_args(false);
  command->add_option("--batch", options.setup.batch, "samples a proof, off chain")->capture_default_str();
  command
      ->add_option(
          "--proofs", options.setup.proofs,
          "proofs that the weights must stay hidden over, at least; the key gets as many more as its "
          "table has room for")
      ->capture_default_str();
  auto* renew =
      command->add_flag("--renew", options.renew,
                        "keep the key and mask its weights anew: another model id, a whole budget of proofs");
  renew->excludes(stated)->excludes(shown);
  auto* split =
      command
          ->add_option(
              "--split", options.split,
              "divide what remains of the budget of proofs among so many copies of the folder, folder/1 ...")
          ->check(CLI::Range(2, 1000))
          ->excludes(renew);
  command
      ->add_flag("--i-moved-it", options.moved,
                 "with --split, of a folder that was moved here: no copy of it proves")
      ->needs(split);
  command
      ->add_option_function<std::string>(
          "--security",
          [&options](const std::string& text) { options.setup.security = parse_security(text); },
          "bits that a forger must find: conjectured-N or proven-N")
      ->option_text("conjectured-N|proven-N [conjectured-96]");
  auto* height =
      command
          ->add_option("--height", options.setup.height,
                       "rows of the tables of committed values, as a power of two: at least so many")
          ->check(CLI::Range(4, 22));
  command
      ->add_option(
          "--joins", options.joins,
          "model.vk of a key whose commitments this key proves about too: takes its height and blow-up")
      ->excludes(height)
      ->excludes(renew);
  command
      ->add_option("--segments", options.segments,
                   "prove the model in so many segments, as one statement: for a model that is too large for "
                   "one proof; auto: in the fewest that reach --security")
      ->option_text("N|auto")
      ->excludes(height)
      ->excludes("--joins")
      ->excludes(renew)
      ->excludes(split);
  add_choice<bool>(*command, "--model", options.setup.weights_public, {{"private", false}, {"public", true}},
                   "public: the weights are not masked, anyone can rebuild their root, and one key makes any "
                   "number of proofs that hide the input");
  command->add_flag("!--no-zk", options.setup.zero_knowledge,
                    "hide nothing: for models and data that are public");
  command->add_flag("--force", options.force, "replace the folder's key, which is lost with its proofs");
  command->add_option("--lanes", options.setup.lanes, "weights a row of the table linear (default: planned)");
  command->callback([&] {
    keep_memory_private();
    setup_keys(options, output);
  });
}

void add_run(CLI::App& app, RunCommand& options, const Output& output) {
  auto* command = app.add_subcommand("run", "Run the integer model, without a proof");
  command->add_option("folder", options.folder, "model folder")->required();
  command->add_option("input", options.input, "inputs: .json, .csv, .npy or .npz")->required();
  command->add_flag("--strict", options.strict, "refuse inputs beyond their range instead of clipping them");
  auto* values =
      command->add_option("-o,--output", options.values,
                          "file for the values of a tensor: an input of a part that begins with it");
  auto* tensor = command->add_option("--tensor", options.tensor, "tensor whose values are written");
  values->needs(tensor);
  tensor->needs(values);
  command->callback([&] {
    keep_memory_private();
    run_model(options, output);
  });
}

void add_commit(CLI::App& app, CommitCommand& options, const Output& output) {
  auto* command =
      app.add_subcommand("commit", "Commit to an input: its id is public, the file proves about it");
  command->add_option("key", options.key, "model.vk of a key with a committed input")->required();
  command->add_option("input", options.input, "one input: .json, .csv, .npy or .npz")->required();
  command->add_option("-o,--output", options.data, "file for the values and their opening, secret")
      ->required();
  command->add_flag("--show", options.show, "print the values too");
  command->add_flag("--clip", options.clip,
                    "commit to the nearest end of its range in place of a value beyond it, which is what "
                    "the model reads; without it such values are refused");
  command->callback([&] {
    keep_memory_private();
    commit_input(options, output);
  });
}

void add_open(CLI::App& app, OpenCommand& options, const Output& output) {
  auto* command = app.add_subcommand("open", "Show the id and the values of a commitment");
  command->add_option("data", options.data, "file that commit or prove wrote")->required();
  command->callback([&] {
    keep_memory_private();
    open_data(options, output);
  });
}

void add_prove(CLI::App& app, ProveCommand& options, const Output& output) {
  auto* command = app.add_subcommand("prove", "Prove the model's output on an input");
  command->add_option("folder", options.folder, "model folder")->required();
  command
      ->add_option(
          "input", options.input,
          "inputs: .json, .csv, .npy or .npz; what `circlet commit` wrote if the key's input is committed")
      ->required();
  command->add_option("-o,--output", options.proof, "file for the proof")->required();
  command->add_option("--output-data", options.output_data,
                      "file for the output and its opening, if the key's output is committed");
  command
      ->add_option("--context", options.context,
                   "number that binds the proof to its use: decimal, or hexadecimal after 0x; for the chain "
                   "below Starknet's prime, 2^251 + 17 * 2^192 + 1")
      ->capture_default_str();
  command->add_flag("--strict", options.rules.strict,
                    "refuse inputs beyond their range instead of clipping them");
  command->add_flag("--as-json", options.as_json, "write the proof as JSON, for the stwo crate");
  command->add_flag("--i-moved-it", options.rules.moved,
                    "the folder, or the file of the commitment, was moved here, and no copy of it proves");
  command->add_flag(
      "--reveal-committed", options.rules.reveal_committed,
      "prove under a key of --no-zk about a commitment that hides its values: the proof shows them");
  auto* uniform =
      command->add_flag("--uniform-errors", options.rules.uniform_errors,
                        "refuse all inputs in the same words, for a prover of other people's inputs");
  command
      ->add_option("--refusal-log", options.refusal_log,
                   "file to which the reasons are appended, for the owner alone")
      ->needs(uniform);
  command->callback([&] {
    keep_memory_private();
    prove_input(options, output);
  });
}

void add_verify(CLI::App& app, VerifyCommand& options, const Output& output) {
  auto* command = app.add_subcommand("verify", "Check a proof and print what it states");
  command->add_option("key", options.key, "model.vk")->required();
  command->add_option("proof", options.proof, "proof file")->required();
  command->add_option("--context", options.context,
                      "reject the proof unless it is bound to this number, decimal or after 0x");
  command->add_option("--input-commitment", options.input_commitment,
                      "reject the proof unless it is about the input with this id (circlet commit)");
  command->add_option("--output-commitment", options.output_commitment,
                      "reject the proof unless it is about the output with this id (circlet open)");
  command->add_flag("--transcript", options.transcript, "print the channel's digest after every step");
  command->callback([&] { verify_proof(options, output); });
}

void add_calldata(CLI::App& app, CalldataCommand& options, const Output& output) {
  auto* command = app.add_subcommand("calldata", "Write a proof as calldata of the Verifier contract");
  command->add_option("key", options.key, "model.vk")->required();
  command->add_option("proof", options.proof, "proof file")->required();
  command->add_option("-o,--output", options.calldata, "file for the felts, as JSON")->required();
  command->callback([&] { write_calldata(options, output); });
}

void add_inspect(CLI::App& app, InspectCommand& options, const Output& output) {
  auto* command = app.add_subcommand("inspect", "Show a model's public structure, key and security");
  command->add_option("folder", options.folder, "folder with model.structure and model.vk")->required();
  command->add_flag("--rebuild", options.rebuild,
                    "recompute the structure root and check that it is well formed");
  command->callback([&] { inspect(options, output); });
}

void add_bench(CLI::App& app, BenchCommand& options, const Output& output) {
  auto* command =
      app.add_subcommand("bench",
                         "Time loading, proving and verifying, phase by phase, with weights that are "
                         "masked anew: the key's budget stays as it is");
  command->add_option("folder", options.folder, "model folder")->required();
  command->add_option("input", options.input, "inputs: .json, .csv, .npy or .npz")->required();
  command->add_option("--repeat", options.repeat, "proofs; the median is printed")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  command->callback([&] {
    keep_memory_private();
    bench(options, output);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  Output& output = how_to_print;
  output.json = std::ranges::find(arguments, "--json") != arguments.end();
  std::set_terminate([] { end_uncaught(how_to_print); });
  CLI::App app("circlet: prove that a committed machine-learning model gave an output, and check it anywhere",
               "circlet");
  app.set_version_flag("--version", CIRCLET_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_flag("--json", output.json, "print one JSON object instead of text, errors too");
  Commands commands;
  add_import(app, commands.import, output);
  add_cut(app, commands.cut, output);
  add_audit(app, commands.audit, output);
  add_setup(app, commands.setup, output);
  add_run(app, commands.run, output);
  add_commit(app, commands.commit, output);
  add_open(app, commands.open, output);
  add_prove(app, commands.prove, output);
  add_verify(app, commands.verify, output);
  add_calldata(app, commands.calldata, output);
  add_inspect(app, commands.inspect, output);
  add_bench(app, commands.bench, output);
  app.footer(
      "Exit codes: 0 ok, 1 proof rejected, 2 usage, 3 bad input.\n"
      "Start: circlet import model.onnx --calibration data.json -o out && circlet setup out");
  try {
    require_command(app, arguments);
    app.parse(argc, argv);
    std::cout.flush();
    require(std::cout.good(), ErrorKind::io, "the result cannot be written to standard output");
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // help, version
    return report(output, ErrorKind::usage, usage_message(app, error, arguments));
  } catch (const Error& error) {
    return report(output, error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    return report(output, ErrorKind::io, "out of memory");
  } catch (const std::runtime_error& error) {
    // Of the standard library and TBB: the system refuses a folder or a thread.
    return report(output, ErrorKind::io, error.what());
  } catch (const std::exception& error) {
    return report(output, ErrorKind::internal, error.what());
  }
}
