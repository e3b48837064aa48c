"""The auditor's program on books that were never kept: each of its words, what is no export, the auditor's memory; two verifiers
must agree on all of it. By chance: test_verify_chance.py; on a real database: test_tamper.py."""
import hashlib
import random
import subprocess

import pytest

from conftest import ROOT
from made_books import Key, Made, b64, line, link, seal, unseal
from verifiers import SEED, VERIFIER, both, run


@pytest.fixture
def books(tmp_path):
    made = Made(tmp_path)
    for entries in (7, 9, 14):
        made.run(entries)
    return made


# ---------------------------------------------------------------- each word

def test_whole_and_its_facts(books):
    assert both(books.text(), books.key) == ("whole", 0)
    code, out, err = run("--key", books.key, "-", given=books.text())
    assert (code, err) == (0, "")
    assert out.splitlines() == ["whole", f"books: {books.origin}", "entries: 30", "unsealed: 0", "notes: 3"]


def test_a_file_is_read_as_the_pipe_is(books, tmp_path):
    (tmp_path / "export").write_bytes(books.text())
    assert run("--key", books.key, tmp_path / "export") == run("--key", books.key, "-", given=books.text())


def test_books_without_an_entry(tmp_path):
    made = Made(tmp_path)
    assert both(made.text(), made.key) == ("unanchored", 1)
    made.run(entries=0, totals=1)
    assert both(made.text(), made.key) == ("whole", 0)


@pytest.mark.parametrize("place, value", [(1, 99), (2, 99), (3, 9), (4, "reconcile"), (5, "other"), (6, "action"), (7, ""), (7, "UP/लखनऊ "),
                                          (8, "staged"), (9, "conflict"), (10, 4), (11, "x"), (12, b"x" * 32), (13, 1)])
def test_each_field_of_an_entry_is_tied(books, place, value):
    books.entries[9][place - 1] = value
    assert both(books.text(), books.key) == ("altered at entry 10", 2)


def test_two_fields_cannot_change_their_bounds(books):
    books.entries[4][4], books.entries[4][5] = "igr", "scomplaint"
    assert both(books.text(), books.key) == ("altered at entry 5", 2)


def test_a_number_that_is_left_out(tmp_path):
    """Signed by whoever has the key, and each hash follows from the one before it: an entry is missing all the same."""
    made = Made(tmp_path)
    made.run(8, note=False)
    for i in range(5, 8):
        made.entries[i][0] += 1
        made.h[i + 1] = link(made.h[i], made.entries[i])
    made.note()
    assert both(made.text(), made.key) == ("altered at entry 6", 2)


def rehash(made, start):
    """Makes the chain right again from entry number start."""
    for i in range(start - 1, len(made.entries)):
        made.entries[i][0] = i + 1
        made.h[i + 1:i + 2] = [link(made.h[i], made.entries[i])]
    del made.h[len(made.entries) + 1:]


def one_less(made):
    del made.entries[11], made.h[12]


def one_more(made):
    made.entries.insert(11, [12, *made.entries[3][1:]])
    made.h.insert(12, made.h[4])


def swapped(made):
    made.entries[4], made.entries[5] = made.entries[5], made.entries[4]


def swapped_contents(made):
    made.entries[4][1:], made.entries[5][1:] = made.entries[5][1:], made.entries[4][1:]


def cut(made):
    del made.entries[25:], made.h[26:]


def rewritten(made):
    made.entries[14][9] = 1
    rehash(made, 15)


def rewritten_and_signed(made):
    rewritten(made)
    strange = Key(made.folder, made.origin, "strange")
    notes, made.notes = made.notes, []
    for size, number, _ in notes:
        made.note(strange, run=number, size=size)
    del made.anchors[3:]


def forged(made):
    made.notes[1][2] = Key(made.folder, made.origin, "strange").sign(made.note_text(run=2, size=16))


def of_other_books(made):
    made.notes[1][2] = made.notes[1][2].replace(b"0001\n", b"0002\n", 1)


def later_signature(made):
    made.notes[2][2] = made.notes[2][2].split(b"\n\n")[0] + b"\n\n" + made.notes[1][2].split(b"\n\n")[1]


def edited_note(made):
    made.notes[2][2] = made.notes[2][2].replace(b"T20:30", b"T21:30")


