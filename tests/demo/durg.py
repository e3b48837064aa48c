"""Durg, November 2022: the QR codes at the stations of the Bhilai Nagar sub-division. Names are sealed; each sender is answered."""
from datetime import datetime, timedelta

from desk import Desk, officers
from files import png
from people import People
from play import FAST, luck, parse, thousands, utc
from verify import durg as verify

STATIONS = {"CG-DURG-BN-01": "Bhilai Nagar", "CG-DURG-BN-02": "Supela", "CG-DURG-BN-03": "Bhatti", "CG-DURG-BN-04": "Newai"}
TOTAL = 320
FIRST, LAST = datetime(2022, 11, 3, 9), datetime(2022, 11, 28, 20)
NIGHTS = [datetime(2022, 11, d, 1, 30) for d in (8, 14, 20, 26)] + [datetime(2022, 12, 2, 1, 30), datetime(2022, 12, 10, 1, 30)]
TIPS = ["सट्टे का कारोबार {p} में चल रहा है।", "Illicit liquor is sold behind the market at {p}.", "{p} के पास गाँजा बेचा जाता है।",
        "Drugs are sold to boys near the school at {p}."]
OPEN = """SELECT c.ORIGIN_NO, c.UNIT_CD, c.STATUS_CD, c.CATEGORY_CD, c.KIND_CD, (SELECT max(ACTION_DT) FROM t_complaint_action a
 WHERE a.COMPLAINT_SRNO = c.COMPLAINT_SRNO) FROM t_complaint c WHERE c.STATUS_CD NOT IN (7, 8, 13)"""
ANSWER = {"TIP": "धन्यवाद। सूचना पर कार्यवाही की गयी; आपका नाम गोपनीय है।", "SUGGESTION": "आपके सुझाव के लिये धन्यवाद; नोट किया गया।",
          "COMPLAINT": "आपकी शिकायत पर कार्यवाही की गयी। Your complaint was acted upon."}


def forms(p):
    people, out = People(2022), []
    units = list(STATIONS)
    for n in range(max(p.one_in(TOTAL), 40)):
        rng = people.rng
        at = FIRST + timedelta(seconds=rng.randrange(int((LAST - FIRST).total_seconds())))
        unit = rng.choice(units)
        kind = rng.choices(("COMPLAINT", "TIP", "SUGGESTION"), (50, 35, 15))[0]
        r = people.complaint(at, unit, STATIONS[unit])
        r = {k: r[k] for k in ("unit", "received_at", "category", "body", "complainant", "mobile")}
        r["kind"] = kind
        # Names of this play stand nowhere else: a search for them must not find an officer who is called the same.
        r["complainant"] = f"{r['complainant']} {'ऋलृ' if r['complainant'][0] > 'z' else 'Qx'}{n}"
        if kind == "TIP":
            r.update(category="ILLTRADE", body=TIPS[n % 4].format(p=STATIONS[unit]))
            if rng.random() < 0.3:
                r["files"] = [{"key": "1", "name": f"tip-{n}.png", "type": "image/png", "bytes": png(n + 50000)}]
        elif kind == "SUGGESTION":
            r["category"] = "SUGGEST"
        if rng.random() < 0.15:
            del r["complainant"], r["mobile"]
        if rng.random() < 0.6:
            r["feedback"] = [{"at": r["received_at"], "rating": rng.choices((1, 2, 3, 4, 5), (1, 2, 4, 6, 5))[0], "rating_text": "Station"}]
        out.append(r)
    out.sort(key=lambda r: r["received_at"])
    return out


def cases(police):
    from cctns import WORD, unit_of
    return [{"number": number, "unit": unit_of(unit), "status": WORD[status], "category": category, "kind": kind, "last": parse(last)}
            for number, unit, status, category, kind, last in police.sql(OPEN)]


def play(p):
    p.set_clock(FIRST)
    police = p.peer("cctns", more=FAST)
    qr = p.peer("durgqr")
    p.configure()
    made = forms(p)
    desk = Desk(police, officers(police, STATIONS), lambda unit: 0.97, lambda case: ANSWER[case["kind"]], interim=0, refused=0,
                report=lambda case: "Looked into by the station.")
    p.say(f"  {len(made):,} forms at four stations, reviewed daily. Of a form the bridge takes name and number only to seal them.")
    before, new = FIRST, 0
    for n, at in enumerate(NIGHTS, 1):
        came = []
        while new < len(made) and made[new]["received_at"] < utc(at):
            came.append(made[new])
            new += 1
        qr.add(came)
        figures, _ = desk.work(cases(police), before, at)
        p.night(n, len(NIGHTS), at, f"{len(came):,} forms sent" if came else "", thousands(figures) if figures else "")
        before = at
    p.again(lambda: sum(qr.changes.values()))
    verify(p, qr, police, made, luck)
