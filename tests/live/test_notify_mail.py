"""Mail to complainants: the copy of the complaint and the final report, once, to whoever has an address and no secret to keep; what nobody
knows the fate of is never sent again by itself."""
import os
import random
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from conftest import BRIDGE
from matters import nfc
from parcels import attachments, opened
from servers import ROOT
from smtpd import Smtpd
from test_notify import complaint, gateway, number, pg_dump, states, switch_on  # noqa: F401
from test_notify_kill import places

sys.path.insert(0, str(ROOT / "tests/torture"))
import kill  # noqa: E402

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
FROM = "bridge@police.example"


@pytest.fixture
def smtpd(tmp_path):
    server = Smtpd(tmp_path / "smtpd")
    yield server
    server.stop()


def mail_on(site, gw, smtpd, more="", apply=True):  # noqa: F811
    assert site.peers["hrcms"]
    lines = "".join(f"mail_{line}\n" for line in smtpd.conf.splitlines())
    switch_on(site, gw, more=f"quiet = none\ncopies = hrcms\nread_at = SP office, Hisar\nmail_from = {FROM}\n{lines}{more}", apply=apply)


def paper(key, role, data):
    return {"key": key, "role": role, "name": f"{key}.pdf", "type": "application/pdf", "bytes": PDF + data}


def mails(smtpd):
    return [(about, opened(raw), raw) for about, raw in smtpd.messages()]


def text_of(message):
    return message.get_body().get_content()


def by_mail(site):
    rows = site.sql("SELECT event, state, COALESCE(reason, ''), attempts FROM bridge.message WHERE channel = 'mail' ORDER BY message_id")
    return [(event, state, reason, int(attempts)) for event, state, reason, attempts in rows]


def test_copy_and_final_report_go_by_mail(haryana, gateway, smtpd):  # noqa: F811
    mail_on(haryana, gateway, smtpd)
    cms, police = haryana.peers["hrcms"], haryana.police
    secret = "kamla.devi-canary@example.org"
    cms.add([complaint(1, email=secret, files=[paper("1", "COMPLAINT", b"%form"), paper("2", "EVIDENCE", b"%of another")]), complaint(2)])
    haryana("sync", code=0)
    uid = number(cms, 0)
    ((about, copy, raw),) = mails(smtpd)
    assert about == {"from": FROM, "to": [secret], "tls": True, "user": "bridge"}
    head = raw.split(b"\r\n\r\n", 1)[0]
    assert head.isascii() and b"Subject: =?UTF-8?B?" in head and b"Auto-Submitted: auto-generated" in head
    assert copy["Subject"] == f"आपकी शिकायत की प्रति {uid}" and copy["To"] == secret and copy["From"] == FROM
    told = text_of(copy)
    for line in (f"क्रमांक: {uid}", f"पुलिस का क्रमांक: {police.held()[uid]['number']}", nfc("विषय: विषय 1"), nfc("मेरी शिकायत 1"),
                 "SP office, Hisar"):
        assert line in told, line
    assert attachments(copy) == {"1.pdf": PDF + b"%form"}
    assert haryana.one("SELECT receipt FROM bridge.message WHERE channel = 'mail'") == copy["Message-ID"].strip("<>")

    haryana.clock.set("2024-02-12T20:00:00Z")
    police.act(uid, "DISP", "2024-02-12T05:00:00Z", text="बयान लिये गये, समझौता हुआ", disposal="NSUB")
    police.file(uid, "report.pdf", "ATR", PDF + b"%report", "2024-02-12T04:00:00Z")
    police.file(uid, "other.pdf", "EVIDENCE", PDF + b"%statement", "2024-02-12T04:00:00Z")
    haryana("sync", code=0)
    _, report, _ = mails(smtpd)[1]
    assert report["Subject"] == f"आपकी शिकायत की अंतिम रिपोर्ट {uid}" and nfc("बयान लिये गये, समझौता हुआ") in text_of(report)
    assert "निस्तारण का दिनांक: 12/02/2024" in text_of(report) and attachments(report) == {"report.pdf": PDF + b"%report"}
    assert report["Message-ID"] != copy["Message-ID"]

    # the SMS of the same events went, too; read again, said again, nothing goes twice
    assert sorted(m["event"] for m in gateway.taken) == ["COPY", "COPY", "REPORT"]
    police.sql("UPDATE t_complaint_action SET ACTION_DESC = ACTION_DESC || '!', RECORD_CREATED_ON = '2024-02-14 10:00:00'")
    haryana.clock.set("2024-02-14T20:00:00Z")
    haryana("sync")
    haryana("sync", "--since", "2024-01-01")
    haryana("notify", code=0)
    assert len(smtpd.messages()) == 2 and by_mail(haryana) == [("COPY", "sent", "", 1), ("REPORT", "sent", "", 1)]
    listed = haryana.json("notify", "list", "sent", code=0)["tables"]["messages"]
    assert sorted((m["channel"], m["event"]) for m in listed) == [("mail", "COPY"), ("mail", "REPORT"), ("sms", "COPY"), ("sms", "COPY"),
                                                                  ("sms", "REPORT")]
    shown = "".join(haryana("notify", "show", str(m["message_id"])).out for m in listed) + haryana("status").out
    assert secret not in shown + "".join(haryana.logs)
    dump = subprocess.run([*pg_dump(), "-t", "bridge.message", "-d", haryana.conninfo], capture_output=True, text=True, check=True).stdout
    assert secret not in dump and "शिकायत" not in dump


