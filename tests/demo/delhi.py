"""Delhi, November 2020, the first month of ICMS: 2,400 complaints by eight doors, and the history of CMTS."""
from datetime import datetime, timedelta

from desk import Desk, officers
from files import pdf
from people import WEIGHTS, People
from play import luck, parse, thousands, utc
from verify import delhi as verify

# How the 2,400 of the month divide is not published; that most come by hand or by post is, and which the other doors are.
SHARE = {"counter": 1105, "post": 370, "cpo": 165, "lg": 110, "pgms": 430, "cvc": 40, "nhrc": 60, "cpgrams": 120}
OLD = 3000
DISTRICTS = {"DL-8162": "Central", "DL-8165": "New Delhi", "DL-8166": "North", "DL-8167": "South", "DL-8168": "East", "DL-8170": "West",
             "DL-8171": "South West", "DL-8172": "North West", "DL-8173": "North East", "DL-8174": "Outer", "DL-8176": "Dwarka",
             "DL-8955": "South-East", "DL-8957": "Shahdara", "DL-8959": "Rohini", "DL-8991": "Outer North"}
STATIONS = ["DL-8162-01", "DL-8162-02", "DL-8162-03", "DL-8165-01", "DL-8165-02"]
FIRST, LAST = datetime(2020, 11, 8, 9), datetime(2020, 11, 30, 19)
NIGHTS = [datetime(2020, 11, 15, 1, 30), datetime(2020, 11, 22, 1, 30), datetime(2020, 12, 1, 1, 30), datetime(2020, 12, 8, 1, 30),
          datetime(2020, 12, 15, 1, 30)]
URBAN = {**WEIGHTS, "CYBER": 14, "WOMEN": 16, "PROPERTY": 12, "TRAFFIC": 8}
KRUTI = [("iqfyl dh f'kdk;r", "Fkkus esa fjiksVZ ugha fy[kh xbZA Hkkjr deZ"), ("edku ij dCtk", "fdjk;snkj us edku ij dCtk dj fy;k gSA"),
         ("/kedh fn;s tkus ckcr", "foi{kh tku ls ekjus dh /kedh nsrk gSA d`i;k dk;Zokgh djsaA")]
OPEN = """SELECT c.ORIGIN_NO, c.COMPLAINT_NO, c.UNIT_CD, c.STATUS, c.CATEGORY, (SELECT max(ACTED_ON) FROM icms_action a
 WHERE a.COMPLAINT_ID = c.COMPLAINT_ID) FROM icms_complaint c WHERE c.STATUS NOT IN ('DS', 'CL', 'NE')"""


def made_up(p):
    """{source: [canonical records]}, each in the order of time."""
    people, out = People(2020), {}
    for source, total in SHARE.items():
        records = []
        for n in range(1, p.one_in(total) + 1):
            rng = people.rng
            at = FIRST + timedelta(seconds=rng.randrange(int((LAST - FIRST).total_seconds())))
            unit = rng.choice(STATIONS if source == "counter" and n % 2 else list(DISTRICTS))
            r = people.complaint(at, unit, DISTRICTS[unit[:7]], URBAN)
            records.append(shape(source, n, r, at, rng, people))
        out[source] = sorted(records, key=lambda r: r["marked_at"])
    return out


