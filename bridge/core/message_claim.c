/*
 * What a message says is put together in the transaction that takes it up: its digest is committed
 * with the intent, and one that cannot be said never gets to the gateway. The number is read now,
 * from its place, and kept nowhere.
 */
#include <string.h>

#include "clock.h"
#include "convert_mobile.h"
#include "message_parts.h"
#include "sealed.h"
#include "sms_text.h"
#include "templates.h"
#include "text.h"

const char *
message_day(const struct claiming *c, const char *column)
{
    const char *text = pg_named(&c->row, 0, column);
    char day[16];
    int64_t at;
    int minutes = 0;

    if (!text || !clock_from_text(text, strlen(text), &at))
        return NULL;
    (void)clock_zone(c->conf->bridge.zone, &minutes);
    return clock_format("%d/%m/%Y", minutes, at, day, sizeof day) ? arena_copy(c->mem, day) : NULL;
}

/* A number as people dial it. */
static const char *
dialled(const struct claiming *c, const char *column)
{
    const char *text = pg_named(&c->row, 0, column);
    char digits[MOBILE_DIGITS + 1];

    return text && mobile_read(text, strlen(text), digits) == MOBILE_GOOD
               ? arena_copy(c->mem, digits)
               : text;
}

/* The value of a slot; "" only for what may be missing. */
static enum verdict
value_of(const struct claiming *c, const char *slot, const char **out, struct error *err)
{
    bool may_miss = strcmp(slot, "officer_rank") == 0 || strcmp(slot, "officer_mobile") == 0;

    if (strcmp(slot, "date") == 0)
        *out = message_day(c, "happened_at");
    else if (strcmp(slot, "expected") == 0)
        *out = message_day(c, "expected_at");
    else if (strcmp(slot, "officer_mobile") == 0)
        *out = dialled(c, "officer_mobile");
    else if (strcmp(slot, "read_at") == 0)
        *out = c->conf->notify->read_at;
    else
        *out = pg_named(&c->row, 0, slot);
    if (!*out && may_miss)
        *out = "-";
    if (*out && **out)
        return V_OK;
    error_set(err, V_REJECT, "template.empty", "there is nothing to put into a slot");
    error_at(err, slot, NULL);
    return V_REJECT;
}

static enum verdict
write_text(const struct claiming *c, const char **text, struct error *err)
{
    const char *words = pg_named(&c->row, 0, "text"), *list = pg_named(&c->row, 0, "slots"), *word;
    const char *values[SMS_SLOTS], *names[SMS_SLOTS];
    bool secret = pg_bool(&c->row, 0, "secret"), person = false;
    size_t len, n = 0;
    enum verdict v = V_OK;

    for (; !v && text_word(&list, &word, &len) && n < SMS_SLOTS; n++) {
        names[n] = arena_text(c->mem, word, len);
        if (!template_slot(names[n], &person) || (secret && person))
            return error_set(err, V_REJECT, "template.slots", "a slot may not stand there");
        v = value_of(c, names[n], &values[n], err);
    }
    if (!v)
        v = sms_text_fill(c->mem, words, values, names, n, text, err);
    if (!v && !sms_text_matches(words, *text))
        v = error_set(err, V_REJECT, "template.differs",
                      "the message is not as its words are registered");
    return v;
}

/* Ten digits, from the complaint or from what is sealed of it. */
static enum verdict
read_mobile(const struct claiming *c, char out[MOBILE_DIGITS + 1], struct error *err)
{
    const char *text = pg_named(&c->row, 0, "mobile"), *kept = pg_named(&c->row, 0, "identity");
    const struct dict_stream *stream = dict_stream_find(c->conf->dict, "complaint");
    struct record *record = NULL;

    if (!text && kept && strcmp(kept, "A") != 0) {
        long slot = dict_slot(stream, "mobile");
        enum verdict v = c->seal ? sealed_read(c->pg, c->mem, c->seal, c->conf->dict,
                                               pg_named(&c->row, 0, "source_system"),
                                               pg_named(&c->row, 0, "number"), &record, err)
                                 : error_set(err, V_REJECT, "seal.key", "there is no key");

        if (v && v != V_REJECT)
            return v;
        if (v && strcmp(err->code, "sealed.none") != 0)
            return V_REJECT;
        text = !v && slot >= 0 ? record->fields[slot].text : NULL;
    }
    if (!text)
        return error_set(err, V_REJECT, "mobile.none", "there is no number any more");
    if (mobile_read(text, strlen(text), out) != MOBILE_GOOD)
        return error_set(err, V_REJECT, "mobile.bad", "the number is none of India's mobiles");
    return V_OK;
}

