/*
 * Laws of every map that is shipped: it has no fault, it says of each field of the dictionary
 * whether it carries it, and in(out(x)) = x for each line that goes both ways, but for the losses
 * that it declares. Samples are generated; the seed is printed and MAP_LAW_SEED repeats it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <glob.h>

#include "clock.h"
#include "core/codes.h"
#include "core/convert.h"
#include "core/map_tools.h"
#include "map_fixture.h"
#include "text.h"

#define SAMPLES 400

static struct map_fixture f;
static uint64_t seed, state_now;

static uint64_t
draw(uint64_t below)
{
    state_now ^= state_now << 13;
    state_now ^= state_now >> 7;
    state_now ^= state_now << 17;
    return state_now % below;
}

static bool
is_forbidden(const struct line_plan *plan, const char *text)
{
    for (size_t i = 0; plan->limits->forbid && plan->limits->forbid[i]; i++)
        if (strncmp(text, plan->limits->forbid[i], strlen(plan->limits->forbid[i])) == 0)
            return true;
    return false;
}

/* Latin, Devanagari with its marks, joiners, beyond the BMP, blanks, lines. */
static const char *
draw_text(const struct map_line *line)
{
    static const char *const pieces[] = { "a", "Z", "7",      " ", "\n", "\t",     "'",
                                          "&", "<", "-",      "/", "é",  "क",      "ढ",
                                          "़",  "्",  "ि",      "ख़", "न",  "\u200d", "\u200c",
                                          "₹", "🙏", "\u0301", "۳" };
    const struct line_plan *plan = line->compiled;
    size_t most = plan->most ? plan->most : 300, len, n = 0;
    char text[4096] = "";
    const char *out;
    struct error err;

    if (plan->most_out && plan->most_out < most)
        most = plan->most_out;
    len = 1 + draw(draw(4) && most > 40 ? 40 : most > 900 ? 900 : most);
    for (size_t i = 0; i < len; i++) {
        const char *piece = pieces[draw(sizeof pieces / sizeof *pieces)];

        if (!is_forbidden(plan, piece)) {
            memcpy(text + n, piece, strlen(piece));
            n += strlen(piece);
        }
    }
    assert_int_equal(text_clean(f.mem, text, n, &out, &n, &err), V_OK);
    if (text_chars(out, n) > most)
        return NULL;
    if (line->flags & MAP_TRIM)
        text_trim(&out, &n);
    return n ? arena_text(f.mem, out, n) : NULL;
}

/* For the expressions that maps use: characters and [classes], each with {n}, {n,m}, + or none. */
static const char *
draw_match(const char *match)
{
    char text[256];
    size_t n = 0;

    for (const char *at = match; *at;) {
        char choice[128];
        size_t choices = 0;
        long times = 1;

        if (*at == '[') {
            for (at++; *at != ']'; at++) {
                if (at[1] == '-' && at[2] != ']') {
                    for (char c = *at; c <= at[2]; c++)
                        choice[choices++] = c;
                    at += 2;
                } else {
                    choice[choices++] = *at;
                }
            }
        } else {
            choice[choices++] = *at;
        }
        at++;
        if (*at == '{') {
            times = strtol(at + 1, NULL, 10);
            at = strchr(at, '}') + 1;
        } else if (*at == '+') {
            times = 1 + (long)draw(8);
            at++;
        }
        while (times-- > 0 && n + 1 < sizeof text)
            text[n++] = choice[draw(choices)];
    }
    return arena_text(f.mem, text, n);
}

static const char *
draw_time(const struct map_line *line)
{
    int64_t at = (int64_t)draw(4102444800U) * 1000000; /* to 2100 */
    char *text = arena_alloc(f.mem, CLOCK_TEXT);

    if (strcmp(line->format, "iso") == 0 || strstr(line->format, "%f"))
        at += (int64_t)draw(1000000);
    clock_text(at, text);
    return text;
}

static const char *
draw_code(const struct map_line *line)
{
    const struct map_code *code = &line->codes->items[draw(line->codes->count)];
    const struct map_code *there =
        codes_to_remote(line->codes, code->canonical, strlen(code->canonical));
    const struct map_code *back =
        codes_from_remote(line->codes, there->remote, strlen(there->remote));

    if (back != there && (there->loss || back->loss))
        return back->canonical; /* the loss is declared */
    return code->canonical;
}

