"""SMS to complainants: each event once, in registered words, in their language; nobody whose name is kept secret is named or shown;
what nobody knows the fate of is never sent again by itself."""
import os
import signal
import subprocess

import pytest

from conftest import BRIDGE
from matters import nfc
from servers import wait_for
from smsgw import ENTITY, VAR, SmsGateway, register

OFFICER, MOBILE = "सत्यवीर सिंह", "5550001111"


@pytest.fixture
def gateway(tmp_path):
    gw = SmsGateway(tmp_path / "smsgw")
    gw.templates = tmp_path / "templates"
    gw.words = register(gw.templates)
    yield gw
    gw.stop()


def switch_on(site, gw, kind="mobileseva", more="quiet = none", apply=True):
    site.extra = "\n" + gw.conf(kind, gw.templates, more)
    site.write_conf()
    if apply:
        site("schema", "apply", code=0)


def complaint(n, **more):
    return {"unit": "HR-HISAR", "received_at": "2024-02-10T05:00:00Z", "marked_at": "2024-02-10T06:30:00Z", "complainant": f"परीक्षक {n}",
            "mobile": f"+91500000{n:04d}", "subject": f"विषय {n}", "body": f"मेरी शिकायत {n}", "category": "CRIME", "mode": "HAND", **more}


def words(gw, event, language, *values, secret="no"):
    """The registered words with these values."""
    (row,) = [r for r in gw.words.values() if (r["event"], r["language"], r["secret"]) == (event, language, secret)]
    text = row["text"]
    for value in values:
        text = text.replace(VAR, value, 1)
    assert VAR not in text
    return text


def told(gw):
    return [(m["mobile"], m["event"], m["text"]) for m in gw.taken]


def states(site):
    return sorted(site.sql("SELECT event, state, COALESCE(reason, '') FROM bridge.message"))


def number(peer, n):
    return sorted(peer.held(), key=lambda uid: uid[-7:])[n]


# ---- what is told ----

def test_every_event_is_told_once(haryana, gateway):
    switch_on(haryana, gateway)
    cms, police = haryana.peers["hrcms"], haryana.police
    cms.add([complaint(1)])
    haryana("sync", code=0)
    uid = number(cms, 0)
    mine = police.held()[uid]["number"]
    assert told(gateway) == [("5000000001", "REGD", nfc(words(gateway, "REGD", "hi", uid, mine, "11/02/2024")))]
    first, second = police.officer(OFFICER, "SI", MOBILE), police.officer("Anita Rawat", "Inspector", 5550003333)
    haryana.clock.set("2024-02-11T20:00:00Z")
    police.act(uid, "ASGN", "2024-02-11T04:00:00Z", officer=first)
    haryana("sync", code=0)
    haryana.clock.set("2024-02-12T20:00:00Z")
    police.act(uid, "ASGN", "2024-02-12T04:00:00Z", officer=first)               # the same one again: nothing to tell
    police.act(uid, "ASGN", "2024-02-12T05:00:00Z", officer=second)
    police.act(uid, "INTR", "2024-02-12T06:00:00Z", text="जाँच जारी", expected_at="2024-02-20T06:00:00Z")
    haryana("sync", code=0)
    haryana.clock.set("2024-02-13T20:00:00Z")
    police.act(uid, "DISP", "2024-02-13T19:00:00Z", text="बयान लिये गये", officer=second, disposal="NSUB")
    haryana("sync", code=0)
    expected = [("REGD", uid, mine, "11/02/2024"), ("ASSIGN", uid, "SI", OFFICER, MOBILE),
                ("REASSIGN", uid, "Inspector", "Anita Rawat", "5550003333"), ("INTR", uid, "20/02/2024"),
                ("DISPOSED", uid, "14/02/2024")]
    assert told(gateway) == [("5000000001", event, nfc(words(gateway, event, "hi", *values))) for event, *values in expected]
    assert states(haryana) == sorted([[event, "sent", ""] for event, *_ in expected] + [["REASSIGN", "suppressed", "officer.same"]])
    assert haryana.one("SELECT count(*) FROM bridge.message WHERE state = 'sent' AND receipt LIKE '1506%msdgsms' AND said = '402'"
                       " AND octet_length(digest) = 32 AND attempts = 1") == "5"

    # read again, said in other words, planned again: an event is told once
    police.sql("UPDATE t_complaint_action SET ACTION_DESC = ACTION_DESC || '!', RECORD_CREATED_ON = '2024-02-14 10:00:00'")
    police.sql("UPDATE t_complaint SET RECORD_UPDATED_ON = '2024-02-14 10:00:00'")
    haryana.clock.set("2024-02-14T20:00:00Z")
    haryana("sync")
    haryana("sync", "--since", "2024-01-01")
    haryana("notify", code=0)
    assert len(gateway.taken) == 5 and gateway.refused == []


