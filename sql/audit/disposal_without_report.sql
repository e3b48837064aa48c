-- title: Disposed of without a report | बिना आख्या के निस्तारण
-- finds: complaints that are disposed of or closed, and have neither a report nor an answer that says something, nor a file of one
--   | वे शिकायतें जो निस्तारित या बंद हैं, पर जिनकी न आख्या है, न कुछ कहता हुआ उत्तर, न किसी आख्या की फ़ाइल
-- source: complainants: disposed of, no report to be seen; CAG: 190 of 368 cases reported closed were not
-- limits: what the report says is not weighed, but a text must have some characters; complaints of an archive alone have no reports
--   to look at
WITH p AS MATERIALIZED (
    SELECT max(value) FILTER (WHERE name = 'characters')::int AS characters,
           string_to_array(max(value) FILTER (WHERE name = 'not_for'), ' ') AS not_for
    FROM bridge.rule_parameter
    WHERE rule = 'disposal_without_report'
)
SELECT c.source_system AS system, c.number, c.unit, '' AS item,
       'disposed of' || COALESCE(' ' || bridge.audit_time(c.disposed_at), '') || COALESCE(' as ' || c.disposal, '')
       || ', no report' AS detail
FROM bridge.complaint c
CROSS JOIN p
WHERE c.status IN ('DISP', 'CLSD')
  AND COALESCE(c.disposal, '') <> ALL (p.not_for)
  AND (c.police_system IS NOT NULL
       OR NOT EXISTS (SELECT FROM bridge.system s WHERE s.system = c.source_system AND s.role = 'archive'))
  AND NOT EXISTS (SELECT FROM bridge.action a
                  WHERE a.bridge_id = c.bridge_id AND a.action IN ('ATRS', 'DISP')
                    AND length(btrim(a.text, E' \t\n.-')) >= (SELECT p.characters FROM p))
  AND NOT EXISTS (SELECT FROM bridge.attachment t
                  WHERE t.bridge_id = c.bridge_id AND t.role IN ('ATR', 'REPLY', 'ORDER'))
