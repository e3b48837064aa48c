-- A page on its way into staging: the temporary tables that it is copied into, books and cursor.
-- The merge itself stands in merge.sql, what is held in stage_held.sql; staging_merge.c keeps the order of all.
--
-- Columns of a COPY come in the order of mappings/canonical.fields, then those of staging_batch.c; the ones after
-- "sorted:" are filled by the merge.

-- name: stage_temp_complaint ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_complaint (
    number text, origin text, origin_number text, police_number text, case_number text, parent_origin text,
    parent_number text, dak_number text, kind text, mode text, identity text, ref_type text, category text,
    category_code text, category_text text, ref_class text, priority bigint, subject text, body text, body_script text,
    subject_unicode text, body_unicode text, against text, addressed_by text, complainant text, relative_name text,
    gender text, age bigint, mobile text, email text, address text, pincode text, unit text, station text, level text,
    incident_on text, received_at timestamptz, registered_at timestamptz, marked_at timestamptz,
    direction_at timestamptz, due_at timestamptz, expected_at timestamptz, disposed_at timestamptz,
    changed_at timestamptz, status text, status_text text, officer_name text, officer_rank text, officer_mobile text,
    disposal text, reason text, fir_number text, fir_at timestamptz, gd_number text, gd_at timestamptz, row_digest text, ordinal int,
    number_norm text, origin_norm text, digest bytea, sha256 bytea, raw bytea, as_received text, apart text,
    sealed_names text, sealed_digest bytea, sealed bytea,
    -- sorted:
    class text, bridge_id bigint, how text, made boolean NOT NULL DEFAULT false, old boolean NOT NULL DEFAULT false,
    others jsonb
) ON COMMIT DELETE ROWS;

-- name: stage_copy_complaint ()
COPY pg_temp.batch_complaint (
    number, origin, origin_number, police_number, case_number, parent_origin, parent_number, dak_number, kind, mode,
    identity, ref_type, category, category_code, category_text, ref_class, priority, subject, body, body_script,
    subject_unicode, body_unicode, against, addressed_by, complainant, relative_name, gender, age, mobile, email,
    address, pincode, unit, station, level, incident_on, received_at, registered_at, marked_at, direction_at, due_at,
    expected_at, disposed_at, changed_at, status, status_text, officer_name, officer_rank, officer_mobile, disposal,
    reason, fir_number, fir_at, gd_number, gd_at, row_digest, ordinal, number_norm, origin_norm, digest, sha256, raw, as_received,
    apart, sealed_names, sealed_digest, sealed
) FROM STDIN (FORMAT binary);

-- name: stage_temp_action ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_action (
    key text, number text, police_number text, at timestamptz, changed_at timestamptz, action text, action_text text,
    text text, officer_name text, officer_rank text, officer_mobile text, office text, to_unit text,
    to_number text, disposal text, reason text, expected_at timestamptz, ordinal int, parent text, parent_ordinal int, digest bytea, sha256 bytea, raw bytea,
    as_received text, remote bytea,
    -- sorted:
    class text, bridge_id bigint, unit text
) ON COMMIT DELETE ROWS;

-- name: stage_copy_action ()
COPY pg_temp.batch_action (
    key, number, police_number, at, changed_at, action, action_text, text, officer_name, officer_rank, officer_mobile,
    office, to_unit, to_number, disposal, reason, expected_at, ordinal, parent, parent_ordinal, digest, sha256, raw,
    as_received, remote
) FROM STDIN (FORMAT binary);

-- name: stage_temp_attachment ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_attachment (
    key text, number text, police_number text, role text, name text, type text, size bigint, content text,
    changed_at timestamptz, ordinal int, parent text, parent_ordinal int, digest bytea, sha256 bytea, raw bytea,
    as_received text, remote bytea, content_size bigint, content_type text,
    -- sorted:
    class text, bridge_id bigint, unit text
) ON COMMIT DELETE ROWS;

