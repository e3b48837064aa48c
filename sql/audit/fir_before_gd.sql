-- title: FIR before its general diary entry | रोज़नामचा प्रविष्टि से पहले की प्राथमिकी
-- finds: complaints whose FIR bears an earlier time than the entry in the general diary by which it came about
--   | वे शिकायतें जिनकी प्राथमिकी का समय उस रोज़नामचा प्रविष्टि से पहले का है जिससे वह बनी
-- source: CAG, IT audit of CCTNS in Odisha (2025): at least 412 FIRs of 2018 to 2023 dated before their entry
-- limits: one FIR and one entry a complaint are known; where a day alone was written the whole day counts
SELECT c.source_system AS system, c.number, c.unit, '' AS item,
       'FIR of ' || bridge.audit_time(c.fir_at) || ', general diary entry of ' || bridge.audit_time(c.gd_at) AS detail
FROM bridge.complaint c
WHERE c.fir_at < c.gd_at AND bridge.audit_end(c.fir_at) < c.gd_at
