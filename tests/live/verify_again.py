#!/usr/bin/python3
"""The second verifier of the books: Python and nothing else, written from the description of the export and of the note.

usage: verify_again.py [--key FILE]... [--memory FILE] [--note FILE]... EXPORT|-

It answers in the words, and with the exit codes, of cctns-bridge-verify; where the two differ, one of them is wrong. It only
reads: the memory is never written here. What it finds is told in this order, the first is the word:

    not an export; altered at entry N; forged note N; tail cut; history rewritten; totals altered in run N;
    books and tables differ: ACCOUNT; unanchored; whole
"""
import argparse
import base64
import functools
import hashlib
import re
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

NOT_EXPORT = "not an export"
ORDER = ("altered at entry {}", "forged note {}", "tail cut", "history rewritten", "totals altered in run {}",
         "books and tables differ: {}", "unanchored")
ALTERED, FORGED, CUT, REWRITTEN, TOTALS, DIFFER, UNANCHORED = range(7)
SOURCES = {b"source", b"plan", b"difference", b"kept"}
LINE, NOTE, NAME, ACCOUNTS = 1 << 20, 16384, 200, 512
FORMS = {b"e": "iiittttttitxix", b"t": "ittttttix", b"n": "iiib", b"a": "itib", b"s": "ti", b"z": "ix"}
KINDS = list(FORMS)
UNESCAPE = {b"\\t": b"\t", b"\\n": b"\n", b"\\\\": b"\\"}


class NotAnExport(Exception):
    pass


class CannotVerify(Exception):
    pass


# ---------------------------------------------------------------- Ed25519, RFC 8032

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(n, p):
    out = (0, 1, 1, 0)
    while n:
        if n & 1:
            out = _add(out, p)
        p, n = _add(p, p), n >> 1
    return out


def _point(raw):
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * ROOT % P
    if (x * x - xx) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@functools.lru_cache(1000)
def ed25519(public, message, signature):
    a, r, s = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    one, two = _times(s, BASE), _add(r, _times(k, a))
    return (one[0] * two[2] - two[0] * one[2]) % P == 0 and (one[1] * two[2] - two[1] * one[2]) % P == 0


# ---------------------------------------------------------------- small things, one spelling each

def number(text):
    if not re.fullmatch(rb"0|-?[1-9][0-9]{0,18}", text) or not -2**63 <= int(text) < 2**63:
        raise ValueError
    return int(text)


def unhex(text):
    if not re.fullmatch(rb"[0-9a-f]{64}", text):
        raise ValueError
    return bytes.fromhex(text.decode())


def unbase64(text):
    out = base64.b64decode(text, validate=True)
    if base64.b64encode(out) != text:
        raise ValueError
    return out


def hash64(text):
    if len(text) != 44 or len(unbase64(text)) != 32:
        raise ValueError
    return unbase64(text)


def is_name(text):
    return re.fullmatch(rb"[!-*,-~]{1,%d}" % NAME, text) is not None


def lp(value):
    raw = struct.pack(">q", value) if isinstance(value, int) else value
    return struct.pack(">I", len(raw)) + raw


# ---------------------------------------------------------------- keys and notes

def read_keys(text):
    """[(name, id, public key)] of the lines of a key file."""
    keys = []
    for line in text.splitlines():
        if not line or line.startswith(b"#"):
            continue
        try:
            name, ident, coded = line.split(b"+", 2)
            raw = unbase64(coded)
            if len(raw) != 33 or raw[0] != 1 or not is_name(name):
                raise ValueError
            if hashlib.sha256(name + b"\n" + raw).hexdigest()[:8].encode() != ident:
                raise ValueError
        except ValueError as why:
            raise CannotVerify("a line is not a key") from why
        keys.append((name, bytes.fromhex(ident.decode()), raw[1:]))
    if not keys:
        raise CannotVerify("no key")
    return keys


