"""The Central Vigilance Commission: complaints as XML files in a drop folder; reports come back as XML with the file beside.

A complaint may have been made under the PIDPI resolution: then who made it stands in an element of its own ("secret" of what
is added), which nobody but the Commission may keep."""
from xml.etree import ElementTree

from office import REASONS, RESULTS, UNITS, Office, day, iso, mobile, same, words
from unit_names import unit_named

URI = "urn:cvc:complaints:1"
ENDED = "60"
STATUS = {"RECV": ("10", "Received"), "REGD": ("20", "Registered"), "FWDD": ("30", "Forwarded for investigation and report"),
          "ENQR": ("35", "Under examination"), "INFO": ("37", "Clarification sought"), "RMND": ("38", "Reminder"),
          "INTR": ("40", "Interim reply"), "ATRS": ("50", "Report received"), "ATRR": ("55", "Report returned"),
          "DISP": (ENDED, "Closed after report"), "CLSD": (ENDED, "Closed"), "TRNO": (ENDED, "Sent to other department"),
          "RJCT": (ENDED, "No action required"), "DUPL": (ENDED, "Duplicate")}
NATURE = {"CORRUPT": "Bribery", "POLMISC": "Misuse of office", "SERVICE": "Service matter", "NOFIR": "Failure to register FIR",
          "CRIME": "Criminal misconduct", "OTHER": "Other"}
REPORT = {"REGD": "Registered", "ENQR": "Under investigation", "INTR": "Interim report", "ATRS": "Report submitted", "DISP": "Closed",
          "TRNO": "Not ours", "RJCT": "No action"}
FILES = {"COMPLAINT": "Complaint", "EVIDENCE": "Enclosure", "ATR": "Investigation report", "ORDER": "Order", "REPLY": "Reply",
         "NOTE": "Note"}
OUTCOME = {**RESULTS, "DEPT": "Departmental action recommended", "ANON": "Pseudonymous or anonymous"}


def status():
    def there(word):
        return "|".join(STATUS[word])

    def back(text):
        return next(ours for ours, theirs in STATUS.items() if "|".join(theirs) == text)

    return there, back


class Peer(Office):
    name = "cvc"
    ours, number_field = "Reference", "ReferenceNo"
    texts, action_texts = {"category_text": "Nature", "status_text": "Status"}, {"action_text": "Action"}
    fields = {
        "number": ("ReferenceNo", *same()), "case_number": ("FileNo", *same()),
        "identity": ("Pidpi", *words({"N": "No", "S": "Yes"})), "ref_class": ("Class", *words({"IR": "I&R", "NA": "NA"})),
        "category": ("Nature", *words(NATURE)),
        "mode": ("ReceivedBy", *words({"WEB": "Portal", "POST": "Post", "MAIL": "E-mail", "APP": "App", "PHONE": "Toll free",
                                       "HAND": "Hand", "PORTAL": "Other portal"})),
        "subject": ("Subject", *same()), "body": ("Text", *same()), "against": ("Against", *same()),
        "complainant": ("Complainant/Name", *same()), "mobile": ("Complainant/Mobile", *mobile()),
        "email": ("Complainant/Email", *same()), "address": ("Complainant/Address", *same()), "pincode": ("Complainant/Pin", *same()),
        "unit": ("ForwardedTo", *words(UNITS)), "received_at": ("ReceivedOn", *day("%Y-%m-%d")),
        "marked_at": ("ForwardedOn", *day("%Y-%m-%d")), "due_at": ("ReportBy", *day("%Y-%m-%d")), "changed_at": ("ChangedOn", *iso()),
        "status": ("Status", *status()),
    }
    action_fields = {
        "key": ("No", *same()), "action": ("Action", *status()), "at": ("On", *day("%Y-%m-%d")), "text": ("Remarks", *same()),
        "office": ("Office", *same()), "to_unit": ("MovedTo", *words(UNITS)), "to_number": ("NumberThere", *same()),
    }
    reply_fields = {
        "number": ("ReferenceNo", *same()), "action": ("Action", *words(REPORT)), "at": ("On", *iso()), "text": ("Text", *same()),
        "office": ("Office", *same()), "officer_name": ("OfficerName", *same()), "officer_rank": ("OfficerRank", *same()),
        "police_number": ("PoliceNo", *same()), "disposal": ("Outcome", *words(OUTCOME)), "reason": ("Reason", *words(REASONS)),
        "expected_at": ("ExpectedOn", *day("%Y-%m-%d")), "to_unit": ("MovedTo", str, unit_named), "to_number": ("NumberThere", *same()),
    }
    paper_fields = {
        "number": ("ReferenceNo", *same()), "police_number": ("PoliceNo", *same()), "role": ("Kind", *words(FILES)),
        "name": ("Title", *same()), "type": ("MimeType", *same()),
    }

    def file_name(self, n):
        return f"cvc-{self.today():%Y%m%d}-{n:04d}.xml"

    def render(self, rows):
        def put(parent, path, text):
            for step in path.split("/"):
                found = parent.find(f"{{{URI}}}{step}")
                parent = found if found is not None else ElementTree.SubElement(parent, f"{{{URI}}}{step}")
            parent.text = text
            return parent

        def put_all(parent, row, coded):
            for name, text in row.items():
                code, bar, word = text.partition("|") if name == coded else ("", "", text)
                element = put(parent, name, word)
                if bar:
                    element.set("code", code)

        root = ElementTree.Element(f"{{{URI}}}Drop")
        for row in rows:
            c = ElementTree.SubElement(root, f"{{{URI}}}Complaint")
            put_all(c, row["row"], "Status")
            for name, text in (row["secret"] or {}).items():
                put(c, f"PidpiSender/{name}", text)
            if row["actions"]:
                moves = ElementTree.SubElement(c, f"{{{URI}}}Movements")
                for a in row["actions"]:
                    put_all(ElementTree.SubElement(moves, f"{{{URI}}}Movement"), a, "Action")
            if row["files"]:
                files = ElementTree.SubElement(c, f"{{{URI}}}Enclosures")
                for f in row["files"]:
                    put_all(ElementTree.SubElement(files, f"{{{URI}}}File"),
                            {"No": f["key"], "Kind": FILES[f["role"]], "Title": f["title"], "MimeType": f["type"],
                             "Size": str(f["size"]), "FileName": f["name"]}, "")
        ElementTree.register_namespace("v", URI)
        ElementTree.indent(root)
        return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)

    def spoil(self, data, fault):
        if fault == "malformed":
            return data[:-20]
        if fault == "header":
            return data.replace(b"Drop", b"Drip")
        if fault == "encoding":
            return data.replace(b"</v:Drop>", b"\xff</v:Drop>")
        return data

    def is_reply(self, name):
        return name.endswith(".xml")

    def read_reply(self, name, data):
        root = ElementTree.fromstring(data)
        row = {e.tag.replace(f"{{{URI}}}", ""): e.text or "" for e in root}
        assert row[self.ours] in name
        if root.tag == f"{{{URI}}}ReportFile":
            row["told"] = {"stream": "attachment", **self.canonical(self.paper_fields, row)}
            row["file"] = row["FileName"]
        else:
            assert root.tag == f"{{{URI}}}Report", root.tag
            row["told"] = {"stream": "action", **self.canonical(self.reply_fields, row)}
        return row
