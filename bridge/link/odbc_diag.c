/*
 * What a failure means. Native codes rule where a driver says HY000 to everything (SQLite) or where
 * its SQLSTATE names the wrong class; else the class of the SQLSTATE rules. A driver's words are
 * repeated only for classes that speak of statements and connections, never for those that speak
 * of values.
 */
#include <stdio.h>
#include <string.h>

#include "odbc_internal.h"

static const struct native_row {
    long native;
    enum odbc_dialect dialect;
    enum verdict verdict;
} native_rows[] = {
    { 1, ODBC_SQLITE, V_FATAL },    /* statement or schema */
    { 3, ODBC_SQLITE, V_FATAL },    /* permission */
    { 5, ODBC_SQLITE, V_RETRY },    /* busy */
    { 6, ODBC_SQLITE, V_RETRY },    /* locked */
    { 7, ODBC_SQLITE, V_RETRY },    /* memory */
    { 8, ODBC_SQLITE, V_FATAL },    /* read-only */
    { 9, ODBC_SQLITE, V_RETRY },    /* interrupted */
    { 10, ODBC_SQLITE, V_RETRY },   /* disk */
    { 11, ODBC_SQLITE, V_FATAL },   /* corrupt */
    { 13, ODBC_SQLITE, V_RETRY },   /* disk full */
    { 14, ODBC_SQLITE, V_RETRY },   /* the file cannot be opened */
    { 17, ODBC_SQLITE, V_RETRY },   /* schema moved under the statement */
    { 18, ODBC_SQLITE, V_REJECT },  /* too large */
    { 19, ODBC_SQLITE, V_REJECT },  /* constraint */
    { 20, ODBC_SQLITE, V_REJECT },  /* type */
    { 26, ODBC_SQLITE, V_FATAL },   /* not a database */
    { 1021, ODBC_MYSQL, V_RETRY },  /* disk full */
    { 1040, ODBC_MYSQL, V_RETRY },  /* too many connections */
    { 1114, ODBC_MYSQL, V_RETRY },  /* table full */
    { 1153, ODBC_MYSQL, V_REJECT }, /* packet too large, told as a lost connection */
    { 1203, ODBC_MYSQL, V_RETRY },  /* too many connections of this user */
    { 1205, ODBC_MYSQL, V_RETRY },  /* lock wait */
    { 1206, ODBC_MYSQL, V_RETRY },  /* lock table full */
    { 1213, ODBC_MYSQL, V_RETRY },  /* deadlock */
    { 1226, ODBC_MYSQL, V_RETRY },  /* resource limit of this user */
    { 1264, ODBC_MYSQL, V_REJECT }, /* out of range */
    { 1265, ODBC_MYSQL, V_REJECT }, /* cut short */
    { 1292, ODBC_MYSQL, V_REJECT }, /* wrong time */
    { 1366, ODBC_MYSQL, V_REJECT }, /* wrong text or number */
    { 1406, ODBC_MYSQL, V_REJECT }, /* too long */
    { 1411, ODBC_MYSQL, V_REJECT }, /* wrong value for a function */
    { 1969, ODBC_MYSQL, V_RETRY },  /* statement time */
    { 2002, ODBC_MYSQL, V_RETRY },  /* no server at the socket */
    { 2003, ODBC_MYSQL, V_RETRY },  /* no server at the port */
    { 2005, ODBC_MYSQL, V_RETRY },  /* host name */
    { 2006, ODBC_MYSQL, V_RETRY },  /* server has gone */
    { 2013, ODBC_MYSQL, V_RETRY },  /* connection lost */
    { 3024, ODBC_MYSQL, V_RETRY },  /* statement time */
    { 3819, ODBC_MYSQL, V_REJECT }, /* check constraint */
    { 4025, ODBC_MYSQL, V_REJECT }, /* check constraint */
    { 1205, ODBC_MSSQL, V_RETRY },  /* deadlock */
    { 1222, ODBC_MSSQL, V_RETRY },  /* lock wait */
    { 4060, ODBC_MSSQL, V_FATAL },  /* no such database */
    { 18456, ODBC_MSSQL, V_FATAL }, /* login */
};

/* The first prefix that fits; "words" says whether the driver's text may be repeated. */
static const struct state_row {
    const char *prefix;
    enum verdict verdict;
    bool words;
} state_rows[] = {
    { "01", V_FATAL, true },     /* the library of a driver cannot be loaded */
    { "08", V_RETRY, true },     /* connection */
    { "22", V_REJECT, false },   /* data */
    { "23", V_REJECT, false },   /* constraint */
    { "25006", V_FATAL, true },  /* read-only transaction */
    { "28", V_FATAL, true },     /* login */
    { "3D", V_FATAL, true },     /* no such database */
    { "3F", V_FATAL, true },     /* no such schema */
    { "40", V_RETRY, false },    /* rolled back: deadlock, serialisation */
    { "42", V_FATAL, true },     /* statement, rights */
    { "44", V_REJECT, false },   /* check option */
    { "45", V_REJECT, false },   /* raised by a trigger */
    { "53", V_RETRY, true },     /* resources */
    { "54", V_REJECT, false },   /* limits */
    { "55", V_RETRY, false },    /* object in use */
    { "57", V_RETRY, true },     /* stopped by an operator or a time limit */
    { "58", V_RETRY, true },     /* disk of the server */
    { "70100", V_RETRY, false }, /* statement interrupted */
    { "HYT", V_RETRY, true },    /* time limit */
    { "HY001", V_RETRY, false }, /* memory */
    { "HY008", V_RETRY, false }, /* cancelled */
    { "S1T", V_RETRY, true },    /* time limit, of old drivers */
    { "IM", V_FATAL, true },     /* driver manager */
};

