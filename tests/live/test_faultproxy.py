"""The fault proxy of the torture harness does what it says: each behaviour as a plain client sees it, and what the peer saw."""
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "torture"))
from faultproxy import Fault, FaultProxy, KINDS, edges, fault_xml, parse_reply  # noqa: E402
from streams import message_end  # noqa: E402
from tls_front import authority, leaf  # noqa: E402

A, B, C = (f"{n * 8}-0000-4000-8000-00000000000{n}" for n in "abc")


def taken(*references):
    return "<T>" + "".join(f"<One><Ref>{r}</Ref><Result>TAKEN</Result><ReceiptNo>S{i:04d}</ReceiptNo></One>"
                           for i, r in enumerate(references, 1)) + "</T>"


class Peer(BaseHTTPRequestHandler):
    """Takes references; none gets in without a certificate."""

    protocol_version = "HTTP/1.1"
    taken = []

    def do_GET(self):
        self.say(f"<L>{self.path} {'long ' * 50}</L>")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(body) == int(self.headers["Content-Length"]):
            self.taken += body.decode().split()
            self.say(taken(*body.decode().split()))

    def say(self, text):
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faultproxy")
    authority(folder, "ca", "Test CA")
    leaf(folder, "server", "ca", "localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1", "extendedKeyUsage=serverAuth")
    leaf(folder, "client", "ca", "caller", "extendedKeyUsage=clientAuth")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Peer)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxy = FaultProxy(server.server_address[1], folder / "server.pem", folder / "server.key", folder / "ca.pem",
                       client=(folder / "client.pem", folder / "client.key"), fault=fault_xml("urn:x"), block="One")
    proxy.trust = ssl.create_default_context(cafile=folder / "ca.pem")
    yield proxy
    proxy.stop()
    server.shutdown()
    server.server_close()


class Caller:
    """One connection; what comes, and how it ends: "whole", "cut", "reset", "silence"."""

    def __init__(self, proxy, patience=0.6):
        self.sock = socket.create_connection(("127.0.0.1", proxy.port), timeout=patience)
        self.sock = proxy.trust.wrap_socket(self.sock, server_hostname="127.0.0.1", suppress_ragged_eofs=False)
        self.left = b""

    def ask(self, path, body=None):
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: x\r\n"
        try:
            self.sock.sendall((head + (f"Content-Length: {len(body)}\r\n" if body else "") + "\r\n" + (body or "")).encode())
        except OSError:
            return "reset", b""
        return self.read()

    def read(self):
        data, self.left = self.left, b""
        while True:
            end = message_end(data)
            if end is not None:
                self.left = data[end:]
                return "whole", data[:end]
            try:
                more = self.sock.recv(65536)
            except ssl.SSLEOFError:
                return "cut", data
            except socket.timeout:
                return "silence", data
            except OSError:
                return "reset", data
            if not more:
                return "cut", data
            data += more


def call(proxy, path="/list", body=None, patience=0.6):
    try:
        caller = Caller(proxy, patience)
    except socket.timeout:
        return "silence", b""
    except ConnectionResetError:
        return "reset", b""
    except (ssl.SSLError, OSError):
        return "cut", b""
    how, data = caller.ask(path, body)
    caller.sock.close()
    return how, data


def quiet(proxy, path="/list", body=None):
    how, data = call(proxy, path, body, 5)
    assert how == "whole"
    return parse_reply(data)


def test_without_a_fault_all_passes_and_is_noted(stand):
    stand.begin()
    caller = Caller(stand)
    assert parse_reply(caller.ask("/list?a=1")[1]).body.startswith(b"<L>/list?a=1 long")
    assert A.encode() in caller.ask("/steps", A)[1]
    caller.sock.close()
    assert [(c.n, c.operation, c.fresh) for c in stand.calls] == [(1, "GET /list", True), (2, "POST /steps", False)]
    assert len(stand.calls[0].reply_records) == 3 and edges(stand.calls[0].reply_records) == [0, 1, "mid", "edge1", "edge2", "last"]


@pytest.mark.parametrize("kind, how", [("accept.silent", "silence"), ("accept.reset", "reset"), ("accept.cut", "cut")])
def test_before_tls_and_only_the_call_that_was_meant(stand, kind, how):
    stand.begin(Fault(kind, at=2))
    caller = Caller(stand)
    assert b"Connection: close" in caller.ask("/list")[1]         # the next call comes on a new connection
    assert call(stand)[0] == how
    assert quiet(stand).status == 200                             # once is once
    stand.begin(Fault(kind, at=1, stay=True))
    assert [call(stand, patience=0.2)[0] for _ in range(2)] == [how, how]


@pytest.mark.parametrize("arg", [0, 1, "mid", "last"])
@pytest.mark.parametrize("kind, hows", [("request.cut", {"cut"}), ("request.reset", {"reset", "cut"})])
def test_a_request_that_is_cut_has_no_effect(stand, kind, hows, arg):
    Peer.taken.clear()
    stand.begin(Fault(kind, at=1, arg=arg))
    how, data = call(stand, "/steps", A)
    assert how in hows and data == b"" and Peer.taken == []


