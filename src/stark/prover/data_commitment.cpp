#include "stark/prover/data_commitment.hpp"

#include <algorithm>
#include <cmath>

#include "air/evaluate/components.hpp"
#include "air/prover/mask_rows.hpp"
#include "core/artefact.hpp"
#include "stark/prover/commit.hpp"

namespace circlet {
namespace {

constexpr std::uint32_t data_version = 2;
constexpr std::uint32_t max_values = 1U << 24;

std::size_t rows_of(std::size_t values) { return (values + data::row_values - 1) / data::row_values; }

/// Rows after the fin row.
std::size_t mask_rows_of(const DataCommitment& data) {
  return (std::size_t{1} << data.log_size) - rows_of(data.values.size()) - 1;
}

void check_values(const PublicTensor& tensor, std::span<const std::int32_t> values) {
  require(values.size() == tensor.rows, ErrorKind::bad_input, [&] {
    return "the key wants " + std::to_string(tensor.rows) + " committed values, not " +
           std::to_string(values.size());
  });
  for (const std::int32_t value : values) {
    require(tensor.min <= value && value <= tensor.max, ErrorKind::bad_input, [&] {
      return "the committed value " + std::to_string(value) + " is outside the key's range " +
             std::to_string(tensor.min) + ".." + std::to_string(tensor.max);
    });
  }
}

void make_tree(DataCommitment& data) {
  std::vector<std::span<const M31>> columns(data.columns.begin(), data.columns.end());
  data.tree = commit_columns(columns, data.log_blowup);
}

std::vector<QM31> pin_of(const DataCommitment& data) {
  return pinned_values(*data.tree, Pinned::data, data::row_values, data.log_size);
}

/// Draws what hides the values in `rows` rows: a salt is random on every row, a column of values on the rows
/// after the fin row.
void draw_masks(DataCommitment& data, std::size_t rows, Csprng& random) {
  for (std::size_t i = 0; i < data.columns.size(); ++i) {
    random.fill(std::span(data.columns[i]).subspan(i < data::row_values ? rows + 1 : 0));
  }
}

}  // namespace

DataCommitment commit_data(const VerificationKey& key, const PublicTensor& tensor,
                           std::span<const std::int32_t> values, Csprng* masks) {
  check_values(tensor, values);
  DataCommitment data{.values = {values.begin(), values.end()},
                      .scales = tensor.scales,
                      .log_size = key.height(),
                      .log_blowup = key.pcs.fri.log_blowup_factor,
                      .columns = zero_columns(data::row_values + data::salts, key.height()),
                      .tree = {},
                      .pin = {}};
  const std::size_t rows = rows_of(values.size());
  require(rows + 1 <= data.columns[0].size(), ErrorKind::bad_input,
          "the key's tables are too low for these values");
  const std::size_t padding = rows * data::row_values - values.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t at = padding + i;
    data.columns[at % data::row_values][at / data::row_values] = M31::from_signed(values[i]);
  }
  if (key.zero_knowledge) data.proof_budget = proofs_hidden_by(mask_rows_of(data), key.pcs.fri.n_queries);
  Csprng system;
  while (true) {
    if (key.zero_knowledge) draw_masks(data, rows, masks == nullptr ? system : *masks);
    make_tree(data);
    if (!is_special(pin_points(Pinned::data, data.root()), data.log_size, data.log_size)) break;
    require(key.zero_knowledge, ErrorKind::unsupported,
            "the root of these values gives no point to pin them at (one in 2^58 does)");
  }
  data.pin = pin_of(data);
  return data;
}

