"""A proof with its statement, byte by byte (docs/formats.md, sections 4 and 5). Counts are compared with the key's by the verifier."""
from dataclasses import dataclass, fields

from envelope import Reader, open_envelope
from key import Config


@dataclass
class FriLayer:
    values: list   # of the cosets that are opened, those that were not queried
    witness: list
    root: bytes


@dataclass
class Proof:
    """The fields in the order of the file."""

    context: list
    inputs: list
    outputs: list
    input_root: bytes   # None where nothing is committed
    output_root: bytes
    claimed_sums: list
    config: Config
    commitments: list
    sampled_values: list    # [tree][column][offset]
    decommitments: list     # [tree]
    queried_values: list    # [tree][column][query]
    proof_of_work: int
    first_layer: FriLayer
    inner_layers: list
    last_layer: list


def _optional_root(reader, what):
    present = reader.u32(what)
    if present > 1:
        reader.refuse(reader.offset - 4, f"{what} is there {present} times")
    return reader.hash(what) if present else None


def _layer(reader, what):
    return FriLayer(reader.list(reader.F, f"the values of {what}"), reader.list(reader.hash, f"the witness of {what}"), reader.hash(what))


def read_proof(data):
    """The proof in the bytes of a proof.bin."""
    reader = Reader(open_envelope(data, kind=5, version=2, at_most=2**30))
    context = [reader.u32("the context") for _ in range(8)]
    inputs, outputs = reader.list(reader.i32, "the public inputs"), reader.list(reader.i32, "the public outputs")
    roots = [_optional_root(reader, what) for what in ("the root of the input", "the root of the output")]
    claimed_sums = [reader.F("the claimed sums") for _ in range(4 + sum(root is not None for root in roots))]
    proof = Proof(
        context, inputs, outputs, *roots, claimed_sums,
        Config(*[reader.u32("the configuration") for _ in fields(Config)]),
        reader.list(reader.hash, "the commitments"),
        reader.list(lambda what: reader.list_of_lists(reader.F, what), "the sampled values"),
        reader.list_of_lists(reader.hash, "the decommitments"),
        reader.list(lambda what: reader.list_of_lists(reader.M, what), "the queried values"),
        reader.u64("the proof of work"),
        _layer(reader, "the first FRI layer"),
        reader.list(lambda what: _layer(reader, what), "the inner FRI layers"),
        reader.list(reader.F, "the last FRI layer"))
    reader.end()
    return proof
