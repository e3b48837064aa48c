#!/usr/bin/python3
"""Four states played against rehearsal peers in less than ten minutes: what "make demo" runs.

    demo.py [build/cctns-bridge [build/demo]] [--share 10] [--only up,haryana]

Starts a private PostgreSQL with a staging database for each state, then plays the states, two at a time, each with its own
bridge.conf, portals and police system, and leaves all of it running. A former demo is ended first.
"""
import argparse
import ctypes
import importlib
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "portals"), str(HERE.parent / "live")]

from play import MARK, PG_BIN, Play, shown
from servers import as_user, wait_for

PR_SET_PDEATHSIG = 1
SOCKET_ROOM = 90  # characters that a path may have to hold a Unix socket

# name: (module, title); in the order in which they begin
STATES = {
    "up": ("up", "Uttar Pradesh, June and July 2020: UP IGRS and the CM portal, with CCTNS"),
    "haryana": ("haryana", "Haryana, Hisar range, February and March 2024: Complaint Monitoring System, with CCTNS"),
    "delhi": ("delhi", "Delhi, November 2020: PGMS, NHRC, CPGRAMS, CVC, LG house, CP office and old CMTS, with ICMS"),
    "chhattisgarh": ("durg", "Chhattisgarh, Durg, November 2022: QR codes at stations, with CCTNS"),
}

LEGEND = """\
Each state has one bridge, one bridge.conf and a staging database. A night is one run of "cctns-bridge sync": it reads what is new at
the portals and with the police, registers, and tells each side what the other did. Every record is accounted for: that is what "the
books balance" says. Below each state stand the figures, asked of its peers themselves; a line that begins with NO ends the demo.
People and texts are made up; the time is that of the rehearsal."""


def say(text=""):
    print(text, flush=True)


