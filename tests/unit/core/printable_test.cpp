// Text that others chose, as it is printed.
#include "core/printable.hpp"

#include <doctest/doctest.h>

using namespace circlet;

TEST_CASE("ordinary_text_is_printed_as_it_is") {
  for (const std::string text : {"", "dense_1/MatMul", "Größe 模型 🙂", "a\\b"})
    CHECK(printable(text) == text);
}

TEST_CASE("control_characters_and_broken_utf8_are_escaped") {
  CHECK(printable("\x1b[2Jx\r\n") == "\\x1b[2Jx\\x0d\\x0a");
  CHECK(printable("a\x7f\xc2\x9b") == "a\\x7f\\x9b");
  CHECK(printable("\u202eevil\u2028") == "\\u{202e}evil\\u{2028}");
  // A continuation alone, a character cut short, an overlong slash, a surrogate, beyond Unicode.
  CHECK(printable("\x80") == "\\x80");
  CHECK(printable("\xe6\xa8") == "\\xe6\\xa8");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(printable(std::string(1, '\0')) == "\\x00");
}

TEST_CASE("long_names_are_cut_and_messages_are_not") {
  CHECK(printable(std::string(most_shown, 'x')) == std::string(most_shown, 'x'));
  const std::string cut = printable(std::string(10'000, 'x'));
  CHECK(cut == std::string(most_shown, 'x') + "..");
  CHECK(printable(cut) == cut);
  CHECK(printable_lines(std::string(10'000, 'x')).size() == 10'000);
  CHECK(printable_lines("a\n\tb\x1b") == "a\n\\x09b\\x1b");
}

TEST_CASE("paths_are_quoted_where_a_shell_needs_it") {
  CHECK(shell_quoted("out/model.vk") == "out/model.vk");
  CHECK(shell_quoted("my model") == "'my model'");
  CHECK(shell_quoted("it's") == "'it'\\''s'");
  CHECK(shell_quoted("$(rm x)") == "'$(rm x)'");
  CHECK(shell_quoted("") == "''");
  CHECK(shell_quoted("-x y") == "'./-x y'");
}
