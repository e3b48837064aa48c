#!/usr/bin/python3
"""Reconciliation of many complaints on three sides, and twenty-five differences among them: what it takes, and that it finds those
and no other.

usage: planted.py [N [KIND]]      100,000 unless said; KIND is mariadb or pgsql

Its time is given beside that of reading the same lists with bare clients in the same run: the portal's by TLS, the police's by the
server's own client.
"""
import base64
import json
import os
import re
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
from planted import Planted  # noqa: E402
from servers import MariaDB, Postgres  # noqa: E402
from test_drivers_sync import OnMariaDB, OnPostgres  # noqa: E402

IDS = ('<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:g="urn:up:igrs:grievance:1"><s:Body><g:ListIds>'
       "<g:After>{after}</g:After><g:Until>01/01/2030 00:00:00</g:Until><g:Rows>500</g:Rows></g:ListIds></s:Body></s:Envelope>")
LIST = ("SELECT COMPLAINT_REG_NUM, ORIGIN_SYSTEM, ORIGIN_NO, UNIT_CD, STATUS_CD, MARKED_DT, CHANGED_ON FROM t_complaint"
        " WHERE RECORD_STATUS <> 'D' ORDER BY COMPLAINT_REG_NUM")


def timed(site, *words, codes=(0,)):
    """(seconds, peak MiB, tables) of one run. GNU time starts it: a child forked from here would inherit this process's own peak."""
    start = time.monotonic()
    done = subprocess.run(["/usr/bin/time", "-q", "-f", "%M", "-o", site.folder / "peak", str(conftest.BRIDGE), "-c", str(site.conf),
                           "--json", *words], capture_output=True, text=True, env=dict(os.environ, BRIDGE_NOW=f"@{site.clock.path}"))
    seconds = time.monotonic() - start
    if done.returncode not in codes:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}\n{done.stderr[-2000:]}")
    return seconds, int((site.folder / "peak").read_text().split()[-1]) / 1024, json.loads(done.stdout)["tables"]


def read_portal(site):
    """(seconds, numbers) of fetching the portal's whole list, without looking into it but for where it goes on."""
    trust = ssl.create_default_context(cafile=site.folder / "portal/ca.pem")
    token = base64.b64encode(f"bridge:{(site.folder / 'portal/password').read_text().strip()}".encode()).decode()
    start, after, more, n = time.monotonic(), "", True, 0
    while more:
        request = urllib.request.Request(site.portal.url, IDS.format(after=after).encode(), {
            "Content-Type": "text/xml", "Authorization": f"Basic {token}", "SOAPAction": '"urn:up:igrs:grievance:1/ListIds"'})
        page = urllib.request.urlopen(request, context=trust).read().decode()
        codes = re.findall(r"Code>(\d{14})<", page)
        after, more, n = codes[-1], 'more="true"' in page, n + len(codes)
    return time.monotonic() - start, n


def read_police(planted):
    start = time.monotonic()
    rows = planted.rows(LIST.replace("CHANGED_ON", "COALESCE(RECORD_UPDATED_ON, RECORD_CREATED_ON)") if planted.pgsql else LIST)
    return time.monotonic() - start, len(rows)


def lines(found):
    return sorted((row["what"], row["reason"], row["number"]) for row in found["differences"])


def measure(folder, pg, n, kind="mariadb"):
    """0 when what was planted is what was found."""
    (folder / f"planted{n}").mkdir()
    server = MariaDB(folder / "mariadb") if kind == "mariadb" else pg
    site = Site(folder / f"planted{n}", pg, f"planted{n}")
    try:
        site("schema", "apply", code=0)
        planted = Planted(site, (OnMariaDB if kind == "mariadb" else OnPostgres)(server, f"planted_police{n}"), n)
        planted.fill()
        first, _, _ = timed(site, "sync")
        alike, peak, found = timed(site, "reconcile", "--list")
        lists, listed = (sum(pair) for pair in zip(read_portal(site), read_police(planted)))
        if listed != 2 * n:
            raise SystemExit(f"the lists have {listed} numbers, not twice {n}")
        print(f"{n:>7} complaints on three sides ({kind}), read by sync in {first:.1f} s; reconcile {alike:.1f} s, peak {peak:.1f} MiB;"
              f" the lists alone {lists:.1f} s: {alike / lists:.2f} times", flush=True)
        wrong = lines(found) != []
        planted.plant()
        seconds, peak, found = timed(site, "reconcile", "--list", codes=(4,))
        for line in sorted(set(lines(found)) ^ set(planted.expected)):
            print("    " + ("not planted: " if line in lines(found) else "not found: ") + ", ".join(line))
        wrong = wrong or lines(found) != sorted(planted.expected)
        print(f"{n:>7} with {len(planted.expected)} differences planted: reconcile {seconds:.1f} s, peak {peak:.1f} MiB, finds"
              f" {len(found['differences'])}, {found['reconciled'][0]['unexplained']} unexplained of {planted.unexplained()}", flush=True)
        planted.restore()
        timed(site, "sync")
        seconds, _, found = timed(site, "reconcile", "--list")
        print(f"{n:>7} restored: reconcile {seconds:.1f} s, finds {len(found['differences'])}", flush=True)
        return int(wrong or bool(found["differences"]))
    finally:
        site.stop()
        if server is not pg:
            server.stop()


def main():
    with tempfile.TemporaryDirectory(prefix="bridge-planted-") as folder:
        folder = Path(folder)
        folder.chmod(0o755)
        pg = Postgres(folder / "pg")
        try:
            return measure(folder, pg, int(sys.argv[1]) if len(sys.argv) > 1 else 100000, *sys.argv[2:3])
        finally:
            pg.stop()


if __name__ == "__main__":
    sys.exit(main())
