#!/usr/bin/python3
"""Rehearsal peer of the Haryana Complaint Monitoring System: the XML of mappings/hrcms.xsd over HTTPS, callers known by
their certificate, with a store of its own. hrcms.py FOLDER is its server; Peer starts it with the front before it."""
import base64
import hashlib
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import xml_peer
from store import IST, Book, ist, utc
from unit_names import unit_named
from xml_peer import Form, Refused, backwards, decoded, moved, page, sha256

DAYS = 15
OPEN_END = "9999-12-31 23:59:59"
SCHEMA = """
CREATE TABLE IF NOT EXISTS complaint (
    uid TEXT PRIMARY KEY, identity, handed_in, nature, offence, urgency, subject, statement, against, name, relation, sex, age, phone,
    mail, address, pin, district TEXT NOT NULL, station, watch, incident_on, lodged, copy_given, marked TEXT NOT NULL, due,
    changed TEXT NOT NULL, state TEXT NOT NULL, police_no
);
CREATE INDEX IF NOT EXISTS complaint_changed ON complaint (changed, uid);
CREATE TABLE IF NOT EXISTS step (uid TEXT, no INTEGER, state, at, office, remarks, moved_to, number_there,
    PRIMARY KEY (uid, no)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answer (uid TEXT, no INTEGER, at, answer, how, rank, words, PRIMARY KEY (uid, no)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file (id TEXT PRIMARY KEY, uid TEXT, role, name, type, bytes, at, content BLOB);
CREATE INDEX IF NOT EXISTS file_at ON file (at, id);
-- what the police told: the receipt is its rowid
CREATE TABLE IF NOT EXISTS police_step (
    receipt INTEGER PRIMARY KEY AUTOINCREMENT, ref TEXT NOT NULL UNIQUE, digest BLOB, uid TEXT, state, at, office, remarks, officer,
    rank, phone, police_no, outcome, filed, promised, moved_to, number_there, taken
);
CREATE INDEX IF NOT EXISTS police_step_uid ON police_step (uid);
CREATE TABLE IF NOT EXISTS police_file (
    receipt INTEGER PRIMARY KEY AUTOINCREMENT, ref TEXT NOT NULL UNIQUE, digest BLOB, uid TEXT, role, name, type, bytes, content BLOB,
    taken
);
"""

# canonical words = the system's
IDENTITY = {"N": "NAMED", "C": "WITHHELD", "A": "NOT_GIVEN", "O": "OFFICE"}
HANDED_IN = {"HAND": "Counter", "POST": "Post", "MAIL": "E-mail", "WEB": "Website", "APP": "App", "PHONE": "Telephone",
             "PORTAL": "Other portal"}
NATURE = {"CRIME": "Crime against person or property", "WOMEN": "Crime against women", "CYBER": "Cyber crime",
          "NOFIR": "FIR not registered", "POLMISC": "Conduct of police", "CORRUPT": "Corruption", "TRAFFIC": "Traffic",
          "PROPERTY": "Land or money dispute", "LAWORDER": "Law and order", "ILLTRADE": "Drugs or illicit liquor",
          "VERIF": "Verification", "SUGGEST": "Suggestion", "SERVICE": "Service matter", "HR": "Human rights", "OTHER": "Other"}
SEX = {"M": "M", "F": "F", "T": "O", "U": "N"}
RANK = {"IO": "IO", "SHO": "SHO", "CO": "DSP", "SP": "SP", "DIG": "DIG", "IG": "IGP", "ADGP": "ADGP"}
STATE = {"RECV": "RECEIVED", "REGD": "ID_ISSUED", "FWDD": "MARKED", "ASGN": "IO_NAMED", "ENQR": "IN_PROGRESS",
         "INFO": "CALLED_TO_STATION", "INTR": "INTERIM", "ATRS": "IO_REPORT", "ATRR": "SENT_BACK", "DISP": "DISPOSED",
         "CLSD": "CLOSED_SATISFIED", "REOP": "NOT_SATISFIED", "TRNO": "OTHER_UNIT", "RJCT": "FILED", "DUPL": "CLUBBED",
         "WDRN": "WITHDRAWN", "RMND": "REMINDER"}
