"""Files that fit into no memory: a video of 1 GB (BRIDGE_LARGE: bytes) comes from a drop folder, from SFTP and as an MTOM part, and goes
out as a file and as an MTOM part, in less than 64 MB; and what is cut at any byte is whole, once, after the next run."""
import hashlib
import os
import random
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest
from conftest import ROOT
from test_delhi_cut import Cut

LARGE = int(os.environ.get("BRIDGE_LARGE", 1 << 30))
SMALL, CUTS = 20 << 20, 20
SEED = int(os.environ.get("BRIDGE_SEED", random.randrange(1 << 30)))
PEAK = 64 << 10                                        # KiB
# AddressSanitizer keeps what was freed: memory is measured with the plain program
PROGRAM = Path(os.environ.get("BRIDGE_BINARY") or ROOT / "build/cctns-bridge")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"


def make_video(path, size, seed):
    """Bytes of which no megabyte is like another, at the speed of the disk; gives their SHA-256."""
    block, digest = bytearray(random.Random(seed).randbytes(1 << 20)), hashlib.sha256()
    with open(path, "wb") as f:
        for at in range(0, size, len(block)):
            block[:len(MP4)] = MP4 if at == 0 else (b"%d " % at).ljust(len(MP4), b"x")
            piece = block[:size - at]
            digest.update(piece)
            f.write(piece)
    return digest.hexdigest()


def same(a, b):
    return subprocess.run(["cmp", a, b]).returncode == 0


class Site:
    """Delhi with the plain program; what is done to it is measured."""

    def __init__(self, state):
        self.state, self.day, self.hour = state, 11, 0
        self.measured = state.folder / "measured"
        self.store = state.folder / "contents"

    def later(self):
        """An hour on: cursors move, and what was put off comes up again."""
        self.hour += 1
        if self.hour == 24:
            self.day, self.hour = self.day + 1, 0
        self.now = f"2020-11-{self.day:02d}T{self.hour:02d}:30:00Z"
        self.state.clock.set(self.now)

    def run(self, *words, wrap=()):
        self.later()
        start = time.monotonic()
        done = self.state(*words, program=PROGRAM, wrap=("/usr/bin/time", "-v", "-o", self.measured, *wrap))
        done.seconds = time.monotonic() - start
        done.peak = int(re.search(r"Maximum resident set size \(kbytes\): (\d+)", self.measured.read_text())[1])
        return done

    def good(self, *words):
        done = self.run(*words)
        assert done.code == 0, done.out + done.err
        return done

    def held(self, sha):
        path = self.store / sha[:2] / sha
        return path if path.exists() else None

    def drop(self, system, number, path):
        """A letter whose scan is this file; the office put it there without a copy."""
        peer, name = self.state.peers[system], f"scan-{number.rpartition('/')[2]}.mp4"
        more = {"lg": {"ref_type": "LGREF"}, "cpo": {"ref_type": "VIP"}}[system]
        peer.add([{"number": number, "complainant": "परीक्षक", "unit": "DL-8162", "status": "FWDD", "body": "वीडियो", **more,
                   "received_at": "2020-11-01T18:30:00Z", "marked_at": "2020-11-02T18:30:00Z"}])
        # the table is taken away until the scan is there
        table = max(peer.drop.glob("*.csv"), key=lambda p: p.stat().st_mtime_ns)
        os.link(path, peer.drop / name)
        data = table.read_bytes()
        form = "utf-16-le" if system == "lg" else "utf-8"
        table.unlink()
        self.put_scan(peer, table, data, form, name)
        return name

    @staticmethod
    def put_scan(peer, table, data, form, name):
        """The scan's name into the column of the last row."""
        mark, comma = (b"\xff\xfe", "\t") if form == "utf-16-le" else (b"\xef\xbb\xbf", ",")
        lines = data[len(mark):].decode(form).split("\r\n")
        head, row = lines[0].split(comma), lines[1].split(comma)
        assert len(head) == len(row)
        row[head.index(peer.scan)] = name
        row[head.index(peer.scan_kind)] = peer.file_roles["EVIDENCE"]
        table.write_bytes(mark + "\r\n".join([lines[0], comma.join(row), ""]).encode(form))

    def case(self, files=()):
        """A case of NHRC, with files by path; its number."""
        self.later()
        number, = self.state.peers["nhrc"].add([{
            "unit": "DL-8162", "status": "FWDD", "category_code": "817", "subject": "वीडियो", "body": "Held without reason.",
            "complainant": "Kamla", "received_at": self.now, "marked_at": self.now,
            "files": [{"key": f"D{self.day}{self.hour}", "name": "घटना.mp4", "type": "video/mp4", "role": "EVIDENCE", "path": p}
                      for p in files]}])
        return number

    def report(self, number, sha, path):
        """The police's report on a complaint, of which the store has this content. ICMS has a small one: what its database and
        driver do with large ones is test_delhi_db.py's."""
        police = self.state.police
        self.later()
        police.act(number, "ATRS", self.now, text="Report.")
        police.file(number, "report.mp4", "ATR", PDF + number.encode(), self.now)
        self.good("pull", "icms")
        target = self.store / sha[:2] / sha
        if not target.exists():
            target.parent.mkdir(mode=0o700, exist_ok=True)
            os.link(path, target)
            target.chmod(0o600)
        self.state.sql(f"UPDATE bridge.attachment a SET content = '{sha}', content_size = {path.stat().st_size}, content_type = 'video/mp4'"
                       " FROM bridge.complaint c WHERE c.bridge_id = a.bridge_id AND a.system = 'icms'"
                       f" AND c.number = '{number}' RETURNING 1")

    def forget(self):
        """Staging forgets what files held, so that ICMS is not sent what came in."""
        self.state.sql("UPDATE bridge.attachment SET content = NULL, content_size = NULL, content_type = NULL RETURNING 1")

    def contents(self, number, system):
        return [r[0] for r in self.state.sql("SELECT a.content FROM bridge.attachment a JOIN bridge.complaint c USING (bridge_id)"
                                             f" WHERE c.number = '{number}' AND a.system = '{system}'")]


