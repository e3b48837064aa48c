-- What is taken away again: bytes that were kept long enough, movements of old runs, and one person's data on order. Each
-- time an entry of the books says how much went, and its evidence which digests those records had. What digests say stays.
--
-- The functions run as their owner, who alone may change what is only added to; the run that calls them may not. They take
-- their time from the run, as every statement does.

-- ---------------------------------------------------------------- tables

-- What was sent is not kept any more, which is not the same as that nothing went out.
ALTER TABLE bridge.attempt ADD purged boolean NOT NULL DEFAULT false;

-- On whose order one person's data went, and why. What comes of that complaint later goes the same way.
CREATE TABLE bridge.erasure (
    erasure    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bridge_id  bigint NOT NULL REFERENCES bridge.complaint,
    run_id     bigint NOT NULL REFERENCES bridge.run,
    ordered_by text NOT NULL CHECK (ordered_by <> ''),
    why        text NOT NULL CHECK (why <> ''),
    at         timestamptz NOT NULL
);
CREATE INDEX ON bridge.erasure (bridge_id);

-- Files that were taken out of the content store: a peer that sends a record again sends its files with it.
CREATE TABLE bridge.erased_content (
    bridge_id bigint NOT NULL REFERENCES bridge.complaint,
    content   text NOT NULL CHECK (content ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (bridge_id, content)
);

-- ---------------------------------------------------------------- who alone may

-- Lets one kind of change through, to a function that runs as bridge_owner for somebody else: not to bridge_owner itself.
CREATE FUNCTION bridge.refuse_all_but_policy() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = TG_ARGV[0] AND current_user = 'bridge_owner'
       AND COALESCE(NULLIF(current_setting('role'), 'none'), session_user::text) <> 'bridge_owner' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'bridge.% is only added to: % is refused', TG_TABLE_NAME, TG_OP;
END
$$;

DROP TRIGGER only_added_to ON bridge.movement;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.movement
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_all_but_policy('DELETE');
DROP TRIGGER only_added_to ON bridge.complaint_version;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.complaint_version
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_all_but_policy('UPDATE');
DROP TRIGGER ended_once ON bridge.attempt;
CREATE TRIGGER ended_once BEFORE UPDATE ON bridge.attempt
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION bridge.refuse_all_but_policy('UPDATE');
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.erasure
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.erased_content
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();

-- ---------------------------------------------------------------- what was kept long enough

-- Bytes that came before a time, of held records that a person or a later version ended, and of what was sent in deliveries
-- that are over: at most so many of each. One entry for those of one system, stream and kind.
CREATE FUNCTION bridge.purge_bodies(run bigint, before timestamptz, now timestamptz, why text, most int)
RETURNS TABLE (kind text, n bigint)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH arrival AS (
        UPDATE bridge.arrival a
        SET body = NULL
        FROM (SELECT o.arrived_at, o.arrival_id
              FROM bridge.arrival o
              WHERE o.arrived_at < $2 AND o.body IS NOT NULL
              ORDER BY o.arrived_at, o.arrival_id
              LIMIT $5) o
        WHERE a.arrived_at = o.arrived_at AND a.arrival_id = o.arrival_id
        RETURNING 'arrival' AS kind, a.system, a.stream, a.key, a.sha256 AS digest
    ), held AS (
        UPDATE bridge.held h
        SET body = NULL, remote = NULL
        FROM (SELECT o.held_id, COALESCE(o.sha256, sha256(COALESCE(o.body, o.remote))) AS digest
              FROM bridge.held o
              WHERE o.state <> 'open' AND o.ended_at < $2 AND (o.body IS NOT NULL OR o.remote IS NOT NULL)
              ORDER BY o.held_id
              LIMIT $5
              FOR UPDATE) o
        WHERE h.held_id = o.held_id
        RETURNING 'held', h.system, h.stream, 'held ' || h.held_id, o.digest
    ), attempt AS (
        UPDATE bridge.attempt t
        SET sent = NULL, detail = NULL, purged = true
        FROM (SELECT p.delivery_id, p.attempt, d.target, d.stream, sha256(COALESCE(p.sent, convert_to(p.detail, 'UTF8'))) AS digest
              FROM bridge.attempt p
              JOIN bridge.delivery d USING (delivery_id)
              WHERE p.ended_at < $2 AND (p.sent IS NOT NULL OR p.detail IS NOT NULL)
                AND d.state IN ('confirmed', 'superseded', 'void')
              ORDER BY p.delivery_id, p.attempt
              LIMIT $5) o
        WHERE t.delivery_id = o.delivery_id AND t.attempt = o.attempt
        RETURNING 'attempt', o.target, o.stream, t.delivery_id::text, o.digest
    ), gone AS (
        SELECT * FROM arrival UNION ALL SELECT * FROM held UNION ALL SELECT * FROM attempt
    ), entry AS (
        INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, reason, evidence, at)
        SELECT $1, 'policy', g.system, g.stream, 'kept', 'purged', count(*), g.kind || ': ' || $4,
               sha256(string_agg(g.digest, '' ORDER BY g.digest)), $3
        FROM gone g
        GROUP BY g.kind, g.system, g.stream
        ORDER BY g.kind, g.system, g.stream
        RETURNING entry, system, stream, reason
    ), movement AS (
        INSERT INTO bridge.movement (entry, key, digest)
        SELECT e.entry, g.key, g.digest
        FROM gone g
        JOIN entry e ON e.system = g.system AND e.stream = g.stream AND e.reason = g.kind || ': ' || $4
    )
    SELECT g.kind, count(*) FROM gone g GROUP BY g.kind
