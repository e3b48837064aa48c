-- The chain of the books and its checkpoints. The head is locked by chain_hold only, for the open transaction.

-- name: chain_head ()
SELECT h.origin, h.seq, h.h, bridge.chain_start(h.origin) AS start FROM bridge.ledger_head h;

-- name: chain_hold ()
SELECT h.origin, h.seq, h.h FROM bridge.hold_head() h;

-- The newest note.
-- name: chain_last ()
SELECT c.checkpoint, c.size, c.h, c.note, (EXTRACT(epoch FROM c.at) * 1000000)::bigint AS at
FROM bridge.checkpoint c
ORDER BY c.checkpoint DESC
LIMIT 1;

-- Whether a run has something that its note would say.
-- name: chain_wrote (run bigint)
SELECT EXISTS (SELECT FROM bridge.ledger l WHERE l.run_id = $1) AS entries,
       EXISTS (SELECT FROM bridge.control_total t WHERE t.run_id = $1) AS totals;

-- The links behind "after" up to "upto", made anew from their entries. One that does not follow from the link before it,
-- has no entry, or leaves a gap is the altered one; "ends" is the last link.
-- name: chain_extends (after bigint, h bytea, upto bigint)
WITH step AS (
    SELECT k.seq, k.entry, k.h, lag(k.seq, 1, $1) OVER w AS last, lag(k.h, 1, $2) OVER w AS before
    FROM bridge.ledger_link k
    WHERE k.seq > $1 AND k.seq <= $3
    WINDOW w AS (ORDER BY k.seq)
)
SELECT count(*) AS n,
       min(s.entry) FILTER (WHERE s.seq <> s.last + 1 OR l.entry IS NULL
                                  OR s.h <> bridge.chain_link(s.before, s.seq, l)) AS altered,
       (SELECT k.h FROM bridge.ledger_link k WHERE k.seq = $1) AS begins,
       (SELECT k.h FROM bridge.ledger_link k WHERE k.seq = $3) AS ends,
       (SELECT max(k.seq) FROM bridge.ledger_link k) AS last
FROM step s
LEFT JOIN bridge.ledger l ON l.entry = s.entry;

-- An entry that somebody wrote past the trigger.
-- name: chain_untied ()
SELECT min(l.entry) AS entry
FROM bridge.ledger l
LEFT JOIN bridge.ledger_link k USING (entry)
WHERE k.entry IS NULL;

-- name: chain_checkpoint (size bigint, h bytea, run bigint, note bytea, at timestamptz)
INSERT INTO bridge.checkpoint (checkpoint, size, h, run_id, note, at)
SELECT COALESCE(max(c.checkpoint), 0) + 1, $1, $2, $3, $4, $5
FROM bridge.checkpoint c
RETURNING checkpoint;

-- Notes by number, and whether each was left at a place.
-- name: chain_notes (place text, after bigint, most int)
SELECT c.checkpoint, c.note, to_char(c.at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, a.checkpoint IS NOT NULL AS left
FROM bridge.checkpoint c
LEFT JOIN bridge.anchor a ON a.checkpoint = c.checkpoint AND a.place = $1
WHERE c.checkpoint > $2
ORDER BY c.checkpoint
LIMIT $3;

-- The notes that were not left at a place, and the time of the oldest.
-- name: chain_missing (place text)
SELECT count(*) AS n, to_char(min(c.at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since, max(c.checkpoint) AS newest
FROM bridge.checkpoint c
WHERE NOT EXISTS (SELECT FROM bridge.anchor a WHERE a.checkpoint = c.checkpoint AND a.place = $1);

-- name: chain_anchor (checkpoint bigint, place text, at timestamptz, proof bytea)
INSERT INTO bridge.anchor (checkpoint, place, at, proof) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- Each place with the newest note that was left there.
-- name: chain_places ()
SELECT a.place, max(a.checkpoint) AS checkpoint, count(*) AS notes, to_char(max(a.at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at
FROM bridge.anchor a
GROUP BY a.place
ORDER BY a.place;

-- How the books stand, and the newest note that is kept outside the database.
-- name: chain_state ()
SELECT h.origin, h.seq AS entries, encode(h.h, 'hex') AS h, c.checkpoint, c.size, c.run_id AS run,
       to_char(c.at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, h.seq - COALESCE(c.size, 0) AS unsigned,
       k.checkpoint AS kept, (EXTRACT(epoch FROM k.at) * 1000000)::bigint AS kept_at, c.note
FROM bridge.ledger_head h
LEFT JOIN LATERAL (SELECT * FROM bridge.checkpoint ORDER BY checkpoint DESC LIMIT 1) c ON true
LEFT JOIN LATERAL (
    SELECT o.checkpoint, o.at
    FROM bridge.checkpoint o
    WHERE EXISTS (SELECT FROM bridge.anchor a WHERE a.checkpoint = o.checkpoint)
    ORDER BY o.checkpoint DESC
    LIMIT 1
) k ON true;
