"""What a cursor misses, a sweep finds: records that come with a time that has long passed or is still to come, records that are
gone. By SOAP, by XML and by ODBC; and that the cursor stays where it is."""
import sqlite3

import pytest
from matters import DISPOSED, ENQUIRY, Station, code, grievance
from test_drivers_sync import OnMariaDB, OnPostgres

LODGED = ("INSERT INTO t_complaint (COMPLAINT_SRNO, LANG_CD, COMPLAINT_REG_NUM, STATE_CD, DISTRICT_CD, REG_YEAR, REG_DT, STATUS_CD,"
          " SUBJECT, FULL_NAME, MARKED_DT, RECORD_STATUS, RECORD_CREATED_ON, RECORD_CREATED_BY)"
          " VALUES ({n}, 6, '{number}', 31, 31155, 2020, '{at}', 1, 'lodged', 'परीक्षक', '{at}', 'C', '{at}', 'station')")


def lodged(n):
    return f"3115520{n:07d}"


def cursors(site):
    return site.sql("SELECT system, call, at, key FROM bridge.cursor ORDER BY 1, 2")


def swept(site, *words, code):
    return {row["system"]: row for row in site.json(*words, code=code)["tables"]["swept"]}


def numbers(site, system):
    return {r[0] for r in site.sql(f"SELECT number FROM bridge.source_record WHERE system = '{system}' AND vanished_at IS NULL")}


def night(site, day):
    site.clock.set(f"2020-06-{day:02d}T20:00:00Z")


def test_a_record_that_came_late_with_an_old_time(site):
    site.store.add_complaints([grievance(n) for n in range(1, 6)])
    site("sync", code=0)
    night(site, 11)
    site.store.add_complaints([grievance(9, marked="2020-06-07 10:00:00")])     # three days before the cursor
    before = cursors(site)
    late = site("sync", "--json", code=4)                                       # the ordinary sync: told by the comparison, not read
    assert code(9) not in numbers(site, "igrs") and "unexplained" in late.out
    assert [c for c in cursors(site) if c[0] == "igrs"] == [c for c in before if c[0] == "igrs"]

    found = swept(site, "sync", "--sweep", code=0)                              # found, and registered with the police at once
    assert (found["igrs"]["listed"], found["igrs"]["missed"], found["igrs"]["found"]) == (6, 1, 1)
    assert found["cctns"]["missed"] == 0
    assert numbers(site, "igrs") == {code(n) for n in (1, 2, 3, 4, 5, 9)}
    assert site.cctns.sql("SELECT count(*) FROM t_complaint WHERE ORIGIN_NO = ?", code(9)) == [(1,)]
    assert site.sql("SELECT system, listed, missed, found FROM bridge.sweep ORDER BY 1")[1] == ["igrs", "6", "1", "1"]
    again = swept(site, "sync", "--sweep", code=0)
    assert (again["igrs"]["missed"], again["igrs"]["found"], again["cctns"]["missed"]) == (0, 0, 0)


def test_what_is_gone_is_marked_and_what_is_back_is_not(site):
    site.store.add_complaints([grievance(n) for n in range(1, 6)])
    site("sync", code=0)
    kept = [site.store.sql(f"SELECT * FROM {table} WHERE code = ?", code(3)) for table in ("grievance", "office_action")]
    site.store.remove(code(3))
    night(site, 11)
    result = site("sync", "--sweep")
    assert "1 records have vanished from \"igrs\"" in result.out
    assert site.sql("SELECT number FROM bridge.source_record WHERE vanished_at IS NOT NULL") == [[code(3)]]
    assert site.one(f"SELECT count(*) FROM bridge.complaint WHERE number = '{code(3)}'") == "1"                # a finding, never a delete
    with site.store:
        for table, rows in zip(("grievance", "office_action"), kept):
            site.store.db.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
    night(site, 12)
    assert swept(site, "sync", "--sweep", code=0)["igrs"]["vanished"] == 0
    assert site.sql("SELECT number FROM bridge.source_record WHERE vanished_at IS NOT NULL") == []


def closed_long_ago(site):
    """14 complaints, of which 12 are over since June; it is September."""
    site.store.add_complaints([grievance(n) for n in range(1, 15)])
    site("sync", code=0)
    station = Station(site.cctns.path)
    site.store.add_feedback([dict(code=code(n), satisfied="Yes", rating=5, mode="Call", given_on="2020-06-12 09:00:00")
                             for n in range(1, 13)])
    for n in range(1, 13):
        station.act(code(n), DISPOSED, "2020-06-12 12:00:00", text="निस्तारित", disposal="NSUB")
    night(site, 12)
    site("sync", code=0)
    assert site.one("SELECT count(*) FROM bridge.source_record WHERE system = 'igrs' AND status = 'DISP'") == "12"
    site.clock.set("2020-09-01T20:00:00Z")


