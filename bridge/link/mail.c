/*
 * libcurl's SMTP and its writer of MIME parts. The boundary between the parts is libcurl's, and
 * another one each time; all else of a message that is sent again is the same.
 */
#include "mail.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <curl/curl.h>

#include "clock.h"
#include "curl_parts.h"
#include "http.h"
#include "text.h"

#define STALL_BYTES 1L
#define BYTES_A_MS  8   /* of a message, on the whole */
#define GO_AHEAD    354 /* the answer to DATA */
#define TOO_LARGE   552
#define HEAD_BYTES  400 /* at most of a part's own headers and boundary, but for its name */

struct mail {
    CURL *curl;
    struct mail_options options;
    char said[CURL_ERROR_SIZE];
    int64_t began;
    bool slow;
};

static const struct {
    CURLcode curl;
    enum verdict verdict;
    const char *code, *say;
} failures[] = {
    { CURLE_URL_MALFORMAT, V_FATAL, "mail.url", "the address of the mail server cannot be read" },
    { CURLE_UNSUPPORTED_PROTOCOL, V_FATAL, "mail.url", "the address is not smtp:// or smtps://" },
    { CURLE_USE_SSL_FAILED, V_FATAL, "mail.tls", "the mail server offers no TLS" },
    { CURLE_PEER_FAILED_VERIFICATION, V_FATAL, "tls.verify",
      "the certificate of the mail server is not trusted" },
    { CURLE_SSL_ISSUER_ERROR, V_FATAL, "tls.verify",
      "the certificate of the mail server is not trusted" },
    { CURLE_SSL_CACERT_BADFILE, V_FATAL, "tls.verify", "the file of option ca cannot be read" },
    { CURLE_SSL_CONNECT_ERROR, V_RETRY, "tls.handshake", "the TLS handshake failed" },
    { CURLE_LOGIN_DENIED, V_FATAL, "mail.auth", "the mail server refuses the log-in" },
    { CURLE_READ_ERROR, V_FATAL, "mail.file", "a file of the message could not be read" },
    { CURLE_COULDNT_RESOLVE_HOST, V_RETRY, "mail.dns", "the mail server was not found" },
    { CURLE_COULDNT_CONNECT, V_RETRY, "mail.connect", "the connection was not made" },
    { CURLE_OPERATION_TIMEDOUT, V_RETRY, "mail.timeout", "the mail server took too long" },
    { CURLE_ABORTED_BY_CALLBACK, V_RETRY, "mail.stopped", "the run was asked to stop" },
};

static void
release(void *handle)
{
    struct mail *mail = handle;

    curl_easy_cleanup(mail->curl);
    explicit_bzero(&mail->options, sizeof mail->options);
}

static enum verdict
check_options(const struct mail_options *o, struct error *err)
{
    struct stat st;

    if (!o->url || (strncmp(o->url, "smtp://", 7) != 0 && strncmp(o->url, "smtps://", 8) != 0) ||
        strchr(o->url, '@'))
        return error_set(err, V_FATAL, "mail.url",
                         "the address is not smtp://host or smtps://host without a user");
    if (o->ca && stat(o->ca, &st) != 0)
        return error_set(err, V_FATAL, "mail.file", "could not find \"%s\"", o->ca);
    return V_OK;
}

enum verdict
mail_open(struct arena *mem, const struct mail_options *options, struct mail **out,
          struct error *err)
{
    struct mail *mail = arena_alloc(mem, sizeof *mail);
    enum verdict v = check_options(options, err);

    *out = NULL;
    if (v)
        return v;
    curl_set_up();
    mail->options = *options;
    mail->curl = curl_easy_init();
    if (!mail->curl)
        return error_set(err, V_FATAL, "mail.curl", "libcurl could not be set up");
    arena_defer(mem, release, mail);
    *out = mail;
    return V_OK;
}

/* Not 0 ends it. */
static int
go_on(void *ctx, curl_off_t in_all, curl_off_t in, curl_off_t out_all, curl_off_t out)
{
    struct mail *mail = ctx;
    int64_t spent = clock_tick() - mail->began;

    (void)in_all;
    (void)out_all;
    mail->slow = spent > mail->options.connect_timeout + mail->options.timeout +
                             (int64_t)(in + out) / BYTES_A_MS;
    return mail->slow || http_must_stop();
}

#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (!bad && curl_easy_setopt(curl, (option), (value)) != CURLE_OK)                         \
            bad = #option;                                                                         \
    } while (0)

