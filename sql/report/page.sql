-- What pages show besides the figures of "status", "reconcile", "audit", "standing" and the lists of cells, which are asked by
-- their own statements. No personal data.

-- name: page_units ()
SELECT u.unit, u.parent, u.level, u.name_en, COALESCE(u.name_hi, u.name_en) AS name_hi
FROM bridge.unit u
ORDER BY u.unit;

-- secret: every complaint of it is of a kind whose small counts are not told (a tip, a sender that is sealed, confidential or
-- unknown).
-- name: page_systems ()
SELECT y.system, y.role, y.title, y.listed, COALESCE(c.secret, false) AS secret
FROM bridge.system y
LEFT JOIN (
    SELECT c.source_system AS system, bool_and(bridge.is_secret(c.identity, c.kind)) AS secret
    FROM bridge.complaint c
    GROUP BY c.source_system
) c USING (system)
ORDER BY y.role = 'police', y.role = 'archive', y.system;

-- The offices that have a page: districts, and whatever else complaints are marked to above them (a headquarters, a range).
-- A district that has had no complaint yet has one, too, where its state has any.
-- name: page_offices (now timestamptz)
WITH RECURSIVE used AS (
    SELECT DISTINCT c.unit FROM bridge.complaint c WHERE c.unit IS NOT NULL
), rooted AS (
    SELECT u.unit, u.unit AS root FROM bridge.unit u WHERE u.parent IS NULL
    UNION ALL
    SELECT u.unit, r.root FROM bridge.unit u JOIN rooted r ON u.parent = r.unit
), state AS (
    SELECT DISTINCT r.root FROM used JOIN rooted r USING (unit)
)
SELECT u.unit, u.level, u.name_en, COALESCE(u.name_hi, u.name_en) AS name_hi, r.root AS state
FROM bridge.unit u
JOIN rooted r USING (unit)
JOIN state s USING (root)
WHERE u.valid_from <= $1::date AND u.valid_to > $1::date
  AND (u.level = 'DISTRICT' OR (u.level IN ('STATE', 'ZONE', 'RANGE') AND u.unit IN (SELECT unit FROM used)))
ORDER BY r.root, u.level = 'DISTRICT', u.name_en, u.unit;

