"""Both SMS gateways of the rehearsal, over HTTPS in a thread of the caller: C-DAC Mobile Seva and NIC, as their clients in the open
use them. Each message is checked as they and the operator behind them do: account, hash, encoding, DLT numbers, registered words.

    gw = SmsGateway(folder)                    # folder takes certificates; gw.ca
    words = register(folder / "templates")     # the shipped words with numbers as if registered: a folder for "templates ="
    gw.words = words
    gw.conf("mobileseva")                      # lines of [notify], its secrets in the folder
    gw.taken                                   # [{"mobile": ..., "text": ..., "event": ..., "language": ...}]
    gw.faults = ["drop"]                       # of the next calls: drop, drop_before, silent, http 503, code 410, no_text, then none
    gw.refused                                 # codes that it answered but 402 and API000
    gw.keep = True                             # connections stay open between messages
    gw.hold()                                  # the next message is taken and not answered until gw.release()
"""
import csv
import hashlib
import re
import secrets
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tls_front import authority, leaf

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = ROOT / "mappings/templates/sms.csv"
ENTITY, SENDER, USER = "1101234500000012345", "STPOLC", "bridge.sms"
VAR = "{#var#}"
FORM = {"username", "password", "senderid", "content", "smsservicetype", "mobileno", "key", "templateid", "entityid"}
QUERY = {"username", "pin", "message", "mnumber", "signature", "dlt_entity_id", "dlt_template_id"}


