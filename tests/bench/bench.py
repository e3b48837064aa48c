#!/usr/bin/python3
"""Memory and speed of the nightly sync, as ratios within one run.

usage: bench.py [SMALL LARGE]      complaints in the two syncs; 1,000 and 100,000 unless said; then planted.py with as many
as the larger, pages.py with both, and verify.py with ten times the larger

Peak memory is the kernel's figure for the one process (ru_maxrss, by GNU time). The speed of pulling is given beside the same
pages fetched by a bare TLS client from the same portal in the same run: that is the portal's own limit.
"""
import base64
import os
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

os.environ.setdefault("BRIDGE_VARIANT", "")
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/live"), str(ROOT / "tests/portals")]
import conftest  # noqa: E402
from conftest import Site  # noqa: E402
from matters import DISTRICTS, TEXTS, code, grievance  # noqa: E402
from servers import Postgres  # noqa: E402

ENVELOPE = ('<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:g="urn:up:igrs:grievance:1"><s:Body><g:ListChanged>'
            "<g:Since>01/01/1970 00:00:00</g:Since><g:After>{after}</g:After><g:Until>01/01/2030 00:00:00</g:Until><g:Rows>500</g:Rows>"
            "</g:ListChanged></s:Body></s:Envelope>")


def sync(site):
    """(seconds, peak KiB) of one sync. GNU time starts it: a child forked from here would inherit this process's own peak."""
    start = time.monotonic()
    with open(site.folder / "sync.log", "ab") as log:
        done = subprocess.run(["/usr/bin/time", "-q", "-f", "%M", "-o", site.folder / "peak", str(conftest.BRIDGE), "-c", str(site.conf),
                               "sync"], stdout=log, stderr=log, env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}"))
    if done.returncode != 0:
        raise SystemExit(f"sync ended with {done.returncode}\n{(site.folder / 'sync.log').read_text()[-2000:]}")
    return time.monotonic() - start, int((site.folder / "peak").read_text())


def bare(site, pages):
    """Seconds of fetching the first pages without reading them."""
    trust = ssl.create_default_context(cafile=site.folder / "portal/ca.pem")
    word = (site.folder / "portal/password").read_text().strip()
    token = base64.b64encode(f"bridge:{word}".encode()).decode()
    start = time.monotonic()
    for page in range(pages):
        body = ENVELOPE.format(after=code(page * 500)).encode()
        request = urllib.request.Request(site.portal.url, body, {"Content-Type": "text/xml", "Authorization": f"Basic {token}",
                                                                  "SOAPAction": '"urn:up:igrs:grievance:1/ListChanged"'})
        urllib.request.urlopen(request, context=trust).read()
    return time.monotonic() - start


def night(folder, pg, n):
    (folder / f"site{n}").mkdir()
    site = Site(folder / f"site{n}", pg, f"bench{n}")
    try:
        site("schema", "apply", code=0)
        for start in range(1, n + 1, 10000):
            site.store.add_complaints([grievance(i, district=DISTRICTS[i % 75], details=" ".join(TEXTS) * 3)
                                       for i in range(start, min(n + 1, start + 10000))])
        pages = min(10, max(1, n // 500))
        alone = bare(site, pages) / (pages * 500)
        first, peak = sync(site)
        second, again = sync(site)
        assert site.cctns.sql("SELECT count(*) FROM t_complaint") == [(n,)]
        print(f"{n:>7} complaints: first sync {first:.1f} s ({n / first:.0f}/s), peak {peak / 1024:.1f} MiB; again at once {second:.1f} s, "
              f"peak {again / 1024:.1f} MiB; the portal alone gives {1 / alone:.0f} records/s", flush=True)
        return peak, again
    finally:
        site.stop()


def main():
    small, large = (int(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (1000, 100000)
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder:
        folder = Path(folder)
        folder.chmod(0o755)
        pg = Postgres(folder / "pg")
        try:
            a, b = night(folder, pg, small), night(folder, pg, large)
        finally:
            pg.stop()
    ratio = max(y / x for x, y in zip(a, b))
    print(f"peak memory at {large} is {ratio:.3f} of that at {small}")
    planted = subprocess.run([sys.executable, ROOT / "tests/bench/planted.py", str(large)]).returncode
    paged = subprocess.run([sys.executable, ROOT / "tests/bench/pages.py", str(small), str(large)]).returncode
    verified = subprocess.run([sys.executable, ROOT / "tests/bench/verify.py", str(2 * small), str(10 * large)]).returncode
    return 0 if ratio <= 1.10 and planted == 0 and paged == 0 and verified == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
