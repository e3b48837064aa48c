"""The complainants' side at the portal between two nights: asked by telephone after a report, they say whether they are
satisfied. Kannauj's are; elsewhere one in ten is not at first, some cannot be reached, a few never answer, and a few
change their mind after the disposal."""
from collections import Counter
from datetime import timedelta

import words
from stations import luck

KANNAUJ = "155"
ASKED = """
SELECT g.code, g.district_code, g.status,
       (SELECT count(*) FROM feedback f WHERE f.code = g.code),
       (SELECT f.satisfied FROM feedback f WHERE f.code = g.code ORDER BY f.given_on DESC, f.id DESC LIMIT 1),
       (SELECT max(f.given_on) FROM feedback f WHERE f.code = g.code),
       (SELECT max(p.accepted_on) FROM police_action p WHERE p.code = g.code AND p.action_code IN ('REPORT_UPLOADED', 'DISPOSED'))
  FROM grievance g WHERE g.status IN ('REPORT_UPLOADED', 'DISPOSED')"""


def answer(code, district, status, times, last):
    """Yes, No, Not reached, or None: says nothing."""
    if district == KANNAUJ:
        return "Yes" if status == "REPORT_UPLOADED" else None
    chance = luck(code, f"feedback{times}")
    if status == "DISPOSED":
        return "No" if times < 3 and chance < 0.01 else None
    if luck(code, "silent") < 0.02:
        return None
    if times == 0:
        return "No" if chance < 0.10 else "Not reached" if chance < 0.14 else "Yes"
    return "No" if chance < 0.05 else "Yes"


def speak(store, start, end):
    """What is said at the portal from start to end (naive Indian times); gives the number by word."""
    said, out = Counter(), []
    room = (end - start).total_seconds() - 12 * 3600
    for code, district, status, times, last, heard, told in store.sql(ASKED):
        if told and heard and heard > told and last != "Not reached":
            continue
        word = answer(code, district, status, times, last)
        if word is None:
            continue
        at = start + timedelta(hours=9, seconds=int(luck(code, f"when{times}") * room))
        text = words.SAID_YES if word == "Yes" else words.SAID_NO if word == "No" else [None]
        out.append({"code": code, "given_on": str(at.replace(microsecond=0)), "satisfied": word,
                    "rating": {"Yes": 4 + int(luck(code, "stars") * 2), "No": 1 + int(luck(code, "stars") * 2)}.get(word),
                    "mode": ("Call", "Call", "SMS", "Web")[int(luck(code, "mode") * 4)],
                    "text": text[int(luck(code, f"say{times}") * len(text))]})
        said[word] += 1
    store.add_feedback(out)
    return {{"Yes": "satisfied", "No": "not satisfied", "Not reached": "not reached"}[w]: n for w, n in sorted(said.items())}
