"""Finds the checks of C++ sources, and writes copies in which each can be left out at run time (check_switch.hpp).

A check is
  * the condition of `require(...)`, and that of an `if` which refuses: it throws, calls fail, refuse or reject, or returns
    false, nullopt or a reason, a string;
  * what a function `is_...` or `all_...` returns;
  * an operand of && or || outside of loop headers; left out, the condition is what its other operands say;
  * a call of a procedure that checks (`check_...`, `expect_...`), and each bound that is handed to a reader of numbers.
A check that is several operands is these.

A check is named by its file (without folders but an operator's), its function and its own text, with #2, #3 for repetitions, so that its name
survives changes elsewhere.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

TOKEN = re.compile(
    r"""
    (?P<space>\s+ | //[^\n]* | /\*.*?\*/ | ^[ \t]*\#(?:[^\n\\]|\\.)*)
  | (?P<string>R"\((?:.*?)\)" | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)+')
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>\.?\d(?:'?[\w.])*)
  | (?P<sign>::|->|&&|\|\||<<=|>>=|<=>|<<|>>|[<>=!+\-*/%&|^]=|\+\+|--|.)
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)

REFUSING = re.compile(r"(fail|refuse|reject|wrong)(_\w+)?$")
CHECKING = re.compile(r"(check|expect|require|need)(_\w+)?$")
PREDICATE = re.compile(r"(^|::)(is|all)_\w+$")
# Which arguments are the least and the greatest value allowed.
BOUNDED = {"within": (1, 2), "expect_within": (2, 3), "below": (None, 0)}
BRACKETS = {"(": ")", "[": "]", "{": "}"}
ENDS_OPERAND = {";", ",", "=", "?", ":", "return", "+=", "-=", "|=", "&=", "^="}


@dataclass
class Token:
    kind: str
    text: str
    start: int
    end: int
    spaced: bool  # after white space


@dataclass
class Check:
    path: str
    file: str  # without folders
    function: str
    text: str
    line: int
    kind: str  # all, any (an operand that is left out as true, as false), call, least, greatest
    start: int
    end: int
    name: str = ""
    number: int = -1


def short_name(path: str) -> str:
    """By which the checks of a file are named: operators have files of the same names in folders of their own."""
    folder, name = path.rsplit("/", 2)[-2:] if "/" in path else ("", path)
    return f"{folder}/{name}" if path.startswith("src/operators/") else name


class Source:
    """One file, cut into tokens, with its brackets matched."""

    def __init__(self, path, text):
        self.path, self.file, self.text = path, short_name(path), text
        self.tokens = []
        spaced = True
        for match in TOKEN.finditer(text):
            if match.lastgroup == "space":
                spaced = True
                continue
            self.tokens.append(Token(match.lastgroup, match.group(), match.start(), match.end(), spaced))
            spaced = False
        self.line_starts = [0] + [i + 1 for i, c in enumerate(text) if c == "\n"]
        self.match, self.parent = {}, [None] * len(self.tokens)
        stack = []
        for i, token in enumerate(self.tokens):
            if token.kind == "sign" and token.text in BRACKETS.values():
                if not stack or BRACKETS[self.tokens[stack[-1]].text] != token.text:
                    raise ValueError(f"{path}:{self.line(token.start)}: a bracket that closes nothing")
                opening = stack.pop()
                self.match[opening], self.match[i] = i, opening
            self.parent[i] = stack[-1] if stack else None
            if token.kind == "sign" and token.text in BRACKETS:
                stack.append(i)
        if stack:
            raise ValueError(f"{path}: a bracket that is not closed")
        self.names = self.scopes()

    def line(self, offset):
        return bisect_right(self.line_starts, offset)

    def is_sign(self, i, text):
        return 0 <= i < len(self.tokens) and self.tokens[i].text == text and self.tokens[i].kind != "string"

    def word_before(self, i):
        """The index of the name that is called by the bracket at `i`, past template arguments; None if there is none."""
        i -= 1
        if self.is_sign(i, ">") and not self.tokens[i].spaced:
            depth = 0
            while i >= 0 and self.tokens[i].text not in (";", "{", "}"):
                depth += {">": 1, ">>": 2, "<": -1}.get(self.tokens[i].text, 0)
                i -= 1
                if depth == 0:
                    break
        return i if i >= 0 and self.tokens[i].kind == "word" else None

    def scopes(self):
        """For every '{' that opens a function, a class or a namespace, its name."""
        names = {}
        for i, token in enumerate(self.tokens):
            if token.text != "{" or token.kind == "string":
                continue
            before = i - 1
            while before >= 0 and self.tokens[before].text in ("const", "noexcept", "override"):
                before -= 1
            # `-> Type {` and members that are initialised: back to the parameters.
            names[i] = self.class_name(i) or (self.function_name(before) if self.is_sign(before, ")") else None)
        return names

    def class_name(self, brace):
        i = brace - 1
        while i >= 0 and self.tokens[i].text not in (";", "{", "}", ")", "("):
            if self.tokens[i].text in ("class", "struct", "union") and self.tokens[i + 1].kind == "word":
                return self.tokens[i + 1].text
            i -= 1
        return None

    def function_name(self, closing):
        word = self.word_before(self.match[closing])
        if word is None or self.tokens[word].text in ("if", "for", "while", "switch", "catch", "constexpr"):
            return None
        before = word - 1
        if self.tokens[before].text in (",", ":"):  # a member that is initialised
            while not self.is_sign(before, ":"):
                before -= 1
                if self.tokens[before].text in (")", "}", "]"):
                    before = self.match[before] - 1
            return self.function_name(before - 1) if self.is_sign(before - 1, ")") else None
        name = self.tokens[word].text
        while self.tokens[before].text == "::":
            start = self.word_before(before)
            if start is None:
                break
            name = self.tokens[start].text + "::" + name
            before = start - 1
        return name

    def function_at(self, i):
        names = []
        while i is not None:
            if self.names.get(i):
                names.append(self.names[i])
            i = self.parent[i]
        return "::".join(reversed(names)) or "(file)"


def collapsed(text):
    return re.sub(r"\s+", " ", text).strip()


class Finder:
    def __init__(self, source):
        self.source, self.tokens = source, source.tokens
        self.found = {}  # (start, end, kind) -> Check

    def add(self, kind, first, last, text=None):
        """The tokens first..last are a check."""
        start, end = self.tokens[first].start, self.tokens[last].end
        source = self.source
        text = text or collapsed(source.text[start:end])
        if text in ("true", "false"):
            return  # an answer that no condition decides
        check = Check(source.path, source.file, source.function_at(first), text, source.line(start), kind, start, end)
        self.found.setdefault((start, end, kind), check)

    def arguments(self, opening):
        """The token ranges between the commas of a bracket."""
        closing = self.source.match[opening]
        ranges, first, i = [], opening + 1, opening + 1
        while i < closing:
            if i in self.source.match and self.source.match[i] > i:
                i = self.source.match[i]
            elif self.tokens[i].text == "," and self.tokens[i].kind == "sign":
                ranges.append((first, i - 1))
                first = i + 1
            i += 1
        if first < closing:
            ranges.append((first, closing - 1))
        return ranges

    def split(self, first, last, operator):
        """The operands of `operator` between the tokens, outside of brackets."""
        operands, start, i = [], first, first
        while i <= last:
            if i in self.source.match and self.source.match[i] > i:
                i = self.source.match[i]
            elif self.is_operator(i, operator):
                operands.append((start, i - 1))
                start = i + 1
            i += 1
        return operands + [(start, last)]

    def is_operator(self, i, operator):
        # clang-format sets spaces around the operator, and none before the && of a reference.
        return self.source.is_sign(i, operator) and self.tokens[i].spaced

    def condition(self, first, last, refuses):
        """The whole of a condition, where it is not made of operands that are checks on their own."""
        operator, kind = ("||", "any") if refuses else ("&&", "all")
        other = "&&" if refuses else "||"
        whole = [(first, last)]
        has_choice = any(self.source.is_sign(i, "?") and self.source.parent[i] == self.source.parent[first]
                         for i in range(first, last + 1))
        if not has_choice and (refuses or len(self.split(first, last, other)) == 1):
            whole = self.split(first, last, operator)
        for operand in whole:
            self.add(kind, *operand)

    def refuses(self, first):
        """Whether the statement at token `first`, or one of the block there, refuses."""
        block = self.source.is_sign(first, "{")
        end = self.source.match[first] if block else len(self.tokens)
        i = first + 1 if block else first
        while i < end:
            if self.statement_refuses(i):
                return True
            while i < end and not self.source.is_sign(i, ";"):
                if i in self.source.match and self.source.match[i] > i:
                    i = self.source.match[i]
                i += 1
            i += 1
            if not block:
                break
        return False

    def statement_refuses(self, i):
        words = [token.text for token in self.tokens[i : i + 4]]
        if words[0] == "throw":
            return True
        if words[0] == "return":
            reason = self.tokens[i + 1].kind == "string"
            return reason or words[1] == "false" or words[1:4] == ["std", "::", "nullopt"]
        while i + 1 < len(self.tokens) and self.tokens[i].kind == "word" and self.tokens[i + 1].text in (".", "->"):
            i += 2
        return bool(REFUSING.match(self.tokens[i].text)) and self.source.is_sign(i + 1, "(")

    def find(self):
        for i, token in enumerate(self.tokens):
            if token.kind == "word" and self.source.is_sign(i + 1, "("):
                self.at_call(i)
            elif self.is_operator(i, "&&") or self.is_operator(i, "||"):
                self.at_operator(i)
            elif token.text == "return" and PREDICATE.search(self.source.function_at(i)):
                self.at_answer(i)
        return sorted(self.found.values(), key=lambda check: (check.start, -check.end))

    def at_call(self, i):
        name, before = self.tokens[i].text, self.tokens[i - 1]
        declared = before.kind == "word" and before.text not in ("return", "else") or before.text in ("*", "&", "[[")
        closing = self.source.match[i + 1]
        if name == "if" and before.text != "constexpr":
            first = i + 2
            for k in range(first, closing):
                if self.source.is_sign(k, ";") and self.source.parent[k] == i + 1:
                    first = k + 1
            if self.refuses(closing + 1):
                if any(self.source.is_sign(k, "=") and self.source.parent[k] == i + 1 for k in range(first, closing)):
                    line = self.source.line(self.tokens[i].start)
                    raise SystemExit(f"{self.source.path}:{line}: a declaration decides: give it a line of its own")
                self.condition(first, closing - 1, True)
        elif name == "require" and not declared and self.source.function_at(i) != "(file)":
            self.condition(*self.arguments(i + 1)[0], False)
        if declared:
            return
        if name in BOUNDED:
            arguments = self.arguments(i + 1)
            for kind, at in zip(("least", "greatest"), BOUNDED[name]):
                if at is None or len(arguments) <= at:
                    continue
                first, last = arguments[at]
                if kind == "least" and first == last and self.tokens[first].text == "0":
                    continue  # no bound of an unsigned integer
                bound = collapsed(self.source.text[self.tokens[first].start : self.tokens[last].end])
                what = next((t.text for t in self.tokens[i + 2 : closing] if t.kind == "string"), name)
                self.add(kind, first, last, f"{what} {'>=' if kind == 'least' else '<='} {bound}")
        if name != "require" and CHECKING.match(name):
            self.at_procedure(i, closing)

    def at_procedure(self, word, closing):
        if not self.source.is_sign(closing + 1, ";"):
            return
        first = word
        while True:  # back over `object.`, `object->`, `a[0].`, `Scope::`
            before = first - 1
            if self.tokens[before].text not in (".", "->", "::"):
                break
            first = before - 1
            while self.tokens[first].text in ("]", ")"):
                first = self.source.match[first]
                if self.tokens[first - 1].kind == "word" or self.tokens[first - 1].text in ("]", ")"):
                    first -= 1
        before = self.tokens[first - 1]
        if before.text in (";", "{", "}", "else") or before.text == ")" and self.is_header(self.source.match[first - 1]):
            self.add("call", first, closing)

    def at_answer(self, i):
        """What a predicate returns; left out, it always holds."""
        last = i
        while not self.source.is_sign(last + 1, ";"):
            last = self.source.match.get(last + 1, last + 1)
        self.condition(i + 1, last, False)

    def is_header(self, opening):
        return self.tokens[opening - 1].text in ("if", "for", "while", "constexpr")

    def at_operator(self, i):
        source, parent = self.source, self.source.parent[i]
        if parent is None or source.function_at(i) == "(file)":
            return
        enclosing = parent
        while enclosing is not None and self.tokens[enclosing].text != "{":
            if self.tokens[enclosing - 1].text in ("for", "while", "static_assert"):
                return
            enclosing = source.parent[enclosing]
        first = last = i
        while first - 1 > parent and not self.ends_operand(first - 1):
            first -= 1
            if first in source.match and source.match[first] < first:
                first = source.match[first]
        end = source.match[parent]
        while last + 1 < end and not self.ends_operand(last + 1):
            last += 1
            if last in source.match and source.match[last] > last:
                last = source.match[last]
        if any(self.tokens[k].text == "requires" for k in range(max(0, first - 1), last)):
            return
        if source.is_sign(last + 1, "?"):  # the condition of a choice
            self.add("all", first, last)
            self.add("any", first, last)
        alternatives = self.split(first, last, "||")
        for alternative in alternatives:
            if len(alternatives) > 1:
                self.add("any", *alternative)
            operands = self.split(*alternative, "&&")
            if len(operands) > 1:
                for operand in operands:
                    self.add("all", *operand)

    def ends_operand(self, i):
        return self.tokens[i].kind != "string" and self.tokens[i].text in ENDS_OPERAND


def find_checks(path, text):
    """The checks of one source file, in order and named."""
    return name_checks(Finder(Source(path, text)).find())


def name_checks(checks):
    seen = {}
    for check in checks:
        name = f"{check.file} {check.function}: {check.text}"
        seen[name] = seen.get(name, 0) + 1
        check.name = name if seen[name] == 1 else f"{name} #{seen[name]}"
    return checks


BEFORE = {
    "all": "::circlet::checks::operand({n}, true, static_cast<bool>(",
    "any": "::circlet::checks::operand({n}, false, static_cast<bool>(",
    "call": "(::circlet::checks::Watch({n}).is_on() ? static_cast<void>(",
    "least": "::circlet::checks::least({n}, (",
    "greatest": "::circlet::checks::greatest({n}, (",
}
AFTER = {"all": "))", "any": "))", "call": ") : static_cast<void>(0))", "least": "))", "greatest": "))"}


def instrument(text, checks, path):
    """`text` with every check behind its switch; lines keep their numbers."""
    edits = []
    for check in checks:
        size = check.end - check.start
        edits.append((check.start, 1, -size, BEFORE[check.kind].format(n=check.number)))
        edits.append((check.end, 0, size, AFTER[check.kind]))
    pieces, at = [], 0
    for offset, _, _, inserted in sorted(edits, key=lambda edit: edit[:3]):
        pieces += [text[at:offset], inserted]
        at = offset
    pieces.append(text[at:])
    return f'#include "check_switch.hpp"\n#line 1 "{path}"\n' + "".join(pieces)
