"""F3: a system call fails with an error that it may fail with, once, by strace: the program ends with a code that says so, or
goes on, and what it wrote is right."""
import os
from collections import Counter

from kill import met, places, spread, strace
from world import judge as world_judge

NAME, TITLE = "F3", "a system call fails"
CODES = {0, 1, 3, 5, 75}
SAMPLE, WHOLE = 15, 250

NET = ("ECONNRESET", "ETIMEDOUT", "EINTR", "EAGAIN")
WHICH = {
    "sendto": NET + ("EPIPE",), "sendmsg": NET + ("EPIPE",), "recvfrom": NET, "recvmsg": NET,
    "write": ("EIO", "ENOSPC", "EINTR", "ECONNRESET"), "writev": ("EIO", "ENOSPC", "EINTR"), "pwrite64": ("EIO", "ENOSPC", "EINTR"),
    "read": ("EIO", "EINTR", "ECONNRESET"), "readv": ("EIO", "EINTR"), "pread64": ("EIO", "EINTR"),
    "poll": ("EINTR", "ENOMEM"), "ppoll": ("EINTR", "ENOMEM"), "select": ("EINTR",), "pselect6": ("EINTR",),
    "connect": ("ECONNREFUSED", "ETIMEDOUT", "EACCES", "ENETUNREACH"), "socket": ("EMFILE", "EACCES"), "socketpair": ("EMFILE",),
    "openat": ("EMFILE", "EACCES", "EIO", "EINTR", "ENOSPC"), "open": ("EMFILE", "EACCES", "EIO"), "mkdirat": ("ENOSPC", "EACCES"),
    "mkdir": ("ENOSPC", "EACCES"), "fsync": ("EIO", "ENOSPC"), "fdatasync": ("EIO", "ENOSPC"),
    "rename": ("EIO", "ENOSPC", "EACCES"), "renameat": ("EIO", "ENOSPC", "EACCES"), "renameat2": ("EIO", "ENOSPC", "EACCES"),
    "link": ("EIO", "ENOSPC"), "linkat": ("EIO", "ENOSPC"), "unlink": ("EIO", "EACCES"), "unlinkat": ("EIO", "EACCES"),
    "ftruncate": ("EIO", "ENOSPC"), "fallocate": ("ENOSPC",), "fchmod": ("EACCES",), "fchown": ("EACCES",), "fcntl": ("EAGAIN", "EINTR"),
    "lseek": ("EIO",), "getdents64": ("EIO",), "newfstatat": ("EACCES", "EIO"), "access": ("EACCES",), "close": ("EIO", "EINTR"),
    "clone": ("EAGAIN", "ENOMEM"), "clone3": ("EAGAIN", "ENOMEM"), "fork": ("EAGAIN",), "shutdown": ("ENOTCONN",),
}


def points(world, shallow=None, rng=None):
    """Each error of each call at each n. Of fewer, every pair of call and error gets its part: few calls are most of all calls."""
    pairs = {}
    for (who, call, n), _ in places(world):
        for error in WHICH.get(call, ()):
            pairs.setdefault((call, error), []).append((who, call, n, error))
    if shallow is None:
        return [point for some in pairs.values() for point in some]
    share, keys = Counter(), sorted(pairs)
    rng.shuffle(keys)
    left = min(shallow, sum(map(len, pairs.values())))
    while left:
        for key in keys:
            if left and share[key] < len(pairs[key]):
                share[key] += 1
                left -= 1
    return [point for key in sorted(pairs) for point in spread(pairs[key], share[key], rng) if share[key]]


def play(world, point):
    who, call, n, error = point
    outcome = world.run("sync", wrap=strace(world, who, call, f"error={error}", n), limit=75)
    # unixODBC 2.3.11 empties the list of drivers that it could not open for EIO, if it may write it: only root may
    if call == "openat" and error == "EIO" and os.geteuid() == 0:
        world.drivers.write_bytes(world.drivers_were)
    return outcome


def judge(world, outcome, point):
    """What the loader of shared libraries cannot read it says itself, before the program begins."""
    loader = outcome.code == 127 and "error while loading shared libraries" in outcome.err
    return world_judge(world, outcome, CODES | {127} if loader else CODES)


def happened(world, outcome, point):
    return met(world, point[1], point[2])
