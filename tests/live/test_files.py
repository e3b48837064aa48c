"""Offices that work by drop folders: spreadsheets over SFTP, a register in a local folder, XML with what must not be kept.

That every field of a good drop arrives, and every reply comes back, is test_systems.py's; here is what files alone have: what
becomes of each of them, broken ones, half-written ones, crashes, hostile names.
"""
import hashlib
import os
import signal
import subprocess
import time
import unicodedata

import pytest
from conftest import BRIDGE, ROOT
from lxml import etree

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
BODY = 'मेरी शिकायत यह है:\n1. गली में "रोशनी" नहीं;\n2. कोई\tनहीं सुनता।'


def nfc(text):
    return unicodedata.normalize("NFC", text)


def letter(n, **more):
    r = {"number": f"LG/LP/2020/{n:05d}", "ref_type": "LGLP", "complainant": f"परीक्षक {n}", "mobile": f"+915{n:09d}",
         "address": f"मकान {n}\nगली 2, दिल्ली", "unit": "DL-8162", "body": BODY, "subject": "रोशनी", "status": "FWDD",
         "received_at": "2020-01-31T18:30:00Z", "marked_at": "2020-02-08T18:30:00Z"}
    r.update(more)
    return r


def dak(n, **more):
    r = {"number": f"CPO/DAK/{n:05d}", "ref_type": "VIP", "addressed_by": "माननीय सदस्य", "complainant": f"Person {n}", "unit": "DL-8165",
         "body": BODY, "status": "FWDD", "received_at": "2020-11-01T18:30:00Z", "marked_at": "2020-11-02T18:30:00Z"}
    r.update(more)
    return r


def names(folder):
    return sorted(p.name for p in folder.iterdir() if p.is_file()) if folder.exists() else []


def count(site, system):
    return int(site.one(f"SELECT count(*) FROM bridge.complaint WHERE source_system = '{system}'"))


def held(site, system):
    return site.sql(f"SELECT kind, reason, place FROM bridge.held WHERE system = '{system}' AND state = 'open' ORDER BY held_id")


# ---- must show: a spreadsheet export through SFTP

def test_a_spreadsheet_comes_through_sftp(delhi):
    peer = delhi.peers["lg"]
    name = peer.add([letter(1, files=[{"key": "s", "name": "पत्र 1.pdf", "bytes": PDF}]), letter(2)])
    data = (peer.drop / name).read_bytes()
    text = data.decode("utf-16")
    assert data[:2] == b"\xff\xfe" and '"मेरी शिकायत यह है:\n1. ' in text and "\t1/2/2020\t" in text
    peer.fault("drop", "malformed")
    broken = peer.add([letter(3)])
    was = (peer.drop / broken).read_bytes()

    run = delhi("pull", "lg")
    assert run.code in (0, 3), run.err   # rows in; a file was set aside
    rows = delhi.sql("SELECT number, body, address, to_char(received_at AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD HH24:MI'), unit, ref_type"
                     " FROM bridge.complaint WHERE source_system = 'lg' ORDER BY number")
    assert [tuple(r) for r in rows] == [(f"LG/LP/2020/{n:05d}", nfc(BODY), nfc(f"मकान {n}\nगली 2, दिल्ली"), "2020-02-01 00:00", "DL-8162",
                                         "LGLP") for n in (1, 2)]
    assert names(peer.drop / "done") == sorted([name, "पत्र 1.pdf"]) and (peer.drop / "done" / name).read_bytes() == data
    sha = delhi.sql("SELECT content FROM bridge.attachment WHERE system = 'lg'")
    assert [r[0] for r in sha] == [hashlib.sha256(PDF).hexdigest()]

    # the broken one lies in bad/ as it came, with the reason beside it; nothing of it was taken
    assert names(peer.drop / "bad") == [broken, broken + ".reason.txt"] and (peer.drop / "bad" / broken).read_bytes() == was
    reason = (peer.drop / "bad" / (broken + ".reason.txt")).read_text(encoding="utf-8-sig")
    assert f"File: {broken}" in reason and "Line: 6" in reason and "Reason: a quote is not closed [csv.quote]" in reason
    assert "इस फ़ाइल से" in reason
    assert "परीक्षक" not in reason and "5000000003" not in reason
    assert [(r[0], r[1]) for r in held(delhi, "lg")] == [("page", "csv.quote")]
    assert broken in delhi("held", "list").out

    # put right and dropped again, under the name that it had
    line_end = "\r\n".encode("utf-16-le")
    (peer.drop / broken).write_bytes(was[:was.rindex(line_end, 0, -2) + len(line_end)])
    delhi("pull", "lg", code=0)   # and the page that was held is settled
    assert count(delhi, "lg") == 3 and broken in names(peer.drop / "done")
    # nothing is left in the folder, and nothing comes twice
    assert names(peer.drop) == []
    delhi("pull", "lg", code=0)
    assert count(delhi, "lg") == 3 and int(delhi.one("SELECT max(version) FROM bridge.complaint")) == 1


