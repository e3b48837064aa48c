"""A person who is erased on order goes from packages, too: what was not sent never is, and what was is named to the officer."""
import shutil
import signal

import pytest
from matters import LUCKNOW, code, grievance
from parcels import DAY2, FILES, by_folder, by_mail, by_sftp, files_of, kept, opened, attachments, packages, prove, rows_of
from test_ledger_export import with_key
from workbooks import by_openpyxl

NAME, MATTER = "रामदुलारे विलक्षण", "मेरी गाय कमलनयनी चोरी हुई"
ORDER = ("--by", "SP Kannauj", "--why", "order 7 of 2020")


def staged(site):
    site.store.add_complaints([grievance(1, name=NAME, subject=MATTER), grievance(2), grievance(3, LUCKNOW)])
    site("pull", "igrs", code=0)


def words_in(folder):
    """Which of the person's words stand in any file below a folder, workbooks among them."""
    text = "".join(str(by_openpyxl(path)) if path.suffix == ".xlsx" else path.read_bytes().decode()
                   for path in sorted(folder.rglob("*")) if path.is_file())
    return {word for word in (NAME, MATTER) if word in text}


def order(site, code=0):
    done = site.json("ledger", "erase", NUMBER, *ORDER, code=code)
    return done, {row["what"]: row["n"] for row in done["tables"]["gone"]}.get("package"), done["tables"]["delivered"]


NUMBER = code(1)


def test_who_is_erased_goes_from_packages(site, smtpd):
    with_key(site)
    drop = by_folder(site)
    by_folder(site, "lucknow", "UP-162")
    by_mail(site, smtpd, "second")
    staged(site)
    smtpd.act("answer 452 later")
    site("forward", code=75)
    first = site.sql("SELECT cell, encode(manifest, 'hex') FROM bridge.package ORDER BY 1")
    assert words_in(site.folder / "packages") == {NAME, MATTER}
    untouched = kept(site, "lucknow")
    done, gone, delivered = order(site)
    assert gone == 2 and words_in(site.folder / "packages") == set() and kept(site, "lucknow") == untouched
    assert not (site.folder / "packages/kannauj/000001").exists() and not (site.folder / "packages/second/000001").exists()
    assert [(row["cell"], row["number"], row["day"], row["state"], row["channel"]) for row in delivered] == [
        ("kannauj", 1, "2020-06-11", "sent", "folder")]
    assert 'Package 1 of cell "kannauj" of 2020-06-11 was delivered with it: tell the cell.' in done["lines"]
    assert words_in(drop) == {NAME, MATTER}             # not ours any more: hence the line
    # digest, number and place in the chain stay, and an entry of the books says what went
    assert site.sql("SELECT cell, encode(manifest, 'hex') FROM bridge.package ORDER BY 1") == first
    assert packages(site) == [("kannauj", "1", "2020-06-11", "sent", "1", None), ("lucknow", "1", "2020-06-11", "sent", "1", None),
                              ("second", "1", "2020-06-11", "failed", "1", "erased.unsent")]
    assert site.sql("SELECT m.key, encode(m.digest, 'hex') FROM bridge.ledger l JOIN bridge.movement m USING (entry)"
                    " WHERE l.reason = 'package: on order' ORDER BY 1") == [
                        [f"package {cell} 1", digest] for cell, digest in first if cell != "lucknow"]
    assert site.json("ledger", "verify", code=0)["tables"]["verify"] == [{"word": "whole"}]
    # what nobody was told yet is told at once, without the person
    smtpd.act("")
    site("forward", code=0)
    ((_, raw),) = smtpd.messages()
    assert opened(raw)["X-CCTNS-Package"] == "second-000002" and words_in(site.folder / "packages") == set()
    assert {row["number"] for row in rows_of(attachments(opened(raw))["list.csv"], "new")} == {code(1), code(2)}
    head, _ = prove(site.folder / "packages/second/000002")
    assert head["previous"] == dict(first)["second"] and head["day"] == "2020-06-11"
    site("forward", "second", code=0)
    assert len(smtpd.messages()) == 1
    # said again to whoever asks again
    again = order(site)
    assert not again[1] and again[2] == delivered


@pytest.mark.parametrize("when", [1, 4])
def test_an_erasure_that_is_killed_is_finished_by_the_next(site, when):
    by_folder(site)
    staged(site)
    site("forward", code=0)
    calls = "unlink,unlinkat,rmdir"
    done = site("ledger", "erase", NUMBER, *ORDER, wrap=("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e",
                                                        f"inject={calls}:signal=SIGKILL:when={when}"))
    assert done.code == -signal.SIGKILL
    site.gone()
    assert (site.folder / "packages/kannauj/000001").exists()
    assert site.sql("SELECT erased_at IS NOT NULL, purged_at IS NOT NULL FROM bridge.package") == [["t", "f"]]
    _, _, delivered = order(site)
    assert [row["number"] for row in delivered] == [1] and list((site.folder / "packages/kannauj").iterdir()) == []
    assert site.one("SELECT count(*) FROM bridge.package WHERE purged_at IS NOT NULL") == "1"


def test_what_may_have_come_is_said_to_and_does_not_go_again(site, smtpd):
    by_mail(site, smtpd)
    staged(site)
    smtpd.act("cut")
    site("forward", code=75)
    done, gone, delivered = order(site)
    assert gone == 1 and [row["state"] for row in delivered] == ["in_doubt"]
    assert 'Package 1 of cell "kannauj" of 2020-06-11 may have been delivered with it: tell the cell.' in done["lines"]
    smtpd.act("")
    site.clock.set(DAY2)
    site("forward", code=0)
    site("forward", "kannauj", code=0)
    assert [opened(raw)["X-CCTNS-Package"] for _, raw in smtpd.messages()] == ["kannauj-000001", "kannauj-000002"]
    with pytest.raises(Exception, match="does not go from failed to sending"):
        site.sql("UPDATE bridge.package SET state = 'sending' WHERE number = 1")


def test_what_went_before_anybody_could_look_is_told_too(site, sftpd):
    drop = by_sftp(site, sftpd)
    site.bridge_extra = "keep_bodies = 2d"
    site.write_conf()
    staged(site)
    site("forward", code=0)
    (drop / "ack-1").write_text("")
    site("forward", code=0)
    site.clock.set("2020-06-20T20:00:00Z")
    site("ledger", "purge", code=0)
    assert not (site.folder / "packages/kannauj/000001").exists()
    done, gone, delivered = order(site)
    assert not gone and delivered == []
    assert any('1 packages of cell "kannauj" (2020-06-11 to 2020-06-11) may have been delivered with it' in line for line in done["lines"])


def test_what_a_killed_run_left_without_a_row_goes(site):
    by_folder(site)
    staged(site)
    site("forward", code=0)
    place = site.folder / "packages/kannauj"
    for name in ("000002", "000002.part", "000001.part", "notes"):
        shutil.copytree(place / "000001", place / name)
    shutil.copytree(place, site.folder / "packages/gone")           # of a cell that bridge.conf has no more
    site("ledger", "purge", code=0)
    assert sorted(path.name for path in place.iterdir()) == ["000001", "notes"] and sorted(kept(site)) == sorted(FILES)
    assert [path.name for path in (site.folder / "packages/gone").iterdir()] == ["notes"]
    assert files_of(place / "000001") == files_of(place / "notes")
