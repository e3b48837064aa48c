#!/usr/bin/python3
"""How much the harness sees: mistakes are built into the program one at a time (bugs.py), and each must be caught by the families
or by a named law. Works in copies of the tree, two at a time, so the tree itself is never touched.

    tests/torture/power.py [--bug NAME ...] [--jobs 2] [--seed N] [--keep] [--check]

Ends with 0 when every bug was caught, 1 when one was not, or when its text is no longer in the tree (--check: that alone).
"""
import argparse
import importlib
import json
import os
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

import bugs  # noqa: E402
import families  # noqa: E402

PARTS = ("Makefile", "bridge.conf", "bridge", "adapters", "include", "sql", "mappings", "tests")
MOST = 40                 # points of one try, unless the bug says otherwise


# ---------------------------------------------------------------- edits

def edited(root, bug):
    """The files of a bug with its replacements made: {path: text}. ValueError when one no longer applies."""
    texts = {}
    for name, old, new in bug.edits:
        path = Path(root) / name
        text = texts.get(path) or path.read_text(encoding="utf-8")
        found = text.count(old)
        if found != 1:
            raise ValueError(f"bug {bug.name}: its text stands {found} times in {name}, not once: {old.splitlines()[0].strip()!r}")
        texts[path] = text.replace(old, new)
    return texts


class Applied:
    """The bug stands in the tree as long as this is open."""

    def __init__(self, root, bug):
        self.new = edited(root, bug)
        self.old = {path: path.read_text(encoding="utf-8") for path in self.new}

    def __enter__(self):
        for path, text in self.new.items():
            path.write_text(text, encoding="utf-8")

    def __exit__(self, *_):
        for path, text in self.old.items():
            path.write_text(text, encoding="utf-8")


def make(root, *targets, jobs=1):
    """Builds in a copy; warnings are allowed there: a mistake may leave something unused."""
    done = subprocess.run(["make", "-C", str(root), "B=build", "CC=" + ("ccache gcc" if shutil.which("ccache") else "gcc"), "WARN=-w",
                           f"-j{jobs}", "--no-print-directory", *targets], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"make {' '.join(targets)}: {done.stderr[-2000:]}")


def copy_tree(to):
    to.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, to / part, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
        else:
            shutil.copy2(source, to / part)


# ---------------------------------------------------------------- one worker: a copy, its world, bug after bug

