-- A page on its way into staging: the temporary tables that it is copied into, what is held, what came, books and cursor.
-- The merge itself stands in merge.sql; staging_merge.c keeps the order of both.
--
-- Columns of a COPY come in the order of mappings/canonical.fields, then those of staging_batch.c; the ones after
-- "sorted:" are filled by the merge.

-- name: stage_temp_complaint ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_complaint (
    number text, origin text, origin_number text, police_number text, ref_type text, category text, priority bigint,
    subject text, body text, complainant text, relative_name text, gender text, age bigint, mobile text, email text,
    address text, pincode text, unit text, station text, received_at timestamptz, registered_at timestamptz,
    marked_at timestamptz, due_at timestamptz, disposed_at timestamptz, changed_at timestamptz, status text,
    officer_name text, officer_rank text, officer_mobile text, disposal text, ordinal int, number_norm text,
    origin_norm text, digest bytea, sha256 bytea, raw bytea, as_received text,
    -- sorted:
    class text, bridge_id bigint, how text, made boolean NOT NULL DEFAULT false, old boolean NOT NULL DEFAULT false,
    others jsonb
) ON COMMIT DELETE ROWS;

-- name: stage_copy_complaint ()
COPY pg_temp.batch_complaint (
    number, origin, origin_number, police_number, ref_type, category, priority, subject, body, complainant,
    relative_name, gender, age, mobile, email, address, pincode, unit, station, received_at, registered_at,
    marked_at, due_at, disposed_at, changed_at, status, officer_name, officer_rank, officer_mobile, disposal,
    ordinal, number_norm, origin_norm, digest, sha256, raw, as_received
) FROM STDIN (FORMAT binary);

-- name: stage_temp_action ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_action (
    key text, number text, police_number text, at timestamptz, changed_at timestamptz, action text, text text,
    officer_name text, officer_rank text, officer_mobile text, office text, disposal text, ordinal int, parent text,
    parent_ordinal int, digest bytea, sha256 bytea, raw bytea, as_received text, remote bytea,
    -- sorted:
    class text, bridge_id bigint, unit text
) ON COMMIT DELETE ROWS;

-- name: stage_copy_action ()
COPY pg_temp.batch_action (
    key, number, police_number, at, changed_at, action, text, officer_name, officer_rank, officer_mobile, office,
    disposal, ordinal, parent, parent_ordinal, digest, sha256, raw, as_received, remote
) FROM STDIN (FORMAT binary);

-- name: stage_temp_attachment ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_attachment (
    key text, number text, name text, type text, size bigint, changed_at timestamptz, ordinal int, parent text,
    parent_ordinal int, digest bytea, sha256 bytea, raw bytea, as_received text, remote bytea,
    -- sorted:
    class text, bridge_id bigint, unit text
) ON COMMIT DELETE ROWS;

-- name: stage_copy_attachment ()
COPY pg_temp.batch_attachment (
    key, number, name, type, size, changed_at, ordinal, parent, parent_ordinal, digest, sha256, raw, as_received,
    remote
) FROM STDIN (FORMAT binary);

-- name: stage_temp_feedback ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_feedback (
    key text, number text, police_number text, at timestamptz, changed_at timestamptz, satisfied text, rating bigint,
    level text, mode text, text text, ordinal int, parent text, parent_ordinal int, digest bytea, sha256 bytea,
    raw bytea, as_received text, remote bytea,
    -- sorted:
    class text, bridge_id bigint, unit text
) ON COMMIT DELETE ROWS;

-- name: stage_copy_feedback ()
COPY pg_temp.batch_feedback (
    key, number, police_number, at, changed_at, satisfied, rating, level, mode, text, ordinal, parent,
    parent_ordinal, digest, sha256, raw, as_received, remote
) FROM STDIN (FORMAT binary);

-- name: stage_temp_held ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_held (
    stream text, call text, key text, parent text, kind text, reason text, field text, place text, detail text, body bytea,
    remote bytea, sha256 bytea
) ON COMMIT DELETE ROWS;

-- name: stage_copy_held ()
COPY pg_temp.batch_held (
    stream, call, key, parent, kind, reason, field, place, detail, body, remote, sha256
) FROM STDIN (FORMAT binary);

-- How each record of the page moved, to be booked.
-- name: stage_temp_move ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_move (
    stream text, unit text, credit text, reason text, key text, digest bytea
) ON COMMIT DELETE ROWS;

-- Pages are merged one at a time, so that two systems that bring the same matter at once make one complaint.
-- name: stage_lock ()
SELECT pg_advisory_xact_lock(hashtextextended('cctns-bridge staging merge', 0));

-- ---------------------------------------------------------------- what waits, and what came

