#!/usr/bin/python3
"""F8: every behaviour of the fault proxy at every call that a night makes to its portals, and at every message to its SMS gateway.

A point is (system, n, operation, kind, arg, stay): at the n-th call of the undisturbed night, which is that operation, the proxy
does what KINDS of faultproxy.py says; stay "stays": at every repetition of that call too, "once": the run's own tries heal it,
"doubt": the night before left a delivery in doubt, and this is the question about it.
For each point EXPECT tells the exit code and the word in brackets; then, the proxy honest again, one ordinary night, and every
record is once at every side, every message once at the gateway, and all is as if nothing had happened. Where a person has to
speak first, the harness is that person.

    calls.py                          the calls of a night, and what is expected of each behaviour in each direction
    calls.py play IGRS-POINT...       points once more, as the sweep names them
    calls.py all [N]                  all points (N of them), one table by behaviour and direction
"""
import json
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
for place in ("tests/live", "tests/portals", "tests/torture"):
    sys.path.insert(0, str(ROOT / place))

from faultproxy import UUID, Fault, FaultProxy, edges, fault_soap, fault_xml, path_operation, soap_operation  # noqa: E402

NAME, TITLE = "F8", "wrong behaviour of a portal at a call"
CODES = None
SAMPLE, WHOLE = 18, 225
QUIET = {0, 3}
HURRY = "timeout = 700ms\nconnect_timeout = 700ms\nstall = 0s"
SMS = "notify"              # the gateway's place among the systems: its section of bridge.conf

# operation: (direction, call of the map). list: a page of records; tally: what reconcile compares; find: a question about one
# delivery; send: deliveries. A send of what the peer has already is the night's "canary".
OPERATIONS = {
    "ListChanged": ("list", "list"), "ListIds": ("tally", "ids"), "Count": ("tally", "count"), "FindAction": ("find", "find"),
    "SubmitActions": ("send", "act"), "SubmitFile": ("send", "file"),
    "GET /complaints": ("list", "list"), "GET /files": ("list", "files"), "GET /ids": ("tally", "ids"), "GET /counts": ("tally", "count"),
    "GET /receipts": ("find", "find"), "POST /steps": ("send", "step"), "POST /report": ("send", "report"),
    "POST /esms/sendsmsrequestDLT": ("sms", "message"),
}
SENDS = ("send", "canary", "sms")
FAULT_WORDS = {"igrs": {"server": "Server", "client": "Client.WrongForm", "auth": "Client.Auth"},
               "hrcms": {"server": "BUSY", "client": "NOT_VALID", "auth": "PARAMETER"},
               SMS: {"xml": "Server"}}

