"""CMTS of Delhi Police in rehearsal: the one table of sql/cmts/, fed by hand and late, Hindi in Kruti Dev.

    old = Peer(folder, clock)                           # a SQLite file; on=MariaDB(...) of rows.py: a database of a server
    old.add([{"unit": "DL-8162", "subject": "pksjh", "received_at": "2017-03-04T18:30:00Z", "status": "ENQR", ...}]) -> [number]
    old.change(number, status="DISP", disposed_at="2017-05-01T18:30:00Z")
    old.fed()                                           # {unit: time that it last fed}
    old.held()[number]                                  # canonical fields and values, "subject" and "body" in the font that they are in

A row is fed at the time of the clock, or at "changed_at". Days have no time: midnight in India.
"""
from rows import Sqlite
from store import Clock, ist, utc

STATUS = {"ENQR": "PENDING", "DISP": "DISPOSED", "RJCT": "FILED", "TRNO": "TRANSFERRED"}
FROM = {"LGREF": "LG", "LGLP": "LG-LP", "MHA": "MHA", "GNCTD": "GNCTD", "PGC": "PGC", "PCA": "PCA", "VIP": "VIP", "CM": "CM"}
UNITS = {"DL": "CP OFFICE", "DL-8162": "CENTRAL", "DL-8165": "NEW DELHI", "DL-8166": "NORTH", "DL-8167": "SOUTH", "DL-8168": "EAST",
         "DL-8170": "WEST", "DL-8171": "SOUTH WEST", "DL-8172": "NORTH WEST", "DL-8173": "NORTH EAST", "DL-8174": "OUTER",
         "DL-8175": "CRIME BRANCH", "DL-8176": "DWARKA", "DL-8955": "SOUTH-EAST", "DL-8957": "SHAHDARA", "DL-8959": "ROHINI",
         "DL-8161": "VIGILANCE", "DL-8956": "EOW"}
DAYS = {"received_at": "DIARY_DT", "marked_at": "MARKED_DT", "due_at": "DUE_DT", "disposed_at": "DISP_DT"}
TEXTS = {"dak_number": "DIARY_NO", "subject": "SUBJECT", "body": "GIST"}
WORDS = {"status": ("STATUS", STATUS), "ref_type": ("RECD_FROM", FROM), "unit": ("DISTT", UNITS)}


def written(at):
    """2020-11-10T05:00:00Z as 10.11.2020 10:30:00."""
    day, hour = ist(at).split(" ")
    return ".".join(reversed(day.split("-"))) + " " + hour


def read(text):
    return text and utc("-".join(reversed(text[:10].split("."))) + " " + (text[11:] or "00:00:00"))


class Peer:
    system = "cmts"

    def __init__(self, folder, clock, on=None):
        self.db = on or Sqlite(folder, self.system)
        self.clock = Clock(f"@{clock}")
        self.connection = self.db.connection
        self.conf = f"mapping = cmts.map\nconnection = {self.connection}\n{self.db.conf}"

    def _row(self, record):
        row = {column: record[field] for field, column in TEXTS.items() if field in record}
        row.update({column: written(record[field])[:10] for field, column in DAYS.items() if record.get(field)})
        row.update({column: table.get(record[field], record[field]) for field, (column, table) in WORDS.items() if field in record})
        return dict(row, FED_ON=written(record.get("changed_at") or utc(self.clock.now())))

    def add(self, records):
        first = 1 + max([0] + [r["SL_NO"] for r in self.db.rows(["SL_NO"], "FROM cmts_register")])
        statements = []
        for n, record in enumerate(records, first):
            row = {"SL_NO": n, "DIARY_NO": f"{n}/DAK", **self._row(record)}
            statements.append((f"INSERT INTO cmts_register ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values())))
        self.db.run(statements)
        return [str(n) for n in range(first, first + len(records))]

    def change(self, number, **fields):
        row = self._row(fields)
        self.db.run([(f"UPDATE cmts_register SET {', '.join(f'{c} = ?' for c in row)} WHERE SL_NO = ?", (*row.values(), int(number)))])

    def held(self):
        out = {}
        columns = ["SL_NO", "FED_ON", *TEXTS.values(), *DAYS.values(), *(c for c, _ in WORDS.values())]
        for row in self.db.rows(columns, "FROM cmts_register"):
            r = {field: row[column] for field, column in TEXTS.items()}
            r.update({field: read(row[column]) for field, column in DAYS.items()})
            for field, (column, table) in WORDS.items():
                r[field] = next((ours for ours, theirs in table.items() if theirs == row[column]), None)
            r.update(number=str(row["SL_NO"]), changed_at=read(row["FED_ON"]))
            out[str(row["SL_NO"])] = {**{f: v for f, v in r.items() if v is not None}, "actions": [], "files": [], "feedback": []}
        return out

    def fed(self):
        out = {}
        for r in self.held().values():
            out[r["unit"]] = max(out.get(r["unit"], ""), r["changed_at"])
        return out

    def told(self, number=None):
        return []

    def stop(self):
        pass
