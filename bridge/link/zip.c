/*
 * libzip reads the files when the archive is closed, and writes into memory of its own, which is
 * asked back through the same source.
 */
#include "zip.h"

#include <stdbool.h>
#include <time.h>

#include <zip.h>

#define PIECE      ((size_t)65536)
#define FIRST_YEAR 80 /* 1980, as struct tm counts */

/* Of MS-DOS: what an entry tells without the zone of this machine. */
static bool
set_time(zip_t *zip, zip_uint64_t index, int64_t at)
{
    const time_t seconds = (time_t)(at / 1000000);
    struct tm t;
    int hour, day;

    if (!gmtime_r(&seconds, &t) || t.tm_year < FIRST_YEAR)
        return false;
    hour = t.tm_hour << 11 | t.tm_min << 5 | t.tm_sec / 2;
    day = (t.tm_year - FIRST_YEAR) << 9 | (t.tm_mon + 1) << 5 | t.tm_mday;
    return zip_file_set_dostime(zip, index, (zip_uint16_t)hour, (zip_uint16_t)day, 0) == 0;
}

static bool
add_all(zip_t *zip, const struct zip_entry *entries, size_t count, int64_t at)
{
    for (size_t i = 0; i < count; i++) {
        zip_source_t *file = zip_source_file(zip, entries[i].path, 0, -1);
        zip_int64_t index;

        if (!file)
            return false;
        index = zip_file_add(zip, entries[i].name, file, ZIP_FL_ENC_UTF_8);
        if (index < 0) {
            zip_source_free(file);
            return false;
        }
        if (!set_time(zip, (zip_uint64_t)index, at))
            return false;
    }
    return true;
}

static enum verdict
take_back(struct arena *mem, zip_source_t *made, struct buf *out, struct error *err)
{
    char *piece = arena_alloc(mem, PIECE);
    zip_int64_t n = -1;
    bool room = true;

    if (zip_source_open(made) != 0)
        return error_set(err, V_FATAL, "zip.write", "the archive could not be read back");
    while (room && (n = zip_source_read(made, piece, PIECE)) > 0)
        room = buf_add(out, piece, (size_t)n);
    (void)zip_source_close(made);
    if (!room)
        return error_set(err, V_REJECT, "zip.size", "the archive is larger than %zu bytes",
                         out->max);
    return n < 0 ? error_set(err, V_FATAL, "zip.write", "the archive could not be read back")
                 : V_OK;
}

enum verdict
zip_files(struct arena *mem, const struct zip_entry *entries, size_t count, int64_t at,
          struct buf *out, struct error *err)
{
    zip_error_t why;
    zip_source_t *made;
    zip_t *zip;
    enum verdict v = V_OK;

    zip_error_init(&why);
    made = zip_source_buffer_create(NULL, 0, 0, &why);
    zip = made ? zip_open_from_source(made, ZIP_TRUNCATE, &why) : NULL;
    if (!zip) {
        v = error_set(err, V_FATAL, "zip.write", "could not begin an archive: %s",
                      zip_error_strerror(&why));
        zip_source_free(made);
        zip_error_fini(&why);
        return v;
    }
    zip_source_keep(made);
    if (!add_all(zip, entries, count, at) || zip_close(zip) != 0) {
        v = error_set(err, V_FATAL, "zip.write", "could not write an archive: %s",
                      zip_strerror(zip));
        zip_discard(zip);
    }
    if (!v)
        v = take_back(mem, made, out, err);
    zip_source_free(made);
    zip_error_fini(&why);
    return v;
}
