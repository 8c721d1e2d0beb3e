// The verification key: all that a verifier may trust (docs/protocol.md section 4). Public.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "air/evaluate/components.hpp"
#include "core/bytes.hpp"
#include "core/fields/qm31.hpp"
#include "fri/pcs_config.hpp"
#include "hash/blake2s.hpp"
#include "program/program.hpp"
#include "stark/pin.hpp"

namespace circlet {

/// Ids of the wires that the verifier yields; a key may list 1 to 14. 0 and 15 are reserved.
namespace wires {
inline constexpr std::uint32_t one = 1;   // the value 1
inline constexpr std::uint32_t ones = 2;  // F(1, ..., 1) over the samples
inline constexpr std::uint32_t pair = 3;  // F(1, 1) = 1 + alpha, in keys with tables of tiles
inline constexpr std::uint32_t first_of_model = 16;
}  // namespace wires

/// Who knows a model's input or output: everybody, as its values are part of the statement; nobody but the
/// prover; or whoever holds the opening of a commitment whose root is part of the statement.
enum class Visibility : std::uint8_t { shown, hidden, committed };

/// public, private or committed.
const char* visibility_name(Visibility visibility);

enum class Direction : std::uint8_t { input, output };

/// An input or output of the model as the verifier knows it.
struct PublicTensor {
  Direction direction = Direction::input;
  Visibility visibility = Visibility::shown;  // an output is never hidden: a statement says something
  /// What an output says of the model's scores; the threshold, if there is one, is in the structure.
  Predicate::Kind form = Predicate::Kind::values;
  std::uint32_t lanes = 1;       // samples a proof
  std::uint32_t claim_wire = 0;  // id of the wire that carries its claim; 0 unless its values are shown
  std::uint32_t rows = 0;        // values a sample
  std::int32_t min = 0;          // least and greatest integer
  std::int32_t max = 0;
  std::vector<double> scales;  // real = integer * scale; as many as divide the rows, of row j number j mod ..
  friend bool operator==(const PublicTensor&, const PublicTensor&) = default;
  [[nodiscard]] double scale(std::size_t row) const { return scales[row % scales.size()]; }
};

/// "input" or "output".
const char* direction_name(Direction direction);

/// A wire with the value F(1, ..., 1) over `lanes` samples, which the verifier yields `reads` times.
struct ConstantWire {
  std::uint32_t lanes = 1;
  std::uint32_t reads = 0;
  friend bool operator==(const ConstantWire&, const ConstantWire&) = default;
};

inline constexpr std::uint32_t max_tables = 16;
inline constexpr std::uint32_t max_table_log_size = 26;

/// Of the degrees of all claims together. A random t tells claims of a greater one apart with fewer than
/// 98 bits.
inline constexpr std::uint32_t max_log_degree = 26;

/// What binds committed values in a statement: the root of their tree, and the values of its columns at the
/// points of that root (stark/pin.hpp), column after column.
struct Commitment {
  Blake2sHash root;
  std::vector<QM31> pin;
  friend bool operator==(const Commitment&, const Commitment&) = default;
};
/// Values of a commitment's pin.
inline constexpr std::size_t data_pin_values = data::row_values * pin_point_count;

/// The id of committed values, which parties compare: Blake2s of the words root (8), pin, number of values,
/// log_size, log_blowup and scales as in a key. The root alone would be other values' under a key that reads
/// its tree otherwise, and might be several values' without the pin.
Blake2sHash commitment_id(const Commitment& commitment, std::uint32_t rows, std::uint32_t log_size,
                          std::uint32_t log_blowup, const std::vector<double>& scales);

struct VerificationKey {
  static constexpr std::uint32_t format_version = 5;
  static constexpr std::uint32_t air_id = 4;
  static constexpr std::uint32_t hash_id = 1;  // Blake2s

  /// The tables: kinds ascending, of `linear` and `activate` parameters ascending, of committed values one a
  /// committed tensor; the last is the blinder.
  std::vector<TableInstance> instances;
  PcsConfig pcs;
  /// Whether the tables have the mask rows and the blinder that hide what is not public. The prover's promise
  /// to himself: a verifier cannot see whether the masks are random.
  bool zero_knowledge = false;
  /// Whether the weights, alone, are not masked: anyone who has model.circlet can rebuild their root. Of keys
  /// with zero knowledge only; the others mask nothing.
  bool weights_public = false;
  /// The degrees in alpha and t of all claims add up to at most 2^log_degree (docs/soundness.md, "Degrees").
  std::uint32_t log_degree = 0;
  std::vector<ConstantWire> constants;       // of the wires 1, 2, ..: ONE first
  std::vector<PublicTensor> tensors;         // inputs, then outputs
  Blake2sHash meaning;                       // Blake2s of the payload of model.structure
  Blake2sHash structure_root, weights_root;  // the second one and its pin are a key's last words
  /// Values of the weights' columns at the points of their root (stark/pin.hpp): the one model that the root
  /// stands for.
  std::vector<QM31> weights_pin;

  friend bool operator==(const VerificationKey&, const VerificationKey&) = default;

  [[nodiscard]] bool hides_weights() const { return zero_knowledge && !weights_public; }
  /// Log size of the highest tables: committed values and the blinder.
  [[nodiscard]] std::uint32_t height() const { return instances.back().log_size; }
  /// Columns of weights, and so pinned ones, times the points.
  [[nodiscard]] std::size_t pinned_values() const;
  /// The instance of this kind, of which the key has one; Error(unsupported) otherwise.
  [[nodiscard]] const TableInstance& only(TableKind kind) const;
  /// The input, or the output, of a model that has one; Error(unsupported) otherwise.
  [[nodiscard]] const PublicTensor& input() const { return only(Direction::input); }
  [[nodiscard]] const PublicTensor& output() const { return only(Direction::output); }
  [[nodiscard]] PublicTensor& input() { return const_cast<PublicTensor&>(std::as_const(*this).input()); }
  [[nodiscard]] PublicTensor& output() { return const_cast<PublicTensor&>(std::as_const(*this).output()); }
  /// Samples of a proof: of its last output.
  [[nodiscard]] std::uint32_t batch() const { return tensors.back().lanes; }
  /// Weights a row.
  [[nodiscard]] std::uint32_t lanes() const { return only(TableKind::linear).parameter; }

  [[nodiscard]] std::vector<std::uint32_t> to_words() const;
  /// Throws Error(bad_input) unless the words are the canonical encoding of a key within the limits below.
  static VerificationKey from_words(std::span<const std::uint32_t> words);
  /// Blake2s of the words: what the transcript starts with.
  [[nodiscard]] Blake2sHash digest() const;
  /// The id of the values of `tensor`, one of this key's, that a statement's commitment stands for.
  [[nodiscard]] Blake2sHash committed(const PublicTensor& tensor, const Commitment& commitment) const;

 private:
  [[nodiscard]] const PublicTensor& only(Direction direction) const;
};

void save_verification_key(const VerificationKey& key, const std::filesystem::path& path);
VerificationKey load_verification_key(const std::filesystem::path& path);

}  // namespace circlet
