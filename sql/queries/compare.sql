-- Three-way comparison. Lists and counts of the peers are copied into temporary tables; every record of the three sides
-- is put beside its fellows in pg_temp.compare_match; totals and differences follow from that.
-- Statuses are compared as the portal can say them: words[i] shows as there[i] at the portal.

-- name: compare_make_ids
CREATE TEMPORARY TABLE IF NOT EXISTS compare_ids (
    system text NOT NULL, number text NOT NULL, origin text, origin_number text, origin_norm text,
    unit text, status text, marked_at timestamptz, changed_at timestamptz
);

-- name: compare_make_count
CREATE TEMPORARY TABLE IF NOT EXISTS compare_count (system text NOT NULL, unit text, status text, day text, n bigint NOT NULL);

-- p_ what the portal says, q_ the police systems, s_ staging; q_system is the one that holds it
-- name: compare_make_match
CREATE TEMPORARY TABLE IF NOT EXISTS compare_match (
    number text NOT NULL, bridge_id bigint, police_number text,
    p_has boolean NOT NULL, p_unit text, p_status text, p_day date, p_changed timestamptz,
    q_has boolean NOT NULL, q_unit text, q_status text, q_day date, q_changed timestamptz,
    q_times bigint, q_elsewhere boolean,
    s_has boolean NOT NULL, s_unit text, s_status text, s_day date, s_police text,
    p_seen timestamptz, q_seen timestamptz, q_known boolean NOT NULL, q_system text
) ON COMMIT DELETE ROWS;

-- name: compare_make_found
CREATE TEMPORARY TABLE IF NOT EXISTS compare_found (
    number text NOT NULL, bridge_id bigint, police_number text, what text NOT NULL,
    portal_says text, police_says text, staging_says text, reason text NOT NULL, since timestamptz
) ON COMMIT DELETE ROWS;

-- name: compare_clear
TRUNCATE pg_temp.compare_ids, pg_temp.compare_count;

-- name: compare_copy_ids
COPY pg_temp.compare_ids FROM STDIN (FORMAT binary);

-- name: compare_copy_count
COPY pg_temp.compare_count FROM STDIN (FORMAT binary);

-- name: compare_analyze
ANALYZE pg_temp.compare_ids;

-- A police record belongs to the portal whose number it names, or else to the complaint that it is linked to. Several
-- police systems are one side: each complaint is in one of them.
-- name: compare_fill (portal text, police text[], words text[], there text[])
WITH said AS (
    SELECT * FROM unnest($3, $4) AS s (word, there)
), p AS (
    SELECT DISTINCT ON (i.number) i.number, i.unit, COALESCE(s.there, i.status) AS status, i.marked_at, i.changed_at
    FROM pg_temp.compare_ids i
    LEFT JOIN said s ON s.word = i.status
    WHERE i.system = $1
    ORDER BY i.number, i.changed_at DESC NULLS LAST
), listed AS (
    SELECT DISTINCT ON (i.system, i.number) i.*
    FROM pg_temp.compare_ids i
    WHERE i.system = ANY ($2)
    ORDER BY i.system, i.number, i.changed_at DESC NULLS LAST
), named AS (
    SELECT i.system, i.number AS police_number, i.unit, COALESCE(s.there, i.status) AS status, i.marked_at, i.changed_at,
           CASE WHEN i.origin = $1 AND i.origin_number IS NOT NULL
                THEN COALESCE(exact.number, close.number, i.origin_number)
                ELSE linked.number END AS number,
           linked.number AS linked_number, linked.police_number AS known_as, linked.police_system AS known_in
    FROM listed i
    LEFT JOIN said s ON s.word = i.status
    LEFT JOIN bridge.link l ON l.system = i.system AND l.number = i.number
    LEFT JOIN bridge.complaint linked ON linked.bridge_id = l.bridge_id AND linked.source_system = $1
    LEFT JOIN bridge.complaint exact ON i.origin = $1 AND exact.source_system = $1 AND exact.number = i.origin_number
    LEFT JOIN LATERAL (SELECT min(c.number) AS number
                       FROM bridge.complaint c
                       WHERE i.origin = $1 AND exact.number IS NULL AND c.source_system = $1
                         AND c.number_norm = i.origin_norm
                       HAVING count(*) = 1) close ON true
), q AS (
    SELECT DISTINCT ON (number) number, system, police_number, unit, status, marked_at, changed_at,
           count(*) OVER (PARTITION BY number) AS times,
           linked_number IS NOT NULL AND linked_number <> number AS elsewhere
    FROM named
    WHERE number IS NOT NULL
    ORDER BY number, (known_as IS NOT DISTINCT FROM police_number AND known_in IS NOT DISTINCT FROM system) DESC, system,
             police_number
), c AS (
    SELECT c.number, c.bridge_id, c.unit, COALESCE(s.there, c.status) AS status, c.marked_at, c.police_system, c.police_number
    FROM bridge.complaint c
    LEFT JOIN said s ON s.word = c.status
    WHERE c.source_system = $1
)
INSERT INTO pg_temp.compare_match
SELECT COALESCE(p.number, c.number, q.number), c.bridge_id, COALESCE(q.police_number, c.police_number),
       p.number IS NOT NULL, COALESCE(p.unit, c.unit, ''), COALESCE(p.status, c.status, ''),
       COALESCE((COALESCE(p.marked_at, c.marked_at) AT TIME ZONE 'Asia/Kolkata')::date, '-infinity'), p.changed_at,
       q.number IS NOT NULL, COALESCE(q.unit, c.unit, p.unit, ''), COALESCE(q.status, ''),
       COALESCE((COALESCE(q.marked_at, c.marked_at, p.marked_at) AT TIME ZONE 'Asia/Kolkata')::date, '-infinity'),
       q.changed_at, q.times, q.elsewhere,
       c.number IS NOT NULL, COALESCE(c.unit, ''), c.status,
       COALESCE((c.marked_at AT TIME ZONE 'Asia/Kolkata')::date, '-infinity'), c.police_system,
       ps.changed_at, qs.changed_at, qs.number IS NOT NULL, COALESCE(q.system, c.police_system)
