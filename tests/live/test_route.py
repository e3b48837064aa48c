"""Where a complaint goes: by the unit tables of its day; first to the control room and from there to a district; and never to the office
that it is against.
"""
import shutil

import pytest

from maps import MAPPINGS
from matters import KANNAUJ, LUCKNOW, code, grievance

HISAR, SADAR = "HR-HISAR-01", "HR-HISAR-02"


def complaint(**more):
    return {"unit": "HR-HISAR", "received_at": "2024-02-01T05:00:00Z", "marked_at": "2024-02-01T06:30:00Z", "complainant": "परीक्षक",
            "subject": "विषय", "body": "शिकायत", "category": "POLMISC", "mode": "HAND", **more}


def at_police(site, **fields):
    """Names of the senders whose complaints are registered, and where."""
    return {p["complainant"]: p["unit"] for p in site.police.held().values()}


# ---- the control room ----

def test_a_complaint_waits_at_the_control_room_until_it_is_marked(site):
    """Complaints of IGRS come to Lucknow first: nothing is registered with any police before they are marked to a district."""
    site.store.add_complaints([grievance(1, district="000", status="RECEIVED"), grievance(2, district=KANNAUJ),
                               grievance(3, district=LUCKNOW)])
    site("sync", code=0)
    assert site.sql("SELECT unit, count(police_system) FROM bridge.complaint GROUP BY 1 ORDER BY 1") == [
        ["UP-155", "1"], ["UP-162", "1"], ["UP-CONTROL", "0"]]
    assert site.cctns.sql("SELECT ORIGIN_NO FROM t_complaint ORDER BY 1") == [(code(2),), (code(3),)]
    assert site.one("SELECT count(*) FROM bridge.held") == "0"
    # that it is not there is no difference that anybody has to answer for
    assert site.sql("SELECT number, what, reason FROM bridge.difference d JOIN bridge.comparison USING (run_id, system)") == [
        [code(1), "missing at police", "in flight"]]
    site.clock.set("2020-06-11T20:00:00Z")
    site.store.change(code(1), district_code=KANNAUJ, status="MARKED", marked_on="2020-06-11 12:00:00")
    site("sync", code=0)
    assert site.cctns.sql("SELECT ORIGIN_NO, UNIT_CD, MARKED_DT FROM t_complaint WHERE ORIGIN_NO = ?", code(1)) == [
        (code(1), 31155, "2020-06-11 12:00:00")]
    assert site.store.grievance(code(1))["police_number"]


# ---- codes of the day ----

def test_a_code_means_the_unit_that_had_it_on_that_day(haryana):
    """Hansi took over a code of Hisar on 1 February: each complaint goes to who had it when it came."""
    maps = haryana.folder / "mappings"
    shutil.copytree(MAPPINGS, maps)
    table = maps / "units/haryana.csv"
    text = table.read_text(encoding="utf-8")
    assert "hrcms:HSR " in text and "hrcms:HNS " in text
    table.write_text(text.replace("hrcms:HSR ", "hrcms:HSR@..2024-01-31 hrcms:HSX@2024-02-01.. ")
                     .replace("hrcms:HNS ", "hrcms:HNS@..2024-01-31 hrcms:HSR@2024-02-01.. "), encoding="utf-8")
    cms = haryana.peers["hrcms"]
    haryana.conf.write_text(haryana.conf.read_text().replace(f"mappings = {MAPPINGS}", f"mappings = {maps}"))
    haryana("schema", "apply", code=0)
    cms.add([complaint(complainant="before", received_at="2024-01-31T10:00:00Z", marked_at="2024-01-31T11:00:00Z"),
             complaint(complainant="after", received_at="2024-02-01T10:00:00Z", marked_at="2024-02-01T11:00:00Z")])
    haryana("sync", code=0)
    assert at_police(haryana) == {"before": "HR-HISAR", "after": "HR-HANSI"}


# ---- whom it is against ----

def barred(site):
    return site.sql("SELECT c.complainant, h.kind FROM bridge.held h JOIN bridge.delivery d USING (delivery_id) "
                    "JOIN bridge.complaint c USING (bridge_id) WHERE h.reason = 'route.accused' AND h.state = 'open' ORDER BY 1")


