"""What is planned, and when: a disposal that waits for the complainant's word, and what was written since the last planning alone."""
import json
import os
import subprocess
from contextlib import contextmanager

from servers import PG_BIN, ROOT
from test_notify import gateway, states, switch_on, words  # noqa: F401

REPORT = "जाँच आख्या: दोनों पक्षों के बयान लिये गये।"


def test_a_disposal_is_told_once_the_complainant_is_satisfied(up, gateway):  # noqa: F811
    """The system disposes only then: who is not satisfied is told of no disposal, and neither is who has not been asked."""
    switch_on(up, gateway, more="quiet = none\nlanguages = en")
    portal, police = up.peers["igrs"], up.police
    portal.add([{"unit": "UP-171", "received_at": "2020-06-01T05:00:00Z", "marked_at": "2020-06-01T06:00:00Z", "complainant": f"कमला {n}",
                 "mobile": f"+9150000{n:05d}", "subject": "s", "body": "b", "category": "CRIME"} for n in (1, 2, 3)])
    up("sync", code=0)
    one, two, three = sorted(portal.held())
    assert [m["event"] for m in gateway.taken] == ["REGD"] * 3
    for each in (one, two, three):
        police.act(each, "ATRS", "2020-06-11T04:00:00Z", text=REPORT)
        police.act(each, "DISP", "2020-06-11T08:00:00Z", text=REPORT, disposal="NSUB")
    up.clock.set("2020-06-11T20:00:00Z")
    up("sync", code=0)
    up("notify", code=0)
    assert "DISPOSED" not in {m["event"] for m in gateway.taken} and len(states(up)) == 3
    up.clock.set("2020-06-12T20:00:00Z")
    for each, word in ((one, "Y"), (two, "N")):
        portal.change(each, feedback=[{"satisfied": word, "mode": "CALL", "at": "2020-06-12T05:00:00Z", "text": "कहा"}])
    up("sync", code=0)
    up.clock.set("2020-06-13T20:00:00Z")
    up("sync", code=0)
    assert [(m["mobile"], m["event"], m["text"]) for m in gateway.taken[3:]] == [
        ("5000000001", "DISPOSED", words(gateway, "DISPOSED", "en", one, "11/06/2020"))]
    # said at last: what was asked two days ago is told now, and nothing of the one that was opened again
    up.clock.set("2020-06-14T20:00:00Z")
    portal.change(three, feedback=[{"satisfied": "Y", "mode": "CALL", "at": "2020-06-14T05:00:00Z", "text": "कहा"}])
    up("sync", code=0)
    up("notify", code=0)
    assert [m["mobile"] for m in gateway.taken[3:]] == ["5000000001", "5000000003"]


# ---- how much is looked at ----

ROWS, NEW = int(os.environ.get("NOTIFY_PLAN_ROWS", 20000)), int(os.environ.get("NOTIFY_PLAN_NEW", 200))
TABLES = {"complaint", "action", "feedback", "link", "message"}


def bring(site, first, count, at):
    """Registered complaints of a run of its own, each with an officer, as its pages would have staged them: two events each."""
    site.sql(f"""
        WITH run AS (
            INSERT INTO bridge.run (job, started_at, ended_at, state, host, pid, program)
            VALUES ('sync', '{at}', '{at}', 'done', 'h', 1, 'p') RETURNING run_id
        ), c AS (
            INSERT INTO bridge.complaint (source_system, number, number_norm, police_system, police_number, subject, body, status,
                                          registered_at, first_run, last_run, staged_at, changed_at)
            SELECT 'hrcms', 'P' || i, 'P' || i, 'cctns', 'N' || i, 's', repeat('b', 300), 'ASGN', '{at}', run_id, run_id, '{at}', '{at}'
            FROM run, generate_series({first}, {first} + {count} - 1) i RETURNING *
        ), f AS (
            INSERT INTO bridge.feedback (bridge_id, system, key, at, satisfied, digest, as_received, first_run, last_run, staged_at)
            SELECT bridge_id, 'hrcms', '1', '{at}', 'U', sha256('x'), '{{}}', last_run, last_run, '{at}' FROM c
        ), l AS (
            INSERT INTO bridge.link (system, number, number_norm, bridge_id, run_id, at)
            SELECT 'cctns', police_number, police_number, bridge_id, last_run, '{at}' FROM c
        )
        INSERT INTO bridge.action (bridge_id, system, key, at, action, officer_name, digest, as_received, first_run, last_run, staged_at)
        SELECT bridge_id, 'cctns', '1', '{at}', 'ASGN', 'O', sha256('x'), '{{}}', last_run, last_run, '{at}' FROM c""")


