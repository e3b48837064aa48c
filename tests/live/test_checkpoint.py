"""What each run signs of the books, checked by the auditor's means: openssl, and a chain made anew in Python from the contract."""
import base64
import datetime
import hashlib
import re
import struct
import subprocess

import pytest
from matters import grievance

KEY = re.compile(r"(cctns-bridge/[0-9a-f-]{36})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")
STRACE = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "signal=none")


@pytest.fixture
def books(site, tmp_path):
    """A site whose notes are left in two folders; site.line is what the auditor was given."""
    site.folders = [tmp_path / "auditor", tmp_path / "share"]
    for folder in site.folders:
        folder.mkdir()
    site.key = tmp_path / "ledger.pem"
    site.bridge_extra = f"ledger_key = {site.key}\nnotes = {site.folders[0]}  {site.folders[1]}"
    site.write_conf()
    site.line = KEY.search(site("ledger", "init", code=0).out)
    site.nights = 0
    return site


def night(site, *words, code=0, **more):
    """The next night's run; one complaint more has come, so that something is booked."""
    site.nights += 1
    day = datetime.date(2020, 6, 10) + datetime.timedelta(site.nights)
    site.clock.set(f"{day}T20:00:00Z")
    site.store.add_complaints([grievance(site.nights, marked=f"{day + datetime.timedelta(1)} 01:00:00")])
    return site(*(words or ("sync",)), code=code, **more)


# ---------------------------------------------------------------- the auditor's side

def lp(value):
    if isinstance(value, int):
        value = struct.pack(">q", value)
    value = value.encode() if isinstance(value, str) else value
    return struct.pack(">I", len(value)) + value


def chain(site):
    """[h_0, h_1, ...] from the entries alone, and what the database has."""
    origin = site.one("SELECT origin FROM bridge.ledger_head")
    h = [hashlib.sha256(b"\0" + lp(origin) + lp("1")).digest()]
    rows = site.sql("SELECT k.seq, l.entry, l.run_id, l.hop, l.system, l.stream, COALESCE(l.unit, ''), l.debit, l.credit, l.n, l.reason,"
                    " encode(l.evidence, 'hex'), (extract(epoch FROM l.at) * 1000000)::bigint, encode(k.h, 'hex')"
                    " FROM bridge.ledger l FULL JOIN bridge.ledger_link k USING (entry) ORDER BY k.seq")
    for i, row in enumerate(rows, 1):
        seq, entry, run, *texts, n, reason, evidence, at, have = row
        assert int(seq) == i
        h.append(hashlib.sha256(b"\1" + h[-1] + lp(i) + lp(int(entry)) + lp(int(run)) + b"".join(map(lp, texts)) + lp(int(n))
                                + lp(reason) + lp(bytes.fromhex(evidence)) + lp(int(at))).digest())
        assert h[-1].hex() == have, f"entry {entry}"
    assert site.sql("SELECT seq, encode(h, 'hex') FROM bridge.ledger_head") == [[str(len(rows)), h[-1].hex()]]
    return h


def totals(site, run):
    """The SHA-256 of a run's lines of control totals, "-" when it has none."""
    rows = site.sql("SELECT run_id, side, system, unit, status, COALESCE(to_jsonb(t) ->> 'category', ''), day::text, n,"
                    f" encode(keyset, 'hex') FROM bridge.control_total t WHERE run_id = {run}")
    rows.sort(key=lambda row: [part.encode() for part in row[1:7]])
    lines = "".join("\t".join(["t", *row]) + "\n" for row in rows)
    return base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode() if rows else "-"


def openssl_verifies(site, text, signature, tmp):
    """As an auditor would: openssl, the note and the line of the key, nothing of ours."""
    public = base64.b64decode(site.line[3])
    assert public[0] == 1 and len(public) == 33
    (tmp / "public.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + public[1:])
    (tmp / "text").write_bytes(text)
    (tmp / "signature").write_bytes(signature)
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", tmp / "public.der", "-rawin",
                           "-in", tmp / "text", "-sigfile", tmp / "signature"], capture_output=True, text=True)
    return done.returncode == 0


