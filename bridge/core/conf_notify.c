/*
 * [notify]: by which gateway and mail server complainants are told, and when. What can be wrong
 * with a word is said here, before anybody is sent anything.
 */
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "../link/mail.h"
#include "clock.h"
#include "conf_parts.h"
#include "text.h"

#define AT(member) offsetof(struct notify_options, member)

const struct conf_key conf_notify_keys[] = {
    { "gateway", CONF_TEXT, CONF_REQUIRED, AT(gateway), NULL,
      "mobileseva (C-DAC Mobile Seva) or nic (NIC's gateway)" },
    { "url", CONF_TEXT, CONF_REQUIRED, AT(url), NULL,
      "its address, https: .../esms/sendsmsrequestDLT or .../failsafe/HttpLink" },
    { "user", CONF_TEXT, CONF_REQUIRED, AT(user), NULL, "name of the account" },
    { "password", CONF_TEXT, CONF_SECRET | CONF_REQUIRED, AT(password), NULL,
      "of the account; the \"pin\" of NIC" },
    { "key", CONF_TEXT, CONF_SECRET, AT(key), NULL,
      "Mobile Seva's secure key of the department; needed there" },
    { "ca", CONF_FILE, 0, AT(ca), NULL,
      "certificates (PEM) that its server must lead to (default: the system's)" },
    { "sender", CONF_TEXT, CONF_REQUIRED, AT(sender), NULL, "registered header: 6 letters" },
    { "entity", CONF_TEXT, CONF_REQUIRED, AT(entity), NULL,
      "registered principal entity: 19 digits" },
    { "templates", CONF_FILE, 0, AT(templates), NULL,
      "folder of the registered words (*.csv), read by \"schema apply\" (default: templates below "
      "the mappings, which are not registered: nothing is sent by them)" },
    { "languages", CONF_TEXT, 0, AT(languages), NULL,
      "wanted, in this order: hi en (default: as the complaint was written)" },
    { "systems", CONF_TEXT, 0, AT(systems), NULL,
      "whose complainants are told, parted by blanks (default: of all)" },
    { "copies", CONF_TEXT, 0, AT(copies), NULL,
      "systems that promise a copy of the complaint and the final report: their complainants are "
      "told where to read them" },
    { "qr", CONF_TEXT, 0, AT(qr), NULL,
      "systems whose complaints all come by QR code and do not say so: their senders are told that "
      "it was received" },
    { "read_at", CONF_TEXT, 0, AT(read_at), NULL,
      "where that is, at most 30 characters; needed with \"copies\"" },
    { "quiet", CONF_TEXT, 0, AT(quiet), "21:00-08:00",
      "hours in which nothing is sent; \"none\" = at any time. What waits goes with the next "
      "\"sync\" or \"notify\" outside of them" },
    { "rate", CONF_INT, 0, AT(rate), "5", "messages per second at most; 0 = no limit" },
    { "timeout", CONF_SPAN, 0, AT(timeout), "30s", "how long an answer is waited for" },
    { "start", CONF_TEXT, 0, AT(start), NULL,
      "what happened before is not told: a day or a time (default: of the first run that had "
      "[notify])" },
    { "database", CONF_TEXT, 0, AT(database), NULL,
      "the staging database as a login that is in the role bridge_notifier (default: that of "
      "[bridge], which must be allowed to take the role)" },
    { "mail_from", CONF_TEXT, 0, AT(mail_from), NULL,
      "address that copies and final reports are mailed from, to complainants of the systems of "
      "\"copies\" who have an e-mail address and whose name is not kept secret (default: none "
      "are)" },
    { "mail_smtp", CONF_TEXT, 0, AT(mail_smtp), NULL,
      "mail server: smtp://host[:port], which must offer STARTTLS, or smtps://host[:port]; needed "
      "with mail_from" },
    { "mail_user", CONF_TEXT, 0, AT(mail_user), NULL, "name to log in by at the mail server" },
    { "mail_password", CONF_TEXT, CONF_SECRET, AT(mail_password), NULL, "of mail_user" },
    { "mail_ca", CONF_FILE, 0, AT(mail_ca), NULL,
      "certificates (PEM) that the mail server must lead to (default: the system's)" },
    { "mail_max", CONF_SIZE, 0, AT(mail_max), "10m",
      "papers in one mail, in bytes: what would be more is not attached, and the mail says so" },
    { "reports", CONF_FILE, 0, AT(reports), NULL,
      "folder that the gateway's delivery reports are put into, as *.csv renamed into place once "
      "whole; they go on to done or failed in it (default: none are read)" },
    { "reports_words", CONF_FILE, 0, AT(reports_words), NULL,
      "table of their columns and words (default: reports/sms.csv below the mappings)" },
    CONF_END,
};

struct reading {
    const struct conf *conf;
    const struct ini_section *section;
    struct notify_options *options;
    struct faults *faults;
};

static void
wrong(const struct reading *r, const char *key, const char *form)
{
    conf_wrong(r->conf->path, r->section, key, form, r->faults);
}

static bool
is_all(const char *text, size_t len, const char *of)
{
    return strlen(text) == len && strspn(text, of) == len;
}

