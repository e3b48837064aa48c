"""Delhi's two databases through the whole program, each a database of MariaDB: ICMS, where every unit takes complaints and the
portals' are registered, and CMTS before it, which is only read. Field by field, by the lines of their maps; files by hash."""
import hashlib
import json
import re
import subprocess
import threading
from types import SimpleNamespace

import pytest

import cmts
import icms
from maps import Map, precise
from rows import MariaDB
from servers import wait_for

LINES = Map("icms")
BODY = "मेरी दुकान के सामने रोज़ शाम को झगड़ा होता है।\nबीट अधिकारी नहीं आते \U0001f6a8, कृपया जाँच करें।"
KRUTIDEV = "esjh f'kdk;r ij dksbZ dk;Zokgh ugha gqbZ gS"
REPORT = "जाँच आख्या: मौके पर जाकर दोनों पक्षों से पूछा गया। " * 260          # more than 12,000 characters
PHOTO = bytes((i * 7919 + (i >> 8)) % 256 for i in range(300000))
FILES = {"scan.pdf": b"%PDF-1.4\n" + PHOTO[:70000], "photo.jpg": b"\xff\xd8\xff\xe0" + PHOTO, "note.txt": "पत्र\n".encode(),
         "video.mp4": b"\x00\x00\x00\x18ftypmp42" + PHOTO * 20, "one": b"\x00", "edge": PHOTO[:65536], "edge+1": PHOTO[:65537]}

WALK_IN = {
    "unit": "DL-8162-01", "mode": "HAND", "kind": "COMPLAINT", "identity": "N", "ref_type": "VIP", "ref_class": "NA",
    "dak_number": "DAK/77/2020", "addressed_by": "Member of the House", "category": "WOMEN", "priority": 1,
    "subject": "दुकान के सामने झगड़ा", "body": BODY, "against": "नाम नहीं मालूम", "incident_on": "2020-11-08",
    "complainant": "कमला देवी", "relative_name": "श्री पिता",
    "gender": "F", "age": 41, "mobile": "+915550001234", "email": "kamla@example.invalid", "address": "मकान 7\nकरोल बाग",
    "pincode": "110005", "received_at": "2020-11-10T05:00:10Z", "marked_at": "2020-11-10T05:30:11Z",
    "due_at": "2020-12-10T05:30:00Z", "direction_at": "2020-11-10T05:20:00Z"}


@pytest.fixture
def db(make_state, mariadb, request):
    """A site of Delhi whose ICMS and CMTS are databases of one MariaDB server."""
    name = re.sub(r"\W", "_", request.node.name).lower()[:40]
    site = make_state("delhi")
    site.police = icms.Peer(site.folder, site.clock.path, on=MariaDB(mariadb, f"{name}_icms", "icms"))
    site.peers["cmts"] = cmts.Peer(site.folder, site.clock.path, on=MariaDB(mariadb, f"{name}_cmts", "cmts"))
    site.write_conf()
    return site


def staged(site, number):
    """What staging holds of a complaint: canonical fields and values, with its actions, files and feedback."""
    def rows(table, where, order="key"):
        return [json.loads(r[0]) for r in site.sql(f"SELECT to_jsonb(t) FROM bridge.{table} t WHERE {where} ORDER BY {order}")]

    def plain(row):
        return {k: re.sub(r"(\.\d+)?\+00:00$", "Z", v) if k.endswith("at") and isinstance(v, str) else v for k, v in row.items()
                if v is not None}
    one, = [plain(r) for r in rows("complaint", f"number = '{number}'", "bridge_id")]
    mine = f"bridge_id = {one['bridge_id']}"
    parts = {t: [plain(r) for r in rows(t, mine, "system, length(key), key")] for t in ("action", "attachment", "feedback")}
    return SimpleNamespace(**parts, **{"fields": one})


def by_lines(stream, direction, ours, theirs, left_out=()):
    """Every field of these lines is the same on both sides; gives the names of those that were there."""
    there = []
    for line in LINES.lines[stream]:
        if line.direction in direction and line.field not in left_out:
            a, b = ours.get(line.field), theirs.get(line.field)
            if line.kind == "time" and a and precise(line) == "second":
                a = a[:19] + "Z"
            assert a == b, (stream, line.field)
            if a is not None:
                there.append(line.field)
    return there


def sha(data):
    return hashlib.sha256(data).hexdigest()


