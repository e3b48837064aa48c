-- What the office of a unit (a cell) may see: the complaints of its unit and of all below it, and what is sent of them.
--
-- bridge_cell cannot log in. The nightly run takes this role for one transaction that only reads, and names the unit in the
-- setting bridge.cell (bridge/core/cell.h); where that names no unit, nothing is seen. The setting is anybody's to make, so
-- a login of a district is never made a member: its own rows come from bridge.own_units().
--
-- Rows are kept apart here, by policies and by views that are a security barrier, whatever a statement asks. Columns too: of
-- a sender the role may read the name alone, and that only where the complaint came with no promise of secrecy.

-- ---------------------------------------------------------------- the role

-- NOINHERIT: the run has what a cell may see only while it takes the role. Roles belong to the cluster: another database
-- may have made all of this, or be about to.
DO $$
BEGIN
    BEGIN
        CREATE ROLE bridge_cell NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
    END;
    IF (SELECT rolinherit FROM pg_roles WHERE rolname = 'bridge_writer') THEN
        ALTER ROLE bridge_writer NOINHERIT;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_auth_members
                   WHERE roleid = 'bridge_cell'::regrole AND member = 'bridge_writer'::regrole) THEN
        BEGIN
            GRANT bridge_cell TO bridge_writer;
        EXCEPTION WHEN unique_violation THEN
            NULL;
        END;
    END IF;
END
$$;

-- ---------------------------------------------------------------- transfers

-- The unit that a TRNO, FWDD or ASGN moved the complaint to, and its number there. What went to another department is told in words
-- alone (office, text).
ALTER TABLE bridge.action
    ADD to_unit   text REFERENCES bridge.unit,
    ADD to_number text;
CREATE INDEX ON bridge.action (staged_at) WHERE action = 'TRNO' OR to_unit IS NOT NULL;
CREATE INDEX ON bridge.complaint_version ((was ->> 'unit'));
CREATE INDEX ON bridge.complaint_version ((was ->> 'station')) WHERE was ->> 'station' IS NOT NULL;

-- ---------------------------------------------------------------- which units

-- Of the setting bridge.cell, with all below it. In plpgsql, which keeps the plan for the session: each statement of a cell asks
-- it some ten times.
--
-- What follows asks it as ARRAY(SELECT ...): once a statement, and then the indexes on unit and station find the rows. Its planner
-- cannot know whether they are of a district or of a whole state, so what hangs on a complaint is looked up row by row
-- (LATERAL), which serves both.
CREATE FUNCTION bridge.cell_units() RETURNS SETOF text
LANGUAGE plpgsql STABLE ROWS 50
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE mine AS (
        SELECT u.unit FROM bridge.unit u WHERE u.unit = nullif(current_setting('bridge.cell', true), '')
        UNION
        SELECT u.unit FROM bridge.unit u JOIN mine ON u.parent = mine.unit
    )
    SELECT m.unit FROM mine m;
END
$$;
CREATE INDEX ON bridge.complaint (station);

-- ---------------------------------------------------------------- what is over, and days