FROM p
FULL JOIN c USING (number)
FULL JOIN q ON q.number = COALESCE(p.number, c.number)
LEFT JOIN bridge.source_record ps ON ps.system = $1 AND ps.number = p.number AND ps.bridge_id = c.bridge_id
LEFT JOIN bridge.source_record qs ON qs.system = COALESCE(q.system, c.police_system)
                                 AND qs.number = COALESCE(q.police_number, c.police_number);

-- What differs, and why. Reasons in the order in which they are tried; a newer change at the source only explains what
-- staging has not yet read: one at the police that is older than the run before this that read it was missed, and is not
-- explained.
-- A complaint that this run staged after it had planned what goes to the police is on its way, too; and one that changed
-- after the portal was last read in this run is late.
-- A list that lacks more than half of what was there, and more than ten, was cut short: nothing has vanished by it
-- (sweep.sql has the same rule). unsure: systems whose lists had rows without a number; those may be any record.
-- listed: the portal has a list of its own; else only staging and the police are compared. read_to: until when this run
-- has read the portal; NULL = it did not.
-- name: compare_find (portal text, police text[], cut timestamptz, run bigint, listed boolean, read_to timestamptz, unsure text[])
WITH held AS (
    SELECT COALESCE(h.parent, split_part(h.key, '#', 1)) AS number, min(h.held_at) AS since
    FROM bridge.held h
    WHERE h.state = 'open' AND (h.system = $1 OR h.system = ANY ($2))
    GROUP BY 1
), differ AS (
    SELECT m.*, 'missing in staging' AS what,
           CASE WHEN m.p_has THEN m.p_status END AS says_p, CASE WHEN m.q_has THEN m.q_status END AS says_q,
           NULL::text AS says_s
    FROM pg_temp.compare_match m
    WHERE NOT m.s_has
    UNION ALL
    SELECT m.*, 'missing at portal', NULL, CASE WHEN m.q_has THEN m.q_status END, m.s_status
    FROM pg_temp.compare_match m
    WHERE m.s_has AND NOT m.p_has AND $5
    UNION ALL
    SELECT m.*, 'missing at police', CASE WHEN m.p_has THEN m.p_status END, NULL, m.s_status
    FROM pg_temp.compare_match m
    WHERE $2 IS NOT NULL AND m.s_has AND NOT m.q_has AND (m.s_police IS NULL OR m.s_police = ANY ($2))
    UNION ALL
    SELECT m.*, 'twice at police', NULL, m.q_times::text, NULL
    FROM pg_temp.compare_match m
    WHERE m.q_times > 1
    UNION ALL
    SELECT m.*, 'link', NULL, m.police_number, NULL
    FROM pg_temp.compare_match m
    WHERE m.q_elsewhere
    UNION ALL
    SELECT m.*, 'status', CASE WHEN m.p_has THEN m.p_status END, CASE WHEN m.q_has THEN m.q_status END, m.s_status
    FROM pg_temp.compare_match m
    WHERE m.s_has AND ((m.p_has AND m.p_status <> m.s_status) OR (m.q_has AND m.q_status <> m.s_status))
    UNION ALL
    SELECT m.*, 'unit', CASE WHEN m.p_has THEN m.p_unit END, CASE WHEN m.q_has THEN m.q_unit END, m.s_unit
    FROM pg_temp.compare_match m
    WHERE m.s_has AND ((m.p_has AND m.p_unit <> m.s_unit) OR (m.q_has AND m.q_unit <> m.s_unit))
    UNION ALL
    SELECT m.*, 'day', CASE WHEN m.p_has THEN m.p_day::text END, CASE WHEN m.q_has THEN m.q_day::text END, m.s_day::text
    FROM pg_temp.compare_match m
    WHERE m.s_has AND ((m.p_has AND m.p_day <> m.s_day) OR (m.q_has AND m.q_day <> m.s_day))
), fact AS (
    SELECT d.*, LEAST(hp.since, hq.since) AS held_at, o.flight_at, o.stuck_at, o.entry_stuck_at,
           COALESCE(o.entry_flight_at, n.staged_at) AS entry_flight_at,
           CASE WHEN d.p_changed > LEAST($3, $6) AND d.p_changed > COALESCE(d.p_seen, '-infinity') THEN d.p_changed END AS p_late,
           CASE WHEN d.q_changed > $3 AND d.q_changed > COALESCE(d.q_seen, '-infinity') THEN d.q_changed END AS q_late
    FROM differ d
    LEFT JOIN held hp ON hp.number = d.number
    LEFT JOIN held hq ON hq.number = d.police_number
    LEFT JOIN LATERAL (
        SELECT min(x.planned_at) FILTER (WHERE x.state IN ('planned', 'sending', 'in_doubt')) AS flight_at,
               min(x.planned_at) FILTER (WHERE x.state IN ('refused', 'held', 'dead')) AS stuck_at,
               min(x.planned_at) FILTER (WHERE x.state IN ('planned', 'sending', 'in_doubt') AND x.stream = 'complaint') AS entry_flight_at,
               min(x.planned_at) FILTER (WHERE x.state IN ('refused', 'held', 'dead') AND x.stream = 'complaint') AS entry_stuck_at
        FROM bridge.delivery x
        WHERE x.bridge_id = d.bridge_id
          AND (x.target = $1 OR x.target = ANY ($2) OR x.stream = 'complaint')) o ON true
    LEFT JOIN LATERAL (
        SELECT c.staged_at
        FROM bridge.complaint c
        WHERE c.bridge_id = d.bridge_id AND c.first_run = $4
          AND NOT EXISTS (SELECT FROM bridge.delivery x WHERE x.bridge_id = d.bridge_id AND x.stream = 'complaint')
          AND c.staged_at > COALESCE((SELECT max(x.planned_at) FROM bridge.delivery x
                                      WHERE x.planned_run = $4 AND x.stream = 'complaint'), '-infinity')) n ON true
), page AS (
    SELECT min(h.held_at) AS held_at
    FROM bridge.held h
    WHERE h.state = 'open' AND h.kind = 'page' AND (h.system = $1 OR h.system = ANY ($2))
), fresh AS (
    SELECT COALESCE((SELECT r.started_at
                     FROM bridge.run r
                     WHERE (r.run_id < $4 OR $4 = 0)
                       AND EXISTS (SELECT FROM bridge.ledger l
                                   WHERE l.run_id = r.run_id AND l.hop = 'pull' AND l.system = ANY ($2))
                     ORDER BY r.run_id DESC
                     LIMIT 1), '-infinity') AS since
), cut_short AS (
    SELECT s.system
    FROM bridge.source_record s
    LEFT JOIN (SELECT DISTINCT system, number FROM pg_temp.compare_ids) i USING (system, number)
    WHERE (s.system = $1 OR s.system = ANY ($2)) AND s.vanished_at IS NULL
    GROUP BY s.system
    HAVING s.system = ANY ($7) OR count(*) FILTER (WHERE i.number IS NULL) > GREATEST(10, count(*) / 2)
), judged AS (
    SELECT f.number, f.bridge_id, f.police_number, f.what, f.says_p, f.says_q, f.says_s, why.reason, why.since
    FROM fact f, page, fresh, LATERAL (
        SELECT r.reason, r.since
        FROM (VALUES
            (1, 'missing in staging', 'held', COALESCE(f.held_at, page.held_at)),
            (2, 'missing in staging', 'duplicate-linked',
                (SELECT min(l.at) FROM bridge.link l WHERE l.system = $1 AND l.number = f.number)),
            (3, 'missing in staging', 'late at source', COALESCE(f.p_late, f.q_late)),

            (1, 'missing at portal', 'late at source',
                (SELECT s.changed_at FROM bridge.source_record s
                 WHERE s.system = $1 AND s.number = f.number AND s.changed_at > $3)),
            (2, 'missing at portal', 'vanished',
                (SELECT COALESCE(s.vanished_at, $3) FROM bridge.source_record s
                 WHERE s.system = $1 AND s.number = f.number
                   AND (s.vanished_at IS NOT NULL OR s.system NOT IN (SELECT system FROM cut_short)))),

            (1, 'missing at police', 'held',
                CASE WHEN f.s_police IS NULL THEN COALESCE(f.entry_stuck_at, f.held_at) ELSE f.held_at END),
            (2, 'missing at police', 'in flight', CASE WHEN f.s_police IS NULL THEN f.entry_flight_at END),
            (3, 'missing at police', 'late at source', CASE WHEN f.s_police IS NULL THEN f.p_late END),
            (4, 'missing at police', 'late at source',
                (SELECT min(l.at) FROM bridge.link l
                 WHERE f.s_police IS NOT NULL AND l.bridge_id = f.bridge_id AND l.system = ANY ($2) AND l.at >= $3)),
            (5, 'missing at police', 'vanished',
                (SELECT COALESCE(s.vanished_at, $3) FROM bridge.source_record s
                 WHERE s.system = f.s_police AND s.number = f.police_number
                   AND (s.vanished_at IS NOT NULL OR s.system NOT IN (SELECT system FROM cut_short)))),

            (1, 'twice at police', 'duplicate-linked', $3),
            (1, 'link', 'duplicate-linked', $3),

            (1, 'status', 'held', COALESCE(f.stuck_at, f.held_at)),
            (2, 'status', 'in flight', f.flight_at),
            (3, 'status', 'late at source', COALESCE(f.p_late, f.q_late)),
            (4, 'status', 'status lag', CASE WHEN f.q_changed > f.q_seen AND f.q_changed >= fresh.since THEN f.q_changed END),
            (5, 'status', 'status lag',
                (SELECT min(a.at) FROM bridge.action a
                 WHERE a.bridge_id = f.bridge_id AND a.system = f.s_police
                   AND NOT EXISTS (SELECT FROM bridge.delivery x
                                   WHERE x.target = $1 AND x.stream = 'action' AND x.bridge_id = a.bridge_id
                                     AND x.source_system = a.system AND x.key = a.key)
                   AND NOT (a.action IN ('DISP', 'CLSD')
                            AND EXISTS (SELECT FROM bridge.action r
                                        WHERE r.bridge_id = a.bridge_id AND r.system = a.system
                                          AND r.action = 'REOP' AND r.at > a.at)))),
            -- the police went away in the middle: this run has read the complaint, and not yet the action that goes with it
            (6, 'status', 'status lag',
                (SELECT COALESCE(s.changed_at, $3) FROM bridge.source_record s
                 WHERE s.system = f.s_police AND s.number = f.police_number AND s.last_run = $4
                   AND f.s_police <> ALL (COALESCE($2, '{}')))),

            (1, 'unit', 'late at source', COALESCE(f.p_late, f.q_late)),
            (2, 'unit', 'held', f.held_at),
            (3, 'unit', 'wrong unit', $3),

            (1, 'day', 'late at source', COALESCE(f.p_late, f.q_late)),
            (2, 'day', 'held', f.held_at),
            (3, 'day', 'status lag',
                (SELECT min(v.at) FROM bridge.complaint_version v
                 WHERE v.bridge_id = f.bridge_id AND (NOT f.p_has OR f.p_day = f.s_day)
                   AND ((v.was ->> 'marked_at')::timestamptz AT TIME ZONE 'Asia/Kolkata')::date = f.q_day)),

            (9, f.what, 'unexplained', '-infinity'::timestamptz)
        ) AS r (rank, what, reason, since)
        WHERE r.what = f.what AND r.since IS NOT NULL
        ORDER BY r.rank
        LIMIT 1) why
)
INSERT INTO pg_temp.compare_found
SELECT number, bridge_id, police_number, what, says_p, says_q, says_s, reason, NULLIF(since, '-infinity')
FROM judged;