def explained(site, since):
    """The plan of planning, carried out and taken back: {node kind: tables that are read so}, and its milliseconds."""
    text = (ROOT / "sql/queries/message.sql").read_text().split("-- name: message_plan ", 1)[1]
    head, body = text.split("\n", 1)
    types = ", ".join(word.split()[1] for word in head.strip("()").split(","))
    body = body.split("\n-- ----", 1)[0].strip().rstrip(";")
    rows = site.sql(f"BEGIN; PREPARE p ({types}) AS {body}; EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE p (1,"
                    f" '2024-02-13T20:00:00Z', '2024-01-01', '{{}}', '{{}}', NULL, '{{}}', {since}, false)")
    (plan,) = json.loads("\n".join(row[0] for row in rows))
    found = {}

    def walk(node):
        if node.get("Relation Name") in TABLES and node["Node Type"] != "ModifyTable":
            found.setdefault(node["Node Type"], set()).add(node["Relation Name"])
        for child in node.get("Plans", ()):
            walk(child)

    walk(plan["Plan"])
    return found, plan["Execution Time"]


def test_planning_looks_at_what_is_new(haryana, gateway):  # noqa: F811
    """What was planned once is not read again, however much it is; asked otherwise, all of it is."""
    assert haryana.peers["hrcms"]            # planted rows stand in no books: each run says so (4), and none of it is about messages
    switch_on(haryana, gateway, more="quiet = none\nstart = 2024-01-01")
    haryana("notify")
    bring(haryana, 1, ROWS, "2024-02-10T21:00:00Z")
    haryana.sql("ANALYZE")
    haryana("notify")
    count = "SELECT count(*) FROM bridge.message"
    assert haryana.one(count) == str(2 * ROWS)
    haryana.sql("VACUUM ANALYZE")
    bring(haryana, ROWS + 1, NEW, "2024-02-11T21:00:00Z")
    since = haryana.one("SELECT upto FROM bridge.message_mark")
    found, spent = explained(haryana, since)
    print(f"{ROWS} complaints, {NEW} new: {spent:.0f} ms, {found}; all: {explained(haryana, 0)[1]:.0f} ms")
    assert "Seq Scan" not in found and any("Index" in kind for kind in found), found
    haryana("notify")
    assert haryana.one(count) == str(2 * (ROWS + NEW))
    # what another run still holds back is looked at when it is there: it has an older number than the one that planned
    haryana.sql("INSERT INTO bridge.run (job, started_at, state, host, pid, program) VALUES ('sync', now(), 'running', 'h', 1, 'p')")
    old = haryana.one("SELECT max(run_id) FROM bridge.run")
    with live(haryana, old):
        haryana("notify")
        assert haryana.one("SELECT upto FROM bridge.message_mark") == old
    # and a complaint that nobody touched since is looked at when bridge.conf asks for more
    haryana.sql("DELETE FROM bridge.message_mark; INSERT INTO bridge.message_mark (asked, upto, run_id) VALUES ('otherwise', 1000000, 1)")
    haryana("notify")
    assert int(haryana.one("SELECT upto FROM bridge.message_mark")) < 1000000 and haryana.one(count) == str(2 * (ROWS + NEW))
    # as it is when one part of it alone is new
    haryana.sql("INSERT INTO bridge.action (bridge_id, system, key, at, action, expected_at, digest, as_received, first_run, last_run,"
                " staged_at) SELECT min(bridge_id), 'cctns', '2', '2024-02-12', 'INTR', '2024-02-20', sha256('x'), '{}',"
                " max(last_run) + 1000, max(last_run) + 1000, '2024-02-12' FROM bridge.complaint")
    haryana("notify")
    assert haryana.one(count + " WHERE event = 'INTR'") == "1"


@contextmanager
def live(site, run):
    """A session that holds the run's own lock, as the run would: it is not lost."""
    held = subprocess.Popen([PG_BIN / "psql", "-q", "-At", "-d", site.conninfo], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    held.stdin.write(f"SELECT pg_try_advisory_lock(hashtextextended('cctns-bridge live {run}', 0));\n")
    held.stdin.flush()
    assert held.stdout.readline().strip() == "t"
    yield
    held.communicate()
