"""Complaints with known twins, made by a seed: the same grievance through several doors, in Hindi and English, and what only looks so.

Nobody here is real. make(seed, pairs) -> (complaints, twins): complaints are dicts of columns of bridge.complaint, in the order in which
they came; twins are the labelled pairs {(number, number): kind}; tempting names pairs that are none.
"""
import datetime
import random

START = datetime.datetime(2020, 3, 1, 6, 0, tzinfo=datetime.timezone.utc)
DOORS = ("igrs", "cmup", "cpgrams", "nhrc")
DISTRICTS = ("UP-118", "UP-119", "UP-120", "UP-155", "UP-162")

# Devanagari, and how it is met in Latin letters.
FIRST = [
    ("रमेश", "Ramesh Rameesh"), ("सुरेश", "Suresh"), ("महेश", "Mahesh"), ("दिनेश", "Dinesh"), ("राजेश", "Rajesh"), ("मुकेश", "Mukesh"),
    ("संजय", "Sanjay Sanjai"), ("विजय", "Vijay Vijai"), ("अनिल", "Anil"), ("सुनील", "Sunil Suneel"), ("राम", "Ram"), ("श्याम", "Shyam"),
    ("लक्ष्मी", "Lakshmi Laxmi"), ("सीता", "Sita Seeta"), ("गीता", "Gita Geeta"), ("सुनीता", "Sunita Suneeta"), ("अनीता", "Anita Aneeta"),
    ("पूजा", "Pooja Puja"), ("आशा", "Asha Aasha"), ("उर्मिला", "Urmila"), ("मोहम्मद", "Mohd Mohammad Mohammed Md"),
    ("अब्दुल", "Abdul"), ("शाहिद", "Shahid"), ("इमरान", "Imran"), ("फ़ातिमा", "Fatima Faatima"), ("ज़ाकिर", "Zakir Jakir"),
    ("रवींद्र", "Ravindra Ravinder"), ("धर्मेंद्र", "Dharmendra Dharmender"), ("जितेंद्र", "Jitendra Jeetendra"), ("दीपक", "Deepak Dipak"),
    ("विकास", "Vikas Vikaas"), ("गौरव", "Gaurav Gourav"), ("कृष्णा", "Krishna"), ("मनोज", "Manoj"), ("प्रिया", "Priya"),
    ("नीलम", "Neelam Nilam"), ("किरण", "Kiran"), ("संतोष", "Santosh"), ("अरविंद", "Arvind Aravind"), ("बृजेश", "Brijesh"),
]
LAST = [
    ("शर्मा", "Sharma Sarma"), ("यादव", "Yadav"), ("चौधरी", "Choudhary Chaudhari Chaudhary"), ("सिंह", "Singh"), ("वर्मा", "Verma Varma"),
    ("गुप्ता", "Gupta"), ("मिश्रा", "Mishra Misra"), ("तिवारी", "Tiwari Tiwary"), ("अंसारी", "Ansari"), ("ख़ान", "Khan"),
    ("कुशवाहा", "Kushwaha"), ("प्रजापति", "Prajapati"), ("मौर्य", "Maurya"), ("सक्सेना", "Saxena"), ("दुबे", "Dubey Dube"),
    ("राजपूत", "Rajput Rajpoot"), ("जायसवाल", "Jaiswal Jayaswal"), ("ठाकुर", "Thakur"), ("पाठक", "Pathak"),
    ("श्रीवास्तव", "Srivastava Shrivastava"),
]
MIDDLE = [("कुमार", "Kumar Kr"), ("प्रसाद", "Prasad Pd"), ("लाल", "Lal")]
PLACES = [
    ("रामपुर", "Rampur"), ("छिबरामऊ", "Chhibramau"), ("तालग्राम", "Talgram"), ("बिशनगढ़", "Bishangarh"), ("सौरिख", "Saurikh"),
    ("इंद्रगढ़", "Indragarh"), ("तिर्वा", "Tirwa"), ("गुरसहायगंज", "Gursahaiganj"), ("नवाबगंज", "Nawabganj"), ("मलीहाबाद", "Malihabad"),
    ("काकोरी", "Kakori"), ("चिनहट", "Chinhat"), ("बख्शी का तालाब", "Bakshi ka Talab"), ("फतेहाबाद", "Fatehabad"), ("शमसाबाद", "Shamsabad"),
]
# What happened: what stands in {} is drawn; each language in several wordings.
MATTERS = {
    "motorcycle": ("CRIME", [
        "My motorcycle {plate} was stolen at night from outside my house in {place}. The FIR has not been registered.",
        "Unknown miscreants took away motorcycle number {plate} parked near {place} market. Police station refused to lodge report.",
        "Theft of bike {plate} at {place} on {date}. Please recover it."], [
        "{place} में मेरे घर के बाहर से रात में मेरी मोटरसाइकिल {plate} चोरी हो गई। रिपोर्ट दर्ज नहीं की गई।",
        "अज्ञात चोर {place} बाजार के पास खड़ी मोटरसाइकिल {plate} चुरा ले गए। थाने ने रिपोर्ट लिखने से मना कर दिया।",
        "दिनांक {date} को {place} से बाइक {plate} की चोरी। कृपया बरामद कराएं।"]),
    "land": ("PROPERTY", [
        "{accused} has encroached upon my land khasra number {n} in village {place} and threatens to kill me.",
        "Illegal possession of my plot gata {n} at {place} by {accused}. He gives death threats when asked to vacate.",
        "My field no {n} situated in {place} was forcibly occupied by {accused}, kindly restore possession."], [
        "ग्राम {place} में मेरी जमीन खसरा नंबर {n} पर {accused} ने कब्जा कर लिया है और जान से मारने की धमकी देता है।",
        "{place} स्थित मेरे प्लॉट गाटा {n} पर {accused} ने अवैध कब्जा किया। खाली करने को कहने पर धमकी देता है।",
        "{accused} द्वारा मेरे खेत संख्या {n}, {place} पर जबरन कब्जा कर लिया गया है, कब्जा वापस दिलाया जाए।"]),
    "assault": ("CRIME", [
        "{accused} and his sons beat me with sticks on {date} at {place}. My head was injured and {n} stitches were needed.",
        "On {date} I was assaulted by {accused} with lathi near {place}; got head injury, {n} stitches. No arrest so far.",
        "{accused} attacked my family with rods at {place}, injuries are serious, {n} stitches in hospital."], [
        "{date} को {place} में {accused} और उसके बेटों ने लाठी से मारपीट की। मेरे सिर में चोट आई, {n} टांके लगे।",
        "{accused} ने {place} के पास {date} को डंडों से हमला किया, सिर में चोट, {n} टांके। अभी तक गिरफ्तारी नहीं।",
        "{accused} ने {place} में मेरे परिवार पर सरिया से हमला किया, चोटें गंभीर हैं, अस्पताल में {n} टांके लगे।"]),
    "fraud": ("CYBER", [
        "Rs {amount} was debited from my bank account by online fraud after I shared OTP on a call. {place}.",
        "Cyber fraud of {amount} rupees, caller asked for OTP and money went from account. I live at {place}.",
        "I was cheated online of Rs. {amount} through a fake link, the bank gives no help, {place}."], [
        "कॉल पर ओटीपी बताने के बाद मेरे बैंक खाते से {amount} रुपये ऑनलाइन ठगी से निकल गए। {place}।",
        "{amount} रुपये की साइबर ठगी, कॉल करने वाले ने ओटीपी मांगा और खाते से पैसे चले गए। मैं {place} में रहता हूँ।",
        "नकली लिंक से मेरे साथ {amount} रुपये का ऑनलाइन धोखा हुआ, बैंक मदद नहीं करता, {place}।"]),
    "dowry": ("WOMEN", [
        "My husband {accused} and in-laws of {place} harass me for dowry of Rs {amount} and beat me.",
        "In-laws at {place} are demanding dowry {amount}, husband {accused} assaults me daily.",
        "Dowry harassment by {accused} since marriage, demand of {amount} rupees, thrown out of house at {place}."], [
        "मेरे पति {accused} और {place} के ससुराल वाले {amount} रुपये दहेज के लिए मारपीट करते हैं।",
        "{place} में ससुराल वाले {amount} दहेज मांग रहे हैं, पति {accused} रोज मारपीट करता है।",
        "विवाह के बाद से {accused} द्वारा दहेज उत्पीड़न, {amount} रुपये की मांग, {place} के घर से निकाल दिया।"]),
    "liquor": ("ILLTRADE", [
        "Illegal liquor is sold at the shop of {accused} in {place}, drunkards abuse women in the evening.",
        "{accused} sells country liquor near {place} school every evening, please take action.",
        "Sale of illicit wine and gambling at {place} by {accused}."], [
        "{place} में {accused} की दुकान पर अवैध शराब बिकती है, शाम को शराबी महिलाओं को गाली देते हैं।",
        "{accused} {place} स्कूल के पास रोज शाम देशी शराब बेचता है, कार्रवाई करें।",
        "{place} में {accused} द्वारा अवैध शराब की बिक्री और जुआ।"]),
    "missing": ("CRIME", [
        "My {n} year old daughter is missing from {place} since {date}. I suspect {accused}.",
        "Girl aged {n} disappeared from {place} on {date}, {accused} lured her away. Police do nothing.",
        "Kidnapping of my minor daughter ({n}) of {place} by {accused}."], [
        "मेरी {n} वर्ष की बेटी {date} से {place} से लापता है। मुझे {accused} पर शक है।",
        "{n} वर्षीय लड़की {date} को {place} से गायब हो गई, {accused} बहला फुसला कर ले गया। पुलिस कुछ नहीं करती।",
        "{accused} द्वारा {place} की मेरी नाबालिग बेटी ({n}) का अपहरण।"]),
    "crop": ("PROPERTY", [
        "{accused} let his cattle destroy my wheat crop in field {n} at {place}, then abused me.",
        "Crop of plot {n} in {place} was damaged by the buffaloes of {accused}. He abused when I objected.",
        "Loss of Rs {amount}: cows of {accused} ate the harvest of my field {n}, {place}."], [
        "{accused} ने {place} में मेरे खेत {n} की गेहूं की फसल अपने पशुओं से नष्ट करा दी, फिर गाली दी।",
        "{place} में प्लॉट {n} की फसल {accused} की भैंसों ने खराब कर दी। मना करने पर गाली दी।",
        "{amount} रुपये का नुकसान: {accused} की गायों ने मेरे खेत {n}, {place} की फसल खा ली।"]),
    "bribe": ("CORRUPT", [
        "Inspector {accused} of the outpost asked bribe of Rs {amount} for passport verification, {place}.",
        "A bribe of {amount} rupees was demanded by constable {accused} at {place} for verification of passport.",
        "{accused} takes money ({amount}) for verification at {place}, corrupt officer."], [
        "चौकी के दरोगा {accused} ने पासपोर्ट सत्यापन के लिए {amount} रुपये रिश्वत मांगी, {place}।",
        "{place} में सिपाही {accused} ने पासपोर्ट के सत्यापन हेतु {amount} रुपये की घूस मांगी।",
        "{accused} {place} में सत्यापन के लिए पैसे ({amount}) लेता है, भ्रष्ट अधिकारी।"]),
    "noise": ("LAWORDER", [
        "Loudspeaker and DJ music till late night at the house of {accused} in {place}. Children cannot sleep.",
        "{accused} plays loud DJ at {place} every night, complaint to police had no result.",
        "Noise from loudspeaker near {place} temple by {accused} at night."], [
        "{place} में {accused} के घर पर देर रात तक लाउडस्पीकर और डीजे बजता है। बच्चे सो नहीं पाते।",
        "{accused} {place} में हर रात तेज डीजे बजाता है, पुलिस से शिकायत का कोई नतीजा नहीं।",
        "{place} मंदिर के पास {accused} द्वारा रात में लाउडस्पीकर का शोर।"]),
}


