-- Every system of the police: more of what a complaint may carry, contents of attachments, what is sealed, and which
-- system is what.

-- ---------------------------------------------------------------- fields of the dictionary

ALTER TABLE bridge.complaint
    ADD case_number     text,
    ADD parent_origin   text,
    ADD parent_number   text,
    ADD dak_number      text,
    ADD kind            text,
    ADD mode            text,
    ADD identity        text,
    ADD category_code   text,
    ADD category_text   text,
    ADD ref_class       text,
    ADD body_script     text,
    ADD subject_unicode text,
    ADD body_unicode    text,
    ADD against         text,
    ADD addressed_by    text,
    ADD level           text,
    ADD incident_on     date,
    ADD direction_at    timestamptz,
    ADD expected_at     timestamptz,
    ADD status_text     text,
    ADD reason          text,
    ADD fir_number      text,
    ADD fir_at          timestamptz,
    ADD gd_number       text,
    ADD gd_at           timestamptz;

ALTER TABLE bridge.source_record
    ADD status_text text,
    ADD sealed      text;                           -- names of the fields that came sealed, never their values

ALTER TABLE bridge.action
    ADD action_text text,
    ADD reason      text,
    ADD expected_at timestamptz;

ALTER TABLE bridge.feedback
    ADD rating_text text;

-- The bytes are in the content store; size and type of what is in it stand beside what the peer declared.
ALTER TABLE bridge.attachment
    ADD role         text,
    ADD content      text CHECK (content ~ '^[0-9a-f]{64}$'),
    ADD content_size bigint CHECK (content_size > 0),
    ADD content_type text,
    ADD CHECK ((content IS NULL) = (content_size IS NULL));

-- A clock may start with the day on which an authority directed that the complaint be answered.
ALTER TABLE bridge.sla_rule DROP CONSTRAINT sla_rule_start_event_check;
ALTER TABLE bridge.sla_rule ADD CONSTRAINT sla_rule_start_event_check
    CHECK (start_event IN ('received_at', 'registered_at', 'marked_at', 'direction_at'));

-- ---------------------------------------------------------------- systems

-- As bridge.conf and the maps say; written at the start of each run. One that is no longer named stays, not listed.
CREATE TABLE bridge.system (
    system text PRIMARY KEY,
    role   text NOT NULL CHECK (role IN ('portal', 'police', 'archive')),
    title  text NOT NULL,
    units  text[] NOT NULL DEFAULT '{}',            -- that a police system serves, with all below; none = all
    listed boolean NOT NULL DEFAULT true
);

-- ---------------------------------------------------------------- what is sealed

-- Who a complaint came from, where that is promised secret: encrypted by the program with a key that the database does
-- not have, and tied to its record. Readable by the notifier alone, not even by the run that writes it.
CREATE TABLE bridge.sealed (
    bridge_id bigint NOT NULL REFERENCES bridge.complaint,
    system    text NOT NULL,
    number    text NOT NULL,
    key_name  text NOT NULL,                        -- which key opens it: hexadecimal, no secret
    digest    bytea NOT NULL CHECK (octet_length(digest) = 32),  -- HMAC of what is inside
    sealed    bytea NOT NULL CHECK (octet_length(sealed) > 37),
    run_id    bigint NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (system, number)
);
CREATE INDEX ON bridge.sealed (bridge_id);

-- Whether the bytes beside it are encrypted.
ALTER TABLE bridge.arrival ADD sealed boolean NOT NULL DEFAULT false;
ALTER TABLE bridge.held    ADD sealed boolean NOT NULL DEFAULT false;
ALTER TABLE bridge.attempt ADD sealed boolean NOT NULL DEFAULT false;

-- ---------------------------------------------------------------- the outbox

ALTER TABLE bridge.delivery ADD substituted text;   -- why a note went instead of a content
CREATE INDEX delivery_substituted ON bridge.delivery (target) WHERE substituted IS NOT NULL;

-- ---------------------------------------------------------------- names

-- CCTNS has one name in every state. What was booked, compared and kept as a version has the name of its day.
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT * FROM (VALUES
            ('complaint', 'source_system'), ('complaint', 'police_system'), ('link', 'system'), ('source_record', 'system'),
            ('action', 'system'), ('attachment', 'system'), ('feedback', 'system'), ('held', 'system'),
            ('delivery', 'target'), ('delivery', 'source_system'), ('cursor', 'system'), ('arrival', 'system')
        ) AS n (name, col)
    LOOP
        EXECUTE format('UPDATE bridge.%I SET %I = ''cctns'' WHERE %I = ''cctns_up''', c.name, c.col, c.col);
    END LOOP;
END
$$;

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.system OWNER TO bridge_owner;
ALTER TABLE bridge.sealed OWNER TO bridge_owner;
REVOKE ALL ON bridge.system, bridge.sealed FROM PUBLIC;

GRANT SELECT ON bridge.system TO bridge_auditor;
GRANT SELECT, INSERT, UPDATE ON bridge.system TO bridge_writer;

GRANT SELECT ON bridge.sealed TO bridge_notifier;
GRANT INSERT, UPDATE ON bridge.sealed TO bridge_writer;
GRANT SELECT (bridge_id, system, number, key_name, digest, run_id, at) ON bridge.sealed TO bridge_writer;
GRANT UPDATE (sealed) ON bridge.attempt TO bridge_writer;
