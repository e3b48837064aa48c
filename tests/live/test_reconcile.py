"""Reconcile as an auditor uses it: what a person sees on one page, what somebody changed behind the bridge's back, what an officer
answers for; each figure beside the same figure asked of the peers themselves."""
import json
import sqlite3

from matters import DISPOSED, ENQUIRY, OFFICER, Station, code, grievance
from test_systems import Maker

PORTALS = ("pgms", "nhrc", "cpgrams", "cvc", "lg", "cpo")
PAGE, WIDTH, SYSTEMS = 60, 100, 12


def staged(site, n=5):
    site.store.add_complaints([grievance(k) for k in range(1, n + 1)])
    site("sync", code=0)
    site.clock.set("2020-06-11T20:00:00Z")


def by_hand(site, column, value, number):
    """An edit in CCTNS that leaves the time of the last change as it is."""
    (was,), = site.cctns.sql(f"SELECT {column} FROM t_complaint WHERE ORIGIN_NO = ?", number)
    site.cctns.sql(f"UPDATE t_complaint SET {column} = ? WHERE ORIGIN_NO = ?", value, number)
    return was


def found(site, *words, code=None):
    return site.json("reconcile", "--list", *words, code=code)["tables"]


def told(tables):
    return {(d["number"], d["what"], d["reason"]) for d in tables["differences"]}


# ---- differences

def test_edits_by_hand_are_found_and_gone_when_undone(site):
    staged(site, 7)
    edits = [("COMPLAINT_DESC", "कुछ और", code(1), "text"), ("SUBJECT", "और", code(2), "text"),
             ("CATEGORY_CD", "WOMEN", code(3), "category"), ("RECEIVED_DT", "2020-06-01 10:00:00", code(4), "day"),
             ("REG_DT", "2020-06-01 10:00:00", code(5), "day"), ("CATEGORY_CD", "no such", code(6), "category"),
             ("CATEGORY_CD", None, code(7), "category")]
    was = [by_hand(site, column, value, number) for column, value, number, _ in edits]
    tables = found(site, code=4)
    assert told(tables) == {(number, what, "unexplained") for _, _, number, what in edits}
    assert all(d["do"] and d["police_number"] and d["police_says"] != d["staging_says"] for d in tables["differences"])
    row = tables["reconciled"][0]
    assert (row["differences"], row["explained"], row["unexplained"]) == (7, 0, 7)
    texts = json.dumps(tables, ensure_ascii=False)
    assert "कुछ और" not in texts and "विषय" not in texts                      # what differs is said, not what it says
    for (column, _, number, _), value in zip(edits, was):
        by_hand(site, column, value, number)
    assert not told(found(site, code=0))


def test_the_owner_changed_it_later(site):
    """The police were told the text once: what they have is what it was."""
    staged(site)
    with site.store:
        site.store.db.execute("UPDATE grievance SET subject = 'नया विषय', changed_on = '2020-06-11 12:00:00' WHERE code = ?", (code(2),))
    site("sync", code=0)
    assert told(found(site, code=0)) == {(code(2), "text", "older version")}


def test_another_number_at_the_police(site):
    """The number that the complainant was told is no longer right, although all else agrees."""
    staged(site)
    site.cctns.sql("UPDATE t_complaint SET COMPLAINT_REG_NUM = substr(COMPLAINT_REG_NUM, 1, 10) || '9' || substr(COMPLAINT_REG_NUM, 12)"
                   " WHERE ORIGIN_NO = ?", code(1))
    (line,) = [d for d in found(site, code=4)["differences"] if d["what"] == "link"]
    assert (line["number"], line["reason"]) == (code(1), "unexplained")
    assert line["police_says"] == line["staging_says"][:10] + "9" + line["staging_says"][11:]