@pytest.mark.parametrize("system,fault,code", [("lg", "header", "csv.header"), ("lg", "encoding", "file.encoding"),
                                               ("cpo", "malformed", "csv.quote"), ("cpo", "header", "csv.header"),
                                               ("cpo", "encoding", "file.encoding"), ("cvc", "malformed", "xml.malformed"),
                                               ("cvc", "header", "xml.root"), ("cvc", "encoding", "xml.malformed")])
def test_a_broken_file_is_refused_whole(delhi, system, fault, code):
    peer, make = delhi.peers[system], {"lg": letter, "cpo": dak, "cvc": vigilance}[system]
    peer.fault("drop", fault)
    broken = peer.add([make(1), make(2)])
    good = peer.add([make(3)])
    delhi("pull", system)
    assert count(delhi, system) == 1   # the good one behind it is not kept waiting
    assert names(peer.drop / "bad") == [broken, broken + ".reason.txt"] and names(peer.drop / "done") == [good]
    assert code in (peer.drop / "bad" / (broken + ".reason.txt")).read_text(encoding="utf-8-sig")
    assert [(r[0], r[1]) for r in held(delhi, system)] == [("page", code)]


def test_a_bad_row_is_held_alone(delhi):
    peer = delhi.peers["cpo"]
    name = peer.add([dak(1), dak(2), dak(3)])
    path = peer.drop / name
    path.write_bytes(path.read_bytes().replace(b"CPO/DAK/00002,,VIP", b"CPO/DAK/00002,,VVIP"))
    delhi("pull", "cpo")
    assert count(delhi, "cpo") == 2 and names(peer.drop / "done") == [name]
    rows = held(delhi, "cpo")
    assert [(r[0], r[1]) for r in rows] == [("set_aside", "map.code")]
    # lines of a file, not records of it: a gist has several
    data = (peer.drop / "done" / name).read_text(encoding="utf-8-sig")
    line = data[:data.index("CPO/DAK/00002")].count("\n") + 1
    shown = delhi("held", "list").out + str(rows)
    assert f"{name} line {line}" in shown, shown


def test_scans_that_cannot_be_had_hold_their_letter(delhi):
    peer = delhi.peers["cpo"]
    (peer.folder / "secret.pdf").write_bytes(PDF)
    (peer.drop / "link.pdf").symlink_to(peer.folder / "secret.pdf")
    (peer.drop / "empty.pdf").write_bytes(b"")
    name = peer.add([dak(n, files=[{"key": "s", "name": "x.pdf", "bytes": PDF, "drop_name": f"scan-{n}.pdf"}]) for n in range(1, 7)])
    data = (peer.drop / name).read_bytes()
    for n, other in enumerate([b"../secret.pdf", b"link.pdf", b"empty.pdf", b".hidden.pdf", b"none.pdf"], 1):
        data = data.replace(f"scan-{n}.pdf".encode(), other)
    (peer.drop / name).write_bytes(data)
    delhi("pull", "cpo")
    assert [r[0] for r in delhi.sql("SELECT number FROM bridge.complaint WHERE source_system = 'cpo'")] == ["CPO/DAK/00006"]
    assert sorted(r[1] for r in held(delhi, "cpo")) == ["content.absent", "content.empty", "content.name", "content.name", "content.name"]
    assert (peer.folder / "secret.pdf").exists() and (peer.drop / "link.pdf").is_symlink()
    assert names(peer.drop / "done") == [name, "scan-6.pdf"]


def test_what_is_still_written_is_left(delhi):
    peer = delhi.peers["lg"]
    peer.fault("drop", "slow")
    slow = peer.add([letter(1)])
    delhi("pull", "lg", code=0)
    assert count(delhi, "lg") == 0 and names(peer.drop) == [slow + ".part"]
    peer.conf = peer.conf.replace("settle = 0s", "settle = 1h")
    delhi.write_conf()
    peer.finish_drop(slow)
    delhi("pull", "lg", code=0)
    assert count(delhi, "lg") == 0 and names(peer.drop) == [slow]
    old = time.time() - 3700
    os.utime(peer.drop / slow, (old, old))
    delhi("pull", "lg", code=0)
    assert count(delhi, "lg") == 1 and names(peer.drop / "done") == [slow]


