"""The statement: its shape and range, how it is mixed, and the messages that make it one with the tables (docs/protocol.md, section 5)."""
from channel import words_of
from fields import F, P
from key import COMMITTED, INPUT, PUBLIC
from refusal import require


def check_statement(key, proof):
    """It says of every tensor what the key says that it says, and public values are in their range."""
    require(len(proof.tensors) == len(key.tensors), "statement", f"{len(proof.tensors)} tensors, not {len(key.tensors)}")
    for i, (tensor, stated) in enumerate(zip(key.tensors, proof.tensors)):
        require(stated.visibility == tensor.visibility, "statement", f"tensor {i} has visibility {stated.visibility}, not {tensor.visibility}")
        if tensor.visibility == PUBLIC:
            expected = tensor.samples * tensor.rows
            require(len(stated.values) == expected, "statement", f"{len(stated.values)} values of tensor {i}, not {expected}")
            for value in stated.values:
                require(tensor.least <= value <= tensor.greatest, "range", f"{value} of tensor {i} is not in [{tensor.least}, {tensor.greatest}]")


def mix_statement(channel, proof):
    words = [*proof.context, len(proof.tensors)]
    for stated in proof.tensors:
        values = stated.values or []
        words += [stated.visibility, len(values), *(value % P for value in values)]
        if stated.visibility == COMMITTED:
            words += words_of(stated.root)
            words += [word for values in stated.pin for value in values for word in value.coordinates()]
    channel.mix_u32s(words)


def check_bus(key, proof, challenges):
    """The tables' claimed sums and the verifier's own messages cancel."""
    require(messages_and_sums(key, proof, challenges) == F(0), "bus", "the claimed sums and the public messages do not cancel")


def messages_and_sums(key, proof, challenges):
    """The fractions of the verifier's messages and the claimed sums, added up."""
    def fraction(n, id, value):
        d = challenges.wire(id, value)
        require(d != F(0), "bus", f"the denominator of wire {id} is 0")
        return n / d

    total = sum(proof.claimed_sums, F(0))
    for i, wire in enumerate(key.constants):
        total -= fraction(wire.reads, 1 + i, challenges.fingerprint([1] * wire.samples))
    for tensor, stated in zip(key.tensors, proof.tensors):
        if tensor.visibility == PUBLIC:
            # Values are sample after sample: row j has the j-th of every sample.
            claim = challenges.claim([stated.values[j::tensor.rows] for j in range(tensor.rows)])
            total += fraction(-1 if tensor.direction == INPUT else 1, tensor.wire, claim)
    return total


def as_json(proof):
    """What was proven, in the form of docs/formats.md, section 5."""
    def stated_as_json(stated):
        of_tensor = {}
        if stated.values is not None:
            of_tensor["values"] = stated.values
        if stated.root is not None:
            of_tensor["root"] = stated.root.hex()
            of_tensor["pin"] = [[[x.a, x.b], [x.c, x.d]] for values in stated.pin for x in values]
        return of_tensor

    context = sum(word << 32 * i for i, word in enumerate(proof.context))
    return {"context": hex(context), "tensors": [stated_as_json(stated) for stated in proof.tensors]}
