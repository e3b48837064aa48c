"""What the demo claims, counted at its peers themselves: each line says what was counted, and a false one ends the demo."""
import json
import sqlite3
import subprocess
import unicodedata


def nfc(text):
    return unicodedata.normalize("NFC", text or "").strip()


def ask(demo, *words):
    done = subprocess.run([str(demo.bridge), "-c", str(demo.conf), "--json", *words], env=demo.env, stdout=subprocess.PIPE, text=True)
    return done.returncode, json.loads(done.stdout)["tables"]


def ranking(demo, made):
    code, tables = ask(demo, "ranking")
    rows, marked = tables["ranking"], sum(g["district"] == "Kannauj" for g in made)
    first = rows[0]
    text = (f"Kannauj: {first['received']:,} received, {first['in_time']:,} disposed of in time, rank {first['rank']} of {len(rows)}"
            if first["name_en"] == "Kannauj" else f"first of {len(rows)} is {first['name_en']}, not Kannauj")
    yield code == 0 and first["name_en"] == "Kannauj" and len(rows) == 75 and rows[1]["rank"] == 2 \
        and first["received"] == first["in_time"] == marked, text


def counts(demo, made):
    code, tables = ask(demo, "reconcile", "igrs", "--by", "unit")
    rows, total = tables["counts"], tables["reconciled"][0]
    same = sum(r["same"] and r["portal"] == r["police"] == r["staging"] for r in rows)
    yield code == 0 and same == len(rows) == 75 and sum(r["portal"] for r in rows) == len(made), \
        f"portal, CCTNS and staging have the same complaints in {same} of {len(rows)} districts"
    yield total["unexplained"] == 0, f"differences that nothing explains: {total['unexplained']}"


def texts(demo, made):
    db = sqlite3.connect(demo.cctns)
    written = {g["code"]: nfc(g["details"]) for g in made}
    rows = db.execute("SELECT ORIGIN_NO, COMPLAINT_DESC FROM t_complaint").fetchall()
    same = sum(written.get(number) == text for number, text in rows)
    yield same == len(rows) == len(made), f"texts of complaints in CCTNS equal to the portal's after NFC: {same:,} of {len(made):,}"
    sent = [(r, nfc(t)) for r, t in db.execute(
        "SELECT c.ORIGIN_NO, a.ACTION_DESC FROM t_complaint_action a JOIN t_complaint c USING (COMPLAINT_SRNO) WHERE a.ACTION_CD = 5")]
    came = [(a["code"], nfc(a["remarks"])) for a in demo.store.police_actions() if a["action_code"] == "REPORT_UPLOADED"]
    long, beyond = sum(len(t) > 12000 for _, t in sent), sum(any(ord(c) > 0xFFFF for c in t) for _, t in sent)
    yield sorted(sent) == sorted(came) and long and beyond, \
        f"reports at the portal equal to CCTNS's: {len(came):,} of {len(sent):,}, {long} of over 12,000 characters, {beyond} beyond the BMP"


def logs(demo, made):
    text = "".join((demo.folder / name).read_text(errors="replace") for name in ("bridge.log", "postgres.log"))
    values = {g[field] for g in made for field in ("name", "father_name", "mobile", "email", "details", "subject") if g[field]}
    found = sum(value in text for value in values)
    yield not found and "igrs" in text, f"of {len(values):,} names, numbers and texts of the persons, in a log: {found}"


def verify(demo, made):
    """Lines to print; raises SystemExit after the first false one is printed."""
    for part in (ranking, counts, texts, logs):
        for good, text in part(demo, made):
            yield f"  {'yes' if good else 'NO '}  {text}"
            if not good:
                raise SystemExit("\nthe demo does not show what it should")
