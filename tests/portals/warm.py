"""Portals begun by a process that has their libraries already: reading spyne alone takes longer than many a test. Where warm() was called,
begin() has a copy of that process run the portal's script; else it starts it as any program. Either is spoken to as subprocess.Popen is."""
import multiprocessing
import os
import runpy
import subprocess
import sys

LIBRARIES = ["argparse", "base64", "hmac", "http.client", "logging", "secrets", "sqlite3", "subprocess", "urllib.parse", "cheroot.wsgi",
             "cheroot.ssl.builtin", "lxml.etree", "spyne", "spyne.protocol.soap", "spyne.server.wsgi", "spyne.util.xml"]
context = None


def warm():
    global context
    if context is None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(LIBRARIES)


def begin(script, *words, log, env):
    """A Python script with its words, in the root folder; what it says goes to the end of the open file log."""
    words = [str(word) for word in (script, *words)]
    if context is None:
        return subprocess.Popen(["/usr/bin/python3", *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=env)
    return Copy(words, log.name, env)


class Copy:
    def __init__(self, words, log, env):
        self.process = context.Process(target=become, args=(words, str(log), env), daemon=True)
        self.process.start()
        self.pid = self.process.pid

    @property
    def returncode(self):
        return self.process.exitcode

    def poll(self):
        return self.process.exitcode

    def wait(self, timeout=None):
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired("a portal", timeout)
        return self.process.exitcode

    def send_signal(self, sig):
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self):
        self.process.terminate()

    def kill(self):
        self.process.kill()


def become(words, log, env):
    out = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(out)
    os.environ.clear()
    os.environ.update(env)
    os.chdir("/")
    sys.argv = words
    runpy.run_path(words[0], run_name="__main__")
