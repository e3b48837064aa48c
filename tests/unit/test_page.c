/* Pages (link/page): what goes in is text and stays text; a stylesheet reads and writes nothing but
 * what it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../bridge/link/page.h"
#include "clock.h"

#define XSL                                                                                        \
    "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform' "              \
    "xmlns:b='urn:cctns-bridge:page' exclude-result-prefixes='b'>"
#define HTML "<xsl:output method='html' encoding='UTF-8' indent='no'/>"
#define END  "</xsl:stylesheet>"

struct hand {
    struct arena *mem;
    char folder[64];
    struct buf out;
};

static int
begin(void **state)
{
    static struct hand hand;

    hand = (struct hand){ .mem = arena_new("test") };
    snprintf(hand.folder, sizeof hand.folder, "/tmp/bridge-page-XXXXXX");
    assert_non_null(mkdtemp(hand.folder));
    buf_init(&hand.out, 1 << 20);
    *state = &hand;
    return 0;
}

static const char *
path_of(const struct hand *h, const char *name)
{
    return arena_format(h->mem, "%s/%s", h->folder, name);
}

static int
end(void **state)
{
    static const char *const names[] = { "a.xsl", "b.xsl", "made", "secret.xml" };
    struct hand *h = *state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(path_of(h, names[i]));
    (void)rmdir(h->folder);
    buf_release(&h->out);
    arena_free(h->mem);
    return 0;
}

static void
put(const struct hand *h, const char *name, const char *text)
{
    FILE *file = fopen(path_of(h, name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* The page that a.xsl makes of root, or NULL when it fails. */
static const char *
make(struct hand *h, const char *sheet, const struct page_node *root)
{
    const struct page_param params[] = { { "lang", "it's \"so\"" } };
    struct page_style *style;
    struct error err;

    put(h, "a.xsl", sheet);
    buf_clear(&h->out);
    if (page_style(h->mem, h->folder, "a.xsl", &style, &err) ||
        page_make(style, root, params, 1, 330, &h->out, &err))
        return NULL;
    return h->out.data;
}

static void
test_texts_stay_texts(void **state)
{
    struct hand *h = *state;
    struct page_node *root = page_new(h->mem, "r");

    (void)page_add(root, "t", "<script>&\"]]>\x01\x1b[31m\xff\xe2\x80\xae!");
    page_set(root, "a", "'\"<\n");
    const char *page =
        make(h,
             XSL HTML "<xsl:param name='lang'/><xsl:template match='/r'><html><body title='{@a}'>"
                      "<p><xsl:value-of select='t'/></p><xsl:value-of select='$lang'/>"
                      "</body></html></xsl:template>" END,
             root);

    assert_non_null(page);
    assert_int_equal(strncmp(page, "<!DOCTYPE html>\n", 16), 0);
    assert_non_null(strstr(page, "<p>&lt;script&gt;&amp;\"]]&gt;\xef\xbf\xbd\xef\xbf\xbd[31m"
                                 "\xef\xbf\xbd\xef\xbf\xbd!</p>"));
    assert_non_null(strstr(page, "it's \"so\""));
    assert_null(strstr(page, "<script"));
}

static void
test_joiners_of_devanagari_stay(void **state)
{
    struct hand *h = *state;
    const char *text = "क्\xe2\x80\x8dष \xe2\x80\x8c र्";

    assert_string_equal(page_text(h->mem, text, strlen(text)), text);
    assert_string_equal(page_text(h->mem, "a\r\nb\rc\xe2\x80\xa8", 9), "a\nb\nc\n");
    assert_string_equal(page_text(h->mem, "\0x", 2), "\xef\xbf\xbdx");
}

static void
test_pieces_of_the_database(void **state)
{
    struct hand *h = *state;
    struct page_node *root = page_new(h->mem, "r");
    const char *good = "<row><t>a\x02&lt;b&amp;&#x0D;c</t></row><row/>";
    static const char *const bad[] = {
        "<row>",
        "</x><x>",
        "<row>&e;</row>",
        "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><row>&e;</row>",
    };
    struct error err;

    assert_int_equal(page_add_xml(root, "x", good, strlen(good), &err), V_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(page_add_xml(root, "x", bad[i], strlen(bad[i]), &err), V_FATAL);
        assert_string_equal(err.code, "page.xml");
    }
    const char *page = make(h,
                            XSL "<xsl:output method='text'/><xsl:template match='/r'>"
                                "<xsl:value-of select='count(x)'/>|<xsl:value-of select='x/row/t'/>"
                                "</xsl:template>" END,
                            root);

    assert_non_null(page);
    assert_string_equal(page, "1|a\xef\xbf\xbd<b&\nc");
}

