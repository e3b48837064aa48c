-- title: One photo of the place with several complaints | एक ही स्थल-चित्र अनेक शिकायतों में
-- finds: photos of the place, and pictures given as reports, whose bytes are the same in complaints that have nothing to do with
--   each other
--   | स्थल के वे चित्र, और आख्या के रूप में दिए गए चित्र, जो आपस में असंबद्ध शिकायतों में बाइट-दर-बाइट एक ही हैं
-- source: complainants: disposed of with a picture taken elsewhere, or of somebody else
-- limits: the same bytes only, a picture that was cut or saved anew is another; only files whose content the bridge has read; a
--   duplicate, or a complaint that came by the other's number, may have the same
WITH p AS MATERIALIZED (
    SELECT string_to_array(max(value) FILTER (WHERE name = 'roles'), ' ') AS roles,
           string_to_array(max(value) FILTER (WHERE name = 'picture_roles'), ' ') AS picture_roles
    FROM bridge.rule_parameter
    WHERE rule = 'same_site_photo'
), shown AS (
    SELECT DISTINCT t.content, t.bridge_id
    FROM bridge.attachment t
    CROSS JOIN p
    WHERE t.content IS NOT NULL
      AND (t.role = ANY (p.roles)
           OR t.role = ANY (p.picture_roles) AND COALESCE(t.content_type, t.type) LIKE 'image/%')
), several AS (
    SELECT s.content, s.bridge_id, c.source_system, c.number, c.unit, count(*) OVER content AS n,
           COALESCE(lag(s.bridge_id) OVER by_id, lead(s.bridge_id) OVER by_id) AS other
    FROM shown s
    JOIN bridge.complaint c USING (bridge_id)
    WHERE c.status <> 'DUPL' AND COALESCE(c.disposal, '') <> 'DUPL'
      AND NOT EXISTS (SELECT FROM bridge.link l
                      JOIN shown o ON o.bridge_id = l.bridge_id
                      WHERE l.system = c.parent_origin AND l.number = c.parent_number AND l.bridge_id <> s.bridge_id
                        AND o.content = s.content)
    WINDOW content AS (PARTITION BY s.content), by_id AS (PARTITION BY s.content ORDER BY s.bridge_id)
)
SELECT s.source_system AS system, s.number, s.unit, left(s.content, 12) AS item,
       'picture ' || left(s.content, 12) || ' stands with ' || s.n || ' complaints; another is ' || o.number || ' of '
       || o.source_system AS detail
FROM several s
JOIN bridge.complaint o ON o.bridge_id = s.other
WHERE s.n > 1
