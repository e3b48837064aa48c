-- The whole life of a complaint. What a person could be known by stands in a column of its own, "personal".

-- name: show_find (norm text, reference uuid)
SELECT bridge_id FROM bridge.link WHERE number_norm = $1
UNION
SELECT bridge_id FROM bridge.delivery WHERE delivery_id = $2
ORDER BY bridge_id;

-- name: show_head (id bigint)
SELECT c.bridge_id, c.source_system, c.number, c.police_system, c.police_number, c.unit,
       u.name_en || COALESCE(' | ' || u.name_hi, '') AS unit_name, c.status, c.satisfied, c.version,
       (extract(epoch FROM c.received_at) * 1000000)::bigint AS received_at,
       (extract(epoch FROM c.due_at) * 1000000)::bigint AS due_at,
       (extract(epoch FROM c.disposed_at) * 1000000)::bigint AS disposed_at,
       c.received_at IS NOT NULL AS has_received, c.due_at IS NOT NULL AS has_due, c.disposed_at IS NOT NULL AS has_disposed
FROM bridge.complaint c
LEFT JOIN bridge.unit u ON u.unit = c.unit
WHERE c.bridge_id = $1;

-- name: show_numbers (id bigint)
SELECT system, number FROM bridge.link WHERE bridge_id = $1
UNION
SELECT source_system, number FROM bridge.complaint WHERE bridge_id = $1
ORDER BY system, number;

