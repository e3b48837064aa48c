"""A police system that computes the digests of its rows is not listed: the buckets that differ are read, and no other. Whatever
was changed there is found all the same, be its time touched or not, and is told again each time."""
import hashlib
import re

import icms
import pytest

from conftest import ROOT
from matters import code, grievance
from rows import MariaDB
from test_drivers_sync import OnMariaDB, OnPostgres

COUNT = 60


def bucket(number):
    return hashlib.sha256(number.encode()).hexdigest()[:2]


@pytest.fixture(params=["mariadb", "postgres"])
def cctns(request, site):
    if request.param == "mariadb":
        cctns = OnMariaDB(request.getfixturevalue("mariadb"), "cctns_digest")
        site.secret("cctns.secret", "rehearsal")
        site.write_conf(connection=cctns.connection, cctns="user = bridge\npassword = file:cctns.secret")
    else:
        cctns = OnPostgres(request.getfixturevalue("pg"), "cctns_digest")
        site.write_conf(connection=cctns.connection, cctns="user = postgres")
    site.store.add_complaints([grievance(n) for n in range(1, COUNT + 1)])
    site("sync", code=0)
    yield cctns
    if request.param == "mariadb":
        cctns.server.sql("DROP DATABASE cctns_digest")
    else:
        cctns.server.sql("DROP DATABASE cctns_digest WITH (FORCE)")


def registered(site, n):
    return site.one(f"SELECT police_number FROM bridge.complaint WHERE number = '{code(n)}'")


def reconciled(site, exit_code=None):
    """How CCTNS was asked, the rows that were read of it, and the differences that are told."""
    told = site.json("reconcile", "--list", code=exit_code)["tables"]
    lists = {row["system"]: row for row in told["lists"]}
    return lists["cctns"]["compared_by"], lists["cctns"]["rows_read"], {(d["number"], d["what"]) for d in told["differences"]}


def beside(site, *numbers):
    """The complaints whose numbers share a bucket with one of these."""
    wanted = {bucket(n) for n in numbers}
    return sum(bucket(r[0]) in wanted for r in site.sql("SELECT police_number FROM bridge.complaint WHERE police_number IS NOT NULL"))


def expect(site, number, what, buckets=1):
    """One difference, found in so many buckets; and once more without reading a row."""
    how, rows, found = reconciled(site, 4)
    assert how == f"digest, {buckets} of 256 buckets read" and rows < COUNT
    assert (code(number), what) in found and len({n for n, _ in found}) == 1, found
    assert reconciled(site, 4) == ("digest, 0 of 256 buckets read", 0, found)
    return rows


def test_what_agrees_is_not_read(site, cctns):
    assert reconciled(site, 0) == ("digest, 0 of 256 buckets read", 0, set())
    assert site.one("SELECT count(*) FROM bridge.listed") == str(COUNT)
    assert site.sql("SELECT side, sum(n) FROM bridge.control_total WHERE run_id = (SELECT max(run_id) FROM bridge.control_total)"
                    " GROUP BY side ORDER BY side") == [["police", str(COUNT)], ["portal", str(COUNT)], ["staging", str(COUNT)]]


def test_a_status_set_by_hand_is_found(site, cctns):
    number = registered(site, 7)
    cctns.run(f"UPDATE t_complaint SET STATUS_CD = 7 WHERE COMPLAINT_REG_NUM = '{number}'")
    assert expect(site, 7, "status") == beside(site, number)


def test_a_text_that_was_changed_without_its_time_is_found(site, cctns):
    number = registered(site, 8)
    cctns.run(f"UPDATE t_complaint SET COMPLAINT_DESC = 'altered' WHERE COMPLAINT_REG_NUM = '{number}'")
    assert expect(site, 8, "text") == beside(site, number)


def test_a_row_that_was_deleted_is_found(site, cctns):
    number = registered(site, 9)
    cctns.run(f"DELETE FROM t_complaint_action WHERE COMPLAINT_SRNO = (SELECT COMPLAINT_SRNO FROM t_complaint"
              f" WHERE COMPLAINT_REG_NUM = '{number}')")
    cctns.run(f"DELETE FROM t_complaint WHERE COMPLAINT_REG_NUM = '{number}'")
    how, rows, found = reconciled(site)
    assert how == "digest, 1 of 256 buckets read" and rows == beside(site, number) - 1
    assert (code(9), "missing at police") in found and {n for n, _ in found} == {code(9)}    # the proof of the night tells of it, too
    assert reconciled(site)[:2] == ("digest, 0 of 256 buckets read", 0)


