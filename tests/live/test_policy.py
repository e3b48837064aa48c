"""Retention and erasure: what goes, what stays, that only the database's own functions may, and that the books stay whole."""
import hashlib
import os
import re
import shutil
import subprocess

import pytest

from conftest import BRIDGE
from matters import DISPOSED, REPORT, Station, code, grievance
from servers import PG_BIN
from test_ledger_export import with_key

NAME, FATHER, MOBILE, MAIL = "रामदुलारे विलक्षण", "श्री अद्वितीय पिता", "5123454321", "vilakshan@example.invalid"
HOME, MATTER = "मकान विलक्षण-77", "मेरी गाय कमलनयनी चोरी हुई"


def figures(site):
    return dict(site.sql("SELECT account, sum(n) FROM (SELECT credit AS account, n FROM bridge.ledger UNION ALL SELECT debit, -n"
                         " FROM bridge.ledger) x GROUP BY 1"))


def gone(result):
    return {row["what"]: row["n"] for row in result["tables"]["gone"]}


def whole(site):
    assert site.json("ledger", "verify", code=0)["tables"]["verify"] == [{"word": "whole"}]


def conf(site, *lines):
    site.bridge_extra = "\n".join([f"ledger_key = {site.folder}/ledger.pem", *lines]) + "\n"
    site.write_conf()


@pytest.fixture
def old(site):
    """Six complaints of one night, a seventh of three nights later; one record of each was set aside, one of these has come right."""
    with_key(site)
    site.store.add_complaints([grievance(n) for n in range(1, 7)])
    site.store.spoil(code(5), "MarkedOn", "nonsense")
    site.store.spoil(code(6), "MarkedOn", "nonsense")
    site("sync", code=3)
    site.store.mend(code(6))
    site.clock.set("2020-06-10T21:00:00Z")
    site.store.touch(code(6))
    site("pull", "igrs", code=3)
    assert site.sql("SELECT state, body IS NOT NULL, count(*) FROM bridge.held GROUP BY 1, 2 ORDER BY 1") == [
        ["open", "t", "1"], ["settled", "t", "1"]]
    site.clock.set("2020-06-13T20:00:00Z")
    site.store.add_complaints([grievance(7, marked="2020-06-13 11:00:00")])
    site("sync", code=3)
    return site


def test_nothing_goes_by_itself(old):
    old.clock.set("2030-06-13T20:00:00Z")
    before = figures(old)
    result = old.json("ledger", "purge", code=3)       # the open one still waits
    assert gone(result) == {} and "keeps everything" in "".join(result["lines"])
    assert figures(old) == before
    assert old.one("SELECT count(*) FROM bridge.arrival WHERE body IS NULL") == "0"


def test_bodies(old):
    conf(old, "keep_bodies = 2d")
    due = gone(old.json("ledger", "purge", "--dry-run", code=0))
    assert due["arrival"] > 6 and due["held"] == 1 and due["attempt"] > 4
    assert old.one("SELECT count(*) FROM bridge.arrival WHERE body IS NULL") == "0"
    digests = old.sql("SELECT system, stream, key, encode(sha256, 'hex') FROM bridge.arrival ORDER BY 1, 2, 3, 4")
    assert gone(old.json("ledger", "purge", code=3)) == {k: n for k, n in due.items() if n}

    # what is younger stays, what is open stays, and every digest
    assert old.sql("SELECT DISTINCT (arrived_at > '2020-06-12')::text, body IS NOT NULL FROM bridge.arrival ORDER BY 1") == [
        ["false", "f"], ["true", "t"]]
    assert old.sql("SELECT state, num_nonnulls(body, remote) > 0 FROM bridge.held ORDER BY 1") == [["open", "t"], ["settled", "f"]]
    assert old.one("SELECT count(*) FROM bridge.attempt WHERE purged AND (sent IS NOT NULL OR detail IS NOT NULL)") == "0"
    assert old.sql("SELECT system, stream, key, encode(sha256, 'hex') FROM bridge.arrival ORDER BY 1, 2, 3, 4") == digests

    # the entries: how many, by what policy, and a digest over those of the records
    rows = old.sql("SELECT system, stream, n, reason, encode(evidence, 'hex'), debit, credit FROM bridge.ledger WHERE hop = 'policy'")
    assert {(r[5], r[6]) for r in rows} == {("kept", "purged")} and sum(int(r[2]) for r in rows) == sum(due.values())
    (igrs,) = [r for r in rows if r[0] == "igrs" and r[1] == "complaint" and r[3] == "arrival: keep_bodies 2d"]
    purged = sorted(bytes.fromhex(d[0]) for d in old.sql(
        "SELECT encode(sha256, 'hex') FROM bridge.arrival WHERE system = 'igrs' AND stream = 'complaint' AND body IS NULL"))
    assert len(purged) == int(igrs[2]) and igrs[4] == hashlib.sha256(b"".join(purged)).hexdigest()
    whole(old)
    assert gone(old.json("ledger", "purge", code=3)) == {}
    assert "no longer kept" in old("show", code(1)).out
    old.clock.set("2020-06-14T20:00:00Z")
    old("sync", code=3)                                # the books balance, nothing came back
    assert old.one("SELECT count(*) FROM bridge.arrival WHERE arrived_at < '2020-06-12' AND body IS NOT NULL") == "0"


