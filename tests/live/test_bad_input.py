"""Bad input: each record is held with its own reason, none is lost, none spoils its page; a page that cannot be read is held whole."""
import pytest

from conftest import ROOT

from matters import OFFICER, Station, code, grievance

LONG = "क" * 20001
# (path at the portal, what stands there, reason, canonical field)
POISON = [
    ("Status", "", "map.required", "complaint.status"),
    ("Source", "Pigeon", "map.code", "complaint.ref_type"),
    ("Source", None, "map.required", "complaint.ref_type"),
    ("Category", "Unheard of", "map.code", "complaint.category"),
    ("MarkedTo/@code", "999", "map.unit", "complaint.unit"),
    ("MarkedTo/@code", "", "map.required", "complaint.unit"),
    ("ReceivedOn", "31/02/2020 10:00:00", "map.time", "complaint.received_at"),
    ("ReceivedOn", "2020-06-01T10:00:00", "map.time", "complaint.received_at"),
    ("MarkedOn", None, "map.required", "complaint.marked_at"),
    ("MarkedOn", "00/00/0000 00:00:00", "map.time", "complaint.marked_at"),
    ("DueOn", "soon", "map.time", "complaint.due_at"),
    ("ChangedOn", "05/06/2020 25:00:00", "map.time", "complaint.changed_at"),
    ("Applicant/Name", "  ", "map.required", "complaint.complainant"),
    ("Applicant/Name", "न" * 351, "map.long", "complaint.complainant"),
    ("Applicant/Address", "प" * 501, "map.long", "complaint.address"),
    ("Subject", "व" * 251, "map.long", "complaint.subject"),
    ("Details", LONG, "map.long", "complaint.body"),
    ("Details", "a\u0081b", "text.control", "complaint.body"),
    ("Subject", "a\u007fb", "text.control", "complaint.subject"),
    ("Actions/Action/ActionOn", "30/02/2020 10:00:00", "map.time", "action.at"),
    ("Actions/Action/Seq", None, "map.key", "action.key"),
    ("Files/File/Size", "-5", "map.int", "attachment.size"),
    ("Files/File/Name", "", "map.required", "attachment.name"),
    ("Feedbacks/Feedback/Satisfied", "Perhaps", "map.code", "feedback.satisfied"),
    ("Feedbacks/Feedback/Rating", "6", "map.int", "feedback.rating"),
]
# What nobody is turned away for: it is held alone. What CCTNS gets of it, after the fault, is nothing.
APART = [
    ("Applicant/Mobile", "011-23490000", "map.mobile", "mobile", "MOBILE_1"),
    ("Applicant/Mobile", "not known", "map.mobile", "mobile", "MOBILE_1"),
    ("Applicant/Pin", "20972", "map.match", "pincode", "PINCODE"),
    ("Applicant/Age", "forty", "map.int", "age", "AGE"),
    ("Applicant/Age", "999", "map.int", "age", "AGE"),
    ("Applicant/Gender", "X", "map.code", "gender", "GENDER_CD"),
    ("Applicant/Email", "e" * 101, "map.long", "email", "EMAIL"),
]
# The number itself cannot be read: held too, but the portal's list names a number that staging does not have.
NAMELESS = [(None, "map.key"), ("4002000000001", "map.match"), ("4002000000001A", "map.match")]


