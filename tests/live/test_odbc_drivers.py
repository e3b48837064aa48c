"""The three ODBC drivers on live servers: every case of tests/unit/test_odbc.c, and what only a server can show.

The program is run with the connection texts of a private PostgreSQL and MariaDB, so that a text of 12,000 characters, ZWJ and
characters beyond the BMP go through the adapter into each reference schema and come back, equal after NFC.
"""
import os
import subprocess
import unicodedata

import pytest

from servers import ROOT

PROGRAM = ROOT / "build" / os.environ.get("BRIDGE_VARIANT", "san") / "tests" / "test_odbc"
CASES = ("test_probe", "test_schema", "test_texts", "test_paging", "test_once", "test_feedback", "test_bad_values", "test_lost")
PASSWORD = "p;Driver=/tmp/evil.so;{x}=y"   # what a connection text would fall apart on, were it not in braces


@pytest.fixture(scope="module")
def program():
    path = os.environ.get("BRIDGE_TEST_ODBC_PROGRAM") or PROGRAM
    assert os.path.exists(path), f"{path} has not been built"
    return path


@pytest.fixture(scope="module")
def databases(pg, mariadb, tmp_path_factory):
    """Connection texts, and the user and password that both servers know."""
    secret = tmp_path_factory.mktemp("odbc") / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    pg.sql("DROP DATABASE IF EXISTS odbc_drivers")
    pg.sql("DROP ROLE IF EXISTS odbc_bridge")
    pg.sql(f"CREATE ROLE odbc_bridge LOGIN PASSWORD '{PASSWORD}'")
    pg.sql("CREATE DATABASE odbc_drivers OWNER odbc_bridge")
    mariadb.sql("DROP DATABASE IF EXISTS odbc_drivers; CREATE DATABASE odbc_drivers CHARACTER SET utf8mb4;"
                f"CREATE OR REPLACE USER odbc_bridge@localhost IDENTIFIED BY '{PASSWORD}';"
                "GRANT ALL ON odbc_drivers.* TO odbc_bridge@localhost")
    return {
        "BRIDGE_TEST_MARIADB": f"Driver=MariaDB Unicode;SOCKET={mariadb.socket};Database=odbc_drivers",
        "BRIDGE_TEST_PGODBC": f"Driver=PostgreSQL Unicode;Server={pg.socket};Database=odbc_drivers",
        "BRIDGE_TEST_ODBC_USER": "odbc_bridge",
        "BRIDGE_TEST_ODBC_SECRET": f"file:{secret}",
    }


@pytest.fixture(scope="module")
def ran(program, databases):
    # The C locale: no driver may depend on the one of the terminal.
    env = dict(os.environ, LC_ALL="C", CMOCKA_MESSAGE_OUTPUT="STDOUT", **databases)
    done = subprocess.run([program], cwd=ROOT, env=env, capture_output=True, text=True, errors="replace", timeout=300)
    return done.returncode, done.stdout + done.stderr


def test_whole_program(ran):
    code, said = ran
    assert code == 0, said


@pytest.mark.parametrize("driver", ["sqlite", "mariadb", "postgresql"])
@pytest.mark.parametrize("case", CASES)
def test_case(ran, case, driver):
    if (case, driver) == ("test_lost", "sqlite"):
        pytest.skip("a file has no connection")
    assert f"[       OK ] {case} {driver}" in ran[1], ran[1]


def test_texts_as_the_servers_hold_them(ran, pg, mariadb):
    """Past the drivers: by the servers' own clients, the longest text and the one beyond the BMP are there, equal after NFC."""
    texts = {
        "mariadb": [row[0] for row in mariadb.sql("SELECT HEX(COMPLAINT_DESC) FROM t_complaint", "odbc_drivers")],
        "postgresql": [row[0] for row in pg.sql(
            "SELECT encode(convert_to(complaint_desc, 'UTF8'), 'hex') FROM t_complaint", pg.conninfo("odbc_drivers"))],
    }
    report = "आख्या: मौके पर जाँच की गई। " * 450
    wanted = {report, "😀क\u094d\u200dष " * 14000, "\U0001F600 \U00010900 e\u0301"}
    assert len(report) > 12000
    for server, hexes in texts.items():
        held = {unicodedata.normalize("NFC", bytes.fromhex(h).decode()) for h in hexes}
        assert {unicodedata.normalize("NFC", t) for t in wanted} <= held, server


def test_no_column_of_sync_was_written(ran, mariadb):
    assert mariadb.sql("SELECT COUNT(*) FROM t_complaint WHERE RECORD_SYNC_FROM IS NOT NULL OR RECORD_SYNC_TO IS NOT NULL"
                       " OR RECORD_SYNC_ON IS NOT NULL OR RECORD_UPDATED_FROM IS NOT NULL", "odbc_drivers") == [["0"]]
