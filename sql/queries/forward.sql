-- Packages of cells (sql/0016_forward.sql): made, sent, acknowledged. Whoever writes holds the lock of the nightly run, so that
-- what is found "sending" is of a run that ended.

-- What the next package goes by: one row, also where there is none yet. number, manifest: of the newest; made: there is one of
-- that day; since: up to where the newest went that was not refused, of this unit; where all were, whence the first went; else
-- a day before upto.
-- name: forward_next (cell text, unit text, upto timestamptz, day date)
SELECT COALESCE((SELECT max(p.number) FROM bridge.package p WHERE p.cell = $1), 0) AS number,
       (SELECT encode(p.manifest, 'hex') FROM bridge.package p WHERE p.cell = $1 ORDER BY p.number DESC LIMIT 1) AS manifest,
       EXISTS (SELECT FROM bridge.package p WHERE p.cell = $1 AND p.day >= $4) AS made,
       to_char(COALESCE((SELECT max(p.upto) FROM bridge.package p WHERE p.cell = $1 AND p.unit = $2 AND p.upto < $3
                                                                    AND p.state <> 'failed'),
                        (SELECT min(p.since) FROM bridge.package p WHERE p.cell = $1 AND p.unit = $2 AND p.upto < $3),
                        $3 - interval '1 day') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS since;

-- name: forward_add (cell text, number int, unit text, day date, since timestamptz, upto timestamptz, made_at timestamptz, run bigint, channel text, message_id text, lines int, manifest bytea, previous bytea)
INSERT INTO bridge.package (cell, number, unit, day, since, upto, made_at, made_run, last_run, channel, message_id, lines, manifest, previous)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13);

-- What a run that ended had under its hand.
-- name: forward_recover (run bigint)
UPDATE bridge.package SET state = 'in_doubt', said = 'run.lost', last_run = $1 WHERE state = 'sending';

-- To be sent, oldest first; again: also what was refused, for a person says so.
-- name: forward_due (cell text, again boolean)
SELECT p.number, p.unit, p.channel, p.message_id, p.manifest, p.state, p.attempts,
       to_char(p.made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS made_at
FROM bridge.package p
WHERE p.cell = $1 AND (p.state IN ('planned', 'in_doubt') OR ($2 AND p.state = 'failed'))
ORDER BY p.number;

-- name: forward_sending (cell text, number int, run bigint, at timestamptz, channel text)
UPDATE bridge.package
SET state = 'sending', attempts = attempts + 1, said = NULL, last_run = $3, sending_at = $4, channel = $5
WHERE cell = $1 AND number = $2;

-- name: forward_settle (cell text, number int, run bigint, state text, said text, at timestamptz)
UPDATE bridge.package
SET state = $4, said = $5, last_run = $3, sent_at = CASE WHEN $4 = 'sent' THEN $6 ELSE sent_at END
WHERE cell = $1 AND number = $2;

-- Those that nobody acknowledged; newest first.
-- name: forward_unacknowledged (cell text)
SELECT p.number, to_char(COALESCE(p.sent_at, p.sending_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sent_at,
       to_char(p.upto AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS upto
FROM bridge.package p
WHERE p.cell = $1 AND p.state IN ('sent', 'in_doubt')
ORDER BY p.number DESC;

-- The newest of these packages after which somebody did something, in the police system, on a complaint that was in the cell's
-- hands when it was made: asked as bridge_cell. What the bridge itself brings there (the complaint, a reminder) is no sign.
-- name: forward_acted (numbers int[], sent timestamptz[], upto timestamptz[])
SELECT p.number
FROM unnest($1, $2, $3) AS p (number, sent, upto)
WHERE EXISTS (SELECT FROM bridge.complaint c
              JOIN bridge.action a ON a.bridge_id = c.bridge_id AND a.system = c.police_system
              WHERE c.staged_at <= p.upto AND a.at > p.sent AND a.action NOT IN ('RECV', 'REGD', 'RMND'))
ORDER BY p.number DESC
LIMIT 1;

-- That one and, by it, those before it.
-- name: forward_acknowledge (cell text, number int, run bigint, at timestamptz, how text)
UPDATE bridge.package
SET state = 'acknowledged', last_run = $3, acked_at = $4, acked_by = CASE WHEN number = $2 THEN $5 ELSE 'later' END
WHERE cell = $1 AND number <= $2 AND state IN ('sent', 'in_doubt');

-- Acknowledged before that time, and their files are still there.
-- name: forward_kept (before timestamptz)
SELECT p.cell, p.number FROM bridge.package p WHERE p.acked_at < $1 AND p.purged_at IS NULL ORDER BY p.cell, p.number;

-- name: forward_purged (cell text, number int, at timestamptz)
UPDATE bridge.package SET purged_at = $3 WHERE cell = $1 AND number = $2;

-- The newest 30 of each of these cells. In rows: cell, unit, number, day ...
-- name: forward_list (cells text[])
SELECT p.cell, p.unit, p.number, p.day, p.state, p.channel, p.lines, p.attempts, p.said,
       to_char(p.sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS sent_at,
       to_char(p.acked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS acked_at, p.acked_by, encode(p.manifest, 'hex') AS manifest
FROM unnest($1) WITH ORDINALITY AS c (cell, place)
CROSS JOIN LATERAL (SELECT * FROM bridge.package q WHERE q.cell = c.cell ORDER BY q.number DESC LIMIT 30) p
ORDER BY c.place, p.number DESC;

-- One row a cell, in the order asked. silent: a package was sent longer ago than the cell's span (ms), and since then none was
-- acknowledged, nor within that span.
-- name: forward_cells (cells text[], units text[], spans bigint[], now timestamptz)
SELECT c.cell, c.unit, count(p.number) AS packages, count(*) FILTER (WHERE p.state IN ('planned', 'sending')) AS waiting,
       count(*) FILTER (WHERE p.state = 'in_doubt') AS in_doubt, count(*) FILTER (WHERE p.state = 'failed') AS failed,
       to_char(max(p.sent_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_sent,
       to_char(max(p.acked_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_acknowledged,
       COALESCE(min(p.sent_at) FILTER (WHERE p.state = 'sent') < $4 - c.span * interval '1 millisecond'
                AND COALESCE(max(p.acked_at), '-infinity') < $4 - c.span * interval '1 millisecond', false) AS silent
FROM unnest($1, $2, $3) WITH ORDINALITY AS c (cell, unit, span, place)
LEFT JOIN bridge.package p ON p.cell = c.cell
GROUP BY c.cell, c.unit, c.span, c.place
ORDER BY c.place;
