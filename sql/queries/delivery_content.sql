-- What deliveries say, as staging has it when they are claimed: columns named as the dictionary names the fields.

-- barred: why it may not be sent. What a person has put back all the same is not looked at again.
-- name: delivery_content_complaint (target text, ids uuid[])
WITH against AS (
    SELECT array_agg(c.bridge_id) AS ids
    FROM bridge.delivery d
    JOIN bridge.complaint c USING (bridge_id)
    WHERE d.delivery_id = ANY ($2) AND d.target = $1 AND c.against IS NOT NULL
      AND NOT EXISTS (SELECT FROM bridge.attempt t WHERE t.delivery_id = d.delivery_id AND t.said = 'route.accused')
)
SELECT d.delivery_id,
       NULL::text AS number, c.source_system AS origin, c.number AS origin_number, c.police_number, c.case_number,
       c.parent_origin, c.parent_number, c.dak_number, c.kind, c.mode, c.identity, c.ref_type, c.category,
       c.category_code, c.category_text, c.ref_class, c.priority, c.subject, c.body, c.body_script, c.subject_unicode,
       c.body_unicode, c.against, c.addressed_by, c.complainant, c.relative_name, c.gender, c.age, c.mobile, c.email,
       c.address, c.pincode, c.unit, c.station, c.level, c.incident_on::text AS incident_on,
       to_char(c.received_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS received_at,
       to_char(c.registered_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS registered_at,
       to_char(c.marked_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS marked_at,
       to_char(c.direction_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS direction_at,
       to_char(c.due_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS due_at,
       to_char(c.expected_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS expected_at,
       to_char(c.disposed_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS disposed_at, NULL::text AS changed_at, c.status,
       c.status_text, c.officer_name, c.officer_rank, c.officer_mobile, c.disposal, c.reason, c.fir_number,
       to_char(c.fir_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS fir_at, c.gd_number,
       to_char(c.gd_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS gd_at,
       CASE WHEN m.bridge_id IS NOT NULL THEN 'route.accused' END AS barred
FROM bridge.delivery d
JOIN bridge.complaint c USING (bridge_id)
LEFT JOIN (SELECT f.bridge_id
           FROM bridge.marked_to_accused((SELECT ids FROM against)) f
           WHERE (SELECT ids FROM against) IS NOT NULL) m USING (bridge_id)
WHERE d.delivery_id = ANY ($2) AND d.target = $1;

-- name: delivery_content_action (target text, ids uuid[])
SELECT d.delivery_id,
       CASE WHEN c.source_system = $1 THEN c.number
            WHEN c.police_system = $1 THEN c.police_number
            ELSE (SELECT min(l.number) FROM bridge.link l WHERE l.bridge_id = c.bridge_id AND l.system = $1)
       END AS number,
       a.key, c.police_number, to_char(a.at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, NULL::text AS changed_at, a.action,
       a.action_text, a.text, a.officer_name, a.officer_rank, a.officer_mobile, a.office, a.to_unit, a.to_number,
       a.disposal, a.reason, to_char(a.expected_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS expected_at
FROM bridge.delivery d
JOIN bridge.complaint c USING (bridge_id)
JOIN bridge.action a ON a.bridge_id = d.bridge_id AND a.system = d.source_system AND a.key = d.key
WHERE d.delivery_id = ANY ($2) AND d.target = $1;

-- name: delivery_content_feedback (target text, ids uuid[])
SELECT d.delivery_id,
       CASE WHEN c.source_system = $1 THEN c.number
            WHEN c.police_system = $1 THEN c.police_number
            ELSE (SELECT min(l.number) FROM bridge.link l WHERE l.bridge_id = c.bridge_id AND l.system = $1)
       END AS number,
       f.key, c.police_number, to_char(f.at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, NULL::text AS changed_at,
       f.satisfied, f.rating, f.rating_text, f.level, f.mode, f.text
FROM bridge.delivery d
JOIN bridge.complaint c USING (bridge_id)
JOIN bridge.feedback f ON f.bridge_id = d.bridge_id AND f.system = d.source_system AND f.key = d.key
WHERE d.delivery_id = ANY ($2) AND d.target = $1;

-- Size is that of what is sent, whatever was declared.
-- name: delivery_content_attachment (target text, ids uuid[])
SELECT d.delivery_id,
       CASE WHEN c.source_system = $1 THEN c.number
            WHEN c.police_system = $1 THEN c.police_number
            ELSE (SELECT min(l.number) FROM bridge.link l WHERE l.bridge_id = c.bridge_id AND l.system = $1)
       END AS number,
       t.key, c.police_number, t.role, t.name, COALESCE(t.type, t.content_type) AS type,
       COALESCE(t.content_size, t.size) AS size, t.content, NULL::text AS changed_at
FROM bridge.delivery d
JOIN bridge.complaint c USING (bridge_id)
JOIN bridge.attachment t ON t.bridge_id = d.bridge_id AND t.system = d.source_system AND t.key = d.key
WHERE d.delivery_id = ANY ($2) AND d.target = $1;
