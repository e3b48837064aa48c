/*
 * A mail: a few lines of what it is about, the words, and the papers out of the content store. The
 * address is read now, from its place, and kept nowhere.
 */
#include <string.h>

#include "clock.h"
#include "message_parts.h"
#include "page_words.h"

#define PAPERS_MAX  20
#define ID_HEX      16
#define PIECE_BYTES 65536

struct letter {
    struct claiming *c;
    struct message *m;
    const char *kind; /* "copy", "report": of the keys of its words */
    const char *body;
    long left; /* papers that did not fit */
};

static const char *
word(const struct letter *l, const char *key)
{
    return page_word(l->c->words, key, l->m->language);
}

static void
add_line(struct letter *l, const char *key, const char *value)
{
    if (value && *value)
        l->body = arena_format(l->c->mem, "%s%s: %s\n", l->body, word(l, key), value);
}

/* ---- to whom ---- */

static enum verdict
read_address(const struct claiming *c, struct message *m, struct error *err)
{
    const char *text = pg_named(&c->row, 0, "email"), *kept = pg_named(&c->row, 0, "identity");

    if (pg_bool(&c->row, 0, "secret") || (kept && strchr("SCA", *kept)))
        return error_set(err, V_REJECT, "sender.secret", "who is kept secret is sent no mail");
    if (!text)
        return error_set(err, V_REJECT, "mail.none", "there is no address any more");
    if (mail_address_fault(text, strlen(text)))
        return error_set(err, V_REJECT, "mail.bad", "the address is none");
    m->address = text;
    return V_OK;
}

/* ---- papers ---- */

/* Whole and as its name says, before a byte of it goes. */
static enum verdict
prove_paper(const struct claiming *c, const char *id, struct error *err)
{
    struct content_reader *reader;
    char *piece = arena_alloc(c->mem, PIECE_BYTES);
    size_t got = 1;
    enum verdict v = content_open(c->contents, c->mem, id, &reader, err);

    if (v)
        return v;
    while (!v && got)
        v = content_read(reader, piece, PIECE_BYTES, &got, err);
    content_close(reader);
    if (v == V_FATAL && strcmp(err->code, "content.altered") == 0)
        return V_REJECT; /* of this mail; nothing is wrong with the others */
    return v;
}

static enum verdict
add_paper(struct letter *l, const struct pg_rows *rows, size_t i, int64_t *room, struct error *err)
{
    const char *id = pg_named(rows, i, "content"), *type = pg_named(rows, i, "content_type");
    const char *name = pg_named(rows, i, "name");
    struct message *m = l->m;
    enum verdict v;

    if (pg_int(rows, i, "content_size") > *room || m->file_count == PAPERS_MAX) {
        l->left++;
        return V_OK;
    }
    v = prove_paper(l->c, id, err);
    if (v)
        return v;
    *room -= pg_int(rows, i, "content_size");
    m->files[m->file_count++] = (struct mail_file){
        .path = content_path(l->c->contents, l->c->mem, id),
        .name = *name ? name : arena_format(l->c->mem, "%s-%zu", l->kind, i + 1),
        .type = type && *type ? type : "application/octet-stream",
    };
    return V_OK;
}

static enum verdict
add_papers(struct letter *l, struct error *err)
{
    const char *values[] = { pg_of_int(l->c->mem, l->m->id) };
    int64_t room = l->c->conf->notify->mail_max;
    struct pg_rows rows;
    enum verdict v = pg_run(l->c->pg, l->c->mem, "message_papers", values, 1, &rows, err);

    if (v)
        return v;
    l->m->files = arena_alloc(l->c->mem, PAPERS_MAX * sizeof *l->m->files);
    for (size_t i = 0; !v && i < rows.count; i++)
        v = add_paper(l, &rows, i, &room, err);
    return v;
}

/* ---- words ---- */

static const char *
mail_id(const struct claiming *c, const struct message *m)
{
    const char *about = arena_format(c->mem, "mail %lld %s %s %s %s", (long long)m->id, m->event,
                                     pg_named(&c->row, 0, "source_system"),
                                     pg_named(&c->row, 0, "number"), pg_named(&c->row, 0, "key"));
    unsigned char digest[DIGEST_BYTES];
    char hex[DIGEST_HEX];

    seal_digest(c->seal, about, strlen(about), digest);
    digest_hex(digest, hex);
    return arena_format(c->mem, "complaint.%lld.%.*s%s", (long long)m->id, ID_HEX, hex,
                        strchr(c->conf->notify->mail_from, '@'));
}

