"""Changes of a proof's calldata, and the errors that must meet them.

Every class of field (a section of the values, a part of the hashes, a word of the key, the context, a length) is changed,
truncated and extended. A change that the verifier reads as another value has one expected error, that of the step which looks
at it; what moves all later fields has a few.
"""
import random

from calldata import COMMITTED, DATA, P, PRIVATE

BUS, COMPOSITION, WORK = "circlet: bus balance", "circlet: composition", "circlet: proof of work"
TREE, FRI = "circlet: tree root", "circlet: FRI layer root"
RANGE, BEYOND_P, UNUSED_DIGIT = "circlet: public value range", "circlet: value beyond p", "circlet: unused digit"
BEYOND_FELT, UNUSED_BYTE = "circlet: felt beyond 2^248", "circlet: unused byte"
ENCODING = [BEYOND_P, UNUSED_DIGIT]


def key_error(field):
    return f"circlet: key {field}"


def key_fields(key):
    """Word of a key -> errors that a change of it can meet."""
    fields = {0: [key_error("version")], 1: [key_error("AIR")], 2: [key_error("hash")]}
    # Another number of a list makes other words of what follows.
    fields[3] = [key_error("instances"), key_error("kind"), key_error("parameter"), key_error("instance order"), key_error("blinder")]
    for i, _ in enumerate(key.instances):
        at = 4 + 3 * i
        fields[at] = [key_error(name) for name in ("kind", "parameter", "instance order", "log size", "blinder", "committed")]
        fields[at + 1], fields[at + 2] = [key_error("parameter")], [key_error("log size"), BUS]
    for i, name in enumerate(("proof of work", "blow-up", "last layer", "queries", "fold step", "flags", "log degree")):
        fields[key.pcs + i] = [key_error(name), BUS]
    fields[key.constants] = [key_error("constants")]
    for i in range(key.constants + 1, key.n_tensors, 2):
        fields[i], fields[i + 1] = [key_error("lanes")], [key_error("reads"), BUS]
    fields[key.n_tensors] = [key_error("tensors"), key_error("direction")]
    for tensor in key.tensors:
        at = tensor.start
        fields[at] = [key_error(name) for name in ("direction", "tensor order", "form", "output", "private output")] + [BUS]
        fields[at + 1] = [key_error(name) for name in ("visibility", "wire", "private output", "committed")]
        fields[at + 2], fields[at + 3], fields[at + 4] = [key_error("form"), BUS], [key_error("lanes")], [key_error("wire"), BUS]
        fields[at + 5] = [key_error("rows"), key_error("scales"), "circlet: values too short", RANGE, BUS, *ENCODING]
        fields[at + 6] = fields[at + 7] = [key_error("range"), RANGE, BUS]
        fields[at + 8] = [key_error("scales")]
        fields |= {i: [key_error("scales"), BUS] for i in range(at + 9, tensor.end)}
    fields |= {i: [BUS] for i in range(key.meaning, key.pin)}
    fields |= {i: [key_error("pin"), BUS] for i in range(key.pin, key.end)}
    return fields


