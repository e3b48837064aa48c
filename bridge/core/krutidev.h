/*
 * krutidev.h - text typed in the font Kruti Dev 010, which shows Devanagari at the
 * places of Latin letters: told from English, and put into Unicode.
 */
#ifndef BRIDGE_CORE_KRUTIDEV_H
#define BRIDGE_CORE_KRUTIDEV_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

/* True when the text is surely of that font. Never for text with Devanagari in it, nor for English.
 */
bool krutidev_is(const char *text, size_t len);

/* UTF-8, NFC; what the font has no sign for stays as it is. */
char *krutidev_unicode(struct arena *mem, const char *text, size_t len);

#endif
