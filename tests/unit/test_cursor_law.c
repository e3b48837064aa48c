/*
 * The law of cursors, over sequences drawn by a seed: what the source had within the look-back is
 * staged after each run that came to its end; after a sweep staging has what the source has, all of
 * it, and what is gone is marked. Whatever happens in between.
 *
 *   CURSOR_LAW=10000 CURSOR_SEED=1 test_cursor_law     so many sequences, from that seed on
 *
 * A sequence that fails is told with its seed: CURSOR_LAW=1 CURSOR_SEED=that plays it again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../bridge/jobs/pull.h"
#include "../../bridge/jobs/sweep.h"
#include "clock.h"
#include "law_source.h"
#include "log.h"
#include "with_pg.h"
#include "with_staging.h"

#define SAMPLE 40  /* sequences unless said */
#define BATCH  100 /* sequences after which the tables are emptied */
#define EVENTS 10  /* at most, before each run */
#define RUNS   3

static struct fake_peer *peer;
static struct law_source source;
static struct site *site;
static char clock_path[64], system_name[32];
static uint64_t seed;

static long
number_of(const char *name, long fallback)
{
    const char *text = getenv(name);

    return text && *text ? strtol(text, NULL, 10) : fallback;
}

/* ---- one run ---- */

struct night {
    long rows, lookback;
    int64_t off; /* of our clock */
    bool killed; /* the peer goes away, or the database refuses a page */
    bool swept;
    enum verdict v;
};

static void
set_clock(int64_t at)
{
    char text[CLOCK_TEXT];
    FILE *file = fopen(clock_path, "w");

    clock_text(at, text);
    assert_non_null(file);
    fprintf(file, "%s\n", text);
    assert_int_equal(fclose(file), 0);
}

/* The next page whose rows are booked ends as if the server had gone. */
static void
break_database(bool broken)
{
    with_pg_do(broken ? "UPDATE public.law SET broken = true"
                      : "UPDATE public.law SET broken = false");
}

static void
open_job(struct night *night)
{
    struct job *job = &peer->job;
    struct error err;

    job->mem = arena_new("law");
    job->count = 0;
    job->run_id++;
    peer->system.name = peer->map.system = system_name;
    peer->system.options.rows = night->rows;
    peer->system.options.lookback = night->lookback;
    set_clock(source.now + night->off);
    job_cut_now(job);
    assert_int_equal(job_choose(job, NULL, &err), V_OK);
    assert_int_equal(staging_open(job->mem, site->pg, job->run_id, &job->staging, &err), V_OK);
}

static void
run(struct night *night)
{
    int64_t cut;
    bool broken = night->killed && law_draw(&source, 2);
    struct job_system *s;
    struct error err;

    open_job(night);
    s = fake_peer_system(peer);
    assert_true(clock_from_text(peer->job.cut, strlen(peer->job.cut), &cut));
    source.runs++;
    source.cut = cut > source.cut ? cut : source.cut;
    source.calls = 0;
    source.calls_left = night->killed && !broken ? (long)law_draw(&source, 4) : -1;
    law_tell(&source, "run %ld: %ld rows a page, look-back %ld s, our clock %+.0f s%s\n",
             source.runs, night->rows, night->lookback / 1000,
             (double)night->off / (double)LAW_SECOND,
             broken          ? ", the database refuses"
             : night->killed ? ", the source goes away"
                             : "");
    if (broken)
        break_database(true);
    night->v = pull_system(&peer->job, s, &err);
    if (!night->v && night->swept) {
        peer->job.sweep = true;
        night->v = sweep_run(&peer->job, &err);
    }
    if (broken)
        break_database(false);
    if (!night->v)
        night->v = s->trouble;
    else if (!broken)
        fail_msg("seed %llu: %s: %s\n%s", (unsigned long long)seed, err.code, err.text,
                 source.story);
}

static void
close_job(void)
{
    job_leave(&peer->job);
    arena_free(peer->job.mem);
    peer->job.mem = NULL;
    peer->job.sweep = false;
}

/* ---- what must hold ---- */

#define law_broken(row, what)                                                                      \
    fail_msg("seed %llu: row %zu: %s\nCURSOR_LAW=1 CURSOR_SEED=%llu plays it again\n%s",           \
             (unsigned long long)seed, (size_t)(row), (what), (unsigned long long)seed,            \
             source.story)

struct staged_row {
    long version; /* 0 = none */
    bool vanished, held;
};

