"""Who a sealed sender is stands nowhere but in bridge.sealed, and there only for the key: unique strings in every sealed field, looked
for in everything that the bridge leaves behind or sends."""
import ctypes
import ctypes.util
import json
import os
import re
import signal
import subprocess
import unicodedata

from conftest import BRIDGE, ROOT
from maps import MAPPINGS, Map
from servers import PG_BIN, wait_for

# A sanitizer has to look at the program's memory: what holds of cores holds of the program that is installed.
PLAIN = BRIDGE if "BRIDGE_BINARY" in os.environ else ROOT / "build/cctns-bridge"
NAMES = ["कैनरीलृऋ गुप्तनामऌ", "Qanarynamezq Zzuptaxw", "Secondcanary Vvexname", "Heldcanary Kkoxname", "Pagecanary Jjoxname"]
MOBILES = ["9876501234", "9876502345", "9876503456", "98765x0456", "9876505678"]
SECRETS = {"Name": "Pidpicanary Wwhistle", "Mobile": "9876506789", "Address": "Canaryhouse 77"}


def spellings(text):
    """A value as it may stand: as it is, composed or not, escaped, in other encodings."""
    forms = {text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)}
    if " " in text:
        forms |= set(text.split())
    out = set()
    for form in forms:
        out |= {form.encode("utf-8"), form.encode("utf-16-le"), form.encode("utf-16-be")}
        if not form.isascii():
            out |= {json.dumps(form)[1:-1].encode(), form.encode("ascii", "xmlcharrefreplace")}
    return {form for form in out if len(form) > 5}


def found_in(data, values):
    """Which of the values stand in these bytes, or in what they hold as hexadecimal digits or base64."""
    opened = data + b"\0" + b"\0".join(bytes.fromhex(m.decode()) for m in re.findall(rb"\\x((?:[0-9a-f]{2})+)", data))
    return [value for value in values if any(form in opened for form in spellings(value))]


def every_file(folder):
    return b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_socket())


def places(site, sealed, peer_folder):
    """Everything that the bridge left: name -> bytes."""
    dump, hidden = (subprocess.run([PG_BIN / "pg_dump", "-d", site.conninfo, *more], capture_output=True, check=True).stdout
                    for more in ([], ["--exclude-table=bridge.sealed"]))
    mine = b"\0".join(path.read_bytes() for path in sorted(site.folder.rglob("*"))
                      if path.is_file() and not path.is_relative_to(peer_folder) and path.name != "seal.key")
    return {"dump": dump, "dump without the sealed table": hidden, "logs and output": "".join(site.logs).encode(), "files": mine,
            "the police": every_file(site.police.path.parent), **sealed}


def unsealed(key, system, number, sealed):
    """AES-256-GCM by OpenSSL: the value of bridge.sealed opened as the notifier does."""
    lib = ctypes.CDLL(ctypes.util.find_library("crypto"))
    lib.EVP_CIPHER_CTX_new.restype = lib.EVP_aes_256_gcm.restype = ctypes.c_void_p
    ctx, n = ctypes.c_void_p(lib.EVP_CIPHER_CTX_new()), ctypes.c_int(0)
    assert sealed[0] == 1
    nonce, tag, text = sealed[9:21], sealed[21:37], sealed[37:]
    out, aad = ctypes.create_string_buffer(len(text) + 16), f"{system}|complaint|{number}".encode()
    assert lib.EVP_DecryptInit_ex(ctx, ctypes.c_void_p(lib.EVP_aes_256_gcm()), None, bytes.fromhex(key), nonce) == 1
    assert lib.EVP_DecryptUpdate(ctx, None, ctypes.byref(n), aad, len(aad)) == 1
    assert lib.EVP_DecryptUpdate(ctx, out, ctypes.byref(n), text, len(text)) == 1
    assert lib.EVP_CIPHER_CTX_ctrl(ctx, 0x11, 16, ctypes.create_string_buffer(tag, 16)) == 1     # EVP_CTRL_GCM_SET_TAG
    last = ctypes.c_int(0)
    good = lib.EVP_DecryptFinal_ex(ctx, ctypes.byref(ctypes.create_string_buffer(16)), ctypes.byref(last))
    lib.EVP_CIPHER_CTX_free(ctx)
    return out.raw[:n.value].decode() if good == 1 else None


