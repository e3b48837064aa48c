"""The rules of auditors (sql/audit): each is shown what it must find, planted among clean complaints, and what is only like it."""
import json
import re
import shutil

import pytest

from conftest import ROOT
from maps import MAPPINGS, Map
from matters import code, grievance

RULES = sorted(p.stem for p in (ROOT / "sql/audit").glob("*.sql"))
ZERO = r"'\x" + "00" * 32 + "'"
NOW = "2020-07-10T06:30:00Z"          # noon in India


def quote(value):
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def when(text):
    """"2020-06-01 10:00:00" in India as a timestamptz."""
    return None if text is None else f"{text}+05:30"


class Books:
    """Staging, written by hand: what a run would have staged long ago. Texts are made up."""

    def __init__(self, site):
        self.site = site
        site.clock.set(NOW)
        self.later, self.serial = [], 0
        self.run = int(site.one("INSERT INTO bridge.run (job, started_at, ended_at, state, exit_code, host, pid, program)"
                                " VALUES ('sync', '2020-06-01Z', '2020-06-01Z', 'done', 0, 'here', 1, 'test') RETURNING run_id"))
        site.sql("INSERT INTO bridge.system (system, role, title) VALUES ('igrs', 'portal', 'IGRS'), ('cctns', 'police', 'CCTNS')"
                 " ON CONFLICT DO NOTHING")

        self.role = re.sub(r"\W", "_", site.conninfo.split("dbname=")[1].split()[0])[:40] + "_auditor"
        site.sql(f"CREATE ROLE {self.role} LOGIN; GRANT bridge_auditor TO {self.role}")

    def look(self, *words):
        """A command by an auditor's login: it reads alone. What was written by hand is in no books, and a run would say so."""
        self.write()
        own = self.site.conf
        self.site.conf = own.with_name("auditor.conf")
        self.site.conf.write_text(own.read_text().replace("user=postgres", f"user={self.role}"))
        self.site.conf.chmod(0o600)
        try:
            return self.site("--json", *words)
        finally:
            self.site.conf = own

    def put(self, table, **row):
        row = {**row, **{k: when(v) for k, v in row.items() if k.endswith("_at") or k == "at"}}
        self.later.append(f"INSERT INTO bridge.{table} ({', '.join(row)}) OVERRIDING SYSTEM VALUE VALUES"
                          f" ({', '.join(map(quote, row.values()))})")

    def sql(self, query):
        self.write()
        return self.site.sql(query)

    def write(self):
        """What was put so far, in few calls."""
        while self.later:
            part, self.later = self.later[:100], self.later[100:]
            self.site.sql(";\n".join(part))

    def next(self):
        self.serial += 1
        return self.serial

    def complaint(self, number, **more):
        row = dict(source_system="igrs", number=number, number_norm=number, police_system="cctns", police_number=f"C{number}",
                   unit="UP-155", status="ENQR", identity="N", category="CRIME", complainant="Parikshak Kumar",
                   mobile="+915512345678", subject="Theft", body="A cycle was stolen.", received_at="2020-06-01 10:00:00",
                   marked_at="2020-06-01 11:00:00", registered_at="2020-06-01 12:00:00", first_run=self.run, last_run=self.run,
                   staged_at="2020-06-20 01:00:00", changed_at="2020-06-20 01:00:00")
        row.update(more)
        self.put("complaint", bridge_id=self.next(), **row)
        return self.serial

    def act(self, bridge_id, action, at, system="cctns", **more):
        self.put("action", **dict(dict(bridge_id=bridge_id, system=system, key=self.next(), at=at, action=action, text="done as told",
                                       digest="\\x" + "00" * 32, as_received="{}", first_run=self.run, last_run=self.run,
                                       staged_at="2020-07-09 01:00:00"), **more))

    def feedback(self, bridge_id, satisfied, at):
        self.put("feedback", bridge_id=bridge_id, system="igrs", key=self.next(), at=at, satisfied=satisfied, digest="\\x" + "00" * 32,
                 as_received="{}", first_run=self.run, last_run=self.run, staged_at="2020-07-09 01:00:00")

    def file(self, bridge_id, role, content, kind="image/png", system="cctns"):
        self.put("attachment", bridge_id=bridge_id, system=system, key=self.next(), role=role, content=content, content_size=9, type=kind,
                 content_type=kind, digest="\\x" + "00" * 32, as_received="{}", first_run=self.run, last_run=self.run,
                 staged_at="2020-06-20 01:00:00")

    def said(self, bridge_id, system, number, **more):
        self.put("source_record", **dict(dict(system=system, number=number, bridge_id=bridge_id, digest="\\x" + "00" * 32, as_received="{}",
                                              first_run=self.run, last_run=self.run), **more))

    def whole(self, number, **more):
        """A complaint from receipt to disposal, as it should be."""
        more = dict(dict(status="DISP", disposed_at="2020-06-09 15:00:00", disposal="NSUB", satisfied="Y"), **more)
        ident = self.complaint(number, **more)
        for action, at in (("REGD", "2020-06-01 12:00:00"), ("ASGN", "2020-06-02 10:00:00"), ("ENQR", "2020-06-03 10:00:00"),
                           ("ATRS", "2020-06-05 10:00:00"), ("DISP", "2020-06-09 15:00:00")):
            self.act(ident, action, at, officer_name=f"Officer of {number}" if action != "REGD" else None)
        self.feedback(ident, "Y", "2020-06-08 10:00:00")
        self.said(ident, "igrs", number, status="DISP", unit="UP-155", changed_at="2020-06-09 15:00:00")
        return ident

    def clean(self, n=5):
        for i in range(n):
            self.whole(f"CLEAN{i}", received_at="2020-06-01 00:00:00" if i % 2 else "2020-06-01 10:00:00")


