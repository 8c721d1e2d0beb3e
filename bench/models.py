#!/usr/bin/env python3
"""Benchmarks whole models, and EZKL and JSTprove on the same files: figures as JSON, of which bench/models_page.py makes docs/models.md.

    scripts/bench-models [NAME ..] [--peers ezkl,jstprove] [--peer-seconds N] [--peer-gigabytes N]

Every key hides weights and input. Times: import, setup and prove are whole commands, the medians of `circlet bench` from input file to
proof file with the key loaded; grinding, which is luck, is in them. Memory is the peak of a command. Bits are the most that one proof
reaches, up to 96; a model that stays below is proved in segments too. Accuracy is of inputs that calibration did not see. Peers' results
are kept in the cache, by their version and the model, as they take long. Figures of models that are not asked for stay as they were."""

import argparse
import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from run import NotRun, ROOT, last_json, measure_ezkl, run, tried

sys.path.insert(0, str(ROOT / "bench" / "workloads"))
from dense_models import MODELS  # noqa: E402

NETWORKS = ("lenet-5", "vgg-16", "resnet-18")
NARROW = ("--lut-bits", "9", "--shift", "12", "--input-bits", "8")
DIGITS_CNN = "digits-cnn"
OCR, LABEL, SCREEN = "ocr-orientation", "content-label", "image-screen"  # models as wheels ship them
REAL = {  # shapes, import's options, seeds of calibration and of unseen inputs
    OCR: ("x=1,3,48,192", ("--error", "0.01"), (1, 2)),
    LABEL: ("bytes=1,2048", ("--lut-bits", "14", "--shift", "12"), (1, 2)),
    SCREEN: ("input:0=1,224,224,3", ("--lut-bits", "10", "--shift", "10"), (0, 1)),
}
CHAIN = ("196-25-10", "784-128-10", DIGITS_CNN)  # of which a proof fits a transaction
EZKL = ("196-25-10", "784-128-10", DIGITS_CNN, "lenet-5")
UNSEEN, PROOFS = 100, 5
RESULTS = ROOT / "bench" / "results" / "models.json"
WANTED = 96


def machine() -> dict:
    info = Path("/proc/cpuinfo").read_text()
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text()).group(1)) * 1024
    return {
        "processor": re.search(r"model name\s*: (.*)", info).group(1),
        "processors": os.cpu_count(),
        "avx512": "avx512f" in info,
        "memory_bytes": memory,
        "system": re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text()).group(1),
    }


def prepare(folder: Path, name: str) -> dict:
    """model.onnx, calibration, nine inputs, one of them alone, and inputs that calibration did not see."""
    files = {key: folder / f"{key}.json" for key in ("calibration", "input", "inputs", "unseen")}
    files |= {"model": folder / "model.onnx", "import": (), "shape": ()}
    if name in REAL:
        shape, options, (seen, unseen) = REAL[name]
        example = ROOT / "examples" / name
        cache = Path(subprocess.run([example / "fetch"], check=True, capture_output=True, text=True).stdout.strip())
        folder.mkdir(parents=True)
        pictures = (cache / "skimage" / "data",) if name == SCREEN else ()
        for key, count, seed in (("calibration", 60 if name == OCR else 24, seen), ("unseen", UNSEEN, unseen), ("inputs", 9, 3), ("input", 1, 3)):
            files[key] = folder / f"{key}.npy"
            run(cache / "python" / "bin" / "python", example / "inputs.py", *pictures, count, seed, files[key])
        shutil.copy((cache / "model.onnx").resolve(), files["model"])
        return files | {"import": ("--shape", shape, *options), "shape": (shape.split("=")[1],)}
    if name == DIGITS_CNN:
        example = ROOT / "examples" / DIGITS_CNN
        folder.mkdir(parents=True)
        shutil.copy(example / "digits-cnn.onnx", files["model"])
        shutil.copy(example / "calibration.json", files["calibration"])
        samples = [json.loads((example / f"input_{digit}.json").read_text())["input_data"][0] for digit in range(10)]
        for key in ("inputs", "unseen"):
            files[key].write_text(json.dumps({"input_data": samples}))
    else:
        run(sys.executable, ROOT / "bench" / "workloads" / "make_models.py", folder.parent, name, "--unseen", UNSEEN)
        files["import"] = NARROW if name in ("vgg-16", "resnet-18") else ()
    first = json.loads(files["inputs"].read_text())["input_data"][:1]
    files["input"].write_text(json.dumps({"input_data": first}))
    return files