$$;

-- Which records the entries of old runs moved: at most so many, oldest first, and never those of a run that is younger than
-- another that stays. The entries themselves stay for ever.
CREATE FUNCTION bridge.purge_movements(run bigint, before timestamptz, now timestamptz, why text, most int)
RETURNS TABLE (kind text, n bigint)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH stays AS (
        SELECT COALESCE(min(l.entry), 0) AS entry
        FROM bridge.ledger l
        JOIN bridge.run r USING (run_id)
        WHERE r.started_at >= $2 OR r.state = 'running' OR r.run_id >= $1
              OR r.run_id = (SELECT max(y.run_id) FROM bridge.ledger y)
    ), gone AS (
        DELETE FROM bridge.movement m
        USING (SELECT o.ctid AS place
               FROM bridge.movement o
               WHERE o.entry < (SELECT s.entry FROM stays s)
               ORDER BY o.entry
               LIMIT $5) o
        WHERE m.ctid = o.place
        RETURNING m.entry, m.digest
    ), entry AS (
        INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, reason, evidence, at)
        SELECT $1, 'policy', l.system, 'movement', 'kept', 'purged', count(*), 'movement: ' || $4,
               sha256(string_agg(g.digest, '' ORDER BY g.digest)), $3
        FROM gone g
        JOIN bridge.ledger l USING (entry)
        GROUP BY l.system
        ORDER BY l.system
        RETURNING n
    )
    SELECT 'movement', sum(e.n) FROM entry e HAVING count(*) > 0
$$;

-- ---------------------------------------------------------------- one person

