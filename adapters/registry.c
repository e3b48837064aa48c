/*
 * The kinds of endpoint that are built in. To add one: declare it, and put it before the NULL.
 */
#include "registry.h"

const struct adapter_ops *const adapter_registry[] = {
    &adapter_soap, &adapter_xml, &adapter_odbc, &adapter_file, NULL,
};
