"""The rehearsal portal by itself: raw SOAP requests against the contract of mappings/igrs.wsdl, no bridge."""
import base64
import csv
import http.client
import os
import re
import ssl
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest
from lxml import etree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "portals"))
from contract import Contract
from servers import ROOT, end, wait_for
from store import Clock, Store

NS = "urn:up:igrs:grievance:1"
N = "{%s}" % NS
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
SCHEMA = etree.XMLSchema(etree.parse(str(ROOT / "mappings" / "igrs.xsd")))
EPOCH = "01/01/1970 05:30:00"


class Client:
    """A portal in a folder, its store, and a kept connection to it."""

    def __init__(self, folder):
        self.folder = folder
        self.now = folder / "clock"
        self.at("2020-06-10T20:00:00Z")
        self.process = subprocess.Popen(["/usr/bin/python3", str(ROOT / "tests/portals/igrs.py"), "--dir", str(folder)],
                                        env=dict(os.environ, BRIDGE_NOW=f"@{self.now}"))
        wait_for((folder / "url").exists, "the rehearsal portal", alive=self.process)
        self.url = (folder / "url").read_text().strip()
        self.store = Store(folder / "store.db", Clock(f"@{self.now}"))
        self.password = (folder / "password").read_text()
        self.connection = None

    def at(self, text):
        new = self.now.with_suffix(".new")
        new.write_text(text + "\n")
        new.rename(self.now)

    def connect(self):
        if self.connection:
            self.connection.close()
        url = urllib.parse.urlparse(self.url)
        trust = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        self.connection = http.client.HTTPSConnection(url.hostname, url.port, context=trust, timeout=30)
        return self.connection

    def post(self, body, operation="ListChanged", password=None):
        connection = self.connection or self.connect()
        token = base64.b64encode(f"bridge:{password or self.password}".encode()).decode()
        connection.request("POST", urllib.parse.urlparse(self.url).path, body,
                           {"Authorization": "Basic " + token, "Content-Type": "text/xml; charset=utf-8",
                            "SOAPAction": f'"{NS}/{operation}"'})
        reply = connection.getresponse()
        return reply.status, reply.read()

    def raw(self, operation, inner):
        return self.post(f'<e:Envelope xmlns:e="{SOAP[1:-1]}"><e:Body><g:{operation} xmlns:g="{NS}">{inner}</g:{operation}>'
                         f"</e:Body></e:Envelope>".encode(), operation)

    def call(self, operation, inner="", valid=True):
        status, body = self.raw(operation, inner)
        assert status == 200, body
        reply = etree.fromstring(body).find(SOAP + "Body")[0]
        assert reply.tag == f"{N}{operation}Response"
        if valid:
            SCHEMA.assertValid(reply)
        return reply

    def fault(self, operation, inner):
        status, body = self.raw(operation, inner)
        assert status == 500
        return etree.fromstring(body).find(f"{SOAP}Body/{SOAP}Fault").findtext("faultcode")

    def list(self, since=EPOCH, after="", rows=500, until=None, valid=True):
        return self.call("ListChanged", f"<g:Since>{since}</g:Since><g:After>{after}</g:After>"
                         + (f"<g:Until>{until}</g:Until>" if until else "") + f"<g:Rows>{rows}</g:Rows>", valid)

    def submit(self, *actions):
        return [{c.tag[len(N):]: c.text for c in r} for r in self.call("SubmitActions", "".join(actions))]


def action(reference, code, word="REGISTERED", on="10/06/2020 11:00:00", **more):
    rest = "".join(f"<g:{name}>{text}</g:{name}>" for name, text in more.items())
    return (f"<g:Action><g:Reference>{reference}</g:Reference><g:Code>{code}</g:Code><g:ActionCode>{word}</g:ActionCode>"
            f"<g:ActionOn>{on}</g:ActionOn>{rest}</g:Action>")


