"""What the demo claims, counted at its peers themselves: each line says what was counted, and a false one ends the demo."""
import hashlib
import subprocess
import unicodedata
from collections import Counter

from play import PG_BIN


def nfc(text):
    return unicodedata.normalize("NFC", text or "").strip()


def check(p, good, text):
    p.say(f"  {'yes' if good else 'NO '}  {text}")
    if not good:
        raise SystemExit("\nthe demo does not show what it should")


def counts(p, portal, made, by=None):
    """The three sides' numbers, asked of the three sides by the bridge itself."""
    tables = p.run("reconcile", portal, "--by", "unit")["tables"]
    rows, total = tables["counts"], tables["reconciled"][0]
    same = sum(r["same"] and r["portal"] == r["police"] == r["staging"] for r in rows)
    check(p, same == len(rows) == (by or len(rows)) and sum(r["portal"] for r in rows) == made,
          f"{portal}, the police and staging have the same {made:,} complaints in {same} of {len(rows)} units")
    check(p, total["unexplained"] == 0, f"differences that nothing explains: {total['unexplained']}")


def police_reports(police):
    """[(number of origin, text)] of reports in CCTNS."""
    return [(number, nfc(text)) for number, text in police.sql(
        "SELECT c.ORIGIN_NO, a.ACTION_DESC FROM t_complaint_action a JOIN t_complaint c USING (COMPLAINT_SRNO) WHERE a.ACTION_CD = 5")]


def same_files(p, ours, theirs, where):
    check(p, ours and Counter(ours) == Counter(theirs),
          f"files {where}, with the same SHA-256 at both ends: {len(ours):,} of {len(theirs):,}")


def police_files(police, role):
    """[SHA-256] of files in CCTNS: the complainants' ("in") or the stations' own ("out")."""
    where = "IS NOT NULL" if role == "in" else "IS NULL"
    rows = police.sql(f"SELECT UPLOADED_FILE FROM t_complaint_file WHERE ORIGIN_SYSTEM {where}")
    return [hashlib.sha256(data).hexdigest() for (data,) in rows]


def logs(p, values):
    text = "".join(path.read_text(errors="replace") for path in (p.folder / "bridge.log", p.folder.parent / "postgres.log"))
    found = sum(value in text for value in values)
    check(p, not found and "run=" in text, f"of {len(values):,} names, numbers and texts of the persons, in a log: {found}")


# ---- Uttar Pradesh

def up(p, portal, police, made):
    rows, marked = p.run("ranking")["tables"]["ranking"], sum(g["district"] == "Kannauj" for g in made)
    first = rows[0]
    text = (f"Kannauj: {first['received']:,} received, {first['in_time']:,} disposed of in time, rank {first['rank']} of {len(rows)}"
            if first["name_en"] == "Kannauj" else f"first of {len(rows)} is {first['name_en']}, not Kannauj")
    check(p, first["name_en"] == "Kannauj" and len(rows) == 75 and rows[1]["rank"] == 2
          and first["received"] == first["in_time"] == marked, text)
    counts(p, "igrs", len(made), 75)
    written = {g["code"]: nfc(g["details"]) for g in made}
    rows = police.sql("SELECT ORIGIN_NO, COMPLAINT_DESC FROM t_complaint")
    same = sum(written.get(number) == text for number, text in rows)
    check(p, same == len(rows) == len(made), f"texts of complaints in CCTNS equal to the portal's after NFC: {same:,} of {len(made):,}")
    sent = police_reports(police)
    came = [(a["code"], nfc(a["remarks"])) for a in portal.store.police_actions() if a["action_code"] == "REPORT_UPLOADED"]
    long, beyond = sum(len(t) > 12000 for _, t in sent), sum(any(ord(c) > 0xFFFF for c in t) for _, t in sent)
    check(p, sorted(sent) == sorted(came) and long and beyond, f"reports at the portal equal to CCTNS's: {len(came):,} of {len(sent):,}, "
          f"{long} of over 12,000 characters, {beyond} beyond the BMP")
    same_files(p, [hashlib.sha256(f["content"]).hexdigest() for g in made for f in g["files"]], police_files(police, "in"),
               "of complainants in CCTNS")
    same_files(p, [hashlib.sha256(f["content"]).hexdigest() for f in portal.store.police_files()], police_files(police, "out"),
               "of stations at the portal")
    chief = sum(g["source"] in ("CM Reference", "CM Helpline 1076") for g in made)
    came = police.sql("SELECT count(*) FROM t_complaint WHERE REF_TYPE_CD IN ('CM', 'CMHL') AND PRIORITY_CD = 2")[0][0]
    check(p, chief == came, f"references of the Chief Minister's portal and helpline, with their priority in CCTNS: {came:,} of {chief:,}")
    logs(p, {g[field] for g in made for field in ("name", "father_name", "mobile", "email", "details", "subject") if g[field]})


# ---- Haryana

