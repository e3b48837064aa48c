"""What complainants say of an answer reaches the police, with the rank that it is addressed to, and reopens as the system's rule has it:
Haryana and UP at once, CPGRAMS through its feedback call, a QR form's rating of a station never; UP is not disposed of before."""
import json

REPORT = "जाँच आख्या: दोनों पक्षों के बयान लिये गये। " * 20


def levels(state, period):
    rows = state.json("standing", "feedback", "--period", period, "--personal", code=0)["tables"]["feedback"]
    return {(r["part"], r["level"]): r for r in rows if not r["total"]}


def test_haryana_feedback_goes_to_the_rank_addressed_and_reopens(haryana):
    cms, police = haryana.peers["hrcms"], haryana.police
    cms.add([{"unit": "HR-HISAR", "received_at": "2024-02-01T05:00:00Z", "marked_at": "2024-02-01T06:30:00Z", "complainant": f"क {n}",
              "mobile": f"+91500000{n:04d}", "subject": f"s {n}", "body": f"b {n}", "category": "CRIME", "mode": "HAND"} for n in range(8)])
    haryana("sync", code=0)
    numbers = sorted(police.held())
    for uid in numbers[:6]:
        police.act(uid, "DISP", "2024-02-11T08:00:00Z", text=REPORT, disposal="NSUB")
    haryana.clock.set("2024-02-11T20:00:00Z")
    haryana("sync", code=0)
    # to whom, what, and what becomes of it; the last one is not answered yet
    said = [("IO", "N", "REOP"), ("SHO", "Y", "DISP"), ("CO", "N", "REOP"), ("SP", "N", "REOP"), ("IG", "U", "DISP"), ("ADGP", "Y", "DISP"),
            ("SP", "N", "REGD")]
    haryana.clock.set("2024-02-12T20:00:00Z")
    for uid, (level, word, _) in zip(numbers, said):
        cms.change(uid, feedback=[{"satisfied": word, "mode": "CALL", "level": level, "text": f"{uid} बोले", "at": "2024-02-12T05:00:00Z"}])
    haryana("sync", code=0)
    for uid, (level, word, after) in zip(numbers, said):
        p = police.held()[uid]
        assert [(f["level"], f["satisfied"], f["text"]) for f in p["feedback"]] == [(level, word, f"{uid} बोले")]
        assert p["status"] == after and sum(a["action"] == "REOP" for a in p["actions"]) == (after == "REOP"), (uid, p["status"])
        assert ("disposed_at" in p) == (after == "DISP")
    # the same again changes nothing; disposed of anew and not satisfied anew reopens anew
    haryana("sync", code=0)
    one = numbers[0]
    assert sum(a["action"] == "REOP" for a in police.held()[one]["actions"]) == 1
    haryana.clock.set("2024-02-13T20:00:00Z")
    police.act(one, "DISP", "2024-02-13T08:00:00Z", text=REPORT, disposal="NSUB")
    haryana("sync", code=0)
    haryana.clock.set("2024-02-14T20:00:00Z")
    cms.change(one, feedback=[{"satisfied": "N", "mode": "CALL", "level": "SP", "text": "फिर नहीं", "at": "2024-02-14T05:00:00Z"}])
    haryana("sync", code=0)
    haryana.clock.set("2024-02-15T20:00:00Z")
    haryana("sync", code=0)
    assert police.held()[one]["status"] == "REOP" and sum(a["action"] == "REOP" for a in police.held()[one]["actions"]) == 2
    got = levels(haryana, "2024-02")
    assert {level: (r["answers"], r["satisfied"], r["dissatisfied"], r["not_reached"], r["reopened"]) for (_, level), r in got.items()} == {
        "IO": (1, 0, 1, 0, 1), "SHO": (1, 1, 0, 0, 0), "CO": (1, 0, 1, 0, 1), "SP": (3, 0, 3, 0, 2), "IG": (1, 0, 0, 1, 0),
        "ADGP": (1, 1, 0, 0, 0)}


def test_up_is_disposed_of_only_when_satisfied(up):
    portal, police = up.peers["igrs"], up.police
    one, two = portal.add([{"unit": "UP-171", "received_at": "2020-06-01T05:00:00Z", "marked_at": "2020-06-01T06:00:00Z",
                            "complainant": f"कमला {n}", "mobile": f"+9150000{n:05d}", "subject": "s", "body": "b", "category": "CRIME"}
                           for n in (1, 2)]) or sorted(portal.held())
    up("sync", code=0)
    for number in (one, two):
        police.act(number, "ATRS", "2020-06-11T04:00:00Z", text=REPORT)
        police.act(number, "DISP", "2020-06-11T08:00:00Z", text=REPORT, disposal="NSUB")
    up.clock.set("2020-06-11T20:00:00Z")
    up("sync", code=0)
    assert {n: portal.held()[n]["status"] for n in (one, two)} == {one: "ATRS", two: "ATRS"}
    assert up.one("SELECT count(*) FROM bridge.delivery WHERE stream = 'action' AND target = 'igrs' AND state = 'refused'") == "0"
    up.clock.set("2020-06-12T20:00:00Z")
    portal.change(one, feedback=[{"satisfied": "Y", "rating": 5, "mode": "CALL", "at": "2020-06-12T05:00:00Z", "text": "ठीक"}])
    portal.change(two, feedback=[{"satisfied": "N", "rating": 1, "mode": "CALL", "at": "2020-06-12T05:00:00Z", "text": "नहीं"}])
    up("sync", code=0)
    up.clock.set("2020-06-13T20:00:00Z")
    up("sync", code=0)
    held = police.held()
    assert portal.held()[one]["status"] == "DISP" and held[one]["status"] == "DISP"
    assert held[two]["status"] == "REOP" and portal.held()[two]["status"] != "DISP"
    assert [(f["satisfied"], f["rating"], f["text"]) for f in held[two]["feedback"]] == [("N", 1, "नहीं")]
    got = levels(up, "2020-06")
    row = got["open", ""]           # the portal's calls address no officer
    assert (row["answers"], row["satisfied"], row["dissatisfied"], row["rated"], row["mean_rating"], row["r1"], row["r5"],
            row["reopened"]) == (2, 1, 1, 2, "3.00", 1, 1, 1)