/* Everything but the message. Returns the option that libcurl did not take, or NULL. */
static const char *
set_road(struct mail *mail)
{
    const struct mail_options *o = &mail->options;
    CURL *curl = mail->curl;
    const char *bad = NULL;

    curl_easy_reset(curl);
    mail->said[0] = '\0';
    mail->began = clock_tick();
    mail->slow = false;
    SET(CURLOPT_URL, o->url);
    SET(CURLOPT_ERRORBUFFER, mail->said);
    SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, go_on);
    SET(CURLOPT_XFERINFODATA, mail);
    SET(CURLOPT_CONNECTTIMEOUT_MS, o->connect_timeout);
    SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (o->timeout + 999) / 1000);
    SET(CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES);
    SET(CURLOPT_LOW_SPEED_TIME, (o->timeout + 999) / 1000);
    if (o->ca) {
        SET(CURLOPT_CAINFO, o->ca);
        SET(CURLOPT_CAPATH, NULL);
    }
    if (o->user) {
        SET(CURLOPT_USERNAME, o->user);
        SET(CURLOPT_PASSWORD, o->password ? o->password : "");
    }
    return bad;
}

/* ---- the message ---- */

static const char *
date_header(struct arena *mem, int64_t at)
{
    static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
    char text[40] = "";
    int64_t day = at / INT64_C(86400000000);

    (void)clock_format("%d %b %Y %H:%M:%S", 0, at, text, sizeof text);
    return arena_format(mem, "Date: %s, %s +0000", days[day % 7], text);
}

static struct curl_slist *
make_headers(struct arena *mem, const struct mail_message *m)
{
    struct curl_slist *list = curl_slist_append(NULL, date_header(mem, m->at));
    const char *to = arena_format(mem, "To: %s", m->to[0]);

    for (const char *const *a = m->to + 1; *a; a++)
        to = arena_format(mem, "%s,\r\n %s", to, *a);
    list = curl_slist_append(list, arena_format(mem, "From: %s", m->from));
    list = curl_slist_append(list, to);
    list = curl_slist_append(list, mail_header(mem, "Subject", m->subject));
    list = curl_slist_append(list, arena_format(mem, "Message-ID: <%s>", m->id));
    list = curl_slist_append(list, "MIME-Version: 1.0");
    for (const char *const *h = m->headers; h && *h; h++)
        list = curl_slist_append(list, *h);
    return list;
}

static bool
add_part(curl_mime *mime, struct arena *mem, const char *text, const struct mail_file *file)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    struct curl_slist *head = NULL;

    if (!part || curl_mime_encoder(part, "base64") != CURLE_OK)
        return false;
    if (!file)
        return curl_mime_data(part, text, CURL_ZERO_TERMINATED) == CURLE_OK &&
               curl_mime_type(part, "text/plain; charset=utf-8") == CURLE_OK;
    head = curl_slist_append(NULL, mail_disposition(mem, file->name));
    return (file->path ? curl_mime_filedata(part, file->path)
                       : curl_mime_data(part, file->bytes, file->len)) == CURLE_OK &&
           curl_mime_filename(part, NULL) == CURLE_OK &&
           curl_mime_type(part, file->type) == CURLE_OK &&
           curl_mime_headers(part, head, 1) == CURLE_OK;
}

static curl_mime *
make_mime(struct mail *mail, struct arena *mem, const struct mail_message *m)
{
    curl_mime *mime = curl_mime_init(mail->curl);
    bool good = mime && add_part(mime, mem, m->text, NULL);

    for (size_t i = 0; good && i < m->file_count; i++)
        good = add_part(mime, mem, NULL, &m->files[i]);
    if (good)
        return mime;
    curl_mime_free(mime);
    return NULL;
}

/* base64 in lines of 76, each with CR LF. */
static int64_t
coded_size(int64_t bytes)
{
    int64_t chars = (bytes + 2) / 3 * 4;

    return chars + 2 * ((chars + 75) / 76);
}

