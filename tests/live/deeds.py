"""What is complained of, by whom and where: the words of doors.py. TUNED may be looked at when the matching is changed; HELD_OUT may not:
it says how well the matching does with what it was not made for. In each language the first three wordings say the whole matter, the
others what may be said besides. Written for the tests; nobody is real."""

NAMES = """
आकाश आदित्य अजय अखिलेश अमरजीत अमित अंकित अनुराधा अर्चना अशोक अवधेश बबीता बलराम बेबी भगवान भानु भूपेन्द्र बिमला चेतन
चम्पा दयाशंकर देवकी धर्मपाल दुर्गेश फूलचन्द गजेन्द्र गणेश घनश्याम गिरीश गोविन्द गुड्डी हरिओम हरीश हेमन्त हीरा इन्द्रजीत
ईश्वर जगदीश जानकी ज्योति कैलाश कमलेश कंचन करुणा केशव खुशबू किशोर कुन्ती ललित लता लोकेश मधु माया मनीष मंजू मीनाक्षी मोहित
मुन्नी नन्दकिशोर नरेश नवीन निर्मला नूरजहाँ ओमवती पंकज परवीन पार्वती प्रभात प्रमोद पुष्पा राधेश्याम राजू रामकली रंजना
रश्मि रेखा रोहित रुखसाना सचिन सद्दाम साधना सलीम संगीता सरोज सतीश सावित्री शबाना शकुन्तला शंकर शान्ति शिवकुमार सोहन सुभाष
सुधीर सुषमा तारा उमेश उषा वन्दना वीरेन्द्र विद्या विनोद योगेश ज़ुबैर फ़रहान ज़रीना गुलशन इरशाद नौशाद तबस्सुम
""".split()
SURNAMES = """
अवस्थी बघेल भदौरिया भारती बिष्ट चौहान चतुर्वेदी दीक्षित द्विवेदी गौतम गहलोत गोस्वामी हाशमी जाटव जोशी कश्यप कठेरिया कौशिक
लोधी मल्होत्रा मेहता निगम निषाद ओझा पाल पाण्डेय परिहार राठौर रावत साहू सैनी शाक्य शुक्ला सोलंकी सोनकर त्रिपाठी त्रिवेदी
वाल्मीकि वर्मा विश्वकर्मा यादव सिद्दीकी कुरैशी मंसूरी अहमद
""".split()
FATHERLY = """
अयोध्या बद्रीप्रसाद बैजनाथ बाबूराम भोलानाथ छोटेलाल दामोदर दीनानाथ गंगाराम गयादीन हरनारायण हुकुमसिंह जमुनादास झब्बूलाल
कन्हैयालाल काशीराम लक्ष्मण मातादीन मेवाराम मिश्रीलाल नत्थूलाल परमानन्द पुत्तूलाल रघुवीर रामस्वरूप सियाराम शिवचरण सुखदेव
तुलसीराम विश्वनाथ मुस्तफा रहमत यूसुफ
""".split()
PLACES = """
अजीतपुर बेहटा भगवन्तनगर चकरपुर डालमऊ धौरहरा गौरीगंज हसनपुर इमलिया जलालपुर ककवन खजुरी लालपुर मानिकपुर मिश्रिख नगरिया पचोर
पिहानी रसूलाबाद सफीपुर सण्डीला तिलोई ठठिया उमरी विशुनगढ़
""".split()

