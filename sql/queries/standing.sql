-- Standing for seniors: units and ranks in a period, the ranking of districts with its formula, where what kind of matter grows, and
-- what complainants say to which rank.
--
-- Arguments as compare_figures has them: systems, basis, strict, since, upto, asof. What counts is bridge.period_figures: the
-- figures of "reconcile". whole: true in a report for auditors, else small counts of confidential kinds are hidden
-- (bridge.small_counts). Counts and figures are texts ready to show: '12', '<5', '*' (told, it would give a small one away),
-- NULL = there is none. part: 'open', or 'confidential': tips, and senders who are sealed, confidential or anonymous. Only
-- rows with anything in them are there; name_en and name_hi, of_en and of_hi are never NULL. State is the unit on top of a tree.
--
--   standing_units   at 'unit': a row a district or other unit that complaints are marked to, with a total for each state; at
--                    'station': a row a station, with a total for each unit; at 'category': a row a category, whose code stands in
--                    unit and names, with a total for each state.
--                    ordinal; part; total (t: sum of its group); of_unit, of_en, of_hi: the group; unit, name_en, name_hi, level
--                    (NULL: not marked to any); opening, received, disposed, pending: opening + received - disposed = pending;
--                    overdue: pending, and due before; in_time: disposed by the due date; share: in percent of disposed, one
--                    decimal; satisfied, dissatisfied: of disposed, by the newest answer; reopened: complaints that were so in the
--                    period; median_days: from coming to disposal, one decimal
--   standing_levels  a row a rank at which it stands now, with a total, by state: ordinal; part; total; of_unit, of_en, of_hi;
--                    level ('IO', 'SHO', 'ACP/CO', 'DCP/SP', 'DIG/IG', 'ADGP/CP'; '' no rank told); pending; overdue;
--                    median_days, oldest_days: ages at the end
--   ranking          districts of the states that a system serves, of what came in the period and what became of it until now: rank;
--                    unit, name_en, name_hi; received, disposed, in_time, pending, overdue (numbers); share (in_time of received,
--                    two decimals); satisfied, dissatisfied, reopened; score (two decimals); parts: the sum in words; rule_from.
--                    First is the higher score, then who received more; who is equal in both has the same rank. Not whole:
--                    confidential complaints do not count, for with the rows of standing_units they could be reckoned.
--   ranking_parts    the sum row by row: rank; unit, name_en, name_hi; part; label_en, label_hi; of, out_of; value (percent, two
--                    decimals; NULL: left out for this district); weight; points
--   ranking_rule     the formula: ordinal; part; label_en, label_hi; weight; valid_from (NULL = ever); source
--   hot_spots        bounds: beginnings of the three months before, of the month, and its end. part; of_unit, of_en, of_hi: unit;
--                    unit, name_en, name_hi: station, else that unit; category; n: came in the month, 5 or more; mean of the three
--                    months before; change: n - mean, signed, one decimal; percent: of that mean, signed; mark: 'new' nothing
--                    before, 'rise' half more, 'fall' half less, else ''. Women and cyber first, then the greatest change.
--   feedback_levels  what complainants said in the period, by the rank that it is addressed to, with a total: ordinal; part; total;
--                    level ('' none named); answers; satisfied, dissatisfied, not_reached; rated; mean_rating (two decimals); r1 to
--                    r5; reopened: dissatisfied, and the complaint was reopened then or later

