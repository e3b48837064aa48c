"""What is a sign that a unit has its package, and what is none; when it counts as silent."""
from matters import Station, code, grievance
from parcels import DAY2, DAY3, by_folder, packages


def test_what_the_bridge_does_or_what_was_done_before_is_no_sign_of_the_unit(site):
    by_folder(site)
    station = Station(site.cctns.path)
    site.store.add_complaints([grievance(1)])
    site("pull", "igrs", code=0)
    site("forward", code=0)
    site.clock.set(DAY2)
    site("sync", code=0)                    # registers it with the police, after the package of the day before
    site("forward", code=0)
    assert [row[3] for row in packages(site)] == ["sent", "sent"]
    station.act(code(1), 4, "2020-06-12 02:00:00", officer=station.officer())
    site.clock.set(DAY3)
    site("sync", code=0)
    site("forward", code=0)                 # what acknowledged the others was before this one
    assert [row[3] for row in packages(site)] == ["acknowledged", "acknowledged", "sent"]


def test_a_unit_that_acknowledged_lately_is_not_silent(site):
    drop = by_folder(site, more="silent = 2d\n")
    site.store.add_complaints([grievance(1)])
    site("sync", code=0)
    site.clock.set(DAY2)
    site("forward", code=0)
    site.clock.set("2020-06-15T20:00:00Z")
    (drop / "ack-1").write_text("")
    site("forward", code=0)
    assert [row[3] for row in packages(site)] == ["acknowledged", "sent", "sent"]
    assert site.json("forward", "list")["tables"]["cells"][0]["silent"] is False
    site.clock.set("2020-06-17T21:00:00Z")
    assert site.json("forward", "list")["tables"]["cells"][0]["silent"] is True