def set_up(circlet: Path, folder: Path, target: str) -> tuple[dict, float, int, int]:
    """The key of the most bits, up to WANTED, and these."""
    bits = WANTED
    while True:
        command = (circlet, "setup", folder, "--force", "--target", target, "--input", "private", "--security", f"conjectured-{bits}")
        try:
            text, seconds, memory = run(*command, "--json")
            return last_json(text), seconds, memory, bits
        except NotRun as why:
            found = re.search(r"try .*--security conjectured-(\d+)", str(why))
            if not found:
                raise
            bits = int(found.group(1))


def cells_of(tables: list[dict]) -> dict[str, int]:
    cells: dict[str, int] = {}
    for table in tables:
        name = table["kind"] + (" on tiles" if table["kind"] == "activate" and table["parameter"] != 1 else "")
        cells[name] = cells.get(name, 0) + (table["columns"] << table["log_size"])
    return cells


def timed_proofs(circlet: Path, folder: Path, files: dict, count: int) -> dict:
    """Whole commands: of the keys of which `circlet bench` has no figures."""
    seconds, memory = [], 0
    for _ in range(count):
        _, took, peak = run(circlet, "prove", folder, files["input"], "-o", folder / "proof.bin", "--json")
        seconds.append(took)
        memory = max(memory, peak)
    report = last_json(run(circlet, "verify", folder / "model.vk", folder / "proof.bin", "--json")[0])
    return {
        "command_seconds": statistics.median(seconds),
        "prove_bytes": memory,
        "verify_seconds": report["seconds"],
        "proof_bytes": (folder / "proof.bin").stat().st_size,
        "bits": report["security"]["conjectured_bits"],
    }


def verified_by_crate(circlet: Path, folder: Path, files: dict) -> float:
    """Seconds that the stwo crate takes to read and verify a proof; NotRun if it refuses it."""
    proof = folder / "proof.json"
    run(circlet, "prove", folder, files["input"], "-o", proof, "--as-json", "--json")
    return run(ROOT / "scripts" / "verify-with-crate", folder / "model.vk", proof)[1]


def gas_of(calldata: Path) -> int:
    text, _, _ = run(ROOT / "scripts" / "sierra-gas", calldata, timeout=600)
    return int(re.search(r"gas of the verifier[^:]*: ([\d,]+)", text).group(1).replace(",", ""))


def measure(circlet: Path, folder: Path, files: dict, target: str) -> dict:
    setup, seconds, memory, _ = set_up(circlet, folder, target)
    report = {"setup_seconds": seconds, "setup_bytes": memory, "plan": setup["plan"]}
    report["cells"] = cells_of(last_json(run(circlet, "inspect", folder, "--json")[0])["tables"])
    report |= timed_proofs(circlet, folder, files, 3)
    report["crate_verify_seconds"] = verified_by_crate(circlet, folder, files)
    timing = last_json(run(circlet, "bench", folder, files["inputs"], "--repeat", PROOFS, "--json")[0])
    report |= {key: timing[key] for key in ("prove_seconds", "prove_seconds_without_grinding")}
    if target == "chain":
        text, _, _ = run(circlet, "calldata", folder / "model.vk", folder / "proof.bin", "-o", folder / "calldata.json", "--json")
        report["felts"] = last_json(text)["felts"]
        report |= tried(lambda: {"gas": gas_of(folder / "calldata.json")})
    return report


def measure_segments(circlet: Path, folder: Path, files: dict) -> dict:
    command = (circlet, "setup", folder, "--force", "--target", "offchain", "--input", "private", "--segments", "auto", "--json")
    text, seconds, memory = run(*command)
    setup = last_json(text)
    cells: dict[str, int] = {}
    for segment in setup["segments"]:
        for table, count in cells_of(segment["tables"]).items():
            cells[table] = cells.get(table, 0) + count
    report = {"setup_seconds": seconds, "setup_bytes": memory, "segments": len(setup["segments"]), "cells": cells}
    return report | timed_proofs(circlet, folder, files, 3)


def measure_model(circlet: Path, folder: Path, name: str, files: dict) -> dict:
    report = last_json(run(sys.executable, ROOT / "bench" / "describe.py", files["model"], *files["shape"])[0])
    command = (circlet, "import", files["model"], "-c", files["calibration"], "-o", folder, *files["import"], "--json")
    _, report["import_seconds"], report["import_bytes"] = run(*command)
    ran = folder / "run.json"
    ran.write_text(run(circlet, "run", folder, files["unseen"], "--json")[0])
    script = ROOT / "bench" / "accuracy.py"
    report["accuracy"] = last_json(run(sys.executable, script, files["model"], files["unseen"], ran, *files["shape"])[0])
    report["offchain"] = tried(measure, circlet, folder, files, "offchain")
    if report["offchain"].get("bits", WANTED) < WANTED:
        report["segments"] = tried(measure_segments, circlet, folder, files)
    if name in CHAIN:
        report["chain"] = tried(measure, circlet, folder, files, "chain")
    return report


