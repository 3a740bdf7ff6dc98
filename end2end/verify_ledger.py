#!/usr/bin/env python3
"""Verifies an exported ledger of Muster: `muster audit export --out log.jsonl`.

    verify_ledger.py log.jsonl [--key VERIFIER_KEY]... [--anchor FILE]... [--epoch N]

A second implementation, written from the specifications (RFC 6962, RFC 8032, RFC 8949, C2SP signed-note and
tlog-checkpoint) and from the crate documentation of `crates/ledger`. It needs nothing but Python 3.9 and shares nothing
with the server. Give it the keys that you were told by somebody you trust, and the checkpoints that were kept elsewhere:
without them it can only say that the file agrees with itself.

Exit codes: 0 whole, 1 not readable, 2 wrong usage, 10 body, 11 column, 12 gap, 14 signature, 15 fork, 16 truncated,
18 commitment, 19 a private value is gone that no entry says to be erased.
"""

import argparse
import base64
import email
import email.policy
import hashlib
import json
import sys


class Found(Exception):
    """The first thing that is wrong."""

    def __init__(self, code, position, told):
        super().__init__(told)
        self.code, self.position = code, position


BODY, COLUMN, GAP, SIGNATURE, FORK, TRUNCATED, COMMITMENT, VANISHED = 10, 11, 12, 14, 15, 16, 18, 19

# --- Ed25519, RFC 8032, section 5.1.7 -------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Extended homogeneous coordinates, section 5.1.4."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    i, j, k, l = f - e, h - g, h + g, f + e
    return (i * j % P, k * l % P, j * k % P, i * l % P)


def times(n, point):
    result = (0, 1, 1, 0)
    while n:
        if n & 1:
            result = add(result, point)
        point, n = add(point, point), n >> 1
    return result


def point_of(data):
    """A point from its 32 bytes, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_M1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = point_of(bytes.fromhex("5866666666666666666666666666666666666666666666666666666666666666"))


def is_signed(key, message, signature):
    a, r = point_of(key), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- C2SP signed-note and tlog-checkpoint ----------------------------------------------------------------------------


def key_id(name, key):
    return hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]


def verifier_key(text):
    name, number, data = text.strip().split("+", 2)
    data = base64.b64decode(data, validate=True)
    if data[:1] != b"\x01" or len(data) != 33 or key_id(name, data[1:]).hex() != number:
        raise ValueError("not a verifier key: " + text)
    return name, data[1:]


def open_note(note, keys):
    """The text and how many of `keys` signed it; None for a note that is malformed or wrongly signed by one of them."""
    end = note.rfind("\n\n")
    if end < 0 or not note.endswith("\n"):
        return None
    text, n_good = note[: end + 1], 0
    for line in note[end + 2 :].splitlines():
        try:
            dash, name, data = line.split(" ")
            data = base64.b64decode(data, validate=True)
        except ValueError:
            return None
        if dash != "\u2014" or len(data) < 5:
            return None
        for known, key in keys:
            if known == name and key_id(name, key) == data[:4]:
                if not is_signed(key, text.encode(), data[4:]):
                    return None
                n_good += 1
    return text, n_good


def tree_head(text):
    """origin, size, root, time."""
    lines = text.split("\n")
    size = int(lines[1])
    if str(size) != lines[1]:
        raise ValueError("not a checkpoint")
    root = base64.b64decode(lines[2], validate=True)
    times_told = [int(line[5:]) for line in lines[3:] if line.startswith("time ")]
    name, epoch = lines[0].rsplit("/", 1)
    return name, int(epoch), size, root, times_told[0] if times_told else None


def notes(text):
    """The signed notes of an anchor's file."""
    blocks = [block.strip("\n") for block in text.split("\n\n")]
    pairs = [(a, b) for a, b in zip(blocks, blocks[1:]) if b.startswith("\u2014") and not a.startswith("\u2014")]
    return [a + "\n\n" + b + "\n" for a, b in pairs]


def kept(path):
    """The signed notes in a file: as a server or a webhook keeps them, or a mail as it was saved."""
    data = open(path, "rb").read()
    found = notes(data.decode("utf-8", "replace").replace("\r\n", "\n"))
    if not found:
        body = email.message_from_bytes(data, policy=email.policy.default).get_body(("plain",))
        found = notes(body.get_content().replace("\r\n", "\n")) if body else []
    return found


# --- deterministic CBOR, as far as a leaf needs it, RFC 8949, section 4.2 ----------------------------------------------


def decode(data, at=0):
    """A value and where it ends. Only the shortest form of each is taken."""
    head = data[at]
    kind, small, at = head >> 5, head & 31, at + 1
    if head == 0xF6:
        return None, at
    if small < 24:
        n = small
    elif small < 28:
        length = 1 << (small - 24)
        n = int.from_bytes(data[at : at + length], "big")
        at += length
        if n < (24, 2**8, 2**16, 2**32)[small - 24]:
            raise ValueError("not the shortest form")
    else:
        raise ValueError("an indefinite length")
    if kind == 0:
        return n, at
    if kind == 1:
        return -1 - n, at
    if kind in (2, 3):
        if at + n > len(data):
            raise ValueError("cut short")
        part = bytes(data[at : at + n])
        return (part if kind == 2 else part.decode()), at + n
    if kind == 4:
        items = []
        for _ in range(n):
            item, at = decode(data, at)
            items.append(item)
        return items, at
    raise ValueError("not a part of a leaf")


