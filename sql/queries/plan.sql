-- What staging calls for, by the rules of delivery.h; deliveries that exist already are left alone, so a second plan adds none. Each
-- version of an action, an attachment or a feedback is a delivery of its own, for one that was changed and changed back must be told
-- twice. An older one that waits gives way, also one that was in doubt when the newer was planned and is free again: what
-- is sent is what staging has when it is sent, so both would say the same.

-- One plan at a time, in a statement before it: the next one's snapshot then has what this one planned. Of all targets, for
-- two of them may want the same complaint. A plan may wait as long as another takes.
-- name: plan_one_plans ()
SELECT set_config('lock_timeout', '10min', true), pg_advisory_xact_lock(hashtextextended('cctns-bridge plan', 0));

-- No wait is longer than 7.5 hours (delivery_settle.c): one that is was set by a clock that ran ahead, and is over. Rows
-- that are under another hand are looked at by the next plan.
-- name: plan_clock_back (target text, at timestamptz)
UPDATE bridge.delivery d
SET not_before = '-infinity'
FROM (SELECT w.delivery_id
      FROM bridge.delivery w
      WHERE w.target = $1 AND w.state = 'planned' AND w.not_before > $2 + interval '8 hours'
      FOR UPDATE SKIP LOCKED) w
WHERE d.delivery_id = w.delivery_id;

-- Registrations that were kept back because the complaint was marked to whom it is against, and is no longer.
-- name: plan_unbarred (target text)
SELECT d.delivery_id
FROM bridge.delivery d
WHERE d.target = $1 AND d.stream = 'complaint' AND d.state = 'refused' AND d.said = 'route.accused'
  AND NOT EXISTS (SELECT FROM bridge.marked_to_accused(ARRAY[d.bridge_id]) m WHERE m.bridge_id = d.bridge_id)
ORDER BY d.delivery_id;

-- Everything is looked at once: sets are joined whole, whatever statistics say. For the open transaction only.
-- name: plan_by_sets ()
SELECT set_config('enable_nestloop', 'off', true);

