-- The equation of a run, and the check of the whole books.

-- Of a pull: every record that left its source, by where it went.
-- Of a push: net change of each account within the run. What an account lost was taken up; what "outbox" gained was put
-- back to wait, and what was superseded or dropped was never to be sent: both are taken off again.
-- name: books_equations (run bigint)
WITH entry AS (
    SELECT l.hop, l.system, l.stream, l.debit, l.credit, l.n
    FROM bridge.ledger l
    WHERE l.run_id = $1
), pull AS (
    SELECT e.hop, e.system, e.stream,
           sum(e.n) FILTER (WHERE e.debit = 'source') AS offered,
           sum(e.n) FILTER (WHERE e.credit = 'staged') AS applied,
           sum(e.n) FILTER (WHERE e.credit = 'unchanged') AS unchanged,
           sum(e.n) FILTER (WHERE e.credit = 'duplicate') AS duplicate,
           sum(e.n) FILTER (WHERE e.credit = 'set_aside') AS set_aside,
           sum(e.n) FILTER (WHERE e.credit = 'conflict') AS conflict,
           0::bigint AS dead, 0::bigint AS in_doubt,
           sum(e.n) FILTER (WHERE e.credit = 'out_of_window') AS out_of_window
    FROM entry e
    WHERE e.hop = 'pull'
    GROUP BY e.hop, e.system, e.stream
), net AS (
    SELECT s.hop, s.system, s.stream, s.account, sum(s.n) AS n
    FROM (
        SELECT e.hop, e.system, e.stream, e.debit AS account, -e.n AS n FROM entry e WHERE e.hop = 'push'
        UNION ALL
        SELECT e.hop, e.system, e.stream, e.credit, e.n FROM entry e WHERE e.hop = 'push' AND e.debit <> 'plan'
    ) s
    WHERE s.account <> 'plan'
    GROUP BY s.hop, s.system, s.stream, s.account
), push AS (
    SELECT n.hop, n.system, n.stream,
           sum(-n.n) FILTER (WHERE n.n < 0 OR n.account IN ('outbox', 'superseded', 'void')) AS offered,
           sum(n.n) FILTER (WHERE n.n > 0 AND n.account = 'delivered') AS applied,
           0::bigint AS unchanged, 0::bigint AS duplicate,
           sum(n.n) FILTER (WHERE n.n > 0 AND n.account = 'refused') AS set_aside,
           0::bigint AS conflict,
           sum(n.n) FILTER (WHERE n.n > 0 AND n.account = 'dead') AS dead,
           sum(n.n) FILTER (WHERE n.n > 0 AND n.account IN ('in_doubt', 'sending')) AS in_doubt,
           0::bigint AS out_of_window
    FROM net n
    GROUP BY n.hop, n.system, n.stream
)
SELECT b.hop, b.system, b.stream, COALESCE(b.offered, 0) AS offered, COALESCE(b.applied, 0) AS applied,
       COALESCE(b.unchanged, 0) AS unchanged, COALESCE(b.duplicate, 0) AS duplicate,
       COALESCE(b.set_aside, 0) AS set_aside, COALESCE(b.conflict, 0) AS conflict, COALESCE(b.dead, 0) AS dead,
       COALESCE(b.in_doubt, 0) AS in_doubt, COALESCE(b.out_of_window, 0) AS out_of_window
FROM (SELECT * FROM pull UNION ALL SELECT * FROM push) b
ORDER BY b.hop, b.system, b.stream;

-- name: books_negative ()
SELECT a.account, sum(x.n) AS balance
FROM (
    SELECT l.credit AS account, l.n FROM bridge.ledger l
    UNION ALL
    SELECT l.debit, -l.n FROM bridge.ledger l
) x
JOIN bridge.account a USING (account)
WHERE NOT a.is_source
GROUP BY a.account
HAVING sum(x.n) < 0
ORDER BY a.account;

-- A held delivery is one whose outcome is unknown: its record stays in the account "in_doubt".
-- name: books_states ()
WITH balance AS (
    SELECT x.account, sum(x.n) AS n
    FROM (
        SELECT l.credit AS account, l.n FROM bridge.ledger l WHERE l.hop = 'push'
        UNION ALL
        SELECT l.debit, -l.n FROM bridge.ledger l WHERE l.hop = 'push'
    ) x
    WHERE x.account <> 'plan'
    GROUP BY x.account
), state AS (
    SELECT CASE d.state WHEN 'planned' THEN 'outbox' WHEN 'confirmed' THEN 'delivered' WHEN 'held' THEN 'in_doubt'
                        ELSE d.state END AS account,
           count(*) AS n
    FROM bridge.delivery d
    GROUP BY 1
)
SELECT account, COALESCE(b.n, 0) AS booked, COALESCE(s.n, 0) AS found
FROM balance b
FULL JOIN state s USING (account)
WHERE COALESCE(b.n, 0) <> COALESCE(s.n, 0)
ORDER BY account;

-- What was booked as new, against the rows that there are.
-- name: books_staged ()
WITH booked AS (
    SELECT l.stream, sum(l.n) AS n
    FROM bridge.ledger l
    WHERE l.hop = 'pull' AND l.credit = 'staged' AND l.reason = 'new'
    GROUP BY l.stream
), found AS (
    SELECT 'complaint' AS stream, count(*) AS n FROM bridge.source_record
    UNION ALL
    SELECT 'action', count(*) FROM bridge.action
    UNION ALL
    SELECT 'attachment', count(*) FROM bridge.attachment
    UNION ALL
    SELECT 'feedback', count(*) FROM bridge.feedback
)
SELECT stream, COALESCE(b.n, 0) AS booked, COALESCE(f.n, 0) AS found
FROM booked b
FULL JOIN found f USING (stream)
WHERE COALESCE(b.n, 0) <> COALESCE(f.n, 0)
ORDER BY stream;

-- Of the newest run, for policy purges the movements of older ones: the records that each entry says it moved.
-- name: books_moved ()
SELECT l.entry, l.n, m.n AS moved
FROM bridge.ledger l
CROSS JOIN LATERAL (
    SELECT count(*) AS n, sha256(COALESCE(string_agg(k.digest, '' ORDER BY k.digest), '')) AS evidence
    FROM bridge.movement k
    WHERE k.entry = l.entry
) m
WHERE l.run_id = (SELECT max(r.run_id) FROM bridge.ledger r) AND (m.n <> l.n OR m.evidence <> l.evidence)
  AND NOT (l.hop = 'policy' AND l.stream = 'movement')  -- what went were movements themselves
ORDER BY l.entry
LIMIT 1;
