-- What policy takes away (sql/0008_policy.sql): the functions do the work, a batch at a time; what is due is counted here.

-- name: policy_purge_bodies (run bigint, before timestamptz, at timestamptz, why text, most int)
SELECT p.kind, p.n FROM bridge.purge_bodies($1, $2, $3, $4, $5) p;

-- name: policy_purge_movements (run bigint, before timestamptz, at timestamptz, why text, most int)
SELECT p.kind, p.n FROM bridge.purge_movements($1, $2, $3, $4, $5) p;

-- name: policy_erase (run bigint, id bigint, at timestamptz, officer text, why text)
SELECT p.kind, p.n FROM bridge.erase_person($1, $2, $3, $4, $5) p;

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
