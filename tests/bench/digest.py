#!/usr/bin/python3
"""What a comparison costs where the police system computes digests of its rows, beside its whole list: both in one run.

usage: digest.py [N]      complaints in MariaDB; 100,000 unless said. Exits 1 unless digests take less time than the list.

Timed is the whole command "reconcile" of the one system. Peak memory is the kernel's figure for the one process (GNU time).
"""
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("BRIDGE_VARIANT", "")
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/live"), str(ROOT / "tests/portals")]
import conftest  # noqa: E402
from conftest import Bridge, Clock  # noqa: E402
from servers import MariaDB, Postgres  # noqa: E402

ROWS = ("INSERT INTO t_complaint (LANG_CD, COMPLAINT_REG_NUM, STATE_CD, DISTRICT_CD, REG_YEAR, REG_DT, STATUS_CD, SUBJECT, COMPLAINT_DESC,"
        " FULL_NAME, RECEIVED_DT, MARKED_DT, RECORD_STATUS, RECORD_CREATED_ON, RECORD_CREATED_BY) SELECT 6, CONCAT('3115520',"
        " LPAD(seq, 7, '0')), 31, 31155, 2020, '2020-06-01 10:00:00' + INTERVAL seq SECOND, 1, CONCAT('विषय ', seq),"
        " REPEAT(CONCAT('शिकायत का विवरण ', seq, '. '), 20),"
        " 'परीक्षक', '2020-06-01 10:00:00', '2020-06-01 10:00:00' + INTERVAL seq SECOND, 'C', '2020-06-01 10:00:00' + INTERVAL seq SECOND,"
        " 'station' FROM seq_1_to_{n}")


class Police(Bridge):
    def __init__(self, folder, pg, server):
        super().__init__(folder, pg, "bench", Clock(folder / "clock"))
        self.secret("cctns.secret", "rehearsal")
        self.connection = f"Driver=MariaDB Unicode;Server=127.0.0.1;Port={server.port};Database=cctns;CHARSET=utf8mb4"
        self.maps = folder / "mappings"
        self.maps.mkdir()
        for entry in (ROOT / "mappings").iterdir():
            (self.maps / entry.name).symlink_to(entry)
        self.write(ROOT / "mappings")

    def write(self, mappings):
        self.conf.write_text(f"[bridge]\ndatabase = {self.conninfo}\nstate = {self.folder}\nmappings = {mappings}\nsql = {ROOT}/sql\n\n"
                             f"[system cctns]\nmapping = cctns.map\nconnection = {self.connection}\nuser = bridge\n"
                             f"password = file:cctns.secret\n")

    def list_only(self):
        """The same map without the calls that let the digests do."""
        whole = (ROOT / "mappings/cctns.map").read_text(encoding="utf-8")
        (self.maps / "cctns.map").unlink()
        (self.maps / "cctns.map").write_text(re.sub(r"(?ms)^\[call (digest|members)\].*?(?=^\[)", "", whole), encoding="utf-8")
        self.write(self.maps)

    def timed(self, *words):
        """(seconds, peak MiB, what it said)."""
        start = time.monotonic()
        done = subprocess.run(["/usr/bin/time", "-q", "-f", "%M", "-o", self.folder / "peak", str(conftest.BRIDGE), "-c", str(self.conf),
                               *words], capture_output=True, text=True, env=dict(os.environ, BRIDGE_NOW=f"@{self.clock.path}"))
        if done.returncode != 0:
            raise SystemExit(f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr[-2000:]}")
        how = re.search(r'was compared by: (.*)', done.stderr)
        return time.monotonic() - start, int((self.folder / "peak").read_text()) / 1024, how and how[1]


def best(police):
    """The quickest of three: what else the machine does only adds."""
    runs = [police.timed("reconcile") for _ in range(3)]
    return min(r[0] for r in runs), max(r[1] for r in runs), runs[-1][2]


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "police").mkdir()
        pg, server = Postgres(folder / "pg"), MariaDB(folder / "mariadb")
        try:
            server.sql("CREATE DATABASE cctns CHARACTER SET utf8mb4")
            server.sql((ROOT / "sql/cctns/mysql.sql").read_text(encoding="utf-8"), "cctns")
            server.sql(ROWS.format(n=n), "cctns")
            police = Police(folder / "police", pg, server)
            police("schema", "apply", code=0)
            police.clock.set("2020-06-20T20:00:00Z")
            print(f"pull of {n} rows {police.timed('pull', 'cctns')[0]:.1f} s", flush=True)
            digest, digest_peak, how = best(police)
            print(f"{how}: {digest:.2f} s, peak {digest_peak:.1f} MiB", flush=True)
            server.sql("UPDATE t_complaint SET STATUS_CD = 4 WHERE COMPLAINT_SRNO % 10007 = 1", "cctns")
            some, some_peak, how = police.timed("reconcile")
            print(f"{how}: {some:.2f} s, peak {some_peak:.1f} MiB", flush=True)
            police.list_only()
            whole, whole_peak, how = best(police)
            print(f"{how}: {whole:.2f} s, peak {whole_peak:.1f} MiB", flush=True)
        finally:
            server.stop()
            pg.stop()
    print(f"digests take {digest / whole:.3f} of the time of the whole list, {some / whole:.3f} where some rows differ")
    return 0 if digest < whole else 1


if __name__ == "__main__":
    sys.exit(main())
