"""The keys and proofs that the tests are about, made once by the command line tool, or by circlet-make-case beside it."""
import ast
import json
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MODELS = Path(__file__).parent.parent / "fixtures/models"
CONTEXT = "0x123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
CIRCLET = None   # path of the tool: `run` sets it
FOLDER = tempfile.TemporaryDirectory(prefix="circlet-reference-")

# name: (model, samples, options of setup); of a random model: ("tiles", its seed, options of circlet-make-case)
CASES = {
    "chain": ("sklearn_mlp_classifier_iris", 1, ["--target", "chain"]),
    "argmax": ("sklearn_mlp_classifier_iris", 1, ["--target", "chain", "--no-zk", "--input", "private", "--output", "argmax"]),
    "committed": ("sklearn_mlp_classifier_iris", 1, ["--target", "offchain", "--input", "committed", "--output", "committed"]),
    "committed threshold": ("sklearn_mlp_classifier_iris", 1, ["--target", "offchain", "--no-zk", "--output", "committed <0.5"]),
    "batch": ("sklearn_offset_mlp", 3, ["--target", "offchain", "--batch", "3", "--lanes", "5"]),
    "tiles": ("tiles", 1, ["--offchain"]),
    "residual": ("torch_legacy_residual", 1, ["--target", "offchain", "--model", "public", "--output", ">=0"]),
}


def circlet(*arguments):
    return subprocess.run([CIRCLET, "--json", *map(str, arguments)], capture_output=True, text=True)


def must(*arguments):
    done = circlet(*arguments)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"


def read_npy(path):
    """The rows of a float array, each as a flat list."""
    data = path.read_bytes()
    length, = struct.unpack_from("<H", data, 8)
    header = ast.literal_eval(data[10:10 + length].decode())
    assert header["descr"] == "<f4" and not header["fortran_order"]
    values = struct.unpack(f"<{(len(data) - 10 - length) // 4}f", data[10 + length:])
    width = len(values) // header["shape"][0]
    return [values[i:i + width] for i in range(0, len(values), width)]


def option(options, name):
    """What is given for an option of setup; public is the default of those that are asked for."""
    return options[options.index(name) + 1] if name in options else "public"


@dataclass
class Case:
    key: bytes
    proof: bytes


@lru_cache(maxsize=None)
def make(name):
    model, samples, options = CASES[name]
    folder = Path(FOLDER.name) / name.replace(" ", "-")
    if model == "tiles":
        make_case = Path(CIRCLET).parent / "circlet-make-case"
        subprocess.run([make_case, folder, model, str(samples), *options, "--context", CONTEXT], check=True)
        return Case((folder / "model.vk").read_bytes(), (folder / "proof.bin").read_bytes())
    must("import", MODELS / f"{model}.onnx", "--calibration", MODELS / f"{model}.npy", "-o", folder)
    must("setup", folder, *options)
    given = folder / "input.json"
    given.write_text(json.dumps({"input_data": read_npy(MODELS / f"{model}.npy")[:samples]}))
    if option(options, "--input") == "committed":
        must("commit", folder / "model.vk", given, "-o", folder / "input.data")
        given = folder / "input.data"
    opening = ["--output-data", folder / "output.data"] if option(options, "--output").startswith("committed") else []
    must("prove", folder, given, "-o", folder / "proof.bin", "--context", CONTEXT, *opening)
    return Case((folder / "model.vk").read_bytes(), (folder / "proof.bin").read_bytes())


def verify_with_circlet(key, proof):
    paths = [Path(FOLDER.name) / name for name in ("changed.vk", "changed.bin")]
    for path, data in zip(paths, (key, proof)):
        path.write_bytes(data)
    return circlet("verify", *paths)


def verdict_of_circlet(key, proof):
    """The exit code of `circlet verify`: 0 accepted, 1 rejected, 3 not a key or proof at all."""
    return verify_with_circlet(key, proof).returncode


def statement_of_circlet(key, proof):
    """What `circlet verify` prints of a proof that it accepts."""
    done = verify_with_circlet(key, proof)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)