def row_size(made):
    made.notes[1][0] = 15


def row_run(made):
    made.notes[1][1] = 1


def note_taken_out(made):
    del made.notes[1], made.anchors[2]


def last_note_taken_out(made):
    del made.notes[2]


def fork(made):
    """Two notes that both follow the first: each is signed rightly."""
    made.notes[2][2] = made.signer.sign(made.note_text(prev=b64(hashlib.sha256(made.notes[0][2]).digest())))


def smaller(made):
    made.runs = 4
    made.note(size=20, h=made.h[20])


def other_chain(made):
    made.runs = 4
    made.note(h=b"\1" * 32)


def beyond(made):
    made.runs = 4
    made.note(size=31, h=made.h[30])


def total_edited(made):
    made.totals[2][7] += 1


def total_taken_out(made):
    del made.totals[3]


def totals_of_a_run_taken_out(made):
    made.totals = [row for row in made.totals if row[0] != 2]


def total_put_in(made):
    made.totals.append([*made.totals[-1][:7], 5, "00" * 32])


def totals_where_the_note_has_none(made):
    made.run(2, totals=0)
    made.totals.append([4, *made.totals[-1][1:]])


def state_edited(made):
    made.live["outbox"] = made.live.get("outbox", 0) + 1
    made.live["delivered"] -= 1


def staged_lost(made):
    made.live["staged:complaint"] -= 3


def state_not_told(made):
    del made.live["delivered"]


def state_of_nothing(made):
    made.live["void"] = 1


def negative(made):
    made.runs += 1
    made.add("policy", "purged", "erased", "", 100)
    made.note()


def no_note(made):
    made.notes.clear()
    made.anchors.clear()


def unsealed(made):
    made.run(3, note=False)


def unsealed_totals(made):
    made.run(0, note=False)


@pytest.mark.parametrize("change, word", [
    (one_less, "altered at entry 12"), (one_more, "altered at entry 12"), (swapped, "altered at entry 5"),
    (swapped_contents, "altered at entry 5"), (cut, "tail cut"), (rewritten, "history rewritten"),
    (rewritten_and_signed, "forged note 1"), (forged, "forged note 2"), (of_other_books, "forged note 2"),
    (later_signature, "forged note 3"), (edited_note, "forged note 3"), (row_size, "forged note 2"), (row_run, "forged note 2"),
    (note_taken_out, "history rewritten"), (last_note_taken_out, "tail cut"), (fork, "history rewritten"),
    (smaller, "history rewritten"), (other_chain, "history rewritten"), (beyond, "tail cut"),
    (total_edited, "totals altered in run 2"), (total_taken_out, "totals altered in run 2"),
    (totals_of_a_run_taken_out, "totals altered in run 2"), (total_put_in, "totals altered in run 3"),
    (totals_where_the_note_has_none, "totals altered in run 4"), (state_edited, "books and tables differ: delivered"),
    (staged_lost, "books and tables differ: staged:complaint"), (state_not_told, "books and tables differ: delivered"),
    (state_of_nothing, "books and tables differ: void"), (negative, "books and tables differ: purged"), (no_note, "unanchored"),
    (unsealed, "unanchored"), (unsealed_totals, "unanchored")], ids=lambda v: getattr(v, "__name__", ""))
def test_each_word(books, change, word):
    change(books)
    code = 1 if word.startswith(("unanchored", "books")) else 2
    assert both(books.text(), books.key) == (word, code)


def test_unsealed_entries_are_counted(books):
    books.run(4, note=False)
    assert "\nunsealed: 4\n" in run("--key", books.key, "-", given=books.text())[1]


def test_without_a_key_nothing_is_called_whole(books):
    assert both(books.text(), None) == ("unanchored", 1)
    out = run("-", given=books.text())[1]
    assert out.splitlines()[1] == "why: no key was given: signatures were not checked"
    rewritten(books)
    assert both(books.text(), None) == ("history rewritten", 2)


def test_one_of_several_keys_signed(books, tmp_path):
    other = Key(tmp_path, "cctns-bridge/another", "another")
    ring = tmp_path / "ring"
    ring.write_text(f"# whose books we audit\n\n{other.line}\n{books.signer.line}\n")
    assert both(books.text(), ring) == ("whole", 0)
    assert both(books.text(), other.file) == ("forged note 1", 2)
    code, out, _ = run("--key", other.file, "--key", books.key, "-", given=books.text())
    assert (code, out.split("\n")[0]) == (0, "whole")


