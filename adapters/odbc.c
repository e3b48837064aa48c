/*
 * Rows by declared SQL. A call that brings is one SELECT, rolled back afterwards, so that it can
 * change nothing; its columns are found by name. One that carries is a list of statements in one
 * transaction (odbc_push.c). The connection is made at the first call and again after it was lost.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "registry.h"
#include "clock.h"
#include "odbc_peer.h"
#include "text.h"

static const struct conf_key keys[] = {
    { "connection", CONF_TEXT, CONF_REQUIRED, offsetof(struct odbc_settings, connection), NULL,
      "ODBC connection text, \"Driver=...;Server=...;Database=...\" or \"DSN=...\", without user "
      "and password" },
    { "user", CONF_TEXT, 0, offsetof(struct odbc_settings, user), NULL, "user at the database" },
    { "password", CONF_TEXT, CONF_SECRET, offsetof(struct odbc_settings, password), NULL,
      "its password" },
    { "timeout", CONF_SPAN, 0, offsetof(struct odbc_settings, timeout), "60s",
      "longest time of one statement" },
    { "login_timeout", CONF_SPAN, 0, offsetof(struct odbc_settings, login_timeout), "10s",
      "longest time to connect" },
    { "block", CONF_INT, 0, offsetof(struct odbc_settings, block), "0",
      "rows in one fetch; 0 = what this driver and version are proved to do right, else 1" },
    CONF_END
};

static const struct map_key map_keys[] = { { "session", true, "SQL run once after connecting" },
                                           { "session.sqlite", true, "the same on SQLite only" },
                                           { "session.mysql", true,
                                             "the same on MySQL and MariaDB only" },
                                           { "session.pgsql", true, "the same on PostgreSQL only" },
                                           { "session.mssql", true, "the same on SQL Server only" },
                                           { NULL, false, NULL } };

static const struct map_key call_keys[] = {
    { "sql", true, "a statement; :names are parameters" },
    { "sql.sqlite", true, "used instead on SQLite" },
    { "sql.mysql", true, "used instead on MySQL and MariaDB" },
    { "sql.pgsql", true, "used instead on PostgreSQL" },
    { "sql.mssql", true, "used instead on SQL Server" },
    { "arg", true, ":name VALUE [int] [format=\"...\"]" },
    { "expect", true, "rows that the statement above must touch, or any; 1 unless said" },
    { "receipt", false, "query for the peer's number of a delivery, by :delivery" },
    { "content", true, "query for the bytes of one row that came, by its columns" },
    { "content.sqlite", true, "used instead on SQLite" },
    { "content.mysql", true, "used instead on MySQL and MariaDB" },
    { "content.pgsql", true, "used instead on PostgreSQL" },
    { "content.mssql", true, "used instead on SQL Server" },
    { NULL, false, NULL }
};

struct plan_call *
peer_call(const struct adapter *a, const struct map_call *call)
{
    const struct odbc_state *state = a->state;

    return &state->plan.calls[call - a->map->calls];
}

void
peer_leave(struct adapter *a)
{
    struct odbc_state *state = a->state;

    odbc_close(state->db);
    arena_free(state->mem);
    *state = (struct odbc_state){ .db = NULL };
}

static enum verdict
begin_session(struct adapter *a, struct error *err)
{
    struct odbc_state *state = a->state;
    struct odbc_statement *st;
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < state->plan.session_count; i++) {
        v = odbc_prepare(state->db, state->plan.session[i], 0, &st, err);
        if (!v)
            v = odbc_run(st, state->mem, NULL, 0, NULL, err);
    }
    if (!v && state->plan.session_count > 0)
        v = odbc_commit(state->db, err);
    if (v)
        error_within(err, "session");
    return v == V_IN_DOUBT ? V_RETRY : v;
}

enum verdict
peer_connect(struct adapter *a, struct error *err)
{
    const struct odbc_settings *settings = a->options;
    struct odbc_state *state = a->state;
    struct odbc_options options = {
        .connection = settings->connection,
        .user = settings->user,
        .timeout = settings->timeout,
        .login_timeout = settings->login_timeout,
        .block = settings->block,
        .contents = a->contents,
    };
    struct arena *secrets;
    struct faults faults;
    enum verdict v;

    if (state->db && !odbc_lost(state->db))
        return V_OK;
    peer_leave(a);
    state->mem = arena_new("odbc connection");
    secrets = arena_new("odbc password");
    v = conf_secret(secrets, settings->password, &options.password, err);
    if (!v)
        v = odbc_open(state->mem, &options, &state->db, err);
    arena_free(secrets);
    if (v)
        goto out;
    faults = (struct faults){ .mem = state->mem };
    plan_read(state->mem, a->map, odbc_about(state->db)->dialect, &state->plan, &faults);
    if (faults.count > 0) {
        v = error_set(err, V_FATAL, "odbc.map", "%s", faults.items[0].text);
        goto out;
    }
    v = begin_session(a, err);
out:
    if (v)
        peer_leave(a);
    return v;
}

/* Which column answers which line, by name. */
static enum verdict
find_columns(struct adapter *a, struct plan_call *plan, const struct odbc_rows *rows,
             struct error *err)
{
    const struct map_stream *stream = plan->stream;
    struct odbc_state *state = a->state;
    size_t *columns = arena_alloc(state->mem, (stream->count + 1) * sizeof *columns);

