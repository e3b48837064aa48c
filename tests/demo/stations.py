"""The police stations' work in CCTNS between two nights: what constables would type into CAS, as rows.

Complaints that the bridge registered get an officer, an enquiry and a report; one is disposed of only after CCTNS holds
the complainant's satisfaction; one whose complainant is not satisfied goes back for a second enquiry. What happens to
a complaint follows from its number, so that each demo is the same. Kannauj works without delay; in each other district
some complaints are slow, and one at least is never enquired into.

    Stations(path).masters()                       districts, stations, officers: once
    Stations(path).work(start, end) -> figures     all that falls between two nights (naive Indian times)
"""
import random
import sqlite3
import zlib
from collections import Counter
from datetime import datetime, timedelta

import words
from files import pdf
from generate import units

REGISTERED, FORWARDED, OFFICER, ENQUIRY, REPORT, RETURNED, DISPOSED, CLOSED, REOPENED = range(1, 10)
SAID = {OFFICER: "officers named", ENQUIRY: "enquiries begun", REPORT: "reports written", RETURNED: "reports returned",
        DISPOSED: "disposed of", REOPENED: "reopened"}
DISPOSALS = {"CRIME": "FIR", "WOMEN": "FIR", "CYBER": "FIR", "NOFIR": "FIR", "PROPERTY": "CIVL", "LAWORDER": "PREV",
             "ILLTRADE": "CHAL", "TRAFFIC": "NOAC", "VERIF": "NOAC", "SUGGEST": "SUGG", "SERVICE": "SERV",
             "POLMISC": "DEPT", "CORRUPT": "DEPT"}
STATE, LUCK = 31, 100000
BEGAN = "2020-01-01 00:00:00"

OPEN = """
SELECT c.COMPLAINT_SRNO, c.ORIGIN_NO, c.DISTRICT_CD, c.PS_CD, c.STATUS_CD, c.OFFICER_CD, c.CATEGORY_CD, c.LANG_CD,
       (SELECT f.SATISFIED_CD FROM t_complaint_feedback f WHERE f.COMPLAINT_SRNO = c.COMPLAINT_SRNO
         ORDER BY f.FEEDBACK_DT DESC, f.FEEDBACK_SRNO DESC LIMIT 1),
       (SELECT max(f.FEEDBACK_DT) FROM t_complaint_feedback f WHERE f.COMPLAINT_SRNO = c.COMPLAINT_SRNO),
       (SELECT max(a.ACTION_DT) FROM t_complaint_action a
         WHERE a.COMPLAINT_SRNO = c.COMPLAINT_SRNO AND a.ACTION_CD IN (5, 7))
  FROM t_complaint c WHERE c.RECORD_STATUS <> 'D' AND c.ORIGIN_NO IS NOT NULL
   AND (c.STATUS_CD NOT IN (7, 8, 10) OR c.COMPLAINT_SRNO IN (SELECT COMPLAINT_SRNO FROM t_complaint_feedback
        WHERE SATISFIED_CD = 'N'))
 ORDER BY c.COMPLAINT_SRNO"""


def luck(number, what):
    """A number below 1 that belongs to this complaint and question."""
    return zlib.crc32(f"{what}:{number}".encode()) % LUCK / LUCK