@pytest.mark.parametrize("system", ["lg", "cpo"])
def test_a_scan_that_is_still_written_is_waited_for(delhi, system):
    """Half a scan is not taken, and does not keep other tables waiting; what is told is told by the exit code."""
    peer, make = delhi.peers[system], letter if system == "lg" else dak
    first = peer.add([make(1, files=[{"key": "s", "name": "x.pdf", "bytes": PDF, "drop_name": "half.pdf"}])])
    second = peer.add([make(2)])
    (peer.drop / "half.pdf").write_bytes(PDF[:9])
    peer.conf = peer.conf.replace("settle = 0s", "settle = 1h")
    delhi.write_conf()
    old = time.time() - 3700
    os.utime(peer.drop / first, (old, old))
    os.utime(peer.drop / second, (old, old))
    run = delhi("pull", system, code=75)
    assert "a file that is named is still being written" in run.err, run.err
    assert count(delhi, system) == 1 and names(peer.drop) == sorted([first, "half.pdf"]) and names(peer.drop / "done") == [second]
    (peer.drop / "half.pdf").write_bytes(PDF)
    os.utime(peer.drop / "half.pdf", (old, old))
    delhi("pull", system, code=0)
    assert count(delhi, system) == 2 and delhi.one("SELECT content FROM bridge.attachment") == hashlib.sha256(PDF).hexdigest()
    assert names(peer.drop) == []


def test_a_table_that_is_replaced_while_it_is_read_comes_again(delhi):
    """Over SFTP: the clerk saves the table anew within a long scan of the old one."""
    peer = delhi.peers["lg"]
    name = peer.add([letter(1, files=[{"key": "s", "name": "v.mp4", "bytes": os.urandom(1 << 20) * 64}])])
    os.utime(peer.drop / name, (time.time() - 100, time.time() - 100))
    other = peer.add([letter(2)])
    (peer.drop / other).rename(peer.folder / "new")
    env = dict(os.environ, BRIDGE_NOW=f"@{delhi.clock.path}", ASAN_OPTIONS="detect_leaks=0", NO_COLOR="1")
    with open(delhi.folder / "run.err", "w+") as log:
        run = subprocess.Popen([str(BRIDGE), "-c", str(delhi.conf), "pull", "lg"], env=env, stdout=subprocess.DEVNULL, stderr=log)
        end = time.monotonic() + 30
        while run.poll() is None and time.monotonic() < end:
            if any(p.stat().st_size for p in (delhi.folder / "contents" / "tmp").glob("*")):
                (peer.folder / "new").rename(peer.drop / name)
                break
            time.sleep(0.001)
        assert run.wait(60) == 0
    assert not (peer.folder / "new").exists(), "it was never replaced within the scan"
    assert count(delhi, "lg") == 1 and name in names(peer.drop) and names(peer.drop / "done") == []
    delhi("pull", "lg", code=0)
    assert count(delhi, "lg") == 2 and name in names(peer.drop / "done")


def test_hostile_names_are_left_where_they_are(delhi):
    for system in ("lg", "cpo"):
        peer = delhi.peers[system]
        good = peer.add([(letter if system == "lg" else dak)(1)])
        data, prefix = (peer.drop / good).read_bytes(), good[:4]
        outside = peer.folder / "outside.csv"
        outside.write_bytes(data)
        (peer.drop / f"{prefix}link.csv").symlink_to(outside)
        (peer.drop / f"{prefix}folder.csv").mkdir()
        hostile = [f"{prefix}a\nb.csv", f"{prefix}\x1b[2J.csv", f"{prefix}back\\slash.csv"]
        for name in hostile:
            (peer.drop / name).write_bytes(data)
        run = delhi("pull", system, code=0)
        assert "\x1b" not in run.err
        assert names(peer.drop / "done") == [good]
        assert outside.exists() and (peer.drop / f"{prefix}link.csv").is_symlink()
        assert set(hostile) < set(names(peer.drop))
        # names with all that a shell or a quoted command would stumble over are fine
        odd = f"""{prefix}a "b" 'c' $(d) 100% #1 ;&.csv"""
        (peer.drop / odd).write_bytes(data)
        delhi("pull", system, code=0)
        assert odd in names(peer.drop / "done")


