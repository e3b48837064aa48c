-- Figures of each system's complaints, from staging: of a period, and where each is now. A figure and the list of its members
-- are one query.

-- What counts, and when it came and went: bridge.period_figures.
-- figure: NULL = a row a system; else a row each complaint of that figure.
-- name: compare_figures (systems text[], basis text[], strict boolean, since timestamptz, upto timestamptz, asof timestamptz, figure text)
WITH system AS (
    SELECT * FROM unnest($1, $2) WITH ORDINALITY AS s (system, basis, ordinal)
), ripe AS (
    SELECT f.ordinal, f.system, f.number, f.police_number, f.unit, f.status, f.came, f.went, f.due_at, f.undated, f.brought_forward,
           f.received, f.disposed, f.pending, f.overdue
    FROM bridge.period_figures($1, $2, $3, $4, $5, $6) f
)
SELECT s.ordinal, s.system, s.basis AS counts_by, NULL AS number, NULL AS police_number, NULL AS unit, NULL AS status,
       NULL AS came, NULL AS went, NULL AS due_at, count(*) FILTER (WHERE r.brought_forward) AS brought_forward,
       count(*) FILTER (WHERE r.received) AS received, count(*) FILTER (WHERE r.disposed) AS disposed,
       count(*) FILTER (WHERE r.pending) AS pending, count(*) FILTER (WHERE r.overdue) AS overdue,
       count(*) FILTER (WHERE r.undated) AS undated,
       count(*) FILTER (WHERE r.brought_forward) + count(*) FILTER (WHERE r.received) - count(*) FILTER (WHERE r.disposed)
           = count(*) FILTER (WHERE r.pending) AS balanced
FROM system s
LEFT JOIN ripe r USING (system)
WHERE $7 IS NULL
GROUP BY s.ordinal, s.system, s.basis
UNION ALL
SELECT r.ordinal, r.system, NULL, r.number, r.police_number, r.unit, r.status,
       to_char(r.came, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_char(r.went, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       to_char(r.due_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), r.brought_forward::int, r.received::int, r.disposed::int,
       r.pending::int, r.overdue::int, r.undated::int, NULL
FROM ripe r
WHERE CASE $7 WHEN 'brought_forward' THEN r.brought_forward WHEN 'received' THEN r.received WHEN 'disposed' THEN r.disposed
              WHEN 'pending' THEN r.pending WHEN 'overdue' THEN r.overdue WHEN 'undated' THEN r.undated ELSE false END
ORDER BY 1, 4;

-- Where everything that ever came in is now: each record is in one place. held: it could not be taken in (a person must act)
-- and is in staging in no version.
-- place: NULL = a row a system; else a row each record there.
-- name: compare_places (systems text[], place text)
WITH system AS (
    SELECT * FROM unnest($1) WITH ORDINALITY AS s (system, ordinal)
), entry AS (
    SELECT d.bridge_id, bool_or(d.state IN ('refused', 'dead')) AS refused, bool_or(d.state = 'held') AS held
    FROM bridge.delivery d
    WHERE d.stream = 'complaint'
    GROUP BY d.bridge_id
), record AS (
    SELECT s.ordinal, s.system, c.number, c.police_number, c.unit, c.status,
           CASE WHEN c.status IN ('DISP', 'CLSD', 'TRNO', 'RJCT', 'DUPL', 'WDRN') THEN 'disposed'
                WHEN c.police_system IS NOT NULL OR y.role <> 'portal' THEN 'with_police'
                WHEN e.refused THEN 'refused'
                WHEN e.held THEN 'held'
                ELSE 'in_flight' END AS place
    FROM system s
    JOIN bridge.complaint c ON c.source_system = s.system
    LEFT JOIN bridge.system y ON y.system = s.system
    LEFT JOIN entry e ON e.bridge_id = c.bridge_id AND c.police_system IS NULL
    UNION ALL
    SELECT s.ordinal, s.system, COALESCE(h.key, h.place, h.held_id::text), NULL, NULL, NULL, 'held'
    FROM system s
    JOIN bridge.held h ON h.system = s.system
    WHERE h.state = 'open' AND h.stream = 'complaint' AND h.kind IN ('set_aside', 'page') AND h.delivery_id IS NULL
      AND NOT EXISTS (SELECT FROM bridge.source_record r WHERE r.system = h.system AND r.number = h.key)
)
SELECT s.ordinal, s.system, NULL AS number, NULL AS police_number, NULL AS unit, NULL AS status, count(r.place) AS came_in,
       count(*) FILTER (WHERE r.place = 'with_police') AS with_police, count(*) FILTER (WHERE r.place = 'disposed') AS disposed,
       count(*) FILTER (WHERE r.place = 'in_flight') AS in_flight, count(*) FILTER (WHERE r.place = 'refused') AS refused,
       count(*) FILTER (WHERE r.place = 'held') AS held
FROM system s
LEFT JOIN record r USING (system)
WHERE $2 IS NULL
GROUP BY s.ordinal, s.system
UNION ALL
SELECT r.ordinal, r.system, r.number, r.police_number, r.unit, r.status, 1, (r.place = 'with_police')::int,
       (r.place = 'disposed')::int, (r.place = 'in_flight')::int, (r.place = 'refused')::int, (r.place = 'held')::int
FROM record r
WHERE r.place = $2
ORDER BY 1, 3;
