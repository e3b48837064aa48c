"""What the offices that work by drop folders have in common: a store of their own, files that they leave, files that they find.

An office keeps its records in its own words (columns of its tables, elements of its documents), in one SQLite file. What the
tests give and ask is canonical; the tables between the two are written by hand in each office's module.
"""
import hashlib
import json
import os
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

from store import IST, Clock

# Delhi Police as an office in Delhi names it
UNITS = {
    "DL": "CP Office", "DL-8160": "Metro", "DL-8161": "Vigilance", "DL-8162": "Central", "DL-8164": "Railways", "DL-8165": "New Delhi",
    "DL-8166": "North", "DL-8167": "South", "DL-8168": "East", "DL-8169": "IGI Airport", "DL-8170": "West", "DL-8171": "South West",
    "DL-8172": "North West", "DL-8173": "North East", "DL-8174": "Outer", "DL-8175": "Crime Branch", "DL-8176": "Dwarka",
    "DL-8953": "SPUWAC", "DL-8954": "Special Cell", "DL-8955": "South-East", "DL-8956": "EOW", "DL-8957": "Shahdara",
    "DL-8959": "Rohini", "DL-8991": "Outer North",
}

RESULTS = {
    "FIR": "FIR registered", "NCR": "NCR registered", "GDE": "DD entry made", "PREV": "Preventive action", "CHAL": "Challan",
    "COMP": "Compromise", "CIVL": "Civil matter", "NSUB": "Not substantiated", "SUBJ": "Sub judice", "DUPL": "Duplicate",
    "TRNS": "Sent to other department", "WDRN": "Withdrawn", "ANON": "Anonymous", "SERV": "Service matter",
    "INSF": "Details insufficient", "DEPT": "Departmental action", "NOAC": "No action needed", "SUGG": "Suggestion noted",
    "OTHR": "Other",
}

REASONS = {
    "ILLEGIBLE": "Illegible", "VAGUE": "Vague", "TRIVIAL": "Trivial", "NOT_PUBLIC": "Not a public servant", "CIVIL": "Civil matter",
    "SERVICE": "Service matter", "LABOUR": "Labour matter", "SUBJUDICE": "Sub judice", "DECIDED": "Decided already",
    "DUPLICATE": "Duplicate", "SUGGESTION": "Suggestion", "SPAM": "Clutter", "BEYOND": "Beyond entitlement",
    "TAKEN_UP": "Taken up already", "OTHER": "Other",
}


def flip(table):
    """Their words to ours; the first of ours that means a word of theirs."""
    out = {}
    for ours, theirs in table.items():
        out.setdefault(theirs, ours)
    return out


def words(table):
    back = flip(table)
    return lambda word: table[str(word)], back.__getitem__


def same():
    return str, str


def day(form):
    """A day of Indian time in the office's form: %d %m %Y, or the same with %-d %-m."""
    def there(text):
        return at(text).astimezone(IST).strftime(form)

    def back(text):
        d = datetime.strptime(text, form.replace("%-", "%")).replace(tzinfo=IST)
        return utc(d)

    return there, back


