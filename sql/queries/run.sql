-- One run of a job: its locks, its row, its end. A lock is held by the session, so it goes with the connection, however
-- the process ends. The lock of a job is shared by runs that may go side by side; each run holds one of its own beside it.

-- name: run_lock (lock text)
SELECT pg_try_advisory_lock(hashtextextended('cctns-bridge run ' || $1, 0)) AS taken;

-- name: run_lock_shared (lock text)
SELECT pg_try_advisory_lock_shared(hashtextextended('cctns-bridge run ' || $1, 0)) AS taken;

-- Who holds the lock of a job, oldest first: the sessions that have it, by the run whose own lock they have. One that is
-- about to open its row, or has just closed it, is not told.
-- name: run_holders (lock text)
SELECT r.run_id, r.job, r.host, r.pid,
       to_char(r.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started_at
FROM pg_locks l
JOIN pg_locks own ON own.pid = l.pid AND own.locktype = 'advisory' AND own.objsubid = 1 AND own.granted
                 AND own.database = l.database
JOIN bridge.run r ON own.classid::bigint << 32 | own.objid::bigint
                     = hashtextextended('cctns-bridge live ' || r.run_id::text, 0)
WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
  AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
  AND l.classid::bigint << 32 | l.objid::bigint = hashtextextended('cctns-bridge run ' || $1, 0)
  AND r.state = 'running'
ORDER BY r.run_id;

-- name: run_unlock (lock text)
SELECT pg_advisory_unlock(hashtextextended('cctns-bridge run ' || $1, 0));

-- The session is the run's own: nothing else of it is locked so.
-- name: run_unlock_all ()
SELECT pg_advisory_unlock_all();

-- Taken before the row can be seen by others: a row in state running always has a session behind it.
-- name: run_live (run bigint)
SELECT pg_try_advisory_lock(hashtextextended('cctns-bridge live ' || $1::text, 0)) AS taken;

-- Runs open one after another: what they write at their start is the same. For the open transaction only.
-- name: run_one_opens ()
SELECT pg_advisory_xact_lock(hashtextextended('cctns-bridge open', 0));

-- What each transaction of a run looks at before it commits. The row is locked: whoever declares the run lost waits for
-- the commit, or the commit finds the run lost. The run's own lock can be had again by the session that holds it and by no
-- other: what a pooler brings to another session is not committed there.
-- name: run_fence (run bigint)
SELECT r.run_id
FROM bridge.run r
WHERE r.run_id = $1 AND r.state = 'running'
  AND pg_try_advisory_xact_lock(hashtextextended('cctns-bridge live ' || $1::text, 0))
FOR SHARE;

-- A run in state running whose own lock no session of this database holds has been killed, or lost its connection. One
-- that ends meanwhile is not touched: its row is looked at again once it can be locked.
-- name: run_lost (at timestamptz)
UPDATE bridge.run r
SET state = 'lost', ended_at = $1, said = 'ended without a word: killed, or the connection was lost'
WHERE r.state = 'running'
  AND NOT EXISTS (
      SELECT
      FROM pg_locks l
      WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
        AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
        AND l.classid::bigint << 32 | l.objid::bigint
            = hashtextextended('cctns-bridge live ' || r.run_id::text, 0));

-- What a run found left behind, added to what it found before.
-- name: run_recovered (run bigint, what text, system text[], n bigint[])
INSERT INTO bridge.recovery (run_id, what, system, n)
SELECT $1, $2, f.system, sum(f.n)
FROM unnest($3, $4) AS f (system, n)
WHERE f.n > 0
GROUP BY f.system
ORDER BY f.system
ON CONFLICT (run_id, what, system) DO UPDATE SET n = recovery.n + EXCLUDED.n;

-- name: run_open (job text, lock text, at timestamptz, host text, pid int, program text, maps text)
INSERT INTO bridge.run (job, lock, started_at, host, pid, program, maps)
VALUES ($1, $2, $3, $4, $5, $6 || ', PostgreSQL ' || current_setting('server_version'), $7)
RETURNING run_id;

-- name: run_close (run bigint, at timestamptz, state text, exit_code int, said text)
UPDATE bridge.run r
SET state = $3, ended_at = $2, exit_code = $4, said = $5
WHERE r.run_id = $1 AND r.state = 'running'
RETURNING r.run_id;

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

-- The session that answers; a pooler told its client another number.
-- name: pg_session ()
SELECT pg_backend_pid() AS pid;
