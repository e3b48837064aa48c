-- What the office of a unit (a cell) is told: its lists and figures. Asked as bridge_cell, in a transaction of its own
-- (bridge/core/cell.h), so that rows of other units are not there, whatever stands here.
--
-- A list is read whole, through a cursor (cell_each()): each call sorts it anew. For a part of it, "after" is the "place" of the last
-- row that was read ('' at first), and "count" the most that come. The order is total, and the same for the same state and
-- arguments. zone is [bridge] zone. Times end
-- in _at (UTC, ISO 8601), days of the zone in _on. Of a sender stand at most complainant and subject, and these only where
-- identity is N; nothing is NULL of an officer but that there is none, for officers are not told.
--
-- Every row of a complaint begins with the same columns, place and those of bridge.cell_head():
--   place; system, system_title (of the portal); number; police_system, police_number; unit, station;
--   office_en, office_hi: name of the station, else of the unit; status; category; kind; priority (1 highest, 3 usual); ref_type;
--   identity: N named, C confidential, S sealed, A anonymous, O an office; complainant, subject;
--   received_at, received_on; due_at, due_on, days_left (0 today, less than 0 over), overdue (t or f); expected_at,
--   expected_on: promised in an interim reply, which does not move due_at

-- ---------------------------------------------------------------- the transaction

-- name: cell_moment ()
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- A cursor is planned for all its rows.
-- name: cell_take (unit text)
SELECT set_config('bridge.cell', u.unit, true) AS unit, set_config('role', 'bridge_cell', true) AS role,
       set_config('cursor_tuple_fraction', '1', true) AS fraction
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
    SELECT c.bridge_id, c.registered_at, c.came_at,
           CASE WHEN $1 = 'new' THEN c.system || ' ' ELSE '' END
           || COALESCE(to_char(c.due_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), '9') || ' ' || c.system || ' ' || c.number
           COLLATE "C" AS place
    FROM bridge.cell_complaint c
    WHERE CASE $1 WHEN 'new' THEN c.changed_at > $2 AND c.came_at > $2 AND c.came_at <= $3
                  WHEN 'open' THEN bridge.is_open(c.status)
                  WHEN 'overdue' THEN bridge.is_open(c.status) AND c.due_at < $4 END
)
SELECT r.place, c.*, bridge.iso_time(r.registered_at) AS registered_at, bridge.iso_time(r.came_at) AS came_at,
       COALESCE(t.twins, '') AS twins, b.returned
FROM row r
CROSS JOIN LATERAL bridge.cell_head(r.bridge_id, $4, $5) c
CROSS JOIN LATERAL (
    SELECT string_agg(DISTINCT CASE WHEN t.of_us THEN t.other_system || ' ' || t.other_number ELSE 'elsewhere' END, '; ') AS twins
    FROM bridge.cell_twin t
    WHERE t.bridge_id = r.bridge_id
) t
CROSS JOIN LATERAL (SELECT count(*) AS returned FROM bridge.action a WHERE a.bridge_id = r.bridge_id AND a.action = 'ATRR') b
WHERE r.place > $6
ORDER BY r.place
LIMIT $7;

