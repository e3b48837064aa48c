-- The same grievance through several doors: what complaints are found by, which of them belong together, and who said so.
-- Complaints are linked, never merged: each keeps its own row, number and deliveries.
--
-- What a person could be known by is here as a keyed digest alone (HMAC-SHA-256 under the key of seals, 16 bytes), and of a
-- sealed sender (identity S) not at all. What pairs are made of is read from the complaints when they are compared.

-- ---------------------------------------------------------------- how alike two texts are

-- By trigrams (pg_trgm, 0 to 1). The texts are ASCII that bridge/core/fold.h has made: of Devanagari, pg_trgm takes a vowel sign
-- for the end of a word, or under the locale C the whole word for nothing. Where the server has the extension is its own matter.
DO $$
DECLARE
    place text;
BEGIN
    SELECT n.nspname INTO place FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
    IF place IS NULL THEN
        place := 'public';
        IF to_regnamespace(place) IS NULL THEN
            place := 'trigrams';
            CREATE SCHEMA trigrams;
        END IF;
        EXECUTE format('CREATE EXTENSION pg_trgm SCHEMA %I', place);
    END IF;
    EXECUTE format('CREATE FUNCTION bridge.alike(a text, b text) RETURNS real '
                   'LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN %I.similarity(a, b)', place);
END
$$;

-- ---------------------------------------------------------------- by what complaints are found

-- kind: m mobile, n name within a district, g the given name there and G the same of who tells a mobile number, q a number that its text
-- names, o a number of its own. A complaint is looked for among those that have a hash in common, and that came within the window: from
-- when it came until it was over. q meets o; g meets g and G, but G not G: of two that tell a number each, the given name says nothing.
CREATE TABLE bridge.match_key (
    bridge_id bigint NOT NULL REFERENCES bridge.complaint,
    kind      text NOT NULL CHECK (kind IN ('m', 'n', 'g', 'G', 'q', 'o')),
    hash      bytea NOT NULL CHECK (octet_length(hash) = 16),
    since     timestamptz,                          -- NULL: not known, compared with any
    upto      timestamptz,
    PRIMARY KEY (bridge_id, kind, hash)
);
CREATE INDEX ON bridge.match_key (hash, kind);

-- As of which run a complaint was compared, and with which options: what changed since is compared anew.
CREATE TABLE bridge.match_seen (
    bridge_id bigint PRIMARY KEY REFERENCES bridge.complaint,
    last_run  bigint NOT NULL,                      -- of bridge.complaint, then
    digest    bytea NOT NULL CHECK (octet_length(digest) = 16), -- keyed; of all that is compared, and of the options
    options   bytea NOT NULL CHECK (octet_length(options) = 16)
);

-- ---------------------------------------------------------------- which belong together

-- why: what was compared and how alike it is, 0 to 1; nothing of what was written. A pair that a person has spoken on stays as
-- that person said.
CREATE TABLE bridge.duplicate_pair (
    bridge_id  bigint NOT NULL REFERENCES bridge.complaint,
    other_id   bigint NOT NULL REFERENCES bridge.complaint,
    kind       text NOT NULL CHECK (kind IN ('duplicate', 'repeat', 'linked')),
    score      numeric(5, 4) NOT NULL CHECK (score BETWEEN 0 AND 1),
    why        jsonb NOT NULL,
    state      text NOT NULL DEFAULT 'suggested' CHECK (state IN ('suggested', 'confirmed', 'apart')),
    run_id     bigint NOT NULL,
    at         timestamptz NOT NULL,
    decided_by text,                                -- operating-system user
    decided_at timestamptz,
    decided_why text,
    PRIMARY KEY (bridge_id, other_id),
    CHECK (bridge_id < other_id),
    CHECK ((state = 'suggested') = (decided_by IS NULL AND decided_at IS NULL))
);
CREATE INDEX ON bridge.duplicate_pair (other_id);

