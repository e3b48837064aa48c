/*
 * registry.h - the kinds of endpoint that are built in; registry.c lists them, main hands them
 * down.
 */
#ifndef ADAPTERS_REGISTRY_H
#define ADAPTERS_REGISTRY_H

#include "adapter.h"

extern const struct adapter_ops adapter_file, adapter_odbc, adapter_soap, adapter_xml;

#endif
