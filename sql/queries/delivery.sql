-- The outbox: claim, content, settle. Which move is allowed is decided by lifecycle.c; what stands here carries it out.
-- Every statement takes arrays and touches a whole batch; the books of a batch are written by delivery_books.

-- The outbox grows from nothing to a night's work while statistics still say that it is empty; a claim must walk it in
-- the order of its index whatever they say. For the open transaction only.
-- name: delivery_in_order ()
SELECT set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true),
       set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true);

-- One claim at a time for a target, in a statement before it: the next one's snapshot then has what this one took. It lasts
-- as long as the statements of the claim, never a call to the peer. SKIP LOCKED is for rows under another hand.
-- name: delivery_one_claims (target text)
SELECT pg_advisory_xact_lock(hashtextextended('cctns-bridge claim ' || $1, 0));

-- In the order of complaints and, within one, of what happened; a delivery waits while an earlier one of its complaint
-- is not confirmed. Several of one complaint may go in one batch. At one instant the shorter key is the earlier: serials
-- are numbers, and 9 comes before 10.
--   next    the first complaints that have one to go (the stream as a range of one leaves only delivery_due with that
--           order; earlier deliveries are found by complaint alone: the empty text keeps the rest from an index)
--   line    all that is open of these, in order; free: nothing before it holds it back
--   taken   what could be locked, up to the first that another process has under its hand
-- A disposal waits while a file of its complaint is still to go there (files: whether the target takes any). Files wait
-- for no action, and one that is refused, held or out of tries is waited for no longer: nobody waits for ever.
-- One that came back to wait while its newer version was planned beside it is not taken: the next plan supersedes it.
-- name: delivery_claim (run bigint, at timestamptz, target text, stream text, count bigint, becomes text, files boolean)
WITH next AS (
    SELECT d.bridge_id
    FROM bridge.delivery d
    LEFT JOIN bridge.action a ON d.stream = 'action' AND a.bridge_id = d.bridge_id AND a.system = d.source_system
                             AND a.key = d.key
    LEFT JOIN bridge.feedback f ON d.stream = 'feedback' AND f.bridge_id = d.bridge_id AND f.system = d.source_system
                               AND f.key = d.key
    WHERE d.target = $3 AND d.stream BETWEEN $4 AND $4 AND d.state = 'planned' AND d.not_before <= $2
      AND NOT EXISTS (SELECT FROM bridge.delivery n
                      WHERE n.bridge_id = d.bridge_id AND n.target || '' = $3 AND n.stream || '' = $4
                        AND n.source_system = d.source_system AND n.key = d.key AND n.version > d.version)
      AND NOT ($7 AND COALESCE(a.action IN ('DISP', 'CLSD'), false)
               AND EXISTS (SELECT FROM bridge.delivery t
                           WHERE t.bridge_id = d.bridge_id AND t.target || '' = $3 AND t.stream || '' = 'attachment'
                             AND t.state || '' IN ('planned', 'sending', 'in_doubt')))
      AND (SELECT count(*)
           FROM bridge.delivery e
           LEFT JOIN bridge.action ea ON e.stream = 'action' AND ea.bridge_id = e.bridge_id
                                     AND ea.system = e.source_system AND ea.key = e.key
           LEFT JOIN bridge.feedback ef ON e.stream = 'feedback' AND ef.bridge_id = e.bridge_id
                                       AND ef.system = e.source_system AND ef.key = e.key
           WHERE e.bridge_id = d.bridge_id AND e.target || '' = $3 AND e.stream || '' = $4
             AND e.delivery_id <> d.delivery_id
             AND (e.state IN ('sending', 'in_doubt', 'refused', 'held', 'dead')
                  OR (e.state = 'planned' AND e.not_before > $2)
                  OR ($7 AND e.state = 'planned' AND ea.action IN ('DISP', 'CLSD')
                      AND EXISTS (SELECT FROM bridge.delivery t
                                  WHERE t.bridge_id = e.bridge_id AND t.target || '' = $3
                                    AND t.stream || '' = 'attachment'
                                    AND t.state || '' IN ('planned', 'sending', 'in_doubt'))))
             AND (COALESCE(ea.at, ef.at, '-infinity'), length(e.key), e.key)
                 <= (COALESCE(a.at, f.at, '-infinity'), length(d.key), d.key)) = 0
    ORDER BY d.stream, d.bridge_id
    LIMIT $5
), line AS (
    SELECT d.delivery_id, d.bridge_id, d.key, COALESCE(a.at, f.at, '-infinity') AS happened,
           COALESCE(a.digest, f.digest, d.digest) AS content_digest,
           bool_and(d.state = 'planned' AND d.not_before <= $2
                    AND NOT ($7 AND COALESCE(a.action IN ('DISP', 'CLSD'), false)
                             AND EXISTS (SELECT FROM bridge.delivery t
                                         WHERE t.bridge_id = d.bridge_id AND t.target || '' = $3
                                           AND t.stream || '' = 'attachment'
                                           AND t.state || '' IN ('planned', 'sending', 'in_doubt'))))
               OVER (PARTITION BY d.bridge_id
                     ORDER BY COALESCE(a.at, f.at, '-infinity'), length(d.key), d.key, d.state = 'planned'
                     ROWS UNBOUNDED PRECEDING) AS free
    FROM (SELECT DISTINCT bridge_id FROM next) n
    JOIN bridge.delivery d ON d.bridge_id = n.bridge_id AND d.target || '' = $3 AND d.stream || '' = $4
                          AND d.state || '' IN ('planned', 'sending', 'in_doubt', 'refused', 'held', 'dead')
                          AND NOT (d.state = 'planned'
                                   AND EXISTS (SELECT FROM bridge.delivery v
                                               WHERE v.bridge_id = d.bridge_id AND v.target || '' = $3
                                                 AND v.stream || '' = $4 AND v.source_system = d.source_system
                                                 AND v.key = d.key AND v.version > d.version))
    LEFT JOIN bridge.action a ON d.stream = 'action' AND a.bridge_id = d.bridge_id AND a.system = d.source_system
                             AND a.key = d.key
    LEFT JOIN bridge.feedback f ON d.stream = 'feedback' AND f.bridge_id = d.bridge_id AND f.system = d.source_system
                               AND f.key = d.key
), due AS (
    SELECT *
    FROM line
    WHERE free
    ORDER BY bridge_id, happened, length(key), key
    LIMIT $5
), locked AS (
    SELECT d.delivery_id
    FROM due
    JOIN bridge.delivery d USING (delivery_id)
    WHERE d.state = 'planned'
    FOR UPDATE OF d SKIP LOCKED
), taken AS (
    SELECT due.*, bool_and(l.delivery_id IS NOT NULL)
                      OVER (PARTITION BY due.bridge_id ORDER BY due.happened, length(due.key), due.key
                            ROWS UNBOUNDED PRECEDING) AS whole
    FROM due
    LEFT JOIN locked l USING (delivery_id)
), moved AS (
    UPDATE bridge.delivery d
    SET state = $6, attempts = d.attempts + 1, sent_digest = t.content_digest, last_run = $1
    FROM taken t
    WHERE t.whole AND d.delivery_id = t.delivery_id
    RETURNING d.delivery_id, d.attempts, d.bridge_id, d.key, t.happened
), intent AS (
    INSERT INTO bridge.attempt (delivery_id, attempt, run_id, started_at)
    SELECT m.delivery_id,
           1 + COALESCE((SELECT max(p.attempt) FROM bridge.attempt p WHERE p.delivery_id = m.delivery_id), 0), $1, $2
    FROM moved m
)
SELECT m.delivery_id, m.attempts, $4 AS stream, m.key,
       (SELECT c.number FROM bridge.complaint c WHERE c.bridge_id = m.bridge_id) AS number
