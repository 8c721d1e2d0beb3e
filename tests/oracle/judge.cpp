// What the C++ verifier says, for the Rust oracle to compare with (tests/differential.rs):
//   oracle-judge KEY.json < PROOFS     a proof in JSON a line
//   oracle-judge --keys < KEYS         the words of a key in JSON a line
// An answer a line: {"rejected": why, or null, "transcript": ["<operation> <digest>", ..]}.
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "core/artefact.hpp"
#include "fri/proof_io.hpp"
#include "stark/verifier.hpp"

namespace circlet {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const char* why) { throw Error(ErrorKind::bad_input, why); }

const Json& member(const Json& json, const char* key) {
  if (!json.is_object() || !json.contains(key)) refuse("a key is missing");
  return json.at(key);
}

/// An integer of T's range; Error(bad_input) if it is none.
template <class T>
T integer(const Json& json) {
  using Limits = std::numeric_limits<T>;
  const bool fits = json.is_number_unsigned()
                        ? json.get<std::uint64_t>() <= static_cast<std::uint64_t>(Limits::max())
                        : json.is_number_integer() && Limits::is_signed &&
                              json.get<std::int64_t>() >= static_cast<std::int64_t>(Limits::min());
  if (!fits) refuse("not an integer in range");
  return json.get<T>();
}

template <class T>
std::vector<T> integers(const Json& json) {
  if (!json.is_array()) refuse("not an array");
  std::vector<T> values;
  for (const Json& item : json) values.push_back(integer<T>(item));
  return values;
}

M31 element(const Json& json) {
  const auto value = integer<std::uint32_t>(json);
  if (value >= M31::modulus) refuse("not below p");
  return M31(value);
}

/// [[a, b], [c, d]]
QM31 secure(const Json& json) {
  const auto is_pair = [](const Json& value) { return value.is_array() && value.size() == 2; };
  if (!is_pair(json) || !is_pair(json[0]) || !is_pair(json[1])) refuse("not an element of F");
  return {element(json[0][0]), element(json[0][1]), element(json[1][0]), element(json[1][1])};
}

std::vector<QM31> secures(const Json& json) {
  if (!json.is_array()) refuse("not an array");
  std::vector<QM31> values;
  for (const Json& item : json) values.push_back(secure(item));
  return values;
}

/// What is stated of a tensor: values, or a root and a pin, or nothing.
Stated read_stated(const Json& json) {
  if (json == Json::object()) return {};
  if (json.is_object() && json.size() == 1) {
    auto values = integers<std::int32_t>(member(json, "values"));
    if (values.empty()) refuse("no values");
    return {.values = std::move(values), .commitment = {}};
  }
  const Json& root = member(json, "root");
  if (json.size() != 2 || !root.is_string()) refuse("a commitment is not a root and a pin");
  return {.values = {},
          .commitment = Commitment{.root = Blake2sHash::from_hex(root.get<std::string>()),
                                   .pin = secures(member(json, "pin"))}};
}

Proof read_proof(const Json& json) {
  Proof proof;
  const Json& statement = member(json, "statement");
  const Json& context = member(statement, "context");
  if (!context.is_string()) refuse("the context is not a string");
  proof.statement.context = parse_context(context.get<std::string>());
  const Json& tensors = member(statement, "tensors");
  if (!tensors.is_array()) refuse("the tensors are no array");
  for (const Json& tensor : tensors) proof.statement.tensors.push_back(read_stated(tensor));
  proof.claimed_sums = secures(member(json, "claimed_sums"));
  proof.stark = stark_proof_from_json(member(json, "stark_proof"));
  return proof;
}

VerificationKey read_key(const Json& json) {
  return VerificationKey::from_words(integers<std::uint32_t>(json));
}

/// The answer; what is no refusal of the proof or key, but an error of the verifier, is thrown.
template <class F>
Json answer(F&& verify_recording) {
  Json transcript = Json::array();
  Json rejected;
  try {
    verify_recording([&](std::string_view operation, const Blake2sHash& digest) {
      transcript.push_back(std::string(operation) + " " + digest.to_hex());
    });
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) throw;
    rejected = error.what();
  }
  return {{"rejected", rejected}, {"transcript", transcript}};
}

void run(const std::string& argument) {
  const bool keys = argument == "--keys";
  VerificationKey key;
  if (!keys) {
    const Bytes file = read_file(argument);
    key = read_key(Json::parse(file));
  }
  for (std::string line; std::getline(std::cin, line);) {
    const Json json = Json::parse(line);
    std::cout << answer([&](const Blake2sChannel::Observer& observer) {
      if (keys) {
        read_key(json);
      } else {
        verify(key, read_proof(json), observer);
      }
    }) << std::endl;
  }
}

}  // namespace
}  // namespace circlet

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: oracle-judge KEY.json | --keys\n";
    return 2;
  }
  try {
    circlet::run(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "oracle-judge: " << error.what() << "\n";
    return 1;
  }
}
