"""F5: the n-th allocation fails, once or from there on, by failnth.c: one n for each place (stack of calls) that allocates. The
program ends with a code, or goes on and what it wrote is right; never a value that is silently wrong."""
import os
import signal
import subprocess
from pathlib import Path

from kill import spread
from world import judge as world_judge

NAME, TITLE = "F5", "an allocation fails"
# never 4: a driver that swallows it (libsqliteodbc brings fewer rows) is ended before it can say that all is well
CODES = {0, 1, 3, 5, 75}
# Libraries that go on with what they did not get, in code that is not ours to mend: the process ends there, as it does wherever
# memory fails, and the next run recovers. OpenSSL 3.0 uses a lock that it could not make; libmagic 5.44 frees its table twice when
# it cannot load it.
CRASHES = {"libcrypto.so.3", "libmagic.so.1"}
SAMPLE, WHOLE = 11, 200

SOURCE = Path(__file__).resolve().parent / "failnth.c"


def library(world):
    made = world.folder / "failnth.so"
    if not made.exists():
        new = world.folder / f"failnth.{os.getpid()}"
        subprocess.run([os.environ.get("TORTURE_CC", "cc"), "-O2", "-fPIC", "-shared", "-o", new, SOURCE, "-ldl"], check=True)
        new.replace(made)
    return made


def run(world, **env):
    log = world.folder / "alloc"
    log.unlink(missing_ok=True)
    # the same addresses in each run
    return world.run("sync", wrap=("setarch", "-R", "env", f"LD_PRELOAD={library(world)}", f"FAIL_PROGRAM={world.program.name}",
                                   f"FAIL_LOG={log}", *(f"{name}={value}" for name, value in env.items())), limit=75)


def points(world, shallow=None, rng=None):
    """The first allocation of each place, failing alone, and every fifth of them also with all that follow."""
    world.reset()
    outcome = run(world)
    if outcome.hung or outcome.code not in (0, 3):
        raise RuntimeError(f"the counted run is not right: {outcome}")
    first = [int(line.split()[0]) for line in (world.folder / "alloc").read_text().splitlines()]
    every = [("once", n) for n in first] + [("after", n) for n in first[::5]]
    return every if shallow is None else spread(every, shallow, rng)


def play(world, point):
    mode, n = point
    return run(world, FAIL_MODE=mode, FAIL_N=n)


def judge(world, outcome, point):
    crash = [line.split()[1] for line in (world.folder / "alloc").read_text().splitlines() if line.startswith("crash ")]
    ended = {-signal.SIGSEGV, -signal.SIGABRT} if crash and set(crash) <= CRASHES else set()
    faults = world_judge(world, outcome, CODES | ended)
    return [*faults, f"crashed in {', '.join(crash)}"] if faults and crash else faults


def happened(world, outcome, point):
    return (world.folder / "alloc").exists() and "met" in (world.folder / "alloc").read_text()
