"""Nothing is believed for good: what a peer said it had done is asked for on a later night, and each night one delivery is sent twice on
purpose. The peers here lie: they say done and do nothing, lose what they had, take a repeat as something new."""
import pytest

from matters import OFFICER, Station, code, grievance

NIGHTS = [f"2020-06-{day}T20:00:00Z" for day in range(10, 20)]


def held(site):
    return site.sql("SELECT system, stream, kind, reason, key FROM bridge.held WHERE state = 'open' ORDER BY held_id")


def last(site, columns, table, order="run_id DESC"):
    return site.sql(f"SELECT {columns} FROM bridge.{table} ORDER BY {order}")


def replay(site):
    rows = site.sql("SELECT held_id FROM bridge.held WHERE state = 'open' ORDER BY held_id")
    return site("held", "replay", *[r[0] for r in rows])


def once(site, numbers):
    """Each of these complaints exactly once in CCTNS, each reference once at the portal, and the books know it."""
    assert sorted(site.cctns.sql("SELECT ORIGIN_NO, count(*) FROM t_complaint GROUP BY 1")) == [(n, 1) for n in sorted(numbers)]
    references = [a["reference"] for a in site.store.police_actions()]
    assert len(references) == len(set(references))
    assert sorted(references) == sorted(r[0] for r in site.sql(
        "SELECT delivery_id FROM bridge.delivery WHERE target = 'igrs' AND state = 'confirmed'"))


def test_a_portal_that_says_done_and_does_nothing(site):
    """Found on the next night: exit 4, a difference, a held row; a replay sends it again, and then it is there."""
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site.store.fault("SubmitActions", "no_effect")
    site("sync")
    assert site.sql("SELECT DISTINCT state FROM bridge.delivery") == [["confirmed"]] and site.store.police_actions() == []
    site.clock.set(NIGHTS[1])
    result = site("sync", code=4)
    assert [h[:4] for h in held(site)] == [["igrs", "action", "in_doubt", "proof.absent"]] * 3
    assert sorted(h[4].partition("#")[0] for h in held(site)) == [code(n) for n in range(1, 4)]
    assert site.sql("SELECT number, what, portal_says, police_says, staging_says, reason FROM bridge.difference WHERE what = 'delivery'"
                    " ORDER BY 1") == [[code(n), "delivery", "not there", None, "confirmed", "unexplained"] for n in range(1, 4)]
    assert site.sql("SELECT debit, credit, n, reason FROM bridge.ledger WHERE debit = 'delivered'") == [
        ["delivered", "in_doubt", "3", "proof.absent"]]
    assert "does not have 3 deliveries that it said were done" in result.out and "the books balance" in result.out
    assert "proof.absent" in result.err
    assert "3 deliveries are not as the peers said" in site.one("SELECT said FROM bridge.run ORDER BY run_id DESC LIMIT 1")
    assert site("held", "list").out.count("proof.absent") == 3
    assert site.sql("SELECT DISTINCT said, detail FROM bridge.attempt WHERE outcome = 'absent'") == [
        ["proof.absent", "said done, asked later: not there"]]
    # said once; until a person acts it only waits
    site.clock.set(NIGHTS[2])
    site("sync", code=3)
    assert site.store.police_actions() == []
    replay(site)
    site.clock.set(NIGHTS[3])
    site("sync", code=0)
    assert len(site.store.police_actions()) == 3
    site.clock.set(NIGHTS[4])
    site("sync", code=0)
    assert site.one("SELECT count(*) FROM bridge.delivery WHERE proved_at IS NULL") == "0"
    once(site, [code(n) for n in range(1, 4)])


def test_one_lie_among_truths_and_what_follows_of_that_complaint_waits(site):
    station = Station(site.cctns.path)
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("sync", code=0)
    gone = site.store.police_actions(code(2))[0]["reference"]
    site.store.sql("DELETE FROM police_action WHERE reference = ?", gone)
    site.clock.set(NIGHTS[1])
    assert site("sync").code == 4
    assert [h[4].partition("#")[0] for h in held(site)] == [code(2)]
    assert site.one("SELECT delivery_id FROM bridge.held WHERE state = 'open'") == gone
    # a later action of the same complaint is kept back, the others go
    for n in range(1, 4):
        station.act(code(n), OFFICER, "2020-06-12 10:00:00", officer=station.officer())
    site.clock.set(NIGHTS[2])
    site("sync")
    assert [len(site.store.police_actions(code(n))) for n in (1, 2, 3)] == [2, 0, 2]
    replay(site)
    site.clock.set(NIGHTS[3])
    site("sync", code=0)
    assert [a["action_code"] for a in site.store.police_actions(code(2))] == ["REGISTERED", "OFFICER_NAMED"]
    once(site, [code(n) for n in range(1, 4)])


