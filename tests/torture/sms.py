"""The SMS gateway of a world, what must hold of what it took, and the person who says what became of a message in doubt."""
import json
import re
import time
import unicodedata
from collections import Counter

from smsgw import VAR, SmsGateway, register

DELAY = 3                 # seconds that a silent gateway keeps its caller
TELLS = ("sending", "sent", "in_doubt")


class Gateway(SmsGateway):
    """It keeps what it took as the portals keep theirs: saved, and put back with the world."""

    def __init__(self, folder):
        super().__init__(folder)
        self.templates = self.folder / "templates"
        self.words = register(self.templates)
        self.lines = self.conf("mobileseva", self.templates).partition("\n")[2].replace("timeout = 5s\n", "timeout = 15s\n")
        self.saved, self.at_work = [], 0

    def save(self):
        self.saved = list(self.taken)

    def restore(self):
        self.idle()
        self.forget_faults()
        self.taken[:] = self.saved

    def fault(self, kind, at=1):
        """The message number "at" from now on meets it."""
        self.faults[:] = [""] * (at - 1) + [kind]

    def forget_faults(self):
        self.faults[:], self.refused[:], self.requests = [], [], 0

    def serve(self, *request):
        with self.lock:
            self.at_work += 1
        try:
            super().serve(*request)
        finally:
            with self.lock:
                self.at_work -= 1

    def end(self, handler, wait=0):
        SmsGateway.end(handler, min(wait, DELAY))

    def idle(self):
        """Waits until what a run that was killed had sent is taken."""
        end = time.monotonic() + 2 * DELAY
        while self.at_work and time.monotonic() < end:
            time.sleep(0.01)

    def read(self):
        """Each message taken: {"to", "event", "language", "secret", "text", "slots": {"number": ...}}."""
        out = []
        for taken in list(self.taken):
            row = self.words[taken["template"]]
            fits = re.fullmatch("(.{0,30})".join(re.escape(part) for part in row["text"].split(VAR)), taken["text"])
            out.append({"to": taken["mobile"], "event": row["event"], "language": row["language"], "secret": row["secret"] == "yes",
                        "text": taken["text"], "slots": dict(zip(row["slots"].split(), fits.groups())) if fits else None})
        return out


# ---------------------------------------------------------------- at any moment

def always(world):
    """Of what the gateway took: no event twice, none that is not on its way in staging, all in registered words, and nobody
    named who is not to be."""
    faults, taken = [f"S4: the gateway refused a message: {code}" for code in world.gateway.refused], world.gateway.read()
    for (mobile, text), n in Counter((m["to"], m["text"]) for m in taken).items():
        if n > 1:
            faults.append(f"S1: told {n} times: {text[:60]}")
    going = Counter()
    for number, event, n in world.sql("SELECT c.number, m.event, count(*) FROM bridge.message m JOIN bridge.complaint c USING (bridge_id)"
                                      " WHERE m.state = ANY (%s) AND m.attempts > 0 OR m.settled_by IS NOT NULL GROUP BY 1, 2",
                                      list(TELLS)):
        going[number, event] = n
    for (number, event), n in Counter((m["slots"]["number"], m["event"]) for m in taken if m["slots"]).items():
        if n > going[number, event]:
            faults.append(f"S2: the gateway has {event} of {number} {n} times, staging sends {going[number, event]}")
    return faults + named(world, taken)


def nfc(text):
    return unicodedata.normalize("NFC", text)


def secrets(world):
    """{number: names and mobile of the sender} of those who are not to be named."""
    out = {}
    for system, peer in world.peers.items():
        for number, r in peer.held().items():
            if system == "durgqr" or r.get("identity") in ("S", "C"):
                out[number] = [nfc(r["complainant"]), r["mobile"][-10:]]
    return out


