"""What the fault tests share: running commands with a fault in them, and looking at what is left behind."""

import errno
import functools
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

BIN = Path(os.environ["CIRCLET_BIN"])
CIRCLET = BIN / "circlet"
SPEND_LOOP = BIN / "circlet-spend-loop"
FAULTS = BIN / "circlet-faults.so"
DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits"
FULL = os.environ.get("CIRCLET_FULL") == "1"
KILLS = 1000 if FULL else 60
NOBODY = 65534
SECRET_FILES = {"model.circlet", "model.pk", "model.budget", "model.budget.lock"}
PUBLIC_FILES = {"model.structure", "model.vk"}
TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{16}")
DISK_ERRORS = {name: getattr(errno, name) for name in ("ENOSPC", "EIO", "EACCES")}


def environment(fault="", at=0, folder="", trace=""):
    """With the fault library loaded, if any of its settings is used."""
    result = dict(os.environ)
    if fault or trace:
        result |= {
            "LD_PRELOAD": str(FAULTS),
            "CIRCLET_FAULT": str(fault),
            "CIRCLET_FAULT_AT": str(at),
            "CIRCLET_FAULT_FOLDER": str(folder),
            "CIRCLET_FAULT_TRACE": str(trace),
        }
    return result


def run(*command, fault="", at=0, folder="", trace="", **options):
    """The finished process, with its whole output in `.text`."""
    done = subprocess.run(
        [str(part) for part in command],
        env=environment(fault, at, folder, trace),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
        **options,
    )
    done.text = (done.stdout + done.stderr).decode(errors="replace")
    return done


def traced(*command, folder, **options):
    """The trace of a command that succeeds: lists [number, allocations, call, path, details...]."""
    with tempfile.TemporaryDirectory() as other:
        trace = Path(other) / "trace"
        done = run(*command, folder=folder, trace=trace, **options)
        assert done.returncode == 0, done.text
        return [line.split() for line in trace.read_text().splitlines()]


def calls_of(*command, folder, **options):
    """The system calls of a command on files in `folder`: lists [call, path, details...]."""
    return [line[2:] for line in traced(*command, folder=folder, **options)]


def seconds_of(command):
    start = time.monotonic()
    run(*command)
    return time.monotonic() - start


def kill_after(seconds, *command):
    """Starts a command, kills it after a time, and says whether it was still running."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.kill()
    return process.wait() == -signal.SIGKILL


def payload(path):
    """Of a file in Circlet's envelope, or None if the file is absent. Fails if it is not whole; the checksum is
    left to the commands that read it."""
    if not path.exists():
        return None
    content = path.read_bytes()
    magic, _, _, length = struct.unpack_from("<8sIIQ", content)
    assert magic == b"CIRCLET\n" and len(content) == 24 + length + 8, f"{path} is not whole"
    return content[24:-8]


def budget_of(folder):
    """Weights root, total and spent of folder/model.budget."""
    return struct.unpack_from("<32sQQ", payload(folder / "model.budget"))


def spent_of(folder):
    return budget_of(folder)[2]


def budget_keeper(folder):
    """A function that puts folder/model.budget back as it is now: faults by the hundred would spend it."""
    path = folder / "model.budget"
    content = path.read_bytes()
    return lambda: path.write_bytes(content)


def adopt(folder):
    """Says of a copied folder that it was moved: the first is never proved with."""
    root = budget_of(folder)[0].hex()
    done = run(SPEND_LOOP, "move", folder / "model.budget", root, 0)
    assert done.returncode == 0, done.text
    return folder


def temporaries(folder):
    return [path for path in folder.iterdir() if TEMPORARY.fullmatch(path.name)]


def setup_command(folder, visibility):
    return [CIRCLET, "setup", folder, "--force", "--target", "offchain", "--input", visibility]


def prove_command(folder, digit, proof):
    return [CIRCLET, "prove", folder, DIGITS / f"input_{digit}.json", "-o", proof]


class Case(unittest.TestCase):
    """A test with a folder of its own, real and without symbolic links, that anyone may enter."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="circlet-faults-")
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name).resolve()
        self.scratch.chmod(0o755)
        self.random = random.Random(1)
        self.started = time.monotonic()

    def tell(self, text):
        """What was done, for the log of the run."""
        print(f"{text}, {time.monotonic() - self.started:.1f} s ... ", end="", flush=True)

    def expect(self, done, code, *texts):
        self.assertEqual(done.returncode, code, f"{done.args}: {done.text}")
        for text in texts:
            self.assertIn(text, done.text)
        return done

    def model_folder(self, name="model", keys=True):
        """A fresh copy of the imported digits, with keys for a public input or without keys."""
        folder = self.scratch / name
        shutil.copytree(imported(keys), folder)
        return adopt(folder) if keys else folder

    def digit_of(self, key, proof):
        """The class that a proof states; fails unless it verifies."""
        done = self.expect(run(CIRCLET, "verify", key, proof, "--json"), 0)
        return json.loads(done.stdout)["argmax"][0]


@functools.cache
def imported(keys):
    """The digits' model folder; the caller copies it."""
    scratch = tempfile.TemporaryDirectory(prefix="circlet-faults-model-")
    imported.kept = getattr(imported, "kept", []) + [scratch]
    folder = Path(scratch.name).resolve() / "model"
    done = run(CIRCLET, "import", DIGITS / "digits.onnx", "--calibration", DIGITS / "calibration.json", "-o", folder)
    assert done.returncode == 0, done.text
    if keys:
        done = run(*setup_command(folder, "public"))
        assert done.returncode == 0, done.text
    return folder
