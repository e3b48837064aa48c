"""Two districts in staging, every text of the one beginning OURS and of the other ALIEN: what the office of the first may be shown has no
ALIEN in it, and SECRET only never. Each district has complaints of every kind of sender, with all that hangs on them.
"""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIGEST = "'\\x" + "ab" * 32 + "'"
NOW = "2024-02-20 06:00:00+00"
SENDERS = "NCSAO"


def plant(site):
    site.sql("INSERT INTO bridge.system (system, role, title) VALUES ('igrs', 'portal', 'IGRS'), ('cctns', 'police', 'CCTNS'), "
             "('cpgrams', 'portal', 'CPGRAMS');"
             "INSERT INTO bridge.run (job, started_at, state, host, pid, program) VALUES ('sync', '2024-02-01', 'done', 'h', 1, 'p')")
    for tag, unit in (("OURS", "UP-171"), ("ALIEN", "UP-172")):
        district(site, tag, unit)
    # one of ours names a reference that the other district has, two another of ours; and what was found to be of one matter
    site.sql("INSERT INTO bridge.link SELECT 'cpgrams', 'QUOTED-1', 'QUOTED-1', bridge_id, 1, now() FROM bridge.complaint "
             "WHERE number = 'ALIEN-O';"
             "UPDATE bridge.complaint SET parent_origin = 'cpgrams', parent_number = 'QUOTED-1' WHERE number = 'OURS-O';"
             "UPDATE bridge.complaint SET parent_origin = 'igrs', parent_number = 'OURS-N' WHERE number IN ('OURS-C', 'OURS-X');"
             "INSERT INTO bridge.duplicate_pair (bridge_id, other_id, kind, score, why, run_id, at) "
             "SELECT LEAST(a.bridge_id, b.bridge_id), GREATEST(a.bridge_id, b.bridge_id), 'duplicate', 0.75, '{}', 1, now() "
             "FROM bridge.complaint a, bridge.complaint b WHERE a.number = 'OURS-N' "
             "AND b.number IN ('OURS-X', 'OURS-A', 'ALIEN-N', 'ALIEN-C')")
    site.sql("ANALYZE")


