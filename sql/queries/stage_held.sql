-- Of a page that was merged: what waits for a person, and what came.

-- name: stage_hold_children (stream text, call text, sealed boolean)
INSERT INTO pg_temp.batch_held (stream, call, key, parent, kind, reason, field, place, detail, body, remote, sha256, sealed)
SELECT $1, $2, b.parent || '#' || b.key, b.parent, 'set_aside', 'parent.unknown', 'number', 'record ' || b.ordinal,
       'no complaint of this number is known yet; taken in by itself once it is', b.raw, b.remote, b.sha256, $3
FROM (
    SELECT ordinal, parent, key, class, raw, remote, sha256 FROM pg_temp.batch_action WHERE $1 = 'action'
    UNION ALL
    SELECT ordinal, parent, key, class, raw, remote, sha256 FROM pg_temp.batch_attachment WHERE $1 = 'attachment'
    UNION ALL
    SELECT ordinal, parent, key, class, raw, remote, sha256 FROM pg_temp.batch_feedback WHERE $1 = 'feedback'
) b
WHERE b.class = 'set_aside';

-- A field that could not be read, of a record that was not taken itself, waits for nobody.
-- name: stage_drop_apart ()
DELETE FROM pg_temp.batch_held h
WHERE h.apart_of IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM pg_temp.batch_complaint b WHERE b.ordinal = h.apart_of AND b.class IN ('new', 'changed', 'unchanged')
      UNION ALL
      SELECT FROM pg_temp.batch_action b WHERE b.ordinal = h.apart_of AND b.class IN ('new', 'changed', 'unchanged')
      UNION ALL
      SELECT FROM pg_temp.batch_attachment b WHERE b.ordinal = h.apart_of AND b.class IN ('new', 'changed', 'unchanged')
      UNION ALL
      SELECT FROM pg_temp.batch_feedback b WHERE b.ordinal = h.apart_of AND b.class IN ('new', 'changed', 'unchanged'));

-- name: stage_hold_conflicts (call text, sealed boolean)
INSERT INTO pg_temp.batch_held (stream, call, key, kind, reason, field, place, detail, body, sha256, sealed)
SELECT 'complaint', $1, b.number, 'conflict', 'link.taken', 'origin_number', 'record ' || b.ordinal,
       'its complaint is that of another record of this system already', b.raw, b.sha256, $2
FROM pg_temp.batch_complaint b
WHERE b.class = 'conflict';

