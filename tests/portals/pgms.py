"""Rehearsal PGMS (Delhi): PHP's SoapServer behind stunnel, SOAP 1.2, WS-Security. See pgms_server.php and soap_peers.py."""
from pathlib import Path

from soap_peers import ROOT, UNITS, Field, SoapPeer, Table, day, minute, mobile, moment
from tls_front import TlsFront, free_port, wait_port
from unit_names import unit_named

OFFICES = {"DL": "POL-00", **{f"DL-{code}": f"POL-{n:02d}" for n, (code, _) in enumerate(UNITS, 1)}}
# The code of a status and its word; 90 is whatever ended it.
STATUS = {"RECV": "10|Lodged", "REGD": "20|Registered", "FWDD": "30|Forwarded to district", "ENQR": "40|Under process",
          "INTR": "50|Interim reply", "ATRS": "60|Reply uploaded", "DISP": "90|Disposed", "TRNO": "90|Transferred", "RJCT": "90|Rejected"}
REPLY = {"REGD": "Registered", "FWDD": "Forwarded to district", "ENQR": "Under process", "INTR": "Interim reply",
         "ATRS": "Reply uploaded", "DISP": "Disposed", "TRNO": "Transferred", "RJCT": "Rejected"}
CATEGORY = {"CRIME": "Theft and other crime", "WOMEN": "Crime against women", "CYBER": "Cyber fraud", "NOFIR": "FIR not registered",
            "POLMISC": "Misbehaviour by police", "CORRUPT": "Corruption", "TRAFFIC": "Traffic and parking", "PROPERTY": "Property dispute",
            "LAWORDER": "Nuisance, law and order", "ILLTRADE": "Illegal liquor, drugs, gambling",
            "VERIF": "Tenant and servant verification",
            "SUGGEST": "Suggestion", "SERVICE": "Service matter", "HR": "Human rights", "OTHER": "Other police matter"}
CHANNEL = {"WEB": "Online", "HAND": "Counter", "POST": "Post", "MAIL": "E-mail", "PHONE": "Helpline 1031", "APP": "Mobile app",
           "PORTAL": "Other portal"}
SEX = {"M": "Male", "F": "Female", "T": "Transgender", "U": "Not given"}
URGENCY = {1: "Urgent", 2: "VIP reference", 3: "Ordinary"}
PAPER = {"COMPLAINT": "Complaint", "EVIDENCE": "Enclosure", "ATR": "Action taken report", "ORDER": "Order", "REPLY": "Reply",
         "NOTE": "Note", "SITE_PHOTO": "Enclosure"}
OUTCOME = {"FIR": "FIR registered", "NCR": "NCR registered", "GDE": "DD entry made", "PREV": "Preventive action", "CHAL": "Challan",
           "COMP": "Compromise", "CIVL": "Civil matter", "NSUB": "Not substantiated", "SUBJ": "Sub judice", "DUPL": "Duplicate",
           "TRNS": "Sent to other department", "WDRN": "Withdrawn", "ANON": "Anonymous", "SERV": "Service matter",
           "INSF": "Details insufficient", "DEPT": "Departmental action", "NOAC": "No action needed", "SUGG": "Suggestion noted",
           "OTHR": "Other"}
REASON = {"ILLEGIBLE": "Illegible", "VAGUE": "Vague", "TRIVIAL": "Trivial", "NOT_PUBLIC": "Not a public servant", "CIVIL": "Civil matter",
          "SERVICE": "Service matter", "LABOUR": "Labour matter", "SUBJUDICE": "Sub judice", "DECIDED": "Decided already",
          "DUPLICATE": "Duplicate", "SUGGESTION": "Suggestion", "SPAM": "Clutter", "BEYOND": "Beyond entitlement",
          "TAKEN_UP": "Taken up already", "OTHER": "Other"}

