/*
 * Headers of multipart bodies: their parameters, those of a part, and those that
 * we write.
 */
#include <string.h>
#include <strings.h>

#include "digest.h"
#include "mime_parts.h"
#include "text.h"

static const char *
skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

bool
mime_is_related(const char *content_type)
{
    static const char word[] = "multipart/related";
    const char *at = skip_blanks(content_type ? content_type : "");

    return strncasecmp(at, word, sizeof word - 1) == 0 && strchr(" \t;", at[sizeof word - 1]);
}

/* A quoted or plain value; *at is moved behind it. NULL when its quote is not closed. */
static const char *
take_value(struct arena *mem, const char **at)
{
    const char *from = *at;
    size_t len;
    char *out, *to;

    if (*from != '"') {
        len = strcspn(from, "; \t");
        *at = from + len;
        return arena_text(mem, from, len);
    }
    out = to = arena_alloc(mem, strlen(from) + 1);
    for (from++; *from && *from != '"'; from++) {
        if (*from == '\\' && from[1])
            from++;
        *to++ = *from;
    }
    *at = *from ? from + 1 : from;
    return *from ? out : NULL;
}

const char *
mime_parameter(struct arena *mem, const char *content_type, const char *name)
{
    const char *at = content_type ? strchr(content_type, ';') : NULL;

    while (at) {
        const char *word, *value;
        size_t len;

        at = skip_blanks(at + 1);
        word = at;
        len = strcspn(at, "=; \t");
        at = skip_blanks(at + len);
        if (*at == '=') {
            at = skip_blanks(at + 1);
            value = take_value(mem, &at);
            if (!value)
                return NULL;
            if (len == strlen(name) && strncasecmp(word, name, len) == 0)
                return value;
        }
        at = strchr(at, ';');
    }
    return NULL;
}

bool
mime_boundary_is_good(const char *boundary)
{
    static const char good[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "'()+_,-./:=? ";
    size_t len = strlen(boundary);

    return len > 0 && len <= MIME_BOUNDARY && boundary[strspn(boundary, good)] == '\0' &&
           boundary[len - 1] != ' ';
}

const char *
mime_bare_id(struct arena *mem, const char *id)
{
    size_t len;

    if (!id)
        return NULL;
    id = skip_blanks(id);
    len = strlen(id);
    while (len && strchr(" \t", id[len - 1]))
        len--;
    if (len >= 2 && id[0] == '<' && id[len - 1] == '>') {
        id++;
        len -= 2;
    }
    return arena_text(mem, id, len);
}

/* A line is folded when the next begins with a blank: made one by blanks for its line end. */
static const char *
unfold(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '\r' && text[i + 1] == '\n') {
            if (text[i + 2] == ' ' || text[i + 2] == '\t')
                text[i] = text[i + 1] = ' ';
            i++;
        } else if ((c < ' ' && c != '\t') || c == 0x7F) {
            return "a header holds a control character";
        }
    }
    return NULL;
}

static const char *
keep(const char **place, const char *value)
{
    if (*place)
        return "a part says the same twice";
    *place = value;
    return NULL;
}

const char *
mime_read_head(struct arena *mem, const char *text, size_t len, struct mime_head *out)
{
    const char *id = NULL, *type = NULL, *disposition = NULL, *encoding = NULL, *why;
    char *copy = arena_text(mem, text, len), *at = copy;

    memset(out, 0, sizeof *out);
    why = unfold(copy, len);
    while (!why && *at != '\r') {
        char *end = strstr(at, "\r\n"), *colon;
        const char *value;

        if (!end)
            return "the headers of a part have no end";
        *end = '\0';
        colon = strchr(at, ':');
        if (!colon || colon == at || strcspn(at, " \t") < (size_t)(colon - at))
            return "a header of a part has no name";
        *colon = '\0';
        value = skip_blanks(colon + 1);
        if (strcasecmp(at, "Content-ID") == 0)
            why = keep(&id, value);
        else if (strcasecmp(at, "Content-Type") == 0)
            why = keep(&type, value);
        else if (strcasecmp(at, "Content-Disposition") == 0)
            why = keep(&disposition, value);
        else if (strcasecmp(at, "Content-Transfer-Encoding") == 0)
            why = keep(&encoding, mime_bare_id(mem, value));
        at = end + 2;
    }
    if (why)
        return why;
    out->part.id = id ? mime_bare_id(mem, id) : "";
    out->part.type = type ? type : "";
    out->part.name = mime_parameter(mem, disposition, "filename");
    if (!out->part.name)
        out->part.name = mime_parameter(mem, type, "name");
    out->encoding = encoding;
    return NULL;
}

