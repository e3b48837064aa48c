"""What every page must be, looked at in the browser and on paper."""
import html
import re
import subprocess

import lxml.html

WIDTHS = (1280, 390)
KEY = re.compile(r"\b(col|status|category|page|title|reason|what|state|exit|hop|stream)\.[a-z_]+\b")
MARGIN = 36                 # points; the style's are wider
# a conjunct, and its parts kept apart by a zero-width non-joiner: where the text is shaped they are not of one width
CONJUNCTS = ("क्ष", "त्र", "ज्ञ", "श्र")


def table(folder, name, ident):
    """Rows of a table as a reader sees them: texts of cells, thousands without commas."""
    page = lxml.html.parse(str(folder / name)).getroot()
    rows = page.xpath(f"//table[@id='{ident}']/tbody/tr")
    return [[re.sub(r"(?<=\d),(?=\d)", "", " ".join(c.text_content().split())) for c in row.xpath("th|td")] for row in rows]


def sound(browser, path, lang):
    """Wide and narrow: nothing said, nothing asked for, nothing runs over, each table told of, every link leads to a file."""
    browser.go(path, WIDTHS[0])
    for width in WIDTHS:
        browser.resize(width)
        browser.until(f"innerWidth == {width}")
        assert browser.eval("document.documentElement.scrollWidth") <= width, (path, width)
    assert browser.eval("document.documentElement.lang") == lang
    assert browser.eval("getComputedStyle(document.querySelector('header')).borderBottomStyle") == "solid", "no style"
    assert browser.eval("document.querySelectorAll('script, [onclick], iframe, object, img, form').length") == 0
    assert browser.eval("[...document.querySelectorAll('table')].every(t => t.caption && t.caption.textContent.trim()"
                        " && [...t.querySelectorAll('th')].every(h => h.scope))"), path
    assert browser.eval("[...document.querySelectorAll('tbody tr')].every(r => r.querySelector('th[scope=row]'))"), path
    assert browser.eval("[...document.querySelectorAll('svg:not([aria-hidden])')].every(s => s.querySelector('title'))"), path
    assert browser.eval("new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"
                        " == document.querySelectorAll('[id]').length"), path
    words = browser.eval("document.body.innerText")
    assert not KEY.search(words), (path, KEY.search(words)[0])
    if lang == "hi":
        assert len(re.findall(r"[\u0900-\u097f]+", words)) > 30, path
    for link in browser.eval("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"):
        assert link.startswith("#") or (path.parent / link.split("#")[0]).resolve().is_file(), (path, link)
    assert browser.said == [] and browser.requests == [f"file://{path}"], path


def shaped(browser, path):
    """Devanagari in a font that has it, conjuncts as one."""
    fonts = browser.fonts("body")
    assert any("Devanagari" in name for name in fonts), (path, fonts)
    assert not [name for name in fonts if "last" in name.lower() or "tofu" in name.lower()], (path, fonts)
    width = """(text => { const s = document.createElement('span'); s.textContent = text; s.style.fontSize = '64px';
        document.body.append(s); const w = s.getBoundingClientRect().width; s.remove(); return w; })"""
    for word in CONJUNCTS:
        joined, apart = (browser.eval(f"{width}('{text}')") for text in (word, word.replace("\u094d", "\u094d\u200c")))
        assert joined and joined != apart, (path, word, joined, apart)


def figures(folder, lang, told):
    """Every figure of the page of auditors is that of "reconcile --last" (its tables as told), and none is missing."""
    page = f"{lang}/audit.html"
    rows = lambda ident, numbers: [[r[0].split()[-1], *r[-numbers:]] for r in table(folder, page, ident)]
    want = lambda name, *keys: [["–" if r[k] is None else str(r[k]) for k in keys] for r in told[name]]
    month = want("figures", "system", "brought_forward", "received", "disposed", "pending", "overdue")
    assert [r[:-1] for r in rows("figures", 6)] == month
    assert rows("sources", 6) == want("sources", "system", "came_in", "with_police", "disposed", "in_flight", "refused", "held")
    sides = want("reconciled", "portal_system", "portal", "police", "staging", "differences", "explained", "unexplained")
    shown = [r[:-2] for r in rows("reconciled", 8)]
    for mine, theirs, row in zip(shown, sides, told["reconciled"], strict=True):
        if mine[1] == "–" and not row["counted"]:        # a portal that cannot say how many it has
            theirs[1] = "–"
        assert mine == theirs, (page, mine, theirs)
    by_reason = [(r[0], r[-2]) for r in table(folder, page, "reasons")]
    assert sorted(by_reason) == sorted((r["system"], str(r["n"])) for r in told["reasons"]), page
    for row in told["reconciled"]:
        assert sum(int(n) for system, n in by_reason if system == row["portal_system"]) == row["differences"], (page, row)


def squeezed(text):
    return re.sub(r"\s+", "", text)


def paper(browser, path, to):
    """On A4: no word beyond the margins, every cell of every table there, rows whole, heads repeated. Returns the text."""
    browser.go(path)
    browser.media("print")
    cells = browser.eval("[...document.querySelectorAll('th, td, caption, h1, h2, h3')].filter(e => e.offsetParent).map(e => e.innerText)")
    assert browser.eval("[...document.querySelectorAll('tr')].every(r => getComputedStyle(r).breakInside == 'avoid')"), path
    assert browser.eval("[...document.querySelectorAll('thead')].every(h => getComputedStyle(h).display == 'table-header-group')"), path
    browser.media("")
    browser.pdf(to)
    read = lambda *how: subprocess.run(["pdftotext", *how, to, "-"], check=True, capture_output=True, text=True).stdout
    boxes = read("-bbox")
    width = {float(w) for w in re.findall(r'<page width="([\d.]+)"', boxes)}
    assert len(width) == 1 and 594 < max(width) < 597, (path, width)
    for left, right, word in re.findall(r'<word xMin="([-\d.]+)" yMin="[-\d.]+" xMax="([-\d.]+)" yMax="[-\d.]+">(.*?)</word>', boxes):
        assert float(left) >= MARGIN and float(right) <= max(width) - MARGIN, (path, html.unescape(word), left, right)
    text = read("-raw")
    there = squeezed(text)
    for cell in cells:
        assert not cell.isascii() or squeezed(cell) in there, (path, cell)
    want, got = (len(re.findall("[\u0905-\u0939]", t)) for t in ("".join(cells), text))      # letters; signs may be drawn into them
    assert got >= 0.9 * want, (path, want, got)
    return read("-layout")
