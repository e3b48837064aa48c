-- What the notifier asks; no other role may.

-- name: sealed_get (system text, number text)
SELECT s.bridge_id, s.key_name, s.sealed
FROM bridge.sealed s
WHERE s.system = $1 AND s.number = $2;
