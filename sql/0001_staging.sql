-- The staging schema: what came (arrival, source_record), what it means (complaint and below), what is to be sent
-- (delivery), what waits for a person (held), and the accounts of every record that moved (ledger).
--
-- Rows, cursor, books and outbox of one batch commit in one transaction. Times are UTC; complaints are never deleted.
-- Every large table carries bridge_id or system as its leading key, so that it can be hash-partitioned or distributed.

CREATE SCHEMA bridge;
COMMENT ON SCHEMA bridge IS 'cctns-bridge: staging, outbox and books';

-- What "schema apply" has applied; a file that was altered afterwards is refused.
CREATE TABLE bridge.migration (
    version    int PRIMARY KEY CHECK (version > 0),
    name       text NOT NULL,
    sha256     bytea NOT NULL CHECK (octet_length(sha256) = 32),
    applied_at timestamptz NOT NULL
);

-- ---------------------------------------------------------------- reference data, dated

CREATE TABLE bridge.unit (
    unit       text PRIMARY KEY,
    parent     text REFERENCES bridge.unit DEFERRABLE INITIALLY DEFERRED,
    level      text NOT NULL CHECK (level IN ('STATE', 'ZONE', 'RANGE', 'DISTRICT', 'SUBDIV', 'PS', 'OUTPOST')),
    name_en    text NOT NULL,
    name_hi    text,
    valid_from date NOT NULL DEFAULT '-infinity',
    valid_to   date NOT NULL DEFAULT 'infinity'
);

-- A number without the name of its scheme is meaningless (CCTNS, LGD, NHRC and CPGRAMS all differ).
CREATE TABLE bridge.unit_alias (
    scheme     text NOT NULL,
    code       text NOT NULL,
    unit       text NOT NULL REFERENCES bridge.unit DEFERRABLE INITIALLY DEFERRED,
    valid_from date NOT NULL DEFAULT '-infinity',
    valid_to   date NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (scheme, code, unit, valid_from)    -- police districts may share the code of a revenue district
);
CREATE INDEX ON bridge.unit_alias (unit, scheme);

CREATE TABLE bridge.sla_rule (
    system      text NOT NULL,
    ref_type    text NOT NULL DEFAULT '*',          -- '*' = any
    days        int  NOT NULL CHECK (days > 0),     -- calendar days
    start_event text NOT NULL CHECK (start_event IN ('received_at', 'registered_at', 'marked_at')),
    source      text NOT NULL,                      -- where the rule is written
    PRIMARY KEY (system, ref_type)
);

-- ---------------------------------------------------------------- runs and cursors

CREATE TABLE bridge.run (
    run_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job        text NOT NULL,
    lock       text NOT NULL DEFAULT '',            -- name of the advisory lock that its session holds
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    state      text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'lost')),
    exit_code  int,
    host       text NOT NULL,
    pid        int NOT NULL,
    program    text NOT NULL,                       -- version of the bridge and of its libraries
    maps       text NOT NULL DEFAULT '',            -- "system sha256" by line
    said       text NOT NULL DEFAULT ''             -- how it ended, one line
);

-- (time, key) of the last record read, never rounded up; committed with its rows.
CREATE TABLE bridge.cursor (
    system     text NOT NULL,
    call       text NOT NULL,
    at         timestamptz NOT NULL,
    key        text NOT NULL,
    run_id     bigint NOT NULL REFERENCES bridge.run,
    PRIMARY KEY (system, call)
);

-- ---------------------------------------------------------------- what came

-- Byte for byte, until policy purges the body; the digest stays.
CREATE TABLE bridge.arrival (
    arrival_id bigint GENERATED ALWAYS AS IDENTITY,
    arrived_at timestamptz NOT NULL,
    run_id     bigint NOT NULL,
    system     text NOT NULL,
    stream     text NOT NULL,
    key        text NOT NULL,
    sha256     bytea NOT NULL CHECK (octet_length(sha256) = 32),
    body       bytea,
    PRIMARY KEY (arrived_at, arrival_id)
) PARTITION BY RANGE (arrived_at);
CREATE TABLE bridge.arrival_default PARTITION OF bridge.arrival DEFAULT;
CREATE INDEX ON bridge.arrival (system, stream, key);