-- name: stage_copy_attachment ()
COPY pg_temp.batch_attachment (
    key, number, police_number, role, name, type, size, content, changed_at, ordinal, parent, parent_ordinal, digest,
    sha256, raw, as_received, remote, content_size, content_type
) FROM STDIN (FORMAT binary);

-- name: stage_temp_feedback ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_feedback (
    key text, number text, police_number text, at timestamptz, changed_at timestamptz, satisfied text, rating bigint,
    rating_text text, level text, mode text, text text, ordinal int, parent text, parent_ordinal int, digest bytea,
    sha256 bytea, raw bytea, as_received text, remote bytea,
    -- sorted:
    class text, bridge_id bigint, unit text
) ON COMMIT DELETE ROWS;

-- name: stage_copy_feedback ()
COPY pg_temp.batch_feedback (
    key, number, police_number, at, changed_at, satisfied, rating, rating_text, level, mode, text, ordinal, parent,
    parent_ordinal, digest, sha256, raw, as_received, remote
) FROM STDIN (FORMAT binary);

-- name: stage_temp_held ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_held (
    stream text, call text, key text, parent text, kind text, reason text, field text, place text, detail text, body bytea,
    remote bytea, sha256 bytea, sealed boolean NOT NULL DEFAULT false, apart_of int
) ON COMMIT DELETE ROWS;

-- name: stage_copy_held ()
COPY pg_temp.batch_held (
    stream, call, key, parent, kind, reason, field, place, detail, body, remote, sha256, sealed, apart_of
) FROM STDIN (FORMAT binary);

-- How each record of the page moved, to be booked.
-- name: stage_temp_move ()
CREATE TEMPORARY TABLE IF NOT EXISTS batch_move (
    stream text, unit text, credit text, reason text, key text, digest bytea
) ON COMMIT DELETE ROWS;

-- Pages are merged one at a time, so that two systems that bring the same matter at once make one complaint.
-- name: stage_lock ()
SELECT pg_advisory_xact_lock(hashtextextended('cctns-bridge staging merge', 0));

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
WHERE h.kind = 'set_aside' AND h.reason <> 'parent.unknown' AND h.apart_of IS NULL;

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

-- name: stage_hold_page (run bigint, at timestamptz, system text, stream text, call text, reason text, field text, place text, detail text, body bytea, sha256 bytea, sealed boolean, came_from text)
INSERT INTO bridge.held (system, stream, call, key, kind, reason, field, place, detail, body, sha256, sealed,
                         first_run, last_run, held_at)
VALUES ($3, $4, $5, $13, 'page', $6, $7, $8, $9, $10, $11, $12, $1, $1, $2)
ON CONFLICT (system, stream, reason, sha256) WHERE state = 'open' AND delivery_id IS NULL
DO UPDATE SET times = held.times + 1, last_run = EXCLUDED.last_run;

-- A page that could not be read stood where the cursor stands; whatever it was, the peer has brought it since.
-- name: stage_call_read (run bigint, at timestamptz, system text, call text)
UPDATE bridge.held h
SET state = 'settled', last_run = $1, ended_at = $2, ended_by = 'bridge', ended_why = 'the call was read to its end since'
WHERE h.system = $3 AND h.call = $4 AND h.state = 'open' AND h.kind = 'page' AND h.key IS NULL AND h.last_run <> $1;

-- What could not be read has come again under its name, mended.
-- name: stage_page_mended (run bigint, at timestamptz, system text, stream text, came_from text)
WITH mended AS (
    UPDATE bridge.held h
    SET state = 'settled', last_run = $1, ended_at = $2, ended_by = 'bridge',
        ended_why = 'what came under its name was staged'
    WHERE h.system = $3 AND h.stream = $4 AND h.key = $5 AND h.state = 'open' AND h.kind = 'page'
    RETURNING h.system
)
INSERT INTO bridge.recovery (run_id, what, system, n)
SELECT $1, 'page', m.system, count(*) FROM mended m GROUP BY m.system
ON CONFLICT (run_id, what, system) DO UPDATE SET n = recovery.n + EXCLUDED.n;
