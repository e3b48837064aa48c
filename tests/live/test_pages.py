"""The static pages as people see them: in a browser, in both languages, wide and narrow, printed; and their figures against those of
the commands that they come from."""
import csv
import hashlib
import html
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import time

import lxml.html
import pytest
from conftest import BRIDGE, ROOT, Site
from looking import paper, shaped, sound, table
from matters import grievance
from test_durg import form

HOSTILE = ["<script>alert(1)</script>", "]]><b>bold</b>", "\"quotes\" & 'more'", "\u202eevil\u202c turned", "=1+1", "शिकायत"]
PAGES = ("index", "it", "senior", "audit")


@pytest.fixture(scope="module")
def night(pg, tmp_path_factory):
    """A night in UP of 60 complaints in three districts, some of them hostile."""
    site = Site(tmp_path_factory.mktemp("house"), pg, "pages_house", kind="site").ready()
    site.store.add_complaints([grievance(i, marked="2020-06-09 10:00:00") for i in range(1, 61)])
    site("sync")
    # a person's decision waits, with a hostile word in every place that a page shows
    run = site.one("SELECT max(run_id) FROM bridge.run")
    for i, text in enumerate(HOSTILE):
        word = text.replace("'", "''")
        site.sql(f"""INSERT INTO bridge.finding (rule, system, number, item, unit, detail, first_run, last_run)
                     VALUES ('future_dates', 'igrs', '{word}', 'h{i}', NULL, '{word}', {run}, {run})""")
        site.sql(f"""INSERT INTO bridge.signoff (run_id, system, number, what, digest, officer, why, typed_by, at)
                     VALUES ({run}, 'igrs', 'h{i}', 'status', sha256('h{i}'), '{word}', '{word}', 'sp', '2020-06-10T10:00:00Z')""")
    yield site
    site.stop()


@pytest.fixture
def house(night):
    """To make pages changes nothing but a folder: the tests have one house, at the same time of the clock."""
    at = night.clock.path.read_text().strip()
    yield night
    night.clock.set(at)


@pytest.fixture(scope="module")
def out(night, tmp_path_factory):
    """Its pages, for those who only read them."""
    return report(night, tmp_path_factory.mktemp("made") / "pages")


def report(site, folder, **more):
    made = site("report", str(folder), code=0, **more)
    assert made.err.count("error") == 0, made.err
    return folder


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_pages_say_what_the_commands_say(house, out):
    last = house.json("reconcile", "--last")["tables"]
    names = ("brought_forward", "received", "disposed", "pending", "overdue")
    want = [[str(row[n]) for n in names] for row in last["figures"]]
    for page in ("en/audit.html", "hi/audit.html", "en/senior.html"):
        assert [row[2:7] for row in table(out, page, "figures")] == want
    places = ("came_in", "with_police", "disposed", "in_flight", "refused", "held")
    assert [row[1:] for row in table(out, "en/audit.html", "sources")] == [[str(r[n]) for n in places] for r in last["sources"]]
    sides = ("portal", "police", "staging", "differences", "explained", "unexplained")
    assert [row[2:8] for row in table(out, "en/audit.html", "reconciled")] == [[str(r[n]) for n in sides] for r in last["reconciled"]]
    status = house.json("status")["tables"]
    counts = ("complaints", "waiting_out", "in_doubt", "refused", "dead", "held", "substituted")
    assert [row[3:] for row in table(out, "en/it.html", "systems")] == [[str(r[n]) for n in counts] for r in status["systems"]]
    runs = [[str(r["run_id"]), r["job"], str(r["exit_code"]), r["said"]] for r in status["runs"]]
    assert [[r[0], r[1], r[5], r[6]] for r in table(out, "en/it.html", "runs")] == runs
    found = {rule: int(n) for rule, n in house.sql("SELECT rule, count(*) FROM bridge.finding WHERE ended_run IS NULL GROUP BY rule")}
    rules = sorted((p.stem for p in (ROOT / "sql/audit").glob("*.sql")), key=len)
    shown = {next(r for r in reversed(rules) if row[0].endswith(r)): int(row[1]) for row in table(out, "en/audit.html", "audit")}
    assert sorted(shown) == sorted(rules)
    assert {rule: n for rule, n in shown.items() if n} == found
    assert sum(int(row[5]) for row in table(out, "en/it.html", "nights")) == int(house.one(
        "SELECT sum(n) FROM bridge.ledger WHERE hop = 'pull' AND debit = 'source'"))


