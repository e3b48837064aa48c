/*
 * What is asked of the server: lists, files both ways, moves.
 *
 * libcurl lists a folder twice over: names alone, and lines for people, of which
 * only the first letter (a plain file or not) and the size are read. The two are
 * matched by their places, and each line must end with its name; so a name is
 * never read out of a line.
 */
#include "sftp_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "buf.h"
#include "text.h"

#define LIST_MAX ((size_t)32 << 20)

/* ---- lists ---- */

static size_t
take_list(char *bytes, size_t size, size_t count, void *ctx)
{
    struct buf *list = ctx;

    return buf_add(list, bytes, size * count) ? size * count : 0;
}

static enum verdict
ask_list(struct sftp *sftp, struct arena *mem, const char *folder, bool names, struct buf *out,
         struct error *err)
{
    const char *path = *folder ? arena_format(mem, "%s/", folder) : "";
    enum verdict v;

    sftp_ready(sftp, SFTP_LIST, sftp_address(sftp, mem, path));
    (void)curl_easy_setopt(sftp->curl, CURLOPT_DIRLISTONLY, names ? 1L : 0L);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_WRITEFUNCTION, take_list);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_WRITEDATA, out);
    v = sftp_run(sftp, err);
    if (v == V_REJECT)
        err->hint[0] = '\0';
    return v;
}

/* The next line without its end; false at the end of the list. */
static bool
next_line(const char **at, const char *end, const char **line, size_t *len)
{
    const char *stop;

    if (*at >= end)
        return false;
    stop = memchr(*at, '\n', (size_t)(end - *at));
    stop = stop ? stop : end;
    *line = *at;
    *len = (size_t)(stop - *at);
    *at = stop + 1;
    return true;
}

/* The size in what stands before the name: the fourth word from its end ("123 Nov 22 01:00"). */
static int64_t
size_in(const char *line, size_t len)
{
    size_t end = len, from = len;
    int64_t size;

    for (int word = 0; word < 4; word++) {
        end = from;
        while (end > 0 && line[end - 1] == ' ')
            end--;
        from = end;
        while (from > 0 && line[from - 1] != ' ')
            from--;
    }
    return text_int(line + from, end - from, &size) && size >= 0 ? size : -1;
}

/* Whether a line tells of a file with a name of that length: letters of kind and rights before it.
 */
static bool
is_line(const char *line, size_t len, size_t name_len)
{
    return len > name_len + 10 && strchr("-dlbcps", *line) && strchr("r-", line[1]) &&
           strchr("w-", line[2]);
}

static int
by_name(const void *a, const void *b)
{
    const struct sftp_entry *x = a, *y = b;

    return strcmp(x->name, y->name);
}

enum verdict
sftp_list(struct sftp *sftp, struct arena *mem, const char *folder, struct sftp_entry **out,
          size_t *count, struct error *err)
{
    struct buf names, lines;
    const char *name, *line, *at, *line_at;
    size_t name_len, line_len, room = 0;
    bool taken = false; /* the last line is the last entry */
    enum verdict v;

    *out = NULL;
    *count = 0;
    buf_init(&names, LIST_MAX);
    buf_init(&lines, LIST_MAX);
    v = ask_list(sftp, mem, folder, true, &names, err);
    if (!v)
        v = ask_list(sftp, mem, folder, false, &lines, err);
    at = names.data;
    line_at = lines.data;
    while (!v && next_line(&at, names.data + names.len, &name, &name_len)) {
        if (!next_line(&line_at, lines.data + lines.len, &line, &line_len)) {
            v = error_set(err, V_RETRY, "sftp.list", "the folder changed while it was listed");
            break;
        }
        if (!is_line(line, line_len, name_len)) { /* the rest of a name with a line end in it */
            *count -= taken;
            taken = false;
            continue;
        }
        taken = false;
        if (*line != '-' || !sftp_name_good(name, name_len))
            continue;
        if (memcmp(line + line_len - name_len, name, name_len) != 0) {
            v = error_set(err, V_RETRY, "sftp.list", "the folder changed while it was listed");
            break;
        }
        *out = arena_grow(mem, *out, *count, &room, sizeof **out);
        (*out)[*count].name = arena_text(mem, name, name_len);
        (*out)[(*count)++].size = size_in(line, line_len - name_len - 1);
        taken = true;
    }
    if (!v && *count > 1)
        qsort(*out, *count, sizeof **out, by_name);
    buf_release(&names);
    buf_release(&lines);
    return v;
}

enum verdict
sftp_changed(struct sftp *sftp, struct arena *mem, const char *path, int64_t *at, struct error *err)
{
    curl_off_t told = -1;
    enum verdict v;

    sftp_ready(sftp, SFTP_LOOK, sftp_address(sftp, mem, path));
    (void)curl_easy_setopt(sftp->curl, CURLOPT_NOBODY, 1L);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_FILETIME, 1L);
    v = sftp_run(sftp, err);
    if (!v && curl_easy_getinfo(sftp->curl, CURLINFO_FILETIME_T, &told) != CURLE_OK)
        told = -1;
    *at = told;
    return v;
}

/* ---- files from there ---- */

struct getting {
    struct sftp *sftp;
    const struct sftp_sink *sink;
};

static size_t
take_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct getting *g = ctx;

    g->sftp->own = g->sink->take(g->sink->ctx, bytes, size * count, &g->sftp->own_error);
    return g->sftp->own ? 0 : size * count;
}