def test_english_by_the_other_gateway(haryana, gateway):
    switch_on(haryana, gateway, "nic", "quiet = none\nlanguages = en")
    haryana.peers["hrcms"].add([complaint(1)])
    haryana("sync", code=0)
    uid = number(haryana.peers["hrcms"], 0)
    haryana.clock.set("2024-02-11T20:00:00Z")
    haryana.police.act(uid, "ASGN", "2024-02-11T04:00:00Z", officer=haryana.police.officer("Anita Rawat", "Inspector", 5550003333))
    haryana("sync", code=0)
    haryana.clock.set("2024-02-12T20:00:00Z")
    haryana.police.act(uid, "ASGN", "2024-02-12T04:00:00Z", officer=haryana.police.officer(OFFICER, "SI", MOBILE))
    haryana("sync", code=0)
    assert [m["text"] for m in gateway.taken][1:] == [
        words(gateway, "ASSIGN", "en", uid, "Inspector", "Anita Rawat", "5550003333"),
        nfc(words(gateway, "REASSIGN", "en", uid, "SI", OFFICER, MOBILE))]           # one Hindi name makes the whole Unicode
    assert gateway.refused == [] and {m["gateway"] for m in gateway.taken} == {"nic"}


def test_the_language_is_that_of_the_complaint(haryana, gateway):
    switch_on(haryana, gateway)
    haryana.peers["hrcms"].add([complaint(1), complaint(2, subject="A theft", body="My cycle was taken from the market")])
    haryana("sync", code=0)
    assert {m["mobile"]: m["language"] for m in gateway.taken} == {"5000000001": "hi", "5000000002": "en"}


def test_copies_and_final_reports_are_told_of(haryana, gateway):
    haryana.peers["hrcms"].add([complaint(1)])
    switch_on(haryana, gateway, more="quiet = none\ncopies = hrcms\nread_at = SP office, Hisar\nlanguages = en")
    haryana("sync", code=0)
    uid = number(haryana.peers["hrcms"], 0)
    haryana.clock.set("2024-02-12T20:00:00Z")
    haryana.police.act(uid, "DISP", "2024-02-12T05:00:00Z", text="done", disposal="NSUB")
    haryana("sync", code=0)
    mine = haryana.police.held()[uid]["number"]
    assert [m["text"] for m in gateway.taken] == [words(gateway, "COPY", "en", uid, mine, "SP office, Hisar"),
                                                  words(gateway, "REPORT", "en", uid, "12/02/2024", "SP office, Hisar")]


def test_what_was_old_is_not_told(haryana, gateway):
    cms, police = haryana.peers["hrcms"], haryana.police
    cms.add([complaint(1), complaint(2)])
    haryana("sync", code=0)
    uid = number(cms, 0)
    police.act(uid, "ASGN", "2024-02-11T04:00:00Z", officer=police.officer())
    haryana.clock.set("2024-02-12T20:00:00Z")
    switch_on(haryana, gateway)
    haryana("sync", code=0)
    assert gateway.taken == [] and haryana.one("SELECT count(*) FROM bridge.message") == "0"
    haryana.clock.set("2024-02-13T20:00:00Z")
    police.act(uid, "DISP", "2024-02-13T04:00:00Z", text="done", disposal="NSUB")
    haryana("sync", code=0)
    assert [m["event"] for m in gateway.taken] == ["DISPOSED"]


