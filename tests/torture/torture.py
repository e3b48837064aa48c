#!/usr/bin/python3
"""Every fault at every place, and after each: what holds at once, one ordinary night, what holds then, and the same state as if
nothing had happened.

    torture.py                        the whole sweep            --shallow N     N points of each family
    torture.py --sample               the part of make check     --family F1,F8  these families
    torture.py --seed 7               the same points again      --json FILE     every result
    torture.py --point 'F1 ["all","sendto",12]'                  one point once more, with all that was said

Lines "ok torture F1 ..." and "not ok torture F1 ...", one a family, and at the end "N survived of N".
"""
import argparse
import ctypes
import faulthandler
import json
import multiprocessing
import os
import queue
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import families
from world import ROOT, World, binary, judge

sys.path.insert(0, str(ROOT / "tests" / "live"))
from servers import Postgres  # noqa: E402

PR_SET_PDEATHSIG = 1
SAMPLE_SEED = 20240213       # make check plays the same points each time; a whole sweep draws others, and says which
SAMPLE_SECONDS = 130         # the sample in make check has three minutes, servers and worlds included
MEMORY_ROOM = 6 << 30
TASK_SECONDS = 300           # of one point, or of counting those of a family: every wait in them is shorter

SHARED = ("/etc/odbcinst.ini", "/etc/odbc.ini")      # what libraries could spoil, was the world not kept apart from it


def machine():
    return [Path(name).read_bytes() if Path(name).exists() else None for name in SHARED]


def title(family):
    return getattr(family, "TITLE", "") or " ".join(family.NAME.split()[1:])


def label(point):
    return getattr(point, "label", None) or json.dumps(point, ensure_ascii=False, separators=(",", ":"))


def memory_folder():
    """Where worlds are made over and over: in memory where there is room, else where temporary files go."""
    place = Path("/dev/shm")
    try:
        return place if shutil.disk_usage(place).free > MEMORY_ROOM and os.access(place, os.W_OK) else None
    except OSError:
        return None


class Site:
    """One worker's own PostgreSQL and world."""

    def __init__(self, number):
        self.folder = Path(tempfile.mkdtemp(prefix=f"bridge-torture-{number}-", dir=memory_folder()))
        self.folder.chmod(0o755)
        self.pg = Postgres(self.folder / "pg")
        self.world = World(self.folder / "w", self.pg, f"w{number}")
        self.ready = set()

    def family(self, family):
        """The world as this family wants it."""
        if self.world.prepared_at is None:
            self.world.prepare()
        if family not in self.ready:
            self.ready.add(family)
            if hasattr(family, "setup"):
                family.setup(self.world)
        return self.world

    def stop(self):
        ends = [lambda f=family: f.finish(self.world) for family in self.ready if hasattr(family, "finish")]
        for end in (*ends, self.world.stop, self.pg.stop, lambda: shutil.rmtree(self.folder, ignore_errors=True)):
            try:
                end()
            except Exception:                                   # the others are ended all the same
                traceback.print_exc()


def play(site, family, point):
    """One point: (word, faults, outcome). Words: survived, missed (the run ended before the fault), hung, failed."""
    world = site.family(family)
    world.reset()
    outcome = family.play(world, point)
    happened = not hasattr(family, "happened") or family.happened(world, outcome, point)
    if hasattr(family, "judge"):
        faults = family.judge(world, outcome, point)
    else:
        faults = judge(world, outcome, family.CODES)
    if any("hung" in fault for fault in faults):
        return "hung", faults, outcome
    return ("failed" if faults else "survived" if happened else "missed"), faults, outcome


