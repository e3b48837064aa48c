"""Tampering with the books of a real database, as its administrator could: triggers put aside, rows edited, hashes made right
again. The auditor has the public key, an export, and the notes that were left with him; two verifiers must find every one of it.

Each test works on a copy of one database: three nights of sync and reconcile, each ended by a signed note.
"""
import base64
import hashlib
import random
import subprocess

import pytest
from conftest import Site
from made_books import Key, line, seal, totals_digest, unseal
from matters import grievance
from verifiers import SEED, VERIFIER, both, run

NIGHTS = 3


class Copy:
    """A copy of the database, and what the auditor finds in it."""

    def __init__(self, base, name, template):
        self.base, self.site, self.name = base, base.site, name
        base.pg.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self.conninfo = base.pg.conninfo(name)
        self.conf = base.site.folder / f"{name}.conf"
        self.conf.write_text(base.site.conf.read_text().replace(base.site.conninfo, self.conninfo))

    def sql(self, query):
        return self.base.pg.sql(query, self.conninfo)

    def number(self, query):
        return int(self.sql(query)[0][0])

    def tamper(self, query):
        """As the superuser, with every trigger and foreign key put aside."""
        self.sql("SET session_replication_role = replica; " + query)

    def __call__(self, *words, code=None):
        conf, self.site.conf = self.site.conf, self.conf
        try:
            return self.site(*words, code=code)
        finally:
            self.site.conf = conf

    def export(self):
        self("ledger", "export", self.site.folder / f"{self.name}.books", code=0)
        return (self.site.folder / f"{self.name}.books").read_bytes()

    def word(self, memory=None, notes=(), text=None):
        """On which both verifiers agree; the memory is not written."""
        text = text or self.export()
        given = [*([memory] if memory else []), *notes]
        self.facts = run("--key", self.base.key.file, *[w for n in given for w in ("--note", n)], "-", given=text)[1].splitlines()
        return both(text, self.base.key.file, notes=given)[0]

    def rehash(self, start):
        """Links and head made right from seq start on, by the program's own function."""
        self.tamper(f"""DO $$ DECLARE
            link bytea := (SELECT COALESCE((SELECT k.h FROM bridge.ledger_link k WHERE k.seq = {start} - 1),
                                           bridge.chain_start(origin)) FROM bridge.ledger_head);
            place bigint; row bridge.ledger;
        BEGIN
            FOR place IN SELECT k.seq FROM bridge.ledger_link k WHERE k.seq >= {start} ORDER BY k.seq LOOP
                SELECT l.* INTO STRICT row FROM bridge.ledger l JOIN bridge.ledger_link k USING (entry) WHERE k.seq = place;
                link := bridge.chain_link(link, place, row);
                UPDATE bridge.ledger_link SET h = link WHERE seq = place;
            END LOOP;
            UPDATE bridge.ledger_head SET h = link, seq = (SELECT max(k.seq) FROM bridge.ledger_link k);
        END $$""")

    def sign_again(self, key):
        """All notes written anew over the chain as it stands."""
        before = None
        for checkpoint, size, run_id in self.sql("SELECT checkpoint, size, run_id FROM bridge.checkpoint ORDER BY checkpoint"):
            h = self.sql(f"SELECT encode(h, 'base64') FROM bridge.ledger_link WHERE seq = {size}")[0][0]
            digest = totals_digest(self.export(), int(run_id))
            text = (f"{self.base.origin}\n{size}\n{h}\nrun {run_id} prev {before or '-'} "
                    f"totals {base64.b64encode(digest).decode() if digest else '-'} at 2020-06-10T20:00:00Z\n")
            note = key.sign(text.encode())
            self.tamper(f"UPDATE bridge.checkpoint SET note = decode('{note.hex()}', 'hex'), h = decode('{h}', 'base64')"
                        f" WHERE checkpoint = {checkpoint}")
            before = base64.b64encode(hashlib.sha256(note).digest()).decode()

    @property
    def size(self):
        return self.number("SELECT seq FROM bridge.ledger_head")


