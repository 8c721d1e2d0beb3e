// The verification key: all that a verifier may trust (docs/protocol.md section 4). Public.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/fields/qm31.hpp"
#include "fri/pcs_config.hpp"
#include "hash/blake2s.hpp"
#include "program/program.hpp"
#include "stark/pin.hpp"

namespace circlet {

/// Ids of the wires that the verifier yields. Those from 3 to 15 are reserved.
namespace wires {
inline constexpr std::uint32_t one = 1;   // the value 1
inline constexpr std::uint32_t ones = 2;  // F(1, ..., 1)
inline constexpr std::uint32_t first_of_model = 16;
}  // namespace wires

/// Who knows a model's input or output: everybody, as its values are part of the statement; nobody but the
/// prover; or whoever holds the opening of a commitment whose root is part of the statement.
enum class Visibility : std::uint8_t { shown, hidden, committed };

/// public, private or committed.
const char* visibility_name(Visibility visibility);

/// The model's input or output as the verifier knows it.
struct PublicTensor {
  std::uint32_t claim_wire = 0;  // id of the wire that carries its claim; 0 unless its values are shown
  std::uint32_t rows = 0;        // values a sample
  std::int32_t min = 0;          // least and greatest integer
  std::int32_t max = 0;
  std::vector<double> scales;  // real = integer * scale; one entry, or one a row
  friend bool operator==(const PublicTensor&, const PublicTensor&) = default;
  [[nodiscard]] double scale(std::size_t row) const { return scales.size() == 1 ? scales[0] : scales[row]; }
};

/// The id of committed values, which parties compare: Blake2s of the words root (8), number of values,
/// log_size, log_blowup and scales as in a key. The root alone would be other values' under a key that reads
/// its tree otherwise.
Blake2sHash commitment_id(const Blake2sHash& root, std::uint32_t rows, std::uint32_t log_size,
                          std::uint32_t log_blowup, const std::vector<double>& scales);

/// Log sizes of the tables, in component order.
struct TableSizes {
  std::uint32_t linear = 0, activate = 0, lut = 0, mac = 0, blinder = 0;
  friend bool operator==(const TableSizes&, const TableSizes&) = default;
  [[nodiscard]] std::array<std::uint32_t, 5> all() const { return {linear, activate, lut, mac, blinder}; }
};

struct VerificationKey {
  static constexpr std::uint32_t format_version = 4;
  static constexpr std::uint32_t air_id = 3;
  static constexpr std::uint32_t hash_id = 1;  // Blake2s

  std::uint32_t lanes = 16;  // C: weights a row of `linear`
  std::uint32_t batch = 1;   // B: samples a proof
  TableSizes log_sizes;
  Blake2sHash structure_root, weights_root;  // the second one and its pin are a key's last words
  PcsConfig pcs;
  Visibility input_visibility = Visibility::shown;
  Visibility output_visibility = Visibility::shown;  // never hidden: a statement says something
  /// Whether the tables have the mask rows and the blinder that hide what is not public. The prover's promise
  /// to himself: a verifier cannot see whether the masks are random.
  bool zero_knowledge = false;
  /// Whether the weights, alone, are not masked: anyone who has model.circlet can rebuild their root. Of keys
  /// with zero knowledge only; the others mask nothing.
  bool weights_public = false;
  [[nodiscard]] bool hides_weights() const { return zero_knowledge && !weights_public; }
  /// Columns of weights, and so pinned ones.
  [[nodiscard]] std::size_t pinned_values() const { return lanes * pin_point_count; }
  /// What the output says of the model's scores; the threshold, if there is one, is in the structure.
  Predicate::Kind output_form = Predicate::Kind::values;
  PublicTensor input, output;
  std::uint32_t one_reads = 0;  // reads of the wires ONE and ONES
  std::uint32_t ones_reads = 0;
  /// Values of the weights' columns at the points of their root (stark/pin.hpp): the one model that the root
  /// stands for.
  std::vector<QM31> weights_pin;

  friend bool operator==(const VerificationKey&, const VerificationKey&) = default;

  [[nodiscard]] std::vector<std::uint32_t> to_words() const;
  /// Throws Error(bad_input) unless the words are the canonical encoding of a key within the limits below.
  static VerificationKey from_words(std::span<const std::uint32_t> words);
  /// Blake2s of the words: what the transcript starts with.
  [[nodiscard]] Blake2sHash digest() const;
  /// The id of the values of `tensor`, this key's input or output, that a statement's `root` stands for.
  [[nodiscard]] Blake2sHash committed(const PublicTensor& tensor, const Blake2sHash& root) const;
};

void save_verification_key(const VerificationKey& key, const std::filesystem::path& path);
VerificationKey load_verification_key(const std::filesystem::path& path);

}  // namespace circlet