def test_what_units_take_comes_in_whole(db):
    """Paper complaints at station, district and headquarters; officers, reports, files, ratings: every line that is read."""
    police = db.police
    one, two, three = police.add([
        dict(WALK_IN, files=[{"name": n, "type": "application/octet-stream", "role": "EVIDENCE", "bytes": d} for n, d in FILES.items()]),
        {"unit": "DL-8957", "mode": "POST", "kind": "SUGGESTION", "category": "SUGGEST", "identity": "A", "body": "More light.",
         "received_at": "2020-11-10T06:00:00Z"},
        {"unit": "DL", "mode": "MAIL", "kind": "REQUEST", "category": "CYBER", "identity": "O", "received_at": "2020-11-10T07:00:00Z"}])
    assert (one, two, three) == ("8162001/2020/000001", "8957/2020/000001", "8000/2020/000001")
    first = police.officer("सत्यवीर सिंह", "SI", 5550001111)
    second = police.officer("Asha Rani", "Inspector", 5550002222)
    police.acts([
        dict(number=one, action="ASGN", at="2020-11-10T08:00:00Z", officer=first, level="SHO", station="DL-8162-01"),
        dict(number=one, action="ASGN", at="2020-11-10T09:00:00Z", officer=second, office="DCP Central", level="ACP"),
        dict(number=one, action="INTR", at="2020-11-10T10:00:00Z", text="जाँच चल रही है", expected_at="2020-11-20T10:00:00Z"),
        dict(number=one, action="ATRS", at="2020-11-10T11:00:00Z", text=REPORT, gd=("DD 12A", "2020-11-09T10:00:00Z")),
        dict(number=one, action="DISP", at="2020-11-10T12:00:00Z", text="निस्तारित", disposal="FIR",
             fir=("812/2020", "2020-11-10T11:30:00Z")),
        dict(number=two, action="RJCT", at="2020-11-10T12:10:00Z", reason="SUGGESTION")])
    police.feedback(one, "2020-11-10T13:00:00Z", level="CP", satisfied="Y", rating=4, mode="CALL", text="ठीक है", rating_text="Good")
    db("sync", code=0)

    held = police.held()
    assert len(REPORT) > 12000 and held[one]["officer_name"] == "Asha Rani"
    key, said = ("number", "changed_at", "origin", "origin_number"), set()
    for number in (one, two, three):
        got = staged(db, number)
        said.update(by_lines("complaint", ("in", "both"), got.fields, held[number], key))
        actions = held[number]["actions"]
        assert [a["key"] for a in got.action] == [a["key"] for a in actions]
        for a, b in zip(got.action, actions):
            by_lines("action", ("in", "both"), a, b, ("number", "changed_at"))
    assert len(actions) == 1 and len(held[one]["actions"]) == 6
    assert said == {line.field for line in LINES.inward("complaint")} - {*key, "case_number", "row_digest"}      # no line went untried
    got = staged(db, one)
    assert [(f["name"], f["content"], f["content_size"], f["size"], f["role"]) for f in got.attachment] == [
        (n, sha(d), len(d), len(d), "EVIDENCE") for n, d in FILES.items()]
    assert [f["sha256"] for f in held[one]["files"]] == [sha(d) for d in FILES.values()]
    store = {p.name: p for p in (db.folder / "contents").rglob("*") if p.is_file()}
    assert {sha(d) for d in FILES.values()} <= set(store) and all(sha(p.read_bytes()) == name for name, p in store.items())
    by_lines("feedback", ("in", "both"), got.feedback[0], held[one]["feedback"][0], ("number", "changed_at"))
    assert db.one("SELECT count(*) FROM bridge.complaint WHERE source_system = 'icms'") == "3"

    # nothing goes anywhere, and a second look brings nothing new
    before = db.sql("SELECT number, version FROM bridge.complaint ORDER BY 1")
    db("sync", code=0)
    assert db.sql("SELECT number, version FROM bridge.complaint ORDER BY 1") == before
    assert db.one("SELECT count(*) FROM bridge.delivery") == "0"


