"""What the two XML peers share (Haryana CMS, Durg QR): cheroot serves plain HTTP, lxml checks every request and every
reply by the peer's own XSD, SQLite keeps, and stunnel stands in front of it with the certificates.

    class Service(xml_peer.Service):            # routes = {("GET", "/x"): "Name"}, one method for each name
    class Peer(xml_peer.Peer):                  # system = "...", clients = True: client certificates are required
"""
import base64
import hashlib
import hmac
import logging
import os
import re
import secrets
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qsl

from cheroot import wsgi
from lxml import etree

from igrs import STATUS, Broken, Gateway, put
from store import Clock
from tls_front import TlsFront, end, wait_port
from warm import begin

MAPPINGS = Path(__file__).resolve().parent.parent.parent / "mappings"
MAX_REQUEST = 512 * 1024 * 1024
PAGE_BYTES = 8 * 1024 * 1024
HTML = b"<!DOCTYPE html><html><body><h1>502</h1><p>The service is being restarted.<br></body></html>"


class Refused(Exception):
    """A request that the peer does not take: Refused(status, code, text)."""

    def __init__(self, status, code, text):
        super().__init__(code)
        self.status, self.code, self.text = status, code, text


class Form:
    """How a peer writes its XML: a namespace or none."""

    def __init__(self, namespace=None):
        self.namespace = namespace
        self.q = "{" + namespace + "}" if namespace else ""

    def root(self, name, **attributes):
        return etree.Element(self.q + name, attributes, nsmap={None: self.namespace} if self.namespace else None)

    def add(self, parent, name, text=None, **attributes):
        item = etree.SubElement(parent, self.q + name, attributes)
        if text is not None:
            item.text = text if isinstance(text, str) else str(text)
        return item

    def put(self, parent, name, text):
        """An element, unless there is nothing to say."""
        if text is not None and text != "":
            self.add(parent, name, text)

    def asked(self, item):
        """An element's simple children by name."""
        return {child.tag[len(self.q):]: child.text or "" for child in item if isinstance(child.tag, str) and not len(child)}


class Service:
    """A peer's operations. A method takes the query (a dict) or the request element and gives the reply element."""

    routes = {}
    form = Form()

    def __init__(self, open_store):
        self.local = threading.local()
        self.open_store = open_store

    @property
    def store(self):
        if not hasattr(self.local, "store"):
            self.local.store = self.open_store()
        return self.local.store

    def query(self, environ, allowed):
        """The query as a dict; a parameter that is not known is refused."""
        ask = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, strict_parsing=bool(environ.get("QUERY_STRING"))))
        if set(ask) - set(allowed):
            raise Refused(400, "PARAMETER", "no such parameter")
        return ask

    def fault(self, code, text):
        root = self.form.root("Fault")
        self.form.add(root, "Code", code)
        self.form.add(root, "Text", text)
        return root