class Maker:
    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.complaints, self.twins, self.tempting, self.n = [], {}, {}, 0

    def person(self):
        d = self.draw
        middle = d.choice(MIDDLE) if d.random() < .35 else None
        return dict(first=d.choice(FIRST), middle=middle, last=d.choice(LAST), father=(d.choice(FIRST), d.choice(LAST)),
                    mobile=f"+915{d.randrange(10 ** 9):09d}", unit=d.choice(DISTRICTS))

    def spell(self, parts, script):
        return " ".join(p[0] if script == "hi" else self.draw.choice(p[1].split()) for p in parts if p)

    def name(self, who, script):
        d, parts = self.draw, [who["first"], who["middle"], who["last"]]
        if who["middle"] and d.random() < .2:
            parts.pop(1)
        text = self.spell(parts, script)
        if d.random() < .2:
            text = (d.choice(["श्री ", "श्रीमती "]) if script == "hi" else d.choice(["Shri ", "Smt. ", "Mr. "])) + text
        if d.random() < .05:
            text = text.upper()
        return text

    def matter(self, kind=None):
        d = self.draw
        kind = kind or d.choice(list(MATTERS))
        return dict(kind=kind, place=d.choice(PLACES), accused=(d.choice(FIRST), d.choice(LAST)), n=str(d.randrange(4, 999)),
                    amount=str(d.randrange(10, 990) * 100),
                    plate=f"UP{d.randrange(11, 96)} {d.choice('ABCDEFGHJK')} {d.randrange(1000, 9999)}",
                    date=f"{d.randrange(1, 28):02d}.{d.randrange(1, 6):02d}.2020")

    def text(self, matter, script, wording=None):
        d = self.draw
        words = MATTERS[matter["kind"]][1 if script == "en" else 2]
        text = (words[wording] if wording is not None else d.choice(words)).format(
            place=matter["place"][0] if script == "hi" else matter["place"][1], accused=self.spell(matter["accused"], script),
            n=matter["n"], amount=matter["amount"], plate=matter["plate"], date=matter["date"])
        if script == "hi" and d.random() < .3:
            text = text.translate(str.maketrans("0123456789", "०१२३४५६७८९"))
        return text

    def complaint(self, who, matter, day, script=None, door=None, mobile="own", wording=None, **more):
        d = self.draw
        script = script or d.choice(("hi", "en"))
        door = door or d.choice(DOORS)
        self.n += 1
        text = self.text(matter, script, wording)
        row = dict(source_system=door, number=f"{door.upper()}/{self.n:07d}", complainant=self.name(who, script),
                   relative_name=self.spell(who["father"], script) if d.random() < .4 else None,
                   mobile={"own": who["mobile"], None: None}.get(mobile, mobile), unit=who["unit"],
                   category=MATTERS[matter["kind"]][0] if d.random() < .8 else "OTHER", body=text,
                   received_at=START + datetime.timedelta(days=day, seconds=d.randrange(80000)), disposed_at=None, identity="N", door=door)
        row.update(more)
        self.complaints.append(row)
        return row

    def label(self, a, b, kind="duplicate", into=None):
        (self.twins if into is None else into)[tuple(sorted((a["number"], b["number"])))] = kind

    def twin(self):
        """One matter through two doors; sometimes the second time after the first was over."""
        d, who, matter, day = self.draw, self.person(), self.matter(), self.draw.randrange(60)
        doors = d.sample(DOORS, 2)
        later, again = d.randrange(0, 25), d.random() < .1
        mobile = d.choices(["own", None, f"+915{d.randrange(10 ** 9):09d}"], (.84, .13, .03))[0]
        a = self.complaint(who, matter, day, door=doors[0])
        if again:
            a["disposed_at"] = a["received_at"] + datetime.timedelta(days=10)
        b = self.complaint(who, matter, day + later + (20 if again else 0), door=doors[1], mobile=mobile)
        self.label(a, b, "repeat" if again else "duplicate")

    def family(self):
        """One telephone, two people, two matters."""
        d, who = self.draw, self.person()
        other = dict(self.person(), mobile=who["mobile"], unit=who["unit"], last=who["last"])
        one, two = d.sample(list(MATTERS), 2)
        day = d.randrange(60)
        self.label(self.complaint(who, self.matter(one), day), self.complaint(other, self.matter(two), day + d.randrange(20)), "family",
                   self.tempting)

    def other_matter(self):
        """One person, two matters."""
        d, who, day = self.draw, self.person(), self.draw.randrange(60)
        one, two = d.sample(list(MATTERS), 2)
        self.label(self.complaint(who, self.matter(one), day), self.complaint(who, self.matter(two), day + d.randrange(20)),
                   "other matter", self.tempting)

    def namesake(self):
        """One name, two people, the same kind of matter; or one wording that many use."""
        d, who, kind, day = self.draw, self.person(), self.draw.choice(list(MATTERS)), self.draw.randrange(60)
        other = dict(who, mobile=f"+915{d.randrange(10 ** 9):09d}", father=(d.choice(FIRST), d.choice(LAST)))
        self.label(self.complaint(who, self.matter(kind), day), self.complaint(other, self.matter(kind), day + d.randrange(20)), "namesake",
                   self.tempting)

    def vowel(self):
        """Two names that a vowel sign keeps apart; the same words from one village."""
        d = self.draw
        a, b = d.choice([("रीना", "राना"), ("राम", "रमा"), ("राम", "रामा"), ("शिव", "शिवा"), ("कमल", "कमला"), ("विमल", "विमला"),
                         ("रीना", "रिना"), ("सीता", "सती"), ("सुमन", "सुमना"), ("किरण", "करण")])
        who = dict(self.person(), middle=None)
        one, two = dict(who, first=(a, a)), dict(who, first=(b, b), mobile=f"+915{d.randrange(10 ** 9):09d}")
        kind, day, wording = d.choice(list(MATTERS)), d.randrange(60), d.randrange(3)
        more = dict(script="hi", wording=wording, relative_name=None)
        a = self.complaint(one, self.matter(kind), day, **more)
        self.label(a, self.complaint(two, self.matter(kind), day + d.randrange(10), **more), "vowel", self.tempting)


