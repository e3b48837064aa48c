-- The last comparison of a portal, read back: every count over bridge.compared, which holds the members.

-- name: compare_last (portal text)
SELECT COALESCE(max(run_id), 0) AS run_id FROM bridge.comparison WHERE system = $1;

-- name: compare_comparisons ()
SELECT k.system, k.run_id, to_char(k.cut, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS cut, array_to_string(k.police, ' ') AS police,
       k.listed, k.portal, k.police_n, k.staging, k.differences, k.unexplained,
       (SELECT count(*) FROM bridge.difference d
        WHERE d.run_id = k.run_id AND d.system = k.system AND d.reason = 'signed off') AS signed_off, k.counted
FROM bridge.comparison k
ORDER BY k.system;

-- same: every complaint of the group is on each side that was asked, and there in the same unit, status, category and day.
-- name: compare_rows (portal text, by_unit boolean, by_status boolean, by_category boolean, by_day boolean, by_month boolean, basis text, since date, upto date)
WITH member AS (
    SELECT m.*,
           CASE $7 WHEN 'received' THEN m.p_received WHEN 'registered' THEN m.p_registered ELSE m.p_marked END AS p_day,
           CASE $7 WHEN 'received' THEN m.q_received WHEN 'registered' THEN m.q_registered ELSE m.q_marked END AS q_day,
           CASE $7 WHEN 'received' THEN m.s_received WHEN 'registered' THEN m.s_registered ELSE m.s_marked END AS s_day,
           k.listed
    FROM bridge.compared m
    JOIN bridge.comparison k USING (system)
    WHERE m.system = $1
), agreed AS (
    SELECT m.*,
           m.s_has
           AND (NOT m.listed OR (m.p_has AND (m.p_unit, m.p_status, m.p_category, m.p_day)
                                             = (m.s_unit, m.s_status, m.s_category, m.s_day)))
           AND (NOT m.asked OR (m.q_has AND (m.q_unit, m.q_status, m.q_category, m.q_day)
                                            = (m.s_unit, m.s_status, m.s_category, m.s_day))) AS same
    FROM member m
), side AS (
    SELECT 'portal' AS side, p_unit AS unit, p_status AS status, p_category AS category, p_day AS day, same
    FROM agreed WHERE p_has
    UNION ALL
    SELECT 'police', q_unit, q_status, q_category, q_day, same FROM agreed WHERE q_has
    UNION ALL
    SELECT 'staging', s_unit, s_status, s_category, s_day, same FROM agreed WHERE s_has
)
SELECT CASE WHEN $2 THEN s.unit ELSE '' END AS unit, CASE WHEN $2 THEN COALESCE(max(u.name_en), '') ELSE '' END AS unit_name,
       CASE WHEN $3 THEN s.status ELSE '' END AS status, CASE WHEN $4 THEN s.category ELSE '' END AS category,
       CASE WHEN $5 THEN s.day::text ELSE '' END AS day,
       CASE WHEN $6 THEN CASE WHEN isfinite(s.day) THEN to_char(s.day, 'YYYY-MM') ELSE s.day::text END ELSE '' END AS month,
       count(*) FILTER (WHERE s.side = 'portal') AS portal, count(*) FILTER (WHERE s.side = 'police') AS police,
       count(*) FILTER (WHERE s.side = 'staging') AS staging, bool_and(s.same) AS same
FROM side s
LEFT JOIN bridge.unit u USING (unit)
WHERE ($8 IS NULL OR s.day >= $8) AND ($9 IS NULL OR s.day <= $9)
GROUP BY 1, 3, 4, 5, 6
ORDER BY 1, 3, 4, 6, 5;

-- name: compare_differences (run bigint, portal text, reason text, count bigint)
SELECT d.number, d.police_number, d.what, d.portal_says, d.police_says, d.staging_says, d.reason,
       to_char(d.since, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS since, c.unit
FROM bridge.difference d
LEFT JOIN bridge.complaint c ON c.source_system = d.system AND c.number = d.number
WHERE d.run_id = $1 AND d.system = $2 AND ($3 IS NULL OR d.reason = $3)
ORDER BY d.reason <> 'unexplained', d.reason, d.number, d.what
LIMIT $4;

-- name: compare_reasons (run bigint, portal text)
SELECT reason, what, count(*) AS n
FROM bridge.difference
WHERE run_id = $1 AND system = $2
GROUP BY reason, what
ORDER BY reason <> 'unexplained', reason, what;

-- ---------------------------------------------------------------- signatures

-- The line as the last comparison has it.
-- name: compare_line (portal text, number text, what text)
SELECT d.run_id, d.number, d.what, d.reason, d.digest,
       EXISTS (SELECT FROM bridge.signoff o
               WHERE o.system = d.system AND o.number = d.number AND o.what = d.what AND o.digest = d.digest) AS signed
FROM bridge.difference d
JOIN bridge.comparison k ON k.system = d.system AND k.run_id = d.run_id
WHERE d.system = $1 AND d.number = $2 AND d.what = $3;

-- The signature, its entry in the books and which record that was, or none of it.
-- name: compare_sign (run bigint, portal text, number text, what text, officer text, why text, typed_by text, at timestamptz)
WITH line AS (
    SELECT d.system, d.number, d.what, d.digest, (SELECT c.unit FROM bridge.complaint c
                                                   WHERE c.source_system = d.system AND c.number = d.number) AS unit
    FROM bridge.difference d
    JOIN bridge.comparison k ON k.system = d.system AND k.run_id = d.run_id
    WHERE d.system = $2 AND d.number = $3 AND d.what = $4 AND d.digest IS NOT NULL
), signed AS (
    INSERT INTO bridge.signoff (run_id, system, number, what, digest, officer, why, typed_by, at)
    SELECT $1, l.system, l.number, l.what, l.digest, $5, $6, $7, $8 FROM line l
    RETURNING signoff, number, digest
), entered AS (
    INSERT INTO bridge.ledger (run_id, hop, system, stream, unit, debit, credit, n, reason, evidence, at)
    SELECT $1, 'reconcile', l.system, 'complaint', l.unit, 'difference', 'signed_off', 1, l.what, sha256(l.digest), $8
    FROM line l
    RETURNING entry
), moved AS (
    INSERT INTO bridge.movement (entry, key, digest)
    SELECT e.entry, s.number, s.digest FROM entered e, signed s
    RETURNING entry
)
SELECT s.signoff, m.entry FROM signed s, moved m;

-- stands: it is for a difference that the last comparison still found so.
-- name: compare_signatures (systems text[])
SELECT o.signoff, o.system, o.number, o.what, o.officer, o.why, o.typed_by,
       to_char(o.at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, encode(o.digest, 'hex') AS digest,
       EXISTS (SELECT FROM bridge.difference d
               JOIN bridge.comparison k ON k.system = d.system AND k.run_id = d.run_id
               WHERE d.system = o.system AND d.number = o.number AND d.what = o.what AND d.digest = o.digest) AS stands
FROM bridge.signoff o
WHERE $1 IS NULL OR o.system = ANY ($1)
ORDER BY o.signoff;
