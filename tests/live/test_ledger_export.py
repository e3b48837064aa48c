"""ledger export, verify and certify: one file of the books, whole or not there, the same each time, of one moment."""
import base64
import hashlib
import os
import re
import shutil
import subprocess

import pytest

from conftest import BRIDGE
from matters import grievance

ENTRIES = """INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, reason, evidence, at)
             SELECT (SELECT max(run_id) FROM bridge.run), 'pull', 'igrs', 'complaint', 'source', 'unchanged', 1, 'test ' || i,
                    sha256(i::text::bytea), '2020-06-10T20:00:00Z'
             FROM generate_series(1, {n}) i"""


def plain(field):
    return re.sub(r"\\(.)", lambda m: {"t": "\t", "n": "\n", "\\": "\\"}[m[1]], field)


def parse(data):
    """The lines of an export by kind, fields unescaped; its frame is checked."""
    lines = data.decode().split("\n")
    assert lines.pop() == ""
    rows = [[plain(f) for f in line.split("\t")] for line in lines]
    assert rows[0][:2] == ["cctns-bridge-ledger", "1"] and rows[0][2].startswith("cctns-bridge/") and len(rows[0]) == 3
    before = data[:data.rindex(b"z\t")]
    assert rows[-1] == ["z", str(len(rows) - 1), hashlib.sha256(before).hexdigest()]
    kinds = [r[0] for r in rows[1:-1]]
    assert kinds == sorted(kinds, key="etnas".index)
    return rows[0][2], {k: [r[1:] for r in rows[1:-1] if r[0] == k] for k in "etnas"}


def lp(value):
    raw = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else value.to_bytes(8, "big", signed=True)
    return len(raw).to_bytes(4, "big") + raw


def links(origin, entries):
    h, out = hashlib.sha256(b"\0" + lp(origin) + lp("1")).digest(), []
    for seq, entry, run, hop, system, stream, unit, debit, credit, n, reason, evidence, at, _ in entries:
        h = hashlib.sha256(b"\1" + h + b"".join(map(lp, (int(seq), int(entry), int(run), hop, system, stream, unit, debit, credit, int(n),
                                                         reason, bytes.fromhex(evidence), int(at))))).digest()
        out.append(h.hex())
    return out


def export(site, *words, name="export"):
    path = site.folder / name
    site("ledger", "export", str(path), *words, code=0)
    return path.read_bytes()


def with_key(site):
    site.bridge_extra = f"ledger_key = {site.folder}/ledger.pem\n"
    site.write_conf()
    site("ledger", "init", code=0)


@pytest.fixture
def ran(site):
    """A site with a key, and two runs behind it."""
    with_key(site)
    site.store.add_complaints([grievance(n) for n in range(1, 6)])
    site("sync", code=0)
    site.clock.set("2020-06-11T20:00:00Z")
    site.store.add_complaints([grievance(6, marked="2020-06-11 11:00:00")])
    site("pull", "igrs", code=0)
    return site


def test_what_stands_in_it(ran):
    origin, lines = parse(export(ran))
    assert [origin] == ran.sql("SELECT origin FROM bridge.ledger_head")[0]
    entries = lines["e"]
    assert [int(e[0]) for e in entries] == list(range(1, int(ran.one("SELECT count(*) FROM bridge.ledger")) + 1)) and len(entries) > 5
    assert [e[13] for e in entries] == links(origin, entries)
    assert entries[-1][13] == ran.one("SELECT encode(h, 'hex') FROM bridge.ledger_head")
    sums = ran.sql("SELECT run_id, side, system, unit, status, day, n, encode(keyset, 'hex') FROM bridge.control_total")
    assert sums and sorted([*t[:5], t[6], t[7], t[8]] for t in lines["t"]) == sorted(sums)
    order = [(int(t[0]), *(f.encode() for f in t[1:7])) for t in lines["t"]]
    assert order == sorted(order)
    notes = ran.sql("SELECT checkpoint, size, run_id, encode(note, 'hex') FROM bridge.checkpoint ORDER BY 1")
    assert len(notes) == 2 and [[*n[:3], base64.b64decode(n[3], validate=True).hex()] for n in lines["n"]] == notes
    states = dict(lines["s"])
    assert states["staged:complaint"] == ran.one("SELECT count(*) FROM bridge.source_record")
    assert states["delivered"] == ran.one("SELECT count(*) FROM bridge.delivery WHERE state = 'confirmed'") != "0"
    assert list(states) == sorted(states)


