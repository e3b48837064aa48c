"""--json of every command: one object, valid, with a version and stable names, whatever the records hold."""
import json
import subprocess

import matters
from matters import code, grievance, nfc

TABLES = {
    ("status",): {"recover", "recovered", "systems", "cursors", "backlog", "held", "runs", "missed"},
    ("sync",): {"equations", "deliveries", "reconciled"},
    ("sync", "--dry-run"): {"would"},
    ("pull", "igrs"): {"equations"},
    ("push", "cctns"): {"equations", "deliveries"},
    ("held", "list"): {"held"},
    ("held", "show", "1"): {"held"},
    ("held", "show", "1", "--personal"): {"held"},
    ("check",): {"systems", "operations", "database"},
    ("ranking",): {"ranking"},
    ("standing",): {"standing"},
    ("standing", "--by", "level"): {"standing"},
    ("standing", "ranking"): {"ranking", "parts", "formula"},
    ("standing", "hotspots"): {"hotspots"},
    ("standing", "feedback"): {"feedback"},
    ("reconcile", "--by", "unit,status", "--list"): {"sources", "figures", "reconciled", "counts", "reasons", "lists", "differences"},
    ("reconcile", "--last"): {"sources", "figures", "reconciled", "reasons"},
    ("schema", "status"): None,
    ("probe", "cctns"): set(),
    ("probe", "igrs"): {"systems"},
}
ODD = 'संख्या "१\\२"\tक्\u200dष \U0001f6a8 \u2028 <b>&amp;'


def one_object(text):
    found, end = json.JSONDecoder().raw_decode(text)
    assert text[end:].strip() == "" and isinstance(found, dict)
    return found


def shape(found, command):
    assert found["version"] == 1 and found["command"] == command, found
    assert isinstance(found["lines"], list) and all(isinstance(line, str) for line in found["lines"])
    for name, rows in found["tables"].items():
        assert isinstance(rows, list), name
        assert len({tuple(row) for row in rows}) <= 1, f"{name}: rows of more than one shape"
    return found["tables"]


def test_every_command(site):
    site.store.add_complaints([grievance(n, subject=ODD, name=ODD, details=ODD) for n in range(1, 6)])
    site.store.spoil(code(2), "Status", 'no\u0085such "स्थिति"')
    site.store.spoil(code(3), "Details", "a\u200fb\u009fc")       # a control: refused, and held with its bytes
    site("sync", code=3)
    for words, tables in TABLES.items():
        result = site("--json", *words)
        assert result.code in (0, 3), (words, result.err)
        found = shape(one_object(result.out), " ".join(words[:2]) if words[0] == "held" else words[0])
        assert tables is None or set(found) == tables, words
    assert len(site.json("held", "list")["tables"]["held"]) == 2


def test_show_holds_any_text(site):
    site.store.add_complaints([grievance(1, subject=ODD, details=ODD)])
    site("sync", code=0)
    found = one_object(site("--json", "show", code(1), "--personal", code=0).out)
    shape(found, "show")
    texts = json.dumps(found, ensure_ascii=False)
    assert nfc('संख्या').strip() in texts and "\U0001f6a8" in texts
    assert '१\\\\२' in texts                        # the backslash, as JSON writes it


def test_types(site):
    site.store.add_complaints([grievance(n) for n in range(1, 4)])
    found = site.json("sync", code=0)["tables"]
    row = found["equations"][0]
    assert isinstance(row["offered"], int) and row["balanced"] is True
    assert found["reconciled"][0]["portal"] == 3 and found["reconciled"][0]["police"] == 3
    assert found["reconciled"][0]["counted"] is True
    site.clock.set("2020-06-11T20:00:00Z")
    site.store.fault("Count", "http", 503, times=50)
    assert "reconciled" in site.json("sync", code=75)["tables"]


def test_a_failure_is_an_object_too(site):
    good = site.conf.read_text()
    site.conf.write_text(good.replace("host=", "host=/nowhere"))
    for words in (["sync"], ["status"], ["held", "list"], ["show", "1"], ["ranking"], ["check"], ["reconcile"], ["schema", "status"]):
        result = site("--json", *words, code=75)
        assert shape(one_object(result.out), words[0]) is not None
    site.conf.write_text(good.replace("backoff = 1s", "backoff = soon"))
    assert one_object(site("--json", "sync", code=5).out)["lines"] == ["ended with exit code 5: see the log"]


def test_a_reader_that_leaves_is_no_failure(site):
    """show N | head: quiet, and the code of the command."""
    from conftest import BRIDGE
    site.store.add_complaints([grievance(n) for n in range(1, 60)])
    site("sync", code=0)
    for words in ("ranking", "status", "reconcile --list --by unit,status,day", f"show {code(1)}", "help conf", "--help",
                  f"map explain {site.portal and matters.__file__.rsplit('/tests/', 1)[0]}/mappings/igrs.map"):
        done = subprocess.run(["bash", "-c", f"'{BRIDGE}' -c '{site.conf}' {words} | true; echo ${{PIPESTATUS[0]}}"],
                              capture_output=True, text=True, env=dict(__import__("os").environ, ASAN_OPTIONS="detect_leaks=0",
                                                                       BRIDGE_NOW=f"@{site.clock.path}"))
        assert done.stdout.strip() == "0", (words, done.stdout, done.stderr)
        assert "could not write" not in done.stderr, words
    full = subprocess.run(["bash", "-c", f"'{BRIDGE}' -c '{site.conf}' help conf > /dev/full"], capture_output=True, text=True)
    assert full.returncode == 1 and "could not write to stdout" in full.stderr
