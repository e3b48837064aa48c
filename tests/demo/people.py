"""Complaints of made-up people in canonical words, for the states whose peers speak them: the matters are those of words.py."""
import random
import zlib
from datetime import timedelta

import words
from generate import account, person
from play import utc

# canonical category = the word under which words.py has its stories
MATTER = {"CRIME": "Crime", "WOMEN": "Crime against women", "CYBER": "Cyber crime", "NOFIR": "FIR not registered",
          "POLMISC": "Police conduct", "CORRUPT": "Corruption", "TRAFFIC": "Traffic", "PROPERTY": "Land and property",
          "LAWORDER": "Law and order", "ILLTRADE": "Illegal trade", "VERIF": "Verification", "SUGGEST": "Suggestion",
          "SERVICE": "Service matter", "HR": "Human rights", "OTHER": "Other"}
WEIGHTS = {ours: words.WEIGHTS[theirs] for ours, theirs in MATTER.items()}
GENDER = {"Male": "M", "Female": "F", "Third gender": "T", "Not stated": "U"}


def pdf(title, lines=()):
    """A page of ASCII as a PDF document, true enough for a reader and small."""
    text = "".join(f"({''.join(c for c in line if c.isascii() and c not in '()' + chr(92))}) Tj T*\n" for line in (title, *lines))
    stream = f"BT /F1 12 Tf 50 780 Td 16 TL\n{text}ET"
    parts = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
             "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
             f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    out, places = "%PDF-1.4\n", []
    for n, part in enumerate(parts, 1):
        places.append(len(out))
        out += f"{n} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    return (f"{out}xref\n0 6\n0000000000 65535 f \n{table}trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n").encode("ascii")


def png(n):
    """A picture of one point, its colour by the number."""
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    point = bytes([0, n % 251, n // 251 % 251, n // 63001 % 251])
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\2\0\0\0") + chunk(b"IDAT", zlib.compress(point)) + chunk(b"IEND", b""))


class People:
    """Complaints in canonical words, one after another, the same for the same seed."""

    def __init__(self, seed):
        self.rng, self.serial = random.Random(seed), 0

    def complaint(self, received, unit, district, categories=None):
        """received: a naive Indian time."""
        rng = self.rng
        self.serial += 1
        weights = categories or WEIGHTS
        category = rng.choices(list(weights), list(weights.values()))[0]
        hindi = rng.random() < 0.7
        name, father, gender = person(rng, hindi)
        subject, body = account(rng, MATTER[category], hindi, received - timedelta(days=rng.randrange(1, 40)))
        place = rng.choice(words.PLACES)[0 if hindi else 1]
        r = {"unit": unit, "received_at": utc(received), "category": category, "subject": subject, "body": body, "complainant": name,
             "relative_name": father, "gender": GENDER[gender], "age": rng.randrange(18, 86),
             "address": f"{'ग्राम' if hindi else 'Village'} {place}\n{district}", "mobile": f"+9155{rng.randrange(10**8):08d}"}
        return r

    def letter(self, share=0.1):
        """The scan of the letter, for one complaint in so many; else nothing."""
        if self.rng.random() >= share:
            return []
        n = self.serial
        if self.rng.random() < 0.2:
            return [{"key": "1", "name": f"photo-{n}.png", "type": "image/png", "role": "EVIDENCE", "bytes": png(n)}]
        return [{"key": "1", "name": f"letter-{n}.pdf", "type": "application/pdf", "role": "COMPLAINT",
                 "bytes": pdf(f"Letter {n}", ["scanned at the counter"])}]
