/*
 * A life is read by four statements for each complaint that the number stands for. SQL gathers and
 * orders; here times get their two faces, packed records become text, and what a new version
 * changed is split by the dictionary into what may be shown and what is personal.
 */
#include "show.h"

#include "clock.h"
#include "mapper.h"
#include "text.h"

#include <string.h>

static const char IST[] = "Asia/Kolkata";

static const char *
time_text(struct arena *mem, int64_t at, const char *zone, const char *suffix)
{
    char text[40];
    int minutes = 0;

    if (!clock_zone(zone, &minutes) ||
        !clock_format("%Y-%m-%d %H:%M:%S", minutes, at, text, sizeof text))
        return "";
    return arena_format(mem, "%s %s", text, suffix);
}

static void
set_time(struct arena *mem, struct show_event *event, int64_t at)
{
    event->at = at;
    event->utc = time_text(mem, at, "UTC", "UTC");
    event->ist = time_text(mem, at, IST, "IST");
}

static const char *
ist_or_null(struct arena *mem, const struct pg_rows *rows, const char *has, const char *column)
{
    return pg_bool(rows, 0, has) ? time_text(mem, pg_int(rows, 0, column), IST, "IST") : NULL;
}

static struct show_event *
add_event(struct arena *mem, struct show_life *life, size_t *room)
{
    life->events = arena_grow(mem, life->events, life->event_count, room, sizeof *life->events);
    life->events[life->event_count] = (struct show_event){ .detail = "" };
    return &life->events[life->event_count++];
}

static enum verdict
read_head(struct pg *pg, struct arena *mem, const char *id, struct show_life *life,
          struct error *err)
{
    const char *values[] = { id };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "show_head", values, 1, &rows, err);

    if (v)
        return v;
    if (!rows.count)
        return error_set(err, V_FATAL, "show.gone", "complaint %s is not in staging", id);
    life->bridge_id = pg_int(&rows, 0, "bridge_id");
    life->source_system = pg_named(&rows, 0, "source_system");
    life->number = pg_named(&rows, 0, "number");
    life->police_system = pg_named(&rows, 0, "police_system");
    life->police_number = pg_named(&rows, 0, "police_number");
    life->unit = pg_named(&rows, 0, "unit");
    life->unit_name = pg_named(&rows, 0, "unit_name");
    life->status = pg_named(&rows, 0, "status");
    life->satisfied = pg_named(&rows, 0, "satisfied");
    life->version = (long)pg_int(&rows, 0, "version");
    life->received = ist_or_null(mem, &rows, "has_received", "received_at");
    life->due = ist_or_null(mem, &rows, "has_due", "due_at");
    life->disposed = ist_or_null(mem, &rows, "has_disposed", "disposed_at");
    return V_OK;
}

static enum verdict
read_numbers(struct pg *pg, struct arena *mem, const char *id, struct show_life *life,
             struct error *err)
{
    const char *values[] = { id };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "show_numbers", values, 1, &rows, err);

    if (v)
        return v;
    life->numbers = arena_alloc(mem, (rows.count + 1) * sizeof *life->numbers);
    life->number_count = rows.count;
    for (size_t i = 0; i < rows.count; i++)
        life->numbers[i] = (struct show_number){ .system = pg_named(&rows, i, "system"),
                                                 .number = pg_named(&rows, i, "number") };
    return V_OK;
}

static enum verdict
read_events(struct pg *pg, struct arena *mem, const char *id, struct show_life *life, size_t *room,
            struct error *err)
{
    const char *values[] = { id };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "show_events", values, 1, &rows, err);

    for (size_t i = 0; !v && i < rows.count; i++) {
        struct show_event *event = add_event(mem, life, room);
        size_t len = 0;
        const char *sent = pg_bytes(mem, &rows, i, "sent", &len);

        set_time(mem, event, pg_int(&rows, i, "at"));
        event->system = pg_named(&rows, i, "system");
        event->what = pg_named(&rows, i, "what");
        event->detail = pg_named(&rows, i, "detail");
        event->delivery = pg_named(&rows, i, "delivery");
        event->personal = sent ? remote_text(mem, sent, len) : pg_named(&rows, i, "personal");
    }
    return v;
}

/* Columns of the complaint that are not in the dictionary are the bridge's own: not personal. */
static const struct dict_field *
complaint_field(const struct dict *dict, const char *name)
{
    const struct dict_stream *stream = dict ? dict_stream_find(dict, "complaint") : NULL;
    long slot = stream ? dict_slot(stream, name) : -1;

    return slot < 0 ? NULL : &stream->fields[slot];
}

static const char *
value_text(struct arena *mem, const struct dict_field *field, const char *value)
{
    int64_t at;

    if (!value)
        return "-";
    if (field && field->kind == KIND_TIME && clock_parse("iso", 0, value, strlen(value), &at))
        return time_text(mem, at, IST, "IST");
    return value;
}

static const char *
join(struct arena *mem, const char *list, const char *by, const char *item)
{
    return list && *list ? arena_format(mem, "%s%s%s", list, by, item) : item;
}