# kind, arg: (exit code, words of which one is said) when a question is asked, and when something is sent; "quiet" = as the
# undisturbed night.
#   75  the peer was not reached, or nobody can know whether it was: run again; what was sent is in doubt, and asked for
#   3   an answer came that cannot be read: the page is held with its bytes, the others go on; a refusal waits for a person
#   1   the peer refuses us for good
EXPECT = {
    "accept.silent": ((75, "http.timeout"), (75, "http.timeout")),       # not one byte left: sent again
    "accept.reset": ((75, "tls.handshake http.connect"), (75, "tls.handshake http.connect")),   # within connect() or behind it
    "accept.cut": ((75, "tls.handshake"), (75, "tls.handshake")),
    "request.cut": ((75, "http.cut"), (75, "http.cut")),                 # how much the peer read, nobody knows: in doubt
    "request.reset": ((75, "http.cut"), (75, "http.cut")),
    "request.silent": ((75, "http.timeout"), (75, "http.timeout")),
    "reply.silent": ((75, "http.timeout"), (75, "http.timeout")),        # done, and no answer: in doubt
    "reply.cut": ((75, "http.cut"), (75, "http.cut")),
    "reply.reset": ((75, "http.cut"), (75, "http.cut")),
    "reply.dribble": ((75, "http.timeout"), (75, "http.timeout")),
    "reply.slice": (("quiet", None), ("quiet", None)),                   # slow, and whole
    "http": ((75, "http.{arg}"), (75, "http.{arg}")),                    # 429: surely not done; 5xx: in doubt
    "effect.http": ((75, "http.{arg}"), (75, "http.{arg}")),
    "fault server": ((75, "{kind}.fault"), (75, "{kind}.fault")),        # the peer's own trouble
    "fault client": ((3, "{kind}.fault"), (3, "push.refused")),          # of a batch: one by one, and then all are taken
    "fault auth": ((1, "{kind}.fault"), (1, "{kind}.fault")),
    "html": ((3, "http.html"), (75, "http.html")),                       # sent: it may have been done behind that page
    "empty": ((3, "xml.empty"), (75, "xml.empty")),
    "garbage": ((75, "http.cut"), (75, "http.cut")),
    "chunked.cut": ((75, "http.cut"), (75, "http.cut")),
    "other": ((3, "{kind}.response"), (75, "{kind}.response push.in_doubt")),     # no answer to this
    "older": (None, (75, "push.in_doubt")),
    "stray": (None, (75, "push.in_doubt")),                               # names none of what was sent
    "lie": (None, ("lie", None)),
}
# The same of a message: 75 = it was surely not sent, the next night sends it; 3 = it may have been, a person says.
EXPECT_SMS = {
    "accept.silent": (75, "http.timeout"), "accept.reset": (75, "tls.handshake http.connect"), "accept.cut": (75, "tls.handshake"),
    "request.silent": (3, "http.timeout"), "reply.silent": (3, "http.timeout"), "reply.dribble": (3, "http.timeout"),
    "request.cut": (3, "http.cut"), "request.reset": (3, "http.cut"), "reply.cut": (3, "http.cut"), "reply.reset": (3, "http.cut"),
    "garbage": (3, "http.cut"), "chunked.cut": (3, "http.cut"), "html": (3, "sms.answer"), "empty": (3, "sms.answer"),
    "fault": (3, "sms.answer"), "http 500": (3, "http.500"), "http 502": (3, "http.502"), "http 503": (75, "http.503"),
    "http 429": (75, "http.429"), "effect.http 502": (3, "http.502"),
}
# What another answer of the same operation does to a question depends on what stands in it: nothing may be lost, and a code says
# whether the night was whole. The words are those of paging that stands still and of an answer that is none.
MIXED = {"page.stuck", "soap.response", "xml.response", "find.other", "push.in_doubt", "soap.fault", "xml.fault", "canary.answer"}


def client_fault_alone(call):
    """Whether the batch has one item: a refusal is then this item's."""
    return len(set(UUID.findall(call.request.partition(b"\r\n\r\n")[2]))) == 1


class Front:
    """The proxies of one world, and its undisturbed night behind them."""

    def __init__(self, world):
        self.world, self.proxies, self.night = world, {}, {}
        for system in ("igrs", "hrcms"):
            peer, place = world.peers[system], world.folder / system
            place = place / "tls" if (place / "tls").exists() else place
            port = int(re.search(r"127\.0\.0\.1:(\d+)", peer.conf).group(1))
            soap = system == "igrs"
            self.proxies[system] = FaultProxy(
                port, place / "server.pem", place / "server.key", place / "ca.pem",
                client=(place / "client.pem", place / "client.key") if (place / "client.pem").exists() else None,
                operation=soap_operation if soap else path_operation,
                fault=fault_soap if soap else fault_xml("urn:haryana:police:cms:1"), block="Result" if soap else "One")
        place = world.gateway.folder
        self.proxies[SMS] = FaultProxy(world.gateway.port, place / "server.pem", place / "server.key", place / "ca.pem")

    def lines(self, system, lines):
        return lines if system not in self.proxies else re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{self.proxies[system].port}", lines)

    def connect(self):
        self.world.http_proxy = self.lines
        self.world.write_conf()

    def leave(self):
        for proxy in self.proxies.values():
            proxy.begin()
        self.world.http_proxy = None
        self.world.conf_lines()

    def calls(self):
        """The calls of an undisturbed night, by system; the replies of it are what lies are made of."""
        if not self.night:
            world = self.world
            world.reset()
            self.connect()
            before = {str(i).encode() for (i,) in world.sql("SELECT delivery_id FROM bridge.delivery WHERE state = 'confirmed'")}
            for proxy in self.proxies.values():
                proxy.begin()
            outcome = world.run("sync")
            if outcome.hung or outcome.code not in QUIET:
                raise RuntimeError(f"the night behind the proxies is not right: {outcome}")
            self.code = outcome.code
            for system, proxy in self.proxies.items():
                for call in proxy.calls:
                    call.direction, call.call = OPERATIONS[call.operation]
                    known = set(UUID.findall(call.request.partition(b"\r\n\r\n")[2]))
                    if call.direction == "send" and known and known <= before:
                        call.direction = "canary"
                self.night[system] = list(proxy.calls)
                proxy.begin(keep=True)
            self.leave()
        return self.night

    def stop(self):
        for proxy in self.proxies.values():
            proxy.stop()


