"""Peers that hang: a stopped MariaDB (its driver ignores every limit of its own), a stopped PostgreSQL on a Unix socket, portals that take
a connection and never answer, and all of them at once. The run ends within its limit, says why, leaves no process behind; the run after it
finds each record exactly once at each side."""
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import psycopg2
import pytest

from conftest import BRIDGE
from matters import grievance
from servers import wait_for
from test_drivers_sync import OnMariaDB

MANY = 130                                             # two batches for CCTNS
# more where other programs keep the processors: there an honest call takes longer, and what is over a limit is over it by more
LOAD = max(1, os.getloadavg()[0] / os.cpu_count())
LIMIT = round(min(24, max(8, 3 * LOAD)))               # call_limit, seconds
SLACK = min(30, 5 * LOAD)                              # seconds over a limit
SERVER_SAYS = 10                                       # that the server gets to say that a statement took too long


class Run:
    """The program under way."""

    def __init__(self, site, *words):
        self.site, self.began = site, time.monotonic()
        self.process = subprocess.Popen(
            [BRIDGE, "-c", site.conf, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}", ASAN_OPTIONS="detect_leaks=0", NO_COLOR="1"))
        self.err = self.out = ""
        self.readers = [threading.Thread(target=self.read, args=(name,), daemon=True) for name in ("out", "err")]
        for reader in self.readers:
            reader.start()

    def read(self, name):
        for line in self.process.stdout if name == "out" else self.process.stderr:
            setattr(self, name, getattr(self, name) + line)

    def workers(self):
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def until(self, ready, what):
        wait_for(ready, what, alive=self.process)

    def wait(self, limit):
        """Exit code and seconds from now; more than the limit is a hang."""
        began = time.monotonic()
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            pytest.fail(f"hung for more than {limit} s:\n{self.err}")
        took = time.monotonic() - began
        for reader in self.readers:
            reader.join(10)
        assert "AddressSanitizer" not in self.err and "runtime error:" not in self.err, self.err
        assert left_behind(self.site) == []
        return code, took


def left_behind(site):
    """Processes of the program that still know this bridge.conf."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(site.conf).encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            pass
    return found


def family(pid):
    """A process and all below it."""
    pids, at = [pid], 0
    while at < len(pids):
        try:
            pids += [int(p) for p in Path(f"/proc/{pids[at]}/task/{pids[at]}/children").read_text().split()]
        except OSError:
            pass
        at += 1
    return pids


class Stopped:
    """All processes of a server, standing still until the block ends."""

    def __init__(self, *pids):
        self.pids = [p for pid in pids for p in family(pid)]

    def __enter__(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        for pid in self.pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass


class BlackHole:
    """A port that takes connections and says nothing."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.url = f"https://127.0.0.1:{self.socket.getsockname()[1]}/igrs"
        return self

    def __exit__(self, *_):
        self.socket.close()


CASES = []


@pytest.fixture
def police(site, mariadb):
    """The site with CCTNS on MariaDB, and complaints that wait for it."""
    name = f"hang_{len(CASES)}_{os.getpid()}"
    CASES.append(name)
    on = OnMariaDB(mariadb, name)
    on.pid, on.sql = mariadb.process.pid, lambda query: mariadb.sql(query, name)
    site.secret("cctns.secret", "rehearsal")
    on.conf = "user = bridge\npassword = file:cctns.secret\n"
    site.write_conf(connection=on.connection, cctns=on.conf + f"call_limit = {LIMIT}s")
    site.store.add_complaints([grievance(n) for n in range(1, MANY + 1)])
    # so slow that there is a middle
    on.sql("CREATE TRIGGER slow BEFORE INSERT ON t_complaint FOR EACH ROW SET NEW.RECORD_CREATED_BY ="
           " IF(SLEEP(0.02), NULL, NEW.RECORD_CREATED_BY)")
    return on


def settled(site, police):
    """What was given up is over at the server too, and its table is quick again: then ordinary runs."""
    police.sql("DROP TRIGGER slow")
    return clean(site, police.sql)


def registered(police):
    return int(police.sql("SELECT count(*) FROM t_complaint")[0][0])


def sent(site):
    """Deliveries that were begun; asked quickly, while the run goes on."""
    with psycopg2.connect(site.conninfo) as db, db.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bridge.delivery WHERE state IN ('confirmed', 'sending')")
        return cursor.fetchone()[0]


def connected(site):
    """Sessions of the program at PostgreSQL; whoever was given up must be gone before the next run takes its lock."""
    with psycopg2.connect(site.conninfo) as db, db.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cctns-bridge' AND datname = current_database()")
        return cursor.fetchone()[0]


def clean(site, sql, runs=2):
    """Ordinary runs: then each record is once at each side, and nothing is open."""
    wait_for(lambda: connected(site) == 0, "the end of the lost session")
    site.clock.set("2020-06-10T20:20:00Z")
    codes = [site("sync").code]
    for n in range(1, runs):
        site.clock.set(f"2020-06-10T{20 + n}:20:00Z")
        codes.append(site("sync").code)
    assert codes[-1] == 0, (codes, site.logs[-1])
    assert "worker" not in site.logs[-1] and "timeout" not in site.logs[-1]
    origins = [row[0] for row in sql("SELECT ORIGIN_NO FROM t_complaint")]
    assert len(origins) == len(set(origins)) == MANY
    assert site.one("SELECT count(*) FROM bridge.delivery WHERE state NOT IN ('confirmed')") == "0"
    assert site.one("SELECT count(*) FROM bridge.difference WHERE reason = 'unexplained'") == "0"
    assert site.one("SELECT count(*) FROM bridge.run WHERE state = 'running'") == "0"
    received = [site.store.police_actions(c)[0]["action_code"] for c in sorted(origins)]
    assert len(received) == MANY
    for c in origins:
        actions = [a["action_code"] for a in site.store.police_actions(c)]
        assert len(actions) == len(set(actions)), (c, actions)
    return codes


def test_mariadb_stopped_in_the_middle_of_a_sync(site, police):
    """A real hang of the driver: it waits in a read that no limit of ODBC ends."""
    run = Run(site, "sync")
    run.until(lambda: registered(police) >= 5, "a few complaints")
    with Stopped(police.pid):
        code, took = run.wait(LIMIT + SLACK + 10)
    assert code == 75, run.err
    assert "worker.hung" in run.err and '"cctns"' in run.err and f"within {LIMIT}.0 s" in run.err, run.err
    assert took < LIMIT + SLACK
    assert 5 <= registered(police) < MANY
    codes = settled(site, police)
    assert codes[0] in (0, 3)


def test_mariadb_stopped_before_the_run(site, police):
    with Stopped(police.pid):
        run = Run(site, "sync")
        code, took = run.wait(LIMIT + SLACK + 40)
        assert code == 75 and "worker.hung" in run.err, run.err
        assert took < LIMIT + SLACK + 5                    # the portal is read all the same
        for words in (("check", "cctns"), ("probe", "cctns")):
            run = Run(site, *words)
            code, took = run.wait(LIMIT + SLACK + 10)
            assert code == 75 and took < LIMIT + SLACK and "worker.hung" in run.err + run.out, (words, run.err)
    settled(site, police)


def test_a_signal_does_not_wait_for_a_driver(site, police):
    site.write_conf(connection=police.connection, cctns=police.conf + "call_limit = 10m")
    run = Run(site, "sync")
    run.until(lambda: registered(police) >= 5, "a few complaints")
    with Stopped(police.pid):
        os.kill(run.process.pid, signal.SIGTERM)
        code, took = run.wait(30)
    assert code == 143, run.err
    assert took < 10 + SLACK
    settled(site, police)


@pytest.mark.parametrize("who", ["worker", "run"])
def test_killed_in_the_middle(who, site, police):
    run = Run(site, "sync")
    run.until(lambda: registered(police) >= 5, "a few complaints")
    pids = run.workers()
    assert len(pids) == 1                              # one driver, one process
    os.kill(int(pids[0]) if who == "worker" else run.process.pid, signal.SIGKILL)
    code, took = run.wait(60)
    if who == "run":
        assert code == -9 and took < SLACK
    else:
        assert code == 75 and "worker.died" in run.err and "signal 9" in run.err, run.err
    settled(site, police)


def test_postgresql_stopped_in_the_middle_of_a_sync(site, pg):
    """On a Unix socket, where no keepalive sees it."""
    site.bridge_extra = "statement_limit = 2s"
    site.write_conf()
    site.store.add_complaints([grievance(n) for n in range(1, MANY + 1)])
    run = Run(site, "sync")
    run.until(lambda: sent(site) >= 5, "a few deliveries")
    with Stopped(pg.process.pid):
        code, took = run.wait(2 + SERVER_SAYS + SLACK + 5)
    assert code == 75, run.err
    assert "pg.timeout" in run.err and "did not answer" in run.err
    assert took < 2 + SERVER_SAYS + SLACK
    clean(site, site.cctns.sql)


def test_postgresql_stopped_before_the_run(site, pg):
    with Stopped(pg.process.pid):
        code, took = Run(site, "sync").wait(30)
    assert code == 75 and took < 10 + SLACK            # 10 s to connect


def test_a_signal_does_not_wait_for_postgresql(site, pg):
    site.store.add_complaints([grievance(n) for n in range(1, MANY + 1)])
    run = Run(site, "sync")
    run.until(lambda: sent(site) >= 5, "a few deliveries")
    with Stopped(pg.process.pid):
        os.kill(run.process.pid, signal.SIGTERM)
        code, took = run.wait(40)
    assert code == 143, run.err
    assert took < 10 + SLACK
    clean(site, site.cctns.sql)


def test_a_portal_that_never_answers(site):
    site.store.add_complaints([grievance(n) for n in range(1, MANY + 1)])
    with BlackHole() as hole:
        real, site.portal.url = site.portal.url, hole.url
        site.write_conf(igrs="connect_timeout = 1s\ntimeout = 1s")
        run = Run(site, "sync")
        code, took = run.wait(60)
        site.portal.url = real
    assert code == 75 and "http.timeout" in run.err and "igrs" in run.err, run.err
    assert took < 3 * 1 + 2 + SLACK                    # a call is tried three times
    site.write_conf()
    clean(site, site.cctns.sql)


def test_a_portal_stopped_in_the_middle_of_a_sync(site):
    site.write_conf(igrs="timeout = 3s")
    site.store.add_complaints([grievance(n) for n in range(1, MANY + 1)])
    run = Run(site, "sync")
    run.until(lambda: site.one("SELECT count(*) FROM bridge.delivery WHERE target = 'igrs' AND state = 'confirmed'") >= "1", "an answer")
    with Stopped(site.portal.process.pid):
        code, took = run.wait(90)
    assert code == 75 and re.search(r"http\.timeout", run.err), run.err
    assert took < 60
    clean(site, site.cctns.sql, runs=3)


@pytest.mark.parametrize("deadline", [None, "8s"])
def test_all_at_once(deadline, site, pg, police):
    """With limits, the first that is over names itself; with none that is near, the deadline of the run ends all."""
    long = "10m" if deadline else f"{LIMIT}s"
    site.bridge_extra = f"statement_limit = {'10m' if deadline else '2s'}\n" + (f"deadline = {deadline}" if deadline else "")
    site.write_conf(connection=police.connection, cctns=police.conf + f"call_limit = {long}", igrs=f"timeout = {long}\nstall = 0s")
    run = Run(site, "sync")
    run.until(lambda: registered(police) >= 2, "a few complaints")
    with Stopped(police.pid, pg.process.pid, site.portal.process.pid):
        code, took = run.wait(60)
    if deadline:
        assert code == 1 and "run.deadline" in run.err and "while at" in run.err, run.err
        assert time.monotonic() - run.began < 8 + SLACK + took
        assert took < 8 + SLACK
    else:
        assert code == 75 and ("pg.timeout" in run.err or "worker.hung" in run.err), run.err
        assert took < LIMIT + 2 + SERVER_SAYS + SLACK
    site.bridge_extra = ""
    site.write_conf(connection=police.connection, cctns=police.conf)
    settled(site, police)
