"""The morning's package of a cell, as it gets there: by a mail server with TLS, by OpenSSH's SFTP, and by a folder."""
import hashlib
import os
import re
import signal
import subprocess

import psycopg2
import pytest
from conftest import BRIDGE
from matters import LUCKNOW, Station, code, grievance
from parcels import (DAY1, DAY2, DAY3, FILES, attachments, by_folder, by_mail, by_sftp, cell, files_of, kept, opened, packages, prove,
                     rows_of)
from smtpd import PASSWORD


# ---- mail ----

def test_a_package_is_mailed_as_it_is_kept(site, smtpd):
    by_mail(site, smtpd)
    site.store.add_complaints([grievance(n) for n in range(1, 6)] + [grievance(n, LUCKNOW) for n in range(6, 9)])
    done = site("sync", code=0)
    assert "packages to cells" in done.out
    ((about, raw),) = smtpd.messages()
    assert about == {"from": "bridge@state.example", "to": ["cell@kannauj.example", "deputy@kannauj.example"], "tls": True,
                     "user": "bridge"}
    message = opened(raw)
    assert message["Subject"] == "कन्नौज: पैकेज 1, दिनांक 2020-06-11: 5 नए, 0 समय-सीमा पार, 0 उत्तर अस्वीकृत"
    assert message["To"] == "cell@kannauj.example, deputy@kannauj.example" and message["From"] == "bridge@state.example"
    assert message["Date"].datetime.isoformat() == "2020-06-10T20:00:00+00:00"
    assert b"\nDate: Wed, 10 Jun 2020 20:00:00 +0000" in raw
    assert not [line for line in raw.splitlines() if len(line) > 998] and raw.isascii()
    files = kept(site)
    assert attachments(message) == files and sorted(files) == sorted(FILES)
    assert message.get_body().get_content().replace("\r\n", "\n") == files["cover.txt"].decode().split("\n\n", 1)[1]
    digest = hashlib.sha256(files["manifest.txt"]).hexdigest()
    assert message["Message-ID"] == f"<package.kannauj.1.{digest[:16]}@state.example>"
    assert message["X-CCTNS-Manifest"] == digest and message["X-CCTNS-Package"] == "kannauj-000001"
    head, counts = prove(site.folder / "packages/kannauj/000001")
    assert (head["cell"], head["unit"], head["number"], head["day"], head["previous"]) == ("kannauj", "UP-155", "1", "2020-06-11", "-")
    assert counts["new"] == counts["open"] == 5
    assert {row["number"] for row in rows_of(files["list.csv"], "new")} == {code(n) for n in range(1, 6)}
    assert packages(site) == [("kannauj", "1", "2020-06-11", "sent", "1", None)]
    assert PASSWORD not in "".join(site.logs) and "परीक्षक" not in "".join(site.logs)
    # the same day: there is nothing more to send
    site("forward", code=0)
    assert len(smtpd.messages()) == 1 and len(packages(site)) == 1


def test_the_next_day_has_the_next_number_and_what_came_since(site, smtpd):
    by_mail(site, smtpd, more="language = en\n")
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    site.clock.set(DAY2)
    site.store.add_complaints([grievance(2, marked="2020-06-11 11:00:00")])
    site("sync", code=0)
    first, second = (opened(raw) for _, raw in smtpd.messages())
    assert first["Message-ID"] != second["Message-ID"]
    assert second["Subject"] == "Kannauj: package 2 of 2020-06-12: 1 new, 0 overdue, 0 replies not accepted"
    head, counts = prove(site.folder / "packages/kannauj/000002")
    assert head["previous"] == hashlib.sha256(kept(site, number=1)["manifest.txt"]).hexdigest()
    assert head["since"] == DAY1.replace("Z", ".000000Z") and counts["new"] == 1 and counts["open"] == 2
    assert [row["number"] for row in rows_of(kept(site, number=2)["list.csv"], "new")] == [code(2)]


