"""The demo, with one complaint in fifty: four states, and what they claim counted at their peers (tests/demo/verify.py)."""
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from conftest import BRIDGE, ROOT

SHARE = 50


def test_the_demo_shows_what_it_should():
    with tempfile.TemporaryDirectory(prefix="bridge-demo-") as folder:
        Path(folder).chmod(0o755)
        place = Path(folder) / "demo"
        bridge = BRIDGE if "BRIDGE_BINARY" in os.environ else ROOT / "build/cctns-bridge"
        try:
            done = subprocess.run(["/usr/bin/python3", ROOT / "tests/demo/demo.py", bridge, place, "--share", str(SHARE)],
                                  capture_output=True, text=True, timeout=400)
            out = done.stdout
            assert done.returncode == 0, out[-4000:] + done.stderr
            said = re.findall(r"^  (yes|NO )  (.*)$", out, re.M)
            assert len(said) >= 35 and all(word == "yes" for word, _ in said), said
            # Uttar Pradesh
            assert re.search(r"Kannauj: (\d+) received, \1 disposed of in time, rank 1 of 75", out)
            # Haryana: the standing of six districts adds up to what was lodged
            rows = re.findall(r"^      (Hisar|Hansi|Fatehabad|Sirsa|Jind|Dabwali)" + r" +([\d,]+)" * 5 + "$", out, re.M)
            figures = [[int(n.replace(",", "")) for n in row[1:]] for row in rows]
            assert len(rows) == 6 and all(n == sum(rest) for n, *rest in figures) and all(row[1] for row in figures)
            # Delhi: eight doors
            doors = out[out.index("by source, counted in ICMS"):]
            counted = [int(n.replace(",", "")) for n in re.findall(r"^      [A-Z]?[\w' ,]+? +([\d,]+)$", doors, re.M)[:9]]
            assert len(counted) == 9 and sum(counted[:8]) == counted[8] and all(counted)
            # Durg: nobody's name
            assert re.search(r"of \d+ names and numbers, found in [^:]*: 0$", out, re.M)
            assert "DO NOT BALANCE" not in out and out.count("rows that the peers changed because of it: 0") == 4
            # each state goes on working
            for state in ("up", "haryana", "delhi", "chhattisgarh"):
                again = subprocess.run([bridge, "-c", place / state / "bridge.conf", "status"], capture_output=True, text=True)
                assert again.returncode == 0, (state, again.stdout, again.stderr)
                # The rules of auditors find the districts that no longer feed the old CMTS, and nothing else; but of two complaints
                # a district one is forgotten on purpose (stations.py), and where the other is done the district falls silent.
                audit = subprocess.run([bridge, "-c", place / state / "bridge.conf", "--json", "audit", "--list"], capture_output=True,
                                       text=True, env=dict(os.environ, BRIDGE_NOW=f"@{place / state / 'now'}"))
                told = {(f["rule"], f["system"], f["unit"]) for f in json.loads(audit.stdout)["tables"]["findings"]
                        if (state, f["rule"], f["system"]) != ("up", "silent_units", "cctns")}
                fed_late = ("DL-8162", "DL-8165", "DL-8166", "DL-8171", "DL-8957") if state == "delhi" else ()
                assert told == {("silent_units", "cmts", unit) for unit in fed_late}, (state, audit.stdout, audit.stderr)
        finally:
            servers = [line.split()[0] for path in place.glob("*/servers") for line in path.read_text().splitlines()]
            if (place / "stop").exists():
                subprocess.run(["sh", place / "stop"], check=True, capture_output=True)
        assert len(servers) >= 10
        assert not [pid for pid in servers if alive(pid)]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
