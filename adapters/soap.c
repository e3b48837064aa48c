/*
 * SOAP 1.1 and 1.2, document/literal and rpc/literal, with MTOM and WS-Security's UsernameToken,
 * over HTTPS. What it shares with plain XML is in wire.h.
 */
#include "registry.h"
#include "wire.h"

static const struct map_key map_keys[] = {
    { "version", false, "SOAP version: 1.1 (unless said) or 1.2" },
    { "security", false, "username digest or username text: WS-Security by user and password" },
    { .name = NULL },
};

static const struct map_key call_keys[] = {
    { "action", false, "SOAPAction (1.1) or action parameter (1.2)" },
    { "style", false, "document (unless said), or rpc: parts have no namespace" },
    { "request", false, "the element in Body that asks" },
    { "arg", true, "PATH $name|literal [format=\"...\"] below the request" },
    WIRE_REPLY_KEYS,
    { .name = NULL },
};

static void
check(const struct mapping *map, struct faults *faults)
{
    wire_check(map, faults, true);
}

static enum verdict
open_it(struct adapter *a, struct error *err)
{
    return wire_open(a, true, err);
}

const struct adapter_ops adapter_soap = {
    .abi = ADAPTER_ABI,
    .name = "soap",
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
