"""The daemon under a set clock: its slots, midnight and month end, busy and missed slots, SIGTERM in the middle of a sync."""
import os
import signal
import subprocess

from conftest import BRIDGE
from matters import code, grievance
from servers import wait_for

JOBS = """
[job nightly]
run = sync
at = 00:10 23:50
[job monthly]
run = status
at = 01:00
on = last
"""


class Daemon:
    def __init__(self, site):
        self.log = open(site.folder / "daemon.log", "ab")
        self.process = subprocess.Popen([str(BRIDGE), "-c", str(site.conf), "daemon"], stdout=self.log, stderr=self.log,
                                        env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}", ASAN_OPTIONS="detect_leaks=0"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.log.close()
        return code


def slots(site, job):
    return site.sql("SELECT to_char(due_at AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD HH24:MI'), state FROM bridge.slot"
                    f" WHERE job = '{job}' ORDER BY due_at")


def ended(site, job, n):
    wait_for(lambda: len([s for s in slots(site, job) if s[1] in ("done", "failed")]) >= n, f"slot {n} of {job}", seconds=60)


def test_slots_over_midnight_and_month_end(site):
    site.extra = JOBS
    site.write_conf()
    site.store.add_complaints([grievance(n, marked="2020-06-20 10:00:00") for n in range(1, 4)])
    site.clock.set("2020-06-29T18:00:00Z")          # 23:30 IST on the 29th
    daemon = Daemon(site)
    try:
        wait_for(lambda: (site.folder / "daemon.log").stat().st_size > 0, "the daemon")
        site.clock.set("2020-06-29T18:20:05Z")      # 23:50:05
        ended(site, "nightly", 1)
        site.clock.set("2020-06-29T18:40:05Z")      # 00:10:05 on the 30th
        ended(site, "nightly", 2)
        assert slots(site, "monthly") == []
        site.clock.set("2020-06-29T19:30:05Z")      # 01:00:05 on the 30th: the last of June
        ended(site, "monthly", 1)
        site.clock.set("2020-06-30T18:20:05Z")
        ended(site, "nightly", 3)
        site.clock.set("2020-06-30T18:40:05Z")      # 00:10 on 1 July
        ended(site, "nightly", 4)
        assert slots(site, "nightly") == [["2020-06-29 23:50", "done"], ["2020-06-30 00:10", "done"], ["2020-06-30 23:50", "done"],
                                          ["2020-07-01 00:10", "done"]]
        assert slots(site, "monthly") == [["2020-06-30 01:00", "done"]]
    finally:
        assert daemon.stop() == 0
    # down over two slots: they show as missed
    site.clock.set("2020-07-02T06:00:00Z")
    daemon = Daemon(site)
    try:
        wait_for(lambda: ["2020-07-01 23:50", "missed"] in slots(site, "nightly"), "the missed slots")
        assert ["2020-07-02 00:10", "missed"] in slots(site, "nightly")
    finally:
        assert daemon.stop() == 0
    assert "missed" in site("status").out


def test_a_second_run_of_a_job_is_refused_and_sigterm_is_survived(site):
    site.extra = JOBS
    site.write_conf()
    site.store.add_complaints([grievance(n) for n in range(1, 1201)])
    site.store.fault("ListChanged", "delay", 6, times=1)
    site.clock.set("2020-06-10T18:00:00Z")
    daemon = Daemon(site)
    try:
        wait_for(lambda: (site.folder / "daemon.log").stat().st_size > 0, "the daemon")
        site.clock.set("2020-06-10T18:20:05Z")
        wait_for(lambda: site.store.sql("SELECT count(*) FROM fault")[0][0] == 0, "the sync to be under way")
        site.clock.set("2020-06-10T18:40:05Z")       # the next slot comes while the first still runs
        wait_for(lambda: ["2020-06-11 00:10", "busy"] in slots(site, "nightly"), "the busy slot")
    finally:
        assert daemon.stop() == 0
    taken = int(site.one("SELECT count(*) FROM bridge.complaint"))
    assert taken < 1200
    site("sync", code=0)
    assert site.one("SELECT count(*) FROM bridge.complaint") == "1200"
    assert site.cctns.sql("SELECT count(*), count(DISTINCT ORIGIN_NO) FROM t_complaint") == [(1200, 1200)]
    assert site.one("SELECT count(*) FROM bridge.run WHERE state = 'running'") == "0"
    told = [a["code"] for a in site.store.police_actions()]
    assert len(told) == len(set(told)) == 1200 and code(1) in told