def test_every_poisoned_record_is_held_with_its_own_reason(site):
    assert len(POISON) >= 25
    good = [grievance(n) for n in range(500, 540)]
    bad = [grievance(n, files=[dict(id="1", name="अर्जी.pdf", type="application/pdf", size=20000)]) for n in range(1, len(POISON) + 1)]
    site.store.add_complaints(sorted(good + bad, key=lambda g: g["code"]))
    site.store.add_feedback([dict(code=code(n), satisfied="Yes", given_on="2020-06-06 10:00:00") for n, p in enumerate(POISON, 1)
                             if p[0].startswith("Feedbacks")])
    for n, (path, text, _, _) in enumerate(POISON, 1):
        site.store.spoil(code(n), path, text)
    result = site("sync", code=3)
    held = site.sql("SELECT reason, field, convert_from(body, 'UTF8') FROM bridge.held WHERE state = 'open' AND kind = 'set_aside'")
    assert len(held) == len(POISON)
    for n, (path, text, reason, field) in enumerate(POISON, 1):
        mark = f"person{n}@example.invalid" if "Email" not in path else f"<g:Code>{code(n)}</g:Code>"
        mine = [h for h in held if f">{mark}<" in h[2] or (">" + code(n) + "<" in h[2])]
        assert [(h[0], h[1]) for h in mine] == [(reason, field.partition(".")[2])], (n, path, mine and mine[0][:2])
    assert site.cctns.sql("SELECT count(*) FROM t_complaint") == [(len(good),)]
    listed = site("held", "list")
    for reason in {p[2] for p in POISON}:
        assert reason in listed.out
    # the books know all of them: offered = applied + set aside
    run = site.one("SELECT max(run_id) FROM bridge.ledger WHERE credit = 'set_aside'")
    assert int(site.one(f"SELECT sum(n) FROM bridge.ledger WHERE run_id = {run} AND hop = 'pull' AND system = 'igrs'"
                        " AND stream = 'complaint' AND credit = 'set_aside'")) >= len(POISON)
    # the same again is not held twice
    site("sync", code=3)
    assert site.one("SELECT count(*) FROM bridge.held") == str(len(POISON))


def test_what_tells_of_a_person_is_held_alone_and_the_person_is_heard(site):
    """A landline in the field for mobile numbers keeps nobody from the police."""
    site.store.add_complaints([grievance(n) for n in range(1, len(APART) + 2)])
    for n, (path, text, *_) in enumerate(APART, 1):
        site.store.spoil(code(n), path, text)
    site("sync", code=3)
    assert site.sql("SELECT key, stream, kind, reason, field, state FROM bridge.held ORDER BY key") == [
        [code(n), "complaint", "set_aside", reason, field, "open"] for n, (_, _, reason, field, _) in enumerate(APART, 1)]
    columns = sorted({c for *_, c in APART})
    whole = site.cctns.sql(f"SELECT {', '.join(columns)} FROM t_complaint WHERE ORIGIN_NO = ?", code(len(APART) + 1))[0]
    assert None not in whole
    for n, (*_, field, column) in enumerate(APART, 1):
        (row,) = site.cctns.sql(f"SELECT {', '.join(columns)} FROM t_complaint WHERE ORIGIN_NO = ?", code(n))
        assert [c for c, value in zip(columns, row) if value is None] == [column], (field, row)
        assert site.one(f"SELECT {field} IS NULL FROM bridge.complaint WHERE number = '{code(n)}'") == "t"
    # not mended, a replay says what it is still about; mended at the portal, the next pull takes it and the held row ends
    first = site.one(f"SELECT held_id FROM bridge.held WHERE key = '{code(1)}'")
    site("held", "replay", first, code=3)
    assert site.sql(f"SELECT state, field FROM bridge.held WHERE key = '{code(1)}' ORDER BY held_id") == [
        ["replayed", "mobile"], ["open", "mobile"]]
    for n in range(1, len(APART) + 1):
        site.store.mend(code(n))
    site.clock.set("2020-06-11T20:00:00Z")
    for n in range(1, len(APART) + 1):
        site.store.touch(code(n))
    site("sync", code=0)
    assert site.one("SELECT count(*) FROM bridge.held WHERE state = 'open'") == "0"
    assert site.sql("SELECT count(*), count(mobile), count(pincode), count(age), count(gender), count(email) FROM bridge.complaint") == [
        [str(len(APART) + 1)] * 6]