def worker(number, tasks, results):
    """Takes (family, None, how) to count points, (family, point, None) to play one; until None comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    faulthandler.register(signal.SIGUSR1)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)       # no servers are left behind
    site = None
    try:
        site = Site(number)
        while (task := tasks.get()) is not None:
            name, point, how = task
            results.put(("begun", number, name, point))
            family, begun = families.load()[name], time.monotonic()
            try:
                if how is not None:
                    found = family.points(site.family(family), how[0], random.Random(f"{how[1]} {name}"))
                    results.put(("points", name, found))
                    continue
                word, faults, outcome = play(site, family, point)
                results.put(("played", name, point, word, faults, outcome.code, time.monotonic() - begun))
            except Exception:                                   # the harness itself went wrong: that is a failure too
                text = traceback.format_exc()
                results.put(("played", name, point, "failed", ["the harness: " + text.strip().splitlines()[-1], text], None,
                             time.monotonic() - begun))
                site.stop()
                site = Site(number)
            finally:
                results.put(("ended", number))
    except Exception:
        results.put(("broken", traceback.format_exc()))
    finally:
        if site:
            site.stop()


class Crowd:
    """The workers, their tasks and what they found. A worker that does not come back from a task says where it stands, and is
    replaced; the task hung."""

    def __init__(self, size):
        self.context = multiprocessing.get_context("fork")
        self.tasks, self.results = self.context.Queue(), self.context.Queue()
        self.workers, self.at = [], {}                          # at: worker -> (family, point, since when)
        for number in range(size):
            self.begin(number)

    def begin(self, number):
        process = self.context.Process(target=worker, args=(number, self.tasks, self.results))
        self.workers[number:number + 1] = [process]
        process.start()

    def result(self):
        while True:
            try:
                said = self.results.get(timeout=5)
            except queue.Empty:
                said = self.late()
                if not said:
                    continue
            if said[0] == "broken":
                raise RuntimeError(f"a worker cannot work:\n{said[1]}")
            if said[0] == "begun":
                self.at[said[1]] = (said[2], said[3], time.monotonic())
            elif said[0] == "ended":
                self.at.pop(said[1], None)
            else:
                return said

    def late(self):
        """What there is to say of a worker that is gone, or does not come back."""
        for number, (name, point, since) in list(self.at.items()):
            process = self.workers[number]
            here = process.is_alive()
            if here and time.monotonic() - since < TASK_SECONDS:
                continue
            if here:
                os.kill(process.pid, signal.SIGUSR1)            # it writes where it stands
                time.sleep(1)
                end(process)
            del self.at[number]
            self.begin(number)
            said = "did not come back" if here else f"ended with {process.exitcode}"
            return "played", name, point or "points", "hung", [f"a worker of the harness {said}"], None, time.monotonic() - since
        if not any(process.is_alive() for process in self.workers):
            raise RuntimeError("every worker ended")
        return None

    def stop(self):
        while True:                                             # nothing more is begun
            try:
                self.tasks.get_nowait()
            except queue.Empty:
                break
        for _ in self.workers:
            self.tasks.put(None)
        for process in self.workers:
            process.join(120)
            end(process)


def end(process):
    """By a signal that lets it stop its servers, and by one that does not."""
    for ask in (process.terminate, process.kill):
        if process.is_alive():
            ask()
            process.join(60)


def how_many(args, family):
    if args.sample:
        return getattr(family, "SAMPLE", 6)
    return args.shallow if args.shallow else None if args.all else getattr(family, "WHOLE", None)


def sweep(args, chosen, crowd):
    """All points of the chosen families over the workers: [(family, label, word, faults, code, seconds)]."""
    begun, results = time.monotonic(), []
    for name, family in chosen.items():
        crowd.tasks.put((name, None, (how_many(args, family), args.seed)))
    counted, points = 0, []
    while counted < len(chosen):
        said = crowd.result()
        counted += 1
        if said[0] == "points":
            points += [(said[1], point) for point in said[2]]
            print(f"# {said[1]}: {len(said[2])} points", flush=True)
        else:
            results.append((said[1], "points", *said[3:]))
    # all families side by side, so that what is cut off at the end of the time is a little of each
    place = {}
    order = sorted(points, key=lambda item: rank(item, place, points))
    todo = iter(order)
    running = 0

    def feed():
        nonlocal running
        late = args.sample and time.monotonic() - begun > SAMPLE_SECONDS
        task = None if late else next(todo, None)
        if task is not None:
            crowd.tasks.put((task[0], task[1], None))
            running += 1

    for _ in range(2 * len(crowd.workers)):
        feed()
    last = time.monotonic()
    while running:
        _, name, point, word, faults, code, seconds = crowd.result()
        running -= 1
        results.append((name, label(point), word, faults, code, seconds))
        if word not in ("survived", "missed"):
            print(f"# {word}: {name} {label(point)}: exit {code}: {'; '.join(faults[:3])[:600]}", flush=True)
        feed()
        if time.monotonic() - last > 30:
            last = time.monotonic()
            print(f"# {len(results)} of {len(order)} after {last - begun:.0f} s", flush=True)
    left = sum(1 for _ in todo)
    if left:
        print(f"# {left} points were not played: the time of the sample was over")
    return results


def rank(item, place, points):
    """Where a point stands in its family, from 0 to 1: the first of every family come first."""
    if not place:
        total = {}
        for name, _ in points:
            total[name] = total.get(name, 0) + 1
        seen = {}
        for name, point in points:
            seen[name] = seen.get(name, 0) + 1
            place[name, label(point)] = (seen[name] - 1) / total[name]
    return place[item[0], label(item[1])]


def table(chosen, results):
    """The lines of the table, and the TAP lines; how many survived, how many were played."""
    rows, taps, good, played = [], [], 0, 0
    for number, (name, family) in enumerate(chosen.items(), 1):
        mine = [r for r in results if r[0] == name]
        count = {word: sum(1 for r in mine if r[2] == word) for word in ("survived", "missed", "hung", "failed")}
        injected = len(mine) - count["missed"]
        good, played = good + count["survived"], played + injected
        rows.append((name, title(family), f"{count['survived']}/{injected}", str(count["hung"]), str(count["failed"]),
                     str(count["missed"])))
        fine = injected and count["survived"] == injected
        taps.append(f"{'ok' if fine else 'not ok'} torture {name} {title(family)}: {count['survived']} survived of {injected}")
    head = ("family", "", "survived/injected", "hung", "wrong", "not met")
    width = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width[i]) if i < 2 else cell.rjust(width[i]) for i, cell in enumerate(row)) for row in [head, *rows]]
    return lines, [f"1..{len(taps)}", *taps], good, played


def one(args, chosen):
    """A point once more, with everything that it said."""
    name, _, text = args.point.partition(" ")
    family, site = chosen[name], Site(0)
    try:
        if text[:1] in "[\"{":
            point = json.loads(text)
            point = tuple(point) if isinstance(point, list) else point
        else:
            points = family.points(site.family(family), None, random.Random(f"{args.seed} {name}"))
            point = next(p for p in points if label(p) == text)
        word, faults, outcome = play(site, family, point)
        print(outcome)
        print("\n".join([f"{word}: {name} {label(point)}", *faults]))
        return 0 if word == "survived" else 1
    finally:
        site.stop()


def main():
    words = argparse.ArgumentParser(description="every fault at every place")
    words.add_argument("--sample", action="store_true", help="the part that make check plays, under three minutes")
    words.add_argument("--shallow", type=int, help="at most so many points of each family")
    words.add_argument("--all", action="store_true", help="every point, also those after which nothing can be other")
    words.add_argument("--seed", type=int, help="draws the same points again")
    words.add_argument("--family", help="F1,F8: these alone")
    words.add_argument("--jobs", type=int, default=3, help="worlds side by side (3)")
    words.add_argument("--json", type=Path)
    words.add_argument("--point", help="FAMILY and a point, as a failure names it")
    args = words.parse_args()
    if args.seed is None:
        args.seed = SAMPLE_SEED if args.sample else int.from_bytes(os.urandom(3), "big")
    every = families.load()
    asked = args.family.split(",") if args.family else list(every)
    unknown = [name for name in asked if name not in every]
    if unknown:
        words.error(f"no family {', '.join(unknown)}; there are {', '.join(every)}")
    chosen = {name: every[name] for name in every if name in asked}
    if not binary().exists():
        words.error(f"{binary()} is not there: make all")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if args.point:
        return one(args, every)
    begun = time.monotonic()
    print(f"# seed {args.seed}", flush=True)
    shared = machine()
    crowd = Crowd(args.jobs)
    try:
        results = sweep(args, chosen, crowd)
    finally:
        crowd.stop()
    if machine() != shared:
        said = f"a file that the whole machine shares was changed: {', '.join(SHARED)}"
        results.append((next(iter(chosen)), "the machine", "failed", [said], None, 0))
    lines, taps, good, played = table(chosen, results)
    if args.json:
        args.json.write_text(json.dumps({"seed": args.seed, "results": [
            dict(zip(("family", "point", "word", "faults", "code", "seconds"), r)) for r in results]}, ensure_ascii=False, indent=1))
    print("\n".join(["", *lines, "", *taps]))
    for name, point, word, faults, code, _ in results:
        if word not in ("survived", "missed"):
            print(f"\n{word}: torture.py --point '{name} {point}'   (seed {args.seed}, exit {code})")
            print("\n".join("    " + fault for fault in faults[:6]))
    print(f"\nseed {args.seed}, {time.monotonic() - begun:.0f} s\n{good} survived of {played}")
    return 0 if played and good == played and all(line.startswith(("ok", "1..")) for line in taps) else 1


if __name__ == "__main__":
    sys.exit(main())