def test_two_rows_that_were_swapped_are_found(site, cctns):
    a, b = registered(site, 10), registered(site, 11)
    for old, new in ((a, "x"), (b, a), ("x", b)):                          # the number, its origin with it, and no time
        cctns.run(f"UPDATE t_complaint SET COMPLAINT_REG_NUM = '{new}' WHERE COMPLAINT_REG_NUM = '{old}'")
    how, rows, found = reconciled(site, 4)
    assert how == f"digest, {len({bucket(a), bucket(b)})} of 256 buckets read" and rows == beside(site, a, b)
    assert found == {(code(10), "link"), (code(11), "link")}

    c, d = registered(site, 20), registered(site, 21)
    texts = dict(cctns.rows("SELECT ORIGIN_NO, COMPLAINT_DESC FROM t_complaint"))
    for number, other in ((c, 21), (d, 20)):
        cctns.run(f"UPDATE t_complaint SET COMPLAINT_DESC = '{texts[code(other)]}' WHERE COMPLAINT_REG_NUM = '{number}'")
    how, rows, found = reconciled(site, 4)
    assert how == f"digest, {len({bucket(c), bucket(d)})} of 256 buckets read" and rows == beside(site, c, d)
    assert found >= {(code(20), "text"), (code(21), "text")}


def test_a_row_after_the_cut_is_none_and_a_new_one_is(site, cctns):
    insert = ("INSERT INTO t_complaint (LANG_CD, COMPLAINT_REG_NUM, STATE_CD, DISTRICT_CD, REG_YEAR, REG_DT, STATUS_CD, SUBJECT, FULL_NAME,"
              " ORIGIN_SYSTEM, ORIGIN_NO, MARKED_DT, RECORD_STATUS, RECORD_CREATED_ON, RECORD_CREATED_BY) VALUES (6, '{0}', 31, 31155,"
              " 2020, '{1}', 1, 'lodged', 'x', 'igrs', '{2}', '{1}', 'C', '{1}', 'station')")
    cctns.run(insert.format("31155209999999", "2020-06-12 10:00:00", code(901)))
    assert reconciled(site, 0) == ("digest, 0 of 256 buckets read", 0, set())
    cctns.run(insert.format("31155209999998", "2020-06-11 01:00:00", code(902)))
    how, rows, found = reconciled(site, 4)
    assert how == "digest, 1 of 256 buckets read" and rows == 1 + beside(site, "31155209999998")
    assert found == {(code(902), "missing in staging")}


def test_what_was_staged_before_there_were_digests_is_read_once(site, cctns):
    number = registered(site, 12)
    site.sql(f"DELETE FROM bridge.listed WHERE number = '{number}'")
    assert reconciled(site, 0) == ("digest, 1 of 256 buckets read", beside(site, number), set())
    assert reconciled(site, 0) == ("digest, 0 of 256 buckets read", 0, set())
    site.sql("TRUNCATE bridge.listed")                                     # as after an upgrade
    how, rows, _ = reconciled(site, 0)
    assert rows == COUNT and reconciled(site, 0)[1] == 0, how


def test_what_was_read_by_another_map_is_read_again(site, cctns):
    number = registered(site, 13)
    site.sql(f"UPDATE bridge.listed SET meaning = sha256('another') WHERE number = '{number}'")
    assert reconciled(site, 0) == ("digest, 1 of 256 buckets read", beside(site, number), set())
    assert reconciled(site, 0)[1] == 0


