#!/usr/bin/python3
"""Rehearsal peer of the Durg QR feedback: the XML of mappings/durgqr.xsd over HTTPS with basic authentication, with a store of
its own. It knows who sent a form and sends the answers on. durgqr.py FOLDER USER is its server; Peer starts it."""
import base64
import hashlib
import sys
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import xml_peer
from hrcms import kept
from store import Book, ist, utc
from xml_peer import Form, Refused, backwards, moved, page, sha256

OPEN_END = "9999-12-31 23:59:59"
SCHEMA = """
CREATE TABLE IF NOT EXISTS form (
    number TEXT PRIMARY KEY, what, about, sure, name, mobile, station, message, submitted TEXT NOT NULL,
    changed TEXT NOT NULL, state TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS form_changed ON form (changed, number);
CREATE TABLE IF NOT EXISTS rating (number, no INTEGER, at, subject, stars, glad, how, words, PRIMARY KEY (number, no)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS review (number, no INTEGER, state, at, message, PRIMARY KEY (number, no)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS photo (number, id, name, type, data BLOB, PRIMARY KEY (number, id)) WITHOUT ROWID;
-- what the police told: the receipt is its rowid
CREATE TABLE IF NOT EXISTS reply (
    receipt INTEGER PRIMARY KEY AUTOINCREMENT, ref TEXT NOT NULL UNIQUE, digest BLOB, number, state, at, message, taken
);
-- what went on to the sender, by the number that only this system knows
CREATE TABLE IF NOT EXISTS sent (number, mobile, message, at);
"""

# canonical words = the form's
WHAT = {"COMPLAINT": "Complaint", "SUGGESTION": "Suggestion", "TIP": "Tip"}
ABOUT = {"CRIME": "Crime", "WOMEN": "Safety of women", "CYBER": "Online fraud", "NOFIR": "FIR not written",
         "POLMISC": "Behaviour of police", "CORRUPT": "Money asked for", "TRAFFIC": "Traffic", "PROPERTY": "Land or money",
         "LAWORDER": "Nuisance", "ILLTRADE": "Illegal trade", "VERIF": "Verification", "SUGGEST": "Suggestion",
         "SERVICE": "Service matter", "HR": "Human rights", "OTHER": "Other"}
SURE = {"S": "Name kept secret", "A": "No name given"}
STATE = {"RECV": "Submitted", "REGD": "Reviewed", "FWDD": "With station", "ASGN": "With officer", "ENQR": "Being looked into",
         "INFO": "Asked back", "INTR": "Interim answer", "ATRS": "Reported", "ATRR": "Report returned", "DISP": "Answered",
         "CLSD": "Closed", "REOP": "Opened again", "TRNO": "Other office", "RJCT": "Noted", "DUPL": "Same as another",
         "WDRN": "Taken back", "RMND": "Reminder"}
GLAD = {"Y": "Yes", "N": "No", "U": "Not said"}
HOW = {"QR": "Form", "SMS": "SMS"}
UNIT = {"CG-DURG": "DRG", "CG-DURG-BN": "DRG-BN", "CG-DURG-BN-01": "DRG-BN-01", "CG-DURG-BN-02": "DRG-BN-02",
        "CG-DURG-BN-03": "DRG-BN-03", "CG-DURG-BN-04": "DRG-BN-04", "CG-DURG-01": "DRG-01", "CG-DURG-02": "DRG-02"}

SAME = {"number": "number", "complainant": "name", "mobile": "mobile", "body": "message"}
WORDS = {"kind": ("what", WHAT), "category": ("about", ABOUT), "identity": ("sure", SURE), "status": ("state", STATE),
         "unit": ("station", UNIT)}
TIMES = {"received_at": "submitted", "changed_at": "changed"}
COLUMNS = "number what about sure name mobile station message submitted changed state".split()
TELLING = ("Answered", "Interim answer", "Asked back", "Noted")       # states whose message goes to the sender


def wire(text):
    """2022-11-05 17:30:00 as dd/mm/yyyy hh:mm:ss PM."""
    return text and datetime.fromisoformat(text).strftime("%d/%m/%Y %I:%M:%S %p")


