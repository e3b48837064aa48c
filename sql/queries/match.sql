-- The same grievance through several doors: what is compared, with what, and what was found. bridge/core/match.c keeps the order.

-- Complaints after one that were not compared yet, or changed since, or were compared with other options; digest is that of what was
-- compared then. A sealed sender is not looked for.
-- name: match_todo (after bigint, options bytea, most bigint)
WITH todo AS MATERIALIZED (
    SELECT c.bridge_id, CASE WHEN s.options = $2 THEN s.digest END AS digest
    FROM bridge.complaint c
    LEFT JOIN LATERAL (
        SELECT m.last_run, m.digest, m.options FROM bridge.match_seen m WHERE m.bridge_id = c.bridge_id OFFSET 0
    ) s ON true
    WHERE c.bridge_id > $1 AND (s.last_run IS NULL OR s.last_run <> c.last_run OR s.options <> $2)
    ORDER BY c.bridge_id
    LIMIT $3
)
SELECT c.bridge_id, c.last_run, COALESCE(c.identity, 'N') AS identity, c.complainant, c.relative_name, c.mobile, c.unit, c.station,
       c.pincode, c.category, concat_ws(' ', COALESCE(c.subject_unicode, c.subject), COALESCE(c.body_unicode, c.body)) AS text,
       (extract(epoch FROM COALESCE(c.received_at, c.registered_at, c.marked_at)) * 1000000)::bigint AS since,
       (extract(epoch FROM c.disposed_at) * 1000000)::bigint AS over,
       concat_ws(E'\n', c.parent_number, c.case_number) AS quoted,
       (SELECT string_agg(l.number_norm, E'\n' ORDER BY l.system, l.number)
        FROM (SELECT k.system, k.number, k.number_norm FROM bridge.link k WHERE k.bridge_id = c.bridge_id
              UNION SELECT c.source_system, c.number, c.number_norm) l) AS own,
       t.digest
FROM todo t
CROSS JOIN LATERAL (SELECT k.* FROM bridge.complaint k WHERE k.bridge_id = t.bridge_id OFFSET 0) c
ORDER BY c.bridge_id;

-- name: match_seen (ids bigint[], runs bigint[], digests bytea[], options bytea)
INSERT INTO bridge.match_seen AS s (bridge_id, last_run, digest, options)
SELECT v.id, v.run, v.digest, $4
FROM unnest($1, $2, $3) AS v (id, run, digest)
ON CONFLICT (bridge_id) DO UPDATE SET last_run = EXCLUDED.last_run, digest = EXCLUDED.digest, options = EXCLUDED.options;

-- name: match_forget_keys (ids bigint[])
DELETE FROM bridge.match_key WHERE bridge_id = ANY ($1);

-- What a person has not spoken on is made anew.
-- name: match_forget_pairs (ids bigint[])
DELETE FROM bridge.duplicate_pair p
WHERE p.state = 'suggested' AND (p.bridge_id = ANY ($1) OR p.other_id = ANY ($1));

-- name: match_add_keys (ids bigint[], kinds text[], hashes bytea[])
INSERT INTO bridge.match_key (bridge_id, kind, hash, since, upto)
SELECT v.id, v.kind, v.hash, t.since, GREATEST(t.since, c.disposed_at)
FROM unnest($1, $2, $3) AS v (id, kind, hash)
JOIN bridge.complaint c ON c.bridge_id = v.id
CROSS JOIN LATERAL (SELECT COALESCE(c.received_at, c.registered_at, c.marked_at) AS since) t
ON CONFLICT DO NOTHING;

-- Pairs to compare, each once, the smaller id first. A key that more than a crowd have says nothing of a person, and is passed over.
-- name: match_find (ids bigint[], window_ms bigint, crowd bigint)
WITH found AS (
    SELECT m.bridge_id AS mine, m.kind, o.bridge_id AS other, count(*) OVER (PARTITION BY m.bridge_id, m.kind, m.hash) AS n
    FROM bridge.match_key m
    CROSS JOIN LATERAL (
        SELECT k.bridge_id
        FROM bridge.match_key k
        WHERE k.hash = m.hash AND k.bridge_id <> m.bridge_id
          AND k.kind = ANY (CASE m.kind WHEN 'q' THEN '{o}' WHEN 'o' THEN '{q}' WHEN 'g' THEN '{g,G}' WHEN 'G' THEN '{g}'
                                        ELSE ARRAY[m.kind] END)
          AND (m.kind IN ('q', 'o')
               OR (k.since <= m.upto + $2 * interval '1 millisecond' AND k.upto >= m.since - $2 * interval '1 millisecond') IS NOT FALSE)
        LIMIT $3 + 1
    ) o
    WHERE m.bridge_id = ANY ($1)
), pair AS (
    SELECT LEAST(f.mine, f.other) AS a, GREATEST(f.mine, f.other) AS b, bool_or(f.kind IN ('q', 'o')) AS quoted
    FROM found f
    WHERE f.n <= $3
    GROUP BY 1, 2
)
SELECT p.a, p.b, p.quoted
FROM pair p
WHERE NOT EXISTS (SELECT FROM bridge.duplicate_pair d WHERE d.bridge_id = p.a AND d.other_id = p.b AND d.state <> 'suggested')
ORDER BY p.a, p.b;