@pytest.mark.parametrize("server", ["starttls", "implicit"])
def test_no_package_goes_to_a_server_that_is_not_trusted(site, smtpd, server):
    by_mail(site, smtpd)
    if server == "implicit":
        site.extra = site.extra.replace(smtpd.url, smtpd.tls_url)
    site.extra = site.extra.replace(str(smtpd.ca), str(smtpd.folder / "other.pem"))
    site.write_conf()
    site.store.add_complaints([grievance(1)])
    done = site("sync", code=3)
    assert "[tls.verify]" in done.err and smtpd.messages() == []
    assert packages(site) == [("kannauj", "1", "2020-06-11", "planned", "1", "tls.verify")]
    check = site("check")
    assert check.code == 1 and "not trusted" in check.out
    before = kept(site)
    site.extra = site.extra.replace(str(smtpd.folder / "other.pem"), str(smtpd.ca))
    site.write_conf()
    assert re.search(r"kannauj +UP-155 +mail +ok", site("check", code=0).out)
    site("forward", code=0)
    ((_, raw),) = smtpd.messages()
    assert attachments(opened(raw)) == before
    assert packages(site) == [("kannauj", "1", "2020-06-11", "sent", "2", None)]


def test_a_server_without_tls_or_log_in_gets_nothing(site, smtpd):
    by_mail(site, smtpd)
    site.store.add_complaints([grievance(1)])
    smtpd.act("plain")
    assert "[mail.tls]" in site("sync", code=3).err
    smtpd.act("")
    (smtpd.folder / "password").write_text("another\n")
    assert "[mail.auth]" in site("forward", code=3).err
    assert smtpd.messages() == []
    assert packages(site) == [("kannauj", "1", "2020-06-11", "planned", "2", "mail.auth")]


def test_what_the_server_answers_decides(site, smtpd):
    by_mail(site, smtpd)
    site.store.add_complaints([grievance(1)])
    smtpd.act("answer 452 4.3.1 full")
    assert "[mail.452]" in site("sync", code=75).err
    assert packages(site)[0][3:] == ("planned", "1", "mail.452")
    smtpd.act("rcpt 550 5.1.1 no such cell")
    assert "[mail.550]" in site("forward", code=3).err
    assert packages(site)[0][3:] == ("failed", "2", "mail.550")
    # what is refused is not sent again night after night, but waits for a person, who names the cell
    smtpd.act("")
    site.clock.set(DAY2)
    site("sync", code=3)
    assert [row[1:4:2] for row in packages(site)] == [("1", "failed"), ("2", "sent")]
    assert prove(site.folder / "packages/kannauj/000002")[1]["new"] == 1      # and what was in it is told again
    site("forward", "UP-155", code=0)
    assert [row[1:4:2] for row in packages(site)] == [("1", "sent"), ("2", "sent")]
    assert [opened(raw)["X-CCTNS-Package"] for _, raw in smtpd.messages()] == ["kannauj-000002", "kannauj-000001"]


# ---- repeats ----

def same_message(a, b):
    """All but the boundary between the parts."""
    a, b = ((re.search(rb'boundary="?(-+[0-9a-zA-Z]+)', raw).group(1), raw) for raw in (a, b))
    return a[1].replace(a[0], b"--") == b[1].replace(b[0], b"--")


def test_an_answer_that_is_lost_brings_the_same_message_again(site, smtpd):
    by_mail(site, smtpd)
    site.store.add_complaints([grievance(1)])
    smtpd.act("cut")
    site("sync", code=75)
    assert packages(site)[0][3:] == ("in_doubt", "1", "mail.cut")
    smtpd.act("")
    site.clock.set(DAY2)
    site("sync", code=0)
    first, again, second = (raw for _, raw in smtpd.messages())
    assert same_message(first, again) and not same_message(first, second)
    assert opened(again)["X-CCTNS-Package"] == "kannauj-000001" and opened(second)["X-CCTNS-Package"] == "kannauj-000002"


