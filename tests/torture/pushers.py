#!/usr/bin/python3
"""Two pushers on one outbox, each killed and started again at random: every delivery has exactly one effect at the peer.

usage: pushers.py [DELIVERIES KILLS] [--seed N] [--peer odbc,soap,xml]      10000 and 50 (of each pusher) unless said

Each process is `cctns-bridge push SYSTEM`, ended by SIGKILL: a third of them within their first moments (start, lock, recovery,
questions), the others after a share of the work drawn by lot. odbc: complaints are registered in CCTNS on MariaDB; soap: what
the police did with them is told to the portal of UP IGRS. xml: likewise to the CMS of Haryana.
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / place) for place in ("tests/live", "tests/portals") if str(ROOT / place) not in sys.path]
os.environ.setdefault("BRIDGE_VARIANT", "")
import conftest  # noqa: E402
from conftest import Site, State  # noqa: E402
from matters import DISTRICTS, grievance  # noqa: E402
from servers import MariaDB, Postgres  # noqa: E402

HARYANA = ["HR-HISAR", "HR-HANSI", "HR-FATEHABAD", "HR-SIRSA", "HR-JIND", "HR-DABWALI"]
EARLY = 0.35              # of the kills: within the first moments of the process
OUTSIDE = {0, 3, 7, 75}   # how a pusher may end by itself: done, something waits, the other reads the echo, the peer was busy


class Ticking(threading.Thread):
    """The clock of a site goes on while pushers run: what was put back becomes due."""

    def __init__(self, clock):
        super().__init__(daemon=True)
        at = clock.path.read_text().strip()
        self.clock, self.at, self.over = clock, datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ"), threading.Event()

    def run(self):
        began = time.monotonic()
        while not self.over.wait(0.2):
            self.clock.set((self.at + timedelta(seconds=int(time.monotonic() - began))).strftime("%Y-%m-%dT%H:%M:%SZ"))

    def stop(self):
        self.over.set()
        self.join()


class Outbox:
    """What staging says of one target, read beside the pushers."""

    def __init__(self, conninfo, target):
        self.conninfo, self.target, self.lock = conninfo, target, threading.Lock()
        self.db = psycopg2.connect(conninfo)
        self.db.autocommit = True

    def rows(self, query, *values):
        with self.lock, self.db.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def one(self, query, *values):
        return self.rows(query, *values)[0][0]

    def confirmed(self):
        return self.one("SELECT count(*) FROM bridge.delivery WHERE target = %s AND state = 'confirmed'", self.target)


class Pusher(threading.Thread):
    """Starts `push` again and again until it was killed often enough."""

    def __init__(self, name, duel, seed):
        super().__init__(name=name, daemon=True)
        self.duel, self.dice = duel, random.Random(seed)
        self.killed = self.idle = 0
        self.codes, self.fault = Counter(), None

    def run(self):
        try:
            while self.killed < self.duel.kills and not self.duel.failed():
                self.live_once()
        except Exception as e:      # told by the main thread
            self.fault = f"{type(e).__name__}: {e}"

    def live_once(self):
        duel = self.duel
        at_start = duel.outbox.confirmed()
        left = duel.total - at_start
        to_come = max(1, sum(duel.kills - p.killed for p in duel.pushers))
        early = left == 0 or self.dice.random() < EARLY
        share = self.dice.uniform(0, 2) * left / to_come
        after = self.dice.uniform(0, 0.5 if early else 0.05)
        process = duel.start(self.name)
        end = time.monotonic() + after
        while early and process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        limit = time.monotonic() + 60
        while not early and process.poll() is None and duel.outbox.confirmed() - at_start < share and time.monotonic() < limit:
            time.sleep(0.01)
        end = time.monotonic() + after
        while not early and process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(30)
        if process.returncode == -signal.SIGKILL:
            self.killed += 1
            self.idle += left == 0
            return
        self.codes[process.returncode] += 1
        if process.returncode not in OUTSIDE:
            raise RuntimeError(f"push ended with {process.returncode}: see {duel.log(self.name)}")


class Duel:
    def __init__(self, site, target, total, kills, seed, pushers=2):
        self.site, self.target, self.total, self.kills = site, target, total, kills
        self.outbox = Outbox(site.conninfo, target)
        self.pushers = [Pusher(f"{target}-{n}", self, f"{seed} {target} {n}") for n in range(1, pushers + 1)]

    def log(self, name):
        return self.site.folder / f"push-{name}.log"

    def failed(self):
        return any(p.fault for p in self.pushers)

    def start(self, name):
        with open(self.log(name), "ab") as log:
            return subprocess.Popen([str(conftest.BRIDGE), "-c", str(self.site.conf), "push", self.target], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=log,
                                    env=dict(os.environ, BRIDGE_NOW=f"@{self.site.clock.path}", ASAN_OPTIONS="detect_leaks=0"))

    def fight(self, seconds=1800):
        """Both until each was killed often enough; then ordinary runs until nothing waits. Returns what is to be said of it."""
        began, ticking = time.monotonic(), Ticking(self.site.clock)
        ticking.start()
        try:
            for p in self.pushers:
                p.start()
            for p in self.pushers:
                p.join(max(1, began + seconds - time.monotonic()))
            faults = [p.fault or "not ended in time" for p in self.pushers if p.fault or p.is_alive()]
            if faults:
                raise AssertionError("; ".join(faults) + "\n" + "".join(self.log(p.name).read_text()[-1500:] for p in self.pushers))
            last = [self.last(n) for n in range(20) if n == 0 or self.waiting()]
        finally:
            ticking.stop()
        return dict(seconds=time.monotonic() - began, killed=[p.killed for p in self.pushers], idle=sum(p.idle for p in self.pushers),
                    codes=dict(sum((p.codes for p in self.pushers), Counter())), last=last)

    def waiting(self):
        return self.outbox.one("SELECT count(*) FROM bridge.delivery WHERE target = %s AND state IN ('planned', 'sending', 'in_doubt')",
                               self.target)

    def last(self, n):
        """One run that nobody disturbs; but for the first it waits until what was put back is due."""
        if n:
            time.sleep(1)
        process = self.start(f"last-{self.target}")
        code = process.wait(600)
        assert code in OUTSIDE - {7}, f"the run after it ended with {code}\n{self.log(f'last-{self.target}').read_text()[-1500:]}"
        return code

    def judge(self, effects, inside=None):
        """effects: (our reference or None, what it is about) of each effect at the peer. Faults, [] when all is well."""
        said = dict(self.outbox.rows("SELECT state, count(*) FROM bridge.delivery WHERE target = %s GROUP BY 1", self.target))
        faults = []
        if said != {"confirmed": self.total}:
            faults.append(f"the outbox has {said}, not {self.total} confirmed")
        if len(effects) != self.total:
            faults.append(f"{len(effects)} effects at the peer for {self.total} deliveries")
        for which, name in ((0, "reference"), (1, "matter")):
            twice = [k for k, n in Counter(e[which] for e in effects).items() if n > 1]
            if twice:
                faults.append(f"{len(twice)} of one {name} are there twice, such as {twice[0]}")
        ours = {r[0] for r in self.outbox.rows("SELECT delivery_id::text FROM bridge.delivery WHERE target = %s", self.target)}
        strange = [e for e in effects if e[0] is not None and e[0] not in ours]
        if strange:
            faults.append(f"{len(strange)} effects of no delivery")
        for query, what in (
                ("SELECT count(*) FROM bridge.run WHERE state = 'running'", "runs are still open"),
                ("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()", "deadlocks"),
                ("SELECT count(*) FROM bridge.held WHERE state = 'open' AND delivery_id IS NOT NULL", "deliveries wait for a person")):
            n = self.outbox.one(query)
            if n:
                faults.append(f"{n} {what}")
        return faults + list(inside or ())

    def figures(self):
        lost = self.outbox.one("SELECT count(*) FROM bridge.run WHERE state = 'lost' AND job = %s", f"push {self.target}")
        back = dict(self.outbox.rows("SELECT what, sum(n)::int FROM bridge.recovery r JOIN bridge.run USING (run_id) WHERE job = %s"
                                     " GROUP BY 1", f"push {self.target}"))
        return lost, back


# ---- the peers ----

def cctns_on_mariadb(site, server, name="cctns_pushers"):
    server.sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    server.sql((ROOT / "sql/cctns/mysql.sql").read_text(), name)
    site.secret("cctns.secret", "rehearsal")
    site.write_conf(connection=f"Driver=MariaDB Unicode;Server=127.0.0.1;Port={server.port};Database={name};CHARSET=utf8mb4",
                    cctns="user = bridge\npassword = file:cctns.secret")
    return lambda query: [tuple(row) for row in server.sql(query, name)]


def fill(site, n):
    """n complaints of all districts come in at the portal, to be registered."""
    for start in range(1, n + 1, 5000):
        site.store.add_complaints([grievance(i, district=DISTRICTS[i % len(DISTRICTS)]) for i in range(start, min(n + 1, start + 5000))])
    site("pull", "igrs", code=0)
    assert int(site.one("SELECT count(*) FROM bridge.complaint")) == n


def registered(rows, n):
    """Effects in CCTNS, and what must hold beside them: each complaint has one number and one first action."""
    faults = []
    for query, what in (("SELECT COUNT(DISTINCT COMPLAINT_REG_NUM) FROM t_complaint", "numbers"),
                        ("SELECT COUNT(*) FROM t_complaint_action", "first actions"),
                        ("SELECT COUNT(*) FROM bridge_applied WHERE receipt IS NOT NULL", "receipts")):
        if int(rows(query)[0][0]) != n:
            faults.append(f"{rows(query)[0][0]} {what} for {n} complaints")
    references = [r[0] for r in rows("SELECT delivery_id FROM bridge_applied ORDER BY 1")]
    matters = [r[0] for r in rows("SELECT ORIGIN_NO FROM t_complaint ORDER BY 1")]
    if len(references) != len(matters):
        faults.append(f"{len(references)} references for {len(matters)} complaints")
    return list(zip(references, matters)), faults


def in_turn(effects):
    """Effects at a portal, from (reference, number, time, word) in their order of arrival; a fault where a complaint's were out of it."""
    faults, newest = [], {}
    for _, number, at, _ in effects:
        if at < newest.get(number, ""):
            faults.append(f"complaint {number} was told out of turn")
        newest[number] = at
    return [(reference, (number, at, word)) for reference, number, at, word in effects], faults