def district(site, tag, unit):
    """Of every kind of sender one, at the station; NULL identity and a complaint that is over at the district itself."""
    for i, identity in enumerate([*SENDERS, None, "D"]):
        name = identity or "X"
        over, named = identity == "D", identity in ("N", None, "D")
        personal = f"{tag}-NAME" if named else f"{tag}-SECRET"
        number, station = f"{tag}-{name}", "NULL" if over else f"'{unit}-01'"
        kept = {None: "NULL", "D": "'N'"}.get(identity, f"'{identity}'")
        site.sql(f"""
            INSERT INTO bridge.complaint (source_system, number, number_norm, police_system, police_number, category, priority, subject,
                body, complainant, relative_name, mobile, email, address, against, addressed_by, officer_name, officer_mobile, unit,
                station, identity, received_at, registered_at, marked_at, due_at, disposed_at, satisfied, status, first_run, last_run,
                staged_at, changed_at)
            VALUES ('igrs', '{number}', '{number}', 'cctns', '{tag}P{i}', 'CRIME', 3, '{personal}-subject', '{personal}-body',
                '{personal}', '{tag}-SECRET', '{tag}-SECRET', '{tag}-SECRET', '{tag}-SECRET', '{tag}-SECRET', '{tag}-SECRET',
                '{tag}-SECRET', '{tag}-SECRET', '{unit}', {station}, {kept}, '2024-02-0{i + 1}', '2024-02-0{i + 1}', '2024-02-0{i + 1}',
                '2024-02-{17 + i}', {"'2024-02-18'" if over else "NULL"}, {"'N'" if over else "NULL"},
                '{"DISP" if over else "ATRR"}', 1, 1, '2024-02-0{i + 1} 01:00Z', '2024-02-0{i + 1} 01:00Z');
            INSERT INTO bridge.link (system, number, number_norm, bridge_id, run_id, at)
                SELECT s, CASE s WHEN 'igrs' THEN number WHEN 'cctns' THEN police_number ELSE '{tag}/CPG/{i}' END, number, bridge_id, 1,
                       now()
                FROM bridge.complaint, unnest(ARRAY['igrs', 'cctns', 'cpgrams']) s WHERE number = '{number}'
                AND (s <> 'cpgrams' OR {str(identity == "N").lower()});
            INSERT INTO bridge.action (bridge_id, system, key, at, action, text, officer_name, officer_mobile, office, reason, digest,
                as_received, first_run, last_run, staged_at)
                SELECT bridge_id, 'cctns', '{tag}-' || k, ('2024-02-1' || k || 'T00:00Z')::timestamptz, a,
                       '{personal}-said', '{tag}-SECRET', '{tag}-SECRET', '{tag}-office', 'VAGUE', {DIGEST},
                       '{{"k": "{tag}-SECRET"}}', 1, 1, '2024-02-15'
                FROM bridge.complaint, (VALUES (1, 'REGD'), (2, 'ATRS'), (3, 'ATRR'), (4, 'ATRS'), (5, 'ATRR')) v (k, a)
                WHERE number = '{number}';
            INSERT INTO bridge.attachment (bridge_id, system, key, name, type, role, digest, as_received, first_run, last_run, staged_at)
                SELECT bridge_id, 'cctns', '{tag}-f', '{tag}-SECRET', 'application/pdf', 'ATR', {DIGEST},
                       '{{"k": "{tag}-SECRET"}}', 1, 1, now()
                FROM bridge.complaint WHERE number = '{number}';
            INSERT INTO bridge.feedback (bridge_id, system, key, at, satisfied, text, digest, as_received, first_run, last_run, staged_at)
                SELECT bridge_id, 'igrs', '{tag}-b', now(), 'N', '{tag}-SECRET', {DIGEST}, '{{"k": "{tag}-SECRET"}}', 1, 1, now()
                FROM bridge.complaint WHERE number = '{number}';
            INSERT INTO bridge.complaint_version (bridge_id, version, was, system, run_id, at)
                SELECT bridge_id, 1, to_jsonb(c), 'igrs', 1, staged_at FROM bridge.complaint c WHERE number = '{number}';
            INSERT INTO bridge.source_record (system, number, bridge_id, digest, as_received, first_run, last_run)
                SELECT 'igrs', number, bridge_id, {DIGEST}, '{{"k": "{tag}-SECRET"}}', 1, 1 FROM bridge.complaint WHERE number = '{number}';
            INSERT INTO bridge.sealed (bridge_id, system, number, key_name, digest, sealed, run_id, at)
                SELECT bridge_id, 'igrs', number, 'k', {DIGEST}, decode(repeat('41', 60), 'hex'), 1, now() FROM bridge.complaint
                WHERE number = '{number}';
            WITH d AS (
                INSERT INTO bridge.delivery (target, stream, bridge_id, source_system, key, digest, class, unit, state, attempts, said,
                                             substituted, planned_run, last_run, planned_at)
                SELECT 'igrs', s, bridge_id, 'cctns', CASE s WHEN 'action' THEN '{tag}-2' ELSE '{tag}-f' END, '', 'A', unit,
                       CASE s WHEN 'action' THEN 'refused' ELSE 'confirmed' END, 1,
                       CASE s WHEN 'action' THEN '{"NOT_SATISFIED" if name != "A" else tag + " SECRET said so"}' END,
                       CASE s WHEN 'attachment' THEN '3000000 bytes are more than the 2000000 that are taken there' END, 1, 1, '2024-02-16'
                FROM bridge.complaint, unnest(ARRAY['action', 'attachment']) s WHERE number = '{number}'
                RETURNING delivery_id, target, stream, key, state)
            INSERT INTO bridge.held (system, stream, key, kind, reason, field, detail, delivery_id, first_run, last_run, held_at)
                SELECT target, stream, key, 'refused', '{tag}-reason', 'text', '{tag}-SECRET', delivery_id, 1, 1, now() FROM d
                WHERE state = 'refused'
            """)


def statement(name, file="cell"):
    """A named statement of sql/queries/, and the types of its arguments."""
    text = (ROOT / f"sql/queries/{file}.sql").read_text(encoding="utf-8")
    head, body = re.search(rf"^-- name: {name} \(([^\n]*)\)\n(.*?)(?=^-- name: |\Z)", text, re.M | re.S).groups()
    return [arg.split()[-1] for arg in head.split(",") if arg.strip()], re.split(r"^-- -+ ", body, flags=re.M)[0]