def test_what_was_good_stays_while_what_follows_is_held(site):
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    site.clock.set("2020-06-11T20:00:00Z")
    for path, text in (("Applicant/Mobile", "011-23490000"), ("Applicant/Pin", "20972"), ("Applicant/Email", "e" * 101),
                       ("Applicant/Age", "old"), ("Applicant/Gender", "X")):
        site.store.spoil(code(1), path, text)
    site.store.touch(code(1))
    site("sync", code=3)
    assert site.sql("SELECT mobile, pincode, email, age, gender FROM bridge.complaint") == [
        ["+915000000001", "209725", "person1@example.invalid", "31", "M"]]
    assert sorted(r[0] for r in site.sql("SELECT field FROM bridge.held WHERE state = 'open'")) == [
        "age", "email", "gender", "mobile", "pincode"]


def test_a_sealed_number_that_cannot_be_read_is_held_sealed(durg):
    """The tip is heard; the text stands nowhere in the open; the good number that was there stays sealed."""
    qr = durg.peers["durgqr"]
    qr.add([{"unit": "CG-DURG-BN-01", "received_at": "2022-11-05T05:00:00Z", "complainant": f"गुप्त {n}", "mobile": "+915000000001",
             "body": f"सट्टा {n}", "category": "ILLTRADE", "kind": "TIP"} for n in (1, 2)])
    qr.forget_the_contract()
    qr.store.db.execute("UPDATE form SET mobile = '0788-2323479x' WHERE number = 'DQR/2022/000001'")
    durg("sync", code=3)
    assert len(durg.police.held()) == 2
    assert durg.sql("SELECT key, field, sealed, body IS NULL FROM bridge.held") == [["DQR/2022/000001", "mobile", "t", "t"]]
    assert durg.one("SELECT count(*) FROM bridge.held WHERE position('2323479' IN encode(remote, 'escape')) > 0") == "0"
    assert "2323479" not in durg.logs[-1]
    before = durg.sql("SELECT sealed FROM bridge.sealed WHERE number = 'DQR/2022/000002'")
    durg.clock.set("2022-11-11T20:00:00Z")
    qr.store.db.execute("UPDATE form SET mobile = 'none', changed = '2022-11-11 10:00:00' WHERE number = 'DQR/2022/000002'")
    durg("sync", code=3)
    assert durg.one("SELECT count(*) FROM bridge.held WHERE state = 'open'") == "2"
    assert durg.sql("SELECT sealed FROM bridge.sealed WHERE number = 'DQR/2022/000002'") == before


def test_an_action_with_an_unknown_word_is_held_alone(site):
    """It is nothing without its word; its complaint is not kept from the police for it, nor are its other actions."""
    site.store.add_complaints([grievance(1, actions=[dict(action_on="2020-06-05 11:00:00", action_code="MARKED", office="a"),
                                                     dict(action_on="2020-06-05 12:00:00", action_code="MARKED", office="b")])])
    site.store.spoil(code(1), "Actions/Action/ActionCode", "SHRUGGED")
    site("sync", code=3)
    held = site.sql("SELECT stream, key, reason, field FROM bridge.held WHERE state = 'open' ORDER BY key")
    assert held and all(row == ["action", f"{code(1)}#{i}", "map.code", "action"] for i, row in enumerate(held, 1))
    assert site.cctns.sql("SELECT ORIGIN_NO FROM t_complaint") == [(code(1),)]
    site.store.mend(code(1))
    site.clock.set("2020-06-11T20:00:00Z")
    site.store.touch(code(1))
    site("sync", code=0)
    assert site.one("SELECT count(*) FROM bridge.action WHERE system = 'igrs'") == "2"