class Base:
    def __init__(self, pg, folder):
        self.pg, self.folder, self.copies, self.made = pg, folder, 0, []
        (folder / "site").mkdir()
        self.site = site = Site(folder / "site", pg, "tamper_base")
        self.notes = folder / "auditor"
        self.notes.mkdir()
        site.bridge_extra = f"ledger_key = {folder}/ledger.pem\nnotes = {self.notes}"
        site.write_conf()
        site("schema", "apply", code=0)
        site("ledger", "init", code=0)
        self.origin = site.one("SELECT origin FROM bridge.ledger_head")
        self.key = Key(folder, self.origin, "public", folder / "ledger.pem")
        for night in range(1, NIGHTS + 1):
            self.night(night)
            if night == NIGHTS - 2:
                self.keep("tamper_older")
        self.keep("tamper_whole")
        self.last = max(self.notes.iterdir())
        site.bridge_extra = ""
        site.write_conf()
        site.clock.set(f"2020-06-{11 + NIGHTS}T20:00:00Z")
        self.matters(NIGHTS + 1)
        site("sync", code=0)
        self.keep("tamper_tail")            # a night of which no note tells
        site.bridge_extra = f"ledger_key = {folder}/ledger.pem"
        site.write_conf()

    def matters(self, night):
        first = night * 10
        self.site.store.add_complaints([grievance(first + i, marked=f"2020-06-{10 + night} 01:00:{i:02d}") for i in range(6)])

    def night(self, night):
        self.site.clock.set(f"2020-06-{10 + night}T20:00:00Z")
        self.matters(night)
        self.site("sync", code=0)
        self.site("reconcile")

    def keep(self, name):
        self.pg.sql(f'CREATE DATABASE "{name}" TEMPLATE "tamper_base"')

    def copy(self, template="tamper_whole"):
        self.copies += 1
        self.made.append(Copy(self, f"tamper_{self.copies}", template))
        return self.made[-1]

    def drop(self):
        while self.made:
            self.pg.sql(f'DROP DATABASE "{self.made.pop().name}"')


@pytest.fixture(scope="module")
def kept(pg, tmp_path_factory):
    made = Base(pg, tmp_path_factory.mktemp("tamper"))
    yield made
    made.site.stop()


@pytest.fixture
def base(kept):
    yield kept
    kept.drop()


@pytest.fixture
def books(base):
    return base.copy()


def test_nothing_was_done(base, books):
    assert books.size > 20 and books.number("SELECT count(DISTINCT run_id) FROM bridge.control_total") == 2 * NIGHTS
    assert books.number("SELECT count(*) FROM bridge.checkpoint") == 2 * NIGHTS == len(list(base.notes.iterdir()))
    assert books.word() == "whole"
    assert books.word(base.last, sorted(base.notes.iterdir())) == "whole"
    memory = base.folder / "memory"
    assert books("ledger", "verify", "--memory", memory, code=0).out.splitlines()[1] == "whole"
    assert memory.read_bytes() == base.last.read_bytes()


@pytest.mark.parametrize("change", [
    "n = n + 1", "unit = COALESCE(unit, '') || ' '", "debit = 'conflict'", "credit = 'dead'", "reason = 'other'", "hop = 'policy'",
    "system = 'x'", "stream = 'x'", "run_id = run_id + 1", "at = at + interval '1 microsecond'",
    "evidence = sha256('')", "entry = entry + 100000"])
def test_t1_a_field_is_changed(books, change):
    at = books.size // 2
    entry = books.number(f"SELECT entry FROM bridge.ledger_link WHERE seq = {at}")
    books.tamper("ALTER TABLE bridge.ledger ALTER entry DROP IDENTITY;"
                 f"UPDATE bridge.ledger SET {change} WHERE entry = {entry};"
                 f"UPDATE bridge.ledger_link SET {change if change.startswith('entry') else 'entry = entry'} WHERE entry = {entry}")
    assert books.word() == f"altered at entry {at}"


def test_t1_an_edited_link(books):
    at = books.size // 2
    books.tamper(f"UPDATE bridge.ledger_link SET h = sha256(h) WHERE seq = {at}")
    assert books.word() == f"altered at entry {at}"


