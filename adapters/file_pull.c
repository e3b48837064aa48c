/*
 * Handing over. Each file is read twice: once for its form alone, so that a
 * broken one is refused before any of it was taken; then record by record. A file
 * is put away when its last page was committed; what is between is kept in
 * memory only, so after a crash the file comes again from its beginning.
 */
#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

/* The file that is being handed over. */
struct drop_file {
    struct arena *mem;
    const struct file_call *call;
    const char *name;
    int fd;
    struct drop_stamp stamp;    /* which file it is */
    struct stat was;            /* what was opened, before it was read */
    struct file_reader *reader; /* of the second reading */
    struct file_place place;    /* where its form is broken */
    struct error broken;        /* and why */
    struct arena *reading;      /* the reader's */
    long total;                 /* records in it; -1 when it is broken */
    long committed, handed;     /* taken for good; of the page that is out */
    bool out;                   /* a page is out */
    struct file_names names;    /* files that its records name */
};

/* Files that could not be read for now, with the first reason. */
struct file_passed {
    struct arena *mem;
    struct file_names names;
    enum verdict verdict;
    struct error why;
};

static void
leave_reading(struct drop_file *file)
{
    arena_free(file->reading);
    file->reading = NULL;
    file->reader = NULL;
}

static void
file_leave(struct adapter *a)
{
    struct file_state *state = a->state;
    struct drop_file *file = state->open;

    if (!file)
        return;
    leave_reading(file);
    if (file->fd >= 0)
        (void)close(file->fd);
    state->open = NULL;
    arena_free(file->mem);
}

/* ---- what others need not wait for ---- */

static void
forget_passed(struct file_state *state)
{
    if (state->passed)
        arena_free(state->passed->mem);
    state->passed = NULL;
}

void
file_close(struct adapter *a)
{
    file_leave(a);
    forget_passed(a->state);
}

static bool
is_passed(const struct file_state *state, const char *name)
{
    const struct file_passed *passed = state->passed;

    for (size_t i = 0; passed && i < passed->names.count; i++)
        if (strcmp(passed->names.items[i], name) == 0)
            return true;
    return false;
}

/* One file is in trouble, not the folder: it is left out until the others were read. */
static bool
pass_by(struct file_state *state, const char *name, enum verdict v, const struct error *why)
{
    struct file_passed *passed = state->passed;
    struct arena *mem;

    if (v != V_RETRY || !name || strcmp(why->code, "file.folder") == 0 ||
        (strncmp(why->code, "file.", 5) != 0 && strcmp(why->code, "sftp.absent") != 0 &&
         strcmp(why->code, "sftp.refused") != 0))
        return false;
    if (!passed) {
        mem = arena_new("files passed by");
        passed = state->passed = arena_alloc(mem, sizeof *passed);
        passed->mem = passed->names.mem = mem;
        passed->verdict = v;
        passed->why = *why;
    }
    passed->names.items = arena_grow(passed->mem, passed->names.items, passed->names.count,
                                     &passed->names.room, sizeof *passed->names.items);
    passed->names.items[passed->names.count++] = arena_copy(passed->mem, name);
    return true;
}

/* ---- reading ---- */

static enum verdict
begin_reading(const struct adapter *a, struct drop_file *file, struct error *err)
{
    const struct file_state *state = a->state;
    struct file_reader *reader;
    enum verdict v;

    leave_reading(file);
    file->reading = arena_new("reading of a file");
    reader = arena_alloc(file->reading, sizeof *reader);
    *reader = (struct file_reader){
        .adapter = a,
        .state = state,
        .call = file->call,
        .format = state->xml ? &file_xml : &file_csv,
        .name = file->name,
        .fd = file->fd,
        .own = file->reading,
    };
    file->reader = reader;
    v = reader->format->open(reader, err);
    file->place = reader->place;
    return v;
}

/* Reads on to the end or to a number of records, for their form only. */
static enum verdict
pass_over(struct drop_file *file, long most, long *rows, struct error *err)
{
    struct record *record = NULL;
    enum verdict v = V_OK;

    file->reader->mem = NULL;
    *rows = 0;
    while (*rows != most) {
        v = file->reader->format->next(file->reader, &record, err);
        if (v || !record)
            break;
        ++*rows;
    }
    if (file->reader->place.column) /* outlives the reading */
        file->reader->place.column = arena_copy(file->mem, file->reader->place.column);
    file->place = file->reader->place;
    return v;
}

