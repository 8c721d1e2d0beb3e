"""Keys of other shapes than `circlet setup` makes: both verifiers read the same keys, and accept the same proofs under them."""
import copy
import random
from functools import lru_cache

import cases
from fields import F
from forge import M, forge
from key import COMMITTED, INPUT, OUTPUT, PRIVATE, PUBLIC, ConstantWire, Instance, Key, Tensor, read_key
from proof import read_proof
from seal import write_key, write_proof
from test_proofs import ACCEPTED, BAD_INPUT, REJECTED, Agreement, at, lists, other, places, refusing_check, verdict

LINEAR, ACTIVATE, LUT, MAC, DATA, BLINDER = range(1, 7)
SEED = 5


def tensor(direction, visibility, wire=0, form=0, samples=1, rows=3):
    return Tensor(direction, visibility, form, samples, wire, rows, -100, 100, [0.5])


def key_of(instances, constants, tensors):
    """A key without what `forge` fills in."""
    return Key([Instance(*of) for of in instances], None, 0, 0, [ConstantWire(*of) for of in constants], tensors, bytes(32), bytes(32), bytes(32), [])


ONE = [(1, 1)]
A_SCORE = tensor(OUTPUT, PUBLIC, wire=16)
KEYS = {
    "one table": key_of([(LUT, 0, M), (BLINDER, 0, M)], ONE, [A_SCORE]),
    "two outputs, and no input": key_of([(LUT, 0, M), (BLINDER, 0, M)], ONE, [A_SCORE, tensor(OUTPUT, PUBLIC, wire=30)]),
    "no weights, and no input": key_of([(ACTIVATE, 2, 5), (MAC, 0, 4), (BLINDER, 0, M)], ONE, [A_SCORE]),
    "tiles of two widths, and of three phases": key_of(
        [(LINEAR, 3, 4), (ACTIVATE, 1, 4), (ACTIVATE, 3, 5), (ACTIVATE, 3 + 256 * 2, 4), (ACTIVATE, 2 + 256 * 1023, 4), (LUT, 0, M), (MAC, 0, 4), (BLINDER, 0, M)],
        [(1, 3), (1, 2), (2, 5)], [A_SCORE]),
    "nothing public": key_of([(LINEAR, 3, 4), (DATA, 0, M), (DATA, 0, M), (BLINDER, 0, M)], [(1, 0)],
                             [tensor(INPUT, PRIVATE), tensor(INPUT, COMMITTED), tensor(OUTPUT, COMMITTED, form=1)]),
    "several of each": key_of(
        [(LINEAR, 1, 5), (LINEAR, 4, 4), (LINEAR, 7, M), (ACTIVATE, 1, 4), (ACTIVATE, 3, 5), (LUT, 0, 4), (MAC, 0, 5), (DATA, 0, M), (DATA, 0, M),
         (BLINDER, 0, M)],
        [(1, 3), (1, 2), (3, 5), (64, 2)],
        [tensor(INPUT, PUBLIC, wire=17, samples=3), tensor(INPUT, COMMITTED, rows=20), tensor(INPUT, PRIVATE, samples=2),
         tensor(INPUT, COMMITTED), tensor(INPUT, PUBLIC, wire=17), tensor(OUTPUT, PUBLIC, wire=2**31 - 2, form=2, samples=64)]),
}


@lru_cache(maxsize=None)
def make(name):
    key = copy.deepcopy(KEYS[name])
    proof = forge(key, random.Random(SEED))
    return cases.Case(write_key(key), write_proof(proof))


class Proofs(Agreement):
    def test_accepted(self):
        for name in KEYS:
            with self.subTest(name):
                case = make(name)
                self.assertIsNone(refusing_check(case.key, case.proof))
                self.assertEqual(cases.verdict_of_circlet(case.key, case.proof), ACCEPTED)

    def test_changed(self):
        """Each field that follows from the key's shape: the rest is that of other proofs."""
        def of_shape(paths):
            return (path for path in paths if path[0] in ("tensors", "claimed_sums", "commitments", "sampled_values"))

        case = make("several of each")
        self.each(case, lambda proof: of_shape(places(proof)), other, "another value")
        self.each(case, lambda proof: (path for path in of_shape(lists(proof)) if at(proof, path)), lambda items: items[:-1], "an item less")

    def test_several_outputs(self):
        """The tool prints each of them."""
        case = make("two outputs, and no input")
        statement = cases.statement_of_circlet(case.key, case.proof)
        self.assertEqual([tensor["name"] for tensor in statement["tensors"]], ["output 0", "output 1"])
        self.assertEqual([tensor["outputs"] for tensor in statement["tensors"]], [tensor.values for tensor in read_proof(case.proof).tensors])


