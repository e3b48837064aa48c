"""Two databases behind one small door, for the police's side of the rehearsal: a SQLite file, or a database on a MariaDB server.

    db.run([(sql, values), ...])     all in one transaction; "?" is a value: text, whole number, bytes or None
    db.rows(columns, rest)           dicts; a column "#NAME" is the SHA-256 of the bytes in NAME
    db.connection, db.conf           connection text for bridge.conf, and further lines of its section
"""
import hashlib
import json
import sqlite3
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Sqlite:
    def __init__(self, folder, system):
        folder = Path(folder).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{system}.sqlite"
        self.connection = f"Driver=SQLite3;Database={self.path};Timeout=20000;FKSupport=1;NoWCHAR=0;StepAPI=1;BigInt=1"
        self.conf = ""
        db = sqlite3.connect(self.path)
        db.executescript((ROOT / f"sql/{system}/sqlite.sql").read_text(encoding="utf-8"))
        db.close()

    def run(self, statements):
        db = sqlite3.connect(self.path, timeout=60)
        try:
            db.execute("PRAGMA synchronous = OFF")
            with db:
                for sql, values in statements:
                    db.execute(sql, values)
        finally:
            db.close()

    def rows(self, columns, rest):
        db = sqlite3.connect(self.path, timeout=60)
        try:
            found = db.execute(f"SELECT {', '.join(c.lstrip('#') for c in columns)} {rest}").fetchall()
        finally:
            db.close()
        return [{c: hashlib.sha256(v).hexdigest() if c[0] == "#" and v is not None else v for c, v in zip(columns, row)}
                for row in found]


class MariaDB:
    """On a server of tests/live/servers.py, in a database of its own."""

    def __init__(self, server, database, system, port=None):
        """port: of something that stands before the server."""
        self.server, self.database = server, database
        server.sql(f"CREATE DATABASE {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        server.sql((ROOT / f"sql/{system}/mysql.sql").read_text(encoding="utf-8"), database)
        self.connection = f"Driver=MariaDB Unicode;Server=127.0.0.1;Port={port or server.port};Database={database}"
        secret = Path(server.folder) / f"{database}.secret"
        secret.write_text("rehearsal\n")
        secret.chmod(0o600)
        self.conf = f"user = bridge\npassword = file:{secret}\n"

    @staticmethod
    def literal(value):
        if value is None:
            return "NULL"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, bytes):
            return f"X'{value.hex()}'"
        return f"_utf8mb4 X'{value.encode().hex()}'" if value else "''"

    def run(self, statements):
        texts = []
        for sql, values in statements:
            parts = sql.split("?")
            assert len(parts) == len(values) + 1, sql
            texts.append("".join(p + v for p, v in zip(parts, [*map(self.literal, values), ""])))
        self.server.sql(";\n".join(["START TRANSACTION", *texts, "COMMIT"]), self.database)

    def rows(self, columns, rest):
        pairs = ", ".join(f"'{c}', " + (f"SHA2({c[1:]}, 256)" if c[0] == "#" else c) for c in columns)
        return [json.loads(row[0]) for row in self.server.sql(f"SELECT JSON_OBJECT({pairs}) {rest}", self.database)]
