/*
 * The table of rules. Each knows the kinds that it makes sense for, and writes one member of the
 * line.
 */
#include "rules.h"

#include <string.h>

#include "clock.h"
#include "convert.h"
#include "text.h"

#define FITS(k)   (1u << (k))
#define FITS_ALL  (~0u)
#define FITS_WORD (~FITS(KIND_BYTES)) /* what the peer writes as text */

/* NULL, or what is wrong with the value. */
static const char *
set_key(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    (void)value;
    line->flags |= MAP_KEY;
    return NULL;
}

static const char *
set_required(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    (void)value;
    line->flags |= MAP_REQUIRED;
    return NULL;
}

static const char *
set_trim(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    (void)value;
    line->flags |= MAP_TRIM;
    return NULL;
}

static const char *
set_max(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    int64_t max;

    (void)ctx;
    if (!text_int(value, strlen(value), &max) || max < 1)
        return "must be a number of characters above 0";
    line->max = (size_t)max;
    return NULL;
}

static const char *
set_format(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    line->format = value;
    return clock_format_fault(value);
}

static const char *
set_codes(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    const char **names = arena_alloc(ctx->mem, (ctx->map->codes_count + 1) * sizeof *names);
    const char *near;

    for (size_t i = 0; i < ctx->map->codes_count; i++) {
        names[i] = ctx->map->codes[i].name;
        if (!line->codes && strcmp(names[i], value) == 0)
            line->codes = &ctx->map->codes[i];
    }
    if (line->codes)
        return NULL;
    near = text_nearest(value, names, ctx->map->codes_count);
    if (near)
        return arena_format(ctx->mem, "names no [codes %s], did you mean \"%s\"?", value, near);
    return arena_format(ctx->mem, "names no [codes %s]", value);
}

static const char *
set_scheme(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    line->scheme = value;
    return NULL;
}

static const char *
set_match(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    line->match = value;
    return NULL;
}

static const char *
set_default(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    line->fallback = value;
    if (!*value)
        return "needs a value";
    return line->direction & MAP_IN ? NULL : "is for what comes in; this line only goes out";
}

static const char *
set_zone(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    return clock_zone(value, &line->zone) ? NULL
                                          : "must be Asia/Kolkata, UTC or an offset like +05:30";
}

static const char *
set_loss(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    line->loss = value;
    return *value ? NULL : "needs a reason";
}

static const char *
set_seal(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    (void)value;
    line->flags |= MAP_SEAL;
    if (!(line->field->flags & DICT_PERSONAL))
        return "is for what is personal in the dictionary";
    return line->direction == MAP_IN ? NULL : "is for what only comes in: it is sent to no system";
}

static const char *
set_hold(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    line->flags |= MAP_APART;
    if (strcmp(value, "field") != 0)
        return "must be field; without it the whole record is held";
    return line->direction & MAP_IN ? NULL : "is for what comes in; this line only goes out";
}

static const char *
set_with(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    line->with = value;
    return NULL;
}

static const char *
set_legacy(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    line->legacy = value;
    if (strcmp(value, "krutidev") != 0)
        return "must be krutidev";
    if (strcmp(line->canonical, "body") != 0 && strcmp(line->canonical, "subject") != 0)
        return "is for body and subject";
    return line->direction & MAP_IN ? NULL : "is for what comes in; this line only goes out";
}

static const char *
set_xop(const struct rule_context *ctx, const char *value, struct map_line *line)
{
    (void)ctx;
    (void)value;
    line->flags |= MAP_XOP;
    return NULL;
}

static const struct rule {
    const char *name;
    bool valued;
    unsigned fits; /* kinds */
    const char *(*set)(const struct rule_context *ctx, const char *value, struct map_line *line);
} rules[] = {
    { "key", false, FITS_WORD, set_key },
    { "required", false, FITS_ALL, set_required },
    { "trim", false, FITS_WORD, set_trim },
    { "max", true, FITS(KIND_TEXT), set_max },
    { "format", true, FITS(KIND_TIME) | FITS(KIND_DATE), set_format },
    { "codes", true, FITS(KIND_CODE), set_codes },
    { "scheme", true, FITS(KIND_UNIT), set_scheme },
    { "match", true, FITS_WORD, set_match },
    { "default", true, FITS_WORD, set_default },
    { "zone", true, FITS(KIND_TIME), set_zone },
    { "loss", true, FITS_ALL, set_loss },
    { "seal", false, FITS_WORD & ~FITS(KIND_UNIT) & ~FITS(KIND_TIME), set_seal },
    { "hold", true, FITS_ALL, set_hold },
    { "with", true, FITS(KIND_CODE), set_with },
    { "legacy", true, FITS(KIND_TEXT), set_legacy },
    { "xop", false, FITS(KIND_BYTES), set_xop },
};

#define RULES (sizeof rules / sizeof *rules)

static const struct rule *
find(const char *name)
{
    for (size_t i = 0; i < RULES; i++)
        if (strcmp(rules[i].name, name) == 0)
            return &rules[i];
    return NULL;
}

static const char *
nearest(const char *name)
{
    const char *names[RULES];

    for (size_t i = 0; i < RULES; i++)
        names[i] = rules[i].name;
    return text_nearest(name, names, RULES);
}

void
rule_apply(const struct rule_context *ctx, const struct word *word, struct map_line *line)
{
    const struct rule *rule = find(word->name);
    const char *wrong;

    if (!rule) {
        const char *near = nearest(word->name);

        fault_add(ctx->faults, ctx->path, line->line, "unknown rule \"%s\"%s%s%s", word->name,
                  near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
        return;
    }
    if (rule->valued != (word->value != NULL)) {
        fault_add(ctx->faults, ctx->path, line->line, "rule \"%s\" %s", rule->name,
                  rule->valued ? "needs a value: written name=value" : "takes no value");
        return;
    }
    if (!(rule->fits & FITS(line->kind))) {
        fault_add(ctx->faults, ctx->path, line->line, "rule \"%s\" is not for a %s", rule->name,
                  kind_name(line->kind));
        return;
    }
    wrong = rule->set(ctx, word->value, line);
    if (wrong)
        fault_add(ctx->faults, ctx->path, line->line, "%s %s", rule->name, wrong);
}
