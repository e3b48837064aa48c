-- title: Disposed of or reported on before it was received | प्राप्ति से पहले निस्तारण या आख्या
-- finds: complaints with a report, an interim reply or a disposal that is older than their receipt
--   | वे शिकायतें जिनकी आख्या, अंतरिम उत्तर या निस्तारण उनकी प्राप्ति से पहले का है
-- source: CAG, IT audit of CCTNS in Odisha (2025): order of events not enforced; what auditors ask for first
-- limits: where nobody told when it was received, the marking to the unit counts; a day alone counts as the whole day; one
--   finding a complaint, by the earliest act
SELECT DISTINCT ON (c.bridge_id) c.source_system AS system, c.number, c.unit, '' AS item,
       act.action || ' in ' || act.system || ' of ' || bridge.audit_time(act.at) || ', received '
       || bridge.audit_time(COALESCE(c.received_at, c.marked_at)) AS detail
FROM bridge.complaint c
JOIN (
    SELECT a.bridge_id, a.system, a.action, a.at
    FROM bridge.action a
    WHERE a.action IN ('INTR', 'ATRS', 'DISP', 'CLSD')
    UNION ALL
    SELECT d.bridge_id, COALESCE(d.police_system, d.source_system), 'DISP', d.disposed_at
    FROM bridge.complaint d
    WHERE d.disposed_at IS NOT NULL
) act USING (bridge_id)
WHERE act.at < COALESCE(c.received_at, c.marked_at) AND bridge.audit_end(act.at) < COALESCE(c.received_at, c.marked_at)
ORDER BY c.bridge_id, act.at, act.action DESC, act.system
