"""A TLS front of its own process before a plain HTTP server of this host: stunnel4, with a private CA made by openssl.

    front = TlsFront(folder, backend_port)                      # a server certificate for 127.0.0.1 and localhost
    front = TlsFront(folder, backend_port, clients=True)        # and none gets in without a certificate of the client CA
    front.url("/cms")  front.ca  front.cert  front.key  front.stop()

FOLDER takes ca.pem (whom to trust), server.pem, client-ca.pem, client.pem and client.key (what a caller shows),
stranger.pem and stranger.key (the same, of another CA), stunnel.conf, stunnel.log.
"""
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"      # not in the path of an ordinary user
CONF = """\
foreground = yes
pid =
syslog = no
debug = warning
output = {folder}/stunnel.log
sslVersionMin = TLSv1.2
[front]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{backend}
cert = {folder}/server.pem
key = {folder}/server.key
TIMEOUTclose = 0
TIMEOUTidle = 600
"""
CLIENTS = """\
CAfile = {folder}/client-ca.pem
verifyChain = yes
requireCert = yes
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, what, process=None, seconds=60):
    """Until something listens: bounded, and ends at once when the process is gone."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            pass
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{what} ended with {process.returncode} before it was ready")
        time.sleep(0.02)
    raise RuntimeError(f"{what} was not ready within {seconds} s")


def end(process, seconds=30):
    """Ends a process that we began."""
    if process is not None and process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


NEW = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "60")


def authority(folder, name, subject):
    """A CA: NAME.pem and NAME.key, made once."""
    if not (folder / f"{name}.pem").exists():
        _openssl(folder, *NEW, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={subject}",
                 "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
        (folder / f"{name}.key").chmod(0o600)


def leaf(folder, name, ca, subject, *extensions):
    """A certificate of that CA: NAME.pem and NAME.key, made once."""
    if (folder / f"{name}.pem").exists():
        return
    more = [word for e in ("basicConstraints=critical,CA:FALSE", *extensions) for word in ("-addext", e)]
    _openssl(folder, *NEW, "-keyout", f"{name}.key", "-out", f"{name}.tmp", "-subj", f"/CN={subject}",
             "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", *more)
    (folder / f"{name}.key").chmod(0o600)
    (folder / f"{name}.tmp").rename(folder / f"{name}.pem")


class TlsFront:
    def __init__(self, folder, backend_port, clients=False):
        self.folder = Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        authority(self.folder, "ca", "Rehearsal CA")
        leaf(self.folder, "server", "ca", "localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1", "extendedKeyUsage=serverAuth")
        if clients:
            for ca, name in (("client-ca", "client"), ("stranger-ca", "stranger")):
                authority(self.folder, ca, f"Rehearsal {ca}")
                leaf(self.folder, name, ca, "cctns-bridge", "extendedKeyUsage=clientAuth")
        self.ca, self.cert, self.key = (self.folder / n for n in ("ca.pem", "client.pem", "client.key"))
        self.clients = clients
        self.port = free_port()
        conf = self.folder / "stunnel.conf"
        text = CONF + (CLIENTS if clients else "")
        conf.write_text(text.format(folder=self.folder, port=self.port, backend=backend_port))
        path = os.environ.get("PATH", "/usr/bin:/bin") + ":" + SBIN
        program = shutil.which("stunnel4", path=path) or shutil.which("stunnel", path=path)
        if program is None:
            raise RuntimeError("stunnel4 is not installed")
        self.log = open(self.folder / "stunnel.out", "wb")
        self.process = subprocess.Popen([program, str(conf)], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd="/")
        wait_port(self.port, "stunnel", self.process)

    def url(self, path="/"):
        return f"https://127.0.0.1:{self.port}{path}"

    @property
    def conf(self):
        """Its lines of a [system] section, but for url."""
        lines = f"ca = {self.ca}\n"
        return lines + (f"cert = {self.cert}\nkey = {self.key}\n" if self.clients else "")

    def stop(self):
        end(self.process)
        self.log.close()
