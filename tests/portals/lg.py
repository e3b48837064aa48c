"""The LG secretariat: tables saved from a spreadsheet as Unicode text (UTF-16 with its mark, tabs, quoted line ends, days like
1/2/2020), left in a folder over SFTP; replies come back as CSV."""
from office import REASONS, RESULTS, UNITS, TableOffice, day, mobile, same, words
from sftpd import Sftpd
from unit_names import unit_named

STATUS = {"RECV": "Received", "FWDD": "Sent to Delhi Police", "ENQR": "Pending", "INTR": "Interim reply received", "ATRS": "Reply received",
          "ATRR": "Reply not satisfactory", "DISP": "Disposed", "REOP": "Reopened", "TRNO": "Sent elsewhere", "RJCT": "Filed"}
THROUGH = {"LGREF": "LG Reference", "LGLP": "Listening Post"}
NATURE = {"CRIME": "Crime", "WOMEN": "Crime against women", "CYBER": "Cyber crime", "NOFIR": "FIR not registered",
          "POLMISC": "Against police", "CORRUPT": "Corruption", "TRAFFIC": "Traffic", "PROPERTY": "Property", "LAWORDER": "Law and order",
          "ILLTRADE": "Illegal trade", "VERIF": "Verification", "SUGGEST": "Suggestion", "SERVICE": "Service matter",
          "HR": "Human rights", "OTHER": "Other"}
REPLY = {"REGD": "Registered", "ENQR": "Under enquiry", "INTR": "Interim reply", "ATRS": "Report", "DISP": "Final reply",
         "TRNO": "Transferred", "RJCT": "Filed"}
FILES = {"COMPLAINT": "Letter", "EVIDENCE": "Enclosure", "ATR": "Action taken report", "ORDER": "Order", "REPLY": "Reply", "NOTE": "Note"}


class Peer(TableOffice):
    name = "lg"
    ours, number_field = "Our Reference", "LG Ref No"
    scan, scan_kind = "Scan File", "Scan Kind"
    file_roles = FILES
    texts, action_texts = {"category_text": "Nature", "status_text": "Status"}, {"action_text": "Reminder Kind"}
    fields = {
        "number": ("LG Ref No", *same()), "dak_number": ("Diary No", *same()), "ref_type": ("Received Through", *words(THROUGH)),
        "priority": ("Priority", *words({"1": "Most urgent", "2": "Urgent", "3": "Ordinary"})),
        "category": ("Nature", *words(NATURE)), "subject": ("Subject", *same()), "body": ("Details", *same()),
        "against": ("Against", *same()), "complainant": ("Name", *same()), "relative_name": ("S/o D/o W/o", *same()),
        "gender": ("Sex", *words({"M": "Male", "F": "Female", "T": "Transgender", "U": "-"})), "age": ("Age", *same()),
        "mobile": ("Mobile", *mobile()), "email": ("Email", *same()), "address": ("Address", *same()), "pincode": ("Pin", *same()),
        "unit": ("District", *words(UNITS)), "received_at": ("Date", *day("%-d/%-m/%Y")), "marked_at": ("Sent On", *day("%-d/%-m/%Y")),
        "due_at": ("Reply By", *day("%-d/%-m/%Y")), "status": ("Status", *words(STATUS)),
    }
    action_fields = {
        "key": ("Reminder No", *same()), "action": ("Reminder Kind", *words({"RMND": "Reminder"})),
        "at": ("Reminder Date", *day("%-d/%-m/%Y")), "text": ("Reminder Text", *same()),
    }
    reply_fields = {
        "number": ("LG Ref No", *same()), "action": ("Action", *words(REPLY)), "at": ("Date", *day("%d/%m/%Y")),
        "text": ("Reply", *same()), "police_number": ("Police No", *same()), "officer_name": ("Officer", *same()),
        "officer_rank": ("Rank", *same()), "officer_mobile": ("Officer Mobile", *mobile()),
        "office": ("Office", *same()), "disposal": ("Result", *words(RESULTS)), "reason": ("Reason", *words(REASONS)),
        "expected_at": ("Expected By", *day("%d/%m/%Y")),
        "to_unit": ("Moved To", str, unit_named), "to_number": ("Number There", *same()),
    }
    paper_fields = {
        "number": ("LG Ref No", *same()), "police_number": ("Police No", *same()), "role": ("Kind", *words(FILES)),
        "name": ("Title", *same()),
    }
    columns = ("Sl No", *(c for c, _, _ in fields.values()), *(c for c, _, _ in action_fields.values()), "Scan File", "Scan Kind",
               "Dealing Assistant")

    def place(self):
        self.sftpd = Sftpd(self.folder / "sshd", self.drop)
        return self.sftpd.conf

    def stop(self):
        self.sftpd.stop()
        super().stop()

    def file_name(self, n):
        return f"lg-{self.today():%Y-%m-%d}-{n:04d}.csv"

    def render(self, rows):
        def cell(text):
            return '"' + text.replace('"', '""') + '"' if any(c in text for c in '\t"\n\r') else text

        lines = ["\t".join(cell(c) for c in line) for line in self.lines(rows)]
        return b"\xff\xfe" + ("\r\n".join(lines) + "\r\n").encode("utf-16-le")

    def spoil(self, data, fault):
        if fault == "malformed":
            return data + '99\t"never closed\r\n'.encode("utf-16-le")
        if fault == "header":
            return data.replace("LG Ref No".encode("utf-16-le"), "Ref".encode("utf-16-le"))
        if fault == "encoding":
            return data + b"\x00\xd8\x41\x00"
        return data
