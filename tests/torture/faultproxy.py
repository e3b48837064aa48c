"""A fault proxy of our own: it stands before a portal's HTTPS port, ends TLS there, and does wrong at one call of a run.

    proxy = FaultProxy(peer_port, cert, key, ca=..., client=(cert, key), operation=soap_operation)
    proxy.begin()                                  # counts from 1 again; no fault
    proxy.begin(Fault("reply.cut", at=7, arg="mid"))
    proxy.calls                                    # what came: Call(n, operation, request, reply, ...)
    proxy.stop()

To the caller it shows the peer's own certificate; to the peer it is a caller, with a certificate where the peer asks for one.
TLS runs over memory, so that what is cut is the stream on the wire, to the byte.

A fault that stays (stay=True) meets every repetition of its call, too: the same operation with the same bytes.
"""
import re
import socket
import ssl
import time
from dataclasses import dataclass, field

from streams import Channel, HOLD, Listener, hang_up, reset

# kind: what happens. "passed" is said of those where the peer has got the whole request and done its work.
KINDS = {
    "accept.silent": "the connection stands, nothing is ever said",
    "accept.reset": "the connection is reset before TLS",
    "accept.cut": "the connection is closed before TLS",
    "request.cut": "closed after ARG bytes of the request",
    "request.reset": "reset after ARG bytes of the request",
    "request.silent": "the request is taken and never passed on, nothing is said",
    "reply.silent": "passed; ARG bytes of the reply come, then nothing",
    "reply.cut": "passed; closed after ARG bytes of the reply",
    "reply.reset": "passed; reset after ARG bytes of the reply",
    "reply.dribble": "passed; the reply comes byte by byte, too slowly",
    "reply.slice": "passed; the reply comes in tiny pieces, quickly: nothing is wrong",
    "http": "HTTP status ARG, not passed on; 429+5 also says Retry-After: 5",
    "effect.http": "passed; HTTP status ARG is said in place of the reply",
    "fault": "200 with a fault of code ARG, not passed on",
    "html": "200 with a page for people, not passed on",
    "empty": "200 without a byte, not passed on",
    "garbage": "bytes that are not HTTP, not passed on",
    "chunked.cut": "passed; a chunked reply that ends in the middle of a chunk",
    "twice": "passed; the reply comes twice, one behind the other",
    "twice.late": "passed; the reply comes again when the first was read",
    "other": "not passed on; the reply of another operation comes",
    "older": "not passed on; the reply of an earlier request of the same operation comes",
    "stray": "not passed on; the reply of any other request of the same operation comes, also of a later one",
    "swapped": "passed; the reply of the call before comes, and this one's at the next call",
    "lie": "not passed on; an earlier success comes, with our references put in",
}
EARLY = ("accept.silent", "accept.reset", "accept.cut")
BLIND = (*EARLY, "request.cut", "request.reset")       # done before the request is known
PASSED = ("reply.silent", "reply.cut", "reply.reset", "reply.dribble", "reply.slice", "effect.http", "chunked.cut", "twice",
          "twice.late", "swapped")
HTML = b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><h1>We are back soon</h1></body></html>\n"
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DRIBBLE = 0.2           # seconds between two bytes


@dataclass
class Fault:
    kind: str
    at: int = 1                 # of all calls, or of the calls of operation
    arg: object = ""            # bytes: a number, "mid", "last" (one less than all), "edge2" (behind the second TLS record)
    operation: str = ""
    stay: bool = False          # for repetitions of the same call, too
    hits: int = 0
    print: bytes = None         # of the call that was met first

    def __post_init__(self):
        assert self.kind in KINDS, self.kind


@dataclass
class Call:
    n: int
    operation: str
    request: bytes
    reply: object = None        # the Reply that the peer gave, None when it was not asked
    fresh: bool = True          # the first on its connection
    request_records: list = field(default_factory=list)     # bytes of each TLS record
    reply_records: list = field(default_factory=list)
    fault: str = ""


