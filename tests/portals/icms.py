"""ICMS of Delhi Police in rehearsal: the tables of sql/icms/, and what units and stations type into them.

    police = Peer(folder, clock)                        # a SQLite file; on=MariaDB(...) of rows.py: a database of a server
    police.add([{"unit": "DL-8162-01", "mode": "HAND", "complainant": ..., "received_at": "2020-11-10T05:00:00Z", ...}]) -> [number]
    so = police.officer("सत्यवीर सिंह", "SI", 5550001111, "DL-8162-01")
    police.act("PGMS/2020/0000007", "ASGN", "2020-11-11T05:00:00Z", officer=so)     # once more with another: reassigned
    police.file("PGMS/2020/0000007", "report.pdf", "ATR", data, "2020-11-12T05:00:00Z")
    police.feedback("PGMS/2020/0000007", "2020-11-20T05:00:00Z", level="SHO", satisfied="Y", rating=4)
    police.held()[number]                               # canonical fields and values, "actions", "files", "feedback"

A complaint is named by the number of the system that it came from, or by its own. Its words are put into ours here by hand
and not by the map, so that a wrong map shows.
"""
from rows import Sqlite
from store import Clock, ist, utc

STATUS = {"REGD": "RG", "FWDD": "FW", "ASGN": "AS", "ENQR": "EN", "INFO": "IN", "INTR": "IR", "ATRS": "RS", "ATRR": "RB", "DISP": "DS",
          "CLSD": "CL", "REOP": "RO", "TRNO": "TR", "RJCT": "NE", "DUPL": "DP", "WDRN": "WD", "RMND": "RM"}
KIND = {"COMPLAINT": "C", "SUGGESTION": "S", "REQUEST": "R", "TIP": "T"}
MODE = {"HAND": "BY HAND", "POST": "BY POST", "MAIL": "EMAIL", "WEB": "ONLINE", "PHONE": "PHONE", "APP": "APP", "QR": "QR",
        "PORTAL": "PORTAL"}
CATEGORY = {"CRIME": "Crime", "WOMEN": "Crime against women", "CYBER": "Cyber crime", "NOFIR": "FIR not registered",
            "POLMISC": "Police misconduct", "CORRUPT": "Corruption", "TRAFFIC": "Traffic", "PROPERTY": "Property dispute",
            "LAWORDER": "Law and order", "ILLTRADE": "Illegal trade", "VERIF": "Verification", "SUGGEST": "Suggestion",
            "SERVICE": "Service matter", "HR": "Human rights", "OTHER": "Miscellaneous"}
SAME = {"number": "COMPLAINT_NO", "origin": "ORIGIN_SYSTEM", "origin_number": "ORIGIN_NO", "case_number": "CASE_NO", "dak_number": "DAK_NO",
        "identity": "IDENTITY", "ref_type": "REF_TYPE", "ref_class": "REF_CLASS", "addressed_by": "ADDRESSED_BY", "priority": "PRIORITY",
        "subject": "SUBJECT", "body": "DETAILS", "against": "AGAINST_WHOM", "incident_on": "INCIDENT_ON", "complainant": "APPLICANT",
        "relative_name": "RELATIVE_NAME", "gender": "GENDER", "age": "AGE", "email": "EMAIL", "address": "ADDRESS", "pincode": "PINCODE",
        "level": "LEVEL_CD", "disposal": "DISPOSAL", "reason": "REASON", "fir_number": "FIR_NO", "gd_number": "GD_NO"}
TIMES = {"received_at": "RECEIVED_ON", "registered_at": "REG_ON", "marked_at": "MARKED_ON", "direction_at": "DIRECTION_ON",
         "due_at": "DUE_ON", "expected_at": "EXPECTED_ON", "disposed_at": "DISPOSED_ON", "fir_at": "FIR_ON", "gd_at": "GD_ON"}
