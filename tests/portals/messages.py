"""What the rehearsal portal answers: its operations over its store."""
import base64
import hashlib
import threading
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from contract import Refused
from store import GRIEVANCE

NS = "urn:up:igrs:grievance:1"
Q = "{" + NS + "}"
ROWS = 500

ALL = ", ".join(GRIEVANCE)
LIST = f"""SELECT {ALL} FROM grievance
 WHERE (changed_on, code) > (?, ?) AND changed_on <= ?
 ORDER BY changed_on, code LIMIT ?"""
IDS = """SELECT code, district_code, district, marked_on, changed_on, status FROM grievance
 WHERE code > ? AND marked_on <= ? AND changed_on >= ? ORDER BY code LIMIT ?"""
COUNT = """SELECT district_code, status, substr(marked_on, 1, 10), count(*) FROM grievance
 WHERE marked_on >= ? AND marked_on <= ? GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
OPEN_END = "9999-12-31 23:59:59"


def to_store(text):
    """dd/mm/yyyy HH:MM:SS as the store writes it."""
    try:
        return str(datetime.strptime(text, "%d/%m/%Y %H:%M:%S"))
    except ValueError:
        raise Refused("Client.Time", "no such date") from None


def to_wire(text):
    """2020-06-30 10:00:00 as the contract writes it: 30/06/2020 10:00:00."""
    return f"{text[8:10]}/{text[5:7]}/{text[:4]}{text[10:]}"


def add(parent, name, text):
    if text is not None:
        etree.SubElement(parent, Q + name).text = text if isinstance(text, str) else str(text)


def el(name, text):
    """An element as text; nothing for None."""
    if text is None:
        return ""
    text = str(text)
    if "&" in text or "<" in text or ">" in text:
        text = escape(text)
    return f"<{name}>{text}</{name}>"


def response(name, **attributes):
    return etree.Element(Q + name, attributes, nsmap={None: NS})


def asked(request):
    """The request's simple children by name."""
    return {child.tag[len(Q):]: child.text or "" for child in request if isinstance(child.tag, str)}