def test_a_complaint_is_not_registered_with_whom_it_is_against(haryana):
    cms = haryana.peers["hrcms"]
    cms.add([complaint(complainant="head", against="the S.P. of Hisar"), complaint(complainant="head hi", against="पुलिस अधीक्षक हिसार"),
             complaint(complainant="other head", against="SP Hansi"), complaint(complainant="person", against="Ram Lal of Hisar"),
             complaint(complainant="below", against="SHO, PS Sadar Hisar"), complaint(complainant="nobody")])
    result = haryana("sync")
    assert result.code == 3, result.err
    # a station is below the district that it is marked to: the district decides who enquires
    assert at_police(haryana) == dict.fromkeys(["other head", "person", "below", "nobody"], "HR-HISAR")
    assert barred(haryana) == [["head", "refused"], ["head hi", "refused"]]
    # nothing went out, nobody is named, and every night says the same
    held = haryana("held", "list", code=0).out
    assert held.count("route.accused") >= 1 and "S.P." not in held and "अधीक्षक" not in held
    assert haryana.one("SELECT count(*) FROM bridge.attempt WHERE said = 'route.accused' AND sent IS NULL") == "2"
    haryana("sync")
    assert len(haryana.police.held()) == 4 and len(barred(haryana)) == 2
    assert haryana.one("SELECT count(*) FROM bridge.difference JOIN bridge.comparison USING (run_id, system) "
                       "WHERE reason = 'unexplained'") == "0"


def test_it_goes_when_it_is_marked_elsewhere(haryana):
    cms = haryana.peers["hrcms"]
    cms.add([complaint(complainant="head", against="the S.P. of Hisar")])
    haryana("sync")
    assert barred(haryana) and not haryana.police.held()
    haryana.clock.set("2024-02-11T20:00:00Z")
    (uid,) = cms.held()
    cms.change(uid, unit="HR-HANSI")
    haryana("sync", code=0)
    assert at_police(haryana) == {"head": "HR-HANSI"} and barred(haryana) == []
    assert haryana.sql("SELECT state, ended_by FROM bridge.held WHERE reason = 'route.accused'") == [["replayed", "bridge"]]
    assert haryana.one("SELECT string_agg(debit || '>' || credit, ' ' ORDER BY entry) FROM bridge.ledger WHERE hop = 'push' AND "
                       "system = 'cctns'") == "plan>outbox outbox>sending sending>refused refused>outbox outbox>sending sending>delivered"


def test_a_person_may_send_it_all_the_same(haryana):
    cms = haryana.peers["hrcms"]
    cms.add([complaint(complainant="head", against="SP of Hisar")])
    haryana("sync")
    held = haryana.one("SELECT held_id FROM bridge.held WHERE reason = 'route.accused'")
    haryana("held", "replay", held)
    haryana("sync", code=0)
    assert at_police(haryana) == {"head": "HR-HISAR"} and barred(haryana) == []


@pytest.mark.parametrize("against,unit,barred_at", [
    ("SHO City Hisar", HISAR, HISAR), ("थाना प्रभारी शहर हिसार", HISAR, HISAR), ("SHO City Hisar", SADAR, None),
    ("SHO City Hisar", "HR-HISAR", None),
    ("S.P. Hisar", HISAR, "HR-HISAR"), ("SP Jind", HISAR, None), ("a shop in City Hisar", HISAR, None), (None, HISAR, None)])
def test_who_is_accused(haryana, against, unit, barred_at):
    said = "NULL" if against is None else f"'{against}'"
    haryana.sql("INSERT INTO bridge.complaint (source_system, number, number_norm, against, unit, status, first_run, last_run, staged_at, "
                f"changed_at) VALUES ('hrcms', '1', '1', {said}, '{unit}', 'FWDD', 1, 1, now(), now())")
    found = haryana.sql("SELECT m.accused FROM bridge.complaint c, bridge.marked_to_accused(ARRAY[c.bridge_id]) m")
    assert found == ([[barred_at]] if barred_at else [])


def test_a_station_may_be_the_accused_one(haryana):
    """Marked to the district and handled by a station: the station is asked, too."""
    haryana.sql("INSERT INTO bridge.complaint (source_system, number, number_norm, against, unit, station, status, first_run, last_run, "
                "staged_at, changed_at) SELECT 'hrcms', n, n, 'SHO City Hisar', 'HR-HISAR', s, 'FWDD', 1, 1, now(), now() "
                f"FROM (VALUES ('1', '{HISAR}'), ('2', '{SADAR}'), ('3', NULL)) v (n, s)")
    assert haryana.sql("SELECT c.number, m.accused FROM bridge.complaint c JOIN bridge.marked_to_accused("
                       "ARRAY(SELECT bridge_id FROM bridge.complaint)) m USING (bridge_id)") == [["1", HISAR]]
