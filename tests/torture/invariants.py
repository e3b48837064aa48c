"""What must hold: at any moment, after an ordinary night, and the picture of all sides that two histories must share."""
import hashlib
import json
from collections import Counter

import sms

SEALED = ("complainant", "mobile")
OUT = {"planned": "outbox", "sending": "sending", "confirmed": "delivered", "refused": "refused", "in_doubt": "in_doubt",
       "held": "in_doubt", "dead": "dead", "superseded": "superseded", "void": "void"}

BALANCES = """
SELECT x.hop, x.system, x.stream, x.account, sum(x.n), a.is_source
FROM (SELECT hop, system, stream, credit AS account, n FROM bridge.ledger
      UNION ALL SELECT hop, system, stream, debit, -n FROM bridge.ledger) x JOIN bridge.account a USING (account)
GROUP BY 1, 2, 3, 4, 6"""

LEDGER_BY_KEY = """
SELECT l.entry, l.n, count(m.*) FROM bridge.ledger l LEFT JOIN bridge.movement m USING (entry) GROUP BY 1, 2 HAVING l.n <> count(m.*)"""

CHAIN = """
SELECT k.seq, l.entry
FROM (SELECT k.*, lag(k.h, 1, (SELECT bridge.chain_start(origin) FROM bridge.ledger_head)) OVER w AS before, row_number() OVER w AS due
      FROM bridge.ledger_link k WINDOW w AS (ORDER BY k.seq)) k FULL JOIN bridge.ledger l USING (entry)
WHERE k.seq IS NULL OR l.entry IS NULL OR k.seq <> k.due OR k.h <> bridge.chain_link(k.before, k.seq, l)"""


# ---------------------------------------------------------------- at any moment

def always(world):
    """Faults of what holds whatever happened, even before anything is mended."""
    return [*books(world), *chain(world), *nothing_unannounced(world), *cursors(world), *contents(world), *drivers(world),
            *sms.always(world)]


def books(world):
    faults = []
    balance = {}
    for hop, system, stream, account, n, is_source in world.sql(BALANCES):
        if n < 0 and not is_source:
            faults.append(f"G3: {hop} {system} {stream} {account} is {n}")
        if hop == "push":
            balance[system, stream, account] = int(n)
    state = Counter()
    for target, stream, word, n in world.sql("SELECT target, stream, state, count(*) FROM bridge.delivery GROUP BY 1, 2, 3"):
        state[target, stream, OUT[word]] += n
    for place in sorted({*balance, *state}):
        if place[2] != "plan" and balance.get(place, 0) != state.get(place, 0):
            faults.append(f"G4: {' '.join(place)}: the books say {balance.get(place, 0)}, there are {state.get(place, 0)}")
    for entry, n, found in world.sql(LEDGER_BY_KEY):
        faults.append(f"G3: entry {entry} is of {n} records, {found} are named")
    return faults


def chain(world):
    """Every entry of the ledger has its link, which follows from the one before it, and the head is the last."""
    faults = []
    for seq, entry in world.sql(CHAIN):
        faults.append(f"G12: entry {entry} and link {seq} do not belong together, or do not follow")
    for seq, last in world.sql("SELECT h.seq, COALESCE(k.seq, 0) FROM bridge.ledger_head h LEFT JOIN bridge.ledger_link k"
                               " ON k.seq = (SELECT max(seq) FROM bridge.ledger_link)"
                               " WHERE h.seq <> COALESCE(k.seq, 0) OR h.h <> COALESCE(k.h, bridge.chain_start(h.origin))"):
        faults.append(f"G12: the head is at {seq}, the last link is {last}")
    return faults


def told(world):
    """What the bridge did at each system: (system, reference, what it means)."""
    out = []
    for system, peer in world.peers.items():
        for t in peer.told():
            what = {k: v for k, v in t.items() if k not in ("reference", "taken_at")}
            out.append((system, t["reference"], json.dumps(what, sort_keys=True, ensure_ascii=False)))
    return out


