-- One run of a job: its lock, its row, its end.

-- name: run_lock (lock text)
SELECT pg_try_advisory_lock(hashtextextended('cctns-bridge run ' || $1, 0)) AS taken;

-- name: run_unlock (lock text)
SELECT pg_advisory_unlock(hashtextextended('cctns-bridge run ' || $1, 0));

-- A run that is "running" while no session of this database holds its lock, or while we hold it, has been killed.
-- name: run_lost (lock text, at timestamptz)
UPDATE bridge.run r
SET state = 'lost', ended_at = $2, said = 'ended without a word: killed, or the connection was lost'
WHERE r.state = 'running'
  AND (r.lock = $1
       OR NOT EXISTS (
           SELECT
           FROM pg_locks l
           WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
             AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
             AND l.classid::bigint << 32 | l.objid::bigint = hashtextextended('cctns-bridge run ' || r.lock, 0)));

-- name: run_open (job text, lock text, at timestamptz, host text, pid int, program text, maps text)
INSERT INTO bridge.run (job, lock, started_at, host, pid, program, maps)
VALUES ($1, $2, $3, $4, $5, $6 || ', PostgreSQL ' || current_setting('server_version'), $7)
RETURNING run_id;

-- name: run_close (run bigint, at timestamptz, state text, exit_code int, said text)
UPDATE bridge.run r
SET state = $3, ended_at = $2, exit_code = $4, said = $5
WHERE r.run_id = $1 AND r.state = 'running'
RETURNING r.lock;

-- name: run_arrival_months (at timestamptz)
SELECT bridge.make_arrival_month($1), bridge.make_arrival_month($1 + interval '1 month');

-- As bridge.conf and the maps say now; nothing is written where nothing differs.
-- name: run_systems (system text[], role text[], title text[], units text[])
MERGE INTO bridge.system s
USING (
    SELECT n.system, n.role, n.title,
           COALESCE((SELECT array_agg(w.word ORDER BY w.word)
                     FROM regexp_split_to_table(n.units, '[[:space:]]+') w (word) WHERE w.word <> ''), '{}') AS units,
           true AS listed
    FROM unnest($1, $2, $3, $4) AS n (system, role, title, units)
    UNION ALL
    SELECT o.system, o.role, o.title, o.units, false
    FROM bridge.system o
    WHERE o.system <> ALL ($1)
) n
ON s.system = n.system
WHEN NOT MATCHED THEN
    INSERT (system, role, title, units, listed) VALUES (n.system, n.role, n.title, n.units, n.listed)
WHEN MATCHED AND (s.role, s.title, s.units, s.listed) IS DISTINCT FROM (n.role, n.title, n.units, n.listed) THEN
    UPDATE SET role = n.role, title = n.title, units = n.units, listed = n.listed;