def told(site):
    return in_turn([(a["reference"], a["code"], a["action_on"], a["action_code"]) for a in site.store.police_actions()])


def told_haryana(cms):
    return in_turn([(a["reference"], a["number"], a["at"], a["action"]) for a in cms.told()])


def fill_haryana(site, n):
    """n complaints of Haryana, registered, and the first action of each to be told."""
    for start in range(0, n, 5000):
        site.peers["hrcms"].add([{"unit": HARYANA[i % 6], "received_at": "2024-02-01T05:00:00Z", "marked_at": "2024-02-01T06:30:00Z",
                                  "complainant": f"परीक्षक {i}", "mobile": f"+9150{i:08d}", "subject": f"विषय {i}",
                                  "body": f"मेरी शिकायत {i}", "category": "CRIME", "mode": "HAND"}
                                 for i in range(start, min(n, start + 5000))])
    for words in (("pull", "hrcms"), ("push", "cctns"), ("pull", "cctns")):
        site(*words, code=0)


def say(what, duel, figures, faults):
    lost, back = duel.figures()
    print(f"{what}: {duel.total} deliveries, pushers killed {' + '.join(map(str, figures['killed']))} times ({figures['idle']} of them with"
          f" nothing left to do), {lost} runs lost; {back.get('sending', 0)} found without an answer: {back.get('found', 0)} had come"
          f" about, {back.get('absent', 0)} had not; ended by themselves {figures['codes']}; {figures['seconds']:.0f} s;"
          f" {'every delivery has one effect' if not faults else '; '.join(faults)}", flush=True)


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("sizes", nargs="*", type=int, default=[10000, 50])
    ask.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6))
    ask.add_argument("--peer", default="odbc,soap,xml")
    given = ask.parse_args()
    n, kills = given.sizes
    print(f"seed {given.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="bridge-pushers-"))
    folder.chmod(0o755)
    pg = mariadb = site = haryana = None
    bad = False
    try:
        pg, mariadb = Postgres(folder / "pg"), MariaDB(folder / "mariadb")
        (folder / "site").mkdir()
        site = Site(folder / "site", pg, "pushers")
        rows = cctns_on_mariadb(site, mariadb)
        site("schema", "apply", code=0)
        fill(site, n)
        if "odbc" in given.peer:
            duel = Duel(site, "cctns", n, kills, given.seed)
            figures = duel.fight()
            effects, faults = registered(rows, n)
            faults = duel.judge(effects, faults)
            say("odbc (CCTNS on MariaDB)", duel, figures, faults)
            bad = bad or bool(faults)
        else:
            site("push", "cctns", code=0)
        if "soap" in given.peer:
            site.clock.set("2020-06-12T20:00:00Z")
            site("pull", "cctns", code=0)
            duel = Duel(site, "igrs", n, kills, given.seed)
            figures = duel.fight()
            faults = duel.judge(*told(site))
            say("soap (UP IGRS)", duel, figures, faults)
            bad = bad or bool(faults)
        if "xml" in given.peer:
            (folder / "haryana").mkdir()
            haryana = State(folder / "haryana", pg, "pushers_haryana", "haryana")
            haryana("schema", "apply", code=0)
            fill_haryana(haryana, n)
            duel = Duel(haryana, "hrcms", n, kills, given.seed)
            figures = duel.fight()
            faults = duel.judge(*told_haryana(haryana.peers["hrcms"]))
            say("xml (Haryana CMS)", duel, figures, faults)
            bad = bad or bool(faults)
    finally:
        for server in (haryana, site, mariadb, pg):
            if server:
                server.stop()
        if not bad:
            shutil.rmtree(folder, ignore_errors=True)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
