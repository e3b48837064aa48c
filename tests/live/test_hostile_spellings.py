"""The same 40 hostile spellings of a mobile number, a name and a date, by SOAP, XML, WS-Security SOAP and CSV: each gives the one
canonical value or is held (a number alone, a name or a date with its record), and each gives the same by every road."""
import json
import unicodedata

import pytest

PHONE, HELD = "+915876543210", "held"
MOBILES = {
    "5876543210": PHONE, "+915876543210": PHONE, "915876543210": PHONE, "05876543210": PHONE, "+91 58765 43210": PHONE,
    "+91-58765-43210": PHONE, " 5876543210 ": PHONE, "५८७६५४३२१०": PHONE, "+91\u00a058765\u00a043210": PHONE, "587-654-3210": PHONE,
    "587654321": HELD, "58765432101": HELD, "4876543210": HELD, "+925876543210": HELD, "5876543210x": HELD, "58765O3210": HELD,
    "5876543210 / 5876543211": HELD, "not known": HELD, "+91 (58765) 43210": HELD, "5.87654321e9": HELD,
}
NAME = "ज़रीना ख़ान"
NAMES = {
    NAME: NAME, "\u095bरीना \u0959ान": NAME, " ज़रीना ख़ान ": NAME, "ज़रीना  ख़ान": NAME, "ज़रीना\u00a0ख़ान": NAME,
    "ज़रीना\u200bख़ान": HELD, "\u202eज़रीना ख़ान": HELD, "\ufeffज़रीना ख़ान": NAME, "Zаrina Khan": HELD, "Ｚａｒｉｎａ Khan": HELD,
}
# what stands in the place of a good date, made of it by kind; the road's own spelling of 5 June 2020 is {d} {m} {y}
DATES = ["31{s}02{s}2020", "00{s}00{s}0000", "05{s}13{s}2020", "05{s}06{s}20", "2020{s}06{s}31", "05 June 2020", "०५{s}०६{s}२०२०",
         "yesterday", "05{s}06{s}12020", "5876543210"]
assert len(MOBILES) + len(NAMES) + len(DATES) == 40

ROADS = {"igrs": ("up", "UP-155", "2020-06-05T04:30:00Z"), "hrcms": ("haryana", "HR-HANSI", "2024-02-01T04:30:00Z"),
         "pgms": ("delhi", "DL-8162", "2020-11-05T04:30:00Z"), "cpo": ("delhi", "DL-8162", "2020-11-04T18:30:00Z")}
NUMBER = {"igrs": "300200000{:05d}", "hrcms": "HNS-2024-{:07d}", "pgms": "PGMS/2020/{:06d}", "cpo": "CPO/DAK/{:05d}"}


def record(system, n, **more):
    _, unit, at = ROADS[system]
    r = {"number": NUMBER[system].format(n), "unit": unit, "received_at": at, "marked_at": at, "complainant": "Om Prakash",
         "category": "CRIME", "subject": "Subject", "body": "Text",
         "mobile": "+915000000001", "status": "FWDD", "files": [], "actions": [], **more}
    if system == "cpo":
        r.update(ref_type="VIP", addressed_by="Office", mode="POST", identity="N")
    return r


def inject(system, peer, spelt):
    """{number: (field, text as it stands at the peer)}"""
    if system == "igrs":
        for number, (field, text) in spelt.items():
            peer.store.spoil(number, {"mobile": "Applicant/Mobile", "complainant": "Applicant/Name", "date": "ReceivedOn"}[field], text)
    elif system == "hrcms":
        peer.forget_the_contract()
        for number, (field, text) in spelt.items():
            column = {"mobile": "phone", "complainant": "name", "date": "incident_on"}[field]
            peer.store.db.execute(f"UPDATE complaint SET {column} = ? WHERE uid = ?", (text, number))
    elif system == "pgms":
        for number, (field, text) in spelt.items():
            peer.spell(number, **{{"mobile": "mobile", "complainant": "name"}[field]: text}, changed="2020-11-05 10:00:00")
    else:
        rows = []
        for number, (field, text) in spelt.items():
            row = peer.record(number)
            row["row"][{"mobile": "Mobile", "complainant": "Complainant", "date": "Dak Date"}[field]] = text
            peer.db.execute("UPDATE record SET json = ? WHERE number = ?", (json.dumps(row), number))
            rows.append(row)
        for path in peer.drop.glob("*.csv"):         # what add() left says it properly
            path.unlink()
        peer.leave(rows)


def outcome(site, system, spelt, column):
    """{text: what staging has, or held}"""
    taken = {r[0]: r[1] for r in site.sql(f"SELECT number, {column} FROM bridge.complaint WHERE source_system = '{system}'")}
    held = {r[0]: r[1] for r in site.sql(f"SELECT key, field FROM bridge.held WHERE system = '{system}' AND state = 'open'")}
    if column == "mobile":            # the complaint is there, without a number
        assert set(taken) == set(spelt) and set(held) == {number for number, value in taken.items() if value is None}
        assert set(held.values()) == {"mobile"}
        taken = {number: value for number, value in taken.items() if value is not None}
    assert not set(taken) & set(held)
    assert set(spelt) <= set(taken) | set(held), "a record is neither taken nor held"
    return {text: taken.get(number, HELD) for number, (_, text) in spelt.items()}


def play(make_state, system, field, texts):
    site = make_state(ROADS[system][0])
    peer = site.peers[system]
    spelt = {NUMBER[system].format(n): (field, text) for n, text in enumerate(texts, 1)}
    peer.add([record(system, n) for n in range(1, len(texts) + 1)])
    inject(system, peer, spelt)
    site("pull", system)
    return site, spelt


@pytest.mark.parametrize("system", ROADS)
def test_a_mobile_number(make_state, system):
    site, spelt = play(make_state, system, "mobile", MOBILES)
    assert outcome(site, system, spelt, "mobile") == MOBILES
    assert {r[0] for r in site.sql("SELECT reason FROM bridge.held")} == {"map.mobile"}


@pytest.mark.parametrize("system", ROADS)
def test_a_name(make_state, system):
    site, spelt = play(make_state, system, "complainant", NAMES)
    assert outcome(site, system, spelt, "complainant") == {k: unicodedata.normalize("NFC", v) for k, v in NAMES.items()}


@pytest.mark.parametrize("system, mark", [("igrs", "/"), ("hrcms", "-"), ("cpo", ".")])
def test_a_date(make_state, system, mark):
    texts = [text.format(s=mark) + (" 10:00:00" if system == "igrs" else "") for text in DATES]
    site, spelt = play(make_state, system, "date", texts)
    assert set(outcome(site, system, spelt, "number").values()) == {HELD}
    assert {r[0] for r in site.sql("SELECT reason FROM bridge.held")} <= {"map.time", "map.date"}