def test_totals_of_a_run_that_ended_without_a_note_do_not_hide_the_rest(books):
    """A run that was killed before its note: the next note covers its entries."""
    books.run(3, totals=1, note=False)
    books.run(2)
    assert both(books.text(), books.key) == ("whole", 0)


# ---------------------------------------------------------------- what the auditor knows already

def test_memory_follows_the_books(books, tmp_path):
    memory = tmp_path / "memory"
    run("--key", books.key, "--memory", memory, "-", given=books.text())
    assert memory.read_bytes() == books.notes[2][2]
    books.run(5)
    grown = books.text()
    assert both(grown, books.key, memory) == ("whole", 0)
    assert memory.read_bytes() == books.notes[3][2]
    assert sorted(p.name for p in tmp_path.iterdir() if "memory" in p.name) == ["memory"]


def test_memory_is_kept_when_the_word_is_not_whole(books, tmp_path):
    memory = tmp_path / "memory"
    memory.write_bytes(books.notes[1][2])
    books.run(5, note=False)
    assert both(books.text(), books.key, memory) == ("unanchored", 1)
    state_edited(books)
    assert both(books.text(), books.key, memory) == ("books and tables differ: delivered", 1)
    total_edited(books)
    assert both(books.text(), books.key, memory)[1] == 2
    assert both(books.text()[:-1], books.key, memory) == ("not an export", 3)
    assert memory.read_bytes() == books.notes[1][2]


def test_memory_finds_an_older_database(tmp_path, books):
    memory, old = tmp_path / "memory", books.text()
    books.run(6)
    assert run("--key", books.key, "--memory", memory, "-", given=books.text())[0] == 0
    assert both(old, books.key, memory) == ("tail cut", 2)
    assert both(old, books.key) == ("whole", 0)            # by itself it is


def test_memory_finds_another_course_after_an_older_database(tmp_path, books):
    memory, elsewhere = tmp_path / "memory", tmp_path / "twin"
    elsewhere.mkdir()
    twin = Made(elsewhere, seed=2)
    twin.signer, twin.key = books.signer, books.key
    for entries in (7, 9, 20):
        twin.run(entries)
    assert run("--key", books.key, "--memory", memory, "-", given=books.text())[0] == 0
    assert both(twin.text(), books.key) == ("whole", 0)
    assert both(twin.text(), books.key, memory) == ("history rewritten", 2)


def test_two_auditors_were_told_different_things(tmp_path, books):
    theirs = tmp_path / "theirs.note"
    entry = next(fields for fields in reversed(books.entries) if fields[3] == "policy")
    entry[9] += 1                           # an account that no table stands for
    rehash(books, entry[0])
    theirs.write_bytes(books.notes.pop()[2])
    books.anchors.pop()
    books.note()
    assert both(books.text(), books.key) == ("whole", 0)
    assert both(books.text(), books.key, notes=[theirs]) == ("history rewritten", 2)


def test_note_of_the_same_chain_that_the_books_do_not_have(tmp_path, books):
    """Notes of the same size and chain are told apart too: one of them was taken out of the books."""
    theirs = tmp_path / "theirs.note"
    theirs.write_bytes(books.signer.sign(books.note_text(run=3, prev=b64(hashlib.sha256(books.notes[1][2]).digest()), totals="-")))
    assert both(books.text(), books.key, notes=[theirs]) == ("tail cut", 2)
    theirs.write_bytes(books.signer.sign(books.note_text(run=2, size=16, prev="-", totals="-")))
    assert both(books.text(), books.key, notes=[theirs]) == ("history rewritten", 2)


def test_notes_that_agree_change_nothing(tmp_path, books):
    files = []
    for i, note in enumerate(books.notes):
        files.append(tmp_path / f"{i}.note")
        files[-1].write_bytes(note[2])
    assert both(books.text(), books.key, notes=files) == ("whole", 0)