def nothing_unannounced(world):
    """G5: what a peer has from us stands in the outbox, with its intent committed."""
    faults = []
    known = {ident: (state, attempts) for ident, state, attempts in world.sql(
        "SELECT delivery_id::text, state, attempts FROM bridge.delivery")}
    references = [(system, reference) for system, reference, _ in told(world)]
    references += [("cctns", row[0]) for row in world.police.sql("SELECT delivery_id FROM bridge_applied")]
    for system, reference in references:
        state, attempts = known.get(reference, (None, 0))
        if state is None:
            faults.append(f"G5: {system} has {reference}, which the outbox does not know")
        elif attempts == 0 or state in ("superseded", "void"):
            faults.append(f"G5: {system} has {reference}, which is {state} after {attempts} attempts")
    return faults


def sources(world):
    """Every complaint of every portal: (system, number, changed_at as ISO UTC)."""
    return [(system, number, r["changed_at"]) for system, peer in world.peers.items() for number, r in peer.held().items()]


def cursors(world):
    """No cursor stands beyond a record that is not in staging: of records that the portals changed before the night."""
    faults = []
    at = {system: when for system, when in world.sql(
        "SELECT system, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM bridge.cursor WHERE call = 'list'")}
    staged = {(system, number): when for system, number, when in world.sql(
        "SELECT system, number, to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM bridge.source_record")}
    held = {(system, key) for system, key in world.sql("SELECT system, key FROM bridge.held WHERE state = 'open'")}
    for system, number, changed in sources(world):
        if changed < at.get(system, "") and changed < world.prepared_at:
            have = staged.get((system, number))
            if (have is None or have < changed) and (system, number) not in held:
                faults.append(f"cursor of {system} is at {at[system]}, beyond {number} of {changed}, staged {have}")
    return faults + cursors_of_police(world)


def cursors_of_police(world):
    """Likewise of what the stations did: actions and files, by their serial numbers."""
    faults = []
    for call, table, column, stream in (("actions", "t_complaint_action", "ACTION_SRNO", "action"),
                                        ("files", "t_complaint_file", "FILE_SRNO", "attachment")):
        cursor = world.sql("SELECT to_char(at AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD HH24:MI:SS') FROM bridge.cursor"
                           " WHERE system = 'cctns' AND call = %s", call)
        if cursor:
            staged = {key for (key,) in world.sql(f"SELECT key FROM bridge.{stream} WHERE system = 'cctns'")}
            for key, on in world.police.sql(f"SELECT {column}, RECORD_CREATED_ON FROM {table} WHERE ORIGIN_SYSTEM IS NULL"
                                            " AND RECORD_CREATED_ON < ?", cursor[0][0]):
                if str(key) not in staged:
                    faults.append(f"cursor of cctns {call} is at {cursor[0][0]}, beyond {key} of {on}")
    return faults


def contents(world):
    """A file of the content store is what its name says, and staging names none that is not there."""
    faults, store = [], world.state / "contents"
    there = {}
    for path in store.glob("??/*"):
        there[path.name] = path.stat().st_size
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
            faults.append(f"the content store has half a file: {path.name[:12]}")
    for content, size in world.sql("SELECT DISTINCT content, content_size FROM bridge.attachment WHERE content IS NOT NULL"):
        if there.get(content) != size:
            faults.append(f"staging names content {content[:12]} of {size} bytes, the store has {there.get(content)}")
    return faults


def drivers(world):
    """The driver manager's list of drivers, which the whole machine shares, is as it was."""
    return [] if world.drivers.read_bytes() == world.drivers_were else ["odbcinst.ini was changed"]


# ---------------------------------------------------------------- after an ordinary night

def settled(world):
    return [*closed(world), *once_there(world), *once_here(world), *sms.settled(world)]


def closed(world):
    """Nothing is left half done."""
    faults = []
    for job, state, n in world.sql("SELECT job, state, count(*) FROM bridge.run WHERE state = 'running' GROUP BY 1, 2"):
        faults.append(f"{n} runs of {job} are still {state}")
    for target, stream, state, n in world.sql("SELECT target, stream, state, count(*) FROM bridge.delivery"
                                              " WHERE state NOT IN ('confirmed', 'superseded', 'void') GROUP BY 1, 2, 3"):
        faults.append(f"{n} deliveries of {stream} to {target} are {state}")
    if not world.repeats:
        for target, stream, said, n in world.sql("SELECT d.target, d.stream, a.said, count(*) FROM bridge.attempt a JOIN bridge.delivery d"
                                                 " USING (delivery_id) WHERE a.said IN ('DUPLICATE', 'KNOWN', 'applied before')"
                                                 " GROUP BY 1, 2, 3"):
            faults.append(f"{n} deliveries of {stream} to {target} were sent again without asking: {said}")
    for (tmp,) in [(p.name,) for p in (world.state / "contents" / "tmp").glob("*")]:
        faults.append(f"a stray file in the content store: tmp/{tmp[:8]}")
    stray = [p.name for p in world.folder.iterdir() if p.is_file() and p.name.startswith(("core", "tmp"))]
    return faults + [f"a stray file: {name}" for name in stray]