enum verdict
sftp_get(struct sftp *sftp, struct arena *mem, const char *path, const struct sftp_sink *sink,
         struct error *err)
{
    struct getting g = { .sftp = sftp, .sink = sink };

    sftp_ready(sftp, SFTP_GET, sftp_address(sftp, mem, path));
    (void)curl_easy_setopt(sftp->curl, CURLOPT_WRITEFUNCTION, take_bytes);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_WRITEDATA, &g);
    return sftp_run(sftp, err);
}

/* ---- files to there ---- */

struct putting {
    struct sftp *sftp;
    const char *bytes; /* what is left of them */
    size_t len;
    struct content_reader *reader; /* or NULL */
    FILE *file;                    /* or NULL */
};

static size_t
give_bytes(char *room, size_t size, size_t count, void *ctx)
{
    struct putting *p = ctx;
    size_t got = size * count;

    if (p->reader) {
        p->sftp->own = content_read(p->reader, room, size * count, &got, &p->sftp->own_error);
        return p->sftp->own ? CURL_READFUNC_ABORT : got;
    }
    if (p->file) {
        got = fread(room, 1, got, p->file);
        if (!ferror(p->file))
            return got;
        p->sftp->own =
            error_set(&p->sftp->own_error, V_FATAL, "sftp.file", "could not read what is sent");
        return CURL_READFUNC_ABORT;
    }
    if (got > p->len)
        got = p->len;
    memcpy(room, p->bytes, got);
    p->bytes += got;
    p->len -= got;
    return got;
}

/* Most servers refuse a rename to a name that is taken, so the old file goes first. */
static enum verdict
put(struct sftp *sftp, struct arena *mem, const char *path, struct putting *p, int64_t size,
    struct error *err)
{
    const char *part = arena_format(mem, "%s.part", path);
    const char *name = sftp_quoted(sftp, mem, path);
    struct curl_slist *after = NULL;
    enum verdict v;

    after = curl_slist_append(after, arena_format(mem, "*rm %s", name));
    after = curl_slist_append(
        after, arena_format(mem, "rename %s %s", sftp_quoted(sftp, mem, part), name));
    sftp_ready(sftp, SFTP_PUT, sftp_address(sftp, mem, part));
    (void)curl_easy_setopt(sftp->curl, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_READFUNCTION, give_bytes);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_READDATA, p);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)size);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_NEW_FILE_PERMS, 0640L);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_POSTQUOTE, after);
    v = sftp_run(sftp, err);
    curl_slist_free_all(after);
    return v;
}

enum verdict
sftp_put(struct sftp *sftp, struct arena *mem, const char *path, const void *bytes, size_t len,
         struct error *err)
{
    struct putting p = { .sftp = sftp, .bytes = bytes, .len = len };

    return put(sftp, mem, path, &p, (int64_t)len, err);
}

enum verdict
sftp_put_content(struct sftp *sftp, struct arena *mem, const char *path, struct contents *contents,
                 const char *id, struct error *err)
{
    struct putting p = { .sftp = sftp };
    struct content_facts facts;
    enum verdict v = content_look(contents, mem, id, &facts, err);

    if (!v)
        v = content_open(contents, mem, id, &p.reader, err);
    if (v)
        return v;
    v = put(sftp, mem, path, &p, facts.size, err);
    content_close(p.reader);
    return v;
}

enum verdict
sftp_put_file(struct sftp *sftp, struct arena *mem, const char *path, const char *file,
              struct error *err)
{
    struct putting p = { .sftp = sftp, .file = fopen(file, "rbe") };
    struct stat st;
    enum verdict v;

    if (p.file && fstat(fileno(p.file), &st) == 0)
        v = put(sftp, mem, path, &p, st.st_size, err);
    else
        v = error_set(err, V_FATAL, "sftp.file", "could not read \"%s\"", file);
    if (p.file)
        (void)fclose(p.file);
    return v;
}

/* ---- moves ---- */

static enum verdict
do_quoted(struct sftp *sftp, struct arena *mem, const char *command, struct error *err)
{
    struct curl_slist *list = curl_slist_append(NULL, command);
    enum verdict v;

    /* Nothing is fetched: the address only says where to connect. */
    sftp_ready(sftp, SFTP_DO, sftp_address(sftp, mem, ""));
    (void)curl_easy_setopt(sftp->curl, CURLOPT_NOBODY, 1L);
    (void)curl_easy_setopt(sftp->curl, CURLOPT_QUOTE, list);
    v = sftp_run(sftp, err);
    curl_slist_free_all(list);
    return v;
}

enum verdict
sftp_rename(struct sftp *sftp, struct arena *mem, const char *from, const char *to,
            struct error *err)
{
    return do_quoted(
        sftp, mem,
        arena_format(mem, "rename %s %s", sftp_quoted(sftp, mem, from), sftp_quoted(sftp, mem, to)),
        err);
}

enum verdict
sftp_remove(struct sftp *sftp, struct arena *mem, const char *path, struct error *err)
{
    return do_quoted(sftp, mem, arena_format(mem, "rm %s", sftp_quoted(sftp, mem, path)), err);
}

enum verdict
sftp_make_folder(struct sftp *sftp, struct arena *mem, const char *path, struct error *err)
{
    return do_quoted(sftp, mem, arena_format(mem, "*mkdir %s", sftp_quoted(sftp, mem, path)), err);
}
