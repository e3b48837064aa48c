"""Timestamps of the notes, by a real authority: a server whose replies "openssl ts -reply" makes."""
import datetime
import http.server
import os
import ssl
import subprocess
import threading

import pytest
from test_checkpoint import books, lines, night  # noqa: F401  (books is a fixture)


class Authority:
    """A timestamp authority: what is posted to it is answered by "openssl ts -reply", over TLS or without."""

    CONF = """
[tsa]
default_tsa = here
[here]
dir = {dir}
serial = {dir}/serial
crypto_device = builtin
signer_cert = {dir}/tsa.pem
certs = {dir}/ca.pem
signer_key = {dir}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
"""

    def __init__(self, folder, tls=True):
        self.folder, self.asked, self.answer = folder, [], self.stamp
        folder.mkdir()
        (folder / "serial").write_text("01\n")
        (folder / "ts.cnf").write_text(self.CONF.format(dir=folder))
        self.make("ca", "/CN=Rehearsal root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign", None)
        self.make("tsa", "/CN=Rehearsal stamps", "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping", "ca")
        self.make("server", "/CN=127.0.0.1", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth", "ca")
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                query = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append((self.headers["Content-Type"], query))
                status, body = outer.answer(query)
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "server.pem", folder / "server.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.server.server_address[1]}/stamp"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def openssl(self, *words):
        return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=self.folder).stdout

    def make(self, name, subject, extensions, issuer):
        f = self.folder
        (f / f"{name}.ext").write_text(extensions + "\n")
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject,
                     "-keyout", f / f"{name}.key", "-out", f / f"{name}.csr")
        by = ("-CA", f / f"{issuer}.pem", "-CAkey", f / f"{issuer}.key") if issuer else ("-signkey", f / f"{name}.key")
        self.openssl("x509", "-req", "-in", f / f"{name}.csr", *by, "-days", "3650", "-extfile", f / f"{name}.ext",
                     "-set_serial", int.from_bytes(os.urandom(6), "big"), "-out", f / f"{name}.pem")

    def stamp(self, query):
        (self.folder / "query").write_bytes(query)
        self.openssl("ts", "-reply", "-config", self.folder / "ts.cnf", "-queryfile", self.folder / "query", "-out", self.folder / "reply")
        return 200, (self.folder / "reply").read_bytes()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


@pytest.fixture
def authority(tmp_path):
    authority = Authority(tmp_path / "tsa")
    yield authority
    authority.stop()


@pytest.fixture
def stamped(books, authority):
    books.bridge_extra += f"\ntsa = {authority.url}\ntsa_ca = {authority.folder}/ca.pem"
    books.write_conf()
    return books


def test_each_note_is_stamped(stamped, authority, tmp_path):
    night(stamped)
    night(stamped)
    rows = stamped.sql("SELECT a.place, encode(a.proof, 'hex'), encode(c.note, 'hex'), (extract(epoch FROM a.at))::bigint"
                       " FROM bridge.anchor a JOIN bridge.checkpoint c USING (checkpoint) WHERE a.place LIKE 'tsa:%' ORDER BY a.checkpoint")
    assert [row[0] for row in rows] == [f"tsa:{authority.url}"] * 2
    for _, proof, note, at in rows:
        (tmp_path / "reply").write_bytes(bytes.fromhex(proof))
        (tmp_path / "note").write_bytes(bytes.fromhex(note))
        authority.openssl("ts", "-verify", "-in", tmp_path / "reply", "-data", tmp_path / "note", "-CAfile", authority.folder / "ca.pem")
        assert abs(int(at) - datetime.datetime.now().timestamp()) < 600, "the authority's time, not ours"
    assert [kind for kind, _ in authority.asked] == ["application/timestamp-query"] * 2
    assert authority.asked[0][1][-20:] != authority.asked[1][1][-20:], "each question is its own"
    assert lines(stamped("status", code=0)) == []