FROM moved m
ORDER BY m.bridge_id, m.happened, length(m.key), m.key;

-- Files go each for itself: one that waits or is refused keeps no other back, but for an older version of the same.
-- name: delivery_claim_files (run bigint, at timestamptz, target text, count bigint, becomes text)
WITH due AS (
    SELECT d.delivery_id, t.digest
    FROM bridge.delivery d
    JOIN bridge.attachment t ON t.bridge_id = d.bridge_id AND t.system = d.source_system AND t.key = d.key
    WHERE d.target = $3 AND d.stream BETWEEN 'attachment' AND 'attachment' AND d.state = 'planned' AND d.not_before <= $2
      AND NOT EXISTS (SELECT FROM bridge.delivery e
                      WHERE e.bridge_id = d.bridge_id AND e.target || '' = $3 AND e.stream || '' = 'attachment'
                        AND e.source_system = d.source_system AND e.key = d.key AND e.version < d.version
                        AND e.state IN ('planned', 'sending', 'in_doubt', 'held'))
      AND NOT EXISTS (SELECT FROM bridge.delivery n
                      WHERE n.bridge_id = d.bridge_id AND n.target || '' = $3 AND n.stream || '' = 'attachment'
                        AND n.source_system = d.source_system AND n.key = d.key AND n.version > d.version)
    ORDER BY d.stream, d.bridge_id
    LIMIT $4
    FOR UPDATE OF d SKIP LOCKED
), moved AS (
    UPDATE bridge.delivery d
    SET state = $5, attempts = d.attempts + 1, sent_digest = t.digest, last_run = $1
    FROM due t
    WHERE d.delivery_id = t.delivery_id
    RETURNING d.delivery_id, d.attempts, d.bridge_id, d.key
), intent AS (
    INSERT INTO bridge.attempt (delivery_id, attempt, run_id, started_at)
    SELECT m.delivery_id,
           1 + COALESCE((SELECT max(p.attempt) FROM bridge.attempt p WHERE p.delivery_id = m.delivery_id), 0), $1, $2
    FROM moved m
)
SELECT m.delivery_id, m.attempts, 'attachment' AS stream, m.key,
       (SELECT c.number FROM bridge.complaint c WHERE c.bridge_id = m.bridge_id) AS number
