"""README.md against the program: options of bridge.conf, commands, exit codes; and that no document names a file that is not there.

usage: /usr/bin/python3 tests/live/test_readme.py PROGRAM    writes the option tables of README.md anew, from what PROGRAM says
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- options -->\n)(.*?)(<!-- /options -->)", re.S)
# Places on a site's machine, and what building or a demo leaves; all else that looks like a file must be in the tree.
ELSEWHERE = ("/", "build/", "~/")
FOLDERS = "(?:bridge|adapters|mappings|include|sql|tests|codes|units)"
EXTENSIONS = r"(?:c|h|py|sql|map|csv|fields|wsdl|xsd|conf|md)"


def options_of(text):
    """Sections of "help conf": title, rows of (name, type, default, help)."""
    sections = []
    for line in text.splitlines()[1:]:
        row = re.fullmatch(r"  (\w+) +(text|number|yes/no|span|size|file) +(.*)", line)
        if row:
            name, kind, words = row.groups()
            words, _, default = words.partition("; default ")
            if words.endswith(" (required)"):
                words, default = words.removesuffix(" (required)"), "required"
            sections[-1][1].append((name, kind, default, words))
        elif line:
            sections.append((line, []))
    return sections


def tables(sections):
    out = ["A `span` is written `500ms 30s 10m 2h 1d`, a `size` `64k 8m`; a relative `file` counts from the folder of bridge.conf.", ""]
    for title, rows in sections:
        name, _, more = title.partition("]")
        out += [f"**`{name}]`**{more}", "", "| option | is a | default | |", "|---|---|---|---|"]
        for option, kind, default, words in rows:
            shown = default if default in ("", "required") else f"`{default}`"
            out.append(f"| `{option}` | {kind} | {shown} | {words.replace('|', '&#124;')} |")
        out.append("")
    return "\n".join(out[:-1]) + "\n"


def said(program, *words):
    return subprocess.run([str(program), *words], capture_output=True, text=True, check=True).stdout


def test_the_option_tables_are_what_the_program_says():
    from conftest import BRIDGE
    sections = options_of(said(BRIDGE, "help", "conf"))
    names = [(title.split(" ")[0], len(rows)) for title, rows in sections]
    assert names[0][0] == "[bridge]" and names[-1][0] == "[match]:" and all(n for _, n in names), names
    assert {"[system", "[job", "[cell", "[notify]:"} < {name for name, _ in names}, names
    stands = BLOCK.search(README.read_text())
    assert stands, "README.md has no block of options"
    assert stands.group(2) == tables(sections), "run: /usr/bin/python3 tests/live/test_readme.py build/cctns-bridge"


def test_every_command_and_its_words_stand_in_the_readme():
    from conftest import BRIDGE
    block = re.search(r"## Commands\n\n```\n(.*?)```", README.read_text(), re.S).group(1)
    listed = re.search(r"^commands:\n(.*?)\n\n", said(BRIDGE, "help"), re.S | re.M).group(1)
    commands = [line.split()[0] for line in listed.splitlines()]
    assert len(commands) > 10
    for command in commands:
        assert re.search(rf"(^  |, ){command}\b", block, re.M), command
        assert said(BRIDGE, "help", command).startswith(f"usage: cctns-bridge {command}")
    # and the other way: nothing is promised that is not there
    for line in block.splitlines()[1:]:
        for words in line.strip().split("  ")[0].split(", "):
            assert words.split()[0] in commands, line


def test_every_exit_code_stands_in_the_readme():
    from conftest import BRIDGE
    table = re.search(r"\| exit \|.*?\n\n", README.read_text(), re.S).group(0)
    readme = {int(n) for n in re.findall(r"^\| (\d+) \|", table, re.M)}
    header = (ROOT / "bridge/jobs/job.h").read_text()
    program = {int(n) for n in re.findall(r"^    JOB_\w+ = (\d+)", header, re.M)}
    helped = re.search(r"^exit codes:\n(.*?)\n\n", said(BRIDGE, "help"), re.S | re.M).group(1)
    helped = {int(n) for n in re.findall(r"(?:^| {2,})(\d+) ", helped, re.M)}
    assert len(program) >= 9
    assert readme == program, "README.md and job.h differ"
    assert helped == program, "\"help\" and job.h differ"


def test_no_document_names_a_file_that_is_not_there():
    missing = []
    for path in (README, ROOT / "mappings/README.md", ROOT / "bridge.conf"):
        text = path.read_text()
        named = set(re.findall(r"\]\(([^)#:]+)\)", text))
        for quoted in re.findall(r"`([^`\n]+)`", text):
            named |= {w for w in quoted.split() if re.fullmatch(rf"[\w./-]+\.{EXTENSIONS}|{FOLDERS}/[\w./-]*", w)}
        if path.name == "bridge.conf":
            named |= set(re.findall(r"^mapping *= *(\S+)", text, re.M))
        assert named, path
        places = [path.parent, ROOT, ROOT / "mappings"]
        for name in named:
            if name.startswith(ELSEWHERE) or re.search(r"(^|/)x\.", name):     # x.c, codes/x.csv: a name to be chosen
                continue
            if not any((place / name).exists() for place in places):
                missing.append(f"{path.relative_to(ROOT)} names {name}")
    assert not missing, "\n".join(missing)


if __name__ == "__main__":
    new = tables(options_of(said(sys.argv[1], "help", "conf")))
    README.write_text(BLOCK.sub(lambda m: m.group(1) + new + m.group(3), README.read_text()))
