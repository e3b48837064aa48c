"""Memory does not grow with the number of complaints: the sampled form of make bench."""
import os
import subprocess

from conftest import ROOT


def test_peak_memory_is_flat():
    done = subprocess.run(["/usr/bin/python3", ROOT / "tests/bench/bench.py", "1000", "4000"], capture_output=True, text=True, timeout=500,
                          env={k: v for k, v in os.environ.items() if not k.startswith("BRIDGE_")})
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
