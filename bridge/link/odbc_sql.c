/*
 * SQL as text: :names become question marks, a script falls into statements. One scanner knows
 * quotes ('..' ".." `..`) and both kinds of comments; nothing else of SQL is understood here.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "odbc_internal.h"

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Bytes of the quote or comment that starts at s; 0 when none does; open when it never ends. */
static size_t
skip(const char *s, bool *open)
{
    const char *end;

    *open = false;
    if (s[0] == '\'' || s[0] == '"' || s[0] == '`') {
        end = strchr(s + 1, s[0]); /* a doubled quote is two quotes side by side */
        *open = !end;
        return end ? (size_t)(end - s) + 1 : strlen(s);
    }
    if (s[0] == '-' && s[1] == '-')
        return strcspn(s, "\n");
    if (s[0] == '/' && s[1] == '*') {
        end = strstr(s + 2, "*/");
        *open = !end;
        return end ? (size_t)(end - s) + 2 : strlen(s);
    }
    return 0;
}

const char *
odbc_named_read(struct arena *mem, const char *sql, struct odbc_named *out)
{
    char *text = arena_alloc(mem, strlen(sql) + 1);
    const char **names = NULL;
    size_t len = 0, count = 0, room = 0;

    for (const char *s = sql; *s;) {
        bool open;
        size_t step = skip(s, &open);

        if (open)
            return *s == '/' ? "a comment is not closed" : "a quote is not closed";
        if (step > 0) {
            for (size_t i = 0; i < step; i++)
                if ((unsigned char)s[i] >= 0x80)
                    return "a byte beyond ASCII; give the text as a parameter";
            memcpy(text + len, s, step);
            len += step;
            s += step;
            continue;
        }
        if ((unsigned char)*s >= 0x80)
            return "a byte beyond ASCII; give the text as a parameter";
        if (*s == '?')
            return "a bare \"?\"; parameters are named, as :name";
        if (s[0] == ':' && s[1] == ':') {
            text[len++] = *s++;
        } else if (s[0] == ':' && (isalpha((unsigned char)s[1]) || s[1] == '_')) {
            size_t word = 1;

            while (is_word(s[word]))
                word++;
            names = arena_grow(mem, (void *)names, count, &room, sizeof *names);
            names[count++] = arena_text(mem, s + 1, word - 1);
            text[len++] = '?';
            s += word;
            continue;
        }
        text[len++] = *s++;
    }
    text[len] = '\0';
    *out = (struct odbc_named){ .text = text, .names = names, .count = count };
    return NULL;
}

bool
odbc_sql_has(const char *sql, const char *word)
{
    size_t len = strlen(word);

    for (const char *s = sql; *s;) {
        bool open;
        size_t step = skip(s, &open);

        if (step == 0 && is_word(*s)) {
            while (is_word(s[step]))
                step++;
            if (step == len && !strncasecmp(s, word, len))
                return true;
        } else if (step > 2 && *s == '"' && step == len + 2 && !strncmp(s + 1, word, len)) {
            return true; /* a quoted name */
        }
        s += step > 0 ? step : 1;
    }
    return false;
}

char *
odbc_script_next(struct arena *mem, const char **text)
{
    const char *s = *text;
    char *out = arena_alloc(mem, strlen(s) + 1);
    size_t len = 0;
    bool any = false;

    while (*s) {
        bool open;
        size_t step = skip(s, &open);

        if (step > 0 && (*s == '-' || *s == '/')) { /* comments stay behind: drivers differ */
            s += step;
            continue;
        }
        if (step == 0 && *s == ';') {
            s++;
            if (any)
                break;
            len = 0;
            continue;
        }
        step = step > 0 ? step : 1;
        any = any || !isspace((unsigned char)*s);
        memcpy(out + len, s, step);
        len += step;
        s += step;
    }
    out[len] = '\0';
    *text = s;
    return any ? out : NULL;
}
