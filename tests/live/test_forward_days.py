"""Packages on odd days: nothing new, nobody in the office, another unit, another host, a cell that is no more."""
import re
import shutil

from matters import LUCKNOW, code, grievance
from parcels import DAY2, DAY3, by_folder, by_mail, kept, opened, packages, prove, rows_of


def test_a_day_without_news_has_a_package_that_says_so(site, smtpd):
    """So that a morning without a mail is a fault, and never a quiet day."""
    by_mail(site, smtpd, more="language = en\n")
    site("forward", code=0)
    ((_, raw),) = smtpd.messages()
    assert opened(raw)["Subject"] == "Kannauj: package 1 of 2020-06-11: 0 new, 0 overdue, 0 replies not accepted"
    assert "Nothing is pending" in re.sub(r"\s+", " ", kept(site)["letter.html"].decode())
    assert set(prove(site.folder / "packages/kannauj/000001")[1].values()) == {0}
    site.clock.set(DAY2)
    site("forward", code=0)
    assert len(smtpd.messages()) == 2


def test_what_waits_is_not_sent_to_another_unit(site, smtpd):
    """A cell of bridge.conf that becomes another office: what was made for the first one is not for the second."""
    by_mail(site, smtpd)
    site.store.add_complaints([grievance(1), grievance(2, LUCKNOW)])
    smtpd.act("answer 452 later")
    site("pull", "igrs", code=0)
    site("forward", code=75)
    smtpd.act("")
    site.extra = site.extra.replace("unit = UP-155", "unit = UP-162")
    site.write_conf()
    site.clock.set(DAY2)
    done = site("forward", code=0)
    assert 'of another unit than UP-162: they are not sent' in done.err
    ((_, raw),) = smtpd.messages()
    assert opened(raw)["X-CCTNS-Package"] == "kannauj-000002" and code(1).encode() not in b"".join(kept(site, number=2).values())
    site("forward", "kannauj", code=0)                  # nor when a person names the cell
    assert len(smtpd.messages()) == 1
    assert packages(site) == [("kannauj", "1", "2020-06-11", "failed", "1", "unit.changed"),
                              ("kannauj", "2", "2020-06-12", "sent", "1", None)]


def test_what_was_lost_with_a_host_is_told_again(site, smtpd):
    """Another host has the database, not the folder of state: the package that waited there is gone, its news are not."""
    by_mail(site, smtpd)
    site.store.add_complaints([grievance(1)])
    smtpd.act("answer 452 later")
    site("pull", "igrs", code=0)
    site("forward", code=75)
    shutil.rmtree(site.folder / "packages")
    smtpd.act("")
    site.clock.set(DAY2)
    site.store.add_complaints([grievance(2, marked="2020-06-11 11:00:00")])
    site("pull", "igrs", code=0)
    assert "[package.lost]" in site("forward", code=3).err
    site.clock.set(DAY3)
    site.store.add_complaints([grievance(3, marked="2020-06-12 11:00:00")])
    site("pull", "igrs", code=0)
    site("forward", code=0)                                # and it does not stay a trouble that nobody can end
    assert {row["number"] for row in rows_of(kept(site, number=3)["list.csv"], "new")} == {code(1), code(2), code(3)}
    site.clock.set("2020-06-13T20:00:00Z")
    site("pull", "igrs", code=0)
    site("forward", code=0)
    assert rows_of(kept(site, number=4)["list.csv"], "new") == []
    assert [row[3] for row in packages(site)] == ["failed", "sent", "sent", "sent"]


def test_days_off_are_no_silence(site):
    """From Friday night to Monday nobody is there; a holiday of the state counts likewise, one of another state does not."""
    by_folder(site, more="silent = 2d\n")
    site.store.add_complaints([grievance(1)])
    site.clock.set("2020-06-12T20:00:00Z")              # Saturday the 13th, 01:30 in India
    site("pull", "igrs", code=0)
    site("forward", code=0)
    silent = lambda: site.json("forward", "list")["tables"]["cells"][0]["silent"]  # noqa: E731
    site.clock.set("2020-06-14T21:00:00Z")              # Monday 02:30: two days and an hour, one of them Sunday
    assert silent() is False
    site.clock.set("2020-06-15T21:00:00Z")
    assert silent() is True
    for unit, day, seen in (("DL", "2020-06-15", True), ("UP", "2020-06-15", False)):
        with_holiday(site, unit, day)
        assert silent() is seen


def with_holiday(site, unit, day):
    import psycopg2
    with psycopg2.connect(site.conninfo) as db, db.cursor() as sql:
        sql.execute("INSERT INTO bridge.holiday (unit, day, name_en, source) VALUES (%s, %s, 'Test', 'test')", (unit, day))
    db.close()


def test_files_of_a_cell_that_is_no_more_go_by_policy(site):
    by_folder(site)
    lucknow = site.extra
    by_folder(site, "lucknow", "UP-162")
    site.bridge_extra = "keep_bodies = 2d"
    site.write_conf()
    site.store.add_complaints([grievance(1), grievance(2, LUCKNOW)])
    site("pull", "igrs", code=0)
    site("forward", code=0)
    site.extra = lucknow                                # without [cell lucknow]
    site.write_conf()
    site.clock.set("2020-06-20T20:00:00Z")
    site("ledger", "purge", code=0)
    assert not (site.folder / "packages/lucknow/000001").exists() and (site.folder / "packages/kannauj/000001").exists()
    assert site.sql("SELECT cell FROM bridge.package WHERE purged_at IS NOT NULL") == [["lucknow"]]
