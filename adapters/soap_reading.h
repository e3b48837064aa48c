/*
 * soap_reading.h - one reading of one call of a map, shared by soap_map.c (what a call brings or
 * carries) and soap_request.c (what it says).
 */
#ifndef BRIDGE_ADAPTERS_SOAP_READING_H
#define BRIDGE_ADAPTERS_SOAP_READING_H

#include "soap.h"

struct reading {
    struct soap *soap;
    struct arena *mem;
    const struct mapping *map;
    struct soap_call *out;
    struct faults *faults; /* NULL when the map is known to be good */
    int body, response;    /* nodes; response -1 while there is none */
    const char *response_path;
};

/* Tells a fault once, however many calls share the line. */
void soap_complain(struct reading *r, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The first value of a key of the call, or NULL. */
const struct map_pair *soap_pair(const struct reading *r, const char *key);
/* NULL when the path can be read, else what is wrong with it. */
const char *soap_path_fault(const struct reading *r, const char *path);

/* request, args, action: soap_request.c. */
void soap_read_request(struct reading *r);

#endif
