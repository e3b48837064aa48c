/*
 * Kruti Dev 010: what is typed in it is read, and nothing else is taken for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/krutidev.h"

static const struct {
    const char *typed, *read;
} pairs[] = {
    { "Hkkjr deZ", "भारत कर्म" },
    { "esjh f'kdk;r ij dksbZ dk;Zokgh ugha gqbZ gS", "मेरी शिकायत पर कोई कार्यवाही नहीं हुई है" },
    { "iqfyl v/kh{kd egksn;] Fkkuk izHkkjh", "पुलिस अधीक्षक महोदय, थाना प्रभारी" },
    /* the short i goes behind all consonants of its syllable, the r above before them */
    { "fLFkfr fuLrkj.k fØ;k fiz;", "स्थिति निस्तारण क्रिया प्रिय" },
    { "dk;kZy; fo|kFkhZ o\"kZ oxZ fufnZ\"V", "कार्यालय विद्यार्थी वर्ष वर्ग निर्दिष्ट" },
    { "vk'khokZn dÙkkZ ekxksZa", "आशीर्वाद कर्त्ता मार्गों" },
    /* letters made of several glyphs, whatever their order */
    { "vks vkS v‚ vkW bZ ,s dks dkS dkW", "ओ औ ऑ ऑ ई ऐ को कौ कॉ" },
    { "gSa gaS pkSdh ds ds", "हैं हैं चौकी के के" },
    { "'kjkc ?kj [kkuk Fkk {k.k \"kM~;a=", "शराब घर खाना था क्षण षड्यंत्र" },
    { "lM+d i<+uk t+ehu Q+kby [+kcj", "सड़क पढ़ना ज़मीन फ़ाइल ख़बर" },
    { "Vªsu MªkbZoj jk\"Vª izdk'k dze", "ट्रेन ड्राईवर राष्ट्र प्रकाश क्रम" },
    { "}kjk |wr J)k Kku =kl d`ik #i;s :i", "द्वारा द्यूत श्रद्धा ज्ञान त्रास कृपा रुपये रूप" },
    /* visarga and colon are one glyph */
    { "vr% nq%[k iqu% uke% irk%& 'kekZ", "अतः दुःख पुनः नाम: पता:- शर्मा" },
    { "fnukad 12@11@2020A ,slk D;ksa\\ ¼[k½", "दिनांक 12/11/2020। ऐसा क्यों? (ख)" },
    /* numbers of things stay */
    { "okgu DL8CAF1234 dh", "वाहन DL8CAF1234 की" },
    { "", "" },
};

static void
test_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct arena *mem = arena_new("test");

        assert_string_equal(krutidev_unicode(mem, pairs[i].typed, strlen(pairs[i].typed)),
                            pairs[i].read);
        arena_free(mem);
    }
}

static const char *const typed[] = {
    "esjh f'kdk;r ij dksbZ dk;Zokgh ugha gqbZ gS",
    "izkFkhZ us Fkkuk izHkkjh dks rgjhj nh Fkh] ijUrq eqdnek ntZ ugha fd;k x;kA",
    "iqfyl v/kh{kd egksn;] Fkkuk izHkkjh",
    "Hkkjr deZ",
    "d`i;k lqj{kk iznku djus dh d`ik djsaA okgu DL8CAF1234",
};

static const char *const other[] = {
    "",
    "The police did not register my complaint.",
    "Sir, my neighbour beats me; the SHO has taken no action, plz help",
    "pls hlp sir msg nt rcvd frm thana",
    "stn hse offcr nt prsnt",
    "FIR No 123/2020 u/s 379 IPC PS Rohini",
    "my mobile was snatched near metro stn pillar no 123",
    "Mr. Sharma s/o Sh. R.K. Sharma r/o H.No. 12/3, Gali No-4, Delhi-110085",
    "Rs.5000/- paid vide Ch. No.123 dt.1/2/2020 to M/s XYZ Pvt. Ltd.",
    "Mera mobile chori ho gaya hai aur police FIR nahi likh rahi hai",
    "kripya meri madad karen shri man ji thane me koi sunta nahi",
    "MY COMPLAINT IS NOT REGISTERED, KINDLY HELP",
    "Shri Krishna Kumar Singh Dhruv Ghanshyam",
    "see http://example.org/x?y=z;k=1 or write to user@example.com",
    "He paid by PhonePe and eSewa, then by YouTube",
    "he saw EasyWay and BestSell hotels",
    "[see order] {copy} <enclosed>; kindly act",
    "Hkg",
    "मेरी शिकायत पर dksbZ dk;Zokgh ugha gqbZ gS",
    "भारत",
};

static void
test_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        assert_true(krutidev_is(typed[i], strlen(typed[i])));
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        if (krutidev_is(other[i], strlen(other[i])))
            print_error("taken for the font: %s\n", other[i]);
        assert_false(krutidev_is(other[i], strlen(other[i])));
    }
}

/* Whatever the bytes are, the answer is text. */
static void
test_noise(void **state)
{
    uint32_t x = 99;

    (void)state;
    for (int n = 0; n < 5000; n++) {
        struct arena *mem = arena_new("test");
        char bytes[40], *out;
        size_t len = 0;

        while (len < sizeof bytes - 4) {
            x = x * 1664525 + 1013904223;
            bytes[len++] = "fZk~+z#=%aDHs\xC3\x86\xC3\x89 [\xE2\x80\x9A\xFF"[(x >> 16) % 23];
        }
        out = krutidev_unicode(mem, bytes, len);
        (void)krutidev_is(bytes, len);
        assert_true(strlen(out) < 800);
        arena_free(mem);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
