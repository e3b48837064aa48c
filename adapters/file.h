/*
 * file.h - the inside of the file adapter: a drop folder, and the tables and documents in it.
 *
 * file.c is the adapter; file_map.c reads the map; file_folder.c and
 * file_remote.c are the folder, here and over SFTP; file_text.c turns a file into
 * UTF-8; file_csv.c and file_xml.c read it; file_record.c makes records;
 * file_pull.c hands them over and puts files away; file_push.c writes.
 */
#ifndef BRIDGE_ADAPTERS_FILE_H
#define BRIDGE_ADAPTERS_FILE_H

#include <stdint.h>

#include "adapter.h"
#include "buf.h"
#include "sftp.h"
#include "xml.h"

struct file_options {
    const char *folder, *url, *user, *key, *password, *known_hosts, *work;
    long settle, timeout, connect_timeout, stall; /* ms */
    long max_file, max_cell;                      /* bytes */
    long max_rows;
};

/* ---- file_map.c: the map, compiled ---- */

enum file_encoding { FILE_AUTO, FILE_UTF8, FILE_UTF16, FILE_WINDOWS };

/* What a place in a document means; tags of the reader are places in file_call.targets. */
struct file_target {
    bool record, root,
        list; /* else a field; root, list: what is no root, or stands beside records */
    size_t stream, line;
};

struct file_call {
    const struct map_call *call;
    const char *files; /* pattern of names, of a call that brings */
    const char *write; /* name with $delivery, of one that carries */
    const char *key;   /* column or path of our reference */
    /* xml only: */
    const char *record; /* a record's element, without its prefix */
    const char *request, *item;
    struct xml_paths *paths;
    struct file_target *targets;
    size_t target_count, target_room;
};

/* The adapter's state. */
struct file_state {
    const struct file_options *options;
    bool xml, strict;
    enum file_encoding encoding;
    char delimiter; /* 0 = found from the header */
    struct xml_prefix *prefixes;
    size_t prefix_count;
    struct file_call *calls; /* one for each of map->calls */
    struct drop *drop;
    struct drop_file *open;     /* being handed over, or NULL */
    struct file_passed *passed; /* files that others are not kept waiting for, or NULL */
};

extern const struct map_key file_map_keys[], file_call_keys[];

void file_check(const struct mapping *map, struct faults *faults);
/* Compiles a map that file_check() found good. */
void file_compile(struct file_state *state, struct arena *mem, const struct mapping *map);
const struct file_call *file_call_of(const struct adapter *a, const struct map_call *call);
/* Whether a name fits a pattern of * and ?; the case of ASCII letters does not matter. */
bool file_fits(const char *pattern, const char *name);

/* ---- file_folder.c: the drop folder ---- */

#define DROP_DONE "done"
#define DROP_BAD  "bad"

struct drop {
    int folder;        /* local: open on it; -1 */
    const char *path;  /* as the user names it, for messages */
    struct sftp *sftp; /* or NULL */
    const char *work;  /* folder for what is fetched */
    long settle;       /* ms */
    long max_file;
    bool listed; /* SFTP: plain is what was there at the beginning of this pull, in its arena */
    struct sftp_entry *plain;
    size_t plain_count;
};

struct drop_name {
    const char *name;
    int64_t size; /* or -1 */
};

/* Which file it was that was read: another one may have come under its name since. */
struct drop_stamp {
    int64_t changed; /* by its own clock; 0 where it is not told */
    int64_t size;    /* over SFTP 0 */
    uint64_t device, inode;
};

MUST_CHECK enum verdict drop_open(struct arena *mem, const struct file_options *options,
                                  struct drop **out, struct error *err);
/* The folder is reached, and what is done with can be put away. */
MUST_CHECK enum verdict drop_probe(struct drop *drop, struct arena *mem, struct error *err);
/* Plain files with good names that fit the pattern and are not being written, by name. */
MUST_CHECK enum verdict drop_list(struct drop *drop, struct arena *mem, const char *pattern,
                                  struct drop_name **out, size_t *count, struct error *err);
/* Open for reading, as it is now; over SFTP a copy without a name. *fd -1 and V_OK: it is still
 * being written, or gone. V_REJECT "file.large". */
MUST_CHECK enum verdict drop_read(struct drop *drop, struct arena *mem, const char *name, int *fd,
                                  struct drop_stamp *stamp, struct error *err);
enum drop_still { DROP_SAME, DROP_OTHER, DROP_GONE };
/* What is there under the name of a file that was read. */
MUST_CHECK enum verdict
drop_look(struct drop *drop, struct arena *mem, const char *name, const struct drop_stamp *stamp,
          enum drop_still *still, struct error *err);
/* What a file holds, into the store. V_REJECT: content.absent, content.name, content.empty ... */
MUST_CHECK enum verdict drop_take(struct drop *drop, struct arena *mem, struct contents *contents,
                                  const char *name, struct content_facts *out, struct error *err);
/* Into a folder below, under a name that is free there, which *as is set to. */
MUST_CHECK enum verdict drop_move(struct drop *drop, struct arena *mem, const char *name,
                                  const char *to, const char **as, struct error *err);
