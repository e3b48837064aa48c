-- Three-way comparison. Lists and counts of the peers are copied into temporary tables; every record of the three sides
-- is put beside its fellows in pg_temp.compare_match; totals and differences follow from that (compare_find.sql), are kept
-- (compare_keep.sql) and read back (compare_read.sql).
-- Statuses are compared as the portal can say them: words[i] shows as there[i] at the portal; categories as the police system
-- that has the complaint can.

-- What a list does not bring is NULL. digest: of subject and body (compare.h).
-- name: compare_make_ids
CREATE TEMPORARY TABLE IF NOT EXISTS compare_ids (
    system text NOT NULL, number text NOT NULL, origin text, origin_number text, origin_norm text,
    unit text, status text, marked_at timestamptz, changed_at timestamptz,
    category text, received_at timestamptz, registered_at timestamptz, digest bytea
);

-- name: compare_make_count
CREATE TEMPORARY TABLE IF NOT EXISTS compare_count (system text NOT NULL, unit text, status text, day text, n bigint NOT NULL);

-- p_ what the portal says, q_ the police systems, s_ staging; q_system is the one that holds it. q_closed: every other record
-- of the complaint stands at the police as a duplicate, and the one that staging knows does not. What a side does not tell
-- stands as staging has it, but for digests: no text was compared where either is NULL, as of one that was erased on order.
-- name: compare_make_match
CREATE TEMPORARY TABLE IF NOT EXISTS compare_match (
    number text NOT NULL, bridge_id bigint, police_number text,
    p_has boolean NOT NULL, p_unit text, p_status text, p_category text, p_day date, p_received date, p_registered date,
    p_digest bytea, p_changed timestamptz,
    q_has boolean NOT NULL, q_unit text, q_status text, q_category text, q_day date, q_received date, q_registered date,
    q_digest bytea, q_changed timestamptz, q_times bigint, q_numbers text, q_closed boolean, q_elsewhere boolean,
    s_has boolean NOT NULL, s_unit text, s_status text, s_category text, s_day date, s_received date, s_registered date,
    s_digest bytea, s_police text,
    p_seen timestamptz, q_seen timestamptz, q_known boolean NOT NULL, q_system text
) ON COMMIT DELETE ROWS;

