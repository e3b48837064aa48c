/*
 * What passes between the program and a worker: random records, errors and answers come out as
 * they went in, of any size and by any frames.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "jobs/worker_parts.h"

#define LIMIT_MS 20000

static const struct map_stream streams[] = { { .name = "complaint" }, { .name = "action" } };
static const struct mapping map = { .streams = streams, .stream_count = 2 };

static struct arena *mem;
static struct tube tube;
static pid_t child;
static unsigned long long state;

static uint64_t
draw(void)
{
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return state >> 33;
}

/* ---- a child that says what it heard ---- */

enum word { ECHO_PAGE, ECHO_ITEMS, ECHO_ANSWERS, ECHO_VARS, ECHO_ERROR };

static void
echo(struct tube *t, struct arena *m)
{
    size_t count = 0;
    struct page page;
    struct error err;
    struct push_item *items;
    struct adapter_var *vars;

    switch ((enum word)tube_number(t)) {
    case ECHO_PAGE:
        hear_page(t, m, &map, &page);
        say_page(t, &page);
        break;
    case ECHO_ITEMS:
        items = hear_items(t, m, &map, &count);
        say_items(t, items, count);
        break;
    case ECHO_ANSWERS:
        count = (size_t)tube_number(t);
        items = arena_alloc(m, sizeof *items * (count + 1));
        hear_answers(t, m, items, count);
        say_answers(t, items, count);
        break;
    case ECHO_VARS:
        vars = hear_vars(t, m, &count);
        say_vars(t, vars, count);
        break;
    case ECHO_ERROR:
        hear_error(t, &err);
        say_error(t, &err);
        break;
    }
}

static void __attribute__((noreturn)) live(int fd)
{
    struct arena *m = arena_new("echo");
    struct tube t;

    tube_open(&t, m, fd);
    while (tube_next(&t)) {
        struct arena *one = arena_new("one");

        echo(&t, one);
        tube_done(&t);
        tube_end(&t);
        arena_free(one);
        if (t.state != TUBE_GOOD)
            _exit(1);
    }
    _exit(0);
}

static int
begin(void **unused)
{
    int fd;

    (void)unused;
    mem = arena_new("test");
    child = worker_fork(&fd);
    assert_true(child >= 0);
    if (child == 0)
        live(fd);
    tube_open(&tube, mem, fd);
    tube_limit(&tube, LIMIT_MS);
    return 0;
}

static int
end(void **unused)
{
    (void)unused;
    close(tube.fd);
    worker_reap(child, 5000);
    arena_free(mem);
    return 0;
}

/* ---- what is drawn ---- */

static const char *
draw_text(size_t *len)
{
    static const size_t sizes[] = { 0, 1, 7, 40, 300, 65535, 65536, 65537, 400000 };
    size_t n = sizes[draw() % (draw() % 20 ? 5 : 9)];
    char *text;

    *len = 0;
    if (draw() % 6 == 0)
        return NULL;
    text = arena_alloc(mem, n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)(draw() % 255 + 1);
    *len = n;
    return text;
}

static const char *
draw_word(void)
{
    size_t len;

    return draw_text(&len);
}

static void
draw_error(struct error *err)
{
    static const char *const codes[] = { "odbc.22001", "map.required", "", "worker.hung" };

    error_set(err, V_REJECT, codes[draw() % 4], "text %llu", (unsigned long long)draw());
    if (draw() % 2)
        error_hint(err, "Hint %llu.", (unsigned long long)draw());
    if (draw() % 2)
        error_at(err, "mobile", "COL");
    err->retry_after = (long)(draw() % 100000);
}

static struct field *
draw_fields(size_t count)
{
    struct field *fields = arena_alloc(mem, sizeof *fields * (count + 1));

    for (size_t i = 0; i < count; i++)
        fields[i].text = draw_text(&fields[i].len);
    return fields;
}

static struct error *
draw_fault(void)
{
    struct error *err = arena_alloc(mem, sizeof *err);

    draw_error(err);
    return err;
}

static struct record *draw_chain(int depth, size_t *count);