FROM moved m
ORDER BY m.bridge_id, length(m.key), m.key;

-- name: delivery_doubts (target text, after uuid, count bigint)
SELECT d.delivery_id, d.attempts, d.stream, c.number, d.key
FROM bridge.delivery d
JOIN bridge.complaint c USING (bridge_id)
WHERE d.target = $1 AND d.state = 'in_doubt' AND ($2 IS NULL OR d.delivery_id > $2)
ORDER BY d.delivery_id
LIMIT $3;

-- name: delivery_lock (ids uuid[])
SELECT d.delivery_id, d.state, d.stream, d.attempts, d.target
FROM bridge.delivery d
WHERE d.delivery_id = ANY ($1)
ORDER BY d.delivery_id
FOR UPDATE;

-- What a run that does not live any more had under its hand; that of a living one is left alone.
-- name: delivery_lock_sending ()
SELECT d.delivery_id, d.target
FROM bridge.delivery d
JOIN bridge.run r ON r.run_id = d.last_run AND r.state <> 'running'
WHERE d.state = 'sending'
ORDER BY d.delivery_id
LIMIT 500
FOR UPDATE OF d SKIP LOCKED;

-- substituted: '' says that none was, NULL that nothing is said of it.
-- Anew: tries count from nought again, as an operator has put it back.
-- name: delivery_move (run bigint, at timestamptz, ids uuid[], becomes text[], receipt text[], said text[], not_before timestamptz[], anew boolean, substituted text[])
UPDATE bridge.delivery d
SET state = i.becomes, last_run = $1,
    substituted = CASE WHEN i.substituted IS NULL THEN d.substituted ELSE NULLIF(i.substituted, '') END,
    receipt = COALESCE(i.receipt, d.receipt),
    said = COALESCE(i.said, d.said),
    not_before = COALESCE(i.not_before, '-infinity'),
    attempts = CASE WHEN $8 THEN 0 ELSE d.attempts END,
    first_doubt = CASE WHEN i.becomes = 'in_doubt' THEN COALESCE(d.first_doubt, $2)
                       WHEN i.becomes = 'planned' THEN NULL
                       ELSE d.first_doubt END,
    settled_at = CASE WHEN i.becomes IN ('confirmed', 'refused', 'dead', 'void') THEN $2 END
