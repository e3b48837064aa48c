-- A portal that tells no list, but counts: its figures beside those of staging, by unit, status and day. No complaint is opened.

-- A line that differs is explained by deliveries on their way (each leaves one status for another: two lines) or stuck, of
-- that unit and day; by what is held and not in staging, where it makes up for all that staging lacks; or by days that
-- staging has not read to their end.
-- name: compare_count_only (portal text, words text[], there text[])
WITH said AS (
    SELECT * FROM unnest($2, $3) AS s (word, there)
), counted AS (
    SELECT COALESCE(i.unit, '') AS unit, COALESCE(s.there, i.status, '') AS status,
           COALESCE(i.day::date, '-infinity') AS day, sum(i.n) AS n
    FROM pg_temp.compare_count i
    LEFT JOIN said s ON s.word = i.status
    WHERE i.system = $1
    GROUP BY 1, 2, 3
), kept AS (
    SELECT s_unit AS unit, s_status AS status, s_day AS day, count(*) AS n
    FROM pg_temp.compare_match
    WHERE s_has
    GROUP BY 1, 2, 3
), cell AS (
    SELECT unit, status, day, COALESCE(c.n, 0) AS counts, COALESCE(k.n, 0) AS has
    FROM counted c
    FULL JOIN kept k USING (unit, status, day)
), busy AS (
    SELECT m.s_unit AS unit, m.s_day AS day,
           count(DISTINCT m.bridge_id) FILTER (WHERE x.state IN ('planned', 'sending', 'in_doubt')) AS moving,
           count(DISTINCT m.bridge_id) FILTER (WHERE x.state IN ('refused', 'held', 'dead')) AS stuck
    FROM pg_temp.compare_match m
    JOIN bridge.delivery x ON x.bridge_id = m.bridge_id AND x.target = $1
    WHERE m.s_has AND x.state IN ('planned', 'sending', 'in_doubt', 'refused', 'held', 'dead')
    GROUP BY 1, 2
), off AS (
    SELECT unit, day, sum(abs(counts - has)) AS lines FROM cell GROUP BY unit, day
), whole AS (
    SELECT sum(counts - has) AS lacks,
           (SELECT count(DISTINCT h.key) FROM bridge.held h
            WHERE h.system = $1 AND h.stream = 'complaint' AND h.state = 'open' AND h.kind IN ('set_aside', 'conflict')
              AND h.key IS NOT NULL
              AND NOT EXISTS (SELECT FROM bridge.complaint c WHERE c.source_system = $1 AND c.number = h.key)) AS held,
           (SELECT (max(r.at) AT TIME ZONE 'Asia/Kolkata')::date FROM bridge.cursor r WHERE r.system = $1) AS read_to
    FROM cell
)
INSERT INTO pg_temp.compare_found (number, what, portal_says, staging_says, reason, digest)
SELECT d.number, 'count', d.says, d.has, d.reason,
       sha256(convert_to(concat_ws(E'\x1f', $1, d.number, 'count', d.says, d.has), 'UTF8'))
FROM (
    SELECT c.unit || ' ' || c.status || ' ' || c.day AS number, 'counts ' || c.counts AS says, 'has ' || c.has AS has,
           CASE WHEN o.lines <= 2 * COALESCE(b.stuck, 0) THEN 'held'
                WHEN o.lines <= 2 * (COALESCE(b.moving, 0) + COALESCE(b.stuck, 0)) THEN 'in flight'
                WHEN c.counts > c.has AND w.lacks > 0 AND w.lacks <= w.held THEN 'held'
                WHEN c.counts > c.has AND c.day >= COALESCE(w.read_to, '-infinity') THEN 'late at source'
                ELSE 'unexplained' END AS reason
    FROM cell c
    JOIN off o USING (unit, day)
    LEFT JOIN busy b USING (unit, day)
    CROSS JOIN whole w
    WHERE c.counts <> c.has
) d;

-- name: compare_counted (portal text)
SELECT COALESCE(sum(n), 0) AS n FROM pg_temp.compare_count WHERE system = $1;
