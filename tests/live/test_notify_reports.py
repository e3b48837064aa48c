"""Delivery reports of the SMS gateway: what became of each message is read back, kept, and shown; a message that did not come is for a
person. What is wrong with a line is told with file, line and field, and keeps no other line from being read."""
import pytest

from test_notify import complaint, gateway, states, switch_on  # noqa: F401

HEAD = "Message Id,Mobile,Status,Time\n"


@pytest.fixture
def sent(haryana, gateway):  # noqa: F811
    """Four messages that the gateway has taken; a folder for what it reports of them."""
    folder = haryana.folder / "reports"
    folder.mkdir()
    haryana.peers["hrcms"].add([complaint(n) for n in range(1, 5)])
    switch_on(haryana, gateway, more=f"quiet = none\nreports = {folder}")
    haryana("sync", code=0)
    haryana.clock.set("2024-02-11T20:00:00Z")
    return haryana


def receipts(site):
    return [receipt for (receipt,) in site.sql("SELECT receipt FROM bridge.message ORDER BY message_id")]


def put(site, name, lines, head=HEAD):
    (site.folder / "reports" / name).write_text(head + "".join(f"{line}\n" for line in lines))


def became(site):
    return [tuple(row) for row in site.sql("SELECT state, COALESCE(reason, '') FROM bridge.message ORDER BY message_id")]


def kept(site):
    return {str(path.relative_to(site.folder / "reports")) for path in (site.folder / "reports").rglob("*.csv*")}


def test_what_became_of_each_message(sent, gateway):  # noqa: F811
    one, two, three, four = receipts(sent)
    put(sent, "a.csv", [f"{one},915000000001,DELIVRD,2024-02-11 10:00:00", f"{two},915000000002,UNDELIV,2024-02-11 10:00:00",
                        f'"{three}",915000000003,Expired,2024-02-11 10:00:00', f"{four},915000000004,ENROUTE,2024-02-11 10:00:00"])
    result = sent("notify", code=3)
    assert became(sent) == [("delivered", ""), ("failed", "report.failed"), ("failed", "report.expired"), ("sent", "")]
    assert "2 messages wait for a person" in result.out and kept(sent) == {"done/a.csv"}
    failed = sent.json("notify", "list", "failed", code=0)["tables"]["messages"]
    assert [(m["reason"], m["receipt"]) for m in failed] == [("report.failed", two), ("report.expired", three)]
    counted = {(r["state"], r["reason"]): r["n"] for r in sent.json("status", code=0)["tables"]["messages"]}
    assert counted == {("delivered", ""): 1, ("failed", "report.failed"): 1, ("failed", "report.expired"): 1, ("sent", ""): 1}
    shown = sent.json("notify", "show", str(failed[0]["message_id"]), code=0)["tables"]["reports"]
    assert [(r["state"], r["word"], r["at"], r["file"], r["line"]) for r in shown] == [
        ("failed", "UNDELIV", "2024-02-11T04:30:00Z", "a.csv", 3)]
    # never sent again by itself; what was delivered stays so, and what failed may have come after all
    put(sent, "b.csv", [f"{one},915000000001,EXPIRED,2024-02-11 23:00:00", f"{two},915000000002,Delivered,2024-02-11 11:00:00",
                        f"{four},915000000004,DELIVRD,2024-02-11 11:00:00"])
    sent("notify", code=3)
    assert became(sent) == [("delivered", ""), ("delivered", ""), ("failed", "report.expired"), ("delivered", "")]
    assert len(gateway.taken) == 4
    # a person's word sends the one that expired again
    sent("notify", "settle", str(failed[1]["message_id"]), "again", "--why", "a new number", code=0)
    sent("notify", code=0)
    assert len(gateway.taken) == 5 and became(sent)[2] == ("sent", "")
    assert sent.sql("SELECT file, count(*) FROM bridge.message_report GROUP BY file ORDER BY 1") == [["a.csv", "4"], ["b.csv", "3"]]
    for statement in ("UPDATE bridge.message_report SET state = 'delivered'", "DELETE FROM bridge.message_report"):
        with pytest.raises(RuntimeError):
            sent.sql(statement)


def test_bad_lines_are_findings_and_nothing_is_lost(sent):
    one, two, three, four = receipts(sent)
    put(sent, "bad.csv", [f"{one},915000000001,DELIVRD,2024-02-11 10:00:00",
                          "1506299999999999999999msdgsms,915000000009,DELIVRD,2024-02-11 10:00:00",
                          f"{two},915000000002,DELIVRD,yesterday", f"{three},915000000003,Gone 915000000003,2024-02-11 10:00:00",
                          ",915000000004,DELIVRD,2024-02-11 10:00:00", f"{four},915000000004,DELIVRD",
                          f"{four},915000000004,DELIVRD,2024-02-11 10:00:00"])
    put(sent, "none.csv", [f"{two},DELIVRD"], head="")
    result = sent("notify", code=3)
    assert became(sent) == [("delivered", ""), ("sent", ""), ("sent", ""), ("delivered", "")]
    faults = [("bad.csv", 3, "report.message", "id"), ("bad.csv", 4, "report.time", "time"), ("bad.csv", 5, "report.state", "state"),
              ("bad.csv", 6, "report.id", "id"), ("bad.csv", 7, "report.row", None), ("none.csv", 0, "report.file", None)]
    listed = sent.json("notify", "reports", code=0)["tables"]["faults"]
    assert sorted(((f["file"], f["line"], f["fault"], f["field"]) for f in listed), key=str) == sorted(faults, key=str)
    assert 'delivery report "bad.csv" line 4: report.time, field time' in result.err
    assert "6 lines of delivery reports could not be read" in result.out
    assert kept(sent) == {"done/bad.csv", "failed/none.csv"}
    assert "5000000003" not in result.err + result.out
    assert sent.one("SELECT count(*) FROM bridge.message_report WHERE word ~ '[0-9]' OR message_report::text ~ '91500000'") == "0"
    # the same file once more, as after a run that ended before it was moved: nothing twice, and both files are there
    again = (sent.folder / "reports/done/bad.csv").read_bytes()
    (sent.folder / "reports/bad.csv").write_bytes(again)
    lines = sent.one("SELECT count(*) FROM bridge.message_report")
    sent("notify", code=0)
    assert sent.one("SELECT count(*) FROM bridge.message_report") == lines
    assert kept(sent) == {"done/bad.csv", "done/bad.csv.1", "failed/none.csv"}


def test_a_states_own_words_are_read(sent, gateway):  # noqa: F811
    one = receipts(sent)[0]
    words = sent.folder / "words.csv"
    words.write_text("gateway,what,ours,theirs\nmobileseva,column,id,क्रमांक\nmobileseva,column,state,स्थिति\nmobileseva,column,time,समय\n"
                     "mobileseva,time,format,%d/%m/%Y %H:%M\nmobileseva,state,delivered,मिला\n")
    sent.extra += f"reports_words = {words}\n"
    sent.write_conf()
    put(sent, "own.csv", [f"मिला,{one},11/02/2024 10:00"], head="स्थिति,क्रमांक,समय\n")
    sent("notify", code=0)
    assert became(sent)[0] == ("delivered", "") and [s[1] for s in states(sent)].count("sent") == 3
    words.write_text(words.read_text().replace("column,time", "column,when"))
    result = sent("notify", code=3)
    assert "report.words" in result.err and "5000000" not in result.err
