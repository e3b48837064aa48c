"""F11: a second instance at each phase of the first. The first is stopped in the middle of what it does; a second sync, pull or
reconcile ends with 7 and has no effect; a second push shares the work, once each. A run that was declared lost while it stood
writes nothing more; while it stands inside a commit, its row cannot be had to declare it lost."""
import psycopg2.errors

import pause
from world import judge as ordinary
from world import last_line

NAME, TITLE = "F11", "a second instance at each phase"
SAMPLE, WHOLE = 4, 90
CODES = {0, 3}
MANY = 14
SECOND = (("sync",), ("pull", "igrs"), ("reconcile",), ("push", "hrcms"))
LIMIT = 60


def setup(world):
    world.second_sends = pause.count(world, "sync")
    world.reset()
    for words in (("pull", "igrs"), ("pull", "hrcms"), ("pull", "cctns")):
        world.run(*words)
    world.push_sends = pause.count(world, "push", "cctns")


def points(world, shallow, rng):
    if not hasattr(world, "second_sends"):
        setup(world)
        world.reset()
    many = MANY if shallow is None else max(3, shallow // 8)
    out = [(f"{' '.join(words)} beside sync", n) for words in SECOND for n in pause.spread(world.second_sends - 2, many)[1:]]
    out += [("push cctns beside push", n) for n in pause.spread(world.push_sends, many)[1:-1]]
    out += [("lost", n) for n in pause.spread(world.second_sends * 3 // 4, many)[1:]]
    return out if shallow is None or shallow >= len(out) else rng.sample(out, shallow)


def effects(world):
    """What a second run must not change."""
    return (sorted(map(str, [t for peer in world.peers.values() for t in peer.told()])), world.police.sql("SELECT * FROM bridge_applied"),
            world.sql("SELECT delivery_id, state, attempts FROM bridge.delivery ORDER BY 1"),
            world.sql("SELECT system, call, at, key FROM bridge.cursor ORDER BY 1, 2"))


def play(world, point):
    name, n = point
    world.second, world.committing = [], False
    if name == "push cctns beside push":
        for words in (("pull", "igrs"), ("pull", "hrcms"), ("pull", "cctns")):
            world.run(*words)
        # the first may have been stopped with a lock in its hand: the second waits for it no longer than a statement may take
        world.conf_lines(bridge="statement_limit = 10s")
        with pause.Paused(world, n, "push", "cctns", limit=LIMIT) as run:
            other = world.run("push", "cctns", limit=30)
            if other.code not in {0, 3, 7, 75} or other.hung:    # 7: the first reads the echo, for which it is alone
                world.second.append(f"the second push ended with {other}")
            return run.outcome()
    with pause.Paused(world, n, "sync", limit=LIMIT) as run:
        if name == "lost":
            try:
                world.sql("UPDATE bridge.run SET state = 'lost', ended_at = started_at, said = 'declared lost' WHERE state = 'running'")
            except psycopg2.errors.LockNotAvailable:
                world.committing = True
                return run.outcome()
            outcome = run.outcome()
            late = world.sql("SELECT count(*) FROM bridge.ledger l JOIN bridge.run r USING (run_id) WHERE r.state <> 'lost'"
                             " AND r.run_id = (SELECT max(run_id) FROM bridge.run)")[0][0]
            if late or "run.fenced" not in outcome.err:
                world.second.append(f"the run that was lost went on: {last_line(outcome.err)}")
            return outcome
        before = effects(world)
        other = world.run(*name.removesuffix(" beside sync").split(), limit=30)
        if other.code != 7 or other.hung:
            world.second.append(f"the second ended with {other.code}, not 7: {last_line(other.err)}")
        if effects(world) != before:
            world.second.append("the second had an effect")
        return run.outcome()


def judge(world, outcome, point):
    codes = CODES if world.committing else {1} if point[0] == "lost" else {0, 3, 75} if "push" in point[0] else CODES
    return world.second + ordinary(world, outcome, codes)