def test_pages_of_a_house_are_whole(house, out, tmp_path):
    """The same state and time give the same bytes; a manifest names each file; strangers and others' folders are left alone."""
    out = shutil.copytree(out, tmp_path / "pages")
    first = files(out)
    assert report(house, out) and files(out) == first
    named = dict(reversed(line.split("  ")) for line in (out / "manifest.txt").read_text().splitlines())
    assert set(named) | {"manifest.txt", ".report"} == set(first)
    assert all(hashlib.sha256(first[name]).hexdigest() == digest for name, digest in named.items())
    assert {"index.html", "differences.csv", "findings.csv"} < set(named)
    assert {f"{lang}/{page}.html" for lang in ("en", "hi") for page in PAGES} < set(named)
    for path in out.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o750 if path.is_dir() else 0o640), path
    cells = {name for name in named if name.startswith("en/cell/")}
    assert len(cells) == int(house.one("SELECT count(*) FROM bridge.unit WHERE level = 'DISTRICT' AND unit LIKE 'UP-%'"))

    # what nobody makes any more goes; what is somebody else's stays
    (out / "en/cell/UP-999.html").write_text("old")
    (out / "manifest.txt").write_text((out / "manifest.txt").read_text() + "0" * 64 + "  en/cell/UP-999.html\n" + "0" * 64
                                      + "  ../outside\n")
    (tmp_path / "outside").write_text("stays")
    (out / "own.txt").write_text("stays")
    report(house, out)
    assert not (out / "en/cell/UP-999.html").exists() and (out / "own.txt").exists() and (tmp_path / "outside").exists()

    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("not ours")
    refused = house("report", str(other))
    assert refused.code != 0 and "house.folder" in refused.err and [p.name for p in other.iterdir()] == ["letter.txt"]


