"""Standing: figures counted anew from the peers' own stores, small counts that must not be told, the ranking recomputed, and the same
figures as "reconcile" has."""
import csv
import io
import json
import random
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from statistics import median

from servers import ROOT
from test_haryana import DISTRICTS
from workbooks import by_openpyxl

IST = timezone(timedelta(hours=5, minutes=30))
OVER = {"DISP", "CLSD", "TRNO", "RJCT", "DUPL", "WDRN"}
CELLS = ("opening", "received", "disposed", "pending", "overdue", "in_time", "satisfied", "dissatisfied", "reopened")
FEB = (datetime(2024, 2, 1, tzinfo=IST), datetime(2024, 3, 1, tzinfo=IST))
NOW = datetime(2024, 3, 5, 20, 0, tzinfo=timezone.utc)
STATIONS = {"HR-HISAR": 13063001, "HR-SIRSA": 13074001}
RANKS = ["IO", "SHO", "ACP", "CO", "DCP", "SP", "DIG", "IG", "ADGP", "CP", "DGP"]
BAND = {"ACP": "ACP/CO", "CO": "ACP/CO", "DCP": "DCP/SP", "SP": "DCP/SP", "DIG": "DIG/IG", "IG": "DIG/IG", "ADGP": "ADGP/CP",
        "DGP": "ADGP/CP", "CP": "ADGP/CP"}