-- name: stage_hold_children (stream text, call text)
INSERT INTO pg_temp.batch_held (stream, call, key, parent, kind, reason, field, place, detail, body, remote, sha256)
SELECT $1, $2, b.parent || '#' || b.key, b.parent, 'set_aside', 'parent.unknown', 'number', 'record ' || b.ordinal,
       'no complaint of this number is known yet; taken in by itself once it is', b.raw, b.remote, b.sha256
FROM (
    SELECT ordinal, parent, key, class, raw, remote, sha256 FROM pg_temp.batch_action WHERE $1 = 'action'
    UNION ALL
    SELECT ordinal, parent, key, class, raw, remote, sha256 FROM pg_temp.batch_attachment WHERE $1 = 'attachment'
    UNION ALL
    SELECT ordinal, parent, key, class, raw, remote, sha256 FROM pg_temp.batch_feedback WHERE $1 = 'feedback'
) b
WHERE b.class = 'set_aside';

-- name: stage_hold_conflicts (call text)
INSERT INTO pg_temp.batch_held (stream, call, key, kind, reason, field, place, detail, body, sha256)
SELECT 'complaint', $1, b.number, 'conflict', 'link.taken', 'origin_number', 'record ' || b.ordinal,
       'its complaint is that of another record of this system already', b.raw, b.sha256
FROM pg_temp.batch_complaint b
WHERE b.class = 'conflict';

-- What the record says of fields that another system owns: of those marked police only the ones that a portal has no
-- business with, for its status and times follow from what it is told.
-- name: stage_others (system text, role text)
UPDATE pg_temp.batch_complaint b
SET others = q.others
FROM (
    SELECT n.ordinal, jsonb_object_agg(f.field, encode(sha256(convert_to(f.value, 'UTF8')), 'hex')) AS others
    FROM pg_temp.batch_complaint n
    CROSS JOIN LATERAL (
        SELECT c.source_system, c.number, c.police_system FROM bridge.complaint c WHERE c.bridge_id = n.bridge_id OFFSET 0
    ) c
    CROSS JOIN LATERAL (VALUES
        ('ref_type', false, n.ref_type), ('category', false, n.category), ('priority', false, n.priority::text),
        ('subject', false, n.subject), ('body', false, n.body), ('complainant', false, n.complainant),
        ('relative_name', false, n.relative_name), ('gender', false, n.gender), ('age', false, n.age::text),
        ('mobile', false, n.mobile), ('email', false, n.email), ('address', false, n.address),
        ('pincode', false, n.pincode), ('unit', false, n.unit),
        ('received_at', false, extract(epoch FROM n.received_at)::text),
        ('marked_at', false, extract(epoch FROM n.marked_at)::text),
        ('due_at', false, extract(epoch FROM n.due_at)::text),
        ('station', true, n.station), ('officer_name', true, n.officer_name), ('officer_rank', true, n.officer_rank),
        ('officer_mobile', true, n.officer_mobile), ('disposal', true, n.disposal)
    ) f (field, of_police, value)
    WHERE n.class IN ('new', 'changed') AND NOT n.made
      AND CASE WHEN f.of_police THEN $2 = 'portal' AND c.police_system <> $1
               ELSE (c.source_system, c.number) <> ($1, n.number) END
    GROUP BY n.ordinal
) q
WHERE b.ordinal = q.ordinal;

-- A field that another system owns, and that this one has changed: it is not taken over, and a person sees both values.
-- What counts is that the system changed its own words: a copy that it once took, cut to its columns, is no change.
-- name: stage_hold_others (system text, call text)
INSERT INTO pg_temp.batch_held (stream, call, key, kind, reason, field, place, detail, body, sha256)
SELECT 'complaint', $2, q.number, 'conflict', 'owner.other', q.fields, 'record ' || q.ordinal,
       'changed by a system that does not own it and not taken over: "held show" has both values',
       convert_to(q.both::text, 'UTF8'), sha256(convert_to(q.number || ' ' || q.both::text, 'UTF8'))
FROM (
    SELECT b.number, b.ordinal, string_agg(d.key, ' ' ORDER BY d.key) AS fields,
           jsonb_object_agg(d.key, jsonb_build_object('owner', v.owner ->> d.key, $1, v.here ->> d.key)) AS both
    FROM pg_temp.batch_complaint b
    CROSS JOIN LATERAL (
        SELECT r.others FROM bridge.source_record r WHERE r.system = $1 AND r.number = b.number OFFSET 0
    ) s
    CROSS JOIN LATERAL jsonb_each_text(b.others) d
    CROSS JOIN LATERAL (
        SELECT to_jsonb(c) AS owner, to_jsonb(b) AS here FROM bridge.complaint c WHERE c.bridge_id = b.bridge_id OFFSET 0
    ) v
    WHERE b.class = 'changed' AND s.others IS NOT NULL AND d.value IS DISTINCT FROM s.others ->> d.key
      AND v.here ->> d.key IS DISTINCT FROM v.owner ->> d.key
    GROUP BY b.number, b.ordinal
) q;

