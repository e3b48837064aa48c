"""Rehearsal CPGRAMS: spyne in the shape of a .NET .asmx service. See cpgrams_server.py and soap_peers.py."""
from datetime import datetime, timedelta
from pathlib import Path

from soap_peers import UNITS, Field, SoapPeer, Table, day, mobile, moment, to_ist, to_utc
from unit_names import unit_named

ORGANISATIONS = {"DL": "DH", "UP": "UP", **{f"DL-{code}": f"DH/{name}" for code, name in UNITS}}
# action_status and the words beside it: 50 is whatever ended it
STATUS = {"RECV": "1|Submitted", "REGD": "10|Grievance received", "FWDD": "20|Forwarded to subordinate organisation",
          "ASGN": "22|With Grievance Redressal Officer", "ENQR": "30|Under process", "INFO": "35|Clarification sought",
          "INTR": "40|Interim reply", "ATRS": "45|ATR submitted", "ATRR": "46|Returned by higher office", "DISP": "50|CASE DISPOSED OF",
          "CLSD": "55|Feedback window over", "RJCT": "50|No action required", "DUPL": "50|Closed as duplicate", "REOP": "60|Reopened",
          "TRNO": "70|Transferred", "WDRN": "80|Withdrawn", "RMND": "90|Reminder"}
PUSH = {"REGD": 10, "FWDD": 20, "ASGN": 22, "ENQR": 30, "INFO": 35, "INTR": 40, "ATRS": 45, "ATRR": 46, "DISP": 50, "RJCT": 51,
        "CLSD": 52, "DUPL": 53, "REOP": 60, "TRNO": 70, "WDRN": 80}
# the branch "Police" of the category tree
CATEGORY = {"CRIME": (11010, "Police >> Crime"), "WOMEN": (11020, "Police >> Crime against women"), "CYBER": (11030,
    "Police >> Cyber crime"),
            "NOFIR": (11040, "Police >> FIR not registered"), "POLMISC": (11050, "Police >> Misbehaviour or harassment by police"),
            "CORRUPT": (11060, "Police >> Allegation of corruption"), "TRAFFIC": (11070, "Police >> Traffic"),
            "PROPERTY": (11080, "Police >> Land and property"), "LAWORDER": (11090, "Police >> Law and order"),
            "ILLTRADE": (11100, "Police >> Illegal trade"), "VERIF": (11110, "Police >> Verification"), "SUGGEST": (11120,
                "Police >> Suggestion"),
            "SERVICE": (11130, "Police >> Service matter"), "HR": (11140, "Police >> Human rights"), "OTHER": (11990, "Police >> Others")}
SEX = {"M": "M", "F": "F", "T": "T", "U": "N"}
URGENT = {1: "Y", 3: "N"}
RATING = {5: "Excellent", 4: "Good", 2: "Average", 1: "Poor"}
SATISFIED = {"Y": "Yes", "N": "No", "U": "Not reachable"}
KIND = {"COMPLAINT": "GRIEVANCE", "EVIDENCE": "ANNEXURE", "ATR": "ATR", "ORDER": "RELIED UPON ORDER", "REPLY": "REPLY",
        "SITE_PHOTO": "ANNEXURE", "NOTE": "NOTE"}
OUTCOME = {"FIR": "FIR registered", "NCR": "NCR", "GDE": "GD entry", "PREV": "Preventive action", "CHAL": "Challan", "COMP": "Compromise",
           "CIVL": "Civil nature", "NSUB": "Not substantiated", "SUBJ": "Sub judice", "DUPL": "Duplicate", "TRNS": "Transferred",
           "WDRN": "Withdrawn", "ANON": "Anonymous", "SERV": "Service matter", "INSF": "Inadequate", "DEPT": "Departmental action",
           "NOAC": "No action required", "SUGG": "Suggestion", "OTHR": "Others"}
REASON = {"DUPLICATE": "Duplicate", "SUGGESTION": "Suggestion", "SPAM": "Clutter/Spam", "SERVICE": "Service matter",
          "SUBJUDICE": "Sub judice", "BEYOND": "Beyond entitlement", "SYSTEM": "Systematic limitation", "ILLEGIBLE": "Inadequate/illegible",
          "TAKEN_UP": "Already taken up", "OTHER": "Others"}

SCHEMA = """
CREATE TABLE IF NOT EXISTS grievance (no TEXT PRIMARY KEY, org, status TEXT NOT NULL, category INTEGER, category_text, urgent, subject,
    content, name, sex, mobile, email, address, pin, diary_date, recvd, target, changed TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS grievance_changed ON grievance (changed, no);
CREATE TABLE IF NOT EXISTS movement (id TEXT PRIMARY KEY, no, seq INTEGER, status, at, org_name, reason, remarks, to_org,
    to_registration_no, changed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS movement_before (id, no, seq, status, at, org_name, reason, remarks, to_org, to_registration_no, changed);
CREATE TABLE IF NOT EXISTS document (id TEXT PRIMARY KEY, no, kind, name, type, size, path, changed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS feedback (id, no, at, rating, satisfied, comments, PRIMARY KEY (no, id));
CREATE TABLE IF NOT EXISTS pushed (ack INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT UNIQUE, digest, no, status INTEGER, at,
    remarks, expected, officer, designation, mobile, office, police_no, outcome, reason, to_org, to_registration_no, taken);
CREATE TABLE IF NOT EXISTS pushed_document (ack INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT UNIQUE, digest, no, kind, name, type,
    size, sha256, taken);
"""


