/*
 * config.h - options are rows of a table, never code.
 *
 * One table per kind of section. The same row parses the value, fills the
 * struct, prints help, masks secrets and makes the option table of README.md
 * (a test compares the two).
 */
#ifndef BRIDGE_CONFIG_H
#define BRIDGE_CONFIG_H

#include <stddef.h>

#include "arena.h"
#include "verdict.h"

enum conf_type {
    CONF_TEXT, /* const char * */
    CONF_INT,  /* long */
    CONF_BOOL, /* bool: yes / no */
    CONF_SPAN, /* long, milliseconds: "500ms" "30s" "10m" "2h" "1d" */
    CONF_SIZE, /* long, bytes: "64k" "8m" */
    CONF_FILE, /* const char *; a relative path counts from the folder of bridge.conf */
};

enum {
    CONF_REQUIRED = 1 << 0,
    CONF_SECRET = 1 << 1, /* never printed; must be env:NAME or file:PATH (mode 0600 or 0400) */
};

struct conf_key {
    const char *name;
    enum conf_type type;
    unsigned flags;
    size_t offset;        /* into the struct that the section fills */
    const char *fallback; /* as it would be written in bridge.conf; NULL = none */
    const char *help;     /* one line, for "cctns-bridge help conf" and README.md */
};

#define CONF_END                                                                                   \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* The secret that an option names ("env:NAME", "file:PATH"; a relative PATH has been made
 * absolute when bridge.conf was read). A file that others may read is refused. The text is wiped
 * when mem goes. NULL option gives NULL. */
MUST_CHECK enum verdict
conf_secret(struct arena *mem, const char *option, const char **out, struct error *err);

#endif