ANSWER = {"Y": "SATISFIED", "N": "NOT_SATISFIED", "U": "NO_REPLY"}
ASKED = {"SMS": "SMS", "CALL": "Call", "WEB": "Website", "VISIT": "Visit"}
FILE = {"COMPLAINT": "Complaint", "EVIDENCE": "Evidence", "ATR": "Enquiry report", "ORDER": "Order", "REPLY": "Reply",
        "SITE_PHOTO": "Photo of the place", "NOTE": "Note"}
OUTCOME = {"FIR": "FIR registered", "NCR": "Non-cognizable report", "GDE": "Entry in daily diary", "PREV": "Preventive action",
           "CHAL": "Challan", "COMP": "Compromise", "CIVL": "Civil nature", "NSUB": "Not proved", "SUBJ": "Sub judice",
           "DUPL": "Repeated", "TRNS": "Sent to other unit", "WDRN": "Withdrawn", "ANON": "Pseudonymous", "SERV": "Service matter",
           "INSF": "Details wanting", "DEPT": "Departmental action", "NOAC": "No action needed", "SUGG": "Suggestion noted",
           "OTHR": "Other"}
FILED = {"ILLEGIBLE": "Not legible", "VAGUE": "Vague or without name", "TRIVIAL": "Trivial", "S36_1": "Before another commission",
         "S36_2": "Too old", "NOT_PUBLIC": "Not against a public servant", "CIVIL": "Civil dispute", "SERVICE": "Service matter",
         "LABOUR": "Labour dispute", "NO_VIOLATION": "No offence made out", "SUBJUDICE": "Sub judice", "DECIDED": "Decided by a court",
         "DUPLICATE": "Repeated", "SUGGESTION": "Suggestion", "SPAM": "No complaint at all", "BEYOND": "Beyond the powers of the police",
         "SYSTEM": "System does not allow", "TAKEN_UP": "Taken up already", "OTHER": "Other"}
DISTRICT = {"HR-HISAR-RANGE": ("HISAR-RANGE", "Hisar Range"), "HR-HISAR": ("HSR", "Hisar"), "HR-HANSI": ("HNS", "Hansi"),
            "HR-FATEHABAD": ("FTB", "Fatehabad"), "HR-SIRSA": ("SRS", "Sirsa"), "HR-JIND": ("JND", "Jind"),
            "HR-DABWALI": ("DBW", "Dabwali")}
NAMES = dict(DISTRICT.values())
UNIT = {ours: code for ours, (code, _) in DISTRICT.items()}

# canonical field = column, and the table of its words
SAME = {"number": "uid", "category_text": "offence", "priority": "urgency", "subject": "subject", "body": "statement",
        "against": "against", "complainant": "name", "relative_name": "relation", "age": "age", "mobile": "phone", "email": "mail",
        "address": "address", "pincode": "pin", "incident_on": "incident_on", "police_number": "police_no"}
WORDS = {"identity": ("identity", IDENTITY), "mode": ("handed_in", HANDED_IN), "category": ("nature", NATURE), "gender": ("sex", SEX),
         "level": ("watch", RANK), "status": ("state", STATE)}
TIMES = {"received_at": "lodged", "marked_at": "marked", "due_at": "due", "changed_at": "changed"}
COLUMNS = ("uid identity handed_in nature offence urgency subject statement against name relation sex age phone mail address pin district"
           " station watch incident_on lodged copy_given marked due changed state police_no").split()


def unit(code):
    """HR-HISAR-01 as the system writes it: HSR-01."""
    if code in UNIT:
        return UNIT[code]
    district, _, serial = code.rpartition("-")
    return f"{UNIT[district]}-{serial}"


def ours(code):
    """And back."""
    back = backwards(UNIT)
    if code in back:
        return back[code]
    district, _, serial = code.rpartition("-")
    return f"{back[district]}-{serial}"