static enum verdict
changed(const struct drop_file *file, struct error *err)
{
    struct stat now;

    if (fstat(file->fd, &now) == 0 && now.st_size == file->was.st_size &&
        now.st_mtim.tv_sec == file->was.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == file->was.st_mtim.tv_nsec)
        return V_OK;
    return error_set(err, V_RETRY, "file.changed", "a file was changed while it was read");
}

/* Opens a file and looks at its form. V_REJECT: it is open, to be put away. */
static enum verdict
take_up(struct adapter *a, const struct file_call *call, const char *name, bool *fresh,
        struct error *err)
{
    struct file_state *state = a->state;
    struct arena *mem = arena_new("a file");
    struct drop_file *file = arena_alloc(mem, sizeof *file);
    enum verdict v;
    long rows;

    file->mem = mem;
    file->call = call;
    file->name = arena_copy(mem, name);
    file->names.mem = mem;
    file->fd = -1;
    file->total = -1;
    state->open = file;
    v = drop_read(state->drop, mem, name, &file->fd, &file->stamp, err);
    if (v)
        error_at(err, NULL, name);
    *fresh = !v && file->fd < 0;
    if (v || *fresh)
        return v;
    if (fstat(file->fd, &file->was))
        return error_set(err, V_RETRY, "file.read", "could not look at a file");
    v = begin_reading(a, file, err);
    if (!v)
        v = pass_over(file, -1, &rows, err);
    if (!v || v == V_REJECT) { /* a file that grew may look broken */
        struct error why;

        if (changed(file, &why)) {
            *err = why;
            return V_RETRY;
        }
    }
    if (v)
        return v;
    file->total = rows;
    return begin_reading(a, file, err);
}

/* The first file that can be read; out->more when there are others behind it. *tried: the one in
 * trouble when it is not V_OK. */
static enum verdict
choose(struct adapter *a, struct arena *mem, const struct file_call *call, struct page *out,
       const char **tried, struct error *err)
{
    const struct file_state *state = a->state;
    struct drop_name *names;
    size_t count;
    enum verdict v = drop_list(state->drop, mem, call->files, &names, &count, err);

    for (size_t i = 0; !v && i < count; i++) {
        bool fresh = false;

        if (is_passed(state, names[i].name))
            continue;
        *tried = names[i].name;
        v = take_up(a, call, names[i].name, &fresh, err);
        if (fresh) {
            file_leave(a);
            continue;
        }
        if (v == V_REJECT && state->open) /* take_up() opened it */
            state->open->broken = *err;
        if (v == V_OK || v == V_REJECT)
            out->from = arena_copy(mem, names[i].name);
        else
            file_leave(a);
        out->more = i + 1 < count;
        return v;
    }
    return v;
}

static bool
others_wait(const struct adapter *a, struct arena *mem, const struct drop_file *file)
{
    const struct file_state *state = a->state;
    struct drop_name *names;
    struct error ignored;
    size_t count;

    /* When it cannot be told, the next pull will tell. */
    if (drop_list(state->drop, mem, file->call->files, &names, &count, &ignored))
        return true;
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i].name, file->name) != 0)
            return true;
    return false;
}

/* ---- a page ---- */

static enum verdict
fill_page(struct adapter *a, struct arena *mem, struct drop_file *file, long rows, struct page *out,
          struct error *err)
{
    struct record **end = &out->records;
    enum verdict v = V_OK;

    file->reader->mem = mem;
    while (!v && file->committed + (long)out->count < file->total && (long)out->count < rows) {
        struct record *record = NULL;

        v = file->reader->format->next(file->reader, &record, err);
        if (!v && !record)
            v = error_set(err, V_RETRY, "file.changed", "a file was changed while it was read");
        if (v)
            break;
        v = file_record_contents(a, mem, record, &file->names, err);
        *end = record;
        end = &record->next;
        out->count++;
    }
    return v;
}

static long
rows_wanted(const struct adapter_var *vars, size_t count)
{
    int64_t rows = 0;

    for (size_t i = 0; i < count; i++)
        if (strcmp(vars[i].name, "rows") == 0 && vars[i].value &&
            text_int(vars[i].value, strlen(vars[i].value), &rows) && rows > 0)
            return (long)rows;
    return 500;
}

static enum verdict
pull_file(struct adapter *a, struct arena *mem, const struct file_call *call, long most,
          struct page *out, const char **tried, struct error *err)
{
    struct file_state *state = a->state;
    enum verdict v = V_OK;
    long rows;

