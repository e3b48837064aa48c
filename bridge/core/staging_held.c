/*
 * What of a page waits for a person: records that could not be read or mapped, fields of records
 * that were taken without them, and pages that could not be read at all.
 */
#include "staging_parts.h"

#include <string.h>

#include "run.h"
#include "text.h"

/* Up to the first byte that is not UTF-8: a message that was cut may end inside a character. */
static const char *
whole_text(struct arena *mem, const char *text)
{
    size_t len = strlen(text), bad = len;

    if (!len)
        return NULL;
    return text_is_utf8(text, len, &bad) ? arena_text(mem, text, len) : arena_text(mem, text, bad);
}

static const char *
key_of(const struct staging *st, struct arena *mem, const struct record *remote,
       const char **parent)
{
    const char *number, *key;

    *parent = NULL;
    if (!remote)
        return NULL;
    number = mapper_in_field(st->m, mem, remote, "number");
    if (staged_stream_of(st->call->brings) == STAGED_COMPLAINT)
        return number;
    *parent = number;
    key = mapper_in_field(st->m, mem, remote, "key");
    return number && key ? arena_format(mem, "%s#%s", number, key) : key;
}

static const char *
place_of(struct arena *mem, const struct record *remote, const struct error *why)
{
    const char *place = remote ? remote->place : NULL;

    if (!place)
        place = arena_format(mem, "record %ld", remote ? remote->ordinal : 0);
    return whole_text(mem,
                      arena_format(mem, "%s%s%s", place, why->where[0] ? ": " : "", why->where));
}

static struct staged_held *
new_held(struct staging *st, struct arena *mem, const char *stream, const struct record *remote,
         const struct error *why)
{
    struct staged_held *h = arena_alloc(mem, sizeof *h);

    h->stream = stream;
    h->reason = whole_text(mem, why->code);
    h->field = whole_text(mem, why->field);
    h->detail = whole_text(mem, why->text);
    h->place = place_of(mem, remote, why);
    if (remote)
        remote_pack(mem, st->m->map, remote, &h->packed, &h->packed_len);
    *st->held_last = h;
    st->held_last = &h->next;
    st->held_count++;
    return h;
}

/* Bytes of the row by the map's "keep"; what the lines of a map say may always be kept, if only
 * sealed: it is what a replay needs. */
static void
keep_bytes(const struct staging *st, struct arena *mem, struct staged_held *h)
{
    const char *aad = staging_aad(mem, st->m->map->system, h->stream, h->key);

    staging_keep(st->m, mem, aad, &h->body, &h->body_len);
    staging_keep_mapped(st->m, mem, aad, &h->packed, &h->packed_len);
}

enum verdict
staging_set_aside(struct staging *st, struct arena *mem, const struct record *remote,
                  const struct error *why, struct error *err)
{
    struct staged_held *h;

    if (!st->m)
        return error_set(err, V_FATAL, "stage.begun", "no page is being staged");
    h = new_held(st, mem, st->call->brings, remote, why);
    h->key = key_of(st, mem, remote, &h->parent);
    if (remote && remote->raw) {
        h->body = remote->raw;
        h->body_len = remote->raw_len;
    }
    if (h->body && st->m->map->keep != KEEP_DIGEST)
        staging_digest(st->m, h->body, h->body_len, h->sha256);
    else
        staging_digest(st->m, h->packed, h->packed_len, h->sha256);
    keep_bytes(st, mem, h);
    st->offered++;
    return V_OK;
}

const struct error *
staging_apart(const struct record *canonical, const char *field)
{
    for (const struct field_fault *f = canonical->apart; f; f = f->next)
        if (strcmp(f->why->field, field) == 0)
            return f->why;
    return NULL;
}

