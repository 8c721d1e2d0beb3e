// circlet-make-batch FOLDER SEED MODELS MUTANTS: random small models of every form of statement and shape of
// key, honest proofs of them, and MUTANTS changed pairs of key and proof for each, with the verdict of the
// C++ verifier. The same for the same seed. Fails if the verifier accepts what no prover made.
//   MODEL.json        an honest proof's calldata, if the contract verifies such keys
//   cases.jsonl       a case a line, in the order of jobs.jsonl:
//     {"name", "model", "words": the key's, "refused": why, or null, "comparable": whether the contract must
//     refuse at
//      the same step, "calldata": or null if the proof cannot be encoded}
//   jobs.jsonl        the cases for `oracle-verify --batch`
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "lowering/rows.hpp"
#include "starknet/calldata.hpp"
#include "tests/fuzz/bases.hpp"
#include "tests/fuzz/proof_mutator.hpp"

namespace {

using namespace circlet;
using namespace circlet::fuzz;
using Words = std::vector<std::uint32_t>;

struct Model {
  std::string name;
  Base honest;
  bool on_chain;
};

/// A predicate that is true of some outputs and false of others, if the model has such a one.
Program with_any_predicate(const Program& program, Random& random) {
  const Tensor& output = program.tensors[program.outputs[0].tensor];
  const auto threshold = output.min + static_cast<std::int64_t>(below(
                                          random, static_cast<std::size_t>(output.max - output.min) + 1));
  const std::string texts[] = {"public", "argmax", fmt::format(">= {}", threshold),
                               fmt::format("< {}", threshold)};
  return with_predicate(program, parse_predicate(texts[below(random, std::size(texts))]));
}

/// Nothing if what was drawn is no model, or its output decides nothing.
std::optional<Program> random_model(bool on_chain, Random& random) {
  const auto draw = [&](std::size_t bound) { return 1 + static_cast<std::uint32_t>(below(random, bound)); };
  const auto seed = static_cast<std::uint32_t>(random());
  try {
    // A row of tiles holds several lanes, which the contract does not take.
    const std::size_t kind = below(random, on_chain ? 5 : 7);
    const Program program =
        with_any_predicate(kind == 0   ? testing::random_residual(draw(8), seed)
                           : kind == 1 ? testing::random_gated(draw(8), draw(8), draw(5), seed)
                           : kind == 2 ? testing::random_convolutions(seed)
                           : kind == 5 ? testing::random_tiles(seed)
                           : kind == 6 ? testing::random_squeezed(seed)
                                       : testing::random_mlp(draw(20), draw(20), draw(9), seed),
                           random);
    check_program(program);
    return program;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) throw;
    return {};
  }
}

Model make_model(std::string name, bool on_chain, Random& random) {
  std::optional<Program> program;
  while (!program) program = random_model(on_chain, random);
  const auto draw = [&](std::size_t bound) { return static_cast<std::uint32_t>(below(random, bound)); };
  SetupOptions options{.target = on_chain ? Target::chain : Target::offchain,
                       .input = static_cast<Visibility>(below(random, 3)),
                       .output = below(random, 3) == 0 ? Visibility::committed : Visibility::shown,
                       .pcs = PcsConfig{.pow_bits = draw(9),
                                        .fri = {.log_blowup_factor = 1 + draw(4),
                                                .n_queries = 4 + draw(6),
                                                .fold_step = 1 + draw(4)}},
                       .zero_knowledge = below(random, 2) == 0,
                       .weights_public = below(random, 4) == 0,
                       .proofs = 1 + draw(3)};
  if (!on_chain) {
    // Products, the arg max, and committed values, are of one sample.
    const bool one_sample =
        std::ranges::any_of(program->ops, [](const Op& op) { return rows_of(op.kind).of_one_sample; }) ||
        options.input == Visibility::committed || options.output == Visibility::committed;
    options.batch = one_sample ? 1 : 1 + draw(3);
    options.lanes = 1 + draw(20);
    options.pcs->fri.fold_step = 1 + draw(2);
    options.pcs->fri.log_last_layer_degree_bound = draw(3);
  }
  return {std::move(name), make_base(*program, options, draw(1U << 20)), on_chain};
}

/// A few words of a key changed.
Words changed_words(Words words, const Words& others, Random& random) {
  for (std::size_t i = below(random, 3) + 1; i > 0; --i) {
    const std::size_t at = below(random, words.size());
    switch (below(random, 4)) {
      case 0:
        words[at] = static_cast<std::uint32_t>(below(random, 32));
        break;
      case 1:
        words[at] = others[at % others.size()];
        break;
      default:
        words[at] = static_cast<std::uint32_t>(mutate_number(words[at], random));
    }
  }
  if (below(random, 16) == 0) words.resize(below(random, words.size() + 4));
  return words;
}

struct Case {
  std::string name;
  Words words;
  Proof proof;
};

/// Whether a proof may be accepted with a key: it was made for it. Who has another nonce with enough work is
/// as good.
bool is_honest(const Model& model, const Case& c) {
  Proof proof = c.proof;
  const auto is = [&](const Proof& honest) {
    proof.stark.proof_of_work = honest.stark.proof_of_work;
    return proof == honest;
  };
  return c.words == model.honest.key().to_words() && (is(model.honest.proof) || is(model.honest.other));
}