-- name: compare_has_count (portal text)
SELECT EXISTS (SELECT FROM pg_temp.compare_count WHERE system = $1) AS has;

-- The portal's own count beside its list, on the days that it counted.
-- name: compare_recount (portal text, words text[], there text[], cut timestamptz)
WITH said AS (
    SELECT * FROM unnest($2, $3) AS s (word, there)
), counted AS (
    SELECT COALESCE(i.unit, '') AS unit, COALESCE(s.there, i.status, '') AS status,
           COALESCE(i.day::date, '-infinity') AS day, sum(i.n) AS n
    FROM pg_temp.compare_count i
    LEFT JOIN said s ON s.word = i.status
    WHERE i.system = $1
    GROUP BY 1, 2, 3
), listed AS (
    SELECT p_unit AS unit, p_status AS status, p_day AS day, count(*) AS n, max(p_changed) AS changed_at
    FROM pg_temp.compare_match
    WHERE p_has AND p_day BETWEEN (SELECT min(day) FROM counted) AND (SELECT max(day) FROM counted)
    GROUP BY 1, 2, 3
)
INSERT INTO pg_temp.compare_found (number, what, portal_says, staging_says, reason)
SELECT unit || ' ' || status || ' ' || day, 'count',
       'counts ' || COALESCE(c.n, 0) || ', lists ' || COALESCE(l.n, 0), NULL,
       CASE WHEN (SELECT max(o.changed_at) FROM listed o WHERE o.unit = COALESCE(c.unit, l.unit)) > $4 THEN 'late at source'
            ELSE 'unexplained' END
