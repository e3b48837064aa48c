-- Messages to complainants: planned by the writer, claimed and settled by the notifier. Which moves are allowed is decided by
-- the trigger of the table; what stands here carries them out.

-- ---------------------------------------------------------------- registered words (the owner)

-- Words that are listed no more stay, for the messages that were sent by them. Nothing is written where nothing differs.
-- name: message_templates_begin ()
UPDATE bridge.sms_template t
SET listed = false
WHERE t.listed;

-- name: message_templates (template_id text[], entity text[], header text[], event text[], language text[], secret text[], slots text[], text text[])
MERGE INTO bridge.sms_template t
USING (
    SELECT n.template_id, n.entity, n.header, n.event, n.language, n.secret = 'yes' AS secret,
           CASE WHEN n.slots = '' THEN '{}' ELSE string_to_array(n.slots, ' ') END AS slots, n.text
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS n (template_id, entity, header, event, language, secret, slots, text)
) n
ON t.template_id = n.template_id
WHEN NOT MATCHED THEN
    INSERT (template_id, entity, header, event, language, secret, slots, text)
    VALUES (n.template_id, n.entity, n.header, n.event, n.language, n.secret, n.slots, n.text)
WHEN MATCHED THEN
    UPDATE SET entity = n.entity, header = n.header, event = n.event, language = n.language, secret = n.secret,
               slots = n.slots, text = n.text, listed = true;

-- ---------------------------------------------------------------- planning (the writer)

-- From the begin of the first run on, so that what it did itself is told.
-- name: message_start (run bigint, mail boolean)
INSERT INTO bridge.message_start (channel, run_id, at)
SELECT c.channel, r.run_id, r.started_at
FROM bridge.run r
CROSS JOIN unnest('{sms,mail}'::text[]) AS c (channel)
WHERE r.run_id = $1 AND (c.channel = 'sms' OR $2)
ON CONFLICT DO NOTHING;

-- From which run on something may have been written that is not looked at; 0 = all, for nobody has looked, or asked so.
-- running: the oldest run that may still write; from it on the next one looks.
-- name: message_since (asked text)
SELECT a.asked, COALESCE((SELECT m.upto FROM bridge.message_mark m WHERE m.asked = a.asked), 0) AS since,
       (SELECT min(r.run_id) FROM bridge.run r WHERE r.state = 'running') AS running
FROM (SELECT $1 || ' archives ' || COALESCE(string_agg(s.system, ' ' ORDER BY s.system), '') AS asked
      FROM bridge.system s WHERE s.role = 'archive') a;

-- name: message_looked (run bigint, asked text, upto bigint)
INSERT INTO bridge.message_mark AS m (run_id, asked, upto)
VALUES ($1, $2, $3)
ON CONFLICT (one) DO UPDATE SET run_id = EXCLUDED.run_id, asked = EXCLUDED.asked, upto = EXCLUDED.upto;