class App:
    """The WSGI application: who is it, ordered faults, routes, the XSD."""

    def __init__(self, service, schema, log, token=None, wire=None):
        self.service, self.schema, self.log, self.token, self.wire = service, schema, log, token, wire

    def __call__(self, environ, start):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > MAX_REQUEST:
            return self.answer(start, 413, b"too large", "text/plain")
        body = environ["wsgi.input"].read(length) if length else environ["wsgi.input"].read()
        if self.wire and self.wire.exists():
            with open(self.wire, "ab") as f:
                f.write(repr({k: v for k, v in environ.items() if isinstance(v, str)}).encode() + b"\n" + body + b"\n")
        if self.token:
            kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
            if kind.lower() != "basic" or not hmac.compare_digest(token.strip(), self.token):
                return self.answer(start, 401, b"who is it?", "text/plain", [("WWW-Authenticate", 'Basic realm="peer"')])
        operation = self.service.routes.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if operation is None:
            return self.say(start, 404, self.service.fault("NOT_HERE", "no such address"))
        return self.call(environ, start, operation, body)

    def call(self, environ, start, operation, body):
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
                return self.answer(start, code, HTML, "text/html", [("Retry-After", "1")] if code in (429, 503) else [])
            if kind == "html":
                return self.answer(start, 200, HTML, "text/html; charset=utf-8")
            if kind == "error":
                return self.say(start, 200, self.service.fault("ERROR", arg))
            if kind == "fault":
                return self.say(start, 400, self.service.fault(arg or "BUSY", "as ordered"))
            self.service.local.effect = kind != "no_effect"
            status, reply = self.work(environ, operation, body)
            if kind == "drop":
                self.end(environ)
            if kind == "effect_no_reply":
                return self.say(start, 500, self.service.fault("SERVER", "as ordered"))
            if kind == "malformed":
                reply = reply[:reply.rindex(b"</")]
            if kind == "truncated":
                head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(reply)}\r\n\r\n"
                environ["portal.connection"].socket.sendall(head.encode() + reply[:len(reply) // 2])
                self.end(environ)
            return self.answer(start, status, reply)
        finally:
            store.note_call(operation, store.db.total_changes - before)

    def work(self, environ, operation, body):
        try:
            if environ["REQUEST_METHOD"] == "GET":
                if body:
                    raise Refused(400, "BODY", "a question has no body")
                said = environ
            else:
                said = self.read(environ, body)
            reply = getattr(self.service, operation)(said)
            status = 200
        except Refused as r:
            reply, status = self.service.fault(r.code, r.text), r.status
        lax = self.wire is not None and self.wire.with_name("lax").exists()      # ordered: a reply that the contract does not allow
        if not lax and not self.schema.validate(reply):
            first = self.schema.error_log[0]
            self.log(f"{operation}: the reply is not as the XSD says, line {first.line}: {first.message}")
            reply, status = self.service.fault("SERVER", "the reply is not as the contract says"), 500
        return status, etree.tostring(reply, xml_declaration=True, encoding="UTF-8")

    def read(self, environ, body):
        kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if kind not in ("text/xml", "application/xml"):
            raise Refused(415, "TYPE", "XML only")
        try:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
            root = etree.fromstring(body, parser)
        except etree.XMLSyntaxError:
            raise Refused(400, "NOT_XML", "not well-formed") from None
        if not self.schema.validate(root):
            first = self.schema.error_log[0]
            self.log(f"a request is not as the XSD says, line {first.line}: {first.type_name}")
            raise Refused(400, "NOT_VALID", f"line {first.line}: not as the contract says")
        return root

    def say(self, start, status, element):
        return self.answer(start, status, etree.tostring(element, xml_declaration=True, encoding="UTF-8"))

    @staticmethod
    def answer(start, status, body, kind="text/xml; charset=utf-8", extra=()):
        start(f"{status} {STATUS.get(status, 'OK' if status == 200 else 'Status')}",
              [("Content-Type", kind), ("Content-Length", str(len(body))), *extra])
        return [body]

    @staticmethod
    def end(environ):
        try:
            environ["portal.connection"].socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        raise Broken


def page(rows, limit, size_of):
    """(rows of this page, more): at most limit, and not more bytes than a page may have."""
    taken, room = [], PAGE_BYTES
    for row in rows[:limit]:
        room -= size_of(row)
        if taken and room < 0:
            return taken, True
        taken.append(row)
    return taken, len(rows) > limit


def decoded(text):
    """The bytes of a base64 element."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise Refused(400, "NOT_BASE64", "the content is not base64") from None


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def main(title, store_class, service_class, xsd):
    """A peer as a program: FOLDER [USER]. Writes FOLDER/port once it listens; ends on SIGTERM."""
    folder = Path(sys.argv[1]).resolve()
    token = None
    if len(sys.argv) > 2:
        password = (folder / "password").read_text().strip()
        token = base64.b64encode(f"{sys.argv[2]}:{password}".encode()).decode()
    logging.disable(logging.CRITICAL)
    clock = Clock()
    store_class(folder / "store.db", clock).close()
    log = open(folder / "log", "a", buffering=1, encoding="utf-8")
    schema = etree.XMLSchema(etree.parse(str(MAPPINGS / xsd)))
    app = App(service_class(lambda: store_class(folder / "store.db", clock)), schema, lambda text: log.write(text + "\n"), token,
              folder / "wire")
    server = wsgi.Server(("127.0.0.1", 0), app, numthreads=4, timeout=120, shutdown_timeout=1)
    server.gateway = Gateway
    server.error_log = lambda text="", level=20, traceback=False: note(log, text, traceback)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    server.prepare()
    put(folder / "port", f"{server.bind_addr[1]}\n")
    try:
        server.serve()
    finally:
        server.stop()


def note(log, text, traceback):
    kind, _, _ = sys.exc_info()
    if kind is Broken:
        return
    if traceback and kind is not None:
        import traceback as tb
        text += "\n" + tb.format_exc()
    log.write(text + "\n")


class Peer:
    """A peer in its folder: its server, the front, and its store, which the caller asks and feeds side by side with it."""

    system = ""
    program = ""
    store_class = None
    clients = False          # certificates are asked of callers
    user = None              # else a user and a password

    def __init__(self, folder, clock):
        self.folder = Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "port").unlink(missing_ok=True)
        if self.user:
            put(self.folder / "password", secrets.token_urlsafe(18) + "\n", 0o600)
        self.log = open(self.folder / "out", "ab")
        self.process = begin(Path(__file__).resolve().parent / self.program, self.folder, *([self.user] if self.user else []),
                             log=self.log, env=dict(os.environ, BRIDGE_NOW=f"@{clock}"))
        limit = time.monotonic() + 60
        while not (self.folder / "port").exists():
            if self.process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"{self.system}: no server: {(self.folder / 'out').read_text()}")
            time.sleep(0.02)
        port = int((self.folder / "port").read_text())
        wait_port(port, self.system, self.process)
        self.front = TlsFront(self.folder / "tls", port, clients=self.clients)
        self.store = self.store_class(self.folder / "store.db", Clock(f"@{clock}"))
        lines = f"mapping = {self.system}.map\nurl = {self.front.url('')}\n{self.front.conf}"
        if self.user:
            lines += f"user = {self.user}\npassword = file:{self.folder}/password\n"
        self.conf = lines

    def record_requests(self):
        """From now on every request is kept as it came: requests()."""
        (self.folder / "wire").touch()

    def requests(self):
        return (self.folder / "wire").read_bytes()

    def forget_the_contract(self):
        """From now on replies are sent as they come out, whatever the XSD says of them."""
        (self.folder / "lax").touch()

    @property
    def calls(self):
        return self.store.calls()

    @property
    def changes(self):
        """Rows that the calls of each operation changed."""
        return self.store.changes()

    def forget_calls(self):
        self.store.forget_calls()

    def fault(self, operation, kind, arg="", times=1):
        self.store.fault(operation, kind, arg, times)

    def add(self, records):
        self.store.add(records)

    def change(self, number, **fields):
        self.store.change(number, **fields)

    def held(self):
        return self.store.held()

    def told(self, number=None):
        return self.store.told(number)

    def stop(self):
        self.store.close()
        self.front.stop()
        end(self.process)
        self.log.close()


def backwards(table):
    """A table of words the other way; the first of several that are one."""
    out = {}
    for ours, theirs in table.items():
        out.setdefault(theirs, ours)
    return out


def moved(record, table):
    """The fields of a record, under the other names; None is left out."""
    return {there: record[here] for here, there in table.items() if record.get(here) is not None}


NUMBER = re.compile(r"^[A-Z0-9/-]{1,40}$")