-- moves_*: the rules of lifecycle.c for a newer version (state before, state after, accounts), by position.
-- A class that is NULL says that the target does not carry that stream.
-- A disposal has a window: from the newest report (ATRS) before it to the next reopening after it. With satisfied_only
-- it is planned once the newest answer of the complainant in that window is "satisfied"; one whose window has closed
-- is history and is never sent.
-- A complaint that lies at the control room of its portal (alias "control" of the unit) is not registered until it is marked
-- to another unit.
-- told: complaints that have a source and a police system beside it; what an archive holds is told to nobody.
-- A file of a portal that is what the portal was sent (or a note that stood for it) is not sent back to the police.
-- above: each unit and those above it, with how far above. route: the police system of each unit, the one that names the
-- nearest; '' is that of complaints without a unit. Where no police system names units, all goes to the one that asks.
-- name: plan_add (run bigint, target text, at timestamptz, class_complaint text, class_action text, class_feedback text, satisfied_only boolean, moves_from text[], moves_to text[], moves_debit text[], moves_credit text[], class_attachment text)
WITH RECURSIVE above AS (
    SELECT u.unit, u.unit AS above, 0 AS far FROM bridge.unit u
    UNION ALL
    SELECT a.unit, u.parent, a.far + 1
    FROM above a
    JOIN bridge.unit u ON u.unit = a.above
    WHERE u.parent IS NOT NULL AND a.far < 20
), police AS (
    SELECT s.system, s.units FROM bridge.system s WHERE s.listed AND s.role = 'police'
), route AS (
    SELECT DISTINCT ON (r.unit) r.unit, r.system
    FROM (
        SELECT a.unit, p.system, a.far FROM police p, unnest(p.units) AS n (unit) JOIN above a ON a.above = n.unit
        UNION ALL
        SELECT u.unit, p.system, 1000 FROM police p, (SELECT unit FROM bridge.unit UNION ALL SELECT '') u
        WHERE p.units = '{}'
    ) r
    ORDER BY r.unit, r.far, r.system
), told AS (
    SELECT c.bridge_id, c.source_system, c.police_system, c.unit
    FROM bridge.complaint c
    WHERE c.police_system <> c.source_system AND (c.police_system = $2 OR c.source_system = $2)
      AND c.source_system NOT IN (SELECT s.system FROM bridge.system s WHERE s.role = 'archive')
), echo AS (
    SELECT t.bridge_id, t.key
    FROM bridge.delivery x
    JOIN told c ON c.bridge_id = x.bridge_id AND c.source_system = x.target AND c.police_system = $2
    JOIN bridge.attachment o ON o.bridge_id = x.bridge_id AND o.system = x.source_system AND o.key = x.key
    JOIN bridge.attachment t ON t.bridge_id = x.bridge_id AND t.system = x.target
                            AND (t.content = o.content OR t.role = 'NOTE' AND x.substituted IS NOT NULL)
    WHERE $12 IS NOT NULL AND x.stream = 'attachment' AND x.state IN ('confirmed', 'sending', 'in_doubt', 'held')
), wanted AS (
    SELECT 'complaint' AS stream, c.bridge_id, c.source_system, '' AS key, 1 AS version, '\x'::bytea AS digest,
           $4 AS class, c.unit
    FROM bridge.complaint c
    LEFT JOIN route r ON r.unit = COALESCE(c.unit, '')
    WHERE $4 IS NOT NULL AND c.police_system IS NULL AND c.source_system <> $2
      AND (r.system = $2 OR NOT EXISTS (SELECT FROM police))
      AND NOT EXISTS (SELECT FROM bridge.system s WHERE s.system = c.source_system AND s.role = 'archive')
      AND NOT EXISTS (SELECT FROM bridge.unit_alias k WHERE k.scheme = 'control' AND k.code = c.source_system AND k.unit = c.unit)
      AND NOT EXISTS (SELECT FROM bridge.delivery d
                      WHERE d.bridge_id = c.bridge_id AND d.stream = 'complaint'
                        AND (d.target = $2 OR d.state NOT IN ('void', 'superseded')))
    UNION ALL
    SELECT 'action', a.bridge_id, a.system, a.key, a.version, a.digest, $5, c.unit
    FROM told c
    JOIN bridge.action a ON a.bridge_id = c.bridge_id AND a.system = c.police_system
    WHERE $5 IS NOT NULL AND c.source_system = $2
      AND NOT EXISTS (SELECT FROM bridge.delivery d
                      WHERE d.target = $2 AND d.stream = 'action' AND d.bridge_id = a.bridge_id
                        AND d.source_system = a.system AND d.key = a.key AND d.version = a.version)
      AND (NOT $7 OR a.action NOT IN ('DISP', 'CLSD')
           OR bridge.was_satisfied(a.bridge_id, a.system, a.at))
    UNION ALL
    SELECT 'action', a.bridge_id, a.system, a.key, a.version, a.digest, $5, c.unit
    FROM told c
    JOIN bridge.action a ON a.bridge_id = c.bridge_id AND a.system = c.source_system AND a.action = 'RMND'
    WHERE $5 IS NOT NULL AND c.police_system = $2
      AND NOT EXISTS (SELECT FROM bridge.delivery d
                      WHERE d.target = $2 AND d.stream = 'action' AND d.bridge_id = a.bridge_id
                        AND d.source_system = a.system AND d.key = a.key AND d.version = a.version)
    UNION ALL
    SELECT 'attachment', t.bridge_id, t.system, t.key, t.version, t.digest, $12, c.unit
    FROM told c
    JOIN bridge.attachment t ON t.bridge_id = c.bridge_id AND t.content IS NOT NULL
    WHERE $12 IS NOT NULL
      AND (c.police_system = $2 AND t.system = c.source_system
               AND NOT EXISTS (SELECT FROM echo e WHERE e.bridge_id = t.bridge_id AND e.key = t.key)
           OR c.source_system = $2 AND t.system = c.police_system AND t.role IN ('ATR', 'ORDER', 'REPLY'))
      AND NOT EXISTS (SELECT FROM bridge.delivery d
                      WHERE d.target = $2 AND d.stream = 'attachment' AND d.bridge_id = t.bridge_id
                        AND d.source_system = t.system AND d.key = t.key AND d.version = t.version)
    UNION ALL
    SELECT 'feedback', f.bridge_id, f.system, f.key, f.version, f.digest, $6, c.unit
    FROM told c
    JOIN bridge.feedback f ON f.bridge_id = c.bridge_id AND f.system = c.source_system
    WHERE $6 IS NOT NULL AND c.police_system = $2
      AND NOT EXISTS (SELECT FROM bridge.delivery d
                      WHERE d.target = $2 AND d.stream = 'feedback' AND d.bridge_id = f.bridge_id
                        AND d.source_system = f.system AND d.key = f.key AND d.version = f.version)
), added AS (
    INSERT INTO bridge.delivery (target, stream, bridge_id, source_system, key, version, digest, class, unit,
                                 planned_run, last_run, planned_at)
    SELECT $2, stream, bridge_id, source_system, key, version, digest, class, unit, $1, $1, $3
    FROM wanted
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, stream, bridge_id, source_system, key, version, digest, unit
), moves AS (
    SELECT * FROM unnest($8, $9, $10, $11) AS m (was, becomes, debit, credit)
), newer AS (
    SELECT stream, bridge_id, source_system, key, version FROM added
    UNION ALL
    SELECT stream, bridge_id, source_system, key, version FROM bridge.delivery WHERE target = $2 AND version > 1
), older AS (
    SELECT d.delivery_id, m.was, m.becomes, m.debit, m.credit
    FROM bridge.delivery d
    JOIN moves m ON m.was = d.state
    WHERE d.target = $2 AND d.stream <> 'complaint'
      AND EXISTS (SELECT FROM newer n
                  WHERE n.stream = d.stream AND n.bridge_id = d.bridge_id AND n.source_system = d.source_system
                    AND n.key = d.key AND n.version > d.version)
), replaced AS (
    UPDATE bridge.delivery d
    SET state = o.becomes, last_run = $1, settled_at = $3
    FROM older o
    WHERE d.delivery_id = o.delivery_id AND d.state = o.was     -- one that was claimed meanwhile goes its way
    RETURNING d.delivery_id, d.stream, d.unit, d.digest, o.debit, o.credit
), released AS (
    UPDATE bridge.held h
    SET state = 'settled', last_run = $1, ended_at = $3, ended_by = 'bridge', ended_why = 'a newer version took its place'
    FROM replaced r
    WHERE h.delivery_id = r.delivery_id AND h.state = 'open'
), moved AS (
    SELECT delivery_id::text AS key, stream, unit, 'plan' AS debit, 'outbox' AS credit,
           sha256(convert_to(delivery_id::text, 'UTF8') || digest) AS digest
    FROM added
    UNION ALL
    SELECT delivery_id::text, stream, unit, debit, credit, sha256(convert_to(delivery_id::text, 'UTF8') || digest)
    FROM replaced
), entry AS (
    INSERT INTO bridge.ledger (run_id, hop, system, stream, unit, debit, credit, n, evidence, at)
    SELECT $1, 'push', $2, stream, unit, debit, credit, count(*), sha256(string_agg(digest, '' ORDER BY digest)), $3
    FROM moved
    GROUP BY stream, unit, debit, credit
    RETURNING entry, stream, unit, debit, credit
), movement AS (
    INSERT INTO bridge.movement (entry, key, digest)
    SELECT e.entry, m.key, m.digest
    FROM moved m
    JOIN entry e ON e.stream = m.stream AND COALESCE(e.unit, '') = COALESCE(m.unit, '') AND e.debit = m.debit
                AND e.credit = m.credit
)
SELECT (SELECT count(*) FROM added) AS planned, (SELECT count(*) FROM replaced) AS superseded;

