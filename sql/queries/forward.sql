-- Packages of cells (sql/0016_forward.sql): made, sent, acknowledged. Whoever writes holds the lock of the nightly run, so that
-- what is found "sending" is of a run that ended.

-- What the next package goes by: one row, also where there is none yet. number, manifest: of the newest; made: there is one of
-- that day, other than one that was erased before it was sent; since: up to where the newest went that was not refused, of this
-- unit; before that, whence one went that was refused and that none after it tells again; else a day before upto.
-- name: forward_next (cell text, unit text, upto timestamptz, day date)
SELECT COALESCE((SELECT max(p.number) FROM bridge.package p WHERE p.cell = $1), 0) AS number,
       (SELECT encode(p.manifest, 'hex') FROM bridge.package p WHERE p.cell = $1 ORDER BY p.number DESC LIMIT 1) AS manifest,
       EXISTS (SELECT FROM bridge.package p
               WHERE p.cell = $1 AND p.day >= $4 AND (p.erased_at IS NULL OR p.state <> 'failed')) AS made,
       to_char(COALESCE(LEAST((SELECT max(p.upto) FROM bridge.package p
                               WHERE p.cell = $1 AND p.unit = $2 AND p.upto < $3 AND p.state <> 'failed'),
                              (SELECT min(f.since) FROM bridge.package f
                               WHERE f.cell = $1 AND f.unit = $2 AND f.upto < $3 AND f.state = 'failed'
                                 AND NOT EXISTS (SELECT FROM bridge.package p
                                                 WHERE p.cell = $1 AND p.unit = $2 AND p.number > f.number AND p.state <> 'failed'
                                                   AND p.since <= f.since))),
                        $3 - interval '1 day') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS since;

-- name: forward_add (cell text, number int, unit text, day date, since timestamptz, upto timestamptz, made_at timestamptz, run bigint, channel text, message_id text, lines int, manifest bytea, previous bytea)
INSERT INTO bridge.package (cell, number, unit, day, since, upto, made_at, made_run, last_run, channel, message_id, lines, manifest, previous)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13);

-- What a run that ended had under its hand.
-- name: forward_recover (run bigint)
UPDATE bridge.package SET state = 'in_doubt', said = 'run.lost', last_run = $1 WHERE state = 'sending';

-- What waits for a cell that is another unit's now is not for whoever is there now.
-- name: forward_moved (cell text, unit text, run bigint)
UPDATE bridge.package SET state = 'failed', said = 'unit.changed', last_run = $3
WHERE cell = $1 AND unit <> $2 AND state IN ('planned', 'in_doubt');