def test_killed_while_it_sends_it_sends_the_same(site, smtpd):
    by_mail(site, smtpd)
    site.store.add_complaints([grievance(1)])
    site("pull", "igrs", code=0)
    smtpd.act("wait")
    with subprocess.Popen([str(BRIDGE), "-c", str(site.conf), "forward"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}", ASAN_OPTIONS="detect_leaks=0")) as killed:
        smtpd.wait()
        killed.send_signal(signal.SIGKILL)
        killed.wait(30)
    smtpd.act("")
    site.gone()
    assert packages(site)[0][3:] == ("sending", "1", None)
    before = kept(site)
    site.store.add_complaints([grievance(2)])           # what comes meanwhile is for the next package
    site("sync", code=0)
    first, again = (raw for _, raw in smtpd.messages())
    assert same_message(first, again)
    assert packages(site) == [("kannauj", "1", "2020-06-11", "sent", "2", None)] and kept(site) == before


def test_killed_anywhere_a_day_has_one_package(site):
    """Killed as it enters the n-th of the calls that write, name or commit: one number, one set of bytes."""
    folder = by_folder(site)
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("pull", "igrs", code=0)
    calls, seen, killed = "renameat2,rename,fsync,mkdir,unlink,rmdir,fchmodat,chmod,sendto", {}, 0
    for n in (1, 4, 9, 14, 19, 24, 29, 33, 36, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 60, 64, 70):
        done = site("forward", wrap=("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e",
                                     f"inject={calls}:signal=SIGKILL:when={n}"))
        site.gone()
        killed += done.code == -signal.SIGKILL
        rows = site.sql("SELECT number, encode(manifest, 'hex') FROM bridge.package")
        for number, manifest in rows:
            assert seen.setdefault(number, manifest) == manifest
        for place in folder.glob("kannauj-*"):          # whatever is there, is there as a whole
            prove(place)
            assert hashlib.sha256((place / "manifest.txt").read_bytes()).hexdigest() == seen["1"]
    site("forward", code=0)
    assert killed >= 8, "the calls that were to be killed were not met"
    assert [row[1:4] for row in packages(site)] == [("1", "2020-06-11", "sent")]
    assert [path.name for path in sorted(folder.iterdir())] == ["kannauj-000001"]
    assert files_of(folder / "kannauj-000001") == kept(site)
    assert [path.name for path in (site.folder / "packages/kannauj").iterdir()] == ["000001"]


def test_the_same_state_and_time_give_the_same_bytes(site):
    by_folder(site, "kannauj")
    by_folder(site, "kannauj-2")
    site.store.add_complaints([grievance(n) for n in range(1, 8)])
    site("sync", code=0)
    one, two = kept(site, "kannauj"), kept(site, "kannauj-2")
    for name in FILES:
        assert one[name].replace(b"kannauj-2", b"kannauj") == two[name].replace(b"kannauj-2", b"kannauj") or name == "manifest.txt", name


def test_a_package_that_was_altered_or_lost_is_not_sent(site, smtpd):
    by_mail(site, smtpd)
    site.store.add_complaints([grievance(1)])
    smtpd.act("answer 452 later")
    site("sync", code=75)
    path = site.folder / "packages/kannauj/000001/list.csv"
    path.write_bytes(path.read_bytes() + b"x")
    smtpd.act("")
    assert "[package.altered]" in site("forward", code=3).err
    assert smtpd.messages() == [] and packages(site)[0][3::2] == ("failed", "package.altered")
    site.clock.set(DAY2)
    site("sync", code=3)
    (site.folder / "packages/kannauj/000002").rename(site.folder / "away")
    assert [row[3] for row in packages(site)] == ["failed", "sent"]


# ---- SFTP and folder ----

@pytest.mark.parametrize("way", ["sftp", "folder"])
def test_a_package_is_put_in_its_place_once(site, request, way):
    drop = by_folder(site) if way == "folder" else by_sftp(site, request.getfixturevalue("sftpd"))
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    assert re.search(rf"kannauj +UP-155 +{way} +ok", site("check", code=0).out)
    site("sync", code=0)
    assert [path.name for path in drop.iterdir()] == ["kannauj-000001"]
    assert prove(drop / "kannauj-000001")[1]["new"] == 3 and files_of(drop / "kannauj-000001") == kept(site)
    # a crash between the rename there and our note of it: it is found, and not put again
    with psycopg2.connect(site.conninfo) as db, db.cursor() as sql:
        sql.execute("ALTER TABLE bridge.package DISABLE TRIGGER package_moves; UPDATE bridge.package SET state = 'sending';"
                    "ALTER TABLE bridge.package ENABLE TRIGGER package_moves")
    db.close()
    stamps = {path.name: path.stat().st_mtime_ns for path in (drop / "kannauj-000001").iterdir()}
    site("forward", code=0)
    assert {path.name: path.stat().st_mtime_ns for path in (drop / "kannauj-000001").iterdir()} == stamps
    assert packages(site)[0][3:5] == ("sent", "2")
    # another one under that name is never written over
    site.clock.set(DAY2)
    (drop / "kannauj-000002").mkdir()
    (drop / "kannauj-000002/manifest.txt").write_text("another\n")
    assert "[package.other]" in site("sync", code=3).err
    assert packages(site)[1][3:] == ("failed", "1", "package.other")
    assert (drop / "kannauj-000002/manifest.txt").read_text() == "another\n"


@pytest.mark.parametrize("way", ["sftp", "folder"])
@pytest.mark.parametrize("name", ["ack-1", "ACK-000001.txt"])
def test_a_file_acknowledges(site, request, way, name):
    drop = by_folder(site) if way == "folder" else by_sftp(site, request.getfixturevalue("sftpd"))
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    for other in ("ack-2", "ack-", "ack-1x", "back-1", "ack-1.doc"):
        (drop / other).write_text("")
    site.clock.set(DAY2)
    site("forward", code=0)
    assert [row[3] for row in packages(site)] == ["sent", "sent"]
    (drop / "ack-2").unlink()
    (drop / name).write_text("")
    site("forward", code=0)
    assert site.sql("SELECT number, state, acked_by FROM bridge.package ORDER BY number") == [
        ["1", "acknowledged", "file"], ["2", "sent", None]]


def test_a_later_acknowledgement_is_one_of_those_before(site):
    drop = by_folder(site)
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    site.clock.set(DAY2)
    site("forward", code=0)
    (drop / "ack-2").write_text("")
    site("forward", code=0)
    assert site.sql("SELECT number, state, acked_by FROM bridge.package ORDER BY number") == [
        ["1", "acknowledged", "later"], ["2", "acknowledged", "file"]]


def test_what_a_receiver_puts_in_the_way_is_not_followed(site, tmp_path):
    """Whoever may leave acknowledgements in the folder may leave links there, too."""
    drop = by_folder(site)
    other = tmp_path / "other"
    other.mkdir()
    (other / "list.csv").write_text("mine\n")
    (drop / ".kannauj-000001.part").symlink_to(other)
    site.store.add_complaints([grievance(1)])
    assert "[folder.write]" in site("sync", code=3).err
    assert files_of(other) == {"list.csv": b"mine\n"} and packages(site)[0][3] == "planned"
    (drop / ".kannauj-000001.part").unlink()
    site("forward", code=0)
    prove(drop / "kannauj-000001")


def test_an_unknown_host_key_gets_nothing(site, sftpd):
    drop = by_sftp(site, sftpd)
    site.store.add_complaints([grievance(1)])
    sftpd.new_host_key()
    assert "[sftp.host]" in site("sync", code=3).err
    assert list(drop.iterdir()) == [] and packages(site)[0][3] == "planned"


# ---- acknowledged by what the unit does, and silence ----

def test_the_first_action_of_the_unit_acknowledges(site, smtpd):
    by_mail(site, smtpd)
    station = Station(site.cctns.path)
    site.store.add_complaints([grievance(1), grievance(2, LUCKNOW)])
    site("sync", code=0)
    assert packages(site)[0][3] == "sent"
    station.act(code(2), 4, "2020-06-11 02:00:00", officer=station.officer())      # of another unit: no sign of this one
    site.clock.set(DAY2)
    site("sync", code=0)
    assert [row[3] for row in packages(site)] == ["sent", "sent"]
    station.act(code(1), 4, "2020-06-12 02:00:00", officer=station.officer())
    site.clock.set(DAY3)
    site("sync", code=0)
    assert site.sql("SELECT number, state, acked_by FROM bridge.package ORDER BY number") == [
        ["1", "acknowledged", "later"], ["2", "acknowledged", "action"], ["3", "sent", None]]


def test_a_unit_that_says_nothing_is_shown(site):
    drop = by_folder(site, more="silent = 2d\n")
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    site.clock.set("2020-06-12T19:00:00Z")
    assert site.json("forward", "list")["tables"]["cells"][0]["silent"] is False
    site.clock.set("2020-06-12T21:00:00Z")
    done = site("sync", code=0)
    assert "1 cells are silent" in done.out and '"kannauj" (UP-155) is silent' in done.err
    listed = site.json("forward", "list", "UP-155")["tables"]
    assert listed["cells"][0]["silent"] is True and [row["number"] for row in listed["packages"]] == [2, 1]
    status = site.json("status")
    assert status["tables"]["cells"][0]["silent"] is True and "1 cells are silent: they acknowledge no package" in status["lines"]
    (drop / "ack-2").write_text("")
    site("forward", code=0)
    assert site.json("status")["tables"]["cells"][0]["silent"] is False


def test_files_of_a_package_are_kept_until_it_is_acknowledged_and_then_by_policy(site):
    drop = by_folder(site)
    site.bridge_extra = "keep_bodies = 2d"
    site.write_conf()
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    site.clock.set("2020-06-20T20:00:00Z")
    assert not [row for row in site.json("ledger", "purge", code=0)["tables"]["gone"] if row["what"] == "package"]
    assert sorted(kept(site)) == sorted(FILES)
    (drop / "ack-1").write_text("")
    site("forward", code=0)
    site.clock.set("2020-06-23T20:00:00Z")
    gone = {"what": "package", "n": 1}
    assert gone in site.json("ledger", "purge", "--dry-run", code=0)["tables"]["gone"] and sorted(kept(site)) == sorted(FILES)
    assert gone in site.json("ledger", "purge", code=0)["tables"]["gone"]
    assert not (site.folder / "packages/kannauj/000001").exists() and (site.folder / "packages/kannauj/000002").exists()
    assert site.one("SELECT count(*) FROM bridge.package WHERE purged_at IS NOT NULL AND state = 'acknowledged'") == "1"
    assert gone not in site.json("ledger", "purge", code=0)["tables"]["gone"]


# ---- the run ----

def test_a_cell_in_trouble_does_not_stop_the_others(site, smtpd):
    by_mail(site, smtpd)
    smtpd.act("answer 451 later")
    cell(site, "nowhere", "UP-118", f"folder = {site.folder}/absent")
    lucknow = by_folder(site, "lucknow", "UP-162")
    site.store.add_complaints([grievance(1), grievance(2, LUCKNOW)])
    done = site("sync", code=75)
    assert "[folder.absent]" in done.err and "[mail.451]" in done.err
    assert [(row[0], row[3]) for row in packages(site)] == [("kannauj", "planned"), ("lucknow", "sent"), ("nowhere", "planned")]
    prove(lucknow / "lucknow-000001")
    assert site.one("SELECT count(*) FROM bridge.complaint") == "2" and site.one("SELECT count(*) FROM bridge.compared") != "0"
    smtpd.act("")
    site("forward", "kannauj", code=0)
    assert packages(site)[0][3] == "sent"


def test_a_dry_run_makes_nothing(site):
    drop = by_folder(site)
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("pull", "igrs", code=0)
    done = site.json("forward", "--dry-run", code=0)
    assert done["tables"]["packages"] == [dict(cell="kannauj", unit="UP-155", number=1, sent_today=False, new=3, overdue=0, returned=0,
                                               unaccepted=0, duplicates=0, moved=0, open=3)]
    assert packages(site) == [] and list(drop.iterdir()) == [] and not (site.folder / "packages").exists()


def test_words_that_name_no_cell_are_refused(site):
    assert "has no [cell NAME]" in site("forward", code=2).err
    by_folder(site)
    assert '"UP-162"' in site("forward", "UP-162", code=2).err
    site("forward", "list", "--dry-run", code=2)


WRONG = [
    ("unit = UP-1550\nfolder = x", "unknown unit \"UP-1550\", did you mean"),
    ("unit = UP-155", "needs one of \"mail\", \"sftp\" and \"folder\""),
    ("unit = UP-155\nfolder = x\nmail = a@b.example", "not several"),
    ("unit = UP-155\nmail = a@b.example", "needs \"from\""),
    ("unit = UP-155\nmail = a@b.example\nfrom = c@d.example", "needs \"smtp\""),
    ("unit = UP-155\nmail = a@b.example, x\nfrom = c@d.example\nsmtp = smtp://h", "\"mail\""),
    ("unit = UP-155\nmail = a@b.example\nfrom = c@d.example\nsmtp = http://h", "\"smtp\" is written"),
    ("unit = UP-155\nmail = a@b.example\nfrom = c@d.example\nsmtp = smtp://u:p@h", "\"smtp\" is written"),
    ("unit = UP-155\nmail = a@b.example\nfrom = c@d.example\nsmtp = smtp://h\nuser = u", "needs \"password\""),
    ("unit = UP-155\nmail = a@b.example\nfrom = c@d.example\nsmtp = smtp://h\nuser = u\npassword = p", "is a secret"),
    ("unit = UP-155\nsftp = sftp://h/x/\nuser = u\nkey = k", "needs \"known_hosts\""),
    ("unit = UP-155\nsftp = sftp://h/x/\nuser = u\nknown_hosts = k", "needs \"key\""),
    ("unit = UP-155\nfolder = x\nlanguage = fr", "\"language\" is hi or en"),
    ("unit = UP-155\nfolder = x\nsilent = soon", "\"silent\" must be a span"),
]


def test_check_says_what_is_wrong_with_a_cell(site):
    for lines, said in WRONG:
        site.extra = f"\n[cell kannauj]\n{lines}\n"
        site.write_conf()
        done = site("check", code=5)
        assert said in done.err and "bridge.conf:" in done.err, (lines, done.err)


def test_cells_have_names_of_folders_and_only_one_each(site):
    for name in ("../up", "Kannauj", "a b", "-x"):
        site.extra = f"\n[cell {name}]\nunit = UP-155\nfolder = x\n"
        site.write_conf()
        assert "a cell is written [cell NAME]" in site("check", code=5).err
    site.extra = "\n[cell a]\nunit = UP-155\nfolder = x\n" * 2
    site.write_conf()
    assert "[cell a] stands twice" in site("check", code=5).err


@pytest.mark.parametrize("server", ["starttls", "implicit"])
def test_no_package_goes_to_a_server_under_another_name(site, smtpd, server):
    """Its certificate is of an authority that is trusted, and of another host."""
    by_mail(site, smtpd)
    if server == "implicit":
        site.extra = site.extra.replace(smtpd.url, smtpd.tls_url)
    site.extra = site.extra.replace("://localhost:", "://127.0.0.1:")
    site.write_conf()
    site.store.add_complaints([grievance(1)])
    assert "[tls.verify]" in site("sync", code=3).err and smtpd.messages() == []
    assert packages(site)[0][3:] == ("planned", "1", "tls.verify")


def test_an_acknowledgement_is_of_its_own_cell(site):
    drop, other = by_folder(site), by_folder(site, "lucknow", "UP-162")
    site.store.add_complaints([grievance(1), grievance(2, LUCKNOW)])
    site("sync", code=0)
    site.clock.set(DAY2)
    (other / "ack-1").write_text("")
    site("forward", code=0)
    assert [(row[0], row[1], row[3]) for row in packages(site)] == [
        ("kannauj", "1", "sent"), ("kannauj", "2", "sent"), ("lucknow", "1", "acknowledged"), ("lucknow", "2", "sent")]
    (drop / "ack-2").write_text("")
    site("forward", code=0)
    assert [(row[0], row[1], row[3]) for row in packages(site)] == [
        ("kannauj", "1", "acknowledged"), ("kannauj", "2", "acknowledged"), ("lucknow", "1", "acknowledged"), ("lucknow", "2", "sent")]


def test_the_book_of_packages_is_a_door(site):
    """No hand moves a package where it may not go, nor puts in one that does not follow the one before it."""
    drop = by_folder(site)
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    copy = ("INSERT INTO bridge.package (cell, number, unit, day, since, upto, made_at, made_run, last_run, channel, message_id, lines, "
            "manifest, previous) SELECT cell, {}, unit, day + 1, since, upto, made_at, made_run, last_run, channel, message_id, lines, "
            "manifest, {} FROM bridge.package")
    for statement, said in (("UPDATE bridge.package SET state = 'planned'", "does not go"),
                            ("DELETE FROM bridge.package", "refused|only added"),
                            ("UPDATE bridge.package SET state = 'sending'", "does not go"),
                            (copy.format(3, "manifest"), "does not follow"),
                            (copy.format(2, "sha256('another')"), "does not follow"), (copy.format(2, "NULL"), "does not follow|check")):
        with pytest.raises(RuntimeError, match=said):
            site.sql(statement)
    (drop / "ack-1").write_text("")
    site("forward", code=0)
    assert packages(site)[0][3] == "acknowledged"
    for state in ("planned", "sending", "sent", "failed"):
        with pytest.raises(RuntimeError, match="does not go"):
            site.sql(f"UPDATE bridge.package SET state = '{state}', acked_at = NULL, acked_by = NULL")
    site.sql(copy.format(2, "manifest"))