-- What of a complaint tells who somebody is goes from every row and every byte that is kept of it; numbers, dates, status,
-- units and officers stay. A record that comes again as it was is known by its digest and brings nothing back. What is sealed
-- is written over, not taken out: an empty place would be filled again.
CREATE FUNCTION bridge.erase_person(run bigint, id bigint, now timestamptz, officer text, why text)
RETURNS TABLE (kind text, n bigint)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH c AS (
        SELECT bridge_id, source_system, number FROM bridge.complaint WHERE bridge_id = $2
    ), number AS (
        SELECT l.system, l.number FROM bridge.link l WHERE l.bridge_id = $2
        UNION
        SELECT source_system, number FROM c
    ), nested AS (
        SELECT 'action' AS stream, system, key FROM bridge.action WHERE bridge_id = $2
        UNION ALL SELECT 'feedback', system, key FROM bridge.feedback WHERE bridge_id = $2
        UNION ALL SELECT 'attachment', system, key FROM bridge.attachment WHERE bridge_id = $2
    ), own AS (
        SELECT system, 'complaint' AS stream, number AS key FROM number
        UNION
        SELECT o.system, n.stream, o.number || '#' || n.key FROM number o JOIN nested n USING (system)
    ), complaint AS (
        UPDATE bridge.complaint k
        SET subject = NULL, body = NULL, subject_unicode = NULL, body_unicode = NULL, against = NULL, addressed_by = NULL,
            complainant = NULL, relative_name = NULL, gender = NULL, age = NULL, mobile = NULL, email = NULL,
            address = NULL, pincode = NULL
        FROM (SELECT o.bridge_id, sha256(convert_to(to_jsonb(o)::text, 'UTF8')) AS digest
              FROM bridge.complaint o
              WHERE o.bridge_id = $2
                AND num_nonnulls(o.subject, o.body, o.subject_unicode, o.body_unicode, o.against, o.addressed_by, o.complainant,
                                 o.relative_name, o.gender, o.age, o.mobile, o.email, o.address, o.pincode) > 0
              FOR UPDATE) o
        WHERE k.bridge_id = o.bridge_id
        RETURNING 'complaint' AS kind, k.source_system AS system, 'complaint' AS stream, k.number AS key, o.digest
    ), version AS (
        UPDATE bridge.complaint_version v
        SET was = o.was - o.names
        FROM (SELECT p.bridge_id, p.version, p.was, sha256(convert_to(p.was::text, 'UTF8')) AS digest, a.names
              FROM bridge.complaint_version p
              CROSS JOIN (SELECT ARRAY['subject', 'body', 'subject_unicode', 'body_unicode', 'against', 'addressed_by',
                                       'complainant', 'relative_name', 'gender', 'age', 'mobile', 'email', 'address',
                                       'pincode'] AS names) a
              WHERE p.bridge_id = $2 AND p.was ?| a.names) o
        WHERE v.bridge_id = o.bridge_id AND v.version = o.version
        RETURNING 'version', v.system, 'complaint', (SELECT number FROM c) || ' version ' || v.version, o.digest
    ), said AS (
        UPDATE bridge.source_record s
        SET others = NULL
        WHERE s.bridge_id = $2 AND s.others IS NOT NULL
        RETURNING 'said', s.system, 'complaint', s.number, s.digest
    ), sealed AS (
        UPDATE bridge.sealed s
        SET sealed = decode(repeat('00', 38), 'hex')
        WHERE s.bridge_id = $2 AND s.sealed <> decode(repeat('00', 38), 'hex')
        RETURNING 'sealed', s.system, 'complaint', s.number, s.digest
    ), action AS (
        UPDATE bridge.action t
        SET text = NULL
        WHERE t.bridge_id = $2 AND t.text IS NOT NULL
        RETURNING 'action', t.system, 'action', t.key, t.digest
    ), feedback AS (
        UPDATE bridge.feedback t
        SET text = NULL
        WHERE t.bridge_id = $2 AND t.text IS NOT NULL
        RETURNING 'feedback', t.system, 'feedback', t.key, t.digest
    ), content AS (
        INSERT INTO bridge.erased_content (bridge_id, content)
        SELECT DISTINCT t.bridge_id, t.content FROM bridge.attachment t WHERE t.bridge_id = $2 AND t.content IS NOT NULL
        ON CONFLICT DO NOTHING
    ), attachment AS (
        UPDATE bridge.attachment t
        SET name = NULL, content = NULL, content_size = NULL, content_type = NULL
        WHERE t.bridge_id = $2 AND (t.name IS NOT NULL OR t.content IS NOT NULL)
        RETURNING 'attachment', t.system, 'attachment', t.key, t.digest
    ), arrival AS (
        UPDATE bridge.arrival a
        SET body = NULL
        FROM own o
        WHERE a.system = o.system AND a.stream = o.stream AND a.key = o.key AND a.body IS NOT NULL
        RETURNING 'arrival', a.system, a.stream, a.key, a.sha256
    ), held AS (
        UPDATE bridge.held h
        SET body = NULL, remote = NULL,
            state = CASE WHEN h.state = 'open' AND h.delivery_id IS NULL THEN 'dropped' ELSE h.state END,
            ended_at = CASE WHEN h.state = 'open' AND h.delivery_id IS NULL THEN $3 ELSE h.ended_at END,
            ended_by = CASE WHEN h.state = 'open' AND h.delivery_id IS NULL THEN 'bridge' ELSE h.ended_by END,
            ended_why = CASE WHEN h.state = 'open' AND h.delivery_id IS NULL THEN 'erased on order' ELSE h.ended_why END
        FROM (SELECT p.held_id, COALESCE(p.sha256, sha256(COALESCE(p.body, p.remote))) AS digest
              FROM bridge.held p
              WHERE (p.body IS NOT NULL OR p.remote IS NOT NULL)
                AND (p.delivery_id IN (SELECT d.delivery_id FROM bridge.delivery d WHERE d.bridge_id = $2)
                     OR EXISTS (SELECT FROM number o
                                WHERE o.system = p.system
                                  AND (p.key = o.number OR p.parent = o.number OR starts_with(p.key, o.number || '#'))))
              FOR UPDATE) o
        WHERE h.held_id = o.held_id
        RETURNING 'held', h.system, h.stream, 'held ' || h.held_id, o.digest
    ), attempt AS (
        UPDATE bridge.attempt t
        SET sent = NULL, detail = NULL, purged = true
        FROM (SELECT p.delivery_id, p.attempt, d.target, d.stream, sha256(COALESCE(p.sent, convert_to(p.detail, 'UTF8'))) AS digest
              FROM bridge.attempt p
              JOIN bridge.delivery d USING (delivery_id)
              WHERE d.bridge_id = $2 AND (p.sent IS NOT NULL OR p.detail IS NOT NULL)) o
        WHERE t.delivery_id = o.delivery_id AND t.attempt = o.attempt
        RETURNING 'attempt', o.target, o.stream, t.delivery_id::text, o.digest
    ), gone AS (
        SELECT * FROM complaint UNION ALL SELECT * FROM version UNION ALL SELECT * FROM said UNION ALL SELECT * FROM sealed
        UNION ALL SELECT * FROM action UNION ALL SELECT * FROM feedback UNION ALL SELECT * FROM attachment
        UNION ALL SELECT * FROM arrival UNION ALL SELECT * FROM held UNION ALL SELECT * FROM attempt
    ), ordered AS (
        INSERT INTO bridge.erasure (bridge_id, run_id, ordered_by, why, at)
        SELECT $2, $1, $4, $5, $3
        WHERE $4 IS NOT NULL
    ), entry AS (
        INSERT INTO bridge.ledger (run_id, hop, system, stream, debit, credit, n, reason, evidence, at)
        SELECT $1, 'policy', g.system, g.stream, 'kept', 'erased', count(*), g.kind || ': on order',
               sha256(string_agg(g.digest, '' ORDER BY g.digest)), $3
        FROM gone g
        GROUP BY g.kind, g.system, g.stream
        ORDER BY g.kind, g.system, g.stream
        RETURNING entry, system, stream, reason
    ), movement AS (
        INSERT INTO bridge.movement (entry, key, digest)
        SELECT e.entry, g.key, g.digest
        FROM gone g
        JOIN entry e ON e.system = g.system AND e.stream = g.stream AND e.reason = g.kind || ': on order'
    )
    SELECT g.kind, count(*) FROM gone g GROUP BY g.kind
