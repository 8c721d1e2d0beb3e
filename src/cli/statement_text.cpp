#include "cli/statement_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "cli/key_text.hpp"
#include "core/printable.hpp"
#include "program/audit.hpp"
#include "program/predicate.hpp"
#include "starknet/model_id.hpp"

namespace circlet::cli {
namespace {

/// Sample `sample` of values laid out sample after sample.
std::vector<std::int32_t> sample_of(const std::vector<std::int32_t>& values, std::size_t rows,
                                    std::size_t sample) {
  const auto first = values.begin() + static_cast<std::ptrdiff_t>(sample * rows);
  return {first, first + static_cast<std::ptrdiff_t>(rows)};
}

std::vector<double> real_values(const std::vector<double>& scales,
                                const std::vector<std::int32_t>& integers) {
  std::vector<double> reals;
  for (std::size_t row = 0; row < integers.size(); ++row)
    reals.push_back(integers[row] * scales[row % scales.size()]);
  return reals;
}

std::string answers(const std::vector<std::int32_t>& bits) {
  std::vector<std::string_view> words;
  for (const auto bit : bits) words.push_back(bit != 0 ? "yes" : "no");
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

std::size_t greatest_index(const std::vector<double>& values) {
  return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

std::string values_text(const std::vector<std::int32_t>& integers, const std::vector<double>& reals) {
  constexpr std::size_t shown = 32;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min(shown, integers.size()); ++i) {
    parts.push_back(fmt::format("{} ({:.4g})", integers[i], reals[i]));
  }
  if (integers.size() > shown) parts.push_back(fmt::format("and {} more", integers.size() - shown));
  if (integers.size() == 1) return parts[0];  // a regressor's value, or a score whose classes are not here
  return fmt::format("{}; greatest: {}", fmt::join(parts, ", "), greatest_index(reals));
}

nlohmann::ordered_json data_json(const DataCommitment& data) {
  return {{"commitment", data.id().to_hex()},
          {"values", data.values},
          {"real_values", real_values(data.scales, data.values)}};
}

std::string data_text(const DataCommitment& data) {
  return fmt::format("commitment {}\nvalues     {}\n", data.id().to_hex(),
                     values_text(data.values, real_values(data.scales, data.values)));
}

std::string place_note(const BudgetPlace& place) {
  if (place.birth) return "";
  return "note: this file system keeps no birth times of folders: a copy of this one may go unnoticed if the "
         "first is removed\n";
}

std::string hidden_text(const VerificationKey& key) {
  if (!key.zero_knowledge) return "nothing (--no-zk): the key and its proofs tell of weights and values";
  std::string text;
  const auto add = [&](bool hidden, const std::string& name) {
    if (hidden && text.find(name) == std::string::npos) text += (text.empty() ? "" : ", ") + name;
  };
  add(key.hides_weights(), "the weights");
  bool shows_inputs = true;
  for (const PublicTensor& tensor : key.tensors) {
    const bool hidden = tensor.visibility != Visibility::shown;
    add(hidden, std::string("the ") + direction_name(tensor.direction));
    add(tensor.form != Predicate::Kind::values, "the scores");
    if (tensor.direction == Direction::input && hidden) shows_inputs = false;
  }
  if (key.weights_public && shows_inputs) {
    return "nothing: weights and input are public, and give all the rest";
  }
  return text + " and all that lies between; not the shapes, scales and look-up tables" +
         (key.weights_public ? ", nor the weights" : "");
}

std::string predicate_text(Predicate predicate) {
  predicate.class_name = printable(predicate.class_name);
  return to_text(predicate);
}

std::string output_text(const Predicate& predicate, const std::vector<std::int32_t>& integers,
                        const std::vector<double>& reals) {
  if (predicate.kind == Predicate::Kind::values) return values_text(integers, reals);
  if (predicate.kind == Predicate::Kind::argmax) return fmt::format("argmax = {}", integers.at(0));
  return fmt::format("{}: {}", predicate_text(predicate), answers(integers));
}

namespace {

nlohmann::ordered_json audit_json(const Audit& audit, const std::vector<std::int32_t>& counts) {
  auto list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < counts.size(); ++i)
    list.push_back({{"conditions", audit.counts.at(i)}, {"records", counts[i]}});
  return {{"records", audit.records}, {"columns", audit.columns}, {"counts", list}};
}

std::string audit_text(const Audit& audit, const std::vector<std::int32_t>& counts) {
  std::string text = fmt::format("of {} records\n", audit.records);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    text += fmt::format("         {:>9} {:5.1f} %  {}\n", counts[i], 100.0 * counts[i] / audit.records,
                        printable(audit.counts.at(i)));
  }
  return text;
}

/// What is said of a tensor, in the names of its direction.
void add_tensor(nlohmann::ordered_json& json, const VerificationKey& key, const PublicTensor& tensor,
                const Stated& stated, const OutputMeaning& meaning) {
  const std::string name = direction_name(tensor.direction);
  const bool is_output = tensor.direction == Direction::output;
  if (is_output) json["output_form"] = form_name(tensor.form);
  if (tensor.visibility != Visibility::shown) {
    json[name + "s"] = visibility_name(tensor.visibility);
    if (stated.commitment) json[name + "_commitment"] = key.committed(tensor, *stated.commitment).to_hex();
    return;
  }
  json[name + "s"] = stated.values;
  if (!is_output) return;
  if (has_threshold(tensor.form)) {
    if (meaning.comparison) json["threshold"] = meaning.comparison->threshold;
    if (meaning.comparison && !meaning.comparison->class_name.empty())
      json["class"] = meaning.comparison->class_name;
    json["holds"] = std::vector<bool>(stated.values.begin(), stated.values.end());
    return;
  }
  const bool shows_scores = tensor.form == Predicate::Kind::values;
  if (shows_scores && meaning.audit) {
    json["audit"] = audit_json(*meaning.audit, stated.values);
    return;
  }
  auto reals = nlohmann::ordered_json::array();
  auto greatest = nlohmann::ordered_json::array();
  for (std::size_t sample = 0; sample < tensor.lanes; ++sample) {
    const auto integers = sample_of(stated.values, tensor.rows, sample);
    const auto real = real_values(tensor.scales, integers);
    reals.push_back(real);
    greatest.push_back(shows_scores ? greatest_index(real) : static_cast<std::size_t>(integers[0]));
  }
  if (shows_scores) json["real_outputs"] = reals;
  if (!shows_scores || tensor.rows > 1) json["argmax"] = greatest;
}

std::string tensor_text(const VerificationKey& key, std::size_t i, const Stated& stated,
                        const OutputMeaning& meaning) {
  const PublicTensor& tensor = key.tensors[i];
  const bool is_output = tensor.direction == Direction::output;
  const std::string name = fmt::format("{:<8} ", tensor_name(key, i));
  if (tensor.visibility != Visibility::shown) {
    std::string text = name + visibility_name(tensor.visibility);
    if (is_output) text += std::string(", ") + form_name(tensor.form);
    text += fmt::format(", {} values in {}..{}\n", tensor.rows, tensor.min, tensor.max);
    if (stated.commitment) {
      text += fmt::format("         commitment {}\n", key.committed(tensor, *stated.commitment).to_hex());
    }
    return text;
  }
  std::string text;
  for (std::size_t sample = 0; sample < tensor.lanes; ++sample) {
    const auto integers = sample_of(stated.values, tensor.rows, sample);
    if (!is_output) {
      text += name + fmt::format("{}\n", fmt::join(integers, " "));
    } else if (has_threshold(tensor.form) && !meaning.comparison) {
      text +=
          name + fmt::format("{} the threshold of the key's model.structure: {}\n",
                             tensor.form == Predicate::Kind::below ? "below" : "at least", answers(integers));
    } else if (meaning.audit && tensor.form == Predicate::Kind::values) {
      text += name + audit_text(*meaning.audit, integers);
    } else {
      Predicate shown{.kind = tensor.form};
      if (has_threshold(tensor.form)) shown = *meaning.comparison;
      text += name + output_text(shown, integers, real_values(tensor.scales, integers)) + "\n";
    }
  }
  return text;
}

}  // namespace

nlohmann::ordered_json statement_json(const VerificationKey& key, const Statement& statement,
                                      const OutputMeaning& meaning, const std::optional<std::string>& id) {
  nlohmann::ordered_json json = {{"model_id", id ? *id : model_id(key).to_hex()},
                                 {"context", to_hex(statement.context)},
                                 {"zero_knowledge", key.zero_knowledge},
                                 {"weights", key.hides_weights() ? "private" : "public"}};
  if (key.tensors.size() == 2 && key.tensors[0].direction == Direction::input) {
    for (std::size_t i = 0; i < 2; ++i) add_tensor(json, key, key.tensors[i], statement.tensors[i], meaning);
    return json;
  }
  json["tensors"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < key.tensors.size(); ++i) {
    auto& tensor = json["tensors"].emplace_back();
    tensor["name"] = tensor_name(key, i);
    add_tensor(tensor, key, key.tensors[i], statement.tensors[i], meaning);
  }
  return json;
}

std::string statement_text(const VerificationKey& key, const Statement& statement,
                           const OutputMeaning& meaning, const std::optional<std::string>& id) {
  std::string text =
      fmt::format("model id {}\ncontext  {}\n", id ? *id : model_id(key).to_hex(), to_hex(statement.context));
  for (std::size_t i = 0; i < key.tensors.size(); ++i) {
    text += tensor_text(key, i, statement.tensors[i], meaning);
  }
  return text + fmt::format("hides    {}\n", hidden_text(key));
}

}  // namespace circlet::cli