def at(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def utc(when):
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso():
    return lambda t: at(t).astimezone(IST).isoformat(), lambda t: utc(at(t))


def mobile():
    return lambda t: t[3:] if t.startswith("+91") else t, lambda t: "+91" + t


FAULTS = {
    "malformed": "the next drop is broken at its end: a quote that is not closed, a document without its last tags",
    "header": "the next drop has another header or root",
    "encoding": "the next drop holds a byte that its encoding cannot",
    "slow": "the next drop stays NAME.part until finish_drop()",
}


class Office:
    """fields, action_fields, reply_fields, paper_fields: canonical name -> (their name, to, back)."""

    name = ""
    fields, action_fields, reply_fields, paper_fields = {}, {}, {}, {}
    texts, action_texts = {}, {}     # canonical name of the text beside a code -> their name of the coded field
    file_roles = {}
    ours = ""            # their name for our reference
    number_field = ""    # their name for the number

    def __init__(self, folder, clock):
        self.folder, self.clock = Path(folder).resolve(), Clock(f"@{clock}")
        self.drop = self.folder / "drop"
        for sub in (self.folder, self.drop, self.drop / "out", self.folder / "collected"):
            sub.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(self.folder / "office.db", timeout=60, isolation_level=None, check_same_thread=False)
        self.db.executescript("""
            PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
            CREATE TABLE IF NOT EXISTS record (number TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS told (n INTEGER PRIMARY KEY, reference TEXT UNIQUE, json TEXT NOT NULL, digest TEXT NOT NULL);
            CREATE TABLE IF NOT EXISTS call (operation TEXT PRIMARY KEY, n INTEGER NOT NULL, changed INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS fault (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, times INTEGER NOT NULL);
        """)
        self.conf = f"mapping = {self.name}.map\nsettle = 0s\n" + self.place()

    def place(self):
        return f"folder = {self.drop}\n"

    def stop(self):
        self.db.close()

    # ---- counts and misbehaviour

    @property
    def calls(self):
        return {operation: (n, changed) for operation, n, changed in self.db.execute("SELECT * FROM call")}

    def note(self, operation, changed):
        self.db.execute("INSERT INTO call VALUES (?, 1, ?) ON CONFLICT (operation) DO UPDATE SET n = n + 1, "
                        "changed = changed + excluded.changed", (operation, changed))

    def fault(self, operation, kind, arg="", times=1):
        assert operation in ("drop", "*") and kind in FAULTS, (operation, kind)
        self.db.execute("INSERT INTO fault (kind, times) VALUES (?, ?)", (kind, times))

    def take_fault(self):
        row = self.db.execute("SELECT id, kind, times FROM fault ORDER BY id LIMIT 1").fetchone()
        if not row:
            return None
        if row[2] > 1:
            self.db.execute("UPDATE fault SET times = times - 1 WHERE id = ?", (row[0],))
        else:
            self.db.execute("DELETE FROM fault WHERE id = ?", (row[0],))
        return row[1]

    # ---- what citizens and offices lodge

    def theirs(self, table, record):
        out = {}
        for ours, (name, to, _) in table.items():
            if record.get(ours) is not None:
                out[name] = to(record[ours])
        return out

    def canonical(self, table, row):
        out = {}
        for ours, (name, _, back) in table.items():
            if row.get(name, "") != "":
                out[ours] = back(row[name])
        return out

    def take_files(self, number, files):
        """Puts the files into the drop folder under names of the office's own."""
        out = []
        for f in files:
            data = f["bytes"] if "bytes" in f else Path(f["path"]).read_bytes()
            name = f.get("drop_name") or f["name"]
            target = self.drop / name
            target.with_name(name + ".part").write_bytes(data)
            os.replace(target.with_name(name + ".part"), target)
            out.append({"key": f["key"], "name": name, "title": f["name"], "type": f.get("type", ""), "role": f.get("role", "COMPLAINT"),
                        "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        return out

    def steps(self, actions, before):
        """The office's own steps, numbered by it where nobody did."""
        return [self.theirs(self.action_fields, {"key": str(before + i), **a}) for i, a in enumerate(actions, 1)]

    def add(self, records):
        rows = []
        for r in records:
            row = {"row": self.theirs(self.fields, r), "secret": r.get("secret"),
                   "actions": self.steps(r.get("actions", ()), 0),
                   "files": self.take_files(r["number"], r.get("files", ()))}
            self.db.execute("INSERT OR REPLACE INTO record VALUES (?, ?)", (r["number"], json.dumps(row)))
            rows.append(row)
        return self.leave(rows)

    def change(self, number, **fields):
        row = self.record(number)
        row["row"].update(self.theirs(self.fields, fields))
        row["actions"] += self.steps(fields.get("actions", ()), len(row["actions"]))
        row["files"] += self.take_files(number, fields.get("files", ()))
        self.db.execute("UPDATE record SET json = ? WHERE number = ?", (json.dumps(row), number))
        return self.leave([row])

    def record(self, number):
        return json.loads(self.db.execute("SELECT json FROM record WHERE number = ?", (number,)).fetchone()[0])

    def leave(self, rows):
        """A file in the drop folder with these records; returns its name."""
        n = self.calls.get("drop", (0, 0))[0] + 1
        name = self.file_name(n)
        fault = self.take_fault()
        part = self.drop / (name + ".part")
        with open(part, "wb") as f:
            f.write(self.spoil(self.render(rows), fault))
            f.flush()
            os.fsync(f.fileno())
        if fault != "slow":
            os.replace(part, self.drop / name)
        self.note("drop", len(rows))
        return name

    def finish_drop(self, name):
        os.replace(self.drop / (name + ".part"), self.drop / name)

    def today(self):
        return self.clock.utc().astimezone(IST)

    # ---- what it holds

    def held(self):
        out = {}
        for number, text in self.db.execute("SELECT number, json FROM record"):
            row = json.loads(text)
            files = [{"key": f["key"], "name": self.held_name(f), "type": f["type"], "role": f["role"], "size": f["size"],
                      "sha256": f["sha256"]} for f in row["files"]]
            out[number] = {**self.canonical(self.fields, row["row"]), **self.beside(self.texts, row["row"]), "files": files, "feedback": [],
                           "actions": [{**self.canonical(self.action_fields, a), **self.beside(self.action_texts, a)}
                                       for a in row["actions"]]}
        return out

    @staticmethod
    def beside(texts, row):
        return {ours: row[name].rpartition("|")[2] for ours, name in texts.items() if name in row}

    def held_name(self, f):
        return f["title"]

    def collect(self):
        """Takes what was left for the office: each file once by our reference."""
        for path in sorted((self.drop / "out").iterdir(), key=lambda p: p.stat().st_mtime_ns):
            if path.name.endswith(".part") or not self.is_reply(path.name):
                continue
            data = path.read_bytes()
            row = self.read_reply(path.name, data)
            told = {"reference": row[self.ours], "number": row.get(self.number_field), **row["told"]}
            if row.get("file"):
                content = path.with_name(row["file"])
                body = content.read_bytes()
                told["files"] = [{"name": told.get("name"), "type": told.get("type", ""), "size": len(body),
                                  "sha256": hashlib.sha256(body).hexdigest()}]
                os.replace(content, self.folder / "collected" / content.name)
            digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
            done = self.db.execute("INSERT OR IGNORE INTO told (reference, json, digest) VALUES (?, ?, ?)",
                                   (told["reference"], json.dumps(told), digest)).rowcount
            self.note("collect", done)
            if not done:  # a repeat: it must say the same
                was = self.db.execute("SELECT digest FROM told WHERE reference = ?", (told["reference"],)).fetchone()[0]
                assert was == digest, f"{told['reference']} came again with other words"
            os.replace(path, self.folder / "collected" / path.name)

    def told(self, number=None):
        self.collect()
        rows = [json.loads(text) for (text,) in self.db.execute("SELECT json FROM told ORDER BY n")]
        return [r for r in rows if number is None or r["number"] == number]

    # ---- each office's own

    def file_name(self, n):
        raise NotImplementedError

    def render(self, rows):
        raise NotImplementedError

    def spoil(self, data, fault):
        raise NotImplementedError

    def is_reply(self, name):
        raise NotImplementedError

    def read_reply(self, name, data):
        raise NotImplementedError


class TableOffice(Office):
    """One that keeps a table: a row a letter, its last reminder and its scan in the same row."""

    columns = ()
    reply_prefix, paper_prefix = "reply-", "file-"

    def lines(self, rows):
        out = [list(self.columns)]
        for row in rows:
            cells = dict(row["row"])
            reminders, files = row["actions"] or [{}], row["files"] or [{}]
            for i in range(max(len(reminders), len(files))):
                more = dict(cells)
                more.update(reminders[min(i, len(reminders) - 1)])
                f = files[min(i, len(files) - 1)]
                if f:
                    more[self.scan] = f["name"]
                    more[self.scan_kind] = self.file_roles[f["role"]]
                out.append([more.get(c, "") for c in self.columns])
        return out

    def held_name(self, f):
        return f["name"]

    def is_reply(self, name):
        return name.endswith(".csv")

    def read_reply(self, name, data):
        import csv
        import io
        assert data.startswith(b"\xef\xbb\xbf"), "a spreadsheet would not show Hindi"
        head, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        assert len(rows) == 1 and len(rows[0]) == len(head), name
        cells = [c[1:] if c[:1] == "'" and c[1:2] in ("=", "+", "-", "@", "\t", "\r") else c for c in rows[0]]
        row = dict(zip(head, cells))
        if name.startswith(self.paper_prefix):
            row["told"] = {"stream": "attachment", **self.canonical(self.paper_fields, row)}
            row["file"] = row["File"]
        else:
            assert name.startswith(self.reply_prefix), name
            row["told"] = {"stream": "action", **self.canonical(self.reply_fields, row)}
        assert row[self.ours] in name
        return row
