-- title: Disposed of without the complainant's satisfaction | शिकायतकर्ता की संतुष्टि के बिना निस्तारण
-- finds: complaints that a portal holds as disposed of though it does so only when the complainant is satisfied, and no satisfaction is
--   recorded
--   | वे शिकायतें जिन्हें पोर्टल शिकायतकर्ता के संतुष्ट होने पर ही निस्तारित करता है, जो वहाँ निस्तारित हैं, पर जिनमें कोई संतुष्टि अंकित
--   नहीं
-- source: UP IGRS: satisfaction of the complainant is needed before disposal
-- limits: which systems ask for it stands in bridge.rule_parameter (maps say it by "dispose = satisfied"); what the police hold as
--   disposed of while the portal waits is no finding; a satisfaction that was withdrawn later still counts
WITH p AS MATERIALIZED (
    SELECT string_to_array(value, ' ') AS systems
    FROM bridge.rule_parameter
    WHERE rule = 'disposal_without_satisfaction' AND name = 'systems'
)
SELECT s.system, s.number, c.unit, '' AS item,
       s.system || ' holds it as ' || s.status || CASE c.satisfied WHEN 'N' THEN ', the complainant is not satisfied'
                                                  WHEN 'U' THEN ', the complainant could not be asked'
                                                  ELSE ', nobody asked the complainant' END AS detail
FROM bridge.source_record s
CROSS JOIN p
JOIN bridge.complaint c USING (bridge_id)
WHERE s.system = ANY (p.systems) AND s.status IN ('DISP', 'CLSD')
  AND NOT EXISTS (SELECT FROM bridge.feedback f WHERE f.bridge_id = s.bridge_id AND f.satisfied = 'Y')
