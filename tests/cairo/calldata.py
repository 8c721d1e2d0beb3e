"""A proof's calldata (docs/calldata.md) and its parts by name."""
import copy, hashlib, json, os, re

P = 2**31 - 1
PUBLIC, PRIVATE, COMMITTED = range(3)
LINEAR, ACTIVATE, LUT, MAC, DATA, BLINDER = range(1, 7)
ROOTS = ["witness root", "fingerprints root", "logup root", "composition root"]
# Of a pin: points, and coordinates of a value.
POINTS, COORDINATES = 2, 4
TREES, OWN_TREE, COMPOSITION_COLUMNS = 5, 5, 8
WITNESS_TREE = 2
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read_columns():
    """Of each kind the columns in every tree and in its own, (once, twice, salts), as circlet-codegen writes them for the contract."""
    with open(os.path.join(ROOT, "verifier-cairo/src/generated/layout.cairo")) as file:
        text = file.read()
    counts = [tuple(map(int, found)) for found in re.findall(r"\((\d+), (\d+), (\d+)\)", text)]
    assert len(counts) == BLINDER * (TREES + 1)
    return {kind: counts[(TREES + 1) * (kind - 1):(TREES + 1) * kind] for kind in range(LINEAR, BLINDER + 1)}


COLUMNS = read_columns()


class Tensor:
    """Of a key, its words from `start` to `end`."""

    def __init__(self, words, start):
        self.start = start
        (self.direction, self.visibility, self.form, self.lanes, self.wire, self.rows, self.least, self.greatest,
         scales) = words[start:start + 9]
        self.scales = range(start + 8, start + 9 + 2 * scales)
        self.end = self.scales.stop


class Key:
    """Parts of a key (docs/protocol.md section 4), and where they stand among its words."""

    def __init__(self, words):
        self.instances = [tuple(words[4 + 3 * i:7 + 3 * i]) for i in range(words[3])]
        self.pcs = 4 + 3 * words[3]
        self.log_blowup = words[self.pcs + 1]
        self.flags = self.pcs + 5
        self.log_degree = self.flags + 1
        self.constants = self.flags + 2
        at = self.constants + 1 + 2 * words[self.constants]
        self.n_tensors, count, at = at, words[at], at + 1
        self.tensors = []
        for _ in range(count):
            self.tensors.append(Tensor(words, at))
            at = self.tensors[-1].end
        self.meaning, self.structure_root, self.weights_root, self.pin = at, at + 8, at + 16, at + 24
        weights = sum(parameter for kind, parameter, _ in self.instances if kind == LINEAR)
        self.end = self.pin + COORDINATES * POINTS * weights
        self.log_size = self.instances[-1][2]


class Layout:
    """Columns and samples of a proof with these kinds of tables."""

    def __init__(self, kinds):
        trees = [[COLUMNS[kind][tree] for kind in kinds] for tree in range(TREES)]
        trees += [[COLUMNS[DATA][OWN_TREE]] for kind in kinds if kind == DATA]
        self.tree_columns = [sum(map(sum, tree)) for tree in trees] + [COMPOSITION_COLUMNS]
        samples = [sum(once + 2 * twice for once, twice, _ in tree) for tree in trees]
        self.claims = len(kinds) - 1
        self.samples = sum(samples) + COMPOSITION_COLUMNS
        self.structure_samples = samples[0]
        # Of the blinder, the last component, whose columns are the last of the witness tree: its structure column; R_0 .. R_3 and, at
        # offset 0, b_0 .. b_3, which no constraint reads; b_0 .. b_3 at -1.
        self.blinder_a = self.structure_samples - 1
        first = sum(samples[:WITNESS_TREE + 1]) - 12
        self.unread_samples = [*range(first, first + 4), *range(first + 5, first + 12, 2)]
        self.blinder_previous = list(range(first + 4, first + 12, 2))


