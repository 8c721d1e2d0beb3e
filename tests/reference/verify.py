#!/usr/bin/env python3
"""Verifies a proof: the statement against the key, the transcript, then the STARK (docs/protocol.md, section 5).

    verify.py KEY PROOF [--json]      model.vk, proof.bin; exit code 0 if the proof is accepted, 1 if it is refused
"""
import argparse
import json
import sys

import stark
from channel import Channel
from key import read_key
from proof import read_proof
from refusal import Refused, require
from statement import as_json, check_bus, check_statement, mix_statement
from tables import NOW, Challenges, samples_of_table, tables_of, trees_of


def committed_columns(key, tables):
    """From every tree's name to its columns over M, in the order of commitment; the composition's last."""
    points = key.pinned_points()
    trees = {}
    for tree in trees_of(key):
        columns = [(table, column) for table in tables for column in table.columns if column.tree == tree]
        trees[tree] = [stark.CommittedColumn(table.log_size, column.offsets)
                       for table, column in columns for _ in range(column.committed())]
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
        # Where the key commits to no values there is no tree, and must be no root.
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
    try:
        with open(options.key, "rb") as key, open(options.proof, "rb") as file:
            proof = read_proof(file.read())
            verify(read_key(key.read()), proof)
        verdict = {"accepted": True, "statement": as_json(proof)}
    except OSError as error:
        parser.error(str(error))
    except Refused as refused:
        verdict = {"accepted": False, "check": refused.check, "reason": str(refused)}
    if options.json:
        print(json.dumps(verdict))
    else:
        print("accepted" if verdict["accepted"] else f"refused: {verdict['reason']}")
    return 0 if verdict["accepted"] else 1


if __name__ == "__main__":
    sys.exit(main())
