#include "breaker.h"

void
breaker_init(struct breaker *b, long limit, long rest)
{
    *b = (struct breaker){ .state = BREAKER_CLOSED, .limit = limit, .rest = rest };
}

bool
breaker_allows(struct breaker *b, int64_t now)
{
    if (now < b->held_to)
        return false;
    if (b->state == BREAKER_OPEN && now - b->opened_at >= b->rest)
        b->state = BREAKER_HALF_OPEN;
    return b->state != BREAKER_OPEN;
}

void
breaker_succeeded(struct breaker *b)
{
    b->state = BREAKER_CLOSED;
    b->failures = 0;
}

void
breaker_trip(struct breaker *b, int64_t now)
{
    b->state = BREAKER_OPEN;
    b->opened_at = now;
}

void
breaker_hold(struct breaker *b, int64_t now, long ms)
{
    if (now + ms > b->held_to)
        b->held_to = now + ms;
}

bool
breaker_failed(struct breaker *b, int64_t now)
{
    b->failures++;
    if (b->state != BREAKER_HALF_OPEN && b->failures < b->limit)
        return false;
    breaker_trip(b, now);
    return true;
}

long
backoff_wait(long base, long ceiling, long n, uint32_t random)
{
    long wait = base < ceiling ? base : ceiling;

    while (--n > 0 && wait > 0 && wait < ceiling)
        wait = wait > ceiling / 2 ? ceiling : wait * 2;
    /* Half of it is fixed, so that a retry is never at once; half is chance, so that many
     * processes do not come back together. */
    return wait / 2 + (long)((int64_t)(wait - wait / 2) * (random % 1001) / 1000);
}

long
pacer_wait(struct pacer *p, int64_t now)
{
    if (p->rate <= 0)
        return 0;
    int64_t at = p->next > now ? p->next : now;

    p->next = at + (1000 + p->rate - 1) / p->rate;
    return (long)(at - now);
}
