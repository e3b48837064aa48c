/*
 * Laws of every map of the folder: "map check" finds no fault, and for 1,000 records of each stream
 * that goes both ways in(out(x)) = x, but for the losses that the map declares. Every word of every
 * code table, texts of the greatest length, decomposed and joined Devanagari are among them. The
 * seed is fixed and printed; MAP_LAW_SEED gives another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#include "clock.h"
#include "core/codes.h"
#include "core/convert.h"
#include "core/map_tools.h"
#include "map_draw.h"
#include "map_fixture.h"

#define RECORDS 1000

static struct map_fixture f;
static struct arena *work; /* of one record */
static uint64_t seed = 20201122;

/* ---- values ---- */

static const char *
draw_time(const struct map_line *line)
{
    int64_t at = (int64_t)draw(4102444800U) * 1000000; /* to 2100 */
    char *text = arena_alloc(work, CLOCK_TEXT);

    if (strcmp(line->format, "iso") == 0 || strstr(line->format, "%f"))
        at += (int64_t)draw(1000000);
    clock_text(at, text);
    return text;
}

static const char *
draw_unit(const struct map_line *line)
{
    for (int i = 0; i < 10000; i++) {
        const struct unit *unit = &f.units.items[draw(f.units.count)];

        if (!unit->valid_from && !unit->valid_to &&
            units_code(&f.units, line->scheme, unit->code, NULL))
            return unit->code;
    }
    fail_msg("%s:%d: no unit of scheme %s", f.map.path, line->line, line->scheme);
    return NULL;
}

static const char *
draw_int(const struct dict_field *field)
{
    uint64_t span;

    if (!field->ranged)
        return arena_format(work, "%lld", (long long)draw(UINT64_C(1) << 62) * (draw(2) ? 1 : -1));
    span = (uint64_t)field->high - (uint64_t)field->low;
    switch (draw(10)) {
    case 0:
        return arena_format(work, "%lld", (long long)field->low);
    case 1:
        return arena_format(work, "%lld", (long long)field->high);
    default:
        return arena_format(work, "%lld", (long long)field->low + (long long)draw(span));
    }
}

static const char *
draw_hex(void)
{
    char *text = arena_alloc(work, 65);

    for (int i = 0; i < 64; i++)
        text[i] = "0123456789abcdef"[draw(16)];
    return text;
}

/* The value that comes back when this row's word goes out. */
static const struct map_code *
settled(const struct codes *codes, const struct map_code *code)
{
    const struct map_code *there =
        codes_to_remote(codes, code->canonical, strlen(code->canonical), code->remote_text);
    const struct map_code *back =
        codes_from_remote(codes, there->remote, strlen(there->remote), there->remote_text);

    assert_non_null(back);
    if (strcmp(back->canonical, code->canonical) != 0 && !there->loss && !back->loss)
        fail_msg("%s:%d: \"%s\" comes back as \"%s\"", codes->path, code->line, code->canonical,
                 back->canonical);
    return back;
}

static const char *
draw_value(const struct map_line *line)
{
    char day[CLOCK_TEXT];
    const char *text;

    switch (line->kind) {
    case KIND_TEXT:
        text = line->match ? draw_match(work, line) : draw_text(work, line);
        if (!text)
            fail_msg("%s:%d: the test makes no text of the form %s", f.map.path, line->line,
                     line->match);
        return text;
    case KIND_CODE:
        return NULL; /* by draw_code() */
    case KIND_UNIT:
        return draw_unit(line);
    case KIND_INT:
        return draw_int(line->field);
    case KIND_BOOL:
        return draw(2) ? "true" : "false";
    case KIND_DATE:
        clock_text((int64_t)draw(4102444800U) * 1000000, day);
        return arena_text(work, day, 10);
    case KIND_TIME:
        return draw_time(line);
    case KIND_MOBILE:
        return arena_format(work, "+91%c%09u", (char)('5' + (char)draw(5)),
                            (unsigned)draw(1000000000));
    case KIND_BYTES:
        return draw_hex();
    }
    return NULL;
}

static void
set(struct record *record, size_t slot, const char *text)
{
    record->fields[slot] = (struct field){ text, text ? strlen(text) : 0 };
}

/* Row n of the table, so that every word has its turn; the text beside it goes with it. */
static void
draw_code(const struct map_line *line, size_t n, struct record *x)
{
    const struct line_plan *plan = line->compiled;
    const struct map_code *code = settled(line->codes, &line->codes->items[n % line->codes->count]);

    set(x, line->slot, code->canonical);
    if (plan->with_slot >= 0 && code->remote_text)
        set(x, (size_t)plan->with_slot, code->remote_text);
}

