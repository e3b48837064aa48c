#include "fake_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../bridge/core/mapping_load.h"
#include "../../bridge/core/units.h"

static struct fake_peer *current; /* the ops know no other way to the script */

static const char map_text[] =
    "[map]\n"
    "system = fake\n"
    "title = A portal of the tests\n"
    "kind = fake\n"
    "role = portal\n"
    "zone = Asia/Kolkata\n"
    "received = marked_at\n"
    "[call list]\n"
    "brings = complaint\n"
    "cursor = changed_at number\n"
    "[call act]\n"
    "carries = action\n"
    "batch = 10\n"
    "%s"
    "%s"
    "[complaint]\n"
    "number in Code text key required\n"
    "status in Status code codes=status required\n"
    "changed_at in Changed time format=\"%%Y-%%m-%%d %%H:%%M:%%S\" required\n"
    "[action]\n"
    "number out Code text required\n"
    "key both Key text key\n"
    "action both Action code codes=status required\n"
    "at both On time format=\"%%Y-%%m-%%d %%H:%%M:%%S\" required loss=\"fractions\"\n"
    "text both Text text required\n"
    "[receipt]\n"
    "delivery in Reference text key required\n"
    "receipt in ReceiptNo text\n"
    "[codes status]\n"
    "RECV = NEW\n"
    "DISP = DONE\n";

static void
fake_check(const struct mapping *map, struct faults *faults)
{
    (void)map;
    (void)faults;
}

static enum verdict
fake_open(struct adapter *a, struct error *err)
{
    (void)a;
    (void)err;
    current->opens++;
    return V_OK;
}

static enum verdict
fake_probe(struct adapter *a, struct arena *mem, const char **said, struct error *err)
{
    (void)a;
    (void)mem;
    (void)err;
    *said = "fake";
    return V_OK;
}

static void
fake_close(struct adapter *a)
{
    (void)a;
    current->closes++;
}

static enum verdict
play(long call, struct error *err)
{
    enum verdict v = call < FAKE_CALLS ? current->calls[call] : V_OK;

    if (!v)
        return V_OK;
    (void)error_set(err, v, "fake.call", "the script says so");
    err->retry_after = current->retry_after;
    return v;
}

static enum verdict
fake_pull(struct adapter *a, struct arena *mem, const struct map_call *call,
          const struct adapter_var *vars, size_t var_count, struct page *out, struct error *err)
{
    long n = current->pulls++;

    (void)a;
    if (current->pull)
        return current->pull(mem, call, vars, var_count, out, err);
    for (size_t i = 0; i < var_count && n < FAKE_CALLS; i++) {
        if (strcmp(vars[i].name, "since") == 0)
            snprintf(current->since[n], sizeof current->since[n], "%s", vars[i].value);
        if (strcmp(vars[i].name, "after") == 0)
            snprintf(current->after[n], sizeof current->after[n], "%s", vars[i].value);
    }
    if (n < FAKE_CALLS)
        *out = current->pages[n];
    return play(n, err);
}

static const struct fake_answer *
find_answer(const char *delivery)
{
    for (size_t i = 0; i < current->answer_count; i++)
        if (!current->answers[i].delivery || strcmp(current->answers[i].delivery, delivery) == 0)
            return &current->answers[i];
    return NULL;
}

static enum verdict
fake_push(struct adapter *a, struct arena *mem, const struct map_call *call,
          struct push_item *items, size_t count, struct error *err)
{
    long n = current->pushes++;
    enum verdict v = play(n, err);

    (void)a;
    (void)mem;
    (void)call;
    if (n < FAKE_CALLS)
        current->sizes[n] = count;
    for (size_t i = 0; i < count; i++) {
        const struct fake_answer *answer = find_answer(items[i].delivery);
        size_t len = strlen(current->order);

        snprintf(current->order + len, sizeof current->order - len, "%s%s",
                 len == 0 ? ""
                 : i      ? " "
                          : " | ",
                 items[i].delivery);
        items[i].verdict = v ? v : answer ? answer->verdict : V_OK;
        items[i].said = v || !answer ? NULL : answer->said;
        items[i].receipt = v || !answer ? NULL : answer->receipt;
        /* A batch that does nothing because of one of its items: as databases do. */
        if (items[i].said && strcmp(items[i].said, "unroll") == 0 && count == 1) {
            items[i].verdict = V_REJECT;
            items[i].said = "alone";
        }
    }
    return v;
}

static enum verdict
fake_finish(struct adapter *a, struct arena *mem, const struct map_call *call,
            const struct page *page, enum verdict how, const struct error *why, struct error *err)
{
    size_t len = strlen(current->finished);

    (void)a;
    (void)mem;
    (void)call;
    snprintf(current->finished + len, sizeof current->finished - len, "%s%s %s%s%s",
             len ? " | " : "", page->from, verdict_name(how), why ? " " : "", why ? why->code : "");
    return current->finish ? error_set(err, current->finish, "fake.finish", "the script says so")
                           : V_OK;
}