FRONTS = {}


def setup(world):
    if world.name not in FRONTS:
        FRONTS[world.name] = Front(world)


def finish(world):
    front = FRONTS.pop(world.name, None)
    if front:
        front.stop()


# ---------------------------------------------------------------- the points

def behaviours(system, call, calls):
    """(kind, arg, stay) of everything that can go wrong at this call."""
    send = call.direction in SENDS
    stay = "once" if send else "stays"
    for kind in ("accept.silent", "accept.reset", "accept.cut"):
        yield kind, "", stay
    for arg in edges(call.request_records):
        yield "request.cut", arg, stay
    for arg in (0, "mid"):
        yield "request.reset", arg, stay
    yield "request.silent", "", stay
    for arg in (0, "mid"):
        yield "reply.silent", arg, stay
    for arg in edges(call.reply_records):
        yield "reply.cut", arg, stay
    for arg in (0, "mid"):
        yield "reply.reset", arg, stay
    for kind in ("reply.dribble", "reply.slice", "html", "empty", "garbage", "chunked.cut"):
        yield kind, "", stay
    if call.direction != "sms":              # it has no other operation
        yield "other", "", stay
    for arg in ("500", "502", "503", "503+1", "429+1", "429+3600"):
        yield "http", arg, stay
    yield "effect.http", "502", stay
    for word in FAULT_WORDS[system]:
        yield "fault", word, stay
    for kind in ("twice", "twice.late"):
        yield kind, "", "once"
    yield "swapped", "", "once"
    if call.direction == "sms":
        return                               # whose answer it is, its answers do not say
    of_same = [c for c in calls if c.operation == call.operation and c.request != call.request]
    if any(c.n < call.n for c in of_same):
        yield "older", "", "once"
    if of_same:
        yield "stray", "", "once"
    if send:
        yield "lie", "", "once"
    else:                                    # gone at the second try
        for kind, arg in (("accept.reset", ""), ("request.cut", "mid"), ("reply.cut", "mid"), ("reply.silent", "mid"), ("http", "503")):
            yield kind, arg, "once"


def points(world, shallow, rng):
    setup(world)
    found = []
    for system, calls in FRONTS[world.name].calls().items():
        for call in calls:
            found += [(system, call.n, call.operation, kind, str(arg), stay) for kind, arg, stay in behaviours(system, call, calls)]
            if call.direction == "find":
                found += [(system, call.n, call.operation, kind, str(arg), "doubt")
                          for kind, arg, stay in behaviours(system, call, calls) if stay == "stays"]
    if shallow is None or len(found) <= shallow:
        return found
    rng.shuffle(found)                       # each behaviour in each direction first, and then again
    seen, rank = Counter(), {}
    for p in found:
        kind = (p[3], OPERATIONS[p[2]][0], p[5])
        seen[kind] += 1
        rank[p] = seen[kind]
    return sorted(found, key=rank.get)[:shallow]


# ---------------------------------------------------------------- one point

