-- title: Complainant told before registration | पंजीकरण से पहले सूचना
-- finds: acts of the police that the complainant is told of by SMS (an officer is named, an interim reply, the disposal), older
--   than the registration of the complaint
--   | पुलिस की वे कार्यवाहियाँ जो शिकायतकर्ता को SMS से बताई जाती हैं (अधिकारी नामित, अंतरिम उत्तर, निस्तारण) और जो शिकायत के पंजीकरण से
--   पहले की हैं
-- source: auditors: message before registration; Delhi Police sends one at registration, at each naming and at disposal
-- limits: staging holds no messages: the act of which a message tells stands for it; one finding a complaint, by the
--   earliest act
SELECT DISTINCT ON (c.bridge_id) c.source_system AS system, c.number, c.unit, '' AS item,
       a.action || ' in ' || a.system || ' of ' || bridge.audit_time(a.at) || ', registered '
       || bridge.audit_time(c.registered_at) AS detail
FROM bridge.complaint c
JOIN bridge.action a USING (bridge_id)
JOIN bridge.system s ON s.system = a.system AND s.role = 'police'
WHERE a.action IN ('ASGN', 'INTR', 'DISP') AND a.at < c.registered_at AND bridge.audit_end(a.at) < c.registered_at
ORDER BY c.bridge_id, a.at, a.action, a.key