def other_note(authority):
    def answer(query):
        (authority.folder / "other").write_text("another note")
        authority.openssl("ts", "-query", "-data", authority.folder / "other", "-sha256", "-cert", "-out", authority.folder / "q")
        return authority.stamp((authority.folder / "q").read_bytes())
    return answer


def other_signer(authority):
    def answer(query):
        authority.make("ca2", "/CN=Stranger", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign", None)
        authority.make("tsa", "/CN=Strange stamps", "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping", "ca2")
        return authority.stamp(query)
    return answer


def flipped(authority):
    def answer(query):
        status, body = authority.stamp(query)
        return status, body[:-5] + bytes([body[-5] ^ 1]) + body[-4:]
    return answer


BAD = {
    "busy": (lambda a: lambda q: (503, b""), "http.503"),
    "not a reply": (lambda a: lambda q: (200, b"<html>"), "tsa.reply"),
    "nothing": (lambda a: lambda q: (200, b""), "tsa.reply"),
    "more behind it": (lambda a: lambda q: (200, a.stamp(q)[1] + b"x"), "tsa.reply"),
    "too much": (lambda a: lambda q: (200, b"0" * 3000000), "http.large"),
    "of another note": (other_note, "tsa.reply"),
    "an old answer": (lambda a: lambda q: (200, a.old), "tsa.reply"),
    "damaged": (flipped, "tsa.reply"),
    "refused": (lambda a: lambda q: (200, bytes.fromhex("30053003020102")), "tsa.refused"),
    "by a stranger": (other_signer, "tsa.reply"),
}


def test_a_stamp_that_is_none(stamped, authority):
    """Records move, the note is signed and left; that it has no stamp is said until it has one."""
    night(stamped)
    authority.old = authority.stamp(authority.asked[0][1])[1]
    for n, (case, (make, code)) in enumerate(BAD.items()):
        authority.answer = make(authority)
        done = night(stamped, "pull", "igrs")
        number = 2 * n + 2
        assert lines(done) == [f'books unanchored: note {number} has no stamp of "{authority.url}"'], case
        assert f"[{code}]" in done.err, (case, done.err)
        assert stamped.sql(f"SELECT place ~ '^file' FROM bridge.anchor WHERE checkpoint = {number}") == [["t"]] * 2, case
        if case == list(BAD)[-1]:
            assert lines(stamped("status", code=0)) == lines(done)
            continue
        authority.answer = authority.stamp
        assert lines(night(stamped, "pull", "igrs")) == [], case
        assert stamped.one("SELECT max(checkpoint) FROM bridge.anchor WHERE place ~ '^tsa'") == str(number + 1), case


def test_a_stamp_over_plain_http(books, tmp_path):
    """As most authorities are asked: what counts is whom the stamp is signed by. Nothing else goes without TLS."""
    authority = Authority(tmp_path / "plain", tls=False)
    try:
        books.bridge_extra += f"\ntsa = {authority.url}\ntsa_ca = {authority.folder}/ca.pem"
        books.write_conf()
        assert lines(night(books)) == []
        ((proof, note),) = books.sql("SELECT encode(a.proof, 'hex'), encode(c.note, 'hex') FROM bridge.anchor a"
                                     " JOIN bridge.checkpoint c USING (checkpoint) WHERE a.place ~ '^tsa:http:'")
        (tmp_path / "reply").write_bytes(bytes.fromhex(proof))
        (tmp_path / "note").write_bytes(bytes.fromhex(note))
        authority.openssl("ts", "-verify", "-in", tmp_path / "reply", "-data", tmp_path / "note", "-CAfile", authority.folder / "ca.pem")
        for make in (other_note, other_signer, flipped):
            authority.answer = make(authority)
            done = night(books, "pull", "igrs")
            assert "has no stamp of" in "".join(lines(done)) and "[tsa.reply]" in done.err, (make, done.err)
    finally:
        authority.stop()
    text = books.conf.read_text()
    books.conf.write_text(text.replace(f"url = {books.portal.url}", "url = http://127.0.0.1:1/"))
    assert books.conf.read_text() != text and "[http.url]" in books("pull", "igrs").err
