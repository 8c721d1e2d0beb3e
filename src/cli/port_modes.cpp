#include "cli/port_modes.hpp"

#include <algorithm>

#include "cli/errors.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"
#include "program/predicate.hpp"

namespace circlet::cli {
namespace {

struct Setting {
  std::string name;  // empty: of all that no other setting names
  std::string mode;
};

/// ">=0.5" is a mode, "score=>=0.5" is one of the output "score".
template <class Port>
Setting read_setting(const std::string& option, const std::string& text, const std::vector<Port>& ports) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos) return {"", text};
  const char first = text[text.find_first_not_of(' ')];
  if (first == '<' || text.starts_with("P(") || (at > 0 && text[at - 1] == '>')) return {"", text};
  const std::string name = text.substr(0, at);
  std::string names;
  for (const Port& port : ports) {
    if (port.name == name) return {name, text.substr(at + 1)};
    names += (names.empty() ? "" : ", ") + in_quotes(port.name);
  }
  throw Error(ErrorKind::usage,
              option + " " + text + ": the model has " + names + " and no " + in_quotes(name));
}

/// Calls take(setting) for every text; no name is given twice.
template <class Port, class Take>
void read_settings(const std::string& option, const std::vector<std::string>& texts,
                   const std::vector<Port>& ports, const Take& take) {
  std::vector<std::string> named;
  for (const std::string& text : texts) {
    const Setting setting = read_setting(option, text, ports);
    require(std::ranges::find(named, setting.name) == named.end(), ErrorKind::usage,
            [&] { return option + (setting.name.empty() ? "" : " " + setting.name) + " is given twice"; });
    named.push_back(setting.name);
    take(setting);
  }
}

/// The form of the output and whether its values, or a commitment to them, are stated.
std::pair<Predicate, Visibility> parse_output(const std::string& text) {
  const std::string_view committed = "committed";
  require(text != "private", ErrorKind::usage,
          "a proof with a private output would state nothing: make it committed, or prove a predicate of it "
          "(argmax, '>=t' or '<t')");
  if (!text.starts_with(committed)) return {parse_predicate(text), Visibility::shown};
  std::string form = text.substr(committed.size());
  form.erase(0, form.find_first_not_of(' '));
  return {form.empty() ? Predicate{} : parse_predicate(form), Visibility::committed};
}

}  // namespace

Predicate read_port_modes(const Program& program, const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs, SetupOptions& options) {
  const auto place = [&](const std::string& name, Visibility& of_all) -> Visibility& {
    return name.empty() ? of_all : options.ports[name];
  };
  read_settings("--input", inputs, program.inputs, [&](const Setting& setting) {
    place(setting.name, options.input) = chosen<Visibility>("--input", setting.mode,
                                                            {{"public", Visibility::shown},
                                                             {"private", Visibility::hidden},
                                                             {"committed", Visibility::committed}});
  });
  Predicate predicate;
  bool by_name = false;
  read_settings("--output", outputs, program.outputs, [&](const Setting& setting) {
    const auto [form, visibility] = parse_output(setting.mode);
    require(form == Predicate{} || program.outputs.size() == 1, ErrorKind::usage,
            "the model has several outputs: a predicate is of the only one");
    place(setting.name, options.output) = visibility;
    // What is said of the output by name comes before what is said of all.
    if (by_name && setting.name.empty()) return;
    by_name = !setting.name.empty();
    predicate = form;
  });
  return predicate;
}

}  // namespace circlet::cli