def test_the_mail_speaks_the_language_of_the_complaint(haryana, gateway, smtpd):  # noqa: F811
    mail_on(haryana, gateway, smtpd)
    haryana.peers["hrcms"].add([complaint(1, email="a@example.org", subject="A theft", body="My cycle was taken from the market")])
    haryana("sync", code=0)
    ((_, copy, _),) = mails(smtpd)
    uid = number(haryana.peers["hrcms"], 0)
    assert copy["Subject"] == f"Copy of your complaint {uid}" and "My cycle was taken from the market" in text_of(copy)
    assert attachments(copy) == {}


def test_who_is_kept_secret_is_never_mailed(haryana, gateway, smtpd):  # noqa: F811
    mail_on(haryana, gateway, smtpd)
    cms, police = haryana.peers["hrcms"], haryana.police
    cms.add([complaint(1, identity="C", email="c@example.org"), complaint(2, identity="A", email="a@example.org"),
             complaint(3, email="not an address")])
    haryana("sync", code=0)
    haryana.clock.set("2024-02-12T20:00:00Z")
    for uid in cms.held():
        police.act(uid, "DISP", "2024-02-12T05:00:00Z", text="done", disposal="NSUB")
    haryana("sync", code=0)
    assert smtpd.messages() == []
    assert sorted(by_mail(haryana)) == sorted((event, "suppressed", why, tries) for event in ("COPY", "REPORT") for why, tries in (
        ("sender.secret", 0), ("sender.anonymous", 0), ("mail.bad", 1)))


def test_mail_switched_on_later_tells_nothing_old(haryana, gateway, smtpd):  # noqa: F811
    cms = haryana.peers["hrcms"]
    switch_on(haryana, gateway, more="quiet = none\ncopies = hrcms\nread_at = SP office, Hisar")
    cms.add([complaint(1, email="a@example.org")])
    haryana("sync", code=0)
    haryana.clock.set("2024-02-12T20:00:00Z")
    mail_on(haryana, gateway, smtpd, apply=False)
    haryana("sync", code=0)
    assert smtpd.messages() == [] and by_mail(haryana) == []
    haryana.clock.set("2024-02-13T20:00:00Z")
    haryana.police.act(number(cms, 0), "DISP", "2024-02-13T05:00:00Z", text="done", disposal="NSUB")
    haryana("sync", code=0)
    assert by_mail(haryana) == [("REPORT", "sent", "", 1)]


@pytest.fixture
def mailed(haryana, gateway, smtpd):  # noqa: F811
    """A copy that is to be mailed, with its form; the SMS went."""
    mail_on(haryana, gateway, smtpd)
    haryana.peers["hrcms"].add([complaint(1, email="a@example.org", files=[paper("1", "COMPLAINT", b"%form")])])
    smtpd.act("answer 452 later")
    haryana("sync", code=75)
    assert by_mail(haryana) == [("COPY", "planned", "mail.452", 1)] and len(gateway.taken) == 1
    smtpd.act("")
    haryana.clock.set("2024-02-12T20:00:00Z")
    return haryana


def test_a_mail_without_an_answer_is_for_a_person(mailed, smtpd):
    smtpd.act("cut")
    result = mailed("notify", code=3)
    assert "1 messages wait for a person" in result.out
    smtpd.act("")
    mailed.clock.set("2024-02-13T20:00:00Z")
    mailed("notify", code=3)
    ((_, first, _),) = mails(smtpd)
    (doubt,) = mailed.json("notify", "list", code=0)["tables"]["messages"]
    assert (doubt["channel"], doubt["state"], f"<{doubt['receipt']}>") == ("mail", "in_doubt", first["Message-ID"])
    mailed("notify", "settle", str(doubt["message_id"]), "again", "--why", "its log has no such id", code=0)
    mailed("notify", code=0)
    _, again, _ = mails(smtpd)[1]
    assert again["Message-ID"] == first["Message-ID"] and again["Date"] == first["Date"] and text_of(again) == text_of(first)


@pytest.mark.parametrize("act,code,left", [("rcpt 550 nobody", 3, ("failed", "mail.550")), ("plain", 3, ("planned", "mail.tls")),
                                           ("rcpt 450 wait", 75, ("planned", "mail.450"))])
