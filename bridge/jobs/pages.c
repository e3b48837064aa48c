#include "pages_parts.h"

#include <string.h>

#include "../base/file.h"
#include "digest.h"
#include "log.h"
#include "text.h"

#define DAY      INT64_C(86400000000) /* microseconds */
#define PAGE_MAX ((size_t)16 << 20)

/* ---- the time that it is ---- */

/* The first instant of the day in people's zone that holds an instant, so many days later. */
static int64_t
day_of(const struct pages *p, int64_t at, int days)
{
    int64_t east = p->minutes * INT64_C(60000000);
    int64_t local = at + east, into = local % DAY;

    return local - (into < 0 ? into + DAY : into) + days * DAY - east;
}

/* The first instant of the month in people's zone that holds an instant. */
static int64_t
month_of(const struct pages *p, int64_t at)
{
    char text[16] = "", first[16] = "";
    int64_t begin = at;

    clock_format("%Y-%m-%d", p->minutes, at, text, sizeof text);
    snprintf(first, sizeof first, "%.7s-01", text);
    (void)clock_parse("%Y-%m-%d", p->minutes, first, strlen(first), &begin);
    return begin;
}

static const char *
day_text(const struct pages *p, int64_t at)
{
    char text[16] = "";

    clock_format("%Y-%m-%d", p->minutes, at, text, sizeof text);
    return arena_copy(p->mem, text);
}

/* The month that holds an instant: its days, its instants [since, upto), and the three before. */
static void
set_month(const struct pages *p, int64_t holds, struct pages_month *m)
{
    const char *texts[5];
    int64_t begin = month_of(p, holds), next = month_of(p, begin + 31 * DAY), at = begin;
    char text[CLOCK_TEXT];

    clock_text(begin, m->since);
    clock_text(next, m->upto);
    m->from = day_text(p, begin);
    m->to = day_text(p, next - DAY);
    texts[4] = arena_copy(p->mem, m->upto);
    for (size_t i = 4; i-- > 0; at = month_of(p, at - DAY)) {
        clock_text(at, text);
        texts[i] = arena_copy(p->mem, text);
    }
    m->bounds = pg_of_texts(p->mem, texts, 5);
}

static void
set_times(struct pages *p)
{
    int64_t now = clock_now();

    if (p->conf->bridge.zone && !clock_zone(p->conf->bridge.zone, &p->minutes))
        p->minutes = 0;
    clock_text(now, p->asof);
    clock_text(day_of(p, now, -1), p->yesterday);
    clock_text(day_of(p, now, -30), p->month_ago);
    set_month(p, now, &p->month);
}

/* ---- what is asked of all systems ---- */

static void
set_systems(struct pages *p)
{
    const struct conf *conf = p->conf;
    const char **names = arena_alloc(p->mem, sizeof *names * (conf->system_count + 1));
    const char **basis = arena_alloc(p->mem, sizeof *basis * (conf->system_count + 1));

    for (size_t i = 0; i < conf->system_count; i++) {
        names[i] = conf->systems[i].name;
        basis[i] = conf->systems[i].map->received;
        if (!p->ranked && conf->systems[i].map->role == ROLE_PORTAL) {
            p->ranked = names[i];
            p->ranked_basis = basis[i];
        }
    }
    p->systems = pg_of_texts(p->mem, names, conf->system_count);
    p->basis = pg_of_texts(p->mem, basis, conf->system_count);
}

/* ---- how pages look ---- */

/* The style sheet stands in each page, and the page lets in that one alone, by its digest. */
static enum verdict
read_css(struct pages *p, struct error *err)
{
    const char *path = arena_format(p->mem, "%s/pages/house.css", p->conf->bridge.mappings);
    unsigned char bytes[DIGEST_BYTES];
    char base64[DIGEST_BASE64];
    size_t len = 0;
    const char *why = file_take(p->mem, path, &p->css, &len);

    if (why)
        return error_set(err, V_FATAL, "page.style", "\"%s\": %s", path, why);
    digest_of(p->css, len, bytes);
    digest_base64(bytes, base64);
    p->policy = arena_format(p->mem,
                             "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
                             "form-action 'none'",
                             base64);
    return V_OK;
}

/* ---- pages ---- */

struct page_node *
pages_document(struct pages *p, const char *page)
{
    struct page_node *root = page_new(p->page, "house");

    page_set(root, "page", page);
    page_set(root, "asof", p->asof);
    page_set(root, "from", p->month.from);
    page_set(root, "to", p->month.to);
    page_set(root, "busy_from", p->busy.from);
    page_set(root, "busy_to", p->busy.to);
    page_set(root, "yesterday", p->yesterday);
    page_set(root, "month_ago", p->month_ago);
    page_set(root, "zone", p->conf->bridge.zone);
    page_set(root, "version", BRIDGE_VERSION);
    page_words_put(p->words, root);
    return root;
}