@dataclass
class Reply:
    status: int
    reason: str
    headers: list
    body: bytes

    def head(self, *more, close=False):
        lines = [f"HTTP/1.1 {self.status} {self.reason}", *(f"{k}: {v}" for k, v in self.headers), *more]
        return ("\r\n".join(lines + (["Connection: close"] if close else [])) + "\r\n\r\n").encode("latin-1")

    def pieces(self, close=False):
        """As it goes out: three TLS records, so that there are edges between them."""
        half = len(self.body) // 2
        return [p for p in (self.head(f"Content-Length: {len(self.body)}", close=close), self.body[:half], self.body[half:]) if p]


def made(status, body=b"", kind="text/html; charset=utf-8", *headers):
    return Reply(status, "As ordered", [("Content-Type", kind), *headers], body)


def soap_operation(request):
    """The last word of SOAPAction."""
    found = re.search(rb'(?im)^soapaction:\s*"?[^"\r\n]*?([A-Za-z0-9]+)"?\s*$', request.partition(b"\r\n\r\n")[0])
    return found.group(1).decode() if found else path_operation(request)


def path_operation(request):
    """GET /ids."""
    words = request.split(b"\r\n", 1)[0].split(b" ")
    return f"{words[0].decode()} {words[1].partition(b'?')[0].decode()}" if len(words) > 1 else "?"


def fault_soap(code):
    return made(200, b'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
                b"<e:Fault><faultcode>e:" + code.encode() + b"</faultcode><faultstring>as ordered</faultstring></e:Fault></e:Body>"
                b"</e:Envelope>", "text/xml; charset=utf-8")


def fault_xml(namespace):
    return lambda code: made(200, f'<?xml version="1.0" encoding="UTF-8"?><Fault xmlns="{namespace}"><Code>{code}</Code>'
                             "<Text>as ordered</Text></Fault>".encode(), "text/xml; charset=utf-8")


def parse_reply(data):
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    _, status, *reason = lines[0].split(" ", 2)
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
    if any(k.lower() == "transfer-encoding" for k, _ in headers):
        out, rest = b"", body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            n = int(size.split(b";")[0] or b"0", 16)
            out, rest = out + rest[:n], rest[n + 2:]
            if n == 0:
                break
        body = out
    drop = ("content-length", "transfer-encoding", "connection", "keep-alive")
    return Reply(int(status), reason[0] if reason else "", [(k, v) for k, v in headers if k.lower() not in drop], body)


def place(arg, records):
    """How many bytes of a stream of such records ARG means."""
    whole = sum(records)
    if arg == "mid":
        return whole // 2
    if arg == "last":
        return whole - 1
    if isinstance(arg, str) and arg.startswith("edge"):
        return sum(records[:int(arg[4:])])
    return min(int(arg or 0), whole)


def edges(records):
    """All that ARG may be for such a stream, but for the whole of it."""
    return [0, 1, "mid", *(f"edge{i}" for i in range(1, len(records))), "last"]