@pytest.fixture
def books(make_site):
    site = make_site(portal=False, kind="site").ready()
    books = Books(site)
    books.clean()
    return books


def found(books, rule):
    """{number or unit: detail} of one rule; it must be what is new, too, and nobody's name or mobile may be told."""
    ran = books.look("audit", rule, "--list")
    assert ran.code in (0, 3), ran.err
    tables = json.loads(ran.out)["tables"]
    (row,) = tables["audit"]
    assert row["rule"] == rule and row["open"] == row["new"] == len(tables["findings"]) and ran.code == (3 if row["open"] else 0)
    assert "Parikshak" not in ran.out + ran.err and "5512345678" not in ran.out + ran.err
    out = {}
    for f in tables["findings"]:
        out.setdefault(f["number"] or f["unit"], []).append(f["detail"])
    return out


def numbers(books, rule):
    return sorted(found(books, rule))


# ---------------------------------------------------------------- the order of events

def test_fir_before_gd(books):
    for number, fir, gd in (("P1", "2020-06-05 10:00:00", "2020-06-05 10:00:01"), ("P2", "2020-06-01 23:00:00", "2020-06-02 00:00:00"),
                            ("P3", "2020-06-01 00:00:00", "2020-06-02 09:00:00"),
                            ("N1", "2020-06-05 10:00:01", "2020-06-05 10:00:00"), ("N2", "2020-06-05 10:00:00", "2020-06-05 10:00:00"),
                            ("N3", "2020-06-05 00:00:00", "2020-06-05 09:00:00"),      # a day alone is the whole day
                            ("N4", "2020-06-05 10:00:00", None), ("N5", None, "2020-06-05 10:00:00")):
        books.complaint(number, fir_at=fir, gd_at=gd, fir_number="1/2020", gd_number="7")
    told = found(books, "fir_before_gd")
    assert sorted(told) == ["P1", "P2", "P3"]
    assert told["P1"] == ["FIR of 2020-06-05 10:00:00, general diary entry of 2020-06-05 10:00:01"]
    assert told["P2"] == ["FIR of 2020-06-01 23:00:00, general diary entry of 2020-06-02"]


def test_disposal_before_receipt(books):
    books.complaint("P1", disposed_at="2020-06-01 09:59:59", status="DISP")
    books.act(books.complaint("P2"), "ATRS", "2020-05-31 10:00:00")
    books.act(books.complaint("P3", received_at=None), "INTR", "2020-06-01 10:59:59")
    both = books.complaint("P4", received_at="2020-06-04 00:00:00", marked_at="2020-06-04 00:00:00", disposed_at="2020-06-03 00:00:00")
    books.act(both, "CLSD", "2020-06-03 10:00:00", system="igrs")
    books.complaint("N1", disposed_at="2020-06-01 10:00:00", status="DISP")
    books.complaint("N2", disposed_at="2020-06-01 00:00:00", status="DISP")         # some time on the day of receipt
    books.act(books.complaint("N3"), "ASGN", "2020-05-31 10:00:00")
    books.complaint("N4", received_at=None, marked_at=None, disposed_at="2020-05-01 09:00:00")
    told = found(books, "disposal_before_receipt")
    assert sorted(told) == ["P1", "P2", "P3", "P4"] and all(len(d) == 1 for d in told.values())
    assert told["P1"] == ["DISP in cctns of 2020-06-01 09:59:59, received 2020-06-01 10:00:00"]
    assert told["P4"] == ["DISP in cctns of 2020-06-03, received 2020-06-04"]


def test_report_before_notice(books):
    books.act(books.complaint("P1", direction_at="2020-06-10 00:00:00"), "ATRS", "2020-06-09 23:59:59")
    books.complaint("P2", direction_at="2020-06-10 00:00:00", disposed_at="2020-06-09 00:00:00")
    books.act(books.complaint("P3", direction_at="2020-06-10 10:00:00"), "DISP", "2020-06-10 09:59:59")
    books.act(books.complaint("N1", direction_at="2020-06-10 00:00:00"), "ATRS", "2020-06-10 00:00:01")
    books.act(books.complaint("N2", direction_at="2020-06-10 10:00:00"), "ATRS", "2020-06-10 00:00:00")
    books.act(books.complaint("N3", direction_at="2020-06-10 00:00:00"), "ENQR", "2020-06-02 10:00:00")
    books.act(books.complaint("N4"), "ATRS", "2020-06-02 10:00:00")
    assert numbers(books, "report_before_notice") == ["P1", "P2", "P3"]


