"""Another portal beside the first: a map and a section of bridge.conf, other names, namespace, SOAP version and code words, no C."""
import os
import sqlite3
import subprocess

from conftest import ROOT
from matters import OFFICER, Station, code, grievance
from servers import end, wait_for


def test_a_map_and_a_section_are_enough(make_site):
    site = make_site()
    folder = site.folder / "setu"
    folder.mkdir()
    server = subprocess.Popen(["/usr/bin/python3", ROOT / "tests/portals/setu.py", "--dir", folder])
    try:
        wait_for((folder / "url").exists, "the second portal", alive=server)
        maps = site.folder / "mappings"
        maps.mkdir()
        for entry in (ROOT / "mappings").iterdir():
            (maps / entry.name).symlink_to(entry)
        (maps / "setu.map").symlink_to(ROOT / "tests/fixtures/second/setu.map")
        site.extra = f"""
[system setu]
mapping = setu.map
url = {(folder / 'url').read_text().strip()}
ca = {folder}/ca.pem
"""
        site.write_conf()
        site.conf.write_text(site.conf.read_text().replace(f"mappings = {ROOT}/mappings", f"mappings = {maps}"))
        with sqlite3.connect(folder / "setu.db", timeout=20) as db:
            db.executemany("INSERT INTO petition (no, person, phone, zilla, story, lodged, updated, stage) VALUES (?,?,?,?,?,?,?,'10')",
                           [(f"P/{n}", f"प्रार्थी {n}", f"5{n:09d}", "Kannauj", f"कहानी {n}", "2020-06-09T10:00:00", "2020-06-09T10:00:00")
                            for n in range(1, 1201)])
        site.store.add_complaints([grievance(n) for n in range(1, 4)])
        site("schema", "apply", code=0)
        assert "setu" in site("check", code=0).out
        site("sync", code=0)
        assert site.cctns.sql("SELECT ORIGIN_SYSTEM, count(*) FROM t_complaint GROUP BY 1 ORDER BY 1") == [("igrs", 3), ("setu", 1200)]
        assert site.cctns.sql("SELECT FULL_NAME, COMPLAINT_DESC FROM t_complaint WHERE ORIGIN_NO = 'P/7'") == [("प्रार्थी 7", "कहानी 7")]
        with sqlite3.connect(folder / "setu.db", timeout=20) as db:
            assert db.execute("SELECT count(*), count(DISTINCT refkey), count(police) FROM progress JOIN petition USING (no)").fetchone() \
                == (1200, 1200, 1200)
        station = Station(site.cctns.path)
        site.clock.set("2020-06-11T20:00:00Z")
        station.act("P/7", OFFICER, "2020-06-11 10:00:00", officer=station.officer())
        station.act(code(1), OFFICER, "2020-06-11 10:00:00", officer=station.officer())
        site("sync", code=0)
        with sqlite3.connect(folder / "setu.db", timeout=20) as db:
            assert db.execute("SELECT stage, officer FROM progress WHERE no = 'P/7' ORDER BY ack").fetchall() \
                == [("20", None), ("30", "सत्यवीर सिंह")]
    finally:
        end(server)
