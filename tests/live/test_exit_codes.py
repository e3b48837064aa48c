"""The exit codes of the manual, each by a situation that brings it about, and what the run says of itself."""
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from conftest import BRIDGE
from matters import OFFICER, Station, code, grievance
from servers import wait_for


def last_line(result):
    lines = [line for line in result.err.splitlines() if "ended with" in line]
    assert lines, result.err
    return re.sub(r"^.*ended with", "ended with", lines[-1])


def test_0_and_what_each_job_says(site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    assert last_line(site("pull", "igrs", code=0)) == "ended with 0: pulled 3, 0 of them held"
    out = site("push", "cctns", code=0)
    assert re.fullmatch(r"ended with 0: pulled \d+, 0 of them held; delivered 3, refused 0, in doubt 0", last_line(out))   # its echo
    assert "reconciled" not in out.out and "deliveries of this run" in out.out
    out = site("pull", "cctns", code=0)
    assert "reconciled" not in out.out and "deliveries" not in out.out
    assert last_line(site("sync", code=0)).endswith("; 0 differences unexplained")
    assert site("check", code=0).out.count("exactly once") >= 2


@pytest.mark.parametrize("words", [("pull",), ("pull", "nobody"), ("held",), ("held", "show", "x"), ("sync", "--since", "soon"),
                                   ("show",), ("reconcile", "--by", "colour"), ("status", "--format", "xml"), ("-v", "-q", "status"),
                                   ("reconcile", "--period", "2020-02-30"), ("show", "no such number"), ("help", "nothing"),
                                   ("ranking", "nobody"), ("map", "explain"), ("sync", "--list")])
def test_2_usage(site, words):
    assert site(*words).code == 2


def test_3_something_waits(site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site.store.spoil(code(2), "Status", "NOSUCHWORD")
    result = site("sync", code=3)
    assert "wait for a person" in last_line(result) and "held list" in result.out
    (row,) = site.json("held", "list")["tables"]["held"]
    number = str(row["held_id"])
    assert last_line(site("held", "replay", number, code=3)) == "ended with 3: 1 wait for a person"     # still as bad
    (row,) = site.json("held", "list")["tables"]["held"]
    done = site("held", "drop", "--yes", "--why", "a test", str(row["held_id"]), code=0)
    assert last_line(done) == "ended with 0: done"
    again = site("held", "drop", "--yes", "--why", "a test", str(row["held_id"]))
    assert again.code == 3 and "already" in again.err


def test_4_systems_do_not_agree(site):
    site.store.add_complaints([grievance(n) for n in range(1, 6)])
    site("sync", code=0)
    site.cctns.sql("UPDATE t_complaint SET STATUS_CD = 4 WHERE ORIGIN_NO = ?", code(2))   # and no time of a change
    site.clock.set("2020-06-11T20:00:00Z")
    result = site("reconcile", code=4)
    assert "unexplained" in result.out
    assert last_line(result) == "ended with 4: 1 differences unexplained"


def test_4_books_were_changed(site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("sync", code=0)
    site.sql("ALTER TABLE bridge.ledger DISABLE TRIGGER USER")
    site.sql("DELETE FROM bridge.ledger WHERE entry_id = (SELECT min(entry_id) FROM bridge.ledger WHERE credit = 'delivered')"
             if site.one("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'bridge' AND table_name = 'ledger'"
                         " AND column_name = 'entry_id'") == "1" else
             "DELETE FROM bridge.ledger WHERE ctid = (SELECT min(ctid) FROM bridge.ledger WHERE credit = 'delivered')")
    result = site("sync", code=4)
    assert "do not balance" in result.err


def test_5_every_fault_is_named_and_nothing_touched(site):
    good = site.conf.read_text()
    runs = site.one("SELECT count(*) FROM bridge.run")
    site.conf.write_text(good.replace("mapping = igrs.map", "mapping = no.map").replace("backoff = 1s", "backoff = soon"))
    for words in (["sync"], ["check"], ["status"]):
        result = site(*words, code=5)
        assert "no.map" in result.err and "backoff" in result.err
    assert site.one("SELECT count(*) FROM bridge.run") == runs


def test_75_for_each_peer(site):
    site.store.add_complaints([grievance(1)])
    site.store.fault("ListChanged", "http", 503, times=50)
    result = site("pull", "igrs", code=75)
    assert "run again" in result.out
    assert site("check", "igrs", code=75)
    site.store.forget_faults()
    good = site.conf.read_text()
    site.conf.write_text(re.sub(r"dbname=\S+", "dbname=absent", good))
    for words in (["sync"], ["status"], ["held", "list"], ["show", code(1)], ["ranking"], ["check"]):
        assert site(*words).code in (1, 75), words
    site.conf.write_text(re.sub(r"host=\S+", "host=/nowhere", good))
    for words in (["sync"], ["status"], ["held", "list"], ["show", code(1)], ["ranking"], ["check"], ["schema", "status"]):
        site(*words, code=75)


def test_1_a_secret_that_is_refused(site):
    site.secret("portal/password", "wrong")
    result = site("sync", code=1)
    assert "401" in result.err and "a person acts" in result.out
    assert "wrong" not in result.err.replace("wrong password", "")


def start(site, *words, **more):
    return subprocess.Popen([str(BRIDGE), "-c", str(site.conf), *words], text=True, stdin=subprocess.DEVNULL,
                            env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}", ASAN_OPTIONS="detect_leaks=0", **more.pop("env", {})),
                            **more)


def test_143_a_question_is_given_up_at_once(site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site.store.fault("ListChanged", "delay", 20)
    run = start(site, "sync", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wait_for(lambda: site.one("SELECT count(*) FROM bridge.run WHERE state = 'running'") == "1", "the run")
    time.sleep(1)
    asked = time.monotonic()
    run.send_signal(signal.SIGTERM)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 143, err
    assert time.monotonic() - asked < 10
    assert "stopped by signal" in err
    site.store.forget_faults()
    site("sync", code=0)


def test_143_what_was_sent_is_heard_out(site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site.store.fault("SubmitActions", "delay", 4)
    run = start(site, "sync", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: site.one("SELECT count(*) FROM bridge.delivery WHERE target = 'igrs' AND state = 'sending'") != "0", "the push")
    time.sleep(0.5)
    run.send_signal(signal.SIGTERM)
    assert run.wait(60) == 143
    assert site.one("SELECT count(*) FROM bridge.delivery WHERE state IN ('sending', 'in_doubt')") == "0"
    assert len(site.store.police_actions()) == 3


def terminal(site, *words, env=None):
    """What a person sees: the output of a run on a terminal of its own."""
    ours, theirs = pty.openpty()
    run = start(site, *words, stdout=theirs, stderr=theirs, env={"TERM": "xterm", **(env or {})})
    os.close(theirs)
    seen = b""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(ours)
    return run.wait(30), seen.decode()


def screen(text):
    """The lines that stand at the end, as a terminal would leave them."""
    lines = [""]
    for part in re.split(r"(\r\n|\r|\x1b\[K|\x1b\[[0-9;]*m)", text):
        if part == "\r\n":
            lines.append("")
        elif part == "\x1b[K":
            lines[-1] = ""                            # only ever written at the beginning of a line
        elif part and part != "\r" and not part.startswith("\x1b["):
            lines[-1] += part
    return lines


def test_progress_on_a_terminal(site):
    site.store.add_complaints([grievance(n) for n in range(1, 200)])
    code_, seen = terminal(site, "sync")
    assert code_ == 0
    bars = re.findall(r"\[[#-]+\]", seen)
    assert len(bars) >= 3 and "\x1b[36m" in seen
    assert re.search(r"pull igrs", seen) and "records" in seen
    left = screen(seen)
    assert not any(re.search(r"\[[#-]+\]", line) for line in left), left      # every bar was taken away
    assert any("the books balance" in line for line in left)
    assert all(re.match(r"\d{4}-", line) for line in left if " info run=" in line)
    site.clock.set("2020-06-11T20:00:00Z")
    Station(site.cctns.path).act(code(1), OFFICER, "2020-06-11 10:00:00", officer=Station(site.cctns.path).officer())
    _, plain = terminal(site, "sync", env={"NO_COLOR": "1"})
    assert re.search(r"\[[#-]+\]", plain) and not re.search(r"\x1b\[[0-9;]*m", plain)
    for words, env in ((("-q", "sync"), None), (("sync",), {"TERM": "dumb"})):
        assert not re.search(r"\[[#-]+\]", terminal(site, *words, env=env)[1])
