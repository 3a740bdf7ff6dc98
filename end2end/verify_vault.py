"""The vault a second time, written from its crate documentation alone: envelopes, blind indexes, derived keys, fingerprints.

It shares no code with the server and uses only the Python standard library, with ChaCha20 and Poly1305 written out.

  python3 end2end/verify_vault.py
      checks itself against the vector of draft-irtf-cfrg-xchacha-03 (A.3.1) and those of Project Wycheproof, then checks
      crates/vault/tests/vectors/own.txt, which the tests of the crate check too
  python3 end2end/verify_vault.py --write
      writes that file anew
  python3 end2end/verify_vault.py --ring keyring --sqlite muster.db users id name users.name
      opens the column `name` of the table `users` with a real key ring, says how many values opened under which key, and
      ends with 1 if one did not: a backup and the ring beside it can be tried without a server

Only for checking: it is slow, and Python wipes no memory.
"""

import argparse
import base64
import collections
import itertools
import pathlib
import sqlite3
import sys
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


def xchacha_open(key, nonce, sealed, tag, aad):
    key, nonce = hchacha(key, nonce[:16]), bytes(4) + nonce[16:]
    pad = lambda b: b + bytes(-len(b) % 16)
    expected = poly1305(block(key, 0, nonce)[:32], pad(aad) + pad(sealed) + struct.pack("<2Q", len(aad), len(sealed)))
    return chacha_xor(key, nonce, sealed) if hmac.compare_digest(tag, expected) else None


def open_envelope(roots, column, row, sealed):
    """The key's number and the value; the value is a sentence about what is wrong, as a string, if it does not open."""
    if len(sealed) < 77 or sealed[0] != 1:
        return None, "not a sealed value"
    key_id, nonce, commitment = struct.unpack(">I", sealed[1:5])[0], sealed[5:29], sealed[29:61]
    if key_id not in roots:
        return key_id, "the key is not in the ring"
    if not hmac.compare_digest(hkdf(roots[key_id], nonce, b"muster-vault/1/message/commitment"), commitment):
        return key_id, "another key sealed it"
    key = hkdf(roots[key_id], nonce, b"muster-vault/1/message/key")
    aad = sealed[:5] + struct.pack(">I", len(column)) + column + row
    plain = xchacha_open(key, nonce, sealed[61:-16], sealed[-16:], aad)
    return key_id, "changed or moved after it was sealed" if plain is None else plain


def blind(root, column, value):
    return hmac.digest(hkdf(root, b"", b"muster-vault/1/blind/" + column), value, hashlib.sha256)


VECTORS = pathlib.Path(__file__).parent.parent / "crates/vault/tests/vectors"
OWN = VECTORS / "own.txt"
OWN_HEAD = """# Values of muster-vault, version 1 of the envelope, written by end2end/verify_vault.py and checked by the tests of the crate.
# envelope: key number, root key, nonce, column, row, value, envelope. Hexadecimal but for numbers and columns, - for what is empty.
# blind: root key, column, value, index. purpose: root key, purpose, derived key. fingerprint: root key, fingerprint.
"""


def unhex(text):
    return b"" if text == "-" else bytes.fromhex(text)


def tests_of(name):
    for line in (VECTORS / name).read_text().splitlines():
        if not line.startswith("#"):
            yield line.split(" ")


def own_lines():
    stream = hashlib.shake_256(b"vectors of muster-vault").digest(1 << 16)
    place = itertools.count(0)

    def draw(n):
        at = next(place) * 97
        return stream[at : at + n]

    for n, length in enumerate([0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 200]):
        key_id, root, nonce, row = [1, 2, 255, 256, 65536, 2**31, 2**32 - 1][n % 7], draw(32), draw(24), draw(16)
        column, plain = [b"users.email", b"users.name", b"mails.content"][n % 3], stream[n * 300 : n * 300 + length]
        sealed = envelope(root, key_id, nonce, column, row, plain)
        words = [key_id, root.hex(), nonce.hex(), column.decode(), row.hex(), plain.hex() or "-", sealed.hex()]
        yield "envelope " + " ".join(map(str, words))
        yield f"blind {root.hex()} {column.decode()} {plain.hex() or '-'} {blind(root, column, plain).hex()}"
        yield f"purpose {root.hex()} session {hkdf(root, b'', b'muster-vault/1/purpose/session').hex()}"
        yield f"fingerprint {root.hex()} {hkdf(root, b'', b'muster-vault/1/fingerprint')[:8].hex()}"


def check_published():
    n = 0
    for number, result, key, iv, aad, msg, ct, tag in tests_of("wycheproof_xchacha20_poly1305.txt"):
        key, iv, aad, msg, ct, tag = map(unhex, (key, iv, aad, msg, ct, tag))
        plain = xchacha_open(key, iv, ct, tag, aad) if len(iv) == 24 else None
        assert plain == (msg if result == "valid" else None), f"Wycheproof {number}"
        n += 1
    return n


def open_column(ring, database, table, id_column, column, name):
    lines = (line.strip().split(":") for line in pathlib.Path(ring).read_text().splitlines() if line.strip())
    roots = {int(number): base64.b64decode(key) for number, state, key in lines if state != "retired"}
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    quoted = [f'"{word}"' for word in (id_column, column, table) if word.isidentifier()]
    told = collections.Counter()
    for row, sealed in db.execute("SELECT {}, {} FROM {}".format(*quoted)):
        if sealed is not None:
            key_id, plain = open_envelope(roots, name.encode(), row, sealed)
            told[(key_id, plain if isinstance(plain, str) else "opened")] += 1
    for (key_id, what), n in sorted(told.items(), key=str):
        print(f"key {key_id}: {n} {what}")
    return all(what == "opened" for _, what in told)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write own.txt anew")
    parser.add_argument("--ring", help="a key ring")
    parser.add_argument("--sqlite", help="a database to open a column of")
    parser.add_argument("column", nargs="*", help="table, its id, the column, its logical name")
    asked = parser.parse_args()
    check_self()
    if asked.sqlite:
        return 0 if open_column(asked.ring, asked.sqlite, *asked.column) else 1
    if asked.write:
        OWN.write_text(OWN_HEAD + "".join(line + "\n" for line in own_lines()))
    n_published = check_published()
    own = [" ".join(words) for words in tests_of("own.txt")]
    expected = list(own_lines())
    for there, here in zip(own, expected):
        assert there == here, f"{there}\nis not\n{here}"
    assert len(own) == len(expected), "own.txt has not all lines"
    for kind, *words in tests_of("own.txt"):
        if kind == "envelope":
            key_id, root, _, column, row, plain, sealed = words
            opened = open_envelope({int(key_id): unhex(root)}, column.encode(), unhex(row), unhex(sealed))
            assert opened == (int(key_id), unhex(plain)), sealed
    print(f"{n_published} published vectors and {len(own)} of our own agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