/* A canonical record with a value, mostly, for each line of these directions; codes come last, for
 * they rule the texts beside them, and lines that go both ways after those that go one way. */
static struct record *
draw_record(const struct map_stream *stream, size_t n, bool read_only)
{
    struct record *x = arena_alloc(work, sizeof *x);

    x->stream = stream->dict->name;
    x->count = stream->dict->count;
    x->fields = arena_alloc(work, x->count * sizeof *x->fields);
    for (int pass = 0; pass < 4; pass++) {
        for (size_t i = 0; i < stream->count; i++) {
            const struct map_line *line = &stream->lines[i];
            bool coded = line->kind == KIND_CODE;

            if ((line->direction == MAP_IN) != read_only ||
                pass != (coded ? 2 : 0) + (line->direction == MAP_BOTH))
                continue;
            if (!(line->flags & (MAP_REQUIRED | MAP_KEY)) && !line->fallback && draw(8) == 0)
                continue;
            if (coded)
                draw_code(line, n, x);
            else
                set(x, line->slot, draw_value(line));
        }
    }
    return x;
}

/* A text that goes both ways beside a word that is only read suits that word. */
static void
share_texts(const struct map_stream *stream, const struct record *read, struct record *x)
{
    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];
        const struct line_plan *plan = line->compiled;

        if (line->direction == MAP_IN && plan->with_slot >= 0 && read->fields[plan->with_slot].text)
            x->fields[plan->with_slot] = read->fields[plan->with_slot];
    }
}

/* A map that keeps nothing refuses a sealed sender of whom a record tells. */
static void
hide_sender(const struct map_stream *stream, struct record *x)
{
    long identity = dict_slot(stream->dict, "identity");

    if (f.map.keep != KEEP_DIGEST || identity < 0 || !x->fields[identity].text ||
        strcmp(x->fields[identity].text, "S") != 0)
        return;
    for (size_t i = 0; i < stream->dict->count; i++)
        if (mapper_is_of_sender(stream->dict->fields[i].name))
            x->fields[i] = (struct field){ NULL, 0 };
}

/* ---- the law ---- */

static void
fault(const struct map_line *line, size_t n, const char *what)
{
    fail_msg("%s:%d: %s: %s (record %zu, seed %llu)", f.map.path, line->line, line->canonical, what,
             n, (unsigned long long)seed);
}

static bool
same(const struct field *a, const struct field *b)
{
    return a->len == b->len && !a->text == !b->text &&
           (!a->text || memcmp(a->text, b->text, a->len) == 0);
}

/* What is only read is spelled as the peer would, so that the record can be read. */
static void
fill_read_only(const struct map_stream *stream, const struct record *x, struct record *there)
{
    struct mapper_losses losses = { 0, 0 };
    struct error err;

    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];
        const struct line_plan *plan = line->compiled;
        struct beside beside = { NULL, NULL, NULL };

        if (line->direction != MAP_IN)
            continue;
        if (plan->with_slot >= 0)
            beside.text = x->fields[plan->with_slot].text;
        if (convert_out(&f.mapper, work, line, &x->fields[line->slot], &beside, &there->fields[i],
                        &losses, &err) != V_OK)
            fail_msg("%s:%d: cannot be spelled: %s", f.map.path, line->line, err.text);
    }
}

/* What was read of lines that are only read, in the peer's words once more: a form that cannot say
 * all (a day for an instant) must at least say the same. */
static struct record *
spell_again(const struct map_stream *stream, struct record *back)
{
    struct record *out = arena_alloc(work, sizeof *out);

    for (size_t i = 0; i < stream->count; i++)
        if (stream->lines[i].flags & MAP_SEAL)
            back->fields[stream->lines[i].slot] = back->sealed[stream->lines[i].slot];
    out->fields = arena_alloc(work, stream->count * sizeof *out->fields);
    fill_read_only(stream, back, out);
    return out;
}

