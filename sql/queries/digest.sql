-- Lists by digest: what a system says its buckets add up to (bridge/core/set_digest.h), beside what bridge.listed has of it.

-- name: digest_make_sum
CREATE TEMPORARY TABLE IF NOT EXISTS digest_sum (
    bucket text NOT NULL, n bigint NOT NULL, s1 bigint NOT NULL, s2 bigint NOT NULL, s3 bigint NOT NULL, s4 bigint NOT NULL,
    s5 bigint NOT NULL, s6 bigint NOT NULL, s7 bigint NOT NULL, s8 bigint NOT NULL
);

-- The digests of the rows that were read; no digest: a row of which a field could not be read, or the system computes none.
-- name: digest_make_row
CREATE TEMPORARY TABLE IF NOT EXISTS digest_row (number text NOT NULL, row_digest bytea);

-- name: digest_clear
TRUNCATE pg_temp.digest_sum, pg_temp.digest_row;

-- name: digest_copy_sum
COPY pg_temp.digest_sum FROM STDIN (FORMAT binary);

-- name: digest_copy_row
COPY pg_temp.digest_row FROM STDIN (FORMAT binary);

-- Buckets that add up to the same have the same rows, and those are taken as they were last told; in one statement, so that
-- what is added up is what is taken. meaning: a row that was read by another map, or by other units, may mean something else
-- today. most: when more buckets differ, none is taken, for the whole list is to be read.
-- name: digest_differ (system text, meaning bytea, most bigint)
WITH known AS (
    SELECT l.bucket, count(*) AS n, bool_and(l.meaning = $2) AS meant,
           sum(('x' || substr(h.hex, 1, 8))::bit(32)::bigint) AS s1, sum(('x' || substr(h.hex, 9, 8))::bit(32)::bigint) AS s2,
           sum(('x' || substr(h.hex, 17, 8))::bit(32)::bigint) AS s3, sum(('x' || substr(h.hex, 25, 8))::bit(32)::bigint) AS s4,
           sum(('x' || substr(h.hex, 33, 8))::bit(32)::bigint) AS s5, sum(('x' || substr(h.hex, 41, 8))::bit(32)::bigint) AS s6,
           sum(('x' || substr(h.hex, 49, 8))::bit(32)::bigint) AS s7, sum(('x' || substr(h.hex, 57, 8))::bit(32)::bigint) AS s8
    FROM bridge.listed l
    CROSS JOIN LATERAL (SELECT encode(l.row_digest, 'hex') AS hex OFFSET 0) h
    WHERE l.system = $1
    GROUP BY l.bucket
), both_sides AS (
    SELECT bucket, COALESCE((k.n, k.s1, k.s2, k.s3, k.s4, k.s5, k.s6, k.s7, k.s8)
                            = (d.n, d.s1, d.s2, d.s3, d.s4, d.s5, d.s6, d.s7, d.s8) AND k.meant, false) AS same
    FROM known k
    FULL JOIN pg_temp.digest_sum d USING (bucket)
), verdict AS (
    SELECT string_agg(bucket, ' ' ORDER BY bucket) FILTER (WHERE NOT same) AS buckets,
           count(*) FILTER (WHERE NOT same) AS differ
    FROM both_sides
), taken AS (
    INSERT INTO pg_temp.compare_ids (system, number, origin, origin_number, origin_norm, unit, status, marked_at, changed_at,
                                     category, received_at, registered_at, digest)
    SELECT l.system, l.number, l.origin, l.origin_number, l.origin_norm, l.unit, l.status, l.marked_at, l.changed_at,
           l.category, l.received_at, l.registered_at, l.text_digest
    FROM bridge.listed l
    CROSS JOIN verdict v
    WHERE l.system = $1 AND v.differ <= $3
      AND l.bucket NOT IN (SELECT bucket FROM both_sides WHERE NOT same)   -- looked up, never joined: no table here is measured
    RETURNING number
)
SELECT COALESCE(v.buckets, '') AS buckets, v.differ, (SELECT count(*) FROM taken) AS taken
FROM verdict v;

