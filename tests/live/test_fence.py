"""Every write of a run is behind its fence: in a transaction, whose commit asks whether the run still lives (bridge/core/run.h)."""
import pytest

from matters import DISTRICTS, REPORT, Station, code, grievance

# In a transaction of one statement both times are the same; after BEGIN they are not.
GUARD = """
CREATE FUNCTION public.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF now() = statement_timestamp() AND NOT (TG_TABLE_NAME = 'run' AND TG_OP = 'UPDATE') THEN
        RAISE EXCEPTION 'bridge.% is written outside a transaction', TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
DO $$ DECLARE t text; BEGIN
    FOR t IN SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'bridge'::regnamespace AND c.relkind IN ('r', 'p')
             AND NOT c.relispartition AND c.relname NOT IN ('slot', 'migration') LOOP
        EXECUTE format('CREATE TRIGGER guard AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT EXECUTE FUNCTION public.guard()', t);
    END LOOP;
END $$"""


@pytest.fixture
def guarded(site):
    site.sql(GUARD)
    return site


def fenced(result):
    assert "outside a transaction" not in result.err and "[pg.P0001]" not in result.err, result.err
    return result


def test_the_guard_sees_a_write_outside(guarded):
    with pytest.raises(RuntimeError, match="outside a transaction"):
        guarded.sql("INSERT INTO bridge.system VALUES ('x', 'portal', 'x')")
    assert guarded.sql("SELECT system FROM bridge.system") == []


def test_two_nights_with_all_that_may_happen(guarded):
    site = guarded
    station = Station(site.cctns.path)
    site.store.add_complaints([grievance(i, district=DISTRICTS[i % len(DISTRICTS)]) for i in range(1, 31)])
    site.store.spoil(code(3), "Source", "No such door")                  # held
    site.store.spoil(code(4), "MarkedTo/@code", "999")
    fenced(site("sync", code=3))
    assert int(site.one("SELECT count(*) FROM bridge.held WHERE state = 'open'")) >= 2
    site.clock.set("2020-06-11T20:00:00Z")
    officer = station.officer()
    for i in range(5, 25):
        station.act(code(i), REPORT, "2020-06-11 10:00:00", officer=officer, text="आख्या")
    site.store.fault("SubmitActions", "drop", times=1)                   # done, and no word of it
    fenced(site("sync"))
    site.store.mend(code(3))
    first, second = (r[0] for r in site.sql("SELECT held_id FROM bridge.held WHERE state = 'open' AND delivery_id IS NULL"
                                            " ORDER BY held_id LIMIT 2"))
    fenced(site("held", "replay", first, "--why", "mended"))
    fenced(site("held", "drop", second, "--yes", "--why", "no such district"))
    assert site.one(f"SELECT state FROM bridge.held WHERE held_id = {second}") == "dropped"
    site.clock.set("2020-06-12T20:00:00Z")
    site.store.fault("ListChanged", "malformed", times=9)                # a page that is held
    fenced(site("pull", "igrs"))
    site.store.forget_faults()
    for words in (("push", "igrs"), ("push", "cctns"), ("pull", "cctns"), ("reconcile",), ("sync",)):
        fenced(site(*words))
    site.clock.set("2020-06-13T20:00:00Z")
    site.store.remove(code(9))                                           # it vanished
    fenced(site("sync"))
    assert site.sql("SELECT DISTINCT state FROM bridge.run ORDER BY 1") in ([["done"]], [["done"], ["failed"]])
    assert int(site.one("SELECT count(*) FROM bridge.delivery WHERE state = 'confirmed'")) >= 48
