-- Who may do what. A login is made a member of one of these roles; none of them can log in.
--
--   bridge_owner     owns everything; applies the schema
--   bridge_writer    the nightly run: may not alter or delete the books, nor delete anything
--   bridge_auditor   reads everything
--   bridge_district  reads the complaints of its own units and of all below them
--   bridge_notifier  reads what a message to a complainant needs
--
-- A district login is put into bridge.district_member with the unit that it may see.

DO $$
DECLARE
    r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['bridge_owner', 'bridge_writer', 'bridge_auditor', 'bridge_district', 'bridge_notifier'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', r);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;       -- roles belong to the cluster: another database may have made it
        END;
    END LOOP;
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT bridge_owner TO %I', current_user);
    END IF;
    EXECUTE format('GRANT CREATE, TEMPORARY ON DATABASE %I TO bridge_owner', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO bridge_writer', current_database());
END
$$;

-- ---------------------------------------------------------------- which units a login may see

CREATE TABLE bridge.district_member (
    role name NOT NULL,
    unit text NOT NULL REFERENCES bridge.unit,
    PRIMARY KEY (role, unit)
);

-- Runs as its owner, for a district may not read the table of members itself.
CREATE FUNCTION bridge.own_units() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER ROWS 50
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE mine AS (
        SELECT m.unit
        FROM bridge.district_member m
        WHERE m.role = session_user OR m.role = pg_catalog.current_setting('role', true)
        UNION
        SELECT u.unit FROM bridge.unit u JOIN mine ON u.parent = mine.unit
    )
    SELECT unit FROM mine
$$;

-- ---------------------------------------------------------------- the books are only added to

CREATE FUNCTION bridge.refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'bridge.% is only added to: % is refused', TG_TABLE_NAME, TG_OP;
END
$$;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.ledger
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.movement
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.control_total
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.complaint_version
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.migration
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();

-- A try may be ended once; what was said then stays.
CREATE TRIGGER not_deleted BEFORE DELETE OR TRUNCATE ON bridge.attempt
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();
CREATE TRIGGER ended_once BEFORE UPDATE ON bridge.attempt
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION bridge.refuse_change();

-- Complaints are never deleted.
CREATE TRIGGER not_deleted BEFORE DELETE OR TRUNCATE ON bridge.complaint
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();

-- ---------------------------------------------------------------- rights

REVOKE ALL ON SCHEMA bridge FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA bridge FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA bridge FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bridge FROM PUBLIC;

ALTER SCHEMA bridge OWNER TO bridge_owner;
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'bridge'::regnamespace AND c.relkind IN ('r', 'p') LOOP
        EXECUTE format('ALTER TABLE bridge.%I OWNER TO bridge_owner', t.relname);
    END LOOP;
END
$$;
ALTER FUNCTION bridge.own_units() OWNER TO bridge_owner;
ALTER FUNCTION bridge.refuse_change() OWNER TO bridge_owner;
ALTER FUNCTION bridge.make_arrival_month(timestamptz) OWNER TO bridge_owner;

GRANT USAGE ON SCHEMA bridge TO bridge_writer, bridge_auditor, bridge_district, bridge_notifier;

GRANT SELECT ON ALL TABLES IN SCHEMA bridge TO bridge_auditor;

GRANT SELECT ON ALL TABLES IN SCHEMA bridge TO bridge_writer;
GRANT INSERT ON
    bridge.run, bridge.cursor, bridge.arrival, bridge.complaint, bridge.complaint_version, bridge.link,
    bridge.source_record, bridge.action, bridge.attachment, bridge.feedback, bridge.held, bridge.delivery, bridge.attempt,
    bridge.ledger, bridge.movement, bridge.control_total, bridge.difference, bridge.slot
    TO bridge_writer;
GRANT UPDATE ON
    bridge.run, bridge.cursor, bridge.complaint, bridge.source_record, bridge.action, bridge.attachment, bridge.feedback,
    bridge.held, bridge.delivery, bridge.slot
    TO bridge_writer;
GRANT UPDATE (ended_at, outcome, said, detail, receipt, sent) ON bridge.attempt TO bridge_writer;
GRANT EXECUTE ON FUNCTION bridge.make_arrival_month(timestamptz) TO bridge_writer;

GRANT SELECT ON
    bridge.unit, bridge.unit_alias, bridge.complaint, bridge.link, bridge.action, bridge.attachment, bridge.feedback
    TO bridge_district;
GRANT EXECUTE ON FUNCTION bridge.own_units() TO bridge_district;

GRANT SELECT ON bridge.unit TO bridge_notifier;
GRANT SELECT (bridge_id, source_system, number, police_number, complainant, mobile, email, unit, station, status,
              officer_name, officer_rank, officer_mobile, registered_at, disposed_at, due_at)
    ON bridge.complaint TO bridge_notifier;

-- ---------------------------------------------------------------- rows

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['complaint', 'link', 'action', 'attachment', 'feedback'] LOOP
        EXECUTE format('ALTER TABLE bridge.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE bridge.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY whole ON bridge.%I TO bridge_owner, bridge_writer USING (true) WITH CHECK (true)', t);
        EXECUTE format('CREATE POLICY read ON bridge.%I FOR SELECT TO bridge_auditor USING (true)', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['link', 'action', 'attachment', 'feedback'] LOOP
        EXECUTE format('CREATE POLICY own ON bridge.%I FOR SELECT TO bridge_district USING (EXISTS ('
                       'SELECT FROM bridge.complaint c WHERE c.bridge_id = %I.bridge_id))', t, t);
    END LOOP;
END
$$;
CREATE POLICY notify ON bridge.complaint FOR SELECT TO bridge_notifier USING (true);
CREATE POLICY own ON bridge.complaint FOR SELECT TO bridge_district
    USING (unit IN (SELECT bridge.own_units()) OR station IN (SELECT bridge.own_units()));
