-- title: Reported on before the authority's notice | सूचना की तिथि से पहले की आख्या
-- finds: complaints that an authority directed to be answered (NHRC), with a report or a disposal older than that direction
--   | वे शिकायतें जिन पर किसी प्राधिकारी (NHRC) ने उत्तर का निर्देश दिया, और जिनकी आख्या या निस्तारण उस निर्देश से पहले का है
-- source: complaints about fake disposals: reports dated before the notice or the hearing that they tell of
-- limits: only for systems that tell when they directed it; a day alone counts as the whole day; one finding a complaint
SELECT DISTINCT ON (c.bridge_id) c.source_system AS system, c.number, c.unit, '' AS item,
       act.action || ' in ' || act.system || ' of ' || bridge.audit_time(act.at) || ', directed '
       || bridge.audit_time(c.direction_at) AS detail
FROM bridge.complaint c
JOIN (
    SELECT a.bridge_id, a.system, a.action, a.at
    FROM bridge.action a
    WHERE a.action IN ('ATRS', 'DISP')
    UNION ALL
    SELECT d.bridge_id, COALESCE(d.police_system, d.source_system), 'DISP', d.disposed_at
    FROM bridge.complaint d
    WHERE d.disposed_at IS NOT NULL
) act USING (bridge_id)
WHERE c.direction_at IS NOT NULL AND act.at < c.direction_at AND bridge.audit_end(act.at) < c.direction_at
ORDER BY c.bridge_id, act.at, act.action DESC, act.system
