/*
 * A child whose memory a driver has spoiled: what it answers is a message with other bytes in it,
 * or one of the right form and of a wrong shape. Its process is ended, or what it said can be
 * worked with; the run goes on. The seed is printed; GARBAGE_SEED takes another, GARBAGE_ROUNDS
 * makes it longer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs/worker.h"
#include "jobs/worker_parts.h"
#include "map_fixture.h"
#include "text.h"

#define LIMIT_MS 20000
#define ROOM     60000

static struct map_fixture f;
static struct adapter a;
static struct arena *batch;
static struct error err;
static uint64_t dice;

static uint64_t
draw(void)
{
    dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
    return dice >> 33;
}

/* ---- a page as it should be ---- */

static struct record *
make_record(struct arena *mem, const char *stream)
{
    struct record *r = arena_alloc(mem, sizeof *r);

    r->stream = mapping_stream(&f.map, stream)->name;
    r->count = mapping_stream(&f.map, stream)->count;
    r->fields = arena_alloc(mem, sizeof *r->fields * r->count);
    for (size_t i = 0; i < r->count; i++) {
        static const char *const texts[] = { "A1",  "10/06/2020 11:00:00", "NEW", "1",
                                             "T-1", "\xe0\xa4\x95",        "",    "T" };

        r->fields[i].text = draw() % 6 ? texts[draw() % 8] : NULL;
        r->fields[i].len = r->fields[i].text ? strlen(r->fields[i].text) : 0;
    }
    r->raw = "<raw>";
    r->raw_len = 5;
    r->place = "row 1";
    r->ordinal = 1;
    return r;
}

static void
make_page(struct arena *mem, struct page *page)
{
    *page = (struct page){ .raw = "whole", .raw_len = 5, .count = 3, .more = true };
    for (int i = 0; i < 3; i++) {
        struct record *r = make_record(mem, "complaint");

        r->child = make_record(mem, "action");
        if (draw() % 4 == 0) {
            struct error *fault = arena_alloc(mem, sizeof *fault);

            error_set(fault, V_REJECT, "own.bad", "it is bad");
            r->fault = fault;
        }
        r->next = page->records;
        page->records = r;
    }
}

/* ---- shapes that no adapter may bring ---- */

enum shape {
    FEWER_FIELDS,
    MORE_FIELDS,
    NO_FIELDS,
    NO_STREAM,
    OTHER_STREAM,
    UNKNOWN_STREAM,
    SEALED,
    APART,
    CHILD_FEWER,
    CHILD_NO_STREAM,
    FAULT_MORE,
    PLACE_BYTES,
    FROM_BYTES,
    SHAPES
};

static void
misshape(struct arena *mem, struct page *page, enum shape shape)
{
    struct record *r = page->records;

    r->fault = NULL;
    switch (shape) {
    case FEWER_FIELDS:
        r->count--;
        break;
    case MORE_FIELDS:
    case FAULT_MORE:
        r->fields = arena_alloc(mem, sizeof *r->fields * ++r->count);
        if (shape == FAULT_MORE)
            r->fault = arena_alloc(mem, sizeof *r->fault);
        break;
    case NO_FIELDS:
        r->fields = NULL;
        break;
    case NO_STREAM:
        r->stream = NULL;
        break;
    case OTHER_STREAM:
        *r = *make_record(mem, "action");
        break;
    case UNKNOWN_STREAM:
        r->stream = "comqlaint";
        break;
    case SEALED:
        r->sealed = r->fields;
        break;
    case APART:
        r->apart = arena_alloc(mem, sizeof *r->apart);
        r->apart->why = &err;
        break;
    case CHILD_FEWER:
        r->child->count = 1;
        break;
    case CHILD_NO_STREAM:
        r->child->stream = NULL;
        break;
    case PLACE_BYTES:
        r->place = "row \xff";
        break;
    case FROM_BYTES:
    case SHAPES:
        page->from = "\xe0\xa4";
        break;
    }
}

/* ---- the child ---- */

static int
own_socket(void)
{
    struct stat st;

    for (int fd = 3; fd < 256; fd++)
        if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
            return fd;
    _exit(9);
}