def test_told_before_registration(books):
    books.act(books.complaint("P1"), "ASGN", "2020-06-01 11:59:59")
    books.act(books.complaint("P2", registered_at="2020-06-03 00:00:00"), "DISP", "2020-06-02 23:00:00")
    late = books.complaint("P3", registered_at="2020-06-20 09:00:00")
    books.act(late, "INTR", "2020-06-19 09:00:00")
    books.act(late, "ASGN", "2020-06-18 09:00:00")
    books.act(books.complaint("N1"), "ASGN", "2020-06-01 12:00:00")
    books.act(books.complaint("N2"), "FWDD", "2020-06-01 11:00:00")
    books.act(books.complaint("N3"), "ASGN", "2020-06-01 11:00:00", system="igrs")   # a portal's own officer
    books.act(books.complaint("N4", registered_at=None), "ASGN", "2020-06-01 11:00:00")
    books.act(books.complaint("N5"), "ASGN", "2020-06-01 00:00:00")
    told = found(books, "told_before_registration")
    assert sorted(told) == ["P1", "P2", "P3"] and told["P3"] == ["ASGN in cctns of 2020-06-18 09:00:00, registered 2020-06-20 09:00:00"]


def test_future_dates(books):
    now = "2020-07-10 12:00:00"
    books.complaint("P1", disposed_at="2020-07-10 12:10:01", changed_at=now)
    books.complaint("P2", fir_at="2020-06-25 10:00:00", received_at="2020-06-24 10:00:00")   # passed since, not when it was read
    books.complaint("P3", incident_on="2020-07-11", changed_at=now)
    books.act(books.complaint("P4"), "ATRS", "2020-07-09 01:10:01")
    books.feedback(books.complaint("P5"), "Y", "2021-07-01 10:00:00")
    books.complaint("N1", disposed_at="2020-07-10 12:10:00", changed_at=now)                   # clocks may differ so much
    books.complaint("N2", due_at="2020-09-01 10:00:00", expected_at="2020-09-01 10:00:00")
    books.complaint("N3", incident_on="2020-07-10", changed_at=now)
    books.act(books.complaint("N4"), "ATRS", "2020-07-09 01:10:00")
    told = found(books, "future_dates")
    assert sorted(told) == ["P1", "P2", "P3", "P4", "P5"]
    assert told["P2"] == ["fir_at is 2020-06-25 10:00:00, read 2020-06-20 01:00:00",
                          "received_at is 2020-06-24 10:00:00, read 2020-06-20 01:00:00"]
    assert told["P4"] == ["action in cctns is 2020-07-09 01:10:01, read 2020-07-09 01:00:00"]


def history(books, number, words, start=1, **more):
    ident = books.complaint(number, **more)
    for day, action in enumerate(words.split(), start):
        if action == "-":
            books.feedback(ident, "N", f"2020-06-{day:02d} 14:00:00")
        elif action.startswith("igrs:"):
            books.act(ident, action[5:], f"2020-06-{day:02d} 14:00:00", system="igrs")
        else:
            books.act(ident, action, f"2020-06-{day:02d} 14:00:00")
    return ident


def test_status_jumps(books):
    planted = {"P1": "REGD ATRS DISP", "P2": "REGD ASGN DISP", "P3": "REGD ASGN ENQR ATRS DISP ENQR ATRS DISP", "P4": "ATRS DISP",
               "P5": "REGD CLSD", "P6": "REGD ASGN ATRS DISP CLSD ASGN", "P7": "RJCT ASGN", "P8": "REOP ASGN ATRS",
               "P9": "REGD ASGN ATRS ASGN"}
    clean = {"N1": "REGD ASGN ATRS DISP", "N2": "RECV REGD FWDD ASGN ENQR INFO INTR ATRS ATRR ENQR ATRS DISP CLSD",
             "N3": "REGD ASGN ASGN RMND ENQR ENQR ATRS DISP REOP ENQR ATRS DISP", "N4": "REGD ASGN ATRS DISP - ENQR ATRS DISP",
             "N5": "REGD RJCT", "N6": "REGD TRNO REOP ASGN", "N7": "REGD ASGN ATRS DISP APPL DISP", "N8": "ASGN ATRS REOP ATRS",
             "N9": "REGD ASGN ATRS DISP igrs:REOP ATRS DISP", "NA": "igrs:DISP igrs:ASGN igrs:REGD", "NB": "REGD DUPL", "NC": "REGD"}
    for number, words in {**planted, **clean}.items():
        history(books, number, words)
    same = books.complaint("ND")          # the same second: the order of the states
    for action in ("DISP", "ATRS", "ASGN", "REGD"):
        books.act(same, action, "2020-06-03 10:00:00")
    told = found(books, "status_jumps")
    assert sorted(told) == sorted(planted)
    assert told["P1"] == ["ATRS of 2020-06-02 14:00:00 in cctns follows REGD"]
    assert told["P3"] == ["ENQR of 2020-06-06 14:00:00 in cctns follows DISP"]
    assert told["P4"] == ["ATRS of 2020-06-01 14:00:00 in cctns is the first act"]
    books.sql("INSERT INTO bridge.state_step VALUES ('RJCT', 'ASGN')")
    assert "P7" not in numbers(books, "status_jumps")


