#include "curl_parts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "arena.h"

void
curl_set_up(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    (void)unsetenv(
        "SSLKEYLOGFILE"); /* by which libcurl would write down the keys of a TLS session */
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_get, free, memory_resize, memory_text,
                             memory_zeroed) != CURLE_OK) {
        (void)fprintf(stderr, "error: libcurl could not be set up\n");
        exit(1);
    }
}
