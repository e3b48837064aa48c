"""Complaints of made-up people in canonical words, for the states whose peers speak them: the matters are those of words.py."""
import random
from datetime import timedelta

import words
from files import pdf, png
from generate import account, person
from play import utc

# canonical category = the word under which words.py has its stories
MATTER = {"CRIME": "Crime", "WOMEN": "Crime against women", "CYBER": "Cyber crime", "NOFIR": "FIR not registered",
          "POLMISC": "Police conduct", "CORRUPT": "Corruption", "TRAFFIC": "Traffic", "PROPERTY": "Land and property",
          "LAWORDER": "Law and order", "ILLTRADE": "Illegal trade", "VERIF": "Verification", "SUGGEST": "Suggestion",
          "SERVICE": "Service matter", "HR": "Human rights", "OTHER": "Other"}
WEIGHTS = {ours: words.WEIGHTS[theirs] for ours, theirs in MATTER.items()}
GENDER = {"Male": "M", "Female": "F", "Third gender": "T", "Not stated": "U"}


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