def test_t2_a_row_in_the_middle_is_deleted(books):
    at = books.size // 2
    entry = books.number(f"SELECT entry FROM bridge.ledger_link WHERE seq = {at}")
    books.tamper(f"DELETE FROM bridge.ledger WHERE entry = {entry}")
    assert books.word() == f"altered at entry {at}"
    books.tamper(f"DELETE FROM bridge.ledger_link WHERE entry = {entry}")
    assert books.word() == f"altered at entry {at}"
    books.tamper("ALTER TABLE bridge.ledger_link DROP CONSTRAINT ledger_link_pkey;"
                 f"UPDATE bridge.ledger_link SET seq = seq - 1 WHERE seq > {at}")
    assert books.word() == f"altered at entry {at}"
    assert books("ledger", "verify", code=6).out.splitlines()[1] == f"altered at entry {at}"


def cut(books, size):
    """Entries, links and head as if nothing had been booked since."""
    books.tamper(f"DELETE FROM bridge.ledger WHERE entry IN (SELECT entry FROM bridge.ledger_link WHERE seq > {size});"
                 f"DELETE FROM bridge.ledger_link WHERE seq > {size};"
                 f"UPDATE bridge.ledger_head SET (seq, h) = (SELECT seq, h FROM bridge.ledger_link WHERE seq = {size})")


def test_t3_the_tail_below_the_last_note_is_deleted(base, books):
    cut(books, books.size - 3)
    assert books.word() == "tail cut"
    # and the notes that tell of it: the auditor has them
    books.tamper(f"DELETE FROM bridge.anchor; DELETE FROM bridge.checkpoint WHERE size > {books.size}")
    assert books.word(base.last) == "tail cut"


def test_t3_only_the_last_note_is_deleted(base, books):
    books.tamper("DELETE FROM bridge.checkpoint WHERE checkpoint = (SELECT max(checkpoint) FROM bridge.checkpoint)")
    assert books.word() == "tail cut"                       # its anchors name it
    books.tamper("DELETE FROM bridge.anchor")
    assert books.word(base.last) == "tail cut"


def test_t4_the_tail_above_the_last_note_is_deleted(base):
    books = base.copy("tamper_tail")
    sealed = books.number("SELECT max(size) FROM bridge.checkpoint")
    assert books.word() == "unanchored" and books.size > sealed
    assert f"unsealed: {books.size - sealed}" in books.facts
    cut(books, sealed)
    assert books.word() == "books and tables differ: delivered"
    assert books("ledger", "verify", code=6).out.splitlines()[1] == "books and tables differ: delivered"


def test_t5_a_row_is_put_in(books):
    size, at = books.size, books.size // 2
    books.tamper("INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, evidence, at)"
                 " SELECT run_id, hop, system, stream, debit, credit, n, evidence, at FROM bridge.ledger ORDER BY entry LIMIT 1")
    assert books.word() == f"altered at entry {size + 1}"   # it is tied to nothing
    books.tamper("ALTER TABLE bridge.ledger_link DROP CONSTRAINT ledger_link_pkey;"
                 f"UPDATE bridge.ledger_link SET seq = seq + 1 WHERE seq > {at};"
                 f"INSERT INTO bridge.ledger_link SELECT {at + 1}, max(l.entry), sha256('') FROM bridge.ledger l")
    assert books.word() == f"altered at entry {at + 1}"
    books.rehash(at + 1)
    assert books.word() == "history rewritten"


def test_t5_a_row_is_put_in_where_the_program_would(books):
    """By the front door: it is tied, but the tables know nothing of it, and no note tells of it."""
    books.sql("INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, evidence, at)"
              " SELECT run_id, 'push', system, stream, 'plan', 'delivered', 7, evidence, at FROM bridge.ledger ORDER BY entry LIMIT 1")
    assert books.word() == "books and tables differ: delivered" and "unsealed: 1" in books.facts


def test_t6_two_rows_are_swapped(books):
    at = books.size // 2
    swap = f"UPDATE bridge.ledger_link SET {{}} WHERE seq IN ({at}, {at + 1})"
    books.tamper("ALTER TABLE bridge.ledger_link DROP CONSTRAINT ledger_link_entry_key, DROP CONSTRAINT ledger_link_pkey;"
                 + swap.format(f"seq = {2 * at + 1} - seq"))
    assert books.word() == f"altered at entry {at}"
    books.rehash(at)
    assert books.word() == "history rewritten"


