-- title: Marked to the unit complained against | जिसके विरुद्ध शिकायत, उसी इकाई को अंकित
-- finds: complaints whose "against" names the station that handles them, the unit to which they are marked, or the head of the
--   district above it
-- source: complainants: sent again to the office complained against
-- limits: by words such as SHO, thana, SP beside a name of the unit's own list (English, Hindi, aliases); a person who is named without
--   office or station is not known; state, zone and range are not looked at, nor is "police" of a district, which is everybody
WITH RECURSIVE above AS (
    SELECT u.unit, u.unit AS above
    FROM bridge.unit u
    UNION
    SELECT a.unit, u.parent
    FROM above a
    JOIN bridge.unit u ON u.unit = a.above
    WHERE u.parent IS NOT NULL
), title AS (
    SELECT 'station' AS kind, unnest(ARRAY[
        'ps', 'p s', 'police station', 'thana', 'sho', 's h o', 'so', 'station officer', 'station house officer', 'kotwali', 'kotwal',
        'chowki', 'police post', 'outpost', 'police', 'incharge', 'in charge',
        'थाना', 'थाने', 'थानाध्यक्ष', 'थाना प्रभारी', 'थानाप्रभारी', 'कोतवाली', 'कोतवाल', 'चौकी', 'प्रभारी', 'पुलिस']) AS words
    UNION ALL
    SELECT 'district', unnest(ARRAY[
        'sp', 's p', 'ssp', 'dcp', 'sdop', 'co', 'acp', 'superintendent police', 'senior superintendent police',
        'deputy commissioner police', 'police chief',
        'एसपी', 'एसएसपी', 'डीसीपी', 'सीओ', 'पुलिस अधीक्षक', 'वरिष्ठ पुलिस अधीक्षक', 'पुलिस उपायुक्त'])
), spelled AS (
    SELECT x.unit, CASE WHEN x.level IN ('PS', 'OUTPOST') THEN 'station' ELSE 'district' END AS kind,
           ' ' || btrim(regexp_replace(lower(x.name), '[\s[:punct:]]+', ' ', 'g')) || ' ' AS name
    FROM (
        SELECT u.unit, u.level, unnest(ARRAY[u.name_en, u.name_hi]) AS name
        FROM bridge.unit u
        UNION
        SELECT u.unit, u.level, a.code
        FROM bridge.unit u
        JOIN bridge.unit_alias a ON a.unit = u.unit AND a.scheme IN ('name', 'name_hi')
    ) x
    WHERE x.level IN ('DISTRICT', 'SUBDIV', 'PS', 'OUTPOST') AND x.name IS NOT NULL
), name AS MATERIALIZED (
    SELECT s.*, EXISTS (SELECT FROM title t
                        WHERE t.kind = s.kind AND (starts_with(s.name, ' ' || t.words || ' ')
                                                   OR right(s.name, length(t.words) + 2) = ' ' || t.words || ' ')) AS has_title
    FROM spelled s
    WHERE s.name <> '  '
), heard AS MATERIALIZED (              -- by whose name a unit and those above it are known: a row a unit, or the join goes astray
    SELECT a.unit, array_agg(n.unit) AS units, array_agg(n.name) AS names, array_agg(n.kind) AS kinds, array_agg(n.has_title) AS titles
    FROM above a
    JOIN name n ON n.unit = a.above
    GROUP BY a.unit
), said AS MATERIALIZED (
    SELECT c.bridge_id, c.source_system, c.number, c.unit, c.station,
           ' ' || regexp_replace(
                      regexp_replace(regexp_replace(lower(c.against), '[,;|()\n]+', ' | ', 'g'), '[\s"''.:/_।-]+', ' ', 'g'),
                      ' (?:(?:of|the|at|in|के|का|की|में) )+', ' ', 'g') || ' ' AS text
    FROM bridge.complaint c
    WHERE c.against IS NOT NULL AND (c.unit IS NOT NULL OR c.station IS NOT NULL)
)
SELECT DISTINCT ON (s.bridge_id) s.source_system AS system, s.number, s.unit, '' AS item,
       'against ' || n.unit || ', ' || CASE WHEN s.station IS NOT NULL THEN 'handled by ' || s.station ELSE 'marked to ' || s.unit END
       AS detail
FROM said s
CROSS JOIN LATERAL (VALUES (s.unit), (s.station)) AS of (unit)
JOIN heard h ON h.unit = of.unit
CROSS JOIN LATERAL unnest(h.units, h.names, h.kinds, h.titles) AS n (unit, name, kind, has_title)
WHERE position(n.name IN s.text) > 0
  AND (n.has_title
       OR EXISTS (SELECT FROM title t
                  WHERE t.kind = n.kind AND (position(' ' || t.words || n.name IN s.text) > 0
                                             OR position(n.name || t.words || ' ' IN s.text) > 0)))
ORDER BY s.bridge_id, n.kind DESC, n.unit