def at(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def z(moment):
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def typed(police, when):
    """What stations did long ago was typed now."""
    police.sql("UPDATE t_complaint SET RECORD_UPDATED_ON = ? WHERE STATUS_CD <> 1", when)
    police.sql("UPDATE t_complaint_action SET RECORD_CREATED_ON = ? WHERE RECORD_CREATED_BY = 'station'", when)


def night(state):
    """The portal dates its states by what was done, long ago: its list is behind, and that is told (4). The police's is not."""
    done = state("sync")
    assert done.code in (0, 3, 4) and "the books balance" in done.out, done.err


def fill(state):
    """300 complaints of five months, some of them confidential; worked on by the stations; what complainants say of it."""
    rng, cms, police = random.Random(14), state.peers["hrcms"], state.police
    state.bridge_extra = "zone = Asia/Kolkata"
    state.write_conf()
    made = []
    for n in range(300):
        marked = datetime(2023, 10, 1, 6, tzinfo=timezone.utc) + timedelta(minutes=rng.randrange(150 * 1440))
        made.append({"unit": rng.choices(DISTRICTS, [6, 3, 2, 3, 1, 1])[0], "received_at": z(marked - timedelta(hours=2)),
                     "marked_at": z(marked), "complainant": f"परीक्षक {n}", "mobile": f"+91500000{n:04d}", "subject": f"s{n}",
                     "body": f"b{n}", "category": rng.choices(["WOMEN", "CYBER", "CRIME", "PROPERTY"], [4, 4, 3, 1])[0],
                     "identity": rng.choices("NCA", [8, 1.5, 0.5])[0], "mode": "HAND"})
    # what grows in February, of each kind; the confidential one after a month with one alone
    for i, (unit, category, identity, day, n) in enumerate((
            ("HR-HANSI", "WOMEN", "N", "2024-02-10", 7), ("HR-JIND", "CRIME", "N", "2024-02-11", 9),
            ("HR-DABWALI", "CYBER", "C", "2024-02-12", 6), ("HR-DABWALI", "CYBER", "C", "2023-12-12", 1))):
        made += [{"unit": unit, "received_at": f"{day}T05:00:00Z", "marked_at": f"{day}T06:00:00Z", "complainant": "परीक्षक",
                  "mobile": f"+9150001{i}{k:04d}", "subject": f"p{i}{k}", "body": "b", "category": category, "identity": identity,
                  "mode": "HAND"} for k in range(n)]
    state.clock.set("2024-02-29T20:00:00Z")
    cms.add(made)
    state("sync", code=0)
    work, answers = [], []
    for uid, c in police.held().items():
        codes = [code for unit, code in STATIONS.items() if unit == c["unit"]]
        level, station = rng.choice([*RANKS, None]), codes[0] if codes and rng.random() < 0.8 else None
        police.sql("UPDATE t_complaint SET LEVEL_CD = ?, PS_CD = ?, RECORD_STATUS = 'M', RECORD_UPDATED_ON = '2024-03-02 10:00:00'"
                   " WHERE ORIGIN_NO = ?", level, station, uid)
        if rng.random() < 0.7:
            wait = timedelta(days=rng.choice([3, 9, 14, 18, 40]), minutes=rng.randrange(600))
            done = min(at(c["marked_at"]) + wait, NOW - timedelta(days=3))
            work.append(dict(number=uid, action=rng.choices(["DISP", "RJCT", "CLSD"], [8, 1, 1])[0], at=z(done), text="x" * 30,
                             disposal="NSUB"))
            if rng.random() < 0.7:
                answers.append((uid, {"satisfied": rng.choice("YYYNU"), "mode": "CALL", "level": rng.choice(["SHO", "SP", "ADGP"]),
                                      "text": "कहा", "at": z(NOW - timedelta(days=1))}))
    police.acts(work)
    typed(police, "2024-03-02 10:00:00")
    state.clock.set("2024-03-03T20:00:00Z")
    night(state)
    cms.store.answers(answers)
    for moment in ("2024-03-04T20:00:00Z", z(NOW)):
        state.clock.set(moment)
        night(state)


def counted(state, since, upto):
    """Each complaint as it counts in a period, from the two stores alone."""
    cms, out = state.peers["hrcms"].held(), []
    for uid, p in state.police.held().items():
        went = None
        if p["status"] in OVER:
            went = at(p.get("disposed_at") or max(a["at"] for a in p["actions"] if a["action"] == p["status"]))
        came, said = at(cms[uid]["marked_at"]), sorted(cms[uid]["feedback"], key=lambda f: f["at"])
        c = dict(uid=uid, unit=p["unit"], station=p.get("station"), level=p.get("level"), category=p["category"], came=came, went=went,
                 secret=cms[uid].get("identity") in ("C", "A", "S"), due=at(p["due_at"]))
        c.update(opening=came < since and (not went or went >= since), received=since <= came < upto,
                 disposed=bool(went and since <= went < upto), pending=came < upto and (not went or went >= upto))
        c.update(overdue=c["pending"] and c["due"] < min(upto, NOW), in_time=c["disposed"] and went <= c["due"],
                 satisfied=c["disposed"] and bool(said) and said[-1]["satisfied"] == "Y",
                 dissatisfied=c["disposed"] and bool(said) and said[-1]["satisfied"] == "N",
                 reopened=any(a["action"] == "REOP" and since <= at(a["at"]) < upto for a in p["actions"]))
        out.append(c)
    return [c for c in out if c["opening"] or c["received"] or c["disposed"] or c["pending"]]


def summed(complaints, key):
    """{(part, key): [figures, days from coming to disposal]}"""
    out = defaultdict(lambda: [Counter(), []])
    for c in complaints:
        cell = out["confidential" if c["secret"] else "open", key(c)]
        cell[0].update({f: int(c[f]) for f in CELLS})
        if c["disposed"]:
            cell[1].append((c["went"] - c["came"]).total_seconds() / 86400)
    return out


def rows_of(state, *words, whole=True, table="standing"):
    return state.json("standing", *words, *(["--personal"] if whole else []), code=0)["tables"][table]


def test_standing_is_what_the_stores_say(haryana):
    fill(haryana)
    complaints = counted(haryana, *FEB)
    for by, key in (("unit", lambda c: c["unit"]), ("category", lambda c: c["category"]), ("station", lambda c: (c["unit"], c["station"]))):
        expected = summed(complaints, key)
        rows = rows_of(haryana, "--by", by, "--period", "2024-02")
        found = {(r["part"], (r["of_unit"], r["unit"]) if by == "station" else r["unit"]): r for r in rows if not r["total"]}
        assert found.keys() == expected.keys(), by
        for place, (cell, days) in expected.items():
            r = found[place]
            assert {f: r[f] for f in CELLS} == {f: cell[f] for f in CELLS}, (by, place)
            assert r["opening"] + r["received"] - r["disposed"] == r["pending"]
            share = cell["disposed"] and 100 * cell["in_time"] / cell["disposed"]
            assert r["share"] is None if not days else abs(float(r["share"]) - share) <= 0.0501, (by, place)
            assert r["median_days"] is None if not days else abs(float(r["median_days"]) - median(days)) <= 0.0501, (by, place)
        # totals are sums of their rows
        for t in (r for r in rows if r["total"]):
            mine = [r for r in rows if not r["total"] and (r["part"], r["of_unit"]) == (t["part"], t["of_unit"])]
            assert mine and all(t[f] == sum(r[f] for r in mine) for f in CELLS), (by, t)
    # by rank: what is pending, where it stands
    ages = defaultdict(list)
    for c in complaints:
        if c["pending"]:
            ages["confidential" if c["secret"] else "open", BAND.get(c["level"], c["level"] or "")].append(
                ((min(FEB[1], NOW) - c["came"]).total_seconds() / 86400, c["overdue"]))
    rows = rows_of(haryana, "--by", "level", "--period", "2024-02")
    found = {(r["part"], r["level"]): r for r in rows if not r["total"]}
    assert found.keys() == ages.keys() and {level for _, level in ages} >= {"IO", "SHO", "ACP/CO", "DCP/SP", "DIG/IG", "ADGP/CP"}
    for place, those in ages.items():
        r = found[place]
        assert (r["pending"], r["overdue"]) == (len(those), sum(late for _, late in those))
        assert abs(float(r["median_days"]) - median(age for age, _ in those)) <= 0.0501
        assert abs(float(r["oldest_days"]) - max(age for age, _ in those)) <= 0.0501
    same_as_reconcile(haryana)
    small_counts_are_not_told(haryana)
    hot_spots(haryana)
    every_form(haryana)


def same_as_reconcile(state):
    for period in ("2024-02", "2023-12", "2024-02-05..2024-02-07"):
        report = state.json("reconcile", "--last", "--period", period, "--format", "json")["tables"]["figures"]
        figures = {name: sum(r[name] for r in report) for name in ("brought_forward", "received", "disposed", "pending", "overdue")}
        for by in ("unit", "category", "station"):
            rows = [r for r in rows_of(state, "--by", by, "--period", period) if not r["total"]]
            for name, value in figures.items():
                assert sum(r["opening" if name == "brought_forward" else name] for r in rows) == value, (period, by, name)
        rows = [r for r in rows_of(state, "--by", "level", "--period", period) if not r["total"]]
        assert (sum(r["pending"] for r in rows), sum(r["overdue"] for r in rows)) == (figures["pending"], figures["overdue"])


def small_counts_are_not_told(state):
    """A confidential row tells no figure of 1 to 4, and nothing from which one follows; open rows tell everything."""
    hidden = 0
    for by in ("unit", "station", "category"):
        for period in ("2024-01", "2024-02"):
            true, told = (rows_of(state, "--by", by, "--period", period, whole=w) for w in (True, False))
            assert len(true) == len(told)
            for t, s in zip(true, told):
                if t["part"] == "open":
                    assert t == s
                    continue
                for f in CELLS:
                    hidden += s[f] != t[f]
                    assert s[f] == t[f] or s[f] in ("<5", "*")
                    assert t[f] not in (1, 2, 3, 4) or s[f] in ("<5", "*"), (by, t, s)
                    assert s[f] != "<5" or t[f] in (1, 2, 3, 4)
                assert sum(isinstance(s[f], str) for f in CELLS[:4]) != 1, "the balance of the row tells it"
                assert isinstance(s["disposed"], int) or s["median_days"] == s["share"] == "*"
            for t in (r for r in told if r["total"] and r["part"] == "confidential"):
                mine = [r for r in told if not r["total"] and (r["part"], r["of_unit"]) == (t["part"], t["of_unit"])]
                for f in CELLS:
                    assert sum(isinstance(r[f], str) for r in (*mine, t)) != 1, "the total tells it"
    assert hidden > 20
    # by the ranking, which tells whole numbers, it cannot be reckoned either
    whole, told = (rows_of(state, "ranking", "--period", "2024-02", whole=w, table="ranking") for w in (True, False))
    secret = Counter(c["unit"] for c in counted(state, *FEB) if c["secret"] and c["received"])
    assert secret and {r["unit"]: r["received"] for r in whole} == {r["unit"]: r["received"] + secret[r["unit"]] for r in told}


def hot_spots(state):
    starts = [datetime(2023, 11, 1, tzinfo=IST), datetime(2023, 12, 1, tzinfo=IST), datetime(2024, 1, 1, tzinfo=IST), *FEB]
    cells = defaultdict(Counter)
    for c in counted(state, starts[0], FEB[1]):
        months = [i for i in range(4) if starts[i] <= c["came"] < starts[i + 1]]
        if months:
            cells["confidential" if c["secret"] else "open", c["station"] or c["unit"], c["category"]][months[0]] += 1
    expected = {}
    for place, n in cells.items():
        if n[3] >= 5:
            mean = (n[0] + n[1] + n[2]) / 3
            mark = "new" if not mean else "rise" if n[3] >= 1.5 * mean else "fall" if n[3] <= 0.5 * mean else ""
            expected[place] = (n[3], mean, mark)
    rows = rows_of(state, "hotspots", "--period", "2024-02", table="hotspots")
    assert expected and {(r["part"], r["unit"], r["category"]) for r in rows} == expected.keys()
    for r in rows:
        n, mean, mark = expected[r["part"], r["unit"], r["category"]]
        assert (r["n"], r["mark"]) == (n, mark) and abs(float(r["mean"]) - mean) < 0.0501 and abs(float(r["change"]) - (n - mean)) < 0.0501
    order = [r["category"] for r in rows]
    assert order == sorted(order, key=lambda c: (c != "WOMEN", c != "CYBER", c)) and len(set(order)) > 1
    told = rows_of(state, "hotspots", "--period", "2024-02", whole=False, table="hotspots")
    assert len(told) == len(rows) and [t for t in told if t["part"] == "open"] == [r for r in rows if r["part"] == "open"]
    (row,) = [t for t in told if (t["part"], t["unit"], t["category"]) == ("confidential", "HR-DABWALI", "CYBER")]
    assert row["n"] >= 6 and (row["mean"], row["change"], row["percent"], row["mark"]) == ("*", "*", "*", "")
    assert state("standing", "hotspots", "--period", "2024-02-01..2024-02-20").code == 2


def every_form(state):
    rows = rows_of(state, "--period", "2024-02", whole=False)
    shown = list(csv.DictReader(io.StringIO(state("standing", "--period", "2024-02", "--format", "csv", code=0).out)))
    assert [(r["unit"], r["opening"]) for r in shown] == [(r["unit"] or "", str(r["opening"])) for r in rows]
    out = state.folder / "standing.xlsx"
    state("standing", "--period", "2024-02", "--format", "xlsx", "--out", str(out), code=0)
    head, *cells = by_openpyxl(out)["standing"]
    assert [row[head.index("received")] for row in cells] == [r["received"] for r in rows]
    assert any(row[head.index("received")] == "<5" for row in cells)
    text = state("standing", "--period", "2024-02", code=0).out
    assert "<5" in text and "a small count of tips" in text and "HR-HISAR" in text
    for words in (("--by", "day"), ("ranking", "nobody"), ("nobody",), ("hotspots", "--by", "unit"), ("ranking", "hrcms", "more")):
        assert state("standing", *words).code == 2, words


# ---- small counts, as a function of tables of any kind

BALANCE, PARTS = [1, 2, 3, 4], [0, 0, 0, 0, 4, 3]


def shown(site, n, secret, total_of, whole=False):
    def array(values, kind):
        return "ARRAY[" + ", ".join("NULL" if v is None else str(v).lower() for v in values) + f"]::{kind}[]"
    matrix = "ARRAY[" + ", ".join("[" + ", ".join(map(str, row)) + "]" for row in n) + "]::bigint[]"
    query = (f"bridge.small_counts({matrix}, {array(secret, 'boolean')}, {array(total_of, 'int')}, {array(BALANCE, 'int')}, "
             f"{array(PARTS, 'int')}, {str(whole).lower()})")
    return json.loads(site.one(f"SELECT to_json({query})"))


def test_small_counts(site):
    # one small count in a row: its balance would tell it, and so would the total of one row
    assert shown(site, [[10, 20, 3, 27, 0, 0]], [True], [None]) == [["10", "*", "<5", "27", "0", "0"]]
    # open rows, and whole tables, tell everything; none is told that there is none
    assert shown(site, [[1, 2, 3, 0, 0, 1]], [False], [None]) == [["1", "2", "3", "0", "0", "1"]]
    assert shown(site, [[1, 2, 3, 0, 0, 1]], [True], [None], whole=True) == [["1", "2", "3", "0", "0", "1"]]
    assert shown(site, [[0, 0, 0, 0, 0, 0]], [True], [None]) == [["0"] * 6]
    # what is left of a whole is a count, too: 20 disposed of, 18 in time
    assert shown(site, [[0, 30, 20, 10, 0, 18]], [True], [None]) == [["0", "30", "20", "10", "0", "*"]]
    # one small row among others: the total would give it away; two hide each other, unless both are 1 or both are 4
    rows = [[0, 3, 0, 3, 0, 0], [0, 9, 0, 9, 0, 0], [0, 12, 0, 12, 0, 0]]
    got = shown(site, rows, [True] * 3, [3, 3, None])
    assert [r[1] for r in got] == ["<5", "9", "*"] and [r[3] for r in got] == ["<5", "9", "*"]
    got = shown(site, [[0, 3, 0, 3, 0, 0], [0, 2, 0, 2, 0, 0], [0, 9, 0, 9, 0, 0], [0, 14, 0, 14, 0, 0]], [True] * 4, [4, 4, 4, None])
    assert [r[1] for r in got] == ["<5", "<5", "9", "14"]
    got = shown(site, [[0, 4, 0, 4, 0, 0], [0, 4, 0, 4, 0, 0], [0, 9, 0, 9, 0, 0], [0, 17, 0, 17, 0, 0]], [True] * 4, [4, 4, 4, None])
    assert [r[1] for r in got] == ["<5", "<5", "9", "*"]
    rng = random.Random(5)
    for _ in range(60):
        table_of_any_kind(site, rng)


def table_of_any_kind(site, rng):
    """Whatever the counts are: no sum of the table has one unknown alone."""
    n = []
    for _ in range(rng.randrange(1, 6)):
        opening, received = rng.choice([0, 0, 2, 6, 30]), rng.choice([0, 1, 3, 8, 40])
        disposed = rng.randrange(opening + received + 1)
        pending = opening + received - disposed
        n.append([opening, received, disposed, pending, rng.randrange(pending + 1), rng.randrange(disposed + 1)])
    total = [sum(column) for column in zip(*n)]
    got = shown(site, [*n, total], [True] * (len(n) + 1), [len(n) + 1] * len(n) + [None])
    for counts, row in zip([*n, total], got):
        for value, text in zip(counts, row):
            assert text in ("<5", "*") or (text == str(value) and not 1 <= value <= 4), (n, got)
        assert sum(t in ("<5", "*") for t in row[:4]) != 1, (n, got)
        for part, of in ((4, 3), (5, 2)):
            assert row[part] in ("<5", "*") or row[of] in ("<5", "*") or not 1 <= counts[of] - counts[part] <= 4, (n, got)
    for c in range(6):
        unknown = [i for i, row in enumerate(got) if row[c] in ("<5", "*")]
        assert len(unknown) != 1, (n, got)
        below = [i for i in unknown if got[i][c] == "<5" and i < len(n)]
        if unknown == below and len(below) > 1:
            assert sum(n[i][c] for i in below) not in (len(below), 4 * len(below)), (n, got)


# ---- the ranking

def test_the_ranking_of_75_districts(up):
    sys.path.insert(0, str(ROOT / "tests/demo"))
    try:
        import generate
    finally:
        sys.path.remove(str(ROOT / "tests/demo"))
    up.bridge_extra = "zone = Asia/Kolkata"
    portal, police, rng = up.peers["igrs"], up.police, random.Random(75)
    up.write_conf()
    made = generate.complaints(one_in=30)
    up.clock.set("2020-06-30T19:00:00Z")
    portal.store.add_complaints(made)
    up("sync", code=0)
    work = []
    for g in made:
        kannauj = g["district"] == "Kannauj"
        if kannauj or rng.random() < 0.8:
            days = rng.randrange(1, 12) if kannauj else rng.choice([5, 12, 20, 33])
            done = min(datetime.fromisoformat(g["marked_on"]) + timedelta(days=days), datetime(2020, 8, 1, 10)).replace(tzinfo=IST)
            work.append(dict(number=g["code"], action="ATRS", at=z(done - timedelta(hours=2)), text="आख्या " * 10))
            work.append(dict(number=g["code"], action="DISP", at=z(done), text="आख्या " * 10, disposal="NSUB"))
    police.acts(work)
    typed(police, "2020-08-02 10:00:00")
    up.clock.set("2020-08-03T20:00:00Z")
    night(up)
    disposed = {uid: at(p["disposed_at"]) for uid, p in police.held().items() if p["status"] == "DISP"}
    assert len(disposed) > len(made) / 2
    figures = defaultdict(Counter)
    for g in made:
        figures[g["district_code"]]["received"] += 1
        figures[g["district_code"]]["disposed"] += g["code"] in disposed
    due = {uid: at(p["due_at"]) for uid, p in police.held().items()}
    for g in made:
        figures[g["district_code"]]["in_time"] += g["code"] in disposed and disposed[g["code"]] <= due[g["code"]]
    got = up.json("standing", "ranking", "--period", "2020-06", code=0)["tables"]
    rows = got["ranking"]
    assert len(rows) == 75 and rows[0]["name_en"] == "Kannauj" and rows[0]["rank"] == 1 and rows[1]["rank"] == 2
    key = {code: (f["in_time"] / f["received"], f["received"]) for code, f in figures.items()}
    place = {code: 1 + sum(other > mine for other in key.values()) for code, mine in key.items()}
    for r in rows:
        code = r["unit"].removeprefix("UP-")
        f = figures[code]
        assert (r["received"], r["disposed"], r["in_time"], r["rank"]) == (f["received"], f["disposed"], f["in_time"], place[code]), r
        assert abs(float(r["score"]) - 100 * key[code][0]) < 0.00501
    assert {r["rank"] for r in rows} == set(place.values())
    assert [(r["part"], r["weight"]) for r in got["formula"]] == [("in_time", "100")] and got["formula"][0]["valid_from"] is None
    assert all(r["of"] == figures[r["unit"][3:]]["in_time"] and r["out_of"] == figures[r["unit"][3:]]["received"] for r in got["parts"])
    # what the operator's command and the pages say is the same
    plain = up.json("ranking", "igrs", "--period", "2020-06", code=0)["tables"]["ranking"]
    assert [(r["rank"], r["unit"], r["score"]) for r in plain] == [(r["rank"], r["unit"], r["score"]) for r in rows]

    # another formula from a day on: parts, a part that counts nothing, ties
    up.sql("UPDATE bridge.ranking_rule SET valid_from = '2020-06-30' WHERE system = 'igrs' AND valid_to = 'infinity';"
           "UPDATE bridge.ranking_rule SET valid_to = '2020-06-29' WHERE system = 'igrs' AND valid_to < 'infinity'")
    chosen = [g for g in made if g["code"] in disposed][:200]
    for g in chosen:
        up.sql(f"UPDATE bridge.complaint SET satisfied = '{rng.choice('YN')}' WHERE number = '{g['code']}'")
    answers = dict(up.sql("SELECT number, satisfied FROM bridge.complaint WHERE satisfied IN ('Y', 'N')"))
    now = datetime(2020, 8, 3, 20, tzinfo=timezone.utc)
    for g in made:
        f = figures[g["district_code"]]
        f["late"] += g["code"] not in disposed and due[g["code"]] < now
        f["Y"] += answers.get(g["code"]) == "Y"
        f["N"] += answers.get(g["code"]) == "N"
    got = up.json("standing", "ranking", "--period", "2020-06", code=0)["tables"]
    assert [(r["part"], r["weight"]) for r in got["formula"]] == [("in_time", "60"), ("satisfied", "20"), ("not_overdue", "10"),
                                                                   ("not_reopened", "10")]
    score = {}
    for code, f in figures.items():
        parts = [(60, f["in_time"], f["received"]), (20, f["Y"], f["Y"] + f["N"]), (10, f["received"] - f["late"], f["received"]),
                 (10, f["received"], f["received"])]
        parts = [(w, n, of) for w, n, of in parts if of]
        score[code] = sum(Fraction(100 * w * n, of) for w, n, of in parts) / sum(w for w, _, _ in parts)
    assert any(not f["Y"] + f["N"] for f in figures.values()), "none without an answer: nothing is left out"
    for r in got["ranking"]:
        assert abs(float(r["score"]) - float(score[r["unit"][3:]])) < 0.00501, r
    points = defaultdict(float)
    for r in got["parts"]:
        points[r["unit"]] += float(r["points"] or 0)
    assert all(abs(points[r["unit"]] - float(r["score"])) < 0.03 for r in got["ranking"])
    key = {code: (score[code], f["received"]) for code, f in figures.items()}
    assert len(set(score.values())) < 75, "no two are equal: nothing shows how ties are ruled"
    assert all(r["rank"] == 1 + sum(other > key[r["unit"][3:]] for other in key.values()) for r in got["ranking"])


def test_a_secret_figure_by_rank_is_not_told(site):
    """Of tips and secret senders neither standing by rank nor answers by rank tell a small count, an age or a rating."""
    digest = "'\\x" + "ab" * 32 + "'"
    site.sql("INSERT INTO bridge.complaint (source_system, number, number_norm, unit, level, identity, kind, status, marked_at, "
             "received_at, due_at, first_run, last_run, staged_at, changed_at) "
             "SELECT 'igrs', n::text, n::text, 'UP-155', CASE WHEN n < 3 THEN 'SHO' ELSE 'SP' END, CASE WHEN n BETWEEN 2 AND 8 THEN 'C' "
             "ELSE 'N' END, CASE n WHEN 1 THEN 'TIP' ELSE 'COMPLAINT' END, 'FWDD', '2020-06-01', '2020-06-01', '2020-06-05', 1, 1, "
             "'2020-06-01', '2020-06-01' FROM generate_series(1, 12) n;"
             "INSERT INTO bridge.feedback (bridge_id, system, key, at, satisfied, rating, level, digest, as_received, first_run, last_run, "
             f"staged_at) SELECT bridge_id, 'igrs', number, '2020-06-08', 'N', 1 + bridge_id % 5, level, {digest}, '{{}}', 1, 1, "
             "'2020-06-08' FROM bridge.complaint;"
             "INSERT INTO bridge.action (bridge_id, system, key, at, action, digest, as_received, first_run, last_run, staged_at) "
             f"SELECT bridge_id, 'cctns', 'r', CASE number WHEN '9' THEN timestamptz '2020-06-07' ELSE '2020-06-09' END, 'REOP', {digest}, "
             "'{}', 1, 1, '2020-06-08' FROM bridge.complaint WHERE number IN ('9', '10')")

    def told(*words, table):
        rows = site.json("standing", *words, "--period", "2020-06", code=0)["tables"][table]
        return {(r["part"], "total" if r["total"] else r["level"]): r for r in rows}

    levels = told("--by", "level", table="standing")
    small = levels["confidential", "SHO"]
    assert (small["pending"], small["overdue"]) == ("<5", "<5") and (small["median_days"], small["oldest_days"]) == ("*", "*")
    assert levels["confidential", "DCP/SP"]["pending"] == 6 and levels["confidential", "total"]["pending"] == "*"
    assert levels["open", "DCP/SP"]["pending"] == 4
    answers = told("feedback", table="feedback")
    small = answers["confidential", "SHO"]
    assert (small["answers"], small["dissatisfied"], small["rated"], small["mean_rating"]) == ("<5", "<5", "<5", "*")
    assert answers["confidential", "SP"]["answers"] == 6 and answers["confidential", "total"]["answers"] == "*"
    # opened again before the answer is no outcome of it
    assert (answers["open", "SP"]["answers"], answers["open", "SP"]["dissatisfied"], answers["open", "SP"]["reopened"]) == (4, 4, 1)
    whole = told("--by", "level", "--personal", table="standing")
    assert whole["confidential", "SHO"]["pending"] == 2 and whole["confidential", "total"]["pending"] == 8
