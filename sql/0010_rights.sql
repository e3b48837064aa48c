-- What PostgreSQL leaves open to everybody who may log in, and a reader of the books has no use for.
--
-- Whoever reads may neither fill the disk (temporary tables, large objects) nor hold a lock of the nightly run, whose
-- names anybody can reckon. Functions of PostgreSQL itself belong to its superuser: where "schema apply" runs as
-- somebody else they stay as they are, and a superuser of that database has to run the second part by hand.

DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;

DO $$
DECLARE
    f record;
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RAISE NOTICE 'not a superuser: large objects and advisory locks stay open to every login';
        RETURN;
    END IF;
    FOR f IN
        SELECT p.oid::regprocedure AS name, p.proname ~ '^pg_' AS locks
        FROM pg_proc p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace
          AND (p.proname ~ '^pg_(try_)?advisory_'
               OR p.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lo_open', 'lowrite', 'lo_unlink',
                                'lo_truncate', 'lo_truncate64'))
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f.name);
        IF f.locks THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO bridge_owner, bridge_writer', f.name);
        END IF;
    END LOOP;
END
$$;
