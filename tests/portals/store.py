"""The rehearsal portal's store: one SQLite file that the portal and the tests open side by side.

The portal serves what is in it; tests and the demo put grievances and feedback into it, ask what the portal holds,
count its calls, and order faults. All times are Indian Standard Time as 'YYYY-MM-DD HH:MM:SS'.
"""
import os
import sqlite3
from datetime import datetime, timedelta, timezone

IST = timezone(timedelta(hours=5, minutes=30))

GRIEVANCE = ("code", "source", "category", "subject", "details", "name", "father_name", "gender", "age", "mobile",
             "email", "address", "pin", "district_code", "district", "received_on", "marked_on", "due_on",
             "changed_on", "status", "police_number", "priority", "parent_system", "parent_number")

BOOK = """
-- calls received, and how many rows they changed
CREATE TABLE IF NOT EXISTS call (operation TEXT PRIMARY KEY, n INTEGER NOT NULL, changed INTEGER NOT NULL);
-- ordered misbehaviour
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY, operation TEXT NOT NULL, kind TEXT NOT NULL, arg TEXT NOT NULL, times INTEGER NOT NULL
);
"""

SCHEMA = """
CREATE TABLE IF NOT EXISTS grievance (
    code TEXT PRIMARY KEY, source, category, subject, details, name, father_name, gender, age, mobile, email, address,
    pin, district_code, district, received_on, marked_on, due_on, changed_on TEXT NOT NULL, status TEXT NOT NULL,
    police_number, priority, parent_system, parent_number
);
CREATE INDEX IF NOT EXISTS grievance_changed ON grievance (changed_on, code);
-- what the portal's own offices did
CREATE TABLE IF NOT EXISTS office_action (
    code TEXT NOT NULL, seq INTEGER NOT NULL, action_on, action_code, office, remarks, moved_to, number_there, PRIMARY KEY (code, seq)
) WITHOUT ROWID;
-- what the police told: the receipt is its rowid
CREATE TABLE IF NOT EXISTS police_action (
    receipt INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL UNIQUE, digest BLOB NOT NULL,
    code TEXT NOT NULL, action_code, action_on, remarks, officer_name, officer_rank, officer_mobile, police_number,
    disposal_code, moved_to, number_there, accepted_on
);
CREATE INDEX IF NOT EXISTS police_action_code ON police_action (code);
CREATE TABLE IF NOT EXISTS feedback (
    code TEXT NOT NULL, id TEXT NOT NULL, given_on, satisfied, rating, mode, text, PRIMARY KEY (code, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file (
    code TEXT NOT NULL, id TEXT NOT NULL, name, type, size, role, content BLOB, PRIMARY KEY (code, id)
) WITHOUT ROWID;
-- files of the police: the receipt is its rowid
CREATE TABLE IF NOT EXISTS police_file (
    receipt INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL UNIQUE, digest BLOB NOT NULL,
    code TEXT NOT NULL, name, type, size, role, content BLOB, accepted_on
);
CREATE TABLE IF NOT EXISTS override (code TEXT NOT NULL, path TEXT NOT NULL, text, PRIMARY KEY (code, path));
CREATE TABLE IF NOT EXISTS raw (code TEXT PRIMARY KEY, bytes BLOB NOT NULL);
"""

FAULTS = {
    "malformed": "200 with a reply whose last tags are missing",
    "truncated": "half of the promised bytes, then the connection ends",
    "html": "200 with an HTML page",
    "error": "200 with <error>ARG</error>",
    "fault": "a SOAP fault with code ARG (Client.X, Server)",
    "http": "HTTP status ARG, with an HTML body (503 and 429 with Retry-After)",
    "delay": "the reply comes after ARG seconds",
    "drop": "done, but the connection ends without a reply",
    "drop_before": "not done, and the connection ends without a reply",
    "effect_no_reply": "done, but answered with a fault Server",
    "no_effect": "answered OK, but nothing done",
    "unfiltered": "a reference that is known is taken a second time",
}


def due(marked_on, days=30):
    """The day by which a grievance is to be disposed of."""
    return str(datetime.fromisoformat(marked_on) + timedelta(days=days))


def ist(text):
    """2024-02-01T05:00:00Z as a store writes it: 2024-02-01 10:30:00."""
    return text and datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")


