"""Every system, in and out: what the peer holds is what staging and the police hold, and what the police did is what the peer was
told, field by field, for every line of its map that goes that way."""
import json
import unicodedata
import zlib
from datetime import datetime, timedelta, timezone

import pytest
from conftest import STATES
from maps import MAPPINGS, Map, precise

STATE_OF = {system: state for state, s in STATES.items() for system in s["systems"] if system != "cmts"}
IST = timezone(timedelta(hours=5, minutes=30))
NUMBER = {"igrs": "300200000{n:05d}", "hrcms": "HSR-2024-{n:07d}", "durgqr": "DQR/2022/{n:06d}", "pgms": "PGMS/2020/{n:06d}",
          "nhrc": "{n}/IN/2020", "cpgrams": "GNCTD/E/2020/{n:07d}", "cvc": "CVC/2020/{n:06d}", "lg": "LG/LP/2020/{n:05d}",
          "cpo": "CPO/DAK/{n:05d}"}
DELHI = ["DL-8162", "DL-8165", "DL-8166", "DL-8171", "DL-8174", "DL-8956"]
UNITS = {"up": ["UP-155", "UP-118", "UP-162"], "delhi": DELHI, "durg": ["CG-DURG-BN-01", "CG-DURG-BN-02", "CG-DURG-BN-04", "CG-DURG-01"],
         "haryana": ["HR-HISAR", "HR-HANSI", "HR-FATEHABAD", "HR-SIRSA", "HR-JIND", "HR-DABWALI"]}
PEOPLE = ["रामआसरे यादव", "Sohanpal Singh", "शकीला बेगम", "Mary D'Souza", "ज़रीना ख़ान", "क्\u200dषितिज शर्मा", "Om Prakash"]
STORIES = ["मेरे घर में चोरी हुई, थाने में रिपोर्ट नहीं लिखी गई।", "There is noise at night; nobody comes when called.",
           "दिनांक 3.11 को मारपीट हुई, सिर में चोट आई।\nगवाह मौजूद हैं।", "Money was taken from my account by a caller."]
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00"
       b"\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82")
DERIVED = {"status_text", "category_text", "category_code", "action_text", "rating_text", "changed_at", "key", "police_number"}
RECORDS = 30
# a unit that a complaint is sent to, as the police number it
ELSEWHERE = {"igrs": 31162, "pgms": 8170, "hrcms": 13061, "durgqr": 33378002}


