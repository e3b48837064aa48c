"""Who may do what in schema bridge, from the catalogue against the matrix written here: each new table, column, sequence and
function fails this test until somebody decides. Then it is tried, as the auditor's login, and with the program itself.
"""
import json

import psycopg2
import pytest

from matters import code, grievance

ROLES = ("bridge_owner", "bridge_writer", "bridge_auditor", "bridge_district", "bridge_notifier", "bridge_cell", "public")
VERBS = {"SELECT": "s", "INSERT": "i", "UPDATE": "u", "DELETE": "d", "TRUNCATE": "t", "REFERENCES": "r", "TRIGGER": "g"}
OF_COLUMNS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")


def rights_to_tables(site):
    """{table: {role: rights}} of schema bridge, as the catalogue has it; a month of arrivals goes with the whole (test_roles.c)."""
    roles = ", ".join(f"('{role}')" for role in ROLES)
    verbs = ", ".join(f"('{verb}', {str(verb in OF_COLUMNS).lower()})" for verb in VERBS)
    found = {}
    for table, role, verb, whole, columns in site.sql(
            f"SELECT c.relname, r.role, v.verb, has_table_privilege(r.role, c.oid, v.verb), string_agg(a.attname, ',' ORDER BY a.attnum) "
            f"FILTER (WHERE v.columns AND "
            f"has_column_privilege(r.role, c.oid, a.attnum, CASE WHEN v.columns THEN v.verb ELSE 'SELECT' END)) "
            f"FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped, "
            f"(VALUES {roles}) r (role), (VALUES {verbs}) v (verb, columns) "
            f"WHERE c.relnamespace = 'bridge'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') "
            f"AND c.relname !~ '^arrival_[0-9]{{4}}_[0-9]{{2}}$' GROUP BY c.oid, c.relname, r.role, v.verb"):
        held = found.setdefault(table, {}).setdefault(role, {})
        held[verb] = VERBS[verb] if whole == "t" else f"{VERBS[verb]}({columns})" if columns else ""
    return {table: {role: "".join(held[v] for v in VERBS) for role, held in roles.items()} for table, roles in found.items()}