static struct record *
draw_record(int depth)
{
    struct record *record = arena_alloc(mem, sizeof *record);
    size_t nested;

    record->stream = streams[draw() % 2].name;
    record->count = draw() % 9;
    record->fields = draw_fields(record->count);
    if (draw() % 4 == 0)
        record->sealed = draw_fields(record->count);
    record->raw = draw_text(&record->raw_len);
    record->place = draw_word();
    record->ordinal = (long)(draw() % 1000);
    if (draw() % 5 == 0)
        record->fault = draw_fault();
    for (uint64_t n = draw() % 3 ? 0 : draw() % 4; n > 0; n--) {
        struct field_fault *apart = arena_alloc(mem, sizeof *apart);

        *apart = (struct field_fault){ .why = draw_fault(), .next = record->apart };
        record->apart = apart;
    }
    record->child = draw() % 3 == 0 ? draw_chain(depth + 1, &nested) : NULL;
    return record;
}

static struct record *
draw_chain(int depth, size_t *count)
{
    struct record *first = NULL;

    *count = depth > 3 ? 0 : draw() % 4;
    for (size_t i = 0; i < *count; i++) {
        struct record *record = draw_record(depth);

        record->next = first;
        first = record;
    }
    return first;
}

/* ---- what must be equal ---- */

static void
same_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    assert_true((a == NULL) == (b == NULL));
    assert_int_equal(a_len, b_len);
    if (a) {
        assert_memory_equal(a, b, a_len);
        assert_int_equal(b[b_len], '\0');
    }
}

static void
same_word(const char *a, const char *b)
{
    same_bytes(a, a ? strlen(a) : 0, b, b ? strlen(b) : 0);
}

static void
same_error(const struct error *a, const struct error *b)
{
    assert_true((a == NULL) == (b == NULL));
    if (!a)
        return;
    assert_string_equal(a->code, b->code);
    assert_string_equal(a->text, b->text);
    assert_string_equal(a->hint, b->hint);
    assert_string_equal(a->field, b->field);
    assert_string_equal(a->where, b->where);
    assert_int_equal(a->retry_after, b->retry_after);
}

static void
same_fields(const struct field *a, const struct field *b, size_t count)
{
    assert_true((a == NULL) == (b == NULL));
    for (size_t i = 0; a && i < count; i++)
        same_bytes(a[i].text, a[i].len, b[i].text, b[i].len);
}

static void same_chain(const struct record *a, const struct record *b);

static void
same_record(const struct record *a, const struct record *b)
{
    const struct field_fault *x = a->apart, *y = b->apart;

    assert_ptr_equal(a->stream, b->stream); /* borrowed from the mapping, as before */
    assert_int_equal(a->count, b->count);
    same_fields(a->fields, b->fields, a->count);
    same_fields(a->sealed, b->sealed, a->count);
    same_bytes(a->raw, a->raw_len, b->raw, b->raw_len);
    same_word(a->place, b->place);
    assert_int_equal(a->ordinal, b->ordinal);
    same_error(a->fault, b->fault);
    for (; x && y; x = x->next, y = y->next)
        same_error(x->why, y->why);
    assert_true(!x && !y);
    same_chain(a->child, b->child);
}

static void
same_chain(const struct record *a, const struct record *b)
{
    for (; a && b; a = a->next, b = b->next)
        same_record(a, b);
    assert_true(!a && !b);
}

/* ---- tests ---- */

static void
say(enum word word)
{
    tube_put_number(&tube, word);
}

/* The whole is said before it is heard: it must fit the socket, or a reader must be at work. */
static void
hear(void)
{
    tube_end(&tube);
    assert_true(tube_next(&tube));
}

static void
good(void)
{
    tube_done(&tube);
    assert_int_equal(tube.state, TUBE_GOOD);
}

static void
random_pages_pass(void **unused)
{
    (void)unused;
    for (int i = 0; i < 300; i++) {
        struct page page = { .more = draw() % 2 }, back;
        struct arena *there = arena_new("there");

        state = (unsigned long long)i * 7919 + 1;
        page.records = draw_chain(0, &page.count);
        page.raw = draw_text(&page.raw_len);
        page.from = draw_word();
        tube_limit(&tube, LIMIT_MS);
        say(ECHO_PAGE);
        say_page(&tube, &page);
        hear();
        hear_page(&tube, there, &map, &back);
        good();
        same_chain(page.records, back.records);
        assert_int_equal(page.count, back.count);
        assert_int_equal(page.more, back.more);
        same_bytes(page.raw, page.raw_len, back.raw, back.raw_len);
        same_word(page.from, back.from);
        arena_free(there);
    }
}

