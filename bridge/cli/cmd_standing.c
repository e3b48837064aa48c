/*
 * standing: figures of a month by unit, rank, station or category; the ranking of districts with
 * its sum; where what kind of matter grows; what complainants say to which rank. ranking: districts
 * by disposal in time, of any days.
 */
#include "commands.h"

#include <string.h>

#define DAY INT64_C(86400000000) /* microseconds */

/* What is asked, as arguments of sql/queries/standing.sql. */
struct asked {
    const char *systems, *basis; /* of all systems of bridge.conf */
    const char *from, *to;       /* days, both included */
    char since[CLOCK_TEXT], upto[CLOCK_TEXT], now[CLOCK_TEXT];
    const char *whole; /* "true": small counts of confidential kinds, too */
};

/* ---- what is asked ---- */

static const char *
today(const struct cli *cli)
{
    char text[16] = "";
    int minutes = 0;

    if (cli->conf.bridge.zone && !clock_zone(cli->conf.bridge.zone, &minutes))
        minutes = 0;
    clock_format("%Y-%m-%d", minutes, clock_now(), text, sizeof text);
    return arena_copy(cli->mem, text);
}

/* The days of a period, this month without one, as [since, upto). */
static enum verdict
read_days(const struct cli *cli, struct asked *a, struct error *err)
{
    const char *period = cli->options.period;
    int64_t day;

    if (!period)
        period = arena_text(cli->mem, today(cli), strlen("YYYY-MM"));
    enum verdict v = cli_period(cli->mem, period, &a->from, &a->to, err);

    if (!v)
        v = cli_time(cli, a->from, a->since, err);
    if (!v)
        v = cli_time(cli, a->to, a->upto, err);
    if (!v && clock_from_text(a->upto, strlen(a->upto), &day))
        clock_text(day + DAY, a->upto);
    return v;
}

static enum verdict
read_asked(const struct cli *cli, struct asked *a, struct error *err)
{
    const struct conf *conf = &cli->conf;
    const char **systems = arena_alloc(cli->mem, sizeof *systems * (conf->system_count + 1));
    const char **basis = arena_alloc(cli->mem, sizeof *basis * (conf->system_count + 1));

    for (size_t i = 0; i < conf->system_count; i++) {
        systems[i] = conf->systems[i].name;
        basis[i] = conf->systems[i].map->received;
    }
    a->systems = pg_of_texts(cli->mem, systems, conf->system_count);
    a->basis = pg_of_texts(cli->mem, basis, conf->system_count);
    a->whole = cli->options.personal ? "true" : "false";
    clock_text(clock_now(), a->now);
    return read_days(cli, a, err);
}

/* The system that was named, or the first portal; NULL when there is none. */
static const struct conf_system *
ranked_system(const struct cli *cli, const char *name)
{
    const struct conf *conf = &cli->conf;

    if (name)
        return conf_system_find(conf, name);
    for (size_t i = 0; i < conf->system_count; i++)
        if (conf->systems[i].map->role == ROLE_PORTAL)
            return &conf->systems[i];
    return NULL;
}

static enum verdict
no_system(const char *name, struct error *err)
{
    return error_set(err, V_FATAL, "usage",
                     name ? "there is no system \"%s\"" : "bridge.conf has no portal%s",
                     name ? name : "");
}

/* ---- tables ---- */

#define FIGURES                                                                                    \
    "opening:int received:int disposed:int pending:int overdue:int in_time:int share:decimal "     \
    "satisfied:int dissatisfied:int reopened:int median_days:decimal"
#define OF_DISTRICT "rank:int unit name_en name_hi "

/* ranking and hotspots are words of their own; these are --by. */
static const struct view {
    const char *word, *at; /* at: argument of standing_units, NULL = standing_levels */
    const char *columns;
} views[] = {
    { "unit", "unit", "part of_unit total:bool unit name_en name_hi level " FIGURES },
    { "level", NULL,
      "part of_unit total:bool level pending:int overdue:int median_days:decimal "
      "oldest_days:decimal" },
    { "station", "station", "part of_unit of_en total:bool unit name_en name_hi " FIGURES },
    { "category", "category", "part of_unit total:bool unit " FIGURES },
};

static enum verdict
put(struct pg *pg, struct arena *mem, struct result *r, const char *table, const char *title,
    const char *columns, const char *statement, const char *const *values, size_t count,
    struct error *err)
{
    struct pg_rows rows;
    enum verdict v = pg_run(pg, mem, statement, values, count, &rows, err);

