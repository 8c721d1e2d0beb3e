"""Proofs of the command line tool are accepted; changed ones are refused, here and by `circlet verify`, and for the same kind of reason."""
import random
import struct
import subprocess
import sys
import unittest
from pathlib import Path

import cases
from envelope import MAGIC
from fields import F, P
from key import parse_key, read_key
from proof import read_proof
from refusal import Refused
from seal import reseal, seal, write_key, write_proof
from verify import verify

ACCEPTED, REJECTED, BAD_INPUT = 0, 1, 3   # the exit codes of `circlet verify`
SEED = 20


def refusing_check(key, proof):
    """The name of the check that refuses, or None."""
    try:
        verify(read_key(key), read_proof(proof))
    except Refused as refused:
        return refused.check
    return None


def verdict(key, proof):
    check = refusing_check(key, proof)
    return ACCEPTED if check is None else BAD_INPUT if check in ("envelope", "format", "key") else REJECTED


class Agreement(unittest.TestCase):
    def assert_refused(self, key, proof, what):
        ours, theirs = verdict(key, proof), cases.verdict_of_circlet(key, proof)
        self.assertNotEqual(ours, ACCEPTED, what)
        self.assertEqual(ours, theirs, what)


class Accepted(Agreement):
    def test_all_cases(self):
        for name in cases.CASES:
            with self.subTest(name):
                case = cases.make(name)
                self.assertIsNone(refusing_check(case.key, case.proof))
                self.assertEqual(cases.verdict_of_circlet(case.key, case.proof), ACCEPTED)

    def test_the_writers_are_the_inverse_of_the_readers(self):
        for name in cases.CASES:
            case = cases.make(name)
            self.assertEqual(write_proof(read_proof(case.proof)), case.proof)
            self.assertEqual(write_key(read_key(case.key).words), case.key)

    def test_another_key(self):
        key, proof = cases.make("chain").key, cases.make("argmax").proof
        self.assert_refused(key, proof, "a proof of another key")

    def test_command(self):
        folder = Path(cases.FOLDER.name)
        case = cases.make("chain")
        for proof, code, said in ((case.proof, 0, "accepted\n"), (case.proof + b"\0", 1, "refused: envelope: ")):
            (folder / "command.vk").write_bytes(case.key)
            (folder / "command.bin").write_bytes(proof)
            command = [sys.executable, Path(__file__).parent / "verify.py", folder / "command.vk", folder / "command.bin"]
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout[:len(said)]), (code, said))
            done = subprocess.run(command + ["--json"], capture_output=True, text=True)
            self.assertIn(f'"context": "{cases.CONTEXT}"' if code == 0 else '"check": "envelope"', done.stdout)


def other(value):
    """Another value of the same type."""
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, F):
        return value + 1
    return value + 1 if value < P - 1 else value - 1


def places(value, path=()):
    """The paths of all numbers, elements and hashes in a proof."""
    if isinstance(value, (int, bytes, F)):
        yield path
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from places(item, (*path, i))
    elif value is not None:
        for name, item in vars(value).items():
            yield from places(item, (*path, name))


def lists(value, path=()):
    """The paths of all lists in a proof, but for those whose length the format fixes."""
    if isinstance(value, list):
        if path not in (("context",), ("claimed_sums",)):
            yield path
        for i, item in enumerate(value):
            yield from lists(item, (*path, i))
    elif hasattr(value, "__dict__"):
        for name, item in vars(value).items():
            yield from lists(item, (*path, name))


def at(value, path):
    for step in path:
        value = value[step] if isinstance(step, int) else getattr(value, step)
    return value


def put(value, path, new):
    holder, last = at(value, path[:-1]), path[-1]
    if isinstance(last, int):
        holder[last] = new
    else:
        setattr(holder, last, new)


def kind(path):
    """What two paths have in common that belong to the same field of the same tree or layer."""
    return tuple(step if i < 2 or isinstance(step, str) else "*" for i, step in enumerate(path))


def one_of_each(paths, generator):
    kinds = {}
    for path in paths:
        kinds.setdefault(kind(path), []).append(path)
    return [generator.choice(same) for same in kinds.values()]