def grievance(n, **more):
    return dict(code=f"{15500000000000 + n:014d}", name="परीक्षण व्यक्ति", father_name="Test Father", gender="Female", age=33,
                mobile="5550001234", email="t@example.org", address="ग्राम एक\nजनपद दो", pin="209725",
                district_code="155", district="Kannauj", category="Traffic", subject="जाम", details="रोज़ जाम & <धूल>",
                marked_on=f"2020-06-0{1 + n % 7} 10:00:00", **more)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    client = Client(tmp_path_factory.mktemp("portal"))
    yield client
    client.store.close()
    end(client.process)
    assert client.process.returncode == 0
    assert not (client.folder / "url").exists() and not (client.folder / "pid").exists()


@pytest.fixture
def portal(server):
    with server.store as s:
        for table in ("grievance", "office_action", "police_action", "feedback", "file", "call", "fault", "override", "raw"):
            s.db.execute(f"DELETE FROM {table}")
    server.at("2020-06-10T20:00:00Z")
    server.connect()
    return server


def codes(reply):
    return [g.findtext(N + "Code") for g in reply]


# ---- the contract

def test_the_service_is_the_contract(portal):
    contract = Contract(ROOT / "mappings/igrs.wsdl", ROOT / "mappings/igrs.xsd")
    assert set(contract.operations) == {"ListChanged", "ListIds", "Count", "SubmitActions", "SubmitFile", "FindAction"}
    assert contract.faults(type("Nothing", (), {})) == [f"operation {o}: the portal has no such method" for o in contract.operations]
    connection = portal.connect()
    connection.request("GET", urllib.parse.urlparse(portal.url).path + "?wsdl")
    published = etree.fromstring(connection.getresponse().read())
    assert published.find(".//{http://schemas.xmlsoap.org/wsdl/soap/}address").get("location") == portal.url
    assert {o.get("name") for o in published.iter("{http://schemas.xmlsoap.org/wsdl/}operation")} == set(contract.operations)


@pytest.mark.parametrize("table, type_name", [("ref_type", "SourceWord"), ("category", "CategoryWord"),
                                              ("action", "StatusWord"), ("disposal", "DisposalWord")])
