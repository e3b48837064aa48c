-- The merge of a page that was copied in (stage.sql): sorted by what staging knows of each record, then taken over set by
-- set. Every statement takes the whole page; staging_merge.c keeps the order.
--
-- A page is small and the tables are large, so each look into them goes by its key: OFFSET 0 and stage_by_key keep the
-- planner from reading a whole system's rows instead, which it does as long as the tables are young and not analysed.
--
-- class: new, changed, unchanged, duplicate, out_of_window, conflict, set_aside.

-- Around the merges, each of which joins a page with one table.
-- name: stage_by_key ()
SELECT set_config(name, 'off', true)
FROM unnest(ARRAY['enable_hashjoin', 'enable_mergejoin', 'enable_material']) AS name;

-- name: stage_by_any ()
SELECT set_config(name, 'on', true)
FROM unnest(ARRAY['enable_hashjoin', 'enable_mergejoin', 'enable_material']) AS name;

-- ---------------------------------------------------------------- complaints

-- The same number twice in one page: the newest counts. Digest before time, so that a record which was only touched at
-- its source is unchanged.
-- name: stage_sort_complaint (system text)
UPDATE pg_temp.batch_complaint b
SET class = CASE WHEN q.nth > 1 THEN 'duplicate'
                 WHEN q.known IS NULL THEN 'new'
                 WHEN q.known = b.digest THEN 'unchanged'
                 WHEN b.changed_at < q.last_changed THEN 'out_of_window'
                 ELSE 'changed' END,
    bridge_id = q.bridge_id,
    old = COALESCE(b.changed_at < q.last_changed, false)
FROM (
    SELECT n.ctid AS place, s.bridge_id, s.digest AS known, s.changed_at AS last_changed,
           row_number() OVER (PARTITION BY n.number ORDER BY n.changed_at DESC NULLS LAST, n.ordinal DESC) AS nth
    FROM pg_temp.batch_complaint n
    LEFT JOIN LATERAL (
        SELECT r.bridge_id, r.digest, r.changed_at
        FROM bridge.source_record r
        WHERE r.system = $1 AND r.number = n.number
        OFFSET 0
    ) s ON true
) q
WHERE b.ctid = q.place;

-- The planner takes an unmeasured table for a few rows, and joins of a page with itself turn quadratic.
-- name: stage_measure_complaint ()
ANALYZE pg_temp.batch_complaint (ordinal, number, class, bridge_id, how, made);

-- A new record may be of a matter that staging has: known by this very number (link), by this number spelled another way
-- in what another system said of it (spelling), by the origin that a police record names (origin), or by the police
-- number that a portal names (police). A spelling or a police number must be of one complaint alone.
-- name: stage_find_complaint (system text, role text)
UPDATE pg_temp.batch_complaint b
SET bridge_id = q.bridge_id, how = q.how
FROM (
    SELECT n.ordinal, COALESCE(own.bridge_id, spelled.bridge_id, origin.bridge_id, police.bridge_id) AS bridge_id,
           CASE WHEN own.bridge_id IS NOT NULL THEN 'link' WHEN spelled.bridge_id IS NOT NULL THEN 'spelling'
                WHEN origin.bridge_id IS NOT NULL THEN 'origin' ELSE 'police' END AS how
    FROM pg_temp.batch_complaint n
    LEFT JOIN LATERAL (
        SELECT l.bridge_id FROM bridge.link l WHERE l.system = $1 AND l.number = n.number OFFSET 0
    ) own ON true
    LEFT JOIN LATERAL (
        SELECT min(l.bridge_id) AS bridge_id
        FROM bridge.link l
        WHERE own.bridge_id IS NULL AND l.system = $1 AND l.number_norm = n.number_norm
          AND NOT EXISTS (SELECT FROM bridge.source_record s WHERE s.system = l.system AND s.number = l.number)
        HAVING count(DISTINCT l.bridge_id) = 1
    ) spelled ON true
    LEFT JOIN LATERAL (
        SELECT COALESCE(
            (SELECT l.bridge_id FROM bridge.link l WHERE l.system = n.origin AND l.number = n.origin_number),
            (SELECT min(l.bridge_id) FROM bridge.link l WHERE l.system = n.origin AND l.number_norm = n.origin_norm
             HAVING count(DISTINCT l.bridge_id) = 1)) AS bridge_id
        WHERE $2 = 'police'
    ) origin ON true
    LEFT JOIN LATERAL (
        SELECT min(c.bridge_id) AS bridge_id
        FROM bridge.complaint c
        WHERE $2 = 'portal' AND c.police_number = n.police_number AND c.police_system IS NOT NULL
          AND NOT EXISTS (SELECT FROM bridge.link l WHERE l.bridge_id = c.bridge_id AND l.system = $1)
        HAVING count(*) = 1
    ) police ON true
    WHERE n.class = 'new'
) q
WHERE q.ordinal = b.ordinal AND q.bridge_id IS NOT NULL;

