/*
 * Documents read from a drop folder; tables and documents left in one, here and over SFTP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>

#include "../fixtures/file_site.h"

#define DELIVERY "0b1f4f0e-7a52-4d3c-8a54-0d9a53c8a001"
#define HINDI    "\xE0\xA4\xB0\xE0\xA4\xBE\xE0\xA4\xAE"

/* ---- documents ---- */

static void
test_document(void **state)
{
    static const char text[] =
        "<?xml version=\"1.0\"?>\n<d:Drop xmlns:d=\"urn:t\">\n <d:Rec><d:No>1</d:No>\n"
        "  <d:Text>a &gt; b</d:Text><d:Mark code=\"M1\"/><d:New>x</d:New>\n"
        "  <d:Acts><d:A><d:Seq>1</d:Seq></d:A><d:A><d:Seq>2</d:Seq></d:A></d:Acts></d:Rec>\n"
        " <d:Rec><d:No>2</d:No><d:No>3</d:No></d:Rec><d:Rec><d:No>4</d:No><d:Text>a<b/></d:Text>"
        "</d:Rec><d:Rec><d:No>5</d:No><d:Files><d:F><d:Seq>1</d:Seq><d:File>a.pdf</d:File></d:F>"
        "<d:F><d:Seq>2</d:Seq><d:File>none.pdf</d:File></d:F></d:Files></d:Rec>\n</d:Drop>\n";
    struct site s;
    struct page page;
    struct error err;
    const struct record *r;

    (void)state;
    site_open(&s, XML_MAP, "");
    site_drop(&s, "cvc-1.xml", text);
    site_drop(&s, "a.pdf", "%PDF");
    assert_int_equal(site_pull(&s, "3", &page, &err), V_OK);
    assert_int_equal(page.count, 3);
    assert_true(page.more);
    r = page.records;
    ASSERT_FIELD(&s, r, "number", "1");
    ASSERT_FIELD(&s, r, "body", "a > b");
    ASSERT_FIELD(&s, r, "subject", "M1");
    assert_string_equal(r->place, "cvc-1.xml line 3");
    assert_memory_equal(r->raw, "<d:Rec><d:No>1</d:No>\n", 22);
    assert_memory_equal(r->raw + r->raw_len - 8, "</d:Rec>", 8);
    assert_int_equal(r->child->ordinal, 1);
    ASSERT_FIELD(&s, r->child->next, "key", "2");
    assert_int_equal(r->child->next->ordinal, 2);
    r = r->next;
    assert_string_equal(r->fault->code, "xml.repeated");
    r = r->next;
    assert_string_equal(r->fault->code, "xml.mixed");
    assert_string_equal(r->place, "cvc-1.xml line 6");
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_int_equal(site_pull(&s, "3", &page, &err), V_OK);
    assert_int_equal(page.count, 1);
    assert_false(page.more);
    r = page.records;
    assert_int_equal(r->ordinal, 4);
    assert_int_equal(strlen(site_field(&s, r->child, "content")), 64);
    assert_string_equal(r->fault->code, "content.absent");
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_non_null(site_load(&s, "drop/done/cvc-1.xml"));
    assert_non_null(site_load(&s, "drop/done/a.pdf"));
    site_close(&s);
}

static void
test_broken_documents(void **state)
{
    static const struct {
        const char *text, *code;
        int line;
    } cases[] = {
        { "", "xml.empty", 1 },
        { "<Drop xmlns='urn:t'>\n<Rec><No>1</No></Rec>\n<Rec><No>2</N", "xml.malformed", 3 },
        { "<Drop xmlns='urn:t'>\n<Rec><No>1</No></Rec>\n", "xml.malformed", 3 },
        { "<Drip xmlns='urn:t'>\n<Rec><No>1</No></Rec></Drip>", "xml.root", 1 },
        { "<Drop>\n<Rec><No>1</No></Rec></Drop>", "xml.root", 1 },
        { "<!DOCTYPE x [<!ENTITY e 'x'>]>\n<Drop xmlns='urn:t'/>", "xml.dtd", 2 },
        { "<?xml version='1.0' encoding='windows-1252'?><Drop/>", "xml.encoding", 1 },
    };
    struct site s;
    struct page page;
    struct error err;

    (void)state;
    site_open(&s, XML_MAP, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        site_drop(&s, "cvc-1.xml", cases[i].text);
        assert_int_equal(site_pull(&s, "1", &page, &err), V_REJECT);
        assert_string_equal(err.code, cases[i].code);
        assert_string_equal(err.where, arena_format(s.mem, "cvc-1.xml line %d", cases[i].line));
        assert_int_equal(page.count, 0);
        assert_int_equal(site_finish(&s, &page, V_REJECT, &err), V_OK);
    }
    assert_non_null(site_load(&s, "drop/bad/cvc-1.xml.7.reason.txt"));
    site_close(&s);
}

