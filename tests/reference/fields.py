"""The fields M, CM31 and F = QM31 (docs/stark.md, section 1). An element of M is an int, of CM31 an F whose last two are 0."""

P = 2**31 - 1


class F:
    """(a, b, c, d) = (a + b i) + (c + d i) u with i^2 = -1 and u^2 = 2 + i."""

    __slots__ = ("a", "b", "c", "d")

    def __init__(self, a, b=0, c=0, d=0):
        self.a, self.b, self.c, self.d = a % P, b % P, c % P, d % P

    def coordinates(self):
        return (self.a, self.b, self.c, self.d)

    def __repr__(self):
        return f"F{self.coordinates()}"

    def __eq__(self, other):
        return self.coordinates() == lift(other).coordinates()

    def __hash__(self):
        return hash(self.coordinates())

    def __add__(self, other):
        if isinstance(other, int):
            return F(self.a + other, self.b, self.c, self.d)
        return F(self.a + other.a, self.b + other.b, self.c + other.c, self.d + other.d)

    __radd__ = __add__

    def __neg__(self):
        return F(-self.a, -self.b, -self.c, -self.d)

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        a, b, c, d = self.a, self.b, self.c, self.d
        if isinstance(other, int):
            return F(a * other, b * other, c * other, d * other)
        e, f, g, h = other.a, other.b, other.c, other.d
        # (A + B u)(C + D u) = (A C + (2 + i) B D) + (A D + B C) u
        bd_re, bd_im = c * g - d * h, c * h + d * g
        return F(a * e - b * f + 2 * bd_re - bd_im, a * f + b * e + 2 * bd_im + bd_re,
                 a * g - b * h + c * e - d * f, a * h + b * g + c * f + d * e)

    __rmul__ = __mul__

    def __pow__(self, exponent):
        result, square = F(1), self
        while exponent:
            if exponent & 1:
                result *= square
            square, exponent = square * square, exponent >> 1
        return result

    def inverse(self):
        if self.c == self.d == 0:
            # 1 / (a + b i) = (a - b i) / (a^2 + b^2)
            return F(self.a, -self.b) * pow(self.a * self.a + self.b * self.b, -1, P)
        # 1 / (A + B u) = (A - B u) / (A^2 - (2 + i) B^2)
        A, B = self.re(), self.im()
        return self.conj() * (A * A - F(2, 1) * B * B).inverse()

    def __truediv__(self, other):
        return self * lift(other).inverse()

    def __rtruediv__(self, other):
        return lift(other) * self.inverse()

    def re(self):
        return F(self.a, self.b)

    def im(self):
        return F(self.c, self.d)

    def conj(self):
        return F(self.a, self.b, -self.c, -self.d)


def lift(x):
    """An element of M as one of F."""
    return x if isinstance(x, F) else F(x)


def from_coordinates(e):
    """The value of a column over F from those of its four coordinates, which at a point of C(F) are in F themselves."""
    return e[0] + e[1] * F(0, 1) + e[2] * F(0, 0, 1) + e[3] * F(0, 0, 0, 1)


def horner(x, values):
    """sum of x^(N-1-j) values[j]"""
    total = F(0)
    for value in values:
        total = total * x + value
    return total