class Bench:
    """In a copy of the tree: the world that was prepared by the sound program, and what is tried on each bug."""

    def __init__(self, folder, name, seed):
        from servers import Postgres
        from world import World
        self.seed = seed
        self.sound = ROOT / "build" / "sound"
        shutil.copy2(ROOT / "build" / "cctns-bridge", self.sound)
        self.pg = Postgres(folder / "pg")
        self.world = World(folder / name, self.pg, name, program=self.sound)
        self.world.sound = self.sound
        self.world.wanted = [attempt.pattern for bug in bugs.BUGS for attempt in bug.tries if attempt.family == "moving"]
        self.world.prepare()
        self.modules, self.laws = {}, {}

    def stop(self):
        for family in self.modules.values():
            if hasattr(family, "finish"):
                family.finish(self.world)
        self.world.stop()
        self.pg.stop()

    def family(self, name):
        """A family by the name of its module; set up by the sound program."""
        if name not in self.modules:
            try:
                self.modules[name] = families.by_name(name)
            except KeyError:                                # not one of the sweep
                self.modules[name] = importlib.import_module(name)
            if hasattr(self.modules[name], "setup"):
                self.world.program = self.sound
                self.world.reset()
                self.modules[name].setup(self.world)
        return self.modules[name]

    def is_there(self, attempt):
        """Whether there is such a family; it looks at the sound program and its statements now, before the mistake is built in."""
        if not attempt.law and not (HERE / f"{attempt.family}.py").exists():
            return False
        if not attempt.law:
            self.family(attempt.family)
        return True

    def play(self, family, point):
        from world import judge
        self.world.reset()
        outcome = family.play(self.world, point)
        if hasattr(family, "judge"):
            return family.judge(self.world, outcome, point)
        return judge(self.world, outcome, family.CODES)

    def try_one(self, attempt):
        """(points tried, the point that caught it or None, what was seen)"""
        if attempt.law:
            faults = LAWS[attempt.law](self, ROOT / "build" / "cctns-bridge")
            return 1, attempt.law if faults else None, faults
        family = self.family(attempt.family)
        self.world.program = ROOT / "build" / "cctns-bridge"
        self.world.reset()
        rng = random.Random(self.seed)
        points = [p for p in family.points(self.world, None, rng) if re.search(attempt.pattern, str(p))]
        if attempt.spread:
            rng.shuffle(points)
        for n, point in enumerate(points[:attempt.most or MOST], 1):
            faults = self.play(family, point)
            if faults:
                return n, point, faults
        return min(len(points), attempt.most or MOST), None, []

    def sound_fails(self, attempt, point):
        """A catch proves nothing where the sound program fails as well."""
        if attempt.law:
            if attempt.law not in self.laws:
                make(ROOT, "all")
                self.laws[attempt.law] = LAWS[attempt.law](self, self.sound)
            return self.laws[attempt.law]
        self.world.program = self.sound
        return self.play(self.family(attempt.family), point)

    def run(self, bug):
        begun, points, where, point, faults = time.monotonic(), 0, None, None, []
        try:
            tries = [attempt for attempt in bug.tries if self.is_there(attempt)]
            with Applied(ROOT, bug):
                make(ROOT, "all")
                for attempt in tries:
                    n, point, faults = self.try_one(attempt)
                    points += n
                    if point is not None:
                        break
            if point is not None:
                where = f"law {attempt.law}" if attempt.law else f"{self.family(attempt.family).NAME} {point}"
                too = self.sound_fails(attempt, point)
                if too:
                    where, faults = None, ["the sound program fails there too: " + too[0]]
        except Exception as e:                              # the harness itself: no catch, and said
            where, faults = None, [f"{type(e).__name__}: {e}"]
        return {"bug": bug.name, "caught": where, "points": points, "seconds": time.monotonic() - begun,
                "faults": [f[:400] for f in faults[:4]]}


def complaint_of(done):
    """The end of what a program said, when it failed."""
    return [] if done.returncode == 0 else [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-3:] or ["failed"]


def law_cursor(bench, _):
    make(ROOT, "build/tests/test_cursor_law")
    return complaint_of(subprocess.run([ROOT / "build/tests/test_cursor_law"], capture_output=True, text=True, timeout=300, cwd=ROOT,
                                       env=dict(os.environ, **bugs.CURSOR_LAW_SMALL)))


def law_outbox(bench, _):
    make(ROOT, "build/tests/test_delivery")
    return complaint_of(subprocess.run([ROOT / "build/tests/test_delivery"], capture_output=True, text=True, timeout=300, cwd=ROOT))


def law_pushers(bench, program):
    return complaint_of(subprocess.run(["/usr/bin/python3", HERE / "pushers.py", *bugs.PUSHERS_SMALL], capture_output=True, text=True,
                                       timeout=300, env=dict(os.environ, BRIDGE_BINARY=str(program), BRIDGE_TREE=str(ROOT))))


def law_durable(bench, program):
    import durable
    bench.world.program = program
    bench.world.reset()
    return durable.faults(bench.world)


LAWS = {"cursor": law_cursor, "outbox": law_outbox, "pushers": law_pushers, "durable": law_durable}