CREATE FUNCTION bridge.is_open(status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN status NOT IN ('DISP', 'CLSD', 'TRNO', 'RJCT', 'DUPL', 'WDRN');

-- The day of an instant in a zone of bridge.conf: a name, or an offset that is east where it has a plus.
CREATE FUNCTION bridge.local_day(at timestamptz, zone text) RETURNS date
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN zone ~ '^[+-]' THEN (at AT TIME ZONE zone::interval)::date ELSE (at AT TIME ZONE zone)::date END
$$;

CREATE FUNCTION bridge.iso_time(at timestamptz) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- ---------------------------------------------------------------- whom a complaint is against

-- Of the complaints that are named, those whose "against" names the station that handles them, the unit to which they are marked, or
-- the head of the district above it; by words such as SHO, thana, SP beside a name of the unit's own list (English, Hindi,
-- aliases). accused: that unit. One row a complaint.
CREATE FUNCTION bridge.marked_to_accused(ids bigint[])
RETURNS TABLE (bridge_id bigint, accused text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
WITH RECURSIVE said AS MATERIALIZED (
    SELECT c.bridge_id, c.unit, c.station,
           ' ' || regexp_replace(
                      regexp_replace(regexp_replace(lower(c.against), '[,;|()\n]+', ' | ', 'g'), '[\s"''.:/_।-]+', ' ', 'g'),
                      ' (?:(?:of|the|at|in|के|का|की|में) )+', ' ', 'g') || ' ' AS text
    FROM bridge.complaint c
    WHERE c.bridge_id = ANY (ids) AND c.against IS NOT NULL AND (c.unit IS NOT NULL OR c.station IS NOT NULL)
), above AS (
    SELECT u.unit, u.unit AS above
    FROM bridge.unit u
    WHERE u.unit IN (SELECT s.unit FROM said s UNION SELECT s.station FROM said s)
    UNION
    SELECT a.unit, u.parent
    FROM above a
    JOIN bridge.unit u ON u.unit = a.above
    WHERE u.parent IS NOT NULL
), title AS (
    SELECT 'station' AS kind, unnest(ARRAY[
        'ps', 'p s', 'police station', 'thana', 'sho', 's h o', 'so', 'station officer', 'station house officer', 'kotwali', 'kotwal',
        'chowki', 'police post', 'outpost', 'police', 'incharge', 'in charge',
        'थाना', 'थाने', 'थानाध्यक्ष', 'थाना प्रभारी', 'थानाप्रभारी', 'कोतवाली', 'कोतवाल', 'चौकी', 'प्रभारी', 'पुलिस']) AS words
    UNION ALL
    SELECT 'district', unnest(ARRAY[
        'sp', 's p', 'ssp', 'dcp', 'sdop', 'co', 'acp', 'superintendent police', 'senior superintendent police',
        'deputy commissioner police', 'police chief',
        'एसपी', 'एसएसपी', 'डीसीपी', 'सीओ', 'पुलिस अधीक्षक', 'वरिष्ठ पुलिस अधीक्षक', 'पुलिस उपायुक्त'])
), spelled AS (
    SELECT x.unit, CASE WHEN x.level IN ('PS', 'OUTPOST') THEN 'station' ELSE 'district' END AS kind,
           ' ' || btrim(regexp_replace(lower(x.name), '[\s[:punct:]]+', ' ', 'g')) || ' ' AS name
    FROM (
        SELECT u.unit, u.level, unnest(ARRAY[u.name_en, u.name_hi]) AS name
        FROM bridge.unit u
        WHERE u.unit IN (SELECT a.above FROM above a)
        UNION
        SELECT u.unit, u.level, a.code
        FROM bridge.unit u
        JOIN bridge.unit_alias a ON a.unit = u.unit AND a.scheme IN ('name', 'name_hi')
        WHERE u.unit IN (SELECT a.above FROM above a)
    ) x
    WHERE x.level IN ('DISTRICT', 'SUBDIV', 'PS', 'OUTPOST') AND x.name IS NOT NULL
), name AS MATERIALIZED (
    SELECT s.*, EXISTS (SELECT FROM title t
                        WHERE t.kind = s.kind AND (starts_with(s.name, ' ' || t.words || ' ')
                                                   OR right(s.name, length(t.words) + 2) = ' ' || t.words || ' ')) AS has_title
    FROM spelled s
    WHERE s.name <> '  '
), heard AS MATERIALIZED (              -- by whose name a unit and those above it are known: a row a unit, or the join goes astray
    SELECT a.unit, array_agg(n.unit) AS units, array_agg(n.name) AS names, array_agg(n.kind) AS kinds, array_agg(n.has_title) AS titles
    FROM above a
    JOIN name n ON n.unit = a.above
    GROUP BY a.unit
)
SELECT DISTINCT ON (s.bridge_id) s.bridge_id, n.unit
FROM said s
CROSS JOIN LATERAL (VALUES (s.unit), (s.station)) AS of (unit)
JOIN heard h ON h.unit = of.unit
CROSS JOIN LATERAL unnest(h.units, h.names, h.kinds, h.titles) AS n (unit, name, kind, has_title)
WHERE position(n.name IN s.text) > 0
  AND (n.has_title
       OR EXISTS (SELECT FROM title t
                  WHERE t.kind = n.kind AND (position(' ' || t.words || n.name IN s.text) > 0
                                             OR position(n.name || t.words || ' ' IN s.text) > 0)))
ORDER BY s.bridge_id, n.kind DESC, n.unit
$$;

-- ---------------------------------------------------------------- replies in plain words

-- What a portal, or the bridge for it, says of what was not taken: mappings/codes/reply_words.csv, by "schema apply". A word
-- that ends in * is the beginning of one; system '*' is any.
CREATE TABLE bridge.reply_word (
    system text NOT NULL,
    word   text NOT NULL,
    en     text NOT NULL,
    hi     text NOT NULL,
    PRIMARY KEY (system, word)
);

-- ---------------------------------------------------------------- views

-- The sender's name and the subject, which may name the sender, where the complaint came with an open name (identity N, or
-- from a system that knows no other). came_at: when it came to this cell: staged, or marked here from elsewhere.
CREATE VIEW bridge.cell_complaint WITH (security_barrier) AS
SELECT c.bridge_id, c.source_system AS system, c.number, c.police_system, c.police_number, c.unit, c.station, c.status,
       c.category, c.kind, c.mode, c.priority, c.ref_type, COALESCE(c.identity, 'N') AS identity,
       CASE WHEN COALESCE(c.identity, 'N') = 'N' THEN c.complainant END AS complainant,
       CASE WHEN COALESCE(c.identity, 'N') = 'N' THEN COALESCE(c.subject_unicode, c.subject) END AS subject,
       c.received_at, c.registered_at, c.marked_at, c.direction_at, c.due_at, c.expected_at, c.disposed_at, c.disposal,
       c.satisfied, c.staged_at, c.changed_at,
       COALESCE((SELECT max(v.at)
                 FROM bridge.complaint_version v
                 WHERE v.bridge_id = c.bridge_id
                   AND (v.was ->> 'unit' IN (SELECT bridge.cell_units())
                        OR v.was ->> 'station' IN (SELECT bridge.cell_units())) IS NOT TRUE), c.staged_at) AS came_at