# What each role may: s select, i insert, u update, d delete, t truncate, r references, g trigger; letters with names in brackets are
# of those columns only. The owner may all, everybody else (public) nothing. "-" is nothing, and what is left out at the end.
MATRIX = """
                    writer      auditor district notifier cell
account             s           s       -        -
action              siu         s       s        \
s(bridge_id,system,key,at,action,officer_name,officer_rank,officer_mobile,expected_at) \
s(bridge_id,system,key,at,action,office,disposal,staged_at,reason,expected_at,to_unit,to_number)
anchor              si          s       -        -
arrival             si          s       -        -
arrival_default     s           s       -        -
attachment          siu         s       s        - s(bridge_id,system,key,staged_at,role,content_size,content_type)
attempt             siu(ended_at,outcome,said,detail,receipt,sent,sealed) s - -
canary              siu         s       -        -
cell_action         -           -       -        -        s
cell_complaint      -           -       -        -        s
cell_moved          -           -       -        -        s
cell_reply          -           -       -        -        s
cell_twin           -           -       -        -        s
checkpoint          si          s       -        -
compared            siu         s       -        -
comparison          siu         s       -        -
complaint           siu         s       s        s(bridge_id,source_system,number,police_number,complainant,mobile,email,unit,\
station,received_at,registered_at,marked_at,due_at,disposed_at,status,officer_name,officer_rank,officer_mobile,identity,\
body_script,expected_at) \
s(bridge_id,source_system,number,police_system,police_number,ref_type,category,priority,unit,station,received_at,registered_at,marked_at,\
due_at,disposed_at,status,disposal,satisfied,staged_at,changed_at,kind,mode,identity,direction_at,expected_at)
complaint_version   si          s       -        -
control_total       si          s       -        -
cursor              siu         s       -        -
delivery            siu         s       -        -
difference          si          s       -        -
district_member     s           s       -        -
due_history         si          s       -        -
duplicate_edge      s           s       -        -
duplicate_group     s           s       -        -
duplicate_pair      siud        s       -        -
duplicate_word      si          s       -        -
erased_content      s           s       -        -
erasure             s           s       -        -
feedback            siu         s       s        - s(bridge_id,system,key,at,satisfied,rating,level,mode,staged_at)
finding             siu(unit,detail,last_run,ended_run) s - -
held                siu         s       -        -
holiday             s           s       -        -
ledger              si          s       -        -
ledger_head         s           s       -        -
ledger_link         s           s       -        -
link                si          s       s        - s(system,number,bridge_id,at)
listed              siud        s       -        -
message             si          s       -        \
su(state,reason,template_id,language,gateway,receipt,said,digest,attempts,not_before,run_id,sending_at,settled_at,settled_by,settled_why)
message_mark        siu         s       -        -
message_matter      -           -       -        s
message_paper       -           -       -        s
message_report      s           s       -        si
message_start       si          s       -        -
match_key           sid         s       -        -
match_seen          siud        s       -        -
migration           s           s       -        -
movement            si          s       -        -
package             siu(channel,state,attempts,said,last_run,sending_at,sent_at,acked_at,acked_by,purged_at,erased_at,erased_for) s
ranking_rule        s           s       -        -
recovery            siu         s       -        -
reply_word          s           s       -        -        s
rule_parameter      s           s       -        -
run                 siu         s       -        s(run_id,state)
sealed              s(bridge_id,system,number,key_name,digest,run_id,at)iu - - s
signoff             si          s       -        -
sla_rule            s           s       -        -
sla_rule_version    s           s       -        -
slot                siu         s       -        -
sms_template        s           s       -        s
source_record       siu         s       -        -
state_step          s           s       -        -
sweep               siu         s       -        -
system              siu         s       -        - s(system,role,title,listed)
unit                s           s       s        s s
unit_alias          s           s       s        -
unit_root           s           s       -        -
"""
# Who may call a function; "runs as its owner" stands for SECURITY DEFINER. Triggers are called by nobody.
FUNCTIONS = {
    "alike(text, text)": "writer",
    "audit_end(timestamptz)": "writer auditor",
    "audit_now()": "writer auditor",
    "audit_time(timestamptz)": "writer auditor",
    "cell_figures(text[], text[], boolean, timestamptz, timestamptz, timestamptz)": "cell, runs as its owner",
    "cell_head(bigint, timestamptz, text)": "cell",
    "cell_units()": "cell",
    "chain_link(bytea, bigint, ledger)": "writer auditor",
    "chain_start(text)": "writer auditor",
    "day_end(date)": "writer auditor",
    "days_left(timestamptz, timestamptz, text)": "writer auditor cell",
    "days_off(timestamptz, timestamptz, text, text)": "writer auditor",
    "district_parts(text, text, timestamptz, timestamptz, timestamptz, boolean)": "writer auditor",
    "due_counted(date, integer, text, text[], text, bigint, text, text[])": "writer auditor",
    "due_days(date, date, boolean, text[], text, bigint, text, text[])": "writer auditor",
    "due_for(text, text, text, timestamptz, timestamptz, timestamptz, timestamptz, timestamptz, bigint, text)": "writer auditor",
    "due_stops(bigint, text, text[])": "writer auditor",
    "duplicate_members(bigint)": "writer auditor",
    "duplicate_reasons(jsonb)": "writer auditor",
    "erase_person(bigint, bigint, timestamptz, text, text)": "writer, runs as its owner",
    "forget_keys()": "trigger, runs as its owner",
    "hold_head()": "writer, runs as its owner",
    "is_open(text)": "writer cell",
    "is_secret(text, text)": "writer auditor",
    "iso_time(timestamptz)": "cell",
    "keep_rule()": "trigger",
    "last_day(timestamptz, timestamptz)": "writer auditor",
    "link_entries()": "trigger, runs as its owner",
    "local_day(timestamptz, text)": "cell",
    "lp(bigint)": "writer auditor",
    "lp(bytea)": "writer auditor",
    "lp(text)": "writer auditor",
    "message_moves()": "trigger",
    "make_arrival_month(timestamptz)": "writer, runs as its owner",
    "new_rule_id()": "trigger",
    "marked_to_accused(bigint[])": "writer auditor",
    "own_units()": "district, runs as its owner",
    "package_follows()": "trigger",
    "package_moves()": "trigger",
    "period_figures(text[], text[], boolean, timestamptz, timestamptz, timestamptz)": "writer auditor",
    "purge_bodies(bigint, timestamptz, timestamptz, text, integer)": "writer, runs as its owner",
    "purge_movements(bigint, timestamptz, timestamptz, text, integer)": "writer, runs as its owner",
    "ranking_formula(text, date)": "writer auditor",
    "was_satisfied(bigint, text, timestamptz)": "writer",
    "refuse_all_but_policy()": "trigger",
    "refuse_change()": "trigger",
    "rule_words(sla_rule_version)": "writer auditor",
    "small_counts(bigint[], boolean[], integer[], integer[], integer[], boolean)": "writer auditor",
}
SEQUENCES = {f"{name}_seq" for name in ("arrival_arrival_id", "complaint_bridge_id", "due_history_entry", "duplicate_word_word_id",
                                       "erasure_erasure",
                                       "held_held_id", "ledger_entry", "message_message_id", "message_report_report_id", "run_run_id",
                                       "signoff_signoff", "sla_rule_rule_id")}