STANDING = """
SELECT c.district, count(*), sum(done IS NOT NULL AND done <= due), sum(done IS NOT NULL AND done > due), sum(done IS NULL AND due >= :now),
       sum(done IS NULL AND due < :now)
  FROM (SELECT c.district, c.due, CASE WHEN c.state IN ('DISPOSED', 'FILED', 'CLOSED_SATISFIED') THEN
               (SELECT max(s.at) FROM police_step s WHERE s.uid = c.uid AND s.state IN ('DISPOSED', 'FILED')) END AS done
          FROM complaint c) c GROUP BY c.district ORDER BY c.district"""


def haryana(p, cms, police, made):
    from hrcms import NAMES, ours
    now = cms.store.clock.now()
    standing = cms.store.db.execute(STANDING, {"now": now}).fetchall()
    p.say("  15-day standing, as the CMS itself counts it:")
    p.say(f"      {'district':12} {'complaints':>10} {'in 15 days':>10} {'late':>7} {'open, in time':>13} {'overdue':>8}")
    for code, n, early, late, waiting, overdue in standing:
        p.say(f"      {NAMES[code]:12} {n:>10,} {early:>10,} {late:>7,} {waiting:>13,} {overdue:>8,}")
    totals = [sum(r[i] for r in standing) for i in range(1, 6)]
    p.say(f"      {'together':12} {totals[0]:>10,} {totals[1]:>10,} {totals[2]:>7,} {totals[3]:>13,} {totals[4]:>8,}")
    check(p, totals[0] == len(made) and len(standing) == 6, f"complaints in the CMS: {len(made):,}, in {len(standing)} districts")
    rows = {r["unit"]: r for r in p.run("ranking", "hrcms", "--period", "2024-02-01..2024-03-31")["tables"]["ranking"]}
    same = sum(rows[ours(code)]["received"] == n for code, n, *_ in standing)
    check(p, same == 6, f"districts of which the bridge counts as many complaints: {same} of 6")
    copies = cms.store.sql("SELECT count(*) FROM complaint WHERE copy_given = lodged")[0][0]
    check(p, copies == len(made), f"complainants who have their unique ID and copy from the hour of lodging: {copies:,}")
    counts(p, "hrcms", len(made), 6)
    sent = police_reports(police)
    came = [(uid, nfc(text)) for uid, text in cms.store.sql("SELECT uid, remarks FROM police_step WHERE state = 'IO_REPORT'")]
    check(p, sent and sorted(sent) == sorted(came), f"reports at the CMS equal to CCTNS's: {len(came):,} of {len(sent):,}")
    same_files(p, hashes(cms, "file"), police_files(police, "in"), "of complainants in CCTNS")
    same_files(p, hashes(cms, "police_file"), police_files(police, "out"), "of stations at the CMS")
    said = dict(cms.store.sql("SELECT answer, count(*) FROM answer GROUP BY 1"))
    kept = dict(police.sql("SELECT SATISFIED_CD, count(*) FROM t_complaint_feedback GROUP BY 1"))
    check(p, said.get("SATISFIED") == kept.get("Y") and said.get("NOT_SATISFIED") == kept.get("N"),
          f"complainants satisfied {kept.get('Y', 0):,}, not satisfied {kept.get('N', 0):,}: the same in the CMS and in CCTNS")
    logs(p, {r[field] for r in made for field in ("complainant", "mobile", "body", "address") if r.get(field)})


def hashes(cms, table):
    return [hashlib.sha256(data).hexdigest() for (data,) in cms.store.sql(f"SELECT content FROM {table}")]


# ---- Durg

def durg(p, qr, police, made, luck):
    kinds = Counter(r["kind"] for r in made)
    rows = dict(police.sql("SELECT KIND_CD, count(*) FROM t_complaint GROUP BY 1"))
    check(p, rows == dict(kinds), "forms in CCTNS: " + ", ".join(f"{rows.get(k, 0)} {w}" for k, w in (("COMPLAINT", "complaints"),
          ("TIP", "tips on illegal trade"), ("SUGGESTION", "suggestions"))) + f", of {len(made)}")
    counts(p, "durgqr", len(made), len({r["unit"] for r in made}))
    done = police.sql("SELECT count(*) FROM t_complaint WHERE STATUS_CD = 7")[0][0]
    replies = qr.store.sql("SELECT count(DISTINCT number) FROM reply WHERE state = 'Answered'")[0][0]
    check(p, done and replies == done, f"answers that reached the form's system: {replies} of {done}")
    sent, named = len({n for n, _, _ in qr.sent()}), sum("mobile" in r for r in made)
    asked = qr.store.sql("SELECT count(DISTINCT f.number) FROM form f JOIN reply r USING (number) WHERE r.state = 'Answered'"
                         " AND f.mobile IS NOT NULL")[0][0]
    check(p, sent == asked, f"senders to whom it passed the answer on, by a number that only it knows: {sent}")
    sealed = int(p.sql("SELECT count(*) FROM bridge.sealed")[0][0])
    check(p, sealed == named, f"senders sealed in the bridge: {sealed} of {named}; {len(made) - named} gave no name")
    secrets = [r[field] for r in made for field in ("complainant", "mobile") if field in r]
    spelt = {s.removeprefix("+91") if s[0] == "+" else nfc(s) for s in secrets}
    places = everything(p, police)
    found = {place: sum(s.encode() in data or s.encode().hex().encode() in data for s in spelt) for place, data in places.items()}
    check(p, len(spelt) > named and not any(found.values()),
          f"of {len(spelt)} names and numbers, found in {', '.join(places)}: {sum(found.values())}")
    theirs = str(qr.store.sql("SELECT name, mobile FROM form"))
    check(p, all(s in theirs for s in secrets), "all of them, on the other hand, in the form's own system")


