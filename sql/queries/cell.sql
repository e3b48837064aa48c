-- What the office of a unit (a cell) is told: its lists and figures. Asked as bridge_cell, in a transaction of its own
-- (bridge/core/cell.h), so that rows of other units are not there, whatever stands here.
--
-- Lists come in pages: "place" of the last row is the argument "after" of the next call ('' at first), "count" rows at most;
-- cell_each() does that. The order is total, and the same for the same state and arguments. zone is [bridge] zone. Times end
-- in _at (UTC, ISO 8601), days of the zone in _on. Of a sender stand at most complainant and subject, and these only where
-- identity is N; nothing is NULL of an officer but that there is none, for officers are not told.
--
-- Every row of a complaint begins with the same columns:
--   place; system, system_title (of the portal); number; police_system, police_number; unit, station;
--   office_en, office_hi: name of the station, else of the unit; status; category; kind; priority (1 highest, 3 usual); ref_type;
--   identity: N named, C confidential, S sealed, A anonymous, O an office; complainant, subject;
--   received_at, received_on; due_at, due_on, days_left (0 today, less than 0 over), overdue (t or f); expected_at,
--   expected_on: promised in an interim reply, which does not move due_at

-- ---------------------------------------------------------------- the transaction

-- name: cell_moment ()
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: cell_take (unit text)
SELECT set_config('bridge.cell', u.unit, true) AS unit, set_config('role', 'bridge_cell', true) AS role
FROM bridge.unit u
WHERE u.unit = $1;

-- name: cell_taken ()
SELECT current_user = 'bridge_cell' OR COALESCE(current_setting('bridge.cell', true), '') <> '' AS taken;

-- name: cell_who ()
SELECT u.unit, u.name_en, COALESCE(u.name_hi, u.name_en) AS name_hi, u.level, u.parent
FROM bridge.unit u
WHERE u.unit = current_setting('bridge.cell', true);

-- ---------------------------------------------------------------- lists

-- list: 'new' = came to this cell after since and not after upto, by portal and then by due date; 'open' = all that is not over,
-- by due date; 'overdue' = of these what is due before now. since and upto are for 'new' alone.
-- More columns: registered_at; came_at: to this cell; twins: other numbers of the same matter, "system number" parted by "; ",
-- or "elsewhere" for one of another unit; returned: how often a report on it came back.
-- name: cell_list (list text, since timestamptz, upto timestamptz, now timestamptz, zone text, after text, count bigint)
WITH row AS (
    SELECT c.*, CASE WHEN $1 = 'new' THEN c.system || ' ' ELSE '' END
                || COALESCE(to_char(c.due_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), '9') || ' ' || c.system || ' ' || c.number
                COLLATE "C" AS place
    FROM bridge.cell_complaint c
    WHERE CASE $1 WHEN 'new' THEN c.changed_at > $2 AND c.came_at > $2 AND c.came_at <= $3
                  WHEN 'open' THEN bridge.is_open(c.status)
                  WHEN 'overdue' THEN bridge.is_open(c.status) AND c.due_at < $4 END
), page AS (
    SELECT * FROM row WHERE place > $6 ORDER BY place LIMIT $7
), twin AS (
    SELECT t.bridge_id,
           string_agg(DISTINCT CASE WHEN t.of_us THEN t.other_system || ' ' || t.other_number ELSE 'elsewhere' END, '; ') AS twins
    FROM bridge.cell_twin t
    GROUP BY t.bridge_id
), back AS (
    SELECT a.bridge_id, count(*) AS returned FROM bridge.action a WHERE a.action = 'ATRR' GROUP BY a.bridge_id
)
SELECT c.place, c.system, y.title AS system_title, c.number, c.police_system, c.police_number, c.unit, c.station,
       o.name_en AS office_en, COALESCE(o.name_hi, o.name_en) AS office_hi, c.status, c.category, c.kind, c.priority, c.ref_type,
       c.identity, c.complainant, c.subject, bridge.iso_time(c.received_at) AS received_at,
       bridge.local_day(c.received_at, $5) AS received_on, bridge.iso_time(c.due_at) AS due_at,
       bridge.local_day(c.due_at, $5) AS due_on, bridge.days_left(c.due_at, $4, $5) AS days_left,
       COALESCE(bridge.is_open(c.status) AND c.due_at < $4, false) AS overdue, bridge.iso_time(c.expected_at) AS expected_at,
       bridge.local_day(c.expected_at, $5) AS expected_on, bridge.iso_time(c.registered_at) AS registered_at,
       bridge.iso_time(c.came_at) AS came_at, COALESCE(t.twins, '') AS twins, COALESCE(b.returned, 0) AS returned