def registered_again(site, number):
    """The complaint once more in CCTNS, under a number of its own. Returns both numbers, the first first."""
    db = sqlite3.connect(site.cctns.path, timeout=20)
    db.row_factory = sqlite3.Row
    with db:
        row = dict(db.execute("SELECT * FROM t_complaint WHERE ORIGIN_NO = ?", (number,)).fetchone())
        del row["COMPLAINT_SRNO"]
        first = row["COMPLAINT_REG_NUM"]
        row["COMPLAINT_REG_NUM"], row["ORIGIN_NO"] = first[:8] + "9" + first[9:], f"{number[:4]}-{number[4:]}"    # as on paper
        db.execute(f"INSERT INTO t_complaint ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
    db.close()
    return first, row["COMPLAINT_REG_NUM"]


def test_one_complaint_registered_twice(site):
    """A wrong count before a court: explained by the police, who close the second as a duplicate, or by a named officer."""
    staged(site)
    _, second = registered_again(site, code(1))
    registered_again(site, code(2))
    assert told(found(site, code=4)) == {(code(n), "twice at police", "unexplained") for n in (1, 2)}
    site("reconcile", "sign", "igrs", code(2), "twice at police", "--by", "SP Kannauj", "--why", "both are with the court", code=0)
    site.cctns.sql("UPDATE t_complaint SET STATUS_CD = 14 WHERE COMPLAINT_REG_NUM = ?", second)
    tables = found(site, code=0)
    assert told(tables) == {(code(1), "twice at police", "duplicate-linked"), (code(2), "twice at police", "signed off")}
    assert (tables["reconciled"][0]["police"], tables["reconciled"][0]["unexplained"]) == (5, 0)


def test_the_number_that_was_told_is_no_duplicate(site):
    """The police close the one that the complainant was told, and go on with another: nobody has told the complainant."""
    staged(site)
    first, _ = registered_again(site, code(1))
    site.cctns.sql("UPDATE t_complaint SET STATUS_CD = 14 WHERE COMPLAINT_REG_NUM = ?", first)
    assert (code(1), "twice at police", "unexplained") in told(found(site, code=4))


def test_what_came_since_the_night_is_no_alarm(site):
    """Reconcile alone, in the day: what the portal has got since it was last read is late, what it had before is missing."""
    staged(site)
    site.store.add_complaints([grievance(8, marked="2020-06-11 18:00:00"), grievance(9, marked="2020-05-01 11:00:00")])
    assert told(found(site, code=4)) == {(code(8), "missing in staging", "late at source"), (code(9), "missing in staging", "unexplained")}


# ---- signatures

def test_an_officer_signs_exactly_what_differs(site):
    staged(site)
    by_hand(site, "COMPLAINT_DESC", "कुछ और", code(1))
    site("reconcile", code=4)
    who = ("--by", "SP Kannauj", "--why", "the station corrected a name")
    for words in (("sign", "igrs", code(2), "text"), ("sign", "igrs", code(1), "status"), ("sign", "pgms", code(1), "text"),
                  ("sign", "igrs", code(1))):
        assert site("reconcile", *words, *who).code == 2, words
    for empty in (("--by", "", "--why", "x"), ("--by", "x", "--why", " "), ("--by", "x"), ("--why", "x")):
        assert site("reconcile", "sign", "igrs", code(1), "text", *empty).code == 2, empty
    assert site.one("SELECT count(*) FROM bridge.signoff") == "0"
    site("reconcile", "sign", "igrs", code(1), "text", *who, code=0)
    assert site("reconcile", "sign", "igrs", code(1), "text", *who).code == 2                   # once
    assert site.sql("SELECT hop, system, debit, credit, n FROM bridge.ledger WHERE hop = 'reconcile'") == [
        ["reconcile", "igrs", "difference", "signed_off", "1"]]
    tables = found(site, code=0)
    assert told(tables) == {(code(1), "text", "signed off")}
    assert (tables["reconciled"][0]["explained"], tables["reconciled"][0]["unexplained"]) == (1, 0)
    signed = site.json("reconcile", "signed", code=0)["tables"]["signed"]
    assert [(s["number"], s["what"], s["officer"], s["stands"]) for s in signed] == [(code(1), "text", "SP Kannauj", True)]

    by_hand(site, "COMPLAINT_DESC", "और कुछ और", code(1))                     # not what was signed
    assert told(found(site, code=4)) == {(code(1), "text", "unexplained")}
    assert [s["stands"] for s in site.json("reconcile", "signed", code=0)["tables"]["signed"]] == [False]


# ---- figures

def at_the_portal(site, what):
    return site.store.sql(f"SELECT count(*) FROM grievance WHERE {what}")[0][0]


def test_figures_beside_the_peers(site):
    site.store.add_complaints([grievance(n, marked="2020-05-20 10:00:00") for n in range(1, 4)]
                              + [grievance(n, marked="2020-06-05 10:00:00") for n in range(4, 9)])
    site("sync", code=0)
    station = Station(site.cctns.path)
    so = station.officer()
    for n in (1, 4):
        station.act(code(n), OFFICER, "2020-06-11 10:00:00", officer=so)
        station.act(code(n), ENQUIRY, "2020-06-11 11:00:00", "जाँच")
        station.act(code(n), DISPOSED, "2020-06-11 12:00:00", "निस्तारित", disposal="FIR")
    site.clock.set("2020-06-21T20:00:00Z")
    site("pull", "igrs", "cctns")
    tables = site.json("reconcile")["tables"]                                 # the period is this month
    row = next(f for f in tables["figures"] if f["system"] == "igrs")
    over = site.cctns.sql("SELECT count(*) FROM t_complaint WHERE STATUS_CD = 7")[0][0]
    assert row["counts_by"] == "marked_at" and row["balanced"] is True
    assert row["brought_forward"] == at_the_portal(site, "marked_on < '2020-06-01'") == 3
    assert row["received"] == at_the_portal(site, "marked_on >= '2020-06-01'") == 5
    assert row["disposed"] == over == 2
    assert row["pending"] == at_the_portal(site, "1") - over == 6
    assert row["overdue"] == 2                                                 # of those of May: 30 days went by for two that are pending
    for figure in ("brought_forward", "received", "disposed", "pending", "overdue"):
        members = site.json("reconcile", "members", figure, "igrs", code=0)["tables"]["members"]
        assert len({m["number"] for m in members}) == len(members) == row[figure], figure
    may = next(f for f in site.json("reconcile", "--last", "--period", "2020-05")["tables"]["figures"] if f["system"] == "igrs")
    assert (may["brought_forward"], may["received"], may["disposed"], may["pending"]) == (0, 3, 0, 3)
    place = next(s for s in tables["sources"] if s["system"] == "igrs")
    assert (place["came_in"], place["with_police"], place["disposed"]) == (8, 6, 2)


def test_figures_that_do_not_add_up_are_seen(site):
    """Over before it came: the month's figures cannot balance, whatever the counts of the sides say."""
    staged(site, 3)
    site("reconcile", code=0)
    site.sql(f"UPDATE bridge.complaint SET status = 'DISP', disposed_at = '2020-05-01T00:00:00Z' WHERE number = '{code(1)}'")
    result = site("reconcile", code=4)
    assert "brought forward + received - disposed is not pending" in result.out
    assert result.out.rstrip().splitlines()[-1].startswith("The sides do NOT agree")


def test_marked_anew_after_it_was_over(site):
    """The portal sends on in July what was over in June: it came in June, and no figure is out of balance."""
    staged(site, 3)
    station = Station(site.cctns.path)
    station.act(code(1), DISPOSED, "2020-06-11 12:00:00", "निस्तारित", officer=station.officer(), disposal="FIR")
    site.clock.set("2020-06-12T20:00:00Z")
    site("pull", "igrs", "cctns", code=0)
    site.clock.set("2020-07-05T20:00:00Z")
    site.store.change(code(1), marked_on="2020-07-03 10:00:00", changed_on="2020-07-03 10:00:00")
    site("pull", "igrs", "cctns", code=0)
    assert site.one(f"SELECT marked_at::date FROM bridge.complaint WHERE number = '{code(1)}'") == "2020-07-03"
    for period, figures in (("2020-06", (0, 3, 1, 2)), ("2020-07", (2, 0, 0, 2))):
        result = site("reconcile", "--period", period, code=0)
        assert "is not pending" not in result.out
        row = next(f for f in site.json("reconcile", "--last", "--period", period)["tables"]["figures"] if f["system"] == "igrs")
        assert (row["brought_forward"], row["received"], row["disposed"], row["pending"], row["balanced"]) == (*figures, True), period


def test_counted_by_any_field_and_day(site):
    staged(site)
    tables = site.json("reconcile", "--by", "unit,status,category,month", "--basis", "registered", code=0)["tables"]
    (row,) = tables["counts"]
    assert (row["unit"], row["category"], row["month"], row["portal"], row["police"], row["staging"]) == (
        "UP-155", "OTHER", "2020-06", 5, 5, 5)
    assert next(f for f in tables["figures"] if f["system"] == "igrs")["counts_by"] == "registered_at"
    assert site.sql("SELECT category, sum(n) FROM bridge.control_total WHERE side = 'police' AND run_id = (SELECT max(run_id)"
                    " FROM bridge.control_total) GROUP BY 1") == [["OTHER", "5"]]
    for words in (("--basis", "posted"), ("--by", "colour"), ("--last", "--sweep"), ("members", "all"), ("--last", "pgms")):
        site("reconcile", *words, code=2)


# ---- the last run's findings, and the page

def test_the_last_findings_without_a_run(site):
    staged(site)
    by_hand(site, "COMPLAINT_DESC", "कुछ और", code(1))
    ran = site.json("reconcile", "--list", "--by", "unit", code=4)
    runs = site.sql("SELECT count(*), max(run_id) FROM bridge.run")
    site.portal.stop()                                                        # nobody is asked
    last = site.json("reconcile", "--last", "--list", "--by", "unit", code=4)
    assert site.sql("SELECT count(*), max(run_id) FROM bridge.run") == runs
    for row in ran["tables"]["sources"]:
        row["compared_by"] = None                                             # how each was asked is of the run alone
    assert ran["tables"].pop("lists") and not last["tables"].pop("lists")
    assert last["tables"] == ran["tables"]
    assert ran["lines"][-1] == last["lines"][-1] == "The sides do NOT agree: 1 differences, 0 explained, 1 unexplained."


def on_one_page(text, systems):
    lines = text.rstrip("\n").split("\n")
    assert len(lines) + 3 * (SYSTEMS - systems) <= PAGE, text                 # a row in each of three tables
    assert max(map(len, lines)) <= WIDTH, max(lines, key=len)
    return lines


def test_one_page_for_all_of_delhi(delhi):
    makers = {system: Maker(system, "2020-11-10T20:00:00Z") for system in PORTALS}
    for k, system in enumerate(PORTALS):
        delhi.peers[system].add([makers[system].record(n) for n in range(1, 3 + k)])
    delhi.peers["cmts"].add([{"unit": "DL-8162", "subject": "pksjh", "received_at": "2017-03-04T18:30:00Z", "status": "ENQR"}])
    delhi.police.add([{"unit": "DL-8162-01", "mode": "HAND", "complainant": "Test Person", "received_at": "2020-11-10T05:00:00Z",
                       "subject": "लिखित", "body": "शिकायत"} for _ in range(2)])
    delhi("sync")
    officer = delhi.police.officer("सत्यवीर सिंह", "SI", 5550001111)
    number = next(iter(delhi.peers["pgms"].held()))
    delhi.clock.set("2020-11-11T20:00:00Z")
    for action, hour in (("ASGN", 4), ("DISP", 6)):
        delhi.police.act(number, action, f"2020-11-11T{hour:02d}:00:00Z", officer=officer, text="निस्तारित",
                         **({"disposal": "NSUB"} if action == "DISP" else {}))
    delhi("sync")
    result = delhi("reconcile")
    lines = on_one_page(result.out, 8)
    assert lines[-1].startswith("The sides agree"), result.out
    tables = delhi.json("reconcile")["tables"]
    came = {s["system"]: s for s in tables["sources"]}
    assert set(came) == {*PORTALS, "cmts", "icms"}
    there = dict(delhi.police.sql("SELECT COALESCE(ORIGIN_SYSTEM, 'icms'), count(*) FROM icms_complaint GROUP BY 1"))
    over = dict(delhi.police.sql("SELECT ORIGIN_SYSTEM, count(*) FROM icms_complaint WHERE STATUS = 'DS' GROUP BY 1"))
    for system in PORTALS:
        row = came[system]
        assert row["came_in"] == len(delhi.peers[system].held()) == there[system], system
        assert row["disposed"] == over.get(system, 0), system
        assert row["with_police"] == there[system] - over.get(system, 0), system
        assert row["came_in"] == sum(row[p] for p in ("with_police", "disposed", "in_flight", "refused", "held"))
    assert came["icms"]["came_in"] == there["icms"] == 2 and came["cmts"]["came_in"] == 1
    for row in tables["reconciled"]:
        assert row["police"] == row["staging"] == there[row["portal_system"]]
        assert row["unexplained"] == 0
