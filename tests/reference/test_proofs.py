"""Proofs of the command line tool are accepted; changed ones are refused, here and by `circlet verify`, and for the same kind of reason."""
import random
import struct
import subprocess
import sys
import unittest
from math import inf, nan
from pathlib import Path

import cases
from envelope import MAGIC
from fields import F, P
from key import COMMITTED, PRIVATE, PUBLIC, read_key
from proof import Stated, read_proof
from refusal import Refused
from seal import reseal, seal, write_key, write_proof, write_words
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

    def each(self, case, paths_of, change, what):
        """Changes every kind of field in turn: a place of it that is drawn at random."""
        generator, proof = random.Random(SEED), read_proof(case.proof)
        chosen = one_of_each(paths_of(proof), generator)
        for path in chosen:
            honest = at(proof, path)
            put(proof, path, change(honest))
            self.assert_refused(case.key, write_proof(proof), f"{what}: {path}")
            put(proof, path, honest)
        return {path[0] for path in chosen}


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
            self.assertEqual(write_key(read_key(case.key)), case.key)

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
        if path != ("context",) and "pin" not in path:
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
    def test_values(self):
        touched = set()
        for name in ("committed", "chain"):
            touched |= self.each(cases.make(name), places, other, name)
        self.assertEqual(touched, set(vars(read_proof(cases.make("chain").proof))))

    def test_lists_with_one_more_item(self):
        self.each(cases.make("chain"), lambda proof: (path for path in lists(proof) if at(proof, path)), lambda items: items + items[-1:], "more")

    def test_lists_with_one_item_less(self):
        self.each(cases.make("chain"), lambda proof: (path for path in lists(proof) if at(proof, path)), lambda items: items[:-1], "less")

    def test_shape_of_the_statement(self):
        """Each tensor as what it is not; one more and one less; a file that says nothing true of a tensor."""
        for name in ("chain", "argmax", "committed"):
            case = cases.make(name)
            honest = read_proof(case.proof).tensors
            committed = Stated(COMMITTED, root=bytes(32), pin=[[F(0), F(0)]] * 16)
            for i in range(len(honest)):
                for other in (Stated(PUBLIC, values=[0]), Stated(PRIVATE), committed):
                    if other.visibility != honest[i].visibility:
                        self.changed_statement(name, [*honest[:i], other, *honest[i + 1:]])
            for tensors in ([*honest, Stated(PRIVATE)], honest[1:]):
                self.changed_statement(name, tensors)
        # Where both are committed, only the order of their roots is wrong.
        self.changed_statement("committed", read_proof(cases.make("committed").proof).tensors[::-1], "commitment")

    def changed_statement(self, name, tensors, check="statement"):
        proof = read_proof(cases.make(name).proof)
        proof.tensors = tensors
        self.assert_refused(cases.make(name).key, write_proof(proof), f"{name}: {tensors}")
        self.assertEqual(refusing_check(cases.make(name).key, write_proof(proof)), check)

    def test_what_no_tensor_is(self):
        for tensor in (Stated(3), Stated(2**32 - 1), Stated(PUBLIC, values=[])):
            case = cases.make("chain")
            proof = read_proof(case.proof)
            proof.tensors[0] = tensor
            self.assertEqual(refusing_check(case.key, write_proof(proof)), "format")
            self.assert_refused(case.key, write_proof(proof), tensor)

    def test_values_that_stand_for_the_same_residue(self):
        case = cases.make("chain")
        for i in range(2):
            proof = read_proof(case.proof)
            values = proof.tensors[i].values
            values[0] += -P if values[0] > 0 else P
            self.assert_refused(case.key, write_proof(proof), f"tensor {i}")


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
        # The second name of 0, in a claimed sum and in a pin: after the context, tensors and counts.
        public = [4 + 4 * len(stated.values) for stated in read_proof(case.proof).tensors if stated.values]
        for name, at in (("argmax", 24 + 32 + 4 + 2 * 4 + sum(public) + 4), ("committed", 24 + 32 + 4 + 4 + 32)):
            changed = bytearray(cases.make(name).proof)
            struct.pack_into("<I", changed, at, P)
            self.assertEqual(refusing_check(cases.make(name).key, reseal(changed)), "format")
            self.assert_refused(cases.make(name).key, reseal(changed), f"{name}: p at byte {at}")

    def test_kinds(self):
        case = cases.make("chain")
        self.assert_refused(case.proof, case.key, "exchanged")
        self.assert_refused(case.key, seal(5, 2, case.proof[24:-8]), "another version")
        self.assert_refused(case.key, MAGIC + struct.pack("<IIQQ", 5, 3, 0, 0), "empty")
        self.assert_refused(case.key, MAGIC, "nothing but the first line")