@pytest.mark.parametrize("arg", [0, 1, "edge1", "edge2", "last"])
@pytest.mark.parametrize("kind", ["reply.cut", "reply.reset", "reply.silent"])
def test_a_reply_that_is_cut_after_the_effect(stand, kind, arg):
    pieces = [len(p) for p in quiet(stand, "/steps", A).pieces()]
    Peer.taken.clear()
    stand.begin(Fault(kind, at=1, arg=arg))
    how, data = call(stand, "/steps", A, 0.3)
    assert how == {"reply.cut": "cut", "reply.reset": "reset", "reply.silent": "silence"}[kind] or (how, kind) == ("cut", "reply.reset")
    assert Peer.taken == [A]
    if kind != "reply.reset":       # a reset may take what arrived before
        expected = {0: 0, 1: 0, "edge1": pieces[0], "edge2": sum(pieces[:2]), "last": sum(pieces[:2])}[arg]
        assert len(data) == expected


def test_silence_of_each_kind(stand):
    Peer.taken.clear()
    stand.begin(Fault("request.silent", at=1))
    assert call(stand, "/steps", A, 0.3) == ("silence", b"") and Peer.taken == []
    stand.begin(Fault("reply.silent", at=1))
    assert call(stand, "/steps", A, 0.3) == ("silence", b"") and Peer.taken == [A]


def test_dribble_is_slow_and_slices_are_not(stand):
    stand.begin(Fault("reply.dribble", at=1))
    how, data = call(stand, patience=0.5)
    begun = time.monotonic()
    assert how == "silence" or len(data) < 40
    stand.begin(Fault("reply.slice", at=1))
    assert quiet(stand).body.endswith(b"</L>") and time.monotonic() - begun < 3


def test_statuses_pages_and_faults(stand):
    Peer.taken.clear()
    for arg, status, wait in (("500", 500, None), ("502", 502, None), ("429+5", 429, "5"), ("503+1", 503, "1")):
        stand.begin(Fault("http", at=1, arg=arg))
        reply = quiet(stand, "/steps", A)
        assert (reply.status, dict(reply.headers).get("Retry-After")) == (status, wait)
    for kind, arg, body in (("html", "", b"<!DOCTYPE html>"), ("empty", "", b""), ("fault", "BUSY", b"<Code>BUSY</Code>")):
        stand.begin(Fault(kind, at=1, arg=arg))
        reply = quiet(stand, "/steps", A)
        assert reply.status == 200 and (body in reply.body if body else reply.body == b"")
    assert Peer.taken == []
    stand.begin(Fault("effect.http", at=1, arg="502"))
    assert quiet(stand, "/steps", A).status == 502 and Peer.taken == [A]


def test_what_is_no_whole_http(stand):
    stand.begin(Fault("chunked.cut", at=1))
    how, data = call(stand)
    assert how == "cut" and b"Transfer-Encoding: chunked" in data and data.count(b"long ") < 50
    stand.begin(Fault("garbage", at=1))
    how, data = call(stand)
    assert how == "cut" and data.startswith(b"\x00\x01220")


@pytest.mark.parametrize("kind", ["twice", "twice.late"])
def test_a_reply_that_comes_twice(stand, kind):
    stand.begin(Fault(kind, at=1))
    caller = Caller(stand)
    first = caller.ask("/list?one")
    assert caller.read() == first
    assert b"two" in caller.ask("/list?two")[1]


def test_replies_of_others(stand):
    stand.begin()
    for path, body in (("/list?one", None), ("/steps", A), ("/steps", B)):
        quiet(stand, path, body)
    stand.begin(Fault("other", at=1), keep=True)
    assert quiet(stand, "/steps", C).body.startswith(b"<L>/list?one")
    stand.begin(Fault("stray", at=1))
    assert B.encode() in quiet(stand, "/steps", A).body
    stand.begin(Fault("older", at=3))
    assert quiet(stand, "/steps", C).body and quiet(stand, "/list?two").body
    assert C.encode() in quiet(stand, "/steps", A).body
    Peer.taken.clear()
    stand.begin(Fault("swapped", at=2))
    assert [n for path in ("/list?1", "/list?2", "/list?3", "/list?4") for n in quiet(stand, path).body.split()[:1]] == [
        b"<L>/list?1", b"<L>/list?1", b"<L>/list?2", b"<L>/list?4"]


def test_a_lie_is_a_success_in_every_detail_but_has_no_effect(stand):
    stand.begin()
    quiet(stand, "/steps", A)
    Peer.taken.clear()
    stand.begin(Fault("lie", at=1), keep=True)
    said = quiet(stand, "/steps", f"{B} {C}")
    assert said.body.count(b"<One>") == 2 and B.encode() in said.body and C.encode() in said.body and A.encode() not in said.body
    assert said.body.count(b"TAKEN") == 2 and b"S0001<" not in said.body and Peer.taken == []


def test_a_fault_that_stays_meets_every_repetition_and_no_other(stand):
    stand.begin(Fault("http", at=2, arg="503", stay=True))
    assert [quiet(stand, path).status for path in ("/a", "/b", "/b", "/c", "/b")] == [200, 503, 503, 200, 503]
    stand.begin(Fault("http", at=2, arg="503", operation="GET /b"))
    assert [quiet(stand, path).status for path in ("/b?1", "/a", "/b?2", "/b?2")] == [200, 200, 503, 200]


def test_every_kind_was_seen():
    text = Path(__file__).read_text()
    assert [kind for kind in KINDS if f'"{kind}"' not in text] == []