def ceil_div(a, b):
    return -(-a // b)


class Section:
    """Digits of the values, or hashes, from felt or hash `start` on."""

    def __init__(self, name, start, count, felts):
        self.name, self.start, self.count, self.felts = name, start, count, felts

    @property
    def end(self):
        return self.start + self.felts


class Calldata:
    def __init__(self, path):
        """A proof.json beside the file tells how long the parts are that depend on the queries."""
        with open(path) as file:
            calldata = json.load(file)
        self.key = [int(x, 16) for x in calldata["key"]]
        self.context = int(calldata["context"], 16)
        self.model_id, self.fact = int(calldata["model_id"], 16), int(calldata["fact"], 16)
        self.values = [int(x, 16) for x in calldata["values"]]
        self.hashes = [int(x, 16) for x in calldata["hashes"]]
        self.stark = None
        proof = os.path.join(os.path.dirname(path), "proof.json")
        if os.path.exists(proof):
            with open(proof) as file:
                self.stark = json.load(file)["stark_proof"]

    def copy(self):
        result = copy.copy(self)
        result.key, result.values, result.hashes = list(self.key), list(self.values), list(self.hashes)
        return result

    # The key.

    def words(self):
        return [(felt >> (32 * i)) & 0xFFFFFFFF for felt in self.key for i in range(7)]

    def set_word(self, i, value):
        self.key[i // 7] += (value - self.words()[i]) << (32 * (i % 7))

    @property
    def parsed(self):
        return Key(self.words())

    @property
    def layout(self):
        return Layout([kind for kind, _, _ in self.parsed.instances])

    # The values.

    def public_sections(self):
        """What is stated of each tensor, claimed sums, samples, last layer and nonce."""
        layout = self.layout
        counts = []
        for i, tensor in enumerate(self.parsed.tensors):
            pinned = COORDINATES * POINTS * COLUMNS[DATA][OWN_TREE][0]
            name, count = {PUBLIC: ("values", tensor.rows), PRIVATE: ("private", 0), COMMITTED: ("pin", pinned)}[tensor.visibility]
            counts.append((f"{name} of tensor {i}", count))
        return self._sections([*counts, ("claimed", 4 * layout.claims), ("samples", 4 * layout.samples), ("last layer", 4),
                               ("nonce", 8)], 0)

    def sections(self):
        """All sections that have felts, in order."""
        start = self.public_sections()
        queries = len(self.stark["queried_values"][0][0])
        rest = [(f"leaf of tree {tree}", columns) for _ in range(queries) for tree, columns in enumerate(self.layout.tree_columns)]
        rest += [(f"FRI witness {i}", 4 * len(layer["fri_witness"])) for i, layer in enumerate(self.fri_layers())]
        result = start + self._sections(rest, start[-1].end)
        assert result[-1].end == len(self.values)
        return [section for section in result if section.felts]

    @staticmethod
    def _sections(counts, at):
        result = []
        for name, count in counts:
            result.append(Section(name, at, count, ceil_div(count, 8)))
            at = result[-1].end
        return result

    def fri_layers(self):
        fri = self.stark["fri_proof"]
        return [fri["first_layer"], *fri["inner_layers"]]

    def digit(self, felt, i):
        return (self.values[felt] >> (31 * i)) & P

    def set_digit(self, felt, i, value):
        self.values[felt] += (value - self.digit(felt, i)) << (31 * i)

    def sample(self, i):
        """Coordinates of a sampled value."""
        start = next(section.start for section in self.public_sections() if section.name == "samples")
        return tuple(self.digit(start + (4 * i + j) // 8, (4 * i + j) % 8) for j in range(4))

    # The hashes.

    @property
    def tops(self):
        """How many felts of top bytes there are."""
        return ceil_div(len(self.hashes), 32)

    def hash_list(self):
        top_bytes = [(felt >> (8 * i)) & 0xFF for felt in self.hashes[:self.tops] for i in range(31)]
        return [low | top << 248 for low, top in zip(self.hashes[self.tops:], top_bytes)]

    def set_hash_list(self, hashes):
        top_bytes = [x >> 248 for x in hashes]
        tops = [sum(byte << (8 * i) for i, byte in enumerate(top_bytes[at:at + 31])) for at in range(0, len(hashes), 31)]
        self.hashes = tops + [x & (2**248 - 1) for x in hashes]

    def stated_roots(self):
        return [f"root of tensor {i}" for i, tensor in enumerate(self.parsed.tensors) if tensor.visibility == COMMITTED]

    def public_felts(self):
        """What a fact says after the context: of each tensor its number of values and their felts, of a committed one 0 and the two
        halves of its id."""
        key, words, roots = self.parsed, self.words(), self.hash_list()
        result = [len(key.tensors)]
        for tensor, section in zip(key.tensors, self.public_sections()):
            felts = self.values[section.start:section.end]
            if tensor.visibility == COMMITTED:
                pin = [self.digit(section.start + i // 8, i % 8) for i in range(section.count)]
                scales = words[tensor.scales.start:tensor.scales.stop]
                id_words = [*pin, tensor.rows, key.log_size, key.log_blowup, *scales]
                message = roots.pop(0).to_bytes(32, "little") + b"".join(word.to_bytes(4, "little") for word in id_words)
                commitment = int.from_bytes(hashlib.blake2s(message).digest(), "little")
                felts = [commitment % 2**128, commitment >> 128]
            result += [tensor.rows if tensor.visibility == PUBLIC else 0, *felts]
        return result

    def hash_sections(self):
        """All parts of the list of hashes that are not empty, in order."""
        counts = [(name, 1) for name in self.stated_roots() + ROOTS]
        layers = self.fri_layers()
        counts += [(f"FRI root {i}", 1) for i in range(len(layers))]
        counts += [(f"Merkle witness of tree {i}", len(d["hash_witness"])) for i, d in enumerate(self.stark["decommitments"])]
        counts += [(f"Merkle witness of FRI layer {i}", len(layer["decommitment"]["hash_witness"]))
                   for i, layer in enumerate(layers)]
        result, at = [], 0
        for name, count in counts:
            result.append(Section(name, at, count, count))
            at += count
        assert at == len(self.hashes) - self.tops
        return [section for section in result if section.count]

    # The whole.

    def parts(self):
        """The arguments of the contract's `verify`, in pieces that changes are found in."""
        return [[len(self.key)], self.key, [self.context], [len(self.values)], self.values, [len(self.hashes)],
                self.hashes[:self.tops], self.hashes[self.tops:]]

    def arguments(self):
        return [felt for part in self.parts() for felt in part]