@pytest.mark.parametrize("system", ["lg", "cpo"])
def test_killed_at_any_time(delhi, system):
    """Killed between commit and finish among other places: the file comes again, and nothing is there twice."""
    peer, make = delhi.peers[system], letter if system == "lg" else dak
    delhi.options[system] = "rows = 20"
    delhi.write_conf()
    peer.add([make(n) for n in range(1, 201)])
    env = dict(os.environ, BRIDGE_NOW=f"@{delhi.clock.path}", ASAN_OPTIONS="detect_leaks=0", NO_COLOR="1")
    seen = set()
    for tries in range(12):
        run = subprocess.Popen([str(BRIDGE), "-c", str(delhi.conf), "pull", system], env=env, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        want = min(200, 20 * tries)
        end = time.monotonic() + 20
        while run.poll() is None and count(delhi, system) < want and time.monotonic() < end:
            time.sleep(0.002)
        run.send_signal(signal.SIGKILL)
        run.wait(20)
        seen.add(count(delhi, system))
        if names(peer.drop) == []:
            break
    delhi("pull", system, code=0)
    assert count(delhi, system) == 200 and names(peer.drop) == [] and len(names(peer.drop / "done")) == 1
    assert int(delhi.one(f"SELECT max(version) FROM bridge.complaint WHERE source_system = '{system}'")) == 1
    assert int(delhi.one("SELECT count(*) FROM bridge.held WHERE state = 'open'")) == 0
    assert len(seen) > 1, "it was never killed within the file"


def test_a_connection_that_is_cut(delhi):
    """Within a scan of 64 MB, at three places: nothing of it stays, and the next run has it whole."""
    peer = delhi.peers["lg"]
    piece = os.urandom(1 << 20)
    name = peer.add([letter(1, files=[{"key": "s", "name": "video.mp4", "bytes": piece * 64}])])
    want = hashlib.sha256(piece * 64).hexdigest()
    env = dict(os.environ, BRIDGE_NOW=f"@{delhi.clock.path}", ASAN_OPTIONS="detect_leaks=0", NO_COLOR="1")
    contents, cuts = delhi.folder / "contents", 0
    for least in (1, 10 << 20, 40 << 20):
        with open(delhi.folder / "run.err", "w+") as log:
            run = subprocess.Popen([str(BRIDGE), "-c", str(delhi.conf), "pull", "lg"], env=env, stdout=subprocess.DEVNULL, stderr=log)
            end = time.monotonic() + 30
            while run.poll() is None and time.monotonic() < end:
                if any(p.stat().st_size >= least for p in (contents / "tmp").glob("*")):
                    cuts += bool(peer.sftpd.cut())
                    break
                time.sleep(0.001)
            run.wait(60)
            log.seek(0)
            said = log.read()
        assert "AddressSanitizer" not in said and "runtime error" not in said
        if run.returncode == 0:   # it was faster than the knife
            break
        assert "sftp." in said, said
        assert count(delhi, "lg") == 0 and name in names(peer.drop) and not list((contents / "tmp").glob("*"))
    assert cuts
    delhi("pull", "lg", code=0)
    assert delhi.one("SELECT content FROM bridge.attachment") == want and count(delhi, "lg") == 1
    assert names(peer.drop / "done") == [name, "video.mp4"]


def test_the_server_must_be_the_known_one(delhi):
    peer = delhi.peers["lg"]
    delhi("check", code=0)
    peer.sftpd.new_host_key()
    name = peer.add([letter(1)])
    run = delhi("pull", "lg")
    assert run.code != 0 and "sftp.host" in run.err
    assert count(delhi, "lg") == 0 and names(peer.drop) == [name]
    peer.sftpd.stop()
    run = delhi("pull", "lg")
    assert run.code != 0 and "sftp.connect" in run.err


# ---- CVC: what must not be kept

def vigilance(n, **more):
    r = {"number": f"CVC/2020/{n:06d}", "identity": "N", "ref_class": "IR", "category": "CORRUPT", "mode": "WEB",
         "complainant": f"Person {n}", "body": BODY, "unit": "DL-8161", "status": "FWDD",
         "received_at": "2020-11-01T18:30:00Z", "marked_at": "2020-11-02T18:30:00Z"}
    r.update(more)
    return r


def test_a_pidpi_sender_is_kept_nowhere(delhi):
    peer = delhi.peers["cvc"]
    secret = {"Name": "Guptanaam Canaryperson", "Mobile": "5999000111", "Address": "77 Canary Lane", "Letter": "PIDPI/2020/CANARY"}
    r = vigilance(1, identity="S", secret=secret)
    del r["complainant"]
    held_row = vigilance(2, identity="S", secret=secret, unit="DL-8162")
    del held_row["complainant"]
    name = peer.add([r, held_row, vigilance(3)])
    path = peer.drop / name
    path.write_bytes(path.read_bytes().replace(b">Central<", b">Nowhere<"))  # a row that is held
    delhi("sync", env={"BRIDGE_LOG": "debug"})
    assert [tuple(x) for x in delhi.sql("SELECT number, identity FROM bridge.complaint WHERE source_system = 'cvc' ORDER BY 1")] == \
        [("CVC/2020/000001", "S"), ("CVC/2020/000003", "N")]
    assert len(held(delhi, "cvc")) == 1
    assert {a["identity"] for n, a in delhi.police.held().items() if n.endswith("1")} == {"S"}
    dump = subprocess.run(["pg_dump", "-d", delhi.conninfo], capture_output=True, check=True).stdout
    seen = {"dump": dump, "logs": "".join(delhi.logs).encode()}
    for folder, _, files in os.walk(delhi.folder):
        for f in files:
            where = os.path.join(folder, f)
            if os.path.realpath(where).startswith(str(peer.folder)) or not os.path.isfile(where):
                continue
            seen[where] = open(where, "rb").read()
    for where, data in seen.items():
        for value in secret.values():
            for form in (value.encode(), value.encode().hex().encode(), value.encode("utf-16-le")):
                assert form not in data, f"{value} stands in {where}"
    assert b"CVC/2020/000001" in dump


# ---- out

def test_replies_are_left_for_the_office(delhi):
    for system, make in (("lg", letter), ("cpo", dak), ("cvc", vigilance)):
        peer = delhi.peers[system]
        peer.add([make(1), make(2)])
    delhi("sync", code=0)
    officer = delhi.police.officer()
    for n, system in enumerate(("lg", "cpo", "cvc"), 1):
        number = {"lg": letter, "cpo": dak, "cvc": vigilance}[system](1)["number"]
        delhi.police.act(number, "ASGN", "2020-11-11T05:00:00Z", officer=officer)
        delhi.police.act(number, "ATRS", "2020-11-12T05:00:00Z", officer=officer, text='=cmd|"/c calc"!A1 की गई जाँच\n"सही"')
        delhi.police.file(number, "report.pdf", "ATR", PDF + str(n).encode(), "2020-11-12T05:00:00Z")
    delhi.clock.set("2020-11-12T20:00:00Z")
    delhi("sync", code=0)
    for n, system in enumerate(("lg", "cpo", "cvc"), 1):
        peer = delhi.peers[system]
        number = {"lg": letter, "cpo": dak, "cvc": vigilance}[system](1)["number"]
        if system == "cvc":
            schema = etree.XMLSchema(etree.parse(str(ROOT / "mappings/cvc.xsd")))
            for path in [*(peer.drop / "done").glob("*.xml"), *(peer.drop / "out").glob("*.xml")]:
                schema.assertValid(etree.parse(str(path)))
        raw = b"".join(p.read_bytes() for p in (peer.drop / "out").iterdir())
        assert system == "cvc" or (b"\"'=cmd|" in raw and b',"=' not in raw)   # no formula for a spreadsheet
        told = peer.told(number)
        acts = [t for t in told if t["stream"] == "action"]
        assert acts[0]["action"] == "REGD" and acts[-1]["action"] == "ATRS"
        assert acts[-1]["text"] == nfc('=cmd|"/c calc"!A1 की गई जाँच\n"सही"')
        assert acts[-1]["officer_name"] == "सत्यवीर सिंह"
        assert {t["police_number"] for t in told} == {delhi.one(f"SELECT police_number FROM bridge.complaint WHERE number = '{number}'")}
        papers = [t for t in told if t["stream"] == "attachment"]
        assert [(p["role"], p["name"], p["files"][0]["sha256"]) for p in papers] == \
            [("ATR", "report.pdf", hashlib.sha256(PDF + str(n).encode()).hexdigest())]
        assert names(peer.drop / "out") == []   # all of it was collected: nothing half-written, nothing over
        told_before = len(peer.told())
        delhi("sync", code=0)
        assert len(peer.told()) == told_before
