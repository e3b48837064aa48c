"""A private mail server (aiosmtpd): STARTTLS on one port, TLS from the first byte on another, log-in demanded, messages kept.

    server = Smtpd(folder)      Smtpd(folder, limit=...): bytes of a message, told by SIZE and held to
    server.url  server.tls_url  server.conf  server.messages()  server.act("cut")  server.stop()

It is a process of its own and ends with its input. FOLDER takes ca.pem and NNNN.eml with NNNN.json (from, to, tls, user) of
each message. FOLDER/act tells what it does with the next ones:

    ""           takes them
    "answer 452 ..."   takes nothing: that is its answer to the message
    "rcpt 550 ..."     that is its answer to each receiver
    "cut"        keeps the message, and cuts the connection without an answer
    "wait"       keeps the message, and answers once "act" has changed: the file "waiting" is there meanwhile
    "plain"      offers no STARTTLS
    "most 200000"      a message of more bytes is answered with 552, though no SIZE was told
"""
import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tls_front import authority, free_port, leaf, wait_port

USER, PASSWORD = "bridge", "mail-canary-4711"


class Handler:
    def __init__(self, folder):
        self.folder = folder

    @property
    def act(self):
        return (self.folder / "act").read_text()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        if self.act == "plain":
            responses = [line for line in responses if "STARTTLS" not in line]
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        (self.folder / "mail-from").write_text(" ".join(options))
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.act.startswith("rcpt "):
            return self.act[5:]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        act = self.act
        if act.startswith("answer "):
            return act[7:]
        if act.startswith("most ") and len(envelope.original_content) > int(act[5:]):
            with open(self.folder / "too-large", "a") as note:
                note.write(f"{len(envelope.original_content)}\n")
            return "552 5.3.4 message too big"
        number = len(list(self.folder.glob("*.eml"))) + 1
        about = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None,
                 "user": session.auth_data.login.decode() if session.authenticated else None}
        (self.folder / f"{number:04}.json").write_text(json.dumps(about))
        part = self.folder / "message.part"
        part.write_bytes(envelope.original_content)
        part.rename(self.folder / f"{number:04}.eml")
        if act == "cut":
            server.transport.abort()
            return "421 gone"
        if act == "wait":
            (self.folder / "waiting").touch()
            while self.act == "wait":
                await asyncio.sleep(0.02)
            (self.folder / "waiting").unlink(missing_ok=True)
        return "250 OK: kept"


def serve(folder, port, tls_port, limit):
    import ssl

    from aiosmtpd.smtp import SMTP, AuthResult

    def context():
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(folder / "server.pem", folder / "server.key")
        return made

    def authenticate(server, session, envelope, mechanism, data):
        good = getattr(data, "login", b"").decode() == USER and getattr(data, "password", b"").decode() == PASSWORD
        return AuthResult(success=good, handled=good, auth_data=data)

    def starttls():
        return SMTP(Handler(folder), hostname="localhost", tls_context=context(), require_starttls=True, auth_required=True,
                    authenticator=authenticate, data_size_limit=limit, enable_SMTPUTF8=False)

    def implicit():
        return SMTP(Handler(folder), hostname="localhost", auth_required=True, auth_require_tls=False, authenticator=authenticate,
                    data_size_limit=limit, enable_SMTPUTF8=False)

    async def run():
        loop = asyncio.get_running_loop()
        await loop.create_server(starttls, "127.0.0.1", port)
        await loop.create_server(implicit, "127.0.0.1", tls_port, ssl=context())
        await loop.run_in_executor(None, sys.stdin.read)
        os._exit(0)

    asyncio.run(run())


class Smtpd:
    def __init__(self, folder, limit=64 << 20):
        self.folder = Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        authority(self.folder, "ca", "Rehearsal mail CA")
        authority(self.folder, "other", "Another CA")
        leaf(self.folder, "server", "ca", "localhost", "subjectAltName=DNS:localhost", "extendedKeyUsage=serverAuth")
        self.ca = self.folder / "ca.pem"
        self.act("")
        self.port, self.tls_port = free_port(), free_port()
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(["/usr/bin/python3", __file__, str(self.folder), str(self.port), str(self.tls_port), str(limit)],
                                        stdin=subprocess.PIPE, stdout=self.log, stderr=self.log)
        for port in (self.port, self.tls_port):
            wait_port(port, "the mail server", self.process)
        self.url, self.tls_url = f"smtp://localhost:{self.port}", f"smtps://localhost:{self.tls_port}"

    @property
    def conf(self):
        """Its lines of a [cell] section; the password stands in the folder."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o600)
        return f"smtp = {self.url}\nuser = {USER}\npassword = file:{secret}\nca = {self.ca}\n"

    def act(self, what):
        new = self.folder / "act.new"
        new.write_text(what)
        new.replace(self.folder / "act")

    def messages(self):
        """[(about, bytes)] in the order in which they came."""
        return [(json.loads(path.with_suffix(".json").read_text()), path.read_bytes()) for path in sorted(self.folder.glob("*.eml"))]

    def wait(self, seconds=60):
        """Until it has a message that it was told to wait with."""
        end = time.monotonic() + seconds
        while not (self.folder / "waiting").exists():
            assert time.monotonic() < end, "no message came"
            time.sleep(0.01)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.log.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), *map(int, sys.argv[2:]))
