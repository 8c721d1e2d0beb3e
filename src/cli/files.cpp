#include "cli/files.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "stark/prover/proof_budget.hpp"
#include "starknet/model_id.hpp"

namespace circlet::cli {
namespace {

std::string setup_of(const ModelFolder& folder) {
  return "circlet setup " + shell_quoted(folder.folder.string());
}

/// "out/model.vk of model id 0x12, which makes 7 more proofs"; empty if there is no key. A damaged key is
/// one.
std::string key_there(const ModelFolder& folder) {
  const bool public_half = std::filesystem::exists(folder.verification_key());
  if (!public_half && !std::filesystem::exists(folder.proving_key())) return "";
  if (!public_half) return folder.proving_key().string();
  std::string text = folder.verification_key().string();
  try {
    const VerificationKey key = load_verification_key(folder.verification_key());
    text += " of model id " + model_id(key).to_hex();
    if (!key.hides_weights()) return text;
    const ProofBudget budget = read_budget(folder.budget());
    if (budget.weights_root == key.weights_root) {
      text += fmt::format(" and its {} remaining proofs", budget.remaining());
    }
  } catch (const Error&) {
    // What cannot be read has no more to tell.
  }
  return text;
}

}  // namespace

const Path& made_by(const std::string& command, const Path& file) {
  const Path folder = file.parent_path();
  require(folder.empty() || !std::filesystem::exists(folder) || std::filesystem::is_directory(folder),
          ErrorKind::io, [&] {
            return "'" + folder.string() + "' is a file: give the model folder that `circlet import` made";
          });
  require(std::filesystem::exists(file), ErrorKind::io, [&] {
    return "cannot read '" + file.string() + "': No such file or directory; run `" + command + "` first";
  });
  return file;
}

ProvingKey proving_key_of(const ModelFolder& folder) {
  return load_proving_key(made_by(setup_of(folder), folder.proving_key()));
}

VerificationKey verification_key_of(const ModelFolder& folder) {
  return load_verification_key(made_by(setup_of(folder), folder.verification_key()));
}

VerificationKey load_key(const Path& file) {
  const ModelFolder folder{file};
  require(!std::filesystem::is_directory(file), ErrorKind::io, [&] {
    return "'" + file.string() + "' is not a regular file but a folder: give its " +
           folder.verification_key().filename().string() + ", " + folder.verification_key().string();
  });
  return load_verification_key(made_by(setup_of({file.has_parent_path() ? file.parent_path() : "."}), file));
}

void require_no_key(const ModelFolder& folder) {
  const std::string key = key_there(folder);
  require(key.empty(), ErrorKind::usage, [&] {
    return "setup would replace " + key +
           ", for good: give --renew for a new budget of proofs, --force to lose the "
           "old key, or set up a copy of the model in another folder";
  });
}

void require_no_model(const ModelFolder& folder) {
  const std::string key = key_there(folder);
  const bool model = std::filesystem::exists(folder.model());
  require(key.empty() && !model, ErrorKind::usage, [&] {
    return "import would replace " + (model ? folder.model().string() : "") +
           (key.empty()
                ? ""
                : std::string(model ? ", and " : "") + "remove " + key + ", which no new model can use") +
           ": give another folder with -o, or --force to lose what is there";
  });
}

void remove_key(const ModelFolder& folder) {
  for (const Path& file : {folder.proving_key(), folder.budget(), folder.verification_key()}) {
    std::filesystem::remove(file);
  }
}

}  // namespace circlet::cli
