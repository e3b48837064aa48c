#!/usr/bin/python3
"""Rehearsal CPGRAMS: spyne in the shape of a .NET .asmx service, by cheroot over HTTPS.

    cpgrams_server.py FOLDER CLOCK USER

GetGrievances and GetStatusCount give a string that holds XML (which says "utf-16" of itself, as a .NET StringWriter does);
GetMovements and GetRegistrationNumbers give a DataSet as a diffgram, with earlier versions of rows below diffgr:before, and
nothing at all below the diffgram when there are no rows; PushAction is rpc, its parts in no namespace. FOLDER holds store.db,
password, server.pem and server.key; it takes url.
"""
import base64
import hashlib
import hmac
import logging
import os
import re
import signal
import socket
import sqlite3
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from spyne import Application, ByteArray, ComplexModel, DateTime, Integer, Service, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

from soap_peers import note_call, take_fault

NS = "http://tempuri.org/"
IST = timezone(timedelta(hours=5, minutes=30))
LONGEST = 4000              # characters of a report
LARGEST = 4 * 1024 * 1024   # bytes of a document
FAULT = """<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>\
<soap:Fault><faultcode>soap:{}</faultcode><faultstring>System.Web.Services.Protocols.SoapException: as ordered</faultstring>\
<detail/></soap:Fault></soap:Body></soap:Envelope>"""
# what a pushed action makes of the grievance: code and words
EFFECT = {10: "10|Grievance received", 20: "20|Forwarded to subordinate organisation", 22: "22|With Grievance Redressal Officer",
          30: "30|Under process", 35: "35|Clarification sought", 40: "40|Interim reply", 45: "45|ATR submitted",
          46: "46|Returned by higher office", 50: "50|CASE DISPOSED OF", 51: "50|No action required", 52: "55|Feedback window over",
          53: "50|Closed as duplicate", 60: "60|Reopened", 70: "70|Transferred",
          80: "80|Withdrawn"}

logging.getLogger("spyne").setLevel(logging.CRITICAL)
local = threading.local()
folder = clock = None


def db():
    if not hasattr(local, "db"):
        local.db = sqlite3.connect(folder / "store.db", timeout=60, isolation_level=None)
        local.db.row_factory = sqlite3.Row
    return local.db


def now():
    text = clock.read_text().splitlines()[0].strip()
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")


def stored(at):
    """A time that spyne read, as the store writes it."""
    if at is None:
        return ""
    if at.tzinfo is None:
        at = at.replace(tzinfo=IST)
    return at.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")


def dump(text):
    """As its open data spell a time: 2020-11-05T12:00:00.000+0530"""
    return text and f"{text[:10]}T{text[11:]}.000+0530"


def iso(text):
    return text and f"{text[:10]}T{text[11:]}+05:30"


def el(name, text):
    return "" if text is None else f"<{name}>{escape(str(text))}</{name}>"


def page(query, since, after, until, rows):
    found = db().execute(query, (stored(since), after or "", stored(until), rows + 1)).fetchall()
    return found[:rows], len(found) > rows


def raw(text):
    """A text that takes the place of itself in the reply, unescaped."""
    token = f"@@{len(local.raw)}@@"
    local.raw[token] = text
    return token


def dataset(table, columns, rows, before=(), more=None):
    """A DataSet as asmx writes it; rows are lists of texts (None = absent), with what DataRow.RowState says."""
    fields = "".join(f'<xs:element name="{name}" type="xs:{kind}" minOccurs="0"/>' for name, kind in columns)
    schema = (f'<xs:schema id="NewDataSet" xmlns="" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
              f'xmlns:msdata="urn:schemas-microsoft-com:xml-msdata"><xs:element name="NewDataSet" msdata:IsDataSet="true" '
              f'msdata:UseCurrentLocale="true"><xs:complexType><xs:choice minOccurs="0" maxOccurs="unbounded"><xs:element name="{table}">'
              f'<xs:complexType><xs:sequence>{fields}</xs:sequence></xs:complexType></xs:element><xs:element name="Page"><xs:complexType>'
              f'<xs:sequence><xs:element name="More" type="xs:boolean" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>'
              f'</xs:choice></xs:complexType></xs:element></xs:schema>')

    def row(n, values, state):
        changes = f' diffgr:hasChanges="{state}"' if state else ""
        return (f'<{table} diffgr:id="{table}{n + 1}" msdata:rowOrder="{n}"{changes}>'
                + "".join(el(c[0], v) for c, v in zip(columns, values)) + f"</{table}>")

    inside = "".join(row(n, values, state) for n, (values, state) in enumerate(rows))
    if rows:
        inside = (f'<NewDataSet xmlns="">{inside}<Page diffgr:id="Page1" msdata:rowOrder="0"><More>{str(bool(more)).lower()}</More></Page>'
                  "</NewDataSet>")
    if before:
        inside += "<diffgr:before>" + "".join(row(n, values, None).replace("<" + table, f'<{table} xmlns=""', 1)
                                              for n, values in before) + "</diffgr:before>"
    return raw(schema + '<diffgr:diffgram xmlns:msdata="urn:schemas-microsoft-com:xml-msdata" '
               f'xmlns:diffgr="urn:schemas-microsoft-com:xml-diffgram-v1">{inside}</diffgr:diffgram>')