class Grievances:
    """One method for each operation of the contract: takes the request element, gives the response element."""

    def __init__(self, open_store):
        self.local = threading.local()
        self.open_store = open_store

    @property
    def store(self):
        if not hasattr(self.local, "store"):
            self.local.store = self.open_store()
        return self.local.store

    @property
    def spoiled(self):
        """Bytes that take the place of "<?raw CODE?>" in the reply of this thread."""
        if not hasattr(self.local, "spoiled"):
            self.local.spoiled = {}
        return self.local.spoiled

    # ---- questions

    def ListChanged(self, request):
        ask = asked(request)
        rows = int(ask.get("Rows", ROWS))
        since = to_store(ask["Since"])
        until = to_store(ask["Until"]) if "Until" in ask else OPEN_END
        found = self.store.sql(LIST, since, ask.get("After", ""), until, rows + 1)
        more = "true" if len(found) > rows else "false"
        found = found[:rows]
        below = self.below([g[0] for g in found])
        reply = etree.fromstring(f'<ListChangedResponse xmlns="{NS}" more="{more}">'
                                 + "".join(self.grievance(g, below) for g in found) + "</ListChangedResponse>",
                                 etree.XMLParser(huge_tree=True))
        self.spoil(reply)
        return reply

    def ListIds(self, request):
        ask = asked(request)
        rows = int(ask.get("Rows", ROWS))
        found = self.store.sql(IDS, ask.get("After", ""),
                               to_store(ask["Until"]) if "Until" in ask else OPEN_END,
                               to_store(ask["Since"]) if "Since" in ask else "", rows + 1)
        reply = response("ListIdsResponse", more="true" if len(found) > rows else "false")
        for code, district, name, marked, changed, status in found[:rows]:
            item = etree.SubElement(reply, Q + "Id")
            add(item, "Code", code)
            etree.SubElement(item, Q + "MarkedTo", code=district).text = name
            add(item, "MarkedOn", to_wire(marked))
            add(item, "ChangedOn", to_wire(changed))
            add(item, "Status", status)
        return reply

    def Count(self, request):
        ask = asked(request)
        reply = response("CountResponse")
        for district, status, day, n in self.store.sql(
                COUNT, to_store(ask["From"]) if "From" in ask else "",
                to_store(ask["To"]) if "To" in ask else OPEN_END):
            item = etree.SubElement(reply, Q + "Row")
            add(item, "DistrictCode", district)
            add(item, "Status", status)
            add(item, "Day", to_wire(day))
            add(item, "N", n)
        return reply

    def FindAction(self, request):
        reply = response("FindActionResponse")
        ask = asked(request)["Reference"]
        for table, letter in (("police_action", "R"), ("police_file", "F")):
            for receipt, on in self.store.sql(f"SELECT receipt, accepted_on FROM {table} WHERE reference = ? OR reference LIKE ?"
                                              " ORDER BY receipt", ask, f"{ask}/%"):      # "/2": taken a second time
                item = etree.SubElement(reply, Q + "Action")
                add(item, "Reference", ask)
                add(item, "ReceiptNo", self.receipt(receipt, letter))
                add(item, "On", to_wire(on))
        return reply

    # ---- what changes something

    def SubmitActions(self, request, effect=True, filters=True):
        reply = response("SubmitActionsResponse")
        now = self.store.clock.now()
        with self.store:
            for action in request.iter(Q + "Action"):
                a = asked(action)
                item = etree.SubElement(reply, Q + "Result")
                add(item, "Reference", a["Reference"])
                self.result(item, *(self.take(a, now, filters) if effect else ("OK", 999999999)))
        return reply

    def SubmitFile(self, request, effect=True):
        reply = response("SubmitFileResponse")
        a = asked(request)
        with self.store:
            item = etree.SubElement(reply, Q + "Result")
            add(item, "Reference", a["Reference"])
            self.result(item, *(self.take_file(a) if effect else ("OK", 999999999)), "F")
        return reply

    def result(self, item, said, text, letter="R"):
        if said in ("OK", "DUPLICATE"):
            add(item, "Status", said)
            add(item, "ReceiptNo", self.receipt(text, letter))
        else:
            add(item, "Status", "REFUSED")
            add(item, "ErrorCode", said)
            add(item, "ErrorText", text)

    def take_file(self, a):
        """As take(), for a file."""
        db = self.store.db
        data = base64.b64decode("".join(a.pop("Content").split()))
        digest = hashlib.sha256(repr(sorted(a.items())).encode() + data).digest()
        known = db.execute("SELECT receipt, digest FROM police_file WHERE reference = ?", (a["Reference"],)).fetchone()
        if known:
            return ("DUPLICATE", known[0]) if known[1] == digest else ("REFERENCE_USED", "another file has this reference")
        if not db.execute("SELECT 1 FROM grievance WHERE code = ?", (a["Code"],)).fetchone():
            return "UNKNOWN_GRIEVANCE", "no grievance has this code"
        return "OK", db.execute("INSERT INTO police_file (reference, digest, code, name, type, size, role, content, accepted_on) "
                                "VALUES (?,?,?,?,?,?,?,?,?)",
                                (a["Reference"], digest, a["Code"], a["Name"], a.get("Type"), a.get("Size"), a.get("For"), data,
                                 self.store.clock.now())).lastrowid

    def take(self, a, now, filters=True):
        """("OK" or "DUPLICATE", receipt) or (error code, text); within the caller's transaction."""
        db = self.store.db
        digest = hashlib.sha256(repr(sorted(a.items())).encode()).digest()
        known = db.execute("SELECT receipt, digest FROM police_action WHERE reference = ?",
                           (a["Reference"],)).fetchone()
        if known and filters:
            if known[1] == digest:
                return "DUPLICATE", known[0]
            return "REFERENCE_USED", "another action has this reference"
        if known:
            a["Reference"] += "/2"
        to_store(a["ActionOn"])
        code = a["Code"]
        if not db.execute("SELECT 1 FROM grievance WHERE code = ?", (code,)).fetchone():
            return "UNKNOWN_GRIEVANCE", "no grievance has this code"
        if a["ActionCode"] == "DISPOSED":
            newest = db.execute("SELECT satisfied FROM feedback WHERE code = ? ORDER BY given_on DESC, id DESC LIMIT 1",
                                (code,)).fetchone()
            if newest is None or newest[0] != "Yes":
                return "NOT_SATISFIED", "the complainant's satisfaction is not recorded"
        receipt = db.execute(
            "INSERT INTO police_action (reference, digest, code, action_code, action_on, remarks, officer_name, "
            "officer_rank, officer_mobile, police_number, disposal_code, moved_to, number_there, accepted_on) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (a["Reference"], digest, code, a["ActionCode"], to_store(a["ActionOn"]), a.get("Remarks"),
             a.get("OfficerName"), a.get("OfficerRank"), a.get("OfficerMobile"), a.get("PoliceNumber"),
             a.get("DisposalCode"), a.get("MovedTo"), a.get("NumberThere"), now)).lastrowid
        # an action that is told late, after a later one, adds to the history and does not take the status back
        db.execute("UPDATE grievance SET changed_on = max(changed_on, ?), police_number = coalesce(?, police_number), "
                   "status = CASE WHEN EXISTS (SELECT 1 FROM police_action p WHERE p.code = grievance.code AND p.action_on > ?) "
                   "THEN status ELSE ? END WHERE code = ?",
                   (now, a.get("PoliceNumber") or None, to_store(a["ActionOn"]), a["ActionCode"], code))
        return "OK", receipt

    @staticmethod
    def receipt(number, letter="R"):
        return f"{letter}{number:09d}"

    # ---- a grievance

    def below(self, codes):
        """What lies below these grievances: {table: {code: rows}}, one question a table."""
        if not codes:
            return {}
        marks = ",".join("?" * len(codes))
        out = {}
        for table, columns, order in (("office_action", "seq, action_code, action_on, office, remarks, moved_to, number_there", "seq"),
                                      ("file", "id, name, type, size, role, content", "id"),
                                      ("feedback", "id, given_on, satisfied, rating, mode, text", "given_on, id")):
            rows = out.setdefault(table, {})
            for row in self.store.sql(f"SELECT code, {columns} FROM {table} WHERE code IN ({marks}) "
                                      f"ORDER BY code, {order}", *codes):
                rows.setdefault(row[0], []).append(row[1:])
        return out

    @staticmethod
    def grievance(row, below):
        """One <Grievance> as text: building its 40 elements one by one takes four times as long as parsing them."""
        (code, source, category, subject, details, name, father, gender, age, mobile, email, address, pin,
         district_code, district, received, marked, due, changed, status, police_number, priority, parent, parent_number) = row
        out = ["<Grievance>", el("Code", code), el("Source", source), el("Priority", priority), el("ParentSystem", parent),
               el("ParentNumber", parent_number), el("Category", category), el("Subject", subject),
               el("Details", details), "<Applicant>", el("Name", name), el("FatherName", father), el("Gender", gender),
               el("Age", age), el("Mobile", mobile), el("Email", email), el("Address", address), el("Pin", pin),
               f"</Applicant><MarkedTo code={quoteattr(district_code)}>{escape(district or '')}</MarkedTo>",
               el("ReceivedOn", to_wire(received)), el("MarkedOn", to_wire(marked)), el("DueOn", due and to_wire(due)),
               el("ChangedOn", to_wire(changed)), el("Status", status), el("PoliceNumber", police_number)]
        rows = below["office_action"].get(code)
        if rows:
            out.append("<Actions>")
            for seq, action, on, office, remarks, moved, number in rows:
                out += ["<Action>", el("Seq", seq), el("ActionCode", action), el("ActionOn", to_wire(on)),
                        el("Office", office), el("Remarks", remarks),
                        f"<MovedTo code={quoteattr(moved)}/>" if moved else "", el("NumberThere", number), "</Action>"]
            out.append("</Actions>")
        rows = below["file"].get(code)
        if rows:
            out.append("<Files>")
            for ident, file_name, kind, size, role, content in rows:
                out += ["<File>", el("Id", ident), el("Name", file_name), el("Type", kind), el("Size", size), el("For", role),
                        el("Content", content and base64.b64encode(content).decode()), "</File>"]
            out.append("</Files>")
        rows = below["feedback"].get(code)
        if rows:
            out.append("<Feedbacks>")
            for ident, on, satisfied, rating, mode, text in rows:
                out += ["<Feedback>", el("Id", ident), el("On", to_wire(on)), el("Satisfied", satisfied),
                        el("Rating", rating), el("Mode", mode), el("Text", text), "</Feedback>"]
            out.append("</Feedbacks>")
        out.append("</Grievance>")
        return "".join(out)

    # ---- poisoned records

    def spoil(self, reply):
        self.spoiled.clear()
        overrides, raws = {}, dict(self.store.sql("SELECT code, bytes FROM raw"))
        for code, path, text in self.store.sql("SELECT code, path, text FROM override"):
            overrides.setdefault(code, []).append((path, text))
        if not overrides and not raws:
            return
        for g in list(reply):
            code = g[0].text
            for path, text in overrides.get(code, ()):
                self.put(g, path.split("/"), text)
            if code in raws:
                inner = b"".join(etree.tostring(child, encoding="UTF-8") for child in g)
                inner = inner.replace(f' xmlns="{NS}"'.encode(), b"")
                self.spoiled[code] = raws[code].replace(b"{BYTES}", inner)
                reply.replace(g, etree.ProcessingInstruction("raw", code))

    @staticmethod
    def put(at, path, text):
        for step in path[:-1]:
            below = at.find(Q + step)
            at = below if below is not None else etree.SubElement(at, Q + step)
        last = path[-1]
        if last.startswith("@"):
            at.attrib.pop(last[1:], None)
            if text is not None:
                at.set(last[1:], text)
            return
        below = at.find(Q + last)
        if text is None:
            if below is not None:
                at.remove(below)
            return
        if below is None:
            below = etree.SubElement(at, Q + last)
        below.text = text
