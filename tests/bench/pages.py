#!/usr/bin/python3
"""Pages of many complaints, and the package of an office that sees all of them: seconds and peak memory, beside the same rows as the
server's own client writes them.

usage: pages.py [SMALL LARGE]      complaints; 1,000 and 100,000 unless said

The limit is one \\copy each of what stands in the CSV files of the pages: every row once for its district and once more for the
headquarters, without RLS, order by place, or a word of HTML. It is no limit that pages can reach; the ratio tells whether they are
slower than they were.
"""
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("BRIDGE_VARIANT", "")
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/live"), str(ROOT / "tests/portals")]
import conftest  # noqa: E402
import staged  # noqa: E402
from conftest import Site  # noqa: E402
from servers import PG_BIN, Postgres  # noqa: E402

ROWS = r"""\copy (
SELECT c.source_system, c.number, c.police_number, c.unit, c.station, o.name_en, o.name_hi, c.status, c.category, c.priority,
       c.received_at, c.due_at, t.target, t.stream, t.state, t.said
FROM bridge.complaint c JOIN bridge.unit o ON o.unit = COALESCE(c.station, c.unit)
LEFT JOIN bridge.delivery t ON t.bridge_id = c.bridge_id AND t.state <> 'confirmed'
WHERE bridge.is_open(c.status) OR t.bridge_id IS NOT NULL
ORDER BY c.unit, c.due_at, c.number) TO '{file}' CSV HEADER"""


def run(site, *words, code=0):
    """(seconds, peak MiB) of one command. GNU time starts it: a child forked from here would inherit this process's own peak."""
    start = time.monotonic()
    done = subprocess.run(["/usr/bin/time", "-q", "-f", "%M", "-o", site.folder / "peak", str(conftest.BRIDGE), "-c", str(site.conf),
                           *words], capture_output=True, text=True, env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}"))
    if done.returncode != code:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}\n{done.stderr[-2000:]}")
    return time.monotonic() - start, int((site.folder / "peak").read_text()) / 1024


def copied(site):
    """Seconds of two exports by the server's own client."""
    start = time.monotonic()
    for name in ("districts", "headquarters"):
        text = " ".join(ROWS.format(file=site.folder / f"{name}.csv").split())
        subprocess.run([PG_BIN / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", site.conninfo, "-c", text], check=True)
    return time.monotonic() - start


def lines(folder, names):
    return sum(path.read_bytes().count(b"\n") - 1 for path in folder.glob(names))


def measure(folder, pg, n):
    """Peak MiB of the pages and of the package."""
    (folder / f"pages{n}").mkdir()
    site = Site(folder / f"pages{n}", pg, f"pages{n}", portal=False)
    site.bridge_extra = "zone = Asia/Kolkata"
    site.secret("password", "none is asked")
    drop = site.folder / "drop"
    drop.mkdir()
    site.extra = ("[system cpgrams]\nmapping = cpgrams.map\nurl = https://127.0.0.1:1/cpgrams\nuser = bridge\n"
                  "password = file:password\n"
                  f"[cell headquarters]\nunit = UP\nfolder = {drop}\n")
    site.write_conf()
    site.conf.write_text(site.conf.read_text().replace("file:portal/password", "file:password"))
    site("schema", "apply", code=0)
    staged.stage(site, n)
    limit = copied(site)
    pages, peak = run(site, "report", str(site.folder / "out"))
    rows = lines(site.folder / "out/cell", "*.csv")
    offices = len(list((site.folder / "out/cell").glob("*.csv")))
    print(f"{n:>7} complaints: pages of {offices} offices in {pages:.1f} s, peak {peak:.1f} MiB; {rows} rows beside them; \\copy of"
          f" such rows {limit:.1f} s: {pages / limit:.1f} times", flush=True)
    package, more = run(site, "forward", code=4)        # what was staged here has no books
    opened = int(site.one("SELECT count(*) FROM bridge.complaint WHERE bridge.is_open(status)"))
    print(f"{n:>7} complaints, {opened} open: the package of the headquarters in {package:.1f} s, peak {more:.1f} MiB", flush=True)
    return peak, more


def main():
    small, large = (int(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (1000, 100000)
    with tempfile.TemporaryDirectory(prefix="bridge-pages-") as folder:
        folder = Path(folder)
        folder.chmod(0o755)
        pg = Postgres(folder / "pg")
        try:
            few, many = measure(folder, pg, small), measure(folder, pg, large)
        finally:
            pg.stop()
    print(f"peak memory at {large}: pages {many[0] / few[0]:.2f}, package {many[1] / few[1]:.2f} of that at {small}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
