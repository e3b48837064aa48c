-- title: Protected identity outside its place | संरक्षित पहचान अपने स्थान से बाहर
-- finds: senders who are promised secrecy or are anonymous and yet stand in clear text, in the complaint or in an older version of it;
--   confidential ones named in what the police write; women and minors named in an answer; complainants who ask for secrecy and are
--   kept as any other
--   | वे प्रेषक जिन्हें गोपनीयता का वचन है या जो अनाम हैं, फिर भी जिनका नाम शिकायत में या उसके पुराने रूप में खुला है; पुलिस के लेख में
--   नामित गोपनीय व्यक्ति; उत्तर में नामित महिलाएँ और अवयस्क; गोपनीयता माँगने वाले, जो अन्य की तरह रखे गए
-- source: CAG, IT audit of CCTNS in Odisha (2025): identities of 1,631 cases shown on the citizen portal; Durg: the name is promised secret
-- limits: a name is looked for as the complaint spells it, a mobile by its ten digits; words that ask for secrecy stand in
--   bridge.rule_parameter; nothing of what it finds is shown here
WITH p AS MATERIALIZED (
    SELECT string_to_array(max(value) FILTER (WHERE name = 'categories'), ' ') AS categories,
           max(value) FILTER (WHERE name = 'age')::int AS age,
           max(value) FILTER (WHERE name = 'letters')::int AS letters
    FROM bridge.rule_parameter
    WHERE rule = 'identity_exposed'
), asked AS MATERIALIZED (
    SELECT lower(btrim(w.words)) AS words
    FROM bridge.rule_parameter r
    CROSS JOIN LATERAL unnest(string_to_array(r.value, ';')) AS w (words)
    WHERE r.rule = 'identity_exposed' AND r.name = 'asked' AND btrim(w.words) <> ''
), hidden AS (
    SELECT c.bridge_id, f.field
    FROM bridge.complaint c
    CROSS JOIN (VALUES ('complainant'), ('relative_name'), ('mobile'), ('email'), ('address')) AS f (field)
    WHERE c.identity IN ('S', 'A')
    UNION
    SELECT s.bridge_id, f.field
    FROM bridge.source_record s
    CROSS JOIN LATERAL unnest(string_to_array(s.sealed, ' ')) AS f (field)
    WHERE s.sealed IS NOT NULL
), clear AS (
    SELECT h.bridge_id, string_agg(h.field, ', ' ORDER BY h.field) AS fields
    FROM hidden h
    JOIN bridge.complaint c USING (bridge_id)
    WHERE COALESCE(CASE h.field WHEN 'complainant' THEN c.complainant WHEN 'relative_name' THEN c.relative_name
                                WHEN 'mobile' THEN c.mobile WHEN 'email' THEN c.email WHEN 'address' THEN c.address END, '') <> ''
    GROUP BY h.bridge_id
), older AS (
    SELECT v.bridge_id, string_agg(DISTINCT h.field, ', ' ORDER BY h.field) AS fields
    FROM hidden h
    JOIN bridge.complaint_version v USING (bridge_id)
    WHERE COALESCE(v.was ->> h.field, '') <> ''
    GROUP BY v.bridge_id
), guarded AS (
    SELECT c.bridge_id, c.identity = 'C' AS confidential, lower(c.complainant) AS name, right(c.mobile, 10) AS mobile, c.subject
    FROM bridge.complaint c
    CROSS JOIN p
    WHERE (COALESCE(c.identity, '') = 'C' OR c.category = ANY (p.categories) OR c.age < p.age)
      AND (length(c.complainant) >= p.letters OR length(c.mobile) >= 10)
), named AS (
    SELECT g.bridge_id, CASE WHEN g.confidential THEN 'named' ELSE 'answer' END AS item, t.place
    FROM guarded g
    CROSS JOIN p
    JOIN LATERAL (
        SELECT a.action || ' in ' || a.system AS place, a.text
        FROM bridge.action a
        WHERE a.bridge_id = g.bridge_id AND a.text IS NOT NULL AND (g.confidential OR a.action = 'DISP')
        UNION ALL
        SELECT 'the subject', g.subject
        WHERE g.confidential
    ) t ON length(g.name) >= p.letters AND position(g.name IN lower(t.text)) > 0
           OR length(g.mobile) = 10 AND position(g.mobile IN t.text) > 0
)
SELECT c.source_system AS system, c.number, c.unit, x.item, x.detail
FROM (
    SELECT bridge_id, 'clear' AS item, 'in clear text: ' || fields AS detail FROM clear
    UNION ALL
    SELECT bridge_id, 'older version', 'in an older version: ' || fields FROM older
    UNION ALL
    SELECT bridge_id, item, 'named in ' || string_agg(DISTINCT place, ', ' ORDER BY place) FROM named GROUP BY bridge_id, item
    UNION ALL
    SELECT c.bridge_id, 'asked', 'asks for secrecy, and is kept as any other'
    FROM bridge.complaint c
    CROSS JOIN LATERAL (SELECT lower(COALESCE(c.body_unicode, c.body)) AS body OFFSET 0) b
    WHERE COALESCE(c.identity, 'N') = 'N' AND c.complainant IS NOT NULL
      AND EXISTS (SELECT FROM asked a WHERE position(a.words IN b.body) > 0)
) x
JOIN bridge.complaint c USING (bridge_id)
