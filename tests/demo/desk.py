"""The desks of the police between two nights: officer, enquiry, report, answer. What happens to a complaint follows from its
number, so that each demo is the same."""
from collections import Counter
from datetime import timedelta

import words
from play import luck, utc

SAID = {"ASGN": "officers named", "INTR": "interim replies", "ATRS": "reports", "DISP": "disposed of", "RJCT": "not entertained",
        "REOP": "reopened"}
DISPOSALS = {"CRIME": "FIR", "WOMEN": "FIR", "CYBER": "FIR", "NOFIR": "FIR", "PROPERTY": "CIVL", "LAWORDER": "PREV", "ILLTRADE": "CHAL",
             "TRAFFIC": "NOAC", "VERIF": "NOAC", "SUGGEST": "SUGG", "SERVICE": "SERV", "POLMISC": "DEPT", "CORRUPT": "DEPT"}


class Desk:
    """haste(unit): between 0 and 1, how many of its complaints go without delay; answer(case): the words of a disposal."""

    def __init__(self, police, officers, haste=lambda unit: 0.93, answer=None, interim=0.08, refused=0.02, report=None):
        self.police, self.officers, self.haste, self.interim, self.refused = police, officers, haste, interim, refused
        self.answer = answer or (lambda case: words.DISPOSED_HI if luck(case["number"], "script") < 0.7 else words.DISPOSED_EN)
        self.report = report or (lambda case: "\n".join(words.REPORT_HI if luck(case["number"], "script") < 0.7 else words.REPORT_EN))

    def work(self, cases, start, end):
        """cases: dicts with number, unit, status, category, last (naive Indian time of the last act); plays from start to end and gives
        the figures. Acts are at naive Indian times, at working hours."""
        acts, done, reports = [], Counter(), []
        for case in cases:
            slow = luck(case["number"], "slow") > self.haste(case["unit"])
            for act in self.course(dict(case), start, end, slow):
                acts.append(act)
                done[act["action"]] += 1
                if act["action"] == "ATRS":
                    reports.append((act["number"], act["at"]))
        acts.sort(key=lambda a: (a["at"], a["number"]))
        self.police.acts(acts)
        return {SAID[word]: done[word] for word in SAID if done[word]}, reports

    def course(self, case, start, end, slow):
        number, status, last = case["number"], case["status"], case["last"]
        for _ in range(6):
            step = self.next(number, status, slow)
            if step is None:
                return
            action, wait = step
            at = (last + timedelta(days=wait)).replace(hour=9, minute=0, second=0)
            at += timedelta(seconds=int(luck(number, action + status) * 30000))
            if at <= last:
                at = last + timedelta(minutes=20)
            at = max(at, start.replace(hour=9, minute=5, second=0) + timedelta(seconds=int(luck(number, action) * 20000)))
            if at <= start or at >= end - timedelta(hours=3):
                return
            yield self.act(case, action, at)
            if action == "ASGN" and luck(number, "again") < 0.05:
                at += timedelta(hours=1)
                yield self.act(case, action, at, words.RENAMED)
            status, last = action, at

    def next(self, number, status, slow):
        if status in ("REGD", "FWDD"):
            return ("RJCT", 1) if luck(number, "refused") < self.refused else ("ASGN", 9 if slow else 1)
        if status == "ASGN":
            return ("INTR", 4) if luck(number, "interim") < self.interim else ("ATRS", 14 if slow else 2 + int(luck(number, "days") * 5))
        if status == "INTR":
            return "ATRS", 5
        if status == "ATRS":
            return "DISP", 5 if slow else int(luck(number, "dispose") * 3)
        if status == "REOP":
            return "ATRS", 3
        return None

    def act(self, case, action, at, text=None):
        number = case["number"]
        act = {"number": number, "action": action, "at": utc(at), "text": text or words.NAMED_HI}
        if action in ("ASGN", "ATRS"):
            these = self.officers[case["unit"]]
            act["officer"] = these[int(luck(number, f"officer{text}") * len(these))]
        if action == "ATRS":
            act["text"] = self.report(case)
        elif action == "INTR":
            act.update(text="जाँच प्रचलित है; अंतरिम उत्तर।", expected_at=utc(at + timedelta(days=7)))
        elif action == "DISP":
            act.update(text=self.answer(case), disposal=DISPOSALS.get(case["category"], "COMP") if luck(number, "how") < 0.8 else "NSUB")
        elif action == "RJCT":
            act.update(text="ग्राह्य नहीं।", reason="DUPLICATE" if luck(number, "why") < 0.5 else "SERVICE")
        return act


def officers(police, units, each=2, seed=7):
    """{unit: officers' codes}; police.officer() is asked."""
    import random
    rng, out, n = random.Random(seed), {}, 0
    for unit in units:
        out[unit] = []
        for rank in rng.choices(words.RANKS[:3], k=each):
            first, family = rng.choice(words.MEN + words.WOMEN), rng.choice(words.FAMILIES)
            n += 1
            out[unit].append(police.officer(f"{first[0]} {family[0]}", rank[1], 5600000000 + n * 1009))
    return out
