/*
 * [match]: what makes two complaints one grievance.
 */
#include "conf_parts.h"

#define AT(member) offsetof(struct match_options, member)

const struct conf_key conf_match_keys[] = {
    { "window", CONF_SPAN, 0, AT(window), "90d",
      "how far apart two complaints may come, the second counted from when the first was over" },
    { "threshold", CONF_INT, 0, AT(threshold), "54",
      "percent from which a pair is suggested: how surely the person is the same, times how surely "
      "the matter is; higher for fewer that are wrong, lower for fewer that are missed" },
    { "mobile", CONF_INT, 0, AT(mobile), "40",
      "weight of the mobile number, for the person; another one counts half where name and a "
      "figure in the texts are the same" },
    { "name", CONF_INT, 0, AT(name), "45", "weight of the name, for the person" },
    { "relative", CONF_INT, 0, AT(relative), "15",
      "weight of the father's or husband's name, for the person" },
    { "text", CONF_INT, 0, AT(text), "40",
      "weight of the words, for the matter: the better of words and facts counts for both" },
    { "facts", CONF_INT, 0, AT(facts), "40",
      "weight of what is spoken of (mappings/match/words.csv) and of figures, for the matter" },
    { "place", CONF_INT, 0, AT(place), "10", "weight of station, unit and pin code" },
    { "days", CONF_INT, 0, AT(days), "5", "weight of the days between" },
    { "category", CONF_INT, 0, AT(category), "5", "weight of the category" },
    { "crowd", CONF_INT, 0, AT(crowd), "500",
      "a mobile number or name that more complaints than this have within the window says "
      "nothing" },
    CONF_END,
};

void
conf_match_read(struct arena *mem, const struct ini_section *section, struct conf *conf,
                struct faults *faults)
{
    struct match_options *o = arena_alloc(mem, sizeof *o);

    conf_fill(mem, conf->path, section, conf_match_keys, o, NULL, NULL, faults);
    conf->match = o;
    if (!conf->bridge.seal_key)
        fault_add(faults, conf->path, section->line,
                  "[match] needs \"seal_key\" in [bridge]: what people are known by is kept as "
                  "digests under it");
    for (const struct conf_key *key = conf_match_keys; key->name; key++)
        if (key->type == CONF_INT && *(const long *)((const char *)o + key->offset) < 0)
            fault_add(faults, conf->path, section->line, "\"%s\" is 0 at least", key->name);
    if (o->threshold < 1 || o->threshold > 100)
        fault_add(faults, conf->path, section->line, "\"threshold\" is 1 to 100");
    if (!(o->mobile + o->name) || !(o->text + o->facts))
        fault_add(faults, conf->path, section->line, "nothing has a weight");
}
