"""Who is started again at once: PostgreSQL still holds the lock of what was killed, and the new run waits for it
(bridge/jobs/opening.h)."""
import os
import re
import signal
import subprocess
import time

import psycopg2

from conftest import BRIDGE
from matters import code, grievance
from servers import wait_for

# The session that merges the first complaints stands in a statement until the server has seen that its program is gone.
STANDS = """
CREATE TABLE public.stands (n int);
INSERT INTO public.stands VALUES (1);
CREATE FUNCTION public.stand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF EXISTS (SELECT FROM public.stands) THEN PERFORM pg_sleep(60); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stand AFTER INSERT ON bridge.complaint FOR EACH STATEMENT EXECUTE FUNCTION public.stand()"""
STANDING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


def started(site, *words):
    process = subprocess.Popen([str(BRIDGE), "-c", str(site.conf), *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL,
                               env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}", ASAN_OPTIONS="detect_leaks=0"))
    wait_for(lambda: site.one(STANDING) == "1", "the run in its statement", alive=process)
    return process


def finish(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_run_right_after_a_kill_waits_until_the_server_has_seen_it(site):
    site.store.add_complaints([grievance(1), grievance(2)])
    site.sql(STANDS)
    process = started(site, "sync")
    try:
        site.sql("DELETE FROM public.stands")
        finish(process)
        assert site.one(STANDING) == "1"                       # its session is there, and holds the lock
        done = site("sync")
    finally:
        finish(process)
    assert done.code in (0, 3), done.err
    assert "which is not seen to live: waiting" in done.err and "found 1 runs that were ended before their end" in done.err
    assert re.search(r'the lock "sync" is held by run \d+ \("sync", process %d on "' % process.pid, done.err), done.err
    assert sorted(r[0] for r in site.sql("SELECT number FROM bridge.complaint")) == [code(1), code(2)]
    assert site.sql("SELECT state, count(*) FROM bridge.run GROUP BY 1 ORDER BY 1") == [["done", "1"], ["lost", "1"]]


def test_one_that_lives_on_this_host_is_not_waited_for(site):
    site.store.add_complaints([grievance(1)])
    site.sql(STANDS)
    process = started(site, "sync")
    try:
        began = time.monotonic()
        refused = site("sync", code=7)
        took = time.monotonic() - began
    finally:
        site.sql("DELETE FROM public.stands")
        finish(process)
    assert took < 4 and "not seen to live" not in refused.err
    assert re.search(r'another run holds the lock "sync": run 1 \("sync", process %d on "[^"]+", begun [^)]+\); waited 0\.[5-9] s for it'
                     % process.pid, refused.err), refused.err
    assert site.one("SELECT count(*) FROM bridge.run") == "1"


def test_one_that_nobody_sees_is_waited_for_so_long_and_no_longer(site):
    site("sync", code=0)
    held = psycopg2.connect(site.conninfo)
    try:
        held.cursor().execute("SELECT pg_advisory_lock(hashtextextended('cctns-bridge run sync', 0))")
        began = time.monotonic()
        refused = site("push", "igrs", code=7)
        took = time.monotonic() - began
    finally:
        held.close()
    assert 5 <= took < 20 and re.search(r'another run holds the lock "sync"; waited 5\.\d s for it', refused.err), refused.err
    assert site.one("SELECT count(*) FROM bridge.run") == "1"