static void
check_record(const struct map_stream *stream, size_t n)
{
    struct record *read = draw_record(stream, n, true), *x = draw_record(stream, n, false);
    struct record *there, *back, *again, *spelled;
    struct mapper_losses losses = { 0, 0 };
    struct error err;

    share_texts(stream, read, x);
    hide_sender(stream, read);
    if (mapper_out(&f.mapper, work, x, &there, &losses, &err) != V_OK)
        fail_msg("%s: [%s] out: %s: %s (record %zu)", f.map.path, stream->name, err.field, err.text,
                 n);
    assert_int_equal(losses.cut + losses.replaced, 0);
    fill_read_only(stream, read, there);
    if (mapper_in(&f.mapper, work, there, &back, &err) != V_OK)
        fail_msg("%s: [%s] in: %s: %s (record %zu)", f.map.path, stream->name, err.field, err.text,
                 n);
    assert_null(back->apart);
    spelled = spell_again(stream, back);
    if (mapper_out(&f.mapper, work, back, &again, &losses, &err) != V_OK)
        again = NULL; /* it may need what is only written */
    for (size_t i = 0; i < stream->count; i++) {
        const struct map_line *line = &stream->lines[i];

        if (line->direction == MAP_IN) {
            if (!same(&there->fields[i], &spelled->fields[i]) && !line->fallback)
                fault(line, n, "what was read is spelled as another text");
            continue;
        }
        if (line->direction != MAP_BOTH || same(&x->fields[line->slot], &back->fields[line->slot]))
            continue;
        if (!line->loss || !again)
            fault(line, n, "what went out came back as another value");
        else if (!same(&there->fields[i], &again->fields[i]))
            fault(line, n, "what came back goes out as another value");
    }
}

static bool
is_read(const struct map_stream *stream)
{
    for (size_t i = 0; i < stream->count; i++)
        if (stream->lines[i].direction != MAP_OUT)
            return true;
    return false;
}

/* Every word of every table, whether the line that uses it goes both ways or not. */
static size_t
check_tables(void)
{
    size_t words = 0;

    for (size_t i = 0; i < f.map.codes_count; i++)
        for (size_t j = 0; j < f.map.codes[i].count; j++, words++)
            (void)settled(&f.map.codes[i], &f.map.codes[i].items[j]);
    return words;
}

static size_t
check_map(void)
{
    size_t checked = 0;

    for (size_t i = 0; i < f.map.stream_count; i++) {
        if (!is_read(&f.map.streams[i]))
            continue;
        for (size_t n = 0; n < RECORDS; n++, checked++) {
            check_record(&f.map.streams[i], n);
            arena_reset(work);
        }
    }
    return checked;
}

static void
everything_of_the_grammar(void **state)
{
    (void)state;
    map_fixture_open(&f, FIXTURES "units", FIXTURES "good.map", probe_kinds);
    assert_int_equal(f.faults.count, 0);
    assert_int_equal(check_map(), (size_t)3 * RECORDS);
    map_fixture_close(&f);
}

static void
shipped_maps(void **state)
{
    glob_t maps;

    (void)state;
    if (glob("mappings/*.map", 0, NULL, &maps) != 0)
        fail_msg("no maps");
    for (size_t i = 0; i < maps.gl_pathc; i++) {
        size_t words, records;

        map_fixture_open(&f, "mappings/units", maps.gl_pathv[i], adapter_registry);
        map_fixture_print(&f);
        assert_int_equal(f.faults.count, 0);
        words = check_tables();
        records = check_map();
        print_message("%s: %zu records there and back, %zu words\n", maps.gl_pathv[i], records,
                      words);
        map_fixture_close(&f);
    }
    globfree(&maps);
}

static void
shipped_maps_are_clean(void **state)
{
    glob_t maps;

    (void)state;
    if (glob("mappings/*.map", 0, NULL, &maps) != 0)
        fail_msg("no maps");
    for (size_t i = 0; i < maps.gl_pathc; i++) {
        char *said = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&said, &len);
        struct map_tools tools = { .out = out, .mem = work, .kinds = adapter_registry };
        int code = map_check(&tools, maps.gl_pathv[i]);

        (void)fclose(out);
        if (code)
            fail_msg("%s", said);
        free(said);
        arena_reset(work);
    }
    globfree(&maps);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_of_the_grammar),
        cmocka_unit_test(shipped_maps),
        cmocka_unit_test(shipped_maps_are_clean),
    };
    const char *given = getenv("MAP_LAW_SEED");
    int failed;

    if (given)
        seed = strtoull(given, NULL, 10);
    draw_begin(seed);
    print_message("MAP_LAW_SEED=%llu\n", (unsigned long long)seed);
    work = arena_new("law");
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(work);
    return failed;
}
