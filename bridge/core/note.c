/*
 * Whether a note is ours is found by its beginning, which is made anew, and by its signature: what
 * stands between them is covered by the signature.
 */
#include "note.h"

#include <string.h>

#include "clock.h"
#include "content.h"

#define DASH      "\xe2\x80\x94 " /* U+2014 and a blank */
#define SIGNATURE (SIGN_ID + SIGN_BYTES)
#define WORD      ((size_t)(SIGNATURE + 2) / 3 * 4)
#define ROOM      (3 * (WORD / 4 + 1)) /* that base64_decode() asks for */

static const char *
digest_word(struct arena *mem, const unsigned char *digest)
{
    return digest ? sign_base64(mem, digest, DIGEST_BYTES) : "-";
}

/* The lines that place it in the chain. */
static const char *
place(struct arena *mem, const char *origin, int64_t size, const unsigned char h[DIGEST_BYTES])
{
    return arena_format(mem, "%s\n%lld\n%s\n", origin, (long long)size,
                        sign_base64(mem, h, DIGEST_BYTES));
}

const char *
note_make(struct arena *mem, const struct note *note, const struct sign_key *key, size_t *len)
{
    unsigned char public_key[SIGN_PUBLIC], both[SIGNATURE];
    char at[32] = "";

    clock_format("%Y-%m-%dT%H:%M:%SZ", 0, note->at, at, sizeof at);
    const char *text = arena_format(
        mem, "%srun %lld prev %s totals %s at %s\n", place(mem, note->origin, note->size, note->h),
        (long long)note->run_id, digest_word(mem, note->prev), digest_word(mem, note->totals), at);

    sign_public(key, public_key);
    sign_id(note->origin, public_key, both);
    sign_bytes(key, text, strlen(text), both + SIGN_ID);
    text = arena_format(mem, "%s\n" DASH "%s %s\n", text, note->origin,
                        sign_base64(mem, both, sizeof both));
    *len = strlen(text);
    return text;
}

/* The bytes of the one signature by that name; false when there is none. */
static bool
find_signature(struct arena *mem, const char *line, const char *origin, unsigned char out[ROOM])
{
    const char *begin = arena_format(mem, DASH "%s ", origin);
    size_t len = strlen(begin), word;
    struct base64_in state = { 0 };

    if (strncmp(line, begin, len) != 0)
        return false;
    word = strcspn(line + len, "\n");
    return word == WORD && strcmp(line + len + word, "\n") == 0 &&
           base64_decode(&state, line + len, word, out) == SIGNATURE && base64_whole(&state);
}

enum note_word
note_look(struct arena *mem, const char *text, size_t len, const char *origin, int64_t size,
          const unsigned char h[DIGEST_BYTES], const struct sign_key *key)
{
    unsigned char public_key[SIGN_PUBLIC], id[SIGN_ID], both[ROOM];
    const char *begin = place(mem, origin, size, h);
    const char *end = strlen(text) == len ? strstr(text, "\n\n") : NULL;

    if (!end || strncmp(text, begin, strlen(begin)) != 0 ||
        !find_signature(mem, end + 2, origin, both))
        return NOTE_FORGED;
    sign_public(key, public_key);
    sign_id(origin, public_key, id);
    if (memcmp(id, both, SIGN_ID) != 0)
        return NOTE_STRANGE;
    return sign_verify(public_key, text, (size_t)(end + 1 - text), both + SIGN_ID) ? NOTE_GOOD
                                                                                   : NOTE_FORGED;
}