-- All that happened since the beginning and is not planned yet, in one statement, of complaints that a run from "since" on has
-- written something of. What the police did with a complaint is
-- told; what an archive holds is told to nobody. satisfied: systems whose disposals wait until the complainant is recorded as
-- satisfied, as deliveries do (plan.sql). copies: systems that promise the complainant a copy and the final report. systems:
-- those whose complainants are told; NULL = all. qr: systems all of whose complaints come by QR code.
-- A time of registration comes with the police record; until then it is the time at which the police's number was linked.
-- mail: whoever has an address is sent copy and report by mail, too, but nobody whose name is kept secret.
-- An officer is told again when another one is named: the one before is that of the last ASGN before it.
-- name: message_plan (run bigint, at timestamptz, start timestamptz, satisfied text[], copies text[], systems text[], qr text[], since bigint, mail boolean)
WITH beginning AS (
    SELECT 'sms' AS channel, COALESCE($3, (SELECT s.at FROM bridge.message_start s WHERE s.channel = 'sms')) AS at
    UNION ALL
    SELECT s.channel, GREATEST($3, s.at) FROM bridge.message_start s WHERE s.channel = 'mail' AND $9
), touched AS (
    SELECT c.bridge_id FROM bridge.complaint c WHERE c.last_run >= $8
    UNION
    SELECT l.bridge_id FROM bridge.link l WHERE l.run_id >= $8
    UNION
    SELECT a.bridge_id FROM bridge.action a WHERE a.last_run >= $8 AND a.action IN ('ASGN', 'INTR', 'DISP', 'ATRS', 'REOP')
    UNION
    SELECT f.bridge_id FROM bridge.feedback f WHERE f.last_run >= $8
), told AS (
    SELECT c.bridge_id, c.source_system, c.number, c.police_system, c.police_number, c.identity, c.mobile, c.email,
           c.registered_at, c.source_system = ANY ($5) AS copies,
           c.mode = 'QR' OR c.source_system = ANY ($7) AS qr, c.source_system = ANY ($4) AS satisfied
    FROM touched u
    JOIN bridge.complaint c USING (bridge_id)
    WHERE c.police_system IS NOT NULL
      AND c.source_system NOT IN (SELECT s.system FROM bridge.system s WHERE s.role = 'archive')
      AND ($6 IS NULL OR c.source_system = ANY ($6))
), event AS (
    SELECT t.bridge_id, 'REGD' AS about, '' AS system, '' AS key,
           CASE WHEN t.copies THEN 'COPY' WHEN t.qr THEN 'QRACK' ELSE 'REGD' END AS event,
           COALESCE(t.registered_at, l.at) AS at, NULL AS fault, t.source_system, t.number, t.identity, t.mobile, t.email
    FROM told t
    LEFT JOIN bridge.link l ON l.system = t.police_system AND l.number = t.police_number
    WHERE t.police_number IS NOT NULL
    UNION ALL
    SELECT t.bridge_id, 'ASGN', a.system, a.key, CASE WHEN b.key IS NULL THEN 'ASSIGN' ELSE 'REASSIGN' END, a.at,
           CASE WHEN a.officer_name IS NULL THEN 'officer.none'
                WHEN (a.officer_name, a.officer_mobile) IS NOT DISTINCT FROM (b.officer_name, b.officer_mobile)
                THEN 'officer.same' END,
           t.source_system, t.number, t.identity, t.mobile, t.email
    FROM told t
    JOIN bridge.action a ON a.bridge_id = t.bridge_id AND a.system = t.police_system AND a.action = 'ASGN'
    LEFT JOIN LATERAL (
        SELECT p.key, p.officer_name, p.officer_mobile
        FROM bridge.action p
        WHERE p.bridge_id = a.bridge_id AND p.system = a.system AND p.action = 'ASGN'
          AND (p.at, length(p.key), p.key) < (a.at, length(a.key), a.key)
        ORDER BY p.at DESC, length(p.key) DESC, p.key DESC
        LIMIT 1
    ) b ON true
    UNION ALL
    SELECT t.bridge_id, 'INTR', a.system, a.key, 'INTR', a.at,
           CASE WHEN a.expected_at IS NULL THEN 'expected.none' END, t.source_system, t.number, t.identity, t.mobile, t.email
    FROM told t
    JOIN bridge.action a ON a.bridge_id = t.bridge_id AND a.system = t.police_system AND a.action = 'INTR'
    UNION ALL
    SELECT t.bridge_id, 'DISP', a.system, a.key, CASE WHEN t.copies THEN 'REPORT' ELSE 'DISPOSED' END, a.at, NULL,
           t.source_system, t.number, t.identity, t.mobile, t.email
    FROM told t
    JOIN bridge.action a ON a.bridge_id = t.bridge_id AND a.system = t.police_system AND a.action = 'DISP'
    WHERE NOT t.satisfied
       OR bridge.was_satisfied(a.bridge_id, a.system, a.at)
), fresh AS (
    SELECT e.*, b.channel
    FROM event e
    JOIN beginning b ON e.at >= b.at AND (b.channel = 'sms' OR e.email IS NOT NULL AND e.event IN ('COPY', 'REPORT'))
    WHERE NOT EXISTS (SELECT FROM bridge.message m
                      WHERE m.bridge_id = e.bridge_id AND m.about = e.about AND m.system = e.system AND m.key = e.key
                        AND m.channel = b.channel)
), judged AS (
    SELECT f.*, v.secret,
           CASE WHEN EXISTS (SELECT FROM bridge.erasure x WHERE x.bridge_id = f.bridge_id) THEN 'erased'
                WHEN f.identity = 'A' THEN 'sender.anonymous'
                WHEN f.channel = 'mail' THEN CASE WHEN v.secret THEN 'sender.secret' END
                WHEN f.mobile IS NULL AND s.mobile THEN NULL
                WHEN f.mobile IS NULL
                     AND EXISTS (SELECT FROM bridge.held h
                                 WHERE h.system = f.source_system AND h.stream = 'complaint' AND h.key = f.number
                                   AND h.state = 'open' AND h.field = 'mobile') THEN 'mobile.bad'
                WHEN f.mobile IS NULL THEN 'mobile.none'
                WHEN f.mobile !~ '^[+]91[5-9][0-9]{9}$' THEN 'mobile.bad' END AS why
    FROM fresh f
    LEFT JOIN LATERAL (
        SELECT r.number, 'mobile' = ANY (string_to_array(r.sealed, ' ')) AS mobile
        FROM bridge.source_record r
        WHERE r.system = f.source_system AND r.number = f.number AND r.sealed IS NOT NULL
    ) s ON true
    CROSS JOIN LATERAL (SELECT COALESCE(f.identity IN ('S', 'C'), false) OR s.number IS NOT NULL AS secret) v
), added AS (
    INSERT INTO bridge.message (bridge_id, about, system, key, event, channel, happened_at, secret, state, reason, planned_run,
                                planned_at, settled_at)
    SELECT j.bridge_id, j.about, j.system, j.key, j.event, j.channel, j.at, j.secret,
           CASE WHEN v.reason IS NULL THEN 'planned' ELSE 'suppressed' END, v.reason, $1, $2,
           CASE WHEN v.reason IS NOT NULL THEN $2 END
    FROM judged j
    CROSS JOIN LATERAL (SELECT COALESCE(j.why, CASE WHEN j.fault <> 'officer.none' OR NOT j.secret THEN j.fault END) AS reason) v
    ORDER BY j.at, j.bridge_id, j.about, j.system, length(j.key), j.key, j.channel DESC
    ON CONFLICT DO NOTHING
    RETURNING state
)
SELECT count(*) FILTER (WHERE state = 'planned') AS planned, count(*) FILTER (WHERE state = 'suppressed') AS suppressed
FROM added;

