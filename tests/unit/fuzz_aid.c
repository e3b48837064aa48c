#include "fuzz_aid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "clock.h"

#define SEED   20200601u
#define ROUNDS 150 /* of each reader, without FUZZ_SECONDS */

static uint32_t dice;

struct sample {
    char bytes[FUZZ_SAMPLE + 64];
    size_t len;
};

uint32_t
fuzz_throw(uint32_t sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 17;
    dice ^= dice << 5;
    return dice % sides;
}

static size_t
load(const char *path, char *out)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    size_t len = fread(out, 1, FUZZ_SAMPLE, file);

    fclose(file);
    return len;
}

static void
take(const char *from, struct sample *out)
{
    out->len = *from == '=' ? strlen(from + 1) : load(from, out->bytes);
    if (*from == '=')
        memcpy(out->bytes, from + 1, out->len);
}

static void
put(struct sample *s, size_t at, const char *bytes, size_t len)
{
    if (s->len + len > FUZZ_SAMPLE)
        return;
    memmove(s->bytes + at + len, s->bytes + at, s->len - at);
    memcpy(s->bytes + at, bytes, len);
    s->len += len;
}

static void
cut(struct sample *s, size_t at, size_t len)
{
    len = len < s->len - at ? len : s->len - at;
    memmove(s->bytes + at, s->bytes + at + len, s->len - at - len);
    s->len -= len;
}

static void
spoil(struct sample *s)
{
    static const char *const words[] = {
        "\n[map]\n",
        "=",
        "[",
        "]",
        "\"",
        "#",
        "$",
        "<",
        "&",
        "]]>",
        "<!--",
        "<![CDATA[",
        "<?x?>",
        "<!DOCTYPE a [",
        "/>",
        "</",
        "&#0;",
        "&#xD800;",
        "%Y",
        "%",
        "99999999999999999999",
        "-1",
        ",",
        "\r\n",
        "\xEF\xBB\xBF",
        "\xED\xA0\x80",
        "\xF4\x90\x80\x80",
        "\xE0\xA4",
        "\xE2\x80\xA8",
        "codes=",
        "in",
        "both",
        "format=\"%",
        "match=\"(\"",
        "\n[action in complaint at .]\n",
    };
    uint32_t many = 1 + fuzz_throw(6);

    while (many-- > 0 && s->len > 0) {
        size_t at = fuzz_throw((uint32_t)s->len);
        const char *word = words[fuzz_throw(sizeof words / sizeof *words)];
        char piece[256];
        size_t len = 1 + fuzz_throw(sizeof piece);

        switch (fuzz_throw(6)) {
        case 0:
            s->bytes[at] = (char)fuzz_throw(256);
            break;
        case 1:
            s->bytes[at] = (char)(s->bytes[at] ^ (1 << fuzz_throw(8)));
            break;
        case 2:
            cut(s, at, 1 + fuzz_throw(fuzz_throw(8) ? 20 : 2000));
            break;
        case 3:
            put(s, at, word, strlen(word));
            break;
        case 4: /* a piece of itself elsewhere */
            len = len < s->len - at ? len : s->len - at;
            memcpy(piece, s->bytes + at, len);
            put(s, fuzz_throw((uint32_t)s->len), piece, len);
            break;
        default:
            s->len = fuzz_throw(8) ? s->len : at;
            break;
        }
    }
}

static void
keep(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void
run_reader(const struct fuzz_reader *r, size_t rounds, int64_t until, const char *folder)
{
    static struct sample s;
    struct arena *mem = arena_new("fuzz");
    size_t seeds = 0, n = 0;

    while (seeds < FUZZ_SEEDS && r->seeds[seeds])
        seeds++;
    while (until ? clock_tick() < until : n < rounds) {
        uint32_t begun = dice;
        int64_t tick = clock_tick();

        take(r->seeds[fuzz_throw((uint32_t)seeds)], &s);
        spoil(&s);
        /* Its own block, so that a byte too far is seen. */
        char *exact = malloc(s.len + 1);

        assert_non_null(exact);
        memcpy(exact, s.bytes, s.len);
        if (until)
            keep(arena_format(mem, "%s/last", folder), exact, s.len);
        r->read(mem, exact, s.len);
        free(exact);
        arena_reset(mem);
        if (clock_tick() - tick > 3000)
            fail_msg("reader \"%s\" took too long at dice %u", r->name, begun);
        n++;
    }
    arena_free(mem);
}

void
fuzz_run(const struct fuzz_reader *readers, size_t count, const char *folder)
{
    const char *seconds = getenv("FUZZ_SECONDS"), *seed = getenv("FUZZ_SEED");

    dice = seed ? (uint32_t)strtoul(seed, NULL, 10) : SEED;
    print_message("seed %u\n", dice);
    for (size_t i = 0; i < count; i++)
        run_reader(&readers[i], ROUNDS,
                   seconds ? clock_tick() + strtol(seconds, NULL, 10) * 1000 / (long)count : 0,
                   folder);
}