class Keys(Agreement):
    def test_each_word(self):
        """A key of one other word is another key, even where it is one."""
        case = cases.make("committed")
        words = read_key(case.key).words
        pin = len(words) - 8 * len(read_key(case.key).pin)
        for index in [*range(pin), *range(pin, len(words), 8)]:
            for step in (1, -1):
                changed = words[:index] + [(words[index] + step) % 2**32] + words[index + 1:]
                self.assert_refused(write_words(changed), case.proof, f"word {index} by {step}")

    def test_length(self):
        case = cases.make("chain")
        words = read_key(case.key).words
        for changed in (words + [0], words[:-1], words[:-8], words[:33], words[:40]):
            self.assertEqual(verdict(write_words(changed), case.proof), BAD_INPUT)
            self.assert_refused(write_words(changed), case.proof, f"{len(changed)} words")

    def test_ids(self):
        case = cases.make("chain")
        words = read_key(case.key).words
        for index in range(3):
            changed = words[:index] + [words[index] + 1] + words[index + 1:]
            self.assertEqual(verdict(write_words(changed), case.proof), BAD_INPUT)

    def check(self, accepted, name, change, what):
        """Both say that the changed key is one, or that it is none."""
        case = cases.make(name)
        key = read_key(case.key)
        change(key)
        ours = verdict(write_key(key), case.proof)
        self.assertEqual(ours, REJECTED if accepted else BAD_INPUT, f"{name}: {what}")
        self.assertEqual(cases.verdict_of_circlet(write_key(key), case.proof), ours, f"{name}: {what}")

    def test_bounds(self):
        """The first value beyond each bound is none, here and there; the last within it is not refused as such."""
        config, tensor = ("config",), ("tensors", 0)
        negative = (P + 1) // 2   # the residue of the least signed number
        greatest = read_key(cases.make("chain").key).tensors[0].greatest
        beyond = [
            (("instances", 2, "parameter"), (1,)), (("instances", 3, "parameter"), (1,)), (("instances", 4, "parameter"), (1,)),
            (("instances", 1, "parameter"), (0, 65)), (("instances", 0, "log_size"), (3,)),
            ((*config, "pow_bits"), (33,)), ((*config, "log_blowup"), (0, 5)), ((*config, "log_last"), (5,)),
            ((*config, "n_queries"), (0, 1025)), ((*config, "fold_step"), (0, 5)),
            (("flags",), (2, 4, 5, 2**31)), (("log_degree",), (27, 2**31)),
            (("constants", 0, "samples"), (0, 2)), (("constants", 1, "samples"), (0, 65)), (("constants", 1, "reads"), (2**28 + 1,)),
            ((*tensor, "direction"), (2,)), ((*tensor, "visibility"), (3,)), ((*tensor, "form"), (1,)), (("tensors", 1, "form"), (4,)),
            ((*tensor, "samples"), (0, 65)), ((*tensor, "wire"), (0, 15, P)), ((*tensor, "rows"), (0, 2**24 + 1)),
            ((*tensor, "least"), (P, greatest + 1)), ((*tensor, "greatest"), (P, negative)),
            ((*tensor, "scales"), ([], [0.1] * 3, [0.0], [-0.0], [-0.1], [inf], [-inf], [nan])),
        ]
        within = [
            (("instances", 1, "parameter"), (64,)), (("instances", 0, "log_size"), (4, 8)),
            ((*config, "pow_bits"), (0, 32)), ((*config, "log_blowup"), (1,)), ((*config, "log_last"), (4,)),
            ((*config, "n_queries"), (1, 1024)), ((*config, "fold_step"), (1,)),
            (("flags",), (0, 3)), (("log_degree",), (0, 26)), (("constants", 1, "samples"), (64,)), (("constants", 1, "reads"), (2**28, 0)),
            (("tensors", 1, "form"), (3,)), ((*tensor, "samples"), (64,)), ((*tensor, "wire"), (16, P - 1)), ((*tensor, "rows"), (1, 2**24)),
            ((*tensor, "least"), (negative, greatest)), ((*tensor, "greatest"), ((P - 1) // 2,)),
            ((*tensor, "scales"), ([0.1] * 2, [0.1] * 4, [5e-324])),
        ]
        for accepted, bounds in ((False, beyond), (True, within)):
            for path, values in bounds:
                for value in values:
                    self.check(accepted, "chain", lambda key: put(key, path, value), f"{path}: {value}")

    def test_pins_of_wide_tables(self):
        def width(parameter):
            def change(key):
                key.instances[0].parameter = parameter
                key.pin = [[F(0), F(0)]] * parameter
            return change

        for parameter, accepted in ((1, True), (1024, True), (0, False), (1025, False)):
            self.check(accepted, "chain", width(parameter), f"{parameter} weights a row")

        def not_below_p(key):
            key.pin[0][0].a = P

        self.check(False, "chain", not_below_p, "p in the pin")

    def test_bounds_together(self):
        """What no single word shows."""
        def heights(**of):
            def change(key):
                for instance in key.instances:
                    instance.log_size = of.get(instance.name(), of.get("all", instance.log_size))
            return change

        def low(fold_step, log_last):
            def change(key):
                heights(all=4)(key)
                key.config.fold_step, key.config.log_last = fold_step, log_last
            return change

        def several(*changes):
            def change(key):
                for path, value in changes:
                    put(key, path, value)
            return change

        self.check(False, "chain", heights(linear=11), "the blinder is not the highest")
        self.check(False, "committed", heights(blinder=11), "data are not as high as the blinder")
        self.check(False, "committed", lambda key: put(key, ("instances", 4, "log_size"), 8), "one table of data is lower")
        self.check(True, "committed", heights(data=26, blinder=26), "the greatest height")
        self.check(False, "committed", heights(data=27, blinder=27), "more than the greatest height")
        self.check(True, "chain", low(4, 0), "log_last + fold_step = m")
        self.check(False, "chain", low(4, 1), "log_last + fold_step > m")
        self.check(False, "committed", several((("instances", 4, "parameter"), 1), (("instances", 5, "parameter"), 1)), "a parameter of data")
        self.check(False, "committed", several((("tensors", 0, "samples"), 2)), "two samples of what is committed")
        self.check(False, "committed", several((("tensors", 0, "wire"), 16)), "a wire of values that are not public")
        self.check(False, "argmax", several((("tensors", 0, "wire"), 16)), "a wire of values that are not public")
        self.check(False, "chain", several((("tensors", 1, "visibility"), PRIVATE), (("tensors", 1, "wire"), 0)), "a private output")
        self.check(False, "argmax", several((("tensors", 0, "visibility"), 3)), "a visibility that there is not, beside a wire that is 0")
        self.check(False, "argmax", several((("tensors", 0, "visibility"), COMMITTED)), "committed, and no table of data")
        self.check(False, "committed", several((("tensors", 0, "visibility"), PRIVATE)), "a table of data too many")
