/*
 * record.h - one complaint (or action, feedback, ...) on its way through the bridge.
 *
 * The same shape is used on both sides of the mapper. A remote record has one
 * field per line of its stream in the .map (fields[i] answers lines[i]) and
 * spells values as the peer does. A canonical record has one field per field of
 * its stream in mappings/canonical.fields, in that order, and spells values as
 * below. Neither needs a search to be matched.
 *
 * A record and all that it points to live in the arena that it was made in; nobody frees it alone.
 */
#ifndef BRIDGE_RECORD_H
#define BRIDGE_RECORD_H

#include <stddef.h>

struct error;

enum kind {
    KIND_TEXT,   /* UTF-8, NFC, no control characters but \n and \t */
    KIND_CODE,   /* a word of the dictionary */
    KIND_UNIT,   /* code of a unit of the bridge's unit tree */
    KIND_INT,    /* decimal digits, optional '-', fits 64 bits */
    KIND_BOOL,   /* "true" or "false" */
    KIND_DATE,   /* YYYY-MM-DD */
    KIND_TIME,   /* YYYY-MM-DDTHH:MM:SS.uuuuuuZ, always UTC */
    KIND_MOBILE, /* +91 and ten digits */
    KIND_BYTES,  /* what a file holds: its CONTENT_ID in the content store (content.h); never the
                    bytes */
};

struct field {
    const char *text; /* NUL-terminated; NULL = absent, "" = present and empty */
    size_t len;       /* bytes, without the NUL */
};

/* A field that could not be read while the rest of its record could ("hold=field" of its line). */
struct field_fault {
    const struct error *why; /* field, path, reason */
    struct field_fault *next;
};

struct record {
    const char *stream; /* "complaint", "action", ...; borrowed from the mapping */
    struct field *fields;
    size_t count;
    struct record *child; /* first nested record (any stream), in order of arrival */
    struct record *next;  /* next sibling under the same parent, or next of a page */
    const char *raw;      /* the bytes it came in; NULL for records that we made */
    size_t raw_len;
    const char *place; /* where it stood, for people: "list.csv line 12"; NULL = by ordinal */
    long ordinal;      /* place in its page, from 1; 0 for records that we made */
    const struct error *fault; /* set by an adapter that could not read the record whole (a
                                  column cut short, bad bytes): it is held; else NULL */
    /* canonical records only: */
    struct field *sealed; /* count fields, like fields: the values of lines marked "seal", which
                             are absent in fields; NULL when the stream has no such line */
    struct field_fault *apart; /* fields that are held alone, or NULL */
};

#endif
