"""The statement: its shape and range, how it is mixed, and the messages that make it one with the tables (docs/protocol.md, section 5)."""
from channel import words_of
from fields import F, P
from key import COMMITTED, PUBLIC
from refusal import require
from tables import ONE, ONES


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


def as_json(proof):
    """What was proven, in the form of docs/formats.md, section 5."""
    context = sum(word << 32 * i for i, word in enumerate(proof.context))
    roots = {"input_root": proof.input_root, "output_root": proof.output_root}
    return {"context": hex(context), "inputs": proof.inputs, "outputs": proof.outputs, **{name: root.hex() for name, root in roots.items() if root}}
