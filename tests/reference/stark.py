"""The STARK protocol below the tables: composition, DEEP quotients, openings (docs/stark.md, sections 9 to 16)."""
from collections import defaultdict
from dataclasses import dataclass

import fri
from circle import canonic, generator, pi, point_from_parameter
from fields import F, from_coordinates, horner
from merkle import check_opening, leaf_hash, leaf_order
from refusal import require


@dataclass
class CommittedColumn:
    log_size: int
    offsets: tuple
    pinned: tuple = ()   # (point, value) of samples that the key or the statement holds


def check_shape(proof, trees, config):
    """docs/stark.md, section 11. trees: from name to its columns, the composition's last."""
    require(proof.config == config, "configuration", f"{proof.config} is not the key's")
    for name, count in (("commitments", len(proof.commitments)), ("sampled values", len(proof.sampled_values)),
                        ("queried values", len(proof.queried_values)), ("decommitments", len(proof.decommitments))):
        require(count == len(trees), "shape", f"{name} of {count} trees, not {len(trees)}")
    for (tree, columns), sampled, queried in zip(trees.items(), proof.sampled_values, proof.queried_values):
        require(len(sampled) == len(columns), "shape", f"{len(sampled)} sampled columns of {tree}, not {len(columns)}")
        require(len(queried) == len(columns), "shape", f"{len(queried)} queried columns of {tree}, not {len(columns)}")
        for i, (column, samples) in enumerate(zip(columns, sampled)):
            require(len(samples) == len(column.offsets), "shape", f"column {i} of {tree} has {len(samples)} samples")
    inner = len(fri.layer_shapes(trees_height(trees), config)) - 1
    require(len(proof.inner_layers) == inner, "shape", f"{len(proof.inner_layers)} inner FRI layers, not {inner}")
    require(len(proof.last_layer) == 2**config.log_last, "shape", f"{len(proof.last_layer)} coefficients of the last layer")


def trees_height(trees):
    """m, the log size of the highest column, which every tree has."""
    m, = {max(column.log_size for column in columns) for columns in trees.values()}
    return m


def draw_out_of_domain_point(channel):
    z = point_from_parameter(channel.draw_secure_felt())
    require(z is not None, "out-of-domain point", "1 + t^2 is 0")
    return z


def check_composition(constraint_values, rho, composition_samples, z, m):
    """(left + v right) v = sum of rho^(N-1-j) C_j (docs/stark.md, section 12, steps 4 and 5)."""
    v = pi(z.x, m - 1)
    require(v != F(0), "out-of-domain point", "it lies on the trace domain")
    S = horner(rho, constraint_values)
    e = [sample for sample, in composition_samples]
    left, right = from_coordinates(e[:4]), from_coordinates(e[4:])
    require((left + v * right) * v == S, "composition", "the constraints' sum is not that of the composition polynomial")


class DeepQuotients:
    """phi (docs/stark.md, section 13): the entries (point, value, weight) of all columns, gathered by point."""

    def __init__(self, trees, sampled_values, z, gamma):
        m = trees_height(trees)
        self.entries = defaultdict(list)
        weight = F(1)
        for tree, (columns, sampled) in enumerate(zip(trees.values(), sampled_values)):
            for i, (column, samples) in enumerate(zip(columns, sampled)):
                if column.offsets == (-1, 0):
                    before, now = samples
                    entries = [(z + generator(m - column.log_size), now), (z - generator(m), before), (z, now)]
                else:
                    entries = [*column.pinned, *((z, now) for now in samples)]
                for point, value in entries:
                    self.entries[point].append((tree, i, value, weight))
                    weight *= gamma
        # For one point: c, the sum of w a and the sum of w b.
        self.lines = {}
        for point, entries in self.entries.items():
            require(point.y.im() != F(0), "sample point", "its y is in CM31")
            c = point.y.conj() - point.y
            sum_a = sum_b = F(0)
            for _, _, value, weight in entries:
                a = value.conj() - value
                sum_a += weight * a
                sum_b += weight * (value * c - a * point.y)
            self.lines[point] = c, sum_a, sum_b

    def phi(self, D, f):
        """sum of w (c f(D) - a D_y - b) / d at a point D of the domain; f[tree][column] are the columns' values there."""
        total = F(0)
        for point, (c, sum_a, sum_b) in self.lines.items():
            d = (point.x.re() - D.x) * point.y.im() - (point.y.re() - D.y) * point.x.im()
            require(d != F(0), "quotients", "a denominator is 0")
            sum_f = F(0)
            for tree, i, _, weight in self.entries[point]:
                sum_f += weight * f[tree][i]
            total += (c * sum_f - sum_a * D.y - sum_b) / d
        return total


def check_trees(proof, trees, height, positions):
    """The openings of the columns' trees (docs/stark.md, section 16, step 1)."""
    for (tree, columns), root, queried, witness in zip(trees.items(), proof.commitments, proof.queried_values, proof.decommitments):
        for i, values in enumerate(queried):
            require(len(values) == len(positions), "shape", f"column {i} of {tree} has {len(values)} values at {len(positions)} queries")
        order = leaf_order([column.log_size for column in columns])
        leaves = {position: leaf_hash([queried[i][q] for i in order]) for q, position in enumerate(positions)}
        check_opening(root, height, leaves, witness, f"tree {tree}")


def in_order(sampled_values):
    """The samples as one list."""
    return [sample for columns in sampled_values for samples in columns for sample in samples]


def check_low_degree(channel, proof, trees, sampled_values, z, config):
    """docs/stark.md, sections 13 to 16. sampled_values has the pinned samples too."""
    channel.mix_felts(in_order(sampled_values))
    gamma = channel.draw_secure_felt()
    height = trees_height(trees) + config.log_blowup

    layers = [proof.first_layer, *proof.inner_layers]
    alphas = fri.draw_alphas(channel, layers, proof.last_layer)
    require(channel.solves_work(config.pow_bits, proof.proof_of_work), "proof of work", f"the nonce does not solve {config.pow_bits} bits")
    channel.mix_u64(proof.proof_of_work)
    positions = channel.draw_queries(height, config.n_queries)

    check_trees(proof, trees, height, positions)
    quotients, values = DeepQuotients(trees, proof.sampled_values, z, gamma), {}
    for q, position in enumerate(positions):
        f = [[column[q] for column in tree] for tree in proof.queried_values]
        values[position] = quotients.phi(canonic(height, position), f)
    shapes = fri.layer_shapes(trees_height(trees), config)
    for number, (layer, shape, alpha) in enumerate(zip(layers, shapes, alphas)):
        values = fri.fold_layer(layer, shape, alpha, values, circle=number == 0, name=f"FRI layer {number}")
    fri.check_last_layer(values, proof.last_layer, config)