-- Makes the partition of the month (UTC) that an instant falls into; each run calls for this month's and the next. Runs as
-- its owner, for the nightly run may not create tables. A month whose rows stand in the default partition already keeps
-- them there, and a table that is in use is left for the next run: arrivals are kept either way.
CREATE FUNCTION bridge.make_arrival_month(at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
DECLARE
    first timestamp := date_trunc('month', at AT TIME ZONE 'UTC');
    name text := 'arrival_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass('bridge.' || quote_ident(name)) IS NOT NULL
       OR EXISTS (SELECT FROM bridge.arrival_default d
                  WHERE d.arrived_at >= first AT TIME ZONE 'UTC'
                    AND d.arrived_at < (first + interval '1 month') AT TIME ZONE 'UTC') THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE bridge.%I PARTITION OF bridge.arrival FOR VALUES FROM (%L) TO (%L)', name,
                   first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC');
    RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected OR check_violation OR duplicate_table THEN
    RETURN false;
END
$$;

-- ---------------------------------------------------------------- what it means

-- Run numbers of these tables, and entries of movement, are not foreign keys: only the statements that have just written
-- the run or the entry fill them, and one more check for each row would cost as much as the row itself.

CREATE TABLE bridge.complaint (
    bridge_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_system  text NOT NULL,
    number         text NOT NULL,                   -- of the source system, byte for byte
    number_norm    text NOT NULL,                   -- as compared
    police_system  text,                            -- the police system that holds it, once one does
    police_number  text,
    ref_type       text,
    category       text,
    priority       smallint CHECK (priority BETWEEN 1 AND 3),
    subject        text,
    body           text,
    complainant    text,
    relative_name  text,
    gender         text CHECK (gender IN ('M', 'F', 'T', 'U')),
    age            smallint CHECK (age BETWEEN 0 AND 150),
    mobile         text,
    email          text,
    address        text,
    pincode        text,
    unit           text REFERENCES bridge.unit,
    station        text REFERENCES bridge.unit,
    received_at    timestamptz,
    registered_at  timestamptz,
    marked_at      timestamptz,
    due_at         timestamptz,
    disposed_at    timestamptz,
    status         text NOT NULL,
    officer_name   text,
    officer_rank   text,
    officer_mobile text,
    disposal       text,
    satisfied      text CHECK (satisfied IN ('Y', 'N', 'U')),   -- newest feedback
    version        int NOT NULL DEFAULT 1,
    first_run      bigint NOT NULL,
    last_run       bigint NOT NULL,
    staged_at      timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL,            -- when staging changed it
    UNIQUE (source_system, number)
);
CREATE INDEX ON bridge.complaint (source_system, number_norm);
CREATE INDEX ON bridge.complaint (unit, status);
CREATE INDEX ON bridge.complaint (marked_at);
CREATE INDEX ON bridge.complaint (police_number);
CREATE INDEX ON bridge.complaint (bridge_id) WHERE police_system IS NULL;

-- What a complaint was before each change: the whole row.
CREATE TABLE bridge.complaint_version (
    bridge_id  bigint NOT NULL REFERENCES bridge.complaint,
    version    int NOT NULL,
    was        jsonb NOT NULL,
    system     text NOT NULL,                       -- whose record changed it
    run_id     bigint NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (bridge_id, version)
);

-- Every number that a complaint has, in every system.
CREATE TABLE bridge.link (
    system      text NOT NULL,
    number      text NOT NULL,
    number_norm text NOT NULL,
    bridge_id   bigint NOT NULL REFERENCES bridge.complaint,
    run_id      bigint NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (system, number)
);
CREATE INDEX ON bridge.link (bridge_id);
CREATE INDEX ON bridge.link (number_norm, system);

-- What each system last said about a complaint: the digest tells changed from unchanged.
CREATE TABLE bridge.source_record (
    system      text NOT NULL,
    number      text NOT NULL,
    bridge_id   bigint NOT NULL REFERENCES bridge.complaint,
    digest      bytea NOT NULL CHECK (octet_length(digest) = 32),
    status      text,
    unit        text,
    marked_at   timestamptz,
    changed_at  timestamptz,
    as_received jsonb NOT NULL,                     -- text of keys and times as the peer wrote them
    others      jsonb,                              -- digests of fields that another system owns, as this one last had them
    first_run   bigint NOT NULL,
    last_run    bigint NOT NULL,
    vanished_at timestamptz,                        -- a full id list did not name it: a finding, never a delete
    PRIMARY KEY (system, number)
);
CREATE INDEX ON bridge.source_record (bridge_id);

CREATE TABLE bridge.action (
    bridge_id      bigint NOT NULL REFERENCES bridge.complaint,
    system         text NOT NULL,                   -- where it was done
    key            text NOT NULL,
    at             timestamptz NOT NULL,
    action         text NOT NULL,
    text           text,
    officer_name   text,
    officer_rank   text,
    officer_mobile text,
    office         text,
    disposal       text,
    changed_at     timestamptz,                -- as the system says; an older one does not go back
    digest         bytea NOT NULL CHECK (octet_length(digest) = 32),
    as_received    jsonb NOT NULL,
    version        int NOT NULL DEFAULT 1,
    first_run      bigint NOT NULL,
    last_run       bigint NOT NULL,
    staged_at      timestamptz NOT NULL,
    PRIMARY KEY (bridge_id, system, key)
);

CREATE TABLE bridge.attachment (
    bridge_id   bigint NOT NULL REFERENCES bridge.complaint,
    system      text NOT NULL,
    key         text NOT NULL,
    name        text,
    type        text,
    size        bigint CHECK (size >= 0),
    changed_at  timestamptz,                -- as the system says; an older one does not go back
    digest      bytea NOT NULL CHECK (octet_length(digest) = 32),
    as_received jsonb NOT NULL,
    version     int NOT NULL DEFAULT 1,
    first_run   bigint NOT NULL,
    last_run    bigint NOT NULL,
    staged_at   timestamptz NOT NULL,
    PRIMARY KEY (bridge_id, system, key)
);

CREATE TABLE bridge.feedback (
    bridge_id   bigint NOT NULL REFERENCES bridge.complaint,
    system      text NOT NULL,
    key         text NOT NULL,
    at          timestamptz NOT NULL,
    satisfied   text CHECK (satisfied IN ('Y', 'N', 'U')),
    rating      smallint CHECK (rating BETWEEN 1 AND 5),
    level       text,
    mode        text,
    text        text,
    changed_at  timestamptz,                -- as the system says; an older one does not go back
    digest      bytea NOT NULL CHECK (octet_length(digest) = 32),
    as_received jsonb NOT NULL,
    version     int NOT NULL DEFAULT 1,
    first_run   bigint NOT NULL,
    last_run    bigint NOT NULL,
    staged_at   timestamptz NOT NULL,
    PRIMARY KEY (bridge_id, system, key)
);

-- ---------------------------------------------------------------- what waits for a person

CREATE TABLE bridge.held (
    held_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system    text NOT NULL,
    stream    text NOT NULL,
    call      text,                                 -- the call that brought it, or that carries it
    key       text,                                 -- number or key, where it could be read
    parent    text,                                 -- number of the complaint that a nested record belongs to
    kind      text NOT NULL CHECK (kind IN ('set_aside', 'page', 'conflict', 'refused', 'in_doubt', 'dead')),
    reason    text NOT NULL,                        -- stable word: "map.required", "text.utf8", "http.html" ...
    field     text,                                 -- canonical name
    place     text,                                 -- path or column; record number in its page
    detail    text,                                 -- one line, no personal data
    body      bytea,                                -- the bytes that came
    remote    bytea,                                -- the remote record as path/value pairs, for "held replay"
    sha256    bytea CHECK (octet_length(sha256) = 32),
    delivery_id uuid,
    state     text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'settled', 'dropped')),
    times     int NOT NULL DEFAULT 1,               -- how often the same thing came again
    first_run bigint NOT NULL REFERENCES bridge.run,
    last_run  bigint NOT NULL REFERENCES bridge.run,
    held_at   timestamptz NOT NULL,
    ended_at  timestamptz,
    ended_by  text,                                 -- operating-system user
    ended_why text
);
CREATE UNIQUE INDEX held_once ON bridge.held (system, stream, reason, sha256) WHERE state = 'open' AND delivery_id IS NULL;
CREATE INDEX held_ready ON bridge.held (system, parent) WHERE state = 'open' AND reason = 'parent.unknown';
CREATE INDEX held_key ON bridge.held (system, stream, key) WHERE state = 'open';
CREATE UNIQUE INDEX held_delivery ON bridge.held (delivery_id) WHERE state = 'open' AND delivery_id IS NOT NULL;