static enum verdict
write_body(struct letter *l, struct error *err)
{
    const struct claiming *c = l->c;
    const char *text = pg_named(&c->row, 0, "text");
    bool copy = strcmp(l->kind, "copy") == 0;

    l->body = arena_format(c->mem, "%s\n\n", word(l, copy ? "citizen.copy" : "citizen.report"));
    add_line(l, "citizen.number", pg_named(&c->row, 0, "number"));
    add_line(l, "citizen.police", pg_named(&c->row, 0, "police_number"));
    add_line(l, "citizen.received", message_day(c, "received_at"));
    add_line(l, copy ? "citizen.registered" : "citizen.disposed", message_day(c, "happened_at"));
    add_line(l, "citizen.unit", pg_named(&c->row, 0, "unit"));
    add_line(l, "citizen.station", pg_named(&c->row, 0, "station"));
    add_line(l, "citizen.subject", pg_named(&c->row, 0, "subject"));
    if (text && *text)
        l->body = arena_format(c->mem, "%s\n%s:\n\n%s\n", l->body,
                               word(l, copy ? "citizen.text" : "citizen.answer"), text);
    else if (!l->m->file_count)
        return error_set(err, V_REJECT, copy ? "copy.none" : "report.none",
                         "there is neither a text nor a paper to send");
    l->body = arena_format(c->mem, "%s\n", l->body);
    if (l->left)
        add_line(l, "citizen.left", arena_format(c->mem, "%ld", l->left));
    add_line(l, "citizen.read_at", c->conf->notify->read_at);
    l->body = arena_format(c->mem, "%s%s\n", l->body, word(l, "citizen.machine"));
    return V_OK;
}

static enum verdict
write_letter(struct letter *l, struct error *err)
{
    struct claiming *c = l->c;
    struct message *m = l->m;
    const char *planned = pg_named(&c->row, 0, "planned_at");
    enum verdict v = read_address(c, m, err);

    if (!v && !clock_from_text(planned, strlen(planned), &m->at))
        v = error_set(err, V_FATAL, "mail.at", "the time of a message cannot be read");
    if (!v)
        v = add_papers(l, err);
    if (!v)
        v = write_body(l, err);
    if (v)
        return v;
    m->mail_id = mail_id(c, m);
    m->subject = arena_format(
        c->mem, "%s %s",
        word(l, strcmp(l->kind, "copy") == 0 ? "citizen.copy.subject" : "citizen.report.subject"),
        pg_named(&c->row, 0, "number"));
    return V_OK;
}

/* Of all that the mail holds; the papers by their digests, which are their names. */
static const char *
whole_of(const struct letter *l)
{
    const char *whole = arena_format(l->c->mem, "%s\n%s", l->m->subject, l->body);

    for (size_t i = 0; i < l->m->file_count; i++)
        whole = arena_format(l->c->mem, "%s\n%s", whole, strrchr(l->m->files[i].path, '/') + 1);
    return whole;
}

static enum verdict
write_mail(struct claiming *c, struct message *m, struct error *err)
{
    struct letter l = {
        .c = c, .m = m, .kind = strcmp(m->event, "COPY") == 0 ? "copy" : "report", .body = ""
    };
    struct error why;
    enum verdict v = write_letter(&l, &why);

    if (!v) {
        m->text = l.body;
        return message_commit_intent(c, m, whole_of(&l), err);
    }
    *err = why;
    if (v != V_REJECT)
        return v;
    v = message_settle_unsaid(c, m, &why, err);
    if (!v)
        *err = why;
    return v;
}

enum verdict
message_claim_mail(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf *conf,
                   const struct seal *seal, struct contents *contents,
                   const struct page_words *words, struct message **out, struct error *err)
{
    struct claiming c = { .pg = pg,
                          .mem = mem,
                          .run_id = run_id,
                          .conf = conf,
                          .seal = seal,
                          .contents = contents,
                          .words = words };

    return message_take(&c, "message_claim_mail", "mail", write_mail, out, err);
}