def test_code_tables_hold_the_words_of_the_contract(table, type_name):
    xs = "{http://www.w3.org/2001/XMLSchema}"
    kinds = etree.parse(str(ROOT / "mappings/igrs.xsd")).getroot().findall(xs + "simpleType")
    words = {e.get("value") for k in kinds if k.get("name") == type_name for e in k.iter(xs + "enumeration")}
    with open(ROOT / f"mappings/codes/igrs_{table}.csv", encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    assert {r["remote"] for r in rows} == words
    assert len({r["canonical"] for r in rows}) == len(rows)
    seen = set()
    for r in rows:                       # two words that meet in one are declared
        assert r["remote"] not in seen or r["loss"]
        seen.add(r["remote"])


class Paths:
    """Follows a path of a map through the XSD."""

    def __init__(self):
        self.xs = "{http://www.w3.org/2001/XMLSchema}"
        root = etree.parse(str(ROOT / "mappings/igrs.xsd")).getroot()
        self.elements = {e.get("name"): e.get("type") for e in root.findall(self.xs + "element")}
        self.types = {t.get("name"): t for t in root.findall(self.xs + "complexType")}

    def follow(self, path, kind=None):
        """The type at the end of path, below a type (None: below Body)."""
        for step in path.split("/"):
            tag, name = ("attribute", step[1:]) if step.startswith("@") else ("element", step.removeprefix("g:"))
            if step == ".":
                continue
            assert step.startswith("@") or step.startswith("g:"), path
            if kind is None:
                kind = self.elements[name]
                continue
            found = [e for e in self.types[kind].iter(self.xs + tag) if e.get("name") == name]
            assert found, f"{path}: nothing of that name in {kind}"
            kind = found[0].get("type")
        return kind


def sections(path):
    """[(header words, [line])] of a map."""
    out = []
    for line in path.read_text(encoding="utf-8").splitlines():
        line = re.split(r"(?:^|\s)#(?:\s|$)", line)[0].strip()
        if line.startswith("["):
            out.append((line[1:line.index("]")].split(), []))
        elif line:
            out[-1][1].append(line)
    return out


def test_the_map_refers_to_nothing_that_the_contract_has_not():
    paths, base, seen = Paths(), {}, 0
    contract = Contract(ROOT / "mappings/igrs.wsdl", ROOT / "mappings/igrs.xsd")
    streams = {}
    for words, lines in sections(ROOT / "mappings/igrs.map"):
        pairs = [(k.strip(), v.strip()) for k, _, v in (line.partition("=") for line in lines)]
        if words[0] == "call":
            keys = dict(pairs)
            request, response, soap_action = contract.operations[keys["action"].rpartition("/")[2]]
            assert (keys["request"], keys["response"], keys["action"]) == (f"g:{request}", f"g:{response}", soap_action)
            kind = paths.follow(keys["request"])
            item = paths.follow(keys["item"], kind) if "item" in keys else kind
            for path in [v.split()[0] for k, v in pairs if k == "arg"] + ([keys["key"].split()[0]] if "key" in keys else []):
                paths.follow(path, item)
            if "records" in keys:
                base[keys["brings"]] = (paths.follow(keys["records"]), None)
            if "more" in keys:
                assert paths.follow(keys["more"].split()[0]) == "xs:boolean"
            if "result" in keys:
                result = paths.follow(keys["result"])
                for key in ("result.key", "result.ok", "result.said", "result.text", "receipt"):
                    paths.follow(keys[key].split()[0], result)
                base["carried " + keys["carries"]] = (None, item)
            seen += 1
        elif words[0] in ("complaint", "action", "attachment", "feedback", "ids", "count", "receipt"):
            streams[words[0]] = (words, lines)
    assert seen == 6
    for name, (words, lines) in streams.items():
        read = base[name][0] if len(words) == 1 else paths.follow(words[4], base[words[2]][0])
        write = base.get("carried " + name, (None, None))[1]
        for line in lines:
            _, direction, path = line.split()[:3]
            if direction in ("in", "both"):
                paths.follow(path, read)
            if direction in ("out", "both"):
                paths.follow(path, write)
        if write:                     # elements are written in line order, the reference first: the XSD's order
            order = [e.get("name") for e in paths.types[write].iter(paths.xs + "element")]
            ours = ["Reference"] + [line.split()[2][2:] for line in lines if line.split()[1] != "in"]
            assert ours == [o for o in order if o in ours]


def test_who_may_call(portal):
    assert portal.post(b"<x/>", password="wrong")[0] == 401
    assert portal.store.calls() == {}


def test_requests_are_held_to_the_contract(portal):
    for inner in ("<g:Since>2020-06-01</g:Since>", "<g:Rows>5</g:Rows>", f"<g:Since>{EPOCH}</g:Since><g:Rows>5000</g:Rows>",
                  f"<g:Since>{EPOCH}</g:Since><g:More/>"):
        assert portal.fault("ListChanged", inner).endswith("Client.SchemaValidationError")
    assert portal.fault("ListChanged", "<g:Since>31/02/2020 10:00:00</g:Since>").endswith("Client.Time")
    assert portal.fault("Unheard", "").endswith("Client.SchemaValidationError")
    status, body = portal.post(b"<e:Envelope")
    assert status == 500 and b"Client.XMLSyntaxError" in body


# ---- reading

def test_a_grievance_as_the_contract_says(portal):
    portal.store.add_complaints([grievance(1, files=[dict(id="1", name="अर्ज़ी.pdf", type="application/pdf", size=4096)])])
    portal.store.add_feedback([dict(code=grievance(1)["code"], satisfied="No", rating=2, mode="Call", text="नहीं")])
    (g,) = portal.list()
    text = {e.tag[len(N):]: e.text for e in g.iter() if not len(e)}
    assert text["Code"] == "15500000000001" and text["Details"] == "रोज़ जाम & <धूल>" and text["Address"] == "ग्राम एक\nजनपद दो"
    assert text["DueOn"] == "02/07/2020 10:00:00" and text["Size"] == "4096" and text["Satisfied"] == "No"
    assert text["ActionCode"] == "MARKED" and g.find(N + "MarkedTo").get("code") == "155"
    assert text["ChangedOn"] == "11/06/2020 01:30:00"      # feedback given now: 20:00 UTC


def test_pages_follow_each_other_without_gap(portal):
    portal.store.add_complaints([grievance(n) for n in range(1, 31)])
    seen, since, after = [], EPOCH, ""
    while True:
        page = portal.list(since, after, rows=7)
        seen += codes(page)
        if page.get("more") != "true":
            break
        since, after = page[-1].findtext(N + "ChangedOn"), page[-1].findtext(N + "Code")
    assert len(seen) == 30 and len(set(seen)) == 30
    assert codes(portal.list(until="02/06/2020 10:00:00")) == [c for c in codes(portal.list())
                                                               if portal.store.grievance(c)["marked_on"] <= "2020-06-02 10:00:00"]
    seen, after = [], ""
    while True:
        page = portal.call("ListIds", f"<g:After>{after}</g:After><g:Rows>7</g:Rows>")
        seen += codes(page)
        after = seen[-1]
        if page.get("more") != "true":
            break
    assert seen == sorted(g["code"] for g in (grievance(n) for n in range(1, 31)))
    assert portal.store.changes() == {"ListChanged": 0, "ListIds": 0}


def test_counts(portal):
    portal.store.add_complaints([grievance(n) for n in range(1, 15)])
    rows = portal.call("Count", "<g:From>02/06/2020 00:00:00</g:From><g:To>03/06/2020 10:00:00</g:To>")
    assert [[c.text for c in r] for r in rows] == [["155", "MARKED", "02/06/2020", "2"], ["155", "MARKED", "03/06/2020", "2"]]
    assert sum(int(r.findtext(N + "N")) for r in portal.call("Count")) == 14


# ---- what the police tell

def test_a_repeat_of_a_reference_has_no_second_effect(portal):
    portal.store.add_complaints([grievance(1), grievance(2)])
    one, two = grievance(1)["code"], grievance(2)["code"]
    first = portal.submit(action("r-1", one, PoliceNumber="31155200000001"), action("r-2", two, "OFFICER_NAMED"))
    assert [(r["Reference"], r["Status"]) for r in first] == [("r-1", "OK"), ("r-2", "OK")]
    held, changed = portal.store.grievance(one), portal.store.changes()["SubmitActions"]
    assert (held["status"], held["police_number"], held["changed_on"]) == ("REGISTERED", "31155200000001", "2020-06-11 01:30:00")
    portal.at("2020-06-11T20:00:00Z")
    again = portal.submit(action("r-1", one, PoliceNumber="31155200000001"))
    assert again == [dict(Reference="r-1", Status="DUPLICATE", ReceiptNo=first[0]["ReceiptNo"])]
    other = portal.submit(action("r-1", one, "PENDING_L1"))
    assert (other[0]["Status"], other[0]["ErrorCode"]) == ("REFUSED", "REFERENCE_USED")
    assert portal.store.grievance(one) == held and len(portal.store.police_actions()) == 2
    assert portal.store.changes()["SubmitActions"] == changed
    (found,) = portal.call("FindAction", "<g:Reference>r-1</g:Reference>")
    assert [c.text for c in found] == ["r-1", first[0]["ReceiptNo"], "11/06/2020 01:30:00"]
    assert len(portal.call("FindAction", "<g:Reference>r-9</g:Reference>")) == 0


def test_one_refused_does_not_refuse_the_others(portal):
    portal.store.add_complaints([grievance(1)])
    said = portal.submit(action("a", "99999999999999"), action("b", grievance(1)["code"]))
    assert [r.get("ErrorCode") for r in said] == ["UNKNOWN_GRIEVANCE", None]


def test_no_disposal_before_satisfaction(portal):
    portal.store.add_complaints([grievance(1)])
    code = grievance(1)["code"]
    dispose = action("d-1", code, "DISPOSED", "12/06/2020 11:00:00", Remarks="निस्तारित", DisposalCode="COMPROMISE")
    for satisfied in (None, "No", "Not reached"):
        if satisfied:
            portal.store.add_feedback([dict(code=code, satisfied=satisfied)])
        (said,) = portal.submit(dispose)
        assert (said["Status"], said["ErrorCode"]) == ("REFUSED", "NOT_SATISFIED")
    assert portal.store.grievance(code)["status"] == "MARKED" and portal.store.police_actions() == []
    portal.store.add_feedback([dict(code=code, satisfied="Yes")])
    assert portal.submit(dispose)[0]["Status"] == "OK"
    assert portal.store.grievance(code)["status"] == "DISPOSED"


def test_a_long_report_arrives_whole(portal):
    portal.store.add_complaints([grievance(1)])
    text = ("आख्या क्‍ष क्‌ष 𑂍 🏠 " * 1000)[:12000]
    portal.submit(action("l", grievance(1)["code"], "REPORT_UPLOADED", Remarks=text))
    assert portal.store.police_actions(grievance(1)["code"])[0]["remarks"] == text


# ---- ordered misbehaviour

def test_replies_that_go_wrong(portal):
    portal.store.add_complaints([grievance(1)])
    order = portal.store.fault
    inner = f"<g:Since>{EPOCH}</g:Since>"
    order("ListChanged", "malformed")
    status, body = portal.raw("ListChanged", inner)
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(body)
    assert status == 200
    order("ListChanged", "html")
    assert b"<html>" in portal.raw("ListChanged", inner)[1]
    order("*", "error", "no & such")
    assert portal.raw("ListChanged", inner) == (200, b"<error>no &amp; such</error>")
    order("ListChanged", "fault", "Client.Auth")
    assert portal.fault("ListChanged", inner).endswith(":Client.Auth")
    order("ListChanged", "http", 503, times=2)
    order("SubmitActions", "http", 500)
    assert [portal.raw("ListChanged", inner)[0] for _ in range(3)] == [503, 503, 200]
    order("ListChanged", "truncated")
    with pytest.raises(http.client.IncompleteRead):
        portal.raw("ListChanged", inner)
    portal.connect()
    order("ListChanged", "delay", 0.05)
    assert len(portal.list()) == 1
    portal.store.forget_faults()


@pytest.mark.parametrize("kind, done", [("drop", 1), ("drop_before", 0), ("effect_no_reply", 1), ("no_effect", 0)])
def test_effect_and_answer_apart(portal, kind, done):
    portal.store.add_complaints([grievance(1)])
    portal.store.fault("SubmitActions", kind)
    if kind.startswith("drop"):
        with pytest.raises((http.client.HTTPException, OSError)):
            portal.submit(action("x", grievance(1)["code"]))
        portal.connect()
    elif kind == "no_effect":
        assert portal.submit(action("x", grievance(1)["code"]))[0]["Status"] == "OK"
    else:
        assert portal.fault("SubmitActions", action("x", grievance(1)["code"])).endswith(":Server")
    assert len(portal.call("FindAction", "<g:Reference>x</g:Reference>")) == done == len(portal.store.police_actions())
    assert portal.submit(action("x", grievance(1)["code"]))[0]["Status"] == ("DUPLICATE" if done else "OK")


def test_poisoned_records(portal):
    portal.store.add_complaints([grievance(n) for n in range(1, 4)])
    one, two = grievance(1)["code"], grievance(2)["code"]
    portal.store.spoil(one, "Status", "VERY_ODD")
    portal.store.spoil(one, "MarkedTo/@code", None)
    portal.store.spoil(one, "Applicant/Name", None)
    portal.store.spoil(one, "Actions/Action/ActionOn", "31/02/2020 10:00:00")
    found = {g.findtext(N + "Code"): g for g in portal.list(valid=False)}
    assert found[one].findtext(N + "Status") == "VERY_ODD" and found[one].find(N + "MarkedTo").get("code") is None
    assert found[one].find(f"{N}Applicant/{N}Name") is None and not SCHEMA.validate(portal.list(valid=False))
    assert found[two].findtext(N + "Status") == "MARKED"
    portal.store.mend(one)
    portal.store.spoil_raw(two, b"<Grievance>{BYTES}<Odd/></Grievance>")
    assert found.keys() == {g.findtext(N + "Code") for g in portal.list(valid=False)}
    assert portal.list(valid=False).find(f"{N}Grievance/{N}Odd") is not None
    portal.store.spoil_raw(two, b"<Grievance><Code>\xff\x01</Code></Grievance>")
    assert b"<Code>\xff\x01</Code>" in portal.raw("ListChanged", f"<g:Since>{EPOCH}</g:Since>")[1]
    portal.store.mend(two)
    assert len(portal.list()) == 3
