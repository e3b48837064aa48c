/*
 * Each way: whom it asks, what it takes up, and what it says of the answer.
 */
#include "notify_parts.h"

#include "../link/mail.h"

#define CONNECT_MS 15000L

/* ---- SMS ---- */

static bool
uses_sms(const struct notify_options *o)
{
    return o->gateway != NULL;
}

static enum verdict
open_sms(struct notifying *n, struct error *err)
{
    const struct notify_options *o = n->job->conf->notify;
    struct sms_options options = {
        .gateway = o->gateway, .url = o->url, .user = o->user, .ca = o->ca, .timeout = o->timeout
    };
    enum verdict v = conf_secret(n->job->mem, o->password, &options.password, err);

    if (!v && o->key)
        v = conf_secret(n->job->mem, o->key, &options.key, err);
    return v ? v : sms_open(n->job->mem, &options, &n->gateway, err);
}

static enum verdict
claim_sms(struct notifying *n, struct message **out, struct error *err)
{
    const struct job *job = n->job;

    return message_claim(n->pg, n->mem, job->run_id, job->conf, job->seal, out, err);
}

static enum verdict
send_sms(struct notifying *n, const struct message *m, struct sms_answer *said, struct error *err)
{
    const struct sms sms = { .mobile = m->mobile,
                             .text = m->text,
                             .sender = m->header,
                             .entity = m->entity,
                             .template_id = m->template_id };

    return sms_send(n->gateway, n->mem, &sms, said, err);
}

/* ---- mail ---- */

static bool
uses_mail(const struct notify_options *o)
{
    return o->mail_from != NULL;
}

static enum verdict
open_mail(struct notifying *n, struct error *err)
{
    const struct conf *conf = n->job->conf;
    const struct notify_options *o = conf->notify;
    struct mail_options options = { .url = o->mail_smtp,
                                    .user = o->mail_user,
                                    .ca = o->mail_ca,
                                    .connect_timeout = CONNECT_MS,
                                    .timeout = o->timeout };
    enum verdict v = page_words_read(n->job->mem, conf->bridge.mappings, &n->words, err);

    if (!v && o->mail_password)
        v = conf_secret(n->job->mem, o->mail_password, &options.password, err);
    return v ? v : mail_open(n->job->mem, &options, &n->mail, err);
}

static enum verdict
claim_mail(struct notifying *n, struct message **out, struct error *err)
{
    const struct job *job = n->job;

    return message_claim_mail(n->pg, n->mem, job->run_id, job->conf, job->seal, job->contents,
                              n->words, out, err);
}

static enum verdict
send_mail(struct notifying *n, const struct message *m, struct sms_answer *said, struct error *err)
{
    static const char *const headers[] = { "Auto-Submitted: auto-generated", NULL };
    const char *const to[] = { m->address, NULL };
    const struct mail_message mail = { .from = n->job->conf->notify->mail_from,
                                       .to = to,
                                       .id = m->mail_id,
                                       .at = m->at,
                                       .subject = m->subject,
                                       .text = m->text,
                                       .headers = headers,
                                       .files = m->files,
                                       .file_count = m->file_count };

    *said = (struct sms_answer){ 0 };
    return mail_send(n->mail, n->mem, &mail, &said->said, err);
}

const struct notify_way notify_ways[] = {
    { "SMS gateway", uses_sms, true, open_sms, claim_sms, send_sms },
    { "mail server", uses_mail, false, open_mail, claim_mail, send_mail },
};
const size_t notify_way_count = sizeof notify_ways / sizeof *notify_ways;
