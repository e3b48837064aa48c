/*
 * Which file goes how is one table; the words are those of mappings/pages/words.csv.
 */
#include "package_mail.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/file.h"
#include "../link/zip.h"
#include "package_parts.h"
#include "text.h"

#define ARCHIVE     "lists.zip"
#define ARCHIVE_MAX ((size_t)512 << 20)
#define MB          1000000

enum { AS_IS, ZIPPED, LEFT };

/* By the order of package_files. */
static const int forms[PACKAGE_MAIL_FORMS][PACKAGE_FILES] = {
    { AS_IS, AS_IS, AS_IS, AS_IS, AS_IS, AS_IS },
    { AS_IS, ZIPPED, AS_IS, ZIPPED, AS_IS, AS_IS },
    { AS_IS, ZIPPED, LEFT, LEFT, AS_IS, AS_IS },
    { AS_IS, LEFT, LEFT, LEFT, AS_IS, AS_IS },
};

static const char *
join(struct arena *mem, const char *list, const char *name)
{
    return list ? arena_format(mem, "%s, %s", list, name) : name;
}

/* "9.2 MB", and of a small one "0.1 MB": never less than there is. */
static const char *
size_text(struct arena *mem, int64_t bytes)
{
    int64_t tenths = (bytes + MB / 10 - 1) / (MB / 10);

    return arena_format(mem, "%" PRId64 ".%" PRId64 " MB", tenths / 10, tenths % 10);
}

/* How many rows the manifest says that a list has. */
static const char *
rows_of(struct arena *mem, const char *folder, const char *list)
{
    const char *text = "", *at;
    size_t len = 0;

    if (file_take(mem, arena_format(mem, "%s/" PACKAGE_MANIFEST, folder), &text, &len))
        return "";
    list = arena_format(mem, "# rows %s ", list);
    at = strstr(text, list);
    return at ? arena_text(mem, at + strlen(list), strcspn(at + strlen(list), "\n")) : "";
}

struct sorted {
    const char *zipped, *left; /* for the text */
    struct zip_entry entries[PACKAGE_FILES];
    size_t entry_count;
};

static enum verdict
sort_files(struct arena *mem, const char *folder, int form, struct package_mail *out,
           struct sorted *to, struct error *err)
{
    for (size_t i = 0; i < PACKAGE_FILES; i++) {
        const struct package_file *f = &package_files[i];
        const char *path = arena_format(mem, "%s/%s", folder, f->name);
        struct stat st;

        if (stat(path, &st) != 0)
            return error_set(err, V_REJECT, "package.lost", "could not find \"%s\"", path);
        switch (forms[form][i]) {
        case AS_IS:
            out->files[out->file_count++] =
                (struct mail_file){ .path = path, .name = f->name, .type = f->type };
            break;
        case ZIPPED:
            to->entries[to->entry_count++] = (struct zip_entry){ path, f->name };
            to->zipped = join(mem, to->zipped, f->name);
            break;
        default:
            out->left = join(mem, out->left, f->name);
            to->left =
                join(mem, to->left,
                     arena_format(mem, "%s (%s)", f->name, size_text(mem, (int64_t)st.st_size)));
        }
    }
    return V_OK;
}

static enum verdict
add_archive(struct arena *mem, const struct sorted *from, int64_t at, struct package_mail *out,
            struct error *err)
{
    enum verdict v;

    if (!from->entry_count)
        return V_OK;
    v = zip_files(mem, from->entries, from->entry_count, at, &out->archive, err);
    if (!v)
        out->files[out->file_count++] = (struct mail_file){ .name = ARCHIVE,
                                                            .type = "application/zip",
                                                            .bytes = out->archive.data,
                                                            .len = out->archive.len };
    return v;
}

/* What a form did is said above all else: whoever reads only the first lines reads it. */
static enum verdict
add_words(struct arena *mem, const struct conf *conf, const struct conf_cell *cell,
          const struct package_due *due, const char *folder, const struct sorted *from,
          struct package_mail *out, struct error *err)
{
    const struct package_word words[] = {
        { "number", arena_format(mem, "%" PRId64, due->number) },
        { "from", cell->options.from },
        { "zipped", from->zipped },
        { "left", from->left },
        { "open", rows_of(mem, folder, "open") },
    };
    const size_t count = sizeof words / sizeof *words;
    const char *language = cell->options.language;
    struct page_words *said;
    enum verdict v = page_words_read(mem, conf->bridge.mappings, &said, err);

    if (v)
        return v;
    if (from->left)
        out->text = arena_format(
            mem, "%s\n\n%s",
            package_fill(mem, page_word(said, "letter.mail.left", language), words, count),
            out->text);
    if (from->zipped)
        out->text = arena_format(
            mem, "%s\n\n%s",
            package_fill(mem, page_word(said, "letter.mail.zipped", language), words, count),
            out->text);
    return V_OK;
}

enum verdict
package_mail(struct arena *mem, const struct conf *conf, const struct conf_cell *cell,
             const struct package_due *due, const char *folder, int form, struct package_mail *out,
             struct error *err)
{
    struct sorted sorted = { 0 };
    enum verdict v;

    *out = (struct package_mail){ 0 };
    buf_init(&out->archive, ARCHIVE_MAX);
    v = package_cover(mem, folder, &out->subject, &out->text, err);
    if (!v)
        v = sort_files(mem, folder, form, out, &sorted, err);
    if (!v)
        v = add_archive(mem, &sorted, due->made_at, out, err);
    if (!v && form > 0)
        v = add_words(mem, conf, cell, due, folder, &sorted, out, err);
    return v;
}