def test_a_portals_complaint_is_registered_and_answered(db):
    """NHRC: registered with every field of a line that is written, its documents whole; a reminder; the report and its file back."""
    nhrc, police = db.peers["nhrc"], db.police
    scan = b"%PDF-1.4\n" + PHOTO
    number, = nhrc.add([{"unit": "DL-8162", "case_number": "1236/30/6/2020", "direction_at": "2020-11-09T18:30:00Z", "status": "FWDD",
                         "category": "HR", "category_code": "817", "subject": "Unlawful detention", "body": BODY, "gender": "F", "age": 41,
                         "complainant": "कमला देवी", "mobile": "+915550001234", "address": "मकान 7",
                         "received_at": "2020-11-01T18:30:00Z", "marked_at": "2020-11-09T18:30:00Z",
                         "files": [{"key": "D1", "name": "petition.pdf", "type": "application/pdf", "role": "COMPLAINT", "bytes": scan}]}])
    db("sync", code=0)
    db.clock.set("2020-11-10T21:00:00Z")
    db("sync", code=0)
    held, source = police.held()[number], staged(db, number)
    by_lines("complaint", ("both", "out"), {**source.fields, "origin": "nhrc", "origin_number": number}, held)
    assert held["unit"] == "DL-8162" and held["number"] == source.fields["police_number"] == "8162/2020/000001"
    assert [(f["name"], f["sha256"], f["size"], f["origin"]) for f in held["files"]] == [("petition.pdf", sha(scan), len(scan), "nhrc")]

    officer = police.officer("सत्यवीर सिंह", "SI", 5550001111)
    report = b"%PDF-1.4\n" + PHOTO[::-1]
    police.act(number, "ASGN", "2020-11-11T05:00:00Z", officer=officer)
    police.act(number, "ATRS", "2020-11-11T06:00:00Z", text=REPORT[:3000])
    police.act(number, "DISP", "2020-11-11T07:00:00Z", text="रिपोर्ट संलग्न", disposal="NSUB")
    police.file(number, "report.pdf", "ATR", report, "2020-11-11T06:00:00Z")
    db.clock.set("2020-11-11T20:00:00Z")
    nhrc.add_action(number, {"action": "RMND", "at": "2020-11-11T08:00:00Z", "text": "Report awaited."})
    db("sync", code=0)
    db.clock.set("2020-11-11T21:00:00Z")
    db("sync", code=0)
    told = nhrc.told(number)
    assert {"ATRS", "DISP"} <= {t.get("action") for t in told if t["stream"] == "action"}
    assert [f["sha256"] for t in told for f in t.get("files", [])] == [sha(report)]
    reminders = [a for a in police.held()[number]["actions"] if a["action"] == "RMND"]
    assert [(a["origin"], a["text"], a["at"]) for a in reminders] == [("nhrc", "Report awaited.", "2020-11-11T08:00:00Z")]
    assert police.held()[number]["status"] == "DISP"

    # what came from outside is not read back as done here, and nothing is sent twice
    assert db.one("SELECT count(*) FROM bridge.action WHERE system = 'icms' AND action = 'RMND'") == "0"
    assert db.one("SELECT count(*) FROM bridge.attachment WHERE system = 'icms'") == "1"
    again = db.one("SELECT count(*) FROM bridge.attempt")
    db("sync", code=0)
    assert db.one("SELECT count(*) FROM bridge.attempt") == again
    assert len([a for a in police.held()[number]["actions"] if a["action"] == "RMND"]) == 1
    assert db.one("SELECT count(*) FROM bridge.difference WHERE reason = 'unexplained'") == "0"