class Batch {
 public:
  Batch(const std::filesystem::path& folder, std::vector<Model> models, std::uint32_t seed)
      : cases_(folder / "cases.jsonl"),
        jobs_(folder / "jobs.jsonl"),
        models_(std::move(models)),
        random_(seed) {
    for (const Model& model : models_) {
      if (!model.on_chain) continue;
      std::ofstream file(folder / (model.name + ".json"));
      file << calldata_to_json(encode_calldata(model.honest.key(), model.honest.proof));
      require(file.good(), ErrorKind::io, "cannot write a case");
    }
  }

  void write(std::size_t mutants) {
    for (const Model& model : models_) {
      const Words words = model.honest.key().to_words();
      add(model, {"honest", words, model.honest.proof});
      add(model, {"another honest proof", words, model.honest.other});
      for (std::size_t i = 0; i < mutants; ++i) add(model, random_case(model, words, i));
    }
    require(cases_.flush().good() && jobs_.flush().good(), ErrorKind::io, "cannot write the cases");
  }
  [[nodiscard]] bool accepted_what_no_prover_made() const { return fault_; }

 private:
  Case random_case(const Model& model, const Words& words, std::size_t i) {
    const Base& honest = model.honest;
    const Base& other = models_[below(random_, models_.size())].honest;
    Case c{fmt::format("change {}", i), words, honest.proof};
    const std::size_t kind = below(random_, 6);
    if (kind == 0) c.words = changed_words(words, other.key().to_words(), random_);
    if (kind == 0) {
      // Often the proof is made to fit the key, as far as that can be.
      const auto key = attempt([&] { return VerificationKey::from_words(c.words); });
      if (key && below(random_, 2) == 0) c.proof = fitted(*key, c.proof);
      return c;
    }
    if (kind == 1 && below(random_, 4) == 0) {
      c.proof = below(random_, 2) == 0 ? other.proof : fitted(honest.key(), other.proof);
      return c;
    }
    for (std::size_t changes = below(random_, 3) + 1; changes > 0; --changes) {
      ProofMutator(honest.key(), c.proof, honest.other, random_).change_one();
    }
    return c;
  }

  void add(const Model& model, const Case& c) {
    nlohmann::json refused;
    std::optional<Calldata> calldata;
    try {
      const VerificationKey key = VerificationKey::from_words(c.words);
      if (model.on_chain) calldata = attempt([&] { return encode_calldata(key, c.proof); });
      verify(key, c.proof);
    } catch (const Error& error) {
      require(error.kind() == ErrorKind::rejected || error.kind() == ErrorKind::bad_input,
              ErrorKind::internal, [&] { return model.name + ", " + c.name + ": " + error.what(); });
      refused = error.what();
      // For the contract: what is no key with whatever it comes with.
      if (model.on_chain && !calldata) {
        calldata = attempt([&] { return encode_calldata(model.honest.key(), c.proof); });
      }
    }
    if (refused.is_null() && !is_honest(model, c)) {
      std::cerr << model.name << ", " << c.name << ": accepted, and no prover made it\n";
      fault_ = true;
    }
    const auto& honest = model.honest.proof.stark;
    const auto& stark = c.proof.stark;
    const bool comparable =
        c.words == model.honest.key().to_words() && same_form(c.proof, model.honest.proof) &&
        stark.config == honest.config &&
        std::ranges::equal(std::span(stark.commitments).first(2), std::span(honest.commitments).first(2));
    const auto json = proof_to_json(c.proof);
    const auto& statement = json.at("statement");
    cases_ << nlohmann::json{{"name", c.name},
                             {"model", model.name},
                             {"words", c.words},
                             {"refused", refused},
                             {"comparable", comparable},
                             {"calldata", calldata ? calldata_to_json(*calldata) : nlohmann::json()}}
           << '\n';
    nlohmann::ordered_json job = statement;
    job["vk"] = c.words;
    job["proof"] = json;
    jobs_ << job << '\n';
  }

  std::ofstream cases_, jobs_;
  std::vector<Model> models_;
  Random random_;
  bool fault_ = false;
};

int run(const std::filesystem::path& folder, std::uint32_t seed, std::size_t models, std::size_t mutants) {
  std::filesystem::create_directories(folder);
  Random random(seed);
  random.discard(100);  // small seeds begin alike
  std::vector<Model> made;
  for (std::size_t i = 0; i < models; ++i) {
    const bool on_chain = i % 4 != 3;
    made.push_back(make_model(fmt::format("model_{}", i), on_chain, random));
  }
  Batch batch(folder, std::move(made), static_cast<std::uint32_t>(random()));
  batch.write(mutants);
  return batch.accepted_what_no_prover_made() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: circlet-make-batch FOLDER SEED MODELS MUTANTS\n";
    return 2;
  }
  try {
    return run(argv[1], static_cast<std::uint32_t>(std::stoul(argv[2])), std::stoul(argv[3]),
               std::stoul(argv[4]));
  } catch (const std::exception& error) {
    std::cerr << "circlet-make-batch: " << error.what() << "\n";
    return 2;
  }
}
