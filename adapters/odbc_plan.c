/*
 * From the pairs of a [call] to statements with their values in order. The same code serves the
 * check of a map (every dialect's text) and its use (one dialect's).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "args.h"
#include "clock.h"
#include "odbc_plan.h"
#include "text.h"

#define TIME_FORM "%Y-%m-%d %H:%M:%S"

static const char *const dialects[] = { "sqlite", "mysql", "pgsql", "mssql" };

/* "sql" and "sql.x" -> the dialect's word, "" without one; NULL when the key is another. */
static const char *
key_dialect(const char *key, const char *base)
{
    size_t len = strlen(base);

    if (strncmp(key, base, len) != 0)
        return NULL;
    if (key[len] == '\0')
        return "";
    return key[len] == '.' ? key + len + 1 : NULL;
}

/* :name VALUE [int] [format="..."]; NULL, or what is wrong. */
static const char *
read_arg(struct arena *mem, const char *text, bool push, const char **name, struct plan_value *out)
{
    const char *at = text, *word, *value;
    const struct arg_variable *var = NULL;
    bool quoted;

    word = arg_word(mem, &at, &quoted);
    if (!word || word[0] != ':' || !word[1])
        return "arg must be \":name $variable\"";
    *name = word + 1;
    value = arg_word(mem, &at, &quoted);
    if (!value)
        return "arg has no value";
    *out = (struct plan_value){ .from = PLAN_LITERAL, .word = value };
    if (value[0] == '$' && !quoted) {
        var = arg_variable_find(value + 1, push);
        if (!var)
            return arena_format(mem, "unknown variable; %s", arg_variable_names(push));
        *out = (struct plan_value){ .from = PLAN_VAR,
                                    .word = value + 1,
                                    .number = !strcmp(value + 1, "rows") };
        out->format = var->time ? TIME_FORM : NULL;
    }
    while ((word = arg_word(mem, &at, &quoted)) != NULL) {
        if (!strcmp(word, "int") && !quoted) {
            out->number = true;
            out->zero = true;
        } else if (!strncmp(word, "format=", 7)) {
            out->format = word + 7;
            if (!var || !var->time)
                return "format= is for a variable that is a time";
            if (clock_format_fault(out->format))
                return "format= is not a good form of a time";
        } else {
            return "an arg takes int and format=\"...\" only";
        }
    }
    return NULL;
}

/* A column that the stream reads or writes, or -1. */
static long
field_named(const struct map_stream *stream, enum map_direction way, const char *name)
{
    for (size_t i = 0; stream && i < stream->count; i++)
        if ((stream->lines[i].direction & way) && !strcasecmp(stream->lines[i].remote, name))
            return (long)i;
    return -1;
}

/* The line of kind bytes that goes this way, or -1. */
static long
bytes_line(const struct map_stream *stream, enum map_direction way)
{
    for (size_t i = 0; stream && i < stream->count; i++)
        if ((stream->lines[i].direction & way) && stream->lines[i].kind == KIND_BYTES)
            return (long)i;
    return -1;
}

static const char *
find_value(struct arena *mem, const struct map_call *call, const struct map_stream *stream,
           bool of_row, const char *name, struct plan_value *out)
{
    bool push = call->carries != NULL;
    const struct arg_variable *var = arg_variable_find(name, push);
    long slot = push     ? field_named(stream, MAP_OUT, name)
                : of_row ? field_named(stream, MAP_IN, name)
                         : -1;
    long bytes = push ? bytes_line(stream, MAP_OUT) : -1;

    for (size_t i = 0; i < call->count; i++) {
        const char *arg_name = "";

        if (strcmp(call->pairs[i].key, "arg") != 0 ||
            read_arg(mem, call->pairs[i].value, push, &arg_name, out))
            continue;
        if (!strcmp(arg_name, name))
            return NULL;
    }
    if (slot >= 0) {
        *out = (struct plan_value){ .from = PLAN_FIELD,
                                    .slot = (size_t)slot,
                                    .number = stream->lines[slot].kind == KIND_INT,
                                    .bytes = stream->lines[slot].kind == KIND_BYTES };
        return NULL;
    }
    if (bytes >= 0 && !strcmp(name, "content_size")) {
        *out = (struct plan_value){ .from = PLAN_SIZE, .slot = (size_t)bytes, .number = true };
        return NULL;
    }
    if (of_row && (!strcmp(name, "offset") || !strcmp(name, "piece"))) {
        *out =
            (struct plan_value){ .from = *name == 'o' ? PLAN_OFFSET : PLAN_PIECE, .number = true };
        return NULL;
    }
    if (of_row)
        return "is neither a column that the stream reads, nor offset or piece";
    if (!var)
        return push ? "is neither an arg, nor a column that the stream writes, nor a variable"
                    : "is neither an arg nor a variable";
    *out = (struct plan_value){ .from = PLAN_VAR,
                                .word = var->name,
                                .format = var->time ? TIME_FORM : NULL,
                                .number = !strcmp(name, "rows") };
    return NULL;
}

