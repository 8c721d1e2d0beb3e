"""The verification key: its words, their bounds, and what follows from them (docs/protocol.md, section 4; docs/formats.md, section 3)."""
import struct
from dataclasses import dataclass
from math import inf

from channel import Channel, H, words_of
from circle import point_from_parameter
from envelope import Reader, open_envelope
from fields import F, P
from refusal import require

PUBLIC, PRIVATE, COMMITTED = 0, 1, 2
INPUT, OUTPUT = 0, 1
VALUES, BELOW = 0, 3   # the first and the last of the forms of an output

KINDS = {1: "linear", 2: "activate", 3: "lut", 4: "mac", 5: "data", 6: "blinder"}
PARAMETERS = {"linear": (1, 1024), "activate": (1, 64 + 256 * 1023)}   # of the others it is 0
PIN_OF_WEIGHTS, PIN_OF_DATA = 0x006E6970, 0x61746164


def pinned_points(tag, root):
    """z_1* and z_2*, drawn from the root of a tree alone."""
    channel = Channel()
    channel.mix_u32s([tag])
    channel.mix_root(root)
    points = [point_from_parameter(t) for t in channel.draw_secure_felts(2)]
    require(None not in points, "pinned points", "1 + t^2 is 0")
    return points


@dataclass
class Config:
    """The parameters of the STARK protocol (docs/stark.md, section 7), in the order of the key's words and the proof's."""

    pow_bits: int
    log_blowup: int
    log_last: int
    n_queries: int
    fold_step: int

    def check(self):
        bounds = {"pow_bits": (0, 32), "log_blowup": (1, 4), "log_last": (0, 4), "n_queries": (1, 1024), "fold_step": (1, 4)}
        for name, (least, greatest) in bounds.items():
            require(least <= getattr(self, name) <= greatest, "key", f"{name} is {getattr(self, name)}, not {least} .. {greatest}")

    def mix_into(self, channel):
        channel.mix_felts([F(self.pow_bits, self.log_blowup, self.n_queries, self.log_last), F(self.fold_step)])


@dataclass
class Instance:
    """A table of the key."""

    kind: int
    parameter: int
    log_size: int

    def name(self):
        return KINDS[self.kind]

    def order(self):
        return self.kind, self.parameter

    def uses(self):
        """The uses of messages that its rows can have."""
        a_row = {"linear": 1, "activate": 2 * (self.parameter % 256) + 1, "mac": 2, "data": 1}
        return a_row.get(self.name(), 0) << self.log_size

    def check(self):
        require(self.kind in KINDS, "key", f"table of kind {self.kind}")
        least, greatest = PARAMETERS.get(self.name(), (0, 0))
        require(least <= self.parameter <= greatest, "key", f"parameter {self.parameter} of {self.name()}")
        if self.name() == "activate":
            require(1 <= self.parameter % 256 <= 64, "key", f"{self.parameter % 256} lanes of activate")
        require(4 <= self.log_size <= 26, "key", f"log size {self.log_size} of {self.name()}")


@dataclass
class ConstantWire:
    """A wire that the verifier yields: F(1, .., 1) over its samples."""

    samples: int
    reads: int


@dataclass
class Tensor:
    """What a key says of an input or output."""

    direction: int
    visibility: int
    form: int
    samples: int
    wire: int
    rows: int
    least: int
    greatest: int
    scales: list

    def check(self):
        require(self.direction in (INPUT, OUTPUT), "key", f"direction {self.direction} of a tensor")
        require(self.visibility in (PUBLIC, PRIVATE, COMMITTED), "key", f"visibility {self.visibility} of a tensor")
        require(self.direction == INPUT or self.visibility != PRIVATE, "key", "a private output")
        require(VALUES <= self.form <= (VALUES if self.direction == INPUT else BELOW), "key", f"form {self.form} of a tensor")
        require(1 <= self.samples <= (1 if self.visibility == COMMITTED else 64), "key", f"{self.samples} samples of a tensor")
        if self.visibility == PUBLIC:
            require(16 <= self.wire < P, "key", f"wire id {self.wire} of a tensor")
        else:
            require(self.wire == 0, "key", f"a tensor that is not public has wire id {self.wire}")
        require(1 <= self.rows <= 2**24, "key", f"{self.rows} rows of a tensor")
        require(self.least <= self.greatest, "key", "a tensor's least integer is above its greatest")
        require(self.scales and self.rows % len(self.scales) == 0, "key", f"{len(self.scales)} scales of {self.rows} rows")
        require(all(0 < scale < inf for scale in self.scales), "key", "a scale is not positive and finite")


