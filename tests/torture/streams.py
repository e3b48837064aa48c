"""Streams that can be ended wrongly: a listener that hands on what comes, TLS over memory with its records seen, and the ways to
hang up."""
import re
import select
import socket
import ssl
import struct
import threading
import time
from pathlib import Path

HOLD = 30               # seconds that a silence is kept up at most
ALERT = 2 + 1 + 16      # bytes of an alert in a record of TLS 1.3: itself, its type, the tag


def message_end(data):
    """Where the first HTTP message ends; None when it is not whole yet."""
    head, mark, body = data.partition(b"\r\n\r\n")
    if not mark:
        return None
    length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    if length:
        end = len(head) + 4 + int(length.group(1))
        return end if len(data) >= end else None
    if re.search(rb"(?im)^transfer-encoding:\s*chunked", head):
        end = 0 if body.startswith(b"0\r\n\r\n") else body.find(b"\r\n0\r\n\r\n")
        return None if end < 0 else len(head) + 4 + end + (7 if end else 5)
    return len(head) + 4


def reset(sock):
    """Ends it with RST."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    sock.close()


def hang_up(sock):
    """Ends it in order: what was sent arrives, and what comes is read for a moment, so that no RST follows."""
    try:
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(0.5)
        while sock.recv(65536):
            pass
    except OSError:
        pass
    sock.close()


class Gone(Exception):
    """The caller hung up."""


class Channel:
    """TLS over memory: each record of the stream is seen."""

    def __init__(self, sock, context):
        self.sock, self.inbox, self.outbox, self.raw = sock, ssl.MemoryBIO(), ssl.MemoryBIO(), b""
        self.tls = context.wrap_bio(self.inbox, self.outbox, server_side=True)
        self.plain = b""

    def more(self, n):
        """At least n bytes of the stream are there, or Gone."""
        while len(self.raw) < n:
            data = self.sock.recv(65536)
            if not data:
                raise Gone
            self.raw += data

    def waits(self):
        """Something comes on a kept connection, or Gone. That it is closed is a record, too: an alert, which no request is as short as."""
        self.more(5)
        if int.from_bytes(self.raw[3:5], "big") <= ALERT:
            self.record()
            self.take()

    def record(self):
        """Takes one TLS record in; its length."""
        self.more(5)
        n = 5 + int.from_bytes(self.raw[3:5], "big")
        self.more(n)
        self.inbox.write(self.raw[:n])
        self.raw = self.raw[n:]
        return n

    def handshake(self):
        while True:
            try:
                self.tls.do_handshake()
                self.flush()
                return
            except ssl.SSLWantReadError:
                self.flush()
                self.record()

    def take(self):
        try:
            while True:
                data = self.tls.read(65536)
                if not data:
                    raise Gone
                self.plain += data
        except ssl.SSLWantReadError:
            return

    def request(self, limit=None):
        """(request, its records); at most limit bytes of the stream are read, and what stands in whole records is given."""
        records = []
        while True:
            end = message_end(self.plain)
            if end is not None:
                out, self.plain = self.plain[:end], self.plain[end:]
                return out, records
            if limit is not None:
                self.more(min(limit, 5))
                if limit < 5 or limit < 5 + int.from_bytes(self.raw[3:5], "big"):
                    self.more(limit)
                    return self.plain, records
            records.append(self.record())
            limit = None if limit is None else limit - records[-1]
            self.take()

    def flush(self):
        data = self.outbox.read()
        if data:
            self.sock.sendall(data)

    def sealed(self, pieces):
        """The pieces as TLS records."""
        out = []
        for piece in pieces:
            self.tls.write(piece)
            out.append(self.outbox.read())
        return out


class Listener:
    """Accepts on a port of its own (or a Unix path) and serves each connection in a thread."""

    def __init__(self, path=None):
        if path is None:
            self.socket = socket.create_server(("127.0.0.1", 0))
            self.port = self.socket.getsockname()[1]
        else:
            Path(path).unlink(missing_ok=True)
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(str(path))
            Path(path).chmod(0o777)
            self.socket.listen(64)
        self.lock, self.open, self.ended = threading.RLock(), set(), False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.ended:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.open.add(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            sock.settimeout(60)
            self.serve(sock)
        except (Gone, OSError, ssl.SSLError):
            pass
        finally:
            sock.close()
            with self.lock:
                self.open.discard(sock)

    def serve(self, sock):
        raise NotImplementedError

    def hold(self, sock, seconds=HOLD):
        """Says nothing until the other side goes, or the time is over."""
        poll = select.poll()
        poll.register(sock, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        end = time.monotonic() + seconds
        while not self.ended and time.monotonic() < end and not poll.poll(100):
            pass

    def drop_all(self):
        with self.lock:
            for sock in list(self.open):
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def stop(self):
        self.ended = True
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        self.drop_all()