def read_note(site, note, tmp):
    """(size, h, run, prev, totals, at) of a note that openssl has verified."""
    text, _, last = note.partition(b"\n\n")
    text += b"\n"
    found = re.fullmatch(rf"— {re.escape(site.line[1])} ([A-Za-z0-9+/=]+)\n".encode(), last)
    signature = base64.b64decode(found[1])
    public = base64.b64decode(site.line[3])
    ident = hashlib.sha256(site.line[1].encode() + b"\n" + public).digest()[:4]
    assert ident.hex() == site.line[2] and signature[:4] == ident and len(signature) == 68
    assert openssl_verifies(site, text, signature[4:], tmp)
    assert not openssl_verifies(site, text.replace(b"run", b"rum"), signature[4:], tmp)
    origin, size, h, facts, end = text.decode().split("\n")
    assert origin == site.line[1] and end == ""
    run, prev, total, at = re.fullmatch(r"run (\d+) prev (\S+) totals (\S+) at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)", facts).groups()
    return int(size), base64.b64decode(h), int(run), prev, total, at


def assert_notes(site, tmp):
    """Every note of the table is in every folder, by its number, and says what the chain is."""
    h, prev, size = chain(site), "-", 0
    table = site.sql("SELECT checkpoint, size, encode(h, 'hex'), run_id, encode(note, 'hex'), to_char(at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
                     " FROM bridge.checkpoint ORDER BY checkpoint")
    for folder in site.folders:
        assert sorted(p.name for p in folder.iterdir()) == [f"{int(row[0]):010d}.note" for row in table]
    for i, (number, its_size, its_h, run, note, at) in enumerate(table, 1):
        note = bytes.fromhex(note)
        assert int(number) == i and all((f / f"{i:010d}.note").read_bytes() == note for f in site.folders)
        said = read_note(site, note, tmp)
        assert said == (int(its_size), h[int(its_size)], int(run), prev, totals(site, run), at) and said[1].hex() == its_h
        assert said[0] >= size
        size, prev = said[0], base64.b64encode(hashlib.sha256(note).digest()).decode()
        assert site.sql(f"SELECT place FROM bridge.anchor WHERE checkpoint = {number} ORDER BY 1") == [[f"file:{f}"] for f in site.folders]
    assert size == len(h) - 1, "the last note is of all that is booked"
    return len(table)


# ---------------------------------------------------------------- notes

def test_each_run_leaves_a_note(books, tmp_path):
    assert oct(books.key.stat().st_mode & 0o777) == "0o600"
    out = [night(books), night(books, "pull", "igrs"), night(books, "push", "cctns", code=None), night(books, "reconcile", code=None)]
    assert assert_notes(books, tmp_path) == 4
    assert not [o.out for o in out if "unanchored" in o.out or "altered" in o.out]
    assert "unanchored" not in books("status", code=0).out
    runs = [row[0] for row in books.sql("SELECT run_id FROM bridge.checkpoint ORDER BY 1")]
    assert [totals(books, run) == "-" for run in runs] == [False, True, True, False], "who compares says what was counted"
    # a dry run, and one that finds nothing, sign nothing
    books("sync", "--dry-run", code=0)
    assert books.one("SELECT count(*) FROM bridge.checkpoint") == "4"
    status = books("ledger", "status", code=0).out
    assert books.line[0] in status and str(books.folders[0]) in status


def test_it_works_as_the_writer(books, tmp_path):
    books.sql("DROP ROLE IF EXISTS chain_writer; CREATE ROLE chain_writer LOGIN; GRANT bridge_writer TO chain_writer")
    books.conninfo_was, books.conninfo = books.conninfo, books.conninfo.replace("user=postgres", "user=chain_writer")
    books.write_conf()
    night(books)
    night(books)
    books.conninfo = books.conninfo_was
    assert assert_notes(books, tmp_path) == 2


def test_the_key_is_made_once(books):
    before = books.key.read_bytes()
    again = books("ledger", "init", code=2)
    assert "there is a key already" in again.err and books.key.read_bytes() == before
    assert "PRIVATE" not in again.out + again.err


# ---------------------------------------------------------------- killed in between

