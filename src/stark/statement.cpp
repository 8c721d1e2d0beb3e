#include "stark/statement.hpp"

#include "core/hex.hpp"

namespace circlet {
namespace {

/// d = (z - 1) - lambda id - lambda^3 value
QM31 wire_denominator(const Challenges& challenges, M31 id, const QM31& value) {
  const QM31& lambda = challenges.lambda;
  const QM31 tag(M31(static_cast<std::uint32_t>(BusTag::wire)));
  return challenges.z - tag - lambda * id - lambda.square() * lambda * value;
}

void check_values(const char* what, const std::vector<std::int32_t>& values, std::size_t expected,
                  const PublicTensor& tensor) {
  require(values.size() == expected, ErrorKind::rejected, [&] {
    return std::string("the statement has ") + std::to_string(values.size()) + " " + what +
           " values; the key says " + std::to_string(expected);
  });
  for (std::size_t i = 0; i < values.size(); ++i) {
    require(values[i] >= tensor.min && values[i] <= tensor.max, ErrorKind::rejected, [&] {
      return std::string(what) + " value " + std::to_string(i) + " is " + std::to_string(values[i]) +
             ", outside the key's range " + std::to_string(tensor.min) + ".." + std::to_string(tensor.max);
    });
  }
}

void append_values(std::vector<std::uint32_t>& words, const std::vector<std::int32_t>& values) {
  words.push_back(static_cast<std::uint32_t>(values.size()));
  for (const auto value : values) words.push_back(M31::from_signed(value).value());
}
void append_root(std::vector<std::uint32_t>& words, const std::optional<Blake2sHash>& root) {
  if (root) words.insert(words.end(), root->words.begin(), root->words.end());
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
  if (digits.size() > (hexadecimal ? 64 : 78)) refuse("is too large");
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

void check_statement(const VerificationKey& key, const Statement& statement) {
  const auto check = [&](const char* what, Visibility visibility, const PublicTensor& tensor,
                         const std::vector<std::int32_t>& values, const std::optional<Blake2sHash>& root) {
    const std::size_t count = visibility == Visibility::shown ? std::size_t{tensor.rows} * key.batch : 0;
    check_values(what, values, count, tensor);
    require(root.has_value() == (visibility == Visibility::committed), ErrorKind::rejected, [&] {
      return std::string("the statement has ") + (root ? "a" : "no") + " root of a committed " + what +
             "; the key says it is " + visibility_name(visibility);
    });
  };
  check("input", key.input_visibility, key.input, statement.inputs, statement.input_root);
  check("output", key.output_visibility, key.output, statement.outputs, statement.output_root);
}

void mix_key(const VerificationKey& key, Blake2sChannel& channel) {
  channel.mix_u32s(key.digest().words);
  mix_config(key.pcs, channel);
}

void mix_statement(const Statement& statement, Blake2sChannel& channel) {
  std::vector<std::uint32_t> words(statement.context.begin(), statement.context.end());
  append_values(words, statement.inputs);
  append_root(words, statement.input_root);
  append_values(words, statement.outputs);
  append_root(words, statement.output_root);
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
    const QM31 denominator = wire_denominator(challenges, M31(id), value);
    require(!denominator.is_zero(), ErrorKind::rejected, "a public message has denominator zero");
    sum += denominator.inverse() * M31::from_signed(count);
  };
  add(-std::int64_t{key.one_reads}, wires::one, QM31(M31(1)));
  add(-std::int64_t{key.ones_reads}, wires::ones, ones_value(key.batch, challenges));
  if (key.input_visibility == Visibility::shown) {
    add(-1, key.input.claim_wire, claim_of(statement.inputs, key.input.rows, challenges));
  }
  if (key.output_visibility == Visibility::shown) {
    add(1, key.output.claim_wire, claim_of(statement.outputs, key.output.rows, challenges));
  }
  return sum;
}

}  // namespace circlet
