"""Killed at 40 places of "notify", drawn by a seed that is printed: each event is one SMS at the gateway, or one message in doubt that is
listed, and then at most one SMS. NOTIFY_KILL_SEED=N plays the same places again, NOTIFY_KILL_POINTS=N fewer."""
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from types import SimpleNamespace

from conftest import BRIDGE
from servers import ROOT
from test_notify import complaint, gateway, switch_on  # noqa: F401

sys.path.insert(0, str(ROOT / "tests/torture"))
import kill  # noqa: E402

POINTS = int(os.environ.get("NOTIFY_KILL_POINTS", 40))
FIRST = "2024-02-12T"


def at_minute(n):
    return f"{FIRST}{n // 60:02}:{n % 60:02}:00Z"


def reveal(site, gw, n):
    """What happened from minute n on is to be told: one event more than before."""
    switch_on(site, gw, more=f"quiet = none\nlanguages = en\nstart = {at_minute(n)}", apply=False)


def started(site, wrap=()):
    env = dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}", ASAN_OPTIONS="detect_leaks=0")
    return subprocess.run([*wrap, str(BRIDGE), "-c", str(site.conf), "notify"], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120)


def places(site, world):
    """Every place of an undisturbed run with one message from its plan on: the calls before it are those of any command."""
    path = world.folder / "trace"
    done = started(site, ("strace", "-f", "-qq", "-o", path, "-s", "200", "-e", "signal=none", "-e", "trace=" + kill.known()))
    assert done.returncode == 0, done.stderr
    lines = path.read_text(errors="replace").splitlines()
    seen, begin = [], None
    for line in lines:
        found = kill.LINE.match(line)
        if found:
            if begin is None and 'began \\"notify' in line:
                begin = len(seen)
            seen.append((int(found[1]), found[2]))
    assert begin, "the run did not say that it began"
    return kill.ordered(seen, seen[0][0], begin)


def test_killed_anywhere_nobody_is_told_twice(haryana, gateway, tmp_path):  # noqa: F811
    seed = int(os.environ.get("NOTIFY_KILL_SEED", random.SystemRandom().randrange(10 ** 6)))
    print(f"NOTIFY_KILL_SEED={seed}")
    rng, world = random.Random(seed), SimpleNamespace(folder=tmp_path)
    cms, police = haryana.peers["hrcms"], haryana.police
    cms.add([complaint(1)])
    haryana("sync", code=0)
    (uid,) = cms.held()
    haryana.clock.set("2024-02-12T20:00:00Z")
    last = POINTS + 1
    police.acts([{"number": uid, "action": "ASGN", "at": at_minute(n), "officer": police.officer(f"Officer {n}", "SI", 5550000000 + n)}
                 for n in range(last + 1)])
    haryana("sync", code=0)
    switch_on(haryana, gateway)
    reveal(haryana, gateway, last)
    order = places(haryana, world)
    fresh = [point for point, new in order if new]
    same = [point for point, new in order if not new]
    points = kill.spread(fresh, min(len(fresh), POINTS * 3 // 4), rng)
    points += kill.spread(same, POINTS - len(points), rng)
    met = 0
    for n, (who, call, at) in zip(range(last - 1, -1, -1), points):
        reveal(haryana, gateway, n)
        done = started(haryana, kill.strace(world, who, call, "signal=KILL", at))
        met += kill.met(world, call, at)
        assert done.returncode in (0, 3, -signal.SIGKILL, 128 + signal.SIGKILL), (seed, who, call, at, done.stderr)
        haryana.gone()
        told = Counter(m["text"] for m in gateway.taken if m["event"] == "REASSIGN")
        assert started(haryana).returncode in (0, 3), (seed, who, call, at)
        after = Counter(m["text"] for m in gateway.taken if m["event"] == "REASSIGN")
        mine = sum(times for text, times in after.items() if f"Officer {n}," in text)
        ((state, reason),) = haryana.sql("SELECT state, COALESCE(reason, '') FROM bridge.message ORDER BY message_id DESC LIMIT 1")
        where = (seed, who, call, at, state, reason, mine)
        assert (state, mine) == ("sent", 1) or (state == "in_doubt" and mine <= 1), where
        assert all(times == 1 for times in after.values()) and not told - after, where
    listed = {m["message_id"] for m in haryana.json("notify", "list", "in_doubt", code=0)["tables"]["messages"]}
    doubts = {int(i) for (i,) in haryana.sql("SELECT message_id FROM bridge.message WHERE state = 'in_doubt'")}
    assert listed == doubts and met >= POINTS * 3 // 4, (seed, met)
    assert haryana.sql("SELECT count(*), count(DISTINCT key) FROM bridge.message WHERE state IN ('sent', 'in_doubt')") == [
        [str(len(points) + 1)] * 2]
    assert gateway.refused == []
    print(f"{met} of {len(points)} places met, {len(doubts)} messages in doubt")
