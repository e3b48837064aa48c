"""F12: SIGKILL inside what is for the auditor: a reconciliation, the signed checkpoint at the end of a night, an export of the books.
What a comparison keeps is there whole or not at all, no file passes for an export that is not one, the chain of the books has every
entry, and the notes outside are those of the database."""
import hashlib
import shutil
import signal
import subprocess

import kill
from invariants import unlike
from world import judge as ordinary
from world import last_line

NAME, TITLE = "F12", "killed in reconcile, checkpoint or export"
CODES = {-signal.SIGKILL, 128 + signal.SIGKILL, 0, 3, 4, 75}
SAMPLE, WHOLE = 6, 120
RUNS = ("reconcile", "checkpoint", "export")
BEFORE = 30              # calls before the first that touches a note: the head is held and the note is signed

# Whatever a comparison of one portal leaves; at first what each run has, then what stands for the last of them alone.
KEPT = {
    "control_total": "SELECT system, to_jsonb(t) - 'run_id' FROM bridge.control_total t WHERE run_id = %s",
    "difference": "SELECT system, to_jsonb(t) - 'run_id' - 'since' - 'digest' FROM bridge.difference t WHERE run_id = %s",
    "comparison": "SELECT system, to_jsonb(t) - 'run_id' FROM bridge.comparison t WHERE run_id = %s",
}


# ---------------------------------------------------------------- the world, with a key and two folders of notes

def folders(world):
    return [world.folder / "notes-a", world.folder / "notes-b"]


def export(world):
    return world.folder / "books" / "ledger"


def ready(world):
    """As an auditor's site is set up; after each reset."""
    for folder in (*folders(world), export(world).parent):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    world.conf_lines(bridge=f"ledger_key = {world.folder}/ledger.key\nnotes = {' '.join(map(str, folders(world)))}")


def setup(world):
    world.reset()
    ready(world)
    (world.folder / "ledger.key").unlink(missing_ok=True)
    world.must("ledger", "init")
    said = world.must("ledger", "status", codes={3}).out          # there is no note yet
    world.vkey = world.folder / "vkey"
    world.vkey.write_text(next(word for word in said.split() if word.startswith("cctns-bridge/") and "+" in word) + "\n")
    world.compared = {}
    for name, words in (("reconcile", ("reconcile",)), ("checkpoint", ("sync",))):
        world.reset()
        ready(world)
        world.must(*words, codes={0, 3, 4})
        world.compared[name] = kept(world, newest(world))
    faults = [fault for fault in whole(world)]
    if faults or not all(world.compared["reconcile"].values()) or not count_notes(world):
        raise RuntimeError(f"undisturbed, the books are not right: {faults}, or nothing was compared")
    world.reset()


def words(world, name):
    return {"reconcile": ("reconcile",), "checkpoint": ("sync",), "export": ("ledger", "export", str(export(world)))}[name]


def begin(world, name):
    """What stands before that run: before an export there is a note, and the export of yesterday."""
    ready(world)
    if name == "export":
        world.must("ledger", "export", str(export(world)))
        world.must("reconcile", codes={0, 3, 4})


def places(world, name):
    """Every place of that run; of the night only its end."""
    world.reset()
    begin(world, name)
    seen, first = kill.traced(world, *words(world, name), codes={0, 3, 4})
    at = 0
    if name == "checkpoint":
        with open(world.folder / "trace", encoding="utf-8", errors="replace") as lines:
            made = [line for line in lines if kill.LINE.match(line)]
        at = next(i for i, line in enumerate(made) if "/notes-" in line) - BEFORE
    return kill.ordered(seen, first, at)