def form(n, **more):
    return {"unit": "CG-DURG-BN-02", "received_at": f"2022-11-0{n + 1}T05:00:00Z", "complainant": NAMES[n], "mobile": MOBILES[n],
            "body": f"बाज़ार के पीछे शराब बिकती है {n}", "category": "ILLTRADE", "kind": "TIP", **more}


def look_at_everything(site, number):
    """Every command that prints, as talkative as it can be."""
    for words in (["status"], ["--json", "status"], ["held", "list"], ["--json", "held", "list"], ["show", number],
                  ["show", "--personal", number], ["--json", "show", "--personal", number], ["reconcile", "--list"],
                  ["--json", "reconcile", "--list", "--by", "unit"], ["ranking"], ["-v", "check"],
                  ["sync", "--dry-run"], ["map", "explain", str(MAPPINGS / "durgqr.map")]):
        done = site(*words)
        site.logs.append(done.out)
    for row in site.sql("SELECT held_id FROM bridge.held"):
        for words in (["held", "show", row[0]], ["held", "show", "--personal", row[0]], ["--json", "held", "show", "--personal", row[0]]):
            site.logs.append(site(*words).out)


def test_a_sealed_sender_stands_nowhere(durg):
    fields = [x.field for x in Map("durgqr").inward("complaint") if "seal" in x.rules]
    assert fields == ["complainant", "mobile"], "a field is sealed that this test puts no canary in"
    qr = durg.peers["durgqr"]
    qr.record_requests()
    qr.add([form(0), form(1, files=[{"key": "1", "name": "p.png", "type": "image/png", "bytes": b"\x89PNG\r\n\x1a\n photo"}])])
    durg("-v", "sync", code=0)
    number = "DQR/2022/000001"

    # the sender is answered, by number alone; and writes another name into the form
    durg.clock.set("2022-11-11T20:00:00Z")
    durg.police.act(number, "DISP", "2022-11-11T05:00:00Z", text="धन्यवाद। कार्यवाही की गयी।", disposal="CHAL")
    qr.change(number, complainant=NAMES[2], mobile=MOBILES[2])
    durg("-v", "sync", code=0)
    assert [(n, m) for n, _, m in qr.sent()] == [(number, "धन्यवाद। कार्यवाही की गयी।")]

    # one whose number is no number is held whole; a page that is broken is held whole; both with their bytes
    durg.clock.set("2022-11-12T20:00:00Z")
    qr.add([form(3, changed_at="2022-11-12T05:00:00Z")])
    assert durg("-v", "sync").code == 3
    qr.add([form(4, changed_at="2022-11-12T06:00:00Z")])
    qr.fault("List", "malformed", times=2)
    durg("-v", "sync")
    look_at_everything(durg, number)
    held = durg.sql("SELECT count(*) FROM bridge.held")[0][0]
    assert int(held) >= 2

    # the canaries are in the peer's own store: the search can find them
    values = [*NAMES, *MOBILES]
    assert set(found_in(every_file(qr.folder), values)) >= set(NAMES)
    left = places(durg, {"requests": qr.requests()}, qr.folder)
    for place, data in left.items():
        assert len(data) > 1000, place
        assert found_in(data, values) == [], place

    # and in the sealed table, for the key, tied to the record
    rows = {r[0]: bytes.fromhex(r[1][2:]) for r in durg.sql("SELECT number, sealed FROM bridge.sealed")}
    first = json.loads(unsealed(durg.seal_key, "durgqr", number, rows[number]))
    assert first["complainant"] == NAMES[2] and first["mobile"] == "+91" + MOBILES[2]
    second = json.loads(unsealed(durg.seal_key, "durgqr", "DQR/2022/000002", rows["DQR/2022/000002"]))
    assert second == {"complainant": NAMES[1], "mobile": "+91" + MOBILES[1]}
    assert unsealed(durg.seal_key, "durgqr", "DQR/2022/000002", rows[number]) is None
    assert unsealed("00" * 32, "durgqr", number, rows[number]) is None


