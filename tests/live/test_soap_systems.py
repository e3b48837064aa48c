"""PGMS (PHP), NHRC (gSOAP) and CPGRAMS (spyne as .NET) through the whole program, both ways: what the peer holds, staging and the
police hold too, by every line "in" of its map; what the police did, the peer was told, by every line "out"."""
import hashlib
import importlib
import json
import os
import re
from datetime import datetime, timezone

import pytest
from conftest import ROOT
from lxml import etree

SYSTEMS = ("pgms", "nhrc", "cpgrams")
NEXT_DAY = ("2020-11-11T20:00:00Z", "2020-11-12T20:00:00Z", "2020-11-13T20:00:00Z", "2020-11-14T20:00:00Z", "2020-11-15T20:00:00Z")
TEXTS = ("मेरे घर में चोरी हुई, थाने में रिपोर्ट नहीं लिखी गई।",
         "Complaint about noise at night & <loud> \"music\"; it's daily\nsecond line",
         "क्\u200dष और क्\u200cष, दोनों", "सड़क पर लाइट नहीं \U0001f6a8 \U00020000")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"

# what a peer makes of an action that it has no word of its own for; declared as a loss in its map
LESS = {"pgms": {"ASGN": "ENQR", "INFO": "ENQR", "ATRR": "ENQR", "REOP": "ENQR", "CLSD": "DISP"},
        "nhrc": {"FWDD": "ENQR", "ASGN": "ENQR", "INFO": "ENQR", "ATRR": "ENQR", "REOP": "ENQR", "CLSD": "DISP", "RJCT": "DISP"},
        "cpgrams": {}}
POST = {"pgms": ("PostReply", "PostPaper"), "nhrc": ("SubmitReport", "SubmitDocument"), "cpgrams": ("PushAction", "PushDocument")}
LIST = {"pgms": "GetGrievances", "nhrc": "ListCases", "cpgrams": "GetGrievances"}
FIND = {"pgms": "FindReference", "nhrc": "FindReference", "cpgrams": "FindPush"}


def lines(system, stream, *directions):
    """Canonical fields of a stream's lines in a map."""
    inside, out = False, set()
    for line in (ROOT / f"mappings/{system}.map").read_text().splitlines():
        if line.startswith("["):
            inside = re.match(r"\[(\w+)", line)[1] == stream and not line.startswith("[codes")
        elif inside and line[:1].isalpha():
            name, direction = line.split()[:2]
            if direction in directions:
                out.add(name)
    return out


