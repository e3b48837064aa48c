/*
 * A day is chosen by its number, its week day or its place in the month; within
 * a day, slots rise. So both searches walk days from the one that the instant
 * lies in.
 */
#include "slots.h"

#include <string.h>

#include "../base/calendar.h"
#include "clock.h"
#include "text.h"

#define MILLI_US    INT64_C(1000)
#define EVERY_LEAST SECOND_US

static const char *const week_days[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static int64_t
day_of(int64_t local)
{
    return local / DAY_US - (local % DAY_US < 0);
}

static bool
is_chosen(const struct slots *slots, int64_t day)
{
    struct civil c;

    if (slots->all_days || (slots->week_days >> calendar_week_day(day) & 1))
        return true;
    calendar_split(day * DAY_US, &c);
    return (slots->month_days >> c.day & 1) ||
           (slots->last_day && c.day == calendar_month_days(c.year, c.month));
}

/* First slot of a day after a time of that day (-1 = from midnight on), or -1. */
static int64_t
first_after(const struct slots *slots, int64_t time)
{
    int64_t next;

    for (int i = 0; i < slots->count; i++)
        if (slots->at[i] > time)
            return slots->at[i];
    if (slots->count)
        return -1;
    next = time < 0 ? 0 : (time / slots->every + 1) * slots->every;
    return next < DAY_US ? next : -1;
}

/* Last slot of a day at or before a time of that day, or -1. */
static int64_t
last_until(const struct slots *slots, int64_t time)
{
    for (int i = slots->count - 1; i >= 0; i--)
        if (slots->at[i] <= time)
            return slots->at[i];
    return slots->count ? -1 : time / slots->every * slots->every;
}

int64_t
slots_next(const struct slots *slots, int64_t after)
{
    int64_t local = after + slots->zone;
    int64_t day = day_of(local), time = local - day * DAY_US;

    for (;; day++, time = -1) {
        int64_t found = is_chosen(slots, day) ? first_after(slots, time) : -1;

        if (found >= 0)
            return day * DAY_US + found - slots->zone;
    }
}

int64_t
slots_last(const struct slots *slots, int64_t until)
{
    int64_t local = until + slots->zone;
    int64_t day = day_of(local), time = local - day * DAY_US;

    for (;; day--, time = DAY_US - 1) {
        int64_t found = is_chosen(slots, day) ? last_until(slots, time) : -1;

        if (found >= 0)
            return day * DAY_US + found - slots->zone;
    }
}

static bool
read_two(const char *p, int *out)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return false;
    *out = (p[0] - '0') * 10 + (p[1] - '0');
    return true;
}

static bool
read_time(const char *word, size_t len, int64_t *out)
{
    int hour, minute;

    if (len != 5 || word[2] != ':' || !read_two(word, &hour) || !read_two(word + 3, &minute) ||
        hour > 23 || minute > 59)
        return false;
    *out = (hour * 60 + minute) * MINUTE_US;
    return true;
}

/* Puts a time in its place; false when it stands there already. */
static bool
add_time(struct slots *slots, int64_t time)
{
    int at = slots->count;

    for (; at > 0 && slots->at[at - 1] >= time; at--)
        if (slots->at[at - 1] == time)
            return false;
    memmove(slots->at + at + 1, slots->at + at, (size_t)(slots->count - at) * sizeof *slots->at);
    slots->at[at] = time;
    slots->count++;
    return true;
}

static const char *
read_times(struct arena *mem, const char *list, struct slots *out)
{
    const char *word;
    size_t len;
    int64_t time;

    while (text_word(&list, &word, &len)) {
        if (!read_time(word, len, &time))
            return arena_format(mem, "at = \"%.*s\" is not a time from 00:00 to 23:59", (int)len,
                                word);
        if (out->count == SLOTS_TIMES_MAX)
            return arena_format(mem, "at = has more than %d times; use every =", SLOTS_TIMES_MAX);
        if (!add_time(out, time))
            return arena_format(mem, "at = has \"%.*s\" twice", (int)len, word);
    }
    return out->count ? NULL : "at = is empty";
}

static bool
add_day(const char *word, size_t len, struct slots *out)
{
    int64_t day;

    if (text_same(word, len, "daily"))
        return out->all_days = true;
    if (text_same(word, len, "last"))
        return out->last_day = true;
    for (unsigned i = 0; i < 7; i++) {
        if (text_same(word, len, week_days[i])) {
            out->week_days |= 1U << i;
            return true;
        }
    }
    if (len > 2 || !text_int(word, len, &day) || day < 1 || day > 31)
        return false;
    out->month_days |= 1U << day;
    return true;
}

static const char *
read_days(struct arena *mem, const char *list, struct slots *out)
{
    const char *word;
    size_t len, words = 0;

    for (; text_word(&list, &word, &len); words++)
        if (!add_day(word, len, out))
            return arena_format(mem,
                                "on = \"%.*s\" is not \"daily\", a week day (mon ... sun), "
                                "a day of the month (1 ... 31) or \"last\"",
                                (int)len, word);
    if (words == 0)
        return "on = is empty";
    return out->all_days && words > 1 ? "on = has \"daily\" and other days" : NULL;
}

static const char *
read_options(struct arena *mem, const struct job_options *options, const char *zone,
             struct slots *out)
{
    const char *fault = NULL;
    int minutes;

    if (options->zone)
        zone = options->zone;
    if (!clock_zone(zone, &minutes))
        return arena_format(mem, "zone \"%s\" is not known", zone ? zone : "");
    out->zone = minutes * MINUTE_US;
    if (options->at && options->every)
        return "has both at = and every =";
    if (!options->at && !options->every)
        return "needs at = or every =";
    if (options->at) {
        fault = read_times(mem, options->at, out);
    } else {
        if (options->every > DAY_US / MILLI_US || options->every < EVERY_LEAST / MILLI_US)
            return "every = is not from 1s to 1d";
        out->every = options->every * MILLI_US;
    }
    if (!fault && options->on)
        fault = read_days(mem, options->on, out);
    else
        out->all_days = true;
    return fault;
}

bool
slots_read(struct arena *mem, const struct job_options *options, const char *zone,
           struct slots *out, const char **fault)
{
    *out = (struct slots){ .count = 0 };
    *fault = read_options(mem, options, zone, out);
    return *fault == NULL;
}

void
slots_check(const struct conf *conf, struct faults *faults)
{
    for (size_t i = 0; i < conf->job_count; i++) {
        const struct conf_job *job = &conf->jobs[i];
        const char *run = job->options.run, *word, *fault;
        struct slots slots;
        size_t len;

        if (!slots_read(faults->mem, &job->options, conf->bridge.zone, &slots, &fault))
            fault_add(faults, conf->path, job->line, "job \"%s\": %s", job->name, fault);
        if (job->options.grace < 0)
            fault_add(faults, conf->path, job->line, "job \"%s\": grace = is negative", job->name);
        if (!text_word(&run, &word, &len))
            fault_add(faults, conf->path, job->line, "job \"%s\": run = is empty", job->name);
        else if (text_same(word, len, "daemon"))
            fault_add(faults, conf->path, job->line, "job \"%s\": a daemon is not run as a job",
                      job->name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(conf->jobs[j].name, job->name) == 0)
                fault_add(faults, conf->path, job->line, "job \"%s\" stands twice", job->name);
    }
}