def test_who_cannot_be_told(haryana, gateway):
    switch_on(haryana, gateway)
    without = complaint(1)
    del without["mobile"]
    haryana.peers["hrcms"].add([without, complaint(2, mobile="12345"), complaint(3, identity="A"), complaint(4)])
    haryana("sync")
    assert states(haryana) == [["REGD", "sent", ""]] + [["REGD", "suppressed", why]
                                                        for why in ("mobile.bad", "mobile.none", "sender.anonymous")]
    shown = haryana.json("notify", "list", "suppressed", code=0)["tables"]["messages"]
    assert len(shown) == 3 and all(m["reason"] for m in shown)
    assert {r["reason"] for r in haryana.json("status", code=0)["tables"]["messages"]} == {
        "", "mobile.bad", "mobile.none", "sender.anonymous"}


# ---- whose name is kept secret ----

def test_a_sealed_sender_is_told_without_a_name(durg, gateway):
    """The notifier opens the seal; what it read stands nowhere afterwards."""
    secret_name, secret_mobile = "कनारीलाल गुप्तचर", "5987654321"
    qr, police = durg.peers["durgqr"], durg.police
    switch_on(durg, gateway, more="quiet = none\nqr = durgqr")
    form = {"unit": "CG-DURG-BN-01", "received_at": "2022-11-10T05:00:00Z", "body": "सट्टा चलता है", "category": "ILLTRADE", "kind": "TIP"}
    qr.add([{**form, "complainant": secret_name, "mobile": "+91" + secret_mobile}, form])
    durg("sync", code=0)
    sealed = durg.one("SELECT c.number FROM bridge.sealed s JOIN bridge.complaint c USING (bridge_id)")
    durg.clock.set("2022-11-11T20:00:00Z")
    for uid in qr.held():
        police.act(uid, "ASGN", "2022-11-11T04:00:00Z", officer=police.officer(OFFICER, "SI", MOBILE))
    durg("sync", code=0)
    durg.clock.set("2022-11-12T20:00:00Z")
    police.act(sealed, "DISP", "2022-11-12T04:00:00Z", text="धन्यवाद", disposal="CHAL")
    durg("sync", code=0)
    assert told(gateway) == [
        (secret_mobile, "QRACK", nfc(words(gateway, "QRACK", "hi", sealed, "11/11/2022"))),
        (secret_mobile, "ASSIGN", nfc(words(gateway, "ASSIGN", "hi", sealed, secret="yes"))),
        (secret_mobile, "DISPOSED", nfc(words(gateway, "DISPOSED", "hi", sealed, secret="yes")))]
    assert [s for s in states(durg) if s[1] == "suppressed"] == [[e, "suppressed", "sender.anonymous"] for e in ("ASSIGN", "QRACK")]
    dump = subprocess.run([*pg_dump(), "-d", durg.conninfo], capture_output=True, text=True, check=True).stdout
    shown = durg("notify", "list", "sent").out + durg("notify", "show", "1").out + durg("status").out
    kept = "".join(p.read_text(errors="replace") for p in durg.folder.rglob("*")
                   if p.is_file() and not {"durgqr", "cctns"} & set(p.relative_to(durg.folder).parts))
    for word in (secret_name, nfc(secret_name), secret_mobile):
        assert word not in dump and word not in shown and word not in kept and word not in "".join(durg.logs), word


def pg_dump():
    from servers import PG_BIN
    return [str(PG_BIN / "pg_dump"), "--data-only"]


def test_a_confidential_complainant_hears_no_name(haryana, gateway):
    switch_on(haryana, gateway)
    cms, police = haryana.peers["hrcms"], haryana.police
    cms.add([complaint(1, identity="C")])
    haryana("sync", code=0)
    uid = number(cms, 0)
    haryana.clock.set("2024-02-11T20:00:00Z")
    police.act(uid, "ASGN", "2024-02-11T04:00:00Z", officer=police.officer(OFFICER, "SI", MOBILE))
    haryana("sync", code=0)
    assert [m["secret"] for m in gateway.taken] == ["yes", "yes"] and len(gateway.taken) == 2
    assert not any(OFFICER in m["text"] or MOBILE in m["text"] for m in gateway.taken)


# ---- words ----