-- Ends when both say the same again, or when the system has changed it once more.
-- name: stage_settle_others (run bigint, at timestamptz, system text)
UPDATE bridge.held h
SET state = 'settled', last_run = $1, ended_at = $2, ended_by = 'bridge', ended_why = 'a later version was staged'
FROM pg_temp.batch_complaint b
WHERE b.class = 'changed' AND h.system = $3 AND h.stream = 'complaint' AND h.key = b.number AND h.state = 'open'
  AND h.reason = 'owner.other'
  AND (EXISTS (SELECT FROM pg_temp.batch_held n
               WHERE n.key = h.key AND n.reason = h.reason AND n.field = h.field AND n.sha256 <> h.sha256)
       OR NOT EXISTS (SELECT
                      FROM bridge.complaint c, unnest(string_to_array(h.field, ' ')) f
                      WHERE c.bridge_id = b.bridge_id AND to_jsonb(c) ->> f IS DISTINCT FROM to_jsonb(b) ->> f));

-- The same thing again adds to its count. What a person dropped is not held anew while it comes the same.
-- name: stage_held (run bigint, at timestamptz, system text)
INSERT INTO bridge.held (system, stream, call, key, parent, kind, reason, field, place, detail, body, remote, sha256,
                         times, first_run, last_run, held_at)
SELECT $3, h.stream, min(h.call), min(h.key), min(h.parent), min(h.kind), h.reason, min(h.field), min(h.place), min(h.detail),
       (array_agg(h.body))[1], (array_agg(h.remote))[1], h.sha256, count(*), $1, $1, $2
FROM pg_temp.batch_held h
WHERE NOT EXISTS (SELECT FROM bridge.held d
                  WHERE d.system = $3 AND d.stream = h.stream AND d.reason = h.reason AND d.sha256 = h.sha256
                    AND d.state = 'dropped')
GROUP BY h.stream, h.reason, h.sha256
ON CONFLICT (system, stream, reason, sha256) WHERE state = 'open' AND delivery_id IS NULL
DO UPDATE SET times = held.times + EXCLUDED.times, last_run = EXCLUDED.last_run;

-- A record that was held and has come right at its source waits for nobody.
-- name: stage_unhold (run bigint, at timestamptz, system text, stream text)
UPDATE bridge.held h
SET state = 'settled', last_run = $1, ended_at = $2, ended_by = 'bridge', ended_why = 'a later version was staged'
FROM (
    SELECT b.number AS key FROM pg_temp.batch_complaint b
    WHERE $4 = 'complaint' AND b.class IN ('new', 'changed', 'unchanged')
    UNION
    SELECT b.parent || '#' || b.key FROM pg_temp.batch_action b
    WHERE $4 = 'action' AND b.class IN ('new', 'changed', 'unchanged')
    UNION
    SELECT b.parent || '#' || b.key FROM pg_temp.batch_attachment b
    WHERE $4 = 'attachment' AND b.class IN ('new', 'changed', 'unchanged')
    UNION
    SELECT b.parent || '#' || b.key FROM pg_temp.batch_feedback b
    WHERE $4 = 'feedback' AND b.class IN ('new', 'changed', 'unchanged')
) k
WHERE h.system = $3 AND h.stream = $4 AND h.key = k.key AND h.state = 'open' AND h.kind IN ('set_aside', 'conflict')
  AND h.reason <> 'owner.other' AND h.delivery_id IS NULL;

-- Byte for byte, of each record that brought something new, in itself or in what is nested in it.
-- name: stage_arrival (run bigint, at timestamptz, system text)
INSERT INTO bridge.arrival (arrived_at, run_id, system, stream, key, sha256, body)
SELECT $2, $1, $3, a.stream, a.key, a.sha256, a.raw
FROM (
    SELECT 'complaint' AS stream, b.number AS key, b.sha256, b.raw
    FROM pg_temp.batch_complaint b
    WHERE b.class IN ('new', 'changed')
       OR b.class = 'unchanged' AND b.ordinal IN (
              SELECT n.parent_ordinal FROM pg_temp.batch_action n WHERE n.class IN ('new', 'changed')
              UNION ALL
              SELECT n.parent_ordinal FROM pg_temp.batch_attachment n WHERE n.class IN ('new', 'changed')
              UNION ALL
              SELECT n.parent_ordinal FROM pg_temp.batch_feedback n WHERE n.class IN ('new', 'changed'))
    UNION ALL
    SELECT 'action', b.parent || '#' || b.key, b.sha256, b.raw
    FROM pg_temp.batch_action b
    WHERE b.class IN ('new', 'changed') AND b.parent_ordinal IS NULL
    UNION ALL
    SELECT 'attachment', b.parent || '#' || b.key, b.sha256, b.raw
    FROM pg_temp.batch_attachment b
    WHERE b.class IN ('new', 'changed') AND b.parent_ordinal IS NULL
    UNION ALL
    SELECT 'feedback', b.parent || '#' || b.key, b.sha256, b.raw
    FROM pg_temp.batch_feedback b
    WHERE b.class IN ('new', 'changed') AND b.parent_ordinal IS NULL
) a
ORDER BY a.stream, a.key;

