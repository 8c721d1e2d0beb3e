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
TABLES = ("linear", "activate", "lut", "mac", "blinder")


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
class Side:
    """What a key says of the input, or of the output."""

    name: str
    visibility: int
    wire: int
    rows: int
    least: int
    greatest: int
    scales: list = None

    def check(self):
        if self.visibility == PUBLIC:
            require(16 <= self.wire < P, "key", f"wire id {self.wire} of the {self.name}")
        else:
            require(self.wire == 0, "key", f"the {self.name} is not public, and has wire id {self.wire}")
        require(1 <= self.rows <= 2**24, "key", f"{self.rows} rows of the {self.name}")
        require(self.least <= self.greatest, "key", f"the {self.name}'s least integer is above its greatest")
        require(len(self.scales) in (1, self.rows), "key", f"{len(self.scales)} scales of {self.rows} rows of the {self.name}")
        require(all(0 < scale < inf for scale in self.scales), "key", f"a scale of the {self.name} is not positive and finite")


@dataclass
class Key:
    words: list
    C: int
    B: int
    log_sizes: dict
    structure_root: bytes
    config: Config
    input: Side
    output: Side
    reads_of_one: int
    reads_of_ones: int
    weights_root: bytes
    pinned: list  # for each column w_i its values at the two pinned points

    def digest(self):
        """vk digest, eight words"""
        return words_of(H(struct.pack(f"<{len(self.words)}I", *self.words)))

    def m(self):
        return max(self.log_sizes.values())

    def committed(self):
        return [side for side in (self.input, self.output) if side.visibility == COMMITTED]

    def pinned_points(self):
        """z_1* and z_2*, drawn from the weights root alone."""
        channel = Channel()
        channel.mix_u32s([0x006E6970])
        channel.mix_root(self.weights_root)
        points = [point_from_parameter(t) for t in channel.draw_secure_felts(2)]
        require(None not in points, "pinned points", "1 + t^2 is 0")
        return points

    def check(self):
        require(1 <= self.C <= 1024 and 1 <= self.B <= 64, "key", f"C = {self.C}, B = {self.B}")
        for table, log_size in self.log_sizes.items():
            require(4 <= log_size <= 26, "key", f"log size {log_size} of {table}")
        require(self.log_sizes["blinder"] == self.m(), "key", "the blinder is not the highest table")
        self.config.check()
        # m + B <= 30 follows from the bounds of both.
        require(self.config.log_last + self.config.fold_step <= self.m(), "key", "log_last + fold_step exceed the height")
        self.input.check()
        self.output.check()
        require(self.B == 1 or not self.committed(), "key", "something is committed, and B is not 1")
        require(max(self.reads_of_one, self.reads_of_ones) <= 2**28, "key", "too many reads of ONE or ONES")
        rows = {table: 2**log_size for table, log_size in self.log_sizes.items()}
        uses = rows["linear"] + (2 * self.B + 1) * rows["activate"] + 3 * rows["mac"] + rows["blinder"] + 1
        require(uses < P, "key", "as many uses of messages as p, or more")


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

    def root(self):
        return struct.pack("<8I", *self.take(8))

    def scales(self):
        return [struct.unpack("<d", struct.pack("<2I", *self.take(2)))[0] for _ in range(self.take())]


def parse_key(words):
    take = _Words(words)
    version = [take.take() for _ in range(3)]
    require(version == [4, 3, 1], "key", f"format version, AIR id, hash id are {version}, not [4, 3, 1]")
    C, B = take.take(), take.take()
    log_sizes = dict(zip(TABLES, take.take(5)))
    structure_root = take.root()
    config = Config(*take.take(5))
    visibility = take.take()
    of_input, of_output, hides, bare_weights = visibility & 3, visibility >> 2 & 3, visibility >> 4 & 1, visibility >> 5 & 1
    require(of_input in (PUBLIC, PRIVATE, COMMITTED), "key", f"visibility {visibility:#x}: the input")
    require(of_output in (PUBLIC, COMMITTED), "key", f"visibility {visibility:#x}: the output")
    require(hides or not bare_weights, "key", f"visibility {visibility:#x}: bit 5 without bit 4")
    require(visibility >> 6 & 3 == 0 and visibility >> 8 <= 3, "key", f"visibility {visibility:#x}: unknown bits")
    sides = [Side(name, visible, take.element(), take.take(), take.signed(), take.signed())
             for name, visible in (("input", of_input), ("output", of_output))]
    reads_of_one, reads_of_ones = take.take(), take.take()
    for side in sides:
        side.scales = take.scales()
    weights_root = take.root()
    pinned = [[F(*[take.element() for _ in range(4)]) for _ in range(2)] for _ in range(C)]
    require(take.taken == len(words), "key", f"word {take.taken}: {len(words) - take.taken} words are left over")
    key = Key(words, C, B, log_sizes, structure_root, config, *sides, reads_of_one, reads_of_ones, weights_root, pinned)
    key.check()
    return key


def read_key(data):
    """The key in the bytes of a model.vk."""
    reader = Reader(open_envelope(data, kind=3, version=4, at_most=2**30))
    words = reader.list(reader.u32, "the key")
    reader.end()
    return parse_key(words)