def at(day, line, seconds):
    """A time on that day as exact as the peer's format can say it, in UTC."""
    keep = precise(line)
    local = day + timedelta(seconds={"second": seconds, "minute": seconds // 60 * 60, "day": 0}[keep])
    return local.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Maker:
    """Generated records of one system: every field that its map reads has a value in most of them."""

    def __init__(self, system, now):
        self.system, self.map, self.state = system, Map(system), STATE_OF[system]
        today = datetime.fromisoformat(now.replace("Z", "+00:00")).astimezone(IST).replace(hour=0, minute=0, second=0)
        self.day = today - timedelta(days=9)

    def luck(self, n, what, below):
        return zlib.crc32(f"{self.system} {n} {what}".encode()) % below

    def field(self, line, n):
        name, luck = line.field, self.luck(n, line.field, 1000)
        if name == "number":
            return NUMBER[self.system].format(n=n)
        if name == "case_number":
            return f"{1000 + n}/30/3/2020-PCD" if self.system == "nhrc" else f"C-{n}/2020"
        if line.kind == "unit":
            units = UNITS[self.state]
            unit = units[n % len(units)]
            return f"{unit}-01" if name == "station" else unit
        if line.kind == "code":
            if name == "status":
                return "FWDD"
            if name == "identity":
                return {"durgqr": "S", "hrcms": "NC"[n % 2]}.get(self.system, "N")
            words = self.map.words(line)
            if name == "rating":
                words = [w for w in words]
            return int(words[luck % len(words)]) if name in ("priority", "rating") else words[luck % len(words)]
        if line.kind == "int":
            return 1 + luck % {"priority": 3, "rating": 5}.get(name, 80)
        if line.kind == "time":
            late = {"received_at": 0, "direction_at": 0, "marked_at": 1, "due_at": 30, "expected_at": 20}.get(name, 2)
            return at(self.day + timedelta(days=late), line, 36000 + luck * 7 + n)
        if line.kind == "date":
            return (self.day - timedelta(days=luck % 90)).strftime("%Y-%m-%d")
        if line.kind == "mobile":
            return f"+915{luck:03d}{n:06d}"
        return {"complainant": PEOPLE[n % len(PEOPLE)], "relative_name": PEOPLE[(n + 3) % len(PEOPLE)], "officer_name": PEOPLE[0],
                "subject": f"विषय {n} Subject", "body": STORIES[n % len(STORIES)], "against": f"Unknown person {n}",
                "addressed_by": "गृह मंत्रालय, North Block", "email": f"p{n}@example.invalid",
                "address": f"मकान {n}, गली 2\nमोहल्ला परीक्षण",
                "pincode": f"{110001 + n}", "parent_number": f"GOVUP/E/2020/{n:07d}", "parent_origin": "cpgrams",
                "dak_number": f"D/{n}", "text": f"टिप्पणी {n}: please look into it", "office": "Control room",
                "category_text": f"Offence {n}",
                }.get(name, f"{name} {n}")

    def stream(self, stream, n, derived=DERIVED):
        taken, out = set(), {}
        for line in self.map.inward(stream):
            if line.field not in derived and line.remote not in taken and line.field not in out and line.kind != "bytes":
                out[line.field] = self.field(line, n)
            taken.add(line.remote)
        return out

    def record(self, n):
        r = self.stream("complaint", n, DERIVED - {"category_text"} if self.system == "hrcms" else DERIVED)
        for optional in ("against", "relative_name", "age", "gender", "email", "pincode", "station", "parent_number", "priority",
                         "incident_on"):
            if n % 3 == 0 and not (optional == "gender" and self.system == "igrs"):
                r.pop(optional, None)
        if "parent_number" not in r:
            r.pop("parent_origin", None)
        r["actions"], r["files"], r["feedback"] = [], [], []
        if n % 3 == 1 and self.map.inward("action"):
            line = [x for x in self.map.inward("action") if x.field == "action"][0]
            words = self.map.words(line)
            steps = self.stream("action", n)
            steps["action"] = "RMND" if "RMND" in words else "FWDD"
            steps.pop("number", None)
            steps.pop("reason", None)
            if self.system in ("cvc", "lg", "cpo"):
                steps["key"] = "1"
            r["actions"].append(steps)
        if n % 2 == 0 and self.map.inward("attachment"):
            role = [x for x in self.map.inward("attachment") if x.field == "role"]
            for key, name, kind, data in (("1", f"पत्र {n}.pdf", "application/pdf", PDF + b"%" + str(n).encode()),
                                          ("2", f"photo-{n}.png", "image/png", PNG)):
                if self.map.of["attachment"] and self.system in ("lg", "cpo"):
                    name, key = f"scan-{n}.pdf", f"scan-{n}.pdf"
                r["files"].append({"key": f"{n}-{key}" if self.system in ("pgms", "nhrc", "cpgrams") else key, "name": name, "type": kind,
                                   "bytes": data, **({"role": "COMPLAINT"} if role else {})})
                if n % 6 or self.system in ("lg", "cpo"):
                    break
        if n % 4 == 1 and self.map.inward("feedback"):
            answer = self.stream("feedback", n)
            answer["satisfied"] = "Y"
            r["feedback"].append(answer)
        return r


def plain(kind, value):
    """One spelling for the comparison, whoever says it; None for nothing."""
    if value is None or value == "":
        return None
    if kind == "time":
        when = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind == "int":
        return int(value)
    if kind == "mobile":
        return "+91" + str(value)[-10:]
    return unicodedata.normalize("NFC", str(value))


def word_beside(m, lines, line, held):
    """Where a peer says no more than the word of a code: that word, or the text that stands beside it there."""
    for code in lines:
        beside = code.rules.get("with") == line.field or code.remote == line.remote
        if code.kind == "code" and beside and held.get(code.field) is not None:
            return {text or theirs for ours, theirs, text in m.codes[code.rules["codes"]] if ours == str(held[code.field])}
    return set()


def differences(lines, where, left, right, skip=(), m=None):
    """What two records say otherwise, by the map's lines."""
    out = []
    for line in lines:
        if m and line.kind == "text" and line.field in DERIVED and line.field not in left:
            if right.get(line.field) is not None and right[line.field] not in word_beside(m, lines, line, left):
                out.append(f"{where} {line.field}: {right[line.field]!r} is not the word of its code")
            continue
        if line.field in skip or "seal" in line.rules:
            continue
        kind = "int" if line.field in ("priority", "rating", "size", "age") else line.kind
        a, b = plain(kind, left.get(line.field)), plain(kind, right.get(line.field))
        if a != b:
            out.append(f"{where} {line.field}: {a!r} is not {b!r}")
    return out


def rows(site, query):
    return [json.loads(r[0]) for r in site.sql(f"SELECT row_to_json(t)::text FROM ({query}) t")]


def staged(site, system):
    """{number: complaint as staging has it, with actions, files, feedback that came from this system}"""
    out, by = {}, {}
    for c in rows(site, f"SELECT c.*, r.status AS said_status, r.changed_at AS said_changed, r.status_text FROM bridge.complaint c"
                        f" JOIN bridge.source_record r ON r.system = c.source_system AND r.number = c.number"
                        f" WHERE c.source_system = '{system}'"):
        c.update(status=c["said_status"], changed_at=c["said_changed"], actions={}, files={}, feedback={})
        out[c["number"]] = by[c["bridge_id"]] = c
    for name, table in (("actions", "action"), ("files", "attachment"), ("feedback", "feedback")):
        for row in rows(site, f"SELECT * FROM bridge.{table} WHERE system = '{system}'"):
            by[row["bridge_id"]][name][row["key"]] = row
    return out


def compare_staged(site, system, peer, m, skip=()):
    """Faults of peer.held() = staging; a list, so that all are seen at once. Every line of the map is compared."""
    held, stage, found = peer.held(), staged(site, system), []
    assert set(held) == set(stage) and len(held) == RECORDS
    for number, h in held.items():
        s = stage[number]
        found += differences(m.inward("complaint"), f"{number} staging", h, s, skip, m)
        found += [f"{number} {x.field}: sealed, and stands in the open" for x in m.inward("complaint")
                  if "seal" in x.rules and s.get(x.field)]
        for name, stream in (("actions", "action"), ("feedback", "feedback"), ("files", "attachment")):
            if not m.inward(stream):
                continue
            if {x["key"] for x in h[name]} != set(s[name]):
                found.append(f"{number} {name}: {sorted(x['key'] for x in h[name])} is not {sorted(s[name])}")
                continue
            for x in h[name]:
                found += differences(m.inward(stream), f"{number} {name} {x['key']}", {**x, "number": number, "content": x.get("sha256")},
                                     {**s[name][x["key"]], "number": number}, {"changed_at"}, m)
    return found


def compare_police(site, system, peer, m):
    """Faults of staging = police, by what both maps carry, and of the peer's files and answers = the police's."""
    held, stage, police, pm = peer.held(), staged(site, system), site.police.held(), Map(site.state["police"])
    found = []
    assert set(held) == set(stage) == set(police) and len(held) == RECORDS
    carried = {line.field for line in pm.outward("complaint")} - {"number", "origin", "origin_number"}
    skip_police = {"status", "changed_at"}
    for number, h in held.items():
        s, p = stage[number], police[number]
        found += differences([x for x in m.inward("complaint") if x.field in carried], f"{number} police", s, p, skip_police)
        found += [f"{number} {x.field}: sealed, and with the police" for x in m.inward("complaint") if "seal" in x.rules and p.get(x.field)]
        if m.inward("attachment") and pm.carries("attachment"):
            ours = sorted((f["name"], f["sha256"]) for f in h["files"])
            theirs = sorted((f["name"], f["sha256"]) for f in p["files"] if f.get("origin"))
            if ours != theirs:
                found.append(f"{number} files with the police: {ours} is not {theirs}")
        if m.inward("feedback") and pm.carries("feedback"):
            lines = [x for x in m.inward("feedback") if x.field in {y.field for y in pm.outward("feedback")} - {"number", "key"}]
            if len(h["feedback"]) != len(p["feedback"]):
                found.append(f"{number}: {len(h['feedback'])} answers of the complainant, {len(p['feedback'])} with the police")
            for x, y in zip(h["feedback"], p["feedback"]):
                found += differences(lines, f"{number} feedback with the police", x, y)
    return found


def police_owned():
    """Fields of a complaint that are the police's once they hold it."""
    text = (MAPPINGS / "canonical.fields").read_text(encoding="utf-8").partition("[complaint]")[2].partition("\n[")[0]
    return {line.split()[0] for line in text.splitlines() if "police" in line.partition("|")[0].split()[2:]}


def police_acts(site, numbers, clock, m):
    """Every kind of act, and on some complaints several; gives how many files went with them."""
    words = m.words([x for x in m.outward("action") if x.field == "action"][0])
    day, files = clock[:10], 0
    first, second = site.police.officer("सत्यवीर सिंह", "SI", 5550001111), site.police.officer("Anita Rawat", "Inspector", 5550002222)
    for i, number in enumerate(numbers):
        def act(action, hour, **more):
            if action in words:
                site.police.act(number, action, f"{day}T{hour:02d}:{i % 60:02d}:00Z", **more)
        act("ASGN", 3, officer=first, text="जाँच अधिकारी नामित")
        if i % 5 == 1:
            act("ASGN", 4, officer=second, text="Reassigned")
        if i % 5 == 2:
            act("INTR", 5, officer=first, text="अंतरिम उत्तर: enquiry goes on", expected_at=f"{plus(day, 10)}T18:30:00Z")
        if i % 5 >= 3:
            act("ATRS", 6, officer=first, text=f"जाँच आख्या {i}: the statement was taken\nand the place seen.")
            if m.outward("attachment"):
                site.police.file(number, f"report-{i}.pdf", "ATR", PDF + b"% report " + str(i).encode(), f"{day}T06:{i % 60:02d}:30Z")
                files += 1
        if i % 5 == 4:
            act("DISP", 8, officer=first, text="निस्तारित", disposal=("FIR", "NSUB", "CIVL")[i % 3])
        if i % 5 == 1:
            act("TRNO", 10, text="अन्य इकाई को", to_unit=ELSEWHERE[site.state["systems"][0]], to_number=f"N {i}")
        if i % 10 == 0:
            act("RJCT", 9, text="ग्राह्य नहीं", reason="DUPLICATE")
    return files


def plus(day, days):
    return (datetime.fromisoformat(day) + timedelta(days=days)).strftime("%Y-%m-%d")


def compare_out(site, system, peer, m):
    police, told, found = site.police.held(), peer.told(), []
    references = [t["reference"] for t in told]
    assert len(set(references)) == len(references)
    lines = m.outward("action")
    action = [x for x in lines if x.field == "action"][0]
    for number, p in police.items():
        did = [a for a in p["actions"] if not a.get("origin")]
        heard = [t for t in told if t["number"] == number and t["stream"] == "action"]
        if len(did) != len(heard):
            found.append(f"{number}: {[a['action'] for a in did]} done, {[a['action'] for a in heard]} told")
            continue
        def place(a):
            return as_told(at_line(lines), a["at"]), m.written(action, a["action"])

        for a, b in zip(sorted(did, key=place), sorted(heard, key=place)):
            a = {**a, "number": number, "police_number": p["number"], "action": m.written(action, a["action"])}
            b = {**b, "action": m.written(action, b["action"])}
            for line in lines:
                if line.kind == "time":
                    a[line.field], b[line.field] = (as_told(line, x.get(line.field)) for x in (a, b))
                elif line.kind == "code" and line.field != "action" and a.get(line.field):
                    a[line.field] = m.written(line, a[line.field])
            found += differences([x for x in lines if x.kind != "time"], f"{number} {a['action']}", a, b)
            found += [f"{number} {a['action']} {x.field}: {a[x.field]} is not {b[x.field]}" for x in lines
                      if x.kind == "time" and a[x.field] != b[x.field]]
        if m.outward("attachment"):
            named = [x.field for x in m.outward("attachment") if x.field in ("name", "role", "type")]
            sent = sorted(tuple(f.get(n) for n in [*named, "sha256"]) for f in p["files"] if not f.get("origin"))
            came = sorted((*(t.get(n) for n in named), sha_of(t)) for t in told if t["number"] == number and t["stream"] == "attachment")
            if sent != came:
                found.append(f"{number} files: {sent} is not {came}")
    return found


def sha_of(told):
    return told["sha256"] if "sha256" in told else told["files"][0]["sha256"]


def at_line(lines):
    return [x for x in lines if x.field == "at"][0]


def as_told(line, value):
    """A time as exact as the line can write it, in the zone of India."""
    if not value:
        return None
    local = datetime.fromisoformat(str(value).replace("Z", "+00:00")).astimezone(IST)
    return local.strftime({"second": "%Y-%m-%d %H:%M:%S", "minute": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d"}[precise(line)])


@pytest.mark.parametrize("system", STATE_OF)
def test_in_and_out(make_state, system):
    site = make_state(STATE_OF[system])
    peer, make = site.peers[system], Maker(system, STATES[STATE_OF[system]]["at"])
    m = make.map
    peer.add([make.record(n) for n in range(1, RECORDS + 1)])
    site("pull", system, code=0)
    found = compare_staged(site, system, peer, m)
    assert not found, "\n".join(found[:40])
    site("sync", code=0)
    owned = police_owned() - {"status"}
    found = compare_staged(site, system, peer, m, owned) + compare_police(site, system, peer, m)
    assert not found, "\n".join(found[:40])
    assert all(any(plain("text", h.get(line.field)) for h in peer.held().values())
               for line in m.inward("complaint") if line.field not in DERIVED | {"reason"}), "a field had no value in any record"

    # ---- the police act; the clock goes on to the next night
    day = plus(STATES[STATE_OF[system]]["at"], 1)
    site.clock.set(f"{day}T20:00:00Z")
    files = police_acts(site, sorted(site.police.held()), day, m)
    site("sync", code=0)
    if m.keys.get("dispose") == "satisfied":        # it takes no disposal before the complainant is satisfied with the report
        day = plus(day, 1)
        site.clock.set(f"{day}T20:00:00Z")
        for number, held in site.police.held().items():
            if held["status"] == "DISP":
                peer.change(number, feedback=[{"satisfied": "Y", "mode": "CALL", "at": f"{day}T05:00:00Z"}])
        site("sync", code=0)
    found = compare_out(site, system, peer, m)
    assert not found, "\n".join(found[:40])
    told = peer.told()
    assert len(told) > RECORDS * 2 or "ASGN" not in m.words([x for x in m.outward("action") if x.field == "action"][0])
    assert sum(t["stream"] == "attachment" for t in told) == files

    # ---- all that was told is asked for once more, and is there; then a second sync changes nothing anywhere
    site("sync", code=0)
    assert site.one("SELECT count(*) FROM bridge.delivery WHERE state = 'confirmed' AND proved_at IS NULL AND target IN"
                    " (SELECT system FROM bridge.canary)") == "0"
    before = (peer.held(), peer.told(), site.police.held(), everything(site))
    site("sync", code=0)
    for was, now in zip(before, (peer.held(), peer.told(), site.police.held(), everything(site))):
        assert was == now
    run = site.one("SELECT max(run_id) FROM bridge.run")
    assert site.one(f"SELECT count(*) FROM bridge.ledger WHERE run_id = {run} AND credit <> 'unchanged'") == "0"


def everything(site):
    tables = ("complaint", "action", "attachment", "feedback", "delivery", "held")
    return {t: site.sql(f"SELECT * FROM bridge.{t} ORDER BY 1, 2, 3") for t in tables}
