"""Durg QR"""


def form(n, **more):
    return {"unit": "CG-DURG-BN-02", "received_at": "2022-11-05T05:00:00Z", "complainant": f"गुप्त {n}",
            "mobile": f"+91500000{n:04d}", "body": f"सट्टा {n}", "category": "ILLTRADE", "kind": "TIP", **more}


def test_a_tip(durg):
    qr = durg.peers["durgqr"]
    qr.add([form(1), form(2, files=[{"key": "1", "name": "a.jpg", "type": "image/jpeg", "bytes": b"\xff\xd8\xff\xe0 test"}], feedback=[{"rating": 4}])])
    r=durg("sync"); print(r.out); print(durg("reconcile","--list").out)
    print(durg.police.held(), qr.told())
    print(durg.sql("SELECT * FROM bridge.sealed"))
