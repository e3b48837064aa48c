"""A transfer names the unit that receives the complaint, and its number there: from the police to the portal, from the portal into
staging; a code that no unit has is held by name.
"""

from parcels import by_folder, prove, rows_of
from test_cell import Asker

AT = "2020-06-11T{:02d}:00:00Z"


def complaint(**more):
    return {"unit": "UP-155", "received_at": "2020-06-09T05:00:00Z", "marked_at": "2020-06-09T06:30:00Z", "complainant": "परीक्षक",
            "ref_type": "ONL", "subject": "विषय", "body": "शिकायत", "category": "POLMISC", "status": "FWDD", **more}


def registered(site, n):
    portal = site.peers["igrs"]
    site.write_conf()
    portal.add([complaint(body=f"शिकायत {i}") for i in range(n)])
    site("sync", code=0)
    site.clock.set("2020-06-11T20:00:00Z")
    return portal, sorted(portal.held())


def moves(site, number, system):
    return site.sql("SELECT a.action, a.to_unit, a.to_number, a.office FROM bridge.action a JOIN bridge.link l USING (bridge_id) "
                    f"WHERE l.system = 'igrs' AND l.number = '{number}' AND a.system = '{system}' AND a.action <> 'REGD' ORDER BY a.at")


def test_a_transfer_goes_round_with_unit_and_number(up):
    portal, (one, two, three) = registered(up, 3)
    up.police.act(one, "TRNO", AT.format(5), office="SSP Lucknow", text="लखनऊ भेजा गया", to_unit=31162, to_number="3116220200077")
    up.police.act(two, "TRNO", AT.format(6), office="वन विभाग", text="वन विभाग को")
    up.police.act(two, "FWDD", AT.format(7), to_unit=31155001, to_number="GD 12/7")
    portal.change(three, actions=[{"action": "FWDD", "at": AT.format(8), "office": "Lucknow", "to_unit": "UP-162", "to_number": "L/9"},
                                  {"action": "TRNO", "at": AT.format(9), "office": "Forest Department"}])
    up("sync", code=0)
    assert moves(up, one, "cctns") == [["TRNO", "UP-162", "3116220200077", "SSP Lucknow"]]
    assert moves(up, two, "cctns") == [["TRNO", None, None, "वन विभाग"], ["FWDD", "UP-155-01", "GD 12/7", None]]
    assert moves(up, three, "igrs")[-2:] == [["FWDD", "UP-162", "L/9", "Lucknow"], ["TRNO", None, None, "Forest Department"]]
    told = {t["number"]: [(a["action"], a.get("to_unit"), a.get("to_number")) for a in portal.told(t["number"]) if a["action"] != "REGD"]
            for t in portal.told()}
    assert told[one] == [("TRNO", "UP-162", "3116220200077")]
    assert told[two] == [("TRNO", None, None), ("FWDD", "UP-155-01", "GD 12/7")]       # the portal has no code of a station
    shown = up("show", one, code=0)
    assert "moved to UP-162, number there 3116220200077" in shown.out
    # the number is learnt later: the portal is told once more
    up.clock.set("2020-06-12T20:00:00Z")
    up.police.run(lambda db: db.execute("UPDATE t_complaint_action SET TO_NUM = 'GD 13/7', RECORD_UPDATED_ON = '2020-06-12 10:00:00' "
                                        "WHERE TO_NUM = 'GD 12/7'"))
    up("sync", code=0)
    assert moves(up, two, "cctns")[1] == ["FWDD", "UP-155-01", "GD 13/7", None]
    assert [a.get("to_number") for a in portal.told(two)][-2:] == ["GD 12/7", "GD 13/7"]