def test_words_that_do_not_fit_never_leave(haryana, gateway):
    switch_on(haryana, gateway)
    cms, police = haryana.peers["hrcms"], haryana.police
    cms.add([complaint(1), complaint(2)])
    haryana("sync", code=0)
    one, two = number(cms, 0), number(cms, 1)
    before = gateway.requests
    haryana.clock.set("2024-02-11T20:00:00Z")
    police.act(one, "ASGN", "2024-02-11T04:00:00Z", officer=police.officer("A" * 31, "SI", MOBILE))
    haryana.sql("UPDATE bridge.sms_template SET slots = slots || '{date}' WHERE event = 'INTR'")      # the text has one place less
    police.act(two, "INTR", "2024-02-11T05:00:00Z", expected_at="2024-02-20T06:00:00Z")
    result = haryana("sync", code=3)
    assert gateway.requests == before
    assert states(haryana)[:2] == [["ASSIGN", "failed", "template.var"], ["INTR", "failed", "template.slots"]]
    assert "2 messages wait for a person" in result.out
    listed = haryana.json("notify", "list", code=0)["tables"]["messages"]
    assert sorted(m["reason"] for m in listed) == ["template.slots", "template.var"]
    assert "A" * 31 not in result.err
    # mended, a person says again; what must not be said at all is dropped
    gateway.words = register(gateway.templates)
    haryana("schema", "apply", code=0)
    failed = {m["reason"]: str(m["message_id"]) for m in listed}
    haryana("notify", "settle", failed["template.slots"], "again", "--why", "mended", code=0)
    haryana("notify", "settle", failed["template.var"], "drop", code=0)
    haryana("notify", code=0)
    assert [m["event"] for m in gateway.taken] == ["REGD", "REGD", "INTR"]
    assert haryana.sql("SELECT state, settled_by <> '' FROM bridge.message WHERE event = 'ASSIGN'") == [["suppressed", "t"]]


def test_what_is_registered_nowhere_is_not_sent(haryana, gateway):
    """The shipped words are ours: a message waits until a state has its own."""
    own, gateway.templates = gateway.templates, haryana.folder.parent / "none"
    gateway.templates.mkdir()
    (gateway.templates / "sms.csv").write_text((own / "sms.csv").read_text().replace("\n1107", "\n0000"))
    switch_on(haryana, gateway)
    haryana.peers["hrcms"].add([complaint(1)])
    result = haryana("sync", code=0)
    assert "wait for registered words (REGD)" in result.out and gateway.requests == 0
    gateway.templates = own
    switch_on(haryana, gateway)
    haryana("notify", code=0)
    assert [m["event"] for m in gateway.taken] == ["REGD"]


def test_tables_of_words_are_read_with_care(haryana, gateway):
    switch_on(haryana, gateway)
    table = gateway.templates / "sms.csv"
    good = table.read_text()
    for old, new in (("1107000000000000101", "110700000000000010"), ("number police_number date", "number police_number"),
                     ("REGD,en,yes,number,", "REGD,en,yes,officer_name,"), ("QRACK,hi", "QRACK,mr"), ("number date", "number dat")):
        assert old in good
        table.write_text(good.replace(old, new, 1))
        result = haryana("schema", "apply", code=1)
        assert "schema.templates" in result.err and "sms.csv:" in result.err
    table.write_text(good)
    haryana("schema", "apply", code=0)
    assert haryana.one("SELECT count(*) FROM bridge.sms_template WHERE listed") == "24"


# ---- when ----

def test_nothing_is_sent_in_quiet_hours(haryana, gateway):
    switch_on(haryana, gateway, more="quiet = 21:00-08:00")
    haryana.peers["hrcms"].add([complaint(1)])
    haryana("sync", code=0)                                          # 01:30 in India
    haryana.clock.set("2024-02-11T02:29:00Z")
    result = haryana("notify", code=0)
    assert gateway.requests == 0 and "quiet hours: 1 messages go" in result.out
    haryana.clock.set("2024-02-11T02:31:00Z")
    haryana("notify", code=0)
    assert len(gateway.taken) == 1


# ---- what goes wrong ----

