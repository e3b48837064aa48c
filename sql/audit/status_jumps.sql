-- title: Steps left out, or out of order | क्रम से बाहर की कार्यवाही
-- finds: acts in the police system that may not follow the one before: a report before an officer was named, a disposal without a
--   report, work on what is disposed of and was not reopened
--   | पुलिस प्रणाली की वे कार्यवाहियाँ जो पिछली के बाद नहीं आ सकतीं: अधिकारी नामित होने से पहले आख्या, बिना आख्या निस्तारण, या निस्तारित
--   पर बिना पुनः खोले कार्य
-- source: CAG, IT audit of CCTNS in Odisha (2025): chronology and logical sequence not enforced. What may follow what stands in
--   bridge.state_step: RECV, REGD, FWDD, ASGN, ENQR, {INFO, INTR}, ATRS, {ATRR, ENQR}, DISP, {CLSD, REOP, APPL}
-- limits: acts of the police system alone, those of portals and archives are too few to be a history; acts of the same instant are
--   taken in the order of the states; a complainant's "not satisfied" reopens as well as an act does; one finding a complaint,
--   with the number of its jumps
WITH act AS (
    SELECT a.bridge_id, a.system, a.action, a.at,
           row_number() OVER w AS nth,
           lag(a.action) OVER w AS before, lag(a.at) OVER w AS before_at
    FROM bridge.action a
    JOIN bridge.system s ON s.system = a.system AND s.role = 'police'
    WHERE a.action <> 'RMND'
    WINDOW w AS (PARTITION BY a.bridge_id, a.system
                 ORDER BY a.at, array_position(ARRAY['RECV', 'REGD', 'FWDD', 'ASGN', 'ENQR', 'INFO', 'INTR', 'ATRS', 'ATRR', 'DISP',
                                                     'CLSD', 'REOP', 'APPL', 'TRNO', 'RJCT', 'DUPL', 'WDRN'], a.action),
                          length(a.key), a.key)
), jump AS (
    SELECT a.bridge_id, a.system, a.before, a.action, a.at, a.nth
    FROM act a
    LEFT JOIN bridge.state_step t ON t.before = COALESCE(a.before, '') AND t.after = a.action
    LEFT JOIN bridge.state_step again ON again.before = 'REOP' AND again.after = a.action
    WHERE t.after IS NULL
      AND (again.after IS NULL OR a.before IS NULL
           OR NOT EXISTS (SELECT FROM bridge.feedback f
                          WHERE f.bridge_id = a.bridge_id AND f.satisfied = 'N' AND f.at BETWEEN a.before_at AND a.at)
              AND NOT EXISTS (SELECT FROM bridge.action o
                              WHERE o.bridge_id = a.bridge_id AND o.action IN ('REOP', 'APPL') AND o.at BETWEEN a.before_at AND a.at))
), first AS (
    SELECT DISTINCT ON (j.bridge_id, j.system) j.*, count(*) OVER (PARTITION BY j.bridge_id, j.system) AS jumps
    FROM jump j
    ORDER BY j.bridge_id, j.system, j.nth
)
SELECT c.source_system AS system, c.number, c.unit, f.system AS item,
       f.action || ' of ' || bridge.audit_time(f.at) || ' in ' || f.system
       || CASE WHEN f.before IS NULL THEN ' is the first act' ELSE ' follows ' || f.before END
       || CASE WHEN f.jumps > 1 THEN ', the first of ' || f.jumps || ' jumps' ELSE '' END AS detail
FROM first f
JOIN bridge.complaint c USING (bridge_id)