def test_the_same_each_time(ran):
    first = export(ran)
    ran.clock.set("2020-07-01T00:00:00Z")
    assert export(ran, name="again") == first
    assert ran("ledger", "export", "-", code=0).out.encode() == first
    facts = ran.json("ledger", "export", str(ran.folder / "third"), code=0)["tables"]["export"][0]
    assert facts["sha256"] == hashlib.sha256(first).hexdigest()
    assert facts["bytes"] == len(first) and facts["lines"] == first.count(b"\n")
    assert not list(ran.folder.glob("*.part"))


def test_every_text_is_one_field(ran):
    odd = "tab\tline\nback\\slash \\n return\r feed\f bell\b up\v \\r \\"
    ran.sql("INSERT INTO bridge.ledger (run_id, hop, system, stream, unit, debit, credit, n, reason, evidence, at) VALUES (1, 'pull',"
            f" 'igrs', 'complaint', 'घ', 'source', 'unchanged', 1, $x${odd}$x$, sha256('x'), '2020-06-10T20:00:00.000001Z')")
    origin, lines = parse(export(ran))
    assert lines["e"][-1][10] == odd and lines["e"][-1][6] == "घ" and lines["e"][-1][12] == "1591819200000001"
    assert links(origin, lines["e"])[-1] == lines["e"][-1][13]


def test_the_auditor_alone_can(ran):
    whole = export(ran)
    ran.pg.sql("CREATE ROLE audit_export LOGIN; GRANT bridge_auditor TO audit_export")
    try:
        ran.conf.write_text(ran.conf.read_text().replace("user=postgres", "user=audit_export"))
        assert export(ran, name="auditors") == whole
        refused = ran("ledger", "purge")
        assert refused.code not in (0, 3)
    finally:
        ran.pg.sql("DROP OWNED BY audit_export; DROP ROLE audit_export")


def test_an_entry_that_nobody_tied_is_in_it(ran):
    """Whoever goes round the trigger is not left out of the file: the entry stands at its end, with a link that is none."""
    ran.sql("SET session_replication_role = replica;" + ENTRIES.format(n=1))
    _, lines = parse(export(ran))
    assert lines["e"][-1][13] == "0" * 64 and int(lines["e"][-1][0]) == int(lines["e"][-2][0]) + 1
    assert ran("ledger", "verify").code == 6


def test_one_run(ran):
    run = int(ran.one("SELECT min(run_id) FROM bridge.checkpoint"))
    origin, whole = parse(export(ran))
    own, lines = parse(export(ran, "--run", str(run)))
    assert own == origin and lines["a"] == lines["s"] == []
    assert lines["e"] == [e for e in whole["e"] if e[2] == str(run)] != []
    assert lines["t"] == [t for t in whole["t"] if t[0] == str(run)] != []
    assert lines["n"] == [n for n in whole["n"] if n[2] == str(run)] != []
    for words in (["export", str(ran.folder / "x"), "--run", "999"], ["certify", "--run", "999"]):
        assert "ledger.run" in ran("ledger", *words, code=2).err
    assert not (ran.folder / "x").exists()
    ran("ledger", "export", str(ran.folder / "x"), "--run", "last", code=2)
    ran("ledger", "certify", code=2)


