"""XXH3-64 with seed 0, the checksum of the envelope (docs/formats.md, section 2), for 129 bytes and more: no key or proof is shorter."""
import struct

_SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")
_MASK = 2**64 - 1
_P32 = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
_P64 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
_STRIPE, _STRIPES_A_BLOCK, _LAST_SECRET = 64, 16, 192 - 64


def _words(data, offset, count):
    return struct.unpack_from(f"<{count}Q", data, offset)


def _fold(a, b):
    product = a * b
    return (product & _MASK) ^ (product >> 64)


def _avalanche(h):
    h ^= h >> 37
    h = h * 0x165667919E3779F9 & _MASK
    return h ^ h >> 32


def _accumulate(acc, data, offset, secret_offset):
    stripe, secret = _words(data, offset, 8), _words(_SECRET, secret_offset, 8)
    for i in range(8):
        key = stripe[i] ^ secret[i]
        acc[i ^ 1] = (acc[i ^ 1] + stripe[i]) & _MASK
        acc[i] = (acc[i] + (key & 0xFFFFFFFF) * (key >> 32)) & _MASK


def _mix16(data, offset, secret_offset):
    (low, high), (s0, s1) = _words(data, offset, 2), _words(_SECRET, secret_offset, 2)
    return _fold(low ^ s0, high ^ s1)


def _medium(data):
    acc = len(data) * _P64[0] + sum(_mix16(data, 16 * i, 16 * i) for i in range(8))
    rest = sum(_mix16(data, 16 * i, 16 * (i - 8) + 3) for i in range(8, len(data) // 16))
    rest += _mix16(data, len(data) - 16, 136 - 17)
    return _avalanche((_avalanche(acc & _MASK) + rest) & _MASK)


def xxh3_64(data):
    assert len(data) > 128
    if len(data) <= 240:
        return _medium(data)
    acc = [_P32[2], _P64[0], _P64[1], _P64[2], _P64[3], _P32[1], _P64[4], _P32[0]]
    last_stripe = (len(data) - 1) // _STRIPE
    for stripe in range(last_stripe):
        _accumulate(acc, data, _STRIPE * stripe, 8 * (stripe % _STRIPES_A_BLOCK))
        if stripe % _STRIPES_A_BLOCK == _STRIPES_A_BLOCK - 1:
            key = _words(_SECRET, _LAST_SECRET, 8)
            acc = [((a ^ a >> 47 ^ k) * _P32[0]) & _MASK for a, k in zip(acc, key)]
    _accumulate(acc, data, len(data) - _STRIPE, _LAST_SECRET - 7)
    secret = _words(_SECRET, 11, 8)
    total = len(data) * _P64[0] + sum(_fold(acc[i] ^ secret[i], acc[i + 1] ^ secret[i + 1]) for i in range(0, 8, 2))
    return _avalanche(total & _MASK)
