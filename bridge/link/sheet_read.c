/*
 * A workbook read back: a ZIP archive of XML parts, by its directory at the end. Each part is
 * inflated and read as XML to its end, so that one that was cut short is seen.
 */
#include "sheet.h"

#define ZLIB_CONST /* it reads what it is given, and says so */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "xml.h"

#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define CELL "m:worksheet/m:sheetData/m:row/m:c"

/* Of the format: signatures, and the lengths of what stands before the names. */
enum { END_SIGN = 0x06054b50, ENTRY_SIGN = 0x02014b50, LOCAL_SIGN = 0x04034b50 };
enum { END_LEN = 22, ENTRY_LEN = 46, LOCAL_LEN = 30 };

struct archive {
    const unsigned char *bytes;
    size_t len;
};

static size_t
number(const struct archive *a, size_t at, size_t bytes)
{
    size_t value = 0;

    while (bytes--)
        value = value << 8 | a->bytes[at + bytes];
    return value;
}

/* Whether so many bytes lie there, under this sign. */
static bool
is_at(const struct archive *a, size_t at, size_t len, size_t sign)
{
    return at <= a->len && a->len - at >= len && number(a, at, 4) == sign;
}

static void
count_cell(void *ctx, int tag, size_t offset)
{
    long *cells = ctx;

    (void)tag;
    (void)offset;
    ++*cells;
}

static enum verdict
broken(const char *what, struct error *err)
{
    return error_set(err, V_FATAL, "sheet.write", "the workbook is not whole: %s", what);
}

/* The part's bytes, inflated piece by piece into the reader. */
static bool
feed(const struct archive *a, size_t at, size_t len, struct xml_reader *reader)
{
    z_stream z = { .next_in = a->bytes + at, .avail_in = (uInt)len };
    unsigned char piece[65536];
    int said;

    if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
        return false;
    do {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        said = inflate(&z, Z_NO_FLUSH);
        xml_reader_feed(reader, (const char *)piece, sizeof piece - z.avail_out);
    } while (said == Z_OK);
    (void)inflateEnd(&z);
    return said == Z_STREAM_END;
}

/* One entry of the directory. */
static enum verdict
read_part(struct arena *mem, const struct archive *a, size_t entry, long *cells, struct error *err)
{
    static const struct xml_prefix prefixes[] = { { "m", MAIN } };
    static const struct xml_events events = { .open = count_cell };
    const struct xml_limits limits = { .depth = 64, .elements = INT32_MAX, .text = 1L << 20 };
    struct xml_paths *paths = xml_paths_new(mem, prefixes, 1);
    const char *why;
    size_t len = number(a, entry + 20, 4), local = number(a, entry + 42, 4);
    int cell = xml_paths_add(paths, XML_ROOT, CELL, &why);

    if (cell < 0 || !is_at(a, local, LOCAL_LEN, LOCAL_SIGN))
        return broken("a part is not where it should be", err);
    size_t at = local + LOCAL_LEN + number(a, local + 26, 2) + number(a, local + 28, 2);

    if (at > a->len || a->len - at < len)
        return broken("a part goes beyond its end", err);
    xml_paths_mark(paths, cell, XML_GROUP, 0);
    struct xml_reader *reader = xml_reader_new(mem, paths, &limits, &events, cells);

    if (!feed(a, at, len, reader))
        return broken("a part cannot be inflated", err);
    return xml_reader_end(reader, err) ? broken("a part is cut short", err) : V_OK;
}

static enum verdict
read_parts(const struct archive *a, long *cells, struct error *err)
{
    size_t end = a->len - END_LEN;

    if (a->len < END_LEN || !is_at(a, end, END_LEN, END_SIGN))
        return broken("it has no directory", err);
    size_t entry = number(a, end + 16, 4), count = number(a, end + 10, 2);
    enum verdict v = count ? V_OK : broken("it is empty", err);

    for (; !v && count > 0; count--) {
        if (!is_at(a, entry, ENTRY_LEN, ENTRY_SIGN))
            return broken("its directory is cut short", err);
        struct arena *part = arena_new("part");

        v = read_part(part, a, entry, cells, err);
        arena_free(part);
        entry += ENTRY_LEN + number(a, entry + 28, 2) + number(a, entry + 30, 2) +
                 number(a, entry + 32, 2);
    }
    return v;
}

enum verdict
sheet_count(const char *path, long *cells, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    *cells = 0;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0) {
        if (fd >= 0)
            (void)close(fd);
        return broken("it cannot be read", err);
    }
    size_t len = (size_t)st.st_size;
    void *bytes = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);

    (void)close(fd);
    if (bytes == MAP_FAILED)
        return broken("it cannot be read", err);
    enum verdict v = read_parts(&(struct archive){ bytes, len }, cells, err);

    (void)munmap(bytes, len);
    return v;
}