/* Nothing of the bytes is told where nothing of them may be kept. */
static void
test_digest_only(void **state)
{
    struct site s;
    struct page page;
    struct error err;

    (void)state;
    site_open(&s, XML_MAP, "keep = digest\n");
    site_drop(&s, "cvc-1.xml", "<Drop xmlns='urn:t'><Rec><No>1</No><Who>x</Who></Rec></Drop>");
    assert_int_equal(site_pull(&s, "1", &page, &err), V_OK);
    assert_null(page.raw);
    assert_null(page.records->raw);
    site_close(&s);
}

/* Many records, fed by small pieces: each is there once, and in order. */
static void
test_many(void **state)
{
    struct site s;
    struct page page;
    struct error err;
    FILE *f;
    long n = 0;

    (void)state;
    site_open(&s, XML_MAP, "");
    f = fopen(site_path(&s, "drop/cvc-1.xml"), "w");
    fputs("<Drop xmlns='urn:t'>", f);
    for (int i = 0; i < 900; i++)
        fprintf(f, "<Rec><No>%d</No><Text>%0500d</Text></Rec>\n", i, i);
    fputs("</Drop>", f);
    assert_int_equal(fclose(f), 0);
    do {
        assert_int_equal(site_pull(&s, "70", &page, &err), V_OK);
        for (const struct record *r = page.records; r; r = r->next, n++) {
            assert_string_equal(site_field(&s, r, "number"), arena_format(s.mem, "%ld", n));
            assert_string_equal(r->place, arena_format(s.mem, "cvc-1.xml line %ld", n + 1));
            assert_memory_equal(r->raw, "<Rec>", 5);
            assert_memory_equal(r->raw + r->raw_len - 6, "</Rec>", 6);
        }
        assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    } while (page.more);
    assert_int_equal(n, 900);
    site_close(&s);
}

/* ---- out ---- */

static struct record *
made(struct site *s, const char *stream, const char *number, const char *other, const char *value)
{
    const struct map_stream *m = mapping_stream(&s->map, stream);
    struct record *r = arena_alloc(s->mem, sizeof *r);

    r->stream = m->name;
    r->count = m->count;
    r->fields = arena_alloc(s->mem, (m->count + 1) * sizeof *r->fields);
    for (size_t i = 0; i < m->count; i++) {
        const char *text = strcmp(m->lines[i].canonical, "number") == 0 ? number
                           : strcmp(m->lines[i].canonical, other) == 0  ? value
                                                                        : NULL;

        if (!(m->lines[i].direction & MAP_OUT) || !text)
            continue;
        r->fields[i].text = text;
        r->fields[i].len = strlen(text);
    }
    return r;
}

static enum verdict
push(struct site *s, const char *call, const struct record *record, struct push_item *item)
{
    struct error err;

    *item = (struct push_item){ .delivery = DELIVERY, .record = record };
    return adapter_file.push(&s->a, s->mem, mapping_call(&s->map, call), item, 1, &err);
}

