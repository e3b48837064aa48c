"""F6: the database session is ended between two statements, or after a statement was done and before its answer came: COMMIT
above all. Of the staging database by pg_terminate_backend, of a CCTNS on MariaDB by KILL. F7: the whole server ends so, with
pg_ctl stop -m immediate and kill -9, and is started again.

A proxy stands before the server, counts the statements of a run and learns the session's id from the server's own greeting. A
point is (server, when, n, word): "pg" or "maria", "before" or "after" the n-th statement, which is the word.
"""
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
for place in ("tests/live", "tests/portals", "tests/torture"):
    sys.path.insert(0, str(ROOT / place))

import cctns  # noqa: E402
from servers import MariaDB, as_user, wait_for  # noqa: E402
from wires import MariaWire, PgWire  # noqa: E402

QUIET = {0, 3}


class MariaPolice(cctns.Peer):
    """CCTNS on a MariaDB of its own, worked on and looked at as the other one: its tables pass through a file of SQLite."""

    SENT = ("t_complaint", "t_complaint_action", "t_complaint_feedback", "t_complaint_file", "bridge_applied")

    def __init__(self, folder, clock):
        super().__init__(folder, clock)
        self.server = MariaDB(self.folder / "maria")
        self.wire = MariaWire(self.server.port)
        self.command = command_of(self.server.process)
        for name in ("cctns", "saved"):
            self.server.sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
            self.server.sql((ROOT / "sql/cctns/mysql.sql").read_text(encoding="utf-8"), name)
        self.kept_longer()
        secret = self.folder / "secret"
        secret.write_text("rehearsal\n")
        secret.chmod(0o600)
        self.connection = (f"Driver=MariaDB Unicode;Server=127.0.0.1;Port={self.wire.port};Database=cctns;CHARSET=utf8mb4")
        self.conf = f"mapping = cctns.map\nconnection = {self.connection}\nuser = bridge\npassword = file:{secret}\n"
        rows = self.server.sql("SELECT table_name, column_name, data_type LIKE '%blob%' FROM information_schema.columns"
                               " WHERE table_schema = 'cctns' AND is_generated = 'NEVER' ORDER BY table_name, ordinal_position")
        with sqlite3.connect(self.path) as db:
            known = {t: {c[1] for c in db.execute(f"PRAGMA table_info({t})")} for t in {r[0] for r in rows}}
        db.close()
        self.columns = {}
        for table, column, blob in rows:
            if column in known[table]:
                self.columns.setdefault(table, []).append((column, blob == "1"))
        work = sqlite3.connect(self.path)
        self.put(work, [t for t in self.columns if t.startswith("m_")])
        work.close()

    def kept_longer(self):
        """What was committed is to outlive kill -9; not a loss of power."""
        self.server.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2")

    def order(self, tables):
        return [t for t in (*sorted(t for t in self.columns if t not in self.SENT), *self.SENT) if t in tables]

    def fetch(self):
        """The file of SQLite becomes what MariaDB holds."""
        db = sqlite3.connect(self.path)
        db.execute("PRAGMA foreign_keys = OFF")
        for table, columns in self.columns.items():
            each = ", ".join(f"HEX({c})" if blob else f"HEX(CAST({c} AS CHAR))" for c, blob in columns)
            rows = self.server.sql(f"SELECT {each} FROM {table}", "cctns")
            db.execute(f"DELETE FROM {table}")
            db.executemany(f"INSERT INTO {table} ({', '.join(c for c, _ in columns)}) VALUES ({', '.join('?' * len(columns))})",
                           [[None if v == "NULL" else bytes.fromhex(v) if blob else bytes.fromhex(v).decode()
                             for v, (_, blob) in zip(row, columns)] for row in rows])
        db.commit()
        return db

    def put(self, db, tables):
        """And back."""
        text = ["SET FOREIGN_KEY_CHECKS = 0; BEGIN;"]
        for table in self.order(tables):
            names = [c for c, _ in self.columns[table]]
            text.append(f"DELETE FROM {table};")
            for row in db.execute(f"SELECT {', '.join(names)} FROM {table}"):
                values = ["NULL" if v is None else "x'" + (v if isinstance(v, bytes) else str(v).encode()).hex() + "'"
                          if not isinstance(v, (int, float)) else str(v) for v in row]
                text.append(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(values)});".replace("x''", "''"))
        self.server.sql("\n".join(text) + "COMMIT;", "cctns")

    def sql(self, query, *values):
        db = self.fetch()
        try:
            return db.execute(query, values).fetchall()
        finally:
            db.close()

    def run(self, work):
        db = self.fetch()
        before = {t: db.execute(f"SELECT * FROM {t}").fetchall() for t in self.columns}
        try:
            with db:
                out = work(db)
            self.put(db, [t for t in self.columns if db.execute(f"SELECT * FROM {t}").fetchall() != before[t]])
            return out
        finally:
            db.close()

    def held(self):
        self.fetch().close()
        return super().held()

    def copy(self, there, here):
        names = {t: ", ".join(c for c, _ in self.columns[t]) for t in self.columns}
        self.server.sql("SET FOREIGN_KEY_CHECKS = 0; BEGIN; " + " ".join(
            f"DELETE FROM {here}.{t}; INSERT INTO {here}.{t} ({names[t]}) SELECT {names[t]} FROM {there}.{t};"
            for t in self.order(self.columns)) + " COMMIT;", here)

    def save(self):
        self.copy("cctns", "saved")

    def restore(self):
        self.again()
        self.copy("saved", "cctns")

    def kill(self):
        self.server.process.kill()
        self.server.process.wait(30)

    def again(self):
        """Starts it when it was ended."""
        if self.server.process.poll() is not None:
            self.server.process = started(self.command, "mysql", self.server.log, lambda: subprocess.run(
                ["mariadb-admin", "--no-defaults", "-S", str(self.server.socket), "-u", "root", "ping"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0, "MariaDB")
            self.kept_longer()

    def stop(self):
        self.wire.stop()
        self.server.stop()


def command_of(process):
    """The words that a server of ours runs by, and its environment."""
    words = Path(f"/proc/{process.pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    values = Path(f"/proc/{process.pid}/environ").read_bytes().rstrip(b"\0").split(b"\0")
    return [os.fsdecode(w) for w in words], dict(os.fsdecode(v).partition("=")[::2] for v in values)


def started(command, user, log, ready, what):
    process = subprocess.Popen([*as_user(user), *command[0]], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=command[1])
    wait_for(ready, what, alive=process)
    return process


# ---------------------------------------------------------------- the staging database

class PgServer:
    """The world's PostgreSQL as it can be stopped at once and started again. Commits are to outlive that."""

    def __init__(self, pg):
        self.pg = pg
        self.command = command_of(pg.process)
        self.durable(pg)

    @staticmethod
    def durable(pg):
        pg.sql("ALTER ROLE postgres SET synchronous_commit = on")

    def kill(self):
        """As pg_ctl stop -m immediate does."""
        self.pg.process.send_signal(signal.SIGQUIT)
        self.pg.process.wait(30)

    def again(self):
        if self.pg.process.poll() is not None:
            self.pg.process = started(self.command, "postgres", self.pg.log, self.ready, "PostgreSQL")

    def ready(self):
        try:
            return self.pg.sql("SELECT 1") == [["1"]]
        except RuntimeError:
            return False


# ---------------------------------------------------------------- the families

class Stage:
    """What the two families have in one worker: the proxies, and a second world whose CCTNS is on MariaDB."""

    def __init__(self, world):
        from world import World
        self.worlds = {"pg": world}
        folder = world.folder / "pgwire"
        folder.mkdir(exist_ok=True)
        self.server = PgServer(world.pg)
        self.pg = PgWire(Path(world.pg.socket) / ".s.PGSQL.5432", folder / ".s.PGSQL.5432")
        self.folder, self.words = folder, {}
        self.make = lambda: World(world.folder / "mariaworld", world.pg, world.name + "_maria", police=MariaPolice)

    def world(self, server):
        if server not in self.worlds:
            self.worlds[server] = self.make()
            self.worlds[server].prepare()
        return self.worlds[server]

    def wire(self, server):
        return self.pg if server == "pg" else self.world("maria").police.wire

    def through(self, conninfo):
        return " ".join(f"host={self.folder}" if w.startswith("host=") else w for w in conninfo.split())

    def statements(self, server):
        """The words of an undisturbed run, in order."""
        if server not in self.words:
            world, wire = self.world(server), self.wire(server)
            world.reset()
            self.connect(server)
            wire.begin()
            outcome = world.run("sync")
            if outcome.hung or outcome.code not in (0, 3):
                raise RuntimeError(f"the run behind the proxy is not right: {outcome}")
            self.words[server] = list(wire.seen)
        return self.words[server]

    def connect(self, server):
        world = self.world(server)
        world.pg_proxy = self.through if server == "pg" else None
        world.write_conf()

    def end(self, server, session):
        """The session ends, as by an administrator; it is gone when this returns."""
        if server == "maria":
            self.world("maria").police.server.sql(f"KILL CONNECTION {session}")
            return
        world = self.world("pg")
        world.admin(f"SELECT pg_terminate_backend({session})")
        wait_for(lambda: not world.pg.sql(f"SELECT 1 FROM pg_stat_activity WHERE pid = {session}"), "the end of a session", 10)

    def stop(self):
        self.pg.stop()
        for name, world in self.worlds.items():
            if name != "pg":
                world.stop()


STAGES = {}


class Family:
    WHOLE = 180

    def __init__(self, name, title, codes, sample):
        self.NAME, self.TITLE, self.CODES, self.SAMPLE = name, title, codes, sample

    def setup(self, world):
        if world.name not in STAGES:
            STAGES[world.name] = Stage(world)

    def finish(self, world):
        stage = STAGES.pop(world.name, None)
        if stage:
            stage.stop()

    def points(self, world, shallow, rng):
        """Every statement, before and after; when fewer are asked for, every kind of statement and COMMIT above all."""
        stage, found = STAGES[world.name], []
        servers = ("pg", "maria") if shallow is None or shallow >= 20 else ("pg",)
        for server in servers:
            for n, word in enumerate(stage.statements(server), 1):
                found += [(server, when, n, word) for when in ("before", "after")]
        if shallow is None or len(found) <= shallow:
            return found
        rng.shuffle(found)
        seen, rank = Counter(), {}
        for p in found:
            kind = (p[0], p[1], p[3])
            seen[kind] += 1
            rank[p] = seen[kind] / (8 if p[1] == "after" and "COMMIT" in p[3].upper() else 1)
        return sorted(sorted(found, key=rank.get)[:shallow], key=lambda p: (p[0], p[2], p[1]))

    def play(self, world, point):
        server, when, n, _ = point
        stage = STAGES[world.name]
        mine = stage.world(server)
        if mine is not world:
            mine.reset()
        stage.connect(server)
        self.ready(stage, server)
        wire = stage.wire(server)
        wire.begin(when, n, lambda session: self.strike(stage, server, session))
        outcome = mine.run("sync")
        self.mend(stage, server)
        self.met = wire.struck
        wire.begin()
        mine.pg_proxy = None
        mine.write_conf()
        return outcome

    def happened(self, world, outcome, point):
        return self.met

    def judge(self, world, outcome, point):
        from world import judge
        mine, codes, faults = STAGES[world.name].world(point[0]), self.CODES, []
        if not self.met or point[0] == "maria":
            codes = codes | QUIET
        whole = outcome.code in QUIET
        if whole and self.met:               # a question that was asked again within the run: then the night is whole
            faults += ["it ended as a whole night: " + fault for fault in mine.settled()]
        faults += judge(mine, outcome, codes)
        if self.met and not outcome.hung and not whole and not self.named(outcome, point[0]):
            faults.append("no line names the cause: " + (outcome.err.strip().splitlines() or [""])[-1][:200])
        return faults

    @staticmethod
    def named(outcome, server):
        """A line names what was lost."""
        return "[pg." in outcome.err if server == "pg" else "[odbc." in outcome.err and '"cctns"' in outcome.err

    def strike(self, stage, server, session):
        stage.end(server, session)

    def ready(self, stage, server):
        pass

    def mend(self, stage, server):
        pass


class Stopped(Family):
    WHOLE = 80

    def ready(self, stage, server):
        """A sequence that was copied with its database goes back at a crash, unless a checkpoint lies between (PostgreSQL 15)."""
        if server == "pg":
            stage.server.pg.sql("CHECKPOINT")

    def strike(self, stage, server, session):
        (stage.server if server == "pg" else stage.world("maria").police).kill()

    def mend(self, stage, server):
        (stage.server if server == "pg" else stage.world("maria").police).again()


FAMILIES = [Family("F6", "database session ended at a statement", {75}, 10),
            Stopped("F7", "database server stopped at a statement", {75}, 4)]


def main():
    """Every statement of a run: backend.py [pg|maria]."""
    import tempfile
    from servers import Postgres
    from world import World
    folder = Path(tempfile.mkdtemp(prefix="bridge-backend-"))
    folder.chmod(0o755)
    pg = Postgres(folder / "pg")
    world = World(folder / "w", pg, "w0")
    try:
        world.prepare()
        for family in FAMILIES:
            family.setup(world)
            if len(sys.argv) > 3 and family.NAME != sys.argv[3]:
                continue
            points = [p for p in family.points(world, int(sys.argv[2]), random.Random(1)) if sys.argv[1] in ("all", p[0])]
            for p in points:
                world.reset()
                outcome = family.play(world, p)
                faults = family.judge(world, outcome, p)
                print(family.NAME, p, outcome.code, f"{outcome.seconds:.1f} s", "not met" if not family.met else "", *faults[:4],
                      flush=True)
                if faults and os.environ.get("SAY"):
                    print(outcome)
    finally:
        FAMILIES[0].finish(world)
        world.stop()
        pg.stop()
        import shutil
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
