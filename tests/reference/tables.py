"""The tables: their columns, in the order of commitment, and their constraints (docs/protocol.md, section 3; docs/air.md).

In a constraint `now.x` is the sample of column x at offset 0 and `before.x` that at offset -1, written x and x_ in the pages.
"""
from dataclasses import dataclass
from types import SimpleNamespace

from fields import F, from_coordinates, horner
from key import COMMITTED

NOW, BEFORE_AND_NOW, NEVER = (0,), (-1, 0), ()


@dataclass
class Column:
    """A column of a table, or several that are read as a list: `lanes` is their number, or None for one that is none of a list."""

    tree: str
    name: str
    offsets: tuple
    lanes: int = None
    over_F: bool = False

    def committed(self):
        """The number of columns over M."""
        return (self.lanes or 1) * (4 if self.over_F else 1)


@dataclass
class Table:
    name: str
    log_size: int
    columns: list
    constraints: object   # function of (now, before, challenges, claimed sum)


@dataclass
class Challenges:
    """alpha and t of the fingerprints, z and lambda of the bus (docs/protocol.md, section 2)."""

    alpha: F
    t: F
    z: F
    lambda_: F

    def wire(self, id, value, live=1):
        return live * (self.z - 1) - self.lambda_ * id - self.lambda_**3 * value

    def look_up(self, fn, q, y, live):
        return live * (self.z - 2) - self.lambda_ * fn - self.lambda_**2 * q - self.lambda_**3 * y

    def fingerprint(self, lanes):
        """sum of alpha^(B-1-i) x_i"""
        return horner(self.alpha, lanes)

    def claim(self, rows):
        """sum of t^(N-1-j) F(Y_j)"""
        return horner(self.t, [self.fingerprint(row) for row in rows])


def structure(names):
    return [Column("structure", name, NOW) for name in names.split()]


def salts(tree):
    return [Column(tree, "salt", NEVER, lanes=5)]


def secure(tree, name, offsets, lanes=None):
    """A column over F: four columns of coordinates."""
    return Column(tree, name, offsets, lanes, over_F=True)


def linear(C, log_size):
    def constraints(now, before, ch, claimed):
        d = ch.wire(now.id, now.A, now.live)
        return [
            now.real * now.b - now.cont * ch.t**C * before.b - now.real * horner(ch.t, now.w),
            now.real * now.S - now.keep * before.S - now.f * now.A * now.b,
            now.claim * (now.A - now.S),
            (now.real * now.R - now.keepr * before.R) * d - now.n,
            now.fin * (before.R + now.S - claimed),
        ]

    return Table("linear", log_size, structure("live real cont f keep claim keepr n id fin") + [
        Column("weights", "w", NOW, lanes=C),
        secure("fingerprints", "A", NOW), secure("fingerprints", "b", BEFORE_AND_NOW), secure("fingerprints", "S", BEFORE_AND_NOW),
        secure("LogUp", "R", BEFORE_AND_NOW),
    ], constraints)


def activate(B, step, log_size):
    def constraints(now, before, ch, claimed):
        acc = [now.two_s * q + now.real * r - now.off for q, r in zip(now.q, now.r)]
        dq = [ch.look_up(now.fnq, q, y, now.live) for q, y in zip(now.q, now.y)]
        dr = [ch.look_up(now.fnr, r, 0, now.live) for r in now.r]
        dY = ch.wire(now.idY, ch.fingerprint(now.y), now.live)
        dT = ch.wire(now.idT, now.T, now.live)
        return [
            now.real * now.T - now.kt * ch.t * before.T - horner(ch.alpha**step, acc),
            *[now.P[i] * dq[i] * dr[i] - now.real * (dq[i] + dr[i]) for i in range(B)],
            now.W * dY * dT - (now.nT * dY - now.nY * dT),
            now.real * (now.R - sum(now.P, F(0)) - now.W) - now.keepr * before.R,
            now.fin * (before.R + now.T - claimed),
        ]

    return Table("activate", log_size,
                 structure("live real kt two_s off fnq fnr idY nY idT nT keepr fin")
                 + [Column("witness", name, NOW, lanes=B) for name in "qry"] + [
        secure("fingerprints", "T", BEFORE_AND_NOW),
        secure("LogUp", "P", NOW, lanes=B), secure("LogUp", "W", NOW), secure("LogUp", "R", BEFORE_AND_NOW),
    ], constraints)


