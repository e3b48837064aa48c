-- What makes sure: runs that prove that they live, what a run recovered, sweeps of whole id lists, deliveries that are
-- asked for after they were confirmed, and the duplicate that is sent on purpose.

-- ---------------------------------------------------------------- runs

-- What a run found left behind by others, and what became of it.
CREATE TABLE bridge.recovery (
    run_id bigint NOT NULL REFERENCES bridge.run,
    what   text NOT NULL CHECK (what IN ('run', 'sending', 'found', 'absent', 'unknown', 'orphan', 'page', 'file')),
    system text NOT NULL DEFAULT '',                -- '' = of no one system
    n      int NOT NULL CHECK (n > 0),
    PRIMARY KEY (run_id, what, system)
);

-- ---------------------------------------------------------------- sweeps

-- The newest sweep of each system's whole id list: what the cursor had missed.
CREATE TABLE bridge.sweep (
    system  text PRIMARY KEY,
    run_id  bigint NOT NULL REFERENCES bridge.run,
    at      timestamptz NOT NULL,
    listed  int NOT NULL,                           -- that the peer named
    missed  int NOT NULL,                           -- of these, not in staging, or there in another state
    found   int NOT NULL                            -- of the missed, staged by reading the system again
);

-- ---------------------------------------------------------------- proof

-- A confirmed delivery is asked for again on a later night: a peer may say "done" and have done nothing.
ALTER TABLE bridge.delivery ADD proved_at timestamptz;
CREATE INDEX delivery_unproved ON bridge.delivery (target, settled_at, delivery_id)
    WHERE state = 'confirmed' AND proved_at IS NULL;
CREATE INDEX delivery_proved ON bridge.delivery (target, stream, proved_at, delivery_id)
    WHERE state = 'confirmed' AND proved_at IS NOT NULL;

-- What was confirmed long before proof began is not asked for: peers put away what is old, and what is new would wait
-- behind it. A time that is infinite says that nobody asked.
UPDATE bridge.delivery SET proved_at = '-infinity'
WHERE state = 'confirmed' AND settled_at < now() - interval '30 days';

-- The duplicate that is sent on purpose, once a night to each system that promises to refuse a repeat of our key. The row
-- is there before the first byte goes out: "sent" is one whose answer nobody knows, and the next run asks for it.
CREATE TABLE bridge.canary (
    run_id      bigint NOT NULL REFERENCES bridge.run,
    system      text NOT NULL,
    delivery_id uuid NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('sent', 'filtered', 'taken', 'unknown')),
    said        text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL,
    PRIMARY KEY (run_id, system)
);

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.recovery OWNER TO bridge_owner;
ALTER TABLE bridge.sweep OWNER TO bridge_owner;
ALTER TABLE bridge.canary OWNER TO bridge_owner;
REVOKE ALL ON bridge.recovery, bridge.sweep, bridge.canary FROM PUBLIC;

GRANT SELECT ON bridge.recovery, bridge.sweep, bridge.canary TO bridge_auditor;
GRANT SELECT, INSERT, UPDATE ON bridge.recovery, bridge.sweep, bridge.canary TO bridge_writer;