def test_certificate(ran):
    run = ran.one("SELECT min(run_id) FROM bridge.checkpoint")
    text = ran("ledger", "certify", "--run", run, code=0).out
    path = ran.folder / "of-run"
    ran("ledger", "export", str(path), "--run", run, code=0)
    digest = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]
    size, h, note = ran.sql(f"SELECT size, encode(h, 'hex'), encode(sha256(note), 'hex') FROM bridge.checkpoint WHERE run_id = {run}")[0]
    part_a, report, part_b = re.split("HASH REPORT|PART B", text)
    assert digest in part_a and digest in report and note in report and h in report and f"entries 1 to {size}" in report
    assert not re.search("[0-9a-f]{64}", part_b)
    assert "section 63(4)(c)" in part_a and "BHARATIYA SAKSHYA ADHINIYAM, 2023" in part_a
    assert re.search(r"SHA256 \[X\]", part_a) and re.search(r"SHA256 \[ \]", part_b) and "[X]" not in part_b
    assert "10/06/2020" not in part_a and "11/06/2020 01:30:0" in part_a and "hours IST" in part_a      # 20:00 UTC
    host, program = ran.sql(f"SELECT host, program FROM bridge.run WHERE run_id = {run}")[0]
    assert host in part_a and program in " ".join(part_a.split())
    for part in (part_a, part_b):       # what a person states, and signs
        assert re.search(r"I, _+ \(Name\)", part) and "signature) ____" in part and "Place: ____" in part
    assert "Owned [ ]   Maintained [ ]   Managed [ ]   Operated [ ]" in part_a and "lawful control" in part_a
    assert max(map(len, text.splitlines())) <= 80
    ran.clock.set("2021-01-01T00:00:00Z")
    ran("sync")
    assert ran("ledger", "certify", "--run", run, code=0).out == text


# ---- of one moment, and in little memory ----

def test_one_moment(ran):
    ran.sql(ENTRIES.format(n=20000))
    entries = ran.one("SELECT count(*) FROM bridge.ledger")
    process = subprocess.Popen([str(BRIDGE), "-c", str(ran.conf), "ledger", "export", "-"], stdout=subprocess.PIPE,
                               env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
    first = process.stdout.read(200)            # it is at the entries, and waits for its reader
    ran.sql(ENTRIES.format(n=3))
    ran.sql("INSERT INTO bridge.control_total (run_id, side, system, unit, status, day, n, keyset)"
            " VALUES (1, 'portal', 'zz', '', 'RECV', '2020-06-10', 1, sha256('x'))")
    rest = process.stdout.read()
    assert process.wait() == 0
    _, lines = parse(first + rest)
    assert len(lines["e"]) == int(entries) and not [t for t in lines["t"] if t[2] == "zz"]


def test_cut_short(ran):
    """A full disk, a server that goes, a reader that has seen enough: never a z line behind less than all."""
    ran.sql(ENTRIES.format(n=20000))
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
    words = [str(BRIDGE), "-c", str(ran.conf), "ledger", "export", "-"]
    with open("/dev/full", "wb") as full:
        failed = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, timeout=120)
    assert failed.returncode == 1 and "ledger.write" in failed.stderr

    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    first = process.stdout.read(200)
    ran.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cctns-bridge'"
            " AND datname = current_database()")
    rest, said = process.communicate(timeout=120)
    assert process.returncode == 75 and b"\nz\t" not in first + rest and said

    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    process.stdout.read(200)
    process.stdout.close()
    assert process.wait(120) == 0 and not process.stderr.read()


def test_memory_is_flat(ran):
    if not shutil.which("time"):
        pytest.skip("GNU time is not here")

    def peak(name):
        measured = ran.folder / name
        ran("ledger", "export", str(ran.folder / "export"), code=0,
            wrap=("/usr/bin/time", "-f", "%M", "-o", str(measured), "env", "ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=1"))
        return int(measured.read_text().split()[-1])

    ran.sql(ENTRIES.format(n=2000))
    small = peak("small")
    ran.sql(ENTRIES.format(n=40000))
    large, size = peak("large"), (ran.folder / "export").stat().st_size
    assert size > 8 << 20 and large < small + 4096, f"{small} and {large} KB for {size} bytes"


# ---- killed anywhere ----