def test_an_unknown_status_is_held_alone(site):
    """Never "disposed", and the complaint is not kept from the police for it."""
    site.store.add_complaints([grievance(1), grievance(2)])
    site.store.spoil(code(1), "Status", "CLOSED_MAYBE")
    result = site("sync", code=3)
    assert site.sql("SELECT key, reason, field FROM bridge.held WHERE state = 'open'") == [[code(1), "map.code", "status"]], result.out
    assert sorted(site.cctns.sql("SELECT ORIGIN_NO, STATUS_CD FROM t_complaint")) == [(code(1), 1), (code(2), 1)]
    assert site.one(f"SELECT status FROM bridge.complaint WHERE number = '{code(1)}'") == "REGD"
    assert site.one("SELECT count(*) FROM bridge.complaint WHERE status = 'DISP' OR disposed_at IS NOT NULL") == "0"
    site("sync", code=3)
    assert site.one("SELECT count(*) FROM bridge.held") == "1"


def test_a_record_without_a_readable_number_is_held_and_reported(site):
    site.store.add_complaints([grievance(n) for n in range(1, 11)])
    for n, (text, _) in enumerate(NAMELESS, 1):
        site.store.spoil(code(n), "Code", text)
    result = site("sync", code=4)
    assert site.sql("SELECT reason FROM bridge.held ORDER BY 1") == [["map.key"], ["map.match"], ["map.match"]]
    assert site.sql("SELECT number FROM bridge.difference WHERE reason = 'unexplained' ORDER BY 1") == [[code(n)] for n in (1, 2, 3)]
    assert site.cctns.sql("SELECT count(*) FROM t_complaint") == [(7,)] and "3" in result.out


def test_a_mended_record_is_taken_by_replay_or_by_the_next_pull(site):
    site.store.add_complaints([grievance(1), grievance(2)])
    site.store.spoil(code(1), "Status", "NEWWORD")
    site("sync", code=3)
    site.store.mend(code(1))
    site.clock.set("2020-06-11T20:00:00Z")
    site.store.touch(code(1))
    site("sync")
    assert site.cctns.sql("SELECT count(*) FROM t_complaint") == [(2,)]
    assert site.sql("SELECT state FROM bridge.held") == [["settled"]]      # what was held has come again, and good
    site("sync", code=0)


