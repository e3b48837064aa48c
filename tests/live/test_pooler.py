"""A pooler before PostgreSQL takes the locks of a session away without a word: the program does not begin (bridge/link/pg.h)."""
import os
import shutil
import subprocess

import pytest

from servers import SBIN, as_user, end, free_port, give, wait_for


class Pooler:
    """PgBouncer, on a loopback port, before the server of a site."""

    def __init__(self, folder, site, **settings):
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        os.chmod(folder, 0o755)
        give(folder, "postgres")
        lines = dict(listen_addr="127.0.0.1", listen_port=self.port, unix_socket_dir="", auth_type="any", logfile=folder / "log",
                     pidfile=folder / "pid", **settings)
        conf = folder / "pgbouncer.ini"
        conf.write_text(f"[databases]\nstaging = {site.conninfo}\n[pgbouncer]\n" + "".join(f"{k} = {v}\n" for k, v in lines.items()))
        path = os.environ.get("PATH", "/usr/bin:/bin") + ":" + SBIN
        self.process = subprocess.Popen([*as_user("postgres"), shutil.which("pgbouncer", path=path), "-q", conf], cwd="/",
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: subprocess.run(["pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode == 0, "PgBouncer",
                 alive=self.process)

    conninfo = property(lambda self: f"host=127.0.0.1 port={self.port} dbname=staging user=postgres")


@pytest.fixture
def behind(site, reachable):
    """The same site, its database named by way of a pooler with these settings."""
    made, direct = [], site.conninfo

    def put(**settings):
        made.append(Pooler(reachable("pooler"), site, **settings))
        text = site.conf.read_text()
        assert direct in text
        site.conf.write_text(text.replace(f"database = {direct}", f"database = {made[-1].conninfo}"))
        return site

    yield put
    for pooler in made:
        end(pooler.process)


def refused(site, *words):
    done = site(*words)
    assert done.code == 1 and "[pg.pooler]" in done.err and "lead to PostgreSQL itself" in done.err, (words, done.err)
    return done


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_pooler_that_drops_our_settings(behind, mode):
    site = behind(pool_mode=mode, ignore_startup_parameters="options")
    for words in (("sync",), ("push", "igrs"), ("sync", "--dry-run"), ("status",), ("schema", "apply")):
        done = refused(site, *words)
        assert "is not the one that was connected to" in done.err
    assert site.one("SELECT count(*) FROM bridge.run") == "0"
    assert site.one("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0"


def test_pooler_that_refuses_our_settings(behind):
    assert "unsupported startup parameter" in refused(behind(pool_mode="transaction"), "sync").err

