"""By when a complaint is due: a table of cases in SQL; then through pulls: what the portal says, the rule, a transfer, an interim reply, a
clock that stands, a rule that changes, and what "deadline" and "show" say of it."""
import csv
import shutil

import pytest

from conftest import ROOT
from matters import code, grievance

CASES = ROOT / "tests/fixtures/deadline/cases.csv"
RULES = ROOT / "tests/fixtures/deadline/rules.csv"
DIGEST = "'\\x" + "ab" * 32 + "'"
NO_LIMIT = {"pgms", "durgqr", "icms"}


def own_mappings(site, more=()):
    """The site reads a copy of the mappings, with further lines in sla.csv, and applies it."""
    folder = site.folder / "mappings"
    if not folder.exists():
        shutil.copytree(ROOT / "mappings", folder)
        site.conf.write_text(site.conf.read_text().replace(f"mappings = {ROOT}/mappings", f"mappings = {folder}"))
    table = folder / "sla.csv"
    table.write_text(table.read_text() + "".join(line + "\n" for line in more))
    return table


def quoted(text):
    return f"'{text}'" if text else "NULL"


def moment(text):
    return f"timestamptz '{text}+05:30'" if text else "NULL"


def test_every_case_of_the_table(site):
    own_mappings(site, RULES.read_text().splitlines())
    site("schema", "apply", code=0)
    with open(CASES, encoding="utf-8") as table:
        cases = list(csv.DictReader(table))
    assert len(cases) >= 60 and len({c["case"] for c in cases}) == len(cases)
    rules = {system for (system,) in site.sql("SELECT DISTINCT system FROM bridge.sla_rule")}
    assert {c["system"] for c in cases} - NO_LIMIT == rules and not NO_LIMIT & rules, "a rule without a case"
    for n, c in enumerate(cases, 1):
        site.sql(f"INSERT INTO bridge.complaint (source_system, number, number_norm, status, first_run, last_run, staged_at, changed_at) "
                 f"VALUES ('{c['system']}', 'N{n}', 'N{n}', 'ENQR', 1, 1, '2020-01-01', '2020-01-01')")
        for k, step in enumerate(c["steps"].split()):
            action, at = step.split("@")
            site.sql(f"INSERT INTO bridge.action (bridge_id, system, key, at, action, digest, as_received, first_run, last_run, staged_at) "
                     f"SELECT bridge_id, 'cctns', '{k + 1}', {moment(at)}, '{action}', {DIGEST}, '{{}}', 1, 1, '2020-01-01' "
                     f"FROM bridge.complaint WHERE number = 'N{n}'")
    wrong = []
    for n, c in enumerate(cases, 1):
        found = site.sql(
            f"SELECT d.due_at AT TIME ZONE 'Asia/Kolkata', v.days || ' ' || v.count_by, d.started_at IS NOT NULL "
            f"FROM bridge.complaint b, bridge.due_for('{c['system']}', {quoted(c['ref_type'])}, {quoted(c['unit'])}, "
            f"{moment(c['received'])}, {moment(c['registered'])}, {moment(c['marked'])}, {moment(c['direction'])}, "
            f"{moment(c['first_marked'])}, b.bridge_id, 'cctns') d LEFT JOIN bridge.sla_rule_version v USING (rule_id) "
            f"WHERE b.number = 'N{n}'")
        due, rule, started = found[0] if found else (None, None, "f")
        said = "none" if not rule else "stands" if not due else due[:10]
        if (said, rule or "") != (c["due"], c["rule"]) or (due and due[10:] != " 23:59:59") or (started == "t") != bool(rule):
            wrong.append((c["case"], c["due"], c["rule"], found))
    assert wrong == []


LAST = "2020-07-01T18:29:59Z"
DAYS_LEFT = [
    (LAST, LAST, "Asia/Kolkata", 0), (LAST, "2020-07-01T18:30:00Z", "Asia/Kolkata", -1), (LAST, "2020-06-30T18:30:00Z", "Asia/Kolkata", 0),
    (LAST, "2020-06-30T18:29:59Z", "Asia/Kolkata", 1), (LAST, "2020-07-01T18:30:00Z", "+05:30", -1),
    (LAST, "2020-07-01T18:30:00Z", "UTC", 0),
    ("2024-03-01T18:29:59Z", "2024-02-28T06:00:00Z", "+05:30", 2), ("2024-01-05T18:29:59Z", "2023-12-30T06:00:00Z", "Asia/Kolkata", 6),
]