/* A file (with at most one folder before its name, made where it is not there), whole or not at
 * all. */
MUST_CHECK enum verdict drop_put(struct drop *drop, struct arena *mem, const char *name,
                                 const void *bytes, size_t len, struct error *err);
MUST_CHECK enum verdict
drop_put_content(struct drop *drop, struct arena *mem, const char *name, struct contents *contents,
                 const char *id, struct error *err);

/* file_remote.c: the same over SFTP. */
MUST_CHECK enum verdict remote_open(struct arena *mem, const struct file_options *options,
                                    struct drop *drop, struct error *err);
MUST_CHECK enum verdict remote_list(struct drop *drop, struct arena *mem, const char *pattern,
                                    struct drop_name **out, size_t *count, struct error *err);
MUST_CHECK enum verdict remote_read(struct drop *drop, struct arena *mem, const char *name, int *fd,
                                    struct drop_stamp *stamp, struct error *err);
MUST_CHECK enum verdict
remote_look(struct drop *drop, struct arena *mem, const char *name, const struct drop_stamp *stamp,
            enum drop_still *still, struct error *err);
MUST_CHECK enum verdict remote_take(struct drop *drop, struct arena *mem, const char *name,
                                    struct content_writer *writer, struct error *err);
MUST_CHECK enum verdict remote_move(struct drop *drop, struct arena *mem, const char *name,
                                    const char *to, const char **as, struct error *err);
/* Whether a change at that second (of whoever's clock) was too short a time ago. */
bool drop_is_fresh(const struct drop *drop, int64_t changed_ms);
/* False for a name that is not taken up: *.part, *.tmp, and what does not fit. */
bool drop_wants(const char *pattern, const char *name);

/* ---- file_text.c: bytes to UTF-8, as a stream ---- */

struct file_text;

/* fd is borrowed and read from its beginning. V_REJECT "file.encoding". */
MUST_CHECK enum verdict file_text_open(struct arena *mem, int fd, enum file_encoding encoding,
                                       struct file_text **out, struct error *err);
/* The next piece, without byte order mark; *len 0 = the end. It lives until the next call. */
MUST_CHECK enum verdict
file_text_next(struct file_text *text, const char **bytes, size_t *len, struct error *err);

/* ---- reading: file_csv.c, file_xml.c ---- */

/* Where a fault of form lies. */
struct file_place {
    long line;          /* from 1; 0 = not known */
    const char *column; /* or NULL */
};

struct file_reader;

struct file_format {
    /* To the beginning of the first record. V_REJECT when the form is broken. */
    MUST_CHECK enum verdict (*open)(struct file_reader *reader, struct error *err);
    /* The next record, in reader->mem, or NULL at the end. With reader->mem NULL its form is looked
     * at, and nothing is made: *record is then only NULL or not. */
    MUST_CHECK enum verdict (*next)(struct file_reader *reader, struct record **record,
                                    struct error *err);
};

extern const struct file_format file_csv, file_xml;

/* One reading of one file. */
struct file_reader {
    const struct adapter *adapter;
    const struct file_state *state;
    const struct file_call *call;
    const struct file_format *format;
    const char *name;  /* of the file */
    int fd;            /* borrowed */
    struct arena *own; /* lives as long as the reading */
    struct arena *mem; /* of the records, set before each next(); or NULL */
    struct file_place place;
    long rows; /* records so far */
    void *inside;
};

/* A fault of form, of the file as a whole: V_REJECT with the place in err->where. */
MUST_CHECK enum verdict
file_broken(struct file_reader *reader, long line, const char *column, struct error *err,
            const char *code, const char *fmt, ...) PRINTF_LIKE(6, 7);

/* ---- file_record.c ---- */

struct record *file_record_new(struct arena *mem, const struct map_stream *stream);
void file_record_add(struct record *parent, struct record *child);
/* A fault of the record; the first one counts. field and where may be NULL. */
void file_record_spoil(struct arena *mem, struct record *record, const char *field,
                       const char *where, const char *code, const char *say);
/* Fetches what the record and those below it name; what cannot be had is their fault. *names grows
 * by each file that was read. Not V_OK: the folder or the store is in trouble. */
struct file_names { /* one may stand several times */
    const char **items;
    size_t count, room;
    struct arena *mem;
};
MUST_CHECK enum verdict
file_record_contents(const struct adapter *a, struct arena *mem, struct record *record,
                     struct file_names *names, struct error *err);

/* ---- file_pull.c, file_push.c ---- */

MUST_CHECK enum verdict
file_pull(struct adapter *a, struct arena *mem, const struct map_call *call,
          const struct adapter_var *vars, size_t var_count, struct page *out, struct error *err);
MUST_CHECK enum verdict
file_finish(struct adapter *a, struct arena *mem, const struct map_call *call,
            const struct page *page, enum verdict how, const struct error *why, struct error *err);
void file_close(struct adapter *a);
MUST_CHECK enum verdict file_push(struct adapter *a, struct arena *mem, const struct map_call *call,
                                  struct push_item *items, size_t count, struct error *err);

#endif