-- name: standing_units (systems text[], basis text[], strict boolean, since timestamptz, upto timestamptz, asof timestamptz, at text, whole boolean)
WITH f AS MATERIALIZED (
    SELECT f.*, CASE WHEN $7 = 'station' THEN f.unit ELSE r.root END AS of_unit,
           COALESCE(CASE $7 WHEN 'station' THEN f.station WHEN 'category' THEN f.category ELSE f.unit END, '') AS member,
           f.disposed AND f.went <= f.due_at AS in_time
    FROM bridge.period_figures($1, $2, $3, $4, $5, $6) f
    LEFT JOIN bridge.unit_root r ON r.unit = f.unit
    WHERE f.brought_forward OR f.received OR f.disposed OR f.pending
), again AS (
    SELECT DISTINCT a.bridge_id FROM bridge.action a WHERE a.action = 'REOP' AND a.at >= $4 AND a.at < $5
), sum AS (
    SELECT f.secret, f.of_unit, f.member, grouping(f.member) = 1 AS total,
           ARRAY[count(*) FILTER (WHERE f.brought_forward), count(*) FILTER (WHERE f.received), count(*) FILTER (WHERE f.disposed),
                 count(*) FILTER (WHERE f.pending), count(*) FILTER (WHERE f.overdue), count(*) FILTER (WHERE f.in_time),
                 count(*) FILTER (WHERE f.disposed AND f.satisfied = 'Y'), count(*) FILTER (WHERE f.disposed AND f.satisfied = 'N'),
                 count(a.bridge_id)] AS n,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM f.went - f.came)::float8 / 86400)
               FILTER (WHERE f.disposed) AS days
    FROM f
    LEFT JOIN again a USING (bridge_id)
    GROUP BY GROUPING SETS ((f.secret, f.of_unit, f.member), (f.secret, f.of_unit))
), row AS (
    SELECT s.*, (row_number() OVER (ORDER BY s.secret, s.of_unit, s.total, s.member))::int AS ordinal FROM sum s
), tied AS (
    SELECT r.*, CASE WHEN NOT r.total THEN max(r.ordinal) OVER (PARTITION BY r.secret, r.of_unit) END AS total_of FROM row r
), shown AS (
    SELECT bridge.small_counts(array_agg(t.n ORDER BY t.ordinal), array_agg(t.secret ORDER BY t.ordinal),
                               array_agg(t.total_of ORDER BY t.ordinal), '{1,2,3,4}', '{0,0,0,0,4,3,3,3,0}', $8) AS n
    FROM tied t
)
SELECT t.ordinal, CASE WHEN t.secret THEN 'confidential' ELSE 'open' END AS part, t.total, t.of_unit,
       COALESCE(g.name_en, 'not marked') AS of_en, COALESCE(g.name_hi, g.name_en, 'अचिह्नित') AS of_hi,
       CASE WHEN NOT t.total THEN NULLIF(t.member, '') END AS unit,
       CASE WHEN t.total THEN COALESCE(g.name_en, 'not marked')
            ELSE COALESCE(u.name_en, NULLIF(t.member, ''), CASE $7 WHEN 'station' THEN 'no station' WHEN 'category' THEN 'no category'
                                                                   ELSE 'not marked' END) END AS name_en,
       CASE WHEN t.total THEN COALESCE(g.name_hi, g.name_en, 'अचिह्नित')
            ELSE COALESCE(u.name_hi, u.name_en, NULLIF(t.member, ''), CASE $7 WHEN 'station' THEN 'बिना थाना' WHEN 'category' THEN 'बिना श्रेणी'
                                                                              ELSE 'अचिह्नित' END) END AS name_hi,
       CASE WHEN t.total THEN g.level ELSE u.level END AS level,
       s.n[t.ordinal][1] AS opening, s.n[t.ordinal][2] AS received, s.n[t.ordinal][3] AS disposed, s.n[t.ordinal][4] AS pending,
       s.n[t.ordinal][5] AS overdue, s.n[t.ordinal][6] AS in_time,
       CASE WHEN s.n[t.ordinal][3] IN ('<5', '*') OR s.n[t.ordinal][6] IN ('<5', '*') THEN '*'
            ELSE round(100.0 * t.n[6] / NULLIF(t.n[3], 0), 1)::text END AS share,
       s.n[t.ordinal][7] AS satisfied, s.n[t.ordinal][8] AS dissatisfied, s.n[t.ordinal][9] AS reopened,
       CASE WHEN s.n[t.ordinal][3] IN ('<5', '*') THEN '*' ELSE round(t.days::numeric, 1)::text END AS median_days
FROM tied t
CROSS JOIN shown s
LEFT JOIN bridge.unit g ON g.unit = t.of_unit
LEFT JOIN bridge.unit u ON u.unit = t.member AND $7 <> 'category'
ORDER BY t.ordinal;

