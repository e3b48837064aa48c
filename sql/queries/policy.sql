-- What policy takes away (sql/0008_policy.sql): the functions do the work, a batch at a time; what is due is counted here.

-- name: policy_purge_bodies (run bigint, before timestamptz, at timestamptz, why text, most int)
SELECT p.kind, p.n FROM bridge.purge_bodies($1, $2, $3, $4, $5) p;

-- name: policy_purge_movements (run bigint, before timestamptz, at timestamptz, why text, most int)
SELECT p.kind, p.n FROM bridge.purge_movements($1, $2, $3, $4, $5) p;

-- name: policy_erase (run bigint, id bigint, at timestamptz, officer text, why text)
SELECT p.kind, p.n FROM bridge.erase_person($1, $2, $3, $4, $5) p;

-- Held bytes that bear no number of their own (pages, records without one, those of a second record of the same matter) and
-- have one of the complaint's in them, as a word of its own: not a short one, which would be in any. A page waits on, without its
-- bytes: it comes again as it is.
-- name: policy_erase_unread (run bigint, id bigint, at timestamptz)
WITH number AS (
    SELECT l.system, '(^|[^0-9A-Za-z])' || regexp_replace(l.number, '([^0-9A-Za-z])', '\\\1', 'g') || '($|[^0-9A-Za-z])' AS form
    FROM bridge.link l
    WHERE l.bridge_id = $2 AND length(l.number) >= 5
), unread AS (
    SELECT h.held_id, COALESCE(h.sha256, sha256(COALESCE(h.body, h.remote))) AS digest,
           regexp_replace(encode(COALESCE(h.body, '') || '\x0a'::bytea || COALESCE(h.remote, ''), 'escape'), '\\\\|\\[0-7]{3}', ' ',
                          'g') AS words
    FROM bridge.held h
    WHERE (h.body IS NOT NULL OR h.remote IS NOT NULL) AND h.delivery_id IS NULL
      AND (h.key IS NULL OR h.kind = 'page' OR h.reason = 'link.taken')
      AND h.system IN (SELECT l.system FROM bridge.link l WHERE l.bridge_id = $2)
), gone AS (
    UPDATE bridge.held h
    SET body = NULL, remote = NULL,
        state = CASE WHEN h.state = 'open' AND h.kind <> 'page' THEN 'dropped' ELSE h.state END,
        ended_at = CASE WHEN h.state = 'open' AND h.kind <> 'page' THEN $3 ELSE h.ended_at END,
        ended_by = CASE WHEN h.state = 'open' AND h.kind <> 'page' THEN 'bridge' ELSE h.ended_by END,
        ended_why = CASE WHEN h.state = 'open' AND h.kind <> 'page' THEN 'erased on order' ELSE h.ended_why END
    FROM unread u
    WHERE h.held_id = u.held_id AND EXISTS (SELECT FROM number n WHERE u.words ~ n.form)
    RETURNING h.system, h.stream, 'held ' || h.held_id AS key, u.digest
), entry AS (
    INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, reason, evidence, at)
    SELECT $1, 'policy', g.system, g.stream, 'kept', 'erased', count(*), 'held: on order',
           sha256(string_agg(g.digest, '' ORDER BY g.digest)), $3
    FROM gone g
    GROUP BY g.system, g.stream
    ORDER BY g.system, g.stream
    RETURNING entry, system, stream
), movement AS (
    INSERT INTO bridge.movement (entry, key, digest)
    SELECT e.entry, g.key, g.digest
    FROM gone g
    JOIN entry e ON e.system = g.system AND e.stream = g.stream
)
SELECT 'held' AS kind, count(*) AS n FROM gone;

-- Of the same those that no search can read, encrypted or no plain text, or of a number too short to be looked for, by
-- system; none from before the matter came up.
-- name: policy_unsearched (id bigint)
SELECT h.system, count(*) AS n
FROM bridge.held h
JOIN bridge.complaint c ON c.bridge_id = $1
WHERE h.body IS NOT NULL AND h.delivery_id IS NULL AND (h.key IS NULL OR h.kind = 'page' OR h.reason = 'link.taken')
  AND EXISTS (SELECT
              FROM bridge.link l
              WHERE l.bridge_id = $1 AND l.system = h.system
                AND (h.sealed OR position('\x00'::bytea IN h.body) > 0 OR length(l.number) < 5))
  AND h.held_at >= LEAST(c.received_at, c.marked_at, c.registered_at, c.staged_at)
GROUP BY h.system
ORDER BY h.system;

-- As the functions choose them; NULL = never.
-- name: policy_due (bodies timestamptz, movements timestamptz)
SELECT 'arrival' AS kind, count(*) AS n
FROM bridge.arrival a
WHERE a.arrived_at < $1 AND a.body IS NOT NULL
UNION ALL
SELECT 'held', count(*)
FROM bridge.held h
WHERE h.state <> 'open' AND h.ended_at < $1 AND (h.body IS NOT NULL OR h.remote IS NOT NULL)
UNION ALL
SELECT 'attempt', count(*)
FROM bridge.attempt p
JOIN bridge.delivery d USING (delivery_id)
WHERE p.ended_at < $1 AND (p.sent IS NOT NULL OR p.detail IS NOT NULL) AND d.state IN ('confirmed', 'superseded', 'void')
UNION ALL
SELECT 'movement', count(*)
FROM bridge.movement m
WHERE $2 IS NOT NULL
  AND m.entry < (SELECT min(l.entry)
                 FROM bridge.ledger l
                 JOIN bridge.run r USING (run_id)
                 WHERE r.started_at >= $2 OR r.state = 'running' OR r.run_id = (SELECT max(y.run_id) FROM bridge.ledger y));

-- A number may be that of several complaints, each of another system.
-- name: policy_find (norm text, system text)
SELECT DISTINCT l.bridge_id, c.source_system, c.number
FROM bridge.link l
JOIN bridge.complaint c USING (bridge_id)
WHERE l.number_norm = $1 AND ($2 IS NULL OR l.system = $2)
ORDER BY c.source_system, c.number;

-- Those of whom something may have come since.
-- name: policy_erased ()
SELECT DISTINCT e.bridge_id FROM bridge.erasure e ORDER BY e.bridge_id;

-- Files that hold what one complaint alone has; also those that came again after they were taken out.
-- name: policy_contents (id bigint)
SELECT f.content
FROM (
    SELECT t.content FROM bridge.attachment t WHERE t.bridge_id = $1 AND t.content IS NOT NULL
    UNION
    SELECT e.content FROM bridge.erased_content e WHERE e.bridge_id = $1
) f
WHERE NOT EXISTS (SELECT FROM bridge.attachment o WHERE o.content = f.content AND o.bridge_id <> $1);
