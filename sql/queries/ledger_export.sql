-- The books as one file, for whoever checks them without the database: every line in a fixed order, texts by their bytes,
-- so that two exports of the same books are the same file. COPY in text form parts fields by tabs and escapes them.

-- All of it is one moment of the books, and nothing is written.
-- name: ledger_export_moment ()
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- COPY takes no values: the run stands in a setting of the transaction.
-- name: ledger_export_of_run (run bigint)
SELECT set_config('bridge.export_run', r.run_id::text, true) AS run, r.state <> 'running' AS ended
FROM bridge.run r
WHERE r.run_id = $1;

-- name: ledger_export_head ()
COPY (
    SELECT 'cctns-bridge-ledger', '1', origin FROM bridge.ledger_head
) TO STDOUT;

-- name: ledger_export_entries ()
COPY (
    SELECT 'e', k.seq, l.entry, l.run_id, l.hop, l.system, l.stream, COALESCE(l.unit, ''), l.debit, l.credit, l.n, l.reason,
           encode(l.evidence, 'hex'), (extract(epoch FROM l.at) * 1000000)::bigint, encode(k.h, 'hex')
    FROM bridge.ledger_link k
    JOIN bridge.ledger l USING (entry)
    ORDER BY k.seq
) TO STDOUT;

-- There are none, unless somebody went round the trigger that ties them: they come behind the last, with a link that none has.
-- name: ledger_export_untied ()
COPY (
    SELECT 'e', (SELECT COALESCE(max(k.seq), 0) FROM bridge.ledger_link k) + row_number() OVER (ORDER BY l.entry), l.entry,
           l.run_id, l.hop, l.system, l.stream, COALESCE(l.unit, ''), l.debit, l.credit, l.n, l.reason,
           encode(l.evidence, 'hex'), (extract(epoch FROM l.at) * 1000000)::bigint, repeat('0', 64)
    FROM bridge.ledger l
    WHERE NOT EXISTS (SELECT FROM bridge.ledger_link k WHERE k.entry = l.entry)
    ORDER BY l.entry
) TO STDOUT;

-- name: ledger_export_run_entries ()
COPY (
    SELECT 'e', k.seq, l.entry, l.run_id, l.hop, l.system, l.stream, COALESCE(l.unit, ''), l.debit, l.credit, l.n, l.reason,
           encode(l.evidence, 'hex'), (extract(epoch FROM l.at) * 1000000)::bigint, encode(k.h, 'hex')
    FROM bridge.ledger l
    JOIN bridge.ledger_link k USING (entry)
    WHERE l.run_id = current_setting('bridge.export_run')::bigint
    ORDER BY k.seq
) TO STDOUT;

-- name: ledger_export_totals ()
COPY (
    SELECT 't', c.run_id, c.side, c.system, c.unit, c.status, c.category, c.day, c.n, encode(c.keyset, 'hex')
    FROM (
        SELECT t.run_id, t.side, t.system, t.unit, t.status, COALESCE(to_jsonb(t) ->> 'category', '') AS category, t.day,
               t.n, t.keyset
        FROM bridge.control_total t
    ) c
    ORDER BY c.run_id, c.side COLLATE "C", c.system COLLATE "C", c.unit COLLATE "C", c.status COLLATE "C",
             c.category COLLATE "C", c.day::text COLLATE "C"
) TO STDOUT;

-- name: ledger_export_run_totals ()
COPY (
    SELECT 't', c.run_id, c.side, c.system, c.unit, c.status, c.category, c.day, c.n, encode(c.keyset, 'hex')
    FROM (
        SELECT t.run_id, t.side, t.system, t.unit, t.status, COALESCE(to_jsonb(t) ->> 'category', '') AS category, t.day,
               t.n, t.keyset
        FROM bridge.control_total t
        WHERE t.run_id = current_setting('bridge.export_run')::bigint
    ) c
    ORDER BY c.run_id, c.side COLLATE "C", c.system COLLATE "C", c.unit COLLATE "C", c.status COLLATE "C",
             c.category COLLATE "C", c.day::text COLLATE "C"
) TO STDOUT;

-- name: ledger_export_notes ()
COPY (
    SELECT 'n', c.checkpoint, c.size, c.run_id, replace(encode(c.note, 'base64'), E'\n', '')
    FROM bridge.checkpoint c
    ORDER BY c.checkpoint
) TO STDOUT;

-- name: ledger_export_run_notes ()
COPY (
    SELECT 'n', c.checkpoint, c.size, c.run_id, replace(encode(c.note, 'base64'), E'\n', '')
    FROM bridge.checkpoint c
    WHERE c.run_id = current_setting('bridge.export_run')::bigint
    ORDER BY c.checkpoint
) TO STDOUT;

-- name: ledger_export_anchors ()
COPY (
    SELECT 'a', a.checkpoint, a.place, (extract(epoch FROM a.at) * 1000000)::bigint,
           replace(encode(COALESCE(a.proof, ''), 'base64'), E'\n', '')
    FROM bridge.anchor a
    ORDER BY a.checkpoint, a.place COLLATE "C"
) TO STDOUT;

-- The rows that there are, by the account that their state stands for (books.sql: books_states, books_staged).
-- name: ledger_export_states ()
COPY (
    SELECT 's', s.account, s.n
    FROM (
        SELECT CASE d.state WHEN 'planned' THEN 'outbox' WHEN 'confirmed' THEN 'delivered' WHEN 'held' THEN 'in_doubt'
                            ELSE d.state END AS account, count(*) AS n
        FROM bridge.delivery d
        GROUP BY 1
        UNION ALL
        SELECT 'staged:complaint', count(*) FROM bridge.source_record
        UNION ALL
        SELECT 'staged:action', count(*) FROM bridge.action
        UNION ALL
        SELECT 'staged:attachment', count(*) FROM bridge.attachment
        UNION ALL
        SELECT 'staged:feedback', count(*) FROM bridge.feedback
    ) s
    ORDER BY s.account COLLATE "C"
) TO STDOUT;

-- ---------------------------------------------------------------- the certificate

-- What a certificate says of a run, and of the note that closes it.
-- name: ledger_certify_run (run bigint)
SELECT r.run_id, r.job, r.state, r.host, r.program, r.exit_code, h.origin,
       (extract(epoch FROM r.started_at) * 1000000)::bigint AS started_at,
       (extract(epoch FROM r.ended_at) * 1000000)::bigint AS ended_at,
       c.checkpoint, c.size, encode(c.h, 'hex') AS h, encode(sha256(c.note), 'hex') AS note_sha256,
       (extract(epoch FROM c.at) * 1000000)::bigint AS note_at
FROM bridge.run r
CROSS JOIN bridge.ledger_head h
LEFT JOIN bridge.checkpoint c ON c.run_id = r.run_id
WHERE r.run_id = $1
ORDER BY c.checkpoint DESC
LIMIT 1;