def test_movements(old):
    conf(old, "keep_movements = 2d")
    entries = old.one("SELECT max(entry) FROM bridge.ledger WHERE at < '2020-06-12'")
    count = int(old.one(f"SELECT count(*) FROM bridge.movement WHERE entry <= {entries}"))
    kept = old.one(f"SELECT count(*) FROM bridge.movement WHERE entry > {entries}")
    assert count > 10 and kept != "0"
    assert gone(old.json("ledger", "purge", "--dry-run", code=0)) == {"movement": count}
    assert gone(old.json("ledger", "purge", code=3)) == {"movement": count}
    assert old.one("SELECT count(*) FROM bridge.movement") == kept
    assert old.one("SELECT sum(n) FROM bridge.ledger WHERE hop = 'policy' AND stream = 'movement' AND credit = 'purged'") == str(count)
    whole(old)
    old.clock.set("2020-06-14T20:00:00Z")
    old("sync", code=3)


def test_a_large_purge_goes_in_batches(old):
    conf(old, "keep_bodies = 2d")
    old.sql("INSERT INTO bridge.arrival (arrived_at, run_id, system, stream, key, sha256, body)"
            " SELECT '2020-06-01', 1, 'igrs', 'complaint', 'x' || i, sha256(i::text::bytea), '\\x00' FROM generate_series(1, 12000) i")
    assert gone(old.json("ledger", "purge", code=3))["arrival"] > 12000
    assert int(old.one("SELECT max(n) FROM bridge.ledger WHERE hop = 'policy'")) <= 5000
    assert old.one("SELECT count(*) FROM bridge.arrival WHERE arrived_at < '2020-06-11' AND body IS NOT NULL") == "0"
    whole(old)


