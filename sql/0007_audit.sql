-- What an auditor looks for: the findings of the rules in sql/audit/, what the rules go by, and the order of states.

-- ---------------------------------------------------------------- findings

-- One row for as long as a rule finds the same thing; what is found again after it was ended is a row of its own. number
-- is '' for what is of a unit. No personal data: whose complaint it is, the number says to those who may know.
CREATE TABLE bridge.finding (
    rule      text NOT NULL,                        -- file of sql/audit, without ".sql"
    system    text NOT NULL,
    number    text NOT NULL,
    item      text NOT NULL,                        -- which one, where a number has several; else ''
    unit      text,
    detail    text NOT NULL,
    first_run bigint NOT NULL REFERENCES bridge.run,
    last_run  bigint NOT NULL REFERENCES bridge.run,
    ended_run bigint REFERENCES bridge.run,         -- the run that found it no more
    PRIMARY KEY (rule, system, number, item, first_run)
);
CREATE UNIQUE INDEX finding_open ON bridge.finding (rule, system, number, item) WHERE ended_run IS NULL;
CREATE INDEX finding_number ON bridge.finding (system, number);

-- ---------------------------------------------------------------- what the rules go by

-- The owner of the schema sets these; "schema apply" does not touch them again.
CREATE TABLE bridge.rule_parameter (
    rule  text NOT NULL,
    name  text NOT NULL,
    value text NOT NULL,
    help  text NOT NULL,
    PRIMARY KEY (rule, name)
);
INSERT INTO bridge.rule_parameter VALUES
    ('future_dates', 'minutes', '10', 'that the clock of a system may run ahead'),
    ('bulk_closing', 'hours', '6', 'at the end of a month, in Indian time'),
    ('bulk_closing', 'least', '20', 'disposals of one unit in these hours'),
    ('bulk_closing', 'share', '25', 'that they are of its disposals of the month, in percent'),
    ('disposal_without_report', 'characters', '10', 'that a text must have to be a report'),
    ('disposal_without_report', 'not_for', 'DUPL WDRN TRNS', 'disposals that need none'),
    ('disposal_without_satisfaction', 'systems', 'igrs', 'that dispose only of what the complainant is satisfied with'),
    ('same_site_photo', 'roles', 'SITE_PHOTO', 'of files that may stand with one complaint only, whatever is in them'),
    ('same_site_photo', 'picture_roles', 'ATR', 'of files that may, where they are pictures'),
    ('identity_exposed', 'categories', 'WOMEN', 'whose complainants an answer must not name'),
    ('identity_exposed', 'age', '18', 'below which a complainant is protected in the same way'),
    ('identity_exposed', 'letters', '5', 'that a name must have to be looked for in a text'),
    ('identity_exposed', 'asked', 'name secret;name confidential;name be kept secret;name be kept confidential;identity secret;'
     'identity confidential;identity be kept secret;identity be kept confidential;do not disclose my name;'
     'नाम गुप्त;नाम गोपनीय;पहचान गुप्त;पहचान गोपनीय', 'words by which a complainant asks for secrecy, parted by ;'),
    ('silent_units', 'archive_days', '7', 'without a row fed to an archive'),
    ('silent_units', 'days', '30', 'without a word in the police system, with complaints open'),
    ('silent_units', 'least', '1', 'complaints that must be open for it'),
    ('busy_officer', 'a_day', '40', 'complaints that one officer reports on in a day'),
    ('busy_officer', 'an_hour', '15', 'and within one hour of the clock');