-- name: standing_levels (systems text[], basis text[], strict boolean, since timestamptz, upto timestamptz, asof timestamptz, whole boolean)
WITH f AS MATERIALIZED (
    SELECT f.secret, r.root AS of_unit, f.overdue, extract(epoch FROM LEAST($5, $6) - f.came)::float8 / 86400 AS days,
           CASE WHEN f.level IN ('ACP', 'CO') THEN 'ACP/CO' WHEN f.level IN ('DCP', 'SP') THEN 'DCP/SP'
                WHEN f.level IN ('DIG', 'IG') THEN 'DIG/IG' WHEN f.level IN ('ADGP', 'DGP', 'CP') THEN 'ADGP/CP'
                ELSE COALESCE(f.level, '') END AS level
    FROM bridge.period_figures($1, $2, $3, $4, $5, $6) f
    LEFT JOIN bridge.unit_root r ON r.unit = f.unit
    WHERE f.pending
), sum AS (
    SELECT f.secret, f.of_unit, f.level, grouping(f.level) = 1 AS total,
           ARRAY[count(*), count(*) FILTER (WHERE f.overdue)] AS n,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY f.days) AS days, max(f.days) AS oldest
    FROM f
    GROUP BY GROUPING SETS ((f.secret, f.of_unit, f.level), (f.secret, f.of_unit))
), row AS (
    SELECT s.*, (row_number() OVER (ORDER BY s.secret, s.of_unit, s.total,
                                             array_position(ARRAY['IO', 'SHO', 'ACP/CO', 'DCP/SP', 'DIG/IG', 'ADGP/CP', ''],
                                                            s.level)))::int AS ordinal
    FROM sum s
), tied AS (
    SELECT r.*, CASE WHEN NOT r.total THEN max(r.ordinal) OVER (PARTITION BY r.secret, r.of_unit) END AS total_of FROM row r
), shown AS (
    SELECT bridge.small_counts(array_agg(t.n ORDER BY t.ordinal), array_agg(t.secret ORDER BY t.ordinal),
                               array_agg(t.total_of ORDER BY t.ordinal), '{}', '{0,1}', $7) AS n
    FROM tied t
)
SELECT t.ordinal, CASE WHEN t.secret THEN 'confidential' ELSE 'open' END AS part, t.total, t.of_unit,
       COALESCE(g.name_en, 'not marked') AS of_en, COALESCE(g.name_hi, g.name_en, 'अचिह्नित') AS of_hi,
       t.level, s.n[t.ordinal][1] AS pending, s.n[t.ordinal][2] AS overdue,
       CASE WHEN s.n[t.ordinal][1] IN ('<5', '*') THEN '*' ELSE round(t.days::numeric, 1)::text END AS median_days,
       CASE WHEN s.n[t.ordinal][1] IN ('<5', '*') THEN '*' ELSE round(t.oldest::numeric, 1)::text END AS oldest_days
FROM tied t
CROSS JOIN shown s
LEFT JOIN bridge.unit g ON g.unit = t.of_unit
ORDER BY t.ordinal;

-- name: ranking (system text, basis text, since timestamptz, upto timestamptz, asof timestamptz, whole boolean)
SELECT p.rank, p.unit, p.name_en, p.name_hi, p.received, p.disposed, p.in_time, p.pending, p.overdue,
       round(100.0 * p.in_time / NULLIF(p.received, 0), 2) AS share, p.satisfied, p.dissatisfied, p.reopened,
       round(p.score, 2) AS score,
       COALESCE(string_agg(p.part || ' ' || round(p.value, 2) || ' x ' || round(p.share, 2) || ' = ' || round(p.value * p.share, 2),
                           '; ' ORDER BY p.ordinal, p.part), '') AS parts,
       CASE WHEN isfinite(min(p.valid_from)) THEN min(p.valid_from)::text END AS rule_from
FROM bridge.district_parts($1, $2, $3, $4, $5, $6) p
GROUP BY p.rank, p.unit, p.name_en, p.name_hi, p.received, p.disposed, p.in_time, p.pending, p.overdue, p.satisfied, p.dissatisfied,
         p.reopened, p.score
ORDER BY p.rank, p.unit;

-- name: ranking_parts (system text, basis text, since timestamptz, upto timestamptz, asof timestamptz, whole boolean)
SELECT p.rank, p.unit, p.name_en, p.name_hi, p.part, p.label_en, p.label_hi, p.of, p.out_of, round(p.value, 2) AS value, p.weight,
       round(p.value * p.share, 2) AS points
FROM bridge.district_parts($1, $2, $3, $4, $5, $6) p
WHERE p.part IS NOT NULL
ORDER BY p.rank, p.unit, p.ordinal, p.part;

-- name: ranking_rule (system text, upto timestamptz, asof timestamptz)
SELECT r.ordinal, r.part, r.label_en, r.label_hi, r.weight, CASE WHEN isfinite(r.valid_from) THEN r.valid_from::text END AS valid_from,
       r.source
FROM bridge.ranking_formula($1, bridge.last_day($2, $3)) r
ORDER BY r.ordinal, r.part;