def once_there(world):
    """G1, G2 on the way in: every complaint of a portal once at the police, with its files and feedback; values are equal."""
    faults, police = [], world.police.held()
    twice = world.police.sql("SELECT ORIGIN_SYSTEM || ' ' || ORIGIN_NO, count(*) FROM t_complaint WHERE ORIGIN_NO IS NOT NULL"
                             " GROUP BY 1 HAVING count(*) > 1")
    faults += [f"G2: {name} is {n} times at the police" for name, n in twice]
    wanted = {}
    for system, peer in world.peers.items():
        for number, r in peer.held().items():
            if number == world.held:
                continue
            wanted[number] = r
            p = police.get(number)
            if p is None:
                faults.append(f"G1: {system} {number} is not at the police")
                continue
            for name in ("subject", "body", "complainant", "mobile", "unit", "category", "received_at", "marked_at"):
                mine, theirs = None if system == "durgqr" and name in SEALED else r.get(name), p.get(name)
                if name == "mobile":
                    mine, theirs = (value and value[-10:] for value in (mine, theirs))
                if mine != theirs:
                    faults.append(f"wrong value: {system} {number} {name}: {mine!r} became {theirs!r}")
            faults += same(f"{system} {number} files", [f["sha256"] for f in r["files"]],
                           [f["sha256"] for f in p["files"] if f.get("origin")])
            faults += same(f"{system} {number} feedback", [(f["at"], f["satisfied"]) for f in r["feedback"]],
                           [(f["at"], f["satisfied"]) for f in p["feedback"]])
            faults += same(f"{system} {number} reminders", [a["at"] for a in r["actions"] if a["action"] == "RMND"],
                           [a["at"] for a in p["actions"] if a["action"] == "RMND"])
    faults += [f"the police have {number}, which nobody lodged" for number in set(police) - set(wanted)]
    return faults


def once_here(world):
    """G1, G2 on the way back: every action and file of the police once at the portal that the complaint came from."""
    faults, police = [], world.police.held()
    for system, peer in world.peers.items():
        said = {}
        for t in peer.told():
            said.setdefault(t["number"], []).append(t)
        for number in peer.held():
            p, mine = police.get(number, {"actions": [], "files": []}), said.pop(number, [])
            faults += same(f"{system} {number} actions", [(a["action"], a["at"], a.get("text", "").strip()) for a in p["actions"]
                                                          if not a.get("origin")],
                           [(t["action"], t["at"], t.get("text", "").strip()) for t in mine if t["stream"] == "action"])
            faults += same(f"{system} {number} papers", [f["sha256"] for f in p["files"] if not f.get("origin")],
                           [t["sha256"] for t in mine if t["stream"] == "attachment"])
        faults += [f"{system} was told of {number}, which it does not have" for number in said]
    return faults


def same(what, there, here):
    """Multisets: what is missing was lost, what is too many came twice."""
    want, have = Counter(there), Counter(here)
    return ([f"lost: {what}: {item}" for item in (want - have)] + [f"twice or strange: {what}: {item}" for item in (have - want)])


# ---------------------------------------------------------------- the picture

