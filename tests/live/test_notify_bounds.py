"""Bounds of what is told: whose name stays unsaid, who is not told at all, how fast, how often, and by which run."""
import psycopg2

from test_notify import MOBILE, OFFICER, complaint, due, gateway, number, states, switch_on  # noqa: F401
from two_districts import statement


def test_a_secret_sender_waits_where_no_words_name_nobody(haryana, gateway):  # noqa: F811
    """Words with an officer's name are registered, words without are not: rather nothing than the name."""
    table = gateway.templates / "sms.csv"
    table.write_text("".join(line for line in table.read_text().splitlines(True) if not (",ASSIGN," in line and ",yes," in line)))
    switch_on(haryana, gateway)
    cms, police = haryana.peers["hrcms"], haryana.police
    cms.add([complaint(1, identity="C"), complaint(2)])
    haryana("sync", code=0)
    haryana.clock.set("2024-02-11T20:00:00Z")
    for uid in cms.held():
        police.act(uid, "ASGN", "2024-02-11T04:00:00Z", officer=police.officer(OFFICER, "SI", MOBILE))
    assert "1 messages wait for registered words (ASSIGN)" in haryana("sync", code=0).out
    assert [m["mobile"] for m in gateway.taken if m["event"] == "ASSIGN"] == ["5000000002"]
    assert [s for s in states(haryana) if s[0] == "ASSIGN"] == [["ASSIGN", "planned", ""], ["ASSIGN", "sent", ""]]


def test_who_was_erased_is_told_nothing(haryana, gateway):  # noqa: F811
    cms = haryana.peers["hrcms"]
    cms.add([complaint(1), complaint(2)])
    haryana("sync", code=0)
    haryana("ledger", "erase", number(cms, 0), "--by", "x", "--why", "court", code=0)
    haryana.sql(f"UPDATE bridge.complaint SET mobile = '+915000000001' WHERE number = '{number(cms, 0)}'")
    switch_on(haryana, gateway, more="quiet = none\nstart = 2024-02-01")
    haryana("notify", code=0)
    assert [m["mobile"] for m in gateway.taken] == ["5000000002"]
    assert states(haryana) == [["REGD", "sent", ""], ["REGD", "suppressed", "erased"]]


def test_of_an_archive_or_a_system_that_is_not_named_nothing_is_told(delhi, gateway):  # noqa: F811
    """Of three systems one is named; another holds what was long ago."""
    for system in ("pgms", "cpgrams"):
        delhi.peers[system].add([{"unit": "DL-8162", "received_at": "2020-11-05T05:00:00Z", "marked_at": "2020-11-09T06:00:00Z",
                                  "status": "REGD", "subject": "s", "body": "b", "complainant": "कमला", "mobile": "+915000000001",
                                  "category": "CRIME", "gender": "F"}])
    delhi("sync")
    delhi.sql("INSERT INTO bridge.system (system, role, title) VALUES ('cmts', 'archive', 'CMTS') ON CONFLICT DO NOTHING;"
              "INSERT INTO bridge.complaint (source_system, number, number_norm, police_system, police_number, mobile, status, "
              "registered_at, first_run, last_run, staged_at, changed_at) "
              "SELECT 'cmts', 'A1', 'A1', 'icms', 'X1', '+915000000009', 'REGD', '2020-11-09', max(run_id), max(run_id), '2020-11-10', "
              "'2020-11-10' FROM bridge.run")
    switch_on(delhi, gateway, more="quiet = none\nstart = 2020-11-01\nsystems = pgms")
    delhi("notify", code=0)
    told = "SELECT c.source_system, m.state FROM bridge.message m JOIN bridge.complaint c USING (bridge_id)"
    assert delhi.sql(told) == [["pgms", "sent"]]
    delhi.extra = delhi.extra.replace("systems = pgms\n", "")
    delhi.write_conf()
    delhi("notify", code=0)
    assert sorted(delhi.sql(told)) == [["cpgrams", "sent"], ["pgms", "sent"]]


def test_messages_go_at_their_pace_and_leave_nothing_in_the_log(haryana, gateway):  # noqa: F811
    """At most so many a second; of each its own digest is kept; a log has neither the number nor the account's secret."""
    switch_on(haryana, gateway, "nic", "quiet = none\nlanguages = en", apply=False)
    haryana.extra = haryana.extra.replace("rate = 0\n", "rate = 1\n")
    haryana.write_conf()
    haryana("schema", "apply", code=0)
    haryana.peers["hrcms"].add([complaint(n) for n in (1, 2, 3)])
    haryana("sync", code=0)
    times = [m["at"] for m in gateway.taken]
    assert len(times) == 3 and times[2] - times[0] > 1.8
    assert haryana.one("SELECT count(DISTINCT digest) FROM bridge.message WHERE state = 'sent'") == "3"
    log = "".join(haryana.logs)
    assert gateway.password not in log and not [m for m in gateway.taken if m["mobile"] in log]


def test_a_message_is_not_tried_for_ever(due, gateway):  # noqa: F811
    due.bridge_extra += "tries = 2\n"
    due.write_conf()
    gateway.faults = ["http 503"] * 4
    due("notify", code=75)
    due.clock.set("2024-02-11T08:00:00Z")
    due("notify", code=75)
    assert states(due) == [["REGD", "failed", "tries"]] * 2 and gateway.taken == []
    due.clock.set("2024-02-11T10:00:00Z")
    due("notify", code=3)
    assert gateway.taken == []


def test_a_connection_that_stayed_open_brings_no_second_message(due, gateway):  # noqa: F811
    """One that the gateway ends when it has the second message: nobody asks it again, on a fresh connection."""
    gateway.keep, gateway.faults = True, ["", "drop"]
    due("notify", code=3)
    assert sorted(m["mobile"] for m in gateway.taken) == ["5000000001", "5000000002"]
    assert sorted(s[1] for s in states(due)) == ["in_doubt", "sent"]


def test_a_run_that_was_declared_lost_takes_up_no_message(due):  # noqa: F811
    """Its own process may not know it yet."""
    run = int(due.one("INSERT INTO bridge.run (job, started_at, state, host, pid, program) VALUES ('notify', now(), 'lost', 'h', 1, 'p') "
                      "RETURNING run_id"))
    types, body = statement("message_claim", "message")
    with psycopg2.connect(due.conninfo) as db, db.cursor() as sql:
        sql.execute(f"PREPARE claim ({', '.join(types)}) AS {body}")
        sql.execute("EXECUTE claim (%s, '2024-02-11 06:00Z', NULL, 'nic')", (run,))
        assert sql.fetchall() == []
        sql.execute("UPDATE bridge.run SET state = 'running' WHERE run_id = %s", (run,))
        sql.execute("EXECUTE claim (%s, '2024-02-11 06:00Z', NULL, 'nic')", (run,))
        assert len(sql.fetchall()) == 1
        db.rollback()
    db.close()
