"""A state of any size in which all three sides agree, and differences of every kind that are put into it by hand.

    planted = Planted(site, OnMariaDB(mariadb, "planted"), 2000)
    planted.fill()                 # portal and police, side by side; then site("sync") reads both
    planted.plant()                # planted.expected: a line (what, reason, number) for each
    planted.restore()              # as it was

The portal is UP's (a store that the rehearsal peer serves), the police are CCTNS on a server. Nothing is said in place of the
program: what stands in staging came by its own sync, what is refused or waits was refused or waits at the police.
"""
import csv
from datetime import datetime, timedelta

import psycopg2
from conftest import ROOT
from matters import DISTRICTS, TEXTS, code, grievance, nfc
from test_drivers_sync import OnPostgres

STATUSES = [("REGD", "REGISTERED", 1)] * 5 + [("ASGN", "OFFICER_NAMED", 3), ("ENQR", "PENDING_L1", 4), ("INTR", "INTERIM_REPLY", 11),
                                               ("ATRS", "REPORT_UPLOADED", 5), ("DISP", "DISPOSED", 7)]
CATEGORIES = [(row["canonical"], row["remote"]) for row in csv.DictReader(open(ROOT / "mappings/codes/igrs_category.csv"))]
FIRST = datetime(2020, 5, 1, 10, 0)
DAYS = 40
BATCH = 2000
COLUMNS = ("LANG_CD", "COMPLAINT_REG_NUM", "STATE_CD", "DISTRICT_CD", "UNIT_CD", "REG_YEAR", "REG_DT", "ORIGIN_SYSTEM", "ORIGIN_NO",
           "REF_TYPE_CD", "CATEGORY_CD", "SUBJECT", "COMPLAINT_DESC", "FULL_NAME", "RELATIVE_NAME", "GENDER_CD", "AGE", "MOBILE_1",
           "EMAIL", "ADDRESS", "PINCODE", "RECEIVED_DT", "MARKED_DT", "DUE_DT", "STATUS_CD", "RECORD_CREATED_ON", "RECORD_CREATED_BY")
LATER = 900000          # complaints with numbers from here on are not among those that agree
STRANGE = 800000        # and these no portal ever had


def marked(i):
    return str(FIRST + timedelta(days=i % DAYS, minutes=i % 480))


def lodged(i, **more):
    """Complaint i as the portal has it."""
    return grievance(i, district=DISTRICTS[i % len(DISTRICTS)], marked=marked(i), status=STATUSES[i % 10][1], actions=[],
                     category=CATEGORIES[i % len(CATEGORIES)][1], **more)


def police_number(i):
    return f"31{DISTRICTS[i % len(DISTRICTS)]}20{i:07d}"


def registered(i, **more):
    """The same as the police have it."""
    g, district = lodged(i), int("31" + DISTRICTS[i % len(DISTRICTS)])
    on = str(datetime.fromisoformat(g["marked_on"]) + timedelta(hours=2))
    row = dict(LANG_CD=6, COMPLAINT_REG_NUM=police_number(i), STATE_CD=31, DISTRICT_CD=district, UNIT_CD=district, REG_YEAR=2020, REG_DT=on,
               ORIGIN_SYSTEM="igrs", ORIGIN_NO=g["code"], REF_TYPE_CD="ONL", CATEGORY_CD=CATEGORIES[i % len(CATEGORIES)][0],
               SUBJECT=nfc(g["subject"]), COMPLAINT_DESC=nfc(g["details"]), FULL_NAME=nfc(g["name"]), RELATIVE_NAME=nfc(g["father_name"]),
               GENDER_CD=1, AGE=int(g["age"]), MOBILE_1=int(g["mobile"]), EMAIL=g["email"], ADDRESS=nfc(g["address"]), PINCODE=g["pin"],
               RECEIVED_DT=g["marked_on"], MARKED_DT=g["marked_on"],
               DUE_DT=str(datetime.fromisoformat(g["marked_on"]) + timedelta(days=30)), STATUS_CD=STATUSES[i % 10][2],
               RECORD_CREATED_ON=on, RECORD_CREATED_BY="station")
    row.update(more)
    return row


def literal(value):
    return "NULL" if value is None else str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


