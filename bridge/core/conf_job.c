/*
 * [job NAME]: when which command is run. The daemon reads these words again; here they are only
 * proved to be good, so that a mistake is seen at once and not at night.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conf_parts.h"
#include "text.h"

/* "HH:MM" */
static bool
is_time_of_day(const char *word, size_t len)
{
    int64_t hour, minute;

    return len == 5 && word[2] == ':' && text_int(word, 2, &hour) &&
           text_int(word + 3, 2, &minute) && hour >= 0 && hour < 24 && minute >= 0 && minute < 60;
}

static bool
is_day(const char *word, size_t len)
{
    static const char *const days[] = { "mon", "tue", "wed",  "thu",  "fri",
                                        "sat", "sun", "last", "daily" };
    int64_t day;

    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        if (text_same(word, len, days[i]))
            return true;
    return text_int(word, len, &day) && day >= 1 && day <= 31;
}

static void
check_words(const char *path, const struct ini_section *section, const char *key, const char *list,
            bool (*good)(const char *word, size_t len), const char *form, struct faults *faults)
{
    const char *word;
    size_t len;

    while (list && text_word(&list, &word, &len))
        if (!good(word, len))
            conf_wrong(path, section, key, form, faults);
}

void
conf_job_read(struct arena *mem, const char *path, const struct ini_section *section,
              struct conf_job *out, struct faults *faults)
{
    const struct ini_line *zone = conf_line(section, "zone");
    struct job_options *options = &out->options;
    int minutes;

    out->name = section->arg;
    out->line = section->line;
    conf_fill(mem, path, section, conf_job_keys, options, NULL, NULL, faults);
    check_words(path, section, "at", options->at, is_time_of_day, "lists times like 01:30", faults);
    check_words(path, section, "on", options->on, is_day,
                "is daily, or lists mon tue wed thu fri sat sun, or 1 to 31 and last", faults);
    if (zone && options->zone && !clock_zone(options->zone, &minutes))
        fault_add(faults, path, zone->line,
                  "\"zone\" must be Asia/Kolkata, UTC or an offset like +05:30");
    if (conf_line(section, "at") && conf_line(section, "every"))
        fault_add(faults, path, section->line, "[job %s] has both \"at\" and \"every\"", out->name);
    if (!conf_line(section, "at") && !conf_line(section, "every"))
        fault_add(faults, path, section->line, "[job %s] needs \"at\" or \"every\"", out->name);
    if (conf_line(section, "every") && options->every > 0 && options->every < 1000)
        fault_add(faults, path, conf_line(section, "every")->line, "\"every\" is 1s at least");
}