@pytest.fixture
def site(make_state):
    return Site(make_state("delhi"))


def told_file(peer, number):
    """What an office was left for a letter, as a path: once."""
    tables = [p for p in (peer.drop / "out").glob(f"{peer.paper_prefix}*.csv") if number in p.read_text(encoding="utf-8-sig")]
    assert len(tables) == 1
    files = [p for p in (peer.drop / "out").iterdir() if p.suffix != ".csv"]
    assert len(files) == 1 and files[0].name in tables[0].read_text(encoding="utf-8-sig"), files
    return files[0]


def test_a_video_in_and_out(site, tmp_path):
    video, lines = tmp_path / "video.mp4", []
    sha = make_video(video, LARGE, 1)
    state, store = site.state, site.store / sha[:2] / sha

    def went(what, done):
        lines.append(f"{what}: {done.seconds:.1f} s, {done.peak / 1024:.1f} MB")
        assert done.code == 0, done.out + done.err
        assert done.peak < PEAK, lines[-1]

    for way, system, number in (("drop folder in", "cpo", "CPO/DAK/1"), ("SFTP in", "lg", "LG/2020/1")):
        name = site.drop(system, number, video)
        went(way, site.run("pull", system))
        assert site.contents(number, system) == [sha] and same(store, video)
        assert (state.peers[system].drop / "done" / name).exists()
        store.unlink()                                  # the next way brings it anew
    number = site.case([video])
    went("MTOM in", site.run("pull", "nhrc"))
    assert site.contents(number, "nhrc") == [sha] and same(store, video)
    assert state.sql("SELECT DISTINCT content_size, content_type FROM bridge.attachment") == [[str(LARGE), "video/mp4"]]

    # out: of complaints that the police registered; the store has the video from the last way in
    case, dak = site.case(), "CPO/DAK/2"
    state.peers["cpo"].add([{"number": dak, "complainant": "Person", "unit": "DL-8162", "status": "FWDD", "body": "दो", "ref_type": "VIP",
                             "received_at": "2020-11-01T18:30:00Z", "marked_at": "2020-11-02T18:30:00Z"}])
    site.forget()
    for _ in range(3):                                  # pulls look two hours back
        site.later()
    site.good("sync")
    site.report(case, sha, video)
    went("MTOM out", site.run("push", "nhrc"))
    assert [f["sha256"] for t in state.peers["nhrc"].told(case) for f in t.get("files", [])] == [sha]
    site.report(dak, sha, video)
    went("file out", site.run("push", "cpo"))
    assert same(told_file(state.peers["cpo"], dak), video)
    print("\n".join(lines))