def reasons(site, *words, code=None):
    site(*words, code=code)
    return {(what, reason): int(n) for what, reason, n in site.sql(
        "SELECT what, reason, count(*) FROM bridge.difference WHERE run_id = (SELECT run_id FROM bridge.comparison) GROUP BY 1, 2")}


@pytest.mark.parametrize("words", [("sync",), ("sync", "--sweep")])
def test_a_portal_that_lists_what_is_over_only_for_so_long(site, words):
    closed_long_ago(site)
    kept = site.store.sql("SELECT * FROM grievance WHERE code = ?", code(3))
    for n in range(1, 14):                                                      # the 13th is not over
        site.store.remove(code(n))
        with site.store:
            site.store.db.execute("DELETE FROM police_action WHERE code = ? AND ? < 13", (code(n), n))
    site.write_conf(igrs="keeps = 60d")
    assert reasons(site, *words) == {("missing at portal", "no longer kept"): 12, ("missing at portal", "vanished"): 1}
    assert site.sql("SELECT number FROM bridge.source_record WHERE vanished_at IS NOT NULL") == [[code(13)]]
    assert site.one("SELECT count(*) FROM bridge.held WHERE state = 'open'") == "0"     # nor is what was told there asked for
    with site.store:
        site.store.db.executemany(f"INSERT INTO grievance VALUES ({','.join('?' * len(kept[0]))})", kept)
    assert reasons(site, *words)[("missing at portal", "no longer kept")] == 11
    site.write_conf()                                                           # the rule was a mistake
    assert reasons(site, "reconcile", *words[1:], code=4) == {
        ("missing at portal", "unexplained"): 11, ("missing at portal", "vanished"): 1, ("delivery", "unexplained"): 12}


def test_an_empty_list_lets_nothing_go(site):
    closed_long_ago(site)
    site.write_conf(igrs="keeps = 60d")
    for n in range(1, 15):
        site.store.remove(code(n))
    assert reasons(site, "sync", "--sweep", code=4) == {("missing at portal", "unexplained"): 14}
    assert site.one("SELECT count(*) FROM bridge.source_record WHERE released_at IS NOT NULL") == "0"


def test_a_change_with_an_old_time_and_a_time_to_come(site):
    site.store.add_complaints([grievance(n) for n in range(1, 5)])
    site("sync", code=0)
    night(site, 11)
    with site.store:                                                            # changed, and its clock was three hours slow
        site.store.db.execute("UPDATE grievance SET subject = 'बदला हुआ', changed_on = '2020-06-05 11:30:00' WHERE code = ?", (code(2),))
        site.store.db.execute("UPDATE grievance SET subject = 'आगे', changed_on = '2031-01-01 00:00:00' WHERE code = ?", (code(4),))
    site("sync")
    assert site.one(f"SELECT subject FROM bridge.complaint WHERE number = '{code(2)}'") == "विषय 2"
    before = cursors(site)
    found = swept(site, "sync", "--sweep", code=0)["igrs"]
    assert (found["missed"], found["found"]) == (2, 2)
    assert site.one(f"SELECT subject FROM bridge.complaint WHERE number = '{code(2)}'") == "बदला हुआ"
    assert site.one(f"SELECT subject FROM bridge.complaint WHERE number = '{code(4)}'") == "आगे"
    assert cursors(site) == before, "a time to come moved the cursor"


@pytest.mark.parametrize("kind", ["sqlite", "mariadb", "pgsql"])
def test_a_station_that_was_offline(site, kind, mariadb, pg):
    """CCTNS by ODBC: a complaint that a station lodged days ago and sent today; another that is gone."""
    police = {"sqlite": lambda: None, "mariadb": lambda: OnMariaDB(mariadb, "sweep"), "pgsql": lambda: OnPostgres(pg, "sweep")}[kind]()
    run = police.run if police else site.cctns.sql
    if police:
        secret = f"user = bridge\npassword = file:{site.secret('cctns', police.secret)}" if hasattr(police, "secret") else "user = postgres"
        site.write_conf(connection=police.connection, cctns=secret)
    for n in (1, 2, 3):
        run(LODGED.format(n=n, number=lodged(n), at="2020-06-09 10:00:00"))
    site("sync", code=0)
    night(site, 12)
    run(LODGED.format(n=4, number=lodged(4), at="2020-06-08 09:00:00"))
    run(f"DELETE FROM t_complaint WHERE COMPLAINT_REG_NUM = '{lodged(2)}'")
    site("sync", code=0)
    assert numbers(site, "cctns") == {lodged(n) for n in (1, 2, 3)}
    found = swept(site, "sync", "--sweep", code=0)["cctns"]
    assert (found["listed"], found["missed"], found["found"], found["vanished"]) == (3, 1, 1, 1)
    assert numbers(site, "cctns") == {lodged(n) for n in (1, 3, 4)}


