"""The vault's envelope, blind index and derived keys, written a second time from the crate documentation alone.

Uses only the Python standard library, so that it shares no code with the crate. It first checks itself against the published
vector of draft-irtf-cfrg-xchacha, section A.3.1, then prints the values that tests/envelope.rs expects.
Run: python3 crates/vault/tests/vectors.py
"""

import hashlib
import hmac
import struct


def hkdf(ikm, salt, info, n=32):
    prk = hmac.digest(salt or bytes(32), ikm, hashlib.sha256)
    out, block, i = b"", b"", 1
    while len(out) < n:
        block = hmac.digest(prk, block + info + bytes([i]), hashlib.sha256)
        out, i = out + block, i + 1
    return out[:n]


def rounds(state):
    x = list(state)

    def quarter(a, b, c, d):
        for p, q, r, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[p] = (x[p] + x[q]) & 0xFFFFFFFF
            v = x[r] ^ x[p]
            x[r] = ((v << n) | (v >> (32 - n))) & 0xFFFFFFFF

    for _ in range(10):
        for i in range(4):
            quarter(i, i + 4, i + 8, i + 12)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return x


SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def block(key, counter, nonce):
    state = SIGMA + struct.unpack("<8I", key) + (counter,) + struct.unpack("<3I", nonce)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(state, rounds(state))))


def hchacha(key, nonce16):
    x = rounds(SIGMA + struct.unpack("<8I", key) + struct.unpack("<4I", nonce16))
    return struct.pack("<8I", *x[:4], *x[12:])


def chacha_xor(key, nonce, data):
    stream = b"".join(block(key, 1 + i, nonce) for i in range((len(data) + 63) // 64))
    return bytes(a ^ b for a, b in zip(data, stream))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(message), 16):
        total = (total + int.from_bytes(message[i : i + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def xchacha_seal(key, nonce, plain, aad):
    key, nonce = hchacha(key, nonce[:16]), bytes(4) + nonce[16:]
    sealed = chacha_xor(key, nonce, plain)
    pad = lambda b: b + bytes(-len(b) % 16)
    return sealed + poly1305(block(key, 0, nonce)[:32], pad(aad) + pad(sealed) + struct.pack("<2Q", len(aad), len(sealed)))


def envelope(root, key_id, nonce, column, row, plain):
    head = b"\x01" + struct.pack(">I", key_id)
    key = hkdf(root, nonce, b"muster-vault/1/message/key")
    commitment = hkdf(root, nonce, b"muster-vault/1/message/commitment")
    aad = head + struct.pack(">I", len(column)) + column + row
    return head + nonce + commitment + xchacha_seal(key, nonce, plain, aad)


def check_self():
    sunscreen = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
    )
    aad = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    sealed = xchacha_seal(bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58)), sunscreen, aad)
    assert sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49", sealed[-16:].hex()


if __name__ == "__main__":
    check_self()
    root, nonce, row = bytes(range(32)), bytes(range(0x40, 0x58)), bytes(range(0x10, 0x20))
    print("envelope", envelope(root, 7, nonce, b"users.email", row, b"ines@example.org").hex())
    print("empty   ", envelope(root, 7, nonce, b"users.email", row, b"").hex())
    blind_key = hkdf(root, b"", b"muster-vault/1/blind/users.email")
    print("blind   ", hmac.digest(blind_key, b"ines@example.org", hashlib.sha256).hex())
    print("purpose ", hkdf(root, b"", b"muster-vault/1/purpose/session").hex())