@pytest.fixture
def due(haryana, gateway):
    """Two messages that are to be sent; a sender for them."""
    switch_on(haryana, gateway, more="quiet = 21:00-08:00")
    haryana.peers["hrcms"].add([complaint(1), complaint(2)])
    haryana("sync", code=0)
    haryana.clock.set("2024-02-11T06:00:00Z")
    assert gateway.requests == 0
    return haryana


def test_no_answer_is_never_sent_again_by_itself(due, gateway):
    gateway.faults = ["drop"]
    result = due("notify", code=3)
    assert "1 messages wait for a person" in result.out
    for hour in range(7, 10):
        due.clock.set(f"2024-02-11T{hour:02}:00:00Z")
        due("notify", code=3)
    assert sorted(m["mobile"] for m in gateway.taken) == ["5000000001", "5000000002"]
    (doubt,) = due.json("notify", "list", code=0)["tables"]["messages"]
    assert (doubt["state"], doubt["attempts"]) == ("in_doubt", 1)
    assert due("notify", "settle", str(doubt["message_id"]), "maybe").code != 0
    due("notify", "settle", str(doubt["message_id"]), "sent", "--why", "the gateway's own list has it", code=0)
    result = due("notify", "settle", str(doubt["message_id"]), "again")
    assert result.code == 3 and "message.ended" in result.err
    due("notify", code=0)
    assert len(gateway.taken) == 2


@pytest.mark.parametrize("fault", ["drop", "no_text", "silent", "http 500", "code 408"])
def test_a_doubt_is_a_doubt(due, gateway, fault):
    due.extra = due.extra.replace("timeout = 5s", "timeout = 2s")
    due.write_conf()
    gateway.faults = [fault]
    due("notify", code=3)
    assert sorted(s[1] for s in states(due)) == ["in_doubt", "sent"]


@pytest.mark.parametrize("kind,fault,code,left", [
    ("mobileseva", "http 503", 75, "planned"), ("mobileseva", "http 429", 75, "planned"), ("mobileseva", "code 410", 75, "planned"),
    ("mobileseva", "code 401", 3, "planned"), ("mobileseva", "http 401", 3, "planned"), ("nic", "code API-2", 3, "planned"),
    ("mobileseva", "code 406", 3, "failed"), ("nic", "code API-3", 3, "failed")])
def test_what_was_surely_not_sent(due, gateway, kind, fault, code, left):
    if kind == "nic":
        switch_on(due, gateway, "nic")
        gateway.why = "authentication failed" if fault == "code API-2" else "invalid mnumber"
    gateway.faults = [fault]
    due("notify", code=code)
    refused_us = code == 3 and left == "planned"                     # then nothing else is tried
    assert sorted(s[1] for s in states(due)) == sorted([left, "planned" if refused_us else "sent"])
    due.clock.set("2024-02-11T12:00:00Z")
    due("notify", code=0 if left == "planned" else 3)
    assert len(gateway.taken) == (2 if left == "planned" else 1)


def test_a_gateway_that_fails_on_is_left(due, gateway):
    due.peers["hrcms"].add([complaint(n, received_at="2024-02-11T05:00:00Z", marked_at="2024-02-11T05:30:00Z") for n in range(3, 9)])
    due("sync", code=0)
    taken, gateway.taken = len(gateway.taken), []
    due.clock.set("2024-02-12T06:00:00Z")
    for uid in due.peers["hrcms"].held():
        due.police.act(uid, "ASGN", "2024-02-12T04:00:00Z", officer=due.police.officer())
    gateway.faults = ["http 503"] * 20
    requests = gateway.requests
    due("sync", code=75)
    assert gateway.requests - requests == 3 and taken == 8


def test_a_server_of_another_authority_is_told_nothing(due, gateway):
    due.conf.write_text(due.conf.read_text().replace(f"ca = {gateway.ca}", f"ca = {gateway.folder}/other-ca.pem"))
    result = due("notify", code=3)
    assert "tls.verify" in result.err and gateway.requests == 0
    assert [s[1] for s in states(due)] == ["planned", "planned"]


