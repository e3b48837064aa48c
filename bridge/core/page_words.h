/*
 * page_words.h - the words of pages and letters in English and Hindi: mappings/pages/words.csv
 * (key, en, hi), handed to stylesheets as <words><word key="" en="" hi=""/>...</words>.
 */
#ifndef BRIDGE_PAGE_WORDS_H
#define BRIDGE_PAGE_WORDS_H

#include "../link/page.h"

struct page_words;

/* mappings: the folder of bridge.conf. V_FATAL "page.words": a fault in the file, or a key that
 * stands twice or lacks a language. */
MUST_CHECK enum verdict page_words_read(struct arena *mem, const char *mappings,
                                        struct page_words **out, struct error *err);
/* A word in "en" or "hi"; a key that the file lacks stands for itself. */
const char *page_word(const struct page_words *words, const char *key, const char *language);
/* Adds <words> below root. */
void page_words_put(const struct page_words *words, struct page_node *root);

#endif
