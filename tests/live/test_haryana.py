"""Haryana CMS: XML over HTTPS with client certificates."""


def complaint(n, **more):
    return {"unit": "HR-HISAR", "received_at": "2024-02-01T05:00:00Z", "marked_at": "2024-02-01T06:30:00Z", "complainant": f"परीक्षक {n}",
            "mobile": f"+91500000{n:04d}", "subject": "Test", "body": f"मेरी शिकायत {n}", "category": "CRIME", "mode": "HAND", **more}


def test_a_complaint_goes_all_the_way(haryana):
    cms = haryana.peers["hrcms"]
    cms.add([complaint(1), complaint(2, unit="HR-DABWALI", files=[{"key": "1", "name": "a.pdf", "type": "application/pdf", "bytes": b"%PDF-1.4 test"}])])
    haryana("sync", code=0)
    print(haryana.police.held(), cms.told())