-- name: compare_make_found
CREATE TEMPORARY TABLE IF NOT EXISTS compare_found (
    number text NOT NULL, bridge_id bigint, police_number text, what text NOT NULL,
    portal_says text, police_says text, staging_says text, reason text NOT NULL, since timestamptz, digest bytea
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
-- kind_*: every category, and how it shows at a police system.
-- name: compare_fill (portal text, police text[], words text[], there text[], kind_system text[], kind_word text[], kind_there text[])
WITH said AS (
    SELECT * FROM unnest($3, $4) AS s (word, there)
), kind AS (
    SELECT * FROM unnest($5, $6, $7) AS k (system, word, there)
), p AS (
    SELECT DISTINCT ON (i.number) i.number, i.unit, COALESCE(s.there, i.status) AS status, i.marked_at, i.changed_at,
           i.category, i.received_at, i.registered_at, i.digest
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
    SELECT i.system, i.number AS police_number, i.unit, COALESCE(s.there, i.status) AS status,
           i.status IS NOT DISTINCT FROM 'DUPL' AS duplicate, i.marked_at, i.changed_at, i.category, i.received_at,
           i.registered_at, i.digest,
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
           category, received_at, registered_at, digest,
           count(*) OVER one AS times,
           string_agg(police_number, ' ') OVER (PARTITION BY number ORDER BY system, police_number
                                                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS numbers,
           NOT duplicate AND count(*) FILTER (WHERE NOT duplicate) OVER one = 1
               AND known_as IS NOT DISTINCT FROM police_number AND known_in IS NOT DISTINCT FROM system AS closed,
           linked_number IS NOT NULL AND linked_number <> number AS elsewhere
    FROM named
    WHERE number IS NOT NULL
    WINDOW one AS (PARTITION BY number)
    ORDER BY number, (known_as IS NOT DISTINCT FROM police_number AND known_in IS NOT DISTINCT FROM system) DESC, system,
             police_number
), c AS (
    SELECT c.number, c.bridge_id, c.unit, COALESCE(s.there, c.status) AS status, c.category, c.marked_at, c.received_at,
           c.registered_at, c.police_system, c.police_number, c.subject, c.body, e.bridge_id IS NOT NULL AS erased
    FROM bridge.complaint c
    LEFT JOIN said s ON s.word = c.status
    LEFT JOIN (SELECT DISTINCT bridge_id FROM bridge.erasure) e USING (bridge_id)
    WHERE c.source_system = $1
), side AS (
    SELECT COALESCE(p.number, c.number, q.number) AS number, p.number IS NOT NULL AS p_has, q.number IS NOT NULL AS q_has,
           c.number IS NOT NULL AS s_has, c.bridge_id, q.times, q.numbers, q.closed, c.police_system,
           q.elsewhere OR (q.times = 1 AND q.system = c.police_system AND q.police_number <> c.police_number) AS elsewhere,
           COALESCE(q.police_number, c.police_number) AS police_number, COALESCE(q.system, c.police_system) AS q_system,
           p.changed_at AS p_changed, q.changed_at AS q_changed,
           COALESCE(p.unit, c.unit, '') AS p_unit, COALESCE(q.unit, c.unit, p.unit, '') AS q_unit, COALESCE(c.unit, '') AS s_unit,
           COALESCE(p.status, c.status, '') AS p_status, COALESCE(q.status, '') AS q_status, c.status AS s_status,
           COALESCE(p.category, c.category, '') AS p_category,
           COALESCE(c.category, '') AS s_category,
           COALESCE(q.category, '') AS q_category, q.number IS NOT NULL AND q.category IS NULL AS q_silent,
           COALESCE(p.marked_at, c.marked_at) AS p_marked, COALESCE(q.marked_at, c.marked_at, p.marked_at) AS q_marked,
           c.marked_at AS s_marked,
           CASE WHEN c.number IS NULL THEN p.received_at ELSE c.received_at END AS s_received,
           CASE WHEN c.number IS NULL THEN p.registered_at ELSE c.registered_at END AS s_registered,
           p.received_at AS p_received, q.received_at AS q_received, p.registered_at AS p_registered,
           q.registered_at AS q_registered, p.digest AS p_digest, q.digest AS q_digest,
           CASE WHEN NOT c.erased AND (p.digest IS NOT NULL OR q.digest IS NOT NULL)
                THEN sha256(convert_to(COALESCE(c.subject, '') || E'\x1f' || COALESCE(c.body, ''), 'UTF8')) END AS s_digest
    FROM p
    FULL JOIN c USING (number)
    FULL JOIN q ON q.number = COALESCE(p.number, c.number)
), day AS (
    SELECT m.*, COALESCE((m.p_marked AT TIME ZONE 'Asia/Kolkata')::date, '-infinity') AS p_day,
           COALESCE((m.q_marked AT TIME ZONE 'Asia/Kolkata')::date, '-infinity') AS q_day,
           COALESCE((m.s_marked AT TIME ZONE 'Asia/Kolkata')::date, '-infinity') AS s_day,
           COALESCE((m.s_received AT TIME ZONE 'Asia/Kolkata')::date, '-infinity') AS s_came,
           COALESCE((m.s_registered AT TIME ZONE 'Asia/Kolkata')::date, '-infinity') AS s_entered
    FROM side m
)
-- A day or a category that either staging or the police's list does not have is not compared.
INSERT INTO pg_temp.compare_match
SELECT m.number, m.bridge_id, m.police_number,
       m.p_has, m.p_unit, m.p_status, COALESCE(kp.there, m.p_category), m.p_day,
       CASE WHEN isfinite(m.s_came) THEN COALESCE((m.p_received AT TIME ZONE 'Asia/Kolkata')::date, m.s_came) ELSE m.s_came END,
       CASE WHEN isfinite(m.s_entered) THEN COALESCE((m.p_registered AT TIME ZONE 'Asia/Kolkata')::date, m.s_entered)
            ELSE m.s_entered END,
       m.p_digest, m.p_changed,
       m.q_has, m.q_unit, m.q_status,
       CASE WHEN m.q_silent OR m.s_category = '' THEN COALESCE(ks.there, m.s_category) ELSE m.q_category END, m.q_day,
       CASE WHEN isfinite(m.s_came) THEN COALESCE((m.q_received AT TIME ZONE 'Asia/Kolkata')::date, m.s_came) ELSE m.s_came END,
       CASE WHEN isfinite(m.s_entered) THEN COALESCE((m.q_registered AT TIME ZONE 'Asia/Kolkata')::date, m.s_entered)
            ELSE m.s_entered END,
       m.q_digest, m.q_changed, m.times, m.numbers, m.closed, m.elsewhere,
       m.s_has, m.s_unit, m.s_status, COALESCE(ks.there, m.s_category), m.s_day, m.s_came, m.s_entered, m.s_digest,
       m.police_system, ps.changed_at, qs.changed_at, qs.number IS NOT NULL, m.q_system
FROM day m
LEFT JOIN kind kp ON kp.system = m.q_system AND kp.word = m.p_category
LEFT JOIN kind ks ON ks.system = m.q_system AND ks.word = m.s_category
LEFT JOIN bridge.source_record ps ON ps.system = $1 AND ps.number = m.number AND ps.bridge_id = m.bridge_id AND m.p_has
LEFT JOIN bridge.source_record qs ON qs.system = m.q_system AND qs.number = m.police_number;

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
INSERT INTO pg_temp.compare_found (number, what, portal_says, staging_says, reason, digest)
SELECT d.number, 'count', d.says, NULL, d.reason, sha256(convert_to(concat_ws(E'\x1f', $1, d.number, 'count', d.says), 'UTF8'))
FROM (
    SELECT unit || ' ' || status || ' ' || day AS number,
           'counts ' || COALESCE(c.n, 0) || ', lists ' || COALESCE(l.n, 0) AS says,
           CASE WHEN (SELECT max(o.changed_at) FROM listed o WHERE o.unit = COALESCE(c.unit, l.unit)) > $4
                THEN 'late at source' ELSE 'unexplained' END AS reason
    FROM counted c
    FULL JOIN listed l USING (unit, status, day)
    WHERE COALESCE(c.n, 0) <> COALESCE(l.n, 0)
) d;

-- name: compare_result
SELECT (SELECT count(*) FROM pg_temp.compare_match WHERE p_has) AS portal,
       (SELECT count(*) FROM pg_temp.compare_match WHERE q_has) AS police,
       (SELECT count(*) FROM pg_temp.compare_match WHERE s_has) AS staging,
       (SELECT count(*) FROM pg_temp.compare_found) AS differences,
       (SELECT count(*) FROM pg_temp.compare_found WHERE reason = 'unexplained') AS unexplained,
       (SELECT count(*) FROM pg_temp.compare_found WHERE reason = 'signed off') AS signed_off,
       NOT EXISTS (SELECT FROM pg_temp.compare_found WHERE what = 'count') AS counted;
