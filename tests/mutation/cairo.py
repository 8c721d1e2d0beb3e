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
TOOLS = ROOT / os.environ.get("CIRCLET_TOOLS", "build/release/bin")
RESULTS = ROOT / "build" / "mutation" / "cairo.json"
CASES = ROOT / "build" / "mutation" / "cairo_cases"
# A verifier that lacks a check may go on for long.
MOST_SECONDS = 1200
ENDLESS = f"a test that takes more than {MOST_SECONDS} s"


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


def first_failure(cairo_test, project, *options):
    """The first test that fails; None if none does. Fails for a project that does not compile."""
    try:
        run = subprocess.run([cairo_test, "--starknet", *options, project], capture_output=True, text=True, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        return ENDLESS
    output = run.stdout + run.stderr
    if run.returncode == 0:
        return None
    if run.returncode < 0:
        raise SystemExit(f"{project}: cairo-test was killed by signal {-run.returncode}: is there memory for so many --jobs?")
    failure = re.search(r"^test (\S+) \.\.\. fail", output, re.MULTILINE)
    if failure is None:
        raise SystemExit(f"{project}: no test fails, and yet cairo-test does:\n{output[-4000:]}")
    return failure[1]


def first_failure_of_all(cairo_test, verifier, folder):
    """The same of the unit tests of `verifier`, verifier-cairo or a copy of it, and then of whole proofs, in copies in `folder`."""
    failure = first_failure(cairo_test, verifier)
    for name, tests in (("vectors", "case::"), ("attacks", "attacks::"), ("case", "case::")):
        if failure is not None:
            break
        copy = folder / name
        shutil.copytree(CASES / name, copy)
        project = copy / "cairo_project.toml"
        project.write_text(project.read_text().replace(f"{VERIFIER}/src", f"{verifier}/src"))
        failure = first_failure(cairo_test, copy, "-f", tests)
    return failure


def noticed_by(item, cairo_test):
    """The first test that fails without the assert; None if none does."""
    with tempfile.TemporaryDirectory(prefix="circlet-mutation-") as folder:
        mutant = Path(folder) / "verifier-cairo"
        shutil.copytree(VERIFIER, mutant)
        file = mutant / item.path
        text = file.read_text()
        file.write_text(f"{text[:item.begin]}let _ = {item.condition}{text[item.end:]}")
        return first_failure_of_all(cairo_test, mutant, Path(folder))


def known_results(cairo_test):
    """What earlier runs found, which holds as long as the sources, the tests and what makes the proofs are these. Proofs are drawn at
    random, so their projects are kept with the results; they are made anew, and pass with every assert in place, where there are none."""
    made_by = [Path(__file__), *sorted(VERIFIER.rglob("*.cairo")), *sorted((ROOT / "tests" / "cairo").iterdir()),
               *(TOOLS / name for name in ("circlet", "circlet-make-case", "circlet-make-orders", "circlet-make-attacks"))]
    digest = hashlib.sha256(cairo_test.encode())
    for path in made_by:
        if path.is_file():
            digest.update(path.read_bytes())
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if known.get("digest") == digest.hexdigest() and CASES.exists():
        return known
    shutil.rmtree(CASES, ignore_errors=True)
    CASES.mkdir(parents=True)
    subprocess.run([ROOT / "scripts/test-cairo", "--only-make", CASES], check=True)
    subprocess.run([ROOT / "tests/adversary/export/run", TOOLS, "--only-make", CASES / "attacks"], check=True)
    with tempfile.TemporaryDirectory(prefix="circlet-mutation-") as folder:
        failure = first_failure_of_all(cairo_test, VERIFIER, Path(folder))
    if failure is not None:
        raise SystemExit(f"with every assert in place, a test fails: {failure}")
    return {"digest": digest.hexdigest(), "noticed": {}}


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

    known = known_results(cairo_test)
    lock = Lock()

    def ask(item):
        if item.name in known["noticed"]:
            return known["noticed"][item.name]
        by = noticed_by(item, cairo_test)
        if by != ENDLESS:  # which a busy machine may make of any test
            with lock:
                known["noticed"][item.name] = by
                RESULTS.write_text(json.dumps(known, indent=1))
        return by

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
