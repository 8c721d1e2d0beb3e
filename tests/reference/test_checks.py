"""Each check alone: a change that only it can see is refused by it, and accepted without it.

After a change the transcript gives other challenges, and almost any check refuses. So these proofs meet a verifier whose channel
answers as it did for the honest proof, whatever is mixed: a forger with that power is stopped by nothing but the check in question.
"""
import contextlib
import copy
import re
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import cases
import envelope
import fri
import key as key_module
import merkle
import refusal
import stark
import statement
import verify
from channel import Channel
from circle import Point, canonic
from fields import F
from key import PIN_OF_DATA, PIN_OF_WEIGHTS, PRIVATE, PUBLIC, pinned_points, read_key
from proof import Stated, read_proof
from refusal import Refused
from tables import Challenges

MODULES = (envelope, fri, key_module, merkle, stark, statement, verify)


class Recorded(Channel):
    """Notes what it answers, for Replayed."""

    def __init__(self, answers):
        super().__init__()
        self.answers = answers

    def draw_secure_felt(self):
        return self.noted(super().draw_secure_felt())

    def draw_secure_felts(self, count):
        return self.noted(super().draw_secure_felts(count))

    def draw_queries(self, *sizes):
        return self.noted(super().draw_queries(*sizes))

    def solves_work(self, bits, nonce):
        self.noted(self.digest)
        return super().solves_work(bits, nonce)

    def noted(self, answer):
        self.answers.append(answer)
        return answer


class Replayed(Channel):
    """Gives the recorded answers, and judges nonces at the recorded digest."""

    def __init__(self, answers):
        super().__init__()
        self.answers = iter(answers)

    def draw_secure_felt(self):
        return next(self.answers)

    def draw_secure_felts(self, count):
        return next(self.answers)

    def draw_queries(self, *sizes):
        return next(self.answers)

    def solves_work(self, bits, nonce):
        self.digest = next(self.answers)
        return super().solves_work(bits, nonce)


@contextlib.contextmanager
def without(check):
    """Leaves the check of this name out."""
    def lenient(condition, name, detail):
        if name != check:
            refusal.require(condition, name, detail)

    with contextlib.ExitStack() as stack:
        for module in MODULES:
            stack.enter_context(mock.patch.object(module, "require", lenient))
        yield


