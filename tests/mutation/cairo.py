"""Leaves out every assert of the Cairo verifier and its contracts in turn, and asks which test notices (docs/testing.md).

  --only PATTERN   the asserts whose name has a match of this regular expression
  --list           print them and do nothing
  --jobs N         asserts at a time (as many as there are processors)

Fails if an assert is left out and no test fails, unless tests/mutation/excused_cairo.txt says why; and if that list names one that a
test does notice, or that there is not.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from run import read_excuses

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VERIFIER = ROOT / "verifier-cairo"
RESULTS = ROOT / "build" / "mutation" / "cairo.json"
# A verifier that lacks a check may go on for long.
MOST_SECONDS = 1200


@dataclass
class Assert:
    path: str
    line: int
    begin: int
    end: int
    condition: str
    name: str = ""


def closing(text, opening):
    """The position of the parenthesis that closes the one at `opening`; strings have none in the sources."""
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise SystemExit("a parenthesis is not closed")


def last_comma(text):
    """Of those outside all brackets, the last that something follows: the error comes after it."""
    depth, found = 0, None
    text = text.rstrip().removesuffix(",")
    for at, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            found = at
    return found


def find_asserts():
    found, names = [], {}
    for path in sorted(VERIFIER.glob("src/**/*.cairo")):
        name = path.relative_to(VERIFIER).as_posix()
        if path.name == "tests.cairo" or "/tests/" in name or "generated" in name:
            continue
        text = path.read_text()
        for match in re.finditer(r"\bassert\(", text):
            end = closing(text, match.end() - 1)
            inside = text[match.end():end]
            condition = " ".join(inside[:last_comma(inside)].split())
            title = f"{name.removeprefix('src/')}: {condition}"
            names[title] = names.get(title, 0) + 1
            if names[title] > 1:
                title += f" #{names[title]}"
            line = text.count("\n", 0, match.start()) + 1
            found.append(Assert(name, line, match.start(), end + 1, condition, title))
    return found


def tests_pass(cairo_test, project, *options):
    """Whether they do; fails for a project that does not compile."""
    try:
        run = subprocess.run([cairo_test, "--starknet", *options, project], capture_output=True, text=True, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    if run.returncode != 0 and "test result:" not in run.stdout + run.stderr:
        raise SystemExit(f"{project} does not compile:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return run.returncode == 0


def noticed_by(item, cairo_test, cases):
    """The first set of tests that fails without the assert; None if none does."""
    with tempfile.TemporaryDirectory(prefix="circlet-mutation-") as folder:
        mutant = Path(folder) / "verifier-cairo"
        shutil.copytree(VERIFIER, mutant)
        file = mutant / item.path
        text = file.read_text()
        file.write_text(f"{text[:item.begin]}let _ = {item.condition}{text[item.end:]}")
        if not tests_pass(cairo_test, mutant):
            return "the unit tests"
        for name, tests in (("vectors", "case::"), ("attacks", "attacks::"), ("case", "case::")):
            copy = Path(folder) / name
            shutil.copytree(cases / name, copy)
            project = copy / "cairo_project.toml"
            project.write_text(project.read_text().replace(f"{VERIFIER}/src", f"{mutant}/src"))
            if not tests_pass(cairo_test, copy, "-f", tests):
                return f"whole proofs ({name})"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="PATTERN")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    options = parser.parse_args()

    asserts = find_asserts()
    wanted = [item for item in asserts if re.search(options.only, item.name)]
    if not wanted:
        raise SystemExit(f"no assert is called '{options.only}'")
    if options.list:
        for item in wanted:
            print(f"verifier-cairo/{item.path}:{item.line}: {item.name}")
        return
    excuses = read_excuses(HERE / "excused_cairo.txt")
    tools = subprocess.run([ROOT / "scripts/install-starknet-tools"], check=True, capture_output=True, text=True).stdout.strip()
    cairo_test = f"{tools}/cairo-test"

    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="circlet-cases-") as folder:
        cases = Path(folder)
        subprocess.run([ROOT / "scripts/test-cairo", "--only-make", cases], check=True)
        attacks = [ROOT / "tests/adversary/export/run", ROOT / "build/release/bin", "--only-make", cases / "attacks"]
        subprocess.run(attacks, check=True)
        # What earlier runs found holds as long as sources and tests are these.
        sources = sorted(VERIFIER.rglob("*.cairo")) + sorted(cases.glob("*/src/*.cairo"))
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        if known.get("digest") != digest:
            known = {"digest": digest, "noticed": {}}
        lock = Lock()

        def ask(item):
            if item.name not in known["noticed"]:
                by = noticed_by(item, cairo_test, cases)
                with lock:
                    known["noticed"][item.name] = by
                    RESULTS.write_text(json.dumps(known, indent=1))
            return known["noticed"][item.name]

        with ThreadPoolExecutor(options.jobs) as pool:
            results = list(pool.map(ask, wanted))

    wrong = [f"no such assert, and it is excused: {name}" for name in set(excuses) - {item.name for item in asserts}]
    for item, by in zip(wanted, results):
        if by and item.name in excuses:
            wrong.append(f"excused, and yet noticed: {item.name}\n    by {by}")
        elif by or item.name in excuses:
            print(f"{'noticed' if by else 'excused'} {item.name}" + (f"\n        by {by}" if by else ""))
        else:
            wrong.append(f"no test notices: {item.name}\n    verifier-cairo/{item.path}:{item.line}")
    print(f"\n{len(wanted)} asserts, {sum(by is not None for by in results)} noticed")
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
