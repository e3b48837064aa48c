-- title: Supervised by a unit that is not above the station | थाने के ऊपर न होने वाली इकाई का पर्यवेक्षण
-- finds: complaints marked to a unit that is not above the station which handles them, and complaints marked to a unit, or handled by a
--   station, that had been closed by the day of marking
--   | वे शिकायतें जो ऐसी इकाई को अंकित हैं जो उन्हें देखने वाले थाने के ऊपर नहीं, और वे जो अंकन के दिन तक बंद हो चुकी इकाई को अंकित हैं
--   या ऐसे थाने के पास हैं
-- source: CAG, IT audit of CCTNS in Odisha (2025): stations mapped to wrong supervising offices, so that work went on by hand
-- limits: by the list of units as it is now: a unit has one parent; a record from before its unit began is no finding, for the bridge
--   itself gives an old record to the younger unit that has its code
WITH RECURSIVE above AS (
    SELECT u.unit, u.unit AS above
    FROM bridge.unit u
    UNION
    SELECT a.unit, u.parent
    FROM above a
    JOIN bridge.unit u ON u.unit = a.above
    WHERE u.parent IS NOT NULL
), marked AS (
    SELECT c.bridge_id, c.source_system, c.number, c.unit, c.station,
           (COALESCE(c.marked_at, c.received_at, c.staged_at) AT TIME ZONE 'Asia/Kolkata')::date AS day
    FROM bridge.complaint c
    WHERE c.unit IS NOT NULL OR c.station IS NOT NULL
)
SELECT m.source_system AS system, m.number, m.unit, 'unit' AS item,
       'station ' || m.station || ' is below ' || COALESCE(s.parent, 'none') || ', marked to ' || m.unit AS detail
FROM marked m
JOIN bridge.unit s ON s.unit = m.station
WHERE m.unit IS NOT NULL
  AND NOT EXISTS (SELECT FROM above a WHERE a.unit = m.station AND a.above = m.unit)
  AND NOT EXISTS (SELECT FROM above a WHERE a.unit = m.unit AND a.above = m.station)
UNION ALL
SELECT m.source_system, m.number, m.unit, 'day of ' || u.unit,
       u.unit || ' ended on ' || u.valid_to || ', marked on ' || m.day
FROM marked m
CROSS JOIN LATERAL (VALUES (m.unit), (m.station)) AS of (unit)
JOIN bridge.unit u ON u.unit = of.unit
WHERE m.day > u.valid_to AND (of.unit <> m.station OR m.unit IS DISTINCT FROM m.station)
