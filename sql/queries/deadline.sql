-- By when complaints are due and why: what "deadline" shows. Days are days in India, instants RFC 3339 in UTC.

-- name: deadline_unit (unit text)
SELECT u.unit FROM bridge.unit u WHERE u.unit = $1;

-- What is open and has a rule or a due date, soonest first, those whose clock stands last; of a unit and all below it, or of all.
-- After the place of the last row that was read.
-- name: deadline_list (unit text, overdue boolean, now timestamptz, zone text, after timestamptz, after_id bigint, most int)
WITH RECURSIVE below AS (
    SELECT u.unit FROM bridge.unit u WHERE u.unit = $1
    UNION
    SELECT u.unit FROM bridge.unit u JOIN below b ON u.parent = b.unit
)
SELECT c.bridge_id, c.source_system AS system, c.number, c.police_number, c.unit, c.station, c.status,
       to_char(c.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS due_at,
       (c.due_at AT TIME ZONE 'Asia/Kolkata')::date AS due_on, bridge.days_left(c.due_at, $3, $4) AS days_left,
       COALESCE(c.due_at < $3, false) AS overdue,
       (c.expected_at AT TIME ZONE 'Asia/Kolkata')::date AS expected_on,
       CASE WHEN c.due_rule IS NULL THEN 'portal' WHEN c.due_at IS NULL THEN 'stands' ELSE 'rule' END AS why,
       bridge.rule_words(v) AS rule,
       COALESCE(to_char(c.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'infinity') AS place
FROM bridge.complaint c
LEFT JOIN bridge.sla_rule_version v ON v.rule_id = c.due_rule
WHERE c.status NOT IN ('DISP', 'CLSD', 'TRNO', 'RJCT', 'DUPL', 'WDRN')
  AND (c.due_at IS NOT NULL OR c.due_rule IS NOT NULL)
  AND ($1 IS NULL OR c.unit IN (SELECT b.unit FROM below b) OR c.station IN (SELECT b.unit FROM below b))
  AND (NOT $2 OR c.due_at < $3)
  AND (COALESCE(c.due_at, 'infinity'), c.bridge_id) > ($5, $6)
ORDER BY COALESCE(c.due_at, 'infinity'), c.bridge_id
LIMIT $7;

-- started_at: what the clock of the rule started with; which event that was, start_event says.
-- name: deadline_head (id bigint, now timestamptz, zone text)
SELECT c.source_system AS system, c.number, c.police_number, c.unit, c.status, c.ref_type,
       COALESCE(h.why, CASE WHEN c.due_at IS NULL THEN 'none' ELSE 'portal' END) AS why,
       bridge.rule_words(v) AS rule, v.source, v.start_event,
       to_char(h.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started_at,
       (h.started_at AT TIME ZONE 'Asia/Kolkata')::date AS started_on,
       to_char(c.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS due_at,
       (c.due_at AT TIME ZONE 'Asia/Kolkata')::date AS due_on, bridge.days_left(c.due_at, $2, $3) AS days_left,
       COALESCE(c.status NOT IN ('DISP', 'CLSD', 'TRNO', 'RJCT', 'DUPL', 'WDRN') AND c.due_at < $2, false) AS overdue,
       (c.expected_at AT TIME ZONE 'Asia/Kolkata')::date AS expected_on
FROM bridge.complaint c
LEFT JOIN bridge.sla_rule_version v ON v.rule_id = c.due_rule
LEFT JOIN LATERAL (SELECT d.why, d.started_at FROM bridge.due_history d WHERE d.bridge_id = c.bridge_id
                   ORDER BY d.entry DESC LIMIT 1) h ON true
WHERE c.bridge_id = $1;

-- Days from the start to the day that is due that were not counted; while the clock stands, to today.
-- name: deadline_days (id bigint, now timestamptz)
SELECT c.number AS complaint, d.day, d.why
FROM bridge.complaint c
JOIN bridge.sla_rule_version v ON v.rule_id = c.due_rule
CROSS JOIN LATERAL (SELECT h.started_at FROM bridge.due_history h WHERE h.bridge_id = c.bridge_id ORDER BY h.entry DESC LIMIT 1) h
CROSS JOIN LATERAL bridge.due_days((h.started_at AT TIME ZONE 'Asia/Kolkata')::date,
                                   (COALESCE(c.due_at, $2) AT TIME ZONE 'Asia/Kolkata')::date, v.count_by = 'working', v.weekly_off,
                                   c.unit, c.bridge_id, COALESCE(c.police_system, c.source_system), v.stop_on) d
WHERE c.bridge_id = $1 AND d.why IS NOT NULL
ORDER BY d.day;

-- name: deadline_stops (id bigint)
SELECT c.number AS complaint, to_char(s.from_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS from_at,
       to_char(s.to_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS to_at
FROM bridge.complaint c
JOIN bridge.sla_rule_version v ON v.rule_id = c.due_rule AND v.stop_on <> '{}'
CROSS JOIN LATERAL bridge.due_stops(c.bridge_id, COALESCE(c.police_system, c.source_system), v.stop_on) s
WHERE c.bridge_id = $1
ORDER BY s.from_at;

-- name: deadline_history (id bigint)
SELECT c.number AS complaint, to_char(h.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, h.run_id AS run, h.why,
       to_char(h.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS due_at,
       (h.due_at AT TIME ZONE 'Asia/Kolkata')::date AS due_on,
       to_char(h.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started_at, bridge.rule_words(v) AS rule, v.source
FROM bridge.due_history h
JOIN bridge.complaint c USING (bridge_id)
LEFT JOIN bridge.sla_rule_version v USING (rule_id)
WHERE h.bridge_id = $1
ORDER BY h.entry;
