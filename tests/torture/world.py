"""A small world that faults are put into: two portals (IGRS: SOAP by spyne; Haryana CMS: XML behind TLS with client
certificates), the QR codes of Durg whose senders are sealed, CCTNS by ODBC, an SMS gateway, a staging database of its own, and the
work of one night, prepared once and put back in a moment.

    world = World(folder, pg, "w0")
    world.prepare()                       # schema, a quiet first night, the next day's work; world.reference
    world.reset()                         # back to the prepared state
    outcome = world.run("sync", wrap=("strace", ...))
    faults = judge(world, outcome, codes={0, 75})       # at once, then after one ordinary run: [] = survived
"""
import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import psycopg2

ROOT = Path(__file__).resolve().parent.parent.parent
for place in ("tests/live", "tests/portals", "tests/torture"):
    sys.path.insert(0, str(ROOT / place))

import cctns  # noqa: E402
import durgqr  # noqa: E402
import hrcms  # noqa: E402
import igrs  # noqa: E402
import invariants  # noqa: E402
import sms  # noqa: E402
from scenario import CLOCK, day_before, expected_held, first_day  # noqa: E402

PORTALS = {"igrs": igrs.Peer, "hrcms": hrcms.Peer, "durgqr": durgqr.Peer}
BRIDGE = "backoff = 10ms\ndeadline = 50s\nrows = 3\nlookback = 30s\n"
PORTAL = "timeout = 15s\nconnect_timeout = 10s\nstall = 0s\n"
QUIET = {0, 3}            # exit codes of an ordinary night that lost nothing


def binary():
    return Path(os.environ.get("BRIDGE_BINARY") or ROOT / "build" / "cctns-bridge")


def tree():
    """The folder of sql/ and mappings/ that belong to the program."""
    return Path(os.environ.get("BRIDGE_TREE") or ROOT)


class Outcome(SimpleNamespace):
    """code (negative: ended by that signal), out, err, seconds, hung."""

    def __repr__(self):
        return f"exit {self.code} after {self.seconds:.1f} s{', HUNG' if self.hung else ''}\n{self.out}{self.err}"


