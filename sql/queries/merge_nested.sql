-- Nested records of a page, and those that a call of their own brings, below the complaints of their numbers. The rules
-- are those of merge.sql.

-- name: stage_sort_action (system text, current boolean)
UPDATE pg_temp.batch_action b
SET bridge_id = q.bridge_id, unit = q.unit, changed_at = q.changed_at,
    class = CASE WHEN q.above = 'conflict' OR (q.above = 'duplicate' AND q.bridge_id IS NULL) THEN 'conflict'
                 WHEN q.bridge_id IS NULL THEN 'set_aside'
                 WHEN q.nth > 1 THEN 'duplicate'
                 WHEN q.known IS NULL THEN 'new'
                 WHEN q.known = b.digest THEN 'unchanged'
                 WHEN q.old OR (q.changed_at < q.last_changed AND NOT $2) THEN 'out_of_window'
                 ELSE 'changed' END
FROM (
    SELECT n.ctid AS place, l.bridge_id, c.unit, p.class AS above, COALESCE(p.old, false) AS old, t.digest AS known,
           COALESCE(n.changed_at, p.changed_at) AS changed_at, t.changed_at AS last_changed,
           row_number() OVER (PARTITION BY l.bridge_id, n.key
                              ORDER BY COALESCE(n.changed_at, p.changed_at) DESC NULLS LAST, n.ordinal DESC) AS nth
    FROM pg_temp.batch_action n
    LEFT JOIN pg_temp.batch_complaint p ON p.ordinal = n.parent_ordinal
    LEFT JOIN LATERAL (
        SELECT k.bridge_id FROM bridge.link k WHERE k.system = $1 AND k.number = n.parent OFFSET 0
    ) l ON true
    LEFT JOIN LATERAL (
        SELECT m.unit FROM bridge.complaint m WHERE m.bridge_id = l.bridge_id OFFSET 0
    ) c ON true
    LEFT JOIN LATERAL (
        SELECT o.digest, o.changed_at
        FROM bridge.action o
        WHERE o.bridge_id = l.bridge_id AND o.system = $1 AND o.key = n.key
        OFFSET 0
    ) t ON true
) q
WHERE b.ctid = q.place;

-- name: stage_measure_action ()
ANALYZE pg_temp.batch_action (bridge_id, key, class, parent_ordinal);

-- name: stage_action (run bigint, at timestamptz, system text)
MERGE INTO bridge.action t
USING (
    SELECT b.*
    FROM pg_temp.batch_action b
    WHERE b.class IN ('new', 'changed') OR (b.class = 'unchanged' AND b.parent_ordinal IS NULL)
) b
ON t.bridge_id = b.bridge_id AND t.system = $3 AND t.key = b.key
WHEN NOT MATCHED THEN
    INSERT (
        bridge_id, system, key, at, action, action_text, text, officer_name, officer_rank, officer_mobile, office,
        to_unit, to_number, disposal, reason, expected_at,
        changed_at, digest, as_received, first_run, last_run, staged_at
    )
    VALUES (
        b.bridge_id, $3, b.key, b.at, b.action, b.action_text, b.text, b.officer_name, b.officer_rank, b.officer_mobile,
        b.office, b.to_unit, b.to_number, b.disposal, b.reason, b.expected_at,
        b.changed_at, b.digest, b.as_received::jsonb, $1, $1, $2
    )
WHEN MATCHED AND b.class = 'changed' THEN
    UPDATE SET
        at = b.at, action = b.action, action_text = b.action_text, text = b.text, officer_name = b.officer_name,
        officer_rank = b.officer_rank, officer_mobile = b.officer_mobile, office = b.office, to_unit = b.to_unit,
        to_number = b.to_number, disposal = b.disposal, reason = b.reason, expected_at = b.expected_at,
        changed_at = b.changed_at, digest = b.digest, as_received = b.as_received::jsonb,
        version = t.version + 1, last_run = $1, staged_at = $2