class Line(Cut):
    """A port that can be cut, and that does not wait for more before it hands on."""

    def carry(self, a, b):
        try:
            b.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:                                 # the other way is cut already
            pass
        super().carry(a, b)


def cut_https(site):
    """The line to NHRC through a port that can be cut."""
    nhrc = site.state.peers["nhrc"]
    cut = Line(int(re.search(r":(\d+)/", nhrc.url)[1]))
    nhrc.url = re.sub(r":\d+/", f":{cut.port}/", nhrc.url)
    site.state.write_conf()
    return cut


def cut_sftp(site):
    lg = site.state.peers["lg"]
    cut = Line(lg.sftpd.port)
    known = lg.sftpd.known_hosts
    known.write_text(known.read_text() + known.read_text().replace(f":{lg.sftpd.port} ", f":{cut.port} "))
    lg.conf = lg.conf.replace(f":{lg.sftpd.port}/", f":{cut.port}/")
    site.state.write_conf()
    return cut


def test_cut_at_any_byte(site, tmp_path):
    """Four cuts of each of five ways, at bytes that nobody chose: lines are cut with a reset, and where there is no line the program
    is killed as it writes that byte of a file."""
    print("BRIDGE_SEED =", SEED)
    rng, state = random.Random(SEED), site.state
    nhrc_line, sftp_line, videos = cut_https(site), cut_sftp(site), []
    site.good("sync")
    for n in range(CUTS):
        path = tmp_path / f"video-{n}.mp4"
        videos.append((path, make_video(path, SMALL, SEED + n)))
    parts, broken = CUTS // 5, 0

    def twice(run, line, at):
        """Cut, then not: the first run fails, and what it left is no content."""
        nonlocal broken
        before = {p.name for p in site.store.rglob("*") if p.is_file() and p.parent.name != "tmp"}
        if line:
            line.set(at)
            done = site.run(*run)
            line.set(None)
        else:
            done = site.run(*run, wrap=("prlimit", f"--fsize={at}", "--core=0"))
        broken += done.code != 0
        assert {p.name for p in site.store.rglob("*") if p.is_file() and p.parent.name != "tmp"} - before <= {s for _, s in videos}
        for p in site.store.rglob("*"):
            if p.is_file() and p.parent.name != "tmp" and p.name not in before:
                assert hashlib.sha256(p.read_bytes()).hexdigest() == p.name
        state.gone()
        return site.good(*run)

    def at():                                           # what comes before the file passes is left alone
        return rng.randrange(1 << 17, SMALL)

    for n in range(parts):                              # in from a drop folder, by SFTP
        for system, line, prefix in (("cpo", None, "CPO/DAK/"), ("lg", sftp_line, "LG/2020/")):
            path, sha = videos.pop()
            site.drop(system, f"{prefix}{n}", path)
            twice(("pull", system), line, at())
            assert site.contents(f"{prefix}{n}", system) == [sha] and same(site.held(sha), path)
    for n in range(parts):                              # in as a part
        path, sha = videos.pop()
        number = site.case([path])
        twice(("pull", "nhrc"), nhrc_line, at())
        assert site.contents(number, "nhrc") == [sha] and same(site.held(sha), path)
    assert state.one("SELECT count(*) || '/' || max(version) FROM bridge.attachment") == f"{3 * parts}/1"

    site.forget()
    cases = [site.case() for _ in range(parts)]
    daks = [f"CPO/DAK/{100 + n}" for n in range(parts)]
    state.peers["cpo"].add([{"number": d, "complainant": "Person", "unit": "DL-8162", "status": "FWDD", "body": "दो", "ref_type": "VIP",
                             "received_at": "2020-11-01T18:30:00Z", "marked_at": "2020-11-02T18:30:00Z"} for d in daks])
    site.good("sync")
    for number in cases:                                # out as a part
        path, sha = videos.pop()
        site.report(number, sha, path)
        twice(("push", "nhrc"), nhrc_line, at())
        assert [f["sha256"] for t in state.peers["nhrc"].told(number) for f in t.get("files", [])] == [sha]
    cpo = state.peers["cpo"]
    for number in daks:                                 # out as a file
        path, sha = videos.pop()
        site.report(number, sha, path)
        twice(("push", "cpo"), None, at())
        assert same(told_file(cpo, number), path)
        cpo.collect()
    assert [t["number"] for t in cpo.told() if t["stream"] == "attachment"] == daks
    assert broken == CUTS, broken
    for line in (nhrc_line, sftp_line):
        line.stop()
