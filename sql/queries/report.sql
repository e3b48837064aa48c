-- Figures for a period [since, upto). "received" names the field that the system's map calls so. Over is a complaint that is disposed,
-- closed, transferred, rejected, withdrawn or a duplicate.

-- brought_forward + received = disposed + pending, for each unit.
-- name: report_balance (system text, received text, since timestamptz, upto timestamptz)
WITH c AS (
    SELECT c.unit,
           CASE $2 WHEN 'received_at' THEN c.received_at WHEN 'registered_at' THEN c.registered_at ELSE c.marked_at END AS came,
           CASE WHEN c.status IN ('DISP', 'CLSD', 'TRNO', 'RJCT', 'DUPL', 'WDRN')
                THEN COALESCE(c.disposed_at,
                              (SELECT max(a.at) FROM bridge.action a WHERE a.bridge_id = c.bridge_id AND a.action = c.status),
                              c.changed_at) END AS went
    FROM bridge.complaint c
    WHERE c.source_system = $1
), flow AS (
    SELECT unit, came < $3 AS before, went
    FROM c
    WHERE came < $4 AND (went IS NULL OR went >= $3)
)
SELECT COALESCE(f.unit, '') AS unit, u.name_en, u.name_hi,
       count(*) FILTER (WHERE f.before) AS brought_forward,
       count(*) FILTER (WHERE NOT f.before) AS received,
       count(*) FILTER (WHERE f.went < $4) AS disposed,
       count(*) FILTER (WHERE f.went IS NULL OR f.went >= $4) AS pending
FROM flow f
LEFT JOIN bridge.unit u ON u.unit = f.unit
GROUP BY f.unit, u.name_en, u.name_hi
ORDER BY 1;