static bool
read_minutes(const char *text, int *minutes)
{
    int64_t hour, minute;

    if (text[2] != ':' || !text_int(text, 2, &hour) || !text_int(text + 3, 2, &minute) ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return false;
    *minutes = (int)(hour * 60 + minute);
    return true;
}

static void
read_quiet(const struct reading *r)
{
    struct notify_options *o = r->options;

    if (strcmp(o->quiet, "none") == 0)
        return;
    if (strlen(o->quiet) != 11 || o->quiet[5] != '-' || !read_minutes(o->quiet, &o->quiet_from) ||
        !read_minutes(o->quiet + 6, &o->quiet_to))
        wrong(r, "quiet", "is written like 21:00-08:00, or none");
}

static void
read_start(struct arena *mem, const struct reading *r)
{
    struct notify_options *o = r->options;
    size_t len = o->start ? strlen(o->start) : 0;
    char at[CLOCK_TEXT];
    int minutes = 0;
    int64_t time;

    if (!o->start)
        return;
    (void)clock_zone(r->conf->bridge.zone, &minutes);
    if (!clock_parse("%Y-%m-%d", minutes, o->start, len, &time) &&
        !clock_parse("%Y-%m-%d %H:%M", minutes, o->start, len, &time) &&
        !clock_parse("iso", minutes, o->start, len, &time)) {
        wrong(r, "start", "is a day like 2026-01-31, or a time");
        return;
    }
    clock_text(time, at);
    o->start_at = arena_copy(mem, at);
}

static void
check_systems(struct arena *mem, const struct reading *r, const char *key, const char *list)
{
    const char *word;
    size_t len;

    while (list && text_word(&list, &word, &len))
        if (!conf_system_find(r->conf, arena_text(mem, word, len)))
            wrong(r, key, "names a system that bridge.conf does not have");
}

static void
check_words(const struct reading *r)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const struct notify_options *o = r->options;
    const char *list = o->languages, *word;
    size_t len;

    while (list && text_word(&list, &word, &len))
        if (!text_same(word, len, "hi") && !text_same(word, len, "en"))
            wrong(r, "languages", "lists hi and en");
    if (!is_all(o->sender, 6, letters))
        wrong(r, "sender", "has 6 letters");
    if (!is_all(o->entity, 19, "0123456789"))
        wrong(r, "entity", "has 19 digits");
    if (strcmp(o->gateway, "mobileseva") != 0 && strcmp(o->gateway, "nic") != 0)
        wrong(r, "gateway", "is mobileseva or nic");
    else if (strcmp(o->gateway, "mobileseva") == 0 && !o->key)
        wrong(r, "key", "is needed: Mobile Seva checks each message by it");
    if (o->copies && !o->read_at)
        wrong(r, "read_at", "is needed with \"copies\"");
    if (o->read_at && text_chars(o->read_at, strlen(o->read_at)) > 30)
        wrong(r, "read_at", "is longer than 30 characters");
}

static void
check_mail(const struct reading *r)
{
    const struct notify_options *o = r->options;
    const char *fault =
        o->mail_from ? mail_address_fault(o->mail_from, strlen(o->mail_from)) : NULL;

    if (fault)
        wrong(r, "mail_from", fault);
    if (!o->mail_from != !o->mail_smtp)
        wrong(r, o->mail_from ? "mail_smtp" : "mail_from", "is needed: mail has both");
    if (o->mail_smtp &&
        ((strncmp(o->mail_smtp, "smtp://", 7) != 0 && strncmp(o->mail_smtp, "smtps://", 8) != 0) ||
         strchr(o->mail_smtp, '@')))
        wrong(r, "mail_smtp", "is written smtp://host or smtps://host, without a user");
    if (!o->mail_user != !o->mail_password)
        wrong(r, o->mail_user ? "mail_password" : "mail_user", "is needed: a log-in has both");
    if (o->mail_from && !o->copies)
        wrong(r, "copies", "is needed with mail: what is mailed is copies and final reports");
}

void
conf_notify_read(struct arena *mem, const struct ini_section *section, struct conf *conf,
                 struct faults *faults)
{
    struct notify_options *options = arena_alloc(mem, sizeof *options);
    struct reading r = { conf, section, options, faults };
    size_t before = faults->count;

    conf_fill(mem, conf->path, section, conf_notify_keys, options, NULL, NULL, faults);
    conf->notify = options;
    if (!options->templates)
        options->templates = arena_format(mem, "%s/templates", conf->bridge.mappings);
    if (!options->reports_words)
        options->reports_words = arena_format(mem, "%s/reports/sms.csv", conf->bridge.mappings);
    if (!conf->bridge.seal_key)
        fault_add(faults, conf->path, section->line,
                  "[notify] needs \"seal_key\" in [bridge]: messages are kept as digests under it");
    if (faults->count > before)
        return;
    check_words(&r);
    check_mail(&r);
    read_quiet(&r);
    read_start(mem, &r);
    check_systems(mem, &r, "systems", options->systems);
    check_systems(mem, &r, "copies", options->copies);
    check_systems(mem, &r, "qr", options->qr);
}