# ---------------------------------------------------------------- how it was disposed of

def test_bulk_closing(books):
    def closed(unit, n, at, **more):
        for i in range(n):
            books.complaint(f"{unit}-{at}-{i}", unit=unit, disposed_at=at, status="DISP", **more)
    closed("UP-118", 20, "2020-06-30 18:00:00")                 # at the first second, 20 of 80 = 25 %
    closed("UP-118", 60, "2020-06-12 12:00:00")
    closed("UP-119", 25, "2020-05-31 23:59:59")                 # another month
    closed("UP-120", 20, "2020-06-30 17:59:59")                 # a second before
    closed("UP-121", 19, "2020-06-30 20:00:00")                 # one too few
    closed("UP-122", 20, "2020-06-30 20:00:00")                 # 20 of 81
    closed("UP-122", 61, "2020-06-12 12:00:00")
    closed("UP-123", 30, "2020-06-30 00:00:00")                 # the day alone
    closed("UP-124", 30, "2020-07-01 00:00:01")                 # the month after
    told = found(books, "bulk_closing")
    assert told == {"UP-118": ["20 of 80 disposals of 2020-06 in its last 6 hours"],
                    "UP-119": ["25 of 25 disposals of 2020-05 in its last 6 hours"]}
    books.sql("UPDATE bridge.rule_parameter SET value = '19' WHERE rule = 'bulk_closing' AND name = 'least'")
    assert numbers(books, "bulk_closing") == ["UP-118", "UP-119", "UP-121"]


def test_disposal_without_report(books):
    def case(number, acts=(), **more):
        ident = books.complaint(number, **dict(dict(status="DISP", disposed_at="2020-06-09 10:00:00", disposal="NSUB"), **more))
        for action, text in acts:
            books.act(ident, action, "2020-06-08 10:00:00", text=text)
        return ident
    case("P1")
    case("P2", [("ASGN", "Named for the enquiry."), ("ATRS", None), ("DISP", "")])
    case("P3", [("ATRS", " ..........  -\n")], status="CLSD")
    case("P4", [("DISP", "निस्तारित")])                                                       # nine characters
    books.file(case("P5"), "COMPLAINT", "aa" * 32)
    case("N1", [("ATRS", "Statements were taken.")])
    case("N2", [("DISP", "निस्तारितः")])
    books.file(case("N3"), "ATR", "bb" * 32, "application/pdf")
    case("N4", disposal="DUPL")
    case("N5", status="ATRS")
    case("N6", status="RJCT")
    books.sql("INSERT INTO bridge.system (system, role, title) VALUES ('cmts', 'archive', 'CMTS')")
    case("N7", source_system="cmts", police_system=None)
    told = found(books, "disposal_without_report")
    assert sorted(told) == ["P1", "P2", "P3", "P4", "P5"] and told["P1"] == ["disposed of 2020-06-09 10:00:00 as NSUB, no report"]


def test_disposal_without_satisfaction(books):
    def case(number, status, *answers, system="igrs", **more):
        ident = books.complaint(number, status="DISP", **more)
        books.said(ident, system, number, status=status)
        for day, answer in enumerate(answers, 1):
            books.feedback(ident, answer, f"2020-06-0{day} 10:00:00")
    case("P1", "DISP")
    case("P2", "CLSD", "N", satisfied="N")
    case("P3", "DISP", "U", satisfied="U")
    case("N1", "DISP", "Y", satisfied="Y")
    case("N2", "DISP", "N", "Y", satisfied="Y")
    case("N3", "ATRS")                                          # the portal waits, as it should
    case("N4", "DISP", system="hrcms")                          # asks afterwards
    assert found(books, "disposal_without_satisfaction") == {
        "P1": ["igrs holds it as DISP, nobody asked the complainant"], "P2": ["igrs holds it as CLSD, the complainant is not satisfied"],
        "P3": ["igrs holds it as DISP, the complainant could not be asked"]}


def test_the_systems_that_wait_for_satisfaction_are_those_of_the_maps(books):
    maps = sorted(p.stem for p in MAPPINGS.glob("*.map") if Map(p.stem).keys.get("dispose") == "satisfied")
    assert maps and books.site.one("SELECT value FROM bridge.rule_parameter WHERE rule = 'disposal_without_satisfaction'"
                                   " AND name = 'systems'").split() == maps