-- Disposals that staging has and that wait until the complainant is known to be satisfied.
-- name: plan_waiting (target text)
SELECT count(*) AS waiting, count(DISTINCT a.bridge_id) AS complaints
FROM bridge.complaint c
JOIN bridge.action a ON a.bridge_id = c.bridge_id AND a.system = c.police_system AND a.action IN ('DISP', 'CLSD')
WHERE c.source_system = $1
  AND NOT EXISTS (SELECT FROM bridge.delivery d
                  WHERE d.target = $1 AND d.stream = 'action' AND d.bridge_id = a.bridge_id
                    AND d.source_system = a.system AND d.key = a.key AND d.version = a.version)
  AND NOT EXISTS (SELECT FROM bridge.action r
                  WHERE r.bridge_id = a.bridge_id AND r.system = a.system AND r.action = 'REOP' AND r.at > a.at);

-- Complaints of units that no police system serves: they wait for a line in bridge.conf.
-- name: plan_unserved ()
WITH RECURSIVE served AS (
    SELECT u.unit
    FROM bridge.system s, unnest(s.units) AS n (unit) JOIN bridge.unit u ON u.unit = n.unit
    WHERE s.listed AND s.role = 'police'
    UNION
    SELECT u.unit FROM bridge.unit u JOIN served s ON u.parent = s.unit
)
SELECT count(*) AS unserved
FROM bridge.complaint c
WHERE c.police_system IS NULL
  AND EXISTS (SELECT FROM bridge.system s WHERE s.system = c.source_system AND s.role = 'portal')
  AND EXISTS (SELECT FROM bridge.system s WHERE s.listed AND s.role = 'police')
  AND NOT EXISTS (SELECT FROM bridge.system s WHERE s.listed AND s.role = 'police' AND s.units = '{}')
  AND (c.unit IS NULL OR NOT EXISTS (SELECT FROM served v WHERE v.unit = c.unit));
