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
# their own words for "not now"; one that a map does not list holds the record
BUSY = {"igrs": "Server", "hrcms": "BUSY", "durgqr": "BUSY"}
# what the SMS gateway does with one message of the night: the exit codes that say so. Where nobody can know whether it was sent, and
# where we are refused, a person must speak (3); where it surely was not, the next run sends it (75)
SMS = {"drop": {3}, "drop_before": {3}, "silent": {3}, "no_text": {3}, "http 200": {3}, "http 500": {3}, "http 503": {75}, "http 429": {75},
       "http 401": {3}, "code 401": {3}, "code 404": {3}, "code 406": {3}, "code 408": {3}, "code 410": {75}}
MENDED = ("gateway.406",)                      # refused for the message's sake: a person says that it was mended
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
    out += [f"message {n}: {kind}" for kind in SMS for n in (1, 9)]
    return out if shallow is None or shallow >= len(out) else ["undisturbed"] + rng.sample(out[1:], shallow - 1)


def play(world, point):
    if point == "undisturbed":
        return world.run("sync")
    if point.startswith("message "):
        return play_sms(world, *point.removeprefix("message ").split(": "))
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


def play_sms(world, n, kind):
    if kind == "silent":
        world.conf_lines(notify="timeout = 1s")
    world.gateway.fault(kind, int(n))
    outcome = world.run("sync", limit=40)
    world.gateway.forget_faults()
    world.conf_lines()
    return outcome


def judge(world, outcome, point):
    if point == "undisturbed":
        return ordinary(world, outcome, QUIET)
    if point.startswith("message "):
        return ordinary(world, outcome, SMS[point.split(": ")[1]], MENDED)
    _, op, kind = point.split(": ")[1].split()
    return ordinary(world, outcome, KINDS[kind][2 if sends(op) else 1])