class Keys(Agreement):
    def check(self, accepted, what, change, name="several of each"):
        case = make(name)
        key = read_key(case.key)
        change(key)
        ours = verdict(write_key(key), case.proof)
        self.assertEqual(ours, REJECTED if accepted else BAD_INPUT, what)
        self.assertEqual(cases.verdict_of_circlet(write_key(key), case.proof), ours, what)

    def with_instances(self, accepted, what, *instances):
        def change(key):
            key.instances = [Instance(*of) for of in instances]
            key.pin = [[F(0), F(0)]] * sum(of[1] for of in instances if of[0] == LINEAR)

        self.check(accepted, what, change, "one table")

    def test_instances(self):
        lut, blinder = (LUT, 0, M), (BLINDER, 0, M)
        widths = [(ACTIVATE, B, M) for B in range(1, 17)]
        self.with_instances(True, "16 instances", *widths[:15], blinder)
        self.with_instances(False, "17 instances", *widths, blinder)
        self.with_instances(False, "one instance", blinder)
        self.with_instances(False, "no instance")
        self.with_instances(False, "no blinder", lut, (MAC, 0, M))
        self.with_instances(False, "a table after the blinder", lut, blinder, (7, 0, M))
        self.with_instances(False, "two blinders", lut, blinder, blinder)
        self.with_instances(False, "two tables lut", lut, lut, blinder)
        self.with_instances(False, "two tables mac", (MAC, 0, M), (MAC, 0, M), blinder)
        self.with_instances(False, "not by kind", (MAC, 0, M), lut, blinder)
        self.with_instances(False, "not by width", widths[1], widths[0], blinder)
        self.with_instances(False, "two of one width", widths[0], widths[0], blinder)
        self.with_instances(False, "kind 0", (0, 0, M), lut, blinder)
        for wanted, tiles in ((True, (64, 64 + 256)), (True, (64 + 256 * 1023,)), (True, (9, 1 + 256)), (False, (1 + 256, 9)), (False, (0,)), (False, (65,)),
                              (False, (256,)), (False, (65 + 256,)), (False, (255,)), (False, (1 + 256 * 1024,)), (False, (256 * 2048 + 1,))):
            self.with_instances(wanted, f"activate of {tiles}", *[(ACTIVATE, tile, M) for tile in tiles], blinder)
        for wanted, widths in ((True, (2, 3)), (False, (3, 2)), (False, (2, 2))):
            self.with_instances(wanted, f"linear of {widths}", *[(LINEAR, C, M) for C in widths], blinder)

    def test_constant_wires(self):
        for accepted, samples in ((True, range(1, 15)), (True, (1, 1)), (True, (1, 64)), (False, range(1, 16)), (False, ()), (False, (2,)),
                                  (False, (1, 3, 2)), (False, (1, 2, 2)), (False, (1, 1, 1)), (False, (1, 65)), (False, (1, 0))):
            self.check(accepted, f"constant wires of {samples}", lambda key: setattr(key, "constants", [ConstantWire(L, 1) for L in samples]))

    def test_tensors(self):
        a_number = tensor(INPUT, PUBLIC, wire=16)
        for accepted, tensors in ((True, [a_number] * 15 + [A_SCORE]), (False, [a_number] * 16 + [A_SCORE]), (False, []), (False, [a_number]),
                                  (False, [A_SCORE, a_number]), (False, [a_number, A_SCORE, a_number]), (False, [A_SCORE, tensor(2, PUBLIC, wire=16)])):
            self.check(accepted, f"{len(tensors)} tensors", lambda key: setattr(key, "tensors", tensors), "one table")

    def test_uses(self):
        """Of messages there are fewer than p uses: 2^31 - 16 of the rows, and one of each tensor, of which 14 make p - 1."""
        widths = [(ACTIVATE, 3, 6), (ACTIVATE, 7, 9), (ACTIVATE, 15, 13), (ACTIVATE, 31, 18)]
        most = [(ACTIVATE, 63, 24)]
        rows = {
            "activate": [(ACTIVATE, 1, 4), *widths, *most],
            "linear and mac": [(LINEAR, 1, 4), *widths, *most, (MAC, 0, 4)],
            "data": [(ACTIVATE, 1, 4), *widths, (ACTIVATE, 62, 24), (DATA, 0, 24), (DATA, 0, 24)],
            "lut and blinder count nothing": [(ACTIVATE, 1, 4), *widths, *most, (LUT, 0, 24)],
        }
        for name, instances in rows.items():
            for count, accepted in ((14, True), (15, False)):
                def change(key):
                    key.instances = [Instance(*of) for of in [*instances, (BLINDER, 0, 24)]]
                    key.pin = [[F(0), F(0)]] * (instances[0][0] == LINEAR)
                    committed = sum(of[0] == DATA for of in instances)
                    key.tensors = [tensor(INPUT, COMMITTED if i < committed else PRIVATE) for i in range(count - 1)] + [A_SCORE]

                self.check(accepted, f"{name}: {count} tensors", change)
