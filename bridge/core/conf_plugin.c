/*
 * A kind of endpoint from outside this tree. Its shapes must be those that this program was built
 * with: nothing of it is called before its ABI number was compared.
 */
#include <dlfcn.h>

#include "conf_parts.h"

const struct adapter_ops *
conf_plugin_open(const char *path, const struct ini_line *line, const char *plugin,
                 struct faults *faults)
{
    void *handle = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
    const struct adapter_ops *ops;

    if (!handle) {
        fault_add(faults, path, line->line, "could not load the plug-in: %s", dlerror());
        return NULL;
    }
    ops = dlsym(handle, "adapter_plugin");
    if (!ops) {
        fault_add(faults, path, line->line, "\"%s\" exports no adapter_plugin", plugin);
    } else if (ops->abi != ADAPTER_ABI) {
        fault_add(faults, path, line->line, "\"%s\" was built for ABI %d, this program has %d",
                  plugin, ops->abi, ADAPTER_ABI);
        ops = NULL;
    } else if (!ops->name || !ops->check || !ops->open || !ops->probe || !ops->close ||
               !ops->pull || !ops->push) {
        fault_add(faults, path, line->line, "\"%s\" leaves out a function of adapter_plugin",
                  plugin);
        ops = NULL;
    }
    if (!ops)
        (void)dlclose(handle);
    return ops;
}