# How a letter begins and ends: of TUNED, then of HELD_OUT.
FRAMES = {
    "tuned": dict(
        opening=dict(
            en=["Respected Sir, with due respect I beg to state the following.",
                "To the Superintendent of Police. I am a poor and law abiding person.",
                "Sir, I have come to your office many times and nobody listened.", "I request your kind attention to my problem."],
            hi=["सेवा में श्रीमान पुलिस अधीक्षक महोदय, सविनय निवेदन है कि", "महोदय, प्रार्थी एक गरीब और सीधा सादा व्यक्ति है।",
                "महोदय मैं कई बार आपके कार्यालय आ चुका हूँ परन्तु सुनवाई नहीं हुई।", "कृपया मेरी समस्या पर ध्यान देने का कष्ट करें।"]),
        plea=dict(
            en=["Kindly take strict legal action at the earliest.", "Please get me justice, I shall be ever grateful.",
                "No action has been taken by the local police till today.", "Kindly direct the SHO to register my case."],
            hi=["अतः श्रीमान जी से प्रार्थना है कि कठोर कानूनी कार्यवाही की जाए।", "मुझे न्याय दिलाया जाए, आपकी महान कृपा होगी।",
                "स्थानीय पुलिस ने आज तक कोई कार्यवाही नहीं की।", "थानाध्यक्ष को मुकदमा लिखने का आदेश देने की कृपा करें।"])),
    "held": dict(
        opening=dict(
            en=["Dear Officer, my complaint is as under.", "This is my third reminder on the same subject.",
                "I write this with great pain.", "Through this portal I wish to bring the following facts."],
            hi=["प्रिय अधिकारी, मेरी व्यथा इस प्रकार है।", "इसी बात पर यह मेरा तीसरा स्मरण पत्र है।",
                "बड़े दुख के साथ यह लिख रहा हूँ।", "इस पोर्टल के माध्यम से निम्न तथ्य रखना चाहती हूँ।"]),
        plea=dict(
            en=["Please send a team to the spot.", "I fear for my safety and want protection.", "Those responsible must not go free.",
                "A reply in writing is expected from you."],
            hi=["कृपया मौके पर टीम भेजी जाए।", "मुझे अपनी जान का भय है, सुरक्षा दी जाए।", "जिम्मेदार लोग बचने नहीं चाहिए।",
                "आपसे लिखित उत्तर की अपेक्षा है।"])),
}

