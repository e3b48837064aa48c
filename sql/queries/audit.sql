-- The findings of the rules in sql/audit/ (core/audit.h).

-- A rule reads, and nothing else; the instant that it takes for now is that of the run.
-- name: audit_begin (now text)
SELECT set_config('transaction_read_only', 'on', true), set_config('bridge.now', $1, true);

-- Whether this login may keep what it finds.
-- name: audit_may_keep ()
SELECT has_table_privilege('bridge.finding', 'INSERT') AND has_table_privilege('bridge.run', 'INSERT') AS may;

-- What was found, each once, and since when it is known; since is NULL where it is new.
-- name: audit_known (rule text, systems text[], numbers text[], units text[], items text[], details text[])
SELECT f.system, f.number, f.unit, f.item, f.detail, o.first_run,
       to_char(r.started_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
FROM (
    SELECT DISTINCT ON (u.system, u.number, u.item) u.system, u.number, u.unit, u.item, u.detail
    FROM unnest($2, $3, $4, $5, $6) AS u (system, number, unit, item, detail)
    ORDER BY u.system, u.number, u.item, u.detail
) f
LEFT JOIN bridge.finding o
       ON o.rule = $1 AND o.system = f.system AND o.number = f.number AND o.item = f.item AND o.ended_run IS NULL
LEFT JOIN bridge.run r ON r.run_id = o.first_run
ORDER BY f.system, f.number, f.item;

-- name: audit_open (rule text)
SELECT count(*) AS n FROM bridge.finding WHERE rule = $1 AND ended_run IS NULL;

-- What is found again goes on, what is new begins, what is found no more has ended.
-- name: audit_keep (rule text, run bigint, systems text[], numbers text[], units text[], items text[], details text[])
WITH found AS (
    SELECT u.system, u.number, u.unit, u.item, u.detail FROM unnest($3, $4, $5, $6, $7) AS u (system, number, unit, item, detail)
), again AS (
    UPDATE bridge.finding o
    SET last_run = $2, unit = f.unit, detail = f.detail
    FROM found f
    WHERE o.rule = $1 AND o.system = f.system AND o.number = f.number AND o.item = f.item AND o.ended_run IS NULL
    RETURNING o.system, o.number, o.item
), ended AS (
    UPDATE bridge.finding o
    SET ended_run = $2
    WHERE o.rule = $1 AND o.ended_run IS NULL
      AND NOT EXISTS (SELECT FROM found f WHERE f.system = o.system AND f.number = o.number AND f.item = o.item)
)
INSERT INTO bridge.finding (rule, system, number, item, unit, detail, first_run, last_run)
SELECT $1, f.system, f.number, f.item, f.unit, f.detail, $2, $2
FROM found f
WHERE NOT EXISTS (SELECT FROM again a WHERE a.system = f.system AND a.number = f.number AND a.item = f.item);