def wire(text):
    """2024-02-01 10:30:00 as RFC 3339 with the offset of India."""
    return text and text.replace(" ", "T") + "+05:30"


def asked_time(ask, name, default):
    if name not in ask:
        return default
    try:
        at = datetime.fromisoformat(ask[name].replace("Z", "+00:00"))
    except ValueError:
        raise Refused(400, "PARAMETER", "no such time") from None
    if at.tzinfo is None:
        raise Refused(400, "PARAMETER", "a time needs its offset")
    return at.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")


class Store(Book):
    SCHEMA = SCHEMA

    def add(self, records):
        """Complaints as people lodged them: canonical fields and values. The system issues the ID when none is given, gives the
        copy at once, and marks; "files", "actions" and "feedback" are lists of dicts, canonical too."""
        with self:
            for r in records:
                self._add(r)

    def _add(self, r):
        marked = ist(r.get("marked_at") or r["received_at"])
        row = {"identity": "NAMED", "handed_in": "Website", "nature": "Other", "state": "MARKED", "lodged": marked}
        row.update(moved(r, SAME))
        for field, (column, table) in WORDS.items():
            if r.get(field) is not None:
                row[column] = table[r[field]]
        for field, column in TIMES.items():
            if r.get(field):
                row[column] = ist(r[field])
        row.update(marked=marked, district=unit(r["unit"]), copy_given=row["lodged"])
        if r.get("station"):
            row["station"] = unit(r["station"])
        row.setdefault("changed", marked)
        row.setdefault("due", str(datetime.fromisoformat(marked) + timedelta(days=DAYS)))
        if "uid" not in row:
            (n,) = self.sql("SELECT count(*) FROM complaint")[0]
            row["uid"] = f"{row['district'][:3]}-{marked[:4]}-{n + 1:07d}"
        self.db.execute(f"INSERT INTO complaint ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
        steps = r.get("actions")
        if steps is None:
            steps = [{"action": "REGD", "at": utc(row["lodged"]), "text": "Unique ID issued; the complainant was given a copy."},
                     {"action": "FWDD", "at": utc(marked), "office": "Range control room, Hisar"}]
        for no, s in enumerate(steps, 1):
            self.db.execute("INSERT INTO step VALUES (?,?,?,?,?,?,?,?)",
                            (row["uid"], no, STATE[s["action"]], ist(s["at"]), s.get("office"), s.get("text"),
                             s.get("to_unit") and unit(s["to_unit"]), s.get("to_number")))
        for f in r.get("files") or ():
            self.file(row["uid"], f, row["changed"])
        for f in r.get("feedback") or ():
            self.answer(row["uid"], f)
        return row["uid"]

    def file(self, uid, f, at):
        data = f["bytes"] if "bytes" in f else Path(f["path"]).read_bytes()
        self.db.execute("INSERT INTO file VALUES (?,?,?,?,?,?,?,?)",
                        (f"{uid}/{f['key']}", uid, FILE.get(f.get("role", "COMPLAINT")), f["name"], f.get("type"), len(data),
                         ist(f["at"]) if "at" in f else at, data))

    def answer(self, uid, f):
        (n,) = self.sql("SELECT count(*) FROM answer WHERE uid = ?", uid)[0]
        at = ist(f["at"]) if "at" in f else self.clock.now()
        self.db.execute("INSERT INTO answer VALUES (?,?,?,?,?,?,?)",
                        (uid, n + 1, at, ANSWER[f["satisfied"]], ASKED.get(f.get("mode")), RANK.get(f.get("level")), f.get("text")))
        self.db.execute("UPDATE complaint SET changed = max(changed, ?) WHERE uid = ?", (at, uid))

    def answers(self, given):
        """What complainants say: [(uid, dict of canonical feedback fields)]."""
        with self:
            for uid, f in given:
                self.answer(uid, f)

    def change(self, number, **fields):
        """The system's own correction; a list of "actions", "files" or "feedback" is added."""
        with self:
            row = moved(fields, SAME)
            row.update({c: t[fields[f]] for f, (c, t) in WORDS.items() if f in fields})
            row.update({c: ist(fields[f]) for f, c in TIMES.items() if f in fields})
            row.update({f: unit(fields[g]) for f, g in (("district", "unit"), ("station", "station")) if g in fields})
            row.setdefault("changed", self.clock.now())
            self.db.execute(f"UPDATE complaint SET {', '.join(c + ' = ?' for c in row)} WHERE uid = ?", [*row.values(), number])
            for s in fields.get("actions") or ():
                (n,) = self.sql("SELECT coalesce(max(no), 0) FROM step WHERE uid = ?", number)[0]
                self.db.execute("INSERT INTO step VALUES (?,?,?,?,?,?,?,?)",
                                (number, n + 1, STATE[s["action"]], ist(s["at"]), s.get("office"), s.get("text"),
                             s.get("to_unit") and unit(s["to_unit"]), s.get("to_number")))
            for f in fields.get("files") or ():
                self.file(number, f, row["changed"])
            for f in fields.get("feedback") or ():
                self.answer(number, f)

    def say_state(self, number, word):
        """The state in a word of any kind, as a portal may that was changed overnight."""
        with self:
            self.db.execute("UPDATE complaint SET state = ?, changed = ? WHERE uid = ?", (word, self.clock.now(), number))

    def held(self):
        """Everything it holds, in canonical spelling."""
        out = {}
        for row in self.sql(f"SELECT {', '.join(COLUMNS)} FROM complaint ORDER BY uid"):
            row = dict(zip(COLUMNS, row))
            r = {field: row[column] for field, column in SAME.items() if row[column] is not None}
            for field, (column, table) in WORDS.items():
                if row[column] is not None:
                    r[field] = backwards(table).get(row[column], row[column])
            r.update({field: utc(row[column]) for field, column in TIMES.items() if row[column]})
            r["unit"] = ours(row["district"])
            if row["station"]:
                r["station"] = ours(row["station"])
            r.update(actions=[], files=[], feedback=[], copy_given_at=utc(row["copy_given"]))
            out[row["uid"]] = r
        for uid, no, state, at, office, remarks, moved, there in self.sql("SELECT * FROM step ORDER BY uid, no"):
            out[uid]["actions"].append(kept(key=str(no), action=backwards(STATE)[state], at=utc(at), office=office, text=remarks,
                                            to_unit=moved and ours(moved), to_number=there))
        for uid, no, at, answer, how, rank, words in self.sql("SELECT * FROM answer ORDER BY uid, no"):
            out[uid]["feedback"].append(kept(key=str(no), at=utc(at), satisfied=backwards(ANSWER)[answer], mode=backwards(ASKED).get(how),
                                             level=backwards(RANK).get(rank), text=words))
        for ident, uid, role, name, kind, size, at, content in self.sql("SELECT * FROM file ORDER BY id"):
            out[uid]["files"].append(kept(key=ident, role=backwards(FILE).get(role), name=name, type=kind, size=size, changed_at=utc(at),
                                          sha256=sha256(content)))
        return out

    def told(self, number=None):
        """What the bridge sent, in order of arrival."""
        out = []
        for (_, ref, _, uid, state, at, office, remarks, officer, rank, phone, police, outcome, filed, promised, moved,
             there, taken) in self.sql(
                "SELECT * FROM police_step WHERE ? IS NULL OR uid = ? ORDER BY receipt", number, number):
            out.append(kept(reference=ref, number=uid, stream="action", action=backwards(STATE)[state], at=utc(at), office=office,
                            text=remarks, officer_name=officer, officer_rank=rank, officer_mobile=phone, police_number=police,
                            disposal=backwards(OUTCOME).get(outcome), reason=backwards(FILED).get(filed), expected_at=utc(promised),
                            to_unit=unit_named(moved), to_number=there,
                            taken_at=utc(taken)))
        for (_, ref, _, uid, role, name, kind, size, content, taken) in self.sql(
                "SELECT * FROM police_file WHERE ? IS NULL OR uid = ? ORDER BY receipt", number, number):
            out.append(kept(reference=ref, number=uid, stream="attachment", role=backwards(FILE).get(role), name=name, type=kind,
                            size=size, sha256=sha256(content), taken_at=utc(taken)))
        return out


def kept(**fields):
    return {name: value for name, value in fields.items() if value is not None and value != ""}


class Service(xml_peer.Service):
    routes = {("GET", "/complaints"): "Complaints", ("GET", "/files"): "Files", ("GET", "/ids"): "Ids", ("GET", "/counts"): "Counts",
              ("GET", "/receipts"): "Receipts", ("POST", "/steps"): "Steps", ("POST", "/report"): "Report"}
    form = Form("urn:haryana:police:cms:1")

    def window(self, environ):
        ask = self.query(environ, ("since", "after", "until", "rows"))
        rows = ask.get("rows", "500")
        if not rows.isdigit() or not 1 <= int(rows) <= 5000:
            raise Refused(400, "PARAMETER", "rows")
        return asked_time(ask, "since", ""), ask.get("after", ""), asked_time(ask, "until", OPEN_END), int(rows)

    def Complaints(self, environ):
        since, after, until, limit = self.window(environ)
        found = self.store.sql(f"SELECT {', '.join(COLUMNS)} FROM complaint WHERE (changed, uid) > (?, ?) AND changed <= ?"
                               " ORDER BY changed, uid LIMIT ?", since, after, until, limit + 1)
        rows, more = page(found, limit, lambda row: 600 + len(row[7] or ""))
        below = {"step": {}, "answer": {}}
        marks = ",".join("?" * len(rows))
        for table, have in below.items():
            for row in self.store.sql(f"SELECT * FROM {table} WHERE uid IN ({marks}) ORDER BY uid, no", *[r[0] for r in rows]):
                have.setdefault(row[0], []).append(row[1:])
        root, now = self.form.root("Complaints", more=str(more).lower()), self.store.clock.now()
        for row in rows:
            self.complaint(root, dict(zip(COLUMNS, row)), below, now)
        return root

    def complaint(self, root, c, below, now):
        add, put = self.form.add, self.form.put
        item = add(root, "Complaint")
        for name, column in (("UniqueId", "uid"), ("Identity", "identity"), ("HandedIn", "handed_in"), ("Nature", "nature"),
                             ("Offence", "offence"), ("Urgency", "urgency"), ("Subject", "subject"), ("Statement", "statement"),
                             ("Against", "against")):
            put(item, name, c[column])
        person = [(n, c[k]) for n, k in (("Name", "name"), ("Relation", "relation"), ("Sex", "sex"), ("Age", "age"), ("Phone", "phone"),
                                         ("Mail", "mail"), ("Address", "address"), ("Pin", "pin")) if c[k] not in (None, "")]
        if person:
            who = add(item, "Complainant")
            for name, value in person:
                add(who, name, value)
        add(item, "District", NAMES[c["district"]], code=c["district"])
        if c["station"]:
            add(item, "Station", "", code=c["station"])
        put(item, "Watch", c["watch"])
        put(item, "IncidentOn", c["incident_on"])
        for name, column in (("LodgedAt", "lodged"), ("CopyGivenAt", "copy_given"), ("MarkedAt", "marked"), ("DueAt", "due")):
            add(item, name, wire(c[column]))
        done = c["state"] in ("DISPOSED", "CLOSED_SATISFIED", "OTHER_UNIT", "FILED", "CLUBBED", "WITHDRAWN")
        add(item, "Overdue", str(not done and c["due"] < now).lower())
        add(item, "ChangedAt", wire(c["changed"]))
        add(item, "State", c["state"])
        put(item, "PoliceNumber", c["police_no"])
        rows = below["step"].get(c["uid"])
        if rows:
            steps = add(item, "Steps")
            for no, state, at, office, remarks, moved, there in rows:
                step = add(steps, "Step")
                for name, value in (("No", no), ("State", state), ("At", wire(at)), ("Office", office), ("Remarks", remarks)):
                    put(step, name, value)
                if moved:
                    add(step, "MovedTo", "", code=moved)
                put(step, "NumberThere", there)
        rows = below["answer"].get(c["uid"])
        if rows:
            answers = add(item, "Answers")
            for no, at, answer, how, rank, words in rows:
                feedback = add(answers, "Feedback")
                for name, value in (("No", no), ("At", wire(at)), ("Answer", answer), ("How", how), ("ToRank", rank), ("Words", words)):
                    put(feedback, name, value)

    def Files(self, environ):
        since, after, until, limit = self.window(environ)
        found = self.store.sql("SELECT id, uid, role, name, type, bytes, at FROM file WHERE (at, id) > (?, ?) AND at <= ?"
                               " ORDER BY at, id LIMIT ?", since, after, until, limit + 1)
        rows, more = page(found, limit, lambda row: 300 + row[5] * 4 // 3)
        root = self.form.root("Files", more=str(more).lower())
        for ident, uid, role, name, kind, size, at in rows:
            item = self.form.add(root, "File")
            for tag, value in (("UniqueId", uid), ("FileId", ident), ("For", role), ("Name", name), ("Type", kind), ("Bytes", size),
                               ("At", wire(at))):
                self.form.put(item, tag, value)
            ((data,),) = self.store.sql("SELECT content FROM file WHERE id = ?", ident)
            self.form.add(item, "Content", base64.encodebytes(data).decode())
        return root

    def Ids(self, environ):
        _, after, until, limit = self.window(environ)
        found = self.store.sql("SELECT uid, district, state, marked, changed FROM complaint WHERE uid > ? AND marked <= ?"
                               " ORDER BY uid LIMIT ?", after, until, limit + 1)
        root = self.form.root("Ids", more=str(len(found) > limit).lower())
        for uid, district, state, marked, changed in found[:limit]:
            item = self.form.add(root, "Id")
            self.form.add(item, "UniqueId", uid)
            self.form.add(item, "District", NAMES[district], code=district)
            self.form.add(item, "State", state)
            self.form.add(item, "MarkedAt", wire(marked))
            self.form.add(item, "ChangedAt", wire(changed))
        return root

    def Counts(self, environ):
        ask = self.query(environ, ("from", "to"))
        root = self.form.root("Counts")
        for district, state, day, n in self.store.sql(
                "SELECT district, state, substr(marked, 1, 10), count(*) FROM complaint WHERE marked >= ? AND marked < ?"
                " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3", asked_time(ask, "from", ""), asked_time(ask, "to", OPEN_END)):
            row = self.form.add(root, "Row")
            self.form.add(row, "District", NAMES[district], code=district)
            self.form.add(row, "State", state)
            self.form.add(row, "Day", day)
            self.form.add(row, "N", n)
        return root

    def Receipts(self, environ):
        ref = self.query(environ, ("ref",)).get("ref", "")
        root = self.form.root("Receipts")
        for letter, table in (("S", "police_step"), ("F", "police_file")):
            for receipt, at in self.store.sql(f"SELECT receipt, taken FROM {table} WHERE ref = ?", ref):
                item = self.form.add(root, "Receipt")
                self.form.add(item, "Ref", ref)
                self.form.add(item, "No", f"{letter}{receipt:08d}")
                self.form.add(item, "At", wire(at))
        return root

    # ---- what changes something

    def Steps(self, request):
        root, now = self.form.root("Taken"), self.store.clock.now()
        with self.store:
            for step in request:
                a = self.form.asked(step)
                for officer in step.findall(self.form.q + "Officer"):
                    a.update({f"Officer/{k}": v for k, v in self.form.asked(officer).items()})
                self.one(root, a["Ref"], "S", *self.step(a, now))
        return root

    def Report(self, request):
        a = self.form.asked(request)
        data = decoded(a.pop("Content"))
        root, now = self.form.root("Taken"), self.store.clock.now()
        with self.store:
            self.one(root, a["Ref"], "F", *self.report(a, data, now))
        return root

    def one(self, root, ref, letter, said, what):
        item = self.form.add(root, "One")
        self.form.add(item, "Ref", ref)
        self.form.add(item, "Result", said if said in ("TAKEN", "KNOWN") else "REFUSED")
        if said in ("TAKEN", "KNOWN"):
            self.form.add(item, "ReceiptNo", f"{letter}{what:08d}")
        else:
            self.form.add(item, "Why", said)
            self.form.add(item, "WhyText", what)

    def known(self, table, ref, digest):
        row = self.store.sql(f"SELECT receipt, digest FROM {table} WHERE ref = ?", ref)
        if row:
            return ("KNOWN", row[0][0]) if row[0][1] == digest else ("REF_USED", "something else has this reference")
        return None

    def step(self, a, now):
        digest = hashlib.sha256(repr(sorted(a.items())).encode()).digest()
        before = self.known("police_step", a["Ref"], digest)
        if before:
            return before
        if not self.store.sql("SELECT 1 FROM complaint WHERE uid = ?", a["UniqueId"]):
            return "UNKNOWN_ID", "no complaint has this unique ID"
        if not self.local.effect:
            return "TAKEN", 99999999
        for name, table in (("Outcome", OUTCOME), ("FiledBecause", FILED)):
            if a.get(name) and a[name] not in table.values():
                return "NOT_VALID", name
        at, promised = (v and datetime.fromisoformat(v.replace("Z", "+00:00")).astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")
                        for v in (a["At"], a.get("PromisedBy")))
        receipt = self.store.db.execute(
            "INSERT INTO police_step (ref, digest, uid, state, at, office, remarks, officer, rank, phone, police_no, outcome, filed,"
            " promised, moved_to, number_there, taken) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (a["Ref"], digest, a["UniqueId"], a["State"], at, a.get("Office"), a.get("Remarks"), a.get("Officer/Name"),
             a.get("Officer/Rank"), a.get("Officer/Phone"), a.get("PoliceNumber"), a.get("Outcome"), a.get("FiledBecause"), promised,
             a.get("MovedTo"), a.get("NumberThere"), now)).lastrowid
        # a step that is told late, after a later one, does not take the state back
        self.store.db.execute("UPDATE complaint SET changed = max(changed, ?), police_no = coalesce(?, police_no), state = CASE WHEN EXISTS"
                              " (SELECT 1 FROM police_step p WHERE p.uid = complaint.uid AND p.at > ?) THEN state ELSE ? END WHERE uid = ?",
                              (now, a.get("PoliceNumber"), at, a["State"], a["UniqueId"]))
        return "TAKEN", receipt

    def report(self, a, data, now):
        digest = hashlib.sha256(repr(sorted(a.items())).encode() + data).digest()
        before = self.known("police_file", a["Ref"], digest)
        if before:
            return before
        if not self.store.sql("SELECT 1 FROM complaint WHERE uid = ?", a["UniqueId"]):
            return "UNKNOWN_ID", "no complaint has this unique ID"
        if not self.local.effect:
            return "TAKEN", 99999999
        if len(data) > 5 * 1024 * 1024:
            return "NOT_VALID", "more than 5 MiB"
        return "TAKEN", self.store.db.execute(
            "INSERT INTO police_file (ref, digest, uid, role, name, type, bytes, content, taken) VALUES (?,?,?,?,?,?,?,?,?)",
            (a["Ref"], digest, a["UniqueId"], a.get("For"), a["Name"], a.get("Type"), a.get("Bytes"), data, now)).lastrowid


class Peer(xml_peer.Peer):
    system = "hrcms"
    program = "hrcms.py"
    store_class = Store
    clients = True


if __name__ == "__main__":
    xml_peer.main("Haryana CMS", Store, Service, "hrcms.xsd")