def test_nobody_else_may(old):
    changes = ["DELETE FROM bridge.movement", "UPDATE bridge.movement SET key = 'x'", "TRUNCATE bridge.movement",
               "UPDATE bridge.attempt SET sent = NULL WHERE ended_at IS NOT NULL", "DELETE FROM bridge.attempt",
               "UPDATE bridge.complaint_version SET was = '{}'", "DELETE FROM bridge.complaint_version",
               "DELETE FROM bridge.erasure", "UPDATE bridge.erasure SET why = 'x'"]
    station = Station(old.cctns.path)
    station.act(code(1), REPORT, "2020-06-14 10:00:00", officer=station.officer(), text="report")
    old.clock.set("2020-06-14T20:00:00Z")
    old("pull", "cctns", code=0)
    assert old.one("SELECT count(*) FROM bridge.complaint_version") != "0"
    for role in (None, "bridge_owner", "bridge_writer", "bridge_auditor", "bridge_notifier"):
        for change in changes:
            with pytest.raises(RuntimeError, match="only added to|permission denied"):
                old.pg.sql((f"SET ROLE {role};" if role else "") + change, old.conninfo)
    for role in ("bridge_auditor", "bridge_notifier", "bridge_district"):
        for call in ("purge_bodies(1, now(), now(), 'x', 9)", "purge_movements(1, now(), now(), 'x', 9)",
                     "erase_person(1, 1, now(), 'x', 'y')"):
            with pytest.raises(RuntimeError, match="permission denied"):
                old.pg.sql(f"SET ROLE {role}; SELECT * FROM bridge.{call}", old.conninfo)
    assert old.one("SELECT count(*) FROM bridge.ledger WHERE hop = 'policy'") == "0"
    old.pg.sql("SET ROLE bridge_writer; SELECT * FROM bridge.purge_bodies(1, '2020-06-11', '2020-06-14', 'x', 1)", old.conninfo)
    assert old.one("SELECT count(*) FROM bridge.arrival WHERE body IS NULL") == "1"


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("strace"), reason="strace cannot follow here")
def test_a_purge_killed_anywhere(old):
    """After each kill the books say of exactly those bodies that are gone that they went."""
    conf(old, "keep_bodies = 2d", "keep_movements = 2d")
    log = old.folder / "calls"

    def run(*more):
        return subprocess.run(["strace", "-qq", "-o", str(log), "-e", "signal=none", "-e", "trace=sendto", *more, str(BRIDGE), "-c",
                               str(old.conf), "-q", "ledger", "purge"], capture_output=True, timeout=120,
                              env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0", BRIDGE_NOW=f"@{old.clock.path}")).returncode

    movements = int(old.one("SELECT count(*) FROM bridge.movement"))
    n, codes = 1, set()
    while (code := run("-e", f"inject=sendto:signal=KILL:when={n}")) != 3:
        codes.add(code)
        n += 3
        for kind, rows in (("arrival", "arrival WHERE body IS NULL"), ("attempt", "attempt WHERE purged"),
                           ("held", "held WHERE num_nonnulls(body, remote) = 0 AND delivery_id IS NULL")):
            booked = old.one(f"SELECT COALESCE(sum(n), 0) FROM bridge.ledger WHERE hop = 'policy' AND reason LIKE '{kind}:%'")
            assert old.one(f"SELECT count(*) FROM bridge.{rows}") == booked, (n, kind)
    assert n > 20
    went = int(old.one("SELECT COALESCE(sum(n), 0) FROM bridge.ledger WHERE hop = 'policy' AND stream = 'movement'"))
    named = int(old.one("SELECT COALESCE(sum(n), 0) FROM bridge.ledger WHERE hop = 'policy' AND stream <> 'movement'"))
    assert int(old.one("SELECT count(*) FROM bridge.movement")) == movements + named - went and went > 10
    whole(old)


# ---- one person ----

def dump(site):
    return subprocess.run([PG_BIN / "pg_dump", "-d", site.conninfo], capture_output=True, check=True).stdout


def stands(site, words):
    """Which of the words stand anywhere in the database, as text or within bytes."""
    data = dump(site)
    return {w for w in words if w.encode() in data or w.encode().hex().encode() in data}


def test_erase(site):
    with_key(site)
    site.store.add_complaints([grievance(1, name=NAME, father_name=FATHER, mobile=MOBILE, email=MAIL, address=HOME, details=MATTER),
                               grievance(2), grievance(3)])
    site("sync", code=0)
    station = Station(site.cctns.path)
    officer = station.officer()
    site.clock.set("2020-06-11T20:00:00Z")
    station.act(code(1), REPORT, "2020-06-11 10:00:00", officer=officer, text=f"{NAME} से बात की गयी")
    site("sync", code=0)
    site.clock.set("2020-06-12T20:00:00Z")
    site.store.change(code(1), details=MATTER + " कल")         # a version before, and held for the police has another text
    site("sync")
    words = [NAME, FATHER, MOBILE, MAIL, HOME, MATTER]
    assert stands(site, words) == set(words)
    others = site.sql("SELECT * FROM bridge.complaint WHERE number <> '" + code(1) + "' ORDER BY 1")
    kept = "number, police_number, unit, status, received_at, marked_at, due_at, registered_at, officer_name, version"
    facts = site.sql(f"SELECT {kept} FROM bridge.complaint WHERE number = '{code(1)}'")

    for words_ in ([], ["--by", "SP Kannauj"], ["--why", "order 12"], ["--by", " ", "--why", "x"]):
        site("ledger", "erase", code(1), *words_, code=2)
    assert "erase.number" in site("ledger", "erase", "no such number", "--by", "x", "--why", "y", code=2).err
    assert stands(site, words) == set(words)

    result = site.json("ledger", "erase", code(1), "--by", "SP Kannauj", "--why", "order 12/2020")
    went = gone(result)
    assert went["complaint"] == 1 and went["version"] >= 1 and went["arrival"] >= 2 and went["action"] >= 1 and went["attempt"] >= 2
    assert stands(site, words) == set()
    assert site.sql(f"SELECT {kept} FROM bridge.complaint WHERE number = '{code(1)}'") == facts
    assert site.sql("SELECT * FROM bridge.complaint WHERE number <> '" + code(1) + "' ORDER BY 1") == others
    assert site.sql("SELECT ordered_by, why FROM bridge.erasure") == [["SP Kannauj", "order 12/2020"]]
    assert int(site.one("SELECT sum(n) FROM bridge.ledger WHERE hop = 'policy' AND debit = 'kept' AND credit = 'erased'")) == \
        sum(went.values()) - went.get("file", 0)
    whole(site)
    assert NAME not in "".join(site.logs)
    said = site("show", code(1), "--personal", code=0).out
    assert "on order, run" in said and "SP Kannauj: order 12/2020" in said

    # a record that comes again as it was brings nothing back, from neither side, by cursor or by whole list
    site.clock.set("2020-06-13T20:00:00Z")
    site("sync", "--sweep")
    assert stands(site, words) == set()
    site.store.touch(code(1), "2020-06-13 21:00:00")
    site.clock.set("2020-06-14T20:00:00Z")
    site("sync", "--since", "2020-06-01")
    assert stands(site, words) == set()
    whole(site)

    # nor does one that its source has changed; what is not the person comes
    site.store.change(code(1), subject=f"{NAME} फिर", status="OTHER_DEPARTMENT")
    site.store.change(code(2), subject="नया विषय")
    site.clock.set("2020-06-15T20:00:00Z")
    site("sync")
    assert site.one(f"SELECT subject FROM bridge.complaint WHERE number = '{code(2)}'") == "नया विषय"
    assert site.sql(f"SELECT status, last_run = (SELECT max(run_id) FROM bridge.run) FROM bridge.source_record"
                    f" WHERE system = 'igrs' AND number = '{code(1)}'") == [["TRNO", "t"]]
    assert stands(site, words) == set()
    assert site.sql("SELECT count(*), count(body) FROM bridge.arrival WHERE key = '" + code(1) + "' AND arrived_at > '2020-06-15'") == [
        ["1", "0"]]
    assert site.one("SELECT count(*) FROM bridge.difference WHERE what = 'text' AND number = '" + code(1) + "' AND run_id ="
                    " (SELECT max(run_id) FROM bridge.run)") == "0"          # there is no text to compare
    assert "complaint" not in gone(site.json("ledger", "purge"))
    assert site.one("SELECT count(*) FROM bridge.erasure") == "1"

    # nor one that is held for a word that nobody knows
    site.store.change(code(1), details=f"{MATTER} और", category="Unheard of")
    site.clock.set("2020-06-16T20:00:00Z")
    site("sync")
    assert site.sql("SELECT key, body IS NULL, remote IS NULL FROM bridge.held WHERE state = 'open' AND reason = 'map.code'") == [
        [code(1), "t", "t"]]
    assert stands(site, words) == set()
    whole(site)


def test_erase_what_bears_no_number(site):
    """A page that could not be read has the person in it: found by the number. What cannot be searched is said."""
    with_key(site)
    site.store.add_complaints([grievance(1, name=NAME), grievance(2)])
    site("sync", code=0)
    site.clock.set("2020-06-11T20:00:00Z")
    for n in (1, 2):
        site.store.touch(code(n), "2020-06-11 10:00:00")
    site.store.spoil_raw(code(2), b"<Grievance>\x01{BYTES}</Grievance>")
    site("sync", code=3)
    site.sql("INSERT INTO bridge.held (system, stream, kind, reason, body, sealed, first_run, last_run, held_at) SELECT 'igrs',"
             f" 'complaint', 'set_aside', v.reason, v.body, v.sealed, 1, 1, '2020-06-11' FROM (VALUES"
             f" ('zip', '\\x504b0304000102'::bytea, false), ('seal', '\\x01'::bytea, true),"
             f" ('longer', convert_to('{code(1)}7 {NAME}', 'UTF8'), false),"
             f" ('name', convert_to('<x>{code(1)}</x> {NAME}', 'UTF8'), false)) v (reason, body, sealed)")
    result = site.json("ledger", "erase", code(1), "--by", "SP Kannauj", "--why", "order")
    assert gone(result)["held"] == 2
    assert result["tables"]["unsearched"] == [{"system": "igrs", "n": 2}] and "2 held records or pages" in "".join(result["lines"])
    assert site.sql("SELECT kind, reason, state, body IS NULL FROM bridge.held ORDER BY held_id") == [
        ["page", site.one("SELECT reason FROM bridge.held WHERE kind = 'page'"), "open", "t"], ["set_aside", "zip", "open", "f"],
        ["set_aside", "seal", "open", "f"], ["set_aside", "longer", "open", "f"], ["set_aside", "name", "dropped", "t"]]
    assert site.one("SELECT sum(n) FROM bridge.ledger WHERE hop = 'policy' AND reason = 'held: on order'") == "2"
    site.clock.set("2020-06-12T20:00:00Z")
    site("sync", code=3)                                       # the page comes again as it is: its bytes do not
    assert site.sql("SELECT state, body IS NULL, times > 1 FROM bridge.held WHERE kind = 'page'") == [["open", "t", "t"]]
    whole(site)


def test_erase_what_is_sealed_and_files(durg):
    with_key(durg)
    qr = durg.peers["durgqr"]
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
    qr.add([{"unit": "CG-DURG-BN-01", "received_at": "2022-11-05T05:00:00Z", "complainant": NAME, "mobile": "+915000000001", "body": MATTER,
             "category": "ILLTRADE", "kind": "TIP", "files": [{"key": "1", "name": f"{NAME}.png", "type": "image/png", "bytes": png}],
             "feedback": [{"rating": 2, "text": MATTER}]}])
    durg("sync", code=0)
    number = durg.one("SELECT number FROM bridge.complaint")
    stored = durg.folder / "contents" / hashlib.sha256(png).hexdigest()[:2] / hashlib.sha256(png).hexdigest()
    sealed = durg.one("SELECT encode(sealed, 'hex') FROM bridge.sealed")
    assert stored.exists() and MATTER in stands(durg, [MATTER])

    went = gone(durg.json("ledger", "erase", number, "--by", "SP Durg", "--why", "order"))
    assert went["sealed"] == went["file"] == went["attachment"] == went["feedback"] == 1
    assert not stored.exists() and stands(durg, [NAME, MATTER]) == set()
    blank = durg.one("SELECT encode(sealed, 'hex') FROM bridge.sealed")
    assert blank != sealed and re.fullmatch("(00)+", blank)
    durg.clock.set("2022-11-11T20:00:00Z")
    durg("sync", "--sweep")
    assert stands(durg, [NAME, MATTER]) == set()
    durg("ledger", "purge", code=0)     # the peer sent the file with its record again
    assert not stored.exists()
    assert durg.one("SELECT encode(sealed, 'hex') FROM bridge.sealed") == blank
    whole(durg)


def test_a_file_that_another_complaint_has_stays(durg):
    qr = durg.peers["durgqr"]
    files = [{"key": "1", "name": "a.png", "type": "image/png", "bytes": b"\x89PNG\r\n\x1a\n" + bytes(100)}]
    qr.add([{"unit": "CG-DURG-BN-01", "received_at": "2022-11-05T05:00:00Z", "complainant": NAME, "mobile": "+915000000001", "body": "x",
             "category": "ILLTRADE", "kind": "TIP", "files": files} for _ in range(2)])
    durg("sync", code=0)
    first, second = [n[0] for n in durg.sql("SELECT number FROM bridge.complaint ORDER BY number")]
    stored = durg.folder / "contents" / hashlib.sha256(files[0]["bytes"]).hexdigest()[:2] / hashlib.sha256(files[0]["bytes"]).hexdigest()
    assert "file" not in gone(durg.json("ledger", "erase", first, "--by", "SP Durg", "--why", "order")) and stored.exists()
    assert gone(durg.json("ledger", "erase", second, "--by", "SP Durg", "--why", "order"))["file"] == 1 and not stored.exists()