    for (size_t i = 0; i < stream->count; i++) {
        columns[i] = SIZE_MAX;
        if (!(stream->lines[i].direction & MAP_IN) || stream->lines[i].kind == KIND_BYTES)
            continue;
        for (size_t c = 0; c < rows->column_count; c++)
            if (!strcasecmp(rows->columns[c], stream->lines[i].remote))
                columns[i] = c;
        if (columns[i] == SIZE_MAX) {
            (void)error_set(err, V_FATAL, "odbc.column", "call \"%s\" brings no such column",
                            plan->call->name);
            error_at(err, stream->lines[i].canonical, stream->lines[i].remote);
            return V_FATAL;
        }
    }
    plan->columns = columns;
    return V_OK;
}

static void
make_records(struct arena *mem, const struct plan_call *plan, const struct odbc_rows *rows,
             struct page *out)
{
    const struct map_stream *stream = plan->stream;
    struct record *records = arena_alloc(mem, (rows->count + 1) * sizeof *records);

    for (size_t r = 0; r < rows->count; r++) {
        struct record *record = &records[r];

        *record = (struct record){
            .stream = stream->name,
            .fields = arena_alloc(mem, (stream->count + 1) * sizeof *record->fields),
            .count = stream->count,
            .next = r + 1 < rows->count ? record + 1 : NULL,
            .ordinal = (long)r + 1,
            .fault = rows->items[r].fault,
        };
        for (size_t i = 0; i < stream->count; i++)
            if (plan->columns[i] != SIZE_MAX)
                record->fields[i] = rows->items[r].fields[plan->columns[i]];
    }
    out->records = rows->count > 0 ? records : NULL;
    out->count = rows->count;
}