-- ---------------------------------------------------------------- the outbox

CREATE TABLE bridge.delivery (
    delivery_id   uuid PRIMARY KEY DEFAULT gen_random_uuid(),   -- our reference at the peer
    target        text NOT NULL,
    stream        text NOT NULL,
    bridge_id     bigint NOT NULL REFERENCES bridge.complaint,
    source_system text NOT NULL,
    key           text NOT NULL,                    -- of the action or feedback; '' for the complaint itself
    version       int NOT NULL DEFAULT 1,           -- of the action or feedback: each version is a delivery of its own
    digest        bytea NOT NULL,                   -- of that version; registering a complaint has '' (once, whatever changes)
    class         text NOT NULL CHECK (class IN ('A', 'B', 'C')),
    unit          text,
    state         text NOT NULL DEFAULT 'planned' CHECK (state IN
                      ('planned', 'sending', 'confirmed', 'refused', 'in_doubt', 'held', 'dead', 'superseded', 'void')),
    attempts      int NOT NULL DEFAULT 0,
    not_before    timestamptz NOT NULL DEFAULT '-infinity',
    sent_digest   bytea,
    first_doubt   timestamptz,
    receipt       text,
    said          text,                             -- the peer's word
    planned_run   bigint NOT NULL REFERENCES bridge.run,
    last_run      bigint NOT NULL REFERENCES bridge.run,
    planned_at    timestamptz NOT NULL,
    settled_at    timestamptz,
    UNIQUE (target, stream, bridge_id, source_system, key, version)
);
CREATE INDEX delivery_open ON bridge.delivery (target, stream, state)
    WHERE state IN ('planned', 'sending', 'in_doubt', 'refused', 'held', 'dead');
