#!/usr/bin/python3
"""June 2020 in Uttar Pradesh, played in about three minutes: what "make demo" runs.

    demo.py [build/cctns-bridge [build/demo]]

Starts a private PostgreSQL and the rehearsal portal, makes a CCTNS in SQLite, plays seven nights with the stations' and
the citizens' days between them, and leaves all of it running. A former demo is ended first.
"""
import argparse
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "portals"), str(HERE.parent / "live")]

import generate
from citizens import speak
from servers import PG_BIN, as_user, wait_for
from stations import Stations
from store import IST, Clock, Store
from verify import verify

NIGHTS = ["2020-06-09", "2020-06-18", "2020-06-27", "2020-07-06", "2020-07-15", "2020-07-24", "2020-07-31"]
SOCKET_ROOM = 90  # characters that a path may have to hold a Unix socket

CONF = """\
# The demo: private servers of {folder}. In production the same file names the state's own.
[bridge]
database = {database}
state    = state
mappings = {root}/mappings
sql      = {root}/sql
log      = bridge.log
rows     = 1000

[system igrs]
mapping  = igrs.map
url      = {url}
user     = bridge
password = file:secrets/igrs
ca       = portal/ca.pem

[system cctns]
mapping    = cctns.map
connection = {connection}
"""
CONNECTION = ("Driver=SQLite3;Database={path};Timeout=20000;FKSupport=1;NoWCHAR=0;StepAPI=1;BigInt=1;"
              "SyncPragma=NORMAL;JournalMode=WAL")

LEGEND = [
    "",
    "Each night is one run of \"cctns-bridge sync\", which prints its balance: pull = read from a system into staging,",
    "push = sent to it. Every record offered is accounted for: applied, unchanged since the last time, or set aside with a",
    "reason. What the bridge wrote to a system comes back at the second reading of the same night. At the end portal, CCTNS",
    "and staging are counted against each other, complaint by complaint.",
]

STOP = """\
#!/bin/sh
# Ends the servers of the demo: the rehearsal portal and the private PostgreSQL. What they hold stays.
end() { # end PID-FILE SIGNAL WORD-OF-ITS-COMMAND-LINE NAME
    [ -s "$1" ] || return 0
    pid=$(head -n 1 "$1")
    if tr '\\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | grep -qF -- "$3"; then
        kill -"$2" "$pid" 2>/dev/null && echo "ended $4 (process $pid)"
        n=0
        while [ -d "/proc/$pid" ] && [ "$n" -lt 200 ]; do n=$((n + 1)); sleep 0.05; done
    fi
}
end "@FOLDER@/portal/pid" TERM "@FOLDER@/portal" "the rehearsal portal"
end "@DATA@/postmaster.pid" INT "@DATA@" "PostgreSQL"
"""


def say(text=""):
    print(text, flush=True)


def heading(text):
    say(f"\n=== {text}")


def thousands(figures):
    return ", ".join(f"{n:,} {word}" for word, n in figures.items()) or "nothing"


