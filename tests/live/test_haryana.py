"""Haryana CMS: XML over HTTPS, callers known by their certificate; unique ID and copy at once, 15 days, the report on disposal,
satisfied or not; six districts, two of which have no LGD code."""
import csv

from maps import MAPPINGS
from matters import nfc

DISTRICTS = ["HR-HISAR", "HR-HANSI", "HR-FATEHABAD", "HR-SIRSA", "HR-JIND", "HR-DABWALI"]
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
REPORT = "जाँच आख्या: दोनों पक्षों के बयान लिये गये। " * 100


def complaint(n, **more):
    return {"unit": DISTRICTS[n % 6], "received_at": "2024-02-01T05:00:00Z", "marked_at": "2024-02-01T06:30:00Z",
            "complainant": f"परीक्षक {n}", "mobile": f"+91500000{n:04d}", "subject": f"विषय {n}",
            "body": f"मेरी शिकायत {n}", "category": "CRIME", "mode": "HAND", **more}


def number(cms, n):
    return sorted(cms.held(), key=lambda uid: uid[-7:])[n]


def test_a_complaint_goes_all_the_way(haryana):
    cms, police = haryana.peers["hrcms"], haryana.police
    cms.add([complaint(n, files=[{"key": "1", "name": "पत्र.pdf", "type": "application/pdf", "bytes": PDF + b"%" + str(n).encode()}])
             for n in range(6)])
    haryana("sync", code=0)
    held = police.held()
    assert sorted(p["unit"] for p in held.values()) == sorted(DISTRICTS) and len(held) == 6
    for uid, p in held.items():
        c = cms.held()[uid]
        assert c["police_number"] == p["number"] and c["status"] == "REGD"
        assert c["copy_given_at"] == c["received_at"]
        assert p["due_at"] == c["due_at"] == "2024-02-16T06:30:00Z"      # 15 days from the marking
        assert [f["sha256"] for f in p["files"]] == [f["sha256"] for f in c["files"]] and p["files"][0]["name"] == nfc("पत्र.pdf")

    # the report reaches the CMS with its file, by the same reference once; and the complainant's answer reaches the station
    uid = number(cms, 1)
    haryana.clock.set("2024-02-11T20:00:00Z")
    officer = police.officer("Anita Rawat", "Inspector", 5550003333)
    police.act(uid, "ASGN", "2024-02-11T04:00:00Z", officer=officer)
    police.act(uid, "DISP", "2024-02-11T08:00:00Z", text=REPORT, officer=officer, disposal="FIR")
    police.file(uid, "report.pdf", "ATR", PDF + b"% the report", "2024-02-11T08:00:00Z")
    haryana("sync", code=0)
    told = cms.told(uid)
    assert [t.get("action") for t in told] == ["REGD", "ASGN", "DISP", None]
    assert told[1]["officer_name"] == "Anita Rawat" and told[1]["officer_mobile"][-10:] == "5550003333"
    assert told[2]["text"].strip() == nfc(REPORT).strip() and told[2]["disposal"] == "FIR"
    assert told[3]["role"] == "ATR" and told[3]["sha256"] == police.held()[uid]["files"][1]["sha256"]
    haryana.clock.set("2024-02-12T20:00:00Z")
    cms.change(uid, feedback=[{"satisfied": "N", "mode": "CALL", "level": "SP", "text": "कोई नहीं आया", "at": "2024-02-12T05:00:00Z"}])
    haryana("sync", code=0)
    assert police.held()[uid]["feedback"][0] == {"key": "1", "at": "2024-02-12T05:00:00Z", "satisfied": "N", "level": "SP", "mode": "CALL",
                                                 "text": "कोई नहीं आया"}
    assert police.held()[uid]["status"] == "REOP" and cms.held()[uid]["status"] == "REOP"


def test_overdue_after_fifteen_days(haryana):
    cms, police = haryana.peers["hrcms"], haryana.police
    cms.add([complaint(n, unit="HR-HISAR") for n in range(3)])
    haryana("sync", code=0)
    haryana.clock.set("2024-02-15T20:00:00Z")
    police.act(number(cms, 0), "DISP", "2024-02-15T05:00:00Z", text="done", disposal="NSUB")
    haryana("sync", code=0)
    haryana.clock.set("2024-02-20T20:00:00Z")
    police.act(number(cms, 1), "DISP", "2024-02-20T05:00:00Z", text="done late", disposal="NSUB")
    haryana("sync", code=0)
    rows = haryana.json("ranking", "hrcms", "--period", "2024-02-01..2024-02-29", code=0)["tables"]["ranking"]
    assert len(rows) == 6
    (hisar,) = [r for r in rows if r["unit"] == "HR-HISAR"]
    assert (hisar["received"], hisar["disposed"], hisar["in_time"], hisar["pending"], hisar["overdue"]) == (3, 2, 1, 1, 1)