-- What the record says of fields that another system owns: of those marked police only the ones that a portal has no
-- business with, for its status and times follow from what it is told; of the others not those that each system has of its
-- own: second numbers, its codes and words, what was found out about its text.
-- name: stage_others (system text, role text)
UPDATE pg_temp.batch_complaint b
SET others = q.others
FROM (
    SELECT n.ordinal,
           CASE WHEN (c.source_system, c.number) <> ($1, n.number) THEN jsonb_build_object(
               'parent_origin', encode(sha256(convert_to(n.parent_origin, 'UTF8')), 'hex'),
               'parent_number', encode(sha256(convert_to(n.parent_number, 'UTF8')), 'hex'),
               'kind', encode(sha256(convert_to(n.kind, 'UTF8')), 'hex'),
               'mode', encode(sha256(convert_to(n.mode, 'UTF8')), 'hex'),
               'identity', encode(sha256(convert_to(n.identity, 'UTF8')), 'hex'),
               'ref_class', encode(sha256(convert_to(n.ref_class, 'UTF8')), 'hex'),
               'ref_type', encode(sha256(convert_to(n.ref_type, 'UTF8')), 'hex'),
               'category', encode(sha256(convert_to(n.category, 'UTF8')), 'hex'),
               'priority', encode(sha256(convert_to(n.priority::text, 'UTF8')), 'hex'),
               'subject', encode(sha256(convert_to(n.subject, 'UTF8')), 'hex'),
               'body', encode(sha256(convert_to(n.body, 'UTF8')), 'hex'),
               'against', encode(sha256(convert_to(n.against, 'UTF8')), 'hex'),
               'addressed_by', encode(sha256(convert_to(n.addressed_by, 'UTF8')), 'hex'),
               'complainant', encode(sha256(convert_to(n.complainant, 'UTF8')), 'hex'),
               'relative_name', encode(sha256(convert_to(n.relative_name, 'UTF8')), 'hex'),
               'gender', encode(sha256(convert_to(n.gender, 'UTF8')), 'hex'),
               'age', encode(sha256(convert_to(n.age::text, 'UTF8')), 'hex'),
               'mobile', encode(sha256(convert_to(n.mobile, 'UTF8')), 'hex'),
               'email', encode(sha256(convert_to(n.email, 'UTF8')), 'hex'),
               'address', encode(sha256(convert_to(n.address, 'UTF8')), 'hex'),
               'pincode', encode(sha256(convert_to(n.pincode, 'UTF8')), 'hex'),
               'unit', encode(sha256(convert_to(n.unit, 'UTF8')), 'hex'),
               'incident_on', encode(sha256(convert_to(n.incident_on, 'UTF8')), 'hex'),
               'direction_at', encode(sha256(convert_to(extract(epoch FROM n.direction_at)::text, 'UTF8')), 'hex'),
               'received_at', encode(sha256(convert_to(extract(epoch FROM n.received_at)::text, 'UTF8')), 'hex'),
               'marked_at', encode(sha256(convert_to(extract(epoch FROM n.marked_at)::text, 'UTF8')), 'hex'),
               'due_at', encode(sha256(convert_to(extract(epoch FROM n.due_at)::text, 'UTF8')), 'hex'))
           END AS of_source,
           CASE WHEN $2 = 'portal' AND c.police_system <> $1 THEN jsonb_build_object(
               'station', encode(sha256(convert_to(n.station, 'UTF8')), 'hex'),
               'level', encode(sha256(convert_to(n.level, 'UTF8')), 'hex'),
               'fir_number', encode(sha256(convert_to(n.fir_number, 'UTF8')), 'hex'),
               'fir_at', encode(sha256(convert_to(extract(epoch FROM n.fir_at)::text, 'UTF8')), 'hex'),
               'gd_number', encode(sha256(convert_to(n.gd_number, 'UTF8')), 'hex'),
               'gd_at', encode(sha256(convert_to(extract(epoch FROM n.gd_at)::text, 'UTF8')), 'hex'),
               'officer_name', encode(sha256(convert_to(n.officer_name, 'UTF8')), 'hex'),
               'officer_rank', encode(sha256(convert_to(n.officer_rank, 'UTF8')), 'hex'),
               'officer_mobile', encode(sha256(convert_to(n.officer_mobile, 'UTF8')), 'hex'),
               'disposal', encode(sha256(convert_to(n.disposal, 'UTF8')), 'hex'))
           END AS of_police
    FROM pg_temp.batch_complaint n
    CROSS JOIN LATERAL (
        SELECT k.source_system, k.number, k.police_system FROM bridge.complaint k WHERE k.bridge_id = n.bridge_id OFFSET 0
    ) c
    WHERE n.class IN ('new', 'changed') AND NOT n.made
) p
CROSS JOIN LATERAL (
    SELECT COALESCE(p.of_source || p.of_police, p.of_source, p.of_police) AS others OFFSET 0
) q
WHERE b.ordinal = p.ordinal AND q.others IS NOT NULL;

-- A field that another system owns, and that this one has changed: it is not taken over, and a person sees both values.
-- What counts is that the system changed its own words: a copy that it once took, cut to its columns, is no change.
-- name: stage_hold_others (system text, call text)
INSERT INTO pg_temp.batch_held (stream, call, key, kind, reason, field, place, detail, body, sha256)
SELECT 'complaint', $2, q.number, 'conflict', 'owner.other', q.fields, 'record ' || q.ordinal,
       'changed by a system that does not own it and not taken over: "held show" has both values',
       convert_to(q.both::text, 'UTF8'), sha256(convert_to(q.number || ' ' || q.both::text, 'UTF8'))
