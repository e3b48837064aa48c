"""Spreadsheets as others read them: openpyxl, and LibreOffice without a screen.

A book is {sheet: [[cell, ...], ...]} with a head in the first row; a cell is None, a figure or a text. A formula is an error.
"""
import csv
import io
import shutil
import subprocess
import xml.etree.ElementTree as ET

import openpyxl

NS = {"office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0", "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
      "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0"}
CSV_AS_TEXT = "CSV:44,34,76,1,{columns},0,false,false,false"      # comma, quote, UTF-8, from line 1, each column a text
CSV_AS_IT_COMES = "CSV:44,34,76,1"


def q(name):
    space, word = name.split(":")
    return f"{{{NS[space]}}}{word}"


def by_openpyxl(path):
    found = {}
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in "nsb" or cell.value is None, f"{sheet.title} {cell.coordinate}: {cell.data_type}"
                assert cell.hyperlink is None, cell.coordinate
        found[sheet.title] = [[cell.value for cell in row] for row in sheet.iter_rows()]
    return found


def shape(path):
    """How each sheet is set up: (frozen at, filter over, widths)."""
    return {sheet.title: (sheet.freeze_panes, sheet.auto_filter.ref, {k: d.width for k, d in sheet.column_dimensions.items()})
            for sheet in openpyxl.load_workbook(path).worksheets}


def text_of(element):
    out = element.text or ""
    for child in element:
        if child.tag == q("text:s"):
            out += " " * int(child.get(q("text:c"), "1"))
        elif child.tag == q("text:tab"):
            out += "\t"
        elif child.tag == q("text:line-break"):
            out += "\n"
        else:
            assert child.tag != q("text:a"), "a link"
            out += text_of(child)
        out += child.tail or ""
    return out


def cell_of(cell):
    assert cell.get(q("table:formula")) is None, f"a formula: {cell.get(q('table:formula'))}"
    kind = cell.get(q("office:value-type"))
    if kind is None:
        return None
    if kind == "float":
        return float(cell.get(q("office:value")))
    assert kind in ("string", "date", "time", "percentage", "boolean", "currency"), kind
    return "\n".join(text_of(p) for p in cell.findall(q("text:p")))


def rows_of(sheet):
    rows, owed = [], 0
    for row in sheet.iter(q("table:table-row")):
        cells, gap = [], 0
        for cell in row:
            if cell.tag not in (q("table:table-cell"), q("table:covered-table-cell")):
                continue
            value, times = cell_of(cell), int(cell.get(q("table:number-columns-repeated"), "1"))
            if value is None:
                gap += times
            else:
                cells += [None] * gap + [value] * times
                gap = 0
        times = int(row.get(q("table:number-rows-repeated"), "1"))
        if cells:
            rows += [[]] * owed + [cells] * times
            owed = 0
        else:
            owed += times
    return rows


class Office:
    """LibreOffice with a profile of its own, so that no other one of this machine is asked."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def open(self, path, how=None):
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        subprocess.run(["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{self.folder}/profile",
                        *([f"--infilter={how}"] if how else []), "--convert-to", "fods", "--outdir", str(out), str(path)],
                       check=True, timeout=180, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        root = ET.parse(out / (path.stem + ".fods")).getroot()
        return {sheet.get(q("table:name")): rows_of(sheet) for sheet in root.iter(q("table:table"))}

    def open_csv(self, path, columns=None):
        how = CSV_AS_TEXT.format(columns="/".join(f"{n}/2" for n in range(1, columns + 1))) if columns else CSV_AS_IT_COMES
        (rows,) = self.open(path, how).values()
        return rows


def tables_of_csv(text):
    """The tables of a CSV with several, each begun by its head; only where no text holds an empty line."""
    return [list(csv.reader(io.StringIO(part, newline=""))) for part in text.split("\n\n")]