static enum verdict
adapter_pull(struct adapter *a, struct arena *mem, const struct map_call *call,
             const struct adapter_var *vars, size_t var_count, struct page *out, struct error *err)
{
    struct odbc_state *state = a->state;
    struct adapter_var all[16] = { { NULL, NULL } };
    struct plan_call *plan;
    struct odbc_rows rows;
    char now[CLOCK_TEXT];
    int64_t limit = 0;
    size_t n = 0;
    enum verdict v;

    *out = (struct page){ .records = NULL };
    clock_text(clock_now(), now);
    all[n++] = (struct adapter_var){ "now", now };
    for (size_t i = 0; i < var_count && n < sizeof all / sizeof *all; i++) {
        all[n++] = vars[i];
        if (!strcmp(vars[i].name, "rows") && vars[i].value)
            (void)text_int(vars[i].value, strlen(vars[i].value), &limit);
    }
    v = peer_connect(a, err);
    if (v)
        return v;
    plan = peer_call(a, call);
    if (plan->none)
        return error_set(err, V_FATAL, ADAPTER_ABSENT, "call \"%s\" is not there on \"%s\"",
                         call->name, odbc_about(state->db)->dbms);
    if (plan->count != 1 || !plan->stream)
        return error_set(err, V_FATAL, "odbc.dialect", "call \"%s\" has no sql for \"%s\"",
                         call->name, odbc_about(state->db)->dbms);
    v = peer_run(a, mem, &plan->sql[0], all, n, NULL, &rows, err);
    if (!v && !plan->columns)
        v = find_columns(a, plan, &rows, err);
    if (!v)
        make_records(mem, plan, &rows, out);
    if (!v && plan->content)
        v = peer_contents(a, mem, plan, out->records, err);
    odbc_rollback(state->db); /* reading changes nothing, and leaves no lock behind */
    if (v) {
        *out = (struct page){ .records = NULL };
        error_within(err, "call \"%s\"", call->name);
        if (odbc_lost(state->db))
            peer_leave(a);
        return v;
    }
    out->more = plan->sql[0].rows && limit > 0 && (int64_t)rows.count >= limit;
    return V_OK;
}

static void
adapter_check(const struct mapping *map, struct faults *faults)
{
    plan_check(map, faults);
}

static enum verdict
adapter_open(struct adapter *a, struct error *err)
{
    (void)a;
    (void)err;
    return V_OK; /* the first call connects, so that a database that is down stops only its own */
}

static void
adapter_close(struct adapter *a)
{
    peer_leave(a);
}

/* Asks for one row of every call that brings, and has the texts of the others read by the server:
 * a table or column that is missing shows now and not at night. */
static enum verdict
adapter_probe(struct adapter *a, struct arena *mem, const char **said, struct error *err)
{
    static const struct adapter_var vars[] = {
        { "since", "1970-01-01T00:00:00.000000Z" },
        { "cut", "1970-01-02T00:00:00.000000Z" },
        { "from", "1970-01-01T00:00:00.000000Z" },
        { "to", "1970-01-02T00:00:00.000000Z" },
        { "after", "" },
        { "rows", "1" },
        { "delivery", "00000000-0000-4000-8000-000000000000" },
        { "buckets", "" },
    };
    struct odbc_state *state = a->state;
    const struct odbc_about *about;
    enum verdict v = peer_connect(a, err);

    for (size_t i = 0; !v && i < a->map->call_count; i++) {
        const struct map_call *call = &a->map->calls[i];
        const struct plan_call *plan = peer_call(a, call);
        struct page page;

        if (plan->none)
            continue;
        if (call->brings) {
            v = adapter_pull(a, mem, call, vars, sizeof vars / sizeof *vars, &page, err);
            continue;
        }
        for (size_t s = 0; !v && s < plan->count; s++)
            if (!plan->sql[s].st)
                v = odbc_prepare(state->db, plan->sql[s].text, plan->sql[s].count, &plan->sql[s].st,
                                 err);
        odbc_rollback(state->db);
    }
    if (v)
        return v;
    about = odbc_about(state->db);
    *said = arena_format(mem, "%s %s by %s %s, %ld row%s a fetch%s", about->dbms,
                         about->dbms_version, about->driver, about->driver_version, about->block,
                         about->block == 1 ? "" : "s",
                         about->proved ? "" : ", driver not proved: see \"probe\"");
    return V_OK;
}

const struct adapter_ops adapter_odbc = {
    .abi = ADAPTER_ABI,
    .name = "odbc",
    .keys = keys,
    .options_size = sizeof(struct odbc_settings),
    .state_size = sizeof(struct odbc_state),
    .map_keys = map_keys,
    .call_keys = call_keys,
    .apart = true,
    .check = adapter_check,
    .open = adapter_open,
    .probe = adapter_probe,
    .close = adapter_close,
    .pull = adapter_pull,
    .push = peer_push,
};
