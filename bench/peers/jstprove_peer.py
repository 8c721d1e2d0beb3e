#!/usr/bin/env python3
"""JSTprove on one ONNX model, a step a process so that each step's memory can be measured. Prints one JSON line, its last.

    jstprove_peer.py setup FOLDER      the circuit
    jstprove_peer.py prove FOLDER      witness and proof, as a user waits for them
    jstprove_peer.py verify FOLDER     that proof

FOLDER holds model.onnx and input.json. The package's own interface, with its defaults. Model and input must be of one sample."""

import json
import sys
import time
from pathlib import Path

import jstprove
import msgpack


def main() -> None:
    step, folder = sys.argv[1], Path(sys.argv[2])
    circuit, given, witness, proof = (str(folder / f"jstprove.{name}") for name in ("circuit", "input", "witness", "proof"))
    start = time.perf_counter()
    if step == "setup":
        supported, missing = jstprove.Circuit.is_compatible(str(folder / "model.onnx"))
        if not supported:
            sys.exit(f"not supported: {', '.join(missing)}")
        jstprove.Circuit.compile(str(folder / "model.onnx"), circuit)
        report = {"setup_seconds": time.perf_counter() - start}
        values = json.loads((folder / "input.json").read_text())["input_data"][0]
        Path(given).write_bytes(msgpack.packb({"input": values}))
    elif step == "prove":
        loaded = jstprove.Circuit(circuit)
        loaded.generate_witness(given, witness)
        loaded.prove(witness, proof)
        report = {"prove_seconds": time.perf_counter() - start, "proof_bytes": Path(proof).stat().st_size}
    else:
        if jstprove.Circuit(circuit).verify(proof, given) is False:
            sys.exit("JSTprove does not verify its own proof")
        report = {"verify_seconds": time.perf_counter() - start}
    print("\n" + json.dumps(report))


if __name__ == "__main__":
    main()
