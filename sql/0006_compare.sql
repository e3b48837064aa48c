-- Comparison: by kind of matter and by the days of receipt and registration as well; the members behind every figure; and
-- what an officer has answered for.

-- ---------------------------------------------------------------- totals and differences

ALTER TABLE bridge.control_total ADD category text NOT NULL DEFAULT '';
ALTER TABLE bridge.control_total DROP CONSTRAINT control_total_pkey;
ALTER TABLE bridge.control_total ADD PRIMARY KEY (run_id, side, system, unit, status, category, day);

ALTER TABLE bridge.difference DROP CONSTRAINT difference_reason_check;
ALTER TABLE bridge.difference ADD CONSTRAINT difference_reason_check
    CHECK (reason IN ('in flight', 'held', 'late at source', 'vanished', 'duplicate-linked', 'wrong unit', 'status lag',
                      'older version', 'signed off', 'unexplained'));

-- SHA-256 over each side's own word of what differs: what a signature is for. NULL: of a run before there were any.
ALTER TABLE bridge.difference ADD digest bytea CHECK (octet_length(digest) = 32);
CREATE INDEX ON bridge.difference (system, run_id);

-- ---------------------------------------------------------------- the last comparison of each portal

CREATE TABLE bridge.comparison (
    system      text PRIMARY KEY,                   -- the portal
    run_id      bigint NOT NULL REFERENCES bridge.run,
    cut         timestamptz NOT NULL,
    police      text[],                             -- systems that were asked; NULL = none
    listed      boolean NOT NULL,                   -- its own list was read; else two sides were compared
    portal      int NOT NULL,
    police_n    int NOT NULL,
    staging     int NOT NULL,
    differences int NOT NULL,
    unexplained int NOT NULL,
    counted     boolean                             -- its own count agreed with its list; NULL = it has none
);

-- Every complaint of it, as each side has it. What a list does not tell stands as staging has it. One that is on no side
-- any more stays, and counts nowhere.
CREATE TABLE bridge.compared (
    system        text NOT NULL,
    number        text NOT NULL,
    bridge_id     bigint,
    police_system text,
    police_number text,
    asked         boolean NOT NULL,                 -- the police system that has it, or is to have it, was asked
    p_has         boolean NOT NULL,                 -- portal
    p_unit        text NOT NULL,
    p_status      text NOT NULL,
    p_category    text NOT NULL,
    p_received    date NOT NULL,
    p_registered  date NOT NULL,
    p_marked      date NOT NULL,
    q_has         boolean NOT NULL,                 -- police
    q_unit        text NOT NULL,
    q_status      text NOT NULL,
    q_category    text NOT NULL,
    q_received    date NOT NULL,
    q_registered  date NOT NULL,
    q_marked      date NOT NULL,
    s_has         boolean NOT NULL,                 -- staging
    s_unit        text NOT NULL,
    s_status      text NOT NULL,
    s_category    text NOT NULL,
    s_received    date NOT NULL,
    s_registered  date NOT NULL,
    s_marked      date NOT NULL,
    due_at        timestamptz,
    overdue       boolean NOT NULL,                 -- pending, and due before the cut
    PRIMARY KEY (system, number)
);

-- ---------------------------------------------------------------- what an officer answers for

-- A signature is for exactly what differed on that day: the digest is that of the difference.
CREATE TABLE bridge.signoff (
    signoff  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id   bigint NOT NULL REFERENCES bridge.run,
    system   text NOT NULL,
    number   text NOT NULL,
    what     text NOT NULL,
    digest   bytea NOT NULL CHECK (octet_length(digest) = 32),
    officer  text NOT NULL CHECK (btrim(officer) <> ''),
    why      text NOT NULL CHECK (btrim(why) <> ''),
    typed_by text NOT NULL,                         -- operating-system user
    at       timestamptz NOT NULL
);
CREATE INDEX ON bridge.signoff (system, number, what);

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.signoff
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.comparison OWNER TO bridge_owner;
ALTER TABLE bridge.compared OWNER TO bridge_owner;
ALTER TABLE bridge.signoff OWNER TO bridge_owner;
REVOKE ALL ON bridge.comparison, bridge.compared, bridge.signoff FROM PUBLIC;

GRANT SELECT ON bridge.comparison, bridge.compared, bridge.signoff TO bridge_auditor;
GRANT SELECT, INSERT, UPDATE ON bridge.comparison, bridge.compared TO bridge_writer;
GRANT SELECT, INSERT ON bridge.signoff TO bridge_writer;