static void
test_times_and_figures(void **state)
{
    struct hand *h = *state;
    struct page_node *root = page_new(h->mem, "r");
    const char *page = make(h,
                            XSL "<xsl:output method='text'/><xsl:template match='/r'>"
                                "<xsl:value-of select=\"b:local('2020-06-10T20:00:00Z')\"/>|"
                                "<xsl:value-of select=\"b:local('2020-06-10T20:00:00.000001Z')\"/>|"
                                "<xsl:value-of select=\"b:local('soon')\"/>|"
                                "<xsl:value-of select=\"b:count('1234567')\"/>|"
                                "<xsl:value-of select=\"b:count('-1000')\"/>|"
                                "<xsl:value-of select=\"b:count('999')\"/>|"
                                "<xsl:value-of select=\"b:count('12345678901234567890')\"/>|"
                                "<xsl:value-of select=\"b:count('&lt;5')\"/></xsl:template>" END,
                            root);

    assert_non_null(page);
    assert_string_equal(page, "2020-06-11 01:30|2020-06-11 01:30|soon|12,34,567|-1,000|999|"
                              "1,23,45,67,89,01,23,45,67,890|<5");
}

static void
test_a_sheet_imports_its_neighbour(void **state)
{
    struct hand *h = *state;
    struct page_node *root = page_new(h->mem, "r");

    put(h, "b.xsl",
        XSL "<xsl:output method='text'/><xsl:template name='b'>beside</xsl:template>" END);
    const char *page = make(h,
                            XSL "<xsl:import href='b.xsl'/><xsl:template match='/'>"
                                "<xsl:call-template name='b'/></xsl:template>" END,
                            root);

    assert_non_null(page);
    assert_string_equal(page, "beside");
}

static void
test_a_sheet_reaches_nothing_else(void **state)
{
    struct hand *h = *state;
    struct page_node *root = page_new(h->mem, "r");
    const char *made = path_of(h, "made"), *secret = path_of(h, "secret.xml");
    const char *const sheets[] = {
        arena_format(h->mem,
                     XSL "<xsl:output method='text'/><xsl:template match='/'>"
                         "<xsl:value-of select=\"document('%s')\"/></xsl:template>" END,
                     secret),
        arena_format(h->mem,
                     XSL "<xsl:output method='text'/><xsl:template match='/'>"
                         "<xsl:value-of select=\"document('file://%s')\"/></xsl:template>" END,
                     secret),
        arena_format(h->mem,
                     XSL "<xsl:template match='/'><e:document href='%s' method='text' "
                         "xmlns:e='http://exslt.org/common' e:x='1'>x</e:document>"
                         "</xsl:template>" END,
                     made),
        arena_format(h->mem,
                     "<xsl:stylesheet version='1.1' "
                     "xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><xsl:template match='/'>"
                     "<xsl:document href='%s' method='text'>x</xsl:document></xsl:template>" END,
                     made),
        XSL "<xsl:import href='/etc/passwd'/>" END,
        XSL "<xsl:import href='../b.xsl'/>" END,
        XSL "<xsl:include href='http://127.0.0.1:9/x.xsl'/>" END,
        "<!DOCTYPE x [<!ENTITY e 'x'>]>" XSL "<xsl:template match='/'>&e;</xsl:template>" END,
        XSL "<xsl:template match='/'><xsl:call-template name='l'/></xsl:template>"
            "<xsl:template name='l'><xsl:call-template name='l'/></xsl:template>" END,
    };

    put(h, "secret.xml", "<s>canary</s>");
    for (size_t i = 0; i < sizeof sheets / sizeof sheets[0]; i++) {
        const char *page = make(h, sheets[i], root);

        assert_true(!page || !strstr(page, "canary"));
        assert_int_not_equal(access(made, F_OK), 0);
        if (i > 3)
            assert_null(page);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_texts_stay_texts, begin, end),
        cmocka_unit_test_setup_teardown(test_joiners_of_devanagari_stay, begin, end),
        cmocka_unit_test_setup_teardown(test_pieces_of_the_database, begin, end),
        cmocka_unit_test_setup_teardown(test_times_and_figures, begin, end),
        cmocka_unit_test_setup_teardown(test_a_sheet_imports_its_neighbour, begin, end),
        cmocka_unit_test_setup_teardown(test_a_sheet_reaches_nothing_else, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
