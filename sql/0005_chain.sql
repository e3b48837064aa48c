-- The books as a chain: each entry of the ledger is tied to the one before it by SHA-256, so that no entry can be altered,
-- taken out or put in without every later one telling. What ties the end of the chain to the world outside the database is
-- a checkpoint: a note signed with Ed25519, of which the auditor has a copy.
--
--     LP(x) = length of x (4 bytes, big-endian), then x. Integers are 8 bytes, big-endian; texts are UTF-8; no unit = ''.
--     h_0 = SHA-256(0x00 || LP(origin) || LP('1'))
--     h_i = SHA-256(0x01 || h_(i-1) || LP(seq) || LP(entry) || LP(run_id) || LP(hop) || LP(system) || LP(stream) || LP(unit)
--                   || LP(debit) || LP(credit) || LP(n) || LP(reason) || LP(evidence) || LP(at, microseconds since 1970 UTC))

-- ---------------------------------------------------------------- what may be booked

-- Beside what is pulled and pushed: what a person signs off, and what policy takes away.
ALTER TABLE bridge.ledger DROP CONSTRAINT ledger_hop_check;
ALTER TABLE bridge.ledger ADD CONSTRAINT ledger_hop_check CHECK (hop IN ('pull', 'push', 'reconcile', 'policy'));

INSERT INTO bridge.account VALUES
    ('difference', true,  'what systems do not agree about'),
    ('signed_off', false, 'differences that an officer has answered for'),
    ('kept',       true,  'what is kept beside the books'),
    ('purged',     false, 'no longer kept, by policy: its digest stays'),
    ('erased',     false, 'no longer kept, on order, of one person: its digest stays');

-- The transaction that wrote an entry: by it the entries of one transaction are found when they are tied.
ALTER TABLE bridge.ledger ADD tx xid8;
ALTER TABLE bridge.ledger ALTER tx SET DEFAULT pg_current_xact_id();
CREATE INDEX ledger_tx ON bridge.ledger (tx, entry);

-- ---------------------------------------------------------------- tables

-- Gapless from 1, in the order in which transactions were committed. Entries are not foreign keys: only the function below
-- ties them.
CREATE TABLE bridge.ledger_link (
    seq   bigint PRIMARY KEY CHECK (seq > 0),
    entry bigint NOT NULL UNIQUE,
    h     bytea NOT NULL CHECK (octet_length(h) = 32)
);

CREATE TABLE bridge.ledger_head (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    origin text NOT NULL,                           -- name of these books, in every note
    seq    bigint NOT NULL CHECK (seq >= 0),
    h      bytea NOT NULL CHECK (octet_length(h) = 32)
) WITH (fillfactor = 10);

-- Gapless from 1; its place in the chain, and the note that says so.
CREATE TABLE bridge.checkpoint (
    checkpoint bigint PRIMARY KEY CHECK (checkpoint > 0),
    size       bigint NOT NULL CHECK (size >= 0),
    h          bytea NOT NULL CHECK (octet_length(h) = 32),
    run_id     bigint NOT NULL REFERENCES bridge.run,
    note       bytea NOT NULL,
    at         timestamptz NOT NULL
);

-- Where a note was left outside the database: "file:FOLDER", or "tsa:URL" with the token as its proof.
CREATE TABLE bridge.anchor (
    checkpoint bigint NOT NULL REFERENCES bridge.checkpoint,
    place      text NOT NULL,
    at         timestamptz NOT NULL,
    proof      bytea,
    PRIMARY KEY (checkpoint, place)
);

-- ---------------------------------------------------------------- the hash

