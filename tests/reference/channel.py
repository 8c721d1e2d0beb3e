"""The transcript: a Blake2s digest that takes what is mixed and gives challenges (docs/stark.md, sections 5 and 6)."""
import struct
from hashlib import blake2s

from fields import F, P


def H(data):
    return blake2s(data).digest()


def words_of(hash_bytes):
    """The eight words of a hash."""
    return struct.unpack("<8I", hash_bytes)


def felt_bytes(felts):
    return b"".join(struct.pack("<4I", *felt.coordinates()) for felt in felts)


class Channel:
    def __init__(self):
        self.digest, self.draws = bytes(32), 0

    def _mix(self, data):
        self.digest, self.draws = H(self.digest + data), 0

    def mix_root(self, root):
        self._mix(root)

    def mix_u32s(self, words):
        self._mix(struct.pack(f"<{len(words)}I", *words))

    def mix_u64(self, x):
        self._mix(struct.pack("<Q", x))

    def mix_felts(self, felts):
        self._mix(felt_bytes(felts))

    def draw_u32s(self):
        words = words_of(H(self.digest + struct.pack("<IB", self.draws, 0)))
        self.draws += 1
        return words

    def _draw_8_in_M(self):
        while True:
            words = self.draw_u32s()
            if all(word < 2 * P for word in words):
                return [word % P for word in words]

    def draw_secure_felt(self):
        return F(*self._draw_8_in_M()[:4])

    def draw_secure_felts(self, count):
        felts = []
        while len(felts) < count:
            eight = self._draw_8_in_M()
            felts += [F(*eight[:4]), F(*eight[4:])]
        return felts[:count]

    def solves_work(self, bits, nonce):
        prefix = H(struct.pack("<I", 0x12345678) + bytes(12) + self.digest + struct.pack("<I", bits))
        return int.from_bytes(H(prefix + struct.pack("<Q", nonce)), "little") % 2**bits == 0

    def draw_queries(self, log_domain_size, n_queries):
        """The distinct positions of n_queries drawn ones, ascending (docs/stark.md, section 15)."""
        drawn = []
        while len(drawn) < n_queries:
            drawn += self.draw_u32s()
        return sorted({word % 2**log_domain_size for word in drawn[:n_queries]})