-- Two police records for one matter cannot both hold it: the one that came first does, the other waits for a person.
-- Two portal records that name one police number are two complaints, and so are two whose numbers are only alike; one
-- whose very number was taken for that of another complaint waits, too.
-- name: stage_clash_complaint (system text, role text)
UPDATE pg_temp.batch_complaint b
SET class = CASE WHEN $2 = 'police' OR q.how = 'link' THEN 'conflict' ELSE b.class END,
    bridge_id = NULL, how = NULL
FROM (
    SELECT n.ordinal, n.how,
           row_number() OVER (PARTITION BY COALESCE(n.bridge_id::text, n.origin || ' ' || n.origin_norm)
                              ORDER BY n.ordinal) AS nth,
           $2 = 'police' AND c.police_system IS NOT NULL AND (c.police_system, c.police_number) <> ($1, n.number) AS taken
    FROM pg_temp.batch_complaint n
    LEFT JOIN bridge.complaint c ON c.bridge_id = n.bridge_id
    WHERE n.class = 'new' AND COALESCE(n.how, '') NOT IN ('link', 'spelling')
      AND (n.bridge_id IS NOT NULL OR ($2 = 'police' AND n.origin_norm IS NOT NULL))
    UNION ALL
    SELECT n.ordinal, n.how,
           row_number() OVER (PARTITION BY n.bridge_id ORDER BY n.how, n.ordinal),
           c.source_system = $1 AND c.number <> n.number
               AND EXISTS (SELECT FROM bridge.source_record s
                           WHERE s.system = $1 AND s.number = c.number AND s.bridge_id = c.bridge_id)
    FROM pg_temp.batch_complaint n
    JOIN bridge.complaint c ON c.bridge_id = n.bridge_id
    WHERE $2 = 'portal' AND n.class = 'new' AND n.how IN ('link', 'spelling')
) q
WHERE q.ordinal = b.ordinal AND (q.nth > 1 OR q.taken);

-- name: stage_make_complaint (run bigint, at timestamptz, system text, role text)
WITH made AS (
    INSERT INTO bridge.complaint (
        source_system, number, number_norm, police_system, police_number, ref_type, category, priority, subject,
        body, complainant, relative_name, gender, age, mobile, email, address, pincode, unit, station, received_at,
        registered_at, marked_at, due_at, disposed_at, status, officer_name, officer_rank, officer_mobile, disposal,
        first_run, last_run, staged_at, changed_at
    )
    SELECT $3, b.number, b.number_norm, CASE WHEN $4 = 'police' THEN $3 END,
           CASE WHEN $4 = 'police' THEN b.number ELSE b.police_number END,
           b.ref_type, b.category, b.priority, b.subject, b.body, b.complainant, b.relative_name, b.gender, b.age,
           b.mobile, b.email, b.address, b.pincode, b.unit, b.station, b.received_at, b.registered_at, b.marked_at,
           COALESCE(b.due_at, CASE r.start_event WHEN 'received_at' THEN b.received_at
                                                 WHEN 'registered_at' THEN b.registered_at
                                                 ELSE b.marked_at END + make_interval(days => r.days)),
           b.disposed_at, b.status, b.officer_name, b.officer_rank, b.officer_mobile, b.disposal,
           $1, $1, $2, $2
    FROM pg_temp.batch_complaint b
    LEFT JOIN LATERAL (
        SELECT s.days, s.start_event
        FROM bridge.sla_rule s
        WHERE s.system = $3 AND s.ref_type IN ('*', b.ref_type)
        ORDER BY s.ref_type = '*'
        LIMIT 1
    ) r ON true
    WHERE b.class = 'new' AND b.bridge_id IS NULL
    ORDER BY b.ordinal
    RETURNING bridge_id, number
)
UPDATE pg_temp.batch_complaint b
SET bridge_id = made.bridge_id, made = true
FROM made
WHERE b.class = 'new' AND b.bridge_id IS NULL AND b.number = made.number;