CREATE FUNCTION bridge.lp(x bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.int4send(pg_catalog.octet_length(x)) || x;

CREATE FUNCTION bridge.lp(x text) RETURNS bytea LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN bridge.lp(pg_catalog.convert_to(x, 'UTF8'));

CREATE FUNCTION bridge.lp(x bigint) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN bridge.lp(pg_catalog.int8send(x));

CREATE FUNCTION bridge.chain_start(origin text) RETURNS bytea LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_catalog.sha256('\x00'::bytea || bridge.lp(origin) || bridge.lp('1'::text));

-- The link of an entry that stands at seq, after the link "before".
CREATE FUNCTION bridge.chain_link(before bytea, seq bigint, e bridge.ledger) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.sha256(
    '\x01'::bytea || before || bridge.lp(seq) || bridge.lp((e).entry) || bridge.lp((e).run_id) || bridge.lp((e).hop)
    || bridge.lp((e).system) || bridge.lp((e).stream) || bridge.lp(COALESCE((e).unit, '')) || bridge.lp((e).debit)
    || bridge.lp((e).credit) || bridge.lp((e).n::bigint) || bridge.lp((e).reason) || bridge.lp((e).evidence)
    || bridge.lp((EXTRACT(epoch FROM (e).at) * 1000000)::bigint));

-- ---------------------------------------------------------------- the chain makes itself

-- Runs when a transaction commits, so that the head is locked for that long only; the first entry ties all of its
-- transaction, with one change of the head, and the others find that done. Runs as its owner: nobody else may tie, and
-- whoever adds an entry cannot leave it out. The plan is made while the tables may be empty, so it must not be a scan.
CREATE FUNCTION bridge.link_entries() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    head bridge.ledger_head;
    e    bridge.ledger;
BEGIN
    IF EXISTS (SELECT FROM bridge.ledger_link k WHERE k.entry = NEW.entry) THEN
        RETURN NULL;
    END IF;
    IF NEW.tx IS DISTINCT FROM pg_current_xact_id() THEN
        RAISE EXCEPTION 'entry % of bridge.ledger names another transaction than its own', NEW.entry;
    END IF;
    SELECT * INTO STRICT head FROM bridge.ledger_head FOR UPDATE;
    FOR e IN SELECT * FROM bridge.ledger l WHERE l.tx = pg_current_xact_id() ORDER BY l.tx, l.entry LOOP
        -- In a restored database an old entry may bear the number of a new transaction.
        CONTINUE WHEN EXISTS (SELECT FROM bridge.ledger_link k WHERE k.entry = e.entry);
        head.seq := head.seq + 1;
        head.h := bridge.chain_link(head.h, head.seq, e);
        INSERT INTO bridge.ledger_link (seq, entry, h) VALUES (head.seq, e.entry, head.h);
    END LOOP;
    UPDATE bridge.ledger_head SET seq = head.seq, h = head.h;
    RETURN NULL;
END
$$;

-- The head, which stays as it is until the transaction ends: what a checkpoint is made of.
CREATE FUNCTION bridge.hold_head() RETURNS bridge.ledger_head
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT * FROM bridge.ledger_head FOR UPDATE
$$;

-- ---------------------------------------------------------------- what was booked before there was a chain

DO $$
DECLARE
    head bridge.ledger_head;
    e    bridge.ledger;
BEGIN
    head.origin := 'cctns-bridge/' || gen_random_uuid();
    head.seq := 0;
    head.h := bridge.chain_start(head.origin);
    FOR e IN SELECT * FROM bridge.ledger l ORDER BY l.entry LOOP
        head.seq := head.seq + 1;
        head.h := bridge.chain_link(head.h, head.seq, e);
        INSERT INTO bridge.ledger_link (seq, entry, h) VALUES (head.seq, e.entry, head.h);
    END LOOP;
    INSERT INTO bridge.ledger_head (origin, seq, h) VALUES (head.origin, head.seq, head.h);
END
$$;

CREATE CONSTRAINT TRIGGER linked AFTER INSERT ON bridge.ledger
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION bridge.link_entries();

-- ---------------------------------------------------------------- only added to

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.ledger_link
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.anchor
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();

-- The head only goes forward.
CREATE TRIGGER not_deleted BEFORE DELETE OR TRUNCATE ON bridge.ledger_head
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();
CREATE TRIGGER only_forward BEFORE UPDATE ON bridge.ledger_head
    FOR EACH ROW WHEN (NEW.seq <= OLD.seq OR NEW.origin <> OLD.origin) EXECUTE FUNCTION bridge.refuse_change();

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.ledger_link OWNER TO bridge_owner;
ALTER TABLE bridge.ledger_head OWNER TO bridge_owner;
ALTER TABLE bridge.checkpoint OWNER TO bridge_owner;
ALTER TABLE bridge.anchor OWNER TO bridge_owner;
ALTER FUNCTION bridge.lp(bytea) OWNER TO bridge_owner;
ALTER FUNCTION bridge.lp(text) OWNER TO bridge_owner;
ALTER FUNCTION bridge.lp(bigint) OWNER TO bridge_owner;
ALTER FUNCTION bridge.chain_start(text) OWNER TO bridge_owner;
ALTER FUNCTION bridge.chain_link(bytea, bigint, bridge.ledger) OWNER TO bridge_owner;
ALTER FUNCTION bridge.link_entries() OWNER TO bridge_owner;
ALTER FUNCTION bridge.hold_head() OWNER TO bridge_owner;
REVOKE ALL ON bridge.ledger_link, bridge.ledger_head, bridge.checkpoint, bridge.anchor FROM PUBLIC;
REVOKE ALL ON FUNCTION bridge.lp(bytea), bridge.lp(text), bridge.lp(bigint), bridge.chain_start(text),
    bridge.chain_link(bytea, bigint, bridge.ledger), bridge.link_entries(), bridge.hold_head() FROM PUBLIC;

GRANT SELECT ON bridge.ledger_link, bridge.ledger_head, bridge.checkpoint, bridge.anchor TO bridge_auditor, bridge_writer;
GRANT INSERT ON bridge.checkpoint, bridge.anchor TO bridge_writer;
GRANT EXECUTE ON FUNCTION bridge.lp(bytea), bridge.lp(text), bridge.lp(bigint), bridge.chain_start(text),
    bridge.chain_link(bytea, bigint, bridge.ledger) TO bridge_auditor, bridge_writer;
GRANT EXECUTE ON FUNCTION bridge.hold_head() TO bridge_writer;
