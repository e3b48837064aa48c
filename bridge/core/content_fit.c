/*
 * An ending says what a file claims to be: where the type that belongs to it is known, the content
 * must be of that type as well.
 */
#include "content_fit.h"

#include <string.h>
#include <strings.h>

#include "content_note.h"

#define NOTE_TYPE "application/pdf"
#define NOTE_ROLE "NOTE"

static const struct {
    const char *ending, *type;
} known[] = {
    { ".pdf", "application/pdf" }, { ".jpg", "image/jpeg" }, { ".jpeg", "image/jpeg" },
    { ".png", "image/png" },       { ".gif", "image/gif" },  { ".tif", "image/tiff" },
    { ".tiff", "image/tiff" },     { ".mp4", "video/mp4" },  { ".mp3", "audio/mpeg" },
    { ".zip", "application/zip" }, { ".rtf", "text/rtf" },
};

/* A name that says another type than what is in it. */
static bool
contradicts(const char *name, const char *type)
{
    const char *ending = name ? strrchr(name, '.') : NULL;

    for (size_t i = 0; ending && i < sizeof known / sizeof *known; i++)
        if (strcasecmp(known[i].ending, ending) == 0)
            return strcasecmp(known[i].type, type) != 0;
    return false;
}

static void
set(const struct dict_stream *dict, struct record *record, const char *name, const char *text)
{
    long slot = dict_slot(dict, name);

    if (slot >= 0)
        record->fields[slot] = (struct field){ text, text ? strlen(text) : 0 };
}

/* NULL when the target takes it. */
static const char *
refusal(struct arena *mem, const struct mapping *target, const struct content_facts *facts,
        const char *name)
{
    int64_t most = mapping_file_max(target);
    bool by_type = mapping_takes_type(target, facts->type, NULL);

    if (!by_type && (!mapping_takes_type(target, NULL, name) || contradicts(name, facts->type)))
        return arena_format(mem, "type %s is not taken there", facts->type);
    if (facts->size > most)
        return arena_format(mem, "%lld bytes are more than the %lld that are taken there",
                            (long long)facts->size, (long long)most);
    return NULL;
}

enum verdict
content_fit(struct contents *contents, struct arena *mem, const struct mapping *target,
            struct record *attachment, const char *number, const char **why, struct error *err)
{
    const struct map_stream *stream = mapping_stream(target, "attachment");
    struct content_facts facts, note;
    const char *content;
    enum verdict v;

    *why = NULL;
    if (!stream)
        return error_set(err, V_FATAL, "content.stream", "the map of \"%s\" carries no attachment",
                         target->system);
    content = dict_value(stream->dict, attachment, "content")->text;
    if (!content)
        return error_set(err, V_REJECT, "content.absent", "the attachment has no content");
    if (!contents)
        return error_set(err, V_FATAL, "stage.contents", "no content store is open");
    v = content_look(contents, mem, content, &facts, err);
    if (v)
        return v;
    *why = refusal(mem, target, &facts, dict_value(stream->dict, attachment, "name")->text);
    if (*why) {
        v = content_note(contents, mem, &facts, number ? number : "", *why, &note, err);
        if (v)
            return v;
        set(stream->dict, attachment, "content", arena_copy(mem, note.id));
        set(stream->dict, attachment, "name", arena_format(mem, "note-%.12s.pdf", facts.id));
        set(stream->dict, attachment, "type", NOTE_TYPE);
        set(stream->dict, attachment, "role", NOTE_ROLE);
        facts.size = note.size;
    }
    if (!dict_value(stream->dict, attachment, "type")->text)
        set(stream->dict, attachment, "type", facts.type);
    set(stream->dict, attachment, "size", arena_format(mem, "%lld", (long long)facts.size));
    return V_OK;
}
