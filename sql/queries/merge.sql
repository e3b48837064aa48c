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
-- its source is unchanged. current: the page is what the system holds now, whatever its times say; else an older time is
-- an older record.
-- name: stage_sort_complaint (system text, current boolean)
UPDATE pg_temp.batch_complaint b
SET class = CASE WHEN q.nth > 1 THEN 'duplicate'
                 WHEN q.known IS NULL THEN 'new'
                 WHEN q.known = b.digest THEN 'unchanged'
                 WHEN b.changed_at < q.last_changed AND NOT $2 THEN 'out_of_window'
                 ELSE 'changed' END,
    bridge_id = q.bridge_id,
    old = COALESCE(b.changed_at < q.last_changed AND NOT $2, false)
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
    WHERE $2 <> 'police' AND n.class = 'new' AND n.how IN ('link', 'spelling')
) q
WHERE q.ordinal = b.ordinal AND (q.nth > 1 OR q.taken);

-- A field that could not be read and is held alone says nothing: it stays as it was. A complaint without a status of
-- which anything is known is one that was received.
-- name: stage_apart ()
UPDATE pg_temp.batch_complaint b
SET status = CASE WHEN 'status' = ANY (a.fields) THEN COALESCE(c.status, 'RECV') ELSE b.status END,
    kind = CASE WHEN 'kind' = ANY (a.fields) THEN c.kind ELSE b.kind END,
    mode = CASE WHEN 'mode' = ANY (a.fields) THEN c.mode ELSE b.mode END,
    identity = CASE WHEN 'identity' = ANY (a.fields) THEN c.identity ELSE b.identity END,
    ref_type = CASE WHEN 'ref_type' = ANY (a.fields) THEN c.ref_type ELSE b.ref_type END,
    category = CASE WHEN 'category' = ANY (a.fields) THEN c.category ELSE b.category END,
    ref_class = CASE WHEN 'ref_class' = ANY (a.fields) THEN c.ref_class ELSE b.ref_class END,
    priority = CASE WHEN 'priority' = ANY (a.fields) THEN c.priority ELSE b.priority END,
    body_script = CASE WHEN 'body_script' = ANY (a.fields) THEN c.body_script ELSE b.body_script END,
    gender = CASE WHEN 'gender' = ANY (a.fields) THEN c.gender ELSE b.gender END,
    age = CASE WHEN 'age' = ANY (a.fields) THEN c.age ELSE b.age END,
    mobile = CASE WHEN 'mobile' = ANY (a.fields) THEN c.mobile ELSE b.mobile END,
    email = CASE WHEN 'email' = ANY (a.fields) THEN c.email ELSE b.email END,
    pincode = CASE WHEN 'pincode' = ANY (a.fields) THEN c.pincode ELSE b.pincode END,
    unit = CASE WHEN 'unit' = ANY (a.fields) THEN c.unit ELSE b.unit END,
    station = CASE WHEN 'station' = ANY (a.fields) THEN c.station ELSE b.station END,
    level = CASE WHEN 'level' = ANY (a.fields) THEN c.level ELSE b.level END,
    incident_on = CASE WHEN 'incident_on' = ANY (a.fields) THEN c.incident_on::text ELSE b.incident_on END,
    received_at = CASE WHEN 'received_at' = ANY (a.fields) THEN c.received_at ELSE b.received_at END,
    registered_at = CASE WHEN 'registered_at' = ANY (a.fields) THEN c.registered_at ELSE b.registered_at END,
    marked_at = CASE WHEN 'marked_at' = ANY (a.fields) THEN c.marked_at ELSE b.marked_at END,
    direction_at = CASE WHEN 'direction_at' = ANY (a.fields) THEN c.direction_at ELSE b.direction_at END,
    due_at = CASE WHEN 'due_at' <> ALL (a.fields) THEN b.due_at WHEN c.due_rule IS NULL THEN c.due_at END,
    expected_at = CASE WHEN 'expected_at' = ANY (a.fields) THEN c.expected_at ELSE b.expected_at END,
    disposed_at = CASE WHEN 'disposed_at' = ANY (a.fields) THEN c.disposed_at ELSE b.disposed_at END,
    officer_mobile = CASE WHEN 'officer_mobile' = ANY (a.fields) THEN c.officer_mobile ELSE b.officer_mobile END,
    disposal = CASE WHEN 'disposal' = ANY (a.fields) THEN c.disposal ELSE b.disposal END,
    reason = CASE WHEN 'reason' = ANY (a.fields) THEN c.reason ELSE b.reason END,
    fir_at = CASE WHEN 'fir_at' = ANY (a.fields) THEN c.fir_at ELSE b.fir_at END,
    gd_at = CASE WHEN 'gd_at' = ANY (a.fields) THEN c.gd_at ELSE b.gd_at END