-- name: match_who (ids bigint[])
SELECT c.bridge_id, COALESCE(c.identity, 'N') AS identity, c.complainant, c.relative_name, c.mobile, c.unit, c.station, c.pincode,
       c.category, (extract(epoch FROM COALESCE(c.received_at, c.registered_at, c.marked_at)) * 1000000)::bigint AS since,
       (extract(epoch FROM c.disposed_at) * 1000000)::bigint AS over
FROM bridge.complaint c
WHERE c.bridge_id = ANY ($1)
ORDER BY c.bridge_id;

-- name: match_texts (ids bigint[])
SELECT c.bridge_id, concat_ws(' ', COALESCE(c.subject_unicode, c.subject), COALESCE(c.body_unicode, c.body)) AS text
FROM bridge.complaint c
WHERE c.bridge_id = ANY ($1)
ORDER BY c.bridge_id;

-- person: how surely it is the same, made already. What is told is the better of words and facts, stretched, for nobody tells a thing
-- twice in the same words; with a telling number in common 0.75 at least, with others alone 0.8 of it. The matter is the mean, by their
-- weights, of what is known of both; the score is person times matter, and 1 where one names the number of the other.
-- name: match_add_pairs (run bigint, at timestamptz, a bigint[], b bigint[], kinds text[], person text[], facts text[], place text[], days text[], category text[], why text[], ids bigint[], texts text[], w_text numeric, w_facts numeric, w_place numeric, w_days numeric, w_category numeric, least numeric)
WITH doc AS MATERIALIZED (
    SELECT v.id, v.words FROM unnest($12, $13) AS v (id, words)
), pair AS (
    SELECT p.*, CASE WHEN x.words <> '' AND y.words <> '' THEN round(bridge.alike(x.words, y.words)::numeric, 4) END AS text
    FROM unnest($3, $4, $5, $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[], $10::numeric[], $11)
        AS p (a, b, kind, person, facts, place, days, category, why)
    LEFT JOIN doc x ON x.id = p.a
    LEFT JOIN doc y ON y.id = p.b
), told AS (
    SELECT p.*, 1.4 * GREATEST(CASE WHEN $14 > 0 THEN p.text * 2 END, CASE WHEN $15 > 0 THEN p.facts END, 0) AS told,
           CASE WHEN $15 > 0 THEN (p.why::jsonb ->> 'figures')::boolean END AS figures
    FROM pair p
), weighed AS (
    SELECT p.*, LEAST(1, CASE p.figures WHEN true THEN GREATEST(p.told, 0.75) WHEN false THEN p.told * 0.8 ELSE p.told END)
                    * ((p.text IS NOT NULL)::int * $14 + (p.facts IS NOT NULL)::int * $15)
                + COALESCE(p.place, 0) * $16 + COALESCE(p.days, 0) * $17 + COALESCE(p.category, 0) * $18 AS sum,
           (p.text IS NOT NULL)::int * $14 + (p.facts IS NOT NULL)::int * $15 + (p.place IS NOT NULL)::int * $16
           + (p.days IS NOT NULL)::int * $17 + (p.category IS NOT NULL)::int * $18 AS weight
    FROM told p
), scored AS (
    SELECT w.*, round(w.sum / NULLIF(w.weight, 0), 4) AS matter,
           CASE WHEN w.kind = 'linked' THEN 1 WHEN w.text IS NULL OR w.weight = 0 THEN 0
                ELSE round(w.person * w.sum / w.weight, 4) END AS score
    FROM weighed w
)
INSERT INTO bridge.duplicate_pair (bridge_id, other_id, kind, score, why, run_id, at)
SELECT s.a, s.b, s.kind, s.score,
       s.why::jsonb || jsonb_strip_nulls(jsonb_build_object('who', s.person, 'matter', s.matter, 'text', s.text, 'facts', s.facts,
                                                            'place', s.place, 'category', s.category)), $1, $2