def utc(text):
    """What a store wrote, as UTC: 2024-02-01T05:00:00Z."""
    return text and datetime.fromisoformat(text).replace(tzinfo=IST).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock:
    """BRIDGE_NOW as the bridge reads it: "@FILE" (its first line, read at each call), a time, or nothing."""

    def __init__(self, word=None):
        self.word = os.environ.get("BRIDGE_NOW", "") if word is None else word
        self.start = datetime.now(timezone.utc)
        if self.word and not self.word.startswith("@"):
            self.at = self._parse(self.word)

    @staticmethod
    def _parse(text):
        at = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        return at if at.tzinfo else at.replace(tzinfo=timezone.utc)

    def utc(self):
        if self.word.startswith("@"):
            with open(self.word[1:], encoding="ascii") as f:
                return self._parse(f.readline())
        if self.word:
            return self.at + (datetime.now(timezone.utc) - self.start)
        return datetime.now(timezone.utc)

    def now(self):
        """Now, as the store writes it."""
        return self.utc().astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")


class Book:
    """A SQLite file with its clock, the count of calls and the ordered faults: what every rehearsal peer keeps."""

    SCHEMA = ""

    def __init__(self, path, clock=None):
        self.path = str(path)
        self.clock = clock or Clock()
        self.db = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("PRAGMA cache_size = -32000")
        self.db.executescript(BOOK + self.SCHEMA)

    def close(self):
        self.db.close()

    def sql(self, query, *args):
        return self.db.execute(query, args).fetchall()

    def __enter__(self):
        self.db.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind, *_):
        self.db.execute("ROLLBACK" if kind else "COMMIT")

    # ---- calls

    def calls(self):
        """Calls received, by operation."""
        return dict(self.sql("SELECT operation, n FROM call"))

    def changes(self):
        """How many rows the calls of each operation changed: all 0 when no call changed anything."""
        return dict(self.sql("SELECT operation, changed FROM call"))

    def forget_calls(self):
        with self:
            self.db.execute("DELETE FROM call")

    def note_call(self, operation, changed):
        self.db.execute("INSERT INTO call VALUES (?, 1, ?) ON CONFLICT (operation) DO UPDATE "
                        "SET n = n + 1, changed = changed + excluded.changed", (operation, changed))

    # ---- misbehaviour

    def fault(self, operation, kind, arg="", times=1):
        """The next times replies of an operation ("*" = any) go wrong in one of the ways of FAULTS."""
        assert kind in FAULTS, kind
        with self:
            self.db.execute("INSERT INTO fault (operation, kind, arg, times) VALUES (?,?,?,?)",
                            (operation, kind, str(arg), times))

    def forget_faults(self):
        with self:
            self.db.execute("DELETE FROM fault")

    def take_fault(self, operation):
        """The fault that is due for this call, one less from now on: (kind, arg) or None."""
        if not self.sql("SELECT 1 FROM fault LIMIT 1"):
            return None
        with self:
            rows = self.sql("SELECT id, kind, arg, times FROM fault WHERE operation IN (?, '*') ORDER BY id LIMIT 1",
                            operation)
            if not rows:
                return None
            ident, kind, arg, times = rows[0]
            if times > 1:
                self.db.execute("UPDATE fault SET times = times - 1 WHERE id = ?", (ident,))
            else:
                self.db.execute("DELETE FROM fault WHERE id = ?", (ident,))
        return kind, arg