@pytest.mark.parametrize("part", [0, 0.5, 1], ids=["first", "middle", "last"])
def test_t7_all_is_rewritten_from_a_row_on(base, books, part):
    """The chain is right again, in every row; the notes are not."""
    at = max(1, int(books.size * part))
    books.tamper(f"UPDATE bridge.ledger SET n = n + 1 WHERE entry = (SELECT entry FROM bridge.ledger_link WHERE seq = {at})")
    books.rehash(at)
    assert books.word() == "history rewritten"
    books.tamper("UPDATE bridge.checkpoint c SET h = k.h FROM bridge.ledger_link k WHERE k.seq = c.size")
    assert books.word() == "history rewritten"
    # without any note in the database the auditor's own is enough
    books.tamper("DELETE FROM bridge.anchor; DELETE FROM bridge.checkpoint")
    assert books.word(base.last) == "history rewritten"


def rewrite_unchanged(books):
    """Another count of what no table stands for, and the chain made right again."""
    last = books.number("SELECT max(seq) FROM bridge.ledger_link k JOIN bridge.ledger l USING (entry) WHERE l.credit = 'unchanged'")
    books.tamper(f"UPDATE bridge.ledger SET n = n + 1 WHERE entry = (SELECT entry FROM bridge.ledger_link WHERE seq = {last})")
    books.rehash(last)


def test_t8_notes_of_another_key(base, books):
    rewrite_unchanged(books)
    strange = Key(base.folder, base.origin, "strange")
    books.sign_again(strange)
    assert books.word() == "forged note 1"
    # with the key that whoever wrote them hands out, all is well: the auditor's key must not come with the export
    done = subprocess.run([VERIFIER, "--key", strange.file, "-"], input=books.export(), capture_output=True)
    assert done.stdout.startswith(b"whole\n")


@pytest.mark.parametrize("change, number", [("note = substr(note, 1, 10) || note", 4), ("size = size - 1", 6), ("run_id = run_id + 1", 2),
                                            ("note = overlay(note placing '7' from 80)", 3)])
def test_t8_an_edited_note(books, change, number):
    books.tamper(f"UPDATE bridge.checkpoint SET {change} WHERE checkpoint = {number}")
    assert books.word() == f"forged note {number}"


def test_t8_a_note_in_the_middle_is_deleted(books):
    books.tamper("DELETE FROM bridge.anchor WHERE checkpoint = 4; DELETE FROM bridge.checkpoint WHERE checkpoint = 4")
    assert books.word() == "history rewritten"
    books.tamper("UPDATE bridge.anchor SET checkpoint = checkpoint - 1 WHERE checkpoint > 4;"
                 "ALTER TABLE bridge.checkpoint DROP CONSTRAINT checkpoint_pkey CASCADE;"
                 "UPDATE bridge.checkpoint SET checkpoint = checkpoint - 1 WHERE checkpoint > 4")
    assert books.word() == "history rewritten"


def test_t9_an_older_database_with_its_old_notes(base):
    books = base.copy("tamper_older")
    assert books.word() == "whole"                          # by itself nothing is wrong with it
    assert books.word(base.last) == "tail cut"
    memory = base.folder / "memory of t9"
    memory.write_bytes(base.last.read_bytes())
    assert books("ledger", "verify", "--memory", memory, code=6).out.splitlines()[1] == "tail cut"
    assert memory.read_bytes() == base.last.read_bytes()


def test_t9_an_older_database_that_went_on(base):
    books = base.copy("tamper_older")
    books.sql("INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, evidence, at)"
              " SELECT run_id, 'pull', system, stream, 'source', 'unchanged', 1, evidence, at"
              " FROM bridge.ledger, generate_series(1, 100) WHERE entry = 1")
    assert books.size > int(base.last.read_text().split("\n")[1])
    assert books.word() == "unanchored"
    assert books.word(base.last) == "history rewritten"