class Stations:
    def __init__(self, path):
        self.path = str(path)
        self.officers = {}  # district -> [(officer, station)]

    def connect(self):
        db = sqlite3.connect(self.path, timeout=60)
        db.execute("PRAGMA synchronous = OFF")
        return db

    # ---- masters

    def masters(self):
        """Districts, stations and officers from the unit list; in Hindi (6) and English (99), as CAS keeps them."""
        rng = random.Random(75)
        stem = (STATE, BEGAN, "master")
        with self.connect() as db:
            for unit in units():
                code = unit["alias"].get("cctns")
                names = ((99, unit["name_en"]), (6, unit["name_hi"] or unit["name_en"]))
                if unit["level"] == "DISTRICT":
                    db.executemany("INSERT INTO m_district (DISTRICT_CD, LANG_CD, DISTRICT, STATE_CD, RECORD_CREATED_ON, "
                                   "RECORD_CREATED_BY) VALUES (?,?,?,?,?,?)", [(code, *n, *stem) for n in names])
                elif unit["level"] == "PS":
                    district = int(code) // 1000
                    db.executemany("INSERT INTO m_police_station (PS_CD, LANG_CD, PS, DISTRICT_CD, STATE_CD, RECORD_CREATED_ON, "
                                   "RECORD_CREATED_BY) VALUES (?,?,?,?,?,?,?)", [(code, *n, district, *stem) for n in names])
                    for rank in rng.sample(words.RANKS[:3], 2):
                        self.officer(db, rng, int(code), rank)

    def officer(self, db, rng, station, rank):
        officer = 7001 + db.execute("SELECT count(DISTINCT OFFICER_CD) FROM m_officer").fetchone()[0]
        first, family = rng.choice(words.MEN + words.WOMEN), rng.choice(words.FAMILIES)
        mobile = 5600000000 + officer * 1009
        db.executemany("INSERT INTO m_officer (OFFICER_CD, LANG_CD, PS_CD, OFFICER_NAME, OFFICER_RANK, MOBILE_1, RECORD_CREATED_ON, "
                       "RECORD_CREATED_BY) VALUES (?,?,?,?,?,?,?,?)",
                       [(officer, 99, station, f"{first[1]} {family[1]}", rank[1], mobile, BEGAN, "master"),
                        (officer, 6, station, f"{first[0]} {family[0]}", rank[0], mobile, BEGAN, "master")])

    # ---- a working period

    def work(self, start, end):
        """Plays the stations' days from start to end; gives the number of acts by word."""
        db = self.connect()
        acts, rows, done = [], [], Counter()
        with db:
            self.officers = {}
            for officer, station in db.execute("SELECT DISTINCT OFFICER_CD, PS_CD FROM m_officer ORDER BY 1"):
                self.officers.setdefault(station // 1000, []).append((officer, station))
            forgotten = {n for n, d in db.execute("SELECT min(ORIGIN_NO), DISTRICT_CD FROM t_complaint "
                                                  "WHERE ORIGIN_NO IS NOT NULL GROUP BY DISTRICT_CD") if not self.prompt(d)}
            for row in db.execute(OPEN).fetchall():
                case = Case(row, start, end, self)
                case.play(case.number in forgotten)
                acts += case.acts
                if case.acts:
                    rows.append(case.row())
                    done.update(act[1] for act in case.acts)
            acts.sort(key=lambda a: (a[2], a[0]))
            db.executemany(
                "INSERT INTO t_complaint_action (COMPLAINT_SRNO, ACTION_CD, ACTION_DT, ACTION_DESC, OFFICER_CD, OFFICE, "
                "DISPOSAL_CD, LANG_CD, RECORD_CREATED_ON, RECORD_CREATED_BY) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?3,'station')", acts)
            numbers = dict(db.execute("SELECT COMPLAINT_SRNO, ORIGIN_NO FROM t_complaint"))
            for srno, code, at, *_ in acts:
                if code == REPORT and luck(numbers[srno], "paper") < 0.01:
                    data = pdf(f"Enquiry report {numbers[srno]}", ["statements taken", "place seen"])
                    db.execute("INSERT INTO t_complaint_file (LANG_CD, COMPLAINT_SRNO, UPLOADED_FILE, FILE_NAME, FILE_TYPE, FILE_SIZE, "
                               "FILE_ROLE, STATUS_FLAG, RECORD_CREATED_ON, RECORD_CREATED_BY) "
                               "VALUES (6,?,?,?,'application/pdf',?,'ATR','Y',?,'station')",
                               (srno, data, f"aakhya-{numbers[srno]}.pdf", len(data), at))
            db.executemany(
                "UPDATE t_complaint SET STATUS_CD = ?2, PS_CD = ?3, OFFICER_CD = ?4, DISPOSAL_CD = ?5, DISPOSED_DT = ?6, "
                "RECORD_STATUS = 'M', RECORD_UPDATED_ON = ?7, RECORD_UPDATED_BY = 'station' WHERE COMPLAINT_SRNO = ?1", rows)
        db.close()
        return {SAID[code]: n for code, n in sorted(done.items())}

    @staticmethod
    def prompt(district):
        """Kannauj, by its CCTNS code."""
        return district == STATE * 1000 + 155


class Case:
    """One complaint in one working period."""

    def __init__(self, row, start, end, stations):
        (self.srno, self.number, self.district, self.station, self.status, self.officer, self.category, self.language,
         self.satisfied, self.answered, self.told) = row
        self.start, self.end, self.stations = start, end, stations
        self.acts = []
        self.disposal = self.disposed = None
        self.day = self.start.replace(hour=9, minute=0, second=0)
        if self.day < self.start:
            self.day += timedelta(days=1)
        self.diligent = stations.prompt(self.district)
        # Between 80 and 97 of 100 complaints go without delay, by district; the others one step a period.
        self.slow = not self.diligent and luck(self.number, "slow") > 0.80 + 0.17 * luck(self.district, "district")

    def row(self):
        return (self.srno, self.status, self.station, self.officer, self.disposal, self.disposed, self.acts[-1][2])

    def act(self, code, days, text, hour=None):
        """Does it on that day of the period, at the earliest an hour after the last act; False when the period ends first."""
        hours = luck(self.number, f"{code}{self.start}") * 8 if hour is None else hour
        at = self.day + timedelta(days=days, seconds=int(hours * 3600))
        if self.acts:
            at = max(at, datetime.fromisoformat(self.acts[-1][2]) + timedelta(hours=1))
        if at >= self.end:
            return False
        self.status = code
        self.acts.append((self.srno, code, str(at), text, self.officer, self.office(), self.disposal, self.language))
        return True

    def office(self):
        return f"Kotwali {self.district}" if self.station and self.station % 1000 == 1 else f"Mahila Thana {self.district}"

    def play(self, forgotten):
        heard = self.answered is not None and (self.told is None or self.answered > self.told)
        if forgotten:
            if self.status in (REGISTERED, FORWARDED):
                self.name(words.NAMED_HI)
            return
        if self.status == DISPOSED:
            if heard and self.satisfied == "N":
                self.act(REOPENED, 0, words.REOPENED)
            return
        if self.status == REPORT:
            if heard and self.satisfied == "Y":
                self.dispose()
            elif heard and self.satisfied == "N":
                if self.act(RETURNED, 0, words.RETURNED):
                    self.enquire(1, 3)
            return
        if self.status in (REGISTERED, FORWARDED):
            if not self.name(self.pick(words.NAMED_HI, words.NAMED_EN)) or self.slow:
                return
            if luck(self.number, "renamed") < 0.05:
                self.name(words.RENAMED, 1)
            self.enquire(1, 3)
        elif self.slow:
            if self.status == OFFICER:
                self.act(ENQUIRY, 2, self.choice(words.ENQUIRY_HI, words.ENQUIRY_EN))
            else:
                self.act(REPORT, 4, self.report())
        else:
            self.enquire(0, 2)

    def name(self, text, days=0):
        places = self.stations.officers[self.district]
        others = [p for p in places if p[0] != self.officer]
        self.officer, self.station = others[int(luck(self.number, f"officer{self.status}") * len(others))]
        return self.act(OFFICER, days, text)

    def enquire(self, first, then):
        """A report; four in ten stations also note the beginning of the enquiry."""
        if luck(self.number, "note") > 0.4 or self.act(ENQUIRY, first, self.choice(words.ENQUIRY_HI, words.ENQUIRY_EN)):
            self.act(REPORT, then + int(luck(self.number, "days") * 3), self.report())

    def dispose(self):
        days = 0 if self.diligent else int(luck(self.number, "dispose") * 3)
        self.disposal = DISPOSALS.get(self.category, "COMP") if luck(self.number, "how") < 0.8 else "NSUB"
        if self.act(DISPOSED, days, self.pick(words.DISPOSED_HI, words.DISPOSED_EN)):
            self.disposed = self.acts[-1][2]
        else:
            self.disposal = None

    # ---- words

    def pick(self, hindi, english):
        return hindi if luck(self.number, "script") < 0.75 else english

    def choice(self, hindi, english):
        these = self.pick(hindi, english)
        return these[int(luck(self.number, "which") * len(these))]

    def report(self):
        """An enquiry report; one in 150 is longer than 12,000 characters, one in 100 has signs beyond the BMP."""
        lines = list(self.pick(words.REPORT_HI, words.REPORT_EN))
        chance = luck(self.number, "report")
        if chance < 0.01:
            lines.insert(1, words.BEYOND)
        if chance > 1 - 1 / 150:
            body = lines[1:-1]
            while sum(map(len, lines)) < 12100:
                lines[-1:-1] = [f"({len(lines)}) {line}" for line in body]
        return "\n".join(lines)
