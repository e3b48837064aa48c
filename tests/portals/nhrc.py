"""Rehearsal NHRC (HRCNet, the authorities' side): gSOAP, SOAP 1.1, files as MTOM parts both ways, TLS by gSOAP itself.
See nhrc_server.c and soap_peers.py. The server is built once, from the contract, into build/peers (or PEER_BUILD)."""
import hashlib
import os
import shutil
import subprocess
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from soap_peers import FAULTS, ROOT, UNITS, Field, SoapPeer, Table, day, mobile, moment, to_ist, to_utc
from tls_front import wait_port
from unit_names import unit_named

AREAS = {"DL": "30", **{f"DL-{code}": f"30/{n}" for n, (code, _) in enumerate(UNITS, 1)}}
STATUS = {"RECV": "10|Diary number given", "REGD": "20|Case registered", "FWDD": "30|Notice issued", "ENQR": "35|Report awaited",
          "INFO": "40|Comments of complainant sought", "ATRS": "60|Report received", "ATRR": "65|Further report called for",
          "DISP": "80|Relief recommended", "CLSD": "90|Closed", "REOP": "92|Reopened", "TRNO": "94|Transferred to State Commission",
          "RJCT": "96|Dismissed in limine", "DUPL": "98|Clubbed"}
STEPS = {**{ours: theirs.partition("|")[2] for ours, theirs in STATUS.items()}, "RMND": "Reminder issued"}
REPORT = {"REGD": "Acknowledgement", "ENQR": "Status report", "INTR": "Interim report", "ATRS": "Action taken report",
          "DISP": "Final report", "TRNO": "Transfer intimated"}
# the thirteen grounds of its scrutiny form
REASON = {"ILLEGIBLE": "1", "VAGUE": "2", "TRIVIAL": "3", "S36_1": "4", "S36_2": "5", "NOT_PUBLIC": "6", "CIVIL": "7", "SERVICE": "8",
          "LABOUR": "9", "NO_VIOLATION": "10", "SUBJUDICE": "11", "DECIDED": "12", "OTHER": "13"}
# incident code: its words, and what it is here
INCIDENT = {"804": ("Abuse of power", "POLMISC"), "807": ("Custodial death (police)", "HR"), "817": ("Unlawful detention", "HR"),
            "822": ("Police inaction", "NOFIR"), "830": ("Atrocity on a woman", "WOMEN"), "899": ("Other police matter", "OTHER")}
GENDER = {"M": "Male", "F": "Female", "T": "Third Gender", "U": "Unknown"}
KIND = {"COMPLAINT": "Complaint", "EVIDENCE": "Evidence", "ATR": "Action taken report", "ORDER": "Order", "REPLY": "Reply",
        "SITE_PHOTO": "Photograph", "NOTE": "Note"}
OUTCOME = {"FIR": "FIR", "NCR": "NCR", "GDE": "GD entry", "PREV": "Preventive", "CHAL": "Challan", "COMP": "Settled", "CIVL": "Civil",
           "NSUB": "Not substantiated", "SUBJ": "Sub judice", "DUPL": "Duplicate", "TRNS": "Transferred", "WDRN": "Withdrawn",
           "ANON": "Anonymous", "SERV": "Service", "INSF": "Insufficient", "DEPT": "Departmental", "NOAC": "No action",
           "SUGG": "Suggestion", "OTHR": "Other"}

SCHEMA = """
CREATE TABLE IF NOT EXISTS matter (no TEXT PRIMARY KEY, case_no, status TEXT NOT NULL, area, incident, incident_text, incident_on,
    subject, facts,
    respondent, directed_by, name, relative, gender, age, phone, email, address, pin, diary_date, sent_on, directed_on, weeks, due, reason,
    changed TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS matter_changed ON matter (changed, no);
CREATE TABLE IF NOT EXISTS proceeding (no, seq INTEGER, step, at, section, text, reason, moved_to, number_there, changed,
    PRIMARY KEY (no, seq));
CREATE TABLE IF NOT EXISTS document (id TEXT PRIMARY KEY, no, kind, name, type, size, path, changed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS report (ack INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT UNIQUE, digest, no, kind, at, text, expected,
    officer, rank, phone, office, police_no, outcome, reason, moved_to, number_there, taken);
CREATE TABLE IF NOT EXISTS report_document (ack INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT UNIQUE, digest, no, kind, name, type,
    size INTEGER, sha256, path, taken);
"""


def server():
    """The program, built when there is none of these sources."""
    here = Path(__file__).resolve().parent
    contract = here / "nhrc_contract.gsoap"
    units = ["nhrc_server.c", "nhrc_store.c", "nhrc_lists.c", "nhrc_reports.c"]
    sources = [contract, here / "nhrc_server.h", *(here / unit for unit in units)]
    mark = hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()[:16]
    kept = Path(os.environ.get("PEER_BUILD") or ROOT / "build/peers")
    kept.mkdir(parents=True, exist_ok=True)
    program = kept / f"nhrc_server-{mark}"
    if program.exists():
        return program
    folder = Path(tempfile.mkdtemp(prefix="nhrc-", dir=kept))
    try:
        for source in sources:
            shutil.copy(source, folder)
        for words in (["soapcpp2", "-c", "-S", "-L", "-x", "-w", "-1", "-I/usr/share/gsoap/import", contract.name],
                      ["gcc", "-O1", "-w", "-DWITH_IPV6", "-DWITH_OPENSSL", "-DWITH_GZIP", "-DWITH_DOM", "-I.", "-o", "nhrc_server",
                       *units, "soapC.c", "soapServer.c", "-lgsoapssl", "-lssl", "-lcrypto", "-lz", "-lsqlite3"]):
            done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"{words[0]}: {done.stdout}{done.stderr}")
        (folder / "nhrc_server").rename(program)
    finally:
        shutil.rmtree(folder)
    return program


