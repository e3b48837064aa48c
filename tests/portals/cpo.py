"""The dak section of the Commissioner's office: a register in CSV (UTF-8 with its mark, as a spreadsheet saves it), in a local
folder; what is dispatched comes back as CSV."""
import csv
import io

from office import REASONS, RESULTS, UNITS, TableOffice, day, mobile, same, words
from unit_names import unit_named

STATUS = {"RECV": "Received", "FWDD": "Marked", "ENQR": "Pending", "INTR": "Interim reply sent", "ATRS": "Report received",
          "ATRR": "Report returned", "DISP": "Reply dispatched", "REOP": "Reopened", "TRNO": "Sent elsewhere", "RJCT": "Filed",
          "DUPL": "Clubbed"}
REFERENCE = {"VIP": "VIP", "MHA": "MHA", "GNCTD": "GNCTD", "PGC": "PGC", "PCA": "PCA"}
NATURE = {"CRIME": "Crime", "WOMEN": "Crime against women", "CYBER": "Cyber crime", "NOFIR": "FIR not registered",
          "POLMISC": "Against police", "CORRUPT": "Corruption", "TRAFFIC": "Traffic", "PROPERTY": "Property", "LAWORDER": "Law and order",
          "ILLTRADE": "Illegal trade", "VERIF": "Verification", "SUGGEST": "Suggestion", "SERVICE": "Service matter",
          "HR": "Human rights", "OTHER": "Other"}
REPLY = {"REGD": "Acknowledged", "ENQR": "Under action", "INTR": "Interim reply", "ATRS": "Report", "DISP": "Final reply",
         "TRNO": "Sent on", "RJCT": "Filed"}
FILES = {"COMPLAINT": "Letter", "EVIDENCE": "Enclosure", "ATR": "Report", "ORDER": "Order", "REPLY": "Reply", "NOTE": "Note"}


class Peer(TableOffice):
    name = "cpo"
    ours, number_field = "Dispatch Ref", "Dak No"
    scan, scan_kind = "Scan", "Scan Kind"
    reply_prefix, paper_prefix = "dispatch-", "paper-"
    file_roles = FILES
    texts, action_texts = {"category_text": "Nature", "status_text": "Status"}, {"action_text": "Reminder"}
    fields = {
        "number": ("Dak No", *same()), "parent_number": ("Letter No", *same()), "ref_type": ("Reference", *words(REFERENCE)),
        "addressed_by": ("Addressed By", *same()), "priority": ("Priority", *words({"1": "Immediate", "2": "Urgent", "3": "Routine"})),
        "mode": ("Received By", *words({"HAND": "By hand", "POST": "By post", "MAIL": "By e-mail", "PHONE": "By phone",
                                        "PORTAL": "By portal"})),
        "identity": ("Sender", *words({"N": "Person", "O": "Office", "A": "Anonymous", "C": "Confidential"})),
        "category": ("Nature", *words(NATURE)), "subject": ("Subject", *same()), "body": ("Gist", *same()), "against": ("Against", *same()),
        "complainant": ("Complainant", *same()), "mobile": ("Mobile", *mobile()), "address": ("Address", *same()),
        "unit": ("Marked To", *words(UNITS)), "received_at": ("Dak Date", *day("%-d.%-m.%Y")),
        "marked_at": ("Marked On", *day("%-d.%-m.%Y")),
        "due_at": ("Reply By", *day("%-d.%-m.%Y")), "status": ("Status", *words(STATUS)),
    }
    action_fields = {
        "key": ("Reminder No", *same()), "action": ("Reminder", *words({"RMND": "Reminder"})),
        "at": ("Reminder Date", *day("%-d.%-m.%Y")),
    }
    reply_fields = {
        "number": ("Dak No", *same()), "action": ("Action", *words(REPLY)), "at": ("Dispatched On", *day("%d.%m.%Y")),
        "text": ("Reply", *same()), "police_number": ("Dispatched No", *same()), "officer_name": ("Officer", *same()),
        "officer_rank": ("Rank", *same()), "office": ("Office", *same()), "disposal": ("Result", *words(RESULTS)),
        "reason": ("Reason", *words(REASONS)), "expected_at": ("Expected By", *day("%d.%m.%Y")),
        "to_unit": ("Moved To", str, unit_named), "to_number": ("Number There", *same()),
    }
    paper_fields = {
        "number": ("Dak No", *same()), "police_number": ("Dispatched No", *same()), "role": ("Kind", *words(FILES)),
        "name": ("Title", *same()), "type": ("Type", *same()),
    }
    columns = (*(column for column, _, _ in fields.values()), *(column for column, _, _ in action_fields.values()), "Scan", "Scan Kind",
               "Initials")

    def file_name(self, n):
        return f"dak-{self.today():%Y%m%d}-{n:04d}.csv"

    def held(self):
        return {number: {**r, "dak_number": number} for number, r in super().held().items()}

    def render(self, rows):
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerows(self.lines(rows))
        return out.getvalue().encode("utf-8-sig")

    def spoil(self, data, fault):
        if fault == "malformed":
            return data + b'99,"never closed\r\n'
        if fault == "header":
            return data.replace(b"Dak No", b"No")
        if fault == "encoding":
            return data + b"99,\xff\r\n"
        return data
