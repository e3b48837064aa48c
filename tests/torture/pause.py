"""A run that is stopped (SIGSTOP, by strace) at the n-th time that its own process sends something: to the staging database, to a
peer, to its worker. While it stands the world may change; then it goes on."""
import os
import signal
import time

CALLS = "sendto,sendmsg,write"


class Paused:
    """with Paused(world, n, "sync") as run: if run.stands: ...; then run.outcome()"""

    def __init__(self, world, n, *words, calls="sendto", env=None, wrap=(), limit=60):
        self.world, self.limit, self.begun = world, limit, time.monotonic()
        at = ["-e", f"inject={calls}:signal=STOP:when={n}"] if n else []
        # -D: the program is our own child, the tracer is not
        self.process = world.start(*words, env=env, wrap=("strace", "-D", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", *at, *wrap))
        self.stands = self.wait()

    def wait(self):
        """True once it stands, False when it has ended."""
        while time.monotonic() - self.begun < self.limit:
            said = os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT | os.WNOHANG)
            if said is not None:
                return said.si_code in (os.CLD_STOPPED, os.CLD_TRAPPED)
            time.sleep(0.002)
        return False

    def go_on(self):
        if self.stands:
            os.kill(self.process.pid, signal.SIGCONT)
            self.stands = False

    def outcome(self):
        self.go_on()
        return self.world.finish(self.process, self.limit)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.outcome()


def count(world, *words, calls="sendto"):
    """How often an undisturbed run sends."""
    log = world.folder / "sent"
    world.run(*words, wrap=("strace", "-qq", "-o", str(log), "-e", f"trace={calls}"))
    n = sum(1 for line in log.read_text(errors="replace").splitlines() if line.startswith(tuple(c + "(" for c in calls.split(","))))
    log.unlink()
    return n


def spread(n, many, rng=None):
    """Up to so many of 1..n, evenly, or by chance."""
    if many is None or many >= n:
        return list(range(1, n + 1))
    if rng:
        return sorted(rng.sample(range(1, n + 1), many))
    return sorted({1 + i * (n - 1) // max(many - 1, 1) for i in range(many)})
