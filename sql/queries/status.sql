-- How things stand: what "status" prints, and what its figures for a monitor are made of.

-- name: status_systems ()
WITH system AS (
    SELECT system FROM bridge.source_record GROUP BY system
    UNION SELECT target FROM bridge.delivery GROUP BY target
    UNION SELECT system FROM bridge.cursor
    UNION SELECT system FROM bridge.held GROUP BY system
    UNION SELECT system FROM bridge.system WHERE listed
), success AS (
    SELECT l.system, max(r.ended_at) AS at
    FROM bridge.run r
    JOIN (SELECT DISTINCT run_id, system FROM bridge.ledger) l USING (run_id)
    WHERE r.state = 'done'
    GROUP BY l.system
), waiting AS (
    SELECT d.target AS system,
           count(*) FILTER (WHERE d.state IN ('planned', 'sending')) AS waiting_out,
           count(*) FILTER (WHERE d.state IN ('in_doubt', 'held')) AS in_doubt,
           count(*) FILTER (WHERE d.state = 'refused') AS refused,
           count(*) FILTER (WHERE d.state = 'dead') AS dead,
           min(d.planned_at) FILTER (WHERE d.state IN ('planned', 'sending', 'in_doubt', 'held')) AS oldest
    FROM bridge.delivery d
    WHERE d.state IN ('planned', 'sending', 'in_doubt', 'held', 'refused', 'dead')
    GROUP BY d.target
), noted AS (
    SELECT d.target AS system, count(*) AS n FROM bridge.delivery d WHERE d.substituted IS NOT NULL AND d.state = 'confirmed'
    GROUP BY d.target
), held AS (
    SELECT h.system, count(*) AS n FROM bridge.held h WHERE h.state = 'open' GROUP BY h.system
), complaints AS (
    SELECT s.system, count(*) AS n FROM bridge.source_record s GROUP BY s.system
)
SELECT s.system, COALESCE(y.role, '') AS role, to_char(ok.at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_success,
       COALESCE(w.waiting_out, 0) AS waiting_out, COALESCE(w.in_doubt, 0) AS in_doubt, COALESCE(w.refused, 0) AS refused,
       COALESCE(w.dead, 0) AS dead, to_char(w.oldest, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS oldest_waiting,
       COALESCE(h.n, 0) AS held, COALESCE(c.n, 0) AS complaints, COALESCE(o.n, 0) AS substituted
FROM system s
LEFT JOIN success ok USING (system)
LEFT JOIN waiting w USING (system)
LEFT JOIN held h USING (system)
LEFT JOIN complaints c USING (system)
LEFT JOIN noted o USING (system)
LEFT JOIN bridge.system y USING (system)
ORDER BY s.system;

-- name: status_cursors (at timestamptz)
SELECT c.system, c.call, to_char(c.at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, c.key,
       GREATEST(extract(epoch FROM $1 - c.at)::bigint, 0) AS lag_seconds
FROM bridge.cursor c
ORDER BY c.system, c.call;

-- name: status_backlog ()
SELECT d.target AS system, d.stream, d.state, count(*) AS n,
       to_char(min(d.planned_at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS oldest
FROM bridge.delivery d
WHERE d.state IN ('planned', 'sending', 'in_doubt', 'held', 'refused', 'dead')
GROUP BY d.target, d.stream, d.state
ORDER BY d.target, d.stream, d.state;

-- name: status_held ()
SELECT h.system, h.kind, h.reason, count(*) AS n,
       to_char(min(h.held_at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS oldest,
       to_char(max(h.held_at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS newest
FROM bridge.held h
WHERE h.state = 'open'
GROUP BY h.system, h.kind, h.reason
ORDER BY h.system, h.kind, h.reason;

-- name: status_runs ()
SELECT r.run_id, r.job, r.state, to_char(r.started_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started_at,
       to_char(r.ended_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS ended_at, r.exit_code, r.said
FROM bridge.run r
ORDER BY r.run_id DESC
LIMIT 10;

-- What was left behind, as the next run will find it. "run" and "sending": only those of a run that holds its own lock no
-- more (run.sql); what a living one has under its hand is not left behind.
-- name: status_left ()
WITH lives AS (
    SELECT r.run_id
    FROM bridge.run r
    JOIN pg_locks l ON l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
                   AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                   AND l.classid::bigint << 32 | l.objid::bigint
                       = hashtextextended('cctns-bridge live ' || r.run_id::text, 0)
    WHERE r.state = 'running'
)
SELECT f.what, f.system, f.class, f.n
FROM (
    SELECT 1 AS place, 'run' AS what, '' AS system, '' AS class, count(*) AS n
    FROM bridge.run r
    WHERE r.state = 'running' AND r.run_id NOT IN (SELECT run_id FROM lives)
    UNION ALL
    SELECT 2, 'sending', d.target, d.class, count(*)
    FROM bridge.delivery d
    WHERE d.state = 'sending' AND d.last_run NOT IN (SELECT run_id FROM lives)
    GROUP BY d.target, d.class
    UNION ALL
    SELECT 3, 'in_doubt', d.target, d.class, count(*)
    FROM bridge.delivery d
    WHERE d.state = 'in_doubt'
    GROUP BY d.target, d.class
    UNION ALL
    SELECT 4, 'orphan', h.system, '', count(*)
    FROM bridge.held h
    WHERE h.state = 'open' AND h.reason = 'parent.unknown' AND h.remote IS NOT NULL
      AND EXISTS (SELECT FROM bridge.link l WHERE l.system = h.system AND l.number = h.parent)
    GROUP BY h.system
    UNION ALL
    SELECT 5, 'page', h.system, '', count(*)
    FROM bridge.held h
    WHERE h.state = 'open' AND h.kind = 'page'
    GROUP BY h.system
    UNION ALL
    SELECT 6, 'duplicate', y.system, '', count(*)
    FROM bridge.canary y
    WHERE y.outcome = 'sent'
    GROUP BY y.system
) f
WHERE f.n > 0
ORDER BY f.place, f.system, f.class;

-- Of the runs that status_runs shows.
-- name: status_recovered ()
SELECT r.run_id, r.job, y.what, y.system, y.n
FROM (SELECT run_id, job FROM bridge.run ORDER BY run_id DESC LIMIT 10) r
JOIN bridge.recovery y USING (run_id)
ORDER BY r.run_id DESC, y.what, y.system;

-- name: status_missed (at timestamptz)
SELECT s.job, to_char(s.due_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS due_at, s.state, s.said
FROM bridge.slot s
WHERE s.state IN ('missed', 'failed', 'busy') AND s.due_at > $1 - interval '7 days'
ORDER BY s.due_at DESC, s.job;

-- Which units of an archive still feed it: it has no other sign of life. A time that has not come yet is none.
-- name: status_fed (at timestamptz)
SELECT r.system, COALESCE(r.unit, '') AS unit, u.name_en AS unit_name, count(*) AS complaints,
       to_char(max(f.at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_fed,
       GREATEST(extract(epoch FROM $1 - max(f.at))::bigint / 86400, 0) AS days,
       COALESCE(max(f.at) < $1 - interval '7 days', true) AS silent
FROM bridge.source_record r
JOIN bridge.system s ON s.system = r.system AND s.role = 'archive'
LEFT JOIN bridge.unit u ON u.unit = r.unit
LEFT JOIN LATERAL (SELECT r.changed_at AS at WHERE r.changed_at <= $1 + interval '1 day') f ON true
GROUP BY r.system, r.unit, u.name_en
ORDER BY r.system, r.unit;