def leaf_of(body):
    """The fields of a leaf of version 1, by name."""
    value, end = decode(body)
    if end != len(body) or not isinstance(value, list) or value[0] != 1 or len(value) != 13:
        raise ValueError("not a leaf of version 1")
    names = "version kind entry at actor session action object project outcome changes request private".split()
    leaf = dict(zip(names, value))
    sound = (
        isinstance(leaf["kind"], str)
        and isinstance(leaf["entry"], bytes)
        and len(leaf["entry"]) == 16
        and isinstance(leaf["at"], int)
        and isinstance(leaf["action"], str)
        and leaf["outcome"] in (0, 1, 2)
        and all(len(change) == 3 for change in leaf["changes"])
        and all(len(private) == 2 for private in leaf["private"])
    )
    if not sound:
        raise ValueError("a field of another type")
    return leaf


# --- the tree, RFC 6962, section 2.1 ----------------------------------------------------------------------------------


class Tree:
    """The complete subtrees at the right edge of a growing tree, the largest first."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def push(self, leaf):
        self.size, count = self.size + 1, 1
        self.peaks.append((1, leaf))
        while len(self.peaks) > 1 and self.peaks[-2][0] == count:
            right, left = self.peaks.pop()[1], self.peaks.pop()[1]
            count *= 2
            self.peaks.append((count, hashlib.sha256(b"\x01" + left + right).digest()))

    def root(self):
        if not self.peaks:
            return hashlib.sha256().digest()
        root = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        return root


# --- the log ------------------------------------------------------------------------------------------------------------


class Log:
    def __init__(self, trusted, anchors, epoch):
        self.trusted, self.known, self.anchors, self.epoch = trusted, list(trusted), anchors, epoch
        self.tree, self.name = Tree(), None
        self.watches, self.n_checkpoints, self.signed = [], 0, 0
        self.newest_is_trusted, self.good = True, 0
        self.committed, self.erased, self.private = [], set(), {}
        self.began, self.ends, self.remarks = False, None, []

    def watch(self, text, what):
        try:
            name, epoch, size, root, at = tree_head(text)
        except (ValueError, IndexError):
            raise Found(SIGNATURE, self.signed, what + " is no checkpoint") from None
        if self.name not in (None, name):
            raise Found(FORK, self.signed, what + " is one of another log")
        self.name = name
        self.watches.append({"size": size, "root": root, "epoch": epoch, "what": what})
        return size, at

    def checkpoint(self, row):
        what, before = f"checkpoint {self.n_checkpoints}", self.signed
        if row["number"] != self.n_checkpoints:
            raise Found(GAP, before, what + " is missing, doubled or not in its place")
        try:
            keys = [verifier_key(key) for key in row["keys"]]
        except ValueError as error:
            raise Found(COLUMN, before, f"{what}: {error}") from None
        by_trusted, by_own = open_note(row["note"], self.trusted), open_note(row["note"], keys)
        if by_trusted is None or by_own is None or by_own[1] == 0:
            raise Found(SIGNATURE, before, what + " is not signed by its keys")
        self.newest_is_trusted = not self.trusted or by_trusted[1] > 0
        size, at = self.watch(by_own[0], what)
        n_lines = len(row["note"][row["note"].rfind("\n\n") + 2 :].splitlines())
        if (row["size"], row["at"]) != (size, at) or by_own[1] != len(keys) or n_lines != len(keys):
            raise Found(COLUMN, before, what + ": the columns do not say what was signed")
        if size <= before:
            raise Found(GAP, before, what + " is for a smaller log than the one before it")
        self.known += keys
        self.signed, self.n_checkpoints = size, self.n_checkpoints + 1

    def begin(self):
        if self.began:
            return
        self.began = True
        if not self.newest_is_trusted:
            raise Found(SIGNATURE, 0, "the newest checkpoint is not signed by a key that is trusted")
        for note in self.anchors:
            opened = open_note(note, self.known)
            if opened is None or opened[1] == 0:
                raise Found(SIGNATURE, 0, "an anchored checkpoint is not signed by a key that is known")
            self.watch(opened[0], "an anchored checkpoint")
        self.watches.sort(key=lambda watch: watch["size"])

    def entry(self, row):
        self.begin()
        position = self.tree.size
        if row["position"] != position:
            raise Found(GAP, min(position, row["position"]), f"entry #{position} is missing, or one is there twice")
        body = base64.b64decode(row["body"], validate=True)
        digest = hashlib.sha256(b"\x00" + body).digest()
        if digest.hex() != row["hash"]:
            raise Found(BODY, position, f"entry #{position}: its bytes are not those that were hashed")
        try:
            leaf = leaf_of(body)
        except (ValueError, IndexError, TypeError, KeyError) as error:
            raise Found(BODY, position, f"entry #{position}: {error}") from None
        if position == 0:
            name = "muster/" + digest.hex()[:16]
            if self.name not in (None, name):
                raise Found(FORK, 0, "the first entry is not the one that gave the log its name")
            self.name = name
        self.tree.push(digest)
        for watch in self.watches:
            if watch["size"] == self.tree.size:
                if self.tree.root() != watch["root"]:
                    raise Found(FORK, self.good, f"entries from #{self.good} on are not those of {watch['what']}")
                self.good = self.tree.size
        self.note(leaf, position)

    def note(self, leaf, position):
        """What an entry says about the log itself, and what it commits to."""
        if leaf["kind"] == "ledger" and leaf["action"] == "epoch_restart":
            fields = {field: (old, new) for field, old, new in leaf["changes"]}
            epoch, lost = int(fields["epoch"][1]), fields.get("lost", ("0",))[0]
            lost = int(lost.split(" ")[0])
            self.watches = [
                w for w in self.watches if w["size"] <= position or w["epoch"] >= epoch or w["size"] > lost
            ]
            told = f"epoch {epoch} was begun at #{position}; up to #{lost} of the one before is lost"
            if lost > position and epoch > self.epoch:
                raise Found(TRUNCATED, position, told)
            self.remarks.append(told)
        if leaf["kind"] == "ledger" and leaf["action"] == "erase":
            for field, place, _ in leaf["changes"]:
                entry, side = place.split("/")
                self.erased.add((entry, int(side), field))
        entry = leaf["entry"].hex()
        for field, old, new in leaf["changes"]:
            for side, value in ((0, old), (1, new)):
                if isinstance(value, bytes):
                    self.committed.append((position, (entry, side, field), value))
        for field, value in leaf["private"]:
            self.committed.append((position, (entry, 2, field), value))

    def take_private(self, row):
        place = (row["entry"], row["side"], row["field"])
        if place in self.private:
            raise Found(COMMITMENT, 0, f"the value of {row['field']} is there twice")
        person = bytes.fromhex(row["person"] or "")
        data = bytes.fromhex(row["salt"]) + bytes([len(person)]) + person + base64.b64decode(row["value"])
        self.private[place] = hashlib.sha256(data).digest()

    def end(self):
        self.begin()
        size = self.tree.size
        if self.ends != size:
            raise Found(TRUNCATED, size, "the file does not end where it says that it ends")
        if self.private:
            missing = []
            for position, place, commitment in self.committed:
                if place not in self.private:
                    missing.append((position, place))
                elif self.private.pop(place) != commitment:
                    raise Found(COMMITMENT, position, f"entry #{position}: {place[2]} is not what it commits to")
        else:
            missing = []
        beyond = [watch for watch in self.watches if watch["size"] > size]
        if beyond:
            told = f"the log ends before #{size}, but {beyond[0]['what']} covers {beyond[0]['size']} entries"
            raise Found(TRUNCATED, size, told)
        for position, place in missing:
            if place not in self.erased:
                raise Found(VANISHED, position, f"entry #{position}: {place[2]} is gone, and nothing says it was erased")
        if self.private:
            raise Found(COMMITMENT, 0, "a private value belongs to no entry")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export")
    parser.add_argument("--key", action="append", default=[], help="a verifier key that is trusted: name+id+base64")
    parser.add_argument("--anchor", action="append", default=[], help="a file of checkpoints that were kept elsewhere")
    parser.add_argument("--epoch", type=int, default=1, help="the newest epoch that was begun on purpose")
    options = parser.parse_args()
    try:
        anchors = [note for path in options.anchor for note in kept(path)]
        log = Log([verifier_key(key) for key in options.key], anchors, options.epoch)
        with open(options.export, encoding="utf-8") as file:
            for number, line in enumerate(file):
                ((kind, row),) = json.loads(line).items()
                if (kind == "log") != (number == 0) or (kind == "log" and row["format"] != 1):
                    raise ValueError("the first line, and no other, tells which log it is, of format 1")
                if kind == "checkpoint":
                    log.checkpoint(row)
                elif kind == "entry":
                    log.entry(row)
                elif kind == "private":
                    log.take_private(row)
                elif kind == "end":
                    log.ends = row["entries"]
                elif kind != "log":
                    raise ValueError("a line of an unknown kind: " + kind)
        log.end()
    except Found as found:
        print(f"first bad position: #{found.position}: {found}", file=sys.stderr)
        return found.code
    except (OSError, ValueError, KeyError) as error:
        print(f"cannot be read as an exported log: {error}", file=sys.stderr)
        return 1
    for remark in log.remarks:
        print(remark)
    trust = "signed by the keys you gave" if log.trusted else "signed by the keys in the file itself; whose, is not known"
    print(f"{log.name}: {log.tree.size} entries are whole, {log.signed} of them {trust}; root {log.tree.root().hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