static const struct conf_key fake_keys[] = { CONF_END };
static const struct map_key fake_map_keys[] = { { .name = NULL } };
static const struct adapter_ops fake_ops = {
    .abi = ADAPTER_ABI,
    .name = "fake",
    .keys = fake_keys,
    .map_keys = fake_map_keys,
    .call_keys = fake_map_keys,
    .check = fake_check,
    .open = fake_open,
    .probe = fake_probe,
    .close = fake_close,
    .pull = fake_pull,
    .push = fake_push,
};
static const struct adapter_ops fake_queue_ops = {
    .abi = ADAPTER_ABI,
    .name = "fake",
    .keys = fake_keys,
    .map_keys = fake_map_keys,
    .call_keys = fake_map_keys,
    .queue = true,
    .check = fake_check,
    .open = fake_open,
    .probe = fake_probe,
    .close = fake_close,
    .pull = fake_pull,
    .push = fake_push,
    .finish = fake_finish,
};

static void
load_map(struct fake_peer *peer, const char *map, bool queue)
{
    const struct adapter_ops *const kinds[] = { queue ? &fake_queue_ops : &fake_ops, NULL };
    const struct adapter_ops *ops = NULL;
    struct faults faults = { .mem = peer->mem };
    struct units *units = arena_alloc(peer->mem, sizeof *units);
    char path[] = "/tmp/fake_XXXXXX.map";
    int fd = mkstemps(path, 4);

    if (fd < 0)
        abort();
    dprintf(fd, "%s", map);
    close(fd);
    dict_load(peer->mem, "mappings/canonical.fields", &peer->dict, &faults);
    mapping_load(peer->mem, arena_copy(peer->mem, path), &peer->dict, units, kinds, NULL,
                 &peer->map, &ops, &faults);
    unlink(path);
    for (size_t i = 0; i < faults.count; i++)
        fprintf(stderr, "%s:%d: %s\n", faults.items[i].path, faults.items[i].line,
                faults.items[i].text);
    if (faults.count)
        abort();
    peer->system.ops = kinds[0];
    peer->conf.units = units;
    peer->conf.dict = &peer->dict;
}

struct fake_peer *
fake_peer_new(bool keyed, bool find)
{
    char map[4096];

    snprintf(map, sizeof map, map_text, keyed ? "key = Reference $delivery\n" : "",
             find ? "[call find]\nbrings = receipt\n" : "");
    return fake_peer_by(map, false);
}

struct fake_peer *
fake_peer_by(const char *map, bool queue)
{
    struct arena *mem = arena_new("fake");
    struct fake_peer *peer = arena_alloc(mem, sizeof *peer);
    struct error err;

    peer->mem = mem;
    current = peer;
    load_map(peer, map, queue);
    peer->conf.path = "bridge.conf";
    peer->conf.bridge.tries = 3;
    peer->conf.bridge.backoff = 0; /* no test waits */
    peer->system.name = "fake";
    peer->system.map = &peer->map;
    peer->conf.systems = &peer->system;
    peer->conf.system_count = 1;
    peer->job.conf = &peer->conf;
    peer->job.mem = mem;
    peer->job.batch = arena_new("batch");
    if (job_choose(&peer->job, NULL, &err) != V_OK)
        abort();
    return peer;
}

void
fake_peer_free(struct fake_peer *peer)
{
    job_leave(&peer->job);
    arena_free(peer->job.batch);
    arena_free(peer->mem);
}

struct job_system *
fake_peer_system(struct fake_peer *peer)
{
    return &peer->job.systems[0];
}

static void
put(struct record *r, const struct dict_stream *dict, const char *name, const char *text)
{
    long slot = dict_slot(dict, name);

    r->fields[slot].text = text;
    r->fields[slot].len = text ? strlen(text) : 0;
}

struct delivery
fake_delivery(struct fake_peer *peer, const char *id, const char *key, const char *text)
{
    const struct dict_stream *dict = dict_stream_find(&peer->dict, "action");
    struct record *r = arena_alloc(peer->mem, sizeof *r);

    r->stream = "action";
    r->count = dict->count;
    r->fields = arena_alloc(peer->mem, sizeof *r->fields * dict->count);
    put(r, dict, "number", "10015520000001");
    put(r, dict, "key", "1");
    put(r, dict, "action", "DISP");
    put(r, dict, "at", "2020-06-01T20:00:00.000000Z");
    put(r, dict, "text", text);
    return (
        struct delivery){ .id = id, .stream = "action", .key = key, .attempt = 1, .canonical = r };
}

struct record *
fake_record(struct fake_peer *peer, const char *stream, const char *const *values)
{
    return fake_record_in(peer, peer->mem, stream, values);
}

struct record *
fake_record_in(struct fake_peer *peer, struct arena *mem, const char *stream,
               const char *const *values)
{
    const struct map_stream *map = mapping_stream(&peer->map, stream);
    struct record *r = arena_alloc(mem, sizeof *r);

    r->stream = map->name;
    r->count = map->count;
    r->fields = arena_alloc(mem, sizeof *r->fields * map->count);
    for (size_t i = 0; i < map->count; i++) {
        r->fields[i].text = values[i];
        r->fields[i].len = values[i] ? strlen(values[i]) : 0;
    }
    return r;
}
