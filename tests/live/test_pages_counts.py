"""What the pages of a district and of seniors tell of counts: its own days and months, what a list leaves out, and no small count of
tips and secret senders by way of other figures."""
import csv

import lxml.html

from looking import table
from matters import code, grievance
from test_pages import report


def cells(folder, page, ident, name):
    return next(row for row in table(folder, page, ident) if name in row[0])


def test_pages_of_a_district_tell_its_own_days(site, tmp_path):
    """What came since yesterday is new, the month's figures are this month's, and what a list leaves out is counted and in the file."""
    site.clock.set("2020-06-03T20:00:00Z")
    site.store.add_complaints([grievance(n, marked="2020-05-20 10:00:00") for n in range(1, 311)]
                              + [grievance(n, marked="2020-06-02 10:00:00") for n in range(311, 314)])
    site("pull", "igrs", code=0)
    site.clock.set("2020-06-10T20:00:00Z")
    site.store.add_complaints([grievance(n, marked="2020-06-10 10:00:00") for n in range(314, 319)])
    site("pull", "igrs", code=0)
    hostile = "<script>alert(1)</script>"
    site.sql(f"UPDATE bridge.complaint SET number = '{hostile}', police_number = '=1+1' WHERE number = '{code(318)}'")
    out = report(site, tmp_path / "pages")
    name = "en/cell/UP-155.html"
    assert sorted(row[0].split()[0] for row in table(out, name, "new-list")) == sorted([hostile, *(code(n) for n in range(314, 318))])
    assert len(table(out, name, "open-list")) == 300
    page = lxml.html.parse(str(out / name)).getroot()
    assert [" ".join(p.text_content().split()).split(".")[0] for p in page.xpath("//section[@id='open']/p[@class='more']")] == [
        "Shown: 300 / 318"]
    assert cells(out, name, "summary", "igrs")[1:5] == ["310", "8", "0", "318"]
    for language in ("en", "hi"):
        assert "<script" not in (out / language / "cell/UP-155.html").read_text()
    with open(out / "cell/UP-155.csv", newline="") as f:
        rows = [row for row in csv.DictReader(f) if row["list"] == "open"]
    assert len(rows) == 318 and [row["police_number"] for row in rows if row["number"] == hostile] == ["'=1+1"]


def test_pages_tell_no_small_count_by_way_of_others(site, tmp_path):
    """Two secret senders among 40: seniors see no figure that tells two less 40; and beside a small figure none that tells it."""
    site.store.add_complaints([grievance(n, marked="2020-06-09 10:00:00") for n in range(1, 41)])
    site("pull", "igrs", code=0)
    site.sql(f"UPDATE bridge.complaint SET identity = 'C' WHERE number IN ('{code(1)}', '{code(2)}')")
    out = report(site, tmp_path / "few")
    assert cells(out, "en/audit.html", "figures", "igrs")[2:7] == ["0", "40", "0", "40", "0"]
    for page in ("en/senior.html", "hi/senior.html"):
        assert cells(out, page, "figures", "igrs")[2:7] == ["–"] * 5
    secret = [row for ident in ("standing-confidential", "levels-list", "answers-list") for row in table(out, "en/senior.html", ident)
              if ident.endswith("-confidential") or "confidential" in " ".join(row).lower()]
    assert len(secret) >= 4 and not [cell for row in secret for cell in row if cell == "2"], secret
    assert [cell for row in secret for cell in row if cell == "<5"]
    site.sql("UPDATE bridge.complaint SET identity = 'C';"
             f"UPDATE bridge.complaint SET status = 'DISP', disposed_at = '2020-06-10' WHERE number IN ('{code(1)}', '{code(2)}')")
    out = report(site, tmp_path / "all")
    assert cells(out, "en/audit.html", "figures", "igrs")[2:7] == ["0", "40", "2", "38", "0"]
    row = cells(out, "en/senior.html", "figures", "igrs")[2:7]
    assert row[2] == "<5" and not {"40", "38", "2"} & set(row), row