def everything(p, police):
    """Bytes of each place in which no sender may be named."""
    dump = subprocess.run([PG_BIN / "pg_dump", "-d", p.database], stdout=subprocess.PIPE, check=True).stdout
    store = b"".join(path.read_bytes() for path in (p.folder / "state").rglob("*") if path.is_file())
    cctns = b"".join(path.read_bytes() for path in police.folder.glob("cctns.sqlite*"))
    log = b"".join(path.read_bytes() for path in (p.folder / "bridge.log", p.folder.parent / "postgres.log"))
    return {"the dump of the staging database": dump, "CCTNS": cctns, "the content store": store, "the logs": log}


# ---- Delhi

SOURCES = (("counter", "HAND"), ("post", "POST"), ("cpo", "CP office"), ("lg", "LG house"), ("pgms", "PGMS"), ("cvc", "CVC"),
           ("nhrc", "NHRC"), ("cpgrams", "CPGRAMS"))


def delhi(p, police, made, old):
    """made: {source: numbers at it}; old: records of CMTS."""
    came = {o or "icms": n for o, n in police.sql("SELECT ORIGIN_SYSTEM, count(*) FROM icms_complaint GROUP BY 1")}
    own = dict(police.sql("SELECT MODE, count(*) FROM icms_complaint WHERE ORIGIN_SYSTEM IS NULL GROUP BY 1"))
    found = {"counter": own.get("BY HAND", 0), "post": own.get("BY POST", 0), **{s: came.get(s, 0) for s, _ in SOURCES[2:]}}
    names = {"counter": "by hand, at the counter", "post": "by post", "cpo": "Commissioner's office", "lg": "LG house, Listening Post"}
    p.say("  Complaints in ICMS by source, counted in ICMS:")
    for source, title in SOURCES:
        p.say(f"      {names.get(source, title):28} {found[source]:>6,}")
    p.say(f"      {'together':28} {sum(found.values()):>6,}")
    check(p, found == {s: len(numbers) for s, numbers in made.items()}, "each source's complaints are in ICMS, no more and no fewer")
    check(p, sum(came.values()) == sum(map(len, made.values())), f"complaints in ICMS in November 2020: {sum(came.values()):,}")
    for system in [s for s, _ in SOURCES[2:]]:
        told = {t["number"] for t in p.peers[system].told() if t["stream"] == "action"}
        check(p, told == set(made[system]),
              f"{names.get(system, system.upper())}: heard from the police of {len(told):,} of its {len(made[system]):,} references")
    sent, got = 0, 0
    for system in [s for s, _ in SOURCES[2:]]:
        did = police.sql("SELECT count(*) FROM icms_action a JOIN icms_complaint c USING (COMPLAINT_ID) WHERE c.ORIGIN_SYSTEM = ?"
                         " AND a.ACTION = 'RS'", system)
        sent += did[0][0]
        got += sum(t["stream"] == "action" and t["action"] == "ATRS" for t in p.peers[system].told())
    check(p, sent and sent == got, f"reports of enquiry, in ICMS and at the six offices: {sent:,} and {got:,}")
    n, font = map(int, p.sql("SELECT count(*), count(*) FILTER (WHERE body_script = 'K' AND body_unicode IS NOT NULL) FROM bridge.complaint"
                             " WHERE source_system = 'cmts'")[0])
    sent = int(p.sql("SELECT count(*) FROM bridge.delivery d JOIN bridge.complaint c USING (bridge_id)"
                     " WHERE c.source_system = 'cmts'")[0][0])
    hindi = sum(r["body"] != "The complainant is disturbed by a factory." for r in old)
    check(p, n == len(old) and not sent, f"old complaints of CMTS in staging: {n:,} of {len(old):,}; sent anywhere: {sent}")
    check(p, font == hindi, f"of them in the font Kruti Dev, kept as they are and converted beside: {font:,} of {hindi:,}")
    row = p.sql("SELECT body_unicode FROM bridge.complaint WHERE source_system = 'cmts' AND body LIKE '%Hkkjr deZ%' LIMIT 1")
    check(p, bool(row) and "भारत कर्म" in row[0][0], "\"Hkkjr deZ\" is read as \"भारत कर्म\"")