def test_the_notifier_alone_reads_it(durg):
    durg.peers["durgqr"].add([form(0)])
    durg("sync", code=0)
    readers = {r[0] for r in durg.sql("SELECT r.rolname FROM pg_roles r WHERE r.rolname LIKE 'bridge\\_%' AND NOT r.rolsuper"
                                      " AND has_column_privilege(r.rolname, 'bridge.sealed', 'sealed', 'SELECT')")}
    assert readers <= {"bridge_notifier", "bridge_owner"} and "bridge_notifier" in readers


def test_no_core_is_written(durg, tmp_path):
    """Killed with SIGABRT while names are in its memory, with no limit on cores: none is dumped."""
    qr = durg.peers["durgqr"]
    qr.add([form(0), form(1)])
    qr.fault("Ids", "delay", 6)
    env = dict(os.environ, BRIDGE_NOW=f"@{durg.clock.path}", NO_COLOR="1")
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.chdir(cwd)
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.execvpe("prlimit", ["prlimit", "--core=unlimited:unlimited", str(PLAIN), "-c", str(durg.conf), "sync"], env)
    os.close(write)
    wait_for(lambda: qr.store.sql("SELECT count(*) FROM reply")[0][0] == 2 and not qr.store.sql("SELECT 1 FROM fault"), "the last question")
    os.kill(pid, signal.SIGABRT)
    _, status = os.waitpid(pid, 0)
    os.close(read)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT
    assert not os.WCOREDUMP(status)
    assert list(cwd.iterdir()) == []


def test_pidpi_is_never_carried(delhi):
    """CVC: who made a disclosure in the public interest is in the drop file, and is not read at all."""
    cvc = delhi.peers["cvc"]
    cvc.add([{"number": "CVC/2020/000001", "identity": "S", "ref_class": "IR", "category": "CORRUPT", "mode": "POST",
              "subject": "Disclosure", "body": "An officer of the district takes money.",
              "unit": "DL-8162", "received_at": "2020-11-04T18:30:00Z",
              "marked_at": "2020-11-05T18:30:00Z", "status": "FWDD", "secret": SECRETS, "files": [], "actions": []},
             {"number": "CVC/2020/000002", "identity": "N", "ref_class": "NA", "category": "OTHER", "mode": "WEB", "subject": "Other",
              "body": "Text", "complainant": "Om Prakash", "unit": "DL-8162", "received_at": "2020-11-04T18:30:00Z",
              "marked_at": "2020-11-05T18:30:00Z", "status": "FWDD", "files": [], "actions": []}])
    delhi("-v", "sync", code=0)
    assert len(delhi.police.held()) == 2 and delhi.police.held()["CVC/2020/000001"]["identity"] == "S"
    delhi.clock.set("2020-11-11T20:00:00Z")
    cvc.fault("*", "malformed")
    cvc.change("CVC/2020/000001", subject="Disclosure, once more")
    delhi("-v", "sync")
    look_at_everything(delhi, "CVC/2020/000001")
    values = list(SECRETS.values())
    assert found_in(every_file(cvc.folder), values) == values
    for place, data in places(delhi, {"told": repr(cvc.told()).encode()}, cvc.folder).items():
        assert found_in(data, values) == [], place
    assert delhi.one("SELECT count(*) FROM bridge.sealed") == "0"