WORDS = {"kind": ("KIND", KIND), "mode": ("MODE", MODE), "category": ("CATEGORY", CATEGORY), "status": ("STATUS", STATUS)}
OFFICER = ["o.OFFICER_NAME", "o.OFFICER_RANK", "o.MOBILE"]
ID = "(SELECT COMPLAINT_ID FROM icms_complaint WHERE ORIGIN_NO = ? OR COMPLAINT_NO = ?)"


def code_of(unit):
    """DL-8162-01 as ICMS numbers it: 8162001; DL is the Commissioner's office."""
    parts = unit.split("-")
    return int((parts[1] if len(parts) > 1 else "8000") + (f"{int(parts[2]):03d}" if len(parts) > 2 else ""))


def unit_of(code):
    code = str(code)
    return "DL" if code == "8000" else f"DL-{code[:4]}" + (f"-{int(code[4:]):02d}" if len(code) > 4 else "")


def word_of(table, theirs):
    return next((ours for ours, word in table.items() if word == theirs), None)


def kept(**fields):
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def time_of(text):
    return text and utc(text[:19])


def officer_of(row):
    return dict(officer_name=row["o.OFFICER_NAME"], officer_rank=row["o.OFFICER_RANK"],
                officer_mobile=row["o.MOBILE"] and f"+91{row['o.MOBILE']}")


