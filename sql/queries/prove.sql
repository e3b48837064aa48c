-- Confirmed deliveries that are asked for again, and the duplicate that is sent on purpose.

-- Confirmed by an earlier run, oldest first, after the one that was asked last. Not what a newer version went after: a peer
-- that keeps the newest alone has lost nothing. Nor what a peer lets go: over, and changed before kept_from (NULL: it keeps all).
-- name: prove_due (target text, run bigint, at timestamptz, after uuid, count bigint, kept_from timestamptz)
SELECT d.delivery_id, d.attempts, d.stream, c.number, d.key,
       to_char(d.settled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS settled_at
FROM bridge.delivery d
JOIN bridge.complaint c USING (bridge_id)
WHERE d.target = $1 AND d.state = 'confirmed' AND d.proved_at IS NULL AND d.last_run < $2
  AND ($3 IS NULL OR (d.settled_at, d.delivery_id) > ($3, $4))
  AND NOT EXISTS (SELECT FROM bridge.delivery n
                  WHERE n.target = d.target AND n.stream = d.stream AND n.bridge_id = d.bridge_id
                    AND n.source_system = d.source_system AND n.key = d.key AND n.version > d.version
                    AND n.state IN ('sending', 'in_doubt', 'held', 'confirmed'))
  AND NOT EXISTS (SELECT FROM bridge.source_record s
                  WHERE s.bridge_id = d.bridge_id AND s.system = d.target AND s.changed_at < $6 AND NOT bridge.is_open(c.status))
ORDER BY d.settled_at, d.delivery_id
LIMIT $5;

-- How many are left for a later night.
-- name: prove_left (target text, run bigint, kept_from timestamptz)
SELECT count(*) AS n
FROM bridge.delivery d
JOIN bridge.complaint c USING (bridge_id)
WHERE d.target = $1 AND d.state = 'confirmed' AND d.proved_at IS NULL AND d.last_run < $2
  AND NOT EXISTS (SELECT FROM bridge.delivery n
                  WHERE n.target = d.target AND n.stream = d.stream AND n.bridge_id = d.bridge_id
                    AND n.source_system = d.source_system AND n.key = d.key AND n.version > d.version
                    AND n.state IN ('sending', 'in_doubt', 'held', 'confirmed'))
  AND NOT EXISTS (SELECT FROM bridge.source_record s
                  WHERE s.bridge_id = d.bridge_id AND s.system = d.target AND s.changed_at < $3 AND NOT bridge.is_open(c.status));

-- Another run may have asked for the same: only what is still to be proved, locked.
-- name: prove_still (ids uuid[])
SELECT d.delivery_id
FROM bridge.delivery d
WHERE d.delivery_id = ANY ($1) AND d.state = 'confirmed' AND d.proved_at IS NULL
ORDER BY d.delivery_id
FOR UPDATE;

-- name: prove_mark (at timestamptz, ids uuid[])
UPDATE bridge.delivery
SET proved_at = $1
WHERE delivery_id = ANY ($2);

-- One row a complaint: the sides that said otherwise than staging. what: "delivery" (not there), "twice at peer".
-- name: prove_differ (run bigint, what text, ids uuid[], says text[])
INSERT INTO bridge.difference (run_id, system, number, police_number, what, portal_says, police_says, staging_says, reason,
                               since)
SELECT $1, c.source_system, c.number, max(c.police_number), $2,
       max(i.says) FILTER (WHERE d.target = c.source_system), max(i.says) FILTER (WHERE d.target <> c.source_system),
       'confirmed', 'unexplained', min(d.settled_at)
FROM unnest($3, $4) AS i (delivery_id, says)
JOIN bridge.delivery d USING (delivery_id)
JOIN bridge.complaint c USING (bridge_id)
GROUP BY c.source_system, c.number
ON CONFLICT (run_id, system, number, what)
DO UPDATE SET portal_says = COALESCE(EXCLUDED.portal_says, difference.portal_says),
              police_says = COALESCE(EXCLUDED.police_says, difference.police_says);

-- The delivery itself stays where it is: what a person has to look at is the peer.
-- name: prove_conflict (run bigint, at timestamptz, ids uuid[], call text[], reason text, detail text[])
INSERT INTO bridge.held (system, stream, call, key, kind, reason, detail, sha256, first_run, last_run, held_at)
SELECT d.target, d.stream, i.call, c.number || CASE WHEN d.key = '' THEN '' ELSE '#' || d.key END, 'conflict', $5,
       i.detail || '; delivery ' || d.delivery_id, sha256(convert_to(d.delivery_id::text, 'UTF8')), $1, $1, $2
FROM unnest($3, $4, $6) AS i (delivery_id, call, detail)
JOIN bridge.delivery d USING (delivery_id)
JOIN bridge.complaint c USING (bridge_id)
ON CONFLICT (system, stream, reason, sha256) WHERE state = 'open' AND delivery_id IS NULL
DO UPDATE SET times = held.times + 1, last_run = EXCLUDED.last_run, detail = EXCLUDED.detail;

-- What is sent once more: of the streams in their order, the delivery that was proved last, which was accepted with a
-- receipt and not only by a person's word, of which no newer version went, and, of a file, that is not large. With what
-- went out, as it went. Nothing, while what an earlier one found waits for a person: one duplicate is enough; and never
-- what was found more than once before, or of a complaint that is no longer in the peer's list. Once a night, however often a sync runs.
-- name: canary_choose (target text, streams text[], largest bigint, at timestamptz)
WITH found_out AS MATERIALIZED (
    SELECT h.stream, h.sha256
    FROM bridge.held h
    WHERE h.system = $1 AND h.kind = 'conflict' AND h.reason IN ('canary.taken', 'canary.unknown', 'proof.twice')
)
SELECT p.*
FROM unnest($2) WITH ORDINALITY AS s (stream, place)
CROSS JOIN LATERAL (
    SELECT d.delivery_id, d.stream, c.number, d.key, d.receipt, a.sent, a.sealed
    FROM bridge.delivery d
    JOIN bridge.complaint c USING (bridge_id)
    JOIN LATERAL (SELECT t.outcome, t.sent, t.sealed
                  FROM bridge.attempt t
                  WHERE t.delivery_id = d.delivery_id
                  ORDER BY t.attempt DESC
                  LIMIT 1) a ON a.outcome = 'ok' AND a.sent IS NOT NULL
    LEFT JOIN bridge.attachment f ON d.stream = 'attachment' AND f.bridge_id = d.bridge_id AND f.system = d.source_system
                                 AND f.key = d.key
    WHERE d.target = $1 AND d.stream = s.stream AND d.state = 'confirmed' AND d.proved_at > '-infinity' AND d.class = 'A'
      AND d.receipt <> '' AND (d.stream <> 'attachment' OR f.content_size <= $3)
      AND NOT EXISTS (SELECT FROM bridge.delivery n
                      WHERE n.target = d.target AND n.stream = d.stream AND n.bridge_id = d.bridge_id
                        AND n.source_system = d.source_system AND n.key = d.key AND n.version > d.version)
      AND NOT EXISTS (SELECT FROM bridge.source_record s
                      WHERE s.bridge_id = d.bridge_id AND s.system = d.target AND (s.vanished_at IS NOT NULL OR s.released_at IS NOT NULL))
      AND NOT EXISTS (SELECT FROM found_out f
                      WHERE f.stream = d.stream AND f.sha256 = sha256(convert_to(d.delivery_id::text, 'UTF8')))
    ORDER BY d.proved_at DESC, d.delivery_id DESC
    LIMIT 1) p
WHERE NOT EXISTS (SELECT FROM bridge.held h
                  WHERE h.system = $1 AND h.state = 'open' AND h.reason IN ('canary.taken', 'canary.unknown'))
  AND NOT EXISTS (SELECT FROM bridge.canary y
                  WHERE y.system = $1 AND y.outcome <> 'sent' AND y.at > $4 - interval '20 hours' AND y.at <= $4)
ORDER BY s.place
LIMIT 1;

-- Sent, and nothing is known of it: the answer was lost, or the run was ended before it could be written down.
-- name: canary_unanswered (target text)
SELECT y.run_id, d.delivery_id, d.stream, c.number, d.receipt
FROM bridge.canary y
JOIN bridge.delivery d USING (delivery_id)
JOIN bridge.complaint c USING (bridge_id)
WHERE y.system = $1 AND y.outcome = 'sent'
ORDER BY y.run_id
LIMIT 1;

-- Before the first byte goes out.
-- name: canary_begin (run bigint, system text, delivery uuid, at timestamptz)
INSERT INTO bridge.canary (run_id, system, delivery_id, outcome, at)
VALUES ($1, $2, $3, 'sent', $4)
ON CONFLICT (run_id, system)
DO UPDATE SET delivery_id = EXCLUDED.delivery_id, outcome = EXCLUDED.outcome, said = '', at = EXCLUDED.at;

-- name: canary_end (run bigint, system text, outcome text, said text)
UPDATE bridge.canary
SET outcome = $3, said = $4
WHERE run_id = $1 AND system = $2 AND outcome = 'sent';
