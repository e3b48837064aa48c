-- What differs, and why. Reasons in the order in which they are tried; a newer change at the source only explains what
-- staging has not yet read: one at the police that is older than the run before this that read it was missed, and is not
-- explained.
-- A complaint that this run staged after it had planned what goes to the police is on its way, too; and one that changed
-- after the portal was last read in this run is late.
-- A list that lacks more than half of what was there, and more than ten, was cut short: nothing has vanished by it
-- (sweep.sql has the same rule). unsure: systems whose lists had rows without a number; those may be any record.
-- listed: the portal has a list of its own; else only staging and the police are compared. read_to: until when this run
-- has read the portal; NULL = it did not, then its cursor tells: what changed behind it is still to be read.
-- lookback: ms before that cursor from which the next pull reads. What the portal wrote late within them is still to be read, too;
-- but a pull has been over what the comparison before this one told: that was missed, and is not explained.
-- A police record that names another complaint than the one it is linked to, or has another number than the one staging knows
-- ("link"), is never explained: the number that was told to the complainant is no longer right.
-- One complaint that the police have twice is a wrong count: it is explained only by the police themselves, who closed all but
-- the one that staging knows as duplicates.
-- name: compare_find (portal text, police text[], cut timestamptz, run bigint, listed boolean, read_to timestamptz, unsure text[], kind_system text[], kind_word text[], kind_there text[], lookback bigint)
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
    SELECT m.*, 'twice at police', NULL, m.q_times || ': ' || m.q_numbers, NULL
    FROM pg_temp.compare_match m
    WHERE m.q_times > 1
    UNION ALL
    SELECT m.*, 'link', NULL, m.police_number,
           (SELECT c.police_number FROM bridge.complaint c WHERE c.bridge_id = m.bridge_id)
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
    SELECT m.*, 'category', CASE WHEN m.p_has THEN m.p_category END, CASE WHEN m.q_has THEN m.q_category END, m.s_category
    FROM pg_temp.compare_match m
    WHERE m.s_has AND ((m.p_has AND m.p_category <> m.s_category) OR (m.q_has AND m.q_category <> m.s_category))
    UNION ALL
    SELECT m.*, 'text', CASE WHEN m.p_has THEN left(encode(m.p_digest, 'hex'), 12) END,
           CASE WHEN m.q_has THEN left(encode(m.q_digest, 'hex'), 12) END, left(encode(m.s_digest, 'hex'), 12)
    FROM pg_temp.compare_match m
    WHERE m.s_has AND ((m.p_has AND m.p_digest <> m.s_digest) OR (m.q_has AND m.q_digest <> m.s_digest))
    UNION ALL
    -- one line a complaint: of the days that differ the first of marked, received, registered
    SELECT m.*, 'day', CASE WHEN m.p_has THEN d.name || d.p END, CASE WHEN m.q_has THEN d.name || d.q END, d.name || d.s
    FROM pg_temp.compare_match m
    CROSS JOIN LATERAL (
        SELECT x.name, x.p, x.q, x.s
        FROM (VALUES (1, '', m.p_day, m.q_day, m.s_day), (2, 'received ', m.p_received, m.q_received, m.s_received),
                     (3, 'registered ', m.p_registered, m.q_registered, m.s_registered)) AS x (rank, name, p, q, s)
        WHERE (m.p_has AND x.p <> x.s) OR (m.q_has AND x.q <> x.s)
        ORDER BY x.rank
        LIMIT 1) d
    WHERE m.s_has
), fact AS (
    SELECT d.*, LEAST(hp.since, hq.since) AS held_at, o.flight_at, o.stuck_at, o.entry_stuck_at,
           COALESCE(o.entry_flight_at, n.staged_at) AS entry_flight_at,
           CASE WHEN d.p_changed > COALESCE(d.p_seen, '-infinity')
                 AND (d.p_changed > LEAST($3, reach.at)
                      OR d.p_changed > reach.again AND NOT ($6 IS NOT NULL AND EXISTS (
                          SELECT FROM bridge.difference e
                          WHERE e.run_id = reach.compared AND e.system = $1 AND e.number = d.number AND e.what = d.what)))
                THEN d.p_changed END AS p_late,
           CASE WHEN d.q_changed > $3 AND d.q_changed > COALESCE(d.q_seen, '-infinity') THEN d.q_changed END AS q_late
    FROM differ d
    CROSS JOIN (SELECT COALESCE($6, max(c.at)) AS at, max(c.at) - $11::bigint * interval '1 ms' AS again,
                       (SELECT k.run_id FROM bridge.comparison k WHERE k.system = $1) AS compared
                FROM bridge.cursor c
                WHERE c.system = $1) reach
    LEFT JOIN held hp ON hp.number = d.number
    LEFT JOIN held hq ON hq.number = d.police_number
    LEFT JOIN LATERAL (
        SELECT min(x.planned_at) FILTER (WHERE x.state IN ('planned', 'sending', 'in_doubt')) AS flight_at,
               min(x.planned_at) FILTER (WHERE x.state IN ('refused', 'held', 'dead')) AS stuck_at,
               min(x.planned_at) FILTER (WHERE x.state IN ('planned', 'sending', 'in_doubt') AND x.stream = 'complaint')
                   AS entry_flight_at,
               min(x.planned_at) FILTER (WHERE x.state IN ('refused', 'held', 'dead') AND x.stream = 'complaint')
                   AS entry_stuck_at
        FROM bridge.delivery x
        WHERE x.bridge_id = d.bridge_id
          AND (x.target = $1 OR x.target = ANY ($2) OR x.stream = 'complaint')) o ON true
    LEFT JOIN LATERAL (
        SELECT c.staged_at
        FROM bridge.complaint c
        WHERE c.bridge_id = d.bridge_id AND c.first_run = $4
          AND NOT EXISTS (SELECT FROM bridge.delivery x WHERE x.bridge_id = d.bridge_id AND x.stream = 'complaint')
          AND c.staged_at >= COALESCE((SELECT max(x.planned_at) FROM bridge.delivery x
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
    WHERE (s.system = $1 OR s.system = ANY ($2)) AND s.vanished_at IS NULL AND s.released_at IS NULL
    GROUP BY s.system
    HAVING s.system = ANY ($7) OR count(*) FILTER (WHERE i.number IS NULL) > GREATEST(10, count(*) / 2)
), judged AS (
    SELECT f.number, f.bridge_id, f.police_number, f.what, f.says_p, f.says_q, f.says_s, why.reason, why.since,
           CASE WHEN f.what = 'text' THEN encode(COALESCE(f.p_digest, f.s_digest) || f.q_digest || f.s_digest, 'hex') END AS texts
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
            (2, 'missing at portal', 'no longer kept',
                (SELECT s.released_at FROM bridge.source_record s WHERE s.system = $1 AND s.number = f.number)),
            (3, 'missing at portal', 'vanished',
                (SELECT COALESCE(s.vanished_at, $3) FROM bridge.source_record s
                 WHERE s.system = $1 AND s.number = f.number
                   AND (s.vanished_at IS NOT NULL OR s.system NOT IN (SELECT system FROM cut_short)))),

            (1, 'missing at police', 'held',
                CASE WHEN f.s_police IS NULL THEN COALESCE(f.entry_stuck_at, f.held_at) ELSE f.held_at END),
            (2, 'missing at police', 'in flight', CASE WHEN f.s_police IS NULL THEN f.entry_flight_at END),
            (2, 'missing at police', 'in flight',      -- it lies at the control room of the portal
                (SELECT c.staged_at FROM bridge.complaint c
                 JOIN bridge.unit_alias k ON k.scheme = 'control' AND k.code = $1 AND k.unit = c.unit
                 WHERE c.bridge_id = f.bridge_id AND f.s_police IS NULL)),
            (3, 'missing at police', 'late at source', CASE WHEN f.s_police IS NULL THEN f.p_late END),
            (4, 'missing at police', 'late at source',
                (SELECT min(l.at) FROM bridge.link l
                 WHERE f.s_police IS NOT NULL AND l.bridge_id = f.bridge_id AND l.system = ANY ($2) AND l.at >= $3)),
            (5, 'missing at police', 'no longer kept',
                (SELECT s.released_at FROM bridge.source_record s
                 WHERE s.system = f.s_police AND s.number = f.police_number)),
            (6, 'missing at police', 'vanished',
                (SELECT COALESCE(s.vanished_at, $3) FROM bridge.source_record s
                 WHERE s.system = f.s_police AND s.number = f.police_number
                   AND (s.vanished_at IS NOT NULL OR s.system NOT IN (SELECT system FROM cut_short)))),

            (1, 'twice at police', 'duplicate-linked', CASE WHEN f.q_closed THEN $3 END),
            (1, 'link', 'late at source', f.q_late),

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
                 WHERE v.bridge_id = f.bridge_id AND (NOT f.p_has OR f.p_day = f.s_day) AND f.q_day <> f.s_day
                   AND ((v.was ->> 'marked_at')::timestamptz AT TIME ZONE 'Asia/Kolkata')::date = f.q_day)),

            (1, 'category', 'late at source', COALESCE(f.p_late, f.q_late)),
            (2, 'category', 'held', f.held_at),
            (3, 'category', 'older version',
                (SELECT min(v.at) FROM bridge.complaint_version v
                 WHERE v.bridge_id = f.bridge_id AND (NOT f.p_has OR f.p_category = f.s_category)
                   AND (v.was ->> 'category' = f.q_category
                        OR EXISTS (SELECT FROM unnest($8, $9, $10) AS k (system, word, there)
                                   WHERE k.system = f.q_system AND k.word = v.was ->> 'category' AND k.there = f.q_category)))),

            -- the police were told the text once, when they registered it; the owner has changed it since
            (1, 'text', 'late at source', COALESCE(f.p_late, f.q_late)),
            (2, 'text', 'held', f.held_at),
            (3, 'text', 'older version',
                (SELECT min(v.at) FROM bridge.complaint_version v
                 WHERE v.bridge_id = f.bridge_id AND (NOT f.p_has OR f.p_digest IS NULL OR f.p_digest = f.s_digest)
                   AND sha256(convert_to(COALESCE(v.was ->> 'subject', '') || E'\x1f' || COALESCE(v.was ->> 'body', ''), 'UTF8'))
                       = f.q_digest)),

            (9, f.what, 'unexplained', '-infinity'::timestamptz)
        ) AS r (rank, what, reason, since)
        WHERE r.what = f.what AND r.since IS NOT NULL
        ORDER BY r.rank
        LIMIT 1) why
), worded AS (
    SELECT j.*, sha256(convert_to(concat_ws(E'\x1f', $1, j.number, j.what, COALESCE(j.police_number, E'\x1e'),
                                            COALESCE(j.says_p, E'\x1e'), COALESCE(j.says_q, E'\x1e'),
                                            COALESCE(j.says_s, E'\x1e'), j.texts), 'UTF8')) AS digest
    FROM judged j
)
INSERT INTO pg_temp.compare_found
SELECT number, bridge_id, police_number, what, says_p, says_q, says_s, reason, NULLIF(since, '-infinity'), digest
FROM worded;

-- An officer has answered for exactly this.
-- name: compare_signed (portal text)
UPDATE pg_temp.compare_found f
SET reason = 'signed off', since = o.at
FROM (SELECT s.number, s.what, s.digest, max(s.at) AS at
      FROM bridge.signoff s
      WHERE s.system = $1
      GROUP BY s.number, s.what, s.digest) o
WHERE o.number = f.number AND o.what = f.what AND o.digest = f.digest;
