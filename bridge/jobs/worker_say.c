/*
 * What is said by the tube: each shape of adapter.h and record.h with all of its members, as one
 * pair of functions. Of a member that is added there, a line is added here to both.
 */
#include "worker_parts.h"

#include <stdio.h>
#include <string.h>

#define FIELDS_MAX  4096 /* of a record */
#define DEEPEST     32   /* records within records */
#define ENTRIES_MAX 1000000

/* A number that tells how many follow; what is beyond reason is no message. */
static size_t
hear_count(struct tube *t, int64_t max)
{
    int64_t count = tube_number(t);

    if (count < 0 || count > max)
        tube_wrong(t);
    return t->state == TUBE_GOOD ? (size_t)count : 0;
}

/* ---- errors ---- */

void
say_error(struct tube *t, const struct error *err)
{
    tube_put_word(t, err->code);
    tube_put_word(t, err->text);
    tube_put_word(t, err->hint);
    tube_put_word(t, err->field);
    tube_put_word(t, err->where);
    tube_put_number(t, err->retry_after);
}

static void
hear_into(struct tube *t, char *out, size_t room)
{
    size_t len = hear_count(t, (int64_t)room - 1);

    tube_get(t, out, len);
    out[len] = '\0';
}

void
hear_error(struct tube *t, struct error *err)
{
    memset(err, 0, sizeof *err);
    hear_into(t, err->code, sizeof err->code);
    hear_into(t, err->text, sizeof err->text);
    hear_into(t, err->hint, sizeof err->hint);
    hear_into(t, err->field, sizeof err->field);
    hear_into(t, err->where, sizeof err->where);
    err->retry_after = (long)tube_number(t);
    error_mend(err);
}

static void
say_fault(struct tube *t, const struct error *fault)
{
    tube_put_number(t, fault != NULL);
    if (fault)
        say_error(t, fault);
}

static const struct error *
hear_fault(struct tube *t, struct arena *mem)
{
    struct error *fault;

    if (!tube_number(t))
        return NULL;
    fault = arena_alloc(mem, sizeof *fault);
    hear_error(t, fault);
    return fault;
}

/* ---- records ---- */

static void
say_fields(struct tube *t, const struct field *fields, size_t count)
{
    tube_put_number(t, fields != NULL);
    for (size_t i = 0; fields && i < count; i++)
        tube_put_text(t, fields[i].text, fields[i].len);
}

static struct field *
hear_fields(struct tube *t, struct arena *mem, size_t count)
{
    struct field *fields;

    if (!tube_number(t))
        return NULL;
    fields = arena_alloc(mem, sizeof *fields * (count + 1));
    for (size_t i = 0; i < count && t->state == TUBE_GOOD; i++)
        fields[i].text = tube_text(t, mem, &fields[i].len);
    return fields;
}

static void
say_faults_apart(struct tube *t, const struct field_fault *faults)
{
    for (; faults; faults = faults->next) {
        tube_put_number(t, 1);
        say_fault(t, faults->why);
    }
    tube_put_number(t, 0);
}

static struct field_fault *
hear_faults_apart(struct tube *t, struct arena *mem)
{
    struct field_fault *first = NULL, **end = &first;

    while (tube_number(t) && t->state == TUBE_GOOD) {
        *end = arena_alloc(mem, sizeof **end);
        (*end)->why = hear_fault(t, mem);
        if (!(*end)->why)
            tube_wrong(t);
        end = &(*end)->next;
    }
    return first;
}

static void
say_records(struct tube *t, const struct record *record)
{
    for (; record; record = record->next) {
        tube_put_number(t, 1);
        say_record(t, record);
    }
    tube_put_number(t, 0);
}

void
say_record(struct tube *t, const struct record *record)
{
    tube_put_word(t, record->stream);
    tube_put_number(t, (int64_t)record->count);
    say_fields(t, record->fields, record->count);
    say_fields(t, record->sealed, record->count);
    tube_put_text(t, record->raw, record->raw_len);
    tube_put_word(t, record->place);
    tube_put_number(t, record->ordinal);
    say_fault(t, record->fault);
    say_faults_apart(t, record->apart);
    say_records(t, record->child);
}

/* The name is borrowed from the mapping, as it was at the other end. */
static const char *
hear_stream(struct tube *t, struct arena *mem, const struct mapping *map)
{
    const char *name = tube_text(t, mem, NULL);
    const struct map_stream *stream = name ? mapping_stream(map, name) : NULL;

    return stream ? stream->name : name;
}

static struct record *
hear_chain(struct tube *t, struct arena *mem, const struct mapping *map, int depth, size_t *count);

