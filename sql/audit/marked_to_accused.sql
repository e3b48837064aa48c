-- title: Marked to the unit complained against | जिसके विरुद्ध शिकायत, उसी इकाई को अंकित
-- finds: complaints whose "against" names the station that handles them, the unit to which they are marked, or the head of the
--   district above it
--   | वे शिकायतें जिनमें विपक्षी वही थाना है जो उन्हें देखता है, या वह इकाई जिसे वे अंकित हैं, या उसके ऊपर के जनपद के प्रमुख
-- source: complainants: sent again to the office complained against
-- limits: by words such as SHO, thana, SP beside a name of the unit's own list (English, Hindi, aliases); a person who is named without
--   office or station is not known; state, zone and range are not looked at, nor is "police" of a district, which is everybody
SELECT c.source_system AS system, c.number, c.unit, '' AS item,
       'against ' || m.accused || ', ' || CASE WHEN c.station IS NOT NULL THEN 'handled by ' || c.station ELSE 'marked to ' || c.unit END
       AS detail
FROM bridge.marked_to_accused(ARRAY(SELECT a.bridge_id FROM bridge.complaint a WHERE a.against IS NOT NULL)) m
JOIN bridge.complaint c USING (bridge_id)
ORDER BY m.bridge_id