static const struct native_row *
native_row(enum odbc_dialect dialect, long native)
{
    long code = dialect == ODBC_SQLITE ? native & 0xff : native; /* extended codes */

    for (size_t i = 0; i < sizeof native_rows / sizeof *native_rows; i++)
        if (native_rows[i].dialect == dialect && native_rows[i].native == code)
            return &native_rows[i];
    return NULL;
}

static const struct state_row *
state_row(const char *state)
{
    for (size_t i = 0; i < sizeof state_rows / sizeof *state_rows; i++)
        if (!strncmp(state, state_rows[i].prefix, strlen(state_rows[i].prefix)))
            return &state_rows[i];
    return NULL;
}

enum verdict
odbc_verdict(enum odbc_dialect dialect, const char *state, long native)
{
    const struct native_row *by_native = native_row(dialect, native);
    const struct state_row *by_state = state_row(state);

    if (by_native)
        return by_native->verdict;
    return by_state ? by_state->verdict : V_FATAL;
}

bool
odbc_unknown(const struct odbc *db)
{
    const struct odbc_said *said = &db->said;

    return !native_row(db->about.dialect, said->native) && !state_row(said->state);
}

static bool
may_repeat(enum odbc_dialect dialect, const char *state, long native)
{
    const struct state_row *row = state_row(state);

    if (row)
        return row->words;
    return dialect == ODBC_SQLITE && native_row(dialect, native) &&
           native_row(dialect, native)->verdict != V_REJECT;
}

/* Drivers break their lines and quote what the user typed. */
static void
flatten(char *text)
{
    size_t end = strlen(text);

    for (size_t i = 0; i < end; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = ' ';
    while (end > 0 && text[end - 1] == ' ')
        text[--end] = '\0';
}

void
odbc_listen(struct odbc *db, SQLSMALLINT type, SQLHANDLE handle)
{
    struct odbc_said *said = &db->said;
    SQLCHAR state[6] = "", text[sizeof said->text] = "";
    SQLINTEGER native = 0;
    SQLSMALLINT len = 0;

    *said = (struct odbc_said){ .native = 0 };
    for (SQLSMALLINT n = 1; n <= 20; n++) {
        SQLRETURN r = SQLGetDiagRec(type, handle, n, state, &native, text, sizeof text, &len);

        if (!SQL_SUCCEEDED(r))
            break;
        /* The driver manager's own words about an order of calls hide what the driver said. */
        if (said->state[0] && strncmp(said->state, "01", 2) != 0)
            break;
        snprintf(said->state, sizeof said->state, "%s", (const char *)state);
        snprintf(said->text, sizeof said->text, "%s", (const char *)text);
        said->native = native;
    }
    flatten(said->text);
    if (!strncmp(said->state, "08", 2))
        db->lost = true;
}

enum verdict
odbc_fail(struct odbc *db, SQLSMALLINT type, SQLHANDLE handle, const char *doing, struct error *err)
{
    const struct odbc_said *said = &db->said;
    enum odbc_dialect dialect = db->about.dialect;
    char code[sizeof err->code];
    enum verdict v;

    odbc_listen(db, type, handle);
    v = odbc_verdict(dialect, said->state, said->native);
    /* Drivers that lose the server in mid-statement often say no more than HY000. */
    if (v != V_RETRY && type == SQL_HANDLE_STMT && odbc_lost(db))
        v = V_RETRY;
    snprintf(code, sizeof code, "odbc.%s", said->state[0] ? said->state : "none");
    if (may_repeat(dialect, said->state, said->native))
        return error_set(err, v, code, "could not %s: SQLSTATE %s, native code %ld: %.300s", doing,
                         said->state, said->native, said->text);
    return error_set(err, v, code, "could not %s: SQLSTATE %s, native code %ld", doing,
                     said->state[0] ? said->state : "none", said->native);
}

const struct odbc_said *
odbc_said(const struct odbc *db)
{
    return &db->said;
}

bool
odbc_lost(struct odbc *db)
{
    SQLULEN dead = SQL_CD_FALSE;

    if (!db->lost && db->connected &&
        SQL_SUCCEEDED(SQLGetConnectAttr(db->dbc, SQL_ATTR_CONNECTION_DEAD, &dead,
                                        sizeof(SQLUINTEGER), NULL)) &&
        (SQLUINTEGER)dead == SQL_CD_TRUE)
        db->lost = true;
    return db->lost || !db->connected;
}