    memset(out, 0, sizeof *out);
    *tried = NULL;
    if (state->open && (state->open->call != call || state->open->total < 0))
        file_leave(a);
    if (state->open && state->open->out) { /* its page was not finished: the same again */
        v = begin_reading(a, state->open, err);
        if (!v)
            v = pass_over(state->open, state->open->committed, &rows, err);
        if (v)
            file_leave(a);
    }
    if (!v && !state->open)
        v = choose(a, mem, call, out, tried, err);
    if (v || !state->open)
        return v;
    *tried = arena_copy(mem, state->open->name);
    v = fill_page(a, mem, state->open, most, out, err);
    if (!v && state->open->committed + (long)out->count == state->open->total)
        v = changed(state->open, err);
    if (v) {
        error_at(err, NULL, *tried);
        file_leave(a);
        memset(out, 0, sizeof *out);
        return v == V_REJECT ? V_RETRY : v; /* its form was good */
    }
    state->open->out = true;
    state->open->handed = (long)out->count;
    out->from = arena_copy(mem, state->open->name);
    out->more = state->open->committed + (long)out->count < state->open->total ||
                others_wait(a, mem, state->open);
    return V_OK;
}

enum verdict
file_pull(struct adapter *a, struct arena *mem, const struct map_call *map_call,
          const struct adapter_var *vars, size_t var_count, struct page *out, struct error *err)
{
    const struct file_call *call = file_call_of(a, map_call);
    struct file_state *state = a->state;
    const char *tried;
    enum verdict v;

    state->drop->listed = false;
    do {
        v = pull_file(a, mem, call, rows_wanted(vars, var_count), out, &tried, err);
    } while (pass_by(state, tried, v, err));
    if (v || out->from || !state->passed)
        return v;
    v = state->passed->verdict; /* nothing else is left: it is told, and tried at the next pull */
    *err = state->passed->why;
    forget_passed(state);
    return v;
}

/* ---- putting away ---- */

static enum verdict
write_reason(struct adapter *a, struct arena *mem, const struct drop_file *file, const char *as,
             const struct error *why, struct error *err)
{
    const struct file_state *state = a->state;
    const char *line = "", *column = "", *text;

    if (file->broken.code[0]) /* in our own words, without those of whoever called */
        why = &file->broken;
    if (file->place.line > 0)
        line = arena_format(mem, "Line: %ld\r\n", file->place.line);
    if (file->place.column)
        column = arena_format(mem, "Column: %s\r\n", file->place.column);
    text = arena_format(
        mem,
        "\xEF\xBB\xBF"
        "File: %s\r\n%s%sReason: %s [%s]\r\n"
        "Nothing of this file was taken. Put it right and drop it again, under any name.\r\n"
        "इस फ़ाइल से कुछ भी नहीं लिया गया। "
        "कृपया इसे ठीक करके, किसी भी नाम से, "
        "फिर से यहाँ डालें।\r\n",
        file->name, line, column, why->text, why->code);
    return drop_put(state->drop, mem, arena_format(mem, DROP_BAD "/%s.reason.txt", as), text,
                    strlen(text), err);
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The table goes first: should this end between, what it names is left over, never missed. */
static enum verdict
put_away(struct adapter *a, struct arena *mem, const struct drop_file *file, struct error *err)
{
    const struct file_state *state = a->state;
    const struct file_names *names = &file->names;
    const char *as;
    enum verdict v = drop_move(state->drop, mem, file->name, DROP_DONE, &as, err);

    if (names->count > 1)
        qsort(names->items, names->count, sizeof *names->items, by_name);
    for (size_t i = 0; !v && i < names->count; i++)
        if (i == 0 || strcmp(names->items[i], names->items[i - 1]) != 0)
            v = drop_move(state->drop, mem, names->items[i], DROP_DONE, &as, err);
    return v;
}

enum verdict
file_finish(struct adapter *a, struct arena *mem, const struct map_call *call,
            const struct page *page, enum verdict how, const struct error *why, struct error *err)
{
    struct file_state *state = a->state;
    struct drop_file *file = state->open;
    enum drop_still still;
    enum verdict v;
    const char *as;

    (void)call;
    if (!page->from || !file || strcmp(file->name, page->from) != 0)
        return V_OK;
    file->committed += file->handed;
    file->handed = 0;
    file->out = false;
    if (how != V_REJECT && file->committed < file->total)
        return V_OK;
    v = drop_look(state->drop, mem, file->name, &file->stamp, &still, err);
    if (!v && still == DROP_SAME && how == V_REJECT) {
        v = drop_move(state->drop, mem, file->name, DROP_BAD, &as, err);
        if (!v)
            v = write_reason(a, mem, file, as, why, err);
    } else if (!v && still == DROP_SAME) {
        v = put_away(a, mem, file, err);
    } /* else another has come under its name: that one is yet to be read, with what it names */
    file_leave(a);
    return v;
}
