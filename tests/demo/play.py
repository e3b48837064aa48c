"""What the four states' plays have in common: a folder, a clock, peers, one bridge.conf, nights. Each runs in a process of its own.

Lines that begin with MARK go to the parent at once as progress; all else is the state's block, printed when it is whole.
"""
import importlib
import json
import os
import secrets
import subprocess
import sys
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "portals"), str(HERE.parent / "live")]

from servers import PG_BIN
from store import IST

MARK = "\x1f"
LUCK = 100000
CONF = """\
# {title}: the demo, with private servers of {folder}. In production the same file names the state's own.
[bridge]
database = {database}
state    = state
mappings = {root}/mappings
sql      = {root}/sql
log      = bridge.log
rows     = 1000
seal_key = file:seal.key
ledger_key = ledger.pem
notes    = {folder}/notes
"""
FAST = ";SyncPragma=NORMAL;JournalMode=WAL"


def luck(number, what):
    """A number below 1 that belongs to this complaint and question."""
    return zlib.crc32(f"{what}:{number}".encode()) % LUCK / LUCK


def thousands(figures):
    return ", ".join(f"{n:,} {word}" for word, n in figures.items() if n) or "nothing"


def utc(at):
    """A naive Indian time as UTC text."""
    return at.replace(tzinfo=IST).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(path):
    """A path as one would type it here."""
    path, here = Path(path), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


