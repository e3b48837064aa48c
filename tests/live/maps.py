"""A small reader of .map files for tests: which fields a system carries, in which direction, in which words."""
import csv
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

MAPPINGS = Path(__file__).resolve().parent.parent.parent / "mappings"


def logical_lines(path):
    """Lines without comments, continuations joined."""
    out = []
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = re.sub(r"(^|\s)#(\s.*)?$", "", raw) if not re.match(r'[^#]*"[^"]*#', raw) else raw
        if not line.strip():
            continue
        if raw[0] in " \t" and out:
            out[-1] += " " + line.strip()
        else:
            out.append(line.strip())
    return out


class Map:
    """lines[stream] = [field line]; codes[name] = [(ours, theirs, their text or "")]; of[stream] = the stream that holds it."""

    def __init__(self, system):
        self.system, self.lines, self.codes, self.of, self.keys, self.limits, self.calls = system, {}, {}, {}, {}, {}, {}
        kind, name = "", ""
        for line in logical_lines(MAPPINGS / f"{system}.map"):
            head = re.fullmatch(r"\[(\w[\w ]*?)(?: in (\w+) at .*)?\]", line)
            if head:
                kind, _, name = head[1].partition(" ")
                if kind == "codes":
                    self.codes[name] = []
                elif kind == "call":
                    self.calls[name] = {}
                elif kind not in ("map", "namespaces", "faults", "limits", "not"):
                    self.lines[kind] = []
                    self.of[kind] = head[2]
            elif kind in ("map", "limits"):
                key, _, value = line.partition("=")
                (self.keys if kind == "map" else self.limits)[key.strip()] = value.strip()
            elif kind == "call":
                key, _, value = line.partition("=")
                self.calls[name].setdefault(key.strip(), value.strip())
            elif kind == "codes":
                self._code(name, line)
            elif kind in self.lines:
                self._line(kind, line)

    def _code(self, name, line):
        key, _, value = (part.strip() for part in line.partition("="))
        if key == "file":
            with open(MAPPINGS / value, encoding="utf-8", newline="") as f:
                for row in csv.DictReader(f):
                    self.codes[name].append((row["canonical"], row["remote"], row.get("remote_text") or ""))
        else:
            self.codes[name].append((key, shlex.split(value)[0], ""))

    def _line(self, stream, line):
        words = shlex.split(line)
        rules = dict(word.partition("=")[::2] for word in words[4:])
        self.lines[stream].append(SimpleNamespace(field=words[0], direction=words[1], remote=words[2], kind=words[3], rules=rules))

    def inward(self, stream):
        return [line for line in self.lines.get(stream, ()) if line.direction in ("in", "both")]

    def outward(self, stream):
        return [line for line in self.lines.get(stream, ()) if line.direction in ("out", "both")]

    def carries(self, stream):
        return any(call.get("carries") == stream for call in self.calls.values())

    def words(self, line):
        """The canonical words that this line says without loss: each is the first of its word there."""
        first = {}
        for ours, theirs, text in self.codes[line.rules["codes"]]:
            first.setdefault((theirs, text), ours)
        return list(dict.fromkeys(first.values()))

    def written(self, line, word):
        """The canonical word as which this one comes back from there."""
        table = self.codes[line.rules["codes"]]
        theirs = next(((t, x) for ours, t, x in table if ours == word), None)
        return next((ours for ours, t, x in table if (t, x) == theirs), None)


def precise(line):
    """What a time's format keeps: "second", "minute" or "day"."""
    form = line.rules.get("format", "iso")
    return "second" if form == "iso" or "S" in form.replace("%S", "S") and "%S" in form else "minute" if "%M" in form else "day"
