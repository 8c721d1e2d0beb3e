"""Proofs of nothing under keys of any shape, for the tests alone: both verifiers must accept them.

The tool makes keys of one shape, and a verifier reads others too. Under a configuration that gives no security, one query of which the
last layer takes one of eight values, a proof of random columns is accepted every eighth time, once the claimed sums and the samples of
the composition are chosen to fit. What the verifiers compute of such a key and proof (columns, constraints, transcript, pins) they
must compute alike, or one of them refuses.
"""
import itertools

import stark
import verify
from channel import H, Channel
from circle import canonic, pi
from fields import F, P, from_coordinates, horner
from fri import fold_coset
from key import COMMITTED, PUBLIC, Config
from merkle import leaf_hash, leaf_order
from proof import FriLayer, Proof, Stated
from seal import words_of_key
from statement import messages_and_sums
from tables import tables_of

M = 6   # log size of the highest table
CONFIG = Config(pow_bits=0, log_blowup=1, log_last=2, n_queries=1, fold_step=4)
HEIGHT = M + CONFIG.log_blowup
COSET = 2**CONFIG.fold_step   # the positions that become one: a forged proof is right at the first of them


class Tree:
    """A Merkle tree with the layers from the leaves to the root."""

    def __init__(self, leaves):
        self.layers = [leaves]
        while len(leaves) > 1:
            leaves = [H(left + right) for left, right in zip(leaves[::2], leaves[1::2])]
            self.layers.append(leaves)
        self.root, = leaves

    def witness(self, position):
        return [layer[position >> level ^ 1] for level, layer in enumerate(self.layers[:-1])]


class ColumnTree(Tree):
    """Random values of all columns at all positions."""

    def __init__(self, columns, random):
        self.values = [[random.randrange(P) for _ in range(2**HEIGHT)] for _ in columns]
        order = leaf_order([column.log_size for column in columns])
        super().__init__([leaf_hash([self.values[i][position] for i in order]) for position in range(2**HEIGHT)])

    def at(self, position):
        return [column[position] for column in self.values]


def random_felt(random):
    return F(*[random.randrange(P) for _ in range(4)])


def random_pin(columns, random):
    return [[random_felt(random), random_felt(random)] for _ in range(columns)]


def forge(key, random):
    """A proof under a key of which only the instances, constant wires and tensors are given: the rest is filled in."""
    key.config, key.flags, key.log_degree, key.meaning = CONFIG, 0, 26, random.randbytes(32)
    tables = tables_of(key)
    columns = verify.committed_columns(key, tables)
    trees = {name: ColumnTree(of, random) for name, of in columns.items()}
    key.structure_root, key.weights_root = trees["structure"].root, trees["weights"].root
    key.pin = random_pin(sum(instance.parameter for instance in key.instances if instance.name() == "linear"), random)
    key.words = words_of_key(key)

    def stated(i, tensor):
        if tensor.visibility == PUBLIC:
            return Stated(PUBLIC, values=[random.randint(tensor.least, tensor.greatest) for _ in range(tensor.samples * tensor.rows)])
        if tensor.visibility == COMMITTED:
            return Stated(COMMITTED, root=trees[f"tensor {i}"].root, pin=random_pin(16, random))
        return Stated(tensor.visibility)

    proof = Proof(
        context=[0] * 8, tensors=[stated(i, tensor) for i, tensor in enumerate(key.tensors)],
        claimed_sums=[random_felt(random) for _ in tables[:-1]], config=CONFIG, commitments=[tree.root for tree in trees.values()],
        sampled_values=[[[random_felt(random) for _ in column.offsets] for column in of] for of in columns.values()],
        decommitments=None, queried_values=None, proof_of_work=0, first_layer=None, inner_layers=[], last_layer=None)
    verify.pin_all(columns, key, proof)
    for proof.context[0] in itertools.count():
        position = complete(key, proof, tables, columns, trees)
        if position < COSET:
            return proof


def complete(key, proof, tables, columns, trees):
    """Goes through the transcript and makes the proof fit it; the position of the query."""
    channel = Channel()
    challenges = verify.begin(channel, key, proof)
    proof.claimed_sums[0] -= messages_and_sums(key, proof, challenges)
    verify.mix_sums(channel, key, proof)

    # The composition's first sample is what the constraints say.
    rho = channel.draw_secure_felt()
    channel.mix_root(trees["composition"].root)
    point = stark.draw_out_of_domain_point(channel)
    S = horner(rho, verify.constraint_values(tables, proof, columns, challenges))
    v, of_composition = pi(point.x, M - 1), proof.sampled_values[-1]
    of_composition[0] = [F(0)]
    left, right = (from_coordinates([sample for sample, in half]) for half in (of_composition[:4], of_composition[4:]))
    of_composition[0] = [S / v - v * right - left]

    # The quotients are right at the first positions, and 0 elsewhere.
    channel.mix_felts(stark.in_order(verify.with_pinned(proof, columns)))
    quotients = stark.DeepQuotients(columns, proof.sampled_values, point, channel.draw_secure_felt())
    values = [F(0)] * 2**HEIGHT
    for position in range(COSET):
        values[position] = quotients.phi(canonic(HEIGHT, position), [tree.at(position) for tree in trees.values()])
    layer = Tree([leaf_hash([x for value in values[i:i + 4] for x in value.coordinates()]) for i in range(0, len(values), 4)])
    channel.mix_root(layer.root)
    folded = fold_coset(values[:COSET], 0, HEIGHT, channel.draw_secure_felt(), circle=True)
    proof.last_layer = [folded] + [F(0)] * (2**CONFIG.log_last - 1)
    channel.mix_felts(proof.last_layer)
    channel.mix_u64(proof.proof_of_work)

    position, = channel.draw_queries(HEIGHT, 1)
    proof.decommitments = [tree.witness(position) for tree in trees.values()]
    proof.queried_values = [[[value] for value in tree.at(position)] for tree in trees.values()]
    unqueried = values[:position] + values[position + 1:COSET]
    # The first four leaves are opened: a subtree.
    proof.first_layer = FriLayer(unqueried, [nodes[1] for nodes in layer.layers[2:-1]], layer.root)
    return position