def test_same_site_photo(books):
    one, two, three = ("1a" * 32, "2b" * 32, "3c" * 32)
    for number in ("P1", "P2", "P3"):
        books.file(books.complaint(number), "SITE_PHOTO", one)
    for number in ("P4", "P5"):
        books.file(books.complaint(number), "ATR", two)         # a picture given as a report
    first = books.complaint("N1")
    for system in ("cctns", "igrs"):                            # at both ends of one complaint
        books.file(first, "SITE_PHOTO", three, system=system)
    books.file(books.complaint("N2", status="DUPL"), "SITE_PHOTO", three)
    books.file(books.complaint("N3", disposal="DUPL"), "SITE_PHOTO", three)
    for number, kind in (("N4", "application/pdf"), ("N5", "application/pdf")):
        books.file(books.complaint(number), "ATR", "4d" * 32, kind)         # a form that everybody encloses
    for number in ("N6", "N7"):
        books.file(books.complaint(number), "EVIDENCE", "5e" * 32)          # what complainants send
    parent = books.complaint("N8")
    books.sql(f"INSERT INTO bridge.link VALUES ('igrs', 'N8', 'N8', {parent}, {books.run}, now())")
    books.file(parent, "SITE_PHOTO", "6f" * 32)
    books.file(books.complaint("N9", parent_origin="igrs", parent_number="N8"), "SITE_PHOTO", "6f" * 32)
    told = found(books, "same_site_photo")
    assert sorted(told) == ["P1", "P2", "P3", "P4", "P5"]
    assert told["P1"] == ["picture 1a1a1a1a1a1a stands with 3 complaints; another is P2 of igrs"]
    assert told["P5"] == ["picture 2b2b2b2b2b2b stands with 2 complaints; another is P4 of igrs"]


# ---------------------------------------------------------------- who does it

SUPELA, BHATTI = "CG-DURG-BN-02", "CG-DURG-BN-03"


def test_marked_to_accused(books):
    durg = dict(unit="CG-DURG", station=SUPELA)
    planted = {"P1": dict(against="SHO, PS Supela", **durg), "P2": dict(against="Thana-Supela ke daroga", **durg),
               "P3": dict(against="थानाध्यक्ष सुपेला", **durg),
               "P4": dict(against="Constables of Supela Police Station; two in all", unit=SUPELA),
               "P5": dict(against="the S.P. of Durg", **durg),
               "P6": dict(against="पुलिस अधीक्षक, दुर्ग; पुलिस अधीक्षक दुर्ग", unit="CG-DURG"),
               "P7": dict(against="the SHO of\nthe Supela police", **durg)}
    clean = {"N1": dict(against="SHO, PS Supela", unit="CG-DURG", station=BHATTI), "N2": dict(against="SHO Supelapur", **durg),
             "N3": dict(against="Ram Lal, resident of Supela, Durg", **durg), "N4": dict(against="Durg police", **durg),
             "N5": dict(against="Chhattisgarh Police", unit="CG"), "N6": dict(against="SHO Supela", unit="CG-DURG"),
             "N7": dict(against="A neighbour, supposed to be from Supela", **durg), "N8": dict(against="", **durg),
             "N9": dict(against="SP Durgapur", **durg)}
    for number, more in {**planted, **clean}.items():
        books.complaint(number, **more)
    told = found(books, "marked_to_accused")
    assert sorted(told) == sorted(planted)
    assert told["P1"] == [f"against {SUPELA}, handled by {SUPELA}"] and told["P5"] == [f"against CG-DURG, handled by {SUPELA}"]


def test_wrong_supervisor(books):
    books.sql("UPDATE bridge.unit SET valid_to = '2020-05-31' WHERE unit = 'UP-119'")
    books.sql("UPDATE bridge.unit SET valid_to = '2020-06-01' WHERE unit = 'UP-120'")
    books.sql("UPDATE bridge.unit SET valid_from = '2020-06-02' WHERE unit = 'UP-121'")
    books.complaint("P1", unit="UP-155", station=SUPELA)
    books.complaint("P2", unit="CG-DURG-BN-03", station=SUPELA)
    books.complaint("P3", unit="UP-119")                        # ended the day before
    books.complaint("N1", unit="CG-DURG", station=SUPELA)
    books.complaint("N2", unit="CG-DURG-BN", station=SUPELA)
    books.complaint("N3", unit="CG", station=SUPELA)
    books.complaint("N4", unit=SUPELA, station=SUPELA)
    books.complaint("N5", unit=SUPELA, station="CG-DURG-BN")    # told the other way round
    books.complaint("N6", unit=None, station=SUPELA)
    books.complaint("N7", unit="UP-120")                        # ends on that day
    books.complaint("N8", unit="UP-121")                        # of before its unit began: the map gives it to the younger one
    assert found(books, "wrong_supervisor") == {
        "P1": [f"station {SUPELA} is below CG-DURG-BN, marked to UP-155"],
        "P2": [f"station {SUPELA} is below CG-DURG-BN, marked to CG-DURG-BN-03"],
        "P3": ["UP-119 ended on 2020-05-31, marked on 2020-06-01"]}


