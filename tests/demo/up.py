"""Uttar Pradesh, June and July 2020: UP IGRS, with the CM portal inside it, and CCTNS. 75 districts; Kannauj: 1,017."""
from datetime import datetime

import generate
from citizens import speak
from play import FAST, thousands
from stations import Stations
from store import IST
from verify import up as verify

NIGHTS = ["2020-06-09", "2020-06-18", "2020-06-27", "2020-07-06", "2020-07-15", "2020-07-24", "2020-07-31"]


def ranking(p, rows=5):
    table = [r for r in p.run("ranking")["tables"]["ranking"] if r["received"]]
    p.say("  The ranking of districts: disposed of in time, of all received in June 2020")
    p.say(f"      {'rank':>4} {'district':16} {'received':>8} {'disposed':>8} {'in time':>8} {'share':>7}")
    for r in table[:rows] + table[-1:]:
        p.say(f"      {r['rank']:>4} {r['name_en']:16} {r['received']:>8,} {r['disposed']:>8,} {r['in_time']:>8,} {r['share']:>7}")


def play(p):
    p.set_clock(datetime(2020, 6, 1, 5, 30))
    police = p.peer("cctns", more=FAST)
    stations = Stations(police.path)
    stations.masters()
    portal = p.peer("igrs")
    p.configure()
    made = generate.complaints(one_in=p.share)
    kannauj = sum(g["district"] == "Kannauj" for g in made)
    p.say(f"  {len(made):,} complaints for 75 districts, {kannauj:,} of them for Kannauj, marked in June 2020.")
    before, new = datetime(2020, 6, 1), 0
    for n, day in enumerate(NIGHTS, 1):
        at = datetime.fromisoformat(day + "T20:00:00+00:00").astimezone(IST).replace(tzinfo=None)
        came = []
        while new < len(made) and made[new]["marked_on"] < str(at):
            came.append(made[new])
            new += 1
        portal.store.add_complaints(came)
        lines = [f"{len(came):,} complaints marked"] if came else []
        if n > 1:
            lines += [thousands(stations.work(before, at)), thousands(speak(portal.store, before, at))]
        p.night(n, len(NIGHTS), at, *[line for line in lines if line != "nothing"])
        before = at
    p.again(lambda: sum(portal.changes.values()))
    ranking(p)
    verify(p, portal, police, made)
