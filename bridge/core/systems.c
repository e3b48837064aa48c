#include "systems.h"

static const char *const roles[] = {
    [ROLE_PORTAL] = "portal",
    [ROLE_POLICE] = "police",
    [ROLE_ARCHIVE] = "archive",
};

const char *
systems_role(enum map_role role)
{
    return roles[role];
}

enum verdict
systems_refresh(struct pg *pg, struct arena *mem, const struct conf *conf, struct error *err)
{
    size_t n = conf->system_count;
    const char **names = arena_alloc(mem, (n + 1) * sizeof *names);
    const char **words = arena_alloc(mem, (n + 1) * sizeof *words);
    const char **titles = arena_alloc(mem, (n + 1) * sizeof *titles);
    const char **units = arena_alloc(mem, (n + 1) * sizeof *units);

    for (size_t i = 0; i < n; i++) {
        const struct conf_system *s = &conf->systems[i];

        names[i] = s->name;
        words[i] = systems_role(s->map->role);
        titles[i] = s->map->title ? s->map->title : s->name;
        units[i] = s->options.units ? s->options.units : "";
    }

    const char *values[] = { pg_of_texts(mem, names, n), pg_of_texts(mem, words, n),
                             pg_of_texts(mem, titles, n), pg_of_texts(mem, units, n) };

    enum verdict v = pg_begin(pg, err);

    if (!v)
        v = pg_run(pg, mem, "run_one_opens", NULL, 0, NULL, err);
    if (!v)
        v = pg_run(pg, mem, "run_systems", values, 4, NULL, err);
    if (!v)
        v = pg_commit(pg, err);
    if (v)
        pg_rollback(pg);
    return v;
}
