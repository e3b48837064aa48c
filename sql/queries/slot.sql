-- Slots of the daemon's jobs (bridge.slot). A row's key makes each slot start at most once, whoever
-- runs a daemon.

-- The last slot that anybody has recorded for a job, as clock.h writes it; NULL = none.
-- name: slot_newest (job text)
SELECT to_char(max(s.due_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS due_at
  FROM bridge.slot s
 WHERE s.job = $1;

-- Touches no row when the slot is recorded already: then it is not ours to start.
-- name: slot_add (job text, due_at timestamptz, state text, said text)
INSERT INTO bridge.slot (job, due_at, state, said)
VALUES ($1, $2, $3, $4)
ON CONFLICT (job, due_at) DO NOTHING;

-- How the job of a slot ended; the run is the one that its process has written.
-- name: slot_end (job text, due_at timestamptz, state text, said text, pid int)
UPDATE bridge.slot s
   SET state = $3,
       said = $4,
       run_id = (SELECT max(r.run_id) FROM bridge.run r WHERE r.pid = $5 AND r.started_at >= s.due_at)
 WHERE s.job = $1 AND s.due_at = $2;

-- What a daemon that is no more has left as started.
-- name: slot_abandon (started_by text, said text)
UPDATE bridge.slot
   SET state = 'failed', said = $2
 WHERE state = 'started' AND said = $1;