static void
test_table_out(void **state)
{
    struct site s;
    struct push_item item;
    struct content_writer *writer;
    struct content_facts facts;
    struct error err;

    (void)state;
    site_open(&s, CSV_MAP, "");
    assert_int_equal(
        push(&s, "act", made(&s, "action", "A,1", "text", "=1+1 \"so\"\n" HINDI), &item), V_OK);
    assert_int_equal(item.verdict, V_OK);
    assert_string_equal(item.receipt, "reply-" DELIVERY ".csv");
    assert_string_equal(site_load(&s, "drop/out/reply-" DELIVERY ".csv"),
                        "\xEF\xBB\xBF\"Our Ref\",\"Ref No\",\"Reply\"\r\n"
                        "\"" DELIVERY "\",\"A,1\",\"'=1+1 \"\"so\"\"\n" HINDI "\"\r\n");
    /* the same again takes its place */
    assert_int_equal(push(&s, "act", made(&s, "action", "A,1", "text", "-x"), &item), V_OK);
    assert_non_null(strstr(site_load(&s, "drop/out/reply-" DELIVERY ".csv"), "\"'-x\"\r\n"));
    assert_int_equal(content_begin(s.a.contents, s.mem, &writer, &err), V_OK);
    assert_int_equal(content_add(writer, "%PDF-1.4\n%%EOF\n", 15, &err), V_OK);
    assert_int_equal(content_end(writer, &facts, &err), V_OK);
    assert_int_equal(push(&s, "file", made(&s, "attachment", "7", "content", facts.id), &item),
                     V_OK);
    assert_string_equal(site_load(&s, "drop/out/" DELIVERY ".pdf"), "%PDF-1.4\n%%EOF\n");
    assert_string_equal(site_load(&s, "drop/out/file-" DELIVERY ".csv"),
                        "\xEF\xBB\xBF\"Ref\",\"Ref No\",\"File\"\r\n"
                        "\"" DELIVERY "\",\"7\",\"" DELIVERY ".pdf\"\r\n");
    /* a content that is not there is this one's fault; a folder that takes nothing is not */
    facts.id[0] = facts.id[0] == '0' ? '1' : '0';
    assert_int_equal(push(&s, "file", made(&s, "attachment", "7", "content", facts.id), &item),
                     V_OK);
    assert_int_equal(item.verdict, V_REJECT);
    assert_string_equal(item.said, "content.absent");
    assert_int_equal(rename(site_path(&s, "drop/out"), site_path(&s, "away")), 0);
    assert_int_equal(symlink(site_path(&s, "away"), site_path(&s, "drop/out")), 0);
    assert_int_equal(push(&s, "act", made(&s, "action", "1", "text", "x"), &item), V_FATAL);
    assert_int_equal(item.verdict, V_FATAL);
    site_close(&s);
}

static void
test_document_out(void **state)
{
    struct site s;
    struct push_item item;

    (void)state;
    site_open(&s, XML_MAP, "");
    assert_int_equal(push(&s, "act", made(&s, "action", "1", "text", "a < b"), &item), V_OK);
    assert_non_null(strstr(site_load(&s, "drop/out/report-" DELIVERY ".xml"),
                           "<c:Report xmlns:c=\"urn:t\"><c:Ref>" DELIVERY
                           "</c:Ref><c:Text>a &lt; b</c:Text><c:No>1</c:No></c:Report>"));
    assert_int_equal(push(&s, "act", made(&s, "action", "1", "text", "a\x01"), &item), V_OK);
    assert_int_equal(item.verdict, V_REJECT);
    assert_string_equal(item.said, "xml.char");
    site_close(&s);
}

/* ---- maps ---- */