# Of these rows a district sees its own only; the auditor all of them, by a policy.
BY_ROW = {"complaint", "link", "action", "attachment", "feedback"}


def matrix():
    lines = MATRIX.replace("\\\n", "").strip().splitlines()
    roles = ["bridge_" + word for word in lines[0].split()]
    return {words[0]: dict(zip(roles, ("" if word == "-" else word for word in [*words[1:], *["-"] * len(roles)])))
            for words in (line.split() for line in lines[1:])}


# ---- as the catalogue has it ----

def test_every_table_and_column_by_role(site):
    expected, found = matrix(), rights_to_tables(site)
    assert sorted(found) == sorted(expected), "a table that nobody has decided about, or one that is gone"
    for table, roles in expected.items():
        everything = {**roles, "bridge_owner": "".join(VERBS.values()), "public": ""}
        assert found[table] == everything, table


def test_sequences_belong_to_their_owner(site):
    found = {name for (name,) in site.sql("SELECT relname FROM pg_class WHERE relnamespace = 'bridge'::regnamespace AND relkind = 'S'")}
    assert found == SEQUENCES
    roles = ", ".join(f"('{role}')" for role in ROLES if role != "bridge_owner")
    assert site.sql(f"SELECT c.relname, r.role FROM pg_class c, (VALUES {roles}) r (role) WHERE c.relnamespace = 'bridge'::regnamespace "
                    f"AND c.relkind = 'S' AND has_sequence_privilege(r.role, c.oid, 'USAGE, SELECT, UPDATE')") == []


def test_every_function_by_role(site):
    found = {}
    for oid, name, definer, kind in site.sql(
            "SELECT oid, proname || '(' || oidvectortypes(proargtypes) || ')', prosecdef, prorettype::regtype FROM pg_proc "
            "WHERE pronamespace = 'bridge'::regnamespace"):
        who = [role.removeprefix("bridge_") for role in ROLES
               if role != "bridge_owner" and site.one(f"SELECT has_function_privilege('{role}', {oid}, 'EXECUTE')") == "t"]
        said = " ".join(who) or ("trigger" if kind == "trigger" else "nobody")
        found[name.replace("timestamp with time zone", "timestamptz").replace("bridge.", "")] = \
            said + (", runs as its owner" if definer == "t" else "")
    assert found == FUNCTIONS
    # whoever runs as its owner looks nothing up by a path that its caller sets
    assert site.sql("SELECT proname FROM pg_proc WHERE pronamespace = 'bridge'::regnamespace AND prosecdef AND NOT EXISTS (SELECT FROM "
                    "unnest(proconfig) c WHERE c ~ '^search_path=pg_catalog, (bridge, )?pg_temp$')") == []


