#!/usr/bin/python3
"""Rehearsal portal of UP IGRS: the contract of mappings/igrs.wsdl served over HTTPS, with a store of its own.

    igrs.py --dir DIR [--port 0] [--user bridge]

DIR takes: ca.pem (whom to trust), server.pem, password (of the user, made when absent), store.db (see store.py), log,
and, once calls are served, url and pid. Ends on SIGTERM. "Now" is BRIDGE_NOW (a time, or @FILE), else the real time.

Spyne reads the envelope, validates by the contract and finds the operation; cheroot serves; SQLite keeps.
"""
import argparse
import base64
import hashlib
import hmac
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from spyne.server.wsgi import WsgiApplication

from contract import Contract
from messages import Grievances
from store import Clock, Store, ist, utc
from unit_names import unit_named
from warm import begin

MAPPINGS = Path(__file__).resolve().parent.parent.parent / "mappings"
MAX_REQUEST = 64 * 1024 * 1024
SOAP_FAULT = """<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>\
<faultcode>soap:{0}</faultcode><faultstring>{1}</faultstring></soap:Fault></soap:Body></soap:Envelope>"""
STATUS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 413: "Content Too Large",
          429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}
HTML = b"<!DOCTYPE html><html><body><h1>Maintenance</h1><p>The portal is closed for the night.<br></body></html>"


class Gateway(wsgi.Gateway_10):
    """Gives the application the connection, so that it can break it."""

    def get_environ(self):
        environ = super().get_environ()
        environ["portal.connection"] = self.req.conn
        return environ


class Broken(Exception):
    """The connection was ended on purpose."""