@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("strace"), reason="strace cannot follow here")
def test_an_export_killed_anywhere(ran):
    """FILE is not there, or as it was, or whole; the next export is not in the way of what was left."""
    path, log = ran.folder / "export", ran.folder / "calls"
    trace = "write,fsync,rename,openat,flock,ftruncate,close,sendto,recvfrom"

    def run(*more):
        return subprocess.run(["strace", "-qq", "-o", str(log), "-e", "signal=none", *more, str(BRIDGE), "-c", str(ran.conf), "-q",
                               "ledger", "export", str(path)], capture_output=True, timeout=120,
                              env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))

    old = export(ran)
    ran.sql(ENTRIES.format(n=1500))
    assert run("-e", f"trace={trace}").returncode == 0
    calls = log.read_text()
    new = path.read_bytes()
    assert new != old and calls.count('.part"') >= 2
    counts = {c: len(re.findall(rf"^{c}\(", calls, re.M)) for c in trace.split(",")}
    from_part = len(re.findall(r"^close\(", calls[:calls.index('.part"')], re.M))   # of the files that are read before
    points = [(c, n) for c in ("write", "fsync", "rename", "flock", "ftruncate") for n in range(1, counts[c] + 1)]
    points += [("close", n) for n in range(from_part + 1, counts["close"] + 1)]
    points += [(c, n) for c in ("sendto", "recvfrom") for n in range(1, counts[c] + 1, max(1, counts[c] // 6))]
    assert counts["fsync"] == 2 and counts["rename"] == 1 and counts["write"] >= 5
    seen = set()
    for call, n in points:
        path.write_bytes(old)
        killed = run("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}")
        there = path.read_bytes()
        # how often it reads and closes is not the same each time: the last such call may not come, and the file is whole
        assert killed.returncode != 0 or (call in ("recvfrom", "close") and there == new), (call, n)
        assert there in (old, new), (call, n)
        seen.add(there == new)
        path.unlink()
        run("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}")
        assert not path.exists() or path.read_bytes() == new, (call, n)
        assert run("-e", "trace=none").returncode == 0 and path.read_bytes() == new, (call, n)
        assert not list(ran.folder.glob("*.part")), (call, n)
    assert seen == {True, False}


# ---- the verifier's word ----

def test_verify(ran):
    assert ran.json("ledger", "verify", code=0)["tables"]["verify"] == [{"word": "whole"}]
    path = ran.folder / "export"
    data = export(ran)
    assert ran("ledger", "verify", str(path), code=0).out.split()[1] == "whole"
    key = ran.folder / "auditors.key"
    key.write_text(ran.json("ledger", "status")["tables"]["ledger"][-1]["value"] + "\n")
    memory = ran.folder / "memory"
    assert "whole" in ran("ledger", "verify", str(path), "--key", str(key), "--memory", str(memory), code=0).out
    assert memory.exists()

    at = data.index(b"\tsource\t", data.index(b"\ne\t1\t"))
    body = data[:at] + b"\tSource\t" + data[at + 8:data.rindex(b"z\t")]
    path.write_bytes(body + b"z\t%d\t%s\n" % (body.count(b"\n"), hashlib.sha256(body).hexdigest().encode()))
    assert "altered at entry 1" in ran("ledger", "verify", str(path), code=6).out
    path.write_bytes(data[:-70])
    assert ran("ledger", "verify", str(path)).code == 2 and "not an export" in ran("ledger", "verify", str(path)).out
    assert ran("ledger", "verify", str(ran.folder / "nothing")).code == 1

    ran.sql("SET session_replication_role = replica; UPDATE bridge.ledger SET n = n + 1 WHERE entry = 3")
    assert "altered at entry 3" in ran("ledger", "verify", code=6).out


def test_verify_says_that_tables_were_changed(ran):
    ran.sql("UPDATE bridge.delivery SET state = 'void' WHERE delivery_id = (SELECT min(delivery_id::text)::uuid FROM bridge.delivery"
            " WHERE state = 'confirmed')")
    assert "books and tables differ" in ran("ledger", "verify", code=6).out


def test_verify_without_a_key(site):
    site("sync", code=0)
    said = site("ledger", "verify", code=3)
    assert "unanchored" in said.out
