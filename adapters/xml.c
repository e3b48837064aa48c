/*
 * Plain XML over HTTPS: GET or POST, an element that asks, an element that answers. What it shares
 * with SOAP is in wire.h.
 */
#include "registry.h"
#include "wire.h"

static const struct map_key map_keys[] = {
    { .name = NULL },
};

static const struct map_key call_keys[] = {
    { "method", false, "POST (unless said) or GET" },
    { "target", false, "/PATH behind the address" },
    { "query", true, "NAME $name|literal [format=\"...\"] behind a question mark" },
    { "request", false, "root of the XML that a POST sends" },
    { "arg", true, "PATH $name|literal [format=\"...\"] below the request" },
    { "fault", false, "path, from the root of the reply, of the peer's word that it was not done" },
    { "fault.text", false, "path of its text, likewise" },
    WIRE_REPLY_KEYS,
    { .name = NULL },
};

static void
check(const struct mapping *map, struct faults *faults)
{
    wire_check(map, faults, false);
}

static enum verdict
open_it(struct adapter *a, struct error *err)
{
    return wire_open(a, false, err);
}

const struct adapter_ops adapter_xml = {
    .abi = ADAPTER_ABI,
    .name = "xml",
    .keys = wire_keys,
    .options_size = sizeof(struct wire_options),
    .state_size = sizeof(struct wire),
    .map_keys = map_keys,
    .call_keys = call_keys,
    .check = check,
    .open = open_it,
    .probe = wire_probe,
    .close = wire_close,
    .pull = wire_pull,
    .push = wire_push,
};