class World:
    """One site. Options: peers=("igrs", "hrcms", "durgqr"); http_proxy = function (system, lines) -> lines, which may change the
    lines of a portal's section or of [notify] (url, ca); pg_proxy = function (conninfo) -> conninfo, likewise; extra = {"bridge",
    "notify" or system: further lines of that section}; program = another cctns-bridge, source = the folder of its sql/ and
    mappings/; police = a class in place of Police, with save() and restore(). All are attributes that may be changed before
    write_conf()."""

    def __init__(self, folder, pg, name, peers=tuple(PORTALS), http_proxy=None, pg_proxy=None, extra=None, program=None,
                 police=None, source=None):
        self.folder, self.pg, self.name = Path(folder).resolve(), pg, name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.http_proxy, self.pg_proxy, self.extra, self.more = http_proxy, pg_proxy, dict(extra or {}), {}
        self.program = Path(program) if program else binary()
        self.source = Path(source) if source else tree()
        self.state, self.conf, self.clock = self.folder / "state", self.folder / "bridge.conf", self.folder / "clock"
        self.state.mkdir(exist_ok=True)
        # libraries under a fault must not write to what this machine shares: the driver manager has its files here
        self.odbc = self.folder / "odbc"
        self.odbc.mkdir(exist_ok=True)
        self.drivers = self.odbc / "odbcinst.ini"
        shutil.copyfile("/etc/odbcinst.ini", self.drivers)
        (self.odbc / "odbc.ini").touch()
        self.drivers_were = self.drivers.read_bytes()
        if not self.drivers_were.strip():
            raise RuntimeError("/etc/odbcinst.ini names no driver")
        self.at = CLOCK
        self.set_clock(CLOCK)
        self.conninfo = pg.conninfo(name)
        self.police = (police or Police)(self.folder / "cctns", self.clock)
        self.peers = {system: PORTALS[system](self.folder / system, self.clock) for system in peers}
        self.gateway = sms.Gateway(self.folder / "sms")
        self.seal = self.folder / "seal.key"
        self.seal.touch(0o600)
        self.seal.write_text(secrets.token_hex(32) + "\n")
        self.prepared_at, self.saved, self.undisturbed, self.reference, self.expected = None, {}, None, None, None
        self.repeats = False             # whether a delivery may have been sent again that the peer had
        self.db = None

    def stop(self):
        self.disconnect()
        for peer in (*self.peers.values(), self.gateway, self.police):
            peer.stop()

    # ---- time

    def set_clock(self, text):
        self.at = text
        new = self.clock.with_name("clock.new")
        new.write_text(text + "\n")
        new.replace(self.clock)

    def later(self, **by):
        at = datetime.fromisoformat(self.at.replace("Z", "+00:00")) + timedelta(**by)
        self.set_clock(at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))

    def night(self):
        """The clock goes on to the next night."""
        self.later(days=1)

    # ---- bridge.conf and the program

    def write_conf(self):
        conninfo = self.pg_proxy(self.conninfo) if self.pg_proxy else self.conninfo
        text = (f"[bridge]\ndatabase = {conninfo}\nstate = {self.state}\nmappings = {self.source}/mappings\n"
                f"sql = {self.source}/sql\nseal_key = file:{self.seal}\n{self.section('bridge', BRIDGE)}")
        for name, peer in (*self.peers.items(), ("cctns", self.police)):
            lines = peer.conf
            if self.http_proxy and name in self.peers:
                lines = self.http_proxy(name, lines)
            text += f"\n[system {name}]\n{lines.rstrip()}\n{self.section(name, PORTAL if name in self.peers else '')}"
        lines = self.http_proxy("notify", self.gateway.lines) if self.http_proxy else self.gateway.lines
        text += f"\n[notify]\n{self.section('notify', lines)}qr = durgqr\n"
        self.conf.write_text(text)

    def section(self, name, usual):
        """The usual lines of a section, unless further lines say the same option otherwise."""
        more = f"{self.extra.get(name, '')}\n{self.more.get(name, '')}".strip()
        said = {line.partition("=")[0].strip() for line in more.splitlines()}
        return "".join(f"{line}\n" for line in usual.splitlines() if line.partition("=")[0].strip() not in said) + more + "\n"

    def conf_lines(self, bridge="", **sections):
        """Further lines of the sections, until the next reset()."""
        self.more = {"bridge": bridge, **sections}
        self.write_conf()

    def argv(self, *words):
        return [str(self.program), "-c", str(self.conf), *words]

    def env(self, **more):
        return dict(os.environ, BRIDGE_NOW=f"@{self.clock}", NO_COLOR="1", ASAN_OPTIONS="detect_leaks=0",
                    ODBCSYSINI=str(self.odbc), ODBCINSTINI="odbcinst.ini", HOME=str(self.folder), **more)

    def run(self, *words, wrap=(), env=None, limit=60):
        """Runs the program to its end, or until the limit: then it hung, and its process group is killed."""
        return self.finish(self.start(*words, wrap=wrap, env=env), limit)

    def start(self, *words, wrap=(), env=None):
        """Starts the program in a process group of its own."""
        out, err = (tempfile.TemporaryFile(dir=self.folder) for _ in range(2))
        process = subprocess.Popen([*wrap, *self.argv(*words)], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   env=self.env(**(env or {})), start_new_session=True, cwd=self.folder)
        process.torture = (out, err, time.monotonic())
        return process

    def finish(self, process, limit=60):
        out, err, begun = process.torture
        hung = False
        try:
            process.wait(max(0.0, begun + limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            hung = True
        seconds = time.monotonic() - begun
        try:
            os.killpg(process.pid, signal.SIGKILL)          # what it left behind, or itself
        except ProcessLookupError:
            pass
        code, texts = process.wait(30), []
        for f in (out, err):
            f.seek(0)
            texts.append(f.read().decode("utf-8", "replace"))
            f.close()
        return Outcome(code=code, out=texts[0], err=texts[1], seconds=seconds, hung=hung)

    # ---- the staging database

    def connect(self):
        if self.db is None or self.db.closed:
            # a program that was stopped may hold a lock: the harness waits for none without end
            self.db = psycopg2.connect(self.conninfo, application_name="torture", connect_timeout=10,
                                       options="-c lock_timeout=4s -c statement_timeout=30s -c jit=off")
            self.db.autocommit = True
        return self.db

    def disconnect(self):
        if self.db is not None:
            self.db.close()
            self.db = None

    def sql(self, query, *values):
        """Rows, as psycopg2 gives them."""
        for again in (False, True):
            try:
                with self.connect().cursor() as cursor:
                    cursor.execute(query, values or None)
                    return cursor.fetchall() if cursor.description else []
            except psycopg2.OperationalError:               # a server that was stopped in between
                self.disconnect()
                if again:
                    raise
        return []

    def admin(self, *statements):
        db = psycopg2.connect(self.pg.conninfo(), connect_timeout=10, options="-c lock_timeout=30s -c statement_timeout=60s")
        try:
            db.autocommit = True
            with db.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            db.close()

    def alone(self, seconds=20):
        """Waits until the sessions of programs that ended are gone: their last statement may still be at work."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name <> 'torture'"
                        " AND backend_type = 'client backend'")[0][0] == 0:
                return True
            time.sleep(0.003)
        return False

    # ---- the prepared state

    def prepare(self):
        self.admin(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)', f'DROP DATABASE IF EXISTS "{self.name}_t" WITH (FORCE)',
                   f'CREATE DATABASE "{self.name}"')
        self.write_conf()
        self.must("schema", "apply")
        first_day(self)
        self.must("sync")
        self.night()
        self.must("sync")                                   # what the first night changed, seen once more
        day_before(self)
        self.night()
        self.prepared_at = self.at
        self.save()
        self.must("sync", codes={3})                        # the night's work, undisturbed
        self.night()
        self.must("sync", codes={3})
        faults = self.always() + self.settled() + expected_held(self)
        if faults:
            raise RuntimeError("the undisturbed night is not right: " + "; ".join(faults))
        self.undisturbed = self.picture()
        self.reset()
        return self

    def must(self, *words, codes=(0,)):
        outcome = self.run(*words)
        if outcome.code not in codes:
            raise RuntimeError(f"{' '.join(words)}: {outcome}")
        return outcome

    def save(self):
        self.disconnect()
        self.alone_then_copy(self.name, self.name + "_t")
        for system, peer in self.peers.items():
            self.saved[system] = sqlite3.connect(":memory:", check_same_thread=False)
            peer.store.db.backup(self.saved[system])
        self.police.save()
        self.gateway.save()
        shutil.rmtree(self.folder / "state.saved", ignore_errors=True)
        shutil.copytree(self.state, self.folder / "state.saved")

    def alone_then_copy(self, there, here):
        self.admin(f'DROP DATABASE IF EXISTS "{here}" WITH (FORCE)',
                   f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{there}'",
                   f'CREATE DATABASE "{here}" TEMPLATE "{there}"')

    def reset(self):
        """Back to the prepared state: staging database, stores of the peers, CCTNS, gateway, contents, clock, bridge.conf, reference."""
        self.repeats, self.more, self.expected = False, {}, self.undisturbed
        self.reference = self.undisturbed and invariants.digest(self.undisturbed)
        self.disconnect()
        self.admin(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)', f'CREATE DATABASE "{self.name}" TEMPLATE "{self.name}_t"')
        for system, peer in self.peers.items():
            self.saved[system].backup(peer.store.db)
        self.police.restore()
        self.gateway.restore()
        if self.drivers.read_bytes() != self.drivers_were:
            self.drivers.write_bytes(self.drivers_were)
        shutil.rmtree(self.state, ignore_errors=True)
        shutil.copytree(self.folder / "state.saved", self.state)
        self.set_clock(self.prepared_at)
        self.write_conf()

    # ---- what is to hold

    def always(self):
        return invariants.always(self)

    def settled(self):
        return invariants.settled(self)

    def person(self, again=()):
        """What `notify list` shows in doubt is settled, and sent where it was not."""
        return sms.person(self, again)

    def hash(self):
        return invariants.digest(self.picture())

    def picture(self):
        return invariants.picture(self)


class Police(cctns.Peer):
    """CCTNS on SQLite, which has no server: it is put back as a file."""

    def save(self):
        with sqlite3.connect(self.path) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        shutil.copyfile(self.path, self.folder / "saved")

    def restore(self):
        for end in ("-journal", "-wal", "-shm"):
            Path(f"{self.path}{end}").unlink(missing_ok=True)
        shutil.copyfile(self.folder / "saved", self.path)


def judge(world, outcome, codes, mended=()):
    """What is wrong after a run with a fault in it: nothing, when it survived. At once, then after one ordinary night, and a
    person's word on messages in doubt (and on those that failed for a reason of mended)."""
    faults = []
    if outcome.hung:
        faults.append(f"hung: not ended after {outcome.seconds:.0f} s")
    elif codes is not None and outcome.code not in codes:
        faults.append(f"exit {outcome.code}, not one of {sorted(codes)}: {last_line(outcome.err)}")
    if not world.alone():
        faults.append("a session of the ended program is still there")
    faults += ["at once: " + fault for fault in world.always()]
    world.night()
    after = world.run("sync", limit=60)
    if after.hung:
        faults.append("the next night hung")
    elif after.code not in QUIET:
        faults.append(f"the next night ended with {after.code}: {last_line(after.err)}")
    faults += world.person(mended)
    faults += ["settled: " + fault for fault in world.always() + world.settled()]
    if world.hash() != world.reference:
        faults += ["other than undisturbed: " + line for line in invariants.unlike(world.expected, world.picture())[:8]]
    return faults


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