FROM bridge.complaint c
WHERE c.unit = ANY (ARRAY(SELECT bridge.cell_units())) OR c.station = ANY (ARRAY(SELECT bridge.cell_units()));

-- What was written to an action may name anybody: told where the sender's name is.
CREATE VIEW bridge.cell_action WITH (security_barrier) AS
SELECT a.bridge_id, a.system, a.key, a.at, a.action, a.office, a.to_unit, a.to_number, a.disposal, a.reason, a.expected_at,
       a.staged_at,
       CASE WHEN COALESCE(c.identity, 'N') = 'N' THEN a.text END AS text
FROM bridge.action a
JOIN bridge.complaint c USING (bridge_id)
WHERE c.unit = ANY (ARRAY(SELECT bridge.cell_units())) OR c.station = ANY (ARRAY(SELECT bridge.cell_units()));

-- What was not taken yet, or was taken as a note only; "satisfaction" is a disposal that waits for the complainant's word. A
-- peer's word that is no plain word may be somebody's name.
CREATE VIEW bridge.cell_reply WITH (security_barrier) AS
WITH own AS MATERIALIZED (
    SELECT c.bridge_id, c.source_system, c.police_system, COALESCE(c.identity, 'N') = 'N' AS named
    FROM bridge.complaint c
    WHERE c.unit = ANY (ARRAY(SELECT bridge.cell_units())) OR c.station = ANY (ARRAY(SELECT bridge.cell_units()))
)
SELECT c.bridge_id, r.target, r.stream, r.system, r.key, r.version, r.state, r.attempts, r.since, r.substituted, r.said, r.field
FROM own c
CROSS JOIN LATERAL (
    SELECT d.target, d.stream, d.source_system AS system, d.key, d.version, d.state, d.attempts, d.planned_at AS since, d.substituted,
           CASE WHEN c.named OR s.word ~ '^[A-Za-z0-9._-]{1,40}$' THEN s.word WHEN s.word IS NOT NULL THEN '' END AS said,
           CASE WHEN c.named THEN h.field END AS field
    FROM bridge.delivery d
    LEFT JOIN bridge.held h ON h.delivery_id = d.delivery_id AND h.state = 'open'
    CROSS JOIN LATERAL (SELECT COALESCE(NULLIF(d.said, ''), NULLIF(h.reason, '')) AS word) s
    WHERE d.bridge_id = c.bridge_id
      AND (d.state IN ('planned', 'sending', 'in_doubt', 'refused', 'held', 'dead')
           OR (d.state = 'confirmed' AND d.substituted IS NOT NULL))
    UNION ALL
    SELECT c.source_system, 'action', a.system, a.key, a.version, 'satisfaction', 0, a.staged_at, NULL, NULL, NULL
    FROM bridge.action a
    WHERE a.bridge_id = c.bridge_id AND a.system = c.police_system AND a.action IN ('DISP', 'CLSD')
      AND c.police_system <> c.source_system
      AND c.source_system = ANY (ARRAY(SELECT unnest(string_to_array(p.value, ' '))
                                       FROM bridge.rule_parameter p
                                       WHERE p.rule = 'disposal_without_satisfaction' AND p.name = 'systems'))
      AND NOT EXISTS (SELECT FROM bridge.delivery d
                      WHERE d.target = c.source_system AND d.stream = 'action' AND d.bridge_id = a.bridge_id
                        AND d.source_system = a.system AND d.key = a.key AND d.version = a.version)
      AND NOT EXISTS (SELECT FROM bridge.action r
                      WHERE r.bridge_id = a.bridge_id AND r.system = a.system AND r.action = 'REOP' AND r.at > a.at)
    OFFSET 0
) r;