def play(world, point):
    system, n, _, kind, arg, stay = point
    setup(world)
    front = FRONTS[world.name]
    if not front.night:                      # a worker that was handed points which another one counted
        front.calls()
        world.reset()
    front.connect()
    if "silent" in kind or "dribble" in kind:
        world.conf_lines(**{system: HURRY.partition("\n")[0] if system == SMS else HURRY})
    value = FAULT_WORDS[system][arg] if kind == "fault" else int(arg) if arg.isdigit() and kind.startswith("re") else arg
    for proxy in front.proxies.values():
        proxy.begin()
    if stay == "doubt":
        n = leave_doubt(world, front, system)
    front.proxies[system].begin(Fault(kind, at=n, arg=value, stay=stay != "once"))
    outcome = world.run("sync", limit=45)
    world.fault = front.proxies[system].fault
    front.leave()
    return outcome


def leave_doubt(world, front, system):
    """A night that ends without the answer to something sent; the first call of the next one asks. Its number."""
    sent = next(c for c in front.calls()[system] if c.direction == "send")
    front.proxies[system].begin(Fault("reply.cut", at=sent.n, arg=0))
    outcome = world.run("sync", limit=45)
    if outcome.code != 75 or not world.sql("SELECT 1 FROM bridge.delivery WHERE state = 'in_doubt' AND target = %s", system):
        raise RuntimeError(f"no doubt was left: {outcome}")
    world.night()
    return 1


def happened(world, outcome, point):
    return world.fault.hits > 0


def expected(front, point):
    """(exit codes, words of which one is said with system and call, what must come before all is well)."""
    system, n, _, kind, arg, stay = point
    call = front.calls()[system][n - 1]
    send, quiet = call.direction in SENDS, {front.code}
    name = "soap" if system == "igrs" else "xml"
    if system == SMS:
        code, word = EXPECT_SMS.get(f"{kind} {arg.partition('+')[0]}", EXPECT_SMS.get(kind, (None, None)))
        return ({code}, set(word.split()), None) if code else (quiet, None, None)
    if stay == "once" and not send and kind not in ("twice", "twice.late", "swapped", "older", "stray"):
        return quiet, None, None             # the second try within the run went through
    if kind in ("twice", "twice.late", "swapped") or (kind in ("older", "stray") and not send):
        mixed = (75, 3, 4) if kind in ("stray", "older") else (75, 3)
        return quiet | set(mixed), MIXED, "sweep" if (kind, call.direction) == ("stray", "list") else None
    key = f"fault {arg}" if kind == "fault" else kind
    code, word = EXPECT[key][1 if send else 0]
    if kind == "lie":
        return ({4}, {"canary.taken"}, "drop") if call.direction == "canary" else (quiet | {4}, None, "lie")
    if key == "fault client" and send:
        if call.direction == "canary":
            return {4}, {"canary.unknown"}, "drop"
        return ({3}, {word}, "replay") if client_fault_alone(call) else (quiet, None, None)
    if kind in ("older", "stray") and call.direction == "canary":
        word = "canary.answer"
    if code == "quiet":
        return quiet, None, None
    return {code}, set(word.format(kind=name, arg=str(arg).partition("+")[0]).split()), None


def names(outcome, front, point, words):
    """A line of the log says the word, the system and the call."""
    system = point[0]
    call = OPERATIONS[point[2]][1]
    for line in outcome.err.splitlines():
        if system == SMS and "message " in line and any(f"[{word}]" in line for word in words):
            return True
        of_call = f'call "{call}" of "{system}"' in line or (f'"{system}"' in line and "[canary." in line)
        if of_call and any(f"[{word}]" in line for word in words):
            return True
    return False


def judge(world, outcome, point):
    from world import invariants, last_line
    front = FRONTS[world.name]
    codes, words, heal = expected(front, point)
    faults = []
    if outcome.hung:
        faults.append(f"hung: not ended after {outcome.seconds:.0f} s")
    elif not world.fault.hits:
        codes = {front.code}
    if not outcome.hung and outcome.code not in codes:
        faults.append(f"exit {outcome.code}, not {sorted(codes)}: {last_line(outcome.err)}")
    if words and world.fault.hits and (point[0] == SMS or not (outcome.code == front.code and front.code in codes)):
        if words is MIXED:
            if outcome.code in (75, 3) and not any(f"[{word}]" in outcome.err for word in words):
                faults.append(f"exit {outcome.code}, and no line names the cause")
        elif not names(outcome, front, point, words):
            faults.append(f"no line says [{' or '.join(words)}] with its system and call: {last_line(outcome.err)}")
    if not world.alone():
        faults.append("a session of the ended program is still there")
    faults += ["at once: " + f for f in world.always() if not (heal == "sweep" and f.startswith("cursor of"))]
    faults += again(world, heal, codes)
    faults += ["settled: " + f for f in world.always() + world.settled()]
    if world.hash() != world.reference:
        faults += ["other than undisturbed: " + line for line in invariants.unlike(world.expected, world.picture())[:8]]
    return faults


