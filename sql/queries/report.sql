-- Figures for a period [since, upto) as of an instant. "received" names the field that the system's map calls so.
-- Over is a complaint that is disposed, closed, transferred, rejected, withdrawn or a duplicate; it is in time when that
-- happened by its due date: the portal's, or else by sla_rule. Where neither gives one nothing shows that it was in time: it is
-- not counted so, and is not overdue either. A system whose limit is not written (domain: ICMS, Durg) gets a rule first.

-- Rank 1 is a single district when it alone has all in time: by share, then by how many it received.
-- Ranked are the districts of the states that the system serves: those with a complaint of it, be it of another time.
-- name: report_ranking (system text, received text, since timestamptz, upto timestamptz, asof timestamptz)
WITH RECURSIVE rooted AS (
    SELECT u.unit, u.unit AS root FROM bridge.unit u WHERE u.parent IS NULL
    UNION ALL
    SELECT u.unit, r.root FROM bridge.unit u JOIN rooted r ON u.parent = r.unit
), served AS (
    SELECT DISTINCT r.root
    FROM (SELECT DISTINCT k.unit FROM bridge.complaint k WHERE k.source_system = $1) k
    JOIN rooted r ON r.unit = k.unit
), c AS (
    SELECT c.unit, c.number, c.status IN ('DISP', 'CLSD', 'TRNO', 'RJCT', 'DUPL', 'WDRN') AS over,
           COALESCE(c.disposed_at,
                    (SELECT max(a.at) FROM bridge.action a WHERE a.bridge_id = c.bridge_id AND a.action = c.status),
                    c.changed_at) AS over_at,
           COALESCE(c.due_at,
                    CASE r.start_event WHEN 'received_at' THEN c.received_at WHEN 'registered_at' THEN c.registered_at
                                       WHEN 'direction_at' THEN c.direction_at
                                       ELSE c.marked_at END + make_interval(days => r.days)) AS due_at
    FROM bridge.complaint c
    LEFT JOIN LATERAL (SELECT s.days, s.start_event FROM bridge.sla_rule s
                       WHERE s.system = c.source_system AND s.ref_type IN (c.ref_type, '*')
                       ORDER BY s.ref_type = '*' LIMIT 1) r ON true
    WHERE c.source_system = $1
      AND CASE $2 WHEN 'received_at' THEN c.received_at WHEN 'registered_at' THEN c.registered_at ELSE c.marked_at END >= $3
      AND CASE $2 WHEN 'received_at' THEN c.received_at WHEN 'registered_at' THEN c.registered_at ELSE c.marked_at END < $4
), district AS (
    SELECT u.unit, u.name_en, u.name_hi, count(c.number) AS received,
           count(*) FILTER (WHERE c.over) AS disposed,
           count(*) FILTER (WHERE c.over AND c.over_at <= c.due_at) AS in_time,
           count(*) FILTER (WHERE NOT c.over) AS pending,
           count(*) FILTER (WHERE NOT c.over AND c.due_at < $5) AS overdue
    FROM bridge.unit u
    JOIN rooted r ON r.unit = u.unit
    JOIN served v ON v.root = r.root
    LEFT JOIN c ON c.unit = u.unit
    WHERE u.level = 'DISTRICT' AND u.valid_from <= $5::date AND u.valid_to > $5::date
    GROUP BY u.unit, u.name_en, u.name_hi
)
SELECT rank() OVER (ORDER BY in_time::numeric / NULLIF(received, 0) DESC NULLS LAST, received DESC) AS rank,
       unit, name_en, name_hi, received, disposed, in_time, pending, overdue,
       round(100.0 * in_time / NULLIF(received, 0), 2) AS share
FROM district
ORDER BY 1, unit;

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