def unwire(text, default=None):
    if not text:
        return default
    try:
        return str(datetime.strptime(text, "%d/%m/%Y %I:%M:%S %p"))
    except ValueError:
        raise Refused(400, "PARAMETER", "no such time") from None


class Store(Book):
    SCHEMA = SCHEMA

    def add(self, records):
        """Forms as people sent them: canonical fields and values; "files", "feedback" and "actions" are lists of dicts."""
        with self:
            for r in records:
                self._add(r)

    def _add(self, r):
        row = {"sure": "Name kept secret" if r.get("complainant") or r.get("mobile") else "No name given", "state": "Submitted",
               "what": "Complaint", "about": "Other"}
        row.update(moved(r, SAME))
        row.update({c: t[r[f]] for f, (c, t) in WORDS.items() if r.get(f) is not None})
        row.update({c: ist(r[f]) for f, c in TIMES.items() if r.get(f)})
        row.setdefault("changed", row["submitted"])
        if "number" not in row:
            (n,) = self.sql("SELECT count(*) FROM form")[0]
            row["number"] = f"DQR/{row['submitted'][:4]}/{n + 1:06d}"
        self.db.execute(f"INSERT INTO form ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
        self.below(row["number"], r)

    def below(self, number, r):
        for a in r.get("actions") or ():
            (n,) = self.sql("SELECT coalesce(max(no), 0) FROM review WHERE number = ?", number)[0]
            self.db.execute("INSERT INTO review VALUES (?,?,?,?,?)", (number, n + 1, STATE[a["action"]], ist(a["at"]), a.get("text")))
        for f in r.get("files") or ():
            data = f["bytes"] if "bytes" in f else Path(f["path"]).read_bytes()
            self.db.execute("INSERT INTO photo VALUES (?,?,?,?,?)", (number, f["key"], f["name"], f.get("type"), data))
        for f in r.get("feedback") or ():
            (n,) = self.sql("SELECT count(*) FROM rating WHERE number = ?", number)[0]
            at = ist(f["at"]) if "at" in f else self.clock.now()
            self.db.execute("INSERT INTO rating VALUES (?,?,?,?,?,?,?,?)",
                            (number, n + 1, at, f.get("rating_text", "Station"), f.get("rating"), GLAD[f.get("satisfied", "U")],
                             HOW[f.get("mode", "QR")], f.get("text")))
            self.db.execute("UPDATE form SET changed = max(changed, ?) WHERE number = ?", (at, number))

    def change(self, number, **fields):
        with self:
            row = moved(fields, SAME)
            row.update({c: t[fields[f]] for f, (c, t) in WORDS.items() if f in fields})
            row.update({c: ist(fields[f]) for f, c in TIMES.items() if f in fields})
            row.setdefault("changed", self.clock.now())
            self.db.execute(f"UPDATE form SET {', '.join(c + ' = ?' for c in row)} WHERE number = ?", [*row.values(), number])
            self.below(number, fields)

    def say_state(self, number, word):
        """The state in a word of any kind."""
        with self:
            self.db.execute("UPDATE form SET state = ?, changed = ? WHERE number = ?", (word, self.clock.now(), number))

    def held(self):
        """Everything it holds, in canonical spelling."""
        out = {}
        for row in self.sql(f"SELECT {', '.join(COLUMNS)} FROM form ORDER BY number"):
            row = dict(zip(COLUMNS, row))
            r = {f: row[c] for f, c in SAME.items() if row[c] is not None}
            r.update({f: backwards(t).get(row[c], row[c]) for f, (c, t) in WORDS.items() if row[c] is not None})
            r.update({f: utc(row[c]) for f, c in TIMES.items() if row[c]})
            r.update(marked_at=r["received_at"], actions=[], files=[], feedback=[])
            out[row["number"]] = r
        for number, no, state, at, message in self.sql("SELECT * FROM review ORDER BY number, no"):
            out[number]["actions"].append(kept(key=str(no), action=backwards(STATE)[state], at=utc(at), text=message))
        for number, no, at, subject, stars, glad, how, words in self.sql("SELECT * FROM rating ORDER BY number, no"):
            out[number]["feedback"].append(kept(key=str(no), at=utc(at), rating_text=subject, rating=stars,
                                                satisfied=backwards(GLAD)[glad], mode=backwards(HOW)[how], text=words))
        for number, ident, name, kind, data in self.sql("SELECT * FROM photo ORDER BY number, id"):
            out[number]["files"].append(kept(key=ident, name=name, type=kind, size=len(data), sha256=sha256(data)))
        return out

    def told(self, number=None):
        """What the bridge sent, in order of arrival."""
        return [kept(reference=ref, number=form, stream="action", action=backwards(STATE)[state], at=utc(at), text=message,
                     taken_at=utc(taken))
                for _, ref, _, form, state, at, message, taken in self.sql(
                    "SELECT * FROM reply WHERE ? IS NULL OR number = ? ORDER BY receipt", number, number)]

    def sent(self):
        """[(number of the form, mobile, message)] that went on to senders."""
        return self.sql("SELECT number, mobile, message FROM sent ORDER BY rowid")


class Service(xml_peer.Service):
    routes = {("POST", "/forms/list"): "List", ("POST", "/forms/ids"): "Ids", ("GET", "/forms/counts"): "Counts",
              ("GET", "/replies/find"): "Find", ("POST", "/replies"): "Reply"}
    form = Form()

    def List(self, request):
        ask = self.form.asked(request)
        limit = int(ask.get("Rows", "500"))
        found = self.store.sql(
            f"SELECT {', '.join(COLUMNS)}, (SELECT coalesce(sum(length(data)), 0) FROM photo p WHERE p.number = f.number) FROM form f"
            " WHERE (changed, number) > (?, ?) AND changed <= ? ORDER BY changed, number LIMIT ?",
            unwire(ask.get("From"), ""), ask.get("After", ""), unwire(ask.get("Till"), OPEN_END), limit + 1)
        rows, more = page(found, limit, lambda row: 600 + row[-1] * 4 // 3)
        root = self.form.root("Forms")
        self.form.add(root, "More", str(more).lower())
        for row in rows:
            self.one(root, dict(zip(COLUMNS, row)))
        return root

    def one(self, root, f):
        add, put = self.form.add, self.form.put
        item = add(root, "Form")
        for name, column in (("Number", "number"), ("What", "what"), ("About", "about"), ("Sure", "sure")):
            add(item, name, f[column])
        if f["name"] or f["mobile"]:
            sender = add(item, "Sender")
            put(sender, "Name", f["name"])
            put(sender, "Mobile", f["mobile"])
        for name, value in (("Station", f["station"]), ("Message", f["message"]),
                            ("Submitted", wire(f["submitted"])), ("Changed", wire(f["changed"])),
                            ("State", f["state"])):
            put(item, name, value)
        rows = self.store.sql("SELECT no, at, subject, stars, glad, how, words FROM rating WHERE number = ? ORDER BY no", f["number"])
        ratings = add(item, "Ratings") if rows else None
        for no, at, subject, stars, glad, how, words in rows:
            rating = add(ratings, "Rating")
            for name, value in (("No", no), ("On", wire(at)), ("Of", subject), ("Stars", stars), ("Glad", glad), ("By", how),
                                ("Words", words)):
                put(rating, name, value)
        rows = self.store.sql("SELECT no, state, at, message FROM review WHERE number = ? ORDER BY no", f["number"])
        review = add(item, "Review") if rows else None
        for no, state, at, message in rows:
            step = add(review, "Step")
            for name, value in (("No", no), ("State", state), ("On", wire(at)), ("Message", message)):
                put(step, name, value)
        rows = self.store.sql("SELECT id, name, type, data FROM photo WHERE number = ? ORDER BY id", f["number"])
        photos = add(item, "Photos") if rows else None
        for ident, name, kind, data in rows:
            photo = add(photos, "Photo")
            for tag, value in (("Id", ident), ("FileName", name), ("Type", kind)):
                put(photo, tag, value)
            add(photo, "Data", base64.b64encode(data).decode())

    def Ids(self, request):
        ask = self.form.asked(request)
        limit = int(ask.get("Rows", "500"))
        found = self.store.sql("SELECT number, station, state, submitted, changed FROM form WHERE number > ? AND submitted <= ?"
                               " ORDER BY number LIMIT ?", ask.get("After", ""), unwire(ask.get("Till"), OPEN_END), limit + 1)
        root = self.form.root("FormIds")
        self.form.add(root, "More", str(len(found) > limit).lower())
        for number, station, state, submitted, changed in found[:limit]:
            item = self.form.add(root, "Form")
            for name, value in (("Number", number), ("Station", station), ("State", state), ("Submitted", wire(submitted)),
                                ("Changed", wire(changed))):
                self.form.add(item, name, value)
        return root

    def Counts(self, environ):
        ask = self.query(environ, ("from", "to"))
        root = self.form.root("FormCounts")
        for station, state, day, n in self.store.sql(
                "SELECT station, state, substr(submitted, 1, 10), count(*) FROM form WHERE submitted >= ? AND submitted < ?"
                " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3", unwire(ask.get("from"), ""), unwire(ask.get("to"), OPEN_END)):
            item = self.form.add(root, "Count")
            for name, value in (("Station", station), ("State", state), ("Day", f"{day[8:10]}/{day[5:7]}/{day[:4]}"), ("N", n)):
                self.form.add(item, name, value)
        return root

    def Find(self, environ):
        ref = self.query(environ, ("ref",)).get("ref", "")
        root = self.form.root("Found")
        for receipt, at in self.store.sql("SELECT receipt, taken FROM reply WHERE ref = ?", ref):
            item = self.form.add(root, "Reply")
            for name, value in (("Ref", ref), ("ReceiptNo", f"DR-{receipt}"), ("On", wire(at))):
                self.form.add(item, name, value)
        return root

    def Reply(self, request):
        a, now = self.form.asked(request), self.store.clock.now()
        with self.store:
            said, what = self.take(a, now)
        root = self.form.root("ReplyTaken")
        self.form.add(root, "Ref", a["Ref"])
        self.form.add(root, "Ok", said if said in ("yes", "before") else "no")
        if said in ("yes", "before"):
            self.form.add(root, "ReceiptNo", f"DR-{what}")
        else:
            self.form.add(root, "Why", said)
        return root

    def take(self, a, now):
        digest = hashlib.sha256(repr(sorted(a.items())).encode()).digest()
        row = self.store.sql("SELECT receipt, digest FROM reply WHERE ref = ?", a["Ref"])
        if row:
            return ("before", row[0][0]) if row[0][1] == digest else ("REF_USED", "")
        sender = self.store.sql("SELECT mobile FROM form WHERE number = ?", a["Number"])
        if not sender:
            return "UNKNOWN_NUMBER", ""
        if not self.local.effect:
            return "yes", 99999999
        receipt = self.store.db.execute("INSERT INTO reply (ref, digest, number, state, at, message, taken) VALUES (?,?,?,?,?,?,?)",
                                        (a["Ref"], digest, a["Number"], a["State"], unwire(a["On"]), a.get("Message"), now)).lastrowid
        self.store.db.execute("UPDATE form SET state = ?, changed = max(changed, ?) WHERE number = ?", (a["State"], now, a["Number"]))
        if a["State"] in TELLING and a.get("Message") and sender[0][0]:
            self.store.db.execute("INSERT INTO sent VALUES (?,?,?,?)", (a["Number"], sender[0][0], a["Message"], now))
        return "yes", receipt


class Peer(xml_peer.Peer):
    system = "durgqr"
    program = "durgqr.py"
    store_class = Store
    user = "bridge"

    def sent(self):
        return self.store.sent()


if __name__ == "__main__":
    xml_peer.main("Durg QR", Store, Service, "durgqr.xsd")
