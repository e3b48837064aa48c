/*
 * What staging keeps of the bytes in which a record came: as they came, encrypted, or nothing. What
 * is encrypted is tied to its record by the words of seal_aad(), so that whoever reads it back can
 * tell them from the row.
 */
#include "staging_parts.h"

#include <stdio.h>
#include <string.h>

#include "../base/seal.h"

#define KEY_NAME_AT    1 /* in a sealed text: seal.h */
#define KEY_NAME_BYTES 8

bool
staging_seals(const struct mapping *map)
{
    return mapping_seals(map);
}

const char *
staging_aad(struct arena *mem, const char *system, const char *stream, const char *key)
{
    return arena_format(mem, "%s|%s|%s", system, stream, key ? key : "");
}

void
staging_digest(const struct mapper *m, const void *bytes, size_t len,
               unsigned char out[DIGEST_BYTES])
{
    if (staging_seals(m->map))
        seal_digest(m->seal, bytes ? bytes : "", bytes ? len : 0, out);
    else
        digest_of(bytes ? bytes : "", bytes ? len : 0, out);
}

void
staging_keep(const struct mapper *m, struct arena *mem, const char *aad, const char **bytes,
             size_t *len)
{
    if (*bytes && m->map->keep == KEEP_DIGEST) {
        *bytes = NULL;
        *len = 0;
    } else {
        staging_keep_mapped(m, mem, aad, bytes, len);
    }
}

void
staging_keep_mapped(const struct mapper *m, struct arena *mem, const char *aad, const char **bytes,
                    size_t *len)
{
    if (*bytes && staging_seals(m->map))
        *bytes = (const char *)seal_bytes(m->seal, mem, aad, *bytes, *len, len);
}

/* Hexadecimal name of the key that a sealed text opens with. */
static void
read_key_name(struct staging *st, const unsigned char *sealed, size_t len)
{
    if (st->key_name[0] || len < SEAL_OVERHEAD)
        return;
    for (size_t i = 0; i < KEY_NAME_BYTES; i++)
        snprintf(st->key_name + 2 * i, 3, "%02x", sealed[KEY_NAME_AT + i]);
}

static bool
add_pair(struct buf *to, const char *name, const struct field *field)
{
    return (to->len == 1 || buf_add(to, ", ", 2)) && staging_json(to, name, strlen(name)) &&
           buf_add(to, ": ", 2) && staging_json(to, field->text, field->len);
}

static size_t
json_len(const struct field *field)
{
    size_t len = 2;

    for (size_t i = 0; i < field->len; i++) {
        unsigned char c = (unsigned char)field->text[i];

        len += c < 0x20 ? 6 : c == '"' || c == '\\' ? 2 : 1;
    }
    return len;
}

enum verdict
staging_seal_fits(const struct staging *st, const struct dict_stream *dict,
                  const struct record *canonical, struct error *err)
{
    size_t len = 2;

    for (size_t i = 0; canonical->sealed && i < dict->count; i++)
        if (canonical->sealed[i].text)
            len += strlen(dict->fields[i].name) + 6 + json_len(&canonical->sealed[i]);
    if (len < st->scratch.max)
        return V_OK;
    return error_set(err, V_REJECT, "seal.large", "sealed values of a record are too long");
}

enum verdict
staging_seal_values(struct staging *st, struct arena *mem, struct staged *item, struct error *err)
{
    const struct record *r = item->canonical;
    struct buf *to = &st->scratch;
    const char *number = NULL;
    bool good;

    if (!r->sealed)
        return V_OK;
    if (!st->m->seal)
        return error_set(err, V_FATAL, "seal.key", "\"%s\" seals and there is no key for it",
                         st->m->map->system);
    buf_clear(to);
    good = buf_add(to, "{", 1);
    for (size_t i = 0; i < item->dict->count && good; i++) {
        const char *name = item->dict->fields[i].name;

        if (strcmp(name, "number") == 0)
            number = r->fields[i].text;
        if (!r->sealed[i].text)
            continue;
        good = add_pair(to, name, &r->sealed[i]);
        item->sealed_names =
            item->sealed_names ? arena_format(mem, "%s %s", item->sealed_names, name) : name;
    }
    if (!good || !buf_add(to, "}", 1))
        return error_set(err, V_FATAL, "seal.large", "sealed values of a record are too long");
    if (!item->sealed_names)
        return V_OK;
    seal_digest(st->m->seal, to->data, to->len, item->sealed_digest);
    item->sealed =
        seal_bytes(st->m->seal, mem, staging_aad(mem, st->m->map->system, item->dict->name, number),
                   to->data, to->len, &item->sealed_len);
    read_key_name(st, item->sealed, item->sealed_len);
    buf_clear(to);
    st->sealed = true;
    return V_OK;
}
