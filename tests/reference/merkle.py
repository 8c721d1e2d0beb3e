"""Merkle trees over columns, and the check of an opening (docs/stark.md, section 8)."""
import struct

from channel import H
from refusal import require


def leaf_hash(values):
    """The hash of values in M."""
    return H(struct.pack(f"<{len(values)}I", *values))


def leaf_order(log_sizes):
    """The columns' indices in the order in which their values stand in a leaf."""
    return sorted(range(len(log_sizes)), key=lambda column: log_sizes[column])


def check_opening(root, height, leaves, witness, tree):
    """leaves: from position to hash; witness: the hashes of the siblings that are not computed."""
    level, rest = sorted(leaves.items()), list(reversed(witness))
    for _ in range(height):
        above = []
        pairs = iter(level)
        following = next(pairs)
        while following:
            (position, node), following = following, next(pairs, None)
            if following and following[0] == position ^ 1:
                sibling, following = following[1], next(pairs, None)
            else:
                require(rest, "Merkle witness", f"{tree}: too few hashes")
                sibling = rest.pop()
            above.append((position >> 1, H(sibling + node if position & 1 else node + sibling)))
        level = above
    require(not rest, "Merkle witness", f"{tree}: {len(rest)} hashes too many")
    require(level == [(0, root)], "Merkle root", f"{tree}: the opened leaves do not give the root")