NOTE_FORM = re.compile(rb"([^\n ]+)\n([0-9]+)\n([^\n ]+)\nrun (-?[0-9]+) prev ([^\n ]+) totals ([^\n ]+) at "
                       rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n\n\xe2\x80\x94 ([^\n ]+) ([^\n ]+)\n")


def read_note(raw, keys):
    """The note; .signed is true also where there is no key. Raises ValueError when it has not the form of one."""
    form = NOTE_FORM.fullmatch(raw)
    if len(raw) >= NOTE or not form:
        raise ValueError
    origin, size, h, run, prev, totals, at, name, coded = form.groups()
    signature = unbase64(coded)
    if not is_name(origin) or name != origin or len(signature) != 68:
        raise ValueError
    none = lambda text: None if text == b"-" else hash64(text)
    note = SimpleNamespace(raw=raw, origin=origin, size=number(size), h=hash64(h), run=number(run), prev=none(prev),
                           totals=none(totals), at=at.decode(), digest=hashlib.sha256(raw).digest())
    text = raw[:raw.index(b"\n\n") + 1]
    note.signed = not keys or any(k[0] == name and k[1] == signature[:4] and ed25519(k[2], text, signature[4:]) for k in keys)
    return note


# ---------------------------------------------------------------- the export

def lines_of(stream):
    """(number of lines before, line with its LF)"""
    count = 0
    while line := stream.readline(LINE + 1):
        if len(line) > LINE or not line.endswith(b"\n") or b"\0" in line:
            raise NotAnExport("cut short, too long, or not text")
        yield count, line
        count += 1


def fields_of(line):
    def undo(match):
        if match[0] not in UNESCAPE:
            raise NotAnExport("a backslash that stands for nothing")
        return UNESCAPE[match[0]]
    return [re.sub(rb"\\.?", undo, f, flags=re.S) if b"\\" in f else f for f in line.rstrip(b"\n").split(b"\t")]


class Books:
    def __init__(self, keys, given):
        self.keys, self.given, self.seen = keys, given, set()
        self.found = {}
        self.links, self.totals, self.notes, self.accounts = [], {}, [], {}
        self.run, self.all = None, hashlib.sha256()
        self.sealed = self.newest = self.anchors = self.checkpoint = 0
        self.ended = False

    def tell(self, what, name=""):
        name = name if isinstance(name, bytes) else str(name).encode()
        self.found.setdefault(what, "".join(chr(b) if 32 <= b <= 126 else "?" for b in name[:NAME]))

    def account(self, name, before=b""):
        if len(name) > NAME:
            raise NotAnExport("too long a name of an account")
        name = before + name
        if name not in self.accounts and len(self.accounts) == ACCOUNTS:
            raise NotAnExport("too many accounts")
        return self.accounts.setdefault(name, SimpleNamespace(balance=0, booked=0, live=None))

    def entry(self, seq, entry, run, hop, system, stream, unit, debit, credit, n, reason, evidence, at, h):
        if not 1 <= n <= 2**31 - 1:
            raise NotAnExport("an entry of no records, or of too many")
        place = len(self.links)
        body = b"\1" + self.links[-1] + b"".join(map(lp, (seq, entry, run, hop, system, stream, unit, debit, credit, n, reason,
                                                          evidence, at)))
        if seq != place or hashlib.sha256(body).digest() != h:
            self.tell(ALTERED, place)
        self.links.append(h)
        for name, change in ((debit, -n), (credit, n)):
            account = self.account(name)
            account.balance += change
            if hop == b"push" and name != b"plan":
                account.booked += change
        if hop == b"pull" and credit == b"staged" and reason == b"new":
            self.account(stream, b"staged:").booked += n

    def total(self, line, run):
        if self.run is not None and run < self.run:
            raise NotAnExport("totals out of order")
        self.run = run
        self.totals.setdefault(run, hashlib.sha256()).update(line)

    def against(self, note):
        """Whether a trusted note tells the chain as it is."""
        if note.size >= len(self.links):
            self.tell(CUT)
        elif self.links[note.size] != note.h:
            self.tell(REWRITTEN)
        else:
            self.sealed = max(self.sealed, note.size)
            return True

    def note(self, checkpoint, size, run, raw):
        self.seen.add(raw)
        before = self.notes[-1] if self.notes else None
        self.checkpoint = checkpoint
        if checkpoint != len(self.notes) + 1:
            self.tell(REWRITTEN)
        try:
            note = read_note(raw, self.keys)
        except ValueError:
            note = SimpleNamespace(digest=hashlib.sha256(raw).digest(), size=-1, signed=False)
        self.notes.append(note)
        if not note.signed or note.size != size or note.run != run or note.origin != self.origin:
            return self.tell(FORGED, len(self.notes))
        if note.prev != (before and before.digest) or before and note.size < before.size:
            self.tell(REWRITTEN)
        self.against(note)
        if note.totals != (self.totals[run].digest() if run in self.totals else None):
            self.tell(TOTALS, run)
        self.newest = max(self.newest, run)

    def anchor(self, checkpoint):
        self.anchors += 1
        if not 1 <= checkpoint <= self.checkpoint:
            self.tell(CUT)

    def state(self, name, n):
        account = self.account(name)
        if account.live is not None or n < 0:
            raise NotAnExport("an account that is told twice, or less than none")
        account.live = n

    def read(self, stream):
        at = 0
        for count, line in lines_of(stream):
            fields = fields_of(line)
            if count == 0:
                if len(fields) != 3 or fields[:2] != [b"cctns-bridge-ledger", b"1"] or not is_name(fields[2]):
                    raise NotAnExport("not the first line of one")
                self.origin = fields[2]
                self.links.append(hashlib.sha256(b"\0" + lp(self.origin) + lp(b"1")).digest())
                self.all.update(line)
                continue
            kind = fields[0]
            if self.ended or kind not in KINDS[at:] or len(fields) != len(FORMS[kind]) + 1:
                raise NotAnExport("not a line that may stand here")
            at = KINDS.index(kind)
            try:
                values = [{"i": number, "t": bytes, "x": unhex, "b": unbase64}[f](text)
                          for f, text in zip(FORMS[kind], fields[1:])]
            except ValueError as why:
                raise NotAnExport("a number, a hash or base64 that is none") from why
            if kind == b"e":
                self.entry(*values)
            elif kind == b"t":
                self.total(line, values[0])
            elif kind == b"n":
                self.note(*values)
            elif kind == b"a":
                self.anchor(values[0])
            elif kind == b"s":
                self.state(*values)
            elif values != [count, self.all.digest()]:
                raise NotAnExport("what stands before it is not what it tells of")
            self.ended = kind == b"z"
            self.all.update(line)
        if not self.ended:
            raise NotAnExport("cut short")

    def judge(self):
        for note in self.given:
            if note.origin != self.origin:
                self.tell(REWRITTEN)
            elif self.against(note) and note.raw not in self.seen:
                self.tell(REWRITTEN if self.notes and note.size < self.notes[-1].size else CUT)
        for name, account in sorted(self.accounts.items()):
            if account.balance < 0 and name not in SOURCES or account.booked != (account.live or 0):
                self.tell(DIFFER, name)
        if not self.keys or not self.notes or self.sealed < len(self.links) - 1 or max(self.totals, default=0) > self.newest:
            self.tell(UNANCHORED)


def verify(stream, keys=(), given=()):
    """(word, exit code). keys: texts of key files; given: (name, bytes) of notes beside the export. CannotVerify: no word."""
    keys = [key for text in keys for key in read_keys(text)]
    notes, forged = [], None
    for name, raw in given:
        try:
            note = read_note(raw, keys)
        except ValueError as why:
            raise CannotVerify(f"{name}: it has not the form of a note") from why
        if note.signed:
            notes.append(note)
        else:
            forged = forged or name
    books = Books(keys, notes)
    if forged:
        books.tell(FORGED, forged)
    try:
        books.read(stream)
    except NotAnExport:
        return NOT_EXPORT, 3
    books.judge()
    if not books.found:
        return "whole", 0
    first = min(books.found)
    return ORDER[first].format(books.found[first]), 1 if first >= DIFFER else 2


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--key", action="append", default=[])
    options.add_argument("--memory")
    options.add_argument("--note", action="append", default=[])
    options.add_argument("export")
    given = options.parse_args()
    try:
        notes = [(name, Path(name).read_bytes()) for name in ([given.memory] if given.memory and Path(given.memory).exists() else [])
                 + given.note]
        stream = sys.stdin.buffer if given.export == "-" else open(given.export, "rb")
        word, code = verify(stream, [Path(k).read_bytes() for k in given.key], notes)
    except (CannotVerify, OSError) as why:
        print(f"error: could not verify: {why}", file=sys.stderr)
        return 3
    print(word)
    return code


if __name__ == "__main__":
    sys.exit(main())