/* One text; false when it has faults. */
static bool
read_sql(struct arena *mem, const struct mapping *map, const struct map_call *call,
         const struct map_stream *stream, const struct map_pair *pair, struct plan_sql *out,
         struct faults *faults)
{
    struct odbc_named named;
    struct plan_value *values;
    const char *wrong = odbc_named_read(mem, pair->value, &named);
    bool good = true, of_row = key_dialect(pair->key, "content") != NULL;

    if (wrong) {
        fault_add(faults, map->path, pair->line, "%s: %s", pair->key, wrong);
        return false;
    }
    values = arena_alloc(mem, (named.count + 1) * sizeof *values);
    *out = (struct plan_sql){
        .text = named.text, .values = values, .count = named.count, .expect = 1, .line = pair->line
    };
    for (size_t i = 0; i < named.count; i++) {
        wrong = find_value(mem, call, stream, of_row, named.names[i], &values[i]);
        if (wrong) {
            fault_add(faults, map->path, pair->line, "%s: \":%s\" %s", pair->key, named.names[i],
                      wrong);
            good = false;
        }
        if (!wrong && values[i].from == PLAN_VAR && !strcmp(values[i].word, "rows"))
            out->rows = true;
        if (!wrong && values[i].from == PLAN_OFFSET)
            out->pieces = true;
    }
    return good;
}

static bool
read_expect(const struct mapping *map, const struct map_pair *pair, long *out,
            struct faults *faults)
{
    int64_t n;

    if (!strcmp(pair->value, "any")) {
        *out = PLAN_ANY;
        return true;
    }
    if (text_int(pair->value, strlen(pair->value), &n) && n >= 0 && n <= 1000000) {
        *out = (long)n;
        return true;
    }
    fault_add(faults, map->path, pair->line, "expect must be a number of rows or \"any\"");
    return false;
}

/* "sql.DIALECT = none": that product cannot do what the call is for. */
static bool
is_none(const struct map_call *call, const struct map_pair *pair)
{
    const char *word = key_dialect(pair->key, "sql");

    return call->brings && word && *word && !strcmp(pair->value, "none");
}

/* The dialect whose texts count: word where the call has such a key for it, else "". */
static const char *
dialect_used(const struct map_call *call, const char *base, const char *word)
{
    for (size_t i = 0; i < call->count; i++) {
        const char *dialect = key_dialect(call->pairs[i].key, base);

        if (dialect && *dialect && !strcmp(dialect, word))
            return word;
    }
    return "";
}

static const struct map_stream *
call_stream(const struct mapping *map, const struct map_call *call)
{
    const char *name = call->carries ? call->carries : call->brings;

    return name ? mapping_stream(map, name) : NULL;
}

/* A text that stands once in a call. */
static bool
read_single(struct arena *mem, const struct mapping *map, const struct plan_call *plan,
            const struct map_pair *pair, struct plan_sql **out, struct faults *faults)
{
    *out = arena_alloc(mem, sizeof **out);
    return read_sql(mem, map, plan->call, plan->stream, pair, *out, faults);
}

static bool
read_call(struct arena *mem, const struct mapping *map, const struct map_call *call,
          const char *dialect, struct plan_call *out, struct faults *faults)
{
    const char *wanted = dialect_used(call, "sql", dialect);
    const char *wanted_content = dialect_used(call, "content", dialect);
    bool good = true, mine = false;

    *out = (struct plan_call){ .call = call, .stream = call_stream(map, call) };
    out->sql = arena_alloc(mem, (call->count + 1) * sizeof *out->sql);
    for (size_t i = 0; i < call->count; i++) {
        const struct map_pair *pair = &call->pairs[i];
        const char *word = key_dialect(pair->key, "sql");
        const char *content = key_dialect(pair->key, "content");

        if (word) {
            mine = !strcmp(word, wanted);
            out->none = out->none || (mine && is_none(call, pair));
            if (mine && !out->none &&
                !read_sql(mem, map, call, out->stream, pair, &out->sql[out->count++], faults))
                good = false;
        } else if (!strcmp(pair->key, "expect") && mine && out->count > 0) {
            good = read_expect(map, pair, &out->sql[out->count - 1].expect, faults) && good;
        } else if (!strcmp(pair->key, "receipt")) {
            good = read_single(mem, map, out, pair, &out->receipt, faults) && good;
        } else if (content && !strcmp(content, wanted_content)) {
            good = read_single(mem, map, out, pair, &out->content, faults) && good;
            out->bytes = (size_t)bytes_line(out->stream, MAP_IN);
        }
    }
    if (!good || (out->content && out->bytes == SIZE_MAX))
        *out = (struct plan_call){ .call = call };
    return good;
}

void
plan_read(struct arena *mem, const struct mapping *map, enum odbc_dialect dialect, struct plan *out,
          struct faults *faults)
{
    const char *word = odbc_dialect_word(dialect);
    const char **session = arena_alloc(mem, (map->pair_count + 1) * sizeof *session);

