"""A proof with its statement, byte by byte (docs/formats.md, sections 4 and 5). Counts are compared with the key's by the verifier."""
from dataclasses import dataclass, fields

from envelope import Reader, open_envelope
from key import COMMITTED, PRIVATE, PUBLIC, Config


@dataclass
class FriLayer:
    values: list   # of the cosets that are opened, those that were not queried
    witness: list
    root: bytes


@dataclass
class Stated:
    """What a statement says of an input or output: values if it is public, root and pin if it is committed."""

    visibility: int
    values: list = None
    root: bytes = None
    pin: list = None   # for each column x_i its values at the two pinned points


@dataclass
class Proof:
    """The fields in the order of the file."""

    context: list
    tensors: list
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


def _stated(reader, what):
    visibility = reader.u32(what)
    if visibility == PUBLIC:
        values = reader.list(reader.i32, f"the values of {what}")
        if not values:
            reader.refuse(reader.offset - 4, f"{what} is public and has no values")
        return Stated(visibility, values=values)
    if visibility == PRIVATE:
        return Stated(visibility)
    if visibility == COMMITTED:
        return Stated(visibility, root=reader.hash(what), pin=[[reader.F(what), reader.F(what)] for _ in range(16)])
    reader.refuse(reader.offset - 4, f"visibility {visibility} of {what}")


def _layer(reader, what):
    return FriLayer(reader.list(reader.F, f"the values of {what}"), reader.list(reader.hash, f"the witness of {what}"), reader.hash(what))


def read_proof(data):
    """The proof in the bytes of a proof.bin."""
    reader = Reader(open_envelope(data, kind=5, version=3, at_most=2**30))
    context = [reader.u32("the context") for _ in range(8)]
    tensors = reader.list(lambda what: _stated(reader, what), "the inputs and outputs")
    claimed_sums = reader.list(reader.F, "the claimed sums")
    proof = Proof(
        context, tensors, claimed_sums,
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