WHEN MATCHED AND b.changed_at > t.changed_at THEN
    UPDATE SET changed_at = b.changed_at, last_run = $1;

-- name: stage_sort_attachment (system text, current boolean)
UPDATE pg_temp.batch_attachment b
SET bridge_id = q.bridge_id, unit = q.unit, changed_at = q.changed_at,
    class = CASE WHEN q.above = 'conflict' OR (q.above = 'duplicate' AND q.bridge_id IS NULL) THEN 'conflict'
                 WHEN q.bridge_id IS NULL THEN 'set_aside'
                 WHEN q.nth > 1 THEN 'duplicate'
                 WHEN q.known IS NULL THEN 'new'
                 WHEN q.known = b.digest THEN 'unchanged'
                 WHEN q.old OR (q.changed_at < q.last_changed AND NOT $2) THEN 'out_of_window'
                 ELSE 'changed' END
FROM (
    SELECT n.ctid AS place, l.bridge_id, c.unit, p.class AS above, COALESCE(p.old, false) AS old, t.digest AS known,
           COALESCE(n.changed_at, p.changed_at) AS changed_at, t.changed_at AS last_changed,
           row_number() OVER (PARTITION BY l.bridge_id, n.key
                              ORDER BY COALESCE(n.changed_at, p.changed_at) DESC NULLS LAST, n.ordinal DESC) AS nth
    FROM pg_temp.batch_attachment n
    LEFT JOIN pg_temp.batch_complaint p ON p.ordinal = n.parent_ordinal
    LEFT JOIN LATERAL (
        SELECT k.bridge_id FROM bridge.link k WHERE k.system = $1 AND k.number = n.parent OFFSET 0
    ) l ON true
    LEFT JOIN LATERAL (
        SELECT m.unit FROM bridge.complaint m WHERE m.bridge_id = l.bridge_id OFFSET 0
    ) c ON true
    LEFT JOIN LATERAL (
        SELECT o.digest, o.changed_at
        FROM bridge.attachment o
        WHERE o.bridge_id = l.bridge_id AND o.system = $1 AND o.key = n.key
        OFFSET 0
    ) t ON true
) q
WHERE b.ctid = q.place;

-- name: stage_measure_attachment ()
ANALYZE pg_temp.batch_attachment (bridge_id, key, class, parent_ordinal);

-- What a file holds is not lost again when a list only names it, and that alone is no new version.
-- name: stage_attachment (run bigint, at timestamptz, system text)
MERGE INTO bridge.attachment t
USING (
    SELECT b.*
    FROM pg_temp.batch_attachment b
    WHERE b.class IN ('new', 'changed') OR (b.class = 'unchanged' AND b.parent_ordinal IS NULL)
) b
ON t.bridge_id = b.bridge_id AND t.system = $3 AND t.key = b.key
WHEN NOT MATCHED THEN
    INSERT (
        bridge_id, system, key, role, name, type, size, content, content_size, content_type,
        changed_at, digest, as_received, first_run, last_run, staged_at
    )
    VALUES (
        b.bridge_id, $3, b.key, b.role, b.name, b.type, b.size, b.content, b.content_size, b.content_type,
        b.changed_at, b.digest, b.as_received::jsonb, $1, $1, $2
    )
WHEN MATCHED AND b.class = 'changed' THEN
    UPDATE SET
        role = b.role, name = b.name, type = b.type, size = b.size, content = COALESCE(b.content, t.content),
        content_size = CASE WHEN b.content IS NULL THEN t.content_size ELSE b.content_size END,
        content_type = CASE WHEN b.content IS NULL THEN t.content_type ELSE b.content_type END,
        changed_at = b.changed_at, digest = b.digest, as_received = b.as_received::jsonb,
        version = t.version + ((b.role, b.name, b.type, b.size, COALESCE(b.content, t.content))
                               IS DISTINCT FROM (t.role, t.name, t.type, t.size, t.content))::int,
        last_run = $1, staged_at = $2
