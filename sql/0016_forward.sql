-- Packages: what the office of a unit (a cell of bridge.conf) is sent every morning, and what became of it.
--
-- The row is written before a byte of the package leaves, and the package lies whole in the folder of state before the row is
-- written. So a run that is killed leaves either nothing that anybody has seen, or a package of which this row knows the
-- digest: it is sent again as it is. A cell has one package of a day; its numbers have no gaps; each names the digest of the
-- one before it.

CREATE TABLE bridge.package (
    cell       text NOT NULL CHECK (cell <> ''),    -- name of its section in bridge.conf
    number     int NOT NULL CHECK (number > 0),
    unit       text NOT NULL REFERENCES bridge.unit,
    day        date NOT NULL,                       -- in the zone of bridge.conf
    since      timestamptz NOT NULL,                -- "new" is what came after this
    upto       timestamptz NOT NULL,                -- and not after this
    made_at    timestamptz NOT NULL,
    made_run   bigint NOT NULL REFERENCES bridge.run,
    channel    text NOT NULL CHECK (channel IN ('mail', 'sftp', 'folder')),    -- of the last try
    message_id text NOT NULL CHECK (message_id <> ''),
    lines      int NOT NULL CHECK (lines >= 0),     -- of all its lists
    manifest   bytea NOT NULL CHECK (octet_length(manifest) = 32),  -- SHA-256 of its manifest, which has those of its files
    previous   bytea CHECK (octet_length(previous) = 32),           -- that of the package before it
    state      text NOT NULL DEFAULT 'planned' CHECK (state IN
                   ('planned', 'sending', 'sent', 'in_doubt', 'acknowledged', 'failed')),
    attempts   int NOT NULL DEFAULT 0,
    said       text,                                -- stable word of the last try: "mail.550", "sftp.cut"
    last_run   bigint NOT NULL REFERENCES bridge.run,
    sending_at timestamptz,                         -- intent committed
    sent_at    timestamptz,
    acked_at   timestamptz,
    acked_by   text CHECK (acked_by IN ('file', 'action', 'later')),    -- later: a later one was acknowledged
    purged_at  timestamptz,                         -- its files were taken away
    erased_at  timestamptz,                         -- on order, for a person in them; what was not sent never is
    erased_for bigint,                              -- the complaint of that person, bridge_id
    PRIMARY KEY (cell, number),
    CHECK ((number = 1) = (previous IS NULL)),
    CHECK (since < upto),
    CHECK (state NOT IN ('sent', 'acknowledged') OR sending_at IS NOT NULL),
    CHECK ((state = 'acknowledged') = (acked_at IS NOT NULL AND acked_by IS NOT NULL)),
    CHECK ((erased_at IS NULL) = (erased_for IS NULL)),
    CHECK (erased_at IS NULL OR state IN ('sent', 'acknowledged', 'failed'))
);
-- One that was erased before it was sent makes room for another one.
CREATE UNIQUE INDEX package_day ON bridge.package (cell, day) WHERE erased_at IS NULL OR state <> 'failed';
CREATE INDEX package_open ON bridge.package (cell, number) WHERE state <> 'acknowledged';

-- Numbers without gaps, each with the digest of the one before it.
CREATE FUNCTION bridge.package_follows() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.number > 1 AND NOT EXISTS (SELECT FROM bridge.package p
                                      WHERE p.cell = NEW.cell AND p.number = NEW.number - 1 AND p.manifest = NEW.previous) THEN
        RAISE EXCEPTION 'package % does not follow the one before it', NEW.number;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER package_follows BEFORE INSERT ON bridge.package
    FOR EACH ROW EXECUTE FUNCTION bridge.package_follows();

-- The only door for a package's state. What may have come is sent again as it is, and what was acknowledged stays so.
CREATE FUNCTION bridge.package_moves() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (OLD.state, NEW.state) IN (
           ('planned', 'sending'), ('in_doubt', 'sending'), ('failed', 'sending'),
           ('sending', 'sent'), ('sending', 'planned'), ('sending', 'in_doubt'), ('sending', 'failed'),
           ('planned', 'failed'), ('in_doubt', 'failed'),
           ('sent', 'acknowledged'), ('in_doubt', 'acknowledged')) AND (NEW.state, NEW.erased_at IS NULL) <> ('sending', false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a package does not go from % to %', OLD.state, NEW.state;
END
$$;
CREATE TRIGGER package_moves BEFORE UPDATE OF state ON bridge.package
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION bridge.package_moves();
CREATE TRIGGER not_deleted BEFORE DELETE OR TRUNCATE ON bridge.package
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();

-- Days on which an office is closed, of those after the day of the one time and up to that of the other: Sundays, and holidays of
-- its unit or of one above it. What nobody says on them is no silence.
CREATE FUNCTION bridge.days_off(since timestamptz, upto timestamptz, of_unit text, zone text) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE above AS (
        SELECT u.unit, u.parent FROM bridge.unit u WHERE u.unit = of_unit
        UNION
        SELECT u.unit, u.parent FROM bridge.unit u JOIN above a ON u.unit = a.parent
    )
    SELECT count(*)
    FROM (SELECT CASE WHEN zone ~ '^[+-]' THEN (since AT TIME ZONE zone::interval)::date
                      ELSE (since AT TIME ZONE zone)::date END AS first) f
    CROSS JOIN generate_series(1, bridge.days_left(upto, since, zone)) n
    CROSS JOIN LATERAL (SELECT f.first + n AS day) d
    WHERE extract(isodow FROM d.day) = 7
       OR EXISTS (SELECT FROM bridge.holiday h WHERE h.day = d.day AND (h.unit = '*' OR h.unit IN (SELECT a.unit FROM above a)))
$$;

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.package OWNER TO bridge_owner;
ALTER FUNCTION bridge.package_follows() OWNER TO bridge_owner;
ALTER FUNCTION bridge.package_moves() OWNER TO bridge_owner;
ALTER FUNCTION bridge.days_off(timestamptz, timestamptz, text, text) OWNER TO bridge_owner;
REVOKE ALL ON bridge.package FROM PUBLIC;
REVOKE ALL ON FUNCTION bridge.package_follows(), bridge.package_moves(),
    bridge.days_off(timestamptz, timestamptz, text, text) FROM PUBLIC;

GRANT SELECT ON bridge.package TO bridge_auditor, bridge_writer;
GRANT INSERT ON bridge.package TO bridge_writer;
GRANT UPDATE (channel, state, attempts, said, last_run, sending_at, sent_at, acked_at, acked_by, purged_at,
              erased_at, erased_for) ON bridge.package TO bridge_writer;
GRANT EXECUTE ON FUNCTION bridge.days_off(timestamptz, timestamptz, text, text) TO bridge_auditor, bridge_writer;