def test_a_persons_word_is_not_asked_about_again(site):
    site.store.add_complaints([grievance(1)])
    site.store.fault("SubmitActions", "no_effect")
    site("sync")
    site.clock.set(NIGHTS[1])
    site("sync", code=4)
    ident = site.one("SELECT held_id FROM bridge.held WHERE state = 'open'")
    site("held", "settle", ident, "--why", "told by telephone", code=0)
    assert site.sql("SELECT state, proved_at IS NOT NULL FROM bridge.delivery WHERE target = 'igrs'") == [["confirmed", "t"]]
    for night in NIGHTS[2:4]:
        site.clock.set(night)
        site.store.forget_calls()
        site("sync", code=4)              # the portal shows another status all the same, and that is said
        assert "FindAction" not in site.store.calls() and held(site) == []
        assert last(site, "what", "difference")[0] == ["status"]


def test_a_cctns_that_went_back_to_a_backup(site):
    """Complaint and interface row are gone: the replay registers it again, once."""
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("sync", code=0)
    for table, key in (("t_complaint_action", "COMPLAINT_SRNO = (SELECT COMPLAINT_SRNO FROM t_complaint WHERE ORIGIN_NO = ?)"),
                       ("bridge_applied", "receipt = (SELECT COMPLAINT_REG_NUM FROM t_complaint WHERE ORIGIN_NO = ?)"),
                       ("t_complaint", "ORIGIN_NO = ?")):
        site.cctns.sql(f"DELETE FROM {table} WHERE {key}", code(2))
    site.clock.set(NIGHTS[1])
    site("sync", code=4)
    assert [h[:4] for h in held(site)] == [["cctns", "complaint", "in_doubt", "proof.absent"]]
    assert site.sql("SELECT system, number, portal_says, police_says FROM bridge.difference WHERE what = 'delivery'") == [
        ["igrs", code(2), None, "not there"]]
    replay(site)
    site.clock.set(NIGHTS[2])
    site("sync", code=0)
    once(site, [code(n) for n in range(1, 4)])
    number = site.cctns.sql("SELECT COMPLAINT_REG_NUM FROM t_complaint WHERE ORIGIN_NO = ?", code(2))[0][0]
    assert site.one(f"SELECT police_number FROM bridge.complaint WHERE number = '{code(2)}'") == number


def test_a_complaint_that_someone_took_out_of_cctns(site):
    """Its interface row still stands: a replay is refused by the key, and never taken for done; a person decides."""
    site.store.add_complaints([grievance(1), grievance(2)])
    site("sync", code=0)
    site.cctns.sql("DELETE FROM t_complaint_action WHERE COMPLAINT_SRNO = (SELECT COMPLAINT_SRNO FROM t_complaint WHERE ORIGIN_NO = ?)",
                   code(2))
    site.cctns.sql("DELETE FROM t_complaint WHERE ORIGIN_NO = ?", code(2))
    site.clock.set(NIGHTS[1])
    site("sync", code=4)
    assert [h[3] for h in held(site)] == ["proof.absent"]
    replay(site)
    site.clock.set(NIGHTS[2])
    site("sync")
    assert [h[:3] for h in held(site)] == [["cctns", "complaint", "refused"]]
    assert site.cctns.sql("SELECT count(*) FROM t_complaint WHERE ORIGIN_NO = ?", code(2)) == [(0,)]
    site.cctns.sql("DELETE FROM bridge_applied WHERE delivery_id = ?", site.one("SELECT delivery_id FROM bridge.held WHERE state = 'open'"))
    replay(site)
    site.clock.set(NIGHTS[3])
    site("sync", code=0)
    once(site, [code(1), code(2)])


def test_a_peer_that_shows_a_reference_twice(site):
    """Its own mistake, and nothing that could be sent or taken back: a difference, and a conflict for a person."""
    site.store.add_complaints([grievance(1), grievance(2)])
    site("sync", code=0)
    one = site.store.police_actions(code(1))[0]
    columns = ", ".join(c for c in one if c not in ("receipt", "reference"))
    site.store.sql(f"INSERT INTO police_action (reference, {columns}) SELECT reference || '/2', {columns} FROM police_action"
                   " WHERE reference = ?", one["reference"])
    site.clock.set(NIGHTS[1])
    result = site("sync", code=4)
    assert [h[:4] for h in held(site)] == [["igrs", "action", "conflict", "proof.twice"]]
    assert site.sql("SELECT number, what, portal_says, reason FROM bridge.difference WHERE what = 'twice at peer'") == [
        [code(1), "twice at peer", "2", "unexplained"]]
    assert "more than once" in result.out
    assert site.one("SELECT count(*) FROM bridge.delivery WHERE state <> 'confirmed' OR proved_at IS NULL AND target = 'igrs'") == "0"
    site.clock.set(NIGHTS[2])
    site("sync", code=3)                                             # said once, then it waits
    ident = site.one("SELECT held_id FROM bridge.held WHERE state = 'open'")
    site("held", "drop", ident, "--yes", "--why", "the portal's office took one out", code=0)
    site.clock.set(NIGHTS[3])
    site("sync")
    assert held(site) == []


