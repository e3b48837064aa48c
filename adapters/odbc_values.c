/*
 * From a planned text to a run: values out of variables and the record's fields, and what files
 * hold, row by row and piece by piece.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "odbc_peer.h"
#include "text.h"

/* Bytes of a piece of a file: what a driver holds of it is a few times that. */
#define PIECE 4194304

/* The text of a variable, in the peer's form where it is a time; NULL = absent. */
static enum verdict
variable_text(const struct adapter *a, struct arena *mem, const struct plan_value *value,
              const struct adapter_var *vars, size_t var_count, const char **out, struct error *err)
{
    const char *text = NULL;
    char form[64];
    int64_t at;

    for (size_t i = 0; i < var_count; i++)
        if (!strcmp(vars[i].name, value->word))
            text = vars[i].value;
    *out = text;
    if (!text || !value->format)
        return V_OK;
    if (!clock_from_text(text, strlen(text), &at) ||
        !clock_format(value->format, a->map->zone, at, form, sizeof form))
        return error_set(err, V_FATAL, "odbc.time", "\"$%s\" is not a time", value->word);
    *out = arena_copy(mem, form);
    return V_OK;
}

/* How many bytes the content of a record has; absent where it has none. */
static enum verdict
content_size(const struct adapter *a, struct arena *mem, const struct field *content,
             struct odbc_value *out, struct error *err)
{
    struct content_facts facts;
    enum verdict v;

    if (!content || !content->text)
        return V_OK;
    if (!a->contents)
        return error_set(err, V_FATAL, "odbc.contents", "there is no content store");
    v = content_look(a->contents, mem, content->text, &facts, err);
    if (!v) {
        out->text = arena_format(mem, "%lld", (long long)facts.size);
        out->len = strlen(out->text);
    }
    return v;
}

/* The value of one :name; *most is set by :rows. */
static enum verdict
take_value(const struct adapter *a, struct arena *mem, const struct plan_value *value,
           const struct adapter_var *vars, size_t var_count, const struct record *record,
           struct odbc_value *out, int64_t *most, struct error *err)
{
    const struct field *field = record ? &record->fields[value->slot] : NULL;
    const char *text = value->word;
    enum verdict v = V_OK;

    *out = (struct odbc_value){ .number = value->number, .bytes = value->bytes };
    switch (value->from) {
    case PLAN_FIELD:
        out->text = field ? field->text : NULL;
        out->len = field ? field->len : 0;
        return V_OK;
    case PLAN_SIZE:
        return content_size(a, mem, field, out, err);
    case PLAN_OFFSET:
    case PLAN_PIECE:
        return V_OK; /* filled by the loop over the pieces */
    case PLAN_VAR:
        v = variable_text(a, mem, value, vars, var_count, &text, err);
        if (!v && !strcmp(value->word, "rows") && text)
            (void)text_int(text, strlen(text), most);
        break;
    case PLAN_LITERAL:
        break;
    }
    if (value->zero && (!text || !*text))
        text = "0";
    out->text = text;
    out->len = text ? strlen(text) : 0;
    return v;
}

/* Values of a text, prepared at its first use. */
static enum verdict
ready(struct adapter *a, struct arena *mem, struct plan_sql *sql, const struct adapter_var *vars,
      size_t var_count, const struct record *record, struct odbc_value **values, int64_t *most,
      struct error *err)
{
    struct odbc_state *state = a->state;
    enum verdict v = V_OK;

    *values = arena_alloc(mem, (sql->count + 1) * sizeof **values);
    for (size_t i = 0; !v && i < sql->count; i++)
        v = take_value(a, mem, &sql->values[i], vars, var_count, record, &(*values)[i], most, err);
    if (!v && !sql->st)
        v = odbc_prepare(state->db, sql->text, sql->count, &sql->st, err);
    return v;
}

static enum verdict
at_line(const struct adapter *a, const struct plan_sql *sql, enum verdict v, struct error *err)
{
    char where[sizeof err->where];

    snprintf(where, sizeof where, "%s:%d", a->map->path, sql->line);
    if (v && !err->where[0])
        error_at(err, NULL, where);
    return v;
}

enum verdict
peer_run(struct adapter *a, struct arena *mem, struct plan_sql *sql, const struct adapter_var *vars,
         size_t var_count, const struct record *record, struct odbc_rows *rows, struct error *err)
{
    struct odbc_value *values;
    int64_t most = 0;
    enum verdict v = ready(a, mem, sql, vars, var_count, record, &values, &most, err);

    if (!v)
        v = odbc_run(sql->st, mem, values, most > 0 ? (size_t)most : 0, rows, err);
    return at_line(a, sql, v, err);
}

static void
set_number(struct arena *mem, struct odbc_value *value, int64_t number)
{
    value->text = arena_format(mem, "%lld", (long long)number);
    value->len = strlen(value->text);
}

/* The bytes of one record, whole or in pieces. */
static enum verdict
take_content(struct adapter *a, struct arena *mem, struct plan_sql *sql, const struct record *r,
             struct content_writer *writer, bool *found, struct error *err)
{
    struct odbc_value *values;
    int64_t got = PIECE, offset = 1, most = 0;
    enum verdict v = ready(a, mem, sql, NULL, 0, r, &values, &most, err);

    *found = false;
    while (!v && got == PIECE) {
        for (size_t i = 0; i < sql->count; i++) {
            if (sql->values[i].from == PLAN_OFFSET)
                set_number(mem, &values[i], offset);
            else if (sql->values[i].from == PLAN_PIECE)
                set_number(mem, &values[i], PIECE);
        }
        v = odbc_run_bytes(sql->st, values, writer, &got, err);
        if (!v && got < 0 && *found)
            v = error_set(err, V_RETRY, "odbc.moved", "the row went while its file was read");
        if (!v && sql->pieces && got > PIECE)
            v = error_set(err, V_FATAL, "odbc.piece", "content brings more than :piece bytes");
        *found = *found || got >= 0;
        offset += got > 0 ? got : 0;
        if (!sql->pieces)
            break;
    }
    return v;
}

static enum verdict
take_one(struct adapter *a, struct arena *mem, struct plan_call *plan, struct record *r,
         struct error *err)
{
    struct content_writer *writer = NULL;
    struct content_facts facts;
    bool found = false;
    enum verdict v = V_OK;

    if (!a->contents)
        return error_set(err, V_FATAL, "odbc.contents", "there is no content store");
    v = content_begin(a->contents, mem, &writer, err);
    if (!v)
        v = take_content(a, mem, plan->content, r, writer, &found, err);
    if (!v && found) {
        v = content_end(writer, &facts, err);
        writer = NULL;
    }
    if (writer)
        content_drop(writer);
    if (!v && found)
        r->fields[plan->bytes] = (struct field){ arena_copy(mem, facts.id), strlen(facts.id) };
    return v;
}

enum verdict
peer_contents(struct adapter *a, struct arena *mem, struct plan_call *plan, struct record *records,
              struct error *err)
{
    enum verdict v = V_OK;

    for (struct record *r = records; r && !v; r = r->next) {
        if (!r->fault)
            v = take_one(a, mem, plan, r, err);
        if (v == V_REJECT) {
            struct error *why = arena_alloc(mem, sizeof *why);

            *why = *err;
            error_at(why, plan->stream->lines[plan->bytes].canonical,
                     plan->stream->lines[plan->bytes].remote);
            r->fault = why;
            v = V_OK;
        }
    }
    return at_line(a, plan->content, v, err);
}