FROM counted c
FULL JOIN listed l USING (unit, status, day)
WHERE COALESCE(c.n, 0) <> COALESCE(l.n, 0);

-- name: compare_result
SELECT (SELECT count(*) FROM pg_temp.compare_match WHERE p_has) AS portal,
       (SELECT count(*) FROM pg_temp.compare_match WHERE q_has) AS police,
       (SELECT count(*) FROM pg_temp.compare_match WHERE s_has) AS staging,
       (SELECT count(*) FROM pg_temp.compare_found) AS differences,
       (SELECT count(*) FROM pg_temp.compare_found WHERE reason = 'unexplained') AS unexplained,
       NOT EXISTS (SELECT FROM pg_temp.compare_found WHERE what = 'count') AS counted;

-- name: compare_keep_totals (run bigint, portal text)
INSERT INTO bridge.control_total (run_id, side, system, unit, status, day, n, keyset)
SELECT $1, side, $2, unit, status, day, count(*),
       sha256(convert_to(string_agg(number, E'\n' ORDER BY number COLLATE "C"), 'UTF8'))
FROM (SELECT 'portal' AS side, p_unit AS unit, p_status AS status, p_day AS day, number
      FROM pg_temp.compare_match WHERE p_has
      UNION ALL
      SELECT 'police', q_unit, q_status, q_day, number FROM pg_temp.compare_match WHERE q_has
      UNION ALL
      SELECT 'staging', s_unit, s_status, s_day, number FROM pg_temp.compare_match WHERE s_has) AS side