class Peers:
    """Peers' results, kept by peer, version, model and limits."""

    def __init__(self, names: list[str], cache: Path, seconds: float, most_bytes: int) -> None:
        self.names, self.cache, self.seconds, self.most_bytes = names, cache, seconds, most_bytes
        self.python = {"ezkl": Path(sys.executable), "jstprove": Path(os.environ.get("JSTPROVE_PYTHON", "none"))}

    def version(self, peer: str) -> str:
        code = f"import importlib.metadata; print(importlib.metadata.version('{peer}'))"
        try:
            return run(self.python[peer], "-c", code)[0].strip()
        except OSError:
            raise NotRun("its Python is not here") from None

    def measure(self, peer: str, folder: Path, files: dict) -> dict:
        version = self.version(peer)
        model = hashlib.sha256(files["model"].read_bytes()).hexdigest()[:16]
        kept = self.cache / "bench-peers" / f"{peer}-{version}-{model}.json"
        if kept.exists():
            report = json.loads(kept.read_text())
            # What a limit cut short is tried again under a wider one.
            cut = "not_run" in report and (report["limit_seconds"] < self.seconds or report["limit_bytes"] < self.most_bytes)
            if not cut:
                return report
        report = tried(self.ezkl if peer == "ezkl" else self.jstprove, folder, files)
        report |= {"version": version, "limit_seconds": self.seconds, "limit_bytes": self.most_bytes}
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(report))
        return report

    def ezkl(self, folder: Path, files: dict) -> dict:
        paths = {"model.onnx": files["model"], "input.json": files["input"], "calibration.json": files["calibration"]}
        return measure_ezkl(paths, folder, self.cache / "ezkl-srs", 1, self.seconds, self.most_bytes)

    def jstprove(self, folder: Path, files: dict) -> dict:
        folder.mkdir(parents=True)
        shutil.copy(files["model"], folder / "model.onnx")
        shutil.copy(files["input"], folder / "input.json")
        report: dict = {}
        for step in ("setup", "prove", "verify"):
            script = ROOT / "bench" / "peers" / "jstprove_peer.py"
            try:
                text, _, memory = run(self.python["jstprove"], script, step, folder, timeout=self.seconds, most_bytes=self.most_bytes)
            except NotRun as why:
                if step != "verify":
                    raise
                report["verify_not_run"] = str(why)  # the proof has its figures
                break
            report |= last_json(text) | {f"{step}_memory_bytes": memory}
        report["memory_bytes"] = report["prove_memory_bytes"]
        return report


def peers_of(name: str) -> list[str]:
    """JSTprove takes models of a fixed shape; EZKL's keys for deeper ones outgrow this kind of machine."""
    return (["ezkl"] if name in EZKL else []) + (["jstprove"] if name not in REAL else [])


def main() -> None:
    names = [*MODELS, DIGITS_CNN, *NETWORKS, *REAL]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", default=names, help=f"of {', '.join(names)} (default: all)")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", help="build folder with bin/circlet")
    parser.add_argument("--peers", default="ezkl,jstprove", help="of ezkl and jstprove; empty for none")
    parser.add_argument("--peer-seconds", type=float, default=600, help="for each step of a peer")
    parser.add_argument("--peer-gigabytes", type=float, default=16)
    parser.add_argument("--json", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(names)
    if unknown:
        parser.error(f"unknown models {sorted(unknown)}; there are {names}")
    cache = Path(os.environ.get("CIRCLET_CACHE", Path.home() / ".cache" / "circlet"))
    asked = [peer for peer in arguments.peers.split(",") if peer]
    peers = Peers(asked, cache, arguments.peer_seconds, int(arguments.peer_gigabytes * 1e9))
    results = json.loads(arguments.json.read_text()) if arguments.json.exists() else {"models": {}}
    results["machine"] = machine()
    circlet = arguments.build / "bin" / "circlet"
    for name in [name for name in names if name in arguments.names]:
        with tempfile.TemporaryDirectory(prefix="circlet-bench-") as scratch:
            files = prepare(Path(scratch) / name, name)
            start = time.perf_counter()
            entry = measure_model(circlet, Path(scratch) / "model", name, files)
            before = results["models"].get(name, {}).get("peers", {})
            entry["peers"] = before | {
                peer: tried(peers.measure, peer, Path(scratch) / peer, files) for peer in peers_of(name) if peer in asked
            }
            results["models"][name] = entry
            print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
        results["models"] = {key: results["models"][key] for key in names if key in results["models"]}
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