static enum verdict
write_file(struct pages *p, const char *name, struct error *err)
{
    FILE *to = NULL;
    enum verdict v = house_begin(p->house, name, &to, err);

    if (v)
        return v;
    (void)fwrite(p->made.data, 1, p->made.len, to); /* house_end() tells */
    return house_end(p->house, err);
}

/* One page in one language. other: the same in the other one. */
static enum verdict
make_page(struct pages *p, const struct page_style *style, const struct page_node *root,
          const char *language, const char *path, const char *other, const char *up,
          struct error *err)
{
    const struct page_param params[] = {
        { "lang", language }, { "other", other },      { "up", up },
        { "css", p->css },    { "policy", p->policy },
    };

    buf_clear(&p->made);
    enum verdict v =
        page_make(style, root, params, sizeof params / sizeof params[0], p->minutes, &p->made, err);

    if (!v)
        v = write_file(p, path, err);
    if (v)
        error_within(err, "page \"%s\"", path);
    return v;
}

enum verdict
pages_make(struct pages *p, const struct page_style *style, const struct page_node *root,
           const char *name, const char *up, struct error *err)
{
    static const char *const languages[][2] = { { "en", "hi" }, { "hi", "en" } };
    enum verdict v = V_OK;

    for (size_t i = 0; i < 2 && !v; i++)
        v = make_page(p, style, root, languages[i][0],
                      arena_format(p->page, "%s/%s.html", languages[i][0], name),
                      arena_format(p->page, "%s../%s/%s.html", up, languages[i][1], name), up, err);
    return v;
}

enum verdict
pages_door(struct pages *p, const struct page_style *style, struct error *err)
{
    return make_page(p, style, pages_document(p, "start"), "en", "index.html", "", "", err);
}

/* ---- all of it ---- */

static enum verdict
make_all(struct pages *p, long *count, struct error *err)
{
    struct pg_rows offices;
    enum verdict v = pages_common(p, &offices, err);

    if (!v)
        v = pages_cells(p, &offices, err);
    *count = v ? 0 : (long)offices.count;
    return v;
}

static enum verdict
prepare(struct pages *p, struct error *err)
{
    enum verdict v = page_words_read(p->mem, p->conf->bridge.mappings, &p->words, err);

    set_times(p);
    set_systems(p);
    return v ? v : read_css(p, err);
}

static enum verdict
set_busy(struct pages *p, struct error *err)
{
    const char *values[] = { p->systems, p->basis, p->asof };
    struct pg_rows rows;
    enum verdict v = pg_run(p->pg, p->mem, "page_newest", values, 3, &rows, err);

    if (v)
        return v;
    if (pg_named(&rows, 0, "newest"))
        set_month(p, pg_int(&rows, 0, "newest"), &p->busy);
    else
        p->busy = p->month;
    return V_OK;
}

/* The connection may be used for other things afterwards. */
static enum verdict
read_only(struct pages *p, long *offices, struct error *err)
{
    enum verdict v = pg_run(p->pg, p->mem, "page_session", NULL, 0, NULL, err);
    struct error later;

    if (v)
        return v;
    v = set_busy(p, err);
    if (!v)
        v = make_all(p, offices, err);
    pg_rollback(p->pg);
    if (pg_run(p->pg, p->mem, "page_session_end", NULL, 0, NULL, &later) && !v) {
        *err = later;
        v = V_RETRY;
    }
    return v;
}

enum verdict
pages_write(const struct conf *conf, struct pg *pg, const char *folder, struct pages_done *out,
            struct error *err)
{
    struct pages p = { .conf = conf, .pg = pg, .mem = arena_new("pages") };
    enum verdict v;

    p.page = arena_new("page");
    buf_init(&p.made, PAGE_MAX);
    *out = (struct pages_done){ 0 };
    v = prepare(&p, err);
    if (!v)
        v = house_open(p.mem, folder, &p.house, err);
    if (!v)
        v = read_only(&p, &out->offices, err);
    if (!v)
        v = house_keep(p.house, err);
    if (!v)
        out->files = house_files(p.house) + 1;
    house_close(p.house);
    buf_release(&p.made);
    arena_free(p.page);
    arena_free(p.mem);
    return v;
}

int
pages_after(struct job *job, int code)
{
    const char *folder = job->conf->bridge.pages;
    struct pages_done done;
    struct error err;

    if (!folder || job->dry || !job->run_id || code == JOB_INTERNAL || code == JOB_STOPPED)
        return code;
    job_step(job, "report", NULL, 0);
    job_deadline(job->conf->bridge.deadline);
    enum verdict v = pages_write(job->conf, job->pg, folder, &done, &err);

    job_deadline(0);
    if (!v) {
        log_line(LOG_INFO, "%ld files of pages in \"%s\"", done.files, folder);
        return code;
    }
    error_within(&err, "pages");
    log_error(LOG_ERROR, &err);
    return code ? code : v == V_RETRY ? JOB_PEER : JOB_WAITS;
}
