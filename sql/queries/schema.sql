-- Migrations and reference data: what schema.c asks and writes.

-- name: schema_lock ()
SELECT pg_advisory_xact_lock(hashtextextended('cctns-bridge schema apply', 0));

-- name: schema_present ()
SELECT to_regclass('bridge.migration') IS NOT NULL AS present;

-- name: schema_applied ()
SELECT m.version, m.name, encode(m.sha256, 'hex') AS sha256
FROM bridge.migration m
ORDER BY m.version;

-- name: schema_record (version int, name text, sha256 bytea, at timestamptz)
INSERT INTO bridge.migration (version, name, sha256, applied_at)
VALUES ($1, $2, $3, $4);

-- Units that are listed no more are kept, and closed on the day of the load; one that is listed again is opened.
-- name: schema_units (today date, unit text[], parent text[], level text[], name_en text[], name_hi text[], valid_from date[], valid_to date[])
MERGE INTO bridge.unit u
USING (
    SELECT n.unit, n.parent, n.level, n.name_en, n.name_hi, COALESCE(n.valid_from, '-infinity') AS valid_from,
           COALESCE(n.valid_to, 'infinity') AS valid_to, true AS listed
    FROM unnest($2, $3, $4, $5, $6, $7, $8) AS n (unit, parent, level, name_en, name_hi, valid_from, valid_to)
    UNION ALL
    SELECT o.unit, o.parent, o.level, o.name_en, o.name_hi, o.valid_from, LEAST(o.valid_to, $1), false
    FROM bridge.unit o
    WHERE o.unit <> ALL ($2)
) n
ON u.unit = n.unit
WHEN NOT MATCHED THEN
    INSERT (unit, parent, level, name_en, name_hi, valid_from, valid_to)
    VALUES (n.unit, n.parent, n.level, n.name_en, n.name_hi, n.valid_from, n.valid_to)
WHEN MATCHED AND (u.parent, u.level, u.name_en, u.name_hi, u.valid_from, u.valid_to)
                 IS DISTINCT FROM (n.parent, n.level, n.name_en, n.name_hi, n.valid_from, n.valid_to) THEN
    UPDATE SET parent = n.parent, level = n.level, name_en = n.name_en, name_hi = n.name_hi, valid_from = n.valid_from,
               valid_to = n.valid_to;

-- An alias lives as long as its unit, unless it says its own days; one that is listed no more is closed.
-- name: schema_aliases (today date, scheme text[], code text[], unit text[], valid_from date[], valid_to date[])
MERGE INTO bridge.unit_alias a
USING (
    WITH listed AS (
        SELECT DISTINCT ON (n.scheme, n.code, n.unit, COALESCE(n.valid_from, u.valid_from))
               n.scheme, n.code, n.unit, COALESCE(n.valid_from, u.valid_from) AS valid_from,
               COALESCE(n.valid_to, u.valid_to) AS valid_to
        FROM unnest($2, $3, $4, $5, $6) AS n (scheme, code, unit, valid_from, valid_to)
        JOIN bridge.unit u ON u.unit = n.unit
        ORDER BY n.scheme, n.code, n.unit, COALESCE(n.valid_from, u.valid_from), COALESCE(n.valid_to, u.valid_to) DESC
    )
    SELECT scheme, code, unit, valid_from, valid_to FROM listed
    UNION ALL
    SELECT o.scheme, o.code, o.unit, o.valid_from, LEAST(o.valid_to, $1)
    FROM bridge.unit_alias o
    WHERE NOT EXISTS (SELECT
                      FROM listed n
                      WHERE n.scheme = o.scheme AND n.code = o.code AND n.unit = o.unit AND n.valid_from = o.valid_from)
) n
ON a.scheme = n.scheme AND a.code = n.code AND a.unit = n.unit AND a.valid_from = n.valid_from
WHEN NOT MATCHED THEN
    INSERT (scheme, code, unit, valid_from, valid_to) VALUES (n.scheme, n.code, n.unit, n.valid_from, n.valid_to)
WHEN MATCHED AND a.valid_to <> n.valid_to THEN
    UPDATE SET valid_to = n.valid_to;

-- name: schema_sla (system text[], ref_type text[], days int[], start_event text[], source text[])
MERGE INTO bridge.sla_rule r
USING unnest($1, $2, $3, $4, $5) AS n (system, ref_type, days, start_event, source)
ON r.system = n.system AND r.ref_type = n.ref_type
WHEN NOT MATCHED THEN
    INSERT (system, ref_type, days, start_event, source)
    VALUES (n.system, n.ref_type, n.days, n.start_event, n.source)
WHEN MATCHED AND (r.days, r.start_event, r.source) IS DISTINCT FROM (n.days, n.start_event, n.source) THEN
    UPDATE SET days = n.days, start_event = n.start_event, source = n.source;
