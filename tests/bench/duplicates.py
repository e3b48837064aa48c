#!/usr/bin/python3
"""Looking for duplicates: seconds for a staging database of many complaints, then for the new ones of a night, beside their pull.

usage: duplicates.py [STAGED NEW]      100,000 and 2,000 unless said; half of the staged ones have a twin or look so
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
import psycopg2  # noqa: E402
import twins  # noqa: E402
from conftest import Site  # noqa: E402
from matters import DISTRICTS, grievance  # noqa: E402
from servers import Postgres  # noqa: E402


def run(site, *words):
    """(seconds, peak KiB) of one command."""
    start = time.monotonic()
    with open(site.folder / "log", "ab") as log:
        done = subprocess.run(["/usr/bin/time", "-q", "-f", "%M", "-o", site.folder / "peak", str(conftest.BRIDGE), "-c",
                               str(site.conf), *words],
                              stdout=log, stderr=log, env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}"))
    if done.returncode not in (0, 3):
        raise SystemExit(f"{words} ended with {done.returncode}\n{(site.folder / 'log').read_text()[-2000:]}")
    return time.monotonic() - start, int((site.folder / "peak").read_text())


def main():
    staged, new = [int(word) for word in sys.argv[1:]] or [100_000, 2_000]
    folder = Path(tempfile.mkdtemp(prefix="bench-duplicates-"))
    folder.chmod(0o755)
    pg = Postgres(folder / "pg")
    (folder / "site").mkdir()
    site = Site(folder / "site", pg, "duplicates")
    try:
        site.secret("seal.key", "ab" * 32)
        site.bridge_extra = f"seal_key = file:{site.folder}/seal.key"
        site.extra = "\n[match]\n"
        site.write_conf()
        site("schema", "apply", code=0)
        twins.DISTRICTS = tuple(f"UP-{d}" for d in DISTRICTS)
        complaints, labelled, _ = twins.make(1, staged // 2)
        db = psycopg2.connect(site.conninfo)
        twins.stage(db, complaints)
        db.close()
        first, peak = run(site, "duplicates")
        pairs = {(a, b) for a, b in site.sql("SELECT LEAST(a.number, b.number), GREATEST(a.number, b.number) FROM bridge.duplicate_pair p "
                                             "JOIN bridge.complaint a USING (bridge_id) "
                                             "JOIN bridge.complaint b ON b.bridge_id = p.other_id")}
        hit = len(pairs & set(labelled))
        print(f"{len(complaints):,} staged: {first:.1f} s, {len(complaints) / first:,.0f} a second, peak {peak // 1024} MiB; "
              f"{len(pairs):,} pairs, precision {hit / len(pairs):.4f}, recall {hit / len(labelled):.4f}", flush=True)
        again, _ = run(site, "duplicates")
        m = twins.Maker(2)
        rows = []
        for n in range(1, new + 1):
            who, script = m.person(), m.draw.choice(("hi", "en"))
            rows.append(grievance(n, district=who["unit"].removeprefix("UP-"), name=m.name(who, script), mobile=who["mobile"][3:],
                                  details=m.text(m.matter(), script)))
        site.store.add_complaints(rows)
        pull, _ = run(site, "pull", "igrs")
        night, peak = run(site, "duplicates")
        print(f"{new:,} new against them: {night:.2f} s (of it {again:.2f} s for finding nothing new), peak {peak // 1024} MiB; their pull "
              f"{pull:.2f} s: ratio {night / pull:.2f}")
    finally:
        site.stop()
        pg.stop()


if __name__ == "__main__":
    main()
