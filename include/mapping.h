/*
 * mapping.h - a parsed .map file: all that is particular about one system.
 *
 * The grammar is mappings/README.md. A mapping is read-only after
 * mapping_load(); one arena holds it all. It refers to the dictionary
 * (mappings/canonical.fields) and to code tables; what belongs to one kind of
 * endpoint (paths, SQL) is kept as text here and compiled by its adapter.
 */
#ifndef BRIDGE_MAPPING_H
#define BRIDGE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"
#include "verdict.h"

/* ---- the dictionary: mappings/canonical.fields ---- */

enum {
    DICT_PERSONAL = 1 << 0, /* never in a log or error; shown only by "show --personal" */
    DICT_POLICE = 1 << 1,   /* owned by the police system once it has the complaint; the rest is
                               owned by the system that the complaint came from */
    DICT_NAME = 1 << 2,  /* KIND_TEXT: name of a person: one line, one spelling, all of it seen */
    DICT_FOUND = 1 << 3, /* the mapper finds it in another field: no map need carry it */
    DICT_ASIDE = 1 << 4, /* for our own checks: not of its digest, and no map need carry it */
};

struct dict_field {
    const char *name;
    enum kind kind;
    unsigned flags;
    size_t max;        /* characters; 0 = no limit */
    const char *words; /* KIND_CODE: the allowed words, blank-separated; else NULL */
    const char *help;
    int line;
    bool ranged; /* KIND_INT: only low..high is a value */
    int64_t low, high;
};

struct dict_stream {
    const char *name;
    const struct dict_field *fields; /* the order is the order of a canonical record */
    size_t count;
    int line;
};

struct dict {
    const char *path;
    const struct dict_stream *streams;
    size_t count;
};

const struct dict_stream *dict_stream_find(const struct dict *dict, const char *name);
/* Index into stream->fields, or -1. */
long dict_slot(const struct dict_stream *stream, const char *field);
/* Of a canonical record, by name; never NULL: a stream that is NULL, or has no such field, gives an
 * absent one. */
const struct field *
dict_value(const struct dict_stream *stream, const struct record *record, const char *name);

/* ---- a map ---- */

struct map_code {
    const char *canonical;   /* word of the dictionary */
    const char *remote;      /* the peer's word, byte for byte */
    const char *remote_text; /* its text beside the word (line rule with=), or NULL: any text */
    const char *loss;        /* why several words meet in one, or NULL */
    int line;
};

/* canonical -> remote takes the first row with that canonical word; remote ->
 * canonical the first row with that remote word, and that text where the line has with=. */
struct codes {
    const char *name;
    const struct map_code *items;
    size_t count;
    const char *path; /* the CSV, or the .map itself */
    int line;
    const void *index; /* the module's own */
};

enum map_direction { MAP_IN = 1, MAP_OUT = 2, MAP_BOTH = 3 };

enum {
    MAP_KEY = 1 << 0,      /* part of the record's key in its system */
    MAP_REQUIRED = 1 << 1, /* absent or empty = the record is held */
    MAP_TRIM = 1 << 2,
    MAP_SEAL = 1 << 3,  /* its value is sealed: never in staging, nor sent to a system */
    MAP_APART = 1 << 4, /* hold=field: an unknown word holds this field alone, not the record */
    MAP_XOP = 1 << 5,   /* KIND_BYTES in soap: an MTOM part; else base64 in the element */
};

struct map_line {
    const char *canonical;
    size_t slot; /* index of the field in its dict_stream */
    const struct dict_field *field;
    enum map_direction direction;
    const char *remote; /* column, or path below the record element */
    enum kind kind;
    unsigned flags;
    size_t max;                /* characters on the peer's side; 0 = the dictionary's */
    const char *format;        /* KIND_TIME, KIND_DATE */
    int zone;                  /* minutes east of UTC */
    const struct codes *codes; /* KIND_CODE: never NULL */
    const char *scheme;        /* KIND_UNIT: whose codes the peer uses */
    const char *match;    /* POSIX extended regular expression for the whole peer text, or NULL */
    const char *fallback; /* default=: used when the peer sends nothing, or NULL */
    const char *loss;     /* declared loss, or NULL */
    const char *with;   /* KIND_CODE: canonical field of this stream that holds the text beside the
                           word,   or NULL */
    const char *legacy; /* KIND_TEXT: "krutidev": text in that font is kept as it is, flagged, and
                           converted beside it; or NULL */
    int line;
    const void *compiled; /* the mapper's own; made by mapping_load() only */
};