def test_an_action_that_came_late(site):
    """Of actions there is no list: a sweep reads them again."""
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    night(site, 12)
    Station(site.cctns.path).act(code(1), ENQUIRY, "2020-06-08 09:00:00", text="जाँच")
    with sqlite3.connect(site.cctns.path) as db:
        db.execute("UPDATE t_complaint SET STATUS_CD = 1, RECORD_UPDATED_ON = NULL")                         # only the action is late
    site("sync")
    assert site.one("SELECT count(*) FROM bridge.action WHERE system = 'cctns' AND action = 'ENQR'") == "0"
    site("sync", "--sweep")
    assert site.one("SELECT count(*) FROM bridge.action WHERE system = 'cctns' AND action = 'ENQR'") == "1"
    assert "PENDING_L1" in [a["action_code"] for a in site.store.police_actions(code(1))]


def test_reconcile_sweeps_and_sends_nothing(site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("sync", code=0)
    night(site, 11)
    site.store.add_complaints([grievance(9, marked="2020-06-07 10:00:00")])
    calls = sum(site.store.changes().values())
    result = site.json("reconcile", "--sweep", code=0)["tables"]
    assert [(r["system"], r["missed"], r["found"]) for r in result["swept"]] == [("igrs", 1, 1), ("cctns", 0, 0)]
    assert code(9) in numbers(site, "igrs") and sum(site.store.changes().values()) == calls
    assert [(r["reason"], r["what"]) for r in result["reasons"]] == [("in flight", "missing at police")]
    site("sync", code=0)
    assert site.cctns.sql("SELECT count(*) FROM t_complaint WHERE ORIGIN_NO = ?", code(9)) == [(1,)]


def test_a_list_that_cannot_be_read_marks_nothing(site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("sync", code=0)
    site.store.fault("ListIds", "http", 503, times=50)
    result = site("sync", "--sweep", code=75)
    assert "\"igrs\" was not swept" in result.out
    assert site.sql("SELECT number FROM bridge.source_record WHERE vanished_at IS NOT NULL") == []
    assert site.sql("SELECT system FROM bridge.sweep") == [["cctns"]]


def test_a_list_that_lost_most_of_its_records_is_not_believed(site):
    """A peer that answers with an empty list, or with its first page alone, and says that this is all: nothing is marked as gone by
    it, neither by the sweep nor by the comparison, and the run says so until the list is whole again."""
    site.store.add_complaints([grievance(n) for n in range(1, 16)])
    site("sync", code=0)
    kept = {n: [site.store.sql(f"SELECT * FROM {table} WHERE code = ?", code(n)) for table in ("grievance", "office_action")]
            for n in range(1, 16)}
    for n in range(3, 16):
        site.store.remove(code(n))
    night(site, 11)
    marked = "SELECT number FROM bridge.source_record WHERE vanished_at IS NOT NULL"
    result = site("sync", "--sweep", code=4)
    assert "13 of 15 records of \"igrs\" are not in its list" in result.out and "nothing was marked" in result.out
    assert site.sql(marked) == []
    site("reconcile", code=4)
    assert site.sql(marked) == []
    assert site.sql("SELECT reason, count(*) FROM bridge.difference WHERE run_id = (SELECT max(run_id) FROM bridge.difference)"
                    " AND what = 'missing at portal' GROUP BY 1") == [["unexplained", "13"]]
    for n in (1, 2):
        kept[n] = [site.store.sql(f"SELECT * FROM {table} WHERE code = ?", code(n)) for table in ("grievance", "office_action")]
        site.store.remove(code(n))
    site("sync", "--sweep", code=4)                                             # not one is listed
    assert site.sql(marked) == []
    with site.store:
        for tables in kept.values():
            for table, rows in zip(("grievance", "office_action"), tables):
                for row in rows:
                    site.store.db.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
    night(site, 12)
    assert swept(site, "sync", "--sweep", code=0)["igrs"]["vanished"] == 0
    assert site.sql(marked) == []


def test_usage(site):
    wrong = site("sync", "--sweep", "--dry-run", code=2)
    assert "--sweep" in wrong.err
    site("pull", "igrs", "--sweep", code=2)
    assert "--sweep" in site("help", "sync", code=0).out and "--sweep" in site("help", "reconcile", code=0).out


@pytest.mark.parametrize("state, system", [("delhi", "pgms"), ("delhi", "nhrc"), ("delhi", "cpgrams"), ("haryana", "hrcms"),
                                           ("durg", "durgqr")])
def test_every_kind_of_peer_answers_a_sweep(make_state, state, system):
    """PHP, gSOAP, spyne, XML: the list and the reading without a cut are what these stacks take."""
    site = make_state(state)
    site.peers[system]
    result = site("--json", "sync", "--sweep", code=0)
    assert f'"{system}"' in result.out
    assert site.sql(f"SELECT system FROM bridge.sweep WHERE system = '{system}'") == [[system]]