/* Rows come by version; those of one version make one event. */
static enum verdict
read_changes(struct pg *pg, struct arena *mem, const struct dict *dict, const char *id,
             struct show_life *life, size_t *room, struct error *err)
{
    const char *values[] = { id };
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, "show_changes", values, 1, &rows, err);
    struct show_event *event = NULL;
    int64_t version = -1;

    for (size_t i = 0; !v && i < rows.count; i++) {
        const char *name = pg_named(&rows, i, "field");
        const struct dict_field *field = complaint_field(dict, name);
        const char *change = arena_format(mem, "%s: %s -> %s", name,
                                          value_text(mem, field, pg_named(&rows, i, "before")),
                                          value_text(mem, field, pg_named(&rows, i, "after")));

        if (!event || pg_int(&rows, i, "version") != version) {
            version = pg_int(&rows, i, "version");
            event = add_event(mem, life, room);
            set_time(mem, event, pg_int(&rows, i, "at"));
            event->system = "bridge";
            event->what = "changed";
            event->detail =
                arena_format(mem, "by %s, run %s, now version %lld", pg_named(&rows, i, "system"),
                             pg_named(&rows, i, "run_id"), (long long)version + 1);
        }
        if (field && field->flags & DICT_PERSONAL) {
            event->detail = join(mem, event->detail, "; ", name);
            event->personal = join(mem, event->personal, "\n", change);
        } else {
            event->detail = join(mem, event->detail, "; ", change);
        }
    }
    return v;
}

/* Keeps the order of events of the same instant. */
static void
sort_events(struct arena *mem, struct show_event *items, size_t count)
{
    struct show_event *other = arena_alloc(mem, (count + 1) * sizeof *other);

    for (size_t width = 1; width < count; width *= 2) {
        for (size_t from = 0; from < count; from += 2 * width) {
            size_t middle = from + width < count ? from + width : count;
            size_t end = middle + width < count ? middle + width : count;
            size_t a = from, b = middle;

            for (size_t out = from; out < end; out++) {
                bool left = a < middle && (b == end || items[a].at <= items[b].at);

                other[out] = left ? items[a++] : items[b++];
            }
        }
        memcpy(items, other, count * sizeof *items);
    }
}

static enum verdict
read_life(struct pg *pg, struct arena *mem, const struct dict *dict, const char *id,
          struct show_life *life, struct error *err)
{
    size_t room = 0;
    enum verdict v = read_head(pg, mem, id, life, err);

    if (!v)
        v = read_numbers(pg, mem, id, life, err);
    if (!v)
        v = read_events(pg, mem, id, life, &room, err);
    if (!v)
        v = read_changes(pg, mem, dict, id, life, &room, err);
    if (!v)
        sort_events(mem, life->events, life->event_count);
    return v;
}

/* One life for each system that holds records under this number. */
static enum verdict
read_held(struct pg *pg, struct arena *mem, const char *norm, const char *number,
          struct show_life **out, size_t *count, struct error *err)
{
    const char *values[] = { norm };
    struct pg_rows rows;
    struct show_life *life = NULL;
    size_t lives_room = 0, room = 0;
    enum verdict v = pg_run(pg, mem, "show_held", values, 1, &rows, err);

    for (size_t i = 0; !v && i < rows.count; i++) {
        const char *system = pg_named(&rows, i, "system");
        struct show_event *event;

        if (!life || strcmp(life->source_system, system) != 0) {
            *out = arena_grow(mem, *out, *count, &lives_room, sizeof **out);
            life = &(*out)[(*count)++];
            *life = (struct show_life){ .source_system = system, .number = number };
            life->status = "held";
            room = 0;
        }
        event = add_event(mem, life, &room);
        set_time(mem, event, pg_int(&rows, i, "at"));
        event->system = system;
        event->what = "held";
        event->detail =
            arena_format(mem, "%s %s", pg_named(&rows, i, "stream"), pg_named(&rows, i, "detail"));
        if (pg_bool(&rows, i, "ended")) {
            event = add_event(mem, life, &room);
            set_time(mem, event, pg_int(&rows, i, "ended_at"));
            event->system = system;
            event->what = "released";
            event->detail = pg_named(&rows, i, "ended_detail");
        }
    }
    for (size_t i = 0; !v && i < *count; i++)
        sort_events(mem, (*out)[i].events, (*out)[i].event_count);
    return v;
}

static const char *
as_reference(struct arena *mem, const char *number)
{
    char *id = arena_copy(mem, number);

    if (strlen(id) != 36)
        return NULL;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? id[i] != '-' : !strchr("0123456789abcdefABCDEF", id[i]))
            return NULL;
    }
    return id;
}

enum verdict
show_number(struct pg *pg, struct arena *mem, const struct dict *dict, const char *number,
            struct show_life **out, size_t *count, struct error *err)
{
    struct pg_rows rows;
    const char *norm;
    enum verdict v;

    *out = NULL;
    *count = 0;
    if (!text_is_utf8(number, strlen(number), NULL))
        return error_set(err, V_REJECT, "show.number", "the number is not UTF-8");
    norm = text_number_norm(mem, number);

    const char *values[] = { norm, as_reference(mem, number) };

    v = pg_run(pg, mem, "show_find", values, 2, &rows, err);
    if (v)
        return v;
    if (!rows.count)
        return read_held(pg, mem, norm, number, out, count, err);
    *out = arena_alloc(mem, rows.count * sizeof **out);
    for (size_t i = 0; !v && i < rows.count; i++)
        v = read_life(pg, mem, dict, pg_named(&rows, i, "bridge_id"), &(*out)[i], err);
    *count = v ? 0 : rows.count;
    return v;
}