def canonical(value):
    """A value of staging as the peers spell it: times in UTC to the second."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)


def lodged(system, n):
    """A complaint with every field that the system carries; each word of its tables comes up in some."""
    words = importlib.import_module(system)

    def pick(table):
        return list(table)[n % len(table)]

    def file(k, role):
        return dict(name=f"पत्र {n}-{k}.pdf", type="application/pdf", role=role, bytes=PDF + bytes(f"{system} {n} {k}", "ascii"))

    record = dict(unit=("DL-8162", "DL-8171", "DL-8955")[n % 3], subject=f"विषय {n}", body=TEXTS[n % len(TEXTS)],
                  complainant=f"परीक्षक {n}",
                  gender="MFTU"[n % 4], mobile=f"+91500000{n:04d}", email=f"p{n}@example.invalid", address=f"मकान {n}\nदिल्ली",
                  pincode="110006",
                  received_at=f"2020-11-0{1 + n % 5}T05:10:{n % 60:02d}Z", marked_at=f"2020-11-0{2 + n % 5}T06:30:{n % 60:02d}Z",
                  status=pick({k: v for k, v in words.STATUS.items() if k != "RMND"}))
    actions = [dict(action=record["status"], at="2020-11-06T06:31:00Z", office="Section M-3", text=f"भेजा गया {n}")]
    if record["status"] in ("FWDD", "TRNO"):
        actions[0].update(to_unit="DL-8170", to_number=f"8170 {n}")
    files = [file(1, "COMPLAINT"), file(2, "EVIDENCE")] if n % 2 else []
    if system == "pgms":
        record.update(category=pick(words.CATEGORY), mode=pick(words.CHANNEL), priority=1 + n % 3, relative_name="श्री पिता", age=30 + n,
                      against=f"थाना {n}", due_at="2020-11-29T18:30:00Z")
    elif system == "nhrc":
        record.update(category_code=pick(words.INCIDENT), case_number=words.Peer.case_number(n, words.AREAS[record["unit"]]), age=30 + n,
                      incident_on="2020-10-05", against=f"थाना {n}", addressed_by="Member (Administration)", relative_name="श्री पिता",
                      direction_at="2020-11-05T18:30:00Z", weeks=(4, 6)[n % 2])
        actions.append(dict(action="RMND", at="2020-11-07T06:31:00Z", office="Law Division", text=f"स्मरण पत्र {n}"))
        if record["status"] == "RJCT":
            record["reason"] = "S36_2"
            actions[0]["reason"] = "S36_2"
    else:
        record.update(category=pick(words.CATEGORY), priority=(1, 3)[n % 2])
        if record["status"] == "RJCT":
            actions[0]["reason"] = "SERVICE"
        if n % 3 == 0:
            record["feedback"] = [dict(rating=pick(words.RATING), satisfied="YNU"[n % 4 % 3], text=f"नहीं {n}", at="2020-11-08T06:31:00Z")]
    return {**record, "actions": actions, "files": files}


def staged(site, system):
    """{number: fields, "actions", "files", "feedback"} of staging, in the peers' spelling."""
    out = {}
    for number, text in site.sql("SELECT c.number, to_jsonb(c) || jsonb_build_object('status', s.status, 'status_text', s.status_text,"
                                 " 'changed_at', s.changed_at) FROM bridge.complaint c JOIN bridge.source_record s ON s.system ="
                                 f" c.source_system AND s.number = c.number WHERE c.source_system = '{system}'"):
        out[number] = {k: canonical(v) for k, v in json.loads(text).items() if v is not None}
        out[number].update(actions=[], files=[], feedback=[])
    for table, name in (("action", "actions"), ("attachment", "files"), ("feedback", "feedback")):
        for number, text in site.sql(f"SELECT c.number, to_jsonb(t) FROM bridge.{table} t JOIN bridge.complaint c USING (bridge_id)"
                                     f" WHERE t.system = '{system}' AND c.source_system = '{system}' ORDER BY t.key"):
            row = {k: canonical(v) for k, v in json.loads(text).items() if v is not None}
            out[number][name].append({**row, "number": number})
    return out


def same(what, there, here, names, seen):
    """Both have the same under each of these names; seen collects those that had a value."""
    for name in names:
        theirs, ours = there.get(name), here.get(name)
        assert (None if theirs is None else canonical(theirs)) == ours, (what, name, theirs, ours)
        if theirs is not None:
            seen.add(name)


def by_key(records):
    return sorted(records, key=lambda r: r["key"])


def compare_in(site, system, peer):
    """The peer and staging, by every line "in" or "both" of every stream; every line had a value in some record."""
    held, have = peer.held(), staged(site, system)
    assert set(held) == set(have)
    seen = {stream: {"number"} for stream in ("complaint", "action", "attachment", "feedback")}
    for number, theirs in held.items():
        ours = have[number]
        same(number, theirs, ours, lines(system, "complaint", "in", "both"), seen["complaint"])
        for stream, name in (("action", "actions"), ("attachment", "files"), ("feedback", "feedback")):
            assert len(theirs[name]) == len(ours[name]), (number, name)
            for a, b in zip(by_key(theirs[name]), by_key(ours[name])):
                a = {**a, "number": number}
                if stream == "attachment":
                    a["content"] = a["sha256"]
                    assert int(b["content_size"]) == a["size"]
                same((number, name), a, b, lines(system, stream, "in", "both"), seen[stream])
    for stream, table in (("complaint", peer.complaint), ("action", peer.action), ("attachment", peer.file), ("feedback", peer.feedback)):
        assert not table or lines(system, stream, "in", "both") >= set(table.by_name) - {"weeks"}
    for stream, names in seen.items():
        assert names >= lines(system, stream, "in", "both"), (stream, lines(system, stream, "in", "both") - names)