FROM scored s
WHERE s.score >= $19
ON CONFLICT DO NOTHING
RETURNING kind;

-- ---------------------------------------------------------------- what a person asks, and says

-- name: match_list (after_a bigint, after_b bigint, most bigint)
SELECT p.bridge_id AS a, p.other_id AS b, x.source_system AS system, x.number, y.source_system AS other_system, y.number AS other_number,
       p.kind, p.score, p.state, bridge.duplicate_reasons(p.why) AS reasons
FROM bridge.duplicate_pair p
JOIN bridge.complaint x ON x.bridge_id = p.bridge_id
JOIN bridge.complaint y ON y.bridge_id = p.other_id
WHERE (p.bridge_id, p.other_id) > ($1, $2)
ORDER BY p.bridge_id, p.other_id
LIMIT $3;

-- Pairs of a complaint's whole group.
-- name: match_of (id bigint)
SELECT x.source_system AS system, x.number, y.source_system AS other_system, y.number AS other_number, p.kind, p.score, p.state,
       bridge.duplicate_reasons(p.why) AS reasons, p.decided_by, p.decided_why
FROM bridge.duplicate_pair p
JOIN bridge.complaint x ON x.bridge_id = p.bridge_id
JOIN bridge.complaint y ON y.bridge_id = p.other_id
WHERE p.bridge_id IN (SELECT bridge.duplicate_members($1)) AND p.other_id IN (SELECT bridge.duplicate_members($1))
   OR p.bridge_id = $1 OR p.other_id = $1
ORDER BY p.bridge_id, p.other_id;

-- The group: first came first; nth counts how often the matter was lodged.
-- name: match_group (id bigint)
WITH member AS MATERIALIZED (
    SELECT c.bridge_id, c.source_system, c.number, c.status, c.disposed_at, COALESCE(c.received_at, c.registered_at, c.marked_at) AS came
    FROM bridge.complaint c
    WHERE c.bridge_id IN (SELECT bridge.duplicate_members($1))
), told AS (
    SELECT m.*, EXISTS (SELECT
                        FROM bridge.duplicate_edge e
                        JOIN member o ON o.bridge_id = e.other_id
                        WHERE e.bridge_id = m.bridge_id AND e.kind = 'repeat' AND o.disposed_at <= m.came) AS again
    FROM member m
)
SELECT source_system AS system, number, status,
       CASE WHEN row_number() OVER first = 1 THEN 'first' WHEN again THEN 'repeat' ELSE 'duplicate' END AS role,
       1 + count(*) FILTER (WHERE again) OVER first AS nth, to_char(came AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS came
FROM told
WINDOW first AS (ORDER BY came NULLS LAST, source_system COLLATE "C", number COLLATE "C")
ORDER BY came NULLS LAST, source_system COLLATE "C", number COLLATE "C";

-- name: match_number (norm text)
SELECT bridge_id FROM bridge.link WHERE number_norm = $1
UNION
SELECT bridge_id FROM bridge.complaint WHERE number_norm = $1
ORDER BY bridge_id;

-- name: match_say (a bigint, b bigint, state text, who text, at timestamptz, why text, run bigint)
WITH word AS (
    INSERT INTO bridge.duplicate_word (bridge_id, other_id, state, said_by, said_at, why) VALUES ($1, $2, $3, $4, $5, $6)
)
INSERT INTO bridge.duplicate_pair AS p
    (bridge_id, other_id, kind, score, why, state, run_id, at, decided_by, decided_at, decided_why)
VALUES ($1, $2, 'duplicate', 0, '{"person": true}', $3, $7, $5, $4, $5, $6)
ON CONFLICT (bridge_id, other_id) DO UPDATE
SET state = EXCLUDED.state, decided_by = EXCLUDED.decided_by, decided_at = EXCLUDED.decided_at, decided_why = EXCLUDED.decided_why;

-- name: match_counts ()
SELECT count(*) FILTER (WHERE state <> 'apart') AS pairs, count(*) FILTER (WHERE kind = 'repeat' AND state <> 'apart') AS repeats,
       count(*) FILTER (WHERE state = 'suggested') AS suggested
FROM bridge.duplicate_pair;