def named(world, taken):
    faults, hidden, officers = [], secrets(world), {}
    for number, p in world.police.held().items():
        officers[number] = {(nfc(a["officer_name"]), a["officer_mobile"][-10:]) for a in p["actions"] if a.get("officer_name")}
    people = {word for pair in officers.values() for officer in pair for word in officer}
    for m in taken:
        if not m["slots"]:
            faults.append(f"S3: not in registered words: {m['text'][:60]}")
            continue
        number, text = m["slots"]["number"], m["text"]
        told = [word for words in hidden.values() for word in words if word in text]
        if number in hidden and (told or any(word in text for word in people)):
            faults.append(f"S5: {m['event']} of {number}, whose sender is secret, names somebody")
        elif told:
            faults.append(f"S5: {m['event']} of {number} names a secret sender")
        if number not in hidden and m["event"] in ("ASSIGN", "REASSIGN") and number in officers:
            if not any(name in text and mobile in text for name, mobile in officers[number]):
                faults.append(f"S6: {m['event']} of {number} does not say the officer's name and mobile")
    return faults


# ---------------------------------------------------------------- after an ordinary night

def settled(world):
    """Nothing waits any more."""
    return [f"S7: {n} messages {event} are {state} ({reason or 'no reason'})" for event, state, reason, n in world.sql(
        "SELECT event, state, reason, count(*) FROM bridge.message WHERE state NOT IN ('sent', 'suppressed') GROUP BY 1, 2, 3")]


def person(world, again=()):
    """Somebody looks into the gateway's own record, says of each message in doubt whether it went out, and lets the rest be sent.
    Of those that failed for a reason in "again" they say that it was mended."""
    world.gateway.idle()
    if not world.sql("SELECT 1 FROM bridge.message WHERE state = 'in_doubt' OR state = 'failed' AND reason = ANY (%s) LIMIT 1",
                     list(again)):
        return []
    listed = world.run("--json", "notify", "list")
    if listed.code:
        return [f"notify list ended with {listed.code}: {listed.err[-200:]}"]
    faults, left = [], Counter((m["slots"]["number"], m["event"]) for m in world.gateway.read())
    for number, event, n in world.sql("SELECT c.number, m.event, count(*) FROM bridge.message m JOIN bridge.complaint c USING (bridge_id)"
                                      " WHERE m.state = 'sent' GROUP BY 1, 2"):
        left[number, event] -= n
    resend = False
    for m in json.loads(listed.out)["tables"]["messages"]:
        event = m["number"], m["event"]
        if m["state"] != "in_doubt" and m["reason"] not in again:
            continue
        word = "sent" if m["state"] == "in_doubt" and left[event] > 0 else "again"
        left[event] -= word == "sent"
        resend = resend or word == "again"
        said = world.run("--json", "notify", "settle", str(m["message_id"]), word, "--why", "the gateway's own record")
        if said.code not in (0, 3) or json.loads(said.out)["tables"]["messages"][0]["became"] != word:   # 3: other things wait
            faults.append(f"notify settle ended with {said.code}: {said.err[-200:]}")
    if resend:
        said = world.run("notify")
        if said.code not in (0, 3):
            faults.append(f"notify ended with {said.code}: {said.err[-200:]}")
    return faults


# ---------------------------------------------------------------- the picture

DAY = re.compile(r"\d\d/\d\d/\d{4}")


def picture(world, names):
    """What the gateway took, without the numbers that the order of things gives and the day that the night itself was."""
    def day(found):
        d, m, y = found[0].split("/")
        return "THE NIGHT" if f"{y}-{m}-{d}" >= world.prepared_at[:10] else found[0]

    for m in world.gateway.read():
        slots = {k: DAY.sub(day, v) if m["event"] in ("REGD", "QRACK") else names.get(v, v) for k, v in m["slots"].items()}
        if "police_number" in slots:
            slots["police_number"] = names.get(m["slots"]["police_number"], "unknown")
        yield {"to": m["to"], "event": m["event"], "language": m["language"], "secret": m["secret"], "slots": slots}
