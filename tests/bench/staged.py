"""A staging database as years of nights leave it, made by the server itself: complaints over all districts of a state and their
stations, open and over, from every kind of sender, with actions, numbers, versions, deliveries and what was not taken, pairs, and what
complainants said.

The same count gives the same rows. Nobody here is real.
"""
NOW = "2024-03-20T05:00:00Z"
STATIONS = 8        # of each district, besides those that the tables of units name

# h(i, k): a share of 1 that row i and the word k alone decide.
SCRIPT = """
CREATE FUNCTION pg_temp.h(i bigint, k int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (hashint8extended(i, k) & 2147483647) / 2147483648.0;

INSERT INTO bridge.system (system, role, title, listed) VALUES ('igrs', 'portal', 'IGRS', true), ('cpgrams', 'portal', 'CPGRAMS', false),
    ('cctns', 'police', 'CCTNS', true)
ON CONFLICT DO NOTHING;
INSERT INTO bridge.run (job, started_at, ended_at, state, exit_code, host, pid, program)
SELECT 'sync', at, at + interval '1 hour', 'done', 0, 'h', 1, 'p'
FROM generate_series(timestamptz '{now}' - interval '30 days', timestamptz '{now}' - interval '1 day', interval '1 day') at;

INSERT INTO bridge.unit (unit, parent, level, name_en, name_hi)
SELECT d.unit || '-B' || n, d.unit, 'PS', d.name_en || ' Thana ' || n, d.name_hi || ' थाना ' || n
FROM bridge.unit d, generate_series(1, {stations}) n
WHERE d.level = 'DISTRICT' AND d.unit LIKE 'UP-%';

CREATE TEMPORARY TABLE district AS
SELECT d.unit, (row_number() OVER (ORDER BY d.unit) - 1)::int AS place,
       ARRAY(SELECT s.unit FROM bridge.unit s WHERE s.parent = d.unit AND s.level = 'PS' ORDER BY s.unit) AS stations
FROM bridge.unit d
WHERE d.level = 'DISTRICT' AND d.unit LIKE 'UP-%';

INSERT INTO bridge.complaint (source_system, number, number_norm, police_system, police_number, ref_type, category, priority, subject, body,
    complainant, relative_name, gender, age, mobile, email, address, unit, station, received_at, registered_at, marked_at, due_at,
    expected_at, disposed_at, status, level, officer_name, officer_rank, disposal, satisfied, kind, mode, identity, against, parent_origin,
    parent_number, first_run, last_run, staged_at, changed_at)
SELECT y.system, y.number, y.number, CASE WHEN y.held THEN 'cctns' END, CASE WHEN y.held THEN '31' || lpad(i::text, 9, '0') END,
       CASE WHEN pg_temp.h(i, 1) < .3 THEN 'CM' ELSE 'DM' END,
       (ARRAY['CRIME', 'PROPERTY', 'WOMEN', 'CYBER', 'LAWORDER', 'POLMISC'])[1 + floor(6 * pg_temp.h(i, 2))::int],
       CASE WHEN pg_temp.h(i, 3) < .1 THEN 1 WHEN pg_temp.h(i, 3) < .2 THEN 2 ELSE 3 END, 'विषय ' || i || ' land at the village',
       repeat('मेरी जमीन पर कब्जा कर लिया गया है। ', 8) ||
       i, 'परीक्षक ' || i, 'पिता ' || i, 'M', 40, '+9150' || lpad(i::text, 8, '0'), NULL,
       'मकान ' || i, y.unit, y.station, y.came, y.came + interval '1 hour', y.came + interval '3 hours', y.due,
       CASE WHEN y.open AND pg_temp.h(i, 4) < .1 THEN y.due + interval '10 days' END, CASE WHEN y.status = 'DISP' THEN y.went END, y.status,
       (ARRAY['IO', 'SHO', 'CO', 'SP', NULL])[1 + floor(5 * pg_temp.h(i, 5))::int], 'अधिकारी ' || i % 997, 'SI',
       CASE WHEN y.status = 'DISP' THEN 'NSUB' END,
       CASE WHEN NOT y.open AND pg_temp.h(i, 6) < .3 THEN CASE WHEN pg_temp.h(i, 7) < .6 THEN 'Y' ELSE 'N' END END,
       CASE WHEN pg_temp.h(i, 8) < .02 THEN 'TIP' END, 'HAND',
       CASE WHEN pg_temp.h(i, 9) < .85 THEN 'N' WHEN pg_temp.h(i, 9) < .88 THEN NULL WHEN pg_temp.h(i, 9) < .92 THEN 'A'
            WHEN pg_temp.h(i, 9) < .96 THEN 'C' WHEN pg_temp.h(i, 9) < .97 THEN 'S' ELSE 'O' END,
       CASE WHEN pg_temp.h(i, 10) < .1 THEN 'SHO of the thana' END, CASE WHEN pg_temp.h(i, 11) < .03 AND i > 1000 THEN 'igrs' END,
       CASE WHEN pg_temp.h(i, 11) < .03 AND i > 1000 THEN '40' || lpad((i / 2)::text, 12, '0') END,
       1 + i % 30, 1 + i % 30, y.came + interval '12 hours', COALESCE(y.went, y.came + interval '2 days')
FROM generate_series(1, {n}) i
CROSS JOIN LATERAL (SELECT pg_temp.h(i, 12) < {open} AS open, pg_temp.h(i, 13) < .96 AS held, pg_temp.h(i, 14) < .8 AS by_igrs,
                           floor(75 * pg_temp.h(i, 15) ^ 1.4)::int AS d, pg_temp.h(i, 16) < .02 AS at_top) a
JOIN district t ON t.place = a.d
CROSS JOIN LATERAL (SELECT CASE WHEN by_igrs THEN 'igrs' ELSE 'cpgrams' END AS system,
                           CASE WHEN by_igrs THEN '40' || lpad(i::text, 12, '0')
                                ELSE 'CPG/UP/' || lpad(i::text, 8, '0') END AS number, a.open, a.held,
                           CASE WHEN at_top THEN 'UP' ELSE t.unit END AS unit,
                           CASE WHEN NOT at_top AND pg_temp.h(i, 17) < .8
                                THEN t.stations[1 + floor(cardinality(t.stations) * pg_temp.h(i, 18))::int] END AS station,
                           timestamptz '{now}' - (CASE WHEN open THEN 120 ELSE 400 END * pg_temp.h(i, 19) + .1) * interval '1 day'
                           AS came) b
CROSS JOIN LATERAL (SELECT b.*, CASE WHEN pg_temp.h(i, 20) > .02 THEN b.came + interval '30 days' END AS due,
                           CASE WHEN NOT a.open THEN LEAST(b.came + 45 * pg_temp.h(i, 21) * interval '1 day',
                                                           timestamptz '{now}' - interval '1 minute') END AS went,
                           CASE WHEN a.open THEN (ARRAY['RECV', 'REGD', 'ASGN', 'ATRS', 'ATRR'])[1 + floor(5 * pg_temp.h(i, 22))::int]
                                ELSE (ARRAY['DISP', 'DISP', 'DISP', 'DISP', 'CLSD', 'CLSD', 'RJCT', 'TRNO'])
                                     [1 + floor(8 * pg_temp.h(i, 22))::int]
                                END AS status) y
ORDER BY i;

INSERT INTO bridge.link (system, number, number_norm, bridge_id, run_id, at)
SELECT source_system, number, number_norm, bridge_id, 1, staged_at FROM bridge.complaint
UNION ALL
SELECT police_system, police_number, police_number, bridge_id, 1, staged_at FROM bridge.complaint WHERE police_system IS NOT NULL
UNION ALL
SELECT 'cmup', 'CM/' || bridge_id, 'CM/' || bridge_id, bridge_id, 1, staged_at FROM bridge.complaint WHERE bridge_id % 25 = 0;

INSERT INTO bridge.source_record (system, number, bridge_id, digest, status, unit, marked_at, changed_at, as_received, first_run, last_run)
SELECT system, number, bridge_id, sha256(number::bytea), 'x', 'x', at, at, '{{"n": "1"}}', 1, 1 FROM bridge.link WHERE system <> 'cmup';

-- What it was before: as it is, some of them in another district.
INSERT INTO bridge.complaint_version (bridge_id, version, was, system, run_id, at)
SELECT c.bridge_id, 1, to_jsonb(c) || CASE WHEN pg_temp.h(c.bridge_id, 30) < .1 THEN '{{"unit": "UP-CONTROL", "station": null}}'::jsonb
                                           ELSE '{{}}'::jsonb END, c.source_system, c.first_run, c.staged_at + interval '1 day'
FROM bridge.complaint c
WHERE pg_temp.h(c.bridge_id, 31) < .7;

INSERT INTO bridge.action (bridge_id, system, key, at, action, text, officer_name, officer_rank, office, reason, digest, as_received,
                           first_run, last_run, staged_at)
SELECT c.bridge_id, 'cctns', lpad((c.bridge_id * 10 + k)::text, 10, '0'), c.received_at + k * interval '1 day', a.action,
       'आख्या ' || c.bridge_id || repeat(' report of the officer', 5), 'अधिकारी', 'SI', c.station,
       CASE WHEN a.action = 'ATRR' THEN 'VAGUE' END, sha256((c.bridge_id || '-' || k)::bytea), '{{"k": "1"}}', 1, 1,
       c.received_at + (k + 1) * interval '1 day'
FROM bridge.complaint c
CROSS JOIN LATERAL (VALUES (1, 'REGD'), (2, 'ASGN'), (3, 'ATRS'), (4, CASE WHEN pg_temp.h(c.bridge_id, 40) < .12 THEN 'ATRR' END),
                           (5, CASE WHEN bridge.is_open(c.status) THEN NULL ELSE c.status END),
                           (6, CASE WHEN pg_temp.h(c.bridge_id, 41) < .02 THEN 'REOP' END)) a (k, action)
WHERE c.police_system IS NOT NULL AND a.action IS NOT NULL;

INSERT INTO bridge.attachment (bridge_id, system, key, name, type, role, digest, as_received, first_run, last_run, staged_at)
SELECT c.bridge_id, 'cctns', c.number || '-f', 'f.pdf', 'application/pdf', 'ATR', sha256(c.number::bytea), '{{"k": "1"}}', 1, 1,
       c.changed_at
FROM bridge.complaint c
WHERE pg_temp.h(c.bridge_id, 42) < .3 AND c.police_system IS NOT NULL;

INSERT INTO bridge.feedback (bridge_id, system, key, at, satisfied, rating, level, digest, as_received, first_run, last_run, staged_at)
SELECT c.bridge_id, c.source_system, c.number, c.changed_at + interval '2 days', c.satisfied, 1 + c.bridge_id % 5, c.level,
       sha256(c.number::bytea), '{{"k": "1"}}', 1, 1, c.changed_at + interval '2 days'
FROM bridge.complaint c
WHERE c.satisfied IS NOT NULL;

INSERT INTO bridge.delivery (target, stream, bridge_id, source_system, key, digest, class, unit, state, attempts, said, substituted,
                             planned_run, last_run, planned_at, settled_at)
SELECT 'cctns', 'complaint', c.bridge_id, c.source_system, '', ''::bytea, 'A', c.unit,
       CASE WHEN c.police_system IS NULL THEN 'refused' ELSE 'confirmed' END, 1,
       CASE WHEN c.police_system IS NULL THEN 'NO_UNIT' END, NULL, 1, 1, c.staged_at, c.staged_at
FROM bridge.complaint c
UNION ALL
SELECT c.source_system, 'action', a.bridge_id, a.system, a.key, '', 'B', c.unit, s.state, 1,
       CASE WHEN s.state IN ('refused', 'held') THEN 'TOO_SHORT' END, NULL, 1, 1, a.staged_at,
       CASE WHEN s.state = 'confirmed' THEN a.staged_at END
FROM bridge.action a
JOIN bridge.complaint c USING (bridge_id)
CROSS JOIN LATERAL (SELECT pg_temp.h(a.bridge_id, 50 + right(a.key, 1)::int) AS h) h
CROSS JOIN LATERAL (SELECT CASE WHEN h < .95 THEN 'confirmed' WHEN h < .97 THEN 'planned' WHEN h < .99 THEN 'refused'
                                ELSE 'held' END AS state) s
UNION ALL
SELECT c.source_system, 'attachment', t.bridge_id, t.system, t.key, '', 'B', c.unit, 'confirmed', 1, NULL,
       CASE WHEN t.bridge_id % 10 = 0 THEN '3000000 bytes are more than the 2000000 that are taken there' END, 1, 1,
       t.staged_at, t.staged_at
FROM bridge.attachment t
JOIN bridge.complaint c USING (bridge_id);
INSERT INTO bridge.held (system, stream, key, kind, reason, field, detail, delivery_id, first_run, last_run, held_at)
SELECT target, stream, key, 'refused', 'rule.short', 'text', 'x', delivery_id, 1, 1, planned_at
FROM bridge.delivery
WHERE state = 'refused';

INSERT INTO bridge.duplicate_pair (bridge_id, other_id, kind, score, why, run_id, at)
SELECT c.bridge_id, o.bridge_id, 'duplicate', .8, '{{}}', 1, c.staged_at
FROM bridge.complaint c
JOIN bridge.complaint o ON o.bridge_id = c.bridge_id + 1 + floor(500 * pg_temp.h(c.bridge_id, 60))::int
WHERE pg_temp.h(c.bridge_id, 61) < .04;
INSERT INTO bridge.due_history (bridge_id, at, run_id, due_at, why)
SELECT bridge_id, changed_at, first_run, due_at, 'portal' FROM bridge.complaint WHERE due_at IS NOT NULL ORDER BY bridge_id;
ANALYZE;
"""


def stage(site, n, open_share=.6):
    """Fills a database that "schema apply" made. open_share of the complaints are not over."""
    site.sql(SCRIPT.format(n=n, now=NOW, open=open_share, stations=STATIONS))
    site.clock.set(NOW)
