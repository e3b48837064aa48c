/*
 * worker_parts.h - what the files of the worker share: the tube, and what is said by it.
 *
 * A message is a chain of frames: four bytes of length, whose highest bit tells that another frame
 * follows, then so many bytes, at most 64 KiB. So a message of up to 1 GiB passes through two small
 * buffers. Numbers and texts stand in it as this machine holds them: both ends are one program.
 */
#ifndef BRIDGE_WORKER_PARTS_H
#define BRIDGE_WORKER_PARTS_H

#include <stdint.h>
#include <sys/types.h>

#include "adapter.h"

#define TUBE_FRAME 65536 /* bytes of a frame at most */

enum tube_state {
    TUBE_GOOD,
    TUBE_CUT,     /* the other end is gone */
    TUBE_LATE,    /* the limit of the call is over */
    TUBE_STOPPED, /* the run is to stop, and the grace is over */
    TUBE_WRONG    /* what came is no message */
};

struct tube {
    int fd;
    enum tube_state state; /* once it is not good nothing passes any more */
    bool waits;            /* never waits longer than end; else as long as it takes */
    long limit_ms;
    const volatile int64_t *moved; /* what a child counts while it works, or NULL */
    int64_t seen;                  /* of that */
    int64_t end, stop_end;         /* clock_tick(); stop_end 0 = not told to stop */
    unsigned char *in, *out;       /* TUBE_FRAME bytes and a head each */
    size_t in_at, in_len;          /* what was read and not yet taken */
    size_t frame_left;             /* bytes of the frame that is being taken */
    size_t heard;                  /* of the message: one without end is none */
    bool frame_last;
    size_t out_len; /* of the frame that is being filled */
};

void tube_open(struct tube *t, struct arena *mem, int fd);
/* From now on what is put and got may take so long in all; or since the child moved something. */
void tube_limit(struct tube *t, long ms);

void tube_put(struct tube *t, const void *bytes, size_t len);
void tube_put_number(struct tube *t, int64_t value);
void tube_put_text(struct tube *t, const char *text, size_t len); /* NULL stays NULL */
void tube_put_word(struct tube *t, const char *text);
/* Sends what is left; the message is whole. */
void tube_end(struct tube *t);

/* To begin with a message; false when the other end is gone. */
bool tube_next(struct tube *t);
void tube_get(struct tube *t, void *bytes, size_t len); /* zeroes when it cannot */
int64_t tube_number(struct tube *t);
const char *tube_text(struct tube *t, struct arena *mem, size_t *len); /* len may be NULL */
/* What came is no message; unless worse was found before. */
void tube_wrong(struct tube *t);
/* The message must end here. */
void tube_done(struct tube *t);

/* ---- what is said ---- */

/* Stream names are those of map. */
void say_error(struct tube *t, const struct error *err);
void hear_error(struct tube *t, struct error *err);
void say_record(struct tube *t, const struct record *record); /* without those after it */
struct record *hear_record(struct tube *t, struct arena *mem, const struct mapping *map);
void say_page(struct tube *t, const struct page *page);
void hear_page(struct tube *t, struct arena *mem, const struct mapping *map, struct page *page);
void say_vars(struct tube *t, const struct adapter_var *vars, size_t count);
struct adapter_var *hear_vars(struct tube *t, struct arena *mem, size_t *count);
void say_items(struct tube *t, const struct push_item *items, size_t count);
struct push_item *
hear_items(struct tube *t, struct arena *mem, const struct mapping *map, size_t *count);
void say_answers(struct tube *t, const struct push_item *items, size_t count);
void hear_answers(struct tube *t, struct arena *mem, struct push_item *items, size_t count);

/* ---- what was heard from a child, whose memory a driver may have spoiled ---- */

/* Whether a page is one that an adapter may bring by that call: records of its stream, each field
 * of the map in its place, words that are UTF-8. */
bool page_fits(const struct mapping *map, const struct map_call *call, const struct page *page);
/* Whether each receipt is UTF-8. Bytes of the peer's own words that are not become '?'. */
bool answers_fit(struct arena *mem, struct push_item *items, size_t count);
/* The same of an error's texts. */
void error_mend(struct error *err);

/* ---- the child ---- */

enum worker_word {
    WORKER_OPEN,
    WORKER_PROBE,
    WORKER_PULL,
    WORKER_PUSH,
    WORKER_FINISH,
    WORKER_CLOSE
};

/* Forks; in the child fd is its end and 0 is returned, in the parent the child's id; -1 with errno.
 * The child ends with its parent and when it gets no memory, hears no signal that asks to stop, and
 * has closed every socket but its own. */
pid_t worker_fork(int *fd);
/* From now on this process ends, with that exit code, when an allocation fails in it. */
#define WORKER_NO_MEMORY 12
void worker_needs_memory(void);
/* The child's life: calls until it is told to close, or the other end is gone. */
void worker_serve(struct adapter *a, struct tube *t) __attribute__((noreturn));
/* Ends a child: waits so long for its own end, then kills it. The status of waitpid(), or -1 when
 * it could not be had. */
int worker_reap(pid_t pid, long patience_ms);

#endif