def lut(log_size):
    def constraints(now, before, ch, claimed):
        d = [ch.look_up(now.fn, now.q + i * now.live, now.y[i], now.live) for i in range(4)]
        m = now.m
        return [
            now.P[0] * d[0] * d[1] + m[0] * d[1] + m[1] * d[0],
            now.P[1] * d[2] * d[3] + m[2] * d[3] + m[3] * d[2],
            now.real * (now.R - now.P[0] - now.P[1]) - now.keepr * before.R,
            now.fin * (before.R + from_coordinates(m) - claimed),
        ]

    return Table("lut", log_size, structure("live real keepr fin fn q") + [
        Column("structure", "y", NOW, lanes=4),
        Column("witness", "m", NOW, lanes=4),
        secure("LogUp", "P", NOW, lanes=2), secure("LogUp", "R", BEFORE_AND_NOW),
    ], constraints)


def mac(log_size):
    def constraints(now, before, ch, claimed):
        dA, dB, dY = (ch.wire(id, value, now.live) for id, value in ((now.idA, now.A), (now.idB, now.B), (now.idY, now.S)))
        return [
            now.real * now.S - before.S * (now.k1 + now.kt * ch.t) - now.real * now.A * now.B,
            now.P * dA * dB - now.real * (dA + dB),
            (now.real * now.R - now.keepr * before.R - now.real * now.P) * dY + now.nY,
            now.fin * (before.R + now.S - claimed),
        ]

    return Table("mac", log_size, structure("live real k1 kt idA idB idY nY keepr fin") + [
        secure("fingerprints", "A", NOW), secure("fingerprints", "B", NOW), secure("fingerprints", "S", BEFORE_AND_NOW),
        secure("LogUp", "P", NOW), secure("LogUp", "R", BEFORE_AND_NOW),
    ], constraints)


def data(tree, log_size):
    """Committed values, sixteen a row, in a tree of their own."""
    def constraints(now, before, ch, claimed):
        d = ch.wire(now.id, now.b, now.live)
        return [
            now.real * now.b - now.cont * ch.t**16 * before.b - now.real * horner(ch.t, now.x),
            (now.real * now.R - now.keepr * before.R) * d - now.n,
            now.fin * (before.R + now.b - claimed),
        ]

    return Table("data", log_size, structure("live real cont keepr n id fin") + [
        Column(tree, "x", NOW, lanes=16), *salts(tree),
        secure("fingerprints", "b", BEFORE_AND_NOW),
        secure("LogUp", "R", BEFORE_AND_NOW),
    ], constraints)


def blinder(log_size):
    def constraints(now, before, ch, claimed):
        return [now.a * now.a * before.b[j] for j in range(4)]

    return Table("blinder", log_size, structure("a") + [
        Column("witness", "R", NOW, lanes=4), Column("witness", "b", BEFORE_AND_NOW, lanes=4), *salts("witness"),
        *salts("weights"), *salts("fingerprints"), *salts("LogUp"),
    ], constraints)


def tables_of(key):
    """The components, in order."""
    of_data = iter(trees_of_data(key))
    make = {
        "linear": lambda of: linear(of.parameter, of.log_size),
        "activate": lambda of: activate(of.parameter % 256, 1 + of.parameter // 256, of.log_size),
        "lut": lambda of: lut(of.log_size),
        "mac": lambda of: mac(of.log_size),
        "data": lambda of: data(next(of_data), of.log_size),
        "blinder": lambda of: blinder(of.log_size),
    }
    return [make[instance.name()](instance) for instance in key.instances]


def trees_of_data(key):
    """The tree of each committed tensor."""
    return [f"tensor {i}" for i, tensor in enumerate(key.tensors) if tensor.visibility == COMMITTED]


def trees_of(key):
    """The trees before the composition's, in order."""
    return ["structure", "weights", "witness", "fingerprints", "LogUp", *trees_of_data(key)]


def samples_of_table(table, samples):
    """(now, before): the values of the table's columns. samples: from tree to an iterator of its columns' samples."""
    now, before = SimpleNamespace(), SimpleNamespace()
    for column in table.columns:
        values = [next(samples[column.tree]) for _ in range(column.committed())]
        for at, row in ((-1, before), (0, now)):
            if at in column.offsets:
                # Pinned samples, if any, stand before that at offset 0, which is always the last.
                here = [sample[0 if at == -1 else -1] for sample in values]
                if column.over_F:
                    here = [from_coordinates(here[i:i + 4]) for i in range(0, len(here), 4)]
                setattr(row, column.name, here if column.lanes is not None else here[0])
    return now, before
