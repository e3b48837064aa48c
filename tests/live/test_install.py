"""make install into an empty folder: everything in its place, and the installed program works from there; plug-ins."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT

PLUGIN = ROOT / "tests/fixtures/plugin"


def run(*argv, **more):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300, **more)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """What "make install" makes of the plain build. A umask of a careful administrator changes nothing."""
    folder = tmp_path_factory.mktemp("install")
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    own = os.environ.get("BRIDGE_BINARY")
    done = run("make", "install", f"DESTDIR={folder}", "prefix=/usr", *([f"B={Path(own).parent}"] if own else []), cwd=ROOT,
               env=env, umask=0o077)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def etc(root, tmp_path):
    """bridge.conf as installed, where a test may write beside it."""
    shutil.copytree(root / "etc/cctns-bridge", tmp_path / "etc")
    return tmp_path / "etc"


def program(root, *words, **more):
    env = {k: v for k, v in os.environ.items() if k != "BRIDGE_NOW"}
    return run(root / "usr/bin/cctns-bridge", *words, env=dict(env, NO_COLOR="1"), cwd="/", **more)


def names(folder, pattern):
    return {str(p.relative_to(folder)) for p in folder.glob(pattern) if p.is_file()}


def test_everything_is_in_its_place(root):
    share = root / "usr/share/cctns-bridge"
    for tree in ("mappings", "sql"):
        assert names(share / tree, "**/*") == names(ROOT / tree, "**/*")
    for below in ("probe", "queries", "cctns"):
        assert names(share / "sql" / below, "*.sql")
    assert names(root / "usr/include/cctns-bridge", "*") == names(ROOT / "include", "*.h")
    assert names(root / "lib/systemd/system", "*") == {"cctns-bridge.service", "cctns-bridge-sync.service", "cctns-bridge-sync.timer"}
    assert "cctns-bridge.conf" not in names(root / "etc", "**/*")
    assert names(root / "etc", "**/*") == {"cctns-bridge/bridge.conf", "cron.d/cctns-bridge"}
    doc = root / "usr/share/doc/cctns-bridge"
    assert (doc / "README.md").read_text().startswith("# cctns-bridge")
    assert (doc / "mappings/README.md").read_text().startswith("# Maps")
    assert names(root / "usr/bin", "*") == {"cctns-bridge", "cctns-bridge-verify"}
    assert {p.stat().st_mode & 0o777 for p in (root / "usr/bin").iterdir()} == {0o755}
    for path in [*share.glob("**/*"), *doc.glob("**/*"), root / "etc/cctns-bridge/bridge.conf"]:
        assert path.stat().st_mode & 0o044 == 0o044, f"{path}: the service's user cannot read it"


def test_a_second_install_leaves_the_conf_of_the_site(root):
    conf = root / "etc/cctns-bridge/bridge.conf"
    text = conf.read_text()
    try:
        conf.write_text("# the site's own\n")
        env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        own = os.environ.get("BRIDGE_BINARY")
        assert run("make", "install", f"DESTDIR={root}", *([f"B={Path(own).parent}"] if own else []), cwd=ROOT, env=env).returncode == 0
        assert conf.read_text() == "# the site's own\n"
    finally:
        conf.write_text(text)


def test_the_installed_program_answers(root):
    done = program(root, "help")
    assert done.returncode == 0 and "usage: cctns-bridge" in done.stdout
    done = program(root, "map", "check", root / "usr/share/cctns-bridge/mappings/igrs.map")
    assert done.returncode == 0 and ": good:" in done.stdout, done.stdout + done.stderr


def test_the_example_conf_says_what_is_missing(root, etc):
    # the secrets first: a person must act
    done = program(root, "-c", etc / "bridge.conf", "check")
    assert done.returncode == 1, done.stdout + done.stderr
    for name in ("igrs.password", "cctns.password"):
        assert re.search(rf"could not open the file of a secret: No such file or directory .*{name}", done.stderr), done.stderr
    # then peers that cannot be reached: run again
    for name in ("igrs.password", "cctns.password"):
        (etc / name).write_text("none\n")
        (etc / name).chmod(0o600)
    text = (etc / "bridge.conf").read_text()
    (etc / "bridge.conf").write_text(re.sub(r"^database = \S+", f"database = host={etc}", text, flags=re.M))
    done = program(root, "-c", etc / "bridge.conf", "check")
    assert done.returncode == 75, done.stdout + done.stderr
    assert re.search(r"system=igrs .*host name was not found", done.stderr), done.stderr
    assert re.search(r"system=cctns .*could not connect", done.stderr), done.stderr
    assert re.search(r"staging database: .*No such file or directory", done.stderr), done.stderr
    assert re.search(r"^igrs +act +action +\d+ +A ", done.stdout, re.M), done.stdout


def test_systemd_takes_the_units(root, tmp_path):
    units = []
    for unit in sorted((root / "lib/systemd/system").iterdir()):
        copy = tmp_path / unit.name
        copy.write_text(unit.read_text().replace("ExecStart=/usr/bin/", f"ExecStart={root}/usr/bin/"))
        units.append(copy)
    done = run("systemd-analyze", "verify", "--man=no", *units)
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stderr.splitlines() if "cctns-bridge" in line]
    assert said == []
    assert run("systemd-analyze", "calendar", "*-*-* 01:30:00 Asia/Kolkata").returncode == 0


def build_plugin(root, folder, *flags):
    made = folder / "lines.so"
    done = run("gcc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC", *flags, "-o", made,
               "-I", root / "usr/include/cctns-bridge", PLUGIN / "lines.c", cwd=folder)
    assert done.returncode == 0, done.stderr
    return made


def desk_conf(etc, root, database="host=/nowhere dbname=x"):
    maps = etc / "mappings"
    shutil.copytree(root / "usr/share/cctns-bridge/mappings", maps)
    shutil.copy(PLUGIN / "desk.map", maps)
    conf = etc / "bridge.conf"
    conf.write_text(f"[bridge]\ndatabase = {database}\nstate = {etc}\n"
                    "[system desk]\nmapping = desk.map\nplugin = lines.so\nfile = lines.txt\n")
    at = "09/06/2020 10:00"
    (etc / "lines.txt").write_text("".join("\t".join(fields) + "\n" for fields in (
        ("D/1", "परीक्षक एक", "Kannauj", "शिकायत", at, at, at, "with police"),
        ("D/2", "परीक्षक दो", "Kannauj", "शिकायत", at, at, at, "with nobody"))))
    return conf


def test_a_plug_in_from_the_installed_headers_is_a_kind(root, etc, pg):
    conf = desk_conf(etc, root, pg.create("plugin_desk"))
    build_plugin(root, etc)
    assert program(root, "-c", conf, "schema", "apply").returncode == 0
    done = program(root, "-c", conf, "check", "desk")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^desk +portal +lines +ok +lines of a vendor, ABI \d+$", done.stdout, re.M), done.stdout
    done = program(root, "-c", conf, "pull", "desk")
    assert done.returncode == 3, done.stdout + done.stderr      # the second record's word stands in no table
    assert pg.sql("SELECT number, complainant, unit FROM bridge.complaint", pg.conninfo("plugin_desk")) \
        == [["D/1", "परीक्षक एक", "UP-155"]]
    # its options are as strict as those of a kind that is built in
    conf.write_text(conf.read_text().replace("file = lines.txt", "fiel = lines.txt"))
    done = program(root, "-c", conf, "check", "desk")
    assert done.returncode == 5
    assert re.search(r"bridge\.conf:\d+: .*\"fiel\".*did you mean \"file\"", done.stdout + done.stderr), done.stdout + done.stderr


@pytest.mark.parametrize("flags, words", [
    (["-DBUILT_FOR=0"], r"was built for ABI 0, this program has \d+"),
    (["-DBUILT_FOR=ADAPTER_ABI+1"], r"was built for ABI (\d+), this program has (\d+)"),
    (["-Dadapter_plugin=adapter_other"], r"exports no adapter_plugin"),
    (None, r"could not load the plug-in: .*No such file"),
])
def test_a_plug_in_that_does_not_fit_is_refused(root, etc, flags, words):
    conf = desk_conf(etc, root)
    if flags is not None:
        build_plugin(root, etc, *flags)
    line = conf.read_text().splitlines().index("plugin = lines.so") + 1
    done = program(root, "-c", conf, "check")
    assert done.returncode == 5, done.stdout + done.stderr
    assert re.search(rf"^{re.escape(str(conf))}:{line}: .*{words}", done.stdout + done.stderr, re.M), done.stdout + done.stderr
