/*
 * One pass over the line; quotes shield blanks and '='.
 */
#include "map_words.h"

#include <string.h>

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *
unquote(struct arena *mem, const char *text, size_t len)
{
    if (len >= 2 && text[0] == '"' && text[len - 1] == '"')
        return arena_text(mem, text + 1, len - 2);
    return arena_text(mem, text, len);
}

bool
words_split(struct arena *mem, const char *line, struct word **out, size_t *count)
{
    struct word *words = NULL;
    size_t n = 0, room = 0;
    const char *at = line;
    bool closed = true;

    for (;;) {
        const char *start, *equals = NULL;
        bool quoted = false;

        while (is_blank(*at))
            at++;
        if (!*at)
            break;
        for (start = at; *at && (quoted || !is_blank(*at)); at++) {
            if (*at == '"')
                quoted = !quoted;
            else if (*at == '=' && !quoted && !equals)
                equals = at;
        }
        if (quoted)
            closed = false;
        words = arena_grow(mem, words, n, &room, sizeof *words);
        words[n].text = unquote(mem, start, (size_t)(at - start));
        words[n].name = equals ? arena_text(mem, start, (size_t)(equals - start)) : words[n].text;
        words[n].value = equals ? unquote(mem, equals + 1, (size_t)(at - equals - 1)) : NULL;
        n++;
    }
    *out = words;
    *count = n;
    return closed;
}
