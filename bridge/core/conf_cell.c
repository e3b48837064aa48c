/*
 * [cell NAME]: an office that is sent a package every morning, and the one way by which it goes.
 */
#include <string.h>

#include "../link/mail.h"
#include "conf_parts.h"
#include "text.h"

#define AT(member)   offsetof(struct cell_options, member)
#define NAME_MAX_LEN 40
#define MAIL_LEAST   65536

const struct conf_key conf_cell_keys[] = {
    { "unit", CONF_TEXT, CONF_REQUIRED, AT(unit), NULL,
      "the unit whose office it is: its packages tell of it and of all below it" },
    { "mail", CONF_TEXT, 0, AT(mail), NULL,
      "addresses that packages are mailed to, parted by blanks; or sftp, or folder" },
    { "from", CONF_TEXT, 0, AT(from), NULL, "address that they are mailed from" },
    { "smtp", CONF_TEXT, 0, AT(smtp), NULL,
      "mail server: smtp://host[:port], which must offer STARTTLS, or smtps://host[:port]" },
    { "sftp", CONF_TEXT, 0, AT(sftp), NULL,
      "folder of an SFTP server that packages are put into: sftp://host[:port]/folder/" },
    { "folder", CONF_FILE, 0, AT(folder), NULL, "folder that packages are put into" },
    { "user", CONF_TEXT, 0, AT(user), NULL, "name to log in by, at the mail or SFTP server" },
    { "password", CONF_TEXT, CONF_SECRET, AT(password), NULL, "of the user, or of the key" },
    { "ca", CONF_FILE, 0, AT(ca), NULL,
      "certificates (PEM) that the mail server must lead to (default: the system's)" },
    { "key", CONF_FILE, 0, AT(key), NULL, "private key to log in by at the SFTP server" },
    { "known_hosts", CONF_FILE, 0, AT(known_hosts), NULL,
      "host keys of SFTP servers, as ssh writes them; needed with sftp" },
    { "mail_limit", CONF_SIZE, 0, AT(mail_limit), "8m",
      "largest mail, as it goes (base64); of a larger package go a letter and what fits, and the "
      "rest is named" },
    { "language", CONF_TEXT, 0, AT(language), "hi", "of letter and lists: hi or en" },
    { "silent", CONF_SPAN, 0, AT(silent), "3d",
      "a unit that acknowledges no package for so long is said to be silent" },
    { "timeout", CONF_SPAN, 0, AT(timeout), "60s", "how long the other side may take" },
    { "connect_timeout", CONF_SPAN, 0, AT(connect_timeout), "15s",
      "how long connecting and logging in may take" },
    CONF_END,
};

struct reading {
    struct arena *mem;
    const struct conf *conf;
    const struct ini_section *section;
    const struct cell_options *options;
    struct faults *faults;
};

static void
wrong(const struct reading *r, const char *key, const char *form)
{
    conf_wrong(r->conf->path, r->section, key, form, r->faults);
}

static void
need(const struct reading *r, const char *key, const char *value, const char *why)
{
    if (!value)
        fault_add(r->faults, r->conf->path, r->section->line, "[cell %s] needs \"%s\": %s",
                  r->section->arg, key, why);
}

static void
check_addresses(const struct reading *r, const char *key, const char *list)
{
    const char *word, *fault;
    size_t len;

    while (list && text_word(&list, &word, &len))
        if ((fault = mail_address_fault(word, len)))
            wrong(r, key, fault);
}

static void
check_mail(const struct reading *r)
{
    const struct cell_options *o = r->options;

    need(r, "from", o->from, "who writes the mail");
    need(r, "smtp", o->smtp, "the mail server");
    check_addresses(r, "mail", o->mail);
    if (o->mail_limit < MAIL_LEAST)
        wrong(r, "mail_limit", "is less than any letter: 64k at least");
    if (o->from && mail_address_fault(o->from, strlen(o->from)))
        wrong(r, "from", mail_address_fault(o->from, strlen(o->from)));
    if (o->smtp && ((strncmp(o->smtp, "smtp://", 7) != 0 && strncmp(o->smtp, "smtps://", 8) != 0) ||
                    strchr(o->smtp, '@')))
        wrong(r, "smtp", "is written smtp://host or smtps://host, without a user");
    if (!o->user != !o->password)
        need(r, o->user ? "password" : "user", NULL, "a log-in has both");
}

static void
check_sftp(const struct reading *r)
{
    const struct cell_options *o = r->options;

    if (strncmp(o->sftp, "sftp://", 7) != 0 || strchr(o->sftp, '@'))
        wrong(r, "sftp", "is written sftp://host/folder/, without a user");
    need(r, "user", o->user, "who logs in at the SFTP server");
    need(r, "known_hosts", o->known_hosts, "the host key of the SFTP server");
    if (!o->key)
        need(r, "key", o->password, "or a password");
}

/* The name is that of folders, and stands in what is sent. */
static bool
is_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

    return len > 0 && len <= NAME_MAX_LEN && !name[len] && *name != '-';
}

static void
check_ways(const struct reading *r)
{
    const struct cell_options *o = r->options;
    int ways = (o->mail != NULL) + (o->sftp != NULL) + (o->folder != NULL);

    if (ways != 1)
        fault_add(r->faults, r->conf->path, r->section->line,
                  "[cell %s] needs one of \"mail\", \"sftp\" and \"folder\"%s", r->section->arg,
                  ways ? ", not several" : "");
    if (o->mail)
        check_mail(r);
    if (o->sftp)
        check_sftp(r);
}

void
conf_cell_read(struct arena *mem, const struct ini_section *section, struct conf *conf,
               struct faults *faults)
{
    struct conf_cell *cell = &conf->cells[conf->cell_count];
    struct reading r = { mem, conf, section, &cell->options, faults };

    if (!is_name(section->arg))
        fault_add(faults, conf->path, section->line,
                  "a cell is written [cell NAME], with a name of at most 40 of a-z 0-9 - _");
    for (size_t i = 0; i < conf->cell_count; i++) {
        if (strcmp(conf->cells[i].name, section->arg) == 0) {
            fault_add(faults, conf->path, section->line, "[cell %s] stands twice", section->arg);
            return;
        }
    }
    conf->cell_count++;
    *cell = (struct conf_cell){ .name = section->arg, .line = section->line };
    conf_fill(mem, conf->path, section, conf_cell_keys, &cell->options, NULL, NULL, faults);
    if (cell->options.unit && conf_line(section, "unit"))
        conf_unit_check(mem, conf, conf_line(section, "unit"), cell->options.unit, faults);
    check_ways(&r);
    if (strcmp(cell->options.language, "hi") != 0 && strcmp(cell->options.language, "en") != 0)
        wrong(&r, "language", "is hi or en");
}
