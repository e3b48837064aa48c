#!/usr/bin/python3
"""Runs every suite and counts: the unit programs (cmocka, under ASan and UBSan), the rules of the house (tests/lint), the
live tests (pytest: real PostgreSQL, MariaDB, ODBC drivers, SOAP portals), and a sample of the torture. The last line is the
count over all. Some go at once: one more than there are processors, up to four.

usage: tests/run.py [WORD...]    only suites and tests whose name holds one of the words
"""
import os
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "tests"
UNIT_LIMIT = 300
BY_DRIVERS = ("test_odbc", "test_odbc_calls", "test_odbc_bytes")
LIVE_LIMIT = 2400
TORTURE_LIMIT = 600
PRINTING = threading.Lock()
LANES = max(2, min(4, 1 + (os.cpu_count() or 1)))      # a test waits for its servers a third of its time


def say(word, name, seconds, more=""):
    print(f"{word:7} {name} ({seconds:.1f} s){more}", flush=True)


def run(argv, log, limit, env=None):
    start = time.monotonic()
    with open(log, "wb") as out:
        try:
            code = subprocess.run(argv, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                  timeout=limit, env=env).returncode
        except subprocess.TimeoutExpired:
            out.write(f"\nhung: ended after {limit} s\n".encode())
            code = -1
    return code, Path(log).read_text(errors="replace"), time.monotonic() - start


def show(text):
    for line in text.splitlines()[-60:]:
        print("        " + line)


def unit(program):
    """A cmocka program that prints TAP; every planned test must be answered, and the program must end with 0."""
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", ASAN_OPTIONS="detect_leaks=1:abort_on_error=0",
               LSAN_OPTIONS=f"suppressions={ROOT}/tests/lint/lsan.supp:print_suppressions=0",
               UBSAN_OPTIONS="print_stacktrace=1")
    code, text, took = run([str(program)], OUT / (program.name + ".log"), UNIT_LIMIT, env)
    plan = sum(int(n) for n in re.findall(r"^1\.\.(\d+)", text, re.M))
    skipped = re.findall(r"^(?:not )?ok \d+ # SKIP.*$", text, re.M)     # cmocka writes a skip as "not ok N # SKIP"
    bad = len(re.findall(r"^not ok (?!\d+ # SKIP)", text, re.M))
    good = len(re.findall(r"^ok (?!\d+ # SKIP)", text, re.M))
    if plan == 0 or good + bad + len(skipped) < plan or (code != 0 and bad == 0):
        bad += max(1, plan - good - bad - len(skipped))
    with PRINTING:
        say("FAILED" if bad else "ok", program.name, took, f" {good} tests")
        if bad:
            show(text)
        for line in skipped:
            print("        skipped: " + line)
    return good, bad, len(skipped)


def rule(script):
    code, text, took = run([str(script)], OUT / (script.name + ".log"), UNIT_LIMIT)
    with PRINTING:
        say("FAILED" if code else "ok", script.name, took)
        if code:
            show(text)
    return (0, 1, 0) if code else (1, 0, 0)


def live(words):
    report = OUT / "live.xml"
    report.unlink(missing_ok=True)
    argv = ["/usr/bin/python3", "-m", "pytest", "-q", "-rs", "--durations=8", f"--junitxml={report}", "-p", "no:cacheprovider",
            "-n", str(LANES), "--dist", "loadfile", "tests/live"]
    if words:
        argv += ["-k", " or ".join(words)]
    start = time.monotonic()
    try:
        code = subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, timeout=LIVE_LIMIT).returncode
    except subprocess.TimeoutExpired:
        print(f"hung: the live tests were ended after {LIVE_LIMIT} s")
        return 0, 1, 0
    if code == 5 and words:
        return 0, 0, 0
    if not report.exists():
        return 0, 1, 0
    good = bad = skipped = 0
    for case in ET.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            bad += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            good += 1
    if code != 0 and bad == 0:
        bad = 1
    say("FAILED" if bad else "ok", "live", time.monotonic() - start, f" {good} tests")
    return good, bad, skipped


def torture():
    """The sample: one test for each family of faults. It prints its seed, and how to play a point again."""
    argv = ["/usr/bin/python3", "tests/torture/torture.py", "--sample"]
    code, text, took = run(argv, OUT / "torture.log", TORTURE_LIMIT)
    plan = sum(int(n) for n in re.findall(r"^1\.\.(\d+)", text, re.M))
    good, bad = (len(re.findall(f"^{word} torture ", text, re.M)) for word in ("ok", "not ok"))
    if plan == 0 or good + bad < plan or (code and not bad):
        bad += max(1, plan - good - bad)
    print(text, end="")
    say("FAILED" if bad else "ok", "torture", took, f" {good} families")
    return good, bad, 0


def main():
    words = sys.argv[1:]
    wanted = lambda p: not words or any(w in p.name for w in words)
    OUT.mkdir(parents=True, exist_ok=True)
    total = [0, 0, 0]

    def add(result):
        for i, n in enumerate(result):
            total[i] += n

    rules = [script for script in sorted((ROOT / "tests" / "lint").glob("rule_*")) if wanted(script)]
    # Those of odbc want three database servers: tests/live/test_odbc_drivers.py starts them and runs them.
    sources = sorted(p for p in (ROOT / "tests" / "unit").glob("test_*.c") if p.stem not in BY_DRIVERS)
    programs = [ROOT / "build" / "san" / "tests" / source.stem for source in sources if wanted(source)]
    with ThreadPoolExecutor(LANES) as lanes:
        for result in lanes.map(lambda p: rule(p) if p in rules else unit(p) if p.exists() else (0, 1, 0), rules + programs):
            add(result)
    add(live(words))
    if not words or "torture" in words:
        add(torture())
    tail = f", {total[2]} skipped" if total[2] else ""
    print(f"{total[0]} passed, {total[1]} failed{tail}")
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