static const char *
draw_unit(const struct map_line *line)
{
    for (int i = 0; i < 1000; i++) {
        const struct unit *unit = &f.units.items[draw(f.units.count)];

        if (units_code(&f.units, line->scheme, unit->code))
            return unit->code;
    }
    fail_msg("no unit of scheme %s", line->scheme);
    return NULL;
}

static const char *
draw_value(const struct map_line *line)
{
    const struct dict_field *field = line->field;
    char day[CLOCK_TEXT];
    const char *text;

    if (!(line->flags & (MAP_REQUIRED | MAP_KEY)) && !line->fallback && draw(8) == 0)
        return NULL;
    if (line->match && line->kind == KIND_TEXT)
        return draw_match(line->match);
    switch (line->kind) {
    case KIND_TEXT:
        do
            text = draw_text(line);
        while (!text);
        return text;
    case KIND_CODE:
        return draw_code(line);
    case KIND_UNIT:
        return draw_unit(line);
    case KIND_INT:
        if (field->ranged)
            return arena_format(f.mem, "%lld",
                                (long long)field->low +
                                    (long long)draw((uint64_t)(field->high - field->low) + 1));
        return arena_format(f.mem, "%lld", (long long)draw(UINT64_C(1) << 62) * (draw(2) ? 1 : -1));
    case KIND_BOOL:
        return draw(2) ? "true" : "false";
    case KIND_DATE:
        clock_text((int64_t)draw(4102444800U) * 1000000, day);
        return arena_text(f.mem, day, 10);
    case KIND_TIME:
        return draw_time(line);
    case KIND_MOBILE:
        return arena_format(f.mem, "+91%c%09u", (char)('5' + (char)draw(5)),
                            (unsigned)draw(1000000000));
    }
    return NULL;
}

/* x -> out -> in; where a loss is declared, what comes back must go out as the same again. */
static void
check_line(const struct map_line *line, const char *text)
{
    struct field x = { text, text ? strlen(text) : 0 }, there, back, again;
    struct mapper_losses losses = { 0, 0 };
    struct error err;

    if (convert_out(&f.mapper, f.mem, line, &x, &there, &losses, &err) != V_OK)
        fail_msg("%s:%d: out: %s (seed %llu)", f.map.path, line->line, err.text,
                 (unsigned long long)seed);
    assert_int_equal(losses.cut + losses.replaced, 0);
    if (convert_in(&f.mapper, f.mem, line, &there, &back, &err) != V_OK)
        fail_msg("%s:%d: in: %s (seed %llu)", f.map.path, line->line, err.text,
                 (unsigned long long)seed);
    if (x.len == back.len && !x.text == !back.text &&
        (!x.text || memcmp(x.text, back.text, x.len) == 0))
        return;
    if (line->loss && convert_out(&f.mapper, f.mem, line, &back, &again, &losses, &err) == V_OK &&
        again.len == there.len && memcmp(again.text, there.text, there.len) == 0)
        return;
    fail_msg("%s:%d: what went out came back as another value (seed %llu)", f.map.path, line->line,
             (unsigned long long)seed);
}

static size_t
check_round_trip(void)
{
    size_t checked = 0;

    for (size_t i = 0; i < f.map.stream_count; i++) {
        const struct map_stream *stream = &f.map.streams[i];

        for (size_t j = 0; j < stream->count; j++) {
            if (stream->lines[j].direction != MAP_BOTH)
                continue;
            for (int n = 0; n < SAMPLES; n++, checked++)
                check_line(&stream->lines[j], draw_value(&stream->lines[j]));
        }
    }
    return checked;
}

static void
test_map(void **state)
{
    (void)state;
    map_fixture_open(&f, FIXTURES "units", FIXTURES "good.map", probe_kinds);
    assert_int_equal(f.faults.count, 0);
    assert_true(check_round_trip() > 5000);
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
        map_fixture_open(&f, "mappings/units", maps.gl_pathv[i], adapter_registry);
        map_check_carried(&f.dict, &f.map, &f.faults);
        map_fixture_print(&f);
        assert_int_equal(f.faults.count, 0);
        print_message("%s: %zu round trips\n", maps.gl_pathv[i], check_round_trip());
        map_fixture_close(&f);
    }
    globfree(&maps);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_map),
                                        cmocka_unit_test(shipped_maps) };
    const char *given = getenv("MAP_LAW_SEED");

    seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    state_now = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    print_message("MAP_LAW_SEED=%llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
