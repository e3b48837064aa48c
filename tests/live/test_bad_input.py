"""Bad input: each record is held with its own reason, none is lost, none spoils its page; a page that cannot be read is held whole."""
import pytest

from matters import OFFICER, Station, code, grievance

LONG = "क" * 20001
# (path at the portal, what stands there, reason, canonical field)
POISON = [
    ("Status", "CLOSED_MAYBE", "map.code", "complaint.status"),
    ("Status", "", "map.required", "complaint.status"),
    ("Source", "Pigeon", "map.code", "complaint.ref_type"),
    ("Source", None, "map.required", "complaint.ref_type"),
    ("Category", "Unheard of", "map.code", "complaint.category"),
    ("Applicant/Gender", "X", "map.code", "complaint.gender"),
    ("MarkedTo/@code", "999", "map.unit", "complaint.unit"),
    ("MarkedTo/@code", "", "map.required", "complaint.unit"),
    ("Code", None, "map.required", "complaint.number"),
    ("Code", "4002000000001", "map.match", "complaint.number"),
    ("Code", "4002000000001A", "map.match", "complaint.number"),
    ("ReceivedOn", "31/02/2020 10:00:00", "map.time", "complaint.received_at"),
    ("ReceivedOn", "2020-06-01T10:00:00", "map.time", "complaint.received_at"),
    ("MarkedOn", None, "map.required", "complaint.marked_at"),
    ("MarkedOn", "00/00/0000 00:00:00", "map.time", "complaint.marked_at"),
    ("DueOn", "soon", "map.time", "complaint.due_at"),
    ("ChangedOn", "05/06/2020 25:00:00", "map.time", "complaint.changed_at"),
    ("Applicant/Age", "forty", "map.int", "complaint.age"),
    ("Applicant/Age", "999", "map.int", "complaint.age"),
    ("Applicant/Mobile", "12345", "map.mobile", "complaint.mobile"),
    ("Applicant/Mobile", "not known", "map.mobile", "complaint.mobile"),
    ("Applicant/Pin", "12", "map.match", "complaint.pincode"),
    ("Applicant/Name", "  ", "map.required", "complaint.complainant"),
    ("Applicant/Name", "न" * 351, "map.long", "complaint.complainant"),
    ("Applicant/Email", "e" * 101, "map.long", "complaint.email"),
    ("Applicant/Address", "प" * 501, "map.long", "complaint.address"),
    ("Subject", "व" * 251, "map.long", "complaint.subject"),
    ("Details", LONG, "map.long", "complaint.body"),
    ("Details", "a\u0081b", "text.control", "complaint.body"),
    ("Subject", "a\u007fb", "text.control", "complaint.subject"),
    ("Actions/Action/ActionOn", "30/02/2020 10:00:00", "map.time", "action.at"),
    ("Actions/Action/ActionCode", "SHRUGGED", "map.code", "action.action"),
]


def test_every_poisoned_record_is_held_with_its_own_reason(site):
    assert len(POISON) >= 30
    good = [grievance(n) for n in range(500, 540)]
    bad = [grievance(n) for n in range(1, len(POISON) + 1)]
    site.store.add_complaints(sorted(good + bad, key=lambda g: g["code"]))
    for n, (path, text, _, _) in enumerate(POISON, 1):
        site.store.spoil(code(n), path, text)
    result = site("sync", code=3)
    held = site.sql("SELECT reason, field, convert_from(body, 'UTF8') FROM bridge.held WHERE state = 'open' AND kind = 'set_aside'")
    assert len(held) == len(POISON)
    for n, (path, text, reason, field) in enumerate(POISON, 1):
        mark = f"person{n}@example.invalid" if "Email" not in path else f"<g:Code>{code(n)}</g:Code>"
        mine = [h for h in held if f">{mark}<" in h[2] or (">" + code(n) + "<" in h[2])]
        assert [(h[0], h[1]) for h in mine] == [(reason, field)], (n, path, mine and mine[0][:2])
    assert site.cctns.sql("SELECT count(*) FROM t_complaint") == [(len(good),)]
    listed = site("held", "list")
    for reason in {p[2] for p in POISON}:
        assert reason in listed.out
    # the books know all of them: offered = applied + set aside
    run = site.one("SELECT max(run_id) FROM bridge.ledger WHERE credit = 'set_aside'")
    assert site.one(f"SELECT sum(n) FROM bridge.ledger WHERE run_id = {run} AND hop = 'pull' AND system = 'igrs' AND stream = 'complaint'"
                    " AND credit = 'set_aside'") == str(len(POISON))
    # the same again is not held twice
    site("sync", code=3)
    assert site.one("SELECT count(*) FROM bridge.held") == str(len(POISON))


def test_a_mended_record_is_taken_by_replay_or_by_the_next_pull(site):
    site.store.add_complaints([grievance(1), grievance(2)])
    site.store.spoil(code(1), "Status", "NEWWORD")
    site("sync", code=3)
    site.store.mend(code(1))
    site.clock.set("2020-06-11T20:00:00Z")
    site.store.touch(code(1))
    site("sync")
    assert site.cctns.sql("SELECT count(*) FROM t_complaint") == [(2,)]
    held = site.one("SELECT held_id FROM bridge.held")
    assert site("held", "show", held).code == 0
    assert site("held", "drop", held, "--yes", "--why", "mended at the portal").code == 0
    site("sync", code=0)


@pytest.mark.parametrize("kind,arg,reason", [
    ("malformed", "", "xml."), ("truncated", "", None), ("html", "", "http.html"), ("error", "database is locked", "soap."),
    ("fault", "Client.Odd", "soap.fault"),
])
def test_a_page_that_cannot_be_read_is_held_and_nothing_of_it_is_taken(site, kind, arg, reason):
    site.store.add_complaints([grievance(n) for n in range(1, 20)])
    Station(site.cctns.path).officer()
    site.store.fault("ListChanged", kind, arg)
    result = site("sync")
    assert site.one("SELECT count(*) FROM bridge.complaint") == "0"
    if reason is None:
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
    site.cctns.sql(change.format("DISTRICT_CD = 31999"), code(2))
    site.cctns.sql(change.format("COMPLAINT_DESC = CAST(x'61FF62' AS TEXT)"), code(3))
    site.cctns.sql(change.format("COMPLAINT_DESC = 'a' || char(1) || 'b'"), code(4))
    site.cctns.sql(change.format("REG_DT = '2020-02-31 10:00:00'"), code(5))
    site.cctns.sql("UPDATE t_complaint SET SUBJECT = ? WHERE ORIGIN_NO = ?", "s" * 251, code(6))
    site.cctns.sql("UPDATE t_complaint_action SET ACTION_CD = 55 WHERE ACTION_CD = 3 AND COMPLAINT_SRNO ="
                   " (SELECT COMPLAINT_SRNO FROM t_complaint WHERE ORIGIN_NO = ?)", code(7))
    site("sync", code=3)
    rows = dict(site.sql("SELECT reason || ' ' || field, count(*) FROM bridge.held WHERE system = 'cctns_up' GROUP BY 1"))
    assert rows == {"map.code complaint.status": "1", "map.unit complaint.unit": "1", "text.utf8 complaint.body": "1",
                    "text.control complaint.body": "1", "map.time complaint.registered_at": "1", "map.long complaint.subject": "1",
                    "map.code action.action": "1"}, rows
    told = [a["code"] for a in site.store.police_actions() if a["action_code"] == "OFFICER_NAMED"]
    assert sorted(told) == [code(n) for n in range(1, 11) if n != 7]