static void
spoil(unsigned char *bytes, size_t *len)
{
    static const int64_t numbers[] = { 0,       -1,      1,         2,         4096,      4097,
                                       1 << 20, 1 << 30, INT64_MAX, INT64_MIN, 0x80000000 };
    uint64_t many = 1 + draw() % 2;

    while (many-- && *len > 8) {
        size_t at = draw() % (*len - 8), n = 1 + draw() % 16;

        switch (draw() % 9) {
        default:
            bytes[at] ^= (unsigned char)(1 << draw() % 8);
            break;
        case 1:
            bytes[at] = (unsigned char)draw();
            break;
        case 2:
            memcpy(bytes + at, &numbers[draw() % 11], 8);
            break;
        case 3: /* numbers and texts stand behind the head by eights more often than not */
            at = at / 8 * 8 + 4;
            memcpy(bytes + (at < *len - 8 ? at : 4), &numbers[draw() % 11], 8);
            break;
        case 4:
            n = n < *len - at ? n : *len - at;
            memmove(bytes + at, bytes + at + n, *len - at - n);
            *len -= n;
            break;
        case 5:
            *len = at;
        }
    }
}

/* Says the answer into a tube of its own, spoils its bytes, and sends them in its place. */
static void __attribute__((noreturn)) send_spoiled(struct arena *mem, struct tube *t, int heard)
{
    unsigned char *bytes = arena_alloc(mem, ROOM);
    ssize_t n;
    size_t len = 0;
    int to;

    tube_end(t);
    (void)close(t->fd);
    while ((n = read(heard, bytes + len, ROOM - len)) > 0)
        len += (size_t)n;
    (void)close(heard);
    to = own_socket();
    spoil(bytes, &len);
    if (len && send(to, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        _exit(8);
    _exit(0);
}

static int
begin_answer(struct arena *mem, struct tube *t)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        _exit(7);
    tube_open(t, mem, ends[0]);
    return ends[1];
}

static enum verdict
own_open(struct adapter *self, struct error *why)
{
    (void)self;
    (void)why;
    return V_OK;
}

static void
own_close(struct adapter *self)
{
    (void)self;
}

/* "s12": shape 12; "b77": bytes, by that seed; "g": all is well. */
static enum verdict
own_pull(struct adapter *self, struct arena *mem, const struct map_call *call,
         const struct adapter_var *vars, size_t count, struct page *out, struct error *why)
{
    const char *how = vars[0].value;
    struct tube t;
    bool refused;
    int heard;

    (void)self;
    (void)call;
    (void)count;
    dice = strtoull(how + 1, NULL, 10) * 7919 + 1;
    make_page(mem, out);
    if (*how == 's')
        misshape(mem, out, (enum shape)strtol(how + 1, NULL, 10));
    if (*how != 'b')
        return V_OK;
    heard = begin_answer(mem, &t);
    refused = draw() % 3 == 0;
    tube_put_number(&t, refused ? V_REJECT : V_OK);
    if (refused) {
        (void)error_set(why, V_REJECT, "own.page", "it cannot be read");
        say_error(&t, why);
    }
    say_page(&t, out);
    send_spoiled(mem, &t, heard);
}

static enum verdict
own_push(struct adapter *self, struct arena *mem, const struct map_call *call,
         struct push_item *items, size_t count, struct error *why)
{
    struct tube t;
    int heard;

    (void)self;
    (void)call;
    (void)why;
    dice = strtoull(items[0].delivery + 1, NULL, 10) * 7919 + 1;
    for (size_t i = 0; i < count; i++) {
        items[i].verdict = V_OK;
        items[i].receipt = "R-1";
        items[i].said = "done";
        items[i].detail = "as it should be";
    }
    if (items[0].delivery[0] == 'w') {
        items[0].said = "o\xff";
        items[0].detail = "a\xe0\xa4";
    }
    if (items[0].delivery[0] == 'r')
        items[0].receipt = "R-\xff";
    if (items[0].delivery[0] != 'b')
        return V_OK;
    heard = begin_answer(mem, &t);
    tube_put_number(&t, V_OK);
    say_answers(&t, items, count);
    send_spoiled(mem, &t, heard);
}

static const struct adapter_ops own = {
    .abi = ADAPTER_ABI,
    .name = "own",
    .apart = true,
    .open = own_open,
    .close = own_close,
    .pull = own_pull,
    .push = own_push,
};

/* ---- the parent ---- */

static int
begin(void **unused)
{
    (void)unused;
    map_fixture_open(&f, "tests/fixtures/map/units", "tests/fixtures/map/good.map", probe_kinds);
    map_fixture_print(&f);
    assert_int_equal(f.faults.count, 0);
    f.mapper.day = "2020-06-10";
    batch = arena_new("batch");
    a = (struct adapter){
        .ops = &own, .system = "good", .map = &f.map, .mem = arena_new("adapter")
    };
    worker_apart(&a, LIMIT_MS);
    return 0;
}

static int
end(void **unused)
{
    (void)unused;
    a.ops->close(&a);
    arena_free(a.mem);
    arena_free(batch);
    map_fixture_close(&f);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return 0;
}

static const struct map_call *
call_called(const char *name)
{
    return mapping_call(&f.map, name);
}

static enum verdict
pull(const char *how, struct page *page)
{
    const struct adapter_var var = { "how", how };

    arena_reset(batch);
    return a.ops->pull(&a, batch, call_called("list"), &var, 1, page, &err);
}

/* What a run does with a page. */
static size_t
work_with(const struct page *page)
{
    unsigned char digest[DIGEST_BYTES];
    struct record *canonical, *back;
    struct error why;
    const char *bytes;
    size_t len, n = 0;

    for (const struct record *r = page->records; r; r = r->next, n++) {
        enum verdict v;

        if (mapper_in(&f.mapper, batch, r, &canonical, &why) == V_OK) {
            mapper_digest(&f.mapper, canonical, digest);
            assert_non_null(mapper_key(&f.mapper, batch, canonical));
        }
        (void)mapper_in_field(&f.mapper, batch, r, "number");
        remote_pack(batch, &f.map, r, &bytes, &len);
        v = remote_unpack(batch, &f.map, bytes, len, &back, &why);
        assert_true(v == V_OK || v == V_REJECT);
    }
    return n;
}

static void
it_is_well_again(void)
{
    struct page page;

    assert_int_equal(pull("g", &page), V_OK);
    assert_int_equal(work_with(&page), 3);
}

static void
a_wrong_shape_ends_the_child(void **unused)
{
    struct page page;

    (void)unused;
    for (int shape = 0; shape < SHAPES; shape++) {
        char how[24];

        snprintf(how, sizeof how, "s%d", shape);
        if (pull(how, &page) != V_RETRY || strcmp(err.code, "worker.died") != 0)
            fail_msg("shape %d was taken: %s", shape, err.code);
        assert_null(page.records);
        it_is_well_again();
    }
}

static void
any_bytes_end_the_child_or_can_be_worked_with(void **unused)
{
    const char *seed = getenv("GARBAGE_SEED"), *rounds = getenv("GARBAGE_ROUNDS");
    unsigned long long first = seed ? strtoull(seed, NULL, 10) : 20200601;
    long n = rounds ? strtol(rounds, NULL, 10) : 400, taken = 0, ended = 0;

    (void)unused;
    print_message("seed %llu, %ld rounds\n", first, n);
    for (long i = 0; i < n; i++) {
        struct page page;
        char how[32];
        enum verdict v;

        snprintf(how, sizeof how, "b%llu", first + (unsigned long long)i);
        v = pull(how, &page);
        if (v == V_RETRY && strcmp(err.code, "worker.died") == 0)
            assert_null(page.records);
        taken += v != V_RETRY;
        ended += v == V_RETRY;
        (void)work_with(&page);
        assert_true(v == V_OK || text_is_utf8(err.text, strlen(err.text), NULL));
    }
    print_message("%ld taken, %ld ended\n", taken, ended);
    assert_true(taken > 0 && ended > 0);
    it_is_well_again();
}

static enum verdict
push(const char *delivery, struct push_item *items, size_t count)
{
    arena_reset(batch);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct push_item){ .delivery = delivery,
                                       .record = make_record(batch, "action"),
                                       .verdict = V_RETRY };
    return a.ops->push(&a, batch, call_called("act"), items, count, &err);
}