class Demo:
    def __init__(self, folder):
        self.folder = folder.resolve()
        self.former = self.folder / "stop"

    def begin(self):
        if self.former.exists():
            subprocess.run(["sh", str(self.former)], check=True)
        away = self.folder / "pg"
        if away.is_symlink():
            shutil.rmtree(away.resolve(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.exists():
            raise SystemExit(f"{self.folder} cannot be removed: a former demo belongs to another user; remove it as that one")
        self.folder.mkdir(parents=True)

    def postgres(self, databases):
        """A cluster of our own, reached by a Unix socket that nobody else can open. As root it runs as "postgres"."""
        user = as_user("postgres")
        place = self.folder / "pg"
        within = not user or subprocess.run([*user, "test", "-x", str(self.folder)], cwd="/").returncode == 0
        if len(str(place / "s")) > SOCKET_ROOM or not within:
            real = Path(tempfile.mkdtemp(prefix="cctns-bridge-demo-", dir="/var/tmp"))
            place.symlink_to(real)
            place = real
        else:
            place.mkdir()
        (place / "s").mkdir()
        for path in (place, place / "s"):
            if user:
                shutil.chown(path, "postgres", "postgres")
            path.chmod(0o700)
        data, self.socket = place / "data", place / "s"
        text = (HERE / "stop.sh").read_text(encoding="utf-8")
        self.former.write_text(text.replace("@FOLDER@", str(self.folder)).replace("@DATA@", str(data)), encoding="utf-8")
        self.former.chmod(0o755)
        with open(self.folder / "postgres.log", "wb") as log:
            subprocess.run([*user, PG_BIN / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                            "--no-locale", "-N"], check=True, stdout=log, stderr=log, cwd="/")
            process = subprocess.Popen(
                [*user, PG_BIN / "postgres", "-D", data, "-k", self.socket, "-c", "listen_addresses=",
                 "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "shared_buffers=256MB",
                 "-c", "work_mem=32MB", "-c", "max_wal_size=512MB", "-c", "wal_level=minimal", "-c", "max_wal_senders=0",
                 "-c", "jit=off"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True)
        ready = [PG_BIN / "pg_isready", "-q", "-h", self.socket, "-U", "postgres"]
        wait_for(lambda: subprocess.run(ready).returncode == 0, "PostgreSQL", alive=process)
        for name in databases:
            subprocess.run([PG_BIN / "createdb", "-h", self.socket, "-U", "postgres", name], check=True)

    def database(self, name):
        return f"host={self.socket} dbname={name} user=postgres"


class Child:
    """One state being played: its progress goes on at once, its block is kept until it is whole."""

    def __init__(self, name, args, database):
        self.name, self.block, self.rest = name, [], b""
        self.process = subprocess.Popen(
            ["/usr/bin/python3", HERE / "demo.py", args.bridge, args.dir, "--share", str(args.share), "--state", name,
             "--database", database, "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)

    def read(self, since):
        """False at its end."""
        data = os.read(self.process.stdout.fileno(), 65536)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            if text.startswith(MARK):
                took = int(time.monotonic() - since)
                say(f"[{took // 60:02d}:{took % 60:02d}] {self.name:13} {text[1:].strip()}")
            else:
                self.block.append(text)
        return bool(data)


def play_states(args, demo, names, since):
    waiting, playing, failed = list(names), {}, []
    room = max(2, min(os.cpu_count() or 2, 4))
    with selectors.DefaultSelector() as events:
        while (waiting and not failed) or playing:
            while waiting and not failed and len(playing) < room:
                name = waiting.pop(0)
                child = Child(name, args, demo.database(name))
                playing[child.process.stdout.fileno()] = child
                events.register(child.process.stdout, selectors.EVENT_READ)
            for key, _ in events.select(timeout=5):
                child = playing[key.fd]
                if not child.read(since):
                    events.unregister(child.process.stdout)
                    del playing[key.fd]
                    code = child.process.wait()
                    say(f"\n=== {STATES[child.name][1]}\n" + "\n".join(child.block) + "\n")
                    if code and not failed:
                        failed.append(child.name)
                        for other in playing.values():
                            other.process.terminate()
    return failed


def play_one(args):
    """In the child: one state."""
    module, title = STATES[args.state]
    # The play ends with the one who began it, whatever it is doing; its servers are ended by the stop script.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != args.parent:
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    p = Play(args.state, title, args.dir / args.state, args.bridge, args.database, args.share)
    try:
        importlib.import_module(module).play(p)
        if args.state == "up":
            p.cell("bulandshahr", "UP-134", "hi")
        p.books()
        p.pages()
    finally:
        p.remember()
    return 0


def look_further(args, demo, names):
    say("To look further:")
    for name in names:
        bridge = f"{shown(args.bridge)} -c {shown(demo.folder / name / 'bridge.conf')}"
        say(f"  {name + ', what happened last night:':42}{bridge} status")
    if "up" in names:
        query = "SELECT number FROM bridge.complaint WHERE unit = 'UP-155' AND status = 'DISP' ORDER BY marked_at LIMIT 1"
        number = subprocess.run([PG_BIN / "psql", "-X", "-A", "-t", "-d", demo.database("up"), "-c", query], stdout=subprocess.PIPE,
                                text=True).stdout.strip()
        bridge = f"{shown(args.bridge)} -c {shown(demo.folder / 'up' / 'bridge.conf')}"
        say(f"  {'one complaint of Kannauj, its whole life:':42}{bridge} show {number}")
    for name in names:
        say(f"  {name + ', pages for a browser:':42}{shown(demo.folder / name / 'pages' / 'index.html')}")
    say(f"  {'a staging database:':42}psql '{demo.database(names[0])}'")
    say(f"  {'to stop the servers:':42}sh {shown(demo.former)}")


def main():
    ask = argparse.ArgumentParser(description="four states, played")
    ask.add_argument("bridge", nargs="?", type=Path, default=ROOT / "build" / "cctns-bridge")
    ask.add_argument("dir", nargs="?", type=Path, default=ROOT / "build" / "demo")
    ask.add_argument("--share", type=int, default=1, help="only one in so many complaints, for a quick look")
    ask.add_argument("--only", default=",".join(STATES), help="states, parted by commas")
    ask.add_argument("--state", choices=STATES, help=argparse.SUPPRESS)
    ask.add_argument("--database", help=argparse.SUPPRESS)
    ask.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    args = ask.parse_args()
    if args.state:
        return play_one(args)
    if not args.bridge.exists():
        raise SystemExit(f"{args.bridge} is not there: \"make\" builds it")
    names = [name for name in STATES if name in args.only.split(",")]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    say(f"\nA rehearsal of {len(names)} states; this takes some minutes.\n\n{LEGEND}\n")
    demo = Demo(args.dir)
    demo.begin()
    demo.postgres(names)
    failed = play_states(args, demo, names, began)
    if failed:
        raise SystemExit(f"{failed[0]} failed. To stop the servers: sh {shown(demo.former)}")
    look_further(args, demo, names)
    took = timedelta(seconds=int(time.monotonic() - began))
    say(f"\nThe demo took {took}. Its servers go on running; all that it made is in {shown(demo.folder)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
