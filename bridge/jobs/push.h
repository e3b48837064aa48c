/*
 * push.h - the way out: plan, claim, map, send, settle; batch by batch.
 *
 * Intent is committed by the claim before the first byte goes out; what the peer said is committed
 * by the settlement. Killed in between, a delivery is in doubt and recover.h asks.
 *
 * A batch is sent one by one when the peer's adapter asks for it (an item answered "unroll") and
 * when it holds a delivery that failed twice: one bad record must not keep the others back. A
 * delivery is given up only when the peer was seen to answer others: an outage kills nothing.
 */
#ifndef BRIDGE_PUSH_H
#define BRIDGE_PUSH_H

#include "../core/delivery.h"
#include "job.h"

/* Plans and sends all that is due to one system: complaints (and plans again, for what came with
 * them), actions, attachments, the disposals that waited for these, feedback. Trouble of the peer
 * is said and counted; only a failure of our own is returned. */
MUST_CHECK enum verdict push_system(struct job *job, struct job_system *s, struct error *err);

/*
 * Sends claimed deliveries and fills event, receipt, said, detail and sent of each. Returns V_OK,
 * or the verdict that stopped the peer, with *why filled. Touches no database.
 */
MUST_CHECK enum verdict
push_send(struct job *job, struct job_system *s, const struct map_call *call,
          struct delivery *items, size_t count, struct error *why);

#endif