GROUP BY side, unit, status, day;

-- name: compare_keep_differences (run bigint, portal text)
INSERT INTO bridge.difference (run_id, system, number, police_number, what, portal_says, police_says, staging_says, reason, since)
SELECT $1, $2, number, police_number, what, portal_says, police_says, staging_says, reason, since
FROM pg_temp.compare_found;

-- A record that a full list does not name is a finding; one that is named again is none.
-- name: compare_keep_vanished (portal text, police text[], cut timestamptz)
UPDATE bridge.source_record s
SET vanished_at = CASE WHEN v.gone THEN $3 END
FROM (SELECT $1 AS system, m.number, CASE WHEN m.p_has THEN false WHEN f.number IS NOT NULL THEN true END AS gone
      FROM pg_temp.compare_match m
      LEFT JOIN pg_temp.compare_found f ON f.number = m.number AND f.what = 'missing at portal' AND f.reason = 'vanished'
      WHERE m.s_has
      UNION ALL
      SELECT m.q_system, m.police_number, CASE WHEN m.q_has THEN false WHEN f.number IS NOT NULL THEN true END
      FROM pg_temp.compare_match m
      LEFT JOIN pg_temp.compare_found f ON f.number = m.number AND f.what = 'missing at police' AND f.reason = 'vanished'
      WHERE m.s_has AND m.police_number IS NOT NULL AND m.q_system = ANY ($2)) AS v