CREATE INDEX delivery_due ON bridge.delivery (target, stream, bridge_id) WHERE state = 'planned';
CREATE INDEX ON bridge.delivery (bridge_id);

CREATE TABLE bridge.attempt (
    delivery_id uuid NOT NULL REFERENCES bridge.delivery,
    attempt     int NOT NULL,
    run_id      bigint NOT NULL REFERENCES bridge.run,
    started_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    outcome     text CHECK (outcome IN ('ok', 'retry', 'reject', 'fatal', 'in_doubt', 'found', 'absent')),
    said        text,                               -- the peer's word
    detail      text,                               -- the peer's text; may name people
    receipt     text,
    sent        bytea,                              -- the remote record as path/value pairs
    PRIMARY KEY (delivery_id, attempt)
);

-- ---------------------------------------------------------------- the books

CREATE TABLE bridge.account (
    account text PRIMARY KEY,
    is_source boolean NOT NULL DEFAULT false,       -- may be negative: records come from there
    help text NOT NULL
);
INSERT INTO bridge.account VALUES
    ('source',        true,  'what a system offered'),
    ('staged',        false, 'new or changed records taken into staging'),
    ('unchanged',     false, 'offered again, digest as before'),
    ('duplicate',     false, 'the same record twice in one batch'),
    ('set_aside',     false, 'held: could not be read or mapped'),
    ('conflict',      false, 'held: two owners'),
    ('out_of_window', false, 'older than the version that staging has'),
    ('plan',          true,  'deliveries that staging calls for'),
    ('outbox',        false, 'planned'),
    ('sending',       false, 'intent committed, answer not yet recorded'),
    ('delivered',     false, 'confirmed by the peer'),
    ('refused',       false, 'refused by the peer, held'),
    ('in_doubt',      false, 'outcome unknown, to be asked'),
    ('dead',          false, 'out of tries, held'),
    ('superseded',    false, 'a newer version took its place before it was sent'),
    ('void',          false, 'proved absent at the peer and planned anew, or dropped by a person');