    if (!v)
        result_rows(result_table(r, table, title, columns), &rows);
    return v;
}

static void
say_small(struct result *r, const struct cli *cli)
{
    if (!cli->options.personal)
        result_line(r, "<5: a small count of tips or of senders who are sealed, confidential or "
                       "anonymous; *: it would give such a one away. --personal tells them, for a "
                       "report that auditors alone read.");
}

static enum verdict
put_view(struct cli *cli, struct pg *pg, struct result *r, const struct asked *a,
         const struct view *view, struct error *err)
{
    const char *const of_unit[] = { a->systems, a->basis, "false",  a->since,
                                    a->upto,    a->now,   view->at, a->whole };
    const char *const of_level[] = { a->systems, a->basis, "false", a->since,
                                     a->upto,    a->now,   a->whole };
    const char *title = arena_format(cli->mem, "by %s, %s to %s", view->word, a->from, a->to);
    enum verdict v = view->at ? put(pg, cli->mem, r, "standing", title, view->columns,
                                    "standing_units", of_unit, 8, err)
                              : put(pg, cli->mem, r, "standing", title, view->columns,
                                    "standing_levels", of_level, 7, err);

    say_small(r, cli);
    return v;
}

static enum verdict
put_standing(struct cli *cli, struct pg *pg, struct result *r, const struct asked *a,
             struct error *err)
{
    const char *by = cli->options.by ? cli->options.by : "unit";

    if (cli->word_count)
        return error_set(err, V_FATAL, "usage", "\"%s\" is not a part of the standing",
                         cli->words[0]);
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
        if (strcmp(views[i].word, by) == 0)
            return put_view(cli, pg, r, a, &views[i], err);
    error_set(err, V_FATAL, "usage", "the standing is not counted by \"%s\"", by);
    error_hint(err, "It is by unit, level, station or category.");
    return V_FATAL;
}

/* ---- the ranking, with its sum ---- */

static enum verdict
put_ranking(struct cli *cli, struct pg *pg, struct result *r, const struct asked *a,
            struct error *err)
{
    const char *name = cli->word_count > 1 ? cli->words[1] : NULL;
    const struct conf_system *s = ranked_system(cli, name);

    if (!s)
        return no_system(name, err);
    const char *const values[] = { s->name, s->map->received, a->since, a->upto, a->now, a->whole };
    const char *const rule[] = { s->name, a->upto, a->now };
    enum verdict v = put(
        pg, cli->mem, r, "ranking", arena_format(cli->mem, "%s, %s to %s", s->name, a->from, a->to),
        OF_DISTRICT "received:int disposed:int in_time:int pending:int overdue:int "
                    "satisfied:int dissatisfied:int reopened:int score:decimal",
        "ranking", values, 6, err);

    if (!v)
        v = put(pg, cli->mem, r, "parts", "how each score is made",
                OF_DISTRICT "part of:int out_of:int value:decimal weight:decimal points:decimal",
                "ranking_parts", values, 6, err);
    if (!v)
        v = put(pg, cli->mem, r, "formula", "the formula",
                "part label_en label_hi weight:decimal valid_from source", "ranking_rule", rule, 3,
                err);
    result_line(r, "first is the higher score, then the district that received more; who is equal "
                   "in both has the same rank");
    if (!cli->options.personal)
        result_line(r, "confidential complaints do not count here");
    return v;
}

/* ---- hot spots ---- */

/* The beginnings of the three months before, of the month, and its end; false: it is no month. */
static enum verdict
read_months(const struct cli *cli, const struct asked *a, const char **out, struct error *err)
{
    const char *bounds[5];
    long year = strtol(a->from, NULL, 10), month = strtol(a->from + 5, NULL, 10);
    enum verdict v = V_OK;

    for (int i = 0; i < 5 && !v; i++) {
        long n = year * 12 + month - 1 + i - 3;
        char *at = arena_alloc(cli->mem, CLOCK_TEXT);

        v = cli_time(cli, arena_format(cli->mem, "%04ld-%02ld-01", n / 12, n % 12 + 1), at, err);
        bounds[i] = at;
    }
    if (!v && (strcmp(bounds[3], a->since) != 0 || strcmp(bounds[4], a->upto) != 0)) {
        error_set(err, V_FATAL, "usage", "hot spots are of one month, not of %s to %s", a->from,
                  a->to);
        error_hint(err, "Write it as --period 2020-06.");
        return V_FATAL;
    }
    *out = pg_of_texts(cli->mem, bounds, 5);
    return v;
}