def test_how_many_a_night_and_none(site):
    """Oldest first, as many as bridge.conf says; 0 asks for none."""
    site.store.add_complaints([grievance(n) for n in range(1, 13)])
    site.write_conf(igrs="prove = 5\ncanary = no", cctns="prove = 0\ncanary = no")
    site("sync", code=0)
    for night, left in zip(NIGHTS[1:], (7, 2, 0, 0)):
        site.clock.set(night)
        site.store.forget_calls()
        result = site("sync", code=0)
        assert site.one("SELECT count(*) FROM bridge.delivery WHERE target = 'igrs' AND proved_at IS NULL") == str(left)
        assert (f"still to be asked for {left} deliveries" in result.out) == (left > 0)
        assert site.store.calls().get("FindAction", 0) == {7: 5, 2: 5, 0: 2}[left] or left == 0
    assert site.store.calls().get("FindAction", 0) == 0
    assert site.one("SELECT count(*) FROM bridge.delivery WHERE target = 'cctns' AND proved_at IS NOT NULL") == "0"
    assert site.one("SELECT count(*) FROM bridge.canary") == "0"


def test_a_question_that_fails_proves_nothing(site):
    """A portal that cannot be asked, or answers of something else, has not lost anything: 75 or 3, and the next night asks."""
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("sync", code=0)
    site.clock.set(NIGHTS[1])
    site.store.fault("FindAction", "http", "503", times=9)
    site("sync", code=75)
    assert held(site) == [] and site.one("SELECT count(*) FROM bridge.delivery WHERE target = 'igrs' AND proved_at IS NOT NULL") == "0"
    site.store.forget_faults()
    site.store.fault("FindAction", "html")
    site("sync", code=3)
    assert held(site) == []
    site("sync", code=0)
    assert site.one("SELECT count(*) FROM bridge.delivery WHERE proved_at IS NULL") == "0"


def test_reconcile_alone_proves_too(site):
    site.store.add_complaints([grievance(1)])
    site.store.fault("SubmitActions", "no_effect")
    site("sync")
    site.clock.set(NIGHTS[1])
    site.store.forget_calls()
    result = site("reconcile", "--list", code=4)
    assert "proof.absent" in result.err and "not there" in result.out
    assert site.one("SELECT count(*) FROM bridge.canary") == "0" and "SubmitActions" not in site.store.calls()


# ---- the duplicate that is sent on purpose


def test_the_canary_is_filtered(site):
    station = Station(site.cctns.path)
    site.write_conf(cctns="canary_complaints = yes")
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("sync", code=0)
    assert site.one("SELECT count(*) FROM bridge.canary") == "0"       # nothing is proved yet
    for night, day in zip(NIGHTS[1:4], (11, 12, 13)):
        site.clock.set(night)
        station.act(code(1), OFFICER, f"2020-06-{day} 10:00:00", officer=station.officer())
        result = site("sync", code=0)
        assert 'the duplicate that was sent to "igrs" on purpose was filtered' in result.out
        assert 'the duplicate that was sent to "cctns" on purpose was filtered' in result.out
        site.store.forget_calls()
        assert "on purpose" not in site("sync", code=0).out         # once a night
        assert "SubmitActions" not in site.store.calls()
    assert last(site, "system, outcome", "canary", "run_id, system") == [["cctns", "filtered"], ["igrs", "filtered"]] * 3
    assert len(site.store.police_actions()) == 6
    once(site, [code(n) for n in range(1, 4)])
    assert site.one("SELECT count(*) FROM bridge.attempt WHERE attempt > 1") == "0"        # it is no try of the delivery


