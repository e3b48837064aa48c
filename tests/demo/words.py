"""Word lists of the demo: people, places and sentences, made up for it. Nobody in them exists."""

# (Devanagari, Latin)
MEN = [("रामआसरे", "Ramasre"), ("सोहनपाल", "Sohanpal"), ("दिनेश", "Dinesh"), ("महेन्द्र", "Mahendra"), ("रफ़ीक़", "Rafiq"),
       ("इक़बाल", "Iqbal"), ("ओमप्रकाश", "Omprakash"), ("श्रीराम", "Shriram"), ("गिरिजाशंकर", "Girijashankar"),
       ("जगदीश", "Jagdish"), ("कृष्णकुमार", "Krishnakumar"), ("विश्वनाथ", "Vishwanath"), ("हरदीप", "Hardeep"),
       ("शमशेर", "Shamsher"), ("अख़्तर", "Akhtar"), ("लल्लन", "Lallan"), ("छोटेलाल", "Chhotelal"), ("बृजमोहन", "Brijmohan"),
       ("तेजबहादुर", "Tejbahadur"), ("नसीम", "Naseem"), ("प्रह्लाद", "Prahlad"), ("ज्ञानेश", "Gyanesh"), ("ऋषिपाल", "Rishipal"),
       ("सत्येन्द्र", "Satyendra"), ("मुन्ना", "Munna"), ("फ़िरोज़", "Firoz"), ("रघुवीर", "Raghuvir"), ("अशर्फी", "Asharfi")]
WOMEN = [("सावित्री", "Savitri"), ("रामदुलारी", "Ramdulari"), ("शकीला", "Shakila"), ("गीता", "Geeta"), ("फूलमती", "Phoolmati"),
         ("नर्गिस", "Nargis"), ("विद्यावती", "Vidyawati"), ("कुसुमलता", "Kusumlata"), ("ज़रीना", "Zarina"), ("शान्ति", "Shanti"),
         ("मीनाक्षी", "Meenakshi"), ("राजरानी", "Rajrani"), ("अनुपमा", "Anupama"), ("सुशीला", "Sushila"), ("रेशमा", "Reshma"),
         ("प्रियंवदा", "Priyamvada"), ("लक्ष्मी", "Lakshmi"), ("उर्मिला", "Urmila"), ("ख़ुशबू", "Khushboo"), ("संतोषी", "Santoshi")]
FAMILIES = [("यादव", "Yadav"), ("कटियार", "Katiyar"), ("मिश्र", "Mishra"), ("राजपूत", "Rajput"), ("कुशवाहा", "Kushwaha"),
            ("पाल", "Pal"), ("अंसारी", "Ansari"), ("ख़ान", "Khan"), ("वर्मा", "Verma"), ("सिंह", "Singh"), ("शुक्ल", "Shukla"),
            ("गौतम", "Gautam"), ("सक्सेना", "Saxena"), ("मौर्य", "Maurya"), ("निषाद", "Nishad"), ("श्रीवास्तव", "Srivastava"),
            ("क़ुरैशी", "Qureshi"), ("त्रिपाठी", "Tripathi"), ("लोधी", "Lodhi"), ("जाटव", "Jatav"), ("चतुर्वेदी", "Chaturvedi")]
PLACES = [("पुरवा ढोंडे", "Purwa Dhonde"), ("नगला बरगद", "Nagla Bargad"), ("मजरा नीमतले", "Majra Neemtale"),
          ("खेड़ा पीपल", "Kheda Peepal"), ("टोला महुआ", "Tola Mahua"), ("गढ़ी कनेर", "Garhi Kaner"), ("बाग़ जामुन", "Bagh Jamun"),
          ("कटरा शीशम", "Katra Shisham"), ("डेरा पलाश", "Dera Palash"), ("सराय इमली", "Sarai Imli"), ("चक अमराई", "Chak Amrai"),
          ("पट्टी कचनार", "Patti Kachnar"), ("कोठी गुलमोहर", "Kothi Gulmohar"), ("टीला बबूल", "Tila Babool"),
          ("घाट करौंदा", "Ghat Karaunda"), ("बस्ती हरसिंगार", "Basti Harsingar"), ("छावनी अर्जुन", "Chhavni Arjun")]