class Portal:
    """The WSGI application: authentication, ordered faults, and spyne for all that is SOAP."""

    def __init__(self, service, contract, user, password):
        self.service, self.contract = service, contract
        self.spyne = WsgiApplication(contract.application(service))
        self.token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.url = ""

    def __call__(self, environ, start):
        if environ["REQUEST_METHOD"] == "GET":
            if environ.get("QUERY_STRING", "").lower() == "wsdl":
                return self.answer(start, "200 OK", self.contract.published(self.url))
            return self.answer(start, "404 Not Found", b"not here", "text/plain")
        if not self.known(environ):
            return self.answer(start, "401 Unauthorized", b"who is it?", "text/plain",
                               [("WWW-Authenticate", 'Basic realm="IGRS"')])
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > MAX_REQUEST:
            return self.answer(start, "413 Content Too Large", b"too large", "text/plain")
        body = environ["wsgi.input"].read(length) if length else environ["wsgi.input"].read()
        return self.call(environ, start, body)

    def known(self, environ):
        kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        return kind.lower() == "basic" and hmac.compare_digest(token.strip(), self.token)

    def call(self, environ, start, body):
        operation = self.operation(environ, body)
        store = self.service.store
        kind, arg = store.take_fault(operation) or (None, "")
        before = store.db.total_changes
        try:
            if kind == "drop_before":
                self.end(environ)
            if kind == "delay":
                time.sleep(float(arg))
            if kind == "http":
                code = int(arg)
                extra = [("Retry-After", "1")] if code in (429, 503) else []
                return self.answer(start, f"{code} {STATUS.get(code, 'Status')}", HTML, "text/html", extra)
            if kind == "html":
                return self.answer(start, "200 OK", HTML, "text/html; charset=utf-8")
            if kind == "error":
                return self.answer(start, "200 OK", f"<error>{escape(arg)}</error>".encode())
            if kind == "fault":
                return self.fault(start, arg or "Server")
            self.service.local.effect = kind != "no_effect"
            self.service.local.filters = kind != "unfiltered"
            status, reply = self.soap(environ, body)
            if kind == "drop":
                self.end(environ)
            if kind == "effect_no_reply":
                return self.fault(start, "Server")
            if kind == "malformed":
                reply = reply[:reply.rindex(b"</")]
            if kind == "truncated":
                head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {len(reply)}\r\n\r\n"
                environ["portal.connection"].socket.sendall(head.encode() + reply[:len(reply) // 2])
                self.end(environ)
            return self.answer(start, status, reply)
        finally:
            store.note_call(operation, store.db.total_changes - before)

    def operation(self, environ, body):
        word = environ.get("HTTP_SOAPACTION", "").strip('"').rpartition("/")[2]
        if word not in self.contract.operations:
            found = re.search(rb"<(?:[\w.-]+:)?Body[^>]*>\s*<(?:[\w.-]+:)?(\w+)", body)
            word = found.group(1).decode() if found else ""
        return word if word in self.contract.operations else "?"

    def soap(self, environ, body):
        """(status line, reply) of spyne."""
        said = []
        environ["wsgi.input"] = Input(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        self.service.spoiled.clear()
        reply = b"".join(self.spyne(environ, lambda status, headers, *_: said.append(status)))
        for code, data in self.service.spoiled.items():
            reply = reply.replace(f"<?raw {code}?>".encode(), data)
        return said[0], reply

    def fault(self, start, code):
        return self.answer(start, "500 Internal Server Error",
                           SOAP_FAULT.format(escape(code), "as ordered").encode())

    @staticmethod
    def answer(start, status, body, kind="text/xml; charset=utf-8", extra=()):
        start(status, [("Content-Type", kind), ("Content-Length", str(len(body))), *extra])
        return [body]

    @staticmethod
    def end(environ):
        try:
            environ["portal.connection"].socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        raise Broken


class Input:
    """A request body that was read already."""

    def __init__(self, data):
        self.data = data

    def read(self, size=-1):
        if size is None or size < 0:
            size = len(self.data)
        out, self.data = self.data[:size], self.data[size:]
        return out


class Service(Grievances):
    """The portal's operations; "no_effect" and "unfiltered" are ordered for one call of this thread."""

    def SubmitActions(self, request):
        return super().SubmitActions(request, effect=getattr(self.local, "effect", True), filters=getattr(self.local, "filters", True))

    def SubmitFile(self, request):
        return super().SubmitFile(request, effect=getattr(self.local, "effect", True))


def certificates(folder):
    """A private CA and a certificate of this host, made once."""
    if (folder / "server.pem").exists():
        return
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-days", "60"]
    run = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Rehearsal CA",
                    "-addext", "keyUsage=critical,keyCertSign"], **run)
    subprocess.run([*new, "-keyout", "server.key", "-out", "server.tmp", "-subj", "/CN=localhost",
                    "-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], **run)
    (folder / "server.tmp").rename(folder / "server.pem")
    for name in ("ca.key", "server.key"):
        (folder / name).chmod(0o600)


def put(path, text, mode=0o644):
    """A file that is there whole or not at all."""
    new = path.with_name(path.name + ".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as f:
        f.write(text)
    new.rename(path)


# canonical words = the portal's
SOURCE = {"CM": "CM Reference", "DM": "DM Reference", "CMHL": "CM Helpline 1076", "PG": "PG Portal", "ONL": "Online",
          "TSD": "Tehsil Samadhan Diwas", "THSD": "Thana Samadhan Diwas", "EDIST": "e-District", "OFFL": "Offline",
          "DIV": "Divisional Commissioner"}
CATEGORY = {"CRIME": "Crime", "WOMEN": "Crime against women", "CYBER": "Cyber crime", "NOFIR": "FIR not registered",
            "POLMISC": "Police conduct", "CORRUPT": "Corruption", "TRAFFIC": "Traffic", "PROPERTY": "Land and property",
            "LAWORDER": "Law and order", "ILLTRADE": "Illegal trade", "VERIF": "Verification", "SUGGEST": "Suggestion",
            "SERVICE": "Service matter", "HR": "Human rights", "OTHER": "Other"}
GENDER = {"M": "Male", "F": "Female", "T": "Third gender", "U": "Not stated"}
WORD = {"RECV": "RECEIVED", "FWDD": "MARKED", "REGD": "REGISTERED", "ASGN": "OFFICER_NAMED", "ENQR": "PENDING_L1",
        "INFO": "INFO_SOUGHT", "INTR": "INTERIM_REPLY", "ATRS": "REPORT_UPLOADED", "ATRR": "REPORT_RETURNED", "DISP": "DISPOSED",
        "REOP": "REOPENED", "TRNO": "OTHER_DEPARTMENT", "RJCT": "NOT_ENTERTAINED", "DUPL": "DUPLICATE", "WDRN": "WITHDRAWN",
        "RMND": "REMINDER"}
DISPOSAL = {"FIR": "FIR_REGISTERED", "NCR": "NCR_REGISTERED", "GDE": "GD_ENTRY", "PREV": "PREVENTIVE_ACTION", "CHAL": "CHALLAN",
            "COMP": "COMPROMISE", "CIVL": "CIVIL_MATTER", "NSUB": "NOT_SUBSTANTIATED", "SUBJ": "SUB_JUDICE", "DUPL": "DUPLICATE",
            "TRNS": "TRANSFERRED", "WDRN": "WITHDRAWN", "ANON": "ANONYMOUS", "SERV": "SERVICE_MATTER", "INSF": "DETAILS_INSUFFICIENT",
            "DEPT": "DEPARTMENTAL_ACTION", "NOAC": "NO_ACTION", "SUGG": "SUGGESTION_NOTED", "OTHR": "OTHER"}
SATISFIED = {"Y": "Yes", "N": "No", "U": "Not reached"}
MODE = {"SMS": "SMS", "CALL": "Call", "WEB": "Web", "QR": "QR", "VISIT": "Visit"}
FILE = {"COMPLAINT": "GRIEVANCE", "EVIDENCE": "EVIDENCE", "ATR": "REPORT", "ORDER": "ORDER", "REPLY": "REPLY",
        "SITE_PHOTO": "SITE_PHOTO", "NOTE": "NOTE"}
SAME = {"number": "code", "priority": "priority", "parent_origin": "parent_system", "parent_number": "parent_number",
        "subject": "subject", "body": "details", "complainant": "name", "relative_name": "father_name", "age": "age",
        "mobile": "mobile", "email": "email", "address": "address", "pincode": "pin", "police_number": "police_number"}
WORDS = {"ref_type": ("source", SOURCE), "category": ("category", CATEGORY), "gender": ("gender", GENDER), "status": ("status", WORD)}
TIMES = {"received_at": "received_on", "marked_at": "marked_on", "due_at": "due_on", "changed_at": "changed_on"}


def back(table, word):
    return next((ours for ours, theirs in table.items() if theirs == word), word)


def kept(**fields):
    return {name: value for name, value in fields.items() if value is not None and value != ""}


class Peer:
    """The portal as the other rehearsal peers are: canonical fields and values in and out."""

    system = "igrs"

    def __init__(self, folder, clock):
        self.folder = Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "url").unlink(missing_ok=True)
        self.log = open(self.folder / "out", "ab")
        self.process = begin(Path(__file__).resolve(), "--dir", self.folder, "--port", "0", log=self.log,
                             env=dict(os.environ, BRIDGE_NOW=f"@{clock}"))
        limit = time.monotonic() + 60
        while not (self.folder / "url").exists():
            if self.process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"igrs: no server: {(self.folder / 'out').read_text()}")
            time.sleep(0.02)
        self.url = (self.folder / "url").read_text().strip()
        self.store = Store(self.folder / "store.db", Clock(f"@{clock}"))
        self.conf = (f"mapping = igrs.map\nurl = {self.url}\nuser = bridge\npassword = file:{self.folder}/password\n"
                     f"ca = {self.folder}/ca.pem\n")

    @property
    def calls(self):
        return self.store.calls()

    @property
    def changes(self):
        return self.store.changes()

    def forget_calls(self):
        self.store.forget_calls()

    def fault(self, operation, kind, arg="", times=1):
        self.store.fault(operation, kind, arg, times)

    @staticmethod
    def _row(r):
        row = {there: r[here] for here, there in SAME.items() if r.get(here) is not None}
        row.update({column: table[r[field]] for field, (column, table) in WORDS.items() if r.get(field) is not None})
        row.update({column: ist(r[field]) for field, column in TIMES.items() if r.get(field)})
        if r.get("unit"):
            row["district_code"] = r["unit"].removeprefix("UP-")
        return row

    @staticmethod
    def _file(f):
        return {"id": f["key"], "name": f["name"], "type": f.get("type"), "role": FILE.get(f.get("role")),
                "content": f["bytes"] if "bytes" in f else Path(f["path"]).read_bytes()}

    @staticmethod
    def _feedback(code, f):
        out = {"code": code, "satisfied": SATISFIED[f["satisfied"]], "rating": f.get("rating"), "mode": MODE.get(f.get("mode")),
               "text": f.get("text")}
        return dict(out, given_on=ist(f["at"])) if "at" in f else out

    def add(self, records):
        made = []
        (n,) = self.store.sql("SELECT count(*) FROM grievance")[0]
        for i, r in enumerate(records, 1):
            g = {"code": f"{30020000000000 + n + i:014d}", "name": "-", **self._row(r)}
            g.setdefault("marked_on", g.get("received_on"))
            g["files"] = [self._file(f) for f in r.get("files") or ()]
            if "actions" in r:
                g["actions"] = [{"action_on": ist(a["at"]), "action_code": WORD[a["action"]], "office": a.get("office"),
                                 "remarks": a.get("text"), "moved_to": a.get("to_unit") and a["to_unit"].removeprefix("UP-"),
                                 "number_there": a.get("to_number")} for a in r["actions"]]
            made.append((g, r))
        self.store.add_complaints([g for g, _ in made])
        self.store.add_feedback([self._feedback(g["code"], f) for g, r in made for f in r.get("feedback") or ()])

    def change(self, number, **fields):
        row = self._row(fields)
        self.store.change(number, **row)
        with self.store as s:
            for a in fields.get("actions") or ():
                (n,) = s.sql("SELECT coalesce(max(seq), 0) FROM office_action WHERE code = ?", number)[0]
                s.db.execute("INSERT INTO office_action VALUES (?,?,?,?,?,?,?,?)",
                             (number, n + 1, ist(a["at"]), WORD[a["action"]], a.get("office"), a.get("text"),
                              a.get("to_unit") and a["to_unit"].removeprefix("UP-"), a.get("to_number")))
            for f in map(self._file, fields.get("files") or ()):
                s.db.execute("INSERT INTO file VALUES (?,?,?,?,?,?,?)",
                             (number, f["id"], f["name"], f["type"], len(f["content"]), f["role"], f["content"]))
        self.store.add_feedback([self._feedback(number, f) for f in fields.get("feedback") or ()])

    def held(self):
        out = {}
        for (code,) in self.store.sql("SELECT code FROM grievance ORDER BY code"):
            g = self.store.grievance(code)
            r = {here: g[there] for here, there in SAME.items() if g[there] not in (None, "")}
            r.update({f: back(t, g[c]) for f, (c, t) in WORDS.items() if g[c]})
            r.update({f: utc(g[c]) for f, c in TIMES.items() if g[c]})
            r.update(unit="UP-" + g["district_code"], actions=[], files=[], feedback=[])
            out[code] = r
        for code, seq, on, action, office, remarks, moved, there in self.store.sql("SELECT * FROM office_action ORDER BY code, seq"):
            out[code]["actions"].append(kept(key=str(seq), action=back(WORD, action), at=utc(on), office=office, text=remarks,
                                             to_unit=moved and f"UP-{moved}", to_number=there))
        for code, ident, name, kind, size, role, data in self.store.sql("SELECT * FROM file ORDER BY code, id"):
            out[code]["files"].append(kept(key=ident, name=name, type=kind, size=size, role=role and back(FILE, role),
                                           sha256=data and hashlib.sha256(data).hexdigest()))
        for code, ident, on, satisfied, rating, mode, text in self.store.sql("SELECT * FROM feedback ORDER BY code, id"):
            out[code]["feedback"].append(kept(key=ident, at=utc(on), satisfied=back(SATISFIED, satisfied), rating=rating,
                                              mode=mode and back(MODE, mode), text=text))
        return out

    def told(self, number=None):
        out = [kept(reference=a["reference"], number=a["code"], stream="action", action=back(WORD, a["action_code"]),
                    at=utc(a["action_on"]), text=a["remarks"], officer_name=a["officer_name"], officer_rank=a["officer_rank"],
                    officer_mobile=a["officer_mobile"], police_number=a["police_number"],
                    disposal=a["disposal_code"] and back(DISPOSAL, a["disposal_code"]), to_unit=unit_named(a["moved_to"]),
                    to_number=a["number_there"], taken_at=utc(a["accepted_on"]))
               for a in self.store.police_actions(number)]
        return out + [kept(reference=f["reference"], number=f["code"], stream="attachment", name=f["name"], type=f["type"],
                           size=f["size"] and int(f["size"]), role=f["role"] and back(FILE, f["role"]),
                           sha256=hashlib.sha256(f["content"]).hexdigest(), taken_at=utc(f["accepted_on"]))
                      for f in self.store.police_files(number)]

    def stop(self):
        self.store.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self.log.close()


def main():
    words = argparse.ArgumentParser(description="rehearsal portal of UP IGRS")
    words.add_argument("--dir", required=True, type=Path)
    words.add_argument("--port", type=int, default=0)
    words.add_argument("--user", default="bridge")
    args = words.parse_args()
    folder = args.dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("url", "pid"):
        (folder / name).unlink(missing_ok=True)

    certificates(folder)
    if not (folder / "password").exists():
        put(folder / "password", secrets.token_urlsafe(18), 0o600)
    clock = Clock()
    Store(folder / "store.db", clock).close()
    service = Service(lambda: Store(folder / "store.db", clock))
    contract = Contract(MAPPINGS / "igrs.wsdl", MAPPINGS / "igrs.xsd")
    portal = Portal(service, contract, args.user, (folder / "password").read_text().strip())

    log = open(folder / "log", "a", buffering=1, encoding="utf-8")
    server = wsgi.Server(("127.0.0.1", args.port), portal, numthreads=4, timeout=120, shutdown_timeout=1)
    server.gateway = Gateway
    server.ssl_adapter = BuiltinSSLAdapter(str(folder / "server.pem"), str(folder / "server.key"))
    server.error_log = lambda text="", level=20, traceback=False: note(log, text, traceback)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    server.prepare()
    portal.url = f"https://127.0.0.1:{server.bind_addr[1]}/ws/grievances"
    put(folder / "pid", f"{os.getpid()}\n")
    put(folder / "url", portal.url + "\n")
    try:
        server.serve()
    finally:
        (folder / "url").unlink(missing_ok=True)
        (folder / "pid").unlink(missing_ok=True)
        server.stop()


def note(log, text, traceback):
    kind, value, _ = sys.exc_info()
    if kind is Broken:
        return
    if traceback and kind is not None:
        import traceback as tb
        text += "\n" + tb.format_exc()
    log.write(text + "\n")


if __name__ == "__main__":
    main()
