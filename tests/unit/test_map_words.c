/* What a map says beside its lines: roles, limits, the tools that print it, and the faults of
 * rules. */
#include "map_small.h"

#include "core/map_tools.h"

static void
limits(void **state)
{
    (void)state;
    load_good("[map]\nsystem=t\nkind=probe\nrole=archive\nzone=UTC\n"
              "[limits]\nfile.types = application/pdf image/* .JPG docx\nfile.max = 2m\n");
    assert_int_equal(f.map.role, ROLE_ARCHIVE);
    assert_int_equal(mapping_file_max(&f.map), 2 << 20);
    assert_true(mapping_takes_type(&f.map, "application/pdf", NULL));
    assert_true(mapping_takes_type(&f.map, "Application/PDF; charset=binary", "x"));
    assert_true(mapping_takes_type(&f.map, "image/png", "a.bin"));
    assert_true(mapping_takes_type(&f.map, NULL, "a.jpg"));
    assert_true(mapping_takes_type(&f.map, "x/y", "a.b.DOCX"));
    assert_false(mapping_takes_type(&f.map, "application/pdfx", "a"));
    assert_false(mapping_takes_type(&f.map, "video/mp4", "docx"));
    assert_false(mapping_takes_type(&f.map, NULL, NULL));
    map_fixture_close(&f);
    load_good(HEAD);
    assert_true(mapping_file_max(&f.map) == INT64_MAX);
    assert_true(mapping_takes_type(&f.map, NULL, NULL));
    map_fixture_close(&f);
}

static char *
run(int (*tool)(const struct map_tools *t, const char *file), const char *file, int code)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct arena *mem = arena_new("test");
    struct map_tools t = { .out = out, .mem = mem, .mappings = "mappings", .kinds = probe_kinds };

    assert_int_equal(tool(&t, file), code);
    (void)fclose(out);
    arena_free(mem);
    return text;
}

static char sample[128];

static int
test_sample(const struct map_tools *t, const char *file)
{
    return map_test(t, file, sample);
}

static void
tools(void **state)
{
    static const char map[] =
        "[map]\nsystem=t\nkind=probe\nrole=archive\nzone=UTC\nkeep=digest\n"
        "[complaint]\nnumber in a text key\ncomplainant in b text seal\n"
        "status in c code codes=s with=status_text hold=field\nstatus_text in d text\n"
        "subject in e text legacy=krutidev\n"
        "[attachment]\nkey both a text key\ncontent both b bytes xop\nname both c text max=9 "
        "loss=\"nine characters are taken\"\n"
        "[codes s]\nfile = c.csv\n"
        "[not carried]\ncomplaint.* = x\nattachment.* = x\naction = x\nfeedback = x\nids = x\n"
        "count = x\nreceipt = x\n";
    static const char *const words[] = {
        "an archive, only read",
        "are kept not at all, only their digest",
        "told apart by the text of status_text",
        "sealed: only the notifier can read it",
        "held alone when it cannot be read",
        "text in the font krutidev is kept",
        "kept in the content store; sent as a part of its own (MTOM)",
        "with the text \"Given\"",
        "a name, in one spelling",
    };
    char path[128], *text;

    (void)state;
    (void)write_file("c.csv", "canonical,remote,loss,remote_text\nFWDD,3,,Given\n"
                              "CLSD,4,,\nDISP,4,one word there,\n");
    (void)snprintf(path, sizeof path, "%s", write_file("t.map", map));
    text = run(map_explain, path, 0);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strstr(text, words[i]))
            fail_msg("lacks \"%s\":\n%s", words[i], text);
    free(text);
    text = run(map_check, path, 0);
    assert_non_null(strstr(text, "t.map:16: loss: attachment.name: nine characters are taken\n"));
    assert_non_null(strstr(text, "c.csv:4: loss: codes s, DISP = 4: one word there\n"));
    assert_non_null(strstr(text, ": good: "));
    free(text);
    (void)snprintf(sample, sizeof sample, "%s",
                   write_file("sample.txt", "[complaint]\na = 1\nb = Asha\nc = 3\nd = Other\n"));
    text = run(test_sample, path, 0);
    assert_null(strstr(text, "Asha"));
    assert_non_null(strstr(text, "# complainant is sealed\n"));
    assert_non_null(strstr(text, "# status would be held alone: map.code: "));
    assert_non_null(strstr(text, "# 1 records, 0 would be held"));
    free(text);
}

/* ---- faults ---- */