def test_pages_killed_while_they_are_made_stay_whole(house, out, tmp_path):
    """Killed anywhere, every file there is one whole file of one time, and the next run makes the house whole."""
    out = shutil.copytree(out, tmp_path / "pages")
    first = files(out)
    house.clock.set("2020-06-10T21:00:00Z")
    whole = files(report(house, tmp_path / "again"))
    for part in (0.05, 0.3, 0.6, 0.9):
        started = time.monotonic()
        process = subprocess.Popen([str(BRIDGE), "-c", str(house.conf), "report", str(out)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=dict(os.environ, BRIDGE_NOW=f"@{house.clock.path}"))
        while process.poll() is None and sum(len(names) for _, _, names in os.walk(out / ".next")) < part * 230:
            assert time.monotonic() - started < 300
        process.send_signal(signal.SIGKILL)
        process.wait()
        for name, body in files(out).items():
            if not name.startswith(".next/") and name not in (".report", "manifest.txt"):
                assert body in (first[name], whole[name]), name
        house.gone()
    report(house, out)
    now = files(out)
    assert {n: now[n] for n in whole} == whole and not (out / ".next").exists()


def test_pages_of_a_district_hold_its_own_rows_alone(house, out):
    """What stands on a district's page and in its file is what the database shows that district, in order; no other's number."""
    mine = dict(house.sql("SELECT number, unit FROM bridge.complaint"))
    seen = 0
    for unit in {u for u in mine.values() if u}:
        own = {number for number, at in mine.items() if at == unit}
        with open(out / f"cell/{unit}.csv", newline="") as f:
            rows = list(csv.DictReader(f))
        assert {r["number"] for r in rows if r["list"] == "open"} == own
        for name in (f"en/cell/{unit}.html", f"hi/cell/{unit}.html", f"cell/{unit}.csv"):
            text = (out / name).read_text()
            assert not [n for n, at in mine.items() if at != unit and n in text], name
            for personal in ("complainant", "mobile", "email", "address"):
                values = [v for (v,) in house.sql(f"SELECT DISTINCT {personal} FROM bridge.complaint WHERE {personal} IS NOT NULL")]
                assert values and not [v for v in values if len(v) > 4 and html.escape(v) in text], (name, personal)
        seen += len(table(out, f"en/cell/{unit}.html", "open-list"))
    assert seen == len(mine) > 50


def test_pages_after_a_night_tell_of_that_night(site, tmp_path):
    """With "pages" in bridge.conf a sync makes them, and they tell how it ended; when they cannot be made it says so."""
    out = tmp_path / "pages"
    site.bridge_extra = f"pages = {out}"
    site.write_conf()
    site.store.add_complaints([grievance(1, marked="2020-06-09 10:00:00")])
    site("sync", code=0)
    newest = table(out, "en/it.html", "runs")[0]
    assert newest[1] == "sync" and newest[5] == "0" and newest[6].startswith("pulled ")
    (out / ".report").unlink()
    assert "house.folder" in site("sync", code=3).err


def test_pages_rank_the_newest_month_in_which_anything_came(house, out, tmp_path):
    """On the first of a month nothing has come yet: what is ranked is the month before, and the page says which."""
    june = [row[2] for row in table(out, "en/senior.html", "ranking")]
    assert sum(map(int, june)) == 60
    house.clock.set("2020-06-30T20:00:00Z")
    out = report(house, tmp_path / "july")
    assert [row[2] for row in table(out, "en/senior.html", "ranking")] == june
    (caption,) = lxml.html.parse(str(out / "en/senior.html")).xpath("//table[@id='ranking']/caption")
    assert caption.text_content().replace("\u00a0", " ") == "1 Jun 2020 – 30 Jun 2020"
    assert {row[3] for row in table(out, "en/senior.html", "figures")} == {"0"}


def test_pages_in_a_browser(house, browser, out):
    """Every page, English and Hindi, at 1280 and 390: nothing said, nothing asked for, nothing runs over, each table told of."""
    unit = house.one("SELECT unit FROM bridge.complaint WHERE unit IS NOT NULL GROUP BY unit ORDER BY count(*) DESC LIMIT 1")
    for lang in ("en", "hi"):
        for page in (*PAGES, f"cell/{unit}"):
            sound(browser, out / lang / f"{page}.html", lang)
            if lang == "hi":
                shaped(browser, out / lang / f"{page}.html")
    browser.go(out / "index.html")
    assert browser.said == [] and browser.eval("document.links.length") == 2


def test_pages_by_keyboard_and_contrast(browser, out):
    browser.go(out / "en/audit.html")
    browser.tab()
    assert browser.eval("document.activeElement.className") == "skip"
    assert browser.eval("document.activeElement.getBoundingClientRect().left") >= 0, "the skip link shows when it is reached"
    for _ in range(3):
        browser.tab()
        assert browser.eval("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert browser.eval("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    low = browser.eval("""(() => {
        const lum = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255).map(
            x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
        const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
            if (!/, 0\\)$/.test(c) && c != 'transparent') return c; } return 'rgb(255, 255, 255)'; };
        const bad = [];
        for (const e of document.querySelectorAll('body *')) {
            if (!e.innerText || !e.offsetParent || e.children.length) continue;
            const a = lum(getComputedStyle(e).color), b = lum(ground(e));
            if ((Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5) bad.push(e.tagName + ' ' + e.className);
        }
        return bad; })()""")
    assert low == []


def test_pages_show_hostile_texts_as_texts(browser, out):
    browser.go(out / "en/audit.html")
    assert browser.said == [] and browser.eval("document.querySelectorAll('script, b b, td b').length") == 0
    shown = browser.eval("[...document.querySelectorAll('#findings tbody tr')].map(r => r.cells[3].innerText)")
    signed = browser.eval("[...document.querySelectorAll('#signatures tbody tr')].map(r => [r.cells[2].innerText, r.cells[3].innerText])")
    for text in HOSTILE:
        seen = text.replace("\u202e", "\ufffd").replace("\u202c", "\ufffd")
        assert seen in shown and [seen, seen] in signed
    raw = (out / "en/audit.html").read_text()
    assert "<script" not in raw and "\u202e" not in raw
    assert "default-src 'none'" in raw and "unsafe" not in raw
    with open(out / "findings.csv", newline="") as f:
        cells = [row["detail"] for row in csv.DictReader(f)]
    assert "'=1+1" in cells and "=1+1" not in cells


def test_pages_on_paper(tmp_path, browser, out):
    """A4, in Hindi too, without what is for the screen alone."""
    for page, words in (("hi/audit", ("मिलान", "बही")), ("en/it", ("Last night", "What moved"))):
        text = paper(browser, out / f"{page}.html", tmp_path / "page.pdf")
        assert all(word in text for word in words), text[:800]
        assert "हिन्दी" not in text and "Skip to" not in text


def test_pages_hide_small_counts_of_tips_from_all_but_auditors(durg, tmp_path):
    """Durg's system brings tips alone: three of them are "<5" for seniors and IT, and 3 for auditors."""
    peer = durg.peers["durgqr"]
    peer.add([form(n) for n in (1, 2, 3)])
    durg("sync")
    out = report(durg, tmp_path / "pages")
    assert durg.one("SELECT count(*) FROM bridge.complaint WHERE source_system = 'durgqr'") == "3"
    told = [row for row in table(out, "en/audit.html", "sources") if row[0].endswith("durgqr")]
    assert told[0][1] == "3"
    for page, ident in (("en/senior.html", "figures"), ("hi/senior.html", "figures"), ("en/it.html", "systems")):
        row = next(r for r in table(out, page, ident) if "durgqr" in r[0])
        assert "<5" in row and not [cell for cell in row[1:] if cell in ("1", "2", "3", "4")], row


def test_pages_have_words_for_what_the_program_says():
    """Every key that a stylesheet asks for, and every remedy of a difference, is in words.csv in both languages."""
    with open(ROOT / "mappings/pages/words.csv", newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    keys, english = {r["key"] for r in rows}, {r["en"] for r in rows}
    assert len(keys) == len(rows) and all(r["en"] and r["hi"] for r in rows)
    for path in (ROOT / "mappings/pages").glob("*.xsl"):
        text = path.read_text()
        asked = set(re.findall(r'name="(?:key|none)">([a-z_]+\.?[a-z_0-9.]*)<', text))
        asked |= {f"col.{w.strip('#')}" for heads in re.findall(r'name="heads">([^<]+)<', text) for w in heads.split()}
        lists = {"new", "open", "overdue", "returned", "unaccepted", "duplicates", "gone"}
        assert asked - keys - lists == set(), path.name
    source = (ROOT / "bridge/core/compare_remedy.c").read_text().split("remedies[]")[1].split("};")[0]
    said = {json.loads(f'"{"".join(parts)}"') for parts in [re.findall(r'"((?:[^"\\]|\\.)*)"', row)[-1:] for row in
            re.findall(r"\{(.*?)\}", source, re.S)]}
    assert len(said) > 15 and said - english == set()