WHEN MATCHED AND b.changed_at > t.changed_at THEN
    UPDATE SET changed_at = b.changed_at, last_run = $1;

-- name: stage_sort_feedback (system text, current boolean)
UPDATE pg_temp.batch_feedback b
SET bridge_id = q.bridge_id, unit = q.unit, changed_at = q.changed_at,
    class = CASE WHEN q.above = 'conflict' OR (q.above = 'duplicate' AND q.bridge_id IS NULL) THEN 'conflict'
                 WHEN q.bridge_id IS NULL THEN 'set_aside'
                 WHEN q.nth > 1 THEN 'duplicate'
                 WHEN q.known IS NULL THEN 'new'
                 WHEN q.known = b.digest THEN 'unchanged'
                 WHEN q.old OR (q.changed_at < q.last_changed AND NOT $2) THEN 'out_of_window'
                 ELSE 'changed' END
FROM (
    SELECT n.ctid AS place, l.bridge_id, c.unit, p.class AS above, COALESCE(p.old, false) AS old, t.digest AS known,
           COALESCE(n.changed_at, p.changed_at) AS changed_at, t.changed_at AS last_changed,
           row_number() OVER (PARTITION BY l.bridge_id, n.key
                              ORDER BY COALESCE(n.changed_at, p.changed_at) DESC NULLS LAST, n.ordinal DESC) AS nth
    FROM pg_temp.batch_feedback n
    LEFT JOIN pg_temp.batch_complaint p ON p.ordinal = n.parent_ordinal
    LEFT JOIN LATERAL (
        SELECT k.bridge_id FROM bridge.link k WHERE k.system = $1 AND k.number = n.parent OFFSET 0
    ) l ON true
    LEFT JOIN LATERAL (
        SELECT m.unit FROM bridge.complaint m WHERE m.bridge_id = l.bridge_id OFFSET 0
    ) c ON true
    LEFT JOIN LATERAL (
        SELECT o.digest, o.changed_at
        FROM bridge.feedback o
        WHERE o.bridge_id = l.bridge_id AND o.system = $1 AND o.key = n.key
        OFFSET 0
    ) t ON true
) q
WHERE b.ctid = q.place;

-- name: stage_measure_feedback ()
ANALYZE pg_temp.batch_feedback (bridge_id, key, class, parent_ordinal);

-- name: stage_feedback (run bigint, at timestamptz, system text)
MERGE INTO bridge.feedback t
USING (
    SELECT b.*
    FROM pg_temp.batch_feedback b
    WHERE b.class IN ('new', 'changed') OR (b.class = 'unchanged' AND b.parent_ordinal IS NULL)
) b
ON t.bridge_id = b.bridge_id AND t.system = $3 AND t.key = b.key
WHEN NOT MATCHED THEN
    INSERT (
        bridge_id, system, key, at, satisfied, rating, rating_text, level, mode, text,
        changed_at, digest, as_received, first_run, last_run, staged_at
    )
    VALUES (
        b.bridge_id, $3, b.key, b.at, b.satisfied, b.rating, b.rating_text, b.level, b.mode, b.text,
        b.changed_at, b.digest, b.as_received::jsonb, $1, $1, $2
    )
WHEN MATCHED AND b.class = 'changed' THEN
    UPDATE SET
        at = b.at, satisfied = b.satisfied, rating = b.rating, rating_text = b.rating_text, level = b.level,
        mode = b.mode, text = b.text,
        changed_at = b.changed_at, digest = b.digest, as_received = b.as_received::jsonb,
        version = t.version + 1, last_run = $1, staged_at = $2
WHEN MATCHED AND b.changed_at > t.changed_at THEN
    UPDATE SET changed_at = b.changed_at, last_run = $1;
