"""Writes keys and proofs, for the tests alone: the inverse of envelope.py, key.py and proof.py."""
import struct
from dataclasses import astuple

from channel import felt_bytes
from envelope import MAGIC
from xxh3 import xxh3_64


def seal(kind, version, payload):
    return MAGIC + struct.pack("<IIQ", kind, version, len(payload)) + payload + struct.pack("<Q", xxh3_64(payload))


def reseal(data):
    """The file with the checksum, and the length, of what it holds now."""
    return seal(*struct.unpack_from("<II", data, 8), data[24:-8])


def words(*values):
    return struct.pack(f"<{len(values)}I", *(value % 2**32 for value in values))


def a_list(items, write):
    return words(len(items)) + b"".join(write(item) for item in items)


def felts(items):
    return words(len(items)) + felt_bytes(items)


def numbers(items):
    return words(len(items), *items)


def hashes(items):
    return words(len(items)) + b"".join(items)


def optional_root(root):
    return words(0) if root is None else words(1) + root


def layer(of):
    return felts(of.values) + hashes(of.witness) + of.root


def write_proof(proof):
    return seal(5, 2, b"".join([
        words(*proof.context), numbers(proof.inputs), numbers(proof.outputs),
        optional_root(proof.input_root), optional_root(proof.output_root),
        felt_bytes(proof.claimed_sums), words(*astuple(proof.config)), hashes(proof.commitments),
        a_list(proof.sampled_values, lambda tree: a_list(tree, felts)), a_list(proof.decommitments, hashes),
        a_list(proof.queried_values, lambda tree: a_list(tree, numbers)), struct.pack("<Q", proof.proof_of_work),
        layer(proof.first_layer), a_list(proof.inner_layers, layer), felts(proof.last_layer)]))


def write_key(key_words):
    return seal(3, 4, numbers(key_words))
