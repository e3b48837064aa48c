-- title: Units that have fallen silent | मौन इकाइयाँ
-- finds: units that feed an archive no more, and units with complaints open of which the police system has had no word for many days
--   | वे इकाइयाँ जो अभिलेख में अब कुछ नहीं भेजतीं, और खुली शिकायतों वाली वे इकाइयाँ जिनकी पुलिस प्रणाली से कई दिनों से कोई बात नहीं आई
-- source: Commissioner's office on the older program of Delhi: the districts did not feed it regularly
-- limits: a word is an act, a registration or a disposal in the police system; a unit that never had a complaint cannot fall silent;
--   times that lie in the future are no word
WITH p AS MATERIALIZED (
    SELECT bridge.audit_now() AS now, max(value) FILTER (WHERE name = 'archive_days')::int AS archive_days,
           max(value) FILTER (WHERE name = 'days')::int AS days,
           max(value) FILTER (WHERE name = 'least')::int AS least
    FROM bridge.rule_parameter
    WHERE rule = 'silent_units'
), fed AS (
    SELECT r.system, r.unit, max(r.changed_at) FILTER (WHERE r.changed_at <= (SELECT p.now FROM p) + interval '1 day') AS at
    FROM bridge.source_record r
    JOIN bridge.system s ON s.system = r.system AND s.role = 'archive' AND s.listed
    WHERE r.unit IS NOT NULL
    GROUP BY r.system, r.unit
), acted AS (
    SELECT a.bridge_id, max(a.at) AS at
    FROM bridge.action a
    JOIN bridge.system s ON s.system = a.system AND s.role = 'police'
    WHERE a.at <= (SELECT p.now FROM p)
    GROUP BY a.bridge_id
), held AS (
    SELECT c.police_system AS system, c.unit,
           count(*) FILTER (WHERE c.status NOT IN ('DISP', 'CLSD', 'TRNO', 'RJCT', 'DUPL', 'WDRN')) AS open,
           max(GREATEST(a.at, CASE WHEN c.registered_at <= (SELECT p.now FROM p) THEN c.registered_at END,
                        CASE WHEN c.disposed_at <= (SELECT p.now FROM p) THEN c.disposed_at END)) AS at
    FROM bridge.complaint c
    JOIN bridge.system s ON s.system = c.police_system AND s.listed
    LEFT JOIN acted a USING (bridge_id)
    WHERE c.unit IS NOT NULL
    GROUP BY c.police_system, c.unit
)
SELECT f.system, '' AS number, f.unit, f.unit AS item,
       'fed nothing since ' || COALESCE(bridge.audit_time(f.at), 'ever') AS detail
FROM fed f
CROSS JOIN p
WHERE f.at IS NULL OR f.at < p.now - p.archive_days * interval '1 day'
UNION ALL
SELECT h.system, '', h.unit, h.unit, h.open || ' complaints open, no word since ' || bridge.audit_time(h.at)
FROM held h
CROSS JOIN p
WHERE h.open >= p.least AND h.at < p.now - p.days * interval '1 day'