static void
read_staged(struct staged_row *out)
{
    char sql[1024], number[24];
    const char *text;

    memset(out, 0, sizeof *out * LAW_ROWS);
    snprintf(
        sql, sizeof sql,
        "SELECT string_agg(format('%%s %%s %%s %%s', n.number, COALESCE(substr(c.subject, 9), '0'),"
        " (s.vanished_at IS NOT NULL)::int, (h.key IS NOT NULL)::int), ',' ORDER BY n.number) "
        "FROM (SELECT number FROM bridge.source_record WHERE system = '%s' UNION "
        "SELECT key FROM bridge.held WHERE system = '%s' AND state = 'open') n "
        "LEFT JOIN bridge.source_record s ON s.system = '%s' AND s.number = n.number "
        "LEFT JOIN bridge.complaint c ON c.bridge_id = s.bridge_id "
        "LEFT JOIN bridge.held h ON h.system = '%s' AND h.key = n.number AND h.state = 'open'",
        system_name, system_name, system_name, system_name);
    text = with_pg_text(sql);
    for (size_t n = 0; n < LAW_ROWS; n++) {
        const char *at = strstr(text, law_number(n, number));
        int vanished = 0, held = 0;

        if (!at)
            continue;
        assert_int_equal(
            sscanf(at + strlen(number), " %ld %d %d", &out[n].version, &vanished, &held), 3);
        out[n].vanished = vanished != 0;
        out[n].held = held != 0;
    }
}

/* What no run can have missed: it was visible before the run began, its time is within the
 * look-back of every cut that there was before, and it is not older than what was staged of it. */
static void
check_run(const struct night *night, int64_t cut)
{
    struct staged_row staged[LAW_ROWS];

    read_staged(staged);
    for (size_t n = 0; n < LAW_ROWS; n++) {
        const struct law_row *row = &source.rows[n];
        int64_t from = row->cut - night->lookback * 1000;

        if (!row->there || row->run >= source.runs || row->at > cut || row->at < row->newest)
            continue;
        if (row->cut && (row->at < from || (row->at == from && !night->lookback)))
            continue;
        if (row->timeless) {
            if (source.kind == LAW_OPEN && !staged[n].held)
                law_broken(n, "without a time, and not held");
            continue;
        }
        if (staged[n].version != row->version)
            law_broken(n, "missed by a run that came to its end");
    }
}

/* The cursor: not behind where it was, not beyond the latest cut. */
static void
check_cursor(int64_t *last)
{
    char sql[200];
    long at;

    snprintf(
        sql, sizeof sql,
        "SELECT (extract(epoch FROM at) * 1000000)::bigint FROM bridge.cursor WHERE system = '%s'",
        system_name);
    at = with_pg_number(sql);
    if (at < *last)
        law_broken(0, "the cursor went back");
    if (at > source.cut)
        law_broken(0, "the cursor lies beyond every cut");
    *last = at;
}

static void
check_swept(void)
{
    const struct sweep_figures *f = &fake_peer_system(peer)->sweep;
    struct staged_row staged[LAW_ROWS];
    long unread = 0;

    if (!f->done)
        law_broken(0, "not swept");
    read_staged(staged);
    for (size_t n = 0; n < LAW_ROWS; n++) {
        const struct law_row *row = &source.rows[n];

        if (!row->there) {
            if (staged[n].version && !staged[n].vanished)
                law_broken(n, "deleted, and not marked");
            continue;
        }
        if (staged[n].vanished)
            law_broken(n, "there, and marked as gone");
        if (row->timeless) {
            unread += source.kind != LAW_OPEN;
            if (source.kind == LAW_OPEN && !staged[n].held)
                law_broken(n, "without a time, and not held after the sweep");
            continue;
        }
        if (staged[n].version != row->version)
            law_broken(n, "not as the source has it after the sweep");
    }
    if (f->missed - f->found > unread)
        law_broken(0, "the sweep counts as missing what is staged");
}

/* ---- the law ---- */

static int64_t
draw_off(void)
{
    static const int64_t off[] = { -24 * LAW_HOUR, -2 * LAW_HOUR, 3 * LAW_HOUR, 48 * LAW_HOUR };

    return law_draw(&source, 6) ? 0 : off[law_draw(&source, sizeof off / sizeof *off)];
}

static void
play_night(struct night *night, int64_t *cursor)
{
    int64_t cut;

    run(night);
    assert_true(clock_from_text(peer->job.cut, strlen(peer->job.cut), &cut));
    if (source.too_many)
        law_broken(0, "paging does not end");
    if (!night->killed && night->v)
        law_broken(0, "trouble of a source that has none");
    if (night->killed && night->v)
        law_tell(&source, "  it ended early\n");
    check_cursor(cursor);
    if (!night->v)
        check_run(night, cut);
    if (!night->v && night->swept && !source.busy && !night->off)
        check_swept();
    close_job();
}

static void
play_sequence(void)
{
    static const long lookbacks[] = { 0, 0, 3600000, 7200000, 100 };
    struct night night = { .rows = 0 };
    int64_t cursor = -1;

    law_begin(&source, seed);
    night.lookback = lookbacks[law_draw(&source, sizeof lookbacks / sizeof *lookbacks)];
    for (long left = 1 + (long)law_draw(&source, RUNS); left > 0; left--) {
        for (long e = (long)law_draw(&source, EVENTS); e > 0; e--)
            law_event(&source);
        night.rows = (source.kind == LAW_OPEN ? 2 : 1) + (long)law_draw(&source, 3);
        night.off = draw_off();
        night.killed = law_draw(&source, 4) == 0;
        source.busy = law_draw(&source, 3) == 0;
        night.swept = law_draw(&source, 5) == 0;
        play_night(&night, &cursor);
    }
    source.now += 24 * LAW_HOUR;
    source.busy = false;
    night.off = 0;
    night.killed = false;
    night.swept = true;
    play_night(&night, &cursor);
}