def test_a_receiving_unit_that_is_no_unit_is_held_by_name(up):
    portal, (one, two) = registered(up, 2)
    up.police.act(one, "TRNO", AT.format(5), text="31999 को भेजा गया", to_unit=31999, to_number="N-1")
    portal.change(two, actions=[{"action": "FWDD", "at": AT.format(8), "to_unit": "UP-999", "to_number": "L/9"}])
    up("sync", code=3)
    held = up.sql("SELECT h.system, h.stream, split_part(h.key, '#', 1), h.kind, h.reason, h.field, h.place FROM bridge.held h "
                  "WHERE state = 'open' ORDER BY 1")
    number = up.one(f"SELECT police_number FROM bridge.complaint WHERE number = '{one}'")
    assert [[h[0], h[1], h[2], h[4], h[5]] for h in held] == [["cctns", "action", number, "map.unit", "to_unit"],
                                                            ["igrs", "action", two, "map.unit", "to_unit"]], held
    # the police's action waits whole; of the portal's the unit alone does
    assert moves(up, one, "cctns") == [] and [a["action"] for a in portal.told(one)] == ["REGD"]
    assert moves(up, two, "igrs")[-1] == ["FWDD", None, "L/9", None]
    # mended at the station, it comes
    up.clock.set("2020-06-12T20:00:00Z")
    up.police.run(lambda db: db.execute("UPDATE t_complaint_action SET TO_UNIT_CD = 31162, RECORD_UPDATED_ON = '2020-06-12 10:00:00' "
                                        "WHERE TO_UNIT_CD = 31999"))
    up("sync")
    assert moves(up, one, "cctns") == [["TRNO", "UP-162", "N-1", None]]
    assert up.sql("SELECT system FROM bridge.held WHERE state = 'open'") == [["igrs"]]


# ---- the office that sends and the one that receives ----

def of(site, unit):
    """What the office of a unit sees: numbers of its complaints, of what it may read of actions, and what went from it."""
    asker = Asker(site, "postgres", unit)
    moved = asker.named("cell_moved", ["-infinity", "infinity", "Asia/Kolkata", "", 100])
    seen = [number for number, in asker.ask("SELECT number FROM bridge.complaint ORDER BY number")]
    acted = {number for number, in asker.ask("SELECT c.number FROM bridge.cell_action a JOIN bridge.cell_complaint c USING (bridge_id)")}
    return seen, acted, [(m["number"], m["moved_to_en"], m["to_unit"], m["to_number"]) for m in moved], [str(m) for m in moved]


def test_the_sending_office_learns_where_it_went_and_the_receiving_one_has_it(up):
    drop = by_folder(up, "kannauj", "UP-155", "language = en")
    portal, (one, two) = registered(up, 2)
    up.police.act(one, "TRNO", AT.format(5), office="SSP Kannauj", text="to Lucknow", to_unit=31162, to_number="3116220200077")
    up.police.act(two, "TRNO", AT.format(6), office="Forest Department", text="to the forest department")
    up("sync", code=0)
    # told, and not yet marked there: it is still of the one, and the other has it not
    seen, _, moved, _ = of(up, "UP-155")
    assert seen == [one, two]
    assert moved == [(one, "Lucknow", "UP-162", "3116220200077"), (two, "Forest Department", None, None)]
    assert of(up, "UP-162")[:3] == ([], set(), [])
    # marked to the other, and from there on to a third
    up.clock.set("2020-06-12T20:00:00Z")
    portal.change(one, unit="UP-162", marked_at="2020-06-12T06:00:00Z", changed_at="2020-06-12T06:00:00Z")
    up("sync", code=0)
    seen, acted, moved, texts = of(up, "UP-155")
    assert seen == [two] and one not in acted
    assert moved == [(two, "Forest Department", None, None), (one, "Lucknow", "UP-162", "3116220200077")]
    assert not any(word in text for text in texts for word in ("परीक्षक", "विषय", "to Lucknow"))
    seen, acted, moved, _ = of(up, "UP-162")
    assert seen == [one] and acted == {one} and moved == []
    up.clock.set("2020-06-13T20:00:00Z")
    up.police.act(one, "FWDD", "2020-06-13T05:00:00Z", to_unit=31120, to_number="secret-120")
    portal.change(one, unit="UP-120", marked_at="2020-06-13T06:00:00Z", changed_at="2020-06-13T06:00:00Z")
    up("sync", code=0)
    assert of(up, "UP-155")[2][-1] == (one, "Lucknow", "UP-162", "3116220200077")      # where it went from there is not told
    assert of(up, "UP-162")[:3] == ([], set(), [(one, "Prayagraj", "UP-120", "secret-120")])
    assert of(up, "UP-120")[0] == [one]
    # in the morning's packages, each in its own period
    rows = [[(r["number"], r["moved_to"], r["to_number"]) for r in rows_of((folder / "list.csv").read_bytes(), "moved")]
            for folder in sorted(drop.iterdir())]
    assert rows == [[], [(one, "Lucknow", "3116220200077"), (two, "Forest Department", "")], [(one, "Lucknow", "3116220200077")], []]
    for folder in drop.iterdir():
        prove(folder)
    letter = (sorted(drop.iterdir())[2] / "letter.html").read_text()
    assert "Moved elsewhere" in letter and "Number there" in letter and "3116220200077" in letter