-- The rows of the buckets that were read (NULL = of all) take the place of what was known of them. A number that came more
-- than once moved while it was read, and is read again the next time.
-- name: digest_forget (system text, buckets text[])
DELETE FROM bridge.listed WHERE system = $1 AND ($2 IS NULL OR bucket = ANY ($2));

-- The planner takes an unmeasured table for a few rows, and the join below turns quadratic.
-- name: digest_measure
ANALYZE pg_temp.compare_ids (system, number), pg_temp.digest_row (number);

-- name: digest_keep (system text, meaning bytea)
INSERT INTO bridge.listed AS l (system, number, bucket, row_digest, meaning, origin, origin_number, origin_norm, unit, status,
                                category, received_at, registered_at, marked_at, changed_at, text_digest)
SELECT $1, i.number, substr(encode(sha256(convert_to(i.number, 'UTF8')), 'hex'), 1, 2), r.row_digest, $2, i.origin,
       i.origin_number, i.origin_norm, i.unit, i.status, i.category, i.received_at, i.registered_at, i.marked_at, i.changed_at,
       i.digest
FROM (SELECT number, (array_agg(row_digest))[1] AS row_digest FROM pg_temp.digest_row GROUP BY number HAVING count(*) = 1) r
JOIN pg_temp.compare_ids i ON i.system = $1 AND i.number = r.number
WHERE r.row_digest IS NOT NULL
ON CONFLICT (system, number) DO UPDATE
SET row_digest = EXCLUDED.row_digest, meaning = EXCLUDED.meaning, origin = EXCLUDED.origin,
    origin_number = EXCLUDED.origin_number, origin_norm = EXCLUDED.origin_norm, unit = EXCLUDED.unit, status = EXCLUDED.status,
    category = EXCLUDED.category, received_at = EXCLUDED.received_at, registered_at = EXCLUDED.registered_at,
    marked_at = EXCLUDED.marked_at, changed_at = EXCLUDED.changed_at, text_digest = EXCLUDED.text_digest;

-- What a pull brings is what a list would say of it, while all of it could be read.
-- name: stage_listed (system text, meaning bytea)
INSERT INTO bridge.listed AS l (system, number, bucket, row_digest, meaning, origin, origin_number, origin_norm, unit, status,
                                category, received_at, registered_at, marked_at, changed_at, text_digest)
SELECT $1, b.number, substr(encode(sha256(convert_to(b.number, 'UTF8')), 'hex'), 1, 2), decode(b.row_digest, 'hex'), $2,
       b.origin, b.origin_number, CASE WHEN b.origin_number IS NOT NULL THEN b.origin_norm END, b.unit, b.status,
       COALESCE(b.category, ''), b.received_at, b.registered_at, b.marked_at, b.changed_at,
       sha256(convert_to(COALESCE(b.subject, '') || E'\x1f' || COALESCE(b.body, ''), 'UTF8'))
FROM pg_temp.batch_complaint b
WHERE b.row_digest ~ '^[0-9a-fA-F]{64}$' AND b.apart IS NULL AND b.class IN ('new', 'changed', 'unchanged')
ON CONFLICT (system, number) DO UPDATE
SET row_digest = EXCLUDED.row_digest, meaning = EXCLUDED.meaning, origin = EXCLUDED.origin,
    origin_number = EXCLUDED.origin_number, origin_norm = EXCLUDED.origin_norm, unit = EXCLUDED.unit, status = EXCLUDED.status,
    category = EXCLUDED.category, received_at = EXCLUDED.received_at, registered_at = EXCLUDED.registered_at,
    marked_at = EXCLUDED.marked_at, changed_at = EXCLUDED.changed_at, text_digest = EXCLUDED.text_digest
WHERE (l.row_digest, l.meaning) IS DISTINCT FROM (EXCLUDED.row_digest, EXCLUDED.meaning);
