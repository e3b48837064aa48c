"""How people write: the same name in two scripts, the same grievance in two languages, and what a hurried hand does to both.

Nothing here reads mappings/match or knows what the product makes equal: Latin spellings come from the rules of SOUNDS, slips from a
keyboard and from what writers of Hindi confuse, texts from deeds.py. make(seed, pairs, held) -> Set of complaints, labelled pairs and pairs
that only look so, each with the kind of its variation. Nobody here is real; mobile numbers begin with 5, which no subscriber has.
"""
import datetime
import random

from deeds import FATHERLY, FRAMES, HELD_OUT, NAMES, PLACES, SURNAMES, TUNED

START = datetime.datetime(2020, 3, 1, 6, 0, tzinfo=datetime.timezone.utc)
DOORS = ("igrs", "cmup", "cpgrams", "nhrc")
DISTRICTS = ("UP-118", "UP-119", "UP-120", "UP-155", "UP-162")

# What a letter of Devanagari becomes in Latin letters; the first is met most.
SOUNDS = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "n", "च": "ch", "छ": "chh ch", "ज": "j", "झ": "jh", "ञ": "n", "ट": "t", "ठ": "th",
    "ड": "d", "ढ": "dh", "ण": "n", "त": "t", "थ": "th", "द": "d", "ध": "dh", "न": "n", "प": "p", "फ": "ph f", "ब": "b", "भ": "bh",
    "म": "m", "य": "y", "र": "r", "ल": "l", "व": "v w", "श": "sh s", "ष": "sh", "स": "s", "ह": "h",
    "अ": "a", "आ": "a aa", "इ": "i", "ई": "i ee", "उ": "u", "ऊ": "u oo", "ऋ": "ri", "ए": "e", "ऐ": "ai e", "ओ": "o", "औ": "au ou o",
    "ा": "a aa", "ि": "i", "ी": "i ee", "ु": "u", "ू": "u oo", "ृ": "ri", "े": "e", "ै": "ai e", "ो": "o", "ौ": "au ou o",
}
WITH_DOT = {"ज": "z j", "फ": "f ph", "ख": "kh", "ग": "g gh", "क": "q k", "ड": "d r", "ढ": "dh rh"}
VOWELS, SIGNS, DOT, HALANT = "अआइईउऊऋएऐओऔ", "ािीुूृेैोौ", "\u093c", "\u094d"
KEYS = {"a": "s", "e": "r", "i": "o", "o": "p", "u": "y", "n": "m", "m": "n", "s": "d", "d": "f", "r": "t", "t": "y", "k": "l", "l": "k",
        "h": "j", "p": "o", "g": "h", "v": "b", "b": "v"}


class Hand:
    """One who writes."""

    def __init__(self, draw):
        self.draw = draw

    def pick(self, options):
        options = options.split()
        return options[0] if len(options) == 1 or self.draw.random() < .6 else self.draw.choice(options[1:])

    def latin(self, text, proper=True):
        return " ".join(self.word(w, proper) for w in text.split())

    def word(self, word, proper):
        """One word by its sounds; the vowel that a letter has of itself is left out where it is not spoken."""
        if not any("\u0900" <= c <= "\u097f" for c in word):
            return word
        units, i = [], 0                                    # [consonant, vowel]
        word = word.replace("क्ष", "\x01").replace("ज्ञ", "\x02")
        while i < len(word):
            c, after = word[i], word[i + 1:i + 2]
            if c in SIGNS and units:
                units[-1][1] = self.pick(SOUNDS[c])
            elif c == HALANT and units:
                units[-1][1] = ""
            elif c in "\u0902\u0901":
                units.append(["m" if after and after in "पफबभम" else "n", ""])
            elif c in VOWELS:
                units.append(["", self.pick(SOUNDS[c])])
            elif c == "\x01":
                units.append([self.pick("ksh x"), None])
            elif c == "\x02":
                units.append(["gy", None])
            elif c in SOUNDS:
                dotted = after == DOT
                units.append([self.pick(WITH_DOT[c] if dotted and c in WITH_DOT else SOUNDS[c]), None])
            elif c != DOT:
                units.append([c if c < "\u0900" else "", ""])
            i += 1
        for k, unit in enumerate(units):
            if unit[1] is None:
                last = k == len(units) - 1
                cluster = k and units[k - 1][1] == "" and units[k - 1][0].isalpha()
                inner = 0 < k < len(units) - 1 and units[k - 1][1] != "" and units[k + 1][1] not in (None, "") and units[k + 1][0]
                spoken = cluster if last else not inner
                unit[1] = "a" if spoken and not (last and self.draw.random() < .3) else ""
        out = "".join(c + v for c, v in units)
        return out.capitalize() if proper else out

    def hindi(self, word):
        """What writers of Hindi do not agree on, or confuse; no vowel sign is changed by it."""
        d = self.draw
        for a, b in (("न्द", "ंद"), ("न्त", "ंत"), ("म्प", "ंप"), ("म्ब", "ंब"), (DOT, ""), ("ण", "न"), ("ये", "ए"), ("यी", "ई")):
            if a in word and d.random() < .5:
                word = word.replace(a, b)
        return word

    def slip(self, text, times):
        """A hurried hand: letters changed about, left out, doubled, or the key beside it."""
        d, out = self.draw, list(text)
        for _ in range(times):
            places = [i for i in range(1, len(out) - 1) if out[i].isalpha() and out[i - 1].isalpha()]
            if not places:
                break
            at, what = d.choice(places), d.randrange(4)
            if what == 0:
                out[at], out[at - 1] = out[at - 1], out[at]
            elif what == 1:
                del out[at]
            elif what == 2:
                out.insert(at, out[at])
            else:
                out[at] = KEYS.get(out[at].lower(), out[at])
        return "".join(out)


