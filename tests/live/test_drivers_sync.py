"""The main job with CCTNS on each of three ODBC drivers: every Devanagari text equals the portal's after NFC, long ones
whole; files byte for byte, both ways."""
import unicodedata

import pytest

from conftest import ROOT
from matters import TEXTS, code, grievance, nfc

LONG = "जाँच आख्या: प्रकरण की स्थलीय जाँच की गई, " * 300
BEYOND = "पत्र \U0001f4dc, \U00020000\U0002a6d6, क्\u200dष, क्\u200cष, ﷽"


class OnSqlite:
    def __init__(self, site):
        self.connection, self.rows = site.cctns.connection, site.cctns.sql

    def run(self, statement):
        self.rows(statement)

    literal = "x'{}'"

    def files(self):
        return self.rows("SELECT UPLOADED_FILE, FILE_SIZE, FILE_NAME FROM t_complaint_file")


class OnMariaDB:
    def __init__(self, server, name):
        server.sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        server.sql((ROOT / "sql/cctns/mysql.sql").read_text(), name)
        self.server, self.name = server, name
        self.connection = (f"Driver=MariaDB Unicode;Server=127.0.0.1;Port={server.port};Database={name};"
                           "CHARSET=utf8mb4")
        self.secret = "rehearsal"

    def rows(self, query):
        query = query.replace("COMPLAINT_DESC", "HEX(COMPLAINT_DESC)").replace("ORIGIN_NO,", "HEX(ORIGIN_NO),")
        return [tuple(bytes.fromhex(f).decode() if f != "NULL" else None for f in row) for row in self.server.sql(query, self.name)]

    def run(self, statement):
        self.server.sql(statement, self.name)

    literal = "x'{}'"

    def files(self):
        return [(bytes.fromhex(f[0]), int(f[1]), bytes.fromhex(f[2]).decode()) for f in self.server.sql(
            "SELECT HEX(UPLOADED_FILE), FILE_SIZE, HEX(FILE_NAME) FROM t_complaint_file", self.name)]


class OnPostgres:
    def __init__(self, server, name):
        self.conninfo = server.create(name)
        self.server = server
        server.sql((ROOT / "sql/cctns/pgsql.sql").read_text(), self.conninfo)
        self.connection = f"Driver=PostgreSQL Unicode;Servername={server.socket};Database={name};Port=5432"

    def rows(self, query):
        return [tuple(row) for row in self.server.sql(query, self.conninfo)]

    def run(self, statement):
        self.server.sql(statement, self.conninfo)

    literal = "decode('{}', 'hex')"

    def files(self):
        return [(bytes.fromhex(f[0]), int(f[1]), f[2]) for f in self.rows(
            "SELECT encode(UPLOADED_FILE, 'hex'), FILE_SIZE, FILE_NAME FROM t_complaint_file")]


@pytest.mark.parametrize("driver", ["sqlite", "mariadb", "postgres"])
def test_every_text_arrives_whole_through(driver, site, request):
    name = f"cctns_{driver}"
    if driver == "sqlite":
        cctns = OnSqlite(site)
    elif driver == "mariadb":
        cctns = OnMariaDB(request.getfixturevalue("mariadb"), name)
        site.secret("cctns.secret", "rehearsal")
        site.write_conf(connection=cctns.connection, cctns="user = bridge\npassword = file:cctns.secret")
    else:
        cctns = OnPostgres(request.getfixturevalue("pg"), name)
        site.write_conf(connection=cctns.connection, cctns="user = postgres")
    photo = bytes((i * 7919 + (i >> 8)) % 256 for i in range(50001))
    texts = TEXTS + [LONG[:9000], BEYOND, "".join(chr(c) for c in range(0x0900, 0x0980) if unicodedata.category(chr(c)) != "Cn")]
    site.store.add_complaints([grievance(n, details=text, files=[{"id": "F1", "name": "चित्र.jpg", "type": "image/jpeg", "content": photo}]
                                         if n == 1 else []) for n, text in enumerate(texts, 1)])
    site("check", code=0)
    site("sync", code=0)
    rows = dict(cctns.rows("SELECT ORIGIN_NO, COMPLAINT_DESC FROM t_complaint"))
    assert len(rows) == len(texts)
    for n, text in enumerate(texts, 1):
        assert rows[code(n)] == nfc(text), n

    # the complainant's file: every byte of it, named as it was
    site.clock.set("2020-06-10T20:30:00Z")
    site("sync", code=0)
    files = cctns.files()
    assert files == [(photo, len(photo), nfc("चित्र.jpg"))]

    # and back: a report of more than 12,000 characters, and one with characters beyond the BMP
    site.clock.set("2020-06-11T20:00:00Z")
    insert = ("INSERT INTO t_complaint_action (ACTION_SRNO, LANG_CD, COMPLAINT_SRNO, ACTION_CD, ACTION_DT, ACTION_DESC, RECORD_STATUS,"
              " RECORD_CREATED_ON, RECORD_CREATED_BY) SELECT {srno}, 6, COMPLAINT_SRNO, 5, '2020-06-11 10:00:00', '{text}', 'C',"
              " '2020-06-11 10:00:00', 'station' FROM t_complaint WHERE ORIGIN_NO = '{number}'")
    assert len(LONG) > 12000
    for n, text in ((1, LONG), (2, BEYOND)):
        cctns.run(insert.format(srno=900 + n, text=text, number=code(n)))
        report = cctns.literal.format((b"%PDF-1.4 " + photo[n:]).hex())
        cctns.run("INSERT INTO t_complaint_file (LANG_CD, COMPLAINT_SRNO, UPLOADED_FILE, FILE_NAME, FILE_TYPE, FILE_SIZE, FILE_ROLE,"
                  f" RECORD_CREATED_ON, RECORD_CREATED_BY) SELECT 6, COMPLAINT_SRNO, {report},"
                  f" 'report{n}.pdf', 'application/pdf', {9 + len(photo) - n}, 'ATR', '2020-06-11 10:00:00', 'station' FROM t_complaint"
                  f" WHERE ORIGIN_NO = '{code(n)}'")
        cctns.run(f"UPDATE t_complaint SET STATUS_CD = 5, RECORD_UPDATED_ON = '2020-06-11 10:00:00' WHERE ORIGIN_NO = '{code(n)}'")
    site("sync", code=0)
    for n, text in ((1, LONG), (2, BEYOND)):
        report = [a for a in site.store.police_actions(code(n)) if a["action_code"] == "REPORT_UPLOADED"]
        assert len(report) == 1 and report[0]["remarks"].strip() == nfc(text).strip(), n
        assert [bytes(f["content"]) for f in site.store.police_files(code(n))] == [b"%PDF-1.4 " + photo[n:]], n
    site("sync", code=0)
    assert site.one("SELECT count(*) FROM bridge.difference WHERE reason = 'unexplained'") == "0"