-- To be sent, oldest first; again: also what was refused, for a person says so.
-- name: forward_due (cell text, unit text, again boolean)
SELECT p.number, p.unit, p.channel, p.message_id, p.manifest, p.state, p.attempts,
       to_char(p.made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS made_at
FROM bridge.package p
WHERE p.cell = $1 AND p.unit = $2 AND (p.state IN ('planned', 'in_doubt') OR ($3 AND p.state = 'failed'))
  AND p.purged_at IS NULL AND p.erased_at IS NULL
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
-- name: forward_unacknowledged (cell text, unit text)
SELECT p.number, to_char(COALESCE(p.sent_at, p.sending_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sent_at,
       to_char(p.upto AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS upto
FROM bridge.package p
WHERE p.cell = $1 AND p.unit = $2 AND p.state IN ('sent', 'in_doubt')
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
WHERE cell = $1 AND number <= $2 AND state IN ('sent', 'in_doubt')
  AND unit = (SELECT q.unit FROM bridge.package q WHERE q.cell = $1 AND q.number = $2);

-- Whose files are still there: acknowledged before that time; refused, where a later one was acknowledged then; and made before it
-- for a cell that bridge.conf has no more. Those of people who were erased go in any case.
-- name: forward_kept (before timestamptz, cells text[])
SELECT p.cell, p.number
FROM bridge.package p
WHERE p.purged_at IS NULL
  AND (p.erased_at IS NOT NULL OR p.acked_at < $1
       OR (p.state = 'failed' AND EXISTS (SELECT FROM bridge.package q
                                          WHERE q.cell = p.cell AND q.number > p.number AND q.acked_at < $1))
       OR (p.made_at < $1 AND NOT p.cell = ANY ($2)))
ORDER BY p.cell, p.number;

-- name: forward_purged (cell text, number int, at timestamptz)
UPDATE bridge.package SET purged_at = $3 WHERE cell = $1 AND number = $2;

-- ---- one person ----

-- Whose files may be here.
-- name: forward_live ()
SELECT p.cell, p.number FROM bridge.package p WHERE p.purged_at IS NULL AND p.erased_at IS NULL ORDER BY p.cell, p.number;

-- What a complaint's rows bear, in any list.
-- name: forward_numbers (id bigint)
SELECT l.number FROM bridge.link l WHERE l.bridge_id = $1
UNION
SELECT c.number FROM bridge.complaint c WHERE c.bridge_id = $1
ORDER BY number;

-- Its files are about to go; digest, number and place in the chain stay. What may have come by then is told apart by "said".
-- name: forward_erase (cell text, number int, run bigint, at timestamptz, id bigint)
WITH gone AS (
    UPDATE bridge.package p
    SET erased_at = $4, erased_for = $5, last_run = $3,
        state = CASE WHEN p.state IN ('sent', 'acknowledged') THEN p.state ELSE 'failed' END,
        said = CASE p.state WHEN 'sent' THEN p.said WHEN 'acknowledged' THEN p.said WHEN 'sending' THEN 'erased.in_doubt'
                            WHEN 'in_doubt' THEN 'erased.in_doubt' ELSE 'erased.unsent' END
    WHERE p.cell = $1 AND p.number = $2 AND p.erased_at IS NULL
    RETURNING p.manifest
), entry AS (
    INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, reason, evidence, at)
    SELECT $3, 'policy', c.source_system, 'package', 'kept', 'erased', 1, 'package: on order', sha256(g.manifest), $4
    FROM gone g
    JOIN bridge.complaint c ON c.bridge_id = $5
    RETURNING entry
)
INSERT INTO bridge.movement (entry, key, digest)
SELECT e.entry, 'package ' || $1 || ' ' || $2, g.manifest FROM entry e, gone g;

-- Those that were delivered with a person who is erased, or may have been ("in_doubt").
-- name: forward_erased (id bigint)
SELECT p.cell, p.unit, p.number, p.day, p.channel, CASE p.said WHEN 'erased.in_doubt' THEN 'in_doubt' ELSE p.state END AS state,
       to_char(COALESCE(p.sent_at, p.sending_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS sent_at
FROM bridge.package p
WHERE p.erased_for = $1 AND (p.state IN ('sent', 'acknowledged') OR p.said = 'erased.in_doubt')
ORDER BY p.cell, p.number;

-- Of cells that saw the complaint's unit: sent after it came, and their files went before anybody could look for it in them.
-- name: forward_unseen (id bigint)
WITH RECURSIVE above AS (
    SELECT u.unit, u.parent FROM bridge.unit u JOIN bridge.complaint c ON c.bridge_id = $1 AND u.unit IN (c.unit, c.station)
    UNION
    SELECT u.unit, u.parent FROM bridge.unit u JOIN above a ON u.unit = a.parent
)
SELECT p.cell, p.unit, count(*) AS n, min(p.day) AS first_day, max(p.day) AS last_day
FROM bridge.package p
JOIN bridge.complaint c ON c.bridge_id = $1
WHERE p.purged_at IS NOT NULL AND p.erased_for IS DISTINCT FROM $1 AND p.sent_at IS NOT NULL AND p.made_at >= c.staged_at
  AND p.unit IN (SELECT a.unit FROM above a)
GROUP BY p.cell, p.unit
ORDER BY p.cell, p.unit;

-- The newest 30 of each of these cells. In rows: cell, unit, number, day ...
-- name: forward_list (cells text[])
SELECT p.cell, p.unit, p.number, p.day, p.state, p.channel, p.lines, p.attempts, p.said,
       to_char(p.sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS sent_at,
       to_char(p.acked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS acked_at, p.acked_by, encode(p.manifest, 'hex') AS manifest
FROM unnest($1) WITH ORDINALITY AS c (cell, place)
CROSS JOIN LATERAL (SELECT * FROM bridge.package q WHERE q.cell = c.cell ORDER BY q.number DESC LIMIT 30) p
ORDER BY c.place, p.number DESC;

-- One row a cell, in the order asked. silent: a package was sent longer ago than the cell's span (ms), and since then none was
-- acknowledged, nor within that span; days on which the office is closed do not count. failed: what a person can send again.
-- name: forward_cells (cells text[], units text[], spans bigint[], now timestamptz, zone text)
WITH cell AS (
    SELECT c.cell, c.unit, c.place, c.span * interval '1 millisecond' AS span, count(p.number) AS packages,
           count(*) FILTER (WHERE p.state IN ('planned', 'sending')) AS waiting,
           count(*) FILTER (WHERE p.state = 'in_doubt') AS in_doubt,
           count(*) FILTER (WHERE p.state = 'failed' AND p.unit = c.unit AND p.purged_at IS NULL AND p.erased_at IS NULL) AS failed,
           max(p.sent_at) AS sent_at, max(p.acked_at) AS acked_at,
           min(p.sent_at) FILTER (WHERE p.state = 'sent' AND p.unit = c.unit) AS unheard_at
    FROM unnest($1, $2, $3) WITH ORDINALITY AS c (cell, unit, span, place)
    LEFT JOIN bridge.package p ON p.cell = c.cell
    GROUP BY c.cell, c.unit, c.span, c.place
)
SELECT c.cell, c.unit, c.packages, c.waiting, c.in_doubt, c.failed,
       to_char(c.sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_sent,
       to_char(c.acked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_acknowledged,
       COALESCE(last.heard_at < $4 - c.span - bridge.days_off(last.heard_at, $4, c.unit, $5) * interval '1 day', false) AS silent
FROM cell c
CROSS JOIN LATERAL (SELECT CASE WHEN c.unheard_at IS NOT NULL THEN GREATEST(c.unheard_at, c.acked_at) END AS heard_at) last
ORDER BY c.place;
