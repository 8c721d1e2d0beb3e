#!/usr/bin/env python3
"""Runs the benchmark that scripts/bench prepares: one table, and the same figures as JSON.

Circlet: `circlet bench` proves nine inputs and takes medians. A proof's time runs from the input file to the proof file, the reading of
both secret files included; grinding is luck, so it is subtracted and shown apart. Memory is the peak of one `circlet prove`.
stwo: the crate's SIMD prover on the same columns, without grinding. It is given the columns and keeps the model's two trees from
its setup, so its time leaves out what Circlet's includes: reading the files, execution and witness generation. The ratio divides
Circlet's time for the same steps (with witness generation) by the crate's: the least of all runs of each, taken in turns.
Zero knowledge: the time of a proof, without grinding, divided by that under a key of `--no-zk`: medians of proofs taken in turns.
EZKL: witness and proof, with its defaults, from the same ONNX file; setup without the SRS.

Figures of a busy machine are worth little; ratios of one run are worth more.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench" / "workloads"))
from dense_models import MODELS, PROOFS  # noqa: E402

DIGITS = "digits"
EZKL_DEFAULT = ("196-25-10", "784-56-10", "784-128-10")
EZKL_FULL = (DIGITS, *EZKL_DEFAULT, "ladder-198K")
WIDE_FIBONACCI = (16, 100)
COMPARISON_ROUNDS = 3  # in which Circlet and the crate take turns
OVERHEAD_ROUNDS = 5  # in which keys with and without zero knowledge do
# The phases of `circlet bench` that the crate does not do, or does not do in its timed part.
NOT_TIMED_BY_STWO = ("model.circlet", "model.pk", "session", "input", "execution", "proof of work", "budget", "proof file")


class NotRun(Exception):
    """Why a figure is missing."""


def resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def run(*command: object, timeout: float | None = None, most_bytes: int | None = None) -> tuple[str, float, int]:
    """Standard output, seconds, and the peak memory of the process in bytes. That is at least this program's own, which imports nothing
    large for this reason. A process that takes longer than `timeout`, or more memory than `most_bytes`, is stopped: NotRun."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=err)
        usage = None
        while usage is None:
            pid, status, rusage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                usage = rusage
                process.returncode = os.waitstatus_to_exitcode(status)
            elif timeout and time.perf_counter() - start > timeout:
                process.kill()
                process.wait()
                raise NotRun(f"over {timeout:.0f} s")
            elif most_bytes and resident_bytes(process.pid) > most_bytes:
                process.kill()
                process.wait()
                raise NotRun(f"over {most_bytes / 1e9:.0f} GB")
            else:
                time.sleep(0.002)
        seconds = time.perf_counter() - start
        out.seek(0)
        err.seek(0)
        if process.returncode:
            last = (err.read() or out.read()).decode(errors="replace").strip().splitlines()[-1:]
            raise NotRun(f"exit {process.returncode}: {' '.join(last)[:600]}")
        return out.read().decode(), seconds, usage.ru_maxrss * 1024


def last_json(text: str) -> dict:
    return json.loads(text.strip().splitlines()[-1])


def prepare(folder: Path, name: str) -> dict[str, Path]:
    """The ONNX file and inputs of a model."""
    if name == DIGITS:
        digits = ROOT / "examples" / "digits"
        folder.mkdir(parents=True)
        samples = [json.loads((digits / f"input_{digit}.json").read_text())["input_data"][0] for digit in range(PROOFS)]
        (folder / "inputs.json").write_text(json.dumps({"input_data": samples}))
        shutil.copy(digits / "digits.onnx", folder / "model.onnx")
        shutil.copy(digits / "calibration.json", folder / "calibration.json")
    else:
        run(sys.executable, ROOT / "bench" / "workloads" / "make_models.py", folder.parent, name)
        folder.parent.joinpath(name).rename(folder)
    first = json.loads((folder / "inputs.json").read_text())["input_data"][:1]
    (folder / "input.json").write_text(json.dumps({"input_data": first}))
    return {file: folder / f"{file}" for file in ("model.onnx", "calibration.json", "inputs.json", "input.json")}


def measure_circlet(circlet: Path, files: dict[str, Path], folder: Path, target: str, proofs: int) -> dict:
    report: dict = {"target": target}
    text, seconds, _ = run(circlet, "import", files["model.onnx"], "-c", files["calibration.json"], "-o", folder, "--json")
    imported = last_json(text)
    report["import_seconds"] = seconds
    report["agreement"] = imported.get("agreement")
    report["goal_met"] = imported.get("goal_met")
    text, report["setup_seconds"], report["setup_bytes"] = run(circlet, "setup", folder, "--target", target, "--json")
    setup = last_json(text)
    report["log_sizes"], report["plan"] = setup["log_sizes"], setup["plan"]
    report["proving_key_bytes"] = (folder / "model.pk").stat().st_size
    proof = folder / "proof.bin"
    _, _, report["memory_bytes"] = run(circlet, "prove", folder, files["input.json"], "-o", proof, "--json")
    run(circlet, "verify", folder / "model.vk", proof, "--json")
    text, _, _ = run(circlet, "bench", folder, files["inputs.json"], "--repeat", proofs, "--json")
    report.update(last_json(text))
    if target == "chain":
        text, _, _ = run(circlet, "calldata", folder / "model.vk", proof, "-o", folder / "calldata.json", "--json")
        report["felts"] = last_json(text)["felts"]
    return report


