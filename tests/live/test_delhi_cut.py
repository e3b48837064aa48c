"""The line to ICMS is cut after any number of bytes, in the middle of a file that goes in or out; the next run makes it whole, once."""
import hashlib
import random
import socket
import struct
import threading

import pytest

import icms
from rows import MariaDB

CUTS, SIZE = 20, 1500000


class Cut:
    """A port before a server: what passes is counted, and once it is more than the limit the lines are cut, with a reset."""

    def __init__(self, port):
        self.server, self.passed, self.limit, self.lines = port, 0, None, []
        self.lock = threading.Lock()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.open, daemon=True).start()

    def set(self, limit):
        with self.lock:
            self.passed, self.limit = 0, limit

    def open(self):
        while True:
            try:
                one = self.door.accept()[0]
            except OSError:
                return
            try:
                two = socket.create_connection(("127.0.0.1", self.server))
            except OSError:
                one.close()
                continue
            for a, b in ((one, two), (two, one)):
                threading.Thread(target=self.carry, args=(a, b), daemon=True).start()

    def carry(self, a, b):
        try:
            while data := a.recv(4096):
                with self.lock:
                    room = None if self.limit is None else self.limit - self.passed
                    self.passed += len(data)
                if room is not None and room < len(data):
                    b.sendall(data[:max(room, 0)])
                    for s in (a, b):
                        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def stop(self):
        self.door.close()


@pytest.fixture
def line(mariadb):
    cut = Cut(mariadb.port)
    yield cut
    cut.stop()


def test_cut_at_any_byte_and_run_again(make_state, mariadb, line):
    site = make_state("delhi")
    police = site.police = icms.Peer(site.folder, site.clock.path, on=MariaDB(mariadb, "icms_cut", "icms", line.port))
    site.write_conf()
    nhrc, rng = site.peers["nhrc"], random.Random(20)
    site.write_conf()
    line.set(None)
    site("sync", code=0)
    sent, reported, cut = {}, {}, 0
    for n in range(CUTS):
        day, size = f"2020-11-{11 + n // 2:02d}T{'15' if n % 2 else '03'}", SIZE + rng.randrange(9999)
        data = b"%PDF-1.4\n" + rng.randbytes(size)
        file = {"key": f"D{n}", "name": "petition.pdf", "type": "application/pdf", "role": "COMPLAINT", "bytes": data}
        number, = nhrc.add([{"unit": "DL-8162", "status": "FWDD", "category": "HR", "category_code": "817", "subject": f"No. {n}",
                             "body": "Held without reason.", "complainant": "Kamla", "received_at": f"{day}:00:00Z",
                             "marked_at": f"{day}:00:00Z", "files": [file]}])
        sent[number] = hashlib.sha256(data).hexdigest()
        for other in list(sent)[-2:-1]:     # and the station's report on the one before
            data = b"%PDF-1.4\n" + rng.randbytes(size)
            police.act(other, "ATRS", f"{day}:10:00Z", text="Report.")
            police.file(other, "report.pdf", "ATR", data, f"{day}:10:00Z")
            reported[other] = hashlib.sha256(data).hexdigest()
        site.clock.set(f"{day}:30:00Z")
        line.set(rng.randrange(2 * SIZE))
        code = site("sync").code
        cut += code != 0
        assert code != 5, "a line that is cut is no fault of the configuration"
        line.set(None)
        for minute in ("45", "59"):
            site.clock.set(f"{day}:{minute}:00Z")
            site("sync")
    held = police.held()
    assert {number: [f["sha256"] for f in held[number]["files"] if f.get("origin")] for number in sent} == {n: [s] for n, s in sent.items()}
    told = {n: [f["sha256"] for t in nhrc.told(n) for f in t.get("files", [])] for n in reported}
    assert told == {n: [s] for n, s in reported.items()}
    assert len(held) == CUTS and cut > CUTS // 2
    assert site("sync", code=0)
    for row in site.sql("SELECT content, count(*) FROM bridge.attachment GROUP BY content"):
        path, = (site.folder / "contents").rglob(row[0])
        assert row[1] == "1" and hashlib.sha256(path.read_bytes()).hexdigest() == row[0]