TUNED = {
    "chain": dict(category="CRIME", en=[
        "Two boys on a black bike snatched my gold chain worth Rs {amount} near {place} crossing on {date}.",
        "On {date} my chain was pulled from my neck at {place} by unknown bike riders, loss of {amount} rupees.",
        "Chain snatching happened with me at {place}; gold of {amount} is gone and nobody is caught.",
        "I was returning from the temple with my daughter.", "The CCTV of the shop nearby shows the number {plate}."], hi=[
        "{date} को {place} चौराहे के पास काली बाइक पर आए दो लड़कों ने {amount} रुपये की मेरी सोने की चेन छीन ली।",
        "{place} में अज्ञात बाइक सवार मेरे गले से चेन खींचकर भाग गए, {amount} रुपये का नुकसान हुआ, तारीख {date}।",
        "मेरे साथ {place} में चेन स्नैचिंग हुई, {amount} का सोना चला गया और कोई पकड़ा नहीं गया।",
        "मैं अपनी बेटी के साथ मंदिर से लौट रही थी।", "पास की दुकान के सीसीटीवी में नम्बर {plate} दिखाई देता है।"]),
    "tubewell": dict(category="CRIME", en=[
        "The motor of my tubewell at {place}, plot {n}, was stolen in the night; it cost Rs {amount}.",
        "Thieves opened my tubewell at {place} and took the motor and cable worth {amount} rupees from field {n}.",
        "Theft of submersible pump from plot {n} in {place} on {date}. I suspect {accused}.",
        "The starter and the wire are missing too.", "My wheat is drying without water."], hi=[
        "{place} में गाटा {n} पर लगे मेरे नलकूप की मोटर रात में चोरी हो गई, कीमत {amount} रुपये थी।",
        "चोरों ने {place} में मेरा नलकूप खोलकर खेत {n} से {amount} रुपये की मोटर और केबल निकाल ली।",
        "{date} को {place} के गाटा {n} से सबमर्सिबल पम्प चोरी हुआ। मुझे {accused} पर शक है।",
        "स्टार्टर और तार भी गायब हैं।", "पानी के बिना मेरा गेहूँ सूख रहा है।"]),
    "path": dict(category="CIVIL", en=[
        "{accused} has closed the public path to my house at {place} by building a wall on gata {n}.",
        "The village road {n} in {place} is blocked by {accused} with bricks, we cannot pass.",
        "{accused} put a gate on the common way of {place} and does not let us go.",
        "The revenue officer measured it and it is a government way.", "He abuses the women of my house."], hi=[
        "{accused} ने {place} में गाटा {n} पर दीवार बनाकर मेरे घर का सार्वजनिक रास्ता बंद कर दिया है।",
        "{place} में ग्राम का रास्ता {n} {accused} ने ईंटें डालकर रोक दिया है, हम निकल नहीं पाते।",
        "{accused} ने {place} के आम रास्ते पर फाटक लगा दिया है और हमें जाने नहीं देता।",
        "लेखपाल ने नाप की है और वह सरकारी रास्ता है।", "वह मेरे घर की औरतों को गाली देता है।"]),
    "hit": dict(category="ACCIDENT", en=[
        "A truck {plate} hit my son at {place} on {date} and his leg is broken.",
        "My son was knocked down by truck number {plate} near {place}; the driver fled.",
        "Road accident at {place} on {date}: vehicle {plate} ran over my boy, treatment cost Rs {amount}.",
        "He lies in the district hospital since then.", "The owner of the truck is {accused}."], hi=[
        "{date} को {place} में ट्रक {plate} ने मेरे लड़के को टक्कर मार दी, उसका पैर टूट गया।",
        "{place} के पास ट्रक संख्या {plate} ने मेरे पुत्र को टक्कर मारी और चालक भाग गया।",
        "{place} में {date} को सड़क दुर्घटना: वाहन {plate} मेरे बेटे पर चढ़ गया, इलाज में {amount} रुपये लगे।",
        "वह तब से जिला अस्पताल में भर्ती है।", "ट्रक का मालिक {accused} है।"]),
    "cyber": dict(category="CYBER", en=[
        "{accused} made a false ID on Facebook with my photo and sends obscene messages from {place}.",
        "Somebody made a fake Facebook profile of me; I suspect {accused} of {place}. He asks Rs {amount} to remove it.",
        "Obscene messages come from a fake account in my name and {accused} demands {amount} rupees.",
        "The whole of {place} has seen the photos.", "The link is in the enclosed paper {n}."], hi=[
        "{accused} ने मेरी फोटो लगाकर फेसबुक पर फर्जी आईडी बनाई और {place} से अश्लील मैसेज भेजता है।",
        "किसी ने मेरी नकली फेसबुक प्रोफाइल बना दी है; मुझे {place} के {accused} पर शक है। हटाने के {amount} रुपये मांगता है।",
        "मेरे नाम के फर्जी अकाउंट से अश्लील संदेश आ रहे हैं और {accused} {amount} रुपये की मांग करता है।",
        "पूरे {place} ने फोटो देख ली है।", "लिंक संलग्न कागज {n} पर है।"]),
    "liquor": dict(category="LAWORDER", en=[
        "{accused} sells illicit country liquor from his house at {place} and drunkards quarrel there all night.",
        "Illegal liquor is sold at {place} by {accused} with the help of the beat constable.",
        "A still runs in {place} near house {n}; {accused} supplies raw liquor to the whole village.",
        "Women cannot go out after dark.", "One man already died after drinking it on {date}."], hi=[
        "{accused} {place} में अपने घर से अवैध देशी शराब बेचता है और शराबी रात भर झगड़ा करते हैं।",
        "{place} में {accused} बीट सिपाही की मदद से अवैध शराब बेच रहा है।",
        "{place} में मकान {n} के पास भट्टी चलती है; {accused} पूरे गांव को कच्ची शराब देता है।",
        "अंधेरा होने के बाद महिलाएं बाहर नहीं निकल सकतीं।", "{date} को पीने से एक आदमी मर चुका है।"]),
    "loan": dict(category="CRIME", en=[
        "{accused} borrowed Rs {amount} from me on {date} and now refuses to pay back and threatens me.",
        "I lent {amount} rupees to {accused} of {place} for his daughter's marriage, he does not return the money.",
        "My money {amount} is due from {accused}; when I ask he abuses me at {place}.",
        "He gave a cheque that bounced, number {n}.", "There is a written paper with two witnesses."], hi=[
        "{accused} ने {date} को मुझसे {amount} रुपये उधार लिए, अब वापस नहीं करता और धमकी देता है।",
        "मैंने {place} के {accused} को उसकी बेटी की शादी के लिए {amount} रुपये दिए थे, वह पैसा नहीं लौटा रहा।",
        "{accused} पर मेरे {amount} रुपये बकाया हैं; मांगने पर {place} में गाली गलौज करता है।",
        "उसने चेक दिया जो बाउंस हो गया, संख्या {n}।", "दो गवाहों के साथ लिखा पढ़ी है।"]),
    "stalk": dict(category="WOMEN", en=[
        "{accused} follows my daughter on her way to school in {place} and passes dirty comments.",
        "A boy named {accused} of {place} teases my girl daily when she goes to college.",
        "My daughter is being harassed by {accused}; on {date} he caught her hand at {place}.",
        "She has stopped going to school.", "He also calls from several numbers at night."], hi=[
        "{accused} {place} में स्कूल जाते समय मेरी बेटी का पीछा करता है और गंदी बातें कहता है।",
        "{place} का {accused} नाम का लड़का मेरी लड़की को कॉलेज जाते समय रोज छेड़ता है।",
        "{accused} मेरी पुत्री को परेशान कर रहा है; {date} को {place} में उसने हाथ पकड़ लिया।",
        "उसने स्कूल जाना बंद कर दिया है।", "वह रात में कई नम्बरों से फोन भी करता है।"]),
    "tree": dict(category="CIVIL", en=[
        "{accused} cut down three mango trees of my orchard at {place} on {date} and sold the timber for Rs {amount}.",
        "My mango orchard (plot {n}) in {place} was felled by {accused} in my absence.",
        "The wood of my trees worth {amount} was carried off from {place} by {accused} on a trolley.",
        "The forest guard was told and did nothing.", "My grandfather had planted them."], hi=[
        "{accused} ने {date} को {place} में मेरे बाग के तीन आम के पेड़ काट डाले और लकड़ी {amount} रुपये में बेच दी।",
        "मेरी अनुपस्थिति में {place} का मेरा आम का बाग (गाटा {n}) {accused} ने कटवा दिया।",
        "{accused} ट्राली पर {place} से मेरे पेड़ों की {amount} रुपये की लकड़ी उठा ले गया।",
        "वन रक्षक को बताया पर उसने कुछ नहीं किया।", "ये पेड़ मेरे बाबा ने लगाए थे।"]),
    "goats": dict(category="CRIME", en=[
        "{n} goats of mine were taken from the shed at {place} by {accused} on a pick-up van {plate}.",
        "At night my goats were loaded into a van at {place}; the neighbours saw {plate}.",
        "{accused} and his friends stole my goats worth Rs {amount} from {place} on {date}.",
        "The dog did not bark because it was given something to eat.", "I am a widow and lived from their milk."], hi=[
        "{accused} {place} में मेरे बाड़े से {n} बकरियाँ पिकअप {plate} पर लाद ले गया।",
        "रात में {place} से मेरी बकरियाँ गाड़ी में भर ली गईं; पड़ोसियों ने {plate} देखा।",
        "{accused} और उसके साथियों ने {date} को {place} से {amount} रुपये की मेरी बकरियाँ चुरा लीं।",
        "कुत्ते को कुछ खिला दिया था इसलिए वह नहीं भौंका।", "मैं विधवा हूँ और उनके दूध से गुजारा करती थी।"]),
    "pension": dict(category="CORRUPT", en=[
        "The village secretary {accused} asks Rs {amount} to forward my old age pension form at {place}.",
        "My widow pension is stopped since {date}; {accused} of block {place} wants {amount} rupees.",
        "{accused} took {amount} from me for the pension and did not do the work.",
        "My bank passbook is attached, page {n}.", "I am seventy two years old and walk with a stick."], hi=[
        "ग्राम सचिव {accused} {place} में मेरा वृद्धावस्था पेंशन फार्म आगे भेजने के {amount} रुपये मांगता है।",
        "{date} से मेरी विधवा पेंशन बंद है; ब्लाक {place} का {accused} {amount} रुपये चाहता है।",
        "{accused} ने पेंशन के नाम पर मुझसे {amount} ले लिए और काम नहीं किया।",
        "बैंक पासबुक संलग्न है, पृष्ठ {n}।", "मेरी उम्र बहत्तर साल है और लाठी के सहारे चलती हूँ।"]),
    "falsecase": dict(category="POLICE", en=[
        "A false case number {n} was registered against my brother at {place} on the complaint of {accused}.",
        "{accused} got my brother named in a fake case {n}/2020; he was in Delhi on {date}.",
        "My brother is innocent, the investigating officer took Rs {amount} from {accused} to implicate him at {place}.",
        "His attendance in the factory is proof.", "Please change the investigating officer."], hi=[
        "{accused} की तहरीर पर {place} में मेरे भाई के विरुद्ध झूठा मुकदमा संख्या {n} लिख दिया गया।",
        "{accused} ने मेरे भाई को फर्जी मुकदमे {n}/2020 में नामजद करा दिया; वह {date} को दिल्ली में था।",
        "मेरा भाई निर्दोष है, विवेचक ने उसे {place} में फंसाने के लिए {accused} से {amount} रुपये लिए।",
        "फैक्ट्री की हाजिरी इसका सबूत है।", "कृपया विवेचक बदल दिया जाए।"]),
    "stones": dict(category="LAWORDER", en=[
        "{accused} and his men pelted stones at our house {n} in {place} on {date} and broke the windows.",
        "Stone pelting on my family at {place} by the people of {accused}; three of us are wounded.",
        "Our house in {place} was attacked with bricks by {accused}, damage of Rs {amount}.",
        "It began over the panchayat election.", "A PAC picket should be posted there."], hi=[
        "{date} को {accused} और उसके आदमियों ने {place} में हमारे मकान {n} पर पत्थर फेंके और खिड़कियाँ तोड़ दीं।",
        "{place} में {accused} के लोगों ने मेरे परिवार पर पथराव किया; हम तीन लोग जख्मी हैं।",
        "{place} में हमारे मकान पर {accused} ने ईंटों से हमला किया, {amount} रुपये का नुकसान हुआ।",
        "यह पंचायत चुनाव को लेकर शुरू हुआ।", "वहाँ पीएसी तैनात की जाए।"]),
    "recovery": dict(category="CYBER", en=[
        "Agents of a loan app call my relatives and demand Rs {amount} though I have paid all.",
        "I took a small loan from a mobile app, now {accused} sends my morphed pictures and wants {amount} rupees.",
        "Recovery agents of {accused} came to my house at {place} on {date} and humiliated my parents.",
        "The loan number ends with {n}.", "I cannot sleep and think of ending my life."], hi=[
        "लोन ऐप के एजेंट मेरे रिश्तेदारों को फोन करके {amount} रुपये मांगते हैं जबकि मैं सब चुका चुका हूँ।",
        "मैंने मोबाइल ऐप से छोटा कर्ज लिया था, अब {accused} मेरी अश्लील तस्वीरें भेजता है और {amount} रुपये चाहता है।",
        "{date} को {accused} के वसूली एजेंट {place} में मेरे घर आए और मेरे माता पिता को बेइज्जत किया।",
        "ऋण संख्या के अन्त में {n} है।", "मुझे नींद नहीं आती और आत्महत्या का विचार आता है।"]),
    "husband": dict(category="MISSING", en=[
        "My husband left {place} for work on {date} and has not come home; his phone is switched off.",
        "My husband, a mason of {place}, is untraceable since {date}. He was last seen with {accused}.",
        "The father of my children has disappeared from {place}, I fear {accused} has done something to him.",
        "He wore a blue shirt and had Rs {amount} with him.", "I have two small children."], hi=[
        "मेरे पति {date} को {place} से काम पर गए थे और घर नहीं लौटे; उनका फोन बंद है।",
        "मेरे पति, {place} के राजमिस्त्री, {date} से नहीं मिल रहे। आखिरी बार {accused} के साथ देखे गए।",
        "मेरे बच्चों के पिता {place} से लापता हैं, मुझे डर है कि {accused} ने उनके साथ कुछ कर दिया है।",
        "वे नीली कमीज पहने थे और {amount} रुपये पास थे।", "मेरे दो छोटे बच्चे हैं।"]),
    "wages": dict(category="CIVIL", en=[
        "The brick kiln owner {accused} at {place} did not pay our wages of Rs {amount} and keeps us there by force.",
        "Eleven labourers are held at the kiln of {accused}, {place}; wages {amount} are unpaid since {date}.",
        "{accused} beats workers who ask for their wages at his brick kiln in {place}.",
        "We come from another state.", "The register shows our names at serial {n}."], hi=[
        "{place} के भट्ठा मालिक {accused} ने हमारी {amount} रुपये मजदूरी नहीं दी और जबरन रोक रखा है।",
        "{accused} के भट्ठे, {place} पर ग्यारह मजदूर बंधक हैं; {date} से {amount} मजदूरी बाकी है।",
        "{accused} {place} में अपने ईंट भट्ठे पर मजदूरी मांगने वालों को पीटता है।",
        "हम दूसरे प्रदेश के रहने वाले हैं।", "रजिस्टर में क्रमांक {n} पर हमारे नाम हैं।"]),
    "shop": dict(category="CRIME", en=[
        "The shutter of my grocery shop no {n} at {place} was broken on {date} and Rs {amount} taken from the till.",
        "Burglary in my shop at {place}: ghee, sugar and {amount} in cash are gone.",
        "Somebody entered my grocery through the roof at {place}; I suspect my old servant {accused}.",
        "The watchman was asleep.", "The dog squad was not called."], hi=[
        "{date} को {place} में मेरी किराना दुकान संख्या {n} का शटर तोड़कर गल्ले से {amount} रुपये निकाल लिए गए।",
        "{place} में मेरी दुकान में सेंधमारी हुई: घी, चीनी और {amount} नकद चला गया।",
        "{place} में कोई छत से मेरी किराना दुकान में घुसा; मुझे पुराने नौकर {accused} पर शक है।",
        "चौकीदार सो रहा था।", "डॉग स्क्वायड नहीं बुलाया गया।"]),
    "cheatjob": dict(category="CRIME", en=[
        "{accused} took Rs {amount} from my son promising a post in the railways and gave a bogus joining letter.",
        "On the pretext of a railway post {accused} of {place} cheated us of {amount} rupees.",
        "The appointment letter given by {accused} proved bogus when my son reached the office on {date}.",
        "He says he knows a minister.", "The money went in three parts to account ending {n}."], hi=[
        "{accused} ने मेरे बेटे को रेलवे में पद दिलाने का वादा करके {amount} रुपये लिए और जाली ज्वाइनिंग लेटर दे दिया।",
        "{place} के {accused} ने रेलवे में भर्ती के बहाने हमसे {amount} रुपये ठग लिए।",
        "{accused} का दिया नियुक्ति पत्र जाली निकला जब मेरा बेटा {date} को दफ्तर पहुँचा।",
        "वह कहता है कि मंत्री को जानता है।", "रकम तीन बार में खाता जिसके अंत में {n} है, भेजी।"]),
    "parents": dict(category="CIVIL", en=[
        "My younger son {accused} turned us out of our house {n} at {place} and gives us no food.",
        "We are old parents; {accused} and his wife beat us at {place} on {date} to get the house written in their name.",
        "{accused} snatched my pension of Rs {amount} and locked the room where we live in {place}.",
        "We sleep in the temple now.", "The tribunal ordered maintenance and he does not obey."], hi=[
        "मेरे छोटे बेटे {accused} ने हमें {place} के हमारे मकान {n} से निकाल दिया और खाना नहीं देता।",
        "हम बूढ़े माँ बाप हैं; {accused} और उसकी पत्नी ने मकान अपने नाम लिखाने को {date} को {place} में हमें पीटा।",
        "{accused} ने मेरी {amount} रुपये की पेंशन छीन ली और {place} में हमारे रहने के कमरे में ताला डाल दिया।",
        "अब हम मंदिर में सोते हैं।", "अधिकरण ने भरण पोषण का आदेश दिया पर वह नहीं मानता।"]),
    "sand": dict(category="LAWORDER", en=[
        "Illegal digging of sand goes on at the river bank of {place} by {accused} with machines all night.",
        "Overloaded dumpers {plate} of {accused} carry sand through {place} and broke the village road.",
        "{accused} takes earth from the pond of {place}, plot {n}, without any permit.",
        "Who speaks against it is threatened with a gun.", "The revenue loses {amount} rupees each day."], hi=[
        "{place} में नदी किनारे {accused} रात भर मशीनों से बालू का अवैध खनन करा रहा है।",
        "{accused} के ओवरलोड डंपर {plate} {place} से बालू ले जाते हैं और गांव की सड़क तोड़ दी।",
        "{accused} बिना परमिट {place} के तालाब, गाटा {n}, से मिट्टी निकाल रहा है।",
        "जो बोलता है उसे बंदूक दिखाकर धमकाते हैं।", "रोज {amount} रुपये के राजस्व की हानि हो रही है।"]),
}

