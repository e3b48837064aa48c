"""Law: what the content store names is on the disk before its name is, and its name before staging speaks of it. Seen in the order of
the system calls of one night; no crash of a machine can be played here."""
import re

LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
CALLS = "openat,write,fsync,fdatasync,renameat,renameat2,close,sendto"


def faults(world):
    log = world.folder / "durable.log"
    world.run("sync", wrap=("strace", "-f", "-qq", "-s", "200", "-y", "-e", f"trace={CALLS}", "-o", str(log)))
    out = judge_lines(log.read_text(errors="replace").splitlines())
    log.unlink()
    return out


def judge_lines(lines):
    dirty, named, out, names = {}, {}, [], 0
    for line in lines:
        found = LINE.match(line)
        if not found or int(found.group(3)) < 0:
            continue
        call, arguments = found.group(1), found.group(2)
        place = re.match(r"(\d+)<([^>]*)>", arguments)
        path = place.group(2) if place else ""
        if call == "write" and "/contents/tmp/" in path:
            dirty[path.rsplit("/", 1)[1]] = True
        elif call in ("fsync", "fdatasync"):
            dirty.pop(path.rsplit("/", 1)[-1], None)
            for name in [name for name, folder in named.items() if path == folder]:
                del named[name]
        elif call.startswith("renameat") and "/contents/" in arguments:
            places, words = re.findall(r"<([^>]*)>", arguments), re.findall(r'"([^"]*)"', arguments)
            names += 1
            if words[0] in dirty:
                out.append(f"{words[1][:12]} was given its name before it was durable")
            named[words[1]] = places[1]
        elif call == "sendto" and "COMMIT" in arguments and named:
            out += [f"staging was committed before the name {name[:12]} was durable" for name in named]
            named.clear()
    if not names:
        out.append("no content was named: the law saw nothing")
    return out