def test_days_left(site):
    for due, now, zone, days in DAYS_LEFT:
        assert site.one(f"SELECT bridge.days_left('{due}', '{now}', '{zone}')") == str(days), (due, now, zone)
    assert site.one("SELECT bridge.days_left(NULL, now(), 'UTC')") is None


# ---- through pulls ----

def history(site, n=1):
    """[(why, day in India, days of the rule)] of one complaint, in order."""
    return [tuple(row) for row in site.sql(
        f"SELECT h.why, COALESCE((h.due_at AT TIME ZONE 'Asia/Kolkata')::date::text, ''), COALESCE(v.days::text, '') "
        f"FROM bridge.due_history h JOIN bridge.complaint c USING (bridge_id) LEFT JOIN bridge.sla_rule_version v USING (rule_id) "
        f"WHERE c.number = '{code(n)}' ORDER BY h.entry")]


def due(site, n=1):
    return site.sql(f"SELECT COALESCE((due_at AT TIME ZONE 'Asia/Kolkata')::text, ''), COALESCE(due_rule::text, '') FROM bridge.complaint "
                    f"WHERE number = '{code(n)}'")[0]


def add(site, count=1, marked="2020-06-10 10:30:00", **more):
    """Grievances of which the portal does not say when they are due."""
    site.store.add_complaints([grievance(n, marked_on=marked, received_on=marked, due_on=None, **more) for n in range(1, count + 1)])


def explained(site, n=1):
    tables = site.json("deadline", "explain", code(n), code=0)["tables"]
    return tables["deadline"][0], tables


def test_a_rule_and_the_portal_itself(site):
    add(site, 2)
    site.store.change(code(2), due_on="2020-06-20 17:00:00")
    site("sync", code=0)
    assert due(site)[0] == "2020-07-10 23:59:59" and history(site) == [("rule", "2020-07-10", "30")]
    assert due(site, 2) == ["2020-06-20 17:00:00", ""] and history(site, 2) == [("portal", "2020-06-20", "")]
    # nothing is written while nothing is another
    site.clock.set("2020-06-11T20:00:00Z")
    site.store.change(code(1), name="Someone Else")
    site("sync", code=0)
    assert len(history(site)) == len(history(site, 2)) == 1
    # the portal's word goes before the rule, and the rule comes back when it says nothing more
    site.clock.set("2020-06-12T20:00:00Z")
    site.store.change(code(1), due_on="2020-07-01 12:00:00")
    site.store.change(code(2), due_on=None)
    site("sync", code=0)
    assert due(site) == ["2020-07-01 12:00:00", ""] and due(site, 2)[0] == "2020-07-10 23:59:59"
    assert history(site)[1:] == [("portal", "2020-07-01", "")] and history(site, 2)[1:] == [("rule", "2020-07-10", "30")]
    assert site.sql("SELECT count(*) FROM bridge.due_history h JOIN bridge.run r USING (run_id) WHERE h.at >= r.started_at") == [["4"]]
    head, tables = explained(site, 2)
    assert (head["why"], head["due_on"], head["started_on"], head["start_event"]) == ("rule", "2020-07-10", "2020-06-10", "marked_at")
    assert head["rule"] == "igrs *: 30 calendar days from marked_at" and "IGRS" in head["source"]
    assert head["days_left"] == 27 and head["overdue"] is False and [h["why"] for h in tables["history"]] == ["portal", "rule"]
    assert "by the rule igrs *: 30 calendar days from marked_at" in site("show", code(2), code=0).out
    assert "as the portal says" in site("show", code(1), code=0).out
    assert "30 calendar days" in site("deadline", "explain", code(2), code=0).out


def test_a_transfer_starts_the_clock_anew_unless_the_rule_says_no(site):
    table = own_mappings(site)
    add(site, 2)
    site("sync", code=0)
    site.clock.set("2020-06-15T20:00:00Z")
    site.store.change(code(1), marked_on="2020-06-15 12:00:00", district_code="118")
    site("sync", code=0)
    assert history(site) == [("rule", "2020-07-10", "30"), ("rule", "2020-07-15", "30")]
    lines = table.read_text().splitlines()
    table.write_text("\n".join(line.replace("marked_at,,,yes", "marked_at,,,no") for line in lines) + "\n")
    site("schema", "apply", code=0)
    site.clock.set("2020-06-20T20:00:00Z")
    site.store.change(code(2), marked_on="2020-06-20 12:00:00", district_code="118")
    site("sync", code=0)
    assert due(site, 2)[0] == "2020-07-10 23:59:59", "the first mark counts"
    assert [h[:2] for h in history(site, 2)] == [("rule", "2020-07-10")] * 2, "another rule, though of the same day"
    rules = [h["rule"] for h in explained(site, 2)[1]["history"]]
    assert rules == ["igrs *: 30 calendar days from marked_at", "igrs *: 30 calendar days from marked_at, the first"]


