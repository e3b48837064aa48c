"""Mistakes that somebody could make, one at a time: each is a small replacement in C, SQL or a map, and where it is looked for.

    Bug(name, what it means, [(file, exact old text, new text), ...], [Try(family, pattern of the point, most points), Law(name)])

The old text must stand exactly once in its file. The tries only say where to look first; the check is the family's ordinary one, and
the sound program must pass the point that caught the bug.
"""
from dataclasses import dataclass

CURSOR_LAW_SMALL = {"CURSOR_LAW": "80", "CURSOR_SEED": "7"}
PUSHERS_SMALL = ("300", "4", "--peer", "odbc")


@dataclass(frozen=True)
class Try:
    family: str               # name of its module
    pattern: str = ""         # of str(point)
    most: int = 40
    spread: bool = True       # in an order that the seed makes, else as they come
    law: str = None


def Law(name):
    return Try("", law=name)


@dataclass(frozen=True)
class Bug:
    name: str
    says: str
    edits: list
    tries: list


NIGHT = Try("quiet", "^undisturbed")          # the night undisturbed

BUGS = [
    # ---- the way out: intent, key, answer
    Bug("key-anew", "the reference at the peer is another one each night", [(
        "adapters/odbc_push.c",
        "    struct adapter_var vars[] = { { \"delivery\", item->delivery }, { \"now\", push->now } };\n\n"
        "    return peer_run(push->a, push->mem, sql,",
        "    char fresh[64];\n    unsigned n = 0;\n    for (const char *c = push->now; *c; c++)\n        n = n * 31 + (unsigned char)*c;\n"
        "    snprintf(fresh, sizeof fresh, \"%08x%s\", n, item->delivery + 8);\n"
        "    struct adapter_var vars[] = { { \"delivery\", fresh }, { \"now\", push->now } };\n\n"
        "    return peer_run(push->a, push->mem, sql,")],
        [NIGHT, Try("kill", "sendto")]),
    Bug("send-first", "the claim is not committed before the first byte goes out", [(
        "bridge/core/delivery.c",
        "NULL, err);\n    }\n    if (!v)\n        v = pg_commit(pg, err);\n    if (v) {\n        pg_rollback(pg);\n        *out = NULL;",
        "NULL, err);\n    }\n    if (v) {\n        pg_rollback(pg);\n        *out = NULL;"),
        ("bridge/core/delivery_settle.c",
         "    v = pg_begin(pg, err);\n    if (v)\n        return v;\n    v = lock_and_rule(pg, mem, &s, events, target, attempts, err);",
         "    v = pg_in_transaction(pg) ? V_OK : pg_begin(pg, err);\n    if (v)\n        return v;\n"
         "    v = lock_and_rule(pg, mem, &s, events, target, attempts, err);")],
        [Try("kill", "sendto"), Try("backend", "'pg'")]),
    Bug("claim-unlocked", "a claim takes what another process has under its hand", [(
        "sql/queries/delivery.sql", "    WHERE d.state = 'planned'\n    FOR UPDATE OF d SKIP LOCKED\n", "    WHERE d.state = 'planned'\n")],
        [Law("outbox")]),
    Bug("confirm-first", "confirmed in the outbox before it is sent", [(
        "bridge/jobs/push.c",
        "    enum verdict said = push_send(job, s, call, items, count, &why);\n",
        "    for (size_t i = 0; i < count; i++)\n        items[i].event = E_OK;\n"
        "    v = delivery_settle(job->pg, job->batch, job->run_id, s->conf->map, items, count, 0, err);\n    if (v)\n        return v;\n"
        "    enum verdict said = push_send(job, s, call, items, count, &why);\n"),
        ("bridge/jobs/push.c",
         "    v = delivery_settle(job->pg, job->batch, job->run_id, s->conf->map, items, count,\n"
        "                        job->conf->bridge.backoff, err);",
         "    v = V_OK;")],
        [Try("kill", "sendto"), NIGHT]),
    Bug("doubt-again", "what is in doubt is sent again without asking", [(
        "bridge/jobs/recover.c",
        "    enum verdict v = find_ask(job, s, d->id, &shown, why);\n\n    if (v && !(v == V_REJECT && shown.times))",
        "    enum verdict v = V_OK;\n\n    shown = (struct find_shown){ 0, \"\" };\n    (void)why;\n"
        "    if (v && !(v == V_REJECT && shown.times))")],
        [Try("quiet", "no reply: .*(Submit|Step|Report)"), Try("calls", "(Submit|POST).*reply.cut"), Try("kill", "sendto")]),
    Bug("doubt-is-retry", "an unknown outcome is taken for \"not done\"", [(
        "bridge/jobs/push.c", "    case V_IN_DOUBT:\n        return E_DOUBT;", "    case V_IN_DOUBT:\n        return E_RETRY;")],
        [Try("quiet", "no reply: .*(Submit|Step|Report)"), Try("calls", "(Submit|POST).*reply.cut"), Try("kill", "sendto")]),
    Bug("sending-is-planned", "what a crash left sending is planned again", [(
        "bridge/core/delivery_settle.c", "lifecycle_find(S_SENDING, E_DOUBT)", "lifecycle_find(S_SENDING, E_RETRY)")],
        [Try("kill", "sendto")]),
    Bug("fault-is-done", "a SOAP fault is taken for done", [(
        "adapters/wire_push.c",
        "        return answer_as_one(v, items, count, sent, word, text);",
        "        (void)word;\n        answer_all(items, count, V_OK, NULL, NULL);\n        return V_OK;")],
        [Try("quiet", "fault: .*(Submit|Step|Report)"), Try("calls", "(Submit|POST).*'fault'")]),
    Bug("any-reply", "the reply of another request is taken for ours", [(
        "adapters/wire_push.c", "        if (call->matched && (!r->key || strcmp(r->key, item->delivery) != 0))\n"
        "            continue;\n", ""),
        ("bridge/jobs/find.c", "        if (of && strcmp(of, reference) != 0)\n            continue;\n",
         "        (void)of;\n        (void)reference;\n")],
        [NIGHT, Try("calls", "(Submit|POST|Find|receipts).*(swapped|other|older)", most=60)]),
    Bug("rows-ignored", "how many rows a statement touched is not looked at", [(
        "adapters/odbc_push.c", "        if (!v && sql->expect != PLAN_ANY && rows.affected != sql->expect) {",
        "        if (0 && !v && sql->expect != PLAN_ANY && rows.affected != sql->expect) {")],
        [Try("moving", "complaint is gone")]),
    Bug("plan-twice", "every run plans every file again, as a version of its own", [(
        "sql/queries/plan.sql", "SELECT 'attachment', t.bridge_id, t.system, t.key, t.version, t.digest, $12, c.unit",
        "SELECT 'attachment', t.bridge_id, t.system, t.key, $1::int, t.digest, $12, c.unit"),
        ("sql/queries/plan.sql", "AND d.source_system = t.system AND d.key = t.key AND d.version = t.version)",
         "AND d.source_system = t.system AND d.key = t.key AND d.version = $1)")],
        [NIGHT]),
    Bug("bytes-unchecked", "what is sent of a file is not compared with its digest", [(
        "bridge/link/content_read.c", "    if (reader->done != reader->size || strcmp(id, reader->id) != 0)", "    if (0)")],
        [Try("disk", "altered")]),
    Bug("file-unmeasured", "a file in CCTNS is confirmed without a look at how much of it is there", [(
        "mappings/cctns.map",
        " AND :content_size = (SELECT\n    LENGTH(g.UPLOADED_FILE) FROM t_complaint_file g "
        "WHERE g.FILE_SRNO = (SELECT MAX(f.FILE_SRNO) FROM t_complaint_file f\n"
        "    JOIN t_complaint c ON c.COMPLAINT_SRNO = f.COMPLAINT_SRNO WHERE c.COMPLAINT_REG_NUM = :COMPLAINT_REG_NUM AND\n"
        "    f.ORIGIN_KEY = :ORIGIN_KEY))\nsql.mssql", "\nsql.mssql")],
        [Try("moving", "files are cut")]),
    # ---- messages to complainants
    Bug("sms-first", "a message goes out before it is committed that it does", [(
        "bridge/core/message_claim.c", "    v = pg_begin(c->pg, err);\n",
        "    v = pg_in_transaction(c->pg) ? V_OK : pg_begin(c->pg, err);\n"),
        ("bridge/core/message_claim.c", "    if (!v) {\n        struct error later;\n",
         "    if (!v && !(c->row.count && m->text)) {\n        struct error later;\n"),
        ("bridge/core/message.c", "        v = error_set(err, V_FATAL, \"run.fenced\",\n"
         "                      \"the run was declared lost: it settles no message any more\");\n    return v;",
         "        v = error_set(err, V_FATAL, \"run.fenced\",\n"
         "                      \"the run was declared lost: it settles no message any more\");\n"
         "    return !v && pg_in_transaction(pg) ? pg_commit(pg, err) : v;")],
        [Try("backend", "'pg', '(before|after)'.*message_settle", most=6), Try("kill", "sendto", most=150)]),
    Bug("sms-again", "a message in doubt is sent again by itself", [(
        "sql/queries/message.sql", "SET state = 'in_doubt', reason = 'run.ended', settled_at = $2",
        "SET state = 'planned', settled_at = $2")],
        [Try("backend", "'pg', '(before|after)'.*message_settle", most=6), Try("kill", "sendto", most=150)]),
    Bug("sms-doubt-is-retry", "a message without an answer is taken for not sent", [(
        "bridge/link/sms.c", "    error_within(err, \"the message may have been sent\");\n    return V_IN_DOUBT;",
        "    error_within(err, \"the message may have been sent\");\n    return V_RETRY;")],
        [Try("quiet", "message .: (drop|silent)"), Try("calls", "sendsms.*reply")]),
    Bug("sms-page-is-sent", "a page for people is taken for the gateway's word that it has the message", [(
        "bridge/link/sms.c", "    return error_set(err, V_IN_DOUBT, \"sms.answer\", \"the gateway's answer cannot be read\");",
        "    return (void)err, V_OK;")],
        [Try("quiet", "message .: http 200"), Try("calls", "sendsms.*(html|empty)")]),
    Bug("sms-named", "the officer is named to a sender whose name is secret", [(
        "sql/queries/message.sql", "COALESCE(f.identity IN ('S', 'C'), false) OR s.number IS NOT NULL AS secret", "false AS secret")],
        [NIGHT]),
    # ---- transactions
    Bug("commit-split", "a settlement is two transactions", [(
        "bridge/core/delivery_settle.c",
        "    v = pg_run(pg, mem, \"delivery_move\", move, sizeof move / sizeof *move, NULL, err);\n",
        "    v = pg_run(pg, mem, \"delivery_move\", move, sizeof move / sizeof *move, NULL, err);\n"
        "    if (!v)\n        v = pg_commit(pg, err);\n    if (!v)\n        v = pg_begin(pg, err);\n")],
        [Try("backend", "'pg', 'after'.*(COMMIT|BEGIN)", most=60), Try("kill", "sendto", most=150)]),
    Bug("books-apart", "the books of a claim are a transaction of their own", [(
        "bridge/core/delivery.c",
        "        v = pg_run(pg, mem, \"delivery_books\", books, sizeof books / sizeof *books, NULL, err);",
        "        v = pg_commit(pg, err);\n        if (!v)\n            v = pg_begin(pg, err);\n        if (!v)\n"
        "            v = pg_run(pg, mem, \"delivery_books\", books, sizeof books / sizeof *books, NULL, err);")],
        [Try("backend", "'pg', 'after'.*(COMMIT|BEGIN)", most=60), Try("kill", "sendto", most=150)]),
    Bug("cursor-first", "the cursor is committed before its rows", [(
        "bridge/core/staging.c",
        "    v = staging_copy(st, err);\n",
        "    v = set_cursor(st, mem, cursor_at, cursor_key, err);\n    if (!v)\n        v = pg_commit(st->pg, err);\n    if (!v)\n"
        "        v = pg_begin(st->pg, err);\n    if (!v)\n        v = staging_copy(st, err);\n")],
        [Try("backend", "'pg', 'after'.*(COMMIT|BEGIN)", most=60), Try("kill", "sendto", most=150), Law("cursor")]),
    Bug("commit-unasked", "a COMMIT that the server did not do is taken for done", [(
        "bridge/link/pg.c", "        return command(pg, \"COMMIT\", err);", "        return command(pg, \"COMMIT\", err), V_OK;")],
        [Try("backend", "'pg', 'before'.*COMMIT", most=80), Try("kill", "sendto|recvfrom")]),
    # ---- files
    Bug("no-fsync", "a content is named before it is durable", [(
        "bridge/link/content.c", "    if (fsync(writer->file) != 0)\n        return disk(err, \"keep a file\");\n", "")],
        [Law("durable")]),
    Bug("no-dir-fsync", "a content's name is not made durable", [(
        "bridge/link/content.c", "(fsync(to) != 0 || fsync(contents->root) != 0)", "(to < 0)")],
        [Law("durable")]),
    Bug("short-write", "a short write is taken for whole", [(
        "bridge/base/write.c", "        at += done;\n        len -= (size_t)done;", "        len = 0;")],
        [Try("disk", "contents full', (1|2)")]),
    Bug("full-unsaid", "a write that failed is not said", [(
        "bridge/link/content.c", "return write_all(writer->file, bytes, len) ? V_OK : disk(err, \"write a file\");",
        "return write_all(writer->file, bytes, len) ? V_OK : (disk(err, \"write a file\"), V_OK);")],
        [Try("disk", "contents full', (1|2)"), Try("errno_at", "ENOSPC|EIO")]),
    # ---- the way in
    Bug("last-dropped", "the last record of a page is dropped", [(
        "bridge/jobs/pull.c",
        "    for (size_t i = 0; !v && i < part->count; i++, r = r->next)\n",
        "    for (size_t i = 0; !v && i + (part->count > 1) < part->count; i++, r = r->next)\n")],
        [NIGHT]),
    Bug("held-lost", "a record that cannot be mapped is dropped", [(
        "bridge/jobs/pull.c", "    if (v == V_REJECT)\n        return staging_set_aside(job->staging, job->batch, remote, &why, err);",
        "    if (v == V_REJECT)\n        return V_OK;")],
        [Try("moving", "unmappable")]),
    Bug("html-is-empty", "a page for people is taken for an empty page", [(
        "adapters/wire_judge.c",
        "        return error_set(err, V_REJECT, \"http.html\", \"the reply is a page for people, not XML\");",
        "        return *outcome = WIRE_ANSWERED, V_OK;")],
        [Try("quiet", "html: "), Try("calls", "'html'")]),
    Bug("cut-is-whole", "a body that was cut off is taken for whole", [(
        "bridge/link/http_reply.c", "    { CURLE_PARTIAL_FILE, V_RETRY, ", "    { CURLE_PARTIAL_FILE, V_OK, ")],
        [Try("quiet", "^cut: "), Try("calls", "reply.cut")]),
    Bug("cursor-up", "the cursor is rounded up", [(
        "bridge/jobs/paging.c", "        clock_text(time, p->at);\n    if (key != p->key)",
        "        clock_text((time / 3600000000 + 1) * 3600000000, p->at);\n    if (key != p->key)")],
        [Law("cursor"), NIGHT]),
    Bug("cursor-future", "the cursor follows times after the cut", [(
        "bridge/jobs/paging.c", "    if (by_time && cut && clock_from_text(cut, strlen(cut), &last) && time > last)\n"
        "        return false;\n", "")],
        [Law("cursor"), Try("moving", "igrs: a time in the future")]),
    Bug("no-look-back", "a pull begins at its cursor, and late commits are missed", [(
        "bridge/jobs/paging.c", "    if (ms <= 0 || !clock_from_text", "    if (ms >= 0 || !clock_from_text")],
        [Try("moving", "igrs: a late", most=12), Law("cursor")]),
    Bug("counts-only", "only counts are compared, not sets", [(
        "sql/queries/compare_find.sql", "    WHERE m.s_has AND NOT m.p_has AND $5", "    WHERE m.s_has AND NOT m.p_has AND $5 AND false"),
        ("sql/queries/compare_find.sql", "    FROM pg_temp.compare_match m\n    WHERE NOT m.s_has\n",
         "    FROM pg_temp.compare_match m\n    WHERE false\n")],
        [Try("moving", "igrs: swap|igrs: older")]),
    # ---- time and other runs
    Bug("no-time-limit", "a request has no limit", [(
        "bridge/link/http.c", "SET(CURLOPT_TIMEOUT_MS, o->timeout);", "SET(CURLOPT_TIMEOUT_MS, 0L);"),
        ("bridge/link/http.c", "SET(CURLOPT_TIMEOUT_MS, call->patience ? 0L : o->timeout);", "SET(CURLOPT_TIMEOUT_MS, 0L);"),
        ("bridge/link/http.c", "    if (o->stall > 0) {", "    if (0) {"),
        ("bridge/link/http.c", "    return now - call->moved_at > call->patience ||",
         "    return 0 && now - call->moved_at > call->patience ||"),
        ("bridge/link/http.c", "           now - call->start > call->patience + moved",
         "           0 && now - call->start > call->patience + moved")],
        [Try("quiet", "silent: .*(Complaints|ListChanged|Submit|Step)", most=3), Try("calls", "silent")]),
    Bug("lock-elsewhere", "the lock is not held by the session that writes", [(
        "sql/queries/run.sql", "SELECT pg_try_advisory_lock(hashtextextended('cctns-bridge run ' || $1, 0)) AS taken;",
        "SELECT pg_try_advisory_xact_lock(hashtextextended('cctns-bridge run ' || $1, 0)) AS taken;")],
        [Try("second")]),
    Bug("no-fence", "a run that is held to be lost goes on writing", [(
        "bridge/link/pg.c", "    if (!pg->fence || ", "    if (1 || !pg->fence || ")],
        [Try("second", "lost")]),
]