class Peer(SoapPeer):
    system = "nhrc"
    faults = tuple(kind for kind in FAULTS if kind not in ("html", "malformed"))   # gSOAP writes no such thing
    schema = SCHEMA
    complaint = Table("matter", "no", [
        Field("number", "no"), Field("case_number", "case_no"), Field("status", "status", STATUS), Field("unit", "area", AREAS),
        Field("category_code", "incident"), Field("category_text", "incident_text"), Field("incident_on", "incident_on"),
        Field("subject", "subject"), Field("body", "facts"), Field("against", "respondent"), Field("addressed_by", "directed_by"),
        Field("complainant", "name"), Field("relative_name", "relative"), Field("gender", "gender", GENDER), Field("age", "age"),
        mobile("mobile", "phone"), Field("email", "email"), Field("address", "address"), Field("pincode", "pin"),
        moment("received_at", "diary_date"), moment("marked_at", "sent_on"), day("direction_at", "directed_on"), day("due_at", "due"),
        Field("weeks", "weeks"), Field("reason", "reason", REASON), moment("changed_at", "changed")])
    action = Table("proceeding", "seq", [
        Field("action", "step", STEPS), moment("at", "at"), Field("office", "section"), Field("text", "text"),
        Field("reason", "reason", REASON), Field("to_unit", "moved_to", AREAS), Field("to_number", "number_there")])
    file = Table("document", "id", [Field("role", "kind", KIND), Field("name", "name"), Field("type", "type")])
    told_action = Table("report", "ack", [
        Field("action", "kind", REPORT), moment("at", "at"), Field("text", "text"),
        Field("expected_at", "expected", get=lambda text: to_utc(text + " 00:00:00")), Field("officer_name", "officer"),
        Field("officer_rank", "rank"), mobile("officer_mobile", "phone"),
        Field("office", "office"), Field("police_number", "police_no"), Field("disposal", "outcome", OUTCOME),
        Field("reason", "reason", REASON), Field("to_unit", "moved_to", get=unit_named), Field("to_number", "number_there")])
    told_file = Table("report_document", "ack", [Field("role", "kind", KIND), Field("name", "name"), Field("type", "type")])

    @staticmethod
    def number(n, year=2020):
        """A diary number; the real layout is not published."""
        return f"{n}/IN/{year}"

    @staticmethod
    def case_number(n, area="30/3", year=2020, suffix="-PCD"):
        """Serial, state, district, year: 35765/30/1/2020-PCD."""
        return f"{n}/{area}/{year}{suffix}"

    @staticmethod
    def receipt(ack, stream="action"):
        return f"{'RPT' if stream == 'action' else 'DOC'}/{ack:06d}"

    def complete(self, record):
        """A direction is 4 weeks unless "weeks" says 6; the due day follows. "category" chooses an incident code."""
        category = record.pop("category", None)
        code = record.get("category_code") or next((c for c, (_, ours) in INCIDENT.items() if ours == category),
                                                   "899" if category else None)
        if code:
            record.update(category_code=code, category_text=INCIDENT.get(code, ("Unlisted",))[0])
        record = {"status": "FWDD", "received_at": record.get("marked_at"), **record}
        if record.get("direction_at"):
            record["weeks"] = record.get("weeks", 4)
            end = datetime.fromisoformat(to_ist(record["direction_at"])[:10]) + timedelta(weeks=record["weeks"])
            record.setdefault("due_at", end.strftime("%Y-%m-%dT00:00:00+05:30"))
        return record

    def held(self):
        out = super().held()
        for row in self.sql("SELECT no, status, incident FROM matter"):
            out[row["no"]]["status_text"] = row["status"].partition("|")[2]
            out[row["no"]].pop("weeks", None)
            if row["incident"] in INCIDENT:
                out[row["no"]]["category"] = INCIDENT[row["incident"]][1]
        for held in out.values():
            for action in held["actions"]:
                action["action_text"] = STEPS[action["action"]]
        return out

    def start(self):
        self.certificates()
        pem = self.folder / "tls.pem"
        pem.touch(0o600)
        pem.write_bytes((self.folder / "server.key").read_bytes() + (self.folder / "server.pem").read_bytes())
        (self.folder / "port").unlink(missing_ok=True)
        process = self.run(server(), self.folder, self.clock, self.user)
        self.wait_for_file(self.folder / "port", process)
        port = int((self.folder / "port").read_text())
        wait_port(port, "the rehearsal NHRC", process)
        return f"https://127.0.0.1:{port}/hrcnet/authority"
