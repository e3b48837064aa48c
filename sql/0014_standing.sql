-- Standing: what complaints count as in a period, the formula that districts are ranked by, and counts too small to be told.

-- ---------------------------------------------------------------- what counts

-- A tip, or a sender who is sealed, confidential or anonymous: small counts of these may point to a person.
CREATE FUNCTION bridge.is_secret(identity text, kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN COALESCE(identity IN ('S', 'C', 'A'), false) OR COALESCE(kind = 'TIP', false);

-- Complaints of systems as they count in a period [since, upto), as of an instant; one row each, also of those that count nowhere.
-- over: disposed, closed, transferred, rejected, withdrawn or a duplicate; went: when. A complaint came on the day by which its
-- system counts (basis, one word a system), or, where it has none of that, the first that staging knows of; with a basis that
-- was asked for (strict) one without that day is not counted but as undated. The four figures stand apart, so that
-- brought_forward + received - disposed = pending can fail: when something went before it came.
-- One that was marked (or whatever its system counts by) anew after it was over, as a portal does that sends it on, came on
-- the day that it bore before; it is none that came in once more.
-- Without options and with a body that is read once, it becomes a part of the statement that names it.
CREATE FUNCTION bridge.period_figures(systems text[], basis text[], strict boolean, since timestamptz, upto timestamptz,
                                      asof timestamptz)
RETURNS TABLE (ordinal bigint, system text, bridge_id bigint, number text, police_number text, unit text, station text,
               level text, category text, status text, satisfied text, secret boolean, due_at timestamptz, came timestamptz,
               went timestamptz, undated boolean, brought_forward boolean, received boolean, disposed boolean, pending boolean,
               overdue boolean)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH dated AS (
        SELECT s.ordinal, s.system, c.bridge_id, c.number, c.police_number, c.unit, c.station, c.level, c.category, c.status,
               c.satisfied, bridge.is_secret(c.identity, c.kind) AS secret, c.due_at,
               CASE WHEN s.basis IN ('received_at', 'registered_at', 'direction_at') THEN s.basis ELSE 'marked_at' END AS named,
               CASE s.basis WHEN 'received_at' THEN c.received_at WHEN 'registered_at' THEN c.registered_at
                            WHEN 'direction_at' THEN c.direction_at ELSE c.marked_at END AS day,
               COALESCE(c.received_at, c.marked_at, c.registered_at, c.staged_at) AS first,
               CASE WHEN c.status IN ('DISP', 'CLSD', 'TRNO', 'RJCT', 'DUPL', 'WDRN')
                    THEN COALESCE(c.disposed_at,
                                  (SELECT max(a.at) FROM bridge.action a WHERE a.bridge_id = c.bridge_id AND a.action = c.status),
                                  c.changed_at) END AS went
        FROM unnest($1, $2) WITH ORDINALITY AS s (system, basis, ordinal)
        JOIN bridge.complaint c ON c.source_system = s.system
    ), come AS (
        SELECT d.*, COALESCE(CASE WHEN d.day > d.went THEN
                                 (SELECT max(b.day)
                                  FROM bridge.complaint_version v
                                  CROSS JOIN LATERAL (SELECT (v.was ->> d.named)::timestamptz AS day) b
                                  WHERE v.bridge_id = d.bridge_id AND b.day <= d.went)
                             END,
                             d.day, CASE WHEN NOT $3 THEN d.first END) AS came
        FROM dated d
    ), figure AS (
        SELECT c.*, c.came IS NULL AS undated,
               COALESCE(c.came < $4 AND (c.went IS NULL OR c.went >= $4), false) AS brought_forward,
               COALESCE(c.came >= $4 AND c.came < $5, false) AS received,
               COALESCE(c.came IS NOT NULL AND c.went >= $4 AND c.went < $5, false) AS disposed,
               COALESCE(c.came < $5 AND (c.went IS NULL OR c.went >= $5), false) AS pending
        FROM come c
    )
    SELECT f.ordinal, f.system, f.bridge_id, f.number, f.police_number, f.unit, f.station, f.level, f.category, f.status,
           f.satisfied, f.secret, f.due_at, f.came, f.went, f.undated, f.brought_forward, f.received, f.disposed, f.pending,
           f.pending AND COALESCE(f.due_at < LEAST($5, $6), false)
    FROM figure f;
END;

-- The state, or whatever else stands on top, above each unit.
CREATE VIEW bridge.unit_root AS
WITH RECURSIVE rooted AS (
    SELECT u.unit, u.unit AS root FROM bridge.unit u WHERE u.parent IS NULL
    UNION ALL
    SELECT u.unit, r.root FROM bridge.unit u JOIN rooted r ON u.parent = r.unit
)
SELECT unit, root FROM rooted;

-- ---------------------------------------------------------------- the formula of a ranking

-- A district's score is the mean of its parts, each a share in percent, by weight. A part that counts nothing for a district
-- (no answer of a complainant, say) is left out of its mean. The row of a system goes before that of '*'; of several the one
-- in whose days the period ends.
-- The owner of the schema sets these; "schema apply" does not touch them again.
CREATE TABLE bridge.ranking_rule (
    system     text NOT NULL,
    part       text NOT NULL CHECK (part IN ('in_time', 'disposed', 'satisfied', 'not_overdue', 'not_reopened')),
    ordinal    int NOT NULL,                        -- in which order parts are shown
    weight     numeric NOT NULL CHECK (weight > 0),
    label_en   text NOT NULL,
    label_hi   text NOT NULL,
    valid_from date NOT NULL DEFAULT '-infinity',
    valid_to   date NOT NULL DEFAULT 'infinity',    -- both days included
    source     text NOT NULL,
    PRIMARY KEY (system, part, valid_from),
    CHECK (valid_from <= valid_to)
);
INSERT INTO bridge.ranking_rule VALUES
    ('*', 'in_time', 1, 100, 'disposed of in time, of what was received', 'प्राप्त में से समय पर निस्तारित', '-infinity', 'infinity',
     'the share that is disposed of in time | समय पर निस्तारित का अंश'),
    ('igrs', 'in_time', 1, 100, 'disposed of in time, of what was received', 'प्राप्त में से समय पर निस्तारित', '-infinity', '2023-04-30',
     'UP IGRS: first is the district that has disposed of all in time (June 2020)'
     ' | यूपी IGRS: प्रथम वह जनपद जिसने सब समय पर निस्तारित किया (जून 2020)'),
    ('igrs', 'in_time', 1, 60, 'disposed of in time, of what was received', 'प्राप्त में से समय पर निस्तारित', '2023-05-01', 'infinity',
     'UP IGRS ranks by ten parameters since May 2023 and publishes no weights: these four are a stand-in until they are known'
     ' | यूपी IGRS मई 2023 से दस मानकों पर क्रम देता है, भार प्रकाशित नहीं: उनके ज्ञात होने तक ये चार उनके स्थान पर'),
    ('igrs', 'satisfied', 2, 20, 'satisfied, of the complainants who answered', 'उत्तर देने वालों में से संतुष्ट', '2023-05-01', 'infinity',
     'as above | ऊपर जैसा'),
    ('igrs', 'not_overdue', 3, 10, 'not a defaulter, of what was received', 'प्राप्त में से जो डिफ़ॉल्टर नहीं', '2023-05-01', 'infinity',
     'as above | ऊपर जैसा'),
    ('igrs', 'not_reopened', 4, 10, 'not reopened, of what was received', 'प्राप्त में से जो पुनः नहीं खुली', '2023-05-01', 'infinity',
     'as above | ऊपर जैसा');

-- The rows of the formula for a system on a day.
CREATE FUNCTION bridge.ranking_formula(of_system text, of_day date) RETURNS SETOF bridge.ranking_rule
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.*
    FROM bridge.ranking_rule r
    WHERE of_day BETWEEN r.valid_from AND r.valid_to
      AND r.system = (SELECT max(o.system)          -- '*' sorts before every name
                      FROM (SELECT o.system COLLATE "C" AS system FROM bridge.ranking_rule o
                            WHERE o.system IN ('*', of_system) AND of_day BETWEEN o.valid_from AND o.valid_to) o)
    ORDER BY r.ordinal, r.part
$$;

-- The last day of a period that ends before upto, and not later than now.
CREATE FUNCTION bridge.last_day(upto timestamptz, asof timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((LEAST(upto, asof) - interval '1 second') AT TIME ZONE 'Asia/Kolkata')::date;

-- Districts of the states with a complaint of the system, be it of another time: what came in the period, what became of it until
-- now, and its place; a row for each part of the formula (all NULL of a part where there is no formula). value: percent;
-- share: the part of its weight in this district's mean. whole: confidential complaints count, too. The score is rounded to nine
-- decimals, so that those who are equal are so after divisions that do not come out even.
CREATE FUNCTION bridge.district_parts(of_system text, of_basis text, since timestamptz, upto timestamptz, asof timestamptz,
                                      whole boolean)
RETURNS TABLE (rank bigint, unit text, name_en text, name_hi text, received bigint, disposed bigint, in_time bigint,
               pending bigint, overdue bigint, satisfied bigint, dissatisfied bigint, reopened bigint, score numeric, part text,
               ordinal int, label_en text, label_hi text, weight numeric, valid_from date, "of" bigint, out_of bigint, value numeric,
               share numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH c AS MATERIALIZED (
        SELECT f.*, f.went <= f.due_at AS in_time, f.went IS NULL AND f.due_at < $5 AS late,
               EXISTS (SELECT FROM bridge.action a WHERE a.bridge_id = f.bridge_id AND a.action = 'REOP') AS again
        FROM bridge.period_figures(ARRAY[$1], ARRAY[$2], true, $3, $4, $5) f
        WHERE f.received AND ($6 OR NOT f.secret)
    ), served AS (
        SELECT DISTINCT r.root
        FROM (SELECT DISTINCT k.unit FROM bridge.complaint k WHERE k.source_system = $1) k
        JOIN bridge.unit_root r ON r.unit = k.unit
    ), district AS (
        SELECT u.unit, u.name_en, COALESCE(u.name_hi, u.name_en) AS name_hi, count(c.number) AS received, count(c.went) AS disposed,
               count(*) FILTER (WHERE c.in_time) AS in_time, count(c.number) - count(c.went) AS pending,
               count(*) FILTER (WHERE c.late) AS overdue, count(*) FILTER (WHERE c.satisfied = 'Y') AS satisfied,
               count(*) FILTER (WHERE c.satisfied = 'N') AS dissatisfied, count(*) FILTER (WHERE c.again) AS reopened
        FROM bridge.unit u
        JOIN bridge.unit_root r ON r.unit = u.unit
        JOIN served v ON v.root = r.root
        LEFT JOIN c ON c.unit = u.unit
        WHERE u.level = 'DISTRICT' AND u.valid_from <= $5::date AND u.valid_to > $5::date
        GROUP BY u.unit, u.name_en, u.name_hi
    ), part AS (
        SELECT d.unit, r.part, r.ordinal, r.label_en, r.label_hi, r.weight, r.valid_from, p.of, p.out_of,
               100.0 * p.of / NULLIF(p.out_of, 0) AS value
        FROM district d
        CROSS JOIN bridge.ranking_formula($1, bridge.last_day($4, $5)) r
        CROSS JOIN LATERAL (SELECT CASE r.part WHEN 'in_time' THEN d.in_time WHEN 'disposed' THEN d.disposed
                                               WHEN 'satisfied' THEN d.satisfied WHEN 'not_overdue' THEN d.received - d.overdue
                                               ELSE d.received - d.reopened END AS of,
                                   CASE r.part WHEN 'satisfied' THEN d.satisfied + d.dissatisfied ELSE d.received END AS out_of) p
    ), score AS (
        SELECT p.unit, sum(p.weight) FILTER (WHERE p.value IS NOT NULL) AS weight,
               round(sum(p.weight * p.value) / sum(p.weight) FILTER (WHERE p.value IS NOT NULL), 9) AS score
        FROM part p
        GROUP BY p.unit
    ), ranked AS (
        SELECT rank() OVER (ORDER BY s.score DESC NULLS LAST, d.received DESC) AS rank, d.*, s.score, s.weight AS total
        FROM district d
        LEFT JOIN score s USING (unit)
    )
    SELECT r.rank, r.unit, r.name_en, r.name_hi, r.received, r.disposed, r.in_time, r.pending, r.overdue, r.satisfied, r.dissatisfied,
           r.reopened, r.score, p.part, p.ordinal, p.label_en, p.label_hi, p.weight, p.valid_from, p.of, p.out_of, p.value,
           CASE WHEN p.value IS NOT NULL THEN p.weight / r.total END
    FROM ranked r
    LEFT JOIN part p USING (unit)
$$;

-- ---------------------------------------------------------------- counts too small to be told

-- Figures of a table as they are shown outside reports for auditors: in rows that are secret a count of 1 to 4 is "<5", and what
-- would give one away is "*". Of rows that are not secret, and where whole is set, each count stands as it is.
--   n         row by row: a matrix of counts
--   secret    row by row
--   total_of  the number of the row that is the sum of this one and others, NULL of such a sum
--   balance   columns a, b, c, d with a + b - c = d in each row; '{}' = there are none
--   part_of   column by column, the column that it is a part of (0 = none): the rest is a count, too
-- Hidden beside a small count: a column more of its balance (of those that are no stock: a stock is told by the period before or
-- behind as well), and a total from which and from the other rows it could be reckoned; the smallest row beside a total that
-- must not be told. A count of 0 is told: it points to nobody. What is left to reckon is a range, never one number.
CREATE FUNCTION bridge.small_counts(n bigint[], secret boolean[], total_of int[], balance int[], part_of int[], whole boolean)
RETURNS text[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    high    int := COALESCE(array_length(n, 1), 0);
    wide    int := COALESCE(array_length(n, 2), 0);
    shown   text[];
    members int[];
    fresh   boolean := true;
    hidden  int;        -- how many of a group
    vague   int;        -- and of these, how many of any size
    total   bigint;
    best    int;
    r       int;
    c       int;
    m       int;
BEGIN
    IF high = 0 THEN
        RETURN '{}';
    END IF;
    shown := array_fill(NULL::text, ARRAY[high, wide]);
    FOR r IN 1..high LOOP
        FOR c IN 1..wide LOOP
            shown[r][c] := CASE WHEN NOT whole AND secret[r] AND n[r][c] BETWEEN 1 AND 4 THEN '<5' ELSE n[r][c]::text END;
        END LOOP;
    END LOOP;
    WHILE fresh AND NOT whole LOOP
        fresh := false;
        FOR r IN 1..high LOOP
            CONTINUE WHEN NOT secret[r];
            FOR c IN 1..wide LOOP
                m := part_of[c];
                IF m > 0 AND n[r][m] - n[r][c] BETWEEN 1 AND 4 AND shown[r][c] NOT IN ('<5', '*')
                   AND shown[r][m] NOT IN ('<5', '*') THEN
                    shown[r][c] := '*';
                    fresh := true;
                END IF;
            END LOOP;
            hidden := 0;
            best := NULL;
            FOREACH c IN ARRAY balance LOOP
                IF shown[r][c] IN ('<5', '*') THEN
                    hidden := hidden + 1;
                END IF;
            END LOOP;
            IF hidden = 1 THEN
                FOREACH c IN ARRAY ARRAY[balance[2], balance[3], balance[1], balance[4]] LOOP
                    IF shown[r][c] NOT IN ('<5', '*')
                       AND (best IS NULL OR (n[r][best] = 0 AND n[r][c] > 0)) THEN
                        best := c;
                    END IF;
                END LOOP;
                shown[r][best] := '*';
                fresh := true;
            END IF;
        END LOOP;
        FOR r IN 1..high LOOP
            CONTINUE WHEN NOT secret[r] OR total_of[r] IS NOT NULL;
            members := array_positions(total_of, r);
            CONTINUE WHEN members = '{}';
            FOR c IN 1..wide LOOP
                hidden := 0;
                vague := 0;
                total := 0;
                best := NULL;
                FOREACH m IN ARRAY members LOOP
                    IF shown[m][c] IN ('<5', '*') THEN
                        hidden := hidden + 1;
                        vague := vague + (shown[m][c] = '*')::int;
                        total := total + n[m][c];
                    ELSIF n[m][c] > 0 AND (best IS NULL OR n[m][c] < n[best][c]) THEN
                        best := m;
                    END IF;
                END LOOP;
                IF shown[r][c] NOT IN ('<5', '*') THEN
                    IF hidden = 1 OR (hidden > 1 AND vague = 0 AND total IN (hidden, 4 * hidden)) THEN
                        shown[r][c] := '*';
                        fresh := true;
                    END IF;
                ELSIF hidden = 0 AND best IS NOT NULL THEN
                    shown[best][c] := '*';
                    fresh := true;
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
    RETURN shown;
END
$$;

-- ---------------------------------------------------------------- rights

ALTER TABLE bridge.ranking_rule OWNER TO bridge_owner;
ALTER VIEW bridge.unit_root OWNER TO bridge_owner;
ALTER FUNCTION bridge.is_secret(text, text) OWNER TO bridge_owner;
ALTER FUNCTION bridge.period_figures(text[], text[], boolean, timestamptz, timestamptz, timestamptz) OWNER TO bridge_owner;
ALTER FUNCTION bridge.ranking_formula(text, date) OWNER TO bridge_owner;
ALTER FUNCTION bridge.last_day(timestamptz, timestamptz) OWNER TO bridge_owner;
ALTER FUNCTION bridge.district_parts(text, text, timestamptz, timestamptz, timestamptz, boolean) OWNER TO bridge_owner;
ALTER FUNCTION bridge.small_counts(bigint[], boolean[], int[], int[], int[], boolean) OWNER TO bridge_owner;
REVOKE ALL ON bridge.ranking_rule, bridge.unit_root FROM PUBLIC;
REVOKE ALL ON FUNCTION bridge.is_secret(text, text),
    bridge.period_figures(text[], text[], boolean, timestamptz, timestamptz, timestamptz), bridge.ranking_formula(text, date),
    bridge.last_day(timestamptz, timestamptz), bridge.district_parts(text, text, timestamptz, timestamptz, timestamptz, boolean),
    bridge.small_counts(bigint[], boolean[], int[], int[], int[], boolean) FROM PUBLIC;
GRANT SELECT ON bridge.ranking_rule, bridge.unit_root TO bridge_writer, bridge_auditor;
GRANT EXECUTE ON FUNCTION bridge.is_secret(text, text),
    bridge.period_figures(text[], text[], boolean, timestamptz, timestamptz, timestamptz), bridge.ranking_formula(text, date),
    bridge.last_day(timestamptz, timestamptz), bridge.district_parts(text, text, timestamptz, timestamptz, timestamptz, boolean),
    bridge.small_counts(bigint[], boolean[], int[], int[], int[], boolean) TO bridge_writer, bridge_auditor;