def test_an_interim_reply_moves_what_is_expected_alone(up):
    igrs = up.peers["igrs"]
    igrs.add([{"unit": "UP-171", "received_at": "2020-06-09T05:00:00Z", "marked_at": "2020-06-09T06:30:00Z", "complainant": "परीक्षक",
               "mobile": "+915000000001", "subject": "विषय", "body": "मेरी शिकायत", "category": "CRIME"}])
    (number,) = igrs.held()
    igrs.store.change(number, due_on=None)
    up("sync", code=0)
    before = up.sql("SELECT due_at, due_rule FROM bridge.complaint")
    up.clock.set("2020-06-11T20:00:00Z")
    officer = up.police.officer("Anita Rawat", "Inspector", 5550003333)
    up.police.act(number, "ASGN", "2020-06-11T04:00:00Z", officer=officer)
    up.police.act(number, "INTR", "2020-06-11T05:00:00Z", text="अन्तरिम आख्या: जांच चल रही है।", officer=officer,
                  expected_at="2020-08-01T06:00:00Z")
    up("sync", code=0)
    assert up.sql("SELECT due_at, due_rule FROM bridge.complaint") == before and before[0][1]
    assert up.one("SELECT expected_at AT TIME ZONE 'UTC' FROM bridge.complaint") == "2020-08-01 06:00:00"
    assert up.one("SELECT count(*) FROM bridge.due_history") == "1"
    (row,) = up.json("deadline", "list", code=0)["tables"]["deadlines"]
    assert (row["due_on"], row["expected_on"], row["why"]) == ("2020-07-09", "2020-08-01", "rule")


def test_the_clock_stands_while_the_complainant_is_asked(up):
    igrs = up.peers["igrs"]
    table = own_mappings(up)
    table.write_text(table.read_text().replace("marked_at,,,yes", "marked_at,INFO,,yes"))
    up("schema", "apply", code=0)
    igrs.add([{"unit": "UP-171", "received_at": "2020-06-09T05:00:00Z", "marked_at": "2020-06-09T06:30:00Z", "complainant": "परीक्षक",
               "mobile": "+915000000001", "subject": "विषय", "body": "मेरी शिकायत", "category": "CRIME"}])
    (number,) = igrs.held()
    igrs.store.change(number, due_on=None)
    up("sync", code=0)
    officer = up.police.officer("Anita Rawat", "Inspector", 5550003333)
    day = {"ASGN": "11", "INFO": "12", "ENQR": "17"}
    for action in day:
        up.clock.set(f"2020-06-{day[action]}T20:00:00Z")
        up.police.act(number, action, f"2020-06-{day[action]}T05:00:00Z", text="पता बताएं" if action == "INFO" else None, officer=officer)
        up("sync", code=0)
        if action == "INFO":
            (row,) = up.json("deadline", "list", code=0)["tables"]["deadlines"]
            assert (row["why"], row["due_at"], row["overdue"]) == ("stands", None, False)
    said = up.sql("SELECT why, COALESCE((due_at AT TIME ZONE 'Asia/Kolkata')::text, '') FROM bridge.due_history ORDER BY entry")
    assert said == [["rule", "2020-07-09 23:59:59"], ["stands", ""], ["rule", "2020-07-14 23:59:59"]]
    tables = up.json("deadline", "explain", number, code=0)["tables"]
    assert [(s["from_at"], s["to_at"]) for s in tables["stops"]] == [("2020-06-12T05:00:00Z", "2020-06-17T05:00:00Z")]
    assert [d["day"] for d in tables["days"]] == [f"2020-06-{d}" for d in range(13, 18)]
    assert {d["why"] for d in tables["days"]} == {"the clock stood"}