class PushResult(ComplexModel):
    __namespace__ = NS
    Reference, Code, Receipt, Message = Unicode, Integer, Unicode, Unicode


class Found(ComplexModel):
    __namespace__ = NS
    Reference, Receipt = Unicode, Unicode
    On = DateTime


class FoundList(ComplexModel):
    __namespace__ = NS
    Push = Found.customize(max_occurs="unbounded")


class CpgramsService(Service):
    # ---- strings that hold XML

    @rpc(DateTime, Unicode, DateTime, Integer, _returns=Unicode)
    def GetGrievances(ctx, sinceDate, afterNo, untilDate, maxRows):
        rows, more = page("SELECT * FROM grievance WHERE (changed, no) > (?, ?) AND changed <= ? ORDER BY changed, no LIMIT ?", sinceDate,
                          afterNo, untilDate, maxRows)
        out = [f'<?xml version="1.0" encoding="utf-16"?>\r\n<Grievances more="{str(more).lower()}">']
        for g in rows:
            code, text = g["status"].split("|", 1)
            out += ["<Grievance>", el("registration_no", g["no"]), el("org_code", g["org"]), el("action_status", code),
                    el("action_name", text), el("CategoryV7", g["category"]), el("category_text", g["category_text"]),
                    el("urgent", g["urgent"]), el("subject_content", g["subject"]), el("subject_content_text", g["content"]),
                    el("name", g["name"]), el("sex", g["sex"]), el("mobile", g["mobile"]), el("email", g["email"]),
                    el("address", g["address"]), el("pincode", g["pin"]), el("DiaryDate", dump(g["diary_date"])),
                    el("recvd_date", dump(g["recvd"])), el("v7_target", dump(g["target"])), el("changed_on", dump(g["changed"]))]
            files = db().execute("SELECT * FROM document WHERE no = ? ORDER BY id", (g["no"],)).fetchall()
            if files:
                out.append("<Files>")
                for f in files:
                    content = base64.encodebytes(Path(f["path"]).read_bytes()).decode()
                    out += ["<File>", el("id", f["id"]), el("kind", f["kind"]), el("name", f["name"]), el("type", f["type"]),
                            el("size", f["size"]), el("content", content), "</File>"]
                out.append("</Files>")
            for f in db().execute("SELECT * FROM feedback WHERE no = ? ORDER BY id", (g["no"],)):
                out += ["<Feedback>", el("id", f["id"]), el("rating_date", dump(f["at"])), el("rating", f["rating"]),
                        el("satisfied", f["satisfied"]), el("comments", f["comments"]), "</Feedback>"]
            out.append("</Grievance>")
        out.append("</Grievances>")
        return "".join(out)

    @rpc(DateTime, DateTime, _returns=Unicode)
    def GetStatusCount(ctx, fromDate, toDate):
        out = ['<?xml version="1.0" encoding="utf-16"?>\r\n<Counts>']
        for c in db().execute("SELECT org, status, substr(recvd, 1, 10) AS day, count(*) AS n FROM grievance WHERE recvd BETWEEN ? AND ?"
                              " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3", (stored(fromDate), stored(toDate))):
            code, text = c["status"].split("|", 1)
            out.append(f"<Count org={quoteattr(c['org'])} day=\"{c['day']}\" status=\"{code}\" text={quoteattr(text)} n=\"{c['n']}\"/>")
        return "".join([*out, "</Counts>"])

    # ---- DataSets

    @rpc(DateTime, Unicode, DateTime, Integer, _returns=Unicode)
    def GetMovements(ctx, sinceDate, afterNo, untilDate, maxRows):
        columns = (("movement_id", "string"), ("registration_no", "string"), ("action_srno", "int"), ("action_status", "int"),
                   ("action_name", "string"), ("date_of_action", "dateTime"), ("org_name", "string"), ("reason", "string"),
                   ("remarks", "string"), ("to_org", "string"), ("to_registration_no", "string"), ("changed_on", "dateTime"))

        def values(m):
            code, text = m["status"].split("|", 1)
            return [m["id"], m["no"], m["seq"], code, text, iso(m["at"]), m["org_name"], m["reason"], m["remarks"],
                    m["to_org"], m["to_registration_no"], iso(m["changed"])]

        rows, more = page("SELECT * FROM movement WHERE (changed, id) > (?, ?) AND changed <= ? ORDER BY changed, id LIMIT ?", sinceDate,
                          afterNo, untilDate, maxRows)
        before = []
        for n, m in enumerate(rows):
            before += [(n, values(b)) for b in db().execute("SELECT * FROM movement_before WHERE id = ? ORDER BY rowid", (m["id"],))]
        deleted = db().execute("SELECT * FROM movement_before WHERE id NOT IN (SELECT id FROM movement)").fetchall() if rows else []
        before += [(len(rows) + i, values(b)) for i, b in enumerate(deleted)]
        changed = {n for n, _ in before}
        return dataset("Movement", columns, [(values(m), "modified" if n in changed else "inserted" if n % 2 else None)
                                             for n, m in enumerate(rows)], before, more)

    @rpc(DateTime, Unicode, DateTime, Integer, _returns=Unicode)
    def GetRegistrationNumbers(ctx, sinceDate, afterNo, untilDate, maxRows):
        columns = (("registration_no", "string"), ("org_code", "string"), ("action_status", "int"), ("action_name", "string"),
                   ("recvd_date", "dateTime"), ("changed_on", "dateTime"))
        rows, more = page("SELECT * FROM grievance WHERE (changed, no) > (?, ?) AND changed <= ? ORDER BY changed, no LIMIT ?", sinceDate,
                          afterNo, untilDate, maxRows)
        return dataset("Registration", columns, [([g["no"], g["org"], *g["status"].split("|", 1), iso(g["recvd"]), iso(g["changed"])], None)
                                                 for g in rows], (), more)

    # ---- what the police send

    @rpc(Unicode, Unicode, Integer, DateTime, Unicode, Unicode, Unicode, DateTime, Unicode, Unicode, Unicode, Unicode, Unicode,
         Unicode, Unicode, _returns=Unicode)
    def PushAction(ctx, reference, registration_no, action_status, date_of_action, org_name, remarks, reason, expected_date, officer_name,
                   officer_designation, officer_mobile, police_no, outcome, to_org, to_registration_no):
        if action_status not in EFFECT:
            code, receipt, message = 21, None, "no such action_status"
        elif len(remarks or "") > LONGEST:
            code, receipt, message = 22, None, "the report is too long"
        elif action_status == 40 and expected_date is None:
            code, receipt, message = 23, None, "an interim reply needs its expected date"
        else:
            code, receipt, message = take("pushed", {
                "reference": reference, "no": registration_no, "status": action_status, "at": stored(date_of_action), "remarks": remarks,
                "expected": stored(expected_date) or None, "officer": officer_name, "designation": officer_designation,
                "mobile": officer_mobile, "office": org_name, "police_no": police_no, "outcome": outcome, "reason": reason,
                "to_org": to_org, "to_registration_no": to_registration_no},
                EFFECT[action_status])
        return raw("<return xmlns=\"\">" + el("Reference", reference) + el("Code", code) + el("Receipt", receipt)
                   + el("Message", message) + "</return>")

    @rpc(Unicode, Unicode, Unicode, Unicode, Unicode, ByteArray, _returns=PushResult)
    def PushDocument(ctx, reference, registrationNo, kind, fileName, fileType, content):
        content = b"".join(content or ())
        if not content.startswith(b"%PDF-"):
            return PushResult(Reference=reference, Code=31, Message="only PDF")
        if len(content) > LARGEST:
            return PushResult(Reference=reference, Code=32, Message="larger than 4 MB")
        code, receipt, message = take("pushed_document", {
            "reference": reference, "no": registrationNo, "kind": kind, "name": fileName, "type": fileType, "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest()}, None)
        return PushResult(Reference=reference, Code=code, Receipt=receipt, Message=message)

    @rpc(Unicode, _returns=FoundList)
    def FindPush(ctx, reference):
        found = db().execute("SELECT reference, ack, taken, 'A' AS place FROM pushed WHERE reference = ?1 UNION ALL"
                             " SELECT reference, ack, taken, 'D' FROM pushed_document WHERE reference = ?1", (reference,)).fetchall()
        return FoundList(Push=[Found(Reference=f["reference"], Receipt=f"{f['place']}{f['ack']:08d}",
                                     On=datetime.fromisoformat(f["taken"]).replace(tzinfo=IST)) for f in found])


def take(table, row, status):
    """(0 done, 1 a repeat, or what is wrong; receipt; message)"""
    digest = hashlib.sha256(repr(sorted(row.items(), key=lambda kv: kv[0])).encode()).hexdigest()
    letter = "A" if table == "pushed" else "D"
    known = db().execute(f"SELECT ack, digest FROM {table} WHERE reference = ?", (row["reference"],)).fetchone()
    if known:
        return (1, f"{letter}{known['ack']:08d}", None) if known["digest"] == digest else (11, None, "the reference was used")
    if not db().execute("SELECT 1 FROM grievance WHERE no = ?", (row["no"],)).fetchone():
        return 12, None, "no such registration number"
    row = {**row, "digest": digest, "taken": now()}
    db().execute("BEGIN IMMEDIATE")
    ack = db().execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())).lastrowid
    if status:
        db().execute("UPDATE grievance SET status = ?, changed = max(changed, ?) WHERE no = ?", (status, row["taken"], row["no"]))
    db().execute("COMMIT")
    return 0, f"{letter}{ack:08d}", None


