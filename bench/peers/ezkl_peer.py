#!/usr/bin/env python3
"""EZKL on one ONNX model, a step a process so that each step's memory can be measured. Prints one JSON line.

    ezkl_peer.py setup FOLDER SRS      settings, calibration, circuit, SRS, keys
    ezkl_peer.py prove FOLDER SRS N    N times witness and proof, as a user waits for them, and one verification

FOLDER holds model.onnx, calibration.json and input.json. Settings are EZKL's defaults (input and output public, parameters fixed in
the circuit), calibrated for "resources". SRS is a folder that keeps reference strings by size. They are made here: speed depends on
their size, not on who made them, and nothing is downloaded.
"""

import asyncio
import inspect
import json
import statistics
import sys
import time
from pathlib import Path

import ezkl


def call(function, *arguments, **options):
    """EZKL's functions, of which some are coroutines."""

    async def run():
        result = function(*arguments, **options)
        return await result if inspect.isawaitable(result) else result

    return asyncio.run(run())


class Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, name, function, *arguments, **options):
        start = time.perf_counter()
        result = call(function, *arguments, **options)
        self.seconds[name] = time.perf_counter() - start
        return result


def srs_path(folder: Path, srs: Path) -> Path:
    settings = json.loads((folder / "settings.json").read_text())
    return srs / f"kzg{settings['run_args']['logrows']}.srs"


def setup(folder: Path, srs: Path) -> dict:
    path = {name: str(folder / name) for name in ("model.onnx", "calibration.json", "settings.json", "circuit", "vk", "pk")}
    clock = Clock()
    clock.time("settings", ezkl.gen_settings, path["model.onnx"], path["settings.json"])
    clock.time("calibration", ezkl.calibrate_settings, path["calibration.json"], path["model.onnx"], path["settings.json"], "resources")
    clock.time("circuit", ezkl.compile_circuit, path["model.onnx"], path["circuit"], path["settings.json"])
    settings = json.loads(Path(path["settings.json"]).read_text())
    logrows = settings["run_args"]["logrows"]
    reference = srs_path(folder, srs)
    if not reference.exists():
        srs.mkdir(parents=True, exist_ok=True)
        partial = reference.with_suffix(".partial")
        clock.time("srs", ezkl.gen_srs, str(partial), logrows)
        partial.rename(reference)
    clock.time("keys", ezkl.setup, path["circuit"], path["vk"], path["pk"], str(reference))
    return {
        "logrows": logrows,
        "seconds": clock.seconds,
        "setup_seconds": sum(seconds for step, seconds in clock.seconds.items() if step != "srs"),
        "proving_key_bytes": Path(path["pk"]).stat().st_size,
        "verification_key_bytes": Path(path["vk"]).stat().st_size,
        "srs_bytes": reference.stat().st_size,
    }


def prove(folder: Path, srs: Path, repeat: int) -> dict:
    path = {name: str(folder / name) for name in ("input.json", "settings.json", "circuit", "vk", "pk", "witness.json", "proof.json")}
    reference = str(srs_path(folder, srs))
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call(ezkl.gen_witness, path["input.json"], path["circuit"], path["witness.json"])
        call(ezkl.prove, path["witness.json"], path["circuit"], path["pk"], path["proof.json"], reference)
        times.append(time.perf_counter() - start)
    clock = Clock()
    if not clock.time("verify", ezkl.verify, path["proof.json"], path["settings.json"], path["vk"], reference):
        raise RuntimeError("EZKL does not verify its own proof")
    proof = json.loads(Path(path["proof.json"]).read_text())
    return {
        "proofs": repeat,
        "prove_seconds": statistics.median(times),
        "verify_seconds": clock.seconds["verify"],
        "proof_bytes": len(proof["proof"]) if isinstance(proof["proof"], list) else len(proof["hex_proof"]) // 2 - 1,
    }


def main() -> None:
    step, folder, srs = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    report = setup(folder, srs) if step == "setup" else prove(folder, srs, int(sys.argv[4]))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