HELD_OUT = {
    "dog": dict(category="OTHER", en=[
        "The pet dog of {accused} bit my nephew in lane {n} of {place} on {date}.",
        "My nephew was bitten by a ferocious dog at {place}; its keeper {accused} laughs at us.",
        "{accused} lets his dog loose in {place}, it has bitten five children, injections cost us Rs {amount}.",
        "The animal has not been vaccinated.", "He set it on us deliberately."], hi=[
        "{date} को {place} की गली {n} में {accused} के पालतू कुत्ते ने मेरे भतीजे को काट लिया।",
        "{place} में एक खूंखार कुत्ते ने मेरे भतीजे को काटा; पालने वाला {accused} हम पर हंसता है।",
        "{accused} {place} में अपना कुत्ता खुला छोड़ देता है, पांच बच्चों को काट चुका है, इंजेक्शन में {amount} रुपये लगे।",
        "जानवर को टीका नहीं लगा है।", "उसने जानबूझकर हम पर छोड़ा।"]),
    "scooter": dict(category="CRIME", en=[
        "My scooty {plate} which I had parked outside the bank at {place} on {date} was not there when I came out.",
        "Scooter {plate} lifted from {place}. The papers and Rs {amount} were in the dickey.",
        "Somebody took my Activa {plate} from the parking in {place}, I think {accused} has a duplicate key.",
        "I had gone inside only for ten minutes.", "The insurance company wants a copy of the FIR."], hi=[
        "{date} को {place} में बैंक के बाहर खड़ी मेरी स्कूटी {plate} बाहर आने पर नहीं मिली।",
        "{place} से स्कूटर {plate} उठा लिया गया। डिग्गी में कागज और {amount} रुपये थे।",
        "{place} की पार्किंग से मेरी एक्टिवा {plate} कोई ले गया, मुझे लगता है {accused} के पास दूसरी चाबी है।",
        "मैं सिर्फ दस मिनट को अंदर गया था।", "बीमा कंपनी एफआईआर की नकल मांग रही है।"]),
    "gas": dict(category="CORRUPT", en=[
        "The gas agency of {accused} at {place} charges Rs {amount} extra and delivers short cylinders.",
        "{accused} sells our cooking gas cylinders in black at {place}; my consumer number ends with {n}.",
        "For three months {accused} has not delivered a cylinder to us in {place} though it is shown as delivered on {date}.",
        "His delivery boys behave rudely.", "Half the colony has the same trouble."], hi=[
        "{place} में {accused} की गैस एजेंसी {amount} रुपये ज्यादा लेती है और कम वजन के सिलेंडर देती है।",
        "{accused} {place} में हमारे रसोई गैस सिलेंडर ब्लैक में बेचता है; मेरा उपभोक्ता नंबर {n} पर समाप्त होता है।",
        "तीन महीने से {accused} ने {place} में हमें सिलेंडर नहीं दिया जबकि {date} को वितरित दिखाया गया है।",
        "उसके डिलीवरी वाले लड़के अभद्रता करते हैं।", "आधी कॉलोनी को यही परेशानी है।"]),
    "acid": dict(category="WOMEN", en=[
        "{accused} says he will throw acid on my sister if she does not marry him; he stood before our gate at {place} on {date}.",
        "My sister gets letters from {accused} of {place} in which he threatens with acid.",
        "A one sided lover {accused} has made the life of my sister hell in {place}, house {n}.",
        "Her engagement was broken because of him.", "He keeps a bottle in his bag."], hi=[
        "{accused} कहता है कि शादी न करने पर मेरी बहन पर तेजाब फेंक देगा; {date} को {place} में हमारे दरवाजे पर खड़ा था।",
        "मेरी बहन को {place} के {accused} के खत आते हैं जिनमें तेजाब डालने की धमकी है।",
        "एकतरफा प्रेमी {accused} ने {place}, मकान {n} में मेरी बहन का जीना हराम कर दिया है।",
        "उसकी वजह से सगाई टूट गई।", "वह थैले में बोतल रखता है।"]),
    "canal": dict(category="CIVIL", en=[
        "{accused} cut the canal bank at {place} and my potato field {n} is under water.",
        "All my potatoes rotted because {accused} diverted the minor canal towards {place} on {date}.",
        "Loss of {amount} rupees to my potatoes at {place}: {accused} closes the outlet by force.",
        "The irrigation clerk is hand in glove with him.", "It is his turn only on Fridays."], hi=[
        "{accused} ने {place} में नहर की पटरी काट दी और मेरा आलू का खेत {n} डूब गया।",
        "{date} को {accused} ने {place} की ओर माइनर नहर मोड़ दी जिससे मेरा सारा आलू सड़ गया।",
        "{place} में मेरे आलू का {amount} रुपये का नुकसान: {accused} जबरदस्ती कुलाबा बंद कर देता है।",
        "सिंचाई विभाग का बाबू उससे मिला हुआ है।", "उसकी बारी केवल शुक्रवार को है।"]),
    "simcard": dict(category="CYBER", en=[
        "A SIM was issued in my name from the shop of {accused} at {place} with my thumb print, and Rs {amount} left my account.",
        "Somebody withdrew {amount} by my thumb impression at the banking point of {accused} in {place}.",
        "{accused} of the customer service point, {place}, made me press the machine twice on {date} and took my money.",
        "The passbook entry bears the number {n}.", "The bank manager sends me away."], hi=[
        "{place} में {accused} की दुकान से मेरे अंगूठे पर मेरे नाम की सिम निकाली गई और खाते से {amount} रुपये चले गए।",
        "{place} में {accused} के बैंकिंग केंद्र पर मेरा अंगूठा लगाकर किसी ने {amount} निकाल लिए।",
        "ग्राहक सेवा केंद्र, {place} के {accused} ने {date} को दो बार मशीन दबवाई और मेरा पैसा ले लिया।",
        "पासबुक में एंट्री का नंबर {n} है।", "बैंक मैनेजर मुझे भगा देता है।"]),
    "grave": dict(category="LAWORDER", en=[
        "{accused} is digging up our old graveyard plot {n} at {place} to build shops.",
        "Tension in {place}: {accused} broke the graves of our elders on {date} with a tractor.",
        "The cremation ground of {place} is being ploughed by {accused}, last rites are not possible.",
        "Both communities are gathering.", "A stay order of the civil judge is with me."], hi=[
        "{accused} दुकानें बनाने के लिए {place} में हमारा पुराना कब्रिस्तान प्लॉट {n} खोद रहा है।",
        "{place} में तनाव: {accused} ने {date} को ट्रैक्टर से हमारे बुजुर्गों की कब्रें तोड़ दीं।",
        "{place} का श्मशान {accused} जोत रहा है, अंतिम संस्कार संभव नहीं है।",
        "दोनों समुदाय इकट्ठा हो रहे हैं।", "मेरे पास सिविल जज का स्टे है।"]),
    "bus": dict(category="TRAFFIC", en=[
        "Bus {plate} from {place} runs with sixty people on the roof and the conductor pushed my grandmother out on {date}.",
        "My grandmother fell from private bus {plate} at {place} as the driver started before she got down.",
        "The conductor {accused} of bus {plate} took Rs {amount} and did not give a ticket; my grandmother was pushed.",
        "She has plaster on her shoulder.", "The permit of that bus expired long ago."], hi=[
        "{place} की बस {plate} छत पर साठ लोग बैठाकर चलती है और {date} को कंडक्टर ने मेरी दादी को धक्का दे दिया।",
        "{place} में प्राइवेट बस {plate} से मेरी दादी गिर गईं क्योंकि उतरने से पहले ही ड्राइवर चल पड़ा।",
        "बस {plate} के परिचालक {accused} ने {amount} रुपये लिए और टिकट नहीं दिया; मेरी दादी को धकेला।",
        "उनके कंधे पर प्लास्टर चढ़ा है।", "उस बस का परमिट कब का खत्म हो गया।"]),
    "eviction": dict(category="CIVIL", en=[
        "My tenant {accused} has not paid rent of Rs {amount} for my flat {n} in {place} and refuses to vacate.",
        "{accused} lives in my flat at {place} since {date} without paying, he changed the lock too.",
        "I am an army man posted far away; {accused} has grabbed my flat {n}, {place}, as a tenant.",
        "The agreement ended in winter.", "He says do what you like."], hi=[
        "मेरे किरायेदार {accused} ने {place} के मेरे फ्लैट {n} का {amount} रुपये किराया नहीं दिया और खाली नहीं करता।",
        "{accused} {date} से {place} में मेरे फ्लैट में बिना किराया दिए रह रहा है, ताला भी बदल दिया।",
        "मैं दूर तैनात फौजी हूँ; {accused} ने किरायेदार बनकर {place} का मेरा फ्लैट {n} हड़प लिया।",
        "अनुबंध सर्दियों में खत्म हो गया।", "वह कहता है जो करना है कर लो।"]),
    "midwife": dict(category="OTHER", en=[
        "My sister in law died at the nursing home of {accused}, {place}, on {date} because no doctor was there.",
        "{accused} runs a nursing home in {place} without a degree; the mother and the baby both expired.",
        "They took Rs {amount} and sent the body of my sister in law home from {place} at midnight, {accused} is absconding.",
        "The registration number on the board, {n}, belongs to another.", "The post mortem has not been done."], hi=[
        "{date} को {place} में {accused} के नर्सिंग होम में मेरी भाभी की मौत हो गई क्योंकि कोई डाक्टर नहीं था।",
        "{accused} बिना डिग्री {place} में नर्सिंग होम चलाता है; जच्चा और बच्चा दोनों की मृत्यु हो गई।",
        "{amount} रुपये लेकर आधी रात को {place} से मेरी भाभी की लाश घर भेज दी, {accused} फरार है।",
        "बोर्ड पर लिखा पंजीकरण नंबर {n} किसी और का है।", "पोस्टमार्टम नहीं कराया गया।"]),
}