# category word of the portal: (subject, account) in Hindi, then in English; {d} day, {p} place, {n} other person, {a} sum
MATTERS = {
    "Crime": ([("मारपीट के संबंध में", "दिनांक {d} को शाम लगभग सात बजे {n} ने अपने साथियों के साथ मिलकर {p} में प्रार्थी के साथ "
                                       "मारपीट की, जिससे सिर में चोट आई।"),
               ("चोरी की सूचना", "दिनांक {d} की रात में {p} स्थित घर का ताला तोड़कर अज्ञात चोर बर्तन, साइकिल और {a} रुपये ले गये।")],
              [("Assault by a neighbour", "On {d} at about seven in the evening {n} and others beat me at {p}. I have an injury on my "
                                          "head."),
               ("Theft from house", "In the night of {d} unknown persons broke the lock of my house at {p} and took Rs {a} and "
                                    "utensils.")]),
    "Crime against women": ([("पीछा किये जाने की शिकायत", "{n} पिछले कई दिनों से रास्ते में पीछा करता है और {d} को {p} के पास अभद्र "
                                                          "टिप्पणी की। परिवार भयभीत है।"),
                             ("दहेज उत्पीड़न", "ससुराल पक्ष के {n} आदि {a} रुपये की माँग करते हैं। {d} को {p} से घर से निकाल दिया गया।")],
                            [("Stalking", "{n} has been following me for many days and on {d} passed remarks near {p}. The family is "
                                          "afraid."),
                             ("Demand of dowry", "{n} and others of my husband's family ask for Rs {a}; on {d} I was turned out of "
                                                 "the house at {p}.")]),
    "Cyber crime": ([("खाते से धनराशि निकाली गयी", "दिनांक {d} को स्वयं को बैंक अधिकारी बताने वाले व्यक्ति ने फ़ोन किया और {a} रुपये "
                                                   "निकाल लिये। निवासी {p}।")],
                    [("Money taken from account", "On {d} a caller who said that he was from the bank took Rs {a} from my account. I "
                                                  "live at {p}.")]),
    "FIR not registered": ([("प्राथमिकी दर्ज न होना", "{p} में {d} की घटना की तहरीर थाने पर दी गयी थी किन्तु अभी तक प्राथमिकी दर्ज "
                                                      "नहीं हुई। विपक्षी {n} खुलेआम घूम रहा है।")],
                           [("FIR not registered", "I gave a written report of what happened on {d} at {p}, but no FIR was "
                                                   "registered. {n} moves about freely.")]),
    "Police conduct": ([("अभद्र व्यवहार", "दिनांक {d} को {p} पर चेकिंग के दौरान एक पुलिसकर्मी ने अभद्र भाषा का प्रयोग किया।")],
                       [("Rude behaviour", "On {d} during checking at {p} a constable used bad language.")]),
    "Corruption": ([("अवैध वसूली", "{p} पर वाहनों से अवैध वसूली होती है। {d} को प्रार्थी से {a} रुपये लिये गये।")],
                   [("Money demanded", "Money is taken from vehicles at {p}. On {d} I had to pay Rs {a}.")]),
    "Traffic": ([("जाम की समस्या", "{p} चौराहे पर प्रतिदिन जाम लगता है। {d} को एम्बुलेंस भी एक घंटे फँसी रही।")],
                [("Traffic jam", "There is a jam every day at the {p} crossing. On {d} an ambulance was stuck for an hour.")]),
    "Land and property": ([("भूमि पर अवैध क़ब्ज़ा", "प्रार्थी की {p} स्थित भूमि पर {n} ने {d} से अवैध क़ब्ज़ा कर लिया है तथा मेड़ "
                                                    "तोड़ दी है।"),
                           ("निर्माण रोकने के संबंध में", "{n} द्वारा {p} में न्यायालय के स्थगन के बाद भी {d} से निर्माण कराया जा रहा "
                                                          "है।")],
                          [("Land taken by force", "{n} took my field at {p} on {d} by force and broke the boundary."),
                           ("Building on disputed land", "{n} goes on building at {p} since {d} in spite of the court's stay.")]),
    "Law and order": ([("तनाव की स्थिति", "{p} में {d} को दो पक्षों में विवाद हुआ, पुनः विवाद की आशंका है। कृपया पिकेट लगायी जाये।")],
                      [("Tension in village", "Two groups quarrelled at {p} on {d}. It may happen again; a picket is needed.")]),
    "Illegal trade": ([("अवैध शराब", "{p} में {n} अवैध शराब बेचता है। {d} को मना करने पर धमकी दी।")],
                      [("Illicit liquor", "{n} sells illicit liquor at {p}. He threatened us on {d} when we objected.")]),
    "Verification": ([("चरित्र सत्यापन लम्बित", "प्रार्थी का चरित्र सत्यापन {d} से लम्बित है। पता {p}।")],
                     [("Character verification pending", "My character verification is pending since {d}. Address: {p}.")]),
    "Suggestion": ([("गश्त बढ़ाने का सुझाव", "{p} में रात्रि गश्त बढ़ायी जाये, {d} से बिजली भी नहीं है।")],
                   [("More night patrols", "Please patrol {p} at night; there is no light since {d}.")]),
    "Service matter": ([("पेंशन प्रकरण", "प्रार्थी दिनांक {d} को सेवानिवृत्त हुआ, {a} रुपये का भुगतान लम्बित है।")],
                       [("Pension not paid", "I retired on {d}; Rs {a} are not paid yet.")]),
    "Human rights": ([("अनावश्यक हिरासत", "प्रार्थी के पुत्र को {d} को {p} से ले जाया गया और देर रात तक बैठाये रखा गया।")],
                     [("Kept at the post", "My son was taken from {p} on {d} and kept until late at night.")]),
    "Other": ([("आवारा पशु", "{p} में {d} से आवारा पशुओं के कारण फ़सल नष्ट हो रही है।")],
              [("Stray cattle", "Stray cattle destroy the crop at {p} since {d}.")]),
}
WEIGHTS = {"Crime": 18, "Crime against women": 11, "Cyber crime": 4, "FIR not registered": 12, "Police conduct": 4,
           "Corruption": 2, "Traffic": 3, "Land and property": 25, "Law and order": 5, "Illegal trade": 3,
           "Verification": 4, "Suggestion": 1, "Service matter": 1, "Human rights": 1, "Other": 6}