-- ---------------------------------------------------------------- books and cursor

-- Of the held rows only those that were never sorted: the others are counted where they were sorted.
-- name: stage_moves ()
INSERT INTO pg_temp.batch_move (stream, unit, credit, reason, key, digest)
SELECT m.stream, m.unit, CASE WHEN m.class IN ('new', 'changed') THEN 'staged' ELSE m.class END,
       CASE m.class WHEN 'new' THEN 'new' WHEN 'changed' THEN 'changed' WHEN 'set_aside' THEN 'parent.unknown'
                    WHEN 'conflict' THEN 'link.taken' ELSE '' END,
       m.key, m.digest
FROM (
    SELECT 'complaint' AS stream, b.unit, b.class, b.number AS key, b.digest FROM pg_temp.batch_complaint b
    UNION ALL
    SELECT 'action', b.unit, b.class, b.parent || '#' || b.key, b.digest FROM pg_temp.batch_action b
    UNION ALL
    SELECT 'attachment', b.unit, b.class, b.parent || '#' || b.key, b.digest FROM pg_temp.batch_attachment b
    UNION ALL
    SELECT 'feedback', b.unit, b.class, b.parent || '#' || b.key, b.digest FROM pg_temp.batch_feedback b
) m
UNION ALL
SELECT h.stream, NULL, 'set_aside', h.reason, COALESCE(h.key, ''), h.sha256
FROM pg_temp.batch_held h
WHERE h.kind = 'set_aside' AND h.reason <> 'parent.unknown';

-- name: stage_measure_move ()
ANALYZE pg_temp.batch_move (stream, unit, credit, reason);

-- One entry for those that moved alike; which they were stands in movement.
-- name: stage_books (run bigint, at timestamptz, system text)
WITH entry AS (
    INSERT INTO bridge.ledger (run_id, hop, system, stream, unit, debit, credit, n, reason, evidence, at)
    SELECT $1, 'pull', $3, m.stream, m.unit, 'source', m.credit, count(*), m.reason,
           sha256(string_agg(m.digest, '' ORDER BY m.digest)), $2
    FROM pg_temp.batch_move m
    GROUP BY m.stream, m.unit, m.credit, m.reason
    ORDER BY m.stream, m.credit, m.reason, m.unit
    RETURNING entry, stream, unit, credit, reason
)
INSERT INTO bridge.movement (entry, key, digest)
SELECT e.entry, m.key, m.digest
FROM pg_temp.batch_move m
JOIN entry e ON e.stream = m.stream AND COALESCE(e.unit, '') = COALESCE(m.unit, '') AND e.credit = m.credit
            AND e.reason = m.reason;

-- name: stage_tally (stream text)
SELECT m.credit, count(*) AS n
FROM pg_temp.batch_move m
WHERE m.stream = $1
GROUP BY m.credit;

-- Forward only: a page read again within the look-back window leaves it where it is.
-- name: stage_cursor_set (run bigint, system text, call text, at timestamptz, key text)
INSERT INTO bridge.cursor AS c (system, call, at, key, run_id)
VALUES ($2, $3, $4, $5, $1)
ON CONFLICT (system, call) DO UPDATE
SET at = EXCLUDED.at, key = EXCLUDED.key, run_id = EXCLUDED.run_id
WHERE (EXCLUDED.at, EXCLUDED.key COLLATE "C") > (c.at, c.key COLLATE "C");

-- name: stage_cursor_get (system text, call text)
SELECT to_char(c.at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, c.key
FROM bridge.cursor c
WHERE c.system = $1 AND c.call = $2;

-- name: stage_hold_page (run bigint, at timestamptz, system text, stream text, call text, reason text, field text, place text, detail text, body bytea, sha256 bytea)
INSERT INTO bridge.held (system, stream, call, kind, reason, field, place, detail, body, sha256, first_run, last_run, held_at)
VALUES ($3, $4, $5, 'page', $6, $7, $8, $9, $10, $11, $1, $1, $2)
ON CONFLICT (system, stream, reason, sha256) WHERE state = 'open' AND delivery_id IS NULL
DO UPDATE SET times = held.times + 1, last_run = EXCLUDED.last_run;