def compare_police(site, system, peer):
    """The peer and the police, by every line that both maps have."""
    police = site.police.held()
    shared = lines(system, "complaint", "in", "both") & lines(site.state["police"], "complaint", "out", "both")
    shared -= {"number", "status", "reason"}
    seen = set()
    for number, theirs in peer.held().items():
        ours = {k: canonical(v) for k, v in police[number].items() if not isinstance(v, list)}
        assert (ours["origin"], ours["origin_number"]) == (system, number)
        same(number, theirs, ours, shared, seen)
        files = sorted((f["name"], f["sha256"], f["size"]) for f in police[number]["files"] if f.get("origin"))
        assert files == sorted((f["name"], f["sha256"], f["size"]) for f in theirs["files"])
        reminders = sorted((a["at"], a["text"]) for a in police[number]["actions"] if a["action"] == "RMND")
        assert reminders == sorted((a["at"], a["text"]) for a in theirs["actions"] if a["action"] == "RMND")
    assert seen == shared, shared - seen


def told_as(system, action):
    """An action of the police as this system is told of it: its word, and its times as coarse as they go out."""
    out = {k: str(v) for k, v in action.items() if k not in ("key", "origin", "changed_at")}
    out["action"] = LESS[system].get(action["action"], action["action"])
    if system == "pgms":
        out["at"] = out["at"][:17] + "00Z"
    return out


def compare_out(site, system, peer, numbers):
    """What the police did and what the peer was told, by every line "out" or "both"; in order, each once."""
    police, seen = site.police.held(), {"number", "police_number"}
    names = lines(system, "action", "out", "both") - {"number", "police_number"}
    assert names >= set(peer.told_action.by_name) - {"number", "police_number"}
    for number in numbers:
        did = [told_as(system, a) for a in police[number]["actions"] if not a.get("origin")]
        told = [t for t in peer.told(number) if t["stream"] == "action"]
        assert len(told) == len(did), (number, [t["action"] for t in told], [d["action"] for d in did])
        for d, t in zip(did, told):
            assert t["police_number"] == police[number]["number"]
            same(number, d, {k: str(v) for k, v in t.items() if v is not None}, names, seen)
    assert seen >= names, names - seen
    references = [t["reference"] for t in peer.told()]
    assert len(references) == len(set(references))


def body_of(request):
    """The element in Body of a request as it was kept: bare, or with HTTP and MIME around it."""
    start = request.index(b"Envelope")
    start = request.rindex(b"<", 0, start)
    end = re.compile(rb"</[\w.-]*:?Envelope>").search(request, start).end()
    root = etree.fromstring(request[start:end])
    return root.find("{*}Body")[0]


def check_requests(system, peer, operations):
    """Every request is as the contract says, and every operation was called."""
    schema = etree.XMLSchema(etree.parse(str(ROOT / f"mappings/{system}.xsd")))
    called = set()
    for request in peer.requests():
        element = body_of(request)
        called.add(etree.QName(element).localname)
        assert schema.validate(element), (etree.QName(element).localname, schema.error_log)
    assert called >= operations, operations - called