def test_nothing_is_given_on(site):
    """No right can be passed on, none stands for somebody else, and all belongs to the owner, who cannot log in."""
    known = "(" + ", ".join(f"'{role}'" for role in ROLES[:-1]) + ")"
    assert site.sql(f"SELECT c.relname, a.grantee::regrole, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a WHERE "
                    f"c.relnamespace = 'bridge'::regnamespace AND (a.is_grantable OR a.grantee = 0 OR a.grantee::regrole::text NOT IN "
                    f"{known})") == []
    assert site.sql("SELECT relname FROM pg_class WHERE relnamespace = 'bridge'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S') "
                    "AND relowner <> 'bridge_owner'::regrole") == []
    assert site.sql("SELECT proname FROM pg_proc WHERE pronamespace = 'bridge'::regnamespace AND proowner <> 'bridge_owner'::regrole") == []
    assert site.sql(f"SELECT rolname FROM pg_roles WHERE rolname IN {known} AND (rolcanlogin OR rolsuper OR rolbypassrls OR "
                    f"rolcreaterole OR rolcreatedb OR rolreplication)") == []
    # the nightly run may take the role of a cell, and has nothing of it until it does
    assert site.sql(f"SELECT m.member::regrole, m.roleid::regrole, m.admin_option, r.rolinherit FROM pg_auth_members m JOIN pg_roles r "
                    f"ON r.oid = m.member WHERE m.member::regrole::text IN {known}") == [["bridge_writer", "bridge_cell", "f", "f"]]
    assert {name for (name,) in site.sql("SELECT relname FROM pg_class WHERE relnamespace = 'bridge'::regnamespace AND relrowsecurity AND "
                                         "relforcerowsecurity")} == BY_ROW
    assert site.sql("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND "
                    "has_schema_privilege('bridge_auditor', oid, 'CREATE')") == []


# ---- tried ----

