"""Leaves out every check of the verifying code in turn, and asks which test notices (docs/testing.md).

  --only PATTERN   the checks whose name has a match of this regular expression
  --list           print them, and how many a file has, and do nothing
  --jobs N         tests at a time (as many as there are processors)
  --slowest N      tests that take more seconds are not asked (60)

Fails if a check is left out and no test fails, unless tests/mutation/excused.txt says why; and if that list names a check
that a test does notice, or one that there is not.
"""

import argparse
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from checks import find_checks, short_name, instrument

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "mutation"
OVERLAY = BUILD / "overlay"
TESTS = ["unit_core", "unit_fri", "unit_frontend", "unit_stark", "unit_operators", "unit_starknet", "unit_cli", "golden", "adversary"]
# A test that takes this much longer than without the change, and this many seconds, does not end.
SLOWER, AT_LEAST = 10, 30
MOST_MEMORY = 8 << 30


def all_checks(root, lines):
    """Every check that the lines of sources.txt select, numbered, and the text of the files by path."""
    checks, texts = [], {}
    for line in lines:
        glob, *functions = line.split("#")[0].split() or [None]
        if glob is None:
            continue
        missing = set(functions or ["any function"])
        for path in sorted(root.glob(glob)):
            name = path.relative_to(root).as_posix()
            if short_name(name) in {short_name(known) for known in texts}:
                raise SystemExit(f"sources.txt: two files are called {short_name(name)}: checks are named by that")
            texts[name] = path.read_text()
            for check in find_checks(name, texts[name]):
                missing.discard(check.function if functions else "any function")
                if not functions or check.function in functions:
                    check.number = len(checks)
                    checks.append(check)
        if missing:
            raise SystemExit(f"sources.txt: there is no check in {glob} {' '.join(sorted(missing))}")
    return checks, texts


def read_excuses(path):
    """A line with the name of a check, and indented lines that say why no test can notice that it is missing."""
    excuses, name = {}, None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            name = line.strip()
            if name in excuses:
                raise SystemExit(f"{path.name}:{number}: a second time: {name}")
            excuses[name] = ""
        elif name is None:
            raise SystemExit(f"{path.name}:{number}: a reason for nothing")
        else:
            excuses[name] += line.strip() + " "
    for name, reason in excuses.items():
        if not reason:
            raise SystemExit(f"{path.name}: no reason for: {name}")
    return excuses


def write_if_changed(path, text):
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_overlay(checks, texts):
    """Copies of the sources with their checks behind switches, and of the switch itself."""
    wanted = {OVERLAY / "check_switch.hpp": (HERE / "check_switch.hpp").read_text()}
    for path, text in texts.items():
        of_file = [check for check in checks if check.path == path]
        wanted[OVERLAY / path.removeprefix("src/")] = instrument(text, of_file, (ROOT / path).as_posix())
    for path in OVERLAY.rglob("*.*"):
        if path.is_file() and path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        write_if_changed(path, text)


def build(jobs):
    with open(BUILD / "build.log", "w") as log:
        for command in (
            ["cmake", "--preset", "mutation"],
            ["cmake", "--build", "--preset", "mutation", "--target", *TESTS, "--", f"-j{jobs}"],
        ):
            if subprocess.run(command, cwd=ROOT, stdout=log, stderr=log).returncode != 0:
                raise SystemExit(f"the tests with switches do not build: {BUILD}/build.log")


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Test:
    """One case of a test executable."""

    def __init__(self, executable, digest, case):
        self.executable, self.digest, self.case = executable, digest, case
        self.seconds, self.fired = 0.0, []

    def name(self):
        return f"{self.executable}: {self.case}"

    def key(self):
        return f"{self.digest} {self.name()}"

    def passes(self, environment, limit):
        """Whether it does; None if it has not ended within as many seconds."""
        pattern = self.case.replace("\\", "\\\\").replace(",", "\\,")
        command = [str(BUILD / "bin" / self.executable), f"--test-case={pattern}", "--abort-after=1"]
        try:
            return subprocess.run(
                command, env={**os.environ, **environment}, timeout=limit, preexec_fn=limit_memory,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            ).returncode == 0
        except subprocess.TimeoutExpired:
            return None

    def record(self, slowest):
        """Which checks decide anything in this test; none if it is too slow."""
        with tempfile.NamedTemporaryFile("r") as fired:
            start = time.monotonic()
            passed = self.passes({"CIRCLET_CHECKS_FIRED": fired.name}, slowest)
            if passed is False:
                raise SystemExit(f"fails with every check in place: {self.name()}")
            self.seconds = time.monotonic() - start
            self.fired = sorted({int(line) for line in fired})