def test_what_surely_was_not_mailed(mailed, smtpd, act, code, left):
    smtpd.act(act)
    result = mailed("notify", code=code)
    assert smtpd.messages() == [] and by_mail(mailed)[0][1:3] == left
    assert "a@example.org" not in result.err + result.out


def test_papers_go_whole_or_not_at_all(mailed, gateway, smtpd):  # noqa: F811
    content = mailed.one("SELECT content FROM bridge.attachment WHERE role = 'COMPLAINT' AND system = 'hrcms'")
    (stored,) = mailed.folder.rglob(content)
    good = stored.read_bytes()
    stored.chmod(0o600)
    stored.write_bytes(good[:-1] + b"?")
    mailed("notify", code=3)
    assert smtpd.messages() == [] and by_mail(mailed)[0][1:3] == ("failed", "content.altered")
    stored.write_bytes(good)
    message = mailed.one("SELECT message_id FROM bridge.message WHERE channel = 'mail'")
    mailed("notify", "settle", message, "again", "--why", "restored", code=0)
    mail_on(mailed, gateway, smtpd, more="mail_max = 10\n", apply=False)
    mailed("notify", code=0)
    ((_, copy, _),) = mails(smtpd)
    assert attachments(copy) == {} and "साथ नहीं भेजे गए: 1" in text_of(copy)


def test_who_asked_for_secrecy_since_is_not_mailed(mailed, smtpd):
    """Planned before, taken up after: it does not go."""
    mailed.sql("UPDATE bridge.complaint SET identity = 'C' WHERE email = 'a@example.org'")
    mailed("notify", code=0)
    assert smtpd.messages() == [] and by_mail(mailed) == [("COPY", "suppressed", "sender.secret", 2)]


def test_killed_when_the_mail_server_has_it(mailed, smtpd):
    smtpd.act("wait")
    env = dict(os.environ, BRIDGE_NOW=f"@{mailed.clock.path}", ASAN_OPTIONS="detect_leaks=0")
    run = subprocess.Popen([str(BRIDGE), "-c", str(mailed.conf), "notify"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    smtpd.wait()
    run.send_signal(signal.SIGKILL)
    run.wait(10)
    assert by_mail(mailed)[0][1] == "sending"
    smtpd.act("")
    mailed.gone()
    mailed("notify", code=3)
    mailed("notify", code=3)
    assert len(smtpd.messages()) == 1 and by_mail(mailed)[0][1:3] == ("in_doubt", "run.ended")


def test_killed_anywhere_nobody_is_mailed_twice(haryana, gateway, smtpd, tmp_path):  # noqa: F811
    """A few places of "notify", drawn by a seed that is printed: each copy is one mail, or one in doubt that is listed."""
    seed, points = int(os.environ.get("NOTIFY_KILL_SEED", random.SystemRandom().randrange(10 ** 6))), 8
    print(f"NOTIFY_KILL_SEED={seed}")
    rng, world = random.Random(seed), SimpleNamespace(folder=tmp_path)
    mail_on(haryana, gateway, smtpd, more="start = 2030-01-01\n")
    cms = haryana.peers["hrcms"]
    cms.add([complaint(n, email=f"p{n}@example.org") for n in range(points + 1)])
    haryana("sync", code=0)
    assert smtpd.messages() == []
    uids = sorted(cms.held())

    def reveal(n):
        haryana.sql("UPDATE bridge.complaint SET registered_at = '2024-02-11T20:00:00Z'::timestamptz + interval '1 minute' * k"
                    f" FROM unnest(ARRAY{uids!r}) WITH ORDINALITY u (uid, k) WHERE number = uid")
        mail_on(haryana, gateway, smtpd, more=f"start = 2024-02-12 01:{30 + n}\n", apply=False)

    haryana.clock.set("2024-02-12T20:00:00Z")
    reveal(points + 1)
    order = places(haryana, world)
    found = [point for point, new in order if new]
    met = 0
    for n, (who, call, at) in zip(range(points, 0, -1), kill.spread(found, points, rng)):
        reveal(n)
        env = dict(os.environ, BRIDGE_NOW=f"@{haryana.clock.path}", ASAN_OPTIONS="detect_leaks=0")
        subprocess.run([*kill.strace(world, who, call, "signal=KILL", at), str(BRIDGE), "-c", str(haryana.conf), "notify"], env=env,
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        met += kill.met(world, call, at)
        haryana.gone()
        assert haryana("notify").code in (0, 3), (seed, who, call, at)
        mine = [about for about, _ in smtpd.messages() if about["to"] == [f"p{n - 1}@example.org"]]
        (state,) = [s for (_, s, _, _) in by_mail(haryana)[-1:]]
        assert (state, len(mine)) == ("sent", 1) or (state == "in_doubt" and len(mine) <= 1), (seed, who, call, at, state, len(mine))
    assert met >= points // 2 and len(by_mail(haryana)) == points + 1
    assert len({tuple(about["to"]) for about, _ in smtpd.messages()}) == len(smtpd.messages())