/* ---- references ---- */

const char *
mime_href_id(struct arena *mem, const char *href)
{
    char *out, *to;

    if (strncasecmp(href, "cid:", 4) != 0 || href[4] == '\0')
        return NULL;
    out = to = arena_alloc(mem, strlen(href));
    for (href += 4; *href; href++) {
        if (*href == '%') {
            int high = text_hex(href[1]), low = high < 0 ? -1 : text_hex(href[2]);

            if (low < 0 || (high == 0 && low == 0))
                return NULL;
            *to++ = (char)(high * 16 + low);
            href += 2;
        } else {
            *to++ = *href;
        }
    }
    return out;
}

/* ---- writing ---- */

const char *
mime_cid(struct arena *mem, size_t n)
{
    return arena_format(mem, "content-%zu@cctns-bridge", n);
}

static void
put(struct http_piece *piece, const char *text)
{
    piece->bytes = text;
    piece->len = strlen(text);
}

/* The type of a part that libmagic named; a word that a header cannot hold is none. */
static const char *
type_of(const char *type)
{
    for (const char *c = type; c && *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '"')
            return "application/octet-stream";
    return type && *type ? type : "application/octet-stream";
}

struct http_piece *
mime_pieces(struct arena *mem, const char *root_type, const char *action, const char *xml,
            size_t xml_len, const struct mime_content *contents, size_t content_count,
            size_t *piece_count, const char **content_type)
{
    struct http_piece *pieces = arena_alloc(mem, (3 + 2 * content_count) * sizeof *pieces);
    const char *inner = root_type, *outer = "", *boundary;
    char uuid[37];
    size_t n = 0;

    digest_uuid(uuid);
    boundary = arena_format(mem, "bridge-%s", uuid);
    if (action && *action) {
        inner = arena_format(mem, "%s; action=\\\"%s\\\"", root_type, action);
        outer = arena_format(mem, "; action=\"%s\"", action);
    }
    *content_type = arena_format(mem,
                                 "Content-Type: multipart/related; boundary=\"%s\"; "
                                 "type=\"application/xop+xml\"; start=\"<root@cctns-bridge>\"; "
                                 "start-info=\"%s\"%s",
                                 boundary, root_type, outer);
    put(&pieces[n++], arena_format(mem,
                                   "--%s\r\n"
                                   "Content-Type: application/xop+xml; charset=UTF-8; "
                                   "type=\"%s\"\r\n"
                                   "Content-Transfer-Encoding: binary\r\n"
                                   "Content-ID: <root@cctns-bridge>\r\n\r\n",
                                   boundary, inner));
    pieces[n].bytes = xml;
    pieces[n++].len = xml_len;
    for (size_t i = 0; i < content_count; i++) {
        put(&pieces[n++], arena_format(mem,
                                       "\r\n--%s\r\n"
                                       "Content-Type: %s\r\n"
                                       "Content-Transfer-Encoding: binary\r\n"
                                       "Content-ID: <%s>\r\n\r\n",
                                       boundary, type_of(contents[i].type), contents[i].cid));
        pieces[n++].content = contents[i].content;
    }
    put(&pieces[n++], arena_format(mem, "\r\n--%s--\r\n", boundary));
    *piece_count = n;
    return pieces;
}