@dataclass
class Key:
    """The fields in the order of the words."""

    instances: list
    config: Config
    flags: int
    log_degree: int   # of all claims together
    constants: list   # the i-th has wire id 1 + i
    tensors: list
    meaning: bytes
    structure_root: bytes
    weights_root: bytes
    pin: list   # for each column w_i its values at the two pinned points
    words: list = None

    def digest(self):
        """vk digest, eight words"""
        return words_of(H(struct.pack(f"<{len(self.words)}I", *self.words)))

    def m(self):
        return max(instance.log_size for instance in self.instances)

    def check(self):
        self.check_instances()
        self.config.check()
        # m + B <= 30 follows from the bounds of both.
        require(self.config.log_last + self.config.fold_step <= self.m(), "key", "log_last + fold_step exceed the height")
        require(self.flags in (0, 1, 3), "key", f"flags {self.flags:#x}")
        require(self.log_degree <= 26, "key", f"the degrees of the claims add up to 2^{self.log_degree}")
        self.check_constants()
        self.check_tensors()
        uses = sum(instance.uses() for instance in self.instances) + len(self.tensors)
        require(uses < P, "key", "as many uses of messages as p, or more")

    def check_instances(self):
        require(2 <= len(self.instances) <= 16, "key", f"{len(self.instances)} instances of tables")
        for instance in self.instances:
            instance.check()
        for one, following in zip(self.instances, self.instances[1:]):
            of_data = one.name() == following.name() == "data"
            require(of_data or one.order() < following.order(), "key", "the tables are not in order, or one stands twice")
        require(self.instances[-1].name() == "blinder", "key", "the last table is not the blinder")
        for instance in self.instances:
            if instance.name() in ("data", "blinder"):
                require(instance.log_size == self.m(), "key", f"{instance.name()} is not the highest table")

    def check_constants(self):
        require(1 <= len(self.constants) <= 14, "key", f"{len(self.constants)} constant wires")
        samples = [wire.samples for wire in self.constants]
        require(samples[0] == 1, "key", "the first constant wire has not one sample")
        require(all(a < b for a, b in zip(samples[1:], samples[2:])), "key", "the constant wires' samples do not ascend")
        for wire in self.constants:
            require(1 <= wire.samples <= 64, "key", f"a constant wire of {wire.samples} samples")
            require(wire.reads <= 2**28, "key", f"{wire.reads} reads of a constant wire")

    def check_tensors(self):
        require(1 <= len(self.tensors) <= 16, "key", f"{len(self.tensors)} tensors")
        for tensor in self.tensors:
            tensor.check()
        directions = [tensor.direction for tensor in self.tensors]
        require(directions == sorted(directions), "key", "an input after an output")
        require(OUTPUT in directions, "key", "no output")
        committed = sum(tensor.visibility == COMMITTED for tensor in self.tensors)
        tables = sum(instance.name() == "data" for instance in self.instances)
        require(tables == committed, "key", f"{tables} tables of data, {committed} committed tensors")


class _Words:
    """Takes words from the front."""

    def __init__(self, words):
        self.words, self.taken = words, 0

    def take(self, count=1):
        require(self.taken + count <= len(self.words), "key", f"word {self.taken}: the key ends too early")
        self.taken += count
        taken = self.words[self.taken - count:self.taken]
        return taken[0] if count == 1 else taken

    def element(self):
        word = self.take()
        require(word < P, "key", f"word {self.taken - 1}: {word} is not below p")
        return word

    def signed(self):
        residue = self.element()
        return residue if residue <= (P - 1) // 2 else residue - P

    def hash(self):
        return struct.pack("<8I", *self.take(8))

    def list(self, item):
        return [item() for _ in range(self.take())]

    def scale(self):
        return struct.unpack("<d", struct.pack("<2I", *self.take(2)))[0]

    def secure(self):
        return F(*[self.element() for _ in range(4)])

    def tensor(self):
        return Tensor(*self.take(4), self.take(), self.take(), self.signed(), self.signed(), self.list(self.scale))


def parse_key(words):
    take = _Words(words)
    version = take.take(3)
    require(version == [5, 4, 1], "key", f"format version, AIR id, hash id are {version}, not [5, 4, 1]")
    instances = take.list(lambda: Instance(*take.take(3)))
    config = Config(*take.take(5))
    flags, log_degree = take.take(2)
    constants = take.list(lambda: ConstantWire(*take.take(2)))
    tensors = take.list(take.tensor)
    roots = [take.hash() for _ in range(3)]   # the first is the meaning
    width = sum(instance.parameter for instance in instances if instance.kind == 1)
    pin = [[take.secure(), take.secure()] for _ in range(width)]
    require(take.taken == len(words), "key", f"word {take.taken}: {len(words) - take.taken} words are left over")
    key = Key(instances, config, flags, log_degree, constants, tensors, *roots, pin, words)
    key.check()
    return key


def read_key(data):
    """The key in the bytes of a model.vk."""
    reader = Reader(open_envelope(data, kind=3, version=5, at_most=2**30))
    words = reader.list(reader.u32, "the key")
    reader.end()
    return parse_key(words)