-- Another complaint, or another number, of the same matter. of_us: it is of this cell too; else its number is not told, only
-- that there is one. Two complaints are not named together where one of them came with a promise of secrecy: the other might
-- say who sent it.
CREATE VIEW bridge.cell_twin WITH (security_barrier) AS
SELECT DISTINCT o.bridge_id, t.kind, t.of_us, t.other_system, t.other_number, t.score
FROM bridge.complaint o
CROSS JOIN LATERAL (
    SELECT 'numbers' AS kind, true AS of_us, l.system AS other_system, l.number AS other_number, NULL::numeric AS score
    FROM bridge.link l
    WHERE l.bridge_id = o.bridge_id AND (l.system, l.number) <> (o.source_system, o.number)
      AND (l.system = o.police_system) IS NOT TRUE
    UNION ALL
    SELECT t.kind, u.of_us, CASE WHEN u.of_us THEN c.source_system END, CASE WHEN u.of_us THEN c.number END, t.score
    FROM (
        SELECT 'quoted' AS kind, l.bridge_id AS other, NULL::numeric AS score
        FROM bridge.link l
        WHERE l.system = o.parent_origin AND l.number = o.parent_number AND l.bridge_id <> o.bridge_id
        UNION ALL
        SELECT p.kind, p.other_id, p.score FROM bridge.duplicate_pair p WHERE p.bridge_id = o.bridge_id AND p.state <> 'apart'
        UNION ALL
        SELECT p.kind, p.bridge_id, p.score FROM bridge.duplicate_pair p WHERE p.other_id = o.bridge_id AND p.state <> 'apart'
    ) t
    JOIN bridge.complaint c ON c.bridge_id = t.other
    CROSS JOIN LATERAL (SELECT COALESCE(c.unit = ANY (ARRAY(SELECT bridge.cell_units()))
                                        OR c.station = ANY (ARRAY(SELECT bridge.cell_units())), false) AS of_us OFFSET 0) u
    WHERE COALESCE(o.identity, 'N') IN ('N', 'O') AND COALESCE(c.identity, 'N') IN ('N', 'O')
    OFFSET 0
) t
WHERE o.unit = ANY (ARRAY(SELECT bridge.cell_units())) OR o.station = ANY (ARRAY(SELECT bridge.cell_units()));