FROM (
    SELECT m.number, m.ordinal, string_agg(d.key, ' ' ORDER BY d.key) AS fields,
           jsonb_object_agg(d.key, jsonb_build_object('owner', v.owner ->> d.key, $1, v.here ->> d.key)) AS both
    FROM (
        SELECT b.number, b.ordinal, b.bridge_id, array_agg(o.key) AS keys
        FROM pg_temp.batch_complaint b
        CROSS JOIN LATERAL (
            SELECT r.others FROM bridge.source_record r WHERE r.system = $1 AND r.number = b.number OFFSET 0
        ) s
        CROSS JOIN LATERAL jsonb_each_text(b.others) o
        WHERE b.class = 'changed' AND s.others ? o.key AND o.value IS DISTINCT FROM s.others ->> o.key
        GROUP BY b.number, b.ordinal, b.bridge_id
        OFFSET 0
    ) m
    CROSS JOIN LATERAL (
        SELECT to_jsonb(c) AS owner, to_jsonb(b) AS here
        FROM bridge.complaint c, pg_temp.batch_complaint b
        WHERE c.bridge_id = m.bridge_id AND b.ordinal = m.ordinal
        OFFSET 0
    ) v
    CROSS JOIN LATERAL unnest(m.keys) d (key)
    WHERE v.here ->> d.key IS DISTINCT FROM v.owner ->> d.key
    GROUP BY m.number, m.ordinal
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

-- Nor are the bytes of a record kept that is held and of a complaint that was erased (stage_erased). Of a field that another
-- system has changed they are both values, of which those that were erased are not there.
-- name: stage_erased_held (system text)
UPDATE pg_temp.batch_held h
SET body = NULL, remote = NULL
WHERE h.reason <> 'owner.other'
  AND EXISTS (SELECT
              FROM bridge.link l
              JOIN bridge.erasure e USING (bridge_id)
              WHERE l.system = $1 AND l.number = COALESCE(h.parent, split_part(h.key, '#', 1)));

-- The same thing again adds to its count; what is kept of it is the newest. What a person dropped is not held anew while it comes the same.
-- name: stage_held (run bigint, at timestamptz, system text)
INSERT INTO bridge.held (system, stream, call, key, parent, kind, reason, field, place, detail, body, remote, sha256,
                         sealed, times, first_run, last_run, held_at)
SELECT $3, h.stream, min(h.call), min(h.key), min(h.parent), min(h.kind), h.reason, min(h.field), min(h.place), min(h.detail),
       (array_agg(h.body))[1], (array_agg(h.remote))[1], h.sha256, bool_or(h.sealed), count(*), $1, $1, $2
FROM pg_temp.batch_held h
WHERE NOT EXISTS (SELECT FROM bridge.held d
                  WHERE d.system = $3 AND d.stream = h.stream AND d.reason = h.reason AND d.sha256 = h.sha256
                    AND d.state = 'dropped')
GROUP BY h.stream, h.reason, h.sha256
ON CONFLICT (system, stream, reason, sha256) WHERE state = 'open' AND delivery_id IS NULL
DO UPDATE SET times = held.times + EXCLUDED.times, last_run = EXCLUDED.last_run, place = EXCLUDED.place,
              key = EXCLUDED.key, parent = EXCLUDED.parent, -- what is sealed is tied to the key
              body = EXCLUDED.body, remote = EXCLUDED.remote, sealed = EXCLUDED.sealed;

-- A record that was held and has come right at its source waits for nobody; a field that is held alone waits as long as it
-- comes so.
-- name: stage_unhold (run bigint, at timestamptz, system text)
UPDATE bridge.held h
SET state = 'settled', last_run = $1, ended_at = $2, ended_by = 'bridge', ended_why = 'a later version was staged'
FROM (
    SELECT 'complaint' AS stream, b.number AS key FROM pg_temp.batch_complaint b
    WHERE b.class IN ('new', 'changed', 'unchanged')
    UNION ALL
    SELECT 'action', b.parent || '#' || b.key FROM pg_temp.batch_action b
    WHERE b.class IN ('new', 'changed', 'unchanged')
    UNION ALL
    SELECT 'attachment', b.parent || '#' || b.key FROM pg_temp.batch_attachment b
    WHERE b.class IN ('new', 'changed', 'unchanged')
    UNION ALL
    SELECT 'feedback', b.parent || '#' || b.key FROM pg_temp.batch_feedback b
    WHERE b.class IN ('new', 'changed', 'unchanged')
) k
WHERE h.system = $3 AND h.stream = k.stream AND h.key = k.key AND h.state = 'open' AND h.kind IN ('set_aside', 'conflict')
  AND h.reason NOT IN ('owner.other', 'proof.twice', 'canary.taken', 'canary.unknown') AND h.delivery_id IS NULL
  AND NOT EXISTS (SELECT FROM pg_temp.batch_held n
                  WHERE n.stream = h.stream AND n.key = h.key AND n.reason = h.reason AND n.sha256 = h.sha256
                    AND n.apart_of IS NOT NULL);

-- Byte for byte, of each record that brought something new, in itself or in what is nested in it.
-- name: stage_arrival (run bigint, at timestamptz, system text, sealed boolean)
INSERT INTO bridge.arrival (arrived_at, run_id, system, stream, key, sha256, body, sealed)
SELECT $2, $1, $3, a.stream, a.key, a.sha256, a.raw, $4 AND a.raw IS NOT NULL
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