class Check(unittest.TestCase):
    def test_every_check_has_a_test(self):
        tested = Path(__file__).read_text()
        for module in MODULES:
            for call in re.findall(r'require\(.*', Path(module.__file__).read_text()):
                name = re.search(r', "([^"]*)", f?"', call).group(1)
                # Those of files and keys as such: test_proofs.py.
                if name not in ("envelope", "format", "key"):
                    self.assertRegex(tested, rf'(only|assert_refused_by)\("{name}"')

    def only(self, check, change, case="chain"):
        """change(key, proof) makes what this check alone refuses."""
        made = cases.make(case)
        key, proof = read_key(made.key), read_proof(made.proof)
        answers = []
        with mock.patch.object(verify, "Channel", lambda: Recorded(answers)):
            verify.verify(key, proof)
        key, proof = copy.deepcopy(key), copy.deepcopy(proof)
        change(key, proof)
        with mock.patch.object(verify, "Channel", lambda: Replayed(answers)):
            self.assert_refused_by(check, verify.verify, key, proof)
        with mock.patch.object(verify, "Channel", lambda: Replayed(answers)), without(check):
            verify.verify(key, proof)

    def assert_refused_by(self, check, function, *arguments):
        with self.assertRaises(Refused) as caught:
            function(*arguments)
        self.assertEqual(caught.exception.check, check, caught.exception)

    def test_the_honest_proof_replayed(self):
        with self.assertRaisesRegex(AssertionError, "Refused not raised"):
            self.only("nothing", lambda key, proof: None)

    def test_statement(self):
        def a_sample_of_zeros(key, proof):
            # In front: it adds nothing to the claim.
            key.tensors[0].least, key.tensors[0].greatest = -2**31, 2**31
            proof.tensors[0].values[:0] = [0] * key.tensors[0].rows

        def visibility(i, other):
            def change(key, proof):
                proof.tensors[i].visibility = other
            return change

        self.only("statement", a_sample_of_zeros)
        self.only("statement", lambda key, proof: proof.tensors.append(Stated(PRIVATE)))
        self.only("statement", visibility(0, PRIVATE))
        self.only("statement", visibility(0, PUBLIC), "argmax")
        self.only("statement", visibility(1, PRIVATE), "argmax")

    def test_range(self):
        def narrower_input(key, proof):
            key.tensors[0].greatest = max(proof.tensors[0].values) - 1

        def narrower_output(key, proof):
            key.tensors[1].least = min(proof.tensors[1].values) + 1

        self.only("range", narrower_input)
        self.only("range", narrower_output)

    def test_public_messages(self):
        def value(i, j, step):
            def change(key, proof):
                proof.tensors[i].values[j] += step
            return change

        def lanes(key, proof):
            values, rows = proof.tensors[0].values, key.tensors[0].rows
            values[0], values[rows] = values[rows], values[0]

        def reads(i):
            def change(key, proof):
                key.constants[i].reads += 1
            return change

        def samples(key, proof):
            key.constants[1].samples += 1

        def wire(i):
            def change(key, proof):
                key.tensors[i].wire += 1
            return change

        for change in (value(0, -1, -1), value(1, 0, 1), reads(0), reads(1), samples, wire(0), wire(1)):
            self.only("bus", change)
        self.only("bus", lanes, "batch")

    def test_commitments(self):
        def structure(key, proof):
            key.structure_root = bytes(32)

        def tree(number):
            def change(key, proof):
                proof.commitments[number] = bytes(32)
            return change

        self.only("commitment", structure)
        with mock.patch.object(merkle, "check_opening"), mock.patch.object(stark, "check_opening"):
            self.only("commitment", tree(1))
            self.only("commitment", tree(5), "committed")
            self.only("commitment", tree(6), "committed")

    def test_configuration(self):
        def fewer_bits(key, proof):
            proof.config.pow_bits -= 1

        self.only("configuration", fewer_bits)

    def test_shape(self):
        def interleaved_zeros(key, proof):
            proof.last_layer[:] = [x for coefficient in proof.last_layer for x in (coefficient, F(0))]   # the same polynomial

        changes = (
            lambda key, proof: proof.commitments.append(bytes(32)),
            lambda key, proof: proof.sampled_values.append([]),
            lambda key, proof: proof.queried_values.append([]),
            lambda key, proof: proof.decommitments.append([]),
            lambda key, proof: proof.sampled_values[2].append([]),
            lambda key, proof: proof.queried_values[0][0].append(0),
            lambda key, proof: proof.claimed_sums.append(F(0)),
            interleaved_zeros,
        )
        for change in changes:
            self.only("shape", change)
        # This forger's channel has no answers for a layer more, so it meets the honest one.
        made = cases.make("chain")
        proof = read_proof(made.proof)
        proof.inner_layers.append(proof.inner_layers[-1])
        self.assert_refused_by("shape", verify.verify, read_key(made.key), proof)

    def test_composition(self):
        def claimed_sums(key, proof):
            proof.claimed_sums[0] += 1
            proof.claimed_sums[3] -= 1

        self.only("composition", claimed_sums)

    def test_proof_of_work(self):
        def nonce(key, proof):
            proof.proof_of_work += 1

        self.only("proof of work", nonce)

    def test_merkle(self):
        def salt(key, proof):
            proof.queried_values[1][-1][0] ^= 1   # never sampled, so nothing but its tree binds it

        def node(key, proof):
            proof.decommitments[0][0] = bytes(32)

        def layer(key, proof):
            proof.inner_layers[0].root = bytes(32)

        def layer_node(key, proof):
            proof.first_layer.witness[-1] = bytes(32)

        for change in (salt, node, layer, layer_node):
            self.only("Merkle root", change)
        self.only("Merkle witness", lambda key, proof: proof.decommitments[2].append(bytes(32)))
        self.assert_refused_by("Merkle witness", merkle.check_opening, bytes(32), 1, {0: bytes(32)}, [], "tree")

    def test_fri(self):
        def coefficient(key, proof):
            proof.last_layer[0] += 1

        self.only("last layer", coefficient)
        self.only("FRI values", lambda key, proof: proof.first_layer.values.append(F(0)))

        def fewer(key, proof):
            proof.inner_layers[0].values.pop()

        with self.assertRaises(IndexError):   # without the check there is nothing to take
            self.only("FRI values", fewer)

        # A layer's own tree binds what was not queried; without that the polynomial does.
        def value(key, proof):
            proof.inner_layers[0].values[0] += 1

        with self.assertRaisesRegex(Refused, "last layer"):
            self.only("Merkle root", value)

    def test_pin(self):
        """The values at the pinned points are part of what FRI is about: others are refused, and so is everything without them."""
        def another_model(key, proof):
            key.pin[0][1] += 1

        def no_pin(key, proof):
            key.pin = []

        def other_data(i):
            def change(key, proof):
                proof.tensors[i].pin[15][1] += 1
            return change

        for change, case in ((another_model, "chain"), (no_pin, "chain"), (other_data(0), "committed"), (other_data(1), "committed")):
            with self.assertRaisesRegex(Refused, "last layer"):
                self.only("Merkle root", change, case)
        made = cases.make("chain")
        key = read_key(made.key)
        key.pin = []
        self.assert_refused_by("proof of work", verify.verify, key, read_proof(made.proof))

    def test_the_points_of_a_pin(self):
        """They follow from the root, and those of weights are not those of data."""
        self.assertNotEqual(pinned_points(PIN_OF_WEIGHTS, bytes(32)), pinned_points(PIN_OF_DATA, bytes(32)))
        self.assertNotEqual(pinned_points(PIN_OF_DATA, bytes(32)), pinned_points(PIN_OF_DATA, bytes(31) + b"1"))

    def test_points(self):
        """Challenges that a real transcript gives with a probability of about 2^-62 and less."""
        i = F(0, 1)
        self.assert_refused_by("out-of-domain point", stark.draw_out_of_domain_point, SimpleNamespace(draw_secure_felt=lambda: i))
        on_the_domain = canonic(5, 3)
        z = Point(F(on_the_domain.x), F(on_the_domain.y))
        zeros = [[F(0)]] * 8
        self.assert_refused_by("out-of-domain point", stark.check_composition, [F(0)], F(1), zeros, z, 5)
        with without("out-of-domain point"):
            stark.check_composition([F(0)], F(1), zeros, z, 5)

        trees = {"tree": [stark.CommittedColumn(4, (0,))]}
        self.assert_refused_by("sample point", stark.DeepQuotients, trees, [[[F(1)]]], Point(F(0, 0, 1), F(3, 4)), F(1))
        D = canonic(5, 0)
        quotients = stark.DeepQuotients(trees, [[[F(1)]]], Point(F(D.x), F(0, 0, 1)), F(1))
        self.assert_refused_by("quotients", quotients.phi, D, [[1]])

        made = cases.make("chain")
        key, proof = read_key(made.key), read_proof(made.proof)
        self.assert_refused_by("bus", statement.check_bus, key, proof, Challenges(F(0), F(0), z=F(1), lambda_=F(0)))
        with mock.patch.object(Channel, "draw_secure_felts", lambda channel, count: [F(5), i]):
            self.assert_refused_by("pinned points", pinned_points, PIN_OF_DATA, bytes(32))