-- What went from this cell to another unit or office: which number, when, where, and its number there, and nothing else of it. Of
-- complaints that are still of this cell, what was done to them; of others, that they were. told_at: when staging had it.
-- (A UNION ALL that is the whole of a view is no barrier: PostgreSQL takes it apart.)
CREATE VIEW bridge.cell_moved WITH (security_barrier) AS
SELECT m.* FROM (
SELECT c.source_system AS system, c.number, c.police_number, a.at AS moved_at, a.staged_at AS told_at, a.to_unit, a.to_number,
       CASE WHEN a.to_unit IS NULL THEN a.office END AS to_office
FROM bridge.action a
JOIN bridge.complaint c USING (bridge_id)
WHERE (a.action = 'TRNO' OR a.to_unit IS NOT NULL)
  AND (c.unit = ANY (ARRAY(SELECT bridge.cell_units())) OR c.station = ANY (ARRAY(SELECT bridge.cell_units())))
  AND (a.to_unit = ANY (ARRAY(SELECT bridge.cell_units()))) IS NOT TRUE
UNION ALL
SELECT c.source_system, c.number, c.police_number, v.at, v.at, COALESCE(NULLIF(n.station, v.was ->> 'station'), n.unit),
       (SELECT a.to_number
        FROM bridge.action a
        WHERE a.bridge_id = v.bridge_id AND a.to_unit IN (n.unit, n.station)
        ORDER BY a.at DESC, a.system, a.key
        LIMIT 1), NULL
FROM bridge.complaint_version v
JOIN bridge.complaint c USING (bridge_id)
CROSS JOIN LATERAL (
    SELECT x.unit, x.station
    FROM (SELECT l.version, l.was ->> 'unit' AS unit, l.was ->> 'station' AS station
          FROM bridge.complaint_version l
          WHERE l.bridge_id = v.bridge_id AND l.version > v.version
          UNION ALL
          SELECT c.version, c.unit, c.station) x
    ORDER BY x.version
    LIMIT 1) n
WHERE (v.was ->> 'unit' = ANY (ARRAY(SELECT bridge.cell_units())) OR v.was ->> 'station' = ANY (ARRAY(SELECT bridge.cell_units())))
  AND (c.unit = ANY (ARRAY(SELECT bridge.cell_units())) OR c.station = ANY (ARRAY(SELECT bridge.cell_units()))) IS NOT TRUE
  AND NOT EXISTS (SELECT FROM bridge.complaint_version l
                  WHERE l.bridge_id = v.bridge_id AND l.version > v.version
                    AND (l.was ->> 'unit' = ANY (ARRAY(SELECT bridge.cell_units()))
                         OR l.was ->> 'station' = ANY (ARRAY(SELECT bridge.cell_units()))))
) m;

-- What the lists of a cell say of each complaint: the columns that sql/queries/cell.sql tells of, of one that the cell may see.
-- Without options, and with a body that is read once, it becomes a part of the statement that names it.
CREATE FUNCTION bridge.cell_head(id bigint, now timestamptz, zone text)
RETURNS TABLE (system text, system_title text, number text, police_system text, police_number text, unit text, station text,
               office_en text, office_hi text, status text, category text, kind text, priority smallint, ref_type text,
               identity text, complainant text, subject text, received_at text, received_on date, due_at text, due_on date,
               days_left int, overdue boolean, expected_at text, expected_on date)
LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
    SELECT c.system, y.title, c.number, c.police_system, c.police_number, c.unit, c.station, o.name_en,
           COALESCE(o.name_hi, o.name_en), c.status, c.category, c.kind, c.priority, c.ref_type, c.identity, c.complainant, c.subject,
           bridge.iso_time(c.received_at), bridge.local_day(c.received_at, $3), bridge.iso_time(c.due_at),
           bridge.local_day(c.due_at, $3), bridge.days_left(c.due_at, $2, $3),
           COALESCE(bridge.is_open(c.status) AND c.due_at < $2, false), bridge.iso_time(c.expected_at),
           bridge.local_day(c.expected_at, $3)
    FROM bridge.cell_complaint c
    LEFT JOIN bridge.system y ON y.system = c.system
    LEFT JOIN bridge.unit o ON o.unit = COALESCE(c.station, c.unit)
    WHERE c.bridge_id = $1
    LIMIT 1;
END;

-- ---------------------------------------------------------------- figures

-- Counts of what is of this cell, a row a system that has any: by bridge.period_figures(), as "reconcile" counts. It runs as its
-- owner, for what a complaint was before is not for a cell to read; only counts come out.
CREATE FUNCTION bridge.cell_figures(systems text[], basis text[], strict boolean, since timestamptz, upto timestamptz,
                                    asof timestamptz)