-- Reports that came back (ATRR) after since and not after upto, newest last. More columns: returned_at, returned_on; returned_by: title
-- of the system where that was done; reason: code; text: what was written, where identity is N; times: how often on this
-- complaint until then; answered: something was done since (t or f).
-- name: cell_returned (since timestamptz, upto timestamptz, now timestamptz, zone text, after text, count bigint)
WITH back AS (
    SELECT a.*, to_char(a.at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || ' ' || k.system || ' ' || k.number || ' ' || a.system || ' '
                || a.key COLLATE "C" AS place
    FROM bridge.cell_complaint k
    CROSS JOIN LATERAL (
        SELECT a.bridge_id, a.system, a.key, a.at, a.reason, a.text, count(*) OVER (ORDER BY a.at, a.system, a.key) AS times
        FROM bridge.cell_action a
        WHERE a.bridge_id = k.bridge_id AND a.action = 'ATRR'
    ) a
    WHERE a.at > $1 AND a.at <= $2
)
SELECT b.place, c.*, bridge.iso_time(b.at) AS returned_at, bridge.local_day(b.at, $4) AS returned_on,
       COALESCE(p.title, b.system) AS returned_by, b.reason, b.text, b.times,
       EXISTS (SELECT FROM bridge.action n WHERE n.bridge_id = b.bridge_id AND n.at > b.at) AS answered
FROM back b
CROSS JOIN LATERAL bridge.cell_head(b.bridge_id, $3, $4) c
LEFT JOIN bridge.system p ON p.system = b.system
WHERE b.place > $5
ORDER BY b.place
LIMIT $6;

-- What is ready and not taken by its receiver, or was taken as a note only; by receiver and then the longest waiting first. More columns:
-- target, target_title; stream: complaint, action, attachment, feedback; key; act: the action (DISP ...) or the role of the
-- file; state: planned, sending, in_doubt, refused, held, dead, confirmed (a note went instead) or satisfaction (a disposal
-- that waits for the complainant's word); said: the receiver's own word; why_en, why_hi: in plain words; attempts;
-- waiting_since_at, waiting_since_on.
-- name: cell_unaccepted (now timestamptz, zone text, after text, count bigint)
WITH reply AS MATERIALIZED (
    SELECT r.*, CASE WHEN r.state = 'confirmed' THEN CASE WHEN r.substituted LIKE 'type %' THEN 'note.type'
                                                          WHEN r.substituted LIKE '%bytes are more than%' THEN 'note.size'
                                                          ELSE 'note' END
                     WHEN r.state IN ('planned', 'sending', 'satisfaction') THEN COALESCE(NULLIF(r.said, ''), 'state.' || r.state)
                     ELSE r.said END AS word
    FROM bridge.cell_reply r
), why AS (                             -- each word is looked up once
    SELECT s.target, s.word, w.en, w.hi
    FROM (SELECT DISTINCT r.target, r.word FROM reply r) s
    CROSS JOIN LATERAL (SELECT w.en, w.hi
                        FROM bridge.reply_word w
                        WHERE w.system IN (s.target, '*')
                          AND (w.word = s.word OR (right(w.word, 1) = '*' AND starts_with(s.word, left(w.word, -1))))
                        ORDER BY w.system = '*', right(w.word, 1) = '*', length(w.word) DESC
                        LIMIT 1) w
)
SELECT p.place, c.*, r.target, COALESCE(g.title, r.target) AS target_title, r.stream, r.key,
       COALESCE(a.action, t.role) AS act, r.state, r.said,
       COALESCE(w.en, CASE WHEN r.said <> '' THEN 'It said: "' || r.said || '"' END, d.en) AS why_en,
       COALESCE(w.hi, CASE WHEN r.said <> '' THEN 'उसका उत्तर: "' || r.said || '"' END, d.hi) AS why_hi,
       r.attempts, bridge.iso_time(r.since) AS waiting_since_at, bridge.local_day(r.since, $2) AS waiting_since_on
FROM reply r
CROSS JOIN LATERAL bridge.cell_head(r.bridge_id, $1, $2) c
CROSS JOIN LATERAL (
    SELECT r.target || ' ' || to_char(r.since AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || ' ' || c.system || ' ' || c.number || ' '
           || r.stream || ' ' || r.system || ' ' || r.key || ' ' || lpad(r.version::text, 9, '0') COLLATE "C" AS place
) p
LEFT JOIN bridge.action a ON r.stream = 'action' AND a.bridge_id = r.bridge_id AND a.system = r.system AND a.key = r.key
LEFT JOIN bridge.attachment t ON r.stream = 'attachment' AND t.bridge_id = r.bridge_id AND t.system = r.system AND t.key = r.key
LEFT JOIN bridge.system g ON g.system = r.target
LEFT JOIN why w ON w.target = r.target AND w.word = r.word
LEFT JOIN bridge.reply_word d ON d.system = '*' AND d.word = 'state.' || r.state
WHERE p.place > $3
ORDER BY p.place
LIMIT $4;

-- Complaints with another number of the same matter, in both directions where both are of this cell. More columns: twin: "numbers"
-- (one matter, several numbers), "quoted" (came by the other's reference), or the kind of a pair that was found (duplicate,
-- repeat, linked);
-- of_us: t or f; other_system, other_number: NULL where it is of another unit; score: 0 to 1, NULL = certain.
-- name: cell_duplicates (now timestamptz, zone text, after text, count bigint)
SELECT p.place, c.*, t.kind AS twin, t.of_us, t.other_system, t.other_number, t.score
FROM bridge.cell_complaint k
CROSS JOIN LATERAL (SELECT * FROM bridge.cell_twin t WHERE t.bridge_id = k.bridge_id OFFSET 0) t
CROSS JOIN LATERAL bridge.cell_head(k.bridge_id, $1, $2) c
CROSS JOIN LATERAL (
    SELECT c.system || ' ' || c.number || ' ' || t.kind || ' ' || COALESCE(t.other_system || ' ' || t.other_number, '') || ' '
           || COALESCE(t.score::text, '') COLLATE "C" AS place
) p
WHERE p.place > $3
ORDER BY p.place
LIMIT $4;

-- What went to another unit or office, as staging had it after since and not after upto; oldest first. Columns: place; system,
-- system_title; number; police_number; moved_at, moved_on; moved_to_en, moved_to_hi: name of the unit, else the words of the system
-- that moved it; to_unit; to_number: its number there, where it was told.
-- name: cell_moved (since timestamptz, upto timestamptz, zone text, after text, count bigint)
WITH moved AS (
    SELECT m.*, to_char(m.told_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || ' '
                || to_char(m.moved_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') || ' ' || m.system || ' ' || m.number || ' '
                || COALESCE(m.to_unit, '') || ' ' || COALESCE(m.to_number, '') || ' ' || COALESCE(m.to_office, '') COLLATE "C" AS place
    FROM bridge.cell_moved m
    WHERE m.told_at > $1 AND m.told_at <= $2
), page AS (
    SELECT DISTINCT ON (place) * FROM moved WHERE place > $4 ORDER BY place LIMIT $5
)
SELECT m.place, m.system, y.title AS system_title, m.number, m.police_number, bridge.iso_time(m.moved_at) AS moved_at,
       bridge.local_day(m.moved_at, $3) AS moved_on, COALESCE(o.name_en, m.to_office) AS moved_to_en,
       COALESCE(o.name_hi, o.name_en, m.to_office) AS moved_to_hi, m.to_unit, m.to_number
FROM page m
LEFT JOIN bridge.system y ON y.system = m.system
LEFT JOIN bridge.unit o ON o.unit = m.to_unit
ORDER BY m.place;

-- ---------------------------------------------------------------- figures

-- One row a unit of this cell that has any: unit, name_en, name_hi, level; open; overdue; due_soon: due today or on the two
-- days after; came: to this cell after since and not after upto; disposed: in that time; returned: reports that came back in that
-- time; returned_on: on how many complaints; waiting: replies not taken. A complaint counts at its station, else at its unit.
-- name: cell_units (since timestamptz, upto timestamptz, now timestamptz, zone text)
WITH reply AS (
    SELECT r.bridge_id, count(*) AS waiting FROM bridge.cell_reply r WHERE r.state <> 'confirmed' GROUP BY r.bridge_id
), row AS (
    SELECT COALESCE(c.station, c.unit) AS unit, bridge.is_open(c.status) AS open, c.due_at, c.disposed_at,
           c.bridge_id IN (SELECT n.bridge_id
                           FROM bridge.cell_complaint n
                           WHERE n.changed_at > $1 AND n.came_at > $1 AND n.came_at <= $2) AS came, b.returned, p.waiting
    FROM bridge.cell_complaint c
    LEFT JOIN reply p USING (bridge_id)
    CROSS JOIN LATERAL (SELECT count(*) AS returned
                        FROM bridge.action a
                        WHERE a.bridge_id = c.bridge_id AND a.action = 'ATRR' AND a.at > $1 AND a.at <= $2) b
)
SELECT u.unit, u.name_en, COALESCE(u.name_hi, u.name_en) AS name_hi, u.level, count(*) FILTER (WHERE r.open) AS open,
       count(*) FILTER (WHERE r.open AND r.due_at < $3) AS overdue,
       count(*) FILTER (WHERE r.open AND r.due_at >= $3 AND bridge.days_left(r.due_at, $3, $4) <= 2) AS due_soon,
       count(*) FILTER (WHERE r.came) AS came, count(*) FILTER (WHERE r.disposed_at > $1 AND r.disposed_at <= $2) AS disposed,
       sum(r.returned) AS returned, count(*) FILTER (WHERE r.returned > 0) AS returned_on, COALESCE(sum(r.waiting), 0) AS waiting
FROM row r
JOIN bridge.unit u USING (unit)
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