class Peer(SoapPeer):
    system = "cpgrams"
    schema = SCHEMA
    complaint = Table("grievance", "no", [
        Field("number", "no"), Field("unit", "org", ORGANISATIONS), Field("status", "status", STATUS),
        Field("category", "category", {k: code for k, (code, _) in CATEGORY.items()}), Field("category_text", "category_text"),
        Field("priority", "urgent", URGENT), Field("subject", "subject"), Field("body", "content"), Field("complainant", "name"),
        Field("gender", "sex", SEX), mobile("mobile", "mobile"), Field("email", "email"), Field("address", "address"),
        Field("pincode", "pin"), moment("received_at", "diary_date"), moment("marked_at", "recvd"), moment("due_at", "target"),
        moment("changed_at", "changed")])
    action = Table("movement", "id", [
        Field("action", "status", STATUS), moment("at", "at"), Field("office", "org_name"), Field("reason", "reason", REASON),
        Field("text", "remarks"), Field("to_unit", "to_org", ORGANISATIONS), Field("to_number", "to_registration_no")])
    file = Table("document", "id", [Field("role", "kind", KIND), Field("name", "name"), Field("type", "type")])
    feedback = Table("feedback", "id", [
        moment("at", "at"), Field("rating", "rating", RATING), Field("satisfied", "satisfied", SATISFIED), Field("text", "comments")])
    told_action = Table("pushed", "ack", [
        Field("action", "status", PUSH), moment("at", "at"), Field("text", "remarks"), day("expected_at", "expected"),
        Field("officer_name", "officer"), Field("officer_rank", "designation"), mobile("officer_mobile", "mobile"),
        Field("office", "office"), Field("police_number", "police_no"), Field("disposal", "outcome", OUTCOME),
        Field("reason", "reason", REASON), Field("to_unit", "to_org", get=unit_named), Field("to_number", "to_registration_no")])
    told_file = Table("pushed_document", "ack", [Field("role", "kind", KIND), Field("name", "name"), Field("type", "type")])

    @staticmethod
    def number(n, year=2020, organisation="GNCTD"):
        """Organisation, channel (E electronic), year, seven digits."""
        return f"{organisation}/E/{year}/{n:07d}"

    @staticmethod
    def receipt(ack, stream="action"):
        return f"{'A' if stream == 'action' else 'D'}{ack:08d}"

    def complete(self, record):
        record = {"status": "FWDD", "category": "OTHER", "received_at": record.get("marked_at"), **record}
        record.setdefault("category_text", CATEGORY[record["category"]][1])
        if record.get("marked_at"):
            record.setdefault("due_at", to_utc(str(datetime.fromisoformat(to_ist(record["marked_at"])) + timedelta(days=21))))
        return record

    def add_action(self, number, action, changed=None):
        row = self.action.row({k: v for k, v in action.items() if k not in ("key", "number", "changed_at")})
        (seq,) = self.db.execute("SELECT 1 + coalesce(max(seq), 0) FROM movement WHERE no = ?", (number,)).fetchone()
        row.update(no=number, seq=seq, id=action.get("key", f"{number}#{seq:03d}"), changed=changed or self.now())
        self.insert("movement", row)

    def edit_action(self, number, seq, **fields):
        """A row of the movements changes (or, without fields, goes): what it was stands in diffgr:before from then on."""
        self.db.execute("INSERT INTO movement_before SELECT id, no, seq, status, at, org_name, reason, remarks, to_org,"
                        " to_registration_no, changed FROM movement"
                        " WHERE no = ? AND seq = ?", (number, seq))
        if not fields:
            self.db.execute("DELETE FROM movement WHERE no = ? AND seq = ?", (number, seq))
            return
        row = {**self.action.row(fields), "changed": self.now()}
        self.db.execute(f"UPDATE movement SET {', '.join(c + ' = ?' for c in row)} WHERE no = ? AND seq = ?", [*row.values(), number, seq])

    def held(self):
        out = super().held()
        for row in self.sql("SELECT no, status, category FROM grievance"):
            out[row["no"]].update(status_text=row["status"].partition("|")[2], category_code=str(row["category"]))
        for row in self.sql("SELECT id, no, seq, status FROM movement ORDER BY no, seq"):
            action = [a for a in out[row["no"]]["actions"] if a["key"] == str(row["seq"])][0]
            action.update(key=row["id"], action_text=row["status"].partition("|")[2])
        for held in out.values():
            for feedback in held["feedback"]:
                if "rating" in feedback:
                    feedback["rating_text"] = RATING[feedback["rating"]]
        return out

    def start(self):
        self.certificates()
        (self.folder / "url").unlink(missing_ok=True)
        process = self.run("/usr/bin/python3", Path(__file__).resolve().parent / "cpgrams_server.py", self.folder, self.clock, self.user)
        self.wait_for_file(self.folder / "url", process)
        return (self.folder / "url").read_text().strip()
