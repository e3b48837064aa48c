"""The three ODBC drivers on live servers: every case of tests/unit/test_odbc.c, test_odbc_calls.c and
test_odbc_bytes.c, and what only a server can show.

The program is run with the connection texts of a private PostgreSQL and MariaDB, so that a text of 12,000 characters, ZWJ and
characters beyond the BMP go through the adapter into each reference schema and come back, equal after NFC.
"""
import os
import re
import subprocess
import unicodedata
from pathlib import Path

import pytest

from servers import ROOT

PROGRAMS = Path(os.environ.get("BRIDGE_TEST_PROGRAMS") or ROOT / "build" / os.environ.get("BRIDGE_VARIANT", "san") / "tests")
CASES = ("test_probe", "test_schema", "test_texts", "test_paging", "test_once", "test_bad_values", "test_lost")
CALLS = ("test_schema", "test_units", "test_remind", "test_feedback")
BYTES = ("test_schema", "test_sizes", "test_odd_rows", "test_large")
LARGE = 100 * 1024 * 1024
PASSWORD = "p;Driver=/tmp/evil.so;{x}=y"   # what a connection text would fall apart on, were it not in braces


@pytest.fixture(scope="module")
def run_on(pg, mariadb, tmp_path_factory):
    """run_on(program): its exit code and what it said, on an empty database of each server, as a user that both know."""
    secret = tmp_path_factory.mktemp("odbc") / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    was = mariadb.sql("SELECT @@GLOBAL.max_allowed_packet")[0][0]
    pg.sql("DROP ROLE IF EXISTS odbc_bridge")
    pg.sql(f"CREATE ROLE odbc_bridge LOGIN PASSWORD '{PASSWORD}'")
    mariadb.sql(f"CREATE OR REPLACE USER odbc_bridge@localhost IDENTIFIED BY '{PASSWORD}'; GRANT SUPER ON *.* TO odbc_bridge@localhost;"
                "SET GLOBAL max_allowed_packet = 1073741824")

    def run(program, database, **more):
        path = PROGRAMS / program
        assert path.exists(), f"{path} has not been built"
        pg.sql(f"DROP DATABASE IF EXISTS {database}")
        pg.sql(f"CREATE DATABASE {database} OWNER odbc_bridge")
        mariadb.sql(f"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database} CHARACTER SET utf8mb4;"
                    f"GRANT ALL ON {database}.* TO odbc_bridge@localhost")
        # The C locale: no driver may depend on the one of the terminal.
        env = dict(os.environ, LC_ALL="C", CMOCKA_MESSAGE_OUTPUT="STDOUT", ASAN_OPTIONS="quarantine_size_mb=1",
                   BRIDGE_TEST_MARIADB=f"Driver=MariaDB Unicode;SOCKET={mariadb.socket};Database={database}",
                   BRIDGE_TEST_PGODBC=f"Driver=PostgreSQL Unicode;Server={pg.socket};Database={database}",
                   BRIDGE_TEST_ODBC_USER="odbc_bridge", BRIDGE_TEST_ODBC_SECRET=f"file:{secret}", **more)
        done = subprocess.run([path], cwd=ROOT, env=env, capture_output=True, text=True, errors="replace", timeout=300)
        return done.returncode, done.stdout + done.stderr

    yield run
    mariadb.sql(f"SET GLOBAL max_allowed_packet = {was}")


@pytest.fixture(scope="module")
def ran(run_on):
    return run_on("test_odbc", "odbc_drivers")


@pytest.fixture(scope="module")
def calls_ran(run_on):
    return run_on("test_odbc_calls", "odbc_calls")


@pytest.fixture(scope="module")
def bytes_ran(run_on):
    return run_on("test_odbc_bytes", "odbc_bytes", BRIDGE_TEST_ODBC_LARGE=str(LARGE))


def test_whole_program(ran):
    code, said = ran
    assert code == 0, said


@pytest.mark.parametrize("driver", ["sqlite", "mariadb", "postgresql"])
@pytest.mark.parametrize("case", CASES)
def test_case(ran, case, driver):
    if (case, driver) == ("test_lost", "sqlite"):
        pytest.skip("a file has no connection")
    assert f"[       OK ] {case} {driver}" in ran[1], ran[1]


@pytest.mark.parametrize("driver", ["sqlite", "mariadb", "postgresql"])
@pytest.mark.parametrize("case", CALLS)
def test_calls(calls_ran, case, driver):
    assert calls_ran[0] == 0 and f"[       OK ] {case} {driver}" in calls_ran[1], calls_ran[1]


def test_whole_program_of_files(bytes_ran):
    code, said = bytes_ran
    assert code == 0, said


@pytest.mark.parametrize("driver", ["sqlite", "mariadb", "postgresql"])
@pytest.mark.parametrize("case", BYTES)
def test_files(bytes_ran, case, driver):
    """1 byte to 8 MB and 100 MB into the database and out of it, hashes equal; nothing, too much, and what the server refuses."""
    assert f"[       OK ] {case} {driver}" in bytes_ran[1], bytes_ran[1]


def test_a_server_that_refuses_a_file_refuses_that_one_alone(bytes_ran):
    assert "[       OK ] test_too_large mariadb" in bytes_ran[1], bytes_ran[1]


def test_of_what_is_read_a_driver_holds_pieces(bytes_ran):
    """Of 100 MB that are read. What a driver holds of what it is sent is its own; README.md tells it. SQLite's reads a whole value
    for each piece."""
    held = {d: int(kb) for d, kb in re.findall(r"large (\w+): in \d+ KB held [\d.]+ s, out (-?\d+) KB held", bytes_ran[1])}
    assert set(held) == {"sqlite", "mysql", "pgsql"}, bytes_ran[1]
    assert held["mysql"] < 64 * 1024 and held["pgsql"] < 64 * 1024 and held["sqlite"] < 160 * 1024, held


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
