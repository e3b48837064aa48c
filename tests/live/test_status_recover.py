"""`status` says before a run what the run will recover, and after it what it recovered."""
import os
import signal
import subprocess

import pytest

from conftest import BRIDGE
from matters import DISTRICTS, code, grievance
from servers import wait_for


def left(site):
    return {(r["what"], r["system"] or ""): (r["class"] or "", r["n"], r["then"]) for r in site.json("status", code=0)["tables"]["recover"]}


def recovered(site):
    """Of the newest run."""
    tables = site.json("status", code=0)["tables"]
    newest = tables["runs"][0]["run_id"]
    return {(r["what"], r["system"] or ""): r["n"] for r in tables["recovered"] if r["run_id"] == newest}


@pytest.fixture
def told(site):
    """250 complaints, registered, and as many actions to be told to the portal."""
    site.store.add_complaints([grievance(i, district=DISTRICTS[i % len(DISTRICTS)]) for i in range(1, 251)])
    site("pull", "igrs", code=0)
    site("push", "cctns", code=0)
    site("pull", "cctns", code=0)
    return site


def killed_in(site, *words, when):
    process = subprocess.Popen([str(BRIDGE), "-c", str(site.conf), *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL,
                               env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}", ASAN_OPTIONS="detect_leaks=0"))
    try:
        wait_for(when, " ".join(words), alive=process)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def is_sending(site, n):
    return lambda: int(site.one("SELECT count(*) FROM bridge.delivery WHERE state = 'sending'")) == n


def nobody_holds_a_lock(site):
    return site.one("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE"
                    " datname = current_database())") == "0"


def test_nothing_was_left(site):
    site("sync", code=0)
    assert left(site) == {} and recovered(site) == {}
    text = site("status", code=0).out
    assert "the next run will recover" in text and "the latest runs recovered" in text


def test_what_a_killed_push_left(told):
    site = told
    site.store.fault("SubmitActions", "delay", "5")
    for _ in killed_in(site, "push", "igrs", when=is_sending(site, 100)):
        assert left(site) == {}                    # it lives: nobody will take its work
        assert site.json("status")["tables"]["runs"][0]["state"] == "running"
    wait_for(lambda: nobody_holds_a_lock(site), "the end of its session")
    assert left(site) == {("run", ""): ("", 1, "closed as lost"), ("sending", "igrs"): ("A", 100, "the peer is asked")}
    text = site("status", code=0).out
    assert "sending" in text and "the peer is asked" in text
    done = site("push", "igrs", code=0)
    assert "found 1 runs that were ended before their end" in done.err
    after = recovered(site)
    asked = after.pop(("found", "igrs"), 0) + after.pop(("absent", "igrs"), 0)
    assert after == {("run", ""): 1, ("sending", "igrs"): 100} and asked == 100
    assert left(site) == {}
    assert int(site.one("SELECT count(*) FROM bridge.delivery WHERE target = 'igrs' AND state = 'confirmed'")) == 250
    site.clock.set("2020-06-11T20:00:00Z")
    site("sync", code=0)
    assert recovered(site) == {}                   # the newest had nothing to recover


def test_what_got_no_answer_and_what_waits_for_its_complaint(told):
    site = told
    site.bridge_extra = "lookback = 0s"
    site.write_conf()
    site.store.fault("SubmitActions", "drop", times=1)         # done, and no word of it
    assert site("push", "igrs").code in (0, 3, 75)
    number, bridge_id = site.sql("SELECT number, bridge_id FROM bridge.link WHERE system = 'cctns' ORDER BY 1 LIMIT 1")[0]
    # what a station did on a complaint whose number is not known yet
    site.clock.set("2020-06-11T20:00:00Z")
    site.cctns.sql("UPDATE t_complaint SET COMPLAINT_REG_NUM = '9' || substr(COMPLAINT_REG_NUM, 2) WHERE COMPLAINT_REG_NUM = ?", number)
    site.cctns.sql("INSERT INTO t_complaint_action (LANG_CD, COMPLAINT_SRNO, ACTION_CD, ACTION_DT, ACTION_DESC, RECORD_CREATED_ON,"
                   " RECORD_CREATED_BY) SELECT 6, COMPLAINT_SRNO, 3, '2020-06-11 10:00:00', 'x', '2020-06-11 10:00:00', 'station'"
                   " FROM t_complaint WHERE COMPLAINT_REG_NUM = '9' || substr(?, 2)", number)
    site("pull", "cctns", code=3)
    assert site.sql("SELECT stream, reason, parent FROM bridge.held WHERE state = 'open' AND stream = 'action'") \
        == [["action", "parent.unknown", "9" + number[1:]]]
    assert left(site) == {("in_doubt", "igrs"): ("A", 100, "the peer is asked")}

    site.cctns.sql("UPDATE t_complaint SET COMPLAINT_REG_NUM = ? WHERE COMPLAINT_REG_NUM = '9' || substr(?1, 2)", number)

    # it comes to be known; before the record stand 700 that nothing can be done with
    site.sql(f"INSERT INTO bridge.link SELECT 'cctns', '9{number[1:]}', '9{number[1:]}', {bridge_id}, max(run_id), now() FROM bridge.run")
    columns = ("system, stream, call, parent, kind, reason, field, place, detail, body, delivery_id, first_run, last_run, held_at,"
               " sealed")
    site.sql(f"INSERT INTO bridge.held ({columns}, key, remote, sha256) SELECT {columns}, 'k' || n, '\\x0102', sha256(n::text::bytea)"
             " FROM bridge.held, generate_series(1, 700) n WHERE state = 'open' AND reason = 'parent.unknown'")
    site.sql(f"INSERT INTO bridge.held ({columns}, key, remote, sha256) SELECT {columns}, key, remote, sha256('good') FROM bridge.held"
             " WHERE reason = 'parent.unknown' AND remote <> '\\x0102'; DELETE FROM bridge.held WHERE held_id ="
             " (SELECT min(held_id) FROM bridge.held WHERE reason = 'parent.unknown')")
    stray = site.folder / "contents" / "tmp" / "0123"
    stray.write_bytes(b"half")
    assert left(site) == {("in_doubt", "igrs"): ("A", 100, "the peer is asked"),
                          ("orphan", "cctns"): ("", 701, "staged: its complaint has come"),
                          ("file", ""): ("", 1, "removed: half of a content")}
    site.clock.set("2020-06-11T20:10:00Z")
    assert site("sync").code in (3, 4)             # 4: the complaint's own row does not say what was done on it
    assert recovered(site) == {("found", "igrs"): 100, ("orphan", "cctns"): 1, ("file", ""): 1}
    assert not stray.exists()
    assert left(site) == {("orphan", "cctns"): ("", 700, "staged: its complaint has come")}
    assert site.one(f"SELECT count(*) FROM bridge.action WHERE bridge_id = {bridge_id} AND text = 'x'") == "1"
    assert int(site.one("SELECT count(*) FROM bridge.delivery WHERE target = 'igrs' AND state = 'confirmed'")) >= 250


def test_a_page_that_is_held(site):
    site.store.add_complaints([grievance(1)])
    site.store.fault("ListChanged", "malformed", times=9)
    site("pull", "igrs")
    assert left(site) == {("page", "igrs"): ("", 1, "read again")}
    site.store.forget_faults()
    site.clock.set("2020-06-10T20:10:00Z")
    site("pull", "igrs")
    assert site.one("SELECT number FROM bridge.complaint") == code(1)


def test_a_system_that_bridge_conf_no_longer_names(told):
    site = told
    site.store.fault("SubmitActions", "drop", times=1)
    site("push", "igrs")
    text = site.conf.read_text()
    site.conf.write_text(text[:text.index("[system igrs]")] + text[text.index("[system cctns]"):])
    assert left(site) == {("in_doubt", "igrs"): ("A", 100, "nothing: bridge.conf does not name the system")}