static void
faults(void **state)
{
    static const struct {
        const char *text, *fault;
        int line;
    } cases[] = {
        { HEAD "keep = seald\n", "unknown keep \"seald\", did you mean \"sealed\"?", 6 },
        { "[map]\nsystem=t\nkind=probe\nrole=archiv\nzone=UTC\n",
          "unknown role \"archiv\", did you mean \"archive\"?", 4 },
        { HEAD "[limits]\nfile.max = 0\n", "file.max must be a size", 7 },
        { HEAD "[limits]\nfile.types = pdf a/b/c\n", "\"a/b/c\" is neither", 7 },
        { HEAD "[limits]\nfile.types = *.pdf\n", "\"*.pdf\" is neither", 7 },
        { HEAD "[limits]\nfile.types = image/\n", "\"image/\" is neither", 7 },
        { HEAD "[limits]\nfile.type = pdf\n", "did you mean \"file.types\"?", 7 },
        { HEAD "[complaint]\nnumber in a text key\nnumber out b text seal\n",
          "seal is for what is personal", 8 },
        { HEAD "[complaint]\nmobile both a mobile seal\n", "seal is for what only comes in", 7 },
        { HEAD "[complaint]\nmobile in a mobile seal key\n", "a key cannot be sealed", 7 },
        { HEAD "[action]\nofficer_mobile in a mobile seal\n", "seal is for [complaint]", 7 },
        { HEAD "[complaint]\nunit in a unit scheme=t seal\n", "rule \"seal\" is not for a unit",
          7 },
        { HEAD "keep=bytes\n[complaint]\nmobile in a mobile seal\n",
          "keep = bytes would keep what line 8 seals", 6 },
        { HEAD "[complaint]\ncomplainant in a text seal\nagainst in a text\n",
          "\"a\" is sealed in line 7: it cannot be read openly too", 8 },
        { HEAD "[complaint]\nnumber in n text key\nemail in a text seal\n"
               "[action in complaint at .]\nkey in a text key\n",
          "\"a\" is sealed in line 8: it cannot be read openly too", 10 },
        { HEAD "[complaint]\nbody in a text seal legacy=krutidev\n",
          "a sealed text is not converted", 7 },
        { HEAD "[complaint]\nmobile in a mobile seal=yes\n", "rule \"seal\" takes no value", 7 },
        { HEAD "[complaint]\nage in a int hold=record\n", "hold must be field", 7 },
        { HEAD "[complaint]\nage out a int hold=field\n", "hold is for what comes in", 7 },
        { HEAD "[complaint]\nnumber in a text key hold=field\n", "hold=field is not for a key", 7 },
        { HEAD "[call list]\nbrings=complaint\nwhere=x\ncursor=changed_at number\n[complaint]\n"
               "number in a text key\nchanged_at in b time format=iso hold=field\n",
          "\"changed_at\" is of the cursor of [call list]", 12 },
        { HEAD "[complaint]\nbody in a text legacy=chanakya\n", "legacy must be krutidev", 7 },
        { HEAD "[complaint]\nemail in a text legacy=krutidev\n", "legacy is for body and subject",
          7 },
        { HEAD "[complaint]\nbody out a text legacy=krutidev\n", "legacy is for what comes in", 7 },
        { HEAD "[complaint]\nbody in a text xop\n", "rule \"xop\" is not for a text", 7 },
        { HEAD "[attachment]\ncontent in a bytes trim\n", "rule \"trim\" is not for a bytes", 7 },
        { HEAD "[attachment]\ncontent in a text\n", "\"content\" is a bytes in the dictionary", 7 },
        { HEAD "[attachment]\nname in a bytes\n", "\"name\" is a text in the dictionary", 7 },
        { HEAD "[attachment]\ncontent in a byte\n", "did you mean \"bytes\"?", 7 },
        { HEAD "[complaint]\nstatus in a code codes=s with=status_txt\nstatus_text in b "
               "text\n[codes s]\nRECV=1\n",
          "unknown text of [complaint] beside the word \"status_txt\", did you mean "
          "\"status_text\"?",
          7 },
        { HEAD "[complaint]\nstatus in a code codes=s with=age\nage in b int\n[codes s]\nRECV=1\n",
          "unknown text of [complaint] beside the word \"age\"", 7 },
        { HEAD "[complaint]\nstatus in a code codes=s with=subject\nsubject in b text seal\n[codes "
               "s]\nRECV=1\n",
          "with: \"subject\" is sealed", 7 },
        { HEAD "[complaint]\nage in a int with=status_text\n", "rule \"with\" is not for a int",
          7 },
        { HEAD "[complaint]\nstatus in a code codes=s\n[codes s]\nfile=c.csv\n",
          "[codes s] tells words apart by the text beside them: say with=FIELD", 7 },
        { HEAD "[complaint]\nmarked_at in a time format=\"%-d%m/%Y\"\n", "%- before digits", 7 },
        { HEAD "[complaint]\nmarked_at in a time format=\"%d/%m/%-Y\"\n", "not one of m d H I", 7 },
    };

    (void)state;
    (void)write_file("c.csv", "canonical,remote,loss,remote_text\nFWDD,3,,Given\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool found = false;

        load(cases[i].text);
        for (size_t j = 0; j < f.faults.count && !found; j++)
            found = strstr(f.faults.items[j].text, cases[i].fault) &&
                    f.faults.items[j].line == cases[i].line;
        if (!found) {
            map_fixture_print(&f);
            fail_msg("case %zu: %d: %s", i, cases[i].line, cases[i].fault);
        }
        map_fixture_close(&f);
    }
    (void)write_file("c.csv", "canonical,remote,remote_text\nFWDD,3,Given\nASGN,3,Given\n"
                              "ENQR,3,a\x01\n");
    load(HEAD "[codes s]\nfile=c.csv\n");
    assert_int_equal(f.faults.count, 2);
    assert_int_equal(f.faults.items[0].line, 4);
    assert_non_null(strstr(f.faults.items[1].text, "are one word there"));
    map_fixture_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(tools),
        cmocka_unit_test(faults),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
