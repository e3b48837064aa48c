#!/usr/bin/python3
"""Rehearsal portal of UP IGRS: the contract of mappings/igrs.wsdl served over HTTPS, with a store of its own.

    igrs.py --dir DIR [--port 0] [--user bridge]

DIR takes: ca.pem (whom to trust), server.pem, password (of the user, made when absent), store.db (see store.py), log,
and, once calls are served, url and pid. Ends on SIGTERM. "Now" is BRIDGE_NOW (a time, or @FILE), else the real time.

Spyne reads the envelope, validates by the contract and finds the operation; cheroot serves; SQLite keeps.
"""
import argparse
import base64
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
from store import Clock, Store

MAPPINGS = Path(__file__).resolve().parent.parent.parent / "mappings"
MAX_REQUEST = 32 * 1024 * 1024
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
    """The portal's operations; "no_effect" is ordered for one call of this thread."""

    def SubmitActions(self, request):
        return super().SubmitActions(request, effect=getattr(self.local, "effect", True))


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