class Gateway(wsgi.Gateway_10):
    def get_environ(self):
        environ = super().get_environ()
        environ["peer.connection"] = self.req.conn
        return environ


class Broken(Exception):
    """The connection was ended on purpose."""


class Asmx:
    """The WSGI application: who it is, ordered faults, and spyne for all that is SOAP."""

    def __init__(self, token):
        self.token = token
        self.spyne = WsgiApplication(Application([CpgramsService], NS, name="CpgramsService", in_protocol=Soap11(validator="soft"),
                                                 out_protocol=Soap11()), max_content_length=32 * 1024 * 1024)

    def __call__(self, environ, start):
        kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "basic" or not hmac.compare_digest(token.strip(), self.token):
            return self.answer(start, "401 Unauthorized", b"", "text/html", [("WWW-Authenticate", 'Basic realm="CPGRAMS"')])
        operation = environ.get("HTTP_SOAPACTION", "").strip('"').rpartition("/")[2]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        keep = folder / "requests"
        if keep.is_dir():
            (keep / f"{len(os.listdir(keep)) + 1:06d}").write_bytes(body)
        kind, arg = take_fault(db(), operation)
        before = db().total_changes
        try:
            return self.call(environ, start, body, kind, arg)
        finally:
            note_call(db(), operation, db().total_changes - before)

    def call(self, environ, start, body, kind, arg):
        if kind == "drop_before":
            self.end(environ)
        if kind == "delay":
            time.sleep(float(arg))
        if kind in ("http", "html"):
            page = b"<!DOCTYPE html><html><h1>Runtime Error</h1><br>"
            return self.answer(start, f"{arg} As-Ordered" if kind == "http" else "200 OK", page, "text/html")
        if kind == "fault":
            return self.answer(start, "500 Internal Server Error", FAULT.format(escape(arg or "Server")).encode())
        status, reply = self.soap(environ, body)
        if kind == "drop":
            self.end(environ)
        if kind == "effect_no_reply":
            return self.answer(start, "500 Internal Server Error", FAULT.format("Server").encode())
        if kind == "malformed":
            reply = reply[:reply.rindex(b"</")]
        return self.answer(start, status, reply)

    def soap(self, environ, body):
        said = []
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = Input(body), str(len(body))
        local.raw = {}
        reply = b"".join(self.spyne(environ, lambda status, headers, *_: said.append(status)))
        for token, text in local.raw.items():
            reply = reply.replace(token.encode(), text.encode())
        # of an rpc reply the part stands in the wrapper itself
        reply = re.sub(rb"<tns:PushActionResult>(<return.*</return>)</tns:PushActionResult>", rb"\1", reply, flags=re.S)
        return said[0], reply

    @staticmethod
    def answer(start, status, body, kind="text/xml; charset=utf-8", extra=()):
        start(status, [("Content-Type", kind), ("Content-Length", str(len(body))), *extra])
        return [body]

    @staticmethod
    def end(environ):
        try:
            environ["peer.connection"].socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        raise Broken


class Input:
    """A request body that was read already."""

    def __init__(self, data):
        self.data = data

    def read(self, size=-1):
        size = len(self.data) if size is None or size < 0 else size
        out, self.data = self.data[:size], self.data[size:]
        return out


def main():
    global folder, clock
    folder, clock, user = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    token = base64.b64encode(f"{user}:{(folder / 'password').read_text().strip()}".encode()).decode()
    server = wsgi.Server(("127.0.0.1", 0), Asmx(token), numthreads=2, timeout=120, shutdown_timeout=1)
    server.gateway = Gateway
    server.ssl_adapter = BuiltinSSLAdapter(str(folder / "server.pem"), str(folder / "server.key"))
    server.error_log = lambda text="", level=20, traceback=False: sys.exc_info()[0] is Broken or print(text, sys.exc_info()[1],
                                                                                                       file=sys.stderr, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server.prepare()
    new = folder / "url.new"
    new.write_text(f"https://127.0.0.1:{server.bind_addr[1]}/CpgramsService.asmx\n")
    new.rename(folder / "url")
    server.serve()


if __name__ == "__main__":
    main()
