#!/usr/bin/python3
"""What due dates cost a pull: the same complaints of a portal read into an empty staging database, with the rules and without, in turn.

usage: due.py [N TIMES]      20,000 complaints, 5 times each, unless said

A ratio of medians within one run; no due date comes from the portal itself, so with the rules every complaint's is reckoned and told
in due_history.
"""
import os
import statistics
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("BRIDGE_VARIANT", "")
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/live"), str(ROOT / "tests/portals")]
from conftest import Site  # noqa: E402
from matters import DISTRICTS, TEXTS, grievance  # noqa: E402
from pages import run  # noqa: E402
from servers import Postgres  # noqa: E402

EMPTY = "empty_staging"


def main():
    n, times = (int(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (20000, 5)
    took = {True: [], False: []}
    with tempfile.TemporaryDirectory(prefix="bridge-due-") as folder:
        folder = Path(folder)
        folder.chmod(0o755)
        pg = Postgres(folder / "pg")
        (folder / "site").mkdir()
        site = Site(folder / "site", pg, "due")
        try:
            site("schema", "apply", code=0)
            pg.sql(f'CREATE DATABASE "{EMPTY}" TEMPLATE "due"')
            for start in range(1, n + 1, 10000):
                site.store.add_complaints([grievance(i, district=DISTRICTS[i % 75], details=" ".join(TEXTS) * 3, due_on="")
                                           for i in range(start, min(n + 1, start + 10000))])
            for turn in range(2 * times):
                rules = turn % 2 == 0
                pg.sql('DROP DATABASE "due"')
                pg.sql(f'CREATE DATABASE "due" TEMPLATE "{EMPTY}"')
                if not rules:
                    site.sql("DELETE FROM bridge.sla_rule")
                took[rules].append(run(site, "pull", "igrs")[0])
                dated = int(site.one("SELECT count(*) FROM bridge.complaint WHERE due_at IS NOT NULL"))
                if dated != (n if rules else 0):
                    raise SystemExit(f"{dated} of {n} complaints are due")
        finally:
            site.stop()
            pg.stop()
    with_rules, without = (statistics.median(took[rules]) for rules in (True, False))
    print(f"{n} complaints pulled {times} times each: with rules {with_rules:.2f} s ({min(took[True]):.2f} to {max(took[True]):.2f}),"
          f" without {without:.2f} s ({min(took[False]):.2f} to {max(took[False]):.2f}): ratio {with_rules / without:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
