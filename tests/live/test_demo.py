"""The demo, with one complaint in ten: seven nights, and what it claims counted at its peers (tests/demo/verify.py)."""
import re
import subprocess
import tempfile
from pathlib import Path

from conftest import ROOT


def test_the_demo_shows_what_it_should():
    with tempfile.TemporaryDirectory(prefix="bridge-demo-") as folder:
        Path(folder).chmod(0o755)
        place = Path(folder) / "demo"
        try:
            done = subprocess.run(["/usr/bin/python3", ROOT / "tests/demo/demo.py", ROOT / "build/cctns-bridge", place, "--share", "10"],
                                  capture_output=True, text=True, timeout=400)
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr
            said = re.findall(r"^  (yes|NO )  (.*)$", done.stdout, re.M)
            assert len(said) == 6 and all(word == "yes" for word, _ in said), said
            assert re.search(r"Kannauj: (\d+) received, \1 disposed of in time, rank 1 of 75", done.stdout)
            assert done.stdout.count("the books balance") == 8
            assert "Rows that the portal changed because of it: 0." in done.stdout
            # the state goes on working
            again = subprocess.run([ROOT / "build/cctns-bridge", "-c", place / "bridge.conf", "status"], capture_output=True, text=True)
            assert again.returncode == 0 and "igrs" in again.stdout
        finally:
            if (place / "stop").exists():
                subprocess.run(["sh", place / "stop"], check=True)
