// Inputs of targets that read proof.bin: a byte that chooses the key, and the file.
#pragma once

#include "core/artefact.hpp"
#include "tests/fuzz/bases.hpp"
#include "tests/fuzz/proof_mutator.hpp"

namespace circlet::fuzz {

/// Changes a few things in the proof, or bytes behind the envelope, and seals the file again.
inline std::size_t mutate_proof_file(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  constexpr std::size_t header = 24, trailer = 8;
  Random random(seed);
  if (below(random, 20) == 0) return LLVMFuzzerMutate(data, size, most);
  const auto choice = static_cast<std::uint8_t>(size == 0 ? below(random, 256) : data[0]);
  const std::span<const std::uint8_t> file(data + std::min<std::size_t>(size, 1),
                                           size - std::min<std::size_t>(size, 1));
  const auto finish = [&](const Bytes& changed) {
    Bytes bytes = {choice};
    bytes.insert(bytes.end(), changed.begin(), changed.end());
    return replace(data, size, most, bytes);
  };
  if (file.size() > header + trailer && below(random, 8) == 0) {
    const Bytes payload(file.begin() + header, file.end() - trailer);
    return finish(seal_artefact(ArtefactKind::proof, Proof::format_version,
                                mutate_bytes(payload, most - 1 - header - trailer)));
  }
  const Base& honest = base(choice);
  auto proof = attempt([&] { return decode_proof(file, "input"); });
  // What is already far from an honest proof seldom gets deeper into the verifier.
  if (!proof || below(random, 4) == 0) proof = honest.proof;
  for (std::size_t i = below(random, 3) + 1; i > 0; --i) {
    ProofMutator(honest.key(), *proof, honest.other, random).change_one();
  }
  return finish(encode_proof(*proof));
}

}  // namespace circlet::fuzz