def test_held_records_are_shown_replayed_and_dropped(site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site.store.spoil(code(1), "Status", "NEWWORD")
    site.store.spoil(code(2), "Category", "unknown")
    site("sync", code=3)
    first, second = (r[0] for r in site.sql("SELECT held_id FROM bridge.held ORDER BY key"))
    shown = site("held", "show", first, code=0).out
    assert "map.code" in shown and "g:Status" in shown and "परीक्षक" not in shown
    assert "परीक्षक 1" in site("held", "show", first, "--personal", code=0).out
    # the code table of this site learns the word; the held bytes are mapped again
    maps = site.folder / "mappings"
    maps.mkdir()
    for entry in (ROOT / "mappings").iterdir():
        if entry.name != "codes":
            (maps / entry.name).symlink_to(entry)
    (maps / "codes").mkdir()
    for entry in (ROOT / "mappings/codes").iterdir():
        text = entry.read_text()
        (maps / "codes" / entry.name).write_text(text + ("FWDD,NEWWORD,the portal's new word\n" if entry.name == "igrs_status.csv" else ""))
    site.conf.write_text(site.conf.read_text().replace(f"mappings = {ROOT}/mappings", f"mappings = {maps}"))
    site("held", "replay", first, code=3)                    # the other one still waits
    assert site.one("SELECT count(*) FROM bridge.complaint") == "2"
    assert site("held", "replay", second).code == 3          # still bad: held anew
    assert site.sql("SELECT state FROM bridge.held WHERE held_id = " + second) == [["replayed"]]
    third = site.one("SELECT held_id FROM bridge.held WHERE state = 'open'")
    assert site.one(f"SELECT field FROM bridge.held WHERE held_id = {third}") == "category"
    site("held", "drop", third, "--yes", "--why", "a test", code=0)
    assert site.sql(f"SELECT state, ended_why FROM bridge.held WHERE held_id = {third}") == [["dropped", "a test"]]


@pytest.mark.parametrize("kind,arg,reason", [
    ("malformed", "", "xml."), ("truncated", "", "75"), ("html", "", "http.html"), ("error", "database is locked", "soap."),
    ("fault", "Client.Odd", "soap.fault"),
])
def test_a_page_that_cannot_be_read_is_held_and_nothing_of_it_is_taken(site, kind, arg, reason):
    site.store.add_complaints([grievance(n) for n in range(1, 20)])
    Station(site.cctns.path).officer()
    site.store.fault("ListChanged", kind, arg, times=1 if reason != "75" else 30)
    result = site("sync")
    assert site.one("SELECT count(*) FROM bridge.complaint") == "0"
    if reason == "75":
        site.store.forget_faults()
        assert result.code == 75, result.err       # the line was cut: nothing to hold, ask again
    else:
        assert result.code == 3, result.err
        rows = site.sql("SELECT reason, octet_length(body), kind FROM bridge.held WHERE state = 'open'")
        assert len(rows) == 1 and rows[0][0].startswith(reason) and int(rows[0][1]) > 0 and rows[0][2] == "page"
    site("sync")
    assert site.one("SELECT count(*) FROM bridge.complaint") == "19"


@pytest.mark.parametrize("data", [b"<Grievance>\xff\xfe{BYTES}</Grievance>", b"<Grievance>{BYTES}", b"<Grievance>&lol;{BYTES}</Grievance>",
                                  b"<Grievance>\x01{BYTES}</Grievance>"])
def test_bytes_that_are_not_xml_hold_the_page(site, data):
    site.store.add_complaints([grievance(n) for n in range(1, 6)])
    site.store.spoil_raw(code(3), data)
    site("sync", code=3)
    assert site.one("SELECT count(*) FROM bridge.complaint") == "0"
    assert site.sql("SELECT kind, state FROM bridge.held") == [["page", "open"]]
    site.store.mend(code(3))
    site("sync")
    assert site.one("SELECT count(*) FROM bridge.complaint") == "5"


def test_bad_rows_of_cctns_are_held_alone(site):
    site.store.add_complaints([grievance(n) for n in range(1, 11)])
    site("sync", code=0)
    site.clock.set("2020-06-11T20:00:00Z")
    station = Station(site.cctns.path)
    officer = station.officer()
    for n in range(1, 11):
        station.act(code(n), OFFICER, "2020-06-11 10:00:00", officer=officer)
    change = "UPDATE t_complaint SET {} WHERE ORIGIN_NO = ?"
    site.cctns.sql(change.format("STATUS_CD = 77"), code(1))
    site.cctns.sql(change.format("UNIT_CD = 31999"), code(2))
    site.cctns.sql(change.format("COMPLAINT_DESC = CAST(x'61FF62' AS TEXT)"), code(3))
    site.cctns.sql(change.format("COMPLAINT_DESC = 'a' || char(1) || 'b'"), code(4))
    site.cctns.sql(change.format("REG_DT = '2020-02-31 10:00:00'"), code(5))
    site.cctns.sql("UPDATE t_complaint SET SUBJECT = ? WHERE ORIGIN_NO = ?", "s" * 251, code(6))
    site.cctns.sql("UPDATE t_complaint_action SET ACTION_CD = 55 WHERE ACTION_CD = 3 AND COMPLAINT_SRNO ="
                   " (SELECT COMPLAINT_SRNO FROM t_complaint WHERE ORIGIN_NO = ?)", code(7))
    site("sync", code=3)
    rows = dict(site.sql("SELECT reason || ' ' || field, count(*) FROM bridge.held WHERE system = 'cctns' GROUP BY 1"))
    assert rows == {"map.code status": "1", "map.unit unit": "1", "text.utf8 body": "1",
                    "text.control body": "1", "map.time registered_at": "1", "map.long subject": "1",
                    "map.code action": "1"}, rows
    told = [a["code"] for a in site.store.police_actions() if a["action_code"] == "OFFICER_NAMED"]
    assert sorted(told) == [code(n) for n in range(1, 11) if n != 7]
