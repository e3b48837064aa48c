"""F1: SIGKILL at the entry of the n-th call of a system call, by strace. F2: SIGTERM and SIGINT at every fifth such point: the
run ends by itself."""
import re
import signal
from collections import Counter

LINE = re.compile(r"^(\d+)\s+(\w+)\(")
MADE = re.compile(r"^(?:(\d+)\s+)?(\w+)\(")
# every system call by which the program or its worker touches the world outside its memory
CALLS = ("write writev pwrite64 sendto sendmsg recvfrom recvmsg read readv pread64 poll ppoll select pselect6 connect socket socketpair"
         " openat open mkdirat mkdir fsync fdatasync rename renameat renameat2 link linkat symlinkat unlink unlinkat rmdir ftruncate"
         " fallocate fchmod fchown fcntl lseek getdents64 newfstatat readlink access close clone clone3 fork vfork wait4 kill"
         " exit_group setitimer shutdown").split()
# after these the world outside may be another than before
CHANGES = set("write writev pwrite64 sendto sendmsg connect mkdirat mkdir fsync fdatasync rename renameat renameat2 link linkat symlinkat"
              " unlink unlinkat rmdir ftruncate fallocate fchmod fchown openat clone clone3 fork vfork kill shutdown".split())


def known():
    """Names of system calls that this strace knows (CALLS is of several architectures)."""
    return "?" + ",?".join(CALLS)


def trace(world):
    """An undisturbed run: [(thread, call)] in order, and the thread that began."""
    world.reset()
    return traced(world, "sync")


def traced(world, *words, codes=(0, 3)):
    """The same of any run, as the world stands."""
    path = world.folder / "trace"
    outcome = world.run(*words, wrap=("strace", "-f", "-qq", "-o", path, "-e", "signal=none", "-e", "trace=" + known()))
    if outcome.hung or outcome.code not in codes:
        raise RuntimeError(f"the traced run is not right: {outcome}")
    seen = []
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            found = LINE.match(line)                          # not the second half of a call that was interrupted in the trace
            if found:
                seen.append((int(found[1]), found[2]))
    return seen, seen[0][0]


def places(world):
    """places_now(), once for each world and program."""
    kept, key = world.__dict__.setdefault("kept_places", {}), (str(world.program), world.program.stat().st_mtime_ns)
    if key not in kept:
        kept[key] = places_now(world)
    return kept[key]


def places_now(world):
    """Every (who, call, n) that strace can reach: who "all": the first of all processes to make its n-th such call; "first": the
    program itself, where a child of it came first. With whether the call before it changed something outside."""
    return ordered(*trace(world))


def ordered(seen, first, begin=0):
    """Those of a trace, from its call number begin on."""
    reached, order, before, counts = {}, [], {}, Counter()
    for at, (thread, call) in enumerate(seen):
        counts[thread, call] += 1
        n = counts[thread, call]
        fresh = before.get(thread, "clone") in CHANGES
        if (call, n) not in reached:
            reached[call, n] = thread
            order.append((at, ("all", call, n), fresh))
        elif thread == first and reached[call, n] != first:
            order.append((at, ("first", call, n), fresh))
        before[thread] = call
    return [(point, fresh) for at, point, fresh in order if at >= begin]


def strace(world, who, call, action, n):
    """The words before the program: strace that does this at the n-th such call. (With --seccomp-bpf strace 6.1 injects nothing.)"""
    every = ("-f",) if who == "all" else ()
    log = world.folder / "strace"
    log.unlink(missing_ok=True)
    return ("strace", *every, "-qq", "-o", log, "-e", "signal=none", "-e", f"trace={call}", "-e", f"inject={call}:{action}:when={n}")


def met(world, call, n):
    """Whether a process came to its n-th such call, where the fault was."""
    counts = Counter()
    try:
        with open(world.folder / "strace", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                found = MADE.match(line)
                if found and found[2] == call:
                    counts[found[1]] += 1
    except FileNotFoundError:
        pass
    return max(counts.values(), default=0) >= n


class Kill:
    """SIGKILL of the process that makes the call: the program, or the worker that holds a driver for it."""

    NAME, TITLE = "F1", "killed at a system call"
    CODES = {-signal.SIGKILL, 128 + signal.SIGKILL, 0, 3, 75}
    SAMPLE, WHOLE = 31, 1560

    def points(self, world, shallow=None, rng=None):
        order = places(world)
        if shallow is None or shallow >= len(order):
            return [point for point, _ in order]
        # first where the world outside is another than at the point before; then the others
        fresh = [point for point, new in order if new]
        same = [point for point, new in order if not new]
        if len(fresh) >= shallow:
            return spread(fresh, shallow, rng)
        return fresh + spread(same, shallow - len(fresh), rng)

    def play(self, world, point):
        who, call, n = point
        return world.run("sync", wrap=strace(world, who, call, "signal=KILL", n), limit=75)

    def happened(self, world, outcome, point):
        return met(world, *point[1:])


class Stop:
    """SIGTERM or SIGINT, as an operator or the system's manager sends it."""

    NAME, TITLE = "F2", "asked to end at a system call"
    CODES = {143, 0, 3, -signal.SIGTERM, -signal.SIGINT}
    SAMPLE, WHOLE = 6, 120

    def points(self, world, shallow=None, rng=None):
        fifth = [("TERM" if i % 2 else "INT", *point) for i, (point, _) in enumerate(places(world)[::5])]
        return fifth if shallow is None else spread(fifth, shallow, rng)

    def play(self, world, point):
        name, who, call, n = point
        outcome = world.run("sync", wrap=strace(world, who, call, f"signal={name}", n), limit=75)
        if outcome.code in (-signal.SIGTERM, -signal.SIGINT) and world.sql(
                "SELECT count(*) FROM bridge.run WHERE started_at >= %s::timestamptz", world.prepared_at)[0][0]:
            outcome.err += "\nended by the signal itself, and not by the program, although its run had begun"
            outcome.code = -signal.SIGKILL
        return outcome

    def happened(self, world, outcome, point):
        return met(world, *point[2:])


def spread(items, n, rng):
    """n of them, drawn by rng one from each of n equal stretches: all along, and other ones for another seed."""
    if n <= 0 or n >= len(items):
        return list(items) if n > 0 else []
    step = len(items) / n
    return [items[min(len(items) - 1, int(i * step + rng.random() * step))] for i in range(n)]


FAMILIES = (Kill(), Stop())
