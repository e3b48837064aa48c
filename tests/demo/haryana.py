"""Haryana, Hisar range, February and March 2024: 23,000 complaints of the Complaint Monitoring System, action due within 15 days."""
from datetime import datetime, timedelta

import words
from desk import Desk, officers
from files import pdf
from people import People
from play import FAST, luck, parse, thousands, utc
from verify import haryana as verify

TOTAL = 23000
SHARE = {"HR-HISAR": 27, "HR-HANSI": 12, "HR-FATEHABAD": 16, "HR-SIRSA": 17, "HR-JIND": 19, "HR-DABWALI": 9}
NAME = {"HR-HISAR": "Hisar", "HR-HANSI": "Hansi", "HR-FATEHABAD": "Fatehabad", "HR-SIRSA": "Sirsa", "HR-JIND": "Jind",
        "HR-DABWALI": "Dabwali"}
HASTE = {"HR-HISAR": 0.93, "HR-HANSI": 0.97, "HR-FATEHABAD": 0.90, "HR-SIRSA": 0.95, "HR-JIND": 0.88, "HR-DABWALI": 0.96}
FIRST, LAST = datetime(2024, 2, 1, 8), datetime(2024, 2, 27, 20)
NIGHTS = [datetime(2024, 2, 8, 1, 30), datetime(2024, 2, 14, 1, 30), datetime(2024, 2, 21, 1, 30), datetime(2024, 2, 28, 1, 30),
          datetime(2024, 3, 6, 1, 30), datetime(2024, 3, 13, 1, 30)]
MODES = {"HAND": 62, "POST": 6, "APP": 18, "WEB": 11, "PHONE": 3}
RANKS = ["IO", "SHO", "CO", "SP", "DIG", "IG", "ADGP"]
OPEN = """SELECT c.ORIGIN_NO, c.DISTRICT_CD, c.STATUS_CD, c.CATEGORY_CD, (SELECT max(ACTION_DT) FROM t_complaint_action a
 WHERE a.COMPLAINT_SRNO = c.COMPLAINT_SRNO) FROM t_complaint c WHERE c.STATUS_CD NOT IN (7, 8, 13)"""


def complaints(p):
    people, out = People(2024), []
    for unit, weight in SHARE.items():
        for n in range(p.one_in(TOTAL * weight // 100)):
            rng = people.rng
            at = FIRST + timedelta(seconds=rng.randrange(int((LAST - FIRST).total_seconds())))
            r = people.complaint(at, unit, NAME[unit])
            r.update(marked_at=utc(at + timedelta(minutes=rng.randrange(1, 40))), mode=rng.choices(list(MODES), list(MODES.values()))[0],
                     identity="C" if rng.random() < 0.03 else "N", level=rng.choice(RANKS), files=people.letter(0.03))
            out.append(r)
    out.sort(key=lambda r: r["marked_at"])
    return out


def cases(police):
    from cctns import WORD, unit_of
    return [{"number": number, "unit": unit_of(district), "status": WORD[status], "category": category, "last": parse(last)}
            for number, district, status, category, last in police.sql(OPEN)]


def speak(cms, start, end):
    """Complainants are asked after the disposal: nine in ten are satisfied."""
    given, figures = [], {"satisfied": 0, "not satisfied": 0}
    for uid, times in cms.store.sql("SELECT uid, (SELECT count(*) FROM answer a WHERE a.uid = c.uid) FROM complaint c"
                                    " WHERE state = 'DISPOSED'"):
        if times and not (times == 1 and cms.store.sql("SELECT 1 FROM answer WHERE uid = ? AND answer = 'NOT_SATISFIED'", uid)):
            continue
        glad = times or luck(uid, "glad") > 0.06
        at = start + timedelta(hours=9, seconds=int(luck(uid, f"asked{times}") * ((end - start).total_seconds() - 50000)))
        text = words.SAID_YES if glad else words.SAID_NO
        given.append((uid, {"at": utc(at), "satisfied": "Y" if glad else "N", "mode": "CALL",
                            "level": RANKS[1 + int(luck(uid, "level") * 6)], "text": text[int(luck(uid, "say") * len(text))]}))
        figures["satisfied" if glad else "not satisfied"] += 1
    cms.store.answers(given)
    return figures


def play(p):
    p.set_clock(FIRST)
    police = p.peer("cctns", more=FAST)
    cms = p.peer("hrcms")
    p.options["hrcms"] = "rows = 1000"
    p.configure()
    made = complaints(p)
    # of 23,000 complaints an officer has some forty, as nobody could look into a thousand
    desk = Desk(police, officers(police, SHARE, max(4, p.one_in(100))), HASTE.get)
    p.say(f"  {len(made):,} complaints of six districts, lodged in February 2024 and watched to 12 March. The CMS numbers each and gives "
          "a copy at once.")
    before, new = FIRST, 0
    for n, at in enumerate(NIGHTS, 1):
        came = []
        while new < len(made) and made[new]["marked_at"] < utc(at):
            came.append(made[new])
            new += 1
        cms.add(came)
        figures, reports = desk.work(cases(police), before, at)
        for number, when in reports[::max(1, 25 // min(p.share, 5))]:
            police.file(number, f"report-{number}.pdf", "ATR", pdf(f"Enquiry report {number}", ["statement taken", "place seen"]), when)
        said = speak(cms, before, at) if n > 1 else {}
        p.night(n, len(NIGHTS), at, f"{len(came):,} complaints lodged" if came else "", thousands(figures) if figures else "",
                thousands(said) if any(said.values()) else "")
        before = at
    p.again(lambda: sum(cms.changes.values()))
    verify(p, cms, police, made)