FROM (SELECT n.ordinal, n.bridge_id, string_to_array(n.apart, ' ') AS fields
      FROM pg_temp.batch_complaint n
      WHERE n.apart IS NOT NULL) a
LEFT JOIN bridge.complaint c ON c.bridge_id = a.bridge_id
WHERE b.ordinal = a.ordinal;

-- What an order has erased does not come back with a later version of the record; numbers, dates, status, units and officers
-- do. What is below it (actions, files, feedback) is new matter that has to be told to the other side: a purge takes it.
-- name: stage_erased ()
UPDATE pg_temp.batch_complaint b
SET subject = NULL, body = NULL, subject_unicode = NULL, body_unicode = NULL, against = NULL, addressed_by = NULL,
    complainant = NULL, relative_name = NULL, gender = NULL, age = NULL, mobile = NULL, email = NULL, address = NULL,
    pincode = NULL, raw = NULL, sealed = NULL
FROM (SELECT n.ordinal
      FROM pg_temp.batch_complaint n
      WHERE EXISTS (SELECT FROM bridge.erasure e WHERE e.bridge_id = n.bridge_id)) e
WHERE b.ordinal = e.ordinal;

-- What the portal says is due goes before every rule. The first due date of each begins its history.
-- name: stage_make_complaint (run bigint, at timestamptz, system text, role text)
WITH due AS MATERIALIZED (
    SELECT b.number, COALESCE(b.due_at, r.due_at) AS due_at, r.rule_id, r.started_at
    FROM pg_temp.batch_complaint b
    LEFT JOIN LATERAL (
        SELECT d.due_at, d.rule_id, d.started_at
        FROM bridge.due_for($3, b.ref_type, b.unit, b.received_at, b.registered_at, b.marked_at, b.direction_at, NULL, NULL, NULL) d
        WHERE b.due_at IS NULL
        OFFSET 0
    ) r ON true
    WHERE b.class = 'new' AND b.bridge_id IS NULL
), made AS (
    INSERT INTO bridge.complaint (
        source_system, number, number_norm, police_system, police_number,
        case_number, parent_origin, parent_number, dak_number, kind, mode, identity, ref_type, category, category_code,
        category_text, ref_class, priority, subject, body, body_script, subject_unicode, body_unicode, against,
        addressed_by, complainant, relative_name, gender, age, mobile, email, address, pincode, unit, station, level,
        incident_on, received_at, registered_at, marked_at, direction_at, due_at, due_rule, expected_at, disposed_at, status,
        status_text, officer_name, officer_rank, officer_mobile, disposal, reason, fir_number, fir_at, gd_number, gd_at,
        first_run, last_run, staged_at, changed_at
    )
    SELECT $3, b.number, b.number_norm, CASE WHEN $4 = 'police' THEN $3 END,
           CASE WHEN $4 = 'police' THEN b.number ELSE b.police_number END,
           b.case_number, b.parent_origin, b.parent_number, b.dak_number, b.kind, b.mode, b.identity, b.ref_type,
           b.category, b.category_code, b.category_text, b.ref_class, b.priority, b.subject, b.body, b.body_script,
           b.subject_unicode, b.body_unicode, b.against, b.addressed_by, b.complainant, b.relative_name, b.gender,
           b.age, b.mobile, b.email, b.address, b.pincode, b.unit, b.station, b.level, b.incident_on::date,
           b.received_at, b.registered_at, b.marked_at, b.direction_at,
           d.due_at, d.rule_id,
           b.expected_at, b.disposed_at, b.status, b.status_text, b.officer_name, b.officer_rank, b.officer_mobile,
           b.disposal, b.reason, b.fir_number, b.fir_at, b.gd_number, b.gd_at,
           $1, $1, $2, $2
    FROM pg_temp.batch_complaint b
    JOIN due d ON d.number = b.number
    WHERE b.class = 'new' AND b.bridge_id IS NULL
    ORDER BY b.ordinal
    RETURNING bridge_id, number
), told AS (
    INSERT INTO bridge.due_history (bridge_id, at, run_id, due_at, why, rule_id, started_at)
    SELECT m.bridge_id, $2, $1, d.due_at, CASE WHEN d.rule_id IS NULL THEN 'portal' ELSE 'rule' END, d.rule_id, d.started_at
    FROM made m
    JOIN due d ON d.number = m.number
    WHERE d.due_at IS NOT NULL
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
-- name: stage_source_record (run bigint, system text, current boolean)
MERGE INTO bridge.source_record s
USING (
    SELECT b.number, b.class, b.bridge_id, b.digest, b.status_text, b.unit, b.marked_at, b.changed_at, b.as_received,
           b.others, b.sealed_names,
           CASE WHEN 'status' = ANY (string_to_array(b.apart, ' ')) THEN NULL ELSE b.status END AS said
    FROM pg_temp.batch_complaint b
    WHERE b.class IN ('new', 'changed', 'unchanged')
) b
ON s.system = $2 AND s.number = b.number
WHEN NOT MATCHED THEN
    INSERT (system, number, bridge_id, digest, status, status_text, unit, marked_at, changed_at, as_received, others,
            sealed, first_run, last_run)
    VALUES ($2, b.number, b.bridge_id, b.digest, b.said, b.status_text, b.unit, b.marked_at, b.changed_at,
            b.as_received::jsonb, b.others, b.sealed_names, $1, $1)
WHEN MATCHED AND b.class = 'changed' THEN
    UPDATE SET digest = b.digest, status = b.said, status_text = b.status_text, unit = b.unit, marked_at = b.marked_at,
               changed_at = b.changed_at, as_received = b.as_received::jsonb, others = b.others, sealed = b.sealed_names,
               last_run = $1, vanished_at = NULL
WHEN MATCHED AND (b.changed_at > s.changed_at OR ($3 AND b.changed_at < s.changed_at) OR s.vanished_at IS NOT NULL) THEN
    UPDATE SET changed_at = CASE WHEN $3 THEN COALESCE(b.changed_at, s.changed_at)
                                 ELSE GREATEST(b.changed_at, s.changed_at) END,
               as_received = b.as_received::jsonb, last_run = $1, vanished_at = NULL;

-- Written only where something else is inside: sealed anew it would look different each time. While a field of the sender
-- is held alone, what is sealed already stays: it cannot be opened here to change the rest.
-- name: stage_sealed (run bigint, at timestamptz, system text, key_name text)
MERGE INTO bridge.sealed s
USING (
    SELECT b.number, b.bridge_id, b.sealed_digest, b.sealed,
           string_to_array(COALESCE(b.apart, ''), ' ')
               && '{complainant,relative_name,gender,age,mobile,email,address,pincode}' AS partly
    FROM pg_temp.batch_complaint b
    WHERE b.sealed IS NOT NULL AND b.class IN ('new', 'changed', 'unchanged')
) b
ON s.system = $3 AND s.number = b.number
WHEN NOT MATCHED THEN
    INSERT (bridge_id, system, number, key_name, digest, sealed, run_id, at)
    VALUES (b.bridge_id, $3, b.number, $4, b.sealed_digest, b.sealed, $1, $2)
WHEN MATCHED AND NOT b.partly AND (s.digest <> b.sealed_digest OR s.key_name <> $4) THEN
    UPDATE SET key_name = $4, digest = b.sealed_digest, sealed = b.sealed, run_id = $1, at = $2;
