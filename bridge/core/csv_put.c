#include "csv_put.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

/* The next character of a text that may hold anything. Returns the bytes taken. */
static size_t
next_char(const char *text, int32_t *c)
{
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, c);

    if (n <= 0 || (*c < 0x20 && *c != '\t' && *c != '\n' && *c != '\r') ||
        (*c >= 0x7f && *c < 0xa0) || *c == 0xfffe || *c == 0xffff)
        *c = 0xfffd;
    return n > 0 ? (size_t)n : 1;
}

/* What a spreadsheet would take as a formula: = + - @, their wide forms, behind blanks too; and
 * what begins with a tab or a line end, which some of them strip. */
static bool
is_danger(const char *text)
{
    static const char *const starts[] = { "=",
                                          "+",
                                          "-",
                                          "@",
                                          "\t",
                                          "\r",
                                          "\n",
                                          "\xef\xbc\x9d",
                                          "\xef\xbc\x8b",
                                          "\xef\xbc\x8d",
                                          "\xef\xbc\xa0" };

    for (;;) {
        if (*text == ' ')
            text++;
        else if (strncmp(text, "\xc2\xa0", 2) == 0)
            text += 2;
        else
            break;
    }
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (strncmp(text, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

void
csv_put(const char *text, bool guard, FILE *to)
{
    bool danger = guard && is_danger(text);
    bool quoted = danger || strpbrk(text, ",\"\r\n");

    if (quoted)
        fputc('"', to);
    if (danger)
        fputc('\'', to);
    while (*text) {
        int32_t c;
        utf8proc_uint8_t bytes[4] = { 0 };

        text += next_char(text, &c);
        if (c == '"')
            fputc('"', to);
        fwrite(bytes, 1, (size_t)utf8proc_encode_char(c, bytes), to);
    }
    if (quoted)
        fputc('"', to);
}