enum verdict
mail_size(const struct mail_message *m, int64_t *bytes, struct error *err)
{
    int64_t sum = 2L * HEAD_BYTES + (int64_t)(2 * strlen(m->subject) + strlen(m->id)) +
                  coded_size((int64_t)strlen(m->text));

    *bytes = 0;
    for (const char *const *to = m->to; *to; to++)
        sum += (int64_t)strlen(*to) + 4;
    for (const char *const *h = m->headers; h && *h; h++)
        sum += (int64_t)strlen(*h) + 2;
    for (size_t i = 0; i < m->file_count; i++) {
        const struct mail_file *file = &m->files[i];
        struct stat st = { .st_size = (off_t)file->len };

        if (file->path && stat(file->path, &st) != 0)
            return error_set(err, V_FATAL, "mail.file", "could not find \"%s\"", file->path);
        sum += coded_size((int64_t)st.st_size) + HEAD_BYTES + (int64_t)(3 * strlen(file->name));
    }
    *bytes = sum;
    return V_OK;
}

/* ---- what became of it ---- */

/* By the answer of the server: 4xx may pass, 5xx will not. */
static enum verdict
judge_answer(long answer, struct error *err)
{
    char code[16];

    (void)snprintf(code, sizeof code, "mail.%ld", answer);
    return error_set(err, answer >= 500 ? V_REJECT : V_RETRY, code,
                     "the mail server answered with %ld%s", answer,
                     answer == TOO_LARGE ? ": too large a message, or a full box" : "");
}

static enum verdict
judge(const struct mail *mail, CURLcode done, long answer, struct error *err)
{
    enum verdict v = V_RETRY;

    if (done == CURLE_OK)
        return V_OK;
    if (done != CURLE_LOGIN_DENIED && answer >= 400 && answer < 600)
        return judge_answer(answer, err);
    if (mail->slow)
        done = CURLE_OPERATION_TIMEDOUT;
    error_set(err, V_RETRY, "mail.cut", "the connection to the mail server was cut off");
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (failures[i].curl == done)
            v = error_set(err, failures[i].verdict, failures[i].code, "%s", failures[i].say);
    if (answer == GO_AHEAD && v == V_RETRY) {
        error_within(err, "no answer came for the message");
        v = V_IN_DOUBT;
    }
    return v;
}

enum verdict
mail_send(struct mail *mail, struct arena *mem, const struct mail_message *message,
          const char **said, struct error *err)
{
    struct curl_slist *headers = make_headers(mem, message), *receivers = NULL;
    const char *bad = set_road(mail);
    CURL *curl = mail->curl;
    curl_mime *mime = make_mime(mail, mem, message);
    long answer = 0;
    enum verdict v;

    *said = "";
    for (const char *const *to = message->to; *to; to++)
        receivers = curl_slist_append(receivers, arena_format(mem, "<%s>", *to));
    SET(CURLOPT_MAIL_FROM, arena_format(mem, "<%s>", message->from));
    SET(CURLOPT_MAIL_RCPT, receivers);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_MIMEPOST, mime);
    if (bad || !mime) {
        v = error_set(err, V_FATAL, "mail.curl", "libcurl does not take %s",
                      bad ? bad : "the message");
    } else {
        CURLcode done = curl_easy_perform(curl);

        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
        v = judge(mail, done, answer, err);
        if (answer)
            *said = arena_format(mem, "%ld", answer);
    }
    curl_mime_free(mime);
    curl_slist_free_all(headers);
    curl_slist_free_all(receivers);
    return v;
}

/* A line of an answer: "250-SIZE 10485760". */
static size_t
take_line(char *line, size_t one, size_t len, void *ctx)
{
    static const char word[] = "SIZE ";
    int64_t *most = ctx, bytes;
    size_t at = 4, digits;

    (void)one;
    if (len <= at + strlen(word) || strncmp(line, "250", 3) != 0 ||
        strncasecmp(line + at, word, strlen(word)) != 0)
        return len;
    at += strlen(word);
    for (digits = 0; at + digits < len && line[at + digits] >= '0' && line[at + digits] <= '9';)
        digits++;
    if (text_int(line + at, digits, &bytes))
        *most = bytes;
    return len;
}

enum verdict
mail_touch(struct mail *mail, struct arena *mem, int64_t *most, struct error *err)
{
    const char *bad = set_road(mail);
    CURL *curl = mail->curl;
    long answer = 0;
    CURLcode done;

    (void)mem;
    *most = 0;
    SET(CURLOPT_CUSTOMREQUEST, "NOOP");
    SET(CURLOPT_NOBODY, 1L);
    SET(CURLOPT_HEADERFUNCTION, take_line);
    SET(CURLOPT_HEADERDATA, most);
    if (bad)
        return error_set(err, V_FATAL, "mail.curl", "libcurl does not take %s", bad);
    done = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    return judge(mail, done, answer, err);
}