def test_identity_exposed(books):
    def version(ident, was):
        books.sql(f"INSERT INTO bridge.complaint_version VALUES ({ident}, 1, '{was}', 'igrs', {books.run}, now())")
    secret = dict(complainant=None, mobile=None)
    books.complaint("P1", identity="S")                                             # name and mobile in clear text
    books.complaint("P2", identity="A", complainant=None)
    books.said(books.complaint("P3"), "igrs", "P3", sealed="complainant mobile")
    version(books.complaint("P4", identity="S", **secret), '{"complainant": "Parikshak Kumar", "mobile": null}')
    books.act(books.complaint("P5", identity="C"), "ENQR", "2020-06-05 10:00:00", text="Went with PARIKSHAK KUMAR to the place.")
    books.act(books.complaint("P6", identity="C"), "ATRS", "2020-06-05 10:00:00", text="He was called on 05512345678.")
    books.complaint("P7", identity="C", subject="Threat to Parikshak Kumar")
    books.act(books.complaint("P8", category="WOMEN"), "DISP", "2020-06-05 10:00:00", text="Parikshak Kumar was heard.")
    books.act(books.complaint("P9", age=17), "DISP", "2020-06-05 10:00:00", text="Parikshak Kumar was heard.")
    books.complaint("PA", body="Please see that my Name be kept SECRET, he is dangerous.")
    books.complaint("PB", body="मेरा नाम गोपनीय रखा जाये।", identity=None)
    books.complaint("N1", identity="S", **secret)
    books.complaint("N2", identity="A", **secret)
    books.said(books.complaint("N3", **secret), "igrs", "N3", sealed="complainant mobile")
    version(books.complaint("N4", identity="S", **secret), '{"complainant": null, "mobile": ""}')
    version(books.complaint("N5"), '{"complainant": "Parikshak Kumar"}')
    books.act(books.complaint("N6", identity="C"), "ATRS", "2020-06-05 10:00:00", text="Heard. Kumar sweets shop was seen.")
    books.act(books.complaint("N7"), "DISP", "2020-06-05 10:00:00", text="Parikshak Kumar was heard.")
    books.act(books.complaint("N8", category="WOMEN"), "ATRS", "2020-06-05 10:00:00", text="Parikshak Kumar was heard.")   # not told
    books.act(books.complaint("N9", age=18), "DISP", "2020-06-05 10:00:00", text="Parikshak Kumar was heard.")
    books.complaint("NA", body="Secret papers were stolen, the name of the thief is known.")
    books.complaint("NB", body="my name be kept secret", identity="C")
    books.act(books.complaint("NC", identity="C", complainant="Om"), "ENQR", "2020-06-05 10:00:00", text="Somebody came from home.")
    told = found(books, "identity_exposed")
    assert sorted(told) == ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "PA", "PB"]
    assert told["P1"] == told["P3"] == ["in clear text: complainant, mobile"] and told["P2"] == ["in clear text: mobile"]
    assert told["P4"] == ["in an older version: complainant"] and told["P5"] == ["named in ENQR in cctns"]
    assert told["P7"] == ["named in the subject"] and told["P8"] == ["named in DISP in cctns"]


def test_silent_units_of_the_police(books):
    def case(unit, last, status="ENQR", number=None, **more):
        ident = books.complaint(number or f"{unit}-{last}-{status}", unit=unit, status=status, registered_at="2020-05-01 10:00:00", **more)
        if last:
            books.act(ident, "ENQR", last)
    case("UP-118", "2020-06-10 11:59:59")
    case("UP-119", None)
    case("UP-120", "2020-06-10 12:00:00")                       # thirty days to the second
    case("UP-121", "2020-06-01 12:00:00", "DISP")               # nothing is open
    case("UP-122", "2020-06-01 12:00:00")
    case("UP-122", "2020-07-01 12:00:00", "DISP")               # it speaks of another
    case("UP-123", "2021-06-01 12:00:00")                       # of the future: no word
    assert found(books, "silent_units") == {
        "UP-118": ["1 complaints open, no word since 2020-06-10 11:59:59"],
        "UP-119": ["1 complaints open, no word since 2020-05-01 10:00:00"],
        "UP-123": ["1 complaints open, no word since 2020-05-01 10:00:00"]}


def test_silent_units_of_an_archive(books):
    books.sql("INSERT INTO bridge.system (system, role, title, listed) VALUES ('cmts', 'archive', 'CMTS', true), "
              "('old', 'archive', 'Older', false)")
    books.said(books.complaint("O0", status="DISP"), "old", "O0", unit="DL-8162", changed_at="2019-01-01 10:00:00")
    for number, unit, at in (("O1", "DL-8162", "2020-07-03 11:59:59"), ("O2", "DL-8165", "2020-07-03 12:00:00"),
                             ("O3", "DL-8166", "2020-06-01 12:00:00"), ("O4", "DL-8166", "2020-07-10 10:00:00"),
                             ("O5", "DL-8170", None)):
        ident = books.complaint(number, source_system="cmts", police_system=None, unit=unit, status="DISP")
        books.said(ident, "cmts", number, unit=unit, changed_at=at)
    assert found(books, "silent_units") == {"DL-8162": ["fed nothing since 2020-07-03 11:59:59"], "DL-8170": ["fed nothing since ever"]}


