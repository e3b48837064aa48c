"""F13: the sources move while they are read. At a moment of the run it is stopped, something is put in, corrected or taken away at a
portal or in CCTNS, and it goes on. After the next night all must be as if the change had been there from the start; where the
moment decides what becomes of a record (it was read before it vanished, or not), all the others must be."""
import random
import re
from datetime import datetime, timedelta

import pause
from invariants import unlike
from scenario import HARYANA, UP, complaint, paper
from world import QUIET, last_line

NAME, TITLE = "F13", "the sources move while they are read"
SAMPLE, WHOLE = 5, 120
CODES = {0, 3}
MOMENTS = 12              # of each change, when no number is asked for
LIMIT = 60


def seconds_before(at, seconds):
    return (datetime.fromisoformat(at.replace("Z", "+00:00")) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def minutes_before(at, minutes):
    return seconds_before(at, 60 * minutes)


def old(world, system):
    """The complaints of the first day."""
    first = sorted(world.peers[system].held(), key=lambda number: number[-7:])
    return first[:3]


def new(world, system):
    return sorted(world.peers[system].held(), key=lambda number: number[-7:])[3]


def put(world, system, n, at, received=None, **more):
    unit = (UP if system == "igrs" else HARYANA)[n % 2]
    before = set(world.peers[system].held())
    world.peers[system].add([complaint(n, unit, (received or at)[:10], **{"received_at": received or at, "marked_at": at, **more})])
    (number,) = set(world.peers[system].held()) - before
    return number


def take_away(world, system, number):
    store = world.peers[system].store
    if system == "igrs":
        store.remove(number)
        return
    with store as s:
        for table in ("file", "answer", "step", "complaint"):
            s.db.execute(f"DELETE FROM {table} WHERE uid = ?", (number,))


def police_delete(world, number):
    def work(db):
        (serial,) = db.execute("SELECT COMPLAINT_SRNO FROM t_complaint WHERE ORIGIN_NO = ?", (number,)).fetchone()
        for table in ("t_complaint_feedback", "t_complaint_file", "t_complaint_action"):
            db.execute(f"DELETE FROM {table} WHERE COMPLAINT_SRNO = ?", (serial,))
        db.execute("UPDATE t_complaint SET RECORD_STATUS = 'D' WHERE COMPLAINT_SRNO = ?", (serial,))    # its number is not given again
    world.police.run(work)


def police_correct(world):
    from cctns import ist
    world.police.sql("UPDATE t_complaint SET FIR_REG_NUM = '0042', FIR_DT = ?, RECORD_STATUS = 'M', RECORD_UPDATED_ON = ?,"
                     " RECORD_UPDATED_BY = 'station' WHERE ORIGIN_NO = ?", ist(world.at), ist(world.at), old(world, "igrs")[2])


def unmappable(world):
    world.peers["igrs"].store.spoil(put(world, "igrs", 97, world.at), "MarkedTo/@code", "998")


def cutting_files(world):
    world.police.sql("CREATE TRIGGER cuts AFTER INSERT ON t_complaint_file WHEN NEW.RECORD_CREATED_BY = 'bridge' BEGIN"
                     " UPDATE t_complaint_file SET UPLOADED_FILE = substr(NEW.UPLOADED_FILE, 1, 20) WHERE FILE_SRNO = NEW.FILE_SRNO; END")


def swap(world, system):
    put(world, system, 98, minutes_before(world.at, 4 * 1440))
    take_away(world, system, new(world, system))


def both(change):
    return {f"{system}: {{}}": (lambda world, system=system: change(world, system)) for system in ("igrs", "hrcms")}


def named(name, change):
    return {key.format(name): value for key, value in both(change).items()}


# what is done, and at any moment of the run, or only before it (where the moment decides what becomes of it)
ANY = {
    **named("a complaint comes", lambda w, s: put(w, s, 91, w.at)),
    **named("a complaint with a file comes", lambda w, s: put(w, s, 92, w.at, files=[paper(92)])),
    **named("a late commit", lambda w, s: put(w, s, 93, seconds_before(w.prepared_at, 20))),
    **named("two that share a time", lambda w, s: (put(w, s, 94, w.at), put(w, s, 99, w.at))),
    **named("a reminder", lambda w, s: w.peers[s].change(old(w, s)[0], changed_at=w.at, actions=[
        {"action": "RMND", "at": w.at, "office": "Control room", "text": "दूसरा स्मरण"}])),
    **named("feedback", lambda w, s: w.peers[s].change(old(w, s)[0], changed_at=w.at, feedback=[
        {"satisfied": "Y", "mode": "CALL", "text": "ठीक", "at": w.at}])),
    **named("an action", lambda w, s: w.police.act(old(w, s)[2], "ENQR", w.at, text="जाँच")),
    **named("a paper", lambda w, s: w.police.file(old(w, s)[2], "late.pdf", "ATR", b"%PDF-1.4\n%% late " + s.encode(), w.at)),
    "cctns: a correction": police_correct,
}
BEFORE = {
    "igrs: unmappable": unmappable,
    **named("older than the look-back", lambda w, s: put(w, s, 95, minutes_before(w.at, 5 * 1440))),
    **named("a time in the future", lambda w, s: put(w, s, 96, minutes_before(w.at, -600), received=w.at)),
    **named("swap", swap),
    **named("vanished", lambda w, s: take_away(w, s, old(w, s)[2])),
    "cctns: the complaint is gone": lambda w: police_delete(w, old(w, "igrs")[1]),
    "cctns: files are cut": cutting_files,
}
# a record that vanishes at any moment: the others must be as they were
VANISH = {**named("vanishes", lambda w, s: (take_away(w, s, number := new(w, s)), number)[1])}


def after(world, code):
    """The next night, and what there is then."""
    world.night()
    next_one = world.run("sync", limit=60)
    said = world.person()
    return {"code": code, "next": next_one.code, "hung": next_one.hung, "settled": sorted(said + world.settled()),
            "picture": world.picture(), "said": last_line(next_one.err)}


def reference(world, name):
    """What comes of it when the change is there before the run; taken once, of the sound program where a mistake is built in."""
    if name not in world.moving:
        bad, world.program = world.program, getattr(world, "sound", world.program)
        world.reset()
        {**ANY, **BEFORE}[name](world)
        world.moving[name] = after(world, world.run("sync").code)
        world.program = bad
        world.reset()
    return world.moving[name]


def setup(world):
    world.moving = {}
    world.moving_sends = pause.count(world, "sync")
    if hasattr(world, "sound"):                             # while the tree is sound, too
        for name in {**ANY, **BEFORE}:
            if any(re.search(pattern, str((name, n))) for pattern in world.wanted for n in (0, 1)):
                reference(world, name)


def points(world, shallow, rng):
    if not hasattr(world, "moving"):
        setup(world)
    many = MOMENTS if shallow is None else max(1, shallow // len(ANY))
    out = [(name, 0) for name in BEFORE]
    for name in {**ANY, **VANISH}:
        chance = random.Random(f"{name} {rng.random()}")
        out += [(name, n) for n in pause.spread(world.moving_sends, many, chance)]
    return out if shallow is None or shallow >= len(out) else rng.sample(out, shallow)


def play(world, point):
    name, n = point
    world.gone = None
    if name not in VANISH:
        reference(world, name)
    change = {**ANY, **BEFORE, **VANISH}[name]
    if n == 0:
        change(world)
        return world.run("sync", limit=LIMIT)
    with pause.Paused(world, n, "sync", limit=LIMIT) as run:
        world.later(seconds=1 if "late" in name else 60)    # what is late stays within the look-back of 30 s
        gone = change(world)
        world.gone = gone if name in VANISH else None
        return run.outcome()


def judge(world, outcome, point):
    name, n = point
    faults = ["hung"] if outcome.hung else []
    wanted = world.moving.get(name)
    # gone between the portal's list and its count: these cannot be asked at once, and that they differ is told
    codes = {wanted["code"]} if n == 0 else CODES | {4} if name in VANISH else CODES
    if outcome.code not in codes:
        faults.append(f"exit {outcome.code}, not one of {sorted(codes)}: {last_line(outcome.err)}")
    if not world.alone():
        faults.append("a session of the ended program is still there")
    # what comes behind the cursor is behind it: until the look-back brings it, or for good
    faults += ["at once: " + fault for fault in world.always() if not (("late" in name or "look-back" in name or "swap" in name)
                                                                        and fault.startswith("cursor of"))]
    got = after(world, outcome.code)
    faults += ["later: " + fault for fault in world.always() if not (("look-back" in name or "swap" in name)
                                                                      and fault.startswith("cursor of"))]
    if got["hung"]:
        faults.append("the next night hung")
    if name in VANISH:
        gone = world.gone
        if got["next"] not in QUIET | {4}:
            faults.append(f"the next night ended with {got['next']}: {got['said']}")
        faults += [fault for fault in got["settled"] if fault.startswith("G2")]
        names = {gone, *(row[0] for row in world.police.sql("SELECT COMPLAINT_REG_NUM FROM t_complaint WHERE ORIGIN_NO = ?", gone))}
        lines = [[line for line in picture if not any(number in line for number in names)] for picture in (world.expected, got["picture"])]
        faults += ["other than undisturbed: " + line for line in unlike(*lines) if not line.startswith("+ held")][:6]
        return faults
    if got["next"] != wanted["next"]:
        faults.append(f"the next night ended with {got['next']}, not {wanted['next']}: {got['said']}")
    faults += ["settled: " + fault for fault in sorted(set(got["settled"]) - set(wanted["settled"]))]
    faults += [f"unsaid: {fault}" for fault in sorted(set(wanted["settled"]) - set(got["settled"]))]
    if got["picture"] != wanted["picture"]:
        faults += ["other than expected: " + line for line in unlike(wanted["picture"], got["picture"])[:8]]
    return faults
