"""Several pushers on one outbox: two that are killed again and again, and how push, sync and pull stand to one another.
The whole figure (10,000 deliveries, 50 kills each, three kinds of peer) is `tests/torture/pushers.py`."""
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import BRIDGE, ROOT
from matters import DISTRICTS, grievance
from servers import wait_for

sys.path.insert(0, str(ROOT / "tests/torture"))
from pushers import Duel, cctns_on_mariadb, fill, registered, told  # noqa: E402

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(10 ** 6))


def test_two_pushers_that_are_killed_again_and_again(site, mariadb):
    print(f"seed {SEED}")
    n, kills = 600, 5
    rows = cctns_on_mariadb(site, mariadb, "cctns_two_pushers")
    fill(site, n)
    duel = Duel(site, "cctns", n, kills, SEED)
    figures = duel.fight()
    effects, faults = registered(rows, n)
    assert duel.judge(effects, faults) == [], f"seed {SEED}: {figures}"
    assert figures["killed"] == [kills, kills]

    # and what the police did, to the portal
    site.clock.set("2020-06-12T20:00:00Z")
    site("pull", "cctns", code=0)
    duel = Duel(site, "igrs", n, kills, SEED)
    figures = duel.fight()
    assert duel.judge(*told(site)) == [], f"seed {SEED}: {figures}"
    assert figures["killed"] == [kills, kills]
    lost, back = duel.figures()
    assert lost >= kills and back["run"] >= lost
    site.clock.set("2020-06-13T20:00:00Z")
    assert site("sync").code == 0


def start(site, *words):
    return subprocess.Popen([str(BRIDGE), "-c", str(site.conf), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True,
                            env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}", ASAN_OPTIONS="detect_leaks=0"))


@pytest.fixture
def slow(site):
    """A site whose portal takes its time over two batches of actions, with 300 of them to be told."""
    site.store.add_complaints([grievance(i, district=DISTRICTS[i % len(DISTRICTS)]) for i in range(1, 301)])
    site("pull", "igrs", code=0)
    site("push", "cctns", code=0)
    site("pull", "cctns", code=0)
    site.store.fault("SubmitActions", "delay", "5", times=2)
    return site


def running(site, n=1):
    return int(site.one("SELECT count(*) FROM bridge.run WHERE state = 'running'")) == n


def test_pushes_go_side_by_side_and_keep_the_others_out(slow):
    site = slow
    first = start(site, "push", "igrs")
    try:
        wait_for(lambda: int(site.one("SELECT count(*) FROM bridge.delivery WHERE target = 'igrs' AND state = 'sending'")) > 0,
                 "the first push", alive=first)
        for words in (("sync",), ("pull", "igrs"), ("held", "drop", "1", "--yes")):
            refused = site(*words)
            assert refused.code == 7 and "[run.locked]" in refused.err, words
        second = site("push", "igrs")                       # takes what the first has not, and ends
        assert second.code == 0
        took = site.sql("SELECT a.run_id, count(*) FROM bridge.attempt a JOIN bridge.delivery d USING (delivery_id) WHERE"
                        " d.target = 'igrs' GROUP BY 1")
        assert len(took) == 2 and sum(int(n) for _, n in took) == 300, took
        out, err = first.communicate(timeout=120)
        assert first.returncode == 0, err
    finally:
        if first.poll() is None:
            first.kill()
            first.wait()
    assert site.sql("SELECT state, count(*) FROM bridge.delivery WHERE target = 'igrs' GROUP BY 1") == [["confirmed", "300"]]
    assert len(site.store.police_actions()) == 300
    assert int(site.one("SELECT count(*) FROM bridge.attempt a JOIN bridge.delivery d USING (delivery_id) WHERE d.target = 'igrs'")) == 300
    assert int(site.one("SELECT count(*) FROM bridge.recovery WHERE what <> 'run'")) == 0
    site("sync", code=0)


def test_a_living_pusher_takes_over_what_a_dead_one_left(slow):
    """The first is killed while the portal has its batch; the second, which was there before, does the rest of the work."""
    site = slow
    first = start(site, "push", "igrs")
    second = None
    try:
        wait_for(lambda: int(site.one("SELECT count(*) FROM bridge.delivery WHERE target = 'igrs' AND state = 'sending'")) == 100,
                 "the first push", alive=first)
        second = start(site, "push", "igrs")
        wait_for(lambda: int(site.one("SELECT count(*) FROM bridge.delivery WHERE target = 'igrs' AND state = 'sending'")) == 200,
                 "the second push", alive=second)
        first.send_signal(signal.SIGKILL)
        first.wait()
        out, err = second.communicate(timeout=120)
        assert second.returncode == 0, err
    finally:
        for process in (first, second):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
    assert "found 1 runs that were ended before their end" in err and "now in doubt" in err
    assert site.sql("SELECT state, count(*) FROM bridge.delivery WHERE target = 'igrs' GROUP BY 1") == [["confirmed", "300"]]
    effects, faults = told(site)
    assert len(effects) == len(set(e[1] for e in effects)) == 300 and not faults
    assert site.sql("SELECT what, n FROM bridge.recovery WHERE what IN ('run', 'sending') ORDER BY 1") == [["run", "1"],
                                                                                                          ["sending", "100"]]
    assert int(site.one("SELECT sum(n) FROM bridge.recovery WHERE what IN ('found', 'absent')")) == 100


def test_a_run_that_was_declared_lost_changes_nothing_any_more(slow):
    """As if its lock had been lost with a connection that it does not know to be gone: its late answer is refused."""
    site = slow
    late = start(site, "push", "igrs")
    try:
        wait_for(lambda: int(site.one("SELECT count(*) FROM bridge.delivery WHERE target = 'igrs' AND state = 'sending'")) > 0,
                 "the push", alive=late)
        site.sql("UPDATE bridge.run SET state = 'lost' WHERE state = 'running'")
        other = site("push", "igrs", code=0)
        out, err = late.communicate(timeout=120)
    finally:
        if late.poll() is None:
            late.kill()
            late.wait()
    assert late.returncode == 1 and "[run.fenced]" in err
    assert "now in doubt" in other.err
    assert site.sql("SELECT state, count(*) FROM bridge.delivery WHERE target = 'igrs' GROUP BY 1") == [["confirmed", "300"]]
    effects, _ = told(site)
    assert len(effects) == len(set(e[1] for e in effects)) == 300
    site("sync", code=0)


def test_the_lock_of_a_killed_run_goes_at_once(slow):
    site = slow
    process = start(site, "push", "igrs")
    wait_for(lambda: running(site), "the push", alive=process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    began = time.monotonic()
    wait_for(lambda: site("pull", "igrs").code == 0, "the lock", seconds=20)
    assert time.monotonic() - began < 15
    assert not Path(f"/proc/{process.pid}").exists()