FROM unnest($3, $4, $5, $6, $7, $9) AS i (delivery_id, becomes, receipt, said, not_before, substituted)
WHERE d.delivery_id = i.delivery_id;

-- A try that was begun by a claim is ended; a question that was asked is a try of its own.
-- name: delivery_attempts (run bigint, at timestamptz, ids uuid[], outcome text[], said text[], detail text[], receipt text[], sent bytea[], sealed boolean)
WITH item AS (
    SELECT * FROM unnest($3, $4, $5, $6, $7, $8) AS i (delivery_id, outcome, said, detail, receipt, sent)
    WHERE i.outcome IS NOT NULL
), ended AS (
    UPDATE bridge.attempt a
    SET ended_at = $2, outcome = i.outcome, said = i.said, detail = i.detail, receipt = i.receipt, sent = i.sent,
        sealed = $9 AND i.sent IS NOT NULL
    FROM item i
    WHERE a.delivery_id = i.delivery_id AND a.ended_at IS NULL AND i.outcome NOT IN ('found', 'absent')
    RETURNING a.delivery_id
)
INSERT INTO bridge.attempt (delivery_id, attempt, run_id, started_at, ended_at, outcome, said, detail, receipt, sent,
                            sealed)
SELECT i.delivery_id,
       1 + COALESCE((SELECT max(p.attempt) FROM bridge.attempt p WHERE p.delivery_id = i.delivery_id), 0),
       $1, $2, $2, i.outcome, i.said, i.detail, i.receipt, i.sent, $9 AND i.sent IS NOT NULL
FROM item i
WHERE i.delivery_id NOT IN (SELECT delivery_id FROM ended);

-- One entry for those that moved alike; which they were stands in movement.
-- name: delivery_books (run bigint, at timestamptz, ids uuid[], debit text[], credit text[], reason text[])
WITH moved AS (
    SELECT d.delivery_id::text AS key, d.target, d.stream, d.unit, i.debit, i.credit, COALESCE(i.reason, '') AS reason,
           sha256(convert_to(d.delivery_id::text, 'UTF8') || d.digest) AS digest
    FROM unnest($3, $4, $5, $6) AS i (delivery_id, debit, credit, reason)
    JOIN bridge.delivery d USING (delivery_id)
    WHERE i.debit <> i.credit
), entry AS (
    INSERT INTO bridge.ledger (run_id, hop, system, stream, unit, debit, credit, n, reason, evidence, at)
    SELECT $1, 'push', target, stream, unit, debit, credit, count(*), reason,
           sha256(string_agg(digest, '' ORDER BY digest)), $2
    FROM moved
    GROUP BY target, stream, unit, debit, credit, reason
    RETURNING entry, system, stream, unit, debit, credit, reason
)
INSERT INTO bridge.movement (entry, key, digest)
SELECT e.entry, m.key, m.digest
FROM moved m
JOIN entry e ON e.system = m.target AND e.stream = m.stream AND COALESCE(e.unit, '') = COALESCE(m.unit, '')
            AND e.debit = m.debit AND e.credit = m.credit AND e.reason = m.reason;

