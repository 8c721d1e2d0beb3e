#!/usr/bin/env python3
"""Proves and verifies every image of scikit-learn's digits, and compares each proof's outputs with the NumPy evaluator.

  tests/e2e/all_digits.py BIN [COUNT [OUTPUT]]    BIN holds circlet and circlet-dump-program; COUNT images, 1,797 if left
                                                  out; OUTPUT public, argmax, '>=t' or '<t'
"""

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "frontend"))
from numpy_eval import decide, evaluate  # noqa: E402

DIGITS = ROOT / "examples" / "digits"


def run(*command) -> str:
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {result.stdout}{result.stderr}")
    return result.stdout


def main() -> None:
    binaries = Path(sys.argv[1])
    circlet = binaries / "circlet"
    images = load_digits().data[: int(sys.argv[2]) if len(sys.argv) > 2 else None]
    output = sys.argv[3] if len(sys.argv) > 3 else "public"
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        np.save(work / "all.npy", images)
        dump = run(binaries / "circlet-dump-program", DIGITS / "digits.onnx", DIGITS / "calibration.json", "program",
                   work / "all.npy")
        program = json.loads(dump)["program"]
        scores = evaluate(program, images.astype(np.int64))
        expected = decide(output, scores, program["tensors"][program["outputs"][0]["tensor"]]["scales"][0])
        run(circlet, "import", DIGITS / "digits.onnx", "--calibration", DIGITS / "calibration.json", "-o", work / "out")
        setup = json.loads(run(circlet, "setup", work / "out", "--target", "chain", "--proofs", "100", "--output", output,
                               "--json"))
        budget = setup["proof_budget"]

        def check(i: int) -> bool:
            image, proof = work / f"{i}.json", work / f"{i}.bin"
            image.write_text(json.dumps({"input_data": [images[i].tolist()]}))
            run(circlet, "prove", work / "out", image, "-o", proof)
            statement = json.loads(run(circlet, "verify", work / "out" / "model.vk", proof, "--json"))
            proof.unlink()
            return (statement["verified"] and statement["inputs"] == images[i].astype(int).tolist()
                    and statement["outputs"] == expected[i].tolist())

        right = 0
        for first in range(0, len(images), budget):
            if first != 0:
                run(circlet, "setup", work / "out", "--renew")
            with ThreadPoolExecutor(2) as pool:
                right += sum(pool.map(check, range(first, min(first + budget, len(images)))))
    print(f"all digits: {right} of {len(images)} proved, verified and equal to the NumPy evaluator")
    if right != len(images):
        sys.exit(1)


if __name__ == "__main__":
    main()