-- The newest nightly run, and the newest of all that moved records.
-- name: page_last_run ()
SELECT r.run_id, r.job, r.state, to_char(r.started_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started_at,
       to_char(r.ended_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS ended_at, r.exit_code, r.said,
       extract(epoch FROM r.ended_at - r.started_at)::bigint AS seconds
FROM bridge.run r
WHERE r.job = 'sync' OR r.run_id = (SELECT max(o.run_id) FROM bridge.run o)
ORDER BY r.job = 'sync' DESC, r.run_id DESC
LIMIT 1;

-- The last 30 days of people's zone, the newest last; one without a run stands there, too. Of the books: came = offered by
-- sources, staged = new or changed, delivered, refused, held = set aside or in conflict, in_doubt. exit_code: of that day's
-- last nightly run. began: not before the first run that there ever was.
-- name: page_nights (now timestamptz, minutes int)
WITH day AS (
    SELECT d::date AS day
    FROM generate_series((($1 AT TIME ZONE 'UTC') + make_interval(mins => $2))::date - 29,
                         (($1 AT TIME ZONE 'UTC') + make_interval(mins => $2))::date, interval '1 day') d
), run AS (
    SELECT r.*, ((r.started_at AT TIME ZONE 'UTC') + make_interval(mins => $2))::date AS day
    FROM bridge.run r
    WHERE r.started_at > $1 - interval '31 days'
), moved AS (
    SELECT r.day, sum(l.n) FILTER (WHERE l.hop = 'pull' AND l.debit = 'source') AS came,
           sum(l.n) FILTER (WHERE l.credit = 'staged') AS staged,
           sum(l.n) FILTER (WHERE l.credit = 'delivered') AS delivered,
           sum(l.n) FILTER (WHERE l.credit = 'refused') AS refused,
           sum(l.n) FILTER (WHERE l.credit IN ('set_aside', 'conflict')) AS held,
           sum(l.n) FILTER (WHERE l.credit = 'in_doubt') AS in_doubt
    FROM run r
    JOIN bridge.ledger l USING (run_id)
    GROUP BY r.day
), ran AS (
    SELECT r.day, count(*) AS runs, count(*) FILTER (WHERE r.state IN ('failed', 'lost')) AS broken,
           (array_agg(r.exit_code ORDER BY r.run_id DESC) FILTER (WHERE r.job = 'sync'))[1] AS exit_code,
           sum(extract(epoch FROM r.ended_at - r.started_at))::bigint AS seconds
    FROM run r
    GROUP BY r.day
)
SELECT to_char(d.day, 'YYYY-MM-DD') AS day,
       d.day >= (SELECT ((min(o.started_at) AT TIME ZONE 'UTC') + make_interval(mins => $2))::date FROM bridge.run o) AS began,
       COALESCE(r.runs, 0) AS runs, COALESCE(r.broken, 0) AS broken, r.exit_code,
       COALESCE(r.seconds, 0) AS seconds, COALESCE(m.came, 0) AS came, COALESCE(m.staged, 0) AS staged,
       COALESCE(m.delivered, 0) AS delivered, COALESCE(m.refused, 0) AS refused, COALESCE(m.held, 0) AS held,
       COALESCE(m.in_doubt, 0) AS in_doubt
FROM day d
LEFT JOIN ran r USING (day)
LEFT JOIN moved m USING (day)
ORDER BY d.day;

-- Findings that stand, rule by rule; since: when the oldest of them was first kept.
-- name: page_rules ()
SELECT f.rule, count(*) AS open,
       count(*) FILTER (WHERE f.first_run = (SELECT max(o.last_run) FROM bridge.finding o WHERE o.rule = f.rule)) AS new,
       to_char(min(r.started_at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
FROM bridge.finding f
JOIN bridge.run r ON r.run_id = f.first_run
WHERE f.ended_run IS NULL
GROUP BY f.rule
ORDER BY f.rule;

-- name: page_findings ()
SELECT f.rule, f.system, f.number, f.unit, f.item, f.detail, to_char(r.started_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
FROM bridge.finding f
JOIN bridge.run r ON r.run_id = f.first_run
WHERE f.ended_run IS NULL
ORDER BY f.rule, f.system, f.number, f.item;

-- Systems with so few complaints of confidential kinds among the others that a figure of the period, less that of the open
-- ones, would tell how few.
-- name: page_small (systems text[], basis text[], strict boolean, since timestamptz, upto timestamptz, asof timestamptz)
SELECT f.system
FROM (
    SELECT f.system, count(*) FILTER (WHERE f.brought_forward) AS a, count(*) FILTER (WHERE f.received) AS b,
           count(*) FILTER (WHERE f.disposed) AS c, count(*) FILTER (WHERE f.pending) AS d, count(*) FILTER (WHERE f.overdue) AS e
    FROM bridge.period_figures($1, $2, $3, $4, $5, $6) f
    WHERE f.secret
    GROUP BY f.system
) f
WHERE f.a BETWEEN 1 AND 4 OR f.b BETWEEN 1 AND 4 OR f.c BETWEEN 1 AND 4 OR f.d BETWEEN 1 AND 4 OR f.e BETWEEN 1 AND 4;

-- When the newest complaint of these systems came, by the day that each counts by, in microseconds; NULL where none did.
-- name: page_newest (systems text[], basis text[], now timestamptz)
SELECT (extract(epoch FROM max(f.came)) * 1000000)::bigint AS newest
FROM bridge.period_figures($1, $2, false, '-infinity', $3, $3) f
WHERE f.came < $3;