def test_given_note_that_nobody_signed_or_of_other_books(tmp_path, books):
    theirs = tmp_path / "theirs.note"
    theirs.write_bytes(Key(tmp_path, books.origin, "strange").sign(books.note_text()))
    assert both(books.text(), books.key, notes=[theirs]) == (f"forged note {theirs}", 2)
    other = Key(tmp_path, "cctns-bridge/another", "another")
    books.origin, origin = other.origin, books.origin
    theirs.write_bytes(other.sign(books.note_text()))
    books.origin = origin
    assert both(books.text(), None, notes=[theirs]) == ("history rewritten", 2)


# ---------------------------------------------------------------- what cannot be verified

def test_cannot_verify(tmp_path, books):
    export = tmp_path / "export"
    export.write_bytes(books.text())
    empty, strange = tmp_path / "empty", tmp_path / "strange"
    empty.write_bytes(b"")
    strange.write_text(books.signer.line.replace("+", "+0", 1)[:-1] + "\n")
    for words in ([], [export, export], ["--nothing", export], ["--key", tmp_path / "none", export], ["--key", empty, export],
                  ["--key", strange, export], ["--memory", empty, export], ["--note", tmp_path / "none", export],
                  ["--note", export, export], [tmp_path / "none"], [tmp_path]):
        code, out, err = run(*words)
        assert (code, out) == (3, "") and err, words
    code, out, err = run("--key", books.key, "--memory", tmp_path / "no/folder", export)
    assert code == 3 and out.startswith("whole\n") and "no/folder" in err
    with open("/dev/full", "wb") as full:
        done = subprocess.run([VERIFIER, "--key", books.key, export], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 3 and b"could not verify" in done.stderr


def test_help_names_every_word():
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    for word in ("whole", "unanchored", "altered at entry N", "tail cut", "history rewritten", "forged note N", "totals altered in run N",
                 "books and tables differ: ACCOUNT", "not an export"):
        assert word in out


def test_every_cut_is_seen(books):
    """Wherever the file ends early: at each end of a line, and at some places within lines."""
    text = books.text()
    ends = [i + 1 for i, byte in enumerate(text[:-1]) if byte == 10]
    for at in [0, 1, *ends, *random.Random(SEED).sample(range(len(text)), 40), len(text) - 1]:
        assert both(text[:at], books.key) == ("not an export", 3), at


def spoil(body, old, new, count=1):
    assert old in body
    return seal(body.replace(old, new, count))


def test_what_is_no_export(books):
    body = unseal(books.text())
    rows = body.splitlines(keepends=True)
    kinds = [row[:1] for row in rows]
    first = {kind: kinds.index(kind) for kind in (b"e", b"t", b"n", b"a", b"s")}
    entry, note, state = rows[first[b"e"]], rows[first[b"n"]], rows[first[b"s"]]
    swap = lambda a, b: seal(b"".join(rows[b] if i == a else rows[a] if i == b else row for i, row in enumerate(rows)))
    cases = {
        "nothing": b"", "only an end": seal(b""), "other version": spoil(body, b"ledger\t1\t", b"ledger\t2\t"),
        "name with a plus": spoil(body, b"ledger\t1\tcctns-", b"ledger\t1\tcctns+"),
        "no name": spoil(body, books.origin.encode(), b""), "entry behind totals": swap(first[b"t"] - 1, first[b"t"]),
        "note before totals": swap(first[b"n"] - 1, first[b"n"]), "state before anchors": swap(first[b"s"] - 1, first[b"s"]),
        "totals out of order": swap(first[b"t"], first[b"t"] + 2), "second header": seal(rows[0] + body),
        "unknown line": seal(body + b"y\t1\n"), "empty line": seal(body + b"\n"), "field more": spoil(body, state, state[:-1] + b"\t1\n"),
        "field less": spoil(body, entry, entry[:entry.rindex(b"\t")] + b"\n"), "seventeen fields": seal(body + b"e" + b"\t1" * 16 + b"\n"),
        "leading zero": spoil(body, b"e\t1\t", b"e\t01\t"), "plus": spoil(body, b"e\t1\t", b"e\t+1\t"),
        "minus zero": spoil(body, b"\ns\tdelivered\t", b"\ns\tdelivered\t-0\ns\tx\t"),
        "blank in a number": spoil(body, b"e\t1\t", b"e\t1 \t"), "no number": spoil(body, b"e\t1\t", b"e\t\t"),
        "too large": spoil(body, b"e\t1\t", b"e\t9223372036854775808\t"), "too small": spoil(body, b"e\t1\t", b"e\t-9223372036854775809\t"),
        "capital hex": spoil(body, entry, entry[:-66] + entry[-66:].upper()), "short hash": spoil(body, entry, entry[:-2] + b"\n"),
        "long hash": spoil(body, entry, entry[:-1] + b"0\n"), "no records": spoil(body, b"\tstaged\t3\t", b"\tstaged\t0\t"),
        "less than no records": spoil(body, b"\tstaged\t3\t", b"\tstaged\t-3\t"),
        "too many records": spoil(body, b"\tstaged\t3\t", b"\tstaged\t2147483648\t"),
        "state told twice": spoil(body, state, state + state),
        "state below none": spoil(body, state, state.rsplit(b"\t", 1)[0] + b"\t-1\n"),
        "escape": spoil(body, b"\\t", b"\\x"), "escape at the end": spoil(body, b"\\t", b"\\\t"), "NUL": spoil(body, b"igrs", b"ig\0s"),
        "base64 with a blank": spoil(body, note, note[:-2] + b" \n"), "base64 cut": spoil(body, note, note[:-2] + b"\n"),
        "base64 with too much": spoil(body, note, note[:-1] + b"=\n"),
        "line too long": spoil(body, b"igrs", b"i" * (1 << 20)), "behind the end": books.text() + b"s\tx\t1\n", "twice": books.text() * 2,
        "end of other lines": body + line("z", body.count(b"\n") + 1, hashlib.sha256(body).hexdigest()),
        "end of other bytes": body + line("z", body.count(b"\n"), hashlib.sha256(body + b"x").hexdigest()),
        "line ends of Windows": books.text().replace(b"\n", b"\r\n"), "too many accounts": seal(body + b"".join(
            line("s", f"x{i}", 0) for i in range(512))), "long name of an account": seal(body + line("s", "x" * 201, 0)),
    }
    for name, text in cases.items():
        assert both(text, books.key) == ("not an export", 3), name
    assert both(spoil(body, b"igrs", b"i" * ((1 << 20) - 400)), books.key) == ("altered at entry 1", 2)     # just within the limit


def test_base64_has_one_spelling(books):
    """Two texts that a kind decoder reads as the same bytes: the second one is none."""
    body = unseal(books.text())
    padded = b64(b"\0tokens").encode()            # a proof
    body = body.replace(b64(b"\0token").encode(), padded)
    assert padded.endswith(b"=")
    stem, pad = padded.rstrip(b"="), padded[len(padded.rstrip(b"=")):]
    digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = stem[:-1] + digits[digits.index(stem[-1]) + 1:][:1] + pad
    assert twin != padded
    assert both(spoil(body, padded, twin), books.key) == ("not an export", 3)


def test_nothing_reaches_the_terminal(books):
    books.live["\x1b[2J"] = 1
    code, out, _ = run("--key", books.key, "-", given=books.text())
    assert (code, out.split("\n")[0]) == (1, "books and tables differ: ?[2J") and "\x1b" not in out
    assert both(books.text(), books.key) == ("books and tables differ: ?[2J", 1)


# ---------------------------------------------------------------- a program of the auditor's own

def test_memory_does_not_grow_with_the_entries():
    """The sampled form of tests/bench/verify.py, for a plain build."""
    done = subprocess.run(["/usr/bin/python3", ROOT / "tests/bench/verify.py", "2000", "20000"], capture_output=True, text=True,
                          timeout=300)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_builds_by_itself(books, tmp_path):
    """One command, OpenSSL's library, nothing of the bridge."""
    program = tmp_path / "verify"
    sources = sorted((ROOT / "bridge/verify").glob("*.c"))
    subprocess.run(["gcc", "-D_GNU_SOURCE", "-o", program, *sources, "-lcrypto"], check=True)
    libraries = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    assert {row.split()[0].split(".")[0].rsplit("/", 1)[-1] for row in libraries.splitlines()} <= {
        "linux-vdso", "libcrypto", "libc", "ld-linux-x86-64", "ld-linux-aarch64"}, libraries
    done = subprocess.run([program, "--key", books.key, "-"], input=books.text(), capture_output=True)
    assert done.stdout.startswith(b"whole\n")
