#!/usr/bin/env python3
"""Every node test of the `onnx` package through `circlet import` and `circlet run`, against the outputs that the test expects.

    tests/frontend/conformance.py [BIN]             all cases; fails if one FAILED, or no longer passes
    tests/frontend/conformance.py --check [BIN]     also if docs/onnx-conformance.md is not what it would write
    tests/frontend/conformance.py --write-docs      writes that page, and the list of cases that pass beside this script
    tests/frontend/conformance.py --only '^test_gelu'   these cases alone, with what became of each

BIN (build/release/bin) holds circlet and circlet-dump-program. Needs scripts/python-requirements.txt. What a case may become, and
what is compared how closely, is said in the page; what it is run as, by `forms`."""

import argparse
import difflib
import json
import multiprocessing
import re
import subprocess
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "onnx-conformance.md"
BINARIES = ROOT / "build" / "release" / "bin"  # or what the command line says
PASSED = Path(__file__).with_name("conformance_passed.txt")

SECONDS = 20  # for any one command; models of a node take a tenth of one
DRAWN = 24  # samples to calibrate on besides the case's own
SPREAD = 0.05  # the integer model's greatest error, in parts of the output's range

# Why operators are not meant to be imported, or not yet. Their cases run nevertheless: one that imports must be right.
OUT_OF_SCOPE = {
    "strings": "RegexFullMatch StringConcat StringNormalizer StringSplit TfIdfVectorizer LabelEncoder",
    "sequences and optional values": "OptionalGetElement OptionalHasElement SequenceInsert SequenceLength SequenceMap SplitToSequence",
    "control flow": "If Loop Scan",
    "random numbers": "Bernoulli RandomUniformLike",
    "training": "Adagrad Adam Momentum NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
    "the output's shape depends on values": "Compress NonMaxSuppression NonZero Unique",
    "bits of integers": "BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor",
    "image files": "ImageDecoder",
    "attention: not yet": "CausalConvWithState FlexAttention LinearAttention TensorScatter",
    "recurrence over several samples": "GRU LSTM RNN",
    "trees that ask for membership in a set": "TreeEnsemble",
}  # fmt: skip
SCOPE = {operator: reason for reason, operators in OUT_OF_SCOPE.items() for operator in operators.split()}
# The importer says so, and writes nothing when it is told the goal (`--error`).
MISSED = "imported, with the warning that the integer model misses the goal of accuracy"
# Operators that are several ones, each of which rounds.
COMPOSED = {"Attention"}
SMALL_TYPES = {"int2", "uint2", "int4", "uint4", "float4", "float8"}
OLDEST_OPSET = 8


@dataclass
class Case:
    name: str
    operator: str
    model: onnx.ModelProto
    inputs: list[np.ndarray | None]  # None for what is no tensor of numbers
    outputs: list[np.ndarray | None]

    @property
    def names(self) -> list[str]:
        return [value.name for value in self.model.graph.input]


@dataclass
class Form:
    """One model made of a case: which output it has, and what it is fed."""

    title: str
    model: onnx.ModelProto
    samples: np.ndarray  # [sample][feature], all inputs one after the other
    expected: np.ndarray
    tolerance: float


@dataclass
class Verdict:
    name: str
    operator: str
    kind: str  # passed, refused, out of scope, FAILED
    reason: str = ""
    forms: set[str] = field(default_factory=set)  # those that passed


Forms = Iterator[Callable[[], Form | None]]


class Refusal(Exception):
    """The importer's reason."""


class Failure(Exception):
    """What no case may do."""


def to_array(value) -> np.ndarray | None:
    array = numpy_helper.to_array(value) if isinstance(value, TensorProto) else value
    if isinstance(array, (list, type(None))) or np.asarray(array).dtype.kind in "OSUc":
        return None
    return np.asarray(array)