def test_a_dry_reading_of_what_the_police_did_is_staged_and_agrees(site, cctns):
    number = registered(site, 14)
    cctns.run(f"UPDATE t_complaint SET STATUS_CD = 4, RECORD_UPDATED_ON = '2020-06-11 10:00:00' WHERE COMPLAINT_REG_NUM = '{number}'")
    cctns.run(f"INSERT INTO t_complaint_action (LANG_CD, COMPLAINT_SRNO, ACTION_CD, ACTION_DT, RECORD_STATUS, RECORD_CREATED_ON,"
              f" RECORD_CREATED_BY) SELECT 6, COMPLAINT_SRNO, 4, '2020-06-11 10:00:00', 'C', '2020-06-11 10:00:00', 'station'"
              f" FROM t_complaint WHERE COMPLAINT_REG_NUM = '{number}'")
    site.clock.set("2020-06-11T20:00:00Z")
    done = site("sync", code=0)
    assert "\"cctns\" was compared by: digest, 0 of 256 buckets read (0 rows)" in done.err    # the pull brought the row's digest
    assert reconciled(site, 0)[1] == 0


def test_a_system_that_computes_no_digest_is_listed(site):
    site.store.add_complaints([grievance(n) for n in range(1, 8)])
    site("check", code=0)                                                  # which asks for every call that is there
    done = site("sync", code=0)
    assert "\"cctns\" cannot compute digests: its whole list is read" in done.err
    how, rows, found = reconciled(site, 0)
    assert (how, rows, found) == ("list", 7, set())
    site.write_conf(cctns="rows = 3")
    assert reconciled(site, 0) == ("list in 3 pages", 7, set())
    assert site.one("SELECT count(*) FROM bridge.listed") == "0"


def test_a_digest_that_the_server_refuses_is_done_without(site, pg):
    """Its function is not there, as after a change of the server: the list is read, and a difference is found as before."""
    cctns = OnPostgres(pg, "cctns_refused")
    maps = site.folder / "mappings"
    maps.mkdir()
    for entry in (ROOT / "mappings").iterdir():
        (maps / entry.name).symlink_to(entry)
    head, mark, digest = (ROOT / "mappings/cctns.map").read_text(encoding="utf-8").partition("[call digest]")
    assert "SHA256(CONVERT_TO" in digest
    (maps / "cctns.map").unlink()
    (maps / "cctns.map").write_text(head + mark + digest.replace("SHA256(CONVERT_TO", "GONE256(CONVERT_TO"), encoding="utf-8")
    site.write_conf(connection=cctns.connection, cctns="user = postgres")
    site.conf.write_text(site.conf.read_text().replace(f"mappings = {ROOT}/mappings", f"mappings = {maps}"))
    site.store.add_complaints([grievance(n) for n in range(1, 8)])
    try:
        done = site("sync", code=0)
        assert "\"cctns\" failed at its digests: its whole list is read" in done.err and "odbc.42883" in done.err, done.err
        assert reconciled(site, 0) == ("list", 7, set())
        cctns.run(f"UPDATE t_complaint SET STATUS_CD = 7 WHERE COMPLAINT_REG_NUM = '{registered(site, 3)}'")
        assert reconciled(site, 4) == ("list", 7, {(code(3), "status")})
    finally:
        cctns.server.sql("DROP DATABASE cctns_refused WITH (FORCE)")


def test_icms_is_asked_the_same_way(make_state, mariadb):
    site = make_state("delhi")
    site.police = icms.Peer(site.folder, site.clock.path, on=MariaDB(mariadb, "digest_icms", "icms"))
    site.write_conf()
    numbers = site.police.add([{"unit": "DL-8162-01", "mode": "HAND", "kind": "COMPLAINT", "subject": f"विषय {n}", "body": f"विवरण {n}",
                                "received_at": "2020-11-10T05:00:10Z"} for n in range(30)])
    site("sync", code=0)

    def asked():
        return [(row["compared_by"], row["rows_read"]) for row in site.json("reconcile", "--list", code=0)["tables"]["lists"]]

    assert asked() == [("digest, 0 of 256 buckets read", 0)]
    site.police.db.run([("UPDATE icms_complaint SET DETAILS = ? WHERE COMPLAINT_NO = ?", ("altered", numbers[3]))])
    beside = sum(bucket(n) == bucket(numbers[3]) for n in numbers)
    assert asked() == [("digest, 1 of 256 buckets read", beside)]
    assert asked() == [("digest, 0 of 256 buckets read", 0)]


# what bridge/core/set_digest.h gives as its example
EXAMPLE = [["6b", "1", "3398926610", "3390815690", "4207030707", "2586041421", "2810638328", "343690866", "3112204165", "2951628987"],
           ["zz", "3", "5221422379", "6235197942", "6781695693", "5174596390", "6020402170", "5275684432", "9099987924", "9259268382"]]