@pytest.mark.parametrize("call,n", [("openat", 0), ("fsync", 1), ("renameat", 1), ("fsync", 2), ("renameat", 2), ("fsync", 3),
                                    ("fsync", 4)])
def test_a_killed_run_is_made_up_for(books, tmp_path, call, n):
    """Killed between the commit of the note and its files: the next run leaves them, and its own."""
    night(books)
    path = ("-P", str(books.folders[0]), "-P", str(books.folders[1])) if call == "openat" else ()
    n = n or 1
    killed = night(books, "pull", "igrs", code=None,
                   wrap=(*STRACE, *path, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"))
    assert killed.code in (-9, 137), killed.err
    known = int(books.one("SELECT count(*) FROM bridge.checkpoint"))
    assert known == (1 if call == "openat" else 2)
    for folder in books.folders:
        for path in folder.glob("*.note"):                    # a half of one is never taken for one
            number = int(path.stem)
            assert path.read_bytes().hex() == books.one(f"SELECT encode(note, 'hex') FROM bridge.checkpoint WHERE checkpoint = {number}")
    books.gone()
    night(books)
    assert assert_notes(books, tmp_path) == known + 1
    assert books.one("SELECT count(*) FROM bridge.run WHERE state = 'lost'") == "1"


def test_a_note_that_was_taken_away_comes_back(books, tmp_path):
    night(books)
    night(books)
    (books.folders[1] / "0000000001.note").unlink()
    night(books)
    assert assert_notes(books, tmp_path) == 3


def test_a_folder_that_is_named_later_has_all(books, tmp_path):
    night(books)
    night(books)
    books.folders.append(tmp_path / "third")
    books.folders[2].mkdir()
    books.bridge_extra += f" {books.folders[2]}"
    books.write_conf()
    night(books)
    assert assert_notes(books, tmp_path) == 3


# ---------------------------------------------------------------- unanchored

def lines(result):
    return [line for line in result.out.splitlines() if line.startswith(("books unanchored:", "books altered:"))]


def altered(result):
    return [line for line in lines(result) if line.startswith("books altered:")]


def test_books_without_a_key_say_so(site):
    site.nights = 0
    said = ["books unanchored: no key (cctns-bridge ledger init)"]
    assert lines(night(site)) == said
    assert lines(site("status", code=0)) == said and lines(site("ledger", "status", code=3)) == said
    assert site.one("SELECT count(*) FROM bridge.checkpoint") == "0"
    assert said[0] in site.json("status")["lines"]
    chain(site)


@pytest.mark.parametrize("case", ["others may read it", "not a key", "gone"])
def test_a_key_that_cannot_be_used(books, tmp_path, case):
    night(books)
    kept = books.key.read_bytes()
    if case == "others may read it":
        books.key.chmod(0o644)
    elif case == "not a key":
        books.key.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    else:
        books.key.unlink()
    done = night(books)
    assert [line.split(": ")[0] for line in lines(done)] == ["books unanchored"] and "[sign.key]" in done.err
    assert books.one("SELECT count(*) FROM bridge.source_record WHERE system = 'igrs'") == "2", "records move all the same"
    assert len(lines(books("status", code=0))) == 1
    books.key.write_bytes(kept)
    books.key.chmod(0o600)
    night(books)
    assert assert_notes(books, tmp_path) == 2


def test_another_key_signs_nothing(books, tmp_path):
    night(books)
    books.key.rename(tmp_path / "kept.pem")
    books("ledger", "init", code=0)
    done = night(books)
    assert lines(done) == [f'books unanchored: "{books.key}" is not the key that signed note 1'] and "[books.key]" in done.err
    assert lines(books("status", code=0)) == lines(done)
    (tmp_path / "kept.pem").rename(books.key)
    night(books)
    assert assert_notes(books, tmp_path) == 2


def test_a_folder_that_does_not_take_notes(books, tmp_path):
    night(books)
    books.folders[1].rename(tmp_path / "away")
    done = night(books)
    assert lines(done) == [f'books unanchored: since 2020-06-12T20:00:00Z, 1 notes could not be left in "{books.folders[1]}"']
    assert "[books.folder]" in done.err
    assert lines(night(books)) == [f'books unanchored: since 2020-06-12T20:00:00Z, 2 notes could not be left in "{books.folders[1]}"']
    assert lines(books("status", code=0)) == lines(books("ledger", "status", code=3)) != []
    (tmp_path / "away").rename(books.folders[1])
    assert lines(night(books)) == []
    assert assert_notes(books, tmp_path) == 4


def test_a_full_disk_takes_no_half_note(books, tmp_path):
    night(books)
    done = night(books, "pull", "igrs", wrap=(*STRACE, "-e", "trace=fsync", "-e", "inject=fsync:error=ENOSPC:when=1"))
    assert len(lines(done)) == 1 and "No space left" in done.err
    assert not list(books.folders[0].glob("*2.note")) and list(books.folders[1].glob("*2.note"))
    night(books)
    assert assert_notes(books, tmp_path) == 3


def test_old_notes_are_said_to_be_old(books):
    night(books)
    books.clock.set("2020-06-12T21:59:00Z")
    assert lines(books("status", code=0)) == []
    books.clock.set("2020-06-12T22:01:00Z")                    # 26 h and a minute
    assert lines(books("status", code=0)) == ["books unanchored: the newest note outside the database is of 2020-06-11T20:00:00Z"]
    books.bridge_extra += "\nstale_after = 48h"
    books.write_conf()
    assert lines(books("status", code=0)) == []


def test_notes_that_are_left_nowhere(books):
    books.bridge_extra = f"ledger_key = {books.key}"
    books.write_conf()
    assert lines(night(books)) == ['books unanchored: notes are left nowhere ("notes" in bridge.conf)']
    assert books.one("SELECT count(*) FROM bridge.checkpoint") == "1"


# ---------------------------------------------------------------- altered

def tamper(site, query):
    """As whoever owns the server can."""
    site.sql(f"SET session_replication_role = replica; {query}")


LAST = "(SELECT max(entry) FROM bridge.ledger)"
TAMPERED = {
    "an entry": (f"UPDATE bridge.ledger SET n = n + 1 WHERE entry = {LAST}", r"entry \d+ is not as it was booked"),
    "an entry's time": (f"UPDATE bridge.ledger SET at = at + interval '1 us' WHERE entry = {LAST}", r"entry \d+ is not as it was booked"),
    "an entry is gone": (f"DELETE FROM bridge.ledger WHERE entry = {LAST}", r"entry \d+ is not as it was booked"),
    "a link is gone": ("DELETE FROM bridge.ledger_link WHERE seq = (SELECT size + 1 FROM bridge.checkpoint ORDER BY size DESC LIMIT 1)",
                       r"entry \d+ is not as it was booked"),
    "a link": (f"UPDATE bridge.ledger_link SET h = sha256(h) WHERE entry = {LAST}", r"entry \d+ is not as it was booked"),
    "the signed link": ("UPDATE bridge.ledger_link SET h = sha256(h) WHERE seq = (SELECT max(size) FROM bridge.checkpoint)",
                        r"entry \d+ is not as it was booked|link \d+ is not as it was signed"),
    "the head": ("UPDATE bridge.ledger_head SET h = sha256(h)", r"entry \d+ is not as it was booked"),    # the next one does not follow
    "the tail": ("DELETE FROM bridge.ledger WHERE entry > 1; DELETE FROM bridge.ledger_link WHERE seq > 1;"
                 " UPDATE bridge.ledger_head SET seq = 1, h = (SELECT h FROM bridge.ledger_link)",
                 r"note 1 is of \d+ entries, the books have \d+"),
    "past the trigger": ("INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, evidence, at)"
                         " VALUES (1, 'pull', 'igrs', 'complaint', 'source', 'unchanged', 1, sha256(''), now())",
                         r"entry \d+ was not booked by way of the chain"),
    "a note": ("UPDATE bridge.checkpoint SET size = size - 1", r"note 1 is (not as it was signed|another one in)"),
    "a note's text": ("UPDATE bridge.checkpoint SET note = replace(encode(note, 'escape'), 'run 1 ', 'run 2 ')::bytea",
                      r"note 1 is (not as it was signed|another one in)"),
    "all notes are gone": ("DELETE FROM bridge.anchor; DELETE FROM bridge.checkpoint", r'has note 1, the database ends at note 0'),
}


def test_nothing_is_signed_that_was_altered(books, pg):
    """Each tampering with a copy of the same books, of which a part is in a note and a part is not yet."""
    night(books)
    books.key.rename(books.key.with_suffix(".away"))
    night(books, "pull", "igrs")
    books.key.with_suffix(".away").rename(books.key)
    name, before = books.one("SELECT current_database()"), int(books.one("SELECT count(*) FROM bridge.checkpoint"))
    kept = {p: p.read_bytes() for f in books.folders for p in f.iterdir()}
    books.clock.set("2020-06-12T20:10:00Z")
    for n, (what, (query, word)) in enumerate(TAMPERED.items()):
        copy = f"{name[:50]}_{n}"
        pg.sql(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        books.conninfo = pg.conninfo(copy)
        books.write_conf()
        tamper(books, query)
        done = books("pull", "igrs", code=4)
        assert [re.fullmatch(rf"books altered: .*({word}).*: nothing was signed", line) is not None for line in lines(done)] == [True], (
            what, done.out)
        assert "[books.altered]" in done.err, what
        assert int(books.one("SELECT count(*) FROM bridge.checkpoint")) <= before, what
        assert {p: p.read_bytes() for f in books.folders for p in f.iterdir()} == kept, "what the auditor has stays"
        assert "altered" in books.one("SELECT said FROM bridge.run ORDER BY run_id DESC LIMIT 1")
    books.conninfo = pg.conninfo(name)
    books.write_conf()
    assert lines(books("pull", "igrs", code=0)) == [], "what nobody touched is signed"
    assert int(books.one("SELECT count(*) FROM bridge.checkpoint")) == before + 1


def test_an_older_database_that_is_put_back(books, pg):
    """The folders remember a note that the database has forgotten."""
    night(books)
    copy = books.one("SELECT current_database()") + "_old"
    pg.sql(f'CREATE DATABASE "{copy}" TEMPLATE "{copy[:-4]}"')
    night(books, "pull", "igrs")
    kept = {p: p.read_bytes() for f in books.folders for p in f.iterdir()}
    books.conninfo = books.conninfo.replace(copy[:-4], copy)
    books.write_conf()
    done = night(books, "pull", "igrs", code=4)
    said = f'books altered: "{books.folders[0]}" has note 2, the database ends at note 1'
    assert altered(done) == [said + ": nothing was signed"]
    assert {p: p.read_bytes() for f in books.folders for p in f.iterdir()} == kept
    # in plain words what has happened and what to do, by the run and by whoever looks
    for result in (done, books("status", code=0), books("ledger", "status", code=3)):
        assert said in result.out
        for words in ("The database is older than the notes that it left: a backup was put back", "name new, empty folders",
                      "sync --sweep", "If nobody put a backup back"):
            assert result.out.count(words) == 1, (words, result.out)
    # which is all that there is to do
    books.bridge_extra = books.bridge_extra.replace(str(books.folders[0]), str(books.folders[0]) + "_new").replace(
        str(books.folders[1]), str(books.folders[1]) + "_new")
    for folder in books.folders:
        folder.with_name(folder.name + "_new").mkdir()
    books.write_conf()
    assert lines(night(books, "sync", "--sweep")) == lines(books("status", code=0)) == []
    assert {p: p.read_bytes() for f in books.folders for p in f.iterdir()} == kept
    assert {f.name for f in books.folders[1].with_name(books.folders[1].name + "_new").iterdir()} == {
        "0000000001.note", "0000000002.note"}


def test_a_note_that_was_altered_where_it_lies(books):
    night(books)
    path = books.folders[1] / "0000000001.note"
    for bytes_ in (path.read_bytes().replace(b"run 1 ", b"run 2 "), path.read_bytes()[:-1], path.read_bytes() + b"\n", b""):
        path.write_bytes(bytes_)
        assert altered(night(books, "pull", "igrs", code=4)) == [
            f'books altered: note 1 is another one in "{books.folders[1]}": nothing was signed']
        assert path.read_bytes() == bytes_, "it is evidence"
