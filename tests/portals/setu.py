#!/usr/bin/python3
"""A second rehearsal portal, as unlike the first as a contract can be: SOAP 1.2, attributes for fields, RFC 3339 times, numbers
for status words, one record a push. Made up for the tests; spyne with its own types, served by cheroot over HTTPS.

    setu.py --dir DIR     writes DIR/url, DIR/pid and DIR/ca.pem; keeps its state in DIR/setu.db
"""
import argparse
import os
import signal
import sqlite3
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from spyne import Application, Boolean, ComplexModel, DateTime, Integer, Service, Unicode, XmlAttribute, rpc
from spyne.protocol.soap import Soap12
from spyne.server.wsgi import WsgiApplication

from igrs import certificates, put

NS = "http://setu.example.invalid/petition/v2"
IST = timezone(timedelta(hours=5, minutes=30))
SCHEMA = """
CREATE TABLE IF NOT EXISTS petition (no TEXT PRIMARY KEY, person, phone, zilla, story, lodged TEXT, updated TEXT, stage TEXT, police);
CREATE TABLE IF NOT EXISTS progress (ack INTEGER PRIMARY KEY, refkey TEXT UNIQUE, no, stage, at, note, officer);
"""


class Model(ComplexModel):
    __namespace__ = NS


class Window(Model):
    FromTime, ToTime, AfterNo, Limit = DateTime, DateTime, Unicode, Integer


class Person(Model):
    FullName = XmlAttribute(Unicode)
    Phone = XmlAttribute(Unicode)


class Petition(Model):
    PetNo = XmlAttribute(Unicode)
    Stage = XmlAttribute(Unicode)
    By = Person
    Zilla = Unicode
    Story = Unicode
    Lodged = DateTime
    Updated = DateTime


class PetitionPage(Model):
    Petition = Petition.customize(max_occurs="unbounded")
    More = Boolean


class Progress(Model):
    RefKey, PetNo, Stage, PoliceNo, Note, Officer = Unicode, Unicode, Unicode, Unicode, Unicode, Unicode
    At = DateTime


class ProgressAnswer(Model):
    RefKey, Outcome, Why = Unicode, Unicode, Unicode
    Ack = Integer


class Question(Model):
    RefKey = Unicode


class Known(Model):
    Progress = ProgressAnswer.customize(max_occurs="unbounded")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=IST)


class Setu(Service):
    path = None

    @classmethod
    def db(cls):
        db = sqlite3.connect(cls.path, timeout=20, isolation_level=None)
        db.executescript(SCHEMA)
        return db

    @rpc(Window, _returns=PetitionPage, _body_style="bare")
    def FetchPetitions(ctx, w):
        since = w.FromTime.astimezone(IST).strftime("%Y-%m-%dT%H:%M:%S")
        until = w.ToTime.astimezone(IST).strftime("%Y-%m-%dT%H:%M:%S")
        rows = Setu.db().execute("SELECT no, person, phone, zilla, story, lodged, updated, stage FROM petition WHERE (updated, no) > (?, ?)"
                                 " AND updated <= ? ORDER BY updated, no LIMIT ?", (since, w.AfterNo or "", until, w.Limit + 1)).fetchall()
        return PetitionPage(More=len(rows) > w.Limit, Petition=[
            Petition(PetNo=n, Stage=s, By=Person(FullName=p, Phone=ph), Zilla=z, Story=t, Lodged=at(lo), Updated=at(u))
            for n, p, ph, z, t, lo, u, s in rows[:w.Limit]])

    @rpc(Progress, _returns=ProgressAnswer, _body_style="bare")
    def PostProgress(ctx, p):
        db = Setu.db()
        old = db.execute("SELECT ack FROM progress WHERE refkey = ?", (p.RefKey,)).fetchone()
        if old:
            return ProgressAnswer(RefKey=p.RefKey, Outcome="ALREADY", Ack=old[0])
        if not db.execute("UPDATE petition SET stage = ?, police = coalesce(?, police), updated = max(updated, ?) WHERE no = ?",
                          (p.Stage, p.PoliceNo, p.At.astimezone(IST).strftime("%Y-%m-%dT%H:%M:%S"), p.PetNo)).rowcount:
            return ProgressAnswer(RefKey=p.RefKey, Outcome="NO", Why="no such petition")
        ack = db.execute("INSERT INTO progress (refkey, no, stage, at, note, officer) VALUES (?,?,?,?,?,?)",
                         (p.RefKey, p.PetNo, p.Stage, str(p.At), p.Note, p.Officer)).lastrowid
        return ProgressAnswer(RefKey=p.RefKey, Outcome="DONE", Ack=ack)

    @rpc(Question, _returns=Known, _body_style="bare")
    def FindProgress(ctx, q):
        rows = Setu.db().execute("SELECT ack FROM progress WHERE refkey = ?", (q.RefKey,)).fetchall()
        return Known(Progress=[ProgressAnswer(RefKey=q.RefKey, Ack=r[0]) for r in rows])


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--dir", required=True, type=Path)
    folder = words.parse_args().dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    certificates(folder)
    Setu.path = str(folder / "setu.db")
    Setu.db().close()
    app = WsgiApplication(Application([Setu], NS, in_protocol=Soap12(validator="lxml"), out_protocol=Soap12()))
    server = wsgi.Server(("127.0.0.1", 0), app, numthreads=2, timeout=60, shutdown_timeout=1)
    server.ssl_adapter = BuiltinSSLAdapter(str(folder / "server.pem"), str(folder / "server.key"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.prepare()
    put(folder / "pid", f"{os.getpid()}\n")
    put(folder / "url", f"https://127.0.0.1:{server.bind_addr[1]}/setu\n")
    try:
        server.serve()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