static void
test_maps(void **state)
{
    static const struct {
        const char *from, *to, *say;
    } cases[] = {
        { "format = csv", "format = tsv", "format: \"tsv\" is none of its words" },
        { "files = lg-*.csv\n", "", "needs files =" },
        { "files = lg-*.csv", "files = in/lg-*.csv", "cannot be a name" },
        { "files = lg-*.csv", "files = ../*.csv", "cannot be a name" },
        { "write = out/reply-$delivery.csv", "write = lg-$delivery.csv", "take it up again" },
        { "write = out/reply-$delivery.csv", "write = reply.csv", "$delivery must stand" },
        { "write = out/reply-$delivery.csv", "write = ../$delivery.csv", "cannot be a name" },
        { "key = Ref $delivery", "key = Ref $now", "key: not COLUMN $delivery" },
        { "action in complaint at .", "action in complaint at Acts", "a part of its row" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *at = strstr(CSV_MAP, cases[i].from);
        struct arena *mem = arena_new("test");
        struct site s;
        bool said = false;

        assert_non_null(at);
        site_load_map(&s,
                      arena_format(mem, "%.*s%s%s", (int)(at - CSV_MAP), CSV_MAP, cases[i].to,
                                   at + strlen(cases[i].from)),
                      "");
        for (size_t f = 0; f < s.faults.count; f++)
            said |= strstr(s.faults.items[f].text, cases[i].say) != NULL;
        if (!said)
            fail_msg("nothing said of \"%s\"", cases[i].to);
        s.a.ops = NULL;
        site_close(&s);
        arena_free(mem);
    }
}

/* ---- the same over SFTP ---- */

static pid_t
start_server(const struct site *s, FILE **to, char *url, char *user)
{
    char line[300];
    int in[2], out[2];
    FILE *from;
    pid_t pid;

    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        (void)dup2(in[0], 0);
        (void)dup2(out[1], 1);
        (void)execl("/usr/bin/python3", "python3", "tests/portals/sftpd.py", site_path(s, "server"),
                    site_path(s, "drop"), (char *)NULL);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    *to = fdopen(in[1], "w");
    from = fdopen(out[0], "r");
    assert_non_null(fgets(line, sizeof line, from));
    assert_int_equal(sscanf(line, "%199s %63s", url, user), 2);
    (void)fclose(from);
    return pid;
}

static void
test_sftp(void **state)
{
    const char *none = NULL, *key, *hosts, *address, *name, *said;
    struct push_item item;
    char url[200], user[64];
    struct error err;
    struct page page;
    struct site s;
    FILE *to;
    pid_t pid;
    int status;

    (void)state;
    site_open(&s, CSV_MAP, "");
    adapter_file.close(&s.a);
    pid = start_server(&s, &to, url, user);
    address = url;
    name = user;
    key = site_path(&s, "server/client");
    hosts = site_path(&s, "server/known_hosts");
    site_option(&s, "folder", &none, sizeof none);
    site_option(&s, "url", &address, sizeof address);
    site_option(&s, "user", &name, sizeof name);
    site_option(&s, "key", &key, sizeof key);
    site_option(&s, "known_hosts", &hosts, sizeof hosts);
    site_number(&s, "timeout", 20000);
    site_number(&s, "connect_timeout", 10000);
    site_number(&s, "stall", 10000);
    assert_int_equal(site_start(&s, &err), V_OK);
    site_drop(&s, "lg-1.csv", "Ref No,Scan\n1,scan \"1\".pdf\n");
    site_drop(&s, "lg-1.csv.part", "Ref No,Scan\n");
    assert_int_equal(unlink(site_path(&s, "drop/lg-1.csv")), 0);
    site_drop(&s, "lg-1.csv", "Ref No,Scan\n1,scan '1'.pdf\n2,link.pdf\n");
    site_drop(&s, "lg-2.csv", "Ref No,Scan\n1\",x\n");
    site_drop(&s, "scan '1'.pdf", "%PDF");
    assert_int_equal(symlink(site_path(&s, "map"), site_path(&s, "drop/link.pdf")), 0);
    assert_int_equal(adapter_file.probe(&s.a, s.mem, &said, &err), V_OK);
    assert_string_equal(said, "SFTP folder, 2 files waiting");
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    assert_int_equal(page.count, 2);
    assert_null(page.records->fault);
    assert_int_equal(strlen(site_field(&s, page.records->child, "content")), 64);
    assert_string_equal(page.records->next->fault->code, "content.absent");
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_non_null(site_load(&s, "drop/done/lg-1.csv"));
    assert_non_null(site_load(&s, "drop/done/scan '1'.pdf"));
    assert_null(site_load(&s, "drop/lg-1.csv"));
    assert_int_equal(site_pull(&s, "10", &page, &err), V_REJECT);
    assert_int_equal(site_finish(&s, &page, V_REJECT, &err), V_OK);
    assert_non_null(strstr(site_load(&s, "drop/bad/lg-2.csv.reason.txt"), "csv.quote"));
    site_drop(&s, "lg-1.csv", "Ref No\n3\n"); /* a name that is taken there */
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    assert_int_equal(site_finish(&s, &page, V_OK, NULL), V_OK);
    assert_string_equal(site_load(&s, "drop/done/lg-1.csv.2"), "Ref No\n3\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(push(&s, "act", made(&s, "action", "1", "text", "x"), &item), V_OK);
        assert_int_equal(item.verdict, V_OK);
    }
    assert_non_null(strstr(site_load(&s, "drop/out/reply-" DELIVERY ".csv"), "\"1\",\"x\""));
    site_drop(&s, "lg-9.csv", "Ref No\n1\n");
    adapter_file.close(&s.a);
    site_number(&s, "settle", 60000);
    assert_int_equal(site_start(&s, &err), V_OK);
    assert_int_equal(site_pull(&s, "10", &page, &err), V_OK);
    assert_null(page.from);
    (void)fclose(to);
    (void)waitpid(pid, &status, 0);
    assert_int_equal(site_pull(&s, "10", &page, &err), V_RETRY);
    site_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document),    cmocka_unit_test(test_broken_documents),
        cmocka_unit_test(test_digest_only), cmocka_unit_test(test_many),
        cmocka_unit_test(test_table_out),   cmocka_unit_test(test_document_out),
        cmocka_unit_test(test_maps),        cmocka_unit_test(test_sftp),
    };

    return cmocka_run_group_tests_name("file_out", tests, NULL, NULL);
}