WHERE s.system = v.system AND s.number = v.number AND (s.vanished_at IS NOT NULL) <> v.gone;

-- ---------------------------------------------------------------- read back

-- name: compare_last (portal text)
SELECT COALESCE(max(run_id), 0) AS run_id FROM bridge.control_total WHERE system = $1;

-- same: each cell of unit, status and day has the same members on the sides that were asked.
-- name: compare_rows (run bigint, portal text, by_unit boolean, by_status boolean, by_day boolean)
WITH asked AS (
    SELECT 1 + (EXISTS (SELECT FROM bridge.control_total WHERE run_id = $1 AND system = $2 AND side = 'police')
                OR EXISTS (SELECT FROM bridge.difference
                           WHERE run_id = $1 AND system = $2 AND what = 'missing at police'))::int
             + (EXISTS (SELECT FROM bridge.control_total WHERE run_id = $1 AND system = $2 AND side = 'portal')
                OR EXISTS (SELECT FROM bridge.difference
                           WHERE run_id = $1 AND system = $2 AND what = 'missing at portal'))::int AS sides
), cell AS (
    SELECT unit, status, day,
           COALESCE(sum(n) FILTER (WHERE side = 'portal'), 0) AS portal,
           COALESCE(sum(n) FILTER (WHERE side = 'police'), 0) AS police,
           COALESCE(sum(n) FILTER (WHERE side = 'staging'), 0) AS staging,
           count(DISTINCT keyset) = 1 AND count(*) = (SELECT sides FROM asked) AS same
    FROM bridge.control_total
    WHERE run_id = $1 AND system = $2
    GROUP BY unit, status, day
)
SELECT CASE WHEN $3 THEN cell.unit ELSE '' END AS unit, CASE WHEN $3 THEN COALESCE(max(u.name_en), '') ELSE '' END AS unit_name,
       CASE WHEN $4 THEN status ELSE '' END AS status, CASE WHEN $5 THEN day::text ELSE '' END AS day,
       sum(portal) AS portal, sum(police) AS police, sum(staging) AS staging, bool_and(same) AS same
FROM cell
LEFT JOIN bridge.unit u USING (unit)
GROUP BY 1, 3, 4
ORDER BY 1, 3, 4;

-- name: compare_differences (run bigint, portal text, reason text, count bigint)
SELECT d.number, d.police_number, d.what, d.portal_says, d.police_says, d.staging_says, d.reason,
       to_char(d.since, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS since, c.unit
FROM bridge.difference d
LEFT JOIN bridge.complaint c ON c.source_system = d.system AND c.number = d.number
WHERE d.run_id = $1 AND d.system = $2 AND ($3 IS NULL OR d.reason = $3)
ORDER BY d.reason <> 'unexplained', d.reason, d.number, d.what
LIMIT $4;

-- name: compare_reasons (run bigint, portal text)
SELECT reason, what, count(*) AS n
FROM bridge.difference
WHERE run_id = $1 AND system = $2
GROUP BY reason, what
ORDER BY reason <> 'unexplained', reason, what;