def test_t10_two_histories_for_two_auditors(base, books):
    """Whoever has the key can tell each auditor another history; not once they lay their notes side by side."""
    rewrite_unchanged(books)
    books.sign_again(base.key)
    assert books.word() == "whole"
    assert books.word(notes=[base.last]) == "history rewritten"
    theirs = base.folder / "theirs.note"
    theirs.write_bytes(bytes.fromhex(books.sql("SELECT encode(note, 'hex') FROM bridge.checkpoint ORDER BY checkpoint DESC LIMIT 1")[0][0]))
    assert theirs.read_text().split("\n")[1] == base.last.read_text().split("\n")[1]
    assert base.copy().word(notes=[theirs]) == "history rewritten"


@pytest.mark.parametrize("change, account", [
    ("UPDATE bridge.delivery SET state = 'void' WHERE delivery_id = (SELECT delivery_id FROM bridge.delivery LIMIT 1)", "delivered"),
    ("UPDATE bridge.delivery SET state = 'planned' WHERE state = 'confirmed'", "delivered"),
    ("DELETE FROM bridge.delivery WHERE delivery_id = (SELECT min(delivery_id::text)::uuid FROM bridge.delivery)", "delivered"),
    ("DELETE FROM bridge.source_record WHERE number = (SELECT min(number) FROM bridge.source_record)", "staged:complaint"),
    ("INSERT INTO bridge.action SELECT (jsonb_populate_record(NULL::bridge.action, to_jsonb(a) || '{\"key\": \"made up\"}')).*"
     " FROM (SELECT 1 AS bridge_id, 'igrs' AS system, now() AS at, 'x' AS action, '\\x' || repeat('00', 32) AS digest, '{}'::jsonb"
     " AS as_received, 1 AS version, 1 AS first_run, 1 AS last_run, now() AS staged_at) a", "staged:action")])
def test_t11_tables_are_changed_behind_the_books(books, change, account):
    books.tamper(change)
    assert books.word() == f"books and tables differ: {account}"


@pytest.mark.parametrize("change", [
    "UPDATE bridge.control_total SET n = n + 1 WHERE run_id = {run} AND side = 'police'",
    "UPDATE bridge.control_total SET keyset = sha256('') WHERE run_id = {run} AND side = 'portal'",
    "UPDATE bridge.control_total SET day = day + 1 WHERE run_id = {run}",
    "DELETE FROM bridge.control_total WHERE run_id = {run}",
    "DELETE FROM bridge.control_total WHERE run_id = {run} AND side = 'staging'",
    "INSERT INTO bridge.control_total SELECT (jsonb_populate_record(t, '{{\"unit\": \"ELSEWHERE\"}}')).* FROM bridge.control_total t"
    " WHERE run_id = {run} AND side = 'police' LIMIT 1"])
def test_t12_control_totals_are_edited(books, change):
    run = books.number("SELECT min(run_id) FROM bridge.control_total WHERE run_id > (SELECT min(run_id) FROM bridge.control_total)")
    books.tamper(change.format(run=run))
    assert books.word() == f"totals altered in run {run}"


def test_a_database_put_in_the_place_of_this_one(base):
    """New books under a new name: the auditor's key and note are of the old ones."""
    books = base.copy()
    books.tamper("UPDATE bridge.ledger_head SET origin = 'cctns-bridge/' || gen_random_uuid()")
    assert books.word() == "altered at entry 1"
    books.rehash(1)
    assert books.word() == "forged note 1"
    books.tamper("DELETE FROM bridge.anchor; DELETE FROM bridge.checkpoint")
    assert books.word() == "unanchored"
    assert books.word(base.last) == "history rewritten"


def test_both_verifiers_agree_on_changes_by_chance(base, books):
    """Of single bytes of a real export; its last line is made right again, so that it does not tell at once."""
    draw = random.Random(SEED)
    print(f"VERIFY_SEED={SEED}")
    body = unseal(books.export())
    for _ in range(60):
        at = draw.randrange(len(body))
        spoiled = seal(body[:at] + bytes([draw.choice(b"0123456789abcdefxyz\t\n-=\\")]) + body[at + 1:])
        row = body[body.rfind(b"\n", 0, at) + 1:].split(b"\n", 1)[0]
        assert books.word(text=spoiled) != "whole" or spoiled == seal(body) or row.startswith(b"a\t"), (SEED, at)
    assert books.word(text=seal(body + line("s", "void", 0))) in ("not an export", "whole")
