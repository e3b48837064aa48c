-- What each system last said of each complaint in a list of its own, beside the digest that the system computes of the row:
-- of the buckets of a system whose digests add up to what the system says they do, the list need not be read again
-- (bridge/core/set_digest.h).

CREATE TABLE bridge.listed (
    system        text NOT NULL,
    number        text NOT NULL,
    bucket        text NOT NULL CHECK (bucket ~ '^[0-9a-f]{2}$'),
    row_digest    bytea NOT NULL CHECK (octet_length(row_digest) = 32),   -- as it came
    meaning       bytea NOT NULL CHECK (octet_length(meaning) = 32),      -- of the map and the units that the row was read by
    origin        text,
    origin_number text,
    origin_norm   text,
    unit          text,
    status        text,
    category      text,
    received_at   timestamptz,
    registered_at timestamptz,
    marked_at     timestamptz,
    changed_at    timestamptz,
    text_digest   bytea,                            -- of subject and body
    PRIMARY KEY (system, number)
);

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.listed OWNER TO bridge_owner;
REVOKE ALL ON bridge.listed FROM PUBLIC;

GRANT SELECT ON bridge.listed TO bridge_auditor;
GRANT SELECT, INSERT, UPDATE, DELETE ON bridge.listed TO bridge_writer;
