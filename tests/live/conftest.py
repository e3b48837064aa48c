"""Fixtures of the live tests. A site is the whole of one state: staging database, rehearsal portal, CCTNS, bridge.conf, clock."""
import importlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "portals"))
import warm  # noqa: E402
from browser import Browser  # noqa: E402
from servers import MariaDB, Portal, Postgres, ROOT  # noqa: E402
from sftpd import Sftpd  # noqa: E402
from smtpd import Smtpd  # noqa: E402

BRIDGE = ROOT / "build" / os.environ.get("BRIDGE_VARIANT", "san") / "cctns-bridge"
if os.environ.get("BRIDGE_BINARY"):
    BRIDGE = Path(os.environ["BRIDGE_BINARY"])
SQLITE = ("Driver=SQLite3;Database={path};Timeout=20000;FKSupport=1;NoWCHAR=0;StepAPI=1;BigInt=1")


@pytest.fixture(scope="session")
def reachable():
    """New folders for servers that run as their own user and must be able to walk down to them."""
    made = []

    def make(name):
        folder = Path(tempfile.mkdtemp(prefix=f"bridge-{name}-"))
        folder.chmod(0o755)
        made.append(folder)
        return folder / "server"

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


# Files that take longest, and begin first: what is left at the end is short, and no processor waits for one last file.
LONGEST = ("hang", "pages", "soap_systems", "delhi_cut", "checkpoint", "large", "prove", "memory", "notify", "systems", "demo", "digest",
           "forward", "exit_codes", "second_portal", "policy", "bad_input", "pushers", "valgrind", "odbc_drivers", "sweep")


def pytest_collection_modifyitems(items):
    place = {f"test_{name}": n for n, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.module.__name__, len(place)))


@pytest.fixture(scope="session", autouse=True)
def warm_portals():
    warm.warm()


@pytest.fixture(scope="session")
def pg(reachable):
    # Each test has a database, which is over long before its turn would come; until then hundreds would be looked at, again and again.
    server = Postgres(reachable("pg"), "autovacuum=off")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mariadb(reachable):
    server = MariaDB(reachable("mariadb"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser():
    one = Browser()
    yield one
    one.stop()


class Clock:
    def __init__(self, path, at="2020-06-10T20:00:00Z"):
        self.path = path
        self.set(at)

    def set(self, at):
        new = self.path.with_suffix(".new")
        new.write_text(at + "\n")
        new.replace(self.path)


class Cctns:
    def __init__(self, path):
        self.path = path
        with sqlite3.connect(path) as db:
            db.executescript((ROOT / "sql/cctns/sqlite.sql").read_text())
        self.connection = SQLITE.format(path=path)

    def sql(self, query, *values):
        db = sqlite3.connect(self.path, timeout=20)
        try:
            with db:
                return db.execute(query, values).fetchall()
        finally:
            db.close()


class Bridge:
    """A bridge.conf and the program: what all sites have."""

    def __init__(self, folder, pg, name, clock, kind=None):
        """Of a kind that is named, the first site applies the schema (ready()), and the others begin with a copy of what it made."""
        self.folder, self.pg, self.clock, self.database = folder, pg, clock, name
        self.kind = kind and re.sub(r"\W", "_", f"schema_{kind}_{clock.path.read_text().strip()}").lower()
        self.conninfo = pg.create(name, like=self.kind)
        self.conf = folder / "bridge.conf"
        self.logs = []
        self.extra = ""
        self.bridge_extra = ""

    def secret(self, name, text):
        path = self.folder / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def __call__(self, *words, code=None, env=None, wrap=(), program=BRIDGE):
        """Runs the program; wrap is a command that it is run by, such as valgrind."""
        done = subprocess.run([*wrap, str(program), "-c", str(self.conf), *words], capture_output=True, text=True, timeout=600,
                              stdin=subprocess.DEVNULL,
                              env=dict(os.environ, BRIDGE_NOW=f"@{self.clock.path}",
                                       ASAN_OPTIONS="detect_leaks=0", NO_COLOR="1", **(env or {})))
        self.logs.append(done.stderr)
        result = SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)
        assert "AddressSanitizer" not in result.err and "runtime error:" not in result.err, result.err
        if code is not None:
            assert result.code == code, f"exit {result.code}, not {code}\n{result.out}\n{result.err}"
        return result

    def ready(self):
        if self.kind in self.pg.kept:    # each house has a ledger of its own name
            self.sql("SET session_replication_role = replica; UPDATE bridge.ledger_head SET origin = n.origin,"
                     " h = bridge.chain_start(n.origin) FROM (SELECT 'cctns-bridge/' || gen_random_uuid() AS origin) n WHERE seq = 0")
        else:
            self("schema", "apply", code=0)
            if self.kind:
                self.pg.keep(self.database, self.kind)
        return self

    def json(self, *words, code=None):
        return json.loads(self("--json", *words, code=code).out)

    def sql(self, query):
        return self.pg.sql(query, self.conninfo)

    def one(self, query):
        return self.sql(query)[0][0]

    def gone(self, seconds=30):
        """Waits until the server has seen that programs which were killed are gone: until then they hold their locks."""
        end = time.monotonic() + seconds
        while self.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cctns-bridge'"
                       " AND datname = current_database()") != "0":
            assert time.monotonic() < end, "a session of a killed program is still there"
            time.sleep(0.01)