-- Things that happened at the same instant are put in the order of cause.
-- name: show_events (id bigint)
WITH c AS (
    SELECT * FROM bridge.complaint WHERE bridge_id = $1
), link AS (
    SELECT * FROM bridge.link WHERE bridge_id = $1
), nested AS (
    SELECT 'action' AS stream, system, key FROM bridge.action WHERE bridge_id = $1
    UNION ALL SELECT 'feedback', system, key FROM bridge.feedback WHERE bridge_id = $1
    UNION ALL SELECT 'attachment', system, key FROM bridge.attachment WHERE bridge_id = $1
), own AS (
    SELECT l.system, 'complaint' AS stream, l.number AS key FROM link l
    UNION
    SELECT l.system, n.stream, l.number || '#' || n.key FROM link l JOIN nested n USING (system)
), sent AS (
    SELECT * FROM bridge.delivery WHERE bridge_id = $1
), event AS (
    SELECT 1 AS cause, received_at AS at, source_system AS system, 'received' AS what,
           'by the first office' AS detail, NULL::text AS personal, NULL::bytea AS sent, NULL::uuid AS delivery
    FROM c
    UNION ALL
    SELECT 2, marked_at, source_system, 'marked', 'to unit ' || COALESCE(unit, '-'), NULL, NULL, NULL FROM c
    UNION ALL
    SELECT 6, registered_at, COALESCE(police_system, source_system), 'registered',
           concat_ws(', ', 'as ' || police_number, 'station ' || station), NULL, NULL, NULL
    FROM c
    UNION ALL
    SELECT 90, c.due_at, c.source_system, 'due',
           'an answer is due, ' || COALESCE('by the rule ' || bridge.rule_words(v), 'as the portal says'), NULL, NULL, NULL
    FROM c
    LEFT JOIN bridge.sla_rule_version v ON v.rule_id = c.due_rule
    UNION ALL
    SELECT 60, disposed_at, COALESCE(police_system, source_system), 'disposed', COALESCE('as ' || disposal, ''), NULL, NULL, NULL
    FROM c
    UNION ALL
    SELECT 3, a.arrived_at, a.system, 'arrived',
           a.stream || ' ' || a.key || ', run ' || a.run_id || ', '
           || COALESCE(octet_length(a.body) || ' bytes', 'body not kept')
           || CASE WHEN a.sealed THEN ' sealed, HMAC ' ELSE ', SHA-256 ' END|| encode(a.sha256, 'hex'),
           NULL, NULL, NULL
    FROM own o
    JOIN bridge.arrival a USING (system, stream, key)
    UNION ALL
    SELECT 4, staged_at, 'bridge', 'staged',
           concat_ws(', ', 'from ' || source_system || ' ' || number, 'run ' || first_run, 'now version ' || version,
                     'status ' || status, 'said as ' || status_text, 'referred by ' || ref_type, 'category ' || category,
                     'case ' || case_number, 'parent ' || parent_origin || ' ' || parent_number, 'dak ' || dak_number),
           concat_ws(E'\n', 'complainant: ' || complainant, 'relative: ' || relative_name, 'gender: ' || gender,
                     'age: ' || age, 'mobile: ' || mobile, 'email: ' || email, 'address: ' || address,
                     'pincode: ' || pincode, 'against: ' || against, 'addressed by: ' || addressed_by,
                     'subject: ' || subject, 'subject, converted: ' || subject_unicode, 'body: ' || body,
                     'body, converted: ' || body_unicode,
                     'officer: ' || officer_name, 'officer mobile: ' || officer_mobile,
                     (SELECT 'sealed, for the notifier alone: ' || string_agg(DISTINCT s.sealed, ', ')
                      FROM bridge.source_record s WHERE s.bridge_id = $1)),
           NULL, NULL
    FROM c
    UNION ALL
    SELECT 5, at, 'bridge', 'linked', system || ' ' || number || ', run ' || run_id, NULL, NULL, NULL FROM link
    UNION ALL
    SELECT 10, at, system, 'action',
           concat_ws(', ', action || ' ' || key, 'by ' || officer_rank, 'at ' || office, 'moved to ' || to_unit,
                     'number there ' || to_number, 'disposal ' || disposal,
                     'staged in run ' || first_run, CASE WHEN version > 1 THEN 'version ' || version END),
           NULLIF(concat_ws(E'\n', 'officer: ' || officer_name, 'mobile: ' || officer_mobile, 'text: ' || text), ''),
           NULL, NULL
    FROM bridge.action
    WHERE bridge_id = $1
    UNION ALL
    SELECT 11, at, system, 'feedback',
           concat_ws(', ', key, CASE satisfied WHEN 'Y' THEN 'satisfied' WHEN 'N' THEN 'not satisfied'
                                               WHEN 'U' THEN 'could not be asked' END,
                     'rating ' || rating, 'to ' || level, 'by ' || mode),
           'text: ' || text, NULL, NULL
    FROM bridge.feedback
    WHERE bridge_id = $1
    UNION ALL
    SELECT 12, staged_at, system, 'attachment',
           concat_ws(', ', key, role, type, size || ' bytes',
                     'holds ' || content_size || ' bytes of ' || content_type || ', SHA-256 ' || content),
           'name: ' || name, NULL, NULL
    FROM bridge.attachment
    WHERE bridge_id = $1
    UNION ALL
    SELECT 80, at, 'bridge', 'erased', 'on order, run ' || run_id, ordered_by || ': ' || why, NULL, NULL
    FROM bridge.erasure
    WHERE bridge_id = $1
    UNION ALL
    SELECT 20, planned_at, target, 'planned',
           concat_ws(' ', stream, NULLIF(key, '')) || ' for ' || target || ', class ' || class || ', run ' || planned_run,
           NULL, NULL, delivery_id
    FROM sent
    UNION ALL
    SELECT 21, a.started_at, d.target, 'sent',
           concat_ws(' ', d.stream, NULLIF(d.key, '')) || ', try ' || a.attempt || ', run ' || a.run_id
           || CASE WHEN a.purged THEN ', what went out is no longer kept'
                   WHEN a.sent IS NULL AND a.outcome IN ('reject', 'retry') THEN ', nothing went out' ELSE '' END,
           CASE WHEN a.sealed THEN 'sealed: what was sent is not shown' END, CASE WHEN NOT a.sealed THEN a.sent END,
           d.delivery_id
    FROM sent d
    JOIN bridge.attempt a USING (delivery_id)
    WHERE a.outcome IS NULL OR a.outcome NOT IN ('found', 'absent')
    UNION ALL
    SELECT 22, a.ended_at, d.target, 'answered',
           concat_ws(', ', CASE a.outcome WHEN 'ok' THEN 'done' WHEN 'retry' THEN 'not done, to be tried again'
                                WHEN 'reject' THEN 'refused' WHEN 'fatal' THEN 'not done'
                                WHEN 'in_doubt' THEN 'no answer, in doubt' WHEN 'found' THEN 'asked: the peer has it'
                                WHEN 'absent' THEN 'asked: the peer does not have it' END,
                     'said ' || a.said, 'receipt ' || a.receipt),
           a.detail, NULL, d.delivery_id
    FROM sent d
    JOIN bridge.attempt a USING (delivery_id)
    UNION ALL
    SELECT 30, settled_at, target, 'settled', concat_ws(' ', stream, NULLIF(key, '')) || ' is ' || state
           || COALESCE(', a note instead of the content: ' || substituted, ''), NULL, NULL, delivery_id
    FROM sent
    UNION ALL
    SELECT 31, h.held_at, h.system, 'held',
           concat_ws(', ', h.kind || ' ' || h.reason, 'field ' || h.field, 'at ' || h.place,
                     h.detail, CASE WHEN h.times > 1 THEN h.times || ' times' END, 'held ' || h.held_id, h.state),
           NULL, NULL, h.delivery_id
    FROM bridge.held h
    WHERE h.delivery_id IN (SELECT delivery_id FROM sent)
       OR (h.system, split_part(h.key, '#', 1)) IN (SELECT system, number FROM link)
    UNION ALL
    SELECT 32, h.ended_at, h.system, 'released', concat_ws(', ', h.state || ' by ' || h.ended_by, h.ended_why), NULL, NULL, h.delivery_id
    FROM bridge.held h
    WHERE h.delivery_id IN (SELECT delivery_id FROM sent)
       OR (h.system, split_part(h.key, '#', 1)) IN (SELECT system, number FROM link)
    UNION ALL
    SELECT 40, vanished_at, system, 'vanished', number || ' is not in its full list', NULL, NULL, NULL
    FROM bridge.source_record
    WHERE bridge_id = $1
    UNION ALL
    SELECT 41, r.started_at, 'bridge', 'difference',
           concat_ws(', ', d.what || ': ' || d.reason, 'portal ' || d.portal_says, 'police ' || d.police_says,
                     'staging ' || d.staging_says, 'run ' || d.run_id), NULL, NULL, NULL
    FROM c
    JOIN bridge.difference d ON d.system = c.source_system AND d.number = c.number
    JOIN bridge.run r USING (run_id)
)
SELECT (extract(epoch FROM at) * 1000000)::bigint AS at, cause, system, what, COALESCE(detail, '') AS detail, personal, sent, delivery
FROM event
WHERE at IS NOT NULL
ORDER BY event.at, cause, system, detail;