MORE_HI = ["प्रार्थी एक ग़रीब किसान है और मज़दूरी करके परिवार का पालन करता है।",
           "घटना के समय गाँव के कई लोग उपस्थित थे, जो साक्ष्य देने को तैयार हैं।",
           "इस संबंध में पूर्व में भी प्रार्थना-पत्र दिया गया था किन्तु कोई कार्यवाही नहीं हुई।",
           "विपक्षी दबंग क़िस्म का व्यक्ति है और जान से मारने की धमकी देता है।",
           "चिकित्सीय परीक्षण की प्रति संलग्न है।",
           "तालाबंदी के कारण प्रार्थी स्वयं कार्यालय नहीं आ सका।"]
MORE_EN = ["I am a poor farmer and feed my family by day labour.", "Several people of the village saw it and will say so.",
           "I had written before, but nothing was done.", "He threatens to kill me.",
           "A copy of the medical report is attached.", "I could not come in person because of the lockdown."]
ASK_HI = ["अतः निवेदन है कि प्रकरण की निष्पक्ष जाँच कराकर आवश्यक कार्यवाही करने की कृपा करें।",
          "श्रीमान जी से प्रार्थना है कि दोषियों के विरुद्ध कठोर कार्यवाही की जाये।",
          "कृपया प्रार्थी को न्याय दिलाया जाये। अति कृपा होगी।"]
ASK_EN = ["I request a fair enquiry and action.", "Please take action against those who did it.", "Kindly give me justice."]

# what the station writes
RANKS = [("उप निरीक्षक", "SI"), ("निरीक्षक", "Inspector"), ("मुख्य आरक्षी", "Head Constable"), ("क्षेत्राधिकारी", "CO")]
NAMED_HI = "जाँच हेतु नामित किया गया।"
NAMED_EN = "Named for the enquiry."
RENAMED = "पूर्व जाँच अधिकारी के स्थानान्तरण के कारण पुनः नामित।"
ENQUIRY_HI = ["मौक़े पर जाकर उभय पक्ष के बयान अंकित किये गये।", "आवेदक से दूरभाष पर वार्ता हुई, जाँच प्रचलित है।"]
ENQUIRY_EN = ["Visited the place and took the statements of both sides.", "Spoke to the applicant by telephone; enquiry goes on."]
REPORT_HI = ["महोदय, उपरोक्त प्रार्थना-पत्र की जाँच मेरे द्वारा की गयी।", "आवेदक तथा गवाहान के बयान अंकित किये गये।",
             "जाँच से पाया गया कि दोनों पक्षों में पूर्व से विवाद चला आ रहा है।", "शान्ति व्यवस्था के दृष्टिगत उभय पक्ष को पाबन्द "
                                                                                  "किया गया।",
             "आवश्यक विधिक कार्यवाही पूर्ण कर ली गयी है।", "आवेदक कृत कार्यवाही से संतुष्ट है।", "आख्या सादर सेवा में प्रेषित है।"]
REPORT_EN = ["I enquired into the application.", "The statements of the applicant and of witnesses were taken.",
             "There is an old dispute between the sides.", "Both sides were bound down to keep the peace.",
             "Action under law was taken.", "The report is submitted."]
BEYOND = "मौक़े का विवरण: 🏠 घर के सामने, 🚲 साइकिल बरामद, साक्षी-पत्र 𑂍𑂶𑂟𑂲 लिपि में, गणित 𝛼𝛽, क्\u200dष और क्\u200cष दोनों रूप।"
RETURNED = "आवेदक असंतुष्ट है; पुनः जाँच कर आख्या दें।"
DISPOSED_HI = "आवेदक की संतुष्टि के उपरान्त निस्तारित।"
DISPOSED_EN = "Disposed of after the applicant was satisfied."
REOPENED = "आवेदक के फ़ीडबैक के आधार पर पुनः खोला गया।"
# what the complainant says
SAID_YES = ["संतुष्ट हूँ, धन्यवाद।", "Satisfied.", "समस्या का समाधान हो गया।", "पुलिस ने मौक़े पर आकर कार्यवाही की।", None]
SAID_NO = ["संतुष्ट नहीं हूँ, कोई मौक़े पर नहीं आया।", "Not satisfied; nobody came.", "विपक्षी फिर धमकी दे रहा है।"]
