/*
 * sms_text.h - a message from registered words: the words with a value in each {#var#}, and whether
 * a text is such a one. What differs from what was registered in a single letter is thrown away on
 * its way by the operator, and nobody is told: so it is found here.
 */
#ifndef BRIDGE_SMS_TEXT_H
#define BRIDGE_SMS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "verdict.h"

#define SMS_VAR     "{#var#}"
#define SMS_VAR_MAX 30  /* characters of one value */
#define SMS_SLOTS   12  /* of one message */
#define SMS_MAX     700 /* characters of one message, all parts together */

/* How many {#var#} there are. */
size_t sms_text_slots(const char *words);

/* V_REJECT "template.slots": not as many values as slots; "template.var": a value is too long, or
 * holds a control character; "template.long": the whole is. err->field names the slot by names[i].
 */
MUST_CHECK enum verdict
sms_text_fill(struct arena *mem, const char *words, const char *const *values,
              const char *const *names, size_t count, const char **out, struct error *err);

/* Whether the text is the words with at most SMS_VAR_MAX characters in each slot. */
bool sms_text_matches(const char *words, const char *text);

#endif