    *out = (struct plan){ .count = map->call_count };
    out->calls = arena_alloc(mem, (map->call_count + 1) * sizeof *out->calls);
    for (size_t i = 0; i < map->call_count; i++)
        (void)read_call(mem, map, &map->calls[i], word, &out->calls[i], faults);
    for (size_t i = 0; i < map->pair_count; i++) {
        const char *of = key_dialect(map->pairs[i].key, "session");

        if (of && (!*of || !strcmp(of, word)))
            session[out->session_count++] = map->pairs[i].value;
    }
    out->session = session;
}

/* Columns that the stream reads must be named by the text that brings them. */
static void
check_columns(const struct mapping *map, const struct map_stream *stream,
              const struct map_pair *pair, struct faults *faults)
{
    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];

        if ((line->direction & MAP_IN) && line->kind != KIND_BYTES &&
            !odbc_sql_has(pair->value, line->remote))
            fault_add(faults, map->path, pair->line,
                      "%s: brings no column \"%s\", which line %d reads", pair->key, line->remote,
                      line->line);
    }
}

static void
check_pair(struct arena *mem, const struct mapping *map, const struct map_call *call,
           const struct map_stream *stream, size_t i, const char *last, struct faults *faults)
{
    const struct map_pair *pair = &call->pairs[i];
    const char *word = key_dialect(pair->key, "sql"), *name = "", *wrong;
    const char *content = key_dialect(pair->key, "content");
    struct plan_value value;
    struct plan_sql sql;
    long expect;

    if (is_none(call, pair))
        return;
    if (word || content || !strcmp(pair->key, "receipt")) {
        (void)read_sql(mem, map, call, stream, pair, &sql, faults);
        if (word && call->brings && stream)
            check_columns(map, stream, pair, faults);
        if (word && call->brings && last && !strcmp(last, word))
            fault_add(faults, map->path, pair->line, "%s: a call that brings has one text",
                      pair->key);
    } else if (!strcmp(pair->key, "expect")) {
        (void)read_expect(map, pair, &expect, faults);
        if (!last || !call->carries)
            fault_add(faults, map->path, pair->line,
                      "expect belongs after a sql line of a call that carries");
    } else if (!strcmp(pair->key, "arg")) {
        wrong = read_arg(mem, pair->value, call->carries != NULL, &name, &value);
        if (wrong)
            fault_add(faults, map->path, pair->line, "%s", wrong);
    }
}

/* A column of kind bytes is brought by a text of its own, and by nothing else. */
static void
check_content(const struct mapping *map, const struct map_call *call,
              const struct map_stream *stream, struct faults *faults)
{
    long line = call->brings ? bytes_line(stream, MAP_IN) : -1;
    int told = 0;

    for (size_t i = 0; i < call->count; i++)
        if (key_dialect(call->pairs[i].key, "content"))
            told = call->pairs[i].line;
    if (told && line < 0)
        fault_add(faults, map->path, told,
                  "content is for a call that brings a column of kind bytes");
    if (!told && line >= 0)
        fault_add(faults, map->path, call->line,
                  "call \"%s\" needs \"content =\", a query that brings \"%s\" of line %d",
                  call->name, stream->lines[line].remote, stream->lines[line].line);
}

static void
check_call(struct arena *mem, const struct mapping *map, const struct map_call *call,
           struct faults *faults)
{
    const struct map_stream *stream = call_stream(map, call);
    const char *last = NULL; /* dialect of the sql line above */
    const char *receipt = map_get(call->pairs, call->count, "receipt");
    bool applied = false;

    for (size_t i = 0; i < call->count; i++) {
        const struct map_pair *pair = &call->pairs[i];
        const char *word = key_dialect(pair->key, "sql");
        const char *content = key_dialect(pair->key, "content");
        const char *of = word ? word : content;
        bool known = !of || !*of;

        check_pair(mem, map, call, stream, i, last, faults);
        for (size_t d = 0; !known && d < sizeof dialects / sizeof *dialects; d++)
            known = !strcmp(of, dialects[d]);
        if (!known)
            fault_add(faults, map->path, pair->line,
                      "unknown dialect \"%s\": sqlite, mysql, pgsql or mssql", of);
        last = word ? word : last;
        applied = applied || (word && strstr(pair->value, ":delivery"));
    }
    if (!last)
        fault_add(faults, map->path, call->line, "call \"%s\" has no sql", call->name);
    check_content(map, call, stream, faults);
    if (receipt && !call->carries)
        fault_add(faults, map->path, call->line, "receipt is for a call that carries");
    if (call->keyed && (!receipt || !applied))
        fault_add(faults, map->path, call->line,
                  "call \"%s\" says key =, so its sql must write :delivery and its receipt must "
                  "find it",
                  call->name);
}

void
plan_check(const struct mapping *map, struct faults *faults)
{
    struct arena *mem = arena_new("odbc check");

    for (size_t i = 0; i < map->call_count; i++)
        check_call(mem, map, &map->calls[i], faults);
    for (size_t i = 0; i < map->stream_count; i++)
        if (map->streams[i].parent)
            fault_add(faults, map->path, map->streams[i].line,
                      "a row holds no rows: \"%s\" needs a call of its own", map->streams[i].name);
    arena_free(mem);
}
