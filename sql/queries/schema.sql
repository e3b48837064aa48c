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

-- The table is what the file says; what is taken out or changed stays in sla_rule_version. Lists are parted by blanks.
-- name: schema_sla (system text[], ref_type text[], valid_from date[], valid_to date[], days int[], count_by text[], start_event text[], stop_on text[], weekly_off text[], restart_on_transfer boolean[], source text[])
MERGE INTO bridge.sla_rule r
USING (
    SELECT n.system, n.ref_type, COALESCE(n.valid_from, '-infinity') AS valid_from, COALESCE(n.valid_to, 'infinity') AS valid_to,
           n.days, n.count_by, n.start_event, string_to_array(n.stop_on, ' ') AS stop_on,
           string_to_array(n.weekly_off, ' ') AS weekly_off, n.restart_on_transfer, n.source, true AS listed
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         AS n (system, ref_type, valid_from, valid_to, days, count_by, start_event, stop_on, weekly_off, restart_on_transfer, source)
    UNION ALL
    SELECT o.system, o.ref_type, o.valid_from, o.valid_to, o.days, o.count_by, o.start_event, o.stop_on, o.weekly_off,
           o.restart_on_transfer, o.source, false
    FROM bridge.sla_rule o
    WHERE NOT EXISTS (SELECT FROM unnest($1, $2, $3) AS n (system, ref_type, valid_from)
                      WHERE n.system = o.system AND n.ref_type = o.ref_type
                        AND COALESCE(n.valid_from, '-infinity') = o.valid_from)
) n
ON r.system = n.system AND r.ref_type = n.ref_type AND r.valid_from = n.valid_from
WHEN NOT MATCHED THEN
    INSERT (system, ref_type, valid_from, valid_to, days, count_by, start_event, stop_on, weekly_off, restart_on_transfer, source)
    VALUES (n.system, n.ref_type, n.valid_from, n.valid_to, n.days, n.count_by, n.start_event, n.stop_on, n.weekly_off,
            n.restart_on_transfer, n.source)
WHEN MATCHED AND NOT n.listed THEN
    DELETE
WHEN MATCHED AND (r.valid_to, r.days, r.count_by, r.start_event, r.stop_on, r.weekly_off, r.restart_on_transfer, r.source)
                 IS DISTINCT FROM (n.valid_to, n.days, n.count_by, n.start_event, n.stop_on, n.weekly_off,
                                   n.restart_on_transfer, n.source) THEN
    UPDATE SET valid_to = n.valid_to, days = n.days, count_by = n.count_by, start_event = n.start_event, stop_on = n.stop_on,
               weekly_off = n.weekly_off, restart_on_transfer = n.restart_on_transfer, source = n.source;

-- The table is what the files say.
-- name: schema_holidays (unit text[], day date[], name_en text[], name_hi text[], source text[])
MERGE INTO bridge.holiday h
USING (
    SELECT n.unit, n.day, n.name_en, n.name_hi, n.source, true AS listed
    FROM unnest($1, $2, $3, $4, $5) AS n (unit, day, name_en, name_hi, source)
    UNION ALL
    SELECT o.unit, o.day, o.name_en, o.name_hi, o.source, false
    FROM bridge.holiday o
    WHERE NOT EXISTS (SELECT FROM unnest($1, $2) AS n (unit, day) WHERE n.unit = o.unit AND n.day = o.day)
) n
ON h.unit = n.unit AND h.day = n.day
WHEN NOT MATCHED THEN
    INSERT (unit, day, name_en, name_hi, source) VALUES (n.unit, n.day, n.name_en, n.name_hi, n.source)
WHEN MATCHED AND NOT n.listed THEN
    DELETE
WHEN MATCHED AND (h.name_en, h.name_hi, h.source) IS DISTINCT FROM (n.name_en, n.name_hi, n.source) THEN
    UPDATE SET name_en = n.name_en, name_hi = n.name_hi, source = n.source;

-- The table is what the file says: a word that is listed no more is taken out.
-- name: schema_reply_words (system text[], word text[], en text[], hi text[])
WITH listed AS (
    SELECT * FROM unnest($1, $2, $3, $4) AS n (system, word, en, hi)
), gone AS (
    DELETE FROM bridge.reply_word w
    WHERE NOT EXISTS (SELECT FROM listed n WHERE n.system = w.system AND n.word = w.word)
)
INSERT INTO bridge.reply_word AS w (system, word, en, hi)
SELECT DISTINCT ON (n.system, n.word) n.system, n.word, n.en, n.hi FROM listed n
ON CONFLICT (system, word) DO UPDATE SET en = EXCLUDED.en, hi = EXCLUDED.hi
WHERE (w.en, w.hi) IS DISTINCT FROM (EXCLUDED.en, EXCLUDED.hi);
