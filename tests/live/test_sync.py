"""The main job through the program: portal -> CCTNS -> portal -> CCTNS, over several nights."""
import hashlib
import os
import re
import subprocess

from conftest import BRIDGE, ROOT
from matters import DISPOSED, DISTRICTS, ENQUIRY, OFFICER, REOPENED, REPORT, Station, code, grievance, nfc
from servers import wait_for

LONG = "जाँच में पाया गया कि प्रार्थी का कथन सही है। " * 300          # over 12,000 characters
BEYOND = "रिपोर्ट \U0001f4dc संलग्न, \U00020000\U0002a6d6 और क्\u200dष"


def content(site):
    """Every row of staging but the run's own (run, books, what was counted), as one digest a table."""
    own = {"run", "ledger", "movement", "control_total", "difference", "slot", "cursor", "canary", "finding",
           "ledger_link", "ledger_head", "checkpoint", "anchor", "comparison"}
    tables = [r[0] for r in site.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'bridge' ORDER BY 1") if r[0] not in own]
    assert "complaint" in tables and "delivery" in tables
    return {t: hashlib.sha256(repr(site.sql(f"SELECT t::text, t.xmin::text FROM bridge.{t} t ORDER BY 1")).encode()).hexdigest()
            for t in tables}


def test_a_complaint_goes_all_the_way(site):
    station = Station(site.cctns.path)
    officer = station.officer()
    site.store.add_complaints([grievance(n) for n in range(1, 8)])
    number = code(1)

    site("sync", code=0)
    rows = site.cctns.sql("SELECT ORIGIN_NO, DISTRICT_CD, COMPLAINT_REG_NUM, COMPLAINT_DESC, FULL_NAME, MOBILE_1"
                          " FROM t_complaint ORDER BY 1")
    assert [r[0] for r in rows] == [code(n) for n in range(1, 8)]
    assert {r[1] for r in rows} == {31155}
    assert [nfc(g["details"]) for g in map(site.store.grievance, [r[0] for r in rows])] == [r[3] for r in rows]
    assert rows[0][4] == "परीक्षक 1" and rows[0][5] == 5000000001
    acts = site.store.police_actions(number)
    assert [a["action_code"] for a in acts] == ["REGISTERED"]
    assert acts[0]["police_number"] == rows[0][2]
    assert site.store.grievance(number)["status"] == "REGISTERED"

    # an officer is named; the portal hears it with the officer's name and mobile
    site.clock.set("2020-06-11T20:00:00Z")
    station.act(number, OFFICER, "2020-06-11 10:00:00", officer=officer)
    station.act(number, ENQUIRY, "2020-06-11 11:00:00", officer=officer, text=BEYOND)
    site("sync", code=0)
    acts = site.store.police_actions(number)
    assert [a["action_code"] for a in acts] == ["REGISTERED", "OFFICER_NAMED", "PENDING_L1"]
    assert acts[1]["officer_name"] == "सत्यवीर सिंह" and acts[1]["officer_mobile"].endswith("5550001111")
    assert acts[2]["remarks"] == nfc(BEYOND)

    # the report (12,000 characters and more, whole), and a disposal before satisfaction: it must wait
    site.clock.set("2020-06-12T20:00:00Z")
    station.act(number, REPORT, "2020-06-12 10:00:00", officer=officer, text=LONG)
    station.act(number, DISPOSED, "2020-06-12 12:00:00", officer=officer, text="निस्तारित", disposal="NSUB")
    site("sync")
    acts = site.store.police_actions(number)
    assert [a["action_code"] for a in acts][3:] == ["REPORT_UPLOADED"]
    assert len(LONG) > 12000 and acts[3]["remarks"].strip() == nfc(LONG).strip()

    # not satisfied: goes to the station, which reopens
    site.clock.set("2020-06-13T20:00:00Z")
    site.store.add_feedback([dict(code=number, satisfied="No", rating=2, mode="Call", text="कोई नहीं आया", given_on="2020-06-13 09:00:00")])
    site("sync")
    feedback = site.cctns.sql("SELECT SATISFIED_CD, RATING, FEEDBACK_DESC FROM t_complaint_feedback")
    assert feedback == [("N", 2, "कोई नहीं आया")]
    assert site.cctns.sql("SELECT STATUS_CD FROM t_complaint WHERE ORIGIN_NO = ?", number) == [(REOPENED,)]
    assert "DISPOSED" not in [a["action_code"] for a in site.store.police_actions(number)]

    # a second enquiry, satisfied, disposed
    site.clock.set("2020-06-14T20:00:00Z")
    station.act(number, REPORT, "2020-06-14 10:00:00", officer=officer, text="पुनः जाँच की गई।")
    site("sync")
    site.clock.set("2020-06-15T20:00:00Z")
    site.store.add_feedback([dict(code=number, satisfied="Yes", rating=5, mode="Call", given_on="2020-06-15 09:00:00")])
    site("sync")
    site.clock.set("2020-06-16T20:00:00Z")
    station.act(number, DISPOSED, "2020-06-16 10:00:00", officer=officer, text="निस्तारित", disposal="NSUB")
    site("sync", code=0)
    assert site.store.grievance(number)["status"] == "DISPOSED"
    assert site.one(f"SELECT status || ' ' || satisfied FROM bridge.complaint WHERE number = '{number}'") == "DISP Y"
    assert site.cctns.sql("SELECT count(*) FROM t_complaint") == [(7,)]
    references = [a["reference"] for a in site.store.police_actions()]
    assert len(references) == len(set(references))
    assert site.one("SELECT count(*) FROM bridge.difference WHERE reason = 'unexplained'") == "0"


def test_the_same_sync_again_changes_nothing(site):
    station = Station(site.cctns.path)
    site.store.add_complaints([grievance(n) for n in range(1, 30)])
    site("sync", code=0)
    site.clock.set("2020-06-11T20:00:00Z")
    for n in range(1, 10):
        station.act(code(n), OFFICER, "2020-06-11 10:00:00", officer=station.officer())
    site("sync", code=0)
    site("sync", code=0)        # asks for what the one before had confirmed
    before, cctns = content(site), open(site.cctns.path, "rb").read()
    site.store.forget_calls()
    again = site("sync", code=0)
    assert content(site) == before
    assert open(site.cctns.path, "rb").read() == cctns
    assert sum(site.store.changes().values()) == 0 and site.store.calls()["ListChanged"] >= 1
    run = site.one("SELECT max(run_id) FROM bridge.run")
    assert site.one(f"SELECT count(*) FROM bridge.ledger WHERE run_id = {run} AND credit <> 'unchanged'") == "0", again.out


def test_three_way_counts_and_sets(site):
    site.store.add_complaints([grievance(n, district=DISTRICTS[n % 75]) for n in range(1, 151)])
    site("sync", code=0)
    rows = site.json("reconcile", "igrs", "--by", "unit", code=0)
    assert site.sql("SELECT side, sum(n) FROM bridge.control_total WHERE run_id = (SELECT max(run_id) FROM bridge.control_total)"
                    " GROUP BY 1 ORDER BY 1") == [["police", "150"], ["portal", "150"], ["staging", "150"]]
    assert rows
    # equal counts with other members are a difference: one gone, one new, behind the bridge's back
    gone = code(3)
    site.store.remove(gone)
    site.store.add_complaints([grievance(900, district=DISTRICTS[3])])
    result = site("reconcile", "igrs", "--list")
    assert result.code in (3, 4), result.out
    assert gone in result.out and code(900) in result.out


def test_an_answer_that_never_came_is_asked_for_and_not_sent_again(site):
    site.store.add_complaints([grievance(n) for n in range(1, 6)])
    site.store.fault("SubmitActions", "drop")
    site("sync")
    assert len(site.store.police_actions()) == 5
    doubts = int(site.one("SELECT count(*) FROM bridge.attempt WHERE outcome = 'in_doubt'"))
    assert doubts == 5
    site.clock.set("2020-06-11T20:00:00Z")
    site.store.forget_calls()
    site("sync", code=0)
    assert site.store.calls()["FindAction"] == 5 and "SubmitActions" not in site.store.calls()
    assert site.one("SELECT count(*) FROM bridge.attempt WHERE outcome = 'found'") == "5"
    assert len(site.store.police_actions()) == 5
    assert site.sql("SELECT DISTINCT state FROM bridge.delivery") == [["confirmed"]]


def test_peers_down(site, make_site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site.store.fault("ListChanged", "http", 503, times=50)
    down = site("sync", code=75)
    assert "igrs" in down.err
    site.store.forget_faults()
    site("sync", code=0)
    site.portal.stop()
    site.clock.set("2020-06-11T20:00:00Z")
    Station(site.cctns.path).act(code(1), OFFICER, "2020-06-11 10:00:00", officer=Station(site.cctns.path).officer())
    site("sync", code=75)
    assert site.one("SELECT count(*) FROM bridge.action WHERE system = 'cctns' AND action = 'ASGN'") == "1"   # the other was done
    site.conninfo = site.conninfo.replace("host=", "host=/absent")
    site.write_conf()
    site("sync", code=75)


def test_dry_run_writes_nothing(site):
    site.store.add_complaints([grievance(n) for n in range(1, 20)])
    before = content(site)
    runs = site.one("SELECT count(*) FROM bridge.run")
    cctns = open(site.cctns.path, "rb").read()
    site.store.forget_calls()
    result = site("sync", "--dry-run")
    assert "19" in result.out, result.out
    assert content(site) == before and site.one("SELECT count(*) FROM bridge.run") == runs
    assert open(site.cctns.path, "rb").read() == cctns
    assert sum(site.store.changes().values()) == 0


def test_conf_and_map_faults_are_all_named_and_nothing_is_touched(site):
    site.store.add_complaints([grievance(1)])
    before, calls = content(site), site.store.calls()
    maps = site.folder / "mappings"
    maps.mkdir()
    for entry in (ROOT / "mappings").iterdir():
        if entry.name != "igrs.map":
            (maps / entry.name).symlink_to(entry)
    good = (ROOT / "mappings/igrs.map").read_text()
    (maps / "igrs.map").write_text(good.replace("scheme=igrs required", "scheme=nowhere required").replace("g:Subject", "h:Subject"))
    conf = site.conf.read_text()
    site.conf.write_text(conf.replace("backoff = 1s", "backoff = soon\nbackof = 1s")
                         .replace(f"mappings = {ROOT}/mappings", f"mappings = {maps}"))
    said = site("sync", code=5).err
    for file, word in (("bridge.conf", "backoff"), ("bridge.conf", "backof"), ("igrs.map", "nowhere"), ("igrs.map", "h:Subject")):
        assert re.search(rf'{re.escape(file)}:\d+: .*{word}', said), (file, word, said)
    assert content(site) == before and site.store.calls() == calls and site.one("SELECT count(*) FROM bridge.run") == "0"
    site.conf.write_text(conf)
    site("sync", "--nonsense", code=2)
    site("nonsense", code=2)


def test_show_tells_the_whole_life(site):
    station = Station(site.cctns.path)
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    site.clock.set("2020-06-11T20:00:00Z")
    station.act(code(1), OFFICER, "2020-06-11 10:00:00", officer=station.officer())
    site("sync", code=0)
    police = site.cctns.sql("SELECT COMPLAINT_REG_NUM FROM t_complaint")[0][0]
    by_portal, by_police = site("show", code(1), code=0).out, site("show", police, code=0).out
    for text in (by_portal, by_police):
        assert code(1) in text and police in text
        assert "2020-06-11 10:00:00 IST" in text and "2020-06-11 04:30:00 UTC" in text
        assert "OFFICER_NAMED" in text                    # what was sent, in the portal's word
        assert "परीक्षक" not in text                        # nobody's name without --personal
    assert "परीक्षक 1" in site("show", code(1), "--personal", code=0).out
    receipt = site.store.police_actions(code(1))[0]["receipt"]
    assert str(receipt) in by_portal                      # what came back
    assert site("show", "no-such-number").code != 0


def test_no_value_of_a_person_is_logged(site):
    people = [grievance(n) for n in range(1, 12)]
    site.store.add_complaints(people)
    site.store.spoil(code(2), "Applicant/Mobile", "not a number of परीक्षक")
    site.store.spoil(code(3), "Status", "SECRETWORD")
    for words in (["-v", "sync"], ["-v", "sync"], ["-v", "check"], ["-v", "reconcile", "--list"], ["status"], ["held", "list"]):
        site(*words)
    log = "".join(site.logs)
    assert "igrs" in log
    for g in people:
        for field in ("name", "mobile", "email", "details", "subject"):
            assert g[field] not in log
    assert "SECRETWORD" not in log and "परीक्षक" not in log


def test_two_runs_at_once(site):
    site.store.add_complaints([grievance(n) for n in range(1, 5)])
    site.store.fault("ListChanged", "delay", 3)
    first = subprocess.Popen([str(BRIDGE), "-c", str(site.conf), "sync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}", ASAN_OPTIONS="detect_leaks=0"))
    wait_for(lambda: site.one("SELECT count(*) FROM bridge.run WHERE state = 'running'") != "0", "the first run")
    second = site("sync", code=7)
    assert "another run" in second.err
    assert first.wait(60) == 0