def test_busy_officer(books):
    def acts(name, n, at, mobile=None, system="cctns", action="ATRS"):
        for i in range(n):
            ident = books.complaint(f"{name}{mobile or ''}-{at}-{i:02d}")
            books.act(ident, action, at, officer_name=name, officer_mobile=mobile, system=system)
    acts("O-A", 40, "2020-06-05 00:00:00")              # the day alone: forty on it
    acts("O-B", 15, "2020-06-05 14:59:59")
    acts("O-C", 39, "2020-06-05 00:00:00")
    acts("O-D", 14, "2020-06-05 14:00:00")
    acts("O-D", 14, "2020-06-05 15:00:00")
    acts("O-E", 14, "2020-06-05 14:00:00", "+915500000001")
    acts("O-E", 14, "2020-06-05 14:00:00", "+915500000002")   # of the same name
    acts("O-F", 20, "2020-06-05 14:00:00", action="ENQR")
    acts("O-J", 45, "2020-06-05 14:00:00", action="DISP")
    acts("O-G", 20, "2020-06-05 14:00:00", system="igrs")
    same = books.complaint("N1")
    for _ in range(20):
        books.act(same, "ATRS", "2020-06-05 16:00:00", officer_name="O-H")
    assert found(books, "busy_officer") == {
        "O-A-2020-06-05 00:00:00-00": ["40 reports by one officer on 2020-06-05 in cctns, the first of them this one"],
        "O-B-2020-06-05 14:59:59-00": ["15 reports by one officer on 2020-06-05 between 14:00 and 14:59 in cctns, "
                                               "the first of them this one"]}


# ---------------------------------------------------------------- the rules as such

def test_every_rule_says_what_it_is_and_goes_by_parameters_that_are_there(books):
    rows = {r["rule"]: r for r in json.loads(books.look("audit", "list").out)["tables"]["rules"]}
    assert sorted(rows) == RULES and len(RULES) >= 15
    for row in rows.values():
        english, hindi = row["title"].split(" | ")
        assert english.isascii() and re.search("[\u0900-\u097f]{3}", hindi)
        english, hindi = row["finds"].split(" | ")
        assert len(english) > 40 and english.isascii() and len(re.findall("[\u0900-\u097f]+", hindi)) > 8, row
        assert row["source"] and row["limits"]
    used = {(rule, name) for rule in RULES for name in re.findall(r"name = '(\w+)'", (ROOT / f"sql/audit/{rule}.sql").read_text())}
    there = {(rule, name) for rule, name in books.sql("SELECT rule, name FROM bridge.rule_parameter")}
    assert used == there
    states = {w for (w,) in books.sql("SELECT before FROM bridge.state_step UNION SELECT after FROM bridge.state_step")} - {""}
    words = re.search(r'^status .*words="([^"]+)"', (MAPPINGS / "canonical.fields").read_text(), re.M)[1].split()
    assert states == set(words)


def test_a_finding_lives_from_run_to_run(books):
    site = books.site
    books.complaint("P1", fir_at="2020-06-05 10:00:00", gd_at="2020-06-05 11:00:00")
    books.complaint("P2", fir_at="2020-06-05 10:00:00", gd_at="2020-06-05 11:00:00")
    books.write()

    def run():
        (row,) = site.json("audit", "fir_before_gd")["tables"]["audit"]
        return row["open"], row["new"], row["ended"]
    assert run() == (2, 2, 0)
    assert run() == (2, 0, 0)
    site.sql("UPDATE bridge.complaint SET gd_at = fir_at WHERE number = 'P1'")
    site.sql("UPDATE bridge.complaint SET gd_at = gd_at + interval '1 h', unit = 'UP-118' WHERE number = 'P2'")
    assert run() == (1, 0, 1)
    site.sql("UPDATE bridge.complaint SET gd_at = gd_at + interval '1 h' WHERE number = 'P1'")
    assert run() == (2, 1, 0)
    runs = [int(r) for (r,) in site.sql("SELECT run_id FROM bridge.run WHERE job = 'audit' ORDER BY 1")]
    assert len(runs) == 4
    kept = site.sql("SELECT number, unit, first_run, last_run, ended_run FROM bridge.finding ORDER BY number, first_run")
    a, b, c, d = map(str, runs)
    assert kept == [["P1", "UP-155", a, b, c], ["P1", "UP-155", d, d, None], ["P2", "UP-118", a, d, None]]
    assert site.one("SELECT detail FROM bridge.finding WHERE number = 'P2'").endswith("2020-06-05 12:00:00")
    with pytest.raises(RuntimeError, match="refused"):
        site.sql("DELETE FROM bridge.finding")
    with pytest.raises(RuntimeError, match="refused"):
        site.sql("UPDATE bridge.finding SET ended_run = NULL")


def own_sql(site):
    """A copy of sql/ that this site may spoil."""
    folder = site.folder / "sql"
    shutil.copytree(ROOT / "sql", folder)
    site.conf.write_text(site.conf.read_text().replace(f"sql = {ROOT}/sql", f"sql = {folder}"))
    return folder / "audit"


