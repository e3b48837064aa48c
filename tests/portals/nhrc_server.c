/*
 * Rehearsal NHRC: the contract of mappings/nhrc.wsdl by gSOAP, TLS by gSOAP itself. Built from
 * nhrc_contract.gsoap by nhrc.py.
 *
 *     nhrc_server FOLDER CLOCK USER
 *
 * FOLDER holds store.db, password, server.pem with key (tls.pem); it takes the port, and received/
 * for files. Files go both ways piece by piece: none is ever in memory. One connection at a time,
 * one request on each.
 */
#include "nhrc_server.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "HrcNet.nsmap"

const char *folder, *clock_path, *user;
char password[256];
sqlite3 *db;
static char fault_kind[32], fault_arg[64], operation[32];
static FILE *request_file;
static size_t (*plain_recv)(struct soap *, char *, size_t);

/* ---- what every call begins and ends with ---- */

static void
note(int changed)
{
    char n[16];

    snprintf(n, sizeof n, "%d", changed);
    run(ASK("INSERT INTO call VALUES (?1, 1, ?2) ON CONFLICT (operation) DO UPDATE SET n = n + 1, "
            "changed = changed + ?2",
            operation, n));
}

static int
broken(struct soap *soap)
{
    soap_force_closesock(soap);
    return soap->error = SOAP_STOP;
}

int
begin(struct soap *soap, const char *name)
{
    sqlite3_stmt *s;
    int times;

    snprintf(operation, sizeof operation, "%s", name);
    *fault_kind = *fault_arg = '\0';
    if (!soap->userid || !soap->passwd || strcmp(soap->userid, user) != 0 ||
        strcmp(soap->passwd, password) != 0) {
        soap_send_empty_response(soap, 401);
        return soap->error = SOAP_STOP;
    }
    s = ASK(
        "SELECT id, kind, arg, times FROM fault WHERE operation IN (?, '*') ORDER BY id LIMIT 1",
        name);
    if (sqlite3_step(s) == SQLITE_ROW) {
        char *id = col(soap, s, "id");

        times = sqlite3_column_int(s, 3);
        snprintf(fault_kind, sizeof fault_kind, "%s", sqlite3_column_text(s, 1));
        snprintf(fault_arg, sizeof fault_arg, "%s", sqlite3_column_text(s, 2));
        run(times > 1 ? ASK("UPDATE fault SET times = times - 1 WHERE id = ?", id)
                      : ASK("DELETE FROM fault WHERE id = ?", id));
    }
    sqlite3_finalize(s);
    if (strcmp(fault_kind, "delay") == 0)
        usleep((useconds_t)(atof(fault_arg) * 1e6));
    if (strcmp(fault_kind, "drop_before") == 0) {
        note(0);
        return broken(soap);
    }
    if (strcmp(fault_kind, "http") == 0) {
        note(0);
        soap_send_empty_response(soap, (int)strtol(fault_arg, NULL, 10));
        return soap->error = SOAP_STOP;
    }
    if (strcmp(fault_kind, "fault") == 0) {
        note(0);
        soap_sender_fault(soap, "as ordered", NULL);
        soap->fault->faultcode = soap_strdup(soap, *fault_arg ? fault_arg : "SOAP-ENV:Server");
        return soap->error;
    }
    return 0;
}

int
end(struct soap *soap, int changed)
{
    note(changed);
    if (strcmp(fault_kind, "drop") == 0)
        return broken(soap);
    if (strcmp(fault_kind, "effect_no_reply") == 0)
        return soap_receiver_fault(soap, "as ordered", NULL);
    return SOAP_OK;
}

/* ---- the server ---- */

/* Where the folder asks for it, requests are kept as they came. */
static size_t
recv_kept(struct soap *soap, char *bytes, size_t len)
{
    size_t got = plain_recv(soap, bytes, len);

    if (request_file)
        fwrite(bytes, 1, got, request_file);
    return got;
}

static void
open_request_file(unsigned n)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/requests", folder);
    if (access(path, W_OK) != 0)
        return;
    snprintf(path, sizeof path, "%s/requests/%06u", folder, n);
    request_file = fopen(path, "wb");
}

static void
serve_one(struct soap *soap, unsigned n)
{
    if (soap_ssl_accept(soap) == SOAP_OK) {
        plain_recv = soap->frecv;
        soap->frecv = recv_kept;
        open_request_file(n);
        soap_serve(soap);
        soap->frecv = plain_recv;
        if (request_file)
            fclose(request_file);
        request_file = NULL;
    }
    soap_closesock(soap);
    soap_destroy(soap);
    soap_end(soap);
}

static void
write_port(int port)
{
    char path[4200], final[4200];
    FILE *f;

    snprintf(path, sizeof path, "%s/port.new", folder);
    snprintf(final, sizeof final, "%s/port", folder);
    f = fopen(path, "w");
    fprintf(f, "%d\n", port);
    fclose(f);
    rename(path, final);
}

int
main(int argc, char **argv)
{
    struct soap *soap = soap_new2(SOAP_C_UTFSTRING, SOAP_C_UTFSTRING);
    char path[4200];
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    FILE *f;

    if (argc != 4)
        return 2;
    folder = argv[1];
    clock_path = argv[2];
    user = argv[3];
    signal(SIGPIPE, SIG_IGN);
    snprintf(path, sizeof path, "%s/store.db", folder);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        die("store");
    sqlite3_busy_timeout(db, 60000);
    snprintf(path, sizeof path, "%s/password", folder);
    f = fopen(path, "r");
    if (!f || !fgets(password, sizeof password, f))
        die("password");
    fclose(f);
    password[strcspn(password, "\n")] = '\0';
    snprintf(path, sizeof path, "%s/received", folder);
    mkdir(path, 0700);

    soap_ssl_init();
    snprintf(path, sizeof path, "%s/tls.pem", folder);
    if (soap_ssl_server_context(soap, SOAP_TLSv1_2 | SOAP_TLSv1_3, path, NULL, NULL, NULL, NULL,
                                NULL, NULL)) {
        soap_print_fault(soap, stderr);
        return 1;
    }
    soap->fmimereadopen = read_open;
    soap->fmimeread = read_piece;
    soap->fmimereadclose = read_close;
    soap->fmimewriteopen = write_open;
    soap->fmimewrite = write_piece;
    soap->fmimewriteclose = write_close;
    soap->recv_timeout = soap->send_timeout = 120;
    soap->bind_flags = SO_REUSEADDR;
    if (!soap_valid_socket(soap_bind(soap, "127.0.0.1", 0, 100)) ||
        getsockname(soap->master, (struct sockaddr *)&at, &len) != 0) {
        soap_print_fault(soap, stderr);
        return 1;
    }
    write_port(ntohs(at.sin_port));
    for (unsigned n = 1;; n++)
        if (soap_valid_socket(soap_accept(soap)))
            serve_one(soap, n);
}
