#!/usr/bin/env python3
"""Verifies a proof: the statement against the key, the transcript, then the STARK (docs/protocol.md, section 5).

    verify.py KEY PROOF [--json]      model.vk, proof.bin; exit code 0 if the proof is accepted, 1 if it is refused
"""
import argparse
import json
import sys

import stark
from channel import Channel
from key import COMMITTED, PIN_OF_DATA, PIN_OF_WEIGHTS, pinned_points, read_key
from proof import read_proof
from refusal import Refused, require
from statement import as_json, check_bus, check_statement, mix_statement
from tables import NOW, Challenges, samples_of_table, tables_of, trees_of, trees_of_data


def committed_columns(key, tables):
    """From every tree's name to its columns over M, in the order of commitment; the composition's last."""
    trees = {}
    for tree in trees_of(key):
        columns = [(table, column) for table in tables for column in table.columns if column.tree == tree]
        trees[tree] = [stark.CommittedColumn(table.log_size, column.offsets)
                       for table, column in columns for _ in range(column.committed())]
    trees["composition"] = [stark.CommittedColumn(key.m(), NOW) for _ in range(8)]
    return trees


def pin(columns, tag, root, values):
    """Gives the first columns of a tree, those of weights or of values, what they are at the pinned points."""
    points = pinned_points(tag, root)
    for column, of_column in zip(columns, values):
        column.pinned = tuple(zip(points, of_column))


def pin_all(trees, key, proof):
    pin(trees["weights"], PIN_OF_WEIGHTS, key.weights_root, key.pin)
    for tree, stated in zip(trees_of_data(key), stated_data(key, proof)):
        pin(trees[tree], PIN_OF_DATA, stated.root, stated.pin)


def stated_data(key, proof):
    """What the statement says of each committed tensor."""
    return [stated for tensor, stated in zip(key.tensors, proof.tensors) if tensor.visibility == COMMITTED]


def begin(channel, key, proof):
    """docs/protocol.md, section 5, steps 1 to 4: the challenges."""
    commitments = dict(zip(trees_of(key), proof.commitments))
    channel.mix_u32s(key.digest())
    key.config.mix_into(channel)
    channel.mix_root(commitments["structure"])
    channel.mix_root(commitments["weights"])
    mix_statement(channel, proof)
    channel.mix_root(commitments["witness"])
    alpha, t = channel.draw_secure_felts(2)
    channel.mix_root(commitments["fingerprints"])
    return Challenges(alpha, t, *channel.draw_secure_felts(2))


def mix_sums(channel, key, proof):
    """Step 5: the claimed sums, and the trees that were not mixed."""
    commitments = dict(zip(trees_of(key), proof.commitments))
    channel.mix_felts(proof.claimed_sums)
    channel.mix_root(commitments["LogUp"])
    for tree in trees_of_data(key):
        channel.mix_root(commitments[tree])


def constraint_values(tables, proof, trees, challenges):
    """C_0 .. C_{N-1} at the samples."""
    samples = {tree: iter(sampled) for tree, sampled in zip(trees, proof.sampled_values)}
    values = []
    # The blinder, the last, has no claimed sum.
    for table, claimed in zip(tables, [*proof.claimed_sums, None]):
        now, before = samples_of_table(table, samples)
        values += table.constraints(now, before, challenges, claimed)
    return values


def with_pinned(proof, trees):
    """The samples as they are mixed."""
    return [[[value for _, value in column.pinned] + samples for column, samples in zip(columns, sampled)]
            for columns, sampled in zip(trees.values(), proof.sampled_values)]


def verify(key, proof):
    """Refused is raised if anything does not hold."""
    check_statement(key, proof)
    tables = tables_of(key)
    trees = committed_columns(key, tables)
    stark.check_shape(proof, trees, key.config)
    sums = len(tables) - 1
    require(len(proof.claimed_sums) == sums, "shape", f"{len(proof.claimed_sums)} claimed sums, not {sums}")
    commitments = dict(zip(trees, proof.commitments))
    roots = {"structure": key.structure_root, "weights": key.weights_root}
    roots |= {tree: stated.root for tree, stated in zip(trees_of_data(key), stated_data(key, proof))}
    for tree, root in roots.items():
        require(commitments[tree] == root, "commitment", f"the root of tree {tree} is not the key's or the statement's")
    pin_all(trees, key, proof)

    channel = Channel()
    challenges = begin(channel, key, proof)
    mix_sums(channel, key, proof)
    check_bus(key, proof, challenges)

    # Step 6, the STARK.
    rho = channel.draw_secure_felt()
    channel.mix_root(commitments["composition"])
    point = stark.draw_out_of_domain_point(channel)
    values = constraint_values(tables, proof, trees, challenges)
    stark.check_composition(values, rho, proof.sampled_values[len(trees) - 1], point, key.m())
    stark.check_low_degree(channel, proof, trees, with_pinned(proof, trees), point, key.config)


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
