"""F9: no room. The content store, the log, the staging database's own disk full or not writable; a content that the disk changed.
Small file systems in memory (tmpfs), so as root alone; what needs none of them is played by any user."""
import atexit
import os
import shutil
import subprocess

import pause
from scenario import HARYANA, PDF, complaint
from world import judge as ordinary

NAME, TITLE = "F9", "no room on a disk"
SAMPLE, WHOLE = 4, 60
CODES = {0, 1, 3, 75}
LIMIT = 60
PAGE = 4096
LARGE = PDF + b"%% large\n" + bytes(range(32, 127)) * 700     # a file of many pages
MOUNTED = []
SAYS = {"log is a folder": {1, 5}, "log full": {0, 1, 3}, "log on a full disk": {0, 1, 3}, "contents read only": {1}}


def may_mount():
    return os.geteuid() == 0 and shutil.which("mount") is not None and not subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt"], capture_output=True).returncode


def mount(where, size, *more):
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}", "mode=0700", *more]), "none", where], check=True)
    MOUNTED.append(str(where))


def unmount(where):
    subprocess.run(["umount", where], check=False, capture_output=True)
    if str(where) in MOUNTED:
        MOUNTED.remove(str(where))


atexit.register(lambda: [unmount(where) for where in list(MOUNTED)])


def larger_night(world):
    """The night with one larger file in it."""
    world.peers["hrcms"].add([complaint(81, HARYANA[0], world.at[:10], marked_at=world.at, files=[
        {"key": "L1", "name": "large.pdf", "type": "application/pdf", "role": "COMPLAINT", "bytes": LARGE}])])


def setup(world):
    world.reset()
    larger_night(world)
    world.run("sync")
    world.night()
    world.run("sync")
    world.disk = (world.hash(), world.picture())
    world.reset()


def points(world, shallow, rng):
    if not hasattr(world, "disk"):
        setup(world)
    out = [("log full", 0), ("log is a folder", 0)] + [("altered content", n) for n in (300, 450, 600, 700, 800, 900)]
    if may_mount():
        out += [("contents full", pages) for pages in range(0, 26)] + [("contents read only", 0)]
        out += [("log on a full disk", kb) for kb in (0, 4, 8)]
        out += [("database full", kb) for kb in (0, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)]
    return out if shallow is None or shallow >= len(out) else rng.sample(out, shallow)


def fill(folder, leave):
    """Takes all the room but so many bytes."""
    path = folder / "ballast"
    with open(path, "wb", buffering=0) as f:
        try:
            while True:
                f.write(bytes(PAGE))
        except OSError:
            pass
        f.truncate(max(0, f.seek(0, os.SEEK_END) - leave))
    return path


def full_contents(world, pages, *more):
    """The store as it was, on a disk with room for so many pages more."""
    contents = world.state / "contents"
    kept = world.folder / "contents.kept"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.move(contents, kept)
    contents.mkdir(mode=0o700)
    mount(contents, "4m")
    try:
        shutil.copytree(kept, contents, dirs_exist_ok=True)
        for path in (contents, *(p for p in contents.rglob("*") if p.is_dir())):
            path.chmod(0o700)
        if more:
            subprocess.run(["mount", "-o", f"remount,{more[0]}", contents], check=True)
        else:
            ballast = fill(contents, pages * PAGE)
        outcome = world.run("sync", limit=LIMIT)
        if not more:
            ballast.unlink()
        shutil.rmtree(kept)
        shutil.copytree(contents, kept)
    finally:
        unmount(contents)
    shutil.rmtree(contents)
    shutil.move(kept, contents)
    for path in (contents, *(p for p in contents.rglob("*") if p.is_dir())):
        path.chmod(0o700)
    return outcome


def full_log(world, kb):
    folder = world.folder / "logs"
    folder.mkdir(exist_ok=True)
    mount(folder, "64k")
    try:
        fill(folder, kb * 1024)
        world.conf_lines(bridge=f"log = {folder}/bridge.log")
        return world.run("sync", limit=LIMIT)
    finally:
        unmount(folder)
        world.conf_lines()


def full_database(world, kb):
    """The staging database in a tablespace on a disk that has so much room more."""
    folder = world.pg.folder / f"space-{world.name}"
    folder.mkdir(exist_ok=True)
    mount(folder, "400m")
    try:
        (folder / "s").mkdir()
        shutil.chown(folder, "postgres")
        shutil.chown(folder / "s", "postgres")
        world.disconnect()
        world.admin(f'DROP DATABASE IF EXISTS "{world.name}" WITH (FORCE)', f"CREATE TABLESPACE {world.name}_small LOCATION '{folder}/s'",
                    f'CREATE DATABASE "{world.name}" TEMPLATE "{world.name}_t" TABLESPACE {world.name}_small')
        ballast = fill(folder, kb * 1024)
        outcome = world.run("sync", limit=LIMIT)
        ballast.unlink()
        world.disconnect()
        world.alone_then_copy(world.name, world.name + "_kept")
        world.admin(f'ALTER DATABASE "{world.name}_kept" SET TABLESPACE pg_default', f'DROP DATABASE "{world.name}" WITH (FORCE)',
                    f'ALTER DATABASE "{world.name}_kept" RENAME TO "{world.name}"', f"DROP TABLESPACE {world.name}_small")
        return outcome
    finally:
        unmount(folder)


def altered(world, n):
    """A byte of each content that came this night is another, while the run stands; it is put back before the next night."""
    before = {p.name for p in world.state.rglob("contents/??/*")}
    with pause.Paused(world, n, "sync", limit=LIMIT) as run:
        kept = {p: p.read_bytes() for p in world.state.rglob("contents/??/*") if p.name not in before}
        for path, data in kept.items():
            path.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
        outcome = run.outcome()
    for path, data in kept.items():
        path.write_bytes(data)
    return outcome


def play(world, point):
    kind, n = point
    larger_night(world)
    world.reference, world.expected = world.disk
    if kind == "log full":
        world.conf_lines(bridge="log = /dev/full")
        outcome = world.run("sync", limit=LIMIT)
        world.conf_lines()
        return outcome
    if kind == "log is a folder":
        world.conf_lines(bridge=f"log = {world.state}")
        outcome = world.run("sync", limit=LIMIT)
        world.conf_lines()
        return outcome
    if kind == "altered content":
        return altered(world, n)
    if kind == "contents full":
        return full_contents(world, n)
    if kind == "contents read only":
        return full_contents(world, 0, "ro")
    if kind == "log on a full disk":
        return full_log(world, n)
    return full_database(world, n)


def judge(world, outcome, point):
    return ordinary(world, outcome, SAYS.get(point[0], CODES))
