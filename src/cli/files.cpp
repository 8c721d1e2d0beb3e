#include "cli/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/artefact.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"
#include "stark/prover/proof_budget.hpp"
#include "starknet/model_id.hpp"

namespace circlet::cli {
namespace {

std::string setup_of(const ModelFolder& folder) {
  return "circlet setup " + shell_quoted(folder.folder.string());
}

/// The least that the budgets of all segments allow.
std::uint64_t remaining_proofs(const ModelFolder& folder, const BundleKey& bundle) {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < bundle.segments.size(); ++i) {
    const ProofBudget budget = read_budget(folder.segment(i).budget());
    const bool counts = budget.weights_root == bundle.segments[i].weights_root;
    least = std::min(least, counts ? budget.remaining() : 0);
  }
  return least;
}

/// "out/model.vk of model id 0x12, which makes 7 more proofs"; empty if there is no key. A damaged key is
/// one.
std::string key_there(const ModelFolder& folder) {
  const bool public_half = std::filesystem::exists(folder.verification_key());
  if (!public_half && !std::filesystem::exists(folder.proving_key())) return "";
  if (!public_half) return folder.proving_key().string();
  std::string text = folder.verification_key().string();
  try {
    if (is_bundle(folder.verification_key())) {
      const BundleKey bundle = load_bundle_key(folder.verification_key());
      text += " of model id " + bundle.digest().to_hex();
      if (!bundle.segments[0].hides_weights()) return text;
      return text + fmt::format(" and its {} remaining proofs", remaining_proofs(folder, bundle));
    }
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

namespace {

/// `file`, if it is there and no folder.
const Path& key_file(const Path& file) {
  const ModelFolder folder{file};
  require(!std::filesystem::is_directory(file), ErrorKind::io, [&] {
    return "'" + file.string() + "' is not a regular file but a folder: give its " +
           folder.verification_key().filename().string() + ", " + folder.verification_key().string();
  });
  return made_by(setup_of({file.has_parent_path() ? file.parent_path() : "."}), file);
}

constexpr std::uint64_t most_bundle_key_bytes = std::uint64_t{1} << 30;

}  // namespace

VerificationKey load_key(const Path& file) { return load_verification_key(key_file(file)); }

bool is_bundle(const Path& file) {
  return std::filesystem::is_regular_file(file) &&
         kind_of_artefact(read_file(file, most_bundle_key_bytes)) == ArtefactKind::bundle_key;
}

BundleKey load_bundle_key(const Path& file) {
  return decode_bundle_key(read_file(key_file(file), most_bundle_key_bytes), file.string());
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
  std::error_code has_more;  // what is not a segment's stays
  for (std::size_t i = 0; i < max_segments; ++i) {
    const ModelFolder segment = folder.segment(i);
    for (const Path& file :
         {segment.proving_key(), segment.budget(), Path(segment.budget().string() + ".lock"),
          segment.verification_key(), segment.structure(), segment.model()}) {
      std::filesystem::remove(file);
    }
    std::filesystem::remove(segment.folder, has_more);
  }
  std::filesystem::remove(folder.segments_lock());
  std::filesystem::remove(folder.segments_lock().parent_path(), has_more);
}

}  // namespace circlet::cli