def worker(arguments):
    """Reads names of bugs from stdin, writes one line of JSON for each."""
    import world  # noqa: F401  (its paths)
    folder = Path(arguments.worker)
    out = os.fdopen(os.dup(1), "w", buffering=1)            # what else is printed goes to stderr
    os.dup2(2, 1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    bench = Bench(folder, "power", arguments.seed)
    try:
        out.write(json.dumps({"ready": True}) + "\n")
        by_name = {bug.name: bug for bug in bugs.BUGS}
        for line in sys.stdin:
            out.write(json.dumps(bench.run(by_name[line.strip()])) + "\n")
    finally:
        bench.stop()


# ---------------------------------------------------------------- the whole

def serve(process, names, results, say):
    """Feeds one worker until nothing is left."""
    ready = process.stdout.readline()
    while ready:
        try:
            name = names.get_nowait()
        except queue.Empty:
            break
        process.stdin.write(name + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            results[name] = {"bug": name, "caught": None, "points": 0, "seconds": 0, "faults": ["its worker ended"]}
            break
        results[name] = json.loads(line)
        say(results[name])
    process.stdin.close()


def measure(chosen, arguments, say):
    base = Path(tempfile.mkdtemp(prefix="bridge-power-"))
    base.chmod(0o755)
    results, workers, threads = {}, [], []
    try:
        first = base / "tree0"
        copy_tree(first)
        make(first, "all", jobs=arguments.jobs)
        names = queue.Queue()
        for bug in chosen:
            names.put(bug.name)
        for i in range(min(arguments.jobs, len(chosen))):
            tree = base / f"tree{i}"
            if i:
                subprocess.run(["cp", "-a", first, tree], check=True)
        for i in range(min(arguments.jobs, len(chosen))):
            folder = base / f"world{i}"
            folder.mkdir()
            folder.chmod(0o755)
            log = open(base / f"log{i}", "w")
            process = subprocess.Popen(["/usr/bin/python3", base / f"tree{i}/tests/torture/power.py", "--worker", folder, "--seed",
                                        str(arguments.seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                       env={k: v for k, v in os.environ.items() if k not in ("BRIDGE_BINARY", "BRIDGE_TREE")})
            workers.append(process)
            threads.append(threading.Thread(target=serve, args=(process, names, results, say)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        for i, process in enumerate(workers):
            if process.wait(60) != 0:
                print((base / f"log{i}").read_text()[-3000:], file=sys.stderr)
    finally:
        for process in workers:
            if process.poll() is None:
                process.terminate()
                process.wait(60)
        if arguments.keep:
            print(f"kept: {base}")
        else:
            shutil.rmtree(base, ignore_errors=True)
    return results


def table(chosen, results):
    lines, width = [], max(len(bug.name) for bug in chosen)
    for bug in chosen:
        r = results.get(bug.name, {"caught": None, "points": 0, "faults": ["not tried"]})
        caught = "caught by " + r["caught"] if r["caught"] else "NOT CAUGHT"
        lines.append(f"{bug.name:{width}}  {caught:60.60}  {r['points']:4} points  {bug.says}")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bug", action="append", help="only these")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--check", action="store_true", help="only whether every replacement still applies")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return worker(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    chosen = [bug for bug in bugs.BUGS if not arguments.bug or bug.name in arguments.bug]
    stale = []
    for bug in chosen:
        try:
            edited(ROOT, bug)
        except (ValueError, OSError) as e:
            stale.append(str(e))
    for text in stale:
        print(text, file=sys.stderr)
    if stale or arguments.check:
        return 1 if stale else 0

    def say(r):
        seen = "; ".join(r["faults"][:2])[:300]
        print(f"{r['bug']}: {r['caught'] or 'NOT CAUGHT'} ({r['points']} points, {r['seconds']:.0f} s) {seen}", flush=True)

    begun = time.monotonic()
    results = measure(chosen, arguments, say)
    print("\n" + "\n".join(table(chosen, results)))
    caught = sum(1 for r in results.values() if r["caught"])
    print(f"seeded bugs: {caught} of {len(chosen)} caught in {time.monotonic() - begun:.0f} s, seed {arguments.seed}")
    return 0 if caught == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