-- One entry for the n records of one batch that moved alike; which they were stands in movement.
CREATE TABLE bridge.ledger (
    entry    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id   bigint NOT NULL REFERENCES bridge.run,
    hop      text NOT NULL CHECK (hop IN ('pull', 'push')),
    system   text NOT NULL,
    stream   text NOT NULL,
    unit     text,
    debit    text NOT NULL REFERENCES bridge.account,   -- leaves
    credit   text NOT NULL REFERENCES bridge.account,   -- enters
    n        int NOT NULL CHECK (n > 0),
    reason   text NOT NULL DEFAULT '',
    evidence bytea NOT NULL CHECK (octet_length(evidence) = 32),  -- SHA-256 over the sorted digests of the records
    at       timestamptz NOT NULL,
    CHECK (debit <> credit)
);
CREATE INDEX ON bridge.ledger (run_id, hop, system);

CREATE TABLE bridge.movement (
    entry  bigint NOT NULL,
    key    text NOT NULL,                           -- number, "number#key" of a nested record, or delivery_id
    digest bytea NOT NULL
);
CREATE INDEX ON bridge.movement (entry);
CREATE INDEX ON bridge.movement (key);

-- What each side answered, on one as-of cut; written by reconcile.
CREATE TABLE bridge.control_total (
    run_id bigint NOT NULL REFERENCES bridge.run,
    side   text NOT NULL CHECK (side IN ('portal', 'police', 'staging')),
    system text NOT NULL,                           -- the portal whose complaints are counted
    unit   text NOT NULL,
    status text NOT NULL,
    day    date NOT NULL,
    n      int NOT NULL,
    keyset bytea NOT NULL CHECK (octet_length(keyset) = 32),  -- SHA-256 over the sorted numbers
    PRIMARY KEY (run_id, side, system, unit, status, day)
);

CREATE TABLE bridge.difference (
    run_id        bigint NOT NULL REFERENCES bridge.run,
    system        text NOT NULL,
    number        text NOT NULL,
    police_number text,
    what          text NOT NULL,                    -- "missing at police", "status", "unit" ...
    portal_says   text,
    police_says   text,
    staging_says  text,
    reason        text NOT NULL CHECK (reason IN ('in flight', 'held', 'late at source', 'vanished', 'duplicate-linked',
                                                  'wrong unit', 'status lag', 'unexplained')),
    since         timestamptz,
    PRIMARY KEY (run_id, system, number, what)
);

-- Times at which the daemon was to start a job: a slot that nobody took shows.
CREATE TABLE bridge.slot (
    job     text NOT NULL,
    due_at  timestamptz NOT NULL,
    state   text NOT NULL CHECK (state IN ('started', 'done', 'failed', 'missed', 'busy')),
    run_id  bigint,
    said    text,
    PRIMARY KEY (job, due_at)
);
