"""The auditor's program and the second verifier, side by side."""
import io
import os
import subprocess
from pathlib import Path

from conftest import BRIDGE
from verify_again import CannotVerify, verify

VERIFIER = BRIDGE.parent / "cctns-bridge-verify"
SEED = int(os.environ.get("VERIFY_SEED", "20"))


def run(*words, given=None):
    done = subprocess.run([str(VERIFIER), *map(str, words)], input=given, capture_output=True, timeout=120,
                          stdin=subprocess.DEVNULL if given is None else None)
    assert b"Sanitizer" not in done.stderr and b"runtime error" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def both(text, key, memory=None, notes=()):
    """(word, code), on which both verifiers agree."""
    words = [w for k in ([key] if key else []) for w in ("--key", k)] + (["--memory", memory] if memory else [])
    given = [(str(n), Path(n).read_bytes()) for n in ([memory] if memory and Path(memory).exists() else []) + list(notes)]
    code, out, err = run(*words, *[w for n in notes for w in ("--note", n)], "-", given=text)
    try:
        again = verify(io.BytesIO(text), [Path(key).read_bytes()] if key else [], given)
    except CannotVerify:
        again = None
    word = out.split("\n", 1)[0] if out else None
    assert (again is None and code == 3 and err and not out) or (word, code) == again, (word, code, again, out, err)
    return again