static enum verdict
put_hot(struct cli *cli, struct pg *pg, struct result *r, const struct asked *a, struct error *err)
{
    const char *months = NULL;
    enum verdict v = read_months(cli, a, &months, err);
    const char *const values[] = { a->systems, a->basis, "false", months, a->now, a->whole };

    if (!v)
        v = put(pg, cli->mem, r, "hotspots",
                arena_format(cli->mem, "%.7s, beside the three months before", a->from),
                "part of_unit of_en unit name_en name_hi category n:int mean:decimal "
                "change:decimal percent:decimal mark",
                "hot_spots", values, 6, err);
    result_line(r, "told where 5 or more came in the month; rise: half more than the mean of the "
                   "three months before, or above; fall: half less, or below");
    say_small(r, cli);
    return v;
}

/* ---- feedback ---- */

static enum verdict
put_feedback(struct cli *cli, struct pg *pg, struct result *r, const struct asked *a,
             struct error *err)
{
    const char *const values[] = { a->systems, a->since, a->upto, a->whole };
    enum verdict v =
        put(pg, cli->mem, r, "feedback",
            arena_format(cli->mem, "by the rank addressed, %s to %s", a->from, a->to),
            "part total:bool level answers:int satisfied:int dissatisfied:int not_reached:int "
            "rated:int mean_rating:decimal r1:int r2:int r3:int r4:int r5:int reopened:int",
            "feedback_levels", values, 4, err);

    say_small(r, cli);
    return v;
}

/* ---- commands ---- */

static const struct word {
    const char *word;
    size_t most; /* words, with it */
    enum verdict (*put)(struct cli *cli, struct pg *pg, struct result *r, const struct asked *a,
                        struct error *err);
} words[] = {
    { "ranking", 2, put_ranking },
    { "hotspots", 1, put_hot },
    { "feedback", 1, put_feedback },
};

int
cmd_standing(struct cli *cli)
{
    const struct word whole = { "", 0, put_standing }, *w = &whole;
    struct result *r = result_new(cli->mem, "standing");
    struct asked asked = { .systems = NULL };
    struct pg *pg = NULL;
    struct error err;

    for (size_t i = 0; cli->word_count && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(cli->words[0], words[i].word) == 0)
            w = &words[i];
    if (w != &whole && cli->word_count > w->most)
        return cli_usage(cli, "\"%s\" is one word too many", cli->words[w->most]);
    if (w != &whole && cli->options.by)
        return cli_usage(cli, "\"%s\" takes no --by", w->word);
    enum verdict v = read_asked(cli, &asked, &err);

    if (!v)
        v = session_database(&cli->conf, cli->mem, &pg, &err);
    if (!v)
        v = w->put(cli, pg, r, &asked, &err);
    int code = v ? cli_fail(v, &err) : cli_print(cli, r, JOB_DONE);

    pg_close(pg);
    return code;
}

/* As the operator asks: any days, all without a period, and whatever kind of complaint. */
int
cmd_ranking(struct cli *cli)
{
    const struct conf_system *s = ranked_system(cli, cli->word_count ? cli->words[0] : NULL);
    struct result *r = result_new(cli->mem, "ranking");
    struct asked asked = { .systems = NULL };
    struct pg *pg = NULL;
    struct error err;
    enum verdict v = V_OK;

    if (!s)
        return cli_usage(
            cli, cli->word_count ? "there is no system \"%s\"" : "bridge.conf has no portal%s",
            cli->word_count ? cli->words[0] : "");
    clock_text(clock_now(), asked.now);
    clock_text(0, asked.since);
    memcpy(asked.upto, asked.now, sizeof asked.upto);
    if (cli->options.period)
        v = read_days(cli, &asked, &err);
    if (!v)
        v = session_database(&cli->conf, cli->mem, &pg, &err);
    const char *const values[] = { s->name,    s->map->received, asked.since,
                                   asked.upto, asked.now,        "true" };

    if (!v)
        v = put(pg, cli->mem, r, "ranking", NULL,
                OF_DISTRICT "received:int disposed:int in_time:int pending:int overdue:int "
                            "share:decimal score:decimal",
                "ranking", values, 6, &err);
    int code = v ? cli_fail(v, &err) : cli_print(cli, r, JOB_DONE);

    pg_close(pg);
    return code;
}
