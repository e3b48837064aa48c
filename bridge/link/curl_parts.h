/*
 * curl_parts.h - libcurl as a whole, which http.c and sftp.c share.
 */
#ifndef BRIDGE_CURL_PARTS_H
#define BRIDGE_CURL_PARTS_H

/* Once for the program, before its first handle; ends it when libcurl cannot be set up. */
void curl_set_up(void);

#endif