FROM page c
LEFT JOIN bridge.system y ON y.system = c.system
LEFT JOIN bridge.unit o ON o.unit = COALESCE(c.station, c.unit)
LEFT JOIN twin t USING (bridge_id)
LEFT JOIN back b USING (bridge_id)
ORDER BY c.place;

-- Reports that came back (ATRR) after since and not after upto, newest last. More columns: returned_at, returned_on; returned_by: title
-- of the system where that was done; reason: code; text: what was written, where identity is N; times: how often on this
-- complaint until then; answered: something was done since (t or f).
-- name: cell_returned (since timestamptz, upto timestamptz, now timestamptz, zone text, after text, count bigint)
WITH back AS (
    SELECT a.*, to_char(a.at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || ' ' || c.system || ' ' || c.number || ' ' || a.system || ' '
                || a.key COLLATE "C" AS place,
           count(*) OVER (PARTITION BY a.bridge_id ORDER BY a.at, a.system, a.key) AS times
    FROM bridge.cell_action a
    JOIN bridge.cell_complaint c USING (bridge_id)
    WHERE a.action = 'ATRR'
), page AS (
    SELECT * FROM back WHERE at > $1 AND at <= $2 AND place > $5 ORDER BY place LIMIT $6
)
SELECT b.place, c.system, y.title AS system_title, c.number, c.police_system, c.police_number, c.unit, c.station,
       o.name_en AS office_en, COALESCE(o.name_hi, o.name_en) AS office_hi, c.status, c.category, c.kind, c.priority, c.ref_type,
       c.identity, c.complainant, c.subject, bridge.iso_time(c.received_at) AS received_at,
       bridge.local_day(c.received_at, $4) AS received_on, bridge.iso_time(c.due_at) AS due_at,
       bridge.local_day(c.due_at, $4) AS due_on, bridge.days_left(c.due_at, $3, $4) AS days_left,
       COALESCE(bridge.is_open(c.status) AND c.due_at < $3, false) AS overdue, bridge.iso_time(c.expected_at) AS expected_at,
       bridge.local_day(c.expected_at, $4) AS expected_on, bridge.iso_time(b.at) AS returned_at,
       bridge.local_day(b.at, $4) AS returned_on, COALESCE(p.title, b.system) AS returned_by, b.reason, b.text, b.times,
       EXISTS (SELECT FROM bridge.action n WHERE n.bridge_id = b.bridge_id AND n.at > b.at) AS answered
FROM page b
JOIN bridge.cell_complaint c USING (bridge_id)
LEFT JOIN bridge.system y ON y.system = c.system
LEFT JOIN bridge.system p ON p.system = b.system
LEFT JOIN bridge.unit o ON o.unit = COALESCE(c.station, c.unit)
ORDER BY b.place;

-- What is ready and not taken by its receiver, or was taken as a note only; by receiver and then the longest waiting first. More columns:
-- target, target_title; stream: complaint, action, attachment, feedback; key; act: the action (DISP ...) or the role of the
-- file; state: planned, sending, in_doubt, refused, held, dead, confirmed (a note went instead) or satisfaction (a disposal
-- that waits for the complainant's word); said: the receiver's own word; why_en, why_hi: in plain words; attempts;
-- waiting_since_at, waiting_since_on.
-- name: cell_unaccepted (now timestamptz, zone text, after text, count bigint)
WITH reply AS (
    SELECT r.*, r.target || ' ' || to_char(r.since AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || ' ' || c.system || ' ' || c.number
                || ' ' || r.stream || ' ' || r.system || ' ' || r.key || ' ' || lpad(r.version::text, 9, '0') COLLATE "C" AS place,
           CASE WHEN r.state = 'confirmed' THEN CASE WHEN r.substituted LIKE 'type %' THEN 'note.type'
                                                     WHEN r.substituted LIKE '%bytes are more than%' THEN 'note.size'
                                                     ELSE 'note' END
                WHEN r.state IN ('planned', 'sending', 'satisfaction') THEN COALESCE(NULLIF(r.said, ''), 'state.' || r.state)
                ELSE r.said END AS word
    FROM bridge.cell_reply r
    JOIN bridge.cell_complaint c USING (bridge_id)
), page AS (
    SELECT * FROM reply WHERE place > $3 ORDER BY place LIMIT $4
)
SELECT r.place, c.system, y.title AS system_title, c.number, c.police_system, c.police_number, c.unit, c.station,
       o.name_en AS office_en, COALESCE(o.name_hi, o.name_en) AS office_hi, c.status, c.category, c.kind, c.priority, c.ref_type,
       c.identity, c.complainant, c.subject, bridge.iso_time(c.received_at) AS received_at,
       bridge.local_day(c.received_at, $2) AS received_on, bridge.iso_time(c.due_at) AS due_at,
       bridge.local_day(c.due_at, $2) AS due_on, bridge.days_left(c.due_at, $1, $2) AS days_left,
       COALESCE(bridge.is_open(c.status) AND c.due_at < $1, false) AS overdue, bridge.iso_time(c.expected_at) AS expected_at,
       bridge.local_day(c.expected_at, $2) AS expected_on, r.target, COALESCE(g.title, r.target) AS target_title, r.stream, r.key,
       COALESCE(a.action, t.role) AS act, r.state, r.said,
       COALESCE(w.en, CASE WHEN r.said <> '' THEN 'It said: "' || r.said || '"' END, d.en) AS why_en,
       COALESCE(w.hi, CASE WHEN r.said <> '' THEN 'उसका उत्तर: "' || r.said || '"' END, d.hi) AS why_hi,
       r.attempts, bridge.iso_time(r.since) AS waiting_since_at, bridge.local_day(r.since, $2) AS waiting_since_on
FROM page r
JOIN bridge.cell_complaint c USING (bridge_id)
LEFT JOIN bridge.action a ON r.stream = 'action' AND a.bridge_id = r.bridge_id AND a.system = r.system AND a.key = r.key
LEFT JOIN bridge.attachment t ON r.stream = 'attachment' AND t.bridge_id = r.bridge_id AND t.system = r.system AND t.key = r.key
LEFT JOIN bridge.system y ON y.system = c.system
LEFT JOIN bridge.system g ON g.system = r.target
LEFT JOIN bridge.unit o ON o.unit = COALESCE(c.station, c.unit)
LEFT JOIN LATERAL (SELECT w.en, w.hi
                   FROM bridge.reply_word w
                   WHERE w.system IN (r.target, '*')
                     AND (w.word = r.word OR (right(w.word, 1) = '*' AND starts_with(r.word, left(w.word, -1))))
                   ORDER BY w.system = '*', right(w.word, 1) = '*', length(w.word) DESC
                   LIMIT 1) w ON true
LEFT JOIN bridge.reply_word d ON d.system = '*' AND d.word = 'state.' || r.state
ORDER BY r.place;

-- Complaints with another number of the same matter, in both directions where both are of this cell. More columns: twin: "numbers"
-- (one matter, several numbers), "quoted" (came by the other's reference), or the kind of a pair that was found (duplicate,
-- repeat, linked);
-- of_us: t or f; other_system, other_number: NULL where it is of another unit; score: 0 to 1, NULL = certain.
-- name: cell_duplicates (now timestamptz, zone text, after text, count bigint)
WITH twin AS (
    SELECT t.*, c.system || ' ' || c.number || ' ' || t.kind || ' ' || COALESCE(t.other_system || ' ' || t.other_number, '') || ' '
                || COALESCE(t.score::text, '') COLLATE "C" AS place
    FROM bridge.cell_twin t
    JOIN bridge.cell_complaint c USING (bridge_id)
), page AS (
    SELECT * FROM twin WHERE place > $3 ORDER BY place LIMIT $4
)
SELECT t.place, c.system, y.title AS system_title, c.number, c.police_system, c.police_number, c.unit, c.station,
       o.name_en AS office_en, COALESCE(o.name_hi, o.name_en) AS office_hi, c.status, c.category, c.kind, c.priority, c.ref_type,
       c.identity, c.complainant, c.subject, bridge.iso_time(c.received_at) AS received_at,
       bridge.local_day(c.received_at, $2) AS received_on, bridge.iso_time(c.due_at) AS due_at,
       bridge.local_day(c.due_at, $2) AS due_on, bridge.days_left(c.due_at, $1, $2) AS days_left,
       COALESCE(bridge.is_open(c.status) AND c.due_at < $1, false) AS overdue, bridge.iso_time(c.expected_at) AS expected_at,
       bridge.local_day(c.expected_at, $2) AS expected_on, t.kind AS twin, t.of_us, t.other_system, t.other_number, t.score
FROM page t
JOIN bridge.cell_complaint c USING (bridge_id)
LEFT JOIN bridge.system y ON y.system = c.system
LEFT JOIN bridge.unit o ON o.unit = COALESCE(c.station, c.unit)
ORDER BY t.place;

-- ---------------------------------------------------------------- figures

-- One row a unit of this cell that has any: unit, name_en, name_hi, level; open; overdue; due_soon: due today or on the two
-- days after; came: to this cell after since and not after upto; disposed: in that time; returned: reports that came back in that
-- time; returned_on: on how many complaints; waiting: replies not taken. A complaint counts at its station, else at its unit.
-- name: cell_units (since timestamptz, upto timestamptz, now timestamptz, zone text)
WITH row AS (
    SELECT c.bridge_id, COALESCE(c.station, c.unit) AS unit, bridge.is_open(c.status) AS open, c.due_at, c.disposed_at,
           c.changed_at > $1 AND c.came_at > $1 AND c.came_at <= $2 AS came
    FROM bridge.cell_complaint c
), back AS (
    SELECT a.bridge_id, count(*) AS returned FROM bridge.action a WHERE a.action = 'ATRR' AND a.at > $1 AND a.at <= $2 GROUP BY a.bridge_id
), reply AS (
    SELECT r.bridge_id, count(*) AS waiting FROM bridge.cell_reply r WHERE r.state <> 'confirmed' GROUP BY r.bridge_id
)
SELECT u.unit, u.name_en, COALESCE(u.name_hi, u.name_en) AS name_hi, u.level, count(*) FILTER (WHERE r.open) AS open,
       count(*) FILTER (WHERE r.open AND r.due_at < $3) AS overdue,
       count(*) FILTER (WHERE r.open AND r.due_at >= $3 AND bridge.days_left(r.due_at, $3, $4) <= 2) AS due_soon,
       count(*) FILTER (WHERE r.came) AS came, count(*) FILTER (WHERE r.disposed_at > $1 AND r.disposed_at <= $2) AS disposed,
       COALESCE(sum(b.returned), 0) AS returned, count(b.bridge_id) AS returned_on, COALESCE(sum(p.waiting), 0) AS waiting
FROM row r
JOIN bridge.unit u USING (unit)
LEFT JOIN back b USING (bridge_id)
LEFT JOIN reply p USING (bridge_id)
GROUP BY u.unit, u.name_en, u.name_hi, u.level
ORDER BY u.unit;

-- One row a system, in the order asked: the figures of compare_figures of what is of this cell, and satisfied, dissatisfied:
-- of what was disposed in the period, as the complainant's newest answer has it. Same arguments, same definitions:
-- brought_forward + received - disposed = pending.
-- name: cell_summary (systems text[], basis text[], strict boolean, since timestamptz, upto timestamptz, asof timestamptz)
SELECT s.system, y.title AS system_title, s.basis AS counts_by, COALESCE(f.brought_forward, 0) AS brought_forward,
       COALESCE(f.received, 0) AS received, COALESCE(f.disposed, 0) AS disposed, COALESCE(f.pending, 0) AS pending,
       COALESCE(f.overdue, 0) AS overdue, COALESCE(f.undated, 0) AS undated, COALESCE(f.satisfied, 0) AS satisfied,
       COALESCE(f.dissatisfied, 0) AS dissatisfied
FROM unnest($1, $2) WITH ORDINALITY AS s (system, basis, ordinal)
LEFT JOIN bridge.cell_figures($1, $2, $3, $4, $5, $6) f USING (system)
LEFT JOIN bridge.system y USING (system)
ORDER BY s.ordinal;
