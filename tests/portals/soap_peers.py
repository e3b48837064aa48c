"""What the rehearsal peers of PGMS, NHRC and CPGRAMS have in common: a certificate, a store in the peer's own words, and the way
between those words and the canonical ones. The servers themselves (PHP, gSOAP, spyne) share nothing: they know the store alone.

Times in the stores are Indian Standard Time as 'YYYY-MM-DD HH:MM:SS', days 'YYYY-MM-DD'.
"""
import hashlib
import os
import secrets
import sqlite3
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tls_front import authority, end, leaf

ROOT = Path(__file__).resolve().parent.parent.parent
IST = timezone(timedelta(hours=5, minutes=30))

# Police units of Delhi: CCTNS code and name, in the order in which PGMS and NHRC number them.
UNITS = (("8160", "Metro"), ("8161", "Vigilance"), ("8162", "Central"), ("8164", "Railways"), ("8165", "New Delhi"),
         ("8166", "North"), ("8167", "South"), ("8168", "East"), ("8169", "IGI Airport"), ("8170", "West"),
         ("8171", "South West"), ("8172", "North West"), ("8173", "North East"), ("8174", "Outer"), ("8175", "Crime Branch"),
         ("8176", "Dwarka"), ("8953", "SPUWAC"), ("8954", "Special Cell"), ("8955", "South-East"), ("8956", "EOW"),
         ("8957", "Shahdara"), ("8959", "Rohini"), ("8991", "Outer North"))

COMMON = """
CREATE TABLE IF NOT EXISTS call (operation TEXT PRIMARY KEY, n INTEGER NOT NULL, changed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS fault (id INTEGER PRIMARY KEY, operation TEXT NOT NULL, kind TEXT NOT NULL, arg TEXT NOT NULL,
    times INTEGER NOT NULL);
"""


def to_ist(text):
    """2020-11-05T06:30:00Z as the stores write it: 2020-11-05 12:00:00."""
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")


def to_utc(text):
    at = datetime.fromisoformat(text).replace(tzinfo=IST)
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Field:
    """One canonical field in a column of the store; words is ours -> theirs, or two functions."""

    def __init__(self, name, column, words=None, put=None, get=None):
        self.name, self.column = name, column
        if words is not None:
            back = {}
            for ours, theirs in words.items():
                back.setdefault(theirs, ours)
            put, get = words.__getitem__, back.get        # a word of none of the tables is no word of ours
        self.put = put or (lambda value: value)
        self.get = get or (lambda value: value)


def moment(name, column):
    return Field(name, column, put=to_ist, get=to_utc)


def minute(name, column):
    """The peer keeps no seconds."""
    return Field(name, column, put=lambda text: to_ist(text)[:17] + "00", get=to_utc)


def day(name, column):
    """The peer keeps the day only."""
    return Field(name, column, put=lambda text: to_ist(text)[:10] + " 00:00:00", get=to_utc)


def mobile(name, column):
    """Ten digits there; +91 and ten digits here."""
    return Field(name, column, put=lambda text: text.removeprefix("+91"), get=lambda text: "+91" + text)


class Table:
    def __init__(self, name, key, fields):
        self.name, self.key, self.fields = name, key, fields
        self.by_name = {}
        for f in fields:
            assert f.name not in self.by_name, f.name
            self.by_name[f.name] = f

    def row(self, record):
        """{column: value} of a canonical dict; unknown fields are a fault of the caller."""
        strange = set(record) - set(self.by_name)
        if strange:
            raise ValueError(f"{self.name} has no place for {', '.join(sorted(strange))}")
        return {self.by_name[name].column: None if value is None else self.by_name[name].put(value)
                for name, value in record.items()}

    def record(self, row):
        out = {f.name: f.get(row[f.column]) for f in self.fields if row[f.column] is not None}
        return {name: value for name, value in out.items() if value is not None}


FAULTS = ("drop_before", "drop", "delay", "http", "html", "fault", "effect_no_reply", "malformed")   # of store.FAULTS