-- What each new version changed, field by field.
-- name: show_changes (id bigint)
WITH state AS (
    SELECT version, was, system, at, run_id FROM bridge.complaint_version WHERE bridge_id = $1
    UNION ALL
    SELECT version, to_jsonb(c), NULL, NULL, NULL FROM bridge.complaint c WHERE bridge_id = $1
), pair AS (
    SELECT version, system, at, run_id, was, lead(was) OVER (ORDER BY version) AS is_now FROM state
)
SELECT p.version, (extract(epoch FROM p.at) * 1000000)::bigint AS at, p.system, p.run_id, o.key AS field,
       o.value AS before, p.is_now ->> o.key AS after
FROM pair p, jsonb_each_text(p.was) o
WHERE p.system IS NOT NULL AND o.value IS DISTINCT FROM p.is_now ->> o.key
  AND o.key NOT IN ('version', 'first_run', 'last_run', 'staged_at', 'changed_at', 'bridge_id', 'number_norm')
ORDER BY p.version, o.key;

-- A number that staging does not have, but that stands on a held record.
-- name: show_held (norm text)
SELECT h.system, h.key, h.stream, concat_ws(', ', h.kind || ' ' || h.reason, 'field ' || h.field, 'at ' || h.place,
                                  h.detail, CASE WHEN h.times > 1 THEN h.times || ' times' END, 'held ' || h.held_id,
                                  h.state) AS detail,
       (extract(epoch FROM h.held_at) * 1000000)::bigint AS at,
       (extract(epoch FROM h.ended_at) * 1000000)::bigint AS ended_at, h.ended_at IS NOT NULL AS ended,
       concat_ws(', ', h.state || ' by ' || h.ended_by, h.ended_why) AS ended_detail
FROM bridge.held h
WHERE h.key IS NOT NULL
  AND translate(regexp_replace(upper(split_part(h.key, '#', 1)), '[[:space:]‐-―−-]', '', 'g'),
                '\∕⁄／०१२३४५६७८९', '////0123456789') = $1
ORDER BY h.system, h.held_at, h.held_id;
