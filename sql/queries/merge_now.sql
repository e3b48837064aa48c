-- What the complaints of a page are now, after all that it brought was taken in. The rules are those of merge.sql.

-- A record speaks for the complaint's own fields when it is the one that the complaint came from, and for the fields
-- marked police in canonical.fields when it is the police record that holds it (or, while none does, the one that it came
-- from). A portal that brings the origin which a police record had named takes the complaint over as its source.
-- Feedback and actions that came with or without it set "satisfied" and the time of a disposal that bears none, or that
-- of one before the matter was last reopened.
-- What the portal does not say itself is due is reckoned by the rules each time (bridge.due_for): steps and marks may have
-- moved it. What became another is told in due_history.
-- What was is kept whole, save for what this page itself has made.
-- name: stage_update_complaint (run bigint, at timestamptz, system text, role text)
WITH touched AS (
    SELECT b.bridge_id FROM pg_temp.batch_complaint b WHERE b.class IN ('new', 'changed') AND NOT b.made
    UNION
    SELECT b.bridge_id FROM pg_temp.batch_feedback b WHERE b.class IN ('new', 'changed')
    UNION
    SELECT b.bridge_id FROM pg_temp.batch_action b WHERE b.class IN ('new', 'changed')
      AND (b.action IN ('DISP', 'REOP') OR (SELECT bool_or(r.stop_on <> '{}') FROM bridge.sla_rule r))
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
           CASE WHEN b.own THEN b.case_number ELSE c.case_number END AS case_number,
           CASE WHEN b.own THEN b.parent_origin ELSE c.parent_origin END AS parent_origin,
           CASE WHEN b.own THEN b.parent_number ELSE c.parent_number END AS parent_number,
           CASE WHEN b.own THEN b.dak_number ELSE c.dak_number END AS dak_number,
           CASE WHEN b.own THEN b.kind ELSE c.kind END AS kind,
           CASE WHEN b.own THEN b.mode ELSE c.mode END AS mode,
           CASE WHEN b.own THEN b.identity ELSE c.identity END AS identity,
           CASE WHEN b.own THEN b.ref_type ELSE c.ref_type END AS ref_type,
           CASE WHEN b.own THEN b.category ELSE c.category END AS category,
           CASE WHEN b.own THEN b.category_code ELSE c.category_code END AS category_code,
           CASE WHEN b.own THEN b.category_text ELSE c.category_text END AS category_text,
           CASE WHEN b.own THEN b.ref_class ELSE c.ref_class END AS ref_class,
           CASE WHEN b.own THEN b.priority ELSE c.priority END AS priority,
           CASE WHEN b.own THEN b.subject ELSE c.subject END AS subject,
           CASE WHEN b.own THEN b.body ELSE c.body END AS body,
           CASE WHEN b.own THEN b.body_script ELSE c.body_script END AS body_script,
           CASE WHEN b.own THEN b.subject_unicode ELSE c.subject_unicode END AS subject_unicode,
           CASE WHEN b.own THEN b.body_unicode ELSE c.body_unicode END AS body_unicode,
           CASE WHEN b.own THEN b.against ELSE c.against END AS against,
           CASE WHEN b.own THEN b.addressed_by ELSE c.addressed_by END AS addressed_by,
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
           CASE WHEN b.pol THEN b.level ELSE c.level END AS level,
           CASE WHEN b.own THEN b.incident_on::date ELSE c.incident_on END AS incident_on,
           CASE WHEN b.own THEN b.received_at ELSE c.received_at END AS received_at,
           CASE WHEN b.pol THEN b.registered_at ELSE c.registered_at END AS registered_at,
           CASE WHEN b.own THEN b.marked_at ELSE c.marked_at END AS marked_at,
           CASE WHEN b.own THEN b.direction_at ELSE c.direction_at END AS direction_at,
           CASE WHEN b.own THEN b.due_at WHEN c.due_rule IS NULL THEN c.due_at END AS due_at,
           CASE WHEN b.pol THEN b.expected_at ELSE c.expected_at END AS expected_at,
           CASE WHEN NOT b.pol THEN c.disposed_at
                WHEN b.status IN ('DISP', 'CLSD') AND c.status IN ('DISP', 'CLSD') THEN COALESCE(b.disposed_at, c.disposed_at)
                ELSE b.disposed_at END AS disposed_at,
           CASE WHEN b.pol THEN b.status ELSE c.status END AS status,
           CASE WHEN b.own THEN b.status_text ELSE c.status_text END AS status_text,
           CASE WHEN b.pol THEN b.officer_name ELSE c.officer_name END AS officer_name,
           CASE WHEN b.pol THEN b.officer_rank ELSE c.officer_rank END AS officer_rank,
           CASE WHEN b.pol THEN b.officer_mobile ELSE c.officer_mobile END AS officer_mobile,
           CASE WHEN b.pol THEN b.disposal ELSE c.disposal END AS disposal,
           CASE WHEN b.pol THEN b.reason ELSE c.reason END AS reason,
           CASE WHEN b.pol THEN b.fir_number ELSE c.fir_number END AS fir_number,
           CASE WHEN b.pol THEN b.fir_at ELSE c.fir_at END AS fir_at,
           CASE WHEN b.pol THEN b.gd_number ELSE c.gd_number END AS gd_number,
           CASE WHEN b.pol THEN b.gd_at ELSE c.gd_at END AS gd_at,
           (SELECT f.satisfied FROM bridge.feedback f WHERE f.bridge_id = c.bridge_id
            ORDER BY f.at DESC, f.system, length(f.key) DESC, f.key DESC LIMIT 1) AS satisfied
    FROM chosen b
    CROSS JOIN LATERAL (SELECT k.* FROM bridge.complaint k WHERE k.bridge_id = b.id OFFSET 0) c
), full_now AS (
    SELECT
           n.bridge_id, n.made, n.source_system, n.number, n.number_norm, n.police_system, n.police_number,
           n.case_number, n.parent_origin, n.parent_number, n.dak_number, n.kind, n.mode, n.identity, n.ref_type,
           n.category, n.category_code, n.category_text, n.ref_class, n.priority, n.subject, n.body, n.body_script,
           n.subject_unicode, n.body_unicode, n.against, n.addressed_by, n.complainant, n.relative_name, n.gender,
           n.age, n.mobile, n.email, n.address, n.pincode, n.unit, n.station, n.level, n.incident_on, n.received_at,
           n.registered_at, n.marked_at, n.direction_at, n.expected_at, n.status, n.status_text, n.officer_name,
           n.officer_rank, n.officer_mobile, n.disposal, n.reason, n.fir_number, n.fir_at, n.gd_number, n.gd_at,
           n.satisfied,
           CASE WHEN n.status IN ('DISP', 'CLSD') AND (n.disposed_at IS NULL OR n.disposed_at < d.reopened_at)
                THEN COALESCE(d.disposed_at, n.disposed_at)
                ELSE n.disposed_at END AS disposed_at,
           COALESCE(n.due_at, r.due_at) AS due_at, r.rule_id AS due_rule, r.started_at AS clock_started_at
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
    CROSS JOIN LATERAL (
        SELECT min(h.started_at) AS at
        FROM bridge.due_history h
        JOIN bridge.sla_rule_version v ON v.rule_id = h.rule_id AND v.start_event = 'marked_at'
        WHERE h.bridge_id = n.bridge_id AND (SELECT NOT bool_and(s.restart_on_transfer) FROM bridge.sla_rule s)
    ) f
    LEFT JOIN LATERAL (
        SELECT u.due_at, u.rule_id, u.started_at
        FROM bridge.due_for(n.source_system, n.ref_type, n.unit, n.received_at, n.registered_at, n.marked_at, n.direction_at,
                            f.at, n.bridge_id, COALESCE(n.police_system, n.source_system)) u
        WHERE n.due_at IS NULL
        OFFSET 0
    ) r ON true
), other AS (
    SELECT n.*
    FROM full_now n
    CROSS JOIN LATERAL (SELECT k.* FROM bridge.complaint k WHERE k.bridge_id = n.bridge_id OFFSET 0) c
    WHERE (
           n.source_system, n.number, n.number_norm, n.police_system, n.police_number, n.case_number, n.parent_origin,
           n.parent_number, n.dak_number, n.kind, n.mode, n.identity, n.ref_type, n.category, n.category_code,
           n.category_text, n.ref_class, n.priority, n.subject, n.body, n.body_script, n.subject_unicode,
           n.body_unicode, n.against, n.addressed_by, n.complainant, n.relative_name, n.gender, n.age, n.mobile,
           n.email, n.address, n.pincode, n.unit, n.station, n.level, n.incident_on, n.received_at, n.registered_at,
           n.marked_at, n.direction_at, n.due_at, n.due_rule, n.expected_at, n.disposed_at, n.status, n.status_text, n.officer_name,
           n.officer_rank, n.officer_mobile, n.disposal, n.reason, n.fir_number, n.fir_at, n.gd_number, n.gd_at,
           n.satisfied
          ) IS DISTINCT FROM (
           c.source_system, c.number, c.number_norm, c.police_system, c.police_number, c.case_number, c.parent_origin,
           c.parent_number, c.dak_number, c.kind, c.mode, c.identity, c.ref_type, c.category, c.category_code,
           c.category_text, c.ref_class, c.priority, c.subject, c.body, c.body_script, c.subject_unicode,
           c.body_unicode, c.against, c.addressed_by, c.complainant, c.relative_name, c.gender, c.age, c.mobile,
           c.email, c.address, c.pincode, c.unit, c.station, c.level, c.incident_on, c.received_at, c.registered_at,
           c.marked_at, c.direction_at, c.due_at, c.due_rule, c.expected_at, c.disposed_at, c.status, c.status_text, c.officer_name,
           c.officer_rank, c.officer_mobile, c.disposal, c.reason, c.fir_number, c.fir_at, c.gd_number, c.gd_at,
           c.satisfied
          )
), was AS (
    INSERT INTO bridge.complaint_version (bridge_id, version, was, system, run_id, at)
    SELECT c.bridge_id, c.version, to_jsonb(c), $3, $1, $2
    FROM other n
    CROSS JOIN LATERAL (SELECT k.* FROM bridge.complaint k WHERE k.bridge_id = n.bridge_id OFFSET 0) c
    WHERE NOT n.made
), told AS (
    INSERT INTO bridge.due_history (bridge_id, at, run_id, due_at, why, rule_id, started_at)
    SELECT n.bridge_id, $2, $1, n.due_at,
           CASE WHEN n.due_rule IS NULL THEN CASE WHEN n.due_at IS NULL THEN 'none' ELSE 'portal' END
                WHEN n.due_at IS NULL THEN 'stands' ELSE 'rule' END,
           n.due_rule, n.clock_started_at
    FROM other n
    CROSS JOIN LATERAL (SELECT k.due_at, k.due_rule FROM bridge.complaint k WHERE k.bridge_id = n.bridge_id OFFSET 0) c
    WHERE (n.due_at, n.due_rule) IS DISTINCT FROM (c.due_at, c.due_rule)
)
UPDATE bridge.complaint c
SET
    source_system = n.source_system, number = n.number, number_norm = n.number_norm, police_system = n.police_system,
    police_number = n.police_number, case_number = n.case_number, parent_origin = n.parent_origin,
    parent_number = n.parent_number, dak_number = n.dak_number, kind = n.kind, mode = n.mode, identity = n.identity,
    ref_type = n.ref_type, category = n.category, category_code = n.category_code, category_text = n.category_text,
    ref_class = n.ref_class, priority = n.priority, subject = n.subject, body = n.body, body_script = n.body_script,
    subject_unicode = n.subject_unicode, body_unicode = n.body_unicode, against = n.against,
    addressed_by = n.addressed_by, complainant = n.complainant, relative_name = n.relative_name, gender = n.gender,
    age = n.age, mobile = n.mobile, email = n.email, address = n.address, pincode = n.pincode, unit = n.unit,
    station = n.station, level = n.level, incident_on = n.incident_on, received_at = n.received_at,
    registered_at = n.registered_at, marked_at = n.marked_at, direction_at = n.direction_at, due_at = n.due_at,
    due_rule = n.due_rule,
    expected_at = n.expected_at, disposed_at = n.disposed_at, status = n.status, status_text = n.status_text,
    officer_name = n.officer_name, officer_rank = n.officer_rank, officer_mobile = n.officer_mobile,
    disposal = n.disposal, reason = n.reason, fir_number = n.fir_number, fir_at = n.fir_at, gd_number = n.gd_number,
    gd_at = n.gd_at, satisfied = n.satisfied,
    version = c.version + (NOT n.made)::int, last_run = $1, changed_at = $2
FROM other n
WHERE c.bridge_id = n.bridge_id;
