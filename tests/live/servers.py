"""Private servers for tests: each in its own folder, on a Unix socket or a free loopback port, ended by its own pid.

PostgreSQL and MariaDB do not run as root: as root they are started as the users that their packages made.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "portals"))
from warm import begin  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"      # not in the path of an ordinary user
PG_BIN = next((p / "bin" for p in sorted(Path("/usr/lib/postgresql").glob("*"), reverse=True)), Path("/usr/bin"))


def as_user(user):
    """Prefix of a command that drops from root to a user; nothing when not root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]


def give(path, user):
    if os.geteuid() == 0:
        shutil.chown(path, user, user)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(ready, what, seconds=60, alive=None):
    """Asks again every 20 ms until ready() is true: bounded, and ends at once when the process is gone."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return
        if alive is not None and alive.poll() is not None:
            raise RuntimeError(f"{what} ended with {alive.returncode} before it was ready")
        time.sleep(0.02)
    raise RuntimeError(f"{what} was not ready within {seconds} s")


def end(process, sig=signal.SIGTERM, seconds=30):
    if process.poll() is None:
        process.send_signal(sig)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


class Postgres:
    """settings: lines of postgresql.conf."""

    def __init__(self, folder, *settings):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o755)
        self.data, self.socket = self.folder / "data", self.folder / "s"
        self.kept = set()
        for p in (self.data, self.socket):
            p.mkdir()
            give(p, "postgres")
        run = as_user("postgres")
        subprocess.run([*run, PG_BIN / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"],
                       check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(
            [*run, PG_BIN / "postgres", "-D", self.data, "-k", self.socket, "-c", "listen_addresses=", "-c", "fsync=off",
             "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=60", "-c", "shared_buffers=256MB",
             "-c", "log_min_messages=warning", *(word for line in settings for word in ("-c", line))],
            stdout=self.log, stderr=self.log, cwd="/")
        wait_for(lambda: subprocess.run([PG_BIN / "pg_isready", "-q", "-h", self.socket, "-U", "postgres"]).returncode == 0,
                 "PostgreSQL", alive=self.process)

    def conninfo(self, database="postgres", user="postgres"):
        return f"host={self.socket} dbname={database} user={user}"

    def create(self, database, like=None):
        """An empty one, or a copy of one that was kept: with who may do what in it, which stands outside of it."""
        if like in self.kept:
            self.copy(like, database)
        else:
            self.sql(f'CREATE DATABASE "{database}"')
        return self.conninfo(database)

    def copy(self, database, to):
        self.sql(f'CREATE DATABASE "{to}" TEMPLATE "{database}"')
        self.sql(f"UPDATE pg_database SET datacl = l.datacl FROM pg_database l WHERE pg_database.datname = '{to}'"
                 f" AND l.datname = '{database}'")

    def keep(self, database, name):
        self.copy(database, name)
        self.kept.add(name)

    def sql(self, query, conninfo=None):
        """Rows of texts; SQL NULL comes as None."""
        done = subprocess.run([PG_BIN / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-F", "\x1f", "-R", "\x1e",
                               "-P", "null=\x02", "-d", conninfo or self.conninfo(), "-c", query],
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        out = done.stdout.removesuffix("\n").removesuffix("\x1e")
        return [[None if f == "\x02" else f for f in row.split("\x1f")] for row in out.split("\x1e")] if out else []

    def stop(self):
        end(self.process, signal.SIGQUIT)          # at once: what it held is thrown away with its folder
        self.log.close()


class MariaDB:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o755)
        self.data = self.folder / "data"
        self.data.mkdir()
        give(self.folder, "mysql")
        give(self.data, "mysql")
        run = as_user("mysql")
        tmp = self.folder / "tmp"
        tmp.mkdir()
        give(tmp, "mysql")
        own = dict(os.environ, TMPDIR=str(tmp), PATH=os.environ.get("PATH", "/usr/bin:/bin") + ":" + SBIN)
        self.socket = self.folder / "m.sock"
        self.port = free_port()
        subprocess.run([*run, "mariadb-install-db", "--no-defaults", f"--datadir={self.data}", "--auth-root-authentication-method=normal",
                        "--skip-test-db"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", env=own)
        self.log = open(self.folder.parent / (self.folder.name + ".log"), "wb")
        self.process = subprocess.Popen(
            [*run, shutil.which("mariadbd", path=own["PATH"]), "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}",
             f"--port={self.port}", "--bind-address=127.0.0.1", "--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin",
             "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--max-allowed-packet=64M", f"--tmpdir={tmp}"],
            stdout=self.log, stderr=self.log, cwd="/", env=own)
        wait_for(lambda: subprocess.run(["mariadb-admin", "--no-defaults", "-S", str(self.socket), "-u", "root", "ping"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0,
                 "MariaDB", alive=self.process)
        self.sql("CREATE USER bridge@localhost IDENTIFIED BY 'rehearsal'; GRANT ALL ON *.* TO bridge@localhost;"
                 "CREATE USER bridge@'127.0.0.1' IDENTIFIED BY 'rehearsal'; GRANT ALL ON *.* TO bridge@'127.0.0.1'")

    def sql(self, query, database=""):
        done = subprocess.run(["mariadb", "--no-defaults", "-S", str(self.socket), "-u", "root", "-N", "-B", "--raw",
                               "--default-character-set=utf8mb4", database] if database else
                              ["mariadb", "--no-defaults", "-S", str(self.socket), "-u", "root", "-N", "-B", "--raw",
                               "--default-character-set=utf8mb4"], input=query, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def stop(self):
        end(self.process)
        self.log.close()


class Portal:
    """The rehearsal portal of UP IGRS; its store is asked and fed through tests/portals/store.py."""

    def __init__(self, folder, clock):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = open(self.folder / "log", "wb")
        self.process = begin(ROOT / "tests/portals/igrs.py", "--dir", self.folder, "--port", "0", log=self.log,
                             env=dict(os.environ, BRIDGE_NOW=f"@{clock}"))
        wait_for((self.folder / "url").exists, "the rehearsal portal", alive=self.process)
        self.url = (self.folder / "url").read_text().strip()

    def stop(self):
        end(self.process)
        self.log.close()
