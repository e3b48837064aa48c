/*
 * A package by mail: whole where that is small enough, else in a smaller form, and in a smaller one
 * still where the server says that it is too large. Never cut without a word: core/package_mail.h.
 */
#include "forward_parts.h"

#include <inttypes.h>
#include <string.h>

#include "../core/package_mail.h"
#include "log.h"
#include "text.h"

static enum verdict
open_mail(struct arena *mem, const struct conf_cell *cell, struct mail **out, struct error *err)
{
    const struct cell_options *c = &cell->options;
    struct mail_options o = {
        .url = c->smtp,
        .user = c->user,
        .ca = c->ca,
        .connect_timeout = c->connect_timeout,
        .timeout = c->timeout,
    };
    enum verdict v = conf_secret(mem, c->password, &o.password, err);

    return v ? v : mail_open(mem, &o, out, err);
}

static const char *const *
receivers(struct arena *mem, const char *list)
{
    const char **to = arena_alloc(mem, (strlen(list) / 2 + 2) * sizeof *to), *word;
    size_t len, n = 0;

    while (text_word(&list, &word, &len))
        to[n++] = arena_text(mem, word, len);
    return to;
}

static bool
is_too_large(enum verdict v, const struct error *err)
{
    return v == V_REJECT && strcmp(err->code, "mail.552") == 0;
}

/* Sends it in that form; *sent: it was offered to the server, for it is no larger than the cell's
 * limit, or there is no smaller one. */
static enum verdict
send_form(struct mail *mail, struct arena *mem, const struct parcel *p, int form, bool *sent,
          struct error *err)
{
    const bool last = form + 1 == PACKAGE_MAIL_FORMS;
    const char *headers[5], *said;
    char hex[DIGEST_HEX];
    struct package_mail form_of;
    int64_t size = 0;
    enum verdict v = package_mail(mem, p->conf, p->cell, p->due, p->folder, form, &form_of, err);
    struct mail_message m = { .from = p->cell->options.from,
                              .to = receivers(mem, p->cell->options.mail),
                              .id = p->due->message_id,
                              .at = p->due->made_at,
                              .subject = form_of.subject,
                              .text = form_of.text,
                              .headers = headers,
                              .files = form_of.files,
                              .file_count = form_of.file_count };

    digest_hex(p->due->manifest, hex);
    headers[0] = arena_format(mem, "X-CCTNS-Package: %s", p->name);
    headers[1] = arena_format(mem, "X-CCTNS-Manifest: %s", hex);
    headers[2] = "Auto-Submitted: auto-generated";
    headers[3] = form_of.left ? arena_format(mem, "X-CCTNS-Left-Out: %s", form_of.left) : NULL;
    headers[4] = NULL;
    if (!v)
        v = mail_size(&m, &size, err);
    *sent = v || last || size <= p->cell->options.mail_limit;
    if (!v && *sent)
        v = mail_send(mail, mem, &m, &said, err);
    if (!v && *sent && form)
        log_line(LOG_INFO, "package %" PRId64 " of cell \"%s\" went by mail in a smaller form (%s)",
                 p->due->number, p->cell->name,
                 form_of.left ? "files were left out, and its text says which" : "lists as a zip");
    if (is_too_large(v, err) && !last)
        log_line(LOG_WARN,
                 "cell \"%s\": the mail server does not take a mail of %" PRId64 " bytes (552): "
                 "a smaller form is tried; set mail_limit of [cell %s] below that",
                 p->cell->name, size, p->cell->name);
    buf_release(&form_of.archive);
    return v;
}

static enum verdict
send_mail(struct arena *mem, const struct parcel *p, struct error *err)
{
    struct mail *mail;
    bool sent = false;
    enum verdict v = open_mail(mem, p->cell, &mail, err);

    if (v)
        return v;
    for (int form = 0; form < PACKAGE_MAIL_FORMS && (!sent || is_too_large(v, err)); form++)
        v = send_form(mail, mem, p, form, &sent, err);
    if (is_too_large(v, err))
        error_hint(err,
                   "Not even the letter alone is taken: the cell's box is full, or the server "
                   "takes very little. The package is kept and waits: have that mended, then run "
                   "\"cctns-bridge forward %s\".",
                   p->cell->name);
    return v;
}

static enum verdict
touch_mail(struct arena *mem, const struct conf_cell *cell, struct error *err)
{
    struct mail *mail;
    int64_t most = 0;
    enum verdict v = open_mail(mem, cell, &mail, err);

    if (!v)
        v = mail_touch(mail, mem, &most, err);
    if (v || !most || most >= cell->options.mail_limit)
        return v;
    error_set(err, V_REJECT, "mail.limit",
              "the mail server takes no mail of more than %" PRId64 " bytes, and mail_limit is %ld",
              most, cell->options.mail_limit);
    error_hint(err, "Set mail_limit of [cell %s] to at most %" PRId64 ".", cell->name, most);
    return V_REJECT;
}

const struct forward_way forward_by_mail = { .send = send_mail, .touch = touch_mail };
