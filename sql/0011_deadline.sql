-- By when a complaint must be answered: rules by system, kind of reference and day, holidays, and which rule it was that
-- each complaint's due date came from.
--
-- The day on which the clock starts is not counted, and the last day counts whole: "within 15 days" of anything on 1 June ends
-- with 16 June, 23:59:59 in India (General Clauses Act 1897, sections 3(35) and 9: a month is a calendar month, "from" leaves the
-- first day out). What the portal itself says is due goes before every rule, to the second.

-- ---------------------------------------------------------------- rules

-- Rows of mappings/sla.csv, by "schema apply". A rule is for complaints whose clock starts on a day from valid_from to
-- valid_to, both included; of several the one for that kind of reference counts, then the one that began last.
ALTER TABLE bridge.sla_rule
    ADD valid_from date NOT NULL DEFAULT '-infinity',
    ADD valid_to   date NOT NULL DEFAULT 'infinity',
    ADD count_by   text NOT NULL DEFAULT 'calendar' CHECK (count_by IN ('calendar', 'working', 'months')),
    ADD stop_on    text[] NOT NULL DEFAULT '{}',             -- while the last step is one of these, no day is counted
    ADD weekly_off text[] NOT NULL DEFAULT '{sun}',          -- for count_by working: sun, or sat2 for the second of a month
    ADD restart_on_transfer boolean NOT NULL DEFAULT true,   -- for marked_at: a later mark starts the clock anew
    ADD rule_id    int GENERATED ALWAYS AS IDENTITY UNIQUE,  -- of these very words: another when any of them changes
    ADD CHECK (valid_from <= valid_to),
    ADD CHECK (array_to_string(weekly_off, ' ') ~ '^((sun|mon|tue|wed|thu|fri|sat)[1-5]?( |$))*$');
ALTER TABLE bridge.sla_rule DROP CONSTRAINT sla_rule_pkey;
ALTER TABLE bridge.sla_rule ADD PRIMARY KEY (system, ref_type, valid_from);
COMMENT ON COLUMN bridge.sla_rule.days IS 'calendar or working days, or months, as count_by says';

-- Every rule that there ever was: a due date of years ago still names the words that it came from.
CREATE TABLE bridge.sla_rule_version (
    rule_id             int PRIMARY KEY,
    system              text NOT NULL,
    ref_type            text NOT NULL,
    valid_from          date NOT NULL,
    valid_to            date NOT NULL,
    days                int NOT NULL,
    count_by            text NOT NULL,
    start_event         text NOT NULL,
    stop_on             text[] NOT NULL,
    weekly_off          text[] NOT NULL,
    restart_on_transfer boolean NOT NULL,
    source              text NOT NULL
);
INSERT INTO bridge.sla_rule_version
SELECT rule_id, system, ref_type, valid_from, valid_to, days, count_by, start_event, stop_on, weekly_off, restart_on_transfer, source
FROM bridge.sla_rule;

CREATE FUNCTION bridge.new_rule_id() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.rule_id := nextval('bridge.sla_rule_rule_id_seq');
    RETURN NEW;
END
$$;
CREATE FUNCTION bridge.keep_rule() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO bridge.sla_rule_version
    VALUES (NEW.rule_id, NEW.system, NEW.ref_type, NEW.valid_from, NEW.valid_to, NEW.days, NEW.count_by, NEW.start_event,
            NEW.stop_on, NEW.weekly_off, NEW.restart_on_transfer, NEW.source);
    RETURN NULL;
END
$$;
CREATE TRIGGER another BEFORE UPDATE ON bridge.sla_rule
    FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION bridge.new_rule_id();
CREATE TRIGGER keep_new AFTER INSERT ON bridge.sla_rule
    FOR EACH ROW EXECUTE FUNCTION bridge.keep_rule();
CREATE TRIGGER keep_changed AFTER UPDATE ON bridge.sla_rule
    FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION bridge.keep_rule();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.sla_rule_version
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();