class Store(Book):
    SCHEMA = SCHEMA

    # ---- what citizens and offices do

    def add_complaints(self, grievances):
        """Dicts with the names of GRIEVANCE, all but code, name, district_code and marked_on optional; "files" is a
        list of dicts (id, name, type, size, role, content), "actions" one of dicts (action_on, action_code, office, remarks,
        moved_to a district code, number_there)."""
        rows, actions, files = [], [], []
        for g in grievances:
            g = {"source": "Online", "category": "Other", "subject": "", "details": "", "status": "MARKED",
                 "received_on": g["marked_on"], "changed_on": g["marked_on"], "due_on": due(g["marked_on"]),
                 "district": "", **g}
            rows.append(tuple(g.get(name) for name in GRIEVANCE))
            told = g.get("actions")
            if told is None:
                told = [{"action_on": g["marked_on"], "action_code": "MARKED", "office": "Control room, Lucknow",
                         "remarks": "Marked to the district police."}]
            for seq, a in enumerate(told, 1):
                actions.append((g["code"], seq, a["action_on"], a["action_code"], a.get("office"), a.get("remarks"),
                                a.get("moved_to"), a.get("number_there")))
            for f in g.get("files") or ():
                data = f.get("content")
                files.append((g["code"], f["id"], f["name"], f.get("type"), f.get("size", data and len(data)), f.get("role"), data))
        with self:
            self.db.executemany(f"INSERT INTO grievance VALUES ({','.join('?' * len(GRIEVANCE))})", rows)
            self.db.executemany("INSERT INTO office_action VALUES (?,?,?,?,?,?,?,?)", actions)
            self.db.executemany("INSERT INTO file VALUES (?,?,?,?,?,?,?)", files)

    def add_feedback(self, feedbacks):
        """Dicts: code, satisfied (Yes, No, Not reached); id, given_on, rating, mode, text optional. A grievance's
        change time follows; its status does not: the police answer to it."""
        now = self.clock.now()
        with self:
            for f in feedbacks:
                ident = f.get("id")
                if ident is None:
                    ident = 1 + self.sql("SELECT count(*) FROM feedback WHERE code = ?", f["code"])[0][0]
                on = f.get("given_on", now)
                self.db.execute("INSERT INTO feedback VALUES (?,?,?,?,?,?,?)",
                                (f["code"], str(ident), on, f["satisfied"], f.get("rating"), f.get("mode"),
                                 f.get("text")))
                self.touch(f["code"], on)

    def touch(self, code, on=None):
        self.db.execute("UPDATE grievance SET changed_on = max(changed_on, ?) WHERE code = ?",
                        (on or self.clock.now(), code))

    def change(self, code, **fields):
        """The portal's own correction of a grievance: changed now unless changed_on is given."""
        fields.setdefault("changed_on", self.clock.now())
        names = [name for name in fields if name in GRIEVANCE]
        assert len(names) == len(fields), "unknown field"
        with self:
            self.db.execute(f"UPDATE grievance SET {', '.join(n + ' = ?' for n in names)} WHERE code = ?",
                            [fields[n] for n in names] + [code])

    def remove(self, code):
        """The grievance vanishes, as it may at a real portal."""
        with self:
            for table in ("grievance", "office_action", "feedback", "file"):
                self.db.execute(f"DELETE FROM {table} WHERE code = ?", (code,))

    # ---- what it holds

    def grievance(self, code):
        row = self.db.execute("SELECT * FROM grievance WHERE code = ?", (code,)).fetchone()
        return dict(zip(GRIEVANCE, row)) if row else None

    def police_actions(self, code=None):
        """What the police told, in the order of arrival."""
        cursor = self.db.execute("SELECT * FROM police_action WHERE ? IS NULL OR code = ? ORDER BY receipt",
                                 (code, code))
        names = [d[0] for d in cursor.description]
        return [dict(zip(names, row)) for row in cursor]

    def police_files(self, code=None):
        """Files of the police, in the order of arrival, content and all."""
        cursor = self.db.execute("SELECT * FROM police_file WHERE ? IS NULL OR code = ? ORDER BY receipt", (code, code))
        names = [d[0] for d in cursor.description]
        return [dict(zip(names, row)) for row in cursor]

    def counts(self, by="status"):
        assert by in GRIEVANCE
        return dict(self.sql(f"SELECT {by}, count(*) FROM grievance GROUP BY {by}"))

    # ---- poisoned records

    def spoil(self, code, path, text):
        """From now on the element or attribute at path ("Status", "Applicant/Age", "MarkedTo/@code",
        "Actions/Action/ActionOn") of this grievance holds this text, whatever the contract says; None takes the
        element away."""
        with self:
            self.db.execute("INSERT OR REPLACE INTO override VALUES (?,?,?)", (code, path, text))

    def spoil_raw(self, code, data):
        """From now on these bytes stand in place of the whole <Grievance>; {BYTES} in them is the proper content
        (all between its tags), so that a byte or two can be put beside it."""
        with self:
            self.db.execute("INSERT OR REPLACE INTO raw VALUES (?,?)", (code, bytes(data)))

    def mend(self, code):
        with self:
            self.db.execute("DELETE FROM override WHERE code = ?", (code,))
            self.db.execute("DELETE FROM raw WHERE code = ?", (code,))