-- The origin that a police record names is a number of the complaint, too, be it that the portal has not brought it yet.
-- name: stage_link (run bigint, at timestamptz, system text, role text)
INSERT INTO bridge.link (system, number, number_norm, bridge_id, run_id, at)
SELECT $3, b.number, b.number_norm, b.bridge_id, $1, $2
FROM pg_temp.batch_complaint b
WHERE b.class = 'new'
UNION ALL
SELECT b.origin, b.origin_number, b.origin_norm, b.bridge_id, $1, $2
FROM pg_temp.batch_complaint b
WHERE b.class = 'new' AND b.made AND $4 = 'police' AND b.origin_norm IS NOT NULL AND b.origin <> $3
ON CONFLICT DO NOTHING;

-- Touched only: the digest is as before, but the time moved on, or the record had vanished and is back.
-- name: stage_source_record (run bigint, system text)
MERGE INTO bridge.source_record s
USING (
    SELECT b.*
    FROM pg_temp.batch_complaint b
    WHERE b.class IN ('new', 'changed', 'unchanged')
) b
ON s.system = $2 AND s.number = b.number
WHEN NOT MATCHED THEN
    INSERT (system, number, bridge_id, digest, status, unit, marked_at, changed_at, as_received, others,
            first_run, last_run)
    VALUES ($2, b.number, b.bridge_id, b.digest, b.status, b.unit, b.marked_at, b.changed_at, b.as_received::jsonb, b.others,
            $1, $1)
WHEN MATCHED AND b.class = 'changed' THEN
    UPDATE SET digest = b.digest, status = b.status, unit = b.unit, marked_at = b.marked_at, changed_at = b.changed_at,
               as_received = b.as_received::jsonb, others = b.others, last_run = $1, vanished_at = NULL
WHEN MATCHED AND (b.changed_at > s.changed_at OR s.vanished_at IS NOT NULL) THEN
    UPDATE SET changed_at = GREATEST(b.changed_at, s.changed_at), as_received = b.as_received::jsonb, last_run = $1,
               vanished_at = NULL;

-- ---------------------------------------------------------------- nested records

-- name: stage_sort_action (system text)
UPDATE pg_temp.batch_action b
SET bridge_id = q.bridge_id, unit = q.unit, changed_at = q.changed_at,
    class = CASE WHEN q.above = 'conflict' OR (q.above = 'duplicate' AND q.bridge_id IS NULL) THEN 'conflict'
                 WHEN q.bridge_id IS NULL THEN 'set_aside'
                 WHEN q.nth > 1 THEN 'duplicate'
                 WHEN q.known IS NULL THEN 'new'
                 WHEN q.known = b.digest THEN 'unchanged'
                 WHEN q.old OR q.changed_at < q.last_changed THEN 'out_of_window'
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
    INSERT (bridge_id, system, key, at, action, text, officer_name, officer_rank, officer_mobile, office, disposal,
            changed_at, digest, as_received, first_run, last_run, staged_at)
    VALUES (b.bridge_id, $3, b.key, b.at, b.action, b.text, b.officer_name, b.officer_rank, b.officer_mobile, b.office,
            b.disposal,
            b.changed_at, b.digest, b.as_received::jsonb, $1, $1, $2)
WHEN MATCHED AND b.class = 'changed' THEN
    UPDATE SET at = b.at, action = b.action, text = b.text, officer_name = b.officer_name,
               officer_rank = b.officer_rank, officer_mobile = b.officer_mobile, office = b.office, disposal = b.disposal,
               changed_at = b.changed_at, digest = b.digest, as_received = b.as_received::jsonb,
               version = t.version + 1, last_run = $1, staged_at = $2
WHEN MATCHED AND b.changed_at > t.changed_at THEN
    UPDATE SET changed_at = b.changed_at, last_run = $1;

-- name: stage_sort_attachment (system text)
UPDATE pg_temp.batch_attachment b
SET bridge_id = q.bridge_id, unit = q.unit, changed_at = q.changed_at,
    class = CASE WHEN q.above = 'conflict' OR (q.above = 'duplicate' AND q.bridge_id IS NULL) THEN 'conflict'
                 WHEN q.bridge_id IS NULL THEN 'set_aside'
                 WHEN q.nth > 1 THEN 'duplicate'
                 WHEN q.known IS NULL THEN 'new'
                 WHEN q.known = b.digest THEN 'unchanged'
                 WHEN q.old OR q.changed_at < q.last_changed THEN 'out_of_window'
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

