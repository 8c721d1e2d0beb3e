"""Writes keys and proofs, for the tests alone: the inverse of envelope.py, key.py and proof.py."""
import struct
from dataclasses import astuple

from channel import felt_bytes
from envelope import MAGIC
from fields import P
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


def stated(tensor):
    """What it has, whatever its visibility is."""
    return words(tensor.visibility) + (b"" if tensor.values is None else numbers(tensor.values)) + (tensor.root or b"") + pin(tensor.pin or [])


def pin(columns):
    return b"".join(felt_bytes(values) for values in columns)


def layer(of):
    return felts(of.values) + hashes(of.witness) + of.root


def write_proof(proof):
    return seal(5, 3, b"".join([
        words(*proof.context), a_list(proof.tensors, stated), felts(proof.claimed_sums),
        words(*astuple(proof.config)), hashes(proof.commitments),
        a_list(proof.sampled_values, lambda tree: a_list(tree, felts)), a_list(proof.decommitments, hashes),
        a_list(proof.queried_values, lambda tree: a_list(tree, numbers)), struct.pack("<Q", proof.proof_of_work),
        layer(proof.first_layer), a_list(proof.inner_layers, layer), felts(proof.last_layer)]))


def residue(x):
    """The word of a signed number; one of 0 or more stands for itself, so that a test can write words that are none."""
    return x if x >= 0 else x + P


def key_tensor(of):
    return words(of.direction, of.visibility, of.form, of.samples, of.wire, of.rows, residue(of.least), residue(of.greatest)) \
        + a_list(of.scales, lambda scale: struct.pack("<d", scale))


def words_of_key(key):
    """The words that its fields make."""
    content = b"".join([
        words(5, 4, 1), a_list(key.instances, lambda of: words(*astuple(of))), words(*astuple(key.config), key.flags, key.log_degree),
        a_list(key.constants, lambda of: words(*astuple(of))), a_list(key.tensors, key_tensor),
        key.meaning, key.structure_root, key.weights_root, pin(key.pin)])
    return list(struct.unpack(f"<{len(content) // 4}I", content))


def write_words(key_words):
    """A key of any words."""
    return seal(3, 5, numbers(key_words))


def write_key(key):
    return write_words(words_of_key(key))
