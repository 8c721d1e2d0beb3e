"""FRI: layers are folded until the values are those of a polynomial that the proof holds (docs/stark.md, sections 14 and 16)."""
from circle import canonic, evaluate_line_polynomial, line, pi
from fields import P
from merkle import check_opening, leaf_hash
from refusal import require


def layer_shapes(m, config):
    """(log size, fold) of every layer, the circle layer first."""
    shapes, bound = [(m + config.log_blowup, config.fold_step)], m - config.fold_step
    while bound > config.log_last:
        fold = min(config.fold_step, bound - config.log_last)
        shapes.append((bound + config.log_blowup, fold))
        bound -= fold
    return shapes


def draw_alphas(channel, layers, last_layer):
    alphas = []
    for layer in layers:
        channel.mix_root(layer.root)
        alphas.append(channel.draw_secure_felt())
    channel.mix_felts(last_layer)
    return alphas


def fold_coset(values, start, log_size, alpha, circle):
    """2^s values from slot start on become one, in s rounds."""
    r = 0
    while len(values) > 1:
        folded = []
        for j in range(len(values) // 2):
            slot = start + 2 ** (r + 1) * j
            if not circle:
                t = pi(line(log_size, slot), r)
            elif r == 0:
                t = canonic(log_size, slot).y
            else:
                t = pi(canonic(log_size, slot).x, r - 1)
            v0, v1 = values[2 * j:2 * j + 2]
            # fold(v0, v1; t, a) = (v0 + v1) + a (v0 - v1) / t
            folded.append(v0 + v1 + alpha * (v0 - v1) * pow(t, -1, P))
        values, alpha, r = folded, alpha * alpha, r + 1
    return values[0]


def fold_layer(layer, shape, alpha, known, circle, name):
    """The values of the next layer at the cosets of the known ones (docs/stark.md, section 16, step 3)."""
    log_size, fold = shape
    rest = list(reversed(layer.values))
    log_leaf = 2 if fold > 1 else 0
    leaves, folded = {}, {}
    for c in sorted({position >> fold for position in known}):
        start = c << fold
        coset = []
        for slot in range(start, start + 2**fold):
            require(slot in known or rest, "FRI values", f"{name}: too few values that were not queried")
            coset.append(known[slot] if slot in known else rest.pop())
        for i in range(0, 2**fold, 2**log_leaf):
            leaves[start + i >> log_leaf] = leaf_hash([x for value in coset[i:i + 2**log_leaf] for x in value.coordinates()])
        folded[c] = fold_coset(coset, start, log_size, alpha, circle)
    require(not rest, "FRI values", f"{name}: {len(rest)} values too many")
    check_opening(layer.root, log_size - log_leaf, leaves, layer.witness, name)
    return folded


def check_last_layer(values, coefficients, config):
    for position, value in values.items():
        x = line(config.log_last + config.log_blowup, position)
        require(value == evaluate_line_polynomial(coefficients, x), "last layer", f"the value at {position} is not that of its polynomial")