def read_words(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def register(folder, change=lambda row: row):
    """The shipped words under numbers of registered ones, as a folder; {template_id: row}."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows = [change({**row, "template_id": "1107" + row["template_id"][4:]}) for row in read_words(SHIPPED)]
    with open(folder / "sms.csv", "w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    return {row["template_id"]: row for row in rows}


def fits(words, text):
    """As the operator does: the fixed parts to the letter, at most 30 characters in each place."""
    return re.fullmatch(".{0,30}".join(re.escape(part) for part in words.split(VAR)), text) is not None


class Refused(Exception):
    pass


class SmsGateway:
    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        authority(self.folder, "ca", "Rehearsal SMS CA")
        leaf(self.folder, "server", "ca", "localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1", "extendedKeyUsage=serverAuth")
        authority(self.folder, "other-ca", "Another CA")
        self.ca = self.folder / "ca.pem"
        self.password, self.key = secrets.token_urlsafe(12), secrets.token_hex(18)
        for name, text in (("sms.password", self.password), ("sms.key", self.key)):
            (self.folder / name).write_text(text + "\n")
            (self.folder / name).chmod(0o600)
        self.words, self.taken, self.faults, self.refused, self.requests = {}, [], [], [], 0
        self.lock, self.free, self.arrived = threading.Lock(), threading.Event(), threading.Event()
        self.free.set()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers.get("Content-Length") or 0)
                form = self.rfile.read(length)
                if len(form) == length:                     # a request that does not come whole is none
                    gateway.serve(self, "mobileseva", form.decode("ascii"))

            def do_GET(self):
                gateway.serve(self, "nic", urlsplit(self.path).query)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass                                    # callers that are killed, connections that are ended on purpose

        self.server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def conf(self, kind, templates, more="quiet = none"):
        path = "/esms/sendsmsrequestDLT" if kind == "mobileseva" else "/failsafe/HttpLink"
        key = f"key = file:{self.folder}/sms.key\n" if kind == "mobileseva" else ""
        return (f"[notify]\ngateway = {kind}\nurl = https://127.0.0.1:{self.port}{path}\nuser = {USER}\n"
                f"password = file:{self.folder}/sms.password\n{key}ca = {self.ca}\nsender = {SENDER}\nentity = {ENTITY}\n"
                f"templates = {templates}\nrate = 0\ntimeout = 5s\n{more}\n")

    def hold(self):
        self.arrived.clear()
        self.free.clear()

    def release(self):
        self.free.set()

    def stop(self):
        self.free.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)

    # ---- one request ----

    def serve(self, handler, kind, form):
        with self.lock:
            self.requests += 1
            fault = self.faults.pop(0) if self.faults else ""
        if fault == "drop_before":
            return self.end(handler)
        if fault.startswith("http "):
            return self.answer(handler, int(fault[5:]), "busy")
        fields = dict(parse_qsl(form, keep_blank_values=True, strict_parsing=True))
        path = urlsplit(handler.path).path
        try:
            if fault.startswith("code "):
                raise Refused(fault[5:])
            number, text, template = getattr(self, "read_" + kind)(path, fields)
        except Refused as error:
            self.refused.append(str(error))
            said = f"{error},refused" if kind == "mobileseva" else \
                f"Message Rejected for Request ID= ~code={error} & info=REJECTED: {self.why} & Time = 2026/01/01/10/10"
            return self.answer(handler, 200, said)
        with self.lock:
            row = self.words[template]
            self.taken.append({"mobile": number, "text": text, "template": template, "event": row["event"],
                               "language": row["language"], "secret": row["secret"], "gateway": kind, "at": time.monotonic()})
            receipt = f"1506201611660039{len(self.taken):06d}"
        self.arrived.set()
        self.free.wait(60)
        if fault == "drop":
            return self.end(handler)
        if fault == "no_text":
            return self.answer(handler, 200, "")
        if fault == "silent":
            return self.end(handler, wait=8)
        return self.answer(handler, 200, f"402,MsgID = {receipt}msdgsms" if kind == "mobileseva" else
                           f"Message Accepted for Request ID={receipt}~code=API000 & info=Platform accepted & Time =2026/01/01/10/10")

    why, keep = "", False

    def refuse(self, code, why=""):
        self.why = why
        raise Refused(code)

    def read_mobileseva(self, path, form):
        if path != "/esms/sendsmsrequestDLT" or set(form) != FORM:
            self.refuse("401")
        if form["username"] != USER or form["password"] != hashlib.sha1(self.password.encode()).hexdigest():
            self.refuse("401")
        if form["senderid"] != SENDER:
            self.refuse("411")
        content = form["content"]
        whole = USER + SENDER + content.strip() + self.key
        if form["key"] != hashlib.sha512(whole.encode()).hexdigest():
            self.refuse("416")
        if not re.fullmatch("[5-9][0-9]{9}", form["mobileno"]):
            self.refuse("406")
        text = content
        if form["smsservicetype"] == "unicodemsg":
            if not re.fullmatch("(&#[0-9]{1,5};)+", content):
                self.refuse("413")
            units = [int(n) for n in re.findall("[0-9]+", content)]
            text = b"".join(n.to_bytes(2, "big") for n in units).decode("utf-16-be")
        elif form["smsservicetype"] != "singlemsg" or not content.isascii():
            self.refuse("413")
        self.check_words(form["templateid"], form["entityid"], text, "414", "414")
        return form["mobileno"], text, form["templateid"]

    def read_nic(self, path, query):
        unicode = query.pop("msgType", None)
        if path != "/failsafe/HttpLink" or set(query) != QUERY:
            self.refuse("API-1", "parameters")
        if query["username"] != USER or query["pin"] != self.password:
            self.refuse("API-2", "authentication failed")
        if query["signature"] != SENDER:
            self.refuse("API-4", "signature not allowed")
        if not re.fullmatch("91[5-9][0-9]{9}", query["mnumber"]):
            self.refuse("API-3", "invalid mnumber")
        text = query["message"]
        if unicode not in (None, "UC"):
            self.refuse("API-5", "msgType")
        if unicode:
            text = bytes.fromhex(text).decode("utf-16-be")
        elif not text.isascii():
            self.refuse("API-5", "not plain")
        self.check_words(query["dlt_template_id"], query["dlt_entity_id"], text, "API-6", "API-7")
        return query["mnumber"][2:], text, query["dlt_template_id"]

    def check_words(self, template, entity, text, unknown, differs):
        if entity != ENTITY:
            self.refuse(unknown, "template")
        if template not in self.words:
            self.refuse(unknown, "template")
        if not fits(self.words[template]["text"], text):
            self.refuse(differs, "template")

    def answer(self, handler, status, text):
        body = text.encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        if not self.keep:
            handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = not self.keep

    @staticmethod
    def end(handler, wait=0):
        threading.Event().wait(wait)
        handler.close_connection = True
        handler.connection.close()