def points(world, shallow, rng):
    found = {name: places(world, name) for name in RUNS}
    world.reset()
    each = None if shallow is None else max(1, shallow // len(RUNS))
    out = []
    for name in RUNS:
        fresh = [(name, *point) for point, new in found[name] if new]
        same = [(name, *point) for point, new in found[name] if not new]
        out += fresh + same if each is None else kill.spread(fresh, each, rng) + kill.spread(same, each - len(fresh), rng)
    return out if shallow is None else out[:shallow]


def play(world, point):
    name, who, call, n = point
    begin(world, name)
    world.before = newest(world)
    return world.run(*words(world, name), wrap=kill.strace(world, who, call, "signal=KILL", n), limit=75)


def happened(world, outcome, point):
    return kill.met(world, *point[2:])


# ---------------------------------------------------------------- what must hold

def newest(world):
    return world.sql("SELECT COALESCE(max(run_id), 0) FROM bridge.run")[0][0]


def kept(world, run):
    """{table: {portal: what that run left of it}}"""
    out = {}
    for table, query in KEPT.items():
        out[table] = {}
        for system, row in world.sql(query, run):
            out[table].setdefault(system, []).append(str(sorted(row.items())))
        for rows in out[table].values():
            rows.sort()
    return out


def half_compared(world, name):
    """Of each portal all that the undisturbed run leaves of it, or nothing."""
    faults = []
    if name not in world.compared:
        return faults
    for (run,) in world.sql("SELECT run_id FROM bridge.run WHERE run_id > %s", world.before):
        mine, full = kept(world, run), world.compared[name]
        for system in {system for rows in full.values() for system in rows}:
            there = {table for table in full if mine[table].get(system)}
            should = {table for table in full if full[table].get(system)}
            if there and there != should:
                faults.append(f"run {run} compared {system} by half: {sorted(should - there)} missing")
            elif there and name == "reconcile":
                faults += [f"run {run} left other rows of {system} in {table}: {len(mine[table][system])} of {len(full[table][system])}: "
                           + "; ".join(unlike(full[table][system], mine[table][system])[:2])
                           for table in should if mine[table][system] != full[table][system]]
    for (system,) in world.sql("SELECT c.system FROM bridge.comparison c WHERE c.portal <>"
                               " (SELECT count(*) FROM bridge.compared m WHERE m.system = c.system AND m.p_has)"
                               " OR c.staging <> (SELECT count(*) FROM bridge.compared m WHERE m.system = c.system AND m.s_has)"
                               " OR c.differences <> (SELECT count(*) FROM bridge.difference d WHERE d.run_id = c.run_id"
                               " AND d.system = c.system)"):
        faults.append(f"the members of the last comparison of {system} are not those of its figures")
    return faults


def chain(world):
    """Every entry is tied, in one row without gap, and the head is the last link; made anew from the entries."""
    faults = []
    ((loose,),) = world.sql("SELECT count(*) FROM bridge.ledger l LEFT JOIN bridge.ledger_link k USING (entry) WHERE k.entry IS NULL")
    if loose:
        faults.append(f"{loose} entries of the books have no link")
    ((origin, seq, h),) = world.sql("SELECT origin, seq, h FROM bridge.ledger_head")
    before, n = bytes(world.sql("SELECT bridge.chain_start(%s)", origin)[0][0]), 0
    for n, (at, link, made) in enumerate(world.sql(
            "SELECT k.seq, k.h, bridge.chain_link(COALESCE(lag(k.h) OVER (ORDER BY k.seq), %s), k.seq, l)"
            " FROM bridge.ledger_link k JOIN bridge.ledger l USING (entry) ORDER BY k.seq", before), 1):
        if at != n or link != made:
            faults.append(f"link {at} of the books, in place {n}, is not what follows")
        before = bytes(link)
    if (seq, bytes(h)) != (n, before):
        faults.append(f"the head is at {seq}, the last link is {n}")
    return faults


def notes(world, all_there):
    """A note outside is that of the database, byte for byte; after an ordinary run every one is there, and nothing else."""
    faults, there = [], {f"{number:010d}.note": bytes(note) for number, note in world.sql("SELECT checkpoint, note FROM bridge.checkpoint")}
    if sorted(there) != [f"{i:010d}.note" for i in range(1, len(there) + 1)]:
        faults.append(f"the numbers of the notes have a gap: {sorted(there)}")
    for folder in folders(world):
        left = {path.name: path.read_bytes() for path in folder.iterdir()}
        faults += [f"{folder.name}/{name} is not a note of the database" for name in left
                   if not name.startswith(".") and there.get(name) != left[name]]
        if all_there and set(left) != set(there):
            faults.append(f"{folder.name} has {sorted(left)}, the database {sorted(there)}")
    return faults


def count_notes(world):
    return world.sql("SELECT count(*) FROM bridge.checkpoint")[0][0]


def is_whole(path):
    """Whether a file passes for an export: its last line says how many came before, and their digest."""
    data = path.read_bytes()
    body, _, last = data.removesuffix(b"\n").rpartition(b"\n")
    body += b"\n"
    return data.endswith(b"\n") and last == b"z\t%d\t%s" % (body.count(b"\n"), hashlib.sha256(body).hexdigest().encode())


def whole(world):
    """After an ordinary run: an export can be made, and the verifier that knows the key says that it is whole."""
    outcome = world.run(*words(world, "export"))
    if outcome.code or not is_whole(export(world)):
        return [f"the books cannot be exported: {last_line(outcome.err)}"]
    check = subprocess.run([world.program.parent / "cctns-bridge-verify", "--key", world.vkey, export(world)],
                           capture_output=True, text=True)
    return [] if check.stdout.split("\n")[0] == "whole" else [f"the verifier says: {check.stdout} {check.stderr}"]


def at_once(world, name):
    faults = chain(world) + half_compared(world, name) + notes(world, False)
    path = export(world)
    if path.exists() and not is_whole(path):
        faults.append("a file passes for an export, and is cut short")
    if name == "export" and not path.exists():
        faults.append("the export of yesterday is gone")
    strange = [p.name for p in path.parent.iterdir() if p != path and not p.name.startswith((".", path.name + "."))]
    return faults + [f"a file that nobody asked for: {strange}" for _ in strange[:1]]


def judge(world, outcome, point):
    name = point[0]
    world.alone()
    faults = ["at once: " + fault for fault in at_once(world, name)]
    if name != "checkpoint":
        again = world.run(*words(world, name))
        if again.hung or again.code not in {0, 3, 4}:
            faults.append(f"the next {name} ended with {again.code}: {last_line(again.err)}")
        if name == "reconcile" and kept(world, newest(world)) != world.compared[name]:
            faults.append("the next reconcile finds other than undisturbed")
    faults += ordinary(world, outcome, CODES)
    return faults + ["settled: " + fault for fault in [*chain(world), *notes(world, True), *whole(world)]]
