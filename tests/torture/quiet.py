"""F0: the night undisturbed, and the peers' own misbehaviour at each of their calls (FAULTS of tests/portals/store.py), without a
proxy in between."""
import time

from world import QUIET
from world import judge as ordinary

NAME, TITLE = "F0", "peers that misbehave by themselves"

# what a peer does: the exit codes that name it, when it is asked and when it is told something
KINDS = {
    "effect_no_reply": ("no reply", {75}, {75}),
    "drop_before": ("cut before", {0, 3, 75}, {75}),
    "truncated": ("cut", {0, 3, 75}, {75}),
    "html": ("html", {3, 75}, {75}),
    "fault": ("fault", {0, 3, 75}, {3, 75}),
    "delay": ("silent", {75}, {75}),
}
BUSY = {"igrs": "Server", "hrcms": "BUSY"}     # their own words for "not now"; one that a map does not list holds the record
CODES = {0, 3, 75}
DELAY = 4                 # seconds
LINES = "timeout = 1s\nstall = 1s\n"


def setup(world):
    """The operations that a night calls, by system."""
    before = {name: peer.store.calls() for name, peer in world.peers.items()}
    world.run("sync")
    OPERATIONS[:] = [(name, op) for name, peer in sorted(world.peers.items()) for op, n in sorted(peer.store.calls().items())
                     if n > before[name].get(op, 0)]


OPERATIONS = []


def sends(op):
    return any(word in op.lower() for word in ("submit", "step", "report"))


def points(world, shallow, rng):
    if not OPERATIONS:
        setup(world)
    out = ["undisturbed"] + [f"{KINDS[kind][0]}: {system} {op} {kind}" for system, op in OPERATIONS for kind in KINDS]
    return out if shallow is None or shallow >= len(out) else ["undisturbed"] + rng.sample(out[1:], shallow - 1)


def play(world, point):
    if point == "undisturbed":
        return world.run("sync")
    system, op, kind = point.split(": ")[1].split()
    peer = world.peers[system]
    tell = sends(op)
    if kind == "delay":
        world.conf_lines(**{system: LINES})
    # asked: once, and once more within the run; told: a fault that lasts
    peer.store.fault(op, kind, {"fault": BUSY[system], "delay": DELAY}.get(kind, ""), times=1 if tell else 3)
    outcome = world.run("sync", limit=40)
    peer.store.forget_faults()
    if kind == "delay":
        time.sleep(DELAY + 0.5)                             # the peer is still at it: what it does late, it does in this night
    world.conf_lines()
    return outcome


def judge(world, outcome, point):
    if point == "undisturbed":
        return ordinary(world, outcome, QUIET)
    _, op, kind = point.split(": ")[1].split()
    return ordinary(world, outcome, KINDS[kind][2 if sends(op) else 1])