struct map_stream {
    const char *name;
    const struct dict_stream *dict;
    const char *parent; /* stream that holds this one as a collection, or NULL */
    const char *at;     /* path of the collection's element below the parent's, or NULL */
    const struct map_line *lines;
    size_t count;
    int line;
    const void *compiled; /* the mapper's own; made by mapping_load() only */
};

/* key = value, in the order of the file; a key may stand several times. */
struct map_pair {
    const char *key, *value;
    int line;
};

struct map_call {
    const char *name;                     /* the word after "call" */
    const char *brings;                   /* stream that it brings, or NULL */
    const char *carries;                  /* stream that it carries, or NULL */
    const char *cursor_time, *cursor_key; /* canonical fields, or NULL: not incremental */
    long batch;                           /* records in one push; 1 unless said */
    bool keyed; /* "key =" is there: the peer refuses a repeat of our reference */
    const struct map_pair *pairs;
    size_t count;
    int line;
};

struct map_fault {
    const char *pattern; /* the peer's word; a trailing * matches any rest */
    enum verdict verdict;
    int line;
};

struct map_namespace {
    const char *prefix, *uri;
    int line;
};

/* What a system is to the bridge. */
enum map_role {
    ROLE_PORTAL,  /* complaints come from it; actions go to it */
    ROLE_POLICE,  /* complaints are registered in it; actions come from it */
    ROLE_ARCHIVE, /* an older system, only read: its complaints are staged and counted, registered
                     nowhere, and told of to nobody */
};

/* What staging keeps of the bytes in which a record came. */
enum map_keep {
    KEEP_BYTES,  /* as they came */
    KEEP_SEALED, /* encrypted; so it is whenever a line has "seal" */
    KEEP_DIGEST, /* nothing: they hold what must not be kept */
};

struct mapping {
    const char *path;   /* as the user would name it */
    const char *sha256; /* hex, over the map and every file that it names, in order */
    const char *system, *title, *kind;
    enum map_role role;
    enum map_keep keep;
    int zone;               /* minutes east of UTC, of every time without one */
    const char *received;   /* canonical field that this system calls "received" */
    bool dispose_satisfied; /* "dispose = satisfied": no disposal is sent before it is recorded */
    const struct map_pair *pairs; /* further keys of [map]: the kind's own */
    size_t pair_count;
    const struct map_namespace *namespaces;
    size_t namespace_count;
    const struct map_call *calls;
    size_t call_count;
    const struct map_fault *faults;
    size_t fault_count;
    const struct map_pair *limits; /* [limits] */
    size_t limit_count;
    const char *const *file_types; /* "file.types", word by word, NULL at the end; NULL = any */
    int64_t file_max;              /* "file.max" in bytes; 0 = no limit */
    const struct map_stream *streams;
    size_t stream_count;
    const struct codes *codes;
    size_t codes_count;
    const struct map_pair *not_carried; /* key "stream.field", value the word why */
    size_t not_carried_count;
};

const struct map_call *mapping_call(const struct mapping *map, const char *name);
/* The call that carries this stream, or NULL. */
const struct map_call *mapping_carrier(const struct mapping *map, const char *stream);
const struct map_stream *mapping_stream(const struct mapping *map, const char *name);
/* dict_value() by the record's own stream. */
const struct field *
mapping_value(const struct mapping *map, const struct record *canonical, const char *name);
long mapping_stream_index(const struct mapping *map, const char *name); /* -1 when absent */
/* First value of a key, or NULL; and the n-th (from 0). */
const char *map_get(const struct map_pair *pairs, size_t count, const char *key);
const struct map_pair *
map_pair_at(const struct map_pair *pairs, size_t count, const char *key, size_t n);
/* Verdict of the peer's word by [faults], first match; fallback when none. */
enum verdict mapping_fault(const struct mapping *map, const char *word, enum verdict fallback);

/* Whether what it brings is kept encrypted: it needs the key of seals. */
bool mapping_seals(const struct mapping *map);

/* Whether the peer takes a file of this MIME type and name (either may be NULL) by "file.types":
 * a word with a slash is a type ("image/" and a star take all of them), another the name's ending.
 * Parameters of the type and the case of letters do not matter. */
bool mapping_takes_type(const struct mapping *map, const char *type, const char *name);
/* Bytes of the largest file that the peer takes; INT64_MAX when it names no limit. */
int64_t mapping_file_max(const struct mapping *map);

#endif