def make(seed, pairs):
    m = Maker(seed)
    for i in range(pairs):
        (m.twin, m.twin, m.family, m.twin, m.other_matter, m.twin, m.namesake, m.vowel)[i % 8]()
    m.complaints.sort(key=lambda c: (c["received_at"], c["number"]))
    return m.complaints, m.twins, m.tempting


COLUMNS = ("source_system", "number", "number_norm", "complainant", "relative_name", "mobile", "unit", "category", "body", "received_at",
           "disposed_at", "identity", "status", "first_run", "last_run", "staged_at", "changed_at")


def stage(db, complaints, at="2020-06-10T20:00:00Z"):
    """Puts them where a pull would."""
    from psycopg2.extras import execute_values
    rows = [(c["source_system"], c["number"], c["number"].replace("-", ""), c["complainant"], c["relative_name"], c["mobile"], c["unit"],
             c["category"], c["body"], c["received_at"], c["disposed_at"], c["identity"],
             "DISP" if c["disposed_at"] else "REGD", 1, 1, at, at)
            for c in complaints]
    with db, db.cursor() as cursor:
        execute_values(cursor, f"INSERT INTO bridge.complaint ({', '.join(COLUMNS)}) VALUES %s", rows, page_size=1000)
        cursor.execute("INSERT INTO bridge.link (system, number, number_norm, bridge_id, run_id, at) SELECT c.source_system, c.number, "
                       "c.number_norm, c.bridge_id, 1, c.staged_at FROM bridge.complaint c "
                       "WHERE NOT EXISTS (SELECT FROM bridge.link l WHERE l.bridge_id = c.bridge_id)")
        cursor.execute("ANALYZE bridge.complaint")
