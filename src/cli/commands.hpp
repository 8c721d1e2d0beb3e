// The subcommands: each takes the options that main.cpp parsed, prints its result and throws Error to fail.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/terminal.hpp"
#include "frontend/calibrate.hpp"
#include "session/proving_session.hpp"
#include "stark/prover/setup.hpp"

namespace circlet::cli {

using Path = std::filesystem::path;

/// Files of a model folder.
struct ModelFolder {
  Path folder;
  [[nodiscard]] Path model() const { return folder / "model.circlet"; }
  [[nodiscard]] Path structure() const { return folder / "model.structure"; }
  [[nodiscard]] Path verification_key() const { return folder / "model.vk"; }
  [[nodiscard]] Path proving_key() const { return folder / "model.pk"; }
  [[nodiscard]] Path budget() const { return folder / "model.budget"; }
  /// Of a model that is proved in segments: the folder of each, counted from 0.
  [[nodiscard]] ModelFolder segment(std::size_t index) const {
    return {folder / "segments" / std::to_string(index + 1)};
  }
  [[nodiscard]] Path segments_lock() const { return folder / "segments" / "prove.lock"; }

  /// The model as it was imported.
  [[nodiscard]] Program imported() const;
  /// The imported model with the predicate that setup chose for its output: what is run and proved.
  [[nodiscard]] Program program() const;
};

struct ImportOptions {
  Path onnx, calibration, folder;
  std::vector<std::string> shapes;  // as parse_input_shapes takes them
  std::string prove;                // an output of the file
  CalibrationOptions calibrate;
  bool force = false;  // replace what is there
};
void import_model(ImportOptions options, const Output& output);

struct CutCommand {
  Path folder, part;
  std::optional<std::string> from, to;  // tensors
  bool force = false;                   // replace what is there
};
void cut_model(const CutCommand& command, const Output& output);

struct AuditCommand {
  Path folder, audit;
  std::uint32_t records = 0;
  std::vector<std::string> columns, counts;  // as program/audit.hpp has them
  bool accuracy = false;
  std::vector<std::string> parity, opportunity;  // columns of 0 and 1
  std::string positive = "1";                    // the class that these are about
  std::vector<double> histogram;                 // edges
  bool force = false;                            // replace what is there
};
void audit_model(const AuditCommand& command, const Output& output);

struct SetupCommand {
  Path folder;
  SetupOptions setup;
  bool force = false;                        // replace the folder's key
  bool renew = false;                        // mask the weights of the folder's key anew
  std::uint32_t split = 0;                   // folders to divide the budget of proofs among; 0: none
  bool moved = false;                        // before a split: the folder was moved, not copied
  std::vector<std::string> inputs, outputs;  // as read_port_modes takes them
  std::optional<Path> joins;                 // a key whose committed values are to be this one's too
  std::optional<std::string> segments;       // a number of them, or "auto": the fewest
};
void setup_keys(const SetupCommand& command, const Output& output);

struct RunCommand {
  Path folder, input;
  bool strict = false;                // refuse what else is clipped
  std::optional<std::string> tensor;  // of which the values are written,
  Path values;                        // to this file
};
void run_model(const RunCommand& command, const Output& output);

struct CommitCommand {
  Path key, input, data;
  bool show = false;  // the values too
  bool clip = false;  // values beyond their range
};
void commit_input(const CommitCommand& command, const Output& output);

struct OpenCommand {
  Path data;
};
void open_data(const OpenCommand& command, const Output& output);

struct ProveCommand {
  Path folder, input, proof;
  std::optional<Path> output_data;  // where to write the commitment to the output, if the key has one
  std::string context = "0x0";
  bool as_json = false;
  ProvingRules rules;
  std::optional<Path> refusal_log;  // where the owner reads what uniform errors do not say
};
void prove_input(const ProveCommand& command, const Output& output);

struct VerifyCommand {
  Path key, proof;
  std::optional<std::string> context, input_commitment, output_commitment;  // that the proof must carry
  bool transcript = false;
};
void verify_proof(const VerifyCommand& command, const Output& output);

struct CalldataCommand {
  Path key, proof, calldata;
};
void write_calldata(const CalldataCommand& command, const Output& output);

struct InspectCommand {
  Path folder;
  bool rebuild = false;
};
void inspect(const InspectCommand& command, const Output& output);

struct BenchCommand {
  Path folder, input;
  std::uint32_t repeat = 9;
};
void bench(const BenchCommand& command, const Output& output);

}  // namespace circlet::cli