class Set:
    def __init__(self, seed, held):
        self.draw = random.Random(seed)
        self.hand = Hand(self.draw)
        self.deeds, self.frames = (HELD_OUT, FRAMES["held"]) if held else (TUNED, FRAMES["tuned"])
        self.complaints, self.twins, self.tempting, self.n = [], {}, {}, 0

    # ---- who ----

    def person(self):
        d = self.draw
        return dict(first=d.choice(NAMES), last=d.choice(SURNAMES), father=d.choice(FATHERLY), mobile=self.mobile(),
                    unit=d.choice(DISTRICTS), place=d.choice(PLACES))

    def mobile(self):
        return f"+915{self.draw.randrange(10 ** 9):09d}"

    def name(self, who, script, honorific=False, father=False):
        d, h = self.draw, self.hand
        last = who["father"] if father else who["last"]
        words = [who["first"], last]
        if script == "hi":
            text = " ".join(h.hindi(w) for w in words)
            if honorific:
                text = d.choice(["श्री {}", "श्रीमान {} जी", "{} पुत्र {f}", "{} आत्मज स्व0 {f}", "प्रार्थी {}"]).format(
                    text, f=who["father"])
        else:
            text = h.latin(" ".join(words))
            if honorific:
                text = d.choice(["Shri {}", "Mr. {}", "Sh. {} ji", "{} S/o {f}", "{} son of {f}", "Applicant {}"]).format(
                    text, f=h.latin(who["father"]))
            if d.random() < .2:
                text = d.choice([text.upper(), text.lower()])
        return text

    # ---- what ----

    def deed(self, kind=None):
        d = self.draw
        return dict(kind=kind or d.choice(list(self.deeds)), accused=(d.choice(NAMES), d.choice(SURNAMES)), n=str(d.randrange(4, 999)),
                    amount=str(d.randrange(10, 990) * 100),
                    plate=f"UP{d.randrange(11, 96)} {d.choice('ABCDEFGHJK')} {d.randrange(1000, 9999)}",
                    date=f"{d.randrange(1, 28):02d}.{d.randrange(1, 6):02d}.2020")

    def text(self, deed, place, script, length=None, wording=None):
        """script: en, hi, or ro: Hindi in Latin letters. length: 1 what happened alone, 2 with more of it, 3 a whole letter."""
        d, h, what = self.draw, self.hand, self.deeds[deed["kind"]]
        own = "en" if script == "en" else "hi"
        length = length or d.choice((1, 2, 2, 3))
        told = list(what[own])                               # three wordings of the whole, then what may be said besides
        parts = [told[wording if wording is not None else d.randrange(3)]]
        if length > 1:
            more = told[3:]
            d.shuffle(more)
            parts += more[:length - 1]
            if d.random() < .4:
                parts.insert(0, parts.pop())                 # the circumstance first
        if length > 2:
            parts = [d.choice(self.frames["opening"][own]), *parts, d.choice(self.frames["plea"][own])]
        elif d.random() < .4:
            parts.append(d.choice(self.frames["plea"][own]))
        accused = " ".join(deed["accused"])
        slots = dict(deed, place=place, accused=accused)
        if own == "en":
            slots.update(place=h.latin(place), accused=h.latin(accused if d.random() < .7 else deed["accused"][0]))
        elif d.random() < .3:
            slots["accused"] = deed["accused"][0]
        text = " ".join(parts).format(**slots)
        if script == "ro":
            text = " ".join(h.latin(w, proper=False) for w in text.replace("।", ".").split())
        elif script == "hi" and d.random() < .3:
            text = text.translate(str.maketrans("0123456789", "०१२३४५६७८९"))
        return text

    # ---- one complaint ----

    def complaint(self, who, deed, day, script=None, door=None, length=None, wording=None, slips=0, honorific=False, father=False,
                  text=None, **more):
        d = self.draw
        script = script or d.choice(("hi", "hi", "en"))
        door = door or d.choice(DOORS)
        self.n += 1
        name = self.name(who, "hi" if script == "hi" else "en", honorific, father)
        body = text or self.text(deed, who["place"], script, length, wording)
        if slips:
            body = self.hand.slip(body, max(2, len(body) // 40))
            name = self.hand.slip(name, 1)
        relative = who["father"] if script == "hi" else self.hand.latin(who["father"])
        row = dict(source_system=door, number=f"{door.upper()}/{self.n:07d}", complainant=name,
                   relative_name=relative if d.random() < .4 else None, mobile=who["mobile"], unit=who["unit"],
                   category=(self.deeds[deed["kind"]]["category"] if deed else "OTHER") if d.random() < .8 else "OTHER", body=body,
                   received_at=START + datetime.timedelta(days=day, seconds=d.randrange(80000)), disposed_at=None, identity="N", door=door)
        row.update(more)
        self.complaints.append(row)
        return row

    def pair(self, kind, a, b, into=None):
        (self.twins if into is None else into)[tuple(sorted((a["number"], b["number"])))] = kind

    # ---- the same grievance twice; each varies chiefly in one way ----

    def twin(self, kind):
        d, who, deed, day = self.draw, self.person(), self.deed(), self.draw.randrange(60)
        own = d.choice(("hi", "en"))
        other = {"hi": "en", "en": "hi"}[own]
        doors = d.sample(DOORS, 2)
        one, two, later = dict(script=own), dict(script=own), d.randrange(0, 12)
        if kind == "other script":                           # Hindi in Latin letters
            one, two = dict(script="hi"), dict(script="ro")
        elif kind == "translated":
            one, two = dict(script="hi"), dict(script="en")
        elif kind == "mixed scripts":
            one, two = dict(script="ro"), dict(script=other)
        elif kind == "slips":
            two["slips"] = 1
        elif kind == "honorific":
            two["honorific"] = True
        elif kind == "father for surname":
            two["father"] = True
        elif kind == "no mobile":
            two["mobile"] = None
        elif kind == "other mobile":
            two["mobile"] = self.mobile()
        elif kind == "weeks later":
            later = d.randrange(20, 75)
        elif kind == "other category":
            one["category"], two["category"] = d.sample(["CRIME", "CIVIL", "LAWORDER", "PROPERTY", "POLICE"], 2)
        elif kind == "other length":
            one["length"], two["length"] = 1, 3
        if d.random() < .5:
            one, two = two, one
        self.pair(kind, self.complaint(who, deed, day, door=doors[0], **one),
                  self.complaint(who, deed, day + later, door=doors[1], **two))

    # ---- what only looks so ----

    def near(self, kind):
        d, who, day = self.draw, self.person(), self.draw.randrange(60)
        other, later = dict(who), day + d.randrange(15)
        one, two = self.deed(), self.deed()
        more = {}
        if kind == "one family, other matters":              # one telephone, one village
            other["first"] = d.choice(NAMES)
            two["kind"] = d.choice([k for k in self.deeds if k != one["kind"]])
        elif kind == "one person, other matters":
            two["kind"] = d.choice([k for k in self.deeds if k != one["kind"]])
        elif kind == "namesakes":                            # one village, one kind of matter
            other.update(mobile=self.mobile(), father=d.choice(FATHERLY))
            two["kind"] = one["kind"]
        elif kind == "one wording, many people":             # at one station, word for word
            text = d.choice(self.frames["plea"]["hi"] + self.frames["opening"]["hi"]) + " " + d.choice([
                "मेरी एफआईआर दर्ज नहीं की जा रही है।", "थाना मेरी रिपोर्ट नहीं लिख रहा है।"])
            other.update(first=d.choice(NAMES), last=d.choice([who["last"], *SURNAMES]), mobile=self.mobile(),
                         father=d.choice(FATHERLY))
            more = dict(text=text, script="hi")
        elif kind == "vowel sign":                           # two names that a vowel sign keeps apart, word for word from one village
            a, b = d.choice([("रीना", "राना"), ("राम", "रमा"), ("राम", "रामा"), ("शिव", "शिवा"), ("कमल", "कमला"), ("विमल", "विमला"),
                             ("रीना", "रिना"), ("सीता", "सती"), ("सुमन", "सुमना"), ("किरण", "करण"), ("मीरा", "मारा"), ("बाल", "बाला")])
            who["first"], other["first"], other["mobile"] = a, b, self.mobile()
            two, more = one, dict(script="hi", length=2, wording=d.randrange(3), relative_name=None)
        self.pair(kind, self.complaint(who, one, day, **more), self.complaint(other, two, later, **more), self.tempting)


TWINS = ("other script", "translated", "mixed scripts", "slips", "honorific",
         "father for surname", "no mobile", "other mobile", "weeks later",
         "other category", "other length", "other words")
NEAR = ("one family, other matters", "one person, other matters", "namesakes", "one wording, many people", "vowel sign")


def make(seed, pairs, held=False):
    """Three twins to two that only look so; held: of the words that were not looked at when the matching was made."""
    made = Set(seed, held)
    for i in range(pairs * 3 // 5):
        made.twin(TWINS[i % len(TWINS)])
    for i in range(pairs * 2 // 5):
        made.near(NEAR[i % len(NEAR)])
    made.complaints.sort(key=lambda c: (c["received_at"], c["number"]))
    return made