def test_cpgrams_reopens_through_its_feedback_call(delhi):
    peer, police = delhi.peers["cpgrams"], delhi.police
    common = {"unit": "DL-8162", "status": "REGD", "subject": "x", "body": "y", "complainant": "कमला देवी", "category": "CRIME",
              "received_at": "2020-11-01T18:30:00Z", "marked_at": "2020-11-09T18:30:00Z"}
    one, two, three = peer.add([dict(common) for _ in range(3)])
    delhi("sync", code=0)
    for number in (one, two):
        police.act(number, "DISP", "2020-11-11T08:00:00Z", text="REPORT", disposal="NSUB")
    delhi.clock.set("2020-11-11T20:00:00Z")
    delhi("sync", code=0)
    delhi.clock.set("2020-11-12T20:00:00Z")
    for number, word, rating in ((one, "N", 1), (two, "Y", 4), (three, "N", 1)):
        peer.add_feedback(number, {"satisfied": word, "rating": rating, "text": "said", "at": "2020-11-12T06:00:00Z"})
    delhi("sync", code=0)
    held = police.held()
    assert {n: held[n]["status"] for n in (one, two, three)} == {one: "REOP", two: "DISP", three: "REGD"}
    assert [(f["satisfied"], f["rating"], f["text"]) for f in held[one]["feedback"]] == [("N", 1, "said")]
    assert sum(a["action"] == "REOP" for a in held[one]["actions"]) == 1 and "disposed_at" not in held[one]
    delhi.clock.set("2020-11-13T20:00:00Z")
    delhi("sync", code=0)
    assert sum(a["action"] == "REOP" for a in police.held()[one]["actions"]) == 1


def test_a_rating_of_a_station_reopens_nothing(durg):
    forms, police = durg.peers["durgqr"], durg.police
    forms.add([{"kind": "COMPLAINT", "category": "CRIME", "unit": "CG-DURG", "station": "CG-DURG-BN-01", "body": "गन्दगी",
                "complainant": "कमला", "mobile": "+915000000001", "received_at": "2022-11-10T05:00:00Z",
                "feedback": [{"rating": 1, "satisfied": "N", "text": "गन्दगी है"}]}])
    durg("sync", code=0)
    durg.clock.set("2022-11-11T20:00:00Z")
    durg("sync", code=0)
    (complaint,) = police.held().values()
    assert complaint["feedback"][0]["satisfied"] == "N" and complaint["feedback"][0]["rating"] == 1
    assert complaint["status"] == "REGD" and [a["action"] for a in complaint["actions"]] == ["REGD"], json.dumps(complaint, default=str)


def test_which_answer_a_disposal_waits_for(site):
    """The newest Y or N between the report that it stands on and its being opened again; one that was not reached gave none."""
    site.sql("INSERT INTO bridge.complaint (source_system, number, number_norm, status, first_run, last_run, staged_at, changed_at) "
             "VALUES ('igrs', '1', '1', 'DISP', 1, 1, '2020-06-01', '2020-06-01')")
    one = site.one("SELECT bridge_id FROM bridge.complaint")
    rest = "'\\x" + "ab" * 32 + "', '{}', 1, 1, '2020-06-01'"
    days = {"ATRS": (2, 12), "DISP": (4, 14), "REOP": (10,)}
    for action, when in days.items():
        for day in when:
            site.sql("INSERT INTO bridge.action (bridge_id, system, key, at, action, digest, as_received, first_run, last_run, staged_at) "
                     f"VALUES ({one}, 'cctns', '{action}{day}', '2020-06-{day:02}', '{action}', {rest})")

    def satisfied(*answers):
        site.sql("DELETE FROM bridge.feedback")
        for n, (day, word) in enumerate(answers):
            site.sql("INSERT INTO bridge.feedback (bridge_id, system, key, at, satisfied, digest, as_received, first_run, last_run, "
                     f"staged_at) VALUES ({one}, 'igrs', '{n}', '2020-06-{day:02}', '{word}', {rest})")
        return [site.one(f"SELECT COALESCE(bridge.was_satisfied({one}, 'cctns', '2020-06-{day:02}'), false)") for day in days["DISP"]]

    assert satisfied() == ["f", "f"] and satisfied((5, "U")) == ["f", "f"]
    assert satisfied((5, "Y")) == ["t", "f"] and satisfied((15, "Y")) == ["f", "t"]
    assert satisfied((11, "Y")) == ["f", "f"] and satisfied((1, "Y")) == ["f", "f"]
    assert satisfied((5, "N"), (6, "Y")) == ["t", "f"] and satisfied((5, "Y"), (6, "N")) == ["f", "f"]
    assert satisfied((5, "Y"), (6, "U"), (15, "N"), (16, "Y")) == ["t", "t"]