def same_steps(phases: dict[str, float]) -> float:
    return sum(seconds for phase, seconds in phases.items() if phase not in NOT_TIMED_BY_STWO)


def measure_stwo(circlet: Path, exporter: Path, prover: Path | None, files: dict[str, Path], folder: Path, runs: list[dict]) -> dict:
    """`runs` are Circlet's so far."""
    if prover is None:
        raise NotRun("no nightly Rust toolchain")
    tables = folder / "tables"
    run(exporter, tables, folder, files["input.json"])
    ours, theirs = min(map(same_steps, runs)), None
    for _ in range(COMPARISON_ROUNDS):
        text, _, memory = run(prover, "--circlet", tables, "--repeat", 3)
        report = last_json(text)
        if not report["identical"]:
            raise NotRun("the crate proves another proof")
        if theirs is None or report["prove_seconds"] < theirs["prove_seconds"]:
            theirs = {**report, "memory_bytes": memory}
        text, _, _ = run(circlet, "bench", folder, files["inputs.json"], "--repeat", 3, "--json")
        ours = min([ours, *map(same_steps, last_json(text)["runs"])])
    shutil.rmtree(tables)
    return {**theirs, "circlet_seconds": ours, "ratio": ours / theirs["prove_seconds"]}


def measure_overhead(circlet: Path, files: dict[str, Path], folder: Path, target: str, proofs: int) -> dict:
    plain = folder / "no-zk"
    plain.mkdir()
    for file in ("model.circlet", "model.structure"):
        shutil.copy(folder / file, plain / file)
    run(circlet, "setup", plain, "--target", target, "--no-zk", "--json")
    seconds: dict[Path, list[float]] = {folder: [], plain: []}
    for _ in range(OVERHEAD_ROUNDS):
        for key, times in seconds.items():
            text, _, _ = run(circlet, "bench", key, files["inputs.json"], "--repeat", proofs, "--json")
            times += [sum(phases.values()) - phases["proof of work"] for phases in last_json(text)["runs"]]
    shutil.rmtree(plain)
    hiding, showing = statistics.median(seconds[folder]), statistics.median(seconds[plain])
    return {"no_zk_seconds": showing, "ratio": hiding / showing}


def measure_ezkl(
    files: dict[str, Path], folder: Path, srs: Path, proofs: int, timeout: float, most_bytes: int | None = None
) -> dict:
    peer = ROOT / "bench" / "peers" / "ezkl_peer.py"
    folder.mkdir(parents=True)
    for name in ("model.onnx", "input.json"):
        shutil.copy(files[name], folder / name)
    # EZKL calibrates slowly; four samples are enough to choose scales.
    samples = json.loads(files["calibration.json"].read_text())["input_data"][:4]
    (folder / "calibration.json").write_text(json.dumps({"input_data": samples}))
    text, _, setup_memory = run(sys.executable, peer, "setup", folder, srs, timeout=timeout, most_bytes=most_bytes)
    report = last_json(text)
    text, _, report["memory_bytes"] = run(sys.executable, peer, "prove", folder, srs, proofs, timeout=timeout, most_bytes=most_bytes)
    return {**report, "setup_memory_bytes": setup_memory, **last_json(text)}


def measure_wide_fibonacci(build: Path, prover: Path | None, repeat: int) -> dict:
    log_size, columns = WIDE_FIBONACCI
    config = ("--pow", 0, "--blowup", 1, "--last", 0, "--queries", 70, "--fold", 3)
    if prover is None:
        raise NotRun("no nightly Rust toolchain")
    ours, theirs = [], []
    for _ in range(COMPARISON_ROUNDS):
        ours.append(last_json(run(build / "bin" / "bench_wide_fibonacci", log_size, columns, repeat)[0])["prove_seconds"])
        text, _, _ = run(prover, "--bench", "--comps", f"0:{log_size}:{columns}", *config, "--repeat", repeat)
        theirs.append(last_json(text)["prove_seconds"])
    least = {"circlet_seconds": min(ours), "stwo_seconds": min(theirs), "ratio": min(ours) / min(theirs)}
    return {"log_size": log_size, "columns": columns, **least}


def tried(measure, *arguments) -> dict:
    try:
        return measure(*arguments)
    except NotRun as why:
        return {"not_run": str(why)}


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count < 1e8 else f"{count / 1e6:.0f} MB"


ROW = "{:<13} {:<9} {:>10} {:>9} {:>9} {:>10} {:>9} {:>10} {:>6}  {:<40}"


