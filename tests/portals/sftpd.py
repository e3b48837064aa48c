"""A private SFTP server: OpenSSH's sshd with internal-sftp alone, own host key, own port, log-in by key.

It is a process of its own (it outlives the Python that made it) and is ended by its pid. Run by root it keeps to the user
that made it; sshd must be called by its full path, for it runs itself again for each connection.
"""
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def keygen(path, kind="ed25519"):
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "rehearsal", "-f", str(path)], check=True)


class Sftpd:
    """folder: its own files (keys, log); drop: the folder that is offered, by its absolute path."""

    def __init__(self, folder, drop, port=None):
        self.folder, self.drop = Path(folder).resolve(), Path(drop).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.drop.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self.port = port or free_port()
        self.user = getpass.getuser()
        self.key = self.folder / "client"
        self.known_hosts = self.folder / "known_hosts"
        self.pid_file = self.folder / "sshd.pid"
        for name in ("host", "client"):
            if not (self.folder / name).exists():
                keygen(self.folder / name)
        authorized = self.folder / "authorized_keys"
        authorized.write_text((self.folder / "client.pub").read_text())
        authorized.chmod(0o600)
        kind, key = (self.folder / "host.pub").read_text().split()[:2]
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {kind} {key}\n")
        (self.folder / "sshd_config").write_text(f"""
ListenAddress 127.0.0.1:{self.port}
HostKey {self.folder}/host
PidFile {self.pid_file}
AuthorizedKeysFile {authorized}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
PermitRootLogin prohibit-password
AllowUsers {self.user}
Subsystem sftp internal-sftp
ForceCommand internal-sftp
AllowTcpForwarding no
X11Forwarding no
PermitTunnel no
UseDNS no
MaxStartups 100
LogLevel INFO
""")
        self.process = None
        self.start()

    def start(self):
        if os.geteuid() == 0:  # where sshd was only installed, nobody made it yet
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, start_new_session=True)
        log.close()
        end = time.monotonic() + 20
        while True:
            if self.process.poll() is not None:
                raise RuntimeError("sshd ended: " + (self.folder / "log").read_text(errors="replace")[-1000:])
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as s:
                    if s.recv(4) == b"SSH-":
                        return
            except OSError:
                pass
            if time.monotonic() > end:
                raise RuntimeError("sshd did not answer")
            time.sleep(0.05)

    @property
    def url(self):
        return f"sftp://127.0.0.1:{self.port}{self.drop}/"

    @property
    def conf(self):
        return f"url = {self.url}\nuser = {self.user}\nkey = {self.key}\nknown_hosts = {self.known_hosts}\n"

    def new_host_key(self):
        """The server comes back with another host key, as one in its place would."""
        self.stop()
        for name in ("host", "host.pub"):
            (self.folder / name).unlink()
        keygen(self.folder / "host")
        self.start()

    def connections(self):
        """Processes that serve the connections: what the listening one has made, and what those made."""
        found, above = [], [str(self.process.pid)]
        while above:
            above = subprocess.run(["ps", "-o", "pid=", "--ppid", ",".join(above)], capture_output=True, text=True).stdout.split()
            found += [int(pid) for pid in above]
        return found

    def cut(self):
        """Cuts the connections that there are; how many processes that took."""
        pids = self.connections()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return len(pids)

    def stop(self):
        """Ends the server, and the connections that it still has."""
        if not self.process or self.process.poll() is not None:
            return
        pids = self.connections()
        self.process.terminate()
        self.process.wait(20)
        for pid in pids:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass


if __name__ == "__main__":  # sftpd.py FOLDER DROP: tells port and user, and serves until its input ends
    import sys
    server = Sftpd(sys.argv[1], sys.argv[2])
    print(f"{server.url} {server.user}", flush=True)
    for word in sys.stdin:
        if word.strip() == "new-host-key":
            server.new_host_key()
            print("done", flush=True)
        elif word.strip() in ("stop", "start"):
            getattr(server, word.strip())()
            print("done", flush=True)
    server.stop()
