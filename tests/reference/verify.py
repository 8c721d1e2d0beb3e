#!/usr/bin/env python3
"""Verifies a proof: the statement against the key, the transcript, the bus, then the STARK (docs/protocol.md, section 5).

    verify.py KEY PROOF [--json]      model.vk, proof.bin; exit code 0 if the proof is accepted, 1 if it is refused
"""
import argparse
import json
import sys

import stark
from channel import Channel, words_of
from fields import F, P
from key import COMMITTED, PUBLIC, read_key
from proof import read_proof
from refusal import Refused, require
from tables import NOW, ONE, ONES, Challenges, samples_of_table, tables_of, trees_of


def check_statement(key, proof):
    """The statement has the key's shape, and its values their range."""
    for side, values, root in ((key.input, proof.inputs, proof.input_root), (key.output, proof.outputs, proof.output_root)):
        expected = side.rows * key.B if side.visibility == PUBLIC else 0
        require(len(values) == expected, "statement", f"{len(values)} public values of the {side.name}, not {expected}")
        require((root is not None) == (side.visibility == COMMITTED), "statement", f"a root of the {side.name} where the key has none, or none where it has one")
        for value in values:
            require(side.least <= value <= side.greatest, "range", f"{value} of the {side.name} is not in [{side.least}, {side.greatest}]")


def mix_statement(channel, proof):
    words = list(proof.context)
    for values, root in ((proof.inputs, proof.input_root), (proof.outputs, proof.output_root)):
        words += [len(values), *(value % P for value in values)]
        if root is not None:
            words += words_of(root)
    channel.mix_u32s(words)


def check_bus(key, proof, challenges):
    """The tables' claimed sums and the verifier's own messages cancel."""
    def fraction(n, id, value):
        d = challenges.wire(id, value)
        require(d != F(0), "bus", f"the denominator of wire {id} is 0")
        return n / d

    def claim(side, values):
        # Values are sample after sample: row j has the j-th of every sample.
        return challenges.claim([values[j::side.rows] for j in range(side.rows)])

    total = sum(proof.claimed_sums, F(0))
    total -= fraction(key.reads_of_one, ONE, 1)
    total -= fraction(key.reads_of_ones, ONES, challenges.fingerprint([1] * key.B))
    if key.input.visibility == PUBLIC:
        total -= fraction(1, key.input.wire, claim(key.input, proof.inputs))
    if key.output.visibility == PUBLIC:
        total += fraction(1, key.output.wire, claim(key.output, proof.outputs))
    require(total == F(0), "bus", "the claimed sums and the public messages do not cancel")


def committed_columns(key, tables):
    """From every tree's name to its columns over M, in the order of commitment; the composition's last."""
    points = key.pinned_points()
    trees = {}
    for tree in trees_of(key):
        columns = [(table, column) for table in tables for column in table.columns if column.tree == tree]
        trees[tree] = [stark.CommittedColumn(table.log_size, column.offsets) for table, column in columns for _ in range(column.committed())]
    for column, values in zip(trees["weights"], key.pinned):
        column.pinned = tuple(zip(points, values))
    trees["composition"] = [stark.CommittedColumn(key.m(), NOW) for _ in range(8)]
    return trees


def verify(key, proof):
    """Refused is raised if anything does not hold."""
    check_statement(key, proof)
    tables = tables_of(key)
    trees = committed_columns(key, tables)
    stark.check_shape(proof, trees, key.config)
    commitments = dict(zip(trees, proof.commitments))
    roots = {"structure": key.structure_root, "weights": key.weights_root, "input": proof.input_root, "output": proof.output_root}
    for tree, root in roots.items():
        require(commitments.get(tree) == root, "commitment", f"the root of tree {tree} is not the key's or the statement's")

    # docs/protocol.md section 5, steps 1 to 5.
    channel = Channel()
    channel.mix_u32s(key.digest())
    key.config.mix_into(channel)
    channel.mix_root(commitments["structure"])
    channel.mix_root(commitments["weights"])
    mix_statement(channel, proof)
    channel.mix_root(commitments["witness"])
    alpha, t = channel.draw_secure_felts(2)
    channel.mix_root(commitments["fingerprints"])
    z, lambda_ = channel.draw_secure_felts(2)
    challenges = Challenges(alpha, t, z, lambda_)
    channel.mix_felts(proof.claimed_sums)
    channel.mix_root(commitments["LogUp"])
    for side in key.committed():
        channel.mix_root(commitments[side.name])
    check_bus(key, proof, challenges)

    # Step 6, the STARK.
    rho = channel.draw_secure_felt()
    channel.mix_root(commitments["composition"])
    point = stark.draw_out_of_domain_point(channel)
    samples = {tree: iter(sampled) for tree, sampled in zip(trees, proof.sampled_values)}
    constraint_values = []
    for table, claimed in zip(tables, [*proof.claimed_sums, None]):
        now, before = samples_of_table(table, samples)
        constraint_values += table.constraints(now, before, challenges, claimed)
    composition = proof.sampled_values[list(trees).index("composition")]
    stark.check_composition(constraint_values, rho, composition, point, key.m())
    # What is mixed has the pinned samples too.
    mixed = [[[value for _, value in column.pinned] + samples for column, samples in zip(columns, sampled)]
             for columns, sampled in zip(trees.values(), proof.sampled_values)]
    stark.check_low_degree(channel, proof, trees, mixed, point, key.config)


def main():
    parser = argparse.ArgumentParser(description="Verifies a proof of Circlet.")
    parser.add_argument("key", help="model.vk")
    parser.add_argument("proof", help="proof.bin")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    verdict = {"accepted": True}
    try:
        with open(options.key, "rb") as key, open(options.proof, "rb") as proof:
            verify(read_key(key.read()), read_proof(proof.read()))
    except Refused as refused:
        verdict = {"accepted": False, "check": refused.check, "reason": str(refused)}
    if options.json:
        print(json.dumps(verdict))
    else:
        print("accepted" if verdict["accepted"] else f"refused: {verdict['reason']}")
    return 0 if verdict["accepted"] else 1


if __name__ == "__main__":
    sys.exit(main())