def print_row(name: str, report: dict) -> None:
    if "not_run" in report:
        print(f"{name:<13} {report['target']:<9} not run: {report['not_run']}", flush=True)
        return
    overhead, stwo = report["overhead"], report.get("stwo", {})
    notes = [f"zero knowledge {overhead['ratio'] - 1:+.0%}" if "ratio" in overhead else f"no overhead: {overhead['not_run']}"]
    if "ratio" in stwo:
        notes.append(
            f"same steps {milliseconds(stwo['circlet_seconds'])}, stwo {milliseconds(stwo['prove_seconds'])}, ratio {stwo['ratio']:.2f}"
        )
    elif stwo:
        notes.append(f"stwo not run: {stwo['not_run']}")
    print(
        ROW.format(
            name,
            report["target"],
            milliseconds(report["prove_seconds_without_grinding"]),
            milliseconds(report["phases"]["proof of work"]),
            milliseconds(report["verify_seconds"]),
            megabytes(report["memory_bytes"]),
            f"{report['proof_bytes'] / 1e3:.0f} kB",
            milliseconds(report["setup_seconds"]),
            report.get("felts", ""),
            "; ".join(notes),
        ),
        flush=True,
    )


def print_ezkl(name: str, report: dict, ours: dict) -> None:
    if "not_run" in report:
        print(f"{name:<13} {'EZKL':<9} not run: {report['not_run']}", flush=True)
        return
    ratio = report["prove_seconds"] / ours["prove_seconds"] if "prove_seconds" in ours else float("nan")
    print(
        ROW.format(
            name,
            "EZKL",
            milliseconds(report["prove_seconds"]),
            "",
            milliseconds(report["verify_seconds"]),
            megabytes(report["memory_bytes"]),
            f"{report['proof_bytes'] / 1e3:.0f} kB",
            milliseconds(report["setup_seconds"]),
            "",
            f"{ratio:.0f} times Circlet's time, grinding included; key {megabytes(report['proving_key_bytes'])}, 2^{report['logrows']} rows",
        ),
        flush=True,
    )


def save(path: Path, results: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1))


def main() -> None:
    names = [DIGITS, *MODELS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="build folder with bin/circlet")
    parser.add_argument("--oracle", default="", help="folder with oracle-prove; empty if there is none")
    parser.add_argument("--models", default=",".join(names), help="names, comma-separated (default: all)")
    parser.add_argument("--targets", default="offchain,chain")
    parser.add_argument("--peers", default="stwo,ezkl", help="of stwo and ezkl; empty for none")
    parser.add_argument("--proofs", type=int, default=PROOFS)
    parser.add_argument("--full", action="store_true", help="EZKL on more models, and as long as it takes")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json")
    arguments = parser.parse_args()
    models = [name for name in arguments.models.split(",") if name]
    unknown = [name for name in models if name not in names]
    if unknown:
        parser.error(f"unknown models {unknown}; there are {names}")
    circlet = arguments.build / "bin" / "circlet"
    exporter = arguments.build / "bin" / "oracle-export"
    prover = Path(arguments.oracle) / "oracle-prove" if arguments.oracle else None
    cache = Path(os.environ.get("CIRCLET_CACHE", Path.home() / ".cache" / "circlet"))
    peers = arguments.peers.split(",")
    results: dict = {"processors": os.cpu_count(), "load": os.getloadavg(), "models": {}}

    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; medians of {arguments.proofs} proofs")
    print(ROW.format("model", "target", "prove", "grinding", "verify", "memory", "proof", "setup", "felts", ""))
    with tempfile.TemporaryDirectory(prefix="circlet-bench-") as scratch:
        for name in models:
            files = prepare(Path(scratch) / name / "files", name)
            entry = results["models"][name] = {}
            for target in arguments.targets.split(","):
                folder = Path(scratch) / name / target
                report = tried(measure_circlet, circlet, files, folder, target, arguments.proofs)
                report["target"] = target
                if "not_run" not in report:
                    report["overhead"] = tried(measure_overhead, circlet, files, folder, target, arguments.proofs)
                if "stwo" in peers and "not_run" not in report:
                    report["stwo"] = tried(measure_stwo, circlet, exporter, prover, files, folder, report["runs"])
                entry[target] = report
                print_row(name, report)
            if "ezkl" in peers and name in (EZKL_FULL if arguments.full else EZKL_DEFAULT):
                timeout = 7200 if arguments.full else 240
                proofs = 3
                entry["ezkl"] = tried(measure_ezkl, files, Path(scratch) / name / "ezkl", cache / "ezkl-srs", proofs, timeout)
                print_ezkl(name, entry["ezkl"], entry.get("offchain", {}))
            shutil.rmtree(Path(scratch) / name)
            save(arguments.json, results)
        if "stwo" in peers:
            wide = results["wide_fibonacci"] = tried(measure_wide_fibonacci, arguments.build, prover, 3)
            if "ratio" in wide:
                print(
                    f"wide Fibonacci, {wide['columns']} columns of 2^{wide['log_size']} rows: {milliseconds(wide['circlet_seconds'])}, "
                    f"stwo {milliseconds(wide['stwo_seconds'])}, ratio {wide['ratio']:.2f}"
                )
            else:
                print(f"wide Fibonacci: not run: {wide['not_run']}")
    save(arguments.json, results)
    print(f"wrote {arguments.json}")


if __name__ == "__main__":
    main()
