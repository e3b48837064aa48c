"""The police's side of the rehearsal: CCTNS on SQLite with the tables of sql/cctns/, and what stations type into it.

    police = Peer(folder, clock)
    police.act("HSR-2024-0000001", "ASGN", "2024-02-03T05:00:00Z", officer=police.officer("सत्यवीर", "SI", 5550001111))
    police.file("HSR-2024-0000001", "report.pdf", "ATR", data, "2024-02-05T05:00:00Z")
    police.held()[number]                      # canonical fields and values, "actions", "files", "feedback"

A complaint is named by the number of the system that it came from, or by its own.
"""
import hashlib
import sqlite3
from pathlib import Path

from store import ist, utc

ROOT = Path(__file__).resolve().parent.parent.parent
CONNECTION = "Driver=SQLite3;Database={path};Timeout=20000;FKSupport=1;NoWCHAR=0;StepAPI=1;BigInt=1"

STATUS = {"REGD": 1, "FWDD": 2, "ASGN": 3, "ENQR": 4, "ATRS": 5, "ATRR": 6, "DISP": 7, "CLSD": 8, "REOP": 9, "TRNO": 10, "INTR": 11,
          "INFO": 12, "RJCT": 13, "DUPL": 14, "WDRN": 15, "RMND": 20}
WORD = {code: word for word, code in STATUS.items()}
GENDER = {1: "M", 2: "F", 3: "T", 9: "U"}
STATES = {"31": "UP", "13": "HR", "33": "CG"}
HARYANA = {"13900": "HR-HISAR-RANGE", "13063": "HR-HISAR", "13901": "HR-HANSI", "13061": "HR-FATEHABAD", "13074": "HR-SIRSA",
           "13065": "HR-JIND", "13902": "HR-DABWALI"}
DURG = {"33378": "CG-DURG", "33378900": "CG-DURG-BN", "33378001": "CG-DURG-BN-01", "33378002": "CG-DURG-BN-02",
        "33378003": "CG-DURG-BN-03", "33378004": "CG-DURG-BN-04", "33378101": "CG-DURG-01", "33378102": "CG-DURG-02"}
SAME = {"case_number": "CASE_NO", "kind": "KIND_CD", "mode": "MODE_CD", "identity": "IDENTITY_CD", "ref_type": "REF_TYPE_CD",
        "category": "CATEGORY_CD", "priority": "PRIORITY_CD", "subject": "SUBJECT", "body": "COMPLAINT_DESC", "against": "AGAINST_DESC",
        "complainant": "FULL_NAME", "relative_name": "RELATIVE_NAME", "age": "AGE", "email": "EMAIL", "address": "ADDRESS",
        "pincode": "PINCODE", "level": "LEVEL_CD", "incident_on": "INCIDENT_DT", "disposal": "DISPOSAL_CD", "reason": "REASON_CD",
        "fir_number": "FIR_REG_NUM", "gd_number": "GD_NUM", "origin": "ORIGIN_SYSTEM", "origin_number": "ORIGIN_NO",
        "number": "COMPLAINT_REG_NUM"}
TIMES = {"received_at": "RECEIVED_DT", "registered_at": "REG_DT", "marked_at": "MARKED_DT", "due_at": "DUE_DT",
         "expected_at": "EXPECTED_DT", "disposed_at": "DISPOSED_DT", "fir_at": "FIR_DT", "gd_at": "GD_DT"}


def unit_of(code):
    """31155 as the bridge names it: UP-155."""
    code = str(code)
    if code in DURG:
        return DURG[code]
    if code[:2] == "13":
        return HARYANA[code[:5]] + (f"-{int(code[5:]):02d}" if len(code) > 5 else "")
    return STATES[code[:2]] + "-" + code[2:5] + (f"-{int(code[5:]):02d}" if len(code) > 5 else "")


def kept(**fields):
    return {name: value for name, value in fields.items() if value is not None and value != ""}