class Play:
    def __init__(self, name, title, folder, bridge, database, share):
        self.name, self.title = name, title
        self.folder, self.bridge, self.database, self.share = folder.resolve(), bridge.resolve(), database, share
        for name in ("state", "notes"):
            (self.folder / name).mkdir(parents=True)
        self.clock, self.conf = self.folder / "now", self.folder / "bridge.conf"
        self.env = dict(os.environ, BRIDGE_NOW=f"@{self.clock}")
        self.peers, self.options = {}, {}
        key = self.folder / "seal.key"
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(32) + "\n")

    def one_in(self, n):
        """A number of the full demo, in the share that is played."""
        return -(-n // self.share)

    # ---- what is said

    def say(self, text=""):
        print(text, flush=True)

    def tell(self, text):
        """A line of the block, and of the progress."""
        print(f"{MARK}{text}", flush=True)
        self.say(text)

    # ---- peers

    def set_clock(self, at):
        """at: a naive Indian time."""
        new = self.clock.with_suffix(".new")
        new.write_text(utc(at) + "\n")
        new.rename(self.clock)

    def peer(self, system, module=None, **more):
        print(f"{MARK}starting {system}", flush=True)
        self.peers[system] = importlib.import_module(module or system).Peer(self.folder / system, self.clock, **more)
        return self.peers[system]

    def configure(self):
        text = CONF.format(title=self.title, folder=self.folder, database=self.database, root=ROOT)
        for system, peer in self.peers.items():
            text += f"\n[system {system}]\n{peer.conf.rstrip()}\n{self.options.get(system, '')}".rstrip() + "\n"
        self.conf.write_text(text, encoding="utf-8")
        self.conf.chmod(0o600)
        self.remember()
        self.run("schema", "apply")
        (given,) = self.run("ledger", "init")["tables"]["key"]
        (self.folder / "auditor.vkey").write_text(given["key"] + "\n")

    def run(self, *words):
        """A command; it must end with 0. Gives its JSON."""
        done = subprocess.run([str(self.bridge), "-c", str(self.conf), "--json", *words], env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"\n\"cctns-bridge {' '.join(words)}\" ended with exit code {done.returncode}: {done.stdout[-1500:]}\n"
                             f"its log is {shown(self.folder / 'bridge.log')}")
        return json.loads(done.stdout) if done.stdout.startswith("{") else {}

    def sql(self, query):
        done = subprocess.run([PG_BIN / "psql", "-X", "-q", "-A", "-t", "-d", self.database, "-c", query], stdout=subprocess.PIPE,
                              text=True, check=True)
        return [row.split("|") for row in done.stdout.splitlines()]

    # ---- nights

    def night(self, n, of, at, *lines):
        """One run of sync at a naive Indian time, after a day of which the lines tell."""
        self.set_clock(at)
        result = self.run("sync")
        tables = result["tables"]
        read = sum(e["offered"] for e in tables["equations"] if e["hop"] == "pull")
        new = sum(e["applied"] for e in tables["equations"] if e["hop"] == "pull")
        aside = sum(e["set_aside"] + e["conflict"] for e in tables["equations"])
        sent = sum(d["confirmed"] for d in tables["deliveries"])
        refused = sum(d["refused"] + d["dead"] + d["in_doubt"] for d in tables["deliveries"])
        notes = sum(d.get("substituted", 0) for d in tables["deliveries"])
        books = "the books balance" if "the books balance" in result["lines"] else "THE BOOKS DO NOT BALANCE"
        self.tell(f"  night {n} of {of}, {at.day} {at:%B %Y}: {', '.join(x for x in lines if x) or 'nothing new'}")
        self.say(f"      the bridge read {read:,} records ({new:,} new or changed), sent {sent:,}, set aside {aside}, was refused {refused}"
                 + (f", sent {notes} notes for files that a portal does not take" if notes else "") + f"; {books}")
        return result

    def again(self, changes):
        """The same sync at once: changes() counts what the peers changed."""
        before = changes()
        self.run("sync")
        self.say(f"  the same sync again, at once: rows that the peers changed because of it: {changes() - before}")
        if changes() != before:
            raise SystemExit("the second sync changed something")

    # ---- what people receive

    def cell(self, name, unit, language):
        """The morning package of one office, left in a folder; asked of the manifest in it."""
        folder = self.folder / "cells" / name
        folder.mkdir(parents=True)
        with open(self.conf, "a", encoding="utf-8") as conf:
            conf.write(f"\n[cell {name}]\nunit = {unit}\nlanguage = {language}\nfolder = {folder}\n")
        self.run("forward")
        (package,) = [path for path in folder.iterdir() if path.is_dir()]
        self.whole(package, f"the morning package of {name.capitalize()}", package)

    def pages(self):
        """The pages of seniors, IT, auditors and districts."""
        (made,) = self.run("report", str(self.folder / "pages"))["tables"]["report"]
        self.whole(self.folder / "pages", f"pages in English and Hindi for seniors, IT, auditors and {made['offices']} offices",
                   self.folder / "pages" / "index.html")

    def books(self):
        """What an auditor takes away, and what the auditor's own program says of it: without the database, by key and notes."""
        books = self.folder / "books.ledger"
        self.run("ledger", "export", str(books))
        done = subprocess.run([self.bridge.with_name("cctns-bridge-verify"), "--key", self.folder / "auditor.vkey", books],
                              stdout=subprocess.PIPE, text=True)
        entries = sum(line.startswith("e\t") for line in books.read_text().splitlines())
        said, right = done.stdout.partition("\n")[0], done.returncode == 0 and done.stdout.startswith("whole")
        self.say(f"  {'yes' if right and entries else 'NO '}  {entries:,} entries of the books, checked by the auditor's program"
                 f" with the key alone: {said}")
        if not right or not entries:
            raise SystemExit("the books are not what was signed")

    def whole(self, folder, what, where):
        """Every file is as the folder's manifest says, and none is there besides."""
        listed = len([line for line in (folder / "manifest.txt").read_text().splitlines() if line[0] != "#"])
        there = len([path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]) - 1
        done = subprocess.run(["sha256sum", "--quiet", "--check", "manifest.txt"], cwd=folder, stdout=subprocess.DEVNULL)
        right = done.returncode == 0 and there == listed > 0
        self.say(f"  {'yes' if right else 'NO '}  {what}, {there} files as their manifest says: {shown(where)}")
        if not right:
            raise SystemExit(f"{there} files are there, {listed} are listed")

    # ---- servers

    def remember(self):
        """Writes FOLDER/servers: process, its start time, its name; the stop script ends exactly these."""
        lines = []
        for pid, start, command in processes():
            if pid != os.getpid() and (str(self.folder) in command or descends(pid)):
                lines.append(f"{pid} {start} {Path(command.split()[0]).name}")
        (self.folder / "servers").write_text("".join(line + "\n" for line in lines))


def stat_of(pid):
    """(parent, start time) of a process."""
    rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(rest[1]), rest[19]


def processes():
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                if command:
                    yield int(entry.name), stat_of(entry.name)[1], command
            except (OSError, IndexError):
                continue


def descends(pid):
    """Whether this process is above that one."""
    try:
        while pid > 1:
            pid = stat_of(pid)[0]
            if pid == os.getpid():
                return True
    except (OSError, IndexError):
        pass
    return False


def days(start, end):
    """Naive midnights from start to end, end included."""
    while start <= end:
        yield start
        start += timedelta(days=1)


def moment(day, number, what):
    """A time of that working day that belongs to this number."""
    return day + timedelta(hours=9, seconds=int(luck(number, what) * 9 * 3600))


def parse(text):
    return datetime.fromisoformat(text)
