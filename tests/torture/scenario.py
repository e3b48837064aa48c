"""The night that is disturbed: about twenty records over two portals and the QR codes of Durg, in both directions, small files each
way, and an SMS for most of what happens. The people are made up; mobile numbers begin with 5, which no subscriber has."""

CLOCK = "2024-02-10T20:00:00Z"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
UP = ("UP-155", "UP-162")
HARYANA = ("HR-HISAR", "HR-SIRSA")
ENGLISH = (20, 31)        # who wrote in English, and is answered so
SECRET = 21               # whose name is withheld


def complaint(n, unit, at, **more):
    words = {"subject": f"Subject {n}", "body": f"My complaint {n}: land & <fence>"} if n in ENGLISH else {
        "subject": f"विषय {n}", "body": f"मेरी शिकायत {n}: ज़मीन & <सीमा>"}
    return {"unit": unit, "received_at": f"{at}T05:00:00Z", "marked_at": f"{at}T06:30:00Z", "complainant": f"परीक्षक {n}",
            "mobile": f"+91500000{n:04d}", "category": "CRIME", **words, **({"identity": "C"} if n == SECRET else {}), **more}


def form(n, at):
    """What somebody sent by the code at a station, under the seal."""
    return {"unit": "CG-DURG-BN-01", "received_at": at, "complainant": f"गोपनीय प्रेषक {n}", "mobile": f"+91500000{n:04d}",
            "body": f"सट्टा चलता है {n}", "category": "ILLTRADE", "kind": "TIP"}


def paper(n):
    return {"key": f"F{n}", "name": f"पत्र-{n}.pdf", "type": "application/pdf", "role": "COMPLAINT", "bytes": PDF + b"%% paper %d\n" % n}


def first_day(world):
    """What was there before: three complaints at each portal, of which one has a file; a form under the seal."""
    if "durgqr" in world.peers:
        world.peers["durgqr"].add([form(50, "2024-02-09T05:00:00Z")])
    for system, units in (("igrs", UP), ("hrcms", HARYANA)):
        if system in world.peers:
            base = 10 if system == "igrs" else 20
            world.peers[system].add([complaint(base + n, units[n % 2], "2024-02-09", files=[paper(base + n)] if n == 0 else [])
                                     for n in range(3)])


def day_before(world):
    """What the night finds: new complaints, feedback, a reminder, a correction at the portals; officer, enquiry, report with its
    file and a disposal at the stations."""
    police, day = world.police, world.at[:10]
    officer, other = police.officer("सत्यवीर सिंह", "SI", 5550001111), police.officer("Anita Rawat", "Inspector", 5550003333)
    if "durgqr" in world.peers:
        (sealed,) = world.peers["durgqr"].held()
        world.peers["durgqr"].add([form(51, f"{day}T21:02:00Z")])
        police.act(sealed, "ASGN", f"{day}T22:00:00Z", officer=officer)
        police.act(sealed, "DISP", f"{day}T22:30:00Z", text="धन्यवाद", officer=officer, disposal="CHAL")
    for system, units in (("igrs", UP), ("hrcms", HARYANA)):
        if system not in world.peers:
            continue
        peer, base = world.peers[system], 30 if system == "igrs" else 40
        old = sorted(peer.held(), key=lambda number: number[-7:])
        peer.add([complaint(base + n, units[n % 2], day, marked_at=f"{day}T21:0{n}:00Z", files=[paper(base + n)] if n != 1 else [])
                  for n in range(3)])
        peer.change(old[1], feedback=[{"satisfied": "Y" if system == "igrs" else "U", "mode": "CALL", "text": "ठीक है",
                                       "at": f"{day}T22:25:00Z"}], changed_at=f"{day}T22:25:00Z")
        peer.change(old[2], actions=[{"action": "RMND", "at": f"{day}T21:20:00Z", "office": "Control room", "text": "स्मरण पत्र"}],
                    changed_at=f"{day}T21:20:00Z")
        police.act(old[0], "ASGN", f"{day}T22:00:00Z", officer=officer)
        if system == "igrs":
            police.act(old[0], "ASGN", f"{day}T22:05:00Z", officer=other)
        else:
            police.act(old[1], "ASGN", f"{day}T22:05:00Z", officer=other)
            police.act(old[0], "INTR", f"{day}T22:08:00Z", text="जाँच जारी", officer=officer, expected_at="2024-02-20T06:00:00Z")
        police.act(old[0], "ENQR", f"{day}T22:10:00Z", text="स्थलीय जाँच जारी", officer=officer)
        police.act(old[1], "ATRS", f"{day}T22:20:00Z", text="आख्या: " + "बयान लिये गये। " * 20, officer=officer)
        police.file(old[1], f"report-{system}.pdf", "ATR", PDF + b"%% report " + system.encode(), f"{day}T22:20:00Z")
        police.act(old[1], "DISP", f"{day}T22:30:00Z", text="निस्तारित", officer=officer, disposal="NSUB")
    if "igrs" in world.peers:
        spoiled(world, day)


def spoiled(world, day):
    """One complaint that no table has a unit for: it is held, and waits for a person whatever happens."""
    portal = world.peers["igrs"]
    before = set(portal.held())
    portal.add([complaint(39, UP[0], day, marked_at=f"{day}T21:05:00Z")])
    (number,) = set(portal.held()) - before
    portal.store.spoil(number, "MarkedTo/@code", "999")
    world.held = number


def expected_held(world):
    """The prepared night holds that one record for that reason, and nothing else."""
    rows = world.sql("SELECT system, key, kind FROM bridge.held WHERE state = 'open'")
    return [] if rows == [("igrs", world.held, "set_aside")] else [f"held: {rows}"]
