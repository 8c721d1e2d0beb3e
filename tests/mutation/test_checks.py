#!/usr/bin/env python3
"""The harness on a fixture: it finds every form of check, switches each off alone, and tells which of them no test notices.
Also that sources.txt and excused.txt name what there is."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from checks import find_checks, instrument
from run import HERE, ROOT, all_checks, read_excuses

EXPECTED = [
    "require: !condition",
    "is_small: value < 10",
    "expect_equal: a == b",
    "Gate::within: value_ < least",
    "Gate::within: value_ > greatest",
    "Gate::half: value % 2 != 0",
    "Gate::open: 0 <= value",
    "Gate::open: value <= most_",
    "Gate::open: value > 1 && h == 6",
    "Gate::open: value > 1",
    "Gate::open: h == 6",
    'Gate::open: expect_equal(value / 3 * 3, value, "no third")',
    'Gate::open: "width" >= 2',
    'Gate::open: "width" <= 8',
    "Gate::weight: heavy || wet",
    "Gate::weight: heavy || wet #2",
    "Gate::weight: heavy",
    "Gate::weight: wet",
]
# The program tries nothing wider than 8, and half of what is below 2 is not 6.
OPEN = ["Gate::within: value_ > greatest", "Gate::open: value > 1", 'Gate::open: "width" <= 8']


class Harness(unittest.TestCase):
    fixture = HERE / "fixture" / "gate.cpp"

    def test_finds_every_form_of_check(self):
        checks = find_checks(self.fixture.name, self.fixture.read_text())
        self.assertEqual([check.name for check in checks], ["gate.cpp " + name for name in EXPECTED])

    def test_names_do_not_depend_on_lines(self):
        text = self.fixture.read_text()
        moved = find_checks("gate.cpp", "// one more line\n\n" + text)
        self.assertEqual([check.name for check in moved], ["gate.cpp " + name for name in EXPECTED])
        self.assertEqual(len({check.name for check in moved}), len(moved))

    def test_tells_which_checks_no_test_notices(self):
        text = self.fixture.read_text()
        checks = find_checks("gate.cpp", text)
        for number, check in enumerate(checks):
            check.number = number
        with tempfile.TemporaryDirectory() as folder:
            source, program, fired = (Path(folder) / name for name in ("gate.cpp", "gate", "fired"))
            source.write_text(instrument(text, checks, self.fixture))
            compiler = os.environ.get("CXX", "c++")
            flags = ["-std=c++20", "-O0", "-Wall", "-Wextra", "-Werror", f"-I{HERE}"]
            subprocess.run([compiler, *flags, source, "-o", program], check=True)
            subprocess.run([program], check=True, env={**os.environ, "CIRCLET_CHECKS_FIRED": str(fired)})
            decided = {int(line) for line in fired.read_text().split()}
            unnoticed = []
            for check in checks:
                environment = {**os.environ, "CIRCLET_CHECK_OFF": str(check.number)}
                if subprocess.run([program], env=environment, stderr=subprocess.DEVNULL).returncode == 0:
                    unnoticed.append(check.name)
                else:
                    self.assertIn(check.number, decided, check.name)
        self.assertEqual(unnoticed, ["gate.cpp " + name for name in OPEN])

    def test_the_lists_name_what_there_is(self):
        checks, _ = all_checks(ROOT, (HERE / "sources.txt").read_text().splitlines())
        names = {check.name for check in checks}
        self.assertEqual(len(names), len(checks))
        self.assertEqual(set(read_excuses(HERE / "excused.txt")) - names, set())


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