def test_the_canary_is_taken(site):
    """A portal that does not filter: found in the first night in which it can be, and not by a duplicate of something that mattered."""
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("sync", code=0)
    site.clock.set(NIGHTS[1])
    site.store.fault("SubmitActions", "unfiltered")
    result = site("sync", code=4)
    assert last(site, "system, outcome", "canary", "system") == [["igrs", "taken"]]    # a complaint is not sent so unless conf says it
    assert [h[:4] for h in held(site)] == [["igrs", "action", "conflict", "canary.taken"]]
    assert "canary.taken" in result.err and 'to "igrs" on purpose was taken' in result.out
    assert site.one("SELECT DISTINCT state FROM bridge.delivery") == "confirmed"
    taken = [a for a in site.store.police_actions() if a["reference"].endswith("/2")]
    assert len(taken) == 1                                           # one, on purpose, and no more
    ident = site.one("SELECT held_id FROM bridge.held WHERE state = 'open'")
    assert taken[0]["reference"].removesuffix("/2") in site("held", "show", ident).out
    # no second duplicate while the first waits for a person; then another delivery is tried
    site.clock.set(NIGHTS[2])
    site.store.forget_calls()
    site("sync", code=3)
    assert "SubmitActions" not in site.store.calls()
    refused = site("held", "replay", ident, code=3)
    assert "held.replay" in refused.out and '"held settle" ends it' in refused.err
    assert '"held settle" ends it' in site("held", "show", ident).out
    site("held", "settle", ident, "--why", "taken out there", code=0)
    assert site.sql(f"SELECT state, ended_why FROM bridge.held WHERE held_id = {ident}") == [["settled", "taken out there"]]
    site.clock.set(NIGHTS[3])
    site("sync", code=0)
    assert last(site, "outcome, delivery_id = '{}'".format(taken[0]["reference"][:36]), "canary WHERE system = 'igrs'", "run_id") == [
        ["taken", "t"], ["filtered", "f"]]


def test_no_canary_where_conf_says_so(site):
    site.write_conf(igrs="canary = no")
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    site.clock.set(NIGHTS[1])
    site("sync", code=0)
    assert last(site, "system", "canary") == []


def test_a_canary_without_an_answer_says_nothing(site):
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    site.clock.set(NIGHTS[1])
    site.store.fault("SubmitActions", "drop")
    site("sync", code=75)
    assert site.sql("SELECT system, outcome FROM bridge.canary") == [["igrs", "sent"]] and held(site) == []
    site.clock.set(NIGHTS[2])
    site("sync", code=0)
    assert last(site, "system, outcome", "canary", "run_id") == [["igrs", "unknown"], ["igrs", "filtered"]]
    assert len(site.store.police_actions()) == 1


def test_a_canary_that_was_taken_without_an_answer_is_found_by_the_next_run(site):
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    site.clock.set(NIGHTS[1])
    site.store.fault("SubmitActions", "drop")
    site("sync", code=75)
    (left,) = site.json("status", code=0)["tables"]["recover"]
    assert (left["what"], left["system"], left["n"]) == ("duplicate", "igrs", 1) and "the peer is asked" in left["then"]
    one = site.store.police_actions()[0]
    columns = ", ".join(c for c in one if c not in ("receipt", "reference"))
    site.store.sql(f"INSERT INTO police_action (reference, {columns}) SELECT reference || '/2', {columns} FROM police_action")
    site.store.forget_calls()
    site("sync", code=4)
    assert [h[:4] for h in held(site)] == [["igrs", "action", "conflict", "canary.taken"]]
    assert "SubmitActions" not in site.store.calls()


@pytest.mark.parametrize("state, system, unit, at", [
    ("haryana", "hrcms", "HR-HANSI", "2024-02-01T04:30:00Z"), ("delhi", "pgms", "DL-8162", "2020-11-05T04:30:00Z"),
    ("delhi", "nhrc", "DL-8162", "2020-11-05T04:30:00Z"), ("delhi", "cpgrams", "DL-8162", "2020-11-05T04:30:00Z"),
    ("durg", "durgqr", "CG-DURG-BN-01", "2022-11-05T05:00:00Z"),
])
def test_the_other_portals_filter_and_are_found_out(make_state, state, system, unit, at):
    """Each contract's own "find" proves what it took, and each key filters the duplicate."""
    site = make_state(state)
    peer = site.peers[system]
    peer.add([dict(complainant="Om Prakash", mobile="+915000000001", category="CRIME", subject="Subject", body="Text", status="FWDD",
                   unit=unit, received_at=at, marked_at=at)])
    start = site.state["at"]
    site("sync")
    for day in (1, 2, 3):
        site.clock.set(f"{start[:8]}{int(start[8:10]) + day:02d}{start[10:]}")
        if day == 1:
            (number,) = peer.held()
            word, more = ("ASGN", {}) if system == "hrcms" else ("DISP", {"disposal": "NOAC"})
            site.police.act(number, word, f"{start[:8]}{int(start[8:10]) + 1:02d}T06:00:00Z", text="done", **more)
        result = site("sync")
        assert result.code in (0, 3), result.err
    told = peer.told()
    assert told and len({t["reference"] for t in told}) == len(told)
    assert site.one(f"SELECT count(*) FROM bridge.delivery WHERE target = '{system}' AND proved_at IS NULL AND state = 'confirmed'") == "0"
    assert site.sql("SELECT DISTINCT outcome FROM bridge.canary") == [["filtered"]]
    assert {r[0] for r in site.sql("SELECT system FROM bridge.canary")} == {system}