void check_data_fits(const DataCommitment& data, const VerificationKey& key, const PublicTensor& tensor) {
  check_values(tensor, data.values);
  const auto check = [](bool fits, const std::string& what) {
    require(fits, ErrorKind::bad_input,
            [&] { return "the commitment does not fit the key: " + what + "; commit again with this key"; });
  };
  check(data.scales == tensor.scales, "its integers stand for other real numbers (scales)");
  check(data.log_size == key.height() && data.log_blowup == key.pcs.fri.log_blowup_factor,
        "its tree has " + std::to_string(data.log_size) + " + " + std::to_string(data.log_blowup) +
            " levels, the key's have " + std::to_string(key.height()) + " + " +
            std::to_string(key.pcs.fri.log_blowup_factor));
  if (!key.zero_knowledge) return;
  check(data.proof_budget != 0, "it hides nothing, and the key is to hide");
  // Every proof opens as many values as its key has queries.
  check(data.proof_budget <= proofs_hidden_by(mask_rows_of(data), key.pcs.fri.n_queries),
        "it was made for fewer queries a proof");
}

Bytes encode_data(const DataCommitment& data) {
  ByteWriter writer;
  writer.write_counted(std::span<const double>(data.scales));
  writer.write(data.log_size);
  writer.write(data.log_blowup);
  writer.write(data.proof_budget);
  writer.write(static_cast<std::uint32_t>(data.values.size()));
  for (const BaseColumn& column : data.columns) writer.write_array(std::span<const M31>(column));
  for (const QM31& value : data.pin) writer.write_array(std::span<const M31>(value.coordinates()));
  return seal_artefact(ArtefactKind::committed_data, data_version, writer.bytes());
}

DataCommitment decode_data(std::span<const std::uint8_t> file, const std::string& name) {
  ByteReader reader(open_artefact(ArtefactKind::committed_data, data_version, file, name), name);
  DataCommitment data;
  data.scales = reader.read_counted<double>("scales");
  data.log_size = reader.read<std::uint32_t>("log size");
  data.log_blowup = reader.read<std::uint32_t>("log blow-up");
  data.proof_budget = reader.read<std::uint64_t>("proof budget");
  const auto count = reader.read<std::uint32_t>("number of values");
  if (data.log_size < 4 || data.log_size > max_table_log_size)
    reader.fail("log size", "it is not in 4 to 26");
  if (data.log_blowup < 1 || data.log_blowup > 4) reader.fail("log blow-up", "it is not in 1 to 4");
  const std::size_t size = std::size_t{1} << data.log_size;
  if (count == 0 || count > max_values || rows_of(count) + 1 > size) {
    reader.fail("number of values", "the columns are too short for it, or it is 0");
  }
  if (data.scales.empty() || count % data.scales.size() != 0)
    reader.fail("scales", "their number does not divide that of the values");
  for (const double scale : data.scales) {
    if (!std::isfinite(scale) || scale <= 0) reader.fail("scales", "a scale is not a positive number");
  }
  if (data.proof_budget > size) reader.fail("proof budget", "it exceeds what the columns can hide");
  for (std::uint32_t i = 0; i < data::row_values + data::salts; ++i) {
    const auto words = reader.read_array<std::uint32_t>(size, "columns");
    BaseColumn column(size);
    for (std::size_t row = 0; row < size; ++row) {
      if (words[row] >= M31::modulus) reader.fail("columns", "a value is not below 2^31 - 1");
      column[row] = M31(words[row]);
    }
    data.columns.push_back(std::move(column));
  }
  const auto pin = reader.read_array<std::uint32_t>(4 * data_pin_values, "pin");
  reader.expect_end();
  const std::size_t padding = rows_of(count) * data::row_values - count;
  for (std::size_t at = 0; at < padding + count; ++at) {
    const M31 value = data.columns[at % data::row_values][at / data::row_values];
    if (at >= padding) {
      data.values.push_back(value.centered());
    } else if (!value.is_zero()) {
      reader.fail("columns", "the padding before the values is not zero");
    }
  }
  make_tree(data);
  data.pin = pin_of(data);
  for (std::size_t i = 0; i < pin.size(); ++i) {
    if (data.pin[i / 4].coordinates()[i % 4].value() != pin[i]) {
      reader.fail("pin", "its values are not those of the columns");
    }
  }
  return data;
}

std::filesystem::path budget_of_data(const std::filesystem::path& file) { return file.string() + ".budget"; }

}  // namespace circlet