static void
answers_of_any_bytes_are_answers_or_in_doubt(void **unused)
{
    struct push_item items[3];
    long in_doubt = 0;

    (void)unused;
    assert_int_equal(push("w1", items, 3), V_OK);
    assert_string_equal(items[0].said, "o?");
    assert_string_equal(items[0].detail, "a??");
    assert_int_equal(push("r1", items, 3), V_RETRY);
    assert_string_equal(err.code, "worker.died");
    assert_int_equal(items[0].verdict, V_IN_DOUBT);
    for (int i = 0; i < 150; i++) {
        char how[24];

        snprintf(how, sizeof how, "b%d", i);
        (void)push(how, items, 3);
        for (size_t k = 0; k < 3; k++) {
            assert_in_range(items[k].verdict, V_OK, V_IN_DOUBT);
            assert_true(!items[k].receipt ||
                        text_is_utf8(items[k].receipt, strlen(items[k].receipt), NULL));
            in_doubt += items[k].verdict == V_IN_DOUBT;
        }
    }
    assert_true(in_doubt > 0);
    it_is_well_again();
}

int
main(void)
{
#define WITH(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        WITH(a_wrong_shape_ends_the_child),
        WITH(any_bytes_end_the_child_or_can_be_worked_with),
        WITH(answers_of_any_bytes_are_answers_or_in_doubt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
