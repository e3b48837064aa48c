"""F10: the clock is wrong, or steps in the middle of a run. Ours by BRIDGE_NOW=@FILE, the system's by libfaketime."""
import re
import shutil

import pause
from invariants import unlike
from world import last_line

NAME, TITLE = "F10", "the clock is wrong, or steps"
SAMPLE, WHOLE = 4, 60
CODES = {0, 3}
LIMIT = 60
STEPS = {"+1 day": 86400, "-1 day": -86400, "+1 hour": 3600, "-1 hour": -3600, "+40 days": 40 * 86400}
MANY = 10
TIME = re.compile(r"THE NIGHT|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def setup(world):
    world.clock_sends = pause.count(world, "sync")


def points(world, shallow, rng):
    if not hasattr(world, "clock_sends"):
        setup(world)
        world.reset()
    many = MANY if shallow is None else max(1, shallow // 10)
    out = [("before", step, 0) for step in STEPS]
    out += [("during", step, n) for step in STEPS for n in pause.spread(world.clock_sends, many)[1:]]
    if shutil.which("faketime"):
        out += [("system", step, 0) for step in STEPS]
    return out if shallow is None or shallow >= len(out) else rng.sample(out, shallow)


def play(world, point):
    kind, step, n = point
    before = world.at
    if kind == "system":
        return world.run("sync", wrap=("faketime", "-f", f"{STEPS[step]:+d}"), env={"FAKETIME_DONT_FAKE_MONOTONIC": "1",
                                                                                   "FAKETIME_DONT_RESET": "1"}, limit=LIMIT)
    if kind == "before":
        world.later(seconds=STEPS[step])
        outcome = world.run("sync", limit=LIMIT)
    else:
        with pause.Paused(world, n, "sync", limit=LIMIT) as run:
            world.later(seconds=STEPS[step])
            outcome = run.outcome()
    if STEPS[step] < 0:                                     # it was set right; a clock that was ahead stays ahead of what it wrote
        world.set_clock(before)
    return outcome


def judge(world, outcome, point):
    kind, step, _ = point
    faults = ["hung"] if outcome.hung else []
    # a certificate of today is not valid a day ago, nor in 40 days: the peer is left alone, and that is said
    codes = {0, 3, 75, 1} if kind == "system" else {0, 3, 4, 75}
    if outcome.code not in codes:
        faults.append(f"exit {outcome.code}, not one of {sorted(codes)}: {last_line(outcome.err)}")
    if outcome.code == 1 and not re.search(r"certificate|clock|tls", outcome.err):
        faults.append(f"exit 1 without a word of the clock: {last_line(outcome.err)}")
    if not world.alone():
        faults.append("a session of the ended program is still there")
    faults += ["at once: " + fault for fault in world.always()]
    # what the clock held back has its turn; what was changed behind the cursor while it was wrong, the weekly sweep finds
    for words in (("sync",), ("sync", "--sweep") if STEPS[step] < 0 else ("sync",)):
        world.night()
        after = world.run(*words, limit=LIMIT)
    if after.hung or after.code not in {0, 3}:
        faults.append(f"the next nights ended with {after.code}: {last_line(after.err)}")
    faults += world.person()
    faults += ["settled: " + fault for fault in world.always() + world.settled()]
    want, have = ([TIME.sub("TIME", line) for line in picture] for picture in (world.expected, world.picture()))
    return faults + ["other than undisturbed: " + line for line in unlike(want, have)[:8]]