class SoapPeer:
    """A server process in a folder, and its store. What a subclass says: system, schema, and the tables complaint, action,
    file, feedback (or None), told_action, told_file; start()."""

    system = ""
    schema = ""
    feedback = None
    user = "delhi-police"
    faults = FAULTS

    def __init__(self, folder, clock):
        self.folder, self.clock = Path(folder).resolve(), Path(clock).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.processes = []
        self.log = open(self.folder / "log", "ab")
        self.ca = self.folder / "ca.pem"
        self.password = secrets.token_urlsafe(18)
        self.secret("password", self.password)
        self.db = sqlite3.connect(self.folder / "store.db", timeout=60, isolation_level=None, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + COMMON + self.schema)
        self.url = self.start()

    # ---- the process

    def secret(self, name, text):
        path = self.folder / name
        path.write_text(text + "\n")
        path.chmod(0o600)

    def certificates(self):
        """A private CA and a certificate of this host, in the peer's own folder."""
        authority(self.folder, "ca", f"Rehearsal CA of {self.system}")
        leaf(self.folder, "server", "ca", "localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1", "extendedKeyUsage=serverAuth")

    def run(self, *words, **env):
        process = subprocess.Popen([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=self.folder,
                                   env=dict(os.environ, **env))
        self.processes.append(process)
        return process

    def wait_for_file(self, path, process, seconds=60):
        limit = time.monotonic() + seconds
        while not path.exists():
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"the rehearsal peer {self.system} does not start: see {self.folder}/log")
            time.sleep(0.01)

    def stop(self):
        for process in self.processes:
            end(process)
        self.processes.clear()
        self.db.close()
        self.log.close()

    @property
    def conf(self):
        return f"""mapping = {self.system}.map
url = {self.url}
user = {self.user}
password = file:{self.folder}/password
ca = {self.ca}
"""

    # ---- what citizens and offices do

    def now(self):
        return to_ist(self.clock.read_text().splitlines()[0].strip())

    def add(self, records):
        """Dicts of canonical fields, with "files", "actions", "feedback"; a record without a number is given the next one.
        Returns the numbers."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            numbers = [self.add_one(dict(record)) for record in records]
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")
        return numbers

    def insert(self, table, row):
        columns = list(row)
        return self.db.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
                               [row[c] for c in columns]).lastrowid

    def add_one(self, record):
        parts = {name: record.pop(name, None) or () for name in ("files", "actions", "feedback")}
        if "number" not in record:
            (n,) = self.db.execute(f"SELECT count(*) FROM {self.complaint.name}").fetchone()
            record["number"] = self.number(n + 1, int((record.get("received_at") or record["marked_at"])[:4]))
        number = record["number"]
        record.setdefault("changed_at", record.get("marked_at") or record["received_at"])
        record = self.complete(record)
        row = self.complaint.row(record)
        self.insert(self.complaint.name, row)
        for part in parts["actions"]:
            self.add_action(number, part, row["changed"])
        for part in parts["files"]:
            self.add_file(number, part, row["changed"])
        for part in parts["feedback"]:
            self.add_feedback(number, part, row["changed"])
        return number

    def complete(self, record):
        """What the peer itself fills in."""
        return record

    def add_action(self, number, action, changed=None):
        action = dict(action)
        row = self.action.row({k: v for k, v in action.items() if k not in ("key", "number", "changed_at")})
        (seq,) = self.db.execute(f"SELECT 1 + coalesce(max(seq), 0) FROM {self.action.name} WHERE no = ?", (number,)).fetchone()
        row.update(no=number, seq=action.get("key", seq), changed=changed or self.now())
        self.insert(self.action.name, row)
        self.touch(number, row["changed"])

    def add_file(self, number, file, changed=None):
        """file: name, type, role, key optional; content as "bytes" or "path" (which is not read into memory)."""
        (n,) = self.db.execute(f"SELECT count(*) FROM {self.file.name}").fetchone()
        row = self.file.row({k: file[k] for k in ("role", "name", "type") if file.get(k) is not None})
        row.update(no=number, id=str(file.get("key") or f"{n + 1:08d}"), changed=changed or self.now())
        path = Path(file["path"]).resolve() if "path" in file else None
        if path is None:
            blobs = self.folder / "blobs"
            blobs.mkdir(exist_ok=True)
            path = blobs / f"{n + 1:08d}"
            path.write_bytes(file["bytes"])
        row.update(path=str(path), size=path.stat().st_size if file.get("size") is None else file["size"])
        self.insert(self.file.name, row)
        self.touch(number, row["changed"])

    def add_feedback(self, number, feedback, changed=None):
        assert self.feedback, f"{self.system} has no feedback"
        feedback = dict(feedback)
        (n,) = self.db.execute(f"SELECT count(*) FROM {self.feedback.name} WHERE no = ?", (number,)).fetchone()
        key = feedback.pop("key", str(n + 1))
        feedback.setdefault("at", to_utc(self.now()))
        row = self.feedback.row(feedback)
        row.update(no=number, id=key)
        self.insert(self.feedback.name, row)
        self.touch(number, changed or self.now())

    def touch(self, number, at):
        self.db.execute(f"UPDATE {self.complaint.name} SET changed = max(changed, ?) WHERE no = ?", (at, number))

    def change(self, number, **fields):
        fields.setdefault("changed_at", to_utc(self.now()))
        row = self.complaint.row(fields)
        self.spell(number, **row)

    def spell(self, number, **columns):
        """Columns of the store as they stand, in the peer's spelling: also what is none of its words."""
        columns.setdefault("changed", self.now())
        marks = ", ".join(f"{c} = ?" for c in columns)
        done = self.db.execute(f"UPDATE {self.complaint.name} SET {marks} WHERE no = ?", [*columns.values(), number])
        assert done.rowcount == 1, number

    # ---- what it holds, what it was told

    def sql(self, query, *values):
        return self.db.execute(query, values).fetchall()

    def held(self):
        out = {}
        for row in self.sql(f"SELECT * FROM {self.complaint.name} ORDER BY no"):
            out[row["no"]] = {**self.complaint.record(row), "actions": [], "files": [], "feedback": []}
        for row in self.sql(f"SELECT * FROM {self.action.name} ORDER BY no, seq"):
            out[row["no"]]["actions"].append({"key": str(row["seq"]), "changed_at": to_utc(row["changed"]), **self.action.record(row)})
        for row in self.sql(f"SELECT * FROM {self.file.name} ORDER BY no, id"):
            out[row["no"]]["files"].append({"key": row["id"], **self.file.record(row), "size": row["size"], "sha256": sha256(row["path"]),
                                          "changed_at": to_utc(row["changed"])})
        if self.feedback:
            for row in self.sql(f"SELECT * FROM {self.feedback.name} ORDER BY no, id"):
                out[row["no"]]["feedback"].append({"key": row["id"], **self.feedback.record(row)})
        return out

    def told(self, number=None):
        out = []
        for stream, table in (("action", self.told_action), ("attachment", self.told_file)):
            for row in self.sql(f"SELECT * FROM {table.name} WHERE ? IS NULL OR no = ? ORDER BY ack", number, number):
                said = {"reference": row["reference"], "number": row["no"], "stream": stream, "receipt": self.receipt(row["ack"], stream),
                        "order": row["ack"], **table.record(row)}
                if stream == "attachment":
                    said.update(size=row["size"], sha256=row["sha256"])
                    said["files"] = [{k: said.get(k) for k in ("name", "type", "size", "sha256", "role")}]
                out.append(said)
        return out

    @staticmethod
    def receipt(ack, stream):
        return str(ack)

    # ---- calls and misbehaviour

    @property
    def calls(self):
        """How often each operation was called."""
        return {row["operation"]: row["n"] for row in self.sql("SELECT operation, n FROM call")}

    @property
    def changes(self):
        """How many rows the calls of each operation changed."""
        return {row["operation"]: row["changed"] for row in self.sql("SELECT operation, changed FROM call")}

    def forget_calls(self):
        self.db.execute("DELETE FROM call")

    def fault(self, operation, kind, arg="", times=1):
        """The next calls of an operation ("*" = any) go wrong in one of the ways that this stack can."""
        assert kind in self.faults, kind
        self.db.execute("INSERT INTO fault (operation, kind, arg, times) VALUES (?,?,?,?)", (operation, kind, str(arg), times))

    def forget_faults(self):
        self.db.execute("DELETE FROM fault")

    def record_requests(self):
        """From now on every request's bytes are kept: requests()."""
        (self.folder / "requests").mkdir(exist_ok=True)

    def requests(self):
        folder = self.folder / "requests"
        return [p.read_bytes() for p in sorted(folder.iterdir())] if folder.is_dir() else []


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while piece := f.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def take_fault(db, operation):
    """For a peer in Python: the fault that is due for this call, one less from now on: (kind, arg) or (None, "")."""
    row = db.execute("SELECT id, kind, arg, times FROM fault WHERE operation IN (?, '*') ORDER BY id LIMIT 1", (operation,)).fetchone()
    if not row:
        return None, ""
    if row[3] > 1:
        db.execute("UPDATE fault SET times = times - 1 WHERE id = ?", (row[0],))
    else:
        db.execute("DELETE FROM fault WHERE id = ?", (row[0],))
    return row[1], row[2]


def note_call(db, operation, changed):
    db.execute("INSERT INTO call VALUES (?, 1, ?) ON CONFLICT (operation) DO UPDATE SET n = n + 1, changed = changed + excluded.changed",
               (operation, changed))
