"""Proxies before a database server: they count the statements of a run, learn the session's id from the server's own greeting,
and call back before or after the n-th."""
import select
import socket
import time

from streams import Listener, hang_up

QUIET_MS = 40           # an answer of MariaDB is over when nothing more came for so long


class Wire(Listener):
    """Counts what a client asks, over all its connections, and strikes at one place: begin("after", 12, strike) calls
    strike(session) there. seen: the words of all statements."""

    def __init__(self, up, path=None):
        self.up, self.when, self.at, self.strike = up, None, 0, None
        self.seen, self.struck = [], False
        super().__init__(path)

    def begin(self, when=None, at=0, strike=None):
        with self.lock:
            self.when, self.at, self.strike, self.seen, self.struck = when, at, strike, [], False
        self.drop_all()

    def reach(self):
        if isinstance(self.up, int):
            return socket.create_connection(("127.0.0.1", self.up), timeout=30)
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(30)
        peer.connect(str(self.up))
        return peer

    def asked(self, word):
        """Whether this statement is the one: "before", "after" or None."""
        with self.lock:
            self.seen.append(word)
            if self.struck or len(self.seen) != self.at:
                return None
            self.struck = True
            return self.when

    def serve(self, sock):
        with self.reach() as peer:
            self.talk(sock, peer)

    def talk(self, sock, peer):
        raise NotImplementedError

    @staticmethod
    def relay(peer, sock, seconds=2):
        """What the server still says, its reason among it, then the end."""
        peer.settimeout(seconds)
        try:
            while data := peer.recv(65536):
                sock.sendall(data)
        except OSError:
            pass
        hang_up(sock)


class PgWire(Wire):
    """PostgreSQL's protocol 3. A statement is what is answered by ReadyForQuery, or the end of a COPY."""

    def talk(self, sock, peer):
        state = {"session": None}
        there, back, word = b"", b"", ""
        begun, batch = False, b""
        while True:
            ready = select.select([sock, peer], [], [], 120)[0]
            if not ready:
                return
            if peer in ready:
                data = peer.recv(65536)
                if not data:
                    return hang_up(sock)
                if state["session"] is None:
                    back += data
                    back = self.greeting(back, state)
                sock.sendall(data)
            if sock not in ready:
                continue
            data = sock.recv(65536)
            if not data:
                return
            there += data
            while (n := self.length(there, begun)) and len(there) >= n:
                message, there = there[:n], there[n:]
                if not begun:
                    begun = int.from_bytes(message[4:8], "big") >> 16 == 3
                    peer.sendall(message)
                    continue
                batch += message
                word = self.word(message, word)
                if message[:1] not in b"QScX":
                    continue
                when = None if message[:1] == b"X" else self.asked(word)
                if when == "before":
                    self.strike(state["session"])
                try:
                    peer.sendall(batch)
                    if when == "after":
                        self.answer(peer)
                        self.strike(state["session"])
                except OSError:
                    pass
                if when:
                    return self.relay(peer, sock)
                batch, word = b"", ""

    @staticmethod
    def length(data, begun):
        if not begun:
            return int.from_bytes(data[:4], "big") if len(data) >= 4 else 0
        return 1 + int.from_bytes(data[1:5], "big") if len(data) >= 5 else 0

    @staticmethod
    def word(message, before):
        kind, body = message[:1], message[5:]
        if kind == b"Q":
            return " ".join(body.rstrip(b"\0").decode("utf-8", "replace").split())[:40]
        if kind == b"P":
            return "prepare " + body.split(b"\0")[0].decode()
        if kind == b"B":
            return body.split(b"\0")[1].decode()
        return "copy done" if kind == b"c" else before

    @staticmethod
    def greeting(data, state):
        """Looks for BackendKeyData; the messages that are not whole yet."""
        while len(data) >= 5 and len(data) >= 1 + int.from_bytes(data[1:5], "big"):
            n = 1 + int.from_bytes(data[1:5], "big")
            if data[:1] == b"K":
                state["session"] = int.from_bytes(data[5:9], "big")
            data = data[n:]
        return data

    @staticmethod
    def answer(peer):
        """Reads the whole answer, and keeps it."""
        data = b""
        while True:
            while len(data) >= 5 and len(data) >= 1 + int.from_bytes(data[1:5], "big"):
                n = 1 + int.from_bytes(data[1:5], "big")
                if data[:1] in b"ZG":
                    return
                data = data[n:]
            more = peer.recv(65536)
            if not more:
                return
            data += more


class MariaWire(Wire):
    """The protocol of MySQL and MariaDB. A statement is a packet that begins a conversation and is answered."""

    WORDS = {0x03: "query", 0x16: "prepare", 0x17: "execute", 0x1A: "reset", 0x0E: "ping", 0x02: "use"}

    def talk(self, sock, peer):
        there, session, names = b"", None, {}
        while True:
            ready = select.select([sock, peer], [], [], 120)[0]
            if not ready:
                return
            if peer in ready:
                data = peer.recv(65536)
                if not data:
                    return hang_up(sock)
                if session is None and data[4:5] == b"\x0a":
                    at = data.index(b"\0", 5) + 1
                    session = int.from_bytes(data[at:at + 4], "little")
                sock.sendall(data)
            if sock not in ready:
                continue
            data = sock.recv(65536)
            if not data:
                return
            there += data
            while len(there) >= 4 and len(there) >= 4 + int.from_bytes(there[:3], "little"):
                n = 4 + int.from_bytes(there[:3], "little")
                packet, there = there[:n], there[n:]
                word = self.word(packet, names)
                when = self.asked(word) if word else None
                if when == "before":
                    self.strike(session)
                try:
                    peer.sendall(packet)
                    if when == "after":
                        self.answer(peer)
                        self.strike(session)
                except OSError:
                    pass
                if when:
                    return self.relay(peer, sock)

    def word(self, packet, names):
        if packet[3] != 0 or len(packet) < 5 or packet[4] not in self.WORDS:
            return None
        text = " ".join(packet[5:].decode("utf-8", "replace").split())[:40] if packet[4] in (0x03, 0x16) else ""
        if packet[4] == 0x16:
            names["last"] = text
        if packet[4] == 0x17:
            text = names.get("last", "")
        return f"{self.WORDS[packet[4]]} {text}".strip()

    @staticmethod
    def answer(peer):
        got, end = False, time.monotonic() + 10
        while time.monotonic() < end:
            if select.select([peer], [], [], QUIET_MS / 1000 if got else 1)[0]:
                if not peer.recv(65536):
                    return
                got = True
            elif got:
                return


# ---------------------------------------------------------------- a CCTNS on MariaDB