@pytest.mark.parametrize("server", ["mariadb", "pg"])
def test_servers_add_up_as_the_rule_says(server, request):
    """The words and sums of call "digest" as the map has them, over the rows of the example."""
    whole = (ROOT / "mappings/cctns.map").read_text(encoding="utf-8").partition("[call digest]")[2]
    text = re.search(rf"(?s)sql\.{dict(mariadb='mysql', pg='pgsql')[server]} = (.*?)\n(?=sql|\n)", whole)[1].replace("\n   ", "")
    sums, inner = re.fullmatch(r"(.*?) FROM \((.*)\) q GROUP BY q\.B", text).groups()
    hashed = {"mariadb": "SHA2('{}', 256)", "pg": "ENCODE(SHA256(CONVERT_TO('{}', 'UTF8')), 'hex')"}[server]
    rows = " UNION ALL ".join(f"SELECT '{b}' AS B, {hashed.format(x)} AS D"
                              for b, x in (("6b", "a"), ("zz", "a"), ("zz", "b"), ("zz", "c")))
    assert sorted(request.getfixturevalue(server).sql(f"{sums} FROM ({rows}) q GROUP BY q.B")) == EXAMPLE
    of_number = re.match(r"SELECT (.*?) AS B,", inner)[1].replace("c.COMPLAINT_REG_NUM", "'31155200000001'")
    assert request.getfixturevalue(server).sql(f"SELECT {of_number}") == [["ab"]]


# ---- a portal that only counts

@pytest.fixture
def counting(make_site):
    """UP, whose portal's map has no list: a count is all that it tells."""
    site = make_site()
    maps = site.folder / "mappings"
    maps.mkdir()
    for entry in (ROOT / "mappings").iterdir():
        (maps / entry.name).symlink_to(entry)
    whole = (ROOT / "mappings/igrs.map").read_text(encoding="utf-8")
    (maps / "igrs.map").unlink()
    (maps / "igrs.map").write_text(re.sub(r"(?ms)^\[call ids\].*?(?=^\[)", "", whole), encoding="utf-8")
    site.write_conf()
    site.conf.write_text(site.conf.read_text().replace(f"mappings = {ROOT}/mappings", f"mappings = {maps}"))
    site("schema", "apply", code=0)
    site.store.add_complaints([grievance(n) for n in range(1, 8)])
    site("sync", code=0)
    return site


def counted(site, exit_code):
    told = site.json("reconcile", "--list", code=exit_code)["tables"]
    portal = told["reconciled"][0]
    assert {row["system"]: row["compared_by"] for row in told["lists"]}["igrs"] == "count only"
    return (portal["portal"], portal["staging"], portal["counted"],
            sorted((d["what"], d["portal_says"], d["staging_says"], d["reason"]) for d in told["differences"]))


def test_a_portal_that_only_counts_is_compared_by_sums(counting):
    site = counting
    assert counted(site, 0) == (7, 7, True, [])
    site.clock.set("2020-06-14T20:00:00Z")
    site("sync", code=0)
    with site.store:                                                       # one is gone, and no complaint of it is opened
        site.store.db.execute("DELETE FROM office_action WHERE code = ?", (code(3),))
        site.store.db.execute("DELETE FROM grievance WHERE code = ?", (code(3),))
    portal, staging, agree, found = counted(site, 4)
    assert (portal, staging, agree) == (6, 7, False)
    assert [(what, reason) for what, _, _, reason in found] == [("count", "unexplained")]
    assert "counts 6" in found[0][1] and "has 7" in found[0][2]
    assert site.sql("SELECT number FROM bridge.source_record WHERE vanished_at IS NOT NULL") == []


def test_a_status_that_changed_at_a_portal_that_only_counts(counting):
    site = counting
    with site.store:
        site.store.db.execute("UPDATE grievance SET status = 'REOPENED' WHERE code = ?", (code(2),))
    _, _, agree, found = counted(site, 4)
    assert not agree and len(found) == 2 and {(what, reason) for what, _, _, reason in found} <= {
        ("count", "unexplained"), ("count", "late at source")}