def again(world, heal, codes):
    """The next night, and what a person does then."""
    from world import last_line
    faults = []

    def sync(may, *more):
        world.night()
        after = world.run("sync", *more)
        if after.hung or after.code not in may:
            faults.append(f"the night after ended with {'a hang' if after.hung else after.code}: {last_line(after.err)}")
        return after

    after = sync({4} if heal == "lie" else QUIET | ({4} if heal == "sweep" else set()), *(["--sweep"] if heal == "sweep" else []))
    if heal == "lie" and "[proof.absent]" not in after.err:
        faults.append("the next reconcile did not find out that nothing was done [proof.absent]")
    if heal in ("lie", "replay", "drop"):
        waiting = [str(i) for (i,) in world.sql("SELECT held_id FROM bridge.held WHERE state = 'open' AND (system, key) IS DISTINCT FROM"
                                                " ('igrs', %s) ORDER BY 1", world.held)]
        if not waiting:
            faults.append("nothing waits for a person")
            return faults
        word = world.run("held", "drop" if heal == "drop" else "replay", *waiting, "--yes", "--why", "the peer said so")
        if word.code not in QUIET:
            faults.append(f"held {heal} ended with {word.code}: {last_line(word.err)}")
        sync(QUIET)
    elif heal == "sweep":
        sync(QUIET)
    return faults + world.person()


# ---------------------------------------------------------------- by hand

def row(point):
    """Behaviour, direction."""
    direction = OPERATIONS[point[2]][0]
    once = point[5] == "once" and direction != "send" and point[3] not in ("twice", "twice.late", "swapped", "older", "stray")
    return (f"{point[3]} {point[4] if point[3] in ('fault', 'http', 'effect.http') else ''}".strip() + (" (once)" if once else ""),
            "doubt" if point[5] == "doubt" else direction)


def main():
    from servers import Postgres
    from world import World
    words = sys.argv[1:]
    folder = Path(tempfile.mkdtemp(prefix="bridge-calls-"))
    folder.chmod(0o755)
    pg = Postgres(folder / "pg")
    world = World(folder / "w", pg, "w0")
    try:
        world.prepare()
        setup(world)
        front = FRONTS[world.name]
        every = points(world, None, random.Random(1))
        if not words:
            for system, calls in front.calls().items():
                for c in calls:
                    print(f"{system:6} {c.n:3} {c.operation:16} {c.direction:7} records {len(c.request_records)}/{len(c.reply_records)}"
                          f" behaviours {len(list(behaviours(system, c, calls)))}")
            print(len(every), "points")
            return
        chosen = [tuple(json.loads(w)) for w in words[1:]] if words[0] == "play" else every
        if words[0] == "all" and len(words) > 1:
            chosen = points(world, int(words[1]), random.Random(int(words[2]) if len(words) > 2 else 1))
        table = {}
        for point in chosen:
            world.reset()
            outcome = play(world, point)
            faults = judge(world, outcome, point)
            cell = table.setdefault(row(point), Counter())
            cell["hung" if outcome.hung else "failed" if faults else "survived" if world.fault.hits else "missed"] += 1
            cell[f"exit {outcome.code}"] += 1
            if faults or words[0] == "play":
                print(json.dumps(point), f"exit {outcome.code}, {outcome.seconds:.1f} s:", "; ".join(faults[:4])[:700] or "survived",
                      flush=True)
            if words[0] == "play":
                print(outcome.err)
        for (kind, direction), cell in sorted(table.items()):
            print(f"{kind:24} {direction:6}", dict(cell))
    finally:
        finish(world)
        world.stop()
        pg.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