class Peer:
    system = "cctns"

    def __init__(self, folder, clock, more=""):
        self.folder = Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / "cctns.sqlite"
        with sqlite3.connect(self.path) as db:
            db.executescript((ROOT / "sql/cctns/sqlite.sql").read_text(encoding="utf-8"))
        self.connection = CONNECTION.format(path=self.path) + more
        self.conf = f"mapping = cctns.map\nconnection = {self.connection}\n"

    def sql(self, query, *values):
        return self.run(lambda db: db.execute(query, values).fetchall())

    def run(self, work):
        """Work on the database in a transaction of its own."""
        db = sqlite3.connect(self.path, timeout=60)
        try:
            with db:
                return work(db)
        finally:
            db.close()

    # ---- what stations do

    def officer(self, name="सत्यवीर सिंह", rank="SI", mobile=5550001111, station=None):
        def work(db):
            (n,) = db.execute("SELECT coalesce(max(OFFICER_CD), 7000) + 1 FROM m_officer").fetchone()
            db.execute("INSERT INTO m_officer (OFFICER_CD, LANG_CD, PS_CD, OFFICER_NAME, OFFICER_RANK, MOBILE_1, RECORD_CREATED_ON,"
                       " RECORD_CREATED_BY) VALUES (?, 99, ?, ?, ?, ?, '2020-01-01 00:00:00', 'master')",
                       (n, station, name, rank, int(str(mobile)[-10:])))
            return n
        return self.run(work)

    @staticmethod
    def _serial(db, number):
        # with a system named, the index of (ORIGIN_SYSTEM, ORIGIN_NO) is used
        row = db.execute("SELECT COMPLAINT_SRNO FROM t_complaint WHERE ORIGIN_SYSTEM IN ('igrs', 'hrcms', 'durgqr') AND ORIGIN_NO = ?",
                         (number,)).fetchone() or db.execute("SELECT COMPLAINT_SRNO FROM t_complaint WHERE COMPLAINT_REG_NUM = ?",
                                                             (number,)).fetchone()
        assert row, "the police do not know this number"
        return row[0]

    def act(self, number, action, at, text=None, officer=None, disposal=None, reason=None, expected_at=None, office=None, to_unit=None,
            to_number=None):
        """One action, and the complaint's own row with it, as CAS does; at is UTC."""
        return self.run(lambda db: self._act(db, number, action, at, text, officer, disposal, reason, expected_at, office,
                                             to_unit, to_number))

    def acts(self, many):
        """Many, in one transaction: the arguments of act() as dicts."""
        def work(db):
            for a in many:
                self._act(db, **{"text": None, "officer": None, "disposal": None, "reason": None, "expected_at": None, "office": None,
                                "to_unit": None, "to_number": None, **a})
        self.run(work)

    def _act(self, db, number, action, at, text, officer, disposal, reason, expected_at, office, to_unit, to_number):
        serial, code, at = self._serial(db, number), STATUS[action], ist(at)
        db.execute("INSERT INTO t_complaint_action (LANG_CD, COMPLAINT_SRNO, ACTION_CD, ACTION_DT, ACTION_DESC, OFFICER_CD, OFFICE,"
                   " TO_UNIT_CD, TO_NUM, DISPOSAL_CD, REASON_CD, EXPECTED_DT, RECORD_CREATED_ON, RECORD_CREATED_BY)"
                   " VALUES (6,?,?,?,?,?,?,?,?,?,?,?,?,'station')",
                   (serial, code, at, text, officer, office, to_unit, to_number, disposal, reason, ist(expected_at), at))
        db.execute("UPDATE t_complaint SET STATUS_CD = ?1, OFFICER_CD = COALESCE(?2, OFFICER_CD), DISPOSAL_CD = COALESCE(?3, DISPOSAL_CD),"
                   " REASON_CD = COALESCE(?4, REASON_CD), EXPECTED_DT = COALESCE(?5, EXPECTED_DT),"
                   " DISPOSED_DT = CASE WHEN ?1 = 7 THEN ?6 ELSE DISPOSED_DT END, RECORD_STATUS = 'M',"
                   " RECORD_UPDATED_ON = max(?6, coalesce(RECORD_UPDATED_ON, ?6)), RECORD_UPDATED_BY = 'station' WHERE COMPLAINT_SRNO = ?7",
                   (code, officer, disposal, reason, ist(expected_at), at, serial))

    def file(self, number, name, role, data, at, kind="application/pdf"):
        """A file of the police's own."""
        def work(db):
            db.execute("INSERT INTO t_complaint_file (LANG_CD, COMPLAINT_SRNO, UPLOADED_FILE, FILE_NAME, FILE_TYPE, FILE_SIZE, FILE_ROLE,"
                       " STATUS_FLAG, RECORD_CREATED_ON, RECORD_CREATED_BY) VALUES (6,?,?,?,?,?,?,'Y',?,'station')",
                       (self._serial(db, number), data, name, kind, len(data), role, ist(at)))
        self.run(work)

    # ---- what it holds

    def held(self):
        """{number of origin, or own number: canonical fields ...}"""
        db = sqlite3.connect(self.path, timeout=60)
        db.row_factory = sqlite3.Row
        out, by = {}, {}
        for row in db.execute("SELECT c.*, o.OFFICER_NAME, o.OFFICER_RANK, o.MOBILE_1 AS OFFICER_MOBILE FROM t_complaint c LEFT JOIN"
                              " m_officer o ON o.OFFICER_CD = c.OFFICER_CD AND o.LANG_CD = 99 WHERE c.RECORD_STATUS <> 'D'"
                              " ORDER BY c.COMPLAINT_SRNO"):
            r = kept(**{field: row[column] for field, column in SAME.items()},
                     **{field: utc(row[column]) for field, column in TIMES.items()},
                     gender=GENDER.get(row["GENDER_CD"]), mobile=row["MOBILE_1"] and f"+91{row['MOBILE_1']}", status=WORD[row["STATUS_CD"]],
                     unit=unit_of(row["UNIT_CD"] or row["DISTRICT_CD"]), station=row["PS_CD"] and unit_of(row["PS_CD"]),
                     officer_name=row["OFFICER_NAME"], officer_rank=row["OFFICER_RANK"],
                     officer_mobile=row["OFFICER_MOBILE"] and f"+91{row['OFFICER_MOBILE']}")
            r.update(actions=[], files=[], feedback=[])
            out[row["ORIGIN_NO"] or row["COMPLAINT_REG_NUM"]] = by[row["COMPLAINT_SRNO"]] = r
        for row in db.execute("SELECT a.*, o.OFFICER_NAME, o.OFFICER_RANK, o.MOBILE_1 AS OFFICER_MOBILE FROM t_complaint_action a LEFT JOIN"
                              " m_officer o ON o.OFFICER_CD = a.OFFICER_CD AND o.LANG_CD = 99 ORDER BY a.ACTION_SRNO"):
            by[row["COMPLAINT_SRNO"]]["actions"].append(kept(
                key=row["ORIGIN_KEY"] or str(row["ACTION_SRNO"]), origin=row["ORIGIN_SYSTEM"], action=WORD[row["ACTION_CD"]],
                at=utc(row["ACTION_DT"]), text=row["ACTION_DESC"], office=row["OFFICE"],
                to_unit=row["TO_UNIT_CD"] and unit_of(row["TO_UNIT_CD"]), to_number=row["TO_NUM"], disposal=row["DISPOSAL_CD"],
                reason=row["REASON_CD"], expected_at=utc(row["EXPECTED_DT"]), officer_name=row["OFFICER_NAME"],
                officer_rank=row["OFFICER_RANK"], officer_mobile=row["OFFICER_MOBILE"] and f"+91{row['OFFICER_MOBILE']}"))
        for row in db.execute("SELECT * FROM t_complaint_file ORDER BY FILE_SRNO"):
            data = row["UPLOADED_FILE"]
            by[row["COMPLAINT_SRNO"]]["files"].append(kept(
                key=row["ORIGIN_KEY"] or str(row["FILE_SRNO"]), origin=row["ORIGIN_SYSTEM"], name=row["FILE_NAME"], type=row["FILE_TYPE"],
                role=row["FILE_ROLE"], size=row["FILE_SIZE"], sha256=data and hashlib.sha256(data).hexdigest()))
        for row in db.execute("SELECT * FROM t_complaint_feedback WHERE RECORD_STATUS <> 'D' ORDER BY FEEDBACK_SRNO"):
            by[row["COMPLAINT_SRNO"]]["feedback"].append(kept(
                key=row["FEEDBACK_KEY"], at=utc(row["FEEDBACK_DT"]), satisfied=row["SATISFIED_CD"], rating=row["RATING"],
                level=row["LEVEL_CD"], mode=row["MODE_CD"], text=row["FEEDBACK_DESC"]))
        db.close()
        return out

    def stop(self):
        pass
