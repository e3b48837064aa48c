-- title: More than one officer can do | एक अधिकारी की असंभव संख्या
-- finds: officers who report on more complaints in a day, or in one hour of the clock, than anybody can look into
--   | वे अधिकारी जिनके नाम एक दिन में, या घड़ी के एक घंटे में, इतनी आख्याएँ हैं जितनी शिकायतें कोई देख नहीं सकता
-- source: CAG, IT audit of CCTNS in Odisha (2025): work booked to officers who did not do it; districts ranked by speed
-- limits: an officer is name and mobile as the police system writes them; who it is stands with the complaint named here, the
--   first of that day or hour; acts of which the day alone is known count for the day only; disposals are not counted, an office
--   signs many at once (see bulk_closing)
WITH p AS MATERIALIZED (
    SELECT max(value) FILTER (WHERE name = 'a_day')::int AS a_day, max(value) FILTER (WHERE name = 'an_hour')::int AS an_hour
    FROM bridge.rule_parameter
    WHERE rule = 'busy_officer'
), act AS (
    SELECT a.bridge_id, a.system, a.key, a.at, s.span, s.began, COALESCE(a.officer_name, '') AS name,
           COALESCE(a.officer_mobile, '') AS mobile
    FROM bridge.action a
    JOIN bridge.system y ON y.system = a.system AND y.role = 'police'
    CROSS JOIN LATERAL (SELECT a.at AT TIME ZONE 'Asia/Kolkata' AS at) l
    CROSS JOIN LATERAL (VALUES ('day', date_trunc('day', l.at)), ('hour', date_trunc('hour', l.at))) AS s (span, began)
    WHERE a.action = 'ATRS' AND (a.officer_name IS NOT NULL OR a.officer_mobile IS NOT NULL)
      AND (s.span = 'day' OR l.at::time <> time '00:00')
), many AS (
    SELECT a.system, a.name, a.mobile, a.span, a.began, count(*) AS n
    FROM (SELECT DISTINCT system, name, mobile, span, began, bridge_id FROM act) a
    GROUP BY a.system, a.name, a.mobile, a.span, a.began
    HAVING count(*) >= CASE a.span WHEN 'day' THEN (SELECT p.a_day FROM p) ELSE (SELECT p.an_hour FROM p) END
)
SELECT DISTINCT ON (m.system, m.name, m.mobile, m.span, m.began)
       c.source_system AS system, c.number, c.unit,
       to_char(m.began, CASE m.span WHEN 'day' THEN 'YYYY-MM-DD' ELSE 'YYYY-MM-DD HH24' END) || ' ' || a.key AS item,
       m.n || ' reports by one officer on ' || to_char(m.began, 'YYYY-MM-DD')
       || CASE m.span WHEN 'hour' THEN to_char(m.began, ' "between" HH24:00 "and" HH24:59') ELSE '' END
       || ' in ' || m.system || ', the first of them this one' AS detail
FROM many m
JOIN act a USING (system, name, mobile, span, began)
JOIN bridge.complaint c USING (bridge_id)
ORDER BY m.system, m.name, m.mobile, m.span, m.began, a.at, a.bridge_id, length(a.key), a.key
