"""Three sides of thousands of complaints, and twenty-five differences of ten kinds put in by hand: the reconciliation says those,
each for what it is, and no other; every figure of it is what the peers' own SQL says. The same at 100,000: tests/bench/planted.py."""
from collections import Counter

import pytest
from matters import code
from planted import LATER, STATUSES, Planted, marked, police_number, registered
from test_drivers_sync import OnMariaDB, OnPostgres

MANY, FEW = 2000, 800
WORD = {there: word for word, there, _ in STATUSES} | {"OTHER_DEPARTMENT": "TRNO"}
BY_CODE = {cd: word for word, _, cd in STATUSES} | {13: "RJCT"}


@pytest.fixture
def planted(request, site):
    """Filled, and read by the program's own sync."""
    kind, name = {"mariadb": OnMariaDB, "pg": OnPostgres}[request.param], f"{request.function.__name__}_{request.param}"
    police = kind(request.getfixturevalue(request.param), name)
    made = Planted(site, police, MANY if name.endswith("found_mariadb") else FEW)
    made.fill()
    site("sync", code=0)
    return made


def reconcile(site, *words, code):
    return site.json("reconcile", *words, code=code)["tables"]


def lines(found):
    return sorted((row["what"], row["reason"], row["number"]) for row in found["differences"])


def at_portal(planted):
    """(unit, status, day) -> complaints, by the portal's own SQL."""
    return {(f"UP-{district}", WORD[status], day): n for district, status, day, n in planted.site.store.sql(
        "SELECT district_code, status, substr(marked_on, 1, 10), count(*) FROM grievance GROUP BY 1, 2, 3")}


def at_police(planted):
    """The same by SQL of the police; one that was entered twice is one complaint."""
    return {(f"UP-{unit[2:]}", BY_CODE[int(status)], day): int(n) for unit, status, day, n in planted.rows(
        "SELECT UNIT_CD, STATUS_CD, CAST(MARKED_DT AS date), count(*) FROM t_complaint WHERE ORIGIN_SYSTEM = 'igrs'"
        " AND RECORD_STATUS <> 'D' AND ORIGIN_NO NOT LIKE '%-%' GROUP BY UNIT_CD, STATUS_CD, CAST(MARKED_DT AS date)")}


def figures(found, side):
    return {(row["unit"], row["status"], row["day"]): row[side] for row in found["counts"] if row[side]}


@pytest.mark.parametrize("planted", ["mariadb", "pg"], indirect=True)
def test_exactly_what_was_planted_is_found(planted):
    site = planted.site
    clean = reconcile(site, "--list", code=0)
    assert clean["differences"] == [] and clean["reconciled"][0]["staging"] == planted.n

    planted.plant()
    found = reconcile(site, "--list", "--by", "unit,status,day", code=4)
    assert len(planted.expected) == 25
    assert lines(found) == sorted(planted.expected)
    (row,) = found["reconciled"]
    assert (row["differences"], row["unexplained"], row["explained"]) == (25, planted.unexplained(), 25 - planted.unexplained())
    assert Counter((r["what"], r["reason"]) for r in found["differences"]) == {(r["what"], r["reason"]): r["n"] for r in found["reasons"]}

    # every figure is what the peers themselves count
    portal, police = at_portal(planted), at_police(planted)
    assert figures(found, "portal") == portal and row["portal"] == sum(portal.values())
    assert figures(found, "police") == police and row["police"] == sum(police.values())
    assert sum(figures(found, "staging").values()) == row["staging"] == int(site.one("SELECT count(*) FROM bridge.complaint"))

    # and what a line says of each side is what that side has
    for line in found["differences"]:
        if line["what"] == "status":
            there = site.store.grievance(line["number"])["status"]
            ((here,),) = planted.rows(f"SELECT STATUS_CD FROM t_complaint WHERE ORIGIN_NO = '{line['number']}'")
            assert (line["portal_says"], line["police_says"]) == (WORD[there], BY_CODE[int(here)])
        if line["police_number"] and line["what"] in ("status", "unit", "day", "text"):
            assert line["police_number"] == police_number(int(line["number"][4:]))

    planted.restore()
    site("sync", code=0)
    again = reconcile(site, "--list", code=0)
    assert again["differences"] == [] and again["reconciled"][0]["unexplained"] == 0
    assert again["reconciled"][0]["staging"] == planted.n + 3                   # those that came in meanwhile


@pytest.mark.parametrize("planted", ["pg"], indirect=True)
def test_what_is_no_difference(planted):
    """Nearly planted: another minute of the same day, another spelling of the same letters, an address, a row of nobody's portal."""
    site, police = planted.site, planted
    police.edit(20, MARKED_DT=registered(20)["MARKED_DT"][:10] + " 23:59:59")
    letters = registered(19)["COMPLAINT_DESC"]
    assert "\u091c\u093c" in letters
    police.edit(19, COMPLAINT_DESC=letters.replace("\u091c\u093c", "\u095b"))
    police.edit(21, ADDRESS="अन्यत्र")
    police.add_at_police(registered(22, COMPLAINT_REG_NUM=police_number(LATER), ORIGIN_SYSTEM=None, ORIGIN_NO=None))
    assert reconcile(site, "--list", code=0)["differences"] == []
    # one step further each is one
    police.edit(20, MARKED_DT=registered(20)["MARKED_DT"][:8] + "28 00:00:00")
    police.edit(22, STATUS_CD=13)
    assert lines(reconcile(site, "--list", code=4)) == [("day", "unexplained", code(20)), ("status", "unexplained", code(22))]


@pytest.mark.parametrize("planted", ["mariadb"], indirect=True)
def test_two_complaints_that_changed_places(planted):
    """The police's rows of two complaints of one unit, day and status name each other's number: every count and every set of numbers
    is as before, and two citizens would get each other's answer."""
    a, b = 3, 603
    for column in ("UNIT_CD", "STATUS_CD", "CATEGORY_CD"):
        assert registered(a)[column] == registered(b)[column]
    assert marked(a)[:10] == marked(b)[:10]
    planted.exchange(a, b)
    found = reconcile(planted.site, "--list", "--by", "unit,status,day", code=4)
    assert {row["number"] for row in found["differences"] if row["reason"] == "unexplained"} == {code(a), code(b)}
    assert figures(found, "police") == figures(found, "staging") == figures(found, "portal")
    planted.exchange(a, b)
    assert reconcile(planted.site, "--list", code=0)["differences"] == []
