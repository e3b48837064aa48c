"""Exports, notes and keys that chance has spoiled: two verifiers that must agree, and one that must never break. The seed is
printed; VERIFY_SEED plays another, VERIFY_FUZZ makes it longer."""
import os
import random
import re

import pytest

from made_books import Made, seal, unseal
from verifiers import SEED, both, run

WORDS = re.compile(r"(whole|unanchored|altered at entry \d+|tail cut|history rewritten|forged note \S+|totals altered in run -?\d+|"
                   r"books and tables differ: .*|not an export)")


@pytest.fixture
def books(tmp_path):
    made = Made(tmp_path)
    for entries in (7, 9, 14):
        made.run(entries)
    return made


def test_both_verifiers_agree_on_changes_by_chance(books):
    """200 changes of one byte, with the last line made right again so that it does not tell at once. Books that were changed
    are never called whole; proofs of others and places in anchors are not covered by the chain."""
    draw = random.Random(SEED)
    print(f"VERIFY_SEED={SEED}")
    body, seen = unseal(books.text()), {}
    for i in range(200):
        at = draw.randrange(len(body))
        spoiled = body[:at] + bytes([draw.choice([b for b in range(256) if b != body[at]] if i % 3 else
                                                 [b for b in b"\t\n\\0123456789abcdef=-" if b != body[at]])]) + body[at + 1:]
        word, code = both(seal(spoiled), books.key)
        row = body[body.rfind(b"\n", 0, at) + 1:].split(b"\n", 1)[0]
        assert word != "whole" or row.startswith(b"a\t"), (SEED, i, at, row)
        seen[word.rstrip("0123456789 ")] = seen.get(word.rstrip("0123456789 "), 0) + 1
        assert i % 20 or both(spoiled + books.text()[len(body):], books.key) == ("not an export", 3)
    assert {"not an export", "altered at entry", "forged note"} <= set(seen), seen


def test_chance_never_breaks_the_verifier(books, tmp_path):
    """Spoiled in many places at once, in export, note and key: always a word that it has, never a crash."""
    draw = random.Random(SEED + 1)
    samples = {"export": books.text(), "note": books.notes[2][2], "key": books.key.read_bytes()}
    for _ in range(int(os.environ.get("VERIFY_FUZZ", "100"))):
        for name, text in samples.items():
            raw = bytearray(text if draw.random() < 0.5 else samples[name])
            if draw.random() < (0.9 if name == "export" else 0.4):
                for _ in range(draw.choice((1, 2, 10))):
                    at, length = draw.randrange(len(raw)), draw.choice((0, 1, 1, 5, 200))
                    raw[at:at + length] = draw.choice((draw.randbytes(draw.choice((0, 1, 3))), raw[draw.randrange(len(raw)):][:80],
                                                       b"\t", b"\n", b"-", b"9" * 20, b"=" * 5, b"\\", b"A" * 70000))
            raw = bytes(raw)
            if name == "export" and draw.random() < 0.7 and b"\nz\t" in raw:
                raw = seal(unseal(raw))
            (tmp_path / name).write_bytes(raw)
        code, out, err = run("--key", tmp_path / "key", "--note", tmp_path / "note", tmp_path / "export")
        assert code in (0, 1, 2, 3), (SEED, code, err)
        assert WORDS.fullmatch(out.split("\n", 1)[0]) if out else code == 3 and err.startswith("error: "), (SEED, out, err)