RETURNS TABLE (system text, brought_forward bigint, received bigint, disposed bigint, pending bigint, overdue bigint,
               undated bigint, satisfied bigint, dissatisfied bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f.system, count(*) FILTER (WHERE f.brought_forward), count(*) FILTER (WHERE f.received),
           count(*) FILTER (WHERE f.disposed), count(*) FILTER (WHERE f.pending), count(*) FILTER (WHERE f.overdue),
           count(*) FILTER (WHERE f.undated), count(*) FILTER (WHERE f.disposed AND f.satisfied = 'Y'),
           count(*) FILTER (WHERE f.disposed AND f.satisfied = 'N')
    FROM bridge.period_figures($1, $2, $3, $4, $5, $6) f
    WHERE f.unit = ANY (ARRAY(SELECT bridge.cell_units())) OR f.station = ANY (ARRAY(SELECT bridge.cell_units()))
    GROUP BY f.system
$$;

-- ---------------------------------------------------------------- rows

CREATE POLICY cell ON bridge.complaint FOR SELECT TO bridge_cell
    USING (unit = ANY (ARRAY(SELECT bridge.cell_units())) OR station = ANY (ARRAY(SELECT bridge.cell_units())));
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['link', 'action', 'attachment', 'feedback'] LOOP
        EXECUTE format('CREATE POLICY cell ON bridge.%I FOR SELECT TO bridge_cell USING (EXISTS ('
                       'SELECT FROM bridge.complaint c WHERE c.bridge_id = %I.bridge_id))', t, t);
    END LOOP;
END
$$;

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.reply_word OWNER TO bridge_owner;
ALTER VIEW bridge.cell_complaint OWNER TO bridge_owner;
ALTER VIEW bridge.cell_action OWNER TO bridge_owner;
ALTER VIEW bridge.cell_reply OWNER TO bridge_owner;
ALTER FUNCTION bridge.cell_figures(text[], text[], boolean, timestamptz, timestamptz, timestamptz) OWNER TO bridge_owner;
ALTER VIEW bridge.cell_twin OWNER TO bridge_owner;
ALTER VIEW bridge.cell_moved OWNER TO bridge_owner;
ALTER FUNCTION bridge.cell_head(bigint, timestamptz, text) OWNER TO bridge_owner;
ALTER FUNCTION bridge.cell_units() OWNER TO bridge_owner;
ALTER FUNCTION bridge.marked_to_accused(bigint[]) OWNER TO bridge_owner;
ALTER FUNCTION bridge.is_open(text) OWNER TO bridge_owner;
ALTER FUNCTION bridge.local_day(timestamptz, text) OWNER TO bridge_owner;
ALTER FUNCTION bridge.iso_time(timestamptz) OWNER TO bridge_owner;
REVOKE ALL ON bridge.reply_word, bridge.cell_complaint, bridge.cell_action, bridge.cell_reply, bridge.cell_twin,
    bridge.cell_moved FROM PUBLIC;
REVOKE ALL ON FUNCTION bridge.cell_head(bigint, timestamptz, text), bridge.cell_units(), bridge.is_open(text),
    bridge.local_day(timestamptz, text),
    bridge.iso_time(timestamptz), bridge.marked_to_accused(bigint[]),
    bridge.cell_figures(text[], text[], boolean, timestamptz, timestamptz, timestamptz) FROM PUBLIC;

GRANT USAGE ON SCHEMA bridge TO bridge_cell;
GRANT EXECUTE ON FUNCTION bridge.cell_head(bigint, timestamptz, text), bridge.cell_units(), bridge.is_open(text),
    bridge.local_day(timestamptz, text),
    bridge.iso_time(timestamptz), bridge.days_left(timestamptz, timestamptz, text),
    bridge.cell_figures(text[], text[], boolean, timestamptz, timestamptz, timestamptz) TO bridge_cell;
GRANT EXECUTE ON FUNCTION bridge.marked_to_accused(bigint[]) TO bridge_writer, bridge_auditor;
GRANT SELECT ON bridge.reply_word TO bridge_cell, bridge_writer, bridge_auditor;
GRANT SELECT ON bridge.unit, bridge.cell_complaint, bridge.cell_action, bridge.cell_reply, bridge.cell_twin, bridge.cell_moved
    TO bridge_cell;
GRANT SELECT (system, role, title, listed) ON bridge.system TO bridge_cell;
GRANT SELECT (bridge_id, source_system, number, police_system, police_number, ref_type, category, priority, unit, station,
              received_at, registered_at, marked_at, direction_at, due_at, expected_at, disposed_at, status, disposal, satisfied,
              staged_at, changed_at, kind, mode, identity)
    ON bridge.complaint TO bridge_cell;
GRANT SELECT (bridge_id, system, number, at) ON bridge.link TO bridge_cell;
GRANT SELECT (bridge_id, system, key, at, action, office, to_unit, to_number, disposal, reason, expected_at, staged_at)
    ON bridge.action TO bridge_cell;
GRANT SELECT (bridge_id, system, key, role, content_type, content_size, staged_at) ON bridge.attachment TO bridge_cell;
GRANT SELECT (bridge_id, system, key, at, satisfied, rating, level, mode, staged_at) ON bridge.feedback TO bridge_cell;
