/* The rehearsal NHRC's store: SQLite, and how its texts are written outside. */
#include "nhrc_server.h"

#include <time.h>

#define IST (5 * 3600 + 1800)

void
die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

sqlite3_stmt *
ask_n(const char *sql, int n, const char *const *values)
{
    sqlite3_stmt *s;

    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
        die(sql);
    for (int i = 0; i < n; i++)
        if (values[i])
            sqlite3_bind_text(s, i + 1, values[i], -1, SQLITE_TRANSIENT);
    return s;
}

void
run(sqlite3_stmt *s)
{
    if (sqlite3_step(s) != SQLITE_DONE)
        die(sqlite3_sql(s));
    sqlite3_finalize(s);
}

char *
col(struct soap *soap, sqlite3_stmt *s, const char *name)
{
    for (int i = 0; i < sqlite3_column_count(s); i++)
        if (strcmp(sqlite3_column_name(s, i), name) == 0) {
            const char *text = (const char *)sqlite3_column_text(s, i);

            return text ? soap_strdup(soap, text) : NULL;
        }
    die(name);
    return NULL;
}

/* ---- times ---- */

char *
moment(struct soap *soap, char *stored)
{
    char *out;

    if (!stored)
        return NULL;
    out = soap_malloc(soap, 32);
    snprintf(out, 32, "%.10sT%.8s+05:30", stored, stored + 11);
    return out;
}

char *
day(struct soap *soap, char *stored)
{
    (void)soap;
    if (stored)
        stored[10] = '\0';
    return stored;
}

char *
stored(struct soap *soap, const char *text)
{
    struct tm tm = { 0 };
    int hours = 0, minutes = 0;
    char sign = 'Z', *out = soap_malloc(soap, 32);
    time_t at;
    const char *zone;

    *out = '\0';
    if (!text || sscanf(text, "%d-%d-%dT%d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                        &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
        return out;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    zone = text + 19 + strspn(text + 19, ".0123456789");
    if (*zone != 'Z')
        sscanf(zone, "%c%d:%d", &sign, &hours, &minutes);
    at = timegm(&tm) - (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60) + IST;
    gmtime_r(&at, &tm);
    strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
    return out;
}

char *
now(struct soap *soap)
{
    char line[64] = "";
    FILE *f = fopen(clock_path, "r");

    if (!f || !fgets(line, sizeof line, f))
        die("clock");
    fclose(f);
    return stored(soap, line);
}

char *
ack_number(struct soap *soap, const char *ack, int document)
{
    char *out = soap_malloc(soap, 32);

    snprintf(out, 32, "%s/%06d", document ? "DOC" : "RPT", (int)strtol(ack, NULL, 10));
    return out;
}
