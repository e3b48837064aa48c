"""Books that were never kept: an export with a valid chain, notes signed by openssl, totals, anchors and state, made as fast as
Python goes; and the same with something wrong. Used by the tests and the bench of the verifier.

    books = Made(folder); books.run(entries=20, totals=3); books.text(); books.key (file of the public key)
"""
import base64
import hashlib
import random
import subprocess
from pathlib import Path

from verify_again import lp

STEPS = (("pull", "source", "staged", "new"), ("pull", "source", "unchanged", ""), ("push", "plan", "outbox", ""),
         ("push", "outbox", "sending", ""), ("push", "sending", "delivered", ""), ("pull", "source", "staged", "changed"),
         ("policy", "kept", "purged", "bodies \\ older\tthan\n10y"))


def b64(raw):
    return base64.b64encode(raw).decode()


class Key:
    """An Ed25519 key, of openssl's making unless a file of one is given; its line is written to a file."""

    def __init__(self, folder, origin, name="key", pem=None):
        self.origin, self.pem, self.file = origin, Path(pem or Path(folder) / f"{name}.pem"), Path(folder) / f"{name}.pub"
        self.message = Path(folder) / f"{name}.text"
        if not pem:
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.pem], check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", self.pem, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        self.id = hashlib.sha256(origin.encode() + b"\n\x01" + der[-32:]).digest()[:4]
        self.line = f"{origin}+{self.id.hex()}+{b64(bytes([1]) + der[-32:])}"
        self.file.write_text(self.line + "\n")

    def sign(self, text):
        self.message.write_bytes(text)
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.pem, "-in", self.message], check=True,
                              capture_output=True)
        return text + f"\n— {self.origin} {b64(self.id + done.stdout)}\n".encode()


def escape(value):
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def line(*fields):
    return ("\t".join(map(escape, fields)) + "\n").encode()


def seal(body):
    """The export with its last line."""
    return body + line("z", body.count(b"\n"), hashlib.sha256(body).hexdigest())


def unseal(text):
    return text[:text.rindex(b"\nz\t") + 1]


def totals_digest(text, run):
    mine = [row for row in text.splitlines(keepends=True) if row.startswith(b"t\t%d\t" % run)]
    return hashlib.sha256(b"".join(mine)).digest() if mine else None


def link(before, fields):
    """h of an entry: seq, entry, run_id, hop, ... evidence (bytes), at."""
    return hashlib.sha256(b"\1" + before + b"".join(lp(f.encode() if isinstance(f, str) else f) for f in fields)).digest()


class Made:
    def __init__(self, folder, seed=1, origin="cctns-bridge/00000000-0000-4000-8000-000000000001"):
        self.folder, self.origin, self.draw = Path(folder), origin, random.Random(seed)
        self.signer = Key(folder, origin)
        self.key = self.signer.file
        self.entries, self.totals, self.notes, self.anchors, self.live = [], [], [], [], {}
        self.h = [hashlib.sha256(b"\0" + lp(origin.encode()) + lp(b"1")).digest()]
        self.runs = 0

    def add(self, hop, debit, credit, reason, n, unit="UP/लखनऊ"):
        seq = len(self.entries) + 1
        fields = [seq, seq + seq // 7, self.runs, hop, "igrs", "complaint", unit, debit, credit, n, reason,
                  self.draw.randbytes(32), 1_600_000_000_000_000 + seq * 1_000_003]
        self.entries.append(fields)
        self.h.append(link(self.h[-1], fields))
        for name, change in ((debit, -n), (credit, n)):
            if hop == "push" and name != "plan":
                self.live[name] = self.live.get(name, 0) + change
        if hop == "pull" and credit == "staged" and reason == "new":
            self.live["staged:complaint"] = self.live.get("staged:complaint", 0) + n

    def run(self, entries=10, totals=2, note=True):
        """Another run: its entries, its totals, and the note that ends it."""
        self.runs += 1
        for i in range(entries):
            step = STEPS[i % len(STEPS)]
            self.add(*step, 3)
        self.totals += [[self.runs, "police", "igrs", f"U{i}", "open", "", "2026-01-01", i, self.draw.randbytes(32).hex()]
                        for i in range(totals)]
        if note:
            self.note()

    def note_text(self, run=None, size=None, h=None, prev=None, totals="mine"):
        run = self.runs if run is None else run
        size = len(self.entries) if size is None else size
        if prev is None:
            prev = b64(hashlib.sha256(self.notes[-1][2]).digest()) if self.notes else "-"
        if totals == "mine":
            digest = totals_digest(b"".join(line("t", *row) for row in self.totals), run)
            totals = b64(digest) if digest else "-"
        return (f"{self.origin}\n{size}\n{b64(h or self.h[size])}\nrun {run} prev {prev} totals {totals} "
                f"at 2026-01-{min(run, 28):02d}T20:30:00Z\n").encode()

    def note(self, signer=None, **more):
        text = self.note_text(**more)
        self.notes.append([more.get("size", len(self.entries)), more.get("run", self.runs), (signer or self.signer).sign(text)])
        self.anchors.append([len(self.notes), "file:/srv/auditor", 1_600_000_000_000_000, b"" if len(self.notes) % 2 else b"\0token"])

    def body(self):
        yield line("cctns-bridge-ledger", 1, self.origin)
        for fields, h in zip(self.entries, self.h[1:]):
            yield line("e", *fields[:11], fields[11].hex(), fields[12], h.hex())
        for row in self.totals:
            yield line("t", *row)
        for i, (size, run, note) in enumerate(self.notes):
            yield line("n", i + 1, size, run, b64(note))
        for checkpoint, place, at, proof in self.anchors:
            yield line("a", checkpoint, place, at, b64(proof))
        for name, n in sorted(self.live.items()):
            yield line("s", name, n)

    def text(self):
        return seal(b"".join(self.body()))
