/*
 * conf.h - bridge.conf: [bridge], one [system NAME] a system, one [job NAME] a job.
 *
 * Options are rows (config.h). Unknown sections and keys are faults, with the
 * nearest known word. All faults of bridge.conf and of every map it names are
 * reported together.
 */
#ifndef BRIDGE_CONF_H
#define BRIDGE_CONF_H

#include "../base/ini.h"
#include "adapter.h"
#include "config.h"
#include "faults.h"

struct units;

struct bridge_options {
    const char *database;   /* libpq conninfo or URI */
    const char *state;      /* folder for what the bridge keeps outside the database */
    const char *mappings;   /* folder of maps, codes/, units/, canonical.fields */
    const char *sql;        /* folder of migrations and queries/ */
    const char *zone;       /* for jobs and for people: "Asia/Kolkata" */
    const char *log;        /* file, or NULL = stderr */
    const char *contents;   /* folder of the content store; NULL = contents/ in state */
    long max_file;          /* bytes of one attachment */
    const char *seal_key;   /* secret: 64 hexadecimal digits; needed by a map with "seal" */
    long deadline;          /* ms; a run that takes longer is ended */
    long statement_limit;   /* ms; of one statement in the staging database */
    long lookback;          /* ms; how far behind the cursor each pull starts */
    long rows;              /* records asked for in one page */
    long tries;             /* of a delivery, before it is dead */
    long backoff;           /* ms; first wait after a RETRY; doubles, with jitter */
    long prove;             /* deliveries asked for again, of one system in one run */
    long keep_bodies;       /* ms; of what came, was held and was sent; 0 = for ever */
    long keep_movements;    /* ms; which records each entry of the books moved; 0 = for ever */
    const char *ledger_key; /* PEM file that notes are signed with, or NULL: the books have none */
    const char *notes;      /* folders that each note is left in, parted by blanks; or NULL */
    const char *tsa;        /* URL of a timestamp authority, or NULL */
    const char *tsa_ca;     /* PEM file of what its answers must be signed by */
    long stale_after;       /* ms; books whose newest note is older are said to be unanchored */
    const char *pages;      /* folder of static pages, made after each sync; or NULL */
};

struct system_options {
    const char *mapping;    /* file below mappings/ */
    const char *plugin;     /* shared object that exports adapter_plugin, or NULL */
    long rate;              /* calls per second at most; 0 = no limit */
    long lookback, rows;    /* -1 = as in [bridge] */
    long prove;             /* likewise */
    bool canary;            /* one delivery is sent a second time, each sync */
    bool canary_complaints; /* also of a complaint */
    long call_limit;        /* ms; of one call that is made in a process of its own */
    long keeps;             /* ms; what is over is in its list for so long; 0 = for ever */
    const char *units; /* police: units that it serves, each with all below it, parted by blanks;
                          NULL =   all */
};

struct job_options {
    const char *run;  /* command line words after "cctns-bridge": "sync", "sync igrs" ... */
    const char *at;   /* "01:30", several parted by blanks; or NULL */
    const char *on;   /* "daily" or week days "mon tue ..." or days of the month "1 15 last" */
    const char *zone; /* NULL = [bridge] zone */
    long every;       /* ms; instead of at; 0 = not used */
    long grace;       /* ms; how late a slot may be started before it counts as missed */
};

/* By which gateway complainants are told of what became of their complaints, and when. */
struct notify_options {
    const char *gateway; /* "mobileseva" or "nic" */
    const char *url, *user, *ca;
    const char *password, *key; /* secrets; key is of mobileseva alone */
    const char *sender, *entity;
    const char *templates; /* folder of the registered words */
    const char *languages; /* "hi en", or NULL = as the complaint was written */
    const char *systems;   /* names parted by blanks; NULL = all */
    const char *copies;    /* likewise; NULL = none */
    const char *qr;        /* likewise */
    const char *read_at;   /* where copies and reports are */
    const char *quiet;
    int quiet_from, quiet_to; /* minutes of the day, in the zone of [bridge]; alike = no quiet */
    long rate;                /* a second; 0 = no limit */
    long timeout;             /* ms */
    const char *start;
    const char *start_at;              /* as clock.h writes it, or NULL: of the first run */
    const char *database;              /* conninfo of the notifier's login, or NULL */
    const char *mail_from, *mail_smtp; /* both, or NULL: nobody is written to by mail */
    const char *mail_user, *mail_password, *mail_ca;
    long mail_max;                       /* bytes of the papers in one mail */
    const char *reports, *reports_words; /* folder of delivery reports, or NULL; their words */
};

/* An office that is sent a package every morning: by mail, over SFTP or into a folder. */
struct cell_options {
    const char *unit;
    const char *mail; /* addresses parted by blanks, or NULL */
    const char *from, *smtp;
    const char *sftp;   /* address of a folder, or NULL */
    const char *folder; /* or NULL */
    const char *user, *password, *ca, *key, *known_hosts;
    const char *language;          /* "hi" or "en" */
    long mail_limit;               /* bytes of a mail as it goes */
    long silent;                   /* ms without an acknowledgement */
    long timeout, connect_timeout; /* ms */
};

/* What makes two complaints one grievance; figures are percents or weights. */
struct match_options {
    long window; /* ms */
    long threshold, crowd;
    long mobile, name, relative;
    long text, facts, place, days, category;
};

struct conf_system {
    const char *name;
    struct system_options options;
    const struct adapter_ops *ops; /* by the map's kind, or the plug-in's */
    void *kind_options;            /* ops->options_size bytes */
    const struct mapping *map;
    int line;
};

struct conf_job {
    const char *name;
    struct job_options options;
    int line;
};

struct conf_cell {
    const char *name;
    struct cell_options options;
    int line;
};

struct conf {
    const char *path;   /* of bridge.conf */
    const char *folder; /* that it lies in */
    struct bridge_options bridge;
    struct conf_system *systems; /* in the order of the file */
    size_t system_count;
    struct conf_job *jobs;
    size_t job_count;
    struct conf_cell *cells;
    size_t cell_count;
    const struct notify_options *notify; /* NULL: nobody is sent a message */
    const struct match_options *match;   /* NULL: only numbers that are named */
    const struct dict *dict;
    const struct units *units;
};

extern const struct conf_key conf_bridge_keys[], conf_system_keys[], conf_job_keys[];
extern const struct conf_key conf_notify_keys[], conf_cell_keys[], conf_match_keys[];

/* Fills a struct from the lines of a section. Required keys that are missing, unknown keys and
 * bad values are added to faults. extra (may be NULL) is a second table that fills extra_out. */
void conf_fill(struct arena *mem, const char *path, const struct ini_section *section,
               const struct conf_key *keys, void *out, const struct conf_key *extra,
               void *extra_out, struct faults *faults);

/* Reads everything: bridge.conf, dictionary, units, maps; runs each kind's check(). Secrets are
 * read only by conf_secret(). The result is usable only when faults->count is 0. */
void conf_load(struct arena *mem, const char *path, const struct adapter_ops *const *registry,
               struct conf *out, struct faults *faults);

const struct conf_system *conf_system_find(const struct conf *conf, const char *name);

#endif