class FaultProxy(Listener):
    def __init__(self, peer_port, cert, key, ca, client=None, operation=path_operation, fault=fault_soap, block="Result"):
        """block: the element of a reply that answers for one reference."""
        self.peer_port, self.operation, self.fault_reply, self.block = peer_port, operation, fault, block
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.num_tickets = 0
        self.context.load_cert_chain(cert, key)
        self.out = ssl.create_default_context(cafile=ca)
        if client:
            self.out.load_cert_chain(*client)
        self.fault, self.calls, self.library, self.pending = None, [], [], None
        super().__init__()

    def begin(self, fault=None, keep=False):
        """A new run. keep: the calls until now are what later replies are made of."""
        with self.lock:
            if keep:
                self.library = [c for c in self.calls if c.reply]
            self.fault, self.calls, self.pending = fault, [], None
        self.drop_all()

    # ---- which call is it

    def due(self, n):
        """The fault, when it is blind and meets call n."""
        f = self.fault
        if not f or f.kind not in BLIND or n < f.at or (f.hits and not f.stay):
            return None
        return f

    def meets(self, call):
        f = self.fault
        if not f or f.kind in BLIND:
            return None
        same = sum(c.operation == call.operation for c in self.calls) if f.operation else call.n
        key = self.fingerprint(call.request)
        if f.print is None and same == f.at and f.operation in ("", call.operation):
            f.print = key
            return f
        return f if f.stay and f.print == key else None

    def fingerprint(self, request):
        return self.operation(request).encode() + b"\0" + request.split(b"\r\n", 1)[0] + b"\0" + request.partition(b"\r\n\r\n")[2]

    # ---- one connection

    def serve(self, sock):
        with self.lock:
            early = self.due(len(self.calls) + 1)
            early = early if early and early.kind in EARLY else None
            if early:
                early.hits += 1
        if early:
            return self.refuse(sock, early)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        channel, fresh = Channel(sock, self.context), True
        channel.handshake()
        while True:
            if not channel.plain:
                channel.waits()
            with self.lock:
                blind = self.due(len(self.calls) + 1)
            if blind and blind.kind in EARLY:
                return hang_up(sock)                         # it is to come again, on a new connection
            if blind:
                return self.cut_request(channel, blind)
            request, records = channel.request()
            with self.lock:
                call = Call(len(self.calls) + 1, self.operation(request), request, fresh=fresh, request_records=records)
                self.calls.append(call)
                fault = self.meets(call)
                held, self.pending = self.pending, None
                if fault:
                    fault.hits += 1
                    call.fault = fault.kind
            fresh = False
            if not self.answer(channel, call, fault, held):
                return

    def refuse(self, sock, fault):
        if fault.kind == "accept.silent":
            self.hold(sock)
        reset(sock) if fault.kind == "accept.reset" else hang_up(sock)

    def cut_request(self, channel, fault):
        """Reads so many bytes of the request; the peer gets what whole records of it hold."""
        limit = None
        if isinstance(fault.arg, int):
            limit = fault.arg
        part, records = channel.request(limit)
        with self.lock:
            fault.hits += 1
            self.calls.append(Call(len(self.calls) + 1, self.operation(part), part, request_records=records, fault=fault.kind))
        if limit is None:               # whole: all but what stands behind the place
            at, whole = place(fault.arg, records), 0
            kept = 0
            for n in records:
                if whole + n > at:
                    break
                whole, kept = whole + n, kept + n - 22          # header, type and tag of TLS 1.3
            part = part[:max(0, kept)]
        if part:
            self.pass_on(part, whole=False)
        reset(channel.sock) if fault.kind == "request.reset" else hang_up(channel.sock)

    def pass_on(self, request, whole=True):
        """The peer's reply; of a request that is not whole, nothing."""
        head, mark, body = request.partition(b"\r\n\r\n")
        if mark:
            head = re.sub(rb"(?im)^connection:[^\r\n]*\r\n", b"", head) + b"\r\nConnection: close"
        with socket.create_connection(("127.0.0.1", self.peer_port), timeout=30) as plain:
            with self.out.wrap_socket(plain, server_hostname="127.0.0.1") as peer:
                peer.sendall(head + mark + body)
                if not whole:
                    return None
                data = b""
                while True:
                    more = peer.recv(65536)
                    if not more:
                        return parse_reply(data)
                    data += more

    # ---- the answer; True: the connection goes on

    def answer(self, channel, call, fault, held):
        kind = fault.kind if fault else ""
        reply = None
        if not fault or kind in PASSED:
            reply = call.reply = self.pass_on(call.request)
        if held:
            return self.say(channel, call, held)
        if not fault or kind == "reply.slice":
            return self.say(channel, call, reply, sliced=bool(fault))
        if kind == "request.silent":
            self.hold(channel.sock)
            return False
        if kind in ("reply.cut", "reply.reset", "reply.silent"):
            return self.say_part(channel, reply, fault)
        if kind == "reply.dribble":
            return self.dribble(channel, reply)
        if kind == "garbage":
            channel.sock.sendall(b"".join(channel.sealed([b"\x00\x01220 mail.example ESMTP ready\r\n"])))
            hang_up(channel.sock)
            return False
        if kind == "chunked.cut":
            half = reply.body[:len(reply.body) // 2]
            bytes_ = reply.head("Transfer-Encoding: chunked") + b"%x\r\n" % (len(half) + 100) + half
            channel.sock.sendall(b"".join(channel.sealed([bytes_])))
            hang_up(channel.sock)
            return False
        if kind in ("twice", "twice.late"):
            self.say(channel, call, reply)
            time.sleep(0.05 if kind == "twice.late" else 0)
            return self.say(channel, call, reply)
        if kind == "swapped":
            self.pending = reply
        return self.say(channel, call, self.false_reply(call, fault))

    def false_reply(self, call, fault):
        kind, (word, _, wait) = fault.kind, str(fault.arg).partition("+")
        if kind in ("http", "effect.http"):
            return made(int(word), HTML, "text/html", *([("Retry-After", wait)] if wait else []))
        if kind == "fault":
            return self.fault_reply(word)
        if kind == "html":
            return made(200, HTML)
        if kind == "empty":
            return made(200, b"", "text/xml; charset=utf-8")
        if kind == "lie":
            return self.lie(call)
        return self.of_another(call, kind).reply

    def of_another(self, call, kind):
        """The call whose reply comes instead."""
        now = [c for c in self.calls[:call.n - 1] if c.reply and c.reply.status == 200]
        mine = self.fingerprint(call.request)
        if kind == "swapped":
            found = now or self.library
        elif kind == "other":
            found = [c for c in (*self.library, *now) if c.operation != call.operation]
        else:
            found = [c for c in ((*self.library, *now) if kind == "stray" else now)
                     if c.operation == call.operation and self.fingerprint(c.request) != mine]
        return found[-1]

    def lie(self, call):
        """An earlier success of this operation, one block for each reference of the request, with a number that was never given."""
        like = next(c for c in reversed((*self.library, *self.calls))
                    if c.operation == call.operation and c.reply and not re.search(rb"\b(DUPLICATE|KNOWN)\b", c.reply.body))
        name = self.block.encode()
        blocks = list(re.finditer(rb"<((?:[\w.-]+:)?" + name + rb")(?:\s[^>]*)?>.*?</\1>", like.reply.body, re.S))
        block, old = blocks[0].group(0), UUID.search(blocks[0].group(0)).group(0)
        new = b""
        for i, reference in enumerate(dict.fromkeys(UUID.findall(call.request.partition(b"\r\n\r\n")[2]))):
            mine = block.replace(old, reference)
            new += re.sub(rb"(ReceiptNo>[A-Z]*)(\d+)(<)",
                          lambda m, i=i: m.group(1) + b"%0*d" % (len(m.group(2)), 7000 + 100 * call.n + i) + m.group(3), mine)
        body = like.reply.body
        return Reply(200, "OK", like.reply.headers, body[:blocks[0].start()] + new + body[blocks[-1].end():])

    def wants_new(self):
        """The next call must come on a new connection: it is to be met before its first byte."""
        f = self.fault
        return bool(f and f.kind in EARLY and len(self.calls) + 1 == f.at)

    def say(self, channel, call, reply, sliced=False):
        close = self.wants_new()
        pieces = reply.pieces(close)
        if sliced:
            whole = b"".join(pieces)
            pieces = [whole[i:i + 1] for i in range(min(150, len(whole)))] + [whole[i:i + 997] for i in range(150, len(whole), 997)]
        records = channel.sealed(pieces)
        call.reply_records = [len(r) for r in records]
        for record in records:
            channel.sock.sendall(record)
        if close:
            hang_up(channel.sock)
        return not close

    def say_part(self, channel, reply, fault):
        records = channel.sealed(reply.pieces())
        raw = b"".join(records)
        channel.sock.sendall(raw[:place(fault.arg, [len(r) for r in records])])
        if fault.kind == "reply.silent":
            self.hold(channel.sock)
        reset(channel.sock) if fault.kind == "reply.reset" else hang_up(channel.sock)
        return False

    def dribble(self, channel, reply):
        raw = b"".join(channel.sealed(reply.pieces()))
        end = time.monotonic() + HOLD
        for i in range(len(raw)):
            if self.ended or time.monotonic() > end:
                break
            channel.sock.sendall(raw[i:i + 1])
            time.sleep(DRIBBLE)
        hang_up(channel.sock)
        return False
