"""What a district is shown: as the office of a unit (role bridge_cell) and as a login of its own (role bridge_district), nothing of another
district comes out, whatever is asked and however it is refused; and of a sender who was promised secrecy no word.
"""
import re

import psycopg2
import psycopg2.extras
import pytest

from two_districts import NOW, ROOT, plant, statement

LISTS = {"cell_list": ["open", "-infinity", NOW, NOW, "Asia/Kolkata"], "cell_returned": ["-infinity", NOW, NOW, "+05:30"],
         "cell_unaccepted": [NOW, "Asia/Kolkata"], "cell_duplicates": [NOW, "Asia/Kolkata"],
         "cell_moved": ["-infinity", NOW, "Asia/Kolkata"]}
FIGURES = {"cell_units": ["2024-02-01", "2024-03-01", NOW, "Asia/Kolkata"],
           "cell_summary": [["igrs", "cpgrams"], ["marked_at", "received_at"], False, "2024-02-02", "2024-03-01", NOW], "cell_who": []}


@pytest.fixture
def two(make_site):
    site = make_site(portal=False, kind="site").ready()
    plant(site)
    for login, role in (("cell_nightly", "bridge_writer"), ("cell_moradabad", "bridge_district"), ("cell_nobody", "bridge_district")):
        site.sql(f"DO $$ BEGIN CREATE ROLE {login} LOGIN IN ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    site.sql("INSERT INTO bridge.district_member VALUES ('cell_moradabad', 'UP-171')")
    return site


class Asker:
    """A session whose every answer is kept: rows, notices and errors with all that they say."""

    def __init__(self, site, login, unit=None):
        self.db = psycopg2.connect(site.conninfo.replace("user=postgres", f"user={login}"))
        self.db.autocommit = True
        self.heard = []
        self.refused = 0
        if unit is not None:
            self.ask("SET ROLE bridge_cell")
            self.ask(f"SELECT set_config('bridge.cell', '{unit}', false)")

    def ask(self, query, values=None):
        """Rows as texts, or None where it was refused."""
        rows = None
        with self.db.cursor() as sql:
            try:
                sql.execute(query, values)
                rows = [[None if v is None else str(v) for v in row] for row in sql.fetchall()] if sql.description else []
            except psycopg2.Error as error:
                self.refused += 1
                d = error.diag
                self.heard.append(" ".join(str(x) for x in (error, d.message_primary, d.message_detail, d.message_hint, d.context,
                                                              d.internal_query, d.column_name, d.constraint_name)))
        self.heard += [str(row) for row in rows or []] + list(self.db.notices)
        del self.db.notices[:]
        return rows

    def named(self, name, values, file="cell"):
        """A statement of sql/queries, its rows as dicts; arguments as the program gives them."""
        types, body = statement(name, file)
        with self.db.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as sql:
            sql.execute("DEALLOCATE ALL")
            sql.execute(f"PREPARE s {'(' + ', '.join(types) + ')' if types else ''} AS {body}")
            sql.execute("EXECUTE s" + (f" ({', '.join(['%s'] * len(types))})" if types else ""), values)
            rows = [dict(row) for row in sql.fetchall()]
        self.heard += [str(row) for row in rows]
        return rows

    def all_of(self, name, values, count=3):
        """A list, page by page."""
        rows, after = [], ""
        while True:
            page = self.named(name, [*values, after, count])
            rows += page
            if len(page) < count:
                assert [r["place"] for r in rows] == sorted({r["place"] for r in rows})
                return rows
            after = page[-1]["place"]

    def leaks(self, words=("ALIEN",)):
        return [text[:400] for text in self.heard if any(word in text for word in words)]


def relations(site):
    return [name for (name,) in site.sql("SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                                         "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname IN ('bridge', 'pg_catalog', "
                                         "'information_schema', 'public') ORDER BY 1")]


def columns(site, relation):
    return [name for (name,) in site.sql(f"SELECT attname FROM pg_attribute WHERE attrelid = '{relation}'::regclass AND attnum > 0 "
                                         "AND NOT attisdropped AND atttypid::regtype::text IN ('text', 'jsonb', 'bytea', 'bigint')")]


# What is known to go round a filter: the foreign row is made to show in a result, in a notice or in an error.
TRICKS = """
SELECT * FROM {t} WHERE 1 / (CASE WHEN {c}::text LIKE 'AL_EN%' THEN 0 ELSE 1 END) = 1
SELECT * FROM {t} WHERE CASE WHEN {c}::text LIKE 'AL_EN%' THEN {c}::text::int = 0 ELSE true END
SELECT * FROM {t} WHERE CASE WHEN {c}::text LIKE 'AL_EN%' THEN ('<' || {c}::text)::xml IS NULL ELSE true END
SELECT * FROM {t} WHERE CASE WHEN {c}::text LIKE 'AL_EN%' THEN {c}::text::jsonb IS NULL ELSE true END
SELECT * FROM {t} WHERE CASE WHEN {c}::text LIKE 'AL_EN%' THEN {c}::text::inet IS NULL ELSE true END
SELECT * FROM {t} WHERE CASE WHEN {c}::text LIKE 'AL_EN%' THEN set_config('my.leak', {c}::text, false) IS NULL ELSE true END
SELECT current_setting('my.leak', true)
SELECT max({c}::text), min({c}::text), string_agg({c}::text, ' ') FROM {t}
SELECT {c} FROM {t} ORDER BY {c} DESC LIMIT 1
SELECT {c} FROM {t} TABLESAMPLE SYSTEM (100)
SELECT l.* FROM {t} o, LATERAL (SELECT i.{c} FROM {t} i WHERE i.{c}::text > o.{c}::text) l
SELECT to_jsonb(o), o::text FROM {t} o
EXPLAIN (ANALYZE, VERBOSE, COSTS, TIMING OFF) SELECT {c} FROM {t} WHERE {c}::text LIKE 'AL_EN%'
DECLARE w CURSOR WITH HOLD FOR SELECT {c} FROM {t}
FETCH ALL FROM w
CLOSE w
SELECT query_to_xml('SELECT {c} FROM {t}', true, false, '')
SELECT cursor_to_xml('w', 10, true, false, '')
SELECT table_to_xml('{t}'::regclass, true, false, '')
SELECT * FROM ts_stat('SELECT to_tsvector({c}::text) FROM {t}')
DO $$ DECLARE r record; BEGIN FOR r IN SELECT {c} AS x FROM {t} LOOP RAISE NOTICE '%', r.x; END LOOP; END $$
DO $$ BEGIN PERFORM 1 FROM {t} WHERE {c}::text LIKE 'AL_EN%' AND 1 / 0 = 1; END $$
SELECT * FROM {t} FOR UPDATE
UPDATE {t} SET {c} = {c} WHERE {c}::text LIKE 'AL_EN%' RETURNING *
DELETE FROM {t} RETURNING *
COPY {t} TO PROGRAM 'cat'
ANALYZE VERBOSE {t}
""".strip().splitlines()
WAYS = """
SET row_security = off
SELECT * FROM bridge.complaint
SET row_security = on
SET ROLE bridge_owner | SET ROLE bridge_writer | SET ROLE bridge_auditor | SET ROLE bridge_notifier | SET ROLE bridge_cell
SET SESSION AUTHORIZATION postgres | SET SESSION AUTHORIZATION cell_nightly
SELECT set_config('role', 'bridge_auditor', false) | SELECT set_config('session_authorization', 'postgres', false)
SELECT * FROM bridge.complaint
INSERT INTO bridge.complaint (source_system, number, number_norm, status, first_run, last_run, staged_at, changed_at) \
VALUES ('igrs', 'ALIE' || 'N-N', 'x', 'RECV', 1, 1, now(), now())
INSERT INTO bridge.link SELECT 'igrs', 'ALIE' || 'N-N', 'x', 1, 1, now()
INSERT INTO bridge.complaint SELECT * FROM bridge.complaint \
ON CONFLICT (source_system, number) DO UPDATE SET number = EXCLUDED.number RETURNING *
CREATE TEMPORARY TABLE mine AS SELECT * FROM bridge.complaint | CREATE TABLE mine (a text)
CREATE FUNCTION pg_temp.leak(text) RETURNS boolean COST 0.0001 LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$
SELECT number FROM bridge.complaint WHERE pg_temp.leak(number)
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq, RESTRICT = eqsel)
CREATE VIEW mine AS SELECT * FROM bridge.complaint | CREATE POLICY mine ON bridge.complaint USING (true)
ALTER TABLE bridge.complaint DISABLE ROW LEVEL SECURITY | DROP POLICY own ON bridge.complaint
SELECT tablename, attname, most_common_vals, histogram_bounds FROM pg_stats
SELECT * FROM pg_statistic | SELECT * FROM pg_statistic_ext_data | SELECT * FROM pg_stats_ext
SELECT query FROM pg_stat_activity | SELECT * FROM pg_prepared_statements | SELECT * FROM pg_cursors
SELECT database_to_xml(true, false, '') | SELECT schema_to_xml('bridge', true, false, '')
SELECT pg_read_file('base') | SELECT lo_import('/etc/hostname') | SELECT * FROM pg_ls_logdir()
SELECT bridge.erase_person(1, 1, now(), 'x', 'x') | SELECT bridge.hold_head()
SELECT pg_get_viewdef('bridge.cell_complaint'::regclass)
""".replace(" \\\n", " ").strip()


def try_everything(site, asker, roles=True):
    """Every relation and column, every trick on those that can be read, every function with nothing in it; roles: and other roles."""
    readable = 0
    for relation in relations(site):
        asker.ask(f"SELECT * FROM {relation}")
        if not relation.startswith("bridge."):
            continue
        asker.ask(f"SELECT count(*) FROM {relation}")
        for column in columns(site, relation):
            if asker.ask(f"SELECT {column} FROM {relation}") is None:
                continue
            readable += 1
            for trick in TRICKS if column in ("number", "key", "other_number", "said", "complainant", "text") else ():
                asker.ask(trick.replace("{t}", relation).replace("{c}", column))
    for name, arguments in site.sql("SELECT p.oid::regproc::text, oidvectortypes(p.proargtypes) FROM pg_proc p "
                                    "WHERE p.pronamespace = 'bridge'::regnamespace AND p.prokind = 'f' "
                                    "AND p.prorettype <> 'trigger'::regtype"):
        asker.ask(f"SELECT * FROM {name}({', '.join('NULL::' + a for a in arguments.split(', ') if a)})")
    for line in WAYS.splitlines():
        for query in line.split(" | "):
            if roles or not re.match(r"SET (ROLE|SESSION)|SELECT set_config\('(role|session)", query):
                asker.ask(query)
    return readable


# ---- nothing of another district ----

def test_a_cell_hears_nothing_of_another_district(two):
    asker = Asker(two, "cell_nightly", "UP-171")
    mine = asker.ask("SELECT number FROM bridge.complaint ORDER BY 1")
    assert [n for (n,) in mine] == ["OURS-A", "OURS-C", "OURS-D", "OURS-N", "OURS-O", "OURS-S", "OURS-X"]
    # whose session it is, the nightly run, may go back to what it is: no statement of a cell does (bridge/core/cell.h)
    ways = try_everything(two, asker, roles=False)
    assert ways > 60 and asker.refused > 150
    assert asker.leaks() == []
    # of a sender nothing but what was given in the open
    assert asker.leaks(("SECRET",)) == []
    assert asker.leaks(("OURS-NAME",)) != []


def test_a_login_of_a_district_hears_nothing_of_another_district(two):
    asker = Asker(two, "cell_moradabad")
    # the setting of a cell is anybody's to make; it opens nothing to a login of a district
    for unit in ("UP-172", "UP", ""):
        asker.ask(f"SELECT set_config('bridge.cell', '{unit}', false)")
        assert len(asker.ask("SELECT number FROM bridge.complaint")) == 7
    asker.ask("SELECT set_config('bridge.cell', 'UP-172', false)")
    ways = try_everything(two, asker)
    assert ways > 60 and asker.refused > 150
    assert asker.leaks() == []
    for view in ("cell_complaint", "cell_action", "cell_reply", "cell_twin"):
        assert asker.ask(f"SELECT * FROM bridge.{view}") is None
    for role in ("bridge_cell", "bridge_writer", "cell_nobody"):
        assert asker.ask(f"SET ROLE {role}") is None


def test_the_tricks_do_tell_where_nothing_stands_in_their_way(two):
    """Else what is above would prove nothing: the same questions of a role that sees both districts."""
    asker = Asker(two, "cell_nightly")
    for trick in TRICKS[:6]:
        asker.heard.clear()
        asker.ask(trick.replace("{t}", "bridge.complaint").replace("{c}", "number"))
        asker.ask(TRICKS[6])
        assert asker.leaks(("ALIEN", "division by zero")) != [], trick


@pytest.mark.parametrize("unit", ["", "UP-999", "up-171", "UP-171 ", None])
def test_without_a_unit_a_cell_sees_nothing(two, unit):
    asker = Asker(two, "cell_nightly", unit or "")
    if unit is None:
        asker.ask("RESET bridge.cell")
    for relation in ("complaint", "link", "action", "attachment", "feedback", "cell_complaint", "cell_action", "cell_reply", "cell_twin"):
        column = "*" if relation.startswith("cell") else "bridge_id"
        assert asker.ask(f"SELECT {column} FROM bridge.{relation}") == [], relation
    for name, values in LISTS.items():
        assert asker.named(name, [*values, "", 100]) == []


def test_a_unit_sees_what_is_below_it_and_nothing_beside(two):
    seen = {unit: len(Asker(two, "cell_nightly", unit).ask("SELECT bridge_id FROM bridge.complaint"))
            for unit in ("UP", "UP-171", "UP-171-01", "UP-171-02", "UP-172", "UP-155")}
    assert seen == {"UP": 14, "UP-171": 7, "UP-171-01": 6, "UP-171-02": 0, "UP-172": 7, "UP-155": 0}


# ---- the lists ----

def test_lists_of_a_cell(two):
    two("schema", "apply", code=0)
    asker = Asker(two, "cell_nightly", "UP-171")
    rows = {name: asker.all_of(name, values) for name, values in LISTS.items()}
    by = {row["number"]: row for row in rows["cell_list"]}
    assert list(by) == ["OURS-N", "OURS-C", "OURS-S", "OURS-A", "OURS-O", "OURS-X"]      # by due date; what is over is not open
    assert [r["days_left"] for r in rows["cell_list"]] == [-3, -2, -1, 0, 1, 2]
    assert [r["overdue"] for r in rows["cell_list"]] == [True, True, True, True, False, False]
    assert by["OURS-N"]["due_on"].isoformat() == "2024-02-17" and by["OURS-N"]["office_en"] == "Kotwali Moradabad"
    assert {n: r["complainant"] for n, r in by.items()} == {
        "OURS-N": "OURS-NAME", "OURS-X": "OURS-NAME", "OURS-C": None, "OURS-S": None, "OURS-A": None, "OURS-O": None}
    assert {n: r["subject"] is None for n, r in by.items()} == {n: n[-1] not in "NX" for n in by}
    # what was promised secrecy is not named beside what was not: that would say who sent it
    assert {n: r["twins"] for n, r in by.items()} == {
        "OURS-N": "cpgrams OURS/CPG/0; elsewhere; igrs OURS-X", "OURS-X": "igrs OURS-N", "OURS-O": "elsewhere", "OURS-C": "", "OURS-S": "",
        "OURS-A": ""}
    assert {r["returned"] for r in rows["cell_list"]} == {2}

    overdue = asker.all_of("cell_list", ["overdue", *LISTS["cell_list"][1:]])
    assert [r["number"] for r in overdue] == ["OURS-N", "OURS-C", "OURS-S", "OURS-A"]
    new = asker.all_of("cell_list", ["new", "2024-02-03 01:00Z", *LISTS["cell_list"][2:]])
    assert [r["number"] for r in new] == ["OURS-A", "OURS-O", "OURS-X", "OURS-D"]

    back = [(r["number"], r["times"], r["answered"], r["reason"], r["text"]) for r in rows["cell_returned"]]
    assert len(back) == 14
    assert ("OURS-N", 1, True, "VAGUE", "OURS-NAME-said") in back and ("OURS-N", 2, False, "VAGUE", "OURS-NAME-said") in back
    assert ("OURS-S", 2, False, "VAGUE", None) in back

    replies = {(r["number"], r["stream"]): r for r in rows["cell_unaccepted"]}
    assert len(replies) == 14
    assert replies["OURS-N", "action"]["why_en"] == "IGRS takes a disposal only when the complainant is satisfied"
    assert re.search("[\u0900-\u097f]", replies["OURS-N", "action"]["why_hi"])
    assert replies["OURS-N", "action"]["act"] == "ATRS" and replies["OURS-N", "attachment"]["act"] == "ATR"
    assert replies["OURS-N", "attachment"]["why_en"].startswith("The file is too big")
    assert replies["OURS-A", "action"]["why_en"] == "The receiver refused it"       # its word may name the sender

    twins = [(r["number"], r["twin"], r["of_us"], r["other_number"], r["score"] and float(r["score"])) for r in rows["cell_duplicates"]]
    assert sorted(twins, key=str) == sorted([
        ("OURS-N", "numbers", True, "OURS/CPG/0", None), ("OURS-N", "duplicate", True, "OURS-X", 0.75),
        ("OURS-N", "duplicate", False, None, 0.75),
        ("OURS-O", "quoted", False, None, None), ("OURS-X", "quoted", True, "OURS-N", None), ("OURS-X", "duplicate", True, "OURS-N", 0.75)],
        key=str)
    assert asker.leaks(("ALIEN", "SECRET")) == []


def test_a_word_that_nobody_knows_stands_in_quotes(two):
    two.sql("UPDATE bridge.delivery SET said = 'ODD_WORD' WHERE stream = 'action'")
    asker = Asker(two, "cell_nightly", "UP-171")
    for row in asker.named("cell_unaccepted", [NOW, "UTC", "", 100]):
        if row["stream"] == "action":
            assert row["why_en"] == 'It said: "ODD_WORD"' and '"ODD_WORD"' in row["why_hi"]


def test_a_disposal_that_waits_for_the_complainant_is_told(two):
    two.sql("INSERT INTO bridge.action (bridge_id, system, key, at, action, digest, as_received, first_run, last_run, staged_at) "
            "SELECT bridge_id, 'cctns', 'd', '2024-02-19', 'DISP', '\\x" + "00" * 32 + "', '{}', 1, 1, '2024-02-19' FROM bridge.complaint "
            "WHERE number = 'OURS-N'")
    asker = Asker(two, "cell_nightly", "UP-171")
    row, = [r for r in asker.named("cell_unaccepted", [NOW, "UTC", "", 100]) if r["state"] == "satisfaction"]
    assert row["number"] == "OURS-N" and row["act"] == "DISP" and "satisfied" in row["why_en"]


def test_what_is_marked_here_from_elsewhere_is_new(two):
    """Staged long ago at the other district; changed hands since."""
    two.sql("INSERT INTO bridge.complaint_version (bridge_id, version, was, system, run_id, at) "
            "SELECT bridge_id, 2, to_jsonb(c), 'igrs', 1, '2024-02-19' FROM bridge.complaint c WHERE number = 'ALIEN-N';"
            "UPDATE bridge.complaint SET unit = 'UP-171', station = NULL, changed_at = '2024-02-19' WHERE number = 'ALIEN-N'")
    asker = Asker(two, "cell_nightly", "UP-171")
    new = asker.all_of("cell_list", ["new", "2024-02-18", NOW, NOW, "UTC"])
    assert [r["number"] for r in new] == ["ALIEN-N"] and new[0]["came_at"] == "2024-02-19T00:00:00.000000Z"
    assert [r["number"] for r in Asker(two, "cell_nightly", "UP-172").all_of("cell_list", ["open", *LISTS["cell_list"][1:]])] == [
        "ALIEN-C", "ALIEN-S", "ALIEN-A", "ALIEN-O", "ALIEN-X"]


# ---- figures ----

def test_figures_of_cells_are_those_of_reconcile(two):
    """Figure by figure: as many as reconcile names members of that district; and all cells' together are what it says of the whole."""
    # marked anew after it was over: it came on the day that it bore before
    two.sql("UPDATE bridge.complaint SET marked_at = '2024-02-19 12:00Z' WHERE number = 'OURS-D'")
    asked = FIGURES["cell_summary"]
    names = ("brought_forward", "received", "disposed", "pending", "overdue", "undated")
    run = Asker(two, "cell_nightly")
    whole = {r["system"]: r for r in run.named("compare_figures", [*asked, None], "compare_figures")}
    members = {n: run.named("compare_figures", [*asked, n], "compare_figures") for n in names}
    assert len(members["received"]) == 12
    total = {}
    for unit in ("UP-171", "UP-172", "UP-155"):
        mine = {r["system"]: r for r in Asker(two, "cell_nightly", unit).named("cell_summary", asked)}
        for system, row in mine.items():
            for n in names:
                assert row[n] == len([m for m in members[n] if (m["system"], m["unit"]) == (system, unit)]), (unit, n)
                total[system, n] = total.get((system, n), 0) + row[n]
    assert total == {(system, n): row[n] for system, row in whole.items() for n in names}
    ours = {r["system"]: r for r in Asker(two, "cell_nightly", "UP-171").named("cell_summary", asked)}["igrs"]
    assert [ours[n] for n in names] == [1, 6, 1, 6, 4, 0] and ours["satisfied"] == 0 and ours["dissatisfied"] == 1
    units = {r["unit"]: r for r in Asker(two, "cell_nightly", "UP-171").named("cell_units", FIGURES["cell_units"])}
    assert {u: (r["open"], r["overdue"], r["due_soon"], r["came"], r["returned"], r["returned_on"], r["waiting"])
            for u, r in units.items()} == {"UP-171": (0, 0, 0, 1, 2, 1, 1), "UP-171-01": (6, 4, 2, 6, 12, 6, 6)}


# ---- the words ----

def test_every_word_is_in_both_languages(two):
    for system, word, en, hi in two.sql("SELECT system, word, en, hi FROM bridge.reply_word"):
        assert not re.search("[\u0900-\u097f]", en) and re.search("[\u0900-\u097f]", hi), (system, word)
    # what the maps say a peer may refuse with has its words
    for path in sorted((ROOT / "mappings").glob("*.map")):
        faults = re.search(r"^\[faults\]\n(.*?)^\[", path.read_text(encoding="utf-8"), re.M | re.S)
        for word in re.findall(r"^(\S+)\s*=\s*reject", faults[1], re.M) if faults else ():
            assert two.sql(f"SELECT 1 FROM bridge.reply_word WHERE system IN ('{path.stem}', '*') AND (word = '{word}' "
                           f"OR right(word, 1) = '*' AND starts_with('{word}', left(word, -1)))"), (path.stem, word)


def test_no_pair_names_a_secret_complaint_or_what_a_person_parted(two):
    """From whichever side it is looked at."""
    asker = Asker(two, "cell_nightly", "UP-171")
    before = asker.all_of("cell_duplicates", LISTS["cell_duplicates"])
    two.sql("INSERT INTO bridge.duplicate_pair (bridge_id, other_id, kind, score, why, run_id, at, state, decided_by, decided_at) "
            "SELECT a.bridge_id, b.bridge_id, 'duplicate', 0.75, '{}', 1, now(), v.state, v.who, CASE WHEN v.who <> '' THEN now() END "
            "FROM (VALUES ('OURS-C', 'OURS-X', 'suggested', NULL), ('OURS-S', 'OURS-O', 'suggested', NULL), "
            "('OURS-N', 'OURS-O', 'apart', 'x'), ('OURS-O', 'OURS-X', 'apart', 'x')) v (a, b, state, who) "
            "JOIN bridge.complaint a ON a.number = v.a JOIN bridge.complaint b ON b.number = v.b AND a.bridge_id < b.bridge_id")
    assert two.one("SELECT count(*) FROM bridge.duplicate_pair") == "8"
    assert asker.all_of("cell_duplicates", LISTS["cell_duplicates"]) == before and len(before) == 6


def test_the_views_of_a_cell_are_barriers(two):
    """Asked with a condition that costs less than the view's own, and says in its error what it was asked of: rows of the other district
    lie first in the table, and would be the first to be said."""
    asker = Asker(two, "cell_nightly", "UP-172")
    for view, columns in (("cell_complaint", ("number", "complainant", "subject")), ("cell_action", ("key", "text")),
                          ("cell_reply", ("key", "said")), ("cell_twin", ("other_number",))):
        for column in columns:
            asker.ask(f"SELECT * FROM bridge.{view} WHERE pg_size_bytes({column}) IS NULL")
    assert asker.refused and asker.leaks(("ALIEN",)) != [] and asker.leaks(("OURS",)) == []


def test_bounds_of_lists_and_figures_of_a_cell(two):
    """What is over is not overdue; what came back or was disposed of before the time asked for is not of it; due soon is two days."""
    asker = Asker(two, "cell_nightly", "UP-171")
    late = asker.all_of("cell_list", ["overdue", "-infinity", "2024-03-10", "2024-03-10", "UTC"])
    assert len(late) == 6 and "OURS-D" not in {r["number"] for r in late}
    assert len(asker.all_of("cell_returned", ["2024-02-14", NOW, NOW, "UTC"])) == 7
    units = {r["unit"]: r for r in asker.named("cell_units", ["2024-02-19", "2024-03-01", "2024-02-19 06:00Z", "UTC"])}
    assert (units["UP-171-01"]["due_soon"], units["UP-171"]["disposed"]) == (2, 0)
    units = {r["unit"]: r for r in asker.named("cell_units", ["2024-02-17", "2024-03-01", "2024-02-19 06:00Z", "UTC"])}
    assert units["UP-171"]["disposed"] == 1