-- name: hot_spots (systems text[], basis text[], strict boolean, bounds timestamptz[], asof timestamptz, whole boolean)
WITH c AS (
    SELECT f.secret, f.unit AS of_unit, COALESCE(f.station, f.unit) AS unit, COALESCE(f.category, 'OTHER') AS category,
           width_bucket(f.came, $4[1:4]) AS month
    FROM bridge.period_figures($1, $2, $3, $4[1], $4[5], $5) f
    WHERE f.received
), spot AS (
    SELECT c.secret, c.of_unit, c.unit, c.category, count(*) FILTER (WHERE c.month = 4) AS n,
           count(*) FILTER (WHERE c.month < 4) / 3.0 AS mean,
           c.secret AND NOT $6 AND (count(*) FILTER (WHERE c.month = 1) BETWEEN 1 AND 4
                                    OR count(*) FILTER (WHERE c.month = 2) BETWEEN 1 AND 4
                                    OR count(*) FILTER (WHERE c.month = 3) BETWEEN 1 AND 4) AS small
    FROM c
    GROUP BY c.secret, c.of_unit, c.unit, c.category
    HAVING count(*) FILTER (WHERE c.month = 4) >= 5
)
SELECT CASE WHEN s.secret THEN 'confidential' ELSE 'open' END AS part, s.of_unit, COALESCE(g.name_en, 'not marked') AS of_en,
       COALESCE(g.name_hi, g.name_en, 'अचिह्नित') AS of_hi, s.unit, COALESCE(u.name_en, 'not marked') AS name_en,
       COALESCE(u.name_hi, u.name_en, 'अचिह्नित') AS name_hi, s.category, s.n,
       CASE WHEN s.small THEN '*' ELSE round(s.mean, 1)::text END AS mean,
       CASE WHEN s.small THEN '*' ELSE to_char(round(s.n - s.mean, 1), 'FMSG999999990.0') END AS change,
       CASE WHEN s.small THEN '*' ELSE to_char(round(100 * (s.n - s.mean) / NULLIF(s.mean, 0)), 'FMSG999999990') END AS percent,
       CASE WHEN s.small THEN '' WHEN s.mean = 0 THEN 'new' WHEN s.n >= 1.5 * s.mean THEN 'rise' WHEN s.n <= 0.5 * s.mean THEN 'fall'
            ELSE '' END AS mark
FROM spot s
LEFT JOIN bridge.unit g ON g.unit = s.of_unit
LEFT JOIN bridge.unit u ON u.unit = s.unit
ORDER BY s.category <> 'WOMEN', s.category <> 'CYBER', s.category, s.small, s.n - s.mean DESC, s.of_unit, s.unit, s.secret;

-- name: feedback_levels (systems text[], since timestamptz, upto timestamptz, whole boolean)
WITH said AS (
    SELECT bridge.is_secret(c.identity, c.kind) AS secret, COALESCE(f.level, '') AS level, f.satisfied, f.rating,
           f.satisfied = 'N' AND EXISTS (SELECT FROM bridge.action a
                                         WHERE a.bridge_id = f.bridge_id AND a.action = 'REOP' AND a.at >= f.at) AS again
    FROM bridge.feedback f
    JOIN bridge.complaint c USING (bridge_id)
    WHERE c.source_system = ANY ($1) AND f.at >= $2 AND f.at < $3
), sum AS (
    SELECT s.secret, s.level, grouping(s.level) = 1 AS total,
           ARRAY[count(*), count(*) FILTER (WHERE s.satisfied = 'Y'), count(*) FILTER (WHERE s.satisfied = 'N'),
                 count(*) FILTER (WHERE s.satisfied = 'U'), count(s.rating), count(*) FILTER (WHERE s.rating = 1),
                 count(*) FILTER (WHERE s.rating = 2), count(*) FILTER (WHERE s.rating = 3), count(*) FILTER (WHERE s.rating = 4),
                 count(*) FILTER (WHERE s.rating = 5), count(*) FILTER (WHERE s.again)] AS n,
           avg(s.rating) AS rating
    FROM said s
    GROUP BY GROUPING SETS ((s.secret, s.level), (s.secret))
), row AS (
    SELECT s.*, (row_number() OVER (ORDER BY s.secret, s.total,
                                             array_position(ARRAY['IO', 'SHO', 'ACP', 'CO', 'DCP', 'SP', 'DIG', 'IG', 'ADGP', 'DGP', 'CP',
                                                                  ''], s.level)))::int AS ordinal
    FROM sum s
), tied AS (
    SELECT r.*, CASE WHEN NOT r.total THEN max(r.ordinal) OVER (PARTITION BY r.secret) END AS total_of FROM row r
), shown AS (
    SELECT bridge.small_counts(array_agg(t.n ORDER BY t.ordinal), array_agg(t.secret ORDER BY t.ordinal),
                               array_agg(t.total_of ORDER BY t.ordinal), '{}', '{0,1,1,1,1,5,5,5,5,5,3}', $4) AS n
    FROM tied t
)
SELECT t.ordinal, CASE WHEN t.secret THEN 'confidential' ELSE 'open' END AS part, t.total, t.level, s.n[t.ordinal][1] AS answers,
       s.n[t.ordinal][2] AS satisfied, s.n[t.ordinal][3] AS dissatisfied, s.n[t.ordinal][4] AS not_reached, s.n[t.ordinal][5] AS rated,
       CASE WHEN s.n[t.ordinal][5] IN ('<5', '*') THEN '*' ELSE round(t.rating, 2)::text END AS mean_rating,
       s.n[t.ordinal][6] AS r1, s.n[t.ordinal][7] AS r2, s.n[t.ordinal][8] AS r3, s.n[t.ordinal][9] AS r4, s.n[t.ordinal][10] AS r5,
       s.n[t.ordinal][11] AS reopened
FROM tied t
CROSS JOIN shown s
ORDER BY t.ordinal;