class Sweep:
    """Cases (name, changed calldata or arguments, errors); `full` for all felts, otherwise a sample of each class."""

    def __init__(self, calldata, seed, full):
        self.original, self.full, self.random = calldata, full, random.Random(seed)
        self.cases = []
        # A selector that is zero hides what it selects: the model must use all, and a proof that hides nothing has no blinder.
        layout = calldata.layout
        zero = [i for i in range(layout.structure_samples) if calldata.sample(i) == (0, 0, 0, 0)]
        assert zero in ([], [layout.blinder_a]), f"no row of the model uses the structure columns {zero}"
        self.unread = layout.unread_samples + (layout.blinder_previous if zero else [])

    def sample(self, items, count):
        items = list(items)
        return items if self.full else self.random.sample(items, min(count, len(items)))

    def change(self, name, *errors):
        changed = self.original.copy()
        self.cases.append((name, changed, list(dict.fromkeys(errors))))
        return changed

    def run(self):
        self.change_context()
        self.change_lengths()
        self.change_key()
        self.change_values()
        self.move_values()
        self.change_hashes()
        self.move_hashes()
        return self.cases

    def change_context(self):
        for bit in self.sample(range(251), 2):
            self.change(f"context, bit {bit}", BUS).context ^= 1 << bit

    def change_lengths(self):
        """Lists that claim to be one felt longer or shorter than they are, and calldata that is."""
        too_long = "Input too long for arguments"
        key, values, hashes = (f"Failed to deserialize param #{i}" for i in (1, 3, 4))
        arguments = self.original.arguments()
        at_values = 2 + len(self.original.key)
        at_hashes = at_values + 1 + len(self.original.values)
        for name, at, longer, shorter in (("key", 0, values, values), ("values", at_values, hashes, hashes),
                                          ("hashes", at_hashes, hashes, too_long)):
            for step, error in ((1, longer), (-1, shorter)):
                changed = list(arguments)
                changed[at] += step
                self.cases.append((f"length of the {name} {step:+}", changed, [error]))
        self.cases.append(("length of the key beyond 32 bits", [arguments[0] + 2**32, *arguments[1:]], [key]))
        self.cases.append(("arguments truncated", arguments[:-1], [hashes]))
        self.cases.append(("arguments extended", arguments + [0], [too_long]))

    def change_key(self):
        original = self.original
        words, key = original.words(), original.parsed
        fields = key_fields(key)
        used = key.end
        for i in range(used):
            for bit in self.sample(range(32), 1):
                self.change(f"key word {i}, bit {bit}", *fields[i]).set_word(i, words[i] ^ 1 << bit)
        output = key.tensors[-1]
        assert output.direction == 1
        height = 3 + 3 * len(key.instances)
        for name, i, value, error in (
                ("an older version", 0, 4, key_error("version")),
                ("an older AIR", 1, 3, key_error("AIR")),
                ("one table", 3, 1, key_error("instances")),
                ("seventeen tables", 3, 17, key_error("instances")),
                ("an unknown kind of table", 4, 7, key_error("kind")),
                ("a table before the first", 7, words[4], key_error("parameter")),
                ("wider rows", 5, words[5] + 1, key_error("parameter")),
                ("a huge table", 6, 27, key_error("log size")),
                ("a tiny table", 6, 3, key_error("log size")),
                ("a blinder below a table", height, max(size for *_, size in key.instances[:-1]) - 1, key_error("log size")),
                ("a taller blinder", height, words[height] + 1, key_error("log size") if key.instances[-2][0] == DATA else BUS),
                ("no proof of work", key.pcs, 0, BUS),
                ("no queries", key.pcs + 3, 0, key_error("queries")),
                ("fewer queries", key.pcs + 3, words[key.pcs + 3] - 1, BUS),
                ("no fold", key.pcs + 4, 0, key_error("fold step")),
                ("an unknown flag", key.flags, 4, key_error("flags")),
                ("public weights that are hidden", key.flags, 2, key_error("flags")),
                ("a log degree beyond 26", key.log_degree, 27, key_error("log degree")),
                ("another log degree", key.log_degree, words[key.log_degree] + 1, BUS),
                ("zero knowledge or not", key.flags, 0 if words[key.flags] else 1, BUS),
                ("no constant wire", key.constants, 0, key_error("constants")),
                ("a constant wire of two lanes", key.constants + 3, 2, key_error("lanes")),
                ("too many reads", key.constants + 2, 2**28 + 1, key_error("reads")),
                ("no tensors", key.n_tensors, 0, key_error("tensors")),
                ("seventeen tensors", key.n_tensors, 17, key_error("tensors")),
                ("an input for an output", output.start, 0, key_error("output")),
                ("an unknown visibility", output.start + 1, 3, key_error("visibility")),
                ("a private output", output.start + 1, PRIVATE, key_error("private output")),
                ("another form of output", output.start + 2, output.form ^ 1, BUS),
                ("an unknown form of output", output.start + 2, 4, key_error("form")),
                ("two samples", output.start + 3, 2, key_error("lanes")),
                ("a reserved wire", output.start + 4, 15, key_error("wire")),
                ("no output", output.start + 5, 0, key_error("rows")),
                ("an empty range", output.start + 6, (output.greatest + 1) % P, key_error("range")),
                ("a range of no residue", output.start + 7, P, key_error("range")),
                ("another meaning", key.meaning, words[key.meaning] ^ 1, BUS)):
            self.change(f"key: {name}", error).set_word(i, value)
        # A private input is neither read nor has it a table.
        for tensor in key.tensors:
            if tensor.visibility == COMMITTED and tensor.direction == 0:
                self.change("key: a committed input made private", key_error("committed")).set_word(tensor.start + 1, PRIVATE)
            elif tensor.visibility == PRIVATE:
                self.change("key: a private input made committed", key_error("committed")).set_word(tensor.start + 1, COMMITTED)
        for i in self.sample(range(len(original.key)), 1):
            self.change(f"key felt {i} of eight words", key_error("felt")).key[i] += 2**224
        for length in self.sample(range(len(original.key)), 2):
            del self.change(f"key truncated to {length} felts", key_error("too short")).key[length:]
        self.change("key extended", key_error("too long")).key.append(0)
        for i in range(used, 7 * len(original.key)):
            self.change(f"unused key word {i}", key_error("unused word")).set_word(i, 1)

    def own_error(self, name):
        """Of the step that looks at a section of the values."""
        if name == "claimed" or name.startswith(("values of", "pin of")):
            return BUS
        if name in ("last layer", "nonce"):
            return WORK
        return {"samples": COMPOSITION, "leaf": TREE, "FRI": FRI}[name.split()[0]]

    def tensor_of(self, name):
        """The key's tensor of which a section has the public values; None if it has none."""
        return self.original.parsed.tensors[int(name.split()[-1])] if name.startswith("values of") else None

    def other_digit(self, value, allowed=range(P)):
        """Another one of the digits allowed."""
        while True:
            digit = self.random.choice(allowed) % P
            if digit != value:
                return digit

    def classes(self):
        """Name -> its sections; one of them, but for leaves."""
        result = {}
        for section in self.original.sections():
            result.setdefault(section.name, []).append(section)
        return result

    def used_digits(self, section, felt):
        return range(min(8, section.count - 8 * (felt - section.start)))

    def change_values(self):
        for name, sections in self.classes().items():
            felts = [(section, felt) for section in sections for felt in range(section.start, section.end)]
            if name == "nonce":
                self.change("nonce", WORK).values[felts[0][1]] ^= 1
                self.change("nonce beyond 64 bits", WORK).values[felts[0][1]] += 1 << 64
                continue
            for section, felt in self.sample(felts, 2):
                i = self.random.choice(self.used_digits(section, felt))
                self.change_digit(name, section, felt, i)
            for section, felt in self.random.sample(felts, min(len(felts), 8 if self.full else 1)):
                i = self.random.choice(self.used_digits(section, felt))
                if self.original.digit(felt, i) != P:
                    error = RANGE if self.tensor_of(name) else TREE if name.startswith("leaf") else BEYOND_P
                    self.change(f"{name}: felt {felt}, digit {i}, p", error).set_digit(felt, i, P)
                self.change(f"{name}: felt {felt} beyond 2^248", BEYOND_FELT).values[felt] += 1 << 248
            for section in self.sample(sections, 1):
                for i in range(8 - (8 * section.felts - section.count), 8):
                    self.change(f"{name}: unused digit {i}", UNUSED_DIGIT).set_digit(section.end - 1, i, 1)
        for tree, sections in ((name, s) for name, s in self.classes().items() if name.startswith("leaf")):
            # A leaf's last column: a salt, in all trees but two.
            section = self.random.choice(sections)
            self.change_digit(tree, section, section.end - 1, (section.count - 1) % 8)
        samples = self.classes()["samples"][0]
        for sample in self.sample(self.unread, 2):
            self.change_digit("samples", samples, samples.start + 4 * sample // 8, 4 * sample % 8)

    def change_digit(self, name, section, felt, i):
        value = self.original.digit(felt, i)
        what = f"{name}: felt {felt}, digit {i}"
        tensor = self.tensor_of(name)
        if tensor:
            least, greatest = tensor.least, tensor.greatest
            within = range(least - P if least > greatest else least, greatest + 1)
            self.change(what + ", in range", BUS).set_digit(felt, i, self.other_digit(value, within))
            outside = (greatest + 1) % P
            self.change(what + ", out of range", RANGE).set_digit(felt, i, outside)
            return
        error = self.own_error(name)
        if name == "samples" and (8 * (felt - section.start) + i) // 4 in self.unread:
            error = WORK
        self.change(what, error).set_digit(felt, i, self.other_digit(value))

    def move_values(self):
        """A section that is one felt shorter takes the first of the next one; one that is longer gives to it."""
        sections = self.original.sections()
        for name, own in self.classes().items():
            for section in self.random.sample(own, min(len(own), 4 if self.full else 1)):
                following = next((s for s in sections if s.start == section.end), None)
                errors = [self.own_error(name), *ENCODING]
                # What is stated of the tensors takes values from one another.
                if self.tensor_of(name) or (following and self.tensor_of(following.name)):
                    errors.append(RANGE)
                if following is None:
                    errors = ["circlet: values too short"]
                del self.change(f"{name} truncated at felt {section.end}", *errors).values[section.end - 1]
                errors = ["circlet: values too long"]
                if following is not None:
                    errors = [self.own_error(following.name), *ENCODING]
                    if self.tensor_of(following.name):
                        errors.append(RANGE)
                self.change(f"{name} extended at felt {section.end}", *errors).values.insert(section.end, 0)

    def hash_error(self, name):
        """Of the step that looks at a part of the hashes."""
        if name.startswith("root of tensor") or name in ("witness root", "fingerprints root"):
            return BUS
        if name in ("logup root", "composition root"):
            return COMPOSITION
        if name.startswith("FRI root"):
            return WORK
        return FRI if "FRI" in name else TREE

    def change_hashes(self):
        original = self.original
        hashes = original.hash_list()
        for section in original.hash_sections():
            error = self.hash_error(section.name)
            for i in self.sample(range(section.start, section.end), 2):
                bit = self.random.randrange(248)
                self.change(f"{section.name}: hash {i}, bit {bit}", error).hashes[original.tops + i] ^= 1 << bit
                bit = self.random.randrange(8)
                self.change(f"{section.name}: hash {i}, top bit {bit}", error).hashes[i // 31] ^= 1 << 8 * (i % 31) + bit
            i = self.random.randrange(section.start, section.end)
            self.change(f"{section.name}: hash {i} beyond 2^248", BEYOND_FELT).hashes[original.tops + i] += 1 << 248
        if len(original.stated_roots()) == 2:
            self.change("the roots of two tensors exchanged", BUS).set_hash_list([hashes[1], hashes[0], *hashes[2:]])
        for i in self.sample(range(original.tops), 1):
            self.change(f"top bytes {i} beyond 2^248", BEYOND_FELT).hashes[i] += 1 << 248
        for i in self.sample(range(len(hashes), 31 * original.tops), 1):
            self.change(f"unused top byte {i}", UNUSED_BYTE).hashes[original.tops - 1] += 1 << 8 * (i % 31)

    def move_hashes(self):
        original = self.original
        hashes = original.hash_list()
        sections = original.hash_sections()
        for section, following in zip(sections, [*sections[1:], None]):
            error = self.hash_error(section.name) if following else "circlet: hashes too short"
            self.change(f"{section.name} truncated", error).set_hash_list(
                hashes[:section.end - 1] + hashes[section.end:])
            error = self.hash_error(following.name) if following else "circlet: hashes too long"
            self.change(f"{section.name} extended", error).set_hash_list(
                [*hashes[:section.end], self.random.getrandbits(256), *hashes[section.end:]])
        # Without encoding anew: all top bytes move.
        errors = [BUS, COMPOSITION, WORK, TREE]
        del self.change("top bytes truncated", *errors).hashes[0]
        self.change("top bytes extended", *errors).hashes.insert(0, self.random.getrandbits(248))


def splices(original, changed):
    """[(at, removed, inserted)] from last to first: how the arguments become the changed ones."""
    if isinstance(changed, list):
        return [difference(original.arguments(), changed, 0)]
    result, at = [], 0
    for before, after in zip(original.parts(), changed.parts()):
        if before != after:
            result.append(difference(before, after, at))
        at += len(before)
    assert result
    return result[::-1]


def difference(before, after, offset):
    assert before != after
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return offset + start, len(before) - start - end, after[start:len(after) - end]
