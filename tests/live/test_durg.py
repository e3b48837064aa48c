"""Durg QR: complaints, suggestions and tips from the codes at stations of the Bhilai Nagar sub-division; the sender is sealed and
answered by number. That a name stands nowhere is test_canary.py's."""
STATIONS = ["CG-DURG-BN-01", "CG-DURG-BN-02", "CG-DURG-BN-03", "CG-DURG-BN-04"]
PNG = (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00"
       b"\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82")


def form(n, **more):
    return {"unit": STATIONS[n % 4], "received_at": "2022-11-05T05:00:00Z", "complainant": f"गुप्त {n}", "mobile": f"+91500000{n:04d}",
            "body": f"सट्टा {n}", "category": "ILLTRADE", "kind": "TIP", **more}


def number(n):
    return f"DQR/2022/{n:06d}"


def test_the_three_kinds_and_the_answer(durg):
    qr, police = durg.peers["durgqr"], durg.police
    qr.add([form(1, files=[{"key": "1", "name": "तस्वीर.png", "type": "image/png", "bytes": PNG}],
                 feedback=[{"rating": 2, "text": "गन्दगी है"}]),
            form(2, kind="SUGGESTION", category="SUGGEST", body="गश्त बढ़ायें"), form(3, kind="COMPLAINT", category="NOFIR"),
            {k: v for k, v in form(4).items() if k not in ("complainant", "mobile")}])
    durg("sync", code=0)
    held = police.held()
    assert [held[number(n)]["kind"] for n in range(1, 5)] == ["TIP", "SUGGESTION", "COMPLAINT", "TIP"]
    assert [held[number(n)]["identity"] for n in range(1, 5)] == ["S", "S", "S", "A"]
    assert [held[number(n)]["station"] for n in range(1, 5)] == STATIONS[1:] + STATIONS[:1]
    assert held[number(1)]["category"] == "ILLTRADE" and held[number(1)]["feedback"][0]["rating"] == 2
    assert held[number(1)]["files"][0]["sha256"] == qr.held()[number(1)]["files"][0]["sha256"]
    assert not any("complainant" in p or "mobile" in p for p in held.values())
    assert durg.one("SELECT count(*) FROM bridge.complaint WHERE complainant IS NOT NULL OR mobile IS NOT NULL") == "0"
    assert durg.sql("SELECT number FROM bridge.sealed ORDER BY 1") == [[number(n)] for n in (1, 2, 3)]

    # the daily review of the next day, an answer in words: to the sender, by number alone
    durg.clock.set("2022-11-11T20:00:00Z")
    qr.change(number(1), actions=[{"action": "REGD", "at": "2022-11-11T04:00:00Z", "text": "Reviewed"}])
    for n in (1, 4):
        police.act(number(n), "DISP", "2022-11-11T06:00:00Z", text=f"धन्यवाद, कार्यवाही की गयी {n}।", disposal="CHAL")
    durg("sync", code=0)
    told = [t for t in qr.told(number(1)) if t["action"] == "DISP"]
    assert len(told) == 1 and told[0]["text"] == "धन्यवाद, कार्यवाही की गयी 1।" and told[0]["at"] == "2022-11-11T06:00:00Z"
    assert qr.sent() == [(number(1), "+915000000001", "धन्यवाद, कार्यवाही की गयी 1।")]      # who gave no number is not called
    assert qr.held()[number(4)]["status"] == "DISP"
    assert durg.sql("SELECT key, text FROM bridge.action WHERE system = 'durgqr'") == [["1", "Reviewed"]]


def test_a_long_answer_is_cut_and_counted(durg):
    qr, police = durg.peers["durgqr"], durg.police
    qr.add([form(1)])
    durg("sync", code=0)
    durg.clock.set("2022-11-11T20:00:00Z")
    police.act(number(1), "DISP", "2022-11-11T06:00:00Z", text="क" * 5000, disposal="CHAL")
    result = durg("sync", code=0)
    (told,) = [t for t in qr.told() if t["action"] == "DISP"]
    assert told["text"] == "क" * 2000
    assert "1" in result.out + result.err


def test_refused_for_good(durg):
    qr = durg.peers["durgqr"]
    qr.add([form(1)])
    (qr.folder / "password").write_text("another\n")
    assert durg("sync").code == 1
    assert qr.calls == {}


def test_a_repeat_has_no_second_effect(durg):
    """The answer is taken, the connection ends: it is settled by asking, and the sender is told once."""
    qr, police = durg.peers["durgqr"], durg.police
    qr.add([form(1)])
    durg("sync", code=0)
    durg.clock.set("2022-11-11T20:00:00Z")
    police.act(number(1), "DISP", "2022-11-11T06:00:00Z", text="धन्यवाद।", disposal="CHAL")
    qr.fault("Reply", "drop")
    durg("sync")
    durg.clock.set("2022-11-12T20:00:00Z")
    durg("sync")
    durg("sync", code=0)
    assert len(qr.sent()) == 1 and [t["action"] for t in qr.told()].count("DISP") == 1
    assert durg.one("SELECT count(*) FROM bridge.delivery WHERE state <> 'confirmed'") == "0"


def test_without_a_key_nothing_is_read(durg):
    """A map that seals needs seal_key: else nothing is touched."""
    qr = durg.peers["durgqr"]
    qr.add([form(1)])
    durg.conf.write_text("".join(line for line in durg.conf.read_text().splitlines(True) if "seal_key" not in line))
    result = durg("sync", code=5)
    assert "seal_key" in result.err and qr.calls == {}
    (durg.folder / "seal.key").write_text("no key\n")
    durg.write_conf()
    assert durg("sync").code in (1, 5) and qr.calls == {}
