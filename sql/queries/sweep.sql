-- A sweep: the whole list of numbers of one system, in pg_temp.compare_ids, beside what staging has of that system.

-- What is listed and not in staging, or there in another state or of another time. Times are compared by the second, for
-- a list may be coarser than the records; a time that cannot be read, in a list that has times, may be any. What this run
-- has read is what the system holds. What is held, or was dropped by a person, was not missed. A change after the cut
-- belongs to the next run, unless its time is still to come: then none would read it.
-- unsure: no more than a reason to look further: the record that is held may be good by now, and a second has room for
-- two versions.
-- name: sweep_missed (system text, cut timestamptz, now timestamptz, run bigint)
SELECT count(*) AS listed,
       count(*) FILTER (WHERE m.other AND NOT m.held AND (m.changed_at IS NULL OR m.changed_at <= $2 OR m.changed_at > $3))
           AS missed,
       count(*) FILTER (WHERE m.other AND NOT m.held AND m.changed_at > $3) AS ahead,
       count(*) FILTER (WHERE m.waits OR (m.close AND NOT m.held)) AS unsure
FROM (
    SELECT l.changed_at,
           s.number IS NULL
           OR (s.last_run <> $4
               AND (l.status <> s.status OR (l.timed AND l.changed_at IS NULL)
                    OR date_trunc('second', l.changed_at) <> date_trunc('second', s.changed_at))) AS other,
           COALESCE(s.last_run <> $4 AND l.changed_at <> s.changed_at, false) AS close,
           COALESCE(h.held, false) AS held, COALESCE(h.waits, false) AS waits
    FROM (
        SELECT DISTINCT ON (i.number) i.number, i.status, i.changed_at,
               bool_or(i.changed_at IS NOT NULL) OVER () AS timed
        FROM pg_temp.compare_ids i
        WHERE i.system = $1
        ORDER BY i.number, i.changed_at DESC NULLS LAST
    ) l
    LEFT JOIN bridge.source_record s ON s.system = $1 AND s.number = l.number
    LEFT JOIN (SELECT o.key, true AS held, bool_or(o.state = 'open' AND o.last_run <> $4) AS waits
               FROM bridge.held o
               WHERE o.system = $1 AND o.stream = 'complaint' AND o.state IN ('open', 'dropped')
                 AND o.kind IN ('set_aside', 'conflict') AND o.reason <> 'owner.other'
               GROUP BY o.key) h ON h.key = l.number
) m;

-- What the system lets go by its own rule: over, of a time before that from which it keeps what is over, and not listed. What
-- is listed again is as it was; so is all, where there is no such rule any more (kept_from is NULL). A list that lacks more
-- than half of what it is to keep, and more than ten, or that is empty, was cut short: nothing is let go by it.
-- name: sweep_release (system text, cut timestamptz, kept_from timestamptz)
WITH known AS (
    SELECT o.number, o.released_at IS NOT NULL AS released, COALESCE(o.changed_at < $3 AND NOT bridge.is_open(c.status), false) AS past,
           EXISTS (SELECT FROM pg_temp.compare_ids i WHERE i.system = $1 AND i.number = o.number) AS listed
    FROM bridge.source_record o
    JOIN bridge.complaint c USING (bridge_id)
    WHERE o.system = $1 AND ($3 IS NOT NULL OR o.released_at IS NOT NULL)
), sound AS (
    SELECT COALESCE(bool_or(listed), false)
           AND count(*) FILTER (WHERE NOT past AND NOT listed) <= GREATEST(10, count(*) FILTER (WHERE NOT past) / 2) AS list
    FROM known
)
UPDATE bridge.source_record s
SET released_at = CASE WHEN NOT k.released THEN $2 END, vanished_at = CASE WHEN k.released THEN s.vanished_at END
FROM known k, sound
WHERE s.system = $1 AND s.number = k.number
  AND CASE WHEN k.released THEN k.listed OR NOT k.past ELSE k.past AND NOT k.listed AND sound.list END;

-- How many of those that were there until now are not listed. More than half of them at once, and more than ten, is no
-- deletion: it is a list that was cut short, or none at all that was called one.
-- name: sweep_doubt (system text)
SELECT count(*) AS known, count(*) FILTER (WHERE i.number IS NULL) AS gone,
       count(*) FILTER (WHERE i.number IS NULL) > GREATEST(10, count(*) / 2) AS doubted
FROM bridge.source_record s
LEFT JOIN (SELECT DISTINCT number FROM pg_temp.compare_ids WHERE system = $1) i ON i.number = s.number
WHERE s.system = $1 AND s.vanished_at IS NULL AND s.released_at IS NULL;

-- A record that is not listed any more is a finding, never a delete.
-- name: sweep_vanished (system text, cut timestamptz)
UPDATE bridge.source_record s
SET vanished_at = $2
WHERE s.system = $1 AND s.vanished_at IS NULL AND s.released_at IS NULL
  AND NOT EXISTS (SELECT FROM pg_temp.compare_ids i WHERE i.system = $1 AND i.number = s.number);

-- name: sweep_back (system text)
UPDATE bridge.source_record s
SET vanished_at = NULL
WHERE s.system = $1 AND s.vanished_at IS NOT NULL
  AND EXISTS (SELECT FROM pg_temp.compare_ids i WHERE i.system = $1 AND i.number = s.number);

-- name: sweep_gone (system text)
SELECT count(*) AS n FROM bridge.source_record s WHERE s.system = $1 AND s.vanished_at IS NOT NULL;

-- name: sweep_keep (run bigint, system text, at timestamptz, listed bigint, missed bigint, found bigint)
INSERT INTO bridge.sweep AS w (system, run_id, at, listed, missed, found)
VALUES ($2, $1, $3, $4, $5, $6)
ON CONFLICT (system) DO UPDATE
SET run_id = EXCLUDED.run_id, at = EXCLUDED.at, listed = EXCLUDED.listed, missed = EXCLUDED.missed, found = EXCLUDED.found;
