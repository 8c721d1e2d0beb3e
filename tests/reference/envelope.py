"""The envelope of every file, and a reader of payloads that takes only what a writer writes (docs/formats.md, sections 1 and 2)."""
import struct

from fields import F, P
from refusal import Refused, require
from xxh3 import xxh3_64

MAGIC = b"CIRCLET\n"


def open_envelope(data, kind, version, at_most):
    """The payload of a file of this kind."""
    require(len(data) >= 32 and data[:8] == MAGIC, "envelope", "does not begin with CIRCLET and a line feed, or is shorter than 32 bytes")
    found_kind, found_version, length = struct.unpack_from("<IIQ", data, 8)
    require(found_kind == kind, "envelope", f"byte 8: kind {found_kind}, expected {kind}")
    require(found_version == version, "envelope", f"byte 12: format version {found_version}, expected {version}")
    require(length == len(data) - 32 and length <= at_most, "envelope", f"byte 16: length {length} of a payload of {len(data) - 32} bytes")
    require(length > 128, "envelope", f"byte 16: no key or proof has {length} bytes")
    checksum, = struct.unpack_from("<Q", data, 24 + length)
    require(xxh3_64(data[24:-8]) == checksum, "envelope", f"byte {24 + length}: the checksum does not fit the payload")
    return data[24:-8]


class Reader:
    """Reads a payload from the front; offsets in messages are those in the file."""

    def __init__(self, payload):
        self.payload, self.offset = payload, 0

    def refuse(self, offset, detail):
        raise Refused("format", f"byte {24 + offset}: {detail}")

    def _take(self, size, what):
        if size > len(self.payload) - self.offset:
            self.refuse(self.offset, f"the file ends in {what}")
        self.offset += size
        return self.payload[self.offset - size:self.offset]

    def u32(self, what):
        return int.from_bytes(self._take(4, what), "little")

    def i32(self, what):
        return int.from_bytes(self._take(4, what), "little", signed=True)

    def u64(self, what):
        return int.from_bytes(self._take(8, what), "little")

    def hash(self, what):
        return self._take(32, what)

    def M(self, what):
        x = self.u32(what)
        if x >= P:
            self.refuse(self.offset - 4, f"{x} in {what} is not below p")
        return x

    def F(self, what):
        return F(*[self.M(what) for _ in range(4)])

    def list(self, item, what):
        count = self.u32(what)
        # The smallest item of any list has four bytes.
        if 4 * count > len(self.payload) - self.offset:
            self.refuse(self.offset - 4, f"{count} items in {what} are more than the file holds")
        return [item(what) for _ in range(count)]

    def list_of_lists(self, item, what):
        return self.list(lambda _: self.list(item, what), what)

    def end(self):
        if self.offset != len(self.payload):
            self.refuse(self.offset, f"{len(self.payload) - self.offset} bytes are left over")
