/*
 * What a person reads: the letter by its stylesheet, and the few lines of a mail.
 */
#include "package_parts.h"

#include <string.h>

#include "clock.h"

#define LETTER_MAX ((size_t)64 << 20)

enum verdict
package_letter(struct arena *mem, const struct conf *conf, const struct package_sink *sink,
               const char *folder, struct error *err)
{
    const char *styles = arena_format(mem, "%s/pages", conf->bridge.mappings);
    struct page_style *style = NULL;
    struct buf html;
    int minutes = 0;
    enum verdict v = page_style(mem, styles, "letter.xsl", &style, err);

    if (v)
        return v;
    (void)clock_zone(conf->bridge.zone, &minutes);
    buf_init(&html, LETTER_MAX);
    v = page_make(style, sink->letter, NULL, 0, minutes, &html, err);
    if (!v)
        v = package_write(arena_format(mem, "%s/letter.html", folder), html.data, html.len, err);
    buf_release(&html);
    return v;
}

const char *
package_fill(struct arena *mem, const char *form, const struct package_word *words, size_t count)
{
    const char *out = "", *open, *close;

    for (; (open = strchr(form, '{')) && (close = strchr(open, '}')); form = close + 1) {
        size_t len = (size_t)(close - open - 1), i = 0;

        while (i < count &&
               (strlen(words[i].name) != len || strncmp(words[i].name, open + 1, len) != 0))
            i++;
        out = arena_format(mem, "%s%.*s%s", out, (int)(open - form), form,
                           i < count ? words[i].text : "");
    }
    return arena_format(mem, "%s%s", out, form);
}

enum verdict
package_cover_write(struct arena *mem, const struct package_sink *sink, const char *unit_name,
                    const char *folder, struct error *err)
{
    const struct package *p = sink->package;
    const char *ack = p->cell->options.mail ? "letter.ack.mail" : "letter.ack";
    struct package_word words[4 + PACKAGE_LISTS] = {
        { "unit", unit_name },
        { "code", p->cell->options.unit },
        { "number", arena_format(mem, "%lld", (long long)p->number) },
        { "day", p->day },
    };
    const size_t count = sizeof words / sizeof *words;
    const char *text;

    for (size_t i = 0; i < PACKAGE_LISTS; i++)
        words[4 + i] =
            (struct package_word){ package_list_names[i], arena_format(mem, "%ld", p->rows[i]) };
    text = arena_format(
        mem, "%s\n\n%s\n",
        package_fill(mem, page_word(sink->words, "letter.subject", sink->language), words, count),
        package_fill(mem, page_word(sink->words, "letter.dear", sink->language), words, count));
    text = arena_format(mem, "%s\n  %s: %ld", text,
                        page_word(sink->words, "letter.list.due", sink->language), p->due);
    for (size_t i = 0; i < PACKAGE_LISTS; i++) {
        const char *key = arena_format(mem, "letter.list.%s", package_list_names[i]);

        text = arena_format(mem, "%s\n  %s: %s", text, page_word(sink->words, key, sink->language),
                            words[4 + i].text);
    }
    text = arena_format(
        mem, "%s\n\n%s\n\n%s\n", text,
        package_fill(mem, page_word(sink->words, "letter.files", sink->language), words, count),
        package_fill(mem, page_word(sink->words, ack, sink->language), words, count));
    return package_write(arena_format(mem, "%s/cover.txt", folder), text, strlen(text), err);
}
