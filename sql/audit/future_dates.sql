-- title: Dates in the future | भविष्य की तिथियाँ
-- finds: times of what is said to have happened that lay in the future when the bridge read them
--   | घटी हुई बताई गई बातों के वे समय जो सेतु के पढ़ते समय भविष्य में थे
-- source: CAG, IT audit of CCTNS in Odisha (2025): no checks of dates
-- limits: a complaint's own times are held against its last change, so that a time which was in the future when it came and has
--   since passed is found until the complaint changes again; days that are due or promised are not looked at
WITH p AS MATERIALIZED (
    SELECT bridge.audit_now() AS now, (value || ' minutes')::interval AS ahead
    FROM bridge.rule_parameter
    WHERE rule = 'future_dates' AND name = 'minutes'
), told AS (
    SELECT c.bridge_id, t.field, t.at, c.changed_at AS read_at
    FROM bridge.complaint c
    CROSS JOIN LATERAL (VALUES
        ('received_at', c.received_at), ('registered_at', c.registered_at), ('marked_at', c.marked_at),
        ('direction_at', c.direction_at), ('disposed_at', c.disposed_at), ('fir_at', c.fir_at), ('gd_at', c.gd_at),
        ('incident_on', c.incident_on::timestamp AT TIME ZONE 'Asia/Kolkata')
    ) AS t (field, at)
    UNION ALL
    SELECT a.bridge_id, 'action in ' || a.system, a.at, a.staged_at
    FROM bridge.action a
    UNION ALL
    SELECT f.bridge_id, 'feedback in ' || f.system, f.at, f.staged_at
    FROM bridge.feedback f
)
SELECT DISTINCT ON (t.bridge_id, t.field) c.source_system AS system, c.number, c.unit, t.field AS item,
       t.field || ' is ' || bridge.audit_time(t.at) || ', read ' || bridge.audit_time(LEAST(t.read_at, p.now)) AS detail
FROM told t
CROSS JOIN p
JOIN bridge.complaint c USING (bridge_id)
WHERE t.at > LEAST(t.read_at, p.now) + p.ahead
ORDER BY t.bridge_id, t.field, t.at DESC