-- ---------------------------------------------------------------- sending (the notifier)

-- For the whole session: whatever else the login may do, this connection does what the notifier may.
-- name: message_role ()
SELECT set_config('role', 'bridge_notifier', false);

-- What a run that is over left under its hand: nobody knows whether it was sent.
-- name: message_recover (run bigint, at timestamptz)
UPDATE bridge.message m
SET state = 'in_doubt', reason = 'run.ended', settled_at = $2
WHERE m.state = 'sending' AND m.run_id <> $1;

-- One message at a time: of what a run that is ended had in hand, only that one is in doubt. languages: those wanted, in
-- order; NULL = Hindi, unless the complaint was written in Latin letters. Words for secret senders come first for those;
-- others of theirs name nobody either. A message that no words are registered for waits.
-- name: message_claim (run bigint, at timestamptz, languages text[], gateway text)
WITH next AS (
    SELECT m.message_id, w.template_id, w.language, w.entity, w.header, w.slots, w.text
    FROM bridge.message m
    JOIN bridge.complaint c ON c.bridge_id = m.bridge_id
    CROSS JOIN LATERAL (
        SELECT t.*
        FROM bridge.sms_template t
        WHERE t.listed AND t.event = m.event AND t.template_id !~ '^0000' AND (m.secret OR NOT t.secret)
          AND NOT (m.secret AND t.slots && '{officer_name,officer_rank,officer_mobile}')
          AND ($3 IS NULL OR t.language = ANY ($3))
        ORDER BY t.secret DESC, array_position($3, t.language), (t.language = 'hi') = (COALESCE(c.body_script, 'D') = 'L')
        LIMIT 1
    ) w
    WHERE m.channel = 'sms' AND m.state = 'planned' AND m.not_before <= $2
      AND EXISTS (SELECT FROM bridge.run r WHERE r.run_id = $1 AND r.state = 'running')
    ORDER BY m.message_id
    LIMIT 1
    FOR UPDATE OF m SKIP LOCKED
), taken AS (
    UPDATE bridge.message m
    SET state = 'sending', reason = NULL, template_id = n.template_id, language = n.language, gateway = $4, receipt = NULL,
        said = NULL, digest = NULL, attempts = m.attempts + 1, run_id = $1, sending_at = $2, settled_at = NULL,
        settled_by = NULL
    FROM next n
    WHERE m.message_id = n.message_id
    RETURNING m.*
)
SELECT m.message_id, m.attempts, m.event, m.secret, m.template_id, m.language, n.entity, n.header,
       array_to_string(n.slots, ' ') AS slots, n.text, to_char(m.happened_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS happened_at,
       c.source_system, c.number, c.police_number, c.mobile, c.identity,
       to_char(COALESCE(a.expected_at, c.expected_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS expected_at,
       a.officer_name, a.officer_rank, a.officer_mobile,
       CASE m.language WHEN 'hi' THEN COALESCE(u.name_hi, u.name_en) ELSE u.name_en END AS unit,
       CASE m.language WHEN 'hi' THEN COALESCE(s.name_hi, s.name_en) ELSE s.name_en END AS station
FROM taken m
JOIN next n ON n.message_id = m.message_id
JOIN bridge.complaint c ON c.bridge_id = m.bridge_id
LEFT JOIN bridge.action a ON a.bridge_id = m.bridge_id AND a.system = m.system AND a.key = m.key
LEFT JOIN bridge.unit u ON u.unit = c.unit
LEFT JOIN bridge.unit s ON s.unit = c.station;

-- A mail: no registered words bind it.
-- name: message_claim_mail (run bigint, at timestamptz, languages text[], gateway text)
WITH next AS (
    SELECT m.message_id, COALESCE(($3)[1], CASE WHEN c.body_script = 'L' THEN 'en' ELSE 'hi' END) AS language
    FROM bridge.message m
    JOIN bridge.complaint c ON c.bridge_id = m.bridge_id
    WHERE m.channel = 'mail' AND m.state = 'planned' AND m.not_before <= $2
      AND EXISTS (SELECT FROM bridge.run r WHERE r.run_id = $1 AND r.state = 'running')
    ORDER BY m.message_id
    LIMIT 1
    FOR UPDATE OF m SKIP LOCKED
), taken AS (
    UPDATE bridge.message m
    SET state = 'sending', reason = NULL, language = n.language, gateway = $4, receipt = NULL, said = NULL, digest = NULL,
        attempts = m.attempts + 1, run_id = $1, sending_at = $2, settled_at = NULL, settled_by = NULL
    FROM next n
    WHERE m.message_id = n.message_id
    RETURNING m.*
)
SELECT m.message_id, m.attempts, m.event, m.secret, m.system, m.key, m.language,
       to_char(m.happened_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS happened_at,
       to_char(m.planned_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS planned_at,
       to_char(COALESCE(c.received_at, c.marked_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS received_at,
       c.source_system, c.number, c.police_number, c.email, c.identity, x.subject, x.text,
       CASE m.language WHEN 'hi' THEN COALESCE(u.name_hi, u.name_en) ELSE u.name_en END AS unit,
       CASE m.language WHEN 'hi' THEN COALESCE(s.name_hi, s.name_en) ELSE s.name_en END AS station
FROM taken m
JOIN bridge.complaint c ON c.bridge_id = m.bridge_id
LEFT JOIN bridge.message_matter x ON x.message_id = m.message_id
LEFT JOIN bridge.unit u ON u.unit = c.unit
LEFT JOIN bridge.unit s ON s.unit = c.station;

-- name: message_papers (message bigint)
SELECT p.content, p.content_size, p.content_type, COALESCE(p.name, '') AS name
FROM bridge.message_paper p
WHERE p.message_id = $1
ORDER BY length(p.key), p.key;

-- receipt: the Message-ID of a mail, by which the mail server's own list tells whether it had it.
-- name: message_intent (run bigint, message bigint, digest bytea, receipt text)
UPDATE bridge.message m
SET digest = $3, receipt = $4
WHERE m.message_id = $2 AND m.state = 'sending' AND m.run_id = $1
RETURNING m.message_id;

-- By the run that took it up, and by no other.
-- name: message_settle (run bigint, message bigint, at timestamptz, state text, reason text, receipt text, said text, not_before timestamptz)
UPDATE bridge.message m
SET state = $4, reason = $5, receipt = $6, said = $7, settled_at = $3,
    not_before = COALESCE($8, m.not_before)
WHERE m.message_id = $2 AND m.state = 'sending' AND m.run_id = $1
  AND EXISTS (SELECT FROM bridge.run r WHERE r.run_id = $1 AND r.state = 'running')
RETURNING m.message_id;

-- The lines of one file of delivery reports. A message that was delivered stays so, whatever is said of it later; one that was
-- reported as failed may have been delivered after all. What a person has said of a message stands.
-- name: message_reports (run bigint, at timestamptz, file text, sha256 bytea, line int[], receipt text[], state text[], word text[], told_at timestamptz[], fault text[], field text[])
WITH item AS (
    SELECT i.*
    FROM unnest($5, $6, $7, $8, $9, $10, $11) AS i (line, receipt, state, word, told_at, fault, field)
), kept AS (
    INSERT INTO bridge.message_report (file, sha256, line, message_id, state, word, at, fault, field, run_id, read_at)
    SELECT $3, $4, i.line, m.message_id, i.state, i.word, i.told_at,
           COALESCE(i.fault, CASE WHEN m.message_id IS NULL THEN 'report.message' END),
           COALESCE(i.field, CASE WHEN i.fault IS NULL AND m.message_id IS NULL THEN 'id' END), $1, $2
    FROM item i
    LEFT JOIN LATERAL (
        SELECT p.message_id
        FROM bridge.message p
        WHERE p.receipt = i.receipt AND p.channel = 'sms'
        ORDER BY p.message_id DESC
        LIMIT 1
    ) m ON true
    ORDER BY i.line
    ON CONFLICT DO NOTHING
    RETURNING message_id, state, at, line, fault, field
), newest AS (
    SELECT DISTINCT ON (k.message_id) k.message_id, k.state
    FROM kept k
    WHERE k.message_id IS NOT NULL AND k.state IN ('delivered', 'failed', 'expired')
    ORDER BY k.message_id, k.state = 'delivered' DESC, k.at DESC
), moved AS (
    UPDATE bridge.message m
    SET state = CASE n.state WHEN 'delivered' THEN 'delivered' ELSE 'failed' END,
        reason = CASE WHEN n.state <> 'delivered' THEN 'report.' || n.state END, settled_at = $2
    FROM newest n
    WHERE m.message_id = n.message_id
      AND (m.state = 'sent' OR (m.state = 'failed' AND starts_with(m.reason, 'report.') AND n.state = 'delivered'))
    RETURNING m.state
)
SELECT k.line, k.fault, k.field,
       (SELECT count(*) FROM kept) AS lines, (SELECT count(*) FROM moved WHERE state = 'delivered') AS delivered,
       (SELECT count(*) FROM moved WHERE state = 'failed') AS failed
FROM (SELECT 1) one
LEFT JOIN kept k ON k.fault IS NOT NULL
ORDER BY k.line;

-- name: message_report_faults (after bigint, limit bigint)
SELECT r.report_id, r.file, r.line, r.fault, r.field, to_char(r.read_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS read_at
FROM bridge.message_report r
WHERE r.fault IS NOT NULL AND r.report_id > $1
ORDER BY r.report_id
LIMIT $2;

-- name: message_reported (message bigint)
SELECT r.state, r.word, to_char(r.at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at, r.file, r.line, r.fault,
       to_char(r.read_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS read_at
FROM bridge.message_report r
WHERE r.message_id = $1
ORDER BY r.report_id;

-- A person's word on one that waits for it.
-- name: message_order (message bigint, at timestamptz, state text, who text, why text)
UPDATE bridge.message m
SET state = $3, reason = CASE WHEN $3 = 'suppressed' THEN 'dropped' END, settled_at = $2, settled_by = $4, settled_why = $5,
    not_before = '-infinity'
WHERE m.message_id = $1 AND m.state IN ('in_doubt', 'failed')
RETURNING m.message_id;

-- ---------------------------------------------------------------- what is shown

-- waits_for: planned, and no registered words to say it in.
-- name: message_counts ()
SELECT m.channel, m.state, COALESCE(m.reason, '') AS reason, count(*) AS n,
       to_char(min(m.planned_at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS oldest
FROM bridge.message m
GROUP BY m.channel, m.state, COALESCE(m.reason, '')
ORDER BY m.channel DESC, m.state, 3;

-- name: message_wordless ()
SELECT count(*) AS n, COALESCE(string_agg(DISTINCT m.event, ' ' ORDER BY m.event), '') AS events
FROM bridge.message m
WHERE m.channel = 'sms' AND m.state = 'planned'
  AND NOT EXISTS (SELECT FROM bridge.sms_template t
                  WHERE t.listed AND t.event = m.event AND t.template_id !~ '^0000' AND (m.secret OR NOT t.secret)
                    AND NOT (m.secret AND t.slots && '{officer_name,officer_rank,officer_mobile}'));

-- name: message_list (state text, after bigint, limit bigint)
SELECT m.message_id, m.channel, m.state, m.reason, m.event, c.source_system AS system, c.number, m.language,
       to_char(m.happened_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS happened_at, m.attempts,
       to_char(m.settled_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS settled_at, m.receipt
FROM bridge.message m
JOIN bridge.complaint c ON c.bridge_id = m.bridge_id
WHERE m.message_id > $2 AND CASE WHEN $1 IS NULL THEN m.state IN ('planned', 'sending', 'failed', 'in_doubt') ELSE m.state = $1 END
ORDER BY m.message_id
LIMIT $3;

-- name: message_show (message bigint)
SELECT m.message_id, m.channel, m.state, m.reason, m.event, m.about, m.system AS action_system, m.key AS action_key,
       c.source_system AS system, c.number, c.police_number, m.secret, m.template_id, m.language, m.gateway, m.receipt, m.said,
       encode(m.digest, 'hex') AS digest, m.attempts, m.planned_run, m.run_id,
       to_char(m.happened_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS happened_at,
       to_char(m.planned_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS planned_at,
       to_char(m.sending_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS sending_at,
       to_char(m.settled_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS settled_at, m.settled_by, m.settled_why
FROM bridge.message m
JOIN bridge.complaint c ON c.bridge_id = m.bridge_id
WHERE m.message_id = $1;