def shape(source, n, r, at, rng, people):
    """What this door asks for, and what it does not."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    r["received_at"], r["marked_at"] = utc(at.replace(second=0)), utc(at.replace(second=0) + timedelta(hours=3))
    if source in ("lg", "cpo", "cvc"):      # offices that write the day alone
        r["received_at"] = r["marked_at"] = utc(midnight)
    if source in ("counter", "post"):
        r["marked_at"] = r["received_at"]
        r.update(mode="HAND" if source == "counter" else "POST", kind="SUGGESTION" if r["category"] == "SUGGEST" else "COMPLAINT",
                 identity="N", priority=3, files=people.letter(0.15))
        return r
    r["status"] = "FWDD"
    if source == "pgms":
        r.update(number=f"PGMS/2020/{n:06d}", mode=rng.choice(("WEB", "HAND", "POST", "PHONE")), priority=3,
                 due_at=utc(midnight + timedelta(days=30)), files=[{k: v for k, v in f.items() if k != "key"} for f in people.letter(0.1)])
    elif source == "nhrc":
        r.update(number=f"{n}/IN/2020", case_number=f"{4000 + n}/30/3/2020", category="HR", direction_at=utc(midnight),
                 due_at=utc(midnight + timedelta(days=28 if n % 3 else 42)), against="Delhi Police", addressed_by="Asst. Registrar (Law)")
    elif source == "cpgrams":
        r.update(number=f"GNCTD/E/2020/{n:07d}")
        for name in ("relative_name", "age"):
            del r[name]
    elif source == "cvc":
        r.update(number=f"CVC/2020/{n:05d}", category="CORRUPT" if n % 3 else "POLMISC", mode="WEB", identity="N",
                 ref_class="IR" if n % 4 == 0 else "NA", due_at=utc(midnight + timedelta(days=61)))
        for name in ("relative_name", "gender", "age"):
            del r[name]
    elif source == "lg":
        r.update(number=f"LG/2020/{n:04d}", dak_number=f"R{n}", ref_type="LGLP" if n % 10 < 9 else "LGREF", priority=2,
                 due_at=utc(midnight + timedelta(days=30)))
    elif source == "cpo":
        r.update(number=f"CP/DAK/{n:05d}", ref_type=("VIP", "MHA", "GNCTD", "PGC", "PCA")[n % 5], addressed_by="Ministry of Home Affairs",
                 priority=2, mode="POST", identity="O")
        for name in ("relative_name", "gender", "age"):
            del r[name]
    return r


def history(p):
    """Rows of CMTS, of years before, fed late and by some districts only."""
    out = []
    for n in range(p.one_in(OLD)):
        subject, gist = KRUTI[n % 3] if n % 4 else ("Noise at night", "The complainant is disturbed by a factory.")
        at = datetime(2017, 1, 2) + timedelta(days=n * 1250 // p.one_in(OLD))
        r = {"unit": ("DL-8162", "DL-8165", "DL-8166", "DL-8171", "DL-8957")[n % 5], "subject": subject, "body": gist,
             "received_at": utc(at), "marked_at": utc(at + timedelta(days=2)), "status": "DISP" if n % 10 else "ENQR",
             "changed_at": utc(at + timedelta(days=20 + n % 90, hours=12)), "ref_type": ("LGREF", "MHA", "GNCTD", "PGC")[n % 4]}
        if r["status"] == "DISP":
            r["disposed_at"] = utc(at + timedelta(days=19))
        out.append(r)
    return out


def cases(police):
    from icms import CATEGORY, STATUS, unit_of
    status, category = ({theirs: ours for ours, theirs in table.items()} for table in (STATUS, CATEGORY))
    return [{"number": origin or own, "unit": unit_of(unit), "status": status[state], "category": category.get(matter),
             "last": parse(last[:19])} for origin, own, unit, state, matter, last in police.sql(OPEN)]


def play(p):
    p.set_clock(FIRST)
    police = p.peer("icms")
    for system in ("pgms", "nhrc", "cpgrams", "cvc", "lg", "cpo", "cmts"):
        p.peer(system)
    p.configure()
    made, old = made_up(p), history(p)
    desk = Desk(police, officers(police, [*DISTRICTS, *STATIONS], 2), lambda unit: 0.9, interim=0.12)
    p.say(f"  {sum(map(len, made.values())):,} complaints by eight doors, 8 to 30 November, and {len(old):,} old ones in CMTS, "
          "which is only read.")
    p.peers["cmts"].add(old)
    before, new, numbers = FIRST, dict.fromkeys(made, 0), {source: [] for source in made}
    for n, at in enumerate(NIGHTS, 1):
        came = {}
        for source, records in made.items():
            first = new[source]
            while new[source] < len(records) and records[new[source]]["marked_at"] < utc(at):
                new[source] += 1
            came[source] = records[first:new[source]]
            if came[source]:
                peer = police if source in ("counter", "post") else p.peers[source]
                got = peer.add(came[source])
                numbers[source] += got if source in ("counter", "post") else [r["number"] for r in came[source]]
        figures, reports = desk.work(cases(police), before, at)
        large = papers(p, police, reports)
        ask(police, before, at)
        arrived = f"{sum(map(len, came.values())):,} complaints by {sum(map(bool, came.values()))} doors"
        p.night(n, len(NIGHTS), at, arrived if any(came.values()) else "",
                thousands(figures) if figures else "", "one report of 2.3 MB, more than PGMS takes" if large else "")
        before = at
    p.again(lambda: sum(len(p.peers[s].told()) for s in ("pgms", "nhrc", "cpgrams", "cvc", "lg", "cpo")))
    verify(p, police, numbers, old)


def papers(p, police, reports):
    """One report in ten is a file; the first of PGMS is a scan that is too large for it."""
    large = False
    for number, at in reports:
        if number.startswith("PGMS") and not getattr(p, "large", False):
            data = pdf(f"Report {number}") + b"%" + b"x" * 2300000
            police.file(number, "scan.pdf", "ATR", data, at)
            p.large = large = True
        elif luck(number, "paper") < 0.1:
            police.file(number, "report.pdf", "ATR", pdf(f"Report {number}", ["statement taken"]), at)
    return large


def ask(police, start, end):
    """Complainants of the counters are asked by ICMS itself, for officers from SHO to CP."""
    for number, last in police.sql("SELECT COMPLAINT_NO, DISPOSED_ON FROM icms_complaint WHERE STATUS = 'DS' AND ORIGIN_NO IS NULL"
                                   " AND DISPOSED_ON >= ?", str(start)):
        if luck(number, "asked") < 0.3:
            glad = luck(number, "glad") < 0.8
            police.feedback(number, utc(min(parse(last[:19]) + timedelta(hours=2), end - timedelta(hours=2))),
                            level=("SHO", "ACP", "DCP", "CP")[int(luck(number, "level") * 4)],
                            satisfied="Y" if glad else "N", rating=4 if glad else 2)