static void
empty_tables(void)
{
    with_pg_do(
        "SET session_replication_role = replica; "
        "TRUNCATE bridge.cursor, bridge.arrival, bridge.complaint, bridge.complaint_version, "
        "bridge.link, bridge.source_record, bridge.held, bridge.ledger, bridge.movement, "
        "bridge.sweep, bridge.delivery, bridge.action, bridge.feedback, bridge.attachment, "
        "bridge.sealed, bridge.attempt; "
        "RESET session_replication_role");
}

static void
the_law_of_cursors(void **state)
{
    long sequences = number_of("CURSOR_LAW", SAMPLE);
    int64_t begun = clock_tick();
    uint64_t first = 0;

    (void)state;
    if (getrandom(&first, 4, 0) != 4)
        fail();
    first = (uint64_t)number_of("CURSOR_SEED", (long)first);
    fprintf(stderr, "the law of cursors: %ld sequences from seed %llu on\n", sequences,
            (unsigned long long)first);
    law_serve(&source, peer);
    for (long n = 0; n < sequences; n++) {
        seed = first + (uint64_t)n;
        snprintf(system_name, sizeof system_name, "law%ld", n);
        play_sequence();
        if (n % BATCH == BATCH - 1)
            empty_tables();
        if (n % 500 == 499)
            fprintf(stderr, "%ld sequences in %lld s\n", n + 1,
                    (long long)(clock_tick() - begun) / 1000);
    }
}

/* Rows that move ahead for ever: each reading ends, and the run after it goes on. */
static void
a_chase_ends(void **state)
{
    static const enum law_kind kinds[] = { LAW_PLAIN, LAW_HEEDLESS };

    (void)state;
    law_serve(&source, peer);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct night night = { .rows = 2, .swept = true };
        int64_t cursor = -1;

        seed = k;
        law_begin(&source, seed);
        source.kind = kinds[k];
        snprintf(system_name, sizeof system_name, "chase%zu", k);
        for (size_t n = 0; n < LAW_ROWS; n++) {
            source.rows[n] = (struct law_row){
                .there = true, .was_there = true, .at = source.now++, .version = ++source.versions
            };
        }
        source.chased = true;
        source.calls_most = 60;
        run(&night);
        if (source.too_many)
            law_broken(0, "it never ends");
        assert_int_equal(night.v, V_OK);
        check_cursor(&cursor);
        close_job();
        source.chased = false;
        source.now += LAW_HOUR;
        play_night(&night, &cursor);
    }
}

static int
group_begin(void **state)
{
    static FILE *nowhere;

    nowhere = fopen("/dev/null", "w");
    log_begin(nowhere, LOG_ERROR);
    snprintf(clock_path, sizeof clock_path, "/tmp/bridge-law-XXXXXX");
    if (mkstemp(clock_path) < 0)
        return 1;
    set_clock(INT64_C(1591000000) * LAW_SECOND);

    char now[80];

    snprintf(now, sizeof now, "@%s", clock_path);
    if (setenv("BRIDGE_NOW", now, 1) || site_group_begin(state) || site_begin((void **)&site))
        return 1;
    with_pg_do("ALTER SYSTEM SET jit = off");
    with_pg_do("SELECT pg_reload_conf()");
    with_pg_do("CREATE TABLE public.law (broken boolean NOT NULL); "
               "INSERT INTO public.law VALUES (false); "
               "CREATE FUNCTION public.law() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
               "IF (SELECT broken FROM public.law) THEN "
               "RAISE EXCEPTION 'broken' USING ERRCODE = '40001'; END IF; RETURN NULL; END$$; "
               "CREATE TRIGGER law AFTER INSERT ON bridge.ledger FOR EACH STATEMENT "
               "EXECUTE FUNCTION public.law()");
    with_pg_do("INSERT INTO bridge.run (job, started_at, host, pid, program) "
               "SELECT 'law', now(), 'test', 1, 'test' FROM generate_series(1, 200000)");
    peer = fake_peer_by(law_map, false);
    peer->job.pg = site->pg;
    peer->job.run_id = site->run_id;
    return 0;
}

static int
group_end(void **state)
{
    remove(clock_path);
    peer->job.mem = NULL;
    peer->job.count = 0;
    fake_peer_free(peer);
    site_end((void **)&site);
    return site_group_end(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_law_of_cursors),
        cmocka_unit_test(a_chase_ends),
    };

    return cmocka_run_group_tests(tests, group_begin, group_end);
}