def test_two_that_register_at_once_take_different_numbers(db, mariadb):
    """Somebody else takes the next number and has not committed yet; on a server whose sessions read what is committed."""
    was = mariadb.sql("SELECT @@GLOBAL.tx_isolation")[0][0]
    mariadb.sql("SET GLOBAL tx_isolation = 'READ-COMMITTED'")
    other = subprocess.Popen(["mariadb", "--no-defaults", "-S", str(mariadb.socket), "-u", "root", "-N", "-B", "--unbuffered",
                              db.police.db.database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        other.stdin.write("START TRANSACTION; INSERT INTO icms_complaint (COMPLAINT_NO, REG_UNIT_CD, REG_YEAR, SERIAL_NO, REG_ON, UNIT_CD,"
                          " STATUS, CREATED_ON, CREATED_BY, CHANGED_ON) VALUES ('8162/2020/000001', 8162, 2020, 1, NOW(), 8162, 'RG',"
                          " '2020-11-10 01:00:00', 'station', '2020-11-10 01:00:00'); SELECT 'there';\n")
        other.stdin.flush()
        assert other.stdout.readline() == "there\n"
        number, = db.peers["nhrc"].add([{"unit": "DL-8162", "status": "FWDD", "subject": "x", "body": "y", "complainant": "कमला देवी",
                                         "received_at": "2020-11-01T18:30:00Z", "marked_at": "2020-11-09T18:30:00Z"}])
        run = threading.Thread(target=db, args=("sync",))
        run.start()
        waits = "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'INNODB_ROW_LOCK_CURRENT_WAITS'"
        wait_for(lambda: not run.is_alive() or mariadb.sql(waits) != [["0"]], "the wait for the other's number")
        assert run.is_alive()
        other.stdin.write("COMMIT;\n")
        other.stdin.close()
        run.join(120)
        assert not run.is_alive()
    finally:
        other.kill()
        other.wait()
        mariadb.sql(f"SET GLOBAL tx_isolation = '{was}'")
    assert db.sql("SELECT state, count(*) FROM bridge.delivery WHERE stream = 'complaint' GROUP BY 1") == [["confirmed", "1"]]
    assert db.police.held()[number]["number"] == "8162/2020/000002"


def test_feedback_said_anew_takes_the_place_of_what_was_said(db):
    peer = db.peers["cpgrams"]
    number, = peer.add([{"unit": "DL-8162", "status": "DISP", "subject": "x", "body": "y", "complainant": "कमला देवी", "category": "CRIME",
                         "received_at": "2020-11-01T18:30:00Z", "marked_at": "2020-11-09T18:30:00Z",
                         "feedback": [{"satisfied": "N", "rating": 1, "text": "one", "at": "2020-11-10T06:00:00Z"},
                                      {"satisfied": "Y", "rating": 4, "text": "two", "at": "2020-11-10T07:00:00Z"}]}])
    db("sync", code=0)
    db.clock.set("2020-11-11T20:00:00Z")
    peer.db.execute(f"UPDATE feedback SET {peer.feedback.by_name['text'].column} = 'one, and more' WHERE no = ? AND id = '1'", (number,))
    peer.touch(number, peer.now())
    db("sync", code=0)
    assert sorted((f["rating"], f["text"]) for f in db.police.held()[number]["feedback"]) == [(1, "one, and more"), (4, "two")]


def test_the_old_program_is_read_and_told_nothing(db):
    """History once, then what is fed; Kruti Dev kept, flagged and converted beside it; units that fed no more are shown."""
    old = db.peers["cmts"]
    old.add([{"unit": "DL-8162", "subject": "Hkkjr deZ", "body": KRUTIDEV, "ref_type": "LGLP", "status": "DISP",
              "received_at": "2017-03-01T18:30:00Z", "marked_at": "2017-03-03T18:30:00Z", "disposed_at": "2017-05-01T18:30:00Z",
              "changed_at": "2017-05-03T06:00:07Z"},
             {"unit": "DL-8955", "subject": "Noise at night", "body": "Loud music near the park.", "status": "ENQR",
              "received_at": "2020-10-01T18:30:00Z", "changed_at": "2020-11-09T06:00:00Z"}]
            + [{"unit": "DL-8166", "subject": f"No. {n}", "status": "ENQR", "received_at": "2018-01-31T18:30:00Z",
                "changed_at": "2018-02-02T06:00:00Z"} for n in range(3, 1204)])
    db("sync", code=0)
    assert db.one("SELECT count(*) FROM bridge.complaint WHERE source_system = 'cmts'") == "1203"
    held = old.held()
    for number in ("1", "2", "1203"):
        got = staged(db, number).fields
        for line in Map("cmts").lines["complaint"]:
            if line.field not in ("changed_at",):
                assert got.get(line.field) == held[number].get(line.field), line.field
    one, two = staged(db, "1").fields, staged(db, "2").fields
    assert (one["body_script"], one["body"], one["subject_unicode"]) == ("K", KRUTIDEV, "भारत कर्म")
    assert one["body_unicode"] == "मेरी शिकायत पर कोई कार्यवाही नहीं हुई है"
    assert two["body_script"] == "L" and "body_unicode" not in two
    assert "complainant" not in one and "officer_name" not in one

    # in step afterwards: one row changed, one new; nothing of it goes to ICMS or anywhere
    db.clock.set("2020-11-12T20:00:00Z")
    old.change("2", status="DISP", disposed_at="2020-11-11T18:30:00Z")
    old.add([{"unit": "DL", "subject": "VIP", "ref_type": "VIP", "status": "ENQR", "received_at": "2020-11-11T18:30:00Z"}])
    db("sync", code=0)
    assert staged(db, "2").fields["status"] == "DISP" and staged(db, "1204").fields["ref_type"] == "VIP"
    assert db.one("SELECT count(*) FROM bridge.delivery") == "0" and db.police.held() == {}

    # by unit, last fed
    fed = {row["unit"]: row for row in db.json("status")["tables"]["fed"]}
    assert {unit: row["last_fed"] for unit, row in fed.items()} == old.fed()
    assert fed["DL-8162"]["silent"] and fed["DL-8166"]["silent"] and not fed["DL"]["silent"]


def test_an_unknown_word_of_the_old_program_holds_its_field_alone(db):
    old = db.peers["cmts"]
    old.add([{"unit": "DL-8162", "subject": "x", "status": "REOPENED", "received_at": "2020-11-01T18:30:00Z"},
             {"unit": "NOWHERE", "subject": "y", "status": "ENQR", "received_at": "2020-11-01T18:30:00Z"}])
    db("sync")
    assert staged(db, "1").fields["status"] == "RECV"
    assert db.sql("SELECT number FROM bridge.complaint") == [["1"]]
    assert sorted(db.sql("SELECT field, reason FROM bridge.held WHERE state = 'open'")) == [["status", "map.code"], ["unit", "map.unit"]]