def test_killed_when_the_gateway_has_it(due, gateway):
    """Intent is committed, the message is taken, no answer is read: one in doubt, the other is sent by the next run."""
    gateway.hold()
    env = dict(os.environ, BRIDGE_NOW=f"@{due.clock.path}", ASAN_OPTIONS="detect_leaks=0")
    run = subprocess.Popen([str(BRIDGE), "-c", str(due.conf), "notify"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(gateway.arrived.is_set, "the message", alive=run)
    run.send_signal(signal.SIGKILL)
    run.wait(10)
    assert due.sql("SELECT state, octet_length(digest) FROM bridge.message ORDER BY 1") == [["planned", None], ["sending", "32"]]
    gateway.release()
    due.gone()
    due("notify", code=3)
    due("notify", code=3)
    assert sorted(m["mobile"] for m in gateway.taken) == ["5000000001", "5000000002"]
    assert sorted(s[1:] for s in states(due)) == [["in_doubt", "run.ended"], ["sent", ""]]
    (doubt,) = due.json("notify", "list", "in_doubt", code=0)["tables"]["messages"]
    due("notify", "settle", str(doubt["message_id"]), "again", "--why", "the complainant has none", code=0)
    due("notify", code=0)
    assert len(gateway.taken) == 3                                    # by a person's word


# ---- who may ----

def test_only_the_notifier_sends(due, gateway):
    due.sql("DO $$ BEGIN CREATE ROLE sms_login LOGIN IN ROLE bridge_notifier; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
            "DO $$ BEGIN CREATE ROLE night_login LOGIN IN ROLE bridge_writer; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    admin, due.conninfo = due.conninfo, due.conninfo.replace("user=postgres", "user=night_login")
    due.write_conf()
    result = due("notify", code=3)
    assert "[notify]" in result.err and gateway.requests == 0
    due.extra += f"database = {admin.replace('user=postgres', 'user=sms_login')}\n"
    due.write_conf()
    due("notify", code=0)
    assert len(gateway.taken) == 2
    due.conninfo = admin


def test_the_table_is_a_door(due):
    """No hand moves a message where it may not go."""
    for statement in ("UPDATE bridge.message SET state = 'sent'", "UPDATE bridge.message SET state = 'in_doubt'",
                      "DELETE FROM bridge.message", "UPDATE bridge.message_start SET at = '2000-01-01'"):
        with pytest.raises(RuntimeError):
            due.sql(statement)
    due.sql("UPDATE bridge.message SET state = 'sending', run_id = 1; UPDATE bridge.message SET state = 'in_doubt'")
    with pytest.raises(RuntimeError):
        due.sql("UPDATE bridge.message SET state = 'planned'")
    with pytest.raises(RuntimeError):
        due.sql("INSERT INTO bridge.message (bridge_id, about, system, key, event, happened_at, secret, planned_run, planned_at)"
                " SELECT bridge_id, about, system, key, event, happened_at, secret, 1, now() FROM bridge.message")


def test_conf_says_what_is_wrong(due, gateway):
    good = due.conf.read_text()
    for old, new, said in (("gateway = mobileseva", "gateway = carrier", "gateway"), (f"entity = {ENTITY}", "entity = 1", "entity"),
                           ("sender = STPOLC", "sender = POLICE7", "sender"), ("quiet = 21:00-08:00", "quiet = 9-8", "quiet"),
                           ("rate = 0", "rate = 0\nlanguages = hi mr", "languages"), ("rate = 0", "rate = 0\nsystems = igrs", "systems"),
                           ("rate = 0", "rate = 0\ncopies = hrcms", "read_at"), ("rate = 0", "start = yesterday", "start"),
                           (f"key = file:{gateway.folder}/sms.key\n", "", "key")):
        assert old in good
        due.conf.write_text(good.replace(old, new))
        assert f'"{said}"' in due("notify", code=5).err, said
    due.conf.write_text(good)


def test_start_says_since_when(haryana, gateway):
    cms = haryana.peers["hrcms"]
    cms.add([complaint(1)])
    haryana("sync", code=0)
    haryana.clock.set("2024-02-12T20:00:00Z")
    switch_on(haryana, gateway, more="quiet = none\nstart = 2024-02-11")
    haryana("notify", code=0)
    assert [m["event"] for m in gateway.taken] == ["REGD"]