-- name: delivery_hold (run bigint, at timestamptz, ids uuid[], kind text[], reason text[], call text[])
INSERT INTO bridge.held (system, stream, call, key, kind, reason, delivery_id, first_run, last_run, held_at)
SELECT d.target, d.stream, i.call, c.number || CASE WHEN d.key = '' THEN '' ELSE '#' || d.key END, i.kind, i.reason,
       d.delivery_id, $1, $1, $2
FROM unnest($3, $4, $5, $6) AS i (delivery_id, kind, reason, call)
JOIN bridge.delivery d USING (delivery_id)
JOIN bridge.complaint c USING (bridge_id)
WHERE i.kind IS NOT NULL
ON CONFLICT (delivery_id) WHERE state = 'open' AND delivery_id IS NOT NULL
DO UPDATE SET times = held.times + 1, last_run = EXCLUDED.last_run, kind = EXCLUDED.kind, reason = EXCLUDED.reason;

-- name: delivery_unhold (run bigint, at timestamptz, ids uuid[], becomes text, who text, why text)
UPDATE bridge.held
SET state = $4, last_run = $1, ended_at = $2, ended_by = $5, ended_why = $6
WHERE delivery_id = ANY ($3) AND state = 'open' AND delivery_id IS NOT NULL;

-- A registered complaint: the receipt is its number in the police system. A number that stands for another complaint
-- already is not taken over: that is a conflict for a person.
-- name: delivery_link (run bigint, at timestamptz, ids uuid[], number text[], number_norm text[], call text)
WITH item AS (
    SELECT d.delivery_id, d.target, d.bridge_id, i.number, i.number_norm
    FROM unnest($3, $4, $5) AS i (delivery_id, number, number_norm)
    JOIN bridge.delivery d USING (delivery_id)
    WHERE i.number IS NOT NULL AND d.stream = 'complaint'
), known AS (
    SELECT i.delivery_id, l.bridge_id
    FROM item i
    JOIN bridge.link l ON l.system = i.target AND l.number = i.number
), fresh AS (
    INSERT INTO bridge.link (system, number, number_norm, bridge_id, run_id, at)
    SELECT DISTINCT ON (target, number) target, number, number_norm, bridge_id, $1, $2
    FROM item
    WHERE delivery_id NOT IN (SELECT delivery_id FROM known)
    ORDER BY target, number, bridge_id
    ON CONFLICT DO NOTHING
    RETURNING system, number, bridge_id
), good AS (
    SELECT i.*
    FROM item i
    WHERE EXISTS (SELECT FROM fresh f WHERE f.system = i.target AND f.number = i.number AND f.bridge_id = i.bridge_id)
       OR EXISTS (SELECT FROM known k WHERE k.delivery_id = i.delivery_id AND k.bridge_id = i.bridge_id)
), clash AS (
    INSERT INTO bridge.held (system, stream, call, key, kind, reason, field, detail, sha256, first_run, last_run, held_at)
    SELECT i.target, 'complaint', $6, c.number, 'conflict', 'link.taken', 'number',
           'its number there is that of another complaint; delivery ' || i.delivery_id,
           sha256(convert_to(i.delivery_id::text, 'UTF8')), $1, $1, $2
    FROM item i
    JOIN bridge.complaint c USING (bridge_id)
    WHERE i.delivery_id NOT IN (SELECT delivery_id FROM good)
    ON CONFLICT DO NOTHING
), was AS (
    INSERT INTO bridge.complaint_version (bridge_id, version, was, system, run_id, at)
    SELECT c.bridge_id, c.version, to_jsonb(c), g.target, $1, $2
    FROM good g
    JOIN bridge.complaint c USING (bridge_id)
    WHERE c.police_system IS DISTINCT FROM g.target OR c.police_number IS DISTINCT FROM g.number
    RETURNING bridge_id
)
UPDATE bridge.complaint c
SET police_system = g.target, police_number = g.number, version = c.version + 1, last_run = $1, changed_at = $2
FROM good g
WHERE g.bridge_id = c.bridge_id AND c.bridge_id IN (SELECT bridge_id FROM was);