class Demo:
    def __init__(self, folder, bridge):
        self.folder, self.bridge = folder.resolve(), bridge.resolve()
        self.clock = self.folder / "now"
        self.conf = self.folder / "bridge.conf"
        self.cctns = self.folder / "cctns.sqlite"
        self.former = self.folder / "stop"
        self.env = dict(os.environ, BRIDGE_NOW=f"@{self.clock}")

    # ---- servers

    def begin(self):
        if self.former.exists():
            subprocess.run(["sh", str(self.former)], check=True)
        away = self.folder / "pg"
        if away.is_symlink():
            shutil.rmtree(away.resolve(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.exists():
            raise SystemExit(f"{self.folder} cannot be removed: a former demo belongs to another user; remove it as that one")
        for name in ("", "state", "secrets", "portal"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "secrets").chmod(0o700)
        self.set_clock("2020-06-01T00:00:00Z")

    def set_clock(self, text):
        new = self.clock.with_suffix(".new")
        new.write_text(text + "\n")
        new.rename(self.clock)

    def postgres(self):
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
        self.data, self.socket = place / "data", place / "s"
        self.former.write_text(STOP.replace("@FOLDER@", str(self.folder)).replace("@DATA@", str(self.data)))
        self.former.chmod(0o755)
        with open(self.folder / "postgres.log", "wb") as log:
            subprocess.run([*user, PG_BIN / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                            "--no-locale", "-N"], check=True, stdout=log, stderr=log, cwd="/")
            process = subprocess.Popen(
                [*user, PG_BIN / "postgres", "-D", self.data, "-k", self.socket, "-c", "listen_addresses=",
                 "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "shared_buffers=256MB",
                 "-c", "work_mem=32MB", "-c", "max_wal_size=512MB", "-c", "wal_level=minimal", "-c", "max_wal_senders=0",
                 "-c", "jit=off"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True)
        self.database = f"host={self.socket} dbname=bridge user=postgres"
        ready = [PG_BIN / "pg_isready", "-q", "-h", self.socket, "-U", "postgres"]
        wait_for(lambda: subprocess.run(ready).returncode == 0, "PostgreSQL", alive=process)
        subprocess.run([PG_BIN / "createdb", "-h", self.socket, "-U", "postgres", "bridge"], check=True)

    def portal(self):
        folder = self.folder / "portal"
        with open(folder / "out", "wb") as log:
            process = subprocess.Popen(["/usr/bin/python3", ROOT / "tests/portals/igrs.py", "--dir", folder, "--port", "0"],
                                       env=self.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/",
                                       start_new_session=True)
        wait_for((folder / "url").exists, "the rehearsal portal", alive=process)
        secret = self.folder / "secrets" / "igrs"
        secret.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
        secret.write_text((folder / "password").read_text())
        self.store = Store(folder / "store.db", Clock(f"@{self.clock}"))

    def police(self):
        import sqlite3
        with sqlite3.connect(self.cctns) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript((ROOT / "sql/cctns/sqlite.sql").read_text(encoding="utf-8"))
        self.stations = Stations(self.cctns)
        self.stations.masters()

    def configure(self):
        self.conf.write_text(CONF.format(
            folder=self.folder, root=ROOT, database=self.database,
            url=(self.folder / "portal" / "url").read_text().strip(),
            connection=CONNECTION.format(path=self.cctns)), encoding="utf-8")

    # ---- the play

    def run(self, *words, expect=(0,)):
        done = subprocess.run([str(self.bridge), "-c", str(self.conf), *words], env=self.env, stdin=subprocess.DEVNULL)
        if done.returncode not in expect:
            raise SystemExit(f"\n\"cctns-bridge {' '.join(words)}\" ended with exit code {done.returncode}; its log is "
                             f"{shown(self.folder / 'bridge.log')}. To stop the servers: sh {shown(self.former)}")
        return done.returncode

    def nights(self, made):
        before, new = datetime(2020, 6, 1), 0
        for n, day in enumerate(NIGHTS, 1):
            utc = datetime.fromisoformat(day + "T20:00:00+00:00")
            at = utc.astimezone(IST).replace(tzinfo=None)
            came = []
            while new < len(made) and made[new]["marked_on"] < str(at):
                came.append(made[new])
                new += 1
            self.store.add_complaints(came)
            heading(f"Night {n} of {len(NIGHTS)}: {at.day} {at:%B %Y}, {at:%H:%M} Indian time")
            say(f"Since the night before: {len(came):,} complaints marked to districts at the portal.")
            if n > 1:
                say(f"Stations, in CCTNS: {thousands(self.stations.work(before, at))}.")
                say(f"Complainants, at the portal: {thousands(speak(self.store, before, at))}.")
            self.set_clock(utc.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
            say()
            self.run("sync")
            before = at

    def again(self):
        heading("The same sync again, at once")
        calls = self.store.changes()
        say("Nothing has changed anywhere, so nothing may be written or sent.\n")
        self.run("sync")
        changed = sum(self.store.changes().values()) - sum(calls.values())
        say(f"\nRows that the portal changed because of it: {changed}.")
        if changed:
            raise SystemExit("the second sync changed something at the portal")

    def ranking(self, rows=10):
        done = subprocess.run([str(self.bridge), "-c", str(self.conf), "ranking"], env=self.env, stdout=subprocess.PIPE, text=True)
        lines = done.stdout.splitlines()
        say("\n".join(lines[:rows + 1]))
        say(f"... and {len(lines) - rows - 1} more")
        if done.returncode:
            raise SystemExit(f"\n\"cctns-bridge ranking\" ended with exit code {done.returncode}")

    def look_further(self):
        (number,) = self.store.sql("SELECT code FROM grievance WHERE district = 'Kannauj' AND status = 'DISPOSED' "
                                   "ORDER BY marked_on LIMIT 1")[0]
        bridge = f"{shown(self.bridge)} -c {shown(self.conf)}"
        heading("To look further")
        for text, line in (("one complaint's whole life", f"{bridge} show {number}"),
                           ("what happened last night", f"{bridge} status"),
                           ("the ranking of districts", f"{bridge} ranking"),
                           ("the staging database", f"psql '{self.database}'"),
                           ("CCTNS, as the stations see it", f"sqlite3 {shown(self.cctns)} "
                            f"\"SELECT * FROM t_complaint WHERE ORIGIN_NO = '{number}'\""),
                           ("to stop the servers", f"sh {shown(self.former)}")):
            say(f"  {text + ':':32}{line}")


def shown(path):
    """A path as one would type it here."""
    path, here = Path(path), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def main():
    ask = argparse.ArgumentParser(description="June 2020 in Uttar Pradesh, played")
    ask.add_argument("bridge", nargs="?", type=Path, default=ROOT / "build" / "cctns-bridge")
    ask.add_argument("dir", nargs="?", type=Path, default=ROOT / "build" / "demo")
    ask.add_argument("--share", type=int, default=1, help="only one in so many complaints, for a quick look")
    args = ask.parse_args()
    if not args.bridge.exists():
        raise SystemExit(f"{args.bridge} is not there: \"make\" builds it")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    demo = Demo(args.dir, args.bridge)
    heading("A rehearsal of Uttar Pradesh, June 2020")
    say("Three peers of this machine: the grievance portal UP IGRS (SOAP over HTTPS), the police system CCTNS (SQLite over ODBC)")
    say("and the bridge's own staging database (PostgreSQL). People and texts are made up; the time is that of the rehearsal.")
    demo.begin()
    demo.postgres()
    demo.portal()
    demo.police()
    demo.configure()
    demo.run("schema", "apply")
    made = generate.complaints(one_in=args.share)
    kannauj = sum(g["district"] == "Kannauj" for g in made)
    say(f"\nPrepared {len(made):,} complaints for 75 districts, {kannauj:,} of them for Kannauj.")
    for line in LEGEND:
        say(line)
    demo.nights(made)
    demo.again()
    heading("The ranking of districts: disposed of in time, of all received in June 2020")
    demo.ranking()
    heading("Counted at the portal, in CCTNS and in the logs")
    for line in verify(demo, made):
        say(line)
    demo.look_further()
    took = timedelta(seconds=int(time.monotonic() - began))
    say(f"\nThe demo took {took}. Its servers go on running; all that it made is in {shown(demo.folder)}.")


if __name__ == "__main__":
    main()