static struct record *
hear_one(struct tube *t, struct arena *mem, const struct mapping *map, int depth)
{
    struct record *record = arena_alloc(mem, sizeof *record);
    size_t nested = 0;

    record->stream = hear_stream(t, mem, map);
    record->count = hear_count(t, FIELDS_MAX);
    record->fields = hear_fields(t, mem, record->count);
    record->sealed = hear_fields(t, mem, record->count);
    record->raw = tube_text(t, mem, &record->raw_len);
    record->place = tube_text(t, mem, NULL);
    record->ordinal = (long)tube_number(t);
    record->fault = hear_fault(t, mem);
    record->apart = hear_faults_apart(t, mem);
    record->child = hear_chain(t, mem, map, depth + 1, &nested);
    return record;
}

static struct record *
hear_chain(struct tube *t, struct arena *mem, const struct mapping *map, int depth, size_t *count)
{
    struct record *first = NULL, **end = &first;

    if (depth > DEEPEST)
        tube_wrong(t);
    while (tube_number(t) && t->state == TUBE_GOOD) {
        *end = hear_one(t, mem, map, depth);
        end = &(*end)->next;
        (*count)++;
    }
    return first;
}

struct record *
hear_record(struct tube *t, struct arena *mem, const struct mapping *map)
{
    return hear_one(t, mem, map, 0);
}

/* ---- pages ---- */

void
say_page(struct tube *t, const struct page *page)
{
    say_records(t, page->records);
    tube_put_number(t, (int64_t)page->count);
    tube_put_number(t, page->more);
    tube_put_text(t, page->raw, page->raw_len);
    tube_put_word(t, page->from);
}

void
hear_page(struct tube *t, struct arena *mem, const struct mapping *map, struct page *page)
{
    size_t count = 0;

    *page = (struct page){ .records = NULL };
    page->records = hear_chain(t, mem, map, 0, &count);
    page->count = hear_count(t, INT64_MAX);
    page->more = tube_number(t) != 0;
    page->raw = tube_text(t, mem, &page->raw_len);
    page->from = tube_text(t, mem, NULL);
    if (page->count != count)
        tube_wrong(t);
}

/* ---- what a call is given ---- */

void
say_vars(struct tube *t, const struct adapter_var *vars, size_t count)
{
    tube_put_number(t, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        tube_put_word(t, vars[i].name);
        tube_put_word(t, vars[i].value);
    }
}

struct adapter_var *
hear_vars(struct tube *t, struct arena *mem, size_t *count)
{
    struct adapter_var *vars;

    *count = hear_count(t, FIELDS_MAX);
    vars = arena_alloc(mem, sizeof *vars * (*count + 1));
    for (size_t i = 0; i < *count; i++) {
        vars[i].name = tube_text(t, mem, NULL);
        vars[i].value = tube_text(t, mem, NULL);
    }
    return vars;
}

void
say_items(struct tube *t, const struct push_item *items, size_t count)
{
    tube_put_number(t, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        tube_put_word(t, items[i].delivery);
        tube_put_number(t, items[i].verdict);
        say_record(t, items[i].record);
    }
}

struct push_item *
hear_items(struct tube *t, struct arena *mem, const struct mapping *map, size_t *count)
{
    struct push_item *items;

    *count = hear_count(t, ENTRIES_MAX);
    items = arena_alloc(mem, sizeof *items * (*count + 1));
    for (size_t i = 0; i < *count && t->state == TUBE_GOOD; i++) {
        items[i].delivery = tube_text(t, mem, NULL);
        items[i].verdict = (enum verdict)tube_number(t);
        items[i].record = hear_record(t, mem, map);
    }
    return items;
}

void
say_answers(struct tube *t, const struct push_item *items, size_t count)
{
    tube_put_number(t, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        tube_put_number(t, items[i].verdict);
        tube_put_word(t, items[i].receipt);
        tube_put_word(t, items[i].said);
        tube_put_word(t, items[i].detail);
    }
}

void
hear_answers(struct tube *t, struct arena *mem, struct push_item *items, size_t count)
{
    if (tube_number(t) != (int64_t)count)
        tube_wrong(t);
    for (size_t i = 0; i < count && t->state == TUBE_GOOD; i++) {
        int64_t v = tube_number(t);

        if (v < V_OK || v > V_IN_DOUBT)
            tube_wrong(t);
        items[i].verdict = (enum verdict)v;
        items[i].receipt = tube_text(t, mem, NULL);
        items[i].said = tube_text(t, mem, NULL);
        items[i].detail = tube_text(t, mem, NULL);
    }
}