-- As a person reads it: "who 0.96 (same mobile, name 0.93), matter 0.71 (text 0.52, facts 0.60, same station, 4 days apart)". The score
-- is who times matter.
CREATE FUNCTION bridge.duplicate_reasons(why jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat_ws(', ',
        CASE WHEN (why ->> 'person')::boolean THEN 'by a person' END,
        CASE WHEN (why ->> 'quoted')::boolean THEN 'one names the number of the other' END,
        'who ' || to_char((why ->> 'who')::numeric, 'FM0.00') || COALESCE(' (' || NULLIF(concat_ws(', ',
            CASE (why ->> 'mobile')::numeric WHEN 1 THEN 'same mobile' WHEN 0 THEN 'another mobile' END,
            'name ' || to_char((why ->> 'name')::numeric, 'FM0.00'),
            'relative ' || to_char((why ->> 'relative')::numeric, 'FM0.00')), '') || ')', ''),
        'matter ' || to_char((why ->> 'matter')::numeric, 'FM0.00') || COALESCE(' (' || NULLIF(concat_ws(', ',
            'text ' || to_char((why ->> 'text')::numeric, 'FM0.00'),
            'facts ' || to_char((why ->> 'facts')::numeric, 'FM0.00'),
            CASE (why ->> 'figures')::boolean WHEN true THEN 'a figure in common' WHEN false THEN 'other figures' END,
            CASE (why ->> 'place')::numeric WHEN 1 THEN 'same station' WHEN 0.8 THEN 'same pin code' WHEN 0.6 THEN 'same unit'
                                            WHEN 0 THEN 'another place' END,
            CASE (why ->> 'category')::numeric WHEN 1 THEN 'same category' WHEN 0 THEN 'another category' END,
            CASE WHEN why ? 'apart' THEN (why ->> 'apart') || CASE WHEN why ->> 'apart' = '1' THEN ' day' ELSE ' days' END
                 || CASE WHEN (why ->> 'after')::boolean THEN ' after it was over' ELSE ' apart' END END), '') || ')', ''))
$$;

-- What a person said, each time.
CREATE TABLE bridge.duplicate_word (
    word_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bridge_id  bigint NOT NULL REFERENCES bridge.complaint,
    other_id   bigint NOT NULL REFERENCES bridge.complaint,
    state      text NOT NULL CHECK (state IN ('confirmed', 'apart')),
    said_by    text NOT NULL,
    said_at    timestamptz NOT NULL,
    why        text NOT NULL
);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.duplicate_word
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();

-- A pair, seen from both of its sides.
CREATE VIEW bridge.duplicate_edge WITH (security_invoker) AS
SELECT bridge_id, other_id, kind, score, why, state FROM bridge.duplicate_pair WHERE state <> 'apart'
UNION ALL
SELECT other_id, bridge_id, kind, score, why, state FROM bridge.duplicate_pair WHERE state <> 'apart';

-- All that hang together with a complaint, itself too.
CREATE FUNCTION bridge.duplicate_members(id bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE member AS (
        SELECT $1 AS bridge_id
        UNION
        SELECT e.other_id FROM member m JOIN bridge.duplicate_edge e ON e.bridge_id = m.bridge_id
    )
    SELECT bridge_id FROM member
$$;

-- Each complaint that has a pair: its group, named by its first complaint (by the time that it came, then system and number);
-- role P that first one, D another door of the same matter, R lodged again after one before it was over; nth: 1, and one more with
-- each repeat.
CREATE VIEW bridge.duplicate_group WITH (security_invoker) AS
WITH RECURSIVE reach AS (
    SELECT e.bridge_id, e.bridge_id AS member FROM bridge.duplicate_edge e
    UNION
    SELECT r.bridge_id, e.other_id FROM reach r JOIN bridge.duplicate_edge e ON e.bridge_id = r.member
), grouped AS (
    SELECT bridge_id, min(member) AS of FROM reach GROUP BY bridge_id
), told AS (
    SELECT g.bridge_id, g.of, c.source_system, c.number, COALESCE(c.received_at, c.registered_at, c.marked_at) AS came,
           EXISTS (SELECT
                   FROM bridge.duplicate_edge e
                   JOIN bridge.complaint o ON o.bridge_id = e.other_id
                   WHERE e.bridge_id = g.bridge_id AND e.kind = 'repeat'
                     AND o.disposed_at <= COALESCE(c.received_at, c.registered_at, c.marked_at)) AS again
    FROM grouped g
    JOIN bridge.complaint c ON c.bridge_id = g.bridge_id
)
SELECT bridge_id, first_value(bridge_id) OVER first AS group_id, count(*) OVER (PARTITION BY of) AS members,
       CASE WHEN row_number() OVER first = 1 THEN 'P' WHEN again THEN 'R' ELSE 'D' END AS role,
       1 + count(*) FILTER (WHERE again) OVER first AS nth
FROM told
WINDOW first AS (PARTITION BY of ORDER BY came NULLS LAST, source_system COLLATE "C", number COLLATE "C");

-- Who is erased is not looked for any more.
CREATE FUNCTION bridge.forget_keys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM bridge.match_key k WHERE k.bridge_id = NEW.bridge_id AND k.kind NOT IN ('q', 'o');
    RETURN NULL;
END
$$;
CREATE TRIGGER forget_keys AFTER INSERT ON bridge.erasure FOR EACH ROW EXECUTE FUNCTION bridge.forget_keys();

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.match_key OWNER TO bridge_owner;
ALTER TABLE bridge.match_seen OWNER TO bridge_owner;
ALTER TABLE bridge.duplicate_pair OWNER TO bridge_owner;
ALTER TABLE bridge.duplicate_word OWNER TO bridge_owner;
ALTER VIEW bridge.duplicate_edge OWNER TO bridge_owner;
ALTER VIEW bridge.duplicate_group OWNER TO bridge_owner;
ALTER FUNCTION bridge.alike(text, text) OWNER TO bridge_owner;
ALTER FUNCTION bridge.duplicate_reasons(jsonb) OWNER TO bridge_owner;
ALTER FUNCTION bridge.duplicate_members(bigint) OWNER TO bridge_owner;
ALTER FUNCTION bridge.forget_keys() OWNER TO bridge_owner;
REVOKE ALL ON bridge.match_key, bridge.match_seen, bridge.duplicate_pair, bridge.duplicate_word, bridge.duplicate_edge,
    bridge.duplicate_group FROM PUBLIC;
REVOKE ALL ON FUNCTION bridge.alike(text, text), bridge.duplicate_members(bigint), bridge.duplicate_reasons(jsonb),
    bridge.forget_keys() FROM PUBLIC;

GRANT SELECT, INSERT, DELETE ON bridge.match_key TO bridge_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON bridge.match_seen TO bridge_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON bridge.duplicate_pair TO bridge_writer;
GRANT SELECT, INSERT ON bridge.duplicate_word TO bridge_writer;
GRANT SELECT ON bridge.duplicate_edge, bridge.duplicate_group TO bridge_writer, bridge_auditor;
GRANT SELECT ON bridge.match_key, bridge.match_seen, bridge.duplicate_pair, bridge.duplicate_word TO bridge_auditor;
GRANT EXECUTE ON FUNCTION bridge.alike(text, text) TO bridge_writer;
GRANT EXECUTE ON FUNCTION bridge.duplicate_members(bigint), bridge.duplicate_reasons(jsonb) TO bridge_writer, bridge_auditor;
