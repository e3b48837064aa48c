-- What waits for a person: the list, one of it, and the end of one.

-- name: held_list (system text, reason text, after bigint, most bigint)
SELECT h.held_id, h.system, h.stream, h.call, h.key, h.kind, h.reason, h.field, h.place, h.detail, h.times,
       to_char(h.held_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS held_at, h.state, h.delivery_id
FROM bridge.held h
WHERE h.state = 'open' AND h.held_id > $3 AND ($1 IS NULL OR h.system = $1) AND ($2 IS NULL OR h.reason = $2)
ORDER BY h.held_id
LIMIT $4;

-- name: held_show (held bigint)
SELECT h.held_id, h.system, h.stream, h.call, h.key, h.parent, h.kind, h.reason, h.field, h.place, h.detail, h.body,
       h.remote, h.sealed, encode(h.sha256, 'hex') AS sha256, h.delivery_id, h.state, h.times, h.first_run, h.last_run,
       to_char(h.held_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS held_at,
       to_char(h.ended_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS ended_at, h.ended_by, h.ended_why
FROM bridge.held h
WHERE h.held_id = $1;

-- name: held_newest ()
SELECT COALESCE(max(h.held_id), 0) AS newest FROM bridge.held h;

-- name: held_ready (system text, after bigint, upto bigint, most bigint)
SELECT h.held_id, h.system, h.stream, h.call, h.key, h.remote, h.sealed
FROM bridge.held h
WHERE h.system = $1 AND h.held_id > $2 AND h.held_id <= $3
  AND h.state = 'open' AND h.reason = 'parent.unknown' AND h.remote IS NOT NULL
  AND EXISTS (SELECT FROM bridge.link l WHERE l.system = h.system AND l.number = h.parent)
ORDER BY h.held_id
LIMIT $4;

-- name: held_end (held bigint, at timestamptz, becomes text, who text, why text, also_deliveries boolean)
UPDATE bridge.held h
SET state = $3, ended_at = $2, ended_by = $4, ended_why = $5
WHERE h.held_id = $1 AND h.state = 'open' AND ($6 OR h.delivery_id IS NULL);