class Planted:
    def __init__(self, site, police, n):
        self.site, self.police, self.n = site, police, n
        self.expected, self.undo = [], []
        self.pgsql = isinstance(police, OnPostgres)
        if self.pgsql:
            site.write_conf(connection=police.connection, cctns="user = postgres")
        else:
            site.write_conf(connection=police.connection, cctns=f"user = bridge\npassword = file:{site.secret('cctns', police.secret)}")

    # ---- what all sides agree on

    def fill(self):
        for first in range(0, self.n, BATCH):
            some = range(first, min(first + BATCH, self.n))
            self.site.store.add_complaints([lodged(i) for i in some])
            self.insert([registered(i) for i in some])

    def insert(self, rows):
        values = ",\n".join("(" + ", ".join(literal(row[c]) for c in COLUMNS) + ")" for row in rows)
        self.run(f"INSERT INTO t_complaint ({', '.join(COLUMNS)}) VALUES {values}")

    def run(self, statement):
        """Statements of any length: psql would take one as an argument."""
        if not self.pgsql:
            self.police.run(statement)
            return
        db = psycopg2.connect(self.police.conninfo)
        with db, db.cursor() as cursor:
            cursor.execute(statement)
        db.close()

    def rows(self, query):
        """Rows of texts, as the police's own client shows them."""
        if self.pgsql:
            return [[str(field) for field in row] for row in self.police.rows(query)]
        return self.police.server.sql(query, self.police.name)

    # ---- what is planted

    def line(self, what, reason, number):
        self.expected.append((what, reason, number))

    def edit(self, i, **columns):
        """The police's row of complaint i is changed by hand: its changed time stays."""
        was, where = registered(i, RECORD_STATUS="C"), f"WHERE COMPLAINT_REG_NUM = '{police_number(i)}'"

        def put(values):
            self.run(f"UPDATE t_complaint SET {', '.join(f'{c} = {literal(v)}' for c, v in values.items())} {where}")

        put(columns)
        self.undo.append(lambda: put({c: was[c] for c in columns}))

    def edit_at_portal(self, i, **fields):
        """Likewise the portal's grievance."""
        was = lodged(i)
        self.site.store.change(code(i), **fields, changed_on=was["marked_on"])
        self.undo.append(lambda: self.site.store.change(code(i), **{f: was[f] for f in fields}, changed_on=was["marked_on"]))

    def add_at_police(self, row):
        self.insert([row])
        self.undo.append(lambda: self.run(f"DELETE FROM t_complaint WHERE COMPLAINT_REG_NUM = '{row['COMPLAINT_REG_NUM']}'"))

    def add_at_portal(self, g):
        self.site.store.add_complaints([g])
        self.undo.append(lambda: self.site.store.remove(g["code"]))

    def remove_at_portal(self, i):
        self.site.store.remove(code(i))
        self.undo.append(lambda: self.site.store.add_complaints([lodged(i)]))

    def refuse(self, state):
        """From now on the police take no new complaint: state 40001 is a moment's trouble, 45000 a refusal. None: they take it."""
        if self.pgsql:
            self.run("DROP TRIGGER IF EXISTS planted ON t_complaint")
            if state:
                self.run("CREATE OR REPLACE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS"
                         f" $$BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '{state}'; END$$;"
                         " CREATE TRIGGER planted BEFORE INSERT ON t_complaint FOR EACH ROW EXECUTE FUNCTION planted()")
        else:
            self.run("DROP TRIGGER IF EXISTS planted")
            if state:
                self.run("CREATE TRIGGER planted BEFORE INSERT ON t_complaint FOR EACH ROW"
                         f" SIGNAL SQLSTATE '{state}' SET MESSAGE_TEXT = 'planted'")

    def now(self):
        return datetime.fromisoformat(self.site.clock.path.read_text().strip()[:-1])

    def night(self):
        self.site.clock.set((self.now() + timedelta(days=1)).isoformat() + "Z")

    def come_in(self, state, number):
        """A complaint that comes to the portal today, which the police do not take."""
        self.site.store.add_complaints([lodged(number, marked_on=str(self.now() + timedelta(hours=4)))])
        self.refuse(state)
        self.site("sync")
        self.refuse(None)
        return code(number)

    def plant_waiting(self):
        """What is on its way to the police, or came to a stop there, by real nights."""
        self.night()
        self.line("missing at police", "held", self.come_in("45000", LATER))
        dropped = self.come_in("45000", LATER + 1)
        ((held,),) = self.site.sql("SELECT held_id FROM bridge.held h JOIN bridge.delivery d USING (delivery_id) JOIN bridge.complaint c"
                                   f" USING (bridge_id) WHERE h.state = 'open' AND c.number = '{dropped}'")
        self.site("held", "drop", held, "--why", "planted")
        self.line("missing at police", "unexplained", dropped)
        self.line("missing at police", "in flight", self.come_in("40001", LATER + 2))

    def plant(self):
        """Twenty-five differences of ten kinds; counts by side stay as they are where two numbers change places."""
        at = iter(range(self.n // 60, self.n, max(1, self.n // 40)))
        self.plant_waiting()
        for k in range(3):                                       # came with a time that had long passed
            self.add_at_portal(lodged(LATER + 10 + k))
            self.line("missing in staging", "unexplained", code(LATER + 10 + k))
        for _ in range(2):
            i = next(at)
            self.remove_at_portal(i)
            self.line("missing at portal", "vanished", code(i))
        for k in range(2):                                       # names a number that no portal gave
            self.add_at_police(registered(STRANGE + k))
            self.line("missing in staging", "unexplained", code(STRANGE + k))
        self.swap_at_portal(next(at), LATER + 20)
        self.swap_at_police(next(at), STRANGE + 20)
        for k in range(2):
            i = next(at)
            self.edit(i, STATUS_CD=13)
            self.line("status", "unexplained", code(i))
        i = next(at)
        self.edit_at_portal(i, status="OTHER_DEPARTMENT")
        self.line("status", "unexplained", code(i))
        i = next(at)
        self.edit(i, UNIT_CD=int("31" + DISTRICTS[(i + 7) % len(DISTRICTS)]))
        self.line("unit", "wrong unit", code(i))
        i = next(at)
        self.edit_at_portal(i, district_code=DISTRICTS[(i + 7) % len(DISTRICTS)])
        self.line("unit", "wrong unit", code(i))
        i = next(at)
        self.edit(i, MARKED_DT=str(datetime.fromisoformat(marked(i)) - timedelta(days=1)))
        self.line("day", "unexplained", code(i))
        i = next(at)
        self.edit_at_portal(i, marked_on=str(datetime.fromisoformat(marked(i)) + timedelta(days=1)))
        self.line("day", "unexplained", code(i))
        i = next(at)
        self.edit(i, SUBJECT="विषय बदला गया")
        self.line("text", "unexplained", code(i))
        i = next(at)
        self.edit(i, COMPLAINT_DESC=nfc(lodged(i)["details"]) + " नहीं")
        self.line("text", "unexplained", code(i))
        i = next(at)
        self.edit(i, RECORD_STATUS="D")
        self.line("missing at police", "vanished", code(i))
        i = next(at)                                             # entered once more, with the number as it was written on paper
        self.add_at_police(registered(i, COMPLAINT_REG_NUM=police_number(STRANGE + 30), ORIGIN_NO=f"{code(i)[:4]}-{code(i)[4:]}"))
        self.line("twice at police", "unexplained", code(i))

    def swap_at_portal(self, i, other):
        """One number goes and another comes, alike in unit, day and status: no count tells it."""
        self.remove_at_portal(i)
        self.add_at_portal(lodged(i, code=code(other)))
        self.line("missing at portal", "vanished", code(i))
        self.line("missing in staging", "unexplained", code(other))

    def swap_at_police(self, i, other):
        self.edit(i, RECORD_STATUS="D")
        self.add_at_police(registered(i, COMPLAINT_REG_NUM=police_number(other), ORIGIN_NO=code(other)))
        self.line("missing at police", "vanished", code(i))
        self.line("missing in staging", "unexplained", code(other))

    def exchange(self, a, b):
        """The numbers that two rows of the police name change places."""
        one, two = (f"WHERE COMPLAINT_REG_NUM = '{police_number(i)}'" for i in (a, b))
        (((was,),), ((other,),)) = (self.rows(f"SELECT ORIGIN_NO FROM t_complaint {where}") for where in (one, two))
        for where, number in ((one, "between"), (two, was), (one, other)):
            self.run(f"UPDATE t_complaint SET ORIGIN_NO = '{number}' {where}")

    def unexplained(self):
        return sum(reason == "unexplained" for _, reason, _ in self.expected)

    def restore(self):
        """Everything by hand as it was; what was refused is let in, and the one that was dropped is entered at the police."""
        while self.undo:
            self.undo.pop()()
        for (held,) in self.site.sql("SELECT held_id FROM bridge.held WHERE state = 'open'"):
            self.site("held", "replay", held)
        on, typed = self.site.store.grievance(code(LATER + 1))["marked_on"], str(self.now() + timedelta(hours=6))
        self.insert([registered(LATER + 1, MARKED_DT=on, RECEIVED_DT=on, REG_DT=typed, RECORD_CREATED_ON=typed)])
        self.night()