class Site(Bridge):
    """UP, as the first tests know it: the portal's own store and words."""

    def __init__(self, folder, pg, name, clock=None, portal=True, kind=None):
        super().__init__(folder, pg, name, clock or Clock(folder / "clock"), kind)
        self.cctns = Cctns(folder / "cctns.sqlite")
        self.portal = Portal(folder / "portal", self.clock.path) if portal else None
        if portal:
            import store
            self.store = store.Store(folder / "portal" / "store.db", store.Clock(f"@{self.clock.path}"))
        self.write_conf()

    def write_conf(self, igrs="", cctns="", connection=None):
        url = self.portal.url if self.portal else "https://127.0.0.1:1/igrs"
        ca = self.folder / "portal" / "ca.pem"
        self.conf.write_text(f"""
[bridge]
database = {self.conninfo}
state = {self.folder}
mappings = {ROOT}/mappings
sql = {ROOT}/sql
backoff = 1s
{self.bridge_extra}
[system igrs]
mapping = igrs.map
url = {url}
user = bridge
password = file:portal/password
ca = {ca}
{igrs}
[system cctns]
mapping = cctns.map
connection = {connection or self.cctns.connection}
{cctns}
{self.extra}""")

    def stop(self):
        if self.portal:
            self.store.close()
            self.portal.stop()


# the police system, the others, and the time at which its clock begins; SYSTEM.py in tests/portals has the peer
STATES = {
    "up": dict(police="cctns", systems=("igrs",), at="2020-06-10T20:00:00Z"),
    "delhi": dict(police="icms", systems=("pgms", "nhrc", "cpgrams", "cvc", "lg", "cpo", "cmts"), at="2020-11-10T20:00:00Z"),
    "haryana": dict(police="cctns", systems=("hrcms",), at="2024-02-10T20:00:00Z"),
    "durg": dict(police="cctns", systems=("durgqr",), at="2022-11-10T20:00:00Z"),
}


class Peers(dict):
    """The state's peers by system; one is started, and put into bridge.conf, when it is first asked for."""

    def __init__(self, site):
        super().__init__()
        self.site = site

    def __missing__(self, system):
        assert system in self.site.state["systems"], f"{self.site.name} has no {system}"
        self[system] = peer_class(system)(self.site.folder / system, self.site.clock.path)
        self.site.write_conf()
        return self[system]


def peer_class(system):
    return importlib.import_module(system).Peer


class State(Bridge):
    """One of the four states, with peers that speak canonical words (class Peer of tests/portals/SYSTEM.py):

        site.police         the police system (cctns or icms), always there
        site.peers["pgms"]  started when first asked for; bridge.conf names those that were
        site.options["pgms"] = "rows = 5"      further lines of its section, then site.write_conf()
        site("sync", code=0), site.json(...), site.sql(...), site.clock.set("...Z"), site.seal_key
    """

    def __init__(self, folder, pg, name, state, clock=None, kind=None):
        self.name, self.state = state, STATES[state]
        super().__init__(folder, pg, name, clock or Clock(folder / "clock", self.state["at"]), kind)
        self.options = {}
        self.seal_key = secrets.token_hex(32)
        self.secret("seal.key", self.seal_key)
        self.peers = Peers(self)
        self.police = peer_class(self.state["police"])(folder / self.state["police"], self.clock.path)
        self.write_conf()

    def write_conf(self):
        sections = {**{system: peer.conf for system, peer in self.peers.items()}, self.state["police"]: self.police.conf}
        systems = "".join(f"\n[system {name}]\n{lines.rstrip()}\n{self.options.get(name, '')}\n" for name, lines in sections.items())
        self.conf.write_text(f"[bridge]\ndatabase = {self.conninfo}\nstate = {self.folder}\nmappings = {ROOT}/mappings\n"
                             f"sql = {ROOT}/sql\nbackoff = 1s\nseal_key = file:{self.folder}/seal.key\n{self.bridge_extra}\n"
                             f"{systems}{self.extra}")

    def stop(self):
        for peer in (*self.peers.values(), self.police):
            peer.stop()


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path / "clock")


@pytest.fixture
def make_site(tmp_path, pg, request):
    made = []

    def make(name="a", **more):
        folder = tmp_path / name
        folder.mkdir()
        database = re.sub(r"\W", "_", f"{request.node.name}_{name}")[-60:].lower()
        site = Site(folder, pg, database, **more)
        made.append(site)
        return site

    yield make
    for site in made:
        site.stop()


@pytest.fixture
def site(make_site):
    return make_site(kind="site").ready()


@pytest.fixture
def make_state(tmp_path, pg, request):
    """make_state("delhi"): a site of that state, its schema applied."""
    made = []

    def make(state, **more):
        folder = tmp_path / state
        folder.mkdir()
        database = re.sub(r"\W", "_", f"{request.node.name}_{state}")[-60:].lower()
        site = State(folder, pg, database, state, kind=state, **more)
        made.append(site)
        return site.ready()

    yield make
    for site in made:
        site.stop()


@pytest.fixture
def up(make_state):
    return make_state("up")


@pytest.fixture
def delhi(make_state):
    return make_state("delhi")


@pytest.fixture
def haryana(make_state):
    return make_state("haryana")


@pytest.fixture
def durg(make_state):
    return make_state("durg")


@pytest.fixture
def smtpd(tmp_path):
    """A mail server with TLS."""
    server = Smtpd(tmp_path / "mail")
    yield server
    server.stop()


@pytest.fixture
def sftpd(tmp_path):
    """OpenSSH's SFTP, of the folder "cells"."""
    server = Sftpd(tmp_path / "sshd", tmp_path / "cells")
    yield server
    server.stop()