static void
random_pushes_pass(void **unused)
{
    (void)unused;
    for (int i = 0; i < 100; i++) {
        struct push_item items[6], answers[6], *back;
        size_t count;

        state = (unsigned long long)i * 104729 + 3;
        memset(items, 0, sizeof items);
        for (size_t n = 0; n < 6; n++) {
            items[n].delivery = arena_format(mem, "d%zu", n);
            items[n].record = draw_record(0);
            items[n].verdict = (enum verdict)(draw() % 5);
            items[n].receipt = draw_word();
            items[n].said = draw_word();
            items[n].detail = draw_word();
        }
        say(ECHO_ITEMS);
        say_items(&tube, items, 6);
        hear();
        back = hear_items(&tube, mem, &map, &count);
        good();
        assert_int_equal(count, 6);
        for (size_t n = 0; n < 6; n++) {
            assert_string_equal(back[n].delivery, items[n].delivery);
            assert_int_equal(back[n].verdict, items[n].verdict);
            same_record(items[n].record, back[n].record);
        }
        say(ECHO_ANSWERS);
        tube_put_number(&tube, 6);
        say_answers(&tube, items, 6);
        hear();
        hear_answers(&tube, mem, answers, 6);
        good();
        for (size_t n = 0; n < 6; n++) {
            assert_int_equal(answers[n].verdict, items[n].verdict);
            same_word(items[n].receipt, answers[n].receipt);
            same_word(items[n].said, answers[n].said);
            same_word(items[n].detail, answers[n].detail);
        }
    }
}

static void
errors_and_vars_pass(void **unused)
{
    const struct adapter_var vars[] = { { "since", "2020" }, { "after", NULL }, { "rows", "" } };
    struct adapter_var *back;
    struct error err, heard;
    size_t count;

    (void)unused;
    for (int i = 0; i < 50; i++) {
        draw_error(&err);
        say(ECHO_ERROR);
        say_error(&tube, &err);
        hear();
        hear_error(&tube, &heard);
        good();
        same_error(&err, &heard);
    }
    say(ECHO_VARS);
    say_vars(&tube, vars, 3);
    hear();
    back = hear_vars(&tube, mem, &count);
    good();
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(back[i].name, vars[i].name);
        same_word(vars[i].value, back[i].value);
    }
}

/* A page of 60 MB, by 64 KiB at a time. */
static void
a_large_page_passes(void **unused)
{
    struct field fields[2];
    struct record record = { .stream = streams[0].name, .fields = fields, .count = 2 };
    struct page page = { .records = &record, .count = 1 }, back;
    char *text = malloc(30000000);

    (void)unused;
    assert_non_null(text);
    memset(text, 'a', 30000000);
    fields[0] = fields[1] = (struct field){ text, 30000000 };
    tube_limit(&tube, LIMIT_MS);
    say(ECHO_PAGE);
    say_page(&tube, &page);
    hear();
    hear_page(&tube, mem, &map, &back);
    good();
    same_record(&record, back.records);
    free(text);
}

/* Each length around the size of a frame: the last frame may be full, or empty. */
static void
messages_end_where_they_end(void **unused)
{
    (void)unused;
    for (size_t len = 65536 - 40; len < 65536 + 4; len++) {
        struct adapter_var var = { arena_alloc(mem, len + 1), "x" }, *back;
        size_t count;
        char *name = arena_alloc(mem, len + 1);

        memset(name, 'n', len);
        var.name = name;
        say(ECHO_VARS);
        say_vars(&tube, &var, 1);
        hear();
        back = hear_vars(&tube, mem, &count);
        good();
        assert_int_equal(strlen(back[0].name), len);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_pages_pass, begin, end),
        cmocka_unit_test_setup_teardown(random_pushes_pass, begin, end),
        cmocka_unit_test_setup_teardown(errors_and_vars_pass, begin, end),
        cmocka_unit_test_setup_teardown(a_large_page_passes, begin, end),
        cmocka_unit_test_setup_teardown(messages_end_where_they_end, begin, end),
    };

    return cmocka_run_group_tests_name("worker_say", tests, NULL, NULL);
}