class Memory:
    """What this run and earlier ones found, by the contents of the test executables; a run that is stopped loses nothing."""

    def __init__(self, path):
        self.path, self.lock = path, Lock()
        self.known = json.loads(path.read_text()) if path.exists() else {"tests": {}, "noticed": {}}

    def get(self, kind, key):
        with self.lock:
            return self.known[kind].get(key)

    def put(self, kind, key, value):
        with self.lock:
            self.known[kind][key] = value
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps(self.known))
            new.replace(self.path)

    def forget_tests_but(self, keys):
        with self.lock:
            self.known["tests"] = {key: value for key, value in self.known["tests"].items() if key in keys}


def recorded_tests(memory, slowest, pool):
    tests = []
    for executable in TESTS:
        path = BUILD / "bin" / executable
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        listed = subprocess.run([path, "--list-test-cases"], check=True, capture_output=True, text=True).stdout
        cases = [line for line in listed.splitlines() if line and not line.startswith(("[doctest]", "==="))]
        tests += [Test(executable, digest, case) for case in cases]
    if not tests:
        raise SystemExit("there are no tests")
    memory.forget_tests_but({test.key() for test in tests})

    def record(test):
        known = memory.get("tests", test.key())
        if known and (known[1] or known[0] < slowest):
            test.seconds, test.fired = known
        else:
            test.record(slowest)
            memory.put("tests", test.key(), [test.seconds, test.fired])

    list(pool.map(record, tests))
    return sorted(tests, key=lambda test: test.seconds)


def noticed_by(check, tests, memory):
    """The name of a test that fails without the check; None if there is none. `tests` are the fastest first."""
    known = memory.get("noticed", check.name)
    for test in tests:
        if known == test.key():
            return test.name()
    for test in tests:
        limit = max(AT_LEAST, SLOWER * test.seconds)
        if check.number not in test.fired:
            continue
        passed = test.passes({"CIRCLET_CHECK_OFF": str(check.number)}, limit)
        if passed is None:
            return test.name() + ", which does not end"
        if not passed:
            memory.put("noticed", check.name, test.key())
            return test.name()
    return None


def print_table(rows):
    print(f"\n{'file':34}{'checks':>8}{'noticed':>9}{'excused':>9}{'open':>6}")
    rows = [*rows, ("all", *(sum(row[i] for row in rows) for i in range(1, 5)))]
    for file, *counts in rows:
        print(f"{file:34}{counts[0]:8}{counts[1]:9}{counts[2]:9}{counts[3]:6}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="PATTERN")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--slowest", type=float, default=60, metavar="N")
    options = parser.parse_args()

    checks, texts = all_checks(ROOT, (HERE / "sources.txt").read_text().splitlines())
    excuses = read_excuses(HERE / "excused.txt")
    wanted = [check for check in checks if re.search(options.only, check.name)]
    if not wanted:
        raise SystemExit(f"no check is called '{options.only}'")
    if options.list:
        for check in wanted:
            print(f"{check.path}:{check.line}: {check.name}")
        for path in texts:
            print(f"{sum(check.path == path for check in wanted):6} {path}")
        return
    BUILD.mkdir(parents=True, exist_ok=True)
    write_overlay(checks, texts)
    build(options.jobs)
    memory = Memory(BUILD / "results.json")
    with ThreadPoolExecutor(options.jobs) as pool:
        tests = recorded_tests(memory, options.slowest, pool)
        results = list(pool.map(lambda check: noticed_by(check, tests, memory), wanted))

    wrong = [f"no such check, and it is excused: {name}" for name in set(excuses) - {check.name for check in checks}]
    counts = {}
    for check, by in zip(wanted, results):
        excused = check.name in excuses
        verdict = "excused" if excused and not by else "noticed" if by else "open"
        of_file = counts.setdefault(check.file, {"noticed": 0, "excused": 0, "open": 0})
        of_file[verdict] += 1
        if verdict != "open":
            print(f"{verdict} {check.name}" + (f"\n        by {by}" if by else ""))
        if excused and by:
            wrong.append(f"excused, and yet noticed: {check.name}\n    by {by}")
        if verdict == "open":
            reached = sum(check.number in test.fired for test in tests)
            wrong.append(f"no test notices: {check.name}\n    {check.path}:{check.line}, it decides in {reached} tests")
    print_table([(file, sum(c.values()), c["noticed"], c["excused"], c["open"]) for file, c in counts.items()])
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