/* The peer's own word of a canonical field. */
static struct field
word_of(const struct staging *st, const struct record *remote, const char *field)
{
    const struct map_stream *stream = remote ? mapping_stream(st->m->map, remote->stream) : NULL;

    for (size_t i = 0; stream && i < stream->count && i < remote->count; i++)
        if (stream->lines[i].direction & MAP_IN && remote->fields[i].text &&
            strcmp(stream->lines[i].canonical, field) == 0)
            return remote->fields[i];
    return (struct field){ "", 0 };
}

void
staging_hold_apart(struct staging *st, struct arena *mem, const struct record *canonical,
                   const struct record *remote, const struct record *whole, const char *key,
                   const char *parent, int32_t apart_of)
{
    for (const struct field_fault *f = canonical->apart; f; f = f->next) {
        struct staged_held *h = new_held(st, mem, canonical->stream, whole, f->why);
        struct field word = word_of(st, remote, f->why->field);
        size_t name = strlen(f->why->field) + 1, key_len = strlen(key) + 1;
        char *all = arena_alloc(mem, name + key_len + word.len + 1);

        h->key = key;
        h->parent = parent;
        h->apart_of = apart_of;
        memcpy(all, f->why->field, name);
        memcpy(all + name, key, key_len);
        memcpy(all + name + key_len, word.text, word.len);
        staging_digest(st->m, all, name + key_len + word.len, h->sha256);
        keep_bytes(st, mem, h);
        st->apart = true;
    }
}

enum verdict
staging_hold_page(struct staging *st, struct arena *mem, const struct mapper *m,
                  const struct map_call *call, const char *from, const char *bytes, size_t len,
                  const struct error *why, struct error *err)
{
    const char *system = m->map->system;
    unsigned char sha256[DIGEST_BYTES];
    char at[CLOCK_TEXT];
    const char *values[13];

    if (staging_seals(m->map) && !m->seal)
        return error_set(err, V_FATAL, "seal.key", "\"%s\" seals and there is no key for it",
                         system);
    clock_text(clock_now(), at);
    if (bytes) {
        staging_digest(m, bytes, len, sha256);
    } else {
        const char *said = arena_format(mem, "%s: %s: %s", from ? from : "", why->where, why->text);

        staging_digest(m, said, strlen(said), sha256);
    }
    staging_keep(m, mem, arena_format(mem, "%s|page", system), &bytes, &len);
    values[0] = st->run;
    values[1] = at;
    values[2] = system;
    values[3] = call->brings ? call->brings : "";
    values[4] = call->name;
    values[5] = whole_text(mem, why->code);
    values[6] = whole_text(mem, why->field);
    values[7] = whole_text(mem, why->where);
    values[8] = whole_text(mem, why->text);
    values[9] = bytes ? pg_of_bytes(mem, bytes, len) : NULL;
    values[10] = pg_of_bytes(mem, sha256, sizeof sha256);
    values[11] = bytes && staging_seals(m->map) ? "true" : "false";
    values[12] = from && text_is_utf8(from, strlen(from), NULL) ? from : NULL;
    return run_write(st->pg, mem, "stage_hold_page", values, 13, NULL, err);
}

enum verdict
staging_page_mended(struct staging *st, struct arena *mem, const struct mapping *map,
                    const struct map_call *call, const char *from, struct error *err)
{
    char at[CLOCK_TEXT];
    const char *values[] = { st->run, at, map->system, call->brings ? call->brings : "", from };

    clock_text(clock_now(), at);
    if (!text_is_utf8(from, strlen(from), NULL))
        return V_OK;
    return run_write(st->pg, mem, "stage_page_mended", values, 5, NULL, err);
}

enum verdict
staging_call_read(struct staging *st, struct arena *mem, const struct mapping *map,
                  const struct map_call *call, struct error *err)
{
    char at[CLOCK_TEXT];
    const char *values[] = { st->run, at, map->system, call->name };

    clock_text(clock_now(), at);
    return run_write(st->pg, mem, "stage_call_read", values, 4, NULL, err);
}