def digest(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def unlike(expected, found):
    want, have = Counter(expected), Counter(found)
    return [f"- {line[:300]}" for line in (want - have)] + [f"+ {line[:300]}" for line in (have - want)]


def picture(world):
    """All that matters at all sides, a sorted list of lines: without identifiers that the order of things decides, and with
    the times that the night itself made replaced by one word."""
    police = world.police.held()
    names = {p["number"]: f"P({number})" for number, p in police.items() if p.get("number")}

    def plain(value, drop=()):
        if isinstance(value, dict):
            return {k: plain(v, drop) for k, v in value.items() if k not in drop and v is not None}
        if isinstance(value, list):
            return sorted((plain(v, drop) for v in value), key=lambda v: json.dumps(v, sort_keys=True, ensure_ascii=False))
        if isinstance(value, str):
            if len(value) == 20 and value[4] == "-" and value[10] == "T" and value >= world.prepared_at:
                return "THE NIGHT"
            return names.get(value, value)
        return value

    lines = []

    def say(kind, value, drop=()):
        lines.append(kind + " " + json.dumps(plain(value, drop), sort_keys=True, ensure_ascii=False, default=str))

    for system, peer in world.peers.items():
        for number, record in peer.held().items():
            say(f"{system} holds {number}", record)
        for t in peer.told():
            say(f"{system} was told", t, ("reference", "taken_at"))
    for number, record in police.items():
        record = dict(record, **{part: [dict(r, key=r.get("key") if r.get("origin") else None) for r in record[part]]
                                 for part in ("actions", "files")})
        say(f"police hold {number}", record)
    for message in sms.picture(world, names):
        say("SMS", message)
    for kind, query in STAGING.items():
        rows = world.sql(query)
        for (row,) in rows:
            say(kind, row)
    return sorted(lines)


AT = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
TIMES = ("received_at", "registered_at", "marked_at", "due_at", "disposed_at", "direction_at", "expected_at", "fir_at", "gd_at")
STAGING = {
    "complaint": "SELECT (to_jsonb(c) - '{bridge_id,version,first_run,last_run,staged_at,changed_at}'::text[])"
                 + "".join(f" || jsonb_build_object('{t}', {AT.format('c.' + t)})" for t in TIMES) + " FROM bridge.complaint c",
    "link": "SELECT jsonb_build_object('of', c.number, 'system', l.system, 'number', l.number) FROM bridge.link l"
            " JOIN bridge.complaint c USING (bridge_id)",
    "said": "SELECT jsonb_build_object('system', s.system, 'number', s.number, 'status', s.status, 'unit', s.unit,"
            " 'vanished', s.vanished_at IS NOT NULL) FROM bridge.source_record s",
    "action": "SELECT jsonb_build_object('of', c.number, 'system', a.system, 'action', a.action, 'at', " + AT.format("a.at")
              + ", 'text', a.text, 'officer', a.officer_name, 'mobile', a.officer_mobile, 'disposal', a.disposal, 'office', a.office)"
              " FROM bridge.action a JOIN bridge.complaint c USING (bridge_id)",
    "attachment": "SELECT jsonb_build_object('of', c.number, 'system', a.system, 'name', a.name, 'role', a.role, 'content', a.content,"
                  " 'size', a.content_size, 'type', a.content_type) FROM bridge.attachment a JOIN bridge.complaint c USING (bridge_id)",
    "feedback": "SELECT jsonb_build_object('of', c.number, 'system', f.system, 'key', f.key, 'at', " + AT.format("f.at")
                + ", 'satisfied', f.satisfied, 'rating', f.rating, 'mode', f.mode, 'text', f.text)"
                " FROM bridge.feedback f JOIN bridge.complaint c USING (bridge_id)",
    "delivery": "SELECT jsonb_build_object('of', c.number, 'target', d.target, 'stream', d.stream, 'state', d.state,"
                " 'receipt', d.receipt IS NOT NULL) FROM bridge.delivery d JOIN bridge.complaint c USING (bridge_id)"
                " WHERE d.state NOT IN ('superseded', 'void')",
    "difference": "SELECT jsonb_build_object('system', system, 'number', number, 'what', what, 'reason', reason) FROM bridge.difference"
                  " WHERE run_id = (SELECT max(run_id) FROM bridge.run WHERE job NOT LIKE 'notify%')",
    "message": "SELECT jsonb_build_object('of', c.number, 'event', m.event, 'state', m.state, 'reason', m.reason, 'secret', m.secret,"
               " 'language', m.language) FROM bridge.message m JOIN bridge.complaint c USING (bridge_id)",
    "held": "SELECT jsonb_build_object('system', system, 'stream', stream, 'kind', kind, 'reason', reason, 'field', field, 'key', key)"
            " FROM bridge.held WHERE state = 'open'",
}