@cache
def cases() -> list[Case]:
    """All, by name. A case that has the function of an operator in place of its node counts to the operator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        found = collect_testcases(None)
    operators = {case.name: case.model.graph.node[0].op_type for case in found if "_expanded" not in case.name}
    result = []
    for case in found:
        ((inputs, outputs),) = case.data_sets
        operator = operators[re.sub(r"_expanded(_ver\d+)?$", "", case.name)]
        result.append(Case(case.name, operator, case.model, [to_array(x) for x in inputs], [to_array(y) for y in outputs]))
    return sorted(result, key=lambda case: case.name)


def is_float(array: np.ndarray) -> bool:
    return array.dtype.kind == "f" or array.dtype.name in ("bfloat16", "float16")


def choices(case: Case) -> list[list[int]]:
    """Which inputs vary, the others constant: each alone, the first first, and all together. Numbers that are no floats vary if all
    inputs are such: else they are indices, conditions, shapes."""
    numbers = [i for i, x in enumerate(case.inputs) if x is not None and x.size > 0 and np.isfinite(x.astype(np.float64)).all()]
    numbers = [i for i in numbers if is_float(case.inputs[i])] or numbers
    return [[i] for i in numbers] + ([numbers] if len(numbers) > 1 else [])


def tolerance_of(case: Case) -> float:
    """Of the real-valued model, relative: 1e-3, as the test itself has it, and twice a rounding where numbers are of fewer bits, or
    four times where several operators round."""
    worst, roundings = 1e-3, 4 if "_expanded" in case.name or case.operator in COMPOSED else 2
    for array in [*case.inputs, *case.outputs]:
        if array is not None and array.dtype.name == "bfloat16":
            worst = roundings * 2.0**-8
        elif array is not None and array.dtype.name == "float16":
            worst = max(worst, roundings * 2.0**-10)
    return worst


def with_constants(case: Case, output: int, varying: list[int]) -> onnx.ModelProto:
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    raise_opset(model)
    graph = model.graph
    inputs, wanted = list(graph.input), graph.output[output]
    del graph.input[:], graph.output[:]
    for i, (info, array) in enumerate(zip(inputs, case.inputs)):
        if i in varying:
            graph.input.append(info)
        elif array is None:
            raise Refusal("a string, a sequence or an optional value as an input")
        else:
            graph.initializer.append(numpy_helper.from_array(array, info.name))
    graph.output.append(wanted)
    return model


def raise_opset(model: onnx.ModelProto) -> None:
    """To the oldest that is imported, where every node means there what it meant. And models of ai.onnx.ml alone say no version for
    the nodes that are put around."""
    (own,) = [o for o in model.opset_import if o.domain in ("", "ai.onnx")] or [None]
    if own is None:
        model.opset_import.append(helper.make_opsetid("", 18))
    elif own.version < OLDEST_OPSET and all(
        onnx.defs.get_schema(n.op_type, OLDEST_OPSET, n.domain).since_version
        == onnx.defs.get_schema(n.op_type, own.version, n.domain).since_version
        for n in model.graph.node
    ):
        own.version = OLDEST_OPSET


def in_front(model: onnx.ModelProto, nodes: list[onnx.NodeProto]) -> None:
    rest = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *rest])


def rows(case: Case, output: int, varying: list[int]) -> Form | None:
    """As the case stands: the first dimension counts samples."""
    arrays = [case.inputs[i] for i in varying]
    counts = {len(array) if array.ndim > 1 else 1 for array in arrays}
    if max(array.ndim for array in arrays) < 2 or len(counts) > 1:
        return None
    (count,) = counts
    samples = np.hstack([array.astype(np.float64).reshape(count, -1) for array in arrays])
    return Form("rows", with_constants(case, output, varying), samples, case.outputs[output], tolerance_of(case))


def whole(case: Case, output: int, varying: list[int]) -> Form:
    """One sample that is the whole input: a vector, which a Reshape gives its shape."""
    model = with_constants(case, output, varying)
    nodes = []
    for info in model.graph.input:
        shape = case.inputs[case.names.index(info.name)].shape
        flat = f"{info.name}_flat"
        model.graph.initializer.append(numpy_helper.from_array(np.array(shape, dtype=np.int64), f"{info.name}_shape"))
        nodes.append(helper.make_node("Reshape", [flat, f"{info.name}_shape"], [info.name], name=f"{info.name}_reshape"))
        kind = info.type.tensor_type.elem_type
        info.CopyFrom(helper.make_tensor_value_info(flat, kind, [int(np.prod(shape))]))
    in_front(model, nodes)
    samples = np.concatenate([case.inputs[i].astype(np.float64).ravel() for i in varying])[np.newaxis]
    return Form("whole", model, samples, case.outputs[output], tolerance_of(case))


def folded(case: Case, output: int) -> Form:
    """All inputs constant: what the importer makes of them is the constant in v + constant."""
    model = with_constants(case, output, [])
    graph, count = model.graph, case.outputs[output].size
    (wanted,) = graph.output
    graph.initializer.append(numpy_helper.from_array(np.array([count], dtype=np.int64), "folded_shape"))
    value = wanted.name
    if wanted.type.tensor_type.elem_type != TensorProto.FLOAT:
        graph.node.append(helper.make_node("Cast", [value], ["folded_float"], name="folded_cast", to=TensorProto.FLOAT))
        value = "folded_float"
    graph.node.append(helper.make_node("Reshape", [value, "folded_shape"], ["folded_flat"], name="folded_reshape"))
    graph.node.append(helper.make_node("Add", ["folded_v", "folded_flat"], ["folded_y"], name="folded_add"))
    graph.input.append(helper.make_tensor_value_info("folded_v", TensorProto.FLOAT, [count]))
    graph.output[0].CopyFrom(helper.make_tensor_value_info("folded_y", TensorProto.FLOAT, [count]))
    # Constants are folded in double precision; whole numbers must be exact, as far as a float can say them.
    exact = not is_float(case.outputs[output])
    return Form("folded", model, np.zeros((1, count)), case.outputs[output], 1e-6 if exact else tolerance_of(case))


def forms(case: Case, output: int) -> Forms:
    """The models that are tried, in this order. Those of constants alone come last, and only if no other imports."""
    for varying in choices(case):
        yield partial(whole, case, output, varying)
        yield partial(rows, case, output, varying)
    yield partial(folded, case, output)


def call(*command) -> subprocess.CompletedProcess:
    try:
        result = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"{Path(command[0]).name} takes more than {SECONDS} s") from late
    if result.returncode not in (0, 3):
        raise Failure(f"{Path(command[0]).name} ends with {result.returncode}: {result.stdout}{result.stderr}"[:400])
    return result


def message(result: subprocess.CompletedProcess) -> str:
    """The reason alone: of a list of nodes that of the first, with its operator and without its name."""
    text = json.loads(result.stdout or result.stderr)["message"]
    node = re.search(r"(?m)node '(?:[^']*)' \(([\w.]+)\): (.*)", text)
    if node:
        return f"{node[1]}: {node[2]}"
    return re.sub(r"^\S+/model\.onnx: |ONNX model: ", "", text.splitlines()[0]).strip()


def greatest(array: np.ndarray) -> float:
    return float(np.abs(array).max()) if array.size else 0.0


def compare(what: str, got: np.ndarray, expected: np.ndarray, allowed: np.ndarray) -> None:
    if got.size != expected.size:
        raise Failure(f"{what}: {got.size} values, not {expected.size}")
    wrong = ~(np.abs(got - expected) <= allowed)  # a NaN is wrong
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise Failure(f"{what}: value {i} is {got[i]:.6g}, not {expected[i]:.6g} ({wrong.sum()} of {wrong.size} wrong)")


def attempt(form: Form, folder: Path) -> None:
    """Raises Refusal or Failure, or the form passed."""
    model, samples, calibration = folder / "model.onnx", folder / "samples.npy", folder / "calibration.npy"
    onnx.save_model(form.model, model)
    np.save(samples, form.samples)
    # Drawn from the case's own values, so that they stay where the operator is defined.
    rng = np.random.default_rng(1)
    drawn = rng.permuted(np.repeat(form.samples, -(-DRAWN // len(form.samples)), axis=0), axis=1)[:DRAWN]
    if form.title == "folded":
        drawn = rng.integers(-8, 9, drawn.shape)
    np.save(calibration, np.vstack([form.samples, drawn]))

    imported = call(BINARIES / "circlet", "--json", "import", model, "-c", calibration, "-o", folder / "out", "--force")
    if imported.returncode == 3:
        raise Refusal(message(imported))
    with np.errstate(invalid="ignore"):
        expected = form.expected.astype(np.float64).ravel()

    reference = call(BINARIES / "circlet-dump-program", model, samples, "reference")
    if reference.returncode == 3:
        raise Failure(f"imports, and has no reference: {reference.stderr}")
    found = json.loads(reference.stdout)
    values = np.array(found["outputs"])
    if form.model.graph.node[-1].op_type in ("ArgMax", "ArgMin"):  # the tool stops before it, for ArgMin at -x
        values = values.argmax(axis=1)
    compare("real-valued model", values.ravel(), expected, form.tolerance * np.abs(expected) + 1e-6 * greatest(expected) + 1e-7)

    ran = call(BINARIES / "circlet", "--json", "run", folder / "out", samples)
    if ran.returncode == 3:
        raise Failure(f"imports, and does not run: {message(ran)}")
    ran_samples = json.loads(ran.stdout)["samples"]
    if "postprocessed_outside_the_proof" in ran_samples[0]:
        expected = np.array(found["proved"]).ravel()  # what is proved: a softmax after it may turn small errors into great ones
    proved = np.array([sample["real"] for sample in ran_samples]).ravel()
    try:
        compare("integer model", proved, expected, np.full(expected.shape, max(greatest(expected), 1e-6) * SPREAD))
    except Failure:
        if not json.loads(imported.stdout)["goal_met"]:
            raise Refusal(MISSED) from None
        # The same values in another order may make outputs far greater than the case's own: then these are the range.
        drawn_too = json.loads(call(BINARIES / "circlet-dump-program", model, calibration, "reference").stdout)
        allowed = greatest(np.array(drawn_too["proved"])) * SPREAD
        compare("integer model", proved, expected, np.full(expected.shape, allowed))


def scope(case: Case, reason: str) -> str | None:
    """Why a case that is refused for this reason is not meant to be imported."""
    arrays = [*case.inputs, *case.outputs]
    if case.operator in SCOPE:
        return SCOPE[case.operator]
    if "training_mode" in reason:
        return "training"
    if any(array is None for array in arrays):
        return "strings" if case.operator in ("Cast", "Equal") else "sequences and optional values"
    if any(re.match(r"[a-z]+\d+", array.dtype.name)[0] in SMALL_TYPES for array in arrays if array.dtype != bool):
        return "floats of 8 bits, and numbers of less"
    with np.errstate(invalid="ignore"):
        if not all(np.isfinite(array.astype(np.float64)).all() for array in arrays):
            return "infinities and what is no number"
    return None


def judge_output(case: Case, output: int) -> Verdict:
    refusals: list[str] = []
    passed: set[str] = set()
    if case.outputs[output] is None:
        return Verdict(case.name, case.operator, "refused", "a string, a sequence or an optional value as an output")
    for make in forms(case, output):
        try:
            form = make()
            if form is None or (form.title == "folded" and passed):
                continue
            with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
                attempt(form, Path(folder))
            passed.add(form.title)
        except Refusal as refusal:
            refusals.append(str(refusal))
        except Failure as failure:
            return Verdict(case.name, case.operator, "FAILED", f"{form.title}: {failure}")
    if passed:
        return Verdict(case.name, case.operator, "passed", forms=passed)
    return Verdict(case.name, case.operator, "refused", refusals[0])


def judge(index: int) -> Verdict:
    """Of several outputs each is a model of its own, as one is proved; a case passes with all of them."""
    case = cases()[index]
    verdicts = [judge_output(case, output) for output in range(len(case.outputs))]
    for kind in ("FAILED", "refused"):
        for verdict in verdicts:
            if verdict.kind != kind:
                continue
            out = scope(case, verdict.reason) if kind == "refused" else None
            return verdict if out is None else Verdict(case.name, case.operator, "out of scope", out)
    return Verdict(case.name, case.operator, "passed", forms=set.intersection(*(v.forms for v in verdicts)))


def counted(reasons: list[str], most: int = 2) -> str:
    """The most frequent ones, without the operator's name where it says nothing."""
    found = sorted(Counter(reasons).items(), key=lambda item: (-item[1], item[0]))
    shown = [reason if len(found) == 1 else f"{reason} ({count})" for reason, count in found[:most]]
    return "; ".join(shown + ([f"{len(found) - most} more"] if len(found) > most else []))