-- name: stage_attachment (run bigint, at timestamptz, system text)
MERGE INTO bridge.attachment t
USING (
    SELECT b.*
    FROM pg_temp.batch_attachment b
    WHERE b.class IN ('new', 'changed') OR (b.class = 'unchanged' AND b.parent_ordinal IS NULL)
) b
ON t.bridge_id = b.bridge_id AND t.system = $3 AND t.key = b.key
WHEN NOT MATCHED THEN
    INSERT (bridge_id, system, key, name, type, size,
            changed_at, digest, as_received, first_run, last_run, staged_at)
    VALUES (b.bridge_id, $3, b.key, b.name, b.type, b.size,
            b.changed_at, b.digest, b.as_received::jsonb, $1, $1, $2)
WHEN MATCHED AND b.class = 'changed' THEN
    UPDATE SET name = b.name, type = b.type, size = b.size,
               changed_at = b.changed_at, digest = b.digest, as_received = b.as_received::jsonb,
               version = t.version + 1, last_run = $1, staged_at = $2
WHEN MATCHED AND b.changed_at > t.changed_at THEN
    UPDATE SET changed_at = b.changed_at, last_run = $1;

-- name: stage_sort_feedback (system text)
UPDATE pg_temp.batch_feedback b
SET bridge_id = q.bridge_id, unit = q.unit, changed_at = q.changed_at,
    class = CASE WHEN q.above = 'conflict' OR (q.above = 'duplicate' AND q.bridge_id IS NULL) THEN 'conflict'
                 WHEN q.bridge_id IS NULL THEN 'set_aside'
                 WHEN q.nth > 1 THEN 'duplicate'
                 WHEN q.known IS NULL THEN 'new'
                 WHEN q.known = b.digest THEN 'unchanged'
                 WHEN q.old OR q.changed_at < q.last_changed THEN 'out_of_window'
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
    INSERT (bridge_id, system, key, at, satisfied, rating, level, mode, text,
            changed_at, digest, as_received, first_run, last_run, staged_at)
    VALUES (b.bridge_id, $3, b.key, b.at, b.satisfied, b.rating, b.level, b.mode, b.text,
            b.changed_at, b.digest, b.as_received::jsonb, $1, $1, $2)
WHEN MATCHED AND b.class = 'changed' THEN
    UPDATE SET at = b.at, satisfied = b.satisfied, rating = b.rating, level = b.level, mode = b.mode, text = b.text,
               changed_at = b.changed_at, digest = b.digest, as_received = b.as_received::jsonb,
               version = t.version + 1, last_run = $1, staged_at = $2
WHEN MATCHED AND b.changed_at > t.changed_at THEN
    UPDATE SET changed_at = b.changed_at, last_run = $1;

-- ---------------------------------------------------------------- what the complaints are now

