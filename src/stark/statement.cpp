#include "stark/statement.hpp"

#include <algorithm>
#include <span>

#include "core/hex.hpp"
#include "fri/canonical.hpp"

namespace circlet {
namespace {

void check_values(const std::string& name, const std::vector<std::int32_t>& values,
                  const PublicTensor& tensor) {
  const std::size_t expected = std::size_t{tensor.rows} * tensor.lanes;
  require(values.size() == expected, ErrorKind::rejected, [&] {
    return "the statement has " + std::to_string(values.size()) + " values of " + name + "; the key says " +
           std::to_string(expected);
  });
  for (std::size_t i = 0; i < values.size(); ++i) {
    require(values[i] >= tensor.min && values[i] <= tensor.max, ErrorKind::rejected, [&] {
      return name + " value " + std::to_string(i) + " is " + std::to_string(values[i]) +
             ", outside the key's range " + std::to_string(tensor.min) + ".." + std::to_string(tensor.max);
    });
  }
}

}  // namespace

Context parse_context(const std::string& text) {
  const std::string_view digits = without_hex_prefix(text);
  const bool hexadecimal = digits.size() != text.size();
  const std::uint32_t base = hexadecimal ? 16 : 10;
  const auto refuse = [&](const char* why) {
    throw Error(ErrorKind::usage, "context '" + text + "' " + why +
                                      ": give a decimal number, or 0x and hexadecimal digits, below 2^256");
  };
  Context context{};
  if (digits.empty()) refuse("is no number");
  for (const char c : digits) {
    const std::size_t digit = hex_digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    if (digit >= base) refuse("is no number");
    std::uint64_t carry = digit;
    for (auto& word : context) {
      carry += std::uint64_t{word} * base;
      word = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) refuse("is too large");
  }
  return context;
}

std::string to_hex(const Context& context) {
  return hex_number(64, [&](unsigned i) { return (context[i / 8] >> (4 * (i % 8))) & 15U; });
}

Visibility Stated::visibility() const {
  if (commitment) return Visibility::committed;
  return values.empty() ? Visibility::hidden : Visibility::shown;
}

std::vector<const Commitment*> Statement::commitments() const {
  std::vector<const Commitment*> result;
  for (const Stated& stated : tensors) {
    if (stated.commitment) result.push_back(&*stated.commitment);
  }
  return result;
}

std::string tensor_name(const VerificationKey& key, std::size_t tensor) {
  const Direction direction = key.tensors[tensor].direction;
  const auto same = std::ranges::count(key.tensors, direction, &PublicTensor::direction);
  const std::string name = direction_name(direction);
  if (same == 1) return name;
  const auto before =
      std::ranges::count(std::span(key.tensors).first(tensor), direction, &PublicTensor::direction);
  return name + " " + std::to_string(before);
}

void check_statement(const VerificationKey& key, const Statement& statement) {
  require(statement.tensors.size() == key.tensors.size(), ErrorKind::rejected, [&] {
    return "the statement is about " + std::to_string(statement.tensors.size()) +
           " inputs and outputs; the key has " + std::to_string(key.tensors.size());
  });
  for (std::size_t i = 0; i < key.tensors.size(); ++i) {
    const Stated& stated = statement.tensors[i];
    const PublicTensor& tensor = key.tensors[i];
    const std::string name = tensor_name(key, i);
    require(stated.visibility() == tensor.visibility && (stated.values.empty() || !stated.commitment),
            ErrorKind::rejected, [&] {
              return "the statement's " + name + " is " + visibility_name(stated.visibility()) +
                     "; the key says it is " + visibility_name(tensor.visibility);
            });
    if (tensor.visibility == Visibility::shown) check_values(name, stated.values, tensor);
    if (!stated.commitment) continue;
    const auto& pin = stated.commitment->pin;
    require(pin.size() == data_pin_values, ErrorKind::rejected, [&] {
      return "the pin of the " + name + " has " + std::to_string(pin.size()) + " values, not " +
             std::to_string(data_pin_values);
    });
    require(all_canonical(pin), ErrorKind::rejected,
            [&] { return "the pin of the " + name + ": a value is not below p"; });
  }
}

void mix_key(const VerificationKey& key, Blake2sChannel& channel) {
  channel.mix_u32s(key.digest().words);
  mix_config(key.pcs, channel);
}

void mix_statement(const Statement& statement, Blake2sChannel& channel) {
  std::vector<std::uint32_t> words(statement.context.begin(), statement.context.end());
  words.push_back(static_cast<std::uint32_t>(statement.tensors.size()));
  for (const Stated& stated : statement.tensors) {
    words.push_back(static_cast<std::uint32_t>(stated.visibility()));
    words.push_back(static_cast<std::uint32_t>(stated.values.size()));
    for (const auto value : stated.values) words.push_back(M31::from_signed(value).value());
    if (!stated.commitment) continue;
    const Commitment& commitment = *stated.commitment;
    words.insert(words.end(), commitment.root.words.begin(), commitment.root.words.end());
    for (const QM31& value : commitment.pin) {
      for (const M31 coordinate : value.coordinates()) words.push_back(coordinate.value());
    }
  }
  channel.mix_u32s(words);
}

QM31 claim_of(std::span<const std::int32_t> values, std::uint32_t rows, const Challenges& challenges) {
  const std::size_t batch = values.size() / rows;
  QM31 claim;
  for (std::size_t j = 0; j < rows; ++j) {
    QM31 fingerprint;
    for (std::size_t lane = 0; lane < batch; ++lane) {
      fingerprint = fingerprint * challenges.alpha + QM31(M31::from_signed(values[lane * rows + j]));
    }
    claim = claim * challenges.t + fingerprint;
  }
  return claim;
}

QM31 ones_value(std::uint32_t batch, const Challenges& challenges) {
  QM31 value;
  for (std::uint32_t lane = 0; lane < batch; ++lane) value = value * challenges.alpha + QM31(M31(1));
  return value;
}

QM31 public_messages(const VerificationKey& key, const Statement& statement, const Challenges& challenges) {
  QM31 sum;
  const auto add = [&](std::int64_t count, std::uint32_t id, const QM31& value) {
    const QM31 denominator = denominator_of(challenges, BusTag::wire, M31(id), M31(), value);
    require(!denominator.is_zero(), ErrorKind::rejected, "a public message has denominator zero");
    sum += denominator.inverse() * M31::from_signed(count);
  };
  for (std::uint32_t i = 0; i < key.constants.size(); ++i) {
    const ConstantWire& wire = key.constants[i];
    add(-std::int64_t{wire.reads}, wires::one + i, ones_value(wire.lanes, challenges));
  }
  for (std::size_t i = 0; i < key.tensors.size(); ++i) {
    const PublicTensor& tensor = key.tensors[i];
    if (tensor.visibility != Visibility::shown) continue;
    const QM31 claim = claim_of(statement.tensors[i].values, tensor.rows, challenges);
    add(tensor.direction == Direction::input ? -1 : 1, tensor.claim_wire, claim);
  }
  return sum;
}

}  // namespace circlet