def page_of(verdicts: list[Verdict]) -> str:
    by_operator = defaultdict(list)
    for verdict in verdicts:
        by_operator[verdict.operator].append(verdict)
    total = Counter(verdict.kind for verdict in verdicts)
    passed = [verdict for verdict in verdicts if verdict.kind == "passed"]
    expanded = sum("_expanded" in verdict.name for verdict in verdicts)
    computed = [verdict for verdict in passed if verdict.forms != {"folded"}]
    lines = [
        "<!-- Generated by tests/frontend/conformance.py; do not edit. -->",
        "# The node tests of ONNX",
        "",
        f"The `onnx` package ({onnx.__version__}) ships {len(verdicts):,} tests of single nodes, of {len(by_operator)} operators: "
        "a model, its inputs,",
        f"and the outputs that they must give; {expanded:,} have the operator's own definition by other operators in place of its node",
        "(`..._expanded`). All of them go through `circlet import` and `circlet run`, and this page says what became of each.",
        "",
        "| | cases | |",
        "|---|---:|---|",
        f"| passed | {total['passed']:,} | imported, and the outputs are those that the test expects: {len(computed):,} of an input, "
        f"{len(passed) - len(computed):,} of constants alone |",
        f"| refused | {total['refused']:,} | not imported, for the reason that the importer gives |",
        f"| out of scope | {total['out of scope']:,} | not imported, nor meant to be |",
        f"| wrong | {total['FAILED']:,} | imported with other outputs than expected, a crash, or more than {SECONDS} s: must be none |",
        "",
        "## How a case is run",
        "",
        "A model of Circlet has an input that varies, and weights. So a test becomes models in which one of its inputs varies and the",
        "others are constant, each in turn, and one in which all vary. Floating-point inputs vary; integers and truth values only where a test",
        "has no others. Each of these is run with the first dimension as samples, as the test has it, and with the whole input as one sample.",
        "If none is imported, all inputs become constant and the output is added to a vector that varies: then the importer must fold the",
        "operator. A test of several outputs becomes a model for each. A model that says an opset older than "
        f"{OLDEST_OPSET} is taken to say {OLDEST_OPSET}",
        "where its operators mean the same there.",
        "",
        "A case passes if one of its models is imported for each output, and *every* model that is imported gives",
        "",
        "* in double precision, before anything is rounded, the expected values to 0.001 of each (as the tests themselves ask), or twice the",
        "  rounding of the type if the test computes with 16 bits (four times, if with several operators), plus a millionth of the greatest;",
        "  integers that are folded, to a millionth;",
        f"* as the integer model, calibrated on the case's own samples and {DRAWN} of the same values in another order, values that differ by at",
        f"  most {SPREAD:.0%} of the output's greatest magnitude on any of these. Of a model that ends in a softmax or arg max, which no proof covers, the values",
        "  before it. If they differ more and the importer has warned that the goal of accuracy is missed, with which `--error` writes",
        "  nothing, that model counts as refused.",
        "",
        "`scripts/test-frontend` runs them, and fails if one is wrong, if one that passed no longer does, or if this page has changed. After",
        "a change of the importer `tests/frontend/conformance.py --write-docs` writes it anew.",
        "",
        "## Out of scope",
        "",
        "| reason | cases |",
        "|---|---:|",
    ]
    reasons = Counter(verdict.reason for verdict in verdicts if verdict.kind == "out of scope")
    lines += [f"| {reason} | {count} |" for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))]
    wrong = [verdict for verdict in verdicts if verdict.kind == "FAILED"]
    if wrong:
        lines += ["", "## Wrong", "", "| case | what |", "|---|---|"]
        lines += [f"| {verdict.name} | {in_a_cell(verdict.reason)} |" for verdict in wrong]
    lines += ["", "## By operator", ""]
    lines += ["| operator | cases | passed | of constants alone | refused | out of scope | why not |", "|---|---:|---:|---:|---:|---:|---|"]
    for operator, own in sorted(by_operator.items()):
        count = Counter(verdict.kind for verdict in own)
        alone = sum(verdict.forms == {"folded"} for verdict in own)
        not_imported = [verdict.reason for verdict in own if verdict.kind in ("refused", "out of scope")]
        why = counted([reason.removeprefix(f"{operator}: ") for reason in not_imported])
        cells = [len(own), count["passed"], alone, count["refused"], count["out of scope"]]
        lines.append(f"| {operator} | {' | '.join(str(n or '') for n in cells)} | {in_a_cell(why)} |")
    return "\n".join(lines) + "\n"


