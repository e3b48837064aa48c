"""Complaints for the live tests: made up here, of no real person. Mobile numbers begin with 5, which no subscriber has."""
import csv
import sqlite3
import unicodedata
from pathlib import Path

KANNAUJ = "155"   # LGD code; the portal's district code
LUCKNOW = "162"

# Devanagari in more than one spelling: composed and decomposed nukta, conjuncts with ZWJ and ZWNJ, a character beyond the BMP.
TEXTS = [
    "मेरे घर में चोरी हुई, थाने में रिपोर्ट नहीं लिखी गई।",
    "\u095b\u092e\u0940\u0928 \u0915\u093e \u0935\u093f\u0935\u093e\u0926",            # composed ZA: NFC takes it apart
    "\u091c\u093c\u092e\u0940\u0928 \u0915\u093e \u0935\u093f\u0935\u093e\u0926",      # the same, decomposed
    "क्\u200dष और क्\u200cष, दोनों",
    "Complaint about noise at night & <loud> \"music\"; it's daily",
    "सड़क पर लाइट नहीं \U0001f6a8 \U00020000",
]


DISTRICTS = [row["unit"].removeprefix("UP-") for row in csv.DictReader(open(Path(__file__).parents[2] / "mappings/units/up.csv"))
             if row["level"] == "DISTRICT"]


def code(n):
    return f"{40020000000000 + n:014d}"


def grievance(n, district=KANNAUJ, marked="2020-06-05 11:00:00", **more):
    g = dict(code=code(n), name=f"परीक्षक {n}", father_name="श्री पिता", gender="Male", age=str(30 + n % 40), mobile=f"5{n:09d}",
             email=f"person{n}@example.invalid", address=f"मकान {n}\nमोहल्ला परीक्षण", pin="209725", source="Online", category="Other",
             subject=f"विषय {n}", details=TEXTS[n % len(TEXTS)], district_code=district, marked_on=marked)
    g.update(more)
    return g


def nfc(text):
    return unicodedata.normalize("NFC", text)


class Station:
    """A day at the stations: rows written to CCTNS as CAS would, in the order of the clock given."""

    def __init__(self, path):
        self.path = path

    def _run(self, work):
        db = sqlite3.connect(self.path, timeout=20)
        try:
            with db:
                return work(db)
        finally:
            db.close()

    def officer(self, cd=7001, name="सत्यवीर सिंह", rank="SI", mobile=5550001111):
        self._run(lambda db: db.execute(
            "INSERT OR IGNORE INTO m_officer (OFFICER_CD, LANG_CD, PS_CD, OFFICER_NAME, OFFICER_RANK, MOBILE_1, RECORD_CREATED_ON,"
            " RECORD_CREATED_BY) VALUES (?, 99, NULL, ?, ?, ?, '2020-01-01 00:00:00', 'test')", (cd, name, rank, mobile)))
        return cd

    def act(self, number, action, at, text=None, officer=None, disposal=None):
        """One action on the complaint of this portal number, with the complaint's own row changed as CAS does."""
        def work(db):
            (srno,) = db.execute("SELECT COMPLAINT_SRNO FROM t_complaint WHERE ORIGIN_NO = ?", (number,)).fetchone()
            db.execute("INSERT INTO t_complaint_action (LANG_CD, COMPLAINT_SRNO, ACTION_CD, ACTION_DT, ACTION_DESC, OFFICER_CD,"
                       " DISPOSAL_CD, RECORD_CREATED_ON, RECORD_CREATED_BY) VALUES (6, ?, ?, ?, ?, ?, ?, ?, 'station')",
                       (srno, action, at, text, officer, disposal, at))
            db.execute("UPDATE t_complaint SET STATUS_CD = ?, OFFICER_CD = COALESCE(?, OFFICER_CD), DISPOSAL_CD = COALESCE(?, DISPOSAL_CD),"
                       " DISPOSED_DT = CASE WHEN ? = 7 THEN ? ELSE DISPOSED_DT END, RECORD_STATUS = 'M', RECORD_UPDATED_ON = ?,"
                       " RECORD_UPDATED_BY = 'station' WHERE COMPLAINT_SRNO = ?", (action, officer, disposal, action, at, at, srno))
        self._run(work)


REGISTERED, FORWARDED, OFFICER, ENQUIRY, REPORT, RETURNED, DISPOSED, CLOSED, REOPENED = range(1, 10)