def test_two_districts_have_no_lgd_code():
    with open(MAPPINGS / "units/haryana.csv", encoding="utf-8", newline="") as f:
        lgd = {r["unit"]: [a for a in r["aliases"].split() if a.startswith("lgd:")] for r in csv.DictReader(f) if r["level"] == "DISTRICT"}
    assert set(lgd) == set(DISTRICTS)
    assert sorted(unit for unit, codes in lgd.items() if not codes) == ["HR-DABWALI", "HR-HANSI"]


def test_no_certificate_no_entry(haryana):
    """Without our certificate, and with that of a stranger, the front lets nobody through: nothing is read, nothing lost."""
    cms = haryana.peers["hrcms"]
    cms.add([complaint(1)])
    good = cms.conf
    for certificate in ("", f"cert = {cms.front.folder}/stranger.pem\nkey = {cms.front.folder}/stranger.key\n"):
        cms.conf = good.replace(f"cert = {cms.front.cert}\nkey = {cms.front.key}\n", certificate)
        assert cms.conf != good
        haryana.write_conf()
        assert haryana("sync").code in (1, 75)
        assert cms.calls == {} and haryana.one("SELECT count(*) FROM bridge.complaint") == "0"
    cms.conf = good
    haryana.write_conf()
    haryana("sync", code=0)
    assert haryana.one("SELECT count(*) FROM bridge.complaint") == "1"


def test_a_server_of_another_authority_is_not_asked(haryana):
    cms = haryana.peers["hrcms"]
    cms.add([complaint(1)])
    cms.conf = cms.conf.replace(f"ca = {cms.front.ca}", f"ca = {cms.front.folder}/stranger-ca.pem")
    haryana.write_conf()
    assert haryana("sync").code in (1, 75) and cms.calls == {}


def test_misbehaviour_loses_and_doubles_nothing(haryana):
    """Every ordered fault of a read and of a push; at the end each step is at the CMS once."""
    cms = haryana.peers["hrcms"]
    haryana.options["hrcms"] = "timeout = 3s\nstall = 2s"
    haryana.write_conf()
    cms.add([complaint(n) for n in range(1, 9)])
    for operation, kind, arg in (("Complaints", "http", "503"), ("Complaints", "truncated", ""), ("Complaints", "drop_before", ""),
                                 ("Files", "fault", "BUSY"), ("Complaints", "delay", "4"), ("Steps", "drop", ""),
                                 ("Steps", "effect_no_reply", ""), ("Steps", "fault", "BUSY"), ("Steps", "http", "502"),
                                 ("Receipts", "drop_before", "")):
        cms.fault(operation, kind, arg)
        assert haryana("sync").code in (0, 3, 75)
    for day in range(12, 16):
        haryana.clock.set(f"2024-02-{day}T20:00:00Z")
        haryana("sync")
    haryana("sync", code=0)
    told = cms.told()
    assert sorted(t["number"] for t in told) == sorted(cms.held()) and {t["action"] for t in told} == {"REGD"}
    assert len({t["reference"] for t in told}) == 8
    assert haryana.one("SELECT count(*) FROM bridge.delivery WHERE state NOT IN ('confirmed')") == "0"


def test_a_page_that_is_no_xml_is_held(haryana):
    cms = haryana.peers["hrcms"]
    cms.add([complaint(1)])
    for kind, arg in (("malformed", ""), ("html", ""), ("error", "maintenance")):
        cms.store.forget_faults()
        cms.fault("Complaints", kind, arg, times=2)
        assert haryana("sync").code in (1, 3)
        assert haryana.one("SELECT count(*) FROM bridge.complaint") == "0"
    cms.store.forget_faults()
    haryana("sync")
    assert haryana.one("SELECT count(*) FROM bridge.complaint") == "1"


def test_an_unknown_state_is_held_alone(haryana):
    cms = haryana.peers["hrcms"]
    cms.add([complaint(1), complaint(2)])
    strange = number(cms, 0)
    cms.store.say_state(strange, "SETTLED_SOMEHOW")
    haryana("pull", "hrcms", code=3)
    assert haryana.sql("SELECT key, reason, field FROM bridge.held WHERE state = 'open'") == [[strange, "map.code", "status"]]
    assert sorted(haryana.sql("SELECT status FROM bridge.complaint")) == [["FWDD"], ["RECV"]]
    haryana("sync", code=0)                                    # told that it is registered, the system says so itself: mended
    assert set(haryana.police.held()) == set(cms.held())
    assert haryana.sql("SELECT state FROM bridge.held") == [["settled"]]