-- Which state may follow which in the police system; before '' is the first. RECV, FWDD, ENQR, INFO, INTR and ATRR may be
-- left out; a number, an officer and a report may not.
CREATE TABLE bridge.state_step (
    before text NOT NULL,
    after  text NOT NULL,
    PRIMARY KEY (before, after)
);
INSERT INTO bridge.state_step
SELECT b.before, a.after
FROM (VALUES
    ('',     'RECV REGD FWDD ASGN ENQR INFO RJCT TRNO DUPL WDRN'),
    ('RECV', 'RECV REGD FWDD ASGN RJCT TRNO DUPL WDRN'),
    ('REGD', 'REGD FWDD ASGN ENQR INFO INTR RJCT TRNO DUPL WDRN'),
    ('FWDD', 'REGD FWDD ASGN ENQR INFO INTR RJCT TRNO DUPL WDRN'),
    ('ASGN', 'FWDD ASGN ENQR INFO INTR ATRS RJCT TRNO DUPL WDRN'),
    ('ENQR', 'FWDD ASGN ENQR INFO INTR ATRS RJCT TRNO DUPL WDRN'),
    ('INFO', 'FWDD ASGN ENQR INFO INTR ATRS RJCT TRNO DUPL WDRN'),
    ('INTR', 'FWDD ASGN ENQR INFO INTR ATRS RJCT TRNO DUPL WDRN'),
    ('ATRS', 'ATRS ATRR DISP REOP RJCT TRNO DUPL WDRN'),
    ('ATRR', 'ASGN ENQR INFO INTR ATRS ATRR RJCT TRNO DUPL WDRN'),
    ('DISP', 'CLSD REOP APPL'),
    ('CLSD', 'REOP APPL'),
    ('RJCT', 'CLSD REOP APPL'),
    ('APPL', 'APPL REOP FWDD ASGN ENQR INFO INTR ATRS ATRR DISP CLSD RJCT'),
    ('REOP', 'REOP FWDD ASGN ENQR INFO INTR ATRS RJCT TRNO DUPL WDRN'),
    ('TRNO', 'REOP'), ('DUPL', 'REOP'), ('WDRN', 'REOP')
) AS b (before, every), unnest(string_to_array(b.every, ' ')) AS a (after);

-- ---------------------------------------------------------------- times

-- The instant that the rules take for now: the setting bridge.now where it is set, else the clock of the server.
CREATE FUNCTION bridge.audit_now() RETURNS timestamptz
LANGUAGE sql STABLE
AS $$ SELECT coalesce(nullif(current_setting('bridge.now', true), '')::timestamptz, now()) $$;

-- Offices that write the day alone give midnight in India: it stands for the whole day, and this is its end.
CREATE FUNCTION bridge.audit_end(at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN (at AT TIME ZONE 'Asia/Kolkata')::time = time '00:00'
                THEN at + interval '23:59:59.999999' ELSE at END
$$;

-- As a person reads it: in Indian time, without an hour where none was told.
CREATE FUNCTION bridge.audit_time(at timestamptz) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT to_char(at AT TIME ZONE 'Asia/Kolkata', CASE WHEN (at AT TIME ZONE 'Asia/Kolkata')::time = time '00:00'
                   THEN 'YYYY-MM-DD' ELSE 'YYYY-MM-DD HH24:MI:SS' END)
$$;

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.finding OWNER TO bridge_owner;
ALTER TABLE bridge.rule_parameter OWNER TO bridge_owner;
ALTER TABLE bridge.state_step OWNER TO bridge_owner;
ALTER FUNCTION bridge.audit_now() OWNER TO bridge_owner;
ALTER FUNCTION bridge.audit_end(timestamptz) OWNER TO bridge_owner;
ALTER FUNCTION bridge.audit_time(timestamptz) OWNER TO bridge_owner;
REVOKE ALL ON bridge.finding, bridge.rule_parameter, bridge.state_step FROM PUBLIC;
REVOKE ALL ON FUNCTION bridge.audit_now(), bridge.audit_end(timestamptz), bridge.audit_time(timestamptz) FROM PUBLIC;

GRANT SELECT ON bridge.finding, bridge.rule_parameter, bridge.state_step TO bridge_writer, bridge_auditor;
GRANT INSERT ON bridge.finding TO bridge_writer;
GRANT UPDATE (unit, detail, last_run, ended_run) ON bridge.finding TO bridge_writer;
GRANT EXECUTE ON FUNCTION bridge.audit_now(), bridge.audit_end(timestamptz), bridge.audit_time(timestamptz)
    TO bridge_writer, bridge_auditor;

-- No finding is taken out; what was ended stays ended.
CREATE TRIGGER not_deleted BEFORE DELETE OR TRUNCATE ON bridge.finding
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();
CREATE TRIGGER ended_once BEFORE UPDATE ON bridge.finding
    FOR EACH ROW WHEN (OLD.ended_run IS NOT NULL) EXECUTE FUNCTION bridge.refuse_change();
