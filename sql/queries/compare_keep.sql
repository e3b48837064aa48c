-- What a comparison found, kept: all of it in its one transaction.

-- name: compare_keep_totals (run bigint, portal text)
INSERT INTO bridge.control_total (run_id, side, system, unit, status, category, day, n, keyset)
SELECT $1, side, $2, unit, status, category, day, count(*),
       sha256(convert_to(string_agg(number, E'\n' ORDER BY number COLLATE "C"), 'UTF8'))
FROM (SELECT 'portal' AS side, p_unit AS unit, p_status AS status, p_category AS category, p_day AS day, number
      FROM pg_temp.compare_match WHERE p_has
      UNION ALL
      SELECT 'police', q_unit, q_status, q_category, q_day, number FROM pg_temp.compare_match WHERE q_has
      UNION ALL
      SELECT 'staging', s_unit, s_status, s_category, s_day, number FROM pg_temp.compare_match WHERE s_has) AS side
GROUP BY side, unit, status, category, day;

-- name: compare_keep_differences (run bigint, portal text)
INSERT INTO bridge.difference (run_id, system, number, police_number, what, portal_says, police_says, staging_says, reason, since,
                               digest)
SELECT $1, $2, number, police_number, what, portal_says, police_says, staging_says, reason, since, digest
FROM pg_temp.compare_found;

-- name: compare_keep_comparison (run bigint, portal text, cut timestamptz, police text[], listed boolean, counted boolean)
INSERT INTO bridge.comparison AS k (system, run_id, cut, police, listed, portal, police_n, staging, differences, unexplained,
                                    counted)
SELECT $2, $1, $3, $4, $5,
       (SELECT count(*) FROM pg_temp.compare_match WHERE p_has),
       (SELECT count(*) FROM pg_temp.compare_match WHERE q_has),
       (SELECT count(*) FROM pg_temp.compare_match WHERE s_has),
       (SELECT count(*) FROM pg_temp.compare_found),
       (SELECT count(*) FROM pg_temp.compare_found WHERE reason = 'unexplained'), $6
ON CONFLICT (system) DO UPDATE
SET run_id = EXCLUDED.run_id, cut = EXCLUDED.cut, police = EXCLUDED.police, listed = EXCLUDED.listed,
    portal = EXCLUDED.portal, police_n = EXCLUDED.police_n, staging = EXCLUDED.staging,
    differences = EXCLUDED.differences, unexplained = EXCLUDED.unexplained, counted = EXCLUDED.counted;

-- Written only where something is other than at the last comparison.
-- name: compare_keep_members (portal text, police text[], cut timestamptz)
MERGE INTO bridge.compared k
USING (
    SELECT $1 AS system, m.number, m.bridge_id, m.q_system AS police_system, m.police_number,
           $2 IS NOT NULL AND (m.s_police IS NULL OR m.s_police = ANY ($2)) AS asked,
           m.p_has, m.p_unit, m.p_status, m.p_category, m.p_received, m.p_registered, m.p_day AS p_marked,
           m.q_has, m.q_unit, m.q_status, m.q_category, m.q_received, m.q_registered, m.q_day AS q_marked,
           m.s_has, m.s_unit, COALESCE(m.s_status, '') AS s_status, m.s_category, m.s_received, m.s_registered,
           m.s_day AS s_marked, c.due_at,
           COALESCE(c.status NOT IN ('DISP', 'CLSD', 'TRNO', 'RJCT', 'DUPL', 'WDRN') AND c.due_at < $3, false) AS overdue
    FROM pg_temp.compare_match m
    LEFT JOIN bridge.complaint c ON c.bridge_id = m.bridge_id
) n
ON k.system = n.system AND k.number = n.number
WHEN NOT MATCHED THEN
    INSERT (system, number, bridge_id, police_system, police_number, asked, p_has, p_unit, p_status, p_category, p_received,
            p_registered, p_marked, q_has, q_unit, q_status, q_category, q_received, q_registered, q_marked, s_has,
            s_unit, s_status, s_category, s_received, s_registered, s_marked, due_at, overdue)
    VALUES (n.system, n.number, n.bridge_id, n.police_system, n.police_number, n.asked, n.p_has, n.p_unit, n.p_status, n.p_category,
            n.p_received, n.p_registered, n.p_marked, n.q_has, n.q_unit, n.q_status, n.q_category, n.q_received,
            n.q_registered, n.q_marked, n.s_has, n.s_unit, n.s_status, n.s_category, n.s_received, n.s_registered,
            n.s_marked, n.due_at, n.overdue)
WHEN MATCHED AND ROW (k.*) IS DISTINCT FROM ROW (n.*) THEN
    UPDATE SET bridge_id = n.bridge_id, police_system = n.police_system, police_number = n.police_number,
               asked = n.asked, p_has = n.p_has, p_unit = n.p_unit, p_status = n.p_status, p_category = n.p_category,
               p_received = n.p_received, p_registered = n.p_registered, p_marked = n.p_marked, q_has = n.q_has,
               q_unit = n.q_unit, q_status = n.q_status, q_category = n.q_category, q_received = n.q_received,
               q_registered = n.q_registered, q_marked = n.q_marked, s_has = n.s_has, s_unit = n.s_unit,
               s_status = n.s_status, s_category = n.s_category, s_received = n.s_received,
               s_registered = n.s_registered, s_marked = n.s_marked, due_at = n.due_at, overdue = n.overdue;

-- name: compare_keep_gone (portal text)
UPDATE bridge.compared k
SET p_has = false, q_has = false, s_has = false
WHERE k.system = $1 AND (k.p_has OR k.q_has OR k.s_has)
  AND NOT EXISTS (SELECT FROM pg_temp.compare_match m WHERE m.number = k.number);

-- A record that a full list does not name is a finding; one that is named again is none.
-- name: compare_keep_vanished (portal text, police text[], cut timestamptz)
UPDATE bridge.source_record s
SET vanished_at = CASE WHEN v.gone THEN $3 END
FROM (SELECT $1 AS system, m.number, CASE WHEN m.p_has THEN false WHEN f.number IS NOT NULL THEN true END AS gone
      FROM pg_temp.compare_match m
      LEFT JOIN pg_temp.compare_found f ON f.number = m.number AND f.what = 'missing at portal' AND f.reason = 'vanished'
      WHERE m.s_has
      UNION ALL
      SELECT m.q_system, m.police_number, CASE WHEN m.q_has THEN false WHEN f.number IS NOT NULL THEN true END
      FROM pg_temp.compare_match m
      LEFT JOIN pg_temp.compare_found f ON f.number = m.number AND f.what = 'missing at police' AND f.reason = 'vanished'
      WHERE m.s_has AND m.police_number IS NOT NULL AND m.q_system = ANY ($2)) AS v
WHERE s.system = v.system AND s.number = v.number AND (s.vanished_at IS NOT NULL) <> v.gone;
