-- title: Closed in bulk at the end of a month | माह के अंत में एक साथ निस्तारण
-- finds: units that disposed of many complaints in the last hours of a month, and of a large part of all of that month
--   | वे इकाइयाँ जिन्होंने माह के अंतिम घंटों में बहुत-सी शिकायतें, और पूरे माह के निस्तारण का बड़ा भाग, निस्तारित किया
-- source: districts are ranked by the month; late at night before the ranking complaints are closed that nobody looked into
-- limits: by the unit to which a complaint is marked; a disposal of which the day alone is known is left out; a finding for each
--   unit and month
WITH p AS MATERIALIZED (
    SELECT max(value) FILTER (WHERE name = 'hours')::numeric AS hours,
           max(value) FILTER (WHERE name = 'least')::int AS least,
           max(value) FILTER (WHERE name = 'share')::numeric AS share
    FROM bridge.rule_parameter
    WHERE rule = 'bulk_closing'
), closed AS (
    SELECT COALESCE(c.police_system, c.source_system) AS system, c.unit, l.at, date_trunc('month', l.at) AS month
    FROM bridge.complaint c
    CROSS JOIN LATERAL (SELECT c.disposed_at AT TIME ZONE 'Asia/Kolkata' AS at) l
    WHERE c.disposed_at IS NOT NULL AND c.unit IS NOT NULL AND l.at::time <> time '00:00'
), counted AS (
    SELECT x.system, x.unit, x.month, count(*) AS n,
           count(*) FILTER (WHERE x.at >= x.month + interval '1 month' - p.hours * interval '1 hour') AS late
    FROM closed x
    CROSS JOIN p
    GROUP BY x.system, x.unit, x.month
)
SELECT n.system, '' AS number, n.unit, n.unit || ' ' || to_char(n.month, 'YYYY-MM') AS item,
       n.late || ' of ' || n.n || ' disposals of ' || to_char(n.month, 'YYYY-MM') || ' in its last ' || p.hours || ' hours' AS detail
FROM counted n
CROSS JOIN p
WHERE n.late >= p.least AND n.late * 100 >= n.n * p.share