class Peer:
    system = "icms"

    def __init__(self, folder, clock, on=None):
        self.db = on or Sqlite(folder, self.system)
        self.clock = Clock(f"@{clock}")
        self.connection = self.db.connection
        self.path = getattr(self.db, "path", None)
        self.conf = f"mapping = icms.map\nconnection = {self.connection}\n{self.db.conf}"

    def sql(self, query, *values):
        """On SQLite only."""
        import sqlite3
        db = sqlite3.connect(self.path, timeout=60)
        try:
            with db:
                return db.execute(query, values).fetchall()
        finally:
            db.close()

    # ---- what units and stations do

    def add(self, records):
        """Complaints lodged at a unit, by hand, by post ...; gives their numbers."""
        last = {(r["REG_UNIT_CD"], r["REG_YEAR"]): r["N"] for r in
                self.db.rows(["REG_UNIT_CD", "REG_YEAR", "N"],
                             "FROM (SELECT REG_UNIT_CD, REG_YEAR, MAX(SERIAL_NO) AS N FROM icms_complaint"
                             " GROUP BY REG_UNIT_CD, REG_YEAR) m")}
        statements, numbers = [], []
        for record in records:
            at = ist(record.get("registered_at") or record["received_at"])
            unit, year = code_of(record["unit"]), int(at[:4])
            serial = last[unit, year] = last.get((unit, year), 0) + 1
            row = {"COMPLAINT_NO": f"{unit}/{year}/{serial:06d}", "REG_UNIT_CD": unit, "REG_YEAR": year, "SERIAL_NO": serial,
                   "UNIT_CD": unit, "STATION_CD": unit if unit > 9999 else None, "STATUS": "RG", "CREATED_ON": at, "CREATED_BY": "station",
                   "CHANGED_ON": at}
            row.update({column: record.get(field) for field, column in SAME.items() if field != "number"})
            row.update({column: ist(record.get(field)) for field, column in TIMES.items()})
            row.update({column: table[record[field]] for field, (column, table) in WORDS.items() if field in record})
            row.update(REG_ON=at, MARKED_ON=row["MARKED_ON"] or at, MOBILE=record["mobile"][-10:] if record.get("mobile") else None)
            numbers.append(row["COMPLAINT_NO"])
            statements.append((f"INSERT INTO icms_complaint ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values())))
            statements.append((f"INSERT INTO icms_action (COMPLAINT_ID, ACTION, ACTED_ON, CREATED_BY, CHANGED_ON)"
                               f" VALUES ({ID}, 'RG', ?, 'station', ?)", (None, numbers[-1], at, at)))
            for f in record.get("files", []):
                statements.append(self._file(numbers[-1], f["name"], f.get("role", "COMPLAINT"),
                                             f["bytes"] if "bytes" in f else open(f["path"], "rb").read(), at, f.get("type")))
        self.db.run(statements)
        return numbers

    def officer(self, name="सत्यवीर सिंह", rank="SI", mobile=5550001111, unit="DL-8162-01"):
        n = 1 + max([7000] + [r["OFFICER_ID"] for r in self.db.rows(["OFFICER_ID"], "FROM icms_officer")])
        self.db.run([("INSERT INTO icms_officer (OFFICER_ID, UNIT_CD, OFFICER_NAME, OFFICER_RANK, MOBILE) VALUES (?, ?, ?, ?, ?)",
                      (n, code_of(unit), name, rank, str(mobile)[-10:]))])
        return n

    def act(self, number, action, at, text=None, **more):
        """One action, and the complaint's own row with it; at is UTC."""
        self.acts([dict(number=number, action=action, at=at, text=text, **more)])

    def acts(self, many):
        """Many, in one transaction: the arguments of act() as dicts."""
        self.db.run([statement for a in many for statement in self._act(**a)])

    @staticmethod
    def _act(number, action, at, text=None, officer=None, disposal=None, reason=None, expected_at=None, office=None, level=None,
             station=None, fir=None, gd=None, to_unit=None, to_number=None):
        code, at, expected = STATUS[action], ist(at), ist(expected_at)
        yield (f"INSERT INTO icms_action (COMPLAINT_ID, ACTION, ACTED_ON, REMARKS, OFFICER_ID, OFFICE, DISPOSAL, REASON, EXPECTED_ON,"
               f" TO_UNIT_CD, TO_NO, CREATED_BY, CHANGED_ON) VALUES ({ID}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'station', ?)",
               (number, number, code, at, text, officer, office, disposal, reason, expected, to_unit, to_number, at))
        sets = kept(STATUS=code, OFFICER_ID=officer, DISPOSAL=disposal, REASON=reason, EXPECTED_ON=expected, LEVEL_CD=level,
                    STATION_CD=station and code_of(station), DISPOSED_ON=at if action == "DISP" else None,
                    **({"FIR_NO": fir[0], "FIR_ON": ist(fir[1])} if fir else {}), **({"GD_NO": gd[0], "GD_ON": ist(gd[1])} if gd else {}))
        yield (f"UPDATE icms_complaint SET {', '.join(f'{c} = ?' for c in sets)},"
               f" CHANGED_ON = CASE WHEN CHANGED_ON > ? THEN CHANGED_ON ELSE ? END WHERE ORIGIN_NO = ? OR COMPLAINT_NO = ?",
               (*sets.values(), at, at, number, number))

    @staticmethod
    def _file(number, name, role, data, at, kind):
        return (f"INSERT INTO icms_file (COMPLAINT_ID, FILE_DATA, FILE_NAME, MIME_TYPE, FILE_SIZE, FILE_ROLE, CREATED_BY, CHANGED_ON)"
                f" VALUES ({ID}, ?, ?, ?, ?, ?, 'station', ?)", (number, number, data, name, kind, len(data), role, at))

    def file(self, number, name, role, data, at, kind="application/pdf"):
        """A file of the police's own."""
        self.db.run([self._file(number, name, role, data, ist(at), kind)])

    def feedback(self, number, at, level=None, satisfied=None, rating=None, mode="CALL", text=None, rating_text=None):
        """What the complainant says when asked, to the officer of a level."""
        at = ist(at)
        self.db.run([(f"INSERT INTO icms_feedback (COMPLAINT_ID, GIVEN_ON, LEVEL_CD, SATISFIED, RATING, RATING_TEXT, MODE, WORDS,"
                      f" CREATED_BY, CHANGED_ON) VALUES ({ID}, ?, ?, ?, ?, ?, ?, ?, 'station', ?)",
                      (number, number, at, level, satisfied, rating, rating_text, mode, text, at))])

    # ---- what it holds

    def held(self):
        """{number of origin, or own number: canonical fields ...}"""
        out, by = {}, {}
        columns = ["COMPLAINT_ID", "c.UNIT_CD", "STATION_CD", "c.MOBILE", *SAME.values(), *TIMES.values(), *(c for c, _ in WORDS.values()),
                   *OFFICER]
        for row in self.db.rows(columns, "FROM icms_complaint c LEFT JOIN icms_officer o ON o.OFFICER_ID = c.OFFICER_ID"
                                         " WHERE REMOVED = 0 ORDER BY COMPLAINT_ID"):
            r = kept(**{field: row[column] for field, column in SAME.items()}, **{f: time_of(row[c]) for f, c in TIMES.items()},
                     **{f: row[c] and word_of(table, row[c]) for f, (c, table) in WORDS.items()},
                     mobile=row["c.MOBILE"] and f"+91{row['c.MOBILE']}", unit=unit_of(row["c.UNIT_CD"]),
                     station=row["STATION_CD"] and unit_of(row["STATION_CD"]), **officer_of(row))
            r.update(actions=[], files=[], feedback=[])
            out[row["ORIGIN_NO"] or row["COMPLAINT_NO"]] = by[row["COMPLAINT_ID"]] = r
        for row in self.db.rows(["ACTION_ID", "COMPLAINT_ID", "ACTION", "ACTED_ON", "REMARKS", "OFFICE", "DISPOSAL", "REASON",
                                 "EXPECTED_ON", "TO_UNIT_CD", "TO_NO", "ORIGIN_SYSTEM", "ORIGIN_KEY", *OFFICER],
                                "FROM icms_action a LEFT JOIN icms_officer o ON o.OFFICER_ID = a.OFFICER_ID ORDER BY ACTION_ID"):
            by[row["COMPLAINT_ID"]]["actions"].append(kept(
                key=row["ORIGIN_KEY"] or str(row["ACTION_ID"]), origin=row["ORIGIN_SYSTEM"], action=word_of(STATUS, row["ACTION"]),
                at=time_of(row["ACTED_ON"]), text=row["REMARKS"], office=row["OFFICE"], disposal=row["DISPOSAL"], reason=row["REASON"],
                expected_at=time_of(row["EXPECTED_ON"]), to_unit=row["TO_UNIT_CD"] and unit_of(row["TO_UNIT_CD"]), to_number=row["TO_NO"],
                **officer_of(row)))
        for row in self.db.rows(["FILE_ID", "COMPLAINT_ID", "#FILE_DATA", "FILE_NAME", "MIME_TYPE", "FILE_SIZE", "FILE_ROLE",
                                 "ORIGIN_SYSTEM", "ORIGIN_KEY"], "FROM icms_file ORDER BY FILE_ID"):
            by[row["COMPLAINT_ID"]]["files"].append(kept(
                key=row["ORIGIN_KEY"] or str(row["FILE_ID"]), origin=row["ORIGIN_SYSTEM"], name=row["FILE_NAME"], type=row["MIME_TYPE"],
                role=row["FILE_ROLE"], size=row["FILE_SIZE"], sha256=row["#FILE_DATA"]))
        for row in self.db.rows(["FEEDBACK_ID", "COMPLAINT_ID", "GIVEN_ON", "LEVEL_CD", "SATISFIED", "RATING", "RATING_TEXT", "MODE",
                                 "WORDS", "ORIGIN_SYSTEM", "ORIGIN_KEY"], "FROM icms_feedback WHERE REMOVED = 0 ORDER BY FEEDBACK_ID"):
            by[row["COMPLAINT_ID"]]["feedback"].append(kept(
                key=row["ORIGIN_KEY"] or str(row["FEEDBACK_ID"]), origin=row["ORIGIN_SYSTEM"], at=time_of(row["GIVEN_ON"]),
                satisfied=row["SATISFIED"], rating=row["RATING"], rating_text=row["RATING_TEXT"], level=row["LEVEL_CD"], mode=row["MODE"],
                text=row["WORDS"]))
        return out

    def stop(self):
        pass