SCHEMA = """
CREATE TABLE IF NOT EXISTS grievance (no TEXT PRIMARY KEY, status TEXT NOT NULL, office, channel, urgency, category, subject, description,
    against, name, father, sex, age, mobile, email, address, pin, lodged TEXT NOT NULL, forwarded, reply_by, changed TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS grievance_changed ON grievance (changed, no);
CREATE TABLE IF NOT EXISTS movement (no, seq INTEGER, status, at, office, remarks, moved_to, number_there, changed, PRIMARY KEY (no, seq));
CREATE TABLE IF NOT EXISTS paper (id TEXT PRIMARY KEY, no, kind, name, type, size, path, changed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS reply (ack INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT UNIQUE, digest, no, kind, at, text, expected,
    officer, designation, mobile, office, police_no, outcome, reason, moved_to, number_there, taken);
CREATE TABLE IF NOT EXISTS reply_paper (ack INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT UNIQUE, digest, no, kind, name, type,
    size, sha256, taken);
CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY, at INTEGER);
"""


class Peer(SoapPeer):
    system = "pgms"
    schema = SCHEMA
    complaint = Table("grievance", "no", [
        Field("number", "no"), Field("status", "status", STATUS), Field("unit", "office", OFFICES), Field("mode", "channel", CHANNEL),
        Field("priority", "urgency", URGENCY), Field("category", "category", CATEGORY), Field("subject", "subject"),
        Field("body", "description"), Field("against", "against"), Field("complainant", "name"), Field("relative_name", "father"),
        Field("gender", "sex", SEX), Field("age", "age"), mobile("mobile", "mobile"), Field("email", "email"), Field("address", "address"),
        Field("pincode", "pin"), minute("received_at", "lodged"), minute("marked_at", "forwarded"), day("due_at", "reply_by"),
        moment("changed_at", "changed")])
    action = Table("movement", "seq", [
        Field("action", "status", STATUS), minute("at", "at"), Field("office", "office"), Field("text", "remarks"),
        Field("to_unit", "moved_to", OFFICES), Field("to_number", "number_there")])
    file = Table("paper", "id", [Field("role", "kind", PAPER), Field("name", "name"), Field("type", "type")])
    told_action = Table("reply", "ack", [
        Field("action", "kind", REPLY), minute("at", "at"), Field("text", "text"), day("expected_at", "expected"),
        Field("officer_name", "officer"), Field("officer_rank", "designation"), mobile("officer_mobile", "mobile"), Field("office",
            "office"),
        Field("police_number", "police_no"), Field("disposal", "outcome", OUTCOME), Field("reason", "reason", REASON),
        Field("to_unit", "moved_to", get=unit_named), Field("to_number", "number_there")])
    told_file = Table("reply_paper", "ack", [Field("role", "kind", PAPER), Field("name", "name"), Field("type", "type")])

    @staticmethod
    def number(n, year=2020):
        """As this rehearsal numbers its grievances; the real layout is not published."""
        return f"PGMS/{year}/{n:06d}"

    @staticmethod
    def receipt(ack, stream="action"):
        return f"PG-{'ACK' if stream == 'action' else 'PAP'}-{ack:07d}"

    def complete(self, record):
        return {"status": "FWDD", "received_at": record.get("marked_at"), **record}

    def held(self):
        out = super().held()
        for row in self.sql("SELECT no, status FROM grievance"):
            out[row["no"]]["status_text"] = row["status"].partition("|")[2]
            out[row["no"]]["category_text"] = CATEGORY.get(out[row["no"]].get("category"))
        for row in self.sql("SELECT no, seq, status FROM movement"):
            for a in out[row["no"]]["actions"]:
                if a["key"] == str(row["seq"]):
                    a["action_text"] = row["status"].partition("|")[2]
        return out

    def start(self):
        plain = free_port()
        here = Path(__file__).resolve().parent
        php = self.run("php", "-d", "post_max_size=0", "-d", "memory_limit=256M", "-d", "display_errors=stderr", "-d", "log_errors=1",
                       "-d", "opcache.enable_cli=1", "-q", "-S", f"127.0.0.1:{plain}", here / "pgms_server.php", PGMS_DIR=str(self.folder),
                       PGMS_CLOCK=str(self.clock), PGMS_USER=self.user, PGMS_WSDL=str(ROOT / "mappings" / "pgms.wsdl"))
        wait_port(plain, "PHP", php)
        self.front = TlsFront(self.folder / "tls", plain)
        self.ca = self.front.ca
        return self.front.url("/pgms/services/Grievances")

    def stop(self):
        self.front.stop()
        super().stop()
