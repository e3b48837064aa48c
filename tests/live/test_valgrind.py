"""The plain build, as it is shipped, under valgrind: no bad read or write, no use of what was never set, nothing lost."""
import os
import re
from pathlib import Path

from conftest import ROOT
from matters import ENQUIRY, OFFICER, Station, code, grievance

PROGRAM = Path(os.environ.get("BRIDGE_BINARY") or ROOT / "build/cctns-bridge")
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
            "--errors-for-leak-kinds=definite,indirect,possible", "--num-callers=30"]


def checked(site, *words):
    done = site(*words, wrap=VALGRIND, program=PROGRAM)
    assert done.code != 99 and not re.search(r"^==\d+==", done.err, re.M), done.err
    return done


def test_two_nights_under_valgrind(site):
    station = Station(site.cctns.path)
    officer = station.officer()
    site.store.add_complaints([grievance(n) for n in range(1, 29)]
                              + [grievance(29, category="No such"), grievance(30, mobile="12")])
    done = checked(site, "sync")
    assert done.code == 3, done.err      # the last but one is held, of the last its mobile number alone
    assert site.cctns.sql("SELECT count(*) FROM t_complaint") == [(29,)]
    site.clock.set("2020-06-11T20:00:00Z")
    for n in range(1, 29):
        station.act(code(n), OFFICER, "2020-06-11 10:00:00", officer=officer)
    station.act(code(1), ENQUIRY, "2020-06-11 11:00:00", officer=officer, text="जाँच " * 3000)
    done = checked(site, "sync")
    assert done.code == 3, done.err
    assert len(site.store.police_actions()) == 29 + 28 + 1     # registered, officer named, one enquiry


def test_what_a_person_asks_under_valgrind(site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    site("sync", code=0)
    for words in (["check"], ["status"], ["reconcile", "--by", "unit,status,day"], ["--json", "show", code(1)], ["held", "list"],
                  ["ranking"]):
        assert checked(site, *words).code == 0, words
    site.conf.write_text(site.conf.read_text().replace("backoff = 1s", "backof = 1s"))
    assert checked(site, "check").code == 5
