"""The circle group, the domains and their storage order (docs/stark.md, sections 2 to 4)."""
from functools import lru_cache
from typing import NamedTuple

from fields import F, P


class Point(NamedTuple):
    """A point of the circle over M or F."""

    x: object
    y: object

    def __add__(self, other):
        x, y = self.x * other.x - self.y * other.y, self.x * other.y + self.y * other.x
        return Point(*(v % P if isinstance(v, int) else v for v in (x, y)))

    def __neg__(self):
        return Point(self.x, -self.y)

    def __sub__(self, other):
        return self + -other


@lru_cache(maxsize=None)
def point(index):
    """The point index g of C(M), by doubling and adding."""
    result, power = Point(1, 0), Point(2, 1268011823)
    index %= 2**31
    while index:
        if index & 1:
            result += power
        power, index = power + power, index >> 1
    return result


def generator(k):
    """G_k, which generates the subgroup of order 2^k."""
    return point(2 ** (31 - k))


def pi(x, n=1):
    """The x of a point that is doubled n times."""
    for _ in range(n):
        x = x * x * 2 - 1
        x = x % P if isinstance(x, int) else x
    return x


def brev(i, k):
    """i with its k lowest bits in reverse order"""
    return int(format(i, f"0{k}b")[::-1], 2) if k else i


def canonic(k, slot):
    """D_k(slot), the point at a slot of canonic(k)."""
    initial, step, half = 2 ** (30 - k), 2 ** (32 - k), 2 ** (k - 1)
    i = brev(slot, k)
    return point(initial + i * step if i < half else -(initial + (i - half) * step))


def line(k, slot):
    """X_k(slot), the x at a slot of line(k)."""
    return (point(2 ** (29 - k) + brev(slot, k) * 2 ** (31 - k))).x


def point_from_parameter(t):
    """((1 - t^2) / (1 + t^2), 2 t / (1 + t^2)), or None if 1 + t^2 = 0"""
    denominator = 1 + t * t
    if denominator == F(0):
        return None
    return Point((1 - t * t) / denominator, t * 2 / denominator)


def evaluate_line_polynomial(coefficients, x):
    """The value at x of the line polynomial whose coefficients are stored bit-reversed: the first half has no factor pi^0(x)."""
    if len(coefficients) == 1:
        return coefficients[0]
    half = len(coefficients) // 2
    return evaluate_line_polynomial(coefficients[:half], pi(x)) + x * evaluate_line_polynomial(coefficients[half:], pi(x))