-- Rows of mappings/holidays/*.csv, by "schema apply": of a unit with all below it, or of everybody ('*').
CREATE TABLE bridge.holiday (
    unit    text NOT NULL,
    day     date NOT NULL,
    name_en text NOT NULL,
    name_hi text,
    source  text NOT NULL,
    PRIMARY KEY (day, unit)
);

-- ---------------------------------------------------------------- which rule it was

-- The rule that due_at came from; NULL where the portal gave it, or where there is none.
ALTER TABLE bridge.complaint ADD due_rule int;

-- A row whenever a complaint's due date, or the rule that it came from, became another. why: 'portal' it says so itself, 'rule',
-- 'stands' the clock does, so that no day is due, 'none' neither says one any more. Complaints are never deleted and rules
-- are kept: no foreign key, as elsewhere for what a merge alone writes.
CREATE TABLE bridge.due_history (
    bridge_id  bigint NOT NULL,
    entry      bigint GENERATED ALWAYS AS IDENTITY,
    at         timestamptz NOT NULL,
    run_id     bigint NOT NULL,
    due_at     timestamptz,
    why        text NOT NULL CHECK (why IN ('portal', 'rule', 'stands', 'none')),
    rule_id    int,
    started_at timestamptz,                         -- what the clock started with
    PRIMARY KEY (bridge_id, entry),
    CHECK ((rule_id IS NULL) = (why IN ('portal', 'none'))),
    CHECK ((due_at IS NULL) = (why IN ('stands', 'none')))
);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.due_history
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();

-- What stands already: due dates that are to the microsecond what the rules made until now came from them, others from the
-- portals. They are reckoned anew when the complaint is next written.
WITH ruled AS (
    UPDATE bridge.complaint c
    SET due_rule = r.rule_id
    FROM bridge.sla_rule r
    WHERE c.due_at IS NOT NULL AND r.system = c.source_system
      AND r.ref_type = (SELECT s.ref_type FROM bridge.sla_rule s
                        WHERE s.system = c.source_system AND s.ref_type IN ('*', c.ref_type) ORDER BY s.ref_type = '*' LIMIT 1)
      AND c.due_at = CASE r.start_event WHEN 'received_at' THEN c.received_at WHEN 'registered_at' THEN c.registered_at
                                        WHEN 'direction_at' THEN c.direction_at ELSE c.marked_at END + make_interval(days => r.days)
    RETURNING c.bridge_id, c.due_rule, c.due_at - make_interval(days => r.days) AS started_at
)
INSERT INTO bridge.due_history (bridge_id, at, run_id, due_at, why, rule_id, started_at)
SELECT c.bridge_id, c.changed_at, c.last_run, c.due_at, CASE WHEN r.due_rule IS NULL THEN 'portal' ELSE 'rule' END,
       r.due_rule, r.started_at
FROM bridge.complaint c
LEFT JOIN ruled r USING (bridge_id)
WHERE c.due_at IS NOT NULL
ORDER BY c.bridge_id;

-- ---------------------------------------------------------------- reckoning

-- The last second of a day in India.
CREATE FUNCTION bridge.day_end(day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (day + time '23:59:59') AT TIME ZONE 'Asia/Kolkata';

-- When the clock of a complaint stood, by the steps of the system that deals with it: from one that stops it to the next other
-- one; to_at NULL: it still does. A reminder is no step.
CREATE FUNCTION bridge.due_stops(id bigint, holder text, stop_on text[]) RETURNS TABLE (from_at timestamptz, to_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH step AS (
        SELECT a.at, a.action = ANY (stop_on) AS stands, lag(a.action = ANY (stop_on), 1, false) OVER w AS stood
        FROM bridge.action a
        WHERE a.bridge_id = id AND a.system = holder AND a.action <> 'RMND'
        WINDOW w AS (ORDER BY a.at, length(a.key), a.key)
    ), turn AS (
        SELECT s.at, s.stands, lead(s.at) OVER (ORDER BY s.at, s.stands DESC) AS next FROM step s WHERE s.stands <> s.stood
    )
    SELECT t.at, t.next FROM turn t WHERE t.stands
$$;

-- Each day behind the first to the last: why it is not counted, or NULL. A day that the clock stopped on is counted, the one
-- on which it went on is not.
CREATE FUNCTION bridge.due_days(first date, last date, working boolean, weekly_off text[], of_unit text, id bigint, holder text,
                                stop_on text[])
RETURNS TABLE (day date, why text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE above AS (
        SELECT u.unit, u.parent FROM bridge.unit u WHERE working AND u.unit = of_unit
        UNION
        SELECT u.unit, u.parent FROM bridge.unit u JOIN above a ON u.unit = a.parent
    ), closed AS (
        SELECT h.day, min(h.name_en) AS name
        FROM bridge.holiday h
        WHERE working AND h.day > first AND h.day <= last AND (h.unit = '*' OR h.unit IN (SELECT a.unit FROM above a))
        GROUP BY h.day
    ), stop AS (
        SELECT (s.from_at AT TIME ZONE 'Asia/Kolkata')::date AS from_day, (s.to_at AT TIME ZONE 'Asia/Kolkata')::date AS to_day
        FROM bridge.due_stops(id, holder, stop_on) s
        WHERE stop_on <> '{}'
    )
    SELECT g.day, CASE WHEN EXISTS (SELECT FROM stop s WHERE g.day > s.from_day AND (g.day <= s.to_day OR s.to_day IS NULL))
                       THEN 'the clock stood'
                       WHEN c.day IS NOT NULL THEN 'holiday: ' || c.name
                       WHEN working AND (g.name = ANY (weekly_off)
                                         OR g.name || (extract(day FROM g.day)::int + 6) / 7 = ANY (weekly_off)) THEN 'weekly day off'
                  END
    FROM (SELECT first + n AS day, to_char(first + n, 'dy') AS name FROM generate_series(1, last - first) n) g
    LEFT JOIN closed c ON c.day = g.day
    ORDER BY g.day
$$;

-- The day that is due where not every day counts; NULL while the clock stands.
CREATE FUNCTION bridge.due_counted(first date, days int, count_by text, weekly_off text[], of_unit text, id bigint, holder text,
                                   stop_on text[])
RETURNS date
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH need AS (
        SELECT CASE count_by WHEN 'months' THEN (first + make_interval(months => days))::date - first ELSE days END AS n,
               GREATEST(first, (SELECT max((s.to_at AT TIME ZONE 'Asia/Kolkata')::date)
                                FROM bridge.due_stops(id, holder, stop_on) s)) AS last
    )
    SELECT d.day
    FROM need, bridge.due_days(first, need.last + need.n * 7 + 400, count_by = 'working', weekly_off, of_unit, id, holder, stop_on) d
    WHERE d.why IS NULL
    ORDER BY d.day
    OFFSET (SELECT n - 1 FROM need) LIMIT 1
$$;

-- What the rules say of a complaint: nothing, or one row. due_at NULL with a rule: its clock stands; all NULL: it has not
-- started. first_marked: the earliest mark known. id and holder: of the complaint and of the system that deals with it, for the
-- steps that stop the clock; NULL where it has none yet.
-- Without options and with a body that is read once, it becomes a part of the statement that names it: a merge takes it
-- for each complaint.
CREATE FUNCTION bridge.due_for(of_system text, of_type text, of_unit text, received timestamptz, registered timestamptz,
                               marked timestamptz, direction timestamptz, first_marked timestamptz, id bigint, holder text)
RETURNS TABLE (due_at timestamptz, rule_id int, started_at timestamptz)
LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
    SELECT CASE WHEN r.first IS NULL THEN NULL
                WHEN r.stop_on = '{}' AND r.count_by = 'calendar' THEN bridge.day_end(r.first + r.days)
                WHEN r.stop_on = '{}' AND r.count_by = 'months'
                THEN bridge.day_end((r.first + make_interval(months => r.days))::date)
                ELSE bridge.day_end(bridge.due_counted(r.first, r.days, r.count_by, r.weekly_off, of_unit, id, holder, r.stop_on))
                END,
           CASE WHEN r.first IS NOT NULL THEN r.rule_id END,
           r.started_at
    FROM (SELECT s.rule_id, s.days, s.count_by, s.stop_on, s.weekly_off, e.started_at,
                 (e.started_at AT TIME ZONE 'Asia/Kolkata')::date AS first
          FROM bridge.sla_rule s
          CROSS JOIN LATERAL (SELECT CASE s.start_event WHEN 'received_at' THEN received WHEN 'registered_at' THEN registered
                                                        WHEN 'direction_at' THEN direction
                                                        ELSE CASE WHEN s.restart_on_transfer THEN marked
                                                                  ELSE LEAST(marked, first_marked) END END AS started_at) e
          WHERE s.system = of_system AND s.ref_type IN ('*', of_type)
            AND (e.started_at IS NULL
                 OR (e.started_at AT TIME ZONE 'Asia/Kolkata')::date BETWEEN s.valid_from AND s.valid_to)
          ORDER BY s.ref_type = '*', s.valid_from DESC
          LIMIT 1) r;
END;

-- Days between the day of now and the day of due in a zone (a name, or an offset that is east where it has a plus): 0 on the
-- last day, less than 0 when it is over.
CREATE FUNCTION bridge.days_left(due timestamptz, now timestamptz, zone text) RETURNS int
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN zone ~ '^[+-]'
                THEN (due AT TIME ZONE zone::interval)::date - (now AT TIME ZONE zone::interval)::date
                ELSE (due AT TIME ZONE zone)::date - (now AT TIME ZONE zone)::date END
$$;

-- A rule in a line of words, without its source: "igrs *: 30 calendar days from marked_at".
CREATE FUNCTION bridge.rule_words(r bridge.sla_rule_version) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.system || ' ' || r.ref_type || ': ' || r.days
           || CASE r.count_by WHEN 'months' THEN ' months' ELSE ' ' || r.count_by || ' days' END || ' from ' || r.start_event
           || CASE WHEN r.start_event = 'marked_at' AND NOT r.restart_on_transfer THEN ', the first' ELSE '' END
           || CASE WHEN isfinite(r.valid_from) THEN ' since ' || r.valid_from ELSE '' END
           || CASE WHEN isfinite(r.valid_to) THEN ' until ' || r.valid_to ELSE '' END
           || CASE WHEN r.count_by = 'working' AND r.weekly_off <> '{}'
                   THEN ', without ' || array_to_string(r.weekly_off, ' ') || ' and holidays'
                   WHEN r.count_by = 'working' THEN ', without holidays' ELSE '' END
           || CASE WHEN r.stop_on <> '{}' THEN ', stands on ' || array_to_string(r.stop_on, ' ') ELSE '' END
$$;

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.sla_rule_version OWNER TO bridge_owner;
ALTER TABLE bridge.holiday OWNER TO bridge_owner;
ALTER TABLE bridge.due_history OWNER TO bridge_owner;
REVOKE ALL ON bridge.sla_rule_version, bridge.holiday, bridge.due_history FROM PUBLIC;
GRANT SELECT ON bridge.sla_rule_version, bridge.holiday, bridge.due_history TO bridge_writer, bridge_auditor;
GRANT INSERT ON bridge.due_history TO bridge_writer;

DO $$
DECLARE
    f record;
BEGIN
    FOR f IN
        SELECT p.oid::regprocedure AS name, p.prorettype = 'trigger'::regtype AS fires
        FROM pg_proc p
        WHERE p.pronamespace = 'bridge'::regnamespace
          AND p.proname IN ('new_rule_id', 'keep_rule', 'day_end', 'due_stops', 'due_days', 'due_counted', 'due_for', 'days_left',
                            'rule_words')
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO bridge_owner', f.name);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.name);
        IF NOT f.fires THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO bridge_writer, bridge_auditor', f.name);
        END IF;
    END LOOP;
END
$$;
