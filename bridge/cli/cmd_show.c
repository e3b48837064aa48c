/*
 * show NUMBER: each event with both its times. What could name a person is printed only with
 * --personal; of what was sent, the fields that the dictionary does not call personal are printed
 * always.
 */
#include "commands.h"

#include <string.h>

#include "../core/match.h"
#include "../core/show.h"
#include "log.h"

static void
put_head(struct result_table *t, const struct show_life *life)
{
    result_row(t);
    result_text(t, life->source_system);
    result_text(t, life->number);
    result_text(t, life->police_system);
    result_text(t, life->police_number);
    result_text(t, life->unit);
    result_text(t, life->unit_name);
    result_text(t, life->status);
    result_text(t, life->satisfied);
    result_text(t, life->received);
    result_text(t, life->due);
    result_text(t, life->disposed);
    result_int(t, life->version);
}

static void
put_numbers(struct result_table *t, const struct show_life *life)
{
    for (size_t i = 0; i < life->number_count; i++) {
        result_row(t);
        result_text(t, life->number);
        result_text(t, life->numbers[i].system);
        result_text(t, life->numbers[i].number);
    }
}

/* Whether "path = value" of a remote record may be shown to anybody. */
static bool
is_open_line(const struct mapping *map, const char *line, size_t len)
{
    for (size_t i = 0; i < map->stream_count; i++)
        for (size_t k = 0; k < map->streams[i].count; k++) {
            const struct map_line *m = &map->streams[i].lines[k];
            size_t path = strlen(m->remote);

            if ((m->direction & MAP_OUT) && len > path + 2 && memcmp(line, m->remote, path) == 0 &&
                memcmp(line + path, " = ", 3) == 0)
                return !(m->field->flags & DICT_PERSONAL);
        }
    return false;
}

/* What was sent, without what is personal: "g:Code = ..., g:ActionCode = ..."; or NULL. */
static const char *
open_text(struct cli *cli, const struct show_event *e)
{
    const struct conf_system *s = conf_system_find(&cli->conf, e->system);
    const char *text = strcmp(e->what, "sent") == 0 ? e->personal : NULL, *out = NULL;

    while (s && text && *text) {
        size_t len = strcspn(text, "\n");

        if (is_open_line(s->map, text, len))
            out =
                arena_format(cli->mem, "%s%s%.*s", out ? out : "", out ? ", " : "", (int)len, text);
        text += len + (text[len] == '\n');
    }
    return out;
}

static void
put_events(struct cli *cli, struct result_table *t, const struct show_life *life, bool all)
{
    for (size_t i = 0; i < life->event_count; i++) {
        const struct show_event *e = &life->events[i];

        result_row(t);
        result_text(t, e->ist);
        result_text(t, e->utc);
        result_text(t, e->system);
        result_text(t, e->what);
        result_text(t, e->detail);
        result_text(t, e->delivery);
        if (!all)
            continue;
        result_text(t, life->number);
        result_text(t, open_text(cli, e));
        result_text(t, e->personal);
    }
}

/* For people the long texts stand below the table, by time. */
static void
put_texts(struct cli *cli, struct result *r, const struct show_life *life, bool personal)
{
    for (size_t i = 0; i < life->event_count; i++) {
        const struct show_event *e = &life->events[i];
        const char *text = personal ? e->personal : open_text(cli, e);

        if (!text || !*text)
            continue;
        result_line(r, "%s  %s  %s", e->ist, e->system, e->what);
        while (*text) {
            size_t len = strcspn(text, "\n");

            result_line(r, "    %.*s", (int)len, text);
            text += len + (text[len] == '\n');
        }
    }
}

/* The other complaints of the same grievance. */
static enum verdict
put_groups(struct cli *cli, struct pg *pg, struct result *r, const struct show_life *lives,
           size_t count, struct error *err)
{
    struct result_table *t = NULL;
    struct pg_rows rows;
    enum verdict v = V_OK;

    for (size_t i = 0; !v && i < count; i++) {
        v = match_group(pg, cli->mem, lives[i].bridge_id, &rows, err);
        if (!v && rows.count && !t)
            t = result_table(r, "duplicates", "the same grievance",
                             "system number status role nth:int came");
        if (!v && rows.count)
            result_rows(t, &rows);
    }
    return v;
}

#define HEAD                                                                                       \
    "source_system number police_system police_number unit unit_name status satisfied received "   \
    "due disposed version:int"
#define EVENTS "ist utc system what detail delivery"

/* For people: one complaint after another. */
static void
put_pages(struct cli *cli, struct result *r, const struct show_life *lives, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_head(result_table(r, "complaints", NULL, HEAD), &lives[i]);
        put_numbers(result_table(r, "numbers", "its numbers", "complaint system number"),
                    &lives[i]);
        put_events(cli, result_table(r, "events", "what happened", EVENTS), &lives[i], false);
        put_texts(cli, r, &lives[i], cli->options.personal);
    }
}

/* For programs: one table of each, with the complaint's number in every row. */
static void
put_data(struct cli *cli, struct result *r, const struct show_life *lives, size_t count)
{
    struct result_table *heads = result_table(r, "complaints", NULL, HEAD);
    struct result_table *numbers = result_table(r, "numbers", NULL, "complaint system number");
    struct result_table *events = result_table(
        r, "events", NULL,
        cli->options.personal ? EVENTS " complaint sent personal" : EVENTS " complaint sent");

    for (size_t i = 0; i < count; i++) {
        put_head(heads, &lives[i]);
        put_numbers(numbers, &lives[i]);
        put_events(cli, events, &lives[i], true);
    }
}

static int
print_lives(struct cli *cli, struct pg *pg, const struct show_life *lives, size_t count)
{
    struct result *r = result_new(cli->mem, "show");
    struct error err;
    enum verdict v;

    if (cli_form(cli) == OUTPUT_TABLE)
        put_pages(cli, r, lives, count);
    else
        put_data(cli, r, lives, count);
    v = put_groups(cli, pg, r, lives, count, &err);
    return v ? cli_fail(v, &err) : cli_print(cli, r, JOB_DONE);
}

int
cmd_show(struct cli *cli)
{
    struct show_life *lives = NULL;
    struct pg *pg = NULL;
    size_t count = 0;
    struct error err;
    int code;
    enum verdict v = session_database(&cli->conf, cli->mem, &pg, &err);

    if (!v)
        v = show_number(pg, cli->mem, cli->conf.dict, cli->words[0], &lives, &count, &err);
    if (!v && count == 0) {
        v = error_set(&err, V_REJECT, "show.unknown", "nobody knows that number");
        error_hint(&err,
                   "Blanks, dashes and case do not matter; is it one of a system in "
                   "\"%s\"?",
                   cli->conf_path);
    }
    code = v ? cli_fail(v, &err) : print_lives(cli, pg, lives, count);
    pg_close(pg);
    return code;
}
