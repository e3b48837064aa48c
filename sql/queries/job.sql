-- What the jobs ask besides staging, delivery, compare and books.

-- Everything that follows on this connection is refused if it would write.
-- name: job_read_only ()
SELECT set_config('default_transaction_read_only', 'on', false);

-- name: job_cursor (system text, call text)
SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, key
FROM bridge.cursor
WHERE system = $1 AND call = $2;

-- What staging would make of a page: records by number, key (complaints: the number again) and digest.
-- name: job_look (system text, stream text, numbers text[], keys text[], digests text[])
WITH page AS (
    SELECT number, key, digest::bytea AS digest
    FROM unnest($3, $4, $5) AS t (number, key, digest)
), known AS (
    SELECT p.digest, CASE $2
        WHEN 'complaint' THEN (SELECT s.digest FROM bridge.source_record s WHERE s.system = $1 AND s.number = p.number)
        WHEN 'action' THEN (SELECT a.digest FROM bridge.link l JOIN bridge.action a USING (bridge_id)
                            WHERE l.system = $1 AND l.number = p.number AND a.system = $1 AND a.key = p.key)
        WHEN 'feedback' THEN (SELECT f.digest FROM bridge.link l JOIN bridge.feedback f USING (bridge_id)
                              WHERE l.system = $1 AND l.number = p.number AND f.system = $1 AND f.key = p.key)
        WHEN 'attachment' THEN (SELECT t.digest FROM bridge.link l JOIN bridge.attachment t USING (bridge_id)
                                WHERE l.system = $1 AND l.number = p.number AND t.system = $1 AND t.key = p.key)
        END AS had
    FROM page p
)
SELECT count(*) FILTER (WHERE had IS NULL) AS added,
       count(*) FILTER (WHERE had <> digest) AS changed,
       count(*) FILTER (WHERE had = digest) AS unchanged
FROM known;

-- name: job_waiting (systems text[])
SELECT count(*) AS n
FROM bridge.held
WHERE state = 'open' AND system = ANY ($1);