@pytest.fixture
def books(site):
    """Some runs, with something in most tables; and the auditor's login."""
    site.store.add_complaints([grievance(n) for n in range(1, 6)])
    site.store.spoil(code(3), "Details", "a\u200fb\u009fc")
    site("sync", code=3)
    site.sql("DO $$ BEGIN CREATE ROLE auditor_login LOGIN IN ROLE bridge_auditor; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    return site


def as_auditor(site):
    db = psycopg2.connect(site.conninfo.replace("user=postgres", "user=auditor_login"))
    db.autocommit = True
    return db


def refused(db, statement):
    """The class of the error; None when it was done."""
    with db.cursor() as sql:
        try:
            sql.execute(statement)
        except psycopg2.Error as error:
            return type(error).__name__
    return None


def state_of(site):
    """What every table holds."""
    return site.sql("SELECT c.relname, md5(query_to_xml('SELECT t::text FROM bridge.' || c.relname || ' t ORDER BY 1', true, true, "
                    "'')::text) FROM pg_class c WHERE c.relnamespace = 'bridge'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1")


def test_the_auditor_reads_every_table(books):
    db = as_auditor(books)
    with db.cursor() as sql:
        for table, roles in matrix().items():
            if roles["bridge_auditor"] == "s":
                sql.execute(f"SELECT * FROM bridge.{table}")
                assert sql.rowcount == int(books.one(f"SELECT count(*) FROM bridge.{table}")), table
    columns = [name for (name,) in books.sql("SELECT attname FROM pg_attribute WHERE attrelid = 'bridge.sealed'::regclass AND attnum > 0")]
    assert "sealed" in columns
    for column in ["*", "count(*)", *columns]:
        assert refused(db, f"SELECT {column} FROM bridge.sealed") == "InsufficientPrivilege", column
    db.close()


def test_the_auditor_changes_nothing(books):
    db = as_auditor(books)
    before = state_of(books)
    columns = books.sql("SELECT c.relname, min(a.attname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND "
                        "NOT a.attisdropped AND a.attidentity = '' AND a.attgenerated = '' WHERE c.relnamespace = 'bridge'::regnamespace "
                        "AND c.relkind IN ('r', 'p') GROUP BY 1")
    views = {name for (name,) in books.sql("SELECT relname FROM pg_class WHERE relnamespace = 'bridge'::regnamespace AND relkind = 'v'")}
    assert set(matrix()) - views <= {table for table, _ in columns}
    for table, column in columns:
        name = f"bridge.{table}"
        for statement in (
                f"INSERT INTO {name} DEFAULT VALUES", f"INSERT INTO {name} OVERRIDING SYSTEM VALUE SELECT * FROM {name}",
                f"UPDATE {name} SET {column} = {column}", f"DELETE FROM {name}", f"TRUNCATE {name} CASCADE",
                f"COPY {name} FROM '/dev/null'", f"COPY {name} FROM PROGRAM 'true'",
                f"DO $$ BEGIN LOCK {name} IN ROW EXCLUSIVE MODE; END $$", f"SELECT * FROM {name} FOR UPDATE",
                f"ALTER TABLE {name} DISABLE TRIGGER ALL", f"ALTER TABLE {name} ADD extra int", f"DROP TABLE {name} CASCADE",
                f"COMMENT ON TABLE {name} IS 'x'", f"CREATE INDEX ON {name} ({column})", f"ALTER TABLE {name} OWNER TO auditor_login",
                f"CREATE TRIGGER t BEFORE INSERT ON {name} EXECUTE FUNCTION bridge.refuse_change()"):
            assert refused(db, statement) == "InsufficientPrivilege", statement
    assert state_of(books) == before
    db.close()


REFUSED = """
CREATE TABLE bridge.mine (a int) | CREATE TABLE public.mine (a int) | CREATE TEMPORARY TABLE mine (a int)
CREATE VIEW bridge.mine AS SELECT 1 | CREATE SCHEMA mine | CREATE ROLE mine
CREATE DATABASE mine | CREATE SEQUENCE bridge.mine | CREATE POLICY mine ON bridge.complaint
CREATE FUNCTION bridge.mine() RETURNS int LANGUAGE sql AS 'SELECT 1' | CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'
ALTER SCHEMA bridge RENAME TO mine | DROP SCHEMA bridge CASCADE
ALTER DATABASE postgres SET search_path = mine | ALTER SYSTEM SET fsync = off
SET ROLE bridge_owner | SET ROLE bridge_writer | SET ROLE bridge_notifier | SET ROLE postgres | SET SESSION AUTHORIZATION postgres
SET ROLE bridge_cell | SELECT bridge.cell_units() | SELECT * FROM bridge.cell_complaint | SELECT set_config('role', 'bridge_cell', true)
SET session_replication_role = replica | ALTER ROLE auditor_login SUPERUSER | GRANT bridge_writer TO auditor_login
SELECT nextval('bridge.ledger_entry_seq') | SELECT setval('bridge.run_run_id_seq', 1) | SELECT bridge.hold_head()
SELECT bridge.own_units() | SELECT bridge.make_arrival_month(now()) | SELECT bridge.erase_person(1, 1, now(), 'x', 'x')
SELECT bridge.purge_bodies(1, now(), now(), 'x', 1) | SELECT bridge.purge_movements(1, now(), now(), 'x', 1)
SELECT lo_create(0) | SELECT lo_creat(-1) | SELECT lo_from_bytea(0, 'x') | SELECT lo_put(1, 0, 'x') | SELECT lo_unlink(1)
SELECT lo_open(1, 131072) | SELECT lo_truncate(1, 0) | SELECT lo_import('/etc/hostname') | SELECT lo_export(1, '/tmp/x')
SELECT pg_advisory_lock(hashtextextended('cctns-bridge run sync', 0)) | SELECT pg_try_advisory_lock_shared(1)
SELECT pg_advisory_xact_lock(hashtextextended('cctns-bridge plan', 0)) | SELECT pg_try_advisory_xact_lock(1, 2)
COPY (SELECT 1) TO '/tmp/bridge-auditor' | COPY (SELECT 1) TO PROGRAM 'cat' | SELECT pg_read_file('/etc/hostname') | SELECT pg_ls_dir('/')
SELECT pg_switch_wal() | SELECT pg_reload_conf()
EXPLAIN ANALYZE DELETE FROM bridge.ledger | WITH gone AS (DELETE FROM bridge.ledger RETURNING 1) SELECT * FROM gone
MERGE INTO bridge.account a USING bridge.account b ON a.account = b.account WHEN MATCHED THEN DELETE
DO $$ BEGIN DELETE FROM bridge.ledger; END $$
REINDEX TABLE bridge.ledger | CLUSTER bridge.ledger USING ledger_pkey
DROP OWNED BY bridge_owner | REASSIGN OWNED BY bridge_owner TO auditor_login
"""


def test_the_auditor_has_no_other_door(books):
    statements = [statement.strip() for line in REFUSED.strip().splitlines() for statement in line.split(" | ")]
    assert len(statements) > 50
    db = as_auditor(books)
    said = {statement: refused(db, statement) for statement in statements}
    assert {statement: word for statement, word in said.items() if word != "InsufficientPrivilege"} == {}
    db.close()


# ---- the program itself, with the auditor's login ----

def of_auditor(site):
    """Another bridge.conf with the same systems and the auditor's login."""
    site.conf.write_text(site.conf.read_text().replace("user=postgres", "user=auditor_login"))


READS = [("status",), ("show", "NUMBER"), ("show", "NUMBER", "--personal"), ("held", "list"), ("held", "show", "1"), ("ranking",),
         ("schema", "status"), ("reconcile", "--last"), ("reconcile", "--last", "--by", "unit,status", "--list"), ("reconcile", "signed"),
         ("audit", "list"), ("audit",), ("ledger", "status")]
WRITES = [("sync",), ("pull", "igrs"), ("push", "cctns"), ("reconcile",), ("held", "drop", "1", "--yes"), ("schema", "apply"),
          ("reconcile", "sign", "igrs", "NUMBER", "status", "--by", "nobody", "--why", "none")]


def test_reading_commands_with_the_login_of_an_auditor(books):
    books("reconcile")
    first = {words: books("--json", *(code(1) if w == "NUMBER" else w for w in words)) for words in READS if words != ("audit",)}
    before = state_of(books)
    of_auditor(books)
    for words in READS:
        again = books("--json", *(code(1) if w == "NUMBER" else w for w in words))
        assert again.code in (0, 3, 4), f"{words}: {again.code} {again.err}"
        json.loads(again.out)
        if words in first:
            assert again.out == first[words].out, words
    assert state_of(books) == before


def test_an_auditor_takes_the_ledger_away(books):
    owners = books.folder / "owner.txt"
    books("ledger", "export", str(owners), code=0)
    before = state_of(books)
    of_auditor(books)
    own = books.folder / "auditor.txt"
    books("ledger", "export", str(own), code=0)
    assert own.read_bytes() == owners.read_bytes()
    assert state_of(books) == before


def test_writing_commands_with_the_login_of_an_auditor(books):
    before = state_of(books)
    of_auditor(books)
    said = {words: books(*(code(1) if w == "NUMBER" else w for w in words)) for words in WRITES}
    for words, done in said.items():
        print(words, done.code, done.err.splitlines()[-1][-200:])
        assert done.code == 1 and "permission denied" in done.err, f"{words}: {done.code} {done.err}"
    assert state_of(books) == before