enum verdict
message_commit_intent(const struct claiming *c, const struct message *m, const char *whole,
                      struct error *err)
{
    unsigned char digest[DIGEST_BYTES];
    struct pg_rows rows;

    seal_digest(c->seal, whole, strlen(whole), digest);

    const char *values[] = { pg_of_int(c->mem, c->run_id), pg_of_int(c->mem, m->id),
                             pg_of_bytes(c->mem, digest, sizeof digest), m->mail_id };

    return pg_run(c->pg, c->mem, "message_intent", values, 4, &rows, err);
}

/* Nobody is there to be written to: no number or address, or a name that is kept secret. */
static bool
has_no_receiver(const char *code)
{
    return strncmp(code, "mobile.", 7) == 0 || strncmp(code, "sender.", 7) == 0 ||
           strcmp(code, "mail.none") == 0 || strcmp(code, "mail.bad") == 0;
}

enum verdict
message_settle_unsaid(const struct claiming *c, const struct message *m, const struct error *why,
                      struct error *err)
{
    const char *state = has_no_receiver(why->code) ? "suppressed" : "failed";
    const char *values[] = { pg_of_int(c->mem, c->run_id),
                             pg_of_int(c->mem, m->id),
                             pg_of_now(c->mem),
                             state,
                             why->code,
                             NULL,
                             why->field[0] ? why->field : NULL,
                             NULL };

    return pg_run(c->pg, c->mem, "message_settle", values, 8, NULL, err);
}

static enum verdict
write_message(struct claiming *c, struct message *m, struct error *err)
{
    const struct notify_options *o = c->conf->notify;
    const char *text = NULL;
    struct error why;
    enum verdict v = read_mobile(c, m->mobile, &why);

    m->template_id = pg_named(&c->row, 0, "template_id");
    m->entity = pg_named(&c->row, 0, "entity");
    m->header = pg_named(&c->row, 0, "header");
    m->entity = m->entity ? m->entity : o->entity;
    m->header = m->header ? m->header : o->sender;
    if (!v)
        v = write_text(c, &text, &why);
    if (!v) {
        m->text = text;
        return message_commit_intent(c, m, text, err);
    }
    *err = why;
    if (v != V_REJECT)
        return v;
    m->mobile[0] = '\0';
    v = message_settle_unsaid(c, m, &why, err);
    if (!v)
        *err = why;
    return v;
}

enum verdict
message_take(struct claiming *c, const char *statement, const char *gateway,
             message_write_fn *write, struct message **out, struct error *err)
{
    const char *languages[2] = { NULL, NULL }, *list = c->conf->notify->languages, *word;
    struct message *m = arena_alloc(c->mem, sizeof *m);
    size_t len, n = 0;
    enum verdict v;

    *out = NULL;
    while (list && n < 2 && text_word(&list, &word, &len))
        languages[n++] = arena_text(c->mem, word, len);

    const char *values[] = { pg_of_int(c->mem, c->run_id), pg_of_now(c->mem),
                             n ? pg_of_texts(c->mem, languages, n) : NULL, gateway };

    v = pg_begin(c->pg, err);
    if (!v)
        v = pg_run(c->pg, c->mem, statement, values, 4, &c->row, err);
    if (!v && c->row.count) {
        m->id = pg_int(&c->row, 0, "message_id");
        m->attempts = (long)pg_int(&c->row, 0, "attempts");
        m->event = pg_named(&c->row, 0, "event");
        m->language = pg_named(&c->row, 0, "language");
        v = write(c, m, err);
        *out = m;
    }
    if (!v) {
        struct error later;

        v = pg_commit(c->pg, &later);
        if (v)
            *err = later;
    }
    if (v) {
        *out = NULL;
        pg_rollback(c->pg);
    }
    return v;
}

enum verdict
message_claim(struct pg *pg, struct arena *mem, int64_t run_id, const struct conf *conf,
              const struct seal *seal, struct message **out, struct error *err)
{
    struct claiming c = { .pg = pg, .mem = mem, .run_id = run_id, .conf = conf, .seal = seal };

    return message_take(&c, "message_claim", conf->notify->gateway, write_message, out, err);
}
