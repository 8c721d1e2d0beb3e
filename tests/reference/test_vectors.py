"""Every step against docs/vectors.json."""
import json
import unittest
from pathlib import Path
from types import SimpleNamespace

import circle
import fri
import merkle
import stark
from channel import Channel
from circle import Point
from fields import F, from_coordinates
from key import Config
from refusal import Refused

VECTORS = json.loads((Path(__file__).parent.parent.parent / "docs/vectors.json").read_text())


class Vectors(unittest.TestCase):
    def test_every_section_has_a_test(self):
        self.assertEqual(list(VECTORS), ["about", "fields", "domains", "circle FFT", "channel",
                                         "Merkle trees (log sizes are after the extension)", "DEEP quotients", "folds", "line polynomials"])

    def test_fields(self):
        fields = VECTORS["fields"]
        for x, y, product in fields["products [x, y, x y]"]:
            self.assertEqual(F(*x) * F(*y), F(*product))
        for x, inverse in fields["inverses [x, 1/x]"]:
            self.assertEqual(F(*x).inverse(), F(*inverse))
        for e, value in fields["from_coordinates [[e_0 .. e_3], value]"]:
            self.assertEqual(from_coordinates([F(*x) for x in e]), F(*value))

    def test_domains(self):
        for domain in VECTORS["domains"]:
            k, slots = domain["k"], range(2 ** domain["k"])
            self.assertEqual([list(circle.canonic(k, s)) for s in slots], domain["D_k"])
            self.assertEqual([circle.line(k, s) for s in slots], domain["X_k"])
            self.assertEqual([slot_of_row(k, r) for r in slots], domain["slot of row"])

    def test_circle_polynomials(self):
        for case in VECTORS["circle FFT"]:
            coefficients = case["coefficients"]
            for name, log_size in (("values on canonic(k)", 0), ("extension on canonic(k + 1)", 1)):
                k = (len(coefficients) - 1).bit_length() + log_size
                values = [circle_polynomial(coefficients, circle.canonic(k, s)).a for s in range(2**k)]
                self.assertEqual(values, case[name])

    def test_channel(self):
        channel = Channel()
        for step, given, expected in VECTORS["channel"]:
            if step == "mix_u32s":
                channel.mix_u32s(given)
            elif step == "mix configuration":
                order = ("pow_bits", "log_blowup_factor", "log_last", "n_queries", "fold_step")
                Config(*(given[name] for name in order)).mix_into(channel)
            elif step == "mix_root":
                channel.mix_root(bytes.fromhex(given))
            elif step == "mix_felts":
                channel.mix_felts([F(*x) for x in given])
            elif step == "mix_u64":
                channel.mix_u64(given)
            elif step == "draw_u32s":
                self.assertEqual(list(channel.draw_u32s()), expected)
            elif step == "draw_secure_felt":
                self.assertEqual(channel.draw_secure_felt(), F(*expected))
            elif step == "draw_secure_felts":
                self.assertEqual(channel.draw_secure_felts(given), [F(*x) for x in expected])
            elif step == "least nonce of work, bits":
                self.assertEqual(next(nonce for nonce in range(2**20) if channel.solves_work(given, nonce)), expected)
            elif step == "queries [log domain size, n_queries]":
                self.assertEqual(channel.draw_queries(*given), expected)
            else:
                self.assertEqual(step, "start")
            if isinstance(expected, str):
                self.assertEqual(channel.digest.hex(), expected, step)

    def test_merkle_trees(self):
        for tree in VECTORS["Merkle trees (log sizes are after the extension)"]:
            log_sizes = [(len(column) - 1).bit_length() for column in tree["columns"]]
            h = max(log_sizes)
            for position, leaf in zip(tree["positions"], tree["leaves"]):
                lifted = [column[((position >> (h - k + 1)) << 1) + (position & 1)] for column, k in zip(tree["columns"], log_sizes)]
                values = [lifted[i] for i in merkle.leaf_order(log_sizes)]
                self.assertEqual(values, leaf["values"])
                self.assertEqual(merkle.leaf_hash(values).hex(), leaf["hash"])
            root = bytes.fromhex(tree["root"])
            leaves = {position: bytes.fromhex(leaf["hash"]) for position, leaf in zip(tree["positions"], tree["leaves"])}
            witness = [bytes.fromhex(node) for node in tree["witness"]]
            merkle.check_opening(root, h, leaves, witness, "vector")
            for wrong in (witness[:-1], witness + [root], [root] + witness[1:]):
                self.assertRaises(Refused, merkle.check_opening, root, h, leaves, wrong, "vector")

    def test_quotients(self):
        vector = VECTORS["DEEP quotients"]
        m, columns = vector["m"], vector["columns"]
        z = circle.point_from_parameter(F(*vector["t"]))
        self.assertEqual(z, Point(*(F(*x) for x in vector["z"])))
        self.assertEqual(z - circle.generator(m), Point(*(F(*x) for x in vector["z - G_m"])))
        samples = [[F(*x) for x in column["samples"]] for column in columns]
        for column, expected in zip(columns, samples):
            lift = m - column["log_size"]
            for offset, sample in zip(column["offsets"], expected):
                point = z if offset == 0 else z - circle.generator(m)
                for _ in range(lift):
                    point += point
                self.assertEqual(circle_polynomial(column["coefficients"], point), sample)
        trees = {"vector": [stark.CommittedColumn(column["log_size"], tuple(column["offsets"])) for column in columns]}
        quotients = stark.DeepQuotients(trees, [samples], z, F(*vector["gamma"]))
        for i, (position, phi) in enumerate(zip(vector["positions"], vector["phi"])):
            D = circle.canonic(m + vector["log_blowup_factor"], position)
            self.assertEqual(quotients.phi(D, [[column["queried"][i] for column in columns]]), F(*phi))

    def test_folds(self):
        for fold in VECTORS["folds"]:
            values = [F(*x) for x in fold["values"]]
            folded = fri.fold_coset(values, fold["start"], fold["log_size"], F(*fold["alpha"]), circle=fold["layer"] == "circle")
            self.assertEqual(folded, F(*fold["folded"]))

    def test_line_polynomials(self):
        for case in VECTORS["line polynomials"]:
            value = circle.evaluate_line_polynomial([F(*x) for x in case["coefficients"]], case["x"])
            self.assertEqual(value, F(*case["value"]))

    def test_layers(self):
        config = SimpleNamespace(log_blowup=2, fold_step=3, log_last=1)
        self.assertEqual(fri.layer_shapes(9, config), [(11, 3), (8, 3), (5, 2)])


def circle_polynomial(coefficients, point):
    """The value at a point of the combination of y^(b_0) x^(b_1) pi(x)^(b_2) .. (docs/stark.md, section 4)."""
    factors, size = [point.y, point.x], len(coefficients)
    while 2 ** len(factors) < size:
        factors.append(circle.pi(factors[-1]))
    total = F(0)
    for b, coefficient in enumerate(coefficients):
        term = F(coefficient)
        for bit, factor in enumerate(factors):
            term = term * factor if b >> bit & 1 else term
        total += term
    return total


def slot_of_row(k, row):
    """Where a row of a trace stands (docs/stark.md, section 3): a verifier has no use for it."""
    natural = row // 2 if row % 2 == 0 else (2 ** (k + 1) - row - 1) // 2
    return circle.brev(natural, k)