class Changed(Agreement):
    """Every kind of field in turn: a place of it that is drawn at random."""

    def each(self, name, paths_of, change):
        case, generator = cases.make(name), random.Random(SEED)
        proof = read_proof(case.proof)
        chosen = one_of_each(paths_of(proof), generator)
        for path in chosen:
            honest = at(proof, path)
            put(proof, path, change(honest))
            self.assert_refused(case.key, write_proof(proof), f"{name}: {path}")
            put(proof, path, honest)
        return {path[0] for path in chosen}

    def test_values(self):
        touched = self.each("committed", places, other) | self.each("chain", places, other)
        self.assertEqual(touched, set(vars(read_proof(cases.make("chain").proof))))

    def test_lists_with_one_more_item(self):
        self.each("chain", lambda proof: (path for path in lists(proof) if at(proof, path)), lambda items: items + items[-1:])

    def test_lists_with_one_item_less(self):
        self.each("chain", lambda proof: (path for path in lists(proof) if at(proof, path)), lambda items: items[:-1])

    def test_roots_of_the_statement(self):
        for name in ("chain", "committed"):
            case = cases.make(name)
            for field in ("input_root", "output_root"):
                proof = read_proof(case.proof)
                if getattr(proof, field):
                    proof.claimed_sums.pop()
                    setattr(proof, field, None)
                else:
                    proof.claimed_sums.append(F(0))
                    setattr(proof, field, bytes(32))
                self.assert_refused(case.key, write_proof(proof), f"{name}: {field} added or left out")

    def test_inputs_of_a_private_key(self):
        case = cases.make("argmax")
        proof = read_proof(case.proof)
        proof.inputs = [0]
        self.assert_refused(case.key, write_proof(proof), "a public value where the key has none")

    def test_values_that_stand_for_the_same_residue(self):
        case = cases.make("chain")
        for field in ("inputs", "outputs"):
            proof = read_proof(case.proof)
            values = getattr(proof, field)
            values[0] += -P if values[0] > 0 else P
            self.assert_refused(case.key, write_proof(proof), field)


