/*
 * krutidev_table.h - what each character shows in Kruti Dev 010.
 */
#ifndef BRIDGE_CORE_KRUTIDEV_TABLE_H
#define BRIDGE_CORE_KRUTIDEV_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum kd_kind {
    KD_FULL,   /* a consonant, or several joined */
    KD_HALF,   /* one without its stem; "k" behind it gives it one */
    KD_SIGNED, /* a consonant with a vowel sign */
    KD_VOWEL,  /* one that stands alone */
    KD_SIGN,   /* a vowel sign or what stands above */
    KD_BELOW,  /* a consonant joined below or behind */
    KD_NUKTA,
    KD_HALANT,
    KD_I,      /* the sign that is typed before its consonants and spoken after them */
    KD_REPH_I, /* the same with an r above */
    KD_REPH,   /* an r that is typed after its consonants and spoken before; text follows them */
    KD_MARK,   /* no letter */
};

struct kd_glyph {
    uint32_t code;
    enum kd_kind kind;
    const char *text; /* UTF-8 */
};

extern const struct kd_glyph kd_glyphs[];
extern const size_t kd_glyph_count;

#endif