def test_a_rule_changes_from_a_day_on(site):
    table = own_mappings(site)
    add(site, 2)
    site("sync", code=0)
    lines = [line for line in table.read_text().splitlines() if not line.startswith("igrs,")]
    table.write_text("\n".join([*lines, "igrs,*,,2020-06-14,30,calendar,marked_at,,,,old", "igrs,*,2020-06-15,,7,working,marked_at,,,,new"])
                     + "\n")
    site("schema", "apply", code=0)
    site.clock.set("2020-06-20T20:00:00Z")
    site.store.change(code(2), marked_on="2020-06-19 10:00:00")
    site.store.add_complaints([grievance(3, marked_on="2020-06-18 10:00:00", received_on="2020-06-18 10:00:00", due_on=None)])
    site("sync", code=0)
    assert due(site, 1)[0] == "2020-07-10 23:59:59" and len(history(site)) == 1, "not written: as it was"
    assert history(site, 2) == [("rule", "2020-07-10", "30"), ("rule", "2020-06-27", "7")]
    assert history(site, 3) == [("rule", "2020-06-26", "7")]
    head, tables = explained(site, 3)
    assert [(d["day"], d["why"]) for d in tables["days"]] == [("2020-06-21", "weekly day off")] and head["source"] == "new"
    # every wording that was ever applied is still there
    site("schema", "apply", code=0)
    assert site.sql("SELECT count(*), count(DISTINCT source) FROM bridge.sla_rule_version WHERE system = 'igrs'") == [["3", "3"]]
    assert site.one("SELECT count(*) FROM bridge.sla_rule WHERE system = 'igrs'") == "2"
    assert site.one("SELECT count(*) FROM bridge.due_history h LEFT JOIN bridge.sla_rule_version v USING (rule_id) "
                    "WHERE h.rule_id IS NOT NULL AND v.rule_id IS NULL") == "0"


def test_the_list_by_unit_and_what_is_overdue(site):
    add(site, 3, district_code="171")
    site.store.change(code(2), marked_on="2020-05-01 10:00:00")
    site.store.change(code(3), district_code="118")
    site("sync", code=0)
    rows = site.json("deadline", "list", code=0)["tables"]["deadlines"]
    assert [r["number"] for r in rows] == [code(2), code(1), code(3)] and [r["overdue"] for r in rows] == [True, False, False]
    assert [(r["due_on"], r["days_left"]) for r in rows] == [("2020-05-31", -11), ("2020-07-10", 29), ("2020-07-10", 29)]
    assert [r["number"] for r in site.json("deadline", "list", "--overdue", code=0)["tables"]["deadlines"]] == [code(2)]
    assert [r["number"] for r in site.json("deadline", "list", "--unit", "UP-118", code=0)["tables"]["deadlines"]] == [code(3)]
    assert len(site.json("deadline", "list", "--unit", "UP", code=0)["tables"]["deadlines"]) == 3
    assert "no unit" in site("deadline", "list", "--unit", "UP-NONE").err
    assert "nobody knows" in site("deadline", "explain", "no such number").err
    for words in (("explain",), ("forget",), ("list", "UP"), ("explain", code(1), "--overdue")):
        site("deadline", *words, code=2)


def test_history_is_only_added_to(site):
    add(site)
    site("sync", code=0)
    for statement in ("UPDATE bridge.due_history SET why = 'none', due_at = NULL", "DELETE FROM bridge.due_history",
                      "TRUNCATE bridge.due_history", "UPDATE bridge.sla_rule_version SET days = 1", "DELETE FROM bridge.sla_rule_version"):
        with pytest.raises(Exception, match="only added to|refused"):
            site.sql(statement)
    assert history(site) == [("rule", "2020-07-10", "30")]


def test_what_is_over_is_not_in_the_list(site):
    add(site, 7)
    site("sync", code=0)
    for n, status in enumerate(("DISP", "CLSD", "TRNO", "RJCT", "DUPL", "WDRN"), 2):
        site.sql(f"UPDATE bridge.complaint SET status = '{status}' WHERE number = '{code(n)}'")
    site.clock.set("2020-08-01T20:00:00Z")
    for words in (("list",), ("list", "--overdue")):
        assert [r["number"] for r in site.json("deadline", *words, code=0)["tables"]["deadlines"]] == [code(1)]
    assert site.json("deadline", "explain", code(1), code=0)["tables"]["deadline"][0]["overdue"] is True
    assert site.json("deadline", "explain", code(2), code=0)["tables"]["deadline"][0]["overdue"] is False
