#!/usr/bin/python3
"""How long the auditor's program takes over many entries, and how much memory: against sha256sum of the same file, in the same run.

usage: verify.py [SMALL LARGE]     entries of two exports; 2,000 and 1,000,000 unless said

The export has a valid chain, 4 to 500 notes with totals, and is made anew each time. Seconds of processor and peak memory are the
kernel's figures for the one process (by GNU time); memory must not grow with the entries.
"""
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/live"))
from made_books import STEPS, Key, b64, escape, line  # noqa: E402
from verify_again import lp  # noqa: E402

VERIFIER = Path(os.environ.get("BRIDGE_BINARY") or ROOT / "build/cctns-bridge").parent / "cctns-bridge-verify"
ORIGIN = "cctns-bridge/00000000-0000-4000-8000-000000000002"
NIGHTS, SECONDS, MIB = 500, 10, 64


def make(path, key, entries):
    """Writes line by line: what is made may be larger than this process should be."""
    whole, lines, live = hashlib.sha256(), 0, {}
    nights = max(4, min(NIGHTS, entries // 2000))
    ends = [entries * (i + 1) // nights for i in range(nights)]
    links, night, before = [], 1, "-"
    h = hashlib.sha256(b"\0" + lp(ORIGIN.encode()) + lp(b"1")).digest()
    with open(path, "wb", 1 << 20) as out:
        def write(text):
            nonlocal lines
            whole.update(text)
            out.write(text)
            lines += text.count(b"\n")

        steps = []
        for hop, debit, credit, reason in STEPS:
            texts = b"".join(lp(t.encode()) for t in (hop, "igrs", "complaint", "UP-LKO-01", debit, credit))
            steps.append((texts, lp(1) + lp(reason.encode()), f"{hop}\tigrs\tcomplaint\tUP-LKO-01\t{debit}\t{credit}\t1\t{escape(reason)}",
                          hop, debit, credit, reason))
        write(line("cctns-bridge-ledger", 1, ORIGIN))
        for seq in range(1, entries + 1):
            texts, tail, shown, hop, debit, credit, reason = steps[seq % len(steps)]
            evidence, at = hashlib.sha256(h).digest(), 1_600_000_000_000_000 + seq
            h = hashlib.sha256(b"\1" + h + lp(seq) + lp(seq + 5) + lp(night) + texts + tail + lp(evidence) + lp(at)).digest()
            write(f"e\t{seq}\t{seq + 5}\t{night}\t{shown}\t{evidence.hex()}\t{at}\t{h.hex()}\n".encode())
            if hop == "push":
                live[debit], live[credit] = live.get(debit, 0) - 1, live.get(credit, 0) + 1
            elif (credit, reason) == ("staged", "new"):
                live["staged:complaint"] = live.get("staged:complaint", 0) + 1
            if seq == ends[night - 1]:
                links.append((seq, h))
                night += 1
        totals = []
        for night in range(1, nights + 1):
            rows = b"".join(line("t", night, side, "igrs", "UP-LKO-01", "OPEN", "", "2026-01-01", 1, "00" * 32)
                            for side in ("police", "portal", "staging"))
            totals.append(b64(hashlib.sha256(rows).digest()))
            write(rows)
        for night, (size, link) in enumerate(links, 1):
            note = key.sign(f"{ORIGIN}\n{size}\n{b64(link)}\nrun {night} prev {before} totals {totals[night - 1]} "
                            "at 2026-01-01T20:30:00Z\n".encode())
            before = b64(hashlib.sha256(note).digest())
            write(line("n", night, size, night, b64(note)))
        for name, n in sorted(live.items()):
            if name != "plan":
                write(line("s", name, n))
        out.write(line("z", lines, whole.hexdigest()))
    return nights


def measure(*words):
    """(seconds of processor, seconds by the clock, peak KiB, what it said)"""
    with tempfile.NamedTemporaryFile("r") as facts:
        done = subprocess.run(["/usr/bin/time", "-q", "-f", "%U %S %e %M", "-o", facts.name, *map(str, words)], capture_output=True,
                              text=True)
        user, system, clock, peak = facts.read().split()[-4:]
        return float(user) + float(system), float(clock), int(peak), done.stdout


def one(folder, key, entries):
    path = folder / "export"
    nights = make(path, key, entries)
    subprocess.run(["cat", path], stdout=subprocess.DEVNULL, check=True)      # both read it from memory
    bare = measure("sha256sum", path)[0]
    seconds, clock, peak, said = measure(VERIFIER, "--key", key.file, path)
    if not said.startswith("whole\n") or f"\nentries: {entries}\n" not in said:
        raise SystemExit(f"the verifier said: {said}")
    print(f"{entries:>8} entries, {path.stat().st_size / 1e6:.1f} MB, {nights} notes: verified in {seconds:.2f} s of one processor "
          f"({seconds / max(bare, 0.01):.1f} times sha256sum; {clock:.2f} s by the clock), peak {peak / 1024:.1f} MiB", flush=True)
    path.unlink()
    return seconds, peak


def main():
    small, large = (int(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (2000, 1_000_000)
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder:
        key = Key(folder, ORIGIN)
        before, (seconds, peak) = one(Path(folder), key, small)[1], one(Path(folder), key, large)
    print(f"peak memory at {large} entries is {peak / before:.3f} of that at {small}")
    if large >= 1_000_000 and (seconds > SECONDS or peak > MIB * 1024):
        print(f"more than {SECONDS} s or {MIB} MiB")
        return 1
    return 0 if peak <= 1.10 * before else 1


if __name__ == "__main__":
    sys.exit(main())
