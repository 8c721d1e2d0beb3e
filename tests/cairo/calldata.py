"""A proof's calldata (docs/calldata.md) and its parts by name."""
import copy, hashlib, json, os

P = 2**31 - 1
PUBLIC, PRIVATE, COMMITTED = range(3)
# Words of a key (docs/protocol.md section 4).
LOG_BLOWUP, VISIBILITY, INPUT_ROWS, OUTPUT_ROWS, SCALES = 19, 23, 25, 29, 34
ROOTS = ["witness root", "fingerprints root", "logup root", "composition root"]


class Layout:
    """Columns and samples of a proof with this many tables of committed values."""

    def __init__(self, committed):
        self.tree_columns = [44 + 7 * committed, 21, 20, 33 + 4 * committed, 41 + 4 * committed, *[21] * committed, 8]
        self.claims = 4 + committed
        self.samples = 183 + 39 * committed
        self.structure_samples = 44 + 7 * committed
        # Of the blinder, the last component, whose columns in the witness tree come after 16 weights and 7 of activate and lut: its
        # structure column; R_0 .. R_3 and, at offset 0, b_0 .. b_3, which no constraint reads; b_0 .. b_3 at -1.
        self.blinder_a = self.structure_samples - 1
        first = self.structure_samples + 16 + 7
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
    def visibilities(self):
        """Of the input and the output."""
        word = self.words()[VISIBILITY]
        return word & 3, word >> 2 & 3

    @property
    def layout(self):
        return Layout(self.visibilities.count(COMMITTED))

    # The values.

    def public_sections(self):
        """Inputs, outputs, claimed sums, samples, last layer and nonce."""
        words, layout = self.words(), self.layout
        inputs, outputs = (words[at] if visibility == PUBLIC else 0 for at, visibility in zip((INPUT_ROWS, OUTPUT_ROWS), self.visibilities))
        return self._sections([("inputs", inputs), ("outputs", outputs), ("claimed", 4 * layout.claims),
                               ("samples", 4 * layout.samples), ("last layer", 4), ("nonce", 8)], 0)

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
        start = self.public_sections()[3].start
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
        return [f"{name} root" for name, visibility in zip(("input", "output"), self.visibilities) if visibility == COMMITTED]

    def public_felts(self):
        """What a fact says of the values: their number and felts, of committed ones 0 and the two halves of their id."""
        words, roots = self.words(), self.hash_list()
        result, scales = [], SCALES
        for at, visibility, section in zip((INPUT_ROWS, OUTPUT_ROWS), self.visibilities, self.public_sections()):
            result += [words[at] if visibility == PUBLIC else 0, *self.values[section.start:section.end]]
            end = scales + 1 + 2 * words[scales]
            if visibility == COMMITTED:
                id_words = [words[at], words[9], words[LOG_BLOWUP], *words[scales:end]]
                message = roots.pop(0).to_bytes(32, "little") + b"".join(word.to_bytes(4, "little") for word in id_words)
                commitment = int.from_bytes(hashlib.blake2s(message).digest(), "little")
                result += [commitment % 2**128, commitment >> 128]
            scales = end
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
