#!/usr/bin/python3
"""Grievances of June 2020 at the rehearsal portal, made by a seeded generator: the same seed gives the same ones.

    generate.py [--seed 2020] [--store PORTAL/store.db]      without --store, figures only

20,100 grievances in all 75 districts, 1,017 of them for Kannauj. Words are from words.py; mobiles begin with 5, which
no subscriber's does.
"""
import argparse
import csv
import random
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "portals")]

import words
from files import pdf

ROOT = HERE.parent.parent
TOTAL, KANNAUJ, LEAST = 20100, 1017, 90
CITIES = {"Lucknow": 3.2, "Kanpur Nagar": 2.8, "Prayagraj": 2.7, "Ghaziabad": 2.2, "Gautam Buddha Nagar": 2.0,
          "Agra": 2.2, "Varanasi": 2.1, "Gorakhpur": 2.3, "Meerut": 2.0, "Bareilly": 1.9, "Azamgarh": 2.0,
          "Jaunpur": 1.9, "Sitapur": 1.8, "Hardoi": 1.8, "Aligarh": 1.9}
SOURCES = {"CM Reference": 6, "DM Reference": 14, "CM Helpline 1076": 30, "PG Portal": 4, "Online": 24,
           "Tehsil Samadhan Diwas": 7, "Thana Samadhan Diwas": 8, "e-District": 1, "Offline": 4,
           "Divisional Commissioner": 2}
FIRST, LAST = datetime(2020, 6, 1, 7), datetime(2020, 6, 30, 18)


def units():
    """The rows of the unit list that are districts: dicts with unit, name_en, name_hi, and a dict of aliases."""
    out = []
    with open(ROOT / "mappings" / "units" / "up.csv", encoding="utf-8", newline="") as f:
        for row in csv.DictReader(line for line in f if not line.startswith("#")):
            pairs = [word.split(":", 1) for word in (row.get("aliases") or "").split() if ":" in word]
            row["alias"] = {}
            for scheme, code in pairs:
                row["alias"].setdefault(scheme, code)
            out.append(row)
    return out


def districts():
    """[(portal's district code, English name)] in the order of the codes."""
    return sorted((u["alias"]["igrs"], u["name_en"]) for u in units() if u["level"] == "DISTRICT")


def share(rng, places):
    """How many grievances each district has: TOTAL in all, KANNAUJ in Kannauj."""
    weight = {code: CITIES.get(name, 1.0) * rng.uniform(0.6, 1.3) for code, name in places if name != "Kannauj"}
    rest = TOTAL - KANNAUJ - LEAST * len(weight)
    whole = sum(weight.values())
    counts = {code: LEAST + int(rest * w / whole) for code, w in weight.items()}
    short = TOTAL - KANNAUJ - sum(counts.values())
    for code in sorted(counts)[:short]:
        counts[code] += 1
    counts.update({code: KANNAUJ for code, name in places if name == "Kannauj"})
    return counts


def person(rng, hindi):
    """(name, father's name, gender) in one script."""
    script = 0 if hindi else 1
    family = rng.choice(words.FAMILIES)[script]
    gender = rng.choices(("Male", "Female", "Third gender", "Not stated"), (68, 30, 0.5, 1.5))[0]
    first = rng.choice(words.WOMEN if gender == "Female" else words.MEN)[script]
    return f"{first} {family}", f"{rng.choice(words.MEN)[script]} {family}", gender


def account(rng, category, hindi, day):
    """(subject, text)."""
    side = 0 if hindi else 1
    subject, told = rng.choice(words.MATTERS[category][side])
    other, _, _ = person(rng, hindi)
    told = told.format(d=day.strftime("%d.%m.%Y"), p=rng.choice(words.PLACES)[side], n=other,
                       a=rng.randrange(5, 900) * 100)
    more = rng.sample(words.MORE_HI if hindi else words.MORE_EN, rng.randrange(1, 5))
    ask = rng.choice(words.ASK_HI if hindi else words.ASK_EN)
    head = "सेवा में, श्रीमान पुलिस अधीक्षक महोदय।" if hindi else "To the Superintendent of Police."
    return subject, "\n".join([head, told, *more, ask])


def complaints(seed=2020, one_in=1):
    """All grievances (or one in so many of each district), in the order in which they were marked; dicts as
    store.add_complaints() takes them."""
    rng = random.Random(seed)
    places = districts()
    out = []
    serial = 0
    span = int((LAST - FIRST).total_seconds())
    for code, n in sorted(share(rng, places).items()):
        name = dict(places)[code]
        for _ in range(-(-n // one_in)):
            serial += 1
            hindi = rng.random() < 0.72
            received = FIRST + timedelta(seconds=rng.randrange(span))
            marked = min(received + timedelta(minutes=rng.randrange(10, 1500)), datetime(2020, 6, 30, 22, 30))
            category = rng.choices(list(words.WEIGHTS), list(words.WEIGHTS.values()))[0]
            applicant, father, gender = person(rng, hindi)
            subject, details = account(rng, category, hindi, received - timedelta(days=rng.randrange(1, 40)))
            place = rng.choice(words.PLACES)[0 if hindi else 1]
            address = (f"ग्राम {place}\nजनपद {name}" if hindi else f"Village {place}\nDistrict {name}")
            out.append({
                "code": f"2{int(code):03d}20{serial:08d}",
                "source": rng.choices(list(SOURCES), list(SOURCES.values()))[0],
                "category": category, "subject": subject, "details": details, "name": applicant,
                "father_name": father, "gender": gender,
                "age": rng.randrange(18, 86) if rng.random() < 0.8 else None,
                "mobile": f"55{rng.randrange(10**8):08d}" if rng.random() < 0.95 else None,
                "email": f"a{serial}@example.org" if rng.random() < 0.12 else None,
                "address": address, "pin": str(rng.randrange(201001, 285000)),
                "district_code": code, "district": name,
                "received_on": str(received), "marked_on": str(marked),
                "files": [{"id": str(i + 1), "name": f"prarthna-patra-{serial}-{i + 1}.pdf", "type": "application/pdf",
                           "role": "GRIEVANCE", "content": pdf(f"Application {serial}, page {i + 1}")}
                          for i in range(rng.choices((0, 1, 2), (95, 4, 1))[0])],
            })
            source = out[-1]["source"]
            out[-1]["priority"] = 2 if source in ("CM Reference", "CM Helpline 1076") else 3
            if source == "PG Portal":
                out[-1].update(parent_system="cpgrams", parent_number=f"GOVUP/E/2020/{serial:07d}")
    out.sort(key=lambda g: (g["marked_on"], g["code"]))
    return out


def main():
    ask = argparse.ArgumentParser(description="grievances of June 2020")
    ask.add_argument("--seed", type=int, default=2020)
    ask.add_argument("--store", type=Path)
    args = ask.parse_args()
    made = complaints(args.seed)
    if args.store:
        from store import Store
        Store(args.store).add_complaints(made)
    by = Counter(g["district"] for g in made)
    letters = sum(len(g["details"]) for g in made)
    print(f"{len(made):,} grievances in {len(by)} districts, Kannauj {by['Kannauj']:,}, "
          f"fewest {min(by.values())}, most {max(by.values())}; {letters // len(made)} characters each")


if __name__ == "__main__":
    main()