def in_a_cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    global BINARIES
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", nargs="?", type=Path, default=BINARIES, help="folder of circlet and circlet-dump-program")
    parser.add_argument("--check", action="store_true", help="fail if the page is not current")
    parser.add_argument("--write-docs", action="store_true", help="write the page and the list of cases that pass")
    parser.add_argument("--only", metavar="REGEX", help="the cases whose name matches, with what became of each")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    options = parser.parse_args()
    if options.only and (options.check or options.write_docs):
        parser.error("--only is about some cases, the page about all")
    BINARIES = options.bin.resolve()
    for name in ("circlet", "circlet-dump-program"):
        if not (BINARIES / name).is_file():
            parser.error(f"{BINARIES / name} is missing; build it first")

    chosen = [i for i, case in enumerate(cases()) if re.search(options.only or "", case.name)]
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:  # a fork has the cases already
        verdicts = pool.map(judge, chosen, chunksize=4)
    if options.only:
        for v in verdicts:
            print(f"{v.name:50} {v.kind:13} {', '.join(sorted(v.forms)) or v.reason}")

    names = {verdict.name for verdict in verdicts}
    passed = {verdict.name for verdict in verdicts if verdict.kind == "passed"}
    before = set(PASSED.read_text().split()) if PASSED.exists() else set()
    if not options.only:
        names |= before  # a case that is no more is lost too
    # What is wrong is never written off: the page says it, and the run fails until it is right.
    failures = [f"FAILED {v.name}: {v.reason}" for v in verdicts if v.kind == "FAILED"]
    page = page_of(verdicts)
    if options.write_docs:
        PAGE.write_text(page)
        PASSED.write_text("".join(f"{name}\n" for name in sorted(passed)))
        failures += [f"no longer passes: {name}" for name in sorted(before - passed)]
        print(f"wrote {PAGE.relative_to(ROOT)} and {PASSED.relative_to(ROOT)}")
    else:
        failures += [f"no longer passes: {name}" for name in sorted((before & names) - passed)]
    if options.check and (not PAGE.exists() or PAGE.read_text() != page or before != passed):
        failures.append(f"{PAGE.relative_to(ROOT)} is not current: tests/frontend/conformance.py --write-docs")
        old = PAGE.read_text().splitlines() if PAGE.exists() else []
        failures += difflib.unified_diff(old, page.splitlines(), "committed", "now", lineterm="", n=0)
    for failure in failures:
        print(failure)
    count = Counter(verdict.kind for verdict in verdicts)
    print(f"{len(verdicts):,} cases: " + ", ".join(f"{count[kind]:,} {kind}" for kind in ("passed", "refused", "out of scope", "FAILED")))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