class Bytes(Agreement):
    def test_bits(self):
        """Single bits of the payload under a right checksum, and of the whole file as it is."""
        generator = random.Random(SEED)
        for name in ("chain", "committed", "batch"):
            case = cases.make(name)
            for number in range(34):
                sealed = number % 4 > 0
                bit = generator.randrange(24 * 8, 8 * (len(case.proof) - 8)) if sealed else generator.randrange(8 * len(case.proof))
                changed = bytearray(case.proof)
                changed[bit // 8] ^= 1 << bit % 8
                self.assert_refused(case.key, reseal(changed) if sealed else bytes(changed), f"{name}: bit {bit}, {sealed=}")

    def test_truncated_and_longer(self):
        generator = random.Random(SEED)
        case = cases.make("argmax")
        for data, with_data in ((case.proof, lambda data: (case.key, data)), (case.key, lambda data: (data, case.proof))):
            for length in (0, 7, 8, 24, 31, 32, 160, len(data) - 1, *(generator.randrange(len(data)) for _ in range(5))):
                self.assert_refused(*with_data(data[:length]), f"{length} bytes")
                if length > 160:
                    self.assert_refused(*with_data(reseal(data[:length])), f"{length} bytes, sealed")
            self.assert_refused(*with_data(data + b"\0"), "a byte more")
            self.assert_refused(*with_data(data[:-8] + b"\0" + data[-8:]), "a byte more before the checksum")
            self.assert_refused(*with_data(reseal(data[:-8] + b"\0" + data[-8:])), "a byte more under the seal")
            for at in (0, 7, 8, 12, 16, len(data) - 8, len(data) - 1):
                changed = bytearray(data)
                changed[at] ^= 1
                self.assert_refused(*with_data(bytes(changed)), f"byte {at}")

    def test_reasons(self):
        """What is refused at the end of the file all the same is refused where it is wrong."""
        case = cases.make("argmax")
        with self.assertRaisesRegex(Refused, r"byte 24: \d+ items in the key are more than the file holds"):
            read_key(reseal(case.key[:-4]))
        with self.assertRaisesRegex(Refused, f"byte {len(case.proof) - 12}: the file ends in the last FRI layer"):
            read_proof(reseal(case.proof[:-4]))

    def test_counts_and_residues(self):
        """Every number of the payload that is a count, or an element of M, made too large."""
        case = cases.make("argmax")
        generator = random.Random(SEED)
        for _ in range(20):
            at = 24 + 4 * generator.randrange((len(case.proof) - 32) // 4)
            for value in (P, 2**32 - 1):
                changed = bytearray(case.proof)
                struct.pack_into("<I", changed, at, value)
                self.assert_refused(case.key, reseal(changed), f"{value} at byte {at}")
        # The second name of 0 of a coordinate of a claimed sum: after the context, two lists and two flags.
        proof = read_proof(case.proof)
        at = 24 + 32 + 4 + 4 + 4 * len(proof.outputs) + 8
        changed = bytearray(case.proof)
        struct.pack_into("<I", changed, at, P)
        self.assertEqual(refusing_check(case.key, reseal(changed)), "format")
        # A root that is there twice: the flag stands after the context and two empty lists.
        case = cases.make("committed")
        changed = bytearray(case.proof)
        struct.pack_into("<I", changed, 24 + 32 + 4 + 4, 2)
        self.assertEqual(refusing_check(case.key, reseal(changed)), "format")
        self.assert_refused(case.key, reseal(changed), "two roots of the input")

    def test_kinds(self):
        case = cases.make("chain")
        self.assert_refused(case.proof, case.key, "exchanged")
        self.assert_refused(case.key, seal(5, 3, case.proof[24:-8]), "another version")
        self.assert_refused(case.key, MAGIC + struct.pack("<IIQQ", 5, 2, 0, 0), "empty")
        self.assert_refused(case.key, MAGIC, "nothing but the first line")


class Keys(Agreement):
    def changed(self, name, index, value):
        words = list(read_key(cases.make(name).key).words)
        words[index] = value % 2**32
        return words

    def test_each_word(self):
        """A key of one other word is another key, even where it is one."""
        case = cases.make("committed")
        words = read_key(case.key).words
        # Single words have a meaning of their own up to the scales and root; the pins follow.
        for index in [*range(48), *range(48, len(words), 8)]:
            for step in (1, -1):
                self.assert_refused(write_key(self.changed("committed", index, words[index] + step)), case.proof, f"word {index} by {step}")

    def test_bounds(self):
        """The first value beyond each bound is none, here and there; the last within it is not refused as such."""
        beyond = [
            (0, 5), (1, 4), (2, 2), (3, 0), (3, 1025), (4, 0), (4, 65), (5, 3), (5, 27), (9, 3), (9, 27),
            (18, 33), (19, 0), (19, 5), (20, 5), (21, 0), (21, 1025), (22, 0), (22, 5),
            (23, 3), (23, 4), (23, 12), (23, 32), (23, 0x50), (23, 0x90), (23, 0x410), (23, 2**31),
            (24, 15), (24, P), (25, 0), (25, 2**24 + 1), (26, P), (27, P), (26, (P - 1) // 2), (27, (P + 1) // 2),
            (28, 15), (28, 0), (29, 0), (29, 2**24 + 1), (30, P), (31, P),
            (32, 2**28 + 1), (33, 2**28 + 1), (34, 0), (34, 2), (34, 2**32 - 1), (-1, P)]
        case = cases.make("chain")
        for index, value in beyond:
            words = self.changed("chain", index, value)
            self.assertEqual(verdict(write_key(words), case.proof), BAD_INPUT, (index, value))
            self.assert_refused(write_key(words), case.proof, (index, value))
        words = read_key(case.key).words
        self.assertEqual(words[34], 1)
        for low, high in ((0, 0), (0, 0x80000000), (1, 0x80000000), (0, 0xBFF00000), (0, 0x7FF00000), (0, 0xFFF00000), (1, 0x7FF00000)):
            self.assert_refused(write_key([*words[:35], low, high, *words[37:]]), case.proof, f"scale {low:x} {high:x}")
        self.assert_refused(write_key([*words[:34], 2, *words[35:37] * 2, *words[37:]]), case.proof, "two scales of four rows")
        for changed in (words + [0], words[:-1], words[:33], words[:36]):
            self.assert_refused(write_key(changed), case.proof, f"{len(changed)} words")
        for index, value in [(18, 32), (18, 0), (32, 2**28), (33, 2**28), (24, P - 1), (24, 16)]:
            parse_key(self.changed("chain", index, value))

    def test_bounds_together(self):
        """What no single word shows."""
        def refused(name, *changes):
            words = list(read_key(cases.make(name).key).words)
            for index, value in changes:
                words[index] = value
            self.assertEqual(verdict(write_key(words), cases.make(name).proof), BAD_INPUT, changes)
            self.assert_refused(write_key(words), cases.make(name).proof, changes)

        refused("chain", (5, 6), (6, 6), (7, 6), (8, 6), (9, 5))               # the blinder is not the highest
        refused("committed", (4, 2))                                            # B = 2 where something is committed
        refused("argmax", (23, 0x103))                                          # visibility 3 of the input, 1 and 3 of the output,
        refused("committed threshold", (23, 0x304))                             # beside wires that are 0
        refused("committed threshold", (23, 0x30C))
        refused("committed", (24, 16))                                          # a wire of values that are not public
        refused("chain", (4, 64), (5, 4), (6, 26), (7, 4), (8, 4), (9, 26))     # uses of messages: 129 * 2^26 and more
        refused("chain", (5, 4), (6, 4), (7, 4), (8, 4), (9, 4), (20, 1), (22, 4))   # log_last + fold_step > m
