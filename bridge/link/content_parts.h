/*
 * content_parts.h - what the content store and its users within this room share.
 */
#ifndef BRIDGE_LINK_CONTENT_PARTS_H
#define BRIDGE_LINK_CONTENT_PARTS_H

#include "content.h"

/* 64 small hexadecimal digits. */
bool content_id_is_good(const char *id);
/* The file of a content, open for reading; -1 with errno. The id was looked at. */
int content_file(const struct contents *contents, const char *id);
/* Counts bytes that pass. */
void content_moved(const struct contents *contents, size_t bytes);
/* Bytes of the content that a reader was opened for. */
int64_t content_reader_size(const struct content_reader *reader);

/* MIME type by the first bytes of an open file, which libmagic knows; "application/octet-stream"
 * when it does not. mem owns it. V_FATAL "content.magic" when libmagic has no database. */
MUST_CHECK enum verdict
magic_sniff(struct arena *mem, int file, const char **type, struct error *err);

/* Writes 4 * ((len + 2) / 3) characters, no NUL; returns how many. Pieces of a longer text are
 * multiples of three bytes. */
size_t base64_encode(const unsigned char *bytes, size_t len, char *out);

#endif