def test_a_rule_that_fails_is_said_by_name_and_the_others_run(books):
    site = books.site
    books.complaint("P1", fir_at="2020-06-05 10:00:00", gd_at="2020-06-05 11:00:00")
    books.write()
    audit = own_sql(site)
    head = "-- title: Of no use | बेकार\n"
    (audit / "a_broken.sql").write_text(head + "SELECT nothing FROM bridge.nowhere\n")
    (audit / "b_column.sql").write_text(head + "SELECT 'igrs' AS system, '1' AS number, '' AS unit, '' AS item\n")
    (audit / "c_title.sql").write_text("SELECT 1\n")
    (audit / "d_writes.sql").write_text(head + "SELECT nextval('bridge.run_run_id_seq') AS system\n")
    (audit / "e_two.sql").write_text(head + "SELECT 1; SELECT 2\n")
    (audit / "f_value.sql").write_text(head + "SELECT c.complainant::int FROM bridge.complaint c\n")
    ran = site("--json", "audit", code=1)
    result = json.loads(ran.out)
    rows = {r["rule"]: r for r in result["tables"]["audit"]}
    failed = sorted(rule for rule, row in rows.items() if row["open"] is None)
    assert failed == ["a_broken", "b_column", "c_title", "d_writes", "e_two", "f_value"] and rows["fir_before_gd"]["open"] == 1
    assert sorted(rows) == sorted(RULES + failed)
    for rule in failed:
        assert any(f'"{rule}"' in line for line in result["lines"]) and f'"{rule}"' in ran.err
    assert "Parikshak" not in ran.err + ran.out and "nowhere" in ran.err
    assert any(re.fullmatch("audit: [12] findings, [12] new", line) for line in result["lines"])
    # what one rule found is not ended because it fails on another night
    (audit / "fir_before_gd.sql").write_text(head + "SELECT")
    site("audit", code=1)
    assert site.sql("SELECT number, ended_run FROM bridge.finding WHERE rule = 'fir_before_gd'") == [["P1", None]]


def test_a_rule_that_is_not_there(books):
    ran = books.site("audit", "fir_before_gd", "fir_before_dinner", code=2)
    assert "fir_before_dinner" in ran.err and all(rule in ran.err for rule in RULES)
    assert books.site.one("SELECT count(*) FROM bridge.run WHERE job = 'audit'") == "0"
    books.site("audit", "list", "fir_before_gd", code=2)
    assert len(json.loads(books.look("audit", "status_jumps", "bulk_closing", "status_jumps").out)["tables"]["audit"]) == 2


def test_an_auditor_runs_the_rules_and_keeps_nothing(books):
    site = books.site
    books.complaint("P1", fir_at="2020-06-05 10:00:00", gd_at="2020-06-05 11:00:00")
    books.write()
    site("audit")
    books.complaint("P2", fir_at="2020-06-05 10:00:00", gd_at="2020-06-05 11:00:00")
    books.write()
    before = site.sql("SELECT (SELECT max(run_id) FROM bridge.run), f::text, f.xmin FROM bridge.finding f ORDER BY 2")
    ran = books.look("audit", "--list")
    result = json.loads(ran.out)
    assert ran.code == 3 and {r["rule"] for r in result["tables"]["audit"]} == set(RULES)
    rows = [(r["number"], r["new"], r["since"] is None) for r in result["tables"]["findings"] if r["rule"] == "fir_before_gd"]
    assert rows == [("P1", False, False), ("P2", True, True)]
    assert "this login only reads: nothing was kept" in result["lines"]
    assert site.sql("SELECT (SELECT max(run_id) FROM bridge.run), f::text, f.xmin FROM bridge.finding f ORDER BY 2") == before
    own = site.conninfo.replace("user=postgres", f"user={books.role}")
    for statement in ("INSERT INTO bridge.finding SELECT 'a', 'b', 'c', '', NULL, '', 1, 1", "UPDATE bridge.finding SET detail = ''",
                      "UPDATE bridge.rule_parameter SET value = '1'", "DELETE FROM bridge.state_step"):
        with pytest.raises(RuntimeError, match="permission denied"):
            site.pg.sql(statement, own)


# ---------------------------------------------------------------- in the nightly run

def test_the_nightly_run_says_what_it_found_and_ends_as_before(site):
    site.store.add_complaints([grievance(n) for n in range(1, 6)])
    assert "audit: 0 findings, 0 new" in site.json("sync", code=0)["lines"]
    site.clock.set("2020-06-12T20:00:00Z")
    site.cctns.sql("UPDATE t_complaint SET FIR_REG_NUM = 77, FIR_DT = '2020-06-11 10:00:00', GD_NUM = '5', GD_DT = '2020-06-11 10:00:01',"
                   " RECORD_STATUS = 'M', RECORD_UPDATED_ON = '2020-06-11 12:00:00', RECORD_UPDATED_BY = 'station' WHERE ORIGIN_NO = ?",
                   code(2))
    assert "audit: 1 findings, 1 new" in site.json("sync", code=0)["lines"]
    assert "audit: 1 findings, 0 new" in site.json("reconcile", code=0)["lines"]
    assert "audit: 1 findings, 0 new" in site.json("reconcile", "--sweep", code=0)["lines"]
    assert site.sql("SELECT rule, number, unit FROM bridge.finding") == [["fir_before_gd", code(2), "UP-155"]]
    assert not any("audit" in line for line in site.json("sync", "--dry-run", code=0)["lines"])
    # a rule that fails changes nothing but the lines
    (own_sql(site) / "bad.sql").write_text("SELECT\n")
    lines = site.json("sync", code=0)["lines"]
    assert 'audit: rule "bad" was not run: see the log' in lines and "audit: 1 findings, 0 new" in lines