$$;

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.erasure OWNER TO bridge_owner;
ALTER TABLE bridge.erased_content OWNER TO bridge_owner;
ALTER FUNCTION bridge.refuse_all_but_policy() OWNER TO bridge_owner;
ALTER FUNCTION bridge.purge_bodies(bigint, timestamptz, timestamptz, text, int) OWNER TO bridge_owner;
ALTER FUNCTION bridge.purge_movements(bigint, timestamptz, timestamptz, text, int) OWNER TO bridge_owner;
ALTER FUNCTION bridge.erase_person(bigint, bigint, timestamptz, text, text) OWNER TO bridge_owner;
REVOKE ALL ON bridge.erasure, bridge.erased_content FROM PUBLIC;
REVOKE ALL ON FUNCTION bridge.refuse_all_but_policy(), bridge.purge_bodies(bigint, timestamptz, timestamptz, text, int),
    bridge.purge_movements(bigint, timestamptz, timestamptz, text, int),
    bridge.erase_person(bigint, bigint, timestamptz, text, text) FROM PUBLIC;

GRANT SELECT ON bridge.erasure, bridge.erased_content TO bridge_auditor, bridge_writer;
GRANT EXECUTE ON FUNCTION bridge.purge_bodies(bigint, timestamptz, timestamptz, text, int),
    bridge.purge_movements(bigint, timestamptz, timestamptz, text, int),
    bridge.erase_person(bigint, bigint, timestamptz, text, text) TO bridge_writer;