@pytest.mark.parametrize("system", SYSTEMS)
def test_both_ways_by_every_line(delhi, system):
    site, peer = delhi, delhi.peers[system]
    peer.record_requests()
    numbers = peer.add([lodged(system, n) for n in range(1, 25)])
    site("pull", system, code=0)
    compare_in(site, system, peer)

    # the police register them, with their files; the peer hears of it
    site("sync", code=0)
    site("sync", code=0)
    compare_police(site, system, peer)
    assert {t["action"] for t in peer.told()} == {"REGD"} and len(peer.told()) == len(numbers)

    # the police work on two of them, and once more on one
    police, (first, second, third) = site.police, numbers[1:4]
    officer = police.officer(name="सत्यवीर सिंह", rank="SI", mobile=5550001111)
    site.clock.set(NEXT_DAY[0])
    police.act(first, "ASGN", "2020-11-11T05:00:20Z", officer=officer)
    police.act(first, "ENQR", "2020-11-11T06:00:20Z", officer=officer, text="जाँच आरम्भ", office="थाना करोल बाग")
    police.act(first, "INTR", "2020-11-11T07:00:20Z", text="अन्तरिम उत्तर", expected_at="2020-11-29T18:30:00Z")
    police.act(second, "RJCT", "2020-11-11T07:30:20Z", text="ग्रहण नहीं", reason="SERVICE")
    police.act(third, "TRNO", "2020-11-11T07:40:20Z", text="पश्चिम जिले को", to_unit=8170, to_number="8170 77")
    site("sync", code=0)
    site.clock.set(NEXT_DAY[1])
    police.act(first, "ATRS", "2020-11-12T06:00:20Z", text="जाँच में पाया गया कि कथन सही है।")
    police.file(first, "जाँच रिपोर्ट.pdf", "ATR", PDF + b"report", "2020-11-12T06:00:30Z")
    police.file(first, "चोरी हुई वस्तुएँ.pdf", "EVIDENCE", PDF + b"evidence", "2020-11-12T06:00:40Z")
    police.act(first, "DISP", "2020-11-12T08:00:20Z", text="निस्तारित", disposal="FIR")
    site("sync", code=0)
    compare_out(site, system, peer, numbers)
    files = [t for t in peer.told() if t["stream"] == "attachment"]
    assert [(t["number"], t["role"], t["name"], t["sha256"]) for t in files] == \
        [(first, "ATR", "जाँच रिपोर्ट.pdf", hashlib.sha256(PDF + b"report").hexdigest())]

    # nothing is left to do, and all three sides count the same
    peer.forget_calls()
    site("sync", code=0)
    assert sum(peer.changes.values()) == 0
    site("reconcile", system, code=0)
    contract = {o for o in re.findall(r'<wsdl:operation name="(\w+)"', (ROOT / f"mappings/{system}.wsdl").read_text()) if o != FIND[system]}
    check_requests(system, peer, contract)
    if system == "cpgrams":
        said, heard = ({number: [(f["satisfied"], f["rating"], f["text"]) for f in side["feedback"]] for number, side in held.items()}
                       for held in (peer.held(), police.held()))
        assert said == heard and sum(map(len, said.values())) == 8


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_answer_and_nothing_twice(delhi, system):
    """In each way that the peer's stack can: done without an answer, not done, an answer that says nothing of use."""
    site, peer = delhi, delhi.peers[system]
    (number,) = peer.add([lodged(system, 1)])
    site("sync", code=0)
    officer = site.police.officer(name="सत्यवीर सिंह", rank="SI", mobile=5550001111)
    ways = [("drop_before", ""), ("drop", ""), ("effect_no_reply", ""), ("http", "503"), ("malformed", "")]
    for day, (kind, arg) in enumerate([w for w in ways if w[0] in peer.faults]):
        moment = datetime(2020, 11, 11 + day, 20, tzinfo=timezone.utc)
        site.clock.set(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
        site.police.act(number, "ASGN" if day % 2 else "ENQR", moment.strftime("%Y-%m-%dT05:00:00Z"), officer=officer,
                        text=f"{kind} {arg}".strip())
        site.police.file(number, f"{kind}.pdf", "ATR", PDF + kind.encode(), moment.strftime("%Y-%m-%dT06:00:00Z"))
        for operation in POST[system]:
            peer.fault(operation, kind, arg)
        site("sync")
        peer.forget_faults()
        site.clock.set(moment.strftime("%Y-%m-%dT22:00:00Z"))
        site("sync")
        site.clock.set(moment.strftime("%Y-%m-%dT23:30:00Z"))
        site("sync", code=0)
        told = peer.told(number)
        assert [t.get("text") for t in told if t["stream"] == "action"][-1] == f"{kind} {arg}".strip()
        assert len([t for t in told if t["stream"] == "action"]) == day + 2
        assert [t["name"] for t in told if t["stream"] == "attachment"] == [f"{k}.pdf" for k, _ in ways if k in peer.faults][:day + 1]
    assert site.sql(f"SELECT DISTINCT state FROM bridge.delivery WHERE target = '{system}'") == [["confirmed"]]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_list_that_fails_is_read_again(delhi, system):
    site, peer = delhi, delhi.peers[system]
    peer.add([lodged(system, n) for n in range(1, 8)])
    for kind, arg, code in (("drop_before", "", 75), ("http", "503", 75), ("drop", "", 75), ("fault", "Server", 75), ("html", "", 3),
                            ("malformed", "", 3)):
        if kind in peer.faults:
            peer.fault(LIST[system], kind, arg, times=100)
            result = site("pull", system)
            peer.forget_faults()
            assert result.code == code, (kind, result.code, result.err)
            assert staged(site, system) == {}
    pages = [r[0] for r in site.sql("SELECT held_id FROM bridge.held WHERE kind = 'page' AND state = 'open'")]
    assert len(pages) == len({"html", "malformed"} & set(peer.faults))
    if pages:
        site("held", "drop", *pages, "--yes", "--why", "read again", code=0)
    site("pull", system, code=0)
    assert set(staged(site, system)) == set(peer.held())


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_unknown_status_holds_the_status_alone(delhi, system):
    site, peer = delhi, delhi.peers[system]
    new, known = peer.add([lodged(system, 2), lodged(system, 3)])
    peer.spell(new, status="77|Something else")
    assert site("pull", system).code == 3
    row = site.sql(f"SELECT number, status, complainant FROM bridge.complaint WHERE source_system = '{system}' ORDER BY number")
    was = peer.held()[known]["status"]
    assert sorted(row) == sorted([[new, "RECV", "परीक्षक 2"], [known, was, "परीक्षक 3"]])
    site.clock.set(NEXT_DAY[0])
    peer.spell(known, status="77|Something else")
    assert site("pull", system).code == 3
    assert site.one(f"SELECT status FROM bridge.complaint WHERE number = '{known}'") == was
    held = site.sql("SELECT kind, stream, key, field, reason FROM bridge.held WHERE state = 'open' ORDER BY held_id")
    assert [h[:4] for h in held] == [["set_aside", "complaint", new, "status"], ["set_aside", "complaint", known, "status"]]
    assert all(h[4].startswith("map.code") for h in held)


@pytest.mark.parametrize("system, longest, left_out", [("pgms", 2000, "'\"<>^~|{}"), ("cpgrams", 4000, "")])
def test_a_text_is_fitted_to_the_portal(delhi, system, longest, left_out):
    """A report that is too long is cut there and a character that is refused there is a blank; CCTNS and staging keep it whole."""
    site, peer = delhi, delhi.peers[system]
    (number,) = peer.add([lodged(system, 2)])
    site("sync", code=0)
    site.clock.set(NEXT_DAY[0])
    report = "'It' is \"so\" <here> ^~|{} जाँच " * 300
    site.police.act(number, "ATRS", "2020-11-11T06:00:00Z", text=report)
    site("sync", code=0)
    told = [t for t in peer.told(number) if t["action"] == "ATRS"][0]["text"]
    fitted = "".join(" " if c in left_out else c for c in report)
    assert 0.9 * longest < len(told) <= longest and fitted.startswith(told.rstrip())
    assert site.one("SELECT text FROM bridge.action WHERE action = 'ATRS'").strip() == report.strip()


@pytest.mark.parametrize("system, size", [("pgms", 3 << 20), ("cpgrams", 5 << 20)])
def test_what_a_portal_cannot_take_is_replaced_by_a_note(delhi, system, size):
    site, peer = delhi, delhi.peers[system]
    (number,) = peer.add([lodged(system, 2)])
    site("sync", code=0)
    site.clock.set(NEXT_DAY[0])
    big, video = PDF + os.urandom(size), MP4 + os.urandom(100000)
    site.police.file(number, "बड़ी रिपोर्ट.pdf", "ATR", big, "2020-11-11T06:00:00Z")
    site.police.file(number, "video.mp4", "REPLY", video, "2020-11-11T06:10:00Z", "video/mp4")
    site.police.file(number, "छोटी.pdf", "ORDER", PDF + b"small", "2020-11-11T06:20:00Z")
    site("sync", code=0)
    told = [t for t in peer.told(number) if t["stream"] == "attachment"]
    assert [t["role"] for t in told] == ["NOTE", "NOTE", "ORDER"]
    assert all(t["type"] == "application/pdf" and t["size"] < 65536 for t in told[:2])
    assert told[2]["sha256"] == hashlib.sha256(PDF + b"small").hexdigest()
    counted = site.sql("SELECT target, count(*), count(substituted) FROM bridge.delivery WHERE stream = 'attachment' AND target <> 'icms'"
                       " GROUP BY 1")
    assert counted == [[system, "3", "2"]]
    for content in (big, video):
        digest = hashlib.sha256(content).hexdigest()
        assert site.one(f"SELECT content_size FROM bridge.attachment WHERE content = '{digest}'") == str(len(content))


def test_nhrc_takes_any_type_and_size(delhi):
    site, peer = delhi, delhi.peers["nhrc"]
    record = lodged("nhrc", 2)
    evidence = site.folder / "evidence.mp4"
    evidence.write_bytes(MP4 + os.urandom(6 << 20))
    record["files"] = [dict(name="video.mp4", type="video/mp4", role="EVIDENCE", path=evidence)]
    (number,) = peer.add([record])
    site("sync", code=0)
    site("sync", code=0)
    sent = hashlib.sha256(evidence.read_bytes()).hexdigest()
    assert [f["sha256"] for f in site.police.held()[number]["files"]] == [sent]
    site.clock.set(NEXT_DAY[0])
    video = MP4 + os.urandom(5 << 20) + b"\r\n--boundary--\r\n\0"
    site.police.file(number, "video.mp4", "ATR", video, "2020-11-11T06:10:00Z", "video/mp4")
    site("sync", code=0)
    told = [t for t in peer.told(number) if t["stream"] == "attachment"]
    assert [(t["name"], t["type"], t["size"], t["sha256"]) for t in told] == \
        [("video.mp4", "video/mp4", len(video), hashlib.sha256(video).hexdigest())]
    # an empty file at the peer is an error of that file alone
    site.clock.set(NEXT_DAY[1])
    peer.add_file(number, dict(name="empty.pdf", type="application/pdf", role="EVIDENCE", bytes=b""))
    peer.add_file(number, dict(name="good.pdf", type="application/pdf", role="EVIDENCE", bytes=PDF))
    assert site("sync").code == 3
    assert site("sync").code == 3
    assert site.sql("SELECT reason, stream FROM bridge.held WHERE state = 'open'") == [["content.empty", "attachment"]]
    assert "good.pdf" in [f["name"] for f in site.police.held()[number]["files"]]


def test_pgms_refuses_who_it_does_not_know(delhi):
    """A wrong password is fatal and said in one line; nothing else of the night is lost."""
    site, peer = delhi, delhi.peers["pgms"]
    other = site.peers["cpgrams"]
    peer.add([lodged("pgms", 1)])
    other.add([lodged("cpgrams", 1)])
    peer.secret("password.good", peer.password)
    peer.secret("password.bad", "not the password")
    site.conf.write_text(site.conf.read_text().replace(f"file:{peer.folder}/password", f"file:{peer.folder}/password.bad"))
    result = site("sync", code=1)
    said = [line for line in result.err.splitlines() if "pgms" in line and "FailedAuthentication" in line]
    assert said, result.err
    assert "not the password" not in result.err and peer.password not in result.err
    assert site.one("SELECT count(*) FROM bridge.complaint WHERE source_system = 'pgms'") == "0"
    assert site.one("SELECT count(*) FROM bridge.complaint WHERE source_system = 'cpgrams'") == "1"
    assert site("check").code != 0
    site.write_conf()
    site("sync", code=0)
    assert site.one("SELECT count(*) FROM bridge.complaint WHERE source_system = 'pgms'") == "1"
    # each message had a nonce of its own, and the server keeps them
    nonces = peer.sql("SELECT count(*), count(DISTINCT nonce) FROM nonce")[0]
    assert tuple(nonces) == (sum(peer.calls.values()) - failed(peer), ) * 2


def failed(peer):
    """Calls that did not get past the Security header."""
    return sum(peer.calls.values()) - peer.sql("SELECT count(*) FROM nonce")[0][0]


def test_cpgrams_rows_of_before_are_never_staged(delhi):
    site, peer = delhi, delhi.peers["cpgrams"]
    records = [lodged("cpgrams", n) for n in range(1, 6)]
    for n, record in enumerate(records):
        record["actions"] = [dict(action="FWDD", at="2020-11-06T06:31:00Z", office="M-3", text=f"BEFORE {n}"),
                             dict(action="ENQR", at="2020-11-06T07:31:00Z", office="M-3", text=f"stays {n}")]
    numbers = peer.add(records)
    peer.edit_action(numbers[0], 1, text="after")
    peer.edit_action(numbers[1], 1)                           # gone: it stands in diffgr:before alone
    site("pull", "cpgrams", code=0)
    texts = sorted(r[0] for r in site.sql("SELECT text FROM bridge.action WHERE system = 'cpgrams'"))
    assert texts == sorted(["after", "BEFORE 2", "BEFORE 3", "BEFORE 4", *(f"stays {n}" for n in range(5))])
    assert site.one("SELECT count(*) FROM bridge.held") == "0"
    # a change after it was read: the new version is staged, the old one in diffgr:before is not
    site.clock.set(NEXT_DAY[0])
    peer.edit_action(numbers[2], 1, text="after too")
    site("pull", "cpgrams", code=0)
    assert site.one("SELECT text FROM bridge.action WHERE text LIKE 'after t%'") == "after too"
    assert site.one("SELECT count(*) FROM bridge.action WHERE text IN ('BEFORE 0', 'BEFORE 1', 'BEFORE 2')") == "0"


def test_cpgrams_interim_reply_needs_its_day(delhi):
    """The peer's refusal is told as it says it, and waits for a person."""
    site, peer = delhi, delhi.peers["cpgrams"]
    (number,) = peer.add([lodged("cpgrams", 2)])
    site("sync", code=0)
    site.clock.set(NEXT_DAY[0])
    site.police.act(number, "INTR", "2020-11-11T07:00:00Z", text="अन्तरिम")
    assert site("sync").code == 3
    assert site.sql("SELECT said, state FROM bridge.delivery WHERE target = 'cpgrams' AND state <> 'confirmed'") == [["23", "refused"]]
    assert [t["action"] for t in peer.told(number)] == ["REGD"]


def test_nhrc_reminders_reach_the_police_once(delhi):
    site, peer = delhi, delhi.peers["nhrc"]
    (number,) = peer.add([lodged("nhrc", 2)])
    site("sync", code=0)
    for day in NEXT_DAY[:2]:
        site.clock.set(day)
        peer.add_action(number, dict(action="RMND", at=day.replace("20:00", "06:00"), office="Law Division", text=f"reminder {day[:10]}"))
        site("sync", code=0)
        site("sync", code=0)
    reminders = [a["text"] for a in site.police.held()[number]["actions"] if a["action"] == "RMND"]
    assert reminders == ["स्मरण पत्र 2", "reminder 2020-11-11", "reminder 2020-11-12"]
    # and are not told back to the Commission
    assert [t["action"] for t in peer.told(number)] == ["REGD"]


def test_cpgrams_says_one_status_in_several_words(delhi):
    site, peer = delhi, delhi.peers["cpgrams"]
    words = {"50|Case closed": "DISP", "50|Resolved": "DISP", "55|Feedback window over": "CLSD", "35|Forwarded to citizen": "INFO",
             "20|Taken up with subordinate organisation": "FWDD"}
    numbers = peer.add([lodged("cpgrams", 2) for _ in words])
    for number, word in zip(numbers, words):
        peer.spell(number, status=word)
    site("pull", "cpgrams", code=0)
    read = dict(site.sql("SELECT number, status FROM bridge.source_record WHERE system = 'cpgrams'"))
    assert read == dict(zip(numbers, words.values()))


def test_nhrc_a_strange_case_number_holds_itself_alone(delhi):
    """The diary number is the key; the case number beside it may have a form that nobody has seen."""
    site, peer = delhi, delhi.peers["nhrc"]
    (number,) = peer.add([{**lodged("nhrc", 2), "case_number": "1236/30/6/2022-WC/M-1"}])
    assert site("pull", "nhrc").code == 3
    assert site.sql("SELECT number, case_number FROM bridge.complaint") == [[number, None]]
    assert site.sql("SELECT kind, field FROM bridge.held WHERE state = 'open'") == [["set_aside", "case_number"]]