-- A record speaks for the complaint's own fields when it is the one that the complaint came from, and for the fields
-- marked police in canonical.fields when it is the police record that holds it (or, while none does, the one that it came
-- from). A portal that brings the origin which a police record had named takes the complaint over as its source.
-- Feedback and actions that came with or without it set "satisfied" and the time of a disposal that bears none, or that
-- of one before the matter was last reopened.
-- What was is kept whole, save for what this page itself has made.
-- name: stage_update_complaint (run bigint, at timestamptz, system text, role text)
WITH touched AS (
    SELECT b.bridge_id FROM pg_temp.batch_complaint b WHERE b.class IN ('new', 'changed') AND NOT b.made
    UNION
    SELECT b.bridge_id FROM pg_temp.batch_feedback b WHERE b.class IN ('new', 'changed')
    UNION
    SELECT b.bridge_id FROM pg_temp.batch_action b WHERE b.class IN ('new', 'changed') AND b.action IN ('DISP', 'REOP')
    UNION
    SELECT b.bridge_id FROM pg_temp.batch_complaint b
    WHERE b.class = 'new' AND b.made AND b.disposed_at IS NULL AND b.status IN ('DISP', 'CLSD')
), speaks AS (
    SELECT c.bridge_id AS id, c.police_system AS held_by, b.*,
           COALESCE($4 = 'portal' AND b.how IN ('link', 'spelling') AND c.source_system = c.police_system
                    AND c.source_system <> $3, false) AS adopts,
           COALESCE(c.source_system = $3 AND c.number = b.number, false) AS is_source,
           $4 = 'police' AND b.number IS NOT NULL
               AND (c.police_system IS NULL
                    OR c.police_system = $3 AND (c.police_number = b.number OR COALESCE(b.how = 'spelling', false)))
               AS is_police
    FROM touched t
    CROSS JOIN LATERAL (SELECT k.* FROM bridge.complaint k WHERE k.bridge_id = t.bridge_id OFFSET 0) c
    LEFT JOIN pg_temp.batch_complaint b ON b.bridge_id = c.bridge_id AND b.class IN ('new', 'changed')
), chosen AS (
    SELECT DISTINCT ON (s.id) s.*,
           s.is_source OR s.adopts AS own,
           s.is_police OR (s.is_source AND s.held_by IS NULL) AS pol
    FROM speaks s
    ORDER BY s.id, COALESCE(s.is_source OR s.adopts OR s.is_police, false) DESC, s.changed_at DESC NULLS LAST, s.ordinal DESC
), now AS (
    SELECT c.bridge_id, COALESCE(b.made, false) OR EXISTS (
               SELECT FROM pg_temp.batch_complaint m WHERE m.bridge_id = c.bridge_id AND m.made) AS made,
           CASE WHEN b.adopts THEN $3 ELSE c.source_system END AS source_system,
           CASE WHEN b.adopts THEN b.number ELSE c.number END AS number,
           CASE WHEN b.adopts THEN b.number_norm ELSE c.number_norm END AS number_norm,
           CASE WHEN b.is_police THEN $3 ELSE c.police_system END AS police_system,
           CASE WHEN b.is_police THEN b.number WHEN b.pol THEN b.police_number ELSE c.police_number END AS police_number,
           CASE WHEN b.own THEN b.ref_type ELSE c.ref_type END AS ref_type,
           CASE WHEN b.own THEN b.category ELSE c.category END AS category,
           CASE WHEN b.own THEN b.priority ELSE c.priority END AS priority,
           CASE WHEN b.own THEN b.subject ELSE c.subject END AS subject,
           CASE WHEN b.own THEN b.body ELSE c.body END AS body,
           CASE WHEN b.own THEN b.complainant ELSE c.complainant END AS complainant,
           CASE WHEN b.own THEN b.relative_name ELSE c.relative_name END AS relative_name,
           CASE WHEN b.own THEN b.gender ELSE c.gender END AS gender,
           CASE WHEN b.own THEN b.age ELSE c.age END AS age,
           CASE WHEN b.own THEN b.mobile ELSE c.mobile END AS mobile,
           CASE WHEN b.own THEN b.email ELSE c.email END AS email,
           CASE WHEN b.own THEN b.address ELSE c.address END AS address,
           CASE WHEN b.own THEN b.pincode ELSE c.pincode END AS pincode,
           CASE WHEN b.own THEN b.unit ELSE c.unit END AS unit,
           CASE WHEN b.pol THEN b.station ELSE c.station END AS station,
           CASE WHEN b.own THEN b.received_at ELSE c.received_at END AS received_at,
           CASE WHEN b.pol THEN b.registered_at ELSE c.registered_at END AS registered_at,
           CASE WHEN b.own THEN b.marked_at ELSE c.marked_at END AS marked_at,
           CASE WHEN NOT b.pol THEN c.disposed_at
                WHEN b.status IN ('DISP', 'CLSD') AND c.status IN ('DISP', 'CLSD') THEN COALESCE(b.disposed_at, c.disposed_at)
                ELSE b.disposed_at END AS disposed_at,
           CASE WHEN b.pol THEN b.status ELSE c.status END AS status,
           CASE WHEN b.pol THEN b.officer_name ELSE c.officer_name END AS officer_name,
           CASE WHEN b.pol THEN b.officer_rank ELSE c.officer_rank END AS officer_rank,
           CASE WHEN b.pol THEN b.officer_mobile ELSE c.officer_mobile END AS officer_mobile,
           CASE WHEN b.pol THEN b.disposal ELSE c.disposal END AS disposal,
           CASE WHEN b.own THEN b.due_at ELSE c.due_at END AS due_at,
           (SELECT f.satisfied FROM bridge.feedback f WHERE f.bridge_id = c.bridge_id
            ORDER BY f.at DESC, f.system, length(f.key) DESC, f.key DESC LIMIT 1) AS satisfied
    FROM chosen b
    CROSS JOIN LATERAL (SELECT k.* FROM bridge.complaint k WHERE k.bridge_id = b.id OFFSET 0) c
), full_now AS (
    SELECT n.bridge_id, n.made, n.source_system, n.number, n.number_norm, n.police_system, n.police_number,
           n.ref_type, n.category, n.priority, n.subject, n.body, n.complainant, n.relative_name, n.gender, n.age,
           n.mobile, n.email, n.address, n.pincode, n.unit, n.station, n.received_at, n.registered_at, n.marked_at,
           n.status, n.officer_name, n.officer_rank, n.officer_mobile, n.disposal, n.satisfied,
           CASE WHEN n.status IN ('DISP', 'CLSD') AND (n.disposed_at IS NULL OR n.disposed_at < d.reopened_at)
                THEN COALESCE(d.disposed_at, n.disposed_at)
                ELSE n.disposed_at END AS disposed_at,
           COALESCE(n.due_at, (
               SELECT CASE r.start_event WHEN 'received_at' THEN n.received_at
                                         WHEN 'registered_at' THEN n.registered_at
                                         ELSE n.marked_at END + make_interval(days => r.days)
               FROM bridge.sla_rule r
               WHERE r.system = n.source_system AND r.ref_type IN ('*', n.ref_type)
               ORDER BY r.ref_type = '*'
               LIMIT 1)) AS due_at
    FROM now n
    CROSS JOIN LATERAL (
        SELECT r.reopened_at, max(a.at) AS disposed_at
        FROM (SELECT max(o.at) AS reopened_at FROM bridge.action o
              WHERE o.bridge_id = n.bridge_id AND o.action = 'REOP'
                AND o.system = COALESCE(n.police_system, n.source_system)) r
        LEFT JOIN bridge.action a ON a.bridge_id = n.bridge_id AND a.action = 'DISP'
                                 AND a.system = COALESCE(n.police_system, n.source_system)
                                 AND a.at >= COALESCE(r.reopened_at, '-infinity')
        GROUP BY r.reopened_at
    ) d
), other AS (
    SELECT n.*
    FROM full_now n
    CROSS JOIN LATERAL (SELECT k.* FROM bridge.complaint k WHERE k.bridge_id = n.bridge_id OFFSET 0) c
    WHERE (
           n.source_system, n.number, n.number_norm, n.police_system, n.police_number, n.ref_type, n.category,
           n.priority, n.subject, n.body, n.complainant, n.relative_name, n.gender, n.age, n.mobile, n.email,
           n.address, n.pincode, n.unit, n.station, n.received_at, n.registered_at, n.marked_at, n.disposed_at,
           n.status, n.officer_name, n.officer_rank, n.officer_mobile, n.disposal, n.due_at, n.satisfied
          ) IS DISTINCT FROM (
           c.source_system, c.number, c.number_norm, c.police_system, c.police_number, c.ref_type, c.category,
           c.priority, c.subject, c.body, c.complainant, c.relative_name, c.gender, c.age, c.mobile, c.email,
           c.address, c.pincode, c.unit, c.station, c.received_at, c.registered_at, c.marked_at, c.disposed_at,
           c.status, c.officer_name, c.officer_rank, c.officer_mobile, c.disposal, c.due_at, c.satisfied
          )
), was AS (
    INSERT INTO bridge.complaint_version (bridge_id, version, was, system, run_id, at)
    SELECT c.bridge_id, c.version, to_jsonb(c), $3, $1, $2
    FROM other n
    CROSS JOIN LATERAL (SELECT k.* FROM bridge.complaint k WHERE k.bridge_id = n.bridge_id OFFSET 0) c
    WHERE NOT n.made
)
UPDATE bridge.complaint c
SET
    source_system = n.source_system, number = n.number, number_norm = n.number_norm, police_system = n.police_system,
    police_number = n.police_number, ref_type = n.ref_type, category = n.category, priority = n.priority,
    subject = n.subject, body = n.body, complainant = n.complainant, relative_name = n.relative_name,
    gender = n.gender, age = n.age, mobile = n.mobile, email = n.email, address = n.address, pincode = n.pincode,
    unit = n.unit, station = n.station, received_at = n.received_at, registered_at = n.registered_at,
    marked_at = n.marked_at, disposed_at = n.disposed_at, status = n.status, officer_name = n.officer_name,
    officer_rank = n.officer_rank, officer_mobile = n.officer_mobile, disposal = n.disposal, due_at = n.due_at,
    satisfied = n.satisfied,
    version = c.version + (NOT n.made)::int, last_run = $1, changed_at = $2
FROM other n
WHERE c.bridge_id = n.bridge_id;
