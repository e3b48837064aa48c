/*
 * A drop folder, here or over SFTP: tables (CSV) and documents (XML) that an office leaves, and
 * those that are left for it. All that is particular about the office stands in its map; see
 * file_map.c for the keys.
 */
#include "file.h"
#include "registry.h"

#include <string.h>

static const struct conf_key keys[] = {
    { "folder", CONF_FILE, 0, offsetof(struct file_options, folder), NULL,
      "the drop folder, on this machine; or url" },
    { "url", CONF_TEXT, 0, offsetof(struct file_options, url), NULL,
      "the drop folder at a server: sftp://host[:port]/folder/; /~/ is the user's home" },
    { "user", CONF_TEXT, 0, offsetof(struct file_options, user), NULL, "user at the SFTP server" },
    { "key", CONF_FILE, 0, offsetof(struct file_options, key), NULL,
      "file of its private key (ed25519), readable by its owner only" },
    { "password", CONF_TEXT, CONF_SECRET, offsetof(struct file_options, password), NULL,
      "its password, or that of the key" },
    { "known_hosts", CONF_FILE, 0, offsetof(struct file_options, known_hosts), NULL,
      "host keys of the server, hosts named in plain; needed with url" },
    { "work", CONF_FILE, 0, offsetof(struct file_options, work), NULL,
      "folder for copies of what is read over SFTP, which have no names; /var/tmp unless said" },
    { "settle", CONF_SPAN, 0, offsetof(struct file_options, settle), "10s",
      "a file that was changed less than this ago is still being written" },
    { "timeout", CONF_SPAN, 0, offsetof(struct file_options, timeout), "60s",
      "longest time for one listing or move over SFTP" },
    { "connect_timeout", CONF_SPAN, 0, offsetof(struct file_options, connect_timeout), "10s",
      "longest time to connect and log in" },
    { "stall", CONF_SPAN, 0, offsetof(struct file_options, stall), "60s",
      "longest time without a byte in a transfer; 0s = as long as it takes" },
    { "max_file", CONF_SIZE, 0, offsetof(struct file_options, max_file), "256m",
      "largest table or document that is read" },
    { "max_rows", CONF_INT, 0, offsetof(struct file_options, max_rows), "500000",
      "most records in one file" },
    { "max_cell", CONF_SIZE, 0, offsetof(struct file_options, max_cell), "1m",
      "longest text of one cell or element" },
    CONF_END
};

const struct file_call *
file_call_of(const struct adapter *a, const struct map_call *call)
{
    const struct file_state *state = a->state;

    for (size_t i = 0; i < a->map->call_count; i++)
        if (strcmp(state->calls[i].call->name, call->name) == 0)
            return &state->calls[i];
    return NULL;
}

static enum verdict
adapter_open(struct adapter *a, struct error *err)
{
    struct file_state *state = a->state;

    state->options = a->options;
    file_compile(state, a->mem, a->map);
    return drop_open(a->mem, state->options, &state->drop, err);
}

static void
adapter_close(struct adapter *a)
{
    file_close(a); /* folder and connection go with the adapter's arena */
}

static enum verdict
adapter_probe(struct adapter *a, struct arena *mem, const char **said, struct error *err)
{
    const struct file_state *state = a->state;
    enum verdict v = drop_probe(state->drop, mem, err);
    size_t waiting = 0;

    *said = NULL;
    for (size_t i = 0; !v && i < a->map->call_count; i++) {
        struct drop_name *names;
        size_t count = 0;

        if (state->calls[i].files)
            v = drop_list(state->drop, mem, state->calls[i].files, &names, &count, err);
        waiting += count;
    }
    if (!v)
        *said =
            arena_format(mem, "%s folder, %zu file%s waiting", state->drop->sftp ? "SFTP" : "local",
                         waiting, waiting == 1 ? "" : "s");
    return v;
}

const struct adapter_ops adapter_file = {
    .abi = ADAPTER_ABI,
    .name = "file",
    .keys = keys,
    .options_size = sizeof(struct file_options),
    .state_size = sizeof(struct file_state),
    .map_keys = file_map_keys,
    .call_keys = file_call_keys,
    .queue = true,
    .check = file_check,
    .open = adapter_open,
    .probe = adapter_probe,
    .close = adapter_close,
    .pull = file_pull,
    .push = file_push,
    .finish = file_finish,
};
