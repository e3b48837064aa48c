"""What is in the package of a cell, and what never is: as LibreOffice, openpyxl, xmllint and sha256sum read it."""
import re
import subprocess

import lxml.html
import psycopg2
import pytest
from matters import KANNAUJ, LUCKNOW, Station, code, grievance
from parcels import DAY2, LISTS, by_folder, files_of, prove, rows_of
from test_sheets import HOSTILE, column, in_csv, in_sheet
from workbooks import Office, by_openpyxl


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path / "office")


# ---- what is in it ----

def test_no_text_of_a_citizen_runs(site, office, tmp_path):
    """As the lists come to a person: in LibreOffice and openpyxl each cell is the text that was written, none a formula."""
    drop = by_folder(site)
    texts = [text for text in HOSTILE if text.strip() and len(text) < 40000]
    site.store.add_complaints([grievance(n) for n in range(1, len(texts) + 1)])
    site("pull", "igrs", code=0)
    with psycopg2.connect(site.conninfo) as db, db.cursor() as sql:
        for n, text in enumerate(texts, 1):
            sql.execute("UPDATE bridge.complaint SET subject = %s, subject_unicode = NULL WHERE number = %s", (text, code(n)))
    db.close()
    site("forward", code=0)
    place = drop / "kannauj-000001"
    prove(place)
    by_number = {code(n): text for n, text in enumerate(texts, 1)}
    rows = rows_of((place / "list.csv").read_bytes(), "new")
    assert {row["number"]: row["subject"] for row in rows} == {number: in_csv(text) for number, text in by_number.items()}
    seen = office.open_csv(place / "list.csv", columns=46)
    short = {number for number, text in by_number.items() if len(text.encode("utf-16-le")) <= 60000}
    found = dict(zip(column(seen, "number"), column(seen, "subject")))
    assert {number: found[number] for number in short} == {number: in_sheet(in_csv(by_number[number])) for number in short}
    heads = {"number": "सन्दर्भ संख्या", "subject": "विषय"}
    expected = {number: in_sheet(text) for number, text in by_number.items()}
    unescape = lambda text: re.sub("_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m.group(1), 16)), text)  # noqa: E731
    for book, plain in ((by_openpyxl(place / "list.xlsx"), unescape), (office.open(place / "list.xlsx"), str)):
        assert list(book) == LISTS
        for name in ("new", "open"):
            got = dict(zip(column(book[name], heads["number"]), map(plain, column(book[name], heads["subject"]))))
            assert got == expected
    letter = (place / "letter.html").read_text()
    assert "<script" not in letter and "<b>&" not in letter and "\u202e" not in letter and "\u2067" not in letter
    assert not {c for c in letter if c < " " and c not in "\t\n"}


def test_nothing_of_another_district_is_in_a_package(site):
    """Each district's complaints bear its own canary in every text; none is in the other's package, by any way."""
    folders = {"kannauj": by_folder(site, "kannauj", "UP-155"), "lucknow": by_folder(site, "lucknow", "UP-162")}
    canaries = {"kannauj": "कोयल-kannauj-7731", "lucknow": "मैना-lucknow-9127"}
    units = {"kannauj": KANNAUJ, "lucknow": LUCKNOW}
    station = Station(site.cctns.path)
    made = []
    for k, (name, word) in enumerate(canaries.items()):
        made += [grievance(100 * k + n, units[name], name=f"{word} name", subject=f"{word} subject {n}", details=f"{word} body",
                           address=f"{word} address") for n in range(1, 5)]
    site.store.add_complaints(made)
    site("sync", code=0)
    for k, name in enumerate(canaries):
        officer = station.officer(7001 + k, f"{canaries[name]} officer")
        for n in range(1, 5):
            station.act(code(100 * k + n), 4, f"2020-06-11 0{n}:00:00", f"{canaries[name]} act", officer=officer)
        station.act(code(100 * k + 1), 5, "2020-06-11 06:00:00", f"{canaries[name]} report")
        station.act(code(100 * k + 1), 6, "2020-06-11 07:00:00", f"{canaries[name]} returned")
    site.clock.set(DAY2)
    site("sync")
    for name, folder in folders.items():
        own, other = canaries[name], next(word for cell, word in canaries.items() if cell != name)
        assert sorted(path.name for path in folder.iterdir()) == [f"{name}-000001", f"{name}-000002"]
        for place in folder.iterdir():
            prove(place)
            text = "".join(data.decode() for file, data in files_of(place).items() if file != "list.xlsx")
            text += str(by_openpyxl(place / "list.xlsx"))
            assert own in text and other not in text
            assert "officer" not in text and f"{own} body" not in text and f"{own} address" not in text
        assert f"{own} returned" in (folder / f"{name}-000002/letter.html").read_text()


def test_a_sender_who_asked_for_secrecy_is_not_named(site):
    drop = by_folder(site)
    site.store.add_complaints([grievance(n, name=f"गुप्तनाम-{n}", subject=f"गुप्तविषय-{n}") for n in range(1, 5)])
    site("pull", "igrs", code=0)
    with psycopg2.connect(site.conninfo) as db, db.cursor() as sql:
        for n, identity in enumerate("NCSA", 1):
            sql.execute("UPDATE bridge.complaint SET identity = %s WHERE number = %s", (identity, code(n)))
    db.close()
    site("forward", code=0)
    text = "".join(data.decode() for file, data in files_of(drop / "kannauj-000001").items() if file != "list.xlsx")
    text += str(by_openpyxl(drop / "kannauj-000001/list.xlsx"))
    assert "गुप्तनाम-1" in text and "गुप्तविषय-1" in text
    for n in (2, 3, 4):
        assert code(n) in text and f"गुप्तनाम-{n}" not in text and f"गुप्तविषय-{n}" not in text


def test_reasons_of_a_portal_stand_in_plain_words(site):
    drop = by_folder(site, more="language = en\n")
    station = Station(site.cctns.path)
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("sync", code=0)
    for n in range(1, 4):
        station.act(code(n), 4, "2020-06-11 04:00:00", officer=station.officer())
        station.act(code(n), 5, "2020-06-11 05:00:00", "report")
        station.act(code(n), 7, "2020-06-11 06:00:00", "disposed", disposal="NSUB")
    site.clock.set(DAY2)
    site("sync")
    rows = rows_of((drop / "kannauj-000002/list.csv").read_bytes(), "unaccepted")
    assert {row["number"] for row in rows} == {code(n) for n in range(1, 4)}
    assert {(row["receiver"], row["act"], row["state"]) for row in rows} == {("UP IGRS (Jansunwai-Samadhan)", "DISP", "satisfaction")}
    assert all(row["why"] and row["waiting_since_on"] == "2020-06-12" for row in rows)
    letter = (drop / "kannauj-000002/letter.html").read_text()
    assert rows[0]["why"] in letter and '<html lang="en">' in letter


def test_the_letter_prints_and_needs_no_other_file(site):
    drop = by_folder(site)
    site.store.add_complaints([grievance(n) for n in range(1, 300)])
    site("sync", code=0)
    letter = (drop / "kannauj-000001/letter.html").read_text()
    assert letter.count("<tr>") > 200 and '<html lang="hi">' in letter and "@media print" in letter
    assert "99 और list.xlsx तथा list.csv में" in re.sub(r"\s+", " ", letter)       # 200 of 299 rows, and where the others are
    assert not re.search(r"(src|href)=|url\(|@import", letter)
    assert len(rows_of((drop / "kannauj-000001/list.csv").read_bytes(), "new")) == 299


def test_what_is_due_next_is_in_the_letter_first(site):
    """Of what is open: today and two days on, not what is over or has longer; the sheet's count and the mail's are the same."""
    drop = by_folder(site, more="language = en\n")
    site.store.add_complaints([grievance(n) for n in range(1, 7)])
    site("pull", "igrs", code=0)
    days = {1: "2020-06-10 18:00:00Z", 2: "2020-06-11 12:00:00Z", 3: "2020-06-12 12:00:00Z", 4: "2020-06-13 12:00:00Z",
            5: "2020-06-14 12:00:00Z", 6: None}
    with psycopg2.connect(site.conninfo) as db, db.cursor() as sql:
        for n, day in days.items():
            sql.execute("UPDATE bridge.complaint SET due_at = %s WHERE number = %s", (day, code(n)))
    db.close()
    site("forward", code=0)
    letter = re.sub(r"\s+", " ", (drop / "kannauj-000001/letter.html").read_text())
    lists = dict(re.findall(r'<h2 id="(\w+)">.*?</h2>(.*?)(?=<h2|</main>)', letter))
    assert list(lists) == ["figures", "due", "new", "overdue"]          # and no head of a list without rows
    assert {code(n) for n in days if code(n) in lists["due"]} == {code(2), code(3), code(4)}
    assert {code(n) for n in days if code(n) in lists["overdue"]} == {code(1)}
    assert re.search(r"Due within 2 days</td> ?<td class=\"n mark\"> ?3</td>", letter) and "answer these first" in letter
    assert "  Due within 2 days: 3\n" in (drop / "kannauj-000001/cover.txt").read_text()


def test_the_letter_prints_on_a4(site, tmp_path):
    drop = by_folder(site)
    site.store.add_complaints([grievance(n) for n in range(1, 60)])
    site("pull", "igrs", code=0)
    site("forward", code=0)
    pdf = tmp_path / "letter.pdf"
    subprocess.run(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile",
                    "--no-pdf-header-footer", f"--print-to-pdf={pdf}", (drop / "kannauj-000001/letter.html").as_uri()],
                   check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    about = subprocess.run(["pdfinfo", pdf], check=True, capture_output=True, text=True).stdout
    assert re.search(r"Page size: +59[45]\.\d* x 84[12]", about) and int(re.search(r"Pages: +(\d+)", about)[1]) > 1
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout
    assert all(code(n) in text for n in range(1, 60)) and re.search("[\u0900-\u097f]{3}", text)
    # the first sheet says what there is and what to do, and no row: it is what a cell prints
    first = subprocess.run(["pdftotext", "-f", "1", "-l", "1", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout
    assert "ack-1" in first and re.search(r"\b59\b", first) and not any(code(n) in first for n in range(1, 60))
    assert not re.search("[0-9a-f]{32}", text)


def test_the_letters_figures_are_those_of_its_lists(site):
    drop = by_folder(site, more="language = en\n")
    site.store.add_complaints([grievance(n, marked="2020-04-01 10:00:00", received_on="2020-04-01 10:00:00") for n in (1, 2)])
    site("pull", "igrs", code=0)
    site("forward", code=0)
    site.clock.set(DAY2)
    site.store.add_complaints([grievance(n, marked="2020-06-11 10:00:00") for n in range(3, 8)])
    site("pull", "igrs", code=0)
    site.sql("UPDATE bridge.complaint SET complainant = '<script>a()</script>', police_number = '<script>b()</script>', "
             "station = NULL WHERE number = '" + code(3) + "'")
    site("forward", code=0)
    place = drop / "kannauj-000002"
    page = lxml.html.parse(str(place / "letter.html")).getroot()
    (csp,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert csp.startswith("default-src 'none';")
    assert "<script" not in (place / "letter.html").read_text() and len(page.xpath("//*[text()='<script>a()</script>']")) == 1
    foot = [cell.text_content() for cell in page.xpath("//tfoot//td")]
    size = {name: len(rows_of((place / "list.csv").read_bytes(), name)) for name in ("new", "open", "overdue", "returned", "unaccepted")}
    assert size == {"new": 5, "open": 7, "overdue": 2, "returned": 0, "unaccepted": 0}
    assert foot[-7:] == [str(n) for n in (5, 7, 2, 0, 0, 0, 0)], foot
