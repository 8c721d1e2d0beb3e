"""The statement: its shape and range, how it is mixed, and the messages that make it one with the tables (docs/protocol.md, section 5)."""
from channel import words_of
from fields import F, P
from key import PUBLIC
from refusal import require
from tables import ONE, ONES


def check_statement(key, proof):
    """There are as many public values as the key says, and they are in its range."""
    for side, values in ((key.input, proof.inputs), (key.output, proof.outputs)):
        expected = side.rows * key.B if side.visibility == PUBLIC else 0
        require(len(values) == expected, "statement", f"{len(values)} public values of the {side.name}, not {expected}")
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
    stated = {"context": hex(context), "inputs": proof.inputs, "outputs": proof.outputs}
    roots = {"input_root": proof.input_root, "output_root": proof.output_root}
    return stated | {name: root.hex() for name, root in roots.items() if root}
