-- Messages to complainants, by SMS and by mail: what is to be told, in which registered words, and what became of it.
--
-- The writer plans (from what staging says), the notifier sends: it claims, it settles, and it alone opens what is sealed.
-- No number and no body stands here: a number is read from its place when a message is sent, of the body a keyed digest is
-- kept. An event is told once by SMS and once by mail, whatever is read again, versioned again or planned again: the unique
-- key says so.
--
-- By mail goes what some systems promise their complainants: a copy of the complaint, and the final report. It holds words of
-- people, and a mailbox is read by whoever has it: nobody whose name is kept secret is ever written to by mail.

-- ---------------------------------------------------------------- registered words

-- As registered on the DLT platform, letter by letter; written by "schema apply" from mappings/templates/*.csv. A number that
-- begins with 0000 is a place held for one: nothing is sent by it.
CREATE TABLE bridge.sms_template (
    template_id text PRIMARY KEY CHECK (template_id ~ '^[0-9]{19}$'),
    entity      text CHECK (entity ~ '^[0-9]{19}$'),        -- NULL = as [notify] says
    header      text CHECK (header ~ '^[A-Za-z]{6}$'),      -- NULL = as [notify] says
    event       text NOT NULL CHECK (event IN ('REGD', 'QRACK', 'COPY', 'ASSIGN', 'REASSIGN', 'INTR', 'DISPOSED', 'REPORT')),
    language    text NOT NULL CHECK (language IN ('en', 'hi')),
    secret      boolean NOT NULL,                   -- for a sender whose name is kept secret
    slots       text[] NOT NULL,                    -- what goes into each {#var#}, in order
    text        text NOT NULL CHECK (text <> ''),
    listed      boolean NOT NULL DEFAULT true,
    CHECK (NOT (secret AND slots && '{officer_name,officer_rank,officer_mobile}'))
);
CREATE UNIQUE INDEX sms_template_one ON bridge.sms_template (event, language, secret) WHERE listed;

-- ---------------------------------------------------------------- messages

-- Since when events are told of: the begin of the first run that had [notify], or mail in it; never moved.
CREATE TABLE bridge.message_start (
    channel text PRIMARY KEY CHECK (channel IN ('sms', 'mail')),
    at      timestamptz NOT NULL,
    run_id  bigint NOT NULL
);

CREATE TABLE bridge.message (
    message_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bridge_id   bigint NOT NULL REFERENCES bridge.complaint,
    about       text NOT NULL CHECK (about IN ('REGD', 'ASGN', 'INTR', 'DISP')),
    system      text NOT NULL,                      -- whose action it tells of; '' = that the complaint was registered
    key         text NOT NULL,                      -- of that action; '' likewise
    event       text NOT NULL CHECK (event IN ('REGD', 'QRACK', 'COPY', 'ASSIGN', 'REASSIGN', 'INTR', 'DISPOSED', 'REPORT')),
    channel     text NOT NULL DEFAULT 'sms' CHECK (channel IN ('sms', 'mail')),
    happened_at timestamptz NOT NULL,
    secret      boolean NOT NULL,                   -- no name of anybody may stand in it
    state       text NOT NULL DEFAULT 'planned' CHECK (state IN
                    ('planned', 'sending', 'sent', 'delivered', 'failed', 'in_doubt', 'suppressed')),
    reason      text,                               -- stable word: "mobile.none", "template.var", "gateway.406" ...
    template_id text REFERENCES bridge.sms_template,
    language    text,
    gateway     text,
    receipt     text,                               -- the gateway's own number for it; the Message-ID of a mail
    said        text,                               -- its word
    digest      bytea CHECK (octet_length(digest) = 32),    -- HMAC-SHA-256 of the body, and of what is attached
    attempts    int NOT NULL DEFAULT 0,
    not_before  timestamptz NOT NULL DEFAULT '-infinity',
    planned_run bigint NOT NULL,
    planned_at  timestamptz NOT NULL,
    run_id      bigint,                             -- that took it up
    sending_at  timestamptz,                        -- intent committed
    settled_at  timestamptz,
    settled_by  text,                               -- a person, where it was one
    settled_why text,
    UNIQUE (bridge_id, about, system, key, channel),
    CHECK (channel = 'sms' OR event IN ('COPY', 'REPORT') AND template_id IS NULL),
    CHECK (state <> 'suppressed' OR reason IS NOT NULL),
    CHECK (state <> 'failed' OR reason IS NOT NULL)
);
CREATE INDEX message_receipt ON bridge.message (receipt) WHERE receipt IS NOT NULL;
CREATE INDEX message_open ON bridge.message (channel, state, message_id) WHERE state IN ('planned', 'sending', 'failed', 'in_doubt');

-- The only door for a message's state. What may have been sent is sent again by a person's word alone: a second SMS is worse
-- than none.
CREATE FUNCTION bridge.message_moves() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (OLD.state, NEW.state) IN (
           ('planned', 'sending'), ('planned', 'suppressed'),
           ('sending', 'sent'), ('sending', 'planned'), ('sending', 'failed'), ('sending', 'in_doubt'),
           ('sending', 'suppressed'), ('sent', 'delivered'), ('sent', 'failed'))
       OR (OLD.state, NEW.state, starts_with(OLD.reason, 'report.')) = ('failed', 'delivered', true)
       OR ((OLD.state, NEW.state) IN (
               ('in_doubt', 'planned'), ('in_doubt', 'sent'), ('in_doubt', 'suppressed'), ('failed', 'planned'),
               ('failed', 'sent'), ('failed', 'suppressed'))
           AND OLD.settled_by IS NULL AND NEW.settled_by IS NOT NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a message does not go from % to %', OLD.state, NEW.state;
END
$$;
CREATE TRIGGER message_moves BEFORE UPDATE OF state ON bridge.message
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION bridge.message_moves();
CREATE TRIGGER not_deleted BEFORE DELETE OR TRUNCATE ON bridge.message
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.message_start
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();

-- Every line of the gateway's delivery reports, as it was read: what it makes of a message, or what is wrong with it. No number
-- stands here, nor a word of the gateway's that might hold one.
CREATE TABLE bridge.message_report (
    report_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file       text NOT NULL,
    sha256     bytea NOT NULL CHECK (octet_length(sha256) = 32),     -- of the file: read again it adds nothing
    line       int NOT NULL,                        -- 0 = the file as a whole
    message_id bigint REFERENCES bridge.message,    -- NULL = of no message that is known
    state      text CHECK (state IN ('waiting', 'delivered', 'failed', 'expired', 'unknown')),
    word       text,                                -- the gateway's
    at         timestamptz,                         -- as the gateway says
    fault      text,                                -- stable word: "report.time", "report.message" ...
    field      text,                                -- at fault: "id", "state", "time"
    run_id     bigint NOT NULL,
    read_at    timestamptz NOT NULL,
    UNIQUE (sha256, line)
);
CREATE INDEX ON bridge.message_report (message_id);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON bridge.message_report
    FOR EACH STATEMENT EXECUTE FUNCTION bridge.refuse_change();

-- Up to where planning has looked: what no run that counts from "upto" on has written is planned, for what bridge.conf asked
-- then. Runs open one after another and each of their commits is fenced by their row, so whatever is written later is written
-- by a run with a number from "upto" on. Asked otherwise, all is looked at once more.
CREATE TABLE bridge.message_mark (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    asked  text NOT NULL,
    upto   bigint NOT NULL,
    run_id bigint NOT NULL                          -- that planned
);

-- What was written by those runs.
CREATE INDEX complaint_by_run ON bridge.complaint (last_run);
CREATE INDEX link_by_run ON bridge.link (run_id);
CREATE INDEX feedback_by_run ON bridge.feedback (last_run);
CREATE INDEX action_by_run ON bridge.action (last_run) WHERE action IN ('ASGN', 'INTR', 'DISP', 'ATRS', 'REOP');

-- ---------------------------------------------------------------- satisfaction

-- Whether the newest word of the complainant was "satisfied", of those between the report that a disposal stands on and its
-- being opened again. Where a system disposes only then, neither the portal nor the complainant is told before.
CREATE FUNCTION bridge.was_satisfied(complaint bigint, police text, disposed timestamptz) RETURNS boolean
LANGUAGE sql STABLE
RETURN (SELECT f.satisfied
        FROM bridge.feedback f
        WHERE f.bridge_id = complaint AND f.satisfied IN ('Y', 'N')
          AND f.at >= COALESCE((SELECT max(r.at) FROM bridge.action r
                                WHERE r.bridge_id = complaint AND r.system = police
                                  AND r.action = 'ATRS' AND r.at <= disposed), '-infinity')
          AND f.at < COALESCE((SELECT min(r.at) FROM bridge.action r
                               WHERE r.bridge_id = complaint AND r.system = police
                                 AND r.action = 'REOP' AND r.at > disposed), 'infinity')
        ORDER BY f.at DESC, f.system, length(f.key) DESC, f.key DESC LIMIT 1) = 'Y';

-- ---------------------------------------------------------------- what a mail holds

-- The notifier reads no complaint but what is to be mailed, while it is. The report is what the police wrote with the disposal,
-- or their last report before it.
CREATE VIEW bridge.message_matter WITH (security_barrier) AS
SELECT m.message_id, COALESCE(c.subject_unicode, c.subject) AS subject,
       CASE m.event WHEN 'COPY' THEN COALESCE(c.body_unicode, c.body) ELSE COALESCE(a.text, r.text) END AS text
FROM bridge.message m
JOIN bridge.complaint c ON c.bridge_id = m.bridge_id
LEFT JOIN bridge.action a ON a.bridge_id = m.bridge_id AND a.system = m.system AND a.key = m.key
LEFT JOIN LATERAL (
    SELECT p.text
    FROM bridge.action p
    WHERE p.bridge_id = a.bridge_id AND p.system = a.system AND p.action = 'ATRS' AND p.at <= a.at AND p.text IS NOT NULL
    ORDER BY p.at DESC, length(p.key) DESC, p.key DESC
    LIMIT 1
) r ON true
WHERE m.channel = 'mail' AND m.state IN ('planned', 'sending') AND NOT m.secret;

-- The complainant's own form, of what was handed in (evidence may be somebody else's); the report and the reply, of what the
-- police have.
CREATE VIEW bridge.message_paper WITH (security_barrier) AS
SELECT m.message_id, t.key, t.content, t.content_size, t.content_type, t.name
FROM bridge.message m
JOIN bridge.complaint c ON c.bridge_id = m.bridge_id
JOIN bridge.attachment t ON t.bridge_id = m.bridge_id AND t.content IS NOT NULL
 AND CASE m.event WHEN 'COPY' THEN t.system = c.source_system AND t.role = 'COMPLAINT'
                  ELSE t.system = m.system AND t.role IN ('ATR', 'REPLY') END
WHERE m.channel = 'mail' AND m.state IN ('planned', 'sending') AND NOT m.secret;

-- ---------------------------------------------------------------- rights

ALTER VIEW bridge.message_matter OWNER TO bridge_owner;
ALTER VIEW bridge.message_paper OWNER TO bridge_owner;
REVOKE ALL ON bridge.message_matter, bridge.message_paper FROM PUBLIC;
GRANT SELECT ON bridge.message_matter, bridge.message_paper TO bridge_notifier;

ALTER FUNCTION bridge.was_satisfied(bigint, text, timestamptz) OWNER TO bridge_owner;
REVOKE ALL ON FUNCTION bridge.was_satisfied(bigint, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bridge.was_satisfied(bigint, text, timestamptz) TO bridge_writer;

ALTER TABLE bridge.sms_template OWNER TO bridge_owner;
ALTER TABLE bridge.message_start OWNER TO bridge_owner;
ALTER TABLE bridge.message_mark OWNER TO bridge_owner;
ALTER TABLE bridge.message_report OWNER TO bridge_owner;
ALTER TABLE bridge.message OWNER TO bridge_owner;
ALTER FUNCTION bridge.message_moves() OWNER TO bridge_owner;
REVOKE ALL ON bridge.sms_template, bridge.message_start, bridge.message_mark, bridge.message_report, bridge.message FROM PUBLIC;
REVOKE ALL ON FUNCTION bridge.message_moves() FROM PUBLIC;

GRANT SELECT ON bridge.sms_template, bridge.message_start, bridge.message_mark, bridge.message_report, bridge.message
    TO bridge_auditor, bridge_writer;
GRANT INSERT ON bridge.message_start, bridge.message_mark, bridge.message TO bridge_writer;
GRANT UPDATE ON bridge.message_mark TO bridge_writer;

GRANT SELECT ON bridge.sms_template, bridge.message, bridge.message_report TO bridge_notifier;
GRANT INSERT ON bridge.message_report TO bridge_notifier;
GRANT UPDATE (state, reason, template_id, language, gateway, receipt, said, digest, attempts, not_before, run_id, sending_at,
              settled_at, settled_by, settled_why) ON bridge.message TO bridge_notifier;
-- What a message says; and whether the run that sends still may.
GRANT SELECT (identity, body_script, expected_at, received_at, marked_at) ON bridge.complaint TO bridge_notifier;
GRANT SELECT (bridge_id, system, key, at, action, officer_name, officer_rank, officer_mobile, expected_at)
    ON bridge.action TO bridge_notifier;
GRANT SELECT (run_id, state) ON bridge.run TO bridge_notifier;
CREATE POLICY notify ON bridge.action FOR SELECT TO bridge_notifier USING (true);
